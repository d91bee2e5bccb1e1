/* Several databases behind one session. */
#define OWN_MODELS
#include "fixture.h"

typedef struct Person {
    int64_t     id;
    const char *name;
} Person;
CF_MODEL(Person, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));

typedef struct Entry {
    int64_t     id;
    const char *text;
} Entry;
CF_MODEL(Entry, CF_TABLE("", .bind = "audit"), CF_COLUMN(id, .primary_key = true), CF_COLUMN(text, .length = 50, .unique = true));

typedef struct both {
    cf_database *main, *audit;
    cf_db       *db;
} both;

static int open_both(void **state)
{
    static both b;
    cf_error    error = {0};
    b.main = cf_open(test_url(), .error = &error);
    b.audit = cf_open("sqlite://", .error = &error, .bind = "audit");
    if (!b.main || !b.audit || !cf_attach(b.main, b.audit, &error)) {
        print_error("%s\n", error.message);
        return -1;
    }
    b.db = cf_session(b.main);
    *state = &b;
    return cf_drop_all(b.db) && cf_create_all(b.db) ? 0 : -1;
}

static int close_both(void **state)
{
    both *b = *state;
    cf_rollback(b->db);
    cf_drop_all(b->db);
    cf_close(b->db);
    cf_shutdown(b->main);
    cf_shutdown(b->audit);
    return 0;
}

static void each_model_goes_to_its_database(void **state)
{
    both *b = *state;
    cf_add(b->db, Person, .name = "Ada");
    Entry *e = cf_add(b->db, Entry, .text = "Ada came");
    assert_true(cf_has_changes(b->db));
    assert_true(cf_commit(b->db));
    assert_int_equal(cf_count(b->db, Person, ""), 1);
    assert_int_equal(cf_count(b->db, Entry, "text like 'Ada%'"), 1);
    assert_ptr_equal(cf_get(b->db, Entry, e->id), e);
    e->text = "Ada left";
    assert_true(cf_commit(b->db));
    cf_db *own = cf_session(b->audit);
    assert_string_equal(cf_find(own, Entry, "")->text, "Ada left");
    assert_null(cf_add(own, Person, .name = "x"));
    assert_non_null(strstr(cf_error(own)->message, "Person lies in the database of bind ''"));
    cf_close(own);
}

static void a_failure_in_one_is_one_of_the_session(void **state)
{
    both *b = *state;
    cf_add(b->db, Person, .name = "Ada");
    cf_add(b->db, Entry, .text = "same");
    cf_add(b->db, Entry, .text = "same");
    assert_false(cf_commit(b->db));
    assert_int_equal(cf_error(b->db)->code, CF_ERR_UNIQUE);
    assert_null(cf_find(b->db, Person, ""));
    assert_true(cf_rollback(b->db));
    assert_int_equal(cf_count(b->db, Person, ""), 0);
    assert_int_equal(cf_count(b->db, Entry, ""), 0);
}

static void tables_are_made_where_they_belong(void **state)
{
    both     *b = *state;
    cf_buffer out = {0};
    assert_true(cf_schema_text(b->main, &out));
    assert_null(strstr(out.data, "entry"));
    cf_buffer_clear(&out);
    assert_true(cf_schema_text(b->audit, &out));
    assert_null(strstr(out.data, "person"));
    assert_non_null(strstr(out.data, "entry"));
    cf_buffer_free(&out);
    assert_int_equal(cf_schema_check(b->audit, NULL, NULL, NULL), 0);
}

static void a_bind_is_attached_once(void **state)
{
    both    *b = *state;
    cf_error error = {0};
    assert_false(cf_attach(b->main, b->audit, &error));
    assert_string_equal(error.message, "there are two databases for the models of bind 'audit'");
    cf_error_clear(&error);
    assert_false(cf_attach(b->audit, b->audit, &error));
    assert_string_equal(error.message, "the database itself is the one of bind 'audit'");
}

static void without_an_attached_database_the_model_is_refused(void **state)
{
    (void)state;
    cf_database *alone = cf_open("sqlite://");
    cf_db       *db = cf_session(alone);
    assert_null(cf_all(db, Entry, ""));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_non_null(strstr(cf_error(db)->message,
                           "Entry lies in the database of bind 'audit': open it with .bind, and cf_attach() it"));
    cf_close(db);
    cf_shutdown(alone);
}

static void a_bind_that_no_model_has_is_refused(void **state)
{
    (void)state;
    cf_error error = {0};
    assert_null(cf_open("sqlite://", .error = &error, .bind = "adit"));
    assert_string_equal(error.message, "no model has .bind = \"adit\"");
}

#define bind_test(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bind_test(each_model_goes_to_its_database),
        bind_test(a_failure_in_one_is_one_of_the_session),
        bind_test(tables_are_made_where_they_belong),
        bind_test(a_bind_is_attached_once),
        cmocka_unit_test(a_bind_that_no_model_has_is_refused),
        cmocka_unit_test(without_an_attached_database_the_model_is_refused),
    };
    return RUN_TESTS("bind", tests, argc, argv);
}
