/*
 * A process that commits is killed (SIGKILL) at random moments: every commit that it was told of is there, none is
 * there by half, and the file is sound. Each transaction adds a Batch and three Parts, and changes the Total.
 */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

#include "orm/session.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct Total {
    int64_t id;
    int64_t batches;
    int32_t revision;
} Total;

CF_MODEL(Total, CF_COLUMN(id, .primary_key = true), CF_COLUMN(batches), CF_COLUMN(revision, .version = true));

typedef struct Batch {
    int64_t     id;
    const char *text;
} Batch;

CF_MODEL(Batch, CF_COLUMN(id, .primary_key = true), CF_COLUMN(text));

typedef struct Part {
    int64_t id;
    int64_t batch_id;
} Part;

CF_MODEL(Part, CF_COLUMN(id, .primary_key = true), CF_COLUMN(batch_id, .references = "batch.id"));

CF_ONE_TO_MANY(Batch, parts, Part, batch);

#define COMMITS 1000 /* at least */
#define KILLS 48     /* at least */
#define PARTS 3

typedef struct place {
    char folder[64];
    char url[128];
} place;

static cf_database *open_place(const place *p)
{
    cf_error     error = {0};
    cf_database *database = cf_open(p->url, .error = &error);
    if (!database) print_error("%s\n", error.message);
    return database;
}

static bool commit_one(cf_db *db, int64_t number)
{
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    Total *total = cf_get(db, Total, 1);
    Batch *batch = cf_add(db, Batch, .id = number, .text = text);
    for (int i = 0; i < PARTS; i++) cf_append(Batch_parts(batch), cf_add(db, Part));
    if (total) total->batches++;
    return total && cf_commit(db);
}

/* The child: goes on from where the file is, and tells each commit once it is made. */
static _Noreturn void commit_all(const place *p, int pipe_end)
{
    cf_database *database = open_place(p);
    for (bool ok = database != NULL; ok;) {
        cf_db  *db = cf_session(database);
        int64_t number = cf_get(db, Total, 1)->batches + 1;
        ok = commit_one(db, number) && write(pipe_end, &number, sizeof number) == sizeof number;
        if (!ok) fprintf(stderr, "%s\n", cf_error(db)->message);
        cf_close(db);
    }
    _exit(1);
}

/* Runs the child for some commits and a moment more, then kills it; the last commit that it told of. */
static int64_t run_and_kill(const place *p, unsigned commits, unsigned microseconds)
{
    int     ends[2], status;
    int64_t number, last = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        commit_all(p, ends[1]);
    }
    close(ends[1]);
    for (unsigned i = 0; i < commits && read(ends[0], &number, sizeof number) == sizeof number; i++) last = number;
    nanosleep(&(struct timespec){.tv_nsec = (long)microseconds * 1000}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it would go on for ever */
    while (read(ends[0], &number, sizeof number) == sizeof number) last = number;
    close(ends[0]);
    return last;
}

/* The file as the next process finds it; how many batches it has. */
static int64_t examine(const place *p)
{
    cf_database *database = open_place(p);
    cf_db       *db = cf_session(database);
    cf_error     error = {0};
    cf_conn     *conn = cf_pool_take(database->pool, NULL, &error);
    cf_sql       sql = {"PRAGMA integrity_check", strlen("PRAGMA integrity_check"), 0, true};
    cf_value     answer;
    cf_stmt     *stmt = cf_conn_prepare(conn, &sql, &error);
    assert_true(stmt && cf_stmt_run(stmt, NULL, 0, &error) && cf_stmt_next(stmt, &error) == CF_YES);
    assert_true(cf_stmt_value(stmt, 0, CF_TEXT, cf_session_arena(db), &answer, &error));
    assert_string_equal(answer.as.text, "ok");
    cf_stmt_done(stmt);
    cf_pool_give(database->pool, conn);
    const Total *total = cf_get(db, Total, 1);
    int64_t      batches = total->batches;
    assert_int_equal(cf_count(db, Batch, ""), batches);
    assert_int_equal(cf_count(db, Batch, "id <= ?", batches), batches);
    assert_int_equal(cf_count(db, Part, ""), batches * PARTS);
    assert_int_equal(cf_count(db, Batch, "count(parts) = 3"), batches);
    assert_int_equal(total->revision, batches + 1);
    assert_ok(db);
    cf_close(db);
    cf_shutdown(database);
    return batches;
}

static void commits_outlive_the_process(void **state)
{
    place    p;
    int64_t  told = 0;
    unsigned random = 12345;
    (void)state;
    snprintf(p.folder, sizeof p.folder, "/tmp/carafe-kill-XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.url, sizeof p.url, "sqlite:///%s/kill.db", p.folder);
    cf_database *database = open_place(&p);
    cf_db       *db = cf_session(database);
    assert_true(cf_create_all(db));
    cf_add(db, Total, .id = 1);
    assert_true(cf_commit(db));
    cf_close(db);
    cf_shutdown(database);
    for (int kills = 0; told < COMMITS || kills < KILLS; kills++) {
        random = random * 1103515245 + 12345;
        int64_t last = run_and_kill(&p, (random >> 8) % 40, (random >> 12) % 1000);
        if (last > told) told = last;
        int64_t there = examine(&p);
        assert_true(there >= told && there <= told + 1); /* one more may have been made and not told */
        told = there;
    }
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", p.folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(commits_outlive_the_process)};
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
