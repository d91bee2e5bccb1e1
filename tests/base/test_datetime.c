/* Days, times and moments: Python's calendar, parsing of good and bad texts, bounds. */
#include "support.h"

#include <carafe/types.h>

#include <time.h>

#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

static bool leap_year(int year)
{
    return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
}

/* Counts through all days of the years 1 to 9999. */
static void every_day_has_its_number_and_its_parts(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t          days = FIRST_DAY;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && leap_year(year));
            for (int day = 1; day <= length; day++, days++) {
                cf_date date = {-1};
                int     y, m, d;
                if (!cf_date_make(year, month, day, &date) || date.days != days) fail_msg("%d-%d-%d", year, month, day);
                cf_date_parts(date, &y, &m, &d);
                if (y != year || m != month || d != day) fail_msg("%d-%d-%d", y, m, d);
            }
            cf_date date = {77};
            assert_false(cf_date_make(year, month, length + 1, &date));
            assert_int_equal(date.days, 77);
        }
    assert_int_equal(days, LAST_DAY + 1);
}

static void days_that_do_not_exist_are_refused(void **state)
{
    static const int bad[][3] = {{0, 1, 1},
                                 {-1, 1, 1},
                                 {10000, 1, 1},
                                 {2024, 0, 1},
                                 {2024, 13, 1},
                                 {2024, -1, 1},
                                 {2024, 1, 0},
                                 {2024, 1, 32},
                                 {2024, 1, -1},
                                 {2023, 2, 29},
                                 {1900, 2, 29},
                                 {INT32_MIN, INT32_MIN, INT32_MIN},
                                 {INT32_MAX, INT32_MAX, INT32_MAX}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        cf_date date = {77};
        assert_false(cf_date_make(bad[i][0], bad[i][1], bad[i][2], &date));
        assert_int_equal(date.days, 77);
    }
}

static void parts_may_be_asked_for_one_by_one(void **state)
{
    cf_date date;
    int     part;
    assert_true(cf_date_make(2024, 2, 29, &date));
    cf_date_parts(date, &part, NULL, NULL);
    assert_int_equal(part, 2024);
    cf_date_parts(date, NULL, &part, NULL);
    assert_int_equal(part, 2);
    cf_date_parts(date, NULL, NULL, &part);
    assert_int_equal(part, 29);
}

static const struct {
    const char *text;
    int64_t     usec;
    const char *written;
} moments[] = {
#include "datetime_cases.inc"
};

static void moments_are_read_and_written_as_python_does(void **state)
{
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        cf_datetime moment;
        char        out[CF_DATETIME_SIZE];
        assert_true(cf_datetime_parse(moments[i].text, strlen(moments[i].text), &moment));
        assert_true(moment.usec == moments[i].usec);
        assert_int_equal(cf_datetime_format(moment, out), strlen(moments[i].written));
        assert_string_equal(out, moments[i].written);
    }
}

static void offsets_are_taken_off(void **state)
{
    static const struct {
        const char *text;
        int64_t     seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01 01:00+01:00", 0},
        {"1970-01-01 01:00:00+0100", 0},
        {"1970-01-01 01:00:00+01", 0},
        {"1969-12-31T18:30:00-05:30", 0},
        {"1970-01-01T00:00:00-00:30", 1800},
        {"1970-01-01T00:00:00+23:59", -86340},
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00.0-00", 0},
        {"1970-01-02", 86400},
        {"0001-01-01T23:00:00+23:00", -62135596800},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_datetime moment;
        assert_true(cf_datetime_parse(cases[i].text, strlen(cases[i].text), &moment));
        assert_true(moment.usec == cases[i].seconds * 1000000);
    }
}

static void moments_outside_the_calendar_are_refused(void **state)
{
    static const char *const bad[] = {
        "0001-01-01T00:00:00+00:01", "0001-01-01T22:59:59+23:00", "9999-12-31T23:59:59.999999-00:01",
        "9999-12-31T01:00:00-23:00", "0000-12-31T23:00:00-02:00",
    };
    cf_datetime moment = {77};
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(cf_datetime_parse(bad[i], strlen(bad[i]), &moment));
    assert_int_equal(moment.usec, 77);
}

static void bad_moments_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2",
        "2024",
        "2024-01",
        "2024-01-0",
        "20240101",
        "2024/01/01",
        "24-01-01",
        "2024-1-01",
        "2024-13-01",
        "2024-00-10",
        "2024-02-30",
        "+024-01-01",
        "2024-01-01T",
        "2024-01-01 ",
        "2024-01-01T1",
        "2024-01-01T10",
        "2024-01-01T1000",
        "2024-01-01T10:0",
        "2024-01-01T10:00:",
        "2024-01-01T10:00:0",
        "2024-01-01T24:00",
        "2024-01-01T10:60",
        "2024-01-01T10:00:60",
        "2024-01-01T10:00:00.",
        "2024-01-01T10:00:00.x",
        "2024-01-01T10:00:00.1234567",
        "2024-01-01T10:00.5",
        "2024-01-01T10:00:00ZZ",
        "2024-01-01T10:00:00Z ",
        " 2024-01-01T10:00:00",
        "2024-01-01T10:00:00+",
        "2024-01-01T10:00:00+1",
        "2024-01-01T10:00:00+24:00",
        "2024-01-01T10:00:00+01:60",
        "2024-01-01T10:00:00+01:0",
        "2024-01-01T10:00:00+01:000",
        "2024-01-01T10:00:00+010",
        "2024-01-01T10:00:00 +01:00",
        "2024-01-01T10:00:00*01:00",
        "2024-01-01Z",
        "2024-01-01+01:00",
        "2024-01-01_10:00",
        "2024-01-01T-1:00",
        "2024-01-01T10:-1",
        "2024-01-01  10:00",
        "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa4-01",
        "now",
        "infinity",
        "2024-01-01 10:00:00 BC",
    };
    cf_datetime moment = {77};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (cf_datetime_parse(bad[i], strlen(bad[i]), &moment)) fail_msg("'%s' was accepted", bad[i]);
    assert_false(cf_datetime_parse("2024-01-01\0T10:00", 17, &moment));
    assert_false(cf_datetime_parse("2024-01-01T10:00\0", 17, &moment));
    assert_int_equal(moment.usec, 77);
    assert_true(cf_datetime_parse("2024-01-01T10:00:00.5garbage", 21, &moment));
}

static void dates_are_read_and_written(void **state)
{
    static const char *const bad[] = {"",           "2024-02-30", "2024-02-1",   "2024-02-011", "2024-2-11",
                                      "0000-01-01", "2024 02 11", "2024-02-11 ", "2024-02-1x",  "-024-02-11"};
    cf_date                  date = {77};
    char                     out[CF_DATE_SIZE];
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(cf_date_parse(bad[i], strlen(bad[i]), &date));
    assert_int_equal(date.days, 77);
    assert_true(cf_date_parse("2024-02-29", 10, &date));
    assert_int_equal(date.days, 19782);
    assert_int_equal(cf_date_format(date, out), 10);
    assert_string_equal(out, "2024-02-29");
    assert_true(cf_date_parse("0001-01-01", 10, &date) && date.days == FIRST_DAY);
    cf_date_format(date, out);
    assert_string_equal(out, "0001-01-01");
    assert_true(cf_date_parse("9999-12-31", 10, &date) && date.days == LAST_DAY);
}

static void times_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t     usec;
        const char *written;
    } good[] = {
        {"00:00", 0, "00:00:00"},
        {"23:59", 86340000000, "23:59:00"},
        {"23:59:59", 86399000000, "23:59:59"},
        {"23:59:59.999999", 86399999999, "23:59:59.999999"},
        {"00:00:00.000001", 1, "00:00:00.000001"},
        {"01:02:03.5", 3723500000, "01:02:03.500000"},
        {"01:02:03,25", 3723250000, "01:02:03.250000"},
        {"12:00:00.000000", 43200000000, "12:00:00"},
        {"09:08:07.010", 32887010000, "09:08:07.010000"},
    };
    static const char *const bad[] = {
        "",          "1",        "12",      "12:",    "12:3",     "1:30",       "24:00",
        "12:60",     "12:00:60", "12-30",   "12:30:", "12:30:1",  "12:30:10.",  "12:30:10.1234567",
        "12:30:10Z", "12:30 ",   "12:30.5", "1a:30",  "12:30:1a", "12:30:10.a", "-1:30",
        "12:30 pm"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        cf_time time;
        char    out[CF_TIME_SIZE];
        assert_true(cf_time_parse(good[i].text, strlen(good[i].text), &time));
        assert_true(time.usec == good[i].usec);
        assert_int_equal(cf_time_format(time, out), strlen(good[i].written));
        assert_string_equal(out, good[i].written);
    }
    cf_time time = {77};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (cf_time_parse(bad[i], strlen(bad[i]), &time)) fail_msg("'%s' was accepted", bad[i]);
    assert_int_equal(time.usec, 77);
}

static void values_out_of_range_are_written_at_the_edge(void **state)
{
    char date[CF_DATE_SIZE], time[CF_TIME_SIZE], moment[CF_DATETIME_SIZE];
    assert_int_equal(cf_date_format((cf_date){INT32_MIN}, date), 10);
    assert_string_equal(date, "0001-01-01");
    cf_date_format((cf_date){INT32_MAX}, date);
    assert_string_equal(date, "9999-12-31");
    cf_time_format((cf_time){-1}, time);
    assert_string_equal(time, "00:00:00");
    cf_time_format((cf_time){INT64_MAX}, time);
    assert_string_equal(time, "23:59:59.999999");
    assert_in_range(cf_datetime_format((cf_datetime){INT64_MIN}, moment), 19, 26);
    assert_memory_equal(moment, "0001-01-01 ", 11);
    cf_datetime_format((cf_datetime){INT64_MAX}, moment);
    assert_memory_equal(moment, "9999-12-31 ", 11);
    int year;
    cf_date_parts((cf_date){INT32_MIN}, &year, NULL, NULL);
    assert_true(year < 0);
    cf_date_parts((cf_date){INT32_MAX}, &year, NULL, NULL);
    assert_true(year > 9999);
}

static void what_is_written_reads_back(void **state)
{
    uint64_t      seed = 42;
    const int64_t first = FIRST_DAY * INT64_C(86400000000), span = INT64_C(3652059) * 86400000000;
    for (int i = 0; i < 50000; i++) {
        cf_datetime moment = {first + (int64_t)(next_random(&seed) % (uint64_t)span)}, back;
        char        out[CF_DATETIME_SIZE];
        size_t      size = cf_datetime_format(moment, out);
        assert_true(cf_datetime_parse(out, size, &back));
        assert_true(back.usec == moment.usec);
    }
}

static void now_is_between_two_looks_at_the_clock(void **state)
{
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    cf_datetime now = cf_now();
    clock_gettime(CLOCK_REALTIME, &after);
    assert_in_range(now.usec, before.tv_sec * INT64_C(1000000) + before.tv_nsec / 1000,
                    after.tv_sec * INT64_C(1000000) + after.tv_nsec / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_has_its_number_and_its_parts),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(parts_may_be_asked_for_one_by_one),
        cmocka_unit_test(moments_are_read_and_written_as_python_does),
        cmocka_unit_test(offsets_are_taken_off),
        cmocka_unit_test(moments_outside_the_calendar_are_refused),
        cmocka_unit_test(bad_moments_are_refused),
        cmocka_unit_test(dates_are_read_and_written),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(values_out_of_range_are_written_at_the_edge),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(now_is_between_two_looks_at_the_clock),
    };
    return cmocka_run_group_tests_name("datetime", tests, NULL, NULL);
}
