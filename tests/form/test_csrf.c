/* CSRF tokens: made, checked, expired, forged; in forms and without; WTForms' scheme. */
#include "support.h"

#include "form/sha1.h"

#include <stdio.h>

typedef struct Tiny {
    const char *name;
} Tiny;
CF_FORM(Tiny, CF_FIELD(name, "Name"), CF_SUBMIT("Go"));

static cf_csrf csrf_at(int64_t now)
{
    return (cf_csrf){.secret = "key", .secret_size = 3, .session = "5a1e", .now = now};
}

static char *token_of(cf_csrf csrf)
{
    char *token = NULL;
    if (!cf_csrf_token(arena, &csrf, &token, &error)) fail_msg("%s", error.message);
    return token;
}

static const char *refusal(cf_csrf csrf, const char *token)
{
    const char *why = "?";
    bool        good = cf_csrf_check(&csrf, token, token ? strlen(token) : 0, &why);
    assert_true(good == !why);
    return why ? why : "";
}

static void a_token_holds_for_an_hour(void **state)
{
    char *token = token_of(csrf_at(1000000));
    assert_string_equal(refusal(csrf_at(1000000), token), "");
    assert_string_equal(refusal(csrf_at(1003600), token), "");
    assert_string_equal(refusal(csrf_at(1003601), token), CF_CSRF_EXPIRED);
    cf_csrf for_ever = csrf_at(9000000);
    for_ever.time_limit = -1;
    assert_string_equal(refusal(for_ever, token), "");
    cf_csrf short_time = csrf_at(1000011);
    short_time.time_limit = 10;
    assert_string_equal(refusal(short_time, token), CF_CSRF_EXPIRED);
}

static void another_session_or_key_does_not_match(void **state)
{
    char   *token = token_of(csrf_at(1000));
    cf_csrf other = csrf_at(1000);
    other.session = "5a1f";
    assert_string_equal(refusal(other, token), CF_CSRF_MISMATCH);
    other = csrf_at(1000);
    other.secret = "kez";
    assert_string_equal(refusal(other, token), CF_CSRF_MISMATCH);
    other.session = NULL;
    assert_string_equal(refusal(other, token), CF_CSRF_NO_SESSION);
}

static void no_bit_of_a_token_can_be_changed(void **state)
{
    char  *token = token_of(csrf_at(1000));
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        /* the last character has two bits that mean nothing: then the text is not canonical */
        assert_string_not_equal(refusal(csrf_at(1000), token), "");
        token[i] = before;
    }
    assert_string_equal(refusal(csrf_at(1000), token), "");
}

static void what_is_no_token_is_refused(void **state)
{
    char *token = token_of(csrf_at(1000));
    assert_string_equal(refusal(csrf_at(1000), NULL), CF_CSRF_MISSING);
    assert_string_equal(refusal(csrf_at(1000), ""), CF_CSRF_MISSING);
    assert_string_equal(refusal(csrf_at(1000), "x"), CF_CSRF_INVALID);
    assert_string_equal(refusal(csrf_at(1000), "====="), CF_CSRF_INVALID);
    assert_string_equal(refusal(csrf_at(1000), cf_arena_printf(arena, "%sA", token)), CF_CSRF_INVALID);
    assert_string_equal(refusal(csrf_at(1000), cf_arena_printf(arena, "%.*s", 20, token)), CF_CSRF_INVALID);
    char *huge = cf_arena_alloc(arena, 100001);
    memset(huge, 'A', 100000);
    assert_string_equal(refusal(csrf_at(1000), huge), CF_CSRF_INVALID);
}

static void a_token_needs_a_key_and_a_session(void **state)
{
    cf_csrf csrf = csrf_at(1);
    char   *token = NULL;
    csrf.secret = NULL;
    assert_false(cf_csrf_token(arena, &csrf, &token, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_error_clear(&error);
    csrf = csrf_at(1);
    csrf.session = NULL;
    assert_false(cf_csrf_token(arena, &csrf, &token, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    assert_null(token);
}

static void session_texts_are_long_and_differ(void **state)
{
    char a[CF_CSRF_SESSION_SIZE], b[CF_CSRF_SESSION_SIZE];
    cf_csrf_session(a);
    cf_csrf_session(b);
    assert_int_equal(strlen(a), 40);
    assert_string_not_equal(a, b);
}

/* ---- in forms ---- */

static void a_form_has_the_token_and_wants_it_back(void **state)
{
    cf_csrf       csrf = csrf_at(1000);
    char         *token = token_of(csrf);
    cf_form_input in = SUBMITTED("name", "x", "csrf_token", token);
    in.csrf = &csrf;
    Tiny *f = MAKE(Tiny, in);
    assert_true(cf_submitted(f));
    assert_null(cf_form_csrf_error(f));
    in = SUBMITTED("name", "x");
    in.csrf = &csrf;
    f = MAKE(Tiny, in);
    assert_false(cf_submitted(f));
    assert_string_equal(cf_form_csrf_error(f), CF_CSRF_MISSING);
    assert_error(f, "csrf_token", CF_CSRF_MISSING);
    in = SUBMITTED("name", "x", "csrf_token", "forged");
    in.csrf = &csrf;
    f = MAKE(Tiny, in);
    assert_false(cf_submitted(f));
    assert_string_equal(cf_form_csrf_error(f), CF_CSRF_INVALID);
    in.csrf_held = true;
    assert_true(cf_submitted(MAKE(Tiny, in)));
}

static void the_shown_token_is_never_the_one_that_was_sent(void **state)
{
    cf_csrf       csrf = csrf_at(1000);
    cf_form_input in = SUBMITTED("csrf_token", "<forged>");
    cf_buffer     out = {0};
    in.csrf = &csrf;
    Tiny *f = MAKE(Tiny, in);
    assert_true(cf_form_hidden_tag(f, &out, &error));
    assert_string_equal(
        out.data, cf_arena_printf(arena, "<input id=\"csrf_token\" name=\"csrf_token\" type=\"hidden\" value=\"%s\">",
                                  token_of(csrf)));
    cf_buffer_free(&out);
}

static void the_field_can_have_another_name(void **state)
{
    cf_csrf csrf = csrf_at(1000);
    csrf.field_name = "_token";
    cf_form_input in = {.csrf = &csrf};
    Tiny         *f = MAKE(Tiny, in);
    assert_true(cf_form_has_field(f, "_token"));
    assert_false(cf_form_has_field(f, "csrf_token"));
    assert_string_equal(cf_form_field_name(f, cf_form_field_count(f) - 1), "_token");
}

/* ---- WTForms' scheme ---- */

static void sha1_gives_the_published_digests(void **state)
{
    static const struct {
        const char *text, *hex;
        int         times;
    } cases[] = {
        {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709", 1},
        {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d", 1},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1", 1},
        {"aaaaaaaaaa", "34aa973cd4c4daa4f61eeb2bdbad27316534016f", 100000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cf_sha1 sha;
        uint8_t digest[CF_SHA1_SIZE];
        char    hex[2 * CF_SHA1_SIZE + 1];
        cf_sha1_init(&sha);
        for (int n = 0; n < cases[i].times; n++) cf_sha1_add(&sha, cases[i].text, strlen(cases[i].text));
        cf_sha1_end(&sha, digest);
        for (int b = 0; b < CF_SHA1_SIZE; b++) snprintf(hex + 2 * b, 3, "%02x", digest[b]);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void hmac_sha1_gives_the_published_codes(void **state)
{
    uint8_t key[80], mac[CF_SHA1_SIZE];
    char    hex[2 * CF_SHA1_SIZE + 1];
    cf_hmac_sha1("Jefe", 4, "what do ya want ", 16, "for nothing?", 12, mac);
    for (int b = 0; b < CF_SHA1_SIZE; b++) snprintf(hex + 2 * b, 3, "%02x", mac[b]);
    assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0xaa, sizeof key);
    cf_hmac_sha1(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54, NULL, 0, mac);
    for (int b = 0; b < CF_SHA1_SIZE; b++) snprintf(hex + 2 * b, 3, "%02x", mac[b]);
    assert_string_equal(hex, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

static void wtforms_tokens_expire_by_their_own_stamp(void **state)
{
    cf_csrf csrf = csrf_at(1714975689); /* 2024-05-06 06:08:09 */
    csrf.scheme = CF_CSRF_WTFORMS;
    char *token = token_of(csrf);
    assert_memory_equal(token, "20240506063809##", 16);
    assert_int_equal(strlen(token), 56);
    assert_string_equal(refusal(csrf, token), "");
    csrf.now += 1800;
    assert_string_equal(refusal(csrf, token), "");
    csrf.now += 1;
    assert_string_equal(refusal(csrf, token), CF_CSRF_EXPIRED);
    assert_string_equal(refusal(csrf, "20240506063809#abc"), CF_CSRF_MISSING);
    assert_string_equal(refusal(csrf, "20990506063809##abc"), CF_CSRF_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_holds_for_an_hour),
        TEST(another_session_or_key_does_not_match),
        TEST(no_bit_of_a_token_can_be_changed),
        TEST(what_is_no_token_is_refused),
        TEST(a_token_needs_a_key_and_a_session),
        TEST(session_texts_are_long_and_differ),
        TEST(a_form_has_the_token_and_wants_it_back),
        TEST(the_shown_token_is_never_the_one_that_was_sent),
        TEST(the_field_can_have_another_name),
        TEST(sha1_gives_the_published_digests),
        TEST(hmac_sha1_gives_the_published_codes),
        TEST(wtforms_tokens_expire_by_their_own_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
