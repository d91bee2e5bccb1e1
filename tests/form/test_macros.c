/* Forms declared by macros: kinds from C types, values in the struct, what is shown again. */
#include "support.h"

typedef enum Size { SMALL, LARGE } Size;

typedef struct Everything {
    const char      *text;
    char             code[8];
    int16_t          tiny;
    int32_t          small;
    int64_t          big;
    cf_null_int64    maybe;
    float            single;
    double           real;
    cf_decimal       price;
    bool             yes;
    cf_date          day;
    cf_time          hour;
    cf_datetime      moment;
    cf_null_date     perhaps;
    cf_uuid          key;
    Size             size;
    cf_texts         tags;
    cf_integers      numbers;
    const cf_upload *file;
    cf_uploads       files;
    bool             save;
} Everything;

CF_FORM(Everything,
    CF_FIELD(text, "Text"),
    CF_FIELD(code, "Code"),
    CF_FIELD(tiny, NULL),
    CF_FIELD(small, NULL),
    CF_FIELD(big, NULL),
    CF_FIELD(maybe, NULL),
    CF_FIELD(single, NULL),
    CF_FIELD(real, NULL),
    CF_FIELD(price, NULL),
    CF_FIELD(yes, NULL),
    CF_FIELD(day, NULL),
    CF_FIELD(hour, NULL),
    CF_FIELD(moment, NULL),
    CF_FIELD(perhaps, NULL),
    CF_FIELD(key, NULL),
    CF_FIELD(size, NULL, .type = CF_FIELD_SELECT, .choice_words = CF_CHOICES("0", "Small", "1", "Large")),
    CF_FIELD(tags, NULL, .choice_words = CF_CHOICES("a", "A", "b", "B", "", "None")),
    CF_FIELD(numbers, NULL, .choice_words = CF_CHOICES("1", "One", "2", "Two")),
    CF_FIELD(file, NULL),
    CF_FIELD(files, NULL),
    CF_SUBMIT_AS(save, "Save"));

static const char *type_of(const void *form, const char *field)
{
    cf_call  call = {.arena = arena, .error = &error};
    cf_value object = cf_form_field(form, field), type;
    assert_int_equal(object.as.object->cls->attribute(&call, object.as.object, "type", 4, &type), CF_YES);
    return type.as.text;
}

static void the_kind_of_a_field_follows_from_the_c_type(void **state)
{
    static const char *const wanted[][2] = {{"text", "StringField"},
                                            {"code", "StringField"},
                                            {"tiny", "IntegerField"},
                                            {"small", "IntegerField"},
                                            {"big", "IntegerField"},
                                            {"maybe", "IntegerField"},
                                            {"single", "FloatField"},
                                            {"real", "FloatField"},
                                            {"price", "DecimalField"},
                                            {"yes", "BooleanField"},
                                            {"day", "DateField"},
                                            {"hour", "TimeField"},
                                            {"moment", "DateTimeLocalField"},
                                            {"perhaps", "DateField"},
                                            {"key", "StringField"},
                                            {"size", "SelectField"},
                                            {"tags", "SelectMultipleField"},
                                            {"numbers", "SelectMultipleField"},
                                            {"file", "FileField"},
                                            {"files", "MultipleFileField"},
                                            {"save", "SubmitField"}};
    Everything              *form = MAKE(Everything, (cf_form_input){0});
    assert_int_equal(cf_form_field_count(form), sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_string_equal(cf_form_field_name(form, i), wanted[i][0]);
        assert_string_equal(type_of(form, wanted[i][0]), wanted[i][1]);
    }
}

static void the_struct_holds_typed_values(void **state)
{
    Everything *f =
        MAKE(Everything, SUBMITTED("text", "hi", "code", "abc", "tiny", "-7", "small", "2147483647", "big", " 1_000 ",
                                   "maybe", "5", "single", "1.5", "real", "-2e3", "price", "12.50", "yes", "y", "day",
                                   "2024-02-29", "hour", "13:45", "moment", "2024-02-29T13:45", "perhaps", "2000-01-01",
                                   "key", "2bc1c94f-0dea-43f6-92c8-ecd1c3d3c2b5", "size", "1", "tags", "a", "tags", "",
                                   "numbers", "2", "numbers", "1", "save", "Save"));
    char text[CF_DECIMAL_SIZE];
    assert_true(cf_submitted(f));
    assert_string_equal(f->text, "hi");
    assert_string_equal(f->code, "abc");
    assert_int_equal(f->tiny, -7);
    assert_int_equal(f->small, INT32_MAX);
    assert_int_equal(f->big, 1000);
    assert_true(f->maybe.set && f->maybe.value == 5);
    assert_true(f->single == 1.5F && f->real == -2000.0);
    cf_decimal_format(f->price, text);
    assert_string_equal(text, "12.50");
    assert_true(f->yes && f->save);
    cf_date_format(f->day, text);
    assert_string_equal(text, "2024-02-29");
    assert_int_equal(f->hour.usec, INT64_C(49500000000));
    assert_int_equal(f->moment.usec, (int64_t)f->day.days * 86400000000 + f->hour.usec);
    assert_true(f->perhaps.set);
    assert_int_equal(f->key.bytes[0], 0x2b);
    assert_int_equal(f->size, LARGE);
    assert_int_equal(f->tags.count, 2);
    assert_string_equal(f->tags.items[0], "a");
    assert_string_equal(f->tags.items[1], "");
    assert_int_equal(f->numbers.count, 2);
    assert_int_equal(f->numbers.items[0], 2);
}

static void texts_that_were_not_sent_are_empty_not_null(void **state)
{
    Everything *f = MAKE(Everything, (cf_form_input){.submitted = true});
    assert_string_equal(f->text, "");
    assert_string_equal(f->code, "");
    assert_int_equal(f->big, 0);
    assert_false(f->maybe.set);
    assert_null(f->file);
    assert_int_equal(f->files.count, 0);
}

static void values_come_from_a_struct_of_the_same_type(void **state)
{
    Everything  before = {.text = "old", .code = "xy", .big = 7, .maybe = CF_SOME(3), .yes = true, .size = LARGE};
    Everything *f = MAKE(Everything, (cf_form_input){.object = &before});
    assert_string_equal(f->text, "old");
    assert_string_equal(f->code, "xy");
    assert_int_equal(f->big, 7);
    assert_true(f->maybe.set && f->maybe.value == 3);
    assert_true(f->yes);
    assert_rendered(f, "text", "<input id=\"text\" name=\"text\" type=\"text\" value=\"old\">");
    assert_rendered(f, "big", "<input id=\"big\" name=\"big\" type=\"number\" value=\"7\">");
    assert_non_null(strstr(rendered(f, "size", NULL, 0), "<option selected value=\"1\">"));
    cf_form_input again = SUBMITTED("text", "new");
    again.object = &before;
    f = MAKE(Everything, again);
    assert_string_equal(f->text, "new");
    assert_int_equal(f->big, 7);
}

static void numbers_past_their_type_are_field_errors(void **state)
{
    Everything *f = MAKE(Everything, SUBMITTED("tiny", "32768", "small", "-2147483649", "big", "9223372036854775808",
                                               "single", "1e39", "real", "1e999", "price", "1e400", "size",
                                               "4294967296", "code", "12345678"));
    assert_false(cf_submitted(f));
    assert_error(f, "tiny", "The number is out of range.");
    assert_error(f, "small", "The number is out of range.");
    assert_error(f, "big", "The number is out of range.");
    assert_error(f, "single", "The number is out of range.");
    assert_error(f, "real", "Not a valid float value.");
    assert_error(f, "price", "Not a valid decimal value.");
    assert_true(cf_form_error_count(f, "size") > 0);
    assert_error(f, "code", "The text is too long.");
    assert_int_equal(f->tiny, 0);
    assert_rendered(f, "tiny", "<input id=\"tiny\" name=\"tiny\" type=\"number\" value=\"32768\">");
    assert_rendered(f, "code", "<input id=\"code\" name=\"code\" type=\"text\" value=\"12345678\">");
}

static void not_a_number_and_infinity_are_no_numbers(void **state)
{
    static const char *const words[] = {"nan", "inf", "-Infinity", "NaN"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Everything *f = MAKE(Everything, SUBMITTED("real", words[i], "price", words[i], "single", words[i]));
        assert_false(cf_form_validate(f));
        assert_error(f, "real", "Not a valid float value.");
        assert_error(f, "price", "Not a valid decimal value.");
        assert_error(f, "single", "Not a valid float value.");
    }
}

static void an_empty_nullable_member_is_null_without_an_error(void **state)
{
    Everything *f = MAKE(Everything, SUBMITTED("maybe", " ", "perhaps", "", "big", "1"));
    cf_form_validate(f);
    assert_int_equal(cf_form_error_count(f, "maybe"), 0);
    assert_int_equal(cf_form_error_count(f, "perhaps"), 0);
    assert_false(f->maybe.set || f->perhaps.set);
}

/* ---- rules ---- */

typedef struct Signup {
    const char *name;
    const char *email;
    int64_t     size;
    const char *password;
    const char *again;
    bool        accept;
} Signup;

static void no_admin(void *form_, const char *field)
{
    Signup *form = form_;
    if (strcmp(form->name, "admin") == 0) cf_form_add_error(form, field, "That name is taken.");
}

static void not_the_name(void *form_, const char *field)
{
    Signup *form = form_;
    assert_null(field);
    if (*form->name && strcmp(form->name, form->password) == 0)
        cf_form_add_error(form, NULL, "The password must not be the name.");
}

CF_FORM(Signup,
    CF_FIELD(name, "Name", CF_REQUIRED, CF_MESSAGE("Who are you?"), CF_LENGTH(2, 5), .filters = CF_STRIP,
             .validate = no_admin, .description = "As on your letters"),
    CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL, .type = CF_FIELD_EMAIL, .filters = CF_STRIP | CF_LOWER),
    CF_FIELD(size, "Size", CF_REQUIRED, CF_RANGE(0, 10)),
    CF_FIELD(password, "Password", CF_REQUIRED, .type = CF_FIELD_PASSWORD),
    CF_FIELD(again, "Again", CF_EQUAL_TO(password), CF_MESSAGE("%(other_label)s differs."), .type = CF_FIELD_PASSWORD),
    CF_FIELD(accept, "Accept", CF_REQUIRED),
    CF_FORM_RULE(not_the_name),
    CF_SUBMIT("Sign up"));

static void zero_is_a_value_for_required(void **state)
{
    static const char *const zeros[] = {"0", "-0", " 0 "};
    for (size_t i = 0; i < 3; i++) {
        Signup *f = MAKE(Signup, SUBMITTED("size", zeros[i]));
        cf_form_validate(f);
        assert_int_equal(cf_form_error_count(f, "size"), 0);
    }
}

static void required_does_not_hide_what_cannot_be_read(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("size", "abc"));
    assert_false(cf_submitted(f));
    assert_error(f, "size", "Not a valid integer value.");
    f = MAKE(Signup, SUBMITTED("size", "  "));
    assert_false(cf_submitted(f));
    assert_error(f, "size", "This field is required.");
    f = MAKE(Signup, SUBMITTED("name", "x"));
    assert_false(cf_submitted(f));
    assert_error(f, "size", "This field is required.");
    assert_error(f, "accept", "This field is required.");
}

static void rules_have_messages_filters_run_first(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("name", "  ", "email", " ADA@Example.COM ", "password", "a", "again", "b"));
    assert_false(cf_form_validate(f));
    assert_error(f, "name", "Who are you?");
    assert_int_equal(cf_form_error_count(f, "email"), 0);
    assert_string_equal(f->email, "ada@example.com");
    assert_error(f, "again", "Password differs.");
    f = MAKE(Signup, SUBMITTED("name", "abcdef"));
    assert_false(cf_form_validate(f));
    assert_error(f, "name", "Field must be between 2 and 5 characters long.");
}

static void lengths_count_characters(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("name", "\xC3\xA9\xC3\xA9\xF0\x9F\x98\x80\xE4\xB8\xAD\xC3\xA9"));
    cf_form_validate(f);
    assert_int_equal(cf_form_error_count(f, "name"), 0);
}

static void functions_add_rules_to_fields_and_forms(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("name", "admin", "email", "a@b.co", "size", "1", "password", "admin", "again",
                                       "admin", "accept", "y"));
    assert_false(cf_submitted(f));
    assert_error(f, "name", "That name is taken.");
    assert_error(f, NULL, "The password must not be the name.");
    assert_int_equal(cf_form_errors_total(f), 2);
    f = MAKE(Signup,
             SUBMITTED("name", "ada", "email", "a@b.co", "size", "1", "password", "s3", "again", "s3", "accept", "y"));
    assert_true(cf_submitted(f));
    assert_int_equal(cf_form_errors_total(f), 0);
}

static void an_error_added_later_refuses_the_form(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("name", "ada", "email", "a@b.co", "size", "1", "password", "s3", "again", "s3",
                                       "accept", "y"));
    assert_true(cf_submitted(f));
    assert_true(cf_form_add_error(f, "email", "Already registered."));
    assert_false(cf_submitted(f));
    assert_error(f, "email", "Already registered.");
    assert_false(cf_form_add_error(f, "nobody", "x"));
    f = MAKE(Signup,
             SUBMITTED("name", "ada", "email", "a@b.co", "size", "1", "password", "s3", "again", "s3", "accept", "y"));
    assert_true(cf_form_add_error(f, NULL, "Closed for today."));
    assert_false(cf_submitted(f));
    assert_error(f, NULL, "Closed for today.");
}

static void a_form_that_was_not_submitted_is_not_valid_to_act_on(void **state)
{
    Signup *f = MAKE(Signup, (cf_form_input){0});
    assert_false(cf_submitted(f));
    assert_false(cf_form_was_submitted(f));
    assert_false(cf_submitted(NULL));
    assert_false(cf_form_validate(NULL));
}

static void values_can_be_set_by_the_program(void **state)
{
    Signup *f = MAKE(Signup, SUBMITTED("name", "x", "size", "bad"));
    assert_true(cf_form_set_value(f, "name", cf_value_text("Ada")));
    assert_string_equal(f->name, "Ada");
    assert_rendered(
        f, "name",
        "<input id=\"name\" maxlength=\"5\" minlength=\"2\" name=\"name\" required type=\"text\" value=\"Ada\">");
    assert_true(cf_form_set_value(f, "size", cf_value_int(3)));
    assert_int_equal(f->size, 3);
    assert_false(cf_form_set_value(f, "none", cf_value_int(3)));
}

/* ---- forms in forms ---- */

typedef struct Address {
    const char *street;
    int32_t     number;
} Address;
CF_FORM(Address, CF_FIELD(street, "Street", CF_REQUIRED), CF_FIELD(number, "No."));

typedef struct Order {
    const char *item;
    Address     to;
} Order;
CF_FORM(Order, CF_FIELD(item, "Item"), CF_FORM_FIELD(to, "Deliver to", Address));

static void a_form_inside_a_form_fills_the_inner_struct(void **state)
{
    Order *f = MAKE(Order, SUBMITTED("item", "tea", "to-street", "Main St", "to-number", "12"));
    assert_true(cf_submitted(f));
    assert_string_equal(f->to.street, "Main St");
    assert_int_equal(f->to.number, 12);
    f = MAKE(Order, SUBMITTED("item", "tea", "to-number", "x"));
    assert_false(cf_submitted(f));
    assert_int_equal(cf_form_error_count(f, "to"), 2);
    assert_string_equal(cf_form_error(f, "to", 0), "This field is required.");
    Order before = {.to = {"Elm", 3}};
    f = MAKE(Order, (cf_form_input){.object = &before});
    assert_string_equal(f->to.street, "Elm");
    assert_rendered(f, "to",
                    "<table id=\"to\"><tr><th><label for=\"to-street\">Street</label></th><td><input id=\"to-street\" "
                    "name=\"to-street\" required type=\"text\" value=\"Elm\"></td></tr><tr><th><label "
                    "for=\"to-number\">No.</label></th><td><input id=\"to-number\" name=\"to-number\" type=\"number\" "
                    "value=\"3\"></td></tr></table>");
}

typedef struct Party {
    const char *host;
    cf_texts    guests;
    cf_integers tables;
    CF_ENTRIES(Address) places;
} Party;
CF_FORM(Party,
    CF_FIELD(host, "Host"),
    CF_FIELD_ENTRIES(guests, "Guests", .min_entries = 1),
    CF_FIELD_ENTRIES(tables, "Tables"),
    CF_FORM_LIST(places, "Places", Address));

static void lists_fill_texts_numbers_and_structs(void **state)
{
    Party *f = MAKE(Party, SUBMITTED("host", "Ada", "guests-0", "Bob", "guests-3", "Cy", "tables-0", "7",
                                     "places-0-street", "Elm", "places-0-number", "3", "places-1-street", "Oak"));
    assert_int_equal(f->guests.count, 2);
    assert_string_equal(f->guests.items[1], "Cy");
    assert_int_equal(f->tables.count, 1);
    assert_int_equal(f->tables.items[0], 7);
    assert_int_equal(f->places.count, 2);
    assert_string_equal(f->places.items[0].street, "Elm");
    assert_int_equal(f->places.items[0].number, 3);
    assert_string_equal(f->places.items[1].street, "Oak");
    assert_true(cf_submitted(f)); /* the second number was not sent: it is 0 */
    f = MAKE(Party, SUBMITTED("guests-0", "Bob", "tables-0", "x", "places-0-street", ""));
    assert_false(cf_submitted(f));
    assert_string_equal(cf_form_error(f, "tables", 0), "Not a valid integer value.");
    assert_string_equal(cf_form_error(f, "places", 0), "This field is required.");
    assert_int_equal(f->tables.items[0], 0);
}

static void lists_begin_from_a_struct(void **state)
{
    const char *const guests[] = {"Bob", "Cy"};
    Address           places[] = {{"Elm", 3}, {"Oak", 4}};
    Party             before = {.host = "Ada", .guests = {guests, 2}, .places = {places, 2}};
    Party            *f = MAKE(Party, (cf_form_input){.object = &before});
    assert_int_equal(f->guests.count, 2);
    assert_string_equal(f->guests.items[0], "Bob");
    assert_int_equal(f->places.count, 2);
    assert_string_equal(f->places.items[1].street, "Oak");
    assert_non_null(
        strstr(rendered(f, "places", NULL, 0), "name=\"places-1-street\" required type=\"text\" value=\"Oak\""));
    cf_form_input again = SUBMITTED("places-0-street", "New");
    again.object = &before;
    f = MAKE(Party, again);
    assert_int_equal(f->places.count, 1);
    assert_string_equal(f->places.items[0].street, "New");
    assert_int_equal(f->places.items[0].number, 3);
}

/* ---- copying out ---- */

typedef struct Row {
    const char   *name;
    int32_t       size;
    cf_null_int64 age;
} Row;

static void values_go_into_a_structure_with_members_of_the_same_names(void **state)
{
    static const cf_member members[] = {
        {.name = "name", .type = CF_TYPE_TEXT, .offset = offsetof(Row, name), .size = sizeof(char *)},
        {.name = "size", .type = CF_TYPE_INT32, .offset = offsetof(Row, size), .size = 4},
        {.name = "age",
         .type = CF_TYPE_INT64 | CF_TYPE_NULLABLE,
         .offset = offsetof(Row, age),
         .size = sizeof(cf_null_int64)}};
    static const cf_class cls = {.name = "Row", .data_offset = CF_HEADER_SIZE, .members = members, .member_count = 3};
    Row                  *row = cf_arena_object(arena, &cls, sizeof *row);
    Signup               *f = MAKE(Signup, SUBMITTED("name", "ada", "size", "7"));
    assert_int_equal(cf_form_populate(f, row), 2);
    assert_string_equal(row->name, "ada");
    assert_int_equal(row->size, 7);
    assert_false(row->age.set);
    row->name = "bob";
    f = MAKE(Signup, (cf_form_input){.row = row});
    assert_string_equal(f->name, "bob");
    assert_int_equal(f->size, 7);
}

/* ---- misuse ---- */

typedef struct Wrong {
    const char *text;
} Wrong;
CF_FORM(Wrong, CF_FIELD(text, "Text", .type = CF_FIELD_INTEGER));

static void a_field_that_cannot_fill_its_member_is_told(void **state)
{
    cf_form_input in = {0};
    assert_null(cf_form_make(arena, cf_form_class_Wrong(), &in, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    assert_string_equal(
        error.message,
        "form Wrong: field 'text' is of type IntegerField, which cannot fill a member of type const char *");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_kind_of_a_field_follows_from_the_c_type),
        TEST(the_struct_holds_typed_values),
        TEST(texts_that_were_not_sent_are_empty_not_null),
        TEST(values_come_from_a_struct_of_the_same_type),
        TEST(numbers_past_their_type_are_field_errors),
        TEST(not_a_number_and_infinity_are_no_numbers),
        TEST(an_empty_nullable_member_is_null_without_an_error),
        TEST(zero_is_a_value_for_required),
        TEST(required_does_not_hide_what_cannot_be_read),
        TEST(rules_have_messages_filters_run_first),
        TEST(lengths_count_characters),
        TEST(functions_add_rules_to_fields_and_forms),
        TEST(an_error_added_later_refuses_the_form),
        TEST(a_form_that_was_not_submitted_is_not_valid_to_act_on),
        TEST(values_can_be_set_by_the_program),
        TEST(a_form_inside_a_form_fills_the_inner_struct),
        TEST(lists_fill_texts_numbers_and_structs),
        TEST(lists_begin_from_a_struct),
        TEST(values_go_into_a_structure_with_members_of_the_same_names),
        TEST(a_field_that_cannot_fill_its_member_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
