/* Rules one by one: what they accept, refuse and say. */
#include "support.h"

#include "form/internal.h"

typedef struct One {
    const char *text;
} One;

/* The first error of a text under a rule; "" when there is none. */
static const char *judged(cf_rule rule, const char *text)
{
    cf_rule       *rules = cf_arena_array(arena, 1, sizeof *rules);
    cf_field      *field = cf_arena_alloc(arena, sizeof *field);
    cf_form_class *cls = cf_arena_alloc(arena, sizeof *cls);
    *rules = rule;
    *field = (cf_field){.name = "text", .type = CF_FIELD_STRING, .more_rules = rules, .more_rule_count = 1};
    cf_form_class_init(cls, "One", field, 1);
    void       *form = make(cls, SUBMITTED("text", text));
    const char *first = cf_form_validate(form) ? NULL : cf_form_error(form, "text", 0);
    return first ? first : "";
}
#define RULE(...) ((cf_rule)__VA_ARGS__)
#define accepts(rule_, text_) assert_string_equal(judged(RULE(rule_), text_), "")
#define refuses(rule_, text_, why_) assert_string_equal(judged(RULE(rule_), text_), why_)

static void lengths_say_what_is_wanted(void **state)
{
    accepts(CF_LENGTH(2, 3), "ab");
    refuses(CF_LENGTH(2, 3), "a", "Field must be between 2 and 3 characters long.");
    refuses(CF_MIN_LENGTH(1), "", "Field must be at least 1 character long.");
    refuses(CF_MIN_LENGTH(2), "a", "Field must be at least 2 characters long.");
    refuses(CF_MAX_LENGTH(1), "ab", "Field cannot be longer than 1 character.");
    refuses(CF_LENGTH(3, 3), "ab", "Field must be exactly 3 characters long.");
}

static void patterns_are_pythons(void **state)
{
    accepts(CF_REGEXP("^[a-z]+$"), "abc");
    refuses(CF_REGEXP("^[a-z]+$"), "abC", "Invalid input.");
    accepts(CF_REGEXP_FLAGS("^[a-z]+$", CF_RULE_IGNORE_CASE), "abC");
    accepts(CF_REGEXP("\\d+"), "\xD9\xA3"); /* an Arabic digit */
    accepts(CF_REGEXP("a\\Z"), "a");
    refuses(CF_REGEXP("a\\Z"), "a\n", "Invalid input.");
    accepts(CF_REGEXP("a{,2}$"), "aa");
    accepts(CF_REGEXP("\\u00e9"), "\xC3\xA9");
    accepts(CF_REGEXP("[[a]+$"), "[a");
    refuses(CF_REGEXP("b"), "ab", "Invalid input."); /* anchored at the start */
}

static void a_pattern_that_explodes_gives_no_match_in_time(void **state)
{
    refuses(CF_REGEXP("^(a+)+$"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "Invalid input.");
}

static void a_wrong_pattern_refuses_and_says_so(void **state)
{
    static const cf_field field = {.name = "text", .type = CF_FIELD_STRING, .rules = {{0}, CF_REGEXP("(")}};
    cf_form_class         cls;
    cf_form_class_init(&cls, "One", &field, 1);
    void *form = make(&cls, SUBMITTED("text", "a"));
    assert_false(cf_submitted(form));
    assert_non_null(strstr(cf_form_error(form, NULL, 0), "'(' is not valid"));
    assert_false(cf_form_class_check(&cls, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    assert_non_null(strstr(error.message, "form One: field 'text': the pattern '(' is not valid"));
    cf_error_clear(&error);
    cf_answer answer = cf_pattern_match(arena, "a(", 0, "a", 1, &error);
    assert_int_equal(answer, CF_FAILED);
    assert_non_null(strstr(error.message, "'a(' is not valid"));
}

static void addresses_are_checked(void **state)
{
    accepts(CF_IPV4_ADDRESS, "127.0.0.1");
    refuses(CF_IPV4_ADDRESS, "127.0.0.01", "Invalid IP address.");
    refuses(CF_IPV4_ADDRESS, "::1", "Invalid IP address.");
    accepts(CF_IPV6_ADDRESS, "::1");
    accepts(CF_IPV6_ADDRESS, "fe80::1%eth0");
    accepts(CF_IPV6_ADDRESS, "::ffff:1.2.3.4");
    refuses(CF_IPV6_ADDRESS, "1.2.3.4", "Invalid IP address.");
    refuses(CF_IPV6_ADDRESS, "1::2::3", "Invalid IP address.");
    refuses(CF_IPV6_ADDRESS, "1:2:3:4:5:6:7:8:9", "Invalid IP address.");
    accepts(CF_IP_ADDRESS, "1.2.3.4");
    accepts(CF_IP_ADDRESS, "::");
    accepts(CF_MAC_ADDRESS, "01:23:45:67:ab:CD");
    refuses(CF_MAC_ADDRESS, "01:23:45:67:ab", "Invalid Mac address.");
    accepts(CF_UUID_FORMAT, "2bc1c94f-0dea-43f6-92c8-ecd1c3d3c2b5");
    accepts(CF_UUID_FORMAT, "{2BC1C94F0DEA43F692C8ECD1C3D3C2B5}");
    refuses(CF_UUID_FORMAT, "2bc1c94f-0dea-43f6-92c8-ecd1c3d3c2b", "Invalid UUID.");
}

static void urls_need_a_whole_host(void **state)
{
    accepts(CF_URL, "http://example.com/a?b#c");
    accepts(CF_URL, "https://1.2.3.4:8080");
    accepts(CF_URL, "http://b\xC3\xBC"
                    "cher.example");
    refuses(CF_URL, "http://localhost", "Invalid URL.");
    accepts(CF_URL_LOCAL, "http://localhost:5000/");
    refuses(CF_URL, "example.com", "Invalid URL.");
    refuses(CF_URL, "http://a..com", "Invalid URL.");
    refuses(CF_URL, "http://a.com:x", "Invalid URL.");
    refuses(CF_URL, "javascript:alert(1)", "Invalid URL.");
}

static void one_of_and_none_of(void **state)
{
    accepts(CF_ANY_OF("a", "b"), "b");
    refuses(CF_ANY_OF("a", "b"), "c", "Invalid value, must be one of: a, b.");
    accepts(CF_NONE_OF("root", ""), "x");
    refuses(CF_NONE_OF("root", ""), "", "Invalid value, can't be any of: root, .");
}

static void optional_ends_the_chain(void **state)
{
    static const cf_rule  rules[] = {CF_OPTIONAL, CF_EMAIL};
    static const cf_field field = {.name = "text", .type = CF_FIELD_STRING, .more_rules = rules, .more_rule_count = 2};
    cf_form_class         cls;
    cf_form_class_init(&cls, "One", &field, 1);
    assert_true(cf_form_validate(make(&cls, SUBMITTED("text", "  "))));
    assert_false(cf_form_validate(make(&cls, SUBMITTED("text", "x"))));
}

typedef struct Ranges {
    int64_t       whole;
    double        real;
    cf_decimal    exact;
    cf_null_int32 maybe;
} Ranges;
CF_FORM(Ranges,
    CF_FIELD(whole, NULL, CF_RANGE(-5, 5)),
    CF_FIELD(real, NULL, CF_MIN(0.5)),
    CF_FIELD(exact, NULL, CF_MAX(1.1)),
    CF_FIELD(maybe, NULL, CF_ANY_OF("1", "2"), CF_MESSAGE("one or two, not %(values)s")));

static void ranges_work_for_all_numbers(void **state)
{
    Ranges *f = MAKE(Ranges, SUBMITTED("whole", "-5", "real", "0.5", "exact", "1.1", "maybe", "2"));
    assert_true(cf_submitted(f));
    f = MAKE(Ranges, SUBMITTED("whole", "6", "real", "0.4999", "exact", "1.2", "maybe", "3"));
    assert_false(cf_submitted(f));
    assert_error(f, "whole", "Number must be between -5 and 5.");
    assert_error(f, "real", "Number must be at least 0.5.");
    assert_error(f, "exact", "Number must be at most 1.1.");
    assert_error(f, "maybe", "one or two, not 1, 2");
    assert_rendered(f, "real", "<input id=\"real\" name=\"real\" type=\"text\" value=\"0.4999\">");
    assert_rendered(f, "whole", "<input id=\"whole\" max=\"5\" min=\"-5\" name=\"whole\" type=\"number\" value=\"6\">");
}

typedef struct Photo {
    const cf_upload *picture;
    cf_uploads       more;
} Photo;
CF_FORM(Photo,
    CF_FIELD(picture, "Picture", CF_FILE_REQUIRED, CF_FILE_ALLOWED("png", "jpg"), CF_FILE_SIZE(1000)),
    CF_FIELD(more, "More", CF_FILE_SIZE(10)));

static void files_have_endings_and_sizes(void **state)
{
    cf_upload     files[] = {{.field = "picture", .filename = "me.PNG", .content_type = "image/png", .size = 1000},
                             {.field = "more", .filename = "a", .content_type = "", .size = 3},
                             {.field = "more", .filename = "b", .content_type = "", .size = 11}};
    cf_form_input in = {.submitted = true, .uploads = files, .upload_count = 3};
    Photo        *f = MAKE(Photo, in);
    assert_false(cf_submitted(f));
    assert_int_equal(cf_form_error_count(f, "picture"), 0);
    assert_ptr_equal(f->picture, &files[0]);
    assert_int_equal(f->more.count, 2);
    assert_ptr_equal(f->more.items[1], &files[2]);
    assert_error(f, "more", "File must be at most 10 bytes.");
    files[0].filename = "me.png.exe";
    f = MAKE(Photo, in);
    cf_form_validate(f);
    assert_error(f, "picture", "File does not have an approved extension: png, jpg.");
    files[0] = (cf_upload){.field = "picture", .filename = "", .content_type = ""};
    f = MAKE(Photo, in);
    cf_form_validate(f);
    assert_error(f, "picture", "This field is required.");
    /* a text under the field's name is no file */
    f = MAKE(Photo, SUBMITTED("picture", "me.png"));
    assert_false(cf_submitted(f));
    assert_null(f->picture);
}

static const char *in_german(void *context, const char *text, const char *plural, int64_t n)
{
    *(int *)context += 1;
    if (strcmp(text, "This field is required.") == 0) return "Bitte ausf\xC3\xBCllen.";
    if (plural && strcmp(text, "Field must be at least %(min)d character long.") == 0)
        return n == 1 ? "Mindestens ein Zeichen." : "Mindestens %(min)d Zeichen.";
    return NULL;
}

typedef struct Translated {
    const char *a, *b, *c;
} Translated;
CF_FORM(Translated, CF_FIELD(a, NULL, CF_REQUIRED), CF_FIELD(b, NULL, CF_MIN_LENGTH(3)), CF_FIELD(c, NULL, CF_EMAIL));

static void messages_can_be_translated(void **state)
{
    int           calls = 0;
    cf_form_input in = SUBMITTED("b", "x", "c", "x");
    in.translate = in_german;
    in.translate_context = &calls;
    Translated *f = MAKE(Translated, in);
    cf_form_validate(f);
    assert_error(f, "a", "Bitte ausf\xC3\xBCllen.");
    assert_error(f, "b", "Mindestens 3 Zeichen.");
    assert_error(f, "c", "Invalid email address.");
    assert_true(calls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lengths_say_what_is_wanted),
        TEST(patterns_are_pythons),
        TEST(a_pattern_that_explodes_gives_no_match_in_time),
        TEST(a_wrong_pattern_refuses_and_says_so),
        TEST(addresses_are_checked),
        TEST(urls_need_a_whole_host),
        TEST(one_of_and_none_of),
        TEST(optional_ends_the_chain),
        TEST(ranges_work_for_all_numbers),
        TEST(files_have_endings_and_sizes),
        TEST(messages_can_be_translated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
