/* Fields as HTML and as objects for templates. */
#include "support.h"

typedef struct Shown {
    const char *name;
    const char *note;
    const char *secret;
    const char *next;
    const char *plan;
    const char *color;
    double      price;
    bool        yes;
} Shown;
static const cf_choice plans[] = {{"f", "Free", "Small"}, {"s", "Small & cheap", "Small"}, {"b", NULL, "Big"}, {0}};
CF_FORM(Shown,
    CF_FIELD(name, "Your <name>", CF_REQUIRED, CF_LENGTH(1, 20), .render = CF_ATTRIBUTES("class", "wide", "data_x", "1"),
             .description = "Any & all"),
    CF_FIELD(note, "Note", CF_MAX_LENGTH(100), .type = CF_FIELD_TEXTAREA),
    CF_FIELD(secret, "Secret", .type = CF_FIELD_PASSWORD),
    CF_FIELD(next, NULL, .type = CF_FIELD_HIDDEN),
    CF_FIELD(plan, "Plan", .type = CF_FIELD_SELECT, .choices = plans),
    CF_FIELD(color, "Colour", .type = CF_FIELD_RADIO, .choice_words = CF_CHOICES("r", "Red", "g", "Green"), .default_text = "g"),
    CF_FIELD(price, "Price", .widget = {CF_WIDGET_RANGE, .step = CF_BOUND_(0.5)}),
    CF_FIELD(yes, "Yes", .default_int = 1),
    CF_SUBMIT("Go \"now\""));

static void each_widget_writes_what_wtforms_writes(void **state)
{
    Shown *f = MAKE(Shown, SUBMITTED("name", "\"a\"&'b'<c>", "note", "</textarea>", "secret", "hush", "next", "/x",
                                     "plan", "s", "price", "x"));
    assert_rendered(f, "name",
                    "<input class=\"wide\" data-x=\"1\" id=\"name\" maxlength=\"20\" minlength=\"1\" name=\"name\" "
                    "required type=\"text\" value=\"&#34;a&#34;&amp;&#39;b&#39;&lt;c&gt;\">");
    assert_rendered(f, "note",
                    "<textarea id=\"note\" maxlength=\"100\" name=\"note\">\r\n&lt;/textarea&gt;</textarea>");
    assert_rendered(f, "secret", "<input id=\"secret\" name=\"secret\" type=\"password\" value=\"\">");
    assert_rendered(f, "next", "<input id=\"next\" name=\"next\" type=\"hidden\" value=\"/x\">");
    assert_rendered(f, "plan",
                    "<select id=\"plan\" name=\"plan\"><optgroup label=\"Small\"><option value=\"f\">Free</option>"
                    "<option selected value=\"s\">Small &amp; cheap</option></optgroup><optgroup label=\"Big\">"
                    "<option value=\"b\">b</option></optgroup></select>");
    assert_rendered(f, "color",
                    "<ul id=\"color\"><li><input id=\"color-0\" name=\"color\" type=\"radio\" value=\"r\"> "
                    "<label for=\"color-0\">Red</label></li><li><input checked id=\"color-1\" name=\"color\" "
                    "type=\"radio\" value=\"g\"> <label for=\"color-1\">Green</label></li></ul>");
    assert_rendered(f, "price", "<input id=\"price\" name=\"price\" step=\"0.5\" type=\"range\" value=\"x\">");
    assert_rendered(f, "yes", "<input id=\"yes\" name=\"yes\" type=\"checkbox\" value=\"y\">");
    assert_rendered(f, "submit", "<input id=\"submit\" name=\"submit\" type=\"submit\" value=\"Go &#34;now&#34;\">");
    f = MAKE(Shown, (cf_form_input){0});
    assert_rendered(f, "yes", "<input checked id=\"yes\" name=\"yes\" type=\"checkbox\" value=\"y\">");
}

static void attributes_are_cleaned_sorted_and_may_be_switched_off(void **state)
{
    Shown   *f = MAKE(Shown, (cf_form_input){0});
    cf_named named[] = {{"class_", 6, cf_value_text("x")},      {"data_a_b", 8, cf_value_int(3)},
                        {"required", 8, cf_value_bool(false)},  {"autofocus", 9, cf_value_bool(true)},
                        {"title", 5, cf_value_markup("&amp;")}, {"data_x", 6, cf_value_bool(false)}};
    assert_string_equal(
        rendered(f, "name", named, 6),
        "<input autofocus class=\"x\" data-a-b=\"3\" id=\"name\" maxlength=\"20\" minlength=\"1\" name=\"name\" "
        "title=\"&amp;\" type=\"text\" value=\"\">");
    cf_named  name = {"name", 4, cf_value_text("y")};
    cf_buffer out = {0};
    assert_false(cf_form_render(f, "name", &name, 1, &out, &error));
    assert_string_equal(error.type, "TypeError");
    cf_buffer_free(&out);
}

static void a_prefix_stands_before_every_name(void **state)
{
    cf_form_input in = SUBMITTED("p-name", "x", "name", "y");
    in.prefix = "p";
    Shown *f = MAKE(Shown, in);
    assert_string_equal(f->name, "x");
    assert_non_null(strstr(rendered(f, "name", NULL, 0), "id=\"p-name\""));
    in.prefix = "p.";
    f = MAKE(Shown, in);
    assert_non_null(strstr(rendered(f, "name", NULL, 0), "id=\"p.name\""));
}

static void what_was_typed_is_shown_again_as_text(void **state)
{
    static const cf_form_pair pair = {"name", 4, "a\0b\xff", 4};
    Shown                    *f = MAKE(Shown, (cf_form_input){.submitted = true, .pairs = &pair, .pair_count = 1});
    assert_false(cf_submitted(f));
    assert_error(f, "name", "The text contains characters that are not allowed.");
    assert_string_equal(f->name, "");
    char *html = rendered(f, "name", NULL, 0);
    assert_non_null(strstr(html, "value=\"a"));
}

/* ---- objects ---- */

static cf_value attribute(cf_value of, const char *name)
{
    cf_call  call = {.arena = arena, .error = &error};
    cf_value out = {0};
    assert_int_equal(of.as.object->cls->attribute(&call, of.as.object, name, strlen(name), &out), CF_YES);
    return out;
}

static cf_value form_value(void *form)
{
    return cf_value_pointer(arena, form);
}

#define assert_value_text(value, text_)                  \
    do {                                                 \
        cf_value v_ = (value);                           \
        assert_int_equal(v_.size, strlen(text_));        \
        assert_memory_equal(v_.as.text, text_, v_.size); \
    } while (0)

static void templates_see_the_attributes_of_wtforms(void **state)
{
    Shown   *f = MAKE(Shown, SUBMITTED("name", "", "price", "x"));
    cf_value form = form_value(f), name;
    assert_int_equal(form.kind, CF_OBJECT);
    cf_form_validate(f);
    name = attribute(form, "name");
    assert_value_text(attribute(name, "id"), "name");
    assert_value_text(attribute(name, "name"), "name");
    assert_value_text(attribute(name, "short_name"), "name");
    assert_value_text(attribute(name, "type"), "StringField");
    assert_value_text(attribute(name, "description"), "Any & all");
    assert_value_text(attribute(name, "data"), "");
    assert_value_text(attribute(attribute(name, "label"), "text"), "Your <name>");
    assert_int_equal(attribute(name, "object_data").kind, CF_NULL);
    assert_int_equal(attribute(name, "raw_data").as.list->count, 1);
    assert_true(attribute(attribute(name, "flags"), "required").as.boolean);
    assert_int_equal(attribute(attribute(name, "flags"), "maxlength").as.integer, 20);
    assert_int_equal(attribute(attribute(name, "flags"), "optional").kind, CF_NULL);
    assert_value_text(attribute(name, "errors").as.list->items[0], "This field is required.");
    assert_value_text(attribute(attribute(form, "price"), "process_errors").as.list->items[0],
                      "Not a valid float value.");
    cf_dict *errors = attribute(form, "errors").as.dict;
    assert_non_null(cf_dict_get_text(errors, "price", 5));
    assert_null(cf_dict_get_text(errors, "note", 4));
    assert_value_text(*cf_dict_get_text(attribute(form, "data").as.dict, "plan", 4), "");
}

static void calls_render_and_take_keywords(void **state)
{
    Shown                *f = MAKE(Shown, (cf_form_input){0});
    cf_value              form = form_value(f), label = attribute(attribute(form, "note"), "label"), out;
    static const cf_named named[] = {{"class", 5, {CF_TEXT, 0, 0, 1, {.text = "x"}}}};
    cf_call               call = {.arena = arena, .error = &error, .named = named, .named_count = 1};
    assert_int_equal(form.as.object->cls->method(&call, form.as.object, "note", 4, &out), CF_YES);
    assert_int_equal(out.kind, CF_MARKUP);
    assert_value_text(out, "<textarea class=\"x\" id=\"note\" maxlength=\"100\" name=\"note\">\r\n</textarea>");
    assert_true(label.as.object->cls->call(&call, label.as.object, &out));
    assert_value_text(out, "<label class=\"x\" for=\"note\">Note</label>");
    assert_int_equal(form.as.object->cls->method(&call, form.as.object, "hidden_tag", 10, &out), CF_YES);
    assert_value_text(out, "<input id=\"next\" name=\"next\" type=\"hidden\" value=\"\">");
    assert_int_equal(form.as.object->cls->method(&call, form.as.object, "nothing", 7, &out), CF_NO);
    assert_int_equal(form.as.object->cls->attribute(&call, form.as.object, "nothing", 7, &out), CF_NO);
    cf_buffer text = {0};
    cf_value  name = attribute(form, "name");
    label = attribute(name, "label");
    assert_true(label.as.object->cls->html(&call, label.as.object, &text));
    assert_string_equal(text.data, "<label for=\"name\">Your &lt;name&gt;</label>");
    cf_buffer_free(&text);
}

static size_t count_items(cf_value of)
{
    cf_call     call = {.arena = arena, .error = &error};
    cf_iterator it;
    cf_value    item;
    size_t      count = 0;
    assert_true(of.as.object->cls->iterate(&call, of.as.object, &it));
    while (it.next(&call, &it, &item) == CF_YES) count++;
    return count;
}

static void forms_and_choices_can_be_iterated(void **state)
{
    Shown   *f = MAKE(Shown, (cf_form_input){0});
    cf_value form = form_value(f);
    assert_int_equal(count_items(form), 9);
    assert_int_equal(count_items(attribute(form, "plan")), 3);
    assert_int_equal(count_items(attribute(form, "color")), 2);
    cf_call     call = {.arena = arena, .error = &error};
    cf_iterator it;
    cf_value    name = attribute(form, "name");
    assert_false(name.as.object->cls->iterate(&call, name.as.object, &it));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_widget_writes_what_wtforms_writes),  TEST(attributes_are_cleaned_sorted_and_may_be_switched_off),
        TEST(a_prefix_stands_before_every_name),       TEST(what_was_typed_is_shown_again_as_text),
        TEST(templates_see_the_attributes_of_wtforms), TEST(calls_render_and_take_keywords),
        TEST(forms_and_choices_can_be_iterated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
