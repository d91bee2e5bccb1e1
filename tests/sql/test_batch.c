/* Many runs of one statement at once, the same on every database: what each did, which failed, what a lost session leaves. */
#include "database.h"

/* A table of its own, and on the servers a trigger whose `action` is taken before an update of the row named 'trap'. */
static void make_rows(const char *action)
{
    char text[600];
    exec(conn, "drop table if exists batch_row");
    exec(conn, is("mariadb")
                   ? "create table batch_row (id bigint auto_increment primary key, name varchar(40)) engine=innodb"
               : is("sqlite") ? "create table batch_row (id integer primary key, name varchar(40))"
                              : "create table batch_row (id bigserial primary key, name varchar(40))");
    if (!*action) return;
    if (is("postgresql")) {
        snprintf(text, sizeof text,
                 "create or replace function batch_trap() returns trigger language plpgsql as "
                 "'begin if old.name = ''trap'' then %s; end if; return new; end'",
                 action);
        exec(conn, text);
        exec(conn, "create trigger trap before update on batch_row for each row execute function batch_trap()");
    } else {
        snprintf(text, sizeof text,
                 "create trigger trap before update on batch_row for each row if old.name = 'trap' then %s; end if",
                 action);
        exec(conn, text);
    }
}

typedef struct batch_rows {
    int64_t ids[1000];
    size_t  count, last_run;
    bool    in_order;
} batch_rows;

static bool note_row(void *context, size_t run_, cf_stmt *stmt, cf_error *error)
{
    batch_rows *rows = context;
    cf_value    id;
    if (!cf_stmt_value(stmt, 0, CF_INT, arena, &id, error)) return false;
    rows->in_order = rows->in_order && (rows->count == 0 || run_ == rows->last_run + 1);
    rows->last_run = run_;
    rows->ids[rows->count++] = id.as.integer;
    return true;
}

static cf_stmt *prepared(const char *text)
{
    cf_error error = {0};
    cf_sql   sql = {.text = dialect_text(cf_conn_dialect(conn), text), .id = cf_sql_id()};
    sql.size = strlen(sql.text);
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(stmt != NULL, &error);
    return stmt;
}

static bool batch(const char *text, const cf_value *values, size_t count, size_t runs, cf_batch *how, cf_error *error)
{
    how->parameters = values;
    how->count = count;
    how->runs = runs;
    return cf_stmt_batch(prepared(text), how, error);
}

static void many_runs_in_one_batch(void **state)
{
    (void)state;
    cf_error          error = {0};
    static cf_value   values[1000][2];
    static int64_t    changes[1000], ids[1000];
    static batch_rows rows;
    rows = (batch_rows){.in_order = true};
    make_types();
    for (int i = 0; i < 1000; i++) {
        values[i][0] = cf_value_int(i);
        values[i][1] = cf_value_text("a text");
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    must(batch("insert into types (i32, t) values (?, ?) returning id", values[0], 2, 1000,
               &(cf_batch){.row = note_row, .context = &rows, .ids = ids}, &error),
         &error);
    assert_int_equal(rows.count, 1000);
    assert_true(rows.in_order && rows.ids[999] == rows.ids[0] + 999);
    for (int i = 0; i < 1000; i++) values[i][1] = cf_value_int(i % 2 ? i : -1);
    for (int i = 0; i < 1000; i++) values[i][0] = cf_value_text("changed");
    for (int single = 0; single < 2; single++) {
        memset(changes, 0, sizeof changes);
        must(batch("update types set t = ? where i32 = ?", values[0], 2, 1000,
                   &(cf_batch){.changes = changes, .single = single}, &error),
             &error);
        for (int i = 0; i < 1000; i++) assert_int_equal(changes[i], i % 2);
    }
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types where t = 'changed'"), 500);
    assert_int_equal(ask_int(conn, "select count(*) from types where t = 'a text'"), 500);
}

/* How often MariaDB was asked something; 0 elsewhere. */
static int64_t questions(void)
{
    if (!is("mariadb")) return 0;
    return ask_int(conn, "select cast(variable_value as signed) from information_schema.session_status where "
                         "variable_name = 'QUESTIONS'");
}

/* Values of every kind, and NULLs among them, first and last, and in all runs. */
static void a_batch_of_single_runs(void **state)
{
    (void)state;
    enum { RUNS = 300, COLUMNS = 9 };
    cf_error          error = {0};
    static cf_value   values[RUNS][COLUMNS];
    static cf_decimal price = {0, 125, 2, false};
    static int64_t    changes[RUNS];
    static batch_rows rows;
    static char       texts[RUNS][8];
    rows = (batch_rows){.in_order = true};
    make_types();
    for (int i = 0; i < RUNS; i++) {
        snprintf(texts[i], sizeof texts[i], "%d", i);
        const cf_value all[COLUMNS] = {cf_value_int(i),
                                       cf_value_text(texts[i]),
                                       cf_value_double(i + 0.5),
                                       cf_value_bool(i % 3 == 0),
                                       cf_value_date((cf_date){i}),
                                       cf_value_datetime((cf_datetime){i * INT64_C(1000000)}),
                                       cf_value_time((cf_time){i}),
                                       cf_value_decimal(&price),
                                       cf_value_null()};
        for (int k = 0; k < COLUMNS; k++) values[i][k] = (i + k) % 5 ? all[k] : cf_value_null();
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    cf_batch how = {.row = note_row, .context = &rows, .changes = changes, .single = true};
    must(batch("insert into types (i64, t, d, b, da, dt, ti, n, y) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
               values[0], COLUMNS, RUNS, &how, &error),
         &error);
    assert_int_equal(how.at, RUNS);
    assert_true(rows.in_order && rows.count == RUNS && rows.ids[RUNS - 1] == rows.ids[0] + RUNS - 1);
    for (int i = 0; i < RUNS; i++) assert_int_equal(changes[i], 1);
    assert_int_equal(ask_int(conn, "select count(*) from types where t is null and i64 % 5 = 4 and d = i64 + 0.5"), 60);
    assert_int_equal(ask_int(conn, "select sum(i64) from types"), RUNS * (RUNS - 1) / 2 - 60 * 295 / 2);
    assert_int_equal(ask_int(conn, "select count(*) from types where y is null"), RUNS);
    assert_int_equal(ask_int(conn, "select count(*) from types where n = 1.25"), 240);
    assert_int_equal(ask_int(conn, "select count(*) from types where dt > '1970-01-01 00:00:01.5' and ti is not null"),
                     179);
    /* One run that changes nothing among many that do: it is found. */
    for (int i = 0; i < RUNS; i++) values[i][0] = cf_value_int(i == 123 ? -1 : rows.ids[i]);
    static cf_value ids[RUNS];
    for (int i = 0; i < RUNS; i++) ids[i] = values[i][0];
    how = (cf_batch){.changes = changes, .single = true};
    must(batch("delete from types where id = ?", ids, 1, RUNS, &how, &error), &error);
    for (int i = 0; i < RUNS; i++) assert_int_equal(changes[i], i != 123);
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
}

/* Values of all kinds are stored by a batch as they are by statements of their own. */
static void a_batch_stores_what_single_statements_do(void **state)
{
    (void)state;
    enum { RUNS = 24, COLUMNS = 14 };
    static const char *const columns[COLUMNS] = {"id", "i64", "b",  "d", "t", "y", "da",
                                                 "ti", "dt",  "iv", "n", "u", "c", "i16"};
    cf_error                 error = {0};
    cf_value                 values[RUNS][COLUMNS];
    cf_decimal               number = {0, 123456789, 4, true};
    cf_uuid                  uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};
    char                     text[300] = "insert into types (";
    make_types();
    for (int k = 0; k < COLUMNS; k++) sprintf(text + strlen(text), "%s%s", k ? ", " : "", columns[k]);
    for (int k = 0; k < COLUMNS; k++) strcat(text, k ? ", ?" : ") values (?");
    strcat(text, ")");
    for (int i = 0; i < RUNS; i++) {
        const cf_value all[COLUMNS] = {cf_value_int(i + 1),
                                       cf_value_int(INT64_MIN + i),
                                       cf_value_bool(i % 2),
                                       cf_value_double(i / 3.0),
                                       cf_value_text("\xC3\xA4'\\\"%"),
                                       cf_value_bytes((cf_bytes){"\0\xFF\1", (size_t)(i % 4)}),
                                       cf_value_date((cf_date){-i}),
                                       cf_value_time((cf_time){86399999999 - i}),
                                       cf_value_datetime((cf_datetime){-INT64_C(1234567890123456) * i}),
                                       cf_value_interval((cf_interval){INT64_C(-3600000001) * i}),
                                       cf_value_decimal(&number),
                                       cf_value_uuid(&uuid),
                                       cf_value_text(""),
                                       cf_value_int(-i)};
        for (int k = 0; k < COLUMNS; k++) values[i][k] = k == 0 || (i + k) % 7 ? all[k] : cf_value_null();
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    int64_t asked = questions();
    must(batch(text, values[0], COLUMNS, RUNS, &(cf_batch){.single = true}, &error), &error);
    assert_true(questions() - asked < 10); /* it was an array, indeed */
    for (int i = 0; i < RUNS; i++) {
        values[i][0] = cf_value_int(i + 1001);
        must(run(conn, text, values[i], COLUMNS, &error), &error);
    }
    assert_true(!is("mariadb") || questions() - asked >= RUNS);
    must(cf_conn_commit(conn, &error), &error);
    const char *same = is("mariadb") ? "<=>" : is("sqlite") ? "is" : "is not distinct from";
    for (int k = 1; k < COLUMNS; k++) {
        sprintf(text, "select count(*) from types a join types b on b.id = a.id + 1000 where a.%s %s b.%s", columns[k],
                same, columns[k]);
        if (ask_int(conn, text) != RUNS) fail_msg("column %s differs", columns[k]);
    }
}

/* Texts so long that they are sent in several parts. */
static void a_batch_of_many_bytes(void **state)
{
    (void)state;
    enum { RUNS = 300, SIZE = 20000 };
    cf_error        error = {0};
    static cf_value values[RUNS][2];
    static int64_t  changes[RUNS];
    char           *text = malloc(SIZE);
    memset(text, 'x', SIZE);
    make_types();
    for (int i = 0; i < RUNS; i++) {
        values[i][0] = cf_value_int(i);
        values[i][1] = cf_value_text_n(text, SIZE);
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    cf_batch how = {.changes = changes, .single = true};
    must(batch("insert into types (i64, t) values (?, ?)", values[0], 2, RUNS, &how, &error), &error);
    for (int i = 0; i < RUNS; i++) values[i][0] = values[i][1];
    for (int i = 0; i < RUNS; i++) values[i][1] = cf_value_int(i == 280 ? 1000 : i);
    must(batch("update types set t = ? where i64 = ?", values[0], 2, RUNS, &how, &error), &error);
    for (int i = 0; i < RUNS; i++) assert_int_equal(changes[i], i != 280);
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select sum(length(t)) from types"), RUNS * SIZE);
    free(text);
}

static void assert_fails_at(size_t run, cf_code code, const cf_value *values, size_t runs, bool single)
{
    cf_error error = {0};
    cf_batch how = {.single = single, .changes = NULL};
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_false(batch("insert into batch_row (id, name) values (?, ?)", values, 2, runs, &how, &error));
    assert_int_equal(how.at, run);
    assert_int_equal(error.code, code);
    must(cf_conn_rollback(conn, NULL), &error);
    assert_int_equal(ask_int(conn, "select count(*) from batch_row"), 0);
}

static void a_batch_says_which_run_failed(void **state)
{
    (void)state;
    static cf_value values[500][2];
    static char     emails[500][16];
    make_rows("");
    for (int i = 0; i < 500; i++) {
        sprintf(emails[i], "mail %d", i);
        values[i][0] = cf_value_int(i == 333 ? 10 : 10 + i);
        values[i][1] = cf_value_text(emails[i]);
    }
    assert_fails_at(333, CF_ERR_UNIQUE, values[0], 500, true);
    assert_fails_at(333, CF_ERR_UNIQUE, values[0], 500, false);
    /* A parameter that cannot be sent at all. */
    values[333][0] = cf_value_int(10 + 333);
    values[222][1] = cf_value_text_n("a\0b", 3);
    assert_fails_at(222, CF_ERR_RANGE, values[0], 500, true);
    /* Values of other kinds than those before them. */
    values[222][1] = cf_value_int(222);
    values[400][0] = cf_value_int(10);
    assert_fails_at(400, CF_ERR_UNIQUE, values[0], 500, true);
}

static void a_batch_keeps_its_deadline(void **state)
{
    (void)state;
    cf_error error = {0};
    cf_value values[3] = {cf_value_int(1), cf_value_int(1), cf_value_int(1)};
    if (!is("postgresql")) skip();
    cf_pool_give(pool, conn);
    conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__, .deadline_ms = 300}, &error);
    must(cf_conn_begin(conn, CF_BEGIN_READ, &error), &error);
    int64_t started = now_ms();
    assert_false(batch("select pg_sleep(10 * ?::integer)", values, 1, 3, &(cf_batch){0}, &error));
    assert_true(now_ms() - started < 2000);
    assert_int_equal(error.code, CF_ERR_TIMEOUT);
    must(cf_conn_rollback(conn, NULL), &error);
    assert_int_equal(ask_int(conn, "select 1"), 1);
}

/* ---- failures on the way ---- */

enum { ROWS = 700, TRAP = 456 };

/* Rows of which one springs the trap, and an update of all; false: the batch failed, as it must. */
static bool spring(cf_batch *how, cf_error *error)
{
    static cf_value values[ROWS][2];
    static int64_t  changes[ROWS];
    for (int i = 0; i < ROWS; i++) {
        values[i][0] = cf_value_int(i + 1);
        values[i][1] = cf_value_text(i == TRAP ? "trap" : "row");
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, error), error);
    *how = (cf_batch){.single = true, .changes = changes};
    must(batch("insert into batch_row (id, name) values (?, ?)", values[0], 2, ROWS, how, error), error);
    must(cf_conn_commit(conn, error), error);
    for (int i = 0; i < ROWS; i++) {
        values[i][0] = cf_value_text("new");
        values[i][1] = cf_value_int(i + 1);
    }
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, error), error);
    return batch("update batch_row set name = ? where id = ?", values[0], 2, ROWS, how, error);
}

static void assert_nothing_changed(void)
{
    assert_int_equal(ask_int(conn, "select count(*) from batch_row where name = 'new'"), 0);
    assert_int_equal(ask_int(conn, "select count(*) from batch_row"), ROWS);
}

static void a_refused_run_is_told(void **state)
{
    (void)state;
    cf_error error = {0};
    cf_batch how;
    if (is("sqlite")) skip();
    make_rows(is("mariadb") ? "signal sqlstate '45000'" : "raise check_violation");
    assert_false(spring(&how, &error));
    assert_int_equal(error.code, CF_ERR_CHECK);
    assert_int_equal(how.at, TRAP);
    assert_false(cf_conn_broken(conn));
    must(cf_conn_rollback(conn, NULL), &error);
    assert_nothing_changed();
}

/* The connection is lost in the midst of it. What was sent within a transaction is not done: the outcome is known. */
static void a_session_killed_in_a_batch(void **state)
{
    (void)state;
    cf_error error = {0};
    cf_batch how;
    if (is("sqlite")) skip();
    make_rows(is("mariadb") ? "kill connection_id()" : "perform pg_terminate_backend(pg_backend_pid())");
    assert_false(spring(&how, &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    assert_int_equal(how.at, is("mariadb") ? ROWS : TRAP); /* MariaDB does not tell */
    assert_true(cf_conn_broken(conn));
    cf_error later = {0};
    assert_false(cf_conn_exec(conn, "update batch_row set name = 'new'", &later));
    assert_true(cf_conn_rollback(conn, NULL));
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_nothing_changed();
}

/* After a deadlock MariaDB has undone all: the runs must not be sent again, outside of a transaction. */
static void a_deadlock_in_a_batch_ends_it(void **state)
{
    (void)state;
    cf_error error = {0}, later = {0};
    cf_batch how;
    if (is("sqlite")) skip();
    make_rows(is("mariadb") ? "signal sqlstate '40001' set mysql_errno = 1213" : "raise deadlock_detected");
    int64_t before = cf_conn_count(conn);
    assert_false(spring(&how, &error));
    assert_int_equal(error.code, CF_ERR_SERIALIZE);
    assert_int_equal(how.at, is("mariadb") ? ROWS : TRAP);
    assert_int_equal(cf_conn_count(conn) - before, 2);
    assert_false(cf_conn_exec(conn, "update batch_row set name = 'new'", &later));
    must(cf_conn_rollback(conn, NULL), &error);
    assert_nothing_changed();
}

static void a_batch_outlives_changes_of_the_schema(void **state)
{
    (void)state;
    static cf_value names[20];
    batch_rows      rows = {.in_order = true};
    cf_error        error = {0};
    cf_batch how = {.parameters = names, .count = 1, .runs = 20, .row = note_row, .context = &rows, .single = true};
    make_rows("");
    for (int i = 0; i < 20; i++) names[i] = cf_value_text("a name");
    cf_sql sql = {.text = dialect_text(cf_conn_dialect(conn), "insert into batch_row (name) values (?) returning *"),
                  .id = cf_sql_id()};
    sql.size = strlen(sql.text);
    bool ok = true;
    for (int turn = 0; turn < 3; turn++) {
        must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
        ok = cf_stmt_batch(cf_conn_prepare(conn, &sql, &error), &how, &error);
        if (!ok) { /* from the start, the transaction sees the new schema */
            assert_int_equal(error.code, CF_ERR_SERIALIZE);
            assert_int_equal(turn, 1);
        }
        must(ok ? cf_conn_commit(conn, &error) : cf_conn_rollback(conn, NULL), &error);
        cf_error_clear(&error);
        if (turn == 0) exec(conn, "alter table batch_row add column other integer");
    }
    assert_true(ok);
    int64_t count = ask_int(conn, "select count(*) from batch_row");
    assert_true(count == 40 || count == 60);
    assert_true(rows.count >= (size_t)count);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(many_runs_in_one_batch),
        T(a_batch_of_single_runs),
        T(a_batch_stores_what_single_statements_do),
        T(a_batch_of_many_bytes),
        T(a_batch_says_which_run_failed),
        T(a_batch_keeps_its_deadline),
        T(a_refused_run_is_told),
        T(a_session_killed_in_a_batch),
        T(a_deadlock_in_a_batch_ends_it),
        T(a_batch_outlives_changes_of_the_schema),
    };
    return run_on_database(argc, argv, tests, COUNT_OF(tests));
}
