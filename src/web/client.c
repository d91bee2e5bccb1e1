/* Requests to an application in the same process. */
#include <carafe/test.h>

#include "base/memory.h"
#include "base/text.h"
#include "web/coding.h"
#include "web/internal.h"
#include <stdio.h>
#include <unistd.h>

typedef struct kept_cookie {
    struct kept_cookie *next;
    char               *name, *value;
} kept_cookie;

struct cf_client {
    cf_web      *web;
    bool         owner;
    cf_workspace slot;
    cf_arena    *answer; /* what the last answer was */
    int          status;
    cf_buffer    body;
    cf_params    headers;
    kept_cookie *cookies;
    char         token[256];
};

/* ---- begin and end -------------------------------------------------------------------------- */

static cf_client *make_client(cf_web *web, bool owner)
{
    cf_client *client = cf_mem_zero(1, sizeof *client);
    if (!client) return NULL;
    client->web = web;
    client->owner = owner;
    client->answer = cf_arena_new(NULL, 0);
    if (!client->answer || !cf_workspace_init(&client->slot, web)) {
        client->owner = false;
        cf_client_free(client);
        return NULL;
    }
    return client;
}

static bool create_tables(cf_web *web, cf_error *error)
{
    cf_db *db = web->database ? cf_session(web->database) : NULL;
    if (!web->database || web->app->keep_tables) return true;
    bool created = db && cf_create_all(db);
    if (!created)
        cf_fail(error, db ? cf_error(db)->code : CF_ERR_MEMORY, "%s", db ? cf_error(db)->message : "out of memory");
    cf_close(db);
    return created;
}

cf_client *cf_client_open(const cf_app *app, const cf_program *program, const cf_settings *settings, cf_error *error)
{
    cf_error   own = {0}, *failed = error ? error : &own;
    cf_web    *web = cf_web_new(app, program, settings, failed);
    cf_client *client = web && create_tables(web, failed) ? make_client(web, true) : NULL;
    if (!client) cf_web_free(web);
    if (!client && !error) fprintf(stderr, "%s: %s\n", app->name, own.message);
    return client;
}

cf_client *cf_client_other(cf_client *client)
{
    return make_client(client->web, false);
}

cf_database *cf_client_database(cf_client *client)
{
    return client->web->database;
}

static void free_cookie(kept_cookie *cookie)
{
    cf_mem_free(cookie->name);
    cf_mem_free(cookie->value);
    cf_mem_free(cookie);
}

void cf_client_free(cf_client *client)
{
    if (!client) return;
    while (client->cookies) {
        kept_cookie *next = client->cookies->next;
        free_cookie(client->cookies);
        client->cookies = next;
    }
    cf_workspace_free(&client->slot);
    cf_buffer_free(&client->body);
    cf_arena_free(client->answer);
    if (client->owner) cf_web_free(client->web);
    cf_mem_free(client);
}

/* ---- cookies -------------------------------------------------------------------------------- */

bool cf_client_set_cookie(cf_client *client, const char *name, const char *value)
{
    kept_cookie **at = &client->cookies;
    while (*at && strcmp((*at)->name, name) != 0) at = &(*at)->next;
    if (*at) {
        kept_cookie *gone = *at;
        *at = gone->next;
        free_cookie(gone);
    }
    if (!value) return true;
    kept_cookie *made = cf_mem_zero(1, sizeof *made);
    if (!made) return false;
    made->name = cf_mem_copy(name);
    made->value = cf_mem_copy(value);
    if (!made->name || !made->value) {
        free_cookie(made);
        return false;
    }
    made->next = client->cookies;
    client->cookies = made;
    return true;
}

static bool keep_cookie(cf_client *client, const char *header)
{
    size_t size = strcspn(header, ";"), equals = strcspn(header, "=");
    if (equals >= size) return true;
    char *name = cf_arena_text(client->answer, header, equals);
    char *value = cf_arena_text(client->answer, header + equals + 1, size - equals - 1);
    if (!name || !value) return false;
    return cf_client_set_cookie(client, name, strstr(header + size, "Max-Age=0") ? NULL : value);
}

const char *cf_client_cookie(const cf_client *client, const char *name)
{
    for (const kept_cookie *c = client->cookies; c; c = c->next)
        if (strcmp(c->name, name) == 0) return c->value;
    return NULL;
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool add_cookies(cf_client *client, cf_arena *arena, cf_param_list *headers)
{
    cf_buffer text = {0};
    for (const kept_cookie *c = client->cookies; c; c = c->next)
        cf_buffer_printf(&text, "%s%s=%s", text.size ? "; " : "", c->name, c->value);
    char *copy = text.size ? cf_arena_text(arena, text.data, text.size) : NULL;
    bool  added = !text.size || (copy && cf_param_add(arena, headers, "Cookie", copy, text.size));
    cf_buffer_free(&text);
    return added;
}

static bool fill_head(cf_client *client, const cf_client_request *request, cf_head *head)
{
    cf_arena     *arena = client->slot.arena;
    cf_param_list headers = {.params = {.any_case = true}};
    const char   *question = strchr(request->target, '?');
    size_t        size = question ? (size_t)(question - request->target) : strlen(request->target);
    for (size_t i = 0; i < request->header_count; i++)
        if (!cf_param_add(arena, &headers, request->headers[i].name, request->headers[i].value,
                          strlen(request->headers[i].value)))
            return false;
    if (!cf_params_get(&headers.params, "Host") && !cf_param_add(arena, &headers, "Host", "localhost", 9)) return false;
    if (!cf_params_get(&headers.params, "Cookie") && !add_cookies(client, arena, &headers)) return false;
    char *target = cf_arena_text(arena, request->target, size);
    char *query = cf_arena_copy(arena, question ? question + 1 : "");
    *head = (cf_head){.method = request->method ? request->method : "GET",
                      .target = target,
                      .query = query,
                      .headers = headers.items,
                      .header_count = headers.params.count,
                      .remote = "127.0.0.1"};
    return target && query;
}

static bool take_file(cf_client *client, const cf_response *r)
{
    if (!cf_buffer_reserve(&client->body, (size_t)r->size + 1)) return false;
    while (client->body.size < r->size) {
        ssize_t n = pread(r->fd, client->body.data + client->body.size, (size_t)r->size - client->body.size,
                          (off_t)(r->offset + client->body.size));
        if (n <= 0) return false;
        client->body.size += (size_t)n;
    }
    client->body.data[client->body.size] = '\0';
    return true;
}

/* The value of the input named csrf_token, as it stands in the page. */
static void find_token(cf_client *client)
{
    const char *at = client->body.size ? strstr(client->body.data, "name=\"csrf_token\"") : NULL;
    const char *end = at ? strchr(at, '>') : NULL;
    const char *value = at ? strstr(at, "value=\"") : NULL;
    if (!value || value > end) return;
    value += 7;
    size_t size = strcspn(value, "\"");
    if (size >= sizeof client->token) return;
    memcpy(client->token, value, size);
    client->token[size] = '\0';
}

static bool take_answer(cf_client *client, const cf_response *r, bool head)
{
    cf_param_list headers = {.params = {.any_case = true}};
    client->status = r->status;
    for (const cf_header_line *h = r->headers; h; h = h->next) {
        char *name = cf_arena_copy(client->answer, h->name), *value = cf_arena_copy(client->answer, h->value);
        if (!name || !value || !cf_param_add(client->answer, &headers, name, value, strlen(value))) return false;
        if (cf_equal_nocase(name, strlen(name), "Set-Cookie", 10) && !keep_cookie(client, value)) return false;
    }
    client->headers = headers.params;
    if (head) return true;
    if (r->fd >= 0) return take_file(client, r);
    cf_buffer_add(&client->body, cf_response_data(r), (size_t)r->size);
    if (client->body.failed) return false;
    find_token(client);
    return true;
}

static bool hand_over(cf_exchange *x, const cf_client_request *request)
{
    size_t piece = request->piece ? request->piece : request->size;
    for (size_t at = 0; at < request->size; at += piece) {
        size_t left = request->size - at;
        if (!cf_exchange_body(x, (const char *)request->body + at, left < piece ? left : piece)) return false;
    }
    return true;
}

int cf_client_send(cf_client *client, const cf_client_request *request)
{
    cf_head head;
    cf_arena_reset(client->answer);
    cf_buffer_clear(&client->body);
    client->headers = (cf_params){.any_case = true};
    client->status = 0;
    cf_exchange *x = fill_head(client, request, &head) ? cf_exchange_begin(client->web, &client->slot, &head) : NULL;
    if (!x) {
        cf_arena_reset(client->slot.arena);
        return 0;
    }
    if (!x->refuse) hand_over(x, request);
    cf_response *r = cf_exchange_answer(x);
    cf_exchange_log(x, r, r ? r->status : 500);
    if (!r || !take_answer(client, r, strcmp(head.method, "HEAD") == 0)) client->status = 0;
    cf_exchange_end(x);
    return client->status;
}

int cf_client_get(cf_client *client, const char *target)
{
    return cf_client_send(client, &(cf_client_request){.target = target});
}

int cf_client_post(cf_client *client, const char *target, ...)
{
    cf_buffer   body = {0};
    bool        token = false;
    va_list     pairs;
    const char *name;
    va_start(pairs, target);
    while ((name = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        if (!value) break;
        token |= strcmp(name, "csrf_token") == 0;
        if (body.size) cf_buffer_char(&body, '&');
        cf_percent_query(&body, name, strlen(name));
        cf_buffer_char(&body, '=');
        cf_percent_query(&body, value, strlen(value));
    }
    va_end(pairs);
    if (!token && *client->token) {
        cf_buffer_text(&body, body.size ? "&csrf_token=" : "csrf_token=");
        cf_percent_query(&body, client->token, strlen(client->token));
    }
    const cf_param    type = {"Content-Type", "application/x-www-form-urlencoded", 33};
    cf_client_request request = {
        .method = "POST", .target = target, .headers = &type, .header_count = 1, .body = body.data, .size = body.size};
    int status = body.failed ? 0 : cf_client_send(client, &request);
    cf_buffer_free(&body);
    return status;
}

const char *cf_client_follow(cf_client *client)
{
    const char *location = client->status >= 300 && client->status < 400 ? cf_client_header(client, "Location") : NULL;
    char       *target = location ? cf_mem_copy(location) : NULL;
    if (!target) return "";
    cf_client_get(client, target);
    cf_mem_free(target);
    return cf_client_body(client);
}

/* ---- the answer ----------------------------------------------------------------------------- */

int cf_client_status(const cf_client *client)
{
    return client->status;
}

const char *cf_client_body(const cf_client *client)
{
    return client->body.size ? client->body.data : "";
}

size_t cf_client_size(const cf_client *client)
{
    return client->body.size;
}

const char *cf_client_header(const cf_client *client, const char *name)
{
    return cf_params_get(&client->headers, name);
}

const char *cf_client_token(const cf_client *client)
{
    return client->token;
}

cf_web *cf_client_web(cf_client *client)
{
    return client->web;
}
