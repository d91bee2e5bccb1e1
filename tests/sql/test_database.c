/* Errors, transactions, statements, deadlines and lost sessions, the same on every database. */
#include "database.h"

#include <pthread.h>

/* ---- errors ---- */

static void make_constraints(void)
{
    exec(conn, "drop table if exists child");
    exec(conn, "drop table if exists parent");
    const char *engine = is("mariadb") ? " engine=innodb" : "";
    char        text[600];
    snprintf(text, sizeof text,
             "create table parent (id integer primary key, email varchar(100) not null, a integer, b integer, "
             "constraint uq_parent_email unique (email), constraint uq_parent_a_b unique (a, b), "
             "constraint ck_parent_a check (a > 0))%s",
             engine);
    exec(conn, text);
    snprintf(text, sizeof text,
             "create table child (id integer primary key, parent_id integer not null, "
             "constraint fk_child_parent foreign key (parent_id) references parent (id))%s",
             engine);
    exec(conn, text);
    exec(conn, "insert into parent (id, email, a, b) values (1, 'ada', 1, 1)");
    exec(conn, "insert into child (id, parent_id) values (1, 1)");
}

static cf_error failure(const char *text)
{
    cf_error error = {0};
    assert_false(run(conn, text, NULL, 0, &error));
    cf_error plain = {0};
    assert_false(cf_conn_exec(conn, text, &plain));
    assert_int_equal(error.code, plain.code);
    assert_false(cf_conn_broken(conn));
    return error;
}

static void constraint_violations_say_which(void **state)
{
    (void)state;
    make_constraints();
    cf_error e = failure("insert into parent (id, email, a) values (2, 'ada', 2)");
    assert_int_equal(e.code, CF_ERR_UNIQUE);
    if (is("mariadb")) assert_string_equal(e.constraint, "uq_parent_email");
    else assert_string_equal(e.columns, "email");
    if (!is("sqlite")) assert_string_equal(e.constraint, "uq_parent_email");
    if (!is("mariadb")) assert_string_equal(e.table, "parent");
    assert_null(strstr(e.message, "'ada'"));

    e = failure("insert into parent (id, email, a, b) values (2, 'bob', 1, 1)");
    assert_int_equal(e.code, CF_ERR_UNIQUE);
    if (is("mariadb")) assert_string_equal(e.constraint, "uq_parent_a_b");
    else assert_string_equal(e.columns, "a, b");

    e = failure("insert into parent (id, email) values (1, 'bob')");
    assert_int_equal(e.code, CF_ERR_UNIQUE);

    e = failure("insert into parent (id, email) values (2, null)");
    assert_int_equal(e.code, CF_ERR_NOT_NULL);
    assert_string_equal(e.columns, "email");

    e = failure("insert into parent (id, email, a) values (2, 'bob', -1)");
    assert_int_equal(e.code, CF_ERR_CHECK);
    assert_string_equal(e.constraint, "ck_parent_a");

    e = failure("insert into child (id, parent_id) values (2, 99)");
    assert_int_equal(e.code, CF_ERR_FOREIGN_KEY);
    if (!is("sqlite")) {
        assert_string_equal(e.constraint, "fk_child_parent");
        assert_string_equal(e.columns, "parent_id");
        assert_string_equal(e.table, "child");
    }
    e = failure("delete from parent where id = 1");
    assert_int_equal(e.code, CF_ERR_FOREIGN_KEY);
}

static void mistakes_in_texts_have_their_codes(void **state)
{
    (void)state;
    make_constraints();
    assert_int_equal(failure("selec 1").code, CF_ERR_SYNTAX);
    assert_int_equal(failure("select * from no_such_table").code, CF_ERR_SCHEMA);
    assert_int_equal(failure("select no_such_column from parent").code, CF_ERR_SCHEMA);
    assert_int_equal(failure("create table parent (id integer)").code, CF_ERR_SCHEMA);
    if (!is("sqlite")) {
        cf_error e = failure("insert into parent (id, email) values (2147483648, 'x')");
        assert_int_equal(e.code, CF_ERR_RANGE);
    }
}

static void parameters_are_counted(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int i = 0; i < 2; i++) {
        cf_error_clear(&error);
        assert_false(
            run_as(conn, i ? cf_sql_id() : 0, true, "select id from types where i32 = ?", NULL, 0, NULL, &error));
        assert_true(error.code == CF_ERR_MISUSE || error.code == CF_ERR_DATABASE);
    }
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

/* ---- transactions ---- */

static void transactions_commit_and_roll_back(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_true(cf_conn_in_transaction(conn));
    exec(conn, "insert into types (i32) values (1)");
    must(cf_conn_rollback(conn, &error), &error);
    assert_false(cf_conn_in_transaction(conn));
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
    assert_false(cf_conn_commit(conn, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
}

static void savepoints(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    exec(conn, "savepoint s1");
    exec(conn, "insert into types (i32) values (2)");
    exec(conn, "rollback to savepoint s1");
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
}

static void read_transactions_refuse_writes(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_READ, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    must(cf_conn_rollback(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void read_only_connections_refuse_writes(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    cf_pool_give(pool, conn);
    conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__, .read_only = true}, &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    cf_error_clear(&error);
    assert_false(cf_conn_exec(conn, "delete from types", &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    cf_error_clear(&error);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
}

static void a_commit_after_a_failure_says_what_happened(void **state)
{
    (void)state;
    cf_error error = {0};
    make_constraints();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into parent (id, email) values (3, 'eve')");
    assert_false(run(conn, "insert into parent (id, email) values (3, 'bob')", NULL, 0, &error));
    cf_error_clear(&error);
    bool ok = cf_conn_commit(conn, &error);
    assert_false(cf_conn_in_transaction(conn));
    /* PostgreSQL undoes all of it; the others only the statement. */
    assert_true(ok == !is("postgresql"));
    if (!ok) assert_int_equal(error.code, CF_ERR_FAILED);
    assert_int_equal(ask_int(conn, "select count(*) from parent"), ok ? 2 : 1);
}

static void giving_back_rolls_back(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_false(cf_conn_in_transaction(conn));
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void changes_and_keys(void **state)
{
    (void)state;
    cf_error error = {0};
    int64_t  changes;
    make_types();
    must(run_as(conn, 0, false, "insert into types (i32) values (1), (2), (3)", NULL, 0, &changes, &error), &error);
    assert_int_equal(changes, 3);
    must(run_as(conn, 0, false, "update types set t = 'x' where i32 > ?", VALUES(cf_value_int(1)), &changes, &error),
         &error);
    assert_int_equal(changes, 2);
    /* Matched rows count, changed or not: optimistic locks depend on it. */
    must(run_as(conn, 0, false, "update types set t = 'x' where i32 > ?", VALUES(cf_value_int(1)), &changes, &error),
         &error);
    assert_int_equal(changes, 2);
    must(run_as(conn, 0, false, "delete from types", NULL, 0, &changes, &error), &error);
    assert_int_equal(changes, 3);
    if (is("postgresql")) return;
    cf_sql   sql = {"insert into types (i32) values (9)", 34, 0, false};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    int64_t id = cf_stmt_last_id(stmt);
    cf_stmt_done(stmt);
    assert_true(id > 0);
    assert_int_equal(ask_int(conn, "select id from types"), id);
}

static void returning_gives_rows(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    assert_true(cf_conn_dialect(conn)->returning_insert);
    cf_value id =
        ask(conn, "insert into types (i32) values (?) returning id", VALUES(cf_value_int(4)), CF_INT, arena, &error);
    must(id.kind == CF_INT, &error);
    assert_int_equal(ask_int(conn, "select id from types"), id.as.integer);
}

/* ---- statements ---- */

static void one_statement_twice_at_once(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    exec(conn, "insert into types (i32) values (1), (2)");
    cf_sql   sql = {"select i32 from types order by i32", 34, cf_sql_id(), true};
    int      pairs = 0;
    cf_stmt *outer = cf_conn_prepare(conn, &sql, &error);
    must(outer && cf_stmt_run(outer, NULL, 0, &error), &error);
    while (cf_stmt_next(outer, &error) == CF_YES) {
        cf_stmt *inner = cf_conn_prepare(conn, &sql, &error);
        assert_ptr_not_equal(inner, outer);
        must(inner && cf_stmt_run(inner, NULL, 0, &error), &error);
        while (cf_stmt_next(inner, &error) == CF_YES) pairs++;
        cf_stmt_done(inner);
    }
    cf_stmt_done(outer);
    assert_int_equal(pairs, 4);
    cf_stmt *again = cf_conn_prepare(conn, &sql, &error);
    assert_ptr_equal(again, outer);
    cf_stmt_done(again);
}

static void a_running_statement_does_not_run_again(void **state)
{
    (void)state;
    cf_error error = {0};
    cf_sql   sql = {"select 1", 8, cf_sql_id(), true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    assert_false(cf_stmt_run(stmt, NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_stmt_done(stmt);
}

static void a_stream_left_early_leaves_the_connection_good(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    exec(conn, "insert into types (i32) values (1), (2), (3)");
    cf_sql   sql = {"select a.i32 from types a, types b, types c", 43, cf_sql_id(), true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    cf_stmt_stream(stmt);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    assert_int_equal(cf_stmt_next(stmt, &error), CF_YES);
    assert_false(cf_conn_exec(conn, "delete from types", &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_stmt_done(stmt);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 3);
}

static void the_cache_is_bounded(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int i = 0; i < 600; i++)
        must(run_as(conn, cf_sql_id(), true, "select i32 from types where i32 = ?", VALUES(cf_value_int(i)), NULL,
                    &error),
             &error);
    if (is("postgresql")) assert_true(ask_int(conn, "select count(*) from pg_prepared_statements") <= 256);
    if (is("mariadb"))
        assert_true(ask_int(conn, "select cast(variable_value as integer) from information_schema.global_status "
                                  "where variable_name = 'PREPARED_STMT_COUNT'") <= 300);
}

static void statements_outlive_changes_of_the_schema(void **state)
{
    (void)state;
    cf_error error = {0};
    exec(conn, "drop table if exists moving");
    exec(conn, "create table moving (a integer)");
    exec(conn, "insert into moving (a) values (1)");
    uint32_t id = cf_sql_id();
    must(run_as(conn, id, true, "select * from moving where a = ?", VALUES(cf_value_int(1)), NULL, &error), &error);
    exec(conn, "alter table moving add column b integer");
    must(run_as(conn, id, true, "select * from moving where a = ?", VALUES(cf_value_int(1)), NULL, &error), &error);
    cf_sql sql = {dialect_text(cf_conn_dialect(conn), "select * from moving where a = ?"), 0, id, true};
    sql.size = strlen(sql.text);
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, VALUES(cf_value_int(1)), &error), &error);
    assert_int_equal(cf_stmt_columns(stmt), 2);
    cf_stmt_done(stmt);
    exec(conn, "drop table moving");
}

/* ---- deadlines and injected failures ---- */

static void a_statement_ends_at_its_deadline(void **state)
{
    (void)state;
    cf_error    error = {0};
    const char *slow = is("postgresql") ? "select pg_sleep(20)"
                       : is("mariadb")
                           ? "select sleep(20)"
                           : "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    cf_pool_give(pool, conn);
    conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__, .deadline_ms = 300}, &error);
    int64_t started = now_ms();
    if (unprepared) must(cf_conn_begin(conn, CF_BEGIN_READ, &error), &error);
    bool    ok = run_as(conn, 0, true, slow, NULL, 0, NULL, &error);
    int64_t took = now_ms() - started;
    assert_false(ok);
    assert_int_equal(error.code, CF_ERR_TIMEOUT);
    assert_true(took >= 290 && took < 2000);
    /* The server ended it: the connection is as good as before. */
    assert_false(cf_conn_broken(conn));
    if (unprepared) must(cf_conn_rollback(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select 1"), 1);
    /* The next taker has the pool's deadline again. */
    cf_pool_give(pool, conn);
    conn = take(pool);
    if (is("postgresql")) assert_int_equal(ask_int(conn, "select 1 from pg_sleep(0.5)"), 1);
    if (is("mariadb")) assert_int_equal(ask_int(conn, "select sleep(0.5)"), 0);
}

static void the_nth_statement_fails_on_request(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int n = 1; n <= 4; n++) {
        cf_error_clear(&error);
        cf_pool_fail_at(pool, n, CF_ERR_SERIALIZE);
        bool ok = cf_conn_begin(conn, CF_BEGIN_WRITE, &error);
        assert_true(ok == (n != 1));
        ok = ok && run(conn, "insert into types (i32) values (1)", NULL, 0, &error);
        assert_true(ok == (n > 2));
        ok = ok && run(conn, "insert into types (i32) values (2)", NULL, 0, &error);
        assert_true(ok == (n > 3));
        ok = ok && cf_conn_commit(conn, &error);
        assert_false(ok);
        assert_int_equal(error.code, CF_ERR_SERIALIZE);
        cf_conn_rollback(conn, NULL);
        cf_pool_fail_at(pool, 0, CF_OK);
        assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    }
}

static void a_broken_connection_is_thrown_away(void **state)
{
    (void)state;
    if (is("sqlite")) skip();
    cf_error      error = {0};
    cf_pool_state before = cf_pool_look(pool);
    cf_pool_fail_at(pool, 1, CF_ERR_CONNECTION);
    assert_false(cf_conn_exec(conn, "select 1", &error));
    assert_true(cf_conn_broken(conn));
    cf_error_clear(&error);
    assert_false(cf_conn_exec(conn, "select 1", &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_false(cf_conn_broken(conn));
    assert_int_equal(ask_int(conn, "select 1"), 1);
    assert_true(cf_pool_look(pool).broken == before.broken + 1);
}

/* Somebody on the server ends our session: the next use outside a transaction connects anew, unnoticed. */
static void kill_own_session(cf_conn *victim)
{
    char     text[128];
    cf_conn *killer = take(pool);
    int64_t  id = ask_int(victim, is("postgresql") ? "select pg_backend_pid()" : "select connection_id()");
    if (is("postgresql")) snprintf(text, sizeof text, "select pg_terminate_backend(%lld)", (long long)id);
    else snprintf(text, sizeof text, "kill connection %lld", (long long)id);
    exec(killer, text);
    cf_pool_give(pool, killer);
    usleep(100000);
}

static void a_lost_session_is_replaced_outside_transactions(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    uint32_t id = cf_sql_id();
    must(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error), &error);
    kill_own_session(conn);
    must(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error), &error);
    kill_own_session(conn);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    must(run(conn, "insert into types (i32) values (1)", NULL, 0, &error), &error);
    /* Within a transaction nothing is replaced in silence. */
    kill_own_session(conn);
    assert_false(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    assert_true(cf_conn_rollback(conn, NULL));
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void a_lost_write_has_an_unknown_outcome(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    uint32_t id = cf_sql_id();
    must(run_as(conn, id, false, "insert into types (i32) values (1)", NULL, 0, NULL, &error), &error);
    kill_own_session(conn);
    assert_false(run_as(conn, id, false, "insert into types (i32) values (1)", NULL, 0, NULL, &error));
    assert_int_equal(error.code, CF_ERR_UNKNOWN_OUTCOME);
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
    /* Lost while it was only prepared: nothing was done, and it is done on a new connection. */
    kill_own_session(conn);
    if (unprepared) return;
    cf_error_clear(&error);
    must(run_as(conn, cf_sql_id(), false, "insert into types (i32) values (1)", NULL, 0, NULL, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 2);
}

static void a_lost_commit_has_an_unknown_outcome(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    must(run(conn, "insert into types (i32) values (1)", NULL, 0, &error), &error);
    kill_own_session(conn);
    assert_false(cf_conn_commit(conn, &error));
    assert_int_equal(error.code, CF_ERR_UNKNOWN_OUTCOME);
    assert_false(cf_conn_in_transaction(conn));
}

static void a_session_killed_while_idle_is_not_handed_out(void **state)
{
    (void)state;
    if (is("sqlite")) skip();
    make_types();
    cf_conn *other = take(pool);
    int64_t  id = ask_int(conn, is("postgresql") ? "select pg_backend_pid()" : "select connection_id()");
    cf_pool_give(pool, conn); /* the next to be handed out */
    char text[128];
    if (is("postgresql")) snprintf(text, sizeof text, "select pg_terminate_backend(%lld)", (long long)id);
    else snprintf(text, sizeof text, "kill connection %lld", (long long)id);
    exec(other, text);
    usleep(100000);
    conn = take(pool);
    exec(conn, "insert into types (i32) values (1)");
    cf_pool_give(pool, other);
}

/* ---- deadlocks ---- */

typedef struct update_job {
    cf_conn  *conn;
    cf_error *error;
    bool      ok;
} update_job;

static void *update_first(void *argument)
{
    update_job *job = argument;
    job->ok = cf_conn_exec(job->conn, "update parent set b = 6 where id = 1", job->error);
    return NULL;
}

static void a_deadlock_can_be_retried(void **state)
{
    (void)state;
    cf_error error = {0}, other_error = {0};
    if (is("sqlite")) skip(); /* writers stand in line */
    make_constraints();
    exec(conn, "insert into parent (id, email) values (2, 'bob')");
    cf_conn *other = take(pool);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error) && cf_conn_begin(other, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "update parent set b = 5 where id = 1");
    exec(other, "update parent set b = 5 where id = 2");
    /* One waits in a thread of its own until the other closes the circle. */
    pthread_t  thread;
    update_job job = {other, &other_error, false};
    assert_int_equal(pthread_create(&thread, NULL, update_first, &job), 0);
    usleep(200000);
    bool ok = cf_conn_exec(conn, "update parent set b = 6 where id = 2", &error);
    if (ok) must(cf_conn_commit(conn, &error), &error);
    pthread_join(thread, NULL);
    assert_true(ok != job.ok);
    cf_error *lost = ok ? &other_error : &error;
    cf_conn  *loser = ok ? other : conn;
    assert_int_equal(lost->code, CF_ERR_SERIALIZE);
    assert_true(cf_code_retryable(lost->code));
    /* Until the rollback nothing runs, on MariaDB neither: it would run outside of the transaction. */
    cf_error later = {0};
    assert_false(cf_conn_exec(loser, "update parent set b = 7 where id = 1", &later));
    assert_int_equal(later.code, CF_ERR_FAILED);
    assert_true(cf_conn_rollback(loser, NULL));
    cf_conn_rollback(conn, NULL);
    cf_conn_rollback(other, NULL);
    assert_int_equal(ask_int(conn, "select 1"), 1);
    cf_pool_give(pool, other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(constraint_violations_say_which),
        T(mistakes_in_texts_have_their_codes),
        T(parameters_are_counted),
        T(transactions_commit_and_roll_back),
        T(savepoints),
        T(read_transactions_refuse_writes),
        T(read_only_connections_refuse_writes),
        T(a_commit_after_a_failure_says_what_happened),
        T(giving_back_rolls_back),
        T(changes_and_keys),
        T(returning_gives_rows),
        T(one_statement_twice_at_once),
        T(a_running_statement_does_not_run_again),
        T(a_stream_left_early_leaves_the_connection_good),
        T(the_cache_is_bounded),
        T(statements_outlive_changes_of_the_schema),
        T(a_statement_ends_at_its_deadline),
        T(the_nth_statement_fails_on_request),
        T(a_broken_connection_is_thrown_away),
        T(a_lost_session_is_replaced_outside_transactions),
        T(a_lost_write_has_an_unknown_outcome),
        T(a_lost_commit_has_an_unknown_outcome),
        T(a_session_killed_while_idle_is_not_handed_out),
        T(a_deadlock_can_be_retried),
    };
    return run_on_database(argc, argv, tests, COUNT_OF(tests));
}
