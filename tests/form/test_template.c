/* Forms in templates: the tutorial's pages, and the macros for Bootstrap. */
#include "support.h"

#include <carafe/template.h>

typedef struct UserForm {
    const char *name;
    const char *email;
} UserForm;
CF_FORM(UserForm,
    CF_FIELD(name,  "Name",  CF_REQUIRED),
    CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL),
    CF_SUBMIT("Add User"));

static cf_answer load(void *data, const char *name, cf_arena *in, cf_template_source *out, cf_error *failure)
{
    if (strcmp(name, CF_FORM_MACROS) != 0) return CF_NO;
    out->text = cf_form_macros(&out->size);
    return CF_YES;
}

static const char *shown(const char *source, const void *form)
{
    static const cf_templates_options options = {.load = load, .autoescape_mode = CF_AUTOESCAPE_ALWAYS};
    cf_templates                     *templates = cf_templates_new(&options, &error);
    cf_buffer                         out = {0};
    if (!templates || !cf_template_render_text(templates, source, arena, CF_VARS(CF_VAR(form)), NULL, &out, &error))
        fail_msg("%s line %d: %s", error.file ? error.file : "?", error.line, error.message);
    char *copy = cf_arena_text(arena, out.data ? out.data : "", out.size);
    cf_buffer_free(&out);
    cf_templates_free(templates);
    return copy;
}

static void the_tutorials_page_shows_what_flask_shows(void **state)
{
    static const char page[] =
        "{{ form.hidden_tag() }}\n"
        "{{ form.name.label }}\n"
        "{{ form.name(class=\"form-control\") }}\n"
        "{% for error in form.name.errors %}<span class=\"error\">{{ error | escape }}</span>{% endfor %}\n"
        "{{ form.email(class=\"form-control\") }}\n"
        "{% for error in form.email.errors %}<span class=\"error\">{{ error | escape }}</span>{% endfor %}\n"
        "{{ form.submit(class=\"btn btn-primary\") }}";
    UserForm *form = MAKE(UserForm, SUBMITTED("name", "", "email", "<nope>"));
    assert_false(cf_submitted(form));
    assert_string_equal(
        shown(page, form),
        "\n<label for=\"name\">Name</label>\n"
        "<input class=\"form-control\" id=\"name\" name=\"name\" required type=\"text\" value=\"\">\n"
        "<span class=\"error\">This field is required.</span>\n"
        "<input class=\"form-control\" id=\"email\" name=\"email\" required type=\"text\" value=\"&lt;nope&gt;\">\n"
        "<span class=\"error\">Invalid email address.</span>\n"
        "<input class=\"btn btn-primary\" id=\"submit\" name=\"submit\" type=\"submit\" value=\"Add User\">");
}

static void fields_are_walked_and_asked(void **state)
{
    UserForm *form = MAKE(UserForm, SUBMITTED("name", "Ada", "email", "x"));
    cf_form_validate(form);
    assert_string_equal(shown("{% for f in form %}{{ f.short_name }}:{{ f.type }}:{{ f.data }};{% endfor %}", form),
                        "name:StringField:Ada;email:StringField:x;submit:SubmitField:False;");
    assert_string_equal(
        shown("{{ form.errors.email[0] }} {{ form.errors.name is defined }} {{ form.data['name'] }}", form),
        "Invalid email address. False Ada");
    assert_string_equal(
        shown("{{ form['name'].id }} {{ form.name.flags.required }} {{ form.name.flags.optional }}", form),
        "name True None");
    assert_string_equal(shown("{{ form.name.label(class_='x', text='T<') }}", form),
                        "<label class=\"x\" for=\"name\">T&lt;</label>");
    assert_string_equal(shown("{% if form.name.errors %}bad{% else %}good{% endif %}", form), "good");
    assert_string_equal(shown("{{ form.nothing is defined }}", form), "False");
}

typedef struct Address {
    const char *street;
} Address;
CF_FORM(Address, CF_FIELD(street, "Street", CF_REQUIRED));

typedef struct Big {
    const char *name;
    bool        ok;
    const char *plan;
    const char *color;
    Address     home;
    const char *next;
} Big;
CF_FORM(Big,
    CF_FIELD(name, "Name <x>", CF_REQUIRED, .description = "As on & letters"),
    CF_FIELD(ok, "OK", CF_REQUIRED),
    CF_FIELD(plan, "Plan", .type = CF_FIELD_SELECT, .choice_words = CF_CHOICES("a", "A")),
    CF_FIELD(color, "Colour", .type = CF_FIELD_RADIO, .choice_words = CF_CHOICES("r", "Red", "g", "Green")),
    CF_FORM_FIELD(home, "Home", Address),
    CF_FIELD(next, NULL, CF_REQUIRED, .type = CF_FIELD_HIDDEN),
    CF_SUBMIT("Go"));

static void bootstrap_macros_tie_errors_to_fields(void **state)
{
    Big *form = MAKE(Big, SUBMITTED("color", "g", "plan", "a"));
    assert_false(cf_submitted(form));
    cf_form_add_error(form, NULL, "Closed for today.");
    const char              *html = shown("{% import 'carafe/form.html' as forms %}{{ forms.all(form) }}", form);
    static const char *const parts[] = {
        "<div class=\"alert alert-danger\" role=\"alert\">Closed for today.</div>"
        "<div class=\"alert alert-danger\" role=\"alert\">This field is required.</div>",
        "<div class=\"mb-3\"><label class=\"form-label\" for=\"name\">Name &lt;x&gt;</label> <input "
        "aria-describedby=\"name-error-1 name-help\" aria-invalid=\"true\" class=\"form-control is-invalid\" "
        "id=\"name\" "
        "name=\"name\" required type=\"text\" value=\"\"><div class=\"invalid-feedback d-block\" "
        "id=\"name-error-1\">This field is "
        "required.</div><div class=\"form-text\" id=\"name-help\">As on &amp; letters</div></div>",
        "<div class=\"mb-3 form-check\"><input aria-describedby=\"ok-error-1\" aria-invalid=\"true\" "
        "class=\"form-check-input "
        "is-invalid\" id=\"ok\"",
        "<select class=\"form-select\" id=\"plan\" name=\"plan\"><option selected value=\"a\">A</option></select>",
        "<fieldset class=\"mb-3\" id=\"color\"><legend class=\"col-form-label\">Colour</legend><div "
        "class=\"form-check\"><input "
        "class=\"form-check-input\" id=\"color-0\"",
        "<legend class=\"col-form-label\">Home</legend><div class=\"mb-3\"><label class=\"form-label\" "
        "for=\"home-street\">",
        "<input id=\"next\" name=\"next\" required type=\"hidden\" value=\"\">",
        "<div class=\"mb-3\"><input class=\"btn btn-primary\" id=\"submit\" name=\"submit\" type=\"submit\" "
        "value=\"Go\"></div>"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(html, parts[i])) fail_msg("%s\nis not in\n%s", parts[i], html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_tutorials_page_shows_what_flask_shows),
        TEST(fields_are_walked_and_asked),
        TEST(bootstrap_macros_tie_errors_to_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
