// gcc: the function of an event must be: bool greet
// clang: the function of an event must be: bool greet
/* A function for an event that takes the object of another model. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Post { int64_t id; } Post;
static bool greet(cf_db *db, Post *post) { return db && post; }
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_EVENT(before_insert, greet));
