/* Names in queries: columns, paths over relationships and joins, columns of an enclosing query. */
#include "orm/resolve.h"

#include "base/text.h"
#include "orm/side.h"

#include <string.h>

#define MOST_ALIASES 100

cf_side *cf_mapper_side(const cf_mapper *m, const char *text, size_t size)
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

static bool unknown(cf_compiler *c, const cf_node *name, const cf_mapper *m, const char *what, const char *nearest)
{
    if (!nearest && cf_equal_nocase(name->text, name->size, m->name, strlen(m->name))) {
        cf_compiler_fail(c, CF_ERR_NAME, name->at, "columns of %s itself are named without '%.*s.'", m->name,
                         (int)name->size, name->text);
        return false;
    }
    const char *otherwise = strcmp(what, "column") == 0 ? "; a text would stand in single quotes" : "";
    cf_compiler_fail(c, CF_ERR_NAME, name->at, "%s has no %s '%.*s'%s%s%s", m->name, what, (int)name->size, name->text,
                     nearest ? " (did you mean '" : otherwise, nearest ? nearest : "", nearest ? "'?)" : "");
    return false;
}

static bool unknown_side(cf_compiler *c, const cf_node *name, const cf_mapper *m)
{
    return unknown(c, name, m, "relationship", nearest_side(m, name->text, name->size));
}

cf_side *cf_resolve_side(cf_compiler *c, const cf_mapper *m, const cf_node *name)
{
    cf_side *side = cf_mapper_side(m, name->text, name->size);
    if (!side) unknown_side(c, name, m);
    return side;
}

static bool to_many(const cf_side *side)
{
    return side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
}

bool cf_resolve_unknown(cf_compiler *c, const cf_node *n, const cf_mapper *m, const char *text, size_t size)
{
    const cf_side *side = cf_mapper_side(m, text, size);
    const char    *nearest = side ? NULL : cf_mapper_nearest(m, text, size);
    if (!side) return unknown(c, n, m, "column", nearest ? nearest : nearest_side(m, text, size));
    cf_compiler_fail(c, CF_ERR_NAME, n->at, "%s.%s is a relationship; write %s%s%s", m->name, side->name,
                     to_many(side) ? "any(" : "", side->name,
                     to_many(side) ? ", ...) or count(...) of it" : " and a column of it");
    return false;
}

bool cf_resolve_alias(cf_compiler *c, size_t at, cf_mapper *m, uint8_t *alias)
{
    bool known = !m->registry; /* the result of a query, which is no table */
    for (size_t i = 0; i < c->read_count; i++) known |= c->reads[i] == m;
    if ((!known && c->read_count == CF_MOST_READS) || c->aliases >= MOST_ALIASES) {
        cf_compiler_fail(c, CF_ERR_LIMIT, at, "a query over more than %d tables", CF_MOST_READS);
        return false;
    }
    if (!known) c->reads[c->read_count++] = m;
    *alias = c->aliases++;
    return true;
}

/* ---- joins --------------------------------------------------------------------------------------- */

/* Where a path stands: a table, and whether its row may be missing. */
typedef struct place {
    cf_scope  *scope;
    cf_mapper *mapper;
    uint8_t    alias;
    bool       outer;
} place;

static bool same_name(const cf_node *n, const char *text, size_t size)
{
    return text && n->size == size && memcmp(n->text, text, size) == 0;
}

static cf_join *add_join(cf_compiler *c, cf_scope *scope, size_t at, const cf_join *join)
{
    if (scope->join_count == CF_MOST_JOINS)
        return cf_compiler_fail(c, CF_ERR_LIMIT, at, "a query over more than %d tables", CF_MOST_JOINS);
    cf_join *j = &scope->joins[scope->join_count];
    *j = *join;
    if (j->side && j->side->through && !cf_resolve_alias(c, at, j->side->through, &j->through)) return NULL;
    if (!cf_resolve_alias(c, at, j->mapper, &j->alias)) return NULL;
    scope->join_count++;
    return j;
}

/* Go over a relationship to one: its table is joined once however often it is named. */
static bool follow(cf_compiler *c, const cf_node *name, place *p)
{
    cf_side *side = cf_resolve_side(c, p->mapper, name);
    if (!side) return false;
    if (to_many(side)) {
        cf_compiler_fail(c, CF_ERR_TYPE, name->at, "%s.%s are many; write any(%s, ...)", p->mapper->name, side->name,
                         side->name);
        return false;
    }
    cf_join *j = NULL;
    for (size_t i = 0; i < p->scope->join_count && !j; i++) {
        cf_join *known = &p->scope->joins[i];
        if (known->side == side && known->from == p->alias && !known->path) j = known;
    }
    if (!j && c->clause == CF_CLAUSE_JOIN)
        return cf_resolve_fail(c, CF_ERR_UNSUPPORTED, name->at,
                               "a path cannot begin in the condition of a join; join it before");
    bool none = p->outer || side->kind == CF_SIDE_BACK || side->optional;
    if (!j)
        j = add_join(c, p->scope, name->at,
                     &(cf_join){.side = side, .mapper = side->target, .from = p->alias, .outer = none});
    if (!j) return false;
    *p = (place){p->scope, j->mapper, j->alias, j->outer};
    return true;
}

/* Is the join called by the first `count` names? */
static bool called(const cf_join *j, const cf_node *path, size_t count)
{
    if (!j->path) return false;
    if (j->name) return count == 1 && same_name(path->items[0], j->name, j->name_size);
    if (j->path->count != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!same_name(path->items[i], j->path->items[i]->text, j->path->items[i]->size)) return false;
    return true;
}

/* The table that the first names of a path call, longest first; how many names, 0 when they call none. */
static size_t find_place(cf_scope *scope, const cf_node *path, size_t from, place *p)
{
    cf_node rest = *path;
    rest.items += from;
    *p = (place){scope, scope->mapper, scope->alias, false};
    for (size_t count = path->count - from; count; count--)
        for (size_t i = 0; i < scope->join_count; i++) {
            cf_join *j = &scope->joins[i];
            if (!called(j, &rest, count)) continue;
            *p = (place){scope, j->mapper, j->alias, j->outer};
            return count;
        }
    const char *name = scope->name ? scope->name : scope->mapper->name;
    size_t      size = scope->name ? scope->name_size : strlen(name);
    bool        own = path->count > from && same_name(rest.items[0], name, size) &&
               !cf_mapper_side(scope->mapper, rest.items[0]->text, rest.items[0]->size);
    return own ? 1 : 0;
}

/* join Model on ...: of a table that no relationship leads to. */
static bool join_on(cf_compiler *c, cf_scope *scope, cf_join_clause *clause)
{
    cf_mapper *m = clause->path->count == 1 ? cf_resolve_model(c, clause->path->items[0]) : NULL;
    if (!m && c->code == CF_OK)
        cf_compiler_fail(c, CF_ERR_NAME, clause->path->at, "'%.*s' is no model; 'on' is for those",
                         (int)clause->path->size, clause->path->text);
    cf_join *j = m ? add_join(c, scope, clause->path->at,
                              &(cf_join){.mapper = m,
                                         .outer = clause->outer,
                                         .path = clause->path,
                                         .name = clause->name,
                                         .name_size = clause->name_size,
                                         .on = clause->on})
                   : NULL;
    return j && cf_resolve_node(c, clause->on) && cf_resolve_want(c, clause->on, CF_BOOL, "'on'");
}

static bool join_side(cf_compiler *c, cf_scope *scope, cf_join_clause *clause)
{
    place          p;
    const cf_node *path = clause->path, *last = path->items[path->count - 1];
    cf_node        before = *path;
    before.count--;
    size_t i = find_place(scope, &before, 0, &p);
    for (; i < before.count; i++)
        if (!follow(c, path->items[i], &p)) return false;
    cf_side *side = cf_mapper_side(p.mapper, last->text, last->size);
    if (!side && path->count == 1 &&
        cf_registry_by_name(c->registry, cf_arena_text(c->arena, last->text, last->size))) {
        cf_compiler_fail(c, CF_ERR_SYNTAX, last->at, "joining the model %.*s takes 'on' and a condition",
                         (int)last->size, last->text);
        return false;
    }
    if (!side) return unknown_side(c, last, p.mapper);
    return add_join(c, scope, path->at,
                    &(cf_join){.side = side,
                               .mapper = side->target,
                               .from = p.alias,
                               .outer = clause->outer,
                               .path = path,
                               .name = clause->name,
                               .name_size = clause->name_size}) != NULL;
}

bool cf_resolve_joins(cf_compiler *c, cf_select *s)
{
    cf_scope *scope = s->scope;
    for (cf_join_clause *clause = s->joins; clause; clause = clause->next) {
        cf_node  alias = {.text = clause->name, .size = clause->name_size}, *items[] = {&alias};
        cf_node  named = {.items = items, .count = 1};
        cf_node *path = clause->name ? &named : clause->path;
        place    p;
        if (find_place(scope, path, 0, &p) == path->count) {
            cf_compiler_fail(c, CF_ERR_NAME, clause->path->at, "there are two tables '%.*s'; name one with 'as'",
                             (int)(clause->name ? clause->name_size : path->size),
                             clause->name ? clause->name : path->text);
            return false;
        }
        c->clause = clause->on ? CF_CLAUSE_JOIN : CF_CLAUSE_WHERE;
        if (clause->on ? !join_on(c, scope, clause) : !join_side(c, scope, clause)) return false;
    }
    return true;
}

bool cf_resolve_table(cf_compiler *c, const cf_node *path, uint8_t *alias)
{
    place p;
    if (find_place(c->scope, path, 0, &p) != path->count) {
        const cf_side *side = cf_mapper_side(c->scope->mapper, path->text, path->size);
        cf_compiler_fail(c, CF_ERR_NAME, path->at, "the query reads no table '%.*s'%s%s%s", (int)path->size, path->text,
                         side ? "; join it before the condition, 'join " : "", side ? side->name : "", side ? "'" : "");
        return false;
    }
    *alias = p.alias;
    return true;
}

bool cf_resolve_room(const cf_compiler *c, const cf_scope *scope)
{
    return scope->join_count < CF_MOST_JOINS && c->read_count < CF_MOST_READS && c->aliases < MOST_ALIASES;
}

bool cf_resolve_join_one(cf_compiler *c, cf_scope *scope, size_t at, cf_side *side, uint8_t from, uint8_t *alias)
{
    const cf_join *j = NULL;
    for (size_t i = 0; i < scope->join_count && !j; i++)
        if (scope->joins[i].side == side && scope->joins[i].from == from) j = &scope->joins[i];
    if (!j)
        j = add_join(c, scope, at,
                     &(cf_join){.side = side, .mapper = side->target, .from = from, .outer = true, .fetched = true});
    if (j) *alias = j->alias;
    return j != NULL;
}

/* ---- columns ------------------------------------------------------------------------------------- */

static bool become_column(cf_compiler *c, cf_node *n, const cf_node *name, const place *p)
{
    cf_attribute *a = cf_mapper_attribute(p->mapper, name->text, name->size);
    if (!a) return cf_resolve_unknown(c, name, p->mapper, name->text, name->size);
    n->op = CF_OP_COLUMN;
    n->count = 0;
    n->attribute = a;
    n->alias = p->alias;
    n->kind = (uint8_t)a->kind;
    if (a->special) n->kind = a->options->encrypted ? CF_BYTES : CF_TEXT; /* as it is stored */
    n->nullable = a->nullable || p->outer;
    c->secret |= a->options->secret || a->options->encrypted;
    return true;
}

/* An expression of the select list by its alias. */
static cf_node *find_label(const cf_compiler *c, const cf_node *n)
{
    const cf_select *s = c->scope->select;
    for (size_t i = 0; s && s->list && i < s->list->count; i++)
        if (same_name(n, s->list->items[i]->label, s->list->items[i]->label_size)) return s->list->items[i];
    return NULL;
}

bool cf_resolve_column(cf_compiler *c, cf_node *n)
{
    place    p = {c->scope, c->scope->mapper, c->scope->alias, false};
    cf_node *label = find_label(c, n);
    bool     column = cf_mapper_attribute(p.mapper, n->text, n->size) != NULL;
    bool     visible = c->clause == CF_CLAUSE_ORDER || c->clause == CF_CLAUSE_HAVING || c->clause == CF_CLAUSE_GROUP;
    if (!label || label == n || column) return become_column(c, n, n, &p);
    if (!visible || c->inside) {
        cf_compiler_fail(c, CF_ERR_NAME, n->at,
                         "'%.*s' is an alias of the select list, which can be named in 'group by', 'having' and 'order "
                         "by' alone",
                         (int)n->size, n->text);
        return false;
    }
    const char *own = n->label;
    uint32_t    at = n->at, size = n->label_size;
    *n = *label;
    n->at = at;
    if (c->clause != CF_CLAUSE_GROUP) { /* groups are emitted as the number of the column */
        n->label = own;
        n->label_size = size;
    }
    return true;
}

static bool become_excluded(cf_compiler *c, cf_node *n, const cf_node *name)
{
    place p = {c->scope, c->scope->mapper, c->scope->alias, false};
    if (!become_column(c, n, name, &p)) return false;
    n->op = CF_OP_EXCLUDED;
    return true;
}

bool cf_resolve_path(cf_compiler *c, cf_node *n)
{
    cf_scope *scope = c->scope;
    size_t    i = 0;
    place     p;
    if (c->conflict && n->count == 2 && same_name(n->items[0], "excluded", 8))
        return become_excluded(c, n, n->items[1]);
    while (i + 1 < n->count && same_name(n->items[i], "outer", 5) && find_place(scope, n, i, &p) == 0 &&
           !cf_mapper_side(scope->mapper, "outer", 5)) {
        if (!scope->outer) return cf_resolve_fail(c, CF_ERR_NAME, n->items[i]->at, "there is no query around this one");
        scope = scope->outer;
        i++;
    }
    i += find_place(scope, n, i, &p);
    if (i == n->count) {
        cf_compiler_fail(c, CF_ERR_NAME, n->at, "'%.*s' is a table; write a column of it", (int)n->size, n->text);
        return false;
    }
    for (; i + 1 < n->count; i++)
        if (!follow(c, n->items[i], &p)) return false;
    return become_column(c, n, n->items[n->count - 1], &p);
}
