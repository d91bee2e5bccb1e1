// gcc: .struct Point.|.Point. is not compatible with any association
// clang: type 'Point' .*not compatible with any generic association
#include <carafe/orm.h>
typedef struct Point { int x, y; } Point;
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
User *find(cf_db *db, Point p);
User *find(cf_db *db, Point p) { return cf_find(db, User, "id = ?", p); }
