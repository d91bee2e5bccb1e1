/* From endpoints to URLs. */
#include "web/router.h"

#include "base/text.h"
#include "web/coding.h"

bool cf_router_has(const cf_router *router, const char *endpoint)
{
    for (size_t i = 0; i < cf_router_count(router); i++)
        if (strcmp(cf_router_rule(router, i)->endpoint, endpoint) == 0) return true;
    return false;
}

const char *cf_router_nearest(const cf_router *router, const char *endpoint)
{
    const char *best = NULL;
    int         best_distance = 4;
    for (size_t i = 0; i < cf_router_count(router); i++) {
        const char *name = cf_router_rule(router, i)->endpoint;
        int         distance = cf_edit_distance(endpoint, name, 4);
        if (distance < best_distance && distance * 3 <= (int)strlen(name) + 2) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

static bool named_is(const cf_named *named, const char *name, size_t size)
{
    return named->size == size && memcmp(named->name, name, size) == 0;
}

static const cf_named *find(const cf_named *const *arguments, const char *name, size_t size)
{
    for (; arguments && *arguments; arguments++)
        if (named_is(*arguments, name, size)) return *arguments;
    return NULL;
}

/* Are all variables of the rule given? */
static bool suits(const cf_url_rule *rule, const cf_named *const *arguments)
{
    for (size_t i = 0; i < rule->part_count; i++)
        if (rule->parts[i].converter && !find(arguments, rule->parts[i].text, rule->parts[i].size)) return false;
    return true;
}

static bool is_variable(const cf_url_rule *rule, const cf_named *named)
{
    for (size_t i = 0; i < rule->part_count; i++)
        if (rule->parts[i].converter && named_is(named, rule->parts[i].text, rule->parts[i].size)) return true;
    return false;
}

static const cf_url_rule *choose(const cf_router *router, const char *endpoint, const cf_named *const *arguments,
                                 cf_error *error)
{
    const cf_url_rule *best = NULL, *any = NULL;
    for (size_t i = 0; i < cf_router_count(router); i++) {
        const cf_url_rule *rule = cf_router_rule(router, i);
        if (strcmp(rule->endpoint, endpoint) != 0) continue;
        any = rule;
        if (suits(rule, arguments) && (!best || rule->value_count > best->value_count)) best = rule;
    }
    if (best) return best;
    if (any) {
        for (size_t i = 0; i < any->part_count; i++)
            if (any->parts[i].converter && !find(arguments, any->parts[i].text, any->parts[i].size)) {
                cf_fail(error, CF_ERR_NAME, "url_for: endpoint '%s' (%s) needs a value for '%s'", endpoint, any->rule,
                        any->parts[i].text);
                break;
            }
        return NULL;
    }
    const char *near = cf_router_nearest(router, endpoint);
    if (near) {
        cf_fail(error, CF_ERR_NAME, "url_for: there is no endpoint '%.60s' (did you mean '%s'?)", endpoint, near);
    } else {
        cf_fail(error, CF_ERR_NAME, "url_for: there is no endpoint '%.60s'", endpoint);
    }
    return NULL;
}

static void add_pair(cf_buffer *out, char *separator, const cf_named *named, cf_value value)
{
    cf_buffer text = {.limit = 65536};
    switch (value.kind) {
    case CF_TEXT:
    case CF_MARKUP: cf_buffer_add(&text, value.as.text, value.size); break;
    case CF_BOOL: cf_buffer_text(&text, value.as.boolean ? "True" : "False"); break;
    case CF_INT: cf_buffer_int(&text, value.as.integer); break;
    case CF_FLOAT: cf_buffer_double(&text, value.as.number); break;
    default: return;
    }
    cf_buffer_char(out, *separator);
    *separator = '&';
    cf_percent_query(out, named->name, named->size);
    cf_buffer_char(out, '=');
    if (text.size) cf_percent_query(out, text.data, text.size);
    if (text.failed) out->failed = true;
    cf_buffer_free(&text);
}

/* Arguments that are no variables; None is left out, lists repeat the name. */
static void add_query(const cf_url_rule *rule, const cf_named *const *arguments, cf_buffer *out)
{
    char separator = '?';
    for (; arguments && *arguments; arguments++) {
        const cf_named *named = *arguments;
        if (is_variable(rule, named) || (named->size && named->name[0] == '_')) continue;
        if (named->value.kind == CF_SEQUENCE || named->value.kind == CF_TUPLE) {
            for (size_t i = 0; i < named->value.as.list->count; i++)
                add_pair(out, &separator, named, named->value.as.list->items[i]);
        } else {
            add_pair(out, &separator, named, named->value);
        }
    }
}

bool cf_router_build(const cf_router *router, const char *endpoint, const cf_named *const *arguments, cf_buffer *out,
                     cf_error *error)
{
    const cf_url_rule *rule = choose(router, endpoint, arguments, error);
    if (!rule) return false;
    for (size_t i = 0; i < rule->part_count; i++) {
        const cf_rule_part *part = &rule->parts[i];
        if (!part->converter) {
            cf_percent_path(out, part->text, part->size, true);
        } else if (!cf_part_build(part, find(arguments, part->text, part->size)->value, out, error)) {
            return false;
        }
    }
    add_query(rule, arguments, out);
    const cf_named *anchor = find(arguments, "_anchor", 7);
    if (anchor && cf_value_is_text(anchor->value)) {
        cf_buffer_char(out, '#');
        cf_percent_path(out, anchor->value.as.text, anchor->value.size, false);
    }
    return !out->failed || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}
