/* From call sites to plans, and from plans to statements. */
#include "orm/plan.h"

#include "orm/raw.h"

#include <stdio.h>
#include <string.h>

/* Does the query take the objects of every row that there is? */
static bool is_whole(const cf_mapper *m, const cf_select *s)
{
    bool whole = !m->soft && !s->ctes && !s->list && !s->where && !s->having && !s->limit && !s->offset && !s->next;
    for (size_t i = 0; whole && i < s->scope->join_count; i++) whole = s->scope->joins[i].outer;
    return whole;
}

cf_plan *cf_plan_make(cf_registry *registry, cf_arena *arena, const cf_site *site, cf_mapper *mapper, cf_code *code,
                      char *message, size_t message_size)
{
    cf_compiler    c = {.arena = arena,
                        .registry = registry,
                        .text = site->text,
                        .size = strlen(site->text),
                        .mapper = mapper,
                        .site = site->file ? site : NULL,
                        .argument_kinds = site->argument_kinds,
                        .argument_count = site->argument_count,
                        .verb = site->verb};
    cf_plan       *plan = cf_arena_alloc(arena, sizeof *plan);
    cf_query_tree *tree = plan ? cf_parse(&c) : NULL;
    if (!plan) cf_compiler_fail(&c, CF_ERR_MEMORY, 0, "out of memory");
    bool ok = tree && cf_resolve(&c, tree);
    if (ok) {
        const cf_node *list = tree->select->list;
        *plan = (cf_plan){.mapper = mapper, .verb = site->verb, .tree = tree, .text = site->text};
        ok = !list || cf_plan_make_result(&c, plan, list);
    }
    if (!ok) {
        *code = c.code;
        cf_compiler_explain(&c, message, message_size);
        return NULL;
    }
    memcpy(plan->parameter_for, c.parameter_for, sizeof c.parameter_for);
    memcpy(plan->parameter_kind, c.parameter_kind, sizeof c.parameter_kind);
    memcpy(plan->reads, c.reads, sizeof c.reads);
    plan->read_count = c.read_count;
    plan->secret = c.secret;
    plan->whole = tree->select && is_whole(mapper, tree->select);
    for (size_t i = 0; i < tree->parameters; i++) plan->has_arrays |= c.parameter_list[i];
    return plan;
}

cf_plan *cf_site_plan(cf_registry *registry, cf_site *site, cf_error *error)
{
    cf_plan *plan = __atomic_load_n(&site->plan, __ATOMIC_ACQUIRE);
    if (plan) return plan;
    char       message[sizeof error->message];
    cf_code    code = CF_ERR_NAME;
    cf_mapper *mapper = cf_registry_mapper(registry, site->model);
    if (!mapper) {
        cf_fail(error, CF_ERR_MISUSE, "%s:%d: the model of this query is not one of the database's program", site->file,
                site->line);
        return NULL;
    }
    pthread_mutex_lock(&registry->lock);
    plan = __atomic_load_n(&site->plan, __ATOMIC_ACQUIRE);
    if (!plan) {
        plan = cf_plan_make(registry, registry->arena, site, mapper, &code, message, sizeof message);
        if (plan) {
            site->next = registry->sites;
            registry->sites = site;
            __atomic_store_n(&site->plan, plan, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&registry->lock);
    if (!plan) cf_fail(error, code, "%s", message);
    return plan;
}

/* Few statements for arrays of many sizes: sizes are rounded up to powers of two. */
static bool array_sizes(const cf_plan *plan, const cf_value *values, uint16_t *sizes, cf_error *error)
{
    for (size_t i = 0; i < plan->tree->parameters; i++) {
        if (values[i].kind != CF_SEQUENCE || values[i].flags != 1) continue;
        const cf_array *array = values[i].as.pointer;
        if (array->count > CF_MOST_ELEMENTS)
            return cf_fail(error, CF_ERR_LIMIT, "an array of %zu values is too large for 'in (?)'; the most is %d",
                           array->count, CF_MOST_ELEMENTS);
        size_t size = array->count ? 1 : 0;
        while (size < array->count) size *= 2;
        sizes[i] = (uint16_t)size;
    }
    return true;
}

static cf_variant *find(cf_variant *v, uint32_t form, const uint16_t *sizes)
{
    for (; v; v = v->next)
        if (v->form == form && memcmp(v->sizes, sizes, sizeof v->sizes) == 0) return v;
    return NULL;
}

cf_variant *cf_plan_variant(cf_plan *plan, const cf_dialect *dialect, uint32_t form, const cf_value *values,
                            cf_error *error)
{
    uint16_t    sizes[CF_MOST_ARGUMENTS] = {0};
    cf_variant *v = atomic_load_explicit(&plan->variants[dialect->id], memory_order_acquire);
    if (v && v->form == form && !plan->has_arrays) return v;
    if (plan->has_arrays && !array_sizes(plan, values, sizes, error)) return NULL;
    if ((v = find(v, form, sizes))) return v;
    cf_registry *registry = plan->mapper->registry;
    pthread_mutex_lock(&registry->lock);
    v = find(atomic_load(&plan->variants[dialect->id]), form, sizes);
    if (!v && (v = cf_arena_alloc(registry->arena, sizeof *v))) {
        memcpy(v->sizes, sizes, sizeof sizes);
        v->form = form;
        v->sql.id = cf_sql_id();
        if (cf_emit(plan, dialect, registry->arena, v, error)) {
            v->next = atomic_load(&plan->variants[dialect->id]);
            atomic_store_explicit(&plan->variants[dialect->id], v, memory_order_release);
        } else {
            v = NULL;
        }
    } else if (!v) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory");
    }
    pthread_mutex_unlock(&registry->lock);
    return v;
}

bool cf_check_sites(cf_registry *registry, const cf_program *program, cf_report *report)
{
    for (const void *const *p = program->sites; p < program->sites_end; p++) {
        const cf_site *site = *p;
        if (!site) continue; /* room between lists, where the compiler lays them apart */
        if (site->verb == CF_VERB_SQL) {
            cf_raw_check(site, report);
            continue;
        }
        cf_mapper *mapper = cf_registry_mapper(registry, site->model);
        char       message[768];
        cf_code    code = CF_OK;
        if (!mapper) {
            cf_report_add(report, "%s:%d: the model of this query is not defined in this program", site->file,
                          site->line);
            continue;
        }
        cf_arena *arena = cf_arena_new(NULL, 0);
        if (!arena) return false;
        if (!cf_plan_make(registry, arena, site, mapper, &code, message, sizeof message) && code != CF_ERR_MEMORY)
            cf_report_add(report, "%s", message);
        cf_arena_free(arena);
        if (code == CF_ERR_MEMORY) return false;
    }
    return true;
}

static bool check_statement(cf_registry *registry, const cf_site *site, cf_mapper *mapper, const cf_dialect *dialect,
                            cf_error *error)
{
    char       message[768];
    cf_code    code = CF_OK;
    cf_error   why = {0};
    cf_variant v = {0};
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_plan   *plan = arena ? cf_plan_make(registry, arena, site, mapper, &code, message, sizeof message) : NULL;
    for (size_t i = 0; i < CF_MOST_ARGUMENTS; i++) v.sizes[i] = 1;
    bool ok = plan ? cf_emit(plan, dialect, arena, &v, &why) : cf_fail(&why, CF_ERR_MEMORY, "out of memory");
    if (!ok) cf_fail(error, why.code, "%s:%d: %s\n  %.100s", site->file, site->line, why.message, site->text);
    cf_arena_free(arena);
    return ok;
}

bool cf_check_statements(cf_registry *registry, const cf_program *program, const cf_dialect *dialect, const char *bind,
                         cf_error *error)
{
    for (const void *const *p = program->sites; p < program->sites_end; p++) {
        const cf_site *site = *p;
        cf_mapper     *m = site ? cf_registry_mapper(registry, site->model) : NULL;
        if (!m || site->verb == CF_VERB_WHERE || site->verb == CF_VERB_ORDER || site->verb == CF_VERB_WITH) continue;
        if (strcmp(m->bind ? m->bind : "", bind ? bind : "") != 0) continue;
        if (!check_statement(registry, site, m, dialect, error)) return false;
    }
    return true;
}

bool cf_value_convert(cf_value *value, int kind)
{
    if (value->kind == kind || value->kind == CF_NULL || kind == CF_UNDEFINED) return true;
    if (value->kind == CF_INT && kind == CF_BOOL) {
        *value = cf_value_bool(value->as.integer != 0);
        return true;
    }
    if (value->kind == CF_INT && kind == CF_FLOAT) {
        *value = cf_value_double((double)value->as.integer);
        return true;
    }
    if (value->kind == CF_MARKUP && kind == CF_TEXT) {
        value->kind = CF_TEXT;
        return true;
    }
    /* Numbers are compared by value, whatever the column's exact type. */
    bool number = value->kind == CF_INT || value->kind == CF_FLOAT || value->kind == CF_DECIMAL;
    return number && (kind == CF_INT || kind == CF_FLOAT || kind == CF_DECIMAL);
}
