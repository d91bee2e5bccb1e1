/* Expressions, statements, filters and tests as Jinja2 has them; the shared vectors go further. */
#include "support.h"

static void operators_follow_python(void **state)
{
    expect("{{ 7 // -2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7 / 2 }} {{ -2 ** 2 }}", "-4 2 1024 0.5 3.5 4");
    expect("{{ 2 ** 100 }} {{ 2 ** 100 // 3 ** 20 % 1000 }} {{ -(2 ** 70) }}",
           "1267650600228229401496703205376 726 -1180591620717411303424");
    expect("{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' in 'abc' }} {{ 3 not in [1] }} {{ 1 == 1.0 }}",
           "True False True True True");
    expect("{{ 0 or 'x' }} {{ 1 and 0 }} {{ not 1 }} {{ 'a' ~ 1 ~ none }} {{ 'yes' if 0 else 'no' }}|{{ 'x' if 0 }}|",
           "x 0 False a1None no||");
    expect_error("{{ 1 + 'a' }}", "TypeError", 1);
    expect_error("{{ 1 / 0 }}", "ZeroDivisionError", 1);
}

static void slices_and_items(void **state)
{
    expect("{{ 'hello'[1:3] }} {{ [1,2,3][::-1] }} {{ (1,2,3)[-1] }} {{ {'a': 1}['a'] }} {{ {'a': 1}.a }} {{ "
           "'h\xc3\xa9llo'[1] }}",
           "el [3, 2, 1] 3 1 1 \xc3\xa9");
}

static void loops_know_where_they_are(void **state)
{
    expect("{% for i in 'abc' %}{{ loop.index }}/{{ loop.length }}{{ i }}{{ ', ' if not loop.last }}{% endfor %}",
           "1/3a, 2/3b, 3/3c");
    expect("{% for i in [] %}x{% else %}none{% endfor %}", "none");
    expect("{% for k, v in {'a': 1, 'b': 2}.items() if v > 1 %}{{ loop.index }}{{ k }}{% endfor %}", "1b");
    expect("{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i "
           "}}{% endfor %}",
           "013");
    expect("{% for n in [{'v': 1, 'c': [{'v': 2, 'c': []}]}] recursive %}{{ n.v }}{{ loop.depth }}({{ loop(n.c) }}){% "
           "endfor %}",
           "11(22())");
    expect("{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{{ loop.cycle('a', 'b') }}{{ loop.previtem }};{% endfor %}",
           "Truea;Falseb1;Truea1;");
}

static void assignments_stay_in_their_scope(void **state)
{
    expect("{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "231");
    expect("{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "3");
    expect("{% if true %}{% set y = 5 %}{% endif %}{{ y }}{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
           "53");
    expect("{% set a, b = 1, (2, 3) %}{{ a }}{{ b[1] }}{% set t | upper %}x{{ a }}{% endset %}{{ t }}", "13X1");
}

static void macros_take_arguments(void **state)
{
    expect("{% macro m(a, b=2, c='z') %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}|{{ m(1, "
           "c=3) }}|{{ m(1, 2, 3, 4, k=5) }}",
           "12z(){}|123(){}|123(4,){'k': 5}");
    expect("{% macro m() %}[{{ caller(1) }}]{% endmacro %}{% call(x) m() %}{{ x + 1 }}{% endcall %}", "[2]");
    expect("{% macro fact(n) %}{{ n * fact(n - 1)|int if n > 1 else 1 }}{% endmacro %}{{ fact(10) }}", "3628800");
    expect_error("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "TypeError", 1);
}

static void filters_in_a_row(void **state)
{
    expect("{{ [3, 1, 2]|sort|join('-') }} {{ 'a b'|title }} {{ ['a', 'B']|map('upper')|list }} {{ [1, 2, "
           "3]|select('odd')|sum }}",
           "1-2-3 A B ['A', 'B'] 4");
    expect("{{ 2.675|round(2) }} {{ 2.5|round }} {{ 42.55|round(1, 'floor') }} {{ 1234567|filesizeformat }}",
           "2.67 2.0 42.5 1.2 MB");
    expect("{{ {'b': 1, 'a': [1, 2.5, none, '<']}|tojson }}", "{\"a\": [1, 2.5, null, \"\\u003c\"], \"b\": 1}");
    expect("{{ 'see http://example.com.'|urlize }}",
           "see <a href=\"http://example.com\" rel=\"noopener\">http://example.com</a>.");
    expect("{{ 'a long text here'|truncate(9) }}|{{ 'the quick brown'|wordwrap(9) }}|{{ 'x'|center(5) }}|",
           "a...|the quick\nbrown|  x  |");
    expect("{% for g, items in [{'k': 1}, {'k': 2}, {'k': 1}]|groupby('k') %}{{ g }}:{{ items|length }} {% endfor %}",
           "1:2 2:1 ");
}

static void texts_are_formatted_as_python_does(void **state)
{
    expect("{{ '%05.1f|%-5s|%x|%s' % (3.14159, 'ab', 255, [1]) }}", "003.1|ab   |ff|[1]");
    expect("{{ '{:>6}|{:,}|{:.2e}|{a[0]!r}'.format('x', 1234567, 12345.678, a=['q']) }}",
           "     x|1,234,567|1.23e+04|'q'");
}

static void undefined_has_four_kinds(void **state)
{
    cf_templates_options o = {.autoescape_mode = CF_AUTOESCAPE_NEVER};
    expect_options(o, "{{ x }}{{ x is defined }}{{ x|default('d') }}{% for i in x %}{% endfor %}", NULL, "Falsed");
    o.undefined = CF_UNDEFINED_DEBUG;
    expect_options(o, "{{ x }}", NULL, "{{ x }}");
    o.undefined = CF_UNDEFINED_CHAINABLE;
    expect_options(o, "{{ x.y['z'] }}", NULL, "");
    expect_error("{{ x.y }}", "UndefinedError", 1);
    cf_error error = {0};
    o.undefined = CF_UNDEFINED_STRICT;
    assert_null(render_with(o, NULL, "\n{{ x }}", NULL, &error));
    assert_string_equal(error.type, "UndefinedError");
    assert_string_equal(error.message, "'x' is undefined");
    assert_int_equal(error.line, 2);
}

static const char *shout(cf_call *call, void *data, const char *context, const char *message, const char *plural,
                         int64_t count)
{
    *(int *)data += 1;
    if (context) return "in context";
    if (strcmp(message, "hello %(name)s") == 0) return "HALLO %(name)s";
    return plural && count != 1 ? plural : message;
}

static void messages_are_translated_by_the_callback(void **state)
{
    int                  calls = 0;
    cf_templates_options o = {.gettext = shout, .gettext_data = &calls, .autoescape_mode = CF_AUTOESCAPE_ALWAYS};
    expect_options(o, "{% trans name='<A>' %}hello {{ name }}{% endtrans %}", NULL, "HALLO &lt;A&gt;");
    expect_options(o, "{% trans n=2 %}{{ n }} file{% pluralize %}{{ n }} files, 100%{% endtrans %}", NULL,
                   "2 files, 100%");
    expect_options(
        o, "{% trans 'menu' trimmed %}\n  a\n  b {% endtrans %}{{ _('x') }}{{ ngettext('%(num)s a', '%(num)s b', 3) }}",
        NULL, "in contextx3 b");
    assert_int_equal(calls, 5);
}

static void dates_print_and_format(void **state)
{
    cf_datetime moment;
    assert_true(cf_datetime_parse("2024-03-05T14:07:09", 19, &moment));
    expect_options((cf_templates_options){0},
                   "{{ at }} {{ at.year }} {{ at.strftime('%d.%m.%Y %H:%M %j %a') }} {{ at.date() }}",
                   CF_VARS(CF_VAR_AS("at", moment)), "2024-03-05 14:07:09 2024 05.03.2024 14:07 065 Tue 2024-03-05");
}

static void json_documents_are_looked_into(void **state)
{
    cf_json j = {"{\"a\": [1, {\"b\": \"<\"}]}"};
    expect_options((cf_templates_options){0}, "{{ j.a[1].b }}{{ j.a|length }}{% for k in j %}{{ k }}{% endfor %}",
                   CF_VARS(CF_VAR(j)), "&lt;2a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(operators_follow_python),
                                       cmocka_unit_test(slices_and_items),
                                       cmocka_unit_test(loops_know_where_they_are),
                                       cmocka_unit_test(assignments_stay_in_their_scope),
                                       cmocka_unit_test(macros_take_arguments),
                                       cmocka_unit_test(filters_in_a_row),
                                       cmocka_unit_test(texts_are_formatted_as_python_does),
                                       cmocka_unit_test(undefined_has_four_kinds),
                                       cmocka_unit_test(messages_are_translated_by_the_callback),
                                       cmocka_unit_test(dates_print_and_format),
                                       cmocka_unit_test(json_documents_are_looked_into)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
