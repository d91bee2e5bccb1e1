// gcc: a query text must be a string literal
// clang: a query text must be a string literal
/* A query text that the program puts together: the door of every injection. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
User *find(cf_db *db, const char *text);
User *find(cf_db *db, const char *text) { return cf_find(db, User, text); }
