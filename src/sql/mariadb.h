/* What the MariaDB driver's files share. */
#ifndef CARAFE_SQL_MARIADB_H
#define CARAFE_SQL_MARIADB_H

#include "sql/driver.h"

#include <mysql.h>

typedef struct cf_mariadb_conn {
    cf_conn base;
    MYSQL  *my;              /* NULL once it is lost: then nothing waits for the server any more */
    int     server_deadline; /* the session's own limit in milliseconds; -1: not known */
    bool    connecting;      /* for messages: another limit holds */
    bool    arrays;          /* the server takes arrays of parameters */
} cf_mariadb_conn;

/* Where a column of the present row is put. */
typedef struct cf_mariadb_field {
    enum enum_field_types type; /* of the buffer */
    bool                  is_unsigned, bit, binary, json;
    unsigned long         length;
    my_bool               null, truncated;
    union {
        long long  integer;
        double     number;
        MYSQL_TIME time;
    } fixed;
    char  *text; /* grows; kept between rows and runs */
    size_t room;
    char   name[65];
} cf_mariadb_field;

typedef union cf_mariadb_parameter {
    signed char boolean;
    long long   integer;
    double      number;
    MYSQL_TIME  time;
    char        text[CF_DECIMAL_SIZE];
} cf_mariadb_parameter;

typedef struct cf_mariadb_stmt {
    cf_stmt               base;
    MYSQL_STMT           *handle;
    int                   parameters, fields;
    MYSQL_BIND           *in, *out;
    cf_mariadb_parameter *values;
    cf_mariadb_field     *field;
    bool                  moved; /* a buffer of `out`, and the client is yet to be told */
} cf_mariadb_stmt;

/* ---- mariadb_wait.c: the client's non-blocking calls, each bounded by a deadline ---- */
int64_t cf_mariadb_deadline(const cf_mariadb_conn *conn);
/* Wait for what the client waits for; false after the deadline, with the connection given up. */
bool cf_mariadb_wait(cf_mariadb_conn *conn, int *status, int64_t deadline, cf_error *error);
/* Give the connection up, so that nobody waits for it; statements lose their handles' server side. */
void cf_mariadb_drop(cf_mariadb_conn *conn);
/* Run a text without parameters and drop its rows. */
bool cf_mariadb_simple(cf_mariadb_conn *conn, const char *text, size_t size, int64_t *changes, cf_error *error);
bool cf_mariadb_tell_deadline(cf_mariadb_conn *conn, cf_error *error);

/*
 * Start a call of the client and see it through. `ret` is where it leaves its result; false: the deadline passed.
 * Used as: CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_ping_start(&ret, conn->my), mysql_ping_cont(&ret, conn->my, status))
 */
#define CF_MARIADB_AWAIT(ok, conn, deadline, error, start, cont)                                          \
    do {                                                                                                  \
        int status = (start);                                                                             \
        (ok) = true;                                                                                      \
        while (status && ((ok) = cf_mariadb_wait((conn), &status, (deadline), (error)))) status = (cont); \
    } while (0)

/* ---- mariadb_error.c ---- */
/* Record the connection's failure, or that of a statement; a lost connection is given up. */
bool cf_mariadb_fail(cf_mariadb_conn *conn, MYSQL_STMT *handle, cf_error *error);

/* ---- mariadb_stmt.c ---- */
bool      cf_mariadb_prepare(cf_stmt *stmt, cf_error *error);
void      cf_mariadb_unprepare(cf_stmt *stmt);
bool      cf_mariadb_run(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
cf_answer cf_mariadb_next(cf_stmt *stmt, cf_error *error);
void      cf_mariadb_done(cf_stmt *stmt);
/* Prepare it on the server, when it is not yet. */
bool cf_mariadb_ready(cf_mariadb_stmt *stmt, int64_t deadline, cf_error *error);
/* Is that the number of its parameters? Once it is ready. */
bool cf_mariadb_counts(const cf_mariadb_stmt *stmt, size_t count, cf_error *error);
/* After it was executed: the columns, and unless the result is streamed all its rows. */
bool cf_mariadb_take_result(cf_mariadb_stmt *stmt, int64_t deadline, cf_error *error);
/* After it failed: the failure may have come in place of rows, for which the library would wait. It is prepared anew. */
void cf_mariadb_renew(cf_mariadb_stmt *stmt);

/* ---- mariadb_batch.c ---- */
bool cf_mariadb_batch(cf_stmt *stmt, cf_batch *batch, cf_error *error);

/* ---- mariadb_type.c ---- */
bool cf_mariadb_bind(cf_mariadb_stmt *stmt, int n, const cf_value *value, cf_error *error);
/* Choose the buffers of the result's columns. */
bool cf_mariadb_bind_result(cf_mariadb_stmt *stmt, MYSQL_RES *metadata, cf_error *error);
/* Before the next row: tells the client of buffers that have moved. */
bool        cf_mariadb_bind_again(cf_mariadb_stmt *stmt, cf_error *error);
void        cf_mariadb_free_fields(cf_mariadb_stmt *stmt);
bool        cf_mariadb_cell(cf_stmt *stmt, int column, cf_cell *out, cf_error *error);
const char *cf_mariadb_name(const cf_stmt *stmt, int column);

#endif
