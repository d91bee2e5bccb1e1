/* The same work twice: through Carafe, and by hand on SQLite. */
#ifndef CARAFE_BENCH_ORM_WORK_H
#define CARAFE_BENCH_ORM_WORK_H

#include <stdbool.h>

#ifndef ROWS
#define ROWS 100000
#endif
#define PARENTS (ROWS / 10)
#define CHILDREN 10

/* Each does one kind of work on a database file, or on that of a URL, and returns whether it came out right. */
typedef struct work {
    const char *name;
    bool (*carafe)(const char *file);
    bool (*limit)(const char *file);
} work;

bool carafe_prepare(const char *file);
bool carafe_load(const char *file), limit_load(const char *file);
bool carafe_insert(const char *file), limit_insert(const char *file);
bool carafe_update(const char *file), limit_update(const char *file);
bool carafe_delete(const char *file);
bool carafe_get(const char *file), limit_get(const char *file);
bool carafe_find(const char *file), limit_find(const char *file);
bool carafe_related(const char *file), limit_related(const char *file);

#endif
