/* Dates and times by format, as strptime() and strftime() read and write them. */
#include "support.h"

#include "form/when.h"

static const char *read_as(const char *text, const char *format)
{
    static char out[CF_DATETIME_SIZE];
    cf_datetime moment;
    cf_answer   answer = cf_parse_time(text, strlen(text), format, strlen(format), &moment, &error);
    assert_int_not_equal(answer, CF_FAILED);
    if (answer == CF_NO) return "no";
    cf_datetime_format(moment, out);
    return out;
}
#define reads(text, format, wanted) assert_string_equal(read_as(text, format), wanted)

static void directives_are_read(void **state)
{
    reads("2024-02-29", "%Y-%m-%d", "2024-02-29 00:00:00");
    reads("29.2.24", "%d.%m.%y", "2024-02-29 00:00:00");
    reads("1.1.69", "%d.%m.%y", "1969-01-01 00:00:00");
    reads("12:05 am", "%I:%M %p", "1900-01-01 00:05:00");
    reads("12:05 PM", "%I:%M %p", "1900-01-01 12:05:00");
    reads("1:05 pm", "%I:%M %p", "1900-01-01 13:05:00");
    reads("Thu 29 FEB 2024", "%a %d %b %Y", "2024-02-29 00:00:00");
    reads("60 2024", "%j %Y", "2024-02-29 00:00:00");
    reads("2024-W09-4", "%G-W%V-%u", "2024-02-29 00:00:00");
    reads("2024 8 4", "%Y %U %w", "2024-02-29 00:00:00");
    reads("2024-02-29T10:11:12.5", "%Y-%m-%dT%H:%M:%S.%f", "2024-02-29 10:11:12.500000");
    reads("5/6/2008 4:30", "%-m/%-d/%Y %-I:%M", "2008-05-06 04:30:00");
    reads("2024 \t 02", "%Y %m", "2024-02-01 00:00:00");
}

static void what_does_not_match_is_refused(void **state)
{
    reads("2023-02-29", "%Y-%m-%d", "no");
    reads("2024-02-29x", "%Y-%m-%d", "no");
    reads(" 2024-02-29", "%Y-%m-%d", "no");
    reads("2024-13-01", "%Y-%m-%d", "no");
    reads("24:00", "%H:%M", "no");
    reads("12:60", "%H:%M", "no");
    reads("12:05:61", "%H:%M:%S", "no");
    reads("0000-01-01", "%Y-%m-%d", "no");
    reads("2024-W53-1", "%G-W%V-%u", "no");
    reads("", "%Y", "no");
    reads("x", "%Q", "no");
    reads("2024-02-29 10:11", "%Y-%m-%dT%H:%M", "no");
    reads("29 02", "%d %m", "no"); /* 1900 had no such day */
}

static void short_forms_are_read_alike_with_and_without_the_fast_way(void **state)
{
    reads("2024-2-9", "%Y-%m-%d", "2024-02-09 00:00:00");
    reads("\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA4-02-09", "%Y-%m-%d", "2024-02-09 00:00:00"); /* Arabic digits */
    reads("9:5", "%H:%M", "1900-01-01 09:05:00");
    reads("09:05", "%H:%M", "1900-01-01 09:05:00");
    reads("2024-02-29T09:05", "%Y-%m-%dT%H:%M", "2024-02-29 09:05:00");
    reads("2024-02-29 09:05:59", "%Y-%m-%d %H:%M:%S", "2024-02-29 09:05:59");
}

static const char *written(cf_value value, const char *format)
{
    cf_buffer out = {0};
    assert_true(cf_format_time(value, format, strlen(format), &out));
    char *copy = cf_arena_text(arena, out.data ? out.data : "", out.size);
    cf_buffer_free(&out);
    return copy;
}

static void directives_are_written(void **state)
{
    cf_datetime moment;
    assert_true(cf_datetime_parse("2024-03-05T14:07:09.000420", 26, &moment));
    cf_value v = cf_value_datetime(moment);
    assert_string_equal(written(v, "%Y-%m-%dT%H:%M:%S.%f"), "2024-03-05T14:07:09.000420");
    assert_string_equal(written(v, "%a %A %b %B"), "Tue Tuesday Mar March");
    assert_string_equal(written(v, "%I:%M %p %-I %y %j %e"), "02:07 PM 2 24 065  5");
    assert_string_equal(written(v, "%G-W%V-%u %U %W %w"), "2024-W10-2 09 10 2");
    assert_string_equal(written(v, "%D %F %T %R %%"), "03/05/24 2024-03-05 14:07:09 14:07 %");
    assert_string_equal(written(v, "%Q %"), "%Q %");
    assert_string_equal(written(cf_value_date((cf_date){0}), "%d/%m/%Y %H:%M"), "01/01/1970 00:00");
    assert_string_equal(written(cf_value_time((cf_time){INT64_C(3600000000)}), "%H:%M %Y"), "01:00 1900");
    cf_buffer out = {0};
    assert_false(cf_format_time(cf_value_int(5), "%Y", 2, &out));
}

static void every_day_reads_back(void **state)
{
    static const char *const formats[] = {"%Y-%m-%d", "%d %B %Y", "%Y %j", "%G %V %u", "%Y %U %w", "%Y %W %a", "%x"};
    cf_date                  first, last;
    assert_true(cf_date_make(1999, 12, 20, &first) && cf_date_make(2001, 1, 15, &last));
    for (int32_t days = first.days; days <= last.days; days++) {
        char wanted[CF_DATETIME_SIZE];
        cf_datetime_format((cf_datetime){(int64_t)days * INT64_C(86400000000)}, wanted);
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
            reads(written(cf_value_date((cf_date){days}), formats[i]), formats[i], wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(directives_are_read),
        TEST(what_does_not_match_is_refused),
        TEST(short_forms_are_read_alike_with_and_without_the_fast_way),
        TEST(directives_are_written),
        TEST(every_day_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
