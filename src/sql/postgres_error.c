/* PostgreSQL's failures: the fields of the server's own report. */
#include "sql/postgres.h"

#include <stdio.h>
#include <string.h>

static void copy_field(const PGresult *result, int which, char *field, size_t size)
{
    const char *text = PQresultErrorField(result, which);
    if (text) cf_error_field(field, size, text, strlen(text));
}

/* The detail reads `Key (a, b)=(1, 2) ...` in every language; the values in it are nobody's business. */
static void key_columns(const PGresult *result, cf_error *error)
{
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *open = detail ? strchr(detail, '(') : NULL;
    const char *close = open ? strstr(open, ")=(") : NULL;
    if (close) cf_error_field(error->columns, sizeof error->columns, open + 1, (size_t)(close - open - 1));
}

/* `server closed the connection unexpectedly\n\tThis probably ...`: the first line says it. */
static size_t first_line(const char *text)
{
    return strcspn(text, "\r\n");
}

bool cf_postgres_lost(cf_postgres_conn *conn, cf_error *error)
{
    const char *message = PQerrorMessage(conn->pg);
    conn->base.broken = true;
    if (error && error->code == CF_OK) {
        cf_code code = cf_lost_code(&conn->base);
        if (*conn->warned) memcpy(error->sqlstate, conn->warned, sizeof error->sqlstate);
        cf_fail(error, code, "%s: the connection was lost%s: %.*s", conn->base.pool->shown,
                code == CF_ERR_UNKNOWN_OUTCOME ? " before the server could confirm; it may have been done" : "",
                (int)first_line(message), message);
    }
    return false;
}

bool cf_postgres_fail(cf_postgres_conn *conn, const PGresult *result, cf_error *error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !message) {
        if (PQstatus(conn->pg) == CONNECTION_BAD) return cf_postgres_lost(conn, error);
        message = PQresultErrorMessage(result);
        return cf_fail(error, CF_ERR_DATABASE, "postgresql: %.*s", (int)first_line(message), message);
    }
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    cf_code     code = cf_sqlstate_code(state);
    if (severity && strcmp(severity, "ERROR") != 0) { /* FATAL and PANIC end the session */
        conn->base.broken = true;
        code = cf_lost_code(&conn->base);
    }
    if (!error || error->code != CF_OK) return false;
    cf_fail(error, code, "postgresql: %s", message);
    copy_field(result, PG_DIAG_SQLSTATE, error->sqlstate, sizeof error->sqlstate);
    copy_field(result, PG_DIAG_TABLE_NAME, error->table, sizeof error->table);
    copy_field(result, PG_DIAG_COLUMN_NAME, error->columns, sizeof error->columns);
    copy_field(result, PG_DIAG_CONSTRAINT_NAME, error->constraint, sizeof error->constraint);
    if (code == CF_ERR_UNIQUE || code == CF_ERR_FOREIGN_KEY) key_columns(result, error);
    return false;
}

void cf_postgres_notice(void *argument, const PGresult *result)
{
    cf_postgres_conn *conn = argument;
    const char       *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state && strncmp(state, "57P0", 4) == 0)
        cf_error_field(conn->warned, sizeof conn->warned, state, strlen(state));
}
