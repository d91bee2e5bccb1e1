/**
 * @file carafe/error.h
 * @brief One structure for everything that can go wrong.
 *
 * The caller owns the cf_error; the library fills it and never prints. Sessions
 * and requests carry one of their own (cf_error(db)). A zeroed structure means
 * "nothing failed". The first failure stays: cf_fail() does not overwrite it.
 */
#ifndef CARAFE_ERROR_H
#define CARAFE_ERROR_H

#include <carafe/core.h>
#include <stdarg.h>

CF_BEGIN_C

/** What kind of failure it was. Stable numbers: they may be logged and compared. */
typedef enum cf_code {
    CF_OK = 0,
    CF_ERR_MEMORY = 1,       /**< an allocation failed */
    CF_ERR_LIMIT = 2,        /**< a configured bound was passed (size, depth, steps) */
    CF_ERR_MISUSE = 3,       /**< the program called something it must not call here */
    CF_ERR_SYNTAX = 4,       /**< a text (query, template, URL) cannot be parsed */
    CF_ERR_NAME = 5,         /**< a name in such a text does not exist */
    CF_ERR_TYPE = 6,         /**< a value has the wrong type */
    CF_ERR_RANGE = 7,        /**< a value is too long, too large or not among the allowed ones */
    CF_ERR_UNIQUE = 8,       /**< a unique constraint was violated */
    CF_ERR_FOREIGN_KEY = 9,  /**< a foreign key was violated */
    CF_ERR_NOT_NULL = 10,    /**< NULL where none may stand */
    CF_ERR_CHECK = 11,       /**< a CHECK constraint was violated */
    CF_ERR_STALE = 12,       /**< the row was changed or deleted by somebody else */
    CF_ERR_NOT_FOUND = 13,   /**< there is no such row, file, template or route */
    CF_ERR_BUSY = 14,        /**< a lock could not be had in time; the transaction may be retried */
    CF_ERR_SERIALIZE = 15,   /**< serialization failure or deadlock; the transaction may be retried */
    CF_ERR_CONNECTION = 16,  /**< the server cannot be reached, or the connection broke */
    CF_ERR_TIMEOUT = 17,     /**< a deadline passed */
    CF_ERR_UNKNOWN_OUTCOME = 18, /**< the connection broke during COMMIT: it may have happened */
    CF_ERR_SCHEMA = 19,      /**< table or column missing in the database, or not as the model says */
    CF_ERR_UNSUPPORTED = 20, /**< this server or this build cannot do it */
    CF_ERR_PERMISSION = 21,  /**< the server refused for lack of a right */
    CF_ERR_READ_ONLY = 22,   /**< a write on a read-only session, file or server */
    CF_ERR_DATABASE = 23,    /**< any other error of the database */
    CF_ERR_TEMPLATE = 24,    /**< a template failed while it was rendered */
    CF_ERR_IO = 25,          /**< a file could not be read or written */
    CF_ERR_FAILED = 26,      /**< an earlier failure was not rolled back yet */
    CF_ERR_CYCLE = 27,       /**< objects depend on each other in a circle that cannot be written */
    CF_ERR_INTERNAL = 28,    /**< a mistake in Carafe itself; please report it */
    CF_ERR_SEVERAL = 29,     /**< more rows than the one that was asked for */
    CF_ERR_NOT_LOADED = 30,  /**< a relationship was touched that was not loaded and may not be by that */
    CF_ERR_DETACHED = 31     /**< the same of an object that its session let go */
} cf_code;

/** A failure. Texts are NUL-terminated, cut at the array's size, and owned by the structure. */
typedef struct cf_error {
    cf_code     code;
    char        message[768];    /**< what happened, to what, and what to do; one line */
    const char *type;            /**< template errors: the class name in Jinja or Python; else NULL; static */
    const char *model;           /**< name of the model concerned, or NULL; static */
    const char *file;            /**< call site, or template name; NULL when unknown */
    int         line;            /**< 0 when unknown */
    char        table[64];       /**< table as the server names it, or "" */
    char        columns[192];    /**< column names, separated by ", ", or "" */
    char        constraint[128]; /**< name of the violated constraint, or "" */
    char        sqlstate[6];     /**< five characters of the SQL standard, or "" */
    int         native;          /**< the server's or library's own number, 0 when none */
    const void *object;          /**< object whose statement failed, or NULL; the session's */
} cf_error;

/**
 * Record a failure in `error`, unless one is recorded already.
 * @param error  may be NULL: then nothing is recorded
 * @param format as for printf; the result is cut at the size of cf_error.message
 * @return always false, so that `return cf_fail(...)` reads well
 */
CF_API bool cf_fail(cf_error *error, cf_code code, const char *format, ...) CF_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* which sees one file at a time */
#define cf_fail(...) ((void)cf_fail(__VA_ARGS__), false)
#endif

/** cf_fail() with a started argument list. */
CF_API bool cf_fail_v(cf_error *error, cf_code code, const char *format, va_list arguments);

/** Forget what was recorded. NULL is allowed. */
CF_API void cf_error_clear(cf_error *error);

/** The name of a code, such as "unique" or "foreign_key"; a constant; "unknown" for other numbers. */
CF_API const char *cf_code_name(cf_code code);

CF_END_C

#endif
