/* Forms, fields, labels and flags as templates see them. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <string.h>

static bool is(const char *name, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(name, word, size) == 0;
}

/* What was written into a buffer as safe HTML in the call's arena. */
static bool give_html(cf_call *call, bool good, cf_buffer *buffer, cf_value *out)
{
    char *copy =
        good && !buffer->failed ? cf_arena_text(call->arena, buffer->data ? buffer->data : "", buffer->size) : NULL;
    if (copy) *out = cf_value_markup_n(copy, buffer->size);
    cf_buffer_free(buffer);
    return copy || (good && cf_form_no_memory(call->error));
}

static cf_answer answer(bool good)
{
    return good ? CF_YES : CF_FAILED;
}

/* ---- labels ---- */

static bool label_html(cf_call *call, cf_object *self, cf_buffer *out)
{
    return cf_label_render((const cf_form_label *)self, NULL, NULL, 0, out, call->error);
}

static bool label_call(cf_call *call, cf_object *self, cf_value *out)
{
    const cf_form_label *label = (const cf_form_label *)self;
    cf_buffer            buffer = {0};
    const cf_value      *text = call->argument_count ? &call->arguments[0] : NULL;
    cf_named            *named = cf_arena_array(call->arena, call->named_count, sizeof *named);
    size_t               count = 0;
    if (!named) return cf_form_no_memory(call->error);
    for (size_t i = 0; i < call->named_count; i++) {
        if (is(call->named[i].name, call->named[i].size, "text")) text = &call->named[i].value;
        else named[count++] = call->named[i];
    }
    bool good = cf_label_render(label, text, named, count, &buffer, call->error);
    return give_html(call, good, &buffer, out);
}

static cf_answer label_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    const cf_form_label *label = (const cf_form_label *)self;
    if (is(name, size, "text")) *out = label->text;
    else if (is(name, size, "field_id")) *out = cf_value_text(label->field->id);
    else return CF_NO;
    return CF_YES;
}

const cf_class cf_form_label_class = {
    .name = "Label", .attribute = label_attribute, .call = label_call, .print = label_html, .html = label_html};

/* ---- flags ---- */

static cf_answer flags_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    const cf_form_flags *f = (const cf_form_flags *)self;
    const struct {
        const char *name;
        cf_value    value;
    } rows[] = {{"required", f->required},   {"optional", f->optional},   {"hidden", f->hidden}, {"min", f->min},
                {"minlength", f->minlength}, {"maxlength", f->maxlength}, {"max", f->max}};
    *out = cf_value_null(); /* flags that are not set are None */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is(name, size, rows[i].name) && rows[i].value.kind != CF_UNDEFINED) *out = rows[i].value;
    return CF_YES;
}

const cf_class cf_form_flags_class = {.name = "Flags", .attribute = flags_attribute};

/* ---- fields ---- */

static bool field_html(cf_call *call, cf_object *self, cf_buffer *out)
{
    return cf_field_render((cf_bound_field *)self, NULL, 0, out, call->error);
}

static bool render_call(cf_call *call, cf_bound_field *field, cf_value *out)
{
    cf_buffer buffer = {0};
    bool      good = cf_field_render(field, call->named, call->named_count, &buffer, call->error);
    return give_html(call, good, &buffer, out);
}

static bool field_call(cf_call *call, cf_object *self, cf_value *out)
{
    return render_call(call, (cf_bound_field *)self, out);
}

static cf_value list_or_null(cf_list *list)
{
    return list ? cf_value_list(list) : cf_value_null();
}

static cf_value entries_of(cf_call *call, const cf_bound_field *field)
{
    cf_list *list = cf_list_new(call->arena, field->entry_count);
    for (size_t i = 0; list && i < field->entry_count; i++)
        cf_list_add(list, cf_value_object(&field->entries[i]->object));
    return list_or_null(list);
}

/* The attributes of WTForms' Field. */
static cf_answer field_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cf_bound_field *field = (cf_bound_field *)self;
    if (is(name, size, "label")) *out = cf_value_object(&field->label.object);
    else if (is(name, size, "errors")) *out = cf_field_errors(field, call->error);
    else if (is(name, size, "data")) *out = cf_field_data(field, call->error);
    else if (is(name, size, "id")) *out = cf_value_text(field->id);
    else if (is(name, size, "name")) *out = cf_value_text(field->name);
    else if (is(name, size, "short_name")) *out = cf_value_text(field->short_name);
    else if (is(name, size, "type")) *out = cf_value_text(cf_field_type_name(field));
    else if (is(name, size, "description"))
        *out =
            cf_value_text(field->spec->description ? cf_form_say(field->form, field->spec->description, NULL, 0) : "");
    else if (is(name, size, "flags")) *out = cf_value_object(&field->flags.object);
    else if (is(name, size, "object_data")) *out = field->object_data;
    else if (is(name, size, "raw_data")) *out = list_or_null(field->raw);
    else if (is(name, size, "process_errors")) *out = list_or_null(field->process_errors);
    else if (is(name, size, "default")) *out = cf_field_default(field);
    else if (is(name, size, "current_token") && field->token) *out = cf_value_text(field->token);
    else if (is(name, size, "checked") && field->is_option) *out = cf_value_bool(field->checked);
    else if (is(name, size, "entries") && field->type == CF_FIELD_LIST) *out = entries_of(call, field);
    else if (is(name, size, "form") && field->inner) *out = cf_value_object(cf_object_of(field->inner->owner));
    else if (field->inner) return cf_form_attribute_(call, cf_object_of(field->inner->owner), name, size, out);
    else return CF_NO;
    return out->kind == CF_UNDEFINED ? CF_FAILED : CF_YES;
}

static cf_answer field_item(cf_call *call, cf_object *self, cf_value key, cf_value *out)
{
    cf_bound_field *field = (cf_bound_field *)self;
    if (field->inner) return cf_form_item_(call, cf_object_of(field->inner->owner), key, out);
    if (field->type != CF_FIELD_LIST || key.kind != CF_INT) return CF_NO;
    int64_t i = key.as.integer < 0 ? key.as.integer + (int64_t)field->entry_count : key.as.integer;
    if (i < 0 || (uint64_t)i >= field->entry_count) return CF_NO;
    *out = cf_value_object(&field->entries[i]->object);
    return CF_YES;
}

static cf_answer next_entry(cf_call *call, cf_iterator *iterator, cf_value *out)
{
    (void)call;
    const cf_bound_field *field = iterator->state;
    if (iterator->index >= field->entry_count) return CF_NO;
    *out = cf_value_object(&field->entries[iterator->index++]->object);
    return CF_YES;
}

typedef struct option_walk {
    cf_bound_field *field;
    cf_options      options;
    size_t          at;
} option_walk;

static cf_answer next_option(cf_call *call, cf_iterator *iterator, cf_value *out)
{
    option_walk *walk = iterator->state;
    while (walk->at < walk->options.count && walk->options.items[walk->at].value.kind == CF_UNDEFINED) walk->at++;
    if (walk->at >= walk->options.count) return CF_NO;
    cf_bound_field *option =
        cf_field_option(walk->field, &walk->options.items[walk->at++], iterator->index++, call->error);
    if (!option) return CF_FAILED;
    *out = cf_value_object(&option->object);
    return CF_YES;
}

static bool field_iterate(cf_call *call, cf_object *self, cf_iterator *iterator)
{
    cf_bound_field *field = (cf_bound_field *)self;
    if (field->inner) return cf_form_iterate_(call, cf_object_of(field->inner->owner), iterator);
    if (field->type == CF_FIELD_LIST) {
        *iterator = (cf_iterator){next_entry, field, 0, field->entry_count};
        return true;
    }
    bool choices =
        field->type == CF_FIELD_SELECT || field->type == CF_FIELD_SELECT_MULTIPLE || field->type == CF_FIELD_RADIO;
    if (!choices || field->is_option)
        return cf_form_raise(call->error, "TypeError", "'%s' object is not iterable", cf_field_type_name(field));
    option_walk *walk = cf_arena_alloc(call->arena, sizeof *walk);
    if (!walk) return cf_form_no_memory(call->error);
    walk->field = field;
    *iterator = (cf_iterator){next_option, walk, 0, SIZE_MAX};
    return cf_field_options(field, &walk->options, call->error);
}

static cf_answer field_truth(cf_call *call, cf_object *self)
{
    (void)call;
    const cf_bound_field *field = (const cf_bound_field *)self;
    return field->type != CF_FIELD_LIST || field->entry_count ? CF_YES : CF_NO;
}

const cf_class cf_bound_field_class = {.name = "Field",
                                       .attribute = field_attribute,
                                       .item = field_item,
                                       .call = field_call,
                                       .iterate = field_iterate,
                                       .truth = field_truth,
                                       .print = field_html,
                                       .html = field_html};

/* ---- forms ---- */

static const char *const method_names[] = {"hidden_tag", "validate", "validate_on_submit", "is_submitted"};

static int method_index(const char *name, size_t size)
{
    for (int i = 0; i < (int)(sizeof method_names / sizeof *method_names); i++)
        if (is(name, size, method_names[i])) return i;
    return -1;
}

cf_answer cf_form_attribute_(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cf_form_state  *form = cf_form_state_of(cf_object_data(self));
    cf_bound_field *field = cf_form_find(form, name, size);
    if (field) {
        *out = cf_value_object(&field->object);
        return CF_YES;
    }
    if (is(name, size, "errors")) *out = cf_form_state_errors(form, call->error);
    else if (is(name, size, "data")) *out = cf_form_state_data(form, call->error);
    else if (is(name, size, "form_errors")) *out = cf_value_list(form->form_errors);
    else if (method_index(name, size) >= 0)
        *out = cf_value_object(cf_method_object(call->arena, self, method_names[method_index(name, size)], size));
    else return CF_NO;
    if (out->kind == CF_NULL) cf_form_no_memory(call->error);
    return out->kind == CF_UNDEFINED || out->kind == CF_NULL ? CF_FAILED : CF_YES;
}

static cf_answer hidden_tag(cf_call *call, const cf_form_state *form, cf_value *out)
{
    cf_buffer buffer = {0};
    bool      good = cf_form_state_hidden_tag(form, &buffer, call->error);
    return answer(give_html(call, good, &buffer, out));
}

cf_answer cf_form_method_(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    void           *structure = cf_object_data(self);
    cf_form_state  *form = cf_form_state_of(structure);
    cf_bound_field *field = cf_form_find(form, name, size);
    if (field) return answer(render_call(call, field, out));
    switch (method_index(name, size)) {
    case 0: return hidden_tag(call, form, out);
    case 1: *out = cf_value_bool(cf_form_validate(structure)); return CF_YES;
    case 2: *out = cf_value_bool(cf_submitted(structure)); return CF_YES;
    case 3: *out = cf_value_bool(form->input.submitted); return CF_YES;
    default: return CF_NO;
    }
}

cf_answer cf_form_item_(cf_call *call, cf_object *self, cf_value key, cf_value *out)
{
    (void)call;
    const cf_form_state *form = cf_form_state_of(cf_object_data(self));
    cf_bound_field      *field = cf_value_is_text(key) ? cf_form_find(form, key.as.text, key.size) : NULL;
    if (!field) return CF_NO;
    *out = cf_value_object(&field->object);
    return CF_YES;
}

static cf_answer next_field(cf_call *call, cf_iterator *iterator, cf_value *out)
{
    (void)call;
    cf_form_state *form = iterator->state;
    if (iterator->index >= form->field_count) return CF_NO;
    *out = cf_value_object(&form->fields[iterator->index++].object);
    return CF_YES;
}

bool cf_form_iterate_(cf_call *call, cf_object *self, cf_iterator *iterator)
{
    (void)call;
    cf_form_state *form = cf_form_state_of(cf_object_data(self));
    *iterator = (cf_iterator){next_field, form, 0, form->field_count};
    return true;
}
