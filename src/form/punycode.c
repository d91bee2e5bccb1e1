/* Punycode, RFC 3492. */
#include "idna.h"

#include <string.h>

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_CODE = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static char digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

size_t cf_punycode_encode(const uint32_t *points, size_t count, char *out, size_t room)
{
    size_t   length = 0, done;
    uint32_t code = FIRST_CODE, delta = 0, bias = FIRST_BIAS;
    for (size_t i = 0; i < count; i++) {
        if (points[i] >= FIRST_CODE) continue;
        if (length + 1 >= room) return 0;
        out[length++] = (char)points[i];
    }
    size_t basic = done = length;
    if (basic) out[length++] = '-';
    while (done < count) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (points[i] >= code && points[i] < next) next = points[i];
        if ((uint64_t)(next - code) * (done + 1) + delta > UINT32_MAX) return 0;
        delta += (next - code) * (uint32_t)(done + 1);
        code = next;
        for (size_t i = 0; i < count; i++) {
            if (points[i] < code) delta++;
            if (points[i] != code) continue;
            uint32_t rest = delta;
            for (uint32_t k = BASE;; k += BASE) {
                uint32_t t = threshold(k, bias);
                if (length + 1 >= room) return 0;
                if (rest < t) break;
                out[length++] = digit(t + (rest - t) % (BASE - t));
                rest = (rest - t) / (BASE - t);
            }
            out[length++] = digit(rest);
            bias = adapt(delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        code++;
    }
    return length;
}

static int value_of(char c)
{
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= 'A' && c <= 'Z') return c - 'A';
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

bool cf_punycode_decode(const char *text, size_t size, uint32_t *out, size_t *count, size_t room)
{
    uint32_t    code = FIRST_CODE, i = 0, bias = FIRST_BIAS;
    const char *dash = size ? memrchr(text, '-', size) : NULL;
    size_t      basic = dash ? (size_t)(dash - text) : 0, at = dash ? basic + 1 : 0;
    if (basic > room) return false;
    for (*count = 0; *count < basic; ++*count) out[*count] = (unsigned char)text[*count];
    while (at < size) {
        uint32_t start = i, weight = 1;
        for (uint32_t k = BASE;; k += BASE) {
            int value = at < size ? value_of(text[at++]) : -1;
            if (value < 0 || (uint64_t)i + (uint64_t)value * weight > INT32_MAX) return false;
            i += (uint32_t)value * weight;
            uint32_t t = threshold(k, bias);
            if ((uint32_t)value < t) break;
            if ((uint64_t)weight * (BASE - t) > INT32_MAX) return false;
            weight *= BASE - t;
        }
        uint32_t total = (uint32_t)*count + 1;
        bias = adapt(i - start, total, start == 0);
        code += i / total;
        i %= total;
        if (code > 0x10FFFF || *count >= room) return false;
        memmove(out + i + 1, out + i, (*count - i) * sizeof *out);
        out[i++] = code;
        ++*count;
    }
    return true;
}
