/* Changes of many rows at once, and the session's objects of those rows: they are what their rows are. */
#include "orm/row.h"
#include "orm/run.h"
#include "orm/side.h"

#include "base/memory.h"

#include <string.h>

#define CHUNK 256

/* ---- objects after a statement for many rows --------------------------------------------------------- */

static bool concerns(const cf_state *s, const cf_mapper *m)
{
    return s->mapper == m && s->status == CF_STATUS_PERSISTENT;
}

/* SELECT ... FROM ... WHERE (a = ? AND b = ?) OR (...), or a IN (...). */
static void select_keys(cf_buffer *out, const cf_mapper *m, const cf_dialect *d, size_t count)
{
    int n = 0;
    cf_buffer_text(out, "SELECT ");
    for (size_t i = 0; i < m->column_count; i++) {
        cf_buffer_text(out, i ? ", " : "");
        cf_sql_name(out, d, m->columns[i].column);
    }
    cf_buffer_text(out, " FROM ");
    cf_sql_name(out, d, m->table);
    cf_buffer_text(out, " WHERE ");
    if (m->key_count == 1) {
        cf_sql_name(out, d, m->columns[m->key[0]].column);
        cf_buffer_text(out, " IN (");
    }
    for (size_t i = 0; i < count; i++) {
        if (m->key_count == 1) cf_buffer_text(out, i ? ", " : "");
        else cf_buffer_text(out, i ? " OR (" : "(");
        for (size_t k = 0; k < m->key_count; k++) {
            if (m->key_count > 1) {
                cf_buffer_text(out, k ? " AND " : "");
                cf_sql_name(out, d, m->columns[m->key[k]].column);
                cf_buffer_text(out, " = ");
            }
            cf_sql_placeholder(out, d, ++n);
        }
        if (m->key_count > 1) cf_buffer_char(out, ')');
    }
    if (m->key_count == 1) cf_buffer_char(out, ')');
}

bool cf_session_take_row(cf_db *db, cf_mapper *m, cf_stmt *stmt)
{
    cf_value key[CF_MOST_KEYS];
    void    *row = cf_arena_alloc(db->arena, m->model->size);
    if (!row || !cf_row_read(db, m, stmt, row, db->arena)) return false;
    cf_identity_key(m, row, key);
    cf_state *s = cf_identity_find(&db->identity, m, key, cf_identity_hash(m, key));
    if (!s) return true;
    s->found = true;
    if (memcmp(row, s->snapshot, m->model->size) == 0) return true;
    if (!cf_point_note(db, s) || !cf_state_keep_committed(db, s)) return false;
    memcpy(s->object, row, m->model->size);
    memcpy(s->snapshot, row, m->model->size);
    s->stale = false;
    return true;
}

/* The row is gone with those that were deleted; a rollback brings both back. */
static bool drop(cf_db *db, cf_state *s)
{
    if (!cf_point_note(db, s)) return false;
    cf_identity_remove(&db->identity, s);
    s->status = CF_STATUS_DELETED;
    s->gone = true;
    s->doomed = false;
    if (s->fresh) cf_session_remove(db, s);
    return true;
}

static bool reload(cf_db *db, cf_mapper *m, cf_state **states, size_t count)
{
    cf_value *keys = cf_mem_zero(count * m->key_count, sizeof *keys);
    cf_buffer text = {0};
    bool      ok = keys != NULL;
    select_keys(&text, m, db->dialect, count);
    for (size_t i = 0; ok && i < count; i++) {
        cf_identity_key(m, states[i]->snapshot, keys + i * m->key_count);
        states[i]->found = false;
    }
    cf_sql   sql = {text.data, text.size, 0, true};
    cf_stmt *stmt = ok && !text.failed ? cf_conn_prepare(db->conn, &sql, &db->error) : NULL;
    db->statements++;
    cf_answer answer = stmt && cf_stmt_run(stmt, keys, count * m->key_count, &db->error) ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(stmt, &db->error)) == CF_YES)
        if (!cf_session_take_row(db, m, stmt)) answer = CF_FAILED;
    cf_stmt_done(stmt);
    for (size_t i = 0; answer == CF_NO && i < count; i++)
        if (!states[i]->found && !drop(db, states[i])) answer = CF_FAILED;
    cf_mem_free(keys);
    cf_buffer_free(&text);
    return answer == CF_NO;
}

/* All objects of a mapper are read again; those without a row are no longer of the session. */
static bool reload_all(cf_db *db, cf_mapper *m)
{
    cf_state *chunk[CHUNK];
    size_t    count = 0, most = CHUNK / m->key_count;
    bool      ok = true;
    for (cf_state *s = db->first, *next; ok && s; s = next) {
        next = s->next;
        if (!concerns(s, m)) continue;
        chunk[count++] = s;
        if (count < most) continue;
        ok = reload(db, m, chunk, count);
        count = 0;
    }
    return ok && (!count || reload(db, m, chunk, count));
}

/* Does a change of rows of `of` change rows of `m` by a foreign key's action? */
static bool reached(const cf_mapper *m, const cf_mapper *of, bool deleted)
{
    for (size_t i = 0; i < m->foreign_key_count; i++) {
        const cf_foreign_key *k = &m->foreign_keys[i];
        cf_action             action = deleted ? k->on_delete : k->on_update;
        if (k->target == of && action != CF_NO_ACTION && action != CF_RESTRICT) return true;
    }
    return false;
}

/* The mapper's objects, unless they are `known`, and those that the database changes along with them. */
static bool synchronise(cf_db *db, cf_mapper *m, bool deleted, bool known)
{
    const cf_registry *registry = m->registry;
    bool              *hit = cf_mem_zero(registry->count, sizeof *hit), more = hit != NULL, ok = hit != NULL;
    for (size_t i = 0; ok && i < registry->count; i++) hit[i] = registry->mappers[i] == m;
    while (more) {
        more = false;
        for (size_t i = 0; i < registry->count; i++)
            for (size_t k = 0; !hit[i] && k < registry->count; k++)
                if (hit[k] && reached(registry->mappers[i], registry->mappers[k], deleted)) more = hit[i] = true;
    }
    for (size_t i = 0; ok && i < registry->count; i++)
        if (hit[i] && !(known && registry->mappers[i] == m) && cf_identity_count(&db->identity, registry->mappers[i]))
            ok = reload_all(db, registry->mappers[i]);
    if (ok) cf_sides_forget(db);
    cf_mem_free(hit);
    return ok;
}

bool cf_session_synchronise(cf_db *db, cf_mapper *m, bool deleted)
{
    return synchronise(db, m, deleted, false);
}

/* ---- verbs --------------------------------------------------------------------------------------------- */

void cf_now_values(cf_value extra[CF_NOW_VALUES])
{
    const int64_t day = INT64_C(86400000000);
    cf_datetime   now = cf_now();
    extra[CF_NOW_DATETIME] = cf_value_datetime(now);
    extra[CF_NOW_DATE] = cf_value_date((cf_date){(int32_t)(now.usec / day)});
    extra[CF_NOW_TIME] = cf_value_time((cf_time){now.usec % day});
}

/* Can the statement give back the rows that it changes, for the session's objects of them? */
static bool gives_back(const cf_run *r, bool deletes)
{
    const cf_mapper  *m = r->plan->mapper;
    const cf_dialect *d = r->db->dialect;
    if (m->soft || r->plan->tree->returning || !(deletes ? d->returning_delete : d->returning_update)) return false;
    for (const cf_assignment *set = r->plan->tree->sets; set; set = set->next)
        if (set->column->attribute->key) return false; /* they are found by their keys */
    return cf_identity_count(&r->db->identity, m) > 0;
}

/* The row of an object was deleted: that of the present row's key. */
static bool lose_row(cf_db *db, cf_mapper *m, cf_stmt *stmt)
{
    cf_value key[CF_MOST_KEYS];
    void    *row = cf_arena_alloc(db->arena, m->model->size);
    if (!row || !cf_row_read(db, m, stmt, row, db->arena)) return false;
    cf_identity_key(m, row, key);
    cf_state *s = cf_identity_find(&db->identity, m, key, cf_identity_hash(m, key));
    return !s || drop(db, s);
}

/* The rows that a statement gives back; how many, or -1 on failure. */
static int64_t take_rows(cf_run *r, bool deletes)
{
    int64_t   n = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(r->stmt, &r->db->error)) == CF_YES) {
        bool ok =
            deletes ? lose_row(r->db, r->plan->mapper, r->stmt) : cf_session_take_row(r->db, r->plan->mapper, r->stmt);
        if (!ok) return -1;
        n++;
    }
    return answer == CF_NO ? n : -1;
}

static int64_t change(cf_db *db, cf_site *site, const cf_value *values, bool deletes)
{
    cf_value extra[CF_NOW_VALUES];
    cf_run   r = {.db = db, .site = site, .values = values, .extra = extra};
    cf_now_values(extra);
    if (!cf_run_begin(&r)) return 0;
    bool    known = gives_back(&r, deletes), ok = cf_run_send(&r, known ? CF_FORM_GIVING : CF_FORM_PLAIN);
    int64_t n = !ok ? 0 : known ? take_rows(&r, deletes) : cf_stmt_changes(r.stmt);
    cf_stmt_done(r.stmt);
    r.stmt = NULL;
    ok = ok && n >= 0 && (n == 0 || synchronise(r.db, r.plan->mapper, deletes, known));
    if (ok && deletes && r.plan->mapper->soft) cf_states_expire(r.db, r.plan->mapper); /* marked, not found again */
    cf_run_end(&r, ok);
    return ok ? n : 0;
}

int64_t cf_update_where_(cf_db *db, cf_site *site, const cf_value *values)
{
    return change(db, site, values, false);
}

int64_t cf_delete_where_(cf_db *db, cf_site *site, const cf_value *values)
{
    return change(db, site, values, true);
}
