// gcc: has no member named .nick.
// clang: no member named 'nick'
/* A form of a model with a field that the model's struct does not have. */
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
typedef struct UserForm { const char *name, *nick; } UserForm;
CF_MODEL_FORM(UserForm, User, name, nick);
