/* All macros of the web layer, without a warning. */
#include <carafe.h>
#include <carafe/test.h>
typedef struct User { int64_t id; const char *name; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name));
typedef struct UserForm { const char *name; } UserForm;
CF_FORM(UserForm, CF_FIELD(name, "Name", CF_REQUIRED), CF_SUBMIT("Save"));
static cf_response *plain(cf_request *rq) { return cf_render(rq, "plain.html"); }
static cf_response *page(cf_request *rq)
{
    User     *user = cf_get_or_404(rq, User, cf_arg_int(rq, id));
    UserForm *form = cf_form(rq, UserForm), *edit = cf_form_edit(rq, UserForm, user);
    int       n = 3;
    if (cf_submitted(form) && cf_commit_form(rq->db, form)) return cf_redirect(rq, "plain");
    if (cf_arg_double(rq, x) > 1) return cf_redirect(rq, "page", CF_VAR_AS("id", 3), CF_VAR(n));
    if (*cf_arg_text(rq, name) || cf_arg_uuid(rq, key).bytes[0]) return cf_json(rq, CF_VALUE(cf_url_for(rq, "plain")));
    if (n > 3) return cf_file(rq, "/srv", "x");
    return cf_render(rq, "page.html", CF_VAR(user), CF_VAR(form), CF_VAR(edit), CF_VAR_AS("title", "t"));
}
static const cf_route inner[] = { CF_ROUTE("/x", plain), CF_END };
static const cf_blueprint blueprints[] = { { .name = "b", .prefix = "/b", .routes = inner }, CF_END };
static const cf_error_page errors[] = { { 404, plain }, CF_END };
static const cf_route routes[] = {
    CF_ROUTE("/", plain),
    CF_ROUTE("/<int:id>", page, .methods = CF_GET | CF_POST, .csrf = CF_CSRF_ON, .max_body = 100, .endpoint = "page"),
    CF_END
};
static const cf_app app = { .name = "ok", .routes = routes, .blueprints = blueprints, .error_pages = errors };
int main(int argc, char **argv)
{
    cf_client *client = cf_client_new(&app, "sqlite://");
    cf_client_post(client, "/", "a", "b", NULL);
    cf_client_free(client);
    return cf_main(&app, argc, argv);
}
