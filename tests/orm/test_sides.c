/* Relationships of every form: keys of two columns, two keys, views, associations, cascades, ways of loading. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>
#include <carafe/testing.h>

typedef struct Person {
    int64_t     id;
    const char *name;
} Person;

CF_MODEL(Person, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));

/* Two keys to one table. */
typedef struct Book {
    int64_t       id;
    const char   *title;
    int64_t       author_id;
    cf_null_int64 editor_id;
} Book;

CF_MODEL(Book,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(title,     .length = 50),
    CF_COLUMN(author_id, .references = "person.id"),
    CF_COLUMN(editor_id, .references = "person.id"));

CF_ONE_TO_MANY(Person, written, Book, author, .key = "author_id", .order_by = "title desc");
CF_ONE_TO_MANY(Person, edited, Book, editor, .key = "editor_id");

/* Keys of two columns. */
typedef struct Release {
    const char *package, *version;
} Release;

CF_MODEL(Release, CF_COLUMN(package, .primary_key = true, .length = 40), CF_COLUMN(version, .primary_key = true, .length = 20));

typedef struct Artifact {
    int64_t     id;
    const char *package, *version;
    const char *file;
} Artifact;

CF_MODEL(Artifact,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(package, .length = 40, .nullable = true),
    CF_COLUMN(version, .length = 20, .nullable = true),
    CF_COLUMN(file,    .length = 50),
    CF_FOREIGN_KEY((package, version), "release(package, version)"));

CF_ONE_TO_MANY(Release, artifacts, Artifact, release, .key = "package, version");

CF_ASSOCIATION(release_fan, "package -> release.package", "version -> release.version", "person.id");
CF_MANY_TO_MANY(Release, fans, Person, releases, release_fan, .order_by = "name", .other_order_by = "version desc");

/* A model associated with itself. */
CF_ASSOCIATION(follow, "follower_id -> person.id", "followed_id -> person.id");
CF_MANY_TO_MANY(Person, follows, Person, followers, follow);

/* An association that is an object of its own. */
typedef struct Team {
    int64_t     id;
    const char *name;
} Team;

CF_MODEL(Team, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));

typedef struct Membership {
    int64_t     person_id, team_id;
    const char *role;
} Membership;

CF_MODEL(Membership,
    CF_COLUMN(person_id, .primary_key = true, .references = "person.id"),
    CF_COLUMN(team_id,   .primary_key = true, .references = "team.id"),
    CF_COLUMN(role,      .length = 20));

CF_ONE_TO_MANY(Person, memberships, Membership, person, .delete_orphans = true);
CF_ONE_TO_MANY(Team, memberships, Membership, team, .on_delete = CF_CASCADE);
CF_MANY_TO_MANY(Person, teams, Team, people, Membership, .view_only = true, .order_by = "name",
                .other_order_by = "name");

/* Parts that are nothing without the whole. */
typedef struct Bill {
    int64_t     id;
    const char *name;
} Bill;

CF_MODEL(Bill, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));

typedef struct Line {
    int64_t     id;
    int64_t     bill_id;
    const char *name;
} Line;

CF_MODEL(Line, CF_COLUMN(id, .primary_key = true), CF_COLUMN(bill_id, .references = "bill.id"), CF_COLUMN(name, .length = 50));

CF_ONE_TO_MANY(Bill, lines, Line, bill, .delete_orphans = true);

typedef struct Stamp {
    int64_t     id;
    int64_t     bill_id;
    const char *code;
} Stamp;

CF_MODEL(Stamp,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(bill_id, .references = "bill.id", .unique = true),
    CF_COLUMN(code,    .length = 50));

CF_ONE_TO_ONE(Bill, stamp, Stamp, bill, .delete_orphans = true);

/* Rows that the database deletes. */
typedef struct Entry {
    int64_t     id;
    int64_t     folder_id;
    const char *name;
} Entry;

typedef struct Folder {
    int64_t     id;
    const char *name;
} Folder;

CF_MODEL(Folder, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 50));
CF_MODEL(Entry,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(folder_id, .references = "folder.id", .on_delete = CF_CASCADE),
    CF_COLUMN(name,      .length = 50));

CF_ONE_TO_MANY(Folder, entries, Entry, folder, .on_delete = CF_CASCADE);

/* Ways of loading. */
typedef struct Task {
    int64_t     id;
    int64_t     person_id;
    const char *title;
    bool        done;
} Task;

CF_MODEL(Task,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(person_id, .references = "person.id"),
    CF_COLUMN(title,     .length = 50),
    CF_COLUMN(done));

CF_ONE_TO_MANY(Person, tasks, Task, person, .load = CF_LOAD_RAISE);
CF_VIEW(Person, open_tasks, Task, .where = "not done", .order_by = "title desc");

typedef struct Event {
    int64_t     id;
    int64_t     person_id;
    const char *what;
} Event;

CF_MODEL(Event,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(person_id, .references = "person.id"),
    CF_COLUMN(what,      .length = 50));

CF_ONE_TO_MANY(Person, events, Event, person, .load = CF_LOAD_NEVER);

/* ---- helpers --------------------------------------------------------------------------------------- */

static Person *person(cf_db *db, const char *name)
{
    return cf_add(db, Person, .name = name);
}

static Task *task(cf_db *db, Person *p, const char *title, bool done)
{
    Task *t = cf_add(db, Task, .title = title, .done = done);
    Task_set_person(t, p);
    return t;
}

/* Texts at an offset of each object of a list, such as "a b". */
static const char *texts(void *list, size_t offset)
{
    static char buffers[4][256];
    static int  next;
    char       *text = buffers[next++ % 4];
    size_t      n = 0;
    text[0] = '\0';
    for (void **o = list; o && *o; o++) {
        const char *one = *(const char *const *)(const void *)((const char *)*o + offset);
        n += (size_t)snprintf(text + n, 256 - n, "%s%s", n ? " " : "", one);
    }
    return text;
}

#define NAMES(T, list) texts((list), offsetof(T, name))

static int64_t since(const cf_db *db, int64_t *before)
{
    int64_t n = cf_statements(db) - *before;
    *before = cf_statements(db);
    return n;
}

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
    assert_non_null(strstr(cf_error(db)->message, "Book.author_id may not be NULL: a Book must have a author"));
    assert_true(cf_rollback(db));
    Person_written_remove(ada, a);
    Person_written_add(bob, a); /* for a moment is no matter */
    assert_true(cf_commit(db));
    Book_set_author(a, NULL);
    a->author_id = ada->id; /* by hand */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Book, "author.name = 'ada'"), 1);
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

/* ---- loading ------------------------------------------------------------------------------------------------ */

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
    assert_true(cf_commit(other));
    assert_int_equal(cf_count(other, Artifact, "version = '2' and release.package = 'loom'"), 2);
    assert_string_equal(Release_artifacts(again)[1]->version, "2");
    assert_ptr_equal(Artifact_release(Release_artifacts(again)[1]), again);
    cf_close(other);
}

/* ---- statements that are too many -------------------------------------------------------------------------- */

static char difference[1000];

static void differ(const char *message, const char *file, int line)
{
    assert_non_null(strstr(file, "test_sides.c"));
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
    assert_non_null(strstr(difference, "test_sides.c:"));
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
    assert_non_null(strstr(warning, "test_sides.c:"));
    assert_non_null(strstr(warning, "with load(written)"));
    cf_close(other);
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
        session_test(two_keys_to_one_table),
        session_test(keys_of_two_columns),
        session_test(associations_with_keys_of_two_columns),
        session_test(a_model_associated_with_itself),
        session_test(association_objects),
        session_test(filtered_lists),
        session_test(what_hangs_on_a_new_object_is_written_with_it),
        session_test(orphans_go),
        session_test(the_one_that_is_replaced_goes),
        session_test(a_key_that_may_not_be_null_is_told_before_the_statement),
        session_test(the_database_deletes_without_loading),
        session_test(many_owners_are_deleted_with_few_statements),
        session_test(children_follow_a_changed_key),
        session_test(touching_may_be_forbidden),
        session_test(lists_that_never_load),
        session_test(counts_take_one_statement_for_all),
        session_test(numbers_of_statements_are_asserted),
        session_test(repetition_is_warned_of_in_development),
        session_test(loading_by_the_query),
    };
    return RUN_TESTS("sides", tests, argc, argv);
}
