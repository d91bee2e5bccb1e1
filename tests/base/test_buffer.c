/* Text buffers: growth, limits, escaping, numbers, and failing allocations. */
#include "support.h"

#include <carafe/buffer.h>

#include <math.h>

static void text_grows_and_stays_terminated(void **state)
{
    cf_buffer out = {0};
    assert_null(out.data);
    for (int i = 0; i < 5000; i++) {
        cf_buffer_text(&out, "ab");
        cf_buffer_char(&out, 'c');
        assert_int_equal(strlen(out.data), out.size);
        assert_true(out.capacity > out.size);
    }
    assert_int_equal(out.size, 15000);
    for (size_t i = 0; i < out.size; i++) assert_int_equal(out.data[i], "abc"[i % 3]);
    cf_buffer_free(&out);
    assert_null(out.data);
    assert_int_equal(out.size + out.capacity, 0);
    cf_buffer_text(&out, "again");
    assert_string_equal(out.data, "again");
    cf_buffer_free(&out);
}

static void nothing_added_is_still_a_text(void **state)
{
    cf_buffer out = {0};
    cf_buffer_text(&out, NULL);
    assert_null(out.data);
    cf_buffer_add(&out, NULL, 0);
    assert_string_equal(out.data, "");
    cf_buffer_html(&out, "", 0);
    cf_buffer_printf(&out, "%s", "");
    assert_int_equal(out.size, 0);
    assert_false(out.failed);
    cf_buffer_free(&out);
}

static void bytes_of_any_value_are_kept(void **state)
{
    cf_buffer out = {0};
    for (int i = 0; i < 256; i++) cf_buffer_char(&out, (char)i);
    assert_int_equal(out.size, 256);
    for (int i = 0; i < 256; i++) assert_int_equal((unsigned char)out.data[i], i);
    cf_buffer_free(&out);
}

static void clear_keeps_memory_and_forgets_failure(void **state)
{
    cf_buffer out = {.limit = 100};
    cf_buffer_text(&out, "text");
    char *memory = out.data;
    cf_buffer_add(&out, memory, 4000);
    assert_true(out.failed);
    cf_buffer_clear(&out);
    assert_false(out.failed);
    assert_ptr_equal(out.data, memory);
    assert_string_equal(out.data, "");
    assert_int_equal(out.limit, 100);
    cf_buffer_free(&out);
    assert_int_equal(out.limit, 100);
    cf_buffer_clear(&out);
}

static void the_limit_is_exact(void **state)
{
    for (size_t limit = 1; limit < 300; limit++) {
        cf_buffer out = {.limit = limit};
        for (size_t i = 0; i < limit; i++) cf_buffer_char(&out, 'x');
        assert_false(out.failed);
        assert_int_equal(out.size, limit);
        cf_buffer_char(&out, 'y');
        assert_true(out.failed);
        assert_int_equal(out.size, limit);
        assert_null(strchr(out.data, 'y'));
        cf_buffer_free(&out);
    }
}

static void the_limit_bounds_the_memory_too(void **state)
{
    cf_buffer out = {.limit = 1100};
    for (int i = 0; i < 1100; i++) cf_buffer_char(&out, 'x');
    assert_false(out.failed);
    assert_int_equal(out.capacity, 1101);
    cf_buffer_free(&out);
}

static void a_failure_sticks(void **state)
{
    cf_buffer out = {.limit = 8};
    cf_buffer_text(&out, "1234");
    cf_buffer_text(&out, "567890");
    assert_true(out.failed);
    cf_buffer_char(&out, '5');
    cf_buffer_int(&out, 6);
    cf_buffer_html(&out, "<", 1);
    cf_buffer_printf(&out, "%d", 7);
    cf_buffer_json_text(&out, "8", 1);
    assert_false(cf_buffer_reserve(&out, 0));
    assert_string_equal(out.data, "1234");
    cf_buffer_free(&out);
}

static void impossible_sizes_fail(void **state)
{
    cf_buffer out = {0};
    cf_buffer_text(&out, "abc");
    assert_false(cf_buffer_reserve(&out, SIZE_MAX));
    assert_true(out.failed);
    cf_buffer_clear(&out);
    assert_false(cf_buffer_reserve(&out, SIZE_MAX - 1));
    cf_buffer_free(&out);
}

static void reserved_room_is_used_without_moving(void **state)
{
    cf_buffer out = {0};
    assert_true(cf_buffer_reserve(&out, 10000));
    assert_string_equal(out.data, "");
    char *memory = out.data;
    for (int i = 0; i < 10000; i++) cf_buffer_char(&out, 'x');
    assert_ptr_equal(out.data, memory);
    cf_buffer_free(&out);
}

/* MarkupSafe 2.1: five characters become these references, every other byte stays. */
static void html_is_escaped_as_markupsafe_does(void **state)
{
    cf_buffer out = {0};
    for (int c = 0; c < 256; c++) {
        char        byte[2] = {(char)c, 0};
        const char *wanted = c == '&'    ? "&amp;"
                             : c == '<'  ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '"'  ? "&#34;"
                             : c == '\'' ? "&#39;"
                                         : byte;
        cf_buffer_clear(&out);
        cf_buffer_html(&out, byte, 1);
        assert_int_equal(out.size, c ? strlen(wanted) : 1);
        assert_memory_equal(out.data, wanted, out.size + 1);
    }
    cf_buffer_clear(&out);
    static const char text[] = "<a href=\"x?a=1&b=2\">it's \xc3\xa9</a>";
    cf_buffer_html(&out, text, sizeof text - 1);
    assert_string_equal(out.data, "&lt;a href=&#34;x?a=1&amp;b=2&#34;&gt;it&#39;s \xc3\xa9&lt;/a&gt;");
    cf_buffer_free(&out);
}

/* Compared with the plainest way to do it, for texts of all lengths with special bytes everywhere. */
static void html_escaping_does_not_depend_on_the_place(void **state)
{
    static const char alphabet[] = "&<>\"'abc#%!=?\x7f\x80\xa6\xbc\xbe\xff";
    uint64_t          seed = 31;
    for (int round = 0; round < 20000; round++) {
        char   text[70], wanted[350];
        size_t size = next_random(&seed) % sizeof text, n = 0, density = 2 + next_random(&seed) % 30;
        for (size_t i = 0; i < size; i++) {
            text[i] = next_random(&seed) % density ? 'x' : alphabet[next_random(&seed) % (sizeof alphabet - 1)];
            const char *reference = text[i] == '&'    ? "&amp;"
                                    : text[i] == '<'  ? "&lt;"
                                    : text[i] == '>'  ? "&gt;"
                                    : text[i] == '"'  ? "&#34;"
                                    : text[i] == '\'' ? "&#39;"
                                                      : NULL;
            if (!reference) wanted[n++] = text[i];
            else
                for (; *reference; reference++) wanted[n++] = *reference;
        }
        cf_buffer out = {0};
        cf_buffer_reserve(&out, round % 2 ? n : 0); /* the exact room, or too little */
        cf_buffer_html(&out, text, size);
        assert_int_equal(out.size, n);
        assert_memory_equal(out.data, wanted, n);
        assert_int_equal(out.data[n], '\0');
        cf_buffer_free(&out);
    }
}

static void html_escaping_respects_the_limit(void **state)
{
    cf_buffer out = {.limit = 9};
    cf_buffer_html(&out, "a<>", 3);
    assert_false(out.failed);
    assert_string_equal(out.data, "a&lt;&gt;");
    cf_buffer_clear(&out);
    cf_buffer_text(&out, "ab");
    cf_buffer_html(&out, "<>", 2);
    assert_true(out.failed);
    assert_string_equal(out.data, "ab");
    cf_buffer_free(&out);
}

static void code_points_become_utf8(void **state)
{
    static const struct {
        uint32_t    code_point;
        const char *bytes;
    } cases[] = {
        {0x41, "A"},
        {0x7f, "\x7f"},
        {0x80, "\xc2\x80"},
        {0x7ff, "\xdf\xbf"},
        {0x800, "\xe0\xa0\x80"},
        {0xd7ff, "\xed\x9f\xbf"},
        {0xd800, "\xef\xbf\xbd"},
        {0xdfff, "\xef\xbf\xbd"},
        {0xe000, "\xee\x80\x80"},
        {0xffff, "\xef\xbf\xbf"},
        {0x10000, "\xf0\x90\x80\x80"},
        {0x10ffff, "\xf4\x8f\xbf\xbf"},
        {0x110000, "\xef\xbf\xbd"},
        {UINT32_MAX, "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_buffer out = {0};
        cf_buffer_code_point(&out, cases[i].code_point);
        assert_string_equal(out.data, cases[i].bytes);
        cf_buffer_free(&out);
    }
}

static void json_texts_escape_what_rfc_8259_demands(void **state)
{
    cf_buffer         out = {0};
    static const char text[] = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f \xc3\xa9\xf0\x9f\x8d\xb7";
    cf_buffer_json_text(&out, text, sizeof text - 1);
    assert_string_equal(out.data, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f \xc3\xa9\xf0\x9f\x8d\xb7\"");
    cf_buffer_clear(&out);
    cf_buffer_json_text(&out, "\0", 1);
    assert_string_equal(out.data, "\"\\u0000\"");
    cf_buffer_clear(&out);
    cf_buffer_json_text(&out, NULL, 0);
    assert_string_equal(out.data, "\"\"");
    for (int c = 1; c < 0x20; c++) {
        cf_buffer_clear(&out);
        cf_buffer_json_text(&out, (char[]){(char)c}, 1);
        assert_int_equal(out.data[1], '\\');
        for (size_t i = 0; i < out.size; i++) assert_in_range(out.data[i], 0x20, 0x7e);
    }
    cf_buffer_free(&out);
}

/* Each byte that must be escaped, and each that must not, at every place of a text of every length. */
static void json_escaping_does_not_depend_on_the_place(void **state)
{
    cf_buffer out = {0};
    for (size_t size = 1; size < 20; size++)
        for (size_t place = 0; place < size; place++)
            for (int c = 1; c < 256; c++) {
                char text[20];
                memset(text, 'x', sizeof text);
                text[place] = (char)c;
                cf_buffer_clear(&out);
                cf_buffer_json_text(&out, text, size);
                bool special = c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
                assert_int_equal(out.data[1 + place] == '\\', special);
                if (!special) assert_memory_equal(out.data + 1, text, size);
                else assert_in_range(out.size, size + 3, size + 7);
                assert_int_equal(out.data[out.size - 1], '"');
            }
    cf_buffer_free(&out);
}

static void numbers_are_written_in_full(void **state)
{
    cf_buffer out = {0};
    cf_buffer_int(&out, INT64_MIN);
    cf_buffer_char(&out, ' ');
    cf_buffer_int(&out, INT64_MAX);
    cf_buffer_char(&out, ' ');
    cf_buffer_double(&out, 0.1);
    cf_buffer_char(&out, ' ');
    cf_buffer_double(&out, -INFINITY);
    assert_string_equal(out.data, "-9223372036854775808 9223372036854775807 0.1 -inf");
    cf_buffer_free(&out);
}

static void formatted_text_is_added_whole_or_not_at_all(void **state)
{
    cf_buffer out = {.limit = 600};
    cf_buffer_printf(&out, "[%s|%d]", "x", 5);
    assert_string_equal(out.data, "[x|5]");
    cf_buffer_printf(&out, "%500d", 1);
    assert_int_equal(out.size, 505);
    cf_buffer_printf(&out, "%500d", 1);
    assert_true(out.failed);
    assert_int_equal(out.size, 505);
    assert_int_equal(strlen(out.data), 505);
    cf_buffer_free(&out);
}

static void text_that_cannot_be_formatted_is_a_failure(void **state)
{
    cf_buffer out = {0};
    cf_buffer_printf(&out, "%ls", L"\x4e2d"); /* no bytes for it in the C locale */
    assert_true(out.failed);
    cf_buffer_free(&out);
}

static bool fill(void)
{
    cf_buffer out = {0};
    for (int i = 0; i < 200; i++) {
        cf_buffer_html(&out, "a<b", 3);
        cf_buffer_printf(&out, "%d", i);
        cf_buffer_json_text(&out, "\n", 1);
        if (out.data) assert_int_equal(strlen(out.data), out.size);
    }
    bool good = !out.failed;
    cf_buffer_free(&out);
    return good;
}

static void each_failing_allocation_leaves_a_readable_text(void **state)
{
    assert_in_range(fail_each_allocation(fill), 3, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(nothing_added_is_still_a_text),
        cmocka_unit_test(bytes_of_any_value_are_kept),
        cmocka_unit_test(clear_keeps_memory_and_forgets_failure),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(the_limit_bounds_the_memory_too),
        cmocka_unit_test(a_failure_sticks),
        cmocka_unit_test(impossible_sizes_fail),
        cmocka_unit_test(reserved_room_is_used_without_moving),
        cmocka_unit_test(html_is_escaped_as_markupsafe_does),
        cmocka_unit_test(html_escaping_does_not_depend_on_the_place),
        cmocka_unit_test(html_escaping_respects_the_limit),
        cmocka_unit_test(code_points_become_utf8),
        cmocka_unit_test(json_texts_escape_what_rfc_8259_demands),
        cmocka_unit_test(json_escaping_does_not_depend_on_the_place),
        cmocka_unit_test(numbers_are_written_in_full),
        cmocka_unit_test(formatted_text_is_added_whole_or_not_at_all),
        cmocka_unit_test(text_that_cannot_be_formatted_is_a_failure),
        cmocka_unit_test(each_failing_allocation_leaves_a_readable_text),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
