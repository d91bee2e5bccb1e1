/* Tests that run on the database that the program's arguments name: `PROGRAM sqlite|postgresql|mariadb [OPTIONS OF THE URL]`. */
#ifndef CARAFE_TESTS_SQL_DATABASE_H
#define CARAFE_TESTS_SQL_DATABASE_H

#include "support.h"

static const char *kind;
static bool        unprepared; /* ?prepare=off: as behind a pooler, the session is not ours to set */
static cf_pool    *pool;
static cf_conn    *conn;
static cf_arena   *arena;

static inline bool is(const char *name)
{
    return strcmp(kind, name) == 0;
}

static int setup(void **state)
{
    (void)state;
    conn = take(pool);
    arena = cf_arena_new(NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cf_pool_fail_at(pool, 0, CF_OK);
    cf_pool_give(pool, conn);
    cf_arena_free(arena);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* One column of every type, under names that say which. */
static inline void make_types(void)
{
    exec(conn, "drop table if exists types");
    if (is("sqlite"))
        exec(conn,
             "create table types (id integer primary key, i16 smallint, i32 integer, i64 bigint, b boolean, f float, "
             "d double, t text, c varchar(40), y blob, da date, ti time, dt datetime, iv text, n text, u char(32), j "
             "text)");
    else if (is("postgresql"))
        exec(conn,
             "create table types (id bigserial primary key, i16 smallint, i32 integer, i64 bigint, b boolean, f real, "
             "d double precision, t text, c varchar(40), y bytea, da date, ti time, dt timestamp, iv interval, "
             "n numeric(38,10), u uuid, j json, jb jsonb, tz timestamptz)");
    else
        exec(
            conn,
            "create table types (id bigint auto_increment primary key, i16 smallint, i32 integer, i64 bigint, b "
            "boolean, "
            "f float, d double, t longtext, c varchar(40), y longblob, da date, ti time(6), dt datetime(6), iv bigint, "
            "n decimal(38,10), u uuid, j json) character set utf8mb4");
}

/* The next program expects an empty database. */
static inline void drop_tables(void)
{
    static const char *const names[] = {"child", "parent", "types", "batch_row", "cap2", "own", "cap"};
    char                     text[64];
    conn = take(pool);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(text, sizeof text, "drop table if exists %s", names[i]);
        exec(conn, text);
    }
    if (is("postgresql")) exec(conn, "drop function if exists batch_trap");
    cf_pool_give(pool, conn);
}

/* Open the database, run the tests, close it; the program's result. */
static int run_on_database(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    kind = argc > 1 ? argv[1] : "sqlite";
    const char *url = test_url(kind);
    if (!url) return SKIPPED;
    char     with_options[512];
    cf_error error = {0};
    snprintf(with_options, sizeof with_options, "%s%s", url, argc > 2 ? argv[2] : "");
    unprepared = strstr(with_options, "prepare=off") != NULL;
    pool = cf_pool_open(with_options, NULL, &error);
    if (!pool) {
        printf("%s\n", error.message);
        return 1;
    }
    int failed = _cmocka_run_group_tests(kind, tests, count, NULL, NULL);
    drop_tables();
    if (cf_pool_close(pool) != 0) failed++;
    remove_test_file(url);
    return failed;
}

#endif
