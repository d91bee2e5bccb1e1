// gcc: a query text must be a string literal
// clang: a query text must be a string literal
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
static const char text[] = "id = 1";
User *find(cf_db *db);
User *find(cf_db *db) { return cf_find(db, User, text); }
