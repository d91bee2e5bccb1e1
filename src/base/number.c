/* Numbers as text and back, whatever the locale. */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C locale as an object, made once; uselocale() is not needed as strtod_l takes it. */
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

/* printf's decimal point is the locale's: whatever is no digit, sign or exponent is it. */
static void restore_point(char *text)
{
    char *p = text;
    while (*p && strchr("+-0123456789", *p)) p++;
    if (*p == '\0' || *p == '.' || *p == 'e') return;
    char *q = p;
    while (*q && !strchr("0123456789e", *q)) q++;
    *p = '.';
    memmove(p + 1, q, strlen(q) + 1);
}

static double read_back(const char *text)
{
    locale_t l = c_locale();
    return l ? strtod_l(text, NULL, l) : NAN;
}

/* The digits of %.*e in `text` put as Python's repr() does: exponent when < -4 or >= 16. */
static size_t arrange(const char *text, char out[CF_DOUBLE_SIZE])
{
    char   digits[24];
    size_t count = 0, n = 0;
    int    negative = *text == '-';
    const char *p = text + negative;
    for (; *p && *p != 'e'; p++)
        if (*p != '.') digits[count++] = *p;
    int exponent = atoi(p + 1);
    while (count > 1 && digits[count - 1] == '0') count--;
    if (negative) out[n++] = '-';
    if (exponent < -4 || exponent >= 16) {
        out[n++] = digits[0];
        if (count > 1) out[n++] = '.';
        memcpy(out + n, digits + 1, count - 1);
        n += count - 1;
        n += (size_t)snprintf(out + n, CF_DOUBLE_SIZE - n, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
        return n;
    }
    if (exponent < 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = -1; i > exponent; i--) out[n++] = '0';
        memcpy(out + n, digits, count);
        n += count;
    } else {
        for (int i = 0; i <= exponent; i++) out[n++] = (size_t)i < count ? digits[i] : '0';
        out[n++] = '.';
        if (count > (size_t)exponent + 1) {
            memcpy(out + n, digits + exponent + 1, count - (size_t)exponent - 1);
            n += count - (size_t)exponent - 1;
        } else {
            out[n++] = '0';
        }
    }
    out[n] = '\0';
    return n;
}

/* Numbers of up to 15 digits with at most 4 decimals are common; they need no search. */
static size_t format_short(double number, char out[CF_DOUBLE_SIZE])
{
    double scaled = number * 10000.0;
    if (!(fabs(number) < 1e10) || scaled != floor(scaled) || number == 0) return 0;
    int64_t whole = (int64_t)scaled;
    if ((double)whole / 10000.0 != number) return 0;
    bool     negative = whole < 0;
    uint64_t u = negative ? (uint64_t)-whole : (uint64_t)whole;
    char     text[24];
    size_t   n = (size_t)snprintf(text, sizeof text, "%05llu", (unsigned long long)u), m = 0;
    if (negative) out[m++] = '-';
    memcpy(out + m, text, n - 4);
    m += n - 4;
    out[m++] = '.';
    size_t decimals = 4;
    while (decimals > 1 && text[n - 4 + decimals - 1] == '0') decimals--;
    memcpy(out + m, text + n - 4, decimals);
    m += decimals;
    out[m] = '\0';
    return fabs(number) < 0.001 ? 0 : m;
}

size_t cf_format_double(double number, char out[CF_DOUBLE_SIZE])
{
    if (isnan(number)) return (size_t)snprintf(out, CF_DOUBLE_SIZE, "nan");
    if (isinf(number)) return (size_t)snprintf(out, CF_DOUBLE_SIZE, number < 0 ? "-inf" : "inf");
    size_t quick = format_short(number, out);
    if (quick) return quick;
    char text[CF_DOUBLE_SIZE];
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, number);
        restore_point(text);
        if (precision == 16 || read_back(text) == number) break;
    }
    return arrange(text, out);
}

size_t cf_format_fixed(double number, int digits, char *out, size_t size)
{
    int n = snprintf(out, size, "%.*f", digits, number);
    if (n < 0) return 0;
    if ((size_t)n < size && !isnan(number) && !isinf(number)) {
        restore_point(out);
        return strlen(out);
    }
    return (size_t)n;
}

bool cf_parse_double(const char *text, size_t size, double *out)
{
    char   copy[512];
    size_t i = 0, digits = 0;
    if (size == 0 || size >= sizeof copy) return false;
    if (text[i] == '+' || text[i] == '-') i++;
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) digits++;
    if (i < size && text[i] == '.')
        for (i++; i < size && text[i] >= '0' && text[i] <= '9'; i++) digits++;
    if (!digits) return false;
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < size && (text[i] == '+' || text[i] == '-')) i++;
        if (i == size) return false;
        for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) {}
    }
    if (i != size) return false;
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
