/**
 * @file carafe/testing.h
 * @brief For tests of programs: databases that leave nothing behind, and a record of what was sent.
 *
 *     cf_database *database = cf_test_database("sqlite://", NULL);   // new, with the tables of all models
 *     cf_recording *sent = cf_record(database);
 *     … what is to be tested …
 *     assert(cf_recorded_count(sent) == 3);
 *     assert(strcmp(cf_recorded(sent, 1)->verb, "INSERT") == 0);
 *     cf_record_end(sent);
 *     cf_test_database_end(database);
 *
 * Or one database for all tests, each in a sandbox: what is committed within is undone at its end.
 */
#ifndef CARAFE_TESTING_H
#define CARAFE_TESTING_H

#include <carafe/orm.h>

CF_BEGIN_C

/**
 * A new database with the tables of all models of the program.
 * @param url   "sqlite://" or NULL: in memory. "sqlite:///file.db": this file, made anew. A server's: a database of its own
 *              there, named carafe_test_ and a number, for which the account must be allowed to make databases
 * @param error receives what is wrong; NULL: it goes to standard error
 * @return to be ended with cf_test_database_end(); NULL on failure
 */
#define cf_test_database(url, error) cf_test_database_(CF_PROGRAM, (url), (error))
CF_API cf_database *cf_test_database_(const cf_program *program, const char *url, cf_error *error);

/** Close it, and drop the database or delete the file. Its sessions must be closed before. NULL is allowed. */
CF_API void cf_test_database_end(cf_database *database);

/**
 * Begin a sandbox: until cf_sandbox_end() all that sessions of the database commit is seen by those who come after, but
 * stays in one transaction, which is undone at the end. For tests of code that commits; also with a test client:
 * cf_sandbox(cf_web_database(cf_client_web(client)), NULL).
 *
 * There is one connection meanwhile, so a session must commit or roll back before another one is used. Schema changes end
 * the sandbox on MariaDB. What a database checks at the commit alone (.deferrable) is not checked, isolation levels are not
 * set, and generated keys are not given again.
 * @return false with the error while a session holds a connection, or in a second sandbox
 */
CF_API bool cf_sandbox(cf_database *database, cf_error *error);

/** Undo it all. The sessions of the time must be closed, or have committed or rolled back. */
CF_API void cf_sandbox_end(cf_database *database);

/** A statement that was sent. */
typedef struct cf_recorded_statement {
    const char *verb; /**< its first word in capitals: "SELECT", "INSERT", "BEGIN", "COMMIT", … */
    const char *text;
    const char *values; /**< kinds of the bound values, such as "text(3), int"; see cf_echo */
    size_t      runs;   /**< more than 1 in a batch */
    int64_t     rows;   /**< read or changed */
    cf_code     code;   /**< CF_OK, or why it failed */
    const char *file;   /**< the place in the program that had it sent, or NULL */
    int         line;
    const char *relationship; /**< that it loads or counts, such as "User.datasets", or NULL; see cf_echo */
} cf_recorded_statement;

typedef struct cf_recording cf_recording;

/**
 * Keep a list of all statements sent to a database from now on, by all sessions and threads, BEGIN and COMMIT too.
 * @return to be ended with cf_record_end(); NULL when out of memory
 */
CF_API cf_recording *cf_record(cf_database *database);

/** How many there are. */
CF_API size_t cf_recorded_count(cf_recording *recording);

/** The n-th, from 0, until cf_record_end(); NULL when there are not so many. */
CF_API const cf_recorded_statement *cf_recorded(cf_recording *recording, size_t n);

/** How many of them have that verb. */
CF_API size_t cf_recorded_verb(cf_recording *recording, const char *verb);

/** Forget those kept so far. */
CF_API void cf_record_clear(cf_recording *recording);

/** Stop, and free the list. Recordings end in the reverse order, and before their database. NULL is allowed. */
CF_API void cf_record_end(cf_recording *recording);

/**
 * A block that must send so many statements to a database, a batch counting once, BEGIN and COMMIT not at all:
 *
 *     CF_ASSERT_STATEMENTS(database, 2) {
 *         cf_client_get(client, "/users");
 *     }
 *
 * Otherwise cf_statements_differ is called with a message that lists them with their call sites; by default it prints the
 * message and aborts. The block must be left at its end: not by break, goto or return.
 */
#define CF_ASSERT_STATEMENTS(database_, n_)                                                        \
    for (cf_recording *recording_of_block_ = cf_record(database_); recording_of_block_;            \
         recording_of_block_ = cf_assert_statements_(recording_of_block_, (n_), __FILE__, __LINE__))
CF_API cf_recording *cf_assert_statements_(cf_recording *recording, int64_t wanted, const char *file, int line);

typedef void cf_differ_function(const char *message, const char *file, int line);
/** What CF_ASSERT_STATEMENTS() calls on a difference; set it to the failing function of your test framework. */
CF_API extern cf_differ_function *cf_statements_differ;

CF_END_C

#endif
