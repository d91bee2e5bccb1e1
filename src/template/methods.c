/* The methods of lists, dictionaries, numbers and bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "template/engine.h"

static bool none(cf_value *out)
{
    *out = cf_value_null();
    return true;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static bool l_append(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_list_add(vm, a[0].as.list, a[1]) && none(out);
}

static bool l_extend(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *more;
    if (!cf_t_collect(vm, a[1], &more)) return false;
    for (size_t i = 0; i < more->count; i++)
        if (!cf_t_list_add(vm, a[0].as.list, more->items[i])) return false;
    return none(out);
}

static bool l_insert(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *l = a[0].as.list;
    int64_t  at;
    if (!cf_t_arg_int(vm, a[1], &at) || !cf_t_list_add(vm, l, a[2])) return false;
    int64_t n = (int64_t)l->count - 1;
    if (at < 0) at = at + n < 0 ? 0 : at + n;
    if (at > n) at = n;
    memmove(l->items + at + 1, l->items + at, (size_t)(n - at) * sizeof *l->items);
    l->items[at] = a[2];
    return none(out);
}

static bool l_pop(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *l = a[0].as.list;
    int64_t  at = -1;
    if (!cf_t_missing(a[1]) && !cf_t_arg_int(vm, a[1], &at)) return false;
    if (!l->count) return cf_t_raise(vm, "IndexError", "pop from empty list");
    if (at < 0) at += (int64_t)l->count;
    if (at < 0 || (size_t)at >= l->count) return cf_t_raise(vm, "IndexError", "pop index out of range");
    *out = l->items[at];
    memmove(l->items + at, l->items + at + 1, (l->count - (size_t)at - 1) * sizeof *l->items);
    l->count--;
    return true;
}

/* Position of a value between optional bounds; SIZE_MAX: not there. */
static bool position(cf_vm *vm, const cf_value *a, size_t *out)
{
    const cf_list *l = a[0].as.list;
    int64_t        n = (int64_t)l->count, from = 0, to = n;
    if (!cf_t_missing(a[2]) && !cf_t_arg_int(vm, a[2], &from)) return false;
    if (!cf_t_missing(a[3]) && !cf_t_arg_int(vm, a[3], &to)) return false;
    if (from < 0) from = from + n < 0 ? 0 : from + n;
    if (to < 0) to += n;
    *out = SIZE_MAX;
    for (int64_t i = from; i < to && i < n; i++) {
        bool same;
        if (!cf_t_step(vm, 1) || !cf_t_equal(vm, l->items[i], a[1], &same)) return false;
        if (!same) continue;
        *out = (size_t)i;
        break;
    }
    return true;
}

static bool l_index(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    size_t at;
    if (!position(vm, a, &at)) return false;
    if (at == SIZE_MAX) return cf_t_raise(vm, "ValueError", "the value is not in the list");
    *out = cf_value_int((int64_t)at);
    return true;
}

static bool l_remove(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list       *l = a[0].as.list;
    const cf_value all[4] = {a[0], a[1], cf_value_undefined(), cf_value_undefined()};
    size_t         at;
    if (!position(vm, all, &at)) return false;
    if (at == SIZE_MAX) return cf_t_raise(vm, "ValueError", "list.remove(x): x not in list");
    memmove(l->items + at, l->items + at + 1, (l->count - at - 1) * sizeof *l->items);
    l->count--;
    return none(out);
}

static bool l_count(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t n = 0;
    for (size_t i = 0; i < a[0].as.list->count; i++) {
        bool same;
        if (!cf_t_step(vm, 1) || !cf_t_equal(vm, a[0].as.list->items[i], a[1], &same)) return false;
        n += same;
    }
    *out = cf_value_int(n);
    return true;
}

static bool l_reverse(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    cf_list *l = a[0].as.list;
    for (size_t i = 0; i < l->count / 2; i++) {
        cf_value v = l->items[i];
        l->items[i] = l->items[l->count - 1 - i];
        l->items[l->count - 1 - i] = v;
    }
    return none(out);
}

static bool l_clear(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    a[0].as.list->count = 0;
    return none(out);
}

static bool l_copy(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *l;
    return cf_t_collect(vm, a[0], &l) && cf_t_list_value(vm, l, out);
}

static bool l_sort(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_list *l = a[0].as.list, *keys = NULL;
    bool     reverse = false;
    if (call->argument_count > 1) return cf_t_raise(vm, "TypeError", "sort() takes no positional arguments");
    if (!cf_t_missing(a[2]) && !cf_t_truth(vm, a[2], &reverse)) return false;
    if (!cf_t_missing(a[1]) && a[1].kind != CF_NULL) {
        keys = cf_t_list_new(vm, l->count);
        if (!keys) return false;
        for (size_t i = 0; i < l->count; i++) {
            cf_value key;
            if (!cf_t_call_simple(vm, a[1], &l->items[i], 1, &key) || !cf_t_list_add(vm, keys, key)) return false;
        }
    }
    return cf_t_sort(vm, l, keys, reverse) && none(out);
}

/* A range's methods are those of the list of its numbers. */
static bool range_as_list(cf_vm *vm, const cf_value *a, cf_value all[4])
{
    cf_list *l;
    if (!cf_t_collect(vm, a[0], &l)) return false;
    all[0] = cf_value_list(l);
    all[1] = a[1];
    all[2] = all[3] = cf_value_undefined();
    return true;
}

static bool r_count(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_value all[4];
    return range_as_list(vm, a, all) && l_count(vm, call, all, out);
}

static bool r_index(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_value all[4];
    return range_as_list(vm, a, all) && l_index(vm, call, all, out);
}

/* ---- dictionaries --------------------------------------------------------------------------- */

static bool view(cf_vm *vm, cf_value d, int what, cf_value *out)
{
    cf_t_view *v = cf_arena_alloc(vm->arena, sizeof *v);
    if (!v) return cf_t_no_memory(vm);
    *v = (cf_t_view){{&cf_t_view_class}, d.as.dict, what};
    *out = cf_value_object(&v->object);
    return true;
}

static bool d_keys(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return view(vm, a[0], 0, out);
}
static bool d_values(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return view(vm, a[0], 1, out);
}
static bool d_items(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return view(vm, a[0], 2, out);
}

static bool d_get(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_t_hashable(vm, a[1])) return false;
    const cf_value *found = cf_dict_get(a[0].as.dict, a[1]);
    *out = found ? *found : cf_t_missing(a[2]) ? cf_value_null() : a[2];
    return true;
}

static bool key_error(cf_vm *vm, cf_value key)
{
    cf_buffer b = {.limit = 500};
    cf_t_repr(vm, key, &b);
    cf_t_raise(vm, "KeyError", "%s", b.data && !b.failed ? b.data : "key");
    cf_buffer_free(&b);
    return false;
}

static bool d_pop(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_t_hashable(vm, a[1])) return false;
    const cf_value *found = cf_dict_get(a[0].as.dict, a[1]);
    if (!found && cf_t_missing(a[2])) return key_error(vm, a[1]);
    *out = found ? *found : a[2];
    if (found) cf_dict_remove(a[0].as.dict, a[1]);
    return true;
}

static bool d_popitem(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_dict *d = a[0].as.dict;
    for (size_t i = d->used; i-- > 0;) {
        if (d->entries[i].removed) continue;
        cf_value key = d->entries[i].key;
        return cf_t_pair(vm, key, d->entries[i].value, out) && (cf_dict_remove(d, key), true);
    }
    return cf_t_raise(vm, "KeyError", "'popitem(): dictionary is empty'");
}

static bool d_setdefault(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_t_hashable(vm, a[1])) return false;
    const cf_value *found = cf_dict_get(a[0].as.dict, a[1]);
    *out = found ? *found : cf_t_missing(a[2]) ? cf_value_null() : a[2];
    return found || cf_t_dict_set(vm, a[0].as.dict, a[1], *out);
}

static bool d_update(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return cf_t_dict_from(vm, call, 1, call->arguments[0].as.dict) && none(out);
}

static bool d_clear(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    cf_dict *d = a[0].as.dict;
    for (size_t i = 0; i < d->used; i++) d->entries[i].removed = true;
    d->count = 0;
    return none(out);
}

static bool d_copy(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_dict *d = cf_dict_new(vm->arena, a[0].as.dict->count);
    (void)call;
    if (!d) return cf_t_no_memory(vm);
    cf_call one = cf_t_call_of(vm, a, 1);
    *out = cf_value_dict(d);
    return cf_t_dict_from(vm, &one, 0, d);
}

static bool d_fromkeys(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_list *keys;
    cf_dict *d = cf_dict_new(vm->arena, 0);
    if (!d) return cf_t_no_memory(vm);
    if (!cf_t_collect(vm, a[1], &keys)) return false;
    for (size_t i = 0; i < keys->count; i++)
        if (!cf_t_dict_set(vm, d, keys->items[i], cf_t_missing(a[2]) ? cf_value_null() : a[2])) return false;
    *out = cf_value_dict(d);
    return true;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static bool i_bit_length(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_int(cf_t_big_bits(a[0]));
    return true;
}

static bool i_bit_count(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = {0};
    int64_t   n = 0;
    if (!cf_t_big_print(vm, a[0], 2, false, &b)) return false;
    for (size_t i = 0; i < b.size; i++) n += b.data[i] == '1';
    bool failed = b.failed;
    cf_buffer_free(&b);
    if (failed) return cf_t_no_memory(vm);
    *out = cf_value_int(n);
    return true;
}

static bool n_conjugate(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (a[0].kind == CF_BOOL) return cf_t_unary(vm, OP_POS, a[0], out);
    *out = a[0];
    return true;
}

static bool i_as_integer_ratio(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value n;
    return cf_t_unary(vm, OP_POS, a[0], &n) && cf_t_pair(vm, n, cf_value_int(1), out);
}

static bool f_is_integer(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_bool(isfinite(a[0].as.number) && floor(a[0].as.number) == a[0].as.number);
    return true;
}

static bool f_hex(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    double    x = a[0].as.number;
    cf_buffer b = cf_t_buffer(vm);
    if (!isfinite(x)) {
        cf_buffer_double(&b, x);
        return cf_t_take(vm, &b, false, out);
    }
    int      exponent = 0;
    double   m = frexp(fabs(x), &exponent);
    uint64_t bits = 0;
    if (x != 0) {
        int shift = exponent < -1021 ? 53 + (exponent + 1021) : 53;
        bits = (uint64_t)ldexp(m, shift);
        exponent = exponent < -1021 ? -1022 : exponent - 1;
    }
    cf_buffer_printf(&b, "%s0x%d.%013llxp%+d", signbit(x) ? "-" : "", (int)(bits >> 52),
                     (unsigned long long)(bits & ((1ull << 52) - 1)), x == 0 ? 0 : exponent);
    if (x == 0) {
        cf_buffer_clear(&b);
        cf_buffer_printf(&b, "%s0x0.0p+0", signbit(x) ? "-" : "");
    }
    return cf_t_take(vm, &b, false, out);
}

static bool f_as_integer_ratio(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    double x = a[0].as.number;
    if (!isfinite(x))
        return cf_t_raise(vm, isnan(x) ? "ValueError" : "OverflowError", "cannot convert %s to integer ratio",
                          isnan(x) ? "NaN" : "Infinity");
    int    exponent;
    double m = frexp(x, &exponent);
    while (m != floor(m)) {
        m *= 2;
        exponent--;
    }
    cf_value n = cf_value_int((int64_t)m), d = cf_value_int(1), power;
    if (!cf_t_binary(vm, OP_POW, cf_value_int(2), cf_value_int(abs(exponent)), &power)) return false;
    if (exponent > 0 && !cf_t_binary(vm, OP_MUL, n, power, &n)) return false;
    if (exponent < 0) d = power;
    return cf_t_pair(vm, n, d, out);
}

static bool b_decode(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_utf8_valid(a[0].as.text, a[0].size)) return cf_t_raise(vm, "UnicodeDecodeError", "the bytes are no UTF-8");
    *out = cf_value_text_n(a[0].as.text, a[0].size);
    return true;
}

/* ---- tables --------------------------------------------------------------------------------- */

const cf_t_builtin cf_t_list_methods[] = {{"append", l_append, "self object", 2, 4},
                                          {"clear", l_clear, "self", 1, 4},
                                          {"copy", l_copy, "self", 1, 4},
                                          {"count", l_count, "self value", 2, 4},
                                          {"extend", l_extend, "self iterable", 2, 4},
                                          {"index", l_index, "self value start stop", 2, 4},
                                          {"insert", l_insert, "self index object", 3, 4},
                                          {"pop", l_pop, "self index", 1, 4},
                                          {"remove", l_remove, "self value", 2, 4},
                                          {"reverse", l_reverse, "self", 1, 4},
                                          {"sort", l_sort, "self key reverse", 1, 0},
                                          {NULL, NULL, NULL, 0, 0}};

const cf_t_builtin cf_t_tuple_methods[] = {{"count", l_count, "self value", 2, 4},
                                           {"index", l_index, "self value start stop", 2, 4},
                                           {NULL, NULL, NULL, 0, 0}};

static const cf_t_builtin range_methods[] = {
    {"count", r_count, "self value", 2, 4}, {"index", r_index, "self value", 2, 4}, {NULL, NULL, NULL, 0, 0}};

const cf_t_builtin cf_t_dict_methods[] = {{"clear", d_clear, "self", 1, 4},
                                          {"copy", d_copy, "self", 1, 4},
                                          {"fromkeys", d_fromkeys, "self iterable value", 2, 4},
                                          {"get", d_get, "self key default", 2, 4},
                                          {"items", d_items, "self", 1, 4},
                                          {"keys", d_keys, "self", 1, 4},
                                          {"pop", d_pop, "self key default", 2, 4},
                                          {"popitem", d_popitem, "self", 1, 4},
                                          {"setdefault", d_setdefault, "self key default", 2, 4},
                                          {"update", d_update, "", 1, CF_T_RAW},
                                          {"values", d_values, "self", 1, 4},
                                          {NULL, NULL, NULL, 0, 0}};

const cf_t_builtin cf_t_int_methods[] = {{"as_integer_ratio", i_as_integer_ratio, "self", 1, 4},
                                         {"bit_count", i_bit_count, "self", 1, 4},
                                         {"bit_length", i_bit_length, "self", 1, 4},
                                         {"conjugate", n_conjugate, "self", 1, 4},
                                         {NULL, NULL, NULL, 0, 0}};

const cf_t_builtin cf_t_float_methods[] = {{"as_integer_ratio", f_as_integer_ratio, "self", 1, 4},
                                           {"conjugate", n_conjugate, "self", 1, 4},
                                           {"hex", f_hex, "self", 1, 4},
                                           {"is_integer", f_is_integer, "self", 1, 4},
                                           {NULL, NULL, NULL, 0, 0}};

const cf_t_builtin cf_t_bytes_methods[] = {{"decode", b_decode, "self encoding errors", 1, 0},
                                           {NULL, NULL, NULL, 0, 0}};

static const cf_t_builtin *find(const cf_t_builtin *rows, const char *name, size_t size)
{
    for (; rows->name; rows++)
        if (rows->name[0] == name[0] && strlen(rows->name) == size && memcmp(rows->name, name, size) == 0) return rows;
    return NULL;
}

const cf_t_builtin *cf_t_method_of(cf_value v, const char *name, size_t size)
{
    if (!size) return NULL;
    switch (v.kind) {
    case CF_MARKUP: {
        const cf_t_builtin *b = find(cf_t_markup_methods, name, size);
        if (b) return b;
        return find(cf_t_text_methods, name, size);
    }
    case CF_TEXT: return find(cf_t_text_methods, name, size);
    case CF_SEQUENCE: return find(cf_t_list_methods, name, size);
    case CF_TUPLE: return find(cf_t_tuple_methods, name, size);
    case CF_MAPPING: return find(cf_t_dict_methods, name, size);
    case CF_INT:
    case CF_BOOL: return find(cf_t_int_methods, name, size);
    case CF_FLOAT: return find(cf_t_float_methods, name, size);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: return find(cf_t_time_methods, name, size);
    case CF_BYTES: return find(cf_t_bytes_methods, name, size);
    case CF_OBJECT:
        if (v.as.object->cls == &cf_t_range_class) return find(range_methods, name, size);
        return v.as.object->cls == &cf_t_big_class ? find(cf_t_int_methods, name, size) : NULL;
    default: return NULL;
    }
}
