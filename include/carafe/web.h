/**
 * @file carafe/web.h
 * @brief Routes, requests, responses, sessions: a web application.
 *
 * An application is a constant cf_app: a name, a table of routes, and options.
 * cf_main() checks all of it (rules, endpoints, templates, models, queries) before
 * the first request and then serves it. For each request the handler of its route
 * is called with a cf_request and returns a cf_response; everything either of them
 * points at lives until the request ends and is freed by the library.
 *
 *     static cf_response *hello(cf_request *rq)
 *     {
 *         return cf_text(rq, cf_arena_printf(rq->arena, "hello, %s\n", cf_arg_text(rq, name)));
 *     }
 *     static const cf_route routes[] = { CF_ROUTE("/hello/<name>", hello), CF_END };
 *     static const cf_app app = { .name = "hello", .routes = routes };
 *     int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
 *
 * Functions that make something return NULL when they fail and leave the reason in
 * rq->error; a handler that returns NULL makes that a 500 page (or, after cf_abort()
 * and cf_get_or_404(), the status they asked for). No answer is sent before the
 * handler has returned, so that no page is ever half written.
 */
#ifndef CARAFE_WEB_H
#define CARAFE_WEB_H

#include <carafe/arena.h>
#include <carafe/collection.h>
#include <carafe/core.h>
#include <carafe/error.h>
#include <carafe/form.h>
#include <carafe/program.h>
#include <carafe/search.h>
#include <carafe/template.h>
#include <carafe/value.h>

CF_BEGIN_C

typedef struct cf_request  cf_request;
typedef struct cf_response cf_response;
typedef struct cf_web      cf_web; /**< a checked application, ready to answer */
typedef struct cf_db       cf_db;  /* carafe/orm.h */
typedef struct cf_database cf_database;

/** A handler: answers one request. Returns NULL after a failure, see above. */
typedef cf_response *cf_handler(cf_request *rq);

/** Methods, to be combined with |. CF_GET includes HEAD; OPTIONS is answered by the library unless a route has it. */
typedef enum cf_method {
    CF_GET = 1,
    CF_HEAD = 2,
    CF_POST = 4,
    CF_PUT = 8,
    CF_PATCH = 16,
    CF_DELETE = 32,
    CF_OPTIONS = 64
} cf_method;

/* ---- routes --------------------------------------------------------------------------------- */

/** Who checks that an unsafe request (POST, PUT, PATCH, DELETE) comes from our own pages. */
typedef enum cf_csrf_mode {
    /** The form, in a handler that makes one with cf_form(); elsewhere the library: 400 without a valid token. */
    CF_CSRF_AUTO = 0,
    CF_CSRF_FORM, /**< a form, made by a function that the handler calls */
    CF_CSRF_ON,   /**< the library, before the handler is called */
    CF_CSRF_OFF   /**< nobody: for requests that carry no cookie, such as those of other programs */
} cf_csrf_mode;

struct cf_use_dot_names_for_route_options;

/**
 * One route; made with CF_ROUTE(). Rules are Flask's: "/user/<int:id>/edit".
 * Converters: string (default; length, minlength, maxlength), int (min, max,
 * fixed_digits, signed), float (min, max, signed), path, uuid, any(a, b).
 * A rule that ends in a slash also answers, by a redirect, without it.
 */
typedef struct cf_route {
    const char *rule;
    cf_handler *handler;
    const char *handler_name;
    const char *file;

    const struct cf_use_dot_names_for_route_options *guard_;

    const char  *endpoint; /**< the name for cf_url_for(); default: the handler's */
    unsigned     methods;  /**< default CF_GET */
    cf_csrf_mode csrf;
    uint64_t     max_body; /**< the most bytes of a body; 0: that of the application's limits */
    const void  *data;     /**< the program's own, rq->route->data */
    int          line;
} cf_route;

/** `CF_ROUTE("/add", add_user, .methods = CF_GET | CF_POST)` */
#define CF_ROUTE(...) CF_ROUTE_(__VA_ARGS__, .line = __LINE__)
#define CF_ROUTE_(rule_, handler_, ...)                                                                 \
    {                                                                                                   \
        .rule = "" rule_, .handler = handler_, .handler_name = #handler_, .file = __FILE__, __VA_ARGS__ \
    }

/** The end of a table of routes, blueprints or error handlers. */
/* clang-format off */
#define CF_END { 0 }
/* clang-format on */

/** Routes mounted under a prefix; their endpoints are "name.endpoint". */
typedef struct cf_blueprint {
    const char     *name;
    const char     *prefix;                 /**< such as "/admin"; NULL: none */
    const cf_route *routes;                 /**< ends with CF_END */
    cf_response *(*before)(cf_request *rq); /**< as in cf_app, for these routes only */
    void (*after)(cf_request *rq, cf_response *response);
} cf_blueprint;

/** Makes the page for a status, e.g. 404. rq->error or rq->message say why. NULL: the built-in page. */
typedef struct cf_error_page {
    int         status; /**< 400 to 599 */
    cf_handler *handler;
} cf_error_page;

/** Bounds. Zero means the default in brackets. */
typedef struct cf_limits {
    uint32_t request_line;   /**< bytes of the request line [8192, at most 16384]; beyond: 414 */
    uint32_t headers;        /**< bytes of all header lines [16384, at most 65536]; beyond: 431 */
    uint32_t header_count;   /**< header lines [100]; beyond: 431 */
    uint64_t body;           /**< bytes of a request's body [16 MiB]; beyond: 413 */
    uint32_t form_fields;    /**< fields of a form or query string, files included [1000]; beyond: 413 */
    uint32_t form_memory;    /**< bytes of form fields in memory [1 MiB]; beyond: 413 */
    uint32_t file_memory;    /**< bytes of an uploaded file kept in memory; larger ones go to disk [256 KiB] */
    uint32_t json;           /**< bytes of a JSON body [1 MiB]; beyond: 413 */
    uint32_t json_depth;     /**< nesting of a JSON body [64]; beyond: 400 */
    uint64_t response;       /**< bytes of a rendered page [64 MiB] */
    uint64_t request_memory; /**< bytes of a request's arena [256 MiB] */
    uint32_t header_seconds; /**< for the client to send the headers [15]; then 408 */
    uint32_t body_seconds;   /**< for the client to send the body [120]; then 408 */
    uint32_t send_seconds;   /**< for the client to take the answer [120]; then the connection is closed */
    uint32_t idle_seconds;   /**< a connection may wait between requests [30] */
    uint32_t stop_seconds;   /**< for requests in flight after SIGTERM [10] */
    uint32_t connections;    /**< open at once, all threads together [4096] */
} cf_limits;

/** An application. Only `name` and `routes` must be given. */
typedef struct cf_app {
    const char          *name;        /**< letters, digits, - and _ */
    const cf_route      *routes;      /**< ends with CF_END */
    const cf_blueprint  *blueprints;  /**< ends with CF_END */
    const cf_error_page *error_pages; /**< ends with CF_END */
    /** Called before each handler; what it returns, unless NULL, is the answer and the handler is not called. */
    cf_response *(*before)(cf_request *rq);
    /** Called with each answer before it is sent; may add headers. */
    void (*after)(cf_request *rq, cf_response *response);
    /** Called once at start, before the first request, to add filters and globals to the templates. */
    bool (*setup)(cf_web *web, cf_error *error);
    cf_limits   limits;
    const char *content_security_policy; /**< default: see docs/web.md; "" sends none */
    const char *session_cookie;          /**< its name; default "session" */
    uint32_t    session_days;            /**< a session unused for so long is empty [31] */
    bool        https;                   /**< the application is reached by https only: cookies are Secure */
    bool        keep_tables; /**< `run` creates no tables (it does so by default; it never changes existing ones) */
    bool        no_database; /**< rq->db is NULL, no database is opened */
    const void *data;        /**< the program's own, rq->app->data */
} cf_app;

/* ---- requests ------------------------------------------------------------------------------- */

/** A name and its value, both NUL-terminated UTF-8. */
typedef struct cf_param {
    const char *name;
    const char *value;
    size_t      size; /**< bytes of the value; it may contain NUL */
} cf_param;

/** Names and values in the order they were sent; names may repeat. */
typedef struct cf_params {
    size_t          count;
    const cf_param *items;
    bool            any_case; /**< names are compared without regard to case (headers) */
} cf_params;

/** The first value of that name, or NULL. */
CF_API const char *cf_params_get(const cf_params *params, const char *name);

/** A request. All of it belongs to the library and lives until the request ends. */
struct cf_request {
    cf_method         method;
    const char       *method_name; /**< such as "GET" */
    const char       *path;        /**< decoded UTF-8, begins with a slash */
    const char       *query;       /**< as sent, without the question mark; "" when there is none */
    const char       *host;        /**< the Host header, or "" */
    const char       *remote;      /**< the client's address, such as "127.0.0.1" */
    bool              secure;      /**< reached by https */
    const cf_params  *args;        /**< of the query string */
    const cf_params  *form;        /**< of a form's body, files apart */
    const cf_uploads *files;       /**< uploaded, in the order sent; see cf_upload in carafe/form.h */
    const cf_params  *cookies;
    const cf_params  *headers;
    cf_value          json;    /**< of a JSON body; CF_UNDEFINED when there is none or it is malformed */
    cf_bytes          body;    /**< of other types, as sent */
    cf_dict          *session; /**< see cf_request_session_set() */
    cf_dict          *g;       /**< the program's own values for this request, `g` in templates */
    void             *user;    /**< who is logged in, set by the login layer or a before hook; else NULL */
    cf_db            *db;      /**< the database session; NULL with cf_app.no_database */
    cf_arena         *arena;   /**< memory until the request ends */
    cf_error         *error;   /**< the first failure */
    const char       *message; /**< what cf_abort() was given, or NULL */
    const cf_app     *app;
    const cf_route   *route;    /**< NULL when none matched */
    const char       *endpoint; /**< such as "index" or "admin.index"; NULL when no route matched */
    cf_web           *web;
};

#ifndef __cplusplus
/** A part of the path by its name in the rule: `cf_arg_int(rq, id)` for "/user/<int:id>". 0 when there is none. */
#define cf_arg_int(rq, name) cf_route_int((rq), #name)
/** The same as a number, for float converters. */
#define cf_arg_double(rq, name) cf_route_double((rq), #name)
/** The same as text, for any converter; "" when there is none. */
#define cf_arg_text(rq, name) cf_route_text((rq), #name)
/** The same as UUID. */
#define cf_arg_uuid(rq, name) cf_route_uuid((rq), #name)
#endif
CF_API int64_t     cf_route_int(const cf_request *rq, const char *name);
CF_API double      cf_route_double(const cf_request *rq, const char *name);
CF_API const char *cf_route_text(const cf_request *rq, const char *name);
CF_API cf_uuid     cf_route_uuid(const cf_request *rq, const char *name);

/** A value of the query string, or NULL. */
CF_API const char *cf_query_arg(const cf_request *rq, const char *name);
/** The same as whole number; `fallback` when it is missing or no number. */
CF_API int64_t cf_query_int(const cf_request *rq, const char *name, int64_t fallback);
/** A field of the form, or NULL. */
CF_API const char *cf_form_value(const cf_request *rq, const char *name);
/** A header, any case, or NULL. */
CF_API const char *cf_request_header(const cf_request *rq, const char *name);
/** A cookie, or NULL. */
CF_API const char *cf_request_cookie(const cf_request *rq, const char *name);
/** The uploaded file of that field, or NULL. */
CF_API const cf_upload *cf_file_upload(const cf_request *rq, const char *name);
/** Write an upload to `path`, which must not exist; false with rq->error set on failure. */
CF_API bool cf_upload_save(cf_request *rq, const cf_upload *upload, const char *path);

/** A value of the signed session, CF_UNDEFINED when not set. */
CF_API cf_value cf_request_session(const cf_request *rq, const char *name);
/**
 * Set a value of the session: null, boolean, number, text, or lists and dictionaries of these.
 * It is kept in a signed cookie: the client can read but not change it. False when out of memory.
 */
CF_API bool cf_request_session_set(cf_request *rq, const char *name, cf_value value);
/** Remove a value; false when it was not there. */
CF_API bool cf_request_session_remove(cf_request *rq, const char *name);
/** Forget everything, as after a log-out. */
CF_API void cf_request_session_clear(cf_request *rq);
/** Keep a message for the next page that calls get_flashed_messages(). `category` may be NULL: "message". */
CF_API bool cf_flash(cf_request *rq, const char *message, const char *category);
/** The token that unsafe requests must carry as field csrf_token or header X-CSRFToken; NULL on failure. */
CF_API const char *cf_request_csrf_token(cf_request *rq);

/* ---- responses ------------------------------------------------------------------------------ */

/** Plain text. The text is not copied: it must live as long as the request. */
CF_API cf_response *cf_text(cf_request *rq, const char *text);
/** HTML as it is; whoever writes it escapes. Not copied. */
CF_API cf_response *cf_html(cf_request *rq, const char *html);
/** Any bytes; `data` is not copied. */
CF_API cf_response *cf_bytes_response(cf_request *rq, const void *data, size_t size, const char *content_type);
/** A value as JSON. */
CF_API cf_response *cf_json_response(cf_request *rq, cf_value value);
/** A file below `folder`, with ETag, ranges and conditions; 404 when it is not there or would lead out of the folder. */
CF_API cf_response *cf_file_response(cf_request *rq, const char *folder, const char *name);
/** An empty answer with a status. */
CF_API cf_response *cf_empty(cf_request *rq, int status);
/** The 404 page. */
CF_API cf_response *cf_not_found(cf_request *rq);
/** The page of a status from 400 to 599, with a message for the reader (not copied; may be NULL). */
CF_API cf_response *cf_abort(cf_request *rq, int status, const char *message);
/** A redirect to a URL; 302 unless `status` says 301, 303, 307 or 308. */
CF_API cf_response *cf_redirect_to(cf_request *rq, const char *url, int status);
/** cf_redirect() and cf_url_for() for names that are no literals; `arguments` ends with NULL. */
CF_API cf_response *cf_redirect_endpoint(cf_request *rq, const char *endpoint, const cf_named *const *arguments);
CF_API const char  *cf_url_build(cf_request *rq, const char *endpoint, const cf_named *const *arguments);
/** cf_render() for names that are no literals. */
CF_API cf_response *cf_render_template(cf_request *rq, const char *name, const cf_named *const *variables);

/** Change the status. Returns the response; NULL is passed through, here and below. */
CF_API cf_response *cf_set_status(cf_response *response, int status);
/** Set a header, replacing one of that name. Line breaks are refused. Both texts are copied. */
CF_API cf_response *cf_set_header(cf_response *response, const char *name, const char *value);
/** Add a header, keeping others of that name. */
CF_API cf_response *cf_add_header(cf_response *response, const char *name, const char *value);

/** A cookie to set; `name` and `value` must be given. */
typedef struct cf_cookie {
    const char *name;
    const char *value;               /**< printable ASCII without blanks, quotes, commas, semicolons, backslashes */
    const char *path;                /**< default "/" */
    const char *domain;              /**< default: this host only */
    int64_t     max_age;             /**< seconds; 0: until the browser is closed; negative: delete it */
    bool        readable_by_scripts; /**< leave HttpOnly away */
    bool        strict;              /**< SameSite=Strict; default Lax */
    bool        secure;              /**< https only; always so with cf_app.https */
} cf_cookie;
CF_API cf_response *cf_set_cookie(cf_response *response, const cf_cookie *cookie);

/** What has been put into a response. */
CF_API int         cf_response_status(const cf_response *response);
CF_API const char *cf_response_header(const cf_response *response, const char *name);
CF_API cf_bytes    cf_response_body(const cf_response *response);

/* ---- call sites ----------------------------------------------------------------------------- */

/** A place in the program that names a template, an endpoint or a form; checked at start. */
typedef struct cf_web_site {
    enum { CF_SITE_TEMPLATE = 1, CF_SITE_ENDPOINT, CF_SITE_FORM } kind;
    const char *text;
    const char *function;
    const char *file;
    int         line;
    const cf_form_class *(*form)(void); /**< of CF_SITE_FORM */
} cf_web_site;

#ifndef __cplusplus
#define CF_WEB_SITE_(kind_, text_, form_)                                                              \
    static const cf_web_site        cf_site_ = {kind_, "" text_, __func__, __FILE__, __LINE__, form_}; \
    static const cf_web_site *const cf_site_entry_ __attribute__((section("cf_web_sites"), used)) = &cf_site_

/**
 * Render a template: `cf_render(rq, "users.html", CF_VAR(users))`. The name is a
 * literal, and is looked up when the program starts. Status 200, text/html.
 * @return the response; NULL with rq->error set when the template fails
 */
#define cf_render(...) CF_RENDER_(__VA_ARGS__, NULL)
#define CF_RENDER_(rq_, name_, ...)                                                       \
    __extension__({                                                                       \
        CF_WEB_SITE_(CF_SITE_TEMPLATE, name_, NULL);                                      \
        cf_render_template((rq_), cf_site_.text, (const cf_named *const[]){__VA_ARGS__}); \
    })

/**
 * The URL of an endpoint: `cf_url_for(rq, "user_page", CF_VAR_AS("id", 3))`. Arguments
 * that are no part of the rule become the query string. Also "static" with
 * `filename`; ".name" is an endpoint of the same blueprint; `_anchor` and `_external` as in Flask.
 * @return the URL in rq->arena; NULL with rq->error set when an argument is missing
 */
#define cf_url_for(...) CF_URL_FOR_(__VA_ARGS__, NULL)
#define CF_URL_FOR_(rq_, endpoint_, ...)                                            \
    __extension__({                                                                 \
        CF_WEB_SITE_(CF_SITE_ENDPOINT, endpoint_, NULL);                            \
        cf_url_build((rq_), cf_site_.text, (const cf_named *const[]){__VA_ARGS__}); \
    })

/** A redirect (302) to an endpoint, arguments as for cf_url_for(). */
#define cf_redirect(...) CF_REDIRECT_(__VA_ARGS__, NULL)
#define CF_REDIRECT_(rq_, endpoint_, ...)                                                   \
    __extension__({                                                                         \
        CF_WEB_SITE_(CF_SITE_ENDPOINT, endpoint_, NULL);                                    \
        cf_redirect_endpoint((rq_), cf_site_.text, (const cf_named *const[]){__VA_ARGS__}); \
    })

/** A value as JSON: `cf_json(rq, CF_VALUE(dict))`. */
#define cf_json(rq, value) cf_json_response((rq), (value))
/** A file below a folder: `cf_file(rq, "/srv/reports", name)`. */
#define cf_file(rq, folder, name) cf_file_response((rq), (folder), (name))

/**
 * The form of this request: `UserForm *form = cf_form(rq, UserForm);`. It is filled from the
 * body of a POST, PUT, PATCH or DELETE (a form, or a JSON object), and protected by the session's token.
 * @return the form's struct; never NULL but when out of memory, which cf_submitted() and cf_render() stand
 */
#define cf_form(rq_, T_) cf_form_edit(rq_, T_, NULL)
/** The same, showing the values of `row_`, an object of the database, until something is submitted. */
#define cf_form_edit(rq_, T_, row_)                              \
    __extension__({                                              \
        CF_WEB_SITE_(CF_SITE_FORM, #T_, cf_form_class_##T_);     \
        (T_ *)cf_form_bind((rq_), cf_form_class_##T_(), (row_)); \
    })

/** The row of that primary key. When there is none: NULL, and a handler that then returns NULL answers 404. */
#define cf_get_or_404(rq_, T_, ...)                         \
    __extension__({                                         \
        T_ *cf_found_ = cf_get((rq_)->db, T_, __VA_ARGS__); \
        if (!cf_found_) cf_missing((rq_), #T_);             \
        cf_found_;                                          \
    })
/** The first object that fulfils a condition, or 404 in the same way: `User *u = cf_first_or_404(rq, User, "name = ?", name);` */
#define cf_first_or_404(rq_, T_, ...)                           \
    __extension__({                                             \
        T_ *cf_found_ = cf_find((rq_)->db, T_, __VA_ARGS__);    \
        if (!cf_found_) cf_missing((rq_), #T_);                 \
        cf_found_;                                              \
    })
/** The only object that fulfils a condition; none or several are 404. */
#define cf_one_or_404(rq_, T_, ...)                                                                  \
    __extension__({                                                                                  \
        T_ *cf_found_ =                                                                              \
            CF_QUERY_(CF_VERB_ONE, T_ *, cf_only_, (rq_)->db, T_, __VA_ARGS__);                      \
        if (!cf_found_) cf_missing((rq_), #T_);                                                      \
        cf_found_;                                                                                   \
    })

/**
 * One page of the objects that fulfil a condition, by ?page= and ?per_page= (at most 100 unless the program says
 * otherwise): `cf_page(User) *page = cf_paginate(rq, User, "order by name");`. See carafe/page.h.
 * @return the page; NULL when there is no such page: a handler that then returns NULL answers 404. NULL after a failure, too
 */
#define cf_paginate(rq_, T_, ...)                                                                            \
    CF_QUERY_(CF_VERB_PAGE, void *, cf_paginate_, (&(const cf_page_call_){(rq_), NULL}), T_, __VA_ARGS__)
/** The same with options: `cf_paginate_with(rq, CF_PAGING(.per_page = 10), User, "order by name")`. */
#define cf_paginate_with(rq_, paging_, T_, ...)                                                              \
    CF_QUERY_(CF_VERB_PAGE, void *, cf_paginate_, (&(const cf_page_call_){(rq_), (paging_)}), T_, __VA_ARGS__)
/**
 * A page by where another one ended, by ?after= or ?before= and ?per_page=; see cf_slice_in():
 * `cf_page(Post) *page = cf_slice(rq, Post, "order by created_at desc");`. A bad token is 404 in the same way.
 */
#define cf_slice(rq_, T_, ...)                                                                               \
    CF_QUERY_(CF_VERB_SLICE, void *, cf_slice_, (&(const cf_page_call_){(rq_), NULL}), T_, __VA_ARGS__)
/** The same with options. */
#define cf_slice_with(rq_, paging_, T_, ...)                                                                 \
    CF_QUERY_(CF_VERB_SLICE, void *, cf_slice_, (&(const cf_page_call_){(rq_), (paging_)}), T_, __VA_ARGS__)
/** The same of a query object (carafe/search.h); `paging_` may be NULL. */
#define cf_query_page(rq_, query_, T_, paging_) cf_query_page_((rq_), (query_), cf_model_##T_##_, (paging_))
#endif
CF_API void *cf_paginate_(const cf_page_call_ *call, cf_site *site, const cf_value *values);
CF_API void *cf_slice_(const cf_page_call_ *call, cf_site *site, const cf_value *values);
CF_API void *cf_query_page_(cf_request *rq, cf_query *query, cf_model_fn *model, const cf_paging *paging);

/** cf_form() for a class known at run time. */
CF_API void *cf_form_bind(cf_request *rq, const cf_form_class *cls, const void *row);
/** Let a handler that returns NULL answer 404: there is no such `what`. */
CF_API void cf_missing(cf_request *rq, const char *what);

/**
 * Commit. A violated constraint (unique, foreign key, not null, check) on a column that
 * the form has a field for becomes an error under that field, and the session is rolled back and usable.
 * @return true when committed; false otherwise: render the form again
 */
CF_API bool cf_commit_form(cf_db *db, void *form);
#define cf_commit_form(db, form) cf_commit_form(cf_session_at_((db), __FILE__, __LINE__), (form))

/* ---- running -------------------------------------------------------------------------------- */

/** Where the library writes its lines; `line` has no line break. Called by any thread. */
typedef void cf_log(void *context, const char *line);

/** What the environment decides. Zero means default. Texts must outlive the cf_web. */
typedef struct cf_settings {
    const char *database_url; /**< default "sqlite:///NAME.db" in the working folder */
    const char *secret_key;   /**< signs sessions and tokens; "new,old" also accepts those of the old one */
    const char *encryption_keys; /**< of encrypted columns: "2:BASE64, 1:BASE64", see cf_open_options */
    const char *templates;    /**< a folder in place of the embedded templates */
    const char *static_files; /**< a folder in place of the embedded static files */
    bool        production;   /**< no details on error pages, no generated secret, templates are read once */
    const char *host;         /**< address to listen at; default "127.0.0.1" */
    uint16_t    port;         /**< 0: a free one */
    unsigned    threads;      /**< default: one a processor for SQLite, four a processor otherwise */
    bool        access_log;   /**< a line for each request */
    cf_log     *log;          /**< NULL: nothing is written */
    void       *log_context;
    bool        log_colors;   /**< what `log` writes to is a terminal that shows colours */
} cf_settings;

/**
 * Check an application and make it ready: routes, endpoints, templates, models, queries.
 * @param program CF_PROGRAM
 * @return to be freed with cf_web_free(); NULL with the error set, file and line of the mistake in it
 */
CF_API cf_web *cf_web_new(const cf_app *app, const cf_program *program, const cf_settings *settings, cf_error *error);
/** Free it; no request may be under way. NULL is allowed. */
CF_API void cf_web_free(cf_web *web);
/** Its templates, to add filters and functions in cf_app.setup. */
CF_API cf_templates *cf_web_templates(cf_web *web);
/** Its database; NULL with cf_app.no_database. */
CF_API cf_database *cf_web_database(cf_web *web);

/** A running server. */
typedef struct cf_server cf_server;
/** Listen and answer in threads of its own. NULL with the error set when the address cannot be had. */
CF_API cf_server *cf_server_start(cf_web *web, cf_error *error);
/** The port it listens at. */
CF_API uint16_t cf_server_port(const cf_server *server);
/** Accept nothing more, answer what is in flight (at most limits.stop_seconds), free everything. NULL is allowed. */
CF_API void cf_server_stop(cf_server *server);

/** What main() of an application calls: commands run, routes, check, db, help; see docs/web.md. Returns the exit status. */
#define cf_main(app, argc, argv) cf_main_program((app), (argc), (argv), CF_PROGRAM)
CF_API int cf_main_program(const cf_app *app, int argc, char **argv, const cf_program *program);

CF_END_C

#endif
