// gcc: has no member named .nmae.
// clang: no member named 'nmae'
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_UNIQUE(id, nmae));
