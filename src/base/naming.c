/* Names made from names. */
#include "base/naming.h"
#include "base/text.h"

#include <utf8proc.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Does a word begin at `at`? Other scripts' letters make no boundaries, so bytes will do. */
static bool begins_word(const char *name, size_t at)
{
    if (!is_upper(name[at]) || at == 0) return false;
    char before = name[at - 1];
    return is_lower(before) || (before >= '0' && before <= '9') || is_lower(name[at + 1]);
}

void cf_table_name(cf_buffer *out, const char *class_name)
{
    size_t size = strlen(class_name);
    bool   leading = true;
    for (size_t at = 0; at < size;) {
        bool     boundary = begins_word(class_name, at);
        uint32_t c = cf_utf8_next(class_name, size, &at);
        if (boundary && !leading) cf_buffer_char(out, '_');
        if (c == '_' && leading) continue;
        leading = false;
        if (c < 0x80) cf_buffer_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
        else cf_buffer_code_point(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
    }
}
