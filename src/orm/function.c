/* Functions of the language: what they take and give, and how each dialect calls them. */
#include "orm/resolve.h"

#include "base/text.h"

#include <string.h>

static const cf_function_row functions[] = {
    {"abs", 1, 1, CF_FLOAT, CF_UNDEFINED, {0}},
    {"coalesce", 2, 32, CF_UNDEFINED, CF_UNDEFINED, {0}},
    {"length", 1, 1, CF_TEXT, CF_INT, {NULL, "char_length", "char_length"}},
    {"lower", 1, 1, CF_TEXT, CF_TEXT, {0}},
    {"ltrim", 1, 1, CF_TEXT, CF_TEXT, {0}},
    {"nullif", 2, 2, CF_UNDEFINED, CF_UNDEFINED, {0}},
    {"replace", 3, 3, CF_TEXT, CF_TEXT, {0}},
    {"round", 1, 2, CF_FLOAT, CF_FLOAT, {0}},
    {"rtrim", 1, 1, CF_TEXT, CF_TEXT, {0}},
    {"substr", 2, 3, CF_TEXT, CF_TEXT, {0}},
    {"trim", 1, 1, CF_TEXT, CF_TEXT, {0}},
    {"upper", 1, 1, CF_TEXT, CF_TEXT, {0}},
};

#define FUNCTION_COUNT (sizeof functions / sizeof *functions)

const cf_function_row *cf_function_find(const char *name, size_t size)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (cf_equal_nocase(name, size, functions[i].name, strlen(functions[i].name))) return &functions[i];
    return NULL;
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
    const char *nearest = cf_function_nearest(n->text, n->size);
    return cf_compiler_fail(c, CF_ERR_NAME, n->at, "there is no function '%.*s'%s%s%s", (int)n->size, n->text,
                            nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

bool cf_resolve_call(cf_compiler *c, cf_node *n)
{
    bool mine = false, held = cf_resolve_related(c, n, &mine);
    if (mine || c->code != CF_OK) return held;
    held = cf_resolve_aggregate(c, n, &mine);
    if (mine) return held;
    const cf_function_row *f = n->function = known_function(c, n);
    if (!f || !check_count(c, n, f) || !cf_resolve_items(c, n)) return false;
    if (n->distinct || n->window) {
        cf_compiler_fail(c, CF_ERR_SYNTAX, n->at, "'%s' is for aggregates", n->window ? "over" : "distinct");
        return false;
    }
    bool all_null = true, some_null = false;
    for (size_t i = 0; i < n->count; i++) {
        int kind = f->argument;
        if (strcmp(f->name, "substr") == 0 && i > 0) kind = CF_INT;
        if (strcmp(f->name, "round") == 0 && i > 0) kind = CF_INT;
        if (kind != CF_UNDEFINED && !cf_resolve_want(c, n->items[i], kind, f->name)) return false;
        if (kind == CF_UNDEFINED && i > 0 && n->items[i]->op != CF_OP_NULL &&
            !cf_resolve_comparable(c, n->items[0], n->items[i]))
            return false;
        some_null |= n->items[i]->nullable;
        all_null &= n->items[i]->nullable;
    }
    n->kind = f->result != CF_UNDEFINED ? f->result : n->items[0]->kind;
    n->nullable = strcmp(f->name, "coalesce") == 0 ? all_null : some_null || strcmp(f->name, "nullif") == 0;
    return true;
}

static const struct type_name {
    const char *name;
    uint8_t     kind;
} type_names[] = {
    {"text", CF_TEXT}, {"integer", CF_INT},       {"real", CF_FLOAT}, {"decimal", CF_DECIMAL},
    {"date", CF_DATE}, {"datetime", CF_DATETIME}, {"bool", CF_BOOL},
};

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
    n->nullable = n->items[0]->nullable;
    return true;
}
