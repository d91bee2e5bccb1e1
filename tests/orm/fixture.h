/* A database for each test: SQLite in memory, or the one on a server, emptied. */
#ifndef CARAFE_TESTS_ORM_FIXTURE_H
#define CARAFE_TESTS_ORM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef OWN_MODELS /* the program defines models itself */
#include <carafe/orm.h>
#else
#include "models.h"
#include <carafe/page.h>
#endif

#define NO_SERVER 77 /* the exit status that Meson counts as skipped */

static const char *test_url_ = "sqlite://";

/* The URL under test. */
static inline const char *test_url(void)
{
    return test_url_;
}

/* `PROGRAM [sqlite|postgresql|mariadb]`: false when the server's variable is not set. */
static inline bool choose_database(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "sqlite";
    const char *variable = strcmp(which, "postgresql") == 0 ? "CARAFE_TEST_POSTGRESQL" : "CARAFE_TEST_MARIADB";
    if (strcmp(which, "sqlite") == 0) return true;
    test_url_ = getenv(variable);
    if (!test_url_ || !*test_url_) print_message("%s is not set\n", variable);
    return test_url_ && *test_url_;
}

/* The body of main(): all tests on the database that the command line names. */
#define RUN_TESTS(name, tests, argc, argv) \
    (choose_database(argc, argv) ? cmocka_run_group_tests_name(name, tests, NULL, NULL) : NO_SERVER)

typedef struct fixture {
    cf_database *database;
    cf_db       *db;
} fixture;

static inline int fixture_open(void **state)
{
    static fixture f;
    cf_error       error = {0};
    f.database = cf_open(test_url(), .error = &error);
    if (!f.database) print_error("%s\n", error.message);
    f.db = cf_session(f.database);
    if (!f.db || !cf_drop_all(f.db) || !cf_create_all(f.db)) {
        if (f.db) print_error("%s\n", cf_error(f.db)->message);
        return -1;
    }
    *state = &f;
    return 0;
}

static inline int fixture_close(void **state)
{
    fixture *f = *state;
    cf_rollback(f->db);
    cf_drop_all(f->db);
    cf_close(f->db);
    cf_shutdown(f->database);
    return 0;
}

/* A second session, which sees what is committed alone. */
static inline cf_db *other_session(fixture *f)
{
    cf_db *db = cf_session(f->database);
    assert_non_null(db);
    return db;
}

#define assert_ok(db) assert_string_equal(cf_error(db)->message, "")

#define session_test(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

#endif
