/* Kinds, storage types, and reading members of structs. */
#include <carafe/value.h>

#include <string.h>

static const char *const kind_names[] = {
    [CF_UNDEFINED] = "undefined", [CF_NULL] = "null",    [CF_BOOL] = "boolean",      [CF_INT] = "integer",
    [CF_FLOAT] = "float",         [CF_TEXT] = "text",    [CF_MARKUP] = "markup",     [CF_BYTES] = "bytes",
    [CF_DATE] = "date",           [CF_TIME] = "time",    [CF_DATETIME] = "datetime", [CF_INTERVAL] = "interval",
    [CF_DECIMAL] = "decimal",     [CF_UUID] = "uuid",    [CF_JSON] = "json",         [CF_SEQUENCE] = "list",
    [CF_TUPLE] = "tuple",         [CF_MAPPING] = "dict", [CF_OBJECT] = "object",
};

const char *cf_kind_name(int kind)
{
    return kind >= 0 && kind <= CF_OBJECT ? kind_names[kind] : "unknown";
}

/* A storage type: its name in C, and how to read it, plain and nullable. */
typedef struct type_row {
    const char *name, *null_name;
} type_row;

static const type_row type_rows[CF_TYPE_COUNT_] = {
    [CF_TYPE_NONE] = {"none", "none"},
    [CF_TYPE_BOOL] = {"bool", "cf_null_bool"},
    [CF_TYPE_INT16] = {"int16_t", "cf_null_int16"},
    [CF_TYPE_INT32] = {"int32_t", "cf_null_int32"},
    [CF_TYPE_INT64] = {"int64_t", "cf_null_int64"},
    [CF_TYPE_UINT32] = {"unsigned", "unsigned"},
    [CF_TYPE_FLOAT] = {"float", "cf_null_float"},
    [CF_TYPE_DOUBLE] = {"double", "cf_null_double"},
    [CF_TYPE_TEXT] = {"const char *", "const char *"},
    [CF_TYPE_CHARS] = {"char[]", "char[]"},
    [CF_TYPE_BYTES] = {"cf_bytes", "cf_bytes"},
    [CF_TYPE_DATE] = {"cf_date", "cf_null_date"},
    [CF_TYPE_TIME] = {"cf_time", "cf_null_time"},
    [CF_TYPE_DATETIME] = {"cf_datetime", "cf_null_datetime"},
    [CF_TYPE_INTERVAL] = {"cf_interval", "cf_null_interval"},
    [CF_TYPE_DECIMAL] = {"cf_decimal", "cf_null_decimal"},
    [CF_TYPE_UUID] = {"cf_uuid", "cf_null_uuid"},
    [CF_TYPE_JSON] = {"cf_json", "cf_json"},
};

const char *cf_type_name(int type)
{
    int plain = type & 0xff;
    if (plain >= CF_TYPE_COUNT_) return "unknown";
    return type & CF_TYPE_NULLABLE ? type_rows[plain].null_name : type_rows[plain].name;
}

int cf_type_kind(int type)
{
    static const uint8_t kinds[CF_TYPE_COUNT_] = {
        [CF_TYPE_BOOL] = CF_BOOL,         [CF_TYPE_INT16] = CF_INT,         [CF_TYPE_INT32] = CF_INT,
        [CF_TYPE_INT64] = CF_INT,         [CF_TYPE_UINT32] = CF_INT,        [CF_TYPE_FLOAT] = CF_FLOAT,
        [CF_TYPE_DOUBLE] = CF_FLOAT,      [CF_TYPE_TEXT] = CF_TEXT,         [CF_TYPE_CHARS] = CF_TEXT,
        [CF_TYPE_BYTES] = CF_BYTES,       [CF_TYPE_DATE] = CF_DATE,         [CF_TYPE_TIME] = CF_TIME,
        [CF_TYPE_DATETIME] = CF_DATETIME, [CF_TYPE_INTERVAL] = CF_INTERVAL, [CF_TYPE_DECIMAL] = CF_DECIMAL,
        [CF_TYPE_UUID] = CF_UUID,         [CF_TYPE_JSON] = CF_JSON,
    };
    int plain = type & 0xff;
    return plain < CF_TYPE_COUNT_ ? kinds[plain] : CF_UNDEFINED;
}

#define NULLABLE(T, make)                                 \
    {                                                     \
        const cf_null_##T *p = at;                        \
        return p->set ? make(p->value) : cf_value_null(); \
    }

static cf_value read_nullable(const void *at, int type)
{
    switch (type) {
    case CF_TYPE_BOOL: NULLABLE(bool, cf_value_bool)
    case CF_TYPE_INT16: NULLABLE(int16, cf_value_int)
    case CF_TYPE_INT32: NULLABLE(int32, cf_value_int)
    case CF_TYPE_INT64: NULLABLE(int64, cf_value_int)
    case CF_TYPE_FLOAT: NULLABLE(float, cf_value_double)
    case CF_TYPE_DOUBLE: NULLABLE(double, cf_value_double)
    case CF_TYPE_DATE: NULLABLE(date, cf_value_date)
    case CF_TYPE_TIME: NULLABLE(time, cf_value_time)
    case CF_TYPE_DATETIME: NULLABLE(datetime, cf_value_datetime)
    case CF_TYPE_INTERVAL: NULLABLE(interval, cf_value_interval)
    case CF_TYPE_DECIMAL: {
        const cf_null_decimal *p = at;
        return p->set ? cf_value_decimal(&p->value) : cf_value_null();
    }
    case CF_TYPE_UUID: {
        const cf_null_uuid *p = at;
        return p->set ? cf_value_uuid(&p->value) : cf_value_null();
    }
    default: return cf_value_undefined();
    }
}

/* Types that say NULL by themselves are read alike with and without the flag. */
static bool null_in_place(int type)
{
    return type == CF_TYPE_TEXT || type == CF_TYPE_CHARS || type == CF_TYPE_BYTES || type == CF_TYPE_JSON ||
           type == CF_TYPE_UINT32;
}

cf_value cf_value_read(const void *at, int type, size_t size)
{
    int plain = type & 0xff;
    if ((type & CF_TYPE_NULLABLE) && !null_in_place(plain)) return read_nullable(at, plain);
    switch (plain) {
    case CF_TYPE_BOOL: return cf_value_bool(*(const bool *)at);
    case CF_TYPE_INT16: return cf_value_int(*(const int16_t *)at);
    case CF_TYPE_INT32: return cf_value_int(*(const int32_t *)at);
    case CF_TYPE_INT64: return cf_value_int(*(const int64_t *)at);
    case CF_TYPE_UINT32: return cf_value_int(*(const uint32_t *)at);
    case CF_TYPE_FLOAT: return cf_value_double((double)*(const float *)at);
    case CF_TYPE_DOUBLE: return cf_value_double(*(const double *)at);
    case CF_TYPE_TEXT: return cf_value_text(*(const char *const *)at);
    case CF_TYPE_CHARS: return cf_value_text_n(at, strnlen(at, size));
    case CF_TYPE_BYTES: return cf_value_bytes(*(const cf_bytes *)at);
    case CF_TYPE_DATE: return cf_value_date(*(const cf_date *)at);
    case CF_TYPE_TIME: return cf_value_time(*(const cf_time *)at);
    case CF_TYPE_DATETIME: return cf_value_datetime(*(const cf_datetime *)at);
    case CF_TYPE_INTERVAL: return cf_value_interval(*(const cf_interval *)at);
    case CF_TYPE_DECIMAL: return cf_value_decimal(at);
    case CF_TYPE_UUID: return cf_value_uuid(at);
    case CF_TYPE_JSON: return cf_value_json(*(const cf_json *)at);
    default: return cf_value_undefined();
    }
}
