/* What the parts of a session share. */
#ifndef CARAFE_ORM_SESSION_H
#define CARAFE_ORM_SESSION_H

#include "orm/object.h"
#include "orm/plan.h"
#include "orm/signer.h"

/* These macros note the program's call site; here the functions are meant. */
#undef cf_commit
#undef cf_flush

struct cf_database {
    cf_pool           *pool;
    cf_registry       *registry;
    struct cf_keyring *keys;               /* of encrypted columns, or NULL */
    cf_keys            page_keys;          /* which sign the tokens of pages */
    cf_database       *bound, *next_bound; /* databases attached to this one; see bind.c */
    cf_open_options    options;
    bool               logs_statements; /* CARAFE_ECHO */
    cf_arena          *test_arena;      /* of a test database on a server; see testing.c */
    const char        *test_url, *test_name;
    atomic_int         sessions;
};

typedef struct cf_identity_entry {
    cf_state *state;
    uint32_t  hash;
    uint32_t  next; /* in the chain: 1 more than its position, 0 at the end */
} cf_identity_entry;

/* Objects by mapper and key. */
typedef struct cf_identity {
    cf_identity_entry *entries;
    uint32_t          *chains;  /* the first entry of each, two for every entry there is room for */
    uint32_t           room;    /* a power of two, or 0 */
    uint32_t           used;    /* entries so far */
    uint32_t           emptied; /* a chain of those that are free again */
    uint32_t          *counts;  /* of each mapper, by its rank */
} cf_identity;

typedef struct cf_point cf_point;

struct cf_db {
    cf_database      *database;
    cf_arena         *arena;
    cf_db            *parent, *bound, *next_bound; /* sessions of attached databases; see bind.c */
    cf_error          error;
    cf_conn          *conn; /* held during a transaction only */
    const cf_dialect *dialect;
    cf_state         *first, *last;
    uint32_t         *objects; /* of each mapper, by its rank, in the list of all */
    cf_identity       identity;
    int64_t           statements, spent; /* how many, and microseconds where they are measured */
    const char       *file;              /* the program's call site that is at work, or NULL */
    int               line;
    const cf_site    *written; /* the first that changed rows past the objects in this transaction, or NULL */
    void            **found;   /* scratch: objects of the query that is read */
    size_t            found_capacity;
    cf_stream_       *streams;  /* those that are being read */
    struct cf_link   *links;    /* association rows to be written */
    uint64_t          linked;   /* associations that were written in this transaction, see cf_sides_settle() */
    size_t            relinked; /* objects whose relationships were set and not written yet, at least so many */
    cf_point         *point;    /* the innermost savepoint, or NULL */
    int               points;   /* savepoints made so far: their numbers */
    int               working;  /* functions of cf_transaction() that run */
    bool              read_only, no_autoflush;
    bool              flushing;
    bool              no_loading; /* touching a relationship that is not loaded is an error */
    uint32_t          writes;     /* flushes that wrote something */
    uint32_t          restored;   /* the last of them that brought back what was deleted softly */
    struct cf_repeat *repeat;     /* what development warns of, or NULL */

    struct cf_reading  *read;         /* objects whose after_load functions are to be called */
    struct cf_promise  *promises;     /* see event.c */
    struct cf_listener *listeners;    /* the same */
    bool                show_deleted; /* queries find rows that were deleted softly */
    struct cf_import   *imports;      /* that are not ended; see import.c */
};

/* ---- session.c: failures, connections ---- */

/* Is the session usable? False after a failure; then nothing is to be done. */
static inline bool cf_session_ok(const cf_db *db)
{
    return db && db->error.code == CF_OK;
}
/* After a failed statement: names the object and call site, rolls the transaction back, gives the connection back. */
void cf_session_failed(cf_db *db, const cf_state *state, const char *file, int line);
/* Names the columns of the constraint that an error names. */
void cf_session_name_columns(cf_db *db, const cf_mapper *mapper);
/* The same for a foreign key that the server does not name; see reference.c. */
void cf_session_name_reference(cf_db *db, const cf_state *state);
/* Rolls the transaction back in the database, and gives the connection back. */
void cf_session_drop(cf_db *db);
/* How this session takes connections; the call site is that given, else the one at work. */
cf_take cf_session_take(cf_db *db, const char *file, int line);
/* False with a failure while the functions of a flush are called: they must not end it. */
bool cf_session_calm(cf_db *db, const char *call);
/* A connection for reading: the transaction's, or one to be given back with cf_session_unread(). NULL on failure. */
cf_conn *cf_session_read(cf_db *db, const char *file, int line);
void     cf_session_unread(cf_db *db, cf_conn *conn);
/* The connection of the transaction, begun if need be; NULL on failure. */
cf_conn *cf_session_write(cf_db *db, const char *file, int line);

/* cf_commit(), also from within cf_transaction(). */
bool cf_session_commit(cf_db *db);

/* ---- soft.c ---- */

/* Was it deleted softly, and is not to be found? */
bool cf_state_hidden(const cf_state *state);
/* All objects of a model are to be read anew: their rows were marked past them. */
void cf_states_expire(cf_db *db, const cf_mapper *mapper);
/* Deletes it softly. */
void cf_state_mark(cf_state *state);

/* ---- import.c ---- */

/* After a rollback: no more rows are taken. */
void cf_imports_end(cf_db *db);

/* ---- savepoint.c ---- */

/* Before an object's snapshot or status changes: remember what it was at the innermost savepoint; false when out of memory. */
bool cf_point_note(cf_db *db, cf_state *state);
/* After a failed statement: the transaction as it was at the innermost savepoint; false when there is none, or it is lost. */
bool cf_point_recover(cf_db *db);

/* ---- state.c ---- */

/* The state of an object of the session or of one attached to it; NULL for all other pointers. */
cf_state *cf_session_own(const cf_db *db, const void *object);
/* The same for objects that a call must have: fails with CF_ERR_MISUSE, naming the call. */
cf_state *cf_session_demand(cf_db *db, const void *object, const char *call, const char *file, int line);
/* The session no longer has it: it is detached. */
void cf_state_let_go(cf_state *state);
/* Reads an object anew from the present row, unless it has unwritten changes; false on failure. */
bool cf_state_reload(cf_state *state, const cf_layout *layout, cf_stmt *stmt);

/* ---- echo.c ---- */

/* Read the environment, and fill what a pool must know to tell of statements; false when a variable is wrong. */
bool cf_echo_open(cf_database *database, cf_pool_options *pool, cf_error *error);
/* A line for the database's log. */
void cf_database_log(const cf_database *database, const char *format, ...) CF_PRINTF(2, 3);

/* ---- bind.c ---- */

/* The session for the objects of a mapper: this one, or that of the database it lies in; NULL on failure. Notes the call site. */
cf_db *cf_session_route(cf_db *db, const cf_mapper *mapper, const char *file, int line);
/* The same for the objects of a model, whose mapper is told; NULL with the failure, also when it is none of the program's. */
cf_db *cf_session_of_model(cf_db *db, cf_model_fn *model, cf_mapper **mapper, const char *file, int line);
/* A failure is that of the whole session. */
void cf_session_tell_parent(cf_db *db);
/* Calls a function for the sessions of attached databases that are in use, until one says false. */
bool cf_session_each_bound(cf_db *db, bool (*function)(cf_db *));
/* Begins the sessions of all attached databases; false when out of memory. */
bool cf_session_open_bound(cf_db *db);

/* ---- identity.c ---- */

uint32_t cf_identity_hash(const cf_mapper *mapper, const cf_value *key);
/* The object of that key, or NULL. */
cf_state *cf_identity_find(const cf_identity *map, const cf_mapper *mapper, const cf_value *key, uint32_t hash);
/* By the key in the object's snapshot; false when out of memory. */
bool cf_identity_add(cf_identity *map, cf_state *state, cf_arena *arena);
/* The same, but not where there is one of that key already: returns that one, or this. NULL when out of memory. */
cf_state *cf_identity_put(cf_identity *map, cf_state *state, cf_arena *arena);
/* How many objects of a mapper there are. */
size_t cf_identity_count(const cf_identity *map, const cf_mapper *mapper);
void   cf_identity_remove(cf_identity *map, cf_state *state);
void   cf_identity_free(cf_identity *map);
/* Reads the key's values from a struct of the model. */
void cf_identity_key(const cf_mapper *mapper, const void *object, cf_value *key);

/* ---- objects of the session ---- */

void cf_session_append(cf_db *db, cf_state *state);
/* It is detached then, or transient when it never had a row that stood. */
void cf_session_remove(cf_db *db, cf_state *state);

/* ---- load.c ---- */

/* SELECT by primary key, run; NULL on failure. */
cf_stmt *cf_session_select(cf_db *db, cf_conn *conn, cf_mapper *mapper, const cf_value *key);

/*
 * Objects from a result whose first columns are those of the mapper: the session's own, or new ones. What is loaded for
 * one of them later is loaded for all.
 */
typedef struct cf_loading {
    cf_db           *db;
    cf_mapper       *mapper;
    size_t           found; /* objects so far, in db->found */
    struct cf_group *group;
    bool             fresh; /* the session had none of them before */
} cf_loading;

/* The object whose columns stand in the present row as laid out: the session's own, or a new one. NULL on failure. */
cf_state *cf_session_object(cf_db *db, cf_mapper *mapper, const cf_layout *layout, cf_stmt *stmt);

/* With `db` and `mapper` set; false when out of memory. */
bool cf_loading_begin(cf_loading *loading);
/* The object of the present row; NULL on failure. */
cf_state *cf_loading_row(cf_loading *loading, cf_stmt *stmt);
/* False when out of memory. */
bool cf_loading_end(cf_loading *loading);
/* The object came with no result, but from the call site at work; false when out of memory. */
bool cf_session_came(cf_db *db, cf_state *state);
/* Keep what was read as the n-th of the result, in db->found; false when out of memory. */
bool cf_session_keep(cf_db *db, size_t n, void *object);

/* ---- write.c ---- */

/* Keeps what was committed for a rollback, before the snapshot is changed; false when out of memory. */
bool cf_state_keep_committed(cf_db *db, cf_state *state);

/* ---- sync.c ---- */

/* Take the present row over into the object of the session that has its key, if there is one; false on failure. */
bool cf_session_take_row(cf_db *db, cf_mapper *mapper, cf_stmt *stmt);
/* After rows were changed or deleted past the session: read its objects of them again; false on failure. */
bool cf_session_synchronise(cf_db *db, cf_mapper *mapper, bool deleted);
/* The present, as the verb's own values of changes. */
void cf_now_values(cf_value values[CF_NOW_VALUES]);

/* ---- stream.c ---- */

/* The streams over this connection read no further: its transaction ends. */
void cf_streams_end(cf_db *db, const cf_conn *conn);
/* The session goes: its streams are closed where they stand. */
void cf_streams_forget(cf_db *db);

/* ---- flush.c ---- */

/* One statement without rows in the transaction; `changes` may be NULL. False on failure. */
bool cf_session_send(cf_db *db, const cf_sql *sql, const cf_value *values, size_t count, int64_t *changes);

/* The columns that differ from the snapshot; false when none does. */
bool cf_state_changes(const cf_state *state, cf_mask *mask);
/* May a flush change rows of this mapper's table (NULL: of any)? */
bool cf_session_dirty(const cf_db *db, const cf_mapper *mapper);
bool cf_session_flush(cf_db *db);
/* Before a query reads the mapper's table: writes what changes it, unless the session is not to; false on failure. */
bool cf_session_autoflush(cf_db *db, const cf_mapper *mapper);

/* ---- statement.c ---- */

typedef enum cf_statement_verb {
    CF_INSERT_ROW,
    CF_INSERT_QUIET, /* which returns nothing */
    CF_UPDATE_ROW,
    CF_DELETE_ROW,
    CF_DELETE_ROWS, /* those with the values of the columns, which are no key */
    CF_SELECT_ROW
} cf_statement_verb;

/* Is the generated key all that the database makes, and can cf_stmt_last_id() tell it? */
bool cf_insert_tells_key(const cf_mapper *mapper, const cf_dialect *dialect, const cf_mask *mask);
/* Does CF_INSERT_ROW return rows? Not where that is so, but for MariaDB, where arrays tell no keys. */
bool cf_insert_returns(const cf_mapper *mapper, const cf_dialect *dialect, const cf_mask *mask);
/* INSERT of the columns of a mask; `returning`: the others come back. */
void cf_insert_text(cf_buffer *out, const cf_mapper *mapper, const cf_dialect *dialect, const cf_mask *mask,
                    bool returning);
/* SELECT of all columns FROM the table. */
void cf_select_text(cf_buffer *out, const cf_mapper *mapper, const cf_dialect *dialect);
/* The same of the rows with `count` keys. */
void cf_select_keys_text(cf_buffer *out, const cf_mapper *mapper, const cf_dialect *dialect, size_t count);
/* The statement of a mapper for the columns of a mask; made once, kept. NULL on failure. */
const cf_sql *cf_mapper_statement(cf_mapper *mapper, const cf_dialect *dialect, cf_statement_verb verb,
                                  const cf_mask *mask, cf_error *error);

#endif
