/*
 * Servers that die and servers that hang, under load: every call returns in time with an error of the right kind, and
 * the pool works again when the server does. The servers are the program's own: `test-sql-faults SERVERS.SH postgresql|mariadb`.
 */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define DEADLINE 800 /* milliseconds a statement may take */
#define SLACK 1200   /* the server's head start, and what a loaded machine may add */
#define WORKERS 4

static const char *script, *kind;
static char        folder[64], url[200];

static int shell(const char *verb, const char *which, char *out, size_t size)
{
    char command[600];
    snprintf(command, sizeof command, "'%s' %s '%s' %s 2>>'%s.log'", script, verb, folder, which, folder);
    FILE *pipe = popen(command, "r");
    if (!pipe) return -1;
    size_t n = out ? fread(out, 1, size - 1, pipe) : 0;
    if (out) out[n] = '\0';
    while (!out && fgetc(pipe) != EOF) {
    }
    return pclose(pipe);
}

static pid_t server_pid(void)
{
    char text[32];
    assert_int_equal(shell("pid", kind, text, sizeof text), 0);
    return (pid_t)atol(text);
}

/* The processes of PostgreSQL's sessions are the server's children, and hang only when they are stopped, too. */
static void signal_family(pid_t server, int number)
{
    char command[64], line[32];
    snprintf(command, sizeof command, "ps -o pid= --ppid %d", (int)server);
    kill(server, number);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe))
        if (atol(line) > 1) kill((pid_t)atol(line), number);
    if (pipe) pclose(pipe);
}

typedef struct worker {
    cf_pool     *pool;
    pthread_t    thread;
    int          number;
    atomic_bool *stop;
    int64_t      longest; /* of any call, in milliseconds */
    int          done, failed, wrong;
    cf_code      wrong_code;
    char         wrong_message[200];
} worker;

/* While a server is away these are the truth, and nothing else. */
static bool right_kind(cf_code code)
{
    return code == CF_ERR_CONNECTION || code == CF_ERR_TIMEOUT || code == CF_ERR_UNKNOWN_OUTCOME ||
           code == CF_ERR_FAILED;
}

static bool one_round(worker *w, cf_conn *conn, int round, cf_error *error)
{
    if (round % 2)
        return run_as(conn, 2000, true, "select count(*) from load_test where who = ?", VALUES(cf_value_int(w->number)),
                      NULL, error);
    return cf_conn_begin(conn, CF_BEGIN_WRITE, error) &&
           run_as(conn, 2001, false, "insert into load_test (who) values (?)", VALUES(cf_value_int(w->number)), NULL,
                  error) &&
           cf_conn_commit(conn, error);
}

static void *work(void *argument)
{
    worker *w = argument;
    for (int round = 0; !atomic_load(w->stop); round++) {
        cf_error error = {0};
        int64_t  started = now_ms();
        cf_conn *conn = cf_pool_take(w->pool, TAKE_HERE, &error);
        int64_t  took = now_ms() - started;
        bool     ok = conn != NULL;
        if (took > w->longest) w->longest = took;
        started = now_ms();
        ok = ok && one_round(w, conn, round, &error);
        took = now_ms() - started;
        if (took > w->longest) w->longest = took;
        cf_pool_give(w->pool, conn);
        if (ok) w->done++;
        else if (right_kind(error.code)) w->failed++;
        else {
            w->wrong++;
            w->wrong_code = error.code;
            snprintf(w->wrong_message, sizeof w->wrong_message, "%.199s", error.message);
        }
        if (!ok) usleep(20000);
    }
    return NULL;
}

static cf_pool *open_pool(void)
{
    cf_error error = {0};
    cf_pool *pool =
        cf_pool_open(url, &(cf_pool_options){.deadline_ms = DEADLINE, .connect_ms = DEADLINE, .size = WORKERS}, &error);
    if (!pool) fail_msg("%s", error.message);
    cf_conn *conn = take(pool);
    exec(conn, "drop table if exists load_test");
    exec(conn, strcmp(kind, "mariadb") == 0
                   ? "create table load_test (id bigint auto_increment primary key, who integer)"
                   : "create table load_test (id bigserial primary key, who integer)");
    cf_pool_give(pool, conn);
    return pool;
}

static void start_work(worker *workers, cf_pool *pool, atomic_bool *stop)
{
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.pool = pool, .number = i, .stop = stop};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static void end_work(worker *workers, atomic_bool *stop, int least_failed)
{
    int     done = 0, failed = 0;
    int64_t longest = 0;
    atomic_store(stop, true);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].wrong)
            fail_msg("%d calls failed with %s: %s", workers[i].wrong, cf_code_name(workers[i].wrong_code),
                     workers[i].wrong_message);
        done += workers[i].done;
        failed += workers[i].failed;
        if (workers[i].longest > longest) longest = workers[i].longest;
    }
    printf("%d rounds done, %d failed as they should, the longest call took %lld ms\n", done, failed,
           (long long)longest);
    assert_true(done > 0);
    assert_true(failed >= least_failed);
    /* A round is at most three calls that each wait out their deadline once. */
    assert_true(longest < 3 * DEADLINE + SLACK);
}

/* The pool must serve again without being opened anew. */
static void assert_works(cf_pool *pool)
{
    int64_t until = now_ms() + 10000;
    for (;;) {
        cf_error error = {0};
        cf_conn *conn = cf_pool_take(pool, TAKE_HERE, &error);
        bool     ok = conn && run(conn, "insert into load_test (who) values (99)", NULL, 0, &error);
        cf_pool_give(pool, conn);
        if (ok) return;
        if (now_ms() > until) fail_msg("still failing: %s", error.message);
        usleep(50000);
    }
}

static void a_killed_server(void **state)
{
    (void)state;
    cf_pool    *pool = open_pool();
    worker      workers[WORKERS];
    atomic_bool stop = false;
    start_work(workers, pool, &stop);
    usleep(400000);
    kill(server_pid(), SIGKILL);
    usleep(800000);
    assert_int_equal(shell("restart", kind, NULL, 0), 0);
    usleep(600000);
    assert_works(pool);
    end_work(workers, &stop, 1);
    assert_int_equal(cf_pool_look(pool).taken, 0);
    assert_true(cf_pool_look(pool).broken > 0);
    assert_int_equal(cf_pool_close(pool), 0);
}

static void a_stopped_server(void **state)
{
    (void)state;
    cf_pool    *pool = open_pool();
    worker      workers[WORKERS];
    atomic_bool stop = false;
    pid_t       server = server_pid();
    start_work(workers, pool, &stop);
    usleep(400000);
    signal_family(server, SIGSTOP);
    usleep(2500000);
    signal_family(server, SIGCONT);
    usleep(500000);
    assert_works(pool);
    end_work(workers, &stop, 1);
    assert_int_equal(cf_pool_close(pool), 0);
}

/* One statement, one commit and one connection against a server that hangs: each keeps its own deadline. */
static void each_call_keeps_its_deadline(void **state)
{
    (void)state;
    cf_pool *pool = open_pool();
    cf_conn *reads = take(pool), *commits = take(pool), *writes = take(pool);
    cf_error error = {0};
    pid_t    server = server_pid();
    must(cf_conn_begin(commits, CF_BEGIN_WRITE, &error), &error);
    must(run(commits, "insert into load_test (who) values (1)", NULL, 0, &error), &error);
    /* Prepared beforehand: what is lost while it is only prepared was not done, for sure. */
    must(run_as(writes, 2101, false, "insert into load_test (who) values (2)", NULL, 0, NULL, &error), &error);
    signal_family(server, SIGSTOP);
    int64_t started = now_ms();
    bool    read = run_as(reads, 2100, true, "select count(*) from load_test", NULL, 0, NULL, &error);
    int64_t read_took = now_ms() - started;
    cf_code read_code = error.code;
    cf_error_clear(&error);
    started = now_ms();
    bool    committed = cf_conn_commit(commits, &error);
    int64_t commit_took = now_ms() - started;
    cf_code commit_code = error.code;
    cf_error_clear(&error);
    started = now_ms();
    bool    written = run_as(writes, 2101, false, "insert into load_test (who) values (2)", NULL, 0, NULL, &error);
    int64_t write_took = now_ms() - started;
    cf_code write_code = error.code;
    cf_error_clear(&error);
    started = now_ms();
    cf_pool *another = cf_pool_open(url, &(cf_pool_options){.connect_ms = DEADLINE, .deadline_ms = DEADLINE}, &error);
    int64_t  connect_took = now_ms() - started;
    signal_family(server, SIGCONT);
    assert_false(read || committed || written || another);
    assert_int_equal(read_code, CF_ERR_TIMEOUT);
    assert_int_equal(commit_code, CF_ERR_UNKNOWN_OUTCOME);
    assert_int_equal(write_code, CF_ERR_UNKNOWN_OUTCOME);
    assert_true(error.code == CF_ERR_TIMEOUT || error.code == CF_ERR_CONNECTION);
    printf("read %lld ms, commit %lld ms, write %lld ms, connect %lld ms of %d\n", (long long)read_took,
           (long long)commit_took, (long long)write_took, (long long)connect_took, DEADLINE);
    assert_true(read_took < DEADLINE + SLACK && commit_took < DEADLINE + SLACK);
    assert_true(write_took < DEADLINE + SLACK && connect_took < DEADLINE + SLACK);
    cf_pool_give(pool, reads);
    cf_pool_give(pool, commits);
    cf_pool_give(pool, writes);
    assert_works(pool);
    assert_int_equal(cf_pool_close(pool), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_server), cmocka_unit_test(a_stopped_server),
                                       cmocka_unit_test(each_call_keeps_its_deadline)};
    if (argc < 3) return 2;
    script = argv[1];
    kind = argv[2];
    const char *wanted = strcmp(kind, "postgresql") == 0 ? "CARAFE_TEST_POSTGRESQL" : "CARAFE_TEST_MARIADB";
    if (!getenv(wanted)) {
        printf("skipped: %s is not set, so servers are not to be started\n", wanted);
        return SKIPPED;
    }
    strcpy(folder, "/tmp/carafe-faults-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    char command[128], out[400];
    snprintf(command, sizeof command, "chmod 755 '%s'", folder);
    if (system(command) != 0) return 2;
    int failed = 1;
    if (shell("start", kind, out, sizeof out) == 0 && strchr(out, '=')) {
        snprintf(url, sizeof url, "%.*s", (int)strcspn(strchr(out, '=') + 1, "\n"), strchr(out, '=') + 1);
        failed = cmocka_run_group_tests_name(kind, tests, NULL, NULL);
    } else {
        printf("the server did not start; see %s.log\n", folder);
    }
    shell("stop", "", NULL, 0);
    if (!failed) {
        snprintf(command, sizeof command, "%s.log", folder);
        unlink(command);
    }
    return failed;
}
