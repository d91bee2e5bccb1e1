/* A pool's settings: defaults, then the program's options, then those of the URL. */
#include "sql/driver.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

typedef enum unit { UNIT_COUNT, UNIT_MS, UNIT_SECONDS } unit;

/* One row a setting: its URL name, where it is, its default, and the range allowed. A lower bound of -1: "none". */
static const struct setting {
    const char *url_name;
    size_t      option, setting;
    unit        unit;
    int         fallback, least, most;
} settings[] = {
#define AT(field) offsetof(cf_pool_options, field), offsetof(cf_settings, field)
    {"pool_size", AT(size), UNIT_COUNT, 5, 1, 1000},
    {"max_overflow", AT(overflow), UNIT_COUNT, 10, -1, 1000},
    {"pool_timeout", AT(timeout_ms), UNIT_SECONDS, 30000, -1, 86400000},
    {"pool_recycle", AT(recycle_ms), UNIT_SECONDS, -1, -1, INT32_MAX},
    {"test_after_ms", AT(test_after_ms), UNIT_MS, 5000, -1, INT32_MAX},
    {"deadline_ms", AT(deadline_ms), UNIT_MS, 30000, -1, 86400000},
    {"connect_timeout", AT(connect_ms), UNIT_SECONDS, 10000, -1, 86400000},
    {"busy_ms", AT(busy_ms), UNIT_MS, 5000, -1, 86400000},
    {"timeout", AT(busy_ms), UNIT_SECONDS, 5000, -1, 86400000},
    {"statement_cache", AT(cache), UNIT_COUNT, 256, 1, 10000},
#undef AT
};

bool cf_settings_knows(const char *name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp(settings[i].url_name, name) == 0) return true;
    return strcmp(name, "prepare") == 0 || strcmp(name, "read_only") == 0;
}

bool cf_settings_bool(const char *text, bool *out)
{
    static const struct {
        const char *word;
        bool        means;
    } words[] = {{"on", true},   {"true", true},   {"yes", true}, {"1", true},
                 {"off", false}, {"false", false}, {"no", false}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!cf_equal_nocase(text, strlen(text), words[i].word, strlen(words[i].word))) continue;
        *out = words[i].means;
        return true;
    }
    return false;
}

/* Whole numbers; seconds may have a fraction. "-1" asks for none. */
static bool number_of(const struct setting *s, const char *text, int64_t *out)
{
    double  x;
    int64_t n;
    if (s->unit != UNIT_SECONDS) return cf_parse_int(text, strlen(text), out);
    if (cf_parse_int(text, strlen(text), &n) && n == -1) {
        *out = -1;
        return true;
    }
    if (!cf_parse_double(text, strlen(text), &x) || x < 0 || x > 2000000) return false;
    *out = (int64_t)(x * 1000 + 0.5);
    return true;
}

static bool read_number(const struct setting *s, const cf_pool_options *options, const cf_url *url, int *out,
                        cf_error *error)
{
    const char *text = cf_url_option_value(url, s->url_name);
    int64_t     n = options ? *(const int *)((const char *)options + s->option) : 0;
    if (text) {
        if (!number_of(s, text, &n))
            return cf_fail(error, CF_ERR_SYNTAX, "database url: the option %s must be a number", s->url_name);
        if (n == 0) n = s->least < 0 ? -1 : 0;
    } else if (n == 0) {
        n = s->fallback;
    }
    if (n < s->least || n > s->most)
        return cf_fail(error, CF_ERR_RANGE, "database pool: %s must be between %d and %d", s->url_name,
                       s->least < 0 ? 0 : s->least, s->most);
    *out = n < 0 ? 0 : (int)n;
    return true;
}

bool cf_settings_make(cf_settings *out, const cf_pool_options *options, const cf_url *url, cf_error *error)
{
    bool has_timeout = cf_url_option_value(url, "timeout") != NULL;
    memset(out, 0, sizeof *out);
    out->prepare = !options || options->prepare >= 0;
    if (options) {
        out->read_only = options->read_only;
        out->lazy = options->lazy;
        out->folder = options->folder;
        out->echo = options->echo;
        out->context = options->context;
        out->echo_values = options->echo_values;
        out->measure = options->measure || options->echo;
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(settings[i].url_name, "timeout") == 0 && !has_timeout) continue;
        int *to = (int *)((char *)out + settings[i].setting);
        if (!read_number(&settings[i], options, url, to, error)) return false;
    }
    const char *prepare = cf_url_option_value(url, "prepare"), *read_only = cf_url_option_value(url, "read_only");
    if (prepare && !cf_settings_bool(prepare, &out->prepare))
        return cf_fail(error, CF_ERR_SYNTAX, "database url: the option prepare must be on or off");
    if (read_only && !cf_settings_bool(read_only, &out->read_only))
        return cf_fail(error, CF_ERR_SYNTAX, "database url: the option read_only must be on or off");
    return true;
}
