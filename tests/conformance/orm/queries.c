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
    return cf_fail(&q->rq->error, CF_ERR_UNSUPPORTED, "cf_update_where");
}

static bool run_insert(query_case *q)
{
    return cf_fail(&q->rq->error, CF_ERR_UNSUPPORTED, "cf_insert_many");
}

static bool run_upsert(query_case *q)
{
    return cf_fail(&q->rq->error, CF_ERR_UNSUPPORTED, "cf_upsert");
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
