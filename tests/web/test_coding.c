#include "check.h"

#include "web/coding.h"

static const char *decode(cf_arena *arena, const char *text, bool plus)
{
    size_t size;
    char  *out = cf_decode_text(arena, text, strlen(text), plus, &size);
    assert_non_null(out);
    assert_int_equal(out[size], 0);
    return out;
}

static void percent_sequences_are_decoded(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    assert_string_equal(decode(arena, "a%20b%C3%a9", false), "a b\xC3\xA9");
    assert_string_equal(decode(arena, "a+b", false), "a+b");
    assert_string_equal(decode(arena, "a+b%2B", true), "a b+");
    assert_string_equal(decode(arena, "100%", false), "100%");
    assert_string_equal(decode(arena, "%4", false), "%4");
    assert_string_equal(decode(arena, "%zz%4g%", false), "%zz%4g%");
    assert_string_equal(decode(arena, "%25%32%35", false), "%25");
    cf_arena_free(arena);
}

/* The pairs are what Python's bytes.decode(errors="replace") gives. */
static void invalid_utf8_is_replaced_as_python_does(void **state)
{
    static const char *const cases[][2] = {
        {"ok", "ok"},
        {"a\xFFz", "a\xEF\xBF\xBDz"},
        {"\xE2\x82", "\xEF\xBF\xBD"},
        {"\xE2\x82z", "\xEF\xBF\xBDz"},
        {"\xC3\x28", "\xEF\xBF\xBD("},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF0\x90\x80", "\xEF\xBF\xBD"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF0\x80\x80\x41", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                             "A"},
    };
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        char  *out = cf_utf8_repair(arena, cases[i][0], strlen(cases[i][0]), &size);
        assert_string_equal(out, cases[i][1]);
        assert_int_equal(size, strlen(cases[i][1]));
    }
    cf_arena_free(arena);
}

static void paths_and_queries_are_encoded(void **state)
{
    cf_buffer out = {0};
    cf_percent_path(&out, "a/b c?d", 7, false);
    assert_string_equal(out.data, "a%2Fb%20c%3Fd");
    cf_buffer_clear(&out);
    cf_percent_path(&out, "css/a+b.css", 11, true);
    assert_string_equal(out.data, "css/a+b.css");
    cf_buffer_clear(&out);
    cf_percent_query(&out, " a b&c=\xC3\xA9+~", 11);
    assert_string_equal(out.data, "+a+b%26c%3D%C3%A9%2B~");
    cf_buffer_free(&out);
}

static void http_dates_are_written_and_read(void **state)
{
    static const struct {
        int64_t     seconds;
        const char *text;
    } cases[] = {
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"}, {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"},
        {-86400, "Wed, 31 Dec 1969 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char    text[CF_HTTP_DATE_SIZE];
        int64_t seconds = 1;
        cf_http_date_format(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
        assert_true(cf_http_date_parse(cases[i].text, &seconds));
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void what_is_no_http_date_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994",
                                        "Sun, 31 Feb 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nom 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 GMTx",
                                        "Sun, -6 Nov 1994 08:49:37 GMT"};
    int64_t                  seconds;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(cf_http_date_parse(wrong[i], &seconds));
    assert_false(cf_http_date_parse(NULL, &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_sequences_are_decoded),   cmocka_unit_test(invalid_utf8_is_replaced_as_python_does),
        cmocka_unit_test(paths_and_queries_are_encoded),   cmocka_unit_test(http_dates_are_written_and_read),
        cmocka_unit_test(what_is_no_http_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
