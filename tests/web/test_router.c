#include "check.h"

#include "web/router.h"

static cf_response *handler(cf_request *rq)
{
    (void)rq;
    return NULL;
}

typedef struct fixture {
    cf_arena  *arena;
    cf_router *router;
} fixture;

/* Rules as "METHODS RULE"; the endpoint is the rule itself. */
static void add(fixture *f, const char *text, unsigned methods)
{
    cf_error     error = {0};
    cf_url_rule *rule = cf_arena_alloc(f->arena, sizeof *rule);
    cf_route    *route = cf_arena_alloc(f->arena, sizeof *route);
    *route = (cf_route){.rule = text, .handler = handler, .file = "test.c", .line = 1};
    if (!cf_rule_parse(f->arena, text, rule, &error)) fail_msg("%s: %s", text, error.message);
    rule->route = route;
    rule->endpoint = text;
    rule->methods = methods;
    if (!cf_router_add(f->router, rule, &error)) fail_msg("%s: %s", text, error.message);
}

static fixture make(const char *const *rules)
{
    fixture f = {cf_arena_new(NULL, 0), NULL};
    f.router = cf_router_new(f.arena);
    for (; *rules; rules++) add(&f, *rules, CF_GET);
    cf_router_finish(f.router);
    return f;
}

/* The rule a path leads to, "" for none, "/" behind it for a redirect; then its values. */
static const char *lead(fixture *f, const char *path)
{
    static char    out[400];
    cf_route_match m;
    cf_router_match(f->router, path, strlen(path), CF_GET, &m);
    snprintf(out, sizeof out, "%s%s", m.rule ? m.rule->rule : "", m.redirect ? " redirect" : "");
    for (size_t i = 0; m.rule && i < m.count; i++) {
        size_t size = strlen(out);
        snprintf(out + size, sizeof out - size, " %.*s", (int)m.values[i].size, m.values[i].text);
    }
    return out;
}

static void literal_rules_match_exactly(void **state)
{
    fixture f = make((const char *const[]){"/", "/add", "/users/", "/a/b/c", NULL});
    assert_string_equal(lead(&f, "/"), "/");
    assert_string_equal(lead(&f, "/add"), "/add");
    assert_string_equal(lead(&f, "/add/"), "");
    assert_string_equal(lead(&f, "/ADD"), "");
    assert_string_equal(lead(&f, "/users/"), "/users/");
    assert_string_equal(lead(&f, "/users"), "/users/ redirect");
    assert_string_equal(lead(&f, "/a/b/c"), "/a/b/c");
    assert_string_equal(lead(&f, "/a/b"), "");
    assert_string_equal(lead(&f, "/a/b/c/d"), "");
    assert_string_equal(lead(&f, "//"), "");
    assert_string_equal(lead(&f, "//add"), "");
    assert_string_equal(lead(&f, "/ad"), "");
    assert_string_equal(lead(&f, "add"), "");
    assert_string_equal(lead(&f, ""), "");
    cf_arena_free(f.arena);
}

static void converters_accept_what_werkzeug_accepts(void **state)
{
    fixture f = make((const char *const[]){"/i/<int:x>", "/s/<int(signed=True):x>", "/r/<int(min=3, max=12):x>",
                                           "/d/<int(fixed_digits=4):x>", "/f/<float:x>", "/t/<x>",
                                           "/l/<string(length=2):x>", "/m/<string(minlength=2,maxlength=3):x>",
                                           "/u/<uuid:x>", "/a/<any(red, green):x>", "/p/<path:x>", NULL});
    static const char *const cases[][2] = {
        {"/i/12", "/i/<int:x> 12"},
        {"/i/0012", "/i/<int:x> 0012"},
        {"/i/-1", ""},
        {"/i/+1", ""},
        {"/i/1.0", ""},
        {"/i/", ""},
        {"/i/99999999999999999999", ""},
        {"/i/\xD9\xA1", ""},
        {"/s/-5", "/s/<int(signed=True):x> -5"},
        {"/s/-", ""},
        {"/r/2", ""},
        {"/r/3", "/r/<int(min=3, max=12):x> 3"},
        {"/r/13", ""},
        {"/d/0042", "/d/<int(fixed_digits=4):x> 0042"},
        {"/d/42", ""},
        {"/f/1.5", "/f/<float:x> 1.5"},
        {"/f/1", ""},
        {"/f/.5", ""},
        {"/f/1.", ""},
        {"/f/1.5.2", ""},
        {"/f/1e5", ""},
        {"/t/a b", "/t/<x> a b"},
        {"/t/a/b", ""},
        {"/l/\xC3\xA9\xC3\xA9", "/l/<string(length=2):x> \xC3\xA9\xC3\xA9"},
        {"/l/abc", ""},
        {"/m/a", ""},
        {"/m/abc", "/m/<string(minlength=2,maxlength=3):x> abc"},
        {"/m/abcd", ""},
        {"/u/f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "/u/<uuid:x> f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
        {"/u/f81d4fae7dec11d0a76500a0c91e6bf6", ""},
        {"/a/red", "/a/<any(red, green):x> red"},
        {"/a/blue", ""},
        {"/p/a/b/c.css", "/p/<path:x> a/b/c.css"},
        {"/p/a/", "/p/<path:x> a/"},
        {"/p//a", ""},
        {"/p/", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(lead(&f, cases[i][0]), cases[i][1]);
    cf_arena_free(f.arena);
}

static void literal_text_comes_before_variables_and_narrow_converters_before_wide(void **state)
{
    fixture f = make((const char *const[]){"/<path:p>", "/<name>", "/<int:id>", "/about", "/<name>/edit", "/x/<path:p>",
                                           "/x/<name>", "/v<int:n>", NULL});
    assert_string_equal(lead(&f, "/about"), "/about");
    assert_string_equal(lead(&f, "/12"), "/<int:id> 12");
    assert_string_equal(lead(&f, "/12a"), "/<name> 12a");
    assert_string_equal(lead(&f, "/v3"), "/v<int:n> 3");
    assert_string_equal(lead(&f, "/a/edit"), "/<name>/edit a");
    assert_string_equal(lead(&f, "/a/other"), "/<path:p> a/other");
    assert_string_equal(lead(&f, "/x/y"), "/x/<name> y");
    assert_string_equal(lead(&f, "/x/y/z"), "/x/<path:p> y/z");
    assert_string_equal(lead(&f, "/x/edit"), "/x/<name> edit");
    cf_arena_free(f.arena);
}

static void several_variables_in_a_segment_are_told_apart(void **state)
{
    fixture f = make((const char *const[]){"/<a>-<b>", "/file/<name>.<any(png,jpg):kind>", "/<path:p>/raw/<int:n>",
                                           "/w/<path:p>/", NULL});
    assert_string_equal(lead(&f, "/x-y"), "/<a>-<b> x y");
    assert_string_equal(lead(&f, "/x-y-z"), "/<a>-<b> x-y z");
    assert_string_equal(lead(&f, "/file/a.b.png"), "/file/<name>.<any(png,jpg):kind> a.b png");
    assert_string_equal(lead(&f, "/file/a.gif"), "");
    assert_string_equal(lead(&f, "/a/b/raw/3"), "/<path:p>/raw/<int:n> a/b 3");
    assert_string_equal(lead(&f, "/w/a/b/"), "/w/<path:p>/ a/b");
    assert_string_equal(lead(&f, "/w/a/b"), "/w/<path:p>/ redirect a/b");
    cf_arena_free(f.arena);
}

/* Three variables in a segment against a long one: the number of tries is bounded. */
static void hostile_paths_cost_little(void **state)
{
    static char path[8000];
    fixture     f = make((const char *const[]){"/<a>-<b>-<c>-<d>-<e>!", NULL});
    memset(path, '-', sizeof path - 1);
    path[0] = '/';
    assert_string_equal(lead(&f, path), "");
    cf_arena_free(f.arena);
}

static void methods_that_would_fit_are_collected(void **state)
{
    fixture f = {cf_arena_new(NULL, 0), NULL};
    f.router = cf_router_new(f.arena);
    add(&f, "/x", CF_GET | CF_HEAD);
    add(&f, "/x", CF_POST);
    add(&f, "/<name>", CF_PUT);
    add(&f, "/dir/", CF_POST);
    cf_router_finish(f.router);
    cf_route_match m;
    cf_router_match(f.router, "/x", 2, CF_DELETE, &m);
    assert_null(m.rule);
    assert_int_equal(m.allowed, CF_GET | CF_HEAD | CF_POST | CF_PUT);
    cf_router_match(f.router, "/x", 2, CF_PUT, &m);
    assert_string_equal(m.rule->rule, "/<name>");
    cf_router_match(f.router, "/dir", 4, CF_GET, &m);
    assert_null(m.rule);
    cf_arena_free(f.arena);
}

static void wrong_rules_are_refused_with_the_reason(void **state)
{
    static const char *const cases[][2] = {
        {"x", "begins with '/'"},
        {"/<itn:id>", "there is no converter 'itn' (did you mean 'int'?)"},
        {"/<colour:id>", "there is no converter 'colour'"},
        {"/<id", "a '>' is missing"},
        {"/<int:>", "has no name"},
        {"/<int(min=a):id>", "cannot read its argument 'min'"},
        {"/<int(length=3):id>", "cannot read its argument 'length'"},
        {"/<any():id>", "needs words"},
        {"/<any:id>", "needs words"},
        {"/<id>/<id>", "the variable 'id' is there twice"},
        {"/a?b", "the character '?'"},
        {"/a b", "the character ' '"},
        {"/<1a>", "has no name"},
        {"/<a>/<b>/<c>/<d>/<e>/<f>/<g>/<h>/<i>/<j>/<k>/<l>/<m>", "at most 12 variables"},
    };
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cf_error    error = {0};
        cf_url_rule rule = {0};
        assert_false(cf_rule_parse(arena, cases[i][0], &rule, &error));
        if (!strstr(error.message, cases[i][1])) fail_msg("%s: %s", cases[i][0], error.message);
    }
    cf_arena_free(arena);
}

static void a_rule_that_is_there_already_is_refused(void **state)
{
    fixture     f = make((const char *const[]){"/a/<int:x>", "/p/<path:x>", NULL});
    const char *again[] = {"/a/<int:y>", "/p/<path:y>"};
    for (size_t i = 0; i < 2; i++) {
        cf_error    error = {0};
        cf_route    route = {.handler = handler};
        cf_url_rule rule = {.route = &route, .endpoint = "x", .methods = CF_GET};
        assert_true(cf_rule_parse(f.arena, again[i], &rule, &error));
        rule.methods = CF_GET;
        assert_false(cf_router_add(f.router, &rule, &error));
        assert_non_null(strstr(error.message, "is there already, at test.c:1"));
    }
    cf_arena_free(f.arena);
}

static const char *build(fixture *f, cf_buffer *out, const char *endpoint, const cf_named *const *arguments)
{
    cf_error error = {0};
    cf_buffer_clear(out);
    if (!cf_router_build(f->router, endpoint, arguments, out, &error)) {
        cf_buffer_clear(out);
        cf_buffer_text(out, error.message);
    }
    return out->data;
}
#define BUILD(endpoint, ...) build(&f, &out, endpoint, (const cf_named *const[]){__VA_ARGS__, NULL})

static void urls_are_built_from_endpoints(void **state)
{
    cf_buffer out = {0};
    fixture   f = make((const char *const[]){"/", "/user/<int:id>", "/d/<int(fixed_digits=4):id>", "/p/<path:name>",
                                             "/s/<name>/x", "/f/<float:x>", "/a/<any(red,green):c>", NULL});
    assert_string_equal(BUILD("/", NULL), "/");
    assert_string_equal(BUILD("/user/<int:id>", CF_VAR_AS("id", 3)), "/user/3");
    assert_string_equal(BUILD("/user/<int:id>", CF_VAR_AS("id", "7")), "/user/7");
    assert_string_equal(BUILD("/d/<int(fixed_digits=4):id>", CF_VAR_AS("id", 42)), "/d/0042");
    assert_string_equal(BUILD("/p/<path:name>", CF_VAR_AS("name", "css/a b.css")), "/p/css/a%20b.css");
    assert_string_equal(BUILD("/s/<name>/x", CF_VAR_AS("name", "\xC3\xA9?")), "/s/%C3%A9%3F/x");
    assert_string_equal(BUILD("/f/<float:x>", CF_VAR_AS("x", 1.0)), "/f/1.0");
    assert_string_equal(BUILD("/", CF_VAR_AS("q", "a b&c"), CF_VAR_AS("page", 2)), "/?q=a+b%26c&page=2");
    assert_string_equal(BUILD("/", CF_VAR_AS("none", cf_value_null()), CF_VAR_AS("_anchor", "top")), "/#top");
    cf_buffer_free(&out);
    cf_arena_free(f.arena);
}

static void urls_that_cannot_be_built_say_why(void **state)
{
    cf_buffer out = {0};
    fixture   f = make((const char *const[]){"/user/<int:id>", "/a/<any(red,green):c>", "/s/<name>", NULL});
    assert_string_equal(BUILD("/user/<int:id>", NULL),
                        "url_for: endpoint '/user/<int:id>' (/user/<int:id>) needs a value for 'id'");
    assert_string_equal(BUILD("/user/<int:id>", CF_VAR_AS("id", "x")),
                        "the value for 'id' does not fit its converter 'int'");
    assert_string_equal(BUILD("/a/<any(red,green):c>", CF_VAR_AS("c", "blue")),
                        "the value for 'c' does not fit its converter 'any'");
    assert_string_equal(BUILD("/s/<name>", CF_VAR_AS("name", "")),
                        "the value for 'name' does not fit its converter 'string'");
    assert_non_null(strstr(BUILD("/user/<int:di>", NULL), "did you mean '/user/<int:id>'?"));
    assert_string_equal(BUILD("nonsense", NULL), "url_for: there is no endpoint 'nonsense'");
    cf_buffer_free(&out);
    cf_arena_free(f.arena);
}

/* A hundred rules, each found again. */
static void many_rules_are_all_found(void **state)
{
    char    text[100][24];
    fixture f = {cf_arena_new(NULL, 0), NULL};
    f.router = cf_router_new(f.arena);
    for (int i = 0; i < 100; i++) {
        snprintf(text[i], sizeof text[i], "/r%d/<int:id>/p%d", i * 7 % 100, i);
        add(&f, text[i], CF_GET);
    }
    cf_router_finish(f.router);
    for (int i = 0; i < 100; i++) {
        char path[32];
        snprintf(path, sizeof path, "/r%d/5/p%d", i * 7 % 100, i);
        cf_route_match m;
        cf_router_match(f.router, path, strlen(path), CF_GET, &m);
        assert_non_null(m.rule);
        assert_string_equal(m.rule->rule, text[i]);
    }
    cf_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_rules_match_exactly),
        cmocka_unit_test(converters_accept_what_werkzeug_accepts),
        cmocka_unit_test(literal_text_comes_before_variables_and_narrow_converters_before_wide),
        cmocka_unit_test(several_variables_in_a_segment_are_told_apart),
        cmocka_unit_test(hostile_paths_cost_little),
        cmocka_unit_test(methods_that_would_fit_are_collected),
        cmocka_unit_test(wrong_rules_are_refused_with_the_reason),
        cmocka_unit_test(a_rule_that_is_there_already_is_refused),
        cmocka_unit_test(urls_are_built_from_endpoints),
        cmocka_unit_test(urls_that_cannot_be_built_say_why),
        cmocka_unit_test(many_rules_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
