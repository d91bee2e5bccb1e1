/* Encrypted columns: what the database sees is authenticated ciphertext with the number of its key. */
#ifndef CARAFE_ORM_ENCRYPT_H
#define CARAFE_ORM_ENCRYPT_H

#include "orm/mapper.h"

typedef struct cf_keyring cf_keyring;

/* "2:KEY, 1:KEY": the first is for writing, all are for reading; KEY is 32 bytes in base64 or hexadecimal. NULL with the error. */
cf_keyring *cf_keyring_open(const char *text, cf_error *error);
/* Wipes the keys; NULL is allowed. */
void cf_keyring_close(cf_keyring *keys);

/* Replace a text or bytes by their ciphertext in the arena. */
bool cf_encrypt(const cf_keyring *keys, const cf_attribute *attribute, cf_value *value, cf_arena *arena,
                cf_error *error);
/* And back; the text is NUL-terminated. */
bool cf_decrypt(const cf_keyring *keys, const cf_attribute *attribute, cf_value *value, cf_arena *arena,
                cf_error *error);
/* Was it written with another key than the first one? */
bool cf_encrypted_with_old(const cf_keyring *keys, cf_value value);

#endif
