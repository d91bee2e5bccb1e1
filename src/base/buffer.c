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

typedef struct reference {
    const char *text;
    size_t      size;
} reference;

static const reference html_references[128] = {
    ['&'] = {"&amp;", 5}, ['<'] = {"&lt;", 4}, ['>'] = {"&gt;", 4}, ['"'] = {"&#34;", 5}, ['\''] = {"&#39;", 5},
};

/* 1 for the five bytes that need a reference. */
static const unsigned char html_special[256] = {['&'] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['\''] = 1};

void cf_buffer_html(cf_buffer *buffer, const char *text, size_t size)
{
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!html_special[c]) continue;
        if (i > from) cf_buffer_add(buffer, text + from, i - from);
        cf_buffer_add(buffer, html_references[c].text, html_references[c].size);
        from = i + 1;
    }
    if (size > from) cf_buffer_add(buffer, text + from, size - from);
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

static void json_escape(cf_buffer *buffer, unsigned char c)
{
    static const char short_form[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (short_form[c]) {
        cf_buffer_char(buffer, '\\');
        cf_buffer_char(buffer, short_form[c]);
    } else {
        cf_buffer_printf(buffer, "\\u%04x", (unsigned)c);
    }
}

void cf_buffer_json_text(cf_buffer *buffer, const char *text, size_t size)
{
    size_t from = 0;
    cf_buffer_char(buffer, '"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        if (i > from) cf_buffer_add(buffer, text + from, i - from);
        json_escape(buffer, c);
        from = i + 1;
    }
    if (size > from) cf_buffer_add(buffer, text + from, size - from);
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
