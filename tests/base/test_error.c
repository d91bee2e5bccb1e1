/* Errors: the first stays, texts are cut cleanly, every code has a name. */
#include "support.h"

#include <carafe/error.h>

#include <stdio.h>

static void the_first_failure_stays(void **state)
{
    cf_error error = {0};
    assert_false(cf_fail(&error, CF_ERR_UNIQUE, "%s is taken", "a@b"));
    assert_false(cf_fail(&error, CF_ERR_MEMORY, "out of memory"));
    assert_int_equal(error.code, CF_ERR_UNIQUE);
    assert_string_equal(error.message, "a@b is taken");
    cf_error_clear(&error);
    static const cf_error none;
    assert_memory_equal(&error, &none, sizeof error);
    cf_fail(&error, CF_ERR_MEMORY, "out of memory");
    assert_int_equal(error.code, CF_ERR_MEMORY);
}

static void no_error_structure_is_allowed(void **state)
{
    assert_false(cf_fail(NULL, CF_ERR_IO, "nobody hears %d", 1));
    cf_error_clear(NULL);
}

static void a_failure_is_never_recorded_as_ok(void **state)
{
    cf_error error = {0};
    assert_false(cf_fail(&error, CF_OK, "said to be fine"));
    assert_int_equal(error.code, CF_ERR_INTERNAL);
}

static void a_long_message_is_cut(void **state)
{
    cf_error error = {0};
    memset(&error.type, 0x55, sizeof error.type);
    const char *type = error.type;
    cf_fail(&error, CF_ERR_SYNTAX, "%2000d", 1);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_ptr_equal(error.type, type);
}

static void a_cut_message_stays_utf8(void **state)
{
    static const char *const letters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8d\xb7"};
    for (size_t k = 0; k < COUNT_OF(letters); k++) {
        size_t size = strlen(letters[k]);
        for (int pad = 0; pad < 5; pad++) {
            char     text[1200] = "";
            cf_error error = {0};
            for (int i = 0; i < pad; i++) strcat(text, "x");
            while (strlen(text) < 1000) strcat(text, letters[k]);
            cf_fail(&error, CF_ERR_SYNTAX, "%s", text);
            size_t kept = strlen(error.message);
            assert_int_equal((kept - (size_t)pad) % size, 0);
            assert_in_range(kept, sizeof error.message - size, sizeof error.message - 1);
            assert_memory_equal(error.message, text, kept);
        }
    }
}

static void a_message_that_just_fits_is_whole(void **state)
{
    char     text[sizeof((cf_error *)0)->message];
    cf_error error = {0};
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 3, "\xc3\xa9", 3);
    cf_fail(&error, CF_ERR_SYNTAX, "%s", text);
    assert_string_equal(error.message, text);
}

static void every_code_has_its_own_name(void **state)
{
    for (int i = CF_OK; i <= CF_ERR_DETACHED; i++) {
        const char *name = cf_code_name((cf_code)i);
        assert_string_not_equal(name, "unknown");
        for (int k = CF_OK; k < i; k++) assert_string_not_equal(name, cf_code_name((cf_code)k));
    }
    assert_string_equal(cf_code_name(CF_ERR_FOREIGN_KEY), "foreign_key");
    assert_string_equal(cf_code_name((cf_code)(CF_ERR_DETACHED + 1)), "unknown");
    assert_string_equal(cf_code_name((cf_code)-1), "unknown");
}

static void the_version_is_that_of_the_headers(void **state)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", CF_VERSION_MAJOR, CF_VERSION_MINOR, CF_VERSION_PATCH);
    assert_string_equal(cf_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_stays),           cmocka_unit_test(no_error_structure_is_allowed),
        cmocka_unit_test(a_failure_is_never_recorded_as_ok), cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(a_cut_message_stays_utf8),          cmocka_unit_test(a_message_that_just_fits_is_whole),
        cmocka_unit_test(every_code_has_its_own_name),       cmocka_unit_test(the_version_is_that_of_the_headers),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
