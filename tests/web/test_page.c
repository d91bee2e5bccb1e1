/* Pages of requests: the query string, 404, and what templates see. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>
#include <unistd.h>

typedef struct Word {
    int64_t     id;
    const char *text;
} Word;
CF_MODEL(Word, CF_COLUMN(id, .primary_key = true), CF_COLUMN(text, .length = 20));

static cf_response *words(cf_request *rq)
{
    cf_page(Word) *page = cf_paginate(rq, Word, "text like ? order by text", "w%");
    if (!page) return NULL;
    return cf_render(rq, "page.html", CF_VAR(page));
}

static cf_response *forgiving(cf_request *rq)
{
    cf_page(Word) *page = cf_paginate_with(rq, CF_PAGING(.max_per_page = 30, .forgiving = true), Word, "order by id");
    return cf_text(rq, cf_arena_printf(rq->arena, "%lld/%lld %zu", (long long)page->page, (long long)page->per_page,
                                       cf_list_count(page->items)));
}

static cf_response *first(cf_request *rq)
{
    Word *w = cf_first_or_404(rq, Word, "text like ? order by id", cf_query_arg(rq, "like"));
    return w ? cf_text(rq, w->text) : NULL;
}

static cf_response *only(cf_request *rq)
{
    Word *w = cf_one_or_404(rq, Word, "text like ?", cf_query_arg(rq, "like"));
    return w ? cf_text(rq, w->text) : NULL;
}

static cf_response *exactly(cf_request *rq)
{
    return cf_text(rq, cf_one(rq->db, Word, "text like ?", cf_query_arg(rq, "like")) ? "one" : "none");
}

static cf_response *slice(cf_request *rq)
{
    cf_page(Word) *page = cf_slice_with(rq, CF_PAGING(.per_page = 50), Word, "order by text desc");
    if (!page) return NULL;
    return cf_render(rq, "slice.html", CF_VAR(page));
}

CF_SORTS(word_sorts, CF_SORT(Word, "up", "text"), CF_SORT(Word, "down", "text desc"));

static cf_response *search(cf_request *rq)
{
    cf_query *q = cf_query_of(rq->db, Word);
    if (cf_query_arg(rq, "like")) cf_where(q, Word, "text like ?", cf_query_arg(rq, "like"));
    const char *sort = cf_sort(q, word_sorts, cf_query_arg(rq, "sort"));
    cf_page(Word) *page = cf_query_page(rq, q, Word, CF_PAGING(.per_page = 3));
    if (!page) return NULL;
    return cf_text(rq, cf_arena_printf(rq->arena, "%s %s of %lld", sort, page->items[0]->text, (long long)page->total));
}

static const cf_route routes[] = {CF_ROUTE("/", words),          CF_ROUTE("/forgiving", forgiving),
                                  CF_ROUTE("/first", first),     CF_ROUTE("/search", search),
                                  CF_ROUTE("/slice", slice),     CF_ROUTE("/only", only),
                                  CF_ROUTE("/exactly", exactly), CF_END};
static const cf_app   app = {.name = "words", .routes = routes};

static const char template_text[] =
    "{% for w in page %}{{ w.text }},{% endfor %}|{{ page['items']|length }}|{{ page.page }} of {{ page.pages }}, {{ "
    "page.total }}|"
    "{% for n in page.iter_pages(left_edge=1, right_edge=1, left_current=1, right_current=2) %}"
    "{{ n or '...' }} {% endfor %}|{{ page.prev_num }} {{ page.next_num }}|{{ page.has_prev }} {{ page.has_next }}|"
    "{{ page.first }}-{{ page.last }}|{{ page.next().first }}|{{ page.prev().page }}|{{ page.nothing }}";

static char folder[] = "/tmp/carafe-test-page-XXXXXX";

static cf_client *client_of_words(void)
{
    cf_error    error = {0};
    cf_settings settings = {.database_url = "sqlite://", .templates = folder};
    cf_client  *client = cf_client_open(&app, CF_PROGRAM, &settings, &error);
    if (!client) print_error("%s\n", error.message);
    assert_non_null(client);
    cf_db *db = cf_session(cf_web_database(cf_client_web(client)));
    for (int i = 1; i <= 130; i++) cf_add(db, Word, .text = cf_arena_printf(cf_session_arena(db), "w%03d", i));
    assert_true(cf_commit(db));
    cf_close(db);
    return client;
}

static void templates_see_pages(void **state)
{
    cf_client *client = *state;
    if (cf_client_get(client, "/?page=4&per_page=3") != 200) fail_msg("%s", cf_client_body(client));
    assert_string_equal(cf_client_body(client),
                        "w010,w011,w012,|3|4 of 44, 130|1 ... 3 4 5 6 ... 44 |3 5|True True|10-12|13|3|");
    if (cf_client_get(client, "/?page=44&per_page=3") != 200) fail_msg("%s", cf_client_body(client));
    assert_non_null(strstr(cf_client_body(client), "|43 None|True False|130-130|0|43|"));
}

static void what_is_no_page_is_not_found(void **state)
{
    static const char *const wrong[] = {"page=0",
                                        "page=-1",
                                        "page=x",
                                        "page=",
                                        "page=1.5",
                                        "page=1_0",
                                        "page=%D9%A2",
                                        "page=99999999999999999999",
                                        "page=8",
                                        "per_page=0",
                                        "per_page=-3",
                                        "per_page=ten",
                                        "page=2%00",
                                        "page=0x2",
                                        "page=9223372036854775807&per_page=100",
                                        "per_page=99999999999999999999"};
    cf_client               *client = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char target[100];
        snprintf(target, sizeof target, "/?%s", wrong[i]);
        if (cf_client_get(client, target) != 404) fail_msg("%s: %d", wrong[i], cf_client_status(client));
        snprintf(target, sizeof target, "/forgiving?%s", wrong[i]);
        assert_int_equal(cf_client_get(client, target), 200);
    }
    assert_int_equal(cf_client_get(client, "/?page=%20%2B2%20"), 200);
    assert_non_null(strstr(cf_client_body(client), "|2 of 7"));
}

static void pages_are_not_made_as_large_as_you_like(void **state)
{
    cf_client *client = *state;
    assert_int_equal(cf_client_get(client, "/?per_page=1000000"), 200);
    assert_non_null(strstr(cf_client_body(client), "|100|1 of 2"));
    assert_int_equal(cf_client_get(client, "/forgiving?per_page=1000000&page=5"), 200);
    assert_string_equal(cf_client_body(client), "5/30 10");
    assert_int_equal(cf_client_get(client, "/forgiving?per_page=nonsense&page=nonsense"), 200);
    assert_string_equal(cf_client_body(client), "1/20 20");
}

static void what_is_not_there_is_not_found(void **state)
{
    cf_client *client = *state;
    assert_int_equal(cf_client_get(client, "/first?like=w00%25"), 200);
    assert_string_equal(cf_client_body(client), "w001");
    assert_int_equal(cf_client_get(client, "/first?like=x"), 404);
    assert_int_equal(cf_client_get(client, "/only?like=w007"), 200);
    assert_string_equal(cf_client_body(client), "w007");
    assert_int_equal(cf_client_get(client, "/only?like=x"), 404);
    assert_int_equal(cf_client_get(client, "/only?like=w00%25"), 404);
    assert_int_equal(cf_client_get(client, "/exactly?like=w007"), 200);
    assert_int_equal(cf_client_get(client, "/exactly?like=w00%25"), 500);
}

static void searches_have_pages(void **state)
{
    cf_client *client = *state;
    assert_int_equal(cf_client_get(client, "/search"), 200);
    assert_string_equal(cf_client_body(client), "up w001 of 130");
    assert_int_equal(cf_client_get(client, "/search?sort=down&page=2"), 200);
    assert_string_equal(cf_client_body(client), "down w127 of 130");
    assert_int_equal(cf_client_get(client, "/search?like=w01%25&sort=text%20desc%3B--&page=4"), 200);
    assert_string_equal(cf_client_body(client), "up w019 of 10");
    assert_int_equal(cf_client_get(client, "/search?like=w01%25&page=5"), 404);
    assert_int_equal(cf_client_get(client, "/search?page=x"), 404);
}

/* The part of the body between two marks, in a buffer of its own. */
static const char *part(cf_client *client, const char *from, char *out, size_t size)
{
    const char *at = strstr(cf_client_body(client), from);
    assert_non_null(at);
    at += strlen(from);
    snprintf(out, size, "%.*s", (int)strcspn(at, "|"), at);
    return out;
}

static void slices_go_by_tokens(void **state)
{
    cf_client *client = *state;
    char       token[600], target[700];
    assert_int_equal(cf_client_get(client, "/slice"), 200);
    assert_non_null(strstr(cf_client_body(client), "w130-w081|50|before=None|"));
    snprintf(target, sizeof target, "/slice?after=%s", part(client, "after=", token, sizeof token));
    assert_int_equal(cf_client_get(client, target), 200);
    assert_non_null(strstr(cf_client_body(client), "w080-w031|50|"));
    snprintf(target, sizeof target, "/slice?before=%s", part(client, "before=", token, sizeof token));
    assert_int_equal(cf_client_get(client, target), 200);
    assert_non_null(strstr(cf_client_body(client), "w130-w081|50|before=None|"));
    assert_int_equal(cf_client_get(client, "/slice?before=last"), 200);
    assert_non_null(strstr(cf_client_body(client), "w050-w001|50|"));
    token[3] ^= 1;
    snprintf(target, sizeof target, "/slice?after=%s", token);
    assert_int_equal(cf_client_get(client, target), 404);
    assert_int_equal(cf_client_get(client, "/slice?after="), 404);
    assert_int_equal(cf_client_get(client, "/slice?before=%27%20or%201=1"), 404);
}

static int open_client(void **state)
{
    if (!mkdtemp(folder)) return -1;
    char path[100];
    snprintf(path, sizeof path, "%s/page.html", folder);
    FILE *f = fopen(path, "w");
    if (!f) return -1;
    fputs(template_text, f);
    fclose(f);
    snprintf(path, sizeof path, "%s/slice.html", folder);
    if (!(f = fopen(path, "w"))) return -1;
    fputs("{{ page['items'][0].text }}-{{ page['items'][-1].text }}|{{ page|list|length }}|before={{ page.before }}|"
          "after={{ page.after }}|{{ page.page }}{{ page.total }}",
          f);
    fclose(f);
    *state = client_of_words();
    return 0;
}

static int close_client(void **state)
{
    char path[100];
    snprintf(path, sizeof path, "%s/page.html", folder);
    cf_client_free(*state);
    unlink(path);
    snprintf(path, sizeof path, "%s/slice.html", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_see_pages),
        cmocka_unit_test(what_is_no_page_is_not_found),
        cmocka_unit_test(pages_are_not_made_as_large_as_you_like),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(searches_have_pages),
        cmocka_unit_test(slices_go_by_tokens),
    };
    return cmocka_run_group_tests_name("page", tests, open_client, close_client);
}
