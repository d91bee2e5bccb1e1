/* Numbers as text and back, whatever the locale. */
#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C locale as an object, made once and kept; 0 when out of memory. */
static locale_t c_locale(void)
{
    static _Atomic(locale_t) shared;
    locale_t                 l = atomic_load(&shared);
    if (l) return l;
    l = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t expected = (locale_t)0;
    if (l && !atomic_compare_exchange_strong(&shared, &expected, l)) {
        freelocale(l);
        l = expected;
    }
    return l;
}

/* snprintf() with the C locale's point; the thread's own locale is back in place afterwards. */
static int print_number(char *out, size_t size, const char *format, int precision, double number)
{
    locale_t c = c_locale(), before = c ? uselocale(c) : (locale_t)0;
    int      n = snprintf(out, size, format, precision, number);
    if (c) uselocale(before);
    return n;
}

/* Are digits and 10^|power| doubles themselves? Then one operation on them rounds correctly. */
static bool exact_operands(uint64_t digits, int power)
{
    return FLT_EVAL_METHOD == 0 && digits < UINT64_C(1) << 53 && abs(power) <= 22;
}

/* The double nearest to digits * 10^power. */
static double nearest_double(uint64_t digits, int power)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (exact_operands(digits, power)) return power < 0 ? (double)digits / tens[-power] : (double)digits * tens[power];
    char     text[48];
    size_t   n = cf_format_int((int64_t)digits, text);
    locale_t l = c_locale();
    text[n++] = 'e';
    cf_format_int(power, text + n);
    return l ? strtod_l(text, NULL, l) : NAN;
}

/* A positive decimal number, digits * 10^power. */
typedef struct decimal {
    uint64_t digits;
    int      power;
} decimal;

/* `precision` + 1 significant digits of a positive number. */
static decimal significant(double number, int precision)
{
    char    text[CF_DOUBLE_SIZE];
    decimal d = {0, -precision};
    print_number(text, sizeof text, "%.*e", precision, number);
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') d.digits = d.digits * 10 + (uint64_t)(*p - '0');
    if (*p == 'e') d.power += atoi(p + 1);
    return d;
}

/* Up to 15 digits with at most 6 decimals, or a whole number: most numbers people write. */
static bool find_plain(double number, decimal *out)
{
    int    decimals = number < 1e9 ? 6 : 0;
    double scaled = decimals ? number * 1e6 : number;
    if (!(scaled < 1e15)) return false;
    *out = (decimal){(uint64_t)(scaled + 0.5), -decimals};
    return nearest_double(out->digits, out->power) == number;
}

/*
 * The shortest decimal that reads back as `number`, and of these the nearest. A normal
 * number is recovered by its first 15 digits when any 15 digits recover it, and by 17
 * always. With 16, the nearest ones may miss a power of two, below which the doubles
 * are closer together, while the next greater ones do not.
 */
static decimal find_shortest(double number)
{
    decimal full = significant(number, 16);
    for (uint64_t unit = 100; unit >= 10; unit /= 10) {
        uint64_t rest = full.digits % unit;
        int      power = full.power + (unit == 100 ? 2 : 1);
        decimal  d = {full.digits / unit + (rest > unit / 2), power};
        if (rest == unit / 2) d = significant(number, unit == 100 ? 14 : 15);
        if (nearest_double(d.digits, d.power) == number) return d;
        int unused;
        if (frexp(number, &unused) == 0.5 && nearest_double(d.digits + 1, d.power) == number)
            return (decimal){d.digits + 1, d.power};
    }
    return full;
}

/* Subnormal numbers have fewer digits the smaller they are. */
static decimal find_shortest_subnormal(double number)
{
    decimal d = {0, 0};
    for (int precision = 0; precision <= 16; precision++) {
        d = significant(number, precision);
        if (nearest_double(d.digits, d.power) == number) break;
    }
    return d;
}

/* Put a number as Python's repr() does: with an exponent when that is < -4 or >= 16. */
static size_t arrange(decimal d, bool negative, char out[CF_DOUBLE_SIZE])
{
    char   digits[24];
    size_t n = 0;
    while (d.digits && d.digits % 10 == 0) {
        d.digits /= 10;
        d.power++;
    }
    int count = (int)cf_format_int((int64_t)d.digits, digits);
    int exponent = d.digits ? count - 1 + d.power : 0;
    if (negative) out[n++] = '-';
    if (exponent < -4 || exponent >= 16) {
        out[n++] = digits[0];
        if (count > 1) out[n++] = '.';
        for (int i = 1; i < count; i++) out[n++] = digits[i];
        out[n++] = 'e';
        out[n++] = exponent < 0 ? '-' : '+';
        if (abs(exponent) < 10) out[n++] = '0';
        return n + cf_format_int(abs(exponent), out + n);
    }
    if (exponent < 0) out[n++] = '0';
    for (int i = 0; i <= exponent; i++) out[n++] = i < count ? digits[i] : '0';
    out[n++] = '.';
    for (int i = -1; i > exponent; i--) out[n++] = '0';
    int rest = exponent < 0 ? 0 : exponent + 1;
    if (rest >= count) out[n++] = '0';
    for (int i = rest; i < count; i++) out[n++] = digits[i];
    out[n] = '\0';
    return n;
}

/* Not a number, or infinite: what Python calls it; else 0. */
static size_t format_special(double number, char out[8])
{
    const char *name = isnan(number) ? "nan" : !isinf(number) ? "" : number < 0 ? "-inf" : "inf";
    memcpy(out, name, strlen(name) + 1);
    return strlen(name);
}

size_t cf_format_double(double number, char out[CF_DOUBLE_SIZE])
{
    size_t special = format_special(number, out);
    if (special) return special;
    bool    negative = signbit(number);
    decimal d;
    number = fabs(number);
    if (!find_plain(number, &d)) d = number < DBL_MIN ? find_shortest_subnormal(number) : find_shortest(number);
    return arrange(d, negative, out);
}

size_t cf_format_fixed(double number, int digits, char *out, size_t size)
{
    char   special[8];
    size_t length = format_special(number, special);
    if (length) {
        if (size) snprintf(out, size, "%s", special);
        return length;
    }
    if (digits < 0) digits = 0;
    if (digits > CF_MOST_DECIMALS) digits = CF_MOST_DECIMALS;
    int n = print_number(out, size, "%.*f", digits, number);
    return n < 0 ? 0 : (size_t)n;
}

/* The number being read: digits * 10^power, unless it has `more` digits than fit. */
typedef struct scan {
    decimal number;
    bool    any, more;
} scan;

static size_t scan_digits(const char *text, size_t size, size_t i, bool fraction, scan *s)
{
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        s->any = true;
        if (s->number.digits > UINT64_MAX / 10 - 1) {
            s->more = true;
        } else {
            s->number.digits = s->number.digits * 10 + (uint64_t)(text[i] - '0');
            s->number.power -= fraction;
        }
    }
    return i;
}

/* Is the whole text a number? Its digits are in *s then. */
static bool scan_number(const char *text, size_t size, scan *s)
{
    size_t i = size && (text[0] == '+' || text[0] == '-');
    i = scan_digits(text, size, i, false, s);
    if (i < size && text[i] == '.') i = scan_digits(text, size, i + 1, true, s);
    if (!s->any) return false;
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        bool negative = ++i < size && text[i] == '-';
        int  exponent = 0;
        if (i < size && (text[i] == '+' || text[i] == '-')) i++;
        if (i == size) return false;
        for (; i < size && text[i] >= '0' && text[i] <= '9'; i++)
            if (exponent < 100000) exponent = exponent * 10 + (text[i] - '0');
        s->number.power += negative ? -exponent : exponent;
    }
    return i == size;
}

bool cf_parse_double(const char *text, size_t size, double *out)
{
    char copy[512];
    scan s = {{0, 0}, false, false};
    if (size >= sizeof copy || !scan_number(text, size, &s)) return false;
    if (!s.more && exact_operands(s.number.digits, s.number.power)) {
        double number = nearest_double(s.number.digits, s.number.power);
        *out = *text == '-' ? -number : number;
        return true;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    locale_t l = c_locale();
    if (!l) return false;
    *out = strtod_l(copy, NULL, l);
    return true;
}

bool cf_parse_int(const char *text, size_t size, int64_t *out)
{
    size_t  i = 0;
    int64_t number = 0;
    bool    negative = false;
    if (i < size && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    if (i == size) return false;
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        int digit = text[i] - '0';
        if (__builtin_mul_overflow(number, (int64_t)10, &number) ||
            __builtin_add_overflow(number, (int64_t)(negative ? -digit : digit), &number))
            return false;
    }
    *out = number;
    return true;
}

size_t cf_format_int(int64_t number, char *out)
{
    char     reversed[20];
    size_t   n = 0, m = 0;
    uint64_t u = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        reversed[n++] = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (number < 0) out[m++] = '-';
    while (n) out[m++] = reversed[--n];
    out[m] = '\0';
    return m;
}
