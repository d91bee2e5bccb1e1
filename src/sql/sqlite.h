/* What the SQLite driver's files share. */
#ifndef CARAFE_SQL_SQLITE_H
#define CARAFE_SQL_SQLITE_H

#include "sql/driver.h"

#include <sqlite3.h>

typedef struct cf_sqlite_conn {
    cf_conn       base;
    sqlite3      *db;
    sqlite3_stmt *begin_read, *begin_write, *commit, *rollback;
    bool          queued; /* a transaction holds the writer queue */
    int64_t       until;  /* when the running step is to stop; 0: not looked at the clock yet */
} cf_sqlite_conn;

#define CF_SQLITE_SCRATCH 48 /* bytes for a parameter's text */

typedef struct cf_sqlite_stmt {
    cf_stmt       base;
    sqlite3_stmt *handle;
    char         *scratch; /* texts of dates, decimals and the like, one place a parameter; made when needed */
    int           parameters;
    bool          writes;
    bool          queued; /* holds the writer queue for itself, outside a transaction */
} cf_sqlite_stmt;

/* ---- sqlite_error.c ---- */
/* Record what SQLite says about its last failure; always false. */
bool cf_sqlite_fail(cf_sqlite_conn *conn, int result, cf_error *error);

/* ---- sqlite_stmt.c ---- */
bool        cf_sqlite_prepare(cf_stmt *stmt, cf_error *error);
void        cf_sqlite_unprepare(cf_stmt *stmt);
bool        cf_sqlite_run(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
cf_answer   cf_sqlite_next(cf_stmt *stmt, cf_error *error);
bool        cf_sqlite_read(cf_stmt *stmt, const cf_slot *slots, size_t count, void *structure, cf_arena *arena,
                           cf_error *error);
bool        cf_sqlite_cell(cf_stmt *stmt, int column, cf_cell *out, cf_error *error);
const char *cf_sqlite_name(const cf_stmt *stmt, int column);
void        cf_sqlite_done(cf_stmt *stmt);

/* ---- sqlite.c ---- */
/* Stand in the file's writer queue; true at once for memory databases. */
bool cf_sqlite_enter(cf_sqlite_conn *conn, cf_error *error);
void cf_sqlite_exit(cf_sqlite_conn *conn);

#endif
