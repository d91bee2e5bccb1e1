/**
 * @file carafe/url.h
 * @brief Database URLs, in the forms Flask-SQLAlchemy and SQLAlchemy take.
 *
 * A parsed URL lives in the arena it was parsed into and owns nothing itself.
 * Rendering it redacted is the only form that belongs in a log.
 *
 *     cf_url url;
 *     if (cf_url_parse(arena, "postgresql://ada:secret@db.example/app?sslmode=require", &url, &error))
 *         puts(cf_url_render(arena, &url, true));   // postgresql://ada:***@db.example/app?sslmode=require
 */
#ifndef CARAFE_URL_H
#define CARAFE_URL_H

#include <carafe/arena.h>
#include <carafe/error.h>

CF_BEGIN_C

/** One `name=value` of a query string, decoded. */
typedef struct cf_url_option {
    const char *name;
    const char *value;
} cf_url_option;

/** The parts of a URL. Absent parts are NULL, which is not the same as empty ones. */
typedef struct cf_url {
    const char    *drivername;  /**< as written: "postgresql+psycopg2" */
    const char    *backend;     /**< before the '+': "postgresql" */
    const char    *driver;      /**< after the '+', or NULL */
    const char    *username;    /**< percent-decoded */
    const char    *password;    /**< percent-decoded; never print it */
    const char    *host;        /**< IPv6 addresses without brackets, their zone decoded */
    int            port;        /**< -1 when absent */
    const char    *database;    /**< as written; for SQLite the file, ":memory:", "" or NULL */
    cf_url_option *query;       /**< in the order of the URL; names may repeat */
    size_t         query_count;
} cf_url;

/**
 * Parse a URL: `backend[+driver]://[user[:password]@][host][:port][/database][?query]`.
 * Backend names that Carafe has no driver for are parsed all the same.
 * @param text  NUL-terminated, at most 8192 bytes
 * @param out   filled on success, untouched on failure; lives as long as the arena
 * @return false with CF_ERR_SYNTAX, CF_ERR_LIMIT or CF_ERR_MEMORY; the message holds no password
 */
CF_API bool cf_url_parse(cf_arena *arena, const char *text, cf_url *out, cf_error *error);

/**
 * Write a URL so that it parses again; options come sorted by name.
 * @param redact true: `***` in place of passwords, also of those in the query string
 * @return the text, in the arena; NULL when out of memory
 */
CF_API char *cf_url_render(cf_arena *arena, const cf_url *url, bool redact);

/** The last value of the option `name`, or NULL. */
CF_API const char *cf_url_option_value(const cf_url *url, const char *name);

CF_END_C

#endif
