/* Relationships in queries: paths to one, and what any(), count() and their kin say of many. */
#include "orm/ast.h"

#include "base/text.h"
#include "orm/side.h"

#include <string.h>

#define MOST_ALIASES 100

static cf_side *find_side(const cf_mapper *m, const char *text, size_t size)
{
    for (size_t i = 0; i < m->side_count; i++)
        if (strncmp(m->sides[i]->name, text, size) == 0 && m->sides[i]->name[size] == '\0') return m->sides[i];
    return NULL;
}

static const char *nearest_side(const cf_mapper *m, const char *text, size_t size)
{
    char        wanted[64];
    const char *names[64];
    size_t      count = m->side_count < 64 ? m->side_count : 64;
    if (size >= sizeof wanted) return NULL;
    memcpy(wanted, text, size);
    wanted[size] = '\0';
    for (size_t i = 0; i < count; i++) names[i] = m->sides[i]->name;
    return cf_nearest_name(wanted, names, count);
}

static bool unknown(cf_compiler *c, size_t at, const cf_mapper *m, const char *what, const char *text, size_t size,
                    const char *nearest)
{
    cf_compiler_fail(c, CF_ERR_NAME, at, "%s has no %s '%.*s'%s%s%s", m->name, what, (int)size, text,
                     nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    return false;
}

bool cf_resolve_unknown(cf_compiler *c, const cf_node *n, const cf_mapper *m, const char *text, size_t size)
{
    const cf_side *side = find_side(m, text, size);
    if (!side) return unknown(c, n->at, m, "column", text, size, cf_mapper_nearest(m, text, size));
    bool many = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
    cf_compiler_fail(c, CF_ERR_NAME, n->at, "%s.%s is a relationship; write %s%s%s", m->name, side->name,
                     many ? "any(" : "", side->name, many ? ", ...) or count(...) of it" : " and a column of it");
    return false;
}

static bool remember_read(cf_compiler *c, size_t at, cf_mapper *m)
{
    for (size_t i = 0; i < c->read_count; i++)
        if (c->reads[i] == m) return true;
    if (c->read_count == CF_MOST_JOINS || c->aliases >= MOST_ALIASES) {
        cf_compiler_fail(c, CF_ERR_LIMIT, at, "a query over more than %d tables", CF_MOST_JOINS);
        return false;
    }
    c->reads[c->read_count++] = m;
    return true;
}

/* The alias of a relationship's table in the scope: joined once however often it is named. */
static bool join(cf_compiler *c, const cf_node *n, cf_side *side, uint8_t from, bool outer, uint8_t *alias,
                 bool *outer_now)
{
    cf_scope *scope = c->scope;
    for (size_t i = 0; i < scope->join_count; i++) {
        if (scope->joins[i].side != side || scope->joins[i].from != from) continue;
        *alias = scope->joins[i].alias;
        *outer_now = scope->joins[i].outer;
        return true;
    }
    if (scope->join_count == CF_MOST_JOINS || !remember_read(c, n->at, side->target)) {
        cf_compiler_fail(c, CF_ERR_LIMIT, n->at, "a query over more than %d tables", CF_MOST_JOINS);
        return false;
    }
    bool none = outer || side->kind == CF_SIDE_BACK || side->optional;
    scope->joins[scope->join_count++] = (cf_join){side, from, c->aliases, none};
    *alias = c->aliases++;
    *outer_now = none;
    return true;
}

bool cf_resolve_path(cf_compiler *c, cf_node *n)
{
    cf_mapper *m = c->scope->mapper;
    uint8_t    alias = c->scope->alias;
    bool       outer = false;
    for (size_t i = 0; i + 1 < n->count; i++) {
        const cf_node *name = n->items[i];
        cf_side       *side = find_side(m, name->text, name->size);
        if (!side)
            return unknown(c, name->at, m, "relationship", name->text, name->size,
                           nearest_side(m, name->text, name->size));
        if (side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH) {
            cf_compiler_fail(c, CF_ERR_TYPE, name->at, "%s.%s are many; write any(%s, ...)", m->name, side->name,
                             side->name);
            return false;
        }
        if (!join(c, name, side, alias, outer, &alias, &outer)) return false;
        m = side->target;
    }
    const cf_node *last = n->items[n->count - 1];
    n->attribute = cf_mapper_attribute(m, last->text, last->size);
    if (!n->attribute) return cf_resolve_unknown(c, last, m, last->text, last->size);
    n->op = CF_OP_COLUMN;
    n->alias = alias;
    n->kind = (uint8_t)n->attribute->kind;
    n->nullable = n->attribute->nullable || outer;
    c->secret |= n->attribute->options->secret || n->attribute->options->encrypted;
    return true;
}

/* ---- related rows ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    cf_op       op;
    bool        column; /* takes relationship.column */
} relateds[] = {
    {"any", CF_OP_ANY, false},         {"all", CF_OP_ALL, false},      {"none", CF_OP_NONE, false},
    {"count", CF_OP_AGGREGATE, false}, {"sum", CF_OP_AGGREGATE, true}, {"min", CF_OP_AGGREGATE, true},
    {"max", CF_OP_AGGREGATE, true},    {"avg", CF_OP_AGGREGATE, true},
};

static bool open_scope(cf_compiler *c, cf_node *n, const cf_node *name)
{
    n->side = find_side(c->scope->mapper, name->text, name->size);
    if (!n->side)
        return unknown(c, name->at, c->scope->mapper, "relationship", name->text, name->size,
                       nearest_side(c->scope->mapper, name->text, name->size));
    n->scope = cf_arena_alloc(c->arena, sizeof *n->scope);
    if (!n->scope) return cf_compiler_fail(c, CF_ERR_MEMORY, n->at, "out of memory") != NULL;
    if (!remember_read(c, n->at, n->side->target)) return false;
    if (n->side->through) {
        if (!remember_read(c, n->at, n->side->through)) return false;
        n->alias = c->aliases++;
    }
    *n->scope = (cf_scope){.outer = c->scope, .mapper = n->side->target, .alias = c->aliases++};
    c->scope = n->scope;
    return true;
}

/* sum(relationship.column): the column is looked up among the related rows. */
static bool resolve_aggregate(cf_compiler *c, cf_node *n, cf_node *path)
{
    cf_node *column = path->items[1];
    bool     numbers = n->text[0] == 's' || n->text[0] == 'S' || n->text[0] == 'a' || n->text[0] == 'A';
    if (!cf_resolve_node(c, column)) return false;
    if (numbers && !cf_resolve_want(c, column, CF_FLOAT, "this")) return false;
    n->items[0] = column;
    n->count = 1;
    n->nullable = true;
    n->kind = n->text[0] == 'a' || n->text[0] == 'A' ? CF_FLOAT : column->kind;
    return true;
}

bool cf_resolve_related(cf_compiler *c, cf_node *n, bool *mine)
{
    size_t i = 0, count = sizeof relateds / sizeof *relateds;
    while (i < count && !cf_equal_nocase(n->text, n->size, relateds[i].name, strlen(relateds[i].name))) i++;
    *mine = i < count;
    if (!*mine) return false;
    bool     condition = relateds[i].op != CF_OP_AGGREGATE;
    cf_node *name = n->count ? n->items[0] : NULL;
    bool     path = name && name->op == CF_OP_PATH && name->count == 2;
    if (!name || n->count > (condition ? 2u : 1u) || (relateds[i].column ? !path : name->op != CF_OP_COLUMN)) {
        cf_compiler_fail(c, CF_ERR_TYPE, n->at, "%s() takes a relationship%s", relateds[i].name,
                         relateds[i].column ? " and its column, such as datasets.size"
                         : condition        ? " and a condition"
                                            : "");
        return false;
    }
    cf_scope *before = c->scope;
    bool      ok = open_scope(c, n, path ? name->items[0] : name);
    n->op = (uint8_t)relateds[i].op;
    n->kind = condition ? CF_BOOL : CF_INT;
    if (ok && path) ok = resolve_aggregate(c, n, name);
    else if (ok && n->count == 2)
        ok = cf_resolve_node(c, n->items[1]) && cf_resolve_want(c, n->items[1], CF_BOOL, relateds[i].name);
    if (ok && !path) { /* the name has done its work: what stays is the condition, if there is one */
        n->count--;
        n->items++;
    }
    c->scope = before;
    return ok;
}
