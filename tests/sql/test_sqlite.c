/* What SQLite alone does: files and folders, writers in a queue, memory, files that other programs wrote. */
#include "support.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

static cf_pool *open_pool(const char *url, cf_pool_options options)
{
    cf_error error = {0};
    cf_pool *pool = cf_pool_open(url, &options, &error);
    if (!pool) fail_msg("%s", error.message);
    return pool;
}

static char *ask_text(cf_conn *conn, const char *text)
{
    static char out[256];
    cf_arena   *arena = cf_arena_new(NULL, 0);
    cf_error    error = {0};
    cf_value    v = ask(conn, text, NULL, 0, CF_TEXT, arena, &error);
    if (v.kind != CF_TEXT) fail_msg("%s: %s", text, error.message);
    snprintf(out, sizeof out, "%.*s", (int)v.size, v.as.text);
    cf_arena_free(arena);
    return out;
}

static void files_are_set_up_for_production(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){0});
    cf_conn    *conn = take(pool);
    assert_string_equal(ask_text(conn, "pragma journal_mode"), "wal");
    assert_int_equal(ask_int(conn, "pragma foreign_keys"), 1);
    assert_int_equal(ask_int(conn, "pragma synchronous"), 1);
    assert_int_equal(ask_int(conn, "pragma trusted_schema"), 0);
    assert_int_equal(ask_int(conn, "pragma busy_timeout"), 5000);
    cf_error error = {0};
    assert_false(cf_conn_exec(conn, "select \"no such column\"", &error)); /* not taken for a text */
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void relative_files_begin_in_the_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/carafe-sql-XXXXXX", instance[64], expected[128];
    assert_non_null(mkdtemp(folder));
    snprintf(instance, sizeof instance, "%s/instance", folder);
    snprintf(expected, sizeof expected, "%s/data/app.db", instance);
    cf_pool *pool = open_pool("sqlite:///data/app.db", (cf_pool_options){.folder = instance});
    assert_string_equal(cf_pool_path(pool), expected);
    assert_int_equal(access(expected, R_OK), 0);
    assert_int_equal(cf_pool_close(pool), 0);
    unlink(expected);
    char *slash = strrchr(expected, '/');
    *slash = '\0';
    rmdir(expected);
    rmdir(instance);
    rmdir(folder);
}

static void memory_is_shared_by_all_takers(void **state)
{
    (void)state;
    static const char *const urls[] = {"sqlite://",
                                       "sqlite:///:memory:", "sqlite:///file::memory:?uri=true&cache=shared",
                                       "sqlite:///file:name?uri=true&mode=memory"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        cf_pool *pool = open_pool(urls[i], (cf_pool_options){.recycle_ms = 1, .test_after_ms = 1});
        cf_conn *conn = take(pool);
        exec(conn, "create table t (a integer)");
        cf_pool_give(pool, conn);
        usleep(5000);
        conn = take(pool);
        assert_int_equal(ask_int(conn, "select count(*) from t"), 0);
        cf_pool_give(pool, conn);
        assert_int_equal(cf_pool_close(pool), 0);
    }
}

static void read_only_files(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    char        text[300];
    cf_pool    *pool = open_pool(url, (cf_pool_options){0});
    cf_conn    *conn = take(pool);
    exec(conn, "create table t (a integer)");
    cf_pool_give(pool, conn);
    cf_pool_close(pool);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s", url, i ? "?mode=ro" : "");
        pool = open_pool(text, (cf_pool_options){.read_only = i == 0});
        conn = take(pool);
        cf_error error = {0};
        assert_int_equal(ask_int(conn, "select count(*) from t"), 0);
        assert_false(run(conn, "insert into t values (1)", NULL, 0, &error));
        assert_int_equal(error.code, CF_ERR_READ_ONLY);
        cf_pool_give(pool, conn);
        cf_pool_close(pool);
    }
    remove_test_file(url);
}

/* ---- writers ---- */

#define WRITERS 8
#define ROUNDS 150

typedef struct writer {
    cf_pool  *pool;
    pthread_t thread;
    int       number;
    int64_t   longest; /* wait for a turn, in milliseconds */
    cf_error  error;
} writer;

/* A third in transactions that read first, a third alone, a third through plain texts. */
static void *write_rows(void *argument)
{
    writer *w = argument;
    for (int i = 0; i < ROUNDS && w->error.code == CF_OK; i++) {
        cf_conn *conn = cf_pool_take(w->pool, TAKE_HERE, &w->error);
        if (!conn) return NULL;
        int64_t started = now_ms();
        if (i % 3 == 0) {
            if (cf_conn_begin(conn, CF_BEGIN_WRITE, &w->error) &&
                run_as(conn, 1000, true, "select max(n) from log", NULL, 0, NULL, &w->error) &&
                run_as(conn, 1001, false, "update total set n = n + ?", VALUES(cf_value_int(1)), NULL, &w->error) &&
                run_as(conn, 1002, false, "insert into log (who, n) values (?, ?)",
                       VALUES(cf_value_int(w->number), cf_value_int(i)), NULL, &w->error))
                cf_conn_commit(conn, &w->error);
        } else if (i % 3 == 1) {
            run_as(conn, 1001, false, "update total set n = n + ?", VALUES(cf_value_int(1)), NULL, &w->error);
        } else {
            cf_conn_exec(conn, "update total set n = n + 1", &w->error);
        }
        int64_t took = now_ms() - started;
        if (took > w->longest) w->longest = took;
        cf_pool_give(w->pool, conn);
    }
    return NULL;
}

static void eight_writers_never_find_the_file_locked(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pools[2];
    writer      writers[WRITERS] = {0};
    for (int i = 0; i < 2; i++)
        pools[i] = open_pool(url, (cf_pool_options){.busy_ms = -1}); /* SQLite itself does not wait */
    cf_conn *conn = take(pools[0]);
    exec(conn, "create table log (id integer primary key, who integer, n integer); create table total (n integer); "
               "insert into total values (0)");
    for (int i = 0; i < WRITERS; i++) {
        writers[i].pool = pools[i % 2];
        writers[i].number = i;
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_rows, &writers[i]), 0);
    }
    int64_t longest = 0;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        if (writers[i].error.code) fail_msg("writer %d: %s", i, writers[i].error.message);
        if (writers[i].longest > longest) longest = writers[i].longest;
    }
    assert_int_equal(ask_int(conn, "select n from total"), WRITERS * ROUNDS);
    assert_int_equal(ask_int(conn, "select count(*) from log"), WRITERS * ROUNDS / 3);
    assert_true(longest < 5000);
    cf_pool_give(pools[0], conn);
    for (int i = 0; i < 2; i++) assert_int_equal(cf_pool_close(pools[i]), 0);
    remove_test_file(url);
}

static void a_writer_that_waits_too_long_learns_who_writes(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){.deadline_ms = 150});
    cf_error    error = {0};
    cf_conn    *a = cf_pool_take(pool, &(cf_take){.file = "slow.c", .line = 12}, &error), *b = take(pool);
    exec(a, "create table t (a integer)");
    must(cf_conn_begin(a, CF_BEGIN_WRITE, &error), &error);
    int64_t started = now_ms();
    assert_false(cf_conn_begin(b, CF_BEGIN_WRITE, &error));
    assert_true(now_ms() - started >= 145);
    assert_int_equal(error.code, CF_ERR_BUSY);
    assert_non_null(strstr(error.message, "slow.c:12"));
    cf_error_clear(&error);
    assert_false(run(b, "insert into t values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_BUSY);
    /* Readers do not wait. */
    assert_int_equal(ask_int(b, "select count(*) from t"), 0);
    must(cf_conn_commit(a, &error) || true, &error);
    cf_error_clear(&error);
    must(run(b, "insert into t values (1)", NULL, 0, &error), &error);
    cf_pool_give(pool, a);
    cf_pool_give(pool, b);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void another_process_lock_is_busy(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){.busy_ms = 60});
    cf_conn    *conn = take(pool);
    cf_error    error = {0};
    sqlite3    *other;
    exec(conn, "create table t (a integer)");
    assert_int_equal(sqlite3_open(cf_pool_path(pool), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    assert_false(run(conn, "insert into t values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_BUSY);
    assert_true(cf_code_retryable(error.code));
    sqlite3_exec(other, "commit", NULL, NULL, NULL);
    sqlite3_close(other);
    cf_error_clear(&error);
    must(run(conn, "insert into t values (1)", NULL, 0, &error), &error);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void a_read_snapshot_stays_while_others_write(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){0});
    cf_conn    *reader = take(pool), *writer_ = take(pool);
    cf_error    error = {0};
    exec(writer_, "create table t (a integer)");
    must(cf_conn_begin(reader, CF_BEGIN_READ, &error), &error);
    assert_int_equal(ask_int(reader, "select count(*) from t"), 0);
    exec(writer_, "insert into t values (1)");
    assert_int_equal(ask_int(reader, "select count(*) from t"), 0);
    must(cf_conn_commit(reader, &error), &error);
    assert_int_equal(ask_int(reader, "select count(*) from t"), 1);
    cf_pool_give(pool, reader);
    cf_pool_give(pool, writer_);
    assert_int_equal(cf_pool_close(pool), 0);
    remove_test_file(url);
}

static void a_backup_is_one_file_of_one_moment(void **state)
{
    (void)state;
    const char *url = test_url("sqlite");
    cf_pool    *pool = open_pool(url, (cf_pool_options){0});
    cf_conn    *conn = take(pool);
    cf_error    error = {0};
    char        path[300], copy_url[320];
    exec(conn, "create table t (a integer); insert into t values (1)");
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into t values (2)");
    snprintf(path, sizeof path, "%s.copy", cf_pool_path(pool));
    must(cf_pool_backup(pool, path, &error), &error);
    must(cf_conn_commit(conn, &error), &error);
    must(cf_pool_backup(pool, path, &error), &error); /* takes the place of the first */
    assert_false(cf_pool_backup(pool, "/no/such/folder/copy.db", &error));
    assert_int_equal(error.code, CF_ERR_IO);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
    snprintf(copy_url, sizeof copy_url, "sqlite:///%s?mode=ro", path);
    pool = open_pool(copy_url, (cf_pool_options){0});
    conn = take(pool);
    assert_int_equal(ask_int(conn, "select count(*) from t"), 2);
    assert_string_equal(ask_text(conn, "pragma integrity_check"), "ok");
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
    unlink(path);
    remove_test_file(url);
}

/* ---- files of other programs ---- */

typedef struct flask_row {
    int64_t       id;
    cf_datetime   created, stamped;
    bool          active;
    cf_decimal    price;
    cf_decimal    whole;
    cf_json       meta, number;
    cf_uuid       uuid, uuid36;
    cf_interval   span;
    cf_date       day;
    double        score;
    cf_null_int32 age;
} flask_row;

#define SLOT(n, type_, member)                                                                  \
    {                                                                                           \
        n, type_, offsetof(flask_row, member), sizeof(((flask_row *)0)->member), #member, "Row" \
    }

static void rows_that_sqlalchemy_wrote_are_read(void **state)
{
    (void)state;
    static const cf_slot slots[] = {
        SLOT(0, CF_TYPE_INT64, id),         SLOT(1, CF_TYPE_DATETIME, created),
        SLOT(2, CF_TYPE_DATETIME, stamped), SLOT(3, CF_TYPE_BOOL, active),
        SLOT(4, CF_TYPE_DECIMAL, price),    SLOT(5, CF_TYPE_DECIMAL, whole),
        SLOT(6, CF_TYPE_JSON, meta),        SLOT(7, CF_TYPE_JSON, number),
        SLOT(8, CF_TYPE_UUID, uuid),        SLOT(9, CF_TYPE_UUID, uuid36),
        SLOT(10, CF_TYPE_INTERVAL, span),   SLOT(11, CF_TYPE_DATE, day),
        SLOT(12, CF_TYPE_DOUBLE, score),    SLOT(13, CF_TYPE_INT32 | CF_TYPE_NULLABLE, age)};
    cf_pool  *pool = open_pool("sqlite://", (cf_pool_options){0});
    cf_conn  *conn = take(pool);
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_error  error = {0};
    flask_row r;
    exec(conn,
         "create table t (id integer not null, created datetime, stamped datetime default current_timestamp, active "
         "boolean, "
         "price numeric(10,2), whole numeric(10,2), meta json, number json, uuid char(32), uuid36 text, span datetime, "
         "day date, score float, age integer, primary key (id))");
    exec(conn, "insert into t (created, active, price, whole, meta, number, uuid, uuid36, span, day, score) values "
               "('2024-01-02 03:04:05.000000', 1, 1.1, 5, '{\"a\": 1}', '5', '0192f0c123457abc8def0123456789ab', "
               "'0192f0c1-2345-7abc-8def-0123456789ab', '1970-01-02 00:00:02.000003', '2024-02-29', 3)");
    cf_sql   sql = {"select * from t", 15, 0, true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(stmt && cf_stmt_run(stmt, NULL, 0, &error) && cf_stmt_next(stmt, &error) == CF_YES, &error);
    must(cf_stmt_read(stmt, slots, COUNT_OF(slots), &r, arena, &error), &error);
    cf_stmt_done(stmt);
    assert_true(r.created.usec == INT64_C(1704164645000000));
    assert_true(llabs(r.stamped.usec - cf_now().usec) < INT64_C(60000000));
    assert_true(r.active && r.score == 3.0 && !r.age.set);
    assert_true(cf_decimal_compare(r.price, (cf_decimal){.low = 11, .scale = 1}) == 0);
    assert_true(cf_decimal_compare(r.whole, (cf_decimal){.low = 5}) == 0);
    assert_string_equal(r.meta.text, "{\"a\": 1}");
    assert_string_equal(r.number.text, "5");
    assert_memory_equal(r.uuid.bytes, r.uuid36.bytes, 16);
    assert_true(r.span.usec == INT64_C(86402000003));
    cf_arena_free(arena);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
}

static void values_are_stored_as_sqlalchemy_stores_them(void **state)
{
    (void)state;
    cf_pool   *pool = open_pool("sqlite://", (cf_pool_options){0});
    cf_conn   *conn = take(pool);
    cf_error   error = {0};
    cf_decimal d = {.low = 110, .scale = 2};
    cf_uuid    u;
    cf_uuid_parse("0192f0c1-2345-7abc-8def-0123456789ab", 36, &u);
    const struct {
        cf_value    value;
        const char *type, *text;
    } cases[] = {
        {cf_value_datetime((cf_datetime){INT64_C(1704164645000000)}), "text", "2024-01-02 03:04:05.000000"},
        {cf_value_date((cf_date){-719162}), "text", "0001-01-01"},
        {cf_value_time((cf_time){0}), "text", "00:00:00.000000"},
        {cf_value_interval((cf_interval){INT64_C(-86400000000)}), "text", "1969-12-31 00:00:00.000000"},
        {cf_value_bool(true), "integer", "1"},
        {cf_value_double(3), "real", "3.0"},
        {cf_value_decimal(&d), "text", "1.10"},
        {cf_value_uuid(&u), "text", "0192f0c123457abc8def0123456789ab"},
        {cf_value_json((cf_json){"[1]"}), "text", "[1]"},
        {cf_value_bytes((cf_bytes){"", 0}), "blob", ""},
        {cf_value_text(""), "text", ""},
    };
    exec(conn, "create table t (v)");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        exec(conn, "delete from t");
        must(run(conn, "insert into t values (?)", &cases[i].value, 1, &error), &error);
        assert_string_equal(ask_text(conn, "select typeof(v) from t"), cases[i].type);
        assert_string_equal(ask_text(conn, "select cast(v as text) from t"), cases[i].text);
    }
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
}

static void decimals_kept_as_text_are_ordered_by_value(void **state)
{
    (void)state;
    cf_pool *pool = open_pool("sqlite://", (cf_pool_options){0});
    cf_conn *conn = take(pool);
    exec(conn, "create table t (v text)");
    exec(conn, "insert into t values ('10.00'), ('9.50'), ('-1'), ('100'), ('0.001')");
    assert_string_equal(
        ask_text(conn, "select group_concat(v) from (select v from t order by v collate carafe_decimal)"),
        "-1,0.001,9.50,10.00,100");
    assert_int_equal(ask_int(conn, "select count(*) from t where v > '9.5' collate carafe_decimal"), 2);
    assert_int_equal(ask_int(conn, "select count(*) from t where v = '9.5' collate carafe_decimal"), 1);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
}

static void strict_tables_and_triggers_have_codes(void **state)
{
    (void)state;
    cf_pool *pool = open_pool("sqlite://", (cf_pool_options){0});
    cf_conn *conn = take(pool);
    cf_error error = {0};
    exec(conn, "create table t (a integer, e text) strict; create unique index t_lower on t (lower(e)); "
               "create trigger no before delete on t begin select raise(abort, 'not this one'); end; insert into t "
               "values (1, 'A')");
    assert_false(run(conn, "insert into t values ('x', 'b')", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_TYPE);
    assert_string_equal(error.table, "t");
    assert_string_equal(error.columns, "a");
    cf_error_clear(&error);
    assert_false(run(conn, "insert into t values (2, 'a')", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_UNIQUE);
    assert_string_equal(error.constraint, "t_lower");
    cf_error_clear(&error);
    assert_false(run(conn, "delete from t", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_CHECK);
    assert_non_null(strstr(error.message, "not this one"));
    cf_error_clear(&error);
    assert_false(run(conn, "select 1; select 2", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_SYNTAX);
    cf_pool_give(pool, conn);
    assert_int_equal(cf_pool_close(pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_set_up_for_production),
        cmocka_unit_test(relative_files_begin_in_the_folder),
        cmocka_unit_test(memory_is_shared_by_all_takers),
        cmocka_unit_test(read_only_files),
        cmocka_unit_test(eight_writers_never_find_the_file_locked),
        cmocka_unit_test(a_writer_that_waits_too_long_learns_who_writes),
        cmocka_unit_test(another_process_lock_is_busy),
        cmocka_unit_test(a_read_snapshot_stays_while_others_write),
        cmocka_unit_test(rows_that_sqlalchemy_wrote_are_read),
        cmocka_unit_test(a_backup_is_one_file_of_one_moment),
        cmocka_unit_test(values_are_stored_as_sqlalchemy_stores_them),
        cmocka_unit_test(decimals_kept_as_text_are_ordered_by_value),
        cmocka_unit_test(strict_tables_and_triggers_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
