#include "orm/signer.h"

#include <sodium.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool cf_keys_derive(const char *secrets, const char *purpose, cf_keys *out)
{
    out->count = 0;
    for (const char *at = secrets; at && *at;) {
        size_t      size = strcspn(at, ",");
        const char *start = at, *end = at + size;
        at = *end ? end + 1 : end;
        while (start < end && blank(*start)) start++;
        while (end > start && blank(end[-1])) end--;
        if (start == end) continue;
        if (out->count == CF_KEYS) return false;
        crypto_generichash_state state;
        crypto_generichash_init(&state, NULL, 0, CF_KEY_SIZE);
        crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
        crypto_generichash_update(&state, (const unsigned char *)start, (size_t)(end - start));
        crypto_generichash_final(&state, out->key[out->count++], CF_KEY_SIZE);
        sodium_memzero(&state, sizeof state);
    }
    return out->count > 0;
}

static void add_base64(cf_buffer *out, const void *data, size_t size)
{
    size_t length = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (!cf_buffer_reserve(out, length)) return;
    sodium_bin2base64(out->data + out->size, length, data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    out->size += length - 1;
}

void cf_sign(const cf_keys *keys, const char *payload, size_t size, int64_t now, cf_buffer *out)
{
    size_t        start = out->size;
    unsigned char time[6], mac[crypto_auth_hmacsha256_BYTES];
    for (int i = 0; i < 6; i++) time[i] = (unsigned char)((uint64_t)now >> (40 - 8 * i));
    add_base64(out, payload, size);
    cf_buffer_char(out, '.');
    add_base64(out, time, sizeof time);
    if (out->failed) return;
    crypto_auth_hmacsha256(mac, (const unsigned char *)out->data + start, out->size - start, keys->key[0]);
    cf_buffer_char(out, '.');
    add_base64(out, mac, sizeof mac);
}

static bool decode(const char *text, size_t size, void *out, size_t capacity, size_t *used)
{
    const char *end;
    if (sodium_base642bin(out, capacity, text, size, NULL, used, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    return end == text + size;
}

char *cf_unsign(const cf_keys *keys, cf_arena *arena, const char *text, int64_t now, int64_t max_age, size_t *size,
                int64_t *made)
{
    const char *mac_dot = strrchr(text, '.'), *time_dot = mac_dot;
    if (!mac_dot) return NULL;
    while (time_dot > text && time_dot[-1] != '.') time_dot--;
    if (time_dot == text) return NULL;
    time_dot--;
    unsigned char mac[crypto_auth_hmacsha256_BYTES], time[6];
    size_t        used;
    bool          held = false;
    if (!decode(mac_dot + 1, strlen(mac_dot + 1), mac, sizeof mac, &used) || used != sizeof mac) return NULL;
    for (size_t i = 0; i < keys->count; i++)
        held |= crypto_auth_hmacsha256_verify(mac, (const unsigned char *)text, (size_t)(mac_dot - text),
                                              keys->key[i]) == 0;
    if (!held || !decode(time_dot + 1, (size_t)(mac_dot - time_dot - 1), time, sizeof time, &used) ||
        used != sizeof time)
        return NULL;
    int64_t when = 0;
    for (int i = 0; i < 6; i++) when = when << 8 | time[i];
    if (when > now + 60 || now - when > max_age) return NULL;
    size_t capacity = (size_t)(time_dot - text);
    char  *payload = cf_arena_alloc(arena, capacity + 1);
    if (!payload || !decode(text, capacity, payload, capacity, size)) return NULL;
    payload[*size] = '\0';
    if (made) *made = when;
    return payload;
}
