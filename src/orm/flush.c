/* The unit of work: finds what changed, brings it in order (order.c) and sends it (write.c). */
#include "orm/unit.h"

#include "orm/event.h"

#include "base/memory.h"

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

/* Are functions of the program called when such objects are written? Those of writing come before after_load. */
static bool calls(const cf_mapper *m)
{
    return m->moments & ((1u << CF_MOMENT_after_load) - 1);
}

/*
 * Writing an object changes rows of other tables when functions of the program are called, and when it is deleted, may
 * become an orphan, or its key changes: then those of what refers to it.
 */
static bool spreads(const cf_state *s)
{
    cf_mask mask;
    if (calls(s->mapper) || s->doomed || s->relinked) return true;
    return s->status == CF_STATUS_PERSISTENT && cf_state_changes(s, &mask) &&
           cf_mask_meets(&mask, &s->mapper->referred);
}

/* Does a model refer to another, perhaps over others? What stands for a `with` clause has no rank. */
static bool follows(const cf_mapper *m, const cf_mapper *other)
{
    int bit = m->rank - 1;
    return bit >= 0 && other->followers[bit / 64] >> bit % 64 & 1;
}

/* Does writing objects of a model perhaps change rows of another one's table? */
static bool may_change(const cf_mapper *m, const cf_mapper *other)
{
    return m == other || calls(m) || follows(other, m);
}

/* Is there an object to look at? Walking all of them takes time. */
static bool may_be_dirty(const cf_db *db, const cf_mapper *mapper)
{
    const cf_registry *r = db->database->registry;
    if (!mapper || db->listeners) return db->first != NULL;
    for (size_t i = 0; i < r->count; i++)
        if (db->objects[i] && may_change(r->mappers[i], mapper)) return true;
    return false;
}

bool cf_session_dirty(const cf_db *db, const cf_mapper *mapper)
{
    if (db->links) return true;
    if (!may_be_dirty(db, mapper)) return false;
    for (const cf_state *s = db->first; s; s = s->next) {
        bool own = !mapper || s->mapper == mapper || db->listeners;
        if ((own || may_change(s->mapper, mapper)) && to_write(s) && (own || spreads(s))) return true;
    }
    return false;
}

bool cf_session_autoflush(cf_db *db, const cf_mapper *mapper)
{
    return db->read_only || db->no_autoflush || !cf_session_dirty(db, mapper) || cf_session_flush(db);
}

/* ---- one statement ------------------------------------------------------------------------------ */

bool cf_session_send(cf_db *db, const cf_sql *sql, const cf_value *values, size_t count, int64_t *changes)
{
    cf_conn *conn = sql ? cf_session_write(db, NULL, 0) : NULL;
    cf_stmt *stmt = conn ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    bool ok = stmt && cf_stmt_run(stmt, values, count, &db->error);
    if (ok && changes) *changes = cf_stmt_changes(stmt);
    cf_stmt_done(stmt);
    return ok;
}

/* ---- what is to be written ------------------------------------------------------------------------ */

cf_write *cf_unit_add(cf_unit *unit, cf_state *state, cf_write_verb verb)
{
    if (unit->count == unit->capacity) {
        size_t    capacity = unit->capacity * 2;
        cf_write *ops = cf_mem_alloc(capacity * sizeof *ops);
        if (!ops) return NULL;
        memcpy(ops, unit->ops, unit->count * sizeof *ops);
        if (unit->ops != unit->few) cf_mem_free(unit->ops);
        unit->ops = ops;
        unit->capacity = capacity;
    }
    cf_write *op = &unit->ops[unit->count++];
    *op = (cf_write){.state = state, .verb = verb};
    return op;
}

/* What nobody set gets its default now: others may wait for the values. */
static bool set_defaults(cf_unit *unit, cf_state *s)
{
    cf_db *db = unit->db;
    for (size_t i = 0; i < s->mapper->column_count; i++) {
        const cf_attribute *a = &s->mapper->columns[i];
        if (!a->defaulted || !cf_attribute_unset(a, s->object)) continue;
        if (!cf_attribute_set_default(a, s->object, unit->now, db->arena, &db->error)) return false;
    }
    return true;
}

/* Does an update change what others may wait for? */
static bool ties_change(const cf_state *s, const cf_mask *changed)
{
    return s->relinked || cf_mask_meets(changed, &s->mapper->tied);
}

static bool comes_back(const cf_state *s, const cf_mask *changed)
{
    const cf_attribute *soft = s->mapper->soft;
    return soft && cf_mask_has(changed, soft->index) && cf_attribute_read(soft, s->object).kind == CF_NULL;
}

static bool collect(cf_unit *unit, const cf_state **at)
{
    bool inserts = false, deletes = false, moves = false, cyclic = false;
    for (cf_state *s = unit->db->first; s; s = s->next) {
        cf_mask       mask = {{0}};
        cf_write_verb verb = CF_WRITE_UPDATE;
        *at = s;
        if (s->status == CF_STATUS_PENDING) verb = CF_WRITE_INSERT;
        else if (s->status != CF_STATUS_PERSISTENT) continue;
        else if (s->doomed) verb = CF_WRITE_DELETE;
        else if (!cf_state_changes(s, &mask) && !s->relinked) continue;
        if (!cf_unit_add(unit, s, verb) || !cf_point_note(unit->db, s))
            return cf_fail(&unit->db->error, CF_ERR_MEMORY, "out of memory");
        s->op = (uint32_t)unit->count - 1;
        if (verb == CF_WRITE_INSERT && !set_defaults(unit, s)) return false;
        inserts |= verb == CF_WRITE_INSERT;
        deletes |= verb == CF_WRITE_DELETE;
        moves |= verb == CF_WRITE_UPDATE && ties_change(s, &mask);
        unit->restores |= verb == CF_WRITE_UPDATE && comes_back(s, &mask);
        cyclic |= s->mapper->cyclic && verb != CF_WRITE_UPDATE;
    }
    unit->tied = moves || cyclic || (inserts && deletes);
    return true;
}

/* Association rows that go, rows, association rows that come. */
static bool write_all(cf_unit *unit, const cf_state **at)
{
    cf_db          *db = unit->db;
    const cf_write *op = NULL;
    *at = NULL;
    if (!cf_links_write(db, true, at) || !cf_links_delete_owners(unit, at)) return false;
    bool ok = cf_unit_order(unit, &op) && cf_unit_write(unit, &op);
    if (!ok && op) *at = op->state;
    return ok && cf_links_write(db, false, at);
}

static bool write_changes(cf_db *db)
{
    const cf_state *at = NULL;
    cf_unit         unit = {.db = db, .now = cf_now()};
    unit.ops = unit.few;
    unit.capacity = sizeof unit.few / sizeof *unit.few;
    bool ok = collect(&unit, &at);
    if (ok && db->read_only && (unit.count || db->links))
        ok = cf_fail(&db->error, CF_ERR_READ_ONLY, "an object was changed in a read-only session");
    else if (ok && (unit.count || db->links)) {
        for (size_t i = 0; ok && db->relinked && i < unit.count; i++)
            if (!(ok = cf_sides_copy_keys(unit.ops[i].state))) at = unit.ops[i].state;
        if (ok) ok = write_all(&unit, &at);
        db->writes++;
        if (unit.restores) db->restored = db->writes;
    }
    if (!ok) cf_session_failed(db, at, NULL, 0);
    cf_arena_free(unit.arena);
    if (unit.ops != unit.few) cf_mem_free(unit.ops);
    return ok;
}

bool cf_session_flush(cf_db *db)
{
    cf_told told = {0};
    if (db->flushing) return true; /* a function of an event asks a query */
    db->flushing = true;
    bool ok = cf_events_before(db, &told) && write_changes(db);
    ok = cf_events_after(db, &told, ok);
    db->flushing = false;
    return ok;
}
