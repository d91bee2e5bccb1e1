/* JSON as values: numbers of any size, keys in order. */
#ifndef CONFORMANCE_FORMS_JSON_H
#define CONFORMANCE_FORMS_JSON_H

#include <carafe/collection.h>

/** Read one JSON document; CF_UNDEFINED when it is none. */
cf_value json_read(cf_arena *arena, const char *text, size_t size);
/** The value that typed JSON stands for: {"$decimal": "1.5"} and the like, at any depth. */
cf_value json_decode(cf_arena *arena, cf_value value);
/** Write a value as typed JSON. */
void json_write(cf_arena *arena, cf_value value, cf_buffer *out);

/** A member of an object; CF_UNDEFINED when it is not there, or `value` is no object. */
cf_value json_get(cf_value value, const char *key);
/** The same as a NUL-terminated text, or NULL. */
const char *json_text(cf_arena *arena, cf_value value, const char *key);

#endif
