/* What a flush must do about relationships: keys, what deletions mean for others, association rows. */
#include "orm/row.h"
#include "orm/side.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- keys ---------------------------------------------------------------------------------------- */

static bool copy_value(const cf_attribute *to, void *object, const cf_attribute *from, const void *one, cf_arena *arena)
{
    char    *at = cf_at(object, to);
    cf_value v = cf_attribute_read(from, one);
    if (!to->twin && !from->twin && to->type == from->type && to->size == from->size) {
        memcpy(at, cf_at(one, from), to->size);
    } else if (v.kind == CF_INT) {
        cf_attribute_set_int(to, object, v.as.integer);
    } else if (v.kind == CF_UUID && to->twin) {
        *(cf_null_uuid *)(void *)at = (cf_null_uuid){.value = *v.as.uuid, .set = true};
    } else if (v.kind == CF_TEXT && to->type == CF_TYPE_TEXT) {
        const char *copy = cf_arena_text(arena, v.as.text, v.size);
        memcpy(at, &copy, sizeof copy);
        return copy != NULL;
    }
    return true;
}

/*
 * Writes the key of `one` into the members of `state` that refer to it. NULL: those that may be NULL become so; where none
 * may, they are what they were before, which the flush refuses.
 */
void cf_side_copy_key(const cf_side *side, cf_state *state, const cf_state *one)
{
    for (size_t i = 0; i < side->own.count; i++) {
        const cf_attribute *to = side->own.left[i];
        if (one) copy_value(to, state->object, side->own.right[i], one->object, state->db->arena);
        else if (to->nullable || (!side->optional && state->status == CF_STATUS_PENDING))
            memset(cf_at(state->object, to), 0, to->size);
        else if (!side->optional) memcpy(cf_at(state->object, to), cf_at(state->snapshot, to), to->size);
    }
}

const cf_state *cf_side_awaited(const cf_side *side, const cf_related *r)
{
    const cf_state *one = side->kind == CF_SIDE_KEY && r->set ? r->one : NULL;
    if (!one || one->status != CF_STATUS_PENDING) return NULL;
    for (size_t i = 0; i < side->own.count; i++) {
        const cf_attribute *from = side->own.right[i];
        bool                made = from->generated || from->options->server_default;
        if (made && cf_attribute_unset(from, one->object)) return one;
    }
    return NULL;
}

bool cf_sides_unknown(const cf_state *state, cf_mask *mask)
{
    bool any = false;
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        const cf_side *side = state->mapper->sides[i];
        if (!cf_side_awaited(side, &state->related[i])) continue;
        for (size_t k = 0; k < side->own.count; k++) cf_mask_set(mask, side->own.left[k]->index);
        any = true;
    }
    return any;
}

/* An object that was set to belong to nobody must be able to, unless its key was assigned by hand since. */
static bool may_be_none(const cf_side *side, const cf_state *state)
{
    const cf_relation  *r = side->relation;
    const cf_attribute *a = side->own.left[0];
    bool                pending = state->status == CF_STATUS_PENDING;
    if (side->optional || state->doomed) return true;
    if (pending ? !cf_attribute_unset(a, state->object) : !cf_attribute_same(a, state->object, state->snapshot))
        return true;
    cf_error *error = &state->db->error;
    cf_fail(error, CF_ERR_NOT_NULL,
            "%s.%s may not be NULL: each %s must have its %s (%s:%d); give it another, delete it, or declare "
            ".delete_orphans = true",
            state->mapper->name, a->name, state->mapper->name, *side->name ? side->name : side->target->name, r->file,
            r->line);
    snprintf(error->columns, sizeof error->columns, "%s", a->column);
    return false;
}

bool cf_sides_copy_keys(cf_state *state)
{
    bool awaits = false;
    if (!state->relinked) return true;
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        const cf_side *side = state->mapper->sides[i];
        cf_related    *r = &state->related[i];
        if (side->kind != CF_SIDE_KEY || !r->set) continue;
        if (!r->one && !may_be_none(side, state)) return false;
        r->set = cf_side_awaited(side, r) != NULL;
        awaits |= r->set;
        bool never = r->one && r->one->status == CF_STATUS_DETACHED && r->one->rowless;
        if (!r->set && r->one) cf_side_copy_key(side, state, never ? NULL : r->one);
    }
    if (awaits) return true;
    state->relinked = false;
    if (state->db->relinked) state->db->relinked--;
    return true;
}

/* ---- what deletions mean for others -------------------------------------------------------------- */

/* Objects that left the one they belong to, and must belong to one. */
static bool doom_orphans(cf_db *db)
{
    for (cf_state *s = db->first, *next; s && db->relinked; s = next) {
        bool orphan = false;
        next = s->next;
        for (size_t i = 0; s->relinked && s->related && i < s->mapper->side_count; i++) {
            const cf_side *side = s->mapper->sides[i];
            orphan |= side->kind == CF_SIDE_KEY && side->other->orphans && s->related[i].set && !s->related[i].one;
        }
        if (!orphan || s->doomed) continue;
        if (s->status == CF_STATUS_PERSISTENT) {
            s->doomed = true;
            continue;
        }
        if (!cf_sides_drop(s)) return false;
        next = db->first; /* others may have gone with it */
    }
    return true;
}

/* Loads a side for all objects that are about to go, so that it is one statement and not one for each. */
static bool load_doomed(cf_db *db, cf_side *side)
{
    size_t count = 0, n = 0;
    for (const cf_state *s = db->first; s; s = s->next) count += s->doomed && s->mapper == side->owner;
    void **objects = cf_mem_alloc(count * sizeof *objects);
    if (!objects) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    for (const cf_state *s = db->first; s; s = s->next)
        if (s->doomed && s->mapper == side->owner) objects[n++] = s->object;
    bool ok = cf_side_load(db, side, objects, n);
    cf_mem_free(objects);
    return ok;
}

bool cf_side_let_go(cf_side *side, const cf_state *owner, cf_state *child, bool *more)
{
    cf_related *r;
    if (child->doomed || (child->status != CF_STATUS_PERSISTENT && child->status != CF_STATUS_PENDING)) return true;
    if (side->kind != CF_SIDE_THROUGH && !cf_side_refers(side->other, child, owner)) return true;
    if (side->cascades && child->status == CF_STATUS_PENDING) return cf_sides_drop(child);
    if (side->cascades) return child->doomed = *more = true;
    if (side->kind == CF_SIDE_THROUGH) return true;
    if (!(r = cf_related_of(child, side->other))) return false;
    *r = (cf_related){.loaded = true};
    cf_side_copy_key(side->other, child, NULL);
    return true;
}

bool cf_side_let_all_go(cf_side *side, const cf_collection *list, bool *more)
{
    size_t count = list->count;
    void **items = cf_mem_alloc(count * sizeof *items); /* the list changes when they leave it */
    bool   ok = items != NULL;
    if (ok && count) memcpy(items, list->items, count * sizeof *items);
    for (size_t i = 0; ok && i < count; i++) ok = cf_side_let_go(side, list->owner, cf_state_of(items[i]), more);
    cf_mem_free(items);
    if (!ok) cf_session_failed(list->owner->db, NULL, NULL, 0);
    return ok;
}

/* One side of an object to be deleted. */
static bool cascade_side(cf_state *state, cf_side *side, bool *more)
{
    cf_db      *db = state->db;
    cf_related *r = cf_related_of(state, side);
    if (!r) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    if (!r->loaded && !load_doomed(db, side)) return false;
    if (side->kind == CF_SIDE_BACK) return !r->one || cf_side_let_go(side, state, r->one, more);
    const cf_collection *list = cf_side_list(state, side);
    return list && cf_side_let_all_go(side, list, more);
}

/* Are rows at the other end a matter of this side, when its owner goes? */
static bool concerns(const cf_side *side)
{
    const cf_foreign_key *key = side->key;
    if (side->kind == CF_SIDE_KEY || side->view) return false;
    if (side->kind == CF_SIDE_THROUGH) return side->cascades;
    if (side->cascades) return key->on_delete != CF_CASCADE;
    if (side->relation->on_delete == CF_SET_NULL) return true;
    /* Where the database has an action of its own, or may say no, the rows are its business. */
    return side->relation->on_delete != CF_RESTRICT && key->on_delete == CF_NO_ACTION && side->other->optional;
}

/* Those in memory that the database deletes together with what they belong to. */
static bool follow_database(cf_db *db)
{
    bool more = false;
    for (cf_state *s = db->first; s; s = s->next) {
        for (size_t i = 0; !s->doomed && s->status == CF_STATUS_PERSISTENT && i < s->mapper->side_count; i++) {
            const cf_side *side = s->mapper->sides[i];
            if (side->kind != CF_SIDE_KEY || !side->other->cascades || side->key->on_delete != CF_CASCADE) continue;
            cf_value key[CF_MOST_KEYS];
            if (!side->by_primary || !cf_side_key(side, s->snapshot, key)) continue;
            const cf_state *one =
                cf_identity_find(&db->identity, side->target, key, cf_identity_hash(side->target, key));
            if (one && one->doomed && (!s->related || !s->related[i].set)) s->doomed = more = true;
        }
    }
    return more;
}

/* Does the object's key, as the side's targets refer to it, change? */
static bool rekeyed(const cf_state *s, const cf_side *side)
{
    bool same = true;
    for (size_t i = 0; same && i < side->own.count; i++)
        same = cf_attribute_same(side->own.left[i], s->object, s->snapshot);
    return !same;
}

/* Those that refer to a changed key follow it: the database changes their rows itself where it is told to. */
static bool follow_key(cf_state *s, cf_side *side)
{
    cf_db      *db = s->db;
    bool        cascades = side->key->on_update == CF_CASCADE, failed = false;
    cf_related *r = cf_related_of(s, side);
    if (!r) return false;
    if (!r->loaded && cascades) return true;
    if (!r->loaded) { /* they are found by the key that is in the database */
        void *object = cf_arena_text(db->arena, s->object, s->mapper->model->size);
        if (!object) return false;
        memcpy(s->object, s->snapshot, s->mapper->model->size);
        bool ok = cf_side_load(db, side, &s->object, 1);
        memcpy(s->object, object, s->mapper->model->size);
        if (!ok) return false;
    }
    cf_collection *list = side->kind == CF_SIDE_LIST ? cf_side_list(s, side) : NULL;
    cf_state      *one = list ? NULL : cf_side_one(s, side, &failed);
    for (size_t i = 0; i < (list ? list->count : one ? 1u : 0u); i++) {
        cf_state   *child = list ? cf_state_of(list->items[i]) : one;
        cf_related *c = cf_related_of(child, side->other);
        if (!c) return false;
        if (child->status != CF_STATUS_PERSISTENT || child->doomed || c->set) continue;
        *c = (cf_related){.loaded = true, .set = !cascades, .one = s};
        cf_side_copy_key(side->other, child, s);
        for (size_t k = 0; cascades && k < side->own.count; k++)
            memcpy(cf_at(child->snapshot, side->own.right[k]), cf_at(child->object, side->own.right[k]),
                   side->own.right[k]->size);
        if (cascades || child->relinked) continue;
        child->relinked = true;
        db->relinked++;
    }
    return !failed;
}

static bool follow_keys(cf_db *db)
{
    for (cf_state *s = db->first; s; s = s->next)
        for (size_t i = 0; i < s->mapper->side_count && s->status == CF_STATUS_PERSISTENT && !s->doomed; i++) {
            cf_side *side = s->mapper->sides[i];
            if ((side->kind != CF_SIDE_LIST && side->kind != CF_SIDE_BACK) || side->view || !rekeyed(s, side)) continue;
            if (!follow_key(s, side)) {
                cf_session_failed(db, s, NULL, 0);
                return false;
            }
        }
    return true;
}

/* An object that goes is no longer in what those in memory know of it. */
static void leave(cf_state *state)
{
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        const cf_side    *side = state->mapper->sides[i], *back = side->other;
        const cf_related *r = &state->related[i];
        bool              many = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
        for (size_t k = 0; side->kind == CF_SIDE_THROUGH && r->list && k < r->list->count; k++) {
            const cf_state *item = cf_state_of(r->list->items[k]);
            if (item->related && item->related[back->index].list)
                cf_collection_remove(item->related[back->index].list, state);
        }
        if (!many && r->one && r->one->related && back->kind == CF_SIDE_BACK &&
            r->one->related[back->index].one == state)
            r->one->related[back->index].one = NULL;
    }
    for (size_t i = 0; i < state->mapper->side_count; i++) {
        const cf_side *side = state->mapper->sides[i];
        cf_value       key[CF_MOST_KEYS];
        if (side->kind != CF_SIDE_KEY || !side->by_primary || side->other->kind != CF_SIDE_LIST) continue;
        if (!cf_side_key(side, state->snapshot, key)) continue;
        const cf_state *one =
            cf_identity_find(&state->db->identity, side->target, key, cf_identity_hash(side->target, key));
        cf_related *r = one && one->related ? &one->related[side->other->index] : NULL;
        if (!r) continue;
        if (r->counted && r->count) r->count--;
        if (r->list) cf_collection_remove(r->list, state);
    }
}

bool cf_sides_cascade(cf_db *db)
{
    bool any = false;
    if ((db->relinked && !doom_orphans(db)) || !follow_keys(db)) return false;
    for (bool more = true; more;) {
        more = false;
        for (cf_state *s = db->first; s; s = s->next) {
            if (!s->doomed || s->cascaded || s->status != CF_STATUS_PERSISTENT) continue;
            any = s->cascaded = true;
            for (size_t i = 0; i < s->mapper->side_count; i++)
                if (concerns(s->mapper->sides[i]) && !cascade_side(s, s->mapper->sides[i], &more)) return false;
            leave(s);
        }
        more |= any && follow_database(db);
    }
    return true;
}

/* ---- after the transaction ----------------------------------------------------------------------- */

/* A set of mappers, in which some others may seem to be. */
static uint64_t among(const cf_mapper *m)
{
    return UINT64_C(1) << m->rank % 64;
}

/* Rows may have come and gone by their key columns, and stand in another order than that in which objects were put in. */
void cf_sides_settle(cf_db *db)
{
    uint64_t written = db->linked;
    db->linked = 0;
    for (const cf_state *s = db->first; s; s = s->next)
        if (s->fresh || s->committed) written |= among(s->mapper);
    for (cf_state *s = written ? db->first : NULL; s; s = s->next) {
        for (size_t i = 0; s->related && i < s->mapper->side_count; i++) {
            const cf_side *side = s->mapper->sides[i];
            uint64_t       these = among(side->target) | (side->through ? among(side->through) : 0);
            bool           again = side->load != CF_LOAD_RAISE && side->load != CF_LOAD_RAISE_SQL;
            if (again && side->kind != CF_SIDE_KEY && (written & these)) s->related[i] = (cf_related){0};
        }
    }
}

void cf_sides_forget(cf_db *db)
{
    db->links = NULL;
    db->relinked = 0;
    db->linked = 0;
    for (cf_state *s = db->first; s; s = s->next) {
        s->related = NULL;
        s->relinked = s->cascaded = false;
    }
}
