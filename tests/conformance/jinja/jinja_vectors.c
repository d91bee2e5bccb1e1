/*
 * Answers Jinja vectors: one JSON object a line on standard input, one answer a
 * line on standard output.
 */
#include <carafe/template.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

typedef struct vector {
    const json_t *templates;
    const json_t *autoescape; /* object that chooses by name, or NULL */
} vector;

static cf_answer load(void *data, const char *name, cf_arena *arena, cf_template_source *out, cf_error *error)
{
    (void)arena;
    (void)error;
    const json_t *source = json_object_get(((vector *)data)->templates, name);
    if (!source) return CF_NO;
    out->text = json_string_value(source);
    out->size = json_string_length(source);
    return CF_YES;
}

static bool has_ending(const json_t *endings, const char *name)
{
    size_t        i, size = strlen(name);
    const json_t *ending;
    json_array_foreach((json_t *)(uintptr_t)endings, i, ending)
    {
        const char *text = json_string_value(ending);
        while (*text == '.') text++;
        size_t n = strlen(text);
        if (size > n && name[size - n - 1] == '.' && strcasecmp(name + size - n, text) == 0) return true;
    }
    return false;
}

static bool choose_escaping(void *data, const char *name)
{
    const json_t            *o = ((vector *)data)->autoescape;
    static const char *const usual[] = {".html", ".htm", ".xml"};
    if (!name) return json_is_true(json_object_get(o, "default_for_string"));
    const json_t *enabled = json_object_get(o, "enabled_extensions"),
                 *disabled = json_object_get(o, "disabled_extensions");
    if (enabled && has_ending(enabled, name)) return true;
    for (size_t i = 0; !enabled && i < 3; i++)
        if (strlen(name) >= strlen(usual[i]) && strcasecmp(name + strlen(name) - strlen(usual[i]), usual[i]) == 0)
            return true;
    if (disabled && has_ending(disabled, name)) return false;
    return json_is_true(json_object_get(o, "default"));
}

/* ---- values --------------------------------------------------------------------------------- */

static cf_value decode(cf_arena *arena, const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_STRING: return cf_value_text_n(json_string_value(j), json_string_length(j));
    case JSON_INTEGER: return cf_value_int(json_integer_value(j));
    case JSON_REAL: return cf_value_double(json_real_value(j));
    case JSON_TRUE: return cf_value_bool(true);
    case JSON_FALSE: return cf_value_bool(false);
    case JSON_NULL: return cf_value_null();
    case JSON_ARRAY: {
        cf_list *list = cf_list_new(arena, json_array_size(j));
        for (size_t i = 0; i < json_array_size(j); i++) cf_list_add(list, decode(arena, json_array_get(j, i)));
        return cf_value_list(list);
    }
    default: break;
    }
    const json_t *markup = json_object_get(j, "$markup");
    if (markup && json_object_size(j) == 1)
        return cf_value_markup_n(json_string_value(markup), json_string_length(markup));
    cf_dict    *dict = cf_dict_new(arena, 0);
    const char *key;
    json_t     *value;
    json_object_foreach((json_t *)(uintptr_t)j, key, value) cf_dict_set_text(dict, key, decode(arena, value));
    return cf_value_dict(dict);
}

/* ---- options -------------------------------------------------------------------------------- */

static const char *text_of(const json_t *env, const char *key)
{
    return json_string_value(json_object_get(env, key));
}

static void read_policies(cf_arena *arena, const json_t *policies, cf_templates_options *o)
{
    const json_t *v;
    if ((v = json_object_get(policies, "urlize.rel")) != NULL)
        o->urlize_rel = json_is_null(v) ? "" : json_string_value(v);
    o->urlize_target = json_string_value(json_object_get(policies, "urlize.target"));
    if (json_is_array(v = json_object_get(policies, "urlize.extra_schemes"))) {
        const char **schemes = cf_arena_array(arena, json_array_size(v) + 1, sizeof *schemes);
        for (size_t i = 0; i < json_array_size(v); i++) schemes[i] = json_string_value(json_array_get(v, i));
        o->urlize_schemes = schemes;
    }
    if ((v = json_object_get(policies, "truncate.leeway")) != NULL)
        o->truncate_leeway = json_integer_value(v) ? (int)json_integer_value(v) : -1;
    if ((v = json_object_get(policies, "json.dumps_kwargs")) != NULL) {
        o->json_keep_order = !json_is_true(json_object_get(v, "sort_keys"));
        o->json_indent = (int)json_integer_value(json_object_get(v, "indent"));
    }
}

static void read_extensions(const json_t *list, cf_templates_options *o)
{
    o->extensions = ~0u;
    unsigned found = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!strcmp(name, "do")) found |= CF_TEMPLATE_DO;
        if (!strcmp(name, "loopcontrols")) found |= CF_TEMPLATE_LOOPCONTROLS;
    }
    if (found) o->extensions = found;
}

static void read_options(cf_arena *arena, const json_t *env, vector *v, cf_templates_options *o)
{
    o->block_start = text_of(env, "block_start_string");
    o->block_end = text_of(env, "block_end_string");
    o->variable_start = text_of(env, "variable_start_string");
    o->variable_end = text_of(env, "variable_end_string");
    o->comment_start = text_of(env, "comment_start_string");
    o->comment_end = text_of(env, "comment_end_string");
    o->line_statement_prefix = text_of(env, "line_statement_prefix");
    o->line_comment_prefix = text_of(env, "line_comment_prefix");
    o->trim_blocks = json_is_true(json_object_get(env, "trim_blocks"));
    o->lstrip_blocks = json_is_true(json_object_get(env, "lstrip_blocks"));
    o->keep_trailing_newline = json_is_true(json_object_get(env, "keep_trailing_newline"));
    o->newline_sequence = text_of(env, "newline_sequence");
    const json_t *autoescape = json_object_get(env, "autoescape");
    o->autoescape_mode = json_is_true(autoescape) ? CF_AUTOESCAPE_ALWAYS : CF_AUTOESCAPE_NEVER;
    if (json_is_object(autoescape)) {
        v->autoescape = autoescape;
        o->autoescape_mode = CF_AUTOESCAPE_SELECT;
        o->autoescape = choose_escaping;
    }
    static const char *const kinds[] = {"default", "chainable", "debug", "strict"};
    const char              *kind = text_of(env, "undefined");
    for (int i = 0; kind && i < 4; i++)
        if (!strcmp(kinds[i], kind)) o->undefined = (cf_undefined_kind)i;
    read_extensions(json_object_get(env, "extensions"), o);
    read_policies(arena, json_object_get(env, "policies"), o);
}

/* ---- answers -------------------------------------------------------------------------------- */

static json_t *error_answer(const cf_error *error)
{
    json_t *e = json_object();
    json_object_set_new(e, "class", json_string(error->type ? error->type : "Exception"));
    json_object_set_new(e, "lineno", error->line ? json_integer(error->line) : json_null());
    if (error->file) json_object_set_new(e, "template", json_string(error->file));
    json_t *message = json_string(error->message);
    json_object_set_new(e, "message", message ? message : json_string("(no UTF-8)"));
    json_t *answer = json_object();
    json_object_set_new(answer, "error", e);
    return answer;
}

static bool add_globals(cf_templates *templates, cf_arena *arena, const json_t *globals)
{
    const char *key;
    json_t     *value;
    json_object_foreach((json_t *)(uintptr_t)globals, key, value)
    {
        if (!cf_templates_add_global(templates, key, decode(arena, value))) return false;
    }
    return true;
}

static const cf_named *const *variables(cf_arena *arena, const json_t *context)
{
    size_t           n = json_object_size(context), i = 0;
    const cf_named **vars = cf_arena_array(arena, n + 1, sizeof *vars);
    const char      *key;
    json_t          *value;
    json_object_foreach((json_t *)(uintptr_t)context, key, value)
    {
        cf_named *named = cf_arena_alloc(arena, sizeof *named);
        *named = (cf_named){key, (uint32_t)strlen(key), decode(arena, value)};
        vars[i++] = named;
    }
    return vars;
}

static json_t *answer(const json_t *j)
{
    vector               v = {.templates = json_object_get(j, "templates")};
    cf_templates_options options = {.load = load, .data = &v};
    cf_arena            *arena = cf_arena_new(NULL, 0);
    cf_error             error = {0};
    cf_buffer            out = {0};
    read_options(arena, json_object_get(j, "env"), &v, &options);
    cf_templates *templates = cf_templates_new(&options, &error);
    json_t       *result = NULL;
    if (templates && add_globals(templates, arena, json_object_get(json_object_get(j, "env"), "globals")) &&
        cf_template_render(templates, json_string_value(json_object_get(j, "entry")), arena,
                           variables(arena, json_object_get(j, "context")), NULL, &out, &error)) {
        json_t *text = json_stringn(out.data ? out.data : "", out.size);
        result = json_object();
        json_object_set_new(result, "ok", text ? text : json_string("(no UTF-8)"));
    } else {
        result = error_answer(&error);
    }
    cf_buffer_free(&out);
    cf_templates_free(templates);
    cf_arena_free(arena);
    return result;
}

int main(void)
{
    char  *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
        json_error_t problem;
        json_t      *j = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &problem);
        if (!j) {
            fprintf(stderr, "no JSON: %s\n", problem.text);
            return 1;
        }
        json_t *result = answer(j);
        json_t *id = json_object_get(j, "id");
        if (id) json_object_set(result, "id", id);
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(result);
        json_decref(j);
    }
    free(line);
    return 0;
}
