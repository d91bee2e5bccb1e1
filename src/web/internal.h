/* The web layer's own view of applications, requests and responses. */
#ifndef CARAFE_WEB_INTERNAL_H
#define CARAFE_WEB_INTERNAL_H

#include "web/multipart.h"
#include "web/params.h"
#include "web/router.h"
#include "orm/signer.h"
#include <carafe/orm.h>
#include <carafe/web.h>

/* These macros note the program's call site; here the functions are meant. */
#undef cf_commit
#undef cf_commit_form

/* An application made ready; nothing in it changes while requests are answered. */
struct cf_web {
    const cf_app     *app;
    const cf_program *program;
    cf_arena         *arena;
    cf_settings       settings; /* texts copied */
    cf_limits         limits;   /* with the defaults */
    cf_router        *router;
    cf_templates     *templates;
    cf_database      *database;
    cf_keys           session_keys;
    size_t            secret_count;
    const char       *secrets[CF_KEYS]; /* for CSRF tokens; the first makes them */
    const char       *session_cookie;
    const char       *csp;
    const char       *upload_folder;
    int               static_folder; /* descriptor, -1: none */
    int64_t           program_time;  /* Last-Modified of embedded files */
    bool              secret_made;   /* the key is a random one of this process */
};

/* Memory that requests use one after the other. Belongs to one thread. */
typedef struct cf_workspace {
    cf_arena            *arena;
    cf_buffer            page; /* what was rendered */
    cf_buffer            body; /* what was received, where it is kept whole */
    struct cf_workspace *next;
} cf_workspace;

/* What came before the body. Everything lives until the exchange ends. */
typedef struct cf_head {
    const char     *method;
    const char     *target; /* as sent, without the query */
    const char     *query;  /* "" when there is none */
    const cf_param *headers;
    size_t          header_count;
    const char     *remote;
    int             refuse; /* an HTTP status when the head itself is at fault */
} cf_head;

typedef enum cf_body_kind {
    CF_BODY_NONE,
    CF_BODY_RAW,
    CF_BODY_URLENCODED,
    CF_BODY_MULTIPART,
    CF_BODY_JSON
} cf_body_kind;

/* One request and its answer. Lives in the slot's arena. */
typedef struct cf_exchange {
    cf_request     rq; /* first: cf_request pointers are cf_exchange pointers */
    cf_error       error;
    cf_workspace  *slot;
    cf_route_match match;
    cf_params      headers;
    cf_param_list  args, form, cookies;
    cf_uploads     files;
    cf_body_kind   body_kind;
    cf_multipart  *multipart;
    const char    *target; /* raw path */
    uint64_t       body_size, body_limit;
    int            refuse;         /* status decided before the handler */
    const char    *refuse_message; /* or NULL */
    int            missing;        /* status for a handler that returns NULL */
    const char    *session_sent;   /* JSON of the session as received; "" */
    cf_list       *flashes;        /* taken out of the session by this request */
    bool           session_used, in_error_page;
    bool           csrf_known, csrf_held;   /* the token of the request was looked at, and held */
    bool           form_made, form_refused; /* a form checked the token, and refused it */
    int64_t        started;                 /* microseconds, monotonic */
} cf_exchange;

static inline cf_exchange *cf_exchange_of(const cf_request *rq)
{
    return (cf_exchange *)(uintptr_t)rq;
}

typedef struct cf_header_line {
    const char            *name, *value;
    struct cf_header_line *next;
} cf_header_line;

struct cf_response {
    cf_exchange    *exchange;
    int             status;
    cf_header_line *headers, *last;
    bool            in_page; /* the body is in slot->page, at `offset` */
    const char     *data;    /* else: in memory; NULL: in the file */
    int             fd;      /* of a file, at `offset`; closed with the exchange; -1: in memory */
    uint64_t        size;    /* of the body */
    uint64_t        offset;
};

/* ---- slots and exchanges (dispatch.c) ------------------------------------------------------- */

bool cf_workspace_init(cf_workspace *slot, const cf_web *web);
void cf_workspace_free(cf_workspace *slot);

/** Take in the head: route, limits, kind of body. NULL when out of memory. A status to refuse with may be in ->refuse. */
cf_exchange *cf_exchange_begin(cf_web *web, cf_workspace *slot, const cf_head *head);
/** Take in a piece of the body; false: refused, see ->refuse; more of it is ignored. */
bool cf_exchange_body(cf_exchange *x, const char *data, size_t size);
/** Call the handler, settle everything. NULL only when out of memory. */
cf_response *cf_exchange_answer(cf_exchange *x);
/** Free what the exchange holds and make the slot ready for the next. */
void cf_exchange_end(cf_exchange *x);
/** A line for the access log. */
void cf_exchange_log(const cf_exchange *x, const cf_response *response, int status);

/* ---- parts ---------------------------------------------------------------------------------- */

/** The body in memory; undefined for files. */
static inline const char *cf_response_data(const cf_response *r)
{
    return r->in_page ? r->exchange->slot->page.data + r->offset : r->data;
}
/** Add a header of texts that are clean and live as long as the request. */
cf_response *cf_add_fixed_header(cf_response *response, const char *name, const char *value);
/** `content_type` as for cf_add_fixed_header(). */
cf_response *cf_response_new(cf_request *rq, int status, const char *content_type, const char *data, size_t size);
const char  *cf_status_text(int status);
/** "GET, HEAD, OPTIONS" */
const char *cf_methods_text(cf_arena *arena, unsigned methods);
unsigned    cf_method_of(const char *name);

/** The page for a status: the application's, else the built-in one. NULL only when out of memory. */
cf_response *cf_error_response(cf_exchange *x, int status, const char *message, const cf_error *error);

extern const cf_class cf_request_class;
/** Register url_for, get_flashed_messages, csrf_token, config. */
bool cf_web_add_globals(cf_web *web, cf_error *error);

bool cf_cookie_session_load(cf_exchange *x);
/** Put the session into a cookie of the response when it has changed. */
bool cf_cookie_session_save(cf_exchange *x, cf_response *response);
/** What tokens of this session depend on; cf_csrf_begin() gives the session its random value first. */
cf_csrf cf_csrf_settings(cf_request *rq);
bool    cf_csrf_begin(cf_request *rq);
/** Does the request carry a valid token? Looked at once. */
bool cf_csrf_holds(cf_exchange *x);

bool         cf_static_open(cf_web *web, cf_error *error);
cf_response *cf_static_handler(cf_request *rq);
/** A file as response to this request: conditions, ranges. `data` or `fd` (taken over) hold it. */
cf_response *cf_file_answer(cf_request *rq, const char *name, const char *data, int fd, uint64_t size, const char *etag,
                            int64_t modified);
const char  *cf_content_type(const char *name);

/** Compile the routes of the application and its blueprints. */
bool cf_web_routes(cf_web *web, cf_error *error);
/** Look at every call site: templates, endpoints, forms. */
bool cf_web_check_sites(cf_web *web, cf_error *error);

void    cf_web_log(const cf_web *web, const char *format, ...) CF_PRINTF(2, 3);
int64_t cf_clock(void); /* microseconds, monotonic */

#endif
