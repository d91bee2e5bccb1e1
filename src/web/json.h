/* JSON bodies and sessions to values, values to JSON. */
#ifndef CARAFE_WEB_JSON_H
#define CARAFE_WEB_JSON_H

#include <carafe/collection.h>

/** Parse a JSON text; false when it is malformed, nests deeper than `depth`, or when out of memory (arena). Texts are copied. */
bool cf_json_parse(cf_arena *arena, const char *text, size_t size, unsigned depth, cf_value *out);
/** Add a value: rows and objects with members become objects, lists arrays, dates texts. False with the error set. */
bool cf_json_write(cf_arena *arena, cf_buffer *out, cf_value value, cf_error *error);

#endif
