/* What the template tests share: rendering a text or a set of named templates, and comparing. */
#ifndef TEST_TEMPLATE_SUPPORT_H
#define TEST_TEMPLATE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <carafe/template.h>
#include <stdio.h>
#include <stdlib.h>

/* Pairs of name and text, ended by NULL, for the loader below. */
static cf_answer load_pairs(void *data, const char *name, cf_arena *arena, cf_template_source *out, cf_error *error)
{
    (void)arena;
    (void)error;
    for (const char *const *pair = data; pair && *pair; pair += 2)
        if (strcmp(pair[0], name) == 0) {
            *out = (cf_template_source){.text = pair[1], .size = strlen(pair[1])};
            return CF_YES;
        }
    return CF_NO;
}

/* Renders `text` (or the template `name`) and returns what came out, to be freed; NULL after an error. */
static inline char *render_with(cf_templates_options options, const char *name, const char *text,
                                const cf_named *const *vars, cf_error *error)
{
    cf_arena     *arena = cf_arena_new(NULL, 0);
    cf_buffer     out = {0};
    char         *result = NULL;
    cf_templates *templates = cf_templates_new(&options, error);
    assert_non_null(templates);
    bool ok = name ? cf_template_render(templates, name, arena, vars, NULL, &out, error)
                   : cf_template_render_text(templates, text, arena, vars, NULL, &out, error);
    assert_int_equal(ok, error->code == CF_OK);
    if (ok) result = strdup(out.data ? out.data : "");
    else assert_int_equal(out.size, 0);
    cf_buffer_free(&out);
    cf_arena_free(arena);
    static char file[200];
    if (error->file) error->file = strncpy(file, error->file, sizeof file - 1);
    cf_templates_free(templates);
    return result;
}

static inline void expect_options(cf_templates_options options, const char *text, const cf_named *const *vars,
                                  const char *wanted)
{
    cf_error error = {0};
    char    *got = render_with(options, NULL, text, vars, &error);
    if (!got) fail_msg("%s: %s (line %d): %s", text, error.type ? error.type : "?", error.line, error.message);
    assert_string_equal(got, wanted);
    free(got);
}

static inline void expect(const char *text, const char *wanted)
{
    expect_options((cf_templates_options){.autoescape_mode = CF_AUTOESCAPE_NEVER}, text, NULL, wanted);
}

static inline void expect_escaped(const char *text, const cf_named *const *vars, const char *wanted)
{
    expect_options((cf_templates_options){.autoescape_mode = CF_AUTOESCAPE_ALWAYS}, text, vars, wanted);
}

static inline void expect_error(const char *text, const char *type, int line)
{
    cf_error error = {0};
    char    *got = render_with((cf_templates_options){0}, NULL, text, NULL, &error);
    if (got) fail_msg("%s: gave %s, not %s", text, got, type);
    if (!error.type) fail_msg("%s: an error without a class: %s", text, error.message);
    if (strcmp(error.type, type) != 0) fail_msg("%s: %s, not %s: %s", text, error.type, type, error.message);
    assert_int_equal(error.line, line);
    assert_true(error.message[0] != '\0');
}

static inline void expect_pairs(const char *const *pairs, const char *name, const cf_named *const *vars,
                                const char *wanted)
{
    cf_error             error = {0};
    cf_templates_options o = {
        .load = load_pairs, .data = (void *)(uintptr_t)pairs, .autoescape_mode = CF_AUTOESCAPE_NEVER};
    char *got = render_with(o, name, NULL, vars, &error);
    if (!got)
        fail_msg("%s: %s (%s:%d): %s", name, error.type ? error.type : "?", error.file, error.line, error.message);
    assert_string_equal(got, wanted);
    free(got);
}

#endif
