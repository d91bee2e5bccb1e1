/**
 * @file carafe/collection.h
 * @brief Lists and dictionaries of values, as templates and JSON know them.
 *
 * Both live in an arena and free nothing before it. Keys of a dictionary are
 * compared as Python does: 1, 1.0 and true are one key; a text and safe HTML of
 * the same characters are one key.
 */
#ifndef CARAFE_COLLECTION_H
#define CARAFE_COLLECTION_H

#include <carafe/value.h>

CF_BEGIN_C

/** A list. Read `count` and `items` freely; change it through the functions. */
struct cf_list {
    size_t    count;
    size_t    capacity;
    cf_value *items;
    cf_arena *arena;
};

/** An empty list with room for `capacity` values; NULL when out of memory. */
CF_API cf_list *cf_list_new(cf_arena *arena, size_t capacity);
/** Append a value; false when out of memory. Amortised O(1). */
CF_API bool cf_list_add(cf_list *list, cf_value value);

/** One entry of a dictionary. */
typedef struct cf_entry {
    cf_value key, value;
    uint64_t hash;
    bool     removed;
} cf_entry;

/** A dictionary in the order of insertion. Walk `entries[0 .. used)`, skipping `removed` ones. */
struct cf_dict {
    size_t    count; /**< entries that are there */
    size_t    used;  /**< slots of `entries` in use, removed ones too */
    size_t    capacity;
    cf_entry *entries;
    uint32_t *index;
    size_t    index_size;
    cf_arena *arena;
};

CF_API cf_dict *cf_dict_new(cf_arena *arena, size_t capacity);
/** The value of a key, or NULL. Amortised O(1). Unhashable keys (lists, dictionaries) are never found. */
CF_API cf_value *cf_dict_get(const cf_dict *dict, cf_value key);
/** The same for a text key. */
CF_API cf_value *cf_dict_get_text(const cf_dict *dict, const char *key, size_t size);
/** Set a key, replacing its value in place. False when out of memory or when the key is a list or dictionary. */
CF_API bool cf_dict_set(cf_dict *dict, cf_value key, cf_value value);
/** The same for a text key, NUL-terminated; the text is not copied. */
CF_API bool cf_dict_set_text(cf_dict *dict, const char *key, cf_value value);
/** Remove a key; false when it was not there. */
CF_API bool cf_dict_remove(cf_dict *dict, cf_value key);

/** Equality by Python's rules for the plain kinds; objects are compared by address. */
CF_API bool cf_value_equal(cf_value a, cf_value b);

CF_END_C

#endif
