/* Renders one template with tight limits; shared by the targets. */
#ifndef FUZZ_TEMPLATE_COMMON_H
#define FUZZ_TEMPLATE_COMMON_H

#include <carafe/template.h>

static const char library[] =
    "{% macro m(a, b=1) %}<{{ a }}{{ b }}{{ caller() if caller }}>{% endmacro %}{% set v = [1, 2] %}";
static const char parent[] =
    "[{% block a %}a{% endblock %}{% for i in l %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %}]";

static cf_answer fuzz_load(void *data, const char *name, cf_arena *arena, cf_template_source *out, cf_error *error)
{
    (void)data;
    (void)arena;
    (void)error;
    const char *text = strcmp(name, "lib") == 0 ? library : strcmp(name, "base") == 0 ? parent : NULL;
    if (!text) return CF_NO;
    out->text = text;
    out->size = strlen(text);
    return CF_YES;
}

static const char *fuzz_gettext(cf_call *call, void *data, const char *context, const char *message, const char *plural,
                                int64_t count)
{
    (void)call;
    (void)data;
    (void)context;
    return plural && count != 1 ? plural : message;
}

static void fuzz_render(unsigned options, const char *text)
{
    cf_templates_options o = {.load = fuzz_load,
                              .gettext = fuzz_gettext,
                              .trim_blocks = options & 1,
                              .lstrip_blocks = options & 2,
                              .keep_trailing_newline = options & 4,
                              .autoescape_mode = options & 8 ? CF_AUTOESCAPE_ALWAYS : CF_AUTOESCAPE_NEVER,
                              .undefined = (cf_undefined_kind)(options >> 4 & 3),
                              .line_statement_prefix = options & 64 ? "#" : NULL,
                              .line_comment_prefix = options & 64 ? "##" : NULL,
                              .output_limit = 200000,
                              .memory_limit = 4000000,
                              .step_limit = 20000,
                              .depth_limit = 40};
    cf_error             error = {0};
    cf_buffer            out = {0};
    cf_arena            *arena = cf_arena_new(NULL, 0);
    cf_templates        *templates = cf_templates_new(&o, &error);
    cf_list             *list = cf_list_new(arena, 4);
    cf_dict             *dict = cf_dict_new(arena, 4);
    for (int i = 0; i < 4; i++) cf_list_add(list, cf_value_int(3 - i));
    cf_dict_set_text(dict, "a", cf_value_text("<x>"));
    cf_dict_set_text(dict, "b", cf_value_list(list));
    bool ok = cf_template_render_text(
        templates, text, arena,
        CF_VARS(CF_VAR_AS("x", 5), CF_VAR_AS("y", 2.5), CF_VAR_AS("s", "A & \xc3\xa9 b-c"),
                CF_VAR_AS("m", cf_value_markup("<b>ok</b>")), CF_VAR_AS("l", list), CF_VAR_AS("d", dict)),
        NULL, &out, &error);
    if (ok != (error.code == CF_OK)) __builtin_trap();
    if (!ok && out.size) __builtin_trap();
    cf_buffer_free(&out);
    cf_templates_free(templates);
    cf_arena_free(arena);
}

#endif
