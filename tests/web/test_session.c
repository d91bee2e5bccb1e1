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

static void values_stay_with_the_visitor(void **state)
{
    cf_client *other = cf_client_other(client);
    cf_client_get(client, "/count");
    assert_string_equal(cf_client_body(client), "1");
    cf_client_get(client, "/count");
    assert_string_equal(cf_client_body(client), "2");
    cf_client_get(other, "/count");
    assert_string_equal(cf_client_body(other), "1");
    cf_client_free(other);
}

static void the_cookie_is_protected(void **state)
{
    cf_client_get(client, "/count");
    const char *cookie = cf_client_header(client, "Set-Cookie");
    assert_non_null(strstr(cookie, "; HttpOnly"));
    assert_non_null(strstr(cookie, "; SameSite=Lax"));
    assert_non_null(strstr(cookie, "; Path=/"));
    assert_null(strstr(cookie, "Secure"));
    assert_string_equal(cf_client_header(client, "Vary"), "Cookie");
}

static void it_is_secure_where_https_is_declared(void **state)
{
    cf_app app = site;
    app.https = true;
    cf_client *other = cf_client_open(&app, CF_PROGRAM, &site_settings, NULL);
    cf_client_get(other, "/count");
    assert_non_null(strstr(cf_client_header(other, "Set-Cookie"), "; Secure"));
    assert_non_null(cf_client_header(other, "Strict-Transport-Security"));
    cf_client_free(other);
}

static void unchanged_sessions_are_not_sent_again(void **state)
{
    cf_client_get(client, "/count");
    cf_client_get(client, "/");
    assert_null(cf_client_header(client, "Set-Cookie"));
    assert_string_equal(cf_client_header(client, "Vary"), "Cookie");
}

static void a_tampered_cookie_is_an_empty_session(void **state)
{
    cf_client_get(client, "/forget");
    cf_client_get(client, "/count");
    char *cookie = strdup(cf_client_cookie(client, "session"));
    cookie[strlen(cookie) / 2] ^= 1;
    cf_client_set_cookie(client, "session", cookie);
    cf_client_get(client, "/count");
    assert_string_equal(cf_client_body(client), "1");
    cf_client_set_cookie(client, "session", "nonsense");
    assert_int_equal(cf_client_get(client, "/"), 200);
    assert_null(cf_client_cookie(client, "session"));
    free(cookie);
}

static void a_cleared_session_takes_its_cookie_away(void **state)
{
    cf_client_get(client, "/count");
    assert_non_null(cf_client_cookie(client, "session"));
    cf_client_get(client, "/forget");
    assert_null(cf_client_cookie(client, "session"));
}

static void a_session_too_large_for_a_cookie_is_an_error(void **state)
{
    assert_int_equal(cf_client_get(client, "/large"), 500);
    assert_non_null(strstr(cf_client_body(client), "larger than a cookie"));
    assert_null(cf_client_header(client, "Set-Cookie"));
}

static void another_key_does_not_open_it_but_a_list_of_keys_does(void **state)
{
    cf_settings settings = site_settings;
    cf_client_get(client, "/forget");
    cf_client_get(client, "/count");
    char *cookie = strdup(cf_client_cookie(client, "session"));
    settings.secret_key = "quite another secret key";
    cf_client *stranger = cf_client_open(&site, CF_PROGRAM, &settings, NULL);
    cf_client_set_cookie(stranger, "session", cookie);
    cf_client_get(stranger, "/count");
    assert_string_equal(cf_client_body(stranger), "1");
    cf_client_free(stranger);
    settings.secret_key = "quite another secret key, a secret of sixteen and more";
    cf_client *heir = cf_client_open(&site, CF_PROGRAM, &settings, NULL);
    cf_client_set_cookie(heir, "session", cookie);
    cf_client_get(heir, "/count");
    assert_string_equal(cf_client_body(heir), "2");
    cf_client_free(heir);
    free(cookie);
}

static int post_with(const char *header, const char *value)
{
    cf_param param = {header, value, strlen(value)};
    return cf_client_send(
        client, &(cf_client_request){.method = "POST", .target = "/change", .headers = &param, .header_count = 1});
}

static void unsafe_requests_need_a_token(void **state)
{
    cf_client_get(client, "/forget");
    assert_int_equal(cf_client_post(client, "/change", NULL), 400);
    assert_non_null(strstr(cf_client_body(client), "security token"));
    assert_null(cf_client_cookie(client, "session"));
    cf_client_get(client, "/token");
    char *token = strdup(cf_client_body(client));
    assert_int_equal(post_with("X-CSRFToken", token), 200);
    assert_int_equal(post_with("X-CSRF-Token", token), 200);
    assert_int_equal(cf_client_post(client, "/change", "csrf_token", token, NULL), 200);
    assert_int_equal(cf_client_post(client, "/change", "csrf_token", "", NULL), 400);
    token[strlen(token) / 2] ^= 1;
    assert_int_equal(post_with("X-CSRFToken", token), 400);
    token[strlen(token) / 2] ^= 1;
    cf_client_get(client, "/forget");
    assert_int_equal(post_with("X-CSRFToken", token), 400);
    free(token);
}

static void a_token_of_another_visitor_is_refused(void **state)
{
    cf_client *other = cf_client_other(client);
    cf_client_get(other, "/token");
    char *token = strdup(cf_client_body(other));
    cf_client_get(client, "/token");
    assert_int_equal(post_with("X-CSRFToken", token), 400);
    cf_client_free(other);
    free(token);
}

static void routes_without_protection_take_any_request(void **state)
{
    assert_int_equal(cf_client_post(client, "/echo", "a", "1", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_with_the_visitor),
        cmocka_unit_test(the_cookie_is_protected),
        cmocka_unit_test(it_is_secure_where_https_is_declared),
        cmocka_unit_test(unchanged_sessions_are_not_sent_again),
        cmocka_unit_test(a_tampered_cookie_is_an_empty_session),
        cmocka_unit_test(a_cleared_session_takes_its_cookie_away),
        cmocka_unit_test(a_session_too_large_for_a_cookie_is_an_error),
        cmocka_unit_test(another_key_does_not_open_it_but_a_list_of_keys_does),
        cmocka_unit_test(unsafe_requests_need_a_token),
        cmocka_unit_test(a_token_of_another_visitor_is_refused),
        cmocka_unit_test(routes_without_protection_take_any_request),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
