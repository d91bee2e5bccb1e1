/* Regular expressions in Python's syntax, matched by PCRE2. */
#include "internal.h"

#include "base/memory.h"
#include "base/text.h"
#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

/* Bounds on work: a pattern that needs more gives no match. */
enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 250000, HEAP_LIMIT_KIB = 20000 };

/* ---- translation ---- */

typedef struct translator {
    const char *at, *end;
    cf_buffer  *out;
    bool        in_class, class_start;
} translator;

/* What str.isspace() knows beyond PCRE2's \s. */
#define SPACES "\\s\\x1c-\\x1f\\x85"

static int hex_value(const char *text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = text[i];
        int  d = c >= '0' && c <= '9'   ? c - '0'
                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                 : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                        : -1;
        if (d < 0) return -1;
        value = value * 16 + d;
    }
    return value;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* \u and \U */
static bool escape_code_point(translator *t, int digits)
{
    if (t->end - t->at < digits + 1) return false;
    int value = hex_value(t->at + 1, digits);
    if (value < 0 || value > 0x10FFFF) return false;
    cf_buffer_printf(t->out, "\\x{%x}", (unsigned)value);
    t->at += digits + 1;
    return true;
}

/* A backslash and digits: octal where Python reads it so, else a back reference. */
static void escape_number(translator *t)
{
    const char *at = t->at;
    size_t      left = (size_t)(t->end - at);
    bool        octal3 = left >= 3 && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' && at[2] <= '7';
    size_t      used = 1;
    if (*at == '0' || octal3 || t->in_class) {
        unsigned value = 0;
        for (used = 0; used < 3 && used < left && at[used] >= '0' && at[used] <= '7'; used++)
            value = value * 8 + (unsigned)(at[used] - '0');
        cf_buffer_printf(t->out, "\\x{%x}", value);
    } else {
        if (left > 1 && is_digit(at[1])) used = 2;
        cf_buffer_printf(t->out, "\\g{%.*s}", (int)used, at);
    }
    t->at += used;
}

/* The escape after a backslash; false: Python does not know it. */
static bool escape(translator *t)
{
    if (t->at >= t->end) return false;
    char c = *t->at;
    switch (c) {
    case 'u': return escape_code_point(t, 4);
    case 'U': return escape_code_point(t, 8);
    case 'x': {
        int value = t->end - t->at >= 3 ? hex_value(t->at + 1, 2) : -1;
        if (value < 0) return false;
        cf_buffer_printf(t->out, "\\x{%x}", (unsigned)value);
        t->at += 3;
        return true;
    }
    case 'v': cf_buffer_text(t->out, "\\x0b"); break;
    case 'a':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'd':
    case 'D':
    case 'w':
    case 'W': cf_buffer_printf(t->out, "\\%c", c); break;
    case 's': cf_buffer_text(t->out, t->in_class ? SPACES : "[" SPACES "]"); break;
    case 'S': cf_buffer_text(t->out, t->in_class ? "\\S" : "[^" SPACES "]"); break;
    case 'b': cf_buffer_text(t->out, t->in_class ? "\\x08" : "\\b"); break;
    case 'B':
    case 'A':
        if (t->in_class) return false;
        cf_buffer_printf(t->out, "\\%c", c);
        break;
    case 'Z':
        if (t->in_class) return false;
        cf_buffer_text(t->out, "\\z");
        break;
    default:
        if (is_digit(c)) {
            escape_number(t);
            return true;
        }
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return false;
        if ((unsigned char)c < 128) cf_buffer_char(t->out, '\\');
        cf_buffer_char(t->out, c);
    }
    t->at++;
    return true;
}

/* Inside brackets everything but escapes, the range mark and the closing bracket stands for itself. */
static void class_char(translator *t, char c)
{
    if (c == ']' && !t->class_start) {
        t->in_class = false;
        cf_buffer_char(t->out, ']');
    } else if (c == '^' && t->class_start && t->out->data[t->out->size - 1] == '[') {
        cf_buffer_char(t->out, '^');
        return;
    } else if (c == '[' || c == ']') {
        cf_buffer_printf(t->out, "\\%c", c);
    } else {
        cf_buffer_char(t->out, c);
    }
    t->class_start = false;
}

/* {,n} is {0,n}; a brace that starts no quantifier stands for itself. */
static void brace(translator *t)
{
    const char *p = t->at;
    while (p < t->end && is_digit(*p)) p++;
    bool low = p > t->at, comma = p < t->end && *p == ',';
    if (comma) {
        p++;
        while (p < t->end && is_digit(*p)) p++;
    }
    bool quantifier = p < t->end && *p == '}' && (low || comma);
    if (!quantifier) cf_buffer_text(t->out, "\\{");
    else if (!low) cf_buffer_text(t->out, "{0");
    else cf_buffer_char(t->out, '{');
}

static bool translate(translator *t)
{
    while (t->at < t->end) {
        char c = *t->at++;
        if (c == '\\') {
            if (!escape(t)) return false;
            t->class_start = false;
        } else if (t->in_class) {
            class_char(t, c);
        } else if (c == '[') {
            t->in_class = t->class_start = true;
            cf_buffer_char(t->out, '[');
        } else if (c == '{') {
            brace(t);
        } else {
            cf_buffer_char(t->out, c);
        }
    }
    return !t->in_class && !t->out->failed;
}

/* Global flags may stand at the start only: (?i), (?ims); L and u and a are dropped or refused by PCRE2's lack of them. */
static const char *leading_flags(const char *pattern, unsigned *flags, bool *verbose)
{
    if (strncmp(pattern, "(?", 2) != 0) return pattern;
    const char *p = pattern + 2;
    unsigned    found = 0;
    bool        x = false;
    for (; *p && strchr("imsxua", *p); p++) {
        if (*p == 'i') found |= CF_RULE_IGNORE_CASE;
        if (*p == 'm') found |= CF_RULE_MULTILINE;
        if (*p == 's') found |= CF_RULE_DOT_ALL;
        if (*p == 'x') x = true;
    }
    if (*p != ')' || p == pattern + 2) return pattern;
    *flags |= found;
    *verbose = x;
    return p + 1;
}

/* ---- compiling and matching ---- */

static void *pcre_alloc(size_t size, void *data)
{
    (void)data;
    return cf_mem_alloc(size);
}

static void pcre_free(void *memory, void *data)
{
    (void)data;
    cf_mem_free(memory);
}

static pcre2_code *compile(pcre2_general_context *general, const char *pattern, unsigned flags, cf_error *error)
{
    cf_buffer   text = {.limit = 1 << 16};
    bool        verbose = false;
    const char *body = leading_flags(pattern, &flags, &verbose);
    translator  t = {body, body + strlen(body), &text, false, false};
    cf_buffer_reserve(&text, 1);
    if (!translate(&t)) {
        bool memory = text.failed;
        cf_buffer_free(&text);
        if (memory) cf_form_no_memory(error);
        else cf_form_raise(error, "error", "the pattern '%s' is not valid", pattern);
        return NULL;
    }
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;
    if (flags & CF_RULE_IGNORE_CASE) options |= PCRE2_CASELESS;
    if (flags & CF_RULE_MULTILINE) options |= PCRE2_MULTILINE;
    if (flags & CF_RULE_DOT_ALL) options |= PCRE2_DOTALL;
    if (verbose) options |= PCRE2_EXTENDED;
    int                    code = 0;
    PCRE2_SIZE             offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    pcre2_code            *compiled = NULL;
    if (context) {
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        compiled = pcre2_compile((PCRE2_SPTR)(text.data ? text.data : ""), text.size, options, &code, &offset, context);
        if (!compiled && code == PCRE2_ERROR_HEAP_FAILED) cf_form_no_memory(error);
        else if (!compiled)
            cf_form_raise(error, "error", "the pattern '%s' is not valid near character %zu", pattern, offset);
    } else {
        cf_form_no_memory(error);
    }
    pcre2_compile_context_free(context);
    cf_buffer_free(&text);
    return compiled;
}

static int run(pcre2_general_context *general, pcre2_code *code, pcre2_match_data *data, const char *text, size_t size)
{
    pcre2_match_context *context = pcre2_match_context_create(general);
    if (!context) return PCRE2_ERROR_NOMEMORY;
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    int count = pcre2_match(code, (PCRE2_SPTR)text, size, 0, PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, data, context);
    pcre2_match_context_free(context);
    return count;
}

cf_answer cf_pattern_find(const char *pattern, unsigned flags, const char *text, size_t size, cf_pattern_group *groups,
                          size_t group_count, cf_error *error)
{
    cf_answer              answer = CF_FAILED;
    pcre2_general_context *general = pcre2_general_context_create(pcre_alloc, pcre_free, NULL);
    pcre2_code            *code = general ? compile(general, pattern, flags, error) : NULL;
    pcre2_match_data      *data = code ? pcre2_match_data_create_from_pattern(code, general) : NULL;
    if (!general || (code && !data)) cf_form_no_memory(error);
    if (data && !cf_utf8_valid(text, size)) {
        answer = CF_NO;
    } else if (data) {
        int count = run(general, code, data, text, size);
        answer = count > 0 ? CF_YES : CF_NO;
        if (count == PCRE2_ERROR_NOMEMORY) {
            cf_form_no_memory(error);
            answer = CF_FAILED;
        }
    }
    PCRE2_SIZE *ends = answer == CF_YES ? pcre2_get_ovector_pointer(data) : NULL;
    uint32_t    known = answer == CF_YES ? pcre2_get_ovector_count(data) : 0;
    for (size_t i = 0; i < group_count; i++) {
        bool whole = !*groups[i].name;
        int  number = whole              ? 0
                      : answer == CF_YES ? pcre2_substring_number_from_name(code, (PCRE2_SPTR)groups[i].name)
                                         : -1;
        bool set =
            answer == CF_YES && (number > 0 || whole) && (uint32_t)number < known && ends[2 * number] != PCRE2_UNSET;
        groups[i].text = set ? text + ends[2 * number] : NULL;
        groups[i].size = set ? ends[2 * number + 1] - ends[2 * number] : 0;
    }
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    pcre2_general_context_free(general);
    return answer;
}

cf_answer cf_pattern_match(cf_arena *arena, const char *pattern, unsigned flags, const char *text, size_t size,
                           cf_error *error)
{
    (void)arena;
    return cf_pattern_find(pattern, flags, text, size, NULL, 0, error);
}
