/* Database URLs: parsed as SQLAlchemy does, rendered so that they parse again, never with a password in a log. */
#include "support.h"

#include <carafe/url.h>

typedef struct parts {
    const char *text, *drivername, *backend, *username, *password, *host;
    int         port;
    const char *database, *rendered, *redacted;
} parts;

static const parts cases[] = {
    {"sqlite://", "sqlite", "sqlite", NULL, NULL, NULL, -1, NULL, "sqlite://", "sqlite://"},
    {"sqlite:///", "sqlite", "sqlite", NULL, NULL, NULL, -1, "", "sqlite:///", "sqlite:///"},
    {"sqlite:///a/b.db", "sqlite", "sqlite", NULL, NULL, NULL, -1, "a/b.db", "sqlite:///a/b.db", "sqlite:///a/b.db"},
    {"sqlite:////a/b.db", "sqlite", "sqlite", NULL, NULL, NULL, -1, "/a/b.db", "sqlite:////a/b.db",
     "sqlite:////a/b.db"},
    {"sqlite:///my db.db", "sqlite", "sqlite", NULL, NULL, NULL, -1, "my db.db", "sqlite:///my db.db",
     "sqlite:///my db.db"},
    {"postgresql+psycopg2://u:p@h:5433/d", "postgresql+psycopg2", "postgresql", "u", "p", "h", 5433, "d",
     "postgresql+psycopg2://u:p@h:5433/d", "postgresql+psycopg2://u:***@h:5433/d"},
    {"postgresql://u:p%40s%2Fs%3A@h/d", "postgresql", "postgresql", "u", "p@s/s:", "h", -1, "d",
     "postgresql://u:p%40s%2Fs%3A@h/d", "postgresql://u:***@h/d"},
    {"postgresql://u:a/b?c@h/d", "postgresql", "postgresql", "u", "a/b?c", "h", -1, "d", "postgresql://u:a%2Fb?c@h/d",
     "postgresql://u:***@h/d"},
    {"postgresql://a@b@h/d", "postgresql", "postgresql", "a@b", NULL, "h", -1, "d", "postgresql://a%40b@h/d",
     "postgresql://a%40b@h/d"},
    {"postgresql://u:@h/d", "postgresql", "postgresql", "u", "", "h", -1, "d", "postgresql://u:@h/d",
     "postgresql://u:***@h/d"},
    {"postgresql://:p@h/d", "postgresql", "postgresql", "", "p", "h", -1, "d", "postgresql://:p@h/d",
     "postgresql://:***@h/d"},
    {"postgresql://u:100%25@h/d", "postgresql", "postgresql", "u", "100%", "h", -1, "d", "postgresql://u:100%25@h/d",
     "postgresql://u:***@h/d"},
    {"postgresql://u:100%@h/d", "postgresql", "postgresql", "u", "100%", "h", -1, "d", "postgresql://u:100%25@h/d",
     "postgresql://u:***@h/d"},
    {"postgresql://[::1]:5432/d", "postgresql", "postgresql", NULL, NULL, "::1", 5432, "d", "postgresql://[::1]:5432/d",
     "postgresql://[::1]:5432/d"},
    {"postgresql://[fe80::1%25eth0]/d", "postgresql", "postgresql", NULL, NULL, "fe80::1%eth0", -1, "d",
     "postgresql://[fe80::1%25eth0]/d", "postgresql://[fe80::1%25eth0]/d"},
    {"mysql+pymysql://u:p@/d?unix_socket=/tmp/s", "mysql+pymysql", "mysql", "u", "p", NULL, -1, "d",
     "mysql+pymysql://u:p@/d?unix_socket=%2Ftmp%2Fs", "mysql+pymysql://u:***@/d?unix_socket=%2Ftmp%2Fs"},
    {"postgresql://h/d?b=2&a=1&b=1&empty=&c=x+y", "postgresql", "postgresql", NULL, NULL, "h", -1, "d",
     "postgresql://h/d?a=1&b=2&b=1&c=x+y", "postgresql://h/d?a=1&b=2&b=1&c=x+y"},
    {"postgresql://h/d?password=geheim", "postgresql", "postgresql", NULL, NULL, "h", -1, "d",
     "postgresql://h/d?password=geheim", "postgresql://h/d?password=***"},
    {"postgresql://h1,h2/d", "postgresql", "postgresql", NULL, NULL, "h1,h2", -1, "d", "postgresql://h1,h2/d",
     "postgresql://h1,h2/d"},
};

static void same(const char *what, const char *got, const char *wanted)
{
    if (!got && !wanted) return;
    if (!got || !wanted || strcmp(got, wanted) != 0)
        fail_msg("%s is %s, not %s", what, got ? got : "absent", wanted ? wanted : "absent");
}

static void every_part(void **state)
{
    (void)state;
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const parts *c = &cases[i];
        cf_url       url, again;
        cf_error     error = {0};
        if (!cf_url_parse(arena, c->text, &url, &error)) fail_msg("%s: %s", c->text, error.message);
        same(c->text, url.drivername, c->drivername);
        same(c->text, url.backend, c->backend);
        same(c->text, url.username, c->username);
        same(c->text, url.password, c->password);
        same(c->text, url.host, c->host);
        same(c->text, url.database, c->database);
        assert_int_equal(url.port, c->port);
        same(c->text, cf_url_render(arena, &url, false), c->rendered);
        same(c->text, cf_url_render(arena, &url, true), c->redacted);
        /* What was rendered means the same. */
        assert_true(cf_url_parse(arena, cf_url_render(arena, &url, false), &again, &error));
        same(c->text, again.password, url.password);
        same(c->text, again.host, url.host);
        same(c->text, cf_url_render(arena, &again, false), c->rendered);
    }
    cf_arena_free(arena);
}

static void what_is_no_url(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "notaurl",
                                      "://",
                                      "http:/x",
                                      "post gres://h/d",
                                      "sqlite:",
                                      "sqlite:/x",
                                      "postgresql://h:port/d",
                                      "postgresql://h:/d",
                                      "postgresql://h:12x/d",
                                      "postgresql://[::1/d",
                                      "postgresql://[]/d",
                                      "postgresql://[::1]x/d",
                                      "postgresql://h:99999999999/d"};
    cf_arena                *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        cf_url   url = {.port = 42};
        cf_error error = {0};
        if (cf_url_parse(arena, bad[i], &url, &error)) fail_msg("'%s' was taken for a url", bad[i]);
        assert_int_equal(error.code, CF_ERR_SYNTAX);
        assert_int_equal(url.port, 42);
    }
    cf_arena_free(arena);
}

static void messages_hold_no_password(void **state)
{
    (void)state;
    static const char *const bad[] = {"postgresql://u:geheim@h:x/d", "no url but geheim",
                                      "postgresql://u:geheim@[::1/d"};
    cf_arena                *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        cf_url   url;
        cf_error error = {0};
        assert_false(cf_url_parse(arena, bad[i], &url, &error));
        assert_null(strstr(error.message, "geheim"));
    }
    cf_error error = {0};
    assert_null(cf_pool_open("postgresql://u:geheim@127.0.0.1:1/d", NULL, &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    assert_null(strstr(error.message, "geheim"));
    assert_non_null(strstr(error.message, "postgresql://u:***@127.0.0.1:1/d"));
    cf_arena_free(arena);
}

static void options_by_name(void **state)
{
    (void)state;
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_url    url;
    cf_error  error = {0};
    assert_true(cf_url_parse(arena, "postgresql://h/d?a=1&b=%C3%A9+%26&a=2", &url, &error));
    assert_int_equal(url.query_count, 3);
    assert_string_equal(cf_url_option_value(&url, "a"), "2");
    assert_string_equal(cf_url_option_value(&url, "b"), "\xc3\xa9 &");
    assert_null(cf_url_option_value(&url, "c"));
    cf_arena_free(arena);
}

static void bounds(void **state)
{
    (void)state;
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_url    url;
    cf_error  error = {0};
    char     *text = malloc(20000);
    size_t    used = (size_t)sprintf(text, "postgresql://h/d?");
    for (int i = 0; i < 300; i++) used += (size_t)sprintf(text + used, "o%d=1&", i);
    assert_false(cf_url_parse(arena, text, &url, &error));
    assert_int_equal(error.code, CF_ERR_LIMIT);
    cf_error_clear(&error);
    memset(text, 'a', 9000);
    text[9000] = '\0';
    assert_false(cf_url_parse(arena, text, &url, &error));
    assert_int_equal(error.code, CF_ERR_LIMIT);
    free(text);
    cf_arena_free(arena);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int failures = 0;
    for (long n = 1; n < 50; n++) {
        cf_arena *arena = cf_arena_new(NULL, 0);
        cf_url    url;
        cf_error  error = {0};
        long      before = cf_mem_count();
        cf_mem_fail_at(n, true);
        bool  ok = cf_url_parse(arena, "postgresql://u:p@h:1/d?a=1&b=2&c=3&d=4", &url, &error);
        char *text = ok ? cf_url_render(arena, &url, true) : NULL;
        cf_mem_fail_at(0, false);
        bool refused = cf_mem_count() - before >= n;
        if (!ok) assert_int_equal(error.code, CF_ERR_MEMORY);
        assert_true(refused == !text);
        failures += refused;
        cf_arena_free(arena);
        if (!refused) break;
    }
    assert_true(failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part),
        cmocka_unit_test(what_is_no_url),
        cmocka_unit_test(messages_hold_no_password),
        cmocka_unit_test(options_by_name),
        cmocka_unit_test(bounds),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
