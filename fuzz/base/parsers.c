/*
 * The parsers of the base layer. The first byte chooses one; what it accepts must
 * survive writing and reading again, what it refuses must leave the result alone.
 */
#include <carafe/buffer.h>
#include <carafe/error.h>
#include <carafe/types.h>

#include "base/number.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)           \
    do {                           \
        if (!(condition)) abort(); \
    } while (0)

static void fuzz_date(const char *text, size_t size)
{
    cf_date date = {77}, again;
    char    out[CF_DATE_SIZE];
    if (!cf_date_parse(text, size, &date)) {
        HOLDS(date.days == 77);
        return;
    }
    HOLDS(cf_date_format(date, out) == size && memcmp(out, text, size) == 0);
    HOLDS(cf_date_parse(out, size, &again) && again.days == date.days);
}

static void fuzz_time(const char *text, size_t size)
{
    cf_time time = {77}, again;
    char    out[CF_TIME_SIZE];
    if (!cf_time_parse(text, size, &time)) {
        HOLDS(time.usec == 77);
        return;
    }
    HOLDS(time.usec >= 0 && time.usec < INT64_C(86400000000));
    HOLDS(cf_time_parse(out, cf_time_format(time, out), &again) && again.usec == time.usec);
}

static void fuzz_datetime(const char *text, size_t size)
{
    cf_datetime moment = {77}, again;
    char        out[CF_DATETIME_SIZE];
    if (!cf_datetime_parse(text, size, &moment)) {
        HOLDS(moment.usec == 77);
        return;
    }
    HOLDS(cf_datetime_parse(out, cf_datetime_format(moment, out), &again) && again.usec == moment.usec);
}

static void fuzz_decimal(const char *text, size_t size)
{
    cf_decimal number = {7, 8, 9, true}, again, other;
    char       out[CF_DECIMAL_SIZE];
    if (!cf_decimal_parse(text, size, &number)) {
        HOLDS(number.high == 7 && number.low == 8 && number.scale == 9 && number.negative);
        return;
    }
    HOLDS(number.scale <= 38);
    size_t written = cf_decimal_format(number, out);
    HOLDS(written == strlen(out) && cf_decimal_parse(out, written, &again));
    HOLDS(again.high == number.high && again.low == number.low && again.scale == number.scale &&
          again.negative == number.negative);
    for (int scale = 0; scale <= 38; scale++)
        if (cf_decimal_rescale(number, scale, &other)) {
            HOLDS(cf_decimal_compare(number, other) == 0);
            HOLDS(cf_decimal_rescale(other, number.scale, &again) && again.low == number.low);
        }
    other = number;
    other.low ^= 1;
    HOLDS(cf_decimal_compare(number, other) == -cf_decimal_compare(other, number));
}

static void fuzz_double(const char *text, size_t size)
{
    double number = 77, again;
    char   out[CF_DOUBLE_SIZE], copy[512];
    if (!cf_parse_double(text, size, &number)) {
        HOLDS(number == 77);
        return;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    HOLDS(strtod(copy, NULL) == number);
    if (isinf(number)) return;
    size_t written = cf_format_double(number, out);
    HOLDS(written == strlen(out) && written < CF_DOUBLE_SIZE);
    HOLDS(cf_parse_double(out, written, &again) && again == number && signbit(again) == signbit(number));
}

/* The bytes as the number itself. */
static void fuzz_double_bits(const char *text, size_t size)
{
    double number, again;
    char   out[CF_DOUBLE_SIZE];
    if (size < sizeof number) return;
    memcpy(&number, text, sizeof number);
    size_t written = cf_format_double(number, out);
    HOLDS(written == strlen(out) && written < CF_DOUBLE_SIZE);
    if (isfinite(number)) HOLDS(cf_parse_double(out, written, &again) && again == number);
}

static void fuzz_int(const char *text, size_t size)
{
    int64_t number = 77, again;
    char    out[24];
    if (!cf_parse_int(text, size, &number)) {
        HOLDS(number == 77);
        return;
    }
    HOLDS(cf_parse_int(out, cf_format_int(number, out), &again) && again == number);
}

static void fuzz_uuid(const char *text, size_t size)
{
    cf_uuid uuid, again;
    char    out[CF_UUID_SIZE];
    if (!cf_uuid_parse(text, size, &uuid)) return;
    HOLDS(cf_uuid_parse(out, cf_uuid_format(uuid, out), &again));
    HOLDS(memcmp(&uuid, &again, sizeof uuid) == 0);
}

static void fuzz_utf8(const char *text, size_t size)
{
    cf_buffer decoded = {0};
    size_t    count = 0, at = 0;
    bool      replaced = false;
    while (at < size) {
        HOLDS(cf_utf8_offset(text, size, count) == at);
        size_t   before = at;
        uint32_t c = cf_utf8_next(text, size, &at);
        HOLDS(at > before && at <= size && at - before <= 4 && c <= 0x10ffff);
        replaced |= c == 0xfffd && at - before == 1;
        cf_buffer_code_point(&decoded, c);
        count++;
        if (count > 200) break;
    }
    if (at == size) {
        HOLDS(cf_utf8_length(text, size) == count);
        HOLDS(cf_utf8_valid(text, size) == !replaced);
        if (!replaced && size) HOLDS(decoded.size == size && memcmp(decoded.data, text, size) == 0);
    }
    if (decoded.data) HOLDS(cf_utf8_valid(decoded.data, decoded.size));
    cf_buffer_free(&decoded);
}

/* Texts as HTML, as JSON and in messages: no byte that matters may pass as it is. */
static void fuzz_writers(const char *text, size_t size)
{
    cf_buffer out = {0};
    cf_error  error = {0};
    cf_buffer_html(&out, text, size);
    for (size_t i = 0; i < out.size; i++) HOLDS(!strchr("<>\"'", out.data[i]) || out.data[i] == '\0');
    cf_buffer_clear(&out);
    cf_buffer_json_text(&out, text, size);
    for (size_t i = 0; i < out.size; i++) HOLDS((unsigned char)out.data[i] >= 0x20);
    cf_fail(&error, CF_ERR_SYNTAX, "%.*s", (int)size, text);
    size_t shown = strnlen(text, size);
    if (cf_utf8_valid(text, shown)) HOLDS(cf_utf8_valid(error.message, strlen(error.message)));
    cf_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const char *, size_t) = {
        fuzz_date,        fuzz_time, fuzz_datetime, fuzz_decimal, fuzz_double,
        fuzz_double_bits, fuzz_int,  fuzz_uuid,     fuzz_utf8,    fuzz_writers,
    };
    if (size) parsers[data[0] % (sizeof parsers / sizeof *parsers)]((const char *)data + 1, size - 1);
    return 0;
}
