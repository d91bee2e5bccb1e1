/**
 * @file carafe/buffer.h
 * @brief A growing text buffer.
 *
 * Zero-initialise it, add to it, free it with cf_buffer_free(). Failures (out of
 * memory, past the limit) stick: further additions do nothing, `failed` stays true.
 * The text is always NUL-terminated once something was added.
 *
 *     cf_buffer out = {0};
 *     cf_buffer_text(&out, "1 < 2: ");
 *     cf_buffer_html(&out, "<b>", 3);
 *     if (!out.failed) puts(out.data);          // 1 < 2: &lt;b&gt;
 *     cf_buffer_free(&out);
 */
#ifndef CARAFE_BUFFER_H
#define CARAFE_BUFFER_H

#include <carafe/core.h>
#include <stdarg.h>
#include <string.h>

CF_BEGIN_C

typedef struct cf_buffer {
    char  *data;     /**< the text, owned by the buffer; NULL while nothing was added */
    size_t size;     /**< bytes in use, without the final NUL */
    size_t capacity; /**< bytes allocated */
    size_t limit;    /**< the most bytes it may hold; 0: no limit */
    bool   failed;
} cf_buffer;

/** Free the text; the structure is empty afterwards and may be used again. */
CF_API void cf_buffer_free(cf_buffer *buffer);

/** Forget the text and a failure, keep the memory. */
CF_API void cf_buffer_clear(cf_buffer *buffer);

/** Make room for `more` bytes beyond the text; false on failure. */
CF_API bool cf_buffer_reserve(cf_buffer *buffer, size_t more);

/** Add bytes as they are; they must not lie in the buffer itself, whose memory may move. */
CF_API void cf_buffer_add_slow_(cf_buffer *buffer, const char *data, size_t size);
static inline void cf_buffer_add(cf_buffer *buffer, const char *data, size_t size)
{
    if (size < buffer->capacity - buffer->size && !buffer->failed &&
        (buffer->limit == 0 || buffer->size + size <= buffer->limit)) {
        if (size) memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
        buffer->data[buffer->size] = '\0';
    } else {
        cf_buffer_add_slow_(buffer, data, size);
    }
}

/** Add a NUL-terminated text; NULL adds nothing. */
static inline void cf_buffer_text(cf_buffer *buffer, const char *text)
{
    if (text) cf_buffer_add(buffer, text, strlen(text));
}

/** Add one byte. */
static inline void cf_buffer_char(cf_buffer *buffer, char c)
{
    cf_buffer_add(buffer, &c, 1);
}

/** Add a code point as UTF-8; surrogates and numbers past 0x10FFFF become U+FFFD. */
CF_API void cf_buffer_code_point(cf_buffer *buffer, uint32_t code_point);

/** Add a text with `& < > " '` as character references, byte for byte as MarkupSafe writes them. */
CF_API void cf_buffer_html(cf_buffer *buffer, const char *text, size_t size);

/** Add a whole number in decimal. */
CF_API void cf_buffer_int(cf_buffer *buffer, int64_t number);

/** Add a number as Python's repr() writes it: the shortest text that reads back the same. Locale-free. */
CF_API void cf_buffer_double(cf_buffer *buffer, double number);

/** Add a JSON string with its quotes; `text` is UTF-8. Control characters and quotes are escaped. */
CF_API void cf_buffer_json_text(cf_buffer *buffer, const char *text, size_t size);

/** Add formatted text, as by printf; no locale-dependent conversions (%f, %g, %'d) please. */
CF_API void cf_buffer_printf(cf_buffer *buffer, const char *format, ...) CF_PRINTF(2, 3);
CF_API void cf_buffer_vprintf(cf_buffer *buffer, const char *format, va_list arguments);

CF_END_C

#endif
