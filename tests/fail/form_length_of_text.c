// gcc: pointer value used where a floating-point was expected
// clang: cannot be cast to type 'double'|operand of type 'char \[2\]'
/* A length that is no number. */
#include <carafe/form.h>
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", CF_MAX_LENGTH("5")));
