/*
 * Lists kept in order by a column of their items: the item at index i has the number first_position + i. Changing such
 * a list numbers it at once, as far as it is in memory; each flush numbers those whose items came, went or moved.
 */
#include "orm/side.h"

#include "base/memory.h"

#include <string.h>

/* ---- numbers ------------------------------------------------------------------------------------- */

static bool numbered(const cf_state *s, const cf_attribute *a, int64_t number)
{
    cf_value v = cf_attribute_read(a, s->object);
    return v.kind == CF_INT && v.as.integer == number;
}

static int64_t last_number(const cf_attribute *a)
{
    switch (a->type) {
    case CF_TYPE_INT16: return INT16_MAX;
    case CF_TYPE_INT32: return INT32_MAX;
    case CF_TYPE_UINT32: return UINT32_MAX;
    default: return INT64_MAX;
    }
}

static bool number(const cf_collection *list, size_t from)
{
    const cf_side      *side = list->side;
    const cf_attribute *a = side->position;
    const int64_t       first = side->relation->first_position;
    if (first - 1 > last_number(a) - (int64_t)list->count)
        return cf_fail(&list->owner->db->error, CF_ERR_RANGE, "%s.%s has %zu items, more than %s.%s can number",
                       side->owner->name, side->name, list->count, side->target->name, a->name);
    for (size_t i = from; i < list->count; i++) {
        cf_state *s = cf_state_of(list->items[i]);
        if (numbered(s, a, first + (int64_t)i)) continue;
        if (s->status == CF_STATUS_DETACHED)
            return cf_fail(&s->db->error, CF_ERR_DETACHED,
                           "%s.%s cannot be numbered: the session let go of a %s in it; take it back with "
                           "cf_take_back() first",
                           side->owner->name, side->name, side->target->name);
        cf_attribute_set_int(a, s->object, first + (int64_t)i);
    }
    return true;
}

bool cf_positions_number(cf_collection *list, size_t from)
{
    if (!number(list, from)) {
        cf_session_failed(list->owner->db, list->owner, NULL, 0);
        return false;
    }
    return cf_related_of(list->owner, list->side)->moved = true;
}

bool cf_position_move(cf_collection *list, const cf_state *item, size_t index)
{
    size_t at = 0, last = list->count - 1;
    while (list->items[at] != item->object) at++;
    if (index > last) index = last;
    cf_collection_leave_shown(list);
    void **from = &list->items[at], **to = &list->items[index];
    if (index < at) memmove(to + 1, to, (at - index) * sizeof *to);
    else memmove(from, from + 1, (index - at) * sizeof *from);
    *to = item->object;
    return cf_positions_number(list, index < at ? index : at);
}

/* Those without a number stand last. */
static bool before(const cf_attribute *a, const void *left, const void *right)
{
    cf_value l = cf_attribute_read(a, left), r = cf_attribute_read(a, right);
    return l.kind == CF_INT && (r.kind != CF_INT || l.as.integer < r.as.integer);
}

void cf_positions_sort(const cf_collection *list)
{
    for (size_t i = 1; i < list->count; i++) { /* rows come in order: there is little to do */
        void  *item = list->items[i];
        size_t k = i;
        for (; k && before(list->side->position, item, list->items[k - 1]); k--) list->items[k] = list->items[k - 1];
        list->items[k] = item;
    }
}

/* ---- whose lists change -------------------------------------------------------------------------- */

/* An item that comes to a list, leaves one, or both. */
typedef struct change {
    cf_state *item;
    cf_side  *side; /* of the item: its KEY side */
    cf_state *from, *to;
    bool      given;   /* the program gave it a number of its own, and did not use the relationship */
    bool      pending; /* while it is taken for one that has a row */
} change;

typedef struct changes {
    cf_db  *db;
    change *all;
    size_t  count, capacity;
} changes;

static bool no_memory(cf_db *db)
{
    cf_session_failed(db, NULL, NULL, 0);
    return false;
}

/* Is the row that a struct stands for in the lists of its owners? */
static bool in_lists(const cf_state *s, const void *row)
{
    const cf_attribute *soft = s->mapper->soft;
    return !soft || cf_attribute_read(soft, row).kind == CF_NULL;
}

static bool same_key(const cf_side *side, const cf_state *s)
{
    bool same = true;
    for (size_t i = 0; same && i < side->own.count; i++)
        same = cf_attribute_same(side->own.left[i], s->object, s->snapshot);
    return same;
}

static bool changed(const cf_state *s, const cf_side *side)
{
    if (s->status == CF_STATUS_PENDING) return true;
    if (s->status != CF_STATUS_PERSISTENT) return false;
    return s->doomed || (s->related && s->related[side->index].set) || !same_key(side, s) ||
           in_lists(s, s->object) != in_lists(s, s->snapshot);
}

static bool note(changes *c, cf_state *s, cf_side *side)
{
    if (c->count == c->capacity) {
        size_t  capacity = c->capacity ? c->capacity * 2 : 16;
        change *all = cf_mem_resize(c->all, capacity * sizeof *all);
        if (!all) return no_memory(c->db);
        c->all = all;
        c->capacity = capacity;
    }
    c->all[c->count++] = (change){.item = s, .side = side};
    return true;
}

static bool collect(changes *c)
{
    for (cf_state *s = c->db->first; s; s = s->next)
        for (size_t i = 0; s->mapper->positions && i < s->mapper->side_count; i++) {
            cf_side *side = s->mapper->sides[i];
            if (side->kind == CF_SIDE_KEY && side->other->position && changed(s, side) && !note(c, s, side))
                return false;
        }
    return true;
}

/* ---- owners -------------------------------------------------------------------------------------- */

/* The owner that the key in `row` names, read if need be; false on failure. What the item knows stays as it is. */
static bool find_owner(const change *c, const void *row, cf_state **owner)
{
    cf_value   key[CF_MOST_KEYS];
    cf_state  *s = c->item;
    cf_side   *side = c->side;
    cf_db     *db = s->db;
    size_t     size = s->mapper->model->size;
    cf_related before = *cf_related_of(s, side);
    uint8_t    status = s->status;
    bool       ok = true;
    if (!cf_side_key(side, row, key)) return true;
    *owner = side->by_primary ? cf_identity_find(&db->identity, side->target, key, cf_identity_hash(side->target, key))
                              : NULL;
    if (*owner) return true;
    void *object = row == s->object ? s->object : cf_arena_text(db->arena, s->object, size);
    if (!object) return no_memory(db);
    if (object != s->object) memcpy(s->object, row, size);
    s->related[side->index] = (cf_related){.loaded = false};
    s->status = CF_STATUS_PERSISTENT; /* a pending object has owners, too */
    ok = cf_side_load(db, side, &s->object, 1);
    s->status = status;
    *owner = s->related[side->index].one;
    s->related[side->index] = before;
    if (object != s->object) memcpy(s->object, object, size);
    return ok;
}

static bool lives(const cf_state *owner)
{
    return !owner->doomed && (owner->status == CF_STATUS_PENDING || owner->status == CF_STATUS_PERSISTENT) &&
           in_lists(owner, owner->object);
}

/* Did the program give an item that came without the relationship its number? */
static bool given(const change *c)
{
    const cf_attribute *a = c->side->other->position;
    const cf_state     *s = c->item;
    if (s->status == CF_STATUS_PENDING) return !cf_attribute_unset(a, s->object);
    return !cf_attribute_same(a, s->object, s->snapshot);
}

static bool find_owners(change *c)
{
    cf_state   *s = c->item;
    cf_related *r = cf_related_of(s, c->side);
    bool        was = s->status == CF_STATUS_PERSISTENT && in_lists(s, s->snapshot);
    bool        is = !s->doomed && in_lists(s, s->object);
    if (!r) return no_memory(s->db);
    const cf_attribute *a = c->side->other->position;
    bool                set = r->set;
    if (is && set) c->to = r->one;
    if (is && !set && !find_owner(c, s->object, &c->to)) return false;
    if (was && !find_owner(c, s->snapshot, &c->from)) return false;
    if (c->from == c->to) c->from = c->to = NULL;
    if (is && c->from && !c->to && a->nullable) memset(cf_at(s->object, a), 0, a->size);
    if (c->from && !lives(c->from)) c->from = NULL;
    if (c->to && !lives(c->to)) c->to = NULL;
    c->given = c->to && !set && given(c);
    return true;
}

/* Owners that are not in the session are read together. */
static bool read_owners(changes *c, cf_side *side, void **objects)
{
    size_t n = 0;
    for (change *x = c->all; x < c->all + c->count; x++) {
        const cf_related *r = x->side == side ? cf_related_of(x->item, side) : NULL;
        if (!r || r->set) continue;
        x->pending = x->item->status == CF_STATUS_PENDING;
        x->item->status = CF_STATUS_PERSISTENT;
        objects[n++] = x->item->object;
    }
    bool ok = !n || cf_side_load(c->db, side, objects, n);
    for (change *x = c->all; x < c->all + c->count; x++)
        if (x->side == side && x->pending) x->item->status = CF_STATUS_PENDING;
    return ok;
}

/* ---- lists --------------------------------------------------------------------------------------- */

static bool touch(cf_state *owner, const cf_side *list)
{
    cf_related *r = owner ? cf_related_of(owner, list) : NULL;
    if (owner && !r) return no_memory(owner->db);
    if (r) r->moved = true;
    return true;
}

/* Lists that are to be numbered and were not loaded. */
static bool read_lists(const changes *c, cf_side *side, void **objects)
{
    size_t n = 0;
    for (const change *x = c->all; x < c->all + c->count; x++) {
        if (x->side->other != side) continue;
        if (x->from) objects[n++] = x->from->object;
        if (x->to && cf_related_of(x->to, side)->moved) objects[n++] = x->to->object;
    }
    return !n || cf_side_load(c->db, side, objects, n);
}

/* One call for each side: so that reading is one statement, and not one for each item. */
static bool each_side(changes *c, bool lists)
{
    bool   ok = true;
    void **objects = cf_mem_alloc(2 * c->count * sizeof *objects);
    if (!objects) return no_memory(c->db);
    for (size_t i = 0; ok && i < c->count; i++) {
        cf_side *side = c->all[i].side;
        bool     first = true;
        for (size_t k = 0; first && k < i; k++) first = c->all[k].side != side;
        if (first) ok = lists ? read_lists(c, side->other, objects) : read_owners(c, side, objects);
    }
    cf_mem_free(objects);
    return ok;
}

/* The item is where it belongs; one with a number of its own only where the list is numbered anyway. */
static bool settle(const change *c)
{
    cf_side       *side = c->side->other;
    cf_arena      *arena = c->item->db->arena;
    cf_related    *to = c->to ? cf_related_of(c->to, side) : NULL;
    cf_collection *left = c->from ? cf_side_list(c->from, side) : NULL;
    cf_collection *joined = to && to->moved ? cf_side_list(c->to, side) : NULL;
    if ((c->from && !left) || (to && to->moved && !joined)) return false;
    if (left) cf_collection_remove(left, c->item);
    if (!joined || cf_collection_has(joined, c->item)) return true;
    if (!cf_collection_add(joined, &c->item->object, 1, arena)) return no_memory(c->item->db);
    bool     back = c->item->status == CF_STATUS_PERSISTENT && !in_lists(c->item, c->item->snapshot);
    cf_value place = cf_attribute_read(side->position, c->item->object);
    if ((!c->given && !back) || place.kind == CF_NULL) return true;
    int64_t first = side->relation->first_position;
    return cf_position_move(joined, c->item, place.as.integer > first ? (size_t)(place.as.integer - first) : 0);
}

/* Items that go with this flush, though they came with it, too. */
static void drop_leaving(cf_collection *list)
{
    for (size_t i = list->count; i; i--) {
        const cf_state *s = cf_state_of(list->items[i - 1]);
        if (s->doomed || cf_state_hidden(s)) cf_collection_remove(list, s);
    }
}

static bool number_all(cf_db *db)
{
    for (cf_state *s = db->first; s; s = s->next)
        for (size_t i = 0; s->mapper->positions && s->related && i < s->mapper->side_count; i++) {
            cf_side *side = s->mapper->sides[i];
            if (!s->related[i].moved) continue;
            cf_collection *list = lives(s) ? cf_side_list(s, side) : NULL;
            if (list) drop_leaving(list);
            if (lives(s) && (!list || !cf_positions_number(list, 0))) return false;
            s->related[i].moved = false;
        }
    return true;
}

static bool sort_out(changes *c)
{
    if (!each_side(c, false)) return false;
    for (size_t i = 0; i < c->count; i++)
        if (!find_owners(&c->all[i])) return false;
    for (size_t i = 0; i < c->count; i++) {
        const change *x = &c->all[i];
        if (!touch(x->from, x->side->other) || (!x->given && !touch(x->to, x->side->other))) return false;
    }
    if (!each_side(c, true)) return false;
    for (size_t i = 0; i < c->count; i++)
        if (!settle(&c->all[i])) return false;
    return true;
}

bool cf_positions_flush(cf_db *db)
{
    changes c = {.db = db};
    if (!db->database->registry->has_positions) return true;
    bool ok = collect(&c) && (!c.count || sort_out(&c)) && number_all(db);
    cf_mem_free(c.all);
    return ok;
}
