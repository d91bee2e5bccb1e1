/* Making and changing responses. */
#include "web/internal.h"

#include "base/text.h"
#include "web/json.h"
#include <stdio.h>
#include <string.h>

static const struct {
    int         status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *cf_status_text(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status) return statuses[i].text;
    return status < 400 ? "OK" : "Error";
}

static const struct {
    const char *name;
    unsigned    method;
} methods[] = {
    {"GET", CF_GET},       {"POST", CF_POST},   {"HEAD", CF_HEAD},       {"PUT", CF_PUT},
    {"DELETE", CF_DELETE}, {"PATCH", CF_PATCH}, {"OPTIONS", CF_OPTIONS},
};

unsigned cf_method_of(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0) return methods[i].method;
    return 0;
}

const char *cf_methods_text(cf_arena *arena, unsigned set)
{
    char   text[80] = "";
    size_t size = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].method & set)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", size ? ", " : "", methods[i].name);
    return cf_arena_copy(arena, text);
}

/* ---- making --------------------------------------------------------------------------------- */

cf_response *cf_response_new(cf_request *rq, int status, const char *content_type, const char *data, size_t size)
{
    cf_response *r = cf_arena_alloc(rq->arena, sizeof *r);
    if (!r) {
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a response");
        return NULL;
    }
    r->exchange = cf_exchange_of(rq);
    r->status = status;
    r->fd = -1;
    r->data = data;
    r->size = size;
    return content_type ? cf_add_fixed_header(r, "Content-Type", content_type) : r;
}

cf_response *cf_text(cf_request *rq, const char *text)
{
    if (!text) {
        cf_fail(rq->error, CF_ERR_MISUSE, "cf_text: the text is NULL");
        return NULL;
    }
    return cf_response_new(rq, 200, "text/plain; charset=utf-8", text, strlen(text));
}

cf_response *cf_html(cf_request *rq, const char *html)
{
    if (!html) {
        cf_fail(rq->error, CF_ERR_MISUSE, "cf_html: the text is NULL");
        return NULL;
    }
    return cf_response_new(rq, 200, "text/html; charset=utf-8", html, strlen(html));
}

cf_response *cf_bytes_response(cf_request *rq, const void *data, size_t size, const char *content_type)
{
    if (!data) data = "", size = 0;
    cf_response *r = cf_response_new(rq, 200, NULL, data, size);
    return cf_add_header(r, "Content-Type", content_type ? content_type : "application/octet-stream");
}

cf_response *cf_empty(cf_request *rq, int status)
{
    return cf_response_new(rq, status, NULL, "", 0);
}

/* What was added to the page from `start` on. */
static cf_response *page_response(cf_request *rq, const char *content_type, size_t start)
{
    cf_buffer *page = &cf_exchange_of(rq)->slot->page;
    if (page->failed) {
        cf_fail(rq->error, CF_ERR_LIMIT, "the page is larger than limits.response, or memory is exhausted");
        return NULL;
    }
    cf_response *r = cf_response_new(rq, 200, content_type, "", page->size - start);
    if (r && r->size) {
        r->in_page = true;
        r->offset = start;
    }
    return r;
}

cf_response *cf_json_response(cf_request *rq, cf_value value)
{
    cf_buffer *page = &cf_exchange_of(rq)->slot->page;
    size_t     start = page->size;
    if (!cf_json_write(rq->arena, page, value, rq->error)) return NULL;
    cf_buffer_char(page, '\n');
    return page_response(rq, "application/json", start);
}

cf_response *cf_render_template(cf_request *rq, const char *name, const cf_named *const *variables)
{
    cf_buffer     *page = &cf_exchange_of(rq)->slot->page;
    size_t         count = 0, start = page->size;
    const cf_named own[] = {
        {"request", 7, cf_value_object(cf_object_of(rq))},
        {"session", 7, cf_value_dict(rq->session)},
        {"g", 1, cf_value_dict(rq->g)},
    };
    enum { OWN = sizeof own / sizeof *own };
    while (variables && variables[count]) count++;
    const cf_named **all = cf_arena_array(rq->arena, count + OWN + 1, sizeof *all);
    if (!all) {
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for the variables of %s", name);
        return NULL;
    }
    for (size_t i = 0; i < OWN; i++) all[i] = &own[i];
    for (size_t i = 0; i < count; i++) all[OWN + i] = variables[i];
    if (rq->error->code) return NULL;
    if (!cf_template_render(rq->web->templates, name, rq->arena, all, rq, page, rq->error)) return NULL;
    return page_response(rq, "text/html; charset=utf-8", start);
}

/* ---- redirects and URLs --------------------------------------------------------------------- */

const char *cf_url_build(cf_request *rq, const char *endpoint, const cf_named *const *arguments)
{
    cf_buffer   out = {.limit = 65536};
    const char *url = NULL, *dot = rq->endpoint ? strrchr(rq->endpoint, '.') : NULL;
    if (endpoint[0] == '.' && dot) {
        endpoint = cf_arena_printf(rq->arena, "%.*s%s", (int)(dot - rq->endpoint), rq->endpoint, endpoint);
    } else if (endpoint[0] == '.') {
        endpoint++;
    }
    for (const cf_named *const *a = arguments; a && *a; a++)
        if ((*a)->size == 9 && memcmp((*a)->name, "_external", 9) == 0 && (*a)->value.kind == CF_BOOL &&
            (*a)->value.as.boolean && *rq->host) {
            cf_buffer_text(&out, rq->secure ? "https://" : "http://");
            cf_buffer_text(&out, rq->host);
        }
    if (endpoint && cf_router_build(rq->web->router, endpoint, arguments, &out, rq->error))
        url = cf_arena_text(rq->arena, out.data, out.size);
    if (!url) cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a url");
    cf_buffer_free(&out);
    return url;
}

cf_response *cf_redirect_to(cf_request *rq, const char *url, int status)
{
    static const char head[] = "<!doctype html>\n<html lang=\"en\">\n<title>Redirecting</title>\n<p><a href=\"";
    cf_buffer        *page = &cf_exchange_of(rq)->slot->page;
    size_t            start = page->size;
    if (!url) return NULL;
    cf_buffer_text(page, head);
    cf_buffer_html(page, url, strlen(url));
    cf_buffer_text(page, "\">Continue</a></p>\n</html>\n");
    cf_response *r = page_response(rq, "text/html; charset=utf-8", start);
    bool         known = status == 301 || status == 303 || status == 307 || status == 308;
    return cf_set_header(cf_set_status(r, known ? status : 302), "Location", url);
}

cf_response *cf_redirect_endpoint(cf_request *rq, const char *endpoint, const cf_named *const *arguments)
{
    return cf_redirect_to(rq, cf_url_build(rq, endpoint, arguments), 302);
}

cf_response *cf_not_found(cf_request *rq)
{
    return cf_error_response(cf_exchange_of(rq), 404, NULL, NULL);
}

cf_response *cf_abort(cf_request *rq, int status, const char *message)
{
    return cf_error_response(cf_exchange_of(rq), status >= 400 && status <= 599 ? status : 500, message, NULL);
}

void cf_missing(cf_request *rq, const char *what)
{
    cf_exchange *x = cf_exchange_of(rq);
    if (rq->db && cf_error(rq->db)->code != CF_OK) return;
    x->missing = 404;
    rq->message = cf_arena_printf(rq->arena, "There is no such %s.", what);
}

/* ---- changing ------------------------------------------------------------------------------- */

cf_response *cf_set_status(cf_response *response, int status)
{
    if (response && status >= 200 && status <= 599) response->status = status;
    return response;
}

static bool clean_name(const char *name)
{
    if (!*name) return false;
    for (; *name; name++)
        if ((unsigned char)*name <= ' ' || (unsigned char)*name >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", *name))
            return false;
    return true;
}

static bool clean_value(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7F) return false;
    return true;
}

cf_response *cf_add_fixed_header(cf_response *response, const char *name, const char *value)
{
    if (!response) return NULL;
    cf_header_line *line = cf_arena_alloc(response->exchange->rq.arena, sizeof *line);
    if (!line) {
        cf_fail(response->exchange->rq.error, CF_ERR_MEMORY, "out of memory for a response header");
        return NULL;
    }
    line->name = name;
    line->value = value;
    if (response->last) {
        response->last->next = line;
    } else {
        response->headers = line;
    }
    response->last = line;
    return response;
}

cf_response *cf_add_header(cf_response *response, const char *name, const char *value)
{
    if (!response || !value) return response;
    cf_request *rq = &response->exchange->rq;
    if (!clean_name(name) || !clean_value(value)) {
        cf_fail(rq->error, CF_ERR_MISUSE, "a response header has a character that is not allowed");
        return NULL;
    }
    name = cf_arena_copy(rq->arena, name);
    value = cf_arena_copy(rq->arena, value);
    if (!name || !value) {
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a response header");
        return NULL;
    }
    return cf_add_fixed_header(response, name, value);
}

cf_response *cf_set_header(cf_response *response, const char *name, const char *value)
{
    if (!response) return NULL;
    cf_header_line *kept = NULL, **at = &response->headers;
    while (*at) {
        if (cf_equal_nocase((*at)->name, strlen((*at)->name), name, strlen(name))) {
            *at = (*at)->next;
        } else {
            kept = *at;
            at = &(*at)->next;
        }
    }
    response->last = kept;
    return cf_add_header(response, name, value);
}

static bool cookie_text(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F || strchr("\",;\\", *text)) return false;
    return true;
}

cf_response *cf_set_cookie(cf_response *response, const cf_cookie *cookie)
{
    if (!response) return NULL;
    cf_exchange *x = response->exchange;
    const char  *path = cookie->path ? cookie->path : "/";
    if (!clean_name(cookie->name) || !cookie_text(cookie->value) || !cookie_text(path) ||
        (cookie->domain && !cookie_text(cookie->domain))) {
        cf_fail(x->rq.error, CF_ERR_MISUSE, "a cookie has a character that is not allowed");
        return NULL;
    }
    cf_buffer out = {.limit = 8192};
    cf_buffer_printf(&out, "%s=%s; Path=%s", cookie->name, cookie->value, path);
    if (cookie->domain) cf_buffer_printf(&out, "; Domain=%s", cookie->domain);
    if (cookie->max_age > 0) cf_buffer_printf(&out, "; Max-Age=%lld", (long long)cookie->max_age);
    if (cookie->max_age < 0) cf_buffer_text(&out, "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    if (!cookie->readable_by_scripts) cf_buffer_text(&out, "; HttpOnly");
    if (cookie->secure || x->rq.app->https) cf_buffer_text(&out, "; Secure");
    cf_buffer_text(&out, cookie->strict ? "; SameSite=Strict" : "; SameSite=Lax");
    if (out.failed) {
        cf_fail(x->rq.error, CF_ERR_LIMIT, "the cookie is longer than 8 KiB, or memory is exhausted");
        response = NULL;
    } else {
        response = cf_add_header(response, "Set-Cookie", out.data);
    }
    cf_buffer_free(&out);
    return response;
}

/* ---- reading -------------------------------------------------------------------------------- */

int cf_response_status(const cf_response *response)
{
    return response->status;
}

const char *cf_response_header(const cf_response *response, const char *name)
{
    for (const cf_header_line *h = response->headers; h; h = h->next)
        if (cf_equal_nocase(h->name, strlen(h->name), name, strlen(name))) return h->value;
    return NULL;
}

cf_bytes cf_response_body(const cf_response *response)
{
    if (response->fd >= 0) return (cf_bytes){NULL, (size_t)response->size};
    return (cf_bytes){cf_response_data(response), (size_t)response->size};
}
