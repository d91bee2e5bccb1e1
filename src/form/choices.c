/* Select and radio fields: their choices, what is chosen, and whether it may be. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <string.h>

/* ---- turning texts into what the field holds ---- */

static cf_coerce coerce_of(const cf_bound_field *field)
{
    if (field->spec->coerce) return field->spec->coerce;
    switch (field->spec->c_type & 0xff) {
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64:
    case CF_TYPE_UINT32:
    case CF_FORM_TYPE_INTEGERS_: return CF_COERCE_INT;
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: return CF_COERCE_FLOAT;
    case CF_TYPE_BOOL: return CF_COERCE_BOOL;
    default: return CF_COERCE_TEXT;
    }
}

static bool not_coerced(cf_error *error, const char *type, cf_value value)
{
    if (strcmp(type, "ValueError") == 0) return cf_fail(error, CF_ERR_RANGE, "the value cannot be converted");
    return cf_form_raise(error, type, "cannot convert a value of type '%s'", cf_data_type_name(value));
}

static bool coerce_int(cf_arena *arena, cf_value value, cf_value *out, cf_error *error)
{
    if (value.kind == CF_BOOL) value = cf_value_int(value.as.boolean);
    if (value.kind == CF_INT) {
        *out = value;
        return true;
    }
    if (cf_value_is_text(value)) {
        cf_reading reading = cf_read_int(arena, value.as.text, value.size, out);
        if (reading == CF_READ_MEMORY) return cf_form_no_memory(error);
        return reading == CF_READ_OK || not_coerced(error, "ValueError", value);
    }
    if (!cf_data_is_number(value)) return not_coerced(error, "TypeError", value);
    const cf_exact *exact = cf_exact_of(arena, value);
    if (!exact) return cf_form_no_memory(error);
    if (exact->special) return not_coerced(error, exact->special == 'i' ? "OverflowError" : "ValueError", value);
    if (!(exact = cf_exact_truncate(arena, exact))) return cf_form_no_memory(error);
    *out = cf_exact_value(exact);
    return true;
}

static bool coerce_float(cf_arena *arena, cf_value value, cf_value *out, cf_error *error)
{
    double number = 0;
    if (value.kind == CF_FLOAT) {
        *out = value;
        return true;
    }
    if (cf_value_is_text(value)) {
        if (cf_read_float(value.as.text, value.size, &number) != CF_READ_OK)
            return not_coerced(error, "ValueError", value);
    } else if (cf_data_is_number(value)) {
        const cf_exact *exact = cf_exact_of(arena, value);
        if (!exact) return cf_form_no_memory(error);
        number = cf_exact_double(exact);
    } else {
        return not_coerced(error, "TypeError", value);
    }
    *out = cf_value_double(number);
    return true;
}

static bool coerce(const cf_bound_field *field, cf_value value, cf_value *out, cf_error *error)
{
    cf_arena *arena = field->form->arena;
    switch (coerce_of(field)) {
    case CF_COERCE_INT: return coerce_int(arena, value, out, error);
    case CF_COERCE_FLOAT: return coerce_float(arena, value, out, error);
    case CF_COERCE_BOOL: *out = cf_value_bool(cf_data_truth(value)); return true;
    default: break;
    }
    *out = cf_data_text(arena, value);
    if (out->kind == CF_MARKUP) out->kind = CF_TEXT;
    return out->kind != CF_UNDEFINED || cf_form_no_memory(error);
}

/* Python's `except (ValueError, TypeError)` */
static bool is_conversion_error(const cf_error *error)
{
    return error->code == CF_ERR_RANGE || (error->type && strcmp(error->type, "TypeError") == 0);
}

static bool pass_on(const cf_error *local, cf_error *error)
{
    if (error && !error->code) *error = *local;
    return false;
}

bool cf_field_take_choice(cf_bound_field *field, cf_value value, cf_error *error)
{
    cf_error local = {0};
    field->data = cf_value_null();
    if (value.kind <= CF_NULL) return true;
    if (coerce(field, value, &field->data, &local) || is_conversion_error(&local)) {
        if (local.code) field->data = cf_value_null();
        return true;
    }
    return pass_on(&local, error);
}

bool cf_field_read_choice(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    cf_error local = {0};
    cf_value data;
    if (!values->count) return true;
    if (coerce(field, values->items[0], &data, &local)) {
        field->data = data;
        return true;
    }
    if (local.code != CF_ERR_RANGE) return pass_on(&local, error);
    return cf_fail(error, CF_ERR_RANGE, "%s", cf_form_say(field->form, "Invalid Choice: could not coerce.", NULL, 0));
}

/* The values as Python would iterate over them; NULL: it would not. */
static const cf_list *iterate(cf_bound_field *field, cf_value value, cf_error *error)
{
    if (value.kind == CF_SEQUENCE || value.kind == CF_TUPLE) return value.as.list;
    cf_list *list = cf_list_new(field->form->arena, 0);
    bool     good = list != NULL;
    if (cf_value_is_text(value)) {
        for (size_t at = 0; good && at < value.size;) {
            size_t start = at;
            cf_utf8_next(value.as.text, value.size, &at);
            good = cf_list_add(list, cf_value_text_n(value.as.text + start, at - start));
        }
    } else if (value.kind == CF_MAPPING) {
        for (size_t i = 0; good && i < value.as.dict->used; i++)
            if (!value.as.dict->entries[i].removed) good = cf_list_add(list, value.as.dict->entries[i].key);
    } else {
        cf_form_raise(error, "TypeError", "'%s' object is not iterable", cf_data_type_name(value));
        return NULL;
    }
    if (!good) cf_form_no_memory(error);
    return good ? list : NULL;
}

static bool coerce_all(cf_bound_field *field, const cf_list *values, cf_value *out, cf_error *error)
{
    cf_list *list = cf_list_new(field->form->arena, values->count);
    if (!list) return cf_form_no_memory(error);
    for (size_t i = 0; i < values->count; i++) {
        cf_value item;
        if (!coerce(field, values->items[i], &item, error)) return false;
        if (!cf_list_add(list, item)) return cf_form_no_memory(error);
    }
    *out = cf_value_list(list);
    return true;
}

bool cf_field_take_choices(cf_bound_field *field, cf_value value, cf_error *error)
{
    cf_error       local = {0};
    const cf_list *values = iterate(field, value, &local);
    field->data = cf_value_null();
    if (values && coerce_all(field, values, &field->data, &local)) return true;
    return is_conversion_error(&local) || pass_on(&local, error);
}

bool cf_field_read_choices(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    cf_error local = {0};
    cf_value data;
    if (coerce_all(field, values, &data, &local)) {
        field->data = data;
        return true;
    }
    if (local.code != CF_ERR_RANGE) return pass_on(&local, error);
    return cf_fail(
        error, CF_ERR_RANGE, "%s",
        cf_form_say(field->form, "Invalid choice(s): one or more data inputs could not be coerced.", NULL, 0));
}

/* ---- the choices ---- */

typedef struct collector {
    cf_bound_field *field;
    cf_options     *out;
    size_t          capacity;
    cf_error       *error;
} collector;

static bool is_selected(cf_bound_field *field, cf_value value, bool *selected, cf_error *error)
{
    cf_arena *arena = field->form->arena;
    cf_value  coerced;
    *selected = false;
    bool many = field->type == CF_FIELD_SELECT_MULTIPLE;
    if (many && field->data.kind <= CF_NULL) return true;
    /* The empty choice of a number is "none". */
    if (!field->form->as_wtforms && cf_value_is_text(value) && !value.size && coerce_of(field) != CF_COERCE_TEXT) {
        *selected = !many && field->data.kind <= CF_NULL;
        return true;
    }
    if (!coerce(field, value, &coerced, error)) {
        if (error && error->code == CF_ERR_RANGE && !error->type) error->type = "ValueError";
        return false;
    }
    if (!many) {
        *selected = cf_data_equal(arena, coerced, field->data);
        return true;
    }
    if (field->data.kind != CF_SEQUENCE && field->data.kind != CF_TUPLE) return true;
    for (size_t i = 0; i < field->data.as.list->count && !*selected; i++)
        *selected = cf_data_equal(arena, coerced, field->data.as.list->items[i]);
    return true;
}

static bool add_option(collector *c, cf_value value, cf_value label, cf_value group)
{
    cf_options *out = c->out;
    if (out->count == c->capacity) {
        size_t     capacity = c->capacity ? c->capacity * 2 : 16;
        cf_option *items = cf_arena_array(c->field->form->arena, capacity, sizeof *items);
        if (!items) return cf_form_no_memory(c->error);
        if (out->count) memcpy(items, out->items, out->count * sizeof *items);
        out->items = items;
        c->capacity = capacity;
    }
    cf_option *option = &out->items[out->count];
    *option = (cf_option){value, label, group, false};
    out->count++;
    return true;
}

/* A list of pairs, or of values that are their own labels; the first one decides, as in WTForms. */
static bool add_list(collector *c, const cf_list *list, cf_value group)
{
    bool pairs = list->count && (list->items[0].kind == CF_SEQUENCE || list->items[0].kind == CF_TUPLE);
    for (size_t i = 0; i < list->count; i++) {
        cf_value value = list->items[i], label = value;
        if (pairs) {
            if ((value.kind != CF_SEQUENCE && value.kind != CF_TUPLE) || value.as.list->count != 2)
                return cf_form_raise(c->error, "ValueError", "field '%s': a choice is a value and a label",
                                     c->field->spec->name);
            label = value.as.list->items[1];
            value = value.as.list->items[0];
        }
        if (!add_option(c, value, label, group)) return false;
    }
    return true;
}

static bool add_values(collector *c, cf_value choices)
{
    if (choices.kind == CF_SEQUENCE || choices.kind == CF_TUPLE)
        return add_list(c, choices.as.list, cf_value_undefined());
    if (choices.kind != CF_MAPPING) {
        c->out->missing = true;
        return true;
    }
    c->out->grouped = true;
    for (size_t i = 0; i < choices.as.dict->used; i++) {
        const cf_entry *entry = &choices.as.dict->entries[i];
        if (entry->removed) continue;
        size_t before = c->out->count;
        if (entry->value.kind != CF_SEQUENCE && entry->value.kind != CF_TUPLE)
            return cf_form_raise(c->error, "TypeError", "field '%s': a group of choices is a list",
                                 c->field->spec->name);
        if (!add_list(c, entry->value.as.list, entry->key)) return false;
        /* a group without choices is shown all the same */
        if (c->out->count == before && !add_option(c, cf_value_undefined(), cf_value_undefined(), entry->key))
            return false;
    }
    return true;
}

static bool add_words(collector *c, cf_words words)
{
    for (size_t at = 0; at + 1 < words.size;) {
        const char *value = words.text + at;
        at += strlen(value) + 1;
        const char *label = at + 1 < words.size ? words.text + at : value;
        at += strlen(label) + 1;
        if (!add_option(c, cf_value_text(value), cf_value_text(label), cf_value_undefined())) return false;
    }
    return true;
}

static bool collect(cf_bound_field *field, cf_options *out, cf_error *error)
{
    const cf_field *spec = field->spec;
    collector       c = {field, out, 0, error};
    memset(out, 0, sizeof *out);
    if (field->choices.kind != CF_UNDEFINED) return add_values(&c, field->choices);
    if (spec->choice_values) return add_values(&c, *spec->choice_values);
    if (spec->choice_words.text) return add_words(&c, spec->choice_words);
    out->missing = !spec->choices;
    for (const cf_choice *choice = spec->choices; choice && choice->value; choice++) {
        cf_value group = choice->group ? cf_value_text(choice->group) : cf_value_undefined();
        if (choice->group) out->grouped = true;
        if (!add_option(&c, cf_value_text(choice->value), cf_value_text(choice->label ? choice->label : choice->value),
                        group))
            return false;
    }
    return true;
}

static bool mark_selected(cf_bound_field *field, cf_option *option, cf_error *error)
{
    return option->value.kind == CF_UNDEFINED || is_selected(field, option->value, &option->selected, error);
}

bool cf_field_options(cf_bound_field *field, cf_options *out, cf_error *error)
{
    if (!collect(field, out, error)) return false;
    for (size_t i = 0; i < out->count; i++)
        if (!mark_selected(field, &out->items[i], error)) return false;
    return true;
}

/* ---- validation ---- */

static bool is_acceptable(cf_bound_field *field, const cf_options *options, cf_value value)
{
    cf_arena *arena = field->form->arena;
    for (size_t i = 0; i < options->count; i++) {
        cf_value other = options->items[i].value;
        if (other.kind == CF_UNDEFINED) continue;
        /* WTForms compares with the choice as it stands; choices of C tables are all texts. */
        if (!field->form->as_wtforms && !coerce(field, other, &other, NULL)) continue;
        if (cf_data_equal(arena, value, other)) return true;
    }
    return false;
}

/*
 * WTForms names them in the order of a Python set: for texts any order will do, small whole numbers stand by
 * their remainder in a table of eight.
 */
static void order_as_set(cf_list *list)
{
    enum { SMALL_SET = 4, SLOTS = 8 };
    if (list->count > SMALL_SET) return;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind != CF_INT || list->items[i].as.integer < 0) return;
    for (size_t i = 1; i < list->count; i++)
        for (size_t j = i; j > 0 && list->items[j].as.integer % SLOTS < list->items[j - 1].as.integer % SLOTS; j--) {
            cf_value swap = list->items[j];
            list->items[j] = list->items[j - 1];
            list->items[j - 1] = swap;
        }
}

static bool refuse_choices(cf_bound_field *field, const cf_list *bad, cf_error *error)
{
    cf_buffer   names = {0};
    const char *format = cf_form_say(field->form, "'%(value)s' is not a valid choice for this field.",
                                     "'%(value)s' are not valid choices for this field.", (int64_t)bad->count);
    for (size_t i = 0; i < bad->count; i++) {
        if (i) cf_buffer_text(&names, "', '");
        cf_data_print(bad->items[i], &names);
    }
    cf_named    value = {"value", 5, cf_value_text_n(names.data ? names.data : "", names.size)};
    const char *text = names.failed ? NULL : cf_form_format(field->form->arena, format, &value, 1, error);
    cf_buffer_free(&names);
    return cf_form_list_text(field->errors, text) || cf_form_no_memory(error);
}

static bool check_choices(cf_bound_field *field, const cf_options *options, cf_error *error)
{
    cf_arena *arena = field->form->arena;
    cf_dict  *seen = cf_dict_new(arena, 0);
    cf_list  *bad = cf_list_new(arena, 0);
    if (!seen || !bad) return cf_form_no_memory(error);
    if (field->data.kind != CF_SEQUENCE && field->data.kind != CF_TUPLE) return true;
    const cf_list *chosen = field->data.as.list;
    for (size_t i = 0; i < chosen->count; i++) {
        cf_value value = chosen->items[i];
        if (cf_dict_get(seen, value) || is_acceptable(field, options, value)) continue;
        if (!cf_dict_set(seen, value, cf_value_bool(true)) || !cf_list_add(bad, value)) return cf_form_no_memory(error);
    }
    if (field->form->as_wtforms) order_as_set(bad);
    return !bad->count || refuse_choices(field, bad, error);
}

bool cf_field_check_choice(cf_bound_field *field, cf_error *error)
{
    cf_options options;
    bool       many = field->type == CF_FIELD_SELECT_MULTIPLE;
    if (!collect(field, &options, error)) return false;
    if (options.missing && field->form->as_wtforms) return cf_form_raise(error, "TypeError", "Choices cannot be None.");
    if (options.missing)
        return cf_fail(error, CF_ERR_MISUSE,
                       "form %s: field '%s' has no choices: give .choices or call cf_form_set_choices()",
                       field->form->cls->name, field->spec->name);
    if (field->spec->any_choice || (many && !cf_data_truth(field->data))) return true;
    /* as far as the one that was chosen, as WTForms looks: those after it are not converted */
    for (size_t i = 0; i < options.count; i++) {
        if (!mark_selected(field, &options.items[i], error)) return false;
        if (!many && options.items[i].selected) return true;
    }
    if (many) return check_choices(field, &options, error);
    return cf_form_list_text(field->errors, cf_form_say(field->form, "Not a valid choice.", NULL, 0)) ||
           cf_form_no_memory(error);
}

/* ---- options as fields ---- */

cf_bound_field *cf_field_option(cf_bound_field *field, const cf_option *option, size_t index, cf_error *error)
{
    cf_arena       *arena = field->form->arena;
    cf_bound_field *out = cf_arena_alloc(arena, sizeof *out);
    cf_list        *none = cf_list_new(arena, 0);
    const char     *id = cf_arena_printf(arena, "%s-%zu", field->id, index);
    if (!out || !none || !id) {
        cf_form_no_memory(error);
        return NULL;
    }
    *out = *field;
    out->is_option = true;
    out->checked = option->selected;
    out->id = id;
    out->short_name = field->name;
    out->data = out->object_data = option->value;
    out->errors = out->process_errors = none;
    out->raw = NULL;
    out->label.field = out;
    out->label.text = option->label;
    out->flags.hidden = cf_value_undefined();
    out->widget = field->spec->option_widget;
    if (!out->widget.type) out->widget.type = field->type == CF_FIELD_RADIO ? CF_WIDGET_RADIO : CF_WIDGET_OPTION;
    return out;
}
