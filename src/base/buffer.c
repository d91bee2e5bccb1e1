/* Growing text: doubling, with a limit; escaping writes runs at once. */
#include <carafe/buffer.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <stdio.h>

void cf_buffer_free(cf_buffer *buffer)
{
    size_t limit = buffer->limit;
    cf_mem_free(buffer->data);
    *buffer = (cf_buffer){.limit = limit};
}

void cf_buffer_clear(cf_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
    if (buffer->data) buffer->data[0] = '\0';
}

bool cf_buffer_reserve(cf_buffer *buffer, size_t more)
{
    size_t need;
    if (buffer->failed) return false;
    if (__builtin_add_overflow(buffer->size, more, &need) || need > SIZE_MAX / 4 ||
        (buffer->limit && need > buffer->limit)) {
        buffer->failed = true;
        return false;
    }
    need++;
    if (need <= buffer->capacity) return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < need) capacity *= 2;
    if (buffer->limit && capacity > buffer->limit) capacity = buffer->limit + 1;
    char *data = cf_mem_resize(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    if (!buffer->data) data[0] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void cf_buffer_add_slow_(cf_buffer *buffer, const char *data, size_t size)
{
    if (!cf_buffer_reserve(buffer, size)) return;
    if (size) memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void cf_buffer_code_point(cf_buffer *buffer, uint32_t code_point)
{
    char   bytes[4];
    size_t size = cf_utf8_put(code_point, bytes);
    cf_buffer_add(buffer, bytes, size);
}

/* What stands for a byte in HTML: `growth` bytes more than the one; zero where it stands for itself. */
typedef struct reference {
    char          text[5];
    unsigned char growth;
} reference;

static const reference html_references[256] = {
    ['&'] = {"&amp;", 4}, ['<'] = {"&lt;", 3}, ['>'] = {"&gt;", 3}, ['"'] = {"&#34;", 4}, ['\''] = {"&#39;", 4},
};

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Not zero exactly when a byte is zero. */
static uint64_t zero_bytes(uint64_t w)
{
    return (w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80);
}

/* Do the eight bytes at `text` stand for themselves? < and > differ in one bit, " and & in another. */
static bool plain_word(const char *text)
{
    uint64_t w;
    memcpy(&w, text, 8);
    return !(zero_bytes((w | EACH_BYTE(0x02)) ^ EACH_BYTE('>')) | zero_bytes((w | EACH_BYTE(0x04)) ^ EACH_BYTE('&')) |
             zero_bytes(w ^ EACH_BYTE('\'')));
}

/* How many bytes the references add to a text. */
static size_t html_growth(const char *text, size_t size)
{
    size_t growth = 0;
    while (size) {
        size_t n = size < 8 ? size : 8;
        if (n < 8 || !plain_word(text))
            for (size_t i = 0; i < n; i++) growth += html_references[(unsigned char)text[i]].growth;
        text += n;
        size -= n;
    }
    return growth;
}

void cf_buffer_html(cf_buffer *buffer, const char *text, size_t size)
{
    size_t growth = html_growth(text, size);
    if (!growth) {
        cf_buffer_add(buffer, text, size);
        return;
    }
    if (!cf_buffer_reserve(buffer, size > SIZE_MAX / 8 ? SIZE_MAX : size + growth)) return;
    char *out = buffer->data + buffer->size;
    buffer->size += size + growth;
    while (size) {
        size_t n = size < 8 ? size : 8;
        if (n == 8 && plain_word(text)) {
            memcpy(out, text, 8);
            out += 8;
        } else {
            for (size_t i = 0; i < n; i++) {
                const reference *r = &html_references[(unsigned char)text[i]];
                if (r->growth) memcpy(out, r->text, sizeof r->text); /* of five bytes; the fifth may be the NUL's */
                else *out = text[i];
                out += 1 + r->growth;
            }
        }
        text += n;
        size -= n;
    }
    *out = '\0';
}

void cf_buffer_int(cf_buffer *buffer, int64_t number)
{
    char text[24];
    cf_buffer_add(buffer, text, cf_format_int(number, text));
}

void cf_buffer_double(cf_buffer *buffer, double number)
{
    char text[CF_DOUBLE_SIZE];
    cf_buffer_add(buffer, text, cf_format_double(number, text));
}

/* Must the byte be escaped in JSON? RFC 8259 names quotes, backslashes and control characters; DEL goes with them. */
static bool json_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* How many bytes at the start stand for themselves in JSON. */
static size_t json_plain(const char *text, size_t size)
{
    size_t i = 0;
    for (; size - i >= 8; i += 8) {
        uint64_t w;
        memcpy(&w, text + i, 8);
        uint64_t control = (w - EACH_BYTE(0x20)) & ~w & EACH_BYTE(0x80);
        if (control | zero_bytes(w ^ EACH_BYTE('"')) | zero_bytes(w ^ EACH_BYTE('\\')) |
            zero_bytes(w ^ EACH_BYTE(0x7f)))
            break;
    }
    while (i < size && !json_special((unsigned char)text[i])) i++;
    return i;
}

static void json_escape(cf_buffer *buffer, unsigned char c)
{
    static const char short_form[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789abcdef";
    char              text[6] = {'\\', short_form[c]};
    if (!short_form[c]) memcpy(text + 1, (char[]){'u', '0', '0', hex[c >> 4], hex[c & 15]}, 5);
    cf_buffer_add(buffer, text, short_form[c] ? 2 : 6);
}

void cf_buffer_json_text(cf_buffer *buffer, const char *text, size_t size)
{
    cf_buffer_char(buffer, '"');
    for (;;) {
        size_t plain = json_plain(text, size);
        if (plain) cf_buffer_add(buffer, text, plain);
        if (plain == size) break;
        json_escape(buffer, (unsigned char)text[plain]);
        text += plain + 1;
        size -= plain + 1;
    }
    cf_buffer_char(buffer, '"');
}

void cf_buffer_vprintf(cf_buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0) {
        buffer->failed = true;
    } else if (cf_buffer_reserve(buffer, (size_t)size)) {
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

void cf_buffer_printf(cf_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cf_buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}
