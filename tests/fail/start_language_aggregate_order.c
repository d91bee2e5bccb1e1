// start: an aggregate to order by needs 'group by': without it there is one row
#include <carafe.h>
typedef struct User { int64_t id; const char *name; cf_null_int64 age; double quota; bool active; cf_datetime created_at; cf_json meta; } User;
typedef struct Post { int64_t id; const char *title; int32_t size; int64_t author_id; } Post;
typedef struct Tag { int64_t id; const char *label; } Tag;
typedef struct PostTag { int64_t post_id; int64_t tag_id; } PostTag;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(age), CF_COLUMN(quota), CF_COLUMN(active),
    CF_COLUMN(created_at), CF_COLUMN(meta));
CF_MODEL(Post, CF_COLUMN(id, .primary_key = true), CF_COLUMN(title, .length = 80), CF_COLUMN(size), CF_COLUMN(author_id, .references = "user.id"));
CF_MODEL(Tag, CF_COLUMN(id, .primary_key = true), CF_COLUMN(label, .length = 80));
CF_MODEL(PostTag, CF_COLUMN(post_id, .primary_key = true, .references = "post.id"), CF_COLUMN(tag_id, .primary_key = true, .references = "tag.id"));
CF_ONE_TO_MANY(User, posts, Post, author);
CF_MANY_TO_MANY(Post, tags, Tag, posts, PostTag);
typedef struct Line { const char *name; int64_t n; } Line;
CF_ROW(Line, name, n);
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
void never_called(cf_db *db);
void never_called(cf_db *db) { (void)cf_scalar(db, int64_t, User, "select 1 order by count(age)"); }
