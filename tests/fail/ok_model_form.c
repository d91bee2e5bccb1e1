/* Forms of models, without a warning. */
#include <carafe.h>
typedef struct User { int64_t id; char code[8]; const char *name; cf_null_int32 age; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(code), CF_COLUMN(name), CF_COLUMN(age));
typedef struct UserForm { const char *code, *name; int32_t age; const char *again; } UserForm;
CF_MODEL_FORM_WITH(UserForm, User, (code, name, age),
    CF_FIELD(name, "Full name", CF_LENGTH(2, 9), CF_ASK, CF_MESSAGE("Taken.")),
    CF_FIELD(again, "Again", CF_EQUAL_TO(name)),
    CF_SUBMIT("Save"));
typedef struct NameForm { const char *name; } NameForm;
CF_MODEL_FORM(NameForm, User, name);
cf_response *save(cf_request *rq, User *user);
cf_response *save(cf_request *rq, User *user)
{
    UserForm *form = cf_form_edit(rq, UserForm, user);
    if (cf_submitted(form) && cf_form_copy(form, user) && cf_commit_form(rq->db, form)) return cf_text(rq, "saved");
    return cf_text(rq, cf_form_class_NameForm()->name);
}
