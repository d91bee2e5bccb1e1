/* Telling what was sent, and how long it took. */
#include "sql/driver.h"

/* The most that is told: values of one statement, and bytes of a text and of all. */
enum { MOST_VALUES = 100, MOST_TEXT = 200, MOST_SHOWN = 4000 };

int64_t cf_echo_start(const cf_conn *conn)
{
    return conn->pool->settings.measure && !conn->quiet ? cf_clock_us() : 0;
}

int64_t cf_echo_spent(int64_t started)
{
    return started ? cf_clock_us() - started : 0;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* 'It''s', cut when it is long, with control characters as \xNN. */
static void add_text(cf_buffer *out, const char *text, size_t size)
{
    size_t shown = size < MOST_TEXT ? size : MOST_TEXT;
    while (shown < size && shown && ((unsigned char)text[shown] & 0xC0) == 0x80) shown--; /* whole characters */
    cf_buffer_char(out, '\'');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == 0x7F) cf_buffer_printf(out, "\\x%02X", c);
        else if (c == '\'') cf_buffer_text(out, "''");
        else cf_buffer_char(out, (char)c);
    }
    cf_buffer_text(out, shown < size ? "...'" : "'");
}

/* Its kind, with the size where it has one. */
static void add_kind(cf_buffer *out, const cf_value *value)
{
    cf_buffer_text(out, cf_kind_name(value->kind));
    if (cf_value_is_text(*value) || value->kind == CF_BYTES || value->kind == CF_JSON)
        cf_buffer_printf(out, "(%u)", (unsigned)value->size);
}

static void add_value(cf_buffer *out, const cf_value *value)
{
    char   text[CF_DECIMAL_SIZE];
    size_t size;
    switch (value->kind) {
    case CF_NULL: cf_buffer_text(out, "null"); return;
    case CF_BOOL: cf_buffer_text(out, value->as.boolean ? "true" : "false"); return;
    case CF_INT: cf_buffer_int(out, value->as.integer); return;
    case CF_FLOAT: cf_buffer_double(out, value->as.number); return;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_JSON: add_text(out, value->as.text, value->size); return;
    case CF_INTERVAL: cf_buffer_printf(out, "%lld us", (long long)value->as.interval.usec); return;
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME:
    case CF_DECIMAL:
    case CF_UUID:
        size = cf_parameter_format(value, 0, text, NULL);
        if (size) {
            cf_buffer_add(out, text, size);
            return;
        }
        break;
    default: break;
    }
    add_kind(out, value);
}

void cf_echo_values(cf_stmt *stmt, const cf_value *values, size_t count)
{
    const cf_settings *settings = &stmt->conn->pool->settings;
    cf_buffer         *out = &stmt->values;
    stmt->file = stmt->conn->at_file;
    stmt->line = stmt->conn->at_line;
    stmt->relationship = stmt->conn->relationship;
    if (!settings->echo || stmt->conn->quiet) return;
    cf_buffer_clear(out);
    for (size_t i = 0; i < count; i++) {
        if (i) cf_buffer_text(out, ", ");
        if (i == MOST_VALUES || out->size > MOST_SHOWN) {
            cf_buffer_printf(out, "and %zu more", count - i);
            break;
        }
        if (settings->echo_values && !(values[i].flags & CF_VALUE_SECRET)) add_value(out, &values[i]);
        else add_kind(out, &values[i]);
    }
}

/* ---- events -------------------------------------------------------------------------------------- */

static void tell(cf_conn *conn, const cf_echo *event)
{
    const cf_settings *settings = &conn->pool->settings;
    if (conn->quiet) return;
    if (conn->spent) *conn->spent += event->microseconds;
    if (settings->echo) settings->echo(settings->context, event);
}

void cf_echo_command(cf_conn *conn, const char *text, size_t size, int64_t spent, int64_t rows, cf_code code)
{
    if (!conn->pool->settings.measure) return;
    tell(conn, &(cf_echo){text, size, "", 1, spent, rows, code, conn->at_file, conn->at_line, NULL});
}

void cf_echo_statement(cf_stmt *stmt, size_t runs, int64_t rows, cf_code code)
{
    if (!stmt->conn->pool->settings.measure) return;
    const char *values = stmt->values.data && !stmt->values.failed ? stmt->values.data : "";
    tell(stmt->conn, &(cf_echo){stmt->sql.text, stmt->sql.size, values, runs, stmt->spent, rows, code, stmt->file,
                                stmt->line, stmt->relationship});
    cf_buffer_free(&stmt->values);
}
