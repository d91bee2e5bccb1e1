#include "build.h"

#include "form/data.h"
#include "form/internal.h"
#include "json.h"

#include <string.h>

/* ---- filters ---- */

static bool filter_strip(cf_call *call, cf_value *value)
{
    (void)call;
    if (!cf_value_is_text(*value)) return true;
    const char *text = value->as.text;
    size_t      size = value->size;
    cf_text_strip(&text, &size);
    value->as.text = cf_arena_text(call->arena, text, size);
    value->size = (uint32_t)size;
    return true;
}

static bool filter_lower(cf_call *call, cf_value *value)
{
    return !cf_value_is_text(*value) || cf_text_case(call->arena, value->as.text, value->size, false, value);
}

static bool filter_upper(cf_call *call, cf_value *value)
{
    return !cf_value_is_text(*value) || cf_text_case(call->arena, value->as.text, value->size, true, value);
}

static bool filter_collapse(cf_call *call, cf_value *value)
{
    return !cf_value_is_text(*value) || cf_text_collapse(call->arena, value);
}

static bool filter_none_if_empty(cf_call *call, cf_value *value)
{
    (void)call;
    if (!cf_data_truth(*value)) *value = cf_value_null();
    return true;
}

static cf_value twice(cf_arena *arena, cf_value value)
{
    cf_buffer text = {0};
    cf_list  *list;
    switch (value.kind) {
    case CF_TEXT:
    case CF_MARKUP:
        cf_buffer_add(&text, value.as.text, value.size);
        cf_buffer_add(&text, value.as.text, value.size);
        value = cf_value_text_n(cf_arena_text(arena, text.data ? text.data : "", text.size), text.size);
        cf_buffer_free(&text);
        return value;
    case CF_SEQUENCE:
    case CF_TUPLE:
        list = cf_list_new(arena, value.as.list->count * 2);
        for (int round = 0; round < 2; round++)
            for (size_t i = 0; i < value.as.list->count; i++) cf_list_add(list, value.as.list->items[i]);
        return cf_value_list(list);
    case CF_BOOL: return cf_value_int(2 * value.as.boolean);
    case CF_FLOAT: return cf_value_double(value.as.number * 2);
    default: break;
    }
    const cf_exact *exact = cf_exact_of(arena, value);
    return exact ? cf_exact_value(cf_exact_double_up(arena, exact)) : cf_value_undefined();
}

static bool filter_double(cf_call *call, cf_value *value)
{
    if (value->kind <= CF_NULL) return true;
    cf_value out = twice(call->arena, *value);
    if (out.kind == CF_UNDEFINED)
        return cf_form_raise(call->error, "TypeError", "a value of type '%s' cannot be doubled",
                             cf_data_type_name(*value));
    *value = out;
    return true;
}

static bool filter_reject_bad(cf_call *call, cf_value *value)
{
    if (!cf_value_is_text(*value) || !memmem(value->as.text, value->size, "bad", 3)) return true;
    return cf_fail(call->error, CF_ERR_RANGE, "bad word");
}

static const struct {
    const char *name;
    cf_filter  *filter;
} filters[] = {{"strip", filter_strip},          {"lower", filter_lower},   {"upper", filter_upper},
               {"collapse", filter_collapse},    {"double", filter_double}, {"none_if_empty", filter_none_if_empty},
               {"reject_bad", filter_reject_bad}};

static cf_filter *filter_named(cf_value name)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (strcmp(filters[i].name, name.as.text) == 0) return filters[i].filter;
    return NULL;
}

/* ---- rules ---- */

static bool run_raise(cf_call *call, const cf_rule *rule, cf_value data)
{
    (void)data;
    return cf_fail(call->error, CF_ERR_RANGE, "%s", rule->message ? rule->message : "custom");
}

static bool run_stop(cf_call *call, const cf_rule *rule, cf_value data)
{
    (void)data;
    return cf_fail(call->error, CF_ERR_FAILED, "%s", rule->message ? rule->message : "");
}

static const struct rule_row {
    const char  *name;
    cf_rule_type type;
} rule_rows[] = {{"DataRequired", CF_RULE_REQUIRED},
                 {"InputRequired", CF_RULE_INPUT_REQUIRED},
                 {"Optional", CF_RULE_OPTIONAL},
                 {"Length", CF_RULE_LENGTH},
                 {"NumberRange", CF_RULE_RANGE},
                 {"Email", CF_RULE_EMAIL},
                 {"URL", CF_RULE_URL},
                 {"UUID", CF_RULE_UUID},
                 {"IPAddress", CF_RULE_IP_ADDRESS},
                 {"MacAddress", CF_RULE_MAC_ADDRESS},
                 {"Regexp", CF_RULE_REGEXP},
                 {"AnyOf", CF_RULE_ANY_OF},
                 {"NoneOf", CF_RULE_NONE_OF},
                 {"EqualTo", CF_RULE_EQUAL_TO},
                 {"$raise", CF_RULE_CALL},
                 {"$stop", CF_RULE_CALL},
                 {"$pass", CF_RULE_CALL}};

static bool is_false(cf_value v)
{
    return v.kind != CF_UNDEFINED && !cf_data_truth(v);
}

static unsigned rule_flags(cf_value args)
{
    unsigned flags = 0;
    cf_value words = json_get(args, "flags");
    if (is_false(json_get(args, "strip_whitespace"))) flags |= CF_RULE_NO_STRIP;
    if (cf_data_truth(json_get(args, "granular_message"))) flags |= CF_RULE_GRANULAR;
    if (is_false(json_get(args, "allow_smtputf8"))) flags |= CF_RULE_ASCII_LOCAL;
    if (cf_data_truth(json_get(args, "allow_empty_local"))) flags |= CF_RULE_EMPTY_LOCAL;
    if (is_false(json_get(args, "require_tld"))) flags |= CF_RULE_NO_TLD;
    if (is_false(json_get(args, "ipv4"))) flags |= CF_RULE_NO_IPV4;
    if (cf_data_truth(json_get(args, "ipv6"))) flags |= CF_RULE_IPV6;
    for (size_t i = 0; words.kind == CF_SEQUENCE && i < words.as.list->count; i++) {
        const char *word = words.as.list->items[i].as.text;
        flags |= strcmp(word, "IGNORECASE") == 0  ? CF_RULE_IGNORE_CASE
                 : strcmp(word, "MULTILINE") == 0 ? CF_RULE_MULTILINE
                                                  : CF_RULE_DOT_ALL;
    }
    return flags;
}

static cf_bound bound_of(cf_arena *arena, cf_value v)
{
    if (v.kind <= CF_NULL) return (cf_bound){0};
    cf_value *copy = cf_arena_alloc(arena, sizeof *copy);
    *copy = v;
    return (cf_bound){.kind = 3, .value = copy};
}

static void build_rule(cf_arena *arena, cf_value spec, cf_rule *rule)
{
    const char *name = json_text(arena, spec, "type");
    cf_value    args = json_decode(arena, json_get(spec, "args"));
    for (size_t i = 0; i < sizeof rule_rows / sizeof *rule_rows; i++)
        if (strcmp(rule_rows[i].name, name) == 0) rule->a_rule_must_stand_before_the_options = rule_rows[i].type;
    if (strcmp(name, "$raise") == 0) rule->run = run_raise;
    if (strcmp(name, "$stop") == 0) rule->run = run_stop;
    rule->flags = rule_flags(args);
    rule->min = bound_of(arena, json_get(args, "min"));
    rule->max = bound_of(arena, json_get(args, "max"));
    rule->message = json_text(arena, args, "message");
    rule->text =
        json_text(arena, args, rule->a_rule_must_stand_before_the_options == CF_RULE_REGEXP ? "regex" : "fieldname");
    cf_value values = json_get(args, "values");
    if (values.kind == CF_SEQUENCE) rule->values = values.as.list;
    rule->separator = json_text(arena, json_get(args, "values_formatter"), "join");
}

/* ---- widgets ---- */

static const struct {
    const char    *name;
    cf_widget_type type;
} widgets[] = {{"CheckboxInput", CF_WIDGET_CHECKBOX},
               {"ColorInput", CF_WIDGET_COLOR},
               {"DateInput", CF_WIDGET_DATE},
               {"DateTimeInput", CF_WIDGET_DATETIME},
               {"DateTimeLocalInput", CF_WIDGET_DATETIME_LOCAL},
               {"EmailInput", CF_WIDGET_EMAIL},
               {"FileInput", CF_WIDGET_FILE},
               {"HiddenInput", CF_WIDGET_HIDDEN},
               {"Input", CF_WIDGET_INPUT},
               {"ListWidget", CF_WIDGET_LIST},
               {"MonthInput", CF_WIDGET_MONTH},
               {"NumberInput", CF_WIDGET_NUMBER},
               {"Option", CF_WIDGET_OPTION},
               {"PasswordInput", CF_WIDGET_PASSWORD},
               {"RadioInput", CF_WIDGET_RADIO},
               {"RangeInput", CF_WIDGET_RANGE},
               {"SearchInput", CF_WIDGET_SEARCH},
               {"Select", CF_WIDGET_SELECT},
               {"SubmitInput", CF_WIDGET_SUBMIT},
               {"TableWidget", CF_WIDGET_TABLE},
               {"TelInput", CF_WIDGET_TEL},
               {"TextArea", CF_WIDGET_TEXTAREA},
               {"TextInput", CF_WIDGET_TEXT},
               {"TimeInput", CF_WIDGET_TIME},
               {"URLInput", CF_WIDGET_URL},
               {"WeekInput", CF_WIDGET_WEEK}};

static cf_widget build_widget(cf_arena *arena, cf_value spec)
{
    cf_widget   out = {0};
    const char *name = json_text(arena, spec, "type");
    cf_value    args = json_get(spec, "args");
    for (size_t i = 0; name && i < sizeof widgets / sizeof *widgets; i++)
        if (strcmp(widgets[i].name, name) == 0) out.type = widgets[i].type;
    out.input_type = json_text(arena, args, "input_type");
    out.html_tag = json_text(arena, args, "html_tag");
    out.step = bound_of(arena, json_get(args, "step"));
    out.min = bound_of(arena, json_get(args, "min"));
    out.max = bound_of(arena, json_get(args, "max"));
    out.multiple = cf_data_truth(json_get(args, "multiple"));
    out.show_value = is_false(json_get(args, "hide_value"));
    out.label_last = is_false(json_get(args, "prefix_label"));
    out.no_table_tag = is_false(json_get(args, "with_table_tag"));
    return out;
}

/* ---- fields ---- */

static const struct {
    const char   *name;
    cf_field_type type;
} types[] = {{"StringField", CF_FIELD_STRING},
             {"TextAreaField", CF_FIELD_TEXTAREA},
             {"IntegerField", CF_FIELD_INTEGER},
             {"DecimalField", CF_FIELD_DECIMAL},
             {"FloatField", CF_FIELD_FLOAT},
             {"BooleanField", CF_FIELD_BOOLEAN},
             {"DateField", CF_FIELD_DATE},
             {"DateTimeField", CF_FIELD_DATETIME},
             {"DateTimeLocalField", CF_FIELD_DATETIME_LOCAL},
             {"TimeField", CF_FIELD_TIME},
             {"MonthField", CF_FIELD_MONTH},
             {"SelectField", CF_FIELD_SELECT},
             {"SelectMultipleField", CF_FIELD_SELECT_MULTIPLE},
             {"RadioField", CF_FIELD_RADIO},
             {"FileField", CF_FIELD_FILE},
             {"MultipleFileField", CF_FIELD_FILES},
             {"HiddenField", CF_FIELD_HIDDEN},
             {"PasswordField", CF_FIELD_PASSWORD},
             {"SubmitField", CF_FIELD_SUBMIT},
             {"EmailField", CF_FIELD_EMAIL},
             {"URLField", CF_FIELD_URL},
             {"TelField", CF_FIELD_TEL},
             {"SearchField", CF_FIELD_SEARCH},
             {"IntegerRangeField", CF_FIELD_INTEGER_RANGE},
             {"DecimalRangeField", CF_FIELD_DECIMAL_RANGE},
             {"FieldList", CF_FIELD_LIST},
             {"FormField", CF_FIELD_FORM}};

static const char *const coercions[] = {"str", "int", "float", "bool"};

static const char *const roundings[] = {"ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_UP",
                                        "ROUND_DOWN",      "ROUND_CEILING", "ROUND_FLOOR",     "ROUND_05UP"};

/* The position of a word in a list, from 1; 0 when it is not there. */
static int index_of(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; word && i < count; i++)
        if (strcmp(words[i], word) == 0) return (int)i + 1;
    return 0;
}

static cf_value *kept(cf_arena *arena, cf_value value)
{
    cf_value *copy = cf_arena_alloc(arena, sizeof *copy);
    *copy = value;
    return value.kind == CF_UNDEFINED ? NULL : copy;
}

static void build_numbers(cf_arena *arena, cf_value args, cf_field *field)
{
    cf_value places = json_get(args, "places");
    if (places.kind == CF_NULL) field->places = -1;
    if (places.kind == CF_INT) {
        field->places = (int)places.as.integer;
        field->zero_places = !field->places;
    }
    field->rounding = (cf_rounding)index_of(roundings, 8, json_text(arena, args, "rounding"));
    field->coerce = (cf_coerce)index_of(coercions, 4, json_text(arena, args, "coerce"));
    cf_value entries = json_get(args, "min_entries");
    if (entries.kind == CF_INT) field->min_entries = (int)entries.as.integer;
    entries = json_get(args, "max_entries");
    if (entries.kind == CF_INT) field->max_entries = (int)entries.as.integer;
}

static void build_args(cf_arena *arena, cf_value args, cf_field *field)
{
    cf_value label = json_get(args, "label"), format = json_get(args, "format");
    if (label.kind > CF_NULL) field->label_value = kept(arena, label);
    field->description = json_text(arena, args, "description");
    field->id = json_text(arena, args, "id");
    field->html_name = json_text(arena, args, "name");
    field->default_value = kept(arena, json_get(args, "default"));
    field->choice_values = kept(arena, json_get(args, "choices"));
    field->any_choice = is_false(json_get(args, "validate_choice"));
    field->separator = json_text(arena, args, "separator");
    if (json_get(args, "render_kw").kind == CF_MAPPING) field->render_values = json_get(args, "render_kw").as.dict;
    if (json_get(args, "false_values").kind == CF_SEQUENCE)
        field->false_values = json_get(args, "false_values").as.list;
    if (format.kind == CF_SEQUENCE) field->formats = format.as.list;
    if (format.kind == CF_TEXT) {
        cf_list *list = cf_list_new(arena, 1);
        cf_list_add(list, format);
        field->formats = list;
    }
    if (json_get(args, "widget").kind == CF_MAPPING) field->widget = build_widget(arena, json_get(args, "widget"));
    if (json_get(args, "option_widget").kind == CF_MAPPING)
        field->option_widget = build_widget(arena, json_get(args, "option_widget"));
    build_numbers(arena, args, field);
}

static void build_filters(cf_arena *arena, cf_value own, cf_value extra, cf_field *field)
{
    size_t      count = own.kind == CF_SEQUENCE ? own.as.list->count : 0;
    cf_filter **list = cf_arena_array(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = filter_named(own.as.list->items[i]);
    if (cf_value_is_text(extra)) list[count++] = filter_named(extra);
    field->more_filters = list;
    field->more_filter_count = count;
}

static void build_rules(cf_arena *arena, cf_value own, cf_value extra, cf_field *field)
{
    size_t   count = own.kind == CF_SEQUENCE ? own.as.list->count : 0;
    cf_rule *list = cf_arena_array(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) build_rule(arena, own.as.list->items[i], &list[i]);
    if (extra.kind == CF_MAPPING) {
        build_rule(arena, extra, &list[count]);
        list[count++].flags |= CF_RULE_INLINE;
    }
    field->more_rules = list;
    field->more_rule_count = count;
}

static bool build_field(cf_arena *arena, cf_value spec, cf_value form, cf_field *field, cf_error *error)
{
    const char *type = json_text(arena, spec, "type");
    cf_value    args = json_decode(arena, json_get(spec, "args")), validator = cf_value_undefined(),
             filter = cf_value_undefined();
    field->name = json_text(arena, spec, "name");
    if (field->name) {
        validator = json_get(json_get(form, "inline_validators"), field->name);
        filter = json_get(json_get(form, "inline_filters"), field->name);
    } else {
        field->name = "";
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type) == 0) field->type = types[i].type;
    build_args(arena, args, field);
    build_filters(arena, json_get(args, "filters"), filter, field);
    build_rules(arena, json_get(spec, "validators"), validator, field);
    if (field->type == CF_FIELD_FORM)
        return (field->form_class = build_form(arena, json_get(spec, "form"), error)) != NULL;
    if (field->type != CF_FIELD_LIST) return true;
    cf_field *entry = cf_arena_alloc(arena, sizeof *entry);
    field->entry = entry;
    return build_field(arena, json_get(spec, "field"), cf_value_undefined(), entry, error);
}

cf_form_class *build_form(cf_arena *arena, cf_value spec, cf_error *error)
{
    cf_value       list = json_get(spec, "fields");
    cf_form_class *cls = cf_arena_alloc(arena, sizeof *cls);
    cf_field      *fields = cf_arena_array(arena, list.as.list->count, sizeof *fields);
    size_t         count = 0;
    for (size_t i = 0; i < list.as.list->count; i++) {
        const char *name = json_text(arena, list.as.list->items[i], "name");
        size_t      same = count;
        /* a later attribute of the class replaces an earlier one */
        for (size_t j = 0; j < count; j++)
            if (strcmp(fields[j].name, name) == 0) same = j;
        if (same < count) memmove(&fields[same], &fields[same + 1], (--count - same) * sizeof *fields);
        memset(&fields[count], 0, sizeof *fields);
        if (!build_field(arena, list.as.list->items[i], spec, &fields[count], error)) return NULL;
        /* what begins with an underscore is no field */
        if (name[0] != '_') count++;
    }
    cf_form_class_init(cls, "F", fields, count);
    cls->as_wtforms = true;
    return cls;
}
