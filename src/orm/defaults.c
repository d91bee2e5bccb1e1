/* What columns get where nothing was set. */
#include "orm/row.h"

#include <sodium.h>
#include <string.h>

#define PUT(T, x)                                                               \
    if (a->twin) *(cf_null_##T *)at = (cf_null_##T){.value = (x), .set = true}; \
    else

void cf_attribute_set_now(const cf_attribute *a, void *object, cf_datetime now)
{
    const int64_t day = INT64_C(86400000000);
    void         *at = cf_at(object, a);
    int64_t       days = now.usec / day, rest = now.usec % day;
    if (rest < 0) days--, rest += day;
    if (a->type == CF_TYPE_DATETIME) {
        PUT(datetime, now) * (cf_datetime *)at = now;
    } else if (a->type == CF_TYPE_DATE) {
        cf_date date = {(int32_t)days};
        PUT(date, date) * (cf_date *)at = date;
    } else if (a->type == CF_TYPE_TIME) {
        cf_time time = {rest};
        PUT(time, time) * (cf_time *)at = time;
    }
}

void cf_attribute_set_int(const cf_attribute *a, void *object, int64_t x)
{
    void *at = cf_at(object, a);
    switch (a->type) {
    case CF_TYPE_BOOL: PUT(bool, x != 0) * (bool *)at = x != 0; break;
    case CF_TYPE_INT16: PUT(int16, (int16_t)x) * (int16_t *)at = (int16_t)x; break;
    case CF_TYPE_INT32: PUT(int32, (int32_t)x) * (int32_t *)at = (int32_t)x; break;
    case CF_TYPE_INT64: PUT(int64, x) * (int64_t *)at = x; break;
    case CF_TYPE_UINT32: *(uint32_t *)at = (uint32_t)x; break;
    default: break;
    }
}

static void set_number(const cf_attribute *a, void *object, double x)
{
    void *at = cf_at(object, a);
    if (a->type == CF_TYPE_FLOAT) {
        PUT(float, (float)x) * (float *)at = (float)x;
    } else if (a->type == CF_TYPE_DOUBLE) {
        PUT(double, x) * (double *)at = x;
    }
}
#undef PUT

static void set_text(const cf_attribute *a, void *object, const char *text)
{
    if (a->type == CF_TYPE_CHARS) strncpy(cf_at(object, a), text, a->size);
    else memcpy(cf_at(object, a), &text, sizeof text); /* cf_json begins with its text */
}

/* ---- UUIDs ------------------------------------------------------------------------------------------ */

cf_uuid cf_uuid7(void)
{
    cf_uuid  uuid;
    uint64_t ms = (uint64_t)(cf_now().usec / 1000);
    randombytes_buf(uuid.bytes, sizeof uuid.bytes);
    for (int i = 0; i < 6; i++) uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | (uuid.bytes[6] & 0x0f));
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

static void set_uuid(const cf_attribute *a, void *object, cf_uuid uuid)
{
    void *at = cf_at(object, a);
    if (a->twin) *(cf_null_uuid *)at = (cf_null_uuid){.value = uuid, .set = true};
    else *(cf_uuid *)at = uuid;
}

/* ---- values of functions ------------------------------------------------------------------------------ */

#define PUT(T, x)                                                               \
    if (a->twin) *(cf_null_##T *)at = (cf_null_##T){.value = (x), .set = true}; \
    else *(cf_##T *)at = (x)

void cf_attribute_set(const cf_attribute *a, void *object, cf_value v)
{
    void *at = cf_at(object, a);
    switch (a->type) {
    case CF_TYPE_BOOL: cf_attribute_set_int(a, object, v.as.boolean); break;
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: set_number(a, object, v.as.number); break;
    case CF_TYPE_TEXT:
    case CF_TYPE_CHARS:
    case CF_TYPE_JSON: set_text(a, object, v.as.text); break;
    case CF_TYPE_BYTES: *(cf_bytes *)at = (cf_bytes){v.as.data, v.size}; break;
    case CF_TYPE_DATE: PUT(date, v.as.date); break;
    case CF_TYPE_TIME: PUT(time, v.as.time); break;
    case CF_TYPE_DATETIME: PUT(datetime, v.as.datetime); break;
    case CF_TYPE_INTERVAL: PUT(interval, v.as.interval); break;
    case CF_TYPE_DECIMAL: PUT(decimal, *v.as.decimal); break;
    case CF_TYPE_UUID: set_uuid(a, object, *v.as.uuid); break;
    default: cf_attribute_set_int(a, object, v.as.integer); break;
    }
}
#undef PUT

static bool set_by_function(const cf_attribute *a, void *object, cf_arena *arena, cf_error *error)
{
    cf_value v = a->options->default_function(arena);
    int      kind = v.kind;
    if (kind == CF_UNDEFINED || kind == CF_NULL) return true;
    if (!cf_value_convert(&v, a->kind) || v.kind != a->kind) {
        cf_fail(error, CF_ERR_TYPE, "%s.%s is %s, but its .default_function gives %s", a->mapper->name, a->name,
                cf_kind_name(a->kind), cf_kind_name(kind));
        return cf_limit_blame(a, error);
    }
    if (a->type == CF_TYPE_TEXT || a->type == CF_TYPE_JSON || a->type == CF_TYPE_CHARS) {
        v.as.text = cf_arena_text(arena, v.as.text, v.size); /* with its NUL */
        if (!v.as.text) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    }
    cf_attribute_set(a, object, v);
    return true;
}

bool cf_attribute_set_default(const cf_attribute *a, void *object, cf_datetime now, cf_arena *arena, cf_error *error)
{
    const cf_column *o = a->options;
    if (o->default_now) cf_attribute_set_now(a, object, now);
    else if (o->default_int) cf_attribute_set_int(a, object, o->default_int);
    else if (o->default_number != 0) set_number(a, object, o->default_number);
    else if (o->default_text) set_text(a, object, o->default_text);
    else if (o->default_uuid7) set_uuid(a, object, cf_uuid7());
    else if (o->default_function) return set_by_function(a, object, arena, error);
    return true;
}
