/* The pool: bounds, who holds what, age, options, allocations that fail. */
#include "support.h"

#include <pthread.h>

static cf_pool *open_pool(const char *url, cf_pool_options options)
{
    cf_error error = {0};
    cf_pool *pool = cf_pool_open(url, &options, &error);
    if (!pool) fail_msg("%s", error.message);
    return pool;
}

static void an_exhausted_pool_names_the_holders(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){.size = 2, .overflow = -1});
    cf_error    error = {0};
    cf_conn    *a = cf_pool_take(pool, &(cf_take){.file = "views.c", .line = 41}, &error);
    cf_conn    *b = cf_pool_take(pool, &(cf_take){.file = "report.c", .line = 7}, &error);
    assert_true(a && b);
    int64_t started = now_ms();
    assert_null(cf_pool_take(pool, &(cf_take){.wait_ms = 120}, &error));
    assert_true(now_ms() - started >= 115);
    assert_int_equal(error.code, CF_ERR_TIMEOUT);
    const char *first = strstr(error.message, "views.c:41"), *second = strstr(error.message, "report.c:7");
    assert_true(first && second && first < second);
    assert_non_null(strstr(error.message, "all 2 are taken"));
    assert_non_null(strstr(error.message, " ms"));
    cf_error_clear(&error);
    started = now_ms();
    assert_null(cf_pool_take(pool, &(cf_take){.wait_ms = -1}, &error));
    assert_true(now_ms() - started < 5000);   /* of 30,000 */
    assert_int_equal(cf_pool_close(pool), 2); /* leaks are told, not torn away */
    cf_pool_give(pool, a);
    cf_pool_give(pool, b);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void overflow_is_closed_again(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){.size = 1, .overflow = 2});
    cf_conn    *c[3];
    for (int i = 0; i < 3; i++) c[i] = take(pool);
    assert_int_equal(cf_pool_look(pool).taken, 3);
    for (int i = 0; i < 3; i++) cf_pool_give(pool, c[i]);
    assert_int_equal(cf_pool_look(pool).taken, 0);
    assert_int_equal(cf_pool_look(pool).idle, 1);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void *give_later(void *argument)
{
    cf_conn *conn = argument;
    usleep(60000);
    cf_pool_give(cf_conn_pool(conn), conn);
    return NULL;
}

static void a_waiter_gets_what_is_given_back(void **state)
{
    (void)state;
    cf_pool  *pool = open_pool("sqlite://", (cf_pool_options){0});
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, give_later, take(pool)), 0);
    cf_conn *conn = take(pool); /* memory databases have one connection */
    pthread_join(thread, NULL);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_look(pool).opened, 1);
    assert_int_equal(cf_pool_close(pool), 0);
}

static void old_connections_are_replaced(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){.recycle_ms = 20});
    cf_pool_give(pool, take(pool));
    int64_t before = cf_pool_look(pool).opened;
    usleep(40000);
    cf_pool_give(pool, take(pool));
    assert_true(cf_pool_look(pool).opened > before);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void refused(const char *url, cf_code code, const char *words)
{
    cf_error error = {0};
    cf_pool *pool = cf_pool_open(url, NULL, &error);
    if (pool) fail_msg("%s was opened", url);
    if (error.code != code || !strstr(error.message, words))
        fail_msg("%s: %s: %s", url, cf_code_name(error.code), error.message);
}

static void wrong_urls_are_told_with_the_reason(void **state)
{
    (void)state;
    refused("oracle://h/d", CF_ERR_UNSUPPORTED, "'oracle'");
    refused("sqlite://?pool_sise=3", CF_ERR_NAME, "'pool_sise'");
    refused("sqlite://?pool_size=x", CF_ERR_SYNTAX, "pool_size");
    refused("sqlite://?pool_size=0", CF_ERR_RANGE, "pool_size");
    refused("sqlite://?pool_size=5000", CF_ERR_RANGE, "pool_size");
    refused("sqlite://?prepare=perhaps", CF_ERR_SYNTAX, "prepare");
    refused("sqlite://relative.db", CF_ERR_SYNTAX, "three slashes");
    refused("sqlite:////no/such/folder/x.db", CF_ERR_IO, "/no/such/folder/x.db");
    refused("mariadb://u@127.0.0.1:1/d?ssl_cat=x", CF_ERR_NAME, "'ssl_cat'");
    refused("mariadb://u@127.0.0.1:1/d", CF_ERR_CONNECTION, "mariadb://u@127.0.0.1:1/d");
    refused("postgresql://u@127.0.0.1:1/d?nonsense=1", CF_ERR_NAME, "nonsense");
    refused("postgresql://u@127.0.0.1:99999/d", CF_ERR_RANGE, "port");
}

static void the_url_sets_options(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    char        text[400];
    snprintf(text, sizeof text, "%s?pool_size=1&max_overflow=0&pool_timeout=0.05", url);
    cf_pool *pool = open_pool(text, (cf_pool_options){.size = 7, .timeout_ms = 9000});
    cf_conn *conn = take(pool);
    cf_error error = {0};
    int64_t  started = now_ms();
    assert_null(cf_pool_take(pool, NULL, &error));
    assert_true(now_ms() - started < 3000);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

typedef struct heard {
    int     count;
    int64_t rows;
    cf_code code;
    char    last[128];
    int     line;
} heard;

static void listen_to(void *context, const cf_echo *event)
{
    heard *h = context;
    h->count++;
    h->rows = event->rows;
    h->code = event->code;
    h->line = event->line;
    snprintf(h->last, sizeof h->last, "%.*s", (int)event->size, event->statement);
}

static void statements_are_echoed(void **state)
{
    (void)state;
    heard    h = {0};
    cf_pool *pool = open_pool("sqlite://", (cf_pool_options){.echo = listen_to, .context = &h});
    cf_conn *conn = take(pool);
    int      line = __LINE__ - 1;
    cf_error error = {0};
    exec(conn, "create table t (a integer)");
    assert_int_equal(h.count, 1);
    assert_string_equal(h.last, "create table t (a integer)");
    assert_int_equal(h.line, line);
    must(run(conn, "insert into t values (1), (2)", NULL, 0, &error), &error);
    assert_int_equal(h.rows, 2);
    must(run(conn, "select * from t", NULL, 0, &error), &error);
    assert_int_equal(h.rows, 2);
    assert_false(cf_conn_exec(conn, "select missing_column", &error));
    assert_true(h.code == CF_ERR_SCHEMA);
    cf_error_clear(&error);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_string_equal(h.last, "BEGIN");
    must(cf_conn_commit(conn, &error), &error);
    assert_string_equal(h.last, "COMMIT");
    assert_int_equal(h.count, 6);
    assert_int_equal(cf_conn_count(conn), 4);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
}

static bool write_many(cf_conn *conn, cf_error *error)
{
    static const char *const text = "insert into mem (a, t) values (?, ?)";
    cf_value                 values[] = {cf_value_int(2), cf_value_text("two"), cf_value_int(3),
                                         cf_value_null(), cf_value_int(4),      cf_value_text("four")};
    int64_t                  changes[3];
    cf_batch                 runs = {.parameters = values, .count = 2, .runs = 3, .single = true, .changes = changes};
    cf_sql                   sql = {.text = dialect_text(cf_conn_dialect(conn), text), .id = 7778};
    sql.size = strlen(sql.text);
    if (!cf_conn_begin(conn, CF_BEGIN_WRITE, error)) return false;
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, error);
    return stmt && cf_stmt_batch(stmt, &runs, error) && cf_conn_commit(conn, error);
}

/* Open, write, read, close, with the n-th allocation failing: an error each time, and nothing lost. */
static bool life(const char *url, cf_error *error)
{
    cf_pool *pool = cf_pool_open(url, NULL, error);
    if (!pool) return false;
    bool      ok = false;
    cf_conn  *conn = cf_pool_take(pool, NULL, error);
    cf_arena *arena = cf_arena_new(NULL, 0);
    if (conn && arena) {
        cf_decimal d = {.low = 5, .scale = 1};
        ok = cf_conn_exec(conn, "create temporary table mem (a integer, t varchar(100), n decimal(10,1))", error) &&
             write_many(conn, error) &&
             run_as(conn, 7777, false, "insert into mem (a, t, n) values (?, ?, ?)",
                    VALUES(cf_value_int(1), cf_value_text("text"), cf_value_decimal(&d)), NULL, error) &&
             ask(conn, "select t from mem where a = ?", VALUES(cf_value_int(1)), CF_TEXT, arena, error).kind == CF_TEXT;
    } else if (!arena) {
        cf_fail(error, CF_ERR_MEMORY, "the test's own arena");
    }
    cf_pool_give(pool, conn);
    cf_arena_free(arena);
    if (cf_pool_close(pool) != 0) fail_msg("a connection leaked");
    return ok;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const kinds[] = {"sqlite", "postgresql", "mariadb"};
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        const char *url = test_url(kinds[k]);
        int         n = 1;
        if (!url) continue;
        for (; n < 200; n++) {
            cf_error error = {0};
            long     before = cf_mem_count();
            cf_mem_fail_at(n, false);
            bool ok = life(url, &error);
            cf_mem_fail_at(0, false);
            bool failed = cf_mem_count() - before >= n;
            if (!failed) {
                must(ok, &error);
                break;
            }
            if (ok) continue; /* a failure that cost nothing, such as the rest of a cache */
            if (error.code != CF_ERR_MEMORY) fail_msg("%s, allocation %d: %s", kinds[k], n, error.message);
        }
        assert_true(n > 5 && n < 200);
        remove_test_file(url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exhausted_pool_names_the_holders),
        cmocka_unit_test(overflow_is_closed_again),
        cmocka_unit_test(a_waiter_gets_what_is_given_back),
        cmocka_unit_test(old_connections_are_replaced),
        cmocka_unit_test(wrong_urls_are_told_with_the_reason),
        cmocka_unit_test(the_url_sets_options),
        cmocka_unit_test(statements_are_echoed),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
