/* Savepoints: back in the database and in memory, nested, after failures; transactions within transactions. */
#include "fixture.h"

#include "orm/session.h"

static User *add_user(cf_db *db, const char *name, const char *email)
{
    return cf_add(db, User, .name = name, .email = email);
}

/* What a session of its own sees. */
static int64_t committed_users(fixture *f)
{
    cf_db  *other = other_session(f);
    int64_t n = cf_count(other, User, "");
    assert_ok(other);
    cf_close(other);
    return n;
}

static void rollback_returns_to_the_place(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = add_user(db, "Ada", "ada@example.com");
    User    *bob = add_user(db, "Bob", "bob@example.com");
    assert_true(cf_commit(db));
    ada->bio = "before";
    int place = cf_savepoint(db);
    assert_true(place > 0);
    ada->bio = "after";
    User *eve = add_user(db, "Eve", "eve@example.com");
    cf_delete(db, bob);
    assert_true(cf_flush(db));
    ada->bio = "later";
    User *tom = add_user(db, "Tom", "tom@example.com");
    assert_true(cf_savepoint_rollback(db, place));
    assert_ok(db);
    assert_string_equal(ada->bio, "before");
    assert_int_equal(cf_state_in(db, eve), CF_TRANSIENT);
    assert_int_equal(cf_state_in(db, tom), CF_TRANSIENT);
    assert_int_equal(cf_state_in(db, bob), CF_PERSISTENT);
    assert_ptr_equal(cf_get(db, User, bob->id), bob);
    assert_true(cf_commit(db));
    assert_int_equal(committed_users(f), 2);
    cf_db *other = other_session(f);
    assert_string_equal(cf_get(other, User, ada->id)->bio, "before");
    cf_close(other);
}

static void release_keeps_what_was_done(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = add_user(db, "Ada", "ada@example.com");
    int      place = cf_savepoint(db);
    User    *bob = add_user(db, "Bob", "bob@example.com");
    assert_true(cf_savepoint_release(db, place));
    assert_int_equal(cf_state_in(db, bob), CF_PERSISTENT);
    assert_false(cf_savepoint_release(db, place)); /* it is forgotten */
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_state_in(db, ada), CF_TRANSIENT);
    assert_int_equal(cf_state_in(db, bob), CF_TRANSIENT);
    assert_int_equal(committed_users(f), 0);
}

static void a_failure_leaves_what_was_before(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = add_user(db, "Ada", "ada@example.com");
    int      place = cf_savepoint(db);
    User    *twin = add_user(db, "Twin", "ada@example.com");
    assert_false(cf_savepoint_release(db, place));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_string_equal(cf_error(db)->columns, "email");
    assert_ptr_equal(cf_error(db)->object, twin);
    assert_null(add_user(db, "Bob", "bob@example.com")); /* failures stick */
    assert_true(cf_savepoint_rollback(db, place));
    assert_ok(db);
    assert_int_equal(cf_state_in(db, ada), CF_PERSISTENT);
    add_user(db, "Bob", "bob@example.com");
    assert_true(cf_commit(db));
    assert_int_equal(committed_users(f), 2);
}

static void a_wrong_reference_within_is_named(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    add_user(db, "Ada", "ada@example.com");
    int place = cf_savepoint(db);
    cf_add(db, Dataset, .name = "d", .user_id = 12345);
    assert_false(cf_flush(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_string_equal(cf_error(db)->columns, "user_id");
    assert_true(cf_savepoint_rollback(db, place));
    assert_true(cf_commit(db));
    assert_int_equal(committed_users(f), 1);
}

static void places_nest(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    ada->bio = "0";
    int outer = cf_savepoint(db);
    ada->bio = "1";
    int inner = cf_savepoint(db);
    ada->bio = "2";
    add_user(db, "Bob", "bob@example.com");
    assert_true(cf_savepoint_rollback(db, inner));
    assert_string_equal(ada->bio, "1");
    inner = cf_savepoint(db);
    ada->bio = "3";
    User *eve = add_user(db, "Eve", "eve@example.com");
    assert_true(cf_savepoint_release(db, inner));
    assert_string_equal(ada->bio, "3");
    ada->bio = "4";
    assert_true(cf_flush(db));
    assert_true(cf_savepoint_rollback(db, outer));
    assert_string_equal(ada->bio, "0");
    assert_int_equal(cf_state_in(db, eve), CF_TRANSIENT);
    ada->name = "Augusta";
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    User  *read = cf_get(other, User, ada->id);
    assert_string_equal(read->bio, "0");
    assert_string_equal(read->name, "Augusta");
    cf_close(other);
    assert_int_equal(committed_users(f), 1);
}

static void rolling_back_the_outer_place_forgets_the_inner(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    add_user(db, "Ada", "ada@example.com");
    int outer = cf_savepoint(db), inner = cf_savepoint(db);
    add_user(db, "Bob", "bob@example.com");
    assert_true(cf_savepoint_rollback(db, outer));
    assert_false(cf_savepoint_rollback(db, inner));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(db));
}

static void keys_that_moved_come_back(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    Country *a = cf_add(db, Country, .code = "aa", .name = "A"), *b = cf_add(db, Country, .code = "bb", .name = "B");
    assert_true(cf_commit(db));
    int place = cf_savepoint(db);
    cf_delete(db, b);
    assert_true(cf_flush(db));
    strcpy(a->code, "bb");
    assert_true(cf_flush(db));
    assert_ptr_equal(cf_get(db, Country, "bb"), a);
    assert_true(cf_savepoint_rollback(db, place));
    assert_string_equal(a->code, "aa");
    assert_ptr_equal(cf_get(db, Country, "aa"), a);
    assert_ptr_equal(cf_get(db, Country, "bb"), b);
}

static void an_object_added_before_and_deleted_after_is_back(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = add_user(db, "Ada", "ada@example.com");
    int      place = cf_savepoint(db);
    cf_delete(db, ada);
    assert_true(cf_flush(db));
    assert_true(cf_savepoint_rollback(db, place));
    assert_int_equal(cf_state_in(db, ada), CF_PERSISTENT);
    ada->bio = "alive";
    assert_true(cf_commit(db));
    assert_int_equal(committed_users(f), 1);
}

static void relationships_come_back(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = add_user(db, "Ada", "ada@example.com"), *bob = add_user(db, "Bob", "bob@example.com");
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "one"));
    Project *p = cf_add(db, Project, .name = "p");
    cf_append(User_projects(ada), p);
    assert_true(cf_flush(db));
    int place = cf_savepoint(db);
    Dataset_set_user(User_datasets(ada)[0], bob);
    cf_remove(User_projects(ada), p);
    cf_append(User_projects(bob), p);
    assert_true(cf_flush(db));
    assert_int_equal(cf_list_count(User_datasets(ada)), 0);
    assert_true(cf_savepoint_rollback(db, place));
    assert_int_equal(cf_list_count(User_datasets(ada)), 1);
    assert_int_equal(cf_list_count(User_datasets(bob)), 0);
    assert_int_equal(cf_list_count(User_projects(ada)), 1);
    assert_int_equal(cf_list_count(User_projects(bob)), 0);
    assert_true(cf_commit(db));
}

static void nothing_is_begun_by_a_place_alone(void **state)
{
    fixture *f = *state;
    int      place = cf_savepoint(f->db);
    assert_true(place > 0);
    assert_int_equal(cf_pool_look(f->database->pool).taken, 0);
    add_user(f->db, "Ada", "ada@example.com");
    assert_true(cf_flush(f->db));
    assert_int_equal(cf_pool_look(f->database->pool).taken, 1);
    assert_true(cf_savepoint_rollback(f->db, place));
    assert_int_equal(cf_pool_look(f->database->pool).taken, 0);
    assert_int_equal(cf_count(f->db, User, ""), 0);
    place = cf_savepoint(f->db);
    add_user(f->db, "Ada", "ada@example.com");
    assert_true(cf_savepoint_release(f->db, place));
    assert_true(cf_commit(f->db));
    assert_int_equal(committed_users(f), 1);
}

static void a_lost_connection_loses_the_place(void **state)
{
    fixture *f = *state;
    add_user(f->db, "Ada", "ada@example.com");
    int place = cf_savepoint(f->db);
    add_user(f->db, "Bob", "bob@example.com");
    cf_pool_fail_at(f->database->pool, 1, CF_ERR_CONNECTION);
    assert_false(cf_flush(f->db));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_CONNECTION);
    assert_false(cf_savepoint_rollback(f->db, place));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_CONNECTION);
    assert_true(cf_rollback(f->db));
    assert_ok(f->db);
}

/* Two users, one of them through a place that was returned to. */
static bool two_users(cf_db *db)
{
    add_user(db, "Ada", "ada@example.com");
    int place = cf_savepoint(db);
    add_user(db, "Eve", "eve@example.com");
    (void)cf_flush(db);
    if (!place || !cf_savepoint_rollback(db, place)) return false;
    place = cf_savepoint(db);
    add_user(db, "Bob", "bob@example.com");
    return place && cf_savepoint_release(db, place) && cf_commit(db);
}

static void any_statement_may_fail(void **state)
{
    static const cf_code codes[] = {CF_ERR_DATABASE, CF_ERR_CONNECTION, CF_ERR_TIMEOUT};
    fixture             *f = *state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        bool saved = false;
        for (int n = 1; n < 40 && !saved; n++) {
            cf_pool_fail_at(f->database->pool, n, codes[i]);
            saved = two_users(f->db);
            cf_pool_fail_at(f->database->pool, 0, CF_OK);
            if (saved) break;
            assert_true(cf_error(f->db)->code != CF_OK);
            assert_true(cf_rollback(f->db));
            /* In memory a lost connection loses the database with it. */
            if (codes[i] == CF_ERR_CONNECTION && strcmp(test_url(), "sqlite://") == 0)
                assert_true(cf_create_all(f->db));
            assert_int_equal(cf_count(f->db, User, ""), 0);
            assert_ok(f->db);
        }
        assert_true(saved);
        assert_int_equal(cf_count(f->db, User, ""), 2);
        assert_int_equal(cf_delete_where(f->db, User, "all"), 2);
        assert_true(cf_commit(f->db));
    }
}

/* ---- transactions in transactions ---------------------------------------------------------------- */

typedef struct plan {
    bool     fail_inner, refuse_inner;
    cf_error error;
    cf_code  inject;
    int      runs;
    fixture *f;
} plan;

static bool inner(cf_db *db, void *argument)
{
    plan *p = argument;
    add_user(db, "Bob", p->fail_inner ? "ada@example.com" : "bob@example.com");
    if (p->inject && p->runs == 1) cf_pool_fail_at(p->f->database->pool, 1, p->inject);
    return cf_flush(db) && !p->refuse_inner;
}

static bool outer(cf_db *db, void *argument)
{
    plan *p = argument;
    p->runs++;
    add_user(db, "Ada", "ada@example.com");
    bool kept = cf_transaction(db, inner, p, .error = &p->error);
    if (kept == (p->fail_inner || p->refuse_inner)) return false;
    add_user(db, "Eve", "eve@example.com");
    return true;
}

static void a_transaction_within_one_is_a_savepoint(void **state)
{
    fixture *f = *state;
    plan     p = {.f = f};
    assert_true(cf_transaction(f->db, outer, &p));
    assert_int_equal(committed_users(f), 3);
}

static void an_inner_failure_leaves_the_outer_one(void **state)
{
    fixture *f = *state;
    plan     p = {.fail_inner = true, .f = f};
    assert_true(cf_transaction(f->db, outer, &p));
    assert_int_equal(p.error.code, CF_ERR_UNIQUE);
    assert_int_equal(committed_users(f), 2);
}

static void an_inner_refusal_leaves_the_outer_one(void **state)
{
    fixture *f = *state;
    plan     p = {.refuse_inner = true, .f = f};
    assert_true(cf_transaction(f->db, outer, &p));
    assert_int_equal(p.error.code, CF_OK);
    assert_int_equal(committed_users(f), 2);
}

static void what_can_be_retried_is_retried_from_the_start(void **state)
{
    fixture *f = *state;
    plan     p = {.inject = CF_ERR_SERIALIZE, .f = f};
    assert_true(cf_transaction(f->db, outer, &p, .wait_ms = 1));
    assert_int_equal(p.runs, 2);
    assert_int_equal(committed_users(f), 3);
}

static bool commits(cf_db *db, void *argument)
{
    (void)argument;
    add_user(db, "Ada", "ada@example.com");
    return cf_commit(db);
}

static void a_transaction_commits_at_its_end_alone(void **state)
{
    fixture *f = *state;
    assert_false(cf_transaction(f->db, commits, NULL));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(f->db));
    assert_int_equal(committed_users(f), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(rollback_returns_to_the_place),
        session_test(release_keeps_what_was_done),
        session_test(a_failure_leaves_what_was_before),
        session_test(a_wrong_reference_within_is_named),
        session_test(places_nest),
        session_test(rolling_back_the_outer_place_forgets_the_inner),
        session_test(keys_that_moved_come_back),
        session_test(an_object_added_before_and_deleted_after_is_back),
        session_test(relationships_come_back),
        session_test(nothing_is_begun_by_a_place_alone),
        session_test(a_lost_connection_loses_the_place),
        session_test(any_statement_may_fail),
        session_test(a_transaction_within_one_is_a_savepoint),
        session_test(an_inner_failure_leaves_the_outer_one),
        session_test(an_inner_refusal_leaves_the_outer_one),
        session_test(what_can_be_retried_is_retried_from_the_start),
        session_test(a_transaction_commits_at_its_end_alone),
    };
    return RUN_TESTS("savepoint", tests, argc, argv);
}
