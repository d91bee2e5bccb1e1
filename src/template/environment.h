/* The environment's own structure; shared by the files that implement cf_templates_...(). */
#ifndef CARAFE_TEMPLATE_ENVIRONMENT_H
#define CARAFE_TEMPLATE_ENVIRONMENT_H

#include <pthread.h>

#include "template/engine.h"

/* A hash table from names to pointers; names are compared by text. */
typedef struct cf_t_map_slot {
    const char *name;
    uint32_t    size;
    uint64_t    hash;
    void       *value;
} cf_t_map_slot;

typedef struct cf_t_map {
    cf_t_map_slot *slots;
    size_t         count, size;
} cf_t_map;

void **cf_t_map_find(const cf_t_map *map, const char *name, size_t size);
/** Adds a name that is not there yet; the name must live on. False when out of memory. */
bool cf_t_map_add(cf_t_map *map, const char *name, size_t size, void *value);

enum { SPARE_ARENAS = 16 };

struct cf_templates {
    cf_templates_options options;
    cf_t_syntax          syntax;
    cf_arena            *arena; /* names, options; under `lock` */
    pthread_rwlock_t     lock;  /* of templates and retired */
    pthread_mutex_t      names_lock;
    cf_t_map             names;
    cf_t_map             templates;
    cf_t_template       *retired; /* replaced by reloading; freed when nobody renders */
    unsigned             active;  /* renderings under way; under `lock` */
    cf_t_map             filters, tests, globals;
    bool                 locks_made;
    cf_arena            *spare_arenas[SPARE_ARENAS]; /* of renderings that have ended; under `spare_lock` */
    size_t               spare_count;
    pthread_mutex_t      spare_lock;
};

/* A source as it was found. */
typedef struct cf_t_source {
    const char *text;
    size_t      size;
    uint64_t    version;
    int         origin; /* 1 own loader, 2 folder, 3 embedded */
    char       *owned;  /* to be freed by cf_mem_free(), or NULL */
    cf_arena   *arena;  /* of the own loader */
} cf_t_source;

/** Find a template's source. CF_NO: there is none. */
cf_answer cf_t_load_source(cf_templates *env, const char *name, cf_t_source *out, cf_error *error);
void      cf_t_source_free(cf_t_source *source);
/** Is the template still as its source says? Only asked with `reload`. */
bool cf_t_is_fresh(cf_templates *env, const cf_t_template *t);
/** Every template that can be listed, to `visit`; false when that fails. */
bool cf_t_list_templates(cf_templates *env, bool (*visit)(void *data, const char *name, cf_error *error), void *data,
                         cf_error *error);

#endif
