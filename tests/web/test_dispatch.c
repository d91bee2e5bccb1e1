#include "site.h"

static cf_client *client;

static int set_up(void **state)
{
    client = cf_client_open(&site, CF_PROGRAM, &site_settings, NULL);
    return client ? 0 : -1;
}

static int tear_down(void **state)
{
    cf_client_free(client);
    return 0;
}

static int request(const char *method, const char *target)
{
    return cf_client_send(client, &(cf_client_request){.method = method, .target = target});
}

static int post(const char *target, const char *type, const char *body)
{
    cf_param header = {"Content-Type", type, strlen(type)};
    return cf_client_send(client, &(cf_client_request){.method = "POST",
                                                       .target = target,
                                                       .headers = &header,
                                                       .header_count = 1,
                                                       .body = body,
                                                       .size = strlen(body),
                                                       .piece = 7});
}

#define BODY_HAS(text) \
    if (!strstr(cf_client_body(client), text)) fail_msg("not in the body: %s\n%s", text, cf_client_body(client))

static void pages_are_answered(void **state)
{
    assert_int_equal(cf_client_get(client, "/"), 200);
    assert_string_equal(cf_client_body(client), "index\n");
    assert_string_equal(cf_client_header(client, "content-type"), "text/plain; charset=utf-8");
    assert_int_equal(cf_client_get(client, "/user/12?x=1"), 200);
    assert_string_equal(cf_client_body(client), "user 12 user");
    assert_int_equal(cf_client_get(client, "/%75ser/1%32"), 200);
    assert_int_equal(cf_client_get(client, "http://localhost/user/3"), 200);
    assert_string_equal(cf_client_body(client), "user 3 user");
}

static void what_is_not_there_is_404(void **state)
{
    static const char *const targets[] = {"/nope", "/user/", "/user/x", "/user/-1", "/USER/1", "/static/", "/static/x"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        assert_int_equal(cf_client_get(client, targets[i]), 404);
    assert_string_equal(cf_client_header(client, "content-type"), "text/html; charset=utf-8");
}

static void every_get_has_a_head(void **state)
{
    assert_int_equal(request("HEAD", "/"), 200);
    assert_string_equal(cf_client_body(client), "");
    assert_int_equal(request("HEAD", "/nope"), 404);
}

static void other_methods_are_405_with_allow(void **state)
{
    assert_int_equal(request("POST", "/"), 405);
    assert_string_equal(cf_client_header(client, "Allow"), "GET, HEAD, OPTIONS");
    assert_int_equal(request("DELETE", "/echo"), 405);
    assert_string_equal(cf_client_header(client, "Allow"), "GET, POST, HEAD, PUT, OPTIONS");
    assert_int_equal(request("BREW", "/"), 405);
    assert_int_equal(request("POST", "/static/x"), 405);
}

static void options_are_told(void **state)
{
    assert_int_equal(request("OPTIONS", "/"), 200);
    assert_string_equal(cf_client_header(client, "Allow"), "GET, HEAD, OPTIONS");
    assert_string_equal(cf_client_body(client), "");
    assert_int_equal(request("OPTIONS", "*"), 200);
    assert_int_equal(request("OPTIONS", "/nope"), 404);
}

static void slashes_are_put_right(void **state)
{
    assert_int_equal(cf_client_get(client, "/folder?a=b"), 308);
    assert_string_equal(cf_client_header(client, "Location"), "/folder/?a=b");
    assert_int_equal(cf_client_get(client, "/folder/"), 200);
    assert_int_equal(cf_client_get(client, "//user//5"), 308);
    assert_string_equal(cf_client_header(client, "Location"), "/user/5");
    assert_int_equal(cf_client_get(client, "//evil.example/"), 404);
    assert_int_equal(cf_client_get(client, "/go"), 302);
    assert_string_equal(cf_client_header(client, "Location"), "/user/7?q=a+b");
    assert_string_equal(cf_client_follow(client), "user 7 user");
}

static void forms_are_read_in_all_encodings(void **state)
{
    assert_int_equal(post("/echo?q=1", "application/x-www-form-urlencoded; charset=utf-8", "a=1&b=x+%26&a=2"), 200);
    assert_string_equal(cf_client_body(client), "POST /echo\narg q=1\nform a=1\nform b=x &\nform a=2\n");
    assert_int_equal(post("/echo", "multipart/form-data; boundary=b",
                          "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n"
                          "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\ntwo\r\n--b--"),
                     200);
    assert_string_equal(cf_client_body(client), "POST /echo\nform a=1\nfile f=x 3\n");
    assert_int_equal(post("/echo", "application/json", "{\"a\":1,\"b\":[2]}"), 200);
    assert_string_equal(cf_client_body(client), "POST /echo\njson 2 members\n");
    assert_int_equal(post("/echo", "text/plain", "whatever"), 200);
    assert_string_equal(cf_client_body(client), "POST /echo\nbody 8\n");
}

static void malformed_bodies_are_400(void **state)
{
    assert_int_equal(post("/echo", "application/json", "{\"a\":"), 400);
    assert_int_equal(post("/echo", "multipart/form-data; boundary=b", "nonsense"), 400);
    assert_int_equal(post("/echo", "multipart/form-data", "nonsense"), 400);
    assert_int_equal(cf_client_get(client, "/a%00b"), 400);
    cf_param host = {"Host", "a/b", 3};
    assert_int_equal(cf_client_send(client, &(cf_client_request){.target = "/", .headers = &host, .header_count = 1}),
                     400);
}

static void large_bodies_are_413(void **state)
{
    char body[200];
    memset(body, 'a', sizeof body);
    body[100] = '\0';
    assert_int_equal(post("/small", "text/plain", body), 200);
    body[100] = 'a';
    body[101] = '\0';
    assert_int_equal(post("/small", "text/plain", body), 413);
    cf_param length = {"Content-Length", "999", 3};
    assert_int_equal(
        cf_client_send(
            client, &(cf_client_request){.method = "POST", .target = "/small", .headers = &length, .header_count = 1}),
        413);
    cf_buffer fields = {0};
    for (int i = 0; i < 1001; i++) cf_buffer_text(&fields, "a&");
    assert_int_equal(post("/echo", "application/x-www-form-urlencoded", fields.data), 413);
    cf_buffer_free(&fields);
}

static void default_headers_are_sent_unless_set(void **state)
{
    cf_client_get(client, "/");
    assert_string_equal(cf_client_header(client, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(cf_client_header(client, "X-Frame-Options"), "SAMEORIGIN");
    assert_string_equal(cf_client_header(client, "Referrer-Policy"), "same-origin");
    assert_non_null(strstr(cf_client_header(client, "Content-Security-Policy"), "default-src 'self'"));
    assert_null(cf_client_header(client, "Strict-Transport-Security"));
    assert_null(cf_client_header(client, "Set-Cookie"));
    assert_int_equal(cf_client_get(client, "/headers"), 201);
    assert_string_equal(cf_client_header(client, "X-Frame-Options"), "DENY");
    assert_string_equal(cf_client_header(client, "X-One"), "2");
    assert_string_equal(cf_client_header(client, "Set-Cookie"),
                        "taste=sweet; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
}

static void headers_cannot_be_split(void **state)
{
    assert_int_equal(cf_client_get(client, "/split?value=fine"), 200);
    assert_string_equal(cf_client_header(client, "X-Evil"), "fine");
    assert_int_equal(cf_client_get(client, "/split?value=a%0d%0aSet-Cookie:%20x=y"), 500);
    assert_null(cf_client_header(client, "Set-Cookie"));
}

static void a_handler_that_fails_is_a_page_and_no_crash(void **state)
{
    assert_int_equal(cf_client_get(client, "/nothing"), 500);
    BODY_HAS("returned no response");
    BODY_HAS("site_nothing");
    assert_int_equal(cf_client_get(client, "/missing"), 404);
    BODY_HAS("There is no such Planet.");
    assert_int_equal(cf_client_get(client, "/teapot"), 418);
    BODY_HAS("short &amp; &lt;stout&gt;");
}

static void in_production_pages_tell_nothing(void **state)
{
    cf_settings settings = site_settings;
    settings.production = true;
    cf_client *other = cf_client_open(&site, CF_PROGRAM, &settings, NULL);
    assert_non_null(other);
    assert_int_equal(cf_client_get(other, "/nothing"), 500);
    assert_null(strstr(cf_client_body(other), "site_nothing"));
    assert_null(strstr(cf_client_body(other), "developer"));
    cf_client_free(other);
}

static void json_is_written(void **state)
{
    assert_int_equal(cf_client_get(client, "/json"), 200);
    assert_string_equal(cf_client_header(client, "Content-Type"), "application/json");
    assert_string_equal(cf_client_body(client), "{\"name\":\"Ada \\\"A\\\"\",\"n\":3}\n");
}

static void blueprints_have_prefix_endpoint_and_hooks(void **state)
{
    assert_int_equal(cf_client_get(client, "/guarded/"), 403);
    assert_int_equal(cf_client_get(client, "/guarded/user/4?key=1"), 200);
    assert_string_equal(cf_client_body(client), "user 4 guarded.user");
    assert_string_equal(cf_client_header(client, "X-Guarded"), "guarded.user");
    cf_client_get(client, "/user/4");
    assert_null(cf_client_header(client, "X-Guarded"));
}

/* ---- applications that must not start ------------------------------------------------------- */

static const char *start(const cf_app *app, const cf_settings *settings)
{
    static cf_error error;
    memset(&error, 0, sizeof error);
    cf_web *web = cf_web_new(app, CF_PROGRAM, settings, &error);
    cf_web_free(web);
    return web ? "started" : error.message;
}

#define START_HAS(app, text)                                                              \
    do {                                                                                  \
        const char *message_ = start(app, &site_settings);                                \
        if (!strstr(message_, text)) fail_msg("wanted \"%s\" in \"%s\"", text, message_); \
    } while (0)

static void mistakes_are_found_at_start_with_their_place(void **state)
{
    static const cf_route twice[] = {CF_ROUTE("/", site_index), CF_ROUTE("/", site_user), CF_END};
    static const cf_route name[] = {CF_ROUTE("/a", site_index, .endpoint = "x"),
                                    CF_ROUTE("/b", site_user, .endpoint = "x"), CF_END};
    static const cf_route converter[] = {CF_ROUTE("/<itn:id>", site_index), CF_END};
    static const cf_route dotted[] = {CF_ROUTE("/", site_index, .endpoint = "a.b"), CF_END};
    static const cf_route none[] = {CF_ROUTE("/", NULL), CF_END};
    START_HAS((&(cf_app){.name = "t", .routes = twice, .no_database = true}), "is there already, at ");
    START_HAS((&(cf_app){.name = "t", .routes = name, .no_database = true}),
              "the endpoint 'x' is that of site_index() already");
    START_HAS((&(cf_app){.name = "t", .routes = converter, .no_database = true}), "test_dispatch.c:");
    START_HAS((&(cf_app){.name = "t", .routes = converter, .no_database = true}), "did you mean 'int'?");
    START_HAS((&(cf_app){.name = "t", .routes = dotted, .no_database = true}), "no usable endpoint name");
    START_HAS((&(cf_app){.name = "t", .routes = none, .no_database = true}), "has no handler");
    START_HAS((&(cf_app){.name = "t", .no_database = true}), "routes is missing");
    START_HAS((&(cf_app){.name = "a b", .routes = site_routes, .no_database = true}), "letters, digits, - and _");
    START_HAS((&(cf_app){.routes = site_routes, .no_database = true}), "name is missing");
}

/* site_go() names the endpoint 'user': an application without it refuses to start, though nobody calls site_go. */
static void endpoints_that_are_not_there_are_found_at_start(void **state)
{
    static const cf_route few[] = {CF_ROUTE("/", site_index, .endpoint = "usr"), CF_END};
    START_HAS((&(cf_app){.name = "t", .routes = few, .no_database = true}), "site.h:");
    START_HAS((&(cf_app){.name = "t", .routes = few, .no_database = true}),
              "there is no endpoint 'user' (did you mean 'usr'?)");
}

static void production_wants_a_secret(void **state)
{
    assert_non_null(strstr(start(&site, &(cf_settings){.production = true}), "SECRET_KEY is not set"));
    assert_non_null(strstr(start(&site, &(cf_settings){.production = true, .secret_key = "short"}), "shorter than 16"));
    assert_string_equal(start(&site, &(cf_settings){.production = true, .secret_key = "0123456789abcdef"}), "started");
    assert_string_equal(start(&site, &(cf_settings){0}), "started");
    assert_non_null(strstr(start(&site, &(cf_settings){.static_files = "/nonexistent"}), "/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_answered),
        cmocka_unit_test(what_is_not_there_is_404),
        cmocka_unit_test(every_get_has_a_head),
        cmocka_unit_test(other_methods_are_405_with_allow),
        cmocka_unit_test(options_are_told),
        cmocka_unit_test(slashes_are_put_right),
        cmocka_unit_test(forms_are_read_in_all_encodings),
        cmocka_unit_test(malformed_bodies_are_400),
        cmocka_unit_test(large_bodies_are_413),
        cmocka_unit_test(default_headers_are_sent_unless_set),
        cmocka_unit_test(headers_cannot_be_split),
        cmocka_unit_test(a_handler_that_fails_is_a_page_and_no_crash),
        cmocka_unit_test(in_production_pages_tell_nothing),
        cmocka_unit_test(json_is_written),
        cmocka_unit_test(blueprints_have_prefix_endpoint_and_hooks),
        cmocka_unit_test(mistakes_are_found_at_start_with_their_place),
        cmocka_unit_test(endpoints_that_are_not_there_are_found_at_start),
        cmocka_unit_test(production_wants_a_secret),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
