/* Around fragments about models: they stand at file scope. */
#include <carafe.h>

typedef struct User {
    int64_t     id;
    const char *name;
} User;
typedef struct Project {
    int64_t     id;
    const char *name;
} Project;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
CF_MODEL(Project, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));

/* HERE */
