/* Numbers of any size with a decimal exponent: what Python's int and Decimal keep. */
#include "data.h"

#include "base/number.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Python's default context: results of quantize() have at most so many digits. */
enum { PRECISION = 28 };
/* The largest exponent that Decimal(text) takes. */
static const int64_t exponent_max = INT64_C(999999999999999999);

static bool print_exact(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_exact_print((const cf_exact *)self, out);
    return !out->failed;
}

static cf_answer exact_truth(cf_call *call, cf_object *self)
{
    (void)call;
    return cf_data_truth(cf_value_object(self)) ? CF_YES : CF_NO;
}

const cf_class cf_exact_class = {.name = "number", .print = print_exact, .repr = print_exact, .truth = exact_truth};

static bool is_zero(const cf_exact *x)
{
    return !x->special && x->count == 1 && x->digits[0] == '0';
}

/* Takes the digits over; leading zeros are skipped. */
static cf_exact *make(cf_arena *arena, bool integer, bool negative, const char *digits, size_t count, int64_t exponent)
{
    cf_exact *x = cf_arena_alloc(arena, sizeof *x);
    if (!x) return NULL;
    while (count > 1 && *digits == '0') digits++, count--;
    *x = (cf_exact){{&cf_exact_class}, integer, negative, 0, digits, count, exponent};
    if (!count) {
        x->digits = "0";
        x->count = 1;
    }
    return x;
}

static cf_exact *make_special(cf_arena *arena, bool negative, char special)
{
    cf_exact *x = make(arena, false, negative, "0", 1, 0);
    if (x) x->special = special;
    return x;
}

/* ---- reading ---- */

/* The text with blanks at the ends and underscores gone, digits of all scripts as ASCII; NULL when it has other characters, or no memory. */
static char *plain_text(cf_arena *arena, const char *text, size_t size, size_t *length)
{
    cf_text_strip(&text, &size);
    char *out = cf_arena_alloc(arena, size + 1);
    if (!out) return NULL;
    *length = 0;
    for (size_t at = 0; at < size;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        int      digit = c < 128 ? -1 : cf_unicode_digit(c);
        if (c == '_') continue;
        if (c >= 128 && digit < 0) return NULL;
        out[(*length)++] = digit >= 0 ? (char)('0' + digit) : (char)c;
    }
    return out;
}

static const cf_exact *parse_special(cf_arena *arena, bool negative, const char *at, size_t size)
{
    if (cf_equal_nocase(at, size, "inf", 3) || cf_equal_nocase(at, size, "infinity", 8))
        return make_special(arena, negative, 'i');
    char special = 'n';
    if (size && (*at == 's' || *at == 'S')) special = 's', at++, size--;
    if (size < 3 || !cf_equal_nocase(at, 3, "nan", 3)) return NULL;
    at += 3;
    size -= 3;
    for (size_t i = 0; i < size; i++)
        if (at[i] < '0' || at[i] > '9') return NULL;
    cf_exact *x = make(arena, false, negative, at, size, 0);
    if (x) x->special = special;
    return x;
}

static bool parse_exponent(const char *at, size_t size, int64_t *exponent)
{
    bool negative = size && *at == '-';
    if (size && (*at == '-' || *at == '+')) at++, size--;
    if (!size) return false;
    int64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        if (at[i] < '0' || at[i] > '9') return false;
        value = value > exponent_max / 10 ? exponent_max + 1 : value * 10 + (at[i] - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

const cf_exact *cf_exact_parse(cf_arena *arena, const char *text, size_t size)
{
    size_t length;
    char  *plain = plain_text(arena, text, size, &length);
    if (!plain || !length) return NULL;
    const char *at = plain, *end = plain + length;
    bool        negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    if (at == end) return NULL;
    if ((*at < '0' || *at > '9') && *at != '.') return parse_special(arena, negative, at, (size_t)(end - at));
    char   *digits = plain; /* the digits replace the text from its start */
    size_t  count = 0;
    int64_t exponent = 0, fraction = 0;
    bool    point = false;
    for (; at < end && ((*at >= '0' && *at <= '9') || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
        } else {
            digits[count++] = *at;
            fraction += point;
        }
    }
    if (!count) return NULL;
    if (at < end) {
        if (*at != 'e' && *at != 'E') return NULL;
        if (!parse_exponent(at + 1, (size_t)(end - at - 1), &exponent)) return NULL;
    }
    cf_exact *x = make(arena, false, negative, digits, count, exponent - fraction);
    if (!x) return NULL;
    int64_t adjusted = x->exponent + (int64_t)x->count - 1;
    if (is_zero(x) ? exponent > exponent_max || exponent < -exponent_max
                   : adjusted > exponent_max || adjusted < -exponent_max)
        return NULL;
    return x;
}

static const cf_exact *of_double(cf_arena *arena, double number)
{
    if (isnan(number)) return make_special(arena, false, 'n');
    if (isinf(number)) return make_special(arena, number < 0, 'i');
    enum { DIGITS = 1074, ROOM = 1500 };
    char *text = cf_arena_alloc(arena, ROOM);
    if (!text) return NULL;
    size_t length = cf_format_fixed(fabs(number), DIGITS, text, ROOM), count = 0, fraction = 0;
    bool   point = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            point = true;
        } else {
            text[count++] = text[i];
            fraction += point;
        }
    }
    while (fraction && text[count - 1] == '0') count--, fraction--;
    return make(arena, false, signbit(number) != 0, text, count, -(int64_t)fraction);
}

const cf_exact *cf_exact_of(cf_arena *arena, cf_value value)
{
    char text[CF_DECIMAL_SIZE + 8];
    switch (value.kind) {
    case CF_BOOL: return make(arena, true, false, value.as.boolean ? "1" : "0", 1, 0);
    case CF_INT: {
        size_t length = cf_format_int(value.as.integer, text);
        size_t sign = text[0] == '-';
        char  *digits = cf_arena_text(arena, text + sign, length - sign);
        return digits ? make(arena, true, sign, digits, length - sign, 0) : NULL;
    }
    case CF_FLOAT: return of_double(arena, value.as.number);
    case CF_DECIMAL: {
        size_t length = cf_decimal_format(*value.as.decimal, text);
        return cf_exact_parse(arena, text, length);
    }
    case CF_OBJECT: return cf_value_exact(value);
    default: return NULL;
    }
}

/* ---- writing ---- */

void cf_exact_print(const cf_exact *x, cf_buffer *out)
{
    if (x->negative) cf_buffer_char(out, '-');
    if (x->special == 'i') {
        cf_buffer_text(out, "Infinity");
        return;
    }
    if (x->special) {
        cf_buffer_text(out, x->special == 's' ? "sNaN" : "NaN");
        if (x->count > 1 || x->digits[0] != '0') cf_buffer_add(out, x->digits, x->count);
        return;
    }
    int64_t adjusted = x->exponent + (int64_t)x->count - 1;
    if (x->exponent <= 0 && adjusted >= -6) {
        size_t fraction = (size_t)-x->exponent;
        if (fraction >= x->count) {
            cf_buffer_text(out, "0");
            if (fraction) cf_buffer_char(out, '.');
            for (size_t i = x->count; i < fraction; i++) cf_buffer_char(out, '0');
            cf_buffer_add(out, x->digits, x->count);
        } else {
            cf_buffer_add(out, x->digits, x->count - fraction);
            if (fraction) cf_buffer_char(out, '.');
            cf_buffer_add(out, x->digits + x->count - fraction, fraction);
        }
        return;
    }
    cf_buffer_add(out, x->digits, 1);
    if (x->count > 1) {
        cf_buffer_char(out, '.');
        cf_buffer_add(out, x->digits + 1, x->count - 1);
    }
    cf_buffer_text(out, adjusted < 0 ? "E" : "E+");
    cf_buffer_int(out, adjusted);
}

cf_value cf_exact_value(const cf_exact *x)
{
    if (!x) return cf_value_undefined();
    int64_t number = 0;
    if (x->integer && x->count <= 19) {
        char text[24];
        text[0] = '-';
        memcpy(text + 1, x->digits, x->count);
        if (cf_parse_int(x->negative ? text : text + 1, x->count + x->negative, &number)) return cf_value_int(number);
    }
    return cf_value_object((cf_object *)(uintptr_t)x);
}

double cf_exact_double(const cf_exact *x)
{
    if (x->special) return x->special == 'i' ? (x->negative ? -INFINITY : INFINITY) : NAN;
    /* Twenty leading digits and a sticky one decide the nearest double but for ties that nobody types. */
    char    text[64];
    size_t  count = x->count < 40 ? x->count : 40, length = 0;
    int64_t exponent = x->exponent + (int64_t)(x->count - count);
    if (x->negative) text[length++] = '-';
    memcpy(text + length, x->digits, count);
    length += count;
    text[length++] = 'e';
    length += cf_format_int(exponent, text + length);
    double number = 0;
    if (cf_parse_double(text, length, &number)) return number;
    number = exponent > 0 && !is_zero(x) ? INFINITY : 0;
    return x->negative ? -number : number;
}

bool cf_exact_decimal(const cf_exact *x, cf_decimal *out)
{
    enum { DIGITS = 38 };
    char   text[DIGITS + 32];
    size_t length = 0;
    if (x->special || x->count > DIGITS) return false;
    if (x->negative) text[length++] = '-';
    memcpy(text + length, x->digits, x->count);
    length += x->count;
    text[length++] = 'e';
    length += cf_format_int(x->exponent, text + length);
    return cf_decimal_parse(text, length, out);
}

/* ---- arithmetic ---- */

static int compare_size(const cf_exact *a, const cf_exact *b)
{
    if (is_zero(a) || is_zero(b)) return is_zero(a) ? (is_zero(b) ? 0 : -1) : 1;
    int64_t x = a->exponent + (int64_t)a->count, y = b->exponent + (int64_t)b->count;
    if (x != y) return x < y ? -1 : 1;
    size_t count = a->count > b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++) {
        char p = i < a->count ? a->digits[i] : '0', q = i < b->count ? b->digits[i] : '0';
        if (p != q) return p < q ? -1 : 1;
    }
    return 0;
}

int cf_exact_compare(const cf_exact *a, const cf_exact *b)
{
    if ((a->special && a->special != 'i') || (b->special && b->special != 'i')) return 2;
    bool zero = is_zero(a) && is_zero(b);
    if (!zero && a->negative != b->negative) return a->negative ? -1 : 1;
    if (zero) return 0;
    int order;
    if (a->special || b->special) order = a->special && b->special ? 0 : a->special ? 1 : -1;
    else order = compare_size(a, b);
    return a->negative ? -order : order;
}

/* Should the digits before the cut be raised by one? `rest` compares what is cut with a half: -2 nothing, -1 less, 0 half, 1 more. */
static bool rounds_up(int rounding, bool negative, int last, int rest)
{
    if (rest == -2) return false;
    switch (rounding) {
    case CF_ROUND_UP: return true;
    case CF_ROUND_DOWN: return false;
    case CF_ROUND_CEILING: return !negative;
    case CF_ROUND_FLOOR: return negative;
    case CF_ROUND_HALF_UP: return rest >= 0;
    case CF_ROUND_HALF_DOWN: return rest > 0;
    case CF_ROUND_05UP: return last == 0 || last == 5;
    default: return rest > 0 || (rest == 0 && last % 2);
    }
}

/* The number with its last `cut` digits rounded away. */
static cf_exact *cut_digits(cf_arena *arena, const cf_exact *x, uint64_t cut, int rounding)
{
    size_t keep = cut < x->count ? x->count - (size_t)cut : 0;
    char  *digits = cf_arena_alloc(arena, keep + 2);
    if (!digits) return NULL;
    int rest = -2;
    if (cut > x->count) {
        rest = is_zero(x) ? -2 : -1;
    } else {
        for (size_t i = keep + 1; i < x->count && rest == -2; i++)
            if (x->digits[i] != '0') rest = -1;
        if (keep < x->count) {
            char first = x->digits[keep];
            if (first == '5') rest = rest == -2 ? 0 : 1;
            else if (first != '0') rest = first > '5' ? 1 : -1;
        }
    }
    digits[0] = '0';
    memcpy(digits + 1, x->digits, keep);
    if (rounds_up(rounding, x->negative, digits[keep] - '0', rest)) {
        size_t i = keep;
        while (i && digits[i] == '9') digits[i--] = '0';
        digits[i]++;
    }
    return make(arena, x->integer, x->negative, digits, keep + 1, x->exponent + (int64_t)cut);
}

const cf_exact *cf_exact_quantize(cf_arena *arena, const cf_exact *x, int places, int rounding)
{
    if (x->special == 'n') return x;
    if (x->special) return NULL;
    int64_t target = -(int64_t)places;
    if (x->exponent < target) {
        const cf_exact *cut = cut_digits(arena, x, (uint64_t)(target - x->exponent), rounding);
        return cut && cut->count <= PRECISION ? cut : NULL;
    }
    if (is_zero(x)) return make(arena, false, x->negative, "0", 1, target);
    uint64_t more = (uint64_t)(x->exponent - target);
    if (more > PRECISION || x->count + more > PRECISION) return NULL;
    char *digits = cf_arena_alloc(arena, x->count + (size_t)more + 1);
    if (!digits) return NULL;
    memcpy(digits, x->digits, x->count);
    memset(digits + x->count, '0', (size_t)more);
    return make(arena, false, x->negative, digits, x->count + (size_t)more, target);
}

const cf_exact *cf_exact_truncate(cf_arena *arena, const cf_exact *x)
{
    enum { LARGEST = 100000 };
    cf_exact *whole = NULL;
    if (x->exponent < 0) {
        whole = cut_digits(arena, x, (uint64_t)-x->exponent, CF_ROUND_DOWN);
    } else if (x->exponent <= LARGEST) {
        char *digits = cf_arena_alloc(arena, x->count + (size_t)x->exponent + 1);
        if (!digits) return NULL;
        memcpy(digits, x->digits, x->count);
        memset(digits + x->count, '0', (size_t)x->exponent);
        whole = make(arena, true, x->negative, digits, x->count + (size_t)x->exponent, 0);
    }
    if (!whole) return NULL;
    whole->integer = true;
    whole->exponent = 0;
    if (is_zero(whole)) whole->negative = false;
    return whole;
}

const cf_exact *cf_exact_double_up(cf_arena *arena, const cf_exact *x)
{
    if (x->special) return x;
    char *digits = cf_arena_alloc(arena, x->count + 2);
    if (!digits) return NULL;
    int carry = 0;
    for (size_t i = x->count; i-- > 0;) {
        int d = (x->digits[i] - '0') * 2 + carry;
        digits[i + 1] = (char)('0' + d % 10);
        carry = d / 10;
    }
    digits[0] = (char)('0' + carry);
    const cf_exact *sum = make(arena, x->integer, x->negative, digits, x->count + 1, x->exponent);
    if (sum && !sum->integer && sum->count > PRECISION)
        return cut_digits(arena, sum, sum->count - PRECISION, CF_ROUND_HALF_EVEN);
    return sum;
}
