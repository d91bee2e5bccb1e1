/* Objects and lists of objects: their memory, and how templates see them. */
#include "orm/object.h"

#include "base/text.h"

#include <string.h>

cf_value cf_attribute_read_any(const cf_attribute *attribute, const void *object)
{
    int type = attribute->type | (attribute->twin ? CF_TYPE_NULLABLE : 0);
    return cf_value_read(cf_at(object, attribute), type, attribute->size);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool cf_value_same_any(const cf_value *a, const cf_value *b)
{
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case CF_NULL: return true;
    case CF_BOOL: return a->as.boolean == b->as.boolean;
    case CF_FLOAT: return memcmp(&a->as.number, &b->as.number, sizeof a->as.number) == 0;
    case CF_DATE: return a->as.date.days == b->as.date.days;
    case CF_DECIMAL: return cf_decimal_compare(*a->as.decimal, *b->as.decimal) == 0;
    case CF_UUID: return memcmp(a->as.uuid, b->as.uuid, sizeof *a->as.uuid) == 0;
    case CF_TEXT:
    case CF_BYTES:
    case CF_JSON:
        return a->size == b->size && (a->as.text == b->as.text || memcmp(a->as.text, b->as.text, a->size) == 0);
    default: return a->as.integer == b->as.integer;
    }
}

int cf_value_compare(cf_value a, cf_value b)
{
    if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
    if (a.kind == CF_TEXT || a.kind == CF_BYTES) {
        int order = memcmp(a.as.text, b.as.text, a.size < b.size ? a.size : b.size);
        return order ? order : (a.size > b.size) - (a.size < b.size);
    }
    if (a.kind == CF_UUID) return memcmp(a.as.uuid, b.as.uuid, sizeof *a.as.uuid);
    if (a.kind == CF_DECIMAL) return cf_decimal_compare(*a.as.decimal, *b.as.decimal);
    if (a.kind == CF_DATE) return (a.as.date.days > b.as.date.days) - (a.as.date.days < b.as.date.days);
    if (a.kind == CF_FLOAT) return (a.as.number > b.as.number) - (a.as.number < b.as.number);
    if (a.kind == CF_BOOL) return a.as.boolean - b.as.boolean;
    if (a.kind == CF_NULL) return 0;
    return (a.as.integer > b.as.integer) - (a.as.integer < b.as.integer);
}

bool cf_attribute_same(const cf_attribute *attribute, const void *a, const void *b)
{
    if (attribute->type == CF_TYPE_TEXT)
        return same_text(*(const char *const *)cf_at(a, attribute), *(const char *const *)cf_at(b, attribute));
    if (attribute->type == CF_TYPE_INT64 && !attribute->twin)
        return *(const int64_t *)cf_at(a, attribute) == *(const int64_t *)cf_at(b, attribute);
    return cf_value_same(cf_attribute_read(attribute, a), cf_attribute_read(attribute, b));
}

static uint64_t mix(uint64_t h)
{
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

uint64_t cf_value_hash(cf_value value)
{
    switch (value.kind) {
    case CF_TEXT:
    case CF_BYTES:
    case CF_JSON: return cf_hash(value.as.text, value.size);
    case CF_UUID: return cf_hash(value.as.uuid, sizeof(cf_uuid));
    case CF_DECIMAL: return 1; /* equal numbers may differ in scale */
    case CF_DATE: return mix((uint64_t)value.as.date.days);
    case CF_BOOL: return mix(value.as.boolean);
    default: return mix((uint64_t)value.as.integer);
    }
}

/* The flag `null` of a cf_null_ twin, which stands last but for padding. */
static bool explicit_null(const cf_attribute *a, const void *object)
{
#define TWIN(T, S) \
    case T: return ((const S *)cf_at(object, a))->null
    switch (a->type) {
        TWIN(CF_TYPE_BOOL, cf_null_bool);
        TWIN(CF_TYPE_INT16, cf_null_int16);
        TWIN(CF_TYPE_INT32, cf_null_int32);
        TWIN(CF_TYPE_INT64, cf_null_int64);
        TWIN(CF_TYPE_FLOAT, cf_null_float);
        TWIN(CF_TYPE_DOUBLE, cf_null_double);
        TWIN(CF_TYPE_DATE, cf_null_date);
        TWIN(CF_TYPE_TIME, cf_null_time);
        TWIN(CF_TYPE_DATETIME, cf_null_datetime);
        TWIN(CF_TYPE_INTERVAL, cf_null_interval);
        TWIN(CF_TYPE_DECIMAL, cf_null_decimal);
        TWIN(CF_TYPE_UUID, cf_null_uuid);
    default: return false;
    }
#undef TWIN
}

bool cf_attribute_unset(const cf_attribute *attribute, const void *object)
{
    cf_value v = cf_attribute_read(attribute, object);
    if (attribute->twin) return v.kind == CF_NULL && !explicit_null(attribute, object);
    switch (v.kind) {
    case CF_NULL: return true;
    case CF_TEXT: return attribute->type == CF_TYPE_CHARS && v.size == 0;
    case CF_INT:
    case CF_TIME:
    case CF_DATETIME:
    case CF_INTERVAL: return v.as.integer == 0;
    case CF_DATE: return v.as.date.days == 0;
    case CF_FLOAT: return v.as.number == 0;
    case CF_BOOL: return !v.as.boolean;
    case CF_DECIMAL: return v.as.decimal->low == 0 && v.as.decimal->high == 0;
    case CF_UUID: {
        static const cf_uuid none;
        return memcmp(v.as.uuid, &none, sizeof none) == 0;
    }
    default: return false;
    }
}

bool cf_attribute_copy(const cf_attribute *attribute, void *object, const void *values, cf_arena *arena)
{
    void       *to = cf_at(object, attribute);
    const void *from = cf_at(values, attribute);
    memcpy(to, from, attribute->size);
    switch (attribute->type) {
    case CF_TYPE_TEXT:
    case CF_TYPE_JSON: {
        const char *text = *(const char *const *)from;
        if (!text || text == cf_null_text_) return true;
        const char *copy = cf_arena_copy(arena, text);
        memcpy(to, &copy, sizeof copy);
        return copy != NULL;
    }
    case CF_TYPE_BYTES: {
        cf_bytes bytes = *(const cf_bytes *)from;
        if (!bytes.data || bytes.data == cf_null_text_) return true;
        bytes.data = cf_arena_text(arena, bytes.data, bytes.size);
        memcpy(to, &bytes, sizeof bytes);
        return bytes.data != NULL;
    }
    default: return true;
    }
}

/* ---- what templates see ---------------------------------------------------------------------- */

static bool print_object(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    const cf_mapper *mapper = self->cls->data;
    const void      *object = cf_object_data(self);
    cf_buffer_printf(out, "<%s", mapper->name);
    for (size_t i = 0; i < mapper->key_count; i++) {
        cf_value v = cf_attribute_read(&mapper->columns[mapper->key[i]], object);
        cf_buffer_text(out, i ? ", " : " ");
        if (v.kind == CF_INT) cf_buffer_int(out, v.as.integer);
        else if (cf_value_is_text(v)) cf_buffer_add(out, v.as.text, v.size);
        else cf_buffer_text(out, cf_kind_name(v.kind));
    }
    cf_buffer_char(out, '>');
    return !out->failed;
}

static size_t list_length(cf_call *call, cf_object *self)
{
    (void)call;
    return cf_list_count(cf_object_data(self));
}

static cf_answer list_next(cf_call *call, cf_iterator *it, cf_value *out)
{
    (void)call;
    if (it->index >= it->length) return CF_NO;
    *out = cf_value_object(cf_object_of(((void **)it->state)[it->index++]));
    return CF_YES;
}

static bool list_iterate(cf_call *call, cf_object *self, cf_iterator *it)
{
    it->next = list_next;
    it->state = cf_object_data(self);
    it->index = 0;
    it->length = list_length(call, self);
    return true;
}

static cf_answer list_item(cf_call *call, cf_object *self, cf_value key, cf_value *out)
{
    (void)call;
    void  **items = cf_object_data(self);
    int64_t count = (int64_t)cf_list_count(items), i = key.as.integer;
    if (key.kind != CF_INT) return CF_NO;
    if (i < 0) i += count;
    if (i < 0 || i >= count) return CF_NO;
    *out = cf_value_object(cf_object_of(items[i]));
    return CF_YES;
}

static bool list_print(cf_call *call, cf_object *self, cf_buffer *out)
{
    void **items = cf_object_data(self);
    cf_buffer_char(out, '[');
    for (size_t i = 0; items[i]; i++) {
        if (i) cf_buffer_text(out, ", ");
        cf_object *item = cf_object_of(items[i]);
        if (!item->cls->repr(call, item, out)) return false;
    }
    cf_buffer_char(out, ']');
    return !out->failed;
}

size_t cf_list_count(const void *list)
{
    return list ? (size_t)(uintptr_t)cf_header_of(list)->state : 0;
}

cf_class cf_list_class(const void *data)
{
    return (cf_class){.name = "list",
                      .data_offset = CF_HEADER_SIZE,
                      .iterate = list_iterate,
                      .length = list_length,
                      .item = list_item,
                      .print = list_print,
                      .repr = list_print,
                      .data = data};
}

static bool print_row(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<%s>", self->cls->name);
    return !out->failed;
}

cf_class cf_row_class(const cf_row_type *row)
{
    return (cf_class){.name = row->name,
                      .data_offset = CF_HEADER_SIZE,
                      .members = row->fields,
                      .member_count = row->field_count,
                      .print = print_row,
                      .repr = print_row};
}

/* For a state, which holds pointers. A struct behind that is aligned as the struct before: its alignment divides its size. */
static size_t rounded(size_t size)
{
    return (size + 7) / 8 * 8;
}

_Static_assert(sizeof(cf_state) % 16 == 0, "what is aligned before a state must be so behind it");

bool cf_mapper_make_classes(cf_mapper *mapper)
{
    cf_member *members = cf_arena_array(mapper->registry->arena, mapper->column_count, sizeof *members);
    if (!members) return false;
    for (size_t i = 0; i < mapper->column_count; i++) {
        const cf_attribute *a = &mapper->columns[i];
        members[i] = (cf_member){
            .name = a->name, .type = a->type | (a->twin ? CF_TYPE_NULLABLE : 0), .offset = a->offset, .size = a->size};
    }
    mapper->cls = (cf_class){.name = mapper->name,
                             .data_offset = CF_HEADER_SIZE,
                             .members = members,
                             .member_count = mapper->column_count,
                             .print = print_object,
                             .repr = print_object,
                             .data = mapper};
    mapper->list_cls = cf_list_class(mapper);
    mapper->state_at = rounded(mapper->model->size);
    mapper->snapshot_at = mapper->state_at + rounded(sizeof(cf_state));
    mapper->total = mapper->snapshot_at + mapper->model->size;
    return true;
}

cf_state *cf_object_new(cf_mapper *mapper, cf_arena *arena)
{
    char *object = cf_arena_object(arena, &mapper->cls, mapper->total);
    if (!object) return NULL;
    cf_state *state = (cf_state *)(void *)(object + mapper->state_at);
    state->object = object;
    state->snapshot = object + mapper->snapshot_at;
    state->mapper = mapper;
    cf_header_of(object)->state = state;
    return state;
}

void **cf_list_of(const cf_class *cls, cf_arena *arena, void *const *items, size_t count)
{
    void **list = count > SIZE_MAX / sizeof *list - 1 ? NULL : cf_arena_object(arena, cls, (count + 1) * sizeof *list);
    if (!list) return NULL;
    if (count) memcpy(list, items, count * sizeof *list);
    cf_header_of(list)->state = (void *)(uintptr_t)count;
    return list;
}

void **cf_object_list(cf_mapper *mapper, cf_arena *arena, void *const *items, size_t count)
{
    return cf_list_of(&mapper->list_cls, arena, items, count);
}
