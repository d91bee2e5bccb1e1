/* UTF-8 and small text helpers. */
#ifndef CARAFE_BASE_TEXT_H
#define CARAFE_BASE_TEXT_H

#include <carafe/core.h>

/** Decode the code point at text[*at], advancing *at; invalid bytes give U+FFFD and advance by one. */
uint32_t cf_utf8_next(const char *text, size_t size, size_t *at);
/** Write a code point (at most 4 bytes); returns how many. Surrogates and numbers past 0x10FFFF give U+FFFD. */
size_t cf_utf8_put(uint32_t code_point, char out[4]);
/** Is it well-formed UTF-8 (no overlong forms, no surrogates)? */
bool cf_utf8_valid(const char *text, size_t size);
/** Number of code points; invalid bytes count as one each. */
size_t cf_utf8_length(const char *text, size_t size);
/** Byte offset of the n-th code point, or `size`. */
size_t cf_utf8_offset(const char *text, size_t size, size_t n);
/** Unicode's name of a character, NUL-terminated; 0 when it has none or the name does not fit into `size` bytes. */
size_t cf_unicode_name(uint32_t code_point, char *out, size_t size);
/** The character of a name or alias, in any case; false when there is none. */
bool cf_unicode_by_name(const char *name, size_t size, uint32_t *code_point);
/** White space by Python's str.isspace(). */
bool cf_unicode_space(uint32_t code_point);
/**
 * Edits (a byte more, less, other, or two swapped) between two names; `limit` + 1 when there are more
 * than `limit`, and for names of more than 63 bytes.
 */
int cf_edit_distance(const char *a, const char *b, int limit);
/** The first name nearest to `wanted` among `names` (NULLs skipped), about a third of its letters apart at most; or NULL. */
const char *cf_nearest_name(const char *wanted, const char *const *names, size_t count);
/** Are the texts equal, ignoring ASCII case? */
bool cf_equal_nocase(const char *a, size_t a_size, const char *b, size_t b_size);
/** 64-bit hash of bytes (not keyed: for tables of the program's own names only). */
uint64_t cf_hash(const void *data, size_t size);

#endif
