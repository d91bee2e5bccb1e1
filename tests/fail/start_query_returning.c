// start: 'returning' is not needed: the call gives the number of rows
#include <carafe.h>
typedef struct User { int64_t id; const char *name; const char *email; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(email, .length = 100, .unique = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_update_where(db, User, "set name = ? where id = ? returning id", "x", 1); }
