// gcc: has no member named .nam.
// clang: no member named 'nam'
/* A column whose field does not exist. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(nam, .length = 100));
