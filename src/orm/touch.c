/* Looking at a relationship of one object: what is known is given, the rest is loaded for its whole result. */
#include "orm/raise.h"

#include <stdio.h>

/* ---- may it be loaded? --------------------------------------------------------------------------- */

/* The call site of the query that an object came from: ", which came from users.c:41". */
static const char *origin(const cf_state *state, char *out, size_t size)
{
    out[0] = '\0';
    if (state->group && state->group->file)
        snprintf(out, size, ", which came from %s:%d", state->group->file, state->group->line);
    return out;
}

void cf_forbid_loading(cf_db *db, bool forbid)
{
    if (db) db->no_loading = forbid;
}

/* Lists that never load are not looked at, and some sides only once a query has loaded them. */
static bool may_load(cf_db *db, const cf_state *state, const cf_side *side)
{
    char               from[300];
    const cf_relation *r = side->relation;
    const cf_mapper   *m = state->mapper;
    if (side->load == CF_LOAD_NEVER)
        return cf_session_fail(db, CF_ERR_NOT_LOADED,
                               "%s.%s never loads (%s:%d): count it with %s_%s_count(), or query %s with a condition",
                               m->name, side->name, r->file, r->line, m->name, side->name, side->target->name);
    const cf_load *raise = cf_state_raises(state, side);
    if (raise)
        return cf_session_fail(db, CF_ERR_NOT_LOADED,
                               "%s.%s of a %s%s is not loaded, and that query forbids to touch it, 'with raise(%.*s)': "
                               "load it by the query, 'with load(%s)'",
                               m->name, side->name, m->name, origin(state, from, sizeof from),
                               raise->path ? (int)raise->path->size : 1, raise->path ? raise->path->text : "*",
                               side->name);
    const char *raises = side->load == CF_LOAD_RAISE       ? "may not be by touching it (.load = CF_LOAD_RAISE)"
                         : side->load == CF_LOAD_RAISE_SQL ? "may not be by a statement (.load = CF_LOAD_RAISE_SQL)"
                                                           : NULL;
    if (!raises && !db->no_loading && !(db->parent && db->parent->no_loading)) return true;
    return cf_session_fail(db, CF_ERR_NOT_LOADED,
                           "%s.%s of a %s%s is not loaded, and %s: load it by the query, 'with load(%s)'", m->name,
                           side->name, m->name, origin(state, from, sizeof from),
                           raises ? raises : "this session loads nothing by touch", side->name);
}

/* What the session let go cannot be loaded for any more. */
static bool of_session(cf_db *db, const cf_state *state, const cf_side *side)
{
    if (state->status != CF_STATUS_DETACHED || state->rowless) return true;
    return cf_session_fail(
        db, CF_ERR_DETACHED,
        "%s.%s was not loaded before the session let go of the %s: touch it before, or take the object "
        "back with cf_take_back()",
        state->mapper->name, side->name, state->mapper->name);
}

cf_place cf_side_enter(cf_state *state)
{
    const cf_group *g = state->group;
    cf_place        before = {state->db->file, state->db->line};
    if (g && g->file) state->db->file = g->file, state->db->line = g->line;
    return before;
}

void cf_side_leave(cf_state *state, cf_place before)
{
    state->db->file = before.file;
    state->db->line = before.line;
}

/* Loads for all objects of the result that this one came with. */
static bool load_together(cf_db *db, cf_state *state, cf_side *side)
{
    const cf_group *group = state->group;
    bool            alone = !group || group->count == 0;
    int64_t         before = db->statements;
    if (!may_load(db, state, side)) return false;
    cf_place from = cf_side_enter(state);
    bool     ok = cf_side_load(db, side, alone ? &state->object : group->objects, alone ? 1 : group->count);
    cf_side_leave(state, from);
    if (!ok) return false;
    if (db->statements > before) cf_repeat_touch(db, state, side);
    return true;
}

/* ---- lists ----------------------------------------------------------------------------------------- */

/*
 * What was changed in memory and not yet written holds for a list that is looked at only now. Lists of pending
 * owners are made when the first object is put into them, so nothing can be missing there.
 */
static bool add_unwritten(cf_db *db, cf_collection *list)
{
    bool ok = true;
    for (const cf_link *l = db->links; ok && l; l = l->next) {
        bool      here = l->side == list->side && l->owner == list->owner;
        bool      there = l->side == list->side->other && l->target == list->owner;
        cf_state *item = here ? l->target : l->owner;
        if (!here && !there) continue;
        if (l->remove) cf_collection_remove(list, item);
        else if (!cf_collection_has(list, item)) ok = cf_collection_insert(list, item, db->arena);
    }
    if (list->side->kind != CF_SIDE_LIST || !db->relinked) return ok;
    for (cf_state *s = db->first; ok && s; s = s->next) {
        if (!s->relinked || s->mapper != list->side->target || !s->related) continue;
        const cf_related *r = &s->related[list->side->other->index];
        if (r->loaded && r->one == list->owner && !cf_collection_has(list, s))
            ok = cf_collection_insert(list, s, db->arena);
        else if (r->loaded && r->one != list->owner) cf_collection_remove(list, s);
    }
    return ok;
}

/* A list for looking only may be any other after a flush; one of rows that are marked lacks those brought back since. */
static bool outdated(const cf_db *db, const cf_side *side, const cf_related *r)
{
    return side->view ? r->writes != db->writes : side->target->soft && r->writes < db->restored;
}

cf_collection *cf_side_list(cf_state *state, cf_side *side)
{
    cf_db *db = state->db;
    if (!cf_session_ok(db)) return NULL;
    cf_related *r = cf_related_of(state, side);
    bool        stored = state->status == CF_STATUS_PERSISTENT;
    if (r && r->loaded && stored && outdated(db, side, r)) *r = (cf_related){.loaded = false};
    bool first = r && !r->seen && stored && !side->view;
    if (r && !r->loaded && !(stored ? load_together(db, state, side) : of_session(db, state, side))) return NULL;
    if (r && r->list && r->writes != db->writes) cf_collection_drop_gone(r->list);
    if (r && !r->list) {
        r->list = cf_collection_new(state, side, 0, db->arena);
        r->loaded = true;
    }
    if (r) r->seen = true, r->writes = db->writes;
    if (!r || !r->list || (first && !add_unwritten(db, r->list))) {
        cf_session_failed(db, NULL, NULL, 0);
        return NULL;
    }
    if (first && side->position) cf_positions_sort(r->list);
    return r->list;
}

/* ---- one ------------------------------------------------------------------------------------------- */

/* Does the key of `state` name the object `one`, or nothing where that is NULL? */
static bool refers(const cf_side *side, const cf_state *state, const cf_state *one)
{
    cf_value key[CF_MOST_KEYS];
    if (!cf_side_key(side, state->object, key)) return one == NULL;
    for (size_t i = 0; one && i < side->own.count; i++)
        if (!cf_value_same(key[i], cf_attribute_read(side->own.right[i], one->object))) return false;
    return one != NULL;
}

/* An object that is there, and is not about to go. */
static cf_state *present(cf_state *one)
{
    return one && one->status != CF_STATUS_DETACHED && !one->doomed && !cf_state_hidden(one) ? one : NULL;
}

/* The key column may have been assigned since: then what is remembered is not what is meant. */
static bool holds(const cf_side *side, const cf_state *state, const cf_related *r)
{
    if (side->kind != CF_SIDE_KEY || r->set || refers(side, state, r->one)) return true;
    return !r->one && r->count == cf_side_missing(side, state);
}

cf_state *cf_side_known(cf_state *state, const cf_side *side)
{
    cf_value    key[CF_MOST_KEYS];
    cf_related *r = &state->related[side->index];
    if (r->loaded && !holds(side, state, r)) r->loaded = false, r->one = NULL;
    /* What was not there may be by now. */
    if ((r->loaded && (r->one || r->set)) || side->kind != CF_SIDE_KEY || !side->by_primary) return present(r->one);
    if (!cf_side_key(side, state->object, key)) return NULL;
    return present(cf_identity_find(&state->db->identity, side->target, key, cf_identity_hash(side->target, key)));
}

bool cf_side_refers(const cf_side *side, cf_state *state, const cf_state *one)
{
    const cf_related *r = cf_related_of(state, side);
    return r && (r->set ? r->one == one : refers(side, state, one));
}

cf_state *cf_side_one(cf_state *state, cf_side *side, bool *failed)
{
    cf_db *db = state->db;
    if (!db && state->related) return state->related[side->index].one; /* of a stream: what came in its row */
    *failed = !cf_session_ok(db);
    if (*failed) return NULL;
    cf_related *r = cf_related_of(state, side);
    if (!r) {
        cf_session_failed(db, NULL, NULL, 0);
        *failed = true;
        return NULL;
    }
    *failed = !r->loaded && !of_session(db, state, side);
    if (*failed) return NULL;
    if (state->status == CF_STATUS_DETACHED && r->loaded) return r->one && !r->one->gone ? r->one : NULL;
    cf_state *known = cf_side_known(state, side);
    cf_value  key[CF_MOST_KEYS];
    bool      strict = !r->loaded && (side->load == CF_LOAD_RAISE || cf_state_raises(state, side));
    if (known && !strict) return known;
    if (!strict && side->kind == CF_SIDE_KEY && !cf_side_key(side, state->object, key)) return NULL;
    if (!r->loaded && (state->status == CF_STATUS_PERSISTENT || side->kind == CF_SIDE_KEY)) {
        uint8_t status = state->status;
        state->status = CF_STATUS_PERSISTENT; /* a pending object can look along its key */
        *failed = !load_together(db, state, side);
        state->status = status;
    }
    return *failed ? NULL : present(r->one);
}
