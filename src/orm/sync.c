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
    cf_select_keys_text(&text, m, db->dialect, count);
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

/* What the statement can tell of the rows that it changes, for the session's objects of them: all, the key of one, or nothing. */
static cf_form form_of(const cf_run *r, bool deletes)
{
    const cf_mapper  *m = r->plan->mapper;
    const cf_dialect *d = r->db->dialect;
    if (m->soft || !cf_identity_count(&r->db->identity, m)) return CF_FORM_PLAIN;
    for (const cf_assignment *set = r->plan->tree->sets; set; set = set->next)
        if (set->column->attribute->key) return CF_FORM_PLAIN; /* they are found by their keys */
    if (deletes ? d->returning_delete : d->returning_update) return CF_FORM_GIVING;
    if (r->plan->tree->select->all)
        return CF_FORM_PLAIN; /* naming them all would take the server three times as long */
    bool names = !deletes && d->id == CF_MARIADB && m->key_count == 1 && m->columns[m->key[0]].kind == CF_INT;
    return names ? CF_FORM_NAMING : CF_FORM_PLAIN;
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

/* ---- one row whose key is known ------------------------------------------------------------------------ */

/* Columns that the session can set as the statement did. */
static bool settable(const cf_attribute *a, const cf_node *value)
{
    bool plain = a->kind == CF_INT || a->kind == CF_BOOL || a->type == CF_TYPE_TEXT;
    return plain && !a->special && (value->op == CF_OP_PARAMETER || value->op == CF_OP_NULL);
}

/* Does an update set columns to given values, and nothing else? */
static bool is_simple(const cf_plan *plan)
{
    const cf_mapper *m = plan->mapper;
    for (size_t i = 0; i < m->column_count; i++)
        if (m->columns[i].computed || m->columns[i].options->on_update_now || &m->columns[i] == m->version)
            return false;
    for (const cf_assignment *set = plan->tree->sets; set; set = set->next)
        if (!settable(set->column->attribute, set->value)) return false;
    return true;
}

/* The value that a column was set to, for an object of the session; false with the error. */
static bool value_set(const cf_run *r, const cf_variant *v, const cf_value *bound, const cf_attribute *a, cf_value *out)
{
    *out = cf_value_null();
    for (size_t i = 0; i < v->binding_count; i++)
        if (v->bindings[i].stored == a) *out = bound[i];
    if (out->kind != CF_TEXT) return true;
    out->as.text = cf_arena_text(r->db->arena, out->as.text, out->size);
    return out->as.text || cf_fail(&r->db->error, CF_ERR_MEMORY, "out of memory");
}

/* What the update did to its row is done to the object. */
static bool repeat(cf_run *r, cf_state *s)
{
    cf_db      *db = r->db;
    uint32_t    form = CF_FORM_NAMING | (db->show_deleted ? CF_FORM_DELETED : 0);
    cf_variant *v = cf_plan_variant(r->plan, db->dialect, form, r->values, &db->error);
    cf_value   *bound = v ? cf_arena_array(db->arena, v->binding_count + 1, sizeof *bound) : NULL;
    if (!bound) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    if (!cf_run_bind(r, v, bound) || !cf_point_note(db, s) || !cf_state_keep_committed(db, s)) return false;
    for (const cf_assignment *set = r->plan->tree->sets; set; set = set->next) {
        const cf_attribute *a = set->column->attribute;
        cf_value            value;
        if (!value_set(r, v, bound, a, &value)) return false;
        memset(cf_at(s->object, a), 0, a->size);
        if (value.kind != CF_NULL) cf_attribute_set(a, s->object, value);
        memcpy(cf_at(s->snapshot, a), cf_at(s->object, a), a->size);
    }
    return true;
}

/* The statement changed the row of this key and no other. */
static bool follow(cf_run *r, int64_t id)
{
    cf_mapper *m = r->plan->mapper;
    cf_value   key = cf_value_int(id);
    cf_state  *s = cf_identity_find(&r->db->identity, m, &key, cf_identity_hash(m, &key));
    if (!s || !concerns(s, m)) return true;
    return is_simple(r->plan) && !s->stale ? repeat(r, s) : reload(r->db, m, &s, 1);
}

static int64_t change(cf_db *db, cf_site *site, const cf_value *values, bool deletes)
{
    cf_value extra[CF_NOW_VALUES];
    cf_run   r = {.db = db, .site = site, .values = values, .extra = extra};
    cf_now_values(extra);
    if (!cf_run_begin(&r)) return 0;
    cf_form form = form_of(&r, deletes);
    bool    known = form == CF_FORM_GIVING, ok = cf_run_send(&r, form);
    int64_t n = !ok ? 0 : known ? take_rows(&r, deletes) : cf_stmt_changes(r.stmt);
    int64_t id = ok && form == CF_FORM_NAMING ? cf_stmt_last_id(r.stmt) : 0;
    cf_stmt_done(r.stmt);
    r.stmt = NULL;
    if (ok && form == CF_FORM_NAMING && n == 1) ok = known = follow(&r, id);
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
