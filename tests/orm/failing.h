/*
 * Scenarios in which each allocation fails once, and each statement: an error, nothing lost, nothing half written, and a
 * session that works again after a rollback.
 */
#ifndef CARAFE_TESTS_ORM_FAILING_H
#define CARAFE_TESTS_ORM_FAILING_H

#include "fixture.h"

#include "base/memory.h"
#include "orm/session.h"

#include <inttypes.h>

#define MOST_FAILURES 20000 /* a scenario that has more of them never ends */

typedef struct scenario {
    bool (*prepare)(cf_db *db); /* adds the rows that are there before */
    bool (*run)(cf_db *db);     /* false when something failed */
    bool commits;               /* at its end, with all that may fail before */
    bool survives;              /* some statements may fail, and what was asked for is done all the same */
    bool fails;                 /* it has a failure of its own, which may be the one that is told */
} scenario;

/* In run(): what must be true unless the session has failed; then the scenario ends. */
#define HOLDS(db_, condition_)                                                                       \
    do {                                                                                             \
        if (cf_session_error(db_)->code != CF_OK) return false;                                      \
        bool holds_ = (condition_);                                                                  \
        if (cf_session_error(db_)->code != CF_OK) return false;                                      \
        if (!holds_) fail_msg("%s:%d: no failure, but not so: %s", __FILE__, __LINE__, #condition_); \
    } while (0)

/* ---- rows --------------------------------------------------------------------------------------------- */

static uint64_t table_hash(fixture *f, cf_conn *conn, const cf_mapper *m)
{
    cf_error  error = {0};
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_buffer text = {0};
    uint64_t  sum = 0;
    cf_buffer_text(&text, "SELECT * FROM ");
    cf_sql_name(&text, cf_pool_dialect(f->database->pool), m->table);
    cf_stmt *stmt = cf_conn_prepare(conn, &(cf_sql){text.data, text.size, 0, true}, &error);
    if (!stmt || !cf_stmt_run(stmt, NULL, 0, &error)) fail_msg("%s: %s", m->table, error.message);
    while (cf_stmt_next(stmt, &error) == CF_YES) {
        uint64_t row = 17;
        for (int i = 0; i < cf_stmt_columns(stmt); i++) {
            cf_value v;
            assert_true(cf_stmt_value(stmt, i, CF_UNDEFINED, arena, &v, &error));
            row = row * 31 + cf_value_hash(v);
        }
        sum += row * row; /* in any order */
    }
    cf_stmt_done(stmt);
    cf_buffer_free(&text);
    cf_arena_free(arena);
    return sum;
}

/* All that is committed, as one number. */
static uint64_t database_hash(fixture *f)
{
    cf_error           error = {0};
    const cf_registry *registry = f->database->registry;
    cf_conn           *conn = cf_pool_take(f->database->pool, NULL, &error);
    uint64_t           sum = 0;
    if (!conn) fail_msg("%s", error.message);
    for (size_t i = 0; i < registry->count; i++)
        if (!registry->mappers[i]->bind) sum = sum * 31 + table_hash(f, conn, registry->mappers[i]);
    cf_pool_give(f->database->pool, conn);
    return sum;
}

static void delete_rows(fixture *f)
{
    cf_error           error = {0};
    const cf_registry *registry = f->database->registry;
    cf_conn           *conn = cf_pool_take(f->database->pool, NULL, &error);
    for (size_t i = registry->count; conn && i-- > 0;) {
        cf_buffer text = {0};
        if (registry->mappers[i]->bind) continue;
        cf_buffer_text(&text, "DELETE FROM ");
        cf_sql_name(&text, cf_conn_dialect(conn), registry->mappers[i]->table);
        if (!cf_conn_exec(conn, text.data, &error)) fail_msg("%s: %s", text.data, error.message);
        cf_buffer_free(&text);
    }
    cf_pool_give(f->database->pool, conn);
}

/* A database with the scenario's rows alone; on SQLite a new one, for which nothing is compiled yet. */
static void begin_anew(fixture *f, const scenario *s)
{
    void *state = f;
    if (strcmp(test_url(), "sqlite://") == 0) {
        fixture_close(&state);
        assert_int_equal(fixture_open(&state), 0);
    } else {
        delete_rows(f);
    }
    cf_db *db = other_session(f);
    if (!s->prepare(db) || !cf_commit(db)) fail_msg("%s", cf_error(db)->message);
    cf_close(db);
}

/* ---- failures ------------------------------------------------------------------------------------------ */

/* After a scenario that failed, or was given up. */
static void nothing_has_happened(fixture *f, const scenario *s, cf_db *db, bool ok, uint64_t before)
{
    if (!ok) assert_false(cf_commit(db));
    assert_true(cf_rollback(db));
    assert_ok(db);
    if (ok && s->commits) return;
    if (database_hash(f) != before) fail_msg("a failure, but rows are not as they were before");
    if (!s->run(db)) fail_msg("after the rollback: %s", cf_error(db)->message);
    assert_true(cf_rollback(db));
    if (!s->commits && database_hash(f) != before) fail_msg("rows are not as they were before");
}

CF_UNUSED static void each_allocation_fails(fixture *f, const scenario *s)
{
    long failures = 0, tolerated = 0;
    for (long n = 1;; n++) {
        assert_true(n < MOST_FAILURES);
        if (n == 1 || s->commits || strcmp(test_url(), "sqlite://") == 0) begin_anew(f, s);
        uint64_t before = database_hash(f);
        cf_mem_apart(true);
        cf_db *db = other_session(f);
        long   start = cf_mem_count();
        cf_mem_fail_at(n, n % 2 == 0);
        bool    ok = s->run(db);
        cf_code code = cf_session_error(db)->code;
        cf_mem_fail_at(0, false);
        cf_mem_apart(false);
        bool reached = cf_mem_count() - start >= n;
        if (!ok && code != CF_ERR_MEMORY) fail_msg("allocation %ld: %s", n, cf_error(db)->message);
        failures += !ok;
        tolerated += ok && reached;
        nothing_has_happened(f, s, db, ok, before);
        cf_close(db);
        if (!reached) break;
    }
    print_message("%ld failures, %ld without effect\n", failures, tolerated);
    assert_true(failures > 5);
}

CF_UNUSED static void each_statement_fails(fixture *f, const scenario *s)
{
    static const cf_code codes[] = {CF_ERR_DATABASE, CF_ERR_SERIALIZE, CF_ERR_TIMEOUT};
    long                 failures = 0;
    for (long n = 1;; n++) {
        assert_true(n < MOST_FAILURES);
        if (n == 1 || s->commits) begin_anew(f, s);
        uint64_t before = database_hash(f);
        cf_db   *db = other_session(f);
        cf_code  wanted = codes[n % 3];
        (void)cf_pool_fail_at(f->database->pool, n, wanted);
        bool    ok = s->run(db);
        cf_code code = cf_error(db)->code;
        bool    reached = cf_pool_fail_at(f->database->pool, 0, CF_OK);
        if (!ok && code != wanted && !s->fails) fail_msg("statement %ld: %s", n, cf_error(db)->message);
        if (ok && reached && !s->survives) fail_msg("statement %ld failed, and nobody was told", n);
        failures += !ok;
        nothing_has_happened(f, s, db, ok, before);
        cf_close(db);
        if (!reached) break;
    }
    assert_true(failures > 0);
}

/* The two tests of a scenario: NAME_when_an_allocation_fails and NAME_when_a_statement_fails. */
#define failing_scenario_of(prepare_, name, ...)                                               \
    static const scenario name##_scenario = {.prepare = prepare_, .run = name, ##__VA_ARGS__}; \
    static void           name##_when_an_allocation_fails(void **state)                        \
    {                                                                                          \
        each_allocation_fails(*state, &name##_scenario);                                       \
    }                                                                                          \
    static void name##_when_a_statement_fails(void **state)                                    \
    {                                                                                          \
        each_statement_fails(*state, &name##_scenario);                                        \
    }                                                                                          \
    _Static_assert(sizeof(scenario) > 0, "ends the line")

#endif
