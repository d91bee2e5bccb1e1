// start: rows of Task would be written twice, as it has the relationship 'user' too; give 'friends' \.view_only = true
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Task { int64_t user_id; int64_t boss_id; } Task;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
CF_MODEL(Task, CF_COLUMN(user_id, .primary_key = true, .references = "user.id"), CF_COLUMN(boss_id, .primary_key = true, .references = "user.id"));
CF_ONE_TO_MANY(User, tasks, Task, user, .key = "user_id");
CF_MANY_TO_MANY(User, friends, User, friends_of, Task);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
