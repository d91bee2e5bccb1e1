/* What a column can keep. Whatever the database would refuse, cut, round or take for something else is refused here. */
#include "orm/row.h"

#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

bool cf_limit_blame(const cf_attribute *a, cf_error *error)
{
    if (!error || error->columns[0] || strlen(a->column) >= sizeof error->columns) return false;
    memcpy(error->columns, a->column, strlen(a->column) + 1);
    strncpy(error->table, a->mapper->table, sizeof error->table - 1);
    error->model = a->mapper->name;
    return false;
}

#define REFUSE(code, ...) (cf_fail(error, code, __VA_ARGS__), cf_limit_blame(a, error))
#define NAME(a) (a)->mapper->name, (a)->name

/* ---- texts and bytes --------------------------------------------------------------------------------- */

/* The names, for a message; cut when there are many. */
static void list_names(const cf_enum_name *names, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; names[i].name; i++) {
        size_t more = strlen(names[i].name) + 2;
        if (n + more + 4 >= size) {
            memcpy(out + n, " ...", 5);
            return;
        }
        memcpy(out + n, i ? ", " : "", i ? 2 : 0);
        n += i ? 2 : 0;
        memcpy(out + n, names[i].name, strlen(names[i].name) + 1);
        n += strlen(names[i].name);
    }
}

static bool check_text(const cf_attribute *a, cf_value v, cf_error *error)
{
    size_t  most = a->options->length > 0 ? (size_t)a->options->length : 0;
    int64_t ignored;
    char    names[240];
    if (!cf_utf8_valid(v.as.text, v.size)) return REFUSE(CF_ERR_TYPE, "%s.%s is not valid UTF-8", NAME(a));
    if (memchr(v.as.text, '\0', v.size)) return REFUSE(CF_ERR_TYPE, "%s.%s contains U+0000", NAME(a));
    if (most && v.size > most && cf_utf8_length(v.as.text, v.size) > most)
        return REFUSE(CF_ERR_RANGE, "%s.%s has %zu characters, the most is %zu", NAME(a),
                      cf_utf8_length(v.as.text, v.size), most);
    if (!a->options->enum_names || cf_enum_number(a, v.as.text, v.size, &ignored)) return true;
    list_names(a->options->enum_names, names, sizeof names);
    return REFUSE(CF_ERR_RANGE, "%s.%s is '%.*s', which is none of %s", NAME(a), (int)(v.size < 60 ? v.size : 60),
                  v.as.text, names);
}

static bool check_bytes(const cf_attribute *a, cf_value v, cf_error *error)
{
    size_t most = a->options->length > 0 ? (size_t)a->options->length : 0;
    return !most || v.size <= most ||
           REFUSE(CF_ERR_RANGE, "%s.%s has %u bytes, the most is %zu", NAME(a), v.size, most);
}

static bool check_json(const cf_attribute *a, cf_value v, cf_error *error)
{
    json_error_t why;
    json_t      *document = json_loadb(v.as.text, v.size, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &why);
    if (!document)
        return REFUSE(CF_ERR_TYPE, "%s.%s is no JSON document: %s (byte %d)", NAME(a), why.text, why.position);
    json_decref(document);
    return true;
}

/* ---- enumerations ------------------------------------------------------------------------------------ */

const char *cf_enum_text(const cf_attribute *a, int64_t number)
{
    for (const cf_enum_name *n = a->options->enum_names; n->name; n++)
        if (n->number == number) return n->name;
    return NULL;
}

bool cf_enum_number(const cf_attribute *a, const char *text, size_t size, int64_t *out)
{
    for (const cf_enum_name *n = a->options->enum_names; n->name; n++) {
        if (strlen(n->name) != size || memcmp(n->name, text, size) != 0) continue;
        *out = n->number;
        return true;
    }
    return false;
}

static bool check_enum(const cf_attribute *a, cf_value v, cf_error *error)
{
    char names[240];
    if (!a->options->enum_names || cf_enum_text(a, v.as.integer)) return true;
    list_names(a->options->enum_names, names, sizeof names);
    return REFUSE(CF_ERR_RANGE, "%s.%s is %lld, which is none of its enumeration (%s)", NAME(a),
                  (long long)v.as.integer, names);
}

/* ---- numbers ----------------------------------------------------------------------------------------- */

static bool check_float(const cf_attribute *a, cf_value v, const cf_dialect *d, cf_error *error)
{
    if (isnan(v.as.number) && d->id != CF_POSTGRESQL)
        return REFUSE(CF_ERR_RANGE, "%s.%s is not a number (NaN), which %s cannot keep", NAME(a), d->title);
    if (isinf(v.as.number) && d->id == CF_MARIADB)
        return REFUSE(CF_ERR_RANGE, "%s.%s is infinite, which %s cannot keep", NAME(a), d->title);
    return true;
}

/* Digits before the point. */
static int whole_digits(const cf_decimal *x)
{
    char   text[CF_DECIMAL_SIZE];
    size_t size = cf_decimal_format(*x, text), at = text[0] == '-';
    int    digits = 0;
    while (at < size && text[at] == '0') at++;
    for (; at < size && text[at] != '.'; at++) digits++;
    return digits;
}

/* Every value of a column has the column's scale, so that 1.5 and 1.50 are one value wherever they are compared. */
static bool check_decimal(const cf_attribute *a, cf_value *v, const cf_dialect *d, cf_arena *arena, cf_error *error)
{
    const cf_column *o = a->options;
    int              precision = o->precision, scale = o->scale;
    if (!precision && d->id == CF_MARIADB) precision = 38, scale = 10;
    if (!precision) return true;
    cf_decimal *same = cf_arena_alloc(arena, sizeof *same);
    if (!same) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    char text[CF_DECIMAL_SIZE];
    cf_decimal_format(*v->as.decimal, text);
    if (whole_digits(v->as.decimal) > precision - scale)
        return REFUSE(CF_ERR_RANGE, "%s.%s is %s: the most before the point is %d digits", NAME(a), text,
                      precision - scale);
    if (!cf_decimal_rescale(*v->as.decimal, scale, same))
        return REFUSE(CF_ERR_RANGE, "%s.%s is %s: the most behind the point is %d digits; round it yourself", NAME(a),
                      text, scale);
    v->as.decimal = same;
    return true;
}

/* ---- dates and times --------------------------------------------------------------------------------- */

#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */
#define DAY INT64_C(86400000000)

static bool check_date(const cf_attribute *a, int64_t days, cf_error *error)
{
    return (days >= FIRST_DAY && days <= LAST_DAY) ||
           REFUSE(CF_ERR_RANGE, "%s.%s is outside the years 1 to 9999", NAME(a));
}

static bool check_moment(const cf_attribute *a, cf_value v, cf_error *error)
{
    if (a->kind == CF_DATE) return check_date(a, v.as.date.days, error);
    if (a->kind == CF_DATETIME) {
        int64_t usec = v.as.datetime.usec;
        return check_date(a, usec / DAY - (usec % DAY < 0), error);
    }
    return (v.as.time.usec >= 0 && v.as.time.usec < DAY) || REFUSE(CF_ERR_RANGE, "%s.%s is no time of day", NAME(a));
}

bool cf_limit_check(const cf_attribute *a, cf_value *v, const cf_dialect *dialect, cf_arena *arena, cf_error *error)
{
    switch (v->kind) {
    case CF_NULL:
        /* A text that the program could not allocate arrives as NULL, too. */
        if (!a->nullable && cf_arena_failed(arena)) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
        return a->nullable || REFUSE(CF_ERR_NOT_NULL, "%s.%s must not be NULL", NAME(a));
    case CF_TEXT: return check_text(a, *v, error);
    case CF_BYTES: return check_bytes(a, *v, error);
    case CF_JSON: return check_json(a, *v, error);
    case CF_INT: return check_enum(a, *v, error);
    case CF_FLOAT: return check_float(a, *v, dialect, error);
    case CF_DECIMAL: return check_decimal(a, v, dialect, arena, error);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: return check_moment(a, *v, error);
    default: return true;
    }
}
