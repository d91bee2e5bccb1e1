// gcc: has no member named .mail.
// clang: no member named 'mail'
/* A form of a model with a field that its struct does not have. */
#include <carafe.h>
typedef struct User { int64_t id; const char *mail; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(mail));
typedef struct UserForm { const char *email; } UserForm;
CF_MODEL_FORM(UserForm, User, mail);
