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

cf_collection *cf_collection_new(cf_state *owner, cf_side *side, void *const *items, size_t count, cf_arena *arena)
{
    cf_collection *list = cf_arena_alloc(arena, sizeof *list);
    if (!list) return NULL;
    list->owner = owner;
    list->side = side;
    if (!make_room(list, count ? count : 1, arena)) return NULL;
    if (count) memcpy(list->items, items, count * sizeof *items);
    list->count = count;
    show(list);
    return list;
}

bool cf_collection_has(const cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == item->object) return true;
    return false;
}

bool cf_collection_add(cf_collection *list, cf_state *item, cf_arena *arena)
{
    if (list->count == list->capacity && !make_room(list, list->capacity < 4 ? 8 : list->capacity * 2, arena))
        return false;
    list->items[list->count++] = item->object;
    show(list);
    return true;
}

void cf_collection_remove(cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != item->object) continue;
        memmove(&list->items[i], &list->items[i + 1], (list->count - i) * sizeof *list->items);
        list->count--;
        show(list);
        return;
    }
}
