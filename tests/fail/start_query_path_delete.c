// start: a path cannot stand where rows are changed; say any\(user, condition\)
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
typedef struct Dataset { int64_t id; const char *name; int32_t size; int64_t user_id; } Dataset;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100));
CF_MODEL(Dataset, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_COLUMN(size), CF_COLUMN(user_id, .references = "user.id"));
CF_ONE_TO_MANY(User, datasets, Dataset, user);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_delete_where(db, Dataset, "user.name = ?", "x"); }
