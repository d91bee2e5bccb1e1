/* What an object is to its session: states, changes, letting go, reading again, bringing in; read-only sessions. */
#include "fixture.h"

#include "orm/session.h"

static User *add_user(cf_db *db, const char *name, const char *email)
{
    return cf_add(db, User, .name = name, .email = email);
}

static int with_ada(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    add_user(db, "Ada", "ada@example.com");
    return cf_commit(db) ? 0 : -1;
}

static User *ada_of(cf_db *db)
{
    return cf_find(db, User, "email = ?", "ada@example.com");
}

/* Another session's change of the row. */
static void change_elsewhere(fixture *f, const char *bio)
{
    cf_db *other = other_session(f);
    ada_of(other)->bio = bio;
    assert_true(cf_commit(other));
    cf_close(other);
}

static void states_have_the_usual_names(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User   own = {.name = "n"};
    assert_int_equal(cf_state_in(db, &own), CF_TRANSIENT);
    assert_int_equal(cf_state_in(db, NULL), CF_TRANSIENT);
    User *u = add_user(db, "Bob", "bob@example.com");
    assert_int_equal(cf_state_in(db, u), CF_PENDING);
    assert_true(cf_flush(db));
    assert_int_equal(cf_state_in(db, u), CF_PERSISTENT);
    cf_delete(db, u);
    assert_int_equal(cf_state_in(db, u), CF_PERSISTENT);
    assert_true(cf_is_modified(db, u));
    assert_true(cf_rollback(db));
    assert_int_equal(cf_state_in(db, u), CF_TRANSIENT);
    User *ada = ada_of(db);
    cf_delete(db, ada);
    assert_true(cf_flush(db));
    assert_int_equal(cf_state_in(db, ada), CF_DELETED);
    assert_true(cf_commit(db));
    assert_int_equal(cf_state_in(db, ada), CF_DETACHED);
    assert_string_equal(cf_state_name(cf_state_in(db, ada)), "detached");
    CF_LIST(User) all = cf_all(db, User, "");
    assert_int_equal(cf_state_in(db, all), CF_TRANSIENT); /* a list is no object of a model */
}

static void what_was_let_go_can_be_taken_back(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = ada_of(db);
    cf_delete(db, ada);
    assert_true(cf_take_back(db, ada)); /* not to be deleted after all */
    assert_true(cf_commit(db));
    assert_int_equal(cf_state_in(db, ada), CF_PERSISTENT);
    int64_t before = cf_statements(db);
    cf_expunge(db, ada);
    ada->bio = "back";
    assert_true(cf_take_back(db, ada)); /* with what was changed meanwhile */
    assert_true(cf_commit(db));
    assert_int_equal(cf_statements(db) - before, 1);
    cf_expunge_all(db);
    assert_string_equal(ada_of(db)->bio, "back");
    assert_false(cf_take_back(db, ada)); /* there is another object of the row */
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(db));
}

static void what_was_undone_can_be_added_once_more(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *bob = add_user(db, "Bob", "bob@example.com");
    assert_true(cf_rollback(db));
    assert_true(cf_take_back(db, bob));
    assert_int_equal(cf_state_in(db, bob), CF_PENDING);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, User, "email = ?", "bob@example.com"), 1);
    cf_delete(db, bob);
    assert_true(cf_flush(db));
    assert_false(cf_take_back(db, bob)); /* its row is deleted */
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
}

static void streamed_objects_are_of_no_session(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_stream(User, u, db, "") {
        assert_int_equal(cf_state_in(db, u), CF_TRANSIENT);
        assert_false(cf_is_modified(db, u));
    }
}

static void changes_are_told_by_column(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = ada_of(db);
    assert_false(cf_is_modified(db, ada));
    ada->name = "Ada"; /* another text of the same letters */
    ada->quota = 1.5;
    assert_false(cf_is_modified(db, ada));
    ada->name = "Augusta";
    ada->age = (cf_null_int64)CF_SOME(36);
    assert_true(cf_is_modified(db, ada));
    assert_true(cf_changed(ada, name));
    assert_true(cf_changed(ada, age));
    assert_false(cf_changed(ada, email));
    assert_string_equal(cf_original(ada, name), "Ada");
    assert_false(cf_original(ada, age).set);
    assert_true(cf_flush(db));
    assert_string_equal(cf_original(ada, name), "Augusta");
    assert_false(cf_is_modified(db, ada));
}

static void an_expunged_object_stays_readable(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = ada_of(db), *bob = add_user(db, "Bob", "bob@example.com");
    cf_expunge(db, bob);
    cf_expunge(db, ada);
    assert_int_equal(cf_state_in(db, bob), CF_TRANSIENT);
    assert_int_equal(cf_state_in(db, ada), CF_DETACHED);
    ada->name = "nobody";
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, User, ""), 1);
    User *again = ada_of(db);
    assert_ptr_not_equal(again, ada);
    assert_string_equal(again->name, "Ada");
    cf_expunge(db, NULL);
    User own = {0};
    cf_expunge(db, &own);
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
}

static void expired_objects_are_read_anew_when_found(void **state)
{
    fixture *f = *state;
    User    *ada = ada_of(f->db);
    change_elsewhere(f, "new");
    assert_null(cf_get(f->db, User, ada->id)->bio); /* one row is read once */
    cf_expire(f->db, ada);
    assert_null(ada->bio); /* readable until then */
    int64_t sent = cf_statements(f->db);
    assert_ptr_equal(cf_get(f->db, User, ada->id), ada);
    assert_int_equal(cf_statements(f->db), sent + 1);
    assert_string_equal(ada->bio, "new");
    change_elsewhere(f, "newer");
    cf_expire_all(f->db);
    ada->name = "mine"; /* unwritten changes are kept, and written before the query */
    assert_ptr_equal(ada_of(f->db), ada);
    assert_string_equal(ada->bio, "newer");
    assert_string_equal(ada->name, "mine");
}

static void a_rollback_expires(void **state)
{
    fixture *f = *state;
    User    *ada = ada_of(f->db);
    change_elsewhere(f, "theirs");
    assert_true(cf_rollback(f->db));
    assert_null(ada->bio);
    assert_ptr_equal(ada_of(f->db), ada);
    assert_string_equal(ada->bio, "theirs");
    change_elsewhere(f, "again");
    ada->name = "mine";
    assert_true(cf_flush(f->db));
    assert_true(cf_rollback(f->db));
    assert_string_equal(ada->name, "Ada");
    assert_ptr_equal(ada_of(f->db), ada);
    assert_string_equal(ada->bio, "again");
}

static void chosen_columns_are_refreshed(void **state)
{
    fixture *f = *state;
    User    *ada = ada_of(f->db);
    change_elsewhere(f, "theirs");
    ada->name = "mine";
    assert_true(cf_refresh_columns(f->db, ada, bio, email));
    assert_string_equal(ada->bio, "theirs");
    assert_string_equal(ada->name, "mine");
    assert_true(cf_changed(ada, name));
    assert_false(cf_changed(ada, bio));
    assert_true(cf_refresh(f->db, ada));
    assert_string_equal(ada->name, "Ada");
}

static void merge_finds_or_adds(void **state)
{
    fixture *f = *state;
    User    *ada = ada_of(f->db);
    User     values = {.id = ada->id, .name = "Augusta", .email = "augusta@example.com", .active = true};
    assert_ptr_equal(cf_merge(f->db, User, &values, name, active), ada);
    assert_string_equal(ada->name, "Augusta");
    assert_string_equal(ada->email, "ada@example.com");
    assert_true(ada->active);
    assert_ptr_equal(cf_merge(f->db, User, &values), ada);
    assert_string_equal(ada->email, "augusta@example.com");
    assert_true(ada->quota == 0);
    values.id = 0;
    values.email = "second@example.com";
    User *second = cf_merge(f->db, User, &values);
    assert_int_equal(cf_state_in(f->db, second), CF_PENDING);
    values.id = 4711;
    values.email = "third@example.com";
    User *third = cf_merge(f->db, User, &values);
    assert_true(cf_commit(f->db));
    assert_int_equal(third->id, 4711);
    /* What another session loaded is brought into this one. */
    cf_db *other = other_session(f);
    User  *theirs = cf_get(other, User, ada->id);
    theirs->bio = "from there";
    assert_ptr_equal(cf_merge(f->db, User, theirs), ada);
    assert_string_equal(ada->bio, "from there");
    cf_close(other);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, User, ""), 3);
}

static void a_read_only_session_writes_nothing(void **state)
{
    fixture *f = *state;
    cf_db   *db = cf_session(f->database, .read_only = true);
    User    *ada = ada_of(db);
    assert_non_null(ada);
    ada->name = "scribble"; /* no query sends it */
    assert_int_equal(cf_count(db, User, "name = ?", "Ada"), 1);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_READ_ONLY);
    assert_true(cf_rollback(db));
    assert_string_equal(ada->name, "Ada");
    assert_true(cf_commit(db));
    assert_null(add_user(db, "Bob", "bob@example.com"));
    assert_int_equal(cf_error(db)->code, CF_ERR_READ_ONLY);
    assert_true(cf_rollback(db));
    cf_delete(db, ada);
    assert_int_equal(cf_error(db)->code, CF_ERR_READ_ONLY);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_delete_where(db, User, "all"), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_READ_ONLY);
    cf_close(db);
    assert_int_equal(cf_count(f->db, User, ""), 1);
}

static void autoflush_can_be_off(void **state)
{
    fixture *f = *state;
    cf_db   *db = cf_session(f->database, .no_autoflush = true);
    add_user(db, "Bob", "bob@example.com");
    assert_int_equal(cf_count(db, User, ""), 1);
    assert_false(cf_autoflush(db, true));
    assert_int_equal(cf_count(db, User, ""), 2);
    assert_true(cf_autoflush(db, false));
    cf_close(db);
}

static void a_connection_is_held_by_a_transaction_alone(void **state)
{
    fixture *f = *state;
    cf_pool *pool = f->database->pool;
    User    *ada = ada_of(f->db);
    assert_int_equal(cf_pool_look(pool).taken, 0);
    ada->bio = "x";
    add_user(f->db, "Bob", "bob@example.com");
    assert_int_equal(cf_pool_look(pool).taken, 0); /* nothing is begun before the first write */
    assert_true(cf_flush(f->db));
    assert_int_equal(cf_pool_look(pool).taken, 1);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_pool_look(pool).taken, 0);
    cf_close(f->db);
    f->db = cf_session(f->database);
    ada_of(f->db)->bio = "never asked to be committed";
    assert_true(cf_flush(f->db));
    cf_close(f->db);
    f->db = cf_session(f->database);
    assert_string_equal(ada_of(f->db)->bio, "x");
}

#define ada_test(name) cmocka_unit_test_setup_teardown(name, with_ada, fixture_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ada_test(states_have_the_usual_names),
        ada_test(what_was_let_go_can_be_taken_back),
        ada_test(what_was_undone_can_be_added_once_more),
        ada_test(changes_are_told_by_column),
        ada_test(streamed_objects_are_of_no_session),
        ada_test(an_expunged_object_stays_readable),
        ada_test(expired_objects_are_read_anew_when_found),
        ada_test(a_rollback_expires),
        ada_test(chosen_columns_are_refreshed),
        ada_test(merge_finds_or_adds),
        ada_test(a_read_only_session_writes_nothing),
        ada_test(autoflush_can_be_off),
        ada_test(a_connection_is_held_by_a_transaction_alone),
    };
    return RUN_TESTS("state", tests, argc, argv);
}
