/* Connections and statements as the layers above see them; the work is the drivers'. */
#include "base/memory.h"
#include "sql/driver.h"

#include <string.h>
#include <time.h>

int64_t cf_clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t cf_clock_ms(void)
{
    return cf_clock_us() / 1000;
}

int64_t cf_deadline(int ms)
{
    return ms > 0 ? cf_clock_ms() + ms : INT64_MAX;
}

int cf_deadline_left(int64_t deadline)
{
    if (deadline == INT64_MAX) return -1;
    int64_t left = deadline - cf_clock_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

uint32_t cf_sql_id(void)
{
    static atomic_uint last;
    uint32_t           id = atomic_fetch_add(&last, 1) + 1;
    return id ? id : atomic_fetch_add(&last, 1) + 1;
}

/* ---- opening ---- */

static void learn_dialect(cf_pool *pool, const cf_conn *conn)
{
    pthread_mutex_lock(&pool->lock);
    if (atomic_load(&pool->dialect) == &pool->oldest) {
        cf_dialect_make(&pool->found, pool->driver->id, conn->version, conn->mysql);
        atomic_store(&pool->dialect, &pool->found);
    }
    pool->opened++;
    pthread_mutex_unlock(&pool->lock);
}

cf_conn *cf_conn_open(cf_pool *pool, cf_error *error)
{
    cf_conn *conn = cf_mem_zero(1, pool->driver->conn_size);
    if (!conn || !cf_cache_open(&conn->cache, pool->settings.cache)) {
        cf_mem_free(conn);
        cf_fail(error, CF_ERR_MEMORY, "out of memory for a database connection");
        return NULL;
    }
    conn->driver = pool->driver;
    conn->pool = pool;
    conn->deadline_ms = pool->settings.deadline_ms;
    conn->opened_at = conn->idle_since = cf_clock_ms();
    if (!conn->driver->open(conn, error)) {
        cf_conn_free(conn);
        return NULL;
    }
    learn_dialect(pool, conn);
    if (!pool->boxed || cf_box_enter(conn, error)) return conn;
    cf_conn_free(conn);
    return NULL;
}

void cf_conn_free(cf_conn *conn)
{
    if (!conn) return;
    conn->broken = true; /* nothing is tidied up on the server: it ends with the connection */
    cf_cache_close(&conn->cache, conn->driver);
    conn->driver->close(conn);
    cf_mem_free(conn);
}

/*
 * Connect anew in place, when nothing was under way that could be lost. Not after a time-out: the call's time is used up.
 * `clean`: the failure in `error` is that of the call at hand, and may be forgotten.
 */
static bool reconnect(cf_conn *conn, bool clean, cf_error *error)
{
    cf_error why = {0};
    if (!clean || error->code != CF_ERR_CONNECTION || conn->open > 0) return false;
    cf_cache_unprepare(&conn->cache, conn->driver);
    conn->driver->close(conn);
    conn->broken = false;
    conn->streaming = NULL;
    conn->opened_at = cf_clock_ms();
    if (!conn->driver->open(conn, &why)) {
        conn->broken = true;
        return false;
    }
    learn_dialect(conn->pool, conn);
    cf_error_clear(error);
    return true;
}

/* ---- what every call checks first ---- */

static bool usable(const cf_conn *conn, cf_error *error)
{
    if (!conn->broken) return true;
    return cf_fail(error, CF_ERR_CONNECTION, "the connection to %s broke; roll back and try again", conn->pool->shown);
}

/* Tests make the n-th statement of a pool fail. */
static bool injected(cf_conn *conn, cf_error *error)
{
    cf_pool *pool = conn->pool;
    if (atomic_load_explicit(&pool->fail_at, memory_order_relaxed) == 0) return false;
    if (atomic_fetch_sub(&pool->fail_at, 1) != 1) return false;
    cf_code code = (cf_code)atomic_load(&pool->fail_code);
    if (code == CF_ERR_CONNECTION || code == CF_ERR_UNKNOWN_OUTCOME) conn->broken = true;
    cf_fail(error, code, "a failure injected for a test");
    return true;
}

bool cf_conn_may_send(cf_conn *conn, cf_error *error)
{
    if (!usable(conn, error) || injected(conn, error)) return false;
    if (conn->doomed)
        return cf_fail(error, CF_ERR_FAILED,
                       "the database undid the transaction at an earlier failure; roll back first");
    if (conn->streaming)
        return cf_fail(error, CF_ERR_MISUSE, "a streamed result is still being read on this connection");
    return true;
}

/* The call's error, or a place for one when the caller wants none. */
static cf_error *error_or(cf_error *error, cf_error *spare)
{
    if (error) return error;
    memset(spare, 0, sizeof *spare);
    return spare;
}

/* ---- transactions ---- */

bool cf_conn_begin(cf_conn *conn, cf_begin_mode mode, cf_error *error)
{
    cf_error spare;
    error = error_or(error, &spare);
    if (!cf_conn_may_send(conn, error)) return false;
    if (conn->in_transaction) return cf_fail(error, CF_ERR_MISUSE, "a transaction is open on this connection already");
    bool    reads = (mode & CF_BEGIN_READ) || conn->read_only || conn->pool->settings.read_only;
    int     how = reads ? (int)mode | CF_BEGIN_READ : (int)mode;
    int64_t started = cf_echo_start(conn);
    bool    clean = error->code == CF_OK; /* an earlier failure is not ours to forget */
    conn->committing = false;
    bool ok = conn->boxed || conn->driver->begin(conn, how, error);
    if (!ok && conn->broken && reconnect(conn, clean, error)) ok = conn->driver->begin(conn, how, error);
    cf_echo_command(conn, "BEGIN", 5, cf_echo_spent(started), 0, ok ? CF_OK : error->code);
    conn->in_transaction = ok;
    conn->transaction_reads = ok && reads;
    return ok;
}

bool cf_conn_commit(cf_conn *conn, cf_error *error)
{
    cf_error spare;
    error = error_or(error, &spare);
    if (!conn->in_transaction) return cf_fail(error, CF_ERR_MISUSE, "no transaction is open on this connection");
    if (!cf_conn_may_send(conn, error)) {
        cf_conn_rollback(conn, NULL);
        return false;
    }
    int64_t started = cf_echo_start(conn);
    conn->committing = !conn->transaction_reads;
    bool ok = conn->boxed ? cf_box_end(conn, true, error) : conn->driver->end(conn, true, error);
    conn->committing = false;
    cf_echo_command(conn, "COMMIT", 6, cf_echo_spent(started), 0, ok ? CF_OK : error->code);
    if (!ok) cf_conn_rollback(conn, NULL);
    conn->in_transaction = false;
    return ok;
}

bool cf_conn_rollback(cf_conn *conn, cf_error *error)
{
    bool ok = true;
    if (conn->in_transaction && !conn->broken) {
        cf_error spare;
        error = error_or(error, &spare);
        int64_t started = cf_echo_start(conn);
        cf_stmt_done(conn->streaming);
        ok = conn->boxed ? cf_box_end(conn, false, error) : conn->driver->end(conn, false, error) || conn->broken;
        cf_echo_command(conn, "ROLLBACK", 8, cf_echo_spent(started), 0, ok ? CF_OK : error->code);
        /* A connection that cannot be rolled back must not reach anybody else. */
        if (!ok) conn->broken = true;
    }
    conn->in_transaction = conn->transaction_reads = conn->doomed = false;
    return ok;
}

bool cf_conn_in_transaction(const cf_conn *conn)
{
    return conn->in_transaction;
}

bool cf_conn_exec(cf_conn *conn, const char *text, cf_error *error)
{
    cf_error spare;
    error = error_or(error, &spare);
    if (!cf_conn_may_send(conn, error)) return false;
    int64_t started = cf_echo_start(conn), changes = 0;
    size_t  size = strlen(text);
    conn->count++;
    conn->autocommits = !conn->in_transaction;
    bool ok = conn->driver->exec(conn, text, size, &changes, error);
    conn->autocommits = conn->committing = false;
    cf_echo_command(conn, text, size, cf_echo_spent(started), changes, ok ? CF_OK : error->code);
    return ok;
}

bool cf_conn_copy(cf_conn *conn, const char *text, const cf_value *values, size_t count, size_t rows, cf_error *error)
{
    cf_error spare;
    error = error_or(error, &spare);
    if (!cf_conn_may_send(conn, error)) return false;
    if (!conn->driver->copy) return cf_fail(error, CF_ERR_UNSUPPORTED, "%s has no COPY", cf_conn_dialect(conn)->title);
    if (conn->transaction_reads || conn->read_only)
        return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
    int64_t started = cf_echo_start(conn);
    conn->count++;
    conn->autocommits = !conn->in_transaction;
    bool ok = conn->driver->copy(conn, text, values, count, rows, error);
    conn->autocommits = conn->committing = false;
    cf_echo_command(conn, text, strlen(text), cf_echo_spent(started), ok ? (int64_t)rows : 0, ok ? CF_OK : error->code);
    return ok;
}

const cf_dialect *cf_conn_dialect(const cf_conn *conn)
{
    return atomic_load(&conn->pool->dialect);
}

cf_pool *cf_conn_pool(const cf_conn *conn)
{
    return conn->pool;
}

bool cf_conn_broken(const cf_conn *conn)
{
    return conn->broken;
}

void cf_conn_at(cf_conn *conn, const char *file, int line)
{
    conn->at_file = file;
    conn->at_line = line;
    conn->relationship = NULL;
}

void cf_conn_for(cf_conn *conn, const char *relationship)
{
    conn->relationship = relationship;
}

bool cf_conn_quiet(cf_conn *conn, bool quiet)
{
    bool before = conn->quiet;
    conn->quiet = quiet;
    return before;
}

int64_t cf_conn_count(const cf_conn *conn)
{
    return conn->count;
}

void cf_conn_settle(cf_conn *conn)
{
    for (cf_stmt *s = conn->cache.newest; s && conn->open > 0; s = s->older) cf_stmt_done(s);
    while (conn->cache.loose) cf_stmt_done(conn->cache.loose);
    cf_conn_rollback(conn, NULL);
}

/* ---- statements ---- */

static cf_stmt *new_stmt(cf_conn *conn, const cf_sql *sql)
{
    size_t   size = conn->driver->stmt_size;
    cf_stmt *stmt = cf_mem_zero(1, size + sql->size + 1);
    if (!stmt) return NULL;
    char *text = (char *)stmt + size;
    memcpy(text, sql->text, sql->size);
    stmt->conn = conn;
    stmt->sql = *sql;
    stmt->sql.text = text;
    return stmt;
}

cf_stmt *cf_conn_prepare(cf_conn *conn, const cf_sql *sql, cf_error *error)
{
    if (!usable(conn, error)) return NULL;
    cf_stmt *stmt = sql->id ? cf_cache_find(&conn->cache, sql->id) : NULL;
    bool     busy = stmt && stmt->state != CF_STMT_IDLE;
    if (stmt && !busy) {
        if (stmt->prepared || conn->driver->prepare(stmt, error)) return stmt;
        return NULL;
    }
    stmt = new_stmt(conn, sql);
    if (!stmt) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory for a statement");
        return NULL;
    }
    if (!conn->driver->prepare(stmt, error)) {
        conn->driver->unprepare(stmt);
        cf_mem_free(stmt);
        return NULL;
    }
    if (sql->id && !busy) {
        cf_cache_keep(&conn->cache, stmt);
    } else { /* one-shot, or a second use of a statement that is being read */
        stmt->older = conn->cache.loose;
        if (stmt->older) stmt->older->newer = stmt;
        conn->cache.loose = stmt;
    }
    return stmt;
}

void cf_stmt_stream(cf_stmt *stmt)
{
    stmt->stream = true;
}

static bool run_once(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_conn *conn = stmt->conn;
    conn->autocommits = !conn->in_transaction && !stmt->sql.reads;
    if (!stmt->prepared && !conn->driver->prepare(stmt, error)) return false;
    return conn->driver->run(stmt, parameters, count, error);
}

bool cf_stmt_run(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_conn *conn = stmt->conn;
    cf_error spare;
    error = error_or(error, &spare);
    if (!cf_conn_may_send(conn, error)) return false;
    if (stmt->state != CF_STMT_IDLE)
        return cf_fail(error, CF_ERR_MISUSE, "the statement runs already; cf_stmt_done() comes first");
    if (!cf_box_allows(stmt, error)) return false;
    int64_t started = cf_echo_start(conn);
    bool    clean = error->code == CF_OK;
    conn->count++;
    stmt->rows = stmt->changes = 0;
    cf_echo_values(stmt, parameters, count);
    bool ok = run_once(stmt, parameters, count, error);
    conn->committing = false;
    /* A write that had been sent failed with CF_ERR_UNKNOWN_OUTCOME, and is not repeated. */
    if (!ok && conn->broken && !conn->in_transaction && reconnect(conn, clean, error))
        ok = run_once(stmt, parameters, count, error);
    conn->autocommits = conn->committing = false;
    stmt->spent = cf_echo_spent(started);
    if (ok) {
        conn->open++;
        if (stmt->stream) conn->streaming = stmt;
        return true;
    }
    conn->driver->done(stmt);
    stmt->state = CF_STMT_IDLE;
    stmt->stream = false;
    cf_echo_statement(stmt, 1, 0, error->code);
    if (conn->boxed) cf_box_failed(conn);
    return false;
}

cf_answer cf_stmt_next(cf_stmt *stmt, cf_error *error)
{
    if (stmt->state == CF_STMT_FIRST) {
        stmt->state = CF_STMT_ROWS;
        stmt->rows++;
        return CF_YES;
    }
    if (stmt->state == CF_STMT_ENDED) return CF_NO;
    if (stmt->state == CF_STMT_IDLE) {
        cf_fail(error, CF_ERR_MISUSE, "the statement was not run");
        return CF_FAILED;
    }
    int64_t   started = cf_echo_start(stmt->conn);
    cf_answer answer = stmt->conn->driver->next(stmt, error);
    stmt->spent += cf_echo_spent(started);
    if (answer == CF_YES) stmt->rows++;
    else stmt->state = CF_STMT_ENDED;
    return answer;
}

void cf_stmt_done(cf_stmt *stmt)
{
    if (!stmt) return;
    cf_conn *conn = stmt->conn;
    if (stmt->state != CF_STMT_IDLE) {
        conn->driver->done(stmt);
        stmt->state = CF_STMT_IDLE;
        conn->open--;
        if (conn->streaming == stmt) conn->streaming = NULL;
        stmt->stream = false;
        cf_echo_statement(stmt, 1, stmt->rows ? stmt->rows : stmt->changes, CF_OK);
    }
    if (stmt->cached) return;
    if (stmt->newer) stmt->newer->older = stmt->older;
    else conn->cache.loose = stmt->older;
    if (stmt->older) stmt->older->newer = stmt->newer;
    conn->driver->unprepare(stmt);
    cf_mem_free(stmt);
}

int cf_stmt_columns(const cf_stmt *stmt)
{
    return stmt->columns;
}

const char *cf_stmt_name(const cf_stmt *stmt, int column)
{
    const char *name = column >= 0 && column < stmt->columns ? stmt->conn->driver->name(stmt, column) : NULL;
    return name ? name : "";
}

int64_t cf_stmt_changes(const cf_stmt *stmt)
{
    return stmt->changes;
}

int64_t cf_stmt_last_id(const cf_stmt *stmt)
{
    return stmt->last_id;
}

static bool no_row(cf_error *error)
{
    return cf_fail(error, CF_ERR_MISUSE, "no row stands ready to be read");
}

static bool no_column(const cf_stmt *stmt, int column, cf_error *error)
{
    return cf_fail(error, CF_ERR_MISUSE, "column %d of a result with %d columns", column, stmt->columns);
}

bool cf_stmt_read(cf_stmt *stmt, const cf_slot *slots, size_t count, void *structure, cf_arena *arena, cf_error *error)
{
    const cf_driver *driver = stmt->conn->driver;
    if (stmt->state != CF_STMT_ROWS) return no_row(error);
    if (driver->read) return driver->read(stmt, slots, count, structure, arena, error);
    for (size_t i = 0; i < count; i++) {
        cf_cell cell;
        if (slots[i].column >= stmt->columns) return no_column(stmt, slots[i].column, error);
        if (!driver->cell(stmt, slots[i].column, &cell, error)) return false;
        if (!cf_cell_store(&cell, &slots[i], structure, arena, error)) return false;
    }
    return true;
}

cf_answer cf_stmt_has(cf_stmt *stmt, int column, cf_error *error)
{
    cf_cell cell;
    if (stmt->state != CF_STMT_ROWS) return no_row(error) ? CF_YES : CF_FAILED;
    if (column < 0 || column >= stmt->columns) return no_column(stmt, column, error) ? CF_YES : CF_FAILED;
    if (!stmt->conn->driver->cell(stmt, column, &cell, error)) return CF_FAILED;
    return cell.value.kind == CF_NULL ? CF_NO : CF_YES;
}

bool cf_stmt_value(cf_stmt *stmt, int column, int wanted, cf_arena *arena, cf_value *out, cf_error *error)
{
    cf_cell cell;
    if (stmt->state != CF_STMT_ROWS) return no_row(error);
    if (column < 0 || column >= stmt->columns) return no_column(stmt, column, error);
    return stmt->conn->driver->cell(stmt, column, &cell, error) &&
           cf_cell_convert(&cell, wanted, NULL, cf_stmt_name(stmt, column), error) &&
           cf_cell_copy(&cell, arena, out, error);
}
