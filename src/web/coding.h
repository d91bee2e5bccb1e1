/* Percent coding, UTF-8 repair, HTTP dates: text as it travels in requests. */
#ifndef CARAFE_WEB_CODING_H
#define CARAFE_WEB_CODING_H

#include <carafe/arena.h>
#include <carafe/buffer.h>

/**
 * Decode %XX in `size` bytes into `out`, which has room for as many; `plus`: '+' is a blank.
 * Sequences that are none stay as they are. Returns the decoded size; not NUL-terminated.
 */
size_t cf_percent_decode(const char *text, size_t size, bool plus, char *out);

/** `text` with invalid UTF-8 replaced by U+FFFD, one for each maximal part, as Python does; NUL-terminated; NULL: out of memory. */
char *cf_utf8_repair(cf_arena *arena, const char *text, size_t size, size_t *out_size);

/** Decode and repair in one step into the arena. */
char *cf_decode_text(cf_arena *arena, const char *text, size_t size, bool plus, size_t *out_size);

/** Add a path segment (or, with `slashes`, several) in percent coding. */
void cf_percent_path(cf_buffer *out, const char *text, size_t size, bool slashes);
/** Add a name or value of a query string; blanks become '+'. */
void cf_percent_query(cf_buffer *out, const char *text, size_t size);

#define CF_HTTP_DATE_SIZE 30
/** Write "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). */
void cf_http_date_format(int64_t seconds, char out[CF_HTTP_DATE_SIZE]);
/** Parse that form; false for anything else. The obsolete forms are not understood: such a condition is ignored. */
bool cf_http_date_parse(const char *text, int64_t *seconds);

#endif
