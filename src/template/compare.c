/* Equality, order, membership, sorting. */
#include "template/machine.h"

enum { MAX_NESTING = 100 };

static bool is_list(cf_value v)
{
    return v.kind == CF_SEQUENCE || v.kind == CF_TUPLE;
}

/* Orders numbers exactly, floats against whole numbers too; *unordered for NaN. */
static int compare_numbers(cf_vm *vm, cf_value a, cf_value b, bool *unordered)
{
    *unordered = false;
    if (a.kind != CF_FLOAT && b.kind != CF_FLOAT) return cf_t_big_compare(a, b);
    if (a.kind == CF_FLOAT && b.kind == CF_FLOAT) {
        *unordered = isnan(a.as.number) || isnan(b.as.number);
        return a.as.number < b.as.number ? -1 : a.as.number > b.as.number;
    }
    double   x = a.kind == CF_FLOAT ? a.as.number : b.as.number;
    cf_value n = a.kind == CF_FLOAT ? b : a;
    int      sign = a.kind == CF_FLOAT ? 1 : -1, c;
    *unordered = isnan(x);
    if (isnan(x)) return 0;
    if (isinf(x)) {
        c = x > 0 ? 1 : -1;
    } else if (n.kind == CF_OBJECT || fabs(x) >= 9.2e18) {
        cf_value whole;
        bool     fraction = fabs(x) < 4.6e18 && x != floor(x);
        if (!cf_t_big_from_double(vm, floor(x), &whole)) return 0;
        c = cf_t_big_compare(whole, n);
        if (c == 0 && fraction) c = 1;
    } else {
        int64_t whole = n.kind == CF_BOOL ? n.as.boolean : n.as.integer;
        double  floored = floor(x);
        c = (int64_t)floored < whole ? -1 : (int64_t)floored > whole ? 1 : x > floored;
    }
    return c * sign;
}

static int compare_texts(cf_value a, cf_value b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int    c = n ? memcmp(a.as.text, b.as.text, n) : 0;
    return c ? c : a.size < b.size ? -1 : a.size > b.size;
}

/* ---- equality ------------------------------------------------------------------------------- */

static bool equal_items(cf_vm *vm, const cf_list *a, const cf_list *b, bool *out)
{
    *out = false;
    if (a->count != b->count) return true;
    for (size_t i = 0; i < a->count; i++) {
        bool same;
        if (!cf_t_step(vm, 1) || !cf_t_equal(vm, a->items[i], b->items[i], &same)) return false;
        if (!same) return true;
    }
    *out = true;
    return true;
}

static bool equal_dicts(cf_vm *vm, const cf_dict *a, const cf_dict *b, bool *out)
{
    *out = false;
    if (a->count != b->count) return true;
    for (size_t i = 0; i < a->used; i++) {
        if (a->entries[i].removed) continue;
        const cf_value *other = cf_dict_get(b, a->entries[i].key);
        bool            same;
        if (!other) return true;
        if (!cf_t_step(vm, 1) || !cf_t_equal(vm, a->entries[i].value, *other, &same)) return false;
        if (!same) return true;
    }
    *out = true;
    return true;
}

static bool equal_objects(cf_vm *vm, cf_value a, cf_value b, bool *out)
{
    if (a.kind != CF_OBJECT) {
        cf_value t = a;
        a = b;
        b = t;
    }
    if (b.kind == CF_OBJECT && a.as.object == b.as.object) {
        *out = true;
        return true;
    }
    if (a.as.object->cls->equals) {
        cf_call   call = cf_t_call_of(vm, NULL, 0);
        cf_answer answer = a.as.object->cls->equals(&call, a.as.object, b);
        *out = answer == CF_YES;
        return answer != CF_FAILED;
    }
    *out = false;
    return true;
}

static bool equal(cf_vm *vm, cf_value a, cf_value b, bool *out)
{
    bool unordered;
    if (cf_t_is_number(a) && cf_t_is_number(b)) {
        *out = compare_numbers(vm, a, b, &unordered) == 0 && !unordered;
        return true;
    }
    if (a.kind == CF_UNDEFINED || b.kind == CF_UNDEFINED) {
        cf_value u = a.kind == CF_UNDEFINED ? a : b;
        if (u.as.pointer && cf_t_undefined_kind_of(vm, u) == CF_UNDEFINED_STRICT) return cf_t_undefined_fail(vm, u);
        *out = a.kind == b.kind;
        return true;
    }
    if (is_list(a) && a.kind == b.kind) return equal_items(vm, a.as.list, b.as.list, out);
    if (a.kind == CF_MAPPING && b.kind == CF_MAPPING) return equal_dicts(vm, a.as.dict, b.as.dict, out);
    if (a.kind == CF_OBJECT || b.kind == CF_OBJECT) return equal_objects(vm, a, b, out);
    if (a.kind == CF_JSON || b.kind == CF_JSON) {
        if (!cf_t_json_value(vm, a, &a) || !cf_t_json_value(vm, b, &b)) return false;
        if (a.kind != CF_JSON && b.kind != CF_JSON) return cf_t_equal(vm, a, b, out);
    }
    *out = cf_value_equal(a, b);
    return true;
}

bool cf_t_equal(cf_vm *vm, cf_value a, cf_value b, bool *out)
{
    if (vm->recursion >= MAX_NESTING)
        return cf_t_raise(vm, "RecursionError", "maximum recursion depth exceeded in comparison");
    vm->recursion++;
    bool ok = equal(vm, a, b, out);
    vm->recursion--;
    return ok;
}

/* `is`: the same object, or the same value where Python keeps only one. */
bool cf_t_same(cf_value a, cf_value b)
{
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case CF_NULL: return true;
    case CF_BOOL: return a.as.boolean == b.as.boolean;
    case CF_INT: return a.as.integer == b.as.integer;
    case CF_FLOAT: return a.as.number == b.as.number;
    case CF_TEXT:
    case CF_MARKUP: return a.size == b.size && (a.as.text == b.as.text || memcmp(a.as.text, b.as.text, a.size) == 0);
    case CF_TUPLE: return a.as.list == b.as.list || (!a.as.list->count && !b.as.list->count);
    default: return a.as.pointer == b.as.pointer;
    }
}

/* ---- order ---------------------------------------------------------------------------------- */

static bool order(cf_vm *vm, int op, cf_value a, cf_value b, bool *out);

/* Lists are ordered by their first difference. */
static bool order_lists(cf_vm *vm, int op, const cf_list *a, const cf_list *b, bool *out)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        bool same;
        if (!cf_t_step(vm, 1) || !cf_t_equal(vm, a->items[i], b->items[i], &same)) return false;
        if (!same) return order(vm, op, a->items[i], b->items[i], out);
    }
    int c = a->count < b->count ? -1 : a->count > b->count;
    *out = op == CF_T_LT ? c < 0 : op == CF_T_LE ? c <= 0 : op == CF_T_GT ? c > 0 : c >= 0;
    return true;
}

static bool order(cf_vm *vm, int op, cf_value a, cf_value b, bool *out)
{
    static const char *const symbols[] = {[CF_T_LT] = "<", [CF_T_LE] = "<=", [CF_T_GT] = ">", [CF_T_GE] = ">="};
    bool                     unordered = false;
    int                      c = 0;
    if (cf_t_is_number(a) && cf_t_is_number(b)) c = compare_numbers(vm, a, b, &unordered);
    else if (cf_value_is_text(a) && cf_value_is_text(b)) c = compare_texts(a, b);
    else if (a.kind == CF_BYTES && b.kind == CF_BYTES) c = compare_texts(a, b);
    else if (is_list(a) && a.kind == b.kind) {
        if (vm->recursion >= MAX_NESTING)
            return cf_t_raise(vm, "RecursionError", "maximum recursion depth exceeded in comparison");
        vm->recursion++;
        bool ok = order_lists(vm, op, a.as.list, b.as.list, out);
        vm->recursion--;
        return ok;
    } else if (a.kind == CF_DATE && b.kind == CF_DATE)
        c = a.as.date.days < b.as.date.days ? -1 : a.as.date.days > b.as.date.days;
    else if (a.kind == b.kind && a.kind >= CF_TIME && a.kind <= CF_INTERVAL)
        c = a.as.time.usec < b.as.time.usec ? -1 : a.as.time.usec > b.as.time.usec;
    else if (a.kind == CF_DECIMAL && b.kind == CF_DECIMAL) c = cf_decimal_compare(*a.as.decimal, *b.as.decimal);
    else if (a.kind == CF_DECIMAL || b.kind == CF_DECIMAL) {
        cf_value difference;
        if (!cf_t_binary(vm, OP_SUB, a, b, &difference)) return false;
        c = difference.as.number < 0 ? -1 : difference.as.number > 0;
    } else {
        if (a.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, a);
        if (b.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, b);
        return cf_t_raise(vm, "TypeError", "'%s' not supported between instances of '%s' and '%s'", symbols[op],
                          cf_t_type_name(a), cf_t_type_name(b));
    }
    *out = !unordered && (op == CF_T_LT ? c < 0 : op == CF_T_LE ? c <= 0 : op == CF_T_GT ? c > 0 : c >= 0);
    return true;
}

bool cf_t_less(cf_vm *vm, cf_value a, cf_value b, bool *out)
{
    return order(vm, CF_T_LT, a, b, out);
}

bool cf_t_compare(cf_vm *vm, int op, cf_value a, cf_value b, bool *out)
{
    bool ok;
    switch (op) {
    case CF_T_EQ: return cf_t_equal(vm, a, b, out);
    case CF_T_NE:
        ok = cf_t_equal(vm, a, b, out);
        *out = !*out;
        return ok;
    case CF_T_IN: return cf_t_contains(vm, a, b, out);
    case CF_T_NOT_IN:
        ok = cf_t_contains(vm, a, b, out);
        *out = !*out;
        return ok;
    default: return order(vm, op, a, b, out);
    }
}

/* ---- membership ----------------------------------------------------------------------------- */

static bool in_text(cf_vm *vm, cf_value item, cf_value in, bool *out)
{
    if (!cf_value_is_text(item)) {
        return cf_t_raise(vm, "TypeError", "'in <string>' requires string as left operand, not %s",
                          cf_t_type_name(item));
    }
    size_t at;
    *out = cf_t_find(in.as.text, in.size, item.as.text, item.size, 0, &at);
    return true;
}

static bool in_range(cf_value item, const cf_t_range *r, bool *out)
{
    *out = false;
    if (item.kind == CF_FLOAT && item.as.number == floor(item.as.number) && fabs(item.as.number) < 9e18)
        item = cf_value_int((int64_t)item.as.number);
    if (item.kind != CF_INT && item.kind != CF_BOOL) return true;
    int64_t n = item.kind == CF_BOOL ? item.as.boolean : item.as.integer;
    if (!r->length) return true;
    int64_t last = cf_t_range_at(r, r->length - 1).as.integer;
    bool    inside = r->step > 0 ? n >= r->start && n <= last : n <= r->start && n >= last;
    *out = inside && (n - r->start) % r->step == 0;
    return true;
}

bool cf_t_contains(cf_vm *vm, cf_value item, cf_value in, bool *out)
{
    *out = false;
    if (cf_value_is_text(in)) return in_text(vm, item, in, out);
    if (in.kind == CF_MAPPING) {
        if (!cf_t_hashable(vm, item)) return false;
        *out = cf_dict_get(in.as.dict, item) != NULL;
        return true;
    }
    if (CF_T_IS(in, cf_t_range_class)) return in_range(item, (cf_t_range *)in.as.object, out);
    if (in.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, in) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, in);
    if (!cf_t_iterable(vm, in))
        return cf_t_raise(vm, "TypeError", "argument of type '%s' is not iterable", cf_t_type_name(in));
    cf_t_iter it;
    if (!cf_t_iter_begin(vm, in, &it)) return false;
    for (;;) {
        cf_value  v;
        cf_answer answer = cf_t_iter_next(vm, &it, &v);
        if (answer != CF_YES) return answer == CF_NO;
        if (!cf_t_equal(vm, item, v, out)) return false;
        if (*out) return true;
    }
}

/* ---- sorting -------------------------------------------------------------------------------- */

/* Merge sort of indexes, stable as Python's; equal keys keep their order when reversed too. */
static bool merge_sort(cf_vm *vm, const cf_value *keys, size_t *index, size_t *work, size_t count, bool reverse)
{
    if (count < 2) return true;
    size_t half = count / 2;
    if (!merge_sort(vm, keys, index, work, half, reverse) ||
        !merge_sort(vm, keys, index + half, work, count - half, reverse))
        return false;
    memcpy(work, index, half * sizeof *work);
    size_t i = 0, k = half, at = 0;
    while (i < half && k < count) {
        bool second_first;
        if (!cf_t_step(vm, 1)) return false;
        cf_value a = keys[work[i]], b = keys[index[k]];
        if (!(reverse ? cf_t_less(vm, a, b, &second_first) : cf_t_less(vm, b, a, &second_first))) return false;
        index[at++] = second_first ? index[k++] : work[i++];
    }
    while (i < half) index[at++] = work[i++];
    return true;
}

bool cf_t_sort(cf_vm *vm, cf_list *items, cf_list *keys, bool reverse)
{
    size_t    n = items->count;
    size_t   *index = cf_arena_array(vm->arena, n * 2 + 1, sizeof *index);
    cf_value *copy = cf_arena_array(vm->arena, n + 1, sizeof *copy);
    if (!index || !copy) return cf_t_no_memory(vm);
    for (size_t i = 0; i < n; i++) index[i] = i;
    if (!merge_sort(vm, (keys ? keys : items)->items, index, index + n, n, reverse)) return false;
    if (n) memcpy(copy, items->items, n * sizeof *copy);
    for (size_t i = 0; i < n; i++) items->items[i] = copy[index[i]];
    return true;
}
