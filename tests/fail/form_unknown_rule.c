// gcc: .CF_REQIRED. undeclared
// clang: use of undeclared identifier 'CF_REQIRED'
/* A rule that does not exist. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", CF_REQIRED));
