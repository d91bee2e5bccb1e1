/* Every allocation of a rendering may fail: an error, no crash, no leak. */
#include "support.h"

#include "base/memory.h"

static const char *const pairs[] = {
    "base",
    "{% block title %}t{% endblock %}{% block body scoped %}{% endblock %}{{ self.title() }}",
    "lib",
    "{% macro field(name, kind='text') %}<input name={{ name }} {{ kwargs|xmlattr }}>{{ caller() if caller }}{% "
    "endmacro %}{% set v = [1, 2] %}",
    "part",
    "{{ x }}{{ loop.index if loop }}",
    "page",
    "{% extends 'base' %}{% import 'lib' as lib %}{% from 'lib' import field, v with context %}"
    "{% block title %}{{ super() }}{{ 'a b'|title|replace('A', '<')|upper ~ 1.5 }}{% endblock %}"
    "{% block body %}{% for u in users|sort(attribute='n') if u.n %}{% include 'part' %}{{ loop.index }}{{ u.name|e "
    "}}{{ loop.cycle(1, 2) }}{% else %}-{% endfor %}"
    "{% for i in [[1], 2] recursive %}{{ loop(i) if i is iterable else i }}{% endfor %}"
    "{% call lib.field('n', class='c') %}x{% endcall %}{{ field('m') }}{% set s %}{{ v|map('string')|join('<') }}{% "
    "endset %}{{ s }}"
    "{% filter indent|wordwrap(10) %}{{ users|groupby('n')|list|length }} www.example.com{% endfilter %}{{ "
    "'www.example.com'|urlize }}"
    "{{ '%s %05.2f' % (users[0].name, 2.5) }}{{ '{0:>5}{a!r}'.format(1, a='b') }}{{ 2 ** 100 // 7 }}{{ {'b': [1, "
    "none], 'a': x}|tojson(1) }}"
    "{% trans n=2, name=x %}{{ name }} one{% pluralize %}{{ name }} {{ n }}{% endtrans %}{{ lipsum(1, false, 3, "
    "5)|length > 3 }}"
    "{{ dict(a=1, **{'b': 2})|dictsort|list|pprint }}{{ namespace(a=x).a }}{{ 'a,b'.split(',')|batch(1, 0)|list }}{{ "
    "x[::-1] }}{{ missing }}{% endblock %}",
    NULL};

static bool render_page(cf_error *error, cf_buffer *out)
{
    bool      ok = false;
    cf_arena *arena = cf_arena_new(NULL, 0);
    if (arena) {
        cf_list *users = cf_list_new(arena, 4);
        for (int i = 0; users && i < 3; i++) {
            cf_dict *user = cf_dict_new(arena, 2);
            if (!user) break;
            cf_dict_set_text(user, "name", cf_value_text("<A>"));
            cf_dict_set_text(user, "n", cf_value_int(3 - i));
            cf_list_add(users, cf_value_dict(user));
        }
        if (!cf_arena_failed(arena)) {
            cf_templates *t = cf_templates_new(&(cf_templates_options){.load = load_pairs,
                                                                       .data = (void *)(uintptr_t)pairs,
                                                                       .autoescape_mode = CF_AUTOESCAPE_ALWAYS},
                                               error);
            ok = t && cf_template_render(t, "page", arena, CF_VARS(CF_VAR(users), CF_VAR_AS("x", "x\xc3\xa9<")), NULL,
                                         out, error);
            cf_templates_free(t);
        }
        cf_arena_free(arena);
    }
    return ok;
}

static void each_allocation_may_fail(void **state)
{
    cf_error  error = {0};
    cf_buffer out = {0};
    long      before = cf_mem_count();
    if (!render_page(&error, &out)) fail_msg("%s:%d %s", error.file, error.line, error.message);
    long  count = cf_mem_count() - before;
    char *wanted = strdup(out.data);
    cf_buffer_free(&out);
    assert_true(count > 50);
    for (long n = 1; n <= count + 1; n++) {
        for (int stay = 0; stay < 2; stay++) {
            cf_error_clear(&error);
            cf_mem_fail_at(n, stay);
            bool ok = render_page(&error, &out);
            cf_mem_fail_at(0, false);
            if (ok) assert_string_equal(out.data, wanted);
            else assert_int_equal(out.size, 0);
            if (!ok && n > count) fail_msg("allocation %ld: %s", n, error.message);
            cf_buffer_free(&out);
        }
    }
    free(wanted);
}

static void a_failed_template_can_be_tried_again(void **state)
{
    cf_error      error = {0};
    cf_buffer     out = {0};
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_templates *t =
        cf_templates_new(&(cf_templates_options){.load = load_pairs, .data = (void *)(uintptr_t)pairs}, &error);
    cf_mem_fail_at(3, true);
    assert_false(cf_template_render(t, "lib", arena, NULL, NULL, &out, &error));
    cf_mem_fail_at(0, false);
    assert_int_equal(error.code, CF_ERR_MEMORY);
    cf_error_clear(&error);
    cf_arena_reset(arena);
    assert_true(cf_template_render(t, "lib", arena, NULL, NULL, &out, &error));
    cf_buffer_free(&out);
    cf_templates_free(t);
    cf_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail),
                                       cmocka_unit_test(a_failed_template_can_be_tried_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
