/* Relationships of every form: keys of two columns, two keys, views, associations, cascades. */
#include "sides.h"

#include "orm/session.h"

/* ---- keys -------------------------------------------------------------------------------------------- */

static void two_keys_to_one_table(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada"), *bob = person(db, "bob");
    Book   *a = cf_add(db, Book, .title = "a"), *b = cf_add(db, Book, .title = "b");
    Book_set_author(a, ada);
    Person_written_add(ada, b);
    Book_set_editor(a, bob);
    Book_set_editor(b, ada);
    assert_true(cf_commit(db));
    assert_int_equal(a->editor_id.value, bob->id);
    cf_db  *other = other_session(*state);
    Person *p = cf_get(other, Person, ada->id);
    assert_string_equal(texts(Person_written(p), offsetof(Book, title)), "b a");
    assert_string_equal(texts(Person_edited(p), offsetof(Book, title)), "b");
    assert_int_equal(cf_count(other, Book, "author.name = 'ada' and editor.name = 'bob'"), 1);
    Book_set_editor(Person_edited(p)[0], NULL);
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Book, "editor_id is null"), 1);
    cf_close(other);
}

static void keys_of_two_columns(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 3; i++) {
        const char *version = cf_arena_printf(cf_session_arena(db), "1.%d", i);
        Release    *r = cf_add(db, Release, .package = "loom", .version = version);
        for (int k = 0; k <= i; k++)
            Release_artifacts_add(r,
                                  cf_add(db, Artifact, .file = cf_arena_printf(cf_session_arena(db), "f%d%d", i, k)));
    }
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    int64_t before = cf_statements(other);
    int     seen = 0;
    cf_each(Release, r, cf_all(other, Release, "order by version"))
        cf_each(Artifact, a, Release_artifacts(r)) {
            assert_string_equal(a->version, r->version);
            assert_ptr_equal(Artifact_release(a), r);
            seen++;
        }
    assert_int_equal(seen, 6);
    assert_int_equal(since(other, &before), 2);
    assert_int_equal(cf_count(other, Release, "any(artifacts, file = 'f22')"), 1);
    assert_int_equal(cf_count(other, Artifact, "release.version = '1.2'"), 3);
    Release *last = cf_get(other, Release, "loom", "1.2");
    cf_delete(other, last); /* the keys may be NULL, both become so */
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Artifact, "package is null and version is null"), 3);
    /* many-to-one is one statement for all */
    cf_db *third = other_session(f);
    before = cf_statements(third);
    cf_each(Artifact, a, cf_all(third, Artifact, "package is not null order by id"))
        assert_string_equal(Artifact_release(a)->package, "loom");
    assert_int_equal(since(third, &before), 2);
    cf_close(third);
    cf_close(other);
}

static void associations_with_keys_of_two_columns(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Release *r = cf_add(db, Release, .package = "loom", .version = "1"),
            *s = cf_add(db, Release, .package = "loom", .version = "2");
    Person *ada = person(db, "ada"), *bob = person(db, "bob");
    Release_fans_add(r, bob);
    Release_fans_add(r, ada);
    Person_releases_add(ada, s);
    assert_true(cf_commit(db));
    cf_db   *other = other_session(f);
    Release *again = cf_get(other, Release, "loom", "1");
    assert_string_equal(NAMES(Person, Release_fans(again)), "ada bob");
    assert_string_equal(texts(Person_releases(Release_fans(again)[0]), offsetof(Release, version)), "2 1");
    Release_fans_remove(again, Release_fans(again)[1]);
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Person, "any(releases, version = '1')"), 1);
    cf_close(other);
}

static void a_model_associated_with_itself(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada"), *bob = person(db, "bob"), *cleo = person(db, "cleo");
    Person_follows_add(ada, bob);
    Person_follows_add(ada, cleo);
    Person_followers_add(ada, cleo);
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    Person *a = cf_get(other, Person, ada->id);
    assert_string_equal(NAMES(Person, Person_follows(a)), "bob cleo");
    assert_string_equal(NAMES(Person, Person_followers(a)), "cleo");
    assert_int_equal(cf_count(other, Person, "any(follows, name = 'bob')"), 1);
    cf_delete(other, a);
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Person, "any(follows)"), 0);
    cf_close(other);
}

static void associations_with_defaults(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada");
    Person_voted_add(ada, cf_add(db, Team, .name = "red"));
    Person_voted_add(ada, cf_add(db, Team, .name = "blue"));
    assert_true(cf_commit(db));
    assert_string_equal(NAMES(Team, Person_voted(ada)), "blue red");
    CF_LIST(Vote) votes = cf_all(db, Vote, "order by id");
    assert_int_equal(cf_list_count(votes), 2);
    assert_memory_not_equal(&votes[0]->id, &votes[1]->id, sizeof votes[0]->id);
    cf_each(Vote, v, votes) {
        assert_string_equal(v->reason, "liked");
        assert_int_equal(v->weight, 3);
        assert_true(v->at.usec > 0);
    }
}

/* ---- associations that are objects, views -------------------------------------------------------------- */

static void association_objects(void **state)
{
    fixture    *f = *state;
    cf_db      *db = f->db;
    Person     *ada = person(db, "ada");
    Team       *red = cf_add(db, Team, .name = "red"), *blue = cf_add(db, Team, .name = "blue");
    Membership *m = cf_add(db, Membership, .role = "lead");
    Membership_set_person(m, ada);
    Membership_set_team(m, red);
    assert_true(cf_commit(db));
    assert_string_equal(NAMES(Team, Person_teams(ada)), "red");
    m = cf_add(db, Membership, .role = "guest");
    Membership_set_team(m, blue);
    Person_memberships_add(ada, m);
    assert_true(cf_commit(db));
    assert_string_equal(NAMES(Team, Person_teams(ada)), "blue red"); /* a view follows what was written */
    assert_string_equal(NAMES(Person, Team_people(blue)), "ada");
    Person_memberships_remove(ada, m);
    assert_true(cf_commit(db)); /* an orphan goes, though its key may not be NULL */
    assert_int_equal(cf_count(db, Membership, ""), 1);
    assert_string_equal(NAMES(Team, Person_teams(ada)), "red");
    cf_append(Person_teams(ada), blue);
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_non_null(strstr(cf_error(db)->message, "Person.teams is for looking only"));
    assert_true(cf_rollback(db));
    cf_delete(db, red);
    cf_delete(db, ada);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Membership, ""), 0);
}

static void filtered_lists(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada"), *bob = person(db, "bob");
    Task    *a = task(db, ada, "a", false);
    task(db, ada, "b", true);
    task(db, ada, "c", false);
    task(db, bob, "d", true);
    assert_true(cf_commit(db));
    assert_string_equal(texts(Person_open_tasks(ada), offsetof(Task, title)), "c a");
    assert_null(Person_open_tasks(bob)[0]);
    a->done = true;
    assert_int_equal(Person_open_tasks_count(ada), 2); /* as it is written */
    assert_true(cf_flush(db));
    assert_string_equal(texts(Person_open_tasks(ada), offsetof(Task, title)), "c");
    assert_int_equal(Person_open_tasks_count(ada), 1);
    /* in queries, too */
    assert_int_equal(cf_count(db, Person, "any(open_tasks)"), 1);
    assert_int_equal(cf_count(db, Person, "any(open_tasks, title = 'a')"), 0);
    assert_int_equal(cf_count(db, Person, "count(open_tasks) = 1"), 1);
    assert_int_equal(cf_count(db, Person, "none(open_tasks)"), 1);
    assert_ok(db);
}

/* ---- cascades --------------------------------------------------------------------------------------------- */

static void what_hangs_on_a_new_object_is_written_with_it(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Bill  *bill = cf_add(db, Bill, .name = "first");
    Line  *line = cf_add(db, Line, .name = "one");
    Bill_lines_add(bill, line);
    cf_delete(db, bill); /* never written: what hangs on it is not, either */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Bill, ""), 0);
    assert_int_equal(cf_count(db, Line, ""), 0);
}

static void orphans_go(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Bill    *a = cf_add(db, Bill, .name = "a"), *b = cf_add(db, Bill, .name = "b");
    Line    *one = cf_add(db, Line, .name = "one"), *two = cf_add(db, Line, .name = "two"),
         *three = cf_add(db, Line, .name = "three");
    Bill_lines_add(a, one);
    Bill_lines_add(a, two);
    Bill_lines_add(a, three);
    assert_true(cf_commit(db));
    Bill_lines_remove(a, one);
    Bill_lines_remove(a, two);
    Bill_lines_add(b, two); /* it has another owner: no orphan */
    Line_set_bill(three, NULL);
    Line *never = cf_add(db, Line, .name = "never");
    Bill_lines_add(b, never);
    Bill_lines_remove(b, never);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Line, ""), 1);
    assert_int_equal(cf_count(db, Line, "bill.name = 'b'"), 1);
    cf_delete(db, b);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Line, ""), 0);
}

static void the_one_that_is_replaced_goes(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Bill    *a = cf_add(db, Bill, .name = "a");
    Bill_set_stamp(a, cf_add(db, Stamp, .code = "first"));
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    Bill  *again = cf_get(other, Bill, a->id);
    Bill_set_stamp(again, cf_add(other, Stamp, .code = "second"));
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Stamp, "code = 'second' and bill.name = 'a'"), 1);
    assert_int_equal(cf_count(other, Stamp, ""), 1);
    Bill_set_stamp(again, NULL);
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Stamp, ""), 0);
    cf_close(other);
}

static void a_key_that_may_not_be_null_is_told_before_the_statement(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada"), *bob = person(db, "bob");
    Book   *a = cf_add(db, Book, .title = "a");
    Book_set_author(a, ada);
    assert_true(cf_commit(db));
    Person_written_remove(ada, a);
    int64_t before = cf_statements(db);
    assert_false(cf_commit(db));
    assert_int_equal(since(db, &before), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    assert_non_null(strstr(cf_error(db)->message, "Book.author_id may not be NULL: each Book must have its author"));
    assert_true(cf_rollback(db));
    Person_written_remove(ada, a);
    Person_written_add(bob, a); /* for a moment is no matter */
    assert_true(cf_commit(db));
    Book_set_author(a, NULL);
    a->author_id = ada->id; /* by hand */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Book, "author.name = 'ada'"), 1);
}

static void a_new_object_that_leaves_belongs_to_nobody(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada"), *bob = person(db, "bob");
    Book   *a = cf_add(db, Book, .title = "a");
    Person_written_add(bob, a);
    assert_true(cf_commit(db));
    Book *b = cf_add(db, Book, .title = "b");
    Person_written_add(ada, b);
    Person_written_remove(ada, b);
    assert_false(cf_flush(db)); /* not a row of ada's */
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    assert_true(cf_rollback(db));
    Person_written_add(ada, a);
    Person_written_remove(ada, a);
    assert_int_equal(a->author_id, bob->id);
    assert_false(cf_flush(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Book, ""), 1);
}

#define ERRANDS(person_) texts(Person_errands(person_), offsetof(Errand, what))

static void lists_are_as_the_database_has_them_after_a_commit(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada"), *bob = person(db, "bob");
    Errand *two = cf_add(db, Errand, .what = "two", .rank = 2), *one = cf_add(db, Errand, .what = "one", .rank = 1);
    Person_errands_add(ada, two);
    Person_errands_add(ada, one);
    assert_string_equal(ERRANDS(ada), "two one");
    assert_true(cf_commit(db));
    assert_string_equal(ERRANDS(ada), "one two");
    cf_add(db, Errand, .what = "zero", .person_id = CF_SOME(ada->id)); /* by the key alone */
    assert_true(cf_commit(db));
    assert_string_equal(ERRANDS(ada), "zero one two");
    one->rank = 3;
    two->person_id.value = bob->id;
    assert_true(cf_commit(db));
    assert_string_equal(ERRANDS(ada), "zero one");
    assert_string_equal(ERRANDS(bob), "two");
    int64_t before = cf_statements(db);
    cf_add(db, Task, .title = "t", .person_id = bob->id); /* another list */
    assert_true(cf_commit(db));
    assert_int_equal(since(db, &before), 1);
    assert_string_equal(ERRANDS(bob), "two");
    assert_int_equal(since(db, &before), 0);
}

static void a_key_is_emptied_though_the_database_would_delete(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada");
    Person_errands_add(ada, cf_add(db, Errand, .what = "a"));
    assert_true(cf_commit(db));
    cf_delete(db, ada);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Errand, "person_id is null"), 1);
}

static void what_was_let_go_keeps_what_it_holds(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada");
    Errand *a = cf_add(db, Errand, .what = "a");
    Person_errands_add(ada, a);
    assert_true(cf_commit(db));
    assert_string_equal(ERRANDS(ada), "a");
    cf_expunge_all(db);
    assert_string_equal(ERRANDS(ada), "a");
    assert_ptr_equal(Errand_person(a), ada);
    Errand *b = cf_add(db, Errand, .what = "b");
    Errand_set_person(b, ada); /* would be forgotten */
    assert_int_equal(cf_error(db)->code, CF_ERR_DETACHED);
    assert_true(cf_rollback(db));
    cf_delete(db, a); /* is taken back for it */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Errand, ""), 0);
    assert_false(cf_take_back(db, a));
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(db));
    assert_true(cf_take_back(db, ada));
    cf_delete(db, ada);
    assert_true(cf_flush(db));
    assert_true(cf_rollback(db));
    cf_expunge(db, ada);
    assert_true(cf_take_back(db, ada)); /* the rollback brought its row back */
}

static void the_database_deletes_without_loading(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Folder  *a = cf_add(db, Folder, .name = "a");
    for (int i = 0; i < 5; i++) Folder_entries_add(a, cf_add(db, Entry, .name = "e"));
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    Folder *again = cf_get(other, Folder, a->id);
    Entry  *known = cf_find(other, Entry, "order by id");
    int64_t before = cf_statements(other);
    cf_delete(other, again);
    assert_true(cf_commit(other));
    assert_int_equal(since(other, &before), 2); /* the entry in memory, and the folder */
    assert_null(cf_get(other, Entry, known->id));
    assert_int_equal(cf_count(other, Entry, ""), 0);
    cf_close(other);
}

static void many_owners_are_deleted_with_few_statements(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 20; i++) {
        Bill *b = cf_add(db, Bill, .name = "b");
        for (int k = 0; k < 3; k++) Bill_lines_add(b, cf_add(db, Line, .name = "l"));
    }
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    int64_t before = cf_statements(other);
    cf_each(Bill, b, cf_all(other, Bill, "order by id")) cf_delete(other, b);
    assert_true(cf_commit(other));
    assert_in_range(since(other, &before), 1, 7); /* bills, lines, stamps; DELETEs of both tables, in batches */
    assert_int_equal(cf_count(other, Line, ""), 0);
    cf_close(other);
}

static void children_follow_a_changed_key(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Release *r = cf_add(db, Release, .package = "loom", .version = "1");
    Release_artifacts_add(r, cf_add(db, Artifact, .file = "a"));
    Release_artifacts_add(r, cf_add(db, Artifact, .file = "b"));
    assert_true(cf_commit(db));
    cf_db   *other = other_session(f);
    Release *again = cf_get(other, Release, "loom", "1");
    again->version = "2";
    int64_t before = cf_statements(other);
    assert_true(cf_commit(other));
    if (cf_pool_dialect(f->database->pool)->id == CF_SQLITE)
        assert_int_equal(since(other, &before), 3); /* artifacts, the release, they follow it */
    assert_int_equal(cf_count(other, Artifact, "version = '2' and release.package = 'loom'"), 2);
    assert_string_equal(Release_artifacts(again)[1]->version, "2");
    assert_ptr_equal(Artifact_release(Release_artifacts(again)[1]), again);
    cf_close(other);
}

/* Rows of other tables change with what is deleted, and with keys: queries of these tables come after. */
static void queries_see_what_goes_along(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Folder  *folder = cf_add(db, Folder, .name = "in");
    Folder_entries_add(folder, cf_add(db, Entry, .name = "e"));
    Bill *bill = cf_add(db, Bill, .name = "b");
    Bill_set_stamp(bill, cf_add(db, Stamp, .code = "old"));
    Release *loom = cf_add(db, Release, .package = "loom", .version = "1");
    Release_artifacts_add(loom, cf_add(db, Artifact, .file = "a"));
    assert_true(cf_commit(db));
    loom->version = "2";
    assert_int_equal(cf_count(db, Artifact, "version = '2'"), 1);
    folder->name = "out"; /* changes nothing of entries: nothing is written yet */
    int64_t before = cf_statements(db);
    assert_int_equal(cf_count(db, Entry, ""), 1);
    assert_int_equal(since(db, &before), 1);
    cf_delete(db, folder);
    assert_int_equal(cf_count(db, Entry, ""), 0);
    Bill_set_stamp(bill, cf_add(db, Stamp, .code = "new"));
    assert_int_equal(cf_count(db, Stamp, "code = 'old'"), 0);
    cf_delete(db, bill);
    assert_int_equal(cf_count(db, Stamp, ""), 0);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Entry, ""), 1);
    assert_int_equal(cf_count(db, Stamp, "code = 'old'"), 1);
}

/* ---- foreign keys at fault --------------------------------------------------------------------------------- */

static void the_key_at_fault_is_named(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada");
    Book    *book = cf_add(db, Book, .title = "a");
    Book_set_author(book, ada);
    assert_true(cf_commit(db));
    cf_delete(db, ada);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_ptr_equal(cf_error(db)->object, ada);
    assert_non_null(strstr(cf_error(db)->message, "author_id"));
    cf_rollback(db);
    book->editor_id = (cf_null_int64)CF_SOME(12345);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_string_equal(cf_error(db)->columns, "editor_id");
    cf_rollback(db);
    cf_add(db, Artifact, .package = "loom", .version = "none", .file = "f");
    assert_false(cf_commit(db));
    assert_string_equal(cf_error(db)->columns, "package, version");
    cf_rollback(db);
    Book_set_author(book, NULL);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    assert_string_equal(cf_error(db)->columns, "author_id");
    cf_rollback(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(the_key_at_fault_is_named),
        session_test(two_keys_to_one_table),
        session_test(keys_of_two_columns),
        session_test(associations_with_keys_of_two_columns),
        session_test(a_model_associated_with_itself),
        session_test(associations_with_defaults),
        session_test(association_objects),
        session_test(filtered_lists),
        session_test(what_hangs_on_a_new_object_is_written_with_it),
        session_test(orphans_go),
        session_test(the_one_that_is_replaced_goes),
        session_test(a_key_that_may_not_be_null_is_told_before_the_statement),
        session_test(a_new_object_that_leaves_belongs_to_nobody),
        session_test(lists_are_as_the_database_has_them_after_a_commit),
        session_test(a_key_is_emptied_though_the_database_would_delete),
        session_test(what_was_let_go_keeps_what_it_holds),
        session_test(the_database_deletes_without_loading),
        session_test(many_owners_are_deleted_with_few_statements),
        session_test(children_follow_a_changed_key),
        session_test(queries_see_what_goes_along),
    };
    return RUN_TESTS("sides", tests, argc, argv);
}
