/* Names of characters, by GNU libunistring. */
#include "base/text.h"

#include <string.h>
#include <uniname.h>

size_t cf_unicode_name(uint32_t code_point, char *out, size_t size)
{
    char name[UNINAME_MAX];
    if (!unicode_character_name(code_point, name)) return 0;
    size_t length = strlen(name);
    if (length >= size) return 0;
    memcpy(out, name, length + 1);
    return length;
}

bool cf_unicode_by_name(const char *name, size_t size, uint32_t *code_point)
{
    char copy[UNINAME_MAX];
    if (size == 0 || size >= sizeof copy) return false;
    memcpy(copy, name, size);
    copy[size] = '\0';
    ucs4_t found = unicode_name_character(copy);
    if (found == UNINAME_INVALID) return false;
    *code_point = found;
    return true;
}
