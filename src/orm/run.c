#include "orm/run.h"

#include "orm/event.h"
#include "orm/fetch.h"
#include "orm/raise.h"
#include "orm/row.h"
#include "orm/watch.h"

#include "base/memory.h"

#include <string.h>

/* ---- values ------------------------------------------------------------------------------------ */

static bool bind_value(const cf_run *r, const cf_binding *b, cf_value *out, cf_error *error)
{
    const cf_site  *site = r->site;
    const cf_value *given =
        b->argument < CF_FIRST_EXTRA ? &r->values[b->argument] : &r->extra[b->argument - CF_FIRST_EXTRA];
    if (b->array) {
        const cf_array *array = given->as.pointer;
        size_t          i = b->element < array->count ? b->element : array->count - 1;
        *out = cf_value_read((const char *)array->items + i * array->size, array->type, array->size);
    } else {
        *out = *given;
    }
    int kind = out->kind;
    if (b->stored && !cf_limit_check(b->stored, out, r->db->dialect, r->db->arena, error)) return false;
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

/* The text with what goes before it, not to be kept. */
static bool add_prefix(const cf_run *r, cf_sql *sql)
{
    size_t size = strlen(r->prefix);
    char  *text = cf_arena_alloc(r->db->arena, size + sql->size + 1);
    if (!text) return false;
    memcpy(text, r->prefix, size);
    memcpy(text + size, sql->text, sql->size);
    *sql = (cf_sql){text, size + sql->size, 0, true};
    return true;
}

static bool writes(const cf_plan *plan)
{
    return plan->verb == CF_VERB_DELETE_WHERE || plan->verb == CF_VERB_UPDATE_WHERE || plan->verb == CF_VERB_UPSERT;
}

/* Locks are held until the end of a transaction: there must be one. */
static bool transacts(const cf_plan *plan)
{
    return writes(plan) || plan->tree->lock.mode != CF_LOCK_NONE;
}

bool cf_run_bind(cf_run *r, const cf_variant *v, cf_value *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < v->binding_count; i++) {
        ok = bind_value(r, &v->bindings[i], &out[i], &r->db->error);
        if (r->plan->secret) out[i].flags |= CF_VALUE_SECRET;
    }
    return ok;
}

static bool run_variant(cf_run *r, const cf_variant *v)
{
    cf_db    *db = r->db;
    cf_sql    sql = v->sql;
    cf_value  few[64];
    cf_value *bound = v->binding_count <= 64 ? few : cf_mem_zero(v->binding_count, sizeof *bound);
    bool      ok = bound != NULL && (!r->prefix || add_prefix(r, &sql));
    if (!ok) cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    ok = ok && cf_run_bind(r, v, bound);
    if (ok) {
        db->statements++;
        if (!r->prefix && !writes(r->plan)) cf_repeat_query(db);
        r->stmt = cf_conn_prepare(r->conn, &sql, &db->error);
    }
    if (r->stmt && r->stream) cf_stmt_stream(r->stmt);
    ok = r->stmt && cf_stmt_run(r->stmt, bound, v->binding_count, &db->error);
    if (bound != few) cf_mem_free(bound);
    return ok;
}

/* ---- one use of a site -------------------------------------------------------------------------- */

bool cf_run_begin(cf_run *r)
{
    if (!cf_session_ok(r->db)) return false;
    cf_plan *plan = r->plan = cf_site_plan(r->db->database->registry, r->site, &r->db->error);
    if (!plan) {
        cf_session_failed(r->db, NULL, r->site->file, r->site->line);
        return false;
    }
    cf_db *db = r->db = cf_session_route(r->db, plan->mapper, r->site->file, r->site->line);
    if (!cf_session_ok(db)) return false;
    if (writes(plan)) return cf_session_flush(db);
    bool ok = cf_session_autoflush(db, plan->mapper);
    for (size_t i = 0; ok && i < plan->read_count; i++) ok = cf_session_autoflush(db, plan->reads[i]);
    return ok;
}

bool cf_run_send(cf_run *r, uint32_t form)
{
    cf_db *db = r->db;
    if (db->show_deleted) form |= CF_FORM_DELETED;
    cf_variant *v = cf_plan_variant(r->plan, db->dialect, form, r->values, &db->error);
    r->stmt = NULL;
    r->conn = NULL;
    if (!v) return false;
    bool held = transacts(r->plan) && !r->prefix;
    r->conn =
        held ? cf_session_write(db, r->site->file, r->site->line) : cf_session_read(db, r->site->file, r->site->line);
    if (r->conn && writes(r->plan) && !r->prefix && !db->written) db->written = r->site;
    if (r->plan->tree->fetch_count && !(r->fetching = cf_fetching_begin(r))) return false;
    return r->conn && run_variant(r, v);
}

/* What the text wants loaded, and what its relationships do. */
static void load_more(const cf_run *r)
{
    bool ok = true;
    for (const cf_load *l = r->plan->tree->loads; ok && l; l = l->next)
        ok = cf_sides_load_path(r->db, l->sides, l->count, r->objects, r->object_count);
    if (ok) ok = cf_sides_load_eager(r->db, r->plan->mapper, r->objects, r->object_count);
    if (ok && r->fetching) ok = cf_fetching_eager(r->fetching);
    if (ok && r->plan->tree->raises) (void)cf_run_raise(r);
}

void cf_run_end(cf_run *r, bool ok)
{
    cf_stmt_done(r->stmt);
    if (ok && r->conn) cf_watch_run(r);
    cf_session_unread(r->db, r->conn);
    r->stmt = NULL;
    r->conn = NULL;
    if (!ok) cf_session_failed(r->db, NULL, r->site->file, r->site->line);
    if (ok && r->object_count) load_more(r);
    r->object_count = 0;
    (void)cf_events_loaded(r->db);
}
