/* Operators: arithmetic by Python's rules, and what they mean for texts and lists. */
#include "template/machine.h"

static const char *const symbols[] = {[OP_ADD] = "+",       [OP_SUB] = "-", [OP_MUL] = "*",          [OP_DIV] = "/",
                                      [OP_FLOORDIV] = "//", [OP_MOD] = "%", [OP_POW] = "** or pow()"};

static bool unsupported(cf_vm *vm, int op, cf_value a, cf_value b)
{
    if (a.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, a);
    if (b.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, b);
    if (op == OP_ADD && cf_value_is_text(a))
        return cf_t_raise(vm, "TypeError", "can only concatenate str (not \"%s\") to str", cf_t_type_name(b));
    return cf_t_raise(vm, "TypeError", "unsupported operand type(s) for %s: '%s' and '%s'", symbols[op],
                      cf_t_type_name(a), cf_t_type_name(b));
}

static int64_t small(cf_value v)
{
    return v.kind == CF_BOOL ? v.as.boolean : v.as.integer;
}

bool cf_t_to_double(cf_vm *vm, cf_value v, double *out)
{
    if (v.kind == CF_FLOAT) {
        *out = v.as.number;
        return true;
    }
    if (v.kind != CF_OBJECT) {
        *out = (double)small(v);
        return true;
    }
    bool overflow;
    *out = cf_t_big_double(v, &overflow);
    return !overflow || cf_t_raise(vm, "OverflowError", "int too large to convert to float");
}

/* ---- whole numbers -------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static bool true_divide(cf_vm *vm, cf_value a, cf_value b, cf_value *out)
{
    if (cf_t_big_sign(b) == 0) return cf_t_raise(vm, "ZeroDivisionError", "division by zero");
    if (a.kind != CF_OBJECT && b.kind != CF_OBJECT) {
        *out = cf_value_double((double)((long double)small(a) / (long double)small(b)));
        return true;
    }
    double x, y;
    bool   over_a, over_b;
    x = a.kind == CF_OBJECT ? cf_t_big_double(a, &over_a) : (double)small(a);
    y = b.kind == CF_OBJECT ? cf_t_big_double(b, &over_b) : (double)small(b);
    if (isinf(x) || isinf(y)) {
        int64_t  shift = cf_t_big_bits(a) > cf_t_big_bits(b) ? cf_t_big_bits(b) : cf_t_big_bits(a);
        cf_value scale, p, q;
        shift = shift > 1000 ? shift - 1000 : 0;
        if (!cf_t_big_binary(vm, OP_POW, cf_value_int(2), cf_value_int(shift), &scale) ||
            !cf_t_big_binary(vm, OP_FLOORDIV, a, scale, &p) || !cf_t_big_binary(vm, OP_FLOORDIV, b, scale, &q))
            return false;
        x = p.kind == CF_OBJECT ? cf_t_big_double(p, &over_a) : (double)small(p);
        y = q.kind == CF_OBJECT ? cf_t_big_double(q, &over_b) : (double)small(q);
    }
    if (isinf(x / y)) return cf_t_raise(vm, "OverflowError", "integer division result too large for a float");
    *out = cf_value_double(x / y);
    return true;
}

static bool int_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out)
{
    if (op == OP_DIV) return true_divide(vm, a, b, out);
    if (a.kind == CF_OBJECT || b.kind == CF_OBJECT) return cf_t_big_binary(vm, op, a, b, out);
    int64_t x = small(a), y = small(b), r;
    switch (op) {
    case OP_ADD:
        if (__builtin_add_overflow(x, y, &r)) return cf_t_big_binary(vm, op, a, b, out);
        break;
    case OP_SUB:
        if (__builtin_sub_overflow(x, y, &r)) return cf_t_big_binary(vm, op, a, b, out);
        break;
    case OP_MUL:
        if (__builtin_mul_overflow(x, y, &r)) return cf_t_big_binary(vm, op, a, b, out);
        break;
    case OP_FLOORDIV:
    case OP_MOD:
        if (y == 0) return cf_t_raise(vm, "ZeroDivisionError", "integer division or modulo by zero");
        if (x == INT64_MIN && y == -1) return cf_t_big_binary(vm, op, a, b, out);
        r = op == OP_MOD ? floor_mod(x, y) : floor_div(x, y);
        break;
    default: return cf_t_big_binary(vm, op, a, b, out);
    }
    *out = cf_value_int(r);
    return true;
}

/* ---- floats --------------------------------------------------------------------------------- */

static void float_divmod(double x, double y, double *quotient, double *rest)
{
    double mod = fmod(x, y), div = (x - mod) / y;
    if (mod != 0) {
        if ((y < 0) != (mod < 0)) {
            mod += y;
            div -= 1.0;
        }
    } else {
        mod = copysign(0.0, y);
    }
    if (div != 0) {
        double whole = floor(div);
        if (div - whole > 0.5) whole += 1.0;
        div = whole;
    } else {
        div = copysign(0.0, x / y);
    }
    *quotient = div;
    *rest = mod;
}

static bool float_power(cf_vm *vm, double x, double y, cf_value *out)
{
    if (x == 0 && y < 0) return cf_t_raise(vm, "ZeroDivisionError", "0.0 cannot be raised to a negative power");
    if (x < 0 && isfinite(x) && isfinite(y) && y != floor(y))
        return cf_t_raise(vm, "TypeError", "a negative number has no real power %g", y);
    double r = pow(x, y);
    if (isinf(r) && isfinite(x) && isfinite(y))
        return cf_t_raise(vm, "OverflowError", "(34, 'Numerical result out of range')");
    *out = cf_value_double(r);
    return true;
}

static bool float_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out)
{
    double x, y, r = 0, rest;
    if (!cf_t_to_double(vm, a, &x) || !cf_t_to_double(vm, b, &y)) return false;
    switch (op) {
    case OP_ADD: r = x + y; break;
    case OP_SUB: r = x - y; break;
    case OP_MUL: r = x * y; break;
    case OP_DIV:
        if (y == 0) return cf_t_raise(vm, "ZeroDivisionError", "float division by zero");
        r = x / y;
        break;
    case OP_FLOORDIV:
        if (y == 0) return cf_t_raise(vm, "ZeroDivisionError", "float floor division by zero");
        float_divmod(x, y, &r, &rest);
        break;
    case OP_MOD:
        if (y == 0) return cf_t_raise(vm, "ZeroDivisionError", "float modulo");
        float_divmod(x, y, &rest, &r);
        break;
    default: return float_power(vm, x, y, out);
    }
    *out = cf_value_double(r);
    return true;
}

static bool number_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out)
{
    if (a.kind == CF_FLOAT || b.kind == CF_FLOAT) return float_binary(vm, op, a, b, out);
    if (op == OP_POW && cf_t_big_sign(b) < 0) return float_binary(vm, op, a, b, out);
    return int_binary(vm, op, a, b, out);
}

/* ---- texts and lists ------------------------------------------------------------------------ */

static bool add_texts(cf_vm *vm, cf_value a, cf_value b, cf_value *out)
{
    bool markup = a.kind == CF_MARKUP || b.kind == CF_MARKUP;
    if (markup && (!cf_t_str_escaped(vm, a, &a) || !cf_t_str_escaped(vm, b, &b))) return false;
    size_t size = (size_t)a.size + b.size;
    if (size > cf_t_options(vm->env)->memory_limit) return cf_t_no_memory(vm);
    char *text = cf_arena_alloc(vm->arena, size + 1);
    if (!text) return cf_t_no_memory(vm);
    memcpy(text, a.as.text, a.size);
    memcpy(text + a.size, b.as.text, b.size);
    *out = markup ? cf_value_markup_n(text, size) : cf_value_text_n(text, size);
    return true;
}

static bool add_lists(cf_vm *vm, cf_value a, cf_value b, cf_value *out)
{
    size_t   n = a.as.list->count, m = b.as.list->count;
    cf_list *l = cf_t_step(vm, n + m) ? cf_t_list_new(vm, n + m) : NULL;
    if (!l) return false;
    if (n) memcpy(l->items, a.as.list->items, n * sizeof *l->items);
    if (m) memcpy(l->items + n, b.as.list->items, m * sizeof *l->items);
    l->count = n + m;
    *out = cf_value_list(l);
    out->kind = a.kind;
    return true;
}

static bool repeat(cf_vm *vm, cf_value what, cf_value times, cf_value *out)
{
    int64_t n;
    if (!cf_t_arg_int(vm, times, &n)) return false;
    if (n < 0) n = 0;
    bool   text = cf_value_is_text(what);
    size_t size = text ? what.size : what.as.list->count, unit = text ? 1 : sizeof(cf_value);
    if (size && (uint64_t)n > INT64_MAX / unit / size)
        return cf_t_raise(vm, text ? "OverflowError" : "MemoryError", "repeated string is too long");
    if (size && (uint64_t)n > cf_t_options(vm->env)->memory_limit / unit / size) return cf_t_no_memory(vm);
    if (!cf_t_step(vm, text ? (uint64_t)n / 16 + 1 : (uint64_t)n * size + 1)) return false;
    if (text) {
        char *copy = cf_arena_alloc(vm->arena, size * (size_t)n + 1);
        if (!copy) return cf_t_no_memory(vm);
        for (int64_t i = 0; size && i < n; i++) memcpy(copy + (size_t)i * size, what.as.text, size);
        *out = cf_value_text_n(copy, size * (size_t)n);
        out->kind = what.kind;
        return true;
    }
    cf_list *l = cf_t_list_new(vm, size * (size_t)n);
    if (!l) return false;
    for (int64_t i = 0; size && i < n; i++) memcpy(l->items + (size_t)i * size, what.as.list->items, size * unit);
    l->count = size * (size_t)n;
    *out = cf_value_list(l);
    out->kind = what.kind;
    return true;
}

static bool is_list(cf_value v)
{
    return v.kind == CF_SEQUENCE || v.kind == CF_TUPLE;
}

/* Decimals take part as floats: templates show sums, they do not keep books. */
static cf_value plain_number(cf_value v)
{
    if (v.kind != CF_DECIMAL) return v;
    char   text[CF_DECIMAL_SIZE];
    double x = 0;
    cf_parse_double(text, cf_decimal_format(*v.as.decimal, text), &x);
    return cf_value_double(x);
}

static bool time_binary(int op, cf_value a, cf_value b, cf_value *out)
{
    bool minus = op == OP_SUB;
    if (op != OP_ADD && op != OP_SUB) return false;
    int64_t x, y = b.kind == CF_DATE ? (int64_t)b.as.date.days * 86400000000 : b.as.time.usec, r;
    x = a.kind == CF_DATE ? (int64_t)a.as.date.days * 86400000000 : a.as.time.usec;
    if (minus ? __builtin_sub_overflow(x, y, &r) : __builtin_add_overflow(x, y, &r)) return false;
    bool moments = a.kind == b.kind && (a.kind == CF_DATETIME || a.kind == CF_DATE);
    if (moments && minus) *out = cf_value_interval((cf_interval){r});
    else if (a.kind == CF_INTERVAL && b.kind == CF_INTERVAL) *out = cf_value_interval((cf_interval){r});
    else if (a.kind == CF_DATETIME && b.kind == CF_INTERVAL) *out = cf_value_datetime((cf_datetime){r});
    else if (a.kind == CF_DATE && b.kind == CF_INTERVAL)
        *out = cf_value_date((cf_date){(int32_t)(r / 86400000000 - (r % 86400000000 < 0))});
    else return false;
    if (out->kind == CF_DATETIME || out->kind == CF_DATE) return r >= -62135596800000000 && r < 253402300800000000;
    return true;
}

bool cf_t_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out)
{
    if (a.kind == CF_INT && b.kind == CF_INT) return number_binary(vm, op, a, b, out);
    if (a.kind == CF_DECIMAL || b.kind == CF_DECIMAL) {
        a = plain_number(a);
        b = plain_number(b);
    }
    if (cf_t_is_number(a) && cf_t_is_number(b)) return number_binary(vm, op, a, b, out);
    if (op == OP_MOD && cf_value_is_text(a)) return cf_t_percent(vm, a, b, out);
    if (op == OP_ADD) {
        if (cf_value_is_text(a) && cf_value_is_text(b)) return add_texts(vm, a, b, out);
        if (is_list(a) && a.kind == b.kind) return add_lists(vm, a, b, out);
        if (a.kind == CF_MARKUP && cf_t_has_html(b)) return cf_t_str_escaped(vm, b, &b) && add_texts(vm, a, b, out);
    }
    if (op == OP_MUL) {
        if ((cf_value_is_text(a) || is_list(a)) && cf_t_is_int(b)) return repeat(vm, a, b, out);
        if ((cf_value_is_text(b) || is_list(b)) && cf_t_is_int(a)) return repeat(vm, b, a, out);
        bool sequences = (cf_value_is_text(a) || is_list(a)) && b.kind != CF_UNDEFINED;
        if (sequences)
            return cf_t_raise(vm, "TypeError", "can't multiply sequence by non-int of type '%s'", cf_t_type_name(b));
    }
    bool a_time = a.kind >= CF_DATE && a.kind <= CF_INTERVAL, b_time = b.kind >= CF_DATE && b.kind <= CF_INTERVAL;
    if (a_time && b_time && time_binary(op, a, b, out)) return true;
    return unsupported(vm, op, a, b);
}

bool cf_t_unary(cf_vm *vm, int op, cf_value a, cf_value *out)
{
    a = plain_number(a);
    if (a.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, a);
    if (a.kind == CF_FLOAT) {
        *out = cf_value_double(op == OP_NEG ? -a.as.number : a.as.number);
        return true;
    }
    if (cf_t_is_int(a)) {
        if (a.kind == CF_OBJECT || (op == OP_NEG && small(a) == INT64_MIN)) return cf_t_big_unary(vm, op, a, out);
        *out = cf_value_int(op == OP_NEG ? -small(a) : small(a));
        return true;
    }
    return cf_t_raise(vm, "TypeError", "bad operand type for unary %s: '%s'", op == OP_NEG ? "-" : "+",
                      cf_t_type_name(a));
}

/* Whole number arguments of functions; huge ones are clamped, as no text or list is that long. */
bool cf_t_arg_int(cf_vm *vm, cf_value v, int64_t *out)
{
    if (v.kind == CF_INT || v.kind == CF_BOOL) {
        *out = small(v);
        return true;
    }
    if (CF_T_IS(v, cf_t_big_class)) {
        *out = cf_t_big_sign(v) < 0 ? INT64_MIN / 2 : INT64_MAX / 2;
        return true;
    }
    if (v.kind == CF_UNDEFINED)
        return cf_t_raise(vm, "TypeError", "'Undefined' object cannot be interpreted as an integer");
    return cf_t_raise(vm, "TypeError", "'%s' object cannot be interpreted as an integer", cf_t_type_name(v));
}
