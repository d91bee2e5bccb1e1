// start: the query reads no table 'author'; join it before the condition, 'join author'
#include <carafe.h>
typedef struct User { int64_t id; const char *name; cf_json meta; } User;
typedef struct Post { int64_t id; const char *title; int64_t author_id; } Post;
typedef struct Badge { int64_t id; int64_t user_id; } Badge;
typedef struct Line { const char *title; } Line;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(meta));
CF_MODEL(Post, CF_COLUMN(id, .primary_key = true), CF_COLUMN(title, .length = 80), CF_COLUMN(author_id, .references = "user.id"));
CF_MODEL(Badge, CF_COLUMN(id, .primary_key = true), CF_COLUMN(user_id, .references = "user.id"));
CF_ONE_TO_MANY(User, posts, Post, author);
CF_ONE_TO_ONE(User, badge, Badge, user);
CF_ROW(Line, title);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_all(db, Post, "order by id for update of author with join(author)"); }
