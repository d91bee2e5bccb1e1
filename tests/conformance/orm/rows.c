/* Rows past the session: values as plain JSON, seeds, raw SQL, what stands in all tables. */
#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orm/row.h"

/* ---- values ------------------------------------------------------------------------------------------ */

static json_t *hex_of(cf_value v)
{
    char *hex = malloc((size_t)v.size * 2 + 1);
    if (!hex) return json_null();
    hex[0] = '\0';
    for (uint32_t i = 0; i < v.size; i++) sprintf(hex + 2 * i, "%02x", ((const unsigned char *)v.as.data)[i]);
    json_t *out = json_pack("{s:s}", "hex", hex);
    free(hex);
    return out;
}

json_t *plain_value(cf_value v)
{
    char    text[CF_DECIMAL_SIZE + CF_DATETIME_SIZE];
    json_t *document;
    switch (v.kind) {
    case CF_BOOL: return json_boolean(v.as.boolean);
    case CF_INT: return json_integer(v.as.integer);
    case CF_FLOAT:
        if (isfinite(v.as.number)) return json_real(v.as.number);
        return json_pack("{s:s}", "float", isnan(v.as.number) ? "nan" : v.as.number > 0 ? "inf" : "-inf");
    case CF_TEXT: return json_stringn(v.as.text, v.size);
    case CF_BYTES: return hex_of(v);
    case CF_DATE: cf_date_format(v.as.date, text); return json_string(text);
    case CF_TIME: cf_time_format(v.as.time, text); return json_string(text);
    case CF_DATETIME:
        cf_datetime_format(v.as.datetime, text);
        text[10] = 'T';
        return json_string(text);
    case CF_DECIMAL: cf_decimal_format(*v.as.decimal, text); return json_pack("{s:s}", "decimal", text);
    case CF_UUID: cf_uuid_format(*v.as.uuid, text); return json_string(text);
    case CF_JSON:
        document = json_loadb(v.as.text, v.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        return document ? document : json_stringn(v.as.text, v.size);
    default: return json_null();
    }
}

/* A moment from its text, as `kind`. */
static bool moment(const char *text, int kind, cf_value *out)
{
    size_t      size = strlen(text);
    cf_date     date;
    cf_time     time;
    cf_datetime datetime;
    if (kind == CF_DATE && cf_date_parse(text, size, &date)) *out = cf_value_date(date);
    else if (kind == CF_TIME && cf_time_parse(text, size, &time)) *out = cf_value_time(time);
    else if (kind == CF_DATETIME && cf_datetime_parse(text, size, &datetime)) *out = cf_value_datetime(datetime);
    else return false;
    return true;
}

static bool decimal(request *rq, const char *text, cf_value *out)
{
    cf_decimal *d = cf_arena_alloc(rq->arena, sizeof *d);
    if (!d || !cf_decimal_parse(text, strlen(text), d))
        return cf_fail(&rq->error, CF_ERR_RANGE, "%s is no decimal number", text);
    *out = cf_value_decimal(d);
    return true;
}

/* Words such as {"decimal": "1.50"}. */
static bool typed_value(request *rq, const char *word, const json_t *v, int kind, cf_value *out)
{
    const char *text = json_string_value(v) ? cf_arena_copy(rq->arena, json_string_value(v)) : "";
    if (strcmp(word, "decimal") == 0) return decimal(rq, text, out);
    if (strcmp(word, "hex") == 0) {
        size_t size = strlen(text) / 2;
        char  *bytes = cf_arena_alloc(rq->arena, size + 1);
        for (size_t i = 0; bytes && i < size; i++) {
            char two[3] = {text[2 * i], text[2 * i + 1], '\0'};
            bytes[i] = (char)strtol(two, NULL, 16);
        }
        *out = cf_value_bytes((cf_bytes){bytes, size});
        return bytes != NULL;
    }
    int wanted = strcmp(word, "date") == 0 ? CF_DATE : strcmp(word, "time") == 0 ? CF_TIME : CF_DATETIME;
    (void)kind;
    if (moment(text, wanted, out)) return true;
    return cf_fail(&rq->error, CF_ERR_TYPE, "a value {\"%s\"} has no meaning here", word);
}

static bool document_value(request *rq, const json_t *v, cf_value *out)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text) return cf_fail(&rq->error, CF_ERR_TYPE, "no document");
    *out = cf_value_json((cf_json){cf_arena_copy(rq->arena, text)});
    free(text);
    return true;
}

bool value_of_json(request *rq, const json_t *v, int kind, cf_value *out)
{
    if (!v) return cf_fail(&rq->error, CF_ERR_SYNTAX, "a value is missing");
    if (kind == CF_JSON && !json_is_null(v)) return document_value(rq, v, out);
    if (json_is_object(v) && json_object_size(v) == 1) {
        const char *word = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)v));
        return typed_value(rq, word, json_object_get(v, word), kind, out);
    }
    switch (json_typeof(v)) {
    case JSON_NULL: *out = cf_value_null(); return true;
    case JSON_TRUE:
    case JSON_FALSE: *out = cf_value_bool(json_is_true(v)); return true;
    case JSON_INTEGER:
        *out = kind == CF_BOOL    ? cf_value_bool(json_integer_value(v) != 0)
               : kind == CF_FLOAT ? cf_value_double((double)json_integer_value(v))
                                  : cf_value_int(json_integer_value(v));
        if (kind == CF_DECIMAL)
            return decimal(rq, cf_arena_printf(rq->arena, "%lld", (long long)json_integer_value(v)), out);
        return true;
    case JSON_REAL:
        if (kind == CF_DECIMAL) return decimal(rq, cf_arena_printf(rq->arena, "%.15g", json_real_value(v)), out);
        *out = cf_value_double(json_real_value(v));
        return true;
    case JSON_STRING:
        if (moment(json_string_value(v), kind, out)) return true;
        *out = cf_value_text_n(cf_arena_text(rq->arena, json_string_value(v), json_string_length(v)),
                               json_string_length(v));
        return true;
    default: return cf_fail(&rq->error, CF_ERR_UNSUPPORTED, "a value that is a list or an object");
    }
}

bool member_set_json(request *rq, const cf_attribute *a, const json_t *value, void *structure)
{
    bool pointer = a->type == CF_TYPE_TEXT || a->type == CF_TYPE_BYTES || a->type == CF_TYPE_JSON;
    if (!json_is_null(value) || !pointer || a->options->nullable) return member_set(rq, a->options, value, structure);
    memset(cf_at(structure, a), 0, a->size); /* refused when it is written */
    return true;
}

/* ---- statements ---------------------------------------------------------------------------------------- */

bool raw_exec(request *rq, cf_conn *conn, const char *text, const cf_value *values, size_t count, json_t **rows)
{
    *rows = NULL;
    if (!text) return cf_fail(&rq->error, CF_ERR_SYNTAX, "a statement is missing");
    cf_sql    sql = {text, strlen(text), 0, false};
    cf_stmt  *stmt = cf_conn_prepare(conn, &sql, &rq->error);
    cf_answer answer = stmt && cf_stmt_run(stmt, values, count, &rq->error) ? CF_YES : CF_FAILED;
    int       columns = answer == CF_YES ? cf_stmt_columns(stmt) : 0;
    *rows = columns ? json_array() : NULL;
    while (columns && (answer = cf_stmt_next(stmt, &rq->error)) == CF_YES) {
        json_t *row = json_array();
        for (int i = 0; i < columns; i++) {
            cf_value v = cf_value_null();
            if (!cf_stmt_value(stmt, i, CF_UNDEFINED, rq->arena, &v, &rq->error)) answer = CF_FAILED;
            json_array_append_new(row, plain_value(v));
        }
        json_array_append_new(*rows, row);
        if (answer == CF_FAILED) break;
    }
    if (answer != CF_FAILED && !columns) *rows = json_integer(cf_stmt_changes(stmt));
    cf_stmt_done(stmt);
    if (answer != CF_FAILED) return true;
    json_decref(*rows);
    *rows = NULL;
    return false;
}

/* ---- seeds ------------------------------------------------------------------------------------------------ */

/* The columns that a row names, and those that have defaults, into the text and the values; how many, or -1. */
static int insert_columns(request *rq, const cf_mapper *m, const json_t *row, cf_buffer *text, const cf_dialect *d,
                          cf_value *values)
{
    int   count = 0;
    void *scratch = cf_arena_alloc(rq->arena, m->model->size);
    for (size_t i = 0; scratch && i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        const json_t       *given = json_object_get(row, a->column);
        if (!given && !cf_attribute_set_default(a, scratch, cf_now(), rq->arena, &rq->error)) return -1;
        cf_value v = cf_attribute_read(a, scratch);
        if (given && !value_of_json(rq, given, a->kind, &v)) return -1;
        /* A document's column holds a document: null is one. */
        if (given && json_is_null(given) && a->kind == CF_JSON) v = cf_value_json((cf_json){"null"});
        if (!given && (cf_attribute_unset(a, scratch) || a->computed)) continue;
        cf_buffer_text(text, count ? ", " : " (");
        cf_sql_name(text, d, a->column);
        values[count++] = v;
    }
    return scratch ? count : -1;
}

/* One row as an INSERT. */
static bool insert_row(request *rq, cf_conn *conn, const cf_mapper *m, const json_t *row)
{
    const cf_dialect *d = cf_conn_dialect(conn);
    cf_buffer         text = {0};
    cf_value          values[CF_MOST_COLUMNS];
    json_t           *nothing = NULL;
    cf_buffer_text(&text, "INSERT INTO ");
    cf_sql_name(&text, d, m->table);
    int count = insert_columns(rq, m, row, &text, d, values);
    cf_buffer_text(&text, count ? ") VALUES (" : d->insert_default_values ? " DEFAULT VALUES" : " () VALUES (");
    for (int i = 1; i <= count; i++) {
        if (i > 1) cf_buffer_text(&text, ", ");
        cf_sql_placeholder(&text, d, i);
    }
    if (count || !d->insert_default_values) cf_buffer_char(&text, ')');
    bool ok = count >= 0 && raw_exec(rq, conn, text.data, values, (size_t)count, &nothing);
    json_decref(nothing);
    cf_buffer_free(&text);
    return ok;
}

/* PostgreSQL's sequences go on behind the largest key. */
static bool move_sequence(request *rq, cf_conn *conn, const cf_mapper *m)
{
    if (cf_conn_dialect(conn)->id != CF_POSTGRESQL || !m->generated) return true;
    const char *column = m->columns[m->key[0]].column;
    json_t     *nothing;
    bool        ok = raw_exec(
               rq, conn,
               cf_arena_printf(rq->arena,
                               "SELECT setval(pg_get_serial_sequence('\"%s\"', '%s'), (SELECT max(\"%s\") FROM \"%s\"))",
                               m->table, column, column, m->table),
               NULL, 0, &nothing);
    json_decref(nothing);
    return ok;
}

bool seed_rows(request *rq, cf_database *database, const json_t *seed)
{
    cf_conn    *conn = cf_pool_take(database->pool, NULL, &rq->error);
    bool        ok = conn && cf_conn_begin(conn, CF_BEGIN_WRITE, &rq->error);
    const char *table;
    json_t     *rows, *row;
    size_t      i;
    json_object_foreach((json_t *)(uintptr_t)seed, table, rows)
    {
        const cf_mapper *m = cf_registry_by_table(database->registry, table);
        if (ok && !m) ok = cf_fail(&rq->error, CF_ERR_NAME, "no model has the table %s", table);
        json_array_foreach(rows, i, row) ok = ok && insert_row(rq, conn, m, row);
        if (ok && json_array_size(rows)) ok = move_sequence(rq, conn, m);
    }
    ok = ok && cf_conn_commit(conn, &rq->error);
    if (conn) cf_pool_give(database->pool, conn);
    return ok;
}

static bool create_tables(request *rq, cf_database *database)
{
    cf_db *db = cf_session(database);
    bool   ok = db && cf_create_all(db);
    if (!ok) rq->error = *cf_error(db);
    cf_close(db);
    return ok;
}

bool database_prepare(request *rq, cf_database *database)
{
    cf_conn *conn = cf_pool_take(database->pool, NULL, &rq->error);
    bool     ok = conn && database_wipe(rq, conn), lite = cf_pool_dialect(database->pool)->id == CF_SQLITE;
    if (conn) cf_pool_give(database->pool, conn);
    ok = ok && create_tables(rq, database);
    if (!ok || !(conn = cf_pool_take(database->pool, NULL, &rq->error))) return false;
    if (lite && json_is_false(json_object_get(rq->json, "foreign_keys")))
        ok = cf_conn_exec(conn, "PRAGMA foreign_keys = OFF", &rq->error);
    cf_pool_give(database->pool, conn);
    size_t  i;
    json_t *sql, *nothing;
    ok = ok && seed_rows(rq, database, json_object_get(rq->json, "seed"));
    json_array_foreach(json_object_get(rq->json, "setup_sql"), i, sql)
    {
        if (!ok || !(conn = cf_pool_take(database->pool, NULL, &rq->error))) return false;
        ok = raw_exec(rq, conn, json_string_value(sql), NULL, 0, &nothing);
        json_decref(nothing);
        cf_pool_give(database->pool, conn);
    }
    return ok;
}

/* ---- all tables ---------------------------------------------------------------------------------------------- */

static json_t *read_row(request *rq, cf_stmt *stmt, const cf_mapper *m, bool named)
{
    json_t *row = named ? json_object() : json_array();
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        cf_value            v = cf_value_null();
        if (!cf_stmt_value(stmt, (int)i, a->special ? CF_UNDEFINED : a->kind, rq->arena, &v, &rq->error)) {
            json_decref(row);
            return NULL;
        }
        if (named) json_object_set_new(row, a->column, plain_value(v));
        else json_array_append_new(row, plain_value(v));
    }
    return row;
}

json_t *table_rows(request *rq, cf_conn *conn, const cf_mapper *m, bool named)
{
    cf_buffer text = {0};
    for (size_t i = 0; i < m->column_count; i++) {
        cf_buffer_text(&text, i ? ", " : "SELECT ");
        cf_sql_name(&text, cf_conn_dialect(conn), m->columns[i].column);
    }
    cf_buffer_text(&text, " FROM ");
    cf_sql_name(&text, cf_conn_dialect(conn), m->table);
    cf_sql    sql = {text.data, text.size, 0, true};
    cf_stmt  *stmt = cf_conn_prepare(conn, &sql, &rq->error);
    cf_answer answer = stmt && cf_stmt_run(stmt, NULL, 0, &rq->error) ? CF_YES : CF_FAILED;
    json_t   *rows = json_array();
    while (answer == CF_YES && (answer = cf_stmt_next(stmt, &rq->error)) == CF_YES) {
        json_t *row = read_row(rq, stmt, m, named);
        if (!row) answer = CF_FAILED;
        else json_array_append_new(rows, row);
    }
    cf_stmt_done(stmt);
    cf_buffer_free(&text);
    if (answer == CF_NO) return rows;
    json_decref(rows);
    return NULL;
}

json_t *all_rows(request *rq, cf_database *database)
{
    cf_conn *conn = cf_pool_take(database->pool, NULL, &rq->error);
    json_t  *out = json_object();
    for (size_t i = 0; conn && i < database->registry->count; i++) {
        const cf_mapper *m = database->registry->mappers[i];
        json_t          *rows = table_rows(rq, conn, m, true);
        json_object_set_new(out, m->table, rows ? rows : json_null());
    }
    if (conn) cf_pool_give(database->pool, conn);
    return out;
}
