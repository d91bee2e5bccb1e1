/* The unit of work: finds changes and writes them, parents before children. */
#include "orm/row.h"
#include "orm/side.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

bool cf_state_changes(const cf_state *state, cf_mask *mask)
{
    const cf_mapper *m = state->mapper;
    bool             any = false;
    if (memcmp(state->object, state->snapshot, m->model->size) == 0) return false;
    memset(mask, 0, sizeof *mask);
    for (size_t i = 0; i < m->column_count; i++) {
        if (m->columns[i].computed || cf_attribute_same(&m->columns[i], state->object, state->snapshot)) continue;
        cf_mask_set(mask, i);
        any = true;
    }
    return any;
}

static bool to_write(const cf_state *s)
{
    cf_mask mask;
    if (s->status == CF_STATUS_PENDING) return true;
    return s->status == CF_STATUS_PERSISTENT && (s->doomed || s->relinked || cf_state_changes(s, &mask));
}

bool cf_session_dirty(const cf_db *db, const cf_mapper *mapper)
{
    if (db->links) return true;
    for (const cf_state *s = db->first; s; s = s->next)
        if ((!mapper || s->mapper == mapper) && to_write(s)) return true;
    return false;
}

/* The longest chain of objects that wait for each other's keys. */
#define CF_MOST_CHAIN 10000

static bool insert_row(cf_db *db, cf_state *s);

/* ---- one row ----------------------------------------------------------------------------------- */

static cf_stmt *run(cf_db *db, const cf_sql *sql, const cf_value *values, size_t count)
{
    cf_conn *conn = sql ? cf_session_write(db, NULL, 0) : NULL;
    cf_stmt *stmt = conn ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    if (stmt && cf_stmt_run(stmt, values, count, &db->error)) return stmt;
    cf_stmt_done(stmt);
    return NULL;
}

bool cf_session_send(cf_db *db, const cf_sql *sql, const cf_value *values, size_t count, int64_t *changes)
{
    cf_stmt *stmt = run(db, sql, values, count);
    if (stmt && changes) *changes = cf_stmt_changes(stmt);
    cf_stmt_done(stmt);
    return stmt != NULL;
}

/* The columns that INSERT names: all but a key to be generated and those the server has a default for. */
static bool insert_values(cf_db *db, cf_state *s, cf_mask *mask, cf_value *values, size_t *count)
{
    const cf_mapper *m = s->mapper;
    cf_datetime      now = cf_now();
    memset(mask, 0, sizeof *mask);
    *count = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        bool                unset = cf_attribute_unset(a, s->object);
        if (a->computed || (unset && (a->generated || a->options->server_default))) continue;
        if (unset && !cf_attribute_set_default(a, s->object, now, db->arena, &db->error)) return false;
        if (!cf_row_store(db, a, s->object, &values[*count])) return false;
        cf_mask_set(mask, i);
        ++*count;
    }
    return true;
}

/* An object that others of the flush belong to is written first, also within one table. */
static bool insert_parents(cf_db *db, cf_state *s, int depth)
{
    for (cf_state *parent; (parent = cf_sides_pending(s));) {
        if (depth == CF_MOST_CHAIN)
            return cf_fail(&db->error, CF_ERR_CYCLE, "%s objects belong to each other in a circle", s->mapper->name);
        if (!insert_parents(db, parent, depth + 1) || !insert_row(db, parent)) return false;
    }
    cf_sides_copy_keys(s);
    return true;
}

static bool insert_row(cf_db *db, cf_state *s)
{
    cf_mask  mask;
    cf_value values[CF_MOST_COLUMNS];
    size_t   count;
    if (!insert_values(db, s, &mask, values, &count)) return false;
    const cf_sql *sql = cf_mapper_statement(s->mapper, db->dialect, CF_INSERT_ROW, &mask, &db->error);
    cf_stmt      *stmt = run(db, sql, values, count);
    if (!stmt) return false;
    bool ok = cf_row_read_back(db, s, stmt, &mask);
    cf_stmt_done(stmt);
    if (!ok) return false;
    memcpy(s->snapshot, s->object, s->mapper->model->size);
    s->status = CF_STATUS_PERSISTENT;
    s->fresh = true;
    return cf_identity_add(&db->identity, s, db->arena);
}

/* The snapshot becomes what is written; what was committed is kept for a rollback. */
static bool advance(cf_db *db, cf_state *s)
{
    size_t size = s->mapper->model->size;
    if (!s->fresh && !s->committed) {
        void *snapshot = cf_arena_alloc(db->arena, size);
        if (!snapshot) return false;
        s->committed = s->snapshot;
        s->snapshot = snapshot;
    }
    memcpy(s->snapshot, s->object, size);
    return true;
}

static bool stale(cf_db *db, const cf_state *s, const char *what)
{
    return cf_fail(&db->error, CF_ERR_STALE, "the row of a %s that was to be %s is gone: somebody else deleted it",
                   s->mapper->name, what);
}

static bool update_row(cf_db *db, cf_state *s)
{
    const cf_mapper *m = s->mapper;
    cf_mask          mask;
    cf_value         values[CF_MOST_COLUMNS + CF_MOST_KEYS];
    size_t           count = 0;
    bool             rekeyed = false;
    if (!cf_state_changes(s, &mask)) return true;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (a->options->on_update_now && !cf_mask_has(&mask, i)) {
            cf_attribute_set_now(a, s->object, cf_now());
            cf_mask_set(&mask, i);
        }
        if (!cf_mask_has(&mask, i)) continue;
        if (!cf_row_store(db, a, s->object, &values[count++])) return false;
        rekeyed |= a->key;
    }
    cf_identity_key(m, s->snapshot, values + count);
    const cf_sql *sql = cf_mapper_statement(s->mapper, db->dialect, CF_UPDATE_ROW, &mask, &db->error);
    cf_stmt      *stmt = run(db, sql, values, count + m->key_count);
    if (!stmt) return false;
    bool found = cf_stmt_changes(stmt) > 0;
    cf_stmt_done(stmt);
    if (!found) return stale(db, s, "updated");
    if (m->has_computed && !cf_row_refresh(db, s)) return false;
    if (rekeyed) cf_identity_remove(&db->identity, s);
    return advance(db, s) && (!rekeyed || cf_identity_add(&db->identity, s, db->arena));
}

static bool delete_row(cf_db *db, cf_state *s)
{
    cf_value values[CF_MOST_KEYS];
    cf_identity_key(s->mapper, s->snapshot, values);
    const cf_sql *sql = cf_mapper_statement(s->mapper, db->dialect, CF_DELETE_ROW, NULL, &db->error);
    cf_stmt      *stmt = run(db, sql, values, s->mapper->key_count);
    if (!stmt) return false;
    bool found = cf_stmt_changes(stmt) > 0;
    cf_stmt_done(stmt);
    if (!found) return stale(db, s, "deleted");
    cf_identity_remove(&db->identity, s);
    s->status = CF_STATUS_DELETED;
    s->doomed = false;
    if (s->fresh) cf_session_remove(db, s);
    return true;
}

/* ---- all of them ------------------------------------------------------------------------------- */

typedef struct work {
    cf_state *state;
    size_t    order; /* of the session's list: keeps the sort stable */
} work;

/* Inserts and updates, parents first; then deletes, children first. */
static int compare(const void *left, const void *right)
{
    const work *a = left, *b = right;
    if (a->state->doomed != b->state->doomed) return a->state->doomed ? 1 : -1;
    int by_rank = (a->state->mapper->rank > b->state->mapper->rank) - (a->state->mapper->rank < b->state->mapper->rank);
    if (by_rank) return a->state->doomed ? -by_rank : by_rank;
    int by_order = (a->order > b->order) - (a->order < b->order);
    return a->state->doomed ? -by_order : by_order;
}

static bool write_one(cf_db *db, cf_state *s)
{
    if (s->doomed) return cf_links_delete_owner(db, s) && delete_row(db, s);
    if (!insert_parents(db, s, 0)) return false;
    return s->status == CF_STATUS_PENDING ? insert_row(db, s) : update_row(db, s);
}

/* Rows that come, then association rows, then rows that go. */
static bool write_all(cf_db *db, work *list, size_t count)
{
    size_t i = 0;
    bool   ok = cf_links_write(db, true);
    for (; ok && i < count && !list[i].state->doomed; i++) ok = write_one(db, list[i].state);
    if (ok) ok = cf_links_write(db, false);
    for (; ok && i < count; i++) ok = write_one(db, list[i].state);
    if (!ok) cf_session_failed(db, i && i <= count ? list[i - 1].state : NULL, NULL, 0);
    return ok;
}

bool cf_session_flush(cf_db *db)
{
    size_t count = 0, n = 0;
    if (!cf_sides_cascade(db)) return false;
    for (const cf_state *s = db->first; s; s = s->next) count += to_write(s);
    if (count == 0 && !db->links) return true;
    if (db->read_only) return cf_session_fail(db, CF_ERR_READ_ONLY, "an object was changed in a read-only session");
    work *list = cf_mem_zero(count, sizeof *list);
    bool  ok = list != NULL;
    for (cf_state *s = db->first; ok && s; s = s->next)
        if (to_write(s)) {
            list[n] = (work){s, n};
            n++;
            ok = cf_point_note(db, s);
        }
    if (!ok) {
        cf_mem_free(list);
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    qsort(list, n, sizeof *list, compare);
    ok = write_all(db, list, n);
    cf_mem_free(list);
    return ok;
}
