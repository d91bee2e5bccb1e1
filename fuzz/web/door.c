/* The first bytes of a connection, whole and cut, and signed texts. */
#include "orm/signer.h"
#include "web/server.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cf_keys   keys;
    size_t    used;
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *text = cf_arena_text(arena, (const char *)data, size);
    int       whole = cf_door_check(text, size, 200);
    for (size_t i = 0; i < size; i++) {
        int part = cf_door_check(text, i, 200);
        /* Once let in or refused for the line, more bytes do not change it, but for a Content-Length that comes later. */
        if (part > 0 && whole != part) abort();
        if (part == 0 && whole != 0 && whole != 400) abort();
    }
    if (!cf_keys_derive("fuzz", "fuzz", &keys)) abort();
    if (cf_unsign(&keys, arena, text, 1000, 1000, &used, NULL)) abort(); /* nobody guesses a signature */
    cf_arena_free(arena);
    return 0;
}
