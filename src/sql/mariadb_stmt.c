/* MariaDB: prepared statements. */
#include "sql/mariadb.h"

#include <string.h>

#include "base/memory.h"

#define UNKNOWN_STATEMENT 1243 /* the server's ER_UNKNOWN_STMT_HANDLER */
#define OTHER_COLUMNS 2057     /* the client's CR_NEW_STMT_METADATA */

/* The server sees a statement when it runs first; nothing is asked before. */
bool cf_mariadb_prepare(cf_stmt *base, cf_error *error)
{
    (void)error;
    base->prepared = true;
    return true;
}

void cf_mariadb_unprepare(cf_stmt *base)
{
    cf_mariadb_stmt *stmt = (cf_mariadb_stmt *)base;
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base->conn;
    if (stmt->handle) {
        my_bool  failed;
        bool     ok;
        cf_error ignored = {0};
        /* Of a connection that is to end, only the memory is given back. */
        if (conn->base.broken) cf_mariadb_drop(conn);
        if (!conn->my) mysql_stmt_close(stmt->handle);
        else
            CF_MARIADB_AWAIT(ok, conn, cf_deadline(1000), &ignored, mysql_stmt_close_start(&failed, stmt->handle),
                             mysql_stmt_close_cont(&failed, stmt->handle, status));
        (void)ok;
    }
    stmt->handle = NULL;
    cf_mem_free(stmt->in);
    stmt->in = NULL;
    stmt->values = NULL;
    stmt->parameters = 0;
    cf_mariadb_free_fields(stmt);
    base->prepared = false;
}

/* Binds and values of the parameters in one block. */
static bool make_room(cf_mariadb_stmt *stmt, int count, cf_error *error)
{
    size_t n = (size_t)(count ? count : 1);
    char  *block = cf_mem_zero(n, sizeof(MYSQL_BIND) + sizeof(cf_mariadb_parameter));
    if (!block) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a statement");
    cf_mem_free(stmt->in);
    stmt->in = (MYSQL_BIND *)(void *)block;
    stmt->values = (cf_mariadb_parameter *)(void *)(block + n * sizeof(MYSQL_BIND));
    stmt->parameters = count;
    return true;
}

bool cf_mariadb_ready(cf_mariadb_stmt *stmt, int64_t deadline, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)stmt->base.conn;
    int              failed = 0;
    bool             ok;
    if (stmt->handle) return true;
    stmt->handle = mysql_stmt_init(conn->my);
    if (!stmt->handle) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a statement");
    CF_MARIADB_AWAIT(
        ok, conn, deadline, error,
        mysql_stmt_prepare_start(&failed, stmt->handle, stmt->base.sql.text, (unsigned long)stmt->base.sql.size),
        mysql_stmt_prepare_cont(&failed, stmt->handle, status));
    if (ok && failed) ok = cf_mariadb_fail(conn, stmt->handle, error);
    ok = ok && make_room(stmt, (int)mysql_stmt_param_count(stmt->handle), error);
    if (!ok) {
        cf_mariadb_unprepare(&stmt->base);
        stmt->base.prepared = true; /* to be tried again by the next run */
    }
    return ok;
}

bool cf_mariadb_counts(const cf_mariadb_stmt *stmt, size_t count, cf_error *error)
{
    if (count == (size_t)stmt->parameters) return true;
    return cf_fail(error, CF_ERR_MISUSE, "the statement has %d parameters, but %zu values were given", stmt->parameters,
                   count);
}

static bool bind_all(cf_mariadb_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    if (!cf_mariadb_counts(stmt, count, error)) return false;
    for (int i = 0; i < stmt->parameters; i++)
        if (!cf_mariadb_bind(stmt, i, &parameters[i], error)) return false;
    if (count && mysql_stmt_bind_param(stmt->handle, stmt->in) != 0)
        return cf_mariadb_fail((cf_mariadb_conn *)stmt->base.conn, stmt->handle, error);
    return true;
}

bool cf_mariadb_take_result(cf_mariadb_stmt *stmt, int64_t deadline, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)stmt->base.conn;
    MYSQL_RES       *metadata = mysql_stmt_result_metadata(stmt->handle);
    int              failed = 0;
    stmt->base.columns = (int)mysql_stmt_field_count(stmt->handle);
    stmt->base.state = CF_STMT_ENDED;
    stmt->base.last_id = (int64_t)mysql_stmt_insert_id(stmt->handle);
    stmt->base.changes = (int64_t)mysql_stmt_affected_rows(stmt->handle);
    if (!metadata) return stmt->base.columns == 0 || cf_fail(error, CF_ERR_MEMORY, "out of memory for a result");
    bool ok = cf_mariadb_bind_result(stmt, metadata, error);
    mysql_free_result(metadata);
    if (ok && !stmt->base.stream) {
        CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_stmt_store_result_start(&failed, stmt->handle),
                         mysql_stmt_store_result_cont(&failed, stmt->handle, status));
        if (ok && failed) ok = cf_mariadb_fail(conn, stmt->handle, error);
        if (ok) stmt->base.changes = (int64_t)mysql_stmt_num_rows(stmt->handle);
    }
    if (!ok) return false;
    cf_answer first = cf_mariadb_next(&stmt->base, error);
    if (first == CF_YES) stmt->base.state = CF_STMT_FIRST;
    return first != CF_FAILED;
}

/* `outdated`: the schema changed under the statement; it is to be prepared anew. */
static bool execute(cf_mariadb_stmt *stmt, const cf_value *parameters, size_t count, bool *outdated, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)stmt->base.conn;
    int64_t          deadline = cf_mariadb_deadline(conn);
    int              failed = 0;
    bool             ok;
    conn->base.committing = false;
    if (!cf_mariadb_ready(stmt, deadline, error)) return false;
    if (!bind_all(stmt, parameters, count, error)) return false;
    conn->base.committing = conn->base.autocommits;
    CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_stmt_execute_start(&failed, stmt->handle),
                     mysql_stmt_execute_cont(&failed, stmt->handle, status));
    if (!ok) return false;
    if (!failed) return cf_mariadb_take_result(stmt, deadline, error);
    unsigned number = mysql_stmt_errno(stmt->handle);
    *outdated = number == UNKNOWN_STATEMENT || number == OTHER_COLUMNS;
    if (*outdated && (stmt->base.sql.reads || number == UNKNOWN_STATEMENT)) return false;
    return cf_mariadb_fail(conn, stmt->handle, error);
}

void cf_mariadb_renew(cf_mariadb_stmt *stmt)
{
    if (stmt->base.conn->broken || !stmt->handle || mysql_stmt_field_count(stmt->handle) == 0) return;
    cf_mariadb_unprepare(&stmt->base);
    stmt->base.prepared = true;
    stmt->base.columns = 0;
}

bool cf_mariadb_run(cf_stmt *base, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_mariadb_stmt *stmt = (cf_mariadb_stmt *)base;
    bool             outdated = false;
    if (base->conn->read_only && !base->conn->in_transaction && !base->sql.reads)
        return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
    if (!cf_mariadb_tell_deadline((cf_mariadb_conn *)base->conn, error)) return false;
    if (execute(stmt, parameters, count, &outdated, error)) return true;
    if (!outdated) {
        cf_mariadb_renew(stmt);
        return false;
    }
    cf_mariadb_unprepare(base);
    base->prepared = true;
    if (base->conn->broken || !(base->sql.reads || error->code == CF_OK)) return false;
    outdated = false;
    return execute(stmt, parameters, count, &outdated, error) ||
           (outdated && cf_fail(error, CF_ERR_SCHEMA, "mariadb: the schema changes while the statement runs"));
}

cf_answer cf_mariadb_next(cf_stmt *base, cf_error *error)
{
    cf_mariadb_stmt *stmt = (cf_mariadb_stmt *)base;
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base->conn;
    int              answer = 0;
    bool             ok = true;
    if (!cf_mariadb_bind_again(stmt, error)) return CF_FAILED;
    if (base->stream)
        CF_MARIADB_AWAIT(ok, conn, cf_mariadb_deadline(conn), error, mysql_stmt_fetch_start(&answer, stmt->handle),
                         mysql_stmt_fetch_cont(&answer, stmt->handle, status));
    else answer = mysql_stmt_fetch(stmt->handle); /* from memory */
    if (!ok) return CF_FAILED;
    if (answer == 0 || answer == MYSQL_DATA_TRUNCATED) return CF_YES; /* what was cut is read again when asked for */
    if (answer == MYSQL_NO_DATA) return CF_NO;
    cf_mariadb_fail(conn, stmt->handle, error);
    return CF_FAILED;
}

void cf_mariadb_done(cf_stmt *base)
{
    cf_mariadb_stmt *stmt = (cf_mariadb_stmt *)base;
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base->conn;
    cf_error         ignored = {0};
    my_bool          failed;
    bool             ok;
    if (!stmt->handle || !conn->my || base->columns == 0) return;
    CF_MARIADB_AWAIT(ok, conn, cf_mariadb_deadline(conn), &ignored, mysql_stmt_free_result_start(&failed, stmt->handle),
                     mysql_stmt_free_result_cont(&failed, stmt->handle, status));
    (void)ok;
}
