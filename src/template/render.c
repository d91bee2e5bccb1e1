/* The public entry: rendering, checking, calling back. */
#include <stdio.h>

#include "base/memory.h"
#include "template/environment.h"
#include "template/machine.h"

void cf_t_vm_init(cf_vm *vm, cf_templates *env, cf_arena *arena, cf_error *error)
{
    const cf_templates_options *o = cf_t_options(env);
    *vm = (cf_vm){.env = env,
                  .arena = arena,
                  .request_arena = arena,
                  .error = error,
                  .steps = o->step_limit,
                  .depth = o->depth_limit,
                  .undefined = o->undefined,
                  .random = (uintptr_t)arena};
}

static void begin(cf_templates *env)
{
    if (!env->options.reload) return;
    pthread_rwlock_wrlock(&env->lock);
    env->active++;
    pthread_rwlock_unlock(&env->lock);
}

/* Templates that were replaced can go when the last rendering ends. */
static void end(cf_templates *env)
{
    if (!env->options.reload) return;
    pthread_rwlock_wrlock(&env->lock);
    if (--env->active == 0)
        while (env->retired) {
            cf_t_template *t = env->retired;
            env->retired = t->next_retired;
            cf_t_template_free(t);
        }
    pthread_rwlock_unlock(&env->lock);
}

static cf_t_layer *variables(cf_vm *vm, const cf_named *const *vars)
{
    cf_t_layer *l = cf_t_layer_new(vm, NULL);
    for (; l && vars && *vars; vars++) {
        const cf_named *v = *vars;
        if (!cf_t_layer_add(vm, l, v->name, v->size, cf_hash(v->name, v->size), v->value)) return NULL;
    }
    return l;
}

static bool run_template(cf_vm *vm, const cf_t_template *t, const cf_named *const *vars)
{
    cf_t_layer   *l = variables(vm, vars);
    cf_t_context *c = l ? cf_t_context_new(vm, t, l) : NULL;
    vm->template = t;
    return c && cf_t_context_add_blocks(vm, c, t) && cf_t_render_template(vm, t, c);
}

/* Renderings take their memory from an arena that an earlier one has left, when there is one. */
static cf_arena *take_arena(cf_templates *env)
{
    cf_arena *arena = NULL;
    pthread_mutex_lock(&env->spare_lock);
    if (env->spare_count) arena = env->spare_arenas[--env->spare_count];
    pthread_mutex_unlock(&env->spare_lock);
    return arena ? arena : cf_arena_new(NULL, cf_t_options(env)->memory_limit);
}

static void leave_arena(cf_templates *env, cf_arena *arena)
{
    cf_arena_reset(arena);
    pthread_mutex_lock(&env->spare_lock);
    bool kept = env->spare_count < SPARE_ARENAS;
    if (kept) env->spare_arenas[env->spare_count++] = arena;
    pthread_mutex_unlock(&env->spare_lock);
    if (!kept) cf_arena_free(arena);
}

/* Renders into `out`; on failure `out` is cut to its old length. */
static bool render(cf_templates *env, const cf_t_template *t, cf_arena *arena, const cf_named *const *vars,
                   void *request, cf_buffer *out, cf_error *error)
{
    const cf_templates_options *o = cf_t_options(env);
    cf_vm                       vm;
    cf_error                    own = {0};
    size_t                      before = out->size, limit = out->limit;
    cf_arena                   *memory = take_arena(env);
    if (!memory) return cf_fail(error, CF_ERR_MEMORY, "out of memory while rendering %s", t->name);
    cf_t_vm_init(&vm, env, memory, &own);
    vm.request_arena = arena;
    vm.request = request;
    vm.out = out;
    cf_t_start_clock(&vm, o->time_limit);
    if (!limit || limit > before + o->output_limit) out->limit = before + o->output_limit;
    bool ok = run_template(&vm, t, vars);
    out->limit = limit;
    cf_t_free_captures(&vm);
    if (!ok) {
        if (own.code == CF_OK) cf_t_no_memory(&vm);
        if (!own.file) own.file = t->name;
        out->failed = false;
        out->size = before;
        if (out->data) out->data[before] = '\0';
        if (error && error->code == CF_OK) *error = own;
    }
    leave_arena(env, memory);
    return ok;
}

bool cf_template_render(cf_templates *env, const char *name, cf_arena *arena, const cf_named *const *vars,
                        void *request, cf_buffer *out, cf_error *error)
{
    if (out->failed) return cf_fail(error, CF_ERR_MEMORY, "the output of template %s has failed before", name);
    begin(env);
    const cf_t_template *t = NULL;
    cf_answer            answer = cf_t_get_template(env, name, strlen(name), &t, error);
    if (answer == CF_NO) {
        cf_fail(error, CF_ERR_NOT_FOUND, "%s", name);
        if (error && !error->type) error->type = "TemplateNotFound";
    }
    bool ok = answer == CF_YES && render(env, t, arena, vars, request, out, error);
    end(env);
    return ok;
}

bool cf_template_render_text(cf_templates *env, const char *source, cf_arena *arena, const cf_named *const *vars,
                             void *request, cf_buffer *out, cf_error *error)
{
    if (out->failed) return cf_fail(error, CF_ERR_MEMORY, "the output of a template has failed before");
    cf_t_template *t = cf_t_compile(env, NULL, source, strlen(source), error);
    if (!t) return false;
    begin(env);
    bool ok = render(env, t, arena, vars, request, out, error);
    end(env);
    cf_t_template_free(t);
    return ok;
}

bool cf_template_compile(cf_templates *env, const char *name, const char *source, size_t size, cf_error *error)
{
    cf_t_template *t = cf_t_compile(env, name, source, size, error);
    cf_t_template_free(t);
    return t != NULL;
}

/* ---- checking ------------------------------------------------------------------------------- */

typedef struct check {
    cf_templates      *env;
    cf_template_visit *visit;
    void              *data;
} check;

static bool check_mentions(check *c, const cf_t_template *t, cf_error *error)
{
    for (size_t i = 0; i < t->mention_count; i++) {
        const cf_t_template *other;
        cf_answer answer = cf_t_get_template(c->env, t->mentions[i]->text, t->mentions[i]->size, &other, error);
        if (answer == CF_YES) continue;
        if (answer == CF_NO && cf_t_options(c->env)->load) continue;
        if (answer == CF_NO && error && error->code == CF_OK) {
            cf_fail(error, CF_ERR_NOT_FOUND, "there is no template '%s'", t->mentions[i]->text);
            error->type = "TemplateNotFound";
            error->file = t->name;
            error->line = t->mention_lines[i];
        }
        return false;
    }
    return true;
}

static bool visit_calls(check *c, const char *name, cf_error *error)
{
    cf_t_source      source = {0};
    cf_arena        *work = cf_arena_new(NULL, 0);
    const cf_t_name *kept = cf_t_intern(c->env, name, strlen(name));
    bool             ok = work && kept && cf_t_load_source(c->env, name, &source, error) == CF_YES;
    cf_t_node       *tree = ok ? cf_t_parse(c->env, work, kept->text, source.text, source.size, error) : NULL;
    ok = tree && cf_t_visit_tree(tree, kept->text, c->visit, c->data, error);
    cf_t_source_free(&source);
    cf_arena_free(work);
    return ok;
}

static bool check_one(void *data, const char *name, cf_error *error)
{
    check               *c = data;
    const cf_t_template *t;
    cf_answer            answer = cf_t_get_template(c->env, name, strlen(name), &t, error);
    if (answer == CF_NO) return true; /* gone since it was listed */
    if (answer == CF_FAILED || !check_mentions(c, t, error)) return false;
    return !c->visit || visit_calls(c, name, error);
}

bool cf_templates_check(cf_templates *env, cf_error *error)
{
    return cf_templates_visit_calls(env, NULL, NULL, error);
}

bool cf_templates_visit_calls(cf_templates *env, cf_template_visit *visit, void *data, cf_error *error)
{
    check c = {env, visit, data};
    begin(env);
    bool ok = cf_t_list_templates(env, check_one, &c, error);
    end(env);
    return ok;
}

/* ---- from functions of the program ---------------------------------------------------------- */

bool cf_template_call(cf_call *call, cf_value function, cf_value *out)
{
    if (!call->machine) return cf_fail(call->error, CF_ERR_MISUSE, "cf_template_call() outside a rendering");
    return cf_t_call(call->machine, function, call, out);
}

cf_value cf_template_text(cf_call *call, cf_value value)
{
    cf_value out = cf_value_undefined();
    if (!call->machine) cf_fail(call->error, CF_ERR_MISUSE, "cf_template_text() outside a rendering");
    else if (!cf_t_str(call->machine, value, &out)) out = cf_value_undefined();
    return out;
}
