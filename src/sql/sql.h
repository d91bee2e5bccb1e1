/*
 * The door to databases: dialects, pool, connections, statements, rows.
 *
 * A pool is shared by threads; a connection and its statements belong to the one
 * who took it until cf_pool_give(). Texts and values given as parameters must live
 * until cf_stmt_done(); what is read is copied into the arena given.
 *
 *     cf_pool *pool = cf_pool_open("sqlite:///app.db", NULL, &error);
 *     cf_conn *conn = cf_pool_take(pool, &(cf_take){.file = __FILE__, .line = __LINE__}, &error);
 *     cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
 *     if (stmt && cf_stmt_run(stmt, parameters, 2, &error))
 *         while (cf_stmt_next(stmt, &error) == CF_YES)
 *             cf_stmt_read(stmt, slots, slot_count, &row, arena, &error);
 *     cf_stmt_done(stmt);
 *     cf_pool_give(pool, conn);
 *
 * Every function that takes a cf_error says false, NULL or CF_FAILED when it fails
 * and records why. A connection that broke stays usable as an argument: calls on it
 * fail with CF_ERR_CONNECTION, and giving it back throws it away.
 */
#ifndef CARAFE_SQL_SQL_H
#define CARAFE_SQL_SQL_H

#include <carafe/echo.h>
#include <carafe/url.h>
#include <carafe/value.h>

#include "sql/dialect.h"

typedef struct cf_pool cf_pool;
typedef struct cf_conn cf_conn;
typedef struct cf_stmt cf_stmt;

/* ---- pool ----------------------------------------------------------------------------------- */

/* Zero is the default everywhere. Milliseconds; -1 means "none". Options of the URL's query win. */
typedef struct cf_pool_options {
    int  size;          /* connections kept, 1 to 1000; 5 */
    int  overflow;      /* more of them under load, 0 to 1000; 10; -1 for none */
    int  timeout_ms;    /* how long cf_pool_take() waits for one; 30,000 */
    int  recycle_ms;    /* throw connections away that are older; none */
    int  test_after_ms; /* test a connection that idled longer before handing it out; 5,000 */
    int  deadline_ms;   /* per statement; 30,000 */
    int  connect_ms;    /* for connecting; 10,000 */
    int  busy_ms;       /* SQLite: wait for a lock of another process; 5,000 (the writer queue waits for deadline_ms) */
    int  cache;         /* prepared statements kept per connection; 256 */
    int  prepare;       /* -1: no prepared statements (PgBouncer); `?prepare=off` */
    bool read_only;     /* open SQLite files read-only; read-only sessions on servers */
    bool lazy;          /* do not connect in cf_pool_open() */
    const char *folder; /* where relative SQLite paths begin, made if missing; NULL: the working directory */
    void (*echo)(void *context, const cf_echo *event);
    void *context;     /* for echo */
    bool  echo_values; /* tell the values themselves, not their kinds alone */
    bool  measure;     /* fill cf_take.spent also without an echo */
} cf_pool_options;

/*
 * Open a pool; unless `lazy`, connect once, so that a wrong URL is told now.
 * URL options: pool_size, max_overflow, pool_timeout, pool_recycle (seconds), deadline_ms, connect_timeout (seconds),
 * timeout (SQLite busy, seconds), prepare=on|off, mode=ro|rw|rwc and uri=true (SQLite); all other options of
 * PostgreSQL URLs go to libpq, of MariaDB URLs see docs/databases.md. Unknown options are an error that names them.
 */
cf_pool *cf_pool_open(const char *url, const cf_pool_options *options, cf_error *error);
/* Close all connections; those still taken are named by the return value: how many (0 is good; they leak). NULL is allowed. */
int cf_pool_close(cf_pool *pool);
/* The dialect with the server's version; constant after the first connection. */
const cf_dialect *cf_pool_dialect(const cf_pool *pool);
/* The URL without passwords, for logs; lives as long as the pool. */
const char *cf_pool_url(const cf_pool *pool);
/* SQLite: the resolved file, or ":memory:"; NULL for servers. */
const char *cf_pool_path(const cf_pool *pool);

/* Is there one connection alone, which everybody waits for, as with an SQLite database in memory? */
bool cf_pool_shared(const cf_pool *pool);

/* Who takes a connection, and how. */
typedef struct cf_take {
    const char *file; /* call site, named when the pool is exhausted; a constant or longer-lived than the take */
    int         line;
    int         wait_ms;     /* wait at most so long; 0: the pool's timeout_ms; -1: not at all */
    int         deadline_ms; /* per statement while taken; 0: the pool's; -1: none */
    bool        read_only;   /* writes will fail with CF_ERR_READ_ONLY */
    int64_t    *spent;       /* the microseconds of each statement are added here when the pool measures; or NULL */
} cf_take;

/* A connection, or NULL: CF_ERR_TIMEOUT names the holders. `how` may be NULL. Thread-safe. */
cf_conn *cf_pool_take(cf_pool *pool, const cf_take *how, cf_error *error);
/* Give it back; an open transaction is rolled back, open statements are done, a broken connection is thrown away. */
void cf_pool_give(cf_pool *pool, cf_conn *conn);

/*
 * SQLite: copy the database into the file `path` while everybody goes on; the copy is as of one moment, and takes the
 * place of a file of that name at the end. CF_ERR_UNSUPPORTED on servers, which have tools of their own.
 */
bool cf_pool_backup(cf_pool *pool, const char *path, cf_error *error);

typedef struct cf_pool_state {
    int     idle, taken;
    int64_t opened; /* connections made so far */
    int64_t broken; /* thrown away because they broke */
} cf_pool_state;
cf_pool_state cf_pool_look(cf_pool *pool);

/* For tests: the n-th statement from now (1 is the next; BEGIN and COMMIT count) fails with `code`; 0 switches it off.
 * With CF_ERR_CONNECTION or CF_ERR_UNKNOWN_OUTCOME the connection breaks. True when a failure set before has struck. */
bool cf_pool_fail_at(cf_pool *pool, long n, cf_code code);

/*
 * For tests: from now on all that is committed stays in one transaction, on the pool's one connection, which
 * cf_pool_sandbox_end() rolls back. While no connection is taken. Not for statements that end transactions themselves, as
 * schema changes do on MariaDB; isolation is that of the server, and what is checked at COMMIT is not checked.
 */
bool cf_pool_sandbox(cf_pool *pool, cf_error *error);
void cf_pool_sandbox_end(cf_pool *pool);

/* Have another function told of each statement, and what the present one is; for tests. */
void cf_pool_echo(cf_pool *pool, void (*echo)(void *, const cf_echo *), void *context,
                  void (**before)(void *, const cf_echo *), void **context_before);

/* ---- connections and transactions ------------------------------------------------------------ */

typedef enum cf_begin_mode {
    CF_BEGIN_WRITE = 0,          /* SQLite: BEGIN IMMEDIATE in the fair writer queue of the file */
    CF_BEGIN_READ = 1,           /* READ ONLY where the server can; SQLite: a snapshot, no queue */
    CF_BEGIN_READ_COMMITTED = 2, /* isolation; none of them: the server's default */
    CF_BEGIN_REPEATABLE_READ = 4,
    CF_BEGIN_SERIALIZABLE = 8
} cf_begin_mode;

/* `mode`: CF_BEGIN_WRITE or CF_BEGIN_READ, or'ed with at most one isolation (SQLite is always serializable). */
bool cf_conn_begin(cf_conn *conn, cf_begin_mode mode, cf_error *error);
/* CF_ERR_UNKNOWN_OUTCOME when the connection broke meanwhile. After a failure no transaction is open. */
bool cf_conn_commit(cf_conn *conn, cf_error *error);
/* True also when the connection is broken: then nothing is left to roll back. */
bool cf_conn_rollback(cf_conn *conn, cf_error *error);
bool cf_conn_in_transaction(const cf_conn *conn);
/* One statement without parameters; rows are dropped. DDL, savepoints, PRAGMA. SQLite: several, separated by ';'. */
bool cf_conn_exec(cf_conn *conn, const char *text, cf_error *error);
/*
 * PostgreSQL: send rows of `count` values by a "COPY table (columns) FROM STDIN". CF_ERR_UNSUPPORTED elsewhere. When it
 * fails, no row is told; the transaction must be rolled back, or to a savepoint.
 */
bool cf_conn_copy(cf_conn *conn, const char *text, const cf_value *values, size_t count, size_t rows, cf_error *error);
const cf_dialect *cf_conn_dialect(const cf_conn *conn);
cf_pool          *cf_conn_pool(const cf_conn *conn);
bool              cf_conn_broken(const cf_conn *conn);
/* The place in the program that the statements from now on come from, for the echo; at first it is the taker's. */
void cf_conn_at(cf_conn *conn, const char *file, int line);
/* The same, until that is called again: the relationship they are for, such as "User.datasets". */
void cf_conn_for(cf_conn *conn, const char *relationship);
/* Without echo and measuring, for what Carafe wants to know itself; returns what was before. */
bool cf_conn_quiet(cf_conn *conn, bool quiet);
/* Statements sent over this connection since it was taken, BEGIN and COMMIT not counted. */
int64_t cf_conn_count(const cf_conn *conn);

/* ---- statements ------------------------------------------------------------------------------ */

/* In the flags of a value: an echo shows its kind and length alone. */
#define CF_VALUE_SECRET 0x80

/* A statement's text. `?` (SQLite, MariaDB) or `$1` (PostgreSQL) stand for parameters. */
typedef struct cf_sql {
    const char *text;
    size_t      size;
    uint32_t    id;    /* from cf_sql_id(): the prepared statement is kept under it; 0: not kept */
    bool        reads; /* it only reads: may be repeated after a reconnect, needs no writer queue */
} cf_sql;

/* A number no other text of this process has. Thread-safe. */
uint32_t cf_sql_id(void);

/* The prepared statement of a text, from the connection's cache or new. Pair it with cf_stmt_done(). */
cf_stmt *cf_conn_prepare(cf_conn *conn, const cf_sql *sql, cf_error *error);

/*
 * Execute. Kinds: null bool int float text (markup) bytes date time datetime interval decimal uuid json.
 * A statement without rows is complete when this returns; PostgreSQL and MariaDB have read the whole result,
 * unless cf_stmt_stream() was called; SQLite stands at the first row. Runs again after cf_stmt_done() only.
 */
bool cf_stmt_run(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
/* A row that a run of a batch returned; cf_stmt_read() and cf_stmt_value() read it. False, with the error, ends the batch. */
typedef bool cf_batch_row(void *context, size_t run, cf_stmt *stmt, cf_error *error);

/* So many runs are sent one by one on MariaDB: an array with its savepoint costs two waits, too. */
#define CF_BATCH_FEW 2

/* Runs of one statement, one for each group of parameters. */
typedef struct cf_batch {
    const cf_value *parameters; /* `runs` groups of `count`, one after the other */
    size_t          count, runs;
    cf_batch_row   *row; /* called for each row; NULL: the statement returns none, or they are dropped */
    void           *context;
    bool            single;  /* no run changes, or returns, more than one row */
    int64_t        *changes; /* gets the rows that each run inserted, updated (matched) or deleted; or NULL */
    int64_t        *ids;     /* gets the key that each run generated, as cf_stmt_last_id() tells it; or NULL */
    size_t          at;      /* afterwards: the runs done; after a failure the run that failed, or `runs`: not known */
} cf_batch;

/*
 * Run the statement for all groups, in their order, with as few waits for the server as it allows:
 *
 * - PostgreSQL: all runs are sent in pipeline mode without waiting for answers; one wait for all.
 * - MariaDB: more than CF_BATCH_FEW runs that want no `ids`, and are `single` or want neither rows nor `changes`, are sent as
 *   one array (by megabytes), behind a savepoint, as the server tells only the sum of the changes. Where that sum is not one
 *   for each run, or a run is refused, the savepoint is returned to and the runs are sent one by one, which tells which it
 *   was; rows are told anew then. Two waits for all, one more for each further megabyte.
 * - Otherwise, and with ?prepare=off, run after run.
 *
 * The first failure ends the batch: the runs behind it are not done, those before it are undone by the rollback that must
 * follow. The connection is usable for that rollback, or broken. Use it within a transaction. A deadline holds for each
 * run on SQLite and PostgreSQL, on MariaDB for each array. Counts as one statement. Ends with the statement done.
 */
bool cf_stmt_batch(cf_stmt *stmt, cf_batch *batch, cf_error *error);
/* Before cf_stmt_run(): keep one row in memory at a time. No other statement may run on the connection until done. */
void cf_stmt_stream(cf_stmt *stmt);
/* CF_YES: a row stands ready; CF_NO: there are no more. */
cf_answer cf_stmt_next(cf_stmt *stmt, cf_error *error);
/* Reset; the statement stays in the cache. NULL is allowed. */
void cf_stmt_done(cf_stmt *stmt);

/* Has the present row a value in that column? CF_NO: NULL. */
cf_answer cf_stmt_has(cf_stmt *stmt, int column, cf_error *error);

int cf_stmt_columns(const cf_stmt *stmt);
/* The column's name, until cf_stmt_done(); "" when there is no such column. */
const char *cf_stmt_name(const cf_stmt *stmt, int column);
/* Rows inserted, updated (matched) or deleted. */
int64_t cf_stmt_changes(const cf_stmt *stmt);
/* SQLite, MariaDB: the key generated by the last INSERT (its first row on MariaDB); PostgreSQL: 0, use RETURNING. */
int64_t cf_stmt_last_id(const cf_stmt *stmt);

/* Where a column of the result goes in a struct. */
typedef struct cf_slot {
    uint16_t column; /* of the result, from 0 */
    uint16_t
        type; /* a cf_type; CF_TYPE_NULLABLE: the cf_null_ twin, and with TEXT CHARS BYTES JSON: NULL may stand there */
    uint32_t    offset; /* of the member */
    uint32_t    size;   /* of the member */
    const char *name;   /* for messages: the column */
    const char *model;  /* for messages: the model; NULL: no model */
} cf_slot;

/*
 * Fill members of `structure` from the present row. Texts, bytes and JSON are copied into the arena, NUL-terminated.
 * Fails with CF_ERR_TYPE, CF_ERR_RANGE or CF_ERR_NOT_NULL naming model and column when a value does not fit; members
 * before it are filled then. NULL makes a twin {.set = false, .null = true}, a pointer NULL, a char[N] empty.
 */
bool cf_stmt_read(cf_stmt *stmt, const cf_slot *slots, size_t count, void *structure, cf_arena *arena, cf_error *error);
/*
 * The value of one column of the present row, copied into the arena where it is a pointer.
 * `wanted`: the kind to convert to, or CF_UNDEFINED: as the database has it (SQLite knows null int float text bytes alone).
 */
bool cf_stmt_value(cf_stmt *stmt, int column, int wanted, cf_arena *arena, cf_value *out, cf_error *error);

/* ---- helpers --------------------------------------------------------------------------------- */

/* May the transaction that failed with this code be run again from its start? (busy, serialize, connection) */
bool cf_code_retryable(cf_code code);

#endif
