/* Pages by position over HTTP: links are followed to both ends while rows come and go; bad tokens are no pages. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>

typedef struct Post {
    int64_t       id;
    const char   *title;
    cf_null_int32 stars;
} Post;
CF_MODEL(Post, CF_COLUMN(id, .primary_key = true), CF_COLUMN(title, .length = 20), CF_COLUMN(stars));

static cf_response *posts(cf_request *rq)
{
    cf_page(Post) *page = cf_slice(rq, Post, "order by stars desc nulls last, title");
    return page ? cf_render(rq, "posts.html", CF_VAR(page)) : NULL;
}

static cf_response *titles(cf_request *rq)
{
    cf_page(Post) *page = cf_slice(rq, Post, "title > ? order by title", "");
    return page ? cf_render(rq, "posts.html", CF_VAR(page)) : NULL;
}

static cf_response *numbers(cf_request *rq)
{
    cf_page(Post) *page = cf_paginate(rq, Post, "order by title");
    return page ? cf_text(rq, "a page") : NULL;
}

static const cf_route routes[] = {CF_ROUTE("/posts", posts), CF_ROUTE("/titles", titles), CF_ROUTE("/numbers", numbers),
                                  CF_END};
static const cf_app   app = {.name = "slices", .routes = routes};

static const char    template_text[] = "{% for p in page %}{{ p.id }},{% endfor %}\n"
                                       "{% if page.before %}back={{ page.before|urlencode }}\n{% endif %}"
                                       "{% if page.after %}on={{ page.after|urlencode }}\n{% endif %}";
static const cf_file file_posts = {"templates", "posts.html", (const unsigned char *)template_text,
                                   sizeof template_text - 1, "h"};
CF_REGISTER_FILE(posts, file_posts);

enum { POSTS = 53 };

static cf_db *session_of(cf_client *client)
{
    return cf_session(cf_client_database(client));
}

static int open_client(void **state)
{
    cf_client *client = cf_client_open(&app, CF_PROGRAM, &(cf_settings){.database_url = "sqlite://"}, NULL);
    cf_db     *db = client ? session_of(client) : NULL;
    if (!db) return -1;
    for (int i = 1; i <= POSTS; i++) {
        Post *p = cf_add(db, Post, .title = cf_arena_printf(cf_session_arena(db), "%c%d", 'a' + i * 7 % 5, i));
        if (i % 4) p->stars = (cf_null_int32)CF_SOME(i % 3);
    }
    bool ok = cf_commit(db);
    cf_close(db);
    *state = client;
    return ok ? 0 : -1;
}

static int close_client(void **state)
{
    cf_client_free(*state);
    return 0;
}

/* The link of that name on the present page; false when there is none. */
static bool link_of(cf_client *client, const char *name, char *out, size_t size)
{
    const char *at = strstr(cf_client_body(client), name);
    if (!at) return false;
    snprintf(out, size, "%.*s", (int)strcspn(at + strlen(name), "\n"), at + strlen(name));
    return true;
}

/* Adds the numbers on the present page to a list; how many. */
static size_t take_numbers(cf_client *client, long *list)
{
    size_t n = 0;
    for (const char *at = cf_client_body(client); *at && *at != '\n'; at = strchr(at, ',') + 1)
        list[n++] = strtol(at, NULL, 10);
    return n;
}

/* Follows the links of a name from a page on; the numbers met, page after page. */
static size_t walk(cf_client *client, const char *first, const char *name, const char *parameter, long *list)
{
    char   token[700], target[900];
    size_t n = 0;
    snprintf(target, sizeof target, "%s", first);
    for (int pages = 0;; pages++) {
        assert_true(pages < POSTS);
        assert_int_equal(cf_client_get(client, target), 200);
        n += take_numbers(client, list + n);
        if (!link_of(client, name, token, sizeof token)) return n;
        snprintf(target, sizeof target, "%.*s?per_page=7&%s=%s", (int)strcspn(first, "?"), first, parameter, token);
    }
}

static void links_lead_to_both_ends(void **state)
{
    static const char *const paths[] = {"/posts", "/titles"};
    for (size_t k = 0; k < 2; k++) {
        char   first[40], last[60];
        long   on[2 * POSTS], back[2 * POSTS], whole[2 * POSTS];
        size_t n = 0;
        snprintf(first, sizeof first, "%s?per_page=7", paths[k]);
        snprintf(last, sizeof last, "%s?per_page=7&before=last", paths[k]);
        assert_int_equal(walk(*state, first, "on=", "after", on), POSTS);
        assert_int_equal(walk(*state, last, "back=", "before", back), POSTS);
        snprintf(first, sizeof first, "%s?per_page=100", paths[k]);
        assert_int_equal(walk(*state, first, "on=", "after", whole), POSTS);
        assert_memory_equal(on, whole, POSTS * sizeof *on);
        for (size_t end = POSTS; end > 0; n += end < 7 ? end : 7, end -= end < 7 ? end : 7)
            assert_memory_equal(back + n, whole + (end < 7 ? 0 : end - 7), (end < 7 ? end : 7) * sizeof *back);
    }
}

/* Rows before and behind the position come and go: those that stay are met once each. */
static void rows_may_come_and_go_between_pages(void **state)
{
    cf_client *client = *state;
    char       token[700], target[900];
    long       met[2 * POSTS];
    assert_int_equal(cf_client_get(client, "/titles?per_page=10"), 200);
    size_t n = take_numbers(client, met);
    cf_db *db = session_of(client);
    assert_int_equal(cf_delete_where(db, Post, "id = ?", met[3]), 1);
    assert_int_equal(cf_delete_where(db, Post, "id = ?", met[9]), 1); /* which the token speaks of */
    cf_add(db, Post, .title = "a0");
    cf_add(db, Post, .title = "z");
    assert_true(cf_commit(db));
    cf_close(db);
    assert_true(link_of(client, "on=", token, sizeof token));
    snprintf(target, sizeof target, "/titles?per_page=7&after=%s", token);
    n += walk(client, target, "on=", "after", met + n);
    assert_int_equal(n, POSTS + 1); /* and the one behind, not the one before */
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) assert_int_not_equal(met[i], met[k]);
}

/* The status of a page after that token. */
static int status_of(cf_client *client, const char *path, const char *parameter, const char *token)
{
    char target[12000];
    snprintf(target, sizeof target, "%s?%s=%s", path, parameter, token);
    return cf_client_get(client, target);
}

static void changed_tokens_are_no_pages(void **state)
{
    static const char letters[] = "A0z-_.%+ /=&";
    cf_client        *client = *state;
    char              token[700], wrong[700];
    assert_int_equal(cf_client_get(client, "/posts?per_page=7"), 200);
    assert_true(link_of(client, "on=", token, sizeof token));
    assert_int_equal(status_of(client, "/posts", "after", token), 200);
    assert_int_equal(status_of(client, "/posts", "before", token), 200);
    assert_int_equal(status_of(client, "/titles", "after", token), 404);
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k + 1 < sizeof letters; k++) {
            memcpy(wrong, token, size + 1);
            wrong[i] = letters[k];
            if (letters[k] == '%' || letters[k] == '&' || strcmp(wrong, token) == 0) continue;
            int status = status_of(client, "/posts", "after", wrong);
            /* The last letter of base64 may have bits that mean nothing, which are refused as well. */
            if (status != 404) fail_msg("%d for %s", status, wrong);
        }
        memcpy(wrong, token, i);
        wrong[i] = '\0';
        assert_int_equal(status_of(client, "/posts", i % 2 ? "after" : "before", wrong), 404);
    }
    snprintf(wrong, sizeof wrong, "%sA", token);
    assert_int_equal(status_of(client, "/posts", "after", wrong), 404);
}

static void nonsense_is_4xx(void **state)
{
    static const char *const cases[] = {"",
                                        "last",
                                        "Last",
                                        "%00",
                                        "%ff%fe",
                                        "..",
                                        ".",
                                        "a.b.c",
                                        "%0d%0aX",
                                        "%F0%9F%98%80",
                                        "%C0%AF",
                                        "....",
                                        "-1",
                                        "NULL",
                                        "None",
                                        "%25",
                                        "';drop table post;--",
                                        "AAAA.AAAA.AAAA"};
    static const char *const parameters[] = {"after", "before"};
    char                     large[10001];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 2; k++) {
            int status = status_of(*state, "/posts", parameters[k], cases[i]);
            if (k == 1 && strcmp(cases[i], "last") == 0) assert_int_equal(status, 200);
            else if (status < 400 || status > 499) fail_msg("%d for %s=%s", status, parameters[k], cases[i]);
        }
    memset(large, 'A', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (size_t size = sizeof large - 1; size > 500; size /= 2) {
        large[size] = '\0';
        int status = status_of(*state, "/posts", "after", large);
        if (status < 400 || status > 499) fail_msg("%d for %zu letters", status, size);
    }
    assert_int_equal(cf_client_get(*state, "/posts?after=x&after=y&before=z"), 404);
    assert_int_equal(cf_client_get(*state, "/posts?per_page=0"), 404);
    assert_int_equal(cf_client_get(*state, "/posts?per_page=x"), 404);
    assert_int_equal(cf_client_get(*state, "/posts?per_page=99999999999999999999"), 404);
}

static void numbers_that_are_none_are_4xx(void **state)
{
    static const char *const cases[] = {"0",   "-1",  "x", "99999999999999999999", "9223372036854775807",
                                        "1e9", "%00", "4"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(status_of(*state, "/numbers", "page", cases[i]), 404);
    assert_int_equal(status_of(*state, "/numbers", "page", "3"), 200);
}

/* A token is good for all processes that have the key, and for no other. */
static void another_secret_makes_other_tokens(void **state)
{
    static const char *const secrets[] = {"0123456789abcdef0", "0123456789abcdef1",
                                          "new-key-new-key-new,0123456789abcdef0"};
    static const int         wanted[] = {200, 404, 200};
    char                     token[700];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        cf_client *client = cf_client_open(&app, CF_PROGRAM,
                                           &(cf_settings){.database_url = "sqlite://", .secret_key = secrets[i]}, NULL);
        assert_non_null(client);
        cf_db *db = session_of(client);
        for (int k = 0; k < 30; k++) cf_add(db, Post, .title = "t");
        assert_true(cf_commit(db));
        cf_close(db);
        if (i == 0) {
            assert_int_equal(cf_client_get(client, "/posts"), 200);
            assert_true(link_of(client, "on=", token, sizeof token));
        }
        assert_int_equal(status_of(client, "/posts", "after", token), wanted[i]);
        cf_client_free(client);
    }
}

#define client_test(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        client_test(links_lead_to_both_ends),       client_test(rows_may_come_and_go_between_pages),
        client_test(changed_tokens_are_no_pages),   client_test(nonsense_is_4xx),
        client_test(numbers_that_are_none_are_4xx), cmocka_unit_test(another_secret_makes_other_tokens),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
