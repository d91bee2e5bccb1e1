// gcc: CF_MOMENT_before_add
// clang: CF_MOMENT_before_add
/* A moment that there is none of. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
static bool greet(cf_db *db, User *user) { return db && user; }
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_EVENT(before_add, greet));
