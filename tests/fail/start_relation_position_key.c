// start: 'tasks': Task\.boss_id is part of a key and cannot be a \.position
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Task { int64_t id; int64_t user_id; cf_null_int64 boss_id; int32_t place; const char *status; int16_t small; } Task;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
CF_MODEL(Task, CF_COLUMN(id, .primary_key = true), CF_COLUMN(user_id, .references = "user.id"), CF_COLUMN(boss_id, .references = "user.id"),
    CF_COLUMN(place), CF_COLUMN(status), CF_COLUMN(small));
CF_ASSOCIATION(user_task, "user.id", "task.id");
CF_ONE_TO_MANY(User, tasks, Task, user, .key = "user_id", .position = "boss_id");
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
