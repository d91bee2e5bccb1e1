/* PostgreSQL: many runs of one statement in pipeline mode, so that all of them wait for one round trip. */
#include "sql/postgres.h"

#include <stdlib.h>

#define MOST_UNSENT 65536 /* bytes of parameters that are left to libpq before they are sent */

/* The result of the run awaited; its rows go to the batch's function. */
static bool take_result(cf_postgres_stmt *stmt, cf_batch *batch, PGresult *result, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    ExecStatusType    status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        /* What follows a failure in the pipeline is only told that it was left out. */
        if (status != PGRES_PIPELINE_ABORTED) cf_postgres_fail(conn, result, error);
        return false;
    }
    stmt->result = result;
    stmt->row = 0;
    stmt->base.columns = PQnfields(result);
    stmt->base.changes = strtoll(PQcmdTuples(result), NULL, 10);
    stmt->base.state = PQntuples(result) > 0 ? CF_STMT_FIRST : CF_STMT_ENDED;
    bool ok = cf_batch_take(&stmt->base, batch, error);
    stmt->result = NULL;
    stmt->base.state = CF_STMT_IDLE;
    return ok;
}

/* All answers up to the pipeline's mark, each within a deadline of its own. batch->at stops at the run that failed. */
static bool take_all(cf_postgres_stmt *stmt, cf_batch *batch, size_t sent, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    int64_t           deadline = cf_postgres_deadline(conn);
    bool              ok = cf_postgres_flush(conn, deadline, error), marked = false;
    while (!marked) {
        PGresult *result = NULL;
        if (PQisBusy(conn->pg)) deadline = cf_postgres_deadline(conn);
        if (conn->base.broken || !cf_postgres_result(conn, deadline, &result, error)) return false;
        if (!result) {
            if (PQstatus(conn->pg) == CONNECTION_BAD) return cf_postgres_lost(conn, error);
            continue; /* between two runs */
        }
        marked = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (!marked && ok) {
            ok = batch->at < sent && take_result(stmt, batch, result, error);
            if (ok) batch->at++;
        }
        PQclear(result);
    }
    return ok;
}

static size_t bytes_of(const cf_postgres_stmt *stmt)
{
    size_t size = 0;
    for (int i = 0; i < stmt->parameters; i++) size += (size_t)stmt->lengths[i];
    return size;
}

/* How many runs were sent: all, or up to a parameter that cannot be, which `error` tells. */
static size_t send_all(cf_postgres_stmt *stmt, const cf_batch *batch, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    size_t            sent = 0, unsent = 0;
    while (sent < batch->runs && cf_postgres_send(stmt, batch->parameters + sent * batch->count, batch->count, error)) {
        sent++;
        unsent += bytes_of(stmt);
        /* Answers are read meanwhile: a server that cannot get rid of them would not read on. */
        if (unsent > MOST_UNSENT && !cf_postgres_flush(conn, cf_postgres_deadline(conn), error)) break;
        if (unsent > MOST_UNSENT) unsent = 0;
    }
    return sent;
}

bool cf_postgres_batch(cf_stmt *base, cf_batch *batch, cf_error *error)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_postgres_conn *conn = (cf_postgres_conn *)base->conn;
    cf_error          unsent = {0};
    conn->warned[0] = '\0';
    if (base->conn->read_only && !base->conn->in_transaction && !base->sql.reads)
        return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
    if (!cf_postgres_tell_deadline(conn, error) || !cf_postgres_ready(stmt, error)) return false;
    if (!PQenterPipelineMode(conn->pg)) return cf_postgres_lost(conn, error);
    size_t sent = send_all(stmt, batch, &unsent);
    bool   ok = !conn->base.broken;
    if (ok && !PQpipelineSync(conn->pg)) return cf_postgres_lost(conn, error);
    if (ok) ok = take_all(stmt, batch, sent, error);
    if (ok && sent < batch->runs) ok = false;
    if (!ok && error->code == CF_OK) *error = unsent;
    if (conn->base.broken) return false;
    if (!PQexitPipelineMode(conn->pg)) return cf_postgres_lost(conn, error);
    if (!ok && cf_postgres_outdated(stmt, error)) error->code = CF_ERR_SERIALIZE; /* as in postgres_stmt.c */
    return ok;
}
