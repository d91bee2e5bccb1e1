/**
 * @file carafe/files.h
 * @brief Files that are part of the program: templates and static files inside the binary.
 *
 * carafe-embed writes C source with one cf_file per file; each registers itself
 * in a linker section, so that nothing has to name it. The section belongs to
 * the executable (or shared library) that was linked from it: the macros below
 * must be used in code of that same executable.
 *
 *     const cf_file *const *files = CF_FILES();
 *     for (size_t i = 0; i < CF_FILE_COUNT(); i++) puts(files[i]->name);
 */
#ifndef CARAFE_FILES_H
#define CARAFE_FILES_H

#include <carafe/program.h>

CF_BEGIN_C

/** An embedded file. The data is followed by a NUL byte that `size` does not count. */
typedef struct cf_file {
    const char          *folder; /**< "templates" or "static" */
    const char          *name;   /**< path below the folder, with '/' */
    const unsigned char *data;
    size_t               size;
    const char          *hash;   /**< hexadecimal digits that change with the content; for entity tags */
} cf_file;

/** Register a cf_file with static storage; `id` makes the name of the pointer unique in its source file. */
#define CF_REGISTER_FILE(id, file)                                                                 \
    static const cf_file *const cf_file_pointer_##id                                               \
        __attribute__((section("cf_files"), used)) = &(file)

/** The pointers of the files embedded in this executable; NULL when there are none. */
#define CF_FILES() ((const cf_file *const *)(const void *)__start_cf_files)
/** How many there are. */
#define CF_FILE_COUNT()                                                                            \
    (CF_FILES() ? (size_t)(__stop_cf_files - __start_cf_files) : (size_t)0)

CF_END_C

#endif
