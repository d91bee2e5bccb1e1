/* Plans of the database, the list of queries, and warnings of missing indexes. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

typedef enum Level { LEVEL_LOW = 1, LEVEL_HIGH } Level;
CF_ENUM(Level, {LEVEL_LOW, "low"}, {LEVEL_HIGH, "high"});

typedef struct Event {
    int64_t     id;
    const char *code;
    int32_t     size;
    bool        done;
    Level       level;
    cf_date     day;
    cf_uuid     tag;
    int64_t     room_id;
} Event;

typedef struct Room {
    int64_t     id;
    const char *name;
    int32_t     floor;
} Room;

CF_MODEL(Room,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 20),
    CF_COLUMN(floor));

CF_MODEL(Event,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(code,    .length = 20, .index = true),
    CF_COLUMN(size),
    CF_COLUMN(done),
    CF_COLUMN(level,   .enum_names = CF_ENUM_NAMES(Level)),
    CF_COLUMN(day),
    CF_COLUMN(tag),
    CF_COLUMN(room_id, .references = "room.id"),
    CF_INDEX(day, size));

CF_ONE_TO_MANY(Room, events, Event, room);

static char lines[16][700];
static int  line_count;

static void log_line(void *context, const char *line)
{
    (void)context;
    assert_true(line_count < 16);
    snprintf(lines[line_count++], sizeof lines[0], "%s", line);
}

static cf_db *open_db(int64_t large)
{
    cf_error     error = {0};
    cf_database *database =
        cf_open(test_url(), .error = &error, .development = true, .large_table = large, .log = log_line);
    if (!database) fail_msg("%s", error.message);
    cf_db *db = cf_session(database);
    assert_true(cf_drop_all(db) && cf_create_all(db));
    line_count = 0;
    return db;
}

static void close_db(cf_db *db)
{
    cf_database *database = cf_session_database(db);
    cf_rollback(db);
    cf_drop_all(db);
    cf_close(db);
    cf_shutdown(database);
}

static void fill(cf_db *db, int count)
{
    Room *room = cf_add(db, Room, .name = "hall");
    for (int i = 0; i < count; i++)
        Event_set_room(cf_add(db, Event, .code = "c", .level = LEVEL_LOW, .size = i, .day = {i}), room);
    assert_true(cf_commit(db));
}

static bool is_database(const char *name)
{
    return strncmp(test_url(), name, strlen(name)) == 0;
}

#define HAS(text, words) \
    if (!strstr(text, words)) fail_msg("'%s' is not in:\n%s", words, text)

/* ---- explain ------------------------------------------------------------------------------------- */

static void a_query_is_explained(void **state)
{
    (void)state;
    cf_db *db = open_db(-1);
    fill(db, 3);
    int64_t     before = cf_statements(db);
    const char *plan = cf_explain(db, Event, "code = ? and room.floor > ? order by size", "x", 2);
    assert_ok(db);
    assert_non_null(plan);
    assert_int_equal(cf_statements(db), before + 1);
    HAS(plan, "SELECT t0.");
    const char *steps = strchr(plan, '\n');
    assert_non_null(steps);
    HAS(steps, is_database("postgresql") ? "on event t0" : "t0");
    HAS(steps, is_database("sqlite") ? "ix_event_code" : is_database("postgresql") ? "rows=" : "key");
    plan = cf_explain(db, Event, "id in (?)", CF_ARRAY(((const int64_t[]){1, 2, 3}), 3));
    assert_non_null(plan);
    close_db(db);
}

static void explaining_fails_like_any_query(void **state)
{
    (void)state;
    cf_db *db = open_db(-1);
    cf_drop_all(db);
    assert_null(cf_explain(db, Event, "size > ?", 1));
    assert_int_equal(cf_error(db)->code, CF_ERR_SCHEMA);
    assert_non_null(strstr(cf_error(db)->file, "test_explain.c"));
    close_db(db);
}

/* ---- sites by place -------------------------------------------------------------------------------- */

static int all_kinds(cf_db *db)
{
    cf_uuid tag = {{1}};
    int     line = __LINE__ + 1;
    cf_all(db, Event, "code = ? and size > ? and done = ? and level = ? and day < ? and tag <> ? and size in (?)", "a",
           1, true, LEVEL_HIGH, ((cf_date){1}), &tag, CF_ARRAY(((const int[]){1, 2}), 2));
    return line;
}

static int deletes(cf_db *db)
{
    cf_delete_where(db, Event, "size = ?", 77);
    return __LINE__ - 1;
}

static cf_buffer out;

static bool explain_line(cf_db *db, int line, const char *const *words, size_t count)
{
    char place[60];
    snprintf(place, sizeof place, "orm/test_explain.c:%d", line);
    cf_buffer_free(&out);
    return cf_explain_at(db, place, words, count, &out);
}

static void a_place_is_explained(void **state)
{
    (void)state;
    cf_db *db = open_db(-1);
    fill(db, 3);
    int line = all_kinds(db), write = deletes(db);
    assert_ok(db);
    assert_true(explain_line(db, line, NULL, 0)); /* examples for all values */
    HAS(out.data, "cf_all(Event, \"code = ? and");
    HAS(out.data, "SELECT t0.");
    const char *words[] = {"x y", "-5", "false", "low", "2024-02-29", "00000000-0000-0000-0000-00000000000a", "1,2,3"};
    if (!explain_line(db, line, words, 7)) fail_msg("%s", cf_error(db)->message);
    const char *null[] = {"null", "null"};
    assert_true(explain_line(db, line, null, 2));

    assert_true(explain_line(db, write, (const char *[]){"0"}, 1));
    HAS(out.data, "cf_delete_where(Event");
    HAS(out.data, "DELETE FROM");
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Event, ""), 3); /* nothing was deleted */

    cf_buffer_free(&out);
    assert_true(cf_explain_at(db, "test_explain.c", NULL, 0, &out));
    HAS(out.data, "cf_delete_where(Event");
    HAS(out.data, "cf_count(Event, \"\")");
    close_db(db);
}

static void refused(cf_db *db, int line, const char *const *words, size_t count, const char *message)
{
    assert_false(explain_line(db, line, words, count));
    HAS(cf_error(db)->message, message);
    assert_true(cf_rollback(db));
}

static void wrong_places_and_values_are_told(void **state)
{
    (void)state;
    cf_db *db = open_db(-1);
    int    line = all_kinds(db), write = deletes(db);
    char   nearest[80];
    snprintf(nearest, sizeof nearest, "there is no query at orm/test_explain.c:%d; the nearest is at line %d",
             write + 1, write);
    refused(db, write + 1, NULL, 0, nearest);
    refused(db, line, (const char *[]){"x", "many"}, 2, "value 2 cannot be 'many'; it is integer");
    refused(db, line, (const char *[]){"x", "1", "1", "low", "tomorrow"}, 5,
            "value 5 cannot be 'tomorrow'; it is date");
    refused(db, line, (const char *[]){"x", "1", "1", "low", "null", "null", "1,x"}, 7, "value 7 cannot be 'x'");
    refused(db, write, (const char *[]){"1", "2"}, 2, "the query takes 1 values, not 2");
    assert_false(cf_explain_at(db, "elsewhere.c:3", NULL, 0, &out));
    assert_string_equal(cf_error(db)->message, "there is no query in elsewhere.c");
    cf_rollback(db);
    assert_false(cf_explain_at(db, "test_explain.c:x", NULL, 0, &out));
    assert_string_equal(cf_error(db)->message, "'test_explain.c:x' is no FILE:LINE");
    cf_rollback(db);
    close_db(db);
}

static void all_queries_are_listed(void **state)
{
    (void)state;
    cf_error error = {0};
    char     place[100];
    cf_db   *db = open_db(-1);
    int      line = deletes(db);
    close_db(db);
    cf_buffer_free(&out);
    assert_true(cf_queries_text("postgresql", &out, &error));
    snprintf(place, sizeof place,
             "test_explain.c:%d: cf_delete_where(Event, \"size = ?\")\n  DELETE FROM \"event\" WHERE ", line);
    HAS(out.data, place);
    HAS(out.data, "= $1");
    assert_false(cf_queries_text("oracle", &out, &error));
    HAS(error.message, "there is no dialect 'oracle'");
}

/* ---- missing indexes ------------------------------------------------------------------------------- */

static void a_filter_without_an_index_is_warned_of(void **state)
{
    (void)state;
    cf_db *db = open_db(10);
    fill(db, 10);
    int line = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(cf_count(db, Event, "size >= ? and done = ?", 5, false), 5);
        line = __LINE__ - 1;
    }
    assert_int_equal(line_count, 1); /* once a site */
    char expected[700];
    snprintf(expected, sizeof expected, "warning: %s:%d: a filter by Event.size reads a table of 10 rows or more",
             __FILE__, line);
    HAS(lines[0], expected);
    HAS(lines[0], "add CF_INDEX(size) to the model at ");
    HAS(lines[0], ".index = true to CF_COLUMN(size)");
    cf_all(db, Room, "floor = ?", 1); /* a small table */
    assert_int_equal(line_count, 1);
    close_db(db);
}

static void what_an_index_serves_is_not_warned_of(void **state)
{
    (void)state;
    cf_db *db = open_db(10);
    fill(db, 20);
    cf_all(db, Event, "id = ?", 1);
    cf_all(db, Event, "code = ? and size > ?", "c", 3);
    cf_all(db, Event, "day between ? and ?", ((cf_date){1}), ((cf_date){2}));
    cf_all(db, Event, "id in (?) or code = 'x'", CF_ARRAY(((const int[]){1}), 1));
    cf_all(db, Event, "order by size");
    cf_all(db, Event, "done");
    cf_all(db, Event, "lower(code) = ?", "x");
    assert_ok(db);
    assert_int_equal(line_count, 0);
    cf_all(db, Event, "code = ? or size = ?", "x", 3); /* one of two ways is without */
    assert_int_equal(line_count, 1);
    close_db(db);
}

static void a_join_without_an_index_is_warned_of(void **state)
{
    (void)state;
    cf_db *db = open_db(10);
    fill(db, 20);
    cf_all(db, Room, "any(events, size > ?)", 3);
    cf_all(db, Room, "order by count(events)");
    assert_ok(db);
    if (is_database("mariadb")) { /* which has an index for each foreign key */
        assert_int_equal(line_count, 0);
    } else {
        assert_int_equal(line_count, 2);
        HAS(lines[0], "a join by Event.room_id reads a table");
    }
    line_count = 0;
    cf_all(db, Event, "room.id = ? and code = 'c'", 1);
    assert_int_equal(line_count, 0);
    close_db(db);
}

static int64_t late(cf_db *db)
{
    return cf_count(db, Event, "size = 3");
}

static void tables_that_grow_are_noticed(void **state)
{
    (void)state;
    cf_db *db = open_db(10);
    late(db);
    assert_int_equal(line_count, 0);
    fill(db, 10);
    int64_t before = cf_statements(db);
    for (int i = 0; i < 4; i++) late(db);
    assert_int_equal(cf_statements(db), before + 4); /* looking costs no statement that is counted */
    assert_int_equal(line_count, 1);
    close_db(db);
}

static void production_warns_of_nothing(void **state)
{
    (void)state;
    cf_database *database = cf_open(test_url(), .large_table = 1, .log = log_line);
    cf_db       *db = cf_session(database);
    assert_true(cf_drop_all(db) && cf_create_all(db));
    line_count = 0;
    fill(db, 5);
    cf_all(db, Event, "size = 4");
    assert_int_equal(line_count, 0);
    close_db(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_explained),
        cmocka_unit_test(explaining_fails_like_any_query),
        cmocka_unit_test(a_place_is_explained),
        cmocka_unit_test(wrong_places_and_values_are_told),
        cmocka_unit_test(all_queries_are_listed),
        cmocka_unit_test(a_filter_without_an_index_is_warned_of),
        cmocka_unit_test(what_an_index_serves_is_not_warned_of),
        cmocka_unit_test(a_join_without_an_index_is_warned_of),
        cmocka_unit_test(tables_that_grow_are_noticed),
        cmocka_unit_test(production_warns_of_nothing),
    };
    unsetenv("CARAFE_ENV");
    int result = RUN_TESTS("explain", tests, argc, argv);
    cf_buffer_free(&out);
    return result;
}
