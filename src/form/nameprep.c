/* IDNA 2003 for host names in URLs: Nameprep (RFC 3491) and ToASCII (RFC 3490). */
#include "idna.h"

#include "base/text.h"

#include <string.h>
#include <utf8proc.h>

/* RFC 3454, table B.1: mapped to nothing. */
static bool is_dropped(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x1806 || (c >= 0x180B && c <= 0x180D) || (c >= 0x200B && c <= 0x200D) ||
           c == 0x2060 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

/* RFC 3454, tables C.1.2 to C.9: never allowed. */
static bool is_prohibited(uint32_t c)
{
    static const struct range {
        uint32_t first, last;
    } ranges[] = {{0x80, 0xA0},     {0x340, 0x341},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x1680, 0x1680},
                  {0x180E, 0x180E}, {0x2000, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x2063},   {0x206A, 0x206F},
                  {0x2FF0, 0x2FFB}, {0x3000, 0x3000},   {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},
                  {0xFFF9, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F}, {0xF0000, 0x10FFFF}};
    if ((c & 0xFFFE) == 0xFFFE) return true;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return true;
    return false;
}

static bool is_right_to_left(uint32_t c)
{
    int d = utf8proc_get_property((utf8proc_int32_t)c)->bidi_class;
    return d == UTF8PROC_BIDI_CLASS_R || d == UTF8PROC_BIDI_CLASS_AL;
}

static bool is_left_to_right(uint32_t c)
{
    return utf8proc_get_property((utf8proc_int32_t)c)->bidi_class == UTF8PROC_BIDI_CLASS_L;
}

/* Case folded and normalised, dropped ones gone; false: prohibited, or too long. */
static bool prepare(const uint32_t *label, size_t count, uint32_t out[CF_HOST_MAX], size_t *length)
{
    utf8proc_int32_t wide[CF_HOST_MAX];
    utf8proc_ssize_t used = 0;
    int              options = UTF8PROC_CASEFOLD | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE;
    for (size_t i = 0; i < count; i++) {
        int boundary = 0;
        if (is_dropped(label[i])) continue;
        utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)label[i], wide + used, CF_HOST_MAX - used,
                                                     (utf8proc_option_t)options, &boundary);
        if (n < 0 || used + n > CF_HOST_MAX) return false;
        used += n;
    }
    used = utf8proc_normalize_utf32(wide, used, (utf8proc_option_t)options);
    if (used < 0) return false;
    bool right = false, left = false;
    for (utf8proc_ssize_t i = 0; i < used; i++) {
        out[i] = (uint32_t)wide[i];
        if (is_prohibited(out[i])) return false;
        if (is_right_to_left(out[i])) right = true;
        if (is_left_to_right(out[i])) left = true;
    }
    *length = (size_t)used;
    return !right || (!left && is_right_to_left(out[0]) && is_right_to_left(out[used - 1]));
}

static bool add_label(const uint32_t *label, size_t count, char *out, size_t *length, size_t room)
{
    enum { LABEL_MAX = 63 };
    uint32_t prepared[CF_HOST_MAX];
    char     text[LABEL_MAX + 1];
    size_t   size = count;
    bool     plain = true;
    for (size_t i = 0; i < count; i++)
        if (label[i] >= 128) plain = false;
    if (plain) memcpy(prepared, label, count * sizeof *label);
    else if (!prepare(label, count, prepared, &size)) return false;
    if (!size || size > LABEL_MAX) return false;
    plain = true;
    for (size_t i = 0; i < size; i++)
        if (prepared[i] >= 128) plain = false;
    size_t used = plain ? size : cf_punycode_encode(prepared, size, text, sizeof text);
    if (!used || (!plain && used + 4 > LABEL_MAX) || *length + used + 5 >= room) return false;
    if (!plain && size >= 4 && prepared[0] == 'x' && prepared[1] == 'n' && prepared[2] == '-' && prepared[3] == '-')
        return false;
    if (!plain) memcpy(out + *length, "xn--", 4);
    if (!plain) *length += 4;
    for (size_t i = 0; i < used; i++) out[(*length)++] = plain ? (char)prepared[i] : text[i];
    return true;
}

static bool convert(const cf_points *points, char *out, size_t *length, size_t room)
{
    size_t start = 0;
    for (size_t i = 0; i <= points->count; i++) {
        uint32_t c = i < points->count ? points->at[i] : '.';
        if (c != '.' && c != 0x3002 && c != 0xFF0E && c != 0xFF61) continue;
        bool last = i == points->count;
        if (last && i == start && start) return true; /* a dot at the end stays */
        if (!add_label(points->at + start, i - start, out, length, room)) return false;
        if (!last) {
            if (*length + 2 >= room) return false;
            out[(*length)++] = '.';
        }
        start = i + 1;
    }
    return true;
}

size_t cf_idna2003_ascii(const char *host, size_t size, char *out, size_t room)
{
    cf_points points;
    size_t    length = 0;
    bool      plain = true;
    if (size + 1 >= room) return 0;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)host[i] >= 128) plain = false;
    if (!plain && cf_points_read(&points, host, size) && convert(&points, out, &length, room)) return length;
    memcpy(out, host, size);
    return size;
}
