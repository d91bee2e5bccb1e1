// gcc: makes integer from pointer|from .char \*. makes integer
// clang: incompatible pointer to integer conversion
// flags: -Werror=int-conversion
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = "100"));
