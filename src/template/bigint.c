/* Whole numbers of any size, as Python's int. Sign and magnitude, 32-bit digits. */
#include <stdio.h>

#include "base/memory.h"
#include "template/machine.h"

typedef struct big {
    cf_object object;
    bool      negative;
    uint32_t  count; /* digits, the last one not 0 */
    uint32_t  digits[];
} big;

const cf_class cf_t_big_class = {.name = "int"};

/* The largest result in 32-bit digits: arithmetic is quadratic, and one value must not hold a thread up. */
enum { MAX_DIGITS = 4096 };

/* A number for reading: digits of an int64 or of a big. */
typedef struct view {
    bool            negative;
    uint32_t        count;
    const uint32_t *digits;
    uint32_t        small[2];
} view;

static void look(cf_value v, view *out)
{
    if (CF_T_IS(v, cf_t_big_class)) {
        const big *b = (const big *)v.as.object;
        out->negative = b->negative;
        out->count = b->count;
        out->digits = b->digits;
        return;
    }
    int64_t  n = v.kind == CF_BOOL ? v.as.boolean : v.as.integer;
    uint64_t m = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    out->negative = n < 0;
    out->small[0] = (uint32_t)m;
    out->small[1] = (uint32_t)(m >> 32);
    out->count = m >> 32 ? 2 : m ? 1 : 0;
    out->digits = out->small;
}

bool cf_t_is_int(cf_value v)
{
    return v.kind == CF_INT || v.kind == CF_BOOL || CF_T_IS(v, cf_t_big_class);
}

bool cf_t_is_number(cf_value v)
{
    return v.kind == CF_FLOAT || cf_t_is_int(v);
}

static big *new_big(cf_arena *arena, uint32_t count)
{
    big *b = cf_arena_alloc(arena, sizeof *b + count * sizeof(uint32_t));
    if (!b) return NULL;
    b->object.cls = &cf_t_big_class;
    b->count = count;
    return b;
}

static big *make(cf_vm *vm, size_t count)
{
    if (count > MAX_DIGITS) {
        cf_t_raise(vm, "OverflowError", "a whole number has more than %d bits", MAX_DIGITS * 32);
        return NULL;
    }
    big *b = new_big(vm->arena, (uint32_t)count);
    if (!b) cf_t_no_memory(vm);
    return b;
}

/* Drops leading zeros; what fits 64 bits becomes a plain int. */
static void finish(big *b, cf_value *out)
{
    while (b->count && !b->digits[b->count - 1]) b->count--;
    if (b->count <= 2) {
        uint64_t m = b->count ? b->digits[0] : 0;
        if (b->count == 2) m |= (uint64_t)b->digits[1] << 32;
        if (m <= INT64_MAX || (b->negative && m == (uint64_t)INT64_MAX + 1)) {
            *out = cf_value_int(b->negative ? (int64_t)(0 - m) : (int64_t)m);
            return;
        }
    }
    *out = cf_value_object(&b->object);
}

bool cf_t_big_copy(cf_arena *arena, cf_value v, cf_value *out)
{
    view a;
    look(v, &a);
    big *b = new_big(arena, a.count);
    if (!b) return false;
    b->negative = a.negative;
    memcpy(b->digits, a.digits, a.count * sizeof *b->digits);
    *out = cf_value_object(&b->object);
    return true;
}

static int compare_magnitude(const view *a, const view *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (uint32_t i = a->count; i-- > 0;)
        if (a->digits[i] != b->digits[i]) return a->digits[i] < b->digits[i] ? -1 : 1;
    return 0;
}

int cf_t_big_compare(cf_value x, cf_value y)
{
    view a, b;
    look(x, &a);
    look(y, &b);
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    int c = compare_magnitude(&a, &b);
    return a.negative ? -c : c;
}

int cf_t_big_sign(cf_value v)
{
    view a;
    look(v, &a);
    return a.count == 0 ? 0 : a.negative ? -1 : 1;
}

int64_t cf_t_big_bits(cf_value v)
{
    view a;
    look(v, &a);
    return a.count ? (int64_t)a.count * 32 - __builtin_clz(a.digits[a.count - 1]) : 0;
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static bool add_magnitudes(cf_vm *vm, const view *a, const view *b, bool negative, cf_value *out)
{
    if (a->count < b->count) {
        const view *t = a;
        a = b;
        b = t;
    }
    big *r = make(vm, (size_t)a->count + 1);
    if (!r) return false;
    uint64_t carry = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        carry += (uint64_t)a->digits[i] + (i < b->count ? b->digits[i] : 0);
        r->digits[i] = (uint32_t)carry;
        carry >>= 32;
    }
    r->digits[a->count] = (uint32_t)carry;
    r->negative = negative;
    finish(r, out);
    return true;
}

static bool subtract_magnitudes(cf_vm *vm, const view *a, const view *b, bool negative, cf_value *out)
{
    if (compare_magnitude(a, b) < 0) {
        const view *t = a;
        a = b;
        b = t;
        negative = !negative;
    }
    big *r = make(vm, a->count);
    if (!r) return false;
    int64_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        borrow += (int64_t)a->digits[i] - (i < b->count ? b->digits[i] : 0);
        r->digits[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    r->negative = negative;
    finish(r, out);
    return true;
}

static bool add(cf_vm *vm, const view *a, const view *b, bool b_negative, cf_value *out)
{
    return a->negative == b_negative ? add_magnitudes(vm, a, b, a->negative, out)
                                     : subtract_magnitudes(vm, a, b, a->negative, out);
}

static bool multiply(cf_vm *vm, const view *a, const view *b, cf_value *out)
{
    big *r = make(vm, (size_t)a->count + b->count);
    if (!r || !cf_t_step(vm, 1 + (uint64_t)a->count * b->count / 64)) return false;
    for (uint32_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (uint32_t k = 0; k < b->count; k++) {
            carry += (uint64_t)a->digits[i] * b->digits[k] + r->digits[i + k];
            r->digits[i + k] = (uint32_t)carry;
            carry >>= 32;
        }
        r->digits[i + b->count] = (uint32_t)carry;
    }
    r->negative = a->negative != b->negative;
    finish(r, out);
    return true;
}

/* Quotient and remainder of magnitudes, bit by bit over 32-bit digits (Knuth's algorithm D). */
static void divide_magnitudes(const view *a, const view *b, uint32_t *q, uint32_t *r, uint32_t *work)
{
    if (b->count == 1) {
        uint64_t rest = 0;
        for (uint32_t i = a->count; i-- > 0;) {
            rest = rest << 32 | a->digits[i];
            q[i] = (uint32_t)(rest / b->digits[0]);
            rest %= b->digits[0];
        }
        r[0] = (uint32_t)rest;
        return;
    }
    uint32_t  n = b->count, m = a->count - n;
    int       shift = __builtin_clz(b->digits[n - 1]);
    uint32_t *u = work, *v = work + a->count + 1;
    u[a->count] = shift ? a->digits[a->count - 1] >> (32 - shift) : 0;
    for (uint32_t i = a->count; i-- > 0;)
        u[i] = a->digits[i] << shift | (shift && i ? a->digits[i - 1] >> (32 - shift) : 0);
    for (uint32_t i = n; i-- > 0;) v[i] = b->digits[i] << shift | (shift && i ? b->digits[i - 1] >> (32 - shift) : 0);
    for (uint32_t j = m + 1; j-- > 0;) {
        uint64_t top = (uint64_t)u[j + n] << 32 | u[j + n - 1];
        uint64_t guess = top / v[n - 1], rest = top % v[n - 1];
        while (guess >> 32 || guess * v[n - 2] > (rest << 32 | u[j + n - 2])) {
            guess--;
            rest += v[n - 1];
            if (rest >> 32) break;
        }
        int64_t  borrow = 0;
        uint64_t carry = 0;
        for (uint32_t i = 0; i < n; i++) {
            carry += guess * v[i];
            borrow += (int64_t)u[i + j] - (int64_t)(uint32_t)carry;
            u[i + j] = (uint32_t)borrow;
            borrow >>= 32;
            carry >>= 32;
        }
        borrow += (int64_t)u[j + n] - (int64_t)carry;
        u[j + n] = (uint32_t)borrow;
        if (borrow < 0) {
            guess--;
            uint64_t back = 0;
            for (uint32_t i = 0; i < n; i++) {
                back += (uint64_t)u[i + j] + v[i];
                u[i + j] = (uint32_t)back;
                back >>= 32;
            }
            u[j + n] += (uint32_t)back;
        }
        q[j] = (uint32_t)guess;
    }
    for (uint32_t i = 0; i < n; i++)
        r[i] = u[i] >> shift | (shift ? (uint32_t)((uint64_t)u[i + 1] << (32 - shift)) : 0);
}

/* Floor division: the remainder has the divisor's sign. */
static bool divide(cf_vm *vm, const view *a, const view *b, bool want_rest, cf_value *out)
{
    if (!b->count) return cf_t_raise(vm, "ZeroDivisionError", "integer division or modulo by zero");
    big *q = make(vm, (size_t)a->count + 1), *r = q ? make(vm, (size_t)b->count + a->count + 1) : NULL;
    if (!r || !cf_t_step(vm, 1 + (uint64_t)a->count * b->count / 64)) return false;
    if (a->count < b->count || compare_magnitude(a, b) < 0) {
        memcpy(r->digits, a->digits, a->count * sizeof(uint32_t));
    } else {
        uint32_t *work = cf_arena_array(vm->arena, (size_t)a->count + b->count + 2, sizeof *work);
        if (!work) return cf_t_no_memory(vm);
        divide_magnitudes(a, b, q->digits, r->digits, work);
    }
    q->negative = a->negative != b->negative;
    r->negative = a->negative;
    cf_value quotient, rest;
    finish(q, &quotient);
    finish(r, &rest);
    if (cf_t_big_sign(rest) != 0 && a->negative != b->negative) {
        view x, y;
        if (want_rest) {
            look(rest, &x);
            return add(vm, &x, b, b->negative, out);
        }
        look(quotient, &x);
        look(cf_value_int(1), &y);
        return add(vm, &x, &y, true, out);
    }
    *out = want_rest ? rest : quotient;
    return true;
}

static bool power(cf_vm *vm, cf_value base, cf_value exponent, cf_value *out)
{
    if (exponent.kind == CF_OBJECT) {
        int64_t small = base.kind == CF_OBJECT ? 2 : base.kind == CF_BOOL ? base.as.boolean : base.as.integer;
        if (small == 0 || small == 1) {
            *out = cf_value_int(small);
            return true;
        }
        return cf_t_raise(vm, "OverflowError", "the exponent is too large");
    }
    uint64_t n = (uint64_t)(exponent.kind == CF_BOOL ? exponent.as.boolean : exponent.as.integer);
    cf_value result = cf_value_int(1);
    if ((cf_t_big_bits(base) > 1) && n > MAX_DIGITS * 32u)
        return cf_t_raise(vm, "OverflowError", "the power is too large");
    while (n) {
        if ((n & 1) && !cf_t_binary(vm, OP_MUL, result, base, &result)) return false;
        n >>= 1;
        if (n && !cf_t_binary(vm, OP_MUL, base, base, &base)) return false;
    }
    *out = result;
    return true;
}

bool cf_t_big_binary(cf_vm *vm, int op, cf_value x, cf_value y, cf_value *out)
{
    view a, b;
    look(x, &a);
    look(y, &b);
    switch (op) {
    case OP_ADD: return add(vm, &a, &b, b.negative, out);
    case OP_SUB: return add(vm, &a, &b, !b.negative, out);
    case OP_MUL: return multiply(vm, &a, &b, out);
    case OP_FLOORDIV: return divide(vm, &a, &b, false, out);
    case OP_MOD: return divide(vm, &a, &b, true, out);
    default: return power(vm, x, y, out);
    }
}

bool cf_t_big_unary(cf_vm *vm, int op, cf_value v, cf_value *out)
{
    view a;
    look(v, &a);
    big *r = make(vm, a.count);
    if (!r) return false;
    memcpy(r->digits, a.digits, a.count * sizeof *r->digits);
    r->negative = op == OP_NEG ? !a.negative : a.negative;
    finish(r, out);
    return true;
}

/* ---- conversion ----------------------------------------------------------------------------- */

const char *cf_t_big_parse(cf_arena *arena, const char *text, size_t size, int base, cf_value *out)
{
    if (base == 10 && size > 4300) return "Exceeds the limit (4300 digits) for integer string conversion";
    size_t room = size * (size_t)(base == 2 ? 1 : base <= 8 ? 3 : base <= 16 ? 4 : 6) / 32 + 1;
    if (room > MAX_DIGITS) return "a whole number is too large";
    big *b = new_big(arena, (uint32_t)room);
    if (!b) return "out of memory";
    uint32_t used = 0;
    for (size_t i = 0; i < size; i++) {
        int      c = text[i] <= '9' ? text[i] - '0' : (text[i] | 32) - 'a' + 10;
        uint64_t carry = (uint64_t)c;
        for (uint32_t k = 0; k < used; k++) {
            carry += (uint64_t)b->digits[k] * (uint32_t)base;
            b->digits[k] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry) b->digits[used++] = (uint32_t)carry;
    }
    b->count = used;
    finish(b, out);
    return NULL;
}

bool cf_t_big_print(cf_vm *vm, cf_value v, int base, bool upper, cf_buffer *out)
{
    view a;
    look(v, &a);
    if (base == 10 && a.count > 447)
        return cf_t_raise(vm, "ValueError", "Exceeds the limit (4300 digits) for integer string conversion");
    size_t    room = (size_t)a.count * 32 + 2;
    uint32_t *work = cf_mem_alloc((a.count + 1) * sizeof *work);
    char     *text = cf_mem_alloc(room);
    bool      ok = work && text;
    if (ok) {
        memcpy(work, a.digits, a.count * sizeof *work);
        uint32_t count = a.count;
        size_t   at = room;
        do {
            uint64_t rest = 0;
            for (uint32_t i = count; i-- > 0;) {
                rest = rest << 32 | work[i];
                work[i] = (uint32_t)(rest / (uint32_t)base);
                rest %= (uint32_t)base;
            }
            while (count && !work[count - 1]) count--;
            text[--at] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest];
        } while (count);
        if (a.negative) cf_buffer_char(out, '-');
        cf_buffer_add(out, text + at, room - at);
    }
    cf_mem_free(work);
    cf_mem_free(text);
    return ok || cf_t_no_memory(vm);
}

/* Correctly rounded: the lowest bit kept is sticky. */
double cf_t_big_double(cf_value v, bool *overflow)
{
    view a;
    look(v, &a);
    *overflow = false;
    uint64_t top = 0;
    int64_t  bits = cf_t_big_bits(v), shift = bits - 64;
    if (shift <= 0) {
        for (uint32_t i = a.count; i-- > 0;) top = top << 32 | a.digits[i];
        shift = 0;
    } else {
        bool sticky = false;
        for (int64_t bit = 0; bit < bits; bit++) {
            bool set = a.digits[bit / 32] >> (bit % 32) & 1;
            if (bit < shift) sticky |= set;
            else if (set) top |= (uint64_t)1 << (bit - shift);
        }
        top |= sticky;
    }
    double x = ldexp((double)top, (int)shift);
    if (isinf(x)) *overflow = true;
    return a.negative ? -x : x;
}

bool cf_t_big_from_double(cf_vm *vm, double x, cf_value *out)
{
    if (x > -9.2e18 && x < 9.2e18) {
        *out = cf_value_int((int64_t)x);
        return true;
    }
    int      exponent;
    double   mantissa = frexp(fabs(x), &exponent);
    uint64_t m = (uint64_t)ldexp(mantissa, 64);
    int      shift = exponent - 64;
    big     *b = make(vm, (size_t)(exponent + 31) / 32 + 3);
    if (!b) return false;
    if (shift < 0) {
        m >>= -shift;
        shift = 0;
    }
    int word = shift / 32, bit = shift % 32;
    b->digits[word] = (uint32_t)(m << bit);
    b->digits[word + 1] = (uint32_t)((m >> 1) >> (31 - bit));
    b->digits[word + 2] = bit ? (uint32_t)(m >> (64 - bit)) : 0;
    b->negative = x < 0;
    finish(b, out);
    return true;
}
