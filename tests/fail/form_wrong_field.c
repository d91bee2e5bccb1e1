// gcc: has no member named .nam.
// clang: no member named 'nam'
/* A field of a form whose member does not exist. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(nam, "Name", CF_REQUIRED));
