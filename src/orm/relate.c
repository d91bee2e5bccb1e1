/* Changing relationships: both sides know at once, the rows follow at the flush. */
#include "orm/side.h"

#include <string.h>

/* ---- from the program -------------------------------------------------------------------------- */

static cf_side *find_side(const cf_state *state, const cf_relation *relation, int direction)
{
    const cf_mapper *m = state->mapper;
    const char      *name = direction ? relation->right_name : relation->left_name;
    for (size_t i = 0; i < m->side_count; i++)
        if (m->sides[i]->relation == relation && m->sides[i]->direction == direction) return m->sides[i];
    for (size_t i = 0; name && i < m->side_count; i++)
        if (strcmp(m->sides[i]->name, name) == 0) return m->sides[i];
    return NULL;
}

/* The state of an object whose session has not failed, or NULL. */
static cf_state *usable_state(const void *object)
{
    cf_state *state = object ? cf_state_of(object) : NULL;
    return state && cf_session_ok(state->db) ? state : NULL;
}

void **cf_related_list_(const void *object, const cf_relation *relation, int direction)
{
    cf_state      *state = usable_state(object);
    cf_side       *side = state ? find_side(state, relation, direction) : NULL;
    cf_collection *list = side ? cf_side_list(state, side) : NULL;
    if (list) list->shown = true;
    return list ? list->items : NULL;
}

void *cf_related_one_(const void *object, const cf_relation *relation, int direction)
{
    cf_state *state = object ? cf_state_of(object) : NULL;
    cf_side  *side = state ? find_side(state, relation, direction) : NULL;
    bool      failed = false;
    cf_state *one = side ? cf_side_one(state, side, &failed) : NULL;
    return one ? one->object : NULL;
}

int64_t cf_related_count_(const void *object, const cf_relation *relation, int direction)
{
    cf_state *state = usable_state(object);
    bool      live = state && state->status != CF_STATUS_DETACHED;
    cf_side  *side = live ? find_side(state, relation, direction) : NULL;
    int64_t   count = side ? cf_side_count(state, side) : 0;
    return count > 0 ? count : 0;
}

static bool no_memory(cf_db *db)
{
    cf_session_failed(db, NULL, NULL, 0);
    return false;
}

/* ---- changes in memory --------------------------------------------------------------------------- */

/* An object leaves, or joins, the list of another, as far as that is in memory: that of a pending one is all there is. */
static bool change_list(cf_side *side, cf_state *owner, cf_state *item, bool join)
{
    cf_related *r = cf_related_of(owner, side);
    if (!r) return no_memory(owner->db);
    if (r->counted) r->count += join ? 1 : -1;
    bool needed = side->position || (owner->status == CF_STATUS_PENDING && side->load != CF_LOAD_NEVER);
    if (join && needed && !cf_side_list(owner, side)) return false;
    if (!r->list) return true;
    if (!join) cf_collection_remove(r->list, item);
    else if (!cf_collection_has(r->list, item) && !cf_collection_add(r->list, &item->object, 1, owner->db->arena))
        return no_memory(owner->db);
    return !side->position || cf_positions_number(r->list, join ? r->list->count - 1 : 0);
}

static bool set_key(cf_side *side, cf_state *state, cf_state *one);

/* The object leaves, or joins, what `owner` knows of it. Whom it drives out belongs to nobody then. */
static bool turn_back(cf_side *back, cf_state *owner, cf_state *state, bool join)
{
    if (back->kind != CF_SIDE_BACK) return change_list(back, owner, state, join);
    cf_related *r = cf_related_of(owner, back);
    if (!r) return no_memory(owner->db);
    cf_state *before = cf_side_known(owner, back);
    if (join && before && before != state && !set_key(back->other, before, NULL)) return false;
    *r = (cf_related){.loaded = true, .one = join ? state : NULL};
    return true;
}

/* Sets the KEY side of `state`, keeping the lists and back references that are in memory right; loads nothing. */
static bool set_key(cf_side *side, cf_state *state, cf_state *one)
{
    cf_db      *db = state->db;
    cf_value    key[CF_MOST_KEYS];
    cf_related *r = cf_related_of(state, side);
    if (!r) return no_memory(db);
    cf_state *before = cf_side_known(state, side);
    if (before == one && (r->loaded || one || !cf_side_key(side, state->object, key))) {
        if (!r->loaded) *r = (cf_related){.loaded = true, .one = one};
        return true;
    }
    if (before && !turn_back(side->other, before, state, false)) return false;
    if (one && !turn_back(side->other, one, state, true)) return false;
    *r = (cf_related){.loaded = true, .set = true, .one = one};
    db->relinked += !state->relinked;
    state->relinked = true;
    if (!one || one->status == CF_STATUS_PERSISTENT) cf_side_copy_key(side, state, one);
    return true;
}

/* Will the association row of a link have another key than the one that is there? */
static bool key_moves(const cf_link *l)
{
    const cf_side *side = l->side;
    bool           same = true;
    for (size_t i = 0; i < side->own.count; i++)
        same &= cf_attribute_same(side->own.left[i], l->owner->object, l->owner->snapshot);
    for (size_t i = 0; i < side->pass.count; i++)
        same &= cf_attribute_same(side->pass.right[i], l->target->object, l->target->snapshot);
    return !same;
}

static bool add_link(cf_db *db, cf_side *side, cf_state *owner, cf_state *target, bool remove)
{
    for (cf_link **p = &db->links; *p; p = &(*p)->next) {
        cf_link *l = *p;
        bool     same = l->side == side && l->owner == owner && l->target == target;
        bool     mirrored = l->side == side->other && l->owner == target && l->target == owner;
        if ((!same && !mirrored) || (l->remove && !remove && key_moves(l))) continue;
        if (l->remove != remove) *p = l->next; /* one undoes the other */
        return true;
    }
    cf_link *l = cf_arena_alloc(db->arena, sizeof *l);
    if (!l) return no_memory(db);
    *l = (cf_link){db->links, side, owner, target, remove};
    db->links = l;
    return true;
}

/* Where the list is in memory it says whether there is anything to do. */
static bool change_through(cf_side *side, cf_state *owner, cf_state *item, bool remove)
{
    const cf_related *r = cf_related_of(owner, side);
    if (!r) return no_memory(owner->db);
    if (r->list) {
        const cf_collection *list = cf_side_list(owner, side);
        if (!list || cf_collection_has(list, item) != remove) return list != NULL;
    }
    return add_link(owner->db, side, owner, item, remove) && change_list(side, owner, item, !remove) &&
           change_list(side->other, item, owner, !remove);
}

static bool has_place(const cf_state *s)
{
    return s->status == CF_STATUS_PENDING || s->status == CF_STATUS_PERSISTENT;
}

/* Fails for an object that was deleted, or that the session let go of. */
static bool has_left(const cf_side *side, const cf_state *owner, const cf_state *s)
{
    const char *does = s->status == CF_STATUS_DETACHED && !s->rowless && !s->gone
                           ? "was let go of by the session: take it back with cf_take_back() first"
                           : "was deleted";
    return cf_session_fail(owner->db, CF_ERR_DETACHED, "%s.%s cannot change: the %s %s", owner->mapper->name,
                           side->name, s->mapper->name, does);
}

/* May the program change this side so that `item` is, or was, at its other end? */
static bool may_change(const cf_side *side, const cf_state *owner, const cf_state *item)
{
    const cf_relation *r = side->relation;
    if (side->view)
        return cf_session_fail(owner->db, CF_ERR_MISUSE, "%s.%s is for looking only (%s:%d)", owner->mapper->name,
                               side->name, r->file, r->line);
    if (item && item->db != owner->db)
        return cf_session_fail(owner->db, CF_ERR_MISUSE, "a %s of another session cannot be at %s.%s",
                               item->mapper->name, owner->mapper->name, side->name);
    if (!has_place(owner)) return has_left(side, owner, owner);
    return !item || has_place(item) || has_left(side, owner, item);
}

static void change(cf_side *side, cf_state *owner, cf_state *item, bool remove)
{
    if (remove && !has_place(item)) return; /* it is nowhere */
    if (!may_change(side, owner, item)) return;
    if (side->kind == CF_SIDE_THROUGH) change_through(side, owner, item, remove);
    else if (!remove) set_key(side->other, item, owner);
    else if (cf_side_refers(side->other, item, owner)) set_key(side->other, item, NULL);
}

/* Puts an object at a place of a list; `move`: one that is in it. */
static void place(cf_side *side, cf_state *owner, cf_state *item, size_t index, bool move)
{
    const cf_relation *r = side->relation;
    if (!may_change(side, owner, item)) return;
    if (!side->position) {
        cf_session_fail(owner->db, CF_ERR_MISUSE,
                        "%s.%s has no places: declare .position = \"...\", a column of %s that keeps them (%s:%d)",
                        owner->mapper->name, side->name, side->target->name, r->file, r->line);
        return;
    }
    cf_collection *list = cf_side_list(owner, side);
    if (!list) return;
    if (!cf_collection_has(list, item)) {
        if (move) {
            cf_session_fail(owner->db, CF_ERR_MISUSE, "the %s to be moved is not in %s.%s", item->mapper->name,
                            owner->mapper->name, side->name);
            return;
        }
        if (!set_key(side->other, item, owner)) return;
    }
    (void)cf_position_move(list, item, index);
}

bool cf_sides_drop(cf_state *state)
{
    bool more = false;
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        cf_side    *side = state->mapper->sides[i];
        cf_related *r = &state->related[i];
        if (side->kind == CF_SIDE_KEY && r->one && !set_key(side, state, NULL)) return false;
        if (side->kind == CF_SIDE_BACK && r->one && !cf_side_let_go(side, state, r->one, &more)) return false;
        if (side->kind == CF_SIDE_LIST && r->list && !cf_side_let_all_go(side, r->list, &more)) return false;
    }
    cf_session_remove(state->db, state);
    return true;
}

/* ---- from the program ---------------------------------------------------------------------------- */

/*
 * What was asked for and not found cannot be put anywhere: fails, where the session has not failed before. `there`: the
 * other object, or NULL; `side` or `call` say what was to be changed.
 */
static void nothing_there(const void *there, const cf_relation *r, int direction, const char *call)
{
    const cf_state *s = usable_state(there);
    if (s && r)
        cf_session_fail(s->db, CF_ERR_MISUSE, "%s.%s is to be changed with an object that is NULL",
                        (direction ? r->right : r->left)()->name, direction ? r->right_name : r->left_name);
    else if (s) cf_session_fail(s->db, CF_ERR_MISUSE, "%s takes a list and an object, and one of them is NULL", call);
}

/* The collection behind a list, and the state of an object to be put into it or taken out. */
static cf_collection *collection_of(const char *call, const void *items, const void *object, cf_state **item)
{
    cf_collection *list = items ? cf_header_of(items)->state2 : NULL;
    *item = usable_state(object);
    if (!items || !object) nothing_there(list ? list->owner->object : object, NULL, 0, call);
    else if (!list && *item)
        cf_session_fail((*item)->db, CF_ERR_MISUSE,
                        "%s: this list is the result of a query; take that of the relationship", call);
    return list && *item && cf_session_ok(list->owner->db) ? list : NULL;
}

/* The side that both objects are of, and their states; NULL when there is nothing to be done. */
static cf_side *side_of(const cf_relation *relation, int direction, const void *object, const void *other,
                        cf_state **state, cf_state **item)
{
    *state = usable_state(object);
    *item = usable_state(other);
    if (!object || !other) nothing_there(object ? object : other, relation, direction, NULL);
    return *state && *item ? find_side(*state, relation, direction) : NULL;
}

void cf_append_(void *items, void *object)
{
    cf_state            *item;
    const cf_collection *list = collection_of("cf_append()", items, object, &item);
    if (list) change(list->side, list->owner, item, false);
}

void cf_remove_(void *items, void *object)
{
    cf_state            *item;
    const cf_collection *list = collection_of("cf_remove()", items, object, &item);
    if (list) change(list->side, list->owner, item, true);
}

void cf_place_(void *items, void *object, size_t index, bool move)
{
    cf_state            *item;
    const cf_collection *list = collection_of(move ? "cf_move()" : "cf_insert()", items, object, &item);
    if (list) place(list->side, list->owner, item, index, move);
}

void cf_related_change_(void *object, const cf_relation *relation, int direction, void *other, bool remove)
{
    cf_state *state, *item;
    cf_side  *side = side_of(relation, direction, object, other, &state, &item);
    if (side) change(side, state, item, remove);
}

void cf_related_place_(void *object, const cf_relation *relation, void *other, size_t index, bool move)
{
    cf_state *state, *item;
    cf_side  *side = side_of(relation, 0, object, other, &state, &item);
    if (side) place(side, state, item, index, move);
}

void cf_relate_(void *object, const cf_relation *relation, int direction, void *other)
{
    cf_state *state = usable_state(object), *one = usable_state(other);
    cf_side  *side = state ? find_side(state, relation, direction) : NULL;
    bool      failed = false;
    if (!side || (other && !one) || !may_change(side, state, one)) return;
    if (side->kind == CF_SIDE_KEY) {
        set_key(side, state, one);
        return;
    }
    /* Who is there now must be known: it is to leave. */
    cf_state *before =
        side->load == CF_LOAD_RAISE || side->load == CF_LOAD_RAISE_SQL ? NULL : cf_side_one(state, side, &failed);
    if (failed || (before == one && one)) return;
    if (before && !set_key(side->other, before, NULL)) return;
    if (one) set_key(side->other, one, state);
}
