/* What tests of programs use: databases of their own, sandboxes, records of statements. */
#include "fixture.h"

#include <carafe/testing.h>
#include <unistd.h>

static int64_t count_users(cf_database *database)
{
    cf_db  *db = cf_session(database);
    int64_t n = cf_count(db, User, "");
    assert_ok(db);
    cf_close(db);
    return n;
}

static bool add_user(cf_database *database, const char *email)
{
    cf_db *db = cf_session(database);
    cf_add(db, User, .name = "n", .email = email);
    bool saved = cf_commit(db);
    cf_close(db);
    return saved;
}

static void a_sandbox_undoes_what_is_committed(void **state)
{
    fixture *f = *state;
    cf_error error = {0};
    assert_true(add_user(f->database, "before@example.com"));
    for (int round = 0; round < 2; round++) {
        assert_true(cf_sandbox(f->database, &error));
        assert_true(add_user(f->database, "one@example.com"));
        assert_int_equal(count_users(f->database), 2); /* the next session sees it */
        assert_false(add_user(f->database, "one@example.com"));
        assert_int_equal(count_users(f->database), 2); /* usable after a failure */
        cf_db *db = cf_session(f->database);
        cf_add(db, User, .name = "n", .email = "two@example.com");
        int place = cf_savepoint(db);
        cf_add(db, User, .name = "n", .email = "one@example.com");
        assert_false(cf_flush(db));
        assert_true(cf_savepoint_rollback(db, place));
        assert_true(cf_commit(db));
        cf_add(db, User, .name = "n", .email = "three@example.com");
        assert_true(cf_flush(db));
        assert_true(cf_rollback(db));
        assert_int_equal(cf_count(db, User, ""), 3);
        cf_close(db);
        cf_sandbox_end(f->database);
        assert_int_equal(count_users(f->database), 1);
    }
    assert_true(add_user(f->database, "after@example.com"));
    assert_int_equal(count_users(f->database), 2);
}

static bool fails(cf_db *db, void *argument)
{
    (void)argument;
    cf_add(db, User, .name = "n", .email = "x@example.com");
    return true;
}

static void transactions_work_in_a_sandbox(void **state)
{
    fixture *f = *state;
    cf_error error = {0};
    assert_true(cf_sandbox(f->database, &error));
    assert_false(cf_sandbox(f->database, &error)); /* but once */
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_db *db = cf_session(f->database);
    assert_true(cf_transaction(db, fails, NULL, .isolation = CF_ISOLATION_SERIALIZABLE));
    assert_int_equal(cf_count(db, User, ""), 1);
    assert_false(cf_transaction(db, fails, NULL, .read_only = true));
    assert_int_equal(cf_error(db)->code, CF_ERR_READ_ONLY);
    cf_close(db);
    cf_sandbox_end(f->database);
    assert_int_equal(count_users(f->database), 0);
}

static void a_sandbox_does_not_begin_in_a_transaction(void **state)
{
    fixture *f = *state;
    cf_error error = {0};
    cf_add(f->db, User, .name = "n", .email = "x@example.com");
    assert_true(cf_flush(f->db));
    assert_false(cf_sandbox(f->database, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    assert_true(cf_rollback(f->db));
}

static void statements_are_recorded(void **state)
{
    fixture      *f = *state;
    cf_recording *sent = cf_record(f->database);
    assert_true(add_user(f->database, "a@example.com"));
    assert_int_equal(cf_recorded_count(sent), 3);
    const cf_recorded_statement *insert = cf_recorded(sent, 1);
    assert_string_equal(cf_recorded(sent, 0)->verb, "BEGIN");
    assert_string_equal(insert->verb, "INSERT");
    assert_non_null(strstr(insert->text, "email"));
    assert_non_null(strstr(insert->file, "test_testing.c"));
    assert_string_equal(cf_recorded(sent, 2)->verb, "COMMIT");
    assert_null(cf_recorded(sent, 3));
    cf_record_clear(sent);
    assert_false(add_user(f->database, "a@example.com"));
    assert_int_equal(cf_recorded_verb(sent, "INSERT"), 1);
    assert_int_equal(cf_recorded(sent, 1)->code, CF_ERR_UNIQUE);
    cf_record_end(sent);
    assert_true(add_user(f->database, "b@example.com"));
}

static void a_test_database_is_new_and_goes(void **state)
{
    (void)state;
    cf_error     error = {0};
    cf_database *one = cf_test_database(test_url(), &error);
    if (!one && error.code == CF_ERR_PERMISSION) {
        print_message("%s\n", error.message);
        skip(); /* the account may not make databases */
    }
    if (!one) print_error("%s\n", error.message);
    assert_non_null(one);
    cf_database *two = cf_test_database(test_url(), &error);
    assert_non_null(two);
    assert_true(add_user(one, "a@example.com"));
    assert_int_equal(count_users(one), 1);
    assert_int_equal(count_users(two), 0);
    cf_test_database_end(one);
    cf_test_database_end(two);
    cf_test_database_end(NULL);
}

static void a_file_is_made_anew_and_deleted(void **state)
{
    (void)state;
    char path[] = "/tmp/carafe-testing-XXXXXX", url[60];
    int  fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "no database", 11), 11);
    close(fd);
    snprintf(url, sizeof url, "sqlite:///%s", path);
    cf_database *database = cf_test_database(url, NULL);
    assert_non_null(database);
    assert_true(add_user(database, "a@example.com"));
    cf_test_database_end(database);
    assert_int_equal(access(path, F_OK), -1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(a_sandbox_undoes_what_is_committed),        session_test(transactions_work_in_a_sandbox),
        session_test(a_sandbox_does_not_begin_in_a_transaction), session_test(statements_are_recorded),
        cmocka_unit_test(a_test_database_is_new_and_goes),       cmocka_unit_test(a_file_is_made_anew_and_deleted),
    };
    return RUN_TESTS("testing", tests, argc, argv);
}
