/* Calls without a session, a database or an object: nothing happens, or a failure says so. */
#include "fixture.h"

#include <carafe/search.h>
#include <carafe/session.h>
#include <carafe/sql.h>
#include <carafe/testing.h>

static bool work(cf_db *db, void *argument)
{
    (void)argument;
    return db != NULL;
}

static void function(void *argument)
{
    (void)argument;
}

/* cf_open() failed, and nobody looked. */
static void no_session(void **state)
{
    (void)state;
    cf_db *db = cf_session((cf_database *)NULL);
    User   rows[2] = {0};
    assert_null(db);
    assert_null(cf_add(db, User, .name = "x"));
    assert_null(cf_get(db, User, 1));
    assert_null(cf_all(db, User, "name = ?", "x"));
    assert_null(cf_find(db, User, ""));
    assert_null(cf_one(db, User, ""));
    assert_null(cf_one_or_none(db, User, ""));
    assert_int_equal(cf_count(db, User, ""), 0);
    assert_false(cf_exists(db, User, ""));
    cf_stream(User, u, db, "order by id") fail_msg("%s", u->name);
    cf_each(User, u, cf_all(db, User, "")) fail_msg("%s", u->name);
    assert_true(cf_update_where(db, User, "set name = 'x' where all") <= 0);
    assert_true(cf_delete_where(db, User, "all") <= 0);
    assert_true(cf_insert_many(db, User, rows, 2) <= 0);
    assert_null(cf_merge(db, User, &rows[0]));
    assert_false(cf_commit(db));
    assert_false(cf_flush(db));
    assert_false(cf_rollback(db));
    assert_false(cf_transaction(db, work, NULL));
    assert_int_equal(cf_savepoint(db), 0);
    assert_false(cf_savepoint_release(db, 1));
    assert_false(cf_savepoint_rollback(db, 1));
    assert_null(cf_import_begin(db, User));
    assert_false(cf_import_row((cf_import *)NULL, User, .name = "x"));
    assert_true(cf_import_end(NULL) <= 0);
    assert_false(cf_on_commit(db, function, NULL));
    cf_query *q = cf_query_of(db, User);
    cf_where(q, User, "name = 'x'");
    cf_order_by(q, User, "id");
    cf_limit(q, 3);
    assert_null(cf_query_all(q, User));
    assert_int_equal(cf_query_count(q), 0);
    assert_false(cf_create_all(db));
    assert_false(cf_drop_all(db));
    assert_false(cf_has_changes(db));
    assert_int_equal(cf_statements(db), 0);
    assert_int_equal(cf_statement_time(db), 0);
    assert_null(cf_session_arena(db));
    assert_null(cf_session_database(db));
    assert_non_null(cf_error(db));
    cf_expunge_all(db);
    cf_expire_all(db);
    cf_forbid_loading(db, true);
    cf_close(db);
}

static void no_database(void **state)
{
    (void)state;
    cf_error error = {0};
    assert_null(cf_open(NULL, .error = &error)); /* as getenv() may say */
    assert_non_null(strstr(error.message, "no database url"));
    assert_null(cf_database_url(NULL));
    assert_null(cf_database_file(NULL));
    assert_false(cf_attach(NULL, NULL, &error));
    assert_false(cf_sandbox(NULL, &error));
    cf_sandbox_end(NULL);
    cf_test_database_end(NULL);
    assert_false(cf_schema_text(NULL, NULL));
    cf_recording *r = cf_record(NULL);
    assert_null(r);
    assert_int_equal(cf_recorded_count(r), 0);
    assert_int_equal(cf_recorded_verb(r, "SELECT"), 0);
    assert_null(cf_recorded(r, 0));
    cf_record_clear(r);
    cf_record_end(r);
    cf_arena_reset(NULL);
    cf_arena_free(NULL);
    cf_shutdown(NULL);
}

static void no_object(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *u = cf_get(db, User, 99);
    assert_null(u);
    assert_int_equal(cf_list_count(User_datasets(u)), 0);
    assert_int_equal(User_datasets_count(u), 0);
    User_datasets_add(u, NULL);
    User_datasets_remove(u, NULL);
    assert_null(Dataset_user((Dataset *)NULL));
    Dataset_set_user((Dataset *)NULL, u);
    assert_false(cf_changed(u, name));
    assert_int_equal(cf_state_in(db, u), cf_state_in(NULL, u));
    assert_false(cf_is_modified(db, u));
    cf_expire(db, u);
    assert_true(cf_rollback(db));
    assert_false(cf_transaction(db, (cf_work *)NULL, NULL));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(db));
    cf_delete(db, u);
    assert_ok(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_session),
        cmocka_unit_test(no_database),
        session_test(no_object),
    };
    return RUN_TESTS("nothing", tests, argc, argv);
}
