/* The keys that relationships are loaded by: lists, ranges, or all there are; the objects are the same. */
#include "sides.h"

#define PEOPLE 1400
#define BOOKS 3000

/* Nobody's books lie side by side; every third book has an editor, and person 7 wrote nothing. */
static int64_t author_of(int64_t book)
{
    int64_t author = book * 79 % PEOPLE + 1;
    return author == 7 ? 8 : author;
}

static int64_t editor_of(int64_t book)
{
    return book % 3 ? 0 : book * 31 % PEOPLE + 1;
}

static void fill(cf_db *db)
{
    for (int64_t i = 1; i <= PEOPLE; i++) cf_add(db, Person, .id = i, .name = "p");
    for (int64_t i = 1; i <= BOOKS; i++) {
        Book *b = cf_add(db, Book, .id = i, .title = cf_arena_printf(cf_session_arena(db), "%04lld", (long long)i),
                         .author_id = author_of(i));
        if (editor_of(i)) b->editor_id = (cf_null_int64)CF_SOME(editor_of(i));
    }
    assert_true(cf_commit(db));
}

/* Those that the person wrote, the last title first. */
static void check_written(Person *p)
{
    CF_LIST(Book) books = Person_written(p);
    size_t n = 0;
    assert_non_null(books);
    for (int64_t i = BOOKS; i; i--) {
        if (author_of(i) != p->id) continue;
        assert_non_null(books[n]);
        assert_int_equal(books[n++]->id, i);
    }
    assert_null(books[n]);
}

static void check_edited(Person *p)
{
    CF_LIST(Book) books = Person_edited(p);
    size_t n = 0;
    assert_non_null(books);
    for (int64_t i = 1; i <= BOOKS; i++) {
        if (editor_of(i) != p->id) continue;
        assert_non_null(books[n]);
        assert_int_equal(books[n++]->id, i);
    }
    assert_null(books[n]);
}

static void count_written(Person *p)
{
    int64_t n = 0;
    for (int64_t i = 1; i <= BOOKS; i++) n += author_of(i) == p->id;
    assert_int_equal(Person_written_count(p), n);
}

/* Load people and something of theirs, and tell how: so many statements, the last of which has that word. */
#define check_loading(f, check, statements, word, ...)                              \
    do {                                                                            \
        cf_db        *db_ = other_session(f);                                       \
        cf_recording *sent_ = cf_record((f)->database);                             \
        size_t        people_ = 0;                                                  \
        cf_each(Person, p_, cf_all(db_, Person, __VA_ARGS__)) check(p_), people_++; \
        assert_ok(db_);                                                             \
        assert_true(people_ > 0);                                                   \
        assert_int_equal(cf_recorded_verb(sent_, "SELECT"), (statements) + 1);      \
        assert_non_null(strstr(cf_recorded(sent_, statements)->text, word));        \
        cf_record_end(sent_);                                                       \
        cf_close(db_);                                                              \
    } while (0)

static void a_whole_table_is_read_as_it_lies(void **state)
{
    fixture *f = *state;
    fill(f->db);
    check_loading(f, check_written, 1, "IS NOT NULL", "order by id desc");
    check_loading(f, check_written, 1, "IS NOT NULL", "");
    check_loading(f, check_written, 1, "BETWEEN", "order by id limit 1200"); /* not all of them */
    check_loading(f, check_edited, 1, "BETWEEN", "order by id");             /* books may have no editor */
}

static void keys_in_a_row_are_a_range(void **state)
{
    fixture *f = *state;
    fill(f->db);
    check_loading(f, check_written, 1, "BETWEEN", "id > 20 order by id");
    check_loading(f, check_edited, 1, "BETWEEN", "id > 20 order by id desc");
    check_loading(f, check_written, 1, "IN (", "id < 60 order by id");
    check_loading(f, check_written, 2, "IN (", "id % 2 = 0 order by id");
    check_loading(f, check_written, 2, "IN (", "id <= 600 or id in (604, 606, 608) order by id");
}

static void counts_take_the_same_keys(void **state)
{
    fixture *f = *state;
    fill(f->db);
    check_loading(f, count_written, 1, "IS NOT NULL", "");
    check_loading(f, count_written, 1, "BETWEEN", "id > 20 order by id");
    check_loading(f, count_written, 1, "IN (", "id in (3, 5, 7, 8)");
}

static void the_one_that_a_key_names(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db        *db = other_session(f);
    cf_recording *sent = cf_record(f->database);
    cf_each(Book, b, cf_all(db, Book, "order by author_id desc"))
        assert_int_equal(Book_author(b)->id, author_of(b->id));
    assert_int_equal(cf_recorded_verb(sent, "SELECT"), 3); /* books, authors by a range and a list */
    cf_each(Book, b, cf_all(db, Book, "id < 500")) {
        Person *editor = Book_editor(b);
        assert_int_equal(editor ? editor->id : 0, editor_of(b->id));
    }
    assert_ok(db);
    cf_record_end(sent);
    cf_close(db);
}

static void one_or_none_of_each(void **state)
{
    fixture *f = *state;
    for (int64_t i = 1; i <= 100; i++) {
        cf_add(f->db, Bill, .id = i, .name = "b");
        if (i % 4 == 0) cf_add(f->db, Stamp, .bill_id = i, .code = i == 8 ? "eight" : "s");
        for (int64_t k = 0; k < i % 3; k++) cf_add(f->db, Line, .bill_id = 101 - i, .name = "l");
    }
    assert_true(cf_commit(f->db));
    cf_db        *db = other_session(f);
    cf_recording *sent = cf_record(f->database);
    cf_each(Bill, b, cf_all(db, Bill, "order by id")) {
        Stamp *stamp = Bill_stamp(b);
        assert_int_equal(stamp != NULL, b->id % 4 == 0);
        if (stamp) assert_string_equal(stamp->code, b->id == 8 ? "eight" : "s");
        assert_int_equal(cf_list_count(Bill_lines(b)), (101 - b->id) % 3);
    }
    assert_ok(db);
    assert_int_equal(cf_recorded_verb(sent, "SELECT"), 3);
    cf_record_end(sent);
    cf_close(db);
}

static void keys_of_two_columns_and_of_associations(void **state)
{
    fixture *f = *state;
    Person  *people[100];
    for (size_t i = 0; i < 100; i++) people[i] = person(f->db, "p");
    for (size_t i = 0; i < 100; i++) {
        Release *r =
            cf_add(f->db, Release, .package = cf_arena_printf(cf_session_arena(f->db), "p%03zu", i), .version = "1");
        for (size_t k = 0; k < i % 3; k++)
            Release_artifacts_add(r, cf_add(f->db, Artifact, .file = k ? "second" : "first"));
        assert_true(cf_flush(f->db));
        for (size_t k = 0; k < 3; k++) /* with the highest first */
            Person_follows_add(people[i], people[(i * 7 + 90 - k) % 100]);
    }
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    int    i = 0;
    cf_each(Release, r, cf_all(db, Release, "order by package")) {
        CF_LIST(Artifact) files = Release_artifacts(r);
        assert_int_equal(cf_list_count(files), i++ % 3);
        if (files[0]) assert_string_equal(files[0]->file, "first");
    }
    i = 0;
    cf_each(Person, p, cf_all(db, Person, "order by id")) {
        CF_LIST(Person) followed = Person_follows(p);
        assert_int_equal(cf_list_count(followed), 3);
        for (int k = 0; k < 3; k++) {
            int64_t wanted = people[(i * 7 + 90 - k) % 100]->id, found = 0;
            for (int n = 0; n < 3; n++) found += followed[n]->id == wanted;
            assert_int_equal(found, 1);
        }
        i++;
    }
    assert_ok(db);
    cf_close(db);
}

static void owners_that_came_meanwhile(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    CF_LIST(Person) people = cf_all(db, Person, "order by id");
    Person *late = cf_add(f->db, Person, .id = PEOPLE + 1, .name = "late");
    cf_add(f->db, Book, .id = BOOKS + 1, .title = "late", .author_id = late->id);
    assert_true(cf_commit(f->db));
    cf_each(Person, p, people) check_written(p);
    Person *found = cf_get(db, Person, PEOPLE + 1);
    assert_int_equal(cf_list_count(Person_written(found)), 1);
    assert_string_equal(Person_written(found)[0]->title, "late");
    assert_ok(db);
    cf_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(a_whole_table_is_read_as_it_lies),
        session_test(keys_in_a_row_are_a_range),
        session_test(counts_take_the_same_keys),
        session_test(the_one_that_a_key_names),
        session_test(one_or_none_of_each),
        session_test(keys_of_two_columns_and_of_associations),
        session_test(owners_that_came_meanwhile),
    };
    return RUN_TESTS("keys", tests, argc, argv);
}
