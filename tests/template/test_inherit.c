/* Templates that work together: extends, blocks, include, import; and where their errors are. */
#include "support.h"

static const char base[] = "<title>{% block title %}Base{% endblock %}</title>{% block body %}{% endblock %}";

static void children_fill_the_blocks_of_their_parents(void **state)
{
    const char *const pairs[] = {"base",
                                 base,
                                 "middle",
                                 "{% extends 'base' %}{% block body %}[{% block inner %}m{% endblock %}]{% endblock %}",
                                 "child",
                                 "{% extends 'middle' %}ignored{% block title %}Child of {{ super() }}{% endblock %}{% "
                                 "block inner %}{{ super() }}c{% endblock %}",
                                 NULL};
    expect_pairs(pairs, "child", NULL, "<title>Child of Base</title>[mc]");
    expect_pairs(pairs, "middle", NULL, "<title>Base</title>[m]");
}

static void blocks_can_be_named_again_by_self(void **state)
{
    const char *const pairs[] = {"t", "{% block a %}x{{ v }}{% endblock %}{{ self.a() }}", NULL};
    expect_pairs(pairs, "t", CF_VARS(CF_VAR_AS("v", 1)), "x1x1");
}

static void scoped_blocks_see_loop_variables(void **state)
{
    const char *const pairs[] = {"t",
                                 "{% for i in [1, 2] %}{% block a scoped %}{{ i }}{% endblock %}{% block b %}<{{ i "
                                 "}}>{% endblock %}{% endfor %}",
                                 NULL};
    expect_pairs(pairs, "t", NULL, "1<>2<>");
}

static void required_blocks_must_be_filled(void **state)
{
    const char *const    pairs[] = {"base", "{% block a required %}{% endblock %}",
                                    "bad",  "{% extends 'base' %}",
                                    "good", "{% extends 'base' %}{% block a %}x{% endblock %}",
                                    NULL};
    cf_error             error = {0};
    cf_templates_options o = {.load = load_pairs, .data = (void *)(uintptr_t)pairs};
    expect_pairs(pairs, "good", NULL, "x");
    assert_null(render_with(o, "bad", NULL, NULL, &error));
    assert_string_equal(error.type, "TemplateRuntimeError");
}

static void includes_see_the_variables_unless_told_not_to(void **state)
{
    const char *const pairs[] = {
        "inc", "({{ a }}{{ b }})", "t",
        "{% set a = 1 %}{% for b in [2, 3] %}{% include 'inc' %}{% endfor %}{% include 'inc' without context %}"
        "{% include 'no' ignore missing %}{% include ['no', 'inc'] %}",
        NULL};
    expect_pairs(pairs, "t", NULL, "(12)(13)()(1)");
}

static void imports_bring_macros_and_variables(void **state)
{
    const char *const pairs[] = {
        "lib", "{% set v = 7 %}{% set _p = 8 %}{% macro hi(n) %}hi {{ n }}{{ who }}{% endmacro %}", "t",
        "{% import 'lib' as l %}{{ l.hi('A') }}{{ l.v }}{{ l._p }}|{% from 'lib' import hi as h with context %}{{ "
        "h('B') }}",
        NULL};
    expect_pairs(pairs, "t", CF_VARS(CF_VAR_AS("who", "!")), "hi A7|hi B!");
}

static void missing_templates_are_named(void **state)
{
    const char *const    pairs[] = {"t", "a\n{% include 'nope' %}", NULL};
    cf_templates_options o = {.load = load_pairs, .data = (void *)(uintptr_t)pairs};
    cf_error             error = {0};
    assert_null(render_with(o, "t", NULL, NULL, &error));
    assert_string_equal(error.type, "TemplateNotFound");
    assert_int_equal(error.code, CF_ERR_NOT_FOUND);
    assert_string_equal(error.message, "nope");
    assert_string_equal(error.file, "t");
    assert_int_equal(error.line, 2);
    cf_error_clear(&error);
    assert_null(render_with(o, "other", NULL, NULL, &error));
    assert_string_equal(error.type, "TemplateNotFound");
}

static void errors_name_the_innermost_template(void **state)
{
    const char *const    pairs[] = {"base", "\n{% block a %}{% endblock %}", "t",
                                    "{% extends 'base' %}\n\n{% block a %}\n{{ 1 / 0 }}{% endblock %}", NULL};
    cf_templates_options o = {.load = load_pairs, .data = (void *)(uintptr_t)pairs};
    cf_error             error = {0};
    assert_null(render_with(o, "t", NULL, NULL, &error));
    assert_string_equal(error.type, "ZeroDivisionError");
    assert_string_equal(error.file, "t");
    assert_int_equal(error.line, 4);
}

static bool note_call(void *data, const char *function, const char *argument, const char *file, int line,
                      cf_error *error)
{
    char *text = data;
    snprintf(text + strlen(text), 200 - strlen(text), "%s(%s)@%s:%d ", function, argument, file, line);
    return true;
}

static void checking_compiles_everything_and_shows_calls(void **state)
{
    static const cf_file page = {"templates", "page.html",
                                 (const unsigned char *)"{% extends 'base.html' %}\n{{ url_for('index', x=1) }}", 53,
                                 "1"};
    static const cf_file parent = {"templates", "base.html", (const unsigned char *)"{{ other(1) }}", 14, "1"};
    static const cf_file wrong = {"templates", "wrong.html", (const unsigned char *)"a\n{{ x|nofilter }}", 18, "1"};
    const cf_file *const files[] = {&page, &parent, &wrong};
    cf_error             error = {0};
    char                 calls[200] = "";
    cf_templates        *t = cf_templates_new(&(cf_templates_options){.files = files, .file_count = 2}, &error);
    assert_true(cf_templates_visit_calls(t, note_call, calls, &error));
    assert_string_equal(calls, "url_for(index)@page.html:2 ");
    cf_templates_free(t);
    t = cf_templates_new(&(cf_templates_options){.files = files, .file_count = 3}, &error);
    assert_false(cf_templates_check(t, &error));
    assert_string_equal(error.file, "wrong.html");
    assert_int_equal(error.line, 2);
    cf_templates_free(t);
    cf_error_clear(&error);
    t = cf_templates_new(&(cf_templates_options){.files = files, .file_count = 1}, &error);
    assert_false(cf_templates_check(t, &error));
    assert_string_equal(error.type, "TemplateNotFound");
    cf_templates_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(children_fill_the_blocks_of_their_parents),
                                       cmocka_unit_test(blocks_can_be_named_again_by_self),
                                       cmocka_unit_test(scoped_blocks_see_loop_variables),
                                       cmocka_unit_test(required_blocks_must_be_filled),
                                       cmocka_unit_test(includes_see_the_variables_unless_told_not_to),
                                       cmocka_unit_test(imports_bring_macros_and_variables),
                                       cmocka_unit_test(missing_templates_are_named),
                                       cmocka_unit_test(errors_name_the_innermost_template),
                                       cmocka_unit_test(checking_compiles_everything_and_shows_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
