/* Forms described at run time: lists, choices set by the program, limits, hostile input. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const cf_rule  required[] = {CF_REQUIRED};
static const cf_field entry = {.name = "entry", .type = CF_FIELD_STRING, .more_rules = required, .more_rule_count = 1};

static void *list_form(cf_form_input in, int min, int max)
{
    cf_form_class *cls = cf_arena_alloc(arena, sizeof *cls);
    cf_field      *field = cf_arena_alloc(arena, sizeof *field);
    *field = (cf_field){.name = "tags", .type = CF_FIELD_LIST, .entry = &entry, .min_entries = min, .max_entries = max};
    cf_form_class_init(cls, "Tags", field, 1);
    return make(cls, in);
}

static void a_list_has_the_entries_that_were_submitted(void **state)
{
    void    *form = list_form(SUBMITTED("tags-2", "c", "tags-0", "a", "tags-x", "?", "other", "o"), 0, 0);
    cf_list *data = cf_form_data(form, "tags").as.list;
    assert_true(cf_submitted(form));
    assert_int_equal(data->count, 2);
    assert_string_equal(data->items[0].as.text, "a");
    assert_string_equal(data->items[1].as.text, "c");
    assert_rendered(
        form, "tags",
        "<ul id=\"tags\"><li><label for=\"tags-0\">Tags-0</label> <input id=\"tags-0\" name=\"tags-0\" required "
        "type=\"text\" value=\"a\"></li><li><label for=\"tags-2\">Tags-2</label> <input id=\"tags-2\" "
        "name=\"tags-2\" required type=\"text\" value=\"c\"></li></ul>");
}

static void a_list_can_be_empty_short_or_full(void **state)
{
    void *form = list_form((cf_form_input){0}, 2, 3);
    assert_int_equal(cf_form_data(form, "tags").as.list->count, 2);
    assert_true(cf_form_append_entry(form, "tags", cf_value_text("x"), &error));
    assert_false(cf_form_append_entry(form, "tags", cf_value_text("y"), &error));
    assert_int_equal(error.code, CF_ERR_LIMIT);
    assert_string_equal(cf_form_data(form, "tags").as.list->items[2].as.text, "x");
    form = list_form(SUBMITTED("tags-0", "a", "tags-1", "", "tags-2", "c", "tags-3", "d"), 0, 3);
    assert_int_equal(cf_form_data(form, "tags").as.list->count, 3);
    assert_false(cf_submitted(form));
    assert_int_equal(cf_form_error_count(form, "tags"), 1);
}

static void ten_thousand_entries_stop_at_the_limit(void **state)
{
    enum { MANY = 10000 };
    cf_form_pair *pairs = cf_arena_array(arena, MANY, sizeof *pairs);
    for (int i = 0; i < MANY; i++) {
        const char *name = cf_arena_printf(arena, "tags-%d", i);
        pairs[i] = (cf_form_pair){name, strlen(name), "x", 1};
    }
    void *form = list_form((cf_form_input){.submitted = true, .pairs = pairs, .pair_count = MANY}, 0, 0);
    assert_int_equal(cf_form_data(form, "tags").as.list->count, 1000);
    form = list_form((cf_form_input){.submitted = true, .pairs = pairs, .pair_count = MANY, .entry_limit = 5}, 0, 0);
    assert_int_equal(cf_form_data(form, "tags").as.list->count, 5);
}

typedef struct Pick {
    int64_t     owner;
    cf_texts    colors;
    const char *text;
} Pick;
CF_FORM(Pick,
    CF_FIELD(owner, "Owner", CF_REQUIRED, .type = CF_FIELD_SELECT),
    CF_FIELD(colors, "Colours"),
    CF_FIELD(text, "Text"));

static void choices_can_be_set_by_the_program(void **state)
{
    const cf_choice owners[] = {{"1", "Ada", NULL}, {"20", "Bob", NULL}},
                    colors[] = {{"r", "Red", "Warm"}, {"b", "Blue", "Cold"}};
    Pick *f = MAKE(Pick, SUBMITTED("owner", "20", "colors", "b"));
    assert_true(cf_form_set_choices(f, "owner", owners, 2));
    assert_true(cf_form_set_choices(f, "colors", colors, 2));
    assert_true(cf_submitted(f));
    assert_int_equal(f->owner, 20);
    assert_string_equal(f->colors.items[0], "b");
    assert_rendered(f, "owner",
                    "<select id=\"owner\" name=\"owner\" required><option value=\"1\">Ada</option>"
                    "<option selected value=\"20\">Bob</option></select>");
    assert_non_null(strstr(rendered(f, "colors", NULL, 0),
                           "<select id=\"colors\" multiple name=\"colors\"><optgroup label=\"Warm\">"));
    assert_false(cf_form_set_choices(f, "none", owners, 2));
}

static void only_choices_can_be_chosen(void **state)
{
    const cf_choice owners[] = {{"1", "Ada", NULL}}, colors[] = {{"r", NULL, NULL}};
    Pick           *f = MAKE(Pick, SUBMITTED("owner", "2", "colors", "r", "colors", "x", "colors", "y", "colors", "x"));
    cf_form_set_choices(f, "owner", owners, 1);
    cf_form_set_choices(f, "colors", colors, 1);
    assert_false(cf_submitted(f));
    assert_error(f, "owner", "Not a valid choice.");
    assert_error(f, "colors", "'x', 'y' are not valid choices for this field.");
    f = MAKE(Pick, SUBMITTED("owner", "two"));
    cf_form_set_choices(f, "owner", owners, 1);
    cf_form_set_choices(f, "colors", colors, 1);
    assert_false(cf_submitted(f));
    assert_error(f, "owner", "Invalid Choice: could not coerce.");
}

static void without_choices_the_form_refuses_and_says_why(void **state)
{
    Pick *f = MAKE(Pick, SUBMITTED("owner", "1"));
    assert_false(cf_submitted(f));
    assert_string_equal(cf_form_error(f, NULL, 0),
                        "form Pick: field 'owner' has no choices: give .choices or call cf_form_set_choices()");
}

static void many_values_of_one_select_take_no_long(void **state)
{
    enum { MANY = 10000 };
    cf_form_pair *pairs = cf_arena_array(arena, MANY, sizeof *pairs);
    for (int i = 0; i < MANY; i++) {
        const char *value = cf_arena_printf(arena, "v%d", i);
        pairs[i] = (cf_form_pair){"colors", 6, value, strlen(value)};
    }
    const cf_choice colors[] = {{"r", NULL, NULL}};
    clock_t         start = clock();
    Pick           *f = MAKE(Pick, (cf_form_input){.submitted = true, .pairs = pairs, .pair_count = MANY});
    cf_form_set_choices(f, "colors", colors, 1);
    cf_form_set_choices(f, "owner", colors, 1);
    assert_false(cf_submitted(f));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 2.0);
}

static void texts_have_a_limit(void **state)
{
    size_t size = (1 << 20) + 1;
    char  *text = cf_arena_alloc(arena, size);
    memset(text, 'a', size);
    cf_form_pair pair = {"text", 4, text, size};
    Pick        *f = MAKE(Pick, (cf_form_input){.submitted = true, .pairs = &pair, .pair_count = 1});
    cf_form_validate(f);
    assert_error(f, "text", "The text is too long.");
    assert_string_equal(f->text, "");
    pair.value_size--;
    f = MAKE(Pick, (cf_form_input){.submitted = true, .pairs = &pair, .pair_count = 1});
    assert_int_equal(strlen(f->text), size - 1);
    f = MAKE(Pick, (cf_form_input){.submitted = true, .pairs = &pair, .pair_count = 1, .text_limit = 10});
    assert_string_equal(f->text, "");
}

static void hostile_bytes_are_field_errors(void **state)
{
    static const struct {
        const char *bytes;
        size_t      size;
    } cases[] = {{"a\0b", 3}, {"\xff", 1}, {"\xC0\x80", 2}, {"\xED\xA0\x80", 3}, {"\xF4\x90\x80\x80", 4}, {"\xC3", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cf_form_pair pair = {"text", 4, cases[i].bytes, cases[i].size};
        Pick        *f = MAKE(Pick, (cf_form_input){.submitted = true, .pairs = &pair, .pair_count = 1});
        cf_form_validate(f);
        assert_error(f, "text", "The text contains characters that are not allowed.");
        size_t size = 0;
        assert_non_null(cf_form_raw(f, "text", 0, &size));
        assert_int_equal(size, cases[i].size);
    }
}

static void names_of_unknown_fields_are_ignored(void **state)
{
    Pick *f = MAKE(Pick, SUBMITTED("is_admin", "1", "", "x", "text", "first", "text", "second"));
    assert_string_equal(f->text, "first");
    assert_string_equal(cf_form_raw(f, "text", 1, NULL), "second");
    assert_null(cf_form_raw(f, "text", 2, NULL));
    assert_null(cf_form_raw(f, "is_admin", 0, NULL));
    assert_false(cf_form_has_field(f, "is_admin"));
}

static void a_description_is_checked(void **state)
{
    static const cf_field twice[] = {{.name = "a", .type = CF_FIELD_STRING}, {.name = "a", .type = CF_FIELD_STRING}};
    static const cf_rule  length[] = {CF_LENGTH(5, 2)};
    static const cf_field crossed = {.name = "a", .type = CF_FIELD_STRING, .more_rules = length, .more_rule_count = 1};
    static const cf_field format = {.name = "a", .type = CF_FIELD_STRING, .format = "%Y"};
    cf_form_class         cls;
    cf_form_class_init(&cls, "F", twice, 2);
    assert_false(cf_form_class_check(&cls, &error));
    assert_string_equal(error.message, "form F: field 'a' stands there twice");
    cf_error_clear(&error);
    cf_form_class_init(&cls, "F", &crossed, 1);
    assert_false(cf_form_class_check(&cls, &error));
    assert_string_equal(error.message, "field 'a': the minimum length is more than the maximum");
    cf_error_clear(&error);
    cf_form_class_init(&cls, "F", &format, 1);
    assert_false(cf_form_class_check(&cls, &error));
    assert_string_equal(error.message, "form F: field 'a' is no date or time: it has no use for .format");
    cf_error_clear(&error);
    assert_true(cf_form_class_check(cf_form_class_Pick(), &error));
}

static void values_are_copied_into_a_dictionary(void **state)
{
    Pick    *f = MAKE(Pick, SUBMITTED("owner", "7", "text", "t"));
    cf_dict *target = cf_dict_new(arena, 0);
    assert_true(cf_form_populate_values(f, target, &error));
    assert_int_equal(cf_dict_get_text(target, "owner", 5)->as.integer, 7);
    assert_string_equal(cf_dict_get_text(target, "text", 4)->as.text, "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_has_the_entries_that_were_submitted),
        TEST(a_list_can_be_empty_short_or_full),
        TEST(ten_thousand_entries_stop_at_the_limit),
        TEST(choices_can_be_set_by_the_program),
        TEST(only_choices_can_be_chosen),
        TEST(without_choices_the_form_refuses_and_says_why),
        TEST(many_values_of_one_select_take_no_long),
        TEST(texts_have_a_limit),
        TEST(hostile_bytes_are_field_errors),
        TEST(names_of_unknown_fields_are_ignored),
        TEST(a_description_is_checked),
        TEST(values_are_copied_into_a_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
