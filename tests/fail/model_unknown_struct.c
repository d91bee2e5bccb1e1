// gcc: unknown type name .Usr.
// clang: unknown type name 'Usr'
#include <carafe/orm.h>
typedef struct User { int64_t id; } User;
CF_MODEL(Usr, CF_COLUMN(id, .primary_key = true));
