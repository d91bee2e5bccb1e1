/* Hostile and runaway templates end with an error. */
#include "support.h"

static void expect_limit(cf_templates_options o, const char *text, const char *type, cf_code code)
{
    cf_error error = {0};
    char    *got = render_with(o, NULL, text, NULL, &error);
    if (got) fail_msg("%s was rendered", text);
    if (error.code != code || strcmp(error.type, type) != 0)
        fail_msg("%s: %s %s, not %s: %s", text, cf_code_name(error.code), error.type, type, error.message);
}

static void endless_loops_end(void **state)
{
    cf_templates_options o = {.step_limit = 100000};
    expect_limit(o, "{% for i in range(10**12) %}{% endfor %}", "TemplateRuntimeError", CF_ERR_LIMIT);
    expect_limit(o, "{{ range(10**12)|sum }}", "TemplateRuntimeError", CF_ERR_LIMIT);
    expect_limit(o, "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}",
                 "TemplateRuntimeError", CF_ERR_LIMIT);
    expect_limit(o, "{% set l = [1] %}{% for i in l %}{% do l.append(1) %}{% endfor %}", "TemplateRuntimeError",
                 CF_ERR_LIMIT);
    expect_limit(o, "{{ 5000001 in range(10**12)|map('string')|list }}", "TemplateRuntimeError", CF_ERR_LIMIT);
}

static void time_is_limited(void **state)
{
    expect_limit((cf_templates_options){.time_limit = 30, .step_limit = UINT64_MAX},
                 "{% for i in range(10**15) %}{% endfor %}", "TemplateRuntimeError", CF_ERR_LIMIT);
}

static void recursion_ends(void **state)
{
    cf_templates_options o = {0};
    expect_limit(o, "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError", CF_ERR_LIMIT);
    expect_limit(o, "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}", "RecursionError", CF_ERR_LIMIT);
    expect_limit(o, "{% block a %}{{ self.a() }}{% endblock %}", "RecursionError", CF_ERR_LIMIT);
    expect_limit(o, "{% set l = [] %}{% do l.append(l) %}{{ l }}", "RecursionError", CF_ERR_TEMPLATE);
    expect_limit(o, "{% set l = [] %}{% do l.append(l) %}{% set m = [] %}{% do m.append(m) %}{{ l == m }}",
                 "RecursionError", CF_ERR_TEMPLATE);
    expect_limit(o, "{% set l = [] %}{% do l.append(l) %}{{ l|tojson }}", "RecursionError", CF_ERR_TEMPLATE);
    expect_limit(o, "{% set l = [] %}{% do l.append(l) %}{{ l|pprint }}", "RecursionError", CF_ERR_TEMPLATE);
    const char *const pairs[] = {"a", "{% include 'b' %}", "b", "{% include 'a' %}", "c", "{% extends 'c' %}", NULL};
    cf_error          error = {0};
    o = (cf_templates_options){.load = load_pairs, .data = (void *)(uintptr_t)pairs};
    assert_null(render_with(o, "a", NULL, NULL, &error));
    assert_string_equal(error.type, "RecursionError");
    cf_error_clear(&error);
    assert_null(render_with(o, "c", NULL, NULL, &error));
    assert_string_equal(error.type, "RecursionError");
}

static void output_is_limited(void **state)
{
    cf_templates_options o = {.output_limit = 1000};
    expect_limit(o, "{% for i in range(1000) %}xxxxxxxxxx{% endfor %}", "TemplateRuntimeError", CF_ERR_LIMIT);
    cf_error error = {0};
    char    *got = render_with(o, NULL, "{% for i in range(90) %}xxxxxxxxxx{% endfor %}", NULL, &error);
    assert_non_null(got);
    assert_int_equal(strlen(got), 900);
    free(got);
}

static void memory_is_limited(void **state)
{
    cf_templates_options o = {.memory_limit = 1000000};
    expect_limit(o, "{{ 'a' * 10**9 }}", "MemoryError", CF_ERR_MEMORY);
    expect_limit(o, "{{ [0] * 10**9 }}", "MemoryError", CF_ERR_MEMORY);
    expect_limit(o,
                 "{% set x = 'aaaaaaaaaa' %}{% for i in range(60) %}{% set x = x ~ x %}{% endfor %}{% set ns = "
                 "namespace(x='a') %}"
                 "{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                 "MemoryError", CF_ERR_MEMORY);
    expect_limit(o, "{{ range(10**9)|list }}", "MemoryError", CF_ERR_MEMORY);
    expect_limit(o, "{{ '%1000000000d' % 1 }}", "MemoryError", CF_ERR_MEMORY);
    expect_limit(o, "{{ 2 ** 10000000 }}", "OverflowError", CF_ERR_TEMPLATE);
}

static void the_callers_buffer_keeps_its_own_limit(void **state)
{
    cf_error      error = {0};
    cf_buffer     out = {.limit = 50};
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_templates *t = cf_templates_new(NULL, &error);
    assert_false(cf_template_render_text(t, "{{ 'x' * 100 }}", arena, NULL, NULL, &out, &error));
    assert_int_equal(out.limit, 50);
    assert_int_equal(out.size, 0);
    assert_false(out.failed);
    cf_error_clear(&error);
    assert_true(cf_template_render_text(t, "{{ 'x' * 20 }}", arena, NULL, NULL, &out, &error));
    assert_int_equal(out.size, 20);
    cf_buffer_free(&out);
    cf_templates_free(t);
    cf_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_loops_end), cmocka_unit_test(time_is_limited),
        cmocka_unit_test(recursion_ends),    cmocka_unit_test(output_is_limited),
        cmocka_unit_test(memory_is_limited), cmocka_unit_test(the_callers_buffer_keeps_its_own_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
