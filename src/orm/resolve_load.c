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

static bool no_room(cf_compiler *c, size_t at)
{
    return cf_resolve_fail(c, CF_ERR_LIMIT, at,
                           "the rows of the query have more than 1600 columns; load some objects by 'with load(...)'");
}

/* Adds what leads along a side from the fetch of that number, 0: from the query's own table. */
static bool add_fetch(cf_compiler *c, cf_query_tree *tree, size_t at, cf_side *side, size_t from)
{
    cf_scope       *scope = tree->select->scope;
    const cf_fetch *owner = from ? &tree->fetches[from - 1] : NULL;
    cf_fetch       *f = &tree->fetches[tree->fetch_count];
    f->side = side;
    f->from = (uint8_t)from;
    f->steps = owner ? owner->steps + 1 : 1;
    f->path = cf_arena_array(c->arena, f->steps, sizeof *f->path);
    if (!f->path || !lay_out(c, tree, side->target, &f->layout))
        return cf_resolve_fail(c, CF_ERR_MEMORY, at, "out of memory");
    if (owner) memcpy(f->path, owner->path, owner->steps * sizeof *f->path);
    f->path[f->steps - 1] = side;
    if (!cf_resolve_join_one(c, scope, at, side, owner ? owner->alias : scope->alias, &f->alias)) return false;
    tree->fetch_count++;
    return true;
}

/* The number of that fetch, from 1, which may be there already; 0 after a mistake. */
static size_t fetch(cf_compiler *c, cf_query_tree *tree, size_t at, cf_side *side, size_t from)
{
    for (size_t i = 0; i < tree->fetch_count; i++)
        if (tree->fetches[i].side == side && tree->fetches[i].from == from) return i + 1;
    if (!tree->fetches && !(tree->fetches = cf_arena_array(c->arena, CF_MOST_JOINS + 1, sizeof *tree->fetches)))
        return cf_resolve_fail(c, CF_ERR_MEMORY, at, "out of memory");
    if (tree->columns + side->target->column_count > MOST_COLUMNS) return no_room(c, at);
    return add_fetch(c, tree, at, side, from) ? tree->fetch_count : 0;
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
    for (size_t i = 0; tree->joins && tree->select->distinct && i < tree->fetch_count; i++) {
        const cf_attribute *a = document_of(tree->fetches[i].side->target);
        if (!a) continue;
        cf_compiler_fail(c, CF_ERR_TYPE, tree->joins->at,
                         "'distinct' cannot compare the document %s.%s; write 'with load(%s)'", a->mapper->name,
                         a->name, tree->fetches[i].side->name);
        return false;
    }
    return true;
}

/* ---- joins that relationships ask for --------------------------------------------------------------- */

/* Does a side lead back to where the objects of that fetch came from, or once more along itself? */
static bool leads_back(const cf_query_tree *tree, size_t from, const cf_side *side)
{
    const cf_fetch *f = from ? &tree->fetches[from - 1] : NULL;
    for (size_t i = 0; f && i < f->steps; i++)
        if (f->path[i] == side || f->path[i]->other == side) return true;
    return false;
}

static bool wants_join(const cf_compiler *c, const cf_query_tree *tree, size_t from, const cf_side *side)
{
    const cf_select *s = tree->select;
    return side->load == CF_LOAD_JOINED && !leads_back(tree, from, side) && cf_resolve_room(c, s->scope) &&
           tree->columns + side->target->column_count <= MOST_COLUMNS && !(s->distinct && document_of(side->target));
}

/*
 * Those that say CF_LOAD_JOINED, also of the objects that come so. What cannot be joined is loaded when it is touched; so is
 * all of it where rows are locked, as a server may lock those that are joined, too. Texts of relationships have no model.
 */
static bool join_by_option(cf_compiler *c, cf_query_tree *tree)
{
    bool whole = !tree->select->list && tree->lock.mode == CF_LOCK_NONE && c->site && c->site->model &&
                 c->verb != CF_VERB_COUNT && c->verb != CF_VERB_EXISTS && c->verb != CF_VERB_WHERE &&
                 c->verb != CF_VERB_ORDER && c->verb != CF_VERB_WITH;
    for (size_t i = 0; whole && i <= tree->fetch_count; i++) {
        const cf_mapper *m = i ? tree->fetches[i - 1].side->target : c->mapper;
        for (size_t k = 0; k < m->side_count; k++)
            if (wants_join(c, tree, i, m->sides[k]) && !fetch(c, tree, 0, m->sides[k], i)) return false;
    }
    return true;
}

/* ---- raises -------------------------------------------------------------------------------------- */

static bool same_path(cf_side *const *a, cf_side *const *b, size_t steps)
{
    for (size_t i = 0; i < steps; i++)
        if (a[i] != b[i]) return false;
    return true;
}

/* Does the query load, or join, what the first names of a path lead to? */
static bool brings(const cf_query_tree *tree, cf_side *const *path, size_t steps)
{
    for (const cf_load *l = tree->loads; l; l = l->next)
        if (l->count >= steps && same_path(l->sides, path, steps)) return true;
    for (size_t i = 0; i < tree->fetch_count; i++)
        if (tree->fetches[i].steps == steps && same_path(tree->fetches[i].path, path, steps)) return true;
    return steps == 0;
}

static bool resolve_raise(cf_compiler *c, const cf_query_tree *tree, cf_load *raise)
{
    if (!raise->path) return true;
    if (!resolve_sides(c, raise)) return false;
    if (brings(tree, raise->sides, raise->count - 1)) return true;
    const cf_node *last = raise->path->items[raise->count - 1];
    int            size = (int)(last->at - raise->path->at - 1);
    cf_compiler_fail(c, CF_ERR_NAME, raise->at,
                     "the query brings no such objects: it would have to say 'load(%.*s)' or 'join(%.*s)'", size,
                     raise->path->text, size, raise->path->text);
    return false;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static bool check_verb(cf_compiler *c, const cf_query_tree *tree)
{
    bool objects = !tree->select->list && c->verb != CF_VERB_COUNT && c->verb != CF_VERB_EXISTS;
    bool kept = objects && c->verb != CF_VERB_STREAM;
    if (tree->loads && !kept)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, tree->loads->at, "'with load' is for queries that keep their objects");
    if (tree->raises && !kept)
        return cf_resolve_fail(c, CF_ERR_SYNTAX, tree->raises->at,
                               "'with raise' is for queries that keep their objects");
    return !tree->joins || objects ||
           cf_resolve_fail(c, CF_ERR_SYNTAX, tree->joins->at,
                           "'with join' is for queries that give objects; columns of others are read by their "
                           "path, such as user.name");
}

bool cf_resolve_loads(cf_compiler *c, cf_query_tree *tree)
{
    tree->columns = c->mapper->column_count;
    if (!check_verb(c, tree)) return false;
    for (cf_load *load = tree->loads; load; load = load->next)
        if (!resolve_sides(c, load)) return false;
    for (cf_load *join = tree->joins; join; join = join->next)
        if (!resolve_join(c, tree, join)) return false;
    if (!check_distinct(c, tree) || !join_by_option(c, tree)) return false;
    for (cf_load *raise = tree->raises; raise; raise = raise->next)
        if (!resolve_raise(c, tree, raise)) return false;
    return true;
}
