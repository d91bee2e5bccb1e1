/* IDNA 2008: which characters labels may have, and host names in ASCII (RFC 5890 to 5893, UTS 46). */
#include "idna.h"

#include "base/text.h"
#include "data.h"

#include <string.h>
#include <utf8proc.h>

enum { LABEL_MAX = 63, DOMAIN_MAX = 253 };

bool cf_points_read(cf_points *out, const char *text, size_t size)
{
    out->count = 0;
    for (size_t at = 0; at < size;) {
        if (out->count == CF_HOST_MAX) return false;
        out->at[out->count++] = cf_utf8_next(text, size, &at);
    }
    return true;
}

void cf_points_print(const uint32_t *points, size_t count, cf_buffer *out)
{
    for (size_t i = 0; i < count; i++) cf_buffer_code_point(out, points[i]);
}

static void print_quoted(const uint32_t *points, size_t count, cf_buffer *out)
{
    cf_buffer text = {0};
    cf_points_print(points, count, &text);
    cf_text_quote(text.data ? text.data : "", text.size, out);
    cf_buffer_free(&text);
}

/* ---- classes of code points ---- */

/* RFC 5892, 2.6: what the rules would get wrong. */
static const struct exception {
    uint32_t      first, last;
    cf_idna_class cls;
} exceptions[] = {
    {0xB7, 0xB7, CF_IDNA_CONTEXTO},       {0xDF, 0xDF, CF_IDNA_VALID},          {0x375, 0x375, CF_IDNA_CONTEXTO},
    {0x3C2, 0x3C2, CF_IDNA_VALID},        {0x5F3, 0x5F4, CF_IDNA_CONTEXTO},     {0x640, 0x640, CF_IDNA_DISALLOWED},
    {0x660, 0x669, CF_IDNA_CONTEXTO},     {0x6F0, 0x6F9, CF_IDNA_CONTEXTO},     {0x6FD, 0x6FE, CF_IDNA_VALID},
    {0x7FA, 0x7FA, CF_IDNA_DISALLOWED},   {0xF0B, 0xF0B, CF_IDNA_VALID},        {0x3007, 0x3007, CF_IDNA_VALID},
    {0x302E, 0x302F, CF_IDNA_DISALLOWED}, {0x3031, 0x3035, CF_IDNA_DISALLOWED}, {0x303B, 0x303B, CF_IDNA_DISALLOWED},
    {0x30FB, 0x30FB, CF_IDNA_CONTEXTO},   {0x200C, 0x200D, CF_IDNA_CONTEXTJ},
};

/* Old Hangul jamo, and the blocks of combining marks and music that are ignored (2.4, 2.9). */
static const struct range {
    uint32_t first, last;
} refused_blocks[] = {{0x1100, 0x11FF}, {0xA960, 0xA97F},   {0xD7B0, 0xD7FF},
                      {0x20D0, 0x20FF}, {0x1D100, 0x1D1FF}, {0x1D200, 0x1D24F}};

/* NFKC of the case-folded NFKC, at most a few code points. Returns how many. */
static size_t fold(uint32_t c, uint32_t out[32])
{
    utf8proc_int32_t folded[32];
    int              options = UTF8PROC_CASEFOLD | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE;
    int              boundary = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)c, folded, 32, (utf8proc_option_t)options, &boundary);
    if (count < 0 || count > 32) return 0;
    count = utf8proc_normalize_utf32(folded, count, (utf8proc_option_t)options);
    for (utf8proc_ssize_t i = 0; i < count; i++) out[i] = (uint32_t)folded[i];
    return count > 0 ? (size_t)count : 0;
}

static bool is_unstable(uint32_t c)
{
    uint32_t folded[32];
    return fold(c, folded) != 1 || folded[0] != c;
}

cf_idna_class cf_idna_class_of(uint32_t c)
{
    if (c < 128) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        return letter ? CF_IDNA_VALID : CF_IDNA_DISALLOWED;
    }
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (c >= exceptions[i].first && c <= exceptions[i].last) return exceptions[i].cls;
    if (c > 0x10FFFF) return CF_IDNA_DISALLOWED;
    for (size_t i = 0; i < sizeof refused_blocks / sizeof *refused_blocks; i++)
        if (c >= refused_blocks[i].first && c <= refused_blocks[i].last) return CF_IDNA_DISALLOWED;
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND: break;
    default: return CF_IDNA_DISALLOWED;
    }
    return property->ignorable || is_unstable(c) ? CF_IDNA_DISALLOWED : CF_IDNA_VALID;
}

/* ---- UTS 46 ---- */

/* Characters that UTS 46 refuses though they would fold to something, or to nothing. */
static const struct range refused_marks[] = {
    {0x4C0, 0x4C0},     {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
    {0x890, 0x891},     {0x8E2, 0x8E2},     {0x10A0, 0x10C5},   {0x115F, 0x1160},   {0x1680, 0x1680},
    {0x17B4, 0x17B5},   {0x1806, 0x1806},   {0x180E, 0x180E},   {0x200E, 0x200F},   {0x2024, 0x2026},
    {0x202A, 0x202E},   {0x2061, 0x2063},   {0x2066, 0x206F},   {0x2132, 0x2132},   {0x2183, 0x2183},
    {0x2488, 0x249B},   {0x2FF0, 0x2FFB},   {0x3164, 0x3164},   {0x33C2, 0x33C2},   {0x33C7, 0x33C7},
    {0x33D8, 0x33D8},   {0xFE12, 0xFE12},   {0xFE19, 0xFE19},   {0xFE30, 0xFE30},   {0xFE52, 0xFE52},
    {0xFFA0, 0xFFA0},   {0xFFF9, 0xFFFD},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x13438},
    {0x1D173, 0x1D17A}, {0x1F100, 0x1F100}, {0x2F868, 0x2F868}, {0x2F874, 0x2F874}, {0x2F91F, 0x2F91F},
    {0x2F95F, 0x2F95F}, {0x2F9BF, 0x2F9BF}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
};

static bool is_refused(uint32_t c)
{
    for (size_t i = 0; i < sizeof refused_marks / sizeof *refused_marks; i++)
        if (c >= refused_marks[i].first && c <= refused_marks[i].last) return true;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    default: return false;
    }
}

static bool is_kept(uint32_t c)
{
    return c == 0xDF || c == 0x3C2 || c == 0x200C || c == 0x200D;
}

/* The mapping of one code point; false: refused. */
static bool map_point(uint32_t c, uint32_t out[32], size_t *count)
{
    *count = 1;
    out[0] = c;
    if (c < 128) {
        if (c >= 'A' && c <= 'Z') out[0] = c + 32;
        return true;
    }
    if (is_kept(c)) return true;
    if (c == 0x3002 || c == 0xFF0E || c == 0xFF61) {
        out[0] = '.';
        return true;
    }
    if (c == 0x1E9E) { /* capital sharp s folds to two letters */
        out[0] = out[1] = 's';
        *count = 2;
        return true;
    }
    if (is_refused(c)) return false;
    if (utf8proc_get_property((utf8proc_int32_t)c)->ignorable) {
        *count = 0;
        return true;
    }
    *count = fold(c, out);
    return *count > 0;
}

/* Canonical composition of the whole. */
bool cf_points_compose(cf_points *host)
{
    utf8proc_int32_t wide[CF_HOST_MAX * 4];
    size_t           count = 0;
    for (size_t i = 0; i < host->count; i++) {
        int              boundary = 0;
        utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)host->at[i], wide + count,
                                                     (utf8proc_ssize_t)(CF_HOST_MAX * 4 - count),
                                                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &boundary);
        if (n < 0 || count + (size_t)n > CF_HOST_MAX * 4) return false;
        count += (size_t)n;
    }
    /* canonical order, then composition */
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0; j--) {
            int a = utf8proc_get_property(wide[j - 1])->combining_class,
                b = utf8proc_get_property(wide[j])->combining_class;
            if (!b || a <= b) break;
            utf8proc_int32_t swap = wide[j];
            wide[j] = wide[j - 1];
            wide[j - 1] = swap;
        }
    }
    utf8proc_ssize_t n = utf8proc_normalize_utf32(wide, (utf8proc_ssize_t)count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0 || n > CF_HOST_MAX) return false;
    for (utf8proc_ssize_t i = 0; i < n; i++) host->at[i] = (uint32_t)wide[i];
    host->count = (size_t)n;
    return true;
}

bool cf_uts46_map(cf_points *host, cf_buffer *why)
{
    cf_points mapped;
    mapped.count = 0;
    for (size_t i = 0; i < host->count; i++) {
        uint32_t out[32];
        size_t   count;
        if (!map_point(host->at[i], out, &count)) {
            cf_buffer_printf(why, "Codepoint U+%04X not allowed at position %zu in ", (unsigned)host->at[i], i + 1);
            print_quoted(host->at, host->count, why);
            return false;
        }
        if (mapped.count + count > CF_HOST_MAX) {
            cf_buffer_text(why, "Domain too long");
            return false;
        }
        memcpy(mapped.at + mapped.count, out, count * sizeof *out);
        mapped.count += count;
    }
    *host = mapped;
    if (cf_points_compose(host)) return true;
    cf_buffer_text(why, "Domain too long");
    return false;
}

/* ---- labels ---- */

static bool is_nfc(const uint32_t *label, size_t count)
{
    cf_points copy;
    memcpy(copy.at, label, count * sizeof *label);
    copy.count = count;
    return cf_points_compose(&copy) && copy.count == count && memcmp(copy.at, label, count * sizeof *label) == 0;
}

static bool is_in(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

static bool is_greek(uint32_t c)
{
    return is_in(c, 0x370, 0x3FF) ? !is_in(c, 0x37E, 0x37E) && !is_in(c, 0x3E2, 0x3EF) : is_in(c, 0x1F00, 0x1FFE);
}

static bool is_hebrew(uint32_t c)
{
    return is_in(c, 0x591, 0x5F4) || is_in(c, 0xFB1D, 0xFB4F);
}

static bool is_japanese(uint32_t c)
{
    return is_in(c, 0x3041, 0x309F) || is_in(c, 0x30A1, 0x30FA) || is_in(c, 0x30FC, 0x30FF) ||
           is_in(c, 0x31F0, 0x31FF) || is_in(c, 0x2E80, 0x2FD5) || c == 0x3005 || c == 0x3007 ||
           is_in(c, 0x3021, 0x3029) || is_in(c, 0x3400, 0x4DBF) || is_in(c, 0x4E00, 0x9FFF) ||
           is_in(c, 0xF900, 0xFAD9) || is_in(c, 0x20000, 0x3134A) || is_in(c, 0xFF66, 0xFF9D);
}

/* RFC 5892, appendix A, for the characters that are allowed only beside certain others. */
static bool fits_context(const uint32_t *label, size_t count, size_t at)
{
    uint32_t c = label[at];
    if (c == 0xB7) return at > 0 && at + 1 < count && label[at - 1] == 'l' && label[at + 1] == 'l';
    if (c == 0x375) return at + 1 < count && is_greek(label[at + 1]);
    if (c == 0x5F3 || c == 0x5F4) return at > 0 && is_hebrew(label[at - 1]);
    if (c == 0x30FB) {
        for (size_t i = 0; i < count; i++)
            if (is_japanese(label[i])) return true;
        return false;
    }
    uint32_t other = c < 0x670 ? 0x6F0 : 0x660;
    for (size_t i = 0; i < count; i++)
        if (is_in(label[i], other, other + 9)) return false;
    return true;
}

/* Joiners: after a virama; the non-joiner also between letters that join. */
static bool joiner_fits(const uint32_t *label, size_t count, size_t at)
{
    if (at && utf8proc_get_property((utf8proc_int32_t)label[at - 1])->combining_class == 9) return true;
    if (label[at] != 0x200C) return false;
    return cf_joins(label, at, false) && cf_joins(label + at + 1, count - at - 1, true);
}

static const char *check_hyphens(const uint32_t *label, size_t count)
{
    if (count >= 4 && label[2] == '-' && label[3] == '-') return "Label has disallowed hyphens in 3rd and 4th position";
    if (label[0] == '-' || label[count - 1] == '-') return "Label must not start or end with a hyphen";
    return NULL;
}

static bool check_label(const uint32_t *label, size_t count, cf_buffer *why)
{
    const char *message = !count                  ? "Empty Label"
                          : !is_nfc(label, count) ? "Label must be in Normalization Form C"
                                                  : NULL;
    if (!message) message = check_hyphens(label, count);
    utf8proc_category_t category = count ? utf8proc_category((utf8proc_int32_t)label[0]) : UTF8PROC_CATEGORY_CN;
    if (!message && category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME)
        message = "Label begins with an illegal combining character";
    for (size_t i = 0; !message && i < count; i++) {
        const char *format = NULL, *last = "";
        switch (cf_idna_class_of(label[i])) {
        case CF_IDNA_VALID: continue;
        case CF_IDNA_CONTEXTJ:
            if (joiner_fits(label, count, i)) continue;
            format = "Joiner U+%04X not allowed at position %zu in ";
            break;
        case CF_IDNA_CONTEXTO:
            if (fits_context(label, count, i)) continue;
            format = "Codepoint U+%04X not allowed at position %zu in ";
            break;
        case CF_IDNA_DISALLOWED:
            format = "Codepoint U+%04X at position %zu of ";
            last = " not allowed";
            break;
        }
        cf_buffer_printf(why, format, (unsigned)label[i], i + 1);
        print_quoted(label, count, why);
        cf_buffer_text(why, last);
        return false;
    }
    if (message) cf_buffer_text(why, message);
    return !message && cf_check_bidi(label, count, why);
}

/* A label of ASCII alone: checked as it is, or what it stands for. */
static bool check_ascii_label(const uint32_t *label, size_t count, cf_buffer *why)
{
    char     text[CF_HOST_MAX];
    uint32_t decoded[CF_HOST_MAX];
    size_t   length = 0;
    for (size_t i = 0; i < count; i++) text[i] = (char)(label[i] >= 'A' && label[i] <= 'Z' ? label[i] + 32 : label[i]);
    if (count < 4 || memcmp(text, "xn--", 4) != 0) {
        for (size_t i = 0; i < count; i++) decoded[i] = (unsigned char)text[i];
        return check_label(decoded, count, why);
    }
    const char *message = count == 4               ? "Malformed A-label, no Punycode eligible content found"
                          : text[count - 1] == '-' ? "A-label must not end with a hyphen"
                          : !cf_punycode_decode(text + 4, count - 4, decoded, &length, CF_HOST_MAX) ? "Invalid A-label"
                                                                                                    : NULL;
    if (message) cf_buffer_text(why, message);
    return !message && check_label(decoded, length, why);
}

static bool add_label(const uint32_t *label, size_t count, cf_buffer *ascii, cf_buffer *why)
{
    bool plain = true;
    for (size_t i = 0; i < count; i++)
        if (label[i] >= 128) plain = false;
    if (plain ? !check_ascii_label(label, count, why) : !check_label(label, count, why)) return false;
    char   text[LABEL_MAX + 1];
    size_t length = plain ? count : cf_punycode_encode(label, count, text, sizeof text);
    if ((plain && count > LABEL_MAX) || (!plain && (!length || length + 4 > LABEL_MAX))) {
        cf_buffer_text(why, "Label too long");
        return false;
    }
    if (plain) {
        cf_points_print(label, count, ascii);
    } else {
        cf_buffer_text(ascii, "xn--");
        cf_buffer_add(ascii, text, length);
    }
    return true;
}

bool cf_idna2008_ascii(const cf_points *host, cf_buffer *ascii, cf_buffer *why)
{
    size_t start = 0;
    for (size_t i = 0; i <= host->count; i++) {
        if (i < host->count && host->at[i] != '.') continue;
        if (start) cf_buffer_char(ascii, '.');
        if (!add_label(host->at + start, i - start, ascii, why)) return false;
        start = i + 1;
    }
    if (ascii->size <= DOMAIN_MAX) return true;
    cf_buffer_text(why, "Domain too long");
    return false;
}

void cf_idna2008_display(const char *ascii, size_t size, cf_buffer *out)
{
    for (size_t at = 0; at <= size;) {
        const char *dot = memchr(ascii + at, '.', size - at);
        size_t      length = dot ? (size_t)(dot - ascii) - at : size - at, count;
        uint32_t    decoded[CF_HOST_MAX];
        if (at) cf_buffer_char(out, '.');
        if (length > 4 && memcmp(ascii + at, "xn--", 4) == 0 &&
            cf_punycode_decode(ascii + at + 4, length - 4, decoded, &count, CF_HOST_MAX))
            cf_points_print(decoded, count, out);
        else cf_buffer_add(out, ascii + at, length);
        at += length + 1;
    }
}
