/* What each type of field does with values: takes them, reads them from what was submitted, shows them. */
#include "internal.h"

#include "base/number.h"
#include "base/text.h"
#include "data.h"
#include "when.h"

#include <math.h>
#include <string.h>

/* An error of the field, not of the program: Python's ValueError. */
static bool refuse(const cf_bound_field *field, cf_error *error, const char *message)
{
    return cf_fail(error, CF_ERR_RANGE, "%s", cf_form_say(field->form, message, NULL, 0));
}

static cf_value first_of(const cf_list *values)
{
    return values->items[0];
}

/* ---- texts ---- */

static bool read_first(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    (void)error;
    if (values->count) field->data = first_of(values);
    return true;
}

static bool show_text(cf_bound_field *field, cf_value *out, cf_error *error)
{
    if (field->refused && field->raw && field->raw->count) {
        *out = first_of(field->raw);
        return true;
    }
    *out = field->data.kind <= CF_NULL ? cf_value_text("") : cf_data_text(field->form->arena, field->data);
    if (out->kind == CF_MARKUP) out->kind = CF_TEXT; /* a value is shown as it is, safe HTML too */
    return out->kind != CF_UNDEFINED || cf_form_no_memory(error);
}

/* What was typed, else the value, else nothing. */
static bool show_typed(cf_bound_field *field, cf_value *out, cf_error *error)
{
    if (field->raw && field->raw->count) {
        *out = first_of(field->raw);
        return true;
    }
    return show_text(field, out, error);
}

/* ---- numbers ---- */

static bool bad_number(cf_bound_field *field, cf_error *error)
{
    field->data = cf_value_null();
    return refuse(field, error, cf_field_kind_of(field->type)->message);
}

static bool read_reading(cf_bound_field *field, cf_reading reading, cf_value value, cf_error *error)
{
    if (reading == CF_READ_MEMORY) return cf_form_no_memory(error);
    if (reading == CF_READ_BAD) return bad_number(field, error);
    field->data = value;
    return true;
}

/* int(value) */
static bool take_integer(cf_bound_field *field, cf_value value, cf_error *error)
{
    cf_arena       *arena = field->form->arena;
    const cf_exact *exact = cf_value_exact(value);
    cf_value        number = cf_value_null();
    switch (value.kind) {
    case CF_UNDEFINED:
    case CF_NULL: field->data = cf_value_null(); return true;
    case CF_BOOL: field->data = cf_value_int(value.as.boolean); return true;
    case CF_INT: field->data = value; return true;
    case CF_TEXT:
    case CF_MARKUP: {
        cf_reading reading = cf_read_int(arena, value.as.text, value.size, &number);
        return read_reading(field, reading, number, error);
    }
    case CF_FLOAT:
    case CF_DECIMAL: exact = cf_exact_of(arena, value); break;
    default: break;
    }
    if (!exact) return bad_number(field, error);
    if (exact->special == 'i') {
        field->data = cf_value_null();
        return cf_form_raise(error, "OverflowError", "cannot convert infinity to an integer");
    }
    if (exact->special) return bad_number(field, error);
    if (!(exact = cf_exact_truncate(arena, exact))) return cf_form_no_memory(error);
    field->data = cf_exact_value(exact);
    return true;
}

static bool read_integer(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    if (!values->count) return true;
    cf_value   text = first_of(values), number = cf_value_null();
    cf_reading reading = cf_read_int(field->form->arena, text.as.text, text.size, &number);
    return read_reading(field, reading, number, error);
}

static bool read_float(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    if (!values->count) return true;
    cf_value   text = first_of(values);
    double     number = 0;
    cf_reading reading = cf_read_float(text.as.text, text.size, &number);
    if (reading == CF_READ_OK && !field->form->as_wtforms && !isfinite(number)) reading = CF_READ_BAD;
    return read_reading(field, reading, cf_value_double(number), error);
}

static bool read_decimal(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    if (!values->count) return true;
    cf_arena       *arena = field->form->arena;
    cf_value        text = first_of(values);
    const cf_exact *number = cf_exact_parse(arena, text.as.text, text.size);
    if (!number && cf_arena_failed(arena)) return cf_form_no_memory(error);
    if (!number || (!field->form->as_wtforms && number->special)) return bad_number(field, error);
    field->data = cf_value_object((cf_object *)(uintptr_t)number);
    if (field->form->as_wtforms) return true;
    cf_decimal *decimal = cf_arena_alloc(arena, sizeof *decimal);
    if (!decimal) return cf_form_no_memory(error);
    if (!cf_exact_decimal(number, decimal)) return bad_number(field, error);
    field->data = cf_value_decimal(decimal);
    return true;
}

/* "%.*f" of a number that is no Decimal. */
static bool show_fixed(cf_bound_field *field, int places, cf_value *out, cf_error *error)
{
    cf_arena       *arena = field->form->arena;
    const cf_exact *exact = cf_data_is_number(field->data) ? cf_exact_of(arena, field->data) : NULL;
    if (!exact && cf_arena_failed(arena)) return cf_form_no_memory(error);
    if (!exact) return cf_form_raise(error, "TypeError", "must be real number, not %s", cf_data_type_name(field->data));
    double number = field->data.kind == CF_FLOAT ? field->data.as.number : cf_exact_double(exact);
    if (!isfinite(number)) {
        *out = cf_value_text(isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return true;
    }
    enum { ROOM = 400 };
    char  *text = cf_arena_alloc(arena, ROOM + (size_t)places);
    size_t length = text ? cf_format_fixed(number, places, text, ROOM + (size_t)places) : 0;
    *out = cf_value_text_n(text, length);
    return text || cf_form_no_memory(error);
}

static bool show_decimal(cf_bound_field *field, cf_value *out, cf_error *error)
{
    const cf_field *spec = field->spec;
    cf_arena       *arena = field->form->arena;
    int             places = spec->zero_places ? 0 : spec->places ? spec->places : 2;
    if ((field->raw && field->raw->count) || field->data.kind <= CF_NULL || places < 0)
        return show_typed(field, out, error);
    const cf_exact *number = cf_value_exact(field->data);
    if (field->data.kind == CF_DECIMAL && !(number = cf_exact_of(arena, field->data))) return cf_form_no_memory(error);
    if (!number || number->integer) return show_fixed(field, places, out, error);
    const cf_exact *rounded = cf_exact_quantize(arena, number, places, spec->rounding);
    if (!rounded && cf_arena_failed(arena)) return cf_form_no_memory(error);
    if (!rounded) {
        if (field->form->as_wtforms)
            return cf_form_raise(error, "InvalidOperation", "the number has too many digits to be rounded");
        return show_text(field, out, error);
    }
    *out = cf_data_text(arena, cf_value_object((cf_object *)(uintptr_t)rounded));
    return out->kind != CF_UNDEFINED || cf_form_no_memory(error);
}

/* ---- booleans ---- */

static bool take_boolean(cf_bound_field *field, cf_value value, cf_error *error)
{
    (void)error;
    field->data = cf_value_bool(cf_data_truth(value));
    return true;
}

static bool is_false_word(const cf_bound_field *field, cf_value text)
{
    const cf_field *spec = field->spec;
    const char     *words = spec->false_words.text ? spec->false_words.text : "false\0\0";
    size_t          size = spec->false_words.text ? spec->false_words.size : sizeof "false\0\0";
    if (spec->false_values) {
        for (size_t i = 0; i < spec->false_values->count; i++)
            if (cf_data_equal(field->form->arena, text, spec->false_values->items[i])) return true;
        return false;
    }
    for (size_t at = 0; at + 1 < size; at += strlen(words + at) + 1)
        if (strlen(words + at) == text.size && memcmp(words + at, text.as.text, text.size) == 0) return true;
    return false;
}

static bool read_boolean(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    (void)error;
    field->data = cf_value_bool(values->count && !is_false_word(field, first_of(values)));
    return true;
}

static bool show_boolean(cf_bound_field *field, cf_value *out, cf_error *error)
{
    (void)error;
    *out = field->raw && field->raw->count ? first_of(field->raw) : cf_value_text("y");
    return true;
}

/* ---- dates and times ---- */

/* The i-th format of a field; false past the last. */
static bool format_of(const cf_bound_field *field, size_t i, const char **format, size_t *size)
{
    const cf_list *list = field->spec->formats;
    if (list) {
        if (i >= list->count || !cf_value_is_text(list->items[i])) return false;
        *format = list->items[i].as.text;
        *size = list->items[i].size;
        return true;
    }
    const cf_field_kind *kind = cf_field_kind_of(field->type);
    const char          *at = field->spec->format ? field->spec->format : kind->format;
    if (at == kind->format && kind->own_format && !field->form->as_wtforms) at = kind->own_format;
    for (; i; i--) {
        if (!(at = strchr(at, '|'))) return false;
        at++;
    }
    const char *end = strchr(at, '|');
    *format = at;
    *size = end ? (size_t)(end - at) : strlen(at);
    return true;
}

static cf_value moment_as(cf_field_type type, cf_datetime moment)
{
    int64_t day = INT64_C(86400000000);
    int64_t days = moment.usec >= 0 ? moment.usec / day : -((day - 1 - moment.usec) / day);
    switch (type) {
    case CF_FIELD_DATE:
    case CF_FIELD_MONTH: return cf_value_date((cf_date){(int32_t)days});
    case CF_FIELD_TIME: return cf_value_time((cf_time){moment.usec - days * day});
    default: return cf_value_datetime(moment);
    }
}

static bool read_moment(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    if (!values->count) return true;
    cf_buffer   text = {0};
    const char *format;
    size_t      size;
    for (size_t i = 0; i < values->count; i++) {
        if (i) cf_buffer_char(&text, ' ');
        cf_buffer_add(&text, values->items[i].as.text, values->items[i].size);
    }
    bool good = !text.failed || cf_form_no_memory(error), found = false;
    for (size_t i = 0; good && !found && format_of(field, i, &format, &size); i++) {
        cf_datetime moment;
        cf_answer   answer = cf_parse_time(text.data ? text.data : "", text.size, format, size, &moment, error);
        good = answer != CF_FAILED;
        found = answer == CF_YES;
        if (found) field->data = moment_as(field->type, moment);
    }
    cf_buffer_free(&text);
    if (!good || found) return good;
    return bad_number(field, error);
}

static bool show_moment(cf_bound_field *field, cf_value *out, cf_error *error)
{
    cf_buffer   text = {0};
    const char *format;
    size_t      size;
    *out = cf_value_text("");
    if (field->raw && field->raw->count) {
        for (size_t i = 0; i < field->raw->count; i++) {
            if (i) cf_buffer_char(&text, ' ');
            cf_buffer_add(&text, field->raw->items[i].as.text, field->raw->items[i].size);
        }
    } else if (!cf_data_truth(field->data) || !format_of(field, 0, &format, &size)) {
        return true;
    } else if (!cf_format_time(field->data, format, size, &text)) {
        cf_buffer_free(&text);
        return cf_form_raise(error, "AttributeError", "'%s' object has no attribute 'strftime'",
                             cf_data_type_name(field->data));
    }
    char *copy = text.failed ? NULL : cf_arena_text(field->form->arena, text.data ? text.data : "", text.size);
    if (copy) *out = cf_value_text_n(copy, text.size);
    cf_buffer_free(&text);
    return copy || cf_form_no_memory(error);
}

/* ---- files, tokens ---- */

static bool read_all(cf_bound_field *field, const cf_list *values, cf_error *error)
{
    (void)error;
    field->data = cf_value_list((cf_list *)(uintptr_t)values);
    return true;
}

static bool show_nothing(cf_bound_field *field, cf_value *out, cf_error *error)
{
    (void)field, (void)error;
    *out = cf_value_bool(false);
    return true;
}

static bool show_token(cf_bound_field *field, cf_value *out, cf_error *error)
{
    (void)error;
    *out = cf_value_text(field->token ? field->token : "");
    return true;
}

/* ---- the table ---- */

#define TEXT_KIND(name_, widget_)                                                    \
    {                                                                                \
        .type_name = name_, .widget = widget_, .read = read_first, .show = show_text \
    }
#define NUMBER_KIND(name_, widget_, what_, take_, read_, show_)                                          \
    {                                                                                                    \
        .type_name = name_, .widget = widget_, .message = "Not a valid " what_ " value.", .take = take_, \
        .read = read_, .show = show_                                                                     \
    }
#define TIME_KIND(name_, widget_, what_, format_, own_)                                                      \
    {                                                                                                        \
        .type_name = name_, .widget = widget_, .message = "Not a valid " what_ " value.", .format = format_, \
        .own_format = own_, .read = read_moment, .show = show_moment                                         \
    }
#define CHOICE_KIND(name_, widget_, take_, read_)                           \
    {                                                                       \
        .type_name = name_, .widget = widget_, .take = take_, .read = read_ \
    }

#define LOCAL_FORMATS "%Y-%m-%dT%H:%M:%S|%Y-%m-%dT%H:%M|%Y-%m-%dT%H:%M:%S.%f|%Y-%m-%d %H:%M:%S|%Y-%m-%d %H:%M"

static const cf_field_kind kinds[CF_FIELD_COUNT_] = {
    [CF_FIELD_STRING] = TEXT_KIND("StringField", CF_WIDGET_TEXT),
    [CF_FIELD_TEXTAREA] = TEXT_KIND("TextAreaField", CF_WIDGET_TEXTAREA),
    [CF_FIELD_PASSWORD] = TEXT_KIND("PasswordField", CF_WIDGET_PASSWORD),
    [CF_FIELD_HIDDEN] = TEXT_KIND("HiddenField", CF_WIDGET_HIDDEN),
    [CF_FIELD_EMAIL] = TEXT_KIND("EmailField", CF_WIDGET_EMAIL),
    [CF_FIELD_URL] = TEXT_KIND("URLField", CF_WIDGET_URL),
    [CF_FIELD_TEL] = TEXT_KIND("TelField", CF_WIDGET_TEL),
    [CF_FIELD_SEARCH] = TEXT_KIND("SearchField", CF_WIDGET_SEARCH),
    [CF_FIELD_COLOR] = TEXT_KIND("ColorField", CF_WIDGET_COLOR),
    [CF_FIELD_WEEK] = TEXT_KIND("WeekField", CF_WIDGET_WEEK),
    [CF_FIELD_INTEGER] =
        NUMBER_KIND("IntegerField", CF_WIDGET_NUMBER, "integer", take_integer, read_integer, show_typed),
    [CF_FIELD_INTEGER_RANGE] =
        NUMBER_KIND("IntegerRangeField", CF_WIDGET_RANGE, "integer", take_integer, read_integer, show_typed),
    [CF_FIELD_FLOAT] = NUMBER_KIND("FloatField", CF_WIDGET_TEXT, "float", NULL, read_float, show_typed),
    [CF_FIELD_DECIMAL] = NUMBER_KIND("DecimalField", CF_WIDGET_NUMBER, "decimal", NULL, read_decimal, show_decimal),
    [CF_FIELD_DECIMAL_RANGE] =
        NUMBER_KIND("DecimalRangeField", CF_WIDGET_RANGE, "decimal", NULL, read_decimal, show_decimal),
    [CF_FIELD_BOOLEAN] = {.type_name = "BooleanField",
                          .widget = CF_WIDGET_CHECKBOX,
                          .take = take_boolean,
                          .read = read_boolean,
                          .show = show_boolean},
    [CF_FIELD_SUBMIT] = {.type_name = "SubmitField",
                         .widget = CF_WIDGET_SUBMIT,
                         .take = take_boolean,
                         .read = read_boolean,
                         .show = show_boolean},
    [CF_FIELD_DATE] = TIME_KIND("DateField", CF_WIDGET_DATE, "date", "%Y-%m-%d", NULL),
    [CF_FIELD_MONTH] = TIME_KIND("MonthField", CF_WIDGET_MONTH, "date", "%Y-%m", NULL),
    [CF_FIELD_TIME] = TIME_KIND("TimeField", CF_WIDGET_TIME, "time", "%H:%M", "%H:%M|%H:%M:%S|%H:%M:%S.%f"),
    [CF_FIELD_DATETIME] = TIME_KIND("DateTimeField", CF_WIDGET_DATETIME, "datetime", "%Y-%m-%d %H:%M:%S", NULL),
    [CF_FIELD_DATETIME_LOCAL] = TIME_KIND("DateTimeLocalField", CF_WIDGET_DATETIME_LOCAL, "datetime",
                                          "%Y-%m-%d %H:%M:%S|%Y-%m-%dT%H:%M:%S", LOCAL_FORMATS),
    [CF_FIELD_SELECT] = CHOICE_KIND("SelectField", CF_WIDGET_SELECT, cf_field_take_choice, cf_field_read_choice),
    [CF_FIELD_SELECT_MULTIPLE] =
        CHOICE_KIND("SelectMultipleField", CF_WIDGET_SELECT, cf_field_take_choices, cf_field_read_choices),
    [CF_FIELD_RADIO] = CHOICE_KIND("RadioField", CF_WIDGET_LIST, cf_field_take_choice, cf_field_read_choice),
    [CF_FIELD_FILE] = {.type_name = "FileField", .widget = CF_WIDGET_FILE, .read = read_first, .show = show_nothing},
    [CF_FIELD_FILES] = {.type_name = "MultipleFileField",
                        .widget = CF_WIDGET_FILE,
                        .read = read_all,
                        .show = show_nothing},
    [CF_FIELD_LIST] = {.type_name = "FieldList", .widget = CF_WIDGET_LIST},
    [CF_FIELD_FORM] = {.type_name = "FormField", .widget = CF_WIDGET_TABLE},
    [CF_FIELD_CSRF] = {.type_name = "CSRFTokenField",
                       .widget = CF_WIDGET_HIDDEN,
                       .read = read_first,
                       .show = show_token},
};

const cf_field_kind *cf_field_kind_of(cf_field_type type)
{
    return &kinds[type];
}

const char *cf_field_type_name(const cf_bound_field *field)
{
    return field->is_option ? "_Option" : kinds[field->type].type_name;
}

bool cf_field_value_text(cf_bound_field *field, cf_value *out, cf_error *error)
{
    if (field->is_option) {
        *out = cf_data_text(field->form->arena, field->data);
        if (out->kind == CF_MARKUP) out->kind = CF_TEXT;
        return out->kind != CF_UNDEFINED || cf_form_no_memory(error);
    }
    if (!kinds[field->type].show)
        return cf_form_raise(error, "AttributeError", "'%s' object has no attribute '_value'",
                             cf_field_type_name(field));
    return kinds[field->type].show(field, out, error);
}

/* A default written as a text is read as if it had been typed. */
static cf_value read_default(cf_bound_field *field, const char *text)
{
    cf_value      value = cf_value_text(text);
    cf_list       list = {1, 1, &value, field->form->arena};
    cf_error      local = {0};
    cf_value      before = field->data;
    cf_field_kind kind = kinds[field->type];
    field->data = cf_value_null();
    if (field->type == CF_FIELD_SELECT_MULTIPLE || !kind.read || !kind.read(field, &list, &local)) field->data = value;
    value = field->data;
    field->data = before;
    return value;
}

cf_value cf_field_default(cf_bound_field *field)
{
    const cf_field *spec = field->spec;
    if (spec->default_value) return *spec->default_value;
    if (spec->default_text) return read_default(field, spec->default_text);
    if (spec->default_now) {
        int64_t now = field->form->input.now;
        return moment_as(field->type, now ? (cf_datetime){now * 1000000} : cf_now());
    }
    if (spec->default_int) {
        if (field->type == CF_FIELD_FLOAT) return cf_value_double((double)spec->default_int);
        return cf_value_int(spec->default_int);
    }
    return cf_value_null();
}
