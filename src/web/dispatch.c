/* One request from head to answer, whatever carried it: the server or the test client. */
#include "web/internal.h"

#include "base/number.h"
#include "base/text.h"
#include "web/coding.h"
#include "web/json.h"
#include <stdio.h>
#include <time.h>

enum { PAGE_KEPT = 1 << 20 };
#define UNSAFE_METHODS (CF_POST | CF_PUT | CF_PATCH | CF_DELETE)

int64_t cf_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- slots ---------------------------------------------------------------------------------- */

bool cf_workspace_init(cf_workspace *slot, const cf_web *web)
{
    *slot = (cf_workspace){.arena = cf_arena_new(NULL, (size_t)web->limits.request_memory)};
    slot->page.limit = (size_t)web->limits.response;
    return slot->arena != NULL;
}

void cf_workspace_free(cf_workspace *slot)
{
    cf_arena_free(slot->arena);
    cf_buffer_free(&slot->page);
    cf_buffer_free(&slot->body);
    slot->arena = NULL;
}

/* Ready for the next request; memory of a large page or body is given back. */
static void slot_reset(cf_workspace *slot)
{
    cf_arena_reset(slot->arena);
    cf_buffer *buffers[] = {&slot->page, &slot->body};
    for (size_t i = 0; i < 2; i++) {
        if (buffers[i]->capacity > PAGE_KEPT) {
            cf_buffer_free(buffers[i]);
        } else {
            cf_buffer_clear(buffers[i]);
        }
    }
}

/* ---- the head ------------------------------------------------------------------------------- */

static void refuse(cf_exchange *x, int status, const char *message)
{
    if (x->refuse) return;
    x->refuse = status;
    x->refuse_message = message;
}

/* The path of "http://host/path"; other targets as they are. */
static const char *origin_form(const char *target)
{
    size_t scheme = strncmp(target, "http://", 7) == 0 ? 7 : strncmp(target, "https://", 8) == 0 ? 8 : 0;
    if (!scheme) return target;
    const char *path = strchr(target + scheme, '/');
    return path ? path : "/";
}

static bool take_path(cf_exchange *x, const cf_head *head)
{
    size_t      size;
    const char *target = origin_form(head->target);
    char       *path = cf_decode_text(x->rq.arena, target, strlen(target), false, &size);
    if (!path) return false;
    x->target = target;
    x->rq.path = path;
    if (strlen(path) != size) refuse(x, 400, "The address contains a NUL character.");
    if (path[0] != '/' && !(strcmp(path, "*") == 0 && x->rq.method == CF_OPTIONS))
        refuse(x, 400, "The address does not begin with a slash.");
    return true;
}

static void check_host(cf_exchange *x)
{
    for (const char *c = x->rq.host; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!letter && !strchr("-._:[]", *c)) refuse(x, 400, "The host name is malformed.");
    }
}

static bool take_params(cf_exchange *x, const cf_head *head)
{
    cf_request *rq = &x->rq;
    size_t      limit = rq->web->limits.form_fields;
    x->headers = (cf_params){head->header_count, head->headers, true};
    rq->headers = &x->headers;
    rq->host = cf_params_get(&x->headers, "Host");
    if (!rq->host) rq->host = "";
    check_host(x);
    int status = cf_parse_urlencoded(rq->arena, rq->query, strlen(rq->query), limit, &x->args);
    if (status == 500) return false;
    if (status) refuse(x, 400, "The query string has too many arguments.");
    for (size_t i = 0; i < head->header_count; i++)
        if (cf_equal_nocase(head->headers[i].name, strlen(head->headers[i].name), "cookie", 6) &&
            !cf_parse_cookies(rq->arena, head->headers[i].value, limit, &x->cookies))
            return false;
    rq->args = &x->args.params;
    rq->cookies = &x->cookies.params;
    rq->form = &x->form.params;
    rq->files = &x->files;
    return true;
}

static void take_route(cf_exchange *x)
{
    cf_request *rq = &x->rq;
    unsigned    method = rq->method;
    cf_router_match(rq->web->router, rq->path, strlen(rq->path), method, &x->match);
    const cf_url_rule *rule = x->match.rule;
    if (rule && !x->match.redirect) {
        rq->route = rule->route;
        rq->endpoint = rule->endpoint;
    }
    x->body_limit = rq->route && rq->route->max_body ? rq->route->max_body : rq->web->limits.body;
}

static void take_body_kind(cf_exchange *x)
{
    const char *type = cf_params_get(&x->headers, "Content-Type"),
               *length = cf_params_get(&x->headers, "Content-Length");
    const cf_limits *limits = &x->rq.web->limits;
    int64_t          size;
    int              status;
    x->body_kind = CF_BODY_RAW;
    if (cf_media_type_is(type, "application/x-www-form-urlencoded")) {
        x->body_kind = CF_BODY_URLENCODED;
        if (x->body_limit > limits->form_memory) x->body_limit = limits->form_memory;
    } else if (cf_media_type_is(type, "application/json")) {
        x->body_kind = CF_BODY_JSON;
        if (x->body_limit > limits->json) x->body_limit = limits->json;
    } else if (cf_media_type_is(type, "multipart/form-data")) {
        cf_multipart_limits l = {limits->form_fields, limits->form_memory, limits->file_memory,
                                 x->rq.web->upload_folder};
        x->body_kind = CF_BODY_MULTIPART;
        x->multipart = cf_multipart_new(x->rq.arena, type, &l, &status);
        if (!x->multipart) refuse(x, status, NULL);
    }
    if (length && cf_parse_int(length, strlen(length), &size) && size > 0 && (uint64_t)size > x->body_limit)
        refuse(x, 413, NULL);
}

cf_exchange *cf_exchange_begin(cf_web *web, cf_workspace *slot, const cf_head *head)
{
    cf_exchange *x = cf_arena_object(slot->arena, &cf_request_class, sizeof *x);
    if (!x) return NULL;
    cf_request *rq = &x->rq;
    x->slot = slot;
    x->started = cf_clock();
    rq->web = web;
    rq->app = web->app;
    rq->arena = slot->arena;
    rq->error = &x->error;
    rq->method = cf_method_of(head->method);
    rq->method_name = head->method;
    rq->query = head->query;
    rq->remote = head->remote;
    rq->secure = web->app->https;
    if (head->refuse) refuse(x, head->refuse, NULL);
    if (!take_path(x, head) || !take_params(x, head)) return NULL;
    take_route(x);
    take_body_kind(x);
    return x;
}

/* ---- the body ------------------------------------------------------------------------------- */

bool cf_exchange_body(cf_exchange *x, const char *data, size_t size)
{
    if (x->refuse) return false;
    x->body_size += size;
    if (x->body_size > x->body_limit) {
        refuse(x, 413, NULL);
    } else if (x->body_kind == CF_BODY_MULTIPART) {
        int status = cf_multipart_feed(x->multipart, data, size);
        if (status) refuse(x, status, NULL);
    } else {
        cf_buffer_add(&x->slot->body, data, size);
        if (x->slot->body.failed) refuse(x, 500, NULL);
    }
    return !x->refuse;
}

static void finish_body(cf_exchange *x)
{
    cf_request *rq = &x->rq;
    cf_buffer  *body = &x->slot->body;
    int         status = 0;
    if (x->body_size == 0) return;
    switch (x->body_kind) {
    case CF_BODY_URLENCODED:
        status = cf_parse_urlencoded(rq->arena, body->data, body->size, rq->web->limits.form_fields, &x->form);
        break;
    case CF_BODY_MULTIPART: status = cf_multipart_finish(x->multipart, &x->form, &x->files); break;
    case CF_BODY_JSON:
        if (!cf_json_parse(rq->arena, body->data, body->size, rq->web->limits.json_depth, &rq->json)) {
            status = cf_arena_failed(rq->arena) ? 500 : 400;
            if (status == 400) refuse(x, 400, "The JSON in the request is malformed or nested too deep.");
        }
        break;
    default: rq->body = (cf_bytes){body->data, body->size};
    }
    if (status) refuse(x, status, NULL);
}

/* ---- answers without a handler -------------------------------------------------------------- */

static cf_response *answer_methods(cf_exchange *x)
{
    cf_request    *rq = &x->rq;
    cf_route_match all;
    cf_router_match(rq->web->router, rq->path, strlen(rq->path), 0, &all);
    const char *allow = cf_methods_text(rq->arena, all.allowed);
    if (!allow) return NULL;
    cf_response *r = rq->method == CF_OPTIONS ? cf_response_new(rq, 200, "text/html; charset=utf-8", "", 0)
                                              : cf_error_response(x, 405, NULL, NULL);
    return cf_set_header(r, "Allow", allow);
}

static cf_response *redirect_path(cf_exchange *x, const char *path, size_t size, bool slash)
{
    cf_request *rq = &x->rq;
    cf_buffer   url = {.limit = 32768};
    cf_percent_path(&url, path, size, true);
    if (slash) cf_buffer_char(&url, '/');
    if (*rq->query) cf_buffer_printf(&url, "?%s", rq->query);
    cf_response *r = url.failed ? NULL : cf_redirect_to(rq, url.data, 308);
    cf_buffer_free(&url);
    return r;
}

/* Nothing matched: perhaps it would with single slashes. */
static cf_response *answer_missing(cf_exchange *x)
{
    cf_request *rq = &x->rq;
    if (strcmp(rq->path, "*") == 0) {
        cf_response *r = cf_response_new(rq, 200, NULL, "", 0);
        return cf_set_header(r, "Allow", cf_methods_text(rq->arena, CF_GET | CF_HEAD | CF_OPTIONS | UNSAFE_METHODS));
    }
    if (strstr(rq->path, "//")) {
        char  *merged = cf_arena_copy(rq->arena, rq->path);
        size_t n = 0;
        for (size_t i = 0; merged && rq->path[i]; i++)
            if (rq->path[i] != '/' || n == 0 || merged[n - 1] != '/') merged[n++] = rq->path[i];
        cf_route_match match;
        if (!merged) return NULL;
        cf_router_match(rq->web->router, merged, n, rq->method, &match);
        if (match.rule) return redirect_path(x, merged, n, match.redirect);
    }
    return cf_error_response(x, 404, NULL, NULL);
}

static cf_response *answer_refused(cf_exchange *x)
{
    cf_response *r = cf_error_response(x, x->refuse, x->refuse_message, NULL);
    if (x->refuse == 413 || x->refuse == 414 || x->refuse == 431) r = cf_set_header(r, "Connection", "close");
    return r;
}

/* ---- the handler ---------------------------------------------------------------------------- */

static bool prepare(cf_exchange *x)
{
    cf_request *rq = &x->rq;
    rq->g = cf_dict_new(rq->arena, 0);
    if (!rq->g || !cf_cookie_session_load(x)) return false;
    if (rq->web->database && !(rq->db = cf_session_in(rq->web->database, rq->arena))) return false;
    return true;
}

static bool deferred_csrf(const cf_exchange *x)
{
    cf_csrf_mode mode = x->rq.route->csrf;
    return mode == CF_CSRF_FORM || (mode == CF_CSRF_AUTO && x->match.rule->deferred_csrf);
}

static cf_response *csrf_refused(cf_exchange *x)
{
    return cf_error_response(x, 400,
                             "The form has expired or its security token (CSRF) is missing. "
                             "Please go back, reload the page and try again.",
                             NULL);
}

static cf_response *call_handler(cf_exchange *x)
{
    cf_request         *rq = &x->rq;
    const cf_blueprint *blueprint = x->match.rule->blueprint;
    bool                unsafe = (rq->method & UNSAFE_METHODS) && rq->route->csrf != CF_CSRF_OFF;
    cf_response        *r = NULL;
    if (unsafe && !cf_csrf_holds(x) && !deferred_csrf(x)) return csrf_refused(x);
    if (rq->app->before) r = rq->app->before(rq);
    if (!r && !rq->error->code && !x->missing && blueprint && blueprint->before) r = blueprint->before(rq);
    if (!r && !rq->error->code && !x->missing) r = rq->route->handler(rq);
    if (unsafe && !x->csrf_held && !x->form_made && r && r->status < 400) {
        cf_cookie_session_load(x); /* what it did to the session does not count */
        return csrf_refused(x);
    }
    if (r && r->status == 200 && x->form_refused) r->status = 400;
    return r;
}

static int status_of(const cf_error *error)
{
    switch (error->code) {
    case CF_ERR_BUSY:
    case CF_ERR_CONNECTION:
    case CF_ERR_TIMEOUT: return 503;
    default: return 500;
    }
}

static void log_failure(cf_exchange *x, const cf_error *error)
{
    const char *handler = x->rq.route ? x->rq.route->handler_name : "";
    if (error->file) {
        cf_web_log(x->rq.web, "error: %s %s: %s(): %s:%d: %s", x->rq.method_name, x->target, handler, error->file,
                   error->line, error->message);
    } else {
        cf_web_log(x->rq.web, "error: %s %s: %s(): %s", x->rq.method_name, x->target, handler, error->message);
    }
}

static void log_changes(const cf_exchange *x)
{
    cf_buffer text = {.limit = 1200};
    cf_changes_text(x->rq.db, &text);
    cf_web_log(x->rq.web, "warning: %s %s: %s() left changes that were not committed; they are undone: %s",
               x->rq.method_name, x->target, x->rq.route->handler_name, text.data ? text.data : "");
    cf_buffer_free(&text);
}

/* What the handler left: a response, or nothing and a reason. Failures of the database that nobody looked at count. */
static cf_response *settle(cf_exchange *x, cf_response *r)
{
    cf_request *rq = &x->rq;
    cf_error    failed = {0};
    if (rq->db && cf_error(rq->db)->code != CF_OK && (!r || r->status < 400)) failed = *cf_error(rq->db);
    if (!r && !failed.code) failed = x->error;
    if (!r && !failed.code && x->missing) return cf_error_response(x, x->missing, rq->message, NULL);
    if (r && !failed.code) {
        if (rq->db && !rq->web->settings.production && cf_has_changes(rq->db)) log_changes(x);
        return r;
    }
    if (!failed.code)
        cf_fail(&failed, CF_ERR_MISUSE, "the handler %s returned no response",
                rq->route ? rq->route->handler_name : "");
    log_failure(x, &failed);
    cf_error_clear(rq->error);
    if (rq->db) cf_rollback(rq->db);
    return cf_error_response(x, status_of(&failed), NULL, &failed);
}

static cf_response *answer_route(cf_exchange *x)
{
    cf_request *rq = &x->rq;
    if (rq->route->handler == cf_static_handler) return settle(x, cf_static_handler(rq));
    if (!prepare(x)) {
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a request");
        return settle(x, NULL);
    }
    cf_response *r = settle(x, call_handler(x));
    if (r && x->match.rule->blueprint && x->match.rule->blueprint->after) x->match.rule->blueprint->after(rq, r);
    if (r && rq->app->after) rq->app->after(rq, r);
    if (r && !cf_cookie_session_save(x, r)) {
        cf_error failed = x->error;
        log_failure(x, &failed);
        cf_error_clear(rq->error);
        r = cf_error_response(x, 500, NULL, &failed);
    }
    if (r && x->session_used) r = cf_add_fixed_header(r, "Vary", "Cookie");
    return r;
}

/* ---- the answer ----------------------------------------------------------------------------- */

static cf_response *default_headers(cf_exchange *x, cf_response *r)
{
    const struct {
        const char *name, *value;
    } defaults[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "SAMEORIGIN"},
        {"Referrer-Policy", "same-origin"},
        {"Content-Security-Policy", x->rq.web->csp},
        {"Strict-Transport-Security", x->rq.app->https ? "max-age=31536000" : NULL},
    };
    for (size_t i = 0; r && i < sizeof defaults / sizeof *defaults; i++)
        if (defaults[i].value && *defaults[i].value && !cf_response_header(r, defaults[i].name))
            r = cf_add_fixed_header(r, defaults[i].name, defaults[i].value);
    return r;
}

/* In development: what the request cost, for the browser's tools. */
static cf_response *timing_header(cf_exchange *x, cf_response *r)
{
    const cf_request *rq = &x->rq;
    if (!r || rq->web->settings.production || !rq->db) return r;
    int64_t     spent = cf_clock() - x->started, db = cf_statement_time(rq->db);
    const char *text = cf_arena_printf(rq->arena, "db;dur=%.3f;desc=\"%lld statements\", total;dur=%.3f",
                                       (double)db / 1000, (long long)cf_statements(rq->db), (double)spent / 1000);
    return text ? cf_add_fixed_header(r, "Server-Timing", text) : NULL;
}

cf_response *cf_exchange_answer(cf_exchange *x)
{
    cf_request  *rq = &x->rq;
    cf_response *r;
    if (!x->refuse) finish_body(x);
    if (x->refuse) {
        r = answer_refused(x);
    } else if (x->match.redirect) {
        r = redirect_path(x, rq->path, strlen(rq->path), true);
    } else if (rq->route && !(rq->method == CF_OPTIONS && !(rq->route->methods & CF_OPTIONS))) {
        r = answer_route(x);
    } else if (x->match.allowed || rq->route) {
        r = answer_methods(x);
    } else {
        r = answer_missing(x);
    }
    return timing_header(x, default_headers(x, r));
}

void cf_exchange_end(cf_exchange *x)
{
    cf_workspace *slot = x->slot;
    if (x->rq.db) cf_close(x->rq.db);
    x->rq.db = NULL;
    slot_reset(slot);
}

static void count_statements(const cf_db *db, char *out, size_t size)
{
    int64_t count = cf_statements(db), spent = cf_statement_time(db);
    snprintf(out, size, ", %lld %s in %lld.%03lldms", (long long)count, count == 1 ? "statement" : "statements",
             (long long)(spent / 1000), (long long)(spent % 1000));
}

void cf_exchange_log(const cf_exchange *x, const cf_response *response, int status)
{
    const cf_web *web = x->rq.web;
    int64_t       spent = cf_clock() - x->started;
    char          path[512], statements[80] = "";
    size_t        n = 0;
    if (!web->settings.access_log || !web->settings.log) return;
    for (const char *c = x->target; *c && n < sizeof path - 1; c++)
        path[n++] = *c == '"' || (unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c;
    path[n] = '\0';
    if (x->rq.db && !web->settings.production) count_statements(x->rq.db, statements, sizeof statements);
    cf_web_log(web, "%s \"%s %s\" %d %llu %lld.%03lldms%s", x->rq.remote, x->rq.method_name, path, status,
               (unsigned long long)(response ? response->size : 0), (long long)(spent / 1000),
               (long long)(spent % 1000), statements);
}
