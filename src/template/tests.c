/* The tests: what may stand behind `is`. */
#include "template/engine.h"
#include "template/text_methods.h"

static bool yes(cf_value *out, bool truth)
{
    *out = cf_value_bool(truth);
    return true;
}

#define PLAIN(name_, expression)                                                  \
    static bool name_(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out) \
    {                                                                             \
        (void)vm;                                                                 \
        (void)call;                                                               \
        return yes(out, expression);                                              \
    }

PLAIN(t_defined, a[0].kind != CF_UNDEFINED)
PLAIN(t_undefined, a[0].kind == CF_UNDEFINED)
PLAIN(t_none, a[0].kind == CF_NULL)
PLAIN(t_boolean, a[0].kind == CF_BOOL)
PLAIN(t_true, a[0].kind == CF_BOOL && a[0].as.boolean)
PLAIN(t_false, a[0].kind == CF_BOOL && !a[0].as.boolean)
PLAIN(t_integer, a[0].kind == CF_INT || CF_T_IS(a[0], cf_t_big_class))
PLAIN(t_float, a[0].kind == CF_FLOAT)
PLAIN(t_number, cf_t_is_number(a[0]) || a[0].kind == CF_DECIMAL)
PLAIN(t_string, cf_value_is_text(a[0]))
PLAIN(t_mapping, a[0].kind == CF_MAPPING)
PLAIN(t_escaped, cf_t_has_html(a[0]))
PLAIN(t_same, cf_t_same(a[0], a[1]))

static bool t_callable(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    /* An Undefined has __call__, which fails when it is called. */
    return yes(out, a[0].kind == CF_UNDEFINED || (a[0].kind == CF_OBJECT && a[0].as.object->cls->call));
}

static bool t_iterable(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (a[0].kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, a[0]) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, a[0]);
    return yes(out, cf_t_iterable(vm, a[0]));
}

static bool t_sequence(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value v = a[0];
    if (v.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, v);
    bool is = cf_value_is_text(v) || v.kind == CF_SEQUENCE || v.kind == CF_TUPLE || v.kind == CF_MAPPING ||
              v.kind == CF_UNDEFINED || CF_T_IS(v, cf_t_range_class) || v.kind == CF_BYTES;
    if (v.kind == CF_OBJECT && v.as.object->cls->length && v.as.object->cls->iterate) is = true;
    if (CF_T_IS(v, cf_t_loop_class)) is = false;
    return yes(out, is);
}

static bool lower_or_upper(cf_vm *vm, cf_value v, bool upper, cf_value *out)
{
    cf_value text;
    return cf_t_str(vm, v, &text) && yes(out, cf_t_is_cased(text, upper));
}

static bool t_lower(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return lower_or_upper(vm, a[0], false, out);
}

static bool t_upper(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return lower_or_upper(vm, a[0], true, out);
}

static bool remainder_is(cf_vm *vm, cf_value v, cf_value by, int64_t wanted, cf_value *out)
{
    cf_value rest;
    bool     same;
    if (!cf_t_binary(vm, OP_MOD, v, by, &rest) || !cf_t_equal(vm, rest, cf_value_int(wanted), &same)) return false;
    return yes(out, same);
}

static bool t_odd(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return remainder_is(vm, a[0], cf_value_int(2), 1, out);
}
static bool t_even(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return remainder_is(vm, a[0], cf_value_int(2), 0, out);
}
static bool t_divisibleby(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return remainder_is(vm, a[0], a[1], 0, out);
}

static bool compare(cf_vm *vm, int op, const cf_value *a, cf_value *out)
{
    bool truth;
    return cf_t_compare(vm, op, a[0], a[1], &truth) && yes(out, truth);
}

#define COMPARE(name_, op_)                                                       \
    static bool name_(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out) \
    {                                                                             \
        (void)call;                                                               \
        return compare(vm, op_, a, out);                                          \
    }
COMPARE(t_eq, CF_T_EQ)
COMPARE(t_ne, CF_T_NE)
COMPARE(t_lt, CF_T_LT)
COMPARE(t_le, CF_T_LE)
COMPARE(t_gt, CF_T_GT)
COMPARE(t_ge, CF_T_GE)
COMPARE(t_in, CF_T_IN)

static bool t_filter(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_value_is_text(a[0])) return cf_t_hashable(vm, a[0]) && yes(out, false);
    return yes(out, cf_t_find_filter(vm->env, a[0].as.text, a[0].size) != NULL);
}

static bool t_test(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_value_is_text(a[0])) return cf_t_hashable(vm, a[0]) && yes(out, false);
    return yes(out, cf_t_find_test(vm->env, a[0].as.text, a[0].size) != NULL);
}

const cf_t_builtin cf_t_tests[] = {{"odd", t_odd, "value", 1, 0},
                                   {"even", t_even, "value", 1, 0},
                                   {"divisibleby", t_divisibleby, "value num", 2, 0},
                                   {"defined", t_defined, "value", 0, 0},
                                   {"undefined", t_undefined, "value", 0, 0},
                                   {"filter", t_filter, "value", 1, 0},
                                   {"test", t_test, "value", 1, 0},
                                   {"none", t_none, "value", 0, 0},
                                   {"boolean", t_boolean, "value", 0, 0},
                                   {"false", t_false, "value", 0, 0},
                                   {"true", t_true, "value", 0, 0},
                                   {"integer", t_integer, "value", 0, 0},
                                   {"float", t_float, "value", 0, 0},
                                   {"lower", t_lower, "value", 0, 0},
                                   {"upper", t_upper, "value", 0, 0},
                                   {"string", t_string, "value", 0, 0},
                                   {"mapping", t_mapping, "value", 0, 0},
                                   {"number", t_number, "value", 0, 0},
                                   {"sequence", t_sequence, "value", 0, 0},
                                   {"iterable", t_iterable, "value", 0, 0},
                                   {"callable", t_callable, "value", 0, 4},
                                   {"sameas", t_same, "value other", 2, 0},
                                   {"escaped", t_escaped, "value", 0, 0},
                                   {"in", t_in, "value seq", 2, 0},
                                   {"==", t_eq, "a b", 2, 4},
                                   {"eq", t_eq, "a b", 2, 4},
                                   {"equalto", t_eq, "a b", 2, 4},
                                   {"!=", t_ne, "a b", 2, 4},
                                   {"ne", t_ne, "a b", 2, 4},
                                   {">", t_gt, "a b", 2, 4},
                                   {"gt", t_gt, "a b", 2, 4},
                                   {"greaterthan", t_gt, "a b", 2, 4},
                                   {">=", t_ge, "a b", 2, 4},
                                   {"ge", t_ge, "a b", 2, 4},
                                   {"<", t_lt, "a b", 2, 4},
                                   {"lt", t_lt, "a b", 2, 4},
                                   {"lessthan", t_lt, "a b", 2, 4},
                                   {"<=", t_le, "a b", 2, 4},
                                   {"le", t_le, "a b", 2, 4},
                                   {NULL, NULL, NULL, 0, 0}};
