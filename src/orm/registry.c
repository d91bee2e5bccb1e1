/* The registry: finds a program's models, resolves them, and orders them by foreign keys. */
#include "orm/mapper.h"

#include "base/memory.h"
#include "base/text.h"
#include "orm/check.h"
#include "orm/object.h"
#include "orm/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cf_report_add(cf_report *report, const char *format, ...)
{
    char    message[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (report->count++ == 0)
        snprintf(report->first, sizeof report->first, "%.*s", (int)sizeof report->first - 1, message);
    if (report->function) report->function(report->context, message);
}

cf_attribute *cf_mapper_attribute(const cf_mapper *mapper, const char *name, size_t size)
{
    for (size_t i = 0; i < mapper->column_count; i++) {
        const cf_attribute *a = &mapper->columns[i];
        if (strncmp(a->name, name, size) == 0 && a->name[size] == '\0') return &mapper->columns[i];
    }
    return NULL;
}

const char *cf_mapper_nearest(const cf_mapper *mapper, const char *name, size_t size)
{
    char        wanted[64];
    const char *names[CF_MOST_COLUMNS];
    if (size >= sizeof wanted) return NULL;
    memcpy(wanted, name, size);
    wanted[size] = '\0';
    for (size_t i = 0; i < mapper->column_count; i++) names[i] = mapper->columns[i].name;
    return cf_nearest_name(wanted, names, mapper->column_count);
}

cf_mapper *cf_registry_by_name(const cf_registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->mappers[i]->name, name) == 0) return registry->mappers[i];
    return NULL;
}

cf_mapper *cf_registry_by_table(const cf_registry *registry, const char *table)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->mappers[i]->table, table) == 0) return registry->mappers[i];
    return NULL;
}

static size_t place(const cf_registry *registry, cf_model_fn *function)
{
    size_t i = (size_t)(((uintptr_t)function >> 4) * 0x9e3779b97f4a7c15u) & (registry->table_size - 1);
    while (registry->table[i] && registry->table[i]->function != function) i = (i + 1) & (registry->table_size - 1);
    return i;
}

cf_mapper *cf_registry_mapper(const cf_registry *registry, cf_model_fn *function)
{
    return registry->table[place(registry, function)];
}

/* ---- building -------------------------------------------------------------------------------- */

static cf_mapper *make_mapper(cf_registry *registry, const cf_model *model, cf_model_fn *function)
{
    cf_mapper *mapper = cf_arena_alloc(registry->arena, sizeof *mapper);
    if (!mapper) return NULL;
    mapper->model = model;
    mapper->function = function;
    mapper->name = model->name;
    mapper->registry = registry;
    return cf_mapper_make_table(mapper) && cf_mapper_make_columns(mapper) && cf_mapper_make_events(mapper) ? mapper
                                                                                                           : NULL;
}

/* Depth-first: a mapper comes after those it refers to; cycles are cut where they are met. */
static void rank(cf_registry *registry, cf_mapper *mapper, int *next, cf_mapper **out)
{
    if (mapper->rank) return;
    mapper->rank = -1;
    for (size_t i = 0; i < mapper->foreign_key_count; i++) rank(registry, mapper->foreign_keys[i].target, next, out);
    out[*next] = mapper;
    mapper->rank = ++*next;
}

static bool order_by_keys(cf_registry *registry)
{
    cf_mapper **sorted = cf_arena_array(registry->arena, registry->count, sizeof *sorted);
    int         next = 0;
    if (!sorted) return false;
    for (size_t i = 0; i < registry->count; i++) rank(registry, registry->mappers[i], &next, sorted);
    registry->mappers = sorted;
    return true;
}

/* What refers to a mapper follows all that this one follows. Once from the last rank on is enough, but for cycles. */
static bool find_followers(cf_registry *registry)
{
    size_t words = (registry->count + 63) / 64;
    for (size_t i = 0; i < registry->count; i++) {
        cf_mapper *m = registry->mappers[i];
        if (!(m->followers = cf_arena_array(registry->arena, words, sizeof *m->followers))) return false;
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t i = registry->count; i--;) {
            const cf_mapper *m = registry->mappers[i];
            for (size_t k = 0; k < m->foreign_key_count; k++) {
                uint64_t *of = m->foreign_keys[k].target->followers;
                for (size_t w = 0; w < words; w++) {
                    uint64_t bits = of[w] | m->followers[w] | (w == i / 64 ? (uint64_t)1 << i % 64 : 0);
                    more |= bits != of[w];
                    of[w] = bits;
                }
            }
        }
    }
    return true;
}

static bool fill(cf_registry *registry, const cf_model *const *models, cf_model_fn *const *functions, size_t count)
{
    registry->mappers = cf_arena_array(registry->arena, count, sizeof *registry->mappers);
    for (registry->table_size = 8; registry->table_size < count * 2; registry->table_size *= 2) {
    }
    registry->table = cf_arena_array(registry->arena, registry->table_size, sizeof *registry->table);
    if (!registry->mappers || !registry->table) return false;
    for (size_t i = 0; i < count; i++) {
        const cf_model *model = functions ? functions[i]() : models[i];
        cf_mapper      *mapper = make_mapper(registry, model, functions ? functions[i] : NULL);
        if (!mapper) return false;
        registry->mappers[registry->count++] = mapper;
        if (functions) registry->table[place(registry, functions[i])] = mapper;
    }
    return true;
}

/* What needs all models to be there: types of associations, then what follows from types. */
static bool finish(cf_registry *registry)
{
    cf_registry_resolve_associations(registry);
    for (size_t i = 0; i < registry->count; i++) {
        cf_mapper_make_slots(registry->mappers[i]);
        if (!cf_mapper_make_classes(registry->mappers[i])) return false;
    }
    return true;
}

cf_registry *cf_registry_build(const cf_model *const *models, cf_model_fn *const *functions, size_t count,
                               cf_report *report)
{
    cf_arena    *arena = cf_arena_new(NULL, 0);
    cf_registry *registry = arena ? cf_arena_alloc(arena, sizeof *registry) : NULL;
    if (!registry) {
        cf_arena_free(arena);
        return NULL;
    }
    registry->arena = arena;
    pthread_mutex_init(&registry->lock, NULL);
    registry->references = 1;
    int before = report->count;
    if (!fill(registry, models, functions, count) || !finish(registry) || !cf_check_models(registry, report) ||
        report->count > before || !order_by_keys(registry) || !find_followers(registry) ||
        !cf_registry_make_ties(registry)) {
        cf_registry_free(registry);
        return NULL;
    }
    return registry;
}

void cf_registry_free(cf_registry *registry)
{
    if (!registry) return;
    pthread_mutex_destroy(&registry->lock);
    cf_arena_free(registry->arena);
}

/* ---- the registries of programs -------------------------------------------------------------- */

#define MOST_PROGRAMS 16
static pthread_mutex_t programs_lock = PTHREAD_MUTEX_INITIALIZER;
static cf_registry    *programs[MOST_PROGRAMS];

static cf_registry *build_program(const cf_program *program, cf_report *report)
{
    size_t        count = (size_t)(program->models_end - program->models);
    cf_model_fn **functions = cf_mem_zero(count, sizeof *functions);
    if (!functions) return NULL;
    for (size_t i = 0; i < count; i++) {
        cf_model_fn *const *entry = program->models[i];
        functions[i] = *entry;
    }
    cf_registry *registry = cf_registry_build(NULL, functions, count, report);
    cf_mem_free(functions);
    int                       before = report->count;
    const cf_relation *const *relations = (const cf_relation *const *)program->relations;
    size_t                    relation_count = (size_t)(program->relations_end - program->relations);
    if (registry && (!cf_sides_build(registry, relations, relation_count, report) || report->count > before)) {
        cf_registry_free(registry);
        return NULL;
    }
    return registry;
}

cf_registry *cf_registry_acquire(const cf_program *program, cf_report *report)
{
    cf_registry *found = NULL;
    int          empty = -1;
    pthread_mutex_lock(&programs_lock);
    for (int i = 0; i < MOST_PROGRAMS; i++) {
        if (!programs[i]) empty = empty < 0 ? i : empty;
        else if (programs[i]->program == program->models) found = programs[i];
    }
    if (found) {
        found->references++;
    } else if (empty >= 0) {
        found = build_program(program, report);
        if (found) found->program = program->models;
        programs[empty] = found;
    }
    pthread_mutex_unlock(&programs_lock);
    return found;
}

cf_registry *cf_registry_acquire_for(const cf_program *program, const char *dialect, cf_dialect_id *id, cf_error *error)
{
    cf_report    mistakes = {0};
    cf_registry *registry = NULL;
    if (!cf_dialect_find(dialect, id)) {
        cf_fail(error, CF_ERR_NAME, "there is no dialect '%s'; choose sqlite, postgresql or mariadb", dialect);
        return NULL;
    }
    registry = cf_registry_acquire(program, &mistakes);
    if (!registry && mistakes.count) cf_fail(error, CF_ERR_NAME, "%s", mistakes.first);
    else if (!registry) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return registry;
}

/* The plans of its query sites go with the registry: the sites must forget them. */
static void forget_plans(cf_registry *registry)
{
    for (cf_site *s = registry->sites; s; s = s->next) s->plan = NULL;
}

void cf_registry_release(cf_registry *registry)
{
    if (!registry) return;
    pthread_mutex_lock(&programs_lock);
    if (--registry->references == 0) {
        for (int i = 0; i < MOST_PROGRAMS; i++)
            if (programs[i] == registry) programs[i] = NULL;
        forget_plans(registry);
        cf_registry_free(registry);
    }
    pthread_mutex_unlock(&programs_lock);
}
