/* Pages for statuses from 400 on. */
#include "web/internal.h"

static const struct {
    int         status;
    const char *text;
} explanations[] = {
    {400, "The server could not understand this request."},
    {401, "Please log in to see this page."},
    {403, "You may not see this page."},
    {404, "There is no such page. If you typed the address, please check it."},
    {405, "This page cannot be used in that way."},
    {408, "The request took too long to arrive."},
    {413, "What was sent is larger than the server accepts."},
    {414, "The address is longer than the server accepts."},
    {415, "The server does not know this kind of content."},
    {416, "The requested part of the file does not exist."},
    {431, "The request carries more headers than the server accepts."},
    {500, "Something went wrong on the server. It has been noted in the log."},
    {503, "The server is busy. Please try again in a moment."},
};

static const char *explain(int status)
{
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (explanations[i].status == status) return explanations[i].text;
    return status < 500 ? "The server refused this request." : "The server could not answer this request.";
}

static void row(cf_buffer *out, const char *name, const char *value)
{
    if (!value || !*value) return;
    cf_buffer_text(out, "<tr><th>");
    cf_buffer_text(out, name);
    cf_buffer_text(out, "</th><td>");
    cf_buffer_html(out, value, strlen(value));
    cf_buffer_text(out, "</td></tr>\n");
}

/* What a developer wants to know; no headers, cookies, form values or environment, which may be secret. */
static void details(cf_buffer *out, const cf_request *rq, const cf_error *error)
{
    char line[32];
    cf_buffer_text(out, "<h2>For the developer</h2>\n<pre>");
    cf_buffer_html(out, error->message, strlen(error->message));
    cf_buffer_text(out, "</pre>\n<table>\n");
    row(out, "error", cf_code_name(error->code));
    row(out, "type", error->type);
    row(out, "file", error->file);
    if (error->line) {
        cf_buffer clean = {0};
        cf_buffer_int(&clean, error->line);
        if (!clean.failed && clean.size < sizeof line) row(out, "line", clean.data);
        cf_buffer_free(&clean);
    }
    row(out, "model", error->model);
    row(out, "table", error->table);
    row(out, "columns", error->columns);
    row(out, "constraint", error->constraint);
    row(out, "SQLSTATE", error->sqlstate);
    row(out, "request", rq->method_name);
    row(out, "path", rq->path);
    row(out, "endpoint", rq->endpoint);
    row(out, "handler", rq->route ? rq->route->handler_name : NULL);
    cf_buffer_text(out, "</table>\n<p>This part is shown in development only.</p>\n");
}

static cf_response *built_in(cf_exchange *x, int status, const char *message, const cf_error *error)
{
    cf_request *rq = &x->rq;
    cf_buffer  *page = &x->slot->page;
    size_t      start = page->size;
    const char *title = cf_status_text(status), *text = message ? message : explain(status);
    cf_buffer_printf(page,
                     "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%d %s</title>\n",
                     status, title);
    cf_buffer_printf(page, "</head>\n<body>\n<h1>%s</h1>\n<p>", title);
    cf_buffer_html(page, text, strlen(text));
    cf_buffer_text(page, "</p>\n");
    if (error && error->code && !rq->web->settings.production) details(page, rq, error);
    cf_buffer_text(page, "</body>\n</html>\n");
    if (page->failed) return NULL;
    cf_response *r = cf_response_new(rq, status, "text/html; charset=utf-8", NULL, page->size - start);
    if (r) {
        r->in_page = true;
        r->offset = start;
    }
    return r;
}

cf_response *cf_error_response(cf_exchange *x, int status, const char *message, const cf_error *error)
{
    cf_request          *rq = &x->rq;
    const cf_error_page *pages = rq->app->error_pages;
    if (message) rq->message = message;
    for (; pages && pages->handler && !x->in_error_page; pages++) {
        if (pages->status != status) continue;
        x->in_error_page = true; /* a page that fails must not lead to itself */
        cf_response *r = pages->handler(rq);
        x->in_error_page = false;
        if (r && r->status == 200) r->status = status;
        if (r) return r;
        cf_web_log(rq->web, "error: the page for status %d failed: %s", status, rq->error->message);
        break;
    }
    return built_in(x, status, message, error);
}
