/* One database, many threads: sessions side by side, call sites compiled once, no write lost. */
#include "fixture.h"

#include <pthread.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 40

typedef struct worker {
    cf_database *database;
    pthread_t    thread;
    int          number;
    int          failures;
    char         message[256];
} worker;

static void fail_with(worker *w, cf_db *db)
{
    w->failures++;
    snprintf(w->message, sizeof w->message, "%.255s", cf_error(db)->message);
}

static bool count_up(cf_db *db, void *argument)
{
    (void)argument;
    Setting *s = cf_find(db, Setting, "key = ?", "counter");
    if (s) s->version++;
    return s != NULL;
}

static void *work(void *argument)
{
    worker *w = argument;
    for (int i = 0; i < ROUNDS; i++) {
        cf_db *db = cf_session(w->database);
        char  *name = cf_arena_printf(cf_session_arena(db), "t%d-%d", w->number, i);
        User  *u = cf_add(db, User, .name = name, .email = name);
        cf_append(User_datasets(u), cf_add(db, Dataset, .name = "d", .size = i));
        if (!cf_commit(db)) fail_with(w, db);
        const int64_t ids[] = {1, 2, u ? u->id : 0};
        cf_each(User, v, cf_all(db, User, "id in (?) order by id", CF_ARRAY(ids, 1 + i % 3)))
            cf_each(Dataset, d, User_datasets(v)) w->failures += d->user_id != v->id;
        if (cf_error(db)->code) fail_with(w, db);
        cf_rollback(db);
        cf_expunge_all(db);
        if (!cf_transaction(db, count_up, NULL, .isolation = CF_ISOLATION_SERIALIZABLE, .attempts = 100, .wait_ms = 2))
            fail_with(w, db);
        cf_close(db);
    }
    return NULL;
}

static void run(cf_database *database)
{
    worker workers[THREADS] = {0};
    cf_db *db = cf_session(database);
    assert_true(cf_drop_all(db) && cf_create_all(db));
    cf_add(db, Setting, .key = "counter", .version = 1000);
    assert_true(cf_commit(db));
    for (int i = 0; i < THREADS; i++) {
        workers[i].database = database;
        workers[i].number = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].failures) print_error("thread %d: %s\n", i, workers[i].message);
        assert_int_equal(workers[i].failures, 0);
    }
    cf_expunge_all(db);
    assert_int_equal(cf_count(db, User, ""), THREADS * ROUNDS);
    assert_int_equal(cf_count(db, Dataset, ""), THREADS * ROUNDS);
    assert_int_equal(cf_find(db, Setting, "key = 'counter'")->version, 1000 + THREADS * ROUNDS);
    assert_true(cf_drop_all(db));
    cf_close(db);
}

/* On SQLite a file: in memory all sessions share one connection. */
static void threads_work_side_by_side(void **state)
{
    (void)state;
    char     url[200], file[] = "/tmp/carafe-threads-XXXXXX";
    bool     sqlite = strncmp(test_url(), "sqlite", 6) == 0;
    cf_error error = {0};
    int      fd = sqlite ? mkstemp(file) : -1;
    snprintf(url, sizeof url, "sqlite:///%s", file);
    cf_database *database = cf_open(sqlite ? url : test_url(), .error = &error);
    if (!database) print_error("%s\n", error.message);
    assert_non_null(database);
    run(database);
    cf_shutdown(database);
    if (!sqlite) return;
    close(fd);
    unlink(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_work_side_by_side)};
    return RUN_TESTS("threads", tests, argc, argv);
}
