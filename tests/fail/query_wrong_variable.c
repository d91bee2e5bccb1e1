// gcc: incompatible pointer type
// clang: incompatible pointer types initializing 'Dataset \*'
// flags: -Werror=incompatible-pointer-types
/* A list of users is not a list of datasets. */
#include <carafe/orm.h>
typedef struct User { int64_t id; } User;
typedef struct Dataset { int64_t id; } Dataset;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true));
CF_MODEL(Dataset, CF_COLUMN(id, .primary_key = true));
void find(cf_db *db);
void find(cf_db *db) { Dataset *d = cf_find(db, User, "id = 1"); (void)d; }
