/* The environment: options, names, filters, and the templates compiled so far. */
#include "template/environment.h"

#include <strings.h>

#include "base/memory.h"

/* ---- maps ----------------------------------------------------------------------------------- */

void **cf_t_map_find(const cf_t_map *map, const char *name, size_t size)
{
    if (!map->size) return NULL;
    uint64_t hash = cf_hash(name, size);
    for (size_t at = hash & (map->size - 1);; at = (at + 1) & (map->size - 1)) {
        cf_t_map_slot *s = &map->slots[at];
        if (!s->name) return NULL;
        if (s->hash == hash && s->size == size && memcmp(s->name, name, size) == 0) return &s->value;
    }
}

static bool map_grow(cf_t_map *map)
{
    size_t         size = map->size ? map->size * 2 : 64;
    cf_t_map_slot *slots = cf_mem_zero(size, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < map->size; i++) {
        if (!map->slots[i].name) continue;
        size_t at = map->slots[i].hash & (size - 1);
        while (slots[at].name) at = (at + 1) & (size - 1);
        slots[at] = map->slots[i];
    }
    cf_mem_free(map->slots);
    map->slots = slots;
    map->size = size;
    return true;
}

bool cf_t_map_add(cf_t_map *map, const char *name, size_t size, void *value)
{
    if (map->count * 2 >= map->size && !map_grow(map)) return false;
    uint64_t hash = cf_hash(name, size);
    size_t   at = hash & (map->size - 1);
    while (map->slots[at].name) at = (at + 1) & (map->size - 1);
    map->slots[at] = (cf_t_map_slot){name, (uint32_t)size, hash, value};
    map->count++;
    return true;
}

const cf_t_name *cf_t_intern(cf_templates *env, const char *text, size_t size)
{
    pthread_mutex_lock(&env->names_lock);
    void     **found = cf_t_map_find(&env->names, text, size);
    cf_t_name *name = found ? *found : cf_arena_alloc(env->arena, sizeof *name);
    if (name && !found) {
        char *copy = cf_arena_text(env->arena, text, size);
        if (copy) *name = (cf_t_name){copy, (uint32_t)size, cf_hash(copy, size)};
        if (!copy || !cf_t_map_add(&env->names, copy, size, name)) name = NULL;
    }
    pthread_mutex_unlock(&env->names_lock);
    return name;
}

/* ---- options -------------------------------------------------------------------------------- */

const cf_t_syntax *cf_t_syntax_of(const cf_templates *env)
{
    return &env->syntax;
}

const cf_templates_options *cf_t_options(const cf_templates *env)
{
    return &env->options;
}

unsigned cf_t_extensions(const cf_templates *env)
{
    return env->options.extensions;
}

bool cf_t_autoescape_for(const cf_templates *env, const char *name)
{
    switch (env->options.autoescape_mode) {
    case CF_AUTOESCAPE_ALWAYS: return true;
    case CF_AUTOESCAPE_NEVER: return false;
    case CF_AUTOESCAPE_SELECT: return env->options.autoescape && env->options.autoescape(env->options.data, name);
    default: break;
    }
    if (!name) return true;
    static const char *const endings[] = {".html", ".htm", ".xml", ".xhtml"};
    size_t                   size = strlen(name);
    for (size_t i = 0; i < 4; i++) {
        size_t n = strlen(endings[i]);
        if (size >= n && strcasecmp(name + size - n, endings[i]) == 0) return true;
    }
    return false;
}

static cf_t_text text_option(cf_templates *env, const char *given, const char *fallback)
{
    const char *text = given ? given : fallback;
    if (!text) return (cf_t_text){"", 0};
    const char *copy = cf_arena_copy(env->arena, text);
    return (cf_t_text){copy, copy ? strlen(copy) : 0};
}

static bool refuse(cf_error *error, const char *message)
{
    if (error && error->code == CF_OK) error->type = "AssertionError";
    return cf_fail(error, CF_ERR_MISUSE, "%s", message);
}

static bool copy_options(cf_templates *env, const cf_templates_options *o, cf_error *error)
{
    cf_templates_options *to = &env->options;
    if (o) *to = *o;
    cf_t_syntax *s = &env->syntax;
    s->block_start = text_option(env, to->block_start, "{%");
    s->block_end = text_option(env, to->block_end, "%}");
    s->variable_start = text_option(env, to->variable_start, "{{");
    s->variable_end = text_option(env, to->variable_end, "}}");
    s->comment_start = text_option(env, to->comment_start, "{#");
    s->comment_end = text_option(env, to->comment_end, "#}");
    s->line_statement_prefix = text_option(env, to->line_statement_prefix, NULL);
    s->line_comment_prefix = text_option(env, to->line_comment_prefix, NULL);
    s->newline = text_option(env, to->newline_sequence, "\n");
    s->trim_blocks = to->trim_blocks;
    s->lstrip_blocks = to->lstrip_blocks;
    s->keep_trailing_newline = to->keep_trailing_newline;
    to->folder = cf_arena_copy(env->arena, to->folder);
    to->urlize_rel = cf_arena_copy(env->arena, to->urlize_rel ? to->urlize_rel : "noopener");
    to->urlize_target = cf_arena_copy(env->arena, to->urlize_target);
    if (to->extensions == 0) to->extensions = CF_TEMPLATE_DO | CF_TEMPLATE_LOOPCONTROLS | CF_TEMPLATE_I18N;
    else if (to->extensions == ~0u) to->extensions = 0;
    if (!to->output_limit) to->output_limit = (size_t)64 << 20;
    if (!to->memory_limit) to->memory_limit = (size_t)256 << 20;
    if (!to->step_limit) to->step_limit = 50000000;
    if (!to->depth_limit) to->depth_limit = 200;
    if (!to->truncate_leeway) to->truncate_leeway = 5;
    else if (to->truncate_leeway < 0) to->truncate_leeway = 0;
    if (cf_arena_failed(env->arena)) return cf_fail(error, CF_ERR_MEMORY, "out of memory while making templates");
    bool empty = !s->block_start.size || !s->block_end.size || !s->variable_start.size || !s->variable_end.size ||
                 !s->comment_start.size || !s->comment_end.size;
    if (empty) return refuse(error, "template delimiters must not be empty");
    const char *starts[] = {s->block_start.text, s->variable_start.text, s->comment_start.text};
    for (int i = 0; i < 3; i++)
        if (strcmp(starts[i], starts[(i + 1) % 3]) == 0)
            return refuse(error, "block, variable and comment start strings must be different.");
    const char *nl = s->newline.text;
    if (strcmp(nl, "\n") != 0 && strcmp(nl, "\r\n") != 0 && strcmp(nl, "\r") != 0)
        return refuse(error, "'newline_sequence' must be one of '\\n', '\\r\\n', or '\\r'.");
    return true;
}

/* ---- registration --------------------------------------------------------------------------- */

static bool add_entry(cf_templates *env, cf_t_map *map, cf_t_entry entry)
{
    cf_t_entry *kept = cf_arena_alloc(env->arena, sizeof *kept);
    if (!kept) return false;
    *kept = entry;
    void **there = cf_t_map_find(map, entry.name, strlen(entry.name));
    if (there) *there = kept;
    return there || cf_t_map_add(map, entry.name, strlen(entry.name), kept);
}

bool cf_templates_add_filter(cf_templates *env, const char *name, cf_function *filter, void *context)
{
    return add_entry(env, &env->filters, (cf_t_entry){.name = name, .function = filter, .context = context});
}

bool cf_templates_add_test(cf_templates *env, const char *name, cf_function *test, void *context)
{
    return add_entry(env, &env->tests, (cf_t_entry){.name = name, .function = test, .context = context});
}

bool cf_templates_add_function(cf_templates *env, const char *name, cf_function *function, void *context)
{
    return add_entry(env, &env->globals, (cf_t_entry){.name = name, .function = function, .context = context});
}

bool cf_templates_add_global(cf_templates *env, const char *name, cf_value value)
{
    return add_entry(env, &env->globals, (cf_t_entry){.name = name, .value = value});
}

static bool add_builtins(cf_templates *env, cf_t_map *map, const cf_t_builtin *rows)
{
    for (; rows->name; rows++)
        if (!add_entry(env, map, (cf_t_entry){.name = rows->name, .builtin = rows})) return false;
    return true;
}

static const cf_t_entry *find_entry(const cf_t_map *map, const char *name, size_t size)
{
    void **found = cf_t_map_find(map, name, size);
    return found ? *found : NULL;
}

const cf_t_entry *cf_t_find_filter(const cf_templates *env, const char *name, size_t size)
{
    return find_entry(&env->filters, name, size);
}

const cf_t_entry *cf_t_find_test(const cf_templates *env, const char *name, size_t size)
{
    return find_entry(&env->tests, name, size);
}

const cf_t_entry *cf_t_find_global(const cf_templates *env, const char *name, size_t size)
{
    return find_entry(&env->globals, name, size);
}

/* ---- life ----------------------------------------------------------------------------------- */

static bool make_locks(cf_templates *env)
{
    if (pthread_rwlock_init(&env->lock, NULL) != 0) return false;
    if (pthread_mutex_init(&env->names_lock, NULL) != 0) {
        pthread_rwlock_destroy(&env->lock);
        return false;
    }
    if (pthread_mutex_init(&env->spare_lock, NULL) != 0) {
        pthread_rwlock_destroy(&env->lock);
        pthread_mutex_destroy(&env->names_lock);
        return false;
    }
    env->locks_made = true;
    return true;
}

cf_templates *cf_templates_new(const cf_templates_options *options, cf_error *error)
{
    cf_templates *env = cf_mem_zero(1, sizeof *env);
    bool          ok = env && (env->arena = cf_arena_new(NULL, 0)) != NULL && make_locks(env);
    ok = ok && copy_options(env, options, error);
    ok = ok && add_builtins(env, &env->filters, cf_t_text_filters) &&
         add_builtins(env, &env->filters, cf_t_html_filters) && add_builtins(env, &env->filters, cf_t_number_filters) &&
         add_builtins(env, &env->filters, cf_t_list_filters) && add_builtins(env, &env->tests, cf_t_tests) &&
         add_builtins(env, &env->globals, cf_t_globals) &&
         (!env->options.gettext || add_builtins(env, &env->globals, cf_t_gettext_functions));
    if (ok) return env;
    if (error && error->code == CF_OK) cf_fail(error, CF_ERR_MEMORY, "out of memory while making templates");
    cf_templates_free(env);
    return NULL;
}

void cf_templates_free(cf_templates *env)
{
    if (!env) return;
    for (size_t i = 0; i < env->templates.size; i++)
        if (env->templates.slots[i].name) cf_t_template_free(env->templates.slots[i].value);
    while (env->retired) {
        cf_t_template *t = env->retired;
        env->retired = t->next_retired;
        cf_t_template_free(t);
    }
    cf_t_map *maps[] = {&env->names, &env->templates, &env->filters, &env->tests, &env->globals};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) cf_mem_free(maps[i]->slots);
    if (env->locks_made) {
        pthread_rwlock_destroy(&env->lock);
        pthread_mutex_destroy(&env->names_lock);
        pthread_mutex_destroy(&env->spare_lock);
    }
    while (env->spare_count) cf_arena_free(env->spare_arenas[--env->spare_count]);
    cf_arena_free(env->arena);
    cf_mem_free(env);
}

/* ---- templates ------------------------------------------------------------------------------ */

static const cf_t_template *cached(cf_templates *env, const char *name, size_t size)
{
    pthread_rwlock_rdlock(&env->lock);
    void               **found = cf_t_map_find(&env->templates, name, size);
    const cf_t_template *t = found ? *found : NULL;
    pthread_rwlock_unlock(&env->lock);
    return t;
}

/* Puts a template in place; another thread may have been faster. */
static const cf_t_template *publish(cf_templates *env, cf_t_template *t, bool replace)
{
    const cf_t_template *result = t;
    size_t               size = strlen(t->name);
    pthread_rwlock_wrlock(&env->lock);
    void **there = cf_t_map_find(&env->templates, t->name, size);
    if (there && !replace) {
        result = *there;
        cf_t_template_free(t);
    } else if (there) {
        cf_t_template *old = *there;
        old->next_retired = env->retired;
        env->retired = old;
        *there = t;
    } else if (!cf_t_map_add(&env->templates, t->name, size, t)) {
        cf_t_template_free(t);
        result = NULL;
    }
    pthread_rwlock_unlock(&env->lock);
    return result;
}

cf_answer cf_t_get_template(cf_templates *env, const char *name, size_t size, const cf_t_template **out,
                            cf_error *error)
{
    const cf_t_template *t = cached(env, name, size);
    if (t && (!env->options.reload || cf_t_is_fresh(env, t))) {
        *out = t;
        return CF_YES;
    }
    if (memchr(name, '\0', size)) return CF_NO;
    char           small[256], *copy = size < sizeof small ? small : cf_mem_alloc(size + 1);
    cf_t_source    source = {0};
    cf_t_template *fresh = NULL;
    cf_answer      answer = CF_FAILED;
    if (copy) {
        memcpy(copy, name, size);
        copy[size] = '\0';
        answer = cf_t_load_source(env, copy, &source, error);
    }
    if (answer == CF_YES) {
        fresh = cf_t_compile(env, copy, source.text, source.size, error);
        if (!fresh) answer = CF_FAILED;
    }
    if (fresh) {
        fresh->version = source.version;
        fresh->origin = source.origin;
        *out = publish(env, fresh, t != NULL);
        if (!*out) answer = CF_FAILED;
    }
    cf_t_source_free(&source);
    if (copy != small) cf_mem_free(copy);
    if (answer == CF_FAILED && error && error->code == CF_OK)
        cf_fail(error, CF_ERR_MEMORY, "out of memory while loading a template");
    return answer;
}
