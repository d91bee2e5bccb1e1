/* Users and their datasets: one to many. */
#include <carafe.h>

typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
} User;

CF_MODEL(User,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 100),
    CF_COLUMN(email, .length = 120, .unique = true));

typedef struct Dataset {
    int64_t     id;
    const char *name;
    int64_t     size;
    int64_t     user_id;
} Dataset;

CF_MODEL(Dataset,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(name,    .length = 100),
    CF_COLUMN(size),
    CF_COLUMN(user_id, .references = "user.id", .index = true));

CF_ONE_TO_MANY(User, datasets, Dataset, user); /* User_datasets(u), Dataset_user(d) */

typedef struct UserForm {
    const char *name;
    const char *email;
} UserForm;

CF_FORM(UserForm,
    CF_FIELD(name,  "Name",  CF_REQUIRED),
    CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL),
    CF_SUBMIT("Add User"));

typedef struct DatasetForm {
    const char *name;
    int64_t     size;
    int64_t     user_id;
} DatasetForm;

CF_FORM(DatasetForm,
    CF_FIELD(name,    "Dataset Name", CF_REQUIRED),
    CF_FIELD(size,    "Size (MB)",    CF_REQUIRED),
    CF_FIELD(user_id, "User ID",      CF_REQUIRED),
    CF_SUBMIT("Add Dataset"));

static cf_response *index_page(cf_request *rq)
{
    CF_LIST(User) users = cf_all(rq->db, User, "order by id"); /* the page's datasets come in one statement more */
    return cf_render(rq, "users.html", CF_VAR(users));
}

static cf_response *add_user(cf_request *rq)
{
    UserForm *form = cf_form(rq, UserForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, User, .name = form->name, .email = form->email);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_user.html", CF_VAR(form));
}

static cf_response *add_dataset(cf_request *rq)
{
    DatasetForm *form = cf_form(rq, DatasetForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, Dataset, .name = form->name, .size = form->size, .user_id = form->user_id);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_dataset.html", CF_VAR(form));
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {
        CF_ROUTE("/",            index_page,  .endpoint = "index"),
        CF_ROUTE("/add_user",    add_user,    .methods = CF_GET | CF_POST),
        CF_ROUTE("/add_dataset", add_dataset, .methods = CF_GET | CF_POST),
        CF_END
    };
    static const cf_app app = { .name = "datasets", .routes = routes };
    return cf_main(&app, argc, argv);
}
