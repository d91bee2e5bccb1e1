/* Users and projects: many to many, through an association table. */
#include <carafe.h>

typedef struct User {
    int64_t     id;
    const char *name;
} User;

CF_MODEL(User,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 100));

typedef struct Project {
    int64_t     id;
    const char *name;
} Project;

CF_MODEL(Project,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 100));

CF_ASSOCIATION(user_project, "user.id", "project.id");
CF_MANY_TO_MANY(User, projects, Project, users, user_project); /* User_projects(u), Project_users(p) */

typedef struct UserForm {
    const char *name;
} UserForm;

CF_FORM(UserForm,
    CF_FIELD(name, "Name", CF_REQUIRED),
    CF_SUBMIT("Add User"));

typedef struct ProjectForm {
    const char *name;
} ProjectForm;

CF_FORM(ProjectForm,
    CF_FIELD(name, "Project Name", CF_REQUIRED),
    CF_SUBMIT("Add Project"));

typedef struct AssignForm {
    int64_t user_id;
    int64_t project_id;
} AssignForm;

CF_FORM(AssignForm,
    CF_FIELD(user_id,    "User ID",    CF_REQUIRED),
    CF_FIELD(project_id, "Project ID", CF_REQUIRED),
    CF_SUBMIT("Assign"));

static cf_response *index_page(cf_request *rq)
{
    CF_LIST(User) users = cf_all(rq->db, User, "order by id");
    return cf_render(rq, "users.html", CF_VAR(users));
}

static cf_response *projects_page(cf_request *rq)
{
    CF_LIST(Project) projects = cf_all(rq->db, Project, "order by id");
    return cf_render(rq, "projects.html", CF_VAR(projects));
}

static cf_response *add_user(cf_request *rq)
{
    UserForm *form = cf_form(rq, UserForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, User, .name = form->name);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_user.html", CF_VAR(form));
}

static cf_response *add_project(cf_request *rq)
{
    ProjectForm *form = cf_form(rq, ProjectForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, Project, .name = form->name);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "projects");
    }
    return cf_render(rq, "add_project.html", CF_VAR(form));
}

static cf_response *assign(cf_request *rq)
{
    AssignForm *form = cf_form(rq, AssignForm);
    if (cf_submitted(form)) {
        User    *user = cf_get(rq->db, User, form->user_id);
        Project *project = cf_get(rq->db, Project, form->project_id);
        if (!user) cf_form_add_error(form, "user_id", "There is no such user.");
        if (!project) cf_form_add_error(form, "project_id", "There is no such project.");
        if (user && project) {
            cf_append(User_projects(user), project);
            if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
        }
    }
    return cf_render(rq, "assign.html", CF_VAR(form));
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {
        CF_ROUTE("/",            index_page,    .endpoint = "index"),
        CF_ROUTE("/projects",    projects_page, .endpoint = "projects"),
        CF_ROUTE("/add_user",    add_user,      .methods = CF_GET | CF_POST),
        CF_ROUTE("/add_project", add_project,   .methods = CF_GET | CF_POST),
        CF_ROUTE("/assign",      assign,        .methods = CF_GET | CF_POST),
        CF_END
    };
    static const cf_app app = { .name = "projects", .routes = routes };
    return cf_main(&app, argc, argv);
}
