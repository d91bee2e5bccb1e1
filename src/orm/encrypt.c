/*
 * A ciphertext is: one byte 1 (the format), four bytes number of the key, 24 bytes nonce, and what libsodium's
 * crypto_secretbox makes of the plain text (XSalsa20 and Poly1305).
 */
#include "orm/encrypt.h"

#include "base/memory.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT 1
#define HEAD (1 + 4 + crypto_secretbox_NONCEBYTES)
#define MOST_KEYS 16

typedef struct key {
    uint32_t number;
    uint8_t  bytes[crypto_secretbox_KEYBYTES];
} key;

struct cf_keyring {
    size_t count;
    key    keys[MOST_KEYS];
};

static bool read_key(const char *text, size_t size, key *out)
{
    size_t length = 0;
    if (size == 2 * sizeof out->bytes &&
        sodium_hex2bin(out->bytes, sizeof out->bytes, text, size, NULL, &length, NULL) == 0)
        return length == sizeof out->bytes;
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE,
                                   sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (sodium_base642bin(out->bytes, sizeof out->bytes, text, size, NULL, &length, NULL, variants[i]) == 0 &&
            length == sizeof out->bytes)
            return true;
    return false;
}

/* One "number:key"; the message never shows the key. */
static bool add_key(cf_keyring *keys, const char *text, size_t size, cf_error *error)
{
    char         *end;
    unsigned long number = strtoul(text, &end, 10);
    key          *k = &keys->keys[keys->count];
    if (keys->count == MOST_KEYS) return cf_fail(error, CF_ERR_LIMIT, "more than %d encryption keys", MOST_KEYS);
    if (end == text || *end != ':' || number == 0 || number > UINT32_MAX)
        return cf_fail(error, CF_ERR_SYNTAX, "encryption key %zu must be written as NUMBER:KEY", keys->count + 1);
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].number == number)
            return cf_fail(error, CF_ERR_SYNTAX, "there are two encryption keys %lu", number);
    k->number = (uint32_t)number;
    end++;
    if (!read_key(end, size - (size_t)(end - text), k))
        return cf_fail(error, CF_ERR_SYNTAX, "encryption key %lu must be 32 bytes in base64 or hexadecimal", number);
    keys->count++;
    return true;
}

cf_keyring *cf_keyring_open(const char *text, cf_error *error)
{
    cf_keyring *keys = sodium_init() < 0 ? NULL : cf_mem_zero(1, sizeof *keys);
    bool        ok = keys || cf_fail(error, CF_ERR_MEMORY, "out of memory");
    while (ok && *text) {
        size_t blank = strspn(text, ", \n"), size;
        text += blank;
        size = strcspn(text, ", \n");
        if (size) ok = add_key(keys, text, size, error);
        text += size;
    }
    if (ok && keys->count == 0) ok = cf_fail(error, CF_ERR_SYNTAX, "there is no encryption key in the text given");
    if (ok) return keys;
    cf_keyring_close(keys);
    return NULL;
}

void cf_keyring_close(cf_keyring *keys)
{
    if (!keys) return;
    sodium_memzero(keys, sizeof *keys);
    cf_mem_free(keys);
}

static bool no_keys(const cf_attribute *a, cf_error *error)
{
    return cf_fail(error, CF_ERR_MISUSE, "%s.%s is encrypted: cf_open() needs .encryption_keys", a->mapper->name,
                   a->name);
}

bool cf_encrypt(const cf_keyring *keys, const cf_attribute *a, cf_value *value, cf_arena *arena, cf_error *error)
{
    if (!keys) return no_keys(a, error);
    const key *k = &keys->keys[0];
    size_t     size = HEAD + crypto_secretbox_MACBYTES + value->size;
    uint8_t   *out = cf_arena_alloc(arena, size);
    if (!out) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    out[0] = FORMAT;
    for (int i = 0; i < 4; i++) out[1 + i] = (uint8_t)(k->number >> (24 - 8 * i));
    randombytes_buf(out + 5, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(out + HEAD, (const uint8_t *)value->as.data, value->size, out + 5, k->bytes);
    *value = cf_value_bytes((cf_bytes){out, size});
    return true;
}

static uint32_t key_number(const uint8_t *data)
{
    return (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
}

bool cf_encrypted_with_old(const cf_keyring *keys, cf_value value)
{
    return value.kind == CF_BYTES && value.size >= HEAD && key_number(value.as.data) != keys->keys[0].number;
}

bool cf_decrypt(const cf_keyring *keys, const cf_attribute *a, cf_value *value, cf_arena *arena, cf_error *error)
{
    const uint8_t *in = value->as.data;
    const key     *k = NULL;
    if (!keys) return no_keys(a, error);
    if (value->size < HEAD + crypto_secretbox_MACBYTES || in[0] != FORMAT)
        return cf_fail(error, CF_ERR_DATABASE, "%s.%s: what the database holds was not encrypted by this library",
                       a->mapper->name, a->name);
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].number == key_number(in)) k = &keys->keys[i];
    if (!k)
        return cf_fail(error, CF_ERR_MISUSE, "%s.%s was encrypted with key %u, which is not among .encryption_keys",
                       a->mapper->name, a->name, (unsigned)key_number(in));
    size_t   size = value->size - HEAD - crypto_secretbox_MACBYTES;
    uint8_t *out = cf_arena_alloc(arena, size + 1);
    if (!out) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (crypto_secretbox_open_easy(out, in + HEAD, value->size - HEAD, in + 5, k->bytes) != 0)
        return cf_fail(error, CF_ERR_DATABASE,
                       "%s.%s cannot be decrypted with key %u: the key is another one, or the value was changed",
                       a->mapper->name, a->name, (unsigned)k->number);
    out[size] = '\0';
    *value = cf_value_text_n((const char *)out, size);
    return true;
}
