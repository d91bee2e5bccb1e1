/* Values: making them, reading members of structs, names of kinds and types. */
#include "support.h"

#include <carafe/collection.h>
#include <carafe/value.h>

static void kinds_and_types_have_names(void **state)
{
    for (int i = CF_UNDEFINED; i <= CF_OBJECT; i++)
        for (int k = CF_UNDEFINED; k < i; k++) assert_string_not_equal(cf_kind_name(i), cf_kind_name(k));
    assert_string_equal(cf_kind_name(CF_SEQUENCE), "list");
    assert_string_equal(cf_kind_name(-1), "unknown");
    assert_string_equal(cf_kind_name(CF_OBJECT + 1), "unknown");
    for (int i = CF_TYPE_BOOL; i < CF_TYPE_COUNT_; i++)
        for (int k = CF_TYPE_NONE; k < i; k++) assert_string_not_equal(cf_type_name(i), cf_type_name(k));
    assert_string_equal(cf_type_name(CF_TYPE_INT64), "int64_t");
    assert_string_equal(cf_type_name(CF_TYPE_INT64 | CF_TYPE_NULLABLE), "cf_null_int64");
    assert_string_equal(cf_type_name(CF_TYPE_DATE | CF_TYPE_NULLABLE), "cf_null_date");
    assert_string_equal(cf_type_name(CF_TYPE_TEXT | CF_TYPE_NULLABLE), "const char *");
    assert_string_equal(cf_type_name(CF_TYPE_COUNT_), "unknown");
    assert_string_equal(cf_type_name(-1), "unknown");
}

static void a_type_is_read_as_its_kind(void **state)
{
    const void *there[8] = {"x"}, *zeros[8] = {0};
    for (int type = CF_TYPE_NONE; type <= CF_TYPE_COUNT_; type++) {
        bool pointer = type == CF_TYPE_TEXT || type == CF_TYPE_BYTES || type == CF_TYPE_JSON;
        assert_int_equal(cf_value_read(pointer ? there : zeros, type, 1).kind, cf_type_kind(type));
        assert_int_equal(cf_type_kind(type | CF_TYPE_NULLABLE), cf_type_kind(type));
    }
    assert_int_equal(cf_type_kind(-1), CF_UNDEFINED);
}

static void whole_numbers_are_read(void **state)
{
    int16_t  small = -32768;
    int32_t  medium = INT32_MIN;
    int64_t  large = INT64_MIN;
    uint32_t flags = UINT32_MAX;
    bool     yes = true;
    cf_value v = cf_value_read(&small, CF_TYPE_INT16, sizeof small);
    assert_int_equal(v.kind, CF_INT);
    assert_int_equal(v.as.integer, -32768);
    assert_int_equal(cf_value_read(&medium, CF_TYPE_INT32, sizeof medium).as.integer, INT32_MIN);
    assert_true(cf_value_read(&large, CF_TYPE_INT64, sizeof large).as.integer == INT64_MIN);
    v = cf_value_read(&flags, CF_TYPE_UINT32, sizeof flags);
    assert_true(v.kind == CF_INT && v.as.integer == INT64_C(4294967295));
    v = cf_value_read(&flags, CF_TYPE_UINT32 | CF_TYPE_NULLABLE, sizeof flags);
    assert_true(v.kind == CF_INT && v.as.integer == INT64_C(4294967295));
    v = cf_value_read(&yes, CF_TYPE_BOOL, sizeof yes);
    assert_true(v.kind == CF_BOOL && v.as.boolean);
}

static void floats_are_read(void **state)
{
    float    single = 0.1f;
    double   number = 0.1;
    cf_value v = cf_value_read(&single, CF_TYPE_FLOAT, sizeof single);
    assert_int_equal(v.kind, CF_FLOAT);
    assert_true(v.as.number == (double)0.1f);
    v = cf_value_read(&number, CF_TYPE_DOUBLE, sizeof number);
    assert_true(v.kind == CF_FLOAT && v.as.number == 0.1);
}

static void texts_are_read_in_place(void **state)
{
    const char *text = "carafe", *none = NULL;
    char        full[4] = {'w', 'i', 'n', 'e'}, part[8] = "red";
    cf_bytes    bytes = {"a\0b", 3}, no_bytes = {NULL, 3};
    cf_json     json = {"{\"a\":1}"}, no_json = {NULL};
    for (int flag = 0; flag <= CF_TYPE_NULLABLE; flag += CF_TYPE_NULLABLE) {
        cf_value v = cf_value_read(&text, CF_TYPE_TEXT | flag, sizeof text);
        assert_true(v.kind == CF_TEXT && v.as.text == text && v.size == 6);
        assert_int_equal(cf_value_read(&none, CF_TYPE_TEXT | flag, sizeof none).kind, CF_NULL);
        v = cf_value_read(full, CF_TYPE_CHARS | flag, sizeof full);
        assert_true(v.kind == CF_TEXT && v.as.text == full && v.size == 4);
        v = cf_value_read(part, CF_TYPE_CHARS | flag, sizeof part);
        assert_true(v.kind == CF_TEXT && v.as.text == part && v.size == 3);
        v = cf_value_read(&bytes, CF_TYPE_BYTES | flag, sizeof bytes);
        assert_true(v.kind == CF_BYTES && v.as.data == bytes.data && v.size == 3);
        v = cf_value_read(&no_bytes, CF_TYPE_BYTES | flag, sizeof no_bytes);
        assert_true(v.kind == CF_NULL && v.size == 0);
        v = cf_value_read(&json, CF_TYPE_JSON | flag, sizeof json);
        assert_true(v.kind == CF_JSON && v.as.text == json.text && v.size == 7);
        assert_int_equal(cf_value_read(&no_json, CF_TYPE_JSON | flag, sizeof no_json).kind, CF_NULL);
    }
}

static void moments_are_read(void **state)
{
    cf_date     date = {-5};
    cf_time     time = {6};
    cf_datetime datetime = {-7};
    cf_interval interval = {8};
    cf_value    v = cf_value_read(&date, CF_TYPE_DATE, sizeof date);
    assert_true(v.kind == CF_DATE && v.as.date.days == -5);
    v = cf_value_read(&time, CF_TYPE_TIME, sizeof time);
    assert_true(v.kind == CF_TIME && v.as.time.usec == 6);
    v = cf_value_read(&datetime, CF_TYPE_DATETIME, sizeof datetime);
    assert_true(v.kind == CF_DATETIME && v.as.datetime.usec == -7);
    v = cf_value_read(&interval, CF_TYPE_INTERVAL, sizeof interval);
    assert_true(v.kind == CF_INTERVAL && v.as.interval.usec == 8);
}

static void decimals_and_uuids_are_pointed_at(void **state)
{
    cf_decimal      decimal = {0, 5, 1, false};
    cf_uuid         uuid = {{1}};
    cf_null_decimal some_decimal = CF_SOME(decimal), no_decimal = CF_NONE;
    cf_null_uuid    some_uuid = CF_SOME(uuid), no_uuid = {0};
    cf_value        v = cf_value_read(&decimal, CF_TYPE_DECIMAL, sizeof decimal);
    assert_true(v.kind == CF_DECIMAL && v.as.decimal == &decimal);
    v = cf_value_read(&uuid, CF_TYPE_UUID, sizeof uuid);
    assert_true(v.kind == CF_UUID && v.as.uuid == &uuid);
    v = cf_value_read(&some_decimal, CF_TYPE_DECIMAL | CF_TYPE_NULLABLE, sizeof some_decimal);
    assert_true(v.kind == CF_DECIMAL && v.as.decimal == &some_decimal.value);
    v = cf_value_read(&some_uuid, CF_TYPE_UUID | CF_TYPE_NULLABLE, sizeof some_uuid);
    assert_true(v.kind == CF_UUID && v.as.uuid == &some_uuid.value);
    v = cf_value_read(&no_decimal, CF_TYPE_DECIMAL | CF_TYPE_NULLABLE, sizeof no_decimal);
    assert_int_equal(v.kind, CF_NULL);
    v = cf_value_read(&no_uuid, CF_TYPE_UUID | CF_TYPE_NULLABLE, sizeof no_uuid);
    assert_int_equal(v.kind, CF_NULL);
}

#define CHECK_NULLABLE(twin, type, some, wanted_kind, wanted)                                         \
    do {                                                                                              \
        twin     set = {.value = some, .set = true}, unset = {.value = some}, null = CF_NONE;         \
        cf_value read = cf_value_read(&set, (type) | CF_TYPE_NULLABLE, sizeof set);                   \
        assert_int_equal(read.kind, wanted_kind);                                                     \
        assert_true(wanted);                                                                          \
        assert_int_equal(cf_value_read(&unset, (type) | CF_TYPE_NULLABLE, sizeof set).kind, CF_NULL); \
        assert_int_equal(cf_value_read(&null, (type) | CF_TYPE_NULLABLE, sizeof set).kind, CF_NULL);  \
    } while (0)

static void nullable_twins_are_null_unless_set(void **state)
{
    CHECK_NULLABLE(cf_null_bool, CF_TYPE_BOOL, true, CF_BOOL, read.as.boolean);
    CHECK_NULLABLE(cf_null_int16, CF_TYPE_INT16, -3, CF_INT, read.as.integer == -3);
    CHECK_NULLABLE(cf_null_int32, CF_TYPE_INT32, -4, CF_INT, read.as.integer == -4);
    CHECK_NULLABLE(cf_null_int64, CF_TYPE_INT64, INT64_MAX, CF_INT, read.as.integer == INT64_MAX);
    CHECK_NULLABLE(cf_null_float, CF_TYPE_FLOAT, 0.5f, CF_FLOAT, read.as.number == 0.5);
    CHECK_NULLABLE(cf_null_double, CF_TYPE_DOUBLE, 0.1, CF_FLOAT, read.as.number == 0.1);
    CHECK_NULLABLE(cf_null_date, CF_TYPE_DATE, {9}, CF_DATE, read.as.date.days == 9);
    CHECK_NULLABLE(cf_null_time, CF_TYPE_TIME, {9}, CF_TIME, read.as.time.usec == 9);
    CHECK_NULLABLE(cf_null_datetime, CF_TYPE_DATETIME, {9}, CF_DATETIME, read.as.datetime.usec == 9);
    CHECK_NULLABLE(cf_null_interval, CF_TYPE_INTERVAL, {9}, CF_INTERVAL, read.as.interval.usec == 9);
}

static void unknown_types_are_undefined(void **state)
{
    char memory[64] = {0};
    assert_int_equal(cf_value_read(memory, CF_TYPE_NONE, 0).kind, CF_UNDEFINED);
    assert_int_equal(cf_value_read(memory, CF_TYPE_COUNT_, 0).kind, CF_UNDEFINED);
    assert_int_equal(cf_value_read(memory, CF_TYPE_NONE | CF_TYPE_NULLABLE, 0).kind, CF_UNDEFINED);
    assert_int_equal(cf_value_read(memory, CF_TYPE_COUNT_ | CF_TYPE_NULLABLE, 0).kind, CF_UNDEFINED);
}

static void expressions_become_values_of_their_type(void **state)
{
    const char *text = "t";
    char        array[] = "array";
    cf_decimal  decimal = {0};
    cf_uuid     uuid = {{0}};
    assert_int_equal(CF_VALUE((bool)true).kind, CF_BOOL);
    assert_int_equal(CF_VALUE(-1).as.integer, -1);
    assert_int_equal(CF_VALUE((signed char)-1).as.integer, -1);
    assert_int_equal(CF_VALUE((unsigned char)255).as.integer, 255);
    assert_int_equal(CF_VALUE((short)-2).as.integer, -2);
    assert_int_equal(CF_VALUE(4000000000u).as.integer, INT64_C(4000000000));
    assert_true(CF_VALUE(INT64_MIN).as.integer == INT64_MIN);
    assert_true(CF_VALUE(UINT64_MAX).as.integer == INT64_MAX);
    assert_true(CF_VALUE(0.5f).as.number == 0.5);
    assert_int_equal(CF_VALUE("literal").size, 7);
    assert_int_equal(CF_VALUE(text).kind, CF_TEXT);
    assert_int_equal(CF_VALUE(array).size, 5);
    assert_int_equal(CF_VALUE((char *)NULL).kind, CF_NULL);
    assert_int_equal(CF_VALUE(&decimal).kind, CF_DECIMAL);
    assert_int_equal(CF_VALUE(&uuid).kind, CF_UUID);
    assert_int_equal(CF_VALUE((cf_date){3}).as.date.days, 3);
    assert_int_equal(CF_VALUE((cf_json){NULL}).kind, CF_NULL);
    assert_int_equal(CF_VALUE((cf_list *)NULL).kind, CF_NULL);
    assert_int_equal(CF_VALUE((cf_null_int32){.null = true}).kind, CF_NULL);
    assert_int_equal(CF_VALUE(((cf_null_int32){.value = 8, .set = true})).as.integer, 8);
    assert_int_equal(CF_VALUE(cf_value_int(4)).as.integer, 4);
}

static void an_expression_is_evaluated_once(void **state)
{
    int n = 0;
    assert_int_equal(CF_VALUE(++n).as.integer, 1);
    assert_int_equal(n, 1);
    const cf_named *named = CF_VAR_AS("count", n++);
    assert_int_equal(n, 2);
    assert_string_equal(named->name, "count");
    assert_int_equal(named->size, 5);
    assert_int_equal(named->value.as.integer, 1);
    assert_string_equal(CF_VAR(n)->name, "n");
}

static void null_texts_have_no_size(void **state)
{
    assert_int_equal(cf_value_text_n(NULL, 5).kind, CF_NULL);
    assert_int_equal(cf_value_text_n(NULL, 5).size, 0);
    assert_int_equal(cf_value_markup_n(NULL, 5).kind, CF_NULL);
    assert_int_equal(cf_value_markup("<b>").kind, CF_MARKUP);
    assert_true(cf_value_is_text(cf_value_markup("")) && cf_value_is_text(cf_value_text("")));
    assert_false(cf_value_is_text(cf_value_null()));
    assert_int_equal(sizeof(cf_value), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_types_have_names),
        cmocka_unit_test(a_type_is_read_as_its_kind),
        cmocka_unit_test(whole_numbers_are_read),
        cmocka_unit_test(floats_are_read),
        cmocka_unit_test(texts_are_read_in_place),
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(decimals_and_uuids_are_pointed_at),
        cmocka_unit_test(nullable_twins_are_null_unless_set),
        cmocka_unit_test(unknown_types_are_undefined),
        cmocka_unit_test(expressions_become_values_of_their_type),
        cmocka_unit_test(an_expression_is_evaluated_once),
        cmocka_unit_test(null_texts_have_no_size),
    };
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
