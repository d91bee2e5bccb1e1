/*
 * Answers form vectors: one JSON line in, one JSON line out. Each describes a form
 * in the terms of WTForms, what was submitted, and what to do with it.
 */
#include "build.h"
#include "form/data.h"
#include "form/internal.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- input ---- */

static bool fill_pairs(cf_arena *arena, cf_value formdata, cf_form_input *input)
{
    if (formdata.kind != CF_SEQUENCE) return true;
    cf_form_pair *pairs = cf_arena_array(arena, formdata.as.list->count, sizeof *pairs);
    input->submitted = true;
    input->pairs = pairs;
    for (size_t i = 0; i < formdata.as.list->count; i++) {
        const cf_list *pair = formdata.as.list->items[i].as.list;
        pairs[input->pair_count++] =
            (cf_form_pair){pair->items[0].as.text, pair->items[0].size, pair->items[1].as.text, pair->items[1].size};
    }
    return true;
}

static const cf_csrf *make_csrf(cf_arena *arena, cf_value spec)
{
    cf_csrf    *csrf = cf_arena_alloc(arena, sizeof *csrf);
    const char *now = json_text(arena, spec, "now"), *secret = json_text(arena, spec, "secret");
    cf_value    limit = json_get(spec, "time_limit"), session = json_get(spec, "session");
    cf_datetime moment = {0};
    if (now) cf_datetime_parse(now, strlen(now), &moment);
    csrf->scheme = CF_CSRF_WTFORMS;
    csrf->now = moment.usec / 1000000;
    csrf->secret = secret;
    csrf->secret_size = secret ? strlen(secret) : 0;
    csrf->session = session.kind == CF_MAPPING ? json_text(arena, session, "csrf") : NULL;
    csrf->field_name = json_text(arena, spec, "field_name");
    if (limit.kind == CF_INT) csrf->time_limit = limit.as.integer ? limit.as.integer : -1;
    if (limit.kind == CF_NULL) csrf->time_limit = -1;
    return csrf;
}

/* ---- paths ---- */

static cf_bound_field *nth_option(cf_bound_field *field, size_t wanted, cf_error *error)
{
    cf_call     call = {.arena = field->form->arena, .error = error};
    cf_iterator iterator;
    cf_value    option;
    if (!field->object.cls->iterate(&call, &field->object, &iterator)) return NULL;
    while (iterator.next(&call, &iterator, &option) == CF_YES)
        if (!wanted--) return (cf_bound_field *)option.as.object;
    cf_form_raise(error, "IndexError", "list index out of range");
    return NULL;
}

static cf_bound_field *walk(const cf_form_state *form, cf_value path, cf_error *error)
{
    const cf_list  *steps = path.as.list;
    cf_bound_field *field = cf_form_find(form, steps->items[0].as.text, steps->items[0].size);
    for (size_t i = 1; field && i < steps->count; i++) {
        cf_value step = steps->items[i];
        if (field->type == CF_FIELD_FORM) {
            field = cf_form_find(field->inner, step.as.text, step.size);
        } else if (field->type == CF_FIELD_LIST) {
            int64_t at = step.as.integer;
            if (at < 0) at += (int64_t)field->entry_count;
            bool there = at >= 0 && (size_t)at < field->entry_count;
            if (!there) return cf_form_raise(error, "IndexError", "list index out of range"), NULL;
            field = field->entries[at];
        } else {
            field = nth_option(field, (size_t)step.as.integer, error);
            if (!field) return NULL;
        }
    }
    if (!field) cf_form_raise(error, "KeyError", "no such field");
    return field;
}

/* ---- answers ---- */

static bool render_one(cf_arena *arena, const cf_form_state *form, cf_value spec, cf_buffer *out, cf_error *error)
{
    cf_bound_field *field = walk(form, json_get(spec, "path"), error);
    cf_value        kwargs = json_decode(arena, json_get(spec, "kwargs"));
    const char     *target = json_text(arena, spec, "target");
    size_t          count = kwargs.kind == CF_MAPPING ? kwargs.as.dict->used : 0;
    cf_named       *named = cf_arena_array(arena, count, sizeof *named);
    if (!field) return false;
    for (size_t i = 0; i < count; i++)
        named[i] = (cf_named){kwargs.as.dict->entries[i].key.as.text, kwargs.as.dict->entries[i].key.size,
                              kwargs.as.dict->entries[i].value};
    cf_buffer html = {0};
    cf_value  text = json_decode(arena, json_get(spec, "text"));
    bool      good;
    if (target && strcmp(target, "label") == 0)
        good = cf_label_render(&field->label, text.kind > CF_NULL ? &text : NULL, named, count, &html, error);
    else good = cf_field_render(field, named, count, &html, error);
    if (good) cf_buffer_json_text(out, html.data ? html.data : "", html.size);
    cf_buffer_free(&html);
    return good;
}

static bool render_all(cf_arena *arena, const cf_form_state *form, cf_value list, cf_buffer *out, cf_error *error)
{
    cf_buffer_text(out, ", \"render\": [");
    for (size_t i = 0; list.kind == CF_SEQUENCE && i < list.as.list->count; i++) {
        if (i) cf_buffer_text(out, ", ");
        if (!render_one(arena, form, list.as.list->items[i], out, error)) return false;
    }
    cf_buffer_char(out, ']');
    return true;
}

static void describe_flags(cf_arena *arena, const cf_form_flags *flags, cf_buffer *out)
{
    cf_dict *dict = cf_dict_new(arena, 8);
    if (flags->required.kind) cf_dict_set_text(dict, "required", flags->required);
    if (flags->optional.kind) cf_dict_set_text(dict, "optional", flags->optional);
    if (flags->hidden.kind) cf_dict_set_text(dict, "hidden", flags->hidden);
    if (flags->minlength.kind) cf_dict_set_text(dict, "minlength", flags->minlength);
    if (flags->maxlength.kind) cf_dict_set_text(dict, "maxlength", flags->maxlength);
    if (flags->min.kind) cf_dict_set_text(dict, "min", flags->min);
    if (flags->max.kind) cf_dict_set_text(dict, "max", flags->max);
    json_write(arena, cf_value_dict(dict), out);
}

static void describe_field(cf_arena *arena, const cf_bound_field *f, cf_buffer *out)
{
    cf_dict *dict = cf_dict_new(arena, 16);
    cf_value label = f->label.text;
    if (label.kind == CF_MARKUP) label.kind = CF_TEXT;
    cf_dict_set_text(dict, "type", cf_value_text(cf_field_type_name(f)));
    cf_dict_set_text(dict, "id", cf_value_text(f->id));
    cf_dict_set_text(dict, "name", cf_value_text(f->name));
    cf_dict_set_text(dict, "short_name", cf_value_text(f->short_name));
    cf_dict_set_text(dict, "label", cf_data_text(arena, label));
    cf_dict_set_text(dict, "description", cf_value_text(f->spec->description ? f->spec->description : ""));
    cf_dict_set_text(dict, "raw_data", f->raw ? cf_value_list(f->raw) : cf_value_null());
    cf_dict_set_text(dict, "object_data", f->object_data);
    cf_dict_set_text(dict, "process_errors", cf_value_list(f->process_errors));
    json_write(arena, cf_value_dict(dict), out);
    out->size--; /* the flags go before the closing brace */
    cf_buffer_text(out, ", \"flags\": ");
    describe_flags(arena, &f->flags, out);
    cf_buffer_char(out, '}');
}

static void describe_all(cf_arena *arena, const cf_form_state *form, cf_buffer *out)
{
    cf_buffer_text(out, ", \"fields\": {");
    for (size_t i = 0; i < form->field_count; i++) {
        if (i) cf_buffer_text(out, ", ");
        cf_buffer_json_text(out, form->fields[i].spec->name, strlen(form->fields[i].spec->name));
        cf_buffer_text(out, ": ");
        describe_field(arena, &form->fields[i], out);
    }
    cf_buffer_char(out, '}');
}

static bool append_entries(const cf_form_state *form, cf_value paths, cf_error *error)
{
    for (size_t i = 0; paths.kind == CF_SEQUENCE && i < paths.as.list->count; i++) {
        cf_bound_field *field = walk(form, paths.as.list->items[i], error);
        if (!field || !cf_list_field_append(field, cf_value_undefined(), false, -1, error)) return false;
    }
    return true;
}

static bool answer(cf_arena *arena, cf_value vector, cf_buffer *out, cf_error *error)
{
    cf_form_input  input = {0};
    cf_form_class *cls = build_form(arena, json_get(vector, "form"), error);
    cf_value obj = json_decode(arena, json_get(vector, "obj")), data = json_decode(arena, json_get(vector, "data"));
    cf_value csrf = json_get(vector, "csrf"), populate = json_get(vector, "populate");
    cf_value validate = json_get(vector, "validate");
    if (!cls || !fill_pairs(arena, json_get(vector, "formdata"), &input)) return false;
    if (obj.kind == CF_MAPPING) input.values = obj.as.dict;
    if (data.kind == CF_MAPPING) input.data = data.as.dict;
    input.prefix = json_text(arena, vector, "prefix");
    if (csrf.kind == CF_MAPPING) input.csrf = make_csrf(arena, csrf);
    void *structure = cf_form_make(arena, cls, &input, error);
    if (!structure) return false;
    cf_form_state *form = cf_form_state_of(structure);
    if (!append_entries(form, json_get(vector, "append_entry"), error)) return false;
    bool run = validate.kind == CF_UNDEFINED || cf_data_truth(validate), valid = false;
    if (run && !cf_form_validate_as(structure, error, &valid)) return false;
    cf_buffer_printf(out, "{\"valid\": %s, \"data\": ", !run ? "null" : valid ? "true" : "false");
    json_write(arena, cf_form_state_data(form, error), out);
    cf_buffer_text(out, ", \"errors\": ");
    json_write(arena, cf_form_state_errors(form, error), out);
    if (!render_all(arena, form, json_get(vector, "render"), out, error)) return false;
    if (populate.kind == CF_MAPPING) {
        cf_value target = json_decode(arena, populate);
        if (!cf_form_populate_values(structure, target.as.dict, error)) return false;
        cf_buffer_text(out, ", \"populated\": ");
        json_write(arena, target, out);
    }
    if (cf_data_truth(json_get(vector, "describe"))) describe_all(arena, form, out);
    cf_buffer_char(out, '}');
    return !error->code;
}

static const char *class_of(const cf_error *error)
{
    if (error->type) return error->type;
    return error->code == CF_ERR_RANGE ? "ValueError" : cf_code_name(error->code);
}

static void answer_line(const char *line, size_t size)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_error  error = {0};
    cf_buffer out = {0}, whole = {0};
    cf_value  vector = json_read(arena, line, size);
    cf_buffer_text(&whole, "{\"id\": ");
    json_write(arena, json_get(vector, "id"), &whole);
    if (answer(arena, vector, &out, &error)) {
        cf_buffer_text(&whole, ", \"ok\": ");
        cf_buffer_add(&whole, out.data, out.size);
    } else {
        cf_buffer_printf(&whole, ", \"error\": {\"class\": \"%s\", \"message\": ", class_of(&error));
        cf_buffer_json_text(&whole, error.message, strlen(error.message));
        cf_buffer_char(&whole, '}');
    }
    cf_buffer_text(&whole, "}\n");
    fwrite(whole.data, 1, whole.size, stdout);
    fflush(stdout);
    cf_buffer_free(&out);
    cf_buffer_free(&whole);
    cf_arena_free(arena);
}

int main(void)
{
    char   *line = NULL;
    size_t  room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        while (size && (line[size - 1] == '\n' || line[size - 1] == '\r')) size--;
        if (size) answer_line(line, (size_t)size);
    }
    free(line);
    return 0;
}
