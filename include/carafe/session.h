/**
 * @file carafe/session.h
 * @brief The life of objects in a session, savepoints and transactions; included by carafe/orm.h.
 *
 * An object is transient until cf_add() gives the session a copy of it, pending until
 * it is written, persistent while it has a row, deleted until the deletion is committed,
 * and detached when the session has let it go. Its values stay readable all the time.
 *
 * A savepoint is a place within a transaction that can be returned to, with the objects:
 *
 *     int before = cf_savepoint(db);
 *     cf_add(db, User, .name = "Ada", .email = email);
 *     if (!cf_savepoint_release(db, before)) {       // the e-mail is taken
 *         cf_savepoint_rollback(db, before);         // what was done until cf_savepoint() still stands
 *         …
 *     }
 *     cf_commit(db);
 */
#ifndef CARAFE_SESSION_H
#define CARAFE_SESSION_H

#include <carafe/error.h>
#include <carafe/model.h>

CF_BEGIN_C

/* ---- states --------------------------------------------------------------------------------- */

/** Where an object stands, seen from a session. The names are SQLAlchemy's. */
typedef enum cf_object_state {
    CF_TRANSIENT = 0, /**< not of the session and without a row: a struct of one's own, or one whose cf_add() was undone */
    CF_PENDING,       /**< added, not yet written */
    CF_PERSISTENT,    /**< there is a row */
    CF_DELETED,       /**< its row was deleted in this transaction, which is not yet committed */
    CF_DETACHED       /**< it had a row when the session let it go */
} cf_object_state;

/** The state of an object; CF_TRANSIENT for everything that the session did not make. Sends nothing. */
CF_API cf_object_state cf_state_in(const cf_db *db, const void *object);

/** "transient", "pending", "persistent", "deleted" or "detached". */
CF_API const char *cf_state_name(cf_object_state state);

/** Does an object of a session have changes that are not written: added, changed, related otherwise or to be deleted? */
CF_API bool cf_is_modified(const cf_db *db, const void *object);

/**
 * Let go of an object: it stays readable, but its changes are no longer written, and the next query that finds
 * its row makes a new object. NULL is allowed; another session's object is CF_ERR_MISUSE.
 */
CF_API void cf_expunge(cf_db *db, void *object);

/**
 * Take all objects out of the session: they stay readable, with the relationships that were loaded, but changes of them are no
 * longer written, and queries load anew. One of them can be related to others again after cf_take_back() only.
 */
CF_API void cf_expunge_all(cf_db *db);

/**
 * Take an object back: one that cf_delete() marked is not to be deleted after all, one that was let go is of the session again
 * with the changes made meanwhile, one whose cf_add() was undone is added once more. Sends nothing.
 * False with CF_ERR_MISUSE when its row was deleted, or the session has another object of it by now.
 */
CF_API bool cf_take_back(cf_db *db, void *object);

/** Read the row of an object again, dropping unwritten changes of it. False: the row is gone (CF_ERR_NOT_FOUND), or failure. */
#define cf_refresh(db_, object_) cf_refresh_((db_), (object_), NULL)
CF_API bool cf_refresh_(cf_db *db, void *object, const size_t *offsets);

/**
 * What was read is old: the next cf_get() or query that finds the row of the object reads it anew, and its relationships
 * are loaded again when they are touched. Until then the values stay as they are; unwritten changes are kept.
 */
CF_API void cf_expire(cf_db *db, void *object);

/** The same for all objects of the session; `cf_expire_all(db)` before a query makes it show what others changed. */
CF_API void cf_expire_all(cf_db *db);

/**
 * Whether queries send unwritten changes first when they read a table that has some; they do unless
 * cf_session_options.no_autoflush. Returns what it was: `bool before = cf_autoflush(db, false); … cf_autoflush(db, before);`
 */
CF_API bool cf_autoflush(cf_db *db, bool on);

/**
 * Whether queries, joins, relationships and cf_get() find rows that were deleted softly (CF_SOFT_DELETE_COLUMN); they do not.
 * Returns what it was. What is loaded stays as it is: touch relationships anew after cf_expire_all().
 */
CF_API bool cf_show_deleted(cf_db *db, bool on);

/** Delete the row of an object, also of a model whose rows cf_delete() only marks. NULL is allowed. */
#define cf_erase(db_, object_) cf_erase_((db_), (object_), __FILE__, __LINE__)
CF_API void cf_erase_(cf_db *db, void *object, const char *file, int line);

/** Bring a row back that was deleted softly: its mark is taken away when it is written. NULL is allowed. */
#define cf_restore(db_, object_) cf_restore_((db_), (object_), __FILE__, __LINE__)
CF_API void cf_restore_(cf_db *db, void *object, const char *file, int line);

#ifndef __cplusplus

/** The same for some columns: `cf_refresh_columns(db, user, name, email)`; the others keep their values and changes. */
#define cf_refresh_columns(db_, object_, ...)                                                      \
    __extension__({                                                                                \
        typedef __typeof__(*(object_)) cf_self_;                                                   \
        cf_refresh_((db_), (object_), (const size_t[]){CF_MAP_(CF_OFFSET_, __VA_ARGS__) SIZE_MAX}); \
    })
#define CF_OFFSET_(field_) offsetof(cf_self_, field_),

/**
 * The value of a column as it was read or last written, before it was assigned: `const char *old = cf_original(user, email)`.
 * Zero or NULL for an object that is not written yet. The object must be one that a session made.
 */
#define cf_original(object_, field_) (((const __typeof__(*(object_)) *)cf_original_(object_))->field_)

/** Does a column of an object differ from what was read or last written? `cf_changed(user, email)`, bool. */
#define cf_changed(object_, field_) cf_changed_((object_), offsetof(__typeof__(*(object_)), field_))

/**
 * Bring values from outside into the session: the object with the primary key of `*values_`, loaded if need be, gets the
 * values of its columns; where there is no such row, or the key is not set, it is added.
 * `User *u = cf_merge(db, User, &values)`; `cf_merge(db, User, &values, name, email)` copies these columns alone.
 * @return the session's object; NULL after a failure
 */
#define cf_merge(db_, T, values_, ...)                                                             \
    __extension__({                                                                                \
        typedef T cf_self_ __attribute__((unused));                                                \
        const T  *merged_ = (values_);                                                             \
        (T *)cf_merge_((db_), cf_model_##T##_, merged_,                                            \
                       (const size_t[]){CF_MAP_(CF_OFFSET_, ##__VA_ARGS__) SIZE_MAX}, __FILE__,    \
                       __LINE__);                                                                  \
    })

#endif

CF_API const void *cf_original_(const void *object);
CF_API bool        cf_changed_(const void *object, size_t offset);
CF_API void *cf_merge_(cf_db *db, cf_model_fn *model, const void *values, const size_t *offsets, const char *file, int line);

/* ---- savepoints ------------------------------------------------------------------------------ */

/**
 * Write all changes and mark the place. A failure after it leaves the transaction as it was here: cf_savepoint_rollback()
 * makes the session usable again, and what was written before is still to be committed. They nest, to any depth.
 * @return its number, for the two functions below; 0 after a failure
 */
CF_API int cf_savepoint(cf_db *db);

/**
 * Write all changes and forget the place, and those marked within it: now they stand or fall with what was done before.
 * False: a failure, until cf_savepoint_rollback() or cf_rollback().
 */
CF_API bool cf_savepoint_release(cf_db *db, int savepoint);

/**
 * Undo everything since the place was marked, also in memory: objects added since are transient, deleted ones are back,
 * changed ones have the values they had there, relationships are loaded again when they are touched. Forgets the place, and
 * clears the error. False when the transaction itself is lost (connection, deadlock on MariaDB): then only cf_rollback() helps.
 */
CF_API bool cf_savepoint_rollback(cf_db *db, int savepoint);

/* ---- transactions ---------------------------------------------------------------------------- */

/** How strictly transactions are kept apart (SQL:2016, 4.41.4). SQLite's are always serializable. */
typedef enum cf_isolation {
    CF_ISOLATION_DEFAULT = 0, /**< the server's: READ COMMITTED on PostgreSQL, REPEATABLE READ on MariaDB */
    CF_ISOLATION_READ_COMMITTED,
    CF_ISOLATION_REPEATABLE_READ,
    CF_ISOLATION_SERIALIZABLE
} cf_isolation;

/** Options of cf_transaction(); zero is the default everywhere. */
typedef struct cf_transaction_options {
    const struct cf_use_dot_names_for_options *guard_;
    cf_isolation isolation;
    bool         read_only; /**< writes fail with CF_ERR_READ_ONLY; queries see one state of the database */
    int          attempts;  /**< the most times the function is run, 1 to 100; 5 */
    int          wait_ms;   /**< the longest pause before the second run; doubled each time; 20 */
    cf_error    *error;     /**< receives why it failed; CF_OK when it did not, or the function refused */
    int          end_;
} cf_transaction_options;

/** What a transaction does: true to commit, false to roll back. It may be run more than once. */
typedef bool cf_work(cf_db *db, void *argument);

/**
 * Run a function in a transaction and commit. What the database says can be retried (serialization
 * failures, deadlocks, busy locks, lost connections before COMMIT) is retried from the start, with
 * growing random pauses: then everything loaded before is of the session no longer, and is loaded
 * anew. So the function must load what it changes, and do nothing that cannot be done twice.
 * `cf_transaction(db, move_money, &order, .isolation = CF_ISOLATION_SERIALIZABLE)`
 *
 * Inside the function of another cf_transaction() it is a savepoint: what the inner function did is kept or undone
 * as a whole, and committed with the outer one. An inner failure leaves the outer one usable; `.error` says what it was.
 * Only what can be retried from the start alone, or lost the connection, fails the outer one too.
 * @return true when it was committed, or within another one: kept. False: the function said so (then cf_error() is
 *         CF_OK and all is rolled back), or it failed: cf_error() says why until cf_rollback(). CF_ERR_UNKNOWN_OUTCOME
 *         is never retried: the commit may have happened. CF_ERR_MISUSE when there are changes not yet committed.
 */
#define cf_transaction(...) CF_TRANSACTION_(__VA_ARGS__, .end_ = 0)
#define CF_TRANSACTION_(db_, work_, argument_, ...)                                                \
    cf_transaction_(cf_session_at_((db_), __FILE__, __LINE__), (work_), (argument_),               \
                    &(const cf_transaction_options){__VA_ARGS__})
CF_API bool cf_transaction_(cf_db *db, cf_work *work, void *argument, const cf_transaction_options *options);

/* ---- importing ------------------------------------------------------------------------------- */

/** Rows on their way into a table. */
typedef struct cf_import cf_import;

/**
 * Bring many rows into a table: what cf_add() would write, in constant memory, past the identity map, and by the server's
 * fastest way (COPY on PostgreSQL, INSERT of many rows on MariaDB). Defaults, limits, encryption and checks hold as for
 * cf_add(); functions of events are not called, and generated keys are not told. It is part of the transaction: cf_commit()
 * comes after cf_import_end().
 *
 *     cf_import *users = cf_import_begin(db, User);
 *     while (next_line(&line)) cf_import_row(users, User, .name = line.name, .email = line.email);
 *     if (cf_import_end(users) < 0 || !cf_commit(db)) fprintf(stderr, "%s\n", cf_error(db)->message); // "row 4711 of the import: ..."
 *
 * @return the import, to be ended with cf_import_end(); NULL after a failure, which the two functions below take
 */
#define cf_import_begin(db_, T) cf_import_begin_((db_), cf_model_##T##_, __FILE__, __LINE__)
CF_API cf_import *cf_import_begin_(cf_db *db, cf_model_fn *model, const char *file, int line);

/** One row; its values are copied. False after a failure, of this row or one before it: the session's error names it by number. */
#define cf_import_row(import_, T, ...) cf_import_row_((import_), cf_model_##T##_, &(const T){__VA_ARGS__})
CF_API bool cf_import_row_(cf_import *import, cf_model_fn *model, const void *values);

/** Send what is left. The number of rows; -1 after a failure: then none of them will be there. */
CF_API int64_t cf_import_end(cf_import *import);

/* ---- events ---------------------------------------------------------------------------------- */

/** When a function of a session is called. */
typedef enum cf_session_moment {
    CF_BEFORE_FLUSH = 1, /**< before changes are looked for; objects may be changed, added and deleted */
    CF_AFTER_FLUSH,      /**< after they are written */
    CF_BEFORE_COMMIT,    /**< before the flush of cf_commit() */
    CF_AFTER_COMMIT,     /**< after a commit that succeeded; what is done now belongs to the next transaction */
    CF_AFTER_ROLLBACK    /**< after cf_rollback() */
} cf_session_moment;

/**
 * Call a function at each such moment from now on, as long as the session lives. False from one that is called before, or
 * after a flush, is a failure (CF_ERR_CHECK, unless cf_session_fail() said more). Those of models are rows of their table:
 * CF_EVENT().
 */
CF_API bool cf_listen(cf_db *db, cf_session_moment moment, cf_work *function, void *argument);

/**
 * Call a function once, when what is going on now is committed: for letters and jobs that must not leave before. It is
 * forgotten when the transaction, or the savepoint that it was asked for in, is rolled back, and when the commit fails.
 */
CF_API bool cf_on_commit(cf_db *db, void (*function)(void *argument), void *argument);

CF_END_C

#endif
