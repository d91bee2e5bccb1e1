// gcc: has no member named .nmae.
// clang: 'nmae' does not refer to any field
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
void add(cf_db *db);
void add(cf_db *db) { cf_add(db, User, .nmae = "Ada"); }
