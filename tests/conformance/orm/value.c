/* Members of structs as the vectors' typed JSON. What the C type cannot hold is refused here, as a compiler would. */
#include "adapter.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static bool refuse(request *rq, const cf_column *column, cf_code code)
{
    return cf_fail(&rq->error, code, "%s: a member of the type %s cannot hold the value", column->name,
                   cf_type_name(column->type));
}

/* Store a plain value in the member, or its twin. */
#define STORE(type_, twin, source)                                                                 \
    do {                                                                                           \
        if (column->type & CF_TYPE_NULLABLE) *(twin *)at = (twin){.value = (source), .set = true}; \
        else *(type_ *)at = (source);                                                              \
    } while (0)

/* NULL is what a nullable member says when it is asked for NULL; zeroed memory would ask for the default. */
static bool set_null(request *rq, const cf_column *column, void *at)
{
    if (column->type & CF_TYPE_NULLABLE) {
        /* `null` stands behind `value` and `set`, wherever the value's size puts it. */
        switch (column->type & 0xff) {
        case CF_TYPE_BOOL: *(cf_null_bool *)at = (cf_null_bool)CF_NONE; break;
        case CF_TYPE_INT16: *(cf_null_int16 *)at = (cf_null_int16)CF_NONE; break;
        case CF_TYPE_INT32: *(cf_null_int32 *)at = (cf_null_int32)CF_NONE; break;
        case CF_TYPE_INT64: *(cf_null_int64 *)at = (cf_null_int64)CF_NONE; break;
        case CF_TYPE_DOUBLE: *(cf_null_double *)at = (cf_null_double)CF_NONE; break;
        case CF_TYPE_DATE: *(cf_null_date *)at = (cf_null_date)CF_NONE; break;
        case CF_TYPE_TIME: *(cf_null_time *)at = (cf_null_time)CF_NONE; break;
        case CF_TYPE_DATETIME: *(cf_null_datetime *)at = (cf_null_datetime)CF_NONE; break;
        case CF_TYPE_INTERVAL: *(cf_null_interval *)at = (cf_null_interval)CF_NONE; break;
        case CF_TYPE_DECIMAL: *(cf_null_decimal *)at = (cf_null_decimal)CF_NONE; break;
        case CF_TYPE_UUID: *(cf_null_uuid *)at = (cf_null_uuid)CF_NONE; break;
        default: return refuse(rq, column, CF_ERR_TYPE);
        }
        return true;
    }
    if (!column->nullable) return refuse(rq, column, CF_ERR_NOT_NULL);
    if (column->type == CF_TYPE_BYTES) *(cf_bytes *)at = (cf_bytes){NULL, 0};
    else *(const char **)at = column->default_text || column->server_default ? CF_NULL_TEXT : NULL;
    return true;
}

static bool set_int(request *rq, const cf_column *column, const json_t *value, void *at)
{
    if (json_object_get(value, "int")) return refuse(rq, column, CF_ERR_RANGE); /* past 64 bits */
    if (!json_is_integer(value)) return refuse(rq, column, CF_ERR_TYPE);
    int64_t n = json_integer_value(value);
    switch (column->type & 0xff) {
    case CF_TYPE_INT16:
        if (n < INT16_MIN || n > INT16_MAX) return refuse(rq, column, CF_ERR_RANGE);
        STORE(int16_t, cf_null_int16, (int16_t)n);
        return true;
    case CF_TYPE_INT32:
        if (n < INT32_MIN || n > INT32_MAX) return refuse(rq, column, CF_ERR_RANGE);
        STORE(int32_t, cf_null_int32, (int32_t)n);
        return true;
    default: STORE(int64_t, cf_null_int64, n); return true;
    }
}

static bool set_bool(request *rq, const cf_column *column, const json_t *value, void *at)
{
    bool truth;
    if (json_is_boolean(value)) truth = json_is_true(value);
    else if (json_is_integer(value) && (json_integer_value(value) | 1) == 1) truth = json_integer_value(value) != 0;
    else return refuse(rq, column, CF_ERR_TYPE);
    STORE(bool, cf_null_bool, truth);
    return true;
}

static bool set_double(request *rq, const cf_column *column, const json_t *value, void *at)
{
    const char *word = json_string_value(json_object_get(value, "float"));
    double      x;
    if (word) x = strcmp(word, "nan") == 0 ? (double)NAN : *word == '-' ? -(double)INFINITY : (double)INFINITY;
    else if (json_is_number(value)) x = json_number_value(value);
    else return refuse(rq, column, CF_ERR_TYPE);
    STORE(double, cf_null_double, x);
    return true;
}

static bool set_decimal(request *rq, const cf_column *column, const json_t *value, void *at)
{
    char        written[CF_DOUBLE_SIZE];
    const char *text = json_string_value(json_object_get(value, "decimal"));
    cf_decimal  d;
    if (!text && json_is_integer(value)) {
        written[cf_format_int(json_integer_value(value), written)] = '\0';
        text = written;
    } else if (!text && json_is_real(value)) {
        cf_format_double(json_real_value(value), written);
        text = written;
    }
    if (!text) return refuse(rq, column, CF_ERR_TYPE);
    if (!cf_decimal_parse(text, strlen(text), &d)) return refuse(rq, column, CF_ERR_RANGE);
    STORE(cf_decimal, cf_null_decimal, d);
    return true;
}

static bool set_moment(request *rq, const cf_column *column, const json_t *value, void *at)
{
    static const char *const keys[] = {"date", "time", "datetime"};
    int                      type = column->type & 0xff;
    const char              *text = json_string_value(value);
    for (int i = 0; i < 3 && !text; i++)
        if (type == CF_TYPE_DATE + i) text = json_string_value(json_object_get(value, keys[i]));
    /* A day is a moment, its midnight; a moment is no day. */
    if (!text && type == CF_TYPE_DATETIME) text = json_string_value(json_object_get(value, "date"));
    if (!text) return refuse(rq, column, CF_ERR_TYPE);
    size_t      size = strlen(text);
    cf_date     date;
    cf_time     time;
    cf_datetime moment;
    if (type == CF_TYPE_DATE && cf_date_parse(text, size, &date)) STORE(cf_date, cf_null_date, date);
    else if (type == CF_TYPE_TIME && cf_time_parse(text, size, &time)) STORE(cf_time, cf_null_time, time);
    else if (type == CF_TYPE_DATETIME && cf_datetime_parse(text, size, &moment))
        STORE(cf_datetime, cf_null_datetime, moment);
    else return refuse(rq, column, CF_ERR_TYPE);
    return true;
}

static bool set_interval(request *rq, const cf_column *column, const json_t *value, void *at)
{
    const json_t *seconds = json_object_get(value, "seconds");
    if (!json_is_number(seconds)) return refuse(rq, column, CF_ERR_TYPE);
    cf_interval span = {llround(json_number_value(seconds) * 1e6)};
    STORE(cf_interval, cf_null_interval, span);
    return true;
}

static bool set_text(request *rq, const cf_column *column, const json_t *value, void *at)
{
    if (!json_is_string(value)) return refuse(rq, column, CF_ERR_TYPE);
    const char *text = json_string_value(value);
    if (strlen(text) != json_string_length(value)) return refuse(rq, column, CF_ERR_RANGE); /* U+0000 within */
    *(const char **)at = cf_arena_copy(rq->arena, text);
    return true;
}

static bool set_bytes(request *rq, const cf_column *column, const json_t *value, void *at)
{
    const char *hex = json_string_value(json_object_get(value, "hex"));
    if (!hex) return refuse(rq, column, CF_ERR_TYPE);
    size_t size = strlen(hex) / 2;
    char  *bytes = cf_arena_alloc(rq->arena, size + 1);
    if (!bytes) return refuse(rq, column, CF_ERR_MEMORY);
    for (size_t i = 0; i < size; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (char)strtol(two, NULL, 16);
    }
    *(cf_bytes *)at = (cf_bytes){bytes, size};
    return true;
}

static bool set_json(request *rq, const cf_column *column, const json_t *value, void *at)
{
    const json_t *document = json_object_get(value, "json") ? json_object_get(value, "json") : value;
    char         *text = json_object_get(value, "json_null") ? strdup("null")
                                                             : json_dumps(document, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text) return refuse(rq, column, CF_ERR_TYPE);
    *(cf_json *)at = (cf_json){cf_arena_copy(rq->arena, text)};
    free(text);
    return true;
}

bool member_set(request *rq, const cf_column *column, const json_t *value, void *structure)
{
    void *at = (char *)structure + column->offset;
    if (json_is_null(value)) return set_null(rq, column, at);
    switch (column->type & 0xff) {
    case CF_TYPE_BOOL: return set_bool(rq, column, value, at);
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64: return set_int(rq, column, value, at);
    case CF_TYPE_DOUBLE: return set_double(rq, column, value, at);
    case CF_TYPE_DECIMAL: return set_decimal(rq, column, value, at);
    case CF_TYPE_DATE:
    case CF_TYPE_TIME:
    case CF_TYPE_DATETIME: return set_moment(rq, column, value, at);
    case CF_TYPE_INTERVAL: return set_interval(rq, column, value, at);
    case CF_TYPE_TEXT: return set_text(rq, column, value, at);
    case CF_TYPE_BYTES: return set_bytes(rq, column, value, at);
    case CF_TYPE_JSON: return set_json(rq, column, value, at);
    default: return refuse(rq, column, CF_ERR_UNSUPPORTED);
    }
}

/* ---- reading ---- */

static json_t *wrapped(const char *key, const char *text)
{
    return json_pack("{s:s}", key, text);
}

static json_t *hex_of(cf_value v)
{
    char *hex = malloc((size_t)v.size * 2 + 1);
    if (!hex) return NULL;
    hex[0] = '\0';
    for (uint32_t i = 0; i < v.size; i++) sprintf(hex + 2 * i, "%02x", ((const unsigned char *)v.as.data)[i]);
    json_t *out = wrapped("hex", hex);
    free(hex);
    return out;
}

static json_t *document_of(cf_value v)
{
    json_t *document = json_loadb(v.as.text, v.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return json_is_object(document) || json_is_array(document) ? json_pack("{s:o}", "json", document) : document;
}

static json_t *moment_of(const cf_column *column, cf_value v)
{
    char text[CF_DATETIME_SIZE + 8];
    if (v.kind == CF_DATE) {
        cf_date_format(v.as.date, text);
        return wrapped("date", text);
    }
    if (v.kind == CF_TIME) {
        cf_time_format(v.as.time, text);
        return wrapped("time", text);
    }
    size_t size = cf_datetime_format(v.as.datetime, text);
    text[10] = 'T';
    if (column->timezone) memcpy(text + size, "+00:00", 7);
    return wrapped("datetime", text);
}

json_t *member_get(const cf_column *column, const void *structure)
{
    cf_value v = cf_value_read((const char *)structure + column->offset, column->type, column->size);
    char     text[CF_DECIMAL_SIZE];
    switch (v.kind) {
    case CF_BOOL: return json_boolean(v.as.boolean);
    case CF_INT: return json_integer(v.as.integer);
    case CF_FLOAT:
        if (isfinite(v.as.number)) return json_real(v.as.number);
        return wrapped("float", isnan(v.as.number) ? "nan" : v.as.number > 0 ? "inf" : "-inf");
    case CF_TEXT: return json_stringn(v.as.text, v.size);
    case CF_BYTES: return hex_of(v);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: return moment_of(column, v);
    case CF_INTERVAL: return json_pack("{s:f}", "seconds", (double)v.as.interval.usec / 1e6);
    case CF_DECIMAL: cf_decimal_format(*v.as.decimal, text); return wrapped("decimal", text);
    case CF_JSON: return document_of(v);
    default: return json_null();
    }
}
