/* UUIDs: both forms are read, one is written. */
#include "support.h"

#include <carafe/types.h>

static const cf_uuid sample = {
    {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}};

static void both_forms_are_read(void **state)
{
    static const char *const good[] = {
        "01234567-89ab-cdef-fedc-ba9876543210",
        "01234567-89AB-CDEF-FEDC-BA9876543210",
        "0123456789abcdeffedcba9876543210",
        "0123456789ABCDEFfedcba9876543210",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        cf_uuid uuid = {{0}};
        assert_true(cf_uuid_parse(good[i], strlen(good[i]), &uuid));
        assert_memory_equal(&uuid, &sample, sizeof uuid);
    }
}

static void one_form_is_written(void **state)
{
    char out[CF_UUID_SIZE];
    assert_int_equal(cf_uuid_format(sample, out), 36);
    assert_string_equal(out, "01234567-89ab-cdef-fedc-ba9876543210");
    assert_int_equal(cf_uuid_format((cf_uuid){{0}}, out), 36);
    assert_string_equal(out, "00000000-0000-0000-0000-000000000000");
}

static void bad_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0",
        "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100",
        "0123456789abcdeffedcba987654321",
        "0123456789abcdeffedcba98765432100",
        "01234567-89ab-cdef-fedcba9876543210",
        "0123456789abcdeffedcba987654321g",
        "g123456789abcdeffedcba9876543210",
        "01234567_89ab_cdef_fedc_ba9876543210",
        "0123456-789ab-cdef-fedc-ba9876543210",
        "01234567-89ab-cdef-fedc--a9876543210",
        "{1234567-89ab-cdef-fedc-ba987654321}",
        " 0123456789abcdeffedcba987654321",
        "-123456789abcdeffedcba9876543210",
        "01234567-89ab-cdef-fedcbba9876543210",
        "012345670-89a-cdef-fedc-ba9876543210",
    };
    cf_uuid uuid = sample;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (cf_uuid_parse(bad[i], strlen(bad[i]), &uuid)) fail_msg("'%s' was accepted", bad[i]);
    assert_memory_equal(&uuid, &sample, sizeof uuid);
}

/* Only the 22 hexadecimal digits do, at each of the 36 places; a hyphen at its four. */
static void every_byte_is_checked_at_every_place(void **state)
{
    for (int place = 0; place < 36; place++)
        for (int c = 0; c < 256; c++) {
            char    text[] = "01234567-89ab-cdef-fedc-ba9876543210";
            cf_uuid uuid;
            bool    hyphen = text[place] == '-';
            bool    hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            text[place] = (char)c;
            assert_int_equal(cf_uuid_parse(text, 36, &uuid), hyphen ? c == '-' : hex);
        }
}

static void what_is_written_reads_back(void **state)
{
    uint64_t seed = 99;
    for (int i = 0; i < 5000; i++) {
        uint64_t words[2] = {next_random(&seed), next_random(&seed)};
        cf_uuid  uuid, back;
        char     out[CF_UUID_SIZE];
        memcpy(&uuid, words, sizeof uuid);
        assert_true(cf_uuid_parse(out, cf_uuid_format(uuid, out), &back));
        assert_memory_equal(&uuid, &back, sizeof uuid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_read),        cmocka_unit_test(one_form_is_written),
        cmocka_unit_test(bad_texts_are_refused),      cmocka_unit_test(every_byte_is_checked_at_every_place),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
