/* Lists and dictionaries in an arena. */
#include <carafe/collection.h>

#include <math.h>

/* Dictionaries of up to this many slots are searched without an index. */
enum { SMALL_DICT = 8 };

cf_list *cf_list_new(cf_arena *arena, size_t capacity)
{
    cf_list *list = cf_arena_alloc(arena, sizeof *list);
    if (!list) return NULL;
    list->arena = arena;
    if (capacity) {
        list->items = cf_arena_array(arena, capacity, sizeof *list->items);
        if (!list->items) return NULL;
        list->capacity = capacity;
    }
    return list;
}

bool cf_list_add(cf_list *list, cf_value value)
{
    if (list->count == list->capacity) {
        size_t    capacity = list->capacity ? list->capacity * 2 : 8;
        cf_value *items = cf_arena_array(list->arena, capacity, sizeof *items);
        if (!items) return false;
        if (list->count) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = value;
    return true;
}

cf_dict *cf_dict_new(cf_arena *arena, size_t capacity)
{
    cf_dict *dict = cf_arena_alloc(arena, sizeof *dict);
    if (!dict) return NULL;
    dict->arena = arena;
    if (capacity) {
        dict->entries = cf_arena_array(arena, capacity, sizeof *dict->entries);
        if (!dict->entries) return NULL;
        dict->capacity = capacity;
    }
    return dict;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= b * UINT64_C(0x9E3779B97F4A7C15);
    a = (a ^ (a >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    return a ^ (a >> 29);
}

/* The dictionary's address seeds the hash, so that keys sent by a client cannot be chosen to collide. */
static uint64_t hash_bytes(const cf_dict *dict, const char *data, size_t size)
{
    uint64_t h = mix((uintptr_t)dict, size);
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        h = mix(h, word);
        data += 8;
        size -= 8;
    }
    if (size) {
        uint64_t word = 0;
        memcpy(&word, data, size);
        h = mix(h, word);
    }
    return h;
}

static bool hash_value(const cf_dict *dict, cf_value key, uint64_t *out)
{
    uint64_t seed = (uintptr_t)dict;
    switch (key.kind) {
    case CF_TEXT:
    case CF_MARKUP:
    case CF_BYTES:
    case CF_JSON: *out = hash_bytes(dict, key.as.text, key.size); return true;
    case CF_BOOL: *out = mix(seed, key.as.boolean); return true;
    case CF_INT: *out = mix(seed, (uint64_t)key.as.integer); return true;
    case CF_FLOAT: {
        double x = key.as.number;
        if (x >= -9223372036854775808.0 && x < 9223372036854775808.0 && x == floor(x)) {
            *out = mix(seed, (uint64_t)(int64_t)x);
        } else {
            uint64_t bits;
            memcpy(&bits, &x, sizeof bits);
            *out = mix(seed, bits);
        }
        return true;
    }
    case CF_TUPLE: {
        uint64_t h = seed + 7;
        for (size_t i = 0; i < key.as.list->count; i++) {
            uint64_t one;
            if (!hash_value(dict, key.as.list->items[i], &one)) return false;
            h = mix(h, one);
        }
        *out = h;
        return true;
    }
    case CF_DATE: *out = mix(seed, (uint64_t)key.as.date.days); return true;
    case CF_TIME:
    case CF_DATETIME:
    case CF_INTERVAL: *out = mix(seed, (uint64_t)key.as.time.usec); return true;
    case CF_UUID: *out = hash_bytes(dict, (const char *)key.as.uuid->bytes, 16); return true;
    case CF_DECIMAL: *out = mix(seed, 11); return true;
    case CF_OBJECT: *out = mix(seed, (uintptr_t)key.as.object); return true;
    case CF_SEQUENCE:
    case CF_MAPPING: return false;
    default: *out = mix(seed, 0x100u + key.kind); return true;
    }
}

static bool slot_holds(const cf_entry *entry, uint64_t hash, cf_value key)
{
    if (entry->removed || entry->hash != hash) return false;
    if (key.kind == CF_OBJECT && entry->key.kind == CF_OBJECT) return key.as.object == entry->key.as.object;
    return cf_value_equal(entry->key, key);
}

static cf_entry *find(const cf_dict *dict, uint64_t hash, cf_value key)
{
    if (!dict->index) {
        for (size_t i = 0; i < dict->used; i++)
            if (slot_holds(&dict->entries[i], hash, key)) return &dict->entries[i];
        return NULL;
    }
    for (size_t at = hash & (dict->index_size - 1);; at = (at + 1) & (dict->index_size - 1)) {
        uint32_t slot = dict->index[at];
        if (!slot) return NULL;
        if (slot_holds(&dict->entries[slot - 1], hash, key)) return &dict->entries[slot - 1];
    }
}

cf_value *cf_dict_get(const cf_dict *dict, cf_value key)
{
    uint64_t hash;
    if (!dict->count || !hash_value(dict, key, &hash)) return NULL;
    cf_entry *entry = find(dict, hash, key);
    return entry ? &entry->value : NULL;
}

cf_value *cf_dict_get_text(const cf_dict *dict, const char *key, size_t size)
{
    return cf_dict_get(dict, cf_value_text_n(key, size));
}

static void index_entry(cf_dict *dict, size_t slot)
{
    size_t at = dict->entries[slot].hash & (dict->index_size - 1);
    while (dict->index[at]) at = (at + 1) & (dict->index_size - 1);
    dict->index[at] = (uint32_t)(slot + 1);
}

/* Drops removed entries and makes room for one more; the index has at least twice as many places as slots. */
static bool grow(cf_dict *dict)
{
    size_t capacity = dict->capacity ? dict->capacity : 4;
    if (dict->count >= capacity - capacity / 4) capacity *= 2;
    if (capacity >= UINT32_MAX / 4) return false;
    cf_entry *entries = cf_arena_array(dict->arena, capacity, sizeof *entries);
    if (!entries) return false;
    uint32_t *index = NULL;
    size_t    index_size = 0;
    if (capacity > SMALL_DICT) {
        for (index_size = 32; index_size < capacity * 2;) index_size *= 2;
        index = cf_arena_array(dict->arena, index_size, sizeof *index);
        if (!index) return false;
    }
    size_t used = 0;
    for (size_t i = 0; i < dict->used; i++)
        if (!dict->entries[i].removed) entries[used++] = dict->entries[i];
    dict->entries = entries;
    dict->used = used;
    dict->capacity = capacity;
    dict->index = index;
    dict->index_size = index_size;
    for (size_t i = 0; index && i < used; i++) index_entry(dict, i);
    return true;
}

bool cf_dict_set(cf_dict *dict, cf_value key, cf_value value)
{
    uint64_t hash;
    if (!hash_value(dict, key, &hash)) return false;
    cf_entry *entry = find(dict, hash, key);
    if (entry) {
        entry->value = value;
        return true;
    }
    bool full = dict->used == dict->capacity || (!dict->index && dict->used >= SMALL_DICT);
    if (full && !grow(dict)) return false;
    entry = &dict->entries[dict->used];
    *entry = (cf_entry){.key = key, .value = value, .hash = hash};
    if (dict->index) index_entry(dict, dict->used);
    dict->used++;
    dict->count++;
    return true;
}

bool cf_dict_set_text(cf_dict *dict, const char *key, cf_value value)
{
    return cf_dict_set(dict, cf_value_text(key), value);
}

bool cf_dict_remove(cf_dict *dict, cf_value key)
{
    uint64_t hash;
    if (!hash_value(dict, key, &hash)) return false;
    cf_entry *entry = find(dict, hash, key);
    if (!entry) return false;
    entry->removed = true;
    dict->count--;
    return true;
}

/* ---- equality ------------------------------------------------------------------------------- */

static bool is_number(cf_value v)
{
    return v.kind == CF_BOOL || v.kind == CF_INT || v.kind == CF_FLOAT;
}

static int64_t whole(cf_value v)
{
    return v.kind == CF_BOOL ? v.as.boolean : v.as.integer;
}

static bool equal_numbers(cf_value a, cf_value b)
{
    if (a.kind == CF_FLOAT && b.kind == CF_FLOAT) return a.as.number == b.as.number;
    if (a.kind != CF_FLOAT && b.kind != CF_FLOAT) return whole(a) == whole(b);
    double  x = a.kind == CF_FLOAT ? a.as.number : b.as.number;
    int64_t n = a.kind == CF_FLOAT ? whole(b) : whole(a);
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0 && x == floor(x) && (int64_t)x == n;
}

static bool equal_lists(const cf_list *a, const cf_list *b)
{
    if (a == b) return true;
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!cf_value_equal(a->items[i], b->items[i])) return false;
    return true;
}

static bool equal_dicts(const cf_dict *a, const cf_dict *b)
{
    if (a == b) return true;
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->used; i++) {
        if (a->entries[i].removed) continue;
        const cf_value *other = cf_dict_get(b, a->entries[i].key);
        if (!other || !cf_value_equal(a->entries[i].value, *other)) return false;
    }
    return true;
}

bool cf_value_equal(cf_value a, cf_value b)
{
    if (is_number(a) && is_number(b)) return equal_numbers(a, b);
    if (cf_value_is_text(a) && cf_value_is_text(b))
        return a.size == b.size && (!a.size || memcmp(a.as.text, b.as.text, a.size) == 0);
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case CF_UNDEFINED:
    case CF_NULL: return true;
    case CF_BYTES:
    case CF_JSON: return a.size == b.size && (!a.size || memcmp(a.as.text, b.as.text, a.size) == 0);
    case CF_DATE: return a.as.date.days == b.as.date.days;
    case CF_TIME:
    case CF_DATETIME:
    case CF_INTERVAL: return a.as.time.usec == b.as.time.usec;
    case CF_DECIMAL: return cf_decimal_compare(*a.as.decimal, *b.as.decimal) == 0;
    case CF_UUID: return memcmp(a.as.uuid->bytes, b.as.uuid->bytes, 16) == 0;
    case CF_SEQUENCE:
    case CF_TUPLE: return equal_lists(a.as.list, b.as.list);
    case CF_MAPPING: return equal_dicts(a.as.dict, b.as.dict);
    default: return a.as.object == b.as.object;
    }
}
