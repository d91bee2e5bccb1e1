/*
 * MariaDB: many runs of one statement as one array of parameters. The server tells the sum of the changes alone, and of a
 * failure not where it was: then the runs are undone by a savepoint and sent one by one. MySQL knows no such arrays.
 */
#include "sql/mariadb.h"

#include <string.h>

#define MOST_SENT 1000000 /* bytes of parameters in an array: far from the server's max_allowed_packet */
#define BACK "ROLLBACK TO SAVEPOINT carafe_batch"

/* A part of a batch that is sent as one array. */
typedef struct part {
    cf_mariadb_stmt *stmt;
    cf_batch        *batch;
    size_t           from, end;
} part;

static const cf_value *run_values(const cf_batch *batch, size_t run)
{
    return batch->parameters + run * batch->count;
}

/* An array is of use when what is to be told of each run follows from the sum. */
static bool sum_tells(const cf_batch *batch)
{
    return batch->count > 0 && batch->runs > CF_BATCH_FEW && !batch->ids &&
           (batch->single || !(batch->changes || batch->row));
}

/* ---- parameters ---- */

/* The first value of a column that is not NULL, if there is one: its type is the column's. */
static const cf_value *typical(const cf_batch *batch, size_t column)
{
    size_t run = 0;
    while (run + 1 < batch->runs && run_values(batch, run)[column].kind == CF_NULL) run++;
    return &run_values(batch, run)[column];
}

/* Columns have one type in an array. */
static bool uniform(const cf_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        int kind = typical(batch, i)->kind;
        for (size_t run = 0; run < batch->runs; run++) {
            int other = run_values(batch, run)[i].kind;
            if (other != CF_NULL && other != kind) return false;
        }
    }
    return true;
}

/* The client asks for the parameters of a run; one that cannot be sent ends the array before it is sent. */
static my_bool bind_run(void *context, MYSQL_BIND *binds, unsigned row)
{
    static char     null = STMT_INDICATOR_NULL;
    const part     *p = context;
    const cf_value *values = run_values(p->batch, p->from + row);
    for (size_t i = 0; i < p->batch->count; i++) {
        if (values[i].kind == CF_NULL) {
            binds[i].u.indicator = &null;
        } else {
            if (!cf_mariadb_bind(p->stmt, (int)i, &values[i], NULL)) return 1;
            binds[i] = p->stmt->in[i];
        }
    }
    return 0;
}

/* ---- one array ---- */

static void set_array(MYSQL_STMT *handle, unsigned size, part *p)
{
    my_bool (*bind)(void *, MYSQL_BIND *, unsigned) = size ? bind_run : NULL;
    const void *function;
    memcpy(&function, &bind, sizeof function);
    mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &size);
    mysql_stmt_attr_set(handle, STMT_ATTR_CB_USER_DATA, p);
    mysql_stmt_attr_set(handle, STMT_ATTR_CB_PARAM, function);
}

static bool execute(part *p, cf_error *error)
{
    cf_mariadb_stmt *stmt = p->stmt;
    cf_mariadb_conn *conn = (cf_mariadb_conn *)stmt->base.conn;
    int64_t          deadline = cf_mariadb_deadline(conn);
    int              failed = 0;
    bool             ok;
    for (size_t i = 0; i < p->batch->count; i++)
        if (!cf_mariadb_bind(stmt, (int)i, typical(p->batch, i), error)) return false;
    set_array(stmt->handle, (unsigned)(p->end - p->from), p);
    ok = mysql_stmt_bind_param(stmt->handle, stmt->in) == 0 || cf_mariadb_fail(conn, stmt->handle, error);
    if (ok) {
        CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_stmt_execute_start(&failed, stmt->handle),
                         mysql_stmt_execute_cont(&failed, stmt->handle, status));
        if (ok && failed) ok = cf_mariadb_fail(conn, stmt->handle, error);
    }
    set_array(stmt->handle, 0, NULL);
    return ok && cf_mariadb_take_result(stmt, deadline, error);
}

/* `*clear` false: the sum does not tell what each run did. */
static bool run_part(part *p, bool *clear, cf_error *error)
{
    cf_batch *batch = p->batch;
    cf_stmt  *base = &p->stmt->base;
    bool      ok = execute(p, error);
    *clear = !(batch->changes || batch->row) || (size_t)base->changes == p->end - p->from;
    batch->at = ok ? p->from : batch->runs; /* of a failure nobody knows the run */
    for (; ok && *clear && batch->at < p->end; batch->at += ok) {
        if (batch->changes) batch->changes[batch->at] = 1;
        if (!batch->row) continue;
        ok = cf_stmt_next(base, error) == CF_YES && batch->row(batch->context, batch->at, base, error);
    }
    cf_mariadb_done(base);
    base->state = CF_STMT_IDLE;
    if (!ok) cf_mariadb_renew(p->stmt);
    return ok;
}

/* ---- all ---- */

/* Is it worth while to see which run it was? Not when that is told, or the transaction is lost anyway. */
static bool worth_a_look(const cf_conn *conn, cf_code code)
{
    return !conn->broken && !conn->doomed && code != CF_ERR_SERIALIZE && code != CF_ERR_BUSY &&
           code != CF_ERR_TIMEOUT && code != CF_ERR_MEMORY;
}

static bool run_parts(cf_mariadb_stmt *stmt, cf_batch *batch, bool *clear, cf_error *error)
{
    part p = {.stmt = stmt, .batch = batch};
    bool ok = true;
    for (*clear = true; ok && *clear && p.from < batch->runs; p.from = p.end) {
        size_t bytes = 0;
        for (p.end = p.from; p.end < batch->runs && bytes < MOST_SENT; p.end++)
            for (size_t i = 0; i < batch->count; i++) bytes += run_values(batch, p.end)[i].size + sizeof(cf_value);
        ok = run_part(&p, clear, error);
    }
    return ok;
}

static bool simple(cf_mariadb_conn *conn, const char *text, cf_error *error)
{
    return cf_mariadb_simple(conn, text, strlen(text), NULL, error);
}

bool cf_mariadb_batch(cf_stmt *base, cf_batch *batch, cf_error *error)
{
    cf_mariadb_stmt *stmt = (cf_mariadb_stmt *)base;
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base->conn;
    bool             clear;
    if (!conn->arrays || !base->conn->in_transaction || !sum_tells(batch) || !uniform(batch))
        return cf_batch_each(base, batch, error);
    if (!cf_mariadb_tell_deadline(conn, error) || !cf_mariadb_ready(stmt, cf_mariadb_deadline(conn), error) ||
        !cf_mariadb_counts(stmt, batch->count, error) || !simple(conn, "SAVEPOINT carafe_batch", error))
        return false;
    bool ok = run_parts(stmt, batch, &clear, error);
    if (ok && clear) return true;
    if (!ok && !worth_a_look(base->conn, error->code)) return false;
    cf_error_clear(error);
    return simple(conn, BACK, error) && cf_batch_each(base, batch, error);
}
