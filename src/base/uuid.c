#include <carafe/types.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool cf_uuid_parse(const char *text, size_t size, cf_uuid *out)
{
    cf_uuid uuid;
    size_t  at = 0;
    if (size != 36 && size != 32) return false;
    for (int i = 0; i < 16; i++) {
        if (size == 36 && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return false;
        int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
        if (high < 0 || low < 0) return false;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *out = uuid;
    return true;
}

size_t cf_uuid_format(cf_uuid uuid, char out[CF_UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t            n = 0;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out[n++] = '-';
        out[n++] = hex[uuid.bytes[i] >> 4];
        out[n++] = hex[uuid.bytes[i] & 15];
    }
    out[n] = '\0';
    return n;
}
