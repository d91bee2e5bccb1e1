/**
 * @file carafe/test.h
 * @brief Requests to an application without a server: for tests.
 *
 * A client is a browser without a window: it sends requests to the application in
 * the same process, keeps cookies, and remembers the last answer and the CSRF
 * token of the last form it saw. Each request is answered before the call returns.
 *
 *     cf_client *client = cf_client_new(&app, "sqlite://");
 *     assert(cf_client_get(client, "/") == 200);
 *     cf_client_get(client, "/add");
 *     assert(cf_client_post(client, "/add", "name", "Ada", "email", "ada@example.com", NULL) == 302);
 *     assert(strstr(cf_client_follow(client), "Ada"));
 *     cf_client_free(client);
 */
#ifndef CARAFE_TEST_H
#define CARAFE_TEST_H

#include <carafe/testing.h>
#include <carafe/web.h>

CF_BEGIN_C

typedef struct cf_client cf_client;

/**
 * A client of an application, with a database of its own: "sqlite://" is one in memory, empty, its tables created.
 * @param url a database URL; NULL for applications without one
 * @return to be freed with cf_client_free(); NULL after one line on standard error that says what is wrong
 */
#define cf_client_new(app, url) cf_client_open((app), CF_PROGRAM, &(const cf_settings){.database_url = (url)}, NULL)

/** The same with all settings; `error` receives what is wrong, NULL: it goes to standard error. */
CF_API cf_client *cf_client_open(const cf_app *app, const cf_program *program, const cf_settings *settings,
                                 cf_error *error);
/** The application's database, for recordings and sessions of the test; the client's. NULL where the application has none. */
CF_API cf_database *cf_client_database(cf_client *client);

/** Another browser of the same application, with no cookies. Free it before the first. */
CF_API cf_client *cf_client_other(cf_client *client);
CF_API void       cf_client_free(cf_client *client);

/** A request. */
typedef struct cf_client_request {
    const char     *method;  /**< default GET */
    const char     *target;  /**< path, perhaps with a query */
    const cf_param *headers; /**< Host and Cookie are added unless given */
    size_t          header_count;
    const void     *body;
    size_t          size;
    size_t          piece; /**< the body is handed over in pieces of so many bytes; 0: at once */
} cf_client_request;

/** Send it. Returns the status, 0 when out of memory. */
CF_API int cf_client_send(cf_client *client, const cf_client_request *request);
CF_API int cf_client_get(cf_client *client, const char *target);
/** Post a form: names and values, NULL at the end; the token of the last page goes along unless "csrf_token" is given. */
CF_API int cf_client_post(cf_client *client, const char *target, ...) __attribute__((sentinel));
/** Follow the redirect of the last answer; returns the body, "" when it was none. */
CF_API const char *cf_client_follow(cf_client *client);

/* The last answer; the texts live until the next request. */
CF_API int         cf_client_status(const cf_client *client);
CF_API const char *cf_client_body(const cf_client *client);
CF_API size_t      cf_client_size(const cf_client *client);
/** A header of it, any case, or NULL. */
CF_API const char *cf_client_header(const cf_client *client, const char *name);
/** The CSRF token of the last form seen, "" when there was none. */
CF_API const char *cf_client_token(const cf_client *client);

/** A cookie kept, or NULL. */
CF_API const char *cf_client_cookie(const cf_client *client, const char *name);
/** Set a cookie; value NULL removes it. */
CF_API bool cf_client_set_cookie(cf_client *client, const char *name, const char *value);

/** The application, e.g. for cf_web_database(). */
CF_API cf_web *cf_client_web(cf_client *client);

CF_END_C

#endif
