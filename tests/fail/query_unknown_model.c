// gcc: .Dataset. undeclared
// clang: use of undeclared identifier 'Dataset'
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
void find(cf_db *db);
void find(cf_db *db) { (void)cf_find(db, Dataset, "id = 1"); }
