/* Sessions: add, load, change, delete, commit, roll back. */
#include "fixture.h"

static User *add_user(cf_db *db, const char *name, const char *email)
{
    return cf_add(db, User, .name = name, .email = email);
}

static void add_fills_keys_and_defaults(void **state)
{
    cf_db      *db = ((fixture *)*state)->db;
    cf_datetime before = cf_now();
    User       *u = add_user(db, "Ada", "ada@example.com");
    assert_int_equal(u->id, 0);
    assert_true(cf_commit(db));
    assert_int_equal(u->id, 1);
    assert_true(u->quota == 1.5);
    assert_true(u->created_at.usec >= before.usec && u->created_at.usec <= cf_now().usec);
    assert_false(u->age.set);
    Setting *s = cf_add(db, Setting, .key = "color");
    assert_true(cf_commit(db));
    assert_string_equal(s->value, "none");
    assert_int_equal(s->version, 1);
}

static void committed_rows_are_read_back_equal(void **state)
{
    fixture *f = *state;
    User    *u = cf_add(f->db, User, .name = "B\xc3\xb6rje '\"; drop table user; --", .email = "b@example.com",
                        .bio = "line\nbreak", .active = true, .quota = -0.125, .age = CF_SOME(42),
                        .created_at = {1700000000123456});
    assert_true(cf_commit(f->db));
    cf_db *other = other_session(f);
    User  *v = cf_get(other, User, u->id);
    assert_non_null(v);
    assert_ptr_not_equal(u, v);
    assert_string_equal(u->name, v->name);
    assert_string_equal(v->bio, "line\nbreak");
    assert_true(v->active && v->quota == -0.125 && v->age.set && v->age.value == 42);
    assert_int_equal(v->created_at.usec, 1700000000123456);
    cf_close(other);
}

static void one_row_is_one_object(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *u = add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    int64_t sent = cf_statements(db);
    assert_ptr_equal(cf_get(db, User, u->id), u);
    assert_int_equal(cf_statements(db), sent);
    assert_ptr_equal(cf_find(db, User, "email = ?", "ada@example.com"), u);
    CF_LIST(User) all = cf_all(db, User, "order by id");
    assert_int_equal(cf_list_count(all), 1);
    assert_ptr_equal(all[0], u);
}

static void assignment_is_an_update_of_changed_columns(void **state)
{
    fixture *f = *state;
    User    *u = add_user(f->db, "Ada", "ada@example.com");
    assert_true(cf_commit(f->db));
    int64_t sent = cf_statements(f->db);
    u->name = "Ada";
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_statements(f->db), sent); /* the same value is no change */
    u->name = "Augusta";
    u->age = (cf_null_int64)CF_SOME(36);
    assert_true(cf_has_changes(f->db));
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_statements(f->db), sent + 1);
    assert_false(cf_has_changes(f->db));
    cf_db *other = other_session(f);
    User  *v = cf_get(other, User, u->id);
    assert_string_equal(v->name, "Augusta");
    assert_int_equal(v->age.value, 36);
    cf_close(other);
}

static void rollback_brings_old_values_back(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *u = add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    u->name = "changed";
    assert_true(cf_flush(db));
    u->name = "changed again";
    User *v = add_user(db, "Bob", "bob@example.com");
    assert_true(cf_flush(db));
    assert_true(v->id > 0);
    assert_true(cf_rollback(db));
    assert_string_equal(u->name, "Ada");
    assert_int_equal(cf_count(db, User, ""), 1);
    assert_ptr_equal(cf_get(db, User, u->id), u);
    cf_delete(db, u);
    assert_true(cf_flush(db));
    assert_null(cf_get(db, User, u->id));
    assert_true(cf_rollback(db));
    assert_ptr_equal(cf_get(db, User, u->id), u);
}

static void delete_takes_the_row_at_commit(void **state)
{
    fixture *f = *state;
    User    *u = add_user(f->db, "Ada", "ada@example.com"), *v = add_user(f->db, "Bob", "bob@example.com");
    assert_true(cf_commit(f->db));
    int64_t id = u->id;
    cf_delete(f->db, u);
    cf_delete(f->db, NULL);
    assert_true(cf_commit(f->db));
    assert_null(cf_get(f->db, User, id));
    assert_ptr_equal(cf_get(f->db, User, v->id), v);
    User *pending = add_user(f->db, "Eve", "eve@example.com");
    cf_delete(f->db, pending);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, User, ""), 1);
    assert_string_equal(u->name, "Ada"); /* its memory stays */
}

static void unique_violation_names_the_column(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    User *twin = add_user(db, "Twin", "ada@example.com");
    assert_false(cf_commit(db));
    const cf_error *error = cf_error(db);
    assert_int_equal(error->code, CF_ERR_UNIQUE);
    assert_string_equal(error->columns, "email");
    assert_string_equal(error->model, "User");
    assert_ptr_equal(error->object, twin);
    assert_non_null(strstr(error->file, "test_session.c"));
    /* errors stick */
    assert_null(cf_all(db, User, ""));
    assert_null(add_user(db, "x", "x@example.com"));
    assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    assert_ok(db);
    assert_int_equal(cf_count(db, User, ""), 1);
    add_user(db, "Bob", "bob@example.com");
    assert_true(cf_commit(db));
}

static void unique_over_two_columns_names_both(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *u = add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    cf_add(db, Dataset, .name = "a", .size = 1, .user_id = u->id);
    cf_add(db, Dataset, .name = "a", .size = 2, .user_id = u->id);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_string_equal(cf_error(db)->columns, "user_id, name");
    cf_rollback(db);
    assert_int_equal(cf_count(db, Dataset, ""), 0); /* all or nothing */
}

static void foreign_keys_hold(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, Dataset, .name = "orphan", .size = 1, .user_id = 99);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_string_equal(cf_error(db)->model, "Dataset");
    assert_string_equal(cf_error(db)->columns, "user_id");
    cf_rollback(db);
}

static void limits_are_checked_before_sending(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    char   name[300], wide[400];
    memset(name, 'x', 101), name[101] = '\0';
    add_user(db, name, "a@example.com");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    assert_string_equal(cf_error(db)->message, "User.name has 101 characters, the most is 100");
    assert_string_equal(cf_error(db)->columns, "name");
    cf_rollback(db);
    for (int i = 0; i < 100; i++) memcpy(wide + 2 * i, "\xc3\xa9", 2);
    wide[200] = '\0';
    add_user(db, wide, "a@example.com"); /* 100 characters, 200 bytes */
    assert_true(cf_commit(db));
    cf_add(db, User, .name = "no mail");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    assert_string_equal(cf_error(db)->message, "User.email must not be NULL");
    cf_rollback(db);
    add_user(db, "\xff\xfe", "b@example.com");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_TYPE);
    cf_rollback(db);
    cf_add(db, User, .name = "n", .email = "n@example.com", .age = CF_SOME(-1));
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
    cf_rollback(db);
}

static void parents_are_written_before_children(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *u = add_user(db, "Ada", "ada@example.com");
    assert_true(cf_commit(db));
    int64_t     id = u->id;
    Membership *m = cf_add(db, Membership, .user_id = 77, .group_name = "staff", .since = {19000});
    User       *late = cf_add(db, User, .id = 77, .name = "Late", .email = "late@example.com");
    assert_true(cf_commit(db)); /* the child was added first */
    assert_int_equal(late->id, 77);
    assert_ptr_equal(cf_get(db, Membership, 77, "staff"), m);
    cf_delete(db, late);
    cf_delete(db, m);
    cf_delete(db, cf_get(db, User, id));
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, User, ""), 0);
    assert_int_equal(cf_count(db, Membership, ""), 0);
}

static void natural_and_composite_keys(void **state)
{
    fixture *f = *state;
    cf_add(f->db, Country, .code = "SE", .name = "Sweden");
    cf_add(f->db, Country, .code = "NOR", .name = "Norway");
    assert_true(cf_commit(f->db));
    cf_db   *other = other_session(f);
    Country *c = cf_get(other, Country, "NOR");
    assert_non_null(c);
    assert_memory_equal(c->code, "NOR", 3);
    assert_string_equal(c->name, "Norway");
    assert_null(cf_get(other, Country, "XX"));
    assert_ok(other);
    cf_close(other);
}

static void stale_rows_are_told(void **state)
{
    fixture *f = *state;
    User    *u = add_user(f->db, "Ada", "ada@example.com");
    assert_true(cf_commit(f->db));
    cf_db *other = other_session(f);
    assert_int_equal(cf_delete_where(other, User, "id = ?", u->id), 1);
    assert_true(cf_commit(other));
    cf_close(other);
    u->name = "too late";
    assert_false(cf_commit(f->db));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_STALE);
}

static void flush_happens_before_queries_of_its_table(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    add_user(db, "Ada", "ada@example.com");
    assert_int_equal(cf_count(db, Country, ""), 0);
    assert_int_equal(cf_count(db, User, ""), 1);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, User, ""), 0);
}

static void misuse_is_an_error_not_a_crash(void **state)
{
    fixture *f = *state;
    User     mine = {.id = 1};
    cf_delete(f->db, &mine);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_MISUSE);
    cf_rollback(f->db);
    assert_null(cf_get(f->db, User, "seven"));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_TYPE);
    cf_rollback(f->db);
    assert_null(cf_get(f->db, Membership, 7));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_MISUSE);
    cf_rollback(f->db);
    assert_false(cf_commit(NULL));
    assert_null(cf_all(NULL, User, ""));
    assert_int_equal(cf_list_count(NULL), 0);
    cf_each(User, u, (User **)NULL) fail();
}

static void a_session_has_its_most(void **state)
{
    cf_database *small = cf_open(test_url(), .memory = 100000);
    cf_db       *db = cf_session(small);
    (void)state;
    while (cf_add(db, User, .name = "n", .email = "e")) {
    }
    assert_int_equal(cf_error(db)->code, CF_ERR_MEMORY);
    assert_non_null(strstr(cf_error(db)->message, "bytes (.memory of cf_open())"));
    cf_close(db);
    db = cf_session(small);
    assert_ok(db);
    cf_close(db);
    cf_shutdown(small);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(add_fills_keys_and_defaults),
        session_test(committed_rows_are_read_back_equal),
        session_test(one_row_is_one_object),
        session_test(assignment_is_an_update_of_changed_columns),
        session_test(rollback_brings_old_values_back),
        session_test(delete_takes_the_row_at_commit),
        session_test(unique_violation_names_the_column),
        session_test(unique_over_two_columns_names_both),
        session_test(foreign_keys_hold),
        session_test(limits_are_checked_before_sending),
        session_test(parents_are_written_before_children),
        session_test(natural_and_composite_keys),
        session_test(stale_rows_are_told),
        session_test(flush_happens_before_queries_of_its_table),
        session_test(misuse_is_an_error_not_a_crash),
        session_test(a_session_has_its_most),
    };
    return RUN_TESTS("session", tests, argc, argv);
}
