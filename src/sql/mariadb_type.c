/* MariaDB: parameters and columns in the binary protocol's types. */
#include "sql/mariadb.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(86400) * SECOND)
#define FIRST_ROOM 256    /* bytes for a text at first */
#define BINARY_CHARSET 63 /* its columns hold bytes, not text */

/* ---- parameters ---- */

static void set(MYSQL_BIND *bind, enum enum_field_types type, const void *data, size_t size)
{
    memset(bind, 0, sizeof *bind);
    bind->buffer_type = type;
    bind->buffer = (void *)(uintptr_t)data;
    bind->buffer_length = (unsigned long)size;
    bind->length_value = (unsigned long)size;
    bind->length = &bind->length_value;
}

static void split_time(int64_t usec, MYSQL_TIME *out)
{
    out->hour = (unsigned)(usec / (3600 * SECOND));
    out->minute = (unsigned)(usec / (60 * SECOND) % 60);
    out->second = (unsigned)(usec / SECOND % 60);
    out->second_part = (unsigned long)(usec % SECOND);
}

static void split_date(int32_t days, MYSQL_TIME *out)
{
    int year, month, day;
    cf_date_parts((cf_date){days}, &year, &month, &day);
    out->year = (unsigned)year;
    out->month = (unsigned)month;
    out->day = (unsigned)day;
}

static bool bind_moment(MYSQL_BIND *bind, cf_mariadb_parameter *p, const cf_value *v, int n, cf_error *error)
{
    char        text[CF_DECIMAL_SIZE];
    MYSQL_TIME *t = &p->time;
    if (cf_parameter_format(v, (size_t)n, text, error) == 0) return false; /* checks the range */
    memset(t, 0, sizeof *t);
    if (v->kind == CF_TIME) {
        t->time_type = MYSQL_TIMESTAMP_TIME;
        split_time(v->as.time.usec, t);
        set(bind, MYSQL_TYPE_TIME, t, sizeof *t);
    } else if (v->kind == CF_DATE) {
        t->time_type = MYSQL_TIMESTAMP_DATE;
        split_date(v->as.date.days, t);
        set(bind, MYSQL_TYPE_DATE, t, sizeof *t);
    } else {
        int64_t usec = v->as.datetime.usec, rest = (usec % DAY + DAY) % DAY;
        t->time_type = MYSQL_TIMESTAMP_DATETIME;
        split_date((int32_t)((usec - rest) / DAY), t);
        split_time(rest, t);
        set(bind, MYSQL_TYPE_DATETIME, t, sizeof *t);
    }
    return true;
}

bool cf_mariadb_bind(cf_mariadb_stmt *stmt, int n, const cf_value *v, cf_error *error)
{
    MYSQL_BIND           *bind = &stmt->in[n];
    cf_mariadb_parameter *p = &stmt->values[n];
    switch (v->kind) {
    case CF_NULL: set(bind, MYSQL_TYPE_NULL, NULL, 0); return true;
    case CF_BOOL:
        p->boolean = v->as.boolean;
        set(bind, MYSQL_TYPE_TINY, &p->boolean, 1);
        return true;
    case CF_INT:
        p->integer = v->as.integer;
        set(bind, MYSQL_TYPE_LONGLONG, &p->integer, 8);
        return true;
    case CF_INTERVAL: /* kept as microseconds */
        p->integer = v->as.interval.usec;
        set(bind, MYSQL_TYPE_LONGLONG, &p->integer, 8);
        return true;
    case CF_FLOAT:
        if (!isfinite(v->as.number))
            return cf_fail(error, CF_ERR_RANGE, "parameter %d: MariaDB cannot store nan or infinity", n + 1);
        p->number = v->as.number;
        set(bind, MYSQL_TYPE_DOUBLE, &p->number, 8);
        return true;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_JSON:
        if (!cf_parameter_text(v, (size_t)n, error)) return false;
        set(bind, MYSQL_TYPE_STRING, v->as.text, v->size);
        return true;
    case CF_BYTES: set(bind, MYSQL_TYPE_BLOB, v->as.data, v->size); return true;
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: return bind_moment(bind, p, v, n, error);
    case CF_DECIMAL: set(bind, MYSQL_TYPE_NEWDECIMAL, p->text, cf_decimal_format(*v->as.decimal, p->text)); return true;
    case CF_UUID: set(bind, MYSQL_TYPE_STRING, p->text, cf_parameter_format(v, (size_t)n, p->text, error)); return true;
    default:
        return cf_fail(error, CF_ERR_TYPE, "parameter %d: a database cannot store %s", n + 1, cf_kind_name(v->kind));
    }
}

/* ---- results ---- */

static void choose_buffer(cf_mariadb_field *f, const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: f->type = MYSQL_TYPE_LONGLONG; break;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE: f->type = MYSQL_TYPE_DOUBLE; break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE: f->type = MYSQL_TYPE_DATE; break;
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_TIME2: f->type = MYSQL_TYPE_TIME; break;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_DATETIME2:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIMESTAMP2: f->type = MYSQL_TYPE_DATETIME; break;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: f->type = MYSQL_TYPE_NEWDECIMAL; break;
    default: f->type = MYSQL_TYPE_STRING; break;
    }
    f->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0 && field->type != MYSQL_TYPE_YEAR;
    f->bit = field->type == MYSQL_TYPE_BIT;
    f->json = field->type == MYSQL_TYPE_JSON;
    f->binary = field->charsetnr == BINARY_CHARSET && !f->json;
    cf_error_field(f->name, sizeof f->name, field->name, strlen(field->name));
}

static bool is_text(const cf_mariadb_field *f)
{
    return f->type == MYSQL_TYPE_STRING || f->type == MYSQL_TYPE_NEWDECIMAL;
}

static bool make_room(cf_mariadb_field *f, size_t size, cf_error *error)
{
    if (f->room >= size) return true;
    char *text = cf_mem_resize(f->text, size);
    if (!text) return cf_fail(error, CF_ERR_MEMORY, "%s: out of memory for a value", f->name);
    f->text = text;
    f->room = size;
    return true;
}

static void point_bind(MYSQL_BIND *bind, cf_mariadb_field *f)
{
    bind->buffer_type = f->type;
    bind->is_unsigned = f->is_unsigned;
    bind->length = &f->length;
    bind->is_null = &f->null;
    bind->error = &f->truncated;
    bind->buffer = is_text(f) ? (void *)f->text : (void *)&f->fixed;
    bind->buffer_length = is_text(f) ? (unsigned long)f->room : (unsigned long)sizeof f->fixed;
}

void cf_mariadb_free_fields(cf_mariadb_stmt *stmt)
{
    for (int i = 0; stmt->field && i < stmt->fields; i++) cf_mem_free(stmt->field[i].text);
    cf_mem_free(stmt->field);
    cf_mem_free(stmt->out);
    stmt->field = NULL;
    stmt->out = NULL;
    stmt->fields = 0;
}

bool cf_mariadb_bind_result(cf_mariadb_stmt *stmt, MYSQL_RES *metadata, cf_error *error)
{
    int                count = (int)mysql_num_fields(metadata);
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    if (count != stmt->fields) { /* else the buffers of the last run do */
        cf_mariadb_free_fields(stmt);
        stmt->field = cf_mem_zero((size_t)count, sizeof *stmt->field);
        stmt->out = cf_mem_zero((size_t)count, sizeof *stmt->out);
        if (!stmt->field || !stmt->out) {
            cf_mariadb_free_fields(stmt);
            return cf_fail(error, CF_ERR_MEMORY, "out of memory for a result");
        }
        stmt->fields = count;
    }
    for (int i = 0; i < count; i++) {
        cf_mariadb_field *f = &stmt->field[i];
        choose_buffer(f, &fields[i]);
        size_t room = fields[i].length + 1 < FIRST_ROOM ? fields[i].length + 1 : FIRST_ROOM;
        if (is_text(f) && !make_room(f, room, error)) return false;
        memset(&stmt->out[i], 0, sizeof stmt->out[i]);
        point_bind(&stmt->out[i], f);
    }
    stmt->moved = true;
    return cf_mariadb_bind_again(stmt, error);
}

/*
 * A text longer than its buffer was cut: the buffer grows, and the column is read again from the row in memory. The
 * client has copied where the old one was, and is told before the next row: some versions forget this row's lengths then.
 */
static bool read_long(cf_mariadb_stmt *stmt, int column, cf_error *error)
{
    cf_mariadb_field *f = &stmt->field[column];
    unsigned long     length = f->length;
    MYSQL_BIND        bind = {0};
    if (!make_room(f, length + 1, error)) return false;
    point_bind(&bind, f);
    if (mysql_stmt_fetch_column(stmt->handle, &bind, (unsigned)column, 0) != 0)
        return cf_mariadb_fail((cf_mariadb_conn *)stmt->base.conn, stmt->handle, error);
    f->length = length;
    point_bind(&stmt->out[column], f);
    stmt->moved = true;
    return true;
}

bool cf_mariadb_bind_again(cf_mariadb_stmt *stmt, cf_error *error)
{
    if (!stmt->moved) return true;
    stmt->moved = false;
    return mysql_stmt_bind_result(stmt->handle, stmt->out) == 0 ||
           cf_mariadb_fail((cf_mariadb_conn *)stmt->base.conn, stmt->handle, error);
}

static bool moment_cell(const cf_mariadb_field *f, cf_cell *out, cf_error *error)
{
    const MYSQL_TIME *t = &f->fixed.time;
    cf_date           date;
    int64_t           usec = (((int64_t)t->hour * 60 + t->minute) * 60 + t->second) * SECOND + (int64_t)t->second_part;
    if (f->type == MYSQL_TYPE_TIME) {
        usec += t->day * DAY;
        if (t->neg || usec >= DAY) out->value = cf_value_interval((cf_interval){t->neg ? -usec : usec});
        else out->value = cf_value_time((cf_time){usec});
        return true;
    }
    if (!cf_date_make((int)t->year, (int)t->month, (int)t->day, &date))
        return cf_fail(error, CF_ERR_RANGE, "%s: the database holds a day that does not exist (%04u-%02u-%02u)",
                       f->name, t->year, t->month, t->day);
    if (f->type == MYSQL_TYPE_DATE) out->value = cf_value_date(date);
    else out->value = cf_value_datetime((cf_datetime){date.days * DAY + usec});
    return true;
}

static bool text_cell(cf_mariadb_stmt *stmt, int column, cf_cell *out, cf_error *error)
{
    cf_mariadb_field *f = &stmt->field[column];
    if (f->length > f->room && !read_long(stmt, column, error)) return false;
    if (f->length > UINT32_MAX) return cf_fail(error, CF_ERR_LIMIT, "%s: a value of more than 4 GB", f->name);
    if (f->bit) {
        uint64_t n = 0;
        for (unsigned long i = 0; i < f->length && i < 8; i++) n = n << 8 | (unsigned char)f->text[i];
        out->value = cf_value_int((int64_t)n);
        return true;
    }
    if (f->type == MYSQL_TYPE_NEWDECIMAL) {
        if (!cf_decimal_parse(f->text, f->length, &out->decimal))
            return cf_fail(error, CF_ERR_RANGE, "%s: the database holds a number of more than 38 digits", f->name);
        out->value = cf_value_decimal(&out->decimal);
        return true;
    }
    out->value = cf_value_text_n(f->text, f->length);
    if (f->binary) out->value.kind = CF_BYTES;
    if (f->json) out->value.kind = CF_JSON;
    return true;
}

bool cf_mariadb_cell(cf_stmt *base, int column, cf_cell *out, cf_error *error)
{
    cf_mariadb_stmt        *stmt = (cf_mariadb_stmt *)base;
    const cf_mariadb_field *f = &stmt->field[column];
    if (f->null) {
        out->value = cf_value_null();
        return true;
    }
    switch (f->type) {
    case MYSQL_TYPE_LONGLONG:
        if (f->is_unsigned && f->fixed.integer < 0) { /* past 2^63 */
            out->decimal = (cf_decimal){0, (uint64_t)f->fixed.integer, 0, false};
            out->value = cf_value_decimal(&out->decimal);
            return true;
        }
        out->value = cf_value_int(f->fixed.integer);
        return true;
    case MYSQL_TYPE_DOUBLE: out->value = cf_value_double(f->fixed.number); return true;
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_NEWDECIMAL: return text_cell(stmt, column, out, error);
    default: return moment_cell(f, out, error);
    }
}

const char *cf_mariadb_name(const cf_stmt *base, int column)
{
    return ((const cf_mariadb_stmt *)base)->field[column].name;
}
