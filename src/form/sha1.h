/* SHA-1 and HMAC-SHA-1 (FIPS 180-4, RFC 2104), for WTForms' CSRF tokens alone: libsodium has neither. */
#ifndef CARAFE_FORM_SHA1_H
#define CARAFE_FORM_SHA1_H

#include <carafe/core.h>

#define CF_SHA1_SIZE 20

typedef struct cf_sha1 {
    uint32_t h[5];
    uint64_t length;
    uint8_t  block[64];
    size_t   used;
} cf_sha1;

void cf_sha1_init(cf_sha1 *state);
void cf_sha1_add(cf_sha1 *state, const void *data, size_t size);
void cf_sha1_end(cf_sha1 *state, uint8_t out[CF_SHA1_SIZE]);

/** HMAC over two pieces of text that follow each other. */
void cf_hmac_sha1(const void *key, size_t key_size, const void *a, size_t a_size, const void *b, size_t b_size,
                  uint8_t out[CF_SHA1_SIZE]);

#endif
