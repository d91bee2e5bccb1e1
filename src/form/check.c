/* Mistakes in a form's description, found before the first request. */
#include "internal.h"

#include <string.h>

static cf_chain check_rule(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    (void)message;
    const char *form = field->form->cls->name, *name = field->spec->name;
    cf_error    local = {0};
    switch (rule->a_rule_must_stand_before_the_options) {
    case CF_RULE_REGEXP:
        if (cf_pattern_match(field->form->arena, rule->text, rule->flags, "", 0, &local) != CF_FAILED) break;
        cf_fail(error, local.code == CF_ERR_MEMORY ? CF_ERR_MEMORY : CF_ERR_MISUSE, "form %s: field '%s': %s", form,
                name, local.message);
        return CF_CHAIN_FAILED;
    case CF_RULE_EQUAL_TO:
        if (cf_form_find(field->form, rule->text, strlen(rule->text))) break;
        cf_fail(error, CF_ERR_MISUSE, "form %s: field '%s' must equal '%s', which the form has no field for", form,
                name, rule->text);
        return CF_CHAIN_FAILED;
    default: break;
    }
    return CF_CHAIN_ENDED;
}

static bool check_times(const cf_bound_field *field, cf_error *error)
{
    const cf_field_kind *kind = cf_field_kind_of(field->type);
    const cf_field      *spec = field->spec;
    if (spec->format && !kind->format)
        return cf_fail(error, CF_ERR_MISUSE, "form %s: field '%s' is no date or time: it has no use for .format",
                       field->form->cls->name, spec->name);
    return true;
}

static bool check_form(cf_form_state *form, cf_error *error)
{
    for (size_t i = 0; i < form->field_count; i++) {
        cf_bound_field *field = &form->fields[i];
        for (size_t j = 0; j < i; j++)
            if (strcmp(form->fields[j].name, field->name) == 0)
                return cf_fail(error, CF_ERR_MISUSE, "form %s: two fields have the name '%s' in HTML", form->cls->name,
                               field->name);
        if (cf_field_each_rule(field, check_rule, error) == CF_CHAIN_FAILED) return false;
        if (!check_times(field, error)) return false;
        if (field->inner && !check_form(field->inner, error)) return false;
    }
    return true;
}

bool cf_form_class_check(const cf_form_class *cls, cf_error *error)
{
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_form_input input = {0};
    bool          good = false;
    if (!arena || !cls) {
        cf_arena_free(arena);
        return cf_form_no_memory(error);
    }
    for (size_t i = 0; i < cls->field_count; i++)
        for (size_t j = 0; j < i; j++)
            if (*cls->fields[i].name && strcmp(cls->fields[i].name, cls->fields[j].name) == 0) {
                cf_arena_free(arena);
                return cf_fail(error, CF_ERR_MISUSE, "form %s: field '%s' stands there twice", cls->name,
                               cls->fields[i].name);
            }
    void *form = cf_form_make(arena, cls, &input, error);
    if (form) good = check_form(cf_form_state_of(form), error);
    cf_arena_free(arena);
    return good;
}
