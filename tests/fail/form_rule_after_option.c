// gcc: a_rule_must_stand_before_the_options
// clang: a_rule_must_stand_before_the_options
/* A rule after an option. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", .description = "As on your letters", CF_REQUIRED));
