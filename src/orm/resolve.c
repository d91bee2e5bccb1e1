/* Names and types of a parsed query. */
#include "orm/ast.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool numeric(int kind)
{
    return kind == CF_INT || kind == CF_FLOAT || kind == CF_DECIMAL;
}

static bool compatible(int a, int b)
{
    return a == b || a == CF_UNDEFINED || b == CF_UNDEFINED || (numeric(a) && numeric(b));
}

static bool fail(cf_compiler *c, cf_code code, size_t at, const char *message)
{
    cf_compiler_fail(c, code, at, "%s", message);
    return false;
}

/* How a node is called in a message: its name, or what it is. */
static const char *describe(const cf_node *n, char *out, size_t size)
{
    if (n->op == CF_OP_COLUMN) snprintf(out, size, "%s.%s", n->attribute->mapper->name, n->attribute->name);
    else if (n->op == CF_OP_PARAMETER) snprintf(out, size, "value %d", n->parameter + 1);
    else if (n->op == CF_OP_CALL) snprintf(out, size, "%s()", n->function->name);
    else if (n->op == CF_OP_AGGREGATE) snprintf(out, size, "%.*s()", (int)n->size, n->text);
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

static bool comparable(cf_compiler *c, cf_node *a, cf_node *b)
{
    char left[160], right[160];
    if (a->op == CF_OP_NULL || b->op == CF_OP_NULL)
        return fail(c, CF_ERR_TYPE, a->op == CF_OP_NULL ? a->at : b->at,
                    "nothing equals null; write 'is null' or 'is not null'");
    if (a->kind == CF_SEQUENCE || b->kind == CF_SEQUENCE)
        return fail(c, CF_ERR_TYPE, a->kind == CF_SEQUENCE ? a->at : b->at,
                    "an array can only stand alone in 'in (?)'");
    if (is_encrypted(a) || is_encrypted(b)) {
        cf_compiler_fail(c, CF_ERR_TYPE, a->at, "%s is encrypted and can be compared with nothing",
                         describe(is_encrypted(a) ? a : b, left, sizeof left));
        return false;
    }
    unify(c, a, b);
    if (!known_name(c, a, b) || !known_name(c, b, a)) return false;
    if (compatible(a->kind, b->kind)) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, b->at, "%s is %s, but %s is %s", describe(a, left, sizeof left),
                     cf_kind_name(a->kind), describe(b, right, sizeof right), cf_kind_name(b->kind));
    return false;
}

bool cf_resolve_want(cf_compiler *c, const cf_node *n, int kind, const char *where)
{
    char name[160];
    if (n->kind == kind || n->kind == CF_UNDEFINED || (kind == CF_FLOAT && numeric(n->kind))) return true;
    if (n->op == CF_OP_PARAMETER && n->kind == CF_INT && kind == CF_BOOL) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s is %s, but %s takes %s", describe(n, name, sizeof name),
                     cf_kind_name(n->kind), where, kind == CF_FLOAT ? "numbers" : cf_kind_name(kind));
    return false;
}

static bool resolve_column(cf_compiler *c, cf_node *n)
{
    const cf_mapper *m = c->scope->mapper;
    n->attribute = cf_mapper_attribute(m, n->text, n->size);
    if (!n->attribute) return cf_resolve_unknown(c, n, m, n->text, n->size);
    n->alias = c->scope->alias;
    n->kind = (uint8_t)n->attribute->kind;
    c->secret |= n->attribute->options->secret || n->attribute->options->encrypted;
    if (n->attribute->special) n->kind = n->attribute->options->encrypted ? CF_BYTES : CF_TEXT; /* as it is stored */
    n->nullable = n->attribute->nullable;
    return true;
}

static bool resolve_parameter(cf_compiler *c, cf_node *n)
{
    if (n->parameter < c->argument_count && c->argument_kinds)
        n->kind = c->argument_kinds[n->parameter] & (uint8_t)~CF_ARGUMENT_NULLABLE;
    c->parameter_kind[n->parameter] = n->kind;
    return true;
}

static bool resolve_items(cf_compiler *c, cf_node *n)
{
    for (size_t i = 0; i < n->count; i++)
        if (!cf_resolve_node(c, n->items[i])) return false;
    return true;
}

static bool resolve_in(cf_compiler *c, cf_node *n)
{
    if (!resolve_items(c, n)) return false;
    cf_node *value = n->items[0];
    n->kind = CF_BOOL;
    if (n->count == 2 && n->items[1]->op == CF_OP_PARAMETER && n->items[1]->kind == CF_SEQUENCE) {
        c->parameter_list[n->items[1]->parameter] = true;
        if (value->op == CF_OP_COLUMN) c->parameter_for[n->items[1]->parameter] = value->attribute;
        return true;
    }
    for (size_t i = 1; i < n->count; i++) {
        if (n->items[i]->op == CF_OP_NULL)
            return fail(c, CF_ERR_TYPE, n->items[i]->at, "null in a list never matches; write 'or ... is null'");
        if (!comparable(c, value, n->items[i])) return false;
    }
    return true;
}

static bool resolve_call(cf_compiler *c, cf_node *n)
{
    bool related = false, held = cf_resolve_related(c, n, &related);
    if (related) return held;
    const cf_function_row *f = cf_function_find(n->text, n->size);
    if (!f) {
        const char *nearest = cf_function_nearest(n->text, n->size);
        cf_compiler_fail(c, CF_ERR_NAME, n->at, "there is no function '%.*s'%s%s%s", (int)n->size, n->text,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
        return false;
    }
    n->function = f;
    if (n->count < f->least || n->count > f->most) {
        if (f->least == f->most)
            cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes %d value%s, not %zu", f->name, f->least,
                             f->least == 1 ? "" : "s", n->count);
        else
            cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes %d to %d values, not %zu", f->name, f->least, f->most,
                             n->count);
        return false;
    }
    if (!resolve_items(c, n)) return false;
    for (size_t i = 0; i < n->count; i++) {
        int kind = f->argument;
        if (strcmp(f->name, "substr") == 0 && i > 0) kind = CF_INT;
        if (strcmp(f->name, "round") == 0 && i > 0) kind = CF_INT;
        if (kind != CF_UNDEFINED && !cf_resolve_want(c, n->items[i], kind, f->name)) return false;
        if (kind == CF_UNDEFINED && i > 0 && n->items[i]->op != CF_OP_NULL && !comparable(c, n->items[0], n->items[i]))
            return false;
    }
    n->kind = f->result != CF_UNDEFINED ? f->result : n->items[0]->kind;
    return true;
}

static bool resolve_case(cf_compiler *c, cf_node *n)
{
    size_t pairs = n->count - (n->negated ? 1 : 0);
    if (!resolve_items(c, n)) return false;
    for (size_t i = 0; i < n->count; i++) {
        bool condition = i < pairs && i % 2 == 0;
        if (condition && !cf_resolve_want(c, n->items[i], CF_BOOL, "'when'")) return false;
        if (!condition && n->kind == CF_UNDEFINED && n->items[i]->op != CF_OP_NULL) n->kind = n->items[i]->kind;
        if (!condition && n->items[i]->op != CF_OP_NULL && !compatible(n->kind, n->items[i]->kind))
            return fail(c, CF_ERR_TYPE, n->items[i]->at, "the values of a case must have one type");
    }
    return true;
}

static bool resolve_arithmetic(cf_compiler *c, cf_node *n)
{
    cf_node *a = n->items[0], *b = n->count > 1 ? n->items[1] : a;
    if (!resolve_items(c, n)) return false;
    if (n->op == CF_OP_CONCAT) {
        n->kind = CF_TEXT;
        return cf_resolve_want(c, a, CF_TEXT, "'||'") && cf_resolve_want(c, b, CF_TEXT, "'||'");
    }
    if (!cf_resolve_want(c, a, CF_FLOAT, "arithmetic") || !cf_resolve_want(c, b, CF_FLOAT, "arithmetic")) return false;
    if (a->kind == CF_FLOAT || b->kind == CF_FLOAT) n->kind = CF_FLOAT;
    else n->kind = a->kind == CF_DECIMAL || b->kind == CF_DECIMAL ? CF_DECIMAL : CF_INT;
    unify(c, a, b);
    return true;
}

static bool resolve_logic(cf_compiler *c, cf_node *n)
{
    if (!resolve_items(c, n)) return false;
    n->kind = CF_BOOL;
    for (size_t i = 0; i < n->count; i++)
        if (!cf_resolve_want(c, n->items[i], CF_BOOL,
                             n->op == CF_OP_AND  ? "'and'"
                             : n->op == CF_OP_OR ? "'or'"
                                                 : "'not'"))
            return false;
    return true;
}

static bool resolve_like(cf_compiler *c, cf_node *n)
{
    if (!resolve_items(c, n)) return false;
    n->kind = CF_BOOL;
    for (size_t i = 0; i < n->count; i++) {
        if (!cf_resolve_want(c, n->items[i], CF_TEXT, "'like'")) return false;
        if (i > 0) unify(c, n->items[0], n->items[i]);
    }
    if (n->count == 3 && (n->items[2]->op != CF_OP_TEXT || cf_utf8_length(n->items[2]->text, n->items[2]->size) != 1))
        return fail(c, CF_ERR_TYPE, n->items[2]->at, "'escape' takes one character in quotes");
    return true;
}

bool cf_resolve_node(cf_compiler *c, cf_node *n)
{
    switch ((cf_op)n->op) {
    case CF_OP_COLUMN: return resolve_column(c, n);
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
    case CF_OP_GE: n->kind = CF_BOOL; return resolve_items(c, n) && comparable(c, n->items[0], n->items[1]);
    case CF_OP_IS_NULL:
    case CF_OP_IS_NOT_NULL: n->kind = CF_BOOL; return resolve_items(c, n);
    case CF_OP_LIKE:
    case CF_OP_ILIKE: return resolve_like(c, n);
    case CF_OP_BETWEEN:
        n->kind = CF_BOOL;
        return resolve_items(c, n) && comparable(c, n->items[0], n->items[1]) &&
               comparable(c, n->items[0], n->items[2]);
    case CF_OP_IN: return resolve_in(c, n);
    case CF_OP_CALL: return resolve_call(c, n);
    case CF_OP_CASE: return resolve_case(c, n);
    default: return resolve_arithmetic(c, n);
    }
}

static bool resolve_bound(cf_compiler *c, cf_node *n, const char *word)
{
    if (!n) return true;
    if (n->op != CF_OP_INTEGER && n->op != CF_OP_PARAMETER) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "'%s' takes a whole number or '?'", word);
        return false;
    }
    if (!cf_resolve_node(c, n) || !cf_resolve_want(c, n, CF_INT, word)) return false;
    if (n->op == CF_OP_PARAMETER) c->parameter_kind[n->parameter] = CF_INT;
    return true;
}

static bool check_verb(cf_compiler *c, const cf_query_tree *tree)
{
    bool writes = c->verb == CF_VERB_DELETE_WHERE || c->verb == CF_VERB_UPDATE_WHERE;
    if (c->verb == CF_VERB_PAGE && (tree->limit || tree->offset))
        return fail(c, CF_ERR_SYNTAX, (tree->limit ? tree->limit : tree->offset)->at,
                    "'limit' and 'offset' are the page's own; they cannot stand here");
    if (!writes) return true;
    if (!tree->where && !tree->all)
        return fail(c, CF_ERR_SYNTAX, 0, "this would take every row; write \"all\" if that is meant");
    if (tree->order_count || tree->limit || tree->offset)
        return fail(c, CF_ERR_SYNTAX, 0, "'order by' and 'limit' cannot stand here");
    return true;
}

static bool check_arguments(cf_compiler *c, const cf_query_tree *tree)
{
    if (!c->argument_kinds || tree->parameters == c->argument_count) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, 0, "the query has %u '?', but %zu value%s given", tree->parameters,
                     c->argument_count, c->argument_count == 1 ? " is" : "s are");
    return false;
}

bool cf_resolve(cf_compiler *c, cf_query_tree *tree)
{
    if (!check_verb(c, tree) || !check_arguments(c, tree)) return false;
    c->scope = tree->scope = cf_arena_alloc(c->arena, sizeof *tree->scope);
    if (!tree->scope) return fail(c, CF_ERR_MEMORY, 0, "out of memory");
    tree->scope->mapper = c->mapper;
    c->aliases = 1;
    if (tree->where) {
        if (!cf_resolve_node(c, tree->where)) return false;
        if (tree->where->kind != CF_BOOL && tree->where->kind != CF_UNDEFINED) {
            char name[160];
            cf_compiler_fail(c, CF_ERR_TYPE, tree->where->at, "%s is %s, not a condition",
                             describe(tree->where, name, sizeof name), cf_kind_name(tree->where->kind));
            return false;
        }
    }
    for (size_t i = 0; i < tree->order_count; i++) {
        if (tree->orders[i].node->op == CF_OP_PARAMETER)
            return fail(c, CF_ERR_TYPE, tree->orders[i].node->at, "'order by ?' would order by a constant");
        if (!cf_resolve_node(c, tree->orders[i].node)) return false;
    }
    if (tree->scope->join_count && (c->verb == CF_VERB_DELETE_WHERE || c->verb == CF_VERB_UPDATE_WHERE))
        return fail(c, CF_ERR_UNSUPPORTED, 0, "a path cannot stand here; say any(relationship, condition)");
    return resolve_bound(c, tree->limit, "limit") && resolve_bound(c, tree->offset, "offset");
}

/* ---- functions -------------------------------------------------------------------------------- */

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
