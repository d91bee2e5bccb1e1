/* Changes of many rows at once, and what becomes of the session's objects. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

typedef enum Rank { RANK_LOW, RANK_HIGH } Rank;
CF_ENUM(Rank, {RANK_LOW, "low"}, {RANK_HIGH, "high"});

typedef struct Team {
    int64_t       id;
    const char   *name;
    cf_null_int32 wins;
    bool          open;
} Team;
CF_MODEL(Team, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 10, .unique = true), CF_COLUMN(wins),
         CF_COLUMN(open));

typedef struct Player {
    int64_t       id;
    const char   *name;
    int32_t       age;
    int32_t       goals;
    bool          active;
    int32_t       rank;
    cf_null_int64 team_id;
    cf_datetime   changed_at;
    int64_t       version;
} Player;
CF_MODEL(Player, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 10), CF_COLUMN(age), CF_COLUMN(goals),
         CF_COLUMN(active), CF_COLUMN(rank, .enum_names = CF_ENUM_NAMES(Rank)),
         CF_COLUMN(team_id, .references = "team.id", .on_delete = CF_CASCADE),
         CF_COLUMN(changed_at, .default_now = true, .on_update_now = true), CF_COLUMN(version, .version = true));
CF_ONE_TO_MANY(Team, players, Player, team);

typedef struct Seat {
    const char   *hall;
    int32_t       number;
    bool          free;
    cf_null_int64 player_id;
} Seat;
CF_MODEL(Seat, CF_COLUMN(hall, .primary_key = true, .length = 10), CF_COLUMN(number, .primary_key = true),
         CF_COLUMN(free), CF_COLUMN(player_id, .references = "player.id", .on_delete = CF_SET_NULL));

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    Team  *team = cf_add(db, Team, .name = "red");
    if (!cf_flush(db)) return -1;
    for (int i = 1; i <= 10; i++) {
        Player *p = cf_add(db, Player, .name = "p", .age = 20 + i, .goals = i, .active = i % 2 == 0);
        if (i > 5) p->team_id = (cf_null_int64)CF_SOME(team->id);
        cf_add(db, Seat, .hall = i < 6 ? "a" : "b", .number = i, .free = true);
    }
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static void rows_change_and_objects_with_them(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Player) all = cf_all(db, Player, "order by id");
    cf_datetime before = all[1]->changed_at;
    all[0]->goals = 77; /* is written first, and stays */
    assert_int_equal(cf_update_where(db, Player, "set age = age + 1, name = ? where active = ?", "new", true), 5);
    for (int i = 0; i < 10; i++) {
        bool hit = i % 2 == 1;
        assert_int_equal(all[i]->age, 21 + i + hit);
        assert_string_equal(all[i]->name, hit ? "new" : "p");
        assert_int_equal(all[i]->version, 1 + (hit || i == 0));
    }
    assert_true(all[1]->changed_at.usec > before.usec);
    assert_true(all[2]->changed_at.usec == before.usec || all[2]->changed_at.usec < all[1]->changed_at.usec);
    assert_int_equal(all[0]->goals, 77);
    assert_false(cf_is_modified(db, all[1]));
    all[1]->age = 5; /* the version is the row's: no conflict */
    assert_true(cf_commit(db));
    assert_int_equal(all[1]->version, 3);
    assert_int_equal(cf_update_where(db, Player, "set goals = 0 where id = 99"), 0);
    assert_int_equal(cf_update_where(db, Player, "set goals = 0 where all"), 10);
    assert_int_equal(all[9]->goals, 0);
    assert_ok(db);
}

static void old_values_are_those_before_the_statement(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_update_where(db, Player, "set age = goals, goals = age where id = 3");
    Player *p = cf_get(db, Player, 3);
    assert_int_equal(p->age, 3);
    assert_int_equal(p->goals, 23);
    assert_ok(db);
}

static void a_rollback_brings_values_and_objects_back(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Player *one = cf_get(db, Player, 1), *seven = cf_get(db, Player, 7);
    Seat   *seat = cf_get(db, Seat, "b", 7);
    cf_update_where(db, Player, "set age = 99 where all");
    assert_int_equal(one->age, 99);
    assert_int_equal(cf_delete_where(db, Player, "id > ?", 5), 5);
    assert_null(cf_get(db, Player, 7));
    assert_int_equal(cf_update_where(db, Seat, "set free = false where hall = 'b'"), 5);
    assert_false(seat->free);
    assert_true(cf_rollback(db));
    assert_int_equal(one->age, 21);
    assert_ptr_equal(cf_get(db, Player, 7), seven);
    assert_int_equal(seven->age, 27);
    assert_true(seat->free);
    assert_int_equal(cf_count(db, Player, ""), 10);
    seven->age = 1;
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Player, "age = 1"), 1);
}

static void what_foreign_keys_change_along_is_known(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Team  *red = cf_one(db, Team, "name = 'red'");
    assert_int_equal(cf_list_count(Team_players(red)), 5);
    Player *eight = cf_get(db, Player, 8), *two = cf_get(db, Player, 2);
    Seat   *seat = cf_get(db, Seat, "b", 8);
    seat->player_id = (cf_null_int64)CF_SOME(8);
    assert_int_equal(cf_delete_where(db, Player, "id = 9"), 1);
    assert_int_equal(cf_list_count(Team_players(red)), 4); /* read anew */
    assert_int_equal(cf_delete_where(db, Team, "all"), 1);
    assert_int_equal(cf_state_in(db, eight), CF_DELETED);
    assert_int_equal(cf_state_in(db, two), CF_PERSISTENT);
    assert_false(seat->player_id.set);
    two->age = 50;
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Player, ""), 5);
    assert_int_equal(cf_state_in(db, eight), CF_DETACHED);
    assert_ok(db);
}

static void more_objects_than_one_statement_takes(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 0; i < 700; i++) cf_add(db, Seat, .hall = "c", .number = i, .free = true);
    assert_true(cf_flush(db));
    assert_int_equal(cf_update_where(db, Seat, "set free = false where number % 2 = 0 and hall = ?", "c"), 350);
    cf_each(Seat, s, cf_all(db, Seat, "hall = 'c'")) assert_int_equal(s->free, s->number % 2);
    int64_t before = cf_statements(db);
    assert_int_equal(cf_delete_where(db, Seat, "hall = ?", "c"), 700);
    assert_in_range(cf_statements(db) - before, 1, 8);
    assert_null(cf_get(db, Seat, "c", 5));
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Seat, ""), 10);
}

static void limits_hold(void **state)
{
    cf_db        *db = ((fixture *)*state)->db;
    cf_null_int64 none = CF_NONE;
    assert_int_equal(cf_update_where(db, Player, "set name = ? where id = 1", "more than ten characters"), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    cf_rollback(db);
    assert_int_equal(cf_update_where(db, Player, "set rank = ? where id = 1", 7), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    cf_rollback(db);
    assert_int_equal(cf_update_where(db, Player, "set rank = ? where id = 1", RANK_HIGH), 1);
    assert_int_equal(cf_get(db, Player, 1)->rank, RANK_HIGH);
    assert_int_equal(cf_update_where(db, Player, "set team_id = ? where id = 7", none), 1);
    assert_false(cf_get(db, Player, 7)->team_id.set);
    assert_int_equal(cf_update_where(db, Player, "set name = ? where all", (const char *)NULL), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    cf_rollback(db);
    assert_int_equal(cf_update_where(db, Team, "set name = 'red' where all"), 1);
    cf_add(db, Team, .name = "blue");
    assert_int_equal(cf_update_where(db, Team, "set name = 'red' where name = 'blue'"), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    cf_rollback(db);
    assert_int_equal(cf_count(db, Team, ""), 1);
}

static void savepoints_bring_objects_back(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    Player *one = cf_get(db, Player, 1), *two = cf_get(db, Player, 2);
    one->age = 31;
    int point = cf_savepoint(db);
    cf_update_where(db, Player, "set age = 99 where id = 1");
    cf_delete_where(db, Player, "id = 2");
    assert_true(cf_savepoint_rollback(db, point));
    assert_int_equal(one->age, 31);
    assert_ptr_equal(cf_get(db, Player, 2), two);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Player, "age = 31"), 1);
    assert_ok(db);
}

/* Where it is known which row was changed nothing is read again, on any database. */
static void one_row_takes_one_statement(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Team  *red = cf_get(db, Team, 1), *blue = cf_add(db, Team, .name = "blue", .wins = CF_SOME(2));
    char   name[] = "green";
    assert_true(cf_commit(db));
    int64_t before = cf_statements(db);
    assert_int_equal(cf_update_where(db, Team, "set name = ?, wins = ?, open = ? where name = ?", name, 3, true, "red"),
                     1);
    name[0] = '-'; /* the object has a copy */
    assert_int_equal(cf_update_where(db, Team, "set wins = null where name = 'blue'"), 1);
    assert_int_equal(cf_statements(db) - before, 2);
    assert_string_equal(red->name, "green");
    assert_true(red->wins.set && red->wins.value == 3 && red->open);
    assert_string_equal(blue->name, "blue");
    assert_false(blue->wins.set || blue->open);
    assert_false(cf_is_modified(db, red));
    assert_true(cf_rollback(db));
    assert_string_equal(red->name, "red");
    assert_false(red->wins.set || red->open);
    assert_int_equal(blue->wins.value, 2);
    assert_int_equal(cf_update_where(db, Team, "set wins = id + 7 where name = ?", "red"), 1);
    assert_int_equal(red->wins.value, red->id + 7);
    assert_int_equal(cf_update_where(db, Team, "set wins = ? where all", 9), 2);
    assert_true(red->wins.value == 9 && blue->wins.value == 9);
    cf_insert_many(db, Team, ((Team[]){{.name = "grey"}}), 1);
    before = cf_statements(db);
    assert_int_equal(cf_update_where(db, Team, "set wins = ? where name = ?", 5, "grey"), 1); /* no object */
    assert_int_equal(cf_statements(db) - before, 1);
    assert_true(red->wins.value == 9 && blue->wins.value == 9);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Team, "wins = 9"), 2);
    assert_ok(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(rows_change_and_objects_with_them),
        filled_test(old_values_are_those_before_the_statement),
        filled_test(a_rollback_brings_values_and_objects_back),
        filled_test(what_foreign_keys_change_along_is_known),
        filled_test(more_objects_than_one_statement_takes),
        filled_test(limits_hold),
        filled_test(savepoints_bring_objects_back),
        filled_test(one_row_takes_one_statement),
    };
    return RUN_TESTS("many", tests, argc, argv);
}
