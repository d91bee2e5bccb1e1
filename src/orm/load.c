/* Running queries: values in, objects out. */
#include "orm/row.h"
#include "orm/side.h"

#include "base/memory.h"

#include <string.h>

/* ---- values ------------------------------------------------------------------------------------ */

static bool bind_value(const cf_binding *b, const cf_value *values, cf_value *out, const cf_site *site, cf_error *error)
{
    const cf_value *given = &values[b->argument];
    if (b->array) {
        const cf_array *array = given->as.pointer;
        size_t          i = b->element < array->count ? b->element : array->count - 1;
        *out = cf_value_read((const char *)array->items + i * array->size, array->type, array->size);
    } else {
        *out = *given;
    }
    int kind = out->kind;
    if (b->named) {
        if (kind != CF_INT) return true;
        int64_t number = out->as.integer;
        *out = cf_value_text(cf_enum_text(b->named, number));
        return out->kind == CF_TEXT ||
               cf_fail(error, CF_ERR_RANGE, "%s:%d: value %d is %lld, which is none of %s.%s", site->file, site->line,
                       b->argument + 1, (long long)number, b->named->mapper->name, b->named->name);
    }
    if (cf_value_convert(out, b->kind)) return true;
    return cf_fail(error, CF_ERR_TYPE, "%s:%d: value %d is %s, but %s is wanted", site->file, site->line,
                   b->argument + 1, cf_kind_name(kind), cf_kind_name(b->kind));
}

/* Runs the statement of a site; NULL on failure. */
static cf_stmt *run_site(cf_db *db, cf_conn *conn, const cf_site *site, const cf_variant *v, const cf_value *values)
{
    cf_value  few[64];
    cf_value *bound = v->binding_count <= 64 ? few : cf_mem_zero(v->binding_count, sizeof *bound);
    cf_stmt  *stmt = NULL;
    bool      ok = bound != NULL;
    if (!bound) cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    for (size_t i = 0; ok && i < v->binding_count; i++)
        ok = bind_value(&v->bindings[i], values, &bound[i], site, &db->error);
    if (ok) {
        db->statements++;
        stmt = cf_conn_prepare(conn, &v->sql, &db->error);
    }
    if (stmt && !cf_stmt_run(stmt, bound, v->binding_count, &db->error)) {
        cf_stmt_done(stmt);
        stmt = NULL;
    }
    if (bound != few) cf_mem_free(bound);
    return stmt;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* The object of the present row: the session's own, or a new one. */
static cf_state *new_row(cf_db *db, cf_mapper *m, cf_stmt *stmt)
{
    cf_state *s = cf_object_new(m, db->arena);
    if (!s || !cf_row_read(db, m, stmt, s->object)) return NULL;
    memcpy(s->snapshot, s->object, m->model->size);
    s->status = CF_STATUS_PERSISTENT;
    if (!cf_identity_add(&db->identity, s, db->arena)) return NULL;
    cf_session_append(db, s);
    return s;
}

static cf_state *load_row(cf_db *db, cf_mapper *m, cf_stmt *stmt, bool nothing_known)
{
    char     scratch[1024] __attribute__((aligned(16)));
    void    *key_holder = m->model->size <= sizeof scratch ? scratch : cf_arena_alloc(db->arena, m->model->size);
    cf_value key[CF_MOST_KEYS];
    if (nothing_known) return new_row(db, m, stmt);
    if (!key_holder || !cf_stmt_read(stmt, m->key_slots, m->key_count, key_holder, db->arena, &db->error)) return NULL;
    cf_identity_key(m, key_holder, key);
    cf_state *s = cf_identity_find(&db->identity, m, key, cf_identity_hash(m, key));
    return s ? s : new_row(db, m, stmt);
}

cf_state *cf_session_load_row(cf_db *db, cf_mapper *mapper, cf_stmt *stmt)
{
    return load_row(db, mapper, stmt, db->identity.count == 0);
}

bool cf_session_group(cf_db *db, const cf_mapper *mapper, size_t n)
{
    if (n < 2 || mapper->side_count == 0) return true;
    cf_group *group = cf_arena_alloc(db->arena, sizeof *group + n * sizeof *group->states);
    if (!group) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    group->count = n;
    for (size_t i = 0; i < n; i++) {
        group->states[i] = cf_state_of(db->found[i]);
        group->states[i]->group = group;
    }
    return true;
}

bool cf_session_found(cf_db *db, size_t n, void *object)
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

/* All rows into db->found; how many, or SIZE_MAX on failure. */
static size_t load_rows(cf_db *db, cf_mapper *m, cf_stmt *stmt)
{
    size_t    n = 0;
    bool      nothing_known = db->identity.count == 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(stmt, &db->error)) == CF_YES) {
        cf_state *s = load_row(db, m, stmt, nothing_known);
        if (!s || !cf_session_found(db, n, s->object)) return SIZE_MAX;
        n++;
    }
    return answer == CF_NO ? n : SIZE_MAX;
}

/* ---- sites ------------------------------------------------------------------------------------- */

/* The plan of a site, after writing what the query must see, and the session of its database; NULL on failure. */
static cf_plan *begin(cf_db **session, cf_site *site)
{
    cf_db *db = *session;
    if (!cf_session_ok(db)) return NULL;
    cf_plan *plan = cf_site_plan(db->database->registry, site, &db->error);
    if (!plan) {
        cf_session_failed(db, NULL, site->file, site->line);
        return NULL;
    }
    db = *session = cf_session_route(db, plan->mapper, site->file, site->line);
    if (!cf_session_ok(db)) return NULL;
    bool dirty = cf_session_dirty(db, plan->mapper);
    for (size_t i = 0; !dirty && i < plan->read_count; i++) dirty = cf_session_dirty(db, plan->reads[i]);
    return dirty && !cf_session_flush(db) ? NULL : plan;
}

static cf_stmt *start(cf_db *db, cf_plan *plan, cf_site *site, const cf_value *values, cf_conn **conn, bool writes)
{
    cf_variant *v = cf_plan_variant(plan, db->dialect, values, &db->error);
    *conn = !v       ? NULL
            : writes ? cf_session_write(db, site->file, site->line)
                     : cf_session_read(db, site->file, site->line);
    return *conn ? run_site(db, *conn, site, v, values) : NULL;
}

static void finish(cf_db *db, cf_site *site, cf_stmt *stmt, cf_conn *conn, bool ok)
{
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    if (!ok) cf_session_failed(db, NULL, site->file, site->line);
}

void *cf_all_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_plan *plan = begin(&db, site);
    cf_conn *conn = NULL;
    void   **list = NULL;
    if (!plan) return NULL;
    cf_stmt *stmt = start(db, plan, site, values, &conn, false);
    size_t   n = stmt ? load_rows(db, plan->mapper, stmt) : SIZE_MAX;
    if (n != SIZE_MAX && cf_session_group(db, plan->mapper, n))
        list = cf_object_list(plan->mapper, db->arena, db->found, n);
    finish(db, site, stmt, conn, list != NULL);
    return list;
}

void *cf_find_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_plan *plan = begin(&db, site);
    cf_conn *conn = NULL;
    void    *object = NULL;
    if (!plan) return NULL;
    cf_stmt  *stmt = start(db, plan, site, values, &conn, false);
    cf_answer answer = stmt ? cf_stmt_next(stmt, &db->error) : CF_FAILED;
    if (answer == CF_YES) {
        cf_state *s = load_row(db, plan->mapper, stmt, db->identity.count == 0);
        if (s) object = s->object;
        else answer = CF_FAILED;
    }
    finish(db, site, stmt, conn, answer != CF_FAILED);
    return object;
}

int64_t cf_count_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_plan *plan = begin(&db, site);
    cf_conn *conn = NULL;
    cf_value count = cf_value_int(0);
    if (!plan) return 0;
    cf_stmt *stmt = start(db, plan, site, values, &conn, false);
    bool     ok = stmt && cf_stmt_next(stmt, &db->error) == CF_YES &&
              cf_stmt_value(stmt, 0, CF_INT, db->arena, &count, &db->error);
    finish(db, site, stmt, conn, ok);
    return ok ? count.as.integer : 0;
}

bool cf_exists_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_plan *plan = begin(&db, site);
    cf_conn *conn = NULL;
    if (!plan) return false;
    cf_stmt  *stmt = start(db, plan, site, values, &conn, false);
    cf_answer answer = stmt ? cf_stmt_next(stmt, &db->error) : CF_FAILED;
    finish(db, site, stmt, conn, answer != CF_FAILED);
    return answer == CF_YES;
}

int64_t cf_delete_where_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_plan *plan = begin(&db, site);
    cf_conn *conn = NULL;
    if (!plan || !cf_session_flush(db)) return 0;
    cf_stmt *stmt = start(db, plan, site, values, &conn, true);
    int64_t  n = stmt ? cf_stmt_changes(stmt) : 0;
    finish(db, site, stmt, conn, stmt != NULL);
    return n;
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
    cf_conn  *conn = cf_session_read(db, file, line);
    cf_stmt  *stmt = conn ? cf_session_select(db, conn, m, key) : NULL;
    cf_state *s = NULL;
    cf_answer answer = stmt ? cf_stmt_next(stmt, &db->error) : CF_FAILED;
    if (answer == CF_YES && !(s = load_row(db, m, stmt, false))) answer = CF_FAILED;
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    if (answer == CF_FAILED) cf_session_failed(db, NULL, file, line);
    return s;
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
    if (s) return s->doomed ? NULL : s->object;
    if (cf_session_dirty(db, m) && !cf_session_flush(db)) return NULL;
    s = get(db, m, wanted, file, line);
    return s ? s->object : NULL;
}
