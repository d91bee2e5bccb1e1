/* Values between databases and C: nothing is changed silently, what does not fit is an error that names the column. */
#include "sql/driver.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(86400) * SECOND)
#define FIRST_MOMENT (INT64_C(-719162) * DAY)
#define MOMENTS_END (INT64_C(2932897) * DAY)
#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

/* ---- parameters ---- */

bool cf_text_clean(const char *text, size_t size)
{
    size_t i = 0;
    /* Eight bytes at a time while all of them are ASCII and none is NUL. */
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, 8);
        uint64_t zero = (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
        if ((word & UINT64_C(0x8080808080808080)) || zero) break;
    }
    for (; i < size && text[i] > 0; i++) {
    }
    if (i == size) return true;
    return !memchr(text + i, 0, size - i) && cf_utf8_valid(text + i, size - i);
}

bool cf_parameter_text(const cf_value *value, size_t n, cf_error *error)
{
    if (cf_text_clean(value->as.text, value->size)) return true;
    bool nul = value->size && memchr(value->as.text, 0, value->size);
    return cf_fail(error, CF_ERR_RANGE, "parameter %zu: a text %s; store it as bytes", n + 1,
                   nul ? "may not hold the character U+0000" : "is no valid UTF-8");
}

size_t cf_clock_text(cf_time time, char out[CF_MOMENT_SIZE])
{
    if (time.usec < 0 || time.usec >= DAY) return 0;
    size_t size = cf_time_format(time, out);
    if (size == 8) memcpy(out + 8, ".000000", 8);
    return 15;
}

size_t cf_moment_text(cf_datetime moment, char out[CF_MOMENT_SIZE])
{
    if (moment.usec < FIRST_MOMENT || moment.usec >= MOMENTS_END) return 0;
    size_t size = cf_datetime_format(moment, out);
    if (size == 19) memcpy(out + 19, ".000000", 8);
    return 26;
}

size_t cf_parameter_format(const cf_value *value, size_t n, char out[CF_DECIMAL_SIZE], cf_error *error)
{
    size_t size = 0;
    switch (value->kind) {
    case CF_DATE:
        if (value->as.date.days >= FIRST_DAY && value->as.date.days <= LAST_DAY)
            size = cf_date_format(value->as.date, out);
        break;
    case CF_TIME: size = cf_clock_text(value->as.time, out); break;
    case CF_DATETIME: size = cf_moment_text(value->as.datetime, out); break;
    case CF_INTERVAL: size = cf_moment_text((cf_datetime){value->as.interval.usec}, out); break;
    case CF_DECIMAL: size = cf_decimal_format(*value->as.decimal, out); break;
    case CF_UUID:
        for (int i = 0; i < 16; i++) {
            static const char digits[] = "0123456789abcdef";
            out[2 * i] = digits[value->as.uuid->bytes[i] >> 4];
            out[2 * i + 1] = digits[value->as.uuid->bytes[i] & 15];
        }
        size = 32;
        break;
    default: break;
    }
    if (size == 0)
        cf_fail(error, CF_ERR_RANGE, "parameter %zu: the %s is outside what a database can store", n + 1,
                cf_kind_name(value->kind));
    return size;
}

/* ---- results ---- */

/* Say which column of which model cannot take what is there. */
static bool misfit(cf_error *error, cf_code code, const char *model, const char *name, const cf_cell *cell, int wanted)
{
    char shown[32] = ""; /* texts may be secrets */
    if (cell->value.kind == CF_INT) snprintf(shown, sizeof shown, " %lld", (long long)cell->value.as.integer);
    const char *dot = model ? "." : "";
    if (code == CF_ERR_NOT_NULL)
        return cf_fail(error, code, "%s%s%s: the database holds NULL, but the member cannot", model ? model : "", dot,
                       name ? name : "column");
    return cf_fail(error, code, "%s%s%s: the database holds the %s%s, which %s %s", model ? model : "", dot,
                   name ? name : "column", cf_kind_name(cell->value.kind), shown,
                   code == CF_ERR_RANGE ? "is out of range for" : "is not of the kind", cf_kind_name(wanted));
}

static bool decimal_to_int(cf_decimal d, int64_t *out)
{
    cf_decimal whole;
    if (!cf_decimal_rescale(d, 0, &whole) || whole.high || whole.low > (uint64_t)INT64_MAX + whole.negative)
        return false;
    *out = whole.negative ? (int64_t)(0 - whole.low) : (int64_t)whole.low;
    return true;
}

static bool to_int(cf_cell *c)
{
    int64_t n;
    switch (c->value.kind) {
    case CF_BOOL: n = c->value.as.boolean; break;
    case CF_FLOAT:
        if (!(fabs(c->value.as.number) <= 9007199254740992.0) || floor(c->value.as.number) != c->value.as.number)
            return false;
        n = (int64_t)c->value.as.number;
        break;
    case CF_DECIMAL:
        if (!decimal_to_int(c->decimal, &n)) return false;
        break;
    default: return false;
    }
    c->value = cf_value_int(n);
    return true;
}

static bool to_float(cf_cell *c)
{
    double x;
    switch (c->value.kind) {
    case CF_INT: x = (double)c->value.as.integer; break;
    case CF_DECIMAL: {
        char   text[CF_DECIMAL_SIZE];
        size_t size = cf_decimal_format(c->decimal, text);
        if (!cf_parse_double(text, size, &x)) return false;
        break;
    }
    default: return false;
    }
    c->value = cf_value_double(x);
    return true;
}

static bool to_decimal(cf_cell *c)
{
    char        text[CF_DOUBLE_SIZE];
    const char *from = text;
    size_t      size;
    switch (c->value.kind) {
    case CF_INT: size = cf_format_int(c->value.as.integer, text); break;
    case CF_FLOAT: size = cf_format_double(c->value.as.number, text); break;
    case CF_TEXT: from = c->value.as.text, size = c->value.size; break;
    default: return false;
    }
    if (!cf_decimal_parse(from, size, &c->decimal)) return false;
    c->value = cf_value_decimal(&c->decimal);
    return true;
}

static bool to_moment(cf_cell *c, cf_datetime *out)
{
    switch (c->value.kind) {
    case CF_DATETIME: *out = c->value.as.datetime; return true;
    case CF_DATE: out->usec = c->value.as.date.days * DAY; return true;
    case CF_TEXT: return cf_datetime_parse(c->value.as.text, c->value.size, out);
    default: return false;
    }
}

static bool to_date(cf_cell *c)
{
    cf_datetime moment;
    cf_date     date;
    if (c->value.kind == CF_TEXT && cf_date_parse(c->value.as.text, c->value.size, &date)) {
        c->value = cf_value_date(date);
        return true;
    }
    if (!to_moment(c, &moment) || moment.usec % DAY != 0) return false;
    c->value = cf_value_date((cf_date){(int32_t)(moment.usec / DAY)});
    return true;
}

static bool to_time(cf_cell *c)
{
    cf_time time;
    if (c->value.kind == CF_INTERVAL) time.usec = c->value.as.interval.usec;
    else if (c->value.kind != CF_TEXT || !cf_time_parse(c->value.as.text, c->value.size, &time)) return false;
    if (time.usec < 0 || time.usec >= DAY) return false;
    c->value = cf_value_time(time);
    return true;
}

/* SQLite keeps spans as moments counted from 1970, as SQLAlchemy does; MariaDB as microseconds. */
static bool to_interval(cf_cell *c)
{
    cf_datetime moment;
    int64_t     usec;
    if (c->value.kind == CF_INT) usec = c->value.as.integer;
    else if (c->value.kind == CF_TIME) usec = c->value.as.time.usec;
    else if (to_moment(c, &moment)) usec = moment.usec;
    else return false;
    c->value = cf_value_interval((cf_interval){usec});
    return true;
}

static bool to_uuid(cf_cell *c)
{
    if (c->value.kind == CF_BYTES && c->value.size == 16) memcpy(c->uuid.bytes, c->value.as.data, 16);
    else if (c->value.kind != CF_TEXT || !cf_uuid_parse(c->value.as.text, c->value.size, &c->uuid)) return false;
    c->value = cf_value_uuid(&c->uuid);
    return true;
}

/* SQLite may have turned a document that is a number into one; it is written out again. */
static bool to_json(cf_cell *c)
{
    size_t size;
    switch (c->value.kind) {
    case CF_TEXT: c->value.kind = CF_JSON; return true;
    case CF_INT: size = cf_format_int(c->value.as.integer, c->scratch); break;
    case CF_FLOAT:
        if (!isfinite(c->value.as.number)) return false;
        size = cf_format_double(c->value.as.number, c->scratch);
        break;
    case CF_BOOL: size = (size_t)snprintf(c->scratch, sizeof c->scratch, c->value.as.boolean ? "true" : "false"); break;
    default: return false;
    }
    c->value = cf_value_text_n(c->scratch, size);
    c->value.kind = CF_JSON;
    return true;
}

static bool to_text(cf_cell *c)
{
    if (c->value.kind == CF_JSON || c->value.kind == CF_MARKUP) {
        c->value.kind = CF_TEXT;
        return true;
    }
    if (c->value.kind != CF_UUID) return false;
    size_t size = cf_uuid_format(c->uuid, c->scratch);
    c->value = cf_value_text_n(c->scratch, size);
    return true;
}

static bool to_bool(cf_cell *c)
{
    if (c->value.kind != CF_INT || (c->value.as.integer != 0 && c->value.as.integer != 1)) return false;
    c->value = cf_value_bool(c->value.as.integer != 0);
    return true;
}

bool cf_cell_convert(cf_cell *cell, int wanted, const char *model, const char *name, cf_error *error)
{
    cf_datetime moment;
    bool        fits = false;
    if (cell->value.kind == wanted || wanted == CF_UNDEFINED || cell->value.kind == CF_NULL) return true;
    switch (wanted) {
    case CF_BOOL: fits = to_bool(cell); break;
    case CF_INT: fits = to_int(cell); break;
    case CF_FLOAT: fits = to_float(cell); break;
    case CF_TEXT: fits = to_text(cell); break;
    case CF_BYTES:
        fits = cell->value.kind == CF_TEXT;
        if (fits) cell->value.kind = CF_BYTES;
        break;
    case CF_DATE: fits = to_date(cell); break;
    case CF_TIME: fits = to_time(cell); break;
    case CF_DATETIME:
        fits = to_moment(cell, &moment);
        if (fits) cell->value = cf_value_datetime(moment);
        break;
    case CF_INTERVAL: fits = to_interval(cell); break;
    case CF_DECIMAL: fits = to_decimal(cell); break;
    case CF_UUID: fits = to_uuid(cell); break;
    case CF_JSON: fits = to_json(cell); break;
    default: break;
    }
    return fits || misfit(error, CF_ERR_TYPE, model, name, cell, wanted);
}

static bool out_of_memory(cf_error *error, const cf_slot *slot)
{
    return cf_fail(error, CF_ERR_MEMORY, "%s: out of memory for a value", slot->name ? slot->name : "column");
}

static bool store_text(cf_cell *cell, const cf_slot *slot, void *at, cf_arena *arena, cf_error *error)
{
    const char *text = cell->value.as.text;
    size_t      size = cell->value.size;
    if (size && memchr(text, 0, size))
        return cf_fail(error, CF_ERR_RANGE, "%s%s%s: the database holds a text with the character U+0000",
                       slot->model ? slot->model : "", slot->model ? "." : "", slot->name ? slot->name : "column");
    if ((slot->type & 0xff) == CF_TYPE_CHARS) {
        if (size > slot->size) return misfit(error, CF_ERR_RANGE, slot->model, slot->name, cell, CF_TEXT);
        memcpy(at, text, size);
        memset((char *)at + size, 0, slot->size - size);
        return true;
    }
    char *copy = cf_arena_text(arena, text, size);
    if (!copy) return out_of_memory(error, slot);
    *(const char **)at = copy; /* cf_json holds the same pointer */
    return true;
}

static bool store_bytes(const cf_cell *cell, const cf_slot *slot, void *at, cf_arena *arena, cf_error *error)
{
    char *copy = cf_arena_text(arena, cell->value.as.data, cell->value.size);
    if (!copy) return out_of_memory(error, slot);
    *(cf_bytes *)at = (cf_bytes){copy, cell->value.size};
    return true;
}

/* NULL: where it may stand, it is written so that the member says so. */
static bool store_null(const cf_slot *slot, void *at, cf_error *error)
{
    static const size_t twins[CF_TYPE_COUNT_][2] = {
#define TWIN(TYPE, twin) [TYPE] = {sizeof(twin), offsetof(twin, null)}
        TWIN(CF_TYPE_BOOL, cf_null_bool),         TWIN(CF_TYPE_INT16, cf_null_int16),
        TWIN(CF_TYPE_INT32, cf_null_int32),       TWIN(CF_TYPE_INT64, cf_null_int64),
        TWIN(CF_TYPE_FLOAT, cf_null_float),       TWIN(CF_TYPE_DOUBLE, cf_null_double),
        TWIN(CF_TYPE_DATE, cf_null_date),         TWIN(CF_TYPE_TIME, cf_null_time),
        TWIN(CF_TYPE_DATETIME, cf_null_datetime), TWIN(CF_TYPE_INTERVAL, cf_null_interval),
        TWIN(CF_TYPE_DECIMAL, cf_null_decimal),   TWIN(CF_TYPE_UUID, cf_null_uuid),
#undef TWIN
    };
    static const cf_cell nothing = {.value = {.kind = CF_NULL}};
    int                  type = slot->type & 0xff;
    if (!(slot->type & CF_TYPE_NULLABLE)) return misfit(error, CF_ERR_NOT_NULL, slot->model, slot->name, &nothing, 0);
    switch (type) {
    case CF_TYPE_TEXT:
    case CF_TYPE_JSON: *(const char **)at = NULL; return true;
    case CF_TYPE_BYTES: *(cf_bytes *)at = (cf_bytes){NULL, 0}; return true;
    case CF_TYPE_CHARS:
    case CF_TYPE_UINT32: memset(at, 0, slot->size); return true;
    default: break;
    }
    if (type >= CF_TYPE_COUNT_ || twins[type][0] == 0)
        return cf_fail(error, CF_ERR_INTERNAL, "%s: a slot of the unknown type %d", slot->name, slot->type);
    memset(at, 0, twins[type][0]);
    *((bool *)at + twins[type][1]) = true;
    return true;
}

static bool store_int(const cf_cell *cell, const cf_slot *slot, void *at, cf_error *error)
{
    int64_t n = cell->value.as.integer;
    bool    fits = true;
    switch (slot->type) {
    case CF_TYPE_INT16:
    case CF_TYPE_INT16 | CF_TYPE_NULLABLE:
        fits = n >= INT16_MIN && n <= INT16_MAX;
        if (fits && slot->type == CF_TYPE_INT16) *(int16_t *)at = (int16_t)n;
        else if (fits) *(cf_null_int16 *)at = (cf_null_int16){(int16_t)n, true, false};
        break;
    case CF_TYPE_INT32:
    case CF_TYPE_INT32 | CF_TYPE_NULLABLE:
        fits = n >= INT32_MIN && n <= INT32_MAX;
        if (fits && slot->type == CF_TYPE_INT32) *(int32_t *)at = (int32_t)n;
        else if (fits) *(cf_null_int32 *)at = (cf_null_int32){(int32_t)n, true, false};
        break;
    case CF_TYPE_UINT32:
    case CF_TYPE_UINT32 | CF_TYPE_NULLABLE:
        fits = n >= 0 && n <= UINT32_MAX;
        if (fits) *(uint32_t *)at = (uint32_t)n;
        break;
    case CF_TYPE_INT64: *(int64_t *)at = n; break;
    default: *(cf_null_int64 *)at = (cf_null_int64){n, true, false}; break;
    }
    return fits || misfit(error, CF_ERR_RANGE, slot->model, slot->name, cell, CF_INT);
}

static bool store_float(const cf_cell *cell, const cf_slot *slot, void *at, cf_error *error)
{
    double x = cell->value.as.number;
    if ((slot->type & 0xff) == CF_TYPE_FLOAT && isfinite(x) && fabs(x) > (double)FLT_MAX)
        return misfit(error, CF_ERR_RANGE, slot->model, slot->name, cell, CF_FLOAT);
    switch (slot->type) {
    case CF_TYPE_FLOAT: *(float *)at = (float)x; break;
    case CF_TYPE_FLOAT | CF_TYPE_NULLABLE: *(cf_null_float *)at = (cf_null_float){(float)x, true, false}; break;
    case CF_TYPE_DOUBLE: *(double *)at = x; break;
    default: *(cf_null_double *)at = (cf_null_double){x, true, false}; break;
    }
    return true;
}

#define STORE(TYPE, type, source)                   \
    case TYPE: *(type *)at = (source); return true; \
    case TYPE | CF_TYPE_NULLABLE: {                 \
        struct {                                    \
            type value;                             \
            bool set, null;                         \
        } *twin = at;                               \
        memset(twin, 0, sizeof *twin);              \
        twin->value = (source);                     \
        twin->set = true;                           \
        return true;                                \
    }

bool cf_cell_store(cf_cell *cell, const cf_slot *slot, void *structure, cf_arena *arena, cf_error *error)
{
    void *at = (char *)structure + slot->offset;
    if (cell->value.kind == CF_NULL) return store_null(slot, at, error);
    int kind = cf_type_kind(slot->type);
    if (!cf_cell_convert(cell, kind, slot->model, slot->name, error)) return false;
    switch (kind) {
    case CF_INT: return store_int(cell, slot, at, error);
    case CF_FLOAT: return store_float(cell, slot, at, error);
    case CF_TEXT:
    case CF_JSON: return store_text(cell, slot, at, arena, error);
    case CF_BYTES: return store_bytes(cell, slot, at, arena, error);
    default: break;
    }
    switch (slot->type) {
        STORE(CF_TYPE_BOOL, bool, cell->value.as.boolean)
        STORE(CF_TYPE_DATE, cf_date, cell->value.as.date)
        STORE(CF_TYPE_TIME, cf_time, cell->value.as.time)
        STORE(CF_TYPE_DATETIME, cf_datetime, cell->value.as.datetime)
        STORE(CF_TYPE_INTERVAL, cf_interval, cell->value.as.interval)
        STORE(CF_TYPE_DECIMAL, cf_decimal, cell->decimal)
        STORE(CF_TYPE_UUID, cf_uuid, cell->uuid)
    default: return cf_fail(error, CF_ERR_INTERNAL, "%s: a slot of the unknown type %d", slot->name, slot->type);
    }
}

bool cf_cell_copy(const cf_cell *cell, cf_arena *arena, cf_value *out, cf_error *error)
{
    cf_value v = cell->value;
    switch (v.kind) {
    case CF_TEXT:
    case CF_JSON:
    case CF_BYTES: v.as.text = cf_arena_text(arena, v.as.text, v.size); break;
    case CF_DECIMAL:
        v.as.decimal = cf_arena_alloc(arena, sizeof(cf_decimal));
        if (v.as.decimal) *(cf_decimal *)(uintptr_t)v.as.decimal = cell->decimal;
        break;
    case CF_UUID:
        v.as.uuid = cf_arena_alloc(arena, sizeof(cf_uuid));
        if (v.as.uuid) *(cf_uuid *)(uintptr_t)v.as.uuid = cell->uuid;
        break;
    default: *out = v; return true;
    }
    if (!v.as.pointer) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a value");
    *out = v;
    return true;
}
