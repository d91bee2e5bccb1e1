/* Functions of the language: what they take and give, and how each dialect calls them. */
#include "orm/resolve.h"

#include "base/text.h"

#include <string.h>

/* Moments are texts of 26 characters on SQLite, dates of 10: parts of them are cut out exactly. */
#define CUT(from, count) "CAST(substr(%1, " #from ", " #count ") AS INTEGER)"
#define EXTRACT(part) "CAST(extract(" part " FROM %1) AS bigint)"
#define ADD(unit) "(datetime(substr(%1, 1, 19), (%2) || ' " unit "s') || substr(%1, 20))"
#define ADD_INTERVAL(unit) "(%1 + CAST(%2 AS double precision) * INTERVAL '1 " unit "')"
#define DATE_ADD(unit) "date_add(%1, INTERVAL %2 " unit ")"

static const cf_function_row functions[] = {
    {"abs", 1, 1, "n", '1', 0, {0}},
    {"add_days", 2, 2, "Di", 'D', 0, {ADD("day"), ADD_INTERVAL("day"), DATE_ADD("DAY")}},
    {"add_days", 2, 2, "di", 'd', 0, {"date(%1, (%2) || ' days')", "(%1 + CAST(%2 AS integer))", DATE_ADD("DAY")}},
    {"add_hours", 2, 2, "Di", 'D', 0, {ADD("hour"), ADD_INTERVAL("hour"), DATE_ADD("HOUR")}},
    {"add_minutes", 2, 2, "Di", 'D', 0, {ADD("minute"), ADD_INTERVAL("minute"), DATE_ADD("MINUTE")}},
    {"add_seconds", 2, 2, "Di", 'D', 0, {ADD("second"), ADD_INTERVAL("second"), DATE_ADD("SECOND")}},
    {"ceil", 1, 1, "n", 'i', 0, {"CAST(ceil(%1) AS INTEGER)", "CAST(ceil(%1) AS bigint)", "CAST(ceil(%1) AS signed)"}},
    {"coalesce", 2, 32, "a", '1', 'A', {0}},
    {"concat", 1, 32, "t", 't', 0, {"(%|)", "(%|)", "concat(%*)"}},
    {"date", 1, 1, "D", 'd', 0, {"substr(%1, 1, 10)", "CAST(%1 AS date)", "date(%1)"}},
    {"date", 1, 1, "d", 'd', 0, {"%1", "%1", "%1"}},
    {"day", 1, 1, "D", 'i', 0, {CUT(9, 2), EXTRACT("day"), "day(%1)"}},
    {"day", 1, 1, "d", 'i', 0, {CUT(9, 2), EXTRACT("day"), "day(%1)"}},
    {"days_between",
     2,
     2,
     "Da",
     'i',
     0,
     {"CAST(julianday(substr(%2, 1, 10)) - julianday(substr(%1, 1, 10)) AS INTEGER)",
      "(CAST(%2 AS date) - CAST(%1 AS date))", "datediff(%2, %1)"}},
    {"days_between",
     2,
     2,
     "da",
     'i',
     0,
     {"CAST(julianday(%2) - julianday(%1) AS INTEGER)", "(%2 - %1)", "datediff(%2, %1)"}},
    {"floor",
     1,
     1,
     "n",
     'i',
     0,
     {"CAST(floor(%1) AS INTEGER)", "CAST(floor(%1) AS bigint)", "CAST(floor(%1) AS signed)"}},
    {"greatest", 2, 32, "a", '1', 0, {"max(%*)", NULL, NULL}},
    {"hour", 1, 1, "D", 'i', 0, {CUT(12, 2), EXTRACT("hour"), "hour(%1)"}},
    {"instr", 2, 2, "t", 'i', 0, {NULL, "strpos(%*)", NULL}},
    {"json", 2, 16, "ja", 't', 'N', {0}},
    {"least", 2, 32, "a", '1', 0, {"min(%*)", NULL, NULL}},
    {"left", 2, 2, "ti", 't', 0, {"substr(%1, 1, max(%2, 0))", "left(%1, greatest(%2, 0)::integer)", NULL}},
    {"length", 1, 1, "t", 'i', 0, {NULL, "char_length(%1)", "char_length(%1)"}},
    {"lower", 1, 1, "t", 't', 0, {0}},
    {"ltrim", 1, 1, "t", 't', 0, {0}},
    {"max", 2, 32, "a", '1', 0, {NULL, "greatest(%*)", "greatest(%*)"}},
    {"min", 2, 32, "a", '1', 0, {NULL, "least(%*)", "least(%*)"}},
    {"minute", 1, 1, "D", 'i', 0, {CUT(15, 2), EXTRACT("minute"), "minute(%1)"}},
    {"mod", 2, 2, "i", 'i', 'N', {"(%1 % %2)", "mod(%1, nullif(%2, 0))", "mod(%1, %2)"}},
    {"month", 1, 1, "D", 'i', 0, {CUT(6, 2), EXTRACT("month"), "month(%1)"}},
    {"month", 1, 1, "d", 'i', 0, {CUT(6, 2), EXTRACT("month"), "month(%1)"}},
    {"now",
     0,
     0,
     "",
     'D',
     0,
     {"strftime('%Y-%m-%d %H:%M:%f000', 'now')", "(statement_timestamp() AT TIME ZONE 'UTC')", "utc_timestamp(6)"}},
    {"nullif", 2, 2, "a", '1', 'N', {0}},
    {"power", 2, 2, "n", 'f', 'N', {0}},
    {"replace", 3, 3, "t", 't', 0, {0}},
    {"right",
     2,
     2,
     "ti",
     't',
     0,
     {"substr(%1, max(length(%1) - max(%2, 0), 0) + 1)", "right(%1, greatest(%2, 0)::integer)", NULL}},
    {"round", 1, 2, "ni", 'f', 0, {0}},
    {"rtrim", 1, 1, "t", 't', 0, {0}},
    {"second", 1, 1, "D", 'i', 0, {CUT(18, 2), "CAST(floor(extract(second FROM %1)) AS bigint)", "second(%1)"}},
    {"sign", 1, 1, "n", 'i', 0, {"((%1 > 0) - (%1 < 0))", "CAST(sign(%1) AS bigint)", "sign(%1)"}},
    {"sqrt", 1, 1, "n", 'f', 'N', {NULL, "CASE WHEN %1 >= 0 THEN sqrt(%1) END", NULL}},
    {"substr", 2, 3, "ti", 't', 0, {0}},
    {"trim", 1, 1, "t", 't', 0, {0}},
    {"upper", 1, 1, "t", 't', 0, {0}},
    {"year", 1, 1, "D", 'i', 0, {CUT(1, 4), EXTRACT("year"), "year(%1)"}},
    {"year", 1, 1, "d", 'i', 0, {CUT(1, 4), EXTRACT("year"), "year(%1)"}},
    {NULL, 0, 0, NULL, 0, 0, {0}},
};

#define FUNCTION_COUNT (sizeof functions / sizeof *functions - 1)

const cf_function_row *cf_function_find(const char *name, size_t size)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (cf_equal_nocase(name, size, functions[i].name, strlen(functions[i].name))) return &functions[i];
    return NULL;
}

bool cf_function_extreme(const cf_function_row *f)
{
    return strcmp(f->name, "min") == 0 || strcmp(f->name, "max") == 0 || strcmp(f->name, "least") == 0 ||
           strcmp(f->name, "greatest") == 0;
}

bool cf_function_json(const cf_function_row *f)
{
    return strcmp(f->name, "json") == 0;
}

const char *cf_function_nearest(const char *name, size_t size)
{
    char        wanted[64];
    const char *names[FUNCTION_COUNT];
    if (size >= sizeof wanted) return NULL;
    memcpy(wanted, name, size);
    wanted[size] = '\0';
    for (size_t i = 0; i < FUNCTION_COUNT; i++) names[i] = functions[i].name;
    return cf_nearest_name(wanted, names, FUNCTION_COUNT);
}

static bool check_count(cf_compiler *c, const cf_node *n, const cf_function_row *f)
{
    if (n->count >= f->least && n->count <= f->most) return true;
    if (f->least == f->most)
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes %d value%s, not %zu", f->name, f->least,
                         f->least == 1 ? "" : "s", n->count);
    else
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes %d to %d values, not %zu", f->name, f->least, f->most,
                         n->count);
    return false;
}

static const cf_function_row *known_function(cf_compiler *c, const cf_node *n)
{
    const cf_function_row *f = cf_function_find(n->text, n->size);
    if (f) return f;
    const char *synonym = cf_hint_synonym(n->text, n->size);
    const char *nearest =
        synonym && cf_function_find(synonym, strlen(synonym)) ? synonym : cf_function_nearest(n->text, n->size);
    return cf_compiler_fail(c, CF_ERR_NAME, n->at, "there is no function '%.*s'%s%s%s", (int)n->size, n->text,
                            nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

static int kind_of_letter(char letter, int first)
{
    switch (letter) {
    case 't': return CF_TEXT;
    case 'n':
    case 'f': return CF_FLOAT;
    case 'i': return CF_INT;
    case 'd': return CF_DATE;
    case 'D': return CF_DATETIME;
    case 'j': return CF_JSON;
    case '1': return first;
    default: return CF_UNDEFINED;
    }
}

static bool resolve_arguments(cf_compiler *c, cf_node *n, const cf_function_row *f)
{
    size_t letters = strlen(f->takes);
    for (size_t i = 0; i < n->count; i++) {
        char     letter = f->takes[i < letters ? i : letters - 1];
        int      kind = kind_of_letter(letter, CF_UNDEFINED);
        cf_node *item = n->items[i];
        if (item->kind == CF_SEQUENCE)
            return cf_resolve_fail(c, CF_ERR_TYPE, item->at, "an array can only stand alone in 'in (?)'");
        if (kind != CF_UNDEFINED && !cf_resolve_want(c, item, kind, f->name)) return false;
        if (item->op == CF_OP_PARAMETER && item->kind == CF_UNDEFINED && letter != 'n') {
            item->kind = (uint8_t)kind;
            c->parameter_kind[item->parameter] = (uint8_t)kind;
        }
        if (kind == CF_UNDEFINED && i > 0 && item->op != CF_OP_NULL && !cf_resolve_comparable(c, n->items[0], item))
            return false;
    }
    return true;
}

/* The elements on the way are known when the query is: they become a path in its text. */
static bool resolve_json(cf_compiler *c, cf_node *n)
{
    if (!cf_resolve_want(c, n->items[0], CF_JSON, "json")) return false;
    for (size_t i = 1; i < n->count; i++) {
        const cf_node *key = n->items[i];
        bool plain = key->op == CF_OP_INTEGER || (key->op == CF_OP_TEXT && !memchr(key->text, '"', key->size) &&
                                                  !memchr(key->text, '\\', key->size));
        if (!plain)
            return cf_resolve_fail(c, CF_ERR_TYPE, key->at, "json() takes names in quotes and numbers of elements");
    }
    return true;
}

static bool null_of_call(const cf_node *n, const cf_function_row *f)
{
    bool all = true, some = false;
    for (size_t i = 0; i < n->count; i++) {
        some |= n->items[i]->nullable;
        all &= n->items[i]->nullable;
    }
    return f->null == 'N' || (f->null == 'A' ? all : some);
}

bool cf_resolve_call(cf_compiler *c, cf_node *n)
{
    bool mine = false, held = cf_resolve_related(c, n, &mine);
    if (mine || c->code != CF_OK) return held;
    held = cf_resolve_aggregate(c, n, &mine);
    if (mine) return held;
    const cf_function_row *f = known_function(c, n);
    if (!f || !check_count(c, n, f) || !cf_resolve_items(c, n)) return false;
    if (n->distinct || n->window) {
        cf_compiler_fail(c, CF_ERR_SYNTAX, n->at, "'%s' is for aggregates", n->window ? "over" : "distinct");
        return false;
    }
    for (const cf_function_row *other = f + 1; n->count && other->name && strcmp(other->name, f->name) == 0; other++)
        if (n->items[0]->kind == kind_of_letter(other->takes[0], CF_UNDEFINED)) f = other;
    n->function = f;
    if (cf_function_json(f) ? !resolve_json(c, n) : !resolve_arguments(c, n, f)) return false;
    n->kind = (uint8_t)kind_of_letter(f->gives, n->count ? n->items[0]->kind : CF_UNDEFINED);
    for (size_t i = 1; f->gives == '1' && i < n->count; i++) n->kind = cf_kind_wider(n->kind, n->items[i]->kind);
    n->nullable = null_of_call(n, f);
    return true;
}

static const struct type_name {
    const char *name;
    uint8_t     kind;
} type_names[] = {
    {"text", CF_TEXT}, {"integer", CF_INT},       {"real", CF_FLOAT}, {"decimal", CF_DECIMAL},
    {"date", CF_DATE}, {"datetime", CF_DATETIME}, {"bool", CF_BOOL},
};

/* A JSON element is what it is cast to or compared with: a text where that is not known. */
void cf_resolve_json_as(cf_node *n, int kind)
{
    if (n->op != CF_OP_CALL || !n->function || !cf_function_json(n->function)) return;
    if (kind == CF_INT || kind == CF_FLOAT || kind == CF_DECIMAL || kind == CF_BOOL)
        n->kind = kind == CF_DECIMAL ? CF_FLOAT : (uint8_t)kind;
}

static bool can_cast(int from, int to)
{
    bool number = cf_kind_numeric(from), moment = from == CF_DATE || from == CF_DATETIME;
    if (from == CF_UNDEFINED || from == to || from == CF_TEXT) return to != CF_BOOL || from != CF_TEXT;
    switch (to) {
    case CF_TEXT: return from != CF_BYTES;
    case CF_DATE:
    case CF_DATETIME: return moment;
    case CF_BOOL: return number;
    default: return number || from == CF_BOOL;
    }
}

bool cf_resolve_cast(cf_compiler *c, cf_node *n)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (cf_equal_nocase(n->text, n->size, type_names[i].name, strlen(type_names[i].name)))
            n->kind = type_names[i].kind;
    if (n->kind == CF_UNDEFINED) {
        cf_compiler_fail(c, CF_ERR_NAME, n->at,
                         "there is no type '%.*s'; cast to text, integer, real, decimal, date, datetime or bool",
                         (int)n->size, n->text);
        return false;
    }
    if (!cf_resolve_items(c, n)) return false;
    cf_node *value = n->items[0];
    cf_resolve_json_as(value, n->kind);
    if (!can_cast(value->kind, n->kind)) {
        cf_compiler_fail(c, CF_ERR_TYPE, value->at, "%s cannot be cast to %s", cf_kind_name(value->kind),
                         cf_kind_name(n->kind));
        return false;
    }
    n->nullable = value->nullable;
    return true;
}
