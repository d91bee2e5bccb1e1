/* Ready-made columns: timestamps and soft deletion. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

typedef struct Account {
    int64_t     id;
    const char *email;
    CF_TIMESTAMPS;
    CF_SOFT_DELETE;
} Account;
CF_DECLARE(Account);

typedef struct Note {
    int64_t     id;
    const char *text;
    int64_t     account_id;
    CF_SOFT_DELETE;
} Note;
CF_DECLARE(Note);

CF_MODEL(Account,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(email, .length = 100),
    CF_INDEX(email),
    CF_TIMESTAMP_COLUMNS,
    CF_SOFT_DELETE_COLUMN);

CF_MODEL(Note,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(text,       .length = 100),
    CF_COLUMN(account_id, .references = "account.id"),
    CF_SOFT_DELETE_COLUMN);

/* Lies in a database of its own, as MariaDB has no unique index with a condition. */
typedef struct Login {
    int64_t     id;
    const char *name;
    const char *realm;
    const char *nick;
    CF_SOFT_DELETE;
} Login;
CF_DECLARE(Login);

CF_MODEL(Login,
    CF_TABLE("", .bind = "logins"),
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 100, .unique = true),
    CF_COLUMN(realm, .length = 100),
    CF_COLUMN(nick,  .length = 100),
    CF_UNIQUE(realm, nick),
    CF_SOFT_DELETE_COLUMN);

CF_ONE_TO_MANY(Account, notes, Note, account);

static void timestamps_follow_the_writes(void **state)
{
    fixture *f = *state;
    Account *a = cf_add(f->db, Account, .email = "a");
    assert_true(cf_commit(f->db));
    assert_true(a->created_at.usec > 0);
    int64_t created = a->created_at.usec, updated = a->updated_at.usec;
    a->email = "b";
    assert_true(cf_commit(f->db));
    assert_int_equal(a->created_at.usec, created);
    assert_true(a->updated_at.usec > updated);
}

/* Two accounts with two notes each. */
static Account *seed(cf_db *db)
{
    Account *first = cf_add(db, Account, .email = "a"), *second = cf_add(db, Account, .email = "b");
    for (int i = 0; i < 4; i++)
        Note_set_account(cf_add(db, Note, .text = i % 2 ? "odd" : "even"), i < 2 ? first : second);
    assert_true(cf_commit(db));
    return first;
}

static void deleted_rows_are_left_out(void **state)
{
    fixture *f = *state;
    Account *a = seed(f->db);
    Note    *n = cf_find(f->db, Note, "account_id = ? and text = 'odd'", a->id);
    cf_delete(f->db, n);
    assert_true(cf_commit(f->db));
    assert_true(n->deleted_at.set);
    assert_null(cf_get(f->db, Note, n->id));
    assert_int_equal(cf_state_in(f->db, n), CF_PERSISTENT);
    cf_db *db = other_session(f);
    assert_null(cf_get(db, Note, n->id));
    assert_int_equal(cf_count(db, Note, ""), 3);
    assert_int_equal(cf_count(db, Note, "account.email = 'a'"), 1);
    assert_int_equal(cf_list_count(cf_all(db, Note, "order by id")), 3);
    assert_int_equal(cf_count(db, Account, "any(notes, text = 'odd')"), 1);
    assert_int_equal(cf_count(db, Account, "count(notes) = 2"), 1);
    assert_int_equal(cf_list_count(Account_notes(cf_get(db, Account, a->id))), 1);
    cf_close(db);
}

static void a_deleted_owner_is_none(void **state)
{
    fixture *f = *state;
    Account *a = seed(f->db);
    cf_delete(f->db, a);
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    Note  *n = cf_find(db, Note, "account_id = ?", a->id);
    assert_non_null(n);
    assert_null(Note_account(n));
    assert_int_equal(n->account_id, a->id);
    assert_int_equal(cf_count(db, Note, "account.email = 'a'"), 0);
    assert_int_equal(cf_count(db, Note, ""), 4);
    cf_close(db);
}

static void deleted_rows_are_shown_when_asked_for(void **state)
{
    fixture *f = *state;
    Account *a = seed(f->db);
    int64_t  id = a->id;
    cf_delete(f->db, a);
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    assert_int_equal(cf_count(db, Account, ""), 1);
    assert_false(cf_show_deleted(db, true));
    assert_int_equal(cf_count(db, Account, ""), 2);
    a = cf_get(db, Account, id);
    assert_non_null(a);
    assert_ptr_equal(Note_account(cf_find(db, Note, "account_id = ?", id)), a);
    cf_restore(db, a);
    assert_true(cf_show_deleted(db, false));
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Account, ""), 2);
    assert_ptr_equal(cf_get(db, Account, id), a);
    cf_close(db);
}

static void erasing_deletes_the_row(void **state)
{
    fixture *f = *state;
    Account *a = cf_add(f->db, Account, .email = "x");
    assert_true(cf_commit(f->db));
    cf_delete(f->db, a);
    assert_true(cf_commit(f->db));
    cf_erase(f->db, a);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_state_in(f->db, a), CF_DETACHED);
    cf_show_deleted(f->db, true);
    assert_int_equal(cf_count(f->db, Account, ""), 0);
    cf_show_deleted(f->db, false);
}

static void changes_of_many_rows_pass_deleted_ones_by(void **state)
{
    fixture *f = *state;
    seed(f->db);
    assert_int_equal(cf_delete_where(f->db, Note, "text = 'odd'"), 2);
    assert_int_equal(cf_delete_where(f->db, Note, "text = 'odd'"), 0);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, Note, ""), 2);
    cf_show_deleted(f->db, true);
    assert_int_equal(cf_count(f->db, Note, ""), 4);
    assert_int_equal(cf_count(f->db, Note, "deleted_at is not null"), 2);
    CF_LIST(Note) gone = cf_all(f->db, Note, "deleted_at is not null");
    assert_true(llabs((long long)(gone[0]->deleted_at.value.usec - cf_now().usec)) < 600000000);
    cf_show_deleted(f->db, false);
}

static void unique_values_are_free_again(void **state)
{
    (void)state;
    cf_buffer    text = {0};
    cf_error     error = {0};
    cf_database *logins = cf_open("sqlite://", .bind = "logins");
    cf_db       *db = cf_session(logins);
    assert_true(cf_create_all(db));
    Login *first = cf_add(db, Login, .name = "ann", .realm = "r", .nick = "n");
    assert_true(cf_commit(db));
    cf_add(db, Login, .name = "ann", .realm = "r", .nick = "other");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_true(cf_rollback(db));
    cf_delete(db, first);
    assert_true(cf_commit(db));
    cf_add(db, Login, .name = "ann", .realm = "r", .nick = "n");
    assert_true(cf_commit(db));
    cf_restore(db, first); /* its name is taken now */
    assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    assert_int_equal(cf_schema_check(logins, NULL, NULL, &error), 0);
    cf_close(db);
    cf_shutdown(logins);
    assert_true(cf_schema_text_for("postgresql", "logins", &text, &error));
    assert_non_null(strstr(text.data, "WHERE deleted_at IS NULL"));
    assert_non_null(strstr(text.data, "CREATE UNIQUE INDEX \"uq_login_name\""));
    assert_false(cf_schema_text_for("mariadb", "logins", &text, &error));
    assert_int_equal(error.code, CF_ERR_UNSUPPORTED);
    print_message("%s\n", error.message);
    cf_buffer_free(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(timestamps_follow_the_writes),     session_test(deleted_rows_are_left_out),
        session_test(a_deleted_owner_is_none),          session_test(deleted_rows_are_shown_when_asked_for),
        session_test(erasing_deletes_the_row),          session_test(changes_of_many_rows_pass_deleted_ones_by),
        cmocka_unit_test(unique_values_are_free_again),
    };
    return RUN_TESTS("soft", tests, argc, argv);
}
