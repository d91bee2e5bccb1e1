/**
 * @file carafe/echo.h
 * @brief What was sent to a database: for logs, tests and tools that watch statements.
 *
 * cf_open() takes a function that is told of each statement when it has ended:
 *
 *     static void show(void *context, const cf_echo *e)
 *     {
 *         fprintf(context, "%.*s took %lld us\n", (int)e->size, e->statement, (long long)e->microseconds);
 *     }
 *     cf_open(url, .echo = show, .context = stderr)
 */
#ifndef CARAFE_ECHO_H
#define CARAFE_ECHO_H

#include <carafe/error.h>

CF_BEGIN_C

/** A statement that ended; BEGIN, COMMIT and ROLLBACK count as such. All texts are valid during the call only. */
typedef struct cf_echo {
    const char *statement; /**< as it was sent; `size` bytes, not always NUL-terminated */
    size_t      size;
    /**
     * The bound values, such as "text(3), int", or "'Ada', 41" when values were asked for; "" when there are none.
     * Never the values of .secret and .encrypted columns. Of a batch: those of its first run.
     */
    const char *values;
    size_t      runs;         /**< how often it was run: 1, more in a batch */
    int64_t     microseconds; /**< in the driver and the server, reading rows included */
    int64_t     rows;         /**< read or changed */
    cf_code     code;         /**< CF_OK, or why it failed */
    const char *file;         /**< the place in the program that had it sent, or NULL */
    int         line;
    /**
     * "User.datasets" where it loads or counts a relationship, else NULL. If that was touched, the place is that of the
     * query which the objects came from.
     */
    const char *relationship;
} cf_echo;

CF_END_C

#endif
