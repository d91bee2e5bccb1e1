// gcc: field .{1,2}age.{1,2} has another type in the model than in the form
// clang: field 'age' has another type in the model than in the form
/* A form of a model with a field of another type. */
#include <carafe.h>
typedef struct User { int64_t id; int32_t age; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(age));
typedef struct UserForm { const char *age; } UserForm;
CF_MODEL_FORM(UserForm, User, age);
