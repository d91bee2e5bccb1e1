/* Filters for lists and other things that can be gone over. */
#include <stdio.h>

#include "template/engine.h"

static cf_value or_null(cf_value v)
{
    return cf_t_missing(v) ? cf_value_null() : v;
}

static bool flag(cf_vm *vm, cf_value v, bool fallback, bool *out)
{
    *out = fallback;
    return cf_t_missing(v) || cf_t_truth(vm, v, out);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* How items are looked at: by an attribute path or whole, perhaps ignoring case. */
typedef struct getter {
    cf_value attribute; /* CF_NULL: the item itself */
    cf_value fallback;  /* missing: none */
    bool     ignore_case;
} getter;

static bool get(cf_vm *vm, const getter *g, cf_value item, cf_value *out)
{
    *out = item;
    if (g->attribute.kind != CF_NULL && !cf_t_path(vm, item, g->attribute, g->fallback, out)) return false;
    return !g->ignore_case || !cf_value_is_text(*out) || cf_t_to_case(vm, *out, CASE_LOWER, out);
}

static bool keys_of(cf_vm *vm, const getter *g, const cf_list *items, cf_list **out)
{
    cf_list *keys = cf_t_list_new(vm, items->count);
    if (!keys) return false;
    for (size_t i = 0; i < items->count; i++) {
        if (!get(vm, g, items->items[i], &keys->items[i])) return false;
        keys->count++;
    }
    *out = keys;
    return true;
}

/* sort takes several attributes, separated by commas: keys are lists then. */
static bool sort_keys(cf_vm *vm, const getter *g, const cf_list *items, cf_list **out)
{
    cf_list *keys = cf_t_list_new(vm, items->count);
    if (!keys) return false;
    for (size_t i = 0; i < items->count; i++) {
        cf_list *key = cf_t_list_new(vm, 1);
        if (!key) return false;
        cf_value path = g->attribute;
        for (;;) {
            const char *comma = cf_value_is_text(path) ? memchr(path.as.text, ',', path.size) : NULL;
            getter      one = *g;
            cf_value    v;
            one.attribute = path;
            if (comma) one.attribute.size = (uint32_t)(comma - path.as.text);
            if (!get(vm, &one, items->items[i], &v) || !cf_t_list_add(vm, key, v)) return false;
            if (!comma) break;
            path = cf_value_text_n(comma + 1, path.size - one.attribute.size - 1);
        }
        keys->items[keys->count++] = cf_value_list(key);
    }
    *out = keys;
    return true;
}

static bool f_sort(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool     reverse, sensitive;
    cf_list *items, *keys;
    if (!flag(vm, a[1], false, &reverse) || !flag(vm, a[2], false, &sensitive)) return false;
    getter g = {or_null(a[3]), cf_t_missing_value(), !sensitive};
    return cf_t_collect(vm, a[0], &items) && sort_keys(vm, &g, items, &keys) && cf_t_sort(vm, items, keys, reverse) &&
           cf_t_list_value(vm, items, out);
}

static bool f_dictsort(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool sensitive, reverse;
    int  by = 0;
    if (!flag(vm, a[1], false, &sensitive) || !flag(vm, a[3], false, &reverse)) return false;
    if (!cf_t_missing(a[2])) {
        bool key = cf_value_is_text(a[2]) && a[2].size == 3 && !memcmp(a[2].as.text, "key", 3);
        bool value = cf_value_is_text(a[2]) && a[2].size == 5 && !memcmp(a[2].as.text, "value", 5);
        if (!key && !value)
            return cf_t_raise(vm, "FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
        by = value;
    }
    if (a[0].kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, a[0]);
    cf_value method = a[0], real;
    if (!cf_t_json_value(vm, a[0], &real)) return false;
    if (real.kind != CF_MAPPING)
        return cf_t_raise(vm, "AttributeError", "'%s' object has no attribute 'items'", cf_t_type_name(method));
    cf_call  none = cf_t_call_of(vm, NULL, 0);
    cf_list *items, *keys;
    cf_value view;
    if (!cf_t_call_method(vm, real, "items", 5, &none, &view, NULL)) return false;
    getter g = {cf_value_int(by), cf_t_missing_value(), !sensitive};
    return cf_t_collect(vm, view, &items) && keys_of(vm, &g, items, &keys) && cf_t_sort(vm, items, keys, reverse) &&
           cf_t_list_value(vm, items, out);
}

static bool f_unique(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool     sensitive;
    cf_list *items, *keys, *kept = cf_t_list_new(vm, 0);
    cf_dict *seen = cf_dict_new(vm->arena, 0);
    if (!kept || !flag(vm, a[1], false, &sensitive)) return false;
    if (!seen) return cf_t_no_memory(vm);
    getter g = {or_null(a[2]), cf_t_missing_value(), !sensitive};
    if (!cf_t_collect(vm, a[0], &items) || !keys_of(vm, &g, items, &keys)) return false;
    for (size_t i = 0; i < items->count; i++) {
        if (!cf_t_hashable(vm, keys->items[i])) return false;
        if (cf_dict_get(seen, keys->items[i])) continue;
        if (!cf_t_dict_set(vm, seen, keys->items[i], cf_value_null())) return false;
        if (!cf_t_list_add(vm, kept, items->items[i])) return false;
    }
    return cf_t_generator_new(vm, "do_unique", kept, out);
}

static bool extreme(cf_vm *vm, const cf_value *a, bool max, cf_value *out)
{
    bool     sensitive;
    cf_list *items, *keys;
    if (!flag(vm, a[1], false, &sensitive)) return false;
    getter g = {or_null(a[2]), cf_t_missing_value(), !sensitive};
    if (!cf_t_collect(vm, a[0], &items) || !keys_of(vm, &g, items, &keys)) return false;
    if (!items->count) {
        *out = cf_t_undefined_hint(vm, "No aggregated item, sequence was empty.");
        return true;
    }
    size_t best = 0;
    for (size_t i = 1; i < items->count; i++) {
        bool     better;
        cf_value x = keys->items[i], y = keys->items[best];
        if (!cf_t_compare(vm, max ? CF_T_GT : CF_T_LT, x, y, &better)) return false;
        if (better) best = i;
    }
    *out = items->items[best];
    return true;
}

static bool f_max(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return extreme(vm, a, true, out);
}
static bool f_min(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return extreme(vm, a, false, out);
}

static bool group(cf_vm *vm, cf_value key, cf_list *values, cf_value *out)
{
    if (!cf_t_pair(vm, key, cf_value_list(values), out)) return false;
    out->flags = CF_T_GROUP;
    return true;
}

static bool f_groupby(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool     sensitive;
    cf_list *items, *keys, *shown, *result = cf_t_list_new(vm, 0);
    if (!result || !flag(vm, a[3], false, &sensitive)) return false;
    cf_value fallback = or_null(a[2]).kind == CF_NULL ? cf_t_missing_value() : a[2];
    getter   g = {or_null(a[1]), fallback, !sensitive}, plain = {or_null(a[1]), fallback, false};
    if (!cf_t_collect(vm, a[0], &items) || !keys_of(vm, &g, items, &keys) || !cf_t_sort(vm, items, keys, false))
        return false;
    if (!keys_of(vm, &g, items, &keys) || !keys_of(vm, &plain, items, &shown)) return false;
    for (size_t i = 0; i < items->count;) {
        cf_list *values = cf_t_list_new(vm, 0);
        size_t   first = i;
        bool     same = true;
        if (!values) return false;
        while (i < items->count) {
            if (i > first && !cf_t_equal(vm, keys->items[first], keys->items[i], &same)) return false;
            if (!same) break;
            if (!cf_t_list_add(vm, values, items->items[i++])) return false;
        }
        cf_value g_value;
        if (!group(vm, shown->items[first], values, &g_value) || !cf_t_list_add(vm, result, g_value)) return false;
    }
    return cf_t_list_value(vm, result, out);
}

static bool f_sum(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *items;
    getter   g = {or_null(a[1]), cf_t_missing_value(), false};
    if (!cf_t_collect(vm, a[0], &items)) return false;
    *out = cf_t_missing(a[2]) ? cf_value_int(0) : a[2];
    if (cf_value_is_text(*out))
        return cf_t_raise(vm, "TypeError", "sum() can't sum strings [use ''.join(seq) instead]");
    for (size_t i = 0; i < items->count; i++) {
        cf_value v;
        if (!get(vm, &g, items->items[i], &v) || !cf_t_binary(vm, OP_ADD, *out, v, out)) return false;
    }
    return true;
}

/* ---- map, select, reject -------------------------------------------------------------------- */

/* The arguments of a call behind the first `skip`, with `item` before them. */
static bool with_item(cf_vm *vm, const cf_call *call, size_t skip, cf_call *inner)
{
    size_t    rest = call->argument_count > skip ? call->argument_count - skip : 0;
    cf_value *all = cf_arena_array(vm->arena, rest + 1, sizeof *all);
    if (!all) return cf_t_no_memory(vm);
    if (rest) memcpy(all + 1, call->arguments + skip, rest * sizeof *all);
    *inner = *call;
    inner->arguments = all;
    inner->argument_count = rest + 1;
    return true;
}

static bool map_attribute(cf_vm *vm, const cf_call *call, cf_value attribute, cf_value *out)
{
    cf_value fallback = cf_t_missing_value();
    for (size_t i = 0; i < call->named_count; i++) {
        const cf_named *n = &call->named[i];
        if (n->size == 9 && !memcmp(n->name, "attribute", 9)) continue;
        if (n->size != 7 || memcmp(n->name, "default", 7) != 0)
            return cf_t_raise(vm, "FilterArgumentError", "Unexpected keyword argument '%.*s'", (int)n->size, n->name);
        if (n->value.kind != CF_NULL) fallback = n->value;
    }
    cf_list *items, *keys;
    getter   g = {attribute, fallback, false};
    return cf_t_collect(vm, call->arguments[0], &items) && keys_of(vm, &g, items, &keys) &&
           cf_t_generator_new(vm, "sync_do_map", keys, out);
}

static bool no_value(cf_vm *vm, const cf_call *call, const char *name)
{
    return call->argument_count == 0 && !cf_t_raise(vm, "TypeError", "%s() is missing its value", name);
}

static bool f_map(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    if (no_value(vm, call, "map")) return false;
    cf_value value = call->arguments[0];
    bool     truth;
    cf_list *items, *result = cf_t_list_new(vm, 0);
    if (!result || !cf_t_truth(vm, value, &truth)) return false;
    if (!truth) return cf_t_generator_new(vm, "sync_do_map", result, out);
    const cf_value *attribute = cf_call_named(call, "attribute");
    if (call->argument_count == 1 && attribute) return map_attribute(vm, call, *attribute, out);
    if (call->argument_count == 1) return cf_t_raise(vm, "FilterArgumentError", "map requires a filter argument");
    cf_call  inner;
    cf_value name = call->arguments[1];
    if (!with_item(vm, call, 2, &inner) || !cf_t_collect(vm, value, &items)) return false;
    for (size_t i = 0; i < items->count; i++) {
        cf_value v = cf_value_null();
        ((cf_value *)(uintptr_t)inner.arguments)[0] = items->items[i];
        if (!cf_t_apply_filter(vm, name, &inner, &v) || !cf_t_list_add(vm, result, v)) return false;
    }
    return cf_t_generator_new(vm, "sync_do_map", result, out);
}

static bool choose(cf_vm *vm, const cf_call *call, bool keep, bool by_attribute, cf_value *out)
{
    if (no_value(vm, call, "select")) return false;
    cf_value value = call->arguments[0];
    bool     truth;
    cf_list *items, *result = cf_t_list_new(vm, 0);
    if (!result || !cf_t_truth(vm, value, &truth)) return false;
    if (!truth) return cf_t_generator_new(vm, "select_or_reject", result, out);
    size_t skip = by_attribute ? 2 : 1;
    getter g = {cf_value_null(), cf_t_missing_value(), false};
    if (by_attribute) {
        if (call->argument_count < 2)
            return cf_t_raise(vm, "FilterArgumentError", "Missing parameter for attribute name");
        g.attribute = call->arguments[1];
    }
    bool    test = call->argument_count > skip;
    cf_call inner;
    if (!with_item(vm, call, skip + 1, &inner) || !cf_t_collect(vm, value, &items)) return false;
    for (size_t i = 0; i < items->count; i++) {
        cf_value v;
        if (!get(vm, &g, items->items[i], &v)) return false;
        ((cf_value *)(uintptr_t)inner.arguments)[0] = v;
        if (!(test ? cf_t_apply_test(vm, call->arguments[skip], &inner, &truth) : cf_t_truth(vm, v, &truth)))
            return false;
        if (truth == keep && !cf_t_list_add(vm, result, items->items[i])) return false;
    }
    return cf_t_generator_new(vm, "select_or_reject", result, out);
}

static bool f_select(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return choose(vm, call, true, false, out);
}
static bool f_reject(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return choose(vm, call, false, false, out);
}
static bool f_selectattr(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return choose(vm, call, true, true, out);
}
static bool f_rejectattr(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return choose(vm, call, false, true, out);
}

/* ---- parts ---------------------------------------------------------------------------------- */

static bool f_first(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_generator *g = CF_T_IS(a[0], cf_t_generator_class) ? (cf_t_generator *)a[0].as.object : NULL;
    size_t          at = g ? g->index : 0;
    cf_t_iter       it;
    if (!cf_t_iter_begin(vm, a[0], &it)) return false;
    cf_answer answer = cf_t_iter_next(vm, &it, out);
    if (g) g->index = at + (answer == CF_YES);
    if (answer == CF_NO) *out = cf_t_undefined_hint(vm, "No first item, sequence was empty.");
    return answer != CF_FAILED;
}

static bool reversible(cf_vm *vm, cf_value v)
{
    if (!CF_T_IS(v, cf_t_generator_class) && (cf_t_iterable(vm, v) && v.kind != CF_UNDEFINED)) return true;
    if (v.kind == CF_UNDEFINED) return true;
    return cf_t_raise(vm, "TypeError", "'%s' object is not reversible", cf_t_type_name(v));
}

static bool f_last(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *items;
    if (a[0].kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, a[0]) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, a[0]);
    if (!reversible(vm, a[0])) return false;
    if (cf_value_is_text(a[0]) && a[0].size) return cf_t_item(vm, a[0], cf_value_int(-1), out) == CF_YES;
    if (CF_T_IS(a[0], cf_t_range_class)) {
        const cf_t_range *r = (const cf_t_range *)a[0].as.object;
        *out =
            r->length ? cf_t_range_at(r, r->length - 1) : cf_t_undefined_hint(vm, "No last item, sequence was empty.");
        return true;
    }
    if (!cf_t_collect(vm, a[0], &items)) return false;
    if (items->count) *out = items->items[items->count - 1];
    else *out = cf_t_undefined_hint(vm, "No last item, sequence was empty.");
    return true;
}

static bool f_length(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t n;
    if (!cf_t_length(vm, a[0], &n)) return false;
    *out = cf_value_int(n);
    return true;
}

static bool f_list(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *l;
    return cf_t_collect(vm, a[0], &l) && cf_t_list_value(vm, l, out);
}

static bool f_reverse(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (cf_value_is_text(a[0])) return cf_t_slice(vm, a[0], cf_value_null(), cf_value_null(), cf_value_int(-1), out);
    cf_list *l;
    if (a[0].kind != CF_UNDEFINED && !cf_t_iterable(vm, a[0]))
        return cf_t_raise(vm, "FilterArgumentError", "argument must be iterable");
    if (!cf_t_collect(vm, a[0], &l)) return false;
    for (size_t i = 0; i < l->count / 2; i++) {
        cf_value v = l->items[i];
        l->items[i] = l->items[l->count - 1 - i];
        l->items[l->count - 1 - i] = v;
    }
    return CF_T_IS(a[0], cf_t_generator_class) ? cf_t_list_value(vm, l, out)
                                               : cf_t_generator_new(vm, "reversed", l, out);
}

static bool f_batch(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t  size;
    cf_list *items, *rows = cf_t_list_new(vm, 0), *row = NULL;
    if (!rows || !cf_t_collect(vm, a[0], &items)) return false;
    if (a[1].kind == CF_FLOAT) size = (int64_t)a[1].as.number;
    else if (!cf_t_arg_int(vm, a[1], &size)) return false;
    for (size_t i = 0; i < items->count; i++) {
        if (!row || (int64_t)row->count == size) {
            row = cf_t_list_new(vm, 0);
            if (!row || !cf_t_list_add(vm, rows, cf_value_list(row))) return false;
        }
        if (!cf_t_list_add(vm, row, items->items[i])) return false;
    }
    bool fill = row && !cf_t_missing(a[2]) && a[2].kind != CF_NULL;
    while (fill && (int64_t)row->count < size)
        if (!cf_t_step(vm, 1) || !cf_t_list_add(vm, row, a[2])) return false;
    return cf_t_generator_new(vm, "do_batch", rows, out);
}

static bool f_slice(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t  slices;
    cf_list *items, *rows = cf_t_list_new(vm, 0);
    if (!rows || !cf_t_collect(vm, a[0], &items) || !cf_t_arg_int(vm, a[1], &slices)) return false;
    if (slices == 0) return cf_t_raise(vm, "ZeroDivisionError", "integer division or modulo by zero");
    bool    fill = !cf_t_missing(a[2]) && a[2].kind != CF_NULL;
    int64_t n = (int64_t)items->count, each = slices > 0 ? n / slices : 0, extra = slices > 0 ? n % slices : 0, at = 0;
    for (int64_t i = 0; i < slices; i++) {
        int64_t  count = each + (i < extra);
        cf_list *row = cf_t_step(vm, 1) ? cf_t_list_new(vm, (size_t)count + 1) : NULL;
        if (!row) return false;
        for (int64_t k = 0; k < count; k++) row->items[row->count++] = items->items[at++];
        if (fill && i >= extra && !cf_t_list_add(vm, row, a[2])) return false;
        if (!cf_t_list_add(vm, rows, cf_value_list(row))) return false;
    }
    return cf_t_generator_new(vm, "sync_do_slice", rows, out);
}

static bool f_items(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *l = cf_t_list_new(vm, 0);
    cf_value v;
    if (!l || !cf_t_json_value(vm, a[0], &v)) return false;
    if (v.kind != CF_UNDEFINED) {
        if (v.kind != CF_MAPPING) return cf_t_raise(vm, "TypeError", "Can only get item pairs from a mapping.");
        cf_call  none = cf_t_call_of(vm, NULL, 0);
        cf_value view;
        if (!cf_t_call_method(vm, v, "items", 5, &none, &view, NULL) || !cf_t_collect(vm, view, &l)) return false;
    }
    return cf_t_generator_new(vm, "do_items", l, out);
}

static bool f_random(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t n;
    if (!cf_t_length(vm, a[0], &n)) return false;
    if (n == 0) {
        *out = cf_t_undefined_hint(vm, "No random item, sequence was empty.");
        return true;
    }
    cf_value  index = cf_value_int((int64_t)(cf_t_random(vm) % (uint64_t)n));
    cf_answer answer = cf_t_item(vm, a[0], index, out);
    if (answer == CF_NO) return cf_t_raise(vm, "KeyError", "%lld", (long long)index.as.integer);
    return answer == CF_YES;
}

uint64_t cf_t_random(cf_vm *vm)
{
    vm->random = vm->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = vm->random ^ vm->random >> 31;
    return x * UINT64_C(0x9E3779B97F4A7C15) >> 11;
}

static bool f_attr(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value name;
    if (!cf_t_str(vm, a[1], &name)) return false;
    cf_answer answer = CF_NO;
    if (a[0].kind == CF_UNDEFINED) return cf_t_getattr(vm, a[0], name.as.text, name.size, out, NULL);
    if (!CF_T_IS(a[0], cf_t_namespace_class)) answer = cf_t_attribute(vm, a[0], name.as.text, name.size, out, NULL);
    if (answer == CF_NO) *out = cf_t_undefined_attr(vm, a[0], name.as.text, name.size);
    return answer != CF_FAILED;
}

static bool f_default(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool boolean, truth = true;
    if (!flag(vm, a[2], false, &boolean)) return false;
    bool use = a[0].kind == CF_UNDEFINED;
    if (!use && boolean) {
        if (!cf_t_truth(vm, a[0], &truth)) return false;
        use = !truth;
    }
    *out = !use ? a[0] : cf_t_missing(a[1]) ? cf_value_text("") : a[1];
    return true;
}

/* ---- join ----------------------------------------------------------------------------------- */

static bool f_join(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_list *items;
    cf_value d = cf_t_missing(a[1]) ? cf_value_text("") : a[1];
    if (!cf_t_collect(vm, a[0], &items)) return false;
    if (!cf_t_missing(a[2]) && a[2].kind != CF_NULL) {
        getter g = {a[2], cf_t_missing_value(), false};
        if (!keys_of(vm, &g, items, &items)) return false;
    }
    bool escape = call->autoescape && cf_t_has_html(d);
    for (size_t i = 0; i < items->count && call->autoescape && !escape; i++) escape = cf_t_has_html(items->items[i]);
    cf_value separator;
    if (!(escape ? cf_t_str_escaped(vm, d, &separator) : cf_t_str(vm, d, &separator))) return false;
    cf_buffer b = cf_t_buffer(vm);
    for (size_t i = 0; i < items->count && !b.failed; i++) {
        if (i) cf_buffer_add(&b, separator.as.text, separator.size);
        if (!(escape ? cf_t_escape(vm, items->items[i], &b) : cf_t_print(vm, items->items[i], &b))) {
            cf_buffer_free(&b);
            return false;
        }
    }
    return cf_t_take(vm, &b, escape, out);
}

const cf_t_builtin cf_t_list_filters[] = {{"attr", f_attr, "obj name", 1, 0},
                                          {"batch", f_batch, "value linecount fill_with", 2, 0},
                                          {"count", f_length, "obj", 1, 4},
                                          {"d", f_default, "value default_value boolean", 1, 0},
                                          {"default", f_default, "value default_value boolean", 1, 0},
                                          {"dictsort", f_dictsort, "value case_sensitive by reverse", 1, 0},
                                          {"first", f_first, "seq", 1, 0},
                                          {"groupby", f_groupby, "value attribute default case_sensitive", 2, 0},
                                          {"items", f_items, "value", 1, 0},
                                          {"join", f_join, "value d attribute", 1, 0},
                                          {"last", f_last, "seq", 1, 0},
                                          {"length", f_length, "obj", 1, 4},
                                          {"list", f_list, "value", 1, 0},
                                          {"map", f_map, "", 0, CF_T_RAW},
                                          {"max", f_max, "value case_sensitive attribute", 1, 0},
                                          {"min", f_min, "value case_sensitive attribute", 1, 0},
                                          {"random", f_random, "seq", 1, 0},
                                          {"reject", f_reject, "", 0, CF_T_RAW},
                                          {"rejectattr", f_rejectattr, "", 0, CF_T_RAW},
                                          {"reverse", f_reverse, "value", 1, 0},
                                          {"select", f_select, "", 0, CF_T_RAW},
                                          {"selectattr", f_selectattr, "", 0, CF_T_RAW},
                                          {"slice", f_slice, "value slices fill_with", 2, 0},
                                          {"sort", f_sort, "value reverse case_sensitive attribute", 1, 0},
                                          {"sum", f_sum, "iterable attribute start", 1, 0},
                                          {"unique", f_unique, "value case_sensitive attribute", 1, 0},
                                          {NULL, NULL, NULL, 0, 0}};
