/* The query language on a real database, and what its texts become. */
#include "fixture.h"

#include "base/memory.h"

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db                   *db = ((fixture *)*state)->db;
    static const char *const names[] = {"Ada", "Bob", "Cleo", "Dan", "Eve", "Fay"};
    for (int i = 0; i < 6; i++) {
        char *mail = cf_arena_printf(cf_session_arena(db), "%s@example.com", names[i]);
        User *u = cf_add(db, User, .name = names[i], .email = mail, .active = i % 2 == 0, .quota = i * 0.5 + 0.25,
                         .created_at = {1700000000000000 + i * INT64_C(86400000000)});
        if (i >= 3) u->age = (cf_null_int64)CF_SOME(20 + i);
        if (i == 5) u->bio = "50% off_now";
    }
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

/* The ids of a list as text, such as "1 2 3". */
static const char *ids(CF_LIST(User) list)
{
    static char text[256];
    size_t      n = 0;
    text[0] = '\0';
    cf_each(User, u, list) n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", n ? " " : "", (int)u->id);
    return text;
}

#define assert_ids(wanted, ...) assert_string_equal(ids(cf_all(db, User, __VA_ARGS__)), wanted)

static void comparisons(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_ids("1 2 3 4 5 6", "order by id");
    assert_ids("6 5 4 3 2 1", "all order by id desc");
    assert_ids("2", "name = ?", "Bob");
    assert_ids("1 3 4 5 6", "name <> ? order by id", "Bob");
    assert_ids("4 5 6", "id > 3 order by id");
    assert_ids("1 2 3", "id <= ? order by id", 3);
    assert_ids("2 3 4", "id between ? and ? order by id", 2, 4);
    assert_ids("1 5 6", "id not between 2 and 4 order by id");
    cf_datetime two_days_later = {1700000000000000 + INT64_C(172800000000)};
    assert_ids("1 2", "created_at < ? order by id", two_days_later);
    assert_ids("1 3 5", "active order by id");
    assert_ids("2 4 6", "not active order by id");
    assert_ids("2 4 6", "active = ? order by id", false);
    assert_ids("3", "quota = 1.25");
    assert_ids("3", "quota = ?", 1.25);
    assert_ids("", "quota = ?", 1);
    assert_ok(db);
}

static void null_is_tested_by_is(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_ids("1 2 3", "age is null order by id");
    assert_ids("4 5 6", "age is not null order by id");
    cf_null_int64 none = CF_NONE, some = CF_SOME(24);
    assert_ids("", "age = ?", none);
    assert_ids("5", "age = ?", some);
    assert_ids("4 5 6 1 2 3", "order by age nulls last, id");
    assert_ids("1 2 3 4 5 6", "order by age nulls first, id");
    assert_ok(db);
}

static void logic_binds_as_in_sql(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_ids("1 4", "id = 1 or id = 4 and name = ? order by id", "Dan");
    assert_ids("4", "(id = 1 or id = 4) and name = ?", "Dan");
    assert_ids("2 3 5 6", "not (id = 1 or id = 4) order by id");
    assert_ids("1", "not id > 1 and not name = 'Bob'");
    assert_ids("2 4 6", "id % 2 = 0 order by id");
    assert_ids("3", "id * 2 - 1 = 5");
    assert_ids("1 2", "- id >= -2 order by id");
    assert_ids("4 5", "id / 2 = 2 order by id"); /* whole numbers stay whole */
    assert_ok(db);
}

static void lists_of_values(void **state)
{
    cf_db        *db = ((fixture *)*state)->db;
    const int64_t some[] = {5, 1, 99, 1, 3};
    const char   *names[] = {"Bob", "Eve"};
    assert_ids("1 3 5", "id in (?) order by id", CF_ARRAY(some, 5));
    assert_ids("1 5", "id in (?) order by id", CF_ARRAY(some, 2));
    assert_ids("", "id in (?)", CF_ARRAY(some, 0));
    assert_ids("1 2 3 4 5 6", "id not in (?) order by id", CF_ARRAY(some, 0));
    assert_ids("2 4 6", "id not in (?) order by id", CF_ARRAY(some, 5));
    assert_ids("2 5", "name in (?) and id > ? order by id", CF_ARRAY(names, 2), 1);
    assert_ids("2", "id + 1 in (?) order by id", CF_ARRAY(some + 1, 4));
    assert_ids("2 5", "name || '' in (?) order by id", CF_ARRAY(names, 2));
    assert_ids("2 5", "name in (?, ?) order by id", "Bob", "Eve");
    assert_ids("2 6", "id in (2, ?, 6) order by id", 77);
    assert_ids("", "id in ()");
    assert_ok(db);
}

static void large_arrays_are_bounded(void **state)
{
    cf_db         *db = ((fixture *)*state)->db;
    static int64_t many[20000];
    for (int i = 0; i < 20000; i++) many[i] = i;
    assert_ids("1 2 3 4 5 6", "id in (?) order by id", CF_ARRAY(many, 16000));
    assert_null(cf_all(db, User, "id in (?)", CF_ARRAY(many, 20000)));
    assert_int_equal(cf_error(db)->code, CF_ERR_LIMIT);
}

static void texts(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_ids("1", "lower(name) = 'ada'");
    assert_ids("3", "length(name) = 4");
    assert_ids("6", "bio like '50!% %' escape '!'");
    assert_ids("6", "bio like ? escape '!'", "%off!_now");
    assert_ids("", "bio like ? escape '!'", "%offX!_now");
    assert_ids("3 5 6", "name not like '%a%' and name ilike '%E%' or name = ? order by id", "Fay");
    assert_ids("2", "name || '!' = 'Bob!'");
    assert_ids("1 2 3 4 5 6", "coalesce(bio, '') <> 'it''s' order by id");
    assert_ids("2 1", "id < 3 order by case when name = 'Bob' then 0 else 1 end");
    assert_ids("4", "substr(name, 1, 1) = 'D' and upper(name) = ?", "DAN");
    assert_ok(db);
}

static void order_limit_offset(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_ids("1 2", "order by id limit 2");
    assert_ids("3 4", "order by id limit ? offset ?", 2, 2);
    assert_ids("5 6", "order by id offset 4");
    assert_ids("2 4 6 1 3 5", "order by active, id");
    assert_int_equal(cf_count(db, User, "id > 2"), 4);
    assert_int_equal(cf_count(db, User, "order by id limit 3"), 3);
    assert_true(cf_exists(db, User, "name = ?", "Eve"));
    assert_false(cf_exists(db, User, "name = ?", "Zoe"));
    User *last = cf_find(db, User, "order by id desc");
    assert_int_equal(last->id, 6);
    assert_null(cf_find(db, User, "id = 0"));
    assert_ok(db);
}

static void hostile_values_are_plain_text(void **state)
{
    static const char *const hostile[] = {
        "' or '1'='1",
        "'; drop table user; --",
        "\" or \"\"=\"",
        "\\' or 1=1 --",
        "1) or (1=1",
        "%",
        "_",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "\xe2\x80\x99 or 1=1",
        "admin'/*",
        "?",
        "$1",
        ":name",
        "x' union select 1 --",
    };
    cf_db *db = ((fixture *)*state)->db;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        assert_null(cf_find(db, User, "name = ?", hostile[i]));
        cf_add(db, User, .name = hostile[i], .email = cf_arena_printf(cf_session_arena(db), "h%zu", i));
        assert_true(cf_commit(db));
        User *found = cf_find(db, User, "name = ? and name in (?)", hostile[i], CF_ARRAY(&hostile[i], 1));
        assert_non_null(found);
        assert_string_equal(found->name, hostile[i]);
        assert_int_equal(cf_delete_where(db, User, "name = ?", hostile[i]), 1);
        assert_true(cf_commit(db));
    }
    assert_int_equal(cf_count(db, User, ""), 6);
}

static void delete_where_says_how_many(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_delete_where(db, User, "id > 4"), 2);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, User, ""), 6);
    assert_int_equal(cf_delete_where(db, User, "all"), 6);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, User, ""), 0);
}

static void a_known_query_is_compiled_once(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    long   first = 0;
    for (int i = 0; i < 3; i++) {
        long before = cf_mem_count();
        assert_int_equal(cf_count(db, User, "id > ? and name <> ?", i, "x"), 6 - i);
        if (i == 0) first = cf_mem_count() - before;
        else assert_int_equal(cf_mem_count() - before, 0); /* no parsing, no text, no allocation at all */
    }
    assert_true(first > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(comparisons),
        filled_test(null_is_tested_by_is),
        filled_test(logic_binds_as_in_sql),
        filled_test(lists_of_values),
        filled_test(large_arrays_are_bounded),
        filled_test(texts),
        filled_test(order_limit_offset),
        filled_test(hostile_values_are_plain_text),
        filled_test(delete_where_says_how_many),
        filled_test(a_known_query_is_compiled_once),
    };
    return RUN_TESTS("query", tests, argc, argv);
}
