// start: 2 columns of Dataset refer to User; say which one: .key = "user_id"
#include <carafe.h>
typedef struct User { int64_t id; int64_t datasets_number; } User;
typedef struct Dataset { int64_t id; int64_t user_id; int64_t owner_id; } Dataset;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(datasets_number));
CF_MODEL(Dataset, CF_COLUMN(id, .primary_key = true), CF_COLUMN(user_id, .references = "user.id"), CF_COLUMN(owner_id, .references = "user.id"));
CF_ONE_TO_MANY(User, datasets, Dataset, user);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
