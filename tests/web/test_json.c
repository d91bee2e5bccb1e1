#include "check.h"

#include "web/json.h"

static const char *again(cf_arena *arena, const char *text)
{
    cf_value  value;
    cf_buffer out = {0};
    cf_error  error = {0};
    if (!cf_json_parse(arena, text, strlen(text), 8, &value)) return "refused";
    if (!cf_json_write(arena, &out, value, &error)) return cf_arena_copy(arena, error.message);
    char *copy = cf_arena_text(arena, out.data, out.size);
    cf_buffer_free(&out);
    return copy;
}

static void documents_come_back(void **state)
{
    static const char *const cases[] = {"null",
                                        "true",
                                        "-9223372036854775808",
                                        "1.5",
                                        "\"a\\u0000\\n\\\"\"",
                                        "[]",
                                        "{}",
                                        "[1,[2,[3]],{\"b\":1,\"a\":null}]",
                                        "\"\xF0\x9F\x98\x80\""};
    cf_arena                *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(again(arena, cases[i]), cases[i]);
    cf_arena_free(arena);
}

static void malformed_and_deep_documents_are_refused(void **state)
{
    static const char *const cases[] = {"",
                                        "{",
                                        "[1,]",
                                        "{\"a\":1",
                                        "nul",
                                        "\"\xFF\"",
                                        "1 2",
                                        "{1:2}",
                                        "NaN",
                                        "[[[[[[[[[1]]]]]]]]]",
                                        "{\"a\":[[[[[[[[1]]]]]]]]}",
                                        "99999999999999999999"};
    cf_arena                *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(again(arena, cases[i]), "refused");
    assert_string_equal(again(arena, "[[[[[[[[1]]]]]]]]"), "[[[[[[[[1]]]]]]]]");
    assert_string_equal(again(arena, "\"[[[[[[[[[[[[\""), "\"[[[[[[[[[[[[\"");
    assert_string_equal(again(arena, "[\"\\\"[[[[[[[[[\"]"), "[\"\\\"[[[[[[[[[\"]");
    cf_arena_free(arena);
}

static void values_that_json_has_not_become_texts_or_errors(void **state)
{
    cf_arena   *arena = cf_arena_new(NULL, 0);
    cf_buffer   out = {0};
    cf_error    error = {0};
    cf_datetime moment = {784111777000000};
    assert_true(cf_json_write(arena, &out, CF_VALUE(moment), &error));
    assert_string_equal(out.data, "\"1994-11-06T08:49:37Z\"");
    cf_buffer_clear(&out);
    assert_true(cf_json_write(arena, &out, CF_VALUE(((cf_date){1})), &error));
    assert_string_equal(out.data, "\"1970-01-02\"");
    assert_false(cf_json_write(arena, &out, CF_VALUE(1.0 / 0.0), &error));
    cf_error_clear(&error);
    assert_false(cf_json_write(arena, &out, CF_VALUE(((cf_bytes){"x", 1})), &error));
    cf_error_clear(&error);
    cf_list *list = cf_list_new(arena, 1);
    cf_list_add(list, cf_value_list(list));
    assert_false(cf_json_write(arena, &out, cf_value_list(list), &error));
    assert_int_equal(error.code, CF_ERR_LIMIT);
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_come_back),
        cmocka_unit_test(malformed_and_deep_documents_are_refused),
        cmocka_unit_test(values_that_json_has_not_become_texts_or_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
