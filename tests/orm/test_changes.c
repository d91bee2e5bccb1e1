/* What a session says of its uncommitted changes. */
#include "fixture.h"

static cf_buffer said;

static const char *changes(cf_db *db)
{
    cf_buffer_free(&said);
    assert_true(cf_changes_text(db, &said));
    return said.data ? said.data : "";
}

static User *add_user(cf_db *db, const char *name)
{
    return cf_add(db, User, .name = name, .email = name);
}

static void nothing_is_said_of_nothing(void **state)
{
    fixture *f = *state;
    add_user(f->db, "Ada");
    assert_true(cf_commit(f->db));
    assert_string_equal(changes(f->db), "");
    assert_int_equal(cf_count(f->db, User, ""), 1);
    assert_string_equal(changes(f->db), "");
    assert_string_equal(changes(NULL), "");
}

static void changes_are_named_written_or_not(void **state)
{
    fixture *f = *state;
    User    *ada = add_user(f->db, "Ada"), *bo = add_user(f->db, "Bo"), *cy = add_user(f->db, "Cy");
    assert_true(cf_commit(f->db));
    ada->name = "Ada L.";
    ada->quota = 9;
    bo->quota = bo->quota; /* no change */
    cf_delete(f->db, cy);
    cf_add(f->db, Country, .code = "DE", .name = "Germany");
    char expected[300];
    snprintf(expected, sizeof expected, "User 1: name, quota; User 3 deleted; new Country (%s:%d)", __FILE__,
             __LINE__ - 3);
    assert_string_equal(changes(f->db), expected);
    assert_true(cf_flush(f->db));
    snprintf(expected, sizeof expected, "User 1: name, quota; User 3 deleted; new Country 'DE' (%s:%d)", __FILE__,
             __LINE__ - 7);
    assert_string_equal(changes(f->db), expected);
    assert_true(cf_rollback(f->db));
    assert_string_equal(changes(f->db), "");
}

static void relationships_are_named(void **state)
{
    fixture *f = *state;
    User    *ada = add_user(f->db, "Ada"), *bo = add_user(f->db, "Bo");
    Dataset *notes = cf_add(f->db, Dataset, .name = "notes");
    Project *p = cf_add(f->db, Project, .name = "engine");
    Dataset_set_user(notes, ada);
    assert_true(cf_commit(f->db));
    Dataset_set_user(notes, bo);
    cf_append(User_projects(ada), p);
    const char *text = changes(f->db);
    assert_non_null(strstr(text, "Dataset 1: user"));
    assert_non_null(strstr(text, "User 1: projects"));
}

static void statements_past_the_objects_are_named(void **state)
{
    fixture *f = *state;
    add_user(f->db, "Ada");
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_delete_where(f->db, User, "name = 'Ada'"), 1);
    char expected[300];
    snprintf(expected, sizeof expected, "User 1 deleted; cf_delete_where at %s:%d", __FILE__, __LINE__ - 2);
    assert_string_equal(changes(f->db), expected);
    assert_true(cf_commit(f->db));
    assert_string_equal(changes(f->db), "");
}

static void many_are_counted(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 25; i++) cf_add(f->db, Project, .name = "p");
    const char *text = changes(f->db);
    assert_non_null(strstr(text, "; and 15 more"));
    int named = 0;
    for (const char *at = text; (at = strstr(at, "new Project")); at++) named++;
    assert_int_equal(named, 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(nothing_is_said_of_nothing), session_test(changes_are_named_written_or_not),
        session_test(relationships_are_named),    session_test(statements_past_the_objects_are_named),
        session_test(many_are_counted),
    };
    int result = RUN_TESTS("changes", tests, argc, argv);
    cf_buffer_free(&said);
    return result;
}
