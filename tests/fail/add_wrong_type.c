// gcc: makes pointer from integer
// clang: incompatible integer to pointer conversion
// flags: -Werror=int-conversion
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
void add(cf_db *db);
void add(cf_db *db) { cf_add(db, User, .name = 7); }
