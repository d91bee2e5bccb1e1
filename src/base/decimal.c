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

/* `n` from 0 to 38. */
static wide power_of_ten(int n)
{
    wide p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

/* A number being read: number / 10^scale, of which `count` digits are significant. */
typedef struct reading {
    wide    number;
    int     count;
    int64_t scale;
} reading;

/* Takes in a digit; a 39th one can only be a zero, which is left out. */
static bool take_digit(reading *r, int digit, bool fraction)
{
    if (r->count == MOST_DIGITS) {
        r->scale -= !fraction;
        return digit == 0;
    }
    if (r->number || digit) r->count++;
    r->number = r->number * 10 + (wide)digit;
    r->scale += fraction;
    return true;
}

/* Digits with at most one point among them; the bytes used, 0 when there is no digit or there are too many. */
static size_t read_digits(const char *text, size_t size, reading *r)
{
    bool   point = false, any = false;
    size_t i = 0;
    for (; i < size; i++) {
        if (text[i] == '.' && !point) {
            point = true;
        } else if (text[i] >= '0' && text[i] <= '9') {
            if (!take_digit(r, text[i] - '0', point)) return 0;
            any = true;
        } else {
            break;
        }
    }
    return any ? i : 0;
}

/* What follows an 'e'; numbers that no text could make up for stay at a large value. */
static bool read_exponent(const char *text, size_t size, int64_t *exponent)
{
    const int64_t most = INT64_C(1000000000000000000);
    size_t        i = 0;
    bool          negative = false;
    if (i < size && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    if (i == size) return false;
    for (*exponent = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *exponent = *exponent < most / 10 ? *exponent * 10 + (text[i] - '0') : most;
    }
    if (negative) *exponent = -*exponent;
    return true;
}

/* Brings the scale between 0 and 38 without changing the value. */
static bool settle(reading *r)
{
    if (r->number == 0) {
        r->scale = r->scale < 0 ? 0 : r->scale > MOST_DIGITS ? MOST_DIGITS : r->scale;
        return true;
    }
    if (r->scale < r->count - MOST_DIGITS) return false;
    for (; r->scale < 0; r->scale++) r->number *= 10;
    for (; r->scale > MOST_DIGITS && r->number % 10 == 0; r->scale--) r->number /= 10;
    return r->scale <= MOST_DIGITS;
}

bool cf_decimal_parse(const char *text, size_t size, cf_decimal *out)
{
    reading r = {0, 0, 0};
    int64_t exponent = 0;
    size_t  i = 0;
    bool    negative = false;
    if (i < size && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
    size_t used = read_digits(text + i, size - i, &r);
    if (!used) return false;
    i += used;
    if (i < size) {
        if (text[i] != 'e' && text[i] != 'E') return false;
        if (!read_exponent(text + i + 1, size - i - 1, &exponent)) return false;
    }
    r.scale -= exponent;
    if (!settle(&r)) return false;
    *out = make(r.number, (int)r.scale, negative);
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
    int  from = decimal.scale > MOST_DIGITS ? MOST_DIGITS : decimal.scale;
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
    if (a.scale > MOST_DIGITS) a.scale = MOST_DIGITS;
    if (b.scale > MOST_DIGITS) b.scale = MOST_DIGITS;
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
