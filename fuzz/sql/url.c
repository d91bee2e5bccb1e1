/* Database URLs: what is accepted renders to a text that means the same; what is refused leaves the result alone. */
#include <carafe/url.h>

#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)           \
    do {                           \
        if (!(condition)) abort(); \
    } while (0)

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Options keep their order within a name; between names the rendering sorts them. */
static void same_options(const cf_url *a, const cf_url *b)
{
    HOLDS(a->query_count == b->query_count);
    for (size_t i = 0; i < a->query_count; i++)
        HOLDS(same(cf_url_option_value(a, a->query[i].name), cf_url_option_value(b, a->query[i].name)));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *text = cf_arena_text(arena, (const char *)data, size);
    cf_url    url = {.port = 4242}, again;
    cf_error  error = {0};
    if (cf_url_parse(arena, text, &url, &error)) {
        char *rendered = cf_url_render(arena, &url, false);
        if (strlen(rendered) <= 8192) {
            HOLDS(cf_url_parse(arena, rendered, &again, &error));
            HOLDS(same(url.drivername, again.drivername) && same(url.username, again.username));
            HOLDS(same(url.password, again.password) && same(url.host, again.host) && url.port == again.port);
            HOLDS(same(url.database, again.database));
            same_options(&url, &again);
            HOLDS(same(cf_url_render(arena, &again, false), rendered));
        }
        if (url.password && strlen(url.password) > 6)
            HOLDS(url.username && strstr(cf_url_render(arena, &url, true), ":***@"));
    } else {
        HOLDS(error.code != CF_OK && url.port == 4242);
    }
    cf_arena_free(arena);
    return 0;
}
