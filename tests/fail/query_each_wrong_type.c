// gcc: incompatible pointer type
// clang: incompatible pointer types initializing
// flags: -Werror=incompatible-pointer-types
#include <carafe/orm.h>
typedef struct User { int64_t id; } User;
typedef struct Dataset { int64_t id; } Dataset;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true));
CF_MODEL(Dataset, CF_COLUMN(id, .primary_key = true));
void find(cf_db *db);
void find(cf_db *db) { cf_each (Dataset, d, cf_all(db, User, "")) (void)d; }
