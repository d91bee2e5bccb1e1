/* The methods of str and Markup that templates call. */
#include <stdio.h>

#include "template/engine.h"
#include "template/text_methods.h"

/* ---- case ----------------------------------------------------------------------------------- */

static bool m_upper(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_to_case(vm, a[0], CASE_UPPER, out);
}

static bool m_lower(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_to_case(vm, a[0], CASE_LOWER, out);
}

static bool m_casefold(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!cf_t_to_case(vm, a[0], CASE_FOLD, out)) return false;
    out->kind = CF_TEXT;
    return true;
}

bool cf_t_capitalize(cf_vm *vm, cf_value self, cf_value *out)
{
    if (!self.size) return give(self, out);
    size_t   first = 0;
    uint32_t c = cf_utf8_next(self.as.text, self.size, &first);
    cf_value rest;
    if (!cf_t_to_case(vm, self, CASE_LOWER, &rest)) return false;
    /* The lower-case form of the first character may have another length. */
    cf_buffer b = cf_t_buffer(vm), head = {0};
    cf_t_case(&head, c, CASE_LOWER);
    cf_t_case(&b, c, CASE_TITLE);
    if (head.failed) b.failed = true;
    if (rest.size >= head.size) cf_buffer_add(&b, rest.as.text + head.size, rest.size - head.size);
    cf_buffer_free(&head);
    return cf_t_take(vm, &b, self.kind == CF_MARKUP, out);
}

static bool m_capitalize(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_capitalize(vm, a[0], out);
}

/* Lower case of the character between two places of a text. */
static void lower_at(cf_buffer *b, cf_value self, uint32_t c, size_t from, size_t to)
{
    bool final = c == 0x3a3 && cf_t_final_sigma(self.as.text, self.size, from, to);
    if (final) cf_buffer_text(b, "ς");
    else cf_t_case(b, c, CASE_LOWER);
}

static bool m_title(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    bool      inside = false;
    for (size_t at = 0; at < a[0].size;) {
        size_t   from = at;
        uint32_t c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        if (inside) lower_at(&b, a[0], c, from, at);
        else cf_t_case(&b, c, CASE_TITLE);
        inside = cf_t_is_lower(c) || cf_t_is_upper(c) || cf_t_is_title(c);
    }
    return cf_t_take(vm, &b, a[0].kind == CF_MARKUP, out);
}

static bool m_swapcase(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < a[0].size;) {
        size_t   from = at;
        uint32_t c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        if (cf_t_is_upper(c)) lower_at(&b, a[0], c, from, at);
        else if (cf_t_is_lower(c)) cf_t_case(&b, c, CASE_UPPER);
        else cf_buffer_add(&b, a[0].as.text + from, at - from);
    }
    return cf_t_take(vm, &b, a[0].kind == CF_MARKUP, out);
}

/* ---- questions ------------------------------------------------------------------------------ */

typedef bool character_test(uint32_t c);

static bool is_decimal(uint32_t c)
{
    int digit;
    return cf_t_is_decimal(c, &digit);
}
static bool is_alnum(uint32_t c)
{
    return cf_t_is_alpha(c) || cf_t_is_numeric(c);
}

static bool all(cf_value self, character_test *test, bool empty, cf_value *out)
{
    bool ok = self.size > 0 || empty;
    for (size_t at = 0; ok && at < self.size;) ok = test(cf_utf8_next(self.as.text, self.size, &at));
    return give(cf_value_bool(ok), out);
}

#define QUESTION(name_, test_, empty_)                                            \
    static bool name_(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out) \
    {                                                                             \
        (void)vm;                                                                 \
        (void)call;                                                               \
        return all(a[0], test_, empty_, out);                                     \
    }
QUESTION(m_isalpha, cf_t_is_alpha, false)
QUESTION(m_isalnum, is_alnum, false)
QUESTION(m_isdecimal, is_decimal, false)
QUESTION(m_isdigit, cf_t_is_digit, false)
QUESTION(m_isnumeric, cf_t_is_numeric, false)
QUESTION(m_isspace, cf_unicode_space, false)
QUESTION(m_isprintable, cf_t_is_printable, true)

static bool m_isascii(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    bool ok = true;
    for (uint32_t i = 0; i < a[0].size; i++) ok &= (unsigned char)a[0].as.text[i] < 0x80;
    return give(cf_value_bool(ok), out);
}

static bool m_isidentifier(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    bool ok = a[0].size > 0, first = true;
    for (size_t at = 0; ok && at < a[0].size; first = false) {
        uint32_t c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        ok = first ? cf_t_is_identifier_start(c) : cf_t_is_identifier_part(c);
    }
    return give(cf_value_bool(ok), out);
}

bool cf_t_is_cased(cf_value self, bool upper)
{
    bool found = false;
    for (size_t at = 0; at < self.size;) {
        uint32_t c = cf_utf8_next(self.as.text, self.size, &at);
        if (cf_t_is_title(c) || (upper ? cf_t_is_lower(c) : cf_t_is_upper(c))) return false;
        found |= upper ? cf_t_is_upper(c) : cf_t_is_lower(c);
    }
    return found;
}

static bool m_islower(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    return give(cf_value_bool(cf_t_is_cased(a[0], false)), out);
}
static bool m_isupper(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    return give(cf_value_bool(cf_t_is_cased(a[0], true)), out);
}

static bool m_istitle(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    bool found = false, previous = false, ok = true;
    for (size_t at = 0; at < a[0].size;) {
        uint32_t c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        bool     upper = cf_t_is_upper(c) || cf_t_is_title(c), lower = !upper && cf_t_is_lower(c);
        if ((upper && previous) || (lower && !previous)) ok = false;
        previous = upper || lower;
        found |= previous;
    }
    return give(cf_value_bool(ok && found), out);
}

/* ---- trimming and padding ------------------------------------------------------------------- */

static bool strip(cf_vm *vm, const cf_value *a, int sides, cf_value *out)
{
    cf_value chars = a[1];
    if (!cf_t_missing(chars) && chars.kind != CF_NULL) {
        if (!cf_value_is_text(chars)) return cf_t_raise(vm, "TypeError", "strip arg must be None or str");
        if (!cf_t_escape_like(vm, a[0], chars, &chars)) return false;
    } else {
        chars = cf_value_null();
    }
    cf_t_text t = cf_t_trim(a[0].as.text, a[0].size, chars.kind == CF_NULL ? NULL : chars.as.text, chars.size, sides);
    return give(part(a[0], t.text, t.size), out);
}

static bool m_strip(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return strip(vm, a, 3, out);
}
static bool m_lstrip(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return strip(vm, a, 1, out);
}
static bool m_rstrip(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return strip(vm, a, 2, out);
}

static void fill(cf_buffer *b, cf_t_text c, int64_t times)
{
    for (int64_t i = 0; i < times && !b->failed; i++) cf_buffer_add(b, c.text, c.size);
}

/* side: 0 text left, 1 text right, 2 centred as Python does it. */
bool cf_t_pad(cf_vm *vm, cf_value self, cf_value width, cf_value filling, int side, cf_value *out)
{
    int64_t   w, n = (int64_t)cf_utf8_length(self.as.text, self.size);
    cf_t_text c = {" ", 1};
    if (!cf_t_arg_int(vm, width, &w)) return false;
    if (!cf_t_missing(filling)) {
        if (!cf_value_is_text(filling))
            return cf_t_raise(vm, "TypeError", "The fill character must be a unicode character, not %s",
                              cf_t_type_name(filling));
        if (!cf_t_escape_like(vm, self, filling, &filling)) return false;
        if (cf_utf8_length(filling.as.text, filling.size) != 1)
            return cf_t_raise(vm, "TypeError", "The fill character must be exactly one character long");
        c = view(filling);
    }
    if (w <= n) return give(self, out);
    if ((uint64_t)(w - n) > cf_t_options(vm->env)->memory_limit) return cf_t_no_memory(vm);
    if (!cf_t_step(vm, (uint64_t)(w - n) / 16 + 1)) return false;
    int64_t   left = side == 0 ? 0 : side == 1 ? w - n : (w - n) / 2 + ((w - n) & w & 1);
    cf_buffer b = cf_t_buffer(vm);
    fill(&b, c, left);
    cf_buffer_add(&b, self.as.text, self.size);
    fill(&b, c, w - n - left);
    return cf_t_take(vm, &b, self.kind == CF_MARKUP, out);
}

static bool m_ljust(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_pad(vm, a[0], a[1], a[2], 0, out);
}
static bool m_rjust(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_pad(vm, a[0], a[1], a[2], 1, out);
}
static bool m_center(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_pad(vm, a[0], a[1], a[2], 2, out);
}

static bool m_zfill(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t w, n = (int64_t)cf_utf8_length(a[0].as.text, a[0].size);
    if (!cf_t_arg_int(vm, a[1], &w)) return false;
    if (w <= n) return give(a[0], out);
    if ((uint64_t)(w - n) > cf_t_options(vm->env)->memory_limit) return cf_t_no_memory(vm);
    if (!cf_t_step(vm, (uint64_t)(w - n) / 16 + 1)) return false;
    bool      sign = a[0].size && (a[0].as.text[0] == '-' || a[0].as.text[0] == '+');
    cf_buffer b = cf_t_buffer(vm);
    if (sign) cf_buffer_char(&b, a[0].as.text[0]);
    fill(&b, (cf_t_text){"0", 1}, w - n);
    cf_buffer_add(&b, a[0].as.text + sign, a[0].size - sign);
    return cf_t_take(vm, &b, a[0].kind == CF_MARKUP, out);
}

static bool m_expandtabs(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t size = 8, column = 0;
    if (!cf_t_missing(a[1]) && !cf_t_arg_int(vm, a[1], &size)) return false;
    if (size > 100000) return cf_t_raise(vm, "OverflowError", "new string is too long");
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < a[0].size;) {
        size_t   from = at;
        uint32_t c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        if (c == '\t') {
            int64_t n = size > 0 ? size - column % size : 0;
            fill(&b, (cf_t_text){" ", 1}, n);
            column += n;
            continue;
        }
        column = c == '\n' || c == '\r' ? 0 : column + 1;
        cf_buffer_add(&b, a[0].as.text + from, at - from);
    }
    return cf_t_take(vm, &b, a[0].kind == CF_MARKUP, out);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static bool m_format(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    cf_call  inner = *call;
    cf_value self = call->arguments[0];
    inner.arguments++;
    inner.argument_count--;
    return cf_t_format(vm, self, &inner, NULL, out);
}

static bool m_format_map(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_call none = cf_t_call_of(vm, NULL, 0);
    if (a[1].kind != CF_MAPPING)
        return cf_t_raise(vm, "TypeError", "format_map() needs a mapping, not %s", cf_t_type_name(a[1]));
    return cf_t_format(vm, a[0], &none, a[1].as.dict, out);
}

static bool m_encode(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text name = {"utf-8", 5};
    if (!cf_t_missing(a[1]) && !cf_t_text_of(vm, a[1], "encoding", &name)) return false;
    bool utf8 = cf_equal_nocase(name.text, name.size, "utf-8", 5) || cf_equal_nocase(name.text, name.size, "utf8", 4);
    if (!utf8) return cf_t_raise(vm, "LookupError", "unknown encoding: %.*s", (int)name.size, name.text);
    *out = a[0];
    out->kind = CF_BYTES;
    return true;
}

/* The characters a translation table gives for one: a text, a number, or none. */
static bool m_translate(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (a[1].kind != CF_MAPPING)
        return cf_t_raise(vm, "TypeError", "'%s' object is not subscriptable", cf_t_type_name(a[1]));
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < a[0].size;) {
        size_t          from = at;
        uint32_t        c = cf_utf8_next(a[0].as.text, a[0].size, &at);
        const cf_value *to = cf_dict_get(a[1].as.dict, cf_value_int(c));
        if (!to) cf_buffer_add(&b, a[0].as.text + from, at - from);
        else if (cf_value_is_text(*to)) cf_buffer_add(&b, to->as.text, to->size);
        else if (to->kind == CF_INT) cf_buffer_code_point(&b, (uint32_t)to->as.integer);
    }
    return cf_t_take(vm, &b, a[0].kind == CF_MARKUP, out);
}

static bool m_maketrans(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_dict *d = cf_dict_new(vm->arena, 0);
    if (!d) return cf_t_no_memory(vm);
    *out = cf_value_dict(d);
    if (cf_t_missing(a[2])) {
        if (a[1].kind != CF_MAPPING)
            return cf_t_raise(vm, "TypeError", "if you give only one argument to maketrans it must be a dict");
        for (size_t i = 0; i < a[1].as.dict->used; i++) {
            const cf_entry *e = &a[1].as.dict->entries[i];
            size_t          at = 0;
            cf_value        key = e->key;
            if (e->removed) continue;
            if (cf_value_is_text(key)) key = cf_value_int(cf_utf8_next(key.as.text, key.size, &at));
            if (!cf_t_dict_set(vm, d, key, e->value)) return false;
        }
        return true;
    }
    cf_t_text x, y, z = {"", 0};
    if (!cf_t_text_of(vm, a[1], "maketrans() argument 1", &x) || !cf_t_text_of(vm, a[2], "maketrans() argument 2", &y))
        return false;
    if (!cf_t_missing(a[3]) && !cf_t_text_of(vm, a[3], "maketrans() argument 3", &z)) return false;
    if (cf_utf8_length(x.text, x.size) != cf_utf8_length(y.text, y.size))
        return cf_t_raise(vm, "ValueError", "the first two maketrans arguments must have equal length");
    for (size_t i = 0, k = 0; i < x.size;) {
        uint32_t from = cf_utf8_next(x.text, x.size, &i), to = cf_utf8_next(y.text, y.size, &k);
        if (!cf_t_dict_set(vm, d, cf_value_int(from), cf_value_int(to))) return false;
    }
    for (size_t i = 0; i < z.size;)
        if (!cf_t_dict_set(vm, d, cf_value_int(cf_utf8_next(z.text, z.size, &i)), cf_value_null())) return false;
    return true;
}

static bool m_unescape(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    return cf_t_unescape_html(vm, a[0].as.text, a[0].size, &b) && cf_t_take(vm, &b, false, out);
}

static bool m_striptags(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_strip_tags(vm, a[0], out);
}

static bool m_escape(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_str_escaped(vm, a[1], out);
}

static bool m_html(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    return give(a[0], out);
}

const cf_t_builtin cf_t_text_methods[] = {{"capitalize", m_capitalize, "self", 1, 4},
                                          {"casefold", m_casefold, "self", 1, 4},
                                          {"center", m_center, "self width fillchar", 2, 4},
                                          {"count", cf_t_m_count, "self sub start end", 2, 4},
                                          {"encode", m_encode, "self encoding errors", 1, 0},
                                          {"endswith", cf_t_m_endswith, "self suffix start end", 2, 4},
                                          {"expandtabs", m_expandtabs, "self tabsize", 1, 0},
                                          {"find", cf_t_m_find, "self sub start end", 2, 4},
                                          {"format", m_format, "", 1, CF_T_RAW},
                                          {"format_map", m_format_map, "self mapping", 2, 4},
                                          {"index", cf_t_m_index, "self sub start end", 2, 4},
                                          {"isalnum", m_isalnum, "self", 1, 4},
                                          {"isalpha", m_isalpha, "self", 1, 4},
                                          {"isascii", m_isascii, "self", 1, 4},
                                          {"isdecimal", m_isdecimal, "self", 1, 4},
                                          {"isdigit", m_isdigit, "self", 1, 4},
                                          {"isidentifier", m_isidentifier, "self", 1, 4},
                                          {"islower", m_islower, "self", 1, 4},
                                          {"isnumeric", m_isnumeric, "self", 1, 4},
                                          {"isprintable", m_isprintable, "self", 1, 4},
                                          {"isspace", m_isspace, "self", 1, 4},
                                          {"istitle", m_istitle, "self", 1, 4},
                                          {"isupper", m_isupper, "self", 1, 4},
                                          {"join", cf_t_m_join, "self iterable", 2, 4},
                                          {"ljust", m_ljust, "self width fillchar", 2, 4},
                                          {"lower", m_lower, "self", 1, 4},
                                          {"lstrip", m_lstrip, "self chars", 1, 4},
                                          {"maketrans", m_maketrans, "self x y z", 2, 4},
                                          {"partition", cf_t_m_partition, "self sep", 2, 4},
                                          {"removeprefix", cf_t_m_removeprefix, "self prefix", 2, 4},
                                          {"removesuffix", cf_t_m_removesuffix, "self suffix", 2, 4},
                                          {"replace", cf_t_m_replace, "self old new count", 3, 4},
                                          {"rfind", cf_t_m_rfind, "self sub start end", 2, 4},
                                          {"rindex", cf_t_m_rindex, "self sub start end", 2, 4},
                                          {"rjust", m_rjust, "self width fillchar", 2, 4},
                                          {"rpartition", cf_t_m_rpartition, "self sep", 2, 4},
                                          {"rsplit", cf_t_m_rsplit, "self sep maxsplit", 1, 0},
                                          {"rstrip", m_rstrip, "self chars", 1, 4},
                                          {"split", cf_t_m_split, "self sep maxsplit", 1, 0},
                                          {"splitlines", cf_t_m_splitlines, "self keepends", 1, 0},
                                          {"startswith", cf_t_m_startswith, "self prefix start end", 2, 4},
                                          {"strip", m_strip, "self chars", 1, 4},
                                          {"swapcase", m_swapcase, "self", 1, 4},
                                          {"title", m_title, "self", 1, 4},
                                          {"translate", m_translate, "self table", 2, 4},
                                          {"upper", m_upper, "self", 1, 4},
                                          {"zfill", m_zfill, "self width", 2, 4},
                                          {NULL, NULL, NULL, 0, 0}};

/* Those that only Markup has. */
const cf_t_builtin cf_t_markup_methods[] = {{"escape", m_escape, "self s", 2, 0},
                                            {"striptags", m_striptags, "self", 1, 4},
                                            {"unescape", m_unescape, "self", 1, 4},
                                            {"__html__", m_html, "self", 1, 4},
                                            {NULL, NULL, NULL, 0, 0}};
