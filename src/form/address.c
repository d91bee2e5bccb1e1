/* IP and MAC addresses, UUIDs and URLs, as Python's ipaddress and uuid and WTForms read them. */
#include "internal.h"

#include "base/text.h"
#include "data.h"
#include "idna.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool cf_is_ipv4(const char *text, size_t size)
{
    int octets = 0;
    for (size_t at = 0; octets < 4; octets++) {
        size_t start = at;
        int    value = 0;
        while (at < size && is_digit(text[at]) && at - start < 3) value = value * 10 + (text[at++] - '0');
        size_t length = at - start;
        if (!length || value > 255 || (length > 1 && text[start] == '0')) return false;
        if (at == size) return octets == 3;
        if (text[at++] != '.') return false;
    }
    return false;
}

enum { HEXTETS = 8 };

/* Cut at the colons; false: there are too many parts, or what is no hexadecimal number of up to four digits. */
static bool split_hextets(const char *text, size_t size, size_t lengths[HEXTETS + 2], size_t *count)
{
    *count = 0;
    lengths[(*count)++] = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == ':') {
            if (*count == HEXTETS + 1) return false;
            lengths[(*count)++] = 0;
        } else if (!is_hex(text[i]) || ++lengths[*count - 1] > 4) {
            return false;
        }
    }
    return true;
}

bool cf_is_ipv6(const char *text, size_t size)
{
    size_t      lengths[HEXTETS + 2], count, skip = 0;
    char        plain[64];
    const char *zone = size ? memchr(text, '%', size) : NULL;
    if (zone) {
        size_t rest = size - (size_t)(zone - text) - 1;
        if (!rest || memchr(zone + 1, '%', rest) || memchr(zone + 1, '/', rest)) return false;
        size = (size_t)(zone - text);
    }
    /* an IPv4 address at the end stands for two parts */
    const char *dot = size ? memchr(text, '.', size) : NULL, *colon = size ? memrchr(text, ':', size) : NULL;
    if (dot) {
        if (!colon || colon > dot || !cf_is_ipv4(colon + 1, size - (size_t)(colon + 1 - text))) return false;
        size_t head = (size_t)(colon + 1 - text);
        if (head + 3 > sizeof plain) return false;
        memcpy(plain, text, head);
        memcpy(plain + head, "0:0", 3);
        text = plain;
        size = head + 3;
    }
    if (!split_hextets(text, size, lengths, &count) || count < 3) return false;
    for (size_t i = 1; i + 1 < count; i++) {
        if (lengths[i]) continue;
        if (skip) return false;
        skip = i;
    }
    if (!skip) return count == HEXTETS && lengths[0] && lengths[count - 1];
    size_t high = skip, low = count - skip - 1;
    if (!lengths[0] && --high) return false;
    if (!lengths[count - 1] && --low) return false;
    return high + low < HEXTETS;
}

bool cf_is_mac(const char *text, size_t size)
{
    /* Python's $ lets one line end pass. */
    if (size == 18 && text[17] == '\n') size = 17;
    if (size != 17) return false;
    for (size_t i = 0; i < size; i++)
        if (i % 3 == 2 ? text[i] != ':' : !is_hex(text[i])) return false;
    return true;
}

/* ---- UUID ---- */

/* Remove each `word` from the text. */
static size_t remove_word(char *text, size_t size, const char *word)
{
    size_t length = strlen(word), kept = 0;
    for (size_t i = 0; i < size;) {
        if (size - i >= length && memcmp(text + i, word, length) == 0) i += length;
        else text[kept++] = text[i++];
    }
    return kept;
}

/* int(text, 16) of 32 characters: blanks around, a sign, a prefix 0x and single underscores pass in Python. */
static bool is_hex_number(const char *text, size_t size)
{
    cf_text_strip(&text, &size);
    if (size && (*text == '+' || *text == '-')) text++, size--;
    bool prefix = size > 1 && *text == '0' && (text[1] == 'x' || text[1] == 'X');
    if (prefix) text += 2, size -= 2;
    if (prefix && size && *text == '_') text++, size--;
    bool digit = false;
    for (size_t at = 0; at < size;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (c == '_' && digit) {
            digit = false;
        } else if ((c < 128 && is_hex((char)c)) || cf_unicode_digit(c) >= 0) {
            digit = true;
        } else {
            return false;
        }
    }
    return digit;
}

bool cf_is_uuid(const char *text, size_t size)
{
    enum { ROOM = 512 };
    char copy[ROOM];
    if (size > ROOM) return false;
    if (size) memcpy(copy, text, size);
    size = remove_word(copy, size, "urn:");
    size = remove_word(copy, size, "uuid:");
    char *start = copy;
    while (size && (*start == '{' || *start == '}')) start++, size--;
    while (size && (start[size - 1] == '{' || start[size - 1] == '}')) size--;
    size = remove_word(start, size, "-");
    if (cf_utf8_length(start, size) != 32) return false;
    if (!is_hex_number(start, size)) return false;
    /* a sign makes the number negative, which no UUID is, unless it is zero */
    const char *sign = start;
    cf_text_strip(&sign, &size);
    if (*sign != '-') return true;
    for (size_t i = 1; i < size; i++)
        if (sign[i] != '0' && sign[i] != '_' && sign[i] != 'x' && sign[i] != 'X') return false;
    return true;
}

/* ---- URL ---- */

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

/* ^(xn-|[a-z0-9_]+)(-[a-z0-9_-]+)*$ */
static bool is_host_part(const char *text, size_t size)
{
    if (size && text[size - 1] == '\n') size--;
    if (!size) return false;
    if (size >= 3 && strncasecmp(text, "xn-", 3) == 0 && (size == 3 || text[3] == '-')) {
        if (size == 3) return true;
        text += 3, size -= 3;
    } else {
        size_t word = 0;
        while (word < size && is_word(text[word])) word++;
        if (!word) return false;
        text += word, size -= word;
        if (!size) return true;
    }
    if (text[0] != '-' || size < 2) return false;
    for (size_t i = 0; i < size; i++)
        if (!is_word(text[i]) && text[i] != '-') return false;
    return true;
}

/* ^([a-z]{2,20}|xn--([a-z0-9]+-)*[a-z0-9]+)$ */
static bool is_tld(const char *text, size_t size)
{
    if (size && text[size - 1] == '\n') size--;
    size_t letters = 0;
    while (letters < size && is_letter(text[letters])) letters++;
    if (letters == size) return size >= 2 && size <= 20;
    if (size < 5 || strncasecmp(text, "xn--", 4) != 0) return false;
    for (size_t i = 4; i < size; i++) {
        bool dash = text[i] == '-';
        if (!dash && !is_letter(text[i]) && !is_digit(text[i])) return false;
        if (dash && (i == 4 || i + 1 == size || text[i - 1] == '-')) return false;
    }
    return true;
}

static bool is_host(const char *host, size_t size, bool require_tld)
{
    char ascii[512];
    if (cf_is_ipv4(host, size) || cf_is_ipv6(host, size)) return true;
    size_t length = cf_idna2003_ascii(host, size, ascii, sizeof ascii);
    if (!length || length > 253) return false;
    size_t parts = 0;
    for (size_t at = 0;;) {
        const char *dot = memchr(ascii + at, '.', length - at);
        size_t      part = dot ? (size_t)(dot - ascii) - at : length - at;
        parts++;
        if (!part || part > 63 || !is_host_part(ascii + at, part)) return false;
        if (!dot) return !require_tld || (parts > 1 && is_tld(ascii + at, part));
        at += part + 1;
    }
}

/* [a-z] where case does not matter: Python's takes four more characters. */
static size_t scheme_size(const char *text, size_t size)
{
    size_t end = 0;
    for (size_t at = 0; at < size; end = at) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (c < 128 ? !is_letter((char)c) : c != 0x130 && c != 0x131 && c != 0x17F && c != 0x212A) break;
    }
    return end;
}

bool cf_is_url(const char *text, size_t size, bool require_tld)
{
    size_t at = scheme_size(text, size);
    if (!at || size - at < 4 || memcmp(text + at, "://", 3) != 0) return false;
    const char *host = text + at + 3, *end = text + size, *p = host;
    while (p < end && *p != '/' && *p != '?' && *p != ':') p++;
    size_t length = (size_t)(p - host);
    if (p < end && *p == ':') {
        const char *port = ++p;
        while (p < end) {
            size_t next = 0;
            if (cf_unicode_digit(cf_utf8_next(p, (size_t)(end - p), &next)) < 0 || (unsigned char)*p > 127) break;
            p += next;
        }
        if (p == port) return false;
    }
    if (p < end && *p != '/' && *p != '?' && !(*p == '\n' && p + 1 == end)) return false;
    const char *line = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    if (line && line + 1 != end) return false;
    return length && is_host(host, length, require_tld);
}
