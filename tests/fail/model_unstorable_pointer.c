// gcc: column .*handle.*a field of this C type cannot be stored
// clang: column 'handle': a field of this C type cannot be stored
/* A type that no database stores. */
#include <carafe/orm.h>
typedef struct Job { int64_t id; void *handle; } Job;
CF_MODEL(Job, CF_COLUMN(id, .primary_key = true), CF_COLUMN(handle));
