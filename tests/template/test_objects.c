/* Structs, lists and functions of the program in templates. */
#include "support.h"

typedef struct person {
    int64_t       id;
    const char   *name;
    cf_null_int32 age;
    char          code[4];
    bool          active;
} person;

static bool full_name(cf_call *call, cf_object *self, const cf_member *member, cf_value *out)
{
    person *p = cf_object_data(self);
    char   *text = cf_arena_printf(call->arena, "%s (%s)", p->name, (const char *)member->data);
    *out = cf_value_text(text);
    return text != NULL;
}

static cf_answer person_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    person *p = cf_object_data(self);
    if (size == 5 && !memcmp(name, "greet", 5)) {
        const cf_value *with = cf_call_named(call, "with");
        char           *text = cf_arena_printf(call->arena, "%.*s %s %zu", with ? (int)with->size : 2,
                                     with ? with->as.text : "hi", p->name, call->argument_count);
        *out = cf_value_text(text);
        return text ? CF_YES : CF_FAILED;
    }
    if (size == 4 && !memcmp(name, "fail", 4)) {
        cf_fail(call->error, CF_ERR_MISUSE, "%s refuses", p->name);
        return CF_FAILED;
    }
    return CF_NO;
}

static bool person_html(cf_call *call, cf_object *self, cf_buffer *out)
{
    person *p = cf_object_data(self);
    cf_buffer_text(out, "<b>");
    cf_buffer_html(out, p->name, strlen(p->name));
    cf_buffer_text(out, "</b>");
    return true;
}

static cf_answer person_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    if (size < 2 || memcmp(name, "x_", 2) != 0) return CF_NO;
    *out = cf_value_text_n(name + 2, size - 2);
    return CF_YES;
}

static const cf_member person_members[] = {
    {"id", CF_TYPE_INT64, offsetof(person, id), sizeof(int64_t), NULL, NULL},
    {"name", CF_TYPE_TEXT, offsetof(person, name), sizeof(char *), NULL, NULL},
    {"age", CF_TYPE_INT32 | CF_TYPE_NULLABLE, offsetof(person, age), sizeof(cf_null_int32), NULL, NULL},
    {"code", CF_TYPE_CHARS, offsetof(person, code), 4, NULL, NULL},
    {"active", CF_TYPE_BOOL, offsetof(person, active), sizeof(bool), NULL, NULL},
    {"full", CF_TYPE_NONE, 0, 0, full_name, "data"}};
static const cf_class  person_class = {.name = "Person",
                                       .data_offset = CF_HEADER_SIZE,
                                       .members = person_members,
                                       .member_count = 6,
                                       .attribute = person_attribute,
                                       .method = person_method,
                                       .html = person_html};
static const cf_member other_members[] = {{"name", CF_TYPE_INT64, offsetof(person, id), sizeof(int64_t), NULL, NULL}};
static const cf_class  other_class = {
     .name = "Other", .data_offset = CF_HEADER_SIZE, .members = other_members, .member_count = 1};

typedef struct people {
    person *items[3];
} people;

static cf_answer next_person(cf_call *call, cf_iterator *it, cf_value *out)
{
    people *all = it->state;
    if (it->index >= 3) return CF_NO;
    *out = cf_value_object(cf_object_of(all->items[it->index++]));
    return CF_YES;
}

static bool people_iterate(cf_call *call, cf_object *self, cf_iterator *it)
{
    it->next = next_person;
    it->state = cf_object_data(self);
    it->length = 3;
    return true;
}

static size_t people_length(cf_call *call, cf_object *self)
{
    return 3;
}

static const cf_class people_class = {
    .name = "People", .data_offset = CF_HEADER_SIZE, .iterate = people_iterate, .length = people_length};

static people *make_people(cf_arena *arena)
{
    people *all = cf_arena_object(arena, &people_class, sizeof *all);
    for (int i = 0; i < 3; i++) {
        person *p = cf_arena_object(arena, i == 2 ? &other_class : &person_class, sizeof *p);
        *p = (person){.id = i + 1, .name = i ? "Bob" : "<Ada>", .code = {'a', 'b', 'c', 'd'}, .active = i == 0};
        if (i == 0) p->age = (cf_null_int32)CF_SOME(36);
        all->items[i] = p;
    }
    return all;
}

typedef struct setup {
    cf_arena     *arena;
    cf_templates *templates;
    cf_buffer     out;
    cf_error      error;
} setup;

static void render_people(setup *s, const char *text, bool wanted)
{
    s->arena = cf_arena_new(NULL, 0);
    s->templates = cf_templates_new(NULL, &s->error);
    people *all = make_people(s->arena);
    person *first = all->items[0];
    bool ok = cf_template_render_text(s->templates, text, s->arena, CF_VARS(CF_VAR(all), CF_VAR(first)), NULL, &s->out,
                                      &s->error);
    if (ok != wanted) fail_msg("%s: %s", text, s->error.message);
}

static void done(setup *s)
{
    cf_buffer_free(&s->out);
    cf_templates_free(s->templates);
    cf_arena_free(s->arena);
}

static void expect_people(const char *text, const char *wanted)
{
    setup s = {0};
    render_people(&s, text, true);
    assert_string_equal(s.out.data ? s.out.data : "", wanted);
    done(&s);
}

static void members_are_read_at_their_offsets(void **state)
{
    expect_people(
        "{{ first.id }} {{ first.name }} {{ first.age }} {{ first.code }} {{ first.active }} {{ first.full }}",
        "1 &lt;Ada&gt; 36 abcd True &lt;Ada&gt; (data)");
    expect_people("{{ first['name'] }}{{ first.nothing }}|{{ first.x_y }}|{{ all.nothing is defined }}",
                  "&lt;Ada&gt;|y|False");
}

static void one_place_sees_objects_of_several_classes(void **state)
{
    expect_people("{% for p in all %}{{ p.name }};{% set n = p.name %}{{ n }} {% endfor %}",
                  "&lt;Ada&gt;;&lt;Ada&gt; Bob;Bob 3;3 ");
}

static void objects_are_iterated_measured_and_printed(void **state)
{
    expect_people("{% for p in all %}{{ loop.index }}/{{ loop.length }}{% endfor %} {{ all|length }} {{ all[1].id }} "
                  "{{ all[-1].name }} {{ all[:2]|length }}",
                  "1/32/33/3 3 2 3 2");
    expect_people("{{ first }} {{ all[:2]|map(attribute='id')|list }} {{ all[:2]|sort(attribute='id', "
                  "reverse=true)|map(attribute='id')|first }}",
                  "<b>&lt;Ada&gt;</b> [1, 2] 2");
}

static void methods_get_their_arguments(void **state)
{
    expect_people("{{ first.greet() }}|{{ first.greet(1, 2, with='yo') }}|{{ first.greet(*[1], **{'with': 'o'}) }}",
                  "hi &lt;Ada&gt; 0|yo &lt;Ada&gt; 2|o &lt;Ada&gt; 1");
}

static void failures_of_methods_end_the_rendering(void **state)
{
    setup s = {0};
    render_people(&s, "a\n{{ first.fail() }}", false);
    assert_int_equal(s.error.code, CF_ERR_MISUSE);
    assert_string_equal(s.error.message, "<Ada> refuses");
    assert_int_equal(s.error.line, 2);
    assert_int_equal(s.out.size, 0);
    done(&s);
}

static void pointers_from_elsewhere_are_refused_by_name(void **state)
{
    cf_arena     *arena = cf_arena_new(NULL, 0), *other = cf_arena_new(NULL, 0);
    cf_error      error = {0};
    cf_buffer     out = {0};
    cf_templates *t = cf_templates_new(NULL, &error);
    people       *strangers = make_people(other);
    assert_true(cf_template_render_text(t, "unused", arena, CF_VARS(CF_VAR(strangers)), NULL, &out, &error));
    assert_false(cf_template_render_text(t, "{{ strangers }}", arena, CF_VARS(CF_VAR(strangers)), NULL, &out, &error));
    assert_non_null(strstr(error.message, "'strangers'"));
    cf_buffer_free(&out);
    cf_templates_free(t);
    cf_arena_free(arena);
    cf_arena_free(other);
}

/* ---- own filters, tests, functions ---------------------------------------------------------- */

static bool twice(cf_call *call, cf_value *out)
{
    cf_value text = cf_template_text(call, call->arguments[0]);
    if (text.kind == CF_UNDEFINED) return false;
    char *both = cf_arena_printf(call->arena, "%.*s%.*s%s", (int)text.size, text.as.text, (int)text.size, text.as.text,
                                 call->context ? (const char *)call->context : "");
    *out = cf_value_text(both);
    return both != NULL;
}

static bool is_short(cf_call *call, cf_value *out)
{
    *out = cf_value_bool(cf_value_is_text(call->arguments[0]) && call->arguments[0].size < 3);
    return true;
}

static bool add_one(cf_call *call, cf_value *out)
{
    cf_value argument = cf_value_int(*(int *)call->request);
    if (call->argument_count) {
        cf_call inner = *call;
        inner.arguments = &argument;
        inner.argument_count = 1;
        return cf_template_call(&inner, call->arguments[0], out);
    }
    *out = cf_value_int(*(int *)call->request + 1);
    return true;
}

static bool refuse(cf_call *call, cf_value *out)
{
    return cf_fail(call->error, CF_ERR_RANGE, "not today");
}

static void the_program_adds_filters_tests_and_functions(void **state)
{
    cf_error      error = {0};
    cf_buffer     out = {0};
    cf_arena     *arena = cf_arena_new(NULL, 0);
    int           request = 41;
    cf_templates *t = cf_templates_new(NULL, &error);
    assert_true(cf_templates_add_filter(t, "twice", twice, (void *)(uintptr_t) "!"));
    assert_true(cf_templates_add_filter(t, "upper", twice, NULL));
    assert_true(cf_templates_add_test(t, "short", is_short, NULL));
    assert_true(cf_templates_add_function(t, "next", add_one, NULL));
    assert_true(cf_templates_add_function(t, "refuse", refuse, NULL));
    assert_true(cf_templates_add_global(t, "answer", cf_value_int(42)));
    assert_true(cf_template_render_text(t,
                                        "{{ 'a'|twice }}{{ 1|upper }}{{ ['b']|map('twice')|first }}{{ 'ab' is short "
                                        "}}{{ ['a', 'long']|select('short')|list|length }}"
                                        "{{ next() }}{{ answer }}{% macro m(x) %}<{{ x }}>{% endmacro %}{{ next(m) }}",
                                        arena, NULL, &request, &out, &error));
    assert_string_equal(out.data, "aa!11bb!True14242<41>");
    assert_false(cf_template_render_text(t, "{{ refuse() }}", arena, NULL, &request, &out, &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
    assert_string_equal(out.data, "aa!11bb!True14242<41>");
    cf_buffer_free(&out);
    cf_arena_free(arena);
    cf_templates_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members_are_read_at_their_offsets),
                                       cmocka_unit_test(one_place_sees_objects_of_several_classes),
                                       cmocka_unit_test(objects_are_iterated_measured_and_printed),
                                       cmocka_unit_test(methods_get_their_arguments),
                                       cmocka_unit_test(failures_of_methods_end_the_rendering),
                                       cmocka_unit_test(pointers_from_elsewhere_are_refused_by_name),
                                       cmocka_unit_test(the_program_adds_filters_tests_and_functions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
