/* What happens when memory or a statement fails, wherever that is: an error, nothing half written, nothing lost. */
#include "fixture.h"

#include "base/memory.h"
#include "orm/session.h"

/* A little of everything; false when something failed. The caller commits or not. */
static bool scenario(cf_db *db)
{
    User *ada = cf_add(db, User, .name = "ada", .email = "ada@example.com");
    User *bob = cf_add(db, User, .name = "bob", .email = "bob@example.com", .age = CF_SOME(7));
    for (int i = 0; i < 8; i++) {
        Dataset *d = cf_add(db, Dataset, .name = cf_arena_printf(cf_session_arena(db), "d%d", i), .size = i);
        cf_append(User_datasets(i % 2 ? ada : bob), d);
    }
    Project *p = cf_add(db, Project, .name = "loom");
    cf_append(Project_users(p), ada);
    cf_append(User_projects(bob), p);
    Setting *s = cf_add(db, Setting, .key = "k");
    if (!cf_flush(db)) return false;
    s->value = "other";
    ada->bio = "countess";
    cf_delete(db, cf_find(db, User, "name = ?", "old"));
    CF_LIST(Dataset) all = cf_all(db, Dataset, "size > ? order by id", 3);
    cf_each(Dataset, d, all) {
        User *owner = Dataset_user(d);
        if (owner) d->size += (int32_t)strlen(owner->name);
    }
    const int64_t ids[] = {1, 2, 3};
    cf_count(db, User, "id in (?)", CF_ARRAY(ids, 3));
    cf_delete_where(db, Dataset, "size = 0");
    return cf_session_error(db)->code == CF_OK;
}

/* Everything in the database, as one number. */
static int64_t fingerprint(fixture *f)
{
    cf_db  *db = other_session(f);
    int64_t sum = 0;
    cf_each(User, u, cf_all(db, User, "order by id")) sum = sum * 31 + u->id + (u->bio ? 7 : 0);
    cf_each(Dataset, d, cf_all(db, Dataset, "order by id")) sum = sum * 31 + d->size;
    sum = sum * 31 + cf_count(db, UserProject, "") * 5 + cf_count(db, Setting, "");
    assert_ok(db);
    cf_close(db);
    return sum;
}

static int start_with_old(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, User, .name = "old", .email = "old@example.com");
    return cf_commit(db) ? 0 : -1;
}

static void any_allocation_may_fail(void **state)
{
    fixture *f = *state;
    int64_t  before = fingerprint(f);
    bool     done = false;
    int      failures = 0;
    for (long n = 1; !done && n < 20000; n += 1 + n / 200) {
        cf_mem_fail_at(n, n % 2 == 0);
        cf_db  *db = cf_session(f->database);
        bool    ok = db && scenario(db);
        cf_code code = cf_session_error(db)->code;
        cf_mem_fail_at(0, false);
        if (!ok) {
            failures++;
            assert_int_equal(code, CF_ERR_MEMORY);
            assert_false(cf_commit(db));
        }
        done = ok;
        if (db) assert_true(cf_rollback(db));
        cf_close(db);
        assert_int_equal(fingerprint(f), before);
    }
    assert_true(done);
    assert_true(failures > 10);
}

static void any_statement_may_fail(void **state)
{
    static const cf_code codes[] = {CF_ERR_DATABASE, CF_ERR_SERIALIZE, CF_ERR_TIMEOUT};
    fixture             *f = *state;
    int64_t              before = fingerprint(f);
    bool                 done = false;
    for (long n = 1; !done; n++) {
        assert_true(n < 500);
        cf_db *db = cf_session(f->database);
        cf_pool_fail_at(f->database->pool, n, codes[n % 3]);
        bool    ok = scenario(db);
        cf_code code = cf_error(db)->code;
        cf_pool_fail_at(f->database->pool, 0, CF_OK);
        if (!ok) {
            assert_int_equal(code, codes[n % 3]);
            assert_null(cf_all(db, User, ""));
            assert_false(cf_commit(db));
        }
        done = ok;
        assert_true(cf_rollback(db));
        assert_int_equal(fingerprint(f), before);
        /* the session is usable again */
        assert_true(cf_count(db, User, "") == 1);
        assert_true(scenario(db));
        assert_true(cf_rollback(db));
        cf_close(db);
    }
}

static void a_failed_commit_is_no_commit(void **state)
{
    fixture *f = *state;
    int64_t  before = fingerprint(f);
    cf_db   *db = cf_session(f->database);
    assert_true(scenario(db) && cf_flush(db));
    cf_pool_fail_at(f->database->pool, 1, CF_ERR_DATABASE);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_DATABASE);
    cf_pool_fail_at(f->database->pool, 0, CF_OK);
    assert_true(cf_rollback(db));
    cf_close(db);
    assert_int_equal(fingerprint(f), before);
}

static void a_closed_session_leaves_nothing(void **state)
{
    fixture *f = *state;
    int64_t  before = fingerprint(f);
    cf_db   *db = cf_session(f->database);
    assert_true(scenario(db) && cf_flush(db));
    cf_close(db);
    assert_int_equal(fingerprint(f), before);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_allocation_may_fail, start_with_old, fixture_close),
        cmocka_unit_test_setup_teardown(any_statement_may_fail, start_with_old, fixture_close),
        cmocka_unit_test_setup_teardown(a_failed_commit_is_no_commit, start_with_old, fixture_close),
        cmocka_unit_test_setup_teardown(a_closed_session_leaves_nothing, start_with_old, fixture_close),
    };
    return RUN_TESTS("faults", tests, argc, argv);
}
