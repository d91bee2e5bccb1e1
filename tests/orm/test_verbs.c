/* One object or a failure, streams, and the session's objects under statements for many rows. */
#include "fixture.h"

#include "base/memory.h"

#include <unistd.h>

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 1; i <= 500; i++)
        cf_add(db, Setting, .key = cf_arena_printf(cf_session_arena(db), "k%03d", i), .value = i % 2 ? "odd" : "even");
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

/* ---- one ----------------------------------------------------------------------------------------- */

static void one_is_exactly_one(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    Setting *s = cf_one(db, Setting, "key = ?", "k007");
    assert_non_null(s);
    assert_int_equal(s->id, 7);
    assert_ptr_equal(cf_one(db, Setting, "id = 7"), s);
    assert_ok(db);
    assert_null(cf_one(db, Setting, "key = ?", "k7"));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_FOUND);
    assert_non_null(strstr(cf_error(db)->message, "there is no Setting: key = ?"));
    assert_true(cf_rollback(db));
    assert_null(cf_one(db, Setting, "value = ? order by id", "odd"));
    assert_int_equal(cf_error(db)->code, CF_ERR_SEVERAL);
    assert_non_null(strstr(cf_error(db)->message, "there is more than one Setting"));
    assert_true(cf_rollback(db));
    assert_int_equal(cf_one(db, Setting, "value = 'odd' order by id limit 1")->id, 1);
    assert_ok(db);
}

static void one_or_none_takes_none_for_an_answer(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_one_or_none(db, Setting, "key = ?", "k007")->id, 7);
    assert_null(cf_one_or_none(db, Setting, "key = ?", "k7"));
    assert_ok(db);
    assert_null(cf_one_or_none(db, Setting, "value = ?", "odd"));
    assert_int_equal(cf_error(db)->code, CF_ERR_SEVERAL);
    assert_true(cf_rollback(db));
}

/* A query that was made before allocates what it loads, and nothing else. */
static void a_known_query_allocates_only_the_row(void **state)
{
    cf_db *db = other_session(*state);
    char   key[8];
    for (int round = 0; round < 2; round++) {
        long before = 0;
        for (int i = 1; i <= 400; i++) {
            snprintf(key, sizeof key, "k%03d", i);
            if (i == (round ? 1 : 201)) before = cf_mem_count();
            assert_int_equal(cf_find(db, Setting, "key = ?", key)->id, i);
        }
        /* 200 new objects: blocks of the arena, and once more room in the identity map; then none at all */
        if (cf_mem_count() - before > (round ? 0 : 12)) fail_msg("%ld allocations", cf_mem_count() - before);
    }
    assert_ok(db);
    cf_close(db);
}

/* ---- streams ------------------------------------------------------------------------------------- */

static void a_stream_gives_every_object(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    int64_t n = 0;
    cf_stream(Setting, s, db, "value = ? order by id desc", "even") {
        assert_int_equal(s->id, 500 - 2 * n);
        assert_string_equal(s->value, "even");
        n++;
    }
    assert_int_equal(n, 250);
    cf_stream(Setting, s, db, "id = 0") n++;
    assert_int_equal(n, 250);
    assert_ok(db);
}

static void a_stream_can_be_left(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int round = 0; round < 50; round++) { /* more often than there are connections */
        int64_t n = 0;
        cf_stream(Setting, s, db, "order by id") {
            if (s->id == 2) continue;
            if (++n == 3) break;
        }
        assert_int_equal(n, 3);
        assert_int_equal(cf_count(db, Setting, ""), 500);
    }
    assert_ok(db);
}

static int64_t first_even(cf_db *db)
{
    cf_stream(Setting, s, db, "order by id")
        if (s->id % 2 == 0) return s->id;
    return 0;
}

static void a_function_can_return_out_of_a_stream(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int round = 0; round < 50; round++) assert_int_equal(first_even(db), 2);
    assert_ok(db);
}

static void streamed_objects_are_of_no_session(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    Setting *mine = cf_get(db, Setting, 1);
    cf_stream(Setting, s, db, "id = 1") {
        assert_ptr_not_equal(s, mine);
        s->value = "changed";
    }
    assert_false(cf_has_changes(db));
    assert_string_equal(mine->value, "odd");
    User *u = cf_add(db, User, .name = "Ada", .email = "a");
    assert_true(cf_commit(db));
    cf_stream(User, v, db, "") {
        assert_null(User_datasets(v));
        cf_delete(db, v);
    }
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    cf_rollback(db);
    assert_non_null(cf_get(db, User, u->id));
}

static void queries_and_writes_within_the_loop(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    int64_t n = 0, inner = 0;
    cf_stream(Setting, s, db, "id <= 20 order by id") {
        cf_stream(Setting, t, db, "id <= ? order by id", s->id) inner++;
        assert_int_equal(cf_find(db, Setting, "key = ?", s->key)->id, s->id);
        cf_add(db, Project, .name = s->key);
        n++;
    }
    assert_int_equal(n, 20);
    assert_int_equal(inner, 210);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Project, ""), 20);
    cf_stream(Setting, s, db, "id <= 20 order by id") {
        cf_add(db, Project, .name = s->key);
        assert_true(cf_commit(db));
    }
    assert_int_equal(cf_count(db, Project, ""), 40);
    assert_ok(db);
}

static void within_a_transaction(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    int64_t n = 0;
    cf_add(db, Setting, .key = "new", .value = "new");
    assert_true(cf_flush(db));
    cf_stream(Setting, s, db, "value = 'new' or id <= 2 order by id") n++; /* it sees what is not committed */
    assert_int_equal(n, 3);
    cf_stream(Setting, s, db, "order by id") {
        int64_t count = cf_count(db, Setting, "");
        bool    sqlite = strncmp(test_url(), "sqlite", 6) == 0;
        if (sqlite) assert_int_equal(count, 501);
        else assert_non_null(strstr(cf_error(db)->message, "a streamed result is still being read"));
        if (sqlite) break;
    }
    assert_int_equal(cf_error(db)->code, strncmp(test_url(), "sqlite", 6) == 0 ? CF_OK : CF_ERR_MISUSE);
    cf_rollback(db);
    assert_int_equal(cf_count(db, Setting, ""), 500);
}

static void the_end_of_the_transaction_ends_the_stream(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    int64_t n = 0;
    cf_add(db, Setting, .key = "new", .value = "new");
    assert_true(cf_flush(db));
    cf_stream(Setting, s, db, "order by id") {
        n++;
        assert_true(cf_commit(db));
    }
    assert_int_equal(n, 1);
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_non_null(strstr(cf_error(db)->message, "ended within the loop"));
    cf_rollback(db);
    assert_int_equal(cf_count(db, Setting, ""), 501);
}

/* The same with SQLite in a file, where readers and the writer have connections of their own. */
static void streams_over_a_file(void **state)
{
    (void)state;
    static const char *const files[] = {"", "-wal", "-shm"};
    char                     path[] = "/tmp/carafe-test-verbs-XXXXXX", url[100];
    int                      fd = mkstemp(path);
    int64_t                  n = 0;
    assert_true(fd >= 0);
    close(fd);
    snprintf(url, sizeof url, "sqlite:///%s", path);
    cf_database *database = cf_open(url);
    cf_db       *db = cf_session(database);
    assert_true(cf_create_all(db));
    for (int i = 1; i <= 100; i++)
        cf_add(db, Setting, .key = cf_arena_printf(cf_session_arena(db), "k%03d", i), .value = "");
    assert_true(cf_commit(db));
    cf_stream(Setting, s, db, "order by id") {
        cf_add(db, Project, .name = s->key);
        cf_stream(Setting, t, db, "id = ?", s->id) n += t->id == s->id;
        assert_true(cf_commit(db));
    }
    assert_int_equal(n, 100);
    assert_int_equal(cf_count(db, Project, ""), 100);
    cf_db *idle = cf_session(database); /* closed within the loop: it ends */
    n = 0;
    cf_stream(Setting, s, idle, "order by id") {
        if (++n == 3) cf_close(idle);
    }
    assert_int_equal(n, 3);
    assert_ok(db);
    cf_close(db);
    cf_shutdown(database);
    for (size_t i = 0; i < 3; i++) {
        snprintf(url, sizeof url, "%s%s", path, files[i]);
        unlink(url);
    }
}

/* Texts of 200 MB in all, one of 100 KB at a time. */
static void a_stream_keeps_one_row(void **state)
{
    fixture *f = *state;
    cf_db   *db = other_session(f);
    if (strcmp(test_url(), "sqlite://") == 0) { /* there all rows are kept */
        cf_close(db);
        return;
    }
    char *text = cf_arena_alloc(cf_session_arena(db), 100001);
    memset(text, 'x', 100000);
    for (int i = 0; i < 200; i++) {
        cf_add(db, User, .name = "u", .email = cf_arena_printf(cf_session_arena(db), "%d", i), .bio = text);
        if (i % 20 == 19) assert_true(cf_commit(db));
    }
    cf_close(db);
    int64_t      n = 0;
    cf_database *small = cf_open(test_url(), .memory = 2000000);
    db = cf_session(small);
    for (int round = 0; round < 10; round++)
        cf_stream(User, u, db, "order by id") n += (int64_t)strlen(u->bio);
    assert_ok(db);
    assert_int_equal(n, 200000000);
    cf_close(db);
    cf_shutdown(small);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(one_is_exactly_one),
        filled_test(one_or_none_takes_none_for_an_answer),
        filled_test(a_known_query_allocates_only_the_row),
        filled_test(a_stream_gives_every_object),
        filled_test(a_stream_can_be_left),
        filled_test(a_function_can_return_out_of_a_stream),
        filled_test(streamed_objects_are_of_no_session),
        filled_test(queries_and_writes_within_the_loop),
        filled_test(within_a_transaction),
        filled_test(the_end_of_the_transaction_ends_the_stream),
        cmocka_unit_test(streams_over_a_file),
        filled_test(a_stream_keeps_one_row),
    };
    return RUN_TESTS("verbs", tests, argc, argv);
}
