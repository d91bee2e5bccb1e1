// gcc: .cf_column. has no member named .lenght.; did you mean .length.
// clang: 'lenght' does not refer to any field .* did you mean 'length'
/* A misspelt option. */
#include <carafe/orm.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .lenght = 100));
