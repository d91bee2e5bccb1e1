#include "check.h"

#include "web/params.h"

static cf_param_list parse(cf_arena *arena, const char *text)
{
    cf_param_list list = {0};
    assert_int_equal(cf_parse_urlencoded(arena, text, strlen(text), 1000, &list), 0);
    return list;
}

static void pairs_are_split_and_decoded(void **state)
{
    cf_arena                *arena = cf_arena_new(NULL, 0);
    cf_param_list            l = parse(arena, "a=1&b=x+y%26z&c&=v&&d==e&a=2&%c3%a9=%ff");
    static const char *const want[][2] = {
        {"a", "1"}, {"b", "x y&z"}, {"c", ""}, {"", "v"}, {"d", "=e"}, {"a", "2"}, {"\xC3\xA9", "\xEF\xBF\xBD"}};
    assert_int_equal(l.params.count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(l.items[i].name, want[i][0]);
        assert_string_equal(l.items[i].value, want[i][1]);
    }
    assert_string_equal(cf_params_get(&l.params, "a"), "1");
    assert_null(cf_params_get(&l.params, "A"));
    l = parse(arena, "");
    assert_int_equal(l.params.count, 0);
    l = parse(arena, "n=a%00b");
    assert_int_equal(l.items[0].size, 3);
    cf_arena_free(arena);
}

static void too_many_pairs_are_refused(void **state)
{
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_param_list l = {0};
    assert_int_equal(cf_parse_urlencoded(arena, "a&b&c", 5, 3, &l), 0);
    l = (cf_param_list){0};
    assert_int_equal(cf_parse_urlencoded(arena, "a&b&c&d", 7, 3, &l), 413);
    cf_arena_free(arena);
}

static void cookies_are_read_and_nonsense_is_skipped(void **state)
{
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_param_list l = {0};
    assert_true(cf_parse_cookies(arena, "a=1; b=\"two\" ;nonsense; =x; c = d=e ;; f=", 1000, &l));
    static const char *const want[][2] = {{"a", "1"}, {"b", "two"}, {"c", "d=e"}, {"f", ""}};
    assert_int_equal(l.params.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(l.items[i].name, want[i][0]);
        assert_string_equal(l.items[i].value, want[i][1]);
    }
    cf_arena_free(arena);
}

static void header_parameters_are_found(void **state)
{
    static const char *const cases[][3] = {
        {"form-data; name=\"a\"; filename=\"b.txt\"", "filename", "b.txt"},
        {"form-data; name=\"a;b=c\"; x=y", "x", "y"},
        {"form-data; name=\"a\\\"b\\\\c\\d\"", "name", "a\"b\\c\\d"},
        {"form-data; NAME = a", "name", "a"},
        {"form-data; name=\"open", "name", "open"},
        {"form-data", "name", NULL},
        {"name=x", "name", NULL},
        {"form-data; xname=y", "name", NULL},
        {"form-data; name", "name", NULL},
    };
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = cf_header_parameter(arena, cases[i][0], strlen(cases[i][0]), cases[i][1]);
        if (cases[i][2]) {
            assert_non_null(got);
            assert_string_equal(got, cases[i][2]);
        } else {
            assert_null(got);
        }
    }
    cf_arena_free(arena);
}

static void media_types_are_compared_without_parameters(void **state)
{
    assert_true(cf_media_type_is("application/JSON ; charset=utf-8", "application/json"));
    assert_true(cf_media_type_is("text/html", "text/html"));
    assert_false(cf_media_type_is("text/htmlx", "text/html"));
    assert_false(cf_media_type_is("text", "text/html"));
    assert_false(cf_media_type_is(NULL, "text/html"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_split_and_decoded),
        cmocka_unit_test(too_many_pairs_are_refused),
        cmocka_unit_test(cookies_are_read_and_nonsense_is_skipped),
        cmocka_unit_test(header_parameters_are_found),
        cmocka_unit_test(media_types_are_compared_without_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
