// gcc: has no member named .descripton.
// clang: field designator 'descripton' does not refer to any field
/* An option that does not exist. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", .descripton = "As on your letters"));
