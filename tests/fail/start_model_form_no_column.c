// start: form UserForm: field 'name' is no column of model User
/* A form of a model with a member of its struct that is no column. */
#include <carafe.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true));
typedef struct UserForm { const char *name; } UserForm;
CF_MODEL_FORM(UserForm, User, name);
static cf_response *add(cf_request *rq) { UserForm *form = cf_form(rq, UserForm); return cf_text(rq, form->name); }
static const cf_route routes[] = { CF_ROUTE("/", add, .methods = CF_GET | CF_POST), CF_END };
static const cf_app app = { .name = "broken", .routes = routes };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
