/* Rules, one a line, then an empty line, then paths: every rule must parse or say why, every path must end. */
#include "web/router.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cf_response *handler(cf_request *rq)
{
    (void)rq;
    return NULL;
}

static void add_rule(cf_arena *arena, cf_router *router, const char *text)
{
    static const cf_route route = {.handler = handler, .file = "fuzz", .rule = "/"};
    cf_error              error = {0};
    cf_url_rule          *rule = cf_arena_alloc(arena, sizeof *rule);
    if (!rule || !cf_rule_parse(arena, text, rule, &error)) {
        if (!error.message[0]) abort();
        return;
    }
    rule->route = &route;
    rule->endpoint = text;
    rule->methods = CF_GET;
    cf_router_add(router, rule, &error);
}

static void check_match(const cf_router *router, const char *path, size_t size)
{
    cf_route_match m;
    cf_router_match(router, path, size, CF_GET, &m);
    if (!m.rule) return;
    if (m.count != m.rule->value_count) abort();
    for (size_t i = 0; i < m.count; i++)
        if (m.values[i].text < path || m.values[i].text + m.values[i].size > path + size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    char      *text = cf_arena_text(arena, (const char *)data, size), *end = text + size;
    cf_router *router = cf_router_new(arena);
    bool       paths = false;
    for (char *line = text; line <= end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        *stop = '\0';
        if (stop == line && !paths) {
            cf_router_finish(router);
            paths = true;
        } else if (paths) {
            check_match(router, line, (size_t)(stop - line));
        } else {
            add_rule(arena, router, line);
        }
        line = stop + 1;
    }
    cf_arena_free(arena);
    return 0;
}
