/* PostgreSQL: many runs of one statement in pipeline mode, so that each does not wait for a round trip. */
#include "sql/postgres.h"

#include <stdlib.h>

#define CHUNK 200 /* runs between two waits: their answers must fit what the sockets buffer while we only send */

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

/* All answers up to the pipeline's mark. The failing run is the one that batch->at stops at. */
static bool take_chunk(cf_postgres_stmt *stmt, cf_batch *batch, size_t end, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    int64_t           deadline = cf_postgres_deadline(conn);
    bool              ok = cf_postgres_flush(conn, deadline, error), marked = false;
    while (!marked) {
        PGresult *result = NULL;
        if (conn->base.broken || !cf_postgres_result(conn, deadline, &result, error)) return false;
        if (!result) {
            if (PQstatus(conn->pg) == CONNECTION_BAD) return cf_postgres_lost(conn, error);
            continue; /* between two runs */
        }
        marked = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (!marked && ok) {
            ok = batch->at < end && take_result(stmt, batch, result, error);
            if (ok) batch->at++;
        }
        PQclear(result);
    }
    return ok;
}

bool cf_postgres_batch(cf_stmt *base, cf_batch *batch, cf_error *error)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_postgres_conn *conn = (cf_postgres_conn *)base->conn;
    conn->warned[0] = '\0';
    if (base->conn->read_only && !base->conn->in_transaction && !base->sql.reads)
        return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
    if (!cf_postgres_tell_deadline(conn, error) || !cf_postgres_ready(stmt, error)) return false;
    bool ok = true;
    if (!PQenterPipelineMode(conn->pg)) return cf_postgres_lost(conn, error);
    while (ok && batch->at < batch->runs) {
        size_t end = batch->runs - batch->at > CHUNK ? batch->at + CHUNK : batch->runs, sent = batch->at;
        /* A parameter that cannot be sent ends the chunk; what was sent before it is still answered. */
        while (ok && sent < end) {
            ok = cf_postgres_send(stmt, batch->parameters + sent * batch->count, batch->count, error);
            sent += ok;
        }
        if (conn->base.broken || !PQpipelineSync(conn->pg)) return cf_postgres_lost(conn, error);
        ok = take_chunk(stmt, batch, sent, error) && ok;
    }
    if (conn->base.broken) return false;
    if (!PQexitPipelineMode(conn->pg)) return cf_postgres_lost(conn, error);
    return ok;
}
