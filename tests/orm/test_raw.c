/* Raw SQL: bound values, results as structs, dictionaries and single values. */
#include "fixture.h"

#include <carafe/sql.h>

typedef struct Usage {
    const char   *name;
    int64_t       total;
    cf_null_int64 most;
} Usage;
CF_ROW(Usage, name, total, most);

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 1; i <= 10; i++)
        cf_add(db, Setting, .key = cf_arena_printf(cf_session_arena(db), "k%d", i), .value = i % 2 ? "odd" : "even",
               .version = i);
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static void rows_are_structs(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Usage)
    usage = cf_sql_rows(
        db, Usage,
        "select count(*) as total, value as name, max(case when version > ? then version end) as most, 1 as more "
        "from app_settings where version < ? group by value order by value",
        4, 10);
    assert_ok(db);
    assert_int_equal(cf_list_count(usage), 2);
    assert_string_equal(usage[0]->name, "even");
    assert_int_equal(usage[0]->total, 4);
    assert_int_equal(usage[0]->most.value, 8);
    assert_int_equal(usage[1]->total, 5);
    assert_null(cf_sql_rows(db, Usage, "select value as name from app_settings"));
    assert_int_equal(cf_error(db)->code, CF_ERR_NAME);
    assert_non_null(strstr(cf_error(db)->message, "the statement has no column 'total' for Usage.total"));
}

static void single_values_and_dictionaries(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_sql_value(db, "select count(*) from app_settings where value = ?", "odd").as.integer, 5);
    assert_int_equal(cf_sql_value(db, "select value from app_settings where version = 77").kind, CF_UNDEFINED);
    cf_list *list =
        cf_sql_list(db, "select value as name, version from app_settings where version <= ? order by version", 2);
    assert_int_equal(list->count, 2);
    assert_string_equal(cf_dict_get_text(list->items[1].as.dict, "name", 4)->as.text, "even");
    assert_int_equal(cf_dict_get_text(list->items[1].as.dict, "version", 7)->as.integer, 2);
    assert_ok(db);
}

static void changes_are_of_the_transaction(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    Setting *one = cf_find(db, Setting, "version = 1");
    one->value = "new"; /* is written before */
    assert_int_equal(
        cf_sql_exec(db, "update app_settings set version = version + ? where value in (?, 'odd')", 100, "new"), 5);
    assert_ptr_equal(cf_find(db, Setting, "value = 'new'"), one);
    assert_int_equal(one->version, 101); /* read anew */
    assert_true(cf_rollback(db));
    assert_int_equal(cf_sql_value(db, "select max(version) from app_settings").as.integer, 10);
    assert_int_equal(cf_sql_exec(db, "delete from app_settings where version > ?", 8), 2);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Setting, ""), 8);
    assert_ok(db);
}

static void question_marks_in_quotes_are_none(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    cf_list *list = cf_sql_list(db,
                                "select '?' as a, 'it''s ?' as b, count(*) as c /* ? */ from app_settings -- ?\n"
                                "where value <> '?' and version = ? -- ?",
                                3);
    assert_ok(db);
    cf_dict *row = list->items[0].as.dict;
    assert_string_equal(cf_dict_get_text(row, "a", 1)->as.text, "?");
    assert_string_equal(cf_dict_get_text(row, "b", 1)->as.text, "it's ?");
    assert_int_equal(cf_dict_get_text(row, "c", 1)->as.integer, 1);
}

static void a_failure_sticks(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_sql_exec(db, "update nothing_of_that_name set x = 1"), 0);
    assert_int_not_equal(cf_error(db)->code, CF_OK);
    assert_non_null(cf_error(db)->file);
    assert_int_equal(cf_sql_value(db, "select 1").kind, CF_UNDEFINED);
    cf_rollback(db);
    assert_int_equal(cf_sql_value(db, "select 1").as.integer, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(rows_are_structs),
        filled_test(single_values_and_dictionaries),
        filled_test(changes_are_of_the_transaction),
        filled_test(question_marks_in_quotes_are_none),
        filled_test(a_failure_sticks),
    };
    return RUN_TESTS("raw", tests, argc, argv);
}
