/* PostgreSQL: rows of a table by COPY ... FROM STDIN, in its text form. */
#include "sql/postgres.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

#define PIECE 65536 /* bytes handed to libpq at once */

/* Tabs, line ends and backslashes would end a value. */
static void add_escaped(cf_buffer *out, const char *text, size_t size)
{
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i] == '\n' ? 'n' : text[i] == '\r' ? 'r' : text[i] == '\t' ? 't' : text[i] == '\\' ? '\\' : 0;
        if (!c) continue;
        cf_buffer_add(out, text + from, i - from);
        cf_buffer_char(out, '\\');
        cf_buffer_char(out, c);
        from = i + 1;
    }
    cf_buffer_add(out, text + from, size - from);
}

static void add_bytes(cf_buffer *out, const unsigned char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    cf_buffer_text(out, "\\\\x");
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};
        cf_buffer_add(out, pair, 2);
    }
}

static void add_float(cf_buffer *out, double number)
{
    char text[CF_DECIMAL_SIZE];
    if (isnan(number)) cf_buffer_text(out, "NaN");
    else if (isinf(number)) cf_buffer_text(out, number > 0 ? "Infinity" : "-Infinity");
    else cf_buffer_add(out, text, cf_format_double(number, text));
}

static bool add_value(cf_buffer *out, const cf_value *v, size_t n, cf_error *error)
{
    char   text[CF_DECIMAL_SIZE];
    size_t size;
    switch (v->kind) {
    case CF_NULL: cf_buffer_text(out, "\\N"); return true;
    case CF_BOOL: cf_buffer_char(out, v->as.boolean ? 't' : 'f'); return true;
    case CF_INT: cf_buffer_int(out, v->as.integer); return true;
    case CF_FLOAT: add_float(out, v->as.number); return true;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_JSON:
        if (!cf_parameter_text(v, n, error)) return false;
        add_escaped(out, v->as.text, v->size);
        return true;
    case CF_BYTES: add_bytes(out, v->as.data, v->size); return true;
    case CF_INTERVAL: cf_buffer_printf(out, "%lld microseconds", (long long)v->as.interval.usec); return true;
    default: break;
    }
    size = cf_parameter_format(v, n, text, error);
    cf_buffer_add(out, text, size);
    if (size && v->kind == CF_DATETIME) cf_buffer_text(out, "+00");
    return size > 0;
}

/* The server stands ready for rows, or has said why not. */
static bool begin_copy(cf_postgres_conn *conn, const char *text, cf_error *error)
{
    int64_t   deadline = cf_postgres_deadline(conn);
    PGresult *result = NULL;
    if (!PQsendQuery(conn->pg, text)) return cf_postgres_lost(conn, error);
    if (!cf_postgres_flush(conn, deadline, error) || !cf_postgres_result(conn, deadline, &result, error)) return false;
    bool ready = result && PQresultStatus(result) == PGRES_COPY_IN;
    if (!ready && result) cf_postgres_fail(conn, result, error);
    PQclear(result);
    if (!ready && !conn->base.broken) cf_postgres_finish(conn, NULL, error);
    return ready;
}

static bool put(cf_postgres_conn *conn, cf_buffer *out, cf_error *error)
{
    if (out->failed) return cf_fail(error, CF_ERR_MEMORY, "out of memory for rows");
    if (out->size == 0) return true;
    if (PQputCopyData(conn->pg, out->data, (int)out->size) != 1) return cf_postgres_lost(conn, error);
    cf_buffer_clear(out);
    return cf_postgres_flush(conn, cf_postgres_deadline(conn), error);
}

bool cf_postgres_copy(cf_conn *base, const char *text, const cf_value *values, size_t count, size_t rows,
                      cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    cf_buffer         out = {0};
    conn->warned[0] = '\0';
    if (!cf_postgres_tell_deadline(conn, error) || !begin_copy(conn, text, error)) return false;
    bool ok = true;
    for (size_t row = 0; ok && row < rows; row++) {
        for (size_t i = 0; ok && i < count; i++) {
            if (i) cf_buffer_char(&out, '\t');
            ok = add_value(&out, &values[row * count + i], i, error);
        }
        cf_buffer_char(&out, '\n');
        if (ok && out.size >= PIECE) ok = put(conn, &out, error);
    }
    if (ok) ok = put(conn, &out, error);
    cf_buffer_free(&out);
    if (conn->base.broken) return false;
    if (PQputCopyEnd(conn->pg, ok ? NULL : "a value cannot be sent") != 1) return cf_postgres_lost(conn, error);
    cf_error ended = {0};
    bool     took = cf_postgres_finish(conn, NULL, ok ? error : &ended);
    return ok && took;
}
