// gcc: has no member named .pasword.
// clang: no member named 'pasword'
/* A rule that compares with a member that does not exist. */
#include <carafe/form.h>
typedef struct UserForm { const char *password, *again; } UserForm;
CF_FORM(UserForm, CF_FIELD(password, NULL), CF_FIELD(again, NULL, CF_EQUAL_TO(pasword)));
