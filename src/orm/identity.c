/* The identity map: chains in a table that doubles. */
#include "orm/session.h"

#include "base/text.h"

#include <string.h>

void cf_identity_key(const cf_mapper *mapper, const void *object, cf_value *key)
{
    for (size_t i = 0; i < mapper->key_count; i++)
        key[i] = cf_attribute_read(&mapper->columns[mapper->key[i]], object);
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

uint64_t cf_identity_hash(const cf_mapper *mapper, const cf_value *key)
{
    uint64_t h = (uint64_t)(uintptr_t)mapper;
    for (size_t i = 0; i < mapper->key_count; i++) {
        switch (key[i].kind) {
        case CF_TEXT:
        case CF_BYTES: h = mix(h, cf_hash(key[i].as.text, key[i].size)); break;
        case CF_UUID: h = mix(h, cf_hash(key[i].as.uuid, sizeof(cf_uuid))); break;
        case CF_DECIMAL: h = mix(h, key[i].as.decimal->low); break;
        case CF_DATE: h = mix(h, (uint64_t)key[i].as.date.days); break;
        case CF_BOOL: h = mix(h, key[i].as.boolean); break;
        default: h = mix(h, (uint64_t)key[i].as.integer);
        }
    }
    return h;
}

static bool same_key_value(cf_value a, cf_value b)
{
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case CF_TEXT:
    case CF_BYTES: return a.size == b.size && memcmp(a.as.text, b.as.text, a.size) == 0;
    case CF_UUID: return memcmp(a.as.uuid, b.as.uuid, sizeof(cf_uuid)) == 0;
    case CF_DECIMAL: return cf_decimal_compare(*a.as.decimal, *b.as.decimal) == 0;
    case CF_DATE: return a.as.date.days == b.as.date.days;
    case CF_BOOL: return a.as.boolean == b.as.boolean;
    default: return a.as.integer == b.as.integer;
    }
}

cf_state *cf_identity_find(const cf_identity *map, const cf_mapper *mapper, const cf_value *key, uint64_t hash)
{
    if (!map->size) return NULL;
    for (cf_state *s = map->buckets[hash & (map->size - 1)]; s; s = s->hash_next) {
        if (s->hash != hash || s->mapper != mapper) continue;
        bool same = true;
        for (size_t i = 0; same && i < mapper->key_count; i++)
            same = same_key_value(cf_attribute_read(&mapper->columns[mapper->key[i]], s->snapshot), key[i]);
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
