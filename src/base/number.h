/* Numbers and text without the locale. */
#ifndef CARAFE_BASE_NUMBER_H
#define CARAFE_BASE_NUMBER_H

#include <carafe/core.h>

#define CF_DOUBLE_SIZE 40 /* enough for cf_format_double() with its NUL */

/** Write the shortest text that reads back as the same number, as Python's repr(): "1.0", "1e+16", "nan", "inf". Returns the length. */
size_t cf_format_double(double number, char out[CF_DOUBLE_SIZE]);
#define CF_MOST_DECIMALS 1100 /* more than any double has */

/**
 * As printf("%.*f") in the C locale, with 0 to CF_MOST_DECIMALS digits after the point; "nan", "inf", "-inf".
 * Returns the length needed; writes at most `size` bytes with the NUL.
 */
size_t cf_format_fixed(double number, int digits, char *out, size_t size);
/**
 * Parse a decimal floating-point number that fills all `size` bytes, at most 511 ("1", "-.5", "1e5"; no blanks,
 * hex, nan, inf). Correctly rounded; what is too large becomes infinite, as for Python's float().
 * False, and *out untouched, for anything else.
 */
bool cf_parse_double(const char *text, size_t size, double *out);
/** Parse an optional sign and decimal digits that fill all `size` bytes; false past 64 bits (then *out is untouched). */
bool cf_parse_int(const char *text, size_t size, int64_t *out);
/** Write a whole number; returns the length. `out` needs 21 bytes. */
size_t cf_format_int(int64_t number, char *out);

#endif
