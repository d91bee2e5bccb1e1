/* Fields that hold other fields: lists of one field, and forms inside forms. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_LIMIT = 1000 };

static const char *separator_of(const cf_field *spec)
{
    return spec->separator ? spec->separator : "-";
}

static size_t entry_limit(const cf_bound_field *field)
{
    size_t limit = field->form->input.entry_limit;
    return limit ? limit : ENTRY_LIMIT;
}

bool cf_list_field_bind(cf_bound_field *field, cf_error *error)
{
    static const cf_field text = {.name = "", .type = CF_FIELD_STRING},
                          integer = {.name = "", .type = CF_FIELD_INTEGER};
    const cf_field *spec = field->spec;
    field->entry_spec = spec->entry;
    if (!spec->entry && spec->c_type == CF_FORM_TYPE_TEXTS_) field->entry_spec = &text;
    if (!spec->entry && spec->c_type == CF_FORM_TYPE_INTEGERS_) field->entry_spec = &integer;
    if (!spec->entry && (spec->form || spec->form_class)) {
        cf_field *inner = cf_arena_alloc(field->form->arena, sizeof *inner);
        if (!inner) return cf_form_no_memory(error);
        inner->name = "";
        inner->type = CF_FIELD_FORM;
        inner->form = spec->form;
        inner->form_class = spec->form_class;
        field->entry_spec = inner;
    }
    return field->entry_spec || cf_fail(error, CF_ERR_MISUSE, "field '%s': a list of fields needs .entry", spec->name);
}

/* The structs that a list of forms begins from, when the whole form begins from one. */
static const char *given_items(const cf_bound_field *field, size_t *count, size_t *size)
{
    typedef CF_ENTRIES(char) entries_of;
    const cf_field *spec = field->spec;
    *count = 0;
    if (!field->form->input.object || spec->c_type != CF_FORM_TYPE_ENTRIES_) return NULL;
    const entries_of *entries = (const void *)((const char *)field->form->input.object + spec->offset);
    *count = entries->count;
    *size = (spec->form_class ? spec->form_class : spec->form())->size;
    return entries->items;
}

static bool add_entry(cf_bound_field *field, cf_bound_field *entry)
{
    if (field->entry_count == field->entry_capacity) {
        size_t           capacity = field->entry_capacity ? field->entry_capacity * 2 : 8;
        cf_bound_field **entries = cf_arena_array(field->form->arena, capacity, sizeof *entries);
        if (!entries) return false;
        if (field->entry_count) memcpy(entries, field->entries, field->entry_count * sizeof *entries);
        field->entries = entries;
        field->entry_capacity = capacity;
    }
    field->entries[field->entry_count++] = entry;
    return true;
}

bool cf_list_field_append(cf_bound_field *field, cf_value given, bool submitted, int64_t index, cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_arena       *arena = field->form->arena;
    if (spec->max_entries && field->entry_count >= (size_t)spec->max_entries) {
        cf_fail(error, CF_ERR_LIMIT, "field '%s' has %d entries, the most it takes", spec->name, spec->max_entries);
        if (error && error->code == CF_ERR_LIMIT) error->type = "AssertionError";
        return false;
    }
    if (field->entry_count >= entry_limit(field))
        return cf_fail(error, CF_ERR_LIMIT, "field '%s' has more than %zu entries", spec->name, entry_limit(field));
    if (index < 0) index = field->last_index + 1;
    field->last_index = index;
    char            number[24];
    cf_bound_field *entry = cf_arena_alloc(arena, sizeof *entry);
    const char     *separator = separator_of(spec);
    snprintf(number, sizeof number, "%lld", (long long)index);
    const char *name = cf_arena_printf(arena, "%s%s%s", field->short_name, separator, number);
    const char *id = cf_arena_printf(arena, "%s%s%s", field->id, separator, number);
    if (!entry || !name || !id) return cf_form_no_memory(error);
    if (!cf_field_bind(entry, field->form, field->entry_spec, field->prefix, name, id, error)) return false;
    entry->depth = field->depth + 1;
    if (entry->depth > CF_FORM_DEPTH)
        return cf_fail(error, CF_ERR_LIMIT, "field '%s': lists are nested more than %d deep", spec->name,
                       CF_FORM_DEPTH);
    size_t      given_count, size = 0;
    const char *items = given_items(field, &given_count, &size);
    if (items && field->entry_count < given_count) entry->given_struct = items + field->entry_count * size;
    if (!cf_field_process(entry, given, submitted, error)) return false;
    return add_entry(field, entry) || cf_form_no_memory(error);
}

/* ---- which entries were submitted ---- */

/* str.isdigit() and int(): -1 when it is no index; too large ones are cut. */
static int64_t read_index(const char *text, size_t size)
{
    int64_t value = 0;
    if (!size) return -1;
    for (size_t at = 0; at < size;) {
        int digit = cf_unicode_digit(cf_utf8_next(text, size, &at));
        if (digit < 0) return -1;
        if (value > INT64_MAX / 16) return -1;
        value = value * 10 + digit;
    }
    return value;
}

static int compare_index(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The numbers that follow the field's name in what was submitted, sorted, each once. */
static int64_t *submitted_indices(const cf_bound_field *field, size_t *count, cf_error *error)
{
    const cf_dict *names = field->form->index;
    const char    *inner = separator_of(field->entry_spec);
    size_t         length = strlen(field->name), n = 0;
    int64_t       *out = cf_arena_array(field->form->arena, names->used + 1, sizeof *out);
    if (!out) {
        cf_form_no_memory(error);
        return NULL;
    }
    for (size_t i = 0; i < names->used; i++) {
        cf_value key = names->entries[i].key;
        if (key.size <= length || memcmp(key.as.text, field->name, length) != 0) continue;
        /* one character of separator is skipped, whatever it is */
        size_t at = length;
        cf_utf8_next(key.as.text, key.size, &at);
        const char *rest = key.as.text + at;
        size_t      size = key.size - at;
        const char *end = *inner && size ? memmem(rest, size, inner, strlen(inner)) : NULL;
        int64_t     index = read_index(rest, end ? (size_t)(end - rest) : size);
        if (index >= 0) out[n++] = index;
    }
    qsort(out, n, sizeof *out, compare_index);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (!i || out[i] != out[i - 1]) out[(*count)++] = out[i];
    return out;
}

/* What Python's iteration gives of a value: items of lists, keys of dictionaries, characters of texts. */
static bool each_of(cf_bound_field *field, cf_value data, cf_list **out, cf_error *error)
{
    cf_list *list = cf_list_new(field->form->arena, 0);
    if (!list) return cf_form_no_memory(error);
    bool good = true;
    *out = list;
    if (data.kind == CF_SEQUENCE || data.kind == CF_TUPLE) {
        *out = data.as.list;
    } else if (data.kind == CF_MAPPING) {
        for (size_t i = 0; good && i < data.as.dict->used; i++)
            if (!data.as.dict->entries[i].removed) good = cf_list_add(list, data.as.dict->entries[i].key);
    } else if (cf_value_is_text(data)) {
        for (size_t at = 0; good && at < data.size;) {
            size_t start = at;
            cf_utf8_next(data.as.text, data.size, &at);
            good = cf_list_add(list, cf_value_text_n(data.as.text + start, at - start));
        }
    } else {
        return cf_form_raise(error, "TypeError", "'%s' object is not iterable", cf_data_type_name(data));
    }
    return good || cf_form_no_memory(error);
}

bool cf_list_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_list        *items = NULL;
    if (given.kind == CF_UNDEFINED || !cf_data_truth(given)) {
        if (spec->default_value) {
            given = *spec->default_value;
        } else {
            cf_list *none = cf_list_new(field->form->arena, 0);
            if (!none) return cf_form_no_memory(error);
            given = cf_value_list(none);
            given.kind = CF_TUPLE;
        }
    }
    field->object_data = given;
    bool any = submitted && field->form->index->count;
    if (!each_of(field, given, &items, error)) return false;
    if (any) {
        size_t   count = 0, taken = 0;
        int64_t *indices = submitted_indices(field, &count, error);
        if (!indices) return false;
        size_t most = spec->max_entries ? (size_t)spec->max_entries : entry_limit(field);
        if (count > most) count = most;
        for (size_t i = 0; i < count; i++) {
            cf_value data = taken < items->count ? items->items[taken++] : cf_value_undefined();
            if (!cf_list_field_append(field, data, true, indices[i], error)) return false;
        }
    } else {
        for (size_t i = 0; i < items->count; i++)
            if (!cf_list_field_append(field, items->items[i], submitted, -1, error)) return false;
    }
    size_t wanted = (size_t)(spec->min_entries > 0 ? spec->min_entries : 0), given_count, size;
    if (given_items(field, &given_count, &size) && !submitted && wanted < given_count) wanted = given_count;
    while (field->entry_count < wanted)
        if (!cf_list_field_append(field, cf_value_undefined(), submitted, -1, error)) return false;
    return true;
}

bool cf_list_field_validate(cf_bound_field *field, bool *valid, cf_error *error)
{
    bool any = false;
    field->errors = cf_list_new(field->form->arena, field->entry_count);
    if (!field->errors) return cf_form_no_memory(error);
    for (size_t i = 0; i < field->entry_count; i++) {
        bool good = true;
        if (!cf_field_validate(field->entries[i], &good, error)) return false;
        cf_value errors = cf_field_errors(field->entries[i], error);
        if (errors.kind == CF_UNDEFINED) return false;
        if (cf_data_truth(errors)) any = true;
        if (!cf_list_add(field->errors, errors)) return cf_form_no_memory(error);
    }
    if (!any) field->errors->count = 0;
    field->data = cf_field_data(field, error); /* for the rules */
    if (field->data.kind == CF_UNDEFINED) return false;
    if (cf_field_run_rules(field, error) == CF_CHAIN_FAILED) return false;
    *valid = field->errors->count == 0;
    return true;
}

/* ---- forms inside forms ---- */

bool cf_form_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_form_state  *outer = field->form;
    if (given.kind == CF_UNDEFINED) {
        given = spec->default_value ? *spec->default_value : cf_value_null();
        field->own_object = given;
    }
    field->object_data = given;
    const cf_form_class *cls = spec->form_class ? spec->form_class : spec->form();
    cf_form_state       *inner = cf_arena_alloc(outer->arena, sizeof *inner);
    void                *structure = cf_arena_object(outer->arena, &cls->cls, cls->size);
    if (!inner || !structure) return cf_form_no_memory(error);
    cf_header_of(structure)->state = inner;
    inner->structure = cls->size ? structure : NULL;
    inner->owner = structure;
    inner->cls = cls;
    inner->arena = outer->arena;
    inner->index = outer->index;
    inner->as_wtforms = outer->as_wtforms;
    inner->depth = outer->depth + 1;
    inner->input = outer->input;
    inner->input.submitted = submitted;
    inner->input.csrf = NULL;
    inner->input.row = NULL;
    inner->input.values = NULL;
    inner->input.data = given.kind == CF_MAPPING ? given.as.dict : NULL;
    inner->input.object = field->given_struct;
    if (outer->input.object && spec->c_type == CF_FORM_TYPE_FORM_)
        inner->input.object = (const char *)outer->input.object + spec->offset;
    inner->input.prefix = cf_arena_printf(outer->arena, "%s%s", field->name, separator_of(spec));
    if (!inner->input.prefix) return cf_form_no_memory(error);
    field->inner = inner;
    return cf_form_state_make(inner, error);
}
