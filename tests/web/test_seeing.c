/* What a developer sees of a request: its statements, their time, what it forgot to commit. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>
#include <unistd.h>

typedef struct Book {
    int64_t     id;
    const char *title;
    int32_t     pages;
} Book;

CF_MODEL(Book,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(title, .length = 40),
    CF_COLUMN(pages));

static cf_response *two_statements(cf_request *rq)
{
    int64_t n = cf_count(rq->db, Book, "pages > ?", 1);
    return cf_text(rq, cf_exists(rq->db, Book, "title = ?", "Emma") ? "yes" : n ? "some" : "none");
}

static cf_response *no_statement(cf_request *rq)
{
    return cf_text(rq, "nothing");
}

static cf_response *forgets(cf_request *rq)
{
    Book *emma = cf_find(rq->db, Book, "title = 'Emma'");
    if (emma) emma->pages = 999;
    cf_add(rq->db, Book, .title = "Persuasion", .pages = 1);
    return cf_text(rq, "done");
}

static const cf_route routes[] = {CF_ROUTE("/two", two_statements), CF_ROUTE("/none", no_statement),
                                  CF_ROUTE("/forgets", forgets), CF_END};
static const cf_app   app = {.name = "seeing", .routes = routes};

static char lines[8192];

static void log_line(void *context, const char *line)
{
    (void)context;
    strncat(lines, line, sizeof lines - strlen(lines) - 2);
    strcat(lines, "\n");
}

static cf_client *open_client(bool production)
{
    cf_error    error = {0};
    cf_settings settings = {.database_url = "sqlite://",
                            .secret_key = "0123456789abcdef0123456789abcdef",
                            .production = production,
                            .access_log = true,
                            .log = log_line};
    cf_client  *client = cf_client_open(&app, CF_PROGRAM, &settings, &error);
    if (!client) fail_msg("%s", error.message);
    lines[0] = '\0';
    return client;
}

/* The number before `unit` in a text, after `name`. */
static double number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    if (!at) fail_msg("no '%s' in '%s'", name, text);
    return atof(at + strlen(name));
}

static void development_counts_statements(void **state)
{
    (void)state;
    cf_client *client = open_client(false);
    assert_int_equal(cf_client_get(client, "/two"), 200);
    const char *timing = cf_client_header(client, "Server-Timing");
    assert_non_null(timing);
    assert_non_null(strstr(timing, "desc=\"2 statements\""));
    double db = number_after(timing, "db;dur="), total = number_after(timing, "total;dur=");
    assert_true(db > 0 && total >= db);
    assert_non_null(strstr(lines, "\"GET /two\" 200 4 "));
    assert_non_null(strstr(lines, "ms, 2 statements in "));

    lines[0] = '\0';
    assert_int_equal(cf_client_get(client, "/none"), 200);
    assert_non_null(strstr(cf_client_header(client, "Server-Timing"), "db;dur=0.000;desc=\"0 statements\""));
    assert_non_null(strstr(lines, ", 0 statements in 0.000ms\n"));

    assert_int_equal(cf_client_get(client, "/nowhere"), 404);
    assert_null(cf_client_header(client, "Server-Timing"));
    cf_client_free(client);
}

static void production_tells_nobody(void **state)
{
    (void)state;
    cf_client *client = open_client(true);
    assert_int_equal(cf_client_get(client, "/two"), 200);
    assert_null(cf_client_header(client, "Server-Timing"));
    assert_non_null(strstr(lines, "\"GET /two\" 200 4 "));
    assert_null(strstr(lines, "statement"));
    cf_client_free(client);
}

static void statements_go_to_the_log_of_the_application(void **state)
{
    (void)state;
    setenv("CARAFE_ECHO", "1", 1);
    cf_client *client = open_client(false);
    unsetenv("CARAFE_ECHO");
    assert_int_equal(cf_client_get(client, "/two"), 200);
    char *first = strstr(lines, "test_seeing.c:"), *second = first ? strstr(first + 1, "test_seeing.c:") : NULL;
    assert_true(first && second);
    assert_true(strstr(first, "count(*)") && strstr(first, "[integer]") && strstr(second, "[text(4)]"));
    cf_client_free(client);
}

static void add_emma(cf_client *client)
{
    cf_db *db = cf_session(cf_web_database(cf_client_web(client)));
    cf_add(db, Book, .title = "Emma", .pages = 400);
    assert_true(cf_commit(db));
    cf_close(db);
}

static int64_t books_of(cf_client *client, int pages)
{
    cf_db  *db = cf_session(cf_web_database(cf_client_web(client)));
    int64_t n = cf_count(db, Book, "pages = ?", pages);
    cf_close(db);
    return n;
}

static void what_is_not_committed_is_undone_and_named(void **state)
{
    (void)state;
    cf_client *client = open_client(false);
    add_emma(client);
    lines[0] = '\0';
    assert_int_equal(cf_client_get(client, "/forgets"), 200);
    assert_non_null(strstr(lines, "warning: GET /forgets: forgets() left changes that were not committed; they are "
                                  "undone: Book 1: pages; new Book ("));
    assert_int_equal(books_of(client, 400), 1);
    assert_int_equal(books_of(client, 999), 0);
    assert_int_equal(books_of(client, 1), 0);
    cf_client_free(client);

    client = open_client(true);
    assert_int_equal(cf_client_get(client, "/forgets"), 200);
    assert_null(strstr(lines, "warning"));
    assert_int_equal(books_of(client, 1), 0);
    cf_client_free(client);
}

/* ---- commands ------------------------------------------------------------------------------------ */

static char said[20000];

/* cf_main() with these arguments; what it prints, both streams, is in `said`. Its exit status. */
static int command(const char *const *arguments)
{
    char  path[] = "/tmp/carafe-seeing-XXXXXX", *argv[10] = {(char *)"seeing"};
    int   argc = 1, file = mkstemp(path), kept[2] = {dup(1), dup(2)};
    FILE *stream = fdopen(file, "r");
    assert_non_null(stream);
    for (; arguments[argc - 1]; argc++) argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    fflush(NULL);
    dup2(file, 1);
    dup2(file, 2);
    int status = cf_main(&app, argc, argv);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], i + 1);
        close(kept[i]);
    }
    rewind(stream);
    said[fread(said, 1, sizeof said - 1, stream)] = '\0';
    fclose(stream);
    unlink(path);
    return status;
}
#define COMMAND(...) command((const char *const[]){__VA_ARGS__, NULL})
#define SAID(text) \
    if (!strstr(said, text)) fail_msg("not said: %s\n%s", text, said)

static void queries_are_listed_without_a_database(void **state)
{
    (void)state;
    assert_int_equal(COMMAND("queries"), 0);
    SAID("test_seeing.c:");
    SAID(": cf_count(Book, \"pages > ?\")\n  SELECT count(*) FROM \"book\" AS t0 WHERE (t0.\"pages\" > ?)\n");
    assert_int_equal(COMMAND("queries", "--dialect", "postgresql"), 0);
    SAID("(t0.\"pages\" > $1)");
    assert_int_equal(COMMAND("queries", "--db", "mariadb://nobody@127.0.0.1:1/x"), 0);
    SAID("(t0.`pages` > ?)");
    assert_int_equal(COMMAND("queries", "--dialect", "oracle"), 1);
    SAID("there is no dialect 'oracle'");
    assert_int_equal(COMMAND("queries", "all"), 2);
    SAID("'all' is one argument too many");
}

static void a_query_is_explained_by_its_place(void **state)
{
    (void)state;
    char place[40];
    assert_int_equal(COMMAND("queries"), 0);
    const char *at = strstr(said, "test_seeing.c:");
    snprintf(place, sizeof place, "%.*s", (int)strcspn(at, " ") - 1, at);
    assert_int_equal(COMMAND("explain", place, "--db", "sqlite://"), 1);
    SAID("no such table: book");
    char file[] = "/tmp/carafe-seeing-XXXXXX", url[60];
    close(mkstemp(file));
    snprintf(url, sizeof url, "sqlite:///%s", file);
    assert_int_equal(COMMAND("db", "create", "--db", url), 0);
    assert_int_equal(COMMAND("explain", place, "--db", url, "--", "-5"), 0);
    SAID("SELECT count(*) FROM \"book\"");
    SAID("\n  SCAN t0");
    assert_int_equal(COMMAND("explain", "--db", url), 2);
    SAID("explain which query?");
    assert_int_equal(COMMAND("explain", "nowhere.c:1", "--db", url), 1);
    SAID("there is no query in nowhere.c");
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(development_counts_statements),
        cmocka_unit_test(production_tells_nobody),
        cmocka_unit_test(statements_go_to_the_log_of_the_application),
        cmocka_unit_test(what_is_not_committed_is_undone_and_named),
        cmocka_unit_test(queries_are_listed_without_a_database),
        cmocka_unit_test(a_query_is_explained_by_its_place),
    };
    unsetenv("CARAFE_ECHO");
    unsetenv("CARAFE_SLOW_MS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
