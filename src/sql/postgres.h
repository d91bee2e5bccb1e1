/* What the PostgreSQL driver's files share. */
#ifndef CARAFE_SQL_POSTGRES_H
#define CARAFE_SQL_POSTGRES_H

#include "sql/driver.h"

#include <libpq-fe.h>

typedef struct cf_postgres_conn {
    cf_conn  base;
    PGconn  *pg;
    int      server_deadline;         /* the session's statement_timeout in milliseconds; -1: not known */
    bool     deadline_in_transaction; /* it was set in the open transaction: a rollback undoes that */
    uint32_t statements;              /* names given so far */
    char     warned[6];               /* SQLSTATE of a shutdown announced as a warning; it explains a lost connection */
} cf_postgres_conn;

#define CF_POSTGRES_SCRATCH 64 /* bytes for a parameter's binary form or text */

typedef struct cf_postgres_stmt {
    cf_stmt      base;
    char         name[16]; /* on the server; "" when it was not prepared there */
    int          parameters;
    Oid         *types; /* as the server inferred them */
    const char **values;
    int         *lengths, *formats;
    char        *scratch;
    char       **copies; /* longer texts that had to be copied for this run, or NULLs */
    PGresult    *result; /* the whole result, or the present row of a stream */
    int          row;
} cf_postgres_stmt;

/* ---- postgres_wait.c: talking without ever waiting past a deadline ---- */
/* When the running call must end, a little after the server's own time-out. */
int64_t cf_postgres_deadline(const cf_postgres_conn *conn);
bool cf_postgres_connect(cf_postgres_conn *conn, const char *const *names, const char *const *values, cf_error *error);
/* Send what libpq buffered. */
bool cf_postgres_flush(cf_postgres_conn *conn, int64_t deadline, cf_error *error);
/* The next result, NULL when there are no more; false on time-out or loss. */
bool cf_postgres_result(cf_postgres_conn *conn, int64_t deadline, PGresult **out, cf_error *error);
/* Flush and read all results; the first failure is told, the last good result kept unless `out` is NULL. */
bool cf_postgres_finish(cf_postgres_conn *conn, PGresult **out, cf_error *error);
/* The same for what was sent in pipeline mode, which ends with it. */
bool cf_postgres_end_pipeline(cf_postgres_conn *conn, PGresult **out, cf_error *error);
/* Send a text without parameters and finish it. */
bool cf_postgres_simple(cf_postgres_conn *conn, const char *text, PGresult **out, cf_error *error);
/* Tell the server the deadline of this take, where it may be told. */
bool cf_postgres_tell_deadline(cf_postgres_conn *conn, cf_error *error);

/* ---- postgres_error.c ---- */
bool cf_postgres_fail(cf_postgres_conn *conn, const PGresult *result, cf_error *error);
/* The connection failed: libpq's message, marked broken. */
bool cf_postgres_lost(cf_postgres_conn *conn, cf_error *error);
void cf_postgres_notice(void *conn, const PGresult *result);

/* ---- postgres_type.c ---- */
/* Put the n-th parameter into values, lengths and formats, as the server's type wants it. */
bool cf_postgres_bind(cf_postgres_stmt *stmt, int n, const cf_value *value, cf_error *error);
/* A binary field of a result. */
bool cf_postgres_decode(Oid type, const char *data, int size, cf_cell *out, const char *column, cf_error *error);

/* ---- postgres_stmt.c ---- */
bool cf_postgres_prepare(cf_stmt *stmt, cf_error *error);
void cf_postgres_unprepare(cf_stmt *stmt);
bool cf_postgres_run(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
/* Prepare it on the server, when it is to be and is not yet. */
bool cf_postgres_ready(cf_postgres_stmt *stmt, cf_error *error);
/* Did it fail because the schema changed under it, or somebody dropped it? Then it is to be prepared anew. */
bool cf_postgres_outdated(cf_postgres_stmt *stmt, const cf_error *why);
/* The statement's parameters on their way, without waiting. */
bool        cf_postgres_send(cf_postgres_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
bool        cf_postgres_batch(cf_stmt *stmt, cf_batch *batch, cf_error *error);
bool        cf_postgres_copy(cf_conn *conn, const char *text, const cf_value *values, size_t count, size_t rows,
                             cf_error *error);
cf_answer   cf_postgres_next(cf_stmt *stmt, cf_error *error);
bool        cf_postgres_cell(cf_stmt *stmt, int column, cf_cell *out, cf_error *error);
const char *cf_postgres_name(const cf_stmt *stmt, int column);
void        cf_postgres_done(cf_stmt *stmt);

#endif
