/* The methods of str that search, replace, join and split. */
#include "template/text_methods.h"

/* ---- searching ------------------------------------------------------------------------------ */

typedef struct span {
    size_t from, to; /* bytes */
    bool   empty;    /* start lies behind the end: nothing is found, not even "" */
} span;

/* The part of the text between the optional character positions `start` and `end`. */
static bool span_of(cf_vm *vm, cf_value self, cf_value start, cf_value end, span *out)
{
    int64_t n = (int64_t)cf_utf8_length(self.as.text, self.size), from = 0, to = n;
    if (!cf_t_missing(start) && start.kind != CF_NULL) {
        if (!cf_t_is_int(start))
            return cf_t_raise(vm, "TypeError", "slice indices must be integers or None or have an __index__ method");
        if (!cf_t_arg_int(vm, start, &from)) return false;
    }
    if (!cf_t_missing(end) && end.kind != CF_NULL) {
        if (!cf_t_is_int(end))
            return cf_t_raise(vm, "TypeError", "slice indices must be integers or None or have an __index__ method");
        if (!cf_t_arg_int(vm, end, &to)) return false;
    }
    if (from < 0) from = from + n < 0 ? 0 : from + n;
    if (to < 0) to = to + n < 0 ? 0 : to + n;
    if (to > n) to = n;
    out->empty = from > to;
    out->from = cf_utf8_offset(self.as.text, self.size, (size_t)(from > n ? n : from));
    out->to = cf_utf8_offset(self.as.text, self.size, (size_t)to);
    return true;
}

static bool rfind(const char *text, size_t size, cf_t_text p, size_t *at)
{
    if (p.size > size) return false;
    for (size_t i = size - p.size + 1; i-- > 0;)
        if (memcmp(text + i, p.text, p.size) == 0) {
            *at = i;
            return true;
        }
    return false;
}

static bool search(cf_vm *vm, const cf_value *a, bool last, bool must, cf_value *out)
{
    cf_t_text p;
    span      s;
    size_t    at = 0;
    if (!cf_t_text_of(vm, a[1], "argument", &p) || !span_of(vm, a[0], a[2], a[3], &s)) return false;
    const char *text = a[0].as.text + s.from;
    size_t      size = s.empty ? 0 : s.to - s.from;
    bool        found = !s.empty && (last ? rfind(text, size, p, &at) : cf_t_find(text, size, p.text, p.size, 0, &at));
    if (!found && must) return cf_t_raise(vm, "ValueError", "substring not found");
    *out = cf_value_int(found ? (int64_t)cf_utf8_length(a[0].as.text, s.from + at) : -1);
    return true;
}

bool cf_t_m_find(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return search(vm, a, false, false, out);
}
bool cf_t_m_rfind(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return search(vm, a, true, false, out);
}
bool cf_t_m_index(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return search(vm, a, false, true, out);
}
bool cf_t_m_rindex(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return search(vm, a, true, true, out);
}

bool cf_t_m_count(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text p;
    span      s;
    if (!cf_t_text_of(vm, a[1], "argument", &p) || !span_of(vm, a[0], a[2], a[3], &s)) return false;
    int64_t     n = 0;
    const char *text = a[0].as.text + s.from;
    size_t      size = s.empty ? 0 : s.to - s.from, at;
    if (s.empty) return give(cf_value_int(0), out);
    if (!p.size) return give(cf_value_int((int64_t)cf_utf8_length(text, size) + 1), out);
    for (size_t from = 0; cf_t_find(text, size, p.text, p.size, from, &at); from = at + p.size) n++;
    return give(cf_value_int(n), out);
}

static bool affix(cf_vm *vm, const cf_value *a, bool end, const char *name, cf_value *out)
{
    span     s;
    cf_value one = a[1], *options = &one;
    size_t   count = 1;
    if (!span_of(vm, a[0], a[2], a[3], &s)) return false;
    if (one.kind == CF_TUPLE) {
        options = one.as.list->items;
        count = one.as.list->count;
    } else if (!cf_value_is_text(one)) {
        return cf_t_raise(vm, "TypeError", "%s first arg must be str or a tuple of str, not %s", name,
                          cf_t_type_name(one));
    }
    *out = cf_value_bool(false);
    for (size_t i = 0; i < count; i++) {
        if (!cf_value_is_text(options[i]))
            return cf_t_raise(vm, "TypeError", "tuple for %s must only contain str, not %s", name,
                              cf_t_type_name(options[i]));
        size_t n = options[i].size;
        if (s.empty || n > s.to - s.from) continue;
        const char *at = a[0].as.text + (end ? s.to - n : s.from);
        if (memcmp(at, options[i].as.text, n) == 0) *out = cf_value_bool(true);
    }
    return true;
}

bool cf_t_m_startswith(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return affix(vm, a, false, "startswith", out);
}
bool cf_t_m_endswith(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return affix(vm, a, true, "endswith", out);
}

/* ---- replacing and joining ------------------------------------------------------------------ */

static bool replace_empty(cf_vm *vm, cf_value text, cf_t_text with, int64_t count, cf_buffer *b)
{
    (void)vm;
    for (size_t at = 0; at <= text.size && !b->failed;) {
        if (count-- > 0) cf_buffer_add(b, with.text, with.size);
        if (at == text.size) break;
        size_t from = at;
        cf_utf8_next(text.as.text, text.size, &at);
        cf_buffer_add(b, text.as.text + from, at - from);
    }
    return true;
}

bool cf_t_replace(cf_vm *vm, cf_value text, cf_value old, cf_value with, int64_t count, cf_value *out)
{
    if (!cf_t_escape_like(vm, text, old, &old) || !cf_t_escape_like(vm, text, with, &with)) return false;
    if (count < 0) count = INT64_MAX;
    cf_buffer b = cf_t_buffer(vm);
    if (!old.size) {
        replace_empty(vm, text, view(with), count, &b);
        return cf_t_take(vm, &b, text.kind == CF_MARKUP, out);
    }
    size_t from = 0, at;
    while (count-- > 0 && !b.failed && cf_t_find(text.as.text, text.size, old.as.text, old.size, from, &at)) {
        cf_buffer_add(&b, text.as.text + from, at - from);
        cf_buffer_add(&b, with.as.text, with.size);
        from = at + old.size;
    }
    cf_buffer_add(&b, text.as.text + from, text.size - from);
    return cf_t_take(vm, &b, text.kind == CF_MARKUP, out);
}

bool cf_t_m_replace(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text t;
    int64_t   count = -1;
    if (!cf_t_text_of(vm, a[1], "replace() argument 1", &t) || !cf_t_text_of(vm, a[2], "replace() argument 2", &t))
        return false;
    if (!cf_t_missing(a[3]) && !cf_t_arg_int(vm, a[3], &count)) return false;
    return cf_t_replace(vm, a[0], a[1], a[2], count, out);
}

bool cf_t_join(cf_vm *vm, cf_value separator, cf_value items, cf_value *out)
{
    cf_list *list;
    bool     markup = separator.kind == CF_MARKUP;
    if (!cf_t_iterable(vm, items)) return cf_t_raise(vm, "TypeError", "can only join an iterable");
    if (!cf_t_collect(vm, items, &list)) return false;
    cf_buffer b = cf_t_buffer(vm);
    for (size_t i = 0; i < list->count && !b.failed; i++) {
        cf_value v = list->items[i];
        if (i) cf_buffer_add(&b, separator.as.text, separator.size);
        if (markup) {
            if (!cf_t_escape(vm, v, &b)) goto failed;
        } else if (cf_value_is_text(v)) {
            cf_buffer_add(&b, v.as.text, v.size);
        } else {
            cf_t_raise(vm, "TypeError", "sequence item %zu: expected str instance, %s found", i, cf_t_type_name(v));
            goto failed;
        }
    }
    return cf_t_take(vm, &b, markup, out);
failed:
    cf_buffer_free(&b);
    return false;
}

bool cf_t_m_join(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_join(vm, a[0], a[1], out);
}

bool cf_t_m_removeprefix(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text p;
    if (!cf_t_text_of(vm, a[1], "removeprefix() argument", &p)) return false;
    bool has = p.size <= a[0].size && memcmp(a[0].as.text, p.text, p.size) == 0;
    return give(cf_value_text_n(a[0].as.text + (has ? p.size : 0), a[0].size - (has ? p.size : 0)), out);
}

bool cf_t_m_removesuffix(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text p;
    if (!cf_t_text_of(vm, a[1], "removesuffix() argument", &p)) return false;
    bool has = p.size && p.size <= a[0].size && memcmp(a[0].as.text + a[0].size - p.size, p.text, p.size) == 0;
    return give(cf_value_text_n(a[0].as.text, a[0].size - (has ? p.size : 0)), out);
}

/* ---- splitting ------------------------------------------------------------------------------ */

static bool add_part(cf_vm *vm, cf_list *l, cf_value self, size_t from, size_t to)
{
    return cf_t_step(vm, 1) && cf_t_list_add(vm, l, part(self, self.as.text + from, to - from));
}

static size_t skip_spaces(cf_value s, size_t at)
{
    while (at < s.size) {
        size_t next = at;
        if (!cf_unicode_space(cf_utf8_next(s.as.text, s.size, &next))) break;
        at = next;
    }
    return at;
}

static size_t skip_word(cf_value s, size_t at)
{
    while (at < s.size) {
        size_t next = at;
        if (cf_unicode_space(cf_utf8_next(s.as.text, s.size, &next))) break;
        at = next;
    }
    return at;
}

static bool split_words(cf_vm *vm, cf_value s, int64_t max, cf_list *l)
{
    size_t at = skip_spaces(s, 0);
    while (at < s.size) {
        if (max-- == 0) {
            cf_t_text rest = cf_t_trim(s.as.text + at, s.size - at, NULL, 0, 2);
            return add_part(vm, l, s, at, at + rest.size);
        }
        size_t end = skip_word(s, at);
        if (!add_part(vm, l, s, at, end)) return false;
        at = skip_spaces(s, end);
    }
    return true;
}

static size_t before(cf_value s, size_t at)
{
    at--;
    while (at > 0 && ((unsigned char)s.as.text[at] & 0xc0) == 0x80) at--;
    return at;
}

static bool space_before(cf_value s, size_t at)
{
    size_t from = before(s, at);
    return cf_unicode_space(cf_utf8_next(s.as.text, s.size, &from));
}

static bool rsplit_words(cf_vm *vm, cf_value s, int64_t max, cf_list *l)
{
    size_t end = s.size;
    while (end > 0 && space_before(s, end)) end = before(s, end);
    while (end > 0) {
        if (max-- == 0) {
            size_t from = skip_spaces(s, 0);
            return add_part(vm, l, s, from, end);
        }
        size_t from = end;
        while (from > 0 && !space_before(s, from)) from = before(s, from);
        if (!add_part(vm, l, s, from, end)) return false;
        end = from;
        while (end > 0 && space_before(s, end)) end = before(s, end);
    }
    return true;
}

static void reverse(cf_list *l)
{
    for (size_t i = 0; i < l->count / 2; i++) {
        cf_value v = l->items[i];
        l->items[i] = l->items[l->count - 1 - i];
        l->items[l->count - 1 - i] = v;
    }
}

static bool split_by(cf_vm *vm, cf_value s, cf_t_text by, int64_t max, bool right, cf_list *l)
{
    size_t from = 0, to = s.size, at;
    while (max-- != 0) {
        bool found = right ? rfind(s.as.text, to, by, &at) : cf_t_find(s.as.text, s.size, by.text, by.size, from, &at);
        if (!found) break;
        if (!add_part(vm, l, s, right ? at + by.size : from, right ? to : at)) return false;
        if (right) to = at;
        else from = at + by.size;
    }
    return add_part(vm, l, s, from, to);
}

static bool split(cf_vm *vm, const cf_value *a, bool right, cf_value *out)
{
    int64_t  max = -1;
    cf_list *l = cf_t_list_new(vm, 0);
    if (!l || (!cf_t_missing(a[2]) && !cf_t_arg_int(vm, a[2], &max))) return false;
    bool ok;
    if (cf_t_missing(a[1]) || a[1].kind == CF_NULL) {
        ok = right ? rsplit_words(vm, a[0], max, l) : split_words(vm, a[0], max, l);
    } else {
        cf_t_text by;
        if (!cf_value_is_text(a[1]))
            return cf_t_raise(vm, "TypeError", "must be str or None, not %s", cf_t_type_name(a[1]));
        by = view(a[1]);
        if (!by.size) return cf_t_raise(vm, "ValueError", "empty separator");
        ok = split_by(vm, a[0], by, max, right, l);
    }
    if (right) reverse(l);
    return ok && cf_t_list_value(vm, l, out);
}

bool cf_t_m_split(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return split(vm, a, false, out);
}
bool cf_t_m_rsplit(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return split(vm, a, true, out);
}

/* Length of the line end at `at`, 0: none. */
static size_t line_end(cf_value s, size_t at)
{
    size_t   next = at;
    uint32_t c = cf_utf8_next(s.as.text, s.size, &next);
    if (c == '\r' && next < s.size && s.as.text[next] == '\n') return 2;
    bool end = (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    return end ? next - at : 0;
}

bool cf_t_split_lines(cf_vm *vm, cf_value s, bool keep, cf_list *l)
{
    size_t from = 0;
    for (size_t at = 0; at < s.size;) {
        size_t n = line_end(s, at);
        if (!n) {
            cf_utf8_next(s.as.text, s.size, &at);
            continue;
        }
        if (!add_part(vm, l, s, from, keep ? at + n : at)) return false;
        from = at += n;
    }
    return from >= s.size || add_part(vm, l, s, from, s.size);
}

bool cf_t_m_splitlines(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    bool     keep = false;
    cf_list *l = cf_t_list_new(vm, 0);
    if (!l || (!cf_t_missing(a[1]) && !cf_t_truth(vm, a[1], &keep))) return false;
    return cf_t_split_lines(vm, a[0], keep, l) && cf_t_list_value(vm, l, out);
}

static bool partition(cf_vm *vm, const cf_value *a, bool right, cf_value *out)
{
    cf_t_text by;
    cf_value  separator = a[1];
    if (!cf_t_text_of(vm, separator, "partition() argument", &by)) return false;
    if (!cf_t_escape_like(vm, a[0], separator, &separator)) return false;
    by = view(separator);
    if (!by.size) return cf_t_raise(vm, "ValueError", "empty separator");
    size_t      at = 0, n = a[0].size;
    const char *s = a[0].as.text;
    bool        found = right ? rfind(s, n, by, &at) : cf_t_find(s, n, by.text, by.size, 0, &at);
    cf_list    *l = cf_t_list_new(vm, 3);
    if (!l) return false;
    cf_value none = part(a[0], "", 0);
    l->items[0] = found ? part(a[0], s, at) : right ? none : a[0];
    l->items[1] = found ? part(a[0], s + at, by.size) : none;
    l->items[2] = found ? part(a[0], s + at + by.size, n - at - by.size) : right ? a[0] : none;
    l->count = 3;
    *out = cf_value_list(l);
    out->kind = CF_TUPLE;
    return true;
}

bool cf_t_m_partition(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return partition(vm, a, false, out);
}
bool cf_t_m_rpartition(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return partition(vm, a, true, out);
}
