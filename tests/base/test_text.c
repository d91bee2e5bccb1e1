/* UTF-8 and names: validity, decoding, white space, distances, hashes. */
#include "support.h"

#include <carafe/core.h>

#include "base/text.h"

static size_t encode(uint32_t code_point, unsigned char out[4])
{
    return cf_utf8_put(code_point, (char *)out);
}

/*
 * Every code point's bytes are accepted, and the number of accepted strings of n
 * bytes is that of the ways to write n bytes as code points: so nothing else is.
 */
static void exactly_the_encoded_code_points_are_valid(void **state)
{
    size_t of_size[5] = {0};
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        unsigned char t[4];
        size_t        at = 0;
        if (c >= 0xd800 && c <= 0xdfff) continue;
        size_t n = encode(c, t);
        of_size[n]++;
        if (!cf_utf8_valid((char *)t, n) || cf_utf8_next((char *)t, n, &at) != c || at != n) fail();
    }
    assert_int_equal(of_size[1], 128);
    assert_int_equal(of_size[2], 1920);
    assert_int_equal(of_size[3], 61440);
    assert_int_equal(of_size[4], 1048576);

    size_t accepted[4] = {0};
    for (unsigned a = 0; a < 256; a++) {
        char t[3] = {(char)a, 0, 0};
        accepted[1] += cf_utf8_valid(t, 1);
        for (unsigned b = 0; b < 256; b++) {
            t[1] = (char)b;
            accepted[2] += cf_utf8_valid(t, 2);
            for (unsigned c = 0; c < 256; c++) {
                t[2] = (char)c;
                accepted[3] += cf_utf8_valid(t, 3);
            }
        }
    }
    assert_int_equal(accepted[1], 128);
    assert_int_equal(accepted[2], 128 * 128 + 1920);
    assert_int_equal(accepted[3], 128 * 128 * 128 + 2 * 128 * 1920 + 61440);
}

/* Lead and second byte in full, the two others at the edges of their range: as Unicode's table 3-7 says. */
static void four_bytes_are_valid_as_the_standard_says(void **state)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xf0, 0xff};
    for (unsigned a = 0xf0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t i = 0; i < sizeof edges; i++)
                for (size_t k = 0; k < sizeof edges; k++) {
                    char t[4] = {(char)a, (char)b, (char)edges[i], (char)edges[k]};
                    bool wanted = a <= 0xf4 && b >= (a == 0xf0 ? 0x90u : 0x80u) && b <= (a == 0xf4 ? 0x8fu : 0xbfu) &&
                                  edges[i] >= 0x80 && edges[i] <= 0xbf && edges[k] >= 0x80 && edges[k] <= 0xbf;
                    if (cf_utf8_valid(t, 4) != wanted) fail_msg("%02x %02x %02x %02x", a, b, edges[i], edges[k]);
                    assert_false(cf_utf8_valid(t, 3));
                }
}

static void the_position_does_not_matter(void **state)
{
    assert_true(cf_utf8_valid("", 0));
    assert_true(cf_utf8_valid(NULL, 0));
    assert_true(cf_utf8_valid("a\xc3\xa9z", 4));
    assert_false(cf_utf8_valid("a\xc3\xa9z", 2));
    assert_true(cf_utf8_valid("a\0b", 3));
    assert_false(cf_utf8_valid("abc\xe2\x82", 5));
    assert_false(cf_utf8_valid("\xe2\x82\xac\xac", 4));
}

/* Texts are looked at in words where they can be: every length, the odd byte at every place. */
static void an_invalid_byte_is_found_wherever_it_is(void **state)
{
    for (size_t size = 1; size < 40; size++)
        for (size_t place = 0; place < size; place++) {
            char text[42];
            memset(text, 'x', sizeof text);
            assert_true(cf_utf8_valid(text, size));
            assert_int_equal(cf_utf8_length(text, size), size);
            text[place] = (char)0x80;
            assert_false(cf_utf8_valid(text, size));
            assert_int_equal(cf_utf8_length(text, size), size);
            memcpy(text + place, "\xc3\xa9", 2);
            assert_true(cf_utf8_valid(text, size + 1));
            assert_int_equal(cf_utf8_length(text, size + 1), size);
            for (size_t n = 0; n <= size + 2; n++)
                assert_int_equal(cf_utf8_offset(text, size + 1, n), n > size ? size + 1 : n + (n > place));
        }
}

static void invalid_bytes_are_replaced_one_by_one(void **state)
{
    static const char     text[] = "a\xff\xc3\xa9\xe2\x82z\xf0\x9f\x8d\xb7\x80";
    static const uint32_t wanted[] = {'a', 0xfffd, 0xe9, 0xfffd, 0xfffd, 'z', 0x1f377, 0xfffd};
    size_t                at = 0;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_int_equal(cf_utf8_offset(text, sizeof text - 1, i), at);
        assert_int_equal(cf_utf8_next(text, sizeof text - 1, &at), wanted[i]);
    }
    assert_int_equal(at, sizeof text - 1);
    assert_int_equal(cf_utf8_length(text, sizeof text - 1), COUNT_OF(wanted));
    assert_int_equal(cf_utf8_offset(text, sizeof text - 1, 1000), sizeof text - 1);
    assert_int_equal(cf_utf8_length("", 0), 0);
    assert_int_equal(cf_utf8_offset("", 0, 3), 0);
}

static void numbers_that_are_no_code_points_become_replacements(void **state)
{
    static const uint32_t bad[] = {0xd800, 0xdbff, 0xdc00, 0xdfff, 0x110000, 0x7fffffff, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        unsigned char t[4];
        assert_int_equal(encode(bad[i], t), 3);
        assert_memory_equal(t, "\xef\xbf\xbd", 3);
    }
}

/* The code points for which Python 3.11's str.isspace() is true. */
static void white_space_is_what_python_calls_so(void **state)
{
    static const struct {
        uint32_t first, last;
    } spaces[] = {{9, 13},          {28, 32},         {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
                  {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    for (uint32_t c = 0; c <= 0x110000; c++) {
        bool wanted = false;
        for (size_t i = 0; i < COUNT_OF(spaces); i++) wanted |= c >= spaces[i].first && c <= spaces[i].last;
        if (cf_unicode_space(c) != wanted) fail_msg("U+%04X", c);
    }
}

static void distances_count_edits_and_swaps(void **state)
{
    static const struct {
        const char *a, *b;
        int         distance;
    } pairs[] = {
        {"", "", 0},
        {"a", "", 1},
        {"", "abc", 3},
        {"email", "email", 0},
        {"emial", "email", 1},
        {"emal", "email", 1},
        {"emaill", "email", 1},
        {"amail", "email", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 1},
        {"ca", "abc", 3},
        {"abcd", "badc", 2},
        {"created", "updated", 3},
        {"abc", "xyz", 3},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_int_equal(cf_edit_distance(pairs[i].a, pairs[i].b, 10), pairs[i].distance);
        assert_int_equal(cf_edit_distance(pairs[i].b, pairs[i].a, 10), pairs[i].distance);
        for (int limit = 0; limit < pairs[i].distance; limit++)
            assert_int_equal(cf_edit_distance(pairs[i].a, pairs[i].b, limit), limit + 1);
    }
}

static void long_names_are_far_from_everything(void **state)
{
    char longest[64], longer[65];
    memset(longest, 'x', sizeof longest);
    memset(longer, 'x', sizeof longer);
    longest[63] = longer[64] = '\0';
    assert_int_equal(cf_edit_distance(longest, longest, 5), 0);
    assert_int_equal(cf_edit_distance(longer, longer, 5), 6);
    longest[0] = 'y';
    assert_int_equal(cf_edit_distance(longest, longest + 1, 5), 1);
}

static void the_nearest_name_is_found_and_strangers_are_not(void **state)
{
    static const char *const names[] = {"id", NULL, "name", "email", "created_at", "created_by", "x"};
    static const struct {
        const char *wanted, *nearest;
    } cases[] = {
        {"emial", "email"},
        {"mail", "email"},
        {"nmae", "name"},
        {"create_at", "created_at"},
        {"created_bye", "created_by"},
        {"ID", "id"}, /* case alone is no distance */
        {"di", "id"},
        {"ix", "id"},
        {"idd", "id"},
        {"y", NULL},
        {"", NULL},
        {"abc", NULL},
        {"password", NULL},
        {"x", "x"},
        {"nope", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *found = cf_nearest_name(cases[i].wanted, names, COUNT_OF(names));
        if (!cases[i].nearest) {
            if (found) fail_msg("'%s' found '%s'", cases[i].wanted, found);
        } else {
            assert_non_null(found);
            assert_string_equal(found, cases[i].nearest);
        }
    }
    assert_null(cf_nearest_name("email", names, 0));
}

static void case_is_ignored_for_ascii_only(void **state)
{
    assert_true(cf_equal_nocase("Content-Type", 12, "content-TYPE", 12));
    assert_false(cf_equal_nocase("a", 1, "ab", 2));
    assert_false(cf_equal_nocase("@", 1, "`", 1));
    assert_false(cf_equal_nocase("[", 1, "{", 1));
    assert_false(cf_equal_nocase("\xc3\x89", 2, "\xc3\xa9", 2));
    assert_true(cf_equal_nocase("a\0B", 3, "A\0b", 3));
    assert_true(cf_equal_nocase("", 0, NULL, 0));
}

static void hashes_spread_and_depend_on_every_byte(void **state)
{
    unsigned char text[40] = {0};
    for (size_t size = 0; size <= sizeof text; size++) {
        uint64_t whole = cf_hash(text, size);
        assert_true(whole == cf_hash(text, size));
        if (size) assert_true(whole != cf_hash(text, size - 1));
        for (size_t i = 0; i < size; i++) {
            text[i] ^= 0x40;
            assert_true(whole != cf_hash(text, size));
            text[i] ^= 0x40;
        }
    }
    size_t buckets[64] = {0};
    for (uint32_t i = 0; i < 64000; i++) buckets[cf_hash(&i, sizeof i) % 64]++;
    for (size_t i = 0; i < 64; i++) assert_in_range(buckets[i], 800, 1200);
}

static void hashes_do_not_depend_on_alignment(void **state)
{
    static const char name[] = "created_at_of_the_row";
    char              memory[64];
    for (size_t shift = 0; shift < 16; shift++) {
        memcpy(memory + shift, name, sizeof name);
        assert_true(cf_hash(memory + shift, sizeof name) == cf_hash(name, sizeof name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_the_encoded_code_points_are_valid),
        cmocka_unit_test(four_bytes_are_valid_as_the_standard_says),
        cmocka_unit_test(the_position_does_not_matter),
        cmocka_unit_test(an_invalid_byte_is_found_wherever_it_is),
        cmocka_unit_test(invalid_bytes_are_replaced_one_by_one),
        cmocka_unit_test(numbers_that_are_no_code_points_become_replacements),
        cmocka_unit_test(white_space_is_what_python_calls_so),
        cmocka_unit_test(distances_count_edits_and_swaps),
        cmocka_unit_test(long_names_are_far_from_everything),
        cmocka_unit_test(the_nearest_name_is_found_and_strangers_are_not),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(hashes_spread_and_depend_on_every_byte),
        cmocka_unit_test(hashes_do_not_depend_on_alignment),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
