/**
 * @file carafe/orm.h
 * @brief Databases and sessions: load, add, change, delete and commit objects of models.
 *
 * A cf_database is opened once and shared by threads. A cf_db is a session: it
 * belongs to one thread, holds each row once (identity map), collects changes and
 * writes them at cf_commit(). Everything it loads or adds lives until cf_close();
 * programs free nothing. In the web layer each request has a session, rq->db.
 *
 * Failures stick: after one, every call on the session does nothing and returns
 * NULL, 0 or false until cf_rollback(), and cf_error() says what happened. So one
 * check, of cf_commit(), is enough.
 *
 *     cf_database *database = cf_open("sqlite:///inventory.db");
 *     cf_db *db = cf_session(database);
 *     cf_create_all(db);
 *     cf_add(db, User, .name = "Ada", .email = "ada@example.com");
 *     if (!cf_commit(db)) fprintf(stderr, "%s\n", cf_error(db)->message);
 *     CF_LIST(User) users = cf_all(db, User, "name like ? order by name", "A%");
 *     cf_each (User, u, users) puts(u->name);
 *     cf_close(db);
 *     cf_shutdown(database);
 */
#ifndef CARAFE_ORM_H
#define CARAFE_ORM_H

#include <carafe/echo.h>
#include <carafe/query.h>
#include <carafe/session.h>

CF_BEGIN_C

typedef struct cf_database cf_database;
typedef struct cf_db       cf_db;
typedef struct cf_stream_  cf_stream_;

/* ---- databases ------------------------------------------------------------------------------ */

/** Options of cf_open(); zero is the default everywhere. */
typedef struct cf_open_options {
    const cf_program *program; /**< filled by cf_open(): where models and query sites are found */
    const struct cf_use_dot_names_for_options *guard_;
    cf_error   *error;       /**< receives why it failed; without it one line goes to stderr */
    const char *folder;      /**< where relative SQLite paths begin, made if missing; default: the working directory */
    int         pool_size;   /**< connections kept open, 1 to 1000; 5 */
    int         overflow;    /**< more under load, 0 to 1000; 10; -1: none */
    int         timeout_ms;  /**< wait at most so long for a connection; 30,000 */
    int         deadline_ms; /**< for each statement; 30,000; -1: none */
    size_t      memory;      /**< the most bytes a session may hold; 1 GiB */
    /**
     * Keys of encrypted columns, such as "2:BASE64, 1:BASE64": NUMBER:KEY with 32 bytes in base64 or hexadecimal. Written
     * with the first, read with any: put a new one in front, call cf_reencrypt(), take the old one away.
     */
    const char *encryption_keys;
    const char *secret_key;  /**< signs the tokens of cf_slice(): "new,old" also accepts those of the old one; default: a random one */
    const char *bind;        /**< which models belong to this database: those of CF_TABLE("", .bind = …); NULL: those without */
    /** Called after each statement with its text, duration and call site; for logs and tests. From several threads at once. */
    void (*echo)(void *context, const cf_echo *event);
    void *context;           /**< for `echo` */
    bool  echo_values;       /**< `echo` and the log are told the values that were bound, not only their kinds and lengths */
    int   slow_ms;           /**< statements that take at least so many milliseconds are logged; 0: none, or CARAFE_SLOW_MS */
    bool  development;       /**< warn of what will be slow in production; default: whether CARAFE_ENV is "development" */
    int64_t large_table;     /**< development: from so many rows on a filter without an index is worth a warning; 10,000; -1: never */
    /** Receives warnings and logged statements, a line each; default: they go to standard error. From several threads at once. */
    void (*log)(void *context, const char *line);
    void *log_context;       /**< for `log` */
    bool  log_colors;        /**< what `log` writes to is a terminal that shows colours; without `log` it is found out */
    int   end_;
} cf_open_options;

/**
 * Open a database: connects, resolves all models of the program and checks every query site.
 * `cf_open("sqlite:///file.db")`, `cf_open(url, .pool_size = 10, .error = &error)`.
 * @param url "sqlite:///relative.db", "sqlite:////absolute.db", "sqlite://" (in memory), "postgresql://…",
 *            "mysql://…" or "mariadb://…"
 * @return the database, to be closed with cf_shutdown(); NULL on failure
 */
#define cf_open(...) CF_OPEN_(__VA_ARGS__, .end_ = 0)
#define CF_OPEN_(url_, ...) cf_open_((url_), &(const cf_open_options){.program = CF_PROGRAM, __VA_ARGS__})
CF_API cf_database *cf_open_(const char *url, const cf_open_options *options);

/** Close all connections and free the database. Its sessions must be closed before. NULL is allowed. */
CF_API void cf_shutdown(cf_database *database);

/**
 * Use several databases as one: sessions of `database` pass the models whose CF_TABLE has the .bind that `other`
 * was opened with on to it. Both are of one program; call it before the first session, and shut `database` down
 * first. Each database commits by itself, when the changes of all are written; foreign keys and relationships
 * stay within one (a model that says otherwise does not start). False with the error when there is one already.
 *
 *     cf_database *audit = cf_open("sqlite:///audit.db", .bind = "audit");
 *     if (!cf_attach(database, audit, &error)) …
 */
CF_API bool cf_attach(cf_database *database, cf_database *other, cf_error *error);

/** The URL without its password, for logs; lives as long as the database. */
CF_API const char *cf_database_url(const cf_database *database);

/** The file of an SQLite database, or NULL. */
CF_API const char *cf_database_file(const cf_database *database);

/**
 * Check models and all query sites of a program without any database: what cf_open() does first.
 * @param report called for each mistake, with "file:line: what is wrong"; may be NULL
 * @return the number of mistakes; -1 when out of memory
 */
#define cf_check_program(report, context) cf_check_program_(CF_PROGRAM, (report), (context))
CF_API int cf_check_program_(const cf_program *program, void (*report)(void *context, const char *message),
                             void *context);

/**
 * All query sites of the program with the statements that they become, without a database.
 * @param dialect "sqlite", "postgresql" or "mariadb"; arrays of `in (?)` are shown with one element
 * @return false with the error when the dialect is unknown or a query is wrong
 */
#define cf_queries_text(dialect, out, error) cf_queries_text_(CF_PROGRAM, (dialect), (out), (error))
CF_API bool cf_queries_text_(const cf_program *program, const char *dialect, cf_buffer *out, cf_error *error);

/**
 * How the database would run the query sites at a place of the program, "users.c:41"; "users.c": all of the file.
 * Writing queries are explained, not run, but take the locks of a transaction, which is rolled back by the caller.
 * @param values of the first placeholders, as words; "1,2" for arrays, "null" for NULL; an example stands in for the others
 * @return false after a failure, which is the session's
 */
#define cf_explain_at(db, place, values, count, out) cf_explain_at_(CF_PROGRAM, (db), (place), (values), (count), (out))
CF_API bool cf_explain_at_(const cf_program *program, cf_db *db, const char *place, const char *const *values,
                           size_t count, cf_buffer *out);

/* ---- sessions ------------------------------------------------------------------------------- */

/** Options of cf_session(); zero is the default everywhere. */
typedef struct cf_session_options {
    cf_database *database; /**< filled by cf_session() */
    const struct cf_use_dot_names_for_options *guard_;
    /** Nothing is ever written: cf_add() and cf_delete() fail with CF_ERR_READ_ONLY, and so does cf_commit() after an assignment. */
    bool read_only;
    bool no_autoflush; /**< queries do not send unwritten changes first; see cf_autoflush() */
    int  end_;
} cf_session_options;

/**
 * Begin a session; no statement is sent yet. Close it with cf_close(). NULL when out of memory.
 * `cf_session(database)`, `cf_session(database, .read_only = true)`
 */
#define cf_session(...) CF_SESSION_(__VA_ARGS__, .end_ = 0)
#define CF_SESSION_(database_, ...) cf_session_open(&(const cf_session_options){.database = (database_), __VA_ARGS__})
CF_API cf_db *cf_session_open(const cf_session_options *options);

/** The same, with its memory in a child of `arena`: then cf_value_pointer() on that arena knows its objects. */
CF_API cf_db *cf_session_in(cf_database *database, cf_arena *arena);

/** Roll back what was not committed, give the connection back and free all objects. NULL is allowed. */
CF_API void cf_close(cf_db *db);

/** What failed; code CF_OK when nothing did. The session's; never NULL. */
#define cf_error(db) cf_session_error(db)
CF_API const cf_error *cf_session_error(const cf_db *db);

/** Record a failure, as if a statement had failed: the session sticks until cf_rollback(). Returns false. */
CF_API bool cf_session_fail(cf_db *db, cf_code code, const char *format, ...) CF_PRINTF(3, 4);

/** The arena that lives as long as the session. */
CF_API cf_arena *cf_session_arena(cf_db *db);

/** The database of a session. */
CF_API cf_database *cf_session_database(cf_db *db);

/** Statements sent so far; a batch of rows written together counts once, BEGIN and COMMIT not at all. */
CF_API int64_t cf_statements(const cf_db *db);

/** Objects added, changed or deleted and not yet committed? */
CF_API bool cf_has_changes(cf_db *db);

/** Microseconds that the session's statements have taken; 0 unless the database was opened with .development or .echo. */
CF_API int64_t cf_statement_time(const cf_db *db);

/**
 * What is not committed yet, in words, without values: "new Dataset (users.c:41); User 3: name, email; Dataset 7 deleted".
 * Nothing is added when there is nothing. @return false when out of memory
 */
CF_API bool cf_changes_text(const cf_db *db, cf_buffer *out);

/** Write all changes and commit. False: nothing was written, cf_error() says why, cf_rollback() clears it. */
CF_API bool cf_commit(cf_db *db);
#define cf_commit(db) cf_commit(cf_session_at_((db), __FILE__, __LINE__))

/** Send the changes, but do not commit yet. */
CF_API bool cf_flush(cf_db *db);
#define cf_flush(db) cf_flush(cf_session_at_((db), __FILE__, __LINE__))

/* Notes the place that the next statements come from; returns db. */
CF_API cf_db *cf_session_at_(cf_db *db, const char *file, int line);

/**
 * Undo everything since the last commit, also in memory: added objects are no longer of the
 * session, changed ones have their old values back. Clears the error; true unless that fails.
 */
CF_API bool cf_rollback(cf_db *db);

/** A new UUID of version 7 (RFC 9562): the present in milliseconds, then random bits; later ones are greater. */
CF_API cf_uuid cf_uuid7(void);

/* ---- schema --------------------------------------------------------------------------------- */

/** Create all tables of the models that are not there yet, in the order of their foreign keys, and commit. */
CF_API bool cf_create_all(cf_db *db);

/** Drop all tables of the models that are there, in the reverse order, and commit. */
CF_API bool cf_drop_all(cf_db *db);

/** The statements that cf_create_all() sends to an empty database, each ended by ";\n". False when out of memory. */
CF_API bool cf_schema_text(cf_database *database, cf_buffer *out);

/**
 * The same without a database: as an empty SQLite, PostgreSQL 15 or MariaDB 10.11 would get them.
 * @param dialect "sqlite", "postgresql" or "mariadb"
 * @param bind    which models, see cf_open_options.bind; NULL: those without
 * @return false when the dialect is unknown, a model is wrong, or the server cannot do what a model asks for
 */
#define cf_schema_text_for(dialect, bind, out, error)                                              \
    cf_schema_text_for_(CF_PROGRAM, (dialect), (bind), (out), (error))
CF_API bool cf_schema_text_for_(const cf_program *program, const char *dialect, const char *bind, cf_buffer *out,
                                cf_error *error);

/**
 * Compare the models with the tables that are there: what is missing, what is too much, what is otherwise.
 * @param report called with each difference as a sentence; may be NULL
 * @return the number of differences, 0 when there is none; -1 with the error when they cannot be known
 */
CF_API int cf_schema_check(cf_database *database, void (*report)(void *context, const char *message), void *context,
                           cf_error *error);

#ifndef __cplusplus

/* ---- objects -------------------------------------------------------------------------------- */

/** A list of objects: read them by index up to the NULL at the end, or with cf_each(). The session's. */
#define CF_LIST(T) __typeof__(T **)

/** `cf_each (User, u, users) { … }`; `break` and `continue` work; a NULL list is empty. */
#define cf_each(T, var, list)                                                                      \
    for (T **var##_at_ = (list), *var = NULL; var##_at_ && (var = *var##_at_) != NULL; var##_at_++)

/**
 * Add an object: `cf_add(db, User, .name = name, .email = email)`. The values are copied into the
 * session; defaults and generated keys are filled in when it is written.
 * @return the session's object, `User *`; NULL after a failure
 */
#define cf_add(db_, T, ...)                                                                        \
    ((T *)cf_add_((db_), cf_model_##T##_, &(const T){__VA_ARGS__}, __FILE__, __LINE__))

/** Mark an object of the session for deletion; the row goes at the next flush. NULL is allowed. */
#define cf_delete(db_, object_) cf_delete_((db_), (object_), __FILE__, __LINE__)

/** The object with that primary key, or NULL; sends nothing when the session has it. Composite keys: in the order of the key. */
#define cf_get(db_, T, ...)                                                                        \
    __extension__({                                                                                \
        const cf_value key_[] = {CF_MAP_(CF_KEY_, __VA_ARGS__)};                                   \
        (T *)cf_get_((db_), cf_model_##T##_, key_, sizeof key_ / sizeof key_[0], __FILE__,         \
                     __LINE__);                                                                    \
    })
#define CF_KEY_(x) CF_VALUE(x),

/**
 * Encrypt all rows of a model anew whose values were encrypted with another key than the first of
 * cf_open_options.encryption_keys; cf_commit() is still to be called. The number of rows, -1 on failure.
 */
#define cf_reencrypt(db_, T) cf_reencrypt_((db_), cf_model_##T##_, __FILE__, __LINE__)

/* ---- queries -------------------------------------------------------------------------------- */

/** All objects that fulfil a condition, `CF_LIST(T)`; "" is all of them. NULL after a failure, which cf_each() takes as empty. */
#define cf_all(db_, T, ...) CF_QUERY_(CF_VERB_ALL, T **, cf_all_, db_, T, __VA_ARGS__)

/** The first object that fulfils a condition, `T *`, or NULL. */
#define cf_find(db_, T, ...) CF_QUERY_(CF_VERB_FIND, T *, cf_find_, db_, T, __VA_ARGS__)

/** The only object that fulfils a condition, `T *`; none is the failure CF_ERR_NOT_FOUND, several CF_ERR_SEVERAL. */
#define cf_one(db_, T, ...) CF_QUERY_(CF_VERB_ONE, T *, cf_one_, db_, T, __VA_ARGS__)

/** The same, `T *`, but NULL without a failure where there is none. */
#define cf_one_or_none(db_, T, ...) CF_QUERY_(CF_VERB_ONE, T *, cf_one_or_none_, db_, T, __VA_ARGS__)

/**
 * `cf_stream (User, u, db, "order by id") { … }`: the same objects one by one, with one in memory at a time.
 * Each lives until the next and is of no session: it can be read, but not changed, deleted or asked for related ones.
 * `break` and `return` end the query. Other queries and writes in the loop go over a connection of their own; within a
 * transaction the stream has the only one, and only SQLite can do both (elsewhere: CF_ERR_MISUSE). A commit or rollback
 * of that transaction ends the stream with CF_ERR_MISUSE. A database in memory gives all objects at once.
 */
#define cf_stream(T, var, db_, ...)                                                                \
    CF_STREAM_(T, var, CF_QUERY_(CF_VERB_STREAM, cf_stream_ *, cf_stream_open_, db_, T, __VA_ARGS__))
#define CF_STREAM_(T, var, open_)                                                                  \
    for (cf_stream_ *var##_stream_ __attribute__((cleanup(cf_stream_close_))) = (open_),           \
                    *var##_once_ = var##_stream_;                                                  \
         var##_once_; var##_once_ = NULL)                                                          \
        for (T * var; (var = (T *)cf_stream_next_(var##_stream_)) != NULL;)

/** How many rows fulfil a condition, int64_t; 0 after a failure. */
#define cf_count(db_, T, ...) CF_QUERY_(CF_VERB_COUNT, int64_t, cf_count_, db_, T, __VA_ARGS__)

/** Does any row fulfil a condition? bool. */
#define cf_exists(db_, T, ...) CF_QUERY_(CF_VERB_EXISTS, bool, cf_exists_, db_, T, __VA_ARGS__)

/**
 * Rows of selected columns, `CF_LIST(Row)`: `cf_rows(db, Usage, User, "select name, count(datasets) as total")`.
 * @param Row  a struct with a CF_ROW() table, whose fields have the names of the columns
 * @param T    the model whose rows are read
 * @return the session's; NULL after a failure, which cf_each() takes as empty
 */
#define cf_rows(db_, Row, T, text_, ...)                                                           \
    __extension__({                                                                                \
        CF_SITE_(CF_VERB_ROWS, cf_row_##Row##_, 0, T, text_, ##__VA_ARGS__);                       \
        (Row **) cf_rows_((db_), &site_, values_);                                                 \
    })

/**
 * One value: `cf_scalar(db, double, User, "select avg(quota)")`, of the first row. The C type must be able to hold
 * it: a cf_null_ type or a pointer where it may be NULL. Zero where there is no row, and after a failure.
 */
#define cf_scalar(db_, type_, T, text_, ...)                                                       \
    __extension__({                                                                                \
        typedef struct {                                                                           \
            type_ value;                                                                           \
        } cf_self_;                                                                                \
        CF_SITE_(CF_VERB_SCALAR, NULL, CF_TYPE_OF_(value), T, text_, ##__VA_ARGS__);               \
        cf_self_ result_[CF_STORABLE_(value)];                                                     \
        memset(result_, 0, sizeof result_);                                                        \
        cf_scalar_((db_), &site_, values_, result_);                                               \
        result_->value;                                                                            \
    })

/**
 * Change the rows that fulfil a condition, at once: `cf_update_where(db, User, "set age = age + 1 where active")`;
 * `where all` for all of them. What the session has to write is written before; columns that are .on_update_now and
 * .version are set along. Objects of the session that are concerned are read again, also those that foreign keys
 * change along, and those without a row are no longer of the session; a rollback undoes that, too.
 * @return rows that fulfilled the condition, int64_t; 0 after a failure
 */
#define cf_update_where(db_, T, ...)                                                               \
    CF_QUERY_(CF_VERB_UPDATE_WHERE, int64_t, cf_update_where_, db_, T, __VA_ARGS__)

/**
 * Insert an array of structs: `cf_insert_many(db, User, users, n)`. As for cf_add(), defaults are filled in, limits hold
 * and nothing is written when one row fails (the error names it); but there are no objects, and rows go in chunks, many
 * with one statement or one wait. What the session has to write is written before.
 * @param rows_ `User *`: generated keys and defaults are written back into it, their texts live as long as the session;
 *              `const User *`: it is left as it is, which saves reading the keys back
 * @return rows inserted, int64_t: `count_`, or 0 after a failure
 */
#define cf_insert_many(db_, T, rows_, count_)                                                      \
    cf_insert_many_((db_), cf_model_##T##_, 1 ? (rows_) : (const T *)0, (size_t)(count_),          \
                    _Generic((rows_), const T *: NULL, default: (void *)(uintptr_t)(rows_)), __FILE__, __LINE__)

/** A struct of values for cf_upsert(): `CF_VALUES(User, .name = "Ada", .email = "ada@example.com")`. */
#define CF_VALUES(T, ...) (&(const T){__VA_ARGS__})

/**
 * Insert a row, or update the one that is there already:
 *
 *     User *u = cf_upsert(db, User, CF_VALUES(User, .email = mail, .name = name),
 *                         "on conflict (email) do update set name = excluded.name");
 *
 * `do nothing` leaves that row as it is; `where` behind `set` updates some rows alone (not on MariaDB). The columns must be
 * the primary key or have a unique constraint, which is checked at start. MariaDB cannot name them: there, a conflict with
 * any other unique constraint counts, too. Columns that are .on_update_now and .version are set along.
 * @return the session's object of the row, as it is now, `T *`; NULL after a failure
 */
#define cf_upsert(db_, T, row_, ...)                                                               \
    CF_QUERY_(CF_VERB_UPSERT, T *, cf_upsert_,                                                     \
              (&(const cf_upsert_call_){(db_), 1 ? (row_) : (const T *)0, 1}), T, __VA_ARGS__)

/** The same for an array: `cf_upsert_many(db, User, rows, n, "on conflict …")`. Rows inserted or updated, int64_t; MariaDB
 *  counts those that are left as they are, too. */
#define cf_upsert_many(db_, T, rows_, count_, ...)                                                 \
    CF_QUERY_(CF_VERB_UPSERT, int64_t, cf_upsert_many_,                                            \
              (&(const cf_upsert_call_){(db_), 1 ? (rows_) : (const T *)0, (size_t)(count_)}), T, __VA_ARGS__)

/** Delete the rows that fulfil a condition, at once; "all" for all of them. Objects as above. Rows deleted, int64_t. */
#define cf_delete_where(db_, T, ...)                                                               \
    CF_QUERY_(CF_VERB_DELETE_WHERE, int64_t, cf_delete_where_, db_, T, __VA_ARGS__)

/**
 * How the database would run a query, for people: the statement, then the plan in the database's words, a step a line.
 * Nothing is run but EXPLAIN. `puts(cf_explain(db, User, "email = ?", email))`; the text is the session's, NULL after a failure.
 */
#define cf_explain(db_, T, ...) CF_QUERY_(CF_VERB_ALL, const char *, cf_explain_, db_, T, __VA_ARGS__)

#endif

CF_API const char *cf_explain_(cf_db *db, cf_site *site, const cf_value *values);
CF_API int64_t cf_reencrypt_(cf_db *db, cf_model_fn *model, const char *file, int line);
CF_API void   *cf_add_(cf_db *db, cf_model_fn *model, const void *values, const char *file, int line);
CF_API void    cf_delete_(cf_db *db, void *object, const char *file, int line);
CF_API void   *cf_get_(cf_db *db, cf_model_fn *model, const cf_value *key, size_t count, const char *file, int line);
CF_API void   *cf_all_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_find_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_one_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_one_or_none_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_only_(cf_db *db, cf_site *site, const cf_value *values);
CF_API cf_stream_ *cf_stream_open_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_stream_next_(cf_stream_ *stream);
CF_API void    cf_stream_close_(cf_stream_ **stream);
CF_API int64_t cf_count_(cf_db *db, cf_site *site, const cf_value *values);
CF_API bool    cf_exists_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void   *cf_rows_(cf_db *db, cf_site *site, const cf_value *values);
CF_API bool    cf_scalar_(cf_db *db, cf_site *site, const cf_value *values, void *out);
/* The first argument of an upsert. */
typedef struct cf_upsert_call_ {
    cf_db      *db;
    const void *rows;
    size_t      count;
} cf_upsert_call_;

CF_API int64_t cf_insert_many_(cf_db *db, cf_model_fn *model, const void *rows, size_t count, void *back, const char *file,
                               int line);
CF_API void   *cf_upsert_(const cf_upsert_call_ *call, cf_site *site, const cf_value *values);
CF_API int64_t cf_upsert_many_(const cf_upsert_call_ *call, cf_site *site, const cf_value *values);
CF_API int64_t cf_update_where_(cf_db *db, cf_site *site, const cf_value *values);
CF_API int64_t cf_delete_where_(cf_db *db, cf_site *site, const cf_value *values);

/** Number of objects of a list; 0 for NULL. O(1). */
CF_API size_t cf_list_count(const void *list);

CF_END_C

#endif
