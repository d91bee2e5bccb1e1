// start: cf_with\(\) takes load\(...\), join\(...\) and raise\(...\), and nothing else
#include <carafe.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(active));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { cf_with(cf_query_of(db, User), User, "t as (select id from User) select id"); }
