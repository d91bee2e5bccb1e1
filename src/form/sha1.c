#include "sha1.h"

#include <string.h>

static uint32_t rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

void cf_sha1_init(cf_sha1 *state)
{
    *state = (cf_sha1){.h = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}};
}

static void mix_block(uint32_t h[5], const uint8_t *block)
{
    static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t              w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        int      round = i / 20;
        uint32_t f = round == 0 ? (b & c) | (~b & d) : round == 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t next = rotate(a, 5) + f + e + constants[round] + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

void cf_sha1_add(cf_sha1 *state, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    state->length += size;
    while (size) {
        size_t part = sizeof state->block - state->used;
        if (part > size) part = size;
        memcpy(state->block + state->used, bytes, part);
        state->used += part;
        bytes += part;
        size -= part;
        if (state->used == sizeof state->block) {
            mix_block(state->h, state->block);
            state->used = 0;
        }
    }
}

void cf_sha1_end(cf_sha1 *state, uint8_t out[CF_SHA1_SIZE])
{
    uint64_t bits = state->length * 8;
    uint8_t  length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    cf_sha1_add(state, "\x80", 1);
    while (state->used != 56) cf_sha1_add(state, "", 1);
    cf_sha1_add(state, length, sizeof length);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 4; j++) out[4 * i + j] = (uint8_t)(state->h[i] >> (24 - 8 * j));
}

void cf_hmac_sha1(const void *key, size_t key_size, const void *a, size_t a_size, const void *b, size_t b_size,
                  uint8_t out[CF_SHA1_SIZE])
{
    uint8_t pad[64] = {0};
    cf_sha1 state;
    if (key_size > sizeof pad) {
        cf_sha1_init(&state);
        cf_sha1_add(&state, key, key_size);
        cf_sha1_end(&state, pad);
    } else if (key_size) {
        memcpy(pad, key, key_size);
    }
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    cf_sha1_init(&state);
    cf_sha1_add(&state, pad, sizeof pad);
    cf_sha1_add(&state, a, a_size);
    cf_sha1_add(&state, b, b_size);
    cf_sha1_end(&state, out);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    cf_sha1_init(&state);
    cf_sha1_add(&state, pad, sizeof pad);
    cf_sha1_add(&state, out, CF_SHA1_SIZE);
    cf_sha1_end(&state, out);
}
