#include "web/coding.h"

#include "base/text.h"
#include <carafe/types.h>
#include <stdio.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

size_t cf_percent_decode(const char *text, size_t size, bool plus, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%' && size - i > 2 && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        out[n++] = c;
    }
    return n;
}

/* Length of the well-formed sequence at `s`, or minus the length of the maximal ill-formed part (Unicode 15, table 3-7). */
static int sequence(const unsigned char *s, size_t size)
{
    unsigned char lead = s[0], low = 0x80, high = 0xBF;
    int           length;
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return -1;
    }
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= size || s[i] < low || s[i] > high) return -i;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

char *cf_utf8_repair(cf_arena *arena, const char *text, size_t size, size_t *out_size)
{
    if (cf_utf8_valid(text, size)) {
        *out_size = size;
        return cf_arena_text(arena, text, size);
    }
    if (size > SIZE_MAX / 3 - 1) return NULL;
    char *out = cf_arena_alloc(arena, size * 3 + 1);
    if (!out) return NULL;
    size_t n = 0;
    for (size_t i = 0; i < size;) {
        int length = sequence((const unsigned char *)text + i, size - i);
        if (length > 0) {
            memcpy(out + n, text + i, (size_t)length);
            n += (size_t)length;
            i += (size_t)length;
        } else {
            memcpy(out + n, "\xEF\xBF\xBD", 3);
            n += 3;
            i += (size_t)-length;
        }
    }
    out[n] = '\0';
    *out_size = n;
    return out;
}

char *cf_decode_text(cf_arena *arena, const char *text, size_t size, bool plus, size_t *out_size)
{
    if (size == SIZE_MAX) return NULL;
    char *decoded = cf_arena_alloc(arena, size + 1);
    if (!decoded) return NULL;
    size_t n = cf_percent_decode(text, size, plus, decoded);
    decoded[n] = '\0';
    if (cf_utf8_valid(decoded, n)) {
        *out_size = n;
        return decoded;
    }
    return cf_utf8_repair(arena, decoded, n, out_size);
}

static bool unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static void percent(cf_buffer *out, const char *text, size_t size, const char *also)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (unreserved(c) || (c && strchr(also, c))) {
            cf_buffer_char(out, (char)c);
        } else {
            char code[3] = {'%', digits[c >> 4], digits[c & 15]};
            cf_buffer_add(out, code, 3);
        }
    }
}

void cf_percent_path(cf_buffer *out, const char *text, size_t size, bool slashes)
{
    percent(out, text, size, slashes ? "/!$&'()*+,:;=@" : "!$&'()*+,:;=@");
}

void cf_percent_query(cf_buffer *out, const char *text, size_t size)
{
    size_t start = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && text[i] != ' ') continue;
        percent(out, text + start, i - start, "");
        if (i < size) cf_buffer_char(out, '+');
        start = i + 1;
    }
}

static const char days[] = "Thu\0Fri\0Sat\0Sun\0Mon\0Tue\0Wed";
static const char months[] = "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec";

void cf_http_date_format(int64_t seconds, char out[CF_HTTP_DATE_SIZE])
{
    int64_t day = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        day--;
    }
    int year, month, d;
    cf_date_parts((cf_date){(int32_t)day}, &year, &month, &d);
    int week = (int)(((day % 7) + 7) % 7);
    snprintf(out, CF_HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", days + 4 * week, (unsigned)d % 100u,
             months + 4 * (month - 1), (unsigned)year % 10000u, (unsigned)(rest / 3600) % 100u,
             (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

static bool number(const char *text, int digits, int *out)
{
    int n = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        n = n * 10 + (text[i] - '0');
    }
    *out = n;
    return true;
}

bool cf_http_date_parse(const char *text, int64_t *seconds)
{
    if (!text || strlen(text) != 29 || text[3] != ',' || memcmp(text + 25, " GMT", 4)) return false;
    int day, year, hour, minute, second, month = 0;
    if (!number(text + 5, 2, &day) || !number(text + 12, 4, &year) || !number(text + 17, 2, &hour) ||
        !number(text + 20, 2, &minute) || !number(text + 23, 2, &second))
        return false;
    while (month < 12 && memcmp(text + 8, months + 4 * month, 3) != 0) month++;
    cf_date date;
    if (month == 12 || hour > 23 || minute > 59 || second > 60 || !cf_date_make(year, month + 1, day, &date))
        return false;
    *seconds = (int64_t)date.days * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
