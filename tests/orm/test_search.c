/* Queries that grow piece by piece. */
#include "fixture.h"

#include <carafe/search.h>

CF_SORTS(user_sorts, CF_SORT(User, "name", "name, id"), CF_SORT(User, "oldest", "created_at, id"),
         CF_SORT(User, "newest", "created_at desc, id desc"), CF_SORT(User, "age", "age desc nulls last, id"));

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db                   *db = ((fixture *)*state)->db;
    static const char *const names[] = {"Fay", "Eve", "Dan", "Cleo", "Bob", "Ada"};
    for (int i = 0; i < 6; i++) {
        User *u = cf_add(db, User, .name = names[i], .email = names[i], .active = i % 2 == 0,
                         .created_at = {1700000000000000 + i * INT64_C(86400000000)});
        if (i >= 3) u->age = (cf_null_int64)CF_SOME(20 + i);
        cf_append(User_datasets(u), cf_add(db, Dataset, .name = "d", .size = i));
    }
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static const char *ids(CF_LIST(User) list)
{
    static char text[256];
    size_t      n = 0;
    text[0] = '\0';
    cf_each(User, u, list) n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", n ? " " : "", (int)u->id);
    return list ? text : "NULL";
}

static void pieces_add_up(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    cf_query *q = cf_query_of(db, User);
    assert_int_equal(cf_query_count(q), 6);
    cf_where(q, User, "id > ?", 1);
    cf_where(q, User, "name = ? or active", "Cleo"); /* stands in parentheses */
    cf_order_by(q, User, "active desc");
    cf_order_by(q, User, "id desc");
    assert_string_equal(ids(cf_query_all(q, User)), "5 3 4");
    assert_int_equal(cf_query_count(q), 3);
    assert_true(cf_query_exists(q));
    assert_int_equal(cf_query_find(q, User)->id, 5);
    cf_limit(q, 2);
    assert_string_equal(ids(cf_query_all(q, User)), "5 3");
    cf_offset(q, 1);
    assert_string_equal(ids(cf_query_all(q, User)), "3 4");
    assert_int_equal(cf_query_count(q), 2);
    cf_limit(q, -1);
    assert_string_equal(ids(cf_query_all(q, User)), "3 4");
    assert_ok(db);
}

static void paths_and_arrays(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    int       some[] = {1, 2, 4, 5};
    cf_query *q = cf_query_of(db, User);
    cf_where(q, User, "any(datasets, size > ?)", 0);
    cf_where(q, User, "id in (?)", CF_ARRAY(some, 4));
    some[0] = some[1] = some[2] = 99; /* the query has copies */
    cf_order_by(q, User, "sum(datasets.size) desc");
    assert_string_equal(ids(cf_query_all(q, User)), "5 4 2");
    cf_query *d = cf_query_of(db, Dataset);
    cf_where(d, Dataset, "user.name = ?", "Eve");
    assert_int_equal(cf_query_one(d, Dataset)->size, 1);
    cf_where(d, Dataset, "user.active");
    assert_null(cf_query_one_or_none(d, Dataset));
    assert_ok(db);
    assert_null(cf_query_one(d, Dataset));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_FOUND);
}

static void orders_are_chosen_by_name(void **state)
{
    static const struct {
        const char *choice, *taken, *ids;
    } cases[] = {
        {"name", "name", "6 5 4 3 2 1"},
        {"newest", "newest", "6 5 4 3 2 1"},
        {"oldest", "oldest", "1 2 3 4 5 6"},
        {"age", "age", "6 5 4 1 2 3"},
        {NULL, "name", "6 5 4 3 2 1"},
        {"", "name", "6 5 4 3 2 1"},
        {"id; drop table user", "name", "6 5 4 3 2 1"},
        {"created_at, id", "name", "6 5 4 3 2 1"},
        {"Oldest", "name", "6 5 4 3 2 1"},
    };
    cf_db *db = ((fixture *)*state)->db;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cf_query *q = cf_query_of(db, User);
        assert_string_equal(cf_sort(q, user_sorts, cases[i].choice), cases[i].taken);
        assert_string_equal(ids(cf_query_all(q, User)), cases[i].ids);
    }
    assert_ok(db);
}

static void pages_and_streams(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    cf_query *q = cf_query_of(db, User);
    cf_where(q, User, "id <> ?", 3);
    cf_sort(q, user_sorts, "oldest");
    cf_page(User) *page = cf_query_page_in(q, User, CF_PAGING(.page = 2, .per_page = 2));
    assert_string_equal(ids(page->items), "4 5");
    assert_int_equal(page->total, 5);
    page = cf_page_next(page);
    assert_string_equal(ids(page->items), "6");
    int64_t sum = 0;
    cf_query_stream(User, u, q) sum = sum * 10 + u->id;
    assert_int_equal(sum, 12456);
    assert_ok(db);
    cf_limit(q, 3);
    assert_null(cf_query_page_in(q, User, NULL));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
}

/* The same pieces again, from another session and place, are one statement, prepared once. */
static CF_LIST(User) search(cf_db *db, const char *name, bool active)
{
    cf_query *q = cf_query_of(db, User);
    if (name) cf_where(q, User, "name >= ?", name);
    if (active) cf_where(q, User, "active");
    cf_order_by(q, User, "id");
    return cf_query_all(q, User);
}

static void combinations_are_kept(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int round = 0; round < 3; round++) {
        assert_string_equal(ids(search(db, NULL, false)), "1 2 3 4 5 6");
        assert_string_equal(ids(search(db, "Dan", false)), "1 2 3");
        assert_string_equal(ids(search(db, NULL, true)), "1 3 5");
        assert_string_equal(ids(search(db, "Dan", true)), "1 3");
        assert_string_equal(ids(search(db, "Bob", true)), "1 3 5");
    }
    assert_ok(db);
}

static void mistakes(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    cf_query *q = cf_query_of(db, User);
    assert_null(cf_query_all(q, Dataset));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_non_null(strstr(cf_error(db)->message, "this is a query of User, not of Dataset"));
    assert_null(cf_query_of(db, User));
    cf_rollback(db);
    q = cf_query_of(db, User);
    cf_where(q, Dataset, "size > 0");
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    cf_rollback(db);
    q = cf_query_of(db, User);
    for (int i = 0; i < 33; i++) cf_where(q, User, "active");
    assert_int_equal(cf_error(db)->code, CF_ERR_LIMIT);
    cf_rollback(db);
    q = cf_query_of(db, User);
    for (int i = 0; i < 12; i++) cf_where(q, User, "id in (?, ?, ?)", 1, 2, 3);
    assert_int_equal(cf_error(db)->code, CF_ERR_LIMIT);
    cf_rollback(db);
    q = NULL;
    cf_where(q, User, "active");
    cf_limit(q, 1);
    assert_int_equal(cf_query_count(q), 0);
    assert_null(cf_query_all(q, User));
    assert_ok(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(pieces_add_up),     filled_test(paths_and_arrays),      filled_test(orders_are_chosen_by_name),
        filled_test(pages_and_streams), filled_test(combinations_are_kept), filled_test(mistakes),
    };
    return RUN_TESTS("search", tests, argc, argv);
}
