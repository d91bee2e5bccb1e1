/* The same tests on SQLite, PostgreSQL and MariaDB: `test-sql-database sqlite|postgresql|mariadb [OPTIONS OF THE URL]`. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <pthread.h>

static const char *kind;
static bool        unprepared; /* ?prepare=off: as behind a pooler, the session is not ours to set */
static cf_pool    *pool;
static cf_conn    *conn;
static cf_arena   *arena;

static bool is(const char *name)
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

/* One column of every type, under names that say which. */
static void make_types(void)
{
    exec(conn, "drop table if exists types");
    if (is("sqlite"))
        exec(conn, "create table types (id integer primary key, i16 smallint, i32 integer, i64 bigint, b boolean, f float, "
                   "d double, t text, c varchar(40), y blob, da date, ti time, dt datetime, iv text, n text, u char(32), j text)");
    else if (is("postgresql"))
        exec(conn, "create table types (id bigserial primary key, i16 smallint, i32 integer, i64 bigint, b boolean, f real, "
                   "d double precision, t text, c varchar(40), y bytea, da date, ti time, dt timestamp, iv interval, "
                   "n numeric(38,10), u uuid, j json, jb jsonb, tz timestamptz)");
    else
        exec(conn, "create table types (id bigint auto_increment primary key, i16 smallint, i32 integer, i64 bigint, b boolean, "
                   "f float, d double, t longtext, c varchar(40), y longblob, da date, ti time(6), dt datetime(6), iv bigint, "
                   "n decimal(38,10), u uuid, j json) character set utf8mb4");
}

/* Store a value, read it back as its kind, compare by `same`. */
static cf_value round_trip(const char *column, cf_value value, int wanted)
{
    static uint32_t ids[64];
    static char     names[64][8];
    cf_error        error = {0};
    char            text[128];
    size_t          i = 0;
    while (names[i][0] && strcmp(names[i], column) != 0) i++;
    if (!names[i][0]) {
        snprintf(names[i], sizeof names[i], "%s", column);
        ids[i] = cf_sql_id();
    }
    exec(conn, "delete from types");
    snprintf(text, sizeof text, "insert into types (%s) values (?)", column);
    if (!run_as(conn, ids[i], false, text, &value, 1, NULL, &error)) fail_msg("%s: %s", column, error.message);
    snprintf(text, sizeof text, "select %s from types", column);
    cf_value back = ask(conn, text, NULL, 0, wanted, arena, &error);
    if (error.code) fail_msg("%s: %s", column, error.message);
    /* Once more without a prepared statement. */
    exec(conn, "delete from types");
    snprintf(text, sizeof text, "insert into types (%s) values (?)", column);
    if (!run(conn, text, &value, 1, &error)) fail_msg("%s, one-shot: %s", column, error.message);
    snprintf(text, sizeof text, "select %s from types", column);
    cf_value again = ask(conn, text, NULL, 0, wanted, arena, &error);
    if (error.code) fail_msg("%s, one-shot: %s", column, error.message);
    assert_int_equal(back.kind, again.kind);
    if (back.kind == CF_INT || back.kind == CF_DATETIME || back.kind == CF_TIME || back.kind == CF_INTERVAL)
        assert_true(back.as.integer == again.as.integer);
    return back;
}

static void integers_to_their_ends(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        int64_t     value;
    } cases[] = {{"i16", 0},         {"i16", INT16_MIN}, {"i16", INT16_MAX}, {"i32", INT32_MIN}, {"i32", INT32_MAX},
                 {"i64", INT64_MIN}, {"i64", INT64_MAX}, {"i64", -1}};
    make_types();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(round_trip(cases[i].column, cf_value_int(cases[i].value), CF_INT).as.integer == cases[i].value);
}

static void booleans(void **state)
{
    (void)state;
    make_types();
    assert_true(round_trip("b", cf_value_bool(true), CF_BOOL).as.boolean);
    assert_false(round_trip("b", cf_value_bool(false), CF_BOOL).as.boolean);
    assert_int_equal(round_trip("b", cf_value_null(), CF_BOOL).kind, CF_NULL);
}

static void floats_bit_for_bit(void **state)
{
    (void)state;
    static const double cases[] = {0.1, -0.5, 1e308, DBL_MAX, DBL_MIN, 1.0 / 3, 12345678.901234567, 5e-324};
    make_types();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_value back = round_trip("d", cf_value_double(cases[i]), CF_FLOAT);
        assert_memory_equal(&back.as.number, &cases[i], sizeof(double));
    }
    assert_true(round_trip("f", cf_value_double(0.25), CF_FLOAT).as.number == 0.25);
}

static void no_number_is_refused_or_kept(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    if (is("postgresql")) {
        assert_true(isnan(round_trip("d", cf_value_double((double)NAN), CF_FLOAT).as.number));
        assert_true(isinf(round_trip("d", cf_value_double(-(double)INFINITY), CF_FLOAT).as.number));
        return;
    }
    assert_false(run(conn, "insert into types (d) values (?)", VALUES(cf_value_double((double)NAN)), &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void assert_same_text(cf_value a, const char *text, size_t size)
{
    assert_int_equal(a.size, size);
    assert_memory_equal(a.as.text, text, size);
}

static void texts_and_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "plain", "line\nline", "\\'\"%_`;--", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", " ends "};
    static const char        bytes[] = {0, 1, (char)0xff, 0, '\'', '\\'};
    make_types();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_same_text(round_trip("t", cf_value_text(texts[i]), CF_TEXT), texts[i], strlen(texts[i]));
        assert_same_text(round_trip("c", cf_value_text(texts[i]), CF_TEXT), texts[i], strlen(texts[i]));
    }
    size_t big = 300000;
    char  *long_text = malloc(big);
    memset(long_text, 'x', big);
    assert_same_text(round_trip("t", cf_value_text_n(long_text, big), CF_TEXT), long_text, big);
    memset(long_text, 0, big);
    assert_same_text(round_trip("y", cf_value_bytes((cf_bytes){long_text, big}), CF_BYTES), long_text, big);
    free(long_text);
    assert_same_text(round_trip("y", cf_value_bytes((cf_bytes){bytes, sizeof bytes}), CF_BYTES), bytes, sizeof bytes);
    cf_value empty = round_trip("y", cf_value_bytes((cf_bytes){"", 0}), CF_BYTES);
    assert_int_equal(empty.kind, CF_BYTES);
    assert_int_equal(empty.size, 0);
}

static void texts_that_no_database_takes_are_refused_by_us(void **state)
{
    (void)state;
    make_types();
    cf_error error = {0};
    assert_false(run(conn, "insert into types (t) values (?)", VALUES(cf_value_text_n("a\0b", 3)), &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
    cf_error_clear(&error);
    assert_false(run(conn, "insert into types (t) values (?)", VALUES(cf_value_text("caf\xe9")), &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void days_and_moments(void **state)
{
    (void)state;
    static const char *const dates[] = {"2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31"};
    static const char *const moments[] = {"2024-01-02 03:04:05", "2024-01-02 03:04:05.000001", "0001-01-01 00:00:00",
                                          "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"};
    static const char *const times[] = {"00:00:00", "23:59:59.999999", "12:30:00.5"};
    cf_date     date;
    cf_datetime moment;
    cf_time     time;
    make_types();
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        assert_true(cf_date_parse(dates[i], strlen(dates[i]), &date));
        assert_int_equal(round_trip("da", cf_value_date(date), CF_DATE).as.date.days, date.days);
    }
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        assert_true(cf_datetime_parse(moments[i], strlen(moments[i]), &moment));
        assert_true(round_trip("dt", cf_value_datetime(moment), CF_DATETIME).as.datetime.usec == moment.usec);
        if (is("postgresql"))
            assert_true(round_trip("tz", cf_value_datetime(moment), CF_DATETIME).as.datetime.usec == moment.usec);
    }
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        assert_true(cf_time_parse(times[i], strlen(times[i]), &time));
        assert_true(round_trip("ti", cf_value_time(time), CF_TIME).as.time.usec == time.usec);
    }
}

static void moments_out_of_range_are_refused(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    assert_false(run(conn, "insert into types (dt) values (?)", VALUES(cf_value_datetime((cf_datetime){INT64_MAX})), &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
    cf_error_clear(&error);
    assert_false(run(conn, "insert into types (ti) values (?)", VALUES(cf_value_time((cf_time){-1})), &error));
    assert_int_equal(error.code, CF_ERR_RANGE);
}

static void intervals(void **state)
{
    (void)state;
    static const int64_t cases[] = {0, 86402000003, -86400000000, 34560000000000, -1, 1};
    make_types();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(round_trip("iv", cf_value_interval((cf_interval){cases[i]}), CF_INTERVAL).as.interval.usec == cases[i]);
}

static void decimals_keep_all_digits(void **state)
{
    (void)state;
    static const char *const cases[] = {"0", "1.10", "-0.0000000001", "9999999999999999999999999999.9999999999",
                                        "12345678901234567890.1234567890", "100", "-5", "0.5", "10000", "10000.0001"};
    make_types();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_decimal d;
        assert_true(cf_decimal_parse(cases[i], strlen(cases[i]), &d));
        cf_value back = round_trip("n", cf_value_decimal(&d), CF_DECIMAL);
        assert_int_equal(back.kind, CF_DECIMAL);
        if (cf_decimal_compare(*back.as.decimal, d) != 0) {
            char text[CF_DECIMAL_SIZE];
            cf_decimal_format(*back.as.decimal, text);
            fail_msg("%s came back as %s", cases[i], text);
        }
    }
}

static void uuids_and_json(void **state)
{
    (void)state;
    cf_uuid     uuid;
    const char *text = "0192f0c1-2345-7abc-8def-0123456789ab", *json = "{\"a\": [1, null, \"\xc3\xa9\"]}";
    make_types();
    assert_true(cf_uuid_parse(text, 36, &uuid));
    assert_memory_equal(round_trip("u", cf_value_uuid(&uuid), CF_UUID).as.uuid->bytes, uuid.bytes, 16);
    assert_same_text(round_trip("j", cf_value_json((cf_json){json}), CF_JSON), json, strlen(json));
    assert_same_text(round_trip("j", cf_value_json((cf_json){"null"}), CF_JSON), "null", 4);
    if (is("postgresql"))
        assert_same_text(round_trip("jb", cf_value_json((cf_json){"[1, 2]"}), CF_JSON), "[1, 2]", 6);
}

static void null_in_every_column(void **state)
{
    (void)state;
    static const char *const columns[] = {"i16", "i32", "i64", "b", "f", "d", "t", "c", "y", "da", "ti", "dt", "iv", "n", "u", "j"};
    make_types();
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        assert_int_equal(round_trip(columns[i], cf_value_null(), CF_UNDEFINED).kind, CF_NULL);
}

/* ---- rows into structs ---- */

typedef struct row {
    int64_t          id;
    int16_t          i16;
    int32_t          i32;
    cf_null_int64    i64;
    cf_null_bool     b;
    float            f;
    double           d;
    const char      *t;
    char             c[8];
    cf_bytes         y;
    cf_date          da;
    cf_time          ti;
    cf_null_datetime dt;
    cf_null_decimal  n;
    cf_null_uuid     u;
    cf_json          j;
} row;

#define SLOT(n, type_, member) {n, type_, offsetof(row, member), sizeof(((row *)0)->member), #member, "Row"}

static const cf_slot slots[] = {
    SLOT(0, CF_TYPE_INT64, id), SLOT(1, CF_TYPE_INT16, i16), SLOT(2, CF_TYPE_INT32, i32),
    SLOT(3, CF_TYPE_INT64 | CF_TYPE_NULLABLE, i64), SLOT(4, CF_TYPE_BOOL | CF_TYPE_NULLABLE, b),
    SLOT(5, CF_TYPE_FLOAT, f), SLOT(6, CF_TYPE_DOUBLE, d), SLOT(7, CF_TYPE_TEXT | CF_TYPE_NULLABLE, t),
    SLOT(8, CF_TYPE_CHARS, c), SLOT(9, CF_TYPE_BYTES | CF_TYPE_NULLABLE, y), SLOT(10, CF_TYPE_DATE, da),
    SLOT(11, CF_TYPE_TIME, ti), SLOT(12, CF_TYPE_DATETIME | CF_TYPE_NULLABLE, dt),
    SLOT(13, CF_TYPE_DECIMAL | CF_TYPE_NULLABLE, n), SLOT(14, CF_TYPE_UUID | CF_TYPE_NULLABLE, u),
    SLOT(15, CF_TYPE_JSON | CF_TYPE_NULLABLE, j)};

static const char row_query[] = "select id, i16, i32, i64, b, f, d, t, c, y, da, ti, dt, n, u, j from types order by id";

static void structs_are_filled(void **state)
{
    (void)state;
    cf_error    error = {0};
    cf_decimal  decimal = {.low = 150, .scale = 2};
    cf_uuid     uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    cf_datetime moment = {1700000000123456};
    make_types();
    const char *insert = "insert into types (i16,i32,i64,b,f,d,t,c,y,da,ti,dt,n,u,j) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    must(run(conn, insert,
             VALUES(cf_value_int(-7), cf_value_int(70000), cf_value_int(1), cf_value_bool(true), cf_value_double(0.5),
                    cf_value_double(0.1), cf_value_text("text"), cf_value_text("eight888"),
                    cf_value_bytes((cf_bytes){"\0\1", 2}), cf_value_date((cf_date){19000}), cf_value_time((cf_time){1}),
                    cf_value_datetime(moment), cf_value_decimal(&decimal), cf_value_uuid(&uuid),
                    cf_value_json((cf_json){"[1]"})),
             &error),
         &error);
    must(run(conn, insert,
             VALUES(cf_value_int(0), cf_value_int(0), cf_value_null(), cf_value_null(), cf_value_double(0), cf_value_double(0),
                    cf_value_null(), cf_value_text(""), cf_value_null(), cf_value_date((cf_date){0}),
                    cf_value_time((cf_time){0}), cf_value_null(), cf_value_null(), cf_value_null(), cf_value_null()),
             &error),
         &error);
    for (int streamed = 0; streamed < 2; streamed++) {
        cf_sql   sql = {row_query, sizeof row_query - 1, 0, true};
        cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
        row      r = {0};
        if (streamed) cf_stmt_stream(stmt);
        must(stmt && cf_stmt_run(stmt, NULL, 0, &error), &error);
        assert_int_equal(cf_stmt_columns(stmt), 16);
        assert_string_equal(cf_stmt_name(stmt, 15), "j");
        assert_int_equal(cf_stmt_next(stmt, &error), CF_YES);
        must(cf_stmt_read(stmt, slots, COUNT_OF(slots), &r, arena, &error), &error);
        assert_true(r.i16 == -7 && r.i32 == 70000 && r.i64.set && r.i64.value == 1 && r.b.set && r.b.value);
        assert_true(r.f == 0.5f && r.d == 0.1 && r.da.days == 19000 && r.ti.usec == 1);
        assert_string_equal(r.t, "text");
        assert_memory_equal(r.c, "eight888", 8);
        assert_int_equal(r.y.size, 2);
        assert_memory_equal(r.y.data, "\0\1", 2);
        assert_true(r.dt.set && r.dt.value.usec == moment.usec);
        assert_true(r.n.set && cf_decimal_compare(r.n.value, decimal) == 0);
        assert_memory_equal(r.u.value.bytes, uuid.bytes, 16);
        assert_string_equal(r.j.text, "[1]");
        assert_int_equal(cf_stmt_next(stmt, &error), CF_YES);
        must(cf_stmt_read(stmt, slots, COUNT_OF(slots), &r, arena, &error), &error);
        assert_true(!r.i64.set && r.i64.null && !r.b.set && !r.dt.set && !r.n.set && !r.u.set);
        assert_true(!r.t && !r.y.data && !r.j.text && r.c[0] == '\0' && r.c[7] == '\0');
        assert_int_equal(cf_stmt_next(stmt, &error), CF_NO);
        assert_int_equal(cf_stmt_next(stmt, &error), CF_NO);
        cf_stmt_done(stmt);
    }
}

/* Read the one column of a query into the slot; the code it fails with. */
static cf_code read_code(const char *text, cf_slot slot, char message[768])
{
    cf_error error = {0};
    cf_sql   sql = {text, strlen(text), 0, true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    row      r;
    must(stmt && cf_stmt_run(stmt, NULL, 0, &error) && cf_stmt_next(stmt, &error) == CF_YES, &error);
    slot.column = 0;
    cf_stmt_read(stmt, &slot, 1, &r, arena, &error);
    cf_stmt_done(stmt);
    snprintf(message, 768, "%s", error.message);
    return error.code;
}

static void values_that_do_not_fit_are_errors_with_the_column(void **state)
{
    (void)state;
    char message[768];
    make_types();
    exec(conn, "insert into types (i64, t, d) values (2147483648, 'x', 0.5)");
    assert_int_equal(read_code("select i64 from types", slots[2], message), CF_ERR_RANGE);
    assert_non_null(strstr(message, "Row.i32"));
    assert_int_equal(read_code("select i64 from types", slots[1], message), CF_ERR_RANGE);
    assert_int_equal(read_code("select t from types", slots[0], message), CF_ERR_TYPE);
    assert_int_equal(read_code("select d from types", slots[0], message), CF_ERR_TYPE);
    assert_int_equal(read_code("select i64 from types", slots[4], message), CF_ERR_TYPE);
    assert_int_equal(read_code("select t from types", slots[10], message), CF_ERR_TYPE);
    assert_int_equal(read_code("select i32 from types", slots[0], message), CF_ERR_NOT_NULL);
    assert_non_null(strstr(message, "Row.id"));
    assert_int_equal(read_code("select 'nine chars' from types", slots[8], message), CF_ERR_RANGE);
}

/* ---- errors ---- */

static void make_constraints(void)
{
    exec(conn, "drop table if exists child");
    exec(conn, "drop table if exists parent");
    const char *engine = is("mariadb") ? " engine=innodb" : "";
    char        text[600];
    snprintf(text, sizeof text,
             "create table parent (id integer primary key, email varchar(100) not null, a integer, b integer, "
             "constraint uq_parent_email unique (email), constraint uq_parent_a_b unique (a, b), "
             "constraint ck_parent_a check (a > 0))%s", engine);
    exec(conn, text);
    snprintf(text, sizeof text,
             "create table child (id integer primary key, parent_id integer not null, "
             "constraint fk_child_parent foreign key (parent_id) references parent (id))%s", engine);
    exec(conn, text);
    exec(conn, "insert into parent (id, email, a, b) values (1, 'ada', 1, 1)");
    exec(conn, "insert into child (id, parent_id) values (1, 1)");
}

static cf_error failure(const char *text)
{
    cf_error error = {0};
    assert_false(run(conn, text, NULL, 0, &error));
    cf_error plain = {0};
    assert_false(cf_conn_exec(conn, text, &plain));
    assert_int_equal(error.code, plain.code);
    assert_false(cf_conn_broken(conn));
    return error;
}

static void constraint_violations_say_which(void **state)
{
    (void)state;
    make_constraints();
    cf_error e = failure("insert into parent (id, email, a) values (2, 'ada', 2)");
    assert_int_equal(e.code, CF_ERR_UNIQUE);
    if (is("mariadb")) assert_string_equal(e.constraint, "uq_parent_email");
    else assert_string_equal(e.columns, "email");
    if (!is("sqlite")) assert_string_equal(e.constraint, "uq_parent_email");
    if (!is("mariadb")) assert_string_equal(e.table, "parent");
    assert_null(strstr(e.message, "'ada'"));

    e = failure("insert into parent (id, email, a, b) values (2, 'bob', 1, 1)");
    assert_int_equal(e.code, CF_ERR_UNIQUE);
    if (is("mariadb")) assert_string_equal(e.constraint, "uq_parent_a_b");
    else assert_string_equal(e.columns, "a, b");

    e = failure("insert into parent (id, email) values (1, 'bob')");
    assert_int_equal(e.code, CF_ERR_UNIQUE);

    e = failure("insert into parent (id, email) values (2, null)");
    assert_int_equal(e.code, CF_ERR_NOT_NULL);
    assert_string_equal(e.columns, "email");

    e = failure("insert into parent (id, email, a) values (2, 'bob', -1)");
    assert_int_equal(e.code, CF_ERR_CHECK);
    assert_string_equal(e.constraint, "ck_parent_a");

    e = failure("insert into child (id, parent_id) values (2, 99)");
    assert_int_equal(e.code, CF_ERR_FOREIGN_KEY);
    if (!is("sqlite")) {
        assert_string_equal(e.constraint, "fk_child_parent");
        assert_string_equal(e.columns, "parent_id");
        assert_string_equal(e.table, "child");
    }
    e = failure("delete from parent where id = 1");
    assert_int_equal(e.code, CF_ERR_FOREIGN_KEY);
}

static void mistakes_in_texts_have_their_codes(void **state)
{
    (void)state;
    make_constraints();
    assert_int_equal(failure("selec 1").code, CF_ERR_SYNTAX);
    assert_int_equal(failure("select * from no_such_table").code, CF_ERR_SCHEMA);
    assert_int_equal(failure("select no_such_column from parent").code, CF_ERR_SCHEMA);
    assert_int_equal(failure("create table parent (id integer)").code, CF_ERR_SCHEMA);
    if (!is("sqlite")) {
        cf_error e = failure("insert into parent (id, email) values (2147483648, 'x')");
        assert_int_equal(e.code, CF_ERR_RANGE);
    }
}

static void parameters_are_counted(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int i = 0; i < 2; i++) {
        cf_error_clear(&error);
        assert_false(run_as(conn, i ? cf_sql_id() : 0, true, "select id from types where i32 = ?", NULL, 0, NULL, &error));
        assert_true(error.code == CF_ERR_MISUSE || error.code == CF_ERR_DATABASE);
    }
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

/* ---- transactions ---- */

static void transactions_commit_and_roll_back(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_true(cf_conn_in_transaction(conn));
    exec(conn, "insert into types (i32) values (1)");
    must(cf_conn_rollback(conn, &error), &error);
    assert_false(cf_conn_in_transaction(conn));
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
    assert_false(cf_conn_commit(conn, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
}

static void savepoints(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    exec(conn, "savepoint s1");
    exec(conn, "insert into types (i32) values (2)");
    exec(conn, "rollback to savepoint s1");
    must(cf_conn_commit(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 1);
}

static void read_transactions_refuse_writes(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_READ, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    must(cf_conn_rollback(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void read_only_connections_refuse_writes(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    cf_pool_give(pool, conn);
    conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__, .read_only = true}, &error);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    cf_error_clear(&error);
    assert_false(cf_conn_exec(conn, "delete from types", &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
    cf_error_clear(&error);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_READ_ONLY);
}

static void a_commit_after_a_failure_says_what_happened(void **state)
{
    (void)state;
    cf_error error = {0};
    make_constraints();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into parent (id, email) values (3, 'eve')");
    assert_false(run(conn, "insert into parent (id, email) values (3, 'bob')", NULL, 0, &error));
    cf_error_clear(&error);
    bool ok = cf_conn_commit(conn, &error);
    assert_false(cf_conn_in_transaction(conn));
    /* PostgreSQL undoes all of it; the others only the statement. */
    assert_true(ok == !is("postgresql"));
    if (!ok) assert_int_equal(error.code, CF_ERR_FAILED);
    assert_int_equal(ask_int(conn, "select count(*) from parent"), ok ? 2 : 1);
}

static void giving_back_rolls_back(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "insert into types (i32) values (1)");
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_false(cf_conn_in_transaction(conn));
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void changes_and_keys(void **state)
{
    (void)state;
    cf_error error = {0};
    int64_t  changes;
    make_types();
    must(run_as(conn, 0, false, "insert into types (i32) values (1), (2), (3)", NULL, 0, &changes, &error), &error);
    assert_int_equal(changes, 3);
    must(run_as(conn, 0, false, "update types set t = 'x' where i32 > ?", VALUES(cf_value_int(1)), &changes, &error), &error);
    assert_int_equal(changes, 2);
    /* Matched rows count, changed or not: optimistic locks depend on it. */
    must(run_as(conn, 0, false, "update types set t = 'x' where i32 > ?", VALUES(cf_value_int(1)), &changes, &error), &error);
    assert_int_equal(changes, 2);
    must(run_as(conn, 0, false, "delete from types", NULL, 0, &changes, &error), &error);
    assert_int_equal(changes, 3);
    if (is("postgresql")) return;
    cf_sql   sql = {"insert into types (i32) values (9)", 34, 0, false};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    int64_t id = cf_stmt_last_id(stmt);
    cf_stmt_done(stmt);
    assert_true(id > 0);
    assert_int_equal(ask_int(conn, "select id from types"), id);
}

static void returning_gives_rows(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    assert_true(cf_conn_dialect(conn)->returning_insert);
    cf_value id = ask(conn, "insert into types (i32) values (?) returning id", VALUES(cf_value_int(4)), CF_INT, arena, &error);
    must(id.kind == CF_INT, &error);
    assert_int_equal(ask_int(conn, "select id from types"), id.as.integer);
}

/* ---- statements ---- */

static void one_statement_twice_at_once(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    exec(conn, "insert into types (i32) values (1), (2)");
    cf_sql   sql = {"select i32 from types order by i32", 34, cf_sql_id(), true};
    int      pairs = 0;
    cf_stmt *outer = cf_conn_prepare(conn, &sql, &error);
    must(outer && cf_stmt_run(outer, NULL, 0, &error), &error);
    while (cf_stmt_next(outer, &error) == CF_YES) {
        cf_stmt *inner = cf_conn_prepare(conn, &sql, &error);
        assert_ptr_not_equal(inner, outer);
        must(inner && cf_stmt_run(inner, NULL, 0, &error), &error);
        while (cf_stmt_next(inner, &error) == CF_YES) pairs++;
        cf_stmt_done(inner);
    }
    cf_stmt_done(outer);
    assert_int_equal(pairs, 4);
    cf_stmt *again = cf_conn_prepare(conn, &sql, &error);
    assert_ptr_equal(again, outer);
    cf_stmt_done(again);
}

static void a_running_statement_does_not_run_again(void **state)
{
    (void)state;
    cf_error error = {0};
    cf_sql   sql = {"select 1", 8, cf_sql_id(), true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    assert_false(cf_stmt_run(stmt, NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_stmt_done(stmt);
}

static void a_stream_left_early_leaves_the_connection_good(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    exec(conn, "insert into types (i32) values (1), (2), (3)");
    cf_sql   sql = {"select a.i32 from types a, types b, types c", 43, cf_sql_id(), true};
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    cf_stmt_stream(stmt);
    must(cf_stmt_run(stmt, NULL, 0, &error), &error);
    assert_int_equal(cf_stmt_next(stmt, &error), CF_YES);
    assert_false(cf_conn_exec(conn, "delete from types", &error));
    assert_int_equal(error.code, CF_ERR_MISUSE);
    cf_stmt_done(stmt);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 3);
}

static void the_cache_is_bounded(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int i = 0; i < 600; i++)
        must(run_as(conn, cf_sql_id(), true, "select i32 from types where i32 = ?", VALUES(cf_value_int(i)), NULL, &error), &error);
    if (is("postgresql")) assert_true(ask_int(conn, "select count(*) from pg_prepared_statements") <= 256);
    if (is("mariadb"))
        assert_true(ask_int(conn, "select cast(variable_value as integer) from information_schema.global_status "
                                  "where variable_name = 'PREPARED_STMT_COUNT'") <= 300);
}

static void statements_outlive_changes_of_the_schema(void **state)
{
    (void)state;
    cf_error error = {0};
    exec(conn, "drop table if exists moving");
    exec(conn, "create table moving (a integer)");
    exec(conn, "insert into moving (a) values (1)");
    uint32_t id = cf_sql_id();
    must(run_as(conn, id, true, "select * from moving where a = ?", VALUES(cf_value_int(1)), NULL, &error), &error);
    exec(conn, "alter table moving add column b integer");
    must(run_as(conn, id, true, "select * from moving where a = ?", VALUES(cf_value_int(1)), NULL, &error), &error);
    cf_sql sql = {dialect_text(cf_conn_dialect(conn), "select * from moving where a = ?"), 0, id, true};
    sql.size = strlen(sql.text);
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
    must(cf_stmt_run(stmt, VALUES(cf_value_int(1)), &error), &error);
    assert_int_equal(cf_stmt_columns(stmt), 2);
    cf_stmt_done(stmt);
    exec(conn, "drop table moving");
}

/* ---- deadlines and injected failures ---- */

static void a_statement_ends_at_its_deadline(void **state)
{
    (void)state;
    cf_error    error = {0};
    const char *slow = is("postgresql") ? "select pg_sleep(20)"
                       : is("mariadb")  ? "select sleep(20)"
                                        : "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    cf_pool_give(pool, conn);
    conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__, .deadline_ms = 300}, &error);
    int64_t started = now_ms();
    if (unprepared) must(cf_conn_begin(conn, CF_BEGIN_READ, &error), &error);
    bool    ok = run_as(conn, 0, true, slow, NULL, 0, NULL, &error);
    int64_t took = now_ms() - started;
    assert_false(ok);
    assert_int_equal(error.code, CF_ERR_TIMEOUT);
    assert_true(took >= 290 && took < 2000);
    /* The server ended it: the connection is as good as before. */
    assert_false(cf_conn_broken(conn));
    if (unprepared) must(cf_conn_rollback(conn, &error), &error);
    assert_int_equal(ask_int(conn, "select 1"), 1);
    /* The next taker has the pool's deadline again. */
    cf_pool_give(pool, conn);
    conn = take(pool);
    if (is("postgresql")) assert_int_equal(ask_int(conn, "select 1 from pg_sleep(0.5)"), 1);
    if (is("mariadb")) assert_int_equal(ask_int(conn, "select sleep(0.5)"), 0);
}

static void the_nth_statement_fails_on_request(void **state)
{
    (void)state;
    cf_error error = {0};
    make_types();
    for (int n = 1; n <= 4; n++) {
        cf_error_clear(&error);
        cf_pool_fail_at(pool, n, CF_ERR_SERIALIZE);
        bool ok = cf_conn_begin(conn, CF_BEGIN_WRITE, &error);
        assert_true(ok == (n != 1));
        ok = ok && run(conn, "insert into types (i32) values (1)", NULL, 0, &error);
        assert_true(ok == (n > 2));
        ok = ok && run(conn, "insert into types (i32) values (2)", NULL, 0, &error);
        assert_true(ok == (n > 3));
        ok = ok && cf_conn_commit(conn, &error);
        assert_false(ok);
        assert_int_equal(error.code, CF_ERR_SERIALIZE);
        cf_conn_rollback(conn, NULL);
        cf_pool_fail_at(pool, 0, CF_OK);
        assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
    }
}

static void a_broken_connection_is_thrown_away(void **state)
{
    (void)state;
    if (is("sqlite")) skip();
    cf_error      error = {0};
    cf_pool_state before = cf_pool_look(pool);
    cf_pool_fail_at(pool, 1, CF_ERR_CONNECTION);
    assert_false(cf_conn_exec(conn, "select 1", &error));
    assert_true(cf_conn_broken(conn));
    cf_error_clear(&error);
    assert_false(cf_conn_exec(conn, "select 1", &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_false(cf_conn_broken(conn));
    assert_int_equal(ask_int(conn, "select 1"), 1);
    assert_true(cf_pool_look(pool).broken == before.broken + 1);
}

/* Somebody on the server ends our session: the next use outside a transaction connects anew, unnoticed. */
static void kill_own_session(cf_conn *victim)
{
    char     text[128];
    cf_conn *killer = take(pool);
    int64_t  id = ask_int(victim, is("postgresql") ? "select pg_backend_pid()" : "select connection_id()");
    if (is("postgresql")) snprintf(text, sizeof text, "select pg_terminate_backend(%lld)", (long long)id);
    else snprintf(text, sizeof text, "kill connection %lld", (long long)id);
    exec(killer, text);
    cf_pool_give(pool, killer);
    usleep(100000);
}

static void a_lost_session_is_replaced_outside_transactions(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    uint32_t id = cf_sql_id();
    must(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error), &error);
    kill_own_session(conn);
    must(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error), &error);
    kill_own_session(conn);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    must(run(conn, "insert into types (i32) values (1)", NULL, 0, &error), &error);
    /* Within a transaction nothing is replaced in silence. */
    kill_own_session(conn);
    assert_false(run_as(conn, id, true, "select i32 from types", NULL, 0, NULL, &error));
    assert_int_equal(error.code, CF_ERR_CONNECTION);
    assert_true(cf_conn_rollback(conn, NULL));
    cf_pool_give(pool, conn);
    conn = take(pool);
    assert_int_equal(ask_int(conn, "select count(*) from types"), 0);
}

static void a_lost_write_has_an_unknown_outcome(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    kill_own_session(conn);
    assert_false(run(conn, "insert into types (i32) values (1)", NULL, 0, &error));
    assert_int_equal(error.code, CF_ERR_UNKNOWN_OUTCOME);
}

static void a_lost_commit_has_an_unknown_outcome(void **state)
{
    (void)state;
    cf_error error = {0};
    if (is("sqlite")) skip();
    make_types();
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error), &error);
    must(run(conn, "insert into types (i32) values (1)", NULL, 0, &error), &error);
    kill_own_session(conn);
    assert_false(cf_conn_commit(conn, &error));
    assert_int_equal(error.code, CF_ERR_UNKNOWN_OUTCOME);
    assert_false(cf_conn_in_transaction(conn));
}

static void a_session_killed_while_idle_is_not_handed_out(void **state)
{
    (void)state;
    if (is("sqlite")) skip();
    make_types();
    cf_conn *other = take(pool);
    int64_t  id = ask_int(conn, is("postgresql") ? "select pg_backend_pid()" : "select connection_id()");
    cf_pool_give(pool, conn); /* the next to be handed out */
    char text[128];
    if (is("postgresql")) snprintf(text, sizeof text, "select pg_terminate_backend(%lld)", (long long)id);
    else snprintf(text, sizeof text, "kill connection %lld", (long long)id);
    exec(other, text);
    usleep(100000);
    conn = take(pool);
    exec(conn, "insert into types (i32) values (1)");
    cf_pool_give(pool, other);
}

/* ---- deadlocks ---- */

typedef struct update_job {
    cf_conn  *conn;
    cf_error *error;
    bool      ok;
} update_job;

static void *update_first(void *argument)
{
    update_job *job = argument;
    job->ok = cf_conn_exec(job->conn, "update parent set b = 6 where id = 1", job->error);
    return NULL;
}

static void a_deadlock_can_be_retried(void **state)
{
    (void)state;
    cf_error error = {0}, other_error = {0};
    if (is("sqlite")) skip(); /* writers stand in line */
    make_constraints();
    exec(conn, "insert into parent (id, email) values (2, 'bob')");
    cf_conn *other = take(pool);
    must(cf_conn_begin(conn, CF_BEGIN_WRITE, &error) && cf_conn_begin(other, CF_BEGIN_WRITE, &error), &error);
    exec(conn, "update parent set b = 5 where id = 1");
    exec(other, "update parent set b = 5 where id = 2");
    /* One waits in a thread of its own until the other closes the circle. */
    pthread_t  thread;
    update_job job = {other, &other_error, false};
    assert_int_equal(pthread_create(&thread, NULL, update_first, &job), 0);
    usleep(200000);
    bool ok = cf_conn_exec(conn, "update parent set b = 6 where id = 2", &error);
    if (ok) must(cf_conn_commit(conn, &error), &error);
    pthread_join(thread, NULL);
    assert_true(ok != job.ok);
    cf_error *lost = ok ? &other_error : &error;
    cf_conn  *loser = ok ? other : conn;
    assert_int_equal(lost->code, CF_ERR_SERIALIZE);
    assert_true(cf_code_retryable(lost->code));
    /* Until the rollback nothing runs, on MariaDB neither: it would run outside of the transaction. */
    cf_error later = {0};
    assert_false(cf_conn_exec(loser, "update parent set b = 7 where id = 1", &later));
    assert_int_equal(later.code, CF_ERR_FAILED);
    assert_true(cf_conn_rollback(loser, NULL));
    cf_conn_rollback(conn, NULL);
    cf_conn_rollback(other, NULL);
    assert_int_equal(ask_int(conn, "select 1"), 1);
    cf_pool_give(pool, other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(integers_to_their_ends), T(booleans), T(floats_bit_for_bit), T(no_number_is_refused_or_kept), T(texts_and_bytes),
        T(texts_that_no_database_takes_are_refused_by_us), T(days_and_moments), T(moments_out_of_range_are_refused),
        T(intervals), T(decimals_keep_all_digits), T(uuids_and_json), T(null_in_every_column), T(structs_are_filled),
        T(values_that_do_not_fit_are_errors_with_the_column), T(constraint_violations_say_which),
        T(mistakes_in_texts_have_their_codes), T(parameters_are_counted), T(transactions_commit_and_roll_back), T(savepoints),
        T(read_transactions_refuse_writes), T(read_only_connections_refuse_writes),
        T(a_commit_after_a_failure_says_what_happened), T(giving_back_rolls_back), T(changes_and_keys), T(returning_gives_rows),
        T(one_statement_twice_at_once), T(a_running_statement_does_not_run_again),
        T(a_stream_left_early_leaves_the_connection_good), T(the_cache_is_bounded), T(statements_outlive_changes_of_the_schema),
        T(a_statement_ends_at_its_deadline), T(the_nth_statement_fails_on_request), T(a_broken_connection_is_thrown_away),
        T(a_lost_session_is_replaced_outside_transactions), T(a_lost_write_has_an_unknown_outcome),
        T(a_lost_commit_has_an_unknown_outcome), T(a_session_killed_while_idle_is_not_handed_out), T(a_deadlock_can_be_retried),
    };
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
    int failed = cmocka_run_group_tests_name(kind, tests, NULL, NULL);
    if (cf_pool_close(pool) != 0) failed++;
    remove_test_file(url);
    return failed;
}
