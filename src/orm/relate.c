/* Changing relationships, what programs and templates call, and what a flush must do about them. */
#include "orm/side.h"

#include <string.h>

/* ---- from the program -------------------------------------------------------------------------- */

static cf_side *find_side(const cf_state *state, const cf_relation *relation, int direction)
{
    const cf_mapper *m = state->mapper;
    const char      *name = direction ? relation->right_name : relation->left_name;
    for (size_t i = 0; i < m->side_count; i++)
        if (m->sides[i]->relation == relation && m->sides[i]->direction == direction) return m->sides[i];
    for (size_t i = 0; i < m->side_count; i++)
        if (strcmp(m->sides[i]->name, name) == 0) return m->sides[i];
    return NULL;
}

static cf_state *live_state(const void *object)
{
    cf_state *state = object ? cf_state_of(object) : NULL;
    return state && state->status != CF_STATUS_DETACHED && cf_session_ok(state->db) ? state : NULL;
}

void **cf_related_list_(const void *object, const cf_relation *relation, int direction)
{
    cf_state      *state = live_state(object);
    cf_side       *side = state ? find_side(state, relation, direction) : NULL;
    cf_collection *list = side ? cf_side_list(state, side) : NULL;
    return list ? list->items : NULL;
}

void *cf_related_one_(const void *object, const cf_relation *relation, int direction)
{
    cf_state *state = live_state(object);
    cf_side  *side = state ? find_side(state, relation, direction) : NULL;
    bool      failed = false;
    cf_state *one = side ? cf_side_one(state, side, &failed) : NULL;
    return one ? one->object : NULL;
}

static bool no_memory(cf_db *db)
{
    cf_session_failed(db, NULL, NULL, 0);
    return false;
}

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

/* Writes the key of `one` into the members of `state` that refer to it; NULL: those that may be NULL become so. */
static void copy_key(const cf_side *side, cf_state *state, const cf_state *one)
{
    for (size_t i = 0; i < side->own.count; i++) {
        const cf_attribute *to = side->own.left[i];
        if (one) copy_value(to, state->object, side->own.right[i], one->object, state->db->arena);
        else if (to->nullable) memset(cf_at(state->object, to), 0, to->size);
    }
}

/* The object leaves, or joins, what `owner` knows of it. */
static bool turn_back(cf_side *back, cf_state *owner, cf_state *state, bool join)
{
    cf_db      *db = state->db;
    cf_related *r = cf_related_of(owner, back);
    if (!r) return no_memory(db);
    if (back->kind == CF_SIDE_BACK) {
        *r = (cf_related){.loaded = true, .one = join ? state : NULL};
        return true;
    }
    if (join && owner->status == CF_STATUS_PENDING && !cf_side_list(owner, back)) return false;
    if (!r->list) return true;
    if (!join) cf_collection_remove(r->list, state);
    return !join || cf_collection_add(r->list, state, db->arena) || no_memory(db);
}

/* Sets the KEY side of `state`, keeping the lists and back references that are in memory right. */
static bool set_key(cf_side *side, cf_state *state, cf_state *one)
{
    cf_db      *db = state->db;
    cf_related *r = cf_related_of(state, side);
    bool        failed = false;
    cf_state   *before = cf_side_known(state, side, &failed);
    if (failed || !r) return failed ? false : no_memory(db);
    if (before == one && r->loaded) return true;
    if (before && !turn_back(side->other, before, state, false)) return false;
    if (one && !turn_back(side->other, one, state, true)) return false;
    r->one = one;
    r->loaded = r->set = true;
    db->relinked += !state->relinked;
    state->relinked = true;
    if (!one || one->status == CF_STATUS_PERSISTENT) copy_key(side, state, one);
    return true;
}

static bool add_link(cf_db *db, cf_side *side, cf_state *owner, cf_state *target, bool remove)
{
    for (cf_link **p = &db->links; *p; p = &(*p)->next) {
        cf_link *l = *p;
        bool     same = l->side == side && l->owner == owner && l->target == target;
        bool     mirrored = l->side == side->other && l->owner == target && l->target == owner;
        if (!same && !mirrored) continue;
        if (l->remove != remove) *p = l->next; /* one undoes the other */
        return true;
    }
    cf_link *l = cf_arena_alloc(db->arena, sizeof *l);
    if (!l) return no_memory(db);
    *l = (cf_link){db->links, side, owner, target, remove};
    db->links = l;
    return true;
}

static void change_through(cf_collection *list, cf_state *item, bool remove)
{
    cf_db *db = list->owner->db;
    if (cf_collection_has(list, item) != remove) return;
    if (!add_link(db, list->side, list->owner, item, remove)) return;
    if (item->status == CF_STATUS_PENDING && !cf_side_list(item, list->side->other)) return;
    cf_related *back = cf_related_of(item, list->side->other);
    if (!back) {
        no_memory(db);
        return;
    }
    if (remove) {
        cf_collection_remove(list, item);
        if (back->list) cf_collection_remove(back->list, list->owner);
    } else if (!cf_collection_add(list, item, db->arena) ||
               (back->list && !cf_collection_has(back->list, list->owner) &&
                !cf_collection_add(back->list, list->owner, db->arena))) {
        no_memory(db);
    }
}

/* The collection behind a list that a relationship function returned, and the object's state; false for others. */
static bool open_list(void *items, void *object, cf_collection **list, cf_state **item)
{
    *list = items ? cf_header_of(items)->state2 : NULL;
    *item = live_state(object);
    if (!*list || !*item) return false;
    cf_db *db = (*list)->owner->db;
    if ((*item)->db == db) return cf_session_ok(db);
    return cf_session_fail(db, CF_ERR_MISUSE, "a %s of another session cannot be put into '%s'", (*item)->mapper->name,
                           (*list)->side->name);
}

void cf_append_(void *items, void *object)
{
    cf_collection *list;
    cf_state      *item;
    if (!open_list(items, object, &list, &item)) return;
    if (list->side->kind == CF_SIDE_THROUGH) change_through(list, item, false);
    else set_key(list->side->other, item, list->owner);
}

void cf_remove_(void *items, void *object)
{
    cf_collection *list;
    cf_state      *item;
    if (!open_list(items, object, &list, &item) || !cf_collection_has(list, item)) return;
    if (list->side->kind == CF_SIDE_THROUGH) change_through(list, item, true);
    else set_key(list->side->other, item, NULL);
}

void cf_relate_(void *object, const cf_relation *relation, int direction, void *other)
{
    cf_state *state = live_state(object), *one = live_state(other);
    cf_side  *side = state ? find_side(state, relation, direction) : NULL;
    if (!side || (other && !one)) return;
    if (one && one->db != state->db) {
        cf_session_fail(state->db, CF_ERR_MISUSE, "a %s of another session cannot be set as '%s'", one->mapper->name,
                        side->name);
        return;
    }
    if (side->kind == CF_SIDE_KEY) {
        set_key(side, state, one);
        return;
    }
    bool      failed = false;
    cf_state *before = cf_side_one(state, side, &failed);
    if (failed || before == one) return;
    if (before && !set_key(side->other, before, NULL)) return;
    if (one) set_key(side->other, one, state);
}

/* ---- from templates ----------------------------------------------------------------------------- */

static bool get_side(cf_call *call, cf_object *self, const cf_member *member, cf_value *out)
{
    cf_side  *side = (cf_side *)(uintptr_t)member->data;
    cf_state *state = cf_state_of(cf_object_data(self));
    bool      failed = false;
    *out = cf_value_null();
    if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_BACK) {
        cf_state *one = cf_side_one(state, side, &failed);
        if (one) *out = cf_value_object(cf_object_of(one->object));
    } else {
        cf_collection *list = cf_side_list(state, side);
        failed = !list;
        if (list) *out = cf_value_object(cf_object_of(list->items));
    }
    if (!failed) return true;
    const cf_error *error = cf_session_error(state->db);
    return cf_fail(call->error, error->code, "%s.%s: %s", state->mapper->name, side->name, error->message);
}

bool cf_mapper_add_side_members(cf_mapper *m)
{
    size_t     count = m->column_count + m->side_count;
    cf_member *members = cf_arena_array(m->registry->arena, count, sizeof *members);
    if (!members) return false;
    memcpy(members, m->cls.members, m->column_count * sizeof *members);
    for (size_t i = 0; i < m->side_count; i++)
        members[m->column_count + i] = (cf_member){.name = m->sides[i]->name, .get = get_side, .data = m->sides[i]};
    m->cls.members = members;
    m->cls.member_count = count;
    return true;
}

/* ---- for the flush -------------------------------------------------------------------------------- */

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

const cf_state *cf_sides_pending(const cf_state *state)
{
    const cf_state *one = NULL;
    for (size_t i = 0; state->related && !one && i < state->mapper->side_count; i++)
        one = cf_side_awaited(state->mapper->sides[i], &state->related[i]);
    return one;
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

void cf_sides_copy_keys(cf_state *state)
{
    bool awaits = false;
    if (!state->relinked) return;
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        const cf_side *side = state->mapper->sides[i];
        cf_related    *r = &state->related[i];
        if (side->kind != CF_SIDE_KEY || !r->set) continue;
        r->set = cf_side_awaited(side, r) != NULL;
        awaits |= r->set;
        bool never = r->one && r->one->status == CF_STATUS_DETACHED && r->one->rowless;
        if (!r->set && r->one) copy_key(side, state, never ? NULL : r->one);
    }
    if (awaits) return;
    state->relinked = false;
    if (state->db->relinked) state->db->relinked--;
}

/* A child of an object that goes: it goes, too, or belongs to nobody. */
static bool leave_alone(cf_side *side, const cf_state *owner, cf_state *child, bool *more)
{
    cf_related *r = cf_related_of(child, side->other);
    if (!r) return no_memory(child->db);
    if (r->loaded && r->one != owner) return true; /* it has left by itself */
    if (child->doomed || (child->status != CF_STATUS_PERSISTENT && child->status != CF_STATUS_PENDING)) return true;
    if (side->relation->on_delete != CF_CASCADE) {
        *r = (cf_related){.loaded = true};
        copy_key(side->other, child, NULL);
        return true;
    }
    if (child->status == CF_STATUS_PENDING) return cf_sides_drop(child);
    return child->doomed = *more = true;
}

/* Children are copied: their list changes when they leave it. */
static bool leave_all(cf_side *side, cf_collection *list, bool *more)
{
    size_t count = list->count;
    void **items = cf_arena_array(list->owner->db->arena, count, sizeof *items);
    if (!items) return no_memory(list->owner->db);
    if (count) memcpy(items, list->items, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        if (!leave_alone(side, list->owner, cf_state_of(items[i]), more)) return false;
    return true;
}

bool cf_sides_drop(cf_state *state)
{
    bool more = false;
    for (size_t i = 0; state->related && i < state->mapper->side_count; i++) {
        cf_side    *side = state->mapper->sides[i];
        cf_related *r = &state->related[i];
        if (side->kind == CF_SIDE_KEY && r->one && !set_key(side, state, NULL)) return false;
        if (side->kind == CF_SIDE_BACK && r->one && !leave_alone(side, state, r->one, &more)) return false;
        if (side->kind == CF_SIDE_LIST && r->list && !leave_all(side, r->list, &more)) return false;
    }
    cf_session_remove(state->db, state);
    return true;
}

/* One side of an object to be deleted. */
static bool cascade_side(cf_state *state, cf_side *side, bool *more)
{
    bool failed = false;
    if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_THROUGH) return true;
    bool cascade = side->relation->on_delete == CF_CASCADE;
    if (side->relation->on_delete == CF_RESTRICT) return true;
    /* Where the database has an action of its own, the rows are its business. */
    if (!cascade && (side->key->on_delete != CF_NO_ACTION || !side->other->optional)) return true;
    if (side->kind == CF_SIDE_LIST) {
        cf_collection *list = cf_side_list(state, side);
        return list && leave_all(side, list, more);
    }
    cf_state *one = cf_side_one(state, side, &failed);
    return !failed && (!one || leave_alone(side, state, one, more));
}

static bool to_cascade(const cf_state *s, const cf_mapper *m)
{
    return s->doomed && !s->cascaded && s->mapper == m && s->status == CF_STATUS_PERSISTENT;
}

/* All objects of one model that are to be deleted are one group: what they take along is loaded for all at once. */
static bool group_doomed(cf_db *db, const cf_mapper *m)
{
    size_t count = 0;
    for (const cf_state *s = db->first; s; s = s->next) count += to_cascade(s, m);
    cf_group *group = cf_arena_alloc(db->arena, sizeof *group);
    if (!group || !(group->objects = cf_arena_array(db->arena, count, sizeof *group->objects))) return no_memory(db);
    for (cf_state *s = db->first; s; s = s->next) {
        if (!to_cascade(s, m)) continue;
        s->group = group;
        group->objects[group->count++] = s->object;
    }
    return true;
}

static bool cascade_model(cf_db *db, const cf_mapper *m, bool *more)
{
    if (m->side_count && !group_doomed(db, m)) return false;
    for (cf_state *s = db->first; s; s = s->next) {
        if (!to_cascade(s, m)) continue;
        s->cascaded = true;
        for (size_t i = 0; i < m->side_count; i++)
            if (!cascade_side(s, m->sides[i], more)) return false;
    }
    return true;
}

bool cf_sides_cascade(cf_db *db)
{
    for (bool more = true; more;) {
        more = false;
        for (cf_state *s = db->first; s; s = s->next)
            if (to_cascade(s, s->mapper) && !cascade_model(db, s->mapper, &more)) return false;
    }
    return true;
}

void cf_sides_forget(cf_db *db)
{
    db->links = NULL;
    db->relinked = 0;
    for (cf_state *s = db->first; s; s = s->next) {
        s->related = NULL;
        s->relinked = s->cascaded = false;
    }
}
