/* Relationships in the pages of an application: loaded for a whole result, however the template walks them. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>
#include <carafe/testing.h>

#define USERS 200
#define EACH 10

typedef struct User {
    int64_t     id;
    const char *name;
} User;

CF_MODEL(User, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 20));

typedef struct Dataset {
    int64_t     id;
    const char *name;
    int64_t     user_id;
} Dataset;

CF_MODEL(Dataset,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(name,    .length = 20),
    CF_COLUMN(user_id, .references = "user.id"));

CF_ONE_TO_MANY(User, datasets, Dataset, user);

static cf_response *page_fill(cf_request *rq)
{
    for (int i = 0; i < USERS; i++) {
        User *u = cf_add(rq->db, User, .name = cf_arena_printf(rq->arena, "u%d", i));
        for (int k = 0; k < EACH; k++) User_datasets_add(u, cf_add(rq->db, Dataset, .name = "d"));
    }
    return cf_text(rq, cf_commit(rq->db) ? "filled" : "failed");
}

static cf_response *page_users(cf_request *rq)
{
    CF_LIST(User) users = cf_all(rq->db, User, "order by id");
    return cf_render(rq, "users.html", CF_VAR(users));
}

static cf_response *page_datasets(cf_request *rq)
{
    CF_LIST(Dataset) datasets = cf_all(rq->db, Dataset, "order by id");
    return cf_render(rq, "datasets.html", CF_VAR(datasets));
}

static cf_response *page_counts(cf_request *rq)
{
    CF_LIST(User) users = cf_all(rq->db, User, "order by id");
    return cf_render(rq, "counts.html", CF_VAR(users));
}

#define TEMPLATE(id, name_, text)                                                                                  \
    static const cf_file file_##id = {"templates", name_, (const unsigned char *)text, sizeof(text) - 1, "h" #id}; \
    CF_REGISTER_FILE(id, file_##id)

TEMPLATE(users, "users.html",
         "{% for user in users %}<h2>{{ user.name }}</h2>"
         "{% for d in user.datasets %}<li>{{ d.name }}</li>{% endfor %}{% endfor %}");
TEMPLATE(datasets, "datasets.html", "{% for d in datasets %}<li>{{ d.user.name }}</li>{% endfor %}");
TEMPLATE(counts, "counts.html", "{% for user in users %}<li>{{ user.datasets_count }}</li>{% endfor %}");

static const cf_route routes[] = {
    CF_ROUTE("/fill", page_fill, .methods = CF_POST, .csrf = CF_CSRF_OFF),
    CF_ROUTE("/users", page_users),
    CF_ROUTE("/datasets", page_datasets),
    CF_ROUTE("/counts", page_counts),
    CF_END,
};
static const cf_app app = {.name = "related", .routes = routes};

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) n++;
    return n;
}

static void a_page_takes_one_statement_a_relationship(void **state)
{
    cf_client *client = cf_client_new(&app, "sqlite://");
    assert_non_null(client);
    assert_int_equal(cf_client_post(client, "/fill", NULL), 200);
    assert_string_equal(cf_client_body(client), "filled");
    CF_ASSERT_STATEMENTS(cf_client_database(client), 2) assert_int_equal(cf_client_get(client, "/users"), 200);
    assert_int_equal(times(cf_client_body(client), "<h2>"), USERS);
    assert_int_equal(times(cf_client_body(client), "<li>d</li>"), USERS * EACH);
    CF_ASSERT_STATEMENTS(cf_client_database(client), 2) assert_int_equal(cf_client_get(client, "/datasets"), 200);
    assert_int_equal(times(cf_client_body(client), "<li>u"), USERS * EACH);
    CF_ASSERT_STATEMENTS(cf_client_database(client), 2) assert_int_equal(cf_client_get(client, "/counts"), 200);
    assert_int_equal(times(cf_client_body(client), "<li>10</li>"), USERS);
    cf_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_page_takes_one_statement_a_relationship)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
