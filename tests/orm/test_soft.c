/* Ready-made columns: timestamps and soft deletion. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>
#include <carafe/sql.h>

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

/* Unique among the rows that are not deleted; the longest text without a limit, too. */
typedef struct Login {
    int64_t       id;
    const char   *name;
    const char   *realm;
    const char   *nick;
    const char   *key;
    cf_null_int64 seat;
    CF_SOFT_DELETE;
} Login;
CF_DECLARE(Login);

CF_MODEL(Login,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 100, .unique = true),
    CF_COLUMN(realm, .length = 100),
    CF_COLUMN(nick,  .length = 100),
    CF_COLUMN(key,   .nullable = true, .unique = true),
    CF_COLUMN(seat),
    CF_UNIQUE(realm, nick),
    CF_INDEX_ON((seat), .unique = true, .where = "realm <> 'none'", .name = "uq_seat"),
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

static void lists_in_memory_follow(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Account *first = seed(db), *second = cf_find(db, Account, "email = 'b'"),
            *third = cf_add(db, Account, .email = "c");
    assert_true(cf_commit(db));
    Note *n = Account_notes(first)[0];
    assert_int_equal(Account_notes_count(second), 2);
    cf_delete(db, n);
    cf_delete(db, cf_find(db, Note, "account_id = ?", second->id));
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Account_notes(first)), 1);
    assert_int_equal(Account_notes_count(first), 1);
    assert_int_equal(Account_notes_count(second), 1);
    assert_int_equal(Account_notes_count(third), 0);
    cf_restore(db, n);
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Account_notes(first)), 2);
    assert_int_equal(Account_notes_count(second), 1);
    cf_delete(db, n);
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Account_notes(first)), 1);
    cf_restore(db, n);
    Note_set_account(cf_add(db, Note, .text = "new"), first);
    assert_int_equal(cf_list_count(Account_notes(first)), 2);
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Account_notes(first)), 3);
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

/* Nobody sees how a server without partial indexes does it. */
static void assert_taken(cf_db *db, const char *columns)
{
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_string_equal(cf_error(db)->model, "Login");
    if (columns) assert_string_equal(cf_error(db)->columns, columns);
    assert_null(strstr(cf_error(db)->message, "carafe_"));
    assert_true(cf_rollback(db));
}

static void unique_values_are_free_again(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Login   *logins[3];
    for (int i = 0; i < 3; i++) { /* several deleted rows with one value */
        logins[i] = cf_add(db, Login, .name = "ann", .realm = "r", .nick = "n", .key = "k", .seat = CF_SOME(4));
        assert_true(cf_commit(db));
        cf_add(db, Login, .name = "ann", .realm = "r", .nick = "other");
        assert_taken(db, "name");
        cf_add(db, Login, .name = "bob", .realm = "r", .nick = "n");
        assert_taken(db, "realm, nick");
        cf_add(db, Login, .name = "bob", .realm = "r", .nick = "m", .key = "k");
        assert_taken(db, "key");
        cf_add(db, Login, .name = "bob", .realm = "r", .nick = "m", .seat = CF_SOME(4));
        assert_taken(db, "seat");
        if (i < 2) cf_delete(db, logins[i]);
        assert_true(cf_commit(db));
    }
    cf_restore(db, logins[0]); /* all of its values are taken now */
    assert_taken(db, NULL);
    cf_show_deleted(db, true);
    assert_int_equal(cf_count(db, Login, "name = 'ann'"), 3);
    cf_show_deleted(db, false);
    cf_delete(db, logins[2]); /* in one flush: one goes, one comes back */
    cf_restore(db, logins[1]);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Login, "name = 'ann'"), 1);
}

static void upserts_pass_deleted_rows_by(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Login   *first = cf_add(db, Login, .name = "ann", .realm = "r", .nick = "n", .seat = CF_SOME(1));
    assert_true(cf_commit(db));
    cf_delete(db, first);
    assert_true(cf_commit(db));
    for (int i = 2; i < 4; i++) { /* inserted, then updated */
        Login *l = cf_upsert(db, Login, CF_VALUES(Login, .name = "ann", .realm = "r", .nick = "n", .seat = CF_SOME(i)),
                             "on conflict (name) do update set seat = excluded.seat");
        assert_ok(db);
        assert_ptr_not_equal(l, first);
        assert_int_equal(l->seat.value, i);
        l = cf_upsert(db, Login, CF_VALUES(Login, .name = "ann", .realm = "r", .nick = "n", .seat = CF_SOME(i + 10)),
                      "on conflict (realm, nick) do update set seat = excluded.seat");
        assert_ok(db);
        assert_int_equal(l->seat.value, i + 10);
    }
    assert_true(cf_commit(db));
    assert_int_equal(first->seat.value, 1);
    assert_int_equal(cf_count(db, Login, ""), 1);
    cf_show_deleted(db, true);
    assert_int_equal(cf_count(db, Login, ""), 2);
    cf_show_deleted(db, false);
}

static void conditions_of_the_program_hold_too(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "ann" : "bob";
        cf_add(db, Login, .name = name, .realm = "none", .nick = name, .seat = CF_SOME(1));
    }
    assert_true(cf_commit(db));
    cf_each(Login, l, cf_all(db, Login, "order by id")) l->realm = "r";
    assert_taken(db, "seat");
}

static void the_schema_is_what_the_models_want(void **state)
{
    fixture  *f = *state;
    cf_error  error = {0};
    cf_buffer text = {0};
    assert_int_equal(cf_schema_check(f->database, NULL, NULL, &error), 0);
    assert_string_equal(error.message, "");
    assert_true(cf_schema_text_for("postgresql", NULL, &text, &error));
    assert_non_null(strstr(text.data, "CREATE UNIQUE INDEX \"uq_login_name"));
    assert_non_null(strstr(text.data, "WHERE deleted_at IS NULL"));
    cf_buffer_free(&text);
    assert_true(cf_schema_text_for("mariadb", NULL, &text, &error));
    assert_non_null(
        strstr(text.data, "GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL INVISIBLE"));
    cf_buffer_free(&text);
    assert_true(cf_drop_all(f->db));
    assert_true(cf_create_all(f->db));
}

static void report(void *context, const char *message)
{
    cf_buffer *out = context;
    cf_buffer_printf(out, "%s; ", message);
}

/* An index that lost its condition is told. */
static void a_lost_condition_is_a_difference(void **state)
{
    fixture  *f = *state;
    cf_error  error = {0};
    cf_buffer text = {0};
    bool      mariadb = strstr(test_url(), "mariadb") != NULL;
    if (mariadb) cf_sql_exec(f->db, "alter table login drop index uq_seat");
    else cf_sql_exec(f->db, "drop index uq_seat");
    cf_sql_exec(f->db, "create unique index uq_seat on login (seat)");
    assert_true(cf_commit(f->db));
    assert_true(cf_schema_check(f->database, report, &text, &error) > 0);
    assert_non_null(strstr(text.data, "uq_seat"));
    cf_buffer_free(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(timestamps_follow_the_writes),
        session_test(deleted_rows_are_left_out),
        session_test(lists_in_memory_follow),
        session_test(a_deleted_owner_is_none),
        session_test(deleted_rows_are_shown_when_asked_for),
        session_test(erasing_deletes_the_row),
        session_test(changes_of_many_rows_pass_deleted_ones_by),
        session_test(unique_values_are_free_again),
        session_test(upserts_pass_deleted_rows_by),
        session_test(conditions_of_the_program_hold_too),
        session_test(the_schema_is_what_the_models_want),
        session_test(a_lost_condition_is_a_difference),
    };
    return RUN_TESTS("soft", tests, argc, argv);
}
