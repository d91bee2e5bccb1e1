#include "json.h"

#include "base/number.h"
#include "form/data.h"

#include <math.h>
#include <string.h>

typedef struct reader {
    cf_arena   *arena;
    const char *at, *end;
    bool        failed;
} reader;

static cf_value read_value(reader *r, int depth);

static void skip_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

static bool take(reader *r, char c)
{
    skip_blanks(r);
    if (r->at >= r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static cf_value fail(reader *r)
{
    r->failed = true;
    return cf_value_undefined();
}

static unsigned read_hex(reader *r)
{
    unsigned value = 0;
    for (int i = 0; i < 4 && r->at < r->end; i++, r->at++) {
        char c = *r->at;
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static void read_escape(reader *r, cf_buffer *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char              c = r->at < r->end ? *r->at++ : 0;
    const char       *found = c ? strchr(from, c) : NULL;
    if (found) {
        cf_buffer_char(out, to[found - from]);
        return;
    }
    unsigned code = read_hex(r);
    if (code >= 0xD800 && code < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        code = 0x10000 + ((code - 0xD800) << 10) + (read_hex(r) - 0xDC00);
    }
    cf_buffer_code_point(out, code);
}

static cf_value read_text(reader *r)
{
    cf_buffer out = {0};
    while (r->at < r->end && *r->at != '"') {
        char c = *r->at++;
        if (c == '\\') read_escape(r, &out);
        else cf_buffer_char(&out, c);
    }
    r->at++;
    char    *copy = cf_arena_text(r->arena, out.data ? out.data : "", out.size);
    cf_value value = cf_value_text_n(copy, out.size);
    cf_buffer_free(&out);
    return value;
}

static cf_value read_number(reader *r)
{
    const char *start = r->at;
    bool        whole = true;
    while (r->at < r->end && strchr("+-0123456789.eE", *r->at)) {
        if (strchr(".eE", *r->at)) whole = false;
        r->at++;
    }
    size_t   size = (size_t)(r->at - start);
    double   number;
    cf_value value;
    if (whole && cf_read_int(r->arena, start, size, &value) == CF_READ_OK) return value;
    return cf_parse_double(start, size, &number) ? cf_value_double(number) : fail(r);
}

static cf_value read_list(reader *r, int depth)
{
    cf_list *list = cf_list_new(r->arena, 0);
    if (take(r, ']')) return cf_value_list(list);
    do {
        cf_list_add(list, read_value(r, depth));
    } while (!r->failed && take(r, ','));
    return take(r, ']') ? cf_value_list(list) : fail(r);
}

static cf_value read_object(reader *r, int depth)
{
    cf_dict *dict = cf_dict_new(r->arena, 0);
    if (take(r, '}')) return cf_value_dict(dict);
    do {
        if (!take(r, '"')) return fail(r);
        cf_value key = read_text(r);
        if (!take(r, ':')) return fail(r);
        cf_dict_set(dict, key, read_value(r, depth));
    } while (!r->failed && take(r, ','));
    return take(r, '}') ? cf_value_dict(dict) : fail(r);
}

static cf_value read_value(reader *r, int depth)
{
    static const struct {
        const char *word;
        cf_value    value;
    } words[] = {
        {"null", {.kind = CF_NULL}}, {"true", {.kind = CF_BOOL, .as.boolean = true}}, {"false", {.kind = CF_BOOL}}};
    if (depth > 200) return fail(r);
    if (take(r, '"')) return read_text(r);
    if (take(r, '[')) return read_list(r, depth + 1);
    if (take(r, '{')) return read_object(r, depth + 1);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        if ((size_t)(r->end - r->at) < size || memcmp(r->at, words[i].word, size) != 0) continue;
        r->at += size;
        return words[i].value;
    }
    return r->at < r->end ? read_number(r) : fail(r);
}

cf_value json_read(cf_arena *arena, const char *text, size_t size)
{
    reader   r = {arena, text, text + size, false};
    cf_value value = read_value(&r, 0);
    return r.failed ? cf_value_undefined() : value;
}

cf_value json_get(cf_value value, const char *key)
{
    const cf_value *found = value.kind == CF_MAPPING ? cf_dict_get_text(value.as.dict, key, strlen(key)) : NULL;
    return found ? *found : cf_value_undefined();
}

const char *json_text(cf_arena *arena, cf_value value, const char *key)
{
    cf_value text = json_get(value, key);
    return cf_value_is_text(text) ? cf_arena_text(arena, text.as.text, text.size) : NULL;
}

/* ---- typed JSON ---- */

static bool decode_special(cf_arena *arena, cf_value key, cf_value text, cf_value *out)
{
    double      number;
    cf_date     date;
    cf_time     time;
    cf_datetime moment;
    if (!cf_value_is_text(key) || !cf_value_is_text(text) || !key.size || key.as.text[0] != '$') return false;
    if (strcmp(key.as.text, "$markup") == 0) *out = cf_value_markup_n(text.as.text, text.size);
    else if (strcmp(key.as.text, "$decimal") == 0)
        *out = cf_value_object((cf_object *)(uintptr_t)cf_exact_parse(arena, text.as.text, text.size));
    else if (strcmp(key.as.text, "$float") == 0 && cf_read_float(text.as.text, text.size, &number) == CF_READ_OK)
        *out = cf_value_double(number);
    else if (strcmp(key.as.text, "$date") == 0 && cf_date_parse(text.as.text, text.size, &date))
        *out = cf_value_date(date);
    else if (strcmp(key.as.text, "$time") == 0 && cf_time_parse(text.as.text, text.size, &time))
        *out = cf_value_time(time);
    else if (strcmp(key.as.text, "$datetime") == 0 && cf_datetime_parse(text.as.text, text.size, &moment))
        *out = cf_value_datetime(moment);
    else return false;
    return true;
}

cf_value json_decode(cf_arena *arena, cf_value value)
{
    if (value.kind == CF_SEQUENCE) {
        cf_list *list = cf_list_new(arena, value.as.list->count);
        for (size_t i = 0; i < value.as.list->count; i++)
            cf_list_add(list, json_decode(arena, value.as.list->items[i]));
        return cf_value_list(list);
    }
    if (value.kind != CF_MAPPING) return value;
    const cf_dict *from = value.as.dict;
    cf_value       special;
    if (from->count == 1 && decode_special(arena, from->entries[0].key, from->entries[0].value, &special))
        return special;
    cf_dict *dict = cf_dict_new(arena, from->count);
    for (size_t i = 0; i < from->used; i++)
        cf_dict_set(dict, from->entries[i].key, json_decode(arena, from->entries[i].value));
    return cf_value_dict(dict);
}

static void write_special(const char *key, cf_value value, cf_buffer *out)
{
    cf_buffer text = {0};
    cf_data_print(value, &text);
    if (value.kind == CF_DATETIME && text.size > 10) text.data[10] = 'T';
    cf_buffer_printf(out, "{\"%s\": ", key);
    cf_buffer_json_text(out, text.data ? text.data : "", text.size);
    cf_buffer_char(out, '}');
    cf_buffer_free(&text);
}

static void write_object(cf_arena *arena, const cf_dict *dict, cf_buffer *out)
{
    bool first = true;
    cf_buffer_char(out, '{');
    for (size_t i = 0; i < dict->used; i++) {
        if (dict->entries[i].removed) continue;
        if (!first) cf_buffer_text(out, ", ");
        first = false;
        cf_value key = cf_data_text(arena, dict->entries[i].key);
        cf_buffer_json_text(out, key.as.text, key.size);
        cf_buffer_text(out, ": ");
        json_write(arena, dict->entries[i].value, out);
    }
    cf_buffer_char(out, '}');
}

void json_write(cf_arena *arena, cf_value value, cf_buffer *out)
{
    const cf_exact *exact = cf_value_exact(value);
    switch (value.kind) {
    case CF_UNDEFINED:
    case CF_NULL: cf_buffer_text(out, "null"); return;
    case CF_BOOL: cf_buffer_text(out, value.as.boolean ? "true" : "false"); return;
    case CF_INT: cf_buffer_int(out, value.as.integer); return;
    case CF_FLOAT:
        if (isfinite(value.as.number)) cf_buffer_double(out, value.as.number);
        else write_special("$float", value, out);
        return;
    case CF_DATE: write_special("$date", value, out); return;
    case CF_TIME: write_special("$time", value, out); return;
    case CF_DATETIME: write_special("$datetime", value, out); return;
    case CF_MAPPING: write_object(arena, value.as.dict, out); return;
    case CF_SEQUENCE:
    case CF_TUPLE:
        cf_buffer_char(out, '[');
        for (size_t i = 0; i < value.as.list->count; i++) {
            if (i) cf_buffer_text(out, ", ");
            json_write(arena, value.as.list->items[i], out);
        }
        cf_buffer_char(out, ']');
        return;
    default: break;
    }
    if (exact && exact->integer) {
        cf_exact_print(exact, out);
    } else if (exact) {
        write_special("$decimal", value, out);
    } else {
        cf_value text = cf_data_text(arena, value);
        cf_buffer_json_text(out, text.as.text, text.size);
    }
}
