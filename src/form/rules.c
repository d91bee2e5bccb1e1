/* The rules of fields: their flags, their chains, their messages. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

cf_value cf_bound_value(const cf_bound *bound)
{
    switch (bound->kind) {
    case 1: return cf_value_int(bound->integer);
    case 2: return cf_value_double(bound->number);
    case 3: return *bound->value;
    default: return cf_value_undefined();
    }
}

/* ---- messages ---- */

static const cf_value *find_named(const cf_named *values, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].size == size && memcmp(values[i].name, name, size) == 0) return &values[i].value;
    return NULL;
}

/* One conversion: flags, width and precision, then d, i, u, s, r or a letter for floats. */
static bool format_one(cf_arena *arena, cf_value value, const char *spec, size_t size, char type, cf_buffer *out,
                       cf_error *error)
{
    char format[32], number[64];
    if (type == 's' || type == 'r') {
        cf_buffer text = {0};
        cf_data_print(value, &text);
        cf_buffer_add(out, text.data ? text.data : "", text.size);
        cf_buffer_free(&text);
        return !out->failed || cf_form_no_memory(error);
    }
    if (!strchr("diu", type) || size > 16)
        return cf_form_raise(error, "ValueError", "unsupported format character '%c'", type);
    if (!cf_data_is_number(value))
        return cf_form_raise(error, "TypeError", "%%%c format: a real number is required, not %s", type,
                             cf_data_type_name(value));
    const cf_exact *exact = cf_exact_of(arena, value);
    if (exact && !exact->special) exact = cf_exact_truncate(arena, exact);
    if (!exact) return cf_form_no_memory(error);
    cf_value whole = cf_exact_value(exact);
    if (whole.kind != CF_INT) {
        cf_data_print(whole, out);
        return true;
    }
    snprintf(format, sizeof format, "%%%.*slld", (int)size, spec);
    int length = snprintf(number, sizeof number, format, (long long)whole.as.integer);
    cf_buffer_add(out, number, length < (int)sizeof number ? (size_t)length : sizeof number - 1);
    return true;
}

static bool format_into(cf_arena *arena, const char *at, const cf_named *values, size_t count, cf_buffer *out,
                        cf_error *error)
{
    while (*at) {
        size_t plain = strcspn(at, "%");
        cf_buffer_add(out, at, plain);
        at += plain;
        if (!*at) break;
        if (*++at == '%') {
            cf_buffer_char(out, *at++);
            continue;
        }
        const char *close = *at == '(' ? strchr(at, ')') : NULL;
        if (!close)
            return cf_form_raise(error, *at == '(' || !*at ? "ValueError" : "TypeError", "wrong message format");
        const cf_value *value = find_named(values, count, at + 1, (size_t)(close - at - 1));
        if (!value) return cf_form_raise(error, "KeyError", "the message has no '%.*s'", (int)(close - at - 1), at + 1);
        at = close + 1;
        size_t size = strspn(at, "-+ 0123456789.");
        if (!at[size]) return cf_form_raise(error, "ValueError", "incomplete format");
        if (!format_one(arena, *value, at, size, at[size], out, error)) return false;
        at += size + 1;
    }
    return !out->failed || cf_form_no_memory(error);
}

const char *cf_form_format(cf_arena *arena, const char *format, const cf_named *values, size_t count, cf_error *error)
{
    cf_buffer out = {0};
    bool      good = format_into(arena, format, values, count, &out, error);
    char     *text = good ? cf_arena_text(arena, out.data ? out.data : "", out.size) : NULL;
    cf_buffer_free(&out);
    if (good && !text) cf_form_no_memory(error);
    return text;
}

/* ---- flags and chains ---- */

cf_chain cf_field_each_rule(cf_bound_field *field,
                            cf_chain (*visit)(cf_bound_field *, const cf_rule *, const char *, cf_error *),
                            cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_chain        chain = CF_CHAIN_ENDED;
    for (size_t i = 0; i < CF_RULES_MAX + 1 + spec->more_rule_count && chain == CF_CHAIN_ENDED; i++) {
        bool           own = i < CF_RULES_MAX + 1;
        const cf_rule *rule = own ? &spec->rules[i] : &spec->more_rules[i - CF_RULES_MAX - 1];
        const char    *message = rule->message;
        cf_rule_type   type = rule->a_rule_must_stand_before_the_options;
        if (type == CF_RULE_NONE || type == CF_RULE_MESSAGE) continue;
        if (own && i + 1 < CF_RULES_MAX + 1 &&
            spec->rules[i + 1].a_rule_must_stand_before_the_options == CF_RULE_MESSAGE)
            message = spec->rules[i + 1].text;
        chain = visit(field, rule, message, error);
    }
    return chain;
}

static bool wrong_rule(cf_error *error, const char *type, const char *field, const char *what)
{
    if (cf_form_raise(error, type, "field '%s': %s", field, what)) return true;
    return false;
}

bool cf_rule_flags(cf_bound_field *field, const cf_rule *rule, cf_error *error)
{
    const char *name = field->spec->name;
    cf_value    min = cf_bound_value(&rule->min), max = cf_bound_value(&rule->max);
    switch (rule->a_rule_must_stand_before_the_options) {
    case CF_RULE_REQUIRED:
    case CF_RULE_INPUT_REQUIRED:
    case CF_RULE_FILE_REQUIRED: field->flags.required = cf_value_bool(true); break;
    case CF_RULE_OPTIONAL: field->flags.optional = cf_value_bool(true); break;
    case CF_RULE_LENGTH: {
        bool low = min.kind != CF_UNDEFINED && min.as.integer != -1;
        bool high = max.kind != CF_UNDEFINED && max.as.integer != -1;
        if (!low && !high) return wrong_rule(error, "AssertionError", name, "a length needs a minimum or a maximum");
        if (low && high && min.as.integer > max.as.integer)
            return wrong_rule(error, "AssertionError", name, "the minimum length is more than the maximum");
        if (low) field->flags.minlength = min;
        if (high) field->flags.maxlength = max;
        break;
    }
    case CF_RULE_RANGE:
        if (min.kind > CF_NULL) field->flags.min = min;
        if (max.kind > CF_NULL) field->flags.max = max;
        break;
    case CF_RULE_IP_ADDRESS:
        if ((rule->flags & CF_RULE_NO_IPV4) && !(rule->flags & CF_RULE_IPV6))
            return wrong_rule(error, "ValueError", name, "an IP address must be allowed to be IPv4 or IPv6");
        break;
    default: break;
    }
    return true;
}

static bool add_error(cf_bound_field *field, const char *text, cf_error *error)
{
    return cf_form_list_text(field->errors, text) || cf_form_no_memory(error);
}

/* The rule's message, or the field's own words for it. */
static cf_chain fail(cf_bound_field *field, const char *message, const char *own, cf_error *error)
{
    if (!message) message = cf_form_say(field->form, own, NULL, 0);
    return add_error(field, message, error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
}

static cf_chain fail_formatted(cf_bound_field *field, const char *format, const cf_named *values, size_t count,
                               cf_error *error)
{
    const char *text = cf_form_format(field->form->arena, format, values, count, error);
    return text && add_error(field, text, error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
}

/* ---- presence ---- */

static bool blank_text(cf_value v)
{
    const char *text = v.as.text;
    size_t      size = v.size;
    cf_text_strip(&text, &size);
    return size == 0;
}

/* Is there something? WTForms: is it true? Ours: 0 is something. */
static bool is_present(const cf_bound_field *field)
{
    cf_value data = field->data;
    if (cf_value_is_text(data)) return !blank_text(data);
    if (!field->form->as_wtforms && (cf_data_is_number(data) && data.kind != CF_BOOL)) return true;
    return cf_data_truth(data);
}

static cf_chain require(cf_bound_field *field, bool present, const char *message, cf_error *error)
{
    if (present) return CF_CHAIN_ENDED;
    field->errors->count = 0;
    /* WTForms stops without a word when the message is empty. */
    if (message && !*message && field->form->as_wtforms) return CF_CHAIN_STOPPED;
    if (fail(field, message, "This field is required.", error) == CF_CHAIN_FAILED) return CF_CHAIN_FAILED;
    return CF_CHAIN_STOPPED;
}

static bool input_given(const cf_bound_field *field)
{
    return field->raw && field->raw->count && cf_data_truth(field->raw->items[0]);
}

static cf_chain optional(cf_bound_field *field, const cf_rule *rule)
{
    bool empty = !field->raw || !field->raw->count;
    if (!empty && cf_value_is_text(field->raw->items[0]))
        empty = rule->flags & CF_RULE_NO_STRIP ? field->raw->items[0].size == 0 : blank_text(field->raw->items[0]);
    if (!empty) return CF_CHAIN_ENDED;
    field->errors->count = 0;
    return CF_CHAIN_STOPPED;
}

/* ---- measures ---- */

static bool length_of(cf_value data, int64_t *length, cf_error *error)
{
    *length = 0;
    if (!cf_data_truth(data)) return true;
    if (cf_value_is_text(data)) *length = (int64_t)cf_utf8_length(data.as.text, data.size);
    else if (data.kind == CF_SEQUENCE || data.kind == CF_TUPLE) *length = (int64_t)data.as.list->count;
    else if (data.kind == CF_MAPPING) *length = (int64_t)data.as.dict->count;
    else return cf_form_raise(error, "TypeError", "object of type '%s' has no len()", cf_data_type_name(data));
    return true;
}

static cf_chain check_length(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    cf_value low = cf_bound_value(&rule->min), high = cf_bound_value(&rule->max);
    int64_t  min = low.kind == CF_INT ? low.as.integer : -1, max = high.kind == CF_INT ? high.as.integer : -1, length;
    if (!length_of(field->data, &length, error)) return CF_CHAIN_FAILED;
    if (length >= min && (max == -1 || length <= max)) return CF_CHAIN_ENDED;
    const cf_form_state *form = field->form;
    if (message)
        ;
    else if (max == -1)
        message = cf_form_say(form, "Field must be at least %(min)d character long.",
                              "Field must be at least %(min)d characters long.", min);
    else if (min == -1)
        message = cf_form_say(form, "Field cannot be longer than %(max)d character.",
                              "Field cannot be longer than %(max)d characters.", max);
    else if (min == max)
        message = cf_form_say(form, "Field must be exactly %(max)d character long.",
                              "Field must be exactly %(max)d characters long.", max);
    else message = cf_form_say(form, "Field must be between %(min)d and %(max)d characters long.", NULL, 0);
    const cf_named values[] = {
        {"min", 3, cf_value_int(min)}, {"max", 3, cf_value_int(max)}, {"length", 6, cf_value_int(length)}};
    return fail_formatted(field, message, values, 3, error);
}

/* -1 below, 0 within, 1 above or not comparable, -2: raised. */
static int compare_range(cf_bound_field *field, cf_value min, cf_value max, cf_error *error)
{
    cf_arena       *arena = field->form->arena;
    cf_value        data = field->data;
    const cf_exact *exact = cf_value_exact(data);
    if (data.kind <= CF_NULL) return 1;
    if (!cf_data_is_number(data)) {
        /* Dates and times have an order too; WTForms stops there. */
        if (field->form->as_wtforms || data.kind < CF_DATE || data.kind > CF_INTERVAL) {
            cf_form_raise(error, "TypeError", "must be real number, not %s", cf_data_type_name(data));
            return -2;
        }
    }
    if ((data.kind == CF_FLOAT && isnan(data.as.number)) || (exact && exact->special == 'n')) return 1;
    if (exact && exact->special == 's') {
        cf_form_raise(error, "ValueError", "cannot convert signaling NaN to float");
        return -2;
    }
    const cf_value *bounds[] = {&min, &max};
    for (int i = 0; i < 2; i++) {
        if (bounds[i]->kind <= CF_NULL) continue;
        int order = cf_data_compare(arena, data, *bounds[i]);
        if (order == 3) {
            cf_form_raise(error, "TypeError", "'%s' and '%s' cannot be compared", cf_data_type_name(data),
                          cf_data_type_name(*bounds[i]));
            return -2;
        }
        if (order == 2 || (i == 0 ? order < 0 : order > 0)) return 1;
    }
    return 0;
}

static cf_chain check_range(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    cf_value min = cf_bound_value(&rule->min), max = cf_bound_value(&rule->max);
    int      place = compare_range(field, min, max, error);
    if (place == -2) return CF_CHAIN_FAILED;
    if (place == 0) return CF_CHAIN_ENDED;
    const cf_form_state *form = field->form;
    bool                 low = min.kind > CF_NULL, high = max.kind > CF_NULL;
    if (!message)
        message = !high  ? cf_form_say(form, "Number must be at least %(min)s.", NULL, 0)
                  : !low ? cf_form_say(form, "Number must be at most %(max)s.", NULL, 0)
                         : cf_form_say(form, "Number must be between %(min)s and %(max)s.", NULL, 0);
    const cf_named values[] = {{"min", 3, low ? min : cf_value_null()}, {"max", 3, high ? max : cf_value_null()}};
    return fail_formatted(field, message, values, 2, error);
}

/* ---- lists of values, other fields ---- */

/* The i-th value of a rule: as given, or a word read as the field's data is. */
static bool value_at(const cf_bound_field *field, const cf_rule *rule, size_t *at, cf_value *out)
{
    if (rule->values) {
        if (*at >= rule->values->count) return false;
        *out = rule->values->items[(*at)++];
        return true;
    }
    if (*at + 1 >= rule->words.size) return false;
    *out = cf_value_text(rule->words.text + *at);
    *at += out->size + 1;
    cf_value number;
    if (field->data.kind == CF_INT && cf_read_int(field->form->arena, out->as.text, out->size, &number) == CF_READ_OK)
        *out = number;
    double real;
    if (field->data.kind == CF_FLOAT && cf_read_float(out->as.text, out->size, &real) == CF_READ_OK)
        *out = cf_value_double(real);
    return true;
}

static cf_chain check_values(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    bool      wanted = rule->a_rule_must_stand_before_the_options == CF_RULE_ANY_OF, found = false;
    cf_arena *arena = field->form->arena;
    cf_value  value;
    for (size_t at = 0; !found && value_at(field, rule, &at, &value);) found = cf_data_equal(arena, field->data, value);
    if (found == wanted) return CF_CHAIN_ENDED;
    cf_buffer names = {0};
    size_t    count = 0;
    for (size_t at = 0; value_at(field, rule, &at, &value);) {
        if (count++) cf_buffer_text(&names, rule->separator ? rule->separator : ", ");
        cf_data_print(value, &names);
    }
    if (!message)
        message = wanted ? cf_form_say(field->form, "Invalid value, must be one of: %(values)s.", NULL, 0)
                         : cf_form_say(field->form, "Invalid value, can't be any of: %(values)s.", NULL, 0);
    const cf_named values[] = {{"values", 6, cf_value_text_n(names.data ? names.data : "", names.size)}};
    cf_chain       chain = fail_formatted(field, message, values, 1, error);
    cf_buffer_free(&names);
    return chain;
}

static cf_chain check_equal(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    cf_arena       *arena = field->form->arena;
    cf_bound_field *other = cf_form_find(field->form, rule->text, strlen(rule->text));
    if (!other) {
        const char *format = cf_form_say(field->form, "Invalid field name '%s'.", NULL, 0);
        const char *mark = strstr(format, "%s");
        const char *text =
            mark ? cf_arena_printf(arena, "%.*s%s%s", (int)(mark - format), format, rule->text, mark + 2) : format;
        return text && add_error(field, text, error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
    }
    cf_value data = cf_field_data(field, error), theirs = cf_field_data(other, error);
    if (error && error->code) return CF_CHAIN_FAILED;
    if (cf_data_equal(arena, data, theirs)) return CF_CHAIN_ENDED;
    cf_value label = other->label.text;
    if (!cf_data_truth(label)) label = cf_value_text(rule->text);
    if (!message) message = cf_form_say(field->form, "Field must be equal to %(other_name)s.", NULL, 0);
    const cf_named values[] = {{"other_label", 11, label}, {"other_name", 10, cf_value_text(rule->text)}};
    return fail_formatted(field, message, values, 2, error);
}

/* ---- formats ---- */

/* The text to look at: data or "". False: it is something else. */
static bool text_of(cf_bound_field *field, cf_value *text, cf_error *error)
{
    *text = cf_data_truth(field->data) ? field->data : cf_value_text("");
    if (cf_value_is_text(*text)) return true;
    return cf_form_raise(error, "TypeError", "expected string or bytes-like object");
}

static cf_chain check_pattern(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    cf_value text;
    if (!text_of(field, &text, error)) return CF_CHAIN_FAILED;
    cf_answer answer = cf_pattern_match(field->form->arena, rule->text, rule->flags, text.as.text, text.size, error);
    if (answer == CF_FAILED) return CF_CHAIN_FAILED;
    return answer == CF_YES ? CF_CHAIN_ENDED : fail(field, message, "Invalid input.", error);
}

static cf_chain check_email(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    char why[512] = "";
    if (field->data.kind > CF_NULL) {
        if (!cf_value_is_text(field->data)) {
            cf_form_raise(error, "AttributeError", "'%s' object has no attribute 'decode'",
                          cf_data_type_name(field->data));
            return CF_CHAIN_FAILED;
        }
        if (cf_email_valid(field->data.as.text, field->data.size, rule->flags, why, sizeof why)) return CF_CHAIN_ENDED;
    }
    if (!message && (rule->flags & CF_RULE_GRANULAR)) {
        message = cf_arena_copy(field->form->arena, why);
        if (!message) return cf_form_no_memory(error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
    }
    return fail(field, message, "Invalid email address.", error);
}

static bool ip_allowed(const cf_bound_field *field, const cf_rule *rule)
{
    bool     v4 = !(rule->flags & CF_RULE_NO_IPV4), v6 = rule->flags & CF_RULE_IPV6;
    cf_value data = field->data;
    if (!cf_data_truth(data)) return false;
    if (cf_value_is_text(data))
        return (v4 && cf_is_ipv4(data.as.text, data.size)) || (v6 && cf_is_ipv6(data.as.text, data.size));
    /* Python takes a number for an address. */
    const cf_exact *exact = cf_value_exact(data);
    if (data.kind == CF_BOOL) return v4;
    if (data.kind == CF_INT) return data.as.integer >= 0 && (data.as.integer <= UINT32_MAX ? v4 : v6);
    return exact && exact->integer && !exact->negative && exact->count <= 38 && v6;
}

static cf_chain check_uuid(cf_bound_field *field, const char *message, cf_error *error)
{
    if (field->data.kind <= CF_NULL && field->form->as_wtforms) {
        cf_form_raise(error, "TypeError", "one of the hex, bytes, bytes_le, fields, or int arguments must be given");
        return CF_CHAIN_FAILED;
    }
    if (field->data.kind >= CF_DATE && field->data.kind <= CF_DATETIME) {
        cf_form_raise(error, "TypeError", "'%s' object is no text", cf_data_type_name(field->data));
        return CF_CHAIN_FAILED;
    }
    if (field->data.kind > CF_NULL && !cf_value_is_text(field->data)) {
        cf_form_raise(error, "AttributeError", "'%s' object has no attribute 'replace'",
                      cf_data_type_name(field->data));
        return CF_CHAIN_FAILED;
    }
    if (field->data.kind > CF_NULL && cf_is_uuid(field->data.as.text, field->data.size)) return CF_CHAIN_ENDED;
    return fail(field, message, "Invalid UUID.", error);
}

static cf_chain check_text(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    cf_value text;
    if (!text_of(field, &text, error)) return CF_CHAIN_FAILED;
    if (rule->a_rule_must_stand_before_the_options == CF_RULE_MAC_ADDRESS)
        return cf_is_mac(text.as.text, text.size) ? CF_CHAIN_ENDED
                                                  : fail(field, message, "Invalid Mac address.", error);
    return cf_is_url(text.as.text, text.size, !(rule->flags & CF_RULE_NO_TLD))
               ? CF_CHAIN_ENDED
               : fail(field, message, "Invalid URL.", error);
}

/* ---- files ---- */

static bool has_ending(const char *name, const cf_rule *rule)
{
    size_t length = strlen(name);
    for (size_t at = 0; at + 1 < rule->words.size; at += strlen(rule->words.text + at) + 1) {
        const char *ending = rule->words.text + at;
        size_t      size = strlen(ending);
        if (length > size && name[length - size - 1] == '.' &&
            cf_equal_nocase(name + length - size, size, ending, size))
            return true;
    }
    return false;
}

static cf_chain check_file(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    bool many = field->data.kind == CF_SEQUENCE;
    for (size_t i = 0; i < (many ? field->data.as.list->count : 1); i++) {
        const cf_upload *upload = cf_value_upload(many ? field->data.as.list->items[i] : field->data);
        if (!upload) continue;
        if (rule->a_rule_must_stand_before_the_options == CF_RULE_FILE_SIZE) {
            if (upload->size <= (uint64_t)rule->max.integer) continue;
            if (!message) message = cf_form_say(field->form, "File must be at most %(max)d bytes.", NULL, 0);
            const cf_named value = {"max", 3, cf_value_int(rule->max.integer)};
            return fail_formatted(field, message, &value, 1, error);
        }
        if (has_ending(upload->filename, rule)) continue;
        cf_buffer names = {0};
        for (size_t at = 0; at + 1 < rule->words.size; at += strlen(rule->words.text + at) + 1) {
            if (at) cf_buffer_text(&names, ", ");
            cf_buffer_text(&names, rule->words.text + at);
        }
        if (!message)
            message = cf_form_say(field->form, "File does not have an approved extension: %(extensions)s.", NULL, 0);
        const cf_named value = {"extensions", 10, cf_value_text_n(names.data ? names.data : "", names.size)};
        cf_chain       chain = fail_formatted(field, message, &value, 1, error);
        cf_buffer_free(&names);
        return chain;
    }
    return CF_CHAIN_ENDED;
}

/* ---- the chain ---- */

static cf_chain run_call(cf_bound_field *field, const cf_rule *rule, cf_error *error)
{
    cf_error local = {0};
    cf_call  call = {.arena = field->form->arena, .error = &local, .context = rule->context};
    if (rule->validate && field->form->owner) rule->validate(field->form->owner, field->spec->name);
    if (!rule->run || rule->run(&call, rule, field->data)) return CF_CHAIN_ENDED;
    if (local.code == CF_ERR_MEMORY) return cf_form_no_memory(error) ? CF_CHAIN_ENDED : CF_CHAIN_FAILED;
    bool        stop = local.code == CF_ERR_FAILED;
    const char *text = cf_arena_copy(field->form->arena, local.message);
    if ((!stop || *local.message) && (!text || !add_error(field, text, error))) return CF_CHAIN_FAILED;
    return stop ? CF_CHAIN_STOPPED : CF_CHAIN_ENDED;
}

static cf_chain run_rule(cf_bound_field *field, const cf_rule *rule, const char *message, cf_error *error)
{
    switch (rule->a_rule_must_stand_before_the_options) {
    case CF_RULE_REQUIRED: return require(field, is_present(field), message, error);
    case CF_RULE_FILE_REQUIRED: return require(field, cf_data_truth(field->data), message, error);
    case CF_RULE_INPUT_REQUIRED: return require(field, input_given(field), message, error);
    case CF_RULE_OPTIONAL: return optional(field, rule);
    case CF_RULE_LENGTH: return check_length(field, rule, message, error);
    case CF_RULE_RANGE: return check_range(field, rule, message, error);
    case CF_RULE_EMAIL: return check_email(field, rule, message, error);
    case CF_RULE_REGEXP: return check_pattern(field, rule, message, error);
    case CF_RULE_URL:
    case CF_RULE_MAC_ADDRESS: return check_text(field, rule, message, error);
    case CF_RULE_UUID: return check_uuid(field, message, error);
    case CF_RULE_IP_ADDRESS:
        return ip_allowed(field, rule) ? CF_CHAIN_ENDED : fail(field, message, "Invalid IP address.", error);
    case CF_RULE_ANY_OF:
    case CF_RULE_NONE_OF: return check_values(field, rule, message, error);
    case CF_RULE_EQUAL_TO: return check_equal(field, rule, message, error);
    case CF_RULE_FILE_ALLOWED:
    case CF_RULE_FILE_SIZE: return check_file(field, rule, message, error);
    case CF_RULE_CALL: return run_call(field, rule, error);
    default: return CF_CHAIN_ENDED;
    }
}

cf_chain cf_field_run_rules(cf_bound_field *field, cf_error *error)
{
    cf_chain chain = cf_field_each_rule(field, run_rule, error);
    if (chain == CF_CHAIN_ENDED && field->spec->validate && field->form->owner)
        field->spec->validate(field->form->owner, field->spec->name);
    return chain;
}
