/* The unit of work: what is written before what, circles, values that change hands, versions, who is at fault. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>
#include <carafe/testing.h>

#include "orm/session.h"

typedef struct Person {
    int64_t       id;
    const char   *email;
    int32_t       badge;
    cf_null_int64 locker;
    cf_null_int64 boss_id;
} Person;

CF_MODEL(Person,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(email,   .length = 60, .unique = true),
    CF_COLUMN(badge,   .unique = true, .check = "badge >= 0"),
    CF_COLUMN(locker,  .unique = true),
    CF_COLUMN(boss_id, .references = "person.id"));

typedef struct Team {
    int64_t       id;
    const char   *name;
    cf_null_int64 captain_id;
} Team;

CF_MODEL(Team,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 40, .unique = true),
    CF_COLUMN(captain_id, .references = "player.id"));

typedef struct Player {
    int64_t     id;
    const char *name;
    int64_t     team_id;
} Player;

CF_MODEL(Player,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(name,    .length = 40),
    CF_COLUMN(team_id, .references = "team.id"),
    CF_UNIQUE(team_id, name));

CF_ONE_TO_MANY(Team, players, Player, team, .key = "team_id");
CF_ONE_TO_ONE(Player, leads, Team, captain);

typedef struct Land {
    char        code[3];
    const char *name;
} Land;

CF_MODEL(Land, CF_COLUMN(code, .primary_key = true), CF_COLUMN(name, .length = 40));

typedef struct City {
    const char *name;
    const char *land;
} City;

CF_MODEL(City,
    CF_COLUMN(name, .primary_key = true, .length = 40),
    CF_COLUMN(land, .length = 2, .references = "land.code"));

typedef enum Medal { GOLD, SILVER, BRONZE } Medal;
CF_ENUM(Medal, {GOLD, "gold"}, {SILVER, "silver"}, {BRONZE, "bronze"});

typedef struct Prize {
    int64_t     id;
    int         medal;
    const char *winner;
    cf_datetime seen_at;
} Prize;

CF_MODEL(Prize,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(medal,   .unique = true, .enum_names = CF_ENUM_NAMES(Medal)),
    CF_COLUMN(winner,  .length = 40),
    CF_COLUMN(seen_at, .server_default = "'2020-01-01 00:00:00'"));

typedef struct Document {
    int64_t     id;
    const char *title;
    int32_t     revision;
} Document;

CF_MODEL(Document,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(title,    .length = 40, .unique = true),
    CF_COLUMN(revision, .version = true));

typedef struct Letter {
    int64_t     id;
    const char *text;
    cf_datetime changed_at;
} Letter;

CF_MODEL(Letter,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(text,       .length = 40),
    CF_COLUMN(changed_at, .version = true));

#define SOME(x) ((cf_null_int64){.value = (x), .set = true})

/* ---- order -------------------------------------------------------------------------------------- */

static Person *person(cf_db *db, const char *email, int32_t badge)
{
    return cf_add(db, Person, .email = email, .badge = badge, .locker = SOME(badge));
}

static void keys_order_rows_without_relationships(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_add(db, City, .name = "Oslo", .land = "no");
    cf_add(db, City, .name = "Rome", .land = "it");
    cf_add(db, Land, .code = "it", .name = "Italy");
    cf_add(db, Land, .code = "no", .name = "Norway");
    assert_true(cf_commit(db));
    City *oslo = cf_get(db, City, "Oslo");
    cf_delete(db, cf_get(db, Land, "no"));
    cf_add(db, Land, .code = "se", .name = "Sweden");
    oslo->land = "se";
    cf_delete(db, cf_get(db, Land, "it"));
    cf_delete(db, cf_get(db, City, "Rome"));
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Land, ""), 1);
}

static void rows_of_one_table_wait_for_each_other(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *people[30];
    for (int i = 0; i < 30; i++)
        people[i] = cf_add(db, Person, .id = 100 - i, .email = cf_arena_printf(cf_session_arena(db), "%d", i),
                           .badge = i, .boss_id = SOME(100 - (i * 7 + 1) % 30));
    cf_commit(db); /* a single circle of all of them */
    assert_ok(db);
    assert_int_equal(cf_count(db, Person, "boss_id is null"), 0);
    for (int i = 0; i < 30; i++) cf_delete(db, people[i]);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Person, ""), 0);
}

static void circles_of_tables_are_written_twice(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int round = 0; round < 2; round++) {
        Team   *team = cf_add(db, Team, .name = round ? "owls" : "bats");
        Player *ada = cf_add(db, Player, .name = "ada");
        Player_set_team(ada, team);
        Team_set_captain(team, ada);
        assert_true(cf_commit(db));
        assert_int_equal(team->captain_id.value, ada->id);
    }
    assert_int_equal(cf_count(db, Team, "captain.team_id = id"), 2);
    cf_each(Player, p, cf_all(db, Player, "")) cf_delete(db, p);
    cf_each(Team, t, cf_all(db, Team, "")) cf_delete(db, t);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Team, "") + cf_count(db, Player, ""), 0);
}

/* Many such circles take no more statements than one. */
static void circles_are_written_together(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 0; i < 20; i++) {
        Team   *team = cf_add(db, Team, .name = cf_arena_printf(cf_session_arena(db), "team %d", i));
        Player *ada = cf_add(db, Player, .name = "ada"), *bob = cf_add(db, Player, .name = "bob");
        Player_set_team(ada, team);
        Player_set_team(bob, team);
        Team_set_captain(team, ada);
    }
    int64_t before = cf_statements(db);
    assert_true(cf_commit(db));
    assert_in_range(cf_statements(db) - before, 3, 4); /* teams, players, captains */
    assert_int_equal(cf_count(db, Team, "captain.team_id = id"), 20);
    CF_LIST(Player) players = cf_all(db, Player, "");
    CF_LIST(Team) teams = cf_all(db, Team, "");
    cf_each(Player, p, players) cf_delete(db, p);
    cf_each(Team, t, teams) cf_delete(db, t);
    before = cf_statements(db);
    assert_true(cf_commit(db));
    assert_in_range(cf_statements(db) - before, 3, 5);
    assert_int_equal(cf_count(db, Team, "") + cf_count(db, Player, ""), 0);
}

static void an_unbreakable_circle_is_named(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Player *ada = cf_add(db, Player, .name = "ada");
    Team   *bats = cf_add(db, Team, .name = "bats");
    Player_set_team(ada, bats);
    Team_set_captain(bats, ada);
    assert_true(cf_commit(db));
    /* Their keys are to be exchanged while each other's children hold on to them. */
    cf_add(db, Land, .code = "no", .name = "Norway");
    cf_add(db, City, .name = "Oslo", .land = "no");
    assert_true(cf_commit(db));
    City *oslo = cf_get(db, City, "Oslo");
    Land *land = cf_get(db, Land, "no");
    memcpy(land->code, "xx", 3);
    oslo->land = "xx";
    if (db->dialect->id == CF_SQLITE) { /* which can look at references when the transaction ends */
        assert_true(cf_commit(db));
        assert_int_equal(cf_count(db, City, "land = 'xx' and name = 'Oslo'"), 1);
        return;
    }
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CYCLE);
    assert_non_null(strstr(cf_error(db)->message, "City.land"));
    assert_non_null(cf_error(db)->object);
    assert_true(cf_rollback(db));
    assert_string_equal(land->code, "no");
}

/* Which foreign key it was is not asked for where there is but one. */
static void the_only_key_is_named_without_asking(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    cf_add(db, Land, .code = "no", .name = "Norway");
    cf_add(db, City, .name = "Oslo", .land = "no");
    assert_true(cf_commit(db));
    cf_delete(db, cf_get(db, Land, "no"));
    CF_ASSERT_STATEMENTS(f->database, 1)
    {
        assert_false(cf_flush(db));
    }
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_true(cf_rollback(db));
    City *oslo = cf_get(db, City, "Oslo");
    oslo->land = "xx";
    CF_ASSERT_STATEMENTS(f->database, 1)
    {
        assert_false(cf_flush(db));
    }
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    if (db->dialect->id == CF_SQLITE) assert_string_equal(cf_error(db)->columns, "land");
    assert_true(cf_rollback(db));
}

/* ---- values that change hands --------------------------------------------------------------------- */

static void values_are_freed_before_they_are_taken(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *ada = person(db, "ada", 1), *bob = person(db, "bob", 2);
    assert_true(cf_commit(db));
    cf_delete(db, ada);
    ada = person(db, "ada", 1); /* replaced */
    ada->boss_id = SOME(bob->id);
    bob->email = "eve";
    Person *dan = person(db, "bob", 4); /* takes what bob frees */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Person, ""), 3);
    assert_string_equal(cf_get(db, Person, dan->id)->email, "bob");
}

static void values_are_exchanged(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Person  *p[5];
    for (int i = 0; i < 5; i++) p[i] = person(db, (const char *[]){"a", "b", "c", "d", "e"}[i], i);
    assert_true(cf_commit(db));
    const char *email = p[0]->email;
    p[0]->email = p[1]->email;
    p[1]->email = email;
    for (int i = 0; i < 5; i++) p[i]->locker = SOME((i + 1) % 5); /* rotated: NULL in between */
    for (int i = 0; i < 5; i++) p[i]->boss_id = SOME(p[(i + 1) % 5]->id);
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    assert_string_equal(cf_get(other, Person, p[0]->id)->email, "b");
    assert_string_equal(cf_get(other, Person, p[1]->id)->email, "a");
    assert_int_equal(cf_get(other, Person, p[4]->id)->locker.value, 0);
    assert_int_equal(cf_get(other, Person, p[4]->id)->boss_id.value, p[0]->id);
    cf_close(other);
}

/* A temporary value would break the check, and others refer to the rows: so this needs what no column offers. */
static void names_of_an_enumeration_are_exchanged(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Prize *prizes[3];
    for (int i = 0; i < 3; i++) prizes[i] = cf_add(db, Prize, .medal = i, .winner = "x");
    assert_true(cf_commit(db));
    assert_true(prizes[0]->seen_at.usec != 0);
    int64_t first = prizes[0]->id;
    prizes[2]->seen_at.usec = INT64_C(1000000000000000);
    for (int i = 0; i < 3; i++) prizes[i]->medal = (i + 1) % 3;
    assert_true(cf_commit(db));
    assert_int_equal(prizes[0]->id, first);
    assert_int_equal(cf_find(db, Prize, "medal = ?", SILVER)->id, first);
    assert_true(cf_refresh(db, prizes[2]));
    assert_int_equal(prizes[2]->seen_at.usec, INT64_C(1000000000000000));
    prizes[0]->medal = prizes[1]->medal;
    prizes[1]->medal = SILVER;
    assert_true(cf_flush(db));
    assert_true(cf_rollback(db));
    assert_int_equal(prizes[0]->medal, SILVER);
    assert_int_equal(cf_count(db, Prize, ""), 3);
}

static void keys_move(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Team  *a = cf_add(db, Team, .id = 1, .name = "a"), *b = cf_add(db, Team, .id = 2, .name = "b");
    Team  *c = cf_add(db, Team, .id = 3, .name = "c");
    assert_true(cf_commit(db));
    a->id = 2;
    b->id = 3;
    c->id = 1;
    assert_true(cf_commit(db));
    assert_ptr_equal(cf_get(db, Team, 2), a);
    assert_ptr_equal(cf_get(db, Team, 3), b);
    assert_ptr_equal(cf_get(db, Team, 1), c);
    a->id = 4;
    cf_add(db, Team, .id = 2, .name = "d");
    assert_true(cf_flush(db));
    assert_true(cf_rollback(db));
    assert_int_equal(a->id, 2);
    assert_ptr_equal(cf_get(db, Team, 2), a);
}

static void children_leave_before_their_parent_is_replaced(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Team  *old = cf_add(db, Team, .name = "bats");
    for (int i = 0; i < 3; i++) Player_set_team(cf_add(db, Player, .name = (const char *[]){"x", "y", "z"}[i]), old);
    assert_true(cf_commit(db));
    Team *new = cf_add(db, Team, .name = "bats");
    cf_each(Player, p, cf_all(db, Player, "order by id")) Player_set_team(p, new);
    cf_delete(db, old);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Player, "team_id = ?", new->id), 3);
    assert_int_equal(cf_count(db, Team, ""), 1);
}

/* Values of several columns: two players of two teams change places, names and all. */
static void pairs_of_values_are_exchanged(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Team   *bats = cf_add(db, Team, .name = "bats"), *owls = cf_add(db, Team, .name = "owls");
    Player *a = cf_add(db, Player, .name = "x"), *b = cf_add(db, Player, .name = "x");
    Player *c = cf_add(db, Player, .name = "y");
    Player_set_team(a, bats);
    Player_set_team(b, owls);
    Player_set_team(c, owls);
    assert_true(cf_commit(db));
    Player_set_team(a, owls);
    Player_set_team(b, bats);
    assert_true(cf_commit(db));
    b->name = "y";
    c->name = "x";
    Player_set_team(b, owls);
    Player_set_team(a, bats);
    assert_true(cf_commit(db));
    assert_int_equal(cf_find(db, Player, "name = 'x' and team.name = 'owls'")->id, c->id);
}

/* ---- versions ------------------------------------------------------------------------------------- */

static void versions_count_updates(void **state)
{
    fixture  *f = *state;
    cf_db    *db = f->db, *other = other_session(f);
    Document *d = cf_add(db, Document, .title = "one");
    assert_true(cf_commit(db));
    assert_int_equal(d->revision, 1);
    Document *theirs = cf_get(other, Document, d->id);
    theirs->title = "two";
    assert_true(cf_commit(other));
    assert_int_equal(theirs->revision, 2);
    d->title = "three";
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
    assert_ptr_equal(cf_error(db)->object, d);
    assert_true(cf_rollback(db));
    assert_int_equal(d->revision, 1);
    cf_delete(db, d);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
    assert_true(cf_rollback(db));
    assert_true(cf_refresh(db, d));
    d->title = "three";
    assert_true(cf_commit(db));
    assert_int_equal(d->revision, 3);
    cf_close(other);
}

static void moments_are_versions_too(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db, *other = other_session(f);
    Letter  *a = cf_add(db, Letter, .text = "a");
    assert_true(cf_commit(db));
    Letter *theirs = cf_get(other, Letter, a->id);
    for (int i = 0; i < 3; i++) {
        cf_datetime before = theirs->changed_at;
        theirs->text = i % 2 ? "b" : "c";
        assert_true(cf_commit(other));
        assert_true(theirs->changed_at.usec > before.usec);
    }
    a->text = "d";
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
    cf_close(other);
}

static void one_stale_row_of_many_is_found(void **state)
{
    fixture  *f = *state;
    cf_db    *db = f->db, *other = other_session(f);
    Document *d[20];
    for (int i = 0; i < 20; i++)
        d[i] = cf_add(db, Document, .title = cf_arena_printf(cf_session_arena(db), "title %d", i));
    assert_true(cf_commit(db));
    cf_get(other, Document, d[13]->id)->title = "changed";
    assert_true(cf_commit(other));
    for (int i = 0; i < 20; i++) d[i]->title = cf_arena_printf(cf_session_arena(db), "new %d", i);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
    assert_ptr_equal(cf_error(db)->object, d[13]);
    assert_true(cf_rollback(db));
    for (int i = 0; i < 20; i++) cf_delete(db, d[i]);
    assert_false(cf_commit(db));
    assert_ptr_equal(cf_error(db)->object, d[13]);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Document, ""), 20);
    cf_close(other);
}

/* Exchanged titles of rows with versions: the row in between has the same version. */
static void versioned_rows_exchange_values(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    Document *a = cf_add(db, Document, .title = "a"), *b = cf_add(db, Document, .title = "b");
    assert_true(cf_commit(db));
    a->title = "b";
    b->title = "a";
    assert_true(cf_commit(db));
    assert_int_equal(a->revision, 2);
    assert_int_equal(b->revision, 2);
    assert_string_equal(cf_find(db, Document, "id = ? and revision = 2", a->id)->title, "b");
}

/* ---- batches --------------------------------------------------------------------------------------- */

static void neighbours_are_one_statement(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Team   *bats = cf_add(db, Team, .name = "bats");
    Player *p[100];
    for (int i = 0; i < 100; i++) {
        p[i] = cf_add(db, Player, .name = cf_arena_printf(cf_session_arena(db), "p%d", i));
        Player_set_team(p[i], bats);
    }
    int64_t before = cf_statements(db);
    assert_true(cf_commit(db));
    assert_in_range(cf_statements(db) - before, 2, 5);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(p[i]->team_id, bats->id);
        assert_true(i == 0 || p[i]->id > p[i - 1]->id);
        cf_db *same = db;
        assert_ptr_equal(cf_get(same, Player, p[i]->id), p[i]);
        p[i]->name = cf_arena_printf(cf_session_arena(db), "q%d", i);
    }
    before = cf_statements(db);
    assert_true(cf_commit(db));
    assert_in_range(cf_statements(db) - before, 1, 4);
    assert_string_equal(cf_find(db, Player, "id = ? and name = 'q42'", p[42]->id)->name, "q42");
    for (int i = 0; i < 100; i++) cf_delete(db, p[i]);
    before = cf_statements(db);
    assert_true(cf_commit(db));
    assert_in_range(cf_statements(db) - before, 1, 4);
    assert_int_equal(cf_count(db, Player, ""), 0);
}

static void a_batch_names_the_row_at_fault(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Person *last = NULL;
    int     line = 0;
    assert_non_null(person(db, "p37", 1000));
    assert_true(cf_commit(db));
    for (int i = 0; i < 50; i++) {
        const char *email = cf_arena_printf(cf_session_arena(db), "p%d", i);
        if (i == 37) {
            line = __LINE__ + 1;
            last = cf_add(db, Person, .email = email, .badge = i);
        } else {
            person(db, email, i);
        }
    }
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_ptr_equal(cf_error(db)->object, last);
    assert_int_equal(cf_error(db)->line, line);
    assert_string_equal(cf_error(db)->columns, "email");
    assert_true(cf_rollback(db));
    for (int i = 0; i < 50; i++) {
        Person *p = cf_add(db, Person, .email = cf_arena_printf(cf_session_arena(db), "r%d", i), .badge = i);
        if (i == 20) (last = p)->badge = -1;
        if (i == 40) p->boss_id = SOME(99999);
    }
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
    assert_ptr_equal(cf_error(db)->object, last);
    assert_true(cf_rollback(db));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(keys_order_rows_without_relationships),
        session_test(rows_of_one_table_wait_for_each_other),
        session_test(circles_of_tables_are_written_twice),
        session_test(circles_are_written_together),
        session_test(an_unbreakable_circle_is_named),
        session_test(the_only_key_is_named_without_asking),
        session_test(values_are_freed_before_they_are_taken),
        session_test(values_are_exchanged),
        session_test(names_of_an_enumeration_are_exchanged),
        session_test(keys_move),
        session_test(children_leave_before_their_parent_is_replaced),
        session_test(pairs_of_values_are_exchanged),
        session_test(versions_count_updates),
        session_test(moments_are_versions_too),
        session_test(one_stale_row_of_many_is_found),
        session_test(versioned_rows_exchange_values),
        session_test(neighbours_are_one_statement),
        session_test(a_batch_names_the_row_at_fault),
    };
    return RUN_TESTS("unit", tests, argc, argv);
}
