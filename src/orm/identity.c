/*
 * The identity map: chains of entries that lie one after another in the order of their making, so that neither looking
 * nor growing touches other objects.
 */
#include "orm/session.h"

#include "base/memory.h"

#include <string.h>

#define FIRST_ROOM 32u

void cf_identity_key(const cf_mapper *mapper, const void *object, cf_value *key)
{
    for (size_t i = 0; i < mapper->key_count; i++) key[i] = cf_attribute_read(&mapper->columns[mapper->key[i]], object);
}

uint32_t cf_identity_hash(const cf_mapper *mapper, const cf_value *key)
{
    uint64_t h = (uint64_t)(uintptr_t)mapper;
    if (mapper->key_count == 1 && key->kind == CF_INT) { /* numbers in a row are neighbours in the table */
        uint64_t number = (uint64_t)key->as.integer;
        h = (h ^ number >> 6) * 0x9e3779b97f4a7c15u;
        h = (h ^ h >> 32) + (number & 63);
    } else {
        for (size_t i = 0; i < mapper->key_count; i++) {
            h = (h ^ cf_value_hash(key[i])) * 0x9e3779b97f4a7c15u;
            h ^= h >> 32;
        }
    }
    return (uint32_t)h;
}

size_t cf_identity_count(const cf_identity *map, const cf_mapper *mapper)
{
    return map->counts ? map->counts[mapper->rank - 1] : 0;
}

static bool has_key(const cf_state *s, const cf_mapper *mapper, const cf_value *key)
{
    if (s->mapper != mapper) return false;
    for (size_t i = 0; i < mapper->key_count; i++)
        if (!cf_value_same(cf_attribute_read(&mapper->columns[mapper->key[i]], s->snapshot), key[i])) return false;
    return true;
}

/* The place that names the first entry of a chain. */
static uint32_t *chain(const cf_identity *map, uint32_t hash)
{
    return &map->chains[hash & (2 * map->room - 1)];
}

cf_state *cf_identity_find(const cf_identity *map, const cf_mapper *mapper, const cf_value *key, uint32_t hash)
{
    if (!map->room) return NULL;
    for (uint32_t i = *chain(map, hash); i; i = map->entries[i - 1].next) {
        const cf_identity_entry *e = &map->entries[i - 1];
        if (e->hash == hash && has_key(e->state, mapper, key)) return e->state;
    }
    return NULL;
}

/* The entries lie before the chains, in one piece of memory. */
static size_t bytes(size_t room)
{
    return room * (sizeof(cf_identity_entry) + 2 * sizeof(uint32_t));
}

static void link_entry(cf_identity *map, uint32_t i)
{
    uint32_t *first = chain(map, map->entries[i - 1].hash);
    map->entries[i - 1].next = *first;
    *first = i;
}

/* There is no empty entry then. */
static bool grow(cf_identity *map)
{
    cf_identity bigger = *map;
    bigger.room = map->room ? map->room * 2 : FIRST_ROOM;
    bigger.entries = bigger.room > UINT32_MAX / 4 ? NULL : cf_mem_pages(bytes(bigger.room));
    if (!bigger.entries) return false;
    bigger.chains = (uint32_t *)(void *)(bigger.entries + bigger.room);
    if (map->room) memcpy(bigger.entries, map->entries, map->room * sizeof *map->entries);
    for (uint32_t i = 1; i <= map->room; i++) link_entry(&bigger, i);
    cf_identity_free(map);
    *map = bigger;
    return true;
}

/* An entry that is free: one that was emptied, or the next one. */
static uint32_t take_entry(cf_identity *map)
{
    uint32_t i = map->emptied;
    if (i) map->emptied = map->entries[i - 1].next;
    else i = ++map->used;
    return i;
}

/* `alone`: not where there is one of that key already, which is returned then. */
static cf_state *insert(cf_identity *map, cf_state *state, bool alone, cf_arena *arena)
{
    cf_value         key[CF_MOST_KEYS];
    const cf_mapper *m = state->mapper;
    if (!map->emptied && map->used == map->room && !grow(map)) return NULL;
    if (!map->counts) map->counts = cf_arena_array(arena, m->registry->count, sizeof *map->counts);
    if (!map->counts) return NULL;
    cf_identity_key(m, state->snapshot, key);
    state->hash = cf_identity_hash(m, key);
    cf_state *there = alone ? cf_identity_find(map, m, key, state->hash) : NULL;
    if (there) return there;
    uint32_t i = take_entry(map);
    map->entries[i - 1] = (cf_identity_entry){.state = state, .hash = state->hash};
    link_entry(map, i);
    map->counts[m->rank - 1]++;
    return state;
}

cf_state *cf_identity_put(cf_identity *map, cf_state *state, cf_arena *arena)
{
    return insert(map, state, true, arena);
}

bool cf_identity_add(cf_identity *map, cf_state *state, cf_arena *arena)
{
    return insert(map, state, false, arena) != NULL;
}

void cf_identity_remove(cf_identity *map, cf_state *state)
{
    if (!map->room) return;
    for (uint32_t *at = chain(map, state->hash), i; (i = *at); at = &map->entries[i - 1].next) {
        if (map->entries[i - 1].state != state) continue;
        *at = map->entries[i - 1].next;
        map->entries[i - 1] = (cf_identity_entry){.next = map->emptied};
        map->emptied = i;
        map->counts[state->mapper->rank - 1]--;
        return;
    }
}

void cf_identity_free(cf_identity *map)
{
    cf_mem_pages_free(map->entries, bytes(map->room));
}
