// start: nothing fills Link.role when 'friends' changes
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Link { int64_t user_id; int64_t other_id; const char *role; } Link;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
CF_MODEL(Link, CF_COLUMN(user_id, .primary_key = true, .references = "user.id"), CF_COLUMN(other_id, .primary_key = true, .references = "user.id"), CF_COLUMN(role));
CF_MANY_TO_MANY(User, friends, User, friends_of, Link);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
