// start: nothing keeps a User from having several task, each of which would give a row of its own: for CF_LOAD_JOINED make the key of Task unique for all rows
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Task { int64_t id; int64_t user_id; int64_t boss_id; const char *status; } Task;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
CF_MODEL(Task, CF_COLUMN(id, .primary_key = true), CF_COLUMN(user_id, .references = "user.id"), CF_COLUMN(boss_id), CF_COLUMN(status));
CF_ONE_TO_ONE(User, task, Task, user, .load = CF_LOAD_JOINED);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
