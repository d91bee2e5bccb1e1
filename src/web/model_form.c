/* Forms of models: fields merged from what the form says and what the columns say. */
#include "web/model_form.h"

#include "base/memory.h"
#include "form/data.h"
#include "orm/object.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t merging = PTHREAD_MUTEX_INITIALIZER;

void cf_model_form_ask_(void *form, const char *field)
{
    (void)form, (void)field;
}

void cf_model_form_ask_not_(void *form, const char *field)
{
    (void)form, (void)field;
}

const cf_column *cf_model_form_column(const cf_model *model, const char *name)
{
    for (size_t i = 0; i < model->part_count; i++) {
        const cf_part *part = &model->parts[i];
        if (part->kind == CF_PART_COLUMN && strcmp(part->column.name, name) == 0) return &part->column;
    }
    return NULL;
}

/* ---- what a column says ------------------------------------------------------------------------ */

static bool may_be_null(const cf_column *c)
{
    return c->type & CF_TYPE_NULLABLE ? !c->not_null : c->nullable;
}

static bool has_default(const cf_column *c)
{
    bool integer = c->type == CF_TYPE_INT16 || c->type == CF_TYPE_INT32 || c->type == CF_TYPE_INT64;
    return c->default_now || c->on_update_now || c->default_text || c->default_int || c->default_number != 0 ||
           c->server_default || c->default_uuid7 || c->default_function || (c->primary_key && integer && !c->natural);
}

static bool is_text(int type)
{
    return (type & 0xff) == CF_TYPE_TEXT || (type & 0xff) == CF_TYPE_CHARS;
}

static bool has_rule(const cf_field *f, cf_rule_type type)
{
    for (size_t i = 0; i <= CF_RULES_MAX; i++)
        if (f->rules[i].a_rule_must_stand_before_the_options == type) return true;
    return false;
}

/* Must something be entered, may it be left out, or is neither to be said? */
static cf_rule_type presence(const cf_field *f, const cf_column *c)
{
    if (has_rule(f, CF_RULE_REQUIRED) || has_rule(f, CF_RULE_INPUT_REQUIRED) || has_rule(f, CF_RULE_OPTIONAL) ||
        c->type == CF_TYPE_BOOL)
        return CF_RULE_NONE;
    return may_be_null(c) || has_default(c) ? CF_RULE_OPTIONAL : CF_RULE_REQUIRED;
}

/* The largest number of so many digits, some of them after the point, as a decimal; and its opposite. */
static bool decimal_range(const cf_column *c, cf_rule *rule)
{
    struct {
        cf_decimal low, high;
        cf_value   low_value, high_value;
    } *made = cf_mem_alloc(sizeof *made);
    char text[48];
    int  n = 0;
    if (!made) return false;
    for (int i = 0; i < c->precision; i++) {
        if (i == c->precision - c->scale) text[n++] = '.';
        text[n++] = '9';
    }
    if (!cf_decimal_parse(text, (size_t)n, &made->high)) made->high = (cf_decimal){0};
    made->low = made->high;
    made->low.negative = true;
    made->low_value = cf_value_decimal(&made->low);
    made->high_value = cf_value_decimal(&made->high);
    rule->min = (cf_bound){.kind = 3, .value = &made->low_value};
    rule->max = (cf_bound){.kind = 3, .value = &made->high_value};
    return true;
}

/* The longest text, or the range of the numbers; false when out of memory. */
static bool bounds(const cf_field *f, const cf_column *c, cf_rule *rule)
{
    int32_t length = c->length ? c->length : (c->type & 0xff) == CF_TYPE_CHARS ? (int32_t)c->size - 1 : 0;
    bool    ranged = has_rule(f, CF_RULE_RANGE);
    *rule = (cf_rule){.a_rule_must_stand_before_the_options = CF_RULE_NONE};
    if (c->enum_names || f->choices || f->choice_words.text) return true;
    if (is_text(c->type) && length > 0 && !has_rule(f, CF_RULE_LENGTH)) *rule = (cf_rule)CF_MAX_LENGTH(length);
    if (ranged) return true;
    switch (c->type & 0xff) {
    case CF_TYPE_INT16: *rule = (cf_rule)CF_RANGE(INT16_MIN, INT16_MAX); break;
    case CF_TYPE_INT32: *rule = (cf_rule)CF_RANGE(INT32_MIN, INT32_MAX); break;
    case CF_TYPE_UINT32: *rule = (cf_rule)CF_RANGE(0, UINT32_MAX); break;
    case CF_TYPE_DECIMAL:
        if (c->precision <= 0 || c->precision > 38 || c->scale < 0 || c->scale > c->precision) break;
        *rule = (cf_rule){.a_rule_must_stand_before_the_options = CF_RULE_RANGE};
        return decimal_range(c, rule);
    default: break;
    }
    return true;
}

/* A choice for each name: texts submit the name, numbers the number. False when out of memory. */
static bool choices(cf_field *f, const cf_column *c)
{
    size_t count = 0, at = 0;
    while (c->enum_names[count].name) count++;
    struct {
        char text[16];
    } *numbers = cf_mem_zero(count + 1, sizeof *numbers);
    cf_choice *made = cf_mem_zero(count + 2, sizeof *made);
    if (!made || !numbers) {
        cf_mem_free(made);
        cf_mem_free(numbers);
        return false;
    }
    if (may_be_null(c)) made[at++] = (cf_choice){.value = "", .label = ""};
    for (size_t i = 0; i < count; i++) {
        const char *name = c->enum_names[i].name;
        snprintf(numbers[i].text, sizeof numbers[i].text, "%d", c->enum_names[i].number);
        made[at++] = (cf_choice){.value = is_text(c->type) ? name : numbers[i].text, .label = name};
    }
    f->choices = made;
    if (!f->type) f->type = CF_FIELD_SELECT;
    return true;
}

/* The model's rules go before the form's own. */
static bool put_rules(cf_model_form *form, cf_field *f, const cf_rule *first, size_t count)
{
    cf_rule own[CF_RULES_MAX + 1];
    size_t  n = 0, at = 0;
    for (size_t i = 0; i <= CF_RULES_MAX; i++)
        if (f->rules[i].a_rule_must_stand_before_the_options) own[n++] = f->rules[i];
    for (size_t i = 0; i < count; i++)
        if (first[i].a_rule_must_stand_before_the_options) f->rules[at++] = first[i];
    if (at + n > CF_RULES_MAX + 1) {
        snprintf(form->fault, sizeof form->fault, "field '%.60s' has too many rules besides the model's", f->name);
        return true;
    }
    for (size_t i = 0; i < n; i++) f->rules[at++] = own[i];
    while (at <= CF_RULES_MAX) f->rules[at++] = (cf_rule){.a_rule_must_stand_before_the_options = CF_RULE_NONE};
    return true;
}

static bool merge_field(cf_model_form *form, const cf_model *model, cf_field *f)
{
    const cf_column *c = cf_model_form_column(model, f->name);
    cf_rule          rules[2] = {{.a_rule_must_stand_before_the_options = CF_RULE_NONE}};
    if (!c || c->computed) {
        snprintf(form->fault, sizeof form->fault, "field '%.60s' is %s of model %.60s", f->name,
                 c ? "a computed column" : "no column", model->name);
        return true;
    }
    if (!f->label) f->label = c->label;
    rules[0].a_rule_must_stand_before_the_options = presence(f, c);
    if (!bounds(f, c, &rules[1])) return false;
    if (c->enum_names && !f->choices && !f->choice_words.text && !choices(f, c)) return false;
    if (is_text(f->c_type) && (may_be_null(c) || has_default(c))) f->filters |= CF_EMPTY_NULL;
    return put_rules(form, f, rules, 2);
}

/* ---- classes ----------------------------------------------------------------------------------- */

static const cf_field *find_own(const cf_model_form *form, const char *name)
{
    for (size_t i = 1; i < form->own_count; i++)
        if (strcmp(form->own[i].name, name) == 0) return &form->own[i];
    return NULL;
}

static bool is_named(const cf_model_form *form, const char *name)
{
    for (size_t i = 0; i < form->named_count; i++)
        if (strcmp(form->named[i].name, name) == 0) return true;
    return false;
}

static bool merge(cf_model_form *form)
{
    const cf_model *model = form->model();
    cf_field       *to = form->merged;
    for (size_t i = 0; i < form->named_count; i++) {
        const cf_field *own = find_own(form, form->named[i].name);
        *to = own ? *own : form->named[i];
        if (!merge_field(form, model, to++)) return false;
    }
    for (size_t i = 1; i < form->own_count; i++)
        if (!is_named(form, form->own[i].name)) *to++ = form->own[i];
    *to++ = (cf_field){.name = "", .type = CF_FIELD_FORM_RULE_, .validate = cf_model_form_rule_};
    form->cls.fields = form->merged;
    form->cls.field_count = (size_t)(to - form->merged);
    return true;
}

const cf_form_class *cf_model_form_class_(cf_model_form *form)
{
    if (!__atomic_load_n(&form->ready, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&merging);
        if (!form->ready && merge(form)) __atomic_store_n(&form->ready, 1, __ATOMIC_RELEASE);
        bool ready = form->ready;
        pthread_mutex_unlock(&merging);
        if (!ready) return NULL;
    }
    return &form->cls;
}

const cf_model_form *cf_model_form_of(const cf_form_class *cls)
{
    const cf_field *last = cls && cls->field_count ? &cls->fields[cls->field_count - 1] : NULL;
    bool            is = last && last->type == CF_FIELD_FORM_RULE_ && last->validate == cf_model_form_rule_;
    return is ? (const cf_model_form *)(const void *)cls : NULL;
}

bool cf_model_form_check(const cf_form_class *cls, cf_error *error)
{
    const cf_model_form *form = cf_model_form_of(cls);
    return !form || !*form->fault || cf_fail(error, CF_ERR_MISUSE, "form %s: %s", cls->name, form->fault);
}

/* ---- choices and copies ------------------------------------------------------------------------ */

/* A member as text, in the arena or the object's own; NULL when out of memory. */
static const char *member_text(cf_arena *arena, const void *object, const char *name)
{
    const cf_member *member = cf_class_member(cf_object_of(object)->cls, name, strlen(name));
    if (!member || member->get) return NULL;
    cf_value value =
        cf_data_text(arena, cf_value_read((const char *)object + member->offset, member->type, member->size));
    return cf_value_is_text(value) ? value.as.text : NULL;
}

static bool may_be_empty(const void *form, const char *field)
{
    const cf_form_class *cls = (const cf_form_class *)(const void *)cf_object_of(form)->cls;
    for (size_t i = 0; i < cls->field_count; i++)
        if (strcmp(cls->fields[i].name, field) == 0)
            return cls->fields[i].c_type & CF_TYPE_NULLABLE || has_rule(&cls->fields[i], CF_RULE_OPTIONAL);
    return false;
}

bool cf_form_choices_(void *form, const char *field, void *const *objects, const char *value, const char *label)
{
    if (!form) return false;
    size_t     count = objects ? cf_list_count(objects) : 0, at = 0;
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_choice *made = arena ? cf_arena_array(arena, count + 1, sizeof *made) : NULL;
    bool       good = made != NULL;
    if (good && may_be_empty(form, field)) made[at++] = (cf_choice){.value = "", .label = ""};
    for (size_t i = 0; good && i < count; i++) {
        made[at] =
            (cf_choice){.value = member_text(arena, objects[i], value), .label = member_text(arena, objects[i], label)};
        good = made[at].value && made[at].label;
        at++;
    }
    good = good && cf_form_set_choices(form, field, made, at);
    cf_arena_free(arena);
    return good;
}

bool cf_form_copy(const void *form, void *object)
{
    if (!form || !object) return false;
    cf_state        *state = cf_state_of(object);
    const cf_mapper *mapper = state->mapper;
    cf_arena        *scratch = cf_arena_new(NULL, 0);
    void            *values = scratch ? cf_arena_object(scratch, &mapper->cls, mapper->model->size) : NULL;
    bool             good = values != NULL;
    if (good) {
        memcpy(values, object, mapper->model->size);
        cf_form_populate(form, values);
    }
    for (size_t i = 0; good && i < mapper->column_count; i++) {
        const cf_attribute *a = &mapper->columns[i];
        if (cf_form_has_field(form, a->name) && !cf_attribute_same(a, object, values))
            good = cf_attribute_copy(a, object, values, cf_session_arena(state->db));
    }
    cf_arena_free(scratch);
    return good;
}
