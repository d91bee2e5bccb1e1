/* Looking into values: attributes, items, slices. */
#include <jansson.h>

#include "template/machine.h"

/* ---- JSON documents ------------------------------------------------------------------------- */

static bool from_json(cf_vm *vm, const json_t *j, int depth, cf_value *out);

static bool from_json_items(cf_vm *vm, const json_t *j, int depth, cf_value *out)
{
    if (json_is_array(j)) {
        cf_list *l = cf_t_list_new(vm, json_array_size(j));
        for (size_t i = 0; l && i < json_array_size(j); i++)
            if (!from_json(vm, json_array_get(j, i), depth, &l->items[l->count++])) return false;
        *out = cf_value_list(l);
        return l != NULL;
    }
    cf_dict *d = cf_dict_new(vm->arena, json_object_size(j));
    if (!d) return cf_t_no_memory(vm);
    const char *key;
    json_t     *item;
    json_object_foreach((json_t *)(uintptr_t)j, key, item)
    {
        cf_value k, v;
        if (!cf_t_new_text(vm, key, strlen(key), &k) || !from_json(vm, item, depth, &v)) return false;
        if (!cf_dict_set(d, k, v)) return cf_t_no_memory(vm);
    }
    *out = cf_value_dict(d);
    return true;
}

static bool from_json(cf_vm *vm, const json_t *j, int depth, cf_value *out)
{
    if (depth > 90) return cf_t_raise(vm, "RecursionError", "a JSON document is nested too deeply");
    switch (json_typeof(j)) {
    case JSON_STRING: return cf_t_new_text(vm, json_string_value(j), json_string_length(j), out);
    case JSON_INTEGER: *out = cf_value_int(json_integer_value(j)); return true;
    case JSON_REAL: *out = cf_value_double(json_real_value(j)); return true;
    case JSON_TRUE: *out = cf_value_bool(true); return true;
    case JSON_FALSE: *out = cf_value_bool(false); return true;
    case JSON_NULL: *out = cf_value_null(); return true;
    default: return from_json_items(vm, j, depth + 1, out);
    }
}

/* A document as the values it describes; anything else as it is. What is no JSON is text. */
bool cf_t_json_value(cf_vm *vm, cf_value v, cf_value *out)
{
    *out = v;
    if (v.kind != CF_JSON) return true;
    json_error_t problem;
    json_t      *j = json_loadb(v.as.text, v.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (!j) {
        out->kind = CF_TEXT;
        return true;
    }
    bool ok = from_json(vm, j, 0, out);
    json_decref(j);
    return ok;
}

/* ---- attributes ----------------------------------------------------------------------------- */

static cf_answer object_attribute(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out,
                                  cf_t_cache *cache)
{
    cf_object       *o = v.as.object;
    const cf_class  *cls = o->cls;
    const cf_member *m = cache ? atomic_load_explicit(cache, memory_order_relaxed) : NULL;
    if (!m || m < cls->members || m >= cls->members + cls->member_count) {
        m = cls->member_count ? cf_class_member(cls, name, size) : NULL;
        if (m && cache) atomic_store_explicit(cache, m, memory_order_relaxed);
    }
    if (m && !m->get) {
        *out = cf_value_read((char *)cf_object_data(o) + m->offset, m->type, m->size);
        return CF_YES;
    }
    if (!m && !cls->attribute) return CF_NO;
    cf_call call = cf_t_call_of(vm, NULL, 0);
    if (m) return m->get(&call, o, m, out) ? CF_YES : CF_FAILED;
    return cls->attribute(&call, o, name, size, out);
}

static cf_answer number_attribute(cf_value v, const char *name, size_t size, cf_value *out)
{
    cf_t_text n = {name, size};
#define IS(literal) (n.size == sizeof literal - 1 && memcmp(n.text, literal, n.size) == 0)
    bool whole = v.kind != CF_FLOAT;
    if (IS("real") || (whole && IS("numerator"))) *out = v.kind == CF_BOOL ? cf_value_int(v.as.boolean) : v;
    else if (IS("imag")) *out = whole ? cf_value_int(0) : cf_value_double(0);
    else if (whole && IS("denominator")) *out = cf_value_int(1);
    else return CF_NO;
#undef IS
    return CF_YES;
}

/* What v.__class__ gives: a type that knows its name. */
typedef struct type_object {
    cf_object   object;
    const char *name;
} type_object;

static cf_answer type_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    if ((size != 8 || memcmp(name, "__name__", 8) != 0) && (size != 12 || memcmp(name, "__qualname__", 12) != 0))
        return CF_NO;
    *out = cf_value_text(((type_object *)self)->name);
    return CF_YES;
}

static bool type_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    const char *name = ((type_object *)self)->name;
    cf_buffer_printf(out, "<class '%s%s'>", strcmp(name, "Markup") == 0 ? "markupsafe." : "", name);
    return true;
}

static cf_answer type_equals(cf_call *call, cf_object *self, cf_value other);

static const cf_class type_class = {
    .name = "type", .attribute = type_attribute, .print = type_repr, .repr = type_repr, .equals = type_equals};

static cf_answer type_equals(cf_call *call, cf_object *self, cf_value other)
{
    (void)call;
    if (!CF_T_IS(other, type_class)) return CF_NO;
    return strcmp(((type_object *)self)->name, ((type_object *)other.as.object)->name) == 0 ? CF_YES : CF_NO;
}

static cf_answer class_of(cf_vm *vm, cf_value v, cf_value *out)
{
    type_object *t = cf_arena_alloc(vm->arena, sizeof *t);
    if (!t) {
        cf_t_no_memory(vm);
        return CF_FAILED;
    }
    static const char *const kinds[] = {"Undefined", "ChainableUndefined", "DebugUndefined", "StrictUndefined"};
    *t =
        (type_object){{&type_class}, v.kind == CF_UNDEFINED ? kinds[cf_t_undefined_kind_of(vm, v)] : cf_t_type_name(v)};
    *out = cf_value_object(&t->object);
    return CF_YES;
}

cf_answer cf_t_attribute(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out, cf_t_cache *cache)
{
    if (v.kind == CF_OBJECT && v.as.object->cls != &cf_t_big_class) {
        cf_answer answer = object_attribute(vm, v, name, size, out, cache);
        if (answer != CF_NO) return answer;
    }
    const cf_t_builtin *b = cf_t_method_of(v, name, size);
    if (b) {
        cf_t_method *m = cf_arena_alloc(vm->arena, sizeof *m);
        if (!m) {
            cf_t_no_memory(vm);
            return CF_FAILED;
        }
        *m = (cf_t_method){{&cf_t_method_class}, v, b};
        *out = cf_value_object(&m->object);
        return CF_YES;
    }
    if (v.kind == CF_TUPLE && v.flags == CF_T_GROUP) {
        bool list = size == 4 && !memcmp(name, "list", 4);
        if (!list && (size != 7 || memcmp(name, "grouper", 7) != 0)) return CF_NO;
        *out = v.as.list->items[list];
        return CF_YES;
    }
    if (cf_t_is_number(v) && name[0] != '_') return number_attribute(v, name, size, out);
    if (size == 9 && memcmp(name, "__class__", 9) == 0) return class_of(vm, v, out);
    if (v.kind >= CF_DATE && v.kind <= CF_INTERVAL) return cf_t_time_attribute(vm, v, name, size, out);
    return CF_NO;
}

/* The attributes that an undefined value really has. */
static bool undefined_member(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out)
{
    const cf_t_undefined *u = v.as.pointer;
    if (size == 9 && memcmp(name, "__class__", 9) == 0) return class_of(vm, v, out) == CF_YES;
    if (!u || size != 15 || (memcmp(name, "_undefined_name", 15) != 0 && memcmp(name, "_undefined_hint", 15) != 0))
        return false;
    cf_t_text t = name[11] == 'n' ? u->name : u->hint;
    *out = t.size                                           ? cf_value_text_n(t.text, t.size)
           : name[11] == 'n' && u->key.kind != CF_UNDEFINED ? u->key
                                                            : cf_value_null();
    return true;
}

static bool undefined_access(cf_vm *vm, cf_value v, cf_value *out)
{
    if (cf_t_undefined_kind_of(vm, v) != CF_UNDEFINED_CHAINABLE) return cf_t_undefined_fail(vm, v);
    *out = v;
    return true;
}

bool cf_t_getattr(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out, cf_t_cache *cache)
{
    if (v.kind == CF_UNDEFINED) return undefined_member(vm, v, name, size, out) || undefined_access(vm, v, out);
    if (v.kind == CF_JSON && !cf_t_json_value(vm, v, &v)) return false;
    cf_answer answer = cf_t_attribute(vm, v, name, size, out, cache);
    if (answer == CF_NO) answer = cf_t_item(vm, v, cf_value_text_n(name, size), out);
    if (answer != CF_NO) return answer == CF_YES;
    *out = cf_t_undefined_attr(vm, v, name, size);
    return true;
}

/* ---- items ---------------------------------------------------------------------------------- */

static bool index_of(cf_value key, size_t length, size_t *out)
{
    if (key.kind != CF_INT && key.kind != CF_BOOL) return false;
    int64_t i = key.kind == CF_BOOL ? key.as.boolean : key.as.integer;
    if (i < 0) i += (int64_t)length;
    *out = (size_t)i;
    return i >= 0 && (size_t)i < length;
}

static cf_answer text_item(cf_value v, cf_value key, cf_value *out)
{
    size_t index;
    if (!index_of(key, cf_utf8_length(v.as.text, v.size), &index)) return CF_NO;
    size_t from = cf_utf8_offset(v.as.text, v.size, index), at = from;
    cf_utf8_next(v.as.text, v.size, &at);
    *out = cf_value_text_n(v.as.text + from, at - from);
    out->kind = v.kind;
    return CF_YES;
}

/* Objects that can be iterated but not indexed: by counting. */
static cf_answer object_item(cf_vm *vm, cf_value v, cf_value key, cf_value *out)
{
    const cf_class *cls = v.as.object->cls;
    size_t          index;
    if (cls == &cf_t_range_class) {
        const cf_t_range *r = (const cf_t_range *)v.as.object;
        if (!index_of(key, r->length, &index)) return CF_NO;
        *out = cf_t_range_at(r, index);
        return CF_YES;
    }
    cf_call call = cf_t_call_of(vm, NULL, 0);
    if (cls->item) return cls->item(&call, v.as.object, key, out);
    if (!cls->iterate || !cls->length || (key.kind != CF_INT && key.kind != CF_BOOL)) return CF_NO;
    size_t length = cls->length(&call, v.as.object);
    if (length == SIZE_MAX) return CF_FAILED;
    if (!index_of(key, length, &index)) return CF_NO;
    cf_t_iter it;
    if (!cf_t_iter_begin(vm, v, &it)) return CF_FAILED;
    cf_answer answer = CF_YES;
    for (size_t i = 0; i <= index && answer == CF_YES; i++) answer = cf_t_iter_next(vm, &it, out);
    return answer;
}

cf_answer cf_t_item(cf_vm *vm, cf_value v, cf_value key, cf_value *out)
{
    size_t index;
    switch (v.kind) {
    case CF_SEQUENCE:
    case CF_TUPLE:
        if (!index_of(key, v.as.list->count, &index)) return CF_NO;
        *out = v.as.list->items[index];
        return CF_YES;
    case CF_TEXT:
    case CF_MARKUP: return text_item(v, key, out);
    case CF_BYTES:
        if (!index_of(key, v.size, &index)) return CF_NO;
        *out = cf_value_int((unsigned char)v.as.text[index]);
        return CF_YES;
    case CF_MAPPING: {
        const cf_value *found = cf_dict_get(v.as.dict, key);
        if (!found) return CF_NO;
        *out = *found;
        return CF_YES;
    }
    case CF_OBJECT: return object_item(vm, v, key, out);
    default: return CF_NO;
    }
}

bool cf_t_getitem(cf_vm *vm, cf_value v, cf_value key, cf_value *out)
{
    if (v.kind == CF_UNDEFINED) return undefined_access(vm, v, out);
    if (v.kind == CF_JSON && !cf_t_json_value(vm, v, &v)) return false;
    cf_answer answer = cf_t_item(vm, v, key, out);
    if (answer == CF_NO && cf_value_is_text(key)) answer = cf_t_attribute(vm, v, key.as.text, key.size, out, NULL);
    if (answer != CF_NO) return answer == CF_YES;
    *out = cf_t_undefined_item(vm, v, key);
    return true;
}

/* ---- slices --------------------------------------------------------------------------------- */

static bool slice_index(cf_vm *vm, cf_value v, bool *given, int64_t *out)
{
    *given = v.kind != CF_NULL;
    if (!*given) return true;
    if (!cf_t_is_int(v)) {
        if (v.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT && false) return false;
        return cf_t_raise(vm, "TypeError", "slice indices must be integers or None or have an __index__ method");
    }
    return cf_t_arg_int(vm, v, out);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Start, step and number of items, as Python's slice.indices(). */
static bool slice_bounds(cf_vm *vm, size_t length, cf_value from, cf_value to, cf_value by, int64_t *start,
                         int64_t *step, size_t *count)
{
    int64_t n = (int64_t)length, stop = 0;
    bool    has_start, has_stop, has_step;
    *step = 1;
    if (!slice_index(vm, by, &has_step, step)) return false;
    if (has_step && *step == 0) return cf_t_raise(vm, "ValueError", "slice step cannot be zero");
    if (!slice_index(vm, from, &has_start, start) || !slice_index(vm, to, &has_stop, &stop)) return false;
    bool back = *step < 0;
    if (!has_start) *start = back ? n - 1 : 0;
    else *start = clamp(*start < 0 ? *start + n : *start, back ? -1 : 0, back ? n - 1 : n);
    if (!has_stop) stop = back ? -1 : n;
    else stop = clamp(stop < 0 ? stop + n : stop, back ? -1 : 0, back ? n - 1 : n);
    int64_t span = back ? *start - stop : stop - *start, unit = back ? -*step : *step;
    *count = span > 0 ? (size_t)((span - 1) / unit + 1) : 0;
    return true;
}

static bool slice_text(cf_vm *vm, cf_value v, int64_t start, int64_t step, size_t count, cf_value *out)
{
    if (step == 1) {
        size_t from = cf_utf8_offset(v.as.text, v.size, (size_t)start);
        size_t end = from + cf_utf8_offset(v.as.text + from, v.size - from, count);
        *out = cf_value_text_n(v.as.text + from, end - from);
        out->kind = v.kind;
        return true;
    }
    size_t    length = cf_utf8_length(v.as.text, v.size);
    uint32_t *at = cf_arena_array(vm->arena, length + 1, sizeof *at);
    char     *copy = cf_arena_alloc(vm->arena, v.size + 1);
    if (!at || !copy) return cf_t_no_memory(vm);
    size_t i = 0, used = 0;
    for (size_t p = 0; p < v.size; i++) {
        at[i] = (uint32_t)p;
        cf_utf8_next(v.as.text, v.size, &p);
    }
    at[length] = v.size;
    for (size_t k = 0; k < count; k++, start += step) {
        size_t n = at[start + 1] - at[start];
        memcpy(copy + used, v.as.text + at[start], n);
        used += n;
    }
    *out = cf_value_text_n(copy, used);
    out->kind = v.kind;
    return true;
}

bool cf_t_slice(cf_vm *vm, cf_value v, cf_value from, cf_value to, cf_value by, cf_value *out)
{
    int64_t start = 0, step = 1;
    size_t  count = 0;
    if (v.kind == CF_UNDEFINED) return undefined_access(vm, v, out);
    if (v.kind == CF_JSON && !cf_t_json_value(vm, v, &v)) return false;
    bool text = cf_value_is_text(v), list = v.kind == CF_SEQUENCE || v.kind == CF_TUPLE;
    bool range = CF_T_IS(v, cf_t_range_class);
    if (!text && !list && !range) {
        const cf_class *cls = v.kind == CF_OBJECT ? v.as.object->cls : NULL;
        bool            own = cls && cls->iterate && cls->length;
        if (v.kind == CF_MAPPING) return cf_t_raise(vm, "TypeError", "unhashable type: 'slice'");
        if (!own) return cf_t_raise(vm, "TypeError", "'%s' object is not subscriptable", cf_t_type_name(v));
        cf_list *all;
        if (!cf_t_collect(vm, v, &all)) return false;
        v = cf_value_list(all);
    }
    int64_t length;
    if (!cf_t_length(vm, v, &length)) return false;
    if (!slice_bounds(vm, (size_t)length, from, to, by, &start, &step, &count)) return false;
    if (!cf_t_step(vm, count / 8 + 1)) return false;
    if (text) return slice_text(vm, v, start, step, count, out);
    if (range) {
        const cf_t_range *r = (const cf_t_range *)v.as.object;
        int64_t           first = (int64_t)((uint64_t)r->start + (uint64_t)start * (uint64_t)r->step);
        int64_t           unit = (int64_t)((uint64_t)r->step * (uint64_t)step);
        return cf_t_range_new(vm, first, (int64_t)((uint64_t)first + (uint64_t)unit * count), unit, out);
    }
    cf_list *l = cf_t_list_new(vm, count);
    if (!l) return false;
    for (; l->count < count; start += step) l->items[l->count++] = v.as.list->items[start];
    *out = cf_value_list(l);
    out->kind = v.kind;
    return true;
}

/* ---- paths ---------------------------------------------------------------------------------- */

static bool path_step(cf_vm *vm, cf_value v, cf_value part, cf_value fallback, cf_value *out)
{
    if (!cf_t_getitem(vm, v, part, out)) return false;
    if (out->kind == CF_UNDEFINED && !cf_t_missing(fallback)) *out = fallback;
    return true;
}

bool cf_t_path(cf_vm *vm, cf_value v, cf_value path, cf_value fallback, cf_value *out)
{
    if (!cf_value_is_text(path)) return path_step(vm, v, path, fallback, out);
    const char *p = path.as.text, *end = p + path.size;
    for (;;) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        size_t      n = (size_t)((dot ? dot : end) - p);
        cf_value    part = cf_value_text_n(p, n);
        bool        digits = n > 0 && n < 18;
        for (size_t i = 0; i < n; i++) digits = digits && p[i] >= '0' && p[i] <= '9';
        if (digits) {
            int64_t index = 0;
            cf_parse_int(p, n, &index);
            part = cf_value_int(index);
        }
        if (!path_step(vm, v, part, fallback, &v)) return false;
        if (!dot) break;
        p = dot + 1;
    }
    *out = v;
    return true;
}
