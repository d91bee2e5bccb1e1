/* Lexer and parser: delimiters, whitespace control, and where mistakes are reported. */
#include "support.h"

static void trailing_newline_goes_unless_kept(void **state)
{
    expect("a\n", "a");
    expect("a\n\n", "a\n");
    expect_options((cf_templates_options){.keep_trailing_newline = true}, "a\n", NULL, "a\n");
}

static void minus_signs_strip_white_space(void **state)
{
    expect("a \n {%- if true -%} \n b \n {%- endif %} c", "ab c");
    expect("a {{- 1 -}} b", "a1b");
    expect("a {#- x -#} b", "ab");
    expect("{%- raw -%} {{ x }} {%- endraw -%} b", "{{ x }}b");
}

static void blocks_are_trimmed_on_request(void **state)
{
    cf_templates_options o = {.trim_blocks = true, .lstrip_blocks = true};
    expect_options(o, "<\n    {% if true %}\n    x\n    {% endif %}\n>", NULL, "<\n    x\n>");
    expect_options(o, "<\n    {%+ if true +%}\n    x\n    {% endif %}\n>", NULL, "<\n    \n    x\n>");
}

static void newlines_become_the_sequence_asked_for(void **state)
{
    expect_options((cf_templates_options){.newline_sequence = "\r\n"}, "a\nb\rc\r\nd", NULL, "a\r\nb\r\nc\r\nd");
}

static void delimiters_can_be_chosen(void **state)
{
    cf_templates_options o = {.block_start = "<%",
                              .block_end = "%>",
                              .variable_start = "${",
                              .variable_end = "}",
                              .comment_start = "<#",
                              .comment_end = "#>"};
    expect_options(o, "<% for i in [1, {'a': 2}.a] %>${i}<# no #><% endfor %>{{ x }}", NULL, "12{{ x }}");
}

static void delimiters_must_differ(void **state)
{
    cf_error error = {0};
    assert_null(cf_templates_new(&(cf_templates_options){.block_start = "{{"}, &error));
    assert_string_equal(error.type, "AssertionError");
    cf_error_clear(&error);
    assert_null(cf_templates_new(&(cf_templates_options){.newline_sequence = "x"}, &error));
}

static void line_statements_end_with_their_line(void **state)
{
    cf_templates_options o = {.line_statement_prefix = "#", .line_comment_prefix = "##"};
    expect_options(o, "# for i in [\n  1, 2]:\n<{{ i }}> ## note\n# endfor", NULL, "<1>\n<2>\n");
}

static void numbers_are_read_in_all_notations(void **state)
{
    expect("{{ 0xff }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1e3 }} {{ 2.5e-1 }} {{ 123456789012345678901234567890 }}",
           "255 5 15 1000 1000.0 0.25 123456789012345678901234567890");
}

static void strings_know_python_escapes(void **state)
{
    expect("{{ 'a\\x41\\u00e9\\t\\101\\q' }}", "aA\xc3\xa9\tA\\q");
    expect_error("{{ '\\x4' }}", "TemplateSyntaxError", 1);
}

static void mistakes_carry_their_line(void **state)
{
    expect_error("a\n{% if %}", "TemplateSyntaxError", 2);
    expect_error("a\n\n{{ 1 + }}", "TemplateSyntaxError", 3);
    expect_error("{% for x in y %}\n\n{{ x }}", "TemplateSyntaxError", 3);
    expect_error("\n{% nope %}", "TemplateSyntaxError", 2);
    expect_error("{{ (1, [2) }}", "TemplateSyntaxError", 1);
    expect_error("{# never closed", "TemplateSyntaxError", 1);
    expect_error("{{ ` }}", "TemplateSyntaxError", 1);
    expect_error("\n{{ x|nofilter }}", "TemplateAssertionError", 2);
    expect_error("{{ x is notest }}", "TemplateAssertionError", 1);
    expect_error("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", "TemplateAssertionError", 2);
    expect_error("{% for loop in [1] %}{% endfor %}", "TemplateAssertionError", 1);
}

static void unknown_filters_in_branches_fail_when_they_run(void **state)
{
    expect("{% if false %}{{ 1|nofilter }}{% endif %}ok", "ok");
    expect_error("{% if true %}\n{{ 1|nofilter }}{% endif %}", "TemplateRuntimeError", 2);
}

static void deep_nesting_is_refused(void **state)
{
    cf_buffer text = {0};
    cf_error  error = {0};
    cf_buffer_text(&text, "{{ ");
    for (int i = 0; i < 5000; i++) cf_buffer_char(&text, '(');
    char *got = render_with((cf_templates_options){0}, NULL, text.data, NULL, &error);
    assert_null(got);
    assert_string_equal(error.type, "TemplateSyntaxError");
    cf_buffer_clear(&text);
    cf_error_clear(&error);
    cf_buffer_text(&text, "{{ 0");
    for (int i = 0; i < 100000; i++) cf_buffer_text(&text, "+x");
    cf_buffer_text(&text, " }}");
    got = render_with((cf_templates_options){0}, NULL, text.data, NULL, &error);
    assert_null(got);
    assert_string_equal(error.type, "TemplateSyntaxError");
    cf_buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trailing_newline_goes_unless_kept),
                                       cmocka_unit_test(minus_signs_strip_white_space),
                                       cmocka_unit_test(blocks_are_trimmed_on_request),
                                       cmocka_unit_test(newlines_become_the_sequence_asked_for),
                                       cmocka_unit_test(delimiters_can_be_chosen),
                                       cmocka_unit_test(delimiters_must_differ),
                                       cmocka_unit_test(line_statements_end_with_their_line),
                                       cmocka_unit_test(numbers_are_read_in_all_notations),
                                       cmocka_unit_test(strings_know_python_escapes),
                                       cmocka_unit_test(mistakes_carry_their_line),
                                       cmocka_unit_test(unknown_filters_in_branches_fail_when_they_run),
                                       cmocka_unit_test(deep_nesting_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
