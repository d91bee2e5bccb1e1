/* Sending a unit of work: rows of one shape that stand side by side are one batch, runs of one statement. */
#include "orm/unit.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 1000                                   /* of a batch */
#define MOST_VALUES (CF_MOST_COLUMNS + CF_MOST_KEYS + 1) /* of a row: columns, key, version */

/* Rows that wait to be sent together. */
typedef struct batch {
    cf_unit      *unit;
    cf_db        *db;
    cf_mapper    *mapper;
    cf_write_verb verb;
    cf_mask       mask; /* INSERT, UPDATE, LOOSEN: the columns written */
    cf_write     *ops[MOST_ROWS];
    size_t        count, width, capacity;
    uint32_t      level;
    cf_value     *values; /* `few` or allocated */
    cf_value      few[MOST_VALUES];
    cf_datetime   now;
} batch;

/* ---- values of one row --------------------------------------------------------------------------------- */

static void set_version(batch *b, cf_write *op, bool first)
{
    cf_state           *s = op->state;
    const cf_attribute *v = s->mapper->version;
    cf_value            old = cf_attribute_read(v, s->snapshot);
    if (v->kind == CF_INT) {
        if (!first || cf_attribute_unset(v, s->object))
            cf_attribute_set_int(v, s->object, first ? 1 : old.as.integer + 1);
    } else if (first) {
        if (cf_attribute_unset(v, s->object)) cf_attribute_set_now(v, s->object, b->now);
    } else {
        int64_t later = old.as.datetime.usec + 1;
        cf_attribute_set_now(v, s->object, b->now.usec > later ? b->now : (cf_datetime){later});
    }
}

/* The columns that INSERT names: all but a key to be generated and those the server has a default for. */
static bool insert_values(batch *b, cf_write *op, cf_mask *mask, cf_value *values, size_t *count)
{
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    cf_sides_copy_keys(s);
    if (m->version) set_version(b, op, !op->again);
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        bool                made = a->generated || a->options->server_default;
        if (a->computed || (made && !op->again && cf_attribute_unset(a, s->object))) continue;
        cf_mask_set(mask, i);
        if (op->columns && cf_mask_has(op->columns, i)) values[(*count)++] = cf_value_null();
        else if (!cf_row_store(b->db, a, s->object, &values[(*count)++])) return false;
    }
    return true;
}

/* The columns that differ from the row, but for those left to a later op. */
static bool changed_columns(batch *b, cf_write *op, cf_mask *mask)
{
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    cf_sides_copy_keys(s);
    if (!cf_state_changes(s, mask)) return false;
    if (op->columns || m->version) {
        for (size_t i = 0; op->columns && i < CF_MOST_COLUMNS / 64; i++) mask->bits[i] &= ~op->columns->bits[i];
        if (m->version) mask->bits[m->version->index / 64] &= ~(UINT64_C(1) << m->version->index % 64);
        bool any = false;
        for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++) any |= mask->bits[i] != 0;
        if (!any) return false;
    }
    if (m->version) {
        set_version(b, op, false);
        cf_mask_set(mask, m->version->index);
    }
    return true;
}

static bool update_values(batch *b, cf_write *op, cf_mask *mask, cf_value *values, size_t *count)
{
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    if (!changed_columns(b, op, mask)) return true;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (a->options->on_update_now && !cf_mask_has(mask, i)) {
            cf_attribute_set_now(a, s->object, b->now);
            cf_mask_set(mask, i);
        }
        if (cf_mask_has(mask, i) && !cf_row_store(b->db, a, s->object, &values[(*count)++])) return false;
    }
    return true;
}

bool cf_state_keep_committed(cf_db *db, cf_state *s)
{
    if (s->fresh || s->committed) return true;
    void *snapshot = cf_arena_alloc(db->arena, s->mapper->model->size);
    if (!snapshot) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    memcpy(snapshot, s->snapshot, s->mapper->model->size);
    s->committed = s->snapshot;
    s->snapshot = snapshot;
    return true;
}

/* A copy of the row with the columns emptied, or given a value for the time between; it becomes the snapshot. */
static bool loosen_values(batch *b, cf_write *op, cf_mask *mask, cf_value *values, size_t *count)
{
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    void            *row = cf_arena_alloc(b->db->arena, m->model->size);
    if (!row) return cf_fail(&b->db->error, CF_ERR_MEMORY, "out of memory");
    memcpy(row, s->snapshot, m->model->size);
    *mask = *op->columns;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (!cf_mask_has(mask, i)) continue;
        memset(cf_at(row, a), 0, a->size);
        if ((!a->nullable || a->key) && !cf_set_temporary(b->db, a, row))
            return cf_fail(&b->db->error, CF_ERR_MEMORY, "out of memory");
        if (!cf_row_store(b->db, a, row, &values[(*count)++])) return false;
    }
    op->row = row;
    return true;
}

/* The row itself: its key, and the version it was read with. */
static void which_row(const cf_write *op, cf_value *values, size_t *count)
{
    const cf_state  *s = op->state;
    const cf_mapper *m = s->mapper;
    cf_identity_key(m, s->snapshot, values + *count);
    *count += m->key_count;
    if (m->version) values[(*count)++] = cf_attribute_read(m->version, s->snapshot);
}

/* ---- what was written is so ------------------------------------------------------------------------------- */

static bool inserted(cf_db *db, const cf_write *op)
{
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    memcpy(s->snapshot, s->object, m->model->size);
    for (size_t i = 0; op->columns && i < m->column_count; i++)
        if (cf_mask_has(op->columns, i)) memset(cf_at(s->snapshot, &m->columns[i]), 0, m->columns[i].size);
    if (!op->again) s->fresh = true;
    s->status = CF_STATUS_PERSISTENT;
    return cf_identity_add(&db->identity, s, db->arena);
}

/* The object that the row was of is deleted, the new one has it. */
static void replace(cf_db *db, const cf_write *op)
{
    cf_state *old = op->replaced;
    cf_identity_remove(&db->identity, old);
    old->status = CF_STATUS_DELETED;
    old->gone = true;
    old->doomed = false;
    if (old->fresh) cf_session_remove(db, old);
}

static bool updated(cf_db *db, const cf_write *op, const cf_mask *mask)
{
    if (op->replaced && op->state->status == CF_STATUS_PENDING) {
        replace(db, op);
        return inserted(db, op);
    }
    cf_state        *s = op->state;
    const cf_mapper *m = s->mapper;
    const void      *from = op->row ? op->row : s->object;
    bool             rekeyed = false;
    for (size_t i = 0; i < m->key_count; i++) rekeyed |= cf_mask_has(mask, m->key[i]);
    if (rekeyed) cf_identity_remove(&db->identity, s);
    if (!cf_state_keep_committed(db, s)) return false;
    if (!op->columns) {
        memcpy(s->snapshot, from, m->model->size);
    } else {
        for (size_t i = 0; i < m->column_count; i++) {
            const cf_attribute *a = &m->columns[i];
            if (cf_mask_has(mask, i) || a->computed) memcpy(cf_at(s->snapshot, a), cf_at(from, a), a->size);
        }
    }
    return !rekeyed || cf_identity_add(&db->identity, s, db->arena);
}

static bool removed(cf_db *db, const cf_write *op)
{
    cf_state *s = op->state;
    cf_identity_remove(&db->identity, s);
    if (op->verb == CF_WRITE_REMOVE) return cf_state_keep_committed(db, s);
    s->status = CF_STATUS_DELETED;
    s->gone = true;
    s->doomed = false;
    if (s->fresh) cf_session_remove(db, s);
    return true;
}

static bool settle(const batch *b, const cf_write *op)
{
    switch (op->verb) {
    case CF_WRITE_INSERT: return inserted(b->db, op);
    case CF_WRITE_LOOSEN:
    case CF_WRITE_UPDATE: return updated(b->db, op, &b->mask);
    default: return removed(b->db, op);
    }
}

/* ---- sending --------------------------------------------------------------------------------------------- */

/* Does each run return its row? */
static bool returns(const batch *b)
{
    const cf_dialect *dialect = b->db->dialect;
    if (b->verb == CF_WRITE_INSERT)
        return cf_insert_returns(b->mapper, dialect, &b->mask) &&
               !(b->count <= CF_BATCH_FEW && cf_insert_tells_key(b->mapper, dialect, &b->mask));
    bool updates = b->verb == CF_WRITE_UPDATE || b->verb == CF_WRITE_LOOSEN;
    return updates && b->mapper->has_computed && dialect->returning_update;
}

static bool read_row(void *context, size_t run, cf_stmt *stmt, cf_error *error)
{
    batch *b = context;
    (void)error;
    cf_state *s = b->ops[run]->state;
    return b->verb == CF_WRITE_INSERT ? cf_row_read_back(b->db, s, stmt, &b->mask)
                                      : cf_row_read_computed(b->db, s, stmt);
}

static bool stale(const batch *b, const cf_write *op)
{
    const cf_mapper *m = op->state->mapper;
    bool             goes = b->verb == CF_WRITE_DELETE || b->verb == CF_WRITE_REMOVE;
    return cf_fail(
        &b->db->error, CF_ERR_STALE, "the row of a %s that was to be %s is %s", m->name, goes ? "deleted" : "updated",
        m->version ? "not what was read: somebody else changed or deleted it" : "gone: somebody else deleted it");
}

/* Computed columns, where the UPDATE did not return them. */
static bool refresh(const batch *b)
{
    cf_state *states[MOST_ROWS];
    if (b->verb != CF_WRITE_UPDATE || !b->mapper->has_computed || returns(b)) return true;
    for (size_t i = 0; i < b->count; i++) states[i] = b->ops[i]->state;
    return cf_rows_refresh(b->db, states, b->count);
}

/* Rows that were not there; then the keys that the database made, where the statement has no rows to tell them by. */
static bool check(const batch *b, const int64_t *changes, const int64_t *ids, size_t *at)
{
    const cf_mapper *m = b->mapper;
    for (*at = 0; b->verb != CF_WRITE_INSERT && *at < b->count; ++*at)
        if (changes[*at] == 0) return stale(b, b->ops[*at]);
    *at = 0;
    if (!refresh(b)) return false;
    for (; *at < b->count; ++*at) {
        cf_write *op = b->ops[*at];
        if (ids) cf_attribute_set_int(&m->columns[m->key[0]], op->state->object, ids[*at]);
        if (!settle(b, op)) return cf_fail(&b->db->error, CF_ERR_MEMORY, "out of memory");
    }
    return true;
}

static cf_stmt *prepare(batch *b)
{
    static const cf_statement_verb verbs[] = {[CF_WRITE_LOOSEN] = CF_UPDATE_ROW,
                                              [CF_WRITE_REMOVE] = CF_DELETE_ROW,
                                              [CF_WRITE_INSERT] = CF_INSERT_ROW,
                                              [CF_WRITE_UPDATE] = CF_UPDATE_ROW,
                                              [CF_WRITE_DELETE] = CF_DELETE_ROW};
    cf_error                      *error = &b->db->error;
    cf_statement_verb              verb = verbs[b->verb];
    if (verb == CF_INSERT_ROW && !returns(b)) verb = CF_INSERT_QUIET;
    const cf_sql *sql = cf_mapper_statement(b->mapper, b->db->dialect, verb, &b->mask, error);
    cf_conn      *conn = sql ? cf_session_write(b->db, NULL, 0) : NULL;
    return conn ? cf_conn_prepare(conn, sql, error) : NULL;
}

/* Sends what waits; `*at` is the op at fault, NULL when that is not known. */
static bool send(batch *b, const cf_write **at)
{
    int64_t          changes[MOST_ROWS], ids[MOST_ROWS];
    const cf_mapper *m = b->mapper;
    if (b->count == 0) return true;
    bool     rows = returns(b);
    bool     by_id = b->verb == CF_WRITE_INSERT && !rows && m->generated && !cf_mask_has(&b->mask, m->key[0]);
    cf_stmt *stmt = prepare(b);
    cf_batch runs = {.parameters = b->values, .count = b->width, .runs = b->count, .single = true, .context = b};
    runs.row = rows ? read_row : NULL;
    runs.changes = changes;
    runs.ids = by_id ? ids : NULL;
    b->db->statements++;
    bool ok = stmt && cf_stmt_batch(stmt, &runs, &b->db->error) && check(b, changes, runs.ids, &runs.at);
    if (!ok) *at = runs.at < b->count ? b->ops[runs.at] : NULL;
    if (!ok) b->db->error.model = m->name;
    b->count = 0;
    return ok;
}

static bool fits(const batch *b, const cf_write *op, const cf_mask *mask, size_t width)
{
    return b->count < MOST_ROWS && b->mapper == op->state->mapper && b->verb == op->verb && b->width == width &&
           (op->verb != CF_WRITE_DELETE || b->level == op->level) && memcmp(&b->mask, mask, sizeof *mask) == 0;
}

static bool keep(batch *b, cf_write *op, const cf_mask *mask, const cf_value *values, size_t width)
{
    if (b->count == 0) {
        b->mapper = op->state->mapper;
        b->verb = op->verb;
        b->mask = *mask;
        b->width = width;
        b->level = op->level;
    }
    size_t used = b->count * width;
    if (used + width > b->capacity) {
        size_t    capacity = 4 * (used + width) < MOST_ROWS * width ? 4 * (used + width) : MOST_ROWS * width;
        cf_value *more = cf_mem_alloc(capacity * sizeof *more);
        if (!more) return cf_fail(&b->db->error, CF_ERR_MEMORY, "out of memory");
        memcpy(more, b->values, used * sizeof *more);
        if (b->values != b->few) cf_mem_free(b->values);
        b->values = more;
        b->capacity = capacity;
    }
    if (width) memcpy(b->values + used, values, width * sizeof *values);
    b->ops[b->count++] = op;
    return true;
}

static bool row_values(batch *b, cf_write *op, cf_mask *mask, cf_value *values, size_t *count)
{
    switch (op->verb) {
    case CF_WRITE_INSERT: return insert_values(b, op, mask, values, count);
    case CF_WRITE_UPDATE: return update_values(b, op, mask, values, count);
    case CF_WRITE_LOOSEN: return loosen_values(b, op, mask, values, count);
    default: return true;
    }
}

/* Does the op write a key that the database is yet to make? */
static bool awaits_key(const cf_write *op)
{
    cf_mask unknown = {{0}};
    bool    any = cf_sides_unknown(op->state, &unknown);
    if (!any || !op->columns || op->verb == CF_WRITE_LOOSEN) return any;
    any = false;
    for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++) any |= (unknown.bits[i] & ~op->columns->bits[i]) != 0;
    return any;
}

static bool add(batch *b, cf_write *op, const cf_write **at)
{
    cf_mask  mask = {{0}};
    cf_value values[MOST_VALUES];
    size_t   count = 0;
    if (op->verb == CF_WRITE_NOTHING) return true;
    /* Values are taken when those that they depend on are in the database: keys, and the row as written before. */
    bool alike = b->count && b->mapper == op->state->mapper && b->verb == op->verb;
    if (alike && op->second) alike = b->ops[b->count - 1]->second; /* else its first part may be waiting */
    bool known = !op->state->relinked || !awaits_key(op);
    if (b->count && (!alike || !known) && !send(b, at)) return false;
    *at = op;
    if (!row_values(b, op, &mask, values, &count)) return false;
    if (op->verb == CF_WRITE_UPDATE && count == 0)
        return !op->replaced || op->state->status != CF_STATUS_PENDING || updated(b->db, op, &mask);
    if (op->verb != CF_WRITE_INSERT) which_row(op, values, &count);
    if (b->count && !fits(b, op, &mask, count) && !send(b, at)) return false;
    *at = op;
    return keep(b, op, &mask, values, count);
}

/* SQLite: foreign keys are looked at when the transaction ends, or from now on with each statement again. */
static bool check_late(cf_db *db, bool late)
{
    cf_conn *conn = cf_session_write(db, NULL, 0);
    return conn &&
           cf_conn_exec(conn, late ? "PRAGMA defer_foreign_keys = ON" : "PRAGMA defer_foreign_keys = OFF", &db->error);
}

bool cf_unit_write(cf_unit *unit, const cf_write **at)
{
    bool  ok = true;
    batch b = {.unit = unit, .db = unit->db, .capacity = MOST_VALUES, .now = unit->now};
    b.values = b.few;
    if (unit->late) ok = check_late(unit->db, true);
    for (size_t i = 0; ok && i < unit->count; i++) ok = add(&b, &unit->ops[unit->order ? unit->order[i] : i], at);
    if (ok) ok = send(&b, at);
    if (ok && unit->late) ok = check_late(unit->db, false);
    if (b.values != b.few) cf_mem_free(b.values);
    return ok;
}
