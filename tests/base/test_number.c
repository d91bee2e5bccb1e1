/* Numbers as text: Python's repr, parsing, and independence of the locale. */
#include "support.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static const struct {
    uint64_t    bits;
    const char *text;
} cases[] = {
#include "number_cases.inc"
};

static void doubles_are_written_as_python_does(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char   out[CF_DOUBLE_SIZE];
        size_t size = cf_format_double(from_bits(cases[i].bits), out);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(size, strlen(out));
    }
}

static void *write_and_read(void *argument)
{
    uint64_t seed = *(uint64_t *)argument;
    for (int i = 0; i < 2000; i++) {
        char   out[CF_DOUBLE_SIZE], fixed[CF_DOUBLE_SIZE];
        double number = (double)(next_random(&seed) >> 11) / 9007199254740992.0, back;
        size_t size = cf_format_double(number, out);
        cf_format_fixed(number, 3, fixed, sizeof fixed);
        if (!cf_parse_double(out, size, &back) || back != number || fixed[1] != '.') return NULL;
    }
    return argument;
}

/* Runs first, while what the threads share is not yet made. */
static void threads_write_and_read_at_the_same_time(void **state)
{
    pthread_t threads[4];
    uint64_t  seeds[4] = {1, 22, 333, 4444};
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &seeds[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &seeds[i]);
    }
}

static void what_is_written_reads_back(void **state)
{
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 50000; i++) {
        char   out[CF_DOUBLE_SIZE];
        double number = from_bits(next_random(&seed)), back;
        if (!isfinite(number)) continue;
        if (i % 2) number = (double)(int64_t)(next_random(&seed) >> 20) / 1000;
        size_t size = cf_format_double(number, out);
        assert_true(cf_parse_double(out, size, &back));
        assert_true(back == number);
    }
}

/* One significant digit less must not do; that is what 'shortest' means. */
static void what_is_written_is_shortest(void **state)
{
    uint64_t seed = 1234567;
    for (int i = 0; i < 20000; i++) {
        char   out[CF_DOUBLE_SIZE], shorter[64];
        double number = from_bits(next_random(&seed) >> (i % 8 ? 0 : 12)); /* every eighth is subnormal */
        int    digits = 0;
        if (!isfinite(number)) continue;
        cf_format_double(number, out);
        for (const char *p = out; *p && *p != 'e'; p++) digits += (*p >= '0' && *p <= '9') && (digits || *p != '0');
        if (digits < 2 || !strchr(out, 'e')) continue;
        snprintf(shorter, sizeof shorter, "%.*e", digits - 2, number);
        assert_true(strtod(shorter, NULL) != number);
    }
}

static void fixed_decimals_are_written_as_printf_does(void **state)
{
    static const struct {
        double      number;
        int         digits;
        const char *text;
    } fixed[] = {
        {1.005, 2, "1.00"},
        {2.5, 0, "2"},
        {3.5, 0, "4"},
        {-0.0, 1, "-0.0"},
        {1e15, 3, "1000000000000000.000"},
        {0.1, 20, "0.10000000000000000555"},
        {-1234.5678, 2, "-1234.57"},
        {5e-324, 3, "0.000"},
        {1, -3, "1"},
        {INFINITY, 2, "inf"},
        {-INFINITY, 2, "-inf"},
        {NAN, 2, "nan"},
        {-NAN, 2, "nan"},
    };
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        char out[64];
        assert_int_equal(cf_format_fixed(fixed[i].number, fixed[i].digits, out, sizeof out), strlen(fixed[i].text));
        assert_string_equal(out, fixed[i].text);
    }
}

static void fixed_decimals_are_cut_at_the_size(void **state)
{
    char out[8] = "unused!";
    assert_int_equal(cf_format_fixed(123.456, 3, out, 5), 7);
    assert_string_equal(out, "123.");
    assert_int_equal(cf_format_fixed(123.456, 3, NULL, 0), 7);
    assert_int_equal(cf_format_fixed(NAN, 3, out, 2), 3);
    assert_string_equal(out, "n");
    assert_int_equal(cf_format_fixed(NAN, 3, NULL, 0), 3);
    assert_int_equal(cf_format_fixed(1e308, INT32_MAX, NULL, 0), 309 + 1 + CF_MOST_DECIMALS);
}

static void whole_numbers_are_written(void **state)
{
    static const struct {
        int64_t     number;
        const char *text;
    } whole[] = {
        {0, "0"},
        {7, "7"},
        {-7, "-7"},
        {10, "10"},
        {1234567890123, "1234567890123"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        char    out[21];
        int64_t back;
        assert_int_equal(cf_format_int(whole[i].number, out), strlen(whole[i].text));
        assert_string_equal(out, whole[i].text);
        assert_true(cf_parse_int(out, strlen(out), &back));
        assert_true(back == whole[i].number);
    }
}

static void whole_numbers_are_parsed(void **state)
{
    static const struct {
        const char *text;
        int64_t     number;
    } good[] = {
        {"0", 0},
        {"+0", 0},
        {"-0", 0},
        {"007", 7},
        {"+42", 42},
        {"-42", -42},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"00000000000000000000000000000000000000005", 5},
    };
    static const char *const bad[] = {
        "",
        "+",
        "-",
        "+-1",
        "--1",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "1.0",
        "1e3",
        "a",
        "9223372036854775808",
        "-9223372036854775809",
        "92233720368547758070",
        "99999999999999999999999999",
        "\xd9\xa1",
    };
    int64_t number;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(cf_parse_int(good[i].text, strlen(good[i].text), &number));
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        number = 77;
        assert_false(cf_parse_int(bad[i], strlen(bad[i]), &number));
        assert_int_equal(number, 77);
    }
    assert_false(cf_parse_int("1\0", 2, &number));
    assert_true(cf_parse_int("12345", 3, &number));
    assert_int_equal(number, 123);
}

static void doubles_are_parsed(void **state)
{
    static const struct {
        const char *text;
        double      number;
    } good[] = {
        {"1", 1},
        {"-.5", -.5},
        {"5.", 5},
        {"+1.25", 1.25},
        {"1e5", 1e5},
        {"1E+5", 1e5},
        {"1e-5", 1e-5},
        {"0.1", 0.1},
        {"1e400", HUGE_VAL},
        {"-1e400", -HUGE_VAL},
        {"1e-400", 0},
        {"1e99999999999999999999", HUGE_VAL},
        {"0e99999999999", 0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"4.9e-324", 5e-324},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000001", 9007199254740994.0},
        {"000000000000000000000000000000000000000001", 1},
    };
    static const char *const bad[] = {
        "",   "+",  "-",     ".",   "e5",  ".e5",      "1e",  "1e+", "1e-", "1e5.0", "1.2.3", "1,5",
        " 1", "1 ", "0x1p3", "inf", "nan", "Infinity", "1_0", "1f",  "--1", "+-1",   "1e5e5",
    };
    double number;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(cf_parse_double(good[i].text, strlen(good[i].text), &number));
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        number = 77;
        assert_false(cf_parse_double(bad[i], strlen(bad[i]), &number));
        assert_true(number == 77);
    }
    assert_true(cf_parse_double("-0", 2, &number) && signbit(number));
    assert_true(cf_parse_double("1.5e3", 3, &number) && number == 1.5);
    assert_false(cf_parse_double("1\0", 2, &number));
}

/* Short numbers take a short cut, long ones do not; strtod() knows none. */
static void doubles_of_any_shape_are_parsed_as_strtod_does(void **state)
{
    uint64_t seed = 4711;
    for (int i = 0; i < 100000; i++) {
        char   text[80];
        size_t n = 0, digits = 1 + next_random(&seed) % 24, point = next_random(&seed) % (2 * digits);
        double number;
        if (next_random(&seed) % 4 == 0) text[n++] = "+-"[next_random(&seed) % 2];
        for (size_t k = 0; k < digits; k++) {
            if (k == point) text[n++] = '.';
            text[n++] = (char)('0' + next_random(&seed) % 10);
        }
        if (next_random(&seed) % 2) n += (size_t)sprintf(text + n, "e%d", (int)(next_random(&seed) % 60) - 30);
        text[n] = '\0';
        if (!cf_parse_double(text, n, &number) || number != strtod(text, NULL)) fail_msg("%s", text);
    }
}

static void the_length_of_a_double_is_bounded(void **state)
{
    char   text[513];
    double number;
    memset(text, '9', sizeof text);
    assert_true(cf_parse_double(text, 511, &number) && isinf(number));
    assert_false(cf_parse_double(text, 512, &number));
    memset(text, '0', sizeof text);
    text[510] = '3';
    assert_true(cf_parse_double(text, 511, &number) && number == 3);
}

/* The build makes both locales where it can; one has a point of two bytes. */
static void numbers_do_not_depend_on_the_locale(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "ps_AF.UTF-8"};
    int                      found = 0;
    for (size_t i = 0; i < COUNT_OF(locales); i++) {
        char   out[64];
        double number;
        if (!setlocale(LC_ALL, locales[i])) continue;
        found++;
        snprintf(out, sizeof out, "%.1f", 0.5);
        assert_string_not_equal(out, "0.5"); /* the locale is in force */
        doubles_are_written_as_python_does(state);
        doubles_are_parsed(state);
        fixed_decimals_are_written_as_printf_does(state);
        fixed_decimals_are_cut_at_the_size(state);
        assert_false(cf_parse_double("1,5", 3, &number));
        snprintf(out, sizeof out, "%.1f", 0.5);
        assert_string_not_equal(out, "0.5"); /* and still is */
    }
    setlocale(LC_ALL, "C");
    if (!found) skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_write_and_read_at_the_same_time),
        cmocka_unit_test(doubles_are_written_as_python_does),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_is_written_is_shortest),
        cmocka_unit_test(fixed_decimals_are_written_as_printf_does),
        cmocka_unit_test(fixed_decimals_are_cut_at_the_size),
        cmocka_unit_test(whole_numbers_are_written),
        cmocka_unit_test(whole_numbers_are_parsed),
        cmocka_unit_test(doubles_are_parsed),
        cmocka_unit_test(doubles_of_any_shape_are_parsed_as_strtod_does),
        cmocka_unit_test(the_length_of_a_double_is_bounded),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
