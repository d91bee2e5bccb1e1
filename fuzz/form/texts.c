/* Texts that rules look at, tokens, and times: none may crash, all must end. */
#include <carafe/form.h>

#include "form/data.h"
#include "form/internal.h"
#include "form/when.h"

#include <stdlib.h>
#include <string.h>

static const char *const patterns[] = {"^[a-z]+$",     "(?i)^(\\w+\\s?)*$", "^(a+)+$",
                                       "[^\\W\\d_]+$", "^.{2,4}$",          "(?s).*x"};
static const char *const formats[] = {"%Y-%m-%d",       "%d.%m.%y %I:%M %p", "%G-W%V-%u",
                                      "%A %d %B %Y %j", "%Y %U %w",          "%H:%M:%S.%f"};

static void numbers(cf_arena *arena, const char *text, size_t size)
{
    cf_value        value;
    double          number;
    cf_decimal      decimal;
    cf_buffer       out = {0};
    const cf_exact *exact = cf_exact_parse(arena, text, size);
    cf_read_int(arena, text, size, &value);
    cf_read_float(text, size, &number);
    if (!exact) return;
    cf_exact_print(exact, &out);
    if (!exact->special) {
        /* what is written reads back the same */
        const cf_exact *again = cf_exact_parse(arena, out.data, out.size);
        if (!again || cf_exact_compare(exact, again) != 0) abort();
        for (int rounding = 0; rounding <= CF_ROUND_05UP; rounding++) cf_exact_quantize(arena, exact, 2, rounding);
        cf_exact_decimal(exact, &decimal);
        cf_exact_double(exact);
    }
    cf_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    cf_arena   *arena = cf_arena_new(NULL, 64 << 20);
    const char *text = (const char *)data + 1;
    char        why[300];
    cf_error    error = {0};
    cf_value    value;
    cf_datetime moment;
    const char *reason;
    size--;
    bool good = cf_email_valid(text, size, *data & 12, why, sizeof why);
    if (good == (*why != 0)) abort();
    cf_is_url(text, size, *data & 1);
    cf_is_ipv4(text, size);
    cf_is_ipv6(text, size);
    cf_is_uuid(text, size);
    cf_is_mac(text, size);
    cf_pattern_match(arena, patterns[*data % 6], 0, text, size, &error);
    const char *format = formats[*data / 6 % 6];
    if (cf_parse_time(text, size, format, strlen(format), &moment, &error) == CF_YES) {
        cf_buffer out = {0};
        cf_format_time(cf_value_datetime(moment), format, strlen(format), &out);
        cf_buffer_free(&out);
    }
    cf_text_case(arena, text, size, *data & 1, &value);
    numbers(arena, text, size);
    cf_csrf csrf = {.scheme = *data & 2 ? CF_CSRF_WTFORMS : CF_CSRF_SIGNED,
                    .secret = "k",
                    .secret_size = 1,
                    .session = "s",
                    .now = 5};
    if (cf_csrf_check(&csrf, text, size, &reason)) abort(); /* nobody guesses a token */
    cf_arena_free(arena);
    return 0;
}
