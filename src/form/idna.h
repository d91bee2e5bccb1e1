/* Host names with characters beyond ASCII. */
#ifndef CARAFE_FORM_IDNA_H
#define CARAFE_FORM_IDNA_H

#include <carafe/core.h>

/** Encode code points as Punycode (RFC 3492), without the "xn--"; returns the length, 0 when it does not fit. */
size_t cf_punycode_encode(const uint32_t *points, size_t count, char *out, size_t room);
/** Decode Punycode; false when it is none or does not fit. */
bool cf_punycode_decode(const char *text, size_t size, uint32_t *out, size_t *count, size_t room);

/**
 * A host name in ASCII by IDNA 2003 (RFC 3490), as Python's "idna" codec; what
 * cannot be converted stays as it is. Returns the length, 0 when it does not fit.
 */
size_t cf_idna2003_ascii(const char *host, size_t size, char *out, size_t room);

#endif
