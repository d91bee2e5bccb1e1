/* Around fragments of handlers and tables: a model, a form, and handlers to name. */
#include <carafe.h>
#include <carafe/test.h>

typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
} User;

CF_MODEL(User,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 100),
    CF_COLUMN(email, .length = 120, .unique = true));

typedef struct UserForm {
    const char *name;
    const char *email;
} UserForm;

CF_FORM(UserForm,
    CF_FIELD(name,  "Name",  CF_REQUIRED),
    CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL),
    CF_SUBMIT("Save"));

cf_response *index_page(cf_request *rq);
cf_response *report(cf_request *rq);
cf_response *login(cf_request *rq);

/* HERE */
