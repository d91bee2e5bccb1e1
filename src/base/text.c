/* UTF-8, names and distances between them. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Length of a well-formed sequence at text[at], or 0 (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *t, size_t size, size_t at)
{
    unsigned char a = t[at];
    size_t        left = size - at;
    if (a < 0x80) return 1;
    if (a < 0xc2 || a > 0xf4) return 0;
    if (left < 2) return 0;
    unsigned char b = t[at + 1];
    unsigned char low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
    unsigned char high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
    if (b < low || b > high) return 0;
    if (a < 0xe0) return 2;
    if (left < 3 || (t[at + 2] & 0xc0) != 0x80) return 0;
    if (a < 0xf0) return 3;
    return left >= 4 && (t[at + 3] & 0xc0) == 0x80 ? 4 : 0;
}

/* Are the eight bytes at `t` ASCII? Most texts are, mostly. */
static bool ascii_word(const unsigned char *t)
{
    uint64_t w;
    memcpy(&w, t, 8);
    return !(w & UINT64_C(0x8080808080808080));
}

uint32_t cf_utf8_next(const char *text, size_t size, size_t *at)
{
    const unsigned char *t = (const unsigned char *)text;
    const unsigned char *p = t + *at;
    size_t               n = sequence_length(t, size, *at);
    *at += n ? n : 1;
    switch (n) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    case 4:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 |
               (p[3] & 0x3f);
    default: return 0xfffd;
    }
}

size_t cf_utf8_put(uint32_t c, char out[4])
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = 0xfffd;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

bool cf_utf8_valid(const char *text, size_t size)
{
    const unsigned char *t = (const unsigned char *)text;
    for (size_t at = 0; at < size;) {
        if (size - at >= 8 && ascii_word(t + at)) {
            at += 8;
            continue;
        }
        size_t n = sequence_length(t, size, at);
        if (!n) return false;
        at += n;
    }
    return true;
}

size_t cf_utf8_length(const char *text, size_t size)
{
    const unsigned char *t = (const unsigned char *)text;
    size_t               count = 0;
    for (size_t at = 0; at < size;) {
        if (size - at >= 8 && ascii_word(t + at)) {
            at += 8;
            count += 8;
            continue;
        }
        size_t n = sequence_length(t, size, at);
        at += n ? n : 1;
        count++;
    }
    return count;
}

size_t cf_utf8_offset(const char *text, size_t size, size_t n)
{
    const unsigned char *t = (const unsigned char *)text;
    size_t               at = 0;
    while (n && at < size) {
        if (n >= 8 && size - at >= 8 && ascii_word(t + at)) {
            at += 8;
            n -= 8;
            continue;
        }
        size_t step = sequence_length(t, size, at);
        at += step ? step : 1;
        n--;
    }
    return at;
}

bool cf_unicode_space(uint32_t c)
{
    if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

#define LONGEST_NAME 63

int cf_edit_distance(const char *a, const char *b, int limit)
{
    size_t na = strlen(a), nb = strlen(b);
    int    rows[3][LONGEST_NAME + 1];
    if (na > LONGEST_NAME || nb > LONGEST_NAME || abs((int)na - (int)nb) > limit) return limit + 1;
    for (size_t j = 0; j <= nb; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            /* two letters swapped count once */
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    int distance = rows[na % 3][nb];
    return distance > limit ? limit + 1 : distance;
}

const char *cf_nearest_name(const char *wanted, const char *const *names, size_t count)
{
    int         limit = ((int)strlen(wanted) + 1) / 3, best = limit + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!names[i]) continue;
        if (cf_equal_nocase(wanted, strlen(wanted), names[i], strlen(names[i]))) return names[i];
        int distance = cf_edit_distance(wanted, names[i], limit);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool cf_equal_nocase(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size != b_size) return false;
    for (size_t i = 0; i < a_size; i++)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

uint64_t cf_hash(const void *data, size_t size)
{
    const unsigned char *p = data;
    uint64_t             h = 0xcbf29ce484222325u ^ size;
    while (size >= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
        p += 8;
        size -= 8;
    }
    for (; size; size--) h = (h ^ *p++) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}
