// start: 'limit' and 'offset' are the page.s own; they cannot stand here
#include <carafe.h>
typedef struct User { int64_t id; const char *name; const char *email; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(email, .length = 100, .unique = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_slice_in(db, NULL, User, "order by id limit 3"); }
