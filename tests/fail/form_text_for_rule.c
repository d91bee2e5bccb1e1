// gcc: cf_use_a_rule_or_dot_option
// clang: cf_use_a_rule_or_dot_option
// flags: -Werror=incompatible-pointer-types
/* A text where a rule or an option stands. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", "As on your letters"));
