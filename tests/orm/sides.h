/* Models with relationships of every form, and what their tests share. */
#ifndef CARAFE_TESTS_ORM_SIDES_H
#define CARAFE_TESTS_ORM_SIDES_H

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

/* An association that fills the rest of its row by itself. */
typedef struct Vote {
    cf_uuid     id;
    int64_t     person_id, team_id;
    const char *reason;
    int32_t     weight;
    cf_datetime at;
} Vote;

CF_MODEL(Vote,
    CF_COLUMN(id,        .primary_key = true, .default_uuid7 = true),
    CF_COLUMN(person_id, .references = "person.id"),
    CF_COLUMN(team_id,   .references = "team.id"),
    CF_COLUMN(reason,    .length = 20, .default_text = "liked"),
    CF_COLUMN(weight,    .default_int = 3),
    CF_COLUMN(at,        .default_now = true));

CF_MANY_TO_MANY(Person, voted, Team, voters, Vote, .order_by = "name");

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

typedef struct Errand {
    int64_t       id;
    cf_null_int64 person_id;
    const char   *what;
    int32_t       rank;
} Errand;

CF_MODEL(Errand,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(person_id, .references = "person.id", .on_delete = CF_CASCADE),
    CF_COLUMN(what,      .length = 50),
    CF_COLUMN(rank));

CF_ONE_TO_MANY(Person, errands, Errand, person, .order_by = "rank", .on_delete = CF_SET_NULL,
               .other_load = CF_LOAD_RAISE_SQL);

/* ---- helpers --------------------------------------------------------------------------------------- */

CF_UNUSED static Person *person(cf_db *db, const char *name)
{
    return cf_add(db, Person, .name = name);
}

CF_UNUSED static Task *task(cf_db *db, Person *p, const char *title, bool done)
{
    Task *t = cf_add(db, Task, .title = title, .done = done);
    Task_set_person(t, p);
    return t;
}

/* Texts at an offset of each object of a list, such as "a b". */
CF_UNUSED static const char *texts(void *list, size_t offset)
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

CF_UNUSED static int64_t since(const cf_db *db, int64_t *before)
{
    int64_t n = cf_statements(db) - *before;
    *before = cf_statements(db);
    return n;
}

#endif
