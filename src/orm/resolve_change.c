/* Changes of many rows at once: which columns get which values, and which rows are meant. */
#include "orm/resolve.h"
#include "orm/side.h"

#include <stdio.h>
#include <string.h>

static bool open_scope(cf_compiler *c, cf_query_tree *tree)
{
    cf_scope *scope = tree->select->scope = cf_arena_alloc(c->arena, sizeof *scope);
    if (!scope) return cf_resolve_fail(c, CF_ERR_MEMORY, 0, "out of memory");
    *scope = (cf_scope){.mapper = c->mapper, .alias = c->aliases++};
    c->scope = scope;
    c->clause = CF_CLAUSE_WHERE;
    return true;
}

static bool resolve_target(cf_compiler *c, cf_node *column)
{
    if (!cf_resolve_column(c, column)) return false;
    const cf_attribute *a = column->attribute;
    const char         *why = a->computed             ? "computed by the database"
                              : a->options->encrypted ? "encrypted; load the objects and assign"
                                                      : NULL;
    if (!why) return true;
    cf_compiler_fail(c, CF_ERR_TYPE, column->at, "%s.%s is %s", a->mapper->name, a->name, why);
    return false;
}

static bool resolve_sets(cf_compiler *c, cf_query_tree *tree)
{
    for (cf_assignment *set = tree->sets; set; set = set->next) {
        if (!resolve_target(c, set->column) || !cf_resolve_node(c, set->value) ||
            !cf_resolve_storable(c, set->column, set->value))
            return false;
        for (const cf_assignment *other = tree->sets; other != set; other = other->next)
            if (other->column->attribute == set->column->attribute) {
                cf_compiler_fail(c, CF_ERR_NAME, set->column->at, "%s.%s is set twice", c->mapper->name,
                                 set->column->attribute->name);
                return false;
            }
    }
    return true;
}

static bool is_over(const cf_constraint *u, const cf_node *columns)
{
    size_t found = 0;
    bool   unique = u->kind == CF_PART_UNIQUE || (u->kind == CF_PART_INDEX && u->unique && !u->text);
    for (size_t k = 0; unique && u->count == columns->count && k < columns->count; k++)
        for (size_t n = 0; n < u->count; n++) found += u->columns[n] == columns->items[k]->attribute->index;
    return found == columns->count;
}

/* Are the columns unique? `*among`: the condition of the rows among which they are, or NULL. */
static bool is_unique(const cf_mapper *m, const cf_node *columns, const char **among)
{
    size_t in_key = 0;
    for (size_t k = 0; k < columns->count; k++) in_key += columns->items[k]->attribute->key;
    if (in_key == m->key_count && in_key == columns->count) return true;
    bool found = false;
    for (size_t i = 0; i < m->constraint_count; i++) {
        const cf_constraint *u = &m->constraints[i];
        if (!is_over(u, columns) || (found && u->where)) continue;
        *among = u->where;
        found = true;
    }
    return found;
}

static bool resolve_conflict(cf_compiler *c, cf_query_tree *tree)
{
    cf_conflict *conflict = tree->conflict;
    for (size_t i = 0; i < conflict->columns->count; i++)
        if (!cf_resolve_column(c, conflict->columns->items[i])) return false;
    if (!is_unique(c->mapper, conflict->columns, &conflict->among)) {
        cf_compiler_fail(c, CF_ERR_NAME, conflict->columns->at,
                         "%s has no primary key or unique constraint on just these columns", c->mapper->name);
        return false;
    }
    c->conflict = true;
    bool ok = resolve_sets(c, tree) && cf_resolve_condition(c, conflict->where);
    c->conflict = false;
    return ok;
}

bool cf_resolve_change(cf_compiler *c, cf_query_tree *tree)
{
    cf_select *s = tree->select;
    bool       rows = c->verb != CF_VERB_UPSERT;
    if (rows && !s->where && !s->all)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, 0,
                               c->verb == CF_VERB_UPDATE_WHERE
                                   ? "this would change every row; write \"where all\" if that is meant"
                                   : "this would take every row; write \"all\" if that is meant");
    if (!open_scope(c, tree)) return false;
    if (tree->conflict ? !resolve_conflict(c, tree) : !resolve_sets(c, tree)) return false;
    if (!cf_resolve_condition(c, s->where)) return false;
    if (s->scope->join_count == 0) return true;
    cf_compiler_fail(c, CF_ERR_UNSUPPORTED, 0, "a path cannot stand where rows are changed; say any(%s, condition)",
                     s->scope->joins[0].side->name);
    return false;
}
