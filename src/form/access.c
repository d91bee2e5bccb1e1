/* What programs ask of a form: values, errors, choices, and copying values out. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <string.h>

static cf_bound_field *find(const void *structure, const char *name)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form && name ? cf_form_find(form, name, strlen(name)) : NULL;
}

bool cf_form_has_field(const void *form, const char *field)
{
    return find(form, field) != NULL;
}

/* ---- errors ---- */

/* Counts texts wherever they stand; the one numbered `wanted` is left in *out. */
static void walk_errors(cf_value errors, size_t *count, size_t wanted, const char **out)
{
    if (cf_value_is_text(errors)) {
        if (*count == wanted) *out = errors.as.text;
        ++*count;
    } else if (errors.kind == CF_SEQUENCE) {
        for (size_t i = 0; i < errors.as.list->count; i++) walk_errors(errors.as.list->items[i], count, wanted, out);
    } else if (errors.kind == CF_MAPPING) {
        for (size_t i = 0; i < errors.as.dict->used; i++)
            if (!errors.as.dict->entries[i].removed) walk_errors(errors.as.dict->entries[i].value, count, wanted, out);
    }
}

static const char *nth_error(const void *structure, const char *name, size_t wanted, size_t *count)
{
    const cf_form_state *form = cf_form_state_of(structure);
    const char          *out = NULL;
    cf_bound_field      *field = find(structure, name);
    *count = 0;
    if (!form || (name && !field)) return NULL;
    cf_value errors = field ? cf_field_errors(field, NULL) : cf_value_list(form->form_errors);
    walk_errors(errors, count, wanted, &out);
    return out;
}

size_t cf_form_error_count(const void *form, const char *field)
{
    size_t count;
    nth_error(form, field, SIZE_MAX, &count);
    return count;
}

const char *cf_form_error(const void *form, const char *field, size_t i)
{
    size_t count;
    return nth_error(form, field, i, &count);
}

size_t cf_form_errors_total(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    size_t               count = 0;
    const char          *none = NULL;
    if (form) walk_errors(cf_form_state_errors(form, NULL), &count, SIZE_MAX, &none);
    return count;
}

const char *cf_form_csrf_error(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form && form->input.csrf ? cf_form_error(structure, cf_csrf_field_name(form->input.csrf), 0) : NULL;
}

/* ---- fields and values ---- */

void *cf_form_context(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form ? form->input.context : NULL;
}

const void *cf_form_row(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form ? form->input.row : NULL;
}

size_t cf_form_field_count(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form ? form->field_count : 0;
}

const char *cf_form_field_name(const void *structure, size_t i)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form && i < form->field_count ? form->fields[i].spec->name : NULL;
}

cf_value cf_form_data(const void *form, const char *name)
{
    cf_bound_field *field = find(form, name);
    return field ? cf_field_data(field, NULL) : cf_value_undefined();
}

const char *cf_form_raw(const void *form, const char *name, size_t i, size_t *size)
{
    const cf_bound_field *field = find(form, name);
    if (!field || !field->raw || i >= field->raw->count || !cf_value_is_text(field->raw->items[i])) return NULL;
    if (size) *size = field->raw->items[i].size;
    return field->raw->items[i].as.text;
}

bool cf_form_set_value(void *structure, const char *name, cf_value value)
{
    cf_bound_field *field = find(structure, name);
    const char     *why;
    if (!field || field->inner || field->type == CF_FIELD_LIST) return false;
    if (cf_value_is_text(value)) {
        char *copy = cf_arena_text(field->form->arena, value.as.text, value.size);
        if (!copy) return false;
        value = cf_value_text_n(copy, value.size);
    }
    if (field->spec->c_type && !cf_member_fits(field, value, &why)) return false;
    field->data = value;
    field->raw = NULL;
    field->refused = false;
    return !field->spec->c_type || !field->form->structure || cf_member_store(field, NULL);
}

cf_dict *cf_form_values(const void *structure, cf_error *error)
{
    cf_value v = cf_form_state_data(cf_form_state_of(structure), error);
    return v.kind == CF_MAPPING ? v.as.dict : NULL;
}

cf_dict *cf_form_errors(const void *structure, cf_error *error)
{
    cf_value v = cf_form_state_errors(cf_form_state_of(structure), error);
    return v.kind == CF_MAPPING ? v.as.dict : NULL;
}

cf_value cf_form_field(const void *form, const char *name)
{
    cf_bound_field *field = find(form, name);
    return field ? cf_value_object(&field->object) : cf_value_undefined();
}

bool cf_form_render(const void *form, const char *name, const cf_named *named, size_t named_count, cf_buffer *out,
                    cf_error *error)
{
    cf_bound_field *field = find(form, name);
    if (!field) return cf_fail(error, CF_ERR_NAME, "the form has no field '%s'", name);
    return cf_field_render(field, named, named_count, out, error);
}

bool cf_form_hidden_tag(const void *form, cf_buffer *out, cf_error *error)
{
    return cf_form_state_hidden_tag(cf_form_state_of(form), out, error);
}

/* ---- choices, entries ---- */

/* Choices as WTForms knows them: pairs in a list, or lists of pairs by group. */
static cf_value choice_values(cf_arena *arena, const cf_choice *choices, size_t count, bool grouped)
{
    cf_list *list = cf_list_new(arena, count);
    cf_dict *groups = grouped ? cf_dict_new(arena, 0) : NULL;
    if (!list || (grouped && !groups)) return cf_value_undefined();
    for (size_t i = 0; i < count; i++) {
        const char *label = choices[i].label ? choices[i].label : choices[i].value;
        const char *value_copy = cf_arena_copy(arena, choices[i].value), *label_copy = cf_arena_copy(arena, label);
        const char *group = cf_arena_copy(arena, choices[i].group ? choices[i].group : "");
        cf_list    *pair = cf_list_new(arena, 2), *into = list;
        if (!value_copy || !label_copy || !group || !pair) return cf_value_undefined();
        if (groups) {
            cf_value *found = cf_dict_get_text(groups, group, strlen(group));
            into = found ? found->as.list : cf_list_new(arena, 0);
            if (!into || (!found && !cf_dict_set_text(groups, group, cf_value_list(into)))) return cf_value_undefined();
        }
        if (!cf_list_add(pair, cf_value_text(value_copy)) || !cf_list_add(pair, cf_value_text(label_copy)) ||
            !cf_list_add(into, cf_value_list(pair)))
            return cf_value_undefined();
    }
    return groups ? cf_value_dict(groups) : cf_value_list(list);
}

bool cf_form_set_choices(void *form, const char *name, const cf_choice *choices, size_t count)
{
    cf_bound_field *field = find(form, name);
    bool            grouped = false;
    if (!field) return false;
    for (size_t i = 0; i < count; i++)
        if (choices[i].group) grouped = true;
    cf_value values = choice_values(field->form->arena, choices, count, grouped);
    if (values.kind == CF_UNDEFINED) return false;
    field->choices = values;
    return true;
}

bool cf_form_append_entry(void *form, const char *name, cf_value value, cf_error *error)
{
    cf_bound_field *field = find(form, name);
    if (!field || field->type != CF_FIELD_LIST)
        return cf_fail(error, CF_ERR_NAME, "the form has no list of fields '%s'", name);
    return cf_list_field_append(field, value, false, -1, error);
}

/* ---- copying values out ---- */

static bool is_content(const cf_bound_field *field)
{
    return field->type != CF_FIELD_CSRF && field->type != CF_FIELD_SUBMIT && field->type != CF_FIELD_FILE &&
           field->type != CF_FIELD_FILES && field->type != CF_FIELD_LIST && field->type != CF_FIELD_FORM;
}

size_t cf_form_populate(const void *form, void *structure)
{
    const cf_form_state *state = cf_form_state_of(form);
    const cf_class      *cls = structure ? cf_object_of(structure)->cls : NULL;
    size_t               set = 0;
    for (size_t i = 0; state && cls && i < state->field_count; i++) {
        const cf_bound_field *field = &state->fields[i];
        const cf_member      *member = cf_class_member(cls, field->spec->name, strlen(field->spec->name));
        if (!is_content(field) || !member || member->get) continue;
        /* the same field, as if it belonged to the structure */
        cf_form_state  to = *state;
        cf_field       spec = *field->spec;
        cf_bound_field copy = *field;
        to.structure = structure;
        spec.offset = member->offset;
        spec.size = member->size;
        spec.c_type = member->type;
        copy.form = &to;
        copy.spec = &spec;
        const char *why;
        if (!cf_member_check(&copy, NULL) || !cf_member_fits(&copy, copy.data, &why)) continue;
        if (cf_member_store(&copy, NULL)) set++;
    }
    return set;
}

/* ---- populate_obj() ---- */

/* Python's setattr() on what takes no attributes. */
static bool cannot_take(cf_value target, cf_error *error)
{
    return cf_form_raise(error, "AttributeError", "'%s' object cannot take the form's values",
                         cf_data_type_name(target));
}

static bool populate_value(cf_bound_field *field, const cf_value *old, cf_value *out, cf_error *error);

/* Sets the attributes of a target, which is an object (a dictionary here) or, with `object` false, anything else. */
static bool populate_into(const cf_form_state *form, cf_value target, bool object, cf_error *error)
{
    for (size_t i = 0; i < form->field_count; i++) {
        cf_bound_field *field = &form->fields[i];
        const char     *name = field->spec->name;
        cf_value        value;
        if (field->type == CF_FIELD_CSRF) continue;
        const cf_value *old = object ? cf_dict_get_text(target.as.dict, name, strlen(name)) : NULL;
        if (!populate_value(field, old, &value, error)) return false;
        if (!object) return cannot_take(target, error);
        if (!cf_dict_set_text(target.as.dict, name, value)) return cf_form_no_memory(error);
    }
    return true;
}

static bool populate_form(cf_bound_field *field, const cf_value *old, cf_value *out, cf_error *error)
{
    bool given = old && old->kind > CF_NULL;
    *out = given ? *old : field->own_object;
    if (out->kind <= CF_NULL)
        return cf_form_raise(error, "TypeError", "field '%s': there is no object to put the form's values into",
                             field->spec->name);
    return populate_into(field->inner, *out, given && out->kind == CF_MAPPING, error);
}

/* The i-th of what Python's iteration over a value gives; false past the last. */
static bool nth_of(const cf_value *values, size_t i, cf_value *out)
{
    if (!values) return false;
    if (cf_value_is_text(*values)) {
        size_t at = cf_utf8_offset(values->as.text, values->size, i), next = at;
        if (at >= values->size) return false;
        cf_utf8_next(values->as.text, values->size, &next);
        *out = cf_value_text_n(values->as.text + at, next - at);
        return true;
    }
    if ((values->kind != CF_SEQUENCE && values->kind != CF_TUPLE) || i >= values->as.list->count) return false;
    *out = values->as.list->items[i];
    return true;
}

static bool populate_list(cf_bound_field *field, const cf_value *old, cf_value *out, cf_error *error)
{
    cf_list *list = cf_list_new(field->form->arena, field->entry_count);
    if (!list) return cf_form_no_memory(error);
    for (size_t i = 0; i < field->entry_count; i++) {
        cf_value value = cf_value_null(), before;
        bool     known = nth_of(old, i, &before);
        if (!populate_value(field->entries[i], known ? &before : NULL, &value, error)) return false;
        if (!cf_list_add(list, value)) return cf_form_no_memory(error);
    }
    *out = cf_value_list(list);
    return true;
}

static bool populate_value(cf_bound_field *field, const cf_value *old, cf_value *out, cf_error *error)
{
    if (field->type == CF_FIELD_FORM) return populate_form(field, old, out, error);
    if (field->type == CF_FIELD_LIST) return populate_list(field, old, out, error);
    *out = field->data;
    return true;
}

bool cf_form_populate_values(const void *form, cf_dict *target, cf_error *error)
{
    return populate_into(cf_form_state_of(form), cf_value_dict(target), true, error);
}
