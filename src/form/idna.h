/* Host names with characters beyond ASCII: IDNA 2008 for e-mail, IDNA 2003 for URLs. */
#ifndef CARAFE_FORM_IDNA_H
#define CARAFE_FORM_IDNA_H

#include <carafe/buffer.h>

/* The longest host name looked at, in code points; DNS allows 253. */
enum { CF_HOST_MAX = 1024 };

/** A text as code points. */
typedef struct cf_points {
    uint32_t at[CF_HOST_MAX];
    size_t   count;
} cf_points;

/** False when the text is longer than CF_HOST_MAX. */
bool cf_points_read(cf_points *out, const char *text, size_t size);
void cf_points_print(const uint32_t *points, size_t count, cf_buffer *out);

/** Canonical composition (NFC); false when it does not fit. */
bool cf_points_compose(cf_points *points);
/** The directions of a label's characters agree (RFC 5893). */
bool cf_check_bidi(const uint32_t *label, size_t count, cf_buffer *why);
/** Do the letters before, or after, a zero-width non-joiner join towards it? */
bool cf_joins(const uint32_t *label, size_t count, bool after);

/** Encode as Punycode (RFC 3492), without the "xn--"; returns the length, 0 when it does not fit. */
size_t cf_punycode_encode(const uint32_t *points, size_t count, char *out, size_t room);
/** Decode Punycode; false when it is none or does not fit. */
bool cf_punycode_decode(const char *text, size_t size, uint32_t *out, size_t *count, size_t room);

/** What IDNA 2008 (RFC 5892) says of a code point. */
typedef enum cf_idna_class { CF_IDNA_DISALLOWED, CF_IDNA_VALID, CF_IDNA_CONTEXTJ, CF_IDNA_CONTEXTO } cf_idna_class;
cf_idna_class cf_idna_class_of(uint32_t c);

/**
 * Map a host name by UTS 46, non-transitional: case folded, normalised, separators as periods.
 * False: it has a code point that is not allowed; `why` says which.
 */
bool cf_uts46_map(cf_points *host, cf_buffer *why);
/** A mapped host name in ASCII by IDNA 2008. False: a label is not allowed; `why` says what is wrong. */
bool cf_idna2008_ascii(const cf_points *host, cf_buffer *ascii, cf_buffer *why);
/** Its form for display: labels that begin with xn-- decoded. */
void cf_idna2008_display(const char *ascii, size_t size, cf_buffer *out);

/**
 * A host name in ASCII by IDNA 2003 (RFC 3490), as Python's "idna" codec; what
 * cannot be converted stays as it is. Returns the length, 0 when it does not fit.
 */
size_t cf_idna2003_ascii(const char *host, size_t size, char *out, size_t room);

#endif
