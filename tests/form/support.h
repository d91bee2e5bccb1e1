/* What the tests of forms share: an arena for each test, and input written as names and values. */
#ifndef TESTS_FORM_SUPPORT_H
#define TESTS_FORM_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <carafe/form.h>
#include <string.h>

static cf_arena *arena;
static cf_error  error;

static inline int set_up(void **state)
{
    (void)state;
    arena = cf_arena_new(NULL, 0);
    error = (cf_error){0};
    return arena ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    cf_arena_free(arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A submission: names and values in turn, ended by NULL. */
static inline cf_form_input submitted(const char *const *words)
{
    size_t count = 0;
    while (words[2 * count]) count++;
    cf_form_pair *pairs = cf_arena_array(arena, count, sizeof *pairs);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (cf_form_pair){words[2 * i], strlen(words[2 * i]), words[2 * i + 1], strlen(words[2 * i + 1])};
    return (cf_form_input){.submitted = true, .pairs = pairs, .pair_count = count};
}
#define SUBMITTED(...) submitted((const char *const[]){__VA_ARGS__, NULL})

static inline void *make(const cf_form_class *cls, cf_form_input input)
{
    void *form = cf_form_make(arena, cls, &input, &error);
    if (!form) fail_msg("%s", error.message);
    return form;
}
/* A form of class T from an input. */
#define MAKE(T, ...) ((T *)make(cf_form_class_##T(), __VA_ARGS__))

/* The only error of a field. */
#define assert_error(form, field, text)                           \
    do {                                                          \
        assert_int_equal(cf_form_error_count(form, field), 1);    \
        assert_string_equal(cf_form_error(form, field, 0), text); \
    } while (0)

static inline char *rendered(const void *form, const char *field, const cf_named *named, size_t count)
{
    cf_buffer out = {0};
    if (!cf_form_render(form, field, named, count, &out, &error)) fail_msg("%s", error.message);
    char *copy = cf_arena_text(arena, out.data, out.size);
    cf_buffer_free(&out);
    return copy;
}
#define assert_rendered(form, field, html) assert_string_equal(rendered(form, field, NULL, 0), html)

#endif
