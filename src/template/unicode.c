/* Characters as Python's str methods see them. */
#include <utf8proc.h>

#include "template/engine.h"
#include "template/unicode_data.h"

static bool in_rows(const cf_t_range_row *rows, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c < rows[middle].first) high = middle;
        else if (c > rows[middle].last) low = middle + 1;
        else return true;
    }
    return false;
}

static utf8proc_category_t category(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c);
}

bool cf_t_is_alpha(uint32_t c)
{
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z';
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

bool cf_t_is_decimal(uint32_t c, int *digit)
{
    if (c < 0x80) {
        *digit = (int)c - '0';
        return c >= '0' && c <= '9';
    }
    if (category(c) != UTF8PROC_CATEGORY_ND) return false;
    for (size_t i = cf_t_zeros_count; i-- > 0;)
        if (c >= cf_t_zeros[i]) {
            *digit = (int)(c - cf_t_zeros[i]);
            return *digit < 10;
        }
    return false;
}

bool cf_t_is_digit(uint32_t c)
{
    int digit;
    return cf_t_is_decimal(c, &digit) || in_rows(cf_t_digit_rows, cf_t_digit_rows_count, c);
}

bool cf_t_is_numeric(uint32_t c)
{
    if (c < 0x80) return c >= '0' && c <= '9';
    utf8proc_category_t k = category(c);
    return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO ||
           in_rows(cf_t_numeric_rows, cf_t_numeric_rows_count, c);
}

bool cf_t_is_word(uint32_t c)
{
    return c == '_' || cf_t_is_alpha(c) || cf_t_is_numeric(c);
}

bool cf_t_is_identifier_start(uint32_t c)
{
    return c == '_' || cf_t_is_alpha(c) || (c >= 0x80 && category(c) == UTF8PROC_CATEGORY_NL);
}

bool cf_t_is_identifier_part(uint32_t c)
{
    if (cf_t_is_identifier_start(c) || (c >= '0' && c <= '9')) return true;
    if (c < 0x80) return false;
    utf8proc_category_t k = category(c);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ND ||
           k == UTF8PROC_CATEGORY_PC;
}

bool cf_t_is_printable(uint32_t c)
{
    if (c < 0x80) return c >= 0x20 && c < 0x7f;
    switch (category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS: return false;
    default: return true;
    }
}

bool cf_t_is_lower(uint32_t c)
{
    if (c < 0x80) return c >= 'a' && c <= 'z';
    return category(c) == UTF8PROC_CATEGORY_LL || in_rows(cf_t_other_lower_rows, cf_t_other_lower_rows_count, c);
}

bool cf_t_is_upper(uint32_t c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z';
    return category(c) == UTF8PROC_CATEGORY_LU || in_rows(cf_t_other_upper_rows, cf_t_other_upper_rows_count, c);
}

bool cf_t_is_title(uint32_t c)
{
    return c >= 0x80 && category(c) == UTF8PROC_CATEGORY_LT;
}

static const char *special(const cf_t_case_row *rows, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c < rows[middle].from) high = middle;
        else if (c > rows[middle].from) low = middle + 1;
        else return rows[middle].to;
    }
    return NULL;
}

void cf_t_case(cf_buffer *out, uint32_t c, int which)
{
    if (c < 0x80) {
        bool upper = which == CASE_UPPER || which == CASE_TITLE;
        if (upper && c >= 'a' && c <= 'z') c -= 32;
        else if (!upper && c >= 'A' && c <= 'Z') c += 32;
        cf_buffer_char(out, (char)c);
        return;
    }
    const cf_t_case_row *rows[] = {cf_t_lower_rows, cf_t_upper_rows, cf_t_title_rows, cf_t_fold_rows};
    size_t      counts[] = {cf_t_lower_rows_count, cf_t_upper_rows_count, cf_t_title_rows_count, cf_t_fold_rows_count};
    const char *to = special(rows[which], counts[which], c);
    if (!to && which == CASE_FOLD) to = special(cf_t_lower_rows, cf_t_lower_rows_count, c);
    if (to) {
        cf_buffer_text(out, to);
        return;
    }
    utf8proc_int32_t x = (utf8proc_int32_t)c;
    x = which == CASE_UPPER ? utf8proc_toupper(x) : which == CASE_TITLE ? utf8proc_totitle(x) : utf8proc_tolower(x);
    cf_buffer_code_point(out, (uint32_t)x);
}

bool cf_t_is_space(const char *text, size_t size)
{
    for (size_t at = 0; at < size;)
        if (!cf_unicode_space(cf_utf8_next(text, size, &at))) return false;
    return size > 0;
}

/* A sigma at the end of a word has a form of its own. */
bool cf_t_final_sigma(const char *text, size_t size, size_t from, size_t to)
{
    bool before = false, after = false;
    for (size_t at = 0; at < from;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN || c == '\'' || c == '.' || c == ':')
            continue;
        before = cf_t_is_lower(c) || cf_t_is_upper(c) || cf_t_is_title(c);
    }
    for (size_t at = to; at < size;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN || c == '\'' || c == '.' || c == ':')
            continue;
        after = cf_t_is_lower(c) || cf_t_is_upper(c) || cf_t_is_title(c);
        break;
    }
    return before && !after;
}

bool cf_t_to_case(cf_vm *vm, cf_value v, int which, cf_value *out)
{
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < v.size;) {
        size_t   from = at;
        uint32_t c = cf_utf8_next(v.as.text, v.size, &at);
        if (c == 0x3a3 && which == CASE_LOWER)
            cf_buffer_text(&b, cf_t_final_sigma(v.as.text, v.size, from, at) ? "ς" : "σ");
        else cf_t_case(&b, c, which);
    }
    return cf_t_take(vm, &b, v.kind == CF_MARKUP, out);
}

bool cf_t_find(const char *text, size_t size, const char *part, size_t part_size, size_t from, size_t *at)
{
    if (from > size || part_size > size - from) return false;
    if (!part_size) {
        *at = from;
        return true;
    }
    const char *found = memmem(text + from, size - from, part, part_size);
    if (found) *at = (size_t)(found - text);
    return found != NULL;
}

/* Is the character at `at` one of `chars` (white space when NULL)? */
static bool to_trim(uint32_t c, const char *chars, size_t size)
{
    if (!chars) return cf_unicode_space(c);
    for (size_t i = 0; i < size;)
        if (cf_utf8_next(chars, size, &i) == c) return true;
    return false;
}

cf_t_text cf_t_trim(const char *text, size_t size, const char *chars, size_t chars_size, int sides)
{
    size_t from = 0, to = size;
    while ((sides & 1) && from < to) {
        size_t at = from;
        if (!to_trim(cf_utf8_next(text, to, &at), chars, chars_size)) break;
        from = at;
    }
    while ((sides & 2) && to > from) {
        size_t start = to - 1;
        while (start > from && ((unsigned char)text[start] & 0xc0) == 0x80) start--;
        size_t at = start;
        if (!to_trim(cf_utf8_next(text, to, &at), chars, chars_size) || at != to) break;
        to = start;
    }
    return (cf_t_text){text + from, to - from};
}
