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

/* Where the driver has nothing better: run after run. */
static bool one_by_one(cf_stmt *stmt, cf_batch *batch, cf_error *error)
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

bool cf_stmt_batch(cf_stmt *stmt, const cf_value *parameters, size_t count, size_t runs, cf_batch_row *row,
                   void *context, int64_t *changes, int64_t *ids, size_t *failed, cf_error *error)
{
    cf_conn *conn = stmt->conn;
    cf_error spare = {0};
    cf_batch batch = {parameters, count, runs, row, context, changes, ids, 0};
    if (!error) error = &spare;
    if (failed) *failed = 0;
    bool ok = cf_conn_may_send(conn, error) && cf_box_allows(stmt, error);
    if (ok && stmt->state != CF_STMT_IDLE)
        return cf_fail(error, CF_ERR_MISUSE, "the statement runs already; cf_stmt_done() comes first");
    int64_t started = cf_echo_start(conn);
    if (ok) {
        conn->count++;
        cf_echo_values(stmt, parameters, count);
        conn->autocommits = !conn->in_transaction && !stmt->sql.reads;
        bool at_once = conn->driver->batch && runs > 1 && conn->pool->settings.prepare; /* poolers may not take it */
        ok = at_once ? conn->driver->batch(stmt, &batch, error) : one_by_one(stmt, &batch, error);
        conn->autocommits = conn->committing = false;
        stmt->spent = cf_echo_spent(started);
        cf_echo_statement(stmt, runs, (int64_t)batch.at, ok ? CF_OK : error->code);
    }
    if (!ok && failed) *failed = batch.at < runs ? batch.at : runs - 1;
    stmt->state = CF_STMT_IDLE;
    cf_stmt_done(stmt);
    return ok;
}
