/* Values to the ends of each type, there and back, alone and into structs. */
#include "database.h"

#include <float.h>
#include <math.h>

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
    } cases[] = {{"i16", 0},         {"i16", INT16_MIN}, {"i16", INT16_MAX}, {"i32", INT32_MIN},
                 {"i32", INT32_MAX}, {"i64", INT64_MIN}, {"i64", INT64_MAX}, {"i64", -1}};
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
    static const char *const texts[] = {
        "", "plain", "line\nline", "\\'\"%_`;--", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", " ends "};
    static const char bytes[] = {0, 1, (char)0xff, 0, '\'', '\\'};
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

/* Each row longer than the one before: buffers grow while rows are read. */
static void long_texts_row_after_row(void **state)
{
    (void)state;
    cf_error error = {0};
    size_t   most = 70000;
    char    *text = malloc(most);
    memset(text, 'x', most);
    make_types();
    for (size_t size = 10; size <= most; size *= 7)
        must(run(conn, "insert into types (t, c) values (?, 'short')", VALUES(cf_value_text_n(text, size)), &error),
             &error);
    for (int stream = 0; stream < 2; stream++) {
        cf_sql   sql = {.text = "select t, c from types order by id", .size = 34, .reads = true};
        cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
        size_t   wanted = 10;
        if (stream) cf_stmt_stream(stmt);
        must(cf_stmt_run(stmt, NULL, 0, &error), &error);
        for (cf_value v; cf_stmt_next(stmt, &error) == CF_YES; wanted *= 7) {
            must(cf_stmt_value(stmt, 0, CF_TEXT, arena, &v, &error), &error);
            assert_same_text(v, text, wanted);
            must(cf_stmt_value(stmt, 1, CF_TEXT, arena, &v, &error), &error);
            assert_same_text(v, "short", 5);
        }
        assert_true(wanted > most);
        cf_stmt_done(stmt);
    }
    free(text);
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
    cf_date                  date;
    cf_datetime              moment;
    cf_time                  time;
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
    assert_false(
        run(conn, "insert into types (dt) values (?)", VALUES(cf_value_datetime((cf_datetime){INT64_MAX})), &error));
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
        assert_true(round_trip("iv", cf_value_interval((cf_interval){cases[i]}), CF_INTERVAL).as.interval.usec ==
                    cases[i]);
}

static void decimals_keep_all_digits(void **state)
{
    (void)state;
    static const char *const cases[] = {"0",
                                        "1.10",
                                        "-0.0000000001",
                                        "9999999999999999999999999999.9999999999",
                                        "12345678901234567890.1234567890",
                                        "100",
                                        "-5",
                                        "0.5",
                                        "10000",
                                        "10000.0001"};
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
    if (is("postgresql")) assert_same_text(round_trip("jb", cf_value_json((cf_json){"[1, 2]"}), CF_JSON), "[1, 2]", 6);
}

static void null_in_every_column(void **state)
{
    (void)state;
    static const char *const columns[] = {"i16", "i32", "i64", "b",  "f",  "d", "t", "c",
                                          "y",   "da",  "ti",  "dt", "iv", "n", "u", "j"};
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

#define SLOT(n, type_, member)                                                      \
    {                                                                               \
        n, type_, offsetof(row, member), sizeof(((row *)0)->member), #member, "Row" \
    }

static const cf_slot slots[] = {SLOT(0, CF_TYPE_INT64, id),
                                SLOT(1, CF_TYPE_INT16, i16),
                                SLOT(2, CF_TYPE_INT32, i32),
                                SLOT(3, CF_TYPE_INT64 | CF_TYPE_NULLABLE, i64),
                                SLOT(4, CF_TYPE_BOOL | CF_TYPE_NULLABLE, b),
                                SLOT(5, CF_TYPE_FLOAT, f),
                                SLOT(6, CF_TYPE_DOUBLE, d),
                                SLOT(7, CF_TYPE_TEXT | CF_TYPE_NULLABLE, t),
                                SLOT(8, CF_TYPE_CHARS, c),
                                SLOT(9, CF_TYPE_BYTES | CF_TYPE_NULLABLE, y),
                                SLOT(10, CF_TYPE_DATE, da),
                                SLOT(11, CF_TYPE_TIME, ti),
                                SLOT(12, CF_TYPE_DATETIME | CF_TYPE_NULLABLE, dt),
                                SLOT(13, CF_TYPE_DECIMAL | CF_TYPE_NULLABLE, n),
                                SLOT(14, CF_TYPE_UUID | CF_TYPE_NULLABLE, u),
                                SLOT(15, CF_TYPE_JSON | CF_TYPE_NULLABLE, j)};

static const char row_query[] =
    "select id, i16, i32, i64, b, f, d, t, c, y, da, ti, dt, n, u, j from types order by id";

static void structs_are_filled(void **state)
{
    (void)state;
    cf_error    error = {0};
    cf_decimal  decimal = {.low = 150, .scale = 2};
    cf_uuid     uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    cf_datetime moment = {1700000000123456};
    make_types();
    const char *insert =
        "insert into types (i16,i32,i64,b,f,d,t,c,y,da,ti,dt,n,u,j) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    must(run(conn, insert,
             VALUES(cf_value_int(-7), cf_value_int(70000), cf_value_int(1), cf_value_bool(true), cf_value_double(0.5),
                    cf_value_double(0.1), cf_value_text("text"), cf_value_text("eight888"),
                    cf_value_bytes((cf_bytes){"\0\1", 2}), cf_value_date((cf_date){19000}), cf_value_time((cf_time){1}),
                    cf_value_datetime(moment), cf_value_decimal(&decimal), cf_value_uuid(&uuid),
                    cf_value_json((cf_json){"[1]"})),
             &error),
         &error);
    must(
        run(conn, insert,
            VALUES(cf_value_int(0), cf_value_int(0), cf_value_null(), cf_value_null(), cf_value_double(0),
                   cf_value_double(0), cf_value_null(), cf_value_text(""), cf_value_null(), cf_value_date((cf_date){0}),
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(integers_to_their_ends),
        T(booleans),
        T(floats_bit_for_bit),
        T(no_number_is_refused_or_kept),
        T(texts_and_bytes),
        T(long_texts_row_after_row),
        T(texts_that_no_database_takes_are_refused_by_us),
        T(days_and_moments),
        T(moments_out_of_range_are_refused),
        T(intervals),
        T(decimals_keep_all_digits),
        T(uuids_and_json),
        T(null_in_every_column),
        T(structs_are_filled),
        T(values_that_do_not_fit_are_errors_with_the_column),
    };
    return run_on_database(argc, argv, tests, COUNT_OF(tests));
}
