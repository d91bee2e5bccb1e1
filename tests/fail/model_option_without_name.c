// gcc: cf_use_dot_names_for_options
// clang: cf_use_dot_names_for_options
// flags: -Werror=int-conversion
/* An option given by position. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, true), CF_COLUMN(name));
