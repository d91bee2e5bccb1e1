/* Widgets: fields as HTML, byte for byte as WTForms writes them. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <stdlib.h>
#include <string.h>

/* ---- attributes ---- */

/* class_ becomes class; data_x and aria_x get their hyphens. */
static bool clean_key(cf_arena *arena, const char *name, size_t size, cf_named *out)
{
    while (size && name[size - 1] == '_') size--;
    bool  hyphens = size >= 5 && (memcmp(name, "data_", 5) == 0 || memcmp(name, "aria_", 5) == 0);
    char *copy = cf_arena_text(arena, name, size);
    for (size_t i = 0; copy && hyphens && i < size; i++)
        if (copy[i] == '_') copy[i] = '-';
    out->name = copy;
    out->size = (uint32_t)size;
    return copy != NULL;
}

static cf_named *attribute_find(const cf_attributes *list, const char *name, size_t size)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].size == size && memcmp(list->items[i].name, name, size) == 0) return &list->items[i];
    return NULL;
}

static bool attribute_add(cf_attributes *list, const char *name, size_t size, cf_value value)
{
    if (list->count == list->capacity) {
        size_t    capacity = list->capacity ? list->capacity * 2 : 16;
        cf_named *items = cf_arena_array(list->arena, capacity, sizeof *items);
        if (!items) return false;
        if (list->count) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (cf_named){name, (uint32_t)size, value};
    return true;
}

/* Set, replacing an earlier one. */
static bool attribute_set(cf_attributes *list, const char *name, cf_value value)
{
    cf_named *found = attribute_find(list, name, strlen(name));
    if (found) found->value = value;
    return found || attribute_add(list, name, strlen(name), value);
}

static bool attribute_default(cf_attributes *list, const char *name, cf_value value)
{
    return attribute_find(list, name, strlen(name)) || attribute_add(list, name, strlen(name), value);
}

static bool attribute_clean(cf_attributes *list, const char *name, size_t size, cf_value value)
{
    cf_named cleaned;
    if (!clean_key(list->arena, name, size, &cleaned)) return false;
    cf_named *found = attribute_find(list, cleaned.name, cleaned.size);
    if (found) found->value = value;
    return found || attribute_add(list, cleaned.name, cleaned.size, value);
}

static int compare_names(const void *a, const void *b)
{
    const cf_named *x = a, *y = b;
    uint32_t        size = x->size < y->size ? x->size : y->size;
    int             order = memcmp(x->name, y->name, size);
    return order ? order : x->size < y->size ? -1 : x->size > y->size;
}

static bool write_escaped(cf_value value, cf_buffer *out)
{
    if (value.kind == CF_MARKUP) {
        cf_buffer_add(out, value.as.text, value.size);
    } else if (value.kind == CF_TEXT) {
        cf_buffer_html(out, value.as.text, value.size);
    } else if (value.kind == CF_OBJECT && value.as.object->cls->html) {
        cf_call call = {0};
        return value.as.object->cls->html(&call, value.as.object, out);
    } else {
        cf_buffer text = {0};
        cf_data_print(value, &text);
        if (text.failed) out->failed = true;
        cf_buffer_html(out, text.data ? text.data : "", text.size);
        cf_buffer_free(&text);
    }
    return !out->failed;
}

/* Python's html_params(): sorted, true alone, false left out. Names are cleaned when written. */
static bool write_attributes(cf_attributes *list, cf_buffer *out, cf_error *error)
{
    bool first = true;
    if (list->count) qsort(list->items, list->count, sizeof *list->items, compare_names);
    for (size_t i = 0; i < list->count; i++) {
        cf_named cleaned, *item = &list->items[i];
        if (item->value.kind == CF_BOOL && !item->value.as.boolean) continue;
        if (!clean_key(list->arena, item->name, item->size, &cleaned)) return cf_form_no_memory(error);
        if (!first) cf_buffer_char(out, ' ');
        first = false;
        cf_buffer_add(out, cleaned.name, cleaned.size);
        if (item->value.kind == CF_BOOL) continue;
        cf_buffer_text(out, "=\"");
        if (!write_escaped(item->value, out)) return cf_form_no_memory(error);
        cf_buffer_char(out, '"');
    }
    return true;
}

/* ---- the table of widgets ---- */

enum { REQUIRED = 1, LENGTHS = 2, RANGE = 4 };

/** What a widget writes: the type of its <input>, and the flags it shows. */
static const struct widget_row {
    const char *input_type; /* NULL: no <input> */
    int         flags;
} rows[CF_WIDGET_COUNT_] = {
    [CF_WIDGET_TEXT] = {"text", REQUIRED | LENGTHS},
    [CF_WIDGET_PASSWORD] = {"password", REQUIRED | LENGTHS},
    [CF_WIDGET_HIDDEN] = {"hidden", REQUIRED},
    [CF_WIDGET_CHECKBOX] = {"checkbox", REQUIRED},
    [CF_WIDGET_RADIO] = {"radio", REQUIRED},
    [CF_WIDGET_FILE] = {"file", REQUIRED},
    [CF_WIDGET_SUBMIT] = {"submit", REQUIRED},
    [CF_WIDGET_TEXTAREA] = {NULL, REQUIRED | LENGTHS},
    [CF_WIDGET_SELECT] = {NULL, REQUIRED},
    [CF_WIDGET_SEARCH] = {"search", REQUIRED | LENGTHS},
    [CF_WIDGET_TEL] = {"tel", REQUIRED | LENGTHS},
    [CF_WIDGET_URL] = {"url", REQUIRED | LENGTHS},
    [CF_WIDGET_EMAIL] = {"email", REQUIRED | LENGTHS},
    [CF_WIDGET_DATETIME] = {"datetime", REQUIRED | RANGE},
    [CF_WIDGET_DATE] = {"date", REQUIRED | RANGE},
    [CF_WIDGET_MONTH] = {"month", REQUIRED | RANGE},
    [CF_WIDGET_WEEK] = {"week", REQUIRED | RANGE},
    [CF_WIDGET_TIME] = {"time", REQUIRED | RANGE},
    [CF_WIDGET_DATETIME_LOCAL] = {"datetime-local", REQUIRED | RANGE},
    [CF_WIDGET_NUMBER] = {"number", REQUIRED | RANGE},
    [CF_WIDGET_RANGE] = {"range", REQUIRED | RANGE},
    [CF_WIDGET_COLOR] = {"color", REQUIRED},
    [CF_WIDGET_INPUT] = {NULL, REQUIRED},
};

typedef struct rendering {
    cf_bound_field *field;
    cf_attributes   attributes;
    cf_buffer      *out;
    cf_error       *error;
} rendering;

static bool flag_attribute(rendering *r, const char *name, cf_value value)
{
    return value.kind == CF_UNDEFINED || attribute_default(&r->attributes, name, value);
}

static bool add_flags(rendering *r, int which)
{
    const cf_form_flags *f = &r->field->flags;
    bool                 good = true;
    if (which & REQUIRED) good = flag_attribute(r, "required", f->required);
    if (which & LENGTHS)
        good = good && flag_attribute(r, "maxlength", f->maxlength) && flag_attribute(r, "minlength", f->minlength);
    if (which & RANGE) good = good && flag_attribute(r, "max", f->max) && flag_attribute(r, "min", f->min);
    return good;
}

/* The field's own name is no attribute that a caller may give. */
static bool add_name(rendering *r)
{
    if (attribute_find(&r->attributes, "name", 4))
        return cf_form_raise(r->error, "TypeError", "the attribute 'name' of a field cannot be replaced");
    return attribute_add(&r->attributes, "name", 4, cf_value_text(r->field->name)) || cf_form_no_memory(r->error);
}

static bool open_tag(rendering *r, const char *tag)
{
    cf_buffer_char(r->out, '<');
    cf_buffer_text(r->out, tag);
    cf_buffer_char(r->out, ' ');
    if (!write_attributes(&r->attributes, r->out, r->error)) return false;
    cf_buffer_char(r->out, '>');
    return !r->out->failed || cf_form_no_memory(r->error);
}

/* ---- <input>, <textarea> ---- */

static bool is_checked(const cf_bound_field *field)
{
    return field->is_option ? field->checked : cf_data_truth(field->data);
}

/* What a widget adds before the common attributes. */
static bool prepare_input(rendering *r)
{
    const cf_widget *w = &r->field->widget;
    cf_attributes   *a = &r->attributes;
    switch (w->type) {
    case CF_WIDGET_PASSWORD: return w->show_value || attribute_set(a, "value", cf_value_text(""));
    case CF_WIDGET_CHECKBOX: return !is_checked(r->field) || attribute_set(a, "checked", cf_value_bool(true));
    case CF_WIDGET_RADIO: return !r->field->checked || attribute_set(a, "checked", cf_value_bool(true));
    case CF_WIDGET_SUBMIT: return attribute_default(a, "value", r->field->label.text);
    case CF_WIDGET_FILE:
        return attribute_set(a, "value", cf_value_bool(false)) &&
               (!w->multiple || attribute_set(a, "multiple", cf_value_bool(true)));
    case CF_WIDGET_RANGE: return flag_attribute(r, "step", cf_bound_value(&w->step));
    case CF_WIDGET_NUMBER:
        return flag_attribute(r, "step", cf_bound_value(&w->step)) &&
               flag_attribute(r, "min", cf_bound_value(&w->min)) && flag_attribute(r, "max", cf_bound_value(&w->max));
    default: return true;
    }
}

static bool render_input(rendering *r)
{
    cf_bound_field          *field = r->field;
    const struct widget_row *row = &rows[field->widget.type];
    const char              *type = field->widget.input_type ? field->widget.input_type : row->input_type;
    cf_attributes           *a = &r->attributes;
    cf_value                 value;
    if (field->widget.type == CF_WIDGET_RADIO && !field->is_option)
        return cf_form_raise(r->error, "AttributeError", "'%s' object has no attribute 'checked'",
                             cf_field_type_name(field));
    if (!prepare_input(r)) return cf_form_no_memory(r->error);
    if (!attribute_default(a, "id", cf_value_text(field->id)) ||
        !attribute_default(a, "type", cf_value_text(type ? type : "text")))
        return cf_form_no_memory(r->error);
    if (!attribute_find(a, "value", 5)) {
        if (!cf_field_value_text(field, &value, r->error)) return false;
        if (!attribute_add(a, "value", 5, value)) return cf_form_no_memory(r->error);
    }
    if (!add_flags(r, row->flags)) return cf_form_no_memory(r->error);
    return add_name(r) && open_tag(r, "input");
}

static bool render_textarea(rendering *r)
{
    cf_value text;
    if (!attribute_default(&r->attributes, "id", cf_value_text(r->field->id)) ||
        !add_flags(r, rows[CF_WIDGET_TEXTAREA].flags))
        return cf_form_no_memory(r->error);
    if (!add_name(r) || !open_tag(r, "textarea")) return false;
    if (!cf_field_value_text(r->field, &text, r->error)) return false;
    cf_buffer_text(r->out, "\r\n");
    if (!write_escaped(text, r->out)) return cf_form_no_memory(r->error);
    cf_buffer_text(r->out, "</textarea>");
    return true;
}

/* ---- <select> ---- */

static bool is_choice_field(const cf_bound_field *field)
{
    return !field->is_option &&
           (field->type == CF_FIELD_SELECT || field->type == CF_FIELD_SELECT_MULTIPLE || field->type == CF_FIELD_RADIO);
}

static bool write_option(rendering *r, cf_attributes *a, cf_value value, cf_value label, bool selected)
{
    if (value.kind == CF_BOOL && value.as.boolean) value = cf_value_text("True");
    if (!attribute_set(a, "value", value) || (selected && !attribute_set(a, "selected", cf_value_bool(true))))
        return cf_form_no_memory(r->error);
    cf_buffer_text(r->out, "<option ");
    if (!write_attributes(a, r->out, r->error)) return false;
    cf_buffer_char(r->out, '>');
    if (!write_escaped(label, r->out)) return cf_form_no_memory(r->error);
    cf_buffer_text(r->out, "</option>");
    return true;
}

static bool open_group(rendering *r, cf_value label)
{
    cf_attributes a = {.arena = r->attributes.arena};
    if (!attribute_add(&a, "label", 5, label)) return cf_form_no_memory(r->error);
    cf_buffer_text(r->out, "<optgroup ");
    if (!write_attributes(&a, r->out, r->error)) return false;
    cf_buffer_char(r->out, '>');
    return true;
}

static bool render_select(rendering *r)
{
    cf_options options;
    cf_value   group = cf_value_undefined();
    cf_arena  *arena = r->attributes.arena;
    if (!attribute_default(&r->attributes, "id", cf_value_text(r->field->id)) ||
        (r->field->widget.multiple && !attribute_set(&r->attributes, "multiple", cf_value_bool(true))) ||
        !add_flags(r, REQUIRED))
        return cf_form_no_memory(r->error);
    if (!add_name(r) || !open_tag(r, "select")) return false;
    if (!is_choice_field(r->field))
        return cf_form_raise(r->error, "AttributeError", "'%s' object has no attribute 'has_groups'",
                             cf_field_type_name(r->field));
    if (!cf_field_options(r->field, &options, r->error)) return false;
    for (size_t i = 0; i < options.count; i++) {
        const cf_option *o = &options.items[i];
        bool             other = o->group.kind != group.kind || !cf_data_equal(arena, o->group, group);
        if (other) {
            if (group.kind != CF_UNDEFINED) cf_buffer_text(r->out, "</optgroup>");
            if (o->group.kind != CF_UNDEFINED && !open_group(r, o->group)) return false;
            group = o->group;
        }
        cf_attributes a = {.arena = arena};
        if (o->value.kind != CF_UNDEFINED && !write_option(r, &a, o->value, o->label, o->selected)) return false;
    }
    if (group.kind != CF_UNDEFINED) cf_buffer_text(r->out, "</optgroup>");
    cf_buffer_text(r->out, "</select>");
    return true;
}

static bool render_option(rendering *r)
{
    cf_value                 value;
    static const char *const own[] = {"value", "label", "selected"};
    if (!cf_field_value_text(r->field, &value, r->error)) return false;
    if (!r->field->is_option)
        return cf_form_raise(r->error, "AttributeError", "'%s' object has no attribute 'checked'",
                             cf_field_type_name(r->field));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (attribute_find(&r->attributes, own[i], strlen(own[i])))
            return cf_form_raise(r->error, "TypeError", "the attribute '%s' of an option cannot be replaced", own[i]);
    return write_option(r, &r->attributes, value, r->field->label.text, r->field->checked);
}

/* ---- widgets of fields that hold fields ---- */

/* The fields inside a field; false: it holds none. */
static bool inner_fields(rendering *r, cf_bound_field ***out, size_t *count)
{
    cf_bound_field *field = r->field;
    cf_arena       *arena = r->attributes.arena;
    cf_options      options = {0};
    *count = 0;
    if (field->type == CF_FIELD_LIST) {
        *out = field->entries;
        *count = field->entry_count;
        return true;
    }
    if (field->type == CF_FIELD_FORM) {
        *count = field->inner->field_count;
    } else if (is_choice_field(field)) {
        if (!cf_field_options(field, &options, r->error)) return false;
        *count = options.count;
    } else {
        return cf_form_raise(r->error, "TypeError", "'%s' object is not iterable", cf_field_type_name(field));
    }
    if (!(*out = cf_arena_array(arena, *count, sizeof **out))) return cf_form_no_memory(r->error);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (field->type == CF_FIELD_FORM) {
            (*out)[kept++] = &field->inner->fields[i];
        } else if (options.items[i].value.kind != CF_UNDEFINED) {
            (*out)[kept] = cf_field_option(field, &options.items[i], kept, r->error);
            if (!(*out)[kept++]) return false;
        }
    }
    *count = kept;
    return true;
}

static bool render_list(rendering *r)
{
    cf_bound_field **fields;
    size_t           count;
    const cf_widget *w = &r->field->widget;
    const char      *tag = w->html_tag ? w->html_tag : "ul";
    if (!attribute_default(&r->attributes, "id", cf_value_text(r->field->id))) return cf_form_no_memory(r->error);
    if (!open_tag(r, tag) || !inner_fields(r, &fields, &count)) return false;
    for (size_t i = 0; i < count; i++) {
        cf_buffer_text(r->out, "<li>");
        if (!w->label_last && !cf_label_render(&fields[i]->label, NULL, NULL, 0, r->out, r->error)) return false;
        if (!w->label_last) cf_buffer_char(r->out, ' ');
        if (!cf_field_render(fields[i], NULL, 0, r->out, r->error)) return false;
        if (w->label_last) cf_buffer_char(r->out, ' ');
        if (w->label_last && !cf_label_render(&fields[i]->label, NULL, NULL, 0, r->out, r->error)) return false;
        cf_buffer_text(r->out, "</li>");
    }
    cf_buffer_printf(r->out, "</%s>", tag);
    return true;
}

static bool is_hidden(const cf_bound_field *field)
{
    return !field->is_option && (field->type == CF_FIELD_HIDDEN || field->type == CF_FIELD_CSRF);
}

static bool table_rows(rendering *r, cf_buffer *hidden)
{
    cf_bound_field **fields;
    size_t           count;
    if (!inner_fields(r, &fields, &count)) return false;
    for (size_t i = 0; i < count; i++) {
        if (is_hidden(fields[i])) {
            if (!cf_field_render(fields[i], NULL, 0, hidden, r->error)) return false;
            continue;
        }
        cf_buffer_text(r->out, "<tr><th>");
        if (!cf_label_render(&fields[i]->label, NULL, NULL, 0, r->out, r->error)) return false;
        cf_buffer_text(r->out, "</th><td>");
        cf_buffer_add(r->out, hidden->data, hidden->size);
        cf_buffer_clear(hidden);
        if (!cf_field_render(fields[i], NULL, 0, r->out, r->error)) return false;
        cf_buffer_text(r->out, "</td></tr>");
    }
    return true;
}

static bool render_table(rendering *r)
{
    bool      table = !r->field->widget.no_table_tag;
    cf_buffer hidden = {0};
    if (table) {
        if (!attribute_default(&r->attributes, "id", cf_value_text(r->field->id))) return cf_form_no_memory(r->error);
        if (!open_tag(r, "table")) return false;
    }
    bool good = table_rows(r, &hidden);
    if (table) cf_buffer_text(r->out, "</table>");
    if (hidden.size) cf_buffer_add(r->out, hidden.data, hidden.size);
    if (hidden.failed) r->out->failed = true;
    cf_buffer_free(&hidden);
    return good;
}

/* ---- rendering ---- */

/* The field's own attributes, then the caller's. */
static bool collect(rendering *r, const cf_named *named, size_t count)
{
    const cf_field *spec = r->field->spec;
    cf_attributes  *a = &r->attributes;
    for (size_t at = 0; at + 1 < spec->render.size;) {
        const char *name = spec->render.text + at;
        at += strlen(name) + 1;
        const char *value = at + 1 < spec->render.size ? spec->render.text + at : "";
        at += strlen(value) + 1;
        if (!attribute_clean(a, name, strlen(name), cf_value_text(value))) return false;
    }
    for (size_t i = 0; spec->render_values && i < spec->render_values->used; i++) {
        const cf_entry *entry = &spec->render_values->entries[i];
        if (!entry->removed && !attribute_clean(a, entry->key.as.text, entry->key.size, entry->value)) return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!attribute_clean(a, named[i].name, named[i].size, named[i].value)) return false;
    return true;
}

bool cf_field_render(cf_bound_field *field, const cf_named *named, size_t count, cf_buffer *out, cf_error *error)
{
    rendering r = {field, {.arena = field->form->arena}, out, error};
    bool      good;
    if (!collect(&r, named, count)) return cf_form_no_memory(error);
    switch (field->widget.type) {
    case CF_WIDGET_TEXTAREA: good = render_textarea(&r); break;
    case CF_WIDGET_SELECT: good = render_select(&r); break;
    case CF_WIDGET_OPTION: good = render_option(&r); break;
    case CF_WIDGET_LIST: good = render_list(&r); break;
    case CF_WIDGET_TABLE: good = render_table(&r); break;
    default: good = render_input(&r);
    }
    return good && (!out->failed || cf_form_no_memory(error));
}

bool cf_label_render(const cf_form_label *label, const cf_value *text, const cf_named *named, size_t count,
                     cf_buffer *out, cf_error *error)
{
    cf_attributes a = {.arena = label->field->form->arena};
    for (size_t i = 0; i < count; i++)
        if (!attribute_add(&a, named[i].name, named[i].size, named[i].value)) return cf_form_no_memory(error);
    cf_named *target = attribute_find(&a, "for_", 4), *plain = attribute_find(&a, "for", 3);
    if (target) {
        cf_value value = target->value;
        *target = a.items[--a.count];
        if (!attribute_set(&a, "for", value)) return cf_form_no_memory(error);
    } else if (!plain && !attribute_add(&a, "for", 3, cf_value_text(label->field->id))) {
        return cf_form_no_memory(error);
    }
    cf_buffer_text(out, "<label ");
    if (!write_attributes(&a, out, error)) return false;
    cf_buffer_char(out, '>');
    if (!write_escaped(text && cf_data_truth(*text) ? *text : label->text, out)) return cf_form_no_memory(error);
    cf_buffer_text(out, "</label>");
    return !out->failed || cf_form_no_memory(error);
}

bool cf_form_state_hidden_tag(const cf_form_state *form, cf_buffer *out, cf_error *error)
{
    bool first = true;
    for (size_t i = 0; i < form->field_count; i++) {
        if (form->fields[i].widget.type != CF_WIDGET_HIDDEN) continue;
        if (!first) cf_buffer_char(out, '\n');
        first = false;
        if (!cf_field_render(&form->fields[i], NULL, 0, out, error)) return false;
    }
    return !out->failed || cf_form_no_memory(error);
}
