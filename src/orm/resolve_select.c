/* Selects: their tables, lists, groups and orders; and the query as a whole. */
#include "orm/resolve.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool out_of_memory(cf_compiler *c, size_t at)
{
    return cf_resolve_fail(c, CF_ERR_MEMORY, at, "out of memory");
}

/* ---- models and common table expressions ---------------------------------------------------------- */

static bool called(const cf_cte *cte, const cf_node *name)
{
    return cte->name_size == name->size && memcmp(cte->name, name->text, name->size) == 0;
}

static const char *nearest_model(const cf_compiler *c, const char *wanted)
{
    const char *names[256];
    size_t      count = c->registry->count < 256 ? c->registry->count : 256;
    for (size_t i = 0; i < count; i++) names[i] = c->registry->mappers[i]->name;
    return cf_nearest_name(wanted, names, count);
}

cf_mapper *cf_resolve_model(cf_compiler *c, const cf_node *name)
{
    for (const cf_cte *cte = c->ctes; cte; cte = cte->next)
        if (called(cte, name)) return cte->mapper;
    char *text = cf_arena_text(c->arena, name->text, name->size);
    if (!text) return cf_compiler_fail(c, CF_ERR_MEMORY, name->at, "out of memory");
    cf_mapper *m = cf_registry_by_name(c->registry, text);
    if (m && strcmp(m->bind ? m->bind : "", c->mapper->bind ? c->mapper->bind : "") != 0)
        return cf_compiler_fail(c, CF_ERR_UNSUPPORTED, name->at, "%s lies in another database than %s", m->name,
                                c->mapper->name);
    if (m) return m;
    const char *nearest = nearest_model(c, text);
    return cf_compiler_fail(c, CF_ERR_NAME, name->at, "there is no model '%s'%s%s%s", text,
                            nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

/* The name that a column of a select list has, or NULL. */
static const char *column_name(cf_compiler *c, const cf_node *item)
{
    if (item->label) return cf_arena_text(c->arena, item->label, item->label_size);
    return item->op == CF_OP_COLUMN ? item->attribute->name : NULL;
}

/* The rows of a common table expression as a model of their own. */
static bool make_mapper(cf_compiler *c, cf_cte *cte)
{
    static const cf_column nothing;
    const cf_node         *list = cte->select->list;
    if (cte->columns && cte->columns->count != list->count) {
        cf_compiler_fail(c, CF_ERR_TYPE, cte->columns->at, "'%.*s' names %zu columns, but its select has %zu",
                         (int)cte->name_size, cte->name, cte->columns->count, list->count);
        return false;
    }
    cf_mapper    *m = cte->mapper = cf_arena_alloc(c->arena, sizeof *m);
    cf_attribute *columns = cf_arena_array(c->arena, list->count, sizeof *columns);
    if (!m || !columns || !(m->name = cf_arena_text(c->arena, cte->name, cte->name_size)) ||
        !(m->table = cf_arena_printf(c->arena, "carafe_cte%u", cte->number)))
        return out_of_memory(c, cte->at);
    for (size_t i = 0; i < list->count; i++) {
        const cf_node *item = list->items[i], *own = cte->columns ? cte->columns->items[i] : NULL;
        if (item->op == CF_OP_COLUMN) columns[i] = *item->attribute;
        else columns[i] = (cf_attribute){.options = &nothing, .kind = item->kind};
        columns[i].name = own ? cf_arena_text(c->arena, own->text, own->size) : column_name(c, item);
        columns[i].column = columns[i].name;
        columns[i].mapper = m;
        columns[i].index = (uint16_t)i;
        columns[i].nullable = item->nullable;
        if (!columns[i].name) {
            cf_compiler_fail(c, CF_ERR_NAME, item->at, "column %zu of '%s' has no name; give it one with 'as'", i + 1,
                             m->name);
            return false;
        }
    }
    m->columns = columns;
    m->column_count = list->count;
    return true;
}

/* ---- lists, orders -------------------------------------------------------------------------------- */

static bool is_constant(const cf_node *n)
{
    if (n->op == CF_OP_NEGATE) return is_constant(n->items[0]);
    return n->op == CF_OP_PARAMETER || n->op == CF_OP_INTEGER || n->op == CF_OP_NUMBER || n->op == CF_OP_TEXT ||
           n->op == CF_OP_NULL || n->op == CF_OP_TRUE || n->op == CF_OP_FALSE;
}

static bool refuse_constant(cf_compiler *c, const cf_node *n)
{
    const cf_node *value = n;
    while (value->op == CF_OP_NEGATE) value = value->items[0];
    bool text = value->op == CF_OP_TEXT;
    cf_compiler_fail(c, CF_ERR_TYPE, n->at, "'order by %s%.*s' would order by a constant", value == n ? "" : "-",
                     text ? 5 : (int)value->size, text ? "'...'" : value->text);
    return false;
}

bool cf_resolve_orders(cf_compiler *c, cf_order *orders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cf_node *n = orders[i].node;
        if (is_constant(n) ? !refuse_constant(c, n) : !cf_resolve_node(c, n)) return false;
        if (n->kind == CF_JSON) return cf_resolve_fail(c, CF_ERR_TYPE, n->at, "documents have no order");
    }
    return true;
}

/* The column of the list, from 1, that an order names; 0: none. */
static uint16_t position_of(cf_compiler *c, const cf_select *s, const cf_node *n)
{
    if (n->op != CF_OP_COLUMN || !s->list) return 0;
    for (size_t i = 0; i < s->list->count; i++) {
        const cf_node *item = s->list->items[i];
        const char    *name = s->next || item->label ? column_name(c, item) : NULL;
        if (name && strlen(name) == n->size && memcmp(name, n->text, n->size) == 0) return (uint16_t)(i + 1);
    }
    return 0;
}

static uint16_t same_in_list(const cf_select *s, const cf_node *n)
{
    for (size_t i = 0; i < s->list->count; i++)
        if (cf_node_same(s->list->items[i], n)) return (uint16_t)(i + 1);
    return 0;
}

/* What is ordered by where rows are made one: it must be among what is selected. */
static bool order_of_distinct(cf_compiler *c, const cf_select *s, cf_order *o)
{
    if (!s->distinct || o->position) return true;
    if (s->list) o->position = same_in_list(s, o->node);
    if (o->position || (!s->list && o->node->op == CF_OP_COLUMN && o->node->alias == s->scope->alias)) return true;
    return cf_resolve_fail(c, CF_ERR_TYPE, o->node->at,
                           "with 'distinct' rows can be ordered by what is selected alone");
}

static bool resolve_order(cf_compiler *c, cf_select *s)
{
    for (size_t i = 0; i < s->order_count; i++) {
        cf_order *o = &s->orders[i];
        o->position = position_of(c, s, o->node);
        if (s->next && !o->position)
            return cf_resolve_fail(
                c, CF_ERR_TYPE, o->node->at,
                "the rows of several selects can be ordered by names of the first one's columns alone");
        if (s->next) o->node = s->list->items[o->position - 1];
        else if (!cf_resolve_orders(c, o, 1) || !order_of_distinct(c, s, o)) return false;
    }
    return true;
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

/* Where rows are made one they are compared: documents cannot be. */
static bool can_be_distinct(cf_compiler *c, const cf_select *s)
{
    const cf_mapper *m = s->scope->mapper;
    const char      *word = s->distinct ? "distinct" : s->combine && s->combine != CF_UNION_ALL ? "union" : NULL;
    for (size_t i = 0; word && s->list && i < s->list->count; i++)
        if (s->list->items[i]->kind == CF_JSON) {
            cf_compiler_fail(c, CF_ERR_TYPE, s->list->items[i]->at, "'%s' cannot compare documents", word);
            return false;
        }
    for (size_t i = 0; word && !s->list && i < m->column_count; i++)
        if (m->columns[i].kind == CF_JSON) {
            cf_compiler_fail(c, CF_ERR_TYPE, s->at, "'%s' cannot compare the document %s.%s; write any(...)", word,
                             m->name, m->columns[i].name);
            return false;
        }
    return true;
}

static bool resolve_list(cf_compiler *c, cf_select *s)
{
    c->clause = CF_CLAUSE_SELECT;
    for (size_t i = 0; s->list && i < s->list->count; i++) {
        cf_node *item = s->list->items[i];
        if (!cf_resolve_node(c, item)) return false;
        if (item->kind == CF_SEQUENCE)
            return cf_resolve_fail(c, CF_ERR_TYPE, item->at, "an array can only stand alone in 'in (?)'");
        if (item->op == CF_OP_COLUMN && item->attribute->options->encrypted) {
            cf_compiler_fail(c, CF_ERR_TYPE, item->at, "%s.%s is encrypted; load the object to read it",
                             item->attribute->mapper->name, item->attribute->name);
            return false;
        }
    }
    return can_be_distinct(c, s);
}

static bool resolve_condition(cf_compiler *c, cf_node *n, cf_clause clause)
{
    c->clause = clause;
    return cf_resolve_condition(c, n);
}

static bool resolve_group_by(cf_compiler *c, cf_select *s)
{
    c->clause = CF_CLAUSE_GROUP;
    for (size_t i = 0; s->groups && i < s->groups->count; i++) {
        cf_node *n = s->groups->items[i];
        if (is_constant(n)) return cf_resolve_fail(c, CF_ERR_TYPE, n->at, "'group by' takes columns, not constants");
        if (!cf_resolve_node(c, n)) return false;
        if (n->kind == CF_JSON) return cf_resolve_fail(c, CF_ERR_TYPE, n->at, "documents cannot be grouped by");
    }
    const cf_node *first = s->groups ? s->groups : s->having;
    if (!first) return true;
    s->aggregated = true;
    return s->list || cf_resolve_fail(c, CF_ERR_SYNTAX, first->at, "'group by' and 'having' need a select list");
}

/* ---- selects -------------------------------------------------------------------------------------- */

static bool open_scope(cf_compiler *c, cf_select *s, cf_mapper *mapper)
{
    cf_scope *scope = s->scope = cf_arena_alloc(c->arena, sizeof *scope);
    if (!scope) return out_of_memory(c, s->at);
    if (s->from && !(mapper = cf_resolve_model(c, s->from))) return false;
    if (!mapper) return cf_resolve_fail(c, CF_ERR_SYNTAX, s->at, "a query within another needs 'from' and a model");
    *scope = (cf_scope){
        .outer = c->scope, .select = s, .mapper = mapper, .name = s->from_name, .name_size = s->from_name_size};
    return cf_resolve_alias(c, s->at, mapper, &scope->alias);
}

/* Aggregates in 'order by' alone would make one row of all. */
static bool orders_rows(cf_compiler *c, const cf_select *s)
{
    return !s->aggregated || cf_resolve_fail(c, CF_ERR_SYNTAX, s->orders[0].node->at,
                                             "an aggregate to order by needs 'group by': without it there is one row");
}

/* One select, without those combined with it. */
static bool resolve_one(cf_compiler *c, cf_select *s, cf_mapper *mapper)
{
    cf_scope *outer = c->scope;
    cf_clause clause = c->clause;
    cf_node  *inside = c->inside;
    c->inside = NULL;
    bool ok = open_scope(c, s, mapper);
    c->scope = s->scope;
    ok = ok && cf_resolve_joins(c, s) && resolve_condition(c, s->where, CF_CLAUSE_WHERE) && resolve_list(c, s) &&
         resolve_group_by(c, s) && resolve_condition(c, s->having, CF_CLAUSE_HAVING);
    bool aggregated = s->aggregated;
    c->clause = CF_CLAUSE_ORDER;
    ok = ok && resolve_order(c, s) && cf_resolve_groups(c, s) && (aggregated || orders_rows(c, s)) &&
         resolve_bound(c, s->limit, "limit") && resolve_bound(c, s->offset, "offset");
    c->scope = outer;
    c->clause = clause;
    c->inside = inside;
    return ok;
}

/* The columns of a select combined with the first one: as many, of the same types. */
static bool match_columns(cf_compiler *c, const cf_select *first, const cf_select *s)
{
    if (first->list->count != s->list->count) {
        cf_compiler_fail(c, CF_ERR_TYPE, s->at, "this select has %zu column%s, but the first one has %zu",
                         s->list->count, s->list->count == 1 ? "" : "s", first->list->count);
        return false;
    }
    for (size_t i = 0; i < s->list->count; i++) {
        cf_node *a = first->list->items[i], *b = s->list->items[i];
        if (a->kind == CF_UNDEFINED) a->kind = b->kind;
        a->nullable |= b->nullable;
        if (cf_kinds_compatible(a->kind, b->kind)) continue;
        cf_compiler_fail(c, CF_ERR_TYPE, b->at, "column %zu is %s here, but %s in the first select", i + 1,
                         cf_kind_name(b->kind), cf_kind_name(a->kind));
        return false;
    }
    return true;
}

static bool resolve_rest(cf_compiler *c, cf_select *first, cf_mapper *mapper)
{
    for (cf_select *s = first->next; s; s = s->next)
        if (!resolve_one(c, s, mapper) || !match_columns(c, first, s)) return false;
    return true;
}

static bool resolve_cte(cf_compiler *c, cf_cte *cte)
{
    cf_scope  *outer = c->scope;
    cf_select *s = cte->select;
    for (const cf_cte *other = c->ctes; other; other = other->next)
        if (other->name_size == cte->name_size && memcmp(other->name, cte->name, cte->name_size) == 0) {
            cf_compiler_fail(c, CF_ERR_NAME, cte->at, "there are two '%.*s'", (int)cte->name_size, cte->name);
            return false;
        }
    if (!s->list) return cf_resolve_fail(c, CF_ERR_SYNTAX, s->at, "'with' takes a select list");
    c->scope = NULL; /* it sees nothing around it */
    cte->number = c->cte_count++;
    bool    ok = resolve_one(c, s, NULL) && make_mapper(c, cte);
    cf_cte *visible = cf_arena_alloc(c->arena, sizeof *visible);
    if (!visible) return out_of_memory(c, cte->at);
    *visible = *cte;
    visible->next = c->ctes;
    cf_cte *before = c->ctes;
    if (cte->recursive) c->ctes = visible;
    ok = ok && resolve_rest(c, s, NULL);
    c->ctes = ok ? visible : before;
    c->scope = outer;
    return ok;
}

bool cf_resolve_select(cf_compiler *c, cf_select *s, cf_mapper *mapper, size_t columns)
{
    cf_cte *before = c->ctes;
    for (cf_cte *cte = s->ctes; cte; cte = cte->next)
        if (!resolve_cte(c, cte)) return false;
    if (!s->list && (columns || s->next)) return cf_resolve_fail(c, CF_ERR_SYNTAX, s->at, "this needs a select list");
    if (!resolve_one(c, s, mapper) || !resolve_rest(c, s, mapper)) return false;
    c->ctes = before;
    if (!columns || s->list->count == columns) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, s->at, "a sub-query here must have one column, not %zu", s->list->count);
    return false;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static bool check_arguments(cf_compiler *c, const cf_query_tree *tree)
{
    if (!c->argument_kinds || tree->parameters == c->argument_count) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, 0, "the query has %u '?', but %zu value%s given", tree->parameters,
                     c->argument_count, c->argument_count == 1 ? " is" : "s are");
    return false;
}

/* What is asked for must be what the verb gives: objects, rows or one value. */
static bool check_list(cf_compiler *c, const cf_select *s)
{
    bool rows = c->verb == CF_VERB_ROWS || c->verb == CF_VERB_SCALAR;
    bool either = c->verb == CF_VERB_COUNT || c->verb == CF_VERB_EXISTS;
    if (rows && !s->list)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, s->at, "this takes a select list, such as 'select id, name'");
    if (!rows && !either && s->list)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, s->at,
                               "objects are loaded whole; a select list is for cf_rows() and cf_scalar()");
    if (!s->list && s->from)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, s->from->at,
                               "'from' needs a select list; the objects are of the model of the call");
    if (c->verb == CF_VERB_SCALAR && s->list->count != 1) {
        cf_compiler_fail(c, CF_ERR_TYPE, s->list->at, "one value is wanted, but %zu are selected", s->list->count);
        return false;
    }
    return true;
}

static bool check_page(cf_compiler *c, const cf_select *s)
{
    if ((c->verb != CF_VERB_PAGE && c->verb != CF_VERB_SLICE) || (!s->limit && !s->offset)) return true;
    return cf_resolve_fail(c, CF_ERR_SYNTAX, (s->limit ? s->limit : s->offset)->at,
                           "'limit' and 'offset' are the page's own; they cannot stand here");
}

/* Pieces of query objects: a condition alone, or an order alone. */
static bool check_piece(cf_compiler *c, const cf_query_tree *tree)
{
    const cf_select *s = tree->select;
    if (c->verb != CF_VERB_WHERE && c->verb != CF_VERB_ORDER && c->verb != CF_VERB_WITH) return true;
    bool loads = tree->loads || tree->joins || tree->raises;
    bool alone = !s->list && !s->joins && !s->groups && !s->having && !s->limit && !s->offset && !s->next &&
                 loads == (c->verb == CF_VERB_WITH) && tree->lock.mode == CF_LOCK_NONE;
    if (c->verb == CF_VERB_WITH)
        return (alone && !s->where && !s->all && !s->order_count) ||
               cf_resolve_fail(c, CF_ERR_SYNTAX, 0,
                               "cf_with() takes load(...), join(...) and raise(...), and nothing else");
    if (c->verb == CF_VERB_WHERE && (!alone || !s->where || s->order_count))
        return cf_resolve_fail(c, CF_ERR_SYNTAX, 0, "cf_where() takes a condition, and nothing else");
    return c->verb == CF_VERB_WHERE || (alone && !s->where && s->order_count) ||
           cf_resolve_fail(c, CF_ERR_SYNTAX, 0,
                           "cf_order_by() and CF_SORT() take what follows 'order by', and nothing else");
}

static bool check_lock(cf_compiler *c, cf_query_tree *tree)
{
    const cf_select *s = tree->select;
    if (tree->lock.mode == CF_LOCK_NONE) return true;
    if (s->distinct || s->aggregated || s->next || c->verb == CF_VERB_COUNT || c->verb == CF_VERB_EXISTS)
        return cf_resolve_fail(c, CF_ERR_UNSUPPORTED, tree->lock.at,
                               "rows that are counted, grouped or combined cannot be locked");
    c->scope = s->scope;
    bool ok = !tree->lock.of || cf_resolve_table(c, tree->lock.of, &tree->lock.of_alias);
    c->scope = NULL;
    return ok;
}

bool cf_resolve(cf_compiler *c, cf_query_tree *tree)
{
    if (!check_arguments(c, tree)) return false;
    if (c->verb == CF_VERB_DELETE_WHERE || c->verb == CF_VERB_UPDATE_WHERE || c->verb == CF_VERB_UPSERT)
        return cf_resolve_change(c, tree);
    return check_page(c, tree->select) && check_piece(c, tree) && check_list(c, tree->select) &&
           cf_resolve_select(c, tree->select, c->mapper, 0) && check_lock(c, tree) && cf_resolve_loads(c, tree);
}
