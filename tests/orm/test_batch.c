/* Rows that are written together: how many statements, what each run did, who is at fault, what is left after a failure. */
#define OWN_MODELS
#include "fixture.h"

#include "base/memory.h"
#include "orm/session.h"

typedef struct Part {
    int64_t       id;
    const char   *name;
    cf_null_int32 size;
    const char   *note;
    cf_decimal    price;
    cf_datetime   changed_at;
    int32_t       version;
} Part;
CF_MODEL(Part, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 20, .unique = true), CF_COLUMN(size),
         CF_COLUMN(note, .nullable = true), CF_COLUMN(price, .precision = 10, .scale = 2),
         CF_COLUMN(changed_at, .default_now = true, .on_update_now = true), CF_COLUMN(version, .version = true));

typedef struct Shelf {
    int64_t hall;
    int64_t number;
    int64_t load;
} Shelf;
CF_MODEL(Shelf, CF_COLUMN(hall, .primary_key = true), CF_COLUMN(number, .primary_key = true), CF_COLUMN(load));

typedef struct Field {
    int64_t     row;
    const char *name;
    int32_t     side;
    int32_t     area;
} Field;
CF_MODEL(Field, CF_COLUMN(row, .primary_key = true), CF_COLUMN(name, .primary_key = true, .length = 10), CF_COLUMN(side),
         CF_COLUMN(area, .computed = "side * side", .stored = true));

enum { PARTS = 600 };

/* A number of cents. */
static cf_decimal cents(int64_t n)
{
    char       text[32];
    cf_decimal out;
    snprintf(text, sizeof text, "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
    assert_true(cf_decimal_parse(text, strlen(text), &out));
    return out;
}

static void add_parts(cf_db *db, int count)
{
    for (int i = 0; i < count; i++)
        cf_add(db, Part, .name = cf_arena_printf(cf_session_arena(db), "part %d", i), .price = cents(i),
               .size = CF_SOME(-1));
}

static int with_parts(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    add_parts(db, PARTS);
    for (int i = 0; i < PARTS; i++) cf_add(db, Shelf, .hall = i / 7, .number = i % 7);
    return cf_commit(db) ? 0 : -1;
}

static int64_t flushed(cf_db *db)
{
    int64_t before = cf_statements(db);
    assert_true(cf_flush(db));
    return cf_statements(db) - before;
}

static void rows_of_one_shape_are_one_statement(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    add_parts(db, 1000);
    assert_int_equal(flushed(db), 1);
    CF_LIST(Part) all = cf_all(db, Part, "order by id");
    cf_each(Part, p, all) {
        if (p->id % 3) p->size = (cf_null_int32)CF_SOME((int32_t)p->id);
        else p->size = (cf_null_int32){.set = false, .null = true};
        p->note = p->id % 5 ? "it's \"noted\"" : "";
        p->price = cents(p->id * 100 + 25);
    }
    assert_int_equal(flushed(db), 1);
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    cf_each(Part, p, cf_all(other, Part, "order by id")) {
        assert_int_equal(p->size.set, p->id % 3 != 0);
        assert_string_equal(p->note, p->id % 5 ? "it's \"noted\"" : "");
        assert_int_equal(p->version, 2);
        char price[CF_DECIMAL_SIZE];
        cf_decimal_format(p->price, price);
        assert_non_null(strstr(price, ".25"));
        assert_int_equal(atoll(price), p->id);
    }
    cf_close(other);
    cf_each(Part, p, all) p->note = NULL;
    assert_int_equal(flushed(db), 1);
    assert_int_equal(cf_count(db, Part, "note is null and version = 3"), 1000);
    cf_each(Part, p, all) cf_delete(db, p);
    assert_int_equal(flushed(db), 1);
    assert_int_equal(cf_count(db, Part, ""), 0);
    add_parts(db, 2001);
    assert_int_equal(flushed(db), 3);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Part, ""), 1000);
}

/* Somebody else changes or deletes rows; the first of them in the order of writing is told. */
static void stale_rows_among_many_are_told(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db, *other = other_session(f);
    for (int turn = 0; turn < 4; turn++) {
        bool  goes = turn % 2, deleted = turn / 2;
        Part *victim = NULL;
        cf_each(Part, p, cf_all(db, Part, "order by id")) {
            if (!victim && p->version <= 1 && p->id > 100 + turn * 50) victim = p;
            if (goes) cf_delete(db, p);
            else p->note = "mine";
        }
        if (deleted) cf_delete_where(other, Part, "id = ?", victim->id);
        else cf_update_where(other, Part, "set note = ? where id in (?, ?)", "theirs", victim->id, victim->id + 200);
        assert_true(cf_commit(other));
        assert_false(cf_flush(db));
        assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
        assert_ptr_equal(cf_error(db)->object, victim);
        assert_true(cf_rollback(db));
        assert_int_equal(cf_count(db, Part, "note = ?", "mine"), 0);
        cf_close(other);
        other = other_session(f);
        cf_close(db);
        db = f->db = other_session(f);
    }
    assert_int_equal(cf_count(db, Part, ""), PARTS - 2);
    cf_close(other);
}

/* Without a version only a row that is gone is told; keys of two columns. */
static void rows_that_are_gone_are_told(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db, *other = other_session(f);
    Shelf   *victim = cf_get(db, Shelf, 40, 3);
    cf_each(Shelf, s, cf_all(db, Shelf, "")) s->load = 5;
    cf_delete_where(other, Shelf, "hall = 40 and number = 3");
    assert_true(cf_commit(other));
    cf_close(other);
    assert_false(cf_flush(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_STALE);
    assert_ptr_equal(cf_error(db)->object, victim);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Shelf, "load = 5"), 0);
    cf_each(Shelf, s, cf_all(db, Shelf, "")) s->load = 0; /* as they were: nothing is written, nothing is gone */
    assert_int_equal(flushed(db), 0);
    cf_each(Shelf, s, cf_all(db, Shelf, "number > 3")) s->load = 6;
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Shelf, "load = 6"), (PARTS - PARTS / 7 * 4) - (PARTS % 7 > 4 ? 4 : PARTS % 7));
}

/* One row of many is refused; what else is in the transaction stays, up to a savepoint. */
static void a_refused_row_is_told(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Part  *before = cf_add(db, Part, .name = "before"), *bad = NULL;
    assert_true(cf_flush(db));
    int point = cf_savepoint(db);
    cf_each(Part, p, cf_all(db, Part, "name <> 'before' order by id")) p->note = "first";
    assert_true(cf_flush(db));
    int later = cf_savepoint(db);
    cf_each(Part, p, cf_all(db, Part, "name <> 'before' order by id")) {
        p->note = "second";
        p->name = cf_arena_printf(cf_session_arena(db), "new %lld", (long long)p->id);
        if (p->id == 444) (bad = p)->name = "before";
    }
    assert_false(cf_flush(db));
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    assert_ptr_equal(cf_error(db)->object, bad);
    assert_true(cf_savepoint_rollback(db, later));
    assert_int_equal(cf_count(db, Part, "note = ?", "first"), PARTS);
    cf_each(Part, p, cf_all(db, Part, "name <> 'before'")) p->note = "third";
    assert_int_equal(flushed(db), 1);
    assert_true(cf_savepoint_rollback(db, point));
    assert_int_equal(cf_count(db, Part, "note is null"), PARTS + 1);
    cf_each(Part, p, cf_all(db, Part, "")) p->note = "fourth";
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Part, "note = ?", "fourth"), PARTS + 1);
    assert_string_equal(before->note, "fourth");
}

static void computed_columns_come_back(void **state)
{
    fixture    *f = *state;
    cf_db      *db = f->db;
    bool        returned = strncmp(test_url(), "mariadb", 7) != 0;
    const char *names[] = {"a", "B", "\xC3\xA9 "};
    for (int i = 0; i < 300; i++) cf_add(db, Field, .row = i / 3, .name = names[i % 3], .side = i);
    assert_int_equal(flushed(db), 1);
    CF_LIST(Field) all = cf_all(db, Field, "");
    cf_each(Field, x, all) {
        assert_int_equal(x->area, x->side * x->side);
        x->side += 1000;
        if (x->row == 50) x->row = 5000; /* they move to the end */
    }
    int64_t sent = flushed(db);
    assert_true(sent <= (returned ? 3 : 9)); /* rows that move are others than those that do not */
    cf_each(Field, x, all) assert_int_equal(x->area, x->side * x->side);
    assert_false(cf_has_changes(db) && !cf_commit(db));
    assert_int_equal(cf_count(db, Field, "area >= 1000000"), 300);
    assert_ok(db);
}

/* ---- failures ------------------------------------------------------------------------------------------ */

static bool write_all(cf_db *db)
{
    for (int i = 0; i < 40; i++) cf_add(db, Part, .name = cf_arena_printf(cf_session_arena(db), "more %d", i));
    if (!cf_flush(db)) return false;
    cf_each(Part, p, cf_all(db, Part, "name like 'more%' or id < 60 order by id")) {
        p->size = (cf_null_int32)CF_SOME(7);
        p->note = "written";
    }
    if (!cf_flush(db)) return false;
    cf_each(Part, p, cf_all(db, Part, "id between 20 and 90 order by id")) cf_delete(db, p);
    cf_each(Shelf, s, cf_all(db, Shelf, "hall = 3")) s->load = 9;
    return cf_flush(db);
}

static void assert_untouched(fixture *f)
{
    cf_db *db = other_session(f);
    assert_int_equal(cf_count(db, Part, "version = 1 and note is null"), PARTS);
    assert_int_equal(cf_count(db, Part, ""), PARTS);
    assert_int_equal(cf_count(db, Shelf, "load <> 0"), 0);
    assert_ok(db);
    cf_close(db);
}

static void any_allocation_may_fail(void **state)
{
    fixture *f = *state;
    bool     done = false;
    int      failures = 0;
    for (long n = 1; !done && n < 20000; n += 1 + n / 40) {
        cf_mem_fail_at(n, n % 2 == 0);
        cf_db  *db = cf_session(f->database);
        bool    ok = db && write_all(db);
        cf_code code = cf_session_error(db)->code;
        cf_mem_fail_at(0, false);
        if (!ok) {
            failures++;
            assert_int_equal(code, CF_ERR_MEMORY);
            assert_false(cf_commit(db));
        }
        done = ok;
        if (db) assert_true(cf_rollback(db));
        cf_close(db);
        assert_untouched(f);
    }
    assert_true(done);
    assert_true(failures > 10);
}

static void any_statement_may_fail(void **state)
{
    static const cf_code codes[] = {CF_ERR_DATABASE, CF_ERR_SERIALIZE, CF_ERR_CONNECTION};
    fixture             *f = *state;
    bool                 done = false;
    if (strcmp(test_url(), "sqlite://") == 0) skip(); /* in memory: it is gone with its connection */
    for (long n = 1; !done; n++) {
        assert_true(n < 100);
        cf_db *db = cf_session(f->database);
        cf_pool_fail_at(f->database->pool, n, codes[n % 3]);
        bool    ok = write_all(db);
        cf_code code = cf_error(db)->code;
        cf_pool_fail_at(f->database->pool, 0, CF_OK);
        if (!ok) assert_int_equal(code, codes[n % 3]);
        done = ok;
        assert_true(cf_rollback(db));
        assert_true(write_all(db));
        assert_true(cf_rollback(db));
        cf_close(db);
        assert_untouched(f);
    }
}

static void run_plainly(fixture *f, const char *text)
{
    cf_error error = {0};
    cf_conn *conn = cf_pool_take(f->database->pool, &(cf_take){.file = __FILE__, .line = __LINE__}, &error);
    if (!conn || !cf_conn_exec(conn, text, &error)) fail_msg("%s: %s", text, error.message);
    cf_pool_give(f->database->pool, conn);
}

/* The server ends the session while it writes the 300th row. */
static void the_session_is_killed_in_a_batch(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    if (strcmp(test_url(), "sqlite://") == 0) skip();
    if (strncmp(test_url(), "postgresql", 10) == 0) {
        run_plainly(
            f, "create or replace function part_trap() returns trigger language plpgsql as 'begin if old.id = 300 then "
               "perform pg_terminate_backend(pg_backend_pid()); end if; return old; end'");
        run_plainly(f, "create trigger trap after update or delete on part for each row execute function part_trap()");
    } else {
        run_plainly(f, "create trigger trap_1 after update on part for each row if old.id = 300 then kill "
                       "connection_id(); end if");
        run_plainly(f, "create trigger trap_2 after delete on part for each row if old.id = 300 then kill "
                       "connection_id(); end if");
    }
    for (int turn = 0; turn < 2; turn++) {
        cf_each(Part, p, cf_all(db, Part, "order by id")) {
            if (turn) cf_delete(db, p);
            else p->note = "written";
        }
        assert_false(cf_commit(db));
        assert_int_equal(cf_error(db)->code, CF_ERR_CONNECTION);
        assert_string_equal(cf_error(db)->model, "Part");
        const Part *at = cf_error(db)->object; /* MariaDB does not tell */
        assert_true(strncmp(test_url(), "postgresql", 10) == 0 ? at && at->id == 300 : !at);
        assert_true(cf_rollback(db));
        assert_untouched(f);
        cf_each(Part, p, cf_all(db, Part, "id < 300")) p->note = "again";
        assert_true(cf_flush(db)); /* on another connection */
        assert_true(cf_rollback(db));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(rows_of_one_shape_are_one_statement),
        session_test(computed_columns_come_back),
        cmocka_unit_test_setup_teardown(stale_rows_among_many_are_told, with_parts, fixture_close),
        cmocka_unit_test_setup_teardown(rows_that_are_gone_are_told, with_parts, fixture_close),
        cmocka_unit_test_setup_teardown(a_refused_row_is_told, with_parts, fixture_close),
        cmocka_unit_test_setup_teardown(any_allocation_may_fail, with_parts, fixture_close),
        cmocka_unit_test_setup_teardown(any_statement_may_fail, with_parts, fixture_close),
        cmocka_unit_test_setup_teardown(the_session_is_killed_in_a_batch, with_parts, fixture_close),
    };
    return RUN_TESTS("batch", tests, argc, argv);
}
