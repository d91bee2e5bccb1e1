/* Numbers as Python reads, writes, rounds and compares them. */
#include "support.h"

#include "form/data.h"

#include <math.h>

static const cf_exact *exact(const char *text)
{
    return cf_exact_parse(arena, text, strlen(text));
}

static const char *text_of(const cf_exact *number)
{
    cf_buffer out = {0};
    if (!number) return "none";
    cf_exact_print(number, &out);
    char *copy = cf_arena_text(arena, out.data, out.size);
    cf_buffer_free(&out);
    return copy;
}

static void decimals_are_written_as_they_were_typed(void **state)
{
    static const char *const cases[][2] = {{"1.50", "1.50"},
                                           {"-0", "-0"},
                                           {"1e3", "1E+3"},
                                           {"1E-7", "1E-7"},
                                           {"0.000001", "0.000001"},
                                           {"0.0000001", "1E-7"},
                                           {" 1_000.5 ", "1000.5"},
                                           {"\xD9\xA1.\xD9\xA5", "1.5"},
                                           {"inf", "Infinity"},
                                           {"-Infinity", "-Infinity"},
                                           {"nan", "NaN"},
                                           {"sNaN12", "sNaN12"},
                                           {".5", "0.5"},
                                           {"5.", "5"},
                                           {"0e5", "0E+5"},
                                           {"", "none"},
                                           {"1e", "none"},
                                           {"1.2.3", "none"},
                                           {"0x10", "none"},
                                           {"1e99999999999999999999", "none"},
                                           {"--1", "none"},
                                           {"1 2", "none"},
                                           {"1e999999999999999999", "1E+999999999999999999"},
                                           {"1e1000000000000000000", "none"},
                                           {"infinit", "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_of(exact(cases[i][0])), cases[i][1]);
}

static void rounding_follows_its_names(void **state)
{
    static const struct {
        const char *number;
        const char *results[8]; /* half even, half up, half down, up, down, ceiling, floor, 05up */
    } cases[] = {{"2.5", {"2", "3", "2", "3", "2", "3", "2", "2"}},
                 {"-2.5", {"-2", "-3", "-2", "-3", "-2", "-2", "-3", "-2"}},
                 {"0.5", {"0", "1", "0", "1", "0", "1", "0", "1"}},
                 {"3.51", {"4", "4", "4", "4", "3", "4", "3", "3"}},
                 {"9.9", {"10", "10", "10", "10", "9", "10", "9", "9"}},
                 {"5.01", {"5", "5", "5", "6", "5", "6", "5", "6"}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int r = 0; r < 8; r++)
            assert_string_equal(text_of(cf_exact_quantize(arena, exact(cases[i].number), 0, CF_ROUND_HALF_EVEN + r)),
                                cases[i].results[r]);
    assert_string_equal(text_of(cf_exact_quantize(arena, exact("1"), 3, 0)), "1.000");
    assert_null(cf_exact_quantize(arena, exact("1e30"), 2, 0));
    assert_null(cf_exact_quantize(arena, exact("inf"), 2, 0));
}

static void numbers_of_all_kinds_compare(void **state)
{
    const char *order[] = {"-Infinity", "-1e30", "-1", "-0.1", "0",    "1e-30", "0.1",
                           "1",         "9.99",  "10", "1e2",  "1e30", "inf"};
    for (size_t i = 0; i < 13; i++)
        for (size_t j = 0; j < 13; j++)
            assert_int_equal(cf_exact_compare(exact(order[i]), exact(order[j])), i < j ? -1 : i > j);
    assert_int_equal(cf_exact_compare(exact("nan"), exact("1")), 2);
    assert_int_equal(cf_exact_compare(exact("-0"), exact("0.00")), 0);
    assert_true(cf_data_equal(arena, cf_value_int(1), cf_value_bool(true)));
    assert_true(cf_data_equal(arena, cf_value_double(0.5), cf_value_object((cf_object *)(uintptr_t)exact("0.50"))));
    assert_false(cf_data_equal(arena, cf_value_double(0.1), cf_value_object((cf_object *)(uintptr_t)exact("0.1"))));
    assert_int_equal(cf_data_compare(arena, cf_value_int(INT64_MAX), cf_value_double(9223372036854775808.0)), -1);
    assert_int_equal(cf_data_compare(arena, cf_value_int(1), cf_value_text("1")), 3);
}

static void whole_numbers_are_pythons(void **state)
{
    static const struct {
        const char *text;
        int64_t     number;
    } good[] = {{" 12 ", 12}, {"+7", 7}, {"-0", 0}, {"1_000", 1000}, {"\xEF\xBC\x95\xEF\xBC\x92", 52}, {"007", 7}};
    static const char *const bad[] = {"",     " ",   "1.0", "1e3",      "--5",      "_1", "1_",
                                      "1__0", "0b1", "1L",  "\xC2\xB2", "\xC2\xBD", "-",  "1 2"};
    cf_value                 v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(cf_read_int(arena, good[i].text, strlen(good[i].text), &v), CF_READ_OK);
        assert_int_equal(v.as.integer, good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cf_read_int(arena, bad[i], strlen(bad[i]), &v), CF_READ_BAD);
    assert_int_equal(cf_read_int(arena, "1\0", 2, &v), CF_READ_BAD);
    assert_int_equal(cf_read_int(arena, "99999999999999999999", 20, &v), CF_READ_OK);
    assert_string_equal(text_of(cf_value_exact(v)), "99999999999999999999");
}

static void floats_are_pythons(void **state)
{
    double x;
    assert_int_equal(cf_read_float(" 1_0.5e1 ", 9, &x), CF_READ_OK);
    assert_true(x == 105.0);
    assert_int_equal(cf_read_float("-Infinity", 9, &x), CF_READ_OK);
    assert_true(isinf(x) && x < 0);
    assert_int_equal(cf_read_float("nan", 3, &x), CF_READ_OK);
    assert_true(isnan(x));
    assert_int_equal(cf_read_float("0x1p3", 5, &x), CF_READ_BAD);
    assert_int_equal(cf_read_float("1,5", 3, &x), CF_READ_BAD);
    assert_int_equal(cf_read_float("1e", 2, &x), CF_READ_BAD);
}

static void decimals_become_cf_decimal_when_they_fit(void **state)
{
    cf_decimal d;
    char       text[CF_DECIMAL_SIZE];
    assert_true(cf_exact_decimal(exact("-12.50"), &d));
    cf_decimal_format(d, text);
    assert_string_equal(text, "-12.50");
    assert_true(cf_exact_decimal(exact("1e3"), &d));
    cf_decimal_format(d, text);
    assert_string_equal(text, "1000");
    assert_false(cf_exact_decimal(exact("1e40"), &d));
    assert_false(cf_exact_decimal(exact("nan"), &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decimals_are_written_as_they_were_typed),
        TEST(rounding_follows_its_names),
        TEST(numbers_of_all_kinds_compare),
        TEST(whole_numbers_are_pythons),
        TEST(floats_are_pythons),
        TEST(decimals_become_cf_decimal_when_they_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
