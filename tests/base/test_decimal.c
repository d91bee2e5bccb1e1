/* Decimals: parsing, writing, comparing, changing the scale; 38 digits and absurd input. */
#include "support.h"

#include <carafe/types.h>

#include <stdlib.h>

#define NINES_38 "99999999999999999999999999999999999999"
#define ZEROS_37 "0000000000000000000000000000000000000"

static cf_decimal parsed(const char *text)
{
    cf_decimal d = {7, 7, 7, true};
    if (!cf_decimal_parse(text, strlen(text), &d)) fail_msg("'%s' was refused", text);
    return d;
}

static void assert_written(cf_decimal d, const char *wanted)
{
    char out[CF_DECIMAL_SIZE];
    assert_int_equal(cf_decimal_format(d, out), strlen(wanted));
    assert_string_equal(out, wanted);
}

static void numbers_keep_their_digits_and_their_scale(void **state)
{
    static const struct {
        const char *text, *written;
        int         scale;
    } cases[] = {
        {"0", "0", 0},
        {"-0", "0", 0},
        {"+0.00", "0.00", 2},
        {"1", "1", 0},
        {"1.0", "1.0", 1},
        {"-1.50", "-1.50", 2},
        {".5", "0.5", 1},
        {"5.", "5", 0},
        {"007.5", "7.5", 1},
        {"0.001", "0.001", 3},
        {"1e3", "1000", 0},
        {"1E+3", "1000", 0},
        {"1.5e1", "15", 0},
        {"1.25e1", "12.5", 1},
        {"15e-1", "1.5", 1},
        {"1e-38", "0." ZEROS_37 "1", 38},
        {NINES_38, NINES_38, 0},
        {"-" NINES_38, "-" NINES_38, 0},
        {"0." NINES_38, "0." NINES_38, 38},
        {"1" ZEROS_37, "1" ZEROS_37, 0},
        {"1e37", "1" ZEROS_37, 0},
        {"18446744073709551616", "18446744073709551616", 0},
        {"-18446744073709551615.5", "-18446744073709551615.5", 1},
        {"0e5", "0", 0},
        {"0e-2", "0.00", 2},
        {"000000000000000000000000000000000000000000000000001", "1", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_decimal d = parsed(cases[i].text);
        assert_int_equal(d.scale, cases[i].scale);
        assert_written(d, cases[i].written);
    }
}

static void zeros_without_a_place_are_left_out(void **state)
{
    assert_written(parsed("1." ZEROS_37 "0000"), "1." ZEROS_37);
    assert_written(parsed("0." ZEROS_37 "10000"), "0." ZEROS_37 "1");
    assert_written(parsed("0." ZEROS_37 ZEROS_37 ZEROS_37), "0." ZEROS_37 "0");
    assert_written(parsed("1" ZEROS_37 ZEROS_37 "e-37"), "1" ZEROS_37);
    assert_written(parsed("0." ZEROS_37 ZEROS_37 "12e76"), "12");
}

static void what_needs_more_than_38_digits_is_refused(void **state)
{
    static const char *const bad[] = {
        "1" NINES_38,
        NINES_38 "0",
        NINES_38 ".1",
        "0." NINES_38 "1",
        "0.0" NINES_38,
        "1e38",
        "1e-39",
        "12e-39",
        "1" ZEROS_37 "01",
        "1." ZEROS_37 "00001",
        "1e999999999",
        "1e-999999999",
        "1e9223372036854775807",
        "1e-9223372036854775808",
        "1e18446744073709551616",
        "1e99999999999999999999999999999999999999999",
        "1e-99999999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        cf_decimal d = {7, 8, 9, true};
        if (cf_decimal_parse(bad[i], strlen(bad[i]), &d)) fail_msg("'%s' was accepted", bad[i]);
        assert_true(d.high == 7 && d.low == 8 && d.scale == 9 && d.negative);
    }
}

static void bad_texts_are_refused(void **state)
{
    static const char *const bad[] = {"",      "+",     "-",     ".",     "-.", "e1", ".e1",      "1e",   "1e+",
                                      "1e-",   "1e1.5", "1.2.3", "1,5",   " 1", "1 ", "--1",      "+-1",  "0x1",
                                      "1_000", "nan",   "inf",   "1e5e5", "1f", "1-", "\xd9\xa1", "1e 5", "1e+-5"};
    cf_decimal               d = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (cf_decimal_parse(bad[i], strlen(bad[i]), &d)) fail_msg("'%s' was accepted", bad[i]);
    assert_false(cf_decimal_parse("1\0", 2, &d));
    assert_true(cf_decimal_parse("12.5garbage", 4, &d));
    assert_written(d, "12.5");
}

/* A million digits and exponents that undo them: exact, and done in one pass. */
static void absurd_texts_are_read_in_one_pass(void **state)
{
    size_t     size = 1000000;
    char      *text = malloc(size + 32);
    cf_decimal d;
    memset(text, '0', size);
    text[0] = '1';
    assert_false(cf_decimal_parse(text, size, &d));
    memcpy(text + size, "e-999999", 9);
    assert_true(cf_decimal_parse(text, size + 8, &d));
    assert_written(d, "1." ZEROS_37);
    text[0] = '0';
    text[1] = '.';
    text[size - 1] = '7';
    memcpy(text + size, "e999999", 8);
    assert_true(cf_decimal_parse(text, size + 7, &d));
    assert_written(d, "70");
    memset(text + size / 2, '9', size / 2);
    assert_false(cf_decimal_parse(text, size, &d));
    memset(text, '9', size);
    text[0] = '0';
    text[1] = 'e';
    assert_true(cf_decimal_parse(text, size, &d));
    assert_written(d, "0");
    free(text);
}

static void numbers_are_compared_by_value(void **state)
{
    static const char *const ascending[] = {
        "-" NINES_38,
        "-18446744073709551617",
        "-18446744073709551616.5",
        "-1.5",
        "-1.49",
        "-1",
        "-0." NINES_38,
        "-1e-38",
        "0",
        "1e-38",
        "0.1",
        "0.10000000000000000000000000000000000001",
        "0.11",
        "0." NINES_38,
        "1",
        "1.0000000000000000000000000000000000001",
        "1.5",
        "2",
        "10",
        "18446744073709551615",
        "18446744073709551616",
        "1e37",
        NINES_38,
    };
    for (size_t i = 0; i < COUNT_OF(ascending); i++)
        for (size_t k = 0; k < COUNT_OF(ascending); k++)
            assert_int_equal(cf_decimal_compare(parsed(ascending[i]), parsed(ascending[k])), i < k ? -1 : i > k);
}

static void the_scale_does_not_count_in_comparisons(void **state)
{
    assert_int_equal(cf_decimal_compare(parsed("1.0"), parsed("1.00")), 0);
    assert_int_equal(cf_decimal_compare(parsed("0"), parsed("0.0000")), 0);
    assert_int_equal(cf_decimal_compare(parsed("-2.50"), parsed("-2.5")), 0);
    assert_int_equal(cf_decimal_compare((cf_decimal){0, 0, 0, true}, (cf_decimal){0, 0, 3, false}), 0);
}

static void the_scale_is_changed_without_loss_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        int         scale;
        const char *written; /* NULL: refused */
    } cases[] = {
        {"1", 2, "1.00"},          {"1.50", 1, "1.5"},
        {"1.50", 2, "1.50"},       {"1.55", 1, NULL},
        {"100", 0, "100"},         {"0", 38, "0." ZEROS_37 "0"},
        {"0.00", 0, "0"},          {"-2.000", 0, "-2"},
        {"1", -1, NULL},           {"1", 39, NULL},
        {"1", 38, NULL},           {"9", 37, "9." ZEROS_37},
        {"10", 37, NULL},          {"0.1", 38, "0.1" ZEROS_37},
        {NINES_38, 0, NINES_38},   {NINES_38, 1, NULL},
        {"0." NINES_38, 37, NULL}, {"1e-38", 38, "0." ZEROS_37 "1"},
        {"1e-38", 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_decimal before = parsed(cases[i].text), out = {7, 8, 9, true};
        bool       done = cf_decimal_rescale(before, cases[i].scale, &out);
        if (done != (cases[i].written != NULL)) fail_msg("'%s' to %d", cases[i].text, cases[i].scale);
        if (done) {
            assert_int_equal(out.scale, cases[i].scale);
            assert_int_equal(cf_decimal_compare(before, out), 0);
            assert_written(out, cases[i].written);
        } else {
            assert_true(out.high == 7 && out.low == 8 && out.scale == 9 && out.negative);
        }
    }
}

static void numbers_made_by_hand_do_no_harm(void **state)
{
    cf_decimal wild = {UINT64_MAX, UINT64_MAX, 255, true}, other = {UINT64_MAX, UINT64_MAX, 130, true}, out;
    char       text[CF_DECIMAL_SIZE];
    assert_in_range(cf_decimal_format(wild, text), 2, CF_DECIMAL_SIZE - 1);
    assert_int_equal(cf_decimal_compare(wild, other), 0);
    cf_decimal_rescale(wild, 0, &out);
    wild.scale = 0;
    assert_string_equal((cf_decimal_format(wild, text), text), "-340282366920938463463374607431768211455");
}

static void what_is_written_reads_back(void **state)
{
    uint64_t seed = 2024;
    for (int i = 0; i < 50000; i++) {
        char text[64];
        int  digits = 1 + (int)(next_random(&seed) % 38), scale = (int)(next_random(&seed) % 39), n = 0;
        text[n++] = (char)('1' + next_random(&seed) % 9);
        while (n < digits) text[n++] = (char)('0' + next_random(&seed) % 10);
        text[n++] = 'e';
        text[n++] = '-';
        text[n++] = (char)('0' + scale / 10);
        text[n++] = (char)('0' + scale % 10);
        text[n] = '\0';
        cf_decimal d = parsed(text), back;
        char       out[CF_DECIMAL_SIZE];
        size_t     size = cf_decimal_format(d, out);
        assert_true(cf_decimal_parse(out, size, &back));
        assert_true(back.high == d.high && back.low == d.low && back.scale == scale && d.scale == scale);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_digits_and_their_scale),
        cmocka_unit_test(zeros_without_a_place_are_left_out),
        cmocka_unit_test(what_needs_more_than_38_digits_is_refused),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(absurd_texts_are_read_in_one_pass),
        cmocka_unit_test(numbers_are_compared_by_value),
        cmocka_unit_test(the_scale_does_not_count_in_comparisons),
        cmocka_unit_test(the_scale_is_changed_without_loss_or_not_at_all),
        cmocka_unit_test(numbers_made_by_hand_do_no_harm),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
