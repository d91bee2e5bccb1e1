#include "web/json.h"

#include <jansson.h>
#include <math.h>

enum { WRITE_DEPTH = 64 };

/* The nesting, before the parser recurses into it. Quoted brackets do not count. */
static bool depth_within(const char *text, size_t size, unsigned depth)
{
    unsigned open = 0;
    bool     quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted) {
            if (text[i] == '\\') {
                i++;
            } else if (text[i] == '"') {
                quoted = false;
            }
        } else if (text[i] == '"') {
            quoted = true;
        } else if (text[i] == '[' || text[i] == '{') {
            if (++open > depth) return false;
        } else if ((text[i] == ']' || text[i] == '}') && open) {
            open--;
        }
    }
    return true;
}

static bool convert(cf_arena *arena, const json_t *json, cf_value *out)
{
    switch (json_typeof(json)) {
    case JSON_NULL: *out = cf_value_null(); return true;
    case JSON_TRUE: *out = cf_value_bool(true); return true;
    case JSON_FALSE: *out = cf_value_bool(false); return true;
    case JSON_INTEGER: *out = cf_value_int(json_integer_value(json)); return true;
    case JSON_REAL: *out = cf_value_double(json_real_value(json)); return true;
    case JSON_STRING: {
        size_t size = json_string_length(json);
        char  *text = cf_arena_text(arena, json_string_value(json), size);
        *out = cf_value_text_n(text, size);
        return text != NULL;
    }
    case JSON_ARRAY: {
        cf_list *list = cf_list_new(arena, json_array_size(json));
        if (!list) return false;
        *out = cf_value_list(list);
        for (size_t i = 0; i < json_array_size(json); i++) {
            cf_value item;
            if (!convert(arena, json_array_get(json, i), &item) || !cf_list_add(list, item)) return false;
        }
        return true;
    }
    case JSON_OBJECT: {
        cf_dict *dict = cf_dict_new(arena, json_object_size(json));
        void    *at = json_object_iter((json_t *)(uintptr_t)json);
        if (!dict) return false;
        *out = cf_value_dict(dict);
        for (; at; at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
            cf_value item;
            char    *key = cf_arena_copy(arena, json_object_iter_key(at));
            if (!key || !convert(arena, json_object_iter_value(at), &item) || !cf_dict_set_text(dict, key, item))
                return false;
        }
        return true;
    }
    }
    return false;
}

bool cf_json_parse(cf_arena *arena, const char *text, size_t size, unsigned depth, cf_value *out)
{
    json_error_t error;
    if (!depth_within(text, size, depth)) return false;
    json_t *json = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json) return false;
    bool done = convert(arena, json, out);
    json_decref(json);
    return done;
}

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct json_writer {
    cf_arena  *arena;
    cf_buffer *out;
    cf_error  *error;
    unsigned   depth;
} json_writer;

static bool write_value(json_writer *w, cf_value value);

static bool write_list(json_writer *w, const cf_list *list)
{
    cf_buffer_char(w->out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i) cf_buffer_char(w->out, ',');
        if (!write_value(w, list->items[i])) return false;
    }
    cf_buffer_char(w->out, ']');
    return true;
}

static bool write_key(json_writer *w, cf_value key)
{
    if (cf_value_is_text(key)) {
        cf_buffer_json_text(w->out, key.as.text, key.size);
        return true;
    }
    if (key.kind != CF_INT) return cf_fail(w->error, CF_ERR_TYPE, "json: keys are texts or whole numbers");
    cf_buffer_char(w->out, '"');
    cf_buffer_int(w->out, key.as.integer);
    cf_buffer_char(w->out, '"');
    return true;
}

static bool write_dict(json_writer *w, const cf_dict *dict)
{
    bool first = true;
    cf_buffer_char(w->out, '{');
    for (size_t i = 0; i < dict->used; i++) {
        if (dict->entries[i].removed) continue;
        if (!first) cf_buffer_char(w->out, ',');
        first = false;
        if (!write_key(w, dict->entries[i].key)) return false;
        cf_buffer_char(w->out, ':');
        if (!write_value(w, dict->entries[i].value)) return false;
    }
    cf_buffer_char(w->out, '}');
    return true;
}

static bool write_sequence(json_writer *w, cf_object *object)
{
    cf_call     call = {.arena = w->arena, .error = w->error};
    cf_iterator iterator = {0};
    cf_value    item;
    bool        first = true;
    if (!object->cls->iterate(&call, object, &iterator)) return false;
    cf_buffer_char(w->out, '[');
    for (;;) {
        cf_answer more = iterator.next(&call, &iterator, &item);
        if (more == CF_FAILED) return false;
        if (more == CF_NO) break;
        if (!first) cf_buffer_char(w->out, ',');
        first = false;
        if (!write_value(w, item)) return false;
    }
    cf_buffer_char(w->out, ']');
    return true;
}

/* The stored members: what is loaded or computed on touch (relationships) is left out. */
static bool write_members(json_writer *w, cf_object *object)
{
    const cf_class *cls = object->cls;
    const char     *data = cf_object_data(object);
    bool            first = true;
    cf_buffer_char(w->out, '{');
    for (size_t i = 0; i < cls->member_count; i++) {
        const cf_member *m = &cls->members[i];
        if (m->get) continue;
        if (!first) cf_buffer_char(w->out, ',');
        first = false;
        cf_buffer_json_text(w->out, m->name, strlen(m->name));
        cf_buffer_char(w->out, ':');
        if (!write_value(w, cf_value_read(data + m->offset, m->type, m->size))) return false;
    }
    cf_buffer_char(w->out, '}');
    return true;
}

static bool write_object(json_writer *w, cf_value value)
{
    if (value.aux == 0 && value.flags) value = cf_value_pointer(w->arena, value.as.pointer);
    if (value.kind == CF_NULL) {
        cf_buffer_text(w->out, "null");
        return true;
    }
    if (value.kind != CF_OBJECT) return cf_fail(w->error, CF_ERR_TYPE, "json: a pointer that is no row, list or form");
    cf_object *object = value.as.object;
    if (object->cls->iterate && !object->cls->members) return write_sequence(w, object);
    if (object->cls->members) return write_members(w, object);
    return cf_fail(w->error, CF_ERR_TYPE, "json: a %s cannot be written", object->cls->name);
}

static bool write_scalar(json_writer *w, cf_value value)
{
    char text[CF_DATETIME_SIZE + CF_DECIMAL_SIZE];
    switch (value.kind) {
    case CF_UNDEFINED:
    case CF_NULL: cf_buffer_text(w->out, "null"); return true;
    case CF_BOOL: cf_buffer_text(w->out, value.as.boolean ? "true" : "false"); return true;
    case CF_INT: cf_buffer_int(w->out, value.as.integer); return true;
    case CF_FLOAT:
        if (!isfinite(value.as.number)) return cf_fail(w->error, CF_ERR_RANGE, "json: a number that is not finite");
        cf_buffer_double(w->out, value.as.number);
        return true;
    case CF_TEXT:
    case CF_MARKUP: cf_buffer_json_text(w->out, value.as.text, value.size); return true;
    case CF_JSON: cf_buffer_add(w->out, value.as.text, value.size); return true;
    case CF_DATE: cf_buffer_json_text(w->out, text, cf_date_format(value.as.date, text)); return true;
    case CF_TIME: cf_buffer_json_text(w->out, text, cf_time_format(value.as.time, text)); return true;
    case CF_DATETIME: {
        size_t size = cf_datetime_format(value.as.datetime, text);
        text[10] = 'T';
        text[size++] = 'Z';
        cf_buffer_json_text(w->out, text, size);
        return true;
    }
    case CF_DECIMAL: cf_buffer_json_text(w->out, text, cf_decimal_format(*value.as.decimal, text)); return true;
    case CF_UUID: cf_buffer_json_text(w->out, text, cf_uuid_format(*value.as.uuid, text)); return true;
    default:
        return cf_fail(w->error, CF_ERR_TYPE, "json: a value of kind %s cannot be written", cf_kind_name(value.kind));
    }
}

static bool write_value(json_writer *w, cf_value value)
{
    bool written;
    if (++w->depth > WRITE_DEPTH) return cf_fail(w->error, CF_ERR_LIMIT, "json: nested deeper than %d", WRITE_DEPTH);
    switch (value.kind) {
    case CF_SEQUENCE:
    case CF_TUPLE: written = write_list(w, value.as.list); break;
    case CF_MAPPING: written = write_dict(w, value.as.dict); break;
    case CF_OBJECT: written = write_object(w, value); break;
    default: written = write_scalar(w, value);
    }
    w->depth--;
    return written;
}

bool cf_json_write(cf_arena *arena, cf_buffer *out, cf_value value, cf_error *error)
{
    json_writer w = {arena, out, error, 0};
    if (!write_value(&w, value)) return false;
    return !out->failed || cf_fail(error, CF_ERR_MEMORY, "json: out of memory");
}
