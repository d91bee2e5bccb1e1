/* Types of expressions. */
#include "orm/resolve.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

bool cf_kind_numeric(int kind)
{
    return kind == CF_INT || kind == CF_FLOAT || kind == CF_DECIMAL;
}

bool cf_kinds_compatible(int a, int b)
{
    return a == b || a == CF_UNDEFINED || b == CF_UNDEFINED || (cf_kind_numeric(a) && cf_kind_numeric(b));
}

uint8_t cf_kind_wider(uint8_t a, uint8_t b)
{
    if (a == CF_UNDEFINED) return b;
    if (!cf_kind_numeric(a) || !cf_kind_numeric(b)) return a;
    if (a == CF_FLOAT || b == CF_FLOAT) return CF_FLOAT;
    return a == CF_DECIMAL ? a : b;
}

bool cf_resolve_fail(cf_compiler *c, cf_code code, size_t at, const char *message)
{
    cf_compiler_fail(c, code, at, "%s", message);
    return false;
}

const char *cf_resolve_describe(const cf_node *n, char *out, size_t size)
{
    if (n->op == CF_OP_COLUMN && n->attribute)
        snprintf(out, size, "%s.%s", n->attribute->mapper->name, n->attribute->name);
    else if (n->op == CF_OP_PARAMETER) snprintf(out, size, "value %d", n->parameter + 1);
    else if (n->op == CF_OP_CALL && n->function) snprintf(out, size, "%s()", n->function->name);
    else if (n->op == CF_OP_RELATED || n->op == CF_OP_AGGREGATE || n->op == CF_OP_CALL)
        snprintf(out, size, "%.*s()", (int)n->size, n->text);
    else if (n->op == CF_OP_SELECT) snprintf(out, size, "the sub-query");
    else snprintf(out, size, "this");
    return out;
}

/* A parameter takes the type of what it is compared with. C's true and false are int: they fit a boolean. */
static void unify(cf_compiler *c, cf_node *a, cf_node *b)
{
    for (int i = 0; i < 2; i++) {
        cf_node *parameter = i ? b : a, *other = i ? a : b;
        if (parameter->op != CF_OP_PARAMETER || parameter->kind == CF_SEQUENCE) continue;
        if (other->op == CF_OP_COLUMN) c->parameter_for[parameter->parameter] = other->attribute;
        if (parameter->kind == CF_INT && other->kind == CF_BOOL) parameter->kind = CF_BOOL;
        if (parameter->kind == CF_INT && other->op == CF_OP_COLUMN && other->attribute->special)
            parameter->kind = CF_TEXT; /* a number of an enumeration becomes its name */
        if (parameter->kind == CF_UNDEFINED) parameter->kind = other->kind;
        c->parameter_kind[parameter->parameter] = parameter->kind;
    }
}

static bool is_encrypted(const cf_node *n)
{
    return n->op == CF_OP_COLUMN && n->attribute->options->encrypted;
}

/* A text that is compared with an enumeration must be one of its names. */
static bool known_name(cf_compiler *c, const cf_node *column, const cf_node *text)
{
    if (column->op != CF_OP_COLUMN || !column->attribute->options->enum_names || text->op != CF_OP_TEXT) return true;
    for (const cf_enum_name *n = column->attribute->options->enum_names; n->name; n++)
        if (strlen(n->name) == text->size && memcmp(n->name, text->text, text->size) == 0) return true;
    cf_compiler_fail(c, CF_ERR_NAME, text->at, "'%.*s' is none of the names of %s.%s", (int)text->size, text->text,
                     column->attribute->mapper->name, column->attribute->name);
    return false;
}

bool cf_resolve_comparable(cf_compiler *c, cf_node *a, cf_node *b)
{
    char left[160], right[160];
    if (a->op == CF_OP_NULL || b->op == CF_OP_NULL)
        return cf_resolve_fail(c, CF_ERR_TYPE, a->op == CF_OP_NULL ? a->at : b->at,
                               "nothing equals null; write 'is null' or 'is not null'");
    if (a->kind == CF_SEQUENCE || b->kind == CF_SEQUENCE)
        return cf_resolve_fail(c, CF_ERR_TYPE, a->kind == CF_SEQUENCE ? a->at : b->at,
                               "an array can only stand alone in 'in (?)'");
    if (is_encrypted(a) || is_encrypted(b)) {
        cf_compiler_fail(c, CF_ERR_TYPE, a->at, "%s is encrypted and can be compared with nothing",
                         cf_resolve_describe(is_encrypted(a) ? a : b, left, sizeof left));
        return false;
    }
    cf_resolve_json_as(a, b->kind);
    cf_resolve_json_as(b, a->kind);
    if (a->kind == CF_JSON || b->kind == CF_JSON) {
        cf_compiler_fail(c, CF_ERR_TYPE, a->at, "%s is a document, which can be compared with nothing; write json(...)",
                         cf_resolve_describe(a->kind == CF_JSON ? a : b, left, sizeof left));
        return false;
    }
    unify(c, a, b);
    if (!known_name(c, a, b) || !known_name(c, b, a)) return false;
    if (cf_kinds_compatible(a->kind, b->kind)) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, b->at, "%s is %s, but %s is %s", cf_resolve_describe(a, left, sizeof left),
                     cf_kind_name(a->kind), cf_resolve_describe(b, right, sizeof right), cf_kind_name(b->kind));
    return false;
}

bool cf_resolve_storable(cf_compiler *c, cf_node *column, cf_node *value)
{
    const cf_attribute *a = column->attribute;
    if (value->op == CF_OP_NULL && a->nullable) return true;
    if (value->op == CF_OP_NULL) {
        cf_compiler_fail(c, CF_ERR_TYPE, value->at, "%s.%s cannot be null", a->mapper->name, a->name);
        return false;
    }
    if (column->kind != CF_JSON || value->kind == CF_NULL) return cf_resolve_comparable(c, column, value);
    unify(c, column, value);
    return cf_resolve_want(c, value, CF_JSON, "the column");
}

bool cf_resolve_want(cf_compiler *c, const cf_node *n, int kind, const char *where)
{
    char name[160];
    if (n->kind == kind || n->kind == CF_UNDEFINED || (kind == CF_FLOAT && cf_kind_numeric(n->kind))) return true;
    if (n->op == CF_OP_PARAMETER && n->kind == CF_INT && kind == CF_BOOL) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s is %s, but %s takes %s", cf_resolve_describe(n, name, sizeof name),
                     cf_kind_name(n->kind), where, kind == CF_FLOAT ? "numbers" : cf_kind_name(kind));
    return false;
}

bool cf_resolve_condition(cf_compiler *c, cf_node *n)
{
    char name[160];
    if (!n) return true;
    if (!cf_resolve_node(c, n)) return false;
    if (n->kind == CF_BOOL || n->kind == CF_UNDEFINED) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s is %s, not a condition", cf_resolve_describe(n, name, sizeof name),
                     cf_kind_name(n->kind));
    return false;
}

static bool resolve_parameter(cf_compiler *c, cf_node *n)
{
    if (n->parameter < c->argument_count && c->argument_kinds) {
        n->kind = c->argument_kinds[n->parameter] & (uint8_t)~CF_ARGUMENT_NULLABLE;
        n->nullable = (c->argument_kinds[n->parameter] & CF_ARGUMENT_NULLABLE) != 0;
    }
    c->parameter_kind[n->parameter] = n->kind;
    return true;
}

bool cf_resolve_items(cf_compiler *c, cf_node *n)
{
    for (size_t i = 0; i < n->count; i++)
        if (!cf_resolve_node(c, n->items[i])) return false;
    return true;
}

static bool resolve_in(cf_compiler *c, cf_node *n)
{
    if (!cf_resolve_items(c, n)) return false;
    cf_node *value = n->items[0];
    n->kind = CF_BOOL;
    if (n->select)
        return cf_resolve_select(c, n->select, NULL, 1) && cf_resolve_comparable(c, value, n->select->list->items[0]);
    if (n->count == 2 && n->items[1]->op == CF_OP_PARAMETER && n->items[1]->kind == CF_SEQUENCE) {
        c->parameter_list[n->items[1]->parameter] = true;
        if (value->op == CF_OP_COLUMN) c->parameter_for[n->items[1]->parameter] = value->attribute;
        c->parameter_kind[n->items[1]->parameter] = value->kind;
        return true;
    }
    for (size_t i = 1; i < n->count; i++) {
        if (n->items[i]->op == CF_OP_NULL)
            return cf_resolve_fail(c, CF_ERR_TYPE, n->items[i]->at,
                                   "null in a list never matches; write 'or ... is null'");
        if (!cf_resolve_comparable(c, value, n->items[i])) return false;
    }
    return true;
}

/* All values of a case have one type, and parameters among them take it. */
static bool unify_values(cf_compiler *c, cf_node *n, size_t from, size_t pairs)
{
    cf_node *first = NULL;
    n->nullable = !n->negated;
    for (size_t i = from; i < n->count; i++) {
        cf_node *value = n->items[i];
        if (i < from + pairs && (i - from) % 2 == 0) continue;
        n->nullable |= value->nullable;
        if (value->op == CF_OP_NULL) continue;
        if (!first || (first->op == CF_OP_PARAMETER && value->op != CF_OP_PARAMETER)) {
            if (first) unify(c, first, value);
            first = value;
        } else {
            unify(c, first, value);
        }
        if (!cf_kinds_compatible(first->kind, value->kind))
            return cf_resolve_fail(c, CF_ERR_TYPE, value->at, "the values of a case must have one type");
        n->kind = cf_kind_wider(n->kind, value->kind);
    }
    return true;
}

static bool resolve_case(cf_compiler *c, cf_node *n)
{
    size_t from = n->simple ? 1 : 0, pairs = n->count - from - (n->negated ? 1 : 0);
    if (!cf_resolve_items(c, n)) return false;
    for (size_t i = from; i < from + pairs; i += 2) {
        if (n->simple ? !cf_resolve_comparable(c, n->items[0], n->items[i])
                      : !cf_resolve_want(c, n->items[i], CF_BOOL, "'when'"))
            return false;
    }
    return unify_values(c, n, from, pairs);
}

static bool resolve_arithmetic(cf_compiler *c, cf_node *n)
{
    cf_node *a = n->items[0], *b = n->count > 1 ? n->items[1] : a;
    if (!cf_resolve_items(c, n)) return false;
    if (n->op == CF_OP_CONCAT) {
        n->kind = CF_TEXT;
        return cf_resolve_want(c, a, CF_TEXT, "'||'") && cf_resolve_want(c, b, CF_TEXT, "'||'");
    }
    cf_resolve_json_as(a, CF_FLOAT);
    cf_resolve_json_as(b, CF_FLOAT);
    if (n->op == CF_OP_REMAINDER && (!cf_resolve_want(c, a, CF_INT, "'%'") || !cf_resolve_want(c, b, CF_INT, "'%'")))
        return false;
    if (!cf_resolve_want(c, a, CF_FLOAT, "arithmetic") || !cf_resolve_want(c, b, CF_FLOAT, "arithmetic")) return false;
    unify(c, a, b);
    n->kind = cf_kind_wider(cf_kind_wider(CF_INT, a->kind), b->kind);
    return true;
}

static bool resolve_logic(cf_compiler *c, cf_node *n)
{
    const char *word = n->op == CF_OP_AND ? "'and'" : n->op == CF_OP_OR ? "'or'" : "'not'";
    if (!cf_resolve_items(c, n)) return false;
    n->kind = CF_BOOL;
    for (size_t i = 0; i < n->count; i++)
        if (!cf_resolve_want(c, n->items[i], CF_BOOL, word)) return false;
    return true;
}

static bool resolve_like(cf_compiler *c, cf_node *n)
{
    const char *word = n->op == CF_OP_STARTS     ? "'starts with'"
                       : n->op == CF_OP_ENDS     ? "'ends with'"
                       : n->op == CF_OP_CONTAINS ? "'contains'"
                                                 : "'like'";
    if (!cf_resolve_items(c, n)) return false;
    n->kind = CF_BOOL;
    for (size_t i = 0; i < n->count; i++) {
        if (!cf_resolve_want(c, n->items[i], CF_TEXT, word)) return false;
        if (i > 0) unify(c, n->items[0], n->items[i]);
    }
    if (n->count == 3 && (n->items[2]->op != CF_OP_TEXT || cf_utf8_length(n->items[2]->text, n->items[2]->size) != 1))
        return cf_resolve_fail(c, CF_ERR_TYPE, n->items[2]->at, "'escape' takes one character in quotes");
    return true;
}

/* (select ...): its one value, which is null where there is no row. */
static bool resolve_subquery(cf_compiler *c, cf_node *n)
{
    if (!cf_resolve_select(c, n->select, NULL, 1)) return false;
    const cf_node *value = n->select->list->items[0];
    n->kind = value->kind;
    n->nullable = value->nullable || !n->select->aggregated || n->select->groups || n->select->having;
    return true;
}

static bool resolve_each(cf_compiler *c, cf_node *n)
{
    switch ((cf_op)n->op) {
    case CF_OP_COLUMN: return cf_resolve_column(c, n);
    case CF_OP_PATH: return cf_resolve_path(c, n);
    case CF_OP_PARAMETER: return resolve_parameter(c, n);
    case CF_OP_INTEGER: n->kind = CF_INT; return true;
    case CF_OP_NUMBER: n->kind = CF_FLOAT; return true;
    case CF_OP_TEXT: n->kind = CF_TEXT; return true;
    case CF_OP_TRUE:
    case CF_OP_FALSE: n->kind = CF_BOOL; return true;
    case CF_OP_NULL: n->nullable = true; return true;
    case CF_OP_AND:
    case CF_OP_OR:
    case CF_OP_NOT: return resolve_logic(c, n);
    case CF_OP_EQ:
    case CF_OP_NE:
    case CF_OP_LT:
    case CF_OP_LE:
    case CF_OP_GT:
    case CF_OP_GE:
        n->kind = CF_BOOL;
        return cf_resolve_items(c, n) && cf_resolve_comparable(c, n->items[0], n->items[1]);
    case CF_OP_DISTINCT_FROM:
        n->kind = CF_BOOL;
        return cf_resolve_items(c, n) && (n->items[0]->op == CF_OP_NULL || n->items[1]->op == CF_OP_NULL ||
                                          cf_resolve_comparable(c, n->items[0], n->items[1]));
    case CF_OP_IS_NULL:
    case CF_OP_IS_NOT_NULL: n->kind = CF_BOOL; return cf_resolve_items(c, n);
    case CF_OP_LIKE:
    case CF_OP_ILIKE:
    case CF_OP_STARTS:
    case CF_OP_ENDS:
    case CF_OP_CONTAINS: return resolve_like(c, n);
    case CF_OP_BETWEEN:
        n->kind = CF_BOOL;
        return cf_resolve_items(c, n) && cf_resolve_comparable(c, n->items[0], n->items[1]) &&
               cf_resolve_comparable(c, n->items[0], n->items[2]);
    case CF_OP_IN: return resolve_in(c, n);
    case CF_OP_CALL: return cf_resolve_call(c, n);
    case CF_OP_CAST: return cf_resolve_cast(c, n);
    case CF_OP_CASE: return resolve_case(c, n);
    case CF_OP_SELECT: return resolve_subquery(c, n);
    case CF_OP_EXISTS: n->kind = CF_BOOL; return cf_resolve_select(c, n->select, NULL, 0);
    case CF_OP_STAR: return cf_resolve_fail(c, CF_ERR_SYNTAX, n->at, "'*' stands in count(*) alone");
    default: return resolve_arithmetic(c, n);
    }
}

bool cf_resolve_node(cf_compiler *c, cf_node *n)
{
    if (!resolve_each(c, n)) return false;
    switch ((cf_op)n->op) { /* most are null where a part of them is */
    case CF_OP_NOT:
    case CF_OP_AND:
    case CF_OP_OR:
    case CF_OP_EQ:
    case CF_OP_NE:
    case CF_OP_LT:
    case CF_OP_LE:
    case CF_OP_GT:
    case CF_OP_GE:
    case CF_OP_LIKE:
    case CF_OP_ILIKE:
    case CF_OP_STARTS:
    case CF_OP_ENDS:
    case CF_OP_CONTAINS:
    case CF_OP_BETWEEN:
    case CF_OP_IN:
    case CF_OP_ADD:
    case CF_OP_SUBTRACT:
    case CF_OP_MULTIPLY:
    case CF_OP_DIVIDE:
    case CF_OP_REMAINDER:
    case CF_OP_CONCAT:
    case CF_OP_NEGATE:
        for (size_t i = 0; i < n->count; i++) n->nullable |= n->items[i]->nullable;
        /* By zero there is no quotient. */
        if ((n->op == CF_OP_DIVIDE || n->op == CF_OP_REMAINDER) &&
            ((n->items[1]->op != CF_OP_INTEGER && n->items[1]->op != CF_OP_NUMBER) || cf_node_zero(n->items[1])))
            n->nullable = true;
        if (n->op == CF_OP_IN && n->select) n->nullable |= n->select->list->items[0]->nullable;
        return true;
    default: return true;
    }
}
