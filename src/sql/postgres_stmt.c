/* PostgreSQL: statements, prepared on the server under a name, with binary parameters and results. */
#include "sql/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The server sees a statement when it runs first; nothing is asked before. */
bool cf_postgres_prepare(cf_stmt *base, cf_error *error)
{
    (void)error;
    base->prepared = true;
    return true;
}

static void forget(cf_postgres_stmt *stmt)
{
    cf_mem_free(stmt->values); /* the block of make_room() */
    stmt->values = NULL;
    stmt->copies = NULL;
    stmt->types = NULL;
    stmt->name[0] = '\0';
    stmt->parameters = 0;
}

void cf_postgres_unprepare(cf_stmt *base)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_postgres_conn *conn = (cf_postgres_conn *)base->conn;
    cf_postgres_done(base);
    if (*stmt->name && conn->pg && !conn->base.broken && !conn->base.streaming &&
        PQtransactionStatus(conn->pg) <= PQTRANS_INTRANS && PQtransactionStatus(conn->pg) != PQTRANS_ACTIVE) {
        /* Left behind, it would only cost the server memory: a failure is none of the caller's. */
        char     text[48];
        cf_error ignored = {0};
        snprintf(text, sizeof text, "DEALLOCATE %s", stmt->name);
        cf_postgres_simple(conn, text, NULL, &ignored);
    }
    forget(stmt);
    base->prepared = false;
}

/* One block for all that is needed to pass `count` parameters. */
static bool make_room(cf_postgres_stmt *stmt, int count, cf_error *error)
{
    size_t n = (size_t)(count ? count : 1);
    char  *block = cf_mem_zero(n, sizeof(char *) * 2 + sizeof(Oid) + sizeof(int) * 2 + CF_POSTGRES_SCRATCH);
    if (!block) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a statement");
    stmt->values = (const char **)(void *)block;
    stmt->copies = (char **)(void *)(block + n * sizeof(char *));
    stmt->lengths = (int *)(void *)(block + n * sizeof(char *) * 2);
    stmt->formats = stmt->lengths + n;
    stmt->types = (Oid *)(void *)(stmt->formats + n);
    stmt->scratch = (char *)(stmt->types + n);
    stmt->parameters = count;
    return true;
}

static bool wrong_count(int wanted, size_t count, cf_error *error)
{
    return cf_fail(error, CF_ERR_MISUSE, "the statement has %d parameters, but %zu values were given", wanted, count);
}

/* Prepare on the server and ask which types it gave the parameters. */
static bool prepare_there(cf_postgres_stmt *stmt, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    PGresult         *result = NULL;
    char              name[sizeof stmt->name];
    snprintf(name, sizeof name, "carafe_%u", ++conn->statements & 0xffffff);
    if (!PQenterPipelineMode(conn->pg) || !PQsendPrepare(conn->pg, name, stmt->base.sql.text, 0, NULL) ||
        !PQsendDescribePrepared(conn->pg, name))
        return cf_postgres_lost(conn, error);
    if (!cf_postgres_end_pipeline(conn, &result, error)) return false;
    int  wanted = PQnparams(result);
    bool ok = make_room(stmt, wanted, error);
    for (int i = 0; ok && i < wanted; i++) stmt->types[i] = PQparamtype(result, i);
    PQclear(result);
    if (ok) memcpy(stmt->name, name, sizeof name);
    return ok;
}

static void free_copies(cf_postgres_stmt *stmt)
{
    for (int i = 0; stmt->copies && i < stmt->parameters; i++) {
        cf_mem_free(stmt->copies[i]);
        stmt->copies[i] = NULL;
    }
}

static bool bind_all(cf_postgres_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    if ((size_t)stmt->parameters != count) return wrong_count(stmt->parameters, count, error);
    for (int i = 0; i < stmt->parameters; i++)
        if (!cf_postgres_bind(stmt, i, &parameters[i], error)) return false;
    return true;
}

/*
 * libpq 15.18, which a fresh Debian 12 has, takes a description of more than 30000 bytes, four for each parameter, for a
 * broken connection; 15.20 does not. A text with so many parameters is longer than that in any case; it is sent without
 * being described.
 */
enum { LONGEST_DESCRIBED = 30000 };

static bool is_named(const cf_postgres_stmt *stmt)
{
    return stmt->base.conn->pool->settings.prepare && stmt->base.sql.id != 0 &&
           stmt->base.sql.size <= LONGEST_DESCRIBED;
}

bool cf_postgres_ready(cf_postgres_stmt *stmt, cf_error *error)
{
    return !is_named(stmt) || *stmt->name || prepare_there(stmt, error);
}

/* Statements that run once, and all of them behind PgBouncer, go in one message; the server infers the types. */
bool cf_postgres_send(cf_postgres_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    bool              named = is_named(stmt);
    int               sent;
    if (count > 65535) return cf_fail(error, CF_ERR_LIMIT, "a statement of more than 65535 parameters");
    if (!named) {
        forget(stmt);
        if (!make_room(stmt, (int)count, error)) return false;
    }
    bool ok = bind_all(stmt, parameters, count, error);
    if (ok) {
        conn->base.committing = conn->base.autocommits;
        sent = named ? PQsendQueryPrepared(conn->pg, stmt->name, stmt->parameters, stmt->values, stmt->lengths,
                                           stmt->formats, 1)
                     : PQsendQueryParams(conn->pg, stmt->base.sql.text, stmt->parameters, stmt->types, stmt->values,
                                         stmt->lengths, stmt->formats, 1);
        ok = sent || cf_postgres_lost(conn, error);
    }
    free_copies(stmt);
    return ok;
}

/* The first row of a stream, or its end. */
static bool next_streamed(cf_postgres_stmt *stmt, cf_answer *answer, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    int64_t           deadline = cf_postgres_deadline(conn);
    PGresult         *result = NULL;
    PQclear(stmt->result);
    stmt->result = NULL;
    *answer = CF_FAILED;
    if (!cf_postgres_result(conn, deadline, &result, error)) return false;
    if (!result) {
        *answer = CF_NO;
        return true;
    }
    stmt->result = result;
    stmt->row = 0;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE) {
        *answer = CF_YES;
        return true;
    }
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        *answer = CF_NO;
        return cf_postgres_finish(conn, NULL, error);
    }
    cf_postgres_fail(conn, result, error);
    if (!conn->base.broken) cf_postgres_finish(conn, NULL, error);
    return false;
}

static bool run_streamed(cf_postgres_stmt *stmt, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    cf_answer         answer;
    PQsetSingleRowMode(conn->pg);
    if (!cf_postgres_flush(conn, cf_postgres_deadline(conn), error)) return false;
    if (!next_streamed(stmt, &answer, error)) return false;
    stmt->base.columns = PQnfields(stmt->result);
    stmt->base.state = answer == CF_YES ? CF_STMT_FIRST : CF_STMT_ENDED;
    return true;
}

static bool run_once(cf_postgres_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)stmt->base.conn;
    conn->base.committing = false;
    if (!cf_postgres_ready(stmt, error) || !cf_postgres_send(stmt, parameters, count, error)) return false;
    if (stmt->base.stream) return run_streamed(stmt, error);
    if (!cf_postgres_finish(conn, &stmt->result, error)) return false;
    stmt->row = 0;
    stmt->base.columns = PQnfields(stmt->result);
    stmt->base.changes = strtoll(PQcmdTuples(stmt->result), NULL, 10);
    stmt->base.state = PQntuples(stmt->result) > 0 ? CF_STMT_FIRST : CF_STMT_ENDED;
    return true;
}

bool cf_postgres_outdated(cf_postgres_stmt *stmt, const cf_error *why)
{
    bool gone = strcmp(why->sqlstate, "26000") == 0;
    bool changed = strcmp(why->sqlstate, "0A000") == 0 && strstr(why->message, "cached plan");
    if (!*stmt->name || !(gone || changed)) return false;
    forget(stmt); /* a name the server keeps is not given again */
    return true;
}

bool cf_postgres_run(cf_stmt *base, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_postgres_conn *conn = (cf_postgres_conn *)base->conn;
    cf_error          why = {0};
    if (base->conn->read_only && !base->conn->in_transaction && !base->sql.reads)
        return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
    conn->warned[0] = '\0';
    bool ok = cf_postgres_tell_deadline(conn, &why) && run_once(stmt, parameters, count, &why);
    if (!ok && cf_postgres_outdated(stmt, &why)) {
        if (PQtransactionStatus(conn->pg) == PQTRANS_IDLE) {
            cf_error_clear(&why);
            ok = run_once(stmt, parameters, count, &why);
        } else {
            why.code = CF_ERR_SERIALIZE; /* from the start, the transaction will see the new schema */
        }
    }
    if (!ok && error->code == CF_OK) *error = why;
    return ok;
}

cf_answer cf_postgres_next(cf_stmt *base, cf_error *error)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_answer         answer;
    if (base->stream) {
        next_streamed(stmt, &answer, error);
        return answer;
    }
    return ++stmt->row < PQntuples(stmt->result) ? CF_YES : CF_NO;
}

bool cf_postgres_cell(cf_stmt *base, int column, cf_cell *out, cf_error *error)
{
    const cf_postgres_stmt *stmt = (const cf_postgres_stmt *)base;
    if (PQgetisnull(stmt->result, stmt->row, column)) {
        out->value = cf_value_null();
        return true;
    }
    return cf_postgres_decode(PQftype(stmt->result, column), PQgetvalue(stmt->result, stmt->row, column),
                              PQgetlength(stmt->result, stmt->row, column), out, PQfname(stmt->result, column), error);
}

const char *cf_postgres_name(const cf_stmt *base, int column)
{
    return PQfname(((const cf_postgres_stmt *)base)->result, column);
}

void cf_postgres_done(cf_stmt *base)
{
    cf_postgres_stmt *stmt = (cf_postgres_stmt *)base;
    cf_postgres_conn *conn = (cf_postgres_conn *)base->conn;
    if (base->stream && !conn->base.broken && (base->state == CF_STMT_ROWS || base->state == CF_STMT_FIRST)) {
        cf_error ignored = {0}; /* what is left of the stream is of no interest, nor is how it ended */
        cf_postgres_finish(conn, NULL, &ignored);
    }
    PQclear(stmt->result);
    stmt->result = NULL;
}
