/* Filters for texts. */
#include <stdio.h>

#include "template/engine.h"
#include "template/text_methods.h"

static bool flag(cf_vm *vm, cf_value v, bool fallback, bool *out)
{
    *out = fallback;
    return cf_t_missing(v) || cf_t_truth(vm, v, out);
}

static bool f_upper(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    return cf_t_str(vm, a[0], &text) && cf_t_to_case(vm, text, CASE_UPPER, out);
}

static bool f_lower(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    return cf_t_str(vm, a[0], &text) && cf_t_to_case(vm, text, CASE_LOWER, out);
}

static bool f_capitalize(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    return cf_t_str(vm, a[0], &text) && cf_t_capitalize(vm, text, out);
}

static bool f_string(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_str(vm, a[0], out);
}

static bool f_trim(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text, arguments[2];
    if (!cf_t_str(vm, a[0], &text)) return false;
    arguments[0] = text;
    arguments[1] = cf_t_missing(a[1]) ? cf_value_null() : a[1];
    cf_call inner = cf_t_call_of(vm, arguments + 1, 1);
    return cf_t_call_method(vm, text, "strip", 5, &inner, out, NULL);
}

static bool f_center(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    return cf_t_str(vm, a[0], &text) &&
           cf_t_pad(vm, text, cf_t_missing(a[1]) ? cf_value_int(80) : a[1], cf_t_missing_value(), 2, out);
}

/* Words begin behind a blank, a dash or an opening bracket. */
static bool begins_word(uint32_t c)
{
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || cf_unicode_space(c);
}

static bool f_title(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    if (!cf_t_str(vm, a[0], &text)) return false;
    cf_buffer b = cf_t_buffer(vm);
    bool      first = true;
    for (size_t at = 0; at < text.size;) {
        uint32_t c = cf_utf8_next(text.as.text, text.size, &at);
        bool     separator = begins_word(c);
        cf_t_case(&b, c, first ? CASE_UPPER : CASE_LOWER);
        first = separator;
    }
    return cf_t_take(vm, &b, false, out);
}

static bool f_wordcount(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    if (!cf_t_str(vm, a[0], &text)) return false;
    int64_t n = 0;
    bool    inside = false;
    for (size_t at = 0; at < text.size;) {
        bool word = cf_t_is_word(cf_utf8_next(text.as.text, text.size, &at));
        n += word && !inside;
        inside = word;
    }
    *out = cf_value_int(n);
    return true;
}

static bool f_replace(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_value text, old, with;
    int64_t  count = -1;
    if (!cf_t_missing(a[3]) && a[3].kind != CF_NULL && !cf_t_arg_int(vm, a[3], &count)) return false;
    if (!cf_t_str(vm, a[1], &old) || !cf_t_str(vm, a[2], &with)) return false;
    if (!call->autoescape) {
        if (!cf_t_str(vm, a[0], &text)) return false;
        text.kind = old.kind = with.kind = CF_TEXT;
        return cf_t_replace(vm, text, old, with, count, out);
    }
    bool escape = cf_t_has_html(a[1]) || (cf_t_has_html(a[2]) && !cf_t_has_html(a[0]));
    return (escape ? cf_t_str_escaped(vm, a[0], &text) : cf_t_str(vm, a[0], &text)) &&
           cf_t_replace(vm, text, old, with, count, out);
}

static bool f_format(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    cf_value text, arguments;
    if (!call->argument_count) return cf_t_raise(vm, "TypeError", "format() is missing its value");
    if (call->argument_count > 1 && call->named_count)
        return cf_t_raise(vm, "FilterArgumentError", "can't handle positional and keyword arguments at the same time");
    if (!cf_t_str(vm, call->arguments[0], &text)) return false;
    if (call->named_count) {
        cf_dict *d = cf_dict_new(vm->arena, call->named_count);
        if (!d) return cf_t_no_memory(vm);
        for (size_t i = 0; i < call->named_count; i++)
            if (!cf_t_dict_set(vm, d, cf_value_text_n(call->named[i].name, call->named[i].size), call->named[i].value))
                return false;
        arguments = cf_value_dict(d);
    } else {
        cf_list *l = cf_t_list_new(vm, call->argument_count);
        if (!l) return false;
        for (size_t i = 1; i < call->argument_count; i++) l->items[l->count++] = call->arguments[i];
        arguments = cf_value_list(l);
        arguments.kind = CF_TUPLE;
    }
    return cf_t_percent(vm, text, arguments, out);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool f_indent(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool first, blank;
    if (!flag(vm, a[2], false, &first) || !flag(vm, a[3], false, &blank)) return false;
    cf_value indent = a[1], s = a[0], newline = cf_value_text("\n");
    if (cf_t_missing(indent)) indent = cf_value_int(4);
    if (!cf_value_is_text(indent) && !cf_t_binary(vm, OP_MUL, cf_value_text(" "), indent, &indent)) return false;
    if (s.kind == CF_MARKUP) indent.kind = newline.kind = CF_MARKUP;
    cf_list *lines = cf_t_list_new(vm, 0);
    if (s.kind == CF_SEQUENCE) return cf_t_raise(vm, "AttributeError", "'list' object has no attribute 'splitlines'");
    if (!cf_t_binary(vm, OP_ADD, s, newline, &s)) return false;
    if (!lines || !cf_t_split_lines(vm, s, false, lines)) return false;
    bool      markup = s.kind == CF_MARKUP || indent.kind == CF_MARKUP;
    cf_buffer b = cf_t_buffer(vm);
    for (size_t i = 0; i < lines->count && !b.failed; i++) {
        cf_value line = lines->items[i];
        if (i) cf_buffer_char(&b, '\n');
        if (i ? blank || line.size : first) {
            if (markup) cf_t_escape(vm, indent, &b);
            else cf_buffer_add(&b, indent.as.text, indent.size);
        }
        cf_buffer_add(&b, line.as.text, line.size);
    }
    return cf_t_take(vm, &b, markup, out);
}

static bool f_truncate(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool     kill;
    int64_t  length = 255, leeway = cf_t_options(vm->env)->truncate_leeway, n;
    cf_value end = cf_t_missing(a[3]) ? cf_value_text("...") : a[3], s = a[0];
    if (!cf_t_missing(a[1]) && !cf_t_arg_int(vm, a[1], &length)) return false;
    if (!flag(vm, a[2], false, &kill)) return false;
    if (!cf_t_missing(a[4]) && a[4].kind != CF_NULL && !cf_t_arg_int(vm, a[4], &leeway)) return false;
    int64_t end_length;
    if (!cf_t_length(vm, end, &end_length)) return false;
    if (length < end_length)
        return cf_t_raise(vm, "AssertionError", "expected length >= %lld, got %lld", (long long)end_length,
                          (long long)length);
    if (leeway < 0) return cf_t_raise(vm, "AssertionError", "expected leeway >= 0, got %lld", (long long)leeway);
    if (!cf_t_length(vm, s, &n)) return false;
    if (n <= length + leeway) {
        *out = s;
        return true;
    }
    cf_value cut;
    if (!cf_t_slice(vm, s, cf_value_null(), cf_value_int(length - end_length), cf_value_null(), &cut)) return false;
    if (!kill) {
        if (!cf_value_is_text(cut))
            return cf_t_raise(vm, "AttributeError", "'%s' object has no attribute 'rsplit'", cf_t_type_name(cut));
        const char *blank = cut.size ? memrchr(cut.as.text, ' ', cut.size) : NULL;
        if (blank) cut.size = (uint32_t)(blank - cut.as.text);
    }
    return cf_t_binary(vm, OP_ADD, cut, end, out);
}

/* ---- wordwrap ------------------------------------------------------------------------------- */

/*
 * Python's textwrap: a line is cut into chunks (words, runs of blanks, parts of
 * words that end with a hyphen), which are put together while they fit.
 */
typedef struct chunk {
    size_t from, to;
    size_t width; /* in characters */
    bool   blank;
} chunk;

typedef struct wrap {
    cf_vm    *vm;
    cf_value  line;
    chunk    *chunks;
    size_t    count, capacity;
    cf_buffer out;
    bool      any;
    cf_value  separator;
} wrap;

static bool add_chunk(wrap *w, size_t from, size_t to, bool blank)
{
    if (from == to) return true;
    if (w->count == w->capacity) {
        size_t capacity = w->capacity ? w->capacity * 2 : 32;
        chunk *chunks = cf_arena_array(w->vm->arena, capacity, sizeof *chunks);
        if (!chunks) return cf_t_no_memory(w->vm);
        if (w->count) memcpy(chunks, w->chunks, w->count * sizeof *chunks);
        w->chunks = chunks;
        w->capacity = capacity;
    }
    w->chunks[w->count++] = (chunk){from, to, cf_utf8_length(w->line.as.text + from, to - from), blank};
    return true;
}

static bool wrap_space(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static uint32_t char_at(const wrap *w, size_t at, size_t *next)
{
    *next = at;
    return at < w->line.size ? cf_utf8_next(w->line.as.text, w->line.size, next) : 0;
}

static bool word_char(uint32_t c)
{
    return cf_t_is_word(c) || c == '!' || c == '"' || c == '\'' || c == '&' || c == '.' || c == ',' || c == '?';
}

static bool letter(uint32_t c)
{
    int digit;
    return cf_t_is_word(c) && !cf_t_is_decimal(c, &digit);
}

static size_t back(const wrap *w, size_t at)
{
    at--;
    while (at > 0 && ((unsigned char)w->line.as.text[at] & 0xc0) == 0x80) at--;
    return at;
}

/* May a word be broken behind the hyphen at `at`? Two letters (or a letter, a hyphen, a letter) before, a letter after. */
static bool breaks_at(const wrap *w, size_t start, size_t at)
{
    const char *s = w->line.as.text;
    size_t      next, p = at;
    if (p == start) return false;
    size_t one = back(w, p);
    if (!letter(char_at(w, one, &next)) || one == start) return false;
    size_t two = back(w, one);
    bool   before = letter(char_at(w, two, &next));
    if (!before && s[two] == '-' && two > start) before = letter(char_at(w, back(w, two), &next));
    if (!before) return false;
    uint32_t c = char_at(w, at + 1, &next);
    if (at + 1 >= w->line.size || !letter(c)) return false;
    if (next >= w->line.size) return false;
    size_t   third = next;
    uint32_t d = char_at(w, third, &next);
    if (letter(d)) return true;
    return d == '-' && next < w->line.size && letter(char_at(w, next, &next));
}

/* Dashes between words stand alone: two or more hyphens with a word character on both sides. */
static size_t dashes(const wrap *w, size_t at)
{
    size_t end = at, next;
    while (end < w->line.size && w->line.as.text[end] == '-') end++;
    if (end - at < 2 || !cf_t_is_word(char_at(w, end, &next)) || end >= w->line.size) return 0;
    return end;
}

static bool split_chunks(wrap *w, bool hyphens)
{
    const char *s = w->line.as.text;
    size_t      n = w->line.size;
    for (size_t at = 0; at < n;) {
        size_t from = at, next;
        if (wrap_space(s[at])) {
            while (at < n && wrap_space(s[at])) at++;
            if (!add_chunk(w, from, at, true)) return false;
            continue;
        }
        size_t lead = hyphens && from > 0 && !wrap_space(s[from - 1]) && word_char(char_at(w, back(w, from), &next))
                          ? dashes(w, at)
                          : 0;
        if (lead) {
            at = lead;
        } else {
            while (at < n && !wrap_space(s[at])) {
                if (hyphens && s[at] == '-') {
                    if (breaks_at(w, from, at)) {
                        at++;
                        break;
                    }
                    if (at > from && word_char(char_at(w, back(w, at), &next)) && dashes(w, at)) break;
                }
                cf_utf8_next(s, n, &at);
            }
        }
        if (!add_chunk(w, from, at, false)) return false;
    }
    return true;
}

static void put_line(wrap *w, size_t first, size_t end)
{
    while (end > first && w->chunks[end - 1].blank) end--;
    if (end == first) return;
    if (w->any) cf_buffer_add(&w->out, w->separator.as.text, w->separator.size);
    w->any = true;
    for (size_t i = first; i < end; i++)
        cf_buffer_add(&w->out, w->line.as.text + w->chunks[i].from, w->chunks[i].to - w->chunks[i].from);
}

static bool wrap_chunks(wrap *w, size_t width, bool break_long, bool hyphens)
{
    bool lines = false;
    for (size_t i = 0; i < w->count;) {
        if (w->chunks[i].blank && lines) i++;
        if (i >= w->count) break;
        size_t first = i, used = 0;
        if (!cf_t_step(w->vm, 1)) return false;
        while (i < w->count && used + w->chunks[i].width <= width) used += w->chunks[i++].width;
        if (i < w->count && w->chunks[i].width > width) {
            size_t room = width < 1 ? 1 : width - used;
            chunk *c = &w->chunks[i];
            if (break_long && room > 0) {
                size_t cut = c->from + cf_utf8_offset(w->line.as.text + c->from, c->to - c->from, room);
                if (hyphens && c->width > room) {
                    const char *hyphen = memrchr(w->line.as.text + c->from, '-', cut - c->from);
                    size_t      at = hyphen ? (size_t)(hyphen - w->line.as.text) : 0;
                    bool        other = false;
                    for (size_t k = c->from; hyphen && k < at; k++) other |= w->line.as.text[k] != '-';
                    if (hyphen && at > c->from && other) cut = at + 1;
                }
                chunk rest = {cut, c->to, cf_utf8_length(w->line.as.text + cut, c->to - cut), false};
                chunk head = {c->from, cut, cf_utf8_length(w->line.as.text + c->from, cut - c->from), false};
                /* The line is first .. i with the head of this chunk; the rest stays in its place. */
                *c = head;
                put_line(w, first, i + 1);
                *c = rest;
                if (rest.from == rest.to) i++;
                lines = true;
                continue;
            }
            if (!break_long && i == first) i++;
        }
        size_t end = i;
        put_line(w, first, end);
        lines = true;
        if (i == first) i++;
    }
    return true;
}

static bool f_wordwrap(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t  width = 79;
    bool     break_long, hyphens;
    cf_list *lines = cf_t_list_new(vm, 0);
    if (!cf_t_missing(a[1]) && !cf_t_arg_int(vm, a[1], &width)) return false;
    if (!flag(vm, a[2], true, &break_long) || !flag(vm, a[4], true, &hyphens)) return false;
    if (!cf_value_is_text(a[0])) {
        if (a[0].kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, a[0]);
        return cf_t_raise(vm, "AttributeError", "'%s' object has no attribute 'splitlines'", cf_t_type_name(a[0]));
    }
    wrap        w = {.vm = vm, .out = cf_t_buffer(vm)};
    const char *newline = cf_t_syntax_of(vm->env)->newline.text;
    w.separator = cf_t_missing(a[3]) || a[3].kind == CF_NULL ? cf_value_text(newline) : a[3];
    if (!cf_value_is_text(w.separator))
        return cf_t_raise(vm, "AttributeError", "'%s' object has no attribute 'join'", cf_t_type_name(w.separator));
    if (!lines || !cf_t_split_lines(vm, a[0], false, lines)) return false;
    if (width <= 0 && lines->count)
        return cf_t_raise(vm, "ValueError", "invalid width %lld (must be > 0)", (long long)width);
    for (size_t i = 0; i < lines->count; i++) {
        if (i) cf_buffer_add(&w.out, w.separator.as.text, w.separator.size);
        w.line = lines->items[i];
        w.count = 0;
        w.any = false;
        if (!split_chunks(&w, hyphens) || !wrap_chunks(&w, (size_t)width, break_long, hyphens)) {
            cf_buffer_free(&w.out);
            return false;
        }
    }
    return cf_t_take(vm, &w.out, w.separator.kind == CF_MARKUP, out);
}

const cf_t_builtin cf_t_text_filters[] = {
    {"capitalize", f_capitalize, "s", 1, CF_T_PURE},
    {"center", f_center, "value width", 1, CF_T_PURE},
    {"format", f_format, "", 0, CF_T_RAW},
    {"indent", f_indent, "s width first blank", 1, 0},
    {"lower", f_lower, "s", 1, CF_T_PURE},
    {"replace", f_replace, "s old new count", 3, 0},
    {"string", f_string, "object", 1, CF_T_PURE},
    {"title", f_title, "s", 1, CF_T_PURE},
    {"trim", f_trim, "value chars", 1, CF_T_PURE},
    {"truncate", f_truncate, "s length killwords end leeway", 1, 0},
    {"upper", f_upper, "s", 1, CF_T_PURE},
    {"wordcount", f_wordcount, "s", 1, CF_T_PURE},
    {"wordwrap", f_wordwrap, "s width break_long_words wrapstring break_on_hyphens", 1, 0},
    {NULL, NULL, NULL, 0, 0}};
