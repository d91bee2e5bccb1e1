/* Going over values: lists, texts, ranges, dictionaries, objects. */
#include "template/machine.h"

static bool begin_object(cf_vm *vm, cf_value v, cf_t_iter *it)
{
    const cf_class *cls = v.as.object->cls;
    if (cls == &cf_t_range_class) {
        const cf_t_range *r = (const cf_t_range *)v.as.object;
        it->kind = ITER_RANGE;
        it->start = r->start;
        it->step = r->step;
        it->length = r->length;
        return true;
    }
    if (cls == &cf_t_generator_class) {
        it->kind = ITER_LIST;
        it->length = ((cf_t_generator *)v.as.object)->list->count;
        it->index = ((cf_t_generator *)v.as.object)->index;
        ((cf_t_generator *)v.as.object)->index = it->length;
        it->length -= it->index;
        it->source = cf_value_list(((cf_t_generator *)v.as.object)->list);
        return true;
    }
    if (cls == &cf_t_view_class) {
        const cf_t_view *view = (const cf_t_view *)v.as.object;
        it->kind = ITER_ITEMS;
        it->start = view->what;
        it->source = cf_value_dict(view->dict);
        it->expected = view->dict->count;
        it->length = view->dict->count;
        return true;
    }
    if (cls->iterate) {
        cf_call call = cf_t_call_of(vm, NULL, 0);
        it->kind = ITER_OBJECT;
        it->own = (cf_iterator){.length = SIZE_MAX};
        if (!cls->iterate(&call, v.as.object, &it->own)) return false;
        it->length = it->own.length;
        return true;
    }
    return cf_t_raise(vm, "TypeError", "'%s' object is not iterable", cf_t_type_name(v));
}

bool cf_t_iter_begin(cf_vm *vm, cf_value v, cf_t_iter *it)
{
    *it = (cf_t_iter){.kind = ITER_EMPTY, .source = v, .length = 0};
    switch (v.kind) {
    case CF_SEQUENCE:
    case CF_TUPLE:
        it->kind = ITER_LIST;
        it->length = v.as.list->count;
        return true;
    case CF_TEXT:
    case CF_MARKUP:
        it->kind = ITER_TEXT;
        it->length = cf_utf8_length(v.as.text, v.size);
        return true;
    case CF_MAPPING:
        it->kind = ITER_KEYS;
        it->length = it->expected = v.as.dict->count;
        return true;
    case CF_UNDEFINED:
        if (cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT) return cf_t_undefined_fail(vm, v);
        return true;
    case CF_OBJECT: return begin_object(vm, v, it);
    case CF_JSON: {
        cf_value real;
        if (!cf_t_json_value(vm, v, &real)) return false;
        if (real.kind != CF_JSON) return cf_t_iter_begin(vm, real, it);
        break;
    }
    default: break;
    }
    return cf_t_raise(vm, "TypeError", "'%s' object is not iterable", cf_t_type_name(v));
}

static cf_answer next_entry(cf_vm *vm, cf_t_iter *it, cf_value *out)
{
    const cf_dict *d = it->source.as.dict;
    if (d->count != it->expected) {
        cf_t_raise(vm, "RuntimeError", "dictionary changed size during iteration");
        return CF_FAILED;
    }
    while (it->index < d->used && d->entries[it->index].removed) it->index++;
    if (it->index >= d->used) return CF_NO;
    const cf_entry *e = &d->entries[it->index++];
    if (it->kind == ITER_KEYS || it->start == 0) *out = e->key;
    else if (it->start == 1) *out = e->value;
    else if (!cf_t_pair(vm, e->key, e->value, out)) return CF_FAILED;
    return CF_YES;
}

static cf_answer next_character(cf_t_iter *it, cf_value *out)
{
    size_t from = it->index, at = from;
    if (at >= it->source.size) return CF_NO;
    cf_utf8_next(it->source.as.text, it->source.size, &at);
    it->index = at;
    *out = cf_value_text_n(it->source.as.text + from, at - from);
    return CF_YES;
}

cf_answer cf_t_iter_next(cf_vm *vm, cf_t_iter *it, cf_value *out)
{
    cf_answer answer = CF_NO;
    if (!cf_t_step(vm, 1)) return CF_FAILED;
    switch (it->kind) {
    case ITER_LIST:
        if (it->index >= it->source.as.list->count) return CF_NO;
        *out = it->source.as.list->items[it->index++];
        answer = CF_YES;
        break;
    case ITER_RANGE:
        if (it->index >= it->length) return CF_NO;
        *out = cf_value_int((int64_t)((uint64_t)it->start + (uint64_t)it->step * it->index++));
        answer = CF_YES;
        break;
    case ITER_TEXT: answer = next_character(it, out); break;
    case ITER_KEYS:
    case ITER_ITEMS: answer = next_entry(vm, it, out); break;
    case ITER_OBJECT: {
        cf_call call = cf_t_call_of(vm, NULL, 0);
        answer = it->own.next(&call, &it->own, out);
        break;
    }
    default: break;
    }
    if (answer == CF_YES) it->count++;
    return answer;
}

bool cf_t_iterable(cf_vm *vm, cf_value v)
{
    switch (v.kind) {
    case CF_SEQUENCE:
    case CF_TUPLE:
    case CF_TEXT:
    case CF_MARKUP:
    case CF_MAPPING:
    case CF_UNDEFINED: return true;
    case CF_JSON: {
        cf_value real;
        return cf_t_json_value(vm, v, &real) && real.kind != CF_JSON && cf_t_iterable(vm, real);
    }
    case CF_OBJECT: {
        const cf_class *cls = v.as.object->cls;
        return cls == &cf_t_range_class || cls == &cf_t_generator_class || cls == &cf_t_view_class || cls->iterate;
    }
    default: return false;
    }
}

bool cf_t_collect(cf_vm *vm, cf_value v, cf_list **out)
{
    cf_t_iter it;
    if (!cf_t_iter_begin(vm, v, &it)) return false;
    size_t   room = it.length == SIZE_MAX || it.length > 4096 ? 16 : it.length;
    cf_list *l = cf_t_list_new(vm, room);
    if (!l) return false;
    for (;;) {
        cf_value  item;
        cf_answer answer = cf_t_iter_next(vm, &it, &item);
        if (answer == CF_FAILED) return false;
        if (answer == CF_NO) break;
        if (!cf_t_list_add(vm, l, item)) return false;
    }
    *out = l;
    return true;
}

bool cf_t_length(cf_vm *vm, cf_value v, int64_t *out)
{
    switch (v.kind) {
    case CF_SEQUENCE:
    case CF_TUPLE: *out = (int64_t)v.as.list->count; return true;
    case CF_TEXT:
    case CF_MARKUP: *out = (int64_t)cf_utf8_length(v.as.text, v.size); return true;
    case CF_BYTES: *out = v.size; return true;
    case CF_MAPPING: *out = (int64_t)v.as.dict->count; return true;
    case CF_UNDEFINED:
        if (cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT) return cf_t_undefined_fail(vm, v);
        *out = 0;
        return true;
    case CF_JSON: {
        cf_value real;
        if (!cf_t_json_value(vm, v, &real)) return false;
        if (real.kind != CF_JSON) return cf_t_length(vm, real, out);
        break;
    }
    case CF_OBJECT: {
        const cf_class *cls = v.as.object->cls;
        if (!cls->length) break;
        cf_call call = cf_t_call_of(vm, NULL, 0);
        size_t  n = cls->length(&call, v.as.object);
        if (n == SIZE_MAX && vm->error->code != CF_OK) return false;
        *out = (int64_t)n;
        return true;
    }
    default: break;
    }
    return cf_t_raise(vm, "TypeError", "object of type '%s' has no len()", cf_t_type_name(v));
}
