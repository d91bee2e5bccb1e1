/* Events: functions of models around flush, commit, rollback and reading; functions of a session. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

/* ---- a log of what was called ----------------------------------------------------------------------- */

static char called[2000];

static void note(const char *what, const char *whom)
{
    size_t n = strlen(called);
    snprintf(called + n, sizeof called - n, "%s%s(%s)", n ? " " : "", what, whom);
}

#define assert_called(expected)                \
    do {                                       \
        assert_string_equal(called, expected); \
        called[0] = '\0';                      \
    } while (0)

/* ---- models ------------------------------------------------------------------------------------------ */

typedef struct Author {
    int64_t     id;
    const char *name;
    const char *password;
    int32_t     books;
    char        shown[60]; /* no column */
} Author;

typedef struct Book {
    int64_t     id;
    const char *title;
    int64_t     author_id;
} Book;

typedef struct Audit {
    int64_t     id;
    const char *what;
} Audit;

CF_DECLARE(Author);
CF_DECLARE(Audit);

static bool author_before_insert(cf_db *db, Author *a)
{
    note("before_insert", a->name);
    if (strcmp(a->name, "nobody") == 0) return false;
    if (strcmp(a->name, "told") == 0) return cf_session_fail(db, CF_ERR_RANGE, "told what is wrong");
    a->password = cf_arena_printf(cf_session_arena(db), "hash of %s", a->password);
    cf_add(db, Audit, .what = a->name);
    return true;
}

static bool author_after_insert(cf_db *db, Author *a)
{
    (void)db;
    note(a->id > 0 ? "after_insert" : "no key", a->name);
    return true;
}

static bool author_before_update(cf_db *db, Author *a)
{
    note("before_update", a->name);
    a->books = (int32_t)cf_count(db, Author, "") + 100; /* sends nothing that is not written */
    return strcmp(a->name, "refused") != 0;
}

static bool author_after_update(cf_db *db, Author *a)
{
    (void)db;
    note("after_update", a->name);
    return true;
}

static bool author_before_delete(cf_db *db, Author *a)
{
    (void)db;
    note("before_delete", a->name);
    return a->books != 7;
}

static bool author_after_delete(cf_db *db, Author *a)
{
    (void)db;
    note("after_delete", a->name);
    return true;
}

static bool author_after_load(cf_db *db, Author *a)
{
    if (cf_count(db, Author, "id = ?", a->id) != 1) return false; /* a query of its own */
    snprintf(a->shown, sizeof a->shown, "<%s>", a->name);
    return true;
}

static bool author_after_commit(cf_db *db, Author *a)
{
    (void)db;
    note("after_commit", a->name);
    return true;
}

static bool author_after_rollback(cf_db *db, Author *a)
{
    (void)db;
    note("after_rollback", a->name);
    return true;
}

static bool book_before_insert(cf_db *db, Book *b)
{
    (void)db;
    note("before_insert", b->title);
    return true;
}

static bool book_after_insert(cf_db *db, Book *b)
{
    note("after_insert", b->title);
    Author *a = cf_get(db, Author, b->author_id);
    a->books++; /* written by the same commit */
    return true;
}

static bool audit_once_more(cf_db *db, Audit *a)
{
    if (strcmp(a->what, "for ever") == 0) cf_add(db, Audit, .what = "for ever");
    return true;
}

CF_MODEL(Author,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(name,     .length = 50),
    CF_COLUMN(password, .length = 80, .nullable = true),
    CF_COLUMN(books),
    CF_EVENT(before_insert,  author_before_insert),
    CF_EVENT(after_insert,   author_after_insert),
    CF_EVENT(before_update,  author_before_update),
    CF_EVENT(after_update,   author_after_update),
    CF_EVENT(before_delete,  author_before_delete),
    CF_EVENT(after_delete,   author_after_delete),
    CF_EVENT(after_load,     author_after_load),
    CF_EVENT(after_commit,   author_after_commit),
    CF_EVENT(after_rollback, author_after_rollback));

CF_MODEL(Book,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(title,     .length = 50),
    CF_COLUMN(author_id, .references = "author.id"),
    CF_EVENT(before_insert, book_before_insert),
    CF_EVENT(after_insert,  book_after_insert));

CF_MODEL(Audit,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(what, .length = 50),
    CF_EVENT(after_insert, audit_once_more));

CF_ONE_TO_MANY(Author, books_of, Book, author);

/* ---- tests --------------------------------------------------------------------------------------------- */

static int open_and_forget(void **state)
{
    called[0] = '\0';
    return fixture_open(state);
}

static void functions_are_called_in_order(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Book   *b = cf_add(db, Book, .title = "book");
    Author *a = cf_add(db, Author, .name = "ann", .password = "secret");
    Book_set_author(b, a);
    assert_called("");
    assert_true(cf_flush(db));
    assert_called("before_insert(ann) before_insert(book) after_insert(ann) after_insert(book)");
    assert_string_equal(a->password, "hash of secret");
    assert_true(cf_commit(db));
    assert_called("before_update(ann) after_update(ann) after_commit(ann)");
    assert_int_equal(a->books, 101);
    assert_int_equal(cf_count(db, Audit, "what = ?", "ann"), 1);
    a->name = "anne";
    assert_true(cf_commit(db));
    assert_called("before_update(anne) after_update(anne) after_commit(anne)");
    assert_true(cf_commit(db));
    assert_called("");
    cf_delete(db, b);
    cf_delete(db, a);
    assert_true(cf_commit(db));
    assert_called("before_delete(anne) after_delete(anne) after_commit(anne)");
}

static void a_refusal_is_a_failure(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Author *a = cf_add(db, Author, .name = "nobody");
    cf_add(db, Author, .name = "ann");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
    assert_string_equal(cf_error(db)->message, "the before_insert function of Author refused");
    assert_ptr_equal(cf_error(db)->object, a);
    assert_int_equal(cf_error(db)->line, __LINE__ - 6);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Author, ""), 0);
    cf_add(db, Author, .name = "told");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    assert_string_equal(cf_error(db)->message, "told what is wrong");
    assert_true(cf_rollback(db));
    a = cf_add(db, Author, .name = "kept", .books = 7);
    assert_true(cf_commit(db));
    cf_delete(db, a);
    assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    a->name = "refused";
    assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    assert_string_equal(a->name, "kept");
    assert_int_equal(a->books, 7);
}

static void a_rollback_is_told(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, Author, .name = "ann");
    assert_true(cf_flush(db));
    called[0] = '\0';
    assert_true(cf_rollback(db));
    assert_called("after_rollback(ann)");
    cf_add(db, Author, .name = "one");
    assert_true(cf_flush(db));
    int place = cf_savepoint(db);
    cf_add(db, Author, .name = "two");
    assert_true(cf_flush(db));
    called[0] = '\0';
    assert_true(cf_savepoint_rollback(db, place));
    assert_called("after_rollback(two)");
    assert_true(cf_commit(db));
    assert_called("after_commit(one)");
}

static void reading_calls_when_the_result_is_read(void **state)
{
    fixture *f = *state;
    Author  *first = cf_add(f->db, Author, .name = "ann");
    cf_add(f->db, Author, .name = "bob");
    Book *b = cf_add(f->db, Book, .title = "t");
    Book_set_author(b, first);
    assert_true(cf_commit(f->db));
    cf_db *other = cf_session(f->database);
    CF_LIST(Author) all = cf_all(other, Author, "order by id");
    assert_int_equal(cf_list_count(all), 2);
    assert_string_equal(all[0]->shown, "<ann>");
    assert_string_equal(all[1]->shown, "<bob>");
    assert_false(cf_has_changes(other)); /* a member that is no column is no change */
    assert_true(cf_rollback(other));
    assert_string_equal(all[0]->shown, "<ann>");
    cf_close(other);
    other = cf_session(f->database);
    assert_string_equal(cf_get(other, Author, first->id)->shown, "<ann>");
    assert_string_equal(cf_find(other, Author, "name = ?", "bob")->shown, "<bob>");
    cf_close(other);
    other = cf_session(f->database);
    assert_string_equal(Book_author(cf_get(other, Book, b->id))->shown, "<ann>");
    cf_close(other);
}

/* ---- of a session ---------------------------------------------------------------------------------------- */

static char text_1[] = "1";
static char text_2[] = "2";
static char text_3[] = "3";
static char text_4[] = "4";
static char text_after_commit[] = "after commit";
static char text_after_flush[] = "after flush";
static char text_after_rollback[] = "after rollback";
static char text_before_commit[] = "before commit";
static char text_before_flush[] = "before flush";

static bool tell(cf_db *db, void *argument)
{
    (void)db;
    note("session", argument);
    return true;
}

static bool refuse(cf_db *db, void *argument)
{
    (void)db;
    return *(bool *)argument;
}

static void send_letter(void *argument)
{
    note("letter", argument);
}

static void those_who_listen_are_told(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_true(cf_listen(db, CF_BEFORE_FLUSH, tell, text_before_flush));
    assert_true(cf_listen(db, CF_AFTER_FLUSH, tell, text_after_flush));
    assert_true(cf_listen(db, CF_BEFORE_COMMIT, tell, text_before_commit));
    assert_true(cf_listen(db, CF_AFTER_COMMIT, tell, text_after_commit));
    assert_true(cf_listen(db, CF_AFTER_ROLLBACK, tell, text_after_rollback));
    cf_add(db, Audit, .what = "x");
    assert_true(cf_commit(db));
    assert_called("session(before commit) session(before flush) session(after flush) session(after commit)");
    assert_true(cf_rollback(db));
    assert_called("session(after rollback)");
    static bool fine;
    fine = false;
    assert_true(cf_listen(db, CF_BEFORE_COMMIT, refuse, &fine));
    cf_add(db, Audit, .what = "y");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
    assert_true(cf_rollback(db));
    fine = true;
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Audit, ""), 1);
}

static void letters_leave_after_the_commit_alone(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, Audit, .what = "x");
    assert_true(cf_on_commit(db, send_letter, text_1));
    assert_called("");
    int place = cf_savepoint(db);
    assert_true(cf_on_commit(db, send_letter, text_2));
    assert_true(cf_savepoint_rollback(db, place));
    assert_true(cf_on_commit(db, send_letter, text_3));
    assert_true(cf_commit(db));
    assert_called("letter(1) letter(3)");
    assert_true(cf_commit(db));
    assert_called("");
    assert_true(cf_on_commit(db, send_letter, text_4));
    cf_add(db, Author, .name = "nobody");
    assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    assert_true(cf_commit(db));
    assert_called("before_insert(nobody)");
}

static void functions_that_never_end_are_stopped(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, Audit, .what = "for ever");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CYCLE);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Audit, ""), 0);
}

static bool commit_within(cf_db *db, void *argument)
{
    (void)argument;
    return cf_commit(db);
}

static void a_flush_is_not_ended_from_within(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_true(cf_listen(db, CF_BEFORE_FLUSH, commit_within, NULL));
    cf_add(db, Audit, .what = "x");
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
}

#define event_test(name) cmocka_unit_test_setup_teardown(name, open_and_forget, fixture_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        event_test(functions_are_called_in_order),
        event_test(a_refusal_is_a_failure),
        event_test(a_rollback_is_told),
        event_test(reading_calls_when_the_result_is_read),
        event_test(those_who_listen_are_told),
        event_test(letters_leave_after_the_commit_alone),
        event_test(functions_that_never_end_are_stopped),
        event_test(a_flush_is_not_ended_from_within),
    };
    return RUN_TESTS("event", tests, argc, argv);
}
