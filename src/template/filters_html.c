/* Filters that make HTML, URLs and JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "template/engine.h"
#include "template/entities.h"

/* ---- escaping ------------------------------------------------------------------------------- */

static bool f_escape(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    return cf_t_str_escaped(vm, a[0], out);
}

/* The text a value shows as HTML, escaped once more where it was safe. */
static bool f_forceescape(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_value text;
    if (!(cf_t_has_html(a[0]) ? cf_t_str_escaped(vm, a[0], &text) : cf_t_str(vm, a[0], &text))) return false;
    text.kind = CF_TEXT;
    return cf_t_str_escaped(vm, text, out);
}

static bool f_safe(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    if (!(cf_t_has_html(a[0]) ? cf_t_str_escaped(vm, a[0], out) : cf_t_str(vm, a[0], out))) return false;
    out->kind = CF_MARKUP;
    return true;
}

static const char *find_entity(const char *name, size_t size)
{
    size_t low = 0, high = cf_t_entities_count;
    while (low < high) {
        size_t      middle = (low + high) / 2;
        const char *row = cf_t_entities[middle].name;
        int         c = strncmp(name, row, size);
        if (c == 0 && row[size]) c = -1;
        if (c == 0) return cf_t_entities[middle].text;
        if (c < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

static void put_reference(cf_buffer *out, uint64_t c)
{
    /* What browsers make of numbers that Windows-1252 uses. */
    static const uint16_t windows[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                         0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                         0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                         0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    if (c == 0) c = 0xfffd;
    else if (c >= 0x80 && c < 0xa0) c = windows[c - 0x80];
    else if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = 0xfffd;
    else if ((c < 0x20 && c != 9 && c != 10 && c != 12 && c != 13) || c == 0x7f || (c >= 0xfdd0 && c <= 0xfdef) ||
             (c & 0xfffe) == 0xfffe || c == 0xb)
        return;
    cf_buffer_code_point(out, (uint32_t)c);
}

/* A numeric reference at s ("#38;"); returns its length, 0: none. */
static size_t numeric_reference(const char *s, size_t size, cf_buffer *out)
{
    bool     hex = size > 1 && (s[1] | 32) == 'x';
    size_t   i = hex ? 2 : 1, from = i;
    uint64_t c = 0;
    for (; i < size; i++) {
        int d = s[i] >= '0' && s[i] <= '9'                        ? s[i] - '0'
                : hex && (s[i] | 32) >= 'a' && (s[i] | 32) <= 'f' ? (s[i] | 32) - 'a' + 10
                                                                  : -1;
        if (d < 0) break;
        if (c < 0x200000) c = c * (hex ? 16 : 10) + (uint64_t)d;
    }
    if (i == from) return 0;
    put_reference(out, c);
    return i + (i < size && s[i] == ';');
}

static size_t named_reference(const char *s, size_t size, cf_buffer *out)
{
    size_t n = 0;
    while (n < size && n < 32 && !strchr("\t\n\f <&#;", s[n])) n++;
    if (n < size && s[n] == ';') n++;
    const char *text = find_entity(s, n);
    for (size_t k = n; !text && k > 2;) {
        text = find_entity(s, --k);
        if (text) n = k;
    }
    if (!text) return 0;
    cf_buffer_text(out, text);
    return n;
}

bool cf_t_unescape_html(cf_vm *vm, const char *text, size_t size, cf_buffer *out)
{
    if (!cf_t_step(vm, size / 16 + 1)) return false;
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        if (text[i] == '&' && i + 1 < size)
            n = text[i + 1] == '#' ? numeric_reference(text + i + 1, size - i - 1, out)
                                   : named_reference(text + i + 1, size - i - 1, out);
        if (!n) cf_buffer_char(out, text[i++]);
        else i += n + 1;
    }
    return true;
}

/* Removes what stands between `open` and `close`. */
static void cut_between(const char *s, size_t size, const char *open, const char *close, cf_buffer *out)
{
    size_t from = 0, at, end;
    while (cf_t_find(s, size, open, strlen(open), from, &at) &&
           cf_t_find(s, size, close, strlen(close), at + strlen(open), &end)) {
        cf_buffer_add(out, s + from, at - from);
        from = end + strlen(close);
    }
    cf_buffer_add(out, s + from, size - from);
}

bool cf_t_strip_tags(cf_vm *vm, cf_value v, cf_value *out)
{
    cf_buffer a = cf_t_buffer(vm), b = cf_t_buffer(vm);
    cut_between(v.as.text, v.size, "<!--", "-->", &a);
    cut_between(a.data ? a.data : "", a.size, "<", ">", &b);
    bool lost = a.failed || b.failed;
    cf_buffer_clear(&a);
    bool blank = false;
    for (size_t at = 0; at < b.size;) {
        size_t from = at;
        if (cf_unicode_space(cf_utf8_next(b.data, b.size, &at))) {
            blank = a.size > 0;
            continue;
        }
        if (blank) cf_buffer_char(&a, ' ');
        blank = false;
        cf_buffer_add(&a, b.data + from, at - from);
    }
    cf_buffer_clear(&b);
    if (lost || a.failed) cf_t_no_memory(vm);
    bool ok = !lost && !a.failed && cf_t_unescape_html(vm, a.data ? a.data : "", a.size, &b);
    cf_buffer_free(&a);
    if (ok) return cf_t_take(vm, &b, false, out);
    cf_buffer_free(&b);
    return false;
}

static bool f_striptags(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    cf_value text;
    return f_safe(vm, call, a, &text) && cf_t_strip_tags(vm, text, out);
}

/* ---- attributes and URLs -------------------------------------------------------------------- */

static bool f_xmlattr(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    bool     space = true;
    cf_value v;
    if (!cf_t_missing(a[1]) && !cf_t_truth(vm, a[1], &space)) return false;
    if (!cf_t_json_value(vm, a[0], &v)) return false;
    if (v.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, v);
    if (v.kind != CF_MAPPING)
        return cf_t_raise(vm, "AttributeError", "'%s' object has no attribute 'items'", cf_t_type_name(v));
    cf_buffer b = cf_t_buffer(vm);
    bool      any = false;
    for (size_t i = 0; i < v.as.dict->used; i++) {
        const cf_entry *e = &v.as.dict->entries[i];
        if (e->removed || e->value.kind == CF_NULL || e->value.kind == CF_UNDEFINED) continue;
        if (!cf_value_is_text(e->key)) {
            cf_t_raise(vm, "TypeError", "expected string or bytes-like object, got '%s'", cf_t_type_name(e->key));
            goto failed;
        }
        for (size_t at = 0; at < e->key.size;) {
            uint32_t c = cf_utf8_next(e->key.as.text, e->key.size, &at);
            if (!cf_unicode_space(c) && c != '/' && c != '>' && c != '=') continue;
            cf_t_raise(vm, "ValueError", "Invalid character in attribute name: '%.*s'", (int)e->key.size,
                       e->key.as.text);
            goto failed;
        }
        if (any || space) cf_buffer_char(&b, ' ');
        any = true;
        if (!cf_t_escape(vm, e->key, &b)) goto failed;
        cf_buffer_text(&b, "=\"");
        if (!cf_t_escape(vm, e->value, &b)) goto failed;
        cf_buffer_char(&b, '"');
    }
    return cf_t_take(vm, &b, call->autoescape, out);
failed:
    cf_buffer_free(&b);
    return false;
}

static bool quote(cf_vm *vm, cf_value v, bool query, cf_buffer *out)
{
    cf_value text;
    if (v.kind == CF_BYTES) text = v;
    else if (!cf_t_str(vm, v, &text)) return false;
    for (uint32_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.as.text[i];
        bool          plain =
            (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("_.-~", c) || (c == '/' && !query);
        if (c && plain) cf_buffer_char(out, (char)c);
        else if (c == ' ' && query) cf_buffer_char(out, '+');
        else cf_buffer_printf(out, "%%%02X", c);
    }
    return true;
}

static bool quote_pair(cf_vm *vm, cf_value key, cf_value value, cf_buffer *b)
{
    if (b->size) cf_buffer_char(b, '&');
    if (!quote(vm, key, true, b)) return false;
    cf_buffer_char(b, '=');
    return quote(vm, value, true, b);
}

static bool f_urlencode(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    cf_value  v;
    bool      ok = cf_t_json_value(vm, a[0], &v);
    if (ok && v.kind == CF_MAPPING) {
        for (size_t i = 0; ok && i < v.as.dict->used; i++)
            if (!v.as.dict->entries[i].removed)
                ok = quote_pair(vm, v.as.dict->entries[i].key, v.as.dict->entries[i].value, &b);
    } else if (ok && !cf_value_is_text(v) && v.kind != CF_BYTES && cf_t_iterable(vm, v)) {
        cf_list *items, *pair;
        ok = cf_t_collect(vm, v, &items);
        for (size_t i = 0; ok && i < items->count; i++) {
            cf_value item = items->items[i];
            if (!cf_t_iterable(vm, item))
                ok = cf_t_raise(vm, "TypeError", "cannot unpack non-iterable %s object", cf_t_type_name(item));
            else if (!cf_t_collect(vm, item, &pair)) ok = false;
            else if (pair->count != 2)
                ok = cf_t_raise(vm, "ValueError", "%s values to unpack (expected 2)",
                                pair->count < 2 ? "not enough" : "too many");
            else ok = quote_pair(vm, pair->items[0], pair->items[1], &b);
        }
    } else if (ok) {
        ok = quote(vm, v, false, &b);
    }
    if (ok) return cf_t_take(vm, &b, false, out);
    cf_buffer_free(&b);
    return false;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

typedef struct json {
    cf_vm     *vm;
    cf_buffer *out;
    cf_value   indent; /* CF_NULL: one line */
    bool       sort;
} json;

static void json_text(cf_buffer *out, cf_value v)
{
    static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    cf_buffer_char(out, '"');
    for (size_t at = 0; at < v.size;) {
        uint32_t    c = cf_utf8_next(v.as.text, v.size, &at);
        const char *known = NULL;
        for (const char *k = short_form; *k; k += 2)
            if ((uint32_t)*k == c) known = k;
        if (known) cf_buffer_printf(out, "\\%c", known[1]);
        else if (c == '<' || c == '>' || c == '&' || c == '\'' || c < 0x20) cf_buffer_printf(out, "\\u%04x", c);
        else if (c < 0x80) cf_buffer_char(out, (char)c);
        else if (c < 0x10000) cf_buffer_printf(out, "\\u%04x", c);
        else cf_buffer_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
    cf_buffer_char(out, '"');
}

static bool json_value(json *j, cf_value v, int depth);

static bool json_line(json *j, int depth)
{
    if (j->indent.kind == CF_NULL) return true;
    cf_buffer_char(j->out, '\n');
    for (int i = 0; i < depth; i++) {
        if (cf_value_is_text(j->indent)) cf_buffer_add(j->out, j->indent.as.text, j->indent.size);
        else
            for (int64_t k = 0; k < j->indent.as.integer && !j->out->failed; k++) cf_buffer_char(j->out, ' ');
    }
    return true;
}

static bool json_comma(json *j, int depth, bool first)
{
    if (!first) cf_buffer_text(j->out, j->indent.kind == CF_NULL ? ", " : ",");
    return json_line(j, depth);
}

static bool json_list(json *j, cf_value v, int depth)
{
    const cf_list *l = v.as.list;
    cf_buffer_char(j->out, '[');
    for (size_t i = 0; i < l->count; i++)
        if (!json_comma(j, depth + 1, i == 0) || !json_value(j, l->items[i], depth + 1)) return false;
    if (l->count) json_line(j, depth);
    cf_buffer_char(j->out, ']');
    return true;
}

static bool json_key(json *j, cf_value key)
{
    switch (key.kind) {
    case CF_TEXT:
    case CF_MARKUP: json_text(j->out, key); return true;
    case CF_NULL: cf_buffer_text(j->out, "\"null\""); return true;
    case CF_BOOL: cf_buffer_text(j->out, key.as.boolean ? "\"true\"" : "\"false\""); return true;
    default: break;
    }
    if (!cf_t_is_number(key))
        return cf_t_raise(j->vm, "TypeError", "keys must be str, int, float, bool or None, not %s",
                          cf_t_type_name(key));
    cf_buffer_char(j->out, '"');
    bool ok = cf_t_print(j->vm, key, j->out);
    cf_buffer_char(j->out, '"');
    return ok;
}

static bool json_dict(json *j, cf_value v, int depth)
{
    cf_list *keys;
    if (!cf_t_collect(j->vm, v, &keys)) return false;
    if (j->sort && !cf_t_sort(j->vm, keys, NULL, false)) return false;
    cf_buffer_char(j->out, '{');
    for (size_t i = 0; i < keys->count; i++) {
        const cf_value *item = cf_dict_get(v.as.dict, keys->items[i]);
        json_comma(j, depth + 1, i == 0);
        if (!item || !json_key(j, keys->items[i])) return false;
        cf_buffer_text(j->out, ": ");
        if (!json_value(j, *item, depth + 1)) return false;
    }
    if (keys->count) json_line(j, depth);
    cf_buffer_char(j->out, '}');
    return true;
}

static bool json_value(json *j, cf_value v, int depth)
{
    if (depth > 100) return cf_t_raise(j->vm, "RecursionError", "values are nested too deeply for JSON");
    if (!cf_t_step(j->vm, 1) || !cf_t_json_value(j->vm, v, &v)) return false;
    switch (v.kind) {
    case CF_NULL: cf_buffer_text(j->out, "null"); return true;
    case CF_BOOL: cf_buffer_text(j->out, v.as.boolean ? "true" : "false"); return true;
    case CF_TEXT:
    case CF_MARKUP: json_text(j->out, v); return true;
    case CF_FLOAT:
        if (isnan(v.as.number)) cf_buffer_text(j->out, "NaN");
        else if (isinf(v.as.number)) cf_buffer_text(j->out, v.as.number > 0 ? "Infinity" : "-Infinity");
        else cf_buffer_double(j->out, v.as.number);
        return true;
    case CF_INT: cf_buffer_int(j->out, v.as.integer); return true;
    case CF_SEQUENCE:
    case CF_TUPLE: return json_list(j, v, depth);
    case CF_MAPPING: return json_dict(j, v, depth);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME:
    case CF_DECIMAL:
    case CF_UUID: {
        /* What Python's json refuses, as its web frameworks write it: a text. */
        cf_value text;
        if (!cf_t_str(j->vm, v, &text)) return false;
        json_text(j->out, text);
        return true;
    }
    default: break;
    }
    if (CF_T_IS(v, cf_t_big_class)) return cf_t_print(j->vm, v, j->out);
    return cf_t_raise(j->vm, "TypeError", "Object of type %s is not JSON serializable", cf_t_type_name(v));
}

static bool f_tojson(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    const cf_templates_options *o = cf_t_options(vm->env);
    cf_buffer                   b = cf_t_buffer(vm);
    json                        j = {vm, &b, cf_value_null(), !o->json_keep_order};
    if (o->json_indent) j.indent = cf_value_int(o->json_indent);
    if (!cf_t_missing(a[1]) && a[1].kind != CF_NULL) {
        j.indent = a[1].kind == CF_BOOL ? cf_value_int(a[1].as.boolean) : a[1];
        if (j.indent.kind != CF_INT && !cf_value_is_text(j.indent))
            return cf_t_raise(vm, "TypeError", "can't multiply sequence by non-int of type '%s'", cf_t_type_name(a[1]));
    }
    if (json_value(&j, a[0], 0)) return cf_t_take(vm, &b, true, out);
    cf_buffer_free(&b);
    return false;
}

/* ---- pprint --------------------------------------------------------------------------------- */

static bool pretty(cf_vm *vm, cf_value v, size_t indent, size_t allowance, cf_buffer *out);

/* One line of an item, when it fits. */
static bool fits(cf_vm *vm, cf_value v, size_t indent, size_t allowance, cf_buffer *out, bool *done)
{
    cf_buffer line = cf_t_buffer(vm);
    if (!cf_t_pretty_line(vm, v, &line)) {
        cf_buffer_free(&line);
        return false;
    }
    if (line.failed) out->failed = true;
    size_t      width = 80 > indent + allowance ? 80 - indent - allowance : 0;
    const char *text = line.data ? line.data : "";
    *done = cf_utf8_length(text, line.size) <= width;
    bool nested = v.kind == CF_SEQUENCE || v.kind == CF_TUPLE || v.kind == CF_MAPPING;
    if (!nested) *done = true;
    if (*done) cf_buffer_add(out, text, line.size);
    cf_buffer_free(&line);
    return true;
}

static bool sorted_keys(cf_vm *vm, cf_value dict, cf_list **out)
{
    cf_list *keys;
    if (!cf_t_collect(vm, dict, &keys)) return false;
    *out = keys;
    for (size_t i = 1; i < keys->count; i++)
        if (cf_value_is_text(keys->items[i]) != cf_value_is_text(keys->items[0])) return true;
    return cf_t_sort(vm, keys, NULL, false);
}

/* repr() with the keys of dictionaries in order. */
bool cf_t_pretty_line(cf_vm *vm, cf_value v, cf_buffer *out)
{
    bool ok = true;
    if (vm->recursion > 90) return cf_t_raise(vm, "RecursionError", "values are nested too deeply");
    vm->recursion++;
    if (v.kind == CF_MAPPING) {
        cf_list *keys;
        ok = sorted_keys(vm, v, &keys);
        cf_buffer_char(out, '{');
        for (size_t i = 0; ok && i < keys->count; i++) {
            if (i) cf_buffer_text(out, ", ");
            ok = cf_t_repr(vm, keys->items[i], out);
            cf_buffer_text(out, ": ");
            ok = ok && cf_t_pretty_line(vm, *cf_dict_get(v.as.dict, keys->items[i]), out);
        }
        cf_buffer_char(out, '}');
    } else if (v.kind == CF_SEQUENCE || v.kind == CF_TUPLE) {
        cf_buffer_char(out, v.kind == CF_TUPLE ? '(' : '[');
        for (size_t i = 0; ok && i < v.as.list->count; i++) {
            if (i) cf_buffer_text(out, ", ");
            ok = cf_t_pretty_line(vm, v.as.list->items[i], out);
        }
        if (v.kind == CF_TUPLE && v.as.list->count == 1) cf_buffer_char(out, ',');
        cf_buffer_char(out, v.kind == CF_TUPLE ? ')' : ']');
    } else {
        ok = cf_t_repr(vm, v, out);
    }
    vm->recursion--;
    return ok;
}

static void new_line(cf_buffer *out, size_t indent)
{
    cf_buffer_text(out, ",\n");
    for (size_t i = 0; i < indent; i++) cf_buffer_char(out, ' ');
}

static bool pretty_dict(cf_vm *vm, cf_value v, size_t indent, size_t allowance, cf_buffer *out)
{
    cf_list *keys;
    if (!sorted_keys(vm, v, &keys)) return false;
    cf_buffer_char(out, '{');
    for (size_t i = 0; i < keys->count; i++) {
        bool last = i + 1 == keys->count;
        if (i) new_line(out, indent + 1);
        size_t before = out->size;
        if (!cf_t_repr(vm, keys->items[i], out)) return false;
        cf_buffer_text(out, ": ");
        size_t width = cf_utf8_length(out->data + before, out->size - before);
        if (!pretty(vm, *cf_dict_get(v.as.dict, keys->items[i]), indent + 1 + width, last ? allowance + 1 : 1, out))
            return false;
    }
    cf_buffer_char(out, '}');
    return true;
}

static bool pretty(cf_vm *vm, cf_value v, size_t indent, size_t allowance, cf_buffer *out)
{
    bool done, ok = true;
    if (!fits(vm, v, indent, allowance, out, &done)) return false;
    if (done) return true;
    if (vm->recursion > 90) return cf_t_raise(vm, "RecursionError", "values are nested too deeply");
    vm->recursion++;
    if (v.kind == CF_MAPPING) {
        ok = pretty_dict(vm, v, indent, allowance, out);
    } else {
        bool           tuple = v.kind == CF_TUPLE;
        const cf_list *l = v.as.list;
        size_t         end = l->count == 1 && tuple ? 2 : 1;
        cf_buffer_char(out, tuple ? '(' : '[');
        for (size_t i = 0; ok && i < l->count; i++) {
            if (i) new_line(out, indent + 1);
            ok = pretty(vm, l->items[i], indent + 1, i + 1 == l->count ? allowance + end : 1, out);
        }
        cf_buffer_text(out, tuple ? (l->count == 1 ? ",)" : ")") : "]");
    }
    vm->recursion--;
    return ok;
}

static bool f_pprint(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    if (pretty(vm, a[0], 0, 0, &b)) return cf_t_take(vm, &b, false, out);
    cf_buffer_free(&b);
    return false;
}

const cf_t_builtin cf_t_html_filters[] = {
    {"e", f_escape, "s", 1, 4},
    {"escape", f_escape, "s", 1, 4},
    {"forceescape", f_forceescape, "value", 1, 0},
    {"pprint", f_pprint, "value", 1, 0},
    {"safe", f_safe, "value", 1, 0},
    {"striptags", f_striptags, "value", 1, 0},
    {"tojson", f_tojson, "value indent", 1, 0},
    {"urlencode", f_urlencode, "value", 1, 0},
    {"urlize", cf_t_urlize, "value trim_url_limit nofollow target rel extra_schemes", 1, 0},
    {"xmlattr", f_xmlattr, "d autospace", 1, 0},
    {NULL, NULL, NULL, 0, 0}};
