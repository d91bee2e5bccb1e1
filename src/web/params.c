#include "web/params.h"

#include "base/text.h"
#include "web/coding.h"

bool cf_param_add(cf_arena *arena, cf_param_list *list, const char *name, const char *value, size_t size)
{
    if (list->params.count == list->capacity) {
        size_t    capacity = list->capacity ? list->capacity * 2 : 8;
        cf_param *grown = cf_arena_array(arena, capacity, sizeof *grown);
        if (!grown) return false;
        if (list->params.count) memcpy(grown, list->items, list->params.count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
        list->params.items = grown;
    }
    list->items[list->params.count++] = (cf_param){name, value, size};
    return true;
}

static bool same_name(const cf_params *params, const char *a, const char *b)
{
    return params->any_case ? cf_equal_nocase(a, strlen(a), b, strlen(b)) : strcmp(a, b) == 0;
}

const char *cf_params_get(const cf_params *params, const char *name)
{
    for (size_t i = 0; params && i < params->count; i++)
        if (same_name(params, params->items[i].name, name)) return params->items[i].value;
    return NULL;
}

int cf_parse_urlencoded(cf_arena *arena, const char *text, size_t size, size_t limit, cf_param_list *list)
{
    const char *at = text, *end = text + size;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop) stop = end;
        if (stop > at) {
            const char *equals = memchr(at, '=', (size_t)(stop - at)), *name_end = equals ? equals : stop;
            const char *from = equals ? equals + 1 : stop;
            size_t      name_size, value_size;
            if (list->params.count >= limit) return 413;
            char *name = cf_decode_text(arena, at, (size_t)(name_end - at), true, &name_size);
            char *value = cf_decode_text(arena, from, (size_t)(stop - from), true, &value_size);
            if (!name || !value || !cf_param_add(arena, list, name, value, value_size)) return 500;
        }
        at = stop + 1;
    }
    return 0;
}

static void trim(const char **start, const char **end)
{
    while (*start < *end && (**start == ' ' || **start == '\t')) ++*start;
    while (*end > *start && ((*end)[-1] == ' ' || (*end)[-1] == '\t')) --*end;
}

bool cf_parse_cookies(cf_arena *arena, const char *text, size_t limit, cf_param_list *list)
{
    const char *at = text, *end = text + strlen(text);
    while (at < end && list->params.count < limit) {
        const char *stop = memchr(at, ';', (size_t)(end - at)), *name = at, *name_end, *value, *value_end;
        if (!stop) stop = end;
        at = stop + 1;
        const char *equals = memchr(name, '=', (size_t)(stop - name));
        if (!equals) continue;
        name_end = equals;
        value = equals + 1;
        value_end = stop;
        trim(&name, &name_end);
        trim(&value, &value_end);
        if (value_end - value >= 2 && *value == '"' && value_end[-1] == '"') {
            value++;
            value_end--;
        }
        if (name == name_end) continue;
        size_t size, name_size;
        char  *n = cf_utf8_repair(arena, name, (size_t)(name_end - name), &name_size);
        char  *v = cf_utf8_repair(arena, value, (size_t)(value_end - value), &size);
        if (!n || !v || !cf_param_add(arena, list, n, v, size)) return false;
    }
    return true;
}

/* One parameter's value from `at`: quoted or a token; returns where it ends. */
static const char *parameter_value(const char *at, const char *end, char *out, size_t *size)
{
    *size = 0;
    if (at < end && *at == '"') {
        for (at++; at < end && *at != '"'; at++) {
            if (*at == '\\' && at + 1 < end && (at[1] == '"' || at[1] == '\\')) at++;
            out[(*size)++] = *at;
        }
        return at < end ? at + 1 : end;
    }
    while (at < end && *at != ';' && *at != ' ' && *at != '\t') out[(*size)++] = *at++;
    return at;
}

char *cf_header_parameter(cf_arena *arena, const char *text, size_t size, const char *name)
{
    const char *end = text + size, *at = memchr(text, ';', size);
    char       *out = at ? cf_arena_alloc(arena, size + 1) : NULL;
    while (out && at && at < end) {
        at++;
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        const char *start = at;
        while (at < end && *at != '=' && *at != ';') at++;
        if (at >= end || *at == ';') continue;
        const char *name_end = at;
        trim(&start, &name_end);
        size_t length;
        at++;
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        at = parameter_value(at, end, out, &length);
        if (cf_equal_nocase(start, (size_t)(name_end - start), name, strlen(name))) {
            out[length] = '\0';
            return out;
        }
        while (at < end && *at != ';') at++;
    }
    return NULL;
}

bool cf_media_type_is(const char *header, const char *type)
{
    if (!header) return false;
    size_t size = strcspn(header, ";");
    while (size && (header[size - 1] == ' ' || header[size - 1] == '\t')) size--;
    return cf_equal_nocase(header, size, type, strlen(type));
}
