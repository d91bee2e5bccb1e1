/* The identity map: chains in a table that doubles. */
#include "orm/session.h"

void cf_identity_key(const cf_mapper *mapper, const void *object, cf_value *key)
{
    for (size_t i = 0; i < mapper->key_count; i++) key[i] = cf_attribute_read(&mapper->columns[mapper->key[i]], object);
}

uint64_t cf_identity_hash(const cf_mapper *mapper, const cf_value *key)
{
    uint64_t h = (uint64_t)(uintptr_t)mapper;
    if (mapper->key_count == 1 && key->kind == CF_INT) { /* numbers in a row are neighbours in the table */
        uint64_t number = (uint64_t)key->as.integer;
        h = (h ^ number >> 6) * 0x9e3779b97f4a7c15u;
        return (h ^ h >> 32) + (number & 63);
    }
    for (size_t i = 0; i < mapper->key_count; i++) {
        h = (h ^ cf_value_hash(key[i])) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h;
}

size_t cf_identity_count(const cf_identity *map, const cf_mapper *mapper)
{
    return map->counts ? map->counts[mapper->rank - 1] : 0;
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

/* `alone`: not where there is one of that key already, which is returned then. */
static cf_state *insert(cf_identity *map, cf_state *state, bool alone, cf_arena *arena)
{
    cf_value         key[CF_MOST_KEYS];
    const cf_mapper *m = state->mapper;
    if (!map->counts && !(map->counts = cf_arena_array(arena, m->registry->count, sizeof *map->counts))) return NULL;
    if (map->count >= map->size && !grow(map, arena)) return NULL;
    cf_identity_key(m, state->snapshot, key);
    state->hash = cf_identity_hash(m, key);
    cf_state *there = alone ? cf_identity_find(map, m, key, state->hash) : NULL;
    if (there) return there;
    cf_state **bucket = &map->buckets[state->hash & (map->size - 1)];
    state->hash_next = *bucket;
    *bucket = state;
    map->count++;
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
    if (!map->size) return;
    for (cf_state **p = &map->buckets[state->hash & (map->size - 1)]; *p; p = &(*p)->hash_next) {
        if (*p != state) continue;
        *p = state->hash_next;
        state->hash_next = NULL;
        map->count--;
        map->counts[state->mapper->rank - 1]--;
        return;
    }
}
