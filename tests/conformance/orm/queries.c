/* The suite of queries: one query or change of many rows, in the library's language. */
#include "query_text.h"

#include <string.h>

#include "orm/rows.h"

/* A case in hand. */
typedef struct query_case {
    request      *rq;
    cf_database  *database;
    cf_db        *db;
    const json_t *query;
    query_writer  writer;
} query_case;

/* ---- reading ------------------------------------------------------------------------------------------ */

static json_t *table_values(const cf_value_table *table)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < table->count; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < table->columns; k++)
            json_array_append_new(row, plain_value(table->values[i * table->columns + k]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static bool seen_before(void **list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (list[k] == list[i]) return true;
    return false;
}

/* Each object once, as the original gives them, however many rows a join makes of it. */
static json_t *object_values(const cf_mapper *m, void **list)
{
    json_t *rows = json_array();
    for (size_t i = 0; list[i]; i++) {
        if (seen_before(list, i)) continue;
        json_t *row = json_array();
        for (size_t k = 0; k < m->column_count; k++)
            json_array_append_new(row, plain_value(cf_attribute_read(&m->columns[k], list[i])));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* Select lists give rows of values, all else gives objects. */
static bool run_select(query_case *q)
{
    const cf_mapper *m = query_mapper(&q->writer, json_string_value(json_object_get(q->query, "from")));
    bool             listed = json_object_get(q->query, "select") != NULL;
    cf_value_table   table;
    if (!m || !write_select(&q->writer, NULL, q->query, false)) return false;
    cf_site *site = site_make(&q->writer.text, m->function, listed ? CF_VERB_ROWS : CF_VERB_ALL);
    if (!site) return false;
    if (listed) {
        if (cf_session_table(q->db, site, q->writer.text.values, &table))
            q->rq->ok = json_pack("{s:o}", "rows", table_values(&table));
        return q->rq->ok != NULL;
    }
    void **list = cf_all_(q->db, site, q->writer.text.values);
    if (list) q->rq->ok = json_pack("{s:o}", "rows", object_values(m, list));
    return list != NULL;
}

/* ---- changes --------------------------------------------------------------------------------------------- */

static bool report_change(query_case *q, const cf_mapper *m, int64_t count)
{
    if (cf_error(q->db)->code || !cf_commit(q->db)) return false;
    cf_conn *conn = cf_pool_take(q->database->pool, NULL, &q->rq->error);
    json_t  *rows = conn ? table_rows(q->rq, conn, m, false) : NULL;
    if (conn) cf_pool_give(q->database->pool, conn);
    if (rows) q->rq->ok = json_pack("{s:I,s:{s:o}}", "rowcount", (json_int_t)count, "table_after", m->table, rows);
    return rows != NULL;
}

static bool run_delete(query_case *q)
{
    const cf_mapper *m = query_mapper(&q->writer, json_string_value(json_object_get(q->query, "delete")));
    name_scope       scope = {.mapper = m};
    const json_t    *where = json_object_get(q->query, "where");
    if (!m) return false;
    if (json_is_string(where)) site_add(&q->writer.text, "all");
    else if (!write_expression(&q->writer, &scope, where, CF_UNDEFINED)) return false;
    cf_site *site = site_make(&q->writer.text, m->function, CF_VERB_DELETE_WHERE);
    return site && report_change(q, m, cf_delete_where_(q->db, site, q->writer.text.values));
}

static bool run_update(query_case *q)
{
    const cf_mapper *m = query_mapper(&q->writer, json_string_value(json_object_get(q->query, "update")));
    name_scope       scope = {.mapper = m};
    const json_t    *where = json_object_get(q->query, "where");
    if (!m) return false;
    site_add(&q->writer.text, "set ");
    if (!write_sets(&q->writer, &scope, json_object_get(q->query, "set"))) return false;
    site_add(&q->writer.text, json_is_string(where) ? " where all" : " where ");
    if (!json_is_string(where) && !write_expression(&q->writer, &scope, where, CF_UNDEFINED)) return false;
    cf_site *site = site_make(&q->writer.text, m->function, CF_VERB_UPDATE_WHERE);
    return site && report_change(q, m, cf_update_where_(q->db, site, q->writer.text.values));
}

/* The rows of `values` as an array of structs; NULL with the error. */
static char *make_rows(query_case *q, const cf_mapper *m, const json_t *values, size_t *count)
{
    size_t      size = m->model->size, i;
    json_t     *row, *given;
    const char *name;
    *count = json_array_size(values);
    char *rows = cf_arena_array(q->rq->arena, *count + 1, size);
    json_array_foreach(values, i, row)
    {
        json_object_foreach(row, name, given)
        {
            const cf_attribute *a = rows ? query_attribute(&q->writer, m, name) : NULL;
            if (!a || !member_set_json(q->rq, a, given, rows + i * size)) return NULL;
        }
    }
    return rows;
}

/* What was asked for of rows that were inserted. */
static bool report_returning(query_case *q, const cf_mapper *m, const char *rows, size_t count)
{
    const json_t *names = json_object_get(q->query, "returning");
    json_t       *out = json_array();
    for (size_t i = 0; q->rq->ok && i < count; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < json_array_size(names); k++) {
            const char         *name = json_string_value(json_array_get(names, k));
            const cf_attribute *a = name ? query_attribute(&q->writer, m, name) : NULL;
            json_array_append_new(row, a ? plain_value(cf_attribute_read(a, rows + i * m->model->size)) : json_null());
        }
        json_array_append_new(out, row);
    }
    if (q->rq->ok && names) json_object_set(q->rq->ok, "rows", out);
    json_decref(out);
    return q->rq->ok != NULL;
}

static bool run_insert(query_case *q)
{
    const cf_mapper *m = query_mapper(&q->writer, json_string_value(json_object_get(q->query, "insert")));
    size_t           count;
    char            *rows = m ? make_rows(q, m, json_object_get(q->query, "values"), &count) : NULL;
    if (!rows) return false;
    int64_t n = cf_insert_many_(q->db, m->function, rows, count, rows, "case", 1);
    return report_change(q, m, n) && report_returning(q, m, rows, count);
}

static bool run_upsert(query_case *q)
{
    const cf_mapper *m = query_mapper(&q->writer, json_string_value(json_object_get(q->query, "upsert")));
    const json_t    *conflict = json_object_get(q->query, "conflict"), *sets = json_object_get(q->query, "set");
    const json_t    *where = json_object_get(q->query, "set_where");
    name_scope       scope = {.mapper = m};
    size_t           count;
    char            *rows = m ? make_rows(q, m, json_object_get(q->query, "values"), &count) : NULL;
    if (!rows) return false;
    for (size_t i = 0; i < json_array_size(conflict); i++) {
        const char         *name = json_string_value(json_array_get(conflict, i));
        const cf_attribute *a = name ? query_attribute(&q->writer, m, name) : NULL;
        if (!a) return false;
        cf_buffer_printf(&q->writer.text.text, i ? ", %s" : "on conflict (%s", a->name);
    }
    site_add(&q->writer.text, json_object_size(sets) ? ") do update set " : ") do nothing");
    if (!write_sets(&q->writer, &scope, sets)) return false;
    if (where) site_add(&q->writer.text, " where ");
    if (where && !write_expression(&q->writer, &scope, where, CF_UNDEFINED)) return false;
    cf_site        *site = site_make(&q->writer.text, m->function, CF_VERB_UPSERT);
    cf_upsert_call_ call = {q->db, rows, count};
    return site && report_change(q, m, cf_upsert_many_(&call, site, q->writer.text.values));
}

/* ---- raw --------------------------------------------------------------------------------------------------- */

/* `?` outside of quotes as the dialect's placeholders. */
static void add_raw(cf_buffer *out, const cf_dialect *d, const char *text)
{
    int  n = 0;
    char quote = '\0';
    for (const char *p = text; *p; p++) {
        if (quote && *p == quote) quote = '\0';
        else if (!quote && (*p == '\'' || *p == '"' || *p == '`')) quote = *p;
        if (!quote && *p == '?') cf_sql_placeholder(out, d, ++n);
        else cf_buffer_char(out, *p);
    }
}

static bool run_raw(query_case *q)
{
    const json_t *params = json_object_get(q->query, "params");
    cf_value      values[CF_MOST_ARGUMENTS];
    cf_buffer     text = {0};
    json_t       *rows = NULL;
    size_t        count = json_array_size(params);
    bool          ok = count <= CF_MOST_ARGUMENTS;
    for (size_t i = 0; ok && i < count; i++)
        ok = value_of_json(q->rq, json_array_get(params, i), CF_UNDEFINED, &values[i]);
    add_raw(&text, cf_pool_dialect(q->database->pool), json_string_value(json_object_get(q->query, "sql")));
    cf_conn *conn = ok ? cf_session_write(q->db, "case", 1) : NULL;
    ok = conn && raw_exec(q->rq, conn, text.data, values, count, &rows);
    cf_buffer_free(&text);
    if (ok) q->rq->ok = json_is_array(rows) ? json_pack("{s:o}", "rows", rows) : json_pack("{s:o}", "rowcount", rows);
    return ok;
}

/* ---- the case ------------------------------------------------------------------------------------------------ */

static bool run(query_case *q)
{
    static const struct {
        const char *key;
        bool (*function)(query_case *q);
    } kinds[] = {{"from", run_select},   {"insert", run_insert}, {"update", run_update},
                 {"delete", run_delete}, {"upsert", run_upsert}, {"sql", run_raw}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_object_get(q->query, kinds[i].key)) return kinds[i].function(q);
    return cf_fail(&q->rq->error, CF_ERR_UNSUPPORTED, "a query of this kind");
}

void suite_queries(request *rq)
{
    query_case    q = {.rq = rq, .query = json_object_get(rq->json, "query"), .writer.text.rq = rq};
    spec          models;
    const json_t *description = json_object_get(rq->json, "spec");
    if (!spec_make(rq, description, &models)) return;
    q.writer.registry = models.registry;
    if (spec_relate(rq, description, &models) && (q.database = database_open(rq, &models))) {
        if (database_prepare(rq, q.database) && (q.db = cf_session(q.database))) {
            if (!run(&q) && !rq->error.code) rq->error = *cf_error(q.db);
            cf_close(q.db);
        }
        database_close(q.database);
    }
    cf_buffer_free(&q.writer.text.text);
    spec_free(&models);
}
