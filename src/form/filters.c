/* Filters: what happens to texts between reading and validation. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <string.h>

bool cf_text_collapse(cf_arena *arena, cf_value *value)
{
    const char *text = value->as.text;
    size_t      size = value->size, length = 0;
    cf_text_strip(&text, &size);
    char *out = cf_arena_alloc(arena, size + 1);
    if (!out) return false;
    bool blank = false;
    for (size_t at = 0; at < size;) {
        size_t   start = at;
        uint32_t c = cf_utf8_next(text, size, &at);
        if (cf_unicode_space(c)) {
            if (!blank) out[length++] = ' ';
            blank = true;
        } else {
            memcpy(out + length, text + start, at - start);
            length += at - start;
            blank = false;
        }
    }
    *value = cf_value_text_n(out, length);
    return true;
}

static bool strip(cf_arena *arena, cf_value *value)
{
    const char *text = value->as.text;
    size_t      size = value->size;
    cf_text_strip(&text, &size);
    char *copy = cf_arena_text(arena, text, size);
    if (copy) *value = cf_value_text_n(copy, size);
    return copy != NULL;
}

static bool run_words(cf_bound_field *field, unsigned filters)
{
    cf_arena *arena = field->form->arena;
    cf_value *v = &field->data;
    if (cf_value_is_text(*v)) {
        if ((filters & CF_STRIP) && !strip(arena, v)) return false;
        if ((filters & CF_COLLAPSE) && !cf_text_collapse(arena, v)) return false;
        if ((filters & CF_LOWER) && !cf_text_case(arena, v->as.text, v->size, false, v)) return false;
        if ((filters & CF_UPPER) && !cf_text_case(arena, v->as.text, v->size, true, v)) return false;
        if ((filters & CF_EMPTY_NULL) && !v->size) *v = cf_value_null();
    }
    return true;
}

bool cf_field_filter(cf_bound_field *field, cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_call         call = {.arena = field->form->arena, .error = error, .context = spec->context};
    if (spec->filters && !run_words(field, spec->filters)) return cf_form_no_memory(error);
    if (spec->filter && !spec->filter(&call, &field->data)) return false;
    for (size_t i = 0; i < spec->more_filter_count; i++) {
        call.context = spec->more_filter_contexts ? spec->more_filter_contexts[i] : spec->context;
        if (!spec->more_filters[i](&call, &field->data)) return false;
    }
    return true;
}
