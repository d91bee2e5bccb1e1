/* Signed texts for cookies: payload, time, HMAC. */
#ifndef CARAFE_ORM_SIGNER_H
#define CARAFE_ORM_SIGNER_H

#include <carafe/arena.h>
#include <carafe/buffer.h>

enum { CF_KEYS = 8, CF_KEY_SIZE = 32 };

/* Keys derived from SECRET_KEY; the first signs, all are accepted. */
typedef struct cf_keys {
    size_t        count;
    unsigned char key[CF_KEYS][CF_KEY_SIZE];
} cf_keys;

/** Derive keys from "new,old,..." for one purpose; blanks around a secret do not count. False: none, or more than CF_KEYS. */
bool cf_keys_derive(const char *secrets, const char *purpose, cf_keys *out);
/** Add base64url(payload) "." base64url(time) "." base64url(HMAC-SHA-256). */
void cf_sign(const cf_keys *keys, const char *payload, size_t size, int64_t now, cf_buffer *out);
/**
 * Check a signed text in constant time and take its payload.
 * @param max_age seconds; a time in the future by more than a minute is refused too
 * @param made receives when it was signed; may be NULL
 * @return the payload in the arena, NUL-terminated; NULL: not ours, too old, malformed, out of memory
 */
char *cf_unsign(const cf_keys *keys, cf_arena *arena, const char *text, int64_t now, int64_t max_age, size_t *size,
                int64_t *made);

#endif
