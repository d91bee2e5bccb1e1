/* When relationships are read: by touch, by the query, never; counts; statements that are too many. */
#include "sides.h"

/* What comes with its owners. */
typedef struct Shelf {
    int64_t     id;
    const char *name;
} Shelf;

CF_MODEL(Shelf, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));

typedef struct Volume {
    int64_t     id;
    int64_t     shelf_id;
    const char *title;
} Volume;

CF_MODEL(Volume, CF_COLUMN(id, .primary_key = true), CF_COLUMN(shelf_id, .references = "shelf.id"), CF_COLUMN(title, .length = 50));

typedef struct Leaf {
    int64_t id;
    int64_t volume_id;
} Leaf;

CF_MODEL(Leaf, CF_COLUMN(id, .primary_key = true), CF_COLUMN(volume_id, .references = "volume.id"));

CF_ONE_TO_MANY(Shelf, volumes, Volume, shelf, .load = CF_LOAD_EAGER);
CF_ONE_TO_MANY(Volume, leaves, Leaf, volume, .load = CF_LOAD_EAGER);

static void eager_lists_come_with_their_owners(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        Shelf *shelf = cf_add(f->db, Shelf, .name = "s");
        for (int k = 0; k < i; k++) {
            Volume *v = cf_add(f->db, Volume, .title = "v");
            Shelf_volumes_add(shelf, v);
            Volume_leaves_add(v, cf_add(f->db, Leaf, .id = 0));
        }
    }
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    CF_LIST(Shelf) shelves = cf_all(db, Shelf, "order by id");
    int64_t before = cf_statements(db);
    assert_int_equal(before, 3); /* shelves, volumes, leaves */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cf_list_count(Shelf_volumes(shelves[i])), i);
        cf_each(Volume, v, Shelf_volumes(shelves[i])) assert_int_equal(cf_list_count(Volume_leaves(v)), 1);
    }
    assert_int_equal(since(db, &before), 0);
    cf_expunge_all(db);
    Shelf *last = cf_get(db, Shelf, shelves[2]->id);
    assert_int_equal(since(db, &before), 3);
    assert_int_equal(cf_list_count(Shelf_volumes(last)), 2);
    cf_expunge_all(db);
    last = cf_find(db, Shelf, "order by id desc");
    assert_int_equal(since(db, &before), 3);
    assert_int_equal(cf_list_count(Shelf_volumes(last)), 2);
    assert_int_equal(since(db, &before), 0);
    assert_ok(db);
    cf_close(db);
}

static void touching_may_be_forbidden(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada");
    task(db, ada, "a", false);
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    Person *p = cf_find(other, Person, "name = 'ada'");
    assert_null(Person_tasks(p));
    assert_int_equal(cf_error(other)->code, CF_ERR_NOT_LOADED);
    assert_non_null(strstr(cf_error(other)->message, "Person.tasks of a Person"));
    assert_non_null(strstr(cf_error(other)->message, "with load(tasks)"));
    assert_true(cf_rollback(other));
    Task *b = cf_add(other, Task, .title = "b");
    Person_tasks_add(p, b); /* adding loads nothing */
    assert_true(cf_commit(other));
    assert_int_equal(b->person_id, ada->id);
    assert_int_equal(Person_tasks_count(p), 2);
    cf_close(other);
    other = other_session(f);
    cf_forbid_loading(other, true);
    CF_LIST(Book) books = Person_written(cf_find(other, Person, "order by id"));
    assert_null(books);
    assert_int_equal(cf_error(other)->code, CF_ERR_NOT_LOADED);
    assert_true(cf_rollback(other));
    Task *t = cf_find(other, Task, "order by id");
    cf_find(other, Person, "order by id");
    assert_string_equal(Task_person(t)->name, "ada"); /* in the session already: no statement, no error */
    cf_close(other);
}

static void statements_may_be_forbidden(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada");
    Person_errands_add(ada, cf_add(db, Errand, .what = "a"));
    cf_add(db, Errand, .what = "b");
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    assert_null(Errand_person(cf_find(other, Errand, "what = 'b'"))); /* that takes none */
    Errand *a = cf_find(other, Errand, "what = 'a'");
    assert_int_equal(cf_error(other)->code, CF_OK);
    assert_null(Errand_person(a));
    assert_int_equal(cf_error(other)->code, CF_ERR_NOT_LOADED);
    assert_non_null(strstr(cf_error(other)->message, "CF_LOAD_RAISE_SQL"));
    assert_true(cf_rollback(other));
    Person *same = cf_get(other, Person, ada->id);
    assert_ptr_equal(Errand_person(a), same);
    cf_close(other);
}

static void lists_that_never_load(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *ada = person(db, "ada");
    Event   *first = cf_add(db, Event, .what = "first");
    Person_events_add(ada, first);
    assert_true(cf_commit(db));
    int64_t before = cf_statements(db);
    Person_events_add(ada, cf_add(db, Event, .what = "second"));
    assert_int_equal(since(db, &before), 0);
    assert_int_equal(Person_events_count(ada), 2);
    assert_int_equal(cf_count(db, Event, "person.name = 'ada' and what like 's%'"), 1);
    cf_delete(db, first);
    assert_true(cf_commit(db));
    assert_null(Person_events(ada));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_LOADED);
    assert_non_null(strstr(cf_error(db)->message, "Person.events never loads"));
    assert_true(cf_rollback(db));
}

static void counts_take_one_statement_for_all(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 30; i++) {
        Person *p = person(db, "p");
        for (int k = 0; k < i % 3; k++) task(db, p, "t", k > 0);
        for (int k = 0; k < i % 2; k++) Person_follows_add(p, person(db, "q"));
    }
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    int     tasks = 0, follows = 0, open = 0;
    int64_t before = cf_statements(other);
    cf_each(Person, p, cf_all(other, Person, "order by id")) {
        tasks += (int)Person_tasks_count(p);
        follows += (int)Person_follows_count(p);
        open += (int)Person_open_tasks_count(p);
    }
    assert_int_equal(tasks, 30);
    assert_int_equal(follows, 15);
    assert_int_equal(open, 20);
    assert_int_equal(since(other, &before), 4);
    Person *p = cf_find(other, Person, "count(follows) = 1 order by id");
    assert_int_equal(Person_follows_count(p), 1);
    Person_follows_add(p, cf_add(other, Person, .name = "r"));
    assert_int_equal(Person_follows_count(p), 2);
    cf_close(other);
}

/* ---- statements that are too many -------------------------------------------------------------------------- */

static char difference[1000];

static void differ(const char *message, const char *file, int line)
{
    assert_non_null(strstr(file, "test_loading.c"));
    assert_true(line > 0);
    snprintf(difference, sizeof difference, "%s", message);
}

static void numbers_of_statements_are_asserted(void **state)
{
    fixture            *f = *state;
    cf_db              *db = f->db;
    cf_differ_function *before = cf_statements_differ;
    for (int i = 0; i < 3; i++) Person_written_add(person(db, "p"), cf_add(db, Book, .title = "t"));
    assert_true(cf_commit(db));
    cf_statements_differ = differ;
    difference[0] = '\0';
    CF_ASSERT_STATEMENTS(f->database, 2)
    {
        cf_db *other = other_session(f);
        cf_each(Person, p, cf_all(other, Person, "order by id")) assert_non_null(Person_written(p)[0]);
        cf_close(other);
    }
    assert_string_equal(difference, "");
    CF_ASSERT_STATEMENTS(f->database, 0)(void) cf_count(db, Person, "");
    assert_non_null(strstr(difference, "1 statement was sent, 0 wanted:\n  1. "));
    assert_non_null(strstr(difference, "test_loading.c:"));
    assert_non_null(strstr(difference, "SELECT count(*)"));
    cf_statements_differ = before;
}

static char warning[700];
static int  warnings;

static void keep_warning(void *context, const char *line)
{
    (void)context;
    snprintf(warning, sizeof warning, "%s", line);
    warnings++;
}

static void repetition_is_warned_of_in_development(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 8; i++) Person_written_add(person(db, "p"), cf_add(db, Book, .title = "t"));
    assert_true(cf_commit(db));
    if (strcmp(test_url(), "sqlite://") == 0) return; /* a second database in memory would be another */
    cf_database *database = cf_open(test_url(), .development = true, .log = keep_warning);
    cf_db       *other = cf_session(database);
    warnings = 0;
    for (int id = 1; id <= 8; id++) assert_non_null(Person_written(cf_get(other, Person, id)));
    assert_int_equal(warnings, 2); /* one of the query, one of the relationship, each once */
    assert_non_null(strstr(warning, "Person.written was loaded by 6 statements in one session"));
    assert_non_null(strstr(warning, "test_loading.c:"));
    assert_non_null(strstr(warning, "with load(written)"));
    cf_close(other);
    cf_shutdown(database);
}

/* ---- where statements come from ---------------------------------------------------------------------------- */

static void last_sent(cf_recording *r, const char *relationship, int line)
{
    const cf_recorded_statement *s = cf_recorded(r, cf_recorded_count(r) - 1);
    assert_string_equal(s->verb, "SELECT");
    if (relationship) assert_string_equal(s->relationship, relationship);
    else assert_null(s->relationship);
    assert_non_null(strstr(s->file, "test_loading.c"));
    assert_int_equal(s->line, line);
}

static void statements_tell_what_they_are_for(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++) Person_written_add(person(f->db, "p"), cf_add(f->db, Book, .title = "t"));
    assert_true(cf_commit(f->db));
    cf_db        *db = other_session(f);
    cf_recording *r = cf_record(f->database);
    CF_LIST(Person) people = cf_all(db, Person, "order by id");
    int line = __LINE__ - 1;
    assert_int_equal(cf_count(db, Book, ""), 3);
    last_sent(r, NULL, __LINE__ - 1);
    assert_non_null(Person_written(people[1])[0]);
    last_sent(r, "Person.written", line);
    assert_int_equal(Person_events_count(people[2]), 0);
    last_sent(r, "Person.events", line);
    assert_null(Book_editor(Person_written(people[2])[0])); /* no key, no statement */
    assert_null(Person_teams(people[0])[0]);
    last_sent(r, "Person.teams", line);
    assert_int_equal(cf_count(db, Book, ""), 3);
    last_sent(r, NULL, __LINE__ - 1);
    cf_close(db);
    db = other_session(f);
    Person *one = cf_find(db, Person, "order by id");
    line = __LINE__ - 1;
    assert_int_equal(cf_count(db, Book, ""), 3);
    assert_non_null(Person_written(one)[0]);
    last_sent(r, "Person.written", line);
    cf_all(db, Person, "with load(follows)");
    last_sent(r, "Person.follows", __LINE__ - 1);
    cf_close(db);
    cf_record_end(r);
}

static void the_log_names_relationships(void **state)
{
    (void)state;
    setenv("CARAFE_ECHO", "1", 1);
    cf_database *database = cf_open(test_url(), .log = keep_warning);
    unsetenv("CARAFE_ECHO");
    cf_db *db = cf_session(database);
    cf_create_all(db);
    person(db, "p");
    assert_true(cf_commit(db));
    char    place[100];
    Person *p = cf_find(db, Person, "");
    snprintf(place, sizeof place, "test_loading.c:%d: Person.follows: ", __LINE__ - 1);
    assert_int_equal(cf_count(db, Person, ""), 1);
    assert_null(Person_follows(p)[0]);
    assert_non_null(strstr(warning, place));
    assert_non_null(strstr(warning, " ms, 0 rows: SELECT"));
    cf_close(db);
    cf_shutdown(database);
}

static void loading_by_the_query(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (int i = 0; i < 3; i++) {
        Person *p = person(db, "p");
        task(db, p, "t", false);
        Person_written_add(p, cf_add(db, Book, .title = "b"));
        Book_set_editor(Person_written(p)[0], person(db, "e"));
    }
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    CF_LIST(Person) people = NULL;
    CF_ASSERT_STATEMENTS(f->database, 4)
    people = cf_all(other, Person, "name = 'p' order by id with load(tasks, written.editor)");
    assert_ok(other);
    CF_ASSERT_STATEMENTS(f->database, 0)
    {
        cf_each(Person, p, people) {
            assert_string_equal(Person_tasks(p)[0]->title, "t"); /* may not be loaded by a touch */
            assert_string_equal(Book_editor(Person_written(p)[0])->name, "e");
        }
    }
    assert_ok(other);
    cf_close(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(eager_lists_come_with_their_owners),
        session_test(touching_may_be_forbidden),
        session_test(statements_may_be_forbidden),
        session_test(lists_that_never_load),
        session_test(counts_take_one_statement_for_all),
        session_test(numbers_of_statements_are_asserted),
        session_test(repetition_is_warned_of_in_development),
        session_test(statements_tell_what_they_are_for),
        session_test(the_log_names_relationships),
        session_test(loading_by_the_query),
    };
    return RUN_TESTS("loading", tests, argc, argv);
}
