/* Filters for numbers, and the reading of numbers in texts. */
#include <stdio.h>

#include "template/engine.h"

/* ---- reading -------------------------------------------------------------------------------- */

/* The digits of a number, blanks around it and single underscores in it taken away; decimal digits of any script count. */
static bool clean(const char *text, size_t size, char *out, size_t room, size_t *used)
{
    cf_t_text t = cf_t_trim(text, size, NULL, 0, 3);
    size_t    n = 0;
    bool      digit_before = false;
    for (size_t at = 0; at < t.size;) {
        int      digit;
        uint32_t c = cf_utf8_next(t.text, t.size, &at);
        if (n + 2 > room) return false;
        if (c == '_') {
            size_t   next = at;
            uint32_t after = next < t.size ? cf_utf8_next(t.text, t.size, &next) : 0;
            bool     letter = (after | 32) >= 'a' && (after | 32) <= 'z';
            if (!digit_before || (!cf_t_is_decimal(after, &digit) && !letter)) return false;
            digit_before = false;
            continue;
        }
        if (cf_t_is_decimal(c, &digit)) out[n++] = (char)('0' + digit);
        else if (c < 0x80) out[n++] = (char)c;
        else return false;
        digit_before = cf_t_is_decimal(c, &digit) || ((c | 32) >= 'a' && (c | 32) <= 'z');
    }
    out[n] = '\0';
    *used = n;
    return n > 0;
}

cf_answer cf_t_parse_int(cf_vm *vm, const char *text, size_t size, int base, cf_value *out)
{
    char  *digits = cf_arena_alloc(vm->arena, size + 2);
    size_t n, at = 0;
    if (!digits) {
        cf_t_no_memory(vm);
        return CF_FAILED;
    }
    /* "0x_1f": an underscore may follow the prefix. */
    if (!clean(text, size, digits, size + 2, &n)) return CF_NO;
    bool negative = digits[0] == '-';
    if (digits[0] == '-' || digits[0] == '+') at++;
    if (digits[at] == '0' && n - at > 1) {
        int c = digits[at + 1] | 32, prefix = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
        if (prefix && (base == 0 || base == prefix)) {
            base = prefix;
            at += 2;
        } else if (base == 0) {
            for (size_t i = at; i < n; i++)
                if (digits[i] != '0') return CF_NO;
        }
    }
    if (base == 0) base = 10;
    if (at >= n) return CF_NO;
    for (size_t i = at; i < n; i++) {
        int c = (unsigned char)digits[i], letter = c | 32;
        int d = c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'z' ? letter - 'a' + 10 : 99;
        if (d >= base) return CF_NO;
    }
    if (cf_t_big_parse(vm->arena, digits + at, n - at, base, out)) return CF_NO;
    return !negative || cf_t_unary(vm, OP_NEG, *out, out) ? CF_YES : CF_FAILED;
}

bool cf_t_parse_float(const char *text, size_t size, double *out)
{
    char   digits[512];
    size_t n, at = 0;
    if (!clean(text, size, digits, sizeof digits, &n)) return false;
    for (size_t i = 0; i < n; i++) /* an underscore may only stand between digits */
        if (digits[i] == '\0') return false;
    bool negative = digits[0] == '-';
    if (digits[0] == '-' || digits[0] == '+') at++;
    if (cf_equal_nocase(digits + at, n - at, "nan", 3)) {
        *out = negative ? -NAN : NAN;
        return true;
    }
    if (cf_equal_nocase(digits + at, n - at, "inf", 3) || cf_equal_nocase(digits + at, n - at, "infinity", 8)) {
        *out = negative ? -INFINITY : INFINITY;
        return true;
    }
    if (digits[at] == '+' || digits[at] == '-') return false;
    if (!cf_parse_double(digits + at, n - at, out)) {
        /* Out of range is still a number for Python. */
        bool   mantissa = false, zero = true;
        size_t i = at;
        for (; i < n && ((digits[i] >= '0' && digits[i] <= '9') || digits[i] == '.'); i++) {
            mantissa |= digits[i] != '.';
            zero &= digits[i] == '0' || digits[i] == '.';
        }
        if (!mantissa || i >= n || (digits[i] | 32) != 'e' || i + 1 >= n) return false;
        bool small = digits[i + 1] == '-';
        for (size_t k = i + 1 + (digits[i + 1] == '-' || digits[i + 1] == '+'); k < n; k++)
            if (digits[k] < '0' || digits[k] > '9') return false;
        *out = small || zero ? 0 : INFINITY;
    }
    if (negative) *out = -*out;
    return true;
}

/* ---- conversion ----------------------------------------------------------------------------- */

/* float(v). CF_NO: a TypeError or ValueError in Python. */
static cf_answer to_float(cf_vm *vm, cf_value v, double *out)
{
    if (v.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, v) ? CF_YES : CF_FAILED;
    if (cf_t_is_number(v)) return cf_t_to_double(vm, v, out) ? CF_YES : CF_FAILED;
    if (cf_value_is_text(v) || v.kind == CF_BYTES) return cf_t_parse_float(v.as.text, v.size, out) ? CF_YES : CF_NO;
    if (v.kind == CF_DECIMAL) {
        char text[CF_DECIMAL_SIZE];
        return cf_parse_double(text, cf_decimal_format(*v.as.decimal, text), out) ? CF_YES : CF_NO;
    }
    return CF_NO;
}

static bool f_float(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    double    x;
    cf_answer answer = to_float(vm, a[0], &x);
    if (answer == CF_FAILED) return false;
    *out = answer == CF_YES ? cf_value_double(x) : cf_t_missing(a[1]) ? cf_value_double(0) : a[1];
    return true;
}

/* int(x) of a float: nan is a ValueError, infinity an OverflowError. */
static cf_answer truncate_float(cf_vm *vm, double x, cf_value *out)
{
    if (isnan(x)) return CF_NO;
    if (isinf(x)) {
        cf_t_raise(vm, "OverflowError", "cannot convert float infinity to integer");
        return CF_FAILED;
    }
    return cf_t_big_from_double(vm, trunc(x), out) ? CF_YES : CF_FAILED;
}

static bool f_int(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t   base = 10;
    cf_answer answer = CF_NO;
    double    x;
    if (cf_value_is_text(a[0])) {
        if (!cf_t_missing(a[2]) && !cf_t_is_int(a[2])) {
            answer = CF_NO; /* a TypeError in int(), which the filter catches */
        } else {
            if (!cf_t_missing(a[2]) && !cf_t_arg_int(vm, a[2], &base)) return false;
            if (base == 0 || (base >= 2 && base <= 36))
                answer = cf_t_parse_int(vm, a[0].as.text, a[0].size, (int)base, out);
        }
    } else if (cf_t_is_int(a[0])) {
        return cf_t_unary(vm, OP_POS, a[0], out);
    } else if (a[0].kind == CF_FLOAT) {
        answer = truncate_float(vm, a[0].as.number, out);
    } else if (a[0].kind == CF_UNDEFINED) {
        return cf_t_undefined_fail(vm, a[0]);
    }
    if (answer == CF_NO && (answer = to_float(vm, a[0], &x)) == CF_YES) answer = truncate_float(vm, x, out);
    if (answer == CF_NO) *out = cf_t_missing(a[1]) ? cf_value_int(0) : a[1];
    return answer != CF_FAILED;
}

static bool f_abs(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (a[0].kind == CF_UNDEFINED)
        return cf_t_raise(vm, "TypeError", "bad operand type for abs(): '%s'", cf_t_type_name(a[0]));
    if (a[0].kind == CF_FLOAT) {
        *out = cf_value_double(fabs(a[0].as.number));
        return true;
    }
    if (!cf_t_is_int(a[0]))
        return cf_t_raise(vm, "TypeError", "bad operand type for abs(): '%s'", cf_t_type_name(a[0]));
    return cf_t_unary(vm, cf_t_big_sign(a[0]) < 0 ? OP_NEG : OP_POS, a[0], out);
}

static bool f_filesizeformat(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    static const char *const prefixes[2][8] = {{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"},
                                               {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}};
    bool                     binary = false;
    double                   bytes;
    if (!cf_t_missing(a[1]) && !cf_t_truth(vm, a[1], &binary)) return false;
    cf_answer answer = to_float(vm, a[0], &bytes);
    if (answer == CF_NO) {
        if (cf_value_is_text(a[0])) return cf_t_raise(vm, "ValueError", "could not convert string to float");
        return cf_t_raise(vm, "TypeError", "float() argument must be a string or a real number, not '%s'",
                          cf_t_type_name(a[0]));
    }
    if (answer == CF_FAILED) return false;
    double    base = binary ? 1024 : 1000;
    cf_buffer b = cf_t_buffer(vm);
    if (bytes == 1) {
        cf_buffer_text(&b, "1 Byte");
    } else if (bytes < base) {
        cf_value  whole;
        cf_answer ok = truncate_float(vm, bytes, &whole);
        if (ok != CF_YES) return ok == CF_NO && cf_t_raise(vm, "ValueError", "cannot convert float NaN to integer");
        cf_t_print(vm, whole, &b);
        cf_buffer_text(&b, " Bytes");
    } else {
        /* The limits are whole numbers: 10**24 is no double. */
        cf_value limit = cf_value_int((int64_t)base);
        double   unit = base;
        int      i = 0;
        for (; i < 8; i++) {
            bool less;
            if (!cf_t_binary(vm, OP_MUL, limit, cf_value_int((int64_t)base), &limit)) return false;
            if (!cf_t_less(vm, cf_value_double(bytes), limit, &less) || !cf_t_to_double(vm, limit, &unit)) return false;
            if (less) break;
        }
        char   text[400];
        size_t n = cf_format_fixed(base * bytes / unit, 1, text, sizeof text);
        if (isnan(bytes)) n = (size_t)snprintf(text, sizeof text, "nan");
        cf_buffer_add(&b, text, n < sizeof text ? n : sizeof text - 1);
        cf_buffer_printf(&b, " %s", prefixes[binary][i < 8 ? i : 7]);
    }
    return cf_t_take(vm, &b, false, out);
}

/* ---- round ---------------------------------------------------------------------------------- */

/* round(int, n) for n < 0: to a multiple of 10**-n, halves to even. */
static bool round_int(cf_vm *vm, cf_value v, int64_t digits, cf_value *out)
{
    if (digits >= 0) return cf_t_unary(vm, OP_POS, v, out);
    if (-digits > 4000) {
        *out = cf_value_int(0);
        return true;
    }
    cf_value unit, half, rest, down, twice;
    bool     less, same, odd;
    if (!cf_t_binary(vm, OP_POW, cf_value_int(10), cf_value_int(-digits), &unit) ||
        !cf_t_binary(vm, OP_FLOORDIV, v, unit, &half) || !cf_t_binary(vm, OP_MOD, v, unit, &rest) ||
        !cf_t_binary(vm, OP_SUB, v, rest, &down) || !cf_t_binary(vm, OP_MUL, rest, cf_value_int(2), &twice) ||
        !cf_t_less(vm, unit, twice, &less) || !cf_t_equal(vm, unit, twice, &same))
        return false;
    cf_value parity;
    if (!cf_t_binary(vm, OP_MOD, half, cf_value_int(2), &parity) || !cf_t_truth(vm, parity, &odd)) return false;
    if (less || (same && odd)) return cf_t_binary(vm, OP_ADD, down, unit, out);
    *out = down;
    return true;
}

/* round(float, n): the decimal text of the exact value, rounded half to even, read back. */
static bool round_float(cf_vm *vm, double x, int64_t digits, cf_value *out)
{
    if (!isfinite(x) || digits > 323 || x == 0) {
        *out = cf_value_double(x);
        return true;
    }
    if (digits < -308) {
        *out = cf_value_double(copysign(0.0, x));
        return true;
    }
    if (digits >= 0) {
        char   text[800];
        double r = x;
        size_t n = cf_format_fixed(x, (int)digits, text, sizeof text);
        if (n < sizeof text) cf_parse_double(text, n, &r);
        *out = cf_value_double(r);
        return true;
    }
    cf_value whole, rounded;
    double   floored = floor(fabs(x));
    if (!cf_t_big_from_double(vm, floored, &whole)) return false;
    /* A fraction below breaks a tie upwards. */
    cf_value unit, rest, twice;
    bool     tie;
    if (!cf_t_binary(vm, OP_POW, cf_value_int(10), cf_value_int(-digits), &unit) ||
        !cf_t_binary(vm, OP_MOD, whole, unit, &rest) || !cf_t_binary(vm, OP_MUL, rest, cf_value_int(2), &twice) ||
        !cf_t_equal(vm, twice, unit, &tie))
        return false;
    if (tie && fabs(x) > floored && !cf_t_binary(vm, OP_ADD, whole, cf_value_int(1), &whole)) return false;
    if (!round_int(vm, whole, digits, &rounded)) return false;
    double r;
    if (!cf_t_to_double(vm, rounded, &r)) return false;
    *out = cf_value_double(copysign(r, x));
    return true;
}

static bool round_by(cf_vm *vm, cf_value v, cf_value precision, bool up, cf_value *out)
{
    cf_value unit, scaled, whole;
    if (!cf_t_binary(vm, OP_POW, cf_value_int(10), precision, &unit) || !cf_t_binary(vm, OP_MUL, v, unit, &scaled))
        return false;
    if (scaled.kind == CF_FLOAT) {
        double x = up ? ceil(scaled.as.number) : floor(scaled.as.number);
        if (isnan(x)) return cf_t_raise(vm, "ValueError", "cannot convert float NaN to integer");
        if (isinf(x)) return cf_t_raise(vm, "OverflowError", "cannot convert float infinity to integer");
        if (!cf_t_big_from_double(vm, x, &whole)) return false;
    } else {
        if (!cf_t_is_int(scaled))
            return cf_t_raise(vm, "TypeError", "must be real number, not %s", cf_t_type_name(scaled));
        whole = scaled;
    }
    return cf_t_binary(vm, OP_DIV, whole, unit, out);
}

static bool f_round(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value precision = cf_t_missing(a[1]) ? cf_value_int(0) : a[1], method = a[2], v = a[0];
    bool     common =
        cf_t_missing(method) || (cf_value_is_text(method) && method.size == 6 && !memcmp(method.as.text, "common", 6));
    bool up = !common && cf_value_is_text(method) && method.size == 4 && !memcmp(method.as.text, "ceil", 4);
    bool down = !common && cf_value_is_text(method) && method.size == 5 && !memcmp(method.as.text, "floor", 5);
    if (!common && !up && !down) return cf_t_raise(vm, "FilterArgumentError", "method must be common, ceil or floor");
    if (v.kind == CF_DECIMAL && !cf_t_binary(vm, OP_MUL, v, cf_value_int(1), &v)) return false;
    if (!common) return round_by(vm, v, precision, up, out);
    if (!cf_t_is_number(v))
        return cf_t_raise(vm, "TypeError", "type %s doesn't define __round__ method", cf_t_type_name(v));
    int64_t digits;
    if (precision.kind == CF_NULL) {
        if (v.kind != CF_FLOAT) return cf_t_unary(vm, OP_POS, v, out);
        cf_answer ok = truncate_float(vm, rint(v.as.number), out);
        return ok == CF_YES || (ok == CF_NO && cf_t_raise(vm, "ValueError", "cannot convert float NaN to integer"));
    }
    if (!cf_t_arg_int(vm, precision, &digits)) return false;
    return v.kind == CF_FLOAT ? round_float(vm, v.as.number, digits, out) : round_int(vm, v, digits, out);
}

const cf_t_builtin cf_t_number_filters[] = {{"abs", f_abs, "x", 1, CF_T_PURE | 4},
                                            {"filesizeformat", f_filesizeformat, "value binary", 1, 0},
                                            {"float", f_float, "value default", 1, CF_T_PURE},
                                            {"int", f_int, "value default base", 1, CF_T_PURE},
                                            {"round", f_round, "value precision method", 1, CF_T_PURE},
                                            {NULL, NULL, NULL, 0, 0}};
