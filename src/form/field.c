/* The life of one field: bound to a form, filled, validated. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <string.h>
#include <utf8proc.h>

enum { TEXT_LIMIT = 1 << 20 };

/* ---- binding ---- */

/* "user_id" as "User Id": Python's name.replace("_", " ").title() */
static char *title_of(cf_arena *arena, const char *name)
{
    cf_buffer out = {0};
    size_t    size = strlen(name);
    bool      inside = false;
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t c = (utf8proc_int32_t)cf_utf8_next(name, size, &at);
        if (c == '_') c = ' ';
        bool cased = utf8proc_tolower(c) != c || utf8proc_toupper(c) != c;
        cf_buffer_code_point(&out, (uint32_t)(!cased ? c : inside ? utf8proc_tolower(c) : utf8proc_totitle(c)));
        inside = cased;
    }
    char *title = out.failed ? NULL : cf_arena_text(arena, out.data ? out.data : "", out.size);
    cf_buffer_free(&out);
    return title;
}

static bool bind_label(cf_bound_field *field, cf_error *error)
{
    const cf_field *spec = field->spec;
    field->label.object.cls = &cf_form_label_class;
    field->label.field = field;
    if (spec->label_value) {
        field->label.text = *spec->label_value;
    } else if (spec->label) {
        field->label.text = cf_value_text(cf_form_say(field->form, spec->label, NULL, 0));
    } else {
        char *title = title_of(field->form->arena, field->short_name);
        if (!title) return cf_form_no_memory(error);
        field->label.text = cf_value_text(cf_form_say(field->form, title, NULL, 0));
    }
    return true;
}

static cf_field_type type_of_member(int c_type)
{
    switch (c_type & 0xff) {
    case CF_TYPE_BOOL: return CF_FIELD_BOOLEAN;
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64:
    case CF_TYPE_UINT32: return CF_FIELD_INTEGER;
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: return CF_FIELD_FLOAT;
    case CF_TYPE_DECIMAL: return CF_FIELD_DECIMAL;
    case CF_TYPE_DATE: return CF_FIELD_DATE;
    case CF_TYPE_TIME: return CF_FIELD_TIME;
    case CF_TYPE_DATETIME: return CF_FIELD_DATETIME_LOCAL;
    case CF_FORM_TYPE_UPLOAD_: return CF_FIELD_FILE;
    case CF_FORM_TYPE_UPLOADS_: return CF_FIELD_FILES;
    case CF_FORM_TYPE_TEXTS_:
    case CF_FORM_TYPE_INTEGERS_: return CF_FIELD_SELECT_MULTIPLE;
    case CF_FORM_TYPE_FORM_: return CF_FIELD_FORM;
    default: return CF_FIELD_STRING;
    }
}

static void bind_widget(cf_bound_field *field)
{
    static const cf_value any = {CF_TEXT, 0, 0, 3, {.text = "any"}};
    field->widget = field->spec->widget;
    if (!field->widget.type) {
        field->widget.type = cf_field_kind_of(field->type)->widget;
        if (field->type == CF_FIELD_DECIMAL || field->type == CF_FIELD_DECIMAL_RANGE)
            field->widget.step = (cf_bound){.kind = 3, .value = &any};
        if (field->type == CF_FIELD_SELECT_MULTIPLE || field->type == CF_FIELD_FILES) field->widget.multiple = true;
        if (field->type == CF_FIELD_RADIO) field->widget.label_last = true;
    }
    if (field->widget.type == CF_WIDGET_HIDDEN) field->flags.hidden = cf_value_bool(true);
}

/* Fields that hold other fields have no filters, and forms no rules, of their own. */
static bool check_nested(cf_bound_field *field, cf_error *error)
{
    const cf_field *spec = field->spec;
    bool            filters = spec->filters || spec->filter || spec->more_filter_count;
    bool            rules = spec->rules[0].a_rule_must_stand_before_the_options ||
                 spec->rules[1].a_rule_must_stand_before_the_options || spec->more_rule_count;
    if (field->type != CF_FIELD_LIST && field->type != CF_FIELD_FORM) return true;
    if (filters)
        return cf_form_raise(error, "TypeError", "field '%s': filters belong to the fields inside it", spec->name);
    if (field->type == CF_FIELD_FORM && rules && !(spec->more_rules && (spec->more_rules[0].flags & CF_RULE_INLINE)))
        return cf_form_raise(error, "TypeError", "field '%s': rules belong to the fields of its form", spec->name);
    if (field->type == CF_FIELD_FORM && !spec->form && !spec->form_class)
        return cf_fail(error, CF_ERR_MISUSE, "field '%s': a form inside a form needs .form", spec->name);
    return field->type != CF_FIELD_LIST || cf_list_field_bind(field, error);
}

static cf_chain set_flags(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    (void)message;
    if (rule->flags & CF_RULE_INLINE) return CF_CHAIN_ENDED;
    return cf_rule_flags(field, rule, error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
}

bool cf_field_bind(cf_bound_field *field, cf_form_state *form, const cf_field *spec, const char *prefix,
                   const char *short_name, const char *id, cf_error *error)
{
    field->object.cls = &cf_bound_field_class;
    field->form = form;
    field->spec = spec;
    field->type = spec->type ? spec->type : type_of_member(spec->c_type);
    field->prefix = prefix;
    field->short_name = short_name;
    field->name = *prefix ? cf_arena_printf(form->arena, "%s%s", prefix, short_name) : short_name;
    field->id = id ? id : spec->id && *spec->id ? spec->id : field->name;
    field->flags.object.cls = &cf_form_flags_class;
    field->last_index = -1;
    if (!field->name) return cf_form_no_memory(error);
    if (!bind_label(field, error) || !check_nested(field, error)) return false;
    if (!form->as_wtforms && !cf_member_check(field, error)) return false;
    if (cf_field_each_rule(field, set_flags, error) == CF_CHAIN_FAILED) return false;
    bind_widget(field);
    return true;
}

/* ---- processing ---- */

/* An error of the field goes to its list, any other to the caller. */
static bool settle(cf_bound_field *field, const cf_error *local, cf_error *error)
{
    if (local->code == CF_ERR_RANGE) {
        const char *copy = cf_arena_copy(field->form->arena, local->message);
        return cf_form_list_text(field->process_errors, copy) || cf_form_no_memory(error);
    }
    if (error && !error->code) *error = *local;
    return false;
}

/* ASCII white space and Python's: nothing but that was typed, or nothing at all. */
static bool is_blank(const cf_bound_field *field)
{
    if (!field->raw || !field->raw->count) return true;
    cf_value first = field->raw->items[0];
    if (!cf_value_is_text(first)) return false;
    const char *text = first.as.text;
    size_t      size = first.size;
    cf_text_strip(&text, &size);
    return size == 0;
}

/* What no field takes: bytes that are no text, and texts beyond any measure. */
static bool check_raw(cf_bound_field *field, cf_error *local)
{
    const cf_form_input *input = &field->form->input;
    size_t               limit = field->spec->max_length ? field->spec->max_length
                                 : input->text_limit     ? input->text_limit
                                                         : TEXT_LIMIT;
    for (size_t i = 0; i < field->raw->count; i++) {
        cf_value v = field->raw->items[i];
        if (!cf_value_is_text(v)) continue;
        const char *message = NULL;
        if (v.size > limit) message = "The text is too long.";
        else if (memchr(v.as.text, '\0', v.size) || !cf_utf8_valid(v.as.text, v.size))
            message = "The text contains characters that are not allowed.";
        if (message) return cf_fail(local, CF_ERR_RANGE, "%s", cf_form_say(field->form, message, NULL, 0));
    }
    return true;
}

static bool is_file(const cf_bound_field *field)
{
    return field->type == CF_FIELD_FILE || field->type == CF_FIELD_FILES;
}

/* The submitted values of a field; for files the uploads. */
static bool gather_raw(cf_bound_field *field, cf_error *error)
{
    const cf_form_input *input = &field->form->input;
    const cf_value      *found = cf_dict_get_text(field->form->index, field->name, strlen(field->name));
    bool                 own_list = is_file(field) && !field->form->as_wtforms;
    field->raw = found && !own_list ? found->as.list : cf_list_new(field->form->arena, 0);
    if (!field->raw) return cf_form_no_memory(error);
    for (size_t i = 0; own_list && i < input->upload_count; i++) {
        const cf_upload *upload = &input->uploads[i];
        if (strcmp(upload->field, field->name) != 0 || !*upload->filename) continue;
        cf_value value = cf_upload_value(field->form->arena, upload);
        if (value.kind == CF_NULL || !cf_list_add(field->raw, value)) return cf_form_no_memory(error);
    }
    return true;
}

static bool read_submitted(cf_bound_field *field, cf_error *error)
{
    cf_error             local = {0};
    const char          *why = NULL;
    const cf_field_kind *kind = cf_field_kind_of(field->type);
    if (!gather_raw(field, error)) return false;
    bool good = field->form->as_wtforms || check_raw(field, &local);
    if (!good) field->data = cf_value_null();
    good = good && (!kind->read || kind->read(field, field->raw, &local));
    if (good && !field->form->as_wtforms && !cf_member_fits(field, field->data, &why)) {
        field->data = cf_value_null();
        good = cf_fail(&local, CF_ERR_RANGE, "%s", cf_form_say(field->form, why, NULL, 0));
    }
    if (good) return true;
    field->refused = true;
    return settle(field, &local, error);
}

bool cf_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error)
{
    cf_error             local = {0};
    const cf_field_kind *kind = cf_field_kind_of(field->type);
    cf_arena            *arena = field->form->arena;
    field->errors = cf_list_new(arena, 0);
    field->process_errors = cf_list_new(arena, 0);
    if (!field->errors || !field->process_errors) return cf_form_no_memory(error);
    if (field->type == CF_FIELD_LIST) return cf_list_field_process(field, given, submitted, error);
    if (field->type == CF_FIELD_FORM) return cf_form_field_process(field, given, submitted, error);
    if (given.kind == CF_UNDEFINED) given = cf_field_default(field);
    field->object_data = given;
    field->data = given;
    if (kind->take && !kind->take(field, given, &local) && !settle(field, &local, error)) return false;
    if (submitted && !read_submitted(field, error)) return false;
    local.code = CF_OK;
    if (!cf_field_filter(field, &local) && !settle(field, &local, error)) return false;
    if (field->type != CF_FIELD_CSRF) return true;
    char *token = NULL;
    if (!cf_csrf_token(arena, field->form->input.csrf, &token, error)) return false;
    field->token = token;
    return true;
}

/* ---- validating ---- */

static bool check_token(cf_bound_field *field, cf_error *error)
{
    const cf_form_state *form = field->form;
    const char          *why = NULL;
    if (form->input.csrf_held || !form->input.submitted) return true;
    cf_value token = field->data;
    if (cf_csrf_check(form->input.csrf, cf_value_is_text(token) ? token.as.text : NULL,
                      cf_value_is_text(token) ? token.size : 0, &why))
        return true;
    return cf_form_list_text(field->errors, cf_form_say(form, why, NULL, 0)) || cf_form_no_memory(error);
}

/* WTForms says it in its own words, and checks without a submission too. */
static bool check_wtforms_token(cf_bound_field *field, cf_error *error)
{
    const cf_form_state *form = field->form;
    const char          *why = NULL;
    cf_value             token = field->data;
    if (cf_csrf_check(form->input.csrf, cf_value_is_text(token) ? token.as.text : NULL,
                      cf_value_is_text(token) ? token.size : 0, &why))
        return true;
    const char *message = strcmp(why, CF_CSRF_MISSING) == 0   ? "CSRF token missing."
                          : strcmp(why, CF_CSRF_EXPIRED) == 0 ? "CSRF token expired."
                                                              : "CSRF failed.";
    return cf_form_list_text(field->errors, cf_form_say(form, message, NULL, 0)) || cf_form_no_memory(error);
}

static bool pre_validate(cf_bound_field *field, cf_error *error)
{
    switch (field->type) {
    case CF_FIELD_SELECT:
    case CF_FIELD_SELECT_MULTIPLE:
    case CF_FIELD_RADIO: return cf_field_check_choice(field, error);
    case CF_FIELD_CSRF: return field->form->as_wtforms ? check_wtforms_token(field, error) : check_token(field, error);
    default: return true;
    }
}

static bool is_required(const cf_bound_field *field)
{
    return field->flags.required.kind == CF_BOOL && field->flags.required.as.boolean;
}

bool cf_field_validate(cf_bound_field *field, bool *valid, cf_error *error)
{
    if (field->type == CF_FIELD_LIST) return cf_list_field_validate(field, valid, error);
    if (field->type == CF_FIELD_FORM) {
        if (field->spec->more_rule_count)
            return cf_form_raise(error, "TypeError", "field '%s': rules belong to the fields of its form",
                                 field->spec->name);
        return cf_form_state_validate(field->inner, error, valid);
    }
    field->errors = cf_list_new(field->form->arena, field->process_errors->count);
    if (!field->errors) return cf_form_no_memory(error);
    bool lenient = !field->form->as_wtforms;
    /* An empty field whose member can be NULL is NULL, unless something must be there. */
    if (lenient && field->raw && is_blank(field) && !is_required(field) && cf_member_nullable(field->spec)) {
        field->data = cf_value_null();
        return true;
    }
    for (size_t i = 0; i < field->process_errors->count; i++)
        if (!cf_list_add(field->errors, field->process_errors->items[i])) return cf_form_no_memory(error);
    /* What was typed could not be read: saying that is enough. */
    if (!lenient || !field->refused || is_blank(field)) {
        if (!pre_validate(field, error)) return false;
        if (cf_field_run_rules(field, error) == CF_CHAIN_FAILED) return false;
    }
    *valid = field->errors->count == 0;
    return true;
}

/* ---- reading what came of it ---- */

cf_value cf_field_data(const cf_bound_field *field, cf_error *error)
{
    if (field->type == CF_FIELD_FORM) return cf_form_state_data(field->inner, error);
    if (field->type != CF_FIELD_LIST) return field->data;
    cf_list *list = cf_list_new(field->form->arena, field->entry_count);
    for (size_t i = 0; list && i < field->entry_count; i++)
        if (!cf_list_add(list, cf_field_data(field->entries[i], error))) list = NULL;
    if (list) return cf_value_list(list);
    cf_form_no_memory(error);
    return cf_value_undefined();
}

cf_value cf_field_errors(const cf_bound_field *field, cf_error *error)
{
    if (field->type == CF_FIELD_FORM) return cf_form_state_errors(field->inner, error);
    return cf_value_list(field->errors);
}
