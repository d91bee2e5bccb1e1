/* Days, times and moments; the calendar is the proleptic Gregorian one. */
#include <carafe/types.h>

#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(86400) * SECOND)
#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */

cf_datetime cf_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (cf_datetime){(int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000};
}

/* Days since 1970-01-01; years begin in March so that the leap day comes last. */
static int32_t days_of(int year, int month, int day)
{
    int      y = month <= 2 ? year - 1 : year;
    int      era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153u * (unsigned)(month + (month > 2 ? -3 : 9)) + 2) / 5 + (unsigned)day - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int32_t)doe - 719468;
}

bool cf_date_make(int year, int month, int day, cf_date *out)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool             leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]) return false;
    if (month == 2 && day == 29 && !leap) return false;
    out->days = days_of(year, month, day);
    return true;
}

void cf_date_parts(cf_date date, int *year, int *month, int *day)
{
    int64_t  z = (int64_t)date.days + 719468;
    int64_t  era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    unsigned m = mp < 10 ? mp + 3 : mp - 9;
    if (year) *year = (int)(yoe + era * 400) + (m <= 2);
    if (month) *month = (int)m;
    if (day) *day = (int)(doy - (153 * mp + 2) / 5 + 1);
}

/* Exactly `count` digits at p; -1 when there are none such. */
static int digits(const char *p, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        n = n * 10 + (p[i] - '0');
    }
    return n;
}

bool cf_date_parse(const char *text, size_t size, cf_date *out)
{
    if (size != 10 || text[4] != '-' || text[7] != '-') return false;
    int y = digits(text, 4), m = digits(text + 5, 2), d = digits(text + 8, 2);
    return y >= 0 && m >= 0 && d >= 0 && cf_date_make(y, m, d, out);
}

/* Parses as much of a time as there is; returns the bytes used, 0 for none. */
static size_t parse_time(const char *text, size_t size, int64_t *usec)
{
    if (size < 5 || text[2] != ':') return 0;
    int     h = digits(text, 2), m = digits(text + 3, 2), s = 0;
    int64_t fraction = 0;
    size_t  used = 5;
    if (size >= 8 && text[5] == ':') {
        s = digits(text + 6, 2);
        used = 8;
        if (size > 9 && (text[8] == '.' || text[8] == ',') && digits(text + 9, 1) >= 0) {
            int64_t unit = SECOND / 10;
            for (used = 9; used < size && digits(text + used, 1) >= 0; used++) {
                if (used - 9 >= 6) return 0;
                fraction += unit * (text[used] - '0');
                unit /= 10;
            }
        }
    }
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) return 0;
    *usec = ((int64_t)h * 3600 + m * 60 + s) * SECOND + fraction;
    return used;
}

bool cf_time_parse(const char *text, size_t size, cf_time *out)
{
    int64_t usec;
    if (size == 0 || parse_time(text, size, &usec) != size) return false;
    out->usec = usec;
    return true;
}

/* Z, +HH, +HHMM, +HH:MM: minutes east of UTC. */
static bool parse_offset(const char *text, size_t size, int *minutes)
{
    if (size == 1 && (*text == 'Z' || *text == 'z')) {
        *minutes = 0;
        return true;
    }
    if (size < 3 || (*text != '+' && *text != '-')) return false;
    int h = digits(text + 1, 2), m = 0;
    if (size == 5) m = digits(text + 3, 2);
    else if (size == 6 && text[3] == ':') m = digits(text + 4, 2);
    else if (size != 3) return false;
    if (h < 0 || h > 23 || m < 0 || m > 59) return false;
    *minutes = (h * 60 + m) * (*text == '-' ? -1 : 1);
    return true;
}

bool cf_datetime_parse(const char *text, size_t size, cf_datetime *out)
{
    cf_date date;
    int64_t time = 0;
    int     minutes = 0;
    if (size < 10 || !cf_date_parse(text, 10, &date)) return false;
    if (size > 10) {
        if (text[10] != 'T' && text[10] != ' ' && text[10] != 't') return false;
        size_t used = parse_time(text + 11, size - 11, &time);
        if (!used) return false;
        if (11 + used < size && !parse_offset(text + 11 + used, size - 11 - used, &minutes)) return false;
    }
    int64_t usec = date.days * DAY + time - minutes * 60 * SECOND;
    if (usec < FIRST_DAY * DAY || usec >= (LAST_DAY + 1) * DAY) return false;
    out->usec = usec;
    return true;
}

static void put(char *out, int number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

size_t cf_date_format(cf_date date, char out[CF_DATE_SIZE])
{
    int y, m, d;
    if (date.days < FIRST_DAY) date.days = FIRST_DAY;
    if (date.days > LAST_DAY) date.days = LAST_DAY;
    cf_date_parts(date, &y, &m, &d);
    memcpy(out, "0000-00-00", 11);
    put(out, y, 4);
    put(out + 5, m, 2);
    put(out + 8, d, 2);
    return 10;
}

size_t cf_time_format(cf_time time, char out[CF_TIME_SIZE])
{
    int64_t usec = time.usec < 0 ? 0 : time.usec >= DAY ? DAY - 1 : time.usec;
    int     seconds = (int)(usec / SECOND), fraction = (int)(usec % SECOND);
    memcpy(out, "00:00:00.000000", 16);
    put(out, seconds / 3600, 2);
    put(out + 3, seconds / 60 % 60, 2);
    put(out + 6, seconds % 60, 2);
    if (fraction == 0) {
        out[8] = '\0';
        return 8;
    }
    put(out + 9, fraction, 6);
    return 15;
}

size_t cf_datetime_format(cf_datetime datetime, char out[CF_DATETIME_SIZE])
{
    int64_t day = datetime.usec / DAY, rest = datetime.usec % DAY;
    if (rest < 0) {
        rest += DAY;
        day--;
    }
    if (day < FIRST_DAY) day = FIRST_DAY;
    if (day > LAST_DAY) day = LAST_DAY;
    cf_date_format((cf_date){(int32_t)day}, out);
    out[10] = ' ';
    return 11 + cf_time_format((cf_time){rest}, out + 11);
}
