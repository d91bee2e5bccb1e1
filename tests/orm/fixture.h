/* A database for each test: SQLite in memory, or an empty one on the server that the environment names. */
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

#include "models.h"

/* The URL under test: the variable CARAFE_TEST_URL, else SQLite in memory. */
static inline const char *test_url(void)
{
    const char *url = getenv("CARAFE_TEST_URL");
    return url && *url ? url : "sqlite://";
}

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
