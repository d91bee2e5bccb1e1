/* Failures of memory and statements in the life of objects: events, merging, savepoints, transactions, soft deletion. */
#define OWN_MODELS
#include "failing.h"

#include <carafe/relation.h>

/* ---- models ------------------------------------------------------------------------------------------ */

typedef struct Author {
    int64_t     id;
    const char *name;
    const char *password;
    int32_t     books;
    int32_t     revision;
    char        shown[60]; /* no column */
} Author;
CF_DECLARE(Author);

typedef struct Book {
    int64_t     id;
    const char *title;
    int64_t     author_id;
    CF_TIMESTAMPS;
    CF_SOFT_DELETE;
} Book;
CF_DECLARE(Book);

typedef struct Audit {
    int64_t     id;
    const char *what;
} Audit;
CF_DECLARE(Audit);

static bool author_before_insert(cf_db *db, Author *a)
{
    a->password = cf_arena_printf(cf_session_arena(db), "hash of %s", a->name);
    cf_add(db, Audit, .what = a->name);
    return a->password || cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
}

static bool author_before_update(cf_db *db, Author *a)
{
    a->books = (int32_t)cf_count(db, Book, "author_id = ?", a->id);
    return true;
}

static bool author_after(cf_db *db, Author *a)
{
    (void)a;
    return cf_exists(db, Author, "");
}

static bool author_settled(cf_db *db, Author *a)
{
    (void)db;
    return a->id > 0;
}

static bool author_before_delete(cf_db *db, Author *a)
{
    cf_add(db, Audit, .what = a->name);
    return true;
}

static bool author_after_load(cf_db *db, Author *a)
{
    if (cf_count(db, Author, "id = ?", a->id) != 1) return false;
    snprintf(a->shown, sizeof a->shown, "<%s>", a->name);
    return true;
}

CF_MODEL(Author,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(name,     .length = 50, .unique = true),
    CF_COLUMN(password, .length = 80, .nullable = true),
    CF_COLUMN(books),
    CF_COLUMN(revision, .version = true),
    CF_EVENT(before_insert, author_before_insert),
    CF_EVENT(after_insert,  author_after),
    CF_EVENT(before_update, author_before_update),
    CF_EVENT(after_update,  author_after),
    CF_EVENT(before_delete, author_before_delete),
    CF_EVENT(after_load,    author_after_load),
    CF_EVENT(after_commit,  author_settled),
    CF_EVENT(after_rollback, author_after));

CF_MODEL(Book,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(title,     .length = 50),
    CF_COLUMN(author_id, .references = "author.id"),
    CF_TIMESTAMP_COLUMNS,
    CF_SOFT_DELETE_COLUMN);

CF_MODEL(Audit,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(what, .length = 50));

CF_ONE_TO_MANY(Author, books_of, Book, author);

static const char *const names[] = {"ann", "bob", "cleo"};

static bool authors(cf_db *db)
{
    for (int i = 0; i < 3; i++) {
        Author *a = cf_add(db, Author, .name = names[i]);
        for (int k = 0; k < 2; k++) cf_append(Author_books_of(a), cf_add(db, Book, .title = k ? "second" : "first"));
    }
    return cf_flush(db);
}

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* ---- events --------------------------------------------------------------------------------------------- */

static int letters;

static void send_letter(void *argument)
{
    letters += *(int *)argument;
}

static bool listen(cf_db *db, void *argument)
{
    (void)argument;
    return cf_count(db, Audit, "") >= 0;
}

static bool call_functions(cf_db *db)
{
    static int one = 1;
    letters = 0;
    cf_listen(db, CF_BEFORE_FLUSH, listen, NULL);
    cf_listen(db, CF_AFTER_FLUSH, listen, NULL);
    cf_listen(db, CF_AFTER_ROLLBACK, listen, NULL);
    cf_on_commit(db, send_letter, &one);
    Author *dan = cf_add(db, Author, .name = "dan");
    Author *ann = cf_find(db, Author, "name = 'ann'");
    HOLDS(db, same(ann->shown, "<ann>") && same(dan->password, "hash of dan"));
    ann->name = "anne";
    CF_LIST(Book) books = cf_all(db, Book, "author.name = 'bob'");
    HOLDS(db, cf_list_count(books) == 2);
    Book_set_author(books[0], dan);
    Author *bob = Book_author(books[1]);
    HOLDS(db, same(bob->shown, "<bob>"));
    CF_LIST(Book) of_cleo = cf_all(db, Book, "author.name = 'cleo'");
    cf_each(Book, b, of_cleo) cf_erase(db, b);
    cf_delete(db, cf_find(db, Author, "name = 'cleo'"));
    HOLDS(db, cf_flush(db));
    HOLDS(db, cf_count(db, Audit, "what in ('dan', 'cleo')") == 3 && ann->books == 2 && ann->revision == 2);
    return true;
}

static bool call_and_commit(cf_db *db)
{
    HOLDS(db, call_functions(db));
    HOLDS(db, cf_commit(db));
    HOLDS(db, letters == 1);
    return true;
}

/* ---- merging, refreshing ---------------------------------------------------------------------------------- */

static bool merge(cf_db *db)
{
    Author *ann = cf_find(db, Author, "name = 'ann'");
    HOLDS(db, ann);
    const int64_t bob_id = cf_scalar(db, int64_t, Author, "select id where name = 'bob'");
    HOLDS(db, bob_id > 0);
    const Author known = {.id = ann->id, .name = "anna", .password = "p"}, bob = {.id = bob_id, .name = "rob"},
                 fresh = {.name = "eve"};
    Author *merged = cf_merge(db, Author, &known, name, password);
    HOLDS(db, merged == ann && same(ann->name, "anna"));
    merged = cf_merge(db, Author, &bob, name);
    HOLDS(db, merged->id == bob_id && same(merged->name, "rob") && same(cf_original(merged, name), "bob"));
    Author *added = cf_merge(db, Author, &fresh);
    HOLDS(db, cf_state_in(db, added) == CF_PENDING);
    HOLDS(db, cf_flush(db));
    HOLDS(db, added->id > 0 && cf_count(db, Author, "name in ('anna', 'rob', 'eve')") == 3);
    return true;
}

static bool read_again(cf_db *db)
{
    CF_LIST(Author) all = cf_all(db, Author, "order by name with load(books_of)");
    HOLDS(db, cf_list_count(all) == 3);
    all[0]->name = "other";
    HOLDS(db, cf_refresh(db, all[0]) && same(all[0]->name, "ann"));
    all[1]->name = "other";
    all[1]->books = 7;
    HOLDS(db, cf_refresh_columns(db, all[1], name) && same(all[1]->name, "bob") && all[1]->books == 7);
    HOLDS(db, cf_refresh(db, all[1]));
    cf_expire_all(db);
    HOLDS(db, cf_get(db, Author, all[2]->id) == all[2]);
    HOLDS(db, cf_list_count(Author_books_of(all[2])) == 2);
    cf_expunge(db, all[2]);
    Author *again = cf_get(db, Author, all[2]->id);
    HOLDS(db, again != all[2]);
    cf_expunge(db, again);
    all[2]->name = "cleopatra";
    HOLDS(db, cf_take_back(db, all[2]));
    HOLDS(db, cf_flush(db));
    HOLDS(db, cf_exists(db, Author, "name = 'cleopatra'"));
    return true;
}

/* ---- savepoints, transactions ------------------------------------------------------------------------------- */

static bool savepoints(cf_db *db)
{
    Author *ann = cf_find(db, Author, "name = 'ann'");
    Author *dan = cf_add(db, Author, .name = "dan");
    int     outer = cf_savepoint(db);
    HOLDS(db, outer > 0 && dan->id > 0);
    ann->name = "anne";
    Book *book = cf_add(db, Book, .title = "third");
    cf_append(Author_books_of(ann), book);
    int inner = cf_savepoint(db);
    HOLDS(db, inner > outer);
    cf_add(db, Author, .name = "bob"); /* is there already */
    bool taken = !cf_savepoint_release(db, inner) && cf_error(db)->code == CF_ERR_UNIQUE;
    if (!taken) return false;
    if (!cf_savepoint_rollback(db, inner)) return false;
    HOLDS(db, same(ann->name, "anne") && cf_list_count(Author_books_of(ann)) == 3);
    HOLDS(db, cf_savepoint_rollback(db, outer));
    HOLDS(db, same(ann->name, "ann") && cf_state_in(db, book) == CF_TRANSIENT);
    int last = cf_savepoint(db);
    cf_delete(db, dan);
    HOLDS(db, cf_savepoint_release(db, last));
    HOLDS(db, cf_list_count(Author_books_of(ann)) == 2 && !cf_exists(db, Author, "name = 'dan'"));
    return true;
}

static bool rename_bob(cf_db *db, void *argument)
{
    Author *bob = cf_find(db, Author, "name = 'bob'");
    if (bob) bob->name = argument;
    return bob != NULL;
}

static bool add_and_refuse(cf_db *db, void *argument)
{
    cf_add(db, Author, .name = argument);
    return !cf_flush(db);
}

static bool rename_all(cf_db *db, void *argument)
{
    static char rob[] = "rob", eve[] = "eve";
    (void)argument;
    Author *ann = cf_find(db, Author, "name = 'ann'");
    if (!ann) return false;
    ann->name = "anne";
    /* What fails within leaves the outer transaction usable. */
    cf_error error = {0};
    bool     renamed = cf_transaction(db, rename_bob, rob, .error = &error);
    if (!renamed || cf_transaction(db, add_and_refuse, eve, .error = &error) || error.code != CF_OK)
        return cf_session_fail(db, error.code, "%s", error.message);
    return cf_count(db, Author, "name in ('anne', 'rob', 'eve')") == 2;
}

static bool transact(cf_db *db)
{
    HOLDS(db, cf_transaction(db, rename_all, NULL, .attempts = 1));
    return true;
}

/* ---- soft deletion -------------------------------------------------------------------------------------------- */

static bool delete_softly(cf_db *db)
{
    CF_LIST(Book) books = cf_all(db, Book, "order by id");
    HOLDS(db, cf_list_count(books) == 6);
    Author *ann = Book_author(books[0]);
    HOLDS(db, cf_list_count(Author_books_of(ann)) == 2);
    cf_delete(db, books[0]);
    cf_delete(db, books[5]);
    HOLDS(db, cf_flush(db));
    HOLDS(db, cf_count(db, Book, "") == 4 && cf_count(db, Author, "count(books_of) = 1") == 2);
    cf_restore(db, books[5]);
    cf_erase(db, books[4]);
    HOLDS(db, cf_delete_where(db, Book, "title = 'second' and any(author, name = 'bob')") == 1);
    HOLDS(db, cf_count(db, Book, "") == 3);
    (void)cf_show_deleted(db, true);
    int64_t all = cf_count(db, Book, "");
    (void)cf_show_deleted(db, false);
    HOLDS(db, all == 5);
    return true;
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

#define failing_scenario(name, ...) failing_scenario_of(authors, name, ##__VA_ARGS__)

failing_scenario(call_functions);
failing_scenario(call_and_commit, .commits = true);
failing_scenario(merge);
failing_scenario(read_again);
failing_scenario(savepoints, .fails = true);
failing_scenario(transact, .commits = true, .fails = true);
failing_scenario(delete_softly);

#define failing_tests(name) session_test(name##_when_an_allocation_fails), session_test(name##_when_a_statement_fails)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        failing_tests(call_functions), failing_tests(call_and_commit), failing_tests(merge),
        failing_tests(read_again),     failing_tests(savepoints),      failing_tests(transact),
        failing_tests(delete_softly),
    };
    return RUN_TESTS("failing session", tests, argc, argv);
}
