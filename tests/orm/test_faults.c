/* What happens when memory or a statement fails, wherever that is: an error, nothing half written, nothing lost. */
#include "fixture.h"

#include "base/memory.h"
#include "orm/session.h"

typedef struct Sheet {
    int64_t     id;
    const char *title;
    int         medal;
    int32_t     revision;
} Sheet;

CF_ENUM(Medal, {0, "gold"}, {1, "silver"}, {2, "bronze"});

CF_MODEL(Sheet,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(title,    .length = 40, .unique = true),
    CF_COLUMN(medal,    .unique = true, .enum_names = CF_ENUM_NAMES(Medal)),
    CF_COLUMN(revision, .version = true));

/* Rows that come: with relationships both ways, trees, circles. */
static void add_rows(cf_db *db)
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
    User_set_profile(ada, cf_add(db, Profile, .motto = "first"));
    Node *a = cf_add(db, Node, .name = "a"), *b = cf_add(db, Node, .name = "b"), *c = cf_add(db, Node, .name = "c");
    Node_set_parent(a, b);
    Node_set_parent(b, a);
    Node_set_parent(c, c);
    cf_add(db, Country, .code = "no", .name = "Norway");
}

/* Values that change hands: freed and taken, exchanged by NULL, by another value, and by a row that leaves for a while. */
static void exchange_values(cf_db *db)
{
    User  *ada = cf_find(db, User, "name = ?", "ada"), *bob = cf_find(db, User, "name = ?", "bob");
    Sheet *sheets[3] = {cf_get(db, Sheet, 1), cf_get(db, Sheet, 2), cf_get(db, Sheet, 3)};
    if (!ada || !bob || !sheets[0] || !sheets[1] || !sheets[2]) return;
    const char *email = ada->email;
    ada->email = bob->email;
    bob->email = email;
    for (int i = 0; i < 3; i++) sheets[i]->medal = (i + 1) % 3;
    const char *title = sheets[0]->title;
    sheets[0]->title = sheets[1]->title;
    sheets[1]->title = title;
    Profile *profile = User_profile(ada);
    cf_delete(db, profile);
    User_set_profile(ada, cf_add(db, Profile, .motto = "second"));
    cf_delete(db, cf_get(db, Country, "no"));
    cf_add(db, Country, .code = "no", .name = "Noreg");
    cf_delete(db, cf_find(db, User, "name = ?", "old"));
    cf_add(db, User, .name = "young", .email = "old@example.com");
}

/* Fifty operations, a little of everything; false when something failed. The caller commits or not. */
static bool scenario(cf_db *db)
{
    add_rows(db);
    Setting *s = cf_add(db, Setting, .key = "k");
    if (!cf_flush(db)) return false;
    s->value = "other";
    exchange_values(db);
    if (!cf_flush(db)) return false;
    Project *p = cf_find(db, Project, "name = ?", "loom");
    User    *young = cf_find(db, User, "name = ?", "young");
    if (!p || !young) return false;
    cf_remove(Project_users(p), cf_find(db, User, "name = ?", "ada"));
    cf_append(Project_users(p), young);
    young->bio = "countess";
    CF_LIST(Dataset) all = cf_all(db, Dataset, "size > ? order by id", 3);
    cf_each(Dataset, d, all) {
        User *owner = Dataset_user(d);
        if (owner) d->size += (int32_t)strlen(owner->name);
        Dataset_set_user(d, young);
    }
    cf_each(Node, n, cf_all(db, Node, "")) cf_delete(db, n);
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
    cf_each(Sheet, x, cf_all(db, Sheet, "order by id")) sum = (sum * 31 + x->medal) * 31 + x->revision + x->title[0];
    sum = sum * 31 + cf_count(db, UserProject, "") * 5 + cf_count(db, Setting, "");
    sum = sum * 31 + cf_count(db, Node, "") * 7 + cf_count(db, Country, "") * 3 + cf_count(db, Profile, "");
    assert_ok(db);
    cf_close(db);
    return sum;
}

static int start_with_old(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, User, .name = "old", .email = "old@example.com");
    for (int i = 0; i < 3; i++) cf_add(db, Sheet, .id = i + 1, .title = (const char *[]){"x", "y", "z"}[i], .medal = i);
    return cf_commit(db) ? 0 : -1;
}

static void any_allocation_may_fail(void **state)
{
    fixture *f = *state;
    int64_t  before = fingerprint(f);
    bool     done = false;
    int      failures = 0;
    for (long n = 1; !done && n < 20000; n++) {
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
