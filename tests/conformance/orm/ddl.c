/* The suite of schemas: statements that make and remove the tables of a spec, and what a server makes of them. */
#include "adapter.h"

#include "orm/ddl.h"

#include <string.h>

/* ---- a tree as JSON ------------------------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(out, json_string(items[i]));
    return out;
}

static json_t *columns_json(const cf_table *t)
{
    json_t *out = json_array();
    for (size_t i = 0; i < t->column_count; i++) {
        const cf_table_column *c = &t->columns[i];
        json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "name", c->name, "type", c->native,
                                             "nullable", c->nullable, "default", text_or_null(c->initial), "generated",
                                             text_or_null(c->computed), "comment", text_or_null(c->comment),
                                             "collation", text_or_null(c->collation)));
    }
    return out;
}

static json_t *references_json(const cf_table *t)
{
    json_t *out = json_array();
    for (size_t i = 0; i < t->reference_count; i++) {
        const cf_table_reference *f = &t->references[i];
        json_array_append_new(out, json_pack("{s:o, s:o, s:s, s:o, s:s, s:s, s:b}", "name", text_or_null(f->name),
                                             "cols", texts(f->columns, f->count), "ref_table", f->table, "ref_cols",
                                             texts(f->targets, f->count), "ondelete", cf_action_words(f->on_delete),
                                             "onupdate", cf_action_words(f->on_update), "deferrable", f->deferrable));
    }
    return out;
}

/* `columned`: conditions are columns of the server, which has them no other way. */
static json_t *indexes_json(const cf_table *t, bool columned)
{
    json_t *out = json_array();
    for (size_t i = 0; i < t->index_count; i++) {
        const cf_table_index *x = &t->indexes[i];
        json_t               *parts = json_array();
        for (size_t k = 0; k < x->count; k++)
            json_array_append_new(parts, json_sprintf("%s%s", x->parts[k].text, x->parts[k].descending ? " DESC" : ""));
        if (columned && x->where) json_array_append_new(parts, json_string(cf_condition_column_of(x->name).name));
        json_array_append_new(out, json_pack("{s:s, s:o, s:b, s:o}", "name", x->name, "cols", parts, "unique",
                                             x->unique, "where", text_or_null(x->where)));
    }
    return out;
}

static json_t *table_json(const cf_table *t, bool columned)
{
    json_t *uniques = json_array(), *checks = json_array(), *options = json_array();
    for (size_t i = 0; i < t->unique_count; i++)
        json_array_append_new(uniques, json_pack("{s:o, s:o}", "name", text_or_null(t->uniques[i].name), "cols",
                                                 texts(t->uniques[i].columns, t->uniques[i].count)));
    for (size_t i = 0; i < t->check_count; i++)
        json_array_append_new(
            checks, json_pack("{s:o, s:s}", "name", text_or_null(t->checks[i].name), "sql", t->checks[i].sql));
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].autoincrement) json_array_append_new(options, json_string("autoincrement"));
    if (t->without_rowid) json_array_append_new(options, json_string("without_rowid"));
    if (t->strict) json_array_append_new(options, json_string("strict"));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "columns", columns_json(t), "pk",
                     texts(t->key.columns, t->key.count), "uniques", uniques, "fks", references_json(t), "checks",
                     checks, "indexes", indexes_json(t, columned), "options", options);
}

static json_t *schema_json(const cf_schema *s, bool columned)
{
    json_t *out = json_object();
    for (size_t i = 0; s && i < s->count; i++)
        json_object_set_new(out, s->tables[i].name, table_json(&s->tables[i], columned));
    return out;
}

/* ---- statements ------------------------------------------------------------------------------------- */

static bool collect(void *context, const char *statement, size_t size, cf_error *error)
{
    (void)error;
    json_array_append_new(context, json_stringn(statement, size));
    return true;
}

static bool run_all(request *rq, cf_conn *conn, const json_t *statements)
{
    size_t  i;
    json_t *statement;
    json_array_foreach(statements, i,
                       statement) if (!cf_conn_exec(conn, json_string_value(statement), &rq->error)) return false;
    return true;
}

/* Runs the statements, reads the schema back, removes it again and says what is left. */
static bool try_out(request *rq, cf_conn *conn, json_t *create, json_t *drop)
{
    cf_schema *made = NULL, *left = NULL;
    json_t    *names = json_array();
    bool       ok = database_wipe(rq, conn) && run_all(rq, conn, create) &&
              (made = cf_reflect(conn, rq->arena, &rq->error)) && cf_conn_begin(conn, CF_BEGIN_WRITE, &rq->error) &&
              run_all(rq, conn, drop) && cf_conn_commit(conn, &rq->error) &&
              (left = cf_reflect(conn, rq->arena, &rq->error));
    for (size_t i = 0; ok && i < left->count; i++) json_array_append_new(names, json_string(left->tables[i].name));
    if (ok)
        rq->ok = json_pack("{s:O, s:O, s:o, s:O}", "create", create, "drop", drop, "reflected",
                           schema_json(made, cf_conn_dialect(conn)->id == CF_MARIADB), "left", names);
    json_decref(names);
    return ok;
}

void suite_ddl(request *rq)
{
    spec     s = {0};
    cf_pool *pool =
        spec_make(rq, json_object_get(rq->json, "spec"), &s) ? cf_pool_open(rq->url, NULL, &rq->error) : NULL;
    cf_conn   *conn = pool ? cf_pool_take(pool, NULL, &rq->error) : NULL;
    cf_schema *schema = conn ? cf_schema_of_models(s.registry, NULL, rq->arena) : NULL;
    rq->refused = schema != NULL;
    if (schema && cf_schema_realise(schema, cf_conn_dialect(conn), rq->arena, &rq->error)) {
        json_t *create = json_array(), *drop = json_array();
        cf_ddl  ddl = {cf_conn_dialect(conn), collect, create, &rq->error};
        bool    ok = cf_ddl_create(&ddl, schema, NULL);
        ddl.context = drop;
        if (ok && cf_ddl_drop(&ddl, schema, NULL)) try_out(rq, conn, create, drop);
        json_decref(create);
        json_decref(drop);
    }
    if (conn) cf_pool_give(pool, conn);
    cf_pool_close(pool);
    spec_free(&s);
}
