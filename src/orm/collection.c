/* The lists of objects that LIST and THROUGH sides have: arrays that programs read up to the NULL at the end. */
#include "orm/side.h"

#include <string.h>

static void show(cf_collection *list)
{
    cf_header_of(list->items)->state = (void *)(uintptr_t)list->count;
    list->items[list->count] = NULL;
}

static bool make_room(cf_collection *list, size_t capacity, cf_arena *arena)
{
    void **items = cf_arena_object(arena, &list->side->target->list_cls, (capacity + 1) * sizeof *items);
    if (!items) return false;
    if (list->count) memcpy(items, list->items, list->count * sizeof *items);
    cf_header_of(items)->state2 = list;
    list->items = items;
    list->capacity = capacity;
    show(list);
    return true;
}

cf_collection *cf_collection_new(cf_state *owner, cf_side *side, size_t capacity, cf_arena *arena)
{
    cf_collection *list = cf_arena_alloc(arena, sizeof *list);
    if (!list) return NULL;
    list->owner = owner;
    list->side = side;
    return make_room(list, capacity ? capacity : 1, arena) ? list : NULL;
}

void cf_collection_leave_shown(cf_collection *list)
{
    if (list->shown) (void)make_room(list, list->capacity, list->owner->db->arena); /* else it changes as it is */
    list->shown = false;
}

bool cf_collection_has(const cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == item->object) return true;
    return false;
}

bool cf_collection_add(cf_collection *list, void *const *items, size_t count, cf_arena *arena)
{
    if (list->capacity - list->count < count) {
        size_t room = list->capacity < 4 ? 8 : list->capacity * 2;
        if (!make_room(list, room < list->count + count ? list->count + count : room, arena)) return false;
    }
    memcpy(list->items + list->count, items, count * sizeof *items);
    list->count += count;
    show(list);
    return true;
}

static int compare_by(const cf_attribute *column, const cf_state *a, const cf_state *b)
{
    return cf_value_compare(cf_attribute_read(column, a->object), cf_attribute_read(column, b->object));
}

/* By the order of the list: the side's, or that of the keys. 0 also where it cannot be told. */
static int compare(const cf_side *side, const cf_state *a, const cf_state *b)
{
    const cf_select *select = side->order ? side->order->tree->select : NULL;
    int              order = 0;
    for (size_t i = 0; select && !order && i < select->order_count; i++) {
        const cf_order *by = &select->orders[i];
        if (by->node->op != CF_OP_COLUMN || by->node->attribute->mapper != side->target) return 0;
        order = compare_by(by->node->attribute, a, b);
        if (by->descending) order = -order;
    }
    for (size_t i = 0; !order && i < side->target->key_count; i++)
        order = compare_by(&side->target->columns[side->target->key[i]], a, b);
    return order;
}

bool cf_collection_insert(cf_collection *list, cf_state *item, cf_arena *arena)
{
    size_t i = 0, last = list->count;
    if (!cf_collection_add(list, &item->object, 1, arena)) return false;
    if (item->status == CF_STATUS_PENDING) return true;
    while (i < last && compare(list->side, cf_state_of(list->items[i]), item) <= 0) i++;
    memmove(&list->items[i + 1], &list->items[i], (last - i) * sizeof *list->items);
    list->items[i] = item->object;
    return true;
}

static bool is_gone(const void *object)
{
    const cf_state *s = cf_state_of(object);
    return s->status == CF_STATUS_PERSISTENT ? cf_state_hidden(s) : s->gone;
}

void cf_collection_drop_gone(cf_collection *list)
{
    size_t n = 0;
    while (n < list->count && !is_gone(list->items[n])) n++;
    if (n == list->count) return;
    cf_collection_leave_shown(list);
    for (size_t i = n; i < list->count; i++)
        if (!is_gone(list->items[i])) list->items[n++] = list->items[i];
    list->count = n;
    show(list);
}

void cf_collection_remove(cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != item->object) continue;
        cf_collection_leave_shown(list);
        memmove(&list->items[i], &list->items[i + 1], (list->count - i) * sizeof *list->items);
        list->count--;
        show(list);
        return;
    }
}
