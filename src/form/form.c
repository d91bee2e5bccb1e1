/* Forms as a whole: built, filled from the input, validated. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <stdarg.h>
#include <string.h>

bool cf_form_raise(cf_error *error, const char *type, const char *format, ...)
{
    va_list arguments;
    bool    first = error && !error->code;
    va_start(arguments, format);
    cf_fail_v(error, CF_ERR_TYPE, format, arguments);
    va_end(arguments);
    if (first) error->type = type;
    return false;
}

bool cf_form_no_memory(cf_error *error)
{
    return cf_fail(error, CF_ERR_MEMORY, "out of memory while working on a form");
}

bool cf_form_list_text(cf_list *list, const char *text)
{
    return text && cf_list_add(list, cf_value_text(text));
}

const char *cf_form_say(const cf_form_state *form, const char *text, const char *plural, int64_t n)
{
    const cf_form_input *input = &form->input;
    const char          *said = input->translate ? input->translate(input->translate_context, text, plural, n) : NULL;
    if (said) return said;
    return plural && n != 1 ? plural : text;
}

cf_bound_field *cf_form_find(const cf_form_state *form, const char *name, size_t size)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const char *other = form->fields[i].spec->name;
        if (strncmp(other, name, size) == 0 && other[size] == '\0') return &form->fields[i];
    }
    return NULL;
}

/* ---- building ---- */

/* A prefix ends in a separator: WTForms adds '-' where there is none. */
static const char *whole_prefix(cf_arena *arena, const char *prefix)
{
    if (!prefix || !*prefix) return "";
    if (strchr("-_;:/.", prefix[strlen(prefix) - 1])) return prefix;
    return cf_arena_printf(arena, "%s-", prefix);
}

static bool add_field(cf_form_state *form, const cf_field *spec, cf_error *error)
{
    cf_bound_field *field = cf_form_find(form, spec->name, strlen(spec->name));
    if (!field) field = &form->fields[form->field_count++];
    memset(field, 0, sizeof *field);
    const char *name = spec->html_name ? spec->html_name : spec->name;
    return cf_field_bind(field, form, spec, form->prefix, name, NULL, error);
}

static bool add_csrf(cf_form_state *form, cf_error *error)
{
    cf_field *spec = cf_arena_alloc(form->arena, sizeof *spec);
    if (!spec) return cf_form_no_memory(error);
    spec->name = cf_csrf_field_name(form->input.csrf);
    spec->label = "CSRF Token";
    spec->type = CF_FIELD_CSRF;
    return add_field(form, spec, error);
}

/* What was submitted, by HTML name; texts get their final NUL here. */
static bool index_pairs(cf_form_state *form, cf_error *error)
{
    const cf_form_input *input = &form->input;
    form->index = cf_dict_new(form->arena, 0);
    if (!form->index) return cf_form_no_memory(error);
    for (size_t i = 0; i < input->pair_count; i++) {
        const cf_form_pair *pair = &input->pairs[i];
        char               *text = cf_arena_text(form->arena, pair->value, pair->value_size);
        cf_value           *found = cf_dict_get_text(form->index, pair->name, pair->name_size);
        cf_list            *list = found ? found->as.list : cf_list_new(form->arena, 1);
        if (!text || !list || !cf_list_add(list, cf_value_text_n(text, pair->value_size)))
            return cf_form_no_memory(error);
        if (!found && !cf_dict_set(form->index, cf_value_text_n(pair->name, pair->name_size), cf_value_list(list)))
            return cf_form_no_memory(error);
    }
    return true;
}

/* The value that something given has for a field; CF_UNDEFINED: none. */
static cf_value given_value(const cf_form_state *form, const cf_bound_field *field, cf_error *error)
{
    const cf_form_input *input = &form->input;
    const char          *name = field->spec->name;
    cf_value            *found;
    if (input->object && field->spec->c_type) return cf_member_load(field, input->object);
    if (input->row) {
        const cf_object *object = cf_object_of(input->row);
        const cf_member *member = cf_class_member(object->cls, name, strlen(name));
        cf_value         value = cf_value_undefined();
        if (member && member->get) {
            cf_call call = {.arena = form->arena, .error = error};
            if (member->get(&call, (cf_object *)(uintptr_t)object, member, &value)) return value;
        } else if (member) {
            return cf_value_read((const char *)input->row + member->offset, member->type, member->size);
        }
    }
    if (input->values && (found = cf_dict_get_text(input->values, name, strlen(name)))) return *found;
    if (input->data && (found = cf_dict_get_text(input->data, name, strlen(name)))) return *found;
    return cf_value_undefined();
}

static bool process_fields(cf_form_state *form, cf_error *error)
{
    cf_error local = {0};
    for (size_t i = 0; i < form->field_count; i++) {
        cf_bound_field *field = &form->fields[i];
        cf_value        given = given_value(form, field, &local);
        if (!cf_field_process(field, given, form->input.submitted, error)) return false;
        if (form->structure && field->spec->c_type && !cf_member_store(field, error)) return false;
    }
    return true;
}

bool cf_form_state_make(cf_form_state *form, cf_error *error)
{
    const cf_form_class *cls = form->cls;
    size_t               count = cls->field_count + (form->input.csrf ? 1 : 0);
    if (form->depth > CF_FORM_DEPTH)
        return cf_fail(error, CF_ERR_LIMIT, "form %s: forms are nested more than %d deep", cls->name, CF_FORM_DEPTH);
    form->prefix = whole_prefix(form->arena, form->input.prefix);
    form->fields = cf_arena_array(form->arena, count, sizeof *form->fields);
    form->form_errors = cf_list_new(form->arena, 0);
    if (!form->prefix || !form->fields || !form->form_errors) return cf_form_no_memory(error);
    if (!form->index && form->input.submitted && !index_pairs(form, error)) return false;
    for (size_t i = 0; i < cls->field_count; i++) {
        if (cls->fields[i].type == CF_FIELD_FORM_RULE_) continue;
        if (!add_field(form, &cls->fields[i], error)) return false;
    }
    if (form->input.csrf && !add_csrf(form, error)) return false;
    return process_fields(form, error);
}

void *cf_form_make(cf_arena *arena, const cf_form_class *cls, const cf_form_input *input, cf_error *error)
{
    void          *structure = cls ? cf_arena_object(arena, &cls->cls, cls->size) : NULL;
    cf_form_state *form = structure ? cf_arena_alloc(arena, sizeof *form) : NULL;
    if (!form) {
        cf_form_no_memory(error);
        return NULL;
    }
    cf_header_of(structure)->state = form;
    form->structure = cls->size ? structure : NULL;
    form->owner = structure;
    form->cls = cls;
    form->arena = arena;
    form->input = *input;
    form->as_wtforms = cls->as_wtforms;
    return cf_form_state_make(form, error) ? structure : NULL;
}

void cf_form_class_init(cf_form_class *cls, const char *name, const cf_field *fields, size_t count)
{
    static const cf_class hooks = CF_FORM_CLASS_("Form");
    memset(cls, 0, sizeof *cls);
    cls->cls = hooks;
    cls->cls.name = name;
    cls->name = name;
    cls->fields = fields;
    cls->field_count = count;
}

bool cf_form_is(const void *structure)
{
    return structure && cf_object_of(structure)->cls->attribute == cf_form_attribute_;
}

/* ---- validating ---- */

/* Rules over the whole form: they may add errors anywhere. */
static void run_form_rules(cf_form_state *form)
{
    for (size_t i = 0; i < form->cls->field_count; i++) {
        const cf_field *rule = &form->cls->fields[i];
        if (rule->type == CF_FIELD_FORM_RULE_ && rule->validate && form->owner) rule->validate(form->owner, NULL);
    }
}

static bool has_errors(const cf_form_state *form)
{
    if (form->form_errors->count) return true;
    for (size_t i = 0; i < form->field_count; i++) {
        const cf_bound_field *field = &form->fields[i];
        if (field->inner ? has_errors(field->inner) : field->errors && field->errors->count) return true;
    }
    return false;
}

static bool pass_on(const cf_error *local, cf_error *error)
{
    if (error && !error->code) *error = *local;
    return false;
}

bool cf_form_state_validate(cf_form_state *form, cf_error *error, bool *valid)
{
    *valid = true;
    form->validated = true;
    for (size_t i = 0; i < form->field_count; i++) {
        bool     good = true;
        cf_error local = {0};
        if (!cf_field_validate(&form->fields[i], &good, &local)) {
            if (form->as_wtforms || local.code == CF_ERR_MEMORY) return pass_on(&local, error);
            /* A rule that cannot be asked refuses; the others are asked all the same. */
            good = false;
            if (!cf_form_list_text(form->form_errors, cf_arena_copy(form->arena, local.message)))
                return cf_form_no_memory(error);
        }
        if (!good) *valid = false;
    }
    run_form_rules(form);
    if (*valid && has_errors(form)) *valid = false;
    form->valid = *valid;
    return true;
}

bool cf_form_validate_as(void *structure, cf_error *error, bool *valid)
{
    cf_form_state *form = cf_form_state_of(structure);
    form->valid = false;
    return cf_form_state_validate(form, error, valid);
}

bool cf_form_validate(void *structure)
{
    cf_form_state *form = cf_form_state_of(structure);
    if (!form) return false;
    if (form->validated) return form->valid;
    cf_error error = {0};
    bool     valid = false;
    if (cf_form_state_validate(form, &error, &valid)) return valid;
    form->valid = false;
    cf_form_list_text(form->form_errors, cf_arena_copy(form->arena, error.message));
    return false;
}

bool cf_submitted(const void *structure)
{
    cf_form_state *form = cf_form_state_of(structure);
    return form && form->input.submitted && cf_form_validate((void *)(uintptr_t)structure);
}

bool cf_form_was_submitted(const void *structure)
{
    const cf_form_state *form = cf_form_state_of(structure);
    return form && form->input.submitted;
}

bool cf_form_add_error(void *structure, const char *name, const char *message)
{
    cf_form_state *form = cf_form_state_of(structure);
    if (!form || !message) return false;
    /* Validating starts from no errors: let it happen before, not after. */
    if (!form->validated) cf_form_validate(structure);
    cf_bound_field *field = name ? cf_form_find(form, name, strlen(name)) : NULL;
    if (name && !field) return false;
    if (field && !field->errors && !(field->errors = cf_list_new(form->arena, 0))) return false;
    form->valid = false;
    if (field && field->inner) return cf_form_list_text(field->inner->form_errors, cf_arena_copy(form->arena, message));
    return cf_form_list_text(field ? field->errors : form->form_errors, cf_arena_copy(form->arena, message));
}

/* ---- values and errors as dictionaries ---- */

cf_value cf_form_state_errors(const cf_form_state *form, cf_error *error)
{
    cf_dict *out = cf_dict_new(form->arena, 0);
    if (!out) goto fail;
    for (size_t i = 0; i < form->field_count; i++) {
        cf_value errors = cf_field_errors(&form->fields[i], error);
        if (errors.kind == CF_UNDEFINED) return errors;
        if (cf_data_truth(errors) && !cf_dict_set_text(out, form->fields[i].spec->name, errors)) goto fail;
    }
    if (form->form_errors->count && !cf_dict_set(out, cf_value_null(), cf_value_list(form->form_errors))) goto fail;
    return cf_value_dict(out);
fail:
    cf_form_no_memory(error);
    return cf_value_undefined();
}

cf_value cf_form_state_data(const cf_form_state *form, cf_error *error)
{
    cf_dict *out = cf_dict_new(form->arena, form->field_count);
    for (size_t i = 0; out && i < form->field_count; i++) {
        cf_value data = cf_field_data(&form->fields[i], error);
        if (error && error->code) return cf_value_undefined();
        if (!cf_dict_set_text(out, form->fields[i].spec->name, data)) out = NULL;
    }
    if (out) return cf_value_dict(out);
    cf_form_no_memory(error);
    return cf_value_undefined();
}
