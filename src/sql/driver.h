/* What a driver implements, and what the layer's own files share. Nothing outside src/sql includes this. */
#ifndef CARAFE_SQL_DRIVER_H
#define CARAFE_SQL_DRIVER_H

#include "sql/sql.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct cf_driver cf_driver;

/* A value as a driver hands it out: `value` may point at the members beside it, or at the driver's memory until the next row. */
typedef struct cf_cell {
    cf_value   value;
    cf_decimal decimal;
    cf_uuid    uuid;
    char       scratch[48];
} cf_cell;

typedef enum cf_stmt_state {
    CF_STMT_IDLE,
    CF_STMT_FIRST, /* a row stands ready, not yet handed out by cf_stmt_next() */
    CF_STMT_ROWS,  /* the present row was handed out */
    CF_STMT_ENDED  /* no rows (left) */
} cf_stmt_state;

/* The start of every driver's statement. */
struct cf_stmt {
    cf_conn      *conn;
    cf_sql        sql; /* `text` is the statement's own copy */
    cf_stmt_state state;
    bool          cached;   /* found by sql.id in the connection's cache */
    bool          prepared; /* the driver knows it */
    bool          stream;
    bool          queued; /* SQLite: holds the writer queue */
    int           columns;
    int64_t       changes, last_id, rows;
    int64_t       spent;  /* microseconds in the driver, only when the pool measures */
    cf_buffer     values; /* what the echo is to say of them */
    const char   *file;   /* where it was run */
    int           line;
    const char   *relationship;
    cf_stmt      *newer, *older; /* by use: the cache; one-shot statements: list of the open ones */
    cf_stmt      *chain;         /* same bucket of the cache */
};

/* Prepared statements by id, the least recently used one leaves first. */
typedef struct cf_cache {
    cf_stmt **buckets;
    uint32_t  mask;
    int       count, limit;
    cf_stmt  *newest, *oldest;
    cf_stmt  *loose; /* open statements that are not cached */
} cf_cache;

/* The start of every driver's connection. */
struct cf_conn {
    const cf_driver *driver;
    cf_pool         *pool;
    cf_conn         *next;
    bool             broken;
    bool             taken;
    bool             in_transaction;
    bool             doomed;            /* the server undid the open transaction: nothing may run before the rollback */
    bool             transaction_reads; /* the open transaction is read-only */
    bool             read_only;
    bool             boxed;       /* in the transaction of a sandbox; see sandbox.c */
    bool             autocommits; /* the statement at hand commits by itself */
    bool             committing;  /* a COMMIT or such a statement is under way: its loss leaves the outcome open */
    int              deadline_ms; /* 0: none */
    int64_t          opened_at, idle_since, taken_at; /* milliseconds */
    const char      *file;                            /* the taker's */
    int              line;
    const char      *at_file; /* of the statements at hand */
    int              at_line;
    const char      *relationship; /* they are for, or NULL */
    bool             quiet;
    int64_t         *spent; /* see cf_take; or NULL */
    int64_t          count;
    int              open;    /* statements between run and done */
    int              version; /* of the server, set by open() */
    bool             mysql;
    cf_cache         cache;
    cf_stmt         *streaming;
};

/* All of them are given a connection that is not broken, and report a breakage by setting conn->broken. */
struct cf_driver {
    cf_dialect_id id;
    size_t        conn_size, stmt_size;
    /* Check the URL and make what connections share; teardown() also after a failed one. */
    bool (*setup)(cf_pool *pool, cf_error *error);
    void (*teardown)(cf_pool *pool);
    /* Connect; on failure leave nothing behind that close() would not free. Fills conn->version. */
    bool (*open)(cf_conn *conn, cf_error *error);
    /* Also of broken and half-opened connections; must not wait. */
    void (*close)(cf_conn *conn);
    /* NULL: the driver cannot. */
    bool (*backup)(cf_conn *conn, const char *path, cf_error *error);
    /* Is an idle connection alive? `thorough`: ask the server, else look at the socket alone. */
    bool (*test)(cf_conn *conn, bool thorough);
    bool (*exec)(cf_conn *conn, const char *text, size_t size, int64_t *changes, cf_error *error);
    bool (*begin)(cf_conn *conn, int mode, cf_error *error);
    /* `commit` false: roll back. */
    bool (*end)(cf_conn *conn, bool commit, cf_error *error);
    bool (*prepare)(cf_stmt *stmt, cf_error *error);
    void (*unprepare)(cf_stmt *stmt);
    /* Sets state, columns, changes, last_id. */
    bool (*run)(cf_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error);
    /* Run for several groups of parameters at once; NULL: one after the other. batch->at stops at the run that failed. */
    bool (*batch)(cf_stmt *stmt, cf_batch *batch, cf_error *error);
    /* Rows of `count` values by the server's way to load a table; NULL: it has none. */
    bool (*copy)(cf_conn *conn, const char *text, const cf_value *values, size_t count, size_t rows, cf_error *error);
    cf_answer (*next)(cf_stmt *stmt, cf_error *error);
    /* Fill a struct from the row; NULL: by cell(). */
    bool (*read)(cf_stmt *stmt, const cf_slot *slots, size_t count, void *structure, cf_arena *arena, cf_error *error);
    bool (*cell)(cf_stmt *stmt, int column, cf_cell *out, cf_error *error);
    const char *(*name)(const cf_stmt *stmt, int column);
    void (*done)(cf_stmt *stmt);
};

extern const cf_driver cf_sqlite_driver, cf_postgres_driver, cf_mariadb_driver;

/* Resolved options; see cf_pool_options. Milliseconds; 0: none. */
typedef struct cf_settings {
    int         size, overflow, timeout_ms, recycle_ms, test_after_ms, deadline_ms, connect_ms, busy_ms, cache;
    bool        prepare, read_only, lazy, uri, echo_values, measure;
    const char *folder;
    void (*echo)(void *context, const cf_echo *event);
    void *context;
} cf_settings;

struct cf_pool {
    const cf_driver          *driver;
    cf_arena                 *arena; /* URL, texts; constant after cf_pool_open() */
    cf_url                    url;
    const char               *shown; /* the URL, redacted */
    const char               *path;  /* SQLite: file or ":memory:"; else NULL */
    bool                      memory;
    cf_settings               settings;
    cf_dialect                oldest, found; /* before and after the first connection */
    const cf_dialect *_Atomic dialect;
    void                     *shared; /* the driver's: SQLite's writer queue */

    pthread_mutex_t lock;
    pthread_cond_t  returned;
    cf_conn        *idle;  /* the most recently used first */
    cf_conn        *taken; /* all that are out */
    int             idle_count, taken_count, opening, waiting;
    int64_t         opened, broken;
    atomic_long     fail_at; /* statements until the injected failure; 0: none */
    atomic_int      fail_code;
    bool            boxed;   /* a sandbox: there is one connection */
    cf_settings     unboxed; /* the settings before */
};

/* ---- clock ---- */
int64_t cf_clock_ms(void);
int64_t cf_clock_us(void);
/* The absolute moment `ms` from now in milliseconds; INT64_MAX for 0 (none). */
int64_t cf_deadline(int ms);
/* What is left until then, for poll(): -1 none set, 0 passed. */
int cf_deadline_left(int64_t deadline);

/* ---- options.c ---- */
/* Read defaults, options and the URL's query into `out`. */
bool cf_settings_make(cf_settings *out, const cf_pool_options *options, const cf_url *url, cf_error *error);
/* Is it an option of the pool's own, not the driver's? */
bool cf_settings_knows(const char *name);
/* "on", "true", "yes", "1" and their opposites; false for other texts. */
bool cf_settings_bool(const char *text, bool *out);

/* ---- cache.c ---- */
bool     cf_cache_open(cf_cache *cache, int limit);
cf_stmt *cf_cache_find(cf_cache *cache, uint32_t id);
/* Keep a statement, dropping the least recently used idle one when full. */
void cf_cache_keep(cf_cache *cache, cf_stmt *stmt);
void cf_cache_remove(cf_cache *cache, cf_stmt *stmt);
/* Forget that anything was prepared (after a reconnect); structures stay valid. */
void cf_cache_unprepare(cf_cache *cache, const cf_driver *driver);
/* Free all statements. */
void cf_cache_close(cf_cache *cache, const cf_driver *driver);

/* ---- convert.c ---- */
/* Turn the cell into the kind wanted, in place; false and the error when that would change the value. `where` names it. */
bool cf_cell_convert(cf_cell *cell, int wanted, const char *model, const char *name, cf_error *error);
/* Store the cell in the member of a struct; see cf_stmt_read(). */
bool cf_cell_store(cf_cell *cell, const cf_slot *slot, void *structure, cf_arena *arena, cf_error *error);
/* A copy of the cell's value in the arena. */
bool cf_cell_copy(const cf_cell *cell, cf_arena *arena, cf_value *out, cf_error *error);
/* Is a text fit for a database: well-formed UTF-8 without NUL? */
bool cf_text_clean(const char *text, size_t size);
/* cf_text_clean() of the n-th parameter, from 0, with the failure told. */
bool cf_parameter_text(const cf_value *value, size_t n, cf_error *error);

#define CF_MOMENT_SIZE 40 /* enough for cf_moment_text() and all texts of parameters but text itself */
/* "YYYY-MM-DD HH:MM:SS.ffffff", always with the fraction; 0 when outside the years 1 to 9999. */
size_t cf_moment_text(cf_datetime moment, char out[CF_MOMENT_SIZE]);
/* "HH:MM:SS.ffffff"; 0 when no time of day. */
size_t cf_clock_text(cf_time time, char out[CF_MOMENT_SIZE]);
/* A parameter of kind date, time, datetime, decimal, uuid as text, as SQLite stores it; 0 with the error when out of range. */
size_t cf_parameter_format(const cf_value *value, size_t n, char out[CF_DECIMAL_SIZE], cf_error *error);

/* ---- sandbox.c ---- */
/* Begin the transaction that holds all others, on a new connection of a sandbox. */
bool cf_box_enter(cf_conn *conn, cf_error *error);
/* Commit or rollback within it. */
bool cf_box_end(cf_conn *conn, bool commit, cf_error *error);
/* Is the statement none that writes in a read-only transaction? No server tells, as there is but one transaction. */
bool cf_box_allows(const cf_stmt *stmt, cf_error *error);
/* After a statement outside of transactions that failed. */
void cf_box_failed(cf_conn *conn);

/* ---- batch.c ---- */
/* Hand the rows of the run that stands ready to the batch's function, and note what it changed. */
bool cf_batch_take(cf_stmt *stmt, cf_batch *batch, cf_error *error);
/* Run after run, from the first. */
bool cf_batch_each(cf_stmt *stmt, cf_batch *batch, cf_error *error);

/* ---- conn.c ---- */
/* Count and check a call that sends something: the connection must be usable. */
bool     cf_conn_may_send(cf_conn *conn, cf_error *error);
cf_conn *cf_conn_open(cf_pool *pool, cf_error *error);
void     cf_conn_free(cf_conn *conn);
/* Roll back and close what is open, so that the connection can be handed to another. */
void cf_conn_settle(cf_conn *conn);

/* ---- echo.c ---- */
/* The present in microseconds when statements are measured, else 0. */
int64_t cf_echo_start(const cf_conn *conn);
/* Microseconds since then; 0 when they are not measured. */
int64_t cf_echo_spent(int64_t started);
/* Tell of a command without values, such as BEGIN, that ended. */
void cf_echo_command(cf_conn *conn, const char *text, size_t size, int64_t spent, int64_t rows, cf_code code);
/* Keep what is to be told of a statement that is run now: its values and its place. */
void cf_echo_values(cf_stmt *stmt, const cf_value *values, size_t count);
/* Tell of a statement that ended. */
void cf_echo_statement(cf_stmt *stmt, size_t runs, int64_t rows, cf_code code);

/* ---- errors.c ---- */
/* The code of an SQLSTATE; CF_ERR_DATABASE when it is none of the table's. */
cf_code cf_sqlstate_code(const char *sqlstate);
/* Copy into a field of cf_error, cut at its size. */
void cf_error_field(char *field, size_t field_size, const char *text, size_t size);
/* Did the connection's loss leave the outcome open? Gives CF_ERR_UNKNOWN_OUTCOME or CF_ERR_CONNECTION. */
cf_code cf_lost_code(const cf_conn *conn);

/* ---- queue.c: SQLite's writers, one at a time and in order ---- */
typedef struct cf_queue cf_queue;
/* The queue of a file, shared by all pools of the process; NULL when out of memory. */
cf_queue *cf_queue_of(uint64_t device, uint64_t file);
void      cf_queue_leave(cf_queue *queue);
/* Wait for one's turn; false after `ms` (0: for ever), then `holder` describes who has it. */
bool cf_queue_enter(cf_queue *queue, int ms, const cf_conn *who, char holder[160]);
void cf_queue_exit(cf_queue *queue);

#endif
