/* PostgreSQL: parameters and results in the binary form of the server's types. */
#include "sql/postgres.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

/* Types by their fixed numbers (the server's catalog pg_type). */
enum {
    T_BOOL = 16,
    T_BYTEA = 17,
    T_CHAR = 18,
    T_NAME = 19,
    T_INT8 = 20,
    T_INT2 = 21,
    T_INT4 = 23,
    T_TEXT = 25,
    T_OID = 26,
    T_JSON = 114,
    T_XML = 142,
    T_NODE_TREE = 194,
    T_FLOAT4 = 700,
    T_FLOAT8 = 701,
    T_UNKNOWN = 705,
    T_BPCHAR = 1042,
    T_VARCHAR = 1043,
    T_DATE = 1082,
    T_TIME = 1083,
    T_TIMESTAMP = 1114,
    T_TIMESTAMPTZ = 1184,
    T_INTERVAL = 1186,
    T_NUMERIC = 1700,
    T_REGPROC = 24,
    T_REGCLASS = 2205,
    T_REGTYPE = 2206,
    T_VOID = 2278,
    T_UUID = 2950,
    T_JSONB = 3802,
    T_FIRST_OWN = 16384
};

#define DAY INT64_C(86400000000)
#define EPOCH_DAYS 10957 /* from 1970-01-01 to 2000-01-01, where the server's time begins */
#define EPOCH (EPOCH_DAYS * DAY)

static void put16(char *out, uint16_t n)
{
    out[0] = (char)(n >> 8);
    out[1] = (char)n;
}

static void put32(char *out, uint32_t n)
{
    put16(out, (uint16_t)(n >> 16));
    put16(out + 2, (uint16_t)n);
}

static void put64(char *out, uint64_t n)
{
    put32(out, (uint32_t)(n >> 32));
    put32(out + 4, (uint32_t)n);
}

static uint16_t get16(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint16_t)(u[0] << 8 | u[1]);
}

static uint32_t get32(const char *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const char *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* ---- parameters ---- */

/* Texts are sent as they are to types whose binary form they are. */
static bool takes_text(Oid type)
{
    return type == T_TEXT || type == T_VARCHAR || type == T_BPCHAR || type == T_NAME || type == T_JSON ||
           type == T_UNKNOWN || type == T_XML || type >= T_FIRST_OWN;
}

static bool set(cf_postgres_stmt *stmt, int n, const char *data, int size, bool binary)
{
    stmt->values[n] = data;
    stmt->lengths[n] = size;
    stmt->formats[n] = binary;
    return true;
}

static bool set_double(cf_postgres_stmt *stmt, int n, char *out, double number)
{
    if (stmt->types[n] == T_FLOAT4) {
        float    f = (float)number;
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        put32(out, bits);
        return set(stmt, n, out, 4, true);
    }
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put64(out, bits);
    return set(stmt, n, out, 8, true);
}

static bool out_of_range(int n, const char *what, cf_error *error)
{
    return cf_fail(error, CF_ERR_RANGE, "parameter %d: the number is out of range for %s", n + 1, what);
}

static bool bind_int(cf_postgres_stmt *stmt, int n, char *out, int64_t number, cf_error *error)
{
    switch (stmt->types[n]) {
    case T_INT8: put64(out, (uint64_t)number); return set(stmt, n, out, 8, true);
    case T_INT4:
        if (number < INT32_MIN || number > INT32_MAX) return out_of_range(n, "a column of 32 bits", error);
        put32(out, (uint32_t)number);
        return set(stmt, n, out, 4, true);
    case T_INT2:
        if (number < INT16_MIN || number > INT16_MAX) return out_of_range(n, "a column of 16 bits", error);
        put16(out, (uint16_t)number);
        return set(stmt, n, out, 2, true);
    case T_FLOAT4:
    case T_FLOAT8: return set_double(stmt, n, out, (double)number);
    case T_BOOL:
        if (number != 0 && number != 1) return out_of_range(n, "a boolean", error);
        out[0] = (char)number;
        return set(stmt, n, out, 1, true);
    default: return set(stmt, n, out, (int)cf_format_int(number, out), false);
    }
}

static bool bind_float(cf_postgres_stmt *stmt, int n, char *out, double number, cf_error *error)
{
    Oid type = stmt->types[n];
    if (type == T_FLOAT4 && isfinite(number) && fabs(number) > 3.4028234663852886e38)
        return out_of_range(n, "a column of 32 bits", error);
    if (type == T_FLOAT8 || type == T_FLOAT4) return set_double(stmt, n, out, number);
    if (isnan(number)) return set(stmt, n, "NaN", 3, false);
    if (isinf(number)) return set(stmt, n, number > 0 ? "Infinity" : "-Infinity", 8, false);
    return set(stmt, n, out, (int)cf_format_double(number, out), false);
}

static bool bind_text(cf_postgres_stmt *stmt, int n, const cf_value *v, cf_error *error)
{
    if (!cf_parameter_text(v, (size_t)n, error)) return false;
    if (v->size > INT32_MAX - 1) return cf_fail(error, CF_ERR_LIMIT, "parameter %d: more than 2 GB", n + 1);
    if (takes_text(stmt->types[n])) return set(stmt, n, v->as.text, (int)v->size, true);
    /* Others parse it; libpq wants such texts terminated. */
    char *copy = cf_mem_alloc((size_t)v->size + 1);
    if (!copy) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a parameter");
    memcpy(copy, v->as.text, v->size);
    copy[v->size] = '\0';
    stmt->copies[n] = copy;
    return set(stmt, n, copy, (int)v->size, false);
}

/* Days and microseconds apart, as the server shows them; it compares them added up. */
static bool bind_interval(cf_postgres_stmt *stmt, int n, char *out, int64_t usec)
{
    if (stmt->types[n] == T_INTERVAL) {
        put64(out, (uint64_t)(usec % DAY));
        put32(out + 8, (uint32_t)(int32_t)(usec / DAY));
        put32(out + 12, 0);
        return set(stmt, n, out, 16, true);
    }
    return set(stmt, n, out, snprintf(out, CF_POSTGRES_SCRATCH, "%lld microseconds", (long long)usec), false);
}

static bool bind_moment(cf_postgres_stmt *stmt, int n, char *out, const cf_value *v, cf_error *error)
{
    Oid    type = stmt->types[n];
    size_t size = cf_parameter_format(v, (size_t)n, out, error); /* checks the range, too */
    if (size == 0) return false;
    if (v->kind == CF_DATETIME && (type == T_TIMESTAMP || type == T_TIMESTAMPTZ)) {
        put64(out, (uint64_t)(v->as.datetime.usec - EPOCH));
        return set(stmt, n, out, 8, true);
    }
    if (v->kind == CF_DATE && type == T_DATE) {
        put32(out, (uint32_t)(v->as.date.days - EPOCH_DAYS));
        return set(stmt, n, out, 4, true);
    }
    if (v->kind == CF_TIME && type == T_TIME) {
        put64(out, (uint64_t)v->as.time.usec);
        return set(stmt, n, out, 8, true);
    }
    if (v->kind == CF_DATETIME) size += (size_t)snprintf(out + size, 8, "+00");
    return set(stmt, n, out, (int)size, false);
}

bool cf_postgres_bind(cf_postgres_stmt *stmt, int n, const cf_value *v, cf_error *error)
{
    char *out = stmt->scratch + (size_t)n * CF_POSTGRES_SCRATCH;
    switch (v->kind) {
    case CF_NULL: return set(stmt, n, NULL, 0, false);
    case CF_BOOL:
        if (stmt->types[n] == T_BOOL) {
            out[0] = v->as.boolean;
            return set(stmt, n, out, 1, true);
        }
        if (stmt->types[n] == 0) return set(stmt, n, v->as.boolean ? "t" : "f", 1, false);
        return bind_int(stmt, n, out, v->as.boolean, error);
    case CF_INT: return bind_int(stmt, n, out, v->as.integer, error);
    case CF_FLOAT: return bind_float(stmt, n, out, v->as.number, error);
    case CF_TEXT:
    case CF_MARKUP:
    case CF_JSON: return bind_text(stmt, n, v, error);
    case CF_BYTES:
        if (v->size > INT32_MAX - 1) return cf_fail(error, CF_ERR_LIMIT, "parameter %d: more than 2 GB", n + 1);
        if (stmt->types[n] == 0) stmt->types[n] = T_BYTEA;
        if (stmt->types[n] != T_BYTEA)
            return cf_fail(error, CF_ERR_TYPE, "parameter %d: bytes for a column that holds none", n + 1);
        return set(stmt, n, v->as.text, (int)v->size, true);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: return bind_moment(stmt, n, out, v, error);
    case CF_INTERVAL: return bind_interval(stmt, n, out, v->as.interval.usec);
    case CF_DECIMAL: return set(stmt, n, out, (int)cf_decimal_format(*v->as.decimal, out), false);
    case CF_UUID:
        if (stmt->types[n] == T_UUID) return set(stmt, n, (const char *)v->as.uuid->bytes, 16, true);
        return set(stmt, n, out, (int)cf_uuid_format(*v->as.uuid, out), false);
    default:
        return cf_fail(error, CF_ERR_TYPE, "parameter %d: a database cannot store %s", n + 1, cf_kind_name(v->kind));
    }
}

/* ---- results ---- */

static double get_double(const char *data, int size)
{
    if (size == 4) {
        uint32_t bits = get32(data);
        float    f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    uint64_t bits = get64(data);
    double   d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* Digits to the base 10,000: count, weight of the first, sign, digits to show after the point, then the digits. */
static bool decode_numeric(const char *data, int size, cf_cell *out, const char *column, cf_error *error)
{
    int      count = get16(data), weight = (int16_t)get16(data + 2), scale = get16(data + 6);
    uint16_t sign = get16(data + 4);
    char     text[160];
    size_t   used = 0;
    if (sign == 0xc000 || sign == 0xd000 || sign == 0xf000) {
        out->value = cf_value_double(sign == 0xc000   ? (double)NAN
                                     : sign == 0xd000 ? (double)INFINITY
                                                      : -(double)INFINITY);
        return true;
    }
    if (size < 8 + 2 * count || weight > 12 || scale > 76 || count > 24)
        return cf_fail(error, CF_ERR_RANGE, "%s: the database holds a number of more than 38 digits", column);
    if (sign == 0x4000) text[used++] = '-';
    /* Before the point: digit k has the weight `weight - k`. */
    for (int w = weight > 0 ? weight : 0; w >= 0; w--) {
        int      k = weight - w;
        unsigned digit = k >= 0 && k < count ? get16(data + 8 + 2 * k) : 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%04u", digit);
    }
    text[used++] = '.';
    size_t point = used;
    for (int w = -1; (int)(used - point) < scale; w--) {
        int      k = weight - w;
        unsigned digit = k >= 0 && k < count ? get16(data + 8 + 2 * k) : 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%04u", digit);
    }
    used = point + (size_t)scale;
    while (!cf_decimal_parse(text, used, &out->decimal)) { /* noughts at the end may be what is too much */
        if (used <= point || text[used - 1] != '0')
            return cf_fail(error, CF_ERR_RANGE, "%s: the database holds a number of more than 38 digits", column);
        used--;
    }
    out->value = cf_value_decimal(&out->decimal);
    return true;
}

static bool decode_interval(const char *data, cf_cell *out, const char *column, cf_error *error)
{
    int64_t usec = (int64_t)get64(data), all;
    int32_t days = (int32_t)get32(data + 8), months = (int32_t)get32(data + 12);
    if (months)
        return cf_fail(error, CF_ERR_RANGE, "%s: the database holds an interval of months, which have no fixed length",
                       column);
    if (__builtin_mul_overflow((int64_t)days, DAY, &all) || __builtin_add_overflow(all, usec, &all))
        return cf_fail(error, CF_ERR_RANGE, "%s: the database holds an interval that is too long", column);
    out->value = cf_value_interval((cf_interval){all});
    return true;
}

static bool decode_moment(Oid type, const char *data, cf_cell *out, const char *column, cf_error *error)
{
    int64_t usec = type == T_DATE ? (int64_t)(int32_t)get32(data) * DAY : (int64_t)get64(data);
    char    text[CF_MOMENT_SIZE];
    bool    fits = !__builtin_add_overflow(usec, EPOCH, &usec) && cf_moment_text((cf_datetime){usec}, text) != 0;
    if (!fits) return cf_fail(error, CF_ERR_RANGE, "%s: the database holds a day outside the years 1 to 9999", column);
    out->value = type == T_DATE ? cf_value_date((cf_date){(int32_t)(usec / DAY - (usec % DAY < 0))})
                                : cf_value_datetime((cf_datetime){usec});
    return true;
}

/* Bytes that fixed-size types must have; 0: any number. */
static int fixed_size(Oid type)
{
    switch (type) {
    case T_BOOL: return 1;
    case T_INT2: return 2;
    case T_INT4:
    case T_OID:
    case T_REGPROC:
    case T_REGCLASS:
    case T_REGTYPE:
    case T_FLOAT4:
    case T_DATE: return 4;
    case T_INT8:
    case T_FLOAT8:
    case T_TIME:
    case T_TIMESTAMP:
    case T_TIMESTAMPTZ: return 8;
    case T_INTERVAL:
    case T_UUID: return 16;
    default: return 0;
    }
}

static bool decode_other(Oid type, const char *data, int size, cf_cell *out, const char *column, cf_error *error)
{
    /* Enumerations and the like of the program's own send their text. */
    if (type >= T_FIRST_OWN && cf_text_clean(data, (size_t)size)) {
        out->value = cf_value_text_n(data, (size_t)size);
        return true;
    }
    return cf_fail(error, CF_ERR_UNSUPPORTED, "%s: values of PostgreSQL's type %u cannot be read; cast them to text",
                   column, type);
}

bool cf_postgres_decode(Oid type, const char *data, int size, cf_cell *out, const char *column, cf_error *error)
{
    int wanted = fixed_size(type);
    if ((wanted && size != wanted) || (type == T_NUMERIC && size < 8))
        return cf_fail(error, CF_ERR_INTERNAL, "%s: a value of the type %u with %d bytes", column, type, size);
    switch (type) {
    case T_INT8: out->value = cf_value_int((int64_t)get64(data)); return true;
    case T_INT4: out->value = cf_value_int((int32_t)get32(data)); return true;
    case T_INT2: out->value = cf_value_int((int16_t)get16(data)); return true;
    case T_OID:
    case T_REGPROC:
    case T_REGCLASS:
    case T_REGTYPE: out->value = cf_value_int(get32(data)); return true;
    case T_BOOL: out->value = cf_value_bool(*data != 0); return true;
    case T_FLOAT4:
    case T_FLOAT8: out->value = cf_value_double(get_double(data, size)); return true;
    case T_NUMERIC: return decode_numeric(data, size, out, column, error);
    case T_BYTEA: out->value = cf_value_bytes((cf_bytes){data, (size_t)size}); return true;
    case T_DATE:
    case T_TIMESTAMP:
    case T_TIMESTAMPTZ: return decode_moment(type, data, out, column, error);
    case T_TIME: {
        int64_t usec = (int64_t)get64(data);
        if (usec >= DAY) return cf_fail(error, CF_ERR_RANGE, "%s: the database holds the time 24:00", column);
        out->value = cf_value_time((cf_time){usec});
        return true;
    }
    case T_INTERVAL: return decode_interval(data, out, column, error);
    case T_UUID:
        memcpy(out->uuid.bytes, data, 16);
        out->value = cf_value_uuid(&out->uuid);
        return true;
    case T_JSONB: /* a version byte comes first */
        if (size < 1 || *data != 1)
            return cf_fail(error, CF_ERR_UNSUPPORTED, "%s: an unknown version of jsonb", column);
        data++, size--;
        out->value = cf_value_text_n(data, (size_t)size);
        out->value.kind = CF_JSON;
        return true;
    case T_JSON:
    case T_TEXT:
    case T_VARCHAR:
    case T_BPCHAR:
    case T_NAME:
    case T_CHAR:
    case T_UNKNOWN:
    case T_XML:
    case T_NODE_TREE:
    case T_VOID:
        out->value = cf_value_text_n(data, (size_t)size);
        if (type == T_JSON) out->value.kind = CF_JSON;
        return true;
    default: return decode_other(type, data, size, out, column, error);
    }
}
