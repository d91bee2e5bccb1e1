/* Models whose relationships to one are joined, and rows of them. */
#ifndef CARAFE_TESTS_ORM_JOINED_H
#define CARAFE_TESTS_ORM_JOINED_H

#define OWN_MODELS
#include "fixture.h"

#include <carafe/page.h>
#include <carafe/relation.h>
#include <carafe/search.h>

CF_ENUM(Rank, {1, "junior"}, {2, "senior"});

typedef struct Land {
    char        code[3];
    const char *name;
} Land;

CF_MODEL(Land, CF_COLUMN(code, .primary_key = true), CF_COLUMN(name, .length = 40));

typedef struct Person {
    int64_t       id;
    const char   *name;
    int32_t       rank;
    cf_decimal    pay;
    cf_json       notes;
    const char   *land_code;
    cf_null_int64 boss_id;
} Person;

CF_MODEL(Person,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(name,      .length = 40),
    CF_COLUMN(rank,      .enum_names = CF_ENUM_NAMES(Rank)),
    CF_COLUMN(pay,       .precision = 12, .scale = 2),
    CF_COLUMN(notes,     .nullable = true),
    CF_COLUMN(land_code, .nullable = true, .length = 2, .references = "land.code"),
    CF_COLUMN(boss_id,   .references = "person.id"));

CF_ONE_TO_MANY(Land, people, Person, land);
CF_ONE_TO_MANY(Person, staff, Person, boss);

typedef struct Badge {
    int64_t     id;
    int64_t     person_id;
    const char *motto;
} Badge;

CF_MODEL(Badge,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(person_id, .references = "person.id", .unique = true),
    CF_COLUMN(motto,     .length = 40));

CF_ONE_TO_ONE(Person, badge, Badge, person);

typedef struct Release {
    const char *package, *version;
} Release;

CF_MODEL(Release, CF_COLUMN(package, .primary_key = true, .length = 20), CF_COLUMN(version, .primary_key = true, .length = 10));

typedef struct Post {
    int64_t       id;
    const char   *title;
    int64_t       author_id;
    cf_null_int64 editor_id;
    const char   *package, *version;
} Post;

CF_MODEL(Post,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(title,     .length = 40),
    CF_COLUMN(author_id, .references = "person.id"),
    CF_COLUMN(editor_id, .references = "person.id"),
    CF_COLUMN(package,   .nullable = true, .length = 20),
    CF_COLUMN(version,   .nullable = true, .length = 10),
    CF_FOREIGN_KEY((package, version), "release(package, version)"));

CF_ONE_TO_MANY(Person, posts, Post, author, .key = "author_id", .order_by = "id");
CF_ONE_TO_MANY(Person, edited, Post, editor, .key = "editor_id");
CF_ONE_TO_MANY(Release, posts, Post, release, .key = "package, version");

typedef struct Club {
    int64_t          id;
    const char      *name;
    cf_null_datetime deleted_at;
} Club;

CF_MODEL(Club, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 40), CF_COLUMN(deleted_at, .soft_delete = true));

typedef struct Member {
    int64_t     id;
    int64_t     club_id;
    const char *name;
} Member;

CF_MODEL(Member, CF_COLUMN(id, .primary_key = true), CF_COLUMN(club_id, .references = "club.id"), CF_COLUMN(name, .length = 40));
CF_ONE_TO_MANY(Club, members, Member, club);

/* Those that come by themselves: a bed's ward and its clinic and chief, and the next bed. */
typedef struct Clinic {
    int64_t     id;
    const char *name;
} Clinic;

CF_MODEL(Clinic, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 40));

typedef struct Chief {
    int64_t     clinic_id;
    const char *name;
    cf_json     vita;
} Chief;

CF_MODEL(Chief,
    CF_COLUMN(clinic_id, .primary_key = true, .references = "clinic.id"),
    CF_COLUMN(name,      .length = 40),
    CF_COLUMN(vita,      .nullable = true));

CF_ONE_TO_ONE(Clinic, chief, Chief, clinic, .load = CF_LOAD_JOINED, .other_load = CF_LOAD_JOINED);

typedef struct Ward {
    int64_t     id;
    int64_t     clinic_id;
    const char *name;
} Ward;

CF_MODEL(Ward, CF_COLUMN(id, .primary_key = true), CF_COLUMN(clinic_id, .references = "clinic.id"), CF_COLUMN(name, .length = 40));
CF_ONE_TO_MANY(Clinic, wards, Ward, clinic, .other_load = CF_LOAD_JOINED);

typedef struct Bed {
    int64_t       id;
    int64_t       ward_id;
    cf_null_int64 next_id;
} Bed;

CF_MODEL(Bed,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(ward_id, .references = "ward.id"),
    CF_COLUMN(next_id, .references = "bed.id"));

CF_ONE_TO_MANY(Ward, beds, Bed, ward, .other_load = CF_LOAD_JOINED, .order_by = "id");
CF_ONE_TO_MANY(Bed, before, Bed, next, .other_load = CF_LOAD_JOINED);

/* ---- helpers -------------------------------------------------------------------------------------------- */

CF_UNUSED static int64_t since(const cf_db *db, int64_t *before)
{
    int64_t n = cf_statements(db) - *before;
    *before = cf_statements(db);
    return n;
}

static cf_decimal pay(void)
{
    cf_decimal d = {0};
    assert_true(cf_decimal_parse("12.50", 5, &d));
    return d;
}

static Person *person(cf_db *db, const char *name, Person *boss)
{
    Person *p = cf_add(db, Person, .name = name, .rank = 2, .pay = pay(), .notes = {"{\"a\": 1}"});
    if (boss) Person_set_boss(p, boss);
    return p;
}

/* Ada of Italy leads Bob and Cid; Bob leads Dan. Ada and Dan have badges. Everybody but Dan wrote two posts. */
CF_UNUSED static void fill(cf_db *db)
{
    Land   *italy = cf_add(db, Land, .code = "it", .name = "Italy");
    Person *ada = person(db, "ada", NULL), *bob = person(db, "bob", ada);
    Person *cid = person(db, "cid", ada), *dan = person(db, "dan", bob);
    Person_set_land(ada, italy);
    Person_set_land(dan, italy);
    Badge_set_person(cf_add(db, Badge, .motto = "on"), ada);
    Badge_set_person(cf_add(db, Badge, .motto = "off"), dan);
    Release *one = cf_add(db, Release, .package = "carafe", .version = "1.0");
    Person  *authors[] = {ada, bob, cid};
    for (int i = 0; i < 6; i++) {
        Post *p = cf_add(db, Post, .title = i % 2 ? "b" : "a");
        Post_set_author(p, authors[i / 2]);
        if (i % 2) Post_set_editor(p, dan);
        if (i == 3) Post_set_release(p, one);
        cf_flush(db);
    }
    assert_true(cf_commit(db));
    assert_ok(db);
}

#endif
