/* Members of the form's struct: which fields they go with, written from and read as values. */
#include "internal.h"

#include "base/text.h"
#include "data.h"

#include <math.h>
#include <string.h>

/* ---- uploads as objects ---- */

typedef struct upload_object {
    cf_object        object;
    const cf_upload *upload;
} upload_object;

static cf_answer upload_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    const cf_upload *upload = ((upload_object *)self)->upload;
    if (size == 8 && memcmp(name, "filename", 8) == 0) *out = cf_value_text(upload->filename);
    else if (size == 12 && memcmp(name, "content_type", 12) == 0) *out = cf_value_text(upload->content_type);
    else if (size == 4 && memcmp(name, "size", 4) == 0)
        *out = cf_value_int(upload->size > INT64_MAX ? INT64_MAX : (int64_t)upload->size);
    else return CF_NO;
    return CF_YES;
}

static bool upload_print(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_text(out, ((upload_object *)self)->upload->filename);
    return !out->failed;
}

static const cf_class upload_class = {.name = "file", .attribute = upload_attribute, .print = upload_print};

cf_value cf_upload_value(cf_arena *arena, const cf_upload *upload)
{
    upload_object *object = cf_arena_alloc(arena, sizeof *object);
    if (!object) return cf_value_null();
    *object = (upload_object){{&upload_class}, upload};
    return cf_value_object(&object->object);
}

const cf_upload *cf_value_upload(cf_value value)
{
    bool is = value.kind == CF_OBJECT && value.as.object->cls == &upload_class;
    return is ? ((const upload_object *)value.as.object)->upload : NULL;
}

/* ---- which members go with which fields ---- */

enum {
    TEXT = 1,
    NUMBER = 2,
    REAL = 4,
    DECIMAL = 8,
    BOOL = 16,
    DATE = 32,
    TIME = 64,
    MOMENT = 128,
    FILE_ = 256,
    FILES = 512,
    TEXTS = 1024,
    INTEGERS = 2048,
    FORM = 4096,
    UUID = 8192,
    ENTRIES = 16384
};

static int family_of(int c_type)
{
    switch (c_type & 0xff) {
    case CF_TYPE_BOOL: return BOOL;
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64:
    case CF_TYPE_UINT32: return NUMBER;
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: return REAL;
    case CF_TYPE_TEXT:
    case CF_TYPE_CHARS: return TEXT;
    case CF_TYPE_DATE: return DATE;
    case CF_TYPE_TIME: return TIME;
    case CF_TYPE_DATETIME: return MOMENT;
    case CF_TYPE_DECIMAL: return DECIMAL;
    case CF_TYPE_UUID: return UUID;
    case CF_FORM_TYPE_UPLOAD_: return FILE_;
    case CF_FORM_TYPE_UPLOADS_: return FILES;
    case CF_FORM_TYPE_TEXTS_: return TEXTS;
    case CF_FORM_TYPE_INTEGERS_: return INTEGERS;
    case CF_FORM_TYPE_FORM_: return FORM;
    case CF_FORM_TYPE_ENTRIES_: return ENTRIES;
    default: return 0;
    }
}

/* The families of members that a type of field can fill. */
static int families_for(cf_field_type type)
{
    switch (type) {
    case CF_FIELD_INTEGER:
    case CF_FIELD_INTEGER_RANGE: return NUMBER | REAL;
    case CF_FIELD_FLOAT: return REAL;
    case CF_FIELD_DECIMAL:
    case CF_FIELD_DECIMAL_RANGE: return DECIMAL | REAL;
    case CF_FIELD_BOOLEAN:
    case CF_FIELD_SUBMIT: return BOOL;
    case CF_FIELD_DATE:
    case CF_FIELD_MONTH: return DATE;
    case CF_FIELD_TIME: return TIME;
    case CF_FIELD_DATETIME:
    case CF_FIELD_DATETIME_LOCAL: return MOMENT;
    case CF_FIELD_SELECT:
    case CF_FIELD_RADIO: return TEXT | NUMBER | REAL | BOOL;
    case CF_FIELD_SELECT_MULTIPLE: return TEXTS | INTEGERS;
    case CF_FIELD_FILE: return FILE_;
    case CF_FIELD_FILES: return FILES;
    case CF_FIELD_FORM: return FORM;
    case CF_FIELD_LIST: return TEXTS | INTEGERS | ENTRIES;
    case CF_FIELD_CSRF: return 0;
    default: return TEXT | UUID;
    }
}

bool cf_member_check(const cf_bound_field *field, cf_error *error)
{
    const cf_field *spec = field->spec;
    if (!spec->c_type || (families_for(field->type) & family_of(spec->c_type))) return true;
    return cf_fail(error, CF_ERR_MISUSE, "form %s: field '%s' is of type %s, which cannot fill a member of type %s",
                   field->form->cls->name, spec->name, cf_field_type_name(field), cf_type_name(spec->c_type));
}

bool cf_member_nullable(const cf_field *spec)
{
    return spec->c_type & CF_TYPE_NULLABLE;
}

/* ---- ranges ---- */

static bool int_range(int c_type, int64_t *low, int64_t *high)
{
    switch (c_type & 0xff) {
    case CF_TYPE_INT16: *low = INT16_MIN, *high = INT16_MAX; return true;
    case CF_TYPE_INT32: *low = INT32_MIN, *high = INT32_MAX; return true;
    case CF_TYPE_UINT32: *low = 0, *high = UINT32_MAX; return true;
    default: *low = INT64_MIN, *high = INT64_MAX; return false;
    }
}

bool cf_member_fits(const cf_bound_field *field, cf_value value, const char **why)
{
    const cf_field *spec = field->spec;
    int64_t         low, high;
    bool            narrow = int_range(spec->c_type, &low, &high);
    *why = "The number is out of range.";
    if (cf_value_exact(value)) return false;
    if (value.kind == CF_INT && narrow && (value.as.integer < low || value.as.integer > high)) return false;
    if (value.kind == CF_FLOAT && (spec->c_type & 0xff) == CF_TYPE_FLOAT && isinf((float)value.as.number)) return false;
    *why = "The text is too long.";
    if ((spec->c_type & 0xff) == CF_TYPE_CHARS && cf_value_is_text(value) && value.size >= spec->size) return false;
    *why = "Invalid UUID.";
    cf_uuid uuid;
    if ((spec->c_type & 0xff) == CF_TYPE_UUID && cf_value_is_text(value) && value.size)
        return cf_uuid_parse(value.as.text, value.size, &uuid);
    return true;
}

/* ---- writing ---- */

static double real_of(cf_arena *arena, cf_value value)
{
    if (value.kind == CF_FLOAT) return value.as.number;
    if (value.kind == CF_INT) return (double)value.as.integer;
    const cf_exact *exact = cf_exact_of(arena, value);
    return exact ? cf_exact_double(exact) : 0;
}

/* Nullable twins have the value first; the flag stands where each twin has it. */
#define STORE(T, x)               \
    do {                          \
        if (nullable) {           \
            cf_null_##T *p_ = at; \
            p_->value = (x);      \
            p_->set = true;       \
        } else {                  \
            *plain_##T = (x);     \
        }                         \
    } while (0)

static void store_number(cf_arena *arena, void *at, int c_type, cf_value value)
{
    bool     nullable = c_type & CF_TYPE_NULLABLE;
    int64_t  whole = value.kind == CF_INT ? value.as.integer : value.kind == CF_BOOL ? value.as.boolean : 0;
    bool    *plain_bool = at;
    int16_t *plain_int16 = at;
    int32_t *plain_int32 = at;
    int64_t *plain_int64 = at;
    float   *plain_float = at;
    double  *plain_double = at;
    switch (c_type & 0xff) {
    case CF_TYPE_BOOL: STORE(bool, cf_data_truth(value)); break;
    case CF_TYPE_INT16: STORE(int16, (int16_t)whole); break;
    case CF_TYPE_INT32: STORE(int32, (int32_t)whole); break;
    case CF_TYPE_INT64: STORE(int64, whole); break;
    case CF_TYPE_UINT32: *(uint32_t *)at = (uint32_t)whole; break;
    case CF_TYPE_FLOAT: STORE(float, (float)real_of(arena, value)); break;
    case CF_TYPE_DOUBLE: STORE(double, real_of(arena, value)); break;
    default: break;
    }
}

static void store_time(void *at, int c_type, cf_value value)
{
    bool         nullable = c_type & CF_TYPE_NULLABLE;
    cf_date     *plain_date = at;
    cf_time     *plain_time = at;
    cf_datetime *plain_datetime = at;
    if (value.kind == CF_DATE && (c_type & 0xff) == CF_TYPE_DATE) STORE(date, value.as.date);
    if (value.kind == CF_TIME && (c_type & 0xff) == CF_TYPE_TIME) STORE(time, value.as.time);
    if (value.kind == CF_DATETIME && (c_type & 0xff) == CF_TYPE_DATETIME) STORE(datetime, value.as.datetime);
}

static void store_decimal(cf_arena *arena, void *at, int c_type, cf_value value)
{
    bool            nullable = c_type & CF_TYPE_NULLABLE;
    cf_decimal     *plain_decimal = at, decimal;
    const cf_exact *exact = value.kind == CF_DECIMAL ? NULL : cf_exact_of(arena, value);
    if (value.kind == CF_DECIMAL) decimal = *value.as.decimal;
    else if (!exact || !cf_exact_decimal(exact, &decimal)) return;
    STORE(decimal, decimal);
}

static void store_uuid(void *at, int c_type, cf_value value)
{
    bool     nullable = c_type & CF_TYPE_NULLABLE;
    cf_uuid *plain_uuid = at, uuid;
    if (value.kind == CF_UUID) uuid = *value.as.uuid;
    else if (!cf_value_is_text(value) || !cf_uuid_parse(value.as.text, value.size, &uuid)) return;
    STORE(uuid, uuid);
}

/* Texts always end in a NUL here: those of the form do; others are copied. */
static bool store_text(cf_bound_field *field, void *at, cf_value value)
{
    const cf_field *spec = field->spec;
    bool            none = !cf_value_is_text(value);
    if ((spec->c_type & 0xff) == CF_TYPE_CHARS) {
        size_t size = none ? 0 : value.size < spec->size ? value.size : spec->size - 1;
        if (size) memcpy(at, value.as.text, size);
        memset((char *)at + size, 0, spec->size - size);
        return true;
    }
    const char **text = at;
    *text = none ? (spec->filters & CF_EMPTY_NULL ? NULL : "")
                 : cf_arena_text(field->form->arena, value.as.text, value.size);
    return none || *text;
}

static bool store_list(cf_bound_field *field, void *at, cf_value value)
{
    cf_arena         *arena = field->form->arena;
    const cf_list    *list = value.kind == CF_SEQUENCE ? value.as.list : NULL;
    size_t            count = list ? list->count : 0;
    int               type = field->spec->c_type & 0xff;
    const char      **texts = type == CF_FORM_TYPE_TEXTS_ ? cf_arena_array(arena, count, sizeof *texts) : NULL;
    int64_t          *integers = type == CF_FORM_TYPE_INTEGERS_ ? cf_arena_array(arena, count, sizeof *integers) : NULL;
    const cf_upload **files = type == CF_FORM_TYPE_UPLOADS_ ? cf_arena_array(arena, count, sizeof *files) : NULL;
    if (!texts && !integers && !files) return false;
    for (size_t i = 0; i < count; i++) {
        cf_value item = list->items[i];
        if (texts) {
            texts[i] = cf_value_is_text(item) ? cf_arena_text(arena, item.as.text, item.size) : "";
            if (!texts[i]) return false;
        }
        if (integers) integers[i] = item.kind == CF_INT ? item.as.integer : 0;
        if (files) files[i] = cf_value_upload(item);
    }
    if (texts) *(cf_texts *)at = (cf_texts){texts, count};
    if (integers) *(cf_integers *)at = (cf_integers){integers, count};
    if (files) *(cf_uploads *)at = (cf_uploads){files, count};
    return true;
}

/* The structs of the forms in a list, one after the other. */
static bool store_entries(cf_bound_field *field, void *at)
{
    typedef CF_ENTRIES(char) entries_of;
    const cf_field *spec = field->spec;
    size_t          size = (spec->form_class ? spec->form_class : spec->form())->size;
    entries_of     *entries = at;
    entries->items = cf_arena_array(field->form->arena, field->entry_count, size);
    if (!entries->items) return false;
    entries->count = field->entry_count;
    for (size_t i = 0; i < field->entry_count; i++) {
        const cf_form_state *inner = field->entries[i]->inner;
        if (inner && inner->structure) memcpy(entries->items + i * size, inner->structure, size);
    }
    return true;
}

bool cf_member_store(cf_bound_field *field, cf_error *error)
{
    const cf_field *spec = field->spec;
    void           *at = (char *)field->form->structure + spec->offset;
    cf_arena       *arena = field->form->arena;
    bool            good = true;
    memset(at, 0, spec->size);
    switch (family_of(spec->c_type)) {
    case FORM:
        if (field->inner && field->inner->structure) memcpy(at, field->inner->structure, spec->size);
        break;
    case TEXT: good = store_text(field, at, field->data); break;
    case ENTRIES: good = store_entries(field, at); break;
    case TEXTS:
    case INTEGERS:
    case FILES:
        good = store_list(field, at, field->type == CF_FIELD_LIST ? cf_field_data(field, error) : field->data);
        break;
    case FILE_: *(const cf_upload **)at = cf_value_upload(field->data); break;
    default:
        if (field->data.kind <= CF_NULL) break;
        store_number(arena, at, spec->c_type, field->data);
        store_time(at, spec->c_type, field->data);
        if ((spec->c_type & 0xff) == CF_TYPE_DECIMAL) store_decimal(arena, at, spec->c_type, field->data);
        if ((spec->c_type & 0xff) == CF_TYPE_UUID) store_uuid(at, spec->c_type, field->data);
    }
    return good || cf_form_no_memory(error);
}

/* ---- reading ---- */

static cf_value load_list(const cf_bound_field *field, const void *at)
{
    cf_list *list = cf_list_new(field->form->arena, 0);
    bool     good = list != NULL;
    if ((field->spec->c_type & 0xff) == CF_FORM_TYPE_TEXTS_) {
        const cf_texts *texts = at;
        for (size_t i = 0; good && i < texts->count; i++) good = cf_list_add(list, cf_value_text(texts->items[i]));
    } else {
        const cf_integers *integers = at;
        for (size_t i = 0; good && i < integers->count; i++) good = cf_list_add(list, cf_value_int(integers->items[i]));
    }
    return good ? cf_value_list(list) : cf_value_undefined();
}

cf_value cf_member_load(const cf_bound_field *field, const void *structure)
{
    const cf_field *spec = field->spec;
    const void     *at = (const char *)structure + spec->offset;
    switch (family_of(spec->c_type)) {
    case FORM:
    case ENTRIES:
    case FILE_:
    case FILES: return cf_value_undefined();
    case TEXTS:
    case INTEGERS: return load_list(field, at);
    default: return cf_value_read(at, spec->c_type, spec->size);
    }
}
