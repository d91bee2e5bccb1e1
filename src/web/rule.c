/* Rules such as "/user/<int(min=1):id>": parsing, and what each converter accepts and writes. */
#include "web/router.h"

#include "base/number.h"
#include "base/text.h"
#include "web/coding.h"
#include <stdio.h>
#include <math.h>

struct cf_converter {
    const char *name;
    int         weight;  /* smaller is tried first, as in werkzeug */
    bool        path;    /* takes slashes */
    const char *options; /* names, blank-separated, with blanks around */
    bool (*accepts)(const cf_rule_part *part, const char *text, size_t size);
};

static bool accepts_string(const cf_rule_part *part, const char *text, size_t size)
{
    if (size == 0 || memchr(text, '/', size)) return false;
    if (part->digits == 0 && part->min <= 1 && part->max >= (double)size) return true;
    size_t length = cf_utf8_length(text, size);
    if (part->digits) return length == (size_t)part->digits;
    return (double)length >= part->min && (double)length <= part->max;
}

static bool accepts_int(const cf_rule_part *part, const char *text, size_t size)
{
    int64_t number;
    bool    minus = size > 0 && text[0] == '-';
    if (minus && !part->is_signed) return false;
    for (size_t i = minus; i < size; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    if (!cf_parse_int(text, size, &number)) return false;
    if (part->digits && size - minus != (size_t)part->digits) return false;
    return (double)number >= part->min && (double)number <= part->max;
}

static bool accepts_float(const cf_rule_part *part, const char *text, size_t size)
{
    double      number;
    bool        minus = size > 0 && text[0] == '-';
    const char *point = size ? memchr(text, '.', size) : NULL;
    if ((minus && !part->is_signed) || !point || point == text + minus || point == text + size - 1) return false;
    for (const char *p = text + minus; p < text + size; p++)
        if (p != point && (*p < '0' || *p > '9')) return false;
    return cf_parse_double(text, size, &number) && number >= part->min && number <= part->max;
}

static bool accepts_path(const cf_rule_part *part, const char *text, size_t size)
{
    (void)part;
    return size > 0 && text[0] != '/';
}

static bool accepts_uuid(const cf_rule_part *part, const char *text, size_t size)
{
    cf_uuid uuid;
    (void)part;
    return size == 36 && cf_uuid_parse(text, size, &uuid);
}

static bool accepts_any(const cf_rule_part *part, const char *text, size_t size)
{
    for (const char *c = part->choices; *c; c += strlen(c) + 1)
        if (strlen(c) == size && memcmp(c, text, size) == 0) return true;
    return false;
}

static const cf_converter converters[] = {
    {"string", 100, false, " length minlength maxlength ", accepts_string},
    {"default", 100, false, " length minlength maxlength ", accepts_string},
    {"int", 50, false, " min max fixed_digits signed ", accepts_int},
    {"float", 50, false, " min max signed ", accepts_float},
    {"path", 200, true, "", accepts_path},
    {"uuid", 100, false, "", accepts_uuid},
    {"any", 100, false, "", accepts_any},
};
enum { CONVERTERS = sizeof converters / sizeof *converters };

bool cf_part_accepts(const cf_rule_part *part, const char *text, size_t size)
{
    return part->converter->accepts(part, text, size);
}

bool cf_part_is_path(const cf_rule_part *part)
{
    return part->converter && part->converter->path;
}

/* werkzeug's order: more literal text first, then longer literal text, more variables, lighter converters. */
int64_t cf_parts_weight(const cf_rule_part *parts, size_t count)
{
    int64_t literals = 0, length = 0, variables = 0, weight = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].converter) {
            variables++;
            weight += parts[i].converter->weight;
        } else {
            literals++;
            length += parts[i].size;
        }
    }
    if (length > 4095) length = 4095;
    return -(literals << 40) - (length << 24) - (variables << 16) + weight;
}

/* ---- parsing -------------------------------------------------------------------------------- */

typedef struct rule_parser {
    cf_arena   *arena;
    const char *at, *end;
    cf_error   *error;
} rule_parser;

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(rule_parser *p)
{
    while (p->at < p->end && *p->at == ' ') p->at++;
}

static cf_slice word(rule_parser *p)
{
    cf_slice s = {p->at, 0};
    while (p->at < p->end && name_char(*p->at)) p->at++;
    s.size = (size_t)(p->at - s.text);
    return s;
}

static bool bad_option(rule_parser *p, const cf_rule_part *part, cf_slice name)
{
    return cf_fail(p->error, CF_ERR_SYNTAX, "converter '%s' cannot read its argument '%.*s'", part->converter->name,
                   (int)(name.size > 40 ? 40 : name.size), name.text);
}

/* The value of an option: a number, or True/False. */
static bool option_number(rule_parser *p, double *out)
{
    const char *start = p->at;
    while (p->at < p->end && *p->at != ',' && *p->at != ')' && *p->at != ' ') p->at++;
    size_t size = (size_t)(p->at - start);
    if (cf_equal_nocase(start, size, "true", 4)) {
        *out = 1;
    } else if (cf_equal_nocase(start, size, "false", 5)) {
        *out = 0;
    } else {
        return cf_parse_double(start, size, out);
    }
    return true;
}

static bool set_option(rule_parser *p, cf_rule_part *part, cf_slice name, double value)
{
    char padded[40] = " ";
    if (name.size == 0 || name.size > 30) return bad_option(p, part, name);
    memcpy(padded + 1, name.text, name.size);
    padded[name.size + 1] = ' ';
    padded[name.size + 2] = '\0';
    if (!strstr(part->converter->options, padded)) return bad_option(p, part, name);
    if (name.text[0] == 's') {
        part->is_signed = value != 0;
    } else if (name.text[0] == 'f' || name.text[0] == 'l') {
        if (value < 1 || value > 1000) return bad_option(p, part, name);
        part->digits = (int)value;
    } else if (name.text[1] == 'i') {
        part->min = value;
    } else {
        part->max = value;
    }
    return true;
}

static bool parse_choices(rule_parser *p, cf_rule_part *part)
{
    char *out = cf_arena_alloc(p->arena, (size_t)(p->end - p->at) + 2);
    if (!out) return cf_fail(p->error, CF_ERR_MEMORY, "out of memory");
    part->choices = out;
    for (;;) {
        skip_blanks(p);
        char quote = 0;
        if (p->at < p->end && (*p->at == '"' || *p->at == '\'')) quote = *p->at++;
        const char *start = p->at;
        while (p->at < p->end && (quote ? *p->at != quote : *p->at != ',' && *p->at != ')' && *p->at != ' ')) p->at++;
        size_t size = (size_t)(p->at - start);
        if (quote && p->at < p->end) p->at++;
        if (size == 0) return cf_fail(p->error, CF_ERR_SYNTAX, "converter 'any' needs words: any(a, b)");
        memcpy(out, start, size);
        out[size] = '\0';
        out += size + 1;
        skip_blanks(p);
        if (p->at < p->end && *p->at == ',') {
            p->at++;
            continue;
        }
        return true;
    }
}

static bool parse_options(rule_parser *p, cf_rule_part *part)
{
    if (strcmp(part->converter->name, "any") == 0) {
        if (!parse_choices(p, part)) return false;
    } else {
        for (int i = 0;; i++) {
            skip_blanks(p);
            if (p->at < p->end && *p->at == ')') break;
            cf_slice name = word(p);
            double   value;
            skip_blanks(p);
            if (p->at >= p->end || *p->at != '=') return bad_option(p, part, name);
            p->at++;
            skip_blanks(p);
            if (!option_number(p, &value)) return bad_option(p, part, name);
            if (!set_option(p, part, name, value)) return false;
            skip_blanks(p);
            if (p->at < p->end && *p->at == ',') p->at++;
        }
    }
    if (p->at >= p->end || *p->at != ')') return cf_fail(p->error, CF_ERR_SYNTAX, "a ')' is missing");
    p->at++;
    return true;
}

static const cf_converter *find_converter(rule_parser *p, cf_slice name)
{
    const char *names[CONVERTERS], *near;
    char        text[40];
    for (int i = 0; i < CONVERTERS; i++) {
        names[i] = converters[i].name;
        if (strlen(names[i]) == name.size && memcmp(names[i], name.text, name.size) == 0) return &converters[i];
    }
    size_t n = name.size < sizeof text ? name.size : sizeof text - 1;
    memcpy(text, name.text, n);
    text[n] = '\0';
    near = cf_nearest_name(text, names, CONVERTERS);
    if (near) {
        cf_fail(p->error, CF_ERR_NAME, "there is no converter '%s' (did you mean '%s'?)", text, near);
    } else {
        cf_fail(p->error, CF_ERR_NAME, "there is no converter '%s'; there are string, int, float, path, uuid, any",
                text);
    }
    return NULL;
}

/* After '<'. */
static bool parse_variable(rule_parser *p, cf_rule_part *part)
{
    cf_slice name = word(p);
    part->converter = &converters[0];
    part->min = -INFINITY;
    part->max = INFINITY;
    if (p->at < p->end && (*p->at == '(' || *p->at == ':')) {
        if (!(part->converter = find_converter(p, name))) return false;
        if (*p->at == '(') {
            p->at++;
            if (!parse_options(p, part)) return false;
        } else if (strcmp(part->converter->name, "any") == 0) {
            return cf_fail(p->error, CF_ERR_SYNTAX, "converter 'any' needs words: any(a, b)");
        }
        if (p->at >= p->end || *p->at != ':') return cf_fail(p->error, CF_ERR_SYNTAX, "a ':' and a name are missing");
        p->at++;
        name = word(p);
    }
    if (p->at >= p->end || *p->at != '>') return cf_fail(p->error, CF_ERR_SYNTAX, "a '>' is missing");
    p->at++;
    if (name.size == 0 || (name.text[0] >= '0' && name.text[0] <= '9'))
        return cf_fail(p->error, CF_ERR_SYNTAX, "a variable has no name");
    part->text = cf_arena_text(p->arena, name.text, name.size);
    part->size = (uint32_t)name.size;
    if (!part->text) return cf_fail(p->error, CF_ERR_MEMORY, "out of memory");
    return true;
}

static bool check_name(rule_parser *p, const cf_url_rule *rule, const cf_rule_part *part)
{
    for (size_t i = 0; i < rule->part_count; i++)
        if (rule->parts[i].converter && part->text && rule->parts[i].size == part->size &&
            memcmp(rule->parts[i].text, part->text, part->size) == 0)
            return cf_fail(p->error, CF_ERR_SYNTAX, "the variable '%s' is there twice", part->text);
    return true;
}

bool cf_rule_parse(cf_arena *arena, const char *text, cf_url_rule *out, cf_error *error)
{
    size_t      size = strlen(text), slashes = 0;
    rule_parser p = {arena, text, text + size, error};
    if (size == 0 || text[0] != '/') return cf_fail(error, CF_ERR_SYNTAX, "a rule begins with '/'");
    if (size > 2048) return cf_fail(error, CF_ERR_LIMIT, "a rule has at most 2048 characters");
    out->rule = text;
    out->slash = text[size - 1] == '/';
    out->parts = cf_arena_array(arena, 2 * (CF_URL_VALUES + 1), sizeof *out->parts);
    if (!out->parts) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    while (p.at < p.end) {
        cf_rule_part part = {0};
        if (*p.at == '<') {
            p.at++;
            if (out->value_count == CF_URL_VALUES)
                return cf_fail(error, CF_ERR_LIMIT, "a rule has at most %d variables", CF_URL_VALUES);
            if (!parse_variable(&p, &part) || !check_name(&p, out, &part)) return false;
            out->value_count++;
        } else {
            part.text = p.at;
            while (p.at < p.end && *p.at != '<') {
                if (*p.at == '>' || *p.at == '?' || *p.at == '#' || *p.at == '\\' || (unsigned char)*p.at <= ' ')
                    return cf_fail(error, CF_ERR_SYNTAX, "the character '%c' cannot stand in a rule", *p.at);
                slashes += *p.at++ == '/';
            }
            part.size = (uint32_t)(p.at - part.text);
        }
        out->parts[out->part_count++] = part;
    }
    if (slashes > CF_URL_SEGMENTS) return cf_fail(error, CF_ERR_LIMIT, "a rule has at most %d parts", CF_URL_SEGMENTS);
    return true;
}

/* ---- building ------------------------------------------------------------------------------- */

static bool value_text(cf_value value, cf_buffer *out)
{
    char text[CF_DATETIME_SIZE + CF_DECIMAL_SIZE];
    switch (value.kind) {
    case CF_TEXT:
    case CF_MARKUP: cf_buffer_add(out, value.as.text, value.size); return true;
    case CF_BOOL: cf_buffer_text(out, value.as.boolean ? "True" : "False"); return true;
    case CF_INT: cf_buffer_int(out, value.as.integer); return true;
    case CF_FLOAT: cf_buffer_double(out, value.as.number); return true;
    case CF_DATE: cf_buffer_add(out, text, cf_date_format(value.as.date, text)); return true;
    case CF_DATETIME: cf_buffer_add(out, text, cf_datetime_format(value.as.datetime, text)); return true;
    case CF_DECIMAL: cf_buffer_add(out, text, cf_decimal_format(*value.as.decimal, text)); return true;
    case CF_UUID: cf_buffer_add(out, text, cf_uuid_format(*value.as.uuid, text)); return true;
    default: return false;
    }
}

bool cf_part_build(const cf_rule_part *part, cf_value value, cf_buffer *out, cf_error *error)
{
    cf_buffer   text = {.limit = 8192};
    bool        known = value_text(value, &text);
    const char *data = text.size ? text.data : "";
    if (known && part->digits && value.kind == CF_INT && strcmp(part->converter->name, "int") == 0) {
        char padded[32];
        int  size = snprintf(padded, sizeof padded, "%0*lld", part->digits > 20 ? 20 : part->digits,
                             (long long)value.as.integer);
        cf_buffer_clear(&text);
        cf_buffer_add(&text, padded, (size_t)size);
        data = text.size ? text.data : "";
    }
    bool fits = known && !text.failed && cf_part_accepts(part, data, text.size);
    if (fits) {
        cf_percent_path(out, data, text.size, part->converter->path);
    } else {
        cf_fail(error, CF_ERR_TYPE, "the value for '%s' does not fit its converter '%s'", part->text,
                part->converter->name);
    }
    cf_buffer_free(&text);
    return fits;
}
