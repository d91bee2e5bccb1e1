/* A list of users and a form to add one: a whole application. */
#include <carafe.h>

/* A model is a plain struct, and a table that says how it is stored. */
typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
    cf_datetime created_at;
} User;

CF_MODEL(User,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 100),
    CF_COLUMN(email,      .length = 120, .unique = true),
    CF_COLUMN(created_at, .default_now = true));

/* A form is the same idea: a struct for the values, a table for labels and rules. */
typedef struct UserForm {
    const char *name;
    const char *email;
} UserForm;

CF_FORM(UserForm,
    CF_FIELD(name,  "Name",  CF_REQUIRED),
    CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL),
    CF_SUBMIT("Add User"));

static cf_response *index_page(cf_request *rq)
{
    CF_LIST(User) users = cf_all(rq->db, User, "order by id");
    return cf_render(rq, "users.html", CF_VAR(users));
}

static cf_response *add_user(cf_request *rq)
{
    UserForm *form = cf_form(rq, UserForm);
    if (cf_submitted(form)) { /* POST, CSRF and every rule held */
        cf_add(rq->db, User, .name = form->name, .email = form->email);
        if (cf_commit_form(rq->db, form)) /* a taken e-mail becomes an error under the field, not a 500 */
            return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_user.html", CF_VAR(form));
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {
        CF_ROUTE("/",    index_page, .endpoint = "index"),
        CF_ROUTE("/add", add_user, .methods = CF_GET | CF_POST),
        CF_END
    };
    static const cf_app app = { .name = "users", .routes = routes };
    return cf_main(&app, argc, argv); /* run, routes, check, db create, ... */
}
