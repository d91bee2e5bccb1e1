/* What templates see of dates, times and intervals. */
#include "template/engine.h"

/* ---- moments -------------------------------------------------------------------------------- */

typedef struct parts {
    int     year, month, day, hour, minute, second, microsecond, weekday, yearday;
    int64_t days;
} parts;

static parts parts_of(cf_value v)
{
    parts   p = {.year = 1900, .month = 1, .day = 1};
    int64_t usec = v.kind == CF_DATE ? 0 : v.as.time.usec;
    p.days = v.kind == CF_DATE ? v.as.date.days : 0;
    if (v.kind == CF_DATETIME) {
        p.days = usec / 86400000000 - (usec % 86400000000 < 0);
        usec -= p.days * 86400000000;
    }
    if (v.kind == CF_TIME) p.days = -25567; /* 1900-01-01, as Python has it */
    cf_date first;
    cf_date_parts((cf_date){(int32_t)p.days}, &p.year, &p.month, &p.day);
    p.hour = (int)(usec / 3600000000);
    p.minute = (int)(usec / 60000000 % 60);
    p.second = (int)(usec / 1000000 % 60);
    p.microsecond = (int)(usec % 1000000);
    p.weekday = (int)((p.days % 7 + 10) % 7); /* Monday is 0; day 0 was a Thursday */
    if (cf_date_make(p.year, 1, 1, &first)) p.yearday = (int)(p.days - first.days) + 1;
    return p;
}

cf_answer cf_t_time_attribute(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out)
{
    (void)vm;
    static const char *const names[] = {"year", "month", "day", "hour", "minute", "second", "microsecond"};
    parts                    p = parts_of(v);
    int                      fields[] = {p.year, p.month, p.day, p.hour, p.minute, p.second, p.microsecond};
    if (v.kind == CF_INTERVAL) {
        int64_t usec = v.as.interval.usec, days = usec / 86400000000 - (usec % 86400000000 < 0);
        usec -= days * 86400000000;
        if (size == 4 && !memcmp(name, "days", 4)) *out = cf_value_int(days);
        else if (size == 7 && !memcmp(name, "seconds", 7)) *out = cf_value_int(usec / 1000000);
        else if (size == 12 && !memcmp(name, "microseconds", 12)) *out = cf_value_int(usec % 1000000);
        else return CF_NO;
        return CF_YES;
    }
    size_t from = v.kind == CF_TIME ? 3 : 0, to = v.kind == CF_DATE ? 3 : 7;
    for (size_t i = from; i < to; i++)
        if (strlen(names[i]) == size && !memcmp(names[i], name, size)) {
            *out = cf_value_int(fields[i]);
            return CF_YES;
        }
    return CF_NO;
}

static const char *const day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};

/* The week's number by ISO 8601, and its year. */
static int iso_week(const parts *p, int *year)
{
    cf_date first;
    int64_t thursday = p->days - p->weekday + 3;
    int     month, day;
    cf_date_parts((cf_date){(int32_t)thursday}, year, &month, &day);
    if (!cf_date_make(*year, 1, 1, &first)) return 0;
    return (int)((thursday - first.days) / 7) + 1;
}

static void directive(cf_buffer *b, const parts *p, char c, bool plain)
{
    const char *two = plain ? "%d" : "%02d";
    int         year, hour12 = p->hour % 12 ? p->hour % 12 : 12;
    switch (c) {
    case 'Y': cf_buffer_printf(b, "%d", p->year); break;
    case 'y': cf_buffer_printf(b, two, p->year % 100); break;
    case 'm': cf_buffer_printf(b, two, p->month); break;
    case 'd': cf_buffer_printf(b, two, p->day); break;
    case 'e': cf_buffer_printf(b, "%2d", p->day); break;
    case 'H': cf_buffer_printf(b, two, p->hour); break;
    case 'I': cf_buffer_printf(b, two, hour12); break;
    case 'M': cf_buffer_printf(b, two, p->minute); break;
    case 'S': cf_buffer_printf(b, two, p->second); break;
    case 'f': cf_buffer_printf(b, "%06d", p->microsecond); break;
    case 'j': cf_buffer_printf(b, plain ? "%d" : "%03d", p->yearday); break;
    case 'p': cf_buffer_text(b, p->hour < 12 ? "AM" : "PM"); break;
    case 'a': cf_buffer_add(b, day_names[p->weekday], 3); break;
    case 'A': cf_buffer_text(b, day_names[p->weekday]); break;
    case 'b':
    case 'h': cf_buffer_add(b, month_names[p->month - 1], 3); break;
    case 'B': cf_buffer_text(b, month_names[p->month - 1]); break;
    case 'u': cf_buffer_printf(b, "%d", p->weekday + 1); break;
    case 'w': cf_buffer_printf(b, "%d", (p->weekday + 1) % 7); break;
    case 'U': cf_buffer_printf(b, "%02d", (p->yearday + 6 - (p->weekday + 1) % 7) / 7); break;
    case 'W': cf_buffer_printf(b, "%02d", (p->yearday + 6 - p->weekday) / 7); break;
    case 'V': cf_buffer_printf(b, "%02d", iso_week(p, &year)); break;
    case 'G':
        iso_week(p, &year);
        cf_buffer_printf(b, "%d", year);
        break;
    case 's': cf_buffer_printf(b, "%lld", p->days * 86400LL + p->hour * 3600 + p->minute * 60 + p->second); break;
    case 'C': cf_buffer_printf(b, "%02d", p->year / 100); break;
    case 'n': cf_buffer_char(b, '\n'); break;
    case 't': cf_buffer_char(b, '\t'); break;
    case '%': cf_buffer_char(b, '%'); break;
    case 'Z':
    case 'z': break;
    default: cf_buffer_char(b, '%'); cf_buffer_char(b, c);
    }
}

/* Directives that stand for others. */
static const char *compound(char c)
{
    switch (c) {
    case 'D':
    case 'x': return "%m/%d/%y";
    case 'X':
    case 'T': return "%H:%M:%S";
    case 'R': return "%H:%M";
    case 'F': return "%Y-%m-%d";
    case 'c': return "%a %b %e %H:%M:%S %Y";
    case 'r': return "%I:%M:%S %p";
    default: return NULL;
    }
}

static void format_moment(cf_buffer *b, const parts *p, const char *format, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (format[i] != '%' || i + 1 >= size) {
            cf_buffer_char(b, format[i]);
            continue;
        }
        bool        plain = format[i + 1] == '-' && i + 2 < size;
        char        c = format[i += plain ? 2 : 1];
        const char *more = compound(c);
        if (more) format_moment(b, p, more, strlen(more));
        else directive(b, p, c, plain);
    }
}

static bool t_strftime(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_t_text format;
    if (!cf_t_text_of(vm, a[1], "strftime() argument 1", &format)) return false;
    if (a[0].kind == CF_INTERVAL)
        return cf_t_raise(vm, "AttributeError", "'timedelta' object has no attribute 'strftime'");
    parts     p = parts_of(a[0]);
    cf_buffer b = cf_t_buffer(vm);
    format_moment(&b, &p, format.text, format.size);
    return cf_t_take(vm, &b, false, out);
}

static bool t_isoformat(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    cf_buffer b = cf_t_buffer(vm);
    char      separator = 'T';
    if (!cf_t_missing(a[1]) && cf_value_is_text(a[1]) && a[1].size == 1) separator = a[1].as.text[0];
    cf_t_print(vm, a[0], &b);
    if (a[0].kind == CF_DATETIME && b.size > 10) b.data[10] = separator;
    return cf_t_take(vm, &b, false, out);
}

static bool t_date(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_date((cf_date){(int32_t)parts_of(a[0]).days});
    return true;
}

static bool t_time(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_time(
        (cf_time){a[0].kind == CF_DATETIME ? a[0].as.datetime.usec - parts_of(a[0]).days * 86400000000 : 0});
    return true;
}

static bool t_weekday(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_int(parts_of(a[0]).weekday);
    return true;
}

static bool t_isoweekday(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_int(parts_of(a[0]).weekday + 1);
    return true;
}

static bool t_timestamp(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)vm;
    (void)call;
    *out = cf_value_double((double)a[0].as.datetime.usec / 1e6);
    return true;
}

const cf_t_builtin cf_t_time_methods[] = {{"date", t_date, "self", 1, 4},
                                          {"isoformat", t_isoformat, "self sep", 1, 0},
                                          {"isoweekday", t_isoweekday, "self", 1, 4},
                                          {"strftime", t_strftime, "self format", 2, 0},
                                          {"time", t_time, "self", 1, 4},
                                          {"timestamp", t_timestamp, "self", 1, 4},
                                          {"weekday", t_weekday, "self", 1, 4},
                                          {NULL, NULL, NULL, 0, 0}};
