/* Dates and times by format, as Python's strptime() and strftime() in the C locale. */
#include "when.h"

#include "base/text.h"
#include "data.h"
#include "pattern.h"

#include <carafe/form.h>
#include <stdio.h>
#include <string.h>

static const char *const day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};

static int32_t days_of(int year, int month, int day)
{
    cf_date date = {0};
    return cf_date_make(year, month, day, &date) ? date.days : 0;
}

/* 0 is Monday. */
static int weekday_of(int32_t days)
{
    int day = (int)((days + 3) % 7);
    return day < 0 ? day + 7 : day;
}

/* ---- reading ---- */

/* A directive of strptime: its letter and what it matches, as Python's _strptime has it. */
static const struct directive {
    char        letter;
    const char *pattern;
} directives[] = {
    {'d', "3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9]"},
    {'f', "[0-9]{1,6}"},
    {'H', "2[0-3]|[0-1]\\d|\\d"},
    {'I', "1[0-2]|0[1-9]|[1-9]"},
    {'G', "\\d\\d\\d\\d"},
    {'j', "36[0-6]|3[0-5]\\d|[1-2]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]"},
    {'m', "1[0-2]|0[1-9]|[1-9]"},
    {'M', "[0-5]\\d|\\d"},
    {'S', "6[0-1]|[0-5]\\d|\\d"},
    {'U', "5[0-3]|[0-4]\\d|\\d"},
    {'W', "5[0-3]|[0-4]\\d|\\d"},
    {'w', "[0-6]"},
    {'u', "[1-7]"},
    {'V', "5[0-3]|0[1-9]|[1-4]\\d|\\d"},
    {'y', "\\d\\d"},
    {'Y', "\\d\\d\\d\\d"},
    {'z', "[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|(?-i:Z)"},
    {'A', "wednesday|thursday|saturday|tuesday|monday|friday|sunday"},
    {'a', "mon|tue|wed|thu|fri|sat|sun"},
    {'B', "september|february|november|december|january|october|august|march|april|june|july|may"},
    {'b', "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"},
    {'p', "am|pm"},
    {'Z', "utc|gmt"},
};
enum { DIRECTIVES = sizeof directives / sizeof *directives };

static const char *pattern_of(char letter)
{
    for (size_t i = 0; i < DIRECTIVES; i++)
        if (directives[i].letter == letter) return directives[i].pattern;
    return NULL;
}

static bool format_pattern(const char *format, size_t size, cf_buffer *out);

static bool add_directive(char letter, cf_buffer *out)
{
    switch (letter) {
    case '%': cf_buffer_char(out, '%'); return true;
    case 'c': return format_pattern("%a %b %d %H:%M:%S %Y", 20, out);
    case 'x': return format_pattern("%m/%d/%y", 8, out);
    case 'X': return format_pattern("%H:%M:%S", 8, out);
    default: break;
    }
    const char *pattern = pattern_of(letter);
    if (pattern) cf_buffer_printf(out, "(?P<%c>%s)", letter, pattern);
    return pattern != NULL;
}

/* A format as a pattern; false: it has an unknown directive. */
static bool format_pattern(const char *format, size_t size, cf_buffer *out)
{
    bool blank = false;
    for (size_t at = 0; at < size;) {
        size_t   start = at;
        uint32_t c = cf_utf8_next(format, size, &at);
        if (cf_unicode_space(c)) {
            if (!blank) cf_buffer_text(out, "\\s+");
            blank = true;
            continue;
        }
        blank = false;
        if (c == '%') {
            /* "%-d" asks strftime() for no padding and means nothing here */
            if (at + 1 < size && format[at] == '-' && strchr("dmHIMSUWV", format[at + 1])) at++;
            if (at >= size || !add_directive(format[at++], out)) return false;
        } else {
            if (c < 128 && strchr("\\.^$*+?(){}[]|", (int)c) && c) cf_buffer_char(out, '\\');
            cf_buffer_add(out, format + start, at - start);
        }
    }
    return !out->failed;
}

typedef struct moment_parts {
    int  year, month, day, hour, minute, second, usec, weekday, yearday, week, iso_year, iso_week;
    bool week_from_sunday, has_week;
} moment_parts;

static int number_of(const cf_pattern_group *group)
{
    int value = 0;
    for (size_t at = 0; at < group->size;) {
        int digit = cf_unicode_digit(cf_utf8_next(group->text, group->size, &at));
        if (digit >= 0) value = value * 10 + digit;
    }
    return value;
}

static int name_index(const cf_pattern_group *group, const char *const *names, size_t count, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = length ? length : strlen(names[i]);
        if (cf_equal_nocase(group->text, group->size, names[i], size)) return (int)i;
    }
    return -1;
}

static int hour_of(int hour, const cf_pattern_group *half)
{
    bool pm = half->text && (*half->text == 'p' || *half->text == 'P');
    bool am = !pm;
    if (am && hour == 12) return 0;
    return pm && hour != 12 ? hour + 12 : hour;
}

static void take_part(moment_parts *p, char letter, const cf_pattern_group *g, const cf_pattern_group *half)
{
    switch (letter) {
    case 'y': p->year = number_of(g) + (number_of(g) <= 68 ? 2000 : 1900); break;
    case 'Y': p->year = number_of(g); break;
    case 'G': p->iso_year = number_of(g); break;
    case 'm': p->month = number_of(g); break;
    case 'B': p->month = name_index(g, month_names, 12, 0) + 1; break;
    case 'b': p->month = name_index(g, month_names, 12, 3) + 1; break;
    case 'd': p->day = number_of(g); break;
    case 'H': p->hour = number_of(g); break;
    case 'I': p->hour = hour_of(number_of(g), half); break;
    case 'M': p->minute = number_of(g); break;
    case 'S': p->second = number_of(g); break;
    case 'f':
        p->usec = number_of(g);
        for (size_t i = g->size; i < 6; i++) p->usec *= 10;
        break;
    case 'A': p->weekday = name_index(g, day_names, 7, 0); break;
    case 'a': p->weekday = name_index(g, day_names, 7, 3); break;
    case 'w': p->weekday = number_of(g) ? number_of(g) - 1 : 6; break;
    case 'u': p->weekday = number_of(g) - 1; break;
    case 'j': p->yearday = number_of(g); break;
    case 'U':
    case 'W':
        p->week = number_of(g);
        p->has_week = true;
        p->week_from_sunday = letter == 'U';
        break;
    case 'V': p->iso_week = number_of(g); break;
    default: break;
    }
}

/* The day of the year that a week number and a weekday mean; may lie outside the year. */
static int yearday_of_week(const moment_parts *p)
{
    int first = weekday_of(days_of(p->year, 1, 1)), weekday = p->weekday;
    if (p->week_from_sunday) {
        first = (first + 1) % 7;
        weekday = (weekday + 1) % 7;
    }
    int head = (7 - first) % 7;
    return p->week == 0 ? 1 + weekday - first : 1 + head + 7 * (p->week - 1) + weekday;
}

static bool iso_day(const moment_parts *p, int32_t *days)
{
    int32_t fourth = days_of(p->iso_year, 1, 4);
    int32_t monday = fourth - weekday_of(fourth);
    int32_t last = days_of(p->iso_year, 12, 28);
    int     weeks = (int)((last - weekday_of(last) - monday) / 7) + 1;
    if (p->iso_week < 1 || p->iso_week > weeks) return false;
    *days = monday + 7 * (p->iso_week - 1) + p->weekday;
    return true;
}

static bool assemble(moment_parts *p, cf_datetime *out)
{
    int32_t days;
    if (p->iso_year >= 0 && (p->iso_week < 0 || p->weekday < 0 || p->yearday >= 0)) return false;
    if (p->iso_week >= 0 && (p->iso_year < 0 || p->weekday < 0)) return false;
    if (p->year < 0 && p->iso_year < 0) p->year = 1900;
    if (p->year == 0 || (p->year < 0 && p->iso_year <= 0)) return false;
    if (p->yearday < 0 && p->weekday >= 0 && p->iso_year >= 0 && p->iso_week >= 0) {
        if (!iso_day(p, &days)) return false;
    } else if (p->yearday < 0 && p->weekday >= 0 && p->has_week) {
        days = days_of(p->year, 1, 1) + yearday_of_week(p) - 1;
    } else if (p->yearday >= 0) {
        days = days_of(p->year, 1, 1) + p->yearday - 1;
    } else {
        cf_date date;
        if (!cf_date_make(p->year, p->month, p->day, &date)) return false;
        days = date.days;
    }
    if (p->second > 59 || days < days_of(1, 1, 1) || days > days_of(9999, 12, 31)) return false;
    int64_t seconds = (int64_t)days * 86400 + p->hour * 3600 + p->minute * 60 + p->second;
    out->usec = seconds * 1000000 + p->usec;
    return true;
}

/* The formats that browsers use, read without a pattern; anything but exactly them takes the long way. */
static bool parse_common(const char *text, size_t size, const char *format, size_t format_size, cf_datetime *out)
{
    cf_date date;
    cf_time time;
    if (format_size == 8 && memcmp(format, "%Y-%m-%d", 8) == 0) {
        if (size != 10 || !cf_date_parse(text, size, &date)) return false;
        out->usec = (int64_t)date.days * INT64_C(86400000000);
        return true;
    }
    if (format_size == 5 && memcmp(format, "%H:%M", 5) == 0) {
        if (size != 5 || !cf_time_parse(text, size, &time)) return false;
        out->usec = (int64_t)days_of(1900, 1, 1) * INT64_C(86400000000) + time.usec;
        return true;
    }
    bool seconds = format_size == 17 && memcmp(format + 9, "%H:%M:%S", 8) == 0;
    bool minutes = format_size == 14 && memcmp(format + 9, "%H:%M", 5) == 0;
    if ((!seconds && !minutes) || memcmp(format, "%Y-%m-%d", 8) != 0 || (format[8] != 'T' && format[8] != ' '))
        return false;
    return size == (seconds ? 19 : 16) && text[10] == format[8] && cf_datetime_parse(text, size, out);
}

cf_answer cf_parse_time(const char *text, size_t size, const char *format, size_t format_size, cf_datetime *out,
                        cf_error *error)
{
    /* the last but one is asked for by the hour; the last, without a name, is the whole match */
    static const char *const names[] = {"f", "H", "I", "G", "j", "m", "M", "S", "U", "W", "w",
                                        "u", "V", "y", "Y", "A", "a", "B", "b", "d", "p", ""};
    cf_pattern_group         groups[sizeof names / sizeof *names] = {0};
    cf_buffer                pattern = {.limit = 1 << 14};
    cf_answer                answer = CF_NO;
    size_t                   count = sizeof groups / sizeof *groups;
    if (parse_common(text, size, format, format_size, out)) return CF_YES;
    for (size_t i = 0; i < count; i++) groups[i].name = names[i];
    if (format_pattern(format, format_size, &pattern))
        answer =
            cf_pattern_find(pattern.data ? pattern.data : "", CF_RULE_IGNORE_CASE, text, size, groups, count, error);
    if (pattern.failed && pattern.size < pattern.limit / 2) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory while reading a time");
        answer = CF_FAILED;
    }
    cf_buffer_free(&pattern);
    if (answer != CF_YES) return answer;
    if (groups[count - 1].size != size) return CF_NO;
    moment_parts p = {-1, 1, 1, 0, 0, 0, 0, -1, -1, -1, -1, -1, false, false};
    for (size_t i = 0; i + 1 < count; i++)
        if (groups[i].text) take_part(&p, *groups[i].name, &groups[i], &groups[count - 2]);
    return assemble(&p, out) ? CF_YES : CF_NO;
}

/* ---- writing ---- */

typedef struct clock_face {
    int     year, month, day, weekday, yearday; /* weekday 0 is Monday, yearday from 1 */
    int     hour, minute, second, usec;
    int32_t days;
} clock_face;

static bool face_of(cf_value value, clock_face *f)
{
    int64_t day = INT64_C(86400000000), usec = 0;
    memset(f, 0, sizeof *f);
    switch (value.kind) {
    case CF_DATE: f->days = value.as.date.days; break;
    case CF_TIME:
        f->days = days_of(1900, 1, 1);
        usec = value.as.time.usec;
        break;
    case CF_DATETIME: {
        int64_t all = value.as.datetime.usec, days = all >= 0 ? all / day : -((day - 1 - all) / day);
        f->days = (int32_t)days;
        usec = all - days * day;
        break;
    }
    default: return false;
    }
    cf_date_parts((cf_date){f->days}, &f->year, &f->month, &f->day);
    f->weekday = weekday_of(f->days);
    f->yearday = (int)(f->days - days_of(f->year, 1, 1)) + 1;
    f->usec = (int)(usec % 1000000);
    f->second = (int)(usec / 1000000 % 60);
    f->minute = (int)(usec / 60000000 % 60);
    f->hour = (int)(usec / INT64_C(3600000000));
    return true;
}

/* ISO 8601's year and week. */
static void iso_of(const clock_face *f, int *year, int *week)
{
    int32_t thursday = f->days - f->weekday + 3;
    int     month, day;
    cf_date_parts((cf_date){thursday}, year, &month, &day);
    *week = (int)(thursday - days_of(*year, 1, 1)) / 7 + 1;
}

/* A number with what pads it; pad '-' is nothing. */
static void put_number(cf_buffer *out, int number, int width, char pad, char flag)
{
    if (flag == '-') width = 0;
    if (flag == '_') pad = ' ';
    if (flag == '0') pad = '0';
    if (pad == ' ') cf_buffer_printf(out, "%*d", width, number);
    else cf_buffer_printf(out, "%0*d", width, number);
}

static void put_name(cf_buffer *out, const char *name, size_t size, char flag)
{
    for (size_t i = 0; i < size && name[i]; i++) {
        char c = name[i];
        if (flag == '^' && c >= 'a' && c <= 'z') c = (char)(c - 32);
        cf_buffer_char(out, c);
    }
}

static void put_half(cf_buffer *out, const clock_face *f, bool lower)
{
    cf_buffer_text(out, f->hour < 12 ? (lower ? "am" : "AM") : (lower ? "pm" : "PM"));
}

static void put_format(cf_buffer *out, const clock_face *f, const char *format, size_t size);

/* Directives made of others. */
static const char *compound_of(char letter)
{
    switch (letter) {
    case 'c': return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x': return "%m/%d/%y";
    case 'F': return "%Y-%m-%d";
    case 'R': return "%H:%M";
    case 'r': return "%I:%M:%S %p";
    case 'T':
    case 'X': return "%H:%M:%S";
    default: return NULL;
    }
}

static bool put_number_directive(cf_buffer *out, const clock_face *f, char letter, char flag)
{
    int year, week, twelve = f->hour % 12 ? f->hour % 12 : 12;
    iso_of(f, &year, &week);
    switch (letter) {
    case 'Y': put_number(out, f->year, 0, '0', flag); return true;
    case 'y': put_number(out, f->year % 100, 2, '0', flag); return true;
    case 'C': put_number(out, f->year / 100, 1, '0', flag); return true;
    case 'G': put_number(out, year, 0, '0', flag); return true;
    case 'g': put_number(out, year % 100, 2, '0', flag); return true;
    case 'V': put_number(out, week, 2, '0', flag); return true;
    case 'm': put_number(out, f->month, 2, '0', flag); return true;
    case 'd': put_number(out, f->day, 2, '0', flag); return true;
    case 'e': put_number(out, f->day, 2, ' ', flag); return true;
    case 'j': put_number(out, f->yearday, 3, '0', flag); return true;
    case 'H': put_number(out, f->hour, 2, '0', flag); return true;
    case 'I': put_number(out, twelve, 2, '0', flag); return true;
    case 'k': put_number(out, f->hour, 2, ' ', flag); return true;
    case 'l': put_number(out, twelve, 2, ' ', flag); return true;
    case 'M': put_number(out, f->minute, 2, '0', flag); return true;
    case 'S': put_number(out, f->second, 2, '0', flag); return true;
    case 'f': put_number(out, f->usec, 6, '0', 0); return true;
    case 's': cf_buffer_int(out, (int64_t)f->days * 86400 + f->hour * 3600 + f->minute * 60 + f->second); return true;
    case 'u': put_number(out, f->weekday + 1, 1, '0', flag); return true;
    case 'w': put_number(out, (f->weekday + 1) % 7, 1, '0', flag); return true;
    case 'U': put_number(out, (f->yearday + 6 - (f->weekday + 1) % 7) / 7, 2, '0', flag); return true;
    case 'W': put_number(out, (f->yearday + 6 - f->weekday) / 7, 2, '0', flag); return true;
    default: return false;
    }
}

static bool put_directive(cf_buffer *out, const clock_face *f, char letter, char flag)
{
    const char *compound = compound_of(letter);
    if (compound) {
        put_format(out, f, compound, strlen(compound));
        return true;
    }
    switch (letter) {
    case 'a': put_name(out, day_names[f->weekday], 3, flag); return true;
    case 'A': put_name(out, day_names[f->weekday], SIZE_MAX, flag); return true;
    case 'b':
    case 'h': put_name(out, month_names[f->month - 1], 3, flag); return true;
    case 'B': put_name(out, month_names[f->month - 1], SIZE_MAX, flag); return true;
    case 'p': put_half(out, f, flag == '#'); return true;
    case 'P': put_half(out, f, true); return true;
    case 'n': cf_buffer_char(out, '\n'); return true;
    case 't': cf_buffer_char(out, '\t'); return true;
    case '%': cf_buffer_char(out, '%'); return true;
    case 'z':
    case 'Z': return true; /* without a time zone */
    default: return put_number_directive(out, f, letter, flag);
    }
}

static void put_format(cf_buffer *out, const clock_face *f, const char *format, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (format[at] != '%' || at + 1 >= size) {
            cf_buffer_char(out, format[at]);
            continue;
        }
        size_t start = at++;
        char   flag = strchr("-_0^#", format[at]) ? format[at] : 0;
        if (flag && at + 1 < size) at++;
        if (!put_directive(out, f, format[at], flag)) cf_buffer_add(out, format + start, at - start + 1);
    }
}

bool cf_format_time(cf_value value, const char *format, size_t size, cf_buffer *out)
{
    clock_face face;
    if (!face_of(value, &face)) return false;
    put_format(out, &face, format, size);
    return true;
}
