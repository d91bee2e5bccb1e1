/* PostgreSQL: libpq's non-blocking side, so that a server that hangs cannot hang us. */
#include "sql/postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

int64_t cf_postgres_deadline(const cf_postgres_conn *conn)
{
    int ms = conn->base.deadline_ms;
    /* The server is to end the statement first: then the connection stays good. */
    return cf_deadline(ms ? ms + (ms < 1000 ? ms / 4 + 1 : 250) : 0);
}

/* 1: ready, 0: the deadline passed, -1: the socket is no more. */
static int wait_socket(PGconn *pg, short events, int64_t deadline)
{
    for (;;) {
        struct pollfd fd = {.fd = PQsocket(pg), .events = events};
        if (fd.fd < 0) return -1;
        int n = poll(&fd, 1, cf_deadline_left(deadline));
        if (n >= 0) return n > 0;
        if (errno != EINTR) return -1;
    }
}

static bool timed_out(cf_postgres_conn *conn, cf_error *error)
{
    bool open = conn->base.committing;
    conn->base.broken = true; /* an answer may still come; nobody may take it for that of another statement */
    return cf_fail(error, open ? CF_ERR_UNKNOWN_OUTCOME : CF_ERR_TIMEOUT, "%s: no answer within %d ms%s",
                   conn->base.pool->shown, conn->base.deadline_ms, open ? "; it may have been done all the same" : "");
}

/* The reasons a server gives while connecting have no code, only words; these are the English ones. */
static bool refused(cf_postgres_conn *conn, cf_error *error)
{
    static const struct {
        const char *words;
        cf_code     code;
    } reasons[] = {
        {"password authentication failed", CF_ERR_PERMISSION},
        {"no password supplied", CF_ERR_PERMISSION},
        {"no pg_hba.conf entry", CF_ERR_PERMISSION},
        {"permission denied for database", CF_ERR_PERMISSION},
        {"role \"", CF_ERR_PERMISSION},
        {"database \"", CF_ERR_NOT_FOUND},
        {"invalid connection option", CF_ERR_NAME},
    };
    const char *message = PQerrorMessage(conn->pg);
    cf_code     code = CF_ERR_CONNECTION;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons && code == CF_ERR_CONNECTION; i++)
        if (strstr(message, reasons[i].words)) code = reasons[i].code;
    return cf_fail(error, code, "%s: cannot connect: %.*s", conn->base.pool->shown, (int)strcspn(message, "\r\n"),
                   message);
}

bool cf_postgres_connect(cf_postgres_conn *conn, const char *const *names, const char *const *values, cf_error *error)
{
    int64_t deadline = cf_deadline(conn->base.pool->settings.connect_ms);
    conn->pg = PQconnectStartParams(names, values, 0);
    if (!conn->pg) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database connection");
    PQsetNoticeReceiver(conn->pg, cf_postgres_notice, conn);
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    while (PQstatus(conn->pg) != CONNECTION_BAD && wanted != PGRES_POLLING_OK) {
        int ready = wait_socket(conn->pg, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
        if (ready == 0)
            return cf_fail(error, CF_ERR_TIMEOUT, "%s: no connection within %d ms", conn->base.pool->shown,
                           conn->base.pool->settings.connect_ms);
        wanted = PQconnectPoll(conn->pg);
        if (wanted == PGRES_POLLING_FAILED) break;
    }
    if (PQstatus(conn->pg) != CONNECTION_OK) return refused(conn, error);
    return PQsetnonblocking(conn->pg, 1) == 0 || refused(conn, error);
}

bool cf_postgres_flush(cf_postgres_conn *conn, int64_t deadline, cf_error *error)
{
    int left;
    while ((left = PQflush(conn->pg)) == 1) {
        int ready = wait_socket(conn->pg, POLLIN | POLLOUT, deadline);
        if (ready == 0) return timed_out(conn, error);
        if (ready < 0 || !PQconsumeInput(conn->pg)) return cf_postgres_lost(conn, error);
    }
    /* What a dying server said last is worth more than that it is gone: it is read with the results. */
    return true;
}

bool cf_postgres_result(cf_postgres_conn *conn, int64_t deadline, PGresult **out, cf_error *error)
{
    while (PQisBusy(conn->pg)) {
        int ready = wait_socket(conn->pg, POLLIN, deadline);
        if (ready == 0) return timed_out(conn, error);
        if (ready < 0) return cf_postgres_lost(conn, error);
        if (!PQconsumeInput(conn->pg) && PQisBusy(conn->pg)) return cf_postgres_lost(conn, error);
    }
    *out = PQgetResult(conn->pg);
    return true;
}

bool cf_postgres_finish(cf_postgres_conn *conn, PGresult **out, cf_error *error)
{
    int64_t   deadline = cf_postgres_deadline(conn);
    PGresult *kept = NULL, *result = NULL;
    bool      ok = cf_postgres_flush(conn, deadline, error);
    while (!conn->base.broken || PQstatus(conn->pg) == CONNECTION_OK) {
        if (!cf_postgres_result(conn, deadline, &result, error)) {
            ok = false;
            break;
        }
        if (!result) break;
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
            PQclear(kept);
            kept = result;
            continue;
        }
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            conn->base.broken = true;
            cf_fail(error, CF_ERR_UNSUPPORTED, "postgresql: COPY is not supported");
        } else {
            cf_postgres_fail(conn, result, error);
        }
        ok = false;
        PQclear(result);
        if (conn->base.broken) break;
    }
    if (PQstatus(conn->pg) == CONNECTION_BAD) {
        conn->base.broken = true;
        if (ok) ok = cf_postgres_lost(conn, error);
    }
    if (ok && out) *out = kept;
    else PQclear(kept);
    return ok;
}

/* Up to the pipeline's mark; what follows a failure is only told that it was left out. */
static bool read_pipeline(cf_postgres_conn *conn, PGresult **kept, cf_error *error)
{
    int64_t        deadline = cf_postgres_deadline(conn);
    PGresult      *result = NULL;
    ExecStatusType status = PGRES_EMPTY_QUERY;
    bool           ok = cf_postgres_flush(conn, deadline, error);
    while (status != PGRES_PIPELINE_SYNC) {
        if (conn->base.broken || !cf_postgres_result(conn, deadline, &result, error)) return false;
        if (!result && PQstatus(conn->pg) == CONNECTION_BAD) return cf_postgres_lost(conn, error);
        if (!result) continue; /* between two of them */
        status = PQresultStatus(result);
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            PQclear(*kept);
            *kept = result;
            continue;
        }
        if (status != PGRES_PIPELINE_SYNC && status != PGRES_PIPELINE_ABORTED)
            ok = cf_postgres_fail(conn, result, error);
        PQclear(result);
    }
    return ok;
}

bool cf_postgres_end_pipeline(cf_postgres_conn *conn, PGresult **out, cf_error *error)
{
    PGresult *kept = NULL;
    bool      ok = PQpipelineSync(conn->pg) ? read_pipeline(conn, &kept, error) : cf_postgres_lost(conn, error);
    if (!conn->base.broken && !PQexitPipelineMode(conn->pg)) ok = cf_postgres_lost(conn, error);
    if (ok) *out = kept;
    else PQclear(kept);
    return ok;
}

bool cf_postgres_simple(cf_postgres_conn *conn, const char *text, PGresult **out, cf_error *error)
{
    if (!PQsendQuery(conn->pg, text)) return cf_postgres_lost(conn, error);
    return cf_postgres_finish(conn, out, error);
}

bool cf_postgres_tell_deadline(cf_postgres_conn *conn, cf_error *error)
{
    char text[64];
    int  ms = conn->base.deadline_ms;
    if (conn->server_deadline == ms || !conn->base.pool->settings.prepare) return true;
    snprintf(text, sizeof text, "SET statement_timeout = %d", ms);
    if (!cf_postgres_simple(conn, text, NULL, error)) return false;
    conn->server_deadline = ms;
    conn->deadline_in_transaction = conn->base.in_transaction;
    return true;
}
