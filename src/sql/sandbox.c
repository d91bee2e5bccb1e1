/*
 * A sandbox for tests: all that a pool's takers do, and even commit, stays in one transaction that is rolled back.
 * There is one connection, whose transactions are savepoints of that one.
 */
#include "sql/driver.h"

#include <string.h>

#define TIMEOUT_MS 2000 /* for the one connection: whoever waits longer waits for himself */

static bool send(cf_conn *conn, const char *text, cf_error *error)
{
    int64_t changes;
    return conn->driver->exec(conn, text, strlen(text), &changes, error);
}

bool cf_box_enter(cf_conn *conn, cf_error *error)
{
    if (!conn->driver->begin(conn, CF_BEGIN_WRITE, error)) return false;
    conn->boxed = send(conn, "SAVEPOINT carafe_box", error);
    return conn->boxed;
}

bool cf_box_end(cf_conn *conn, bool commit, cf_error *error)
{
    if (!commit) return send(conn, "ROLLBACK TO SAVEPOINT carafe_box", error);
    return send(conn, "RELEASE SAVEPOINT carafe_box", error) && send(conn, "SAVEPOINT carafe_box", error);
}

bool cf_box_allows(const cf_stmt *stmt, cf_error *error)
{
    const cf_conn *conn = stmt->conn;
    if (!conn->boxed || stmt->sql.reads || !(conn->transaction_reads || conn->read_only)) return true;
    return cf_fail(error, CF_ERR_READ_ONLY, "a write in a read-only transaction");
}

void cf_box_failed(cf_conn *conn)
{
    cf_error ignored = {0};
    /* PostgreSQL takes no statement after a failure until this. */
    if (!conn->broken && !conn->in_transaction) (void)cf_box_end(conn, false, &ignored);
}

bool cf_pool_sandbox(cf_pool *pool, cf_error *error)
{
    pthread_mutex_lock(&pool->lock);
    bool free = !pool->boxed && pool->taken_count == 0 && pool->opening == 0;
    if (free) {
        pool->boxed = true;
        pool->unboxed = pool->settings;
        pool->settings.size = 1;
        pool->settings.overflow = 0;
        pool->settings.timeout_ms = TIMEOUT_MS;
    }
    cf_conn *idle = free ? pool->idle : NULL;
    /* One connection stays; those behind it go. */
    while (idle && idle->next) {
        cf_conn *gone = idle->next;
        idle->next = gone->next;
        pool->idle_count--;
        cf_conn_free(gone);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!free)
        return cf_fail(error, CF_ERR_MISUSE,
                       "a sandbox begins while no session of the database is at work, and but once");
    cf_conn *conn = cf_pool_take(pool, NULL, error);
    bool     ok = conn && (conn->boxed || cf_box_enter(conn, error));
    if (conn) cf_pool_give(pool, conn);
    if (!ok) cf_pool_sandbox_end(pool);
    return ok;
}

void cf_pool_sandbox_end(cf_pool *pool)
{
    cf_error ignored = {0};
    pthread_mutex_lock(&pool->lock);
    cf_conn *conn = pool->idle;
    if (pool->boxed) {
        pool->boxed = false;
        pool->settings = pool->unboxed;
    }
    if (conn && conn->boxed) {
        conn->boxed = false;
        if (!conn->driver->end(conn, false, &ignored)) {
            pool->idle = conn->next;
            pool->idle_count--;
            cf_conn_free(conn);
        }
    }
    pthread_mutex_unlock(&pool->lock);
}
