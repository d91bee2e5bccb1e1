/* One statement for many groups of parameters: what a unit of work sends when it writes many rows of a table. */
#include "sql/driver.h"

bool cf_batch_take(cf_stmt *stmt, cf_batch *batch, cf_error *error)
{
    cf_answer answer;
    while ((answer = cf_stmt_next(stmt, error)) == CF_YES)
        if (batch->row && !batch->row(batch->context, batch->at, stmt, error)) return false;
    if (batch->changes) batch->changes[batch->at] = cf_stmt_changes(stmt);
    if (batch->ids) batch->ids[batch->at] = cf_stmt_last_id(stmt);
    return answer == CF_NO;
}

bool cf_batch_each(cf_stmt *stmt, cf_batch *batch, cf_error *error)
{
    const cf_driver *driver = stmt->conn->driver;
    for (batch->at = 0; batch->at < batch->runs; batch->at++) {
        if (!stmt->prepared && !driver->prepare(stmt, error)) return false;
        bool ok = driver->run(stmt, batch->parameters + batch->at * batch->count, batch->count, error) &&
                  cf_batch_take(stmt, batch, error);
        driver->done(stmt);
        stmt->state = CF_STMT_IDLE;
        if (!ok) return false;
    }
    return true;
}

static bool run_all(cf_stmt *stmt, cf_batch *batch, cf_error *error)
{
    const cf_conn *conn = stmt->conn;
    /* Poolers in front of a server may not take a pipeline. */
    bool at_once = conn->driver->batch && batch->runs > 1 && conn->pool->settings.prepare;
    return at_once ? conn->driver->batch(stmt, batch, error) : cf_batch_each(stmt, batch, error);
}

bool cf_stmt_batch(cf_stmt *stmt, cf_batch *batch, cf_error *error)
{
    cf_conn *conn = stmt->conn;
    cf_error spare = {0};
    if (!error) error = &spare;
    batch->at = 0;
    bool ok = cf_conn_may_send(conn, error) && cf_box_allows(stmt, error);
    if (ok && stmt->state != CF_STMT_IDLE)
        return cf_fail(error, CF_ERR_MISUSE, "the statement runs already; cf_stmt_done() comes first");
    int64_t started = cf_echo_start(conn);
    if (ok) {
        conn->count++;
        cf_echo_values(stmt, batch->parameters, batch->count);
        conn->autocommits = !conn->in_transaction && !stmt->sql.reads;
        ok = run_all(stmt, batch, error);
        conn->autocommits = conn->committing = false;
        stmt->spent = cf_echo_spent(started);
        cf_echo_statement(stmt, batch->runs, (int64_t)batch->at, ok ? CF_OK : error->code);
    }
    stmt->state = CF_STMT_IDLE;
    cf_stmt_done(stmt);
    return ok;
}
