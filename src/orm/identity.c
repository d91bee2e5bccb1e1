/* The identity map: chains in a table that doubles. */
#include "orm/session.h"

void cf_identity_key(const cf_mapper *mapper, const void *object, cf_value *key)
{
    for (size_t i = 0; i < mapper->key_count; i++) key[i] = cf_attribute_read(&mapper->columns[mapper->key[i]], object);
}

uint64_t cf_identity_hash(const cf_mapper *mapper, const cf_value *key)
{
    uint64_t h = (uint64_t)(uintptr_t)mapper;
    for (size_t i = 0; i < mapper->key_count; i++) {
        h = (h ^ cf_value_hash(key[i])) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h;
}

cf_state *cf_identity_find(const cf_identity *map, const cf_mapper *mapper, const cf_value *key, uint64_t hash)
{
    if (!map->size) return NULL;
    for (cf_state *s = map->buckets[hash & (map->size - 1)]; s; s = s->hash_next) {
        if (s->hash != hash || s->mapper != mapper) continue;
        bool same = true;
        for (size_t i = 0; same && i < mapper->key_count; i++)
            same = cf_value_same(cf_attribute_read(&mapper->columns[mapper->key[i]], s->snapshot), key[i]);
        if (same) return s;
    }
    return NULL;
}

static bool grow(cf_identity *map, cf_arena *arena)
{
    size_t     size = map->size ? map->size * 2 : 32;
    cf_state **buckets = cf_arena_array(arena, size, sizeof *buckets);
    if (!buckets) return false;
    for (size_t i = 0; i < map->size; i++) {
        for (cf_state *s = map->buckets[i], *next; s; s = next) {
            next = s->hash_next;
            s->hash_next = buckets[s->hash & (size - 1)];
            buckets[s->hash & (size - 1)] = s;
        }
    }
    map->buckets = buckets;
    map->size = size;
    return true;
}

bool cf_identity_add(cf_identity *map, cf_state *state, cf_arena *arena)
{
    cf_value key[CF_MOST_KEYS];
    if (map->count >= map->size && !grow(map, arena)) return false;
    cf_identity_key(state->mapper, state->snapshot, key);
    state->hash = cf_identity_hash(state->mapper, key);
    cf_state **bucket = &map->buckets[state->hash & (map->size - 1)];
    state->hash_next = *bucket;
    *bucket = state;
    map->count++;
    return true;
}

void cf_identity_remove(cf_identity *map, cf_state *state)
{
    if (!map->size) return;
    for (cf_state **p = &map->buckets[state->hash & (map->size - 1)]; *p; p = &(*p)->hash_next) {
        if (*p != state) continue;
        *p = state->hash_next;
        state->hash_next = NULL;
        map->count--;
        return;
    }
}
