/* Counts, sums and their kin: of related rows, of the rows of the select, and over windows; and what groups allow. */
#include "orm/resolve.h"

#include "base/text.h"
#include "orm/side.h"

#include <string.h>

static const struct related {
    const char *name;
    cf_op       op;
    bool        column; /* takes relationship.column */
} relateds[] = {
    {"any", CF_OP_ANY, false},       {"all", CF_OP_ALL, false},    {"none", CF_OP_NONE, false},
    {"count", CF_OP_RELATED, false}, {"sum", CF_OP_RELATED, true}, {"min", CF_OP_RELATED, true},
    {"max", CF_OP_RELATED, true},    {"avg", CF_OP_RELATED, true},
};

/* What a select makes of its rows, and what stands with `over` alone. */
static const struct aggregate {
    const char *name;
    uint8_t     least, most; /* arguments */
    uint8_t     argument;    /* kind of the first; CF_UNDEFINED: any */
    uint8_t     result;      /* CF_UNDEFINED: that of the first argument */
    bool        window;      /* needs `over` */
} aggregates[] = {
    {"count", 1, 1, CF_UNDEFINED, CF_INT, false},     {"sum", 1, 1, CF_FLOAT, CF_UNDEFINED, false},
    {"avg", 1, 1, CF_FLOAT, CF_FLOAT, false},         {"min", 1, 1, CF_UNDEFINED, CF_UNDEFINED, false},
    {"max", 1, 1, CF_UNDEFINED, CF_UNDEFINED, false}, {"group_concat", 1, 2, CF_TEXT, CF_TEXT, false},
    {"row_number", 0, 0, CF_UNDEFINED, CF_INT, true}, {"rank", 0, 0, CF_UNDEFINED, CF_INT, true},
    {"dense_rank", 0, 0, CF_UNDEFINED, CF_INT, true}, {"lag", 1, 2, CF_UNDEFINED, CF_UNDEFINED, true},
    {"lead", 1, 2, CF_UNDEFINED, CF_UNDEFINED, true}, {"first_value", 1, 1, CF_UNDEFINED, CF_UNDEFINED, true},
};

static bool is_called(const cf_node *n, const char *name)
{
    return cf_equal_nocase(n->text, n->size, name, strlen(name));
}

static bool of_scope(const cf_scope *scope, uint8_t alias)
{
    if (scope->alias == alias) return true;
    for (size_t i = 0; i < scope->join_count; i++)
        if (scope->joins[i].alias == alias) return true;
    return false;
}

/* ---- of related rows ---------------------------------------------------------------------------- */

/* A list of some objects only is that in queries too: its own condition is resolved in the scope of the related rows. */
static bool add_filter(cf_compiler *c, cf_node *n)
{
    cf_compiler    inner = *c;
    const cf_plan *plan = n->side->order;
    if (!plan || !plan->tree->select->where) return true;
    inner.text = plan->text;
    inner.size = strlen(plan->text);
    inner.at = 0;
    inner.depth = 0;
    inner.verb = CF_VERB_ALL;
    inner.clause = CF_CLAUSE_WHERE;
    cf_query_tree *tree = cf_parse(&inner);
    if (!tree || !cf_resolve_node(&inner, tree->select->where))
        return cf_resolve_fail(c, inner.code, n->at, inner.message);
    n->filter = tree->select->where;
    c->aliases = inner.aliases;
    c->read_count = inner.read_count;
    memcpy(c->reads, inner.reads, sizeof c->reads);
    return true;
}

static bool open_scope(cf_compiler *c, cf_node *n, const cf_node *name)
{
    cf_scope *scope = cf_arena_alloc(c->arena, sizeof *scope);
    uint8_t   alias;
    if (!scope) return cf_resolve_fail(c, CF_ERR_MEMORY, n->at, "out of memory");
    n->scope = scope;
    if (n->side->through && !cf_resolve_alias(c, name->at, n->side->through, &n->alias)) return false;
    if (!cf_resolve_alias(c, name->at, n->side->target, &alias)) return false;
    *scope = (cf_scope){.outer = c->scope, .mapper = n->side->target, .alias = alias};
    c->scope = scope;
    return add_filter(c, n);
}

/* sum(relationship.column): the column is looked up among the related rows. */
static bool resolve_related_column(cf_compiler *c, cf_node *n, cf_node *path)
{
    cf_node *column = path->items[1];
    if (!cf_resolve_node(c, column)) return false;
    if ((is_called(n, "sum") || is_called(n, "avg")) && !cf_resolve_want(c, column, CF_FLOAT, "this")) return false;
    n->items[0] = column;
    n->count = 1;
    n->nullable = true;
    n->kind = is_called(n, "avg") ? CF_FLOAT : column->kind;
    return true;
}

static bool resolve_in_scope(cf_compiler *c, cf_node *n, const struct related *r, bool path)
{
    cf_scope *before = c->scope;
    cf_clause clause = c->clause;
    cf_node  *name = n->items[0];
    bool      ok = open_scope(c, n, path ? name->items[0] : name);
    c->clause = CF_CLAUSE_WHERE;
    n->op = (uint8_t)r->op;
    n->kind = r->op == CF_OP_RELATED ? CF_INT : CF_BOOL;
    if (ok && path) ok = resolve_related_column(c, n, name);
    else if (ok && n->count == 2)
        ok = cf_resolve_node(c, n->items[1]) && cf_resolve_want(c, n->items[1], CF_BOOL, r->name);
    if (ok && !path) { /* the name has done its work: what stays is the condition, if there is one */
        n->count--;
        n->items++;
    }
    c->scope = before;
    c->clause = clause;
    return ok;
}

/* Does the call speak of a relationship? Else it is an aggregate of the rows, or a mistake. */
static bool speaks_of_side(cf_compiler *c, cf_node *n, const struct related *r, bool path, bool *mine)
{
    cf_node       *name = n->count ? n->items[0] : NULL;
    bool           condition = r->op != CF_OP_RELATED;
    const cf_node *first = path ? name->items[0] : name;
    bool           plain = first && (path || first->op == CF_OP_COLUMN);
    cf_side       *side = plain ? cf_mapper_side(c->scope->mapper, first->text, first->size) : NULL;
    uint8_t        alias;
    *mine = condition || (side && n->count == 1 && !n->window && !n->distinct);
    if (side && path && side->kind != CF_SIDE_LIST && side->kind != CF_SIDE_THROUGH) *mine = false;
    if (*mine && path && !condition) { /* a table that is joined as the text says goes before */
        cf_compiler quiet = *c;
        cf_node     table = *name;
        table.count = 1;
        if (cf_resolve_table(&quiet, &table, &alias)) *mine = false;
    }
    if (!*mine) return false;
    if (!name || n->count > (condition ? 2u : 1u) || (r->column ? !path : !plain || path)) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes a relationship%s", r->name,
                         r->column   ? " and its column, such as datasets.size"
                         : condition ? " and a condition"
                                     : "");
        return false;
    }
    n->side = side ? side : cf_resolve_side(c, c->scope->mapper, name);
    return n->side != NULL;
}

bool cf_resolve_related(cf_compiler *c, cf_node *n, bool *mine)
{
    size_t i = 0, count = sizeof relateds / sizeof *relateds;
    while (i < count && !is_called(n, relateds[i].name)) i++;
    *mine = false;
    if (i == count) return false;
    bool path = n->count && n->items[0]->op == CF_OP_PATH && n->items[0]->count == 2;
    return speaks_of_side(c, n, &relateds[i], path, mine) && resolve_in_scope(c, n, &relateds[i], path);
}

/* ---- of the rows of the select ------------------------------------------------------------------- */

/* A name that is neither a column nor a relationship: it was probably meant as the latter. */
static bool is_misspelt(const cf_compiler *c, const cf_node *n)
{
    const cf_node   *name = n->count ? n->items[0] : NULL;
    const cf_mapper *m = c->scope->mapper;
    return m && name && name->op == CF_OP_COLUMN && !cf_mapper_attribute(m, name->text, name->size);
}

static bool may_stand(cf_compiler *c, const cf_node *n)
{
    if (c->clause < CF_CLAUSE_SELECT && is_misspelt(c, n))
        return cf_resolve_unknown(c, n->items[0], c->scope->mapper, n->items[0]->text, n->items[0]->size);
    if (!c->scope->select) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%.*s() of rows cannot stand within any() and its kin", (int)n->size,
                         n->text);
    } else if (c->inside) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%.*s() cannot stand within %.*s()", (int)n->size, n->text,
                         (int)c->inside->size, c->inside->text);
    } else if (c->clause < CF_CLAUSE_SELECT) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%.*s() of rows cannot stand in %s", (int)n->size, n->text,
                         c->clause == CF_CLAUSE_GROUP  ? "'group by'"
                         : c->clause == CF_CLAUSE_JOIN ? "the condition of a join"
                                                       : "a condition on rows; write it behind 'having'");
    } else if (n->window && c->clause == CF_CLAUSE_HAVING) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "'over' can stand in the select list and in 'order by' alone");
    } else if (!c->scope->select->list) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%.*s() of rows needs a select list", (int)n->size, n->text);
    }
    return c->code == CF_OK;
}

static bool resolve_window(cf_compiler *c, cf_window *w)
{
    for (size_t i = 0; w->partition && i < w->partition->count; i++)
        if (!cf_resolve_node(c, w->partition->items[i])) return false;
    return cf_resolve_orders(c, w->orders, w->order_count);
}

/* Kinds that every database knows the least and the greatest of. */
static bool is_ordered(int kind)
{
    return kind != CF_BOOL && kind != CF_JSON && kind != CF_BYTES && kind != CF_UUID;
}

typedef struct reading {
    const cf_scope *scope;
    bool            own, outer;
} reading;

static bool note_column(void *context, cf_node *n)
{
    reading *r = context;
    if (n->op == CF_OP_COLUMN && of_scope(r->scope, n->alias)) r->own = true;
    else if (n->op == CF_OP_COLUMN) r->outer = true;
    return cf_node_each(n, note_column, context);
}

/* An aggregate of columns of an enclosing query alone would be one of that query's rows. */
static bool reads_own_rows(const cf_scope *scope, cf_node *n)
{
    reading r = {.scope = scope};
    cf_node_each(n, note_column, &r);
    return r.own || !r.outer;
}

static bool resolve_arguments(cf_compiler *c, cf_node *n, const struct aggregate *a)
{
    cf_node  *before = c->inside;
    cf_clause clause = c->clause;
    bool      star = n->count == 1 && n->items[0]->op == CF_OP_STAR;
    if (n->count < a->least || n->count > a->most) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes %d value%s, not %zu", a->name, a->most,
                         a->most == 1 ? "" : "s", n->count);
        return false;
    }
    if (star && a != aggregates) return cf_resolve_fail(c, CF_ERR_SYNTAX, n->at, "'*' stands in count(*) alone");
    if (star) return true;
    if (!n->window) c->inside = n;
    c->clause = CF_CLAUSE_SELECT;
    bool ok = cf_resolve_items(c, n);
    c->inside = before;
    c->clause = clause;
    if (!ok || n->count == 0) return ok;
    if (a->argument == CF_UNDEFINED && a->result == CF_UNDEFINED && !a->window && !is_ordered(n->items[0]->kind)) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes no %s", a->name, cf_kind_name(n->items[0]->kind));
        return false;
    }
    if (!reads_own_rows(c->scope, n)) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes columns of its own query, not of one around it", a->name);
        return false;
    }
    return a->argument == CF_UNDEFINED || cf_resolve_want(c, n->items[0], a->argument, a->name);
}

static void type_of_aggregate(const cf_select *s, cf_node *n, const struct aggregate *a)
{
    bool counts = a->result == CF_INT;
    n->op = CF_OP_AGGREGATE;
    n->kind = a->result != CF_UNDEFINED ? a->result : n->items[0]->kind;
    /* Without groups there may be no row at all. */
    n->nullable =
        !counts && (n->items[0]->nullable || (!s->groups && !n->window) || is_called(n, "lag") || is_called(n, "lead"));
}

bool cf_resolve_aggregate(cf_compiler *c, cf_node *n, bool *mine)
{
    size_t i = 0, count = sizeof aggregates / sizeof *aggregates;
    while (i < count && !is_called(n, aggregates[i].name)) i++;
    const struct aggregate *a = &aggregates[i];
    *mine = i < count && !((is_called(n, "min") || is_called(n, "max")) && n->count > 1);
    if (!*mine) return false;
    if (a->window && !n->window) {
        cf_compiler_fail(c, CF_ERR_SYNTAX, n->at, "%s() needs 'over (...)'", a->name);
        return false;
    }
    if (n->window && n->distinct)
        return cf_resolve_fail(c, CF_ERR_UNSUPPORTED, n->at, "'distinct' and 'over' cannot stand together");
    if (!may_stand(c, n) || !resolve_arguments(c, n, a)) return false;
    if (n->window && !resolve_window(c, n->window)) return false;
    if (n->count == 2 && is_called(n, "group_concat") && (n->items[1]->op != CF_OP_TEXT || n->distinct))
        return cf_resolve_fail(c, CF_ERR_TYPE, n->items[1]->at,
                               "group_concat() takes a text in quotes between its values, and no 'distinct'");
    if (n->count == 2 && a->window && n->items[1]->op != CF_OP_INTEGER)
        return cf_resolve_fail(c, CF_ERR_TYPE, n->items[1]->at, "lag() and lead() take a whole number of rows");
    type_of_aggregate(c->scope->select, n, a);
    if (!n->window) c->scope->select->aggregated = true;
    return true;
}

/* ---- groups -------------------------------------------------------------------------------------- */

typedef struct grouping {
    cf_compiler     *c;
    const cf_select *select;
    const cf_scope  *scope;
} grouping;

static bool is_group(const cf_select *s, const cf_node *n)
{
    for (size_t i = 0; s->groups && i < s->groups->count; i++)
        if (cf_node_same(s->groups->items[i], n)) return true;
    return false;
}

/* Is the column one of the groups, or does its row follow from them since its whole primary key is among them? */
static bool follows(const grouping *g, const cf_attribute *a, uint8_t alias)
{
    const cf_mapper *m = a->mapper;
    cf_node          column = {.op = CF_OP_COLUMN, .alias = alias};
    column.attribute = (cf_attribute *)(uintptr_t)a;
    if (!of_scope(g->scope, alias) || is_group(g->select, &column)) return true;
    for (size_t i = 0; i < m->key_count; i++) {
        column.attribute = &m->columns[m->key[i]];
        if (!is_group(g->select, &column)) return false;
    }
    return m->key_count > 0;
}

static bool blame_column(const grouping *g, const cf_node *n, const cf_attribute *a)
{
    cf_compiler_fail(g->c, CF_ERR_TYPE, n->at,
                     "%s.%s is neither in 'group by' nor in an aggregate; group by it, or write min() or max() of it",
                     a->mapper->name, a->name);
    return false;
}

static bool check_grouped(void *context, cf_node *n)
{
    const grouping *g = context;
    if (is_group(g->select, n)) return true;
    switch ((cf_op)n->op) {
    case CF_OP_COLUMN: return follows(g, n->attribute, n->alias) || blame_column(g, n, n->attribute);
    case CF_OP_AGGREGATE:
        if (!n->window) return true;
        break;
    case CF_OP_ANY:
    case CF_OP_ALL:
    case CF_OP_NONE:
    case CF_OP_RELATED: {
        for (size_t i = 0; i < n->side->own.count; i++)
            if (!follows(g, n->side->own.left[i], n->scope->outer->alias))
                return blame_column(g, n, n->side->own.left[i]);
        break;
    }
    case CF_OP_IN:
    case CF_OP_SELECT:
    case CF_OP_EXISTS:
        if (n->select && !cf_select_each(n->select, check_grouped, context)) return false;
        break;
    default: break;
    }
    return cf_node_each(n, check_grouped, context);
}

bool cf_resolve_groups(cf_compiler *c, cf_select *s)
{
    grouping g = {c, s, s->scope};
    if (!s->aggregated) return true;
    for (size_t i = 0; s->list && i < s->list->count; i++)
        if (!check_grouped(&g, s->list->items[i])) return false;
    for (size_t i = 0; i < s->order_count; i++)
        if (!s->orders[i].position && !check_grouped(&g, s->orders[i].node)) return false;
    return !s->having || check_grouped(&g, s->having);
}
