/* Autoescaping: what is escaped, what is safe, and how safety spreads. */
#include "support.h"

static void output_is_escaped(void **state)
{
    expect_escaped("{{ x }}|{{ '<' }}|<b>", CF_VARS(CF_VAR_AS("x", "<a href=\"'&\">")),
                   "&lt;a href=&#34;&#39;&amp;&#34;&gt;|&lt;|<b>");
    expect_escaped("{{ [x] }}", CF_VARS(CF_VAR_AS("x", "<")), "[&#39;&lt;&#39;]");
}

static void safe_values_are_not(void **state)
{
    const cf_named *const *vars = CF_VARS(CF_VAR_AS("m", cf_value_markup("<b>")), CF_VAR_AS("x", "<i>"));
    expect_escaped("{{ m }}{{ x|safe }}{{ x|e }}{{ m|e }}{{ m|forceescape }}", vars, "<b><i>&lt;i&gt;<b>&lt;b&gt;");
    expect_escaped("{{ m ~ x }}{{ m + x }}{{ m|upper }}{{ [m, x]|join('<') }}", vars,
                   "<b>&lt;i&gt;<b>&lt;i&gt;<B><b>&lt;&lt;i&gt;");
    expect_escaped("{{ '<%s>'|safe|format(x) }}{{ ('{}'|safe).format(x) }}{{ m.replace('b', x) }}", vars,
                   "<&lt;i&gt;>&lt;i&gt;<&lt;i&gt;>");
    expect_escaped("{{ m is escaped }}{{ x is escaped }}{{ m.striptags() }}|{{ ('&lt;'|safe).unescape() }}", vars,
                   "TrueFalse|&lt;");
}

static void macros_and_blocks_give_safe_text(void **state)
{
    expect_escaped("{% macro m(a) %}<i>{{ a }}</i>{% endmacro %}{{ m('<') }}{% set s %}<p>{{ '<' }}{% endset %}{{ s }}",
                   NULL, "<i>&lt;</i><p>&lt;");
}

static void regions_switch_it(void **state)
{
    expect_escaped("{% autoescape false %}{{ '<' }}{% endautoescape %}{{ '<' }}", NULL, "<&lt;");
    expect_escaped("{% autoescape on %}{{ x }}{% endautoescape %}{{ x }}",
                   CF_VARS(CF_VAR_AS("on", false), CF_VAR_AS("x", "<")), "<&lt;");
}

static void names_decide_by_default(void **state)
{
    const char *const    pairs[] = {"a.html", "{{ '<' }}", "a.txt", "{{ '<' }}", "A.XML", "{{ '<' }}", NULL};
    cf_templates_options o = {.load = load_pairs, .data = (void *)(uintptr_t)pairs};
    const char *const    wanted[] = {"a.html", "&lt;", "a.txt", "<", "A.XML", "&lt;"};
    for (size_t i = 0; i < 6; i += 2) {
        cf_error error = {0};
        char    *got = render_with(o, wanted[i], NULL, NULL, &error);
        assert_non_null(got);
        assert_string_equal(got, wanted[i + 1]);
        free(got);
    }
}

static void attributes_are_safe(void **state)
{
    expect_escaped("<a{{ {'class': x, 'id': none, 'n': 1}|xmlattr }}>", CF_VARS(CF_VAR_AS("x", "\"><script>")),
                   "<a class=\"&#34;&gt;&lt;script&gt;\" n=\"1\">");
    cf_error error = {0};
    assert_null(render_with((cf_templates_options){0}, NULL, "{{ {'a b': 1}|xmlattr }}", NULL, &error));
    assert_string_equal(error.type, "ValueError");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(output_is_escaped),
                                       cmocka_unit_test(safe_values_are_not),
                                       cmocka_unit_test(macros_and_blocks_give_safe_text),
                                       cmocka_unit_test(regions_switch_it),
                                       cmocka_unit_test(names_decide_by_default),
                                       cmocka_unit_test(attributes_are_safe)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
