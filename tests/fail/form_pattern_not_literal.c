// gcc: expected .\}. before .pattern.
// clang: expected '\}'
/* A pattern that is no literal could come from anywhere. */
#include <carafe/form.h>
static const char *pattern = "^a$";
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", CF_REGEXP(pattern)));
