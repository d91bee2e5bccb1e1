// start: '--' cannot stand here; there are no comments in a query
#include <carafe.h>
typedef struct User { int64_t id; const char *name; const char *email; cf_datetime created_at; bool active; double quota; cf_null_int64 age; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(email, .unique = true),
    CF_COLUMN(created_at), CF_COLUMN(active), CF_COLUMN(quota), CF_COLUMN(age));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_all(db, User, "id = 1 --"); }
