/* What comes with the objects of a query: by its `with load`, `with join` and `with raise`, and by what relationships say. */
#include "orm/resolve.h"

#include "orm/side.h"

#include <string.h>

#define MOST_COLUMNS 1600 /* of one result; PostgreSQL takes 1664, and pages need some of their own */

/* The relationships of a path, such as datasets.tags. */
static bool resolve_sides(cf_compiler *c, cf_load *load)
{
    cf_mapper *m = c->mapper;
    load->count = load->path->count;
    load->sides = cf_arena_array(c->arena, load->count, sizeof *load->sides);
    if (!load->sides) return cf_resolve_fail(c, CF_ERR_MEMORY, load->path->at, "out of memory");
    for (size_t i = 0; i < load->count; i++) {
        load->sides[i] = cf_resolve_side(c, m, load->path->items[i]);
        if (!load->sides[i]) return false;
        m = load->sides[i]->target;
    }
    return true;
}

/* ---- joins --------------------------------------------------------------------------------------- */

/* The place of a mapper's columns in the rows of the query, behind those that are there. */
static bool lay_out(cf_compiler *c, cf_query_tree *tree, const cf_mapper *m, cf_layout *out)
{
    out->first = tree->columns;
    out->plain = cf_arena_array(c->arena, m->plain_count + 1, sizeof *out->plain);
    out->key = cf_arena_array(c->arena, m->key_count + 1, sizeof *out->key);
    if (!out->plain || !out->key) return false;
    memcpy(out->plain, m->layout.plain, m->plain_count * sizeof *out->plain);
    memcpy(out->key, m->layout.key, m->key_count * sizeof *out->key);
    for (size_t i = 0; i < m->plain_count; i++) out->plain[i].column = (uint16_t)(out->plain[i].column + out->first);
    for (size_t i = 0; i < m->key_count; i++) out->key[i].column = (uint16_t)(out->key[i].column + out->first);
    tree->columns += m->column_count;
    return true;
}

/* The number of the fetch, from 1, along a side from another one, 0: from the query's own table. 0 after a mistake. */
static size_t fetch(cf_compiler *c, cf_query_tree *tree, size_t at, cf_side *side, size_t from)
{
    cf_scope *scope = tree->select->scope;
    for (size_t i = 0; i < tree->fetch_count; i++)
        if (tree->fetches[i].side == side && tree->fetches[i].from == from) return i + 1;
    if (!tree->fetches) tree->fetches = cf_arena_array(c->arena, CF_MOST_JOINS, sizeof *tree->fetches);
    if (tree->columns + side->target->column_count > MOST_COLUMNS)
        return cf_resolve_fail(c, CF_ERR_LIMIT, at,
                               "the rows of the query have more than 1600 columns; load some of "
                               "the objects otherwise, 'with load(...)'");
    cf_fetch *f = tree->fetches ? &tree->fetches[tree->fetch_count] : NULL;
    uint8_t   alias = from ? tree->fetches[from - 1].alias : scope->alias;
    if (!f || !cf_resolve_join_one(c, scope, at, side, alias, &f->alias) ||
        !lay_out(c, tree, side->target, &f->layout)) {
        if (c->code == CF_OK) cf_compiler_fail(c, CF_ERR_MEMORY, at, "out of memory");
        return 0;
    }
    f->side = side;
    f->from = (uint8_t)from;
    return ++tree->fetch_count;
}

/* A join must not make two rows of one. */
static bool joins_one(cf_compiler *c, const cf_load *join, size_t step)
{
    const cf_side *side = join->sides[step];
    const cf_node *name = join->path->items[step];
    if (cf_side_single(side)) return true;
    if (side->kind == CF_SIDE_BACK)
        cf_compiler_fail(c, CF_ERR_UNSUPPORTED, name->at,
                         "nothing keeps a %s from having several %s, each of which would give a row of its own: make "
                         "the key of %s unique for all rows, or write 'with load(%.*s)'",
                         side->owner->name, side->name, side->target->name, (int)join->path->size, join->path->text);
    else
        cf_compiler_fail(c, CF_ERR_UNSUPPORTED, name->at,
                         "%s.%s are many, each of which would give a row of its own; write 'with load(%.*s)'",
                         side->owner->name, side->name, (int)join->path->size, join->path->text);
    return false;
}

static bool resolve_join(cf_compiler *c, cf_query_tree *tree, cf_load *join)
{
    size_t from = 0;
    if (!resolve_sides(c, join)) return false;
    for (size_t i = 0; i < join->count; i++)
        if (!joins_one(c, join, i) || !(from = fetch(c, tree, join->path->items[i]->at, join->sides[i], from)))
            return false;
    return true;
}

/* Rows that are made one are compared: documents cannot be. */
static const cf_attribute *document_of(const cf_mapper *m)
{
    for (size_t i = 0; i < m->column_count; i++)
        if (m->columns[i].kind == CF_JSON) return &m->columns[i];
    return NULL;
}

static bool check_distinct(cf_compiler *c, const cf_query_tree *tree)
{
    for (size_t i = 0; tree->select->distinct && i < tree->fetch_count; i++) {
        const cf_attribute *a = document_of(tree->fetches[i].side->target);
        if (!a) continue;
        cf_compiler_fail(c, CF_ERR_TYPE, tree->joins->path->at,
                         "'distinct' cannot compare the document %s.%s; write 'with load(%s)'", a->mapper->name,
                         a->name, tree->fetches[i].side->name);
        return false;
    }
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static bool gives_objects(const cf_compiler *c, const cf_query_tree *tree)
{
    return !tree->select->list && c->verb != CF_VERB_COUNT && c->verb != CF_VERB_EXISTS;
}

bool cf_resolve_loads(cf_compiler *c, cf_query_tree *tree)
{
    bool objects = gives_objects(c, tree), kept = objects && c->verb != CF_VERB_STREAM;
    tree->columns = c->mapper->column_count;
    if (tree->loads && !kept)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, tree->loads->path->at,
                               "'with load' is for queries that keep their objects");
    if (tree->joins && !kept)
        return cf_resolve_fail(
            c, CF_ERR_SYNTAX, tree->joins->path->at,
            "'with join' is for queries that keep their objects; columns of others are read by their "
            "path, such as user.name");
    for (cf_load *load = tree->loads; load; load = load->next)
        if (!resolve_sides(c, load)) return false;
    for (cf_load *join = tree->joins; join; join = join->next)
        if (!resolve_join(c, tree, join)) return false;
    return check_distinct(c, tree);
}
