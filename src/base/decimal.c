/* Exact decimals of up to 38 digits in 128 bits. */
#include <carafe/types.h>

#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define MOST_DIGITS 38

static wide coefficient(cf_decimal d)
{
    return (wide)d.high << 64 | d.low;
}

static cf_decimal make(wide number, int scale, bool negative)
{
    cf_decimal d = {(uint64_t)(number >> 64), (uint64_t)number, (uint8_t)scale, negative && number != 0};
    return d;
}

static wide power_of_ten(int n)
{
    wide p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

bool cf_decimal_parse(const char *text, size_t size, cf_decimal *out)
{
    size_t i = 0;
    bool   negative = false, point = false, any = false;
    wide   number = 0;
    int    count = 0, scale = 0, exponent = 0, sign = 1;
    if (i < size && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') return false;
        any = true;
        if (number == 0 && text[i] == '0' && !point) continue;
        if (number || text[i] != '0') count++;
        if (count > MOST_DIGITS) return false;
        number = number * 10 + (wide)(text[i] - '0');
        scale += point;
        if (scale > 2 * MOST_DIGITS) return false;
    }
    if (!any) return false;
    if (i < size) {
        if (++i < size && (text[i] == '+' || text[i] == '-')) sign = text[i++] == '-' ? -1 : 1;
        if (i == size) return false;
        for (; i < size; i++) {
            if (text[i] < '0' || text[i] > '9' || exponent > 999) return false;
            exponent = exponent * 10 + (text[i] - '0');
        }
        scale -= sign * exponent;
    }
    if (number == 0 && scale < 0) scale = 0;
    for (; scale < 0; scale++) {
        if (++count > MOST_DIGITS) return false;
        number *= 10;
    }
    for (; scale > MOST_DIGITS && number % 10 == 0; scale--) number /= 10;
    if (scale > MOST_DIGITS) return false;
    *out = make(number, scale, negative);
    return true;
}

size_t cf_decimal_format(cf_decimal decimal, char out[CF_DECIMAL_SIZE])
{
    char   reversed[MOST_DIGITS + 4];
    size_t n = 0, m = 0;
    int    scale = decimal.scale > MOST_DIGITS ? MOST_DIGITS : decimal.scale, place = 0;
    wide   number = coefficient(decimal);
    do {
        if (place == scale && scale > 0) reversed[n++] = '.';
        reversed[n++] = (char)('0' + (int)(number % 10));
        number /= 10;
        place++;
    } while ((number || place <= scale) && n < sizeof reversed);
    if (decimal.negative) out[m++] = '-';
    while (n) out[m++] = reversed[--n];
    out[m] = '\0';
    return m;
}

bool cf_decimal_rescale(cf_decimal decimal, int scale, cf_decimal *out)
{
    wide number = coefficient(decimal), most = power_of_ten(MOST_DIGITS) - 1;
    int  from = decimal.scale;
    if (scale < 0 || scale > MOST_DIGITS) return false;
    for (; from > scale; from--) {
        if (number % 10) return false;
        number /= 10;
    }
    for (; from < scale; from++) {
        if (number > most / 10) return false;
        number *= 10;
    }
    *out = make(number, scale, decimal.negative);
    return true;
}

/* Compares a/10^sa with b/10^sb by whole parts, then by fractions brought to 38 places. */
static int compare_magnitude(cf_decimal a, cf_decimal b)
{
    wide pa = power_of_ten(a.scale), pb = power_of_ten(b.scale);
    wide wa = coefficient(a) / pa, wb = coefficient(b) / pb;
    if (wa != wb) return wa < wb ? -1 : 1;
    wide fa = coefficient(a) % pa * power_of_ten(MOST_DIGITS - a.scale);
    wide fb = coefficient(b) % pb * power_of_ten(MOST_DIGITS - b.scale);
    return fa < fb ? -1 : fa > fb;
}

int cf_decimal_compare(cf_decimal a, cf_decimal b)
{
    bool na = a.negative && coefficient(a) != 0, nb = b.negative && coefficient(b) != 0;
    if (na != nb) return na ? -1 : 1;
    int order = compare_magnitude(a, b);
    return na ? -order : order;
}
