/* Running queries: values in, objects out. */
#include "orm/event.h"
#include "orm/fetch.h"
#include "orm/row.h"
#include "orm/run.h"
#include "orm/side.h"

#include "base/memory.h"

#include <string.h>

/* ---- rows -------------------------------------------------------------------------------------- */

/* A new object, unless another row with its key was read meanwhile. */
static cf_state *new_row(cf_db *db, cf_mapper *m, const cf_layout *layout, cf_stmt *stmt)
{
    cf_state *s = cf_object_new(m, db->arena);
    if (!s || !cf_row_read_at(db, m, layout, stmt, s->object, db->arena)) return NULL;
    memcpy(s->snapshot, s->object, m->model->size);
    cf_state *there = cf_identity_put(&db->identity, s, db->arena);
    if (there != s) return there;
    s->status = CF_STATUS_PERSISTENT;
    cf_session_append(db, s);
    if (cf_events_read(db, s, true)) return s;
    cf_state_let_go(s);
    return NULL;
}

cf_state *cf_session_object(cf_db *db, cf_mapper *m, const cf_layout *layout, cf_stmt *stmt)
{
    char     scratch[1024] __attribute__((aligned(16)));
    cf_value key[CF_MOST_KEYS];
    void    *key_holder = m->model->size <= sizeof scratch ? scratch : cf_arena_alloc(db->arena, m->model->size);
    if (!key_holder || !cf_stmt_read(stmt, layout->key, m->key_count, key_holder, db->arena, &db->error)) return NULL;
    cf_identity_key(m, key_holder, key);
    cf_state *s = cf_identity_find(&db->identity, m, key, cf_identity_hash(m, key));
    return !s ? new_row(db, m, layout, stmt) : s->stale && !cf_state_reload(s, layout, stmt) ? NULL : s;
}

/* The object of the present row, which begins with its columns. */
static cf_state *load_row(cf_db *db, cf_mapper *m, cf_stmt *stmt, bool fresh)
{
    return fresh ? new_row(db, m, &m->layout, stmt) : cf_session_object(db, m, &m->layout, stmt);
}

bool cf_loading_begin(cf_loading *l)
{
    l->fresh = cf_identity_count(&l->db->identity, l->mapper) == 0;
    l->found = 0;
    if (l->mapper->side_count == 0) return true;
    l->group = cf_arena_alloc(l->db->arena, sizeof *l->group);
    if (!l->group) return cf_fail(&l->db->error, CF_ERR_MEMORY, "out of memory");
    l->group->file = l->db->file;
    l->group->line = l->db->line;
    return true;
}

bool cf_session_keep(cf_db *db, size_t n, void *object)
{
    if (n == db->found_capacity) {
        size_t capacity = db->found_capacity ? db->found_capacity * 2 : 64;
        void **found = cf_mem_resize(db->found, capacity * sizeof *found);
        if (!found) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
        db->found = found;
        db->found_capacity = capacity;
    }
    db->found[n] = object;
    return true;
}

/* What another query forbade holds no longer; the result of another is as good for loading together. */
bool cf_session_came(cf_db *db, cf_state *s)
{
    if (s->mapper->side_count == 0 || (s->group && !s->group->raises)) return true;
    s->group = cf_arena_alloc(db->arena, sizeof *s->group);
    if (!s->group) return false;
    s->group->file = db->file;
    s->group->line = db->line;
    return true;
}

cf_state *cf_loading_row(cf_loading *l, cf_stmt *stmt)
{
    cf_state *s = load_row(l->db, l->mapper, stmt, l->fresh);
    if (!s || !cf_session_keep(l->db, l->found, s->object)) return NULL;
    if (l->group) s->group = l->group;
    l->found++;
    return s;
}

bool cf_loading_end(cf_loading *l)
{
    if (!l->group || !l->found) return true;
    l->group->objects = cf_arena_array(l->db->arena, l->found, sizeof *l->group->objects);
    if (!l->group->objects) return cf_fail(&l->db->error, CF_ERR_MEMORY, "out of memory");
    memcpy(l->group->objects, l->db->found, l->found * sizeof *l->group->objects);
    l->group->count = l->found;
    return true;
}

/* ---- sites ------------------------------------------------------------------------------------- */

cf_state *cf_run_row(cf_run *r)
{
    cf_state *s = load_row(r->db, r->plan->mapper, r->stmt, false);
    if (s && !cf_run_fetch(r, s)) return NULL;
    if (s && !r->stream) {
        if (!cf_session_came(r->db, s)) return NULL;
        r->object = s->object;
        r->objects = &r->object;
        r->object_count = 1;
    }
    return s;
}

void **cf_run_list(cf_run *r)
{
    cf_loading l = {.db = r->db, .mapper = r->plan->mapper};
    void     **list = NULL;
    cf_state  *s;
    cf_answer  answer = cf_loading_begin(&l) ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(r->stmt, &r->db->error)) == CF_YES)
        if (!(s = cf_loading_row(&l, r->stmt)) || !cf_run_fetch(r, s)) answer = CF_FAILED;
    if (answer == CF_NO && cf_loading_end(&l)) list = cf_object_list(l.mapper, r->db->arena, r->db->found, l.found);
    r->objects = list;
    r->object_count = list ? l.found : 0;
    return list;
}

bool cf_run_load(cf_run *r, void *const *objects, size_t count)
{
    for (const cf_load *load = r->plan->tree->loads; load; load = load->next)
        if (!cf_sides_load_path(r->db, load->sides, load->count, objects, count)) return false;
    return true;
}

bool cf_run_number(cf_run *r, int64_t *out)
{
    cf_value number;
    if (cf_stmt_next(r->stmt, &r->db->error) != CF_YES ||
        !cf_stmt_value(r->stmt, 0, CF_INT, r->db->arena, &number, &r->db->error))
        return false;
    *out = number.as.integer;
    return true;
}

void *cf_all_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    if (!cf_run_begin(&r)) return NULL;
    void    **list = cf_run_send(&r, CF_FORM_PLAIN) ? cf_run_list(&r) : NULL;
    cf_group *group = list && list[0] ? cf_state_of(list[0])->group : NULL;
    if (group) group->whole = r.plan->whole;
    cf_run_end(&r, list != NULL);
    return list && cf_run_load(&r, list, cf_list_count(list)) ? list : NULL;
}

void *cf_find_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run    r = {.db = db, .site = site, .values = values};
    cf_state *s = NULL;
    if (!cf_run_begin(&r)) return NULL;
    cf_answer answer = cf_run_send(&r, CF_FORM_PLAIN) ? cf_stmt_next(r.stmt, &r.db->error) : CF_FAILED;
    if (answer == CF_YES && !(s = cf_run_row(&r))) answer = CF_FAILED;
    cf_run_end(&r, answer != CF_FAILED);
    return s && cf_run_load(&r, &s->object, 1) ? s->object : NULL;
}

/* The only object; NULL without a failure when there is none, or several: then *several says so. */
static void *only_one(cf_run *r, bool *several)
{
    cf_state *s = NULL;
    *several = false;
    if (!cf_run_begin(r)) return NULL;
    cf_answer answer = cf_run_send(r, CF_FORM_PLAIN) ? cf_stmt_next(r->stmt, &r->db->error) : CF_FAILED;
    if (answer == CF_YES && !(s = cf_run_row(r))) answer = CF_FAILED;
    if (answer == CF_YES) answer = cf_stmt_next(r->stmt, &r->db->error);
    *several = answer == CF_YES;
    cf_run_end(r, answer != CF_FAILED);
    return s && answer == CF_NO && cf_run_load(r, &s->object, 1) ? s->object : NULL;
}

static void *not_one(cf_run *r, bool several)
{
    const cf_site *site = r->site;
    cf_fail(&r->db->error, several ? CF_ERR_SEVERAL : CF_ERR_NOT_FOUND, "%s:%d: there is %s %s: %s", site->file,
            site->line, several ? "more than one" : "no", r->plan->mapper->name, site->text);
    cf_session_failed(r->db, NULL, site->file, site->line);
    return NULL;
}

void *cf_one_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    bool   several;
    void  *object = only_one(&r, &several);
    return object || !cf_session_ok(r.db) ? object : not_one(&r, several);
}

void *cf_one_or_none_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    bool   several;
    void  *object = only_one(&r, &several);
    return several && cf_session_ok(r.db) ? not_one(&r, true) : object;
}

void *cf_only_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    bool   several;
    return only_one(&r, &several);
}

int64_t cf_count_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run  r = {.db = db, .site = site, .values = values};
    int64_t count = 0;
    if (!cf_run_begin(&r)) return 0;
    cf_run_end(&r, cf_run_send(&r, CF_FORM_PLAIN) && cf_run_number(&r, &count));
    return count;
}

bool cf_exists_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    if (!cf_run_begin(&r)) return false;
    cf_answer answer = cf_run_send(&r, CF_FORM_PLAIN) ? cf_stmt_next(r.stmt, &r.db->error) : CF_FAILED;
    cf_run_end(&r, answer != CF_FAILED);
    return answer == CF_YES;
}

/* ---- by key ------------------------------------------------------------------------------------ */

cf_stmt *cf_session_select(cf_db *db, cf_conn *conn, cf_mapper *m, const cf_value *key)
{
    const cf_sql *sql = cf_mapper_statement(m, db->dialect, CF_SELECT_ROW, NULL, &db->error);
    cf_stmt      *stmt = sql ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    if (stmt && cf_stmt_run(stmt, key, m->key_count, &db->error)) return stmt;
    cf_stmt_done(stmt);
    return NULL;
}

static cf_state *get(cf_db *db, cf_mapper *m, const cf_value *key, const char *file, int line)
{
    cf_repeat_query(db);
    cf_conn  *conn = cf_session_read(db, file, line);
    cf_stmt  *stmt = conn ? cf_session_select(db, conn, m, key) : NULL;
    cf_state *s = NULL;
    cf_answer answer = stmt ? cf_stmt_next(stmt, &db->error) : CF_FAILED;
    if (answer == CF_YES && (!(s = load_row(db, m, stmt, false)) || !cf_session_came(db, s))) answer = CF_FAILED;
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    if (answer == CF_FAILED) cf_session_failed(db, NULL, file, line);
    bool ok = !s || cf_sides_load_eager(db, m, &s->object, 1);
    return cf_events_loaded(db) && ok ? s : NULL;
}

void *cf_get_(cf_db *db, cf_model_fn *model, const cf_value *key, size_t count, const char *file, int line)
{
    cf_value wanted[CF_MOST_KEYS];
    if (!cf_session_ok(db)) return NULL;
    cf_mapper *m = cf_registry_mapper(db->database->registry, model);
    if (!m || count != m->key_count) {
        cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: the key of %s has %zu columns, not %zu", file, line, model()->name,
                        m ? m->key_count : 0, count);
        return NULL;
    }
    db = cf_session_route(db, m, file, line);
    if (!cf_session_ok(db)) return NULL;
    for (size_t i = 0; i < count; i++) {
        const cf_attribute *a = &m->columns[m->key[i]];
        wanted[i] = key[i];
        if (wanted[i].kind == CF_NULL) return NULL;
        if (cf_value_convert(&wanted[i], a->kind) && wanted[i].kind == a->kind) continue;
        cf_session_fail(db, CF_ERR_TYPE, "%s:%d: %s.%s is %s, but the value is %s", file, line, m->name, a->name,
                        cf_kind_name(a->kind), cf_kind_name(key[i].kind));
        return NULL;
    }
    cf_state *s = cf_identity_find(&db->identity, m, wanted, cf_identity_hash(m, wanted));
    if (s && (s->doomed || !s->stale)) return s->doomed || cf_state_hidden(s) ? NULL : s->object;
    if (!cf_session_autoflush(db, m)) return NULL;
    s = get(db, m, wanted, file, line);
    return s && !cf_state_hidden(s) ? s->object : NULL;
}
