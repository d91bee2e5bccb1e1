/* Handlers with templates, forms and a database, as an application has them. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>

typedef struct Person {
    int64_t     id;
    const char *name;
    const char *email;
} Person;
CF_MODEL(Person, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 20),
         CF_COLUMN(email, .length = 40, .unique = true));

typedef struct PersonForm {
    const char *name;
    const char *email;
} PersonForm;
CF_FORM(PersonForm, CF_FIELD(name, "Name", CF_REQUIRED), CF_FIELD(email, "Email", CF_REQUIRED), CF_SUBMIT("Add"));

static cf_response *page_list(cf_request *rq)
{
    CF_LIST(Person) people = cf_all(rq->db, Person, "order by id");
    return cf_render(rq, "people.html", CF_VAR(people));
}

static cf_response *page_add(cf_request *rq)
{
    PersonForm *form = cf_form(rq, PersonForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, Person, .name = form->name, .email = form->email);
        if (cf_commit_form(rq->db, form)) {
            cf_flash(rq, "Added & done.", "success");
            return cf_redirect(rq, "list");
        }
    }
    return cf_render(rq, "add.html", CF_VAR(form));
}

static cf_response *page_person(cf_request *rq)
{
    Person *person = cf_get_or_404(rq, Person, cf_arg_int(rq, id));
    if (!person) return NULL;
    return cf_render(rq, "person.html", CF_VAR(person));
}

static cf_response *page_edit(cf_request *rq)
{
    Person *person = cf_get_or_404(rq, Person, cf_arg_int(rq, id));
    if (!person) return NULL;
    PersonForm *form = cf_form_edit(rq, PersonForm, person);
    if (cf_submitted(form)) {
        cf_form_populate(form, person);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "person", CF_VAR_AS("id", person->id));
    }
    return cf_render(rq, "add.html", CF_VAR(form));
}

/* Adds and does not commit. */
static cf_response *page_careless(cf_request *rq)
{
    cf_add(rq->db, Person, .name = "Careless", .email = "c@example.com");
    return cf_text(rq, "added?");
}

/* A violation that nobody looks at. */
static cf_response *page_unchecked(cf_request *rq)
{
    cf_add(rq->db, Person, .name = "One", .email = "same@example.com");
    cf_add(rq->db, Person, .name = "Two", .email = "same@example.com");
    cf_commit(rq->db);
    return cf_text(rq, "all is well");
}

/* Has a form, but on this path does not make it. */
static cf_response *page_evasive(cf_request *rq)
{
    if (rq->method == CF_POST) {
        cf_request_session_set(rq, "evaded", cf_value_bool(true));
        return cf_text(rq, "evaded");
    }
    PersonForm *form = cf_form(rq, PersonForm);
    return cf_render(rq, "add.html", CF_VAR(form));
}

static cf_response *page_broken(cf_request *rq)
{
    return cf_render(rq, "broken.html");
}

static cf_response *page_own_404(cf_request *rq)
{
    return cf_render(rq, "missing.html", CF_VAR_AS("why", rq->message));
}

static cf_response *page_request(cf_request *rq)
{
    return cf_render(rq, "request.html");
}

static const cf_route routes[] = {
    CF_ROUTE("/", page_list, .endpoint = "list"),
    CF_ROUTE("/add", page_add, .methods = CF_GET | CF_POST, .endpoint = "add"),
    CF_ROUTE("/person/<int:id>", page_person, .endpoint = "person"),
    CF_ROUTE("/person/<int:id>/edit", page_edit, .methods = CF_GET | CF_POST, .endpoint = "edit"),
    CF_ROUTE("/careless", page_careless),
    CF_ROUTE("/unchecked", page_unchecked),
    CF_ROUTE("/evasive", page_evasive, .methods = CF_GET | CF_POST),
    CF_ROUTE("/broken", page_broken),
    CF_ROUTE("/request/<word>", page_request, .endpoint = "request"),
    CF_END,
};
static const cf_error_page error_pages[] = {{404, page_own_404}, CF_END};
static const cf_app        app = {.name = "pages", .routes = routes, .error_pages = error_pages};

/* ---- embedded files by hand ----------------------------------------------------------------- */

#define TEMPLATE(id, name_, text)                                                                                  \
    static const cf_file file_##id = {"templates", name_, (const unsigned char *)text, sizeof(text) - 1, "h" #id}; \
    CF_REGISTER_FILE(id, file_##id)

TEMPLATE(base, "base.html",
         "{% for category, m in get_flashed_messages(with_categories=true) %}<p class=\"{{ category }}\">{{ m }}</p>"
         "{% endfor %}{% block body %}{% endblock %}");
TEMPLATE(people, "people.html",
         "{% extends 'base.html' %}{% block body %}<a href=\"{{ url_for('add') }}\">add</a>"
         "{% for p in people %}<li>{{ p.id }} {{ p.name }}</li>{% endfor %}{% endblock %}");
TEMPLATE(add, "add.html",
         "{% extends 'base.html' %}{% block body %}<form method=\"post\">{{ form.hidden_tag() }}{{ form.name() }}"
         "{{ form.email() }}{% for e in form.email.errors %}<b>{{ e }}</b>{% endfor %}"
         "{% for e in form.csrf_token.errors %}<i>{{ e }}</i>{% endfor %}{{ form.submit() }}</form>{% "
         "endblock %}");
TEMPLATE(
    person, "person.html",
    "{{ person.name }} {{ url_for('person', id=person.id, back='a b') }} {{ url_for('static', filename='s.css') }}");
TEMPLATE(broken, "broken.html", "half a page {{ 1 / 0 }}");
TEMPLATE(missing, "missing.html", "not here: {{ why }}");
TEMPLATE(
    request, "request.html",
    "{{ request.method }} {{ request.path }} {{ request.args.get('q') }} {{ request.args.getlist('q')|join('+') }} "
    "{{ request.args.x is defined }} {{ request.endpoint }} {{ request.view_args.word }} {{ session.get('n', 'none') "
    "}} "
    "{{ config.ENV }} {{ g.x is defined }} {{ csrf_token()|length > 20 }}");
static const cf_file style = {"static", "s.css", (const unsigned char *)"p {}", 4, "abc"};
CF_REGISTER_FILE(style, style);

static cf_client *client;

static int set_up(void **state)
{
    client = cf_client_new(&app, "sqlite://");
    return client ? 0 : -1;
}

static int tear_down(void **state)
{
    cf_client_free(client);
    return 0;
}

#define BODY_HAS(text) \
    if (!strstr(cf_client_body(client), text)) fail_msg("not in the body: %s\n%s", text, cf_client_body(client))
#define BODY_HAS_NOT(text) \
    if (strstr(cf_client_body(client), text)) fail_msg("in the body: %s\n%s", text, cf_client_body(client))

static void a_form_is_shown_filled_in_and_stored(void **state)
{
    assert_int_equal(cf_client_get(client, "/add"), 200);
    assert_true(strlen(cf_client_token(client)) > 20);
    assert_int_equal(cf_client_post(client, "/add", "name", "Ada <b>", "email", "ada@example.com", NULL), 302);
    assert_string_equal(cf_client_header(client, "Location"), "/");
    cf_client_follow(client);
    BODY_HAS("<li>1 Ada &lt;b&gt;</li>");
    BODY_HAS("<p class=\"success\">Added &amp; done.</p>");
    BODY_HAS("<a href=\"/add\">");
    cf_client_get(client, "/");
    BODY_HAS_NOT("Added");
}

static void a_refused_form_is_shown_again(void **state)
{
    cf_client_get(client, "/add");
    assert_int_equal(cf_client_post(client, "/add", "name", "\"quoted\"", "email", "", NULL), 200);
    BODY_HAS("<b>This field is required.</b>");
    BODY_HAS("value=\"&#34;quoted&#34;\"");
}

static void a_taken_value_becomes_an_error_under_its_field(void **state)
{
    cf_client_get(client, "/add");
    assert_int_equal(cf_client_post(client, "/add", "name", "A", "email", "taken@example.com", NULL), 302);
    assert_int_equal(cf_client_post(client, "/add", "name", "B", "email", "taken@example.com", NULL), 200);
    BODY_HAS("<b>Already in use.</b>");
    BODY_HAS("value=\"taken@example.com\"");
    cf_client_get(client, "/");
    BODY_HAS_NOT("> B<");
}

static void a_form_without_token_is_shown_again_with_400(void **state)
{
    cf_client *fresh = cf_client_other(client);
    assert_int_equal(cf_client_post(fresh, "/add", "name", "Eve", "email", "eve@example.com", NULL), 400);
    assert_non_null(strstr(cf_client_body(fresh), "value=\"Eve\""));
    assert_non_null(strstr(cf_client_body(fresh), "<i>The CSRF token is missing.</i>"));
    assert_int_equal(cf_client_post(fresh, "/add", "name", "Eve", "email", "eve@example.com", NULL), 302);
    cf_client_free(fresh);
    cf_client_get(client, "/");
    BODY_HAS("Eve");
}

static void json_may_fill_a_form(void **state)
{
    cf_client_get(client, "/add");
    char              body[400];
    cf_param          type = {"Content-Type", "application/json", 16};
    cf_client_request request = {.method = "POST", .target = "/add", .headers = &type, .header_count = 1, .body = body};
    snprintf(body, sizeof body, "{\"name\":\"Jay\",\"email\":\"jay@example.com\",\"csrf_token\":\"%s\"}",
             cf_client_token(client));
    request.size = strlen(body);
    assert_int_equal(cf_client_send(client, &request), 302);
    snprintf(body, sizeof body, "{\"name\":\"Kay\",\"email\":\"kay@example.com\"}");
    request.size = strlen(body);
    assert_int_equal(cf_client_send(client, &request), 400);
    cf_client_get(client, "/");
    BODY_HAS("Jay");
    BODY_HAS_NOT("Kay");
}

static void a_row_is_shown_edited_and_404_when_missing(void **state)
{
    assert_int_equal(cf_client_get(client, "/person/1"), 200);
    BODY_HAS("Ada &lt;b&gt; /person/1?back=a+b /static/s.css");
    assert_int_equal(cf_client_get(client, "/person/1/edit"), 200);
    BODY_HAS("value=\"ada@example.com\"");
    assert_int_equal(cf_client_post(client, "/person/1/edit", "name", "Ada L.", "email", "ada@example.com", NULL), 302);
    assert_string_equal(cf_client_header(client, "Location"), "/person/1");
    cf_client_follow(client);
    BODY_HAS("Ada L.");
    assert_int_equal(cf_client_get(client, "/person/999"), 404);
    assert_string_equal(cf_client_body(client), "not here: There is no such Person.");
    assert_int_equal(cf_client_get(client, "/nope"), 404);
    BODY_HAS("not here: ");
}

static void what_was_not_committed_is_undone(void **state)
{
    assert_int_equal(cf_client_get(client, "/careless"), 200);
    cf_client_get(client, "/");
    BODY_HAS_NOT("Careless");
}

static void an_unchecked_failure_of_the_database_is_500(void **state)
{
    assert_int_equal(cf_client_get(client, "/unchecked"), 500);
    BODY_HAS("unique");
    BODY_HAS("Person");
    cf_client_get(client, "/");
    BODY_HAS_NOT("Two");
}

static void a_handler_that_evades_its_form_is_undone(void **state)
{
    cf_client *fresh = cf_client_other(client);
    cf_client_get(fresh, "/evasive");
    assert_int_equal(cf_client_post(fresh, "/evasive", "csrf_token", "wrong", NULL), 400);
    assert_null(strstr(cf_client_body(fresh), "evaded"));
    cf_client_free(fresh);
}

static void a_template_that_fails_leaves_no_half_page(void **state)
{
    assert_int_equal(cf_client_get(client, "/broken"), 500);
    BODY_HAS_NOT("half a page");
    BODY_HAS("ZeroDivisionError");
    BODY_HAS("broken.html");
}

static void templates_see_the_request(void **state)
{
    assert_int_equal(cf_client_get(client, "/request/w?q=1&q=2&x=&_"), 200);
    assert_string_equal(cf_client_body(client), "GET /request/w 1 1+2 True request w none development False True");
}

static void embedded_files_are_served(void **state)
{
    assert_int_equal(cf_client_get(client, "/static/s.css"), 200);
    assert_string_equal(cf_client_body(client), "p {}");
    assert_string_equal(cf_client_header(client, "ETag"), "\"abc\"");
    cf_param none = {"If-None-Match", "\"abc\"", 5};
    assert_int_equal(
        cf_client_send(client, &(cf_client_request){.target = "/static/s.css", .headers = &none, .header_count = 1}),
        304);
    cf_param range = {"Range", "bytes=2-3", 9};
    assert_int_equal(
        cf_client_send(client, &(cf_client_request){.target = "/static/s.css", .headers = &range, .header_count = 1}),
        206);
    assert_string_equal(cf_client_body(client), "{}");
}

static const char *start(const cf_settings *settings)
{
    static cf_error error;
    memset(&error, 0, sizeof error);
    cf_client *other = cf_client_open(&app, CF_PROGRAM, settings, &error);
    cf_client_free(other);
    return other ? "started" : error.message;
}

/* A folder whose templates name what is not there. */
static void mistakes_in_templates_are_found_at_start(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{{ url_for('lst') }}", "there is no endpoint 'lst' (did you mean 'list'?)"},
        {"{% if %}", "people.html:1"},
        {"{% extends 'nothing.html' %}", "nothing.html"},
    };
    char folder[] = "/tmp/carafe-templates-XXXXXX", path[100], message[2000];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/people.html", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *file = fopen(path, "w");
        fputs(cases[i].text, file);
        fclose(file);
        snprintf(message, sizeof message, "%s",
                 start(&(cf_settings){.templates = folder, .database_url = "sqlite://"}));
        if (!strstr(message, cases[i].message)) fail_msg("wanted \"%s\" in \"%s\"", cases[i].message, message);
    }
    remove(path);
    remove(folder);
}

static void a_database_that_cannot_be_opened_is_told_at_start(void **state)
{
    assert_string_not_equal(start(&(cf_settings){.database_url = "sqlite:////nonexistent/x/y.db"}), "started");
    assert_string_not_equal(start(&(cf_settings){.database_url = "nonsense"}), "started");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_shown_filled_in_and_stored),
        cmocka_unit_test(a_refused_form_is_shown_again),
        cmocka_unit_test(a_taken_value_becomes_an_error_under_its_field),
        cmocka_unit_test(a_form_without_token_is_shown_again_with_400),
        cmocka_unit_test(json_may_fill_a_form),
        cmocka_unit_test(a_row_is_shown_edited_and_404_when_missing),
        cmocka_unit_test(what_was_not_committed_is_undone),
        cmocka_unit_test(an_unchecked_failure_of_the_database_is_500),
        cmocka_unit_test(a_handler_that_evades_its_form_is_undone),
        cmocka_unit_test(a_template_that_fails_leaves_no_half_page),
        cmocka_unit_test(templates_see_the_request),
        cmocka_unit_test(embedded_files_are_served),
        cmocka_unit_test(mistakes_in_templates_are_found_at_start),
        cmocka_unit_test(a_database_that_cannot_be_opened_is_told_at_start),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
