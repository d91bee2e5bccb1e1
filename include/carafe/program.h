/**
 * @file carafe/program.h
 * @brief What a program registers with Carafe by being linked: models, relationships, query sites, embedded files.
 *
 * CF_MODEL, the query macros and embedded files leave pointers in sections of the
 * executable; CF_PROGRAM names them. The macros cf_main() and cf_open() pass it on,
 * so that programs seldom need it themselves.
 */
#ifndef CARAFE_PROGRAM_H
#define CARAFE_PROGRAM_H

#include <carafe/core.h>

CF_BEGIN_C

/** The bounds of the sections of one executable or shared object. */
typedef struct cf_program {
    const void *const *models, *const *models_end;
    const void *const *sites, *const *sites_end;
    const void *const *files, *const *files_end;
    const void *const *relations, *const *relations_end;
    const void *const *web_sites, *const *web_sites_end;
} cf_program;

/* The linker makes these symbols when the section exists; weak: a program without it has none. */
#define CF_SECTION_(name)                                                                          \
    extern const void *const __start_##name[] __attribute__((weak, visibility("hidden")));         \
    extern const void *const __stop_##name[] __attribute__((weak, visibility("hidden")))
CF_SECTION_(cf_models);
CF_SECTION_(cf_sites);
CF_SECTION_(cf_files);
CF_SECTION_(cf_relations);
CF_SECTION_(cf_web_sites);

#define CF_BOUNDS_(member, section) .member = __start_##section, .member##_end = __stop_##section

/** The executable (or shared object) in whose source this stands. */
#define CF_PROGRAM                                                                                 \
    (&(const cf_program){CF_BOUNDS_(models, cf_models), CF_BOUNDS_(sites, cf_sites),               \
                         CF_BOUNDS_(files, cf_files), CF_BOUNDS_(relations, cf_relations),         \
                         CF_BOUNDS_(web_sites, cf_web_sites)})

/* Puts a pointer where CF_PROGRAM finds it; `pointer` is a constant. */
#define CF_REGISTER_(section_, name, pointer)                                                      \
    static const void *const name __attribute__((section(section_), used)) = (pointer)

CF_END_C

#endif
