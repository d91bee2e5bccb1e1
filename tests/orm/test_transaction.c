/* Transactions as functions: commit, refusal, retry, isolation; and reading objects again. */
#include "fixture.h"

#include "orm/session.h"

typedef struct tally {
    int      runs;
    int      fail_until; /* runs that meet an error */
    cf_code  code;
    fixture *f;
} tally;

static bool add_bob(cf_db *db, void *argument)
{
    tally *t = argument;
    t->runs++;
    if (t->runs <= t->fail_until) cf_pool_fail_at(t->f->database->pool, 2, t->code);
    User *u = cf_find(db, User, "name = ?", "ada");
    if (u) u->bio = cf_arena_printf(cf_session_arena(db), "run %d", t->runs);
    cf_add(db, User, .name = "bob", .email = "bob@example.com");
    return cf_flush(db);
}

static int with_ada(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, User, .name = "ada", .email = "ada@example.com");
    return cf_commit(db) ? 0 : -1;
}

static void what_succeeds_is_committed(void **state)
{
    fixture *f = *state;
    tally    t = {.f = f};
    assert_true(cf_transaction(f->db, add_bob, &t));
    assert_int_equal(t.runs, 1);
    cf_db *other = other_session(f);
    assert_int_equal(cf_count(other, User, ""), 2);
    cf_close(other);
}

static void what_can_be_retried_is_retried(void **state)
{
    static const cf_code codes[] = {CF_ERR_SERIALIZE, CF_ERR_BUSY};
    fixture             *f = *state;
    for (size_t i = 0; i < 2; i++) {
        tally t = {.f = f, .fail_until = 3, .code = codes[i]};
        assert_true(cf_transaction(f->db, add_bob, &t, .wait_ms = 1));
        assert_int_equal(t.runs, 4);
        assert_ok(f->db);
        assert_string_equal(cf_find(f->db, User, "name = ?", "ada")->bio, "run 4");
        assert_int_equal(cf_delete_where(f->db, User, "name = ?", "bob"), 1);
        assert_true(cf_commit(f->db));
    }
}

static void retries_end(void **state)
{
    fixture *f = *state;
    tally    t = {.f = f, .fail_until = 100, .code = CF_ERR_SERIALIZE};
    assert_false(cf_transaction(f->db, add_bob, &t, .attempts = 3, .wait_ms = 1));
    assert_int_equal(t.runs, 3);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_SERIALIZE);
    cf_pool_fail_at(f->database->pool, 0, CF_OK);
    assert_true(cf_rollback(f->db));
    assert_int_equal(cf_count(f->db, User, ""), 1);
}

static void other_errors_are_not_retried(void **state)
{
    fixture *f = *state;
    tally    t = {.f = f, .fail_until = 100, .code = CF_ERR_DATABASE};
    assert_false(cf_transaction(f->db, add_bob, &t));
    assert_int_equal(t.runs, 1);
    cf_pool_fail_at(f->database->pool, 0, CF_OK);
}

/* The connection is cut at COMMIT: it may have happened, so nothing is run again. */
static void an_unknown_outcome_is_told_and_not_retried(void **state)
{
    fixture *f = *state;
    tally    t = {.f = f, .fail_until = 0};
    cf_pool_fail_at(f->database->pool, 4,
                    CF_ERR_UNKNOWN_OUTCOME); /* BEGIN, SELECT, two writes in one batch each, COMMIT */
    bool saved = cf_transaction(f->db, add_bob, &t, .wait_ms = 1);
    if (saved) { /* one statement more than counted */
        cf_pool_fail_at(f->database->pool, 0, CF_OK);
        fail_msg("the failure was not injected at COMMIT");
    }
    cf_pool_fail_at(f->database->pool, 0, CF_OK);
    assert_int_equal(t.runs, 1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_UNKNOWN_OUTCOME);
    assert_null(
        cf_add(f->db, User, .name = "x", .email = "x@example.com")); /* the session is doomed until the rollback */
    assert_true(cf_rollback(f->db));
    assert_ok(f->db);
}

static void an_implicit_commit_tells_an_unknown_outcome(void **state)
{
    fixture *f = *state;
    cf_add(f->db, User, .name = "bob", .email = "bob@example.com");
    assert_true(cf_flush(f->db));
    cf_pool_fail_at(f->database->pool, 1, CF_ERR_UNKNOWN_OUTCOME);
    assert_false(cf_commit(f->db));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_UNKNOWN_OUTCOME);
    assert_false(cf_commit(f->db));
    assert_true(cf_rollback(f->db));
}

/* ---- deadlocks of the server's own ---- */

typedef struct crossing {
    fixture          *f;
    pthread_barrier_t met;
} crossing;

typedef struct way {
    crossing   *c;
    const char *first, *second;
    int         runs;
    bool        done;
} way;

/* Changes one row, waits for the other thread to have changed the other one, and changes that. */
static bool cross(cf_db *db, void *argument)
{
    way  *w = argument;
    User *u = cf_find(db, User, "email = ?", w->first);
    u->quota += 1;
    if (!cf_flush(db)) return false;
    if (w->runs++ == 0) pthread_barrier_wait(&w->c->met);
    User *v = cf_find(db, User, "email = ?", w->second);
    if (v) v->quota += 1;
    return true;
}

static void *walk(void *argument)
{
    way   *w = argument;
    cf_db *db = cf_session(w->c->f->database);
    w->done = cf_transaction(db, cross, w, .isolation = CF_ISOLATION_REPEATABLE_READ, .attempts = 20);
    cf_close(db);
    return NULL;
}

static void deadlocks_end_in_both_being_done(void **state)
{
    fixture *f = *state;
    if (strncmp(test_url(), "sqlite", 6) == 0) skip(); /* one writes at a time */
    cf_add(f->db, User, .name = "bob", .email = "bob@example.com");
    assert_true(cf_commit(f->db));
    crossing  c = {.f = f};
    way       there = {&c, "ada@example.com", "bob@example.com", 0, false};
    way       back = {&c, "bob@example.com", "ada@example.com", 0, false};
    pthread_t threads[2];
    pthread_barrier_init(&c.met, NULL, 2);
    pthread_create(&threads[0], NULL, walk, &there);
    pthread_create(&threads[1], NULL, walk, &back);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&c.met);
    assert_true(there.done && back.done);
    assert_true(there.runs + back.runs > 2); /* one of them met the deadlock */
    cf_expire_all(f->db);
    CF_LIST(User) users = cf_all(f->db, User, "");
    cf_each(User, u, users) assert_true(u->quota == 3.5);
}

static bool change_mind(cf_db *db, void *argument)
{
    (void)argument;
    cf_add(db, User, .name = "eve", .email = "eve@example.com");
    return cf_flush(db) && false;
}

static void a_refusal_rolls_back_without_an_error(void **state)
{
    fixture *f = *state;
    assert_false(cf_transaction(f->db, change_mind, NULL));
    assert_ok(f->db);
    assert_int_equal(cf_count(f->db, User, ""), 1);
}

static bool try_to_write(cf_db *db, void *argument)
{
    *(int64_t *)argument = cf_count(db, User, "");
    cf_add(db, User, .name = "eve", .email = "eve@example.com");
    return true;
}

static void read_only_is_read_only(void **state)
{
    fixture *f = *state;
    int64_t  count = 0;
    assert_false(cf_transaction(f->db, try_to_write, &count, .read_only = true));
    assert_int_equal(count, 1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_READ_ONLY);
    assert_true(cf_rollback(f->db));
    assert_int_equal(cf_count(f->db, User, ""), 1);
}

static bool look_twice(cf_db *db, void *argument)
{
    fixture *f = argument;
    int64_t  before = cf_count(db, User, "");
    cf_db   *other = other_session(f);
    cf_add(other, User, .name = "new",
           .email = cf_arena_printf(cf_session_arena(other), "new%d@example.com", (int)before));
    assert_true(cf_commit(other));
    cf_close(other);
    return cf_count(db, User, "") == before;
}

static void repeatable_read_sees_one_state(void **state)
{
    fixture *f = *state;
    if (cf_database_file(f->database) == NULL && strncmp(test_url(), "sqlite", 6) == 0) {
        skip(); /* in memory all sessions share one connection */
    }
    assert_true(cf_transaction(f->db, look_twice, f, .isolation = CF_ISOLATION_REPEATABLE_READ, .read_only = true));
}

static void refresh_reads_again(void **state)
{
    fixture *f = *state;
    User    *ada = cf_find(f->db, User, "name = ?", "ada");
    cf_db   *other = other_session(f);
    cf_get(other, User, ada->id)->bio = "new";
    assert_true(cf_commit(other));
    ada->name = "unwritten";
    assert_true(cf_refresh(f->db, ada));
    assert_string_equal(ada->name, "ada");
    assert_string_equal(ada->bio, "new");
    assert_false(cf_has_changes(f->db));
    cf_delete(other, cf_get(other, User, ada->id));
    assert_true(cf_commit(other));
    cf_close(other);
    assert_false(cf_refresh(f->db, ada));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_NOT_FOUND);
}

static void expunged_objects_are_loaded_anew(void **state)
{
    fixture *f = *state;
    User    *ada = cf_find(f->db, User, "name = ?", "ada");
    cf_expunge_all(f->db);
    ada->name = "nobody";
    assert_true(cf_commit(f->db));
    User *again = cf_find(f->db, User, "name = ?", "ada");
    assert_non_null(again);
    assert_ptr_not_equal(ada, again);
}

#define ada_test(name) cmocka_unit_test_setup_teardown(name, with_ada, fixture_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ada_test(what_succeeds_is_committed),
        ada_test(what_can_be_retried_is_retried),
        ada_test(retries_end),
        ada_test(other_errors_are_not_retried),
        ada_test(an_unknown_outcome_is_told_and_not_retried),
        ada_test(an_implicit_commit_tells_an_unknown_outcome),
        ada_test(deadlocks_end_in_both_being_done),
        ada_test(a_refusal_rolls_back_without_an_error),
        ada_test(read_only_is_read_only),
        ada_test(repeatable_read_sees_one_state),
        ada_test(refresh_reads_again),
        ada_test(expunged_objects_are_loaded_anew),
    };
    return RUN_TESTS("transaction", tests, argc, argv);
}
