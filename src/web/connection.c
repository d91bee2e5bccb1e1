/* One connection: requests as libmicrohttpd hands them over, piece by piece. */
#include "web/server.h"

#include "base/memory.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MICROSECONDS = 2000000, LINGER_BYTES = 4 << 20, SLOTS_KEPT = 64 };

static int64_t in_seconds(uint32_t seconds)
{
    return cf_clock() + (int64_t)seconds * 1000000;
}

/* ---- connections ---------------------------------------------------------------------------- */

static void set_remote(cf_connection *c, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr          *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, c->remote, sizeof c->remote);
    if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, c->remote,
                  sizeof c->remote);
}

static void connection_start(cf_worker *worker, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    cf_connection                  *c = cf_mem_zero(1, sizeof *c);
    *context = c;
    if (!c) return;
    c->worker = worker;
    c->fd = info ? info->connect_fd : -1;
    c->deadline = in_seconds(worker->server->web->limits.header_seconds);
    set_remote(c, mhd);
    c->next = worker->connections;
    if (c->next) c->next->previous = c;
    worker->connections = c;
    worker->connection_count++;
}

static void connection_end(cf_connection *c)
{
    cf_worker *worker = c->worker;
    cf_connection_finish(c);
    if (c->previous) {
        c->previous->next = c->next;
    } else {
        worker->connections = c->next;
    }
    if (c->next) c->next->previous = c->previous;
    worker->connection_count--;
    cf_mem_free(c);
}

void cf_connection_change(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_start(cls, mhd, context);
    } else if (*context) {
        connection_end(*context);
        *context = NULL;
    }
}

static cf_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- slots ---------------------------------------------------------------------------------- */

static cf_workspace *take_slot(cf_worker *worker)
{
    cf_workspace *slot = worker->slots;
    if (slot) {
        worker->slots = slot->next;
        worker->slot_count--;
        return slot;
    }
    slot = cf_mem_alloc(sizeof *slot);
    if (slot && !cf_workspace_init(slot, worker->server->web)) {
        cf_mem_free(slot);
        slot = NULL;
    }
    return slot;
}

static void give_slot(cf_worker *worker, cf_workspace *slot)
{
    if (worker->slot_count >= SLOTS_KEPT) {
        cf_workspace_free(slot);
        cf_mem_free(slot);
        return;
    }
    slot->next = worker->slots;
    worker->slots = slot;
    worker->slot_count++;
}

void cf_connection_finish(cf_connection *c)
{
    if (!c->slot) return;
    if (c->exchange) {
        cf_exchange_end(c->exchange);
    } else {
        cf_arena_reset(c->slot->arena);
    }
    give_slot(c->worker, c->slot);
    c->slot = NULL;
    c->exchange = NULL;
    c->response = NULL;
    c->target = NULL;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* Straight into the socket: no answer has been begun on it. */
static void send_by_hand(cf_connection *c, int status, const cf_response *r)
{
    cf_buffer out = {.limit = 1u << 20};
    cf_buffer_printf(&out, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %llu\r\n", status,
                     cf_status_text(status), (unsigned long long)(r && r->fd < 0 ? r->size : 0));
    for (const cf_header_line *h = r ? r->headers : NULL; h; h = h->next)
        if (strcmp(h->name, "Connection") != 0) cf_buffer_printf(&out, "%s: %s\r\n", h->name, h->value);
    cf_buffer_text(&out, "\r\n");
    if (r && r->fd < 0 && r->size) cf_buffer_add(&out, cf_response_data(r), (size_t)r->size);
    if (!out.failed && send(c->fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        /* the client is gone or does not read: nothing more can be said */
    }
    cf_buffer_free(&out);
}

void cf_connection_cut(cf_connection *c, int status)
{
    if (status) send_by_hand(c, status, NULL);
    shutdown(c->fd, SHUT_RDWR);
    c->phase = CF_PHASE_LINGER;
    c->deadline = INT64_MAX;
}

/* Refuse while a body is still coming: answer now, then read on for a while so that the client can read the answer. */
static enum MHD_Result refuse_now(cf_connection *c)
{
    cf_exchange *x = c->exchange;
    cf_response *r = cf_exchange_answer(x);
    send_by_hand(c, r ? r->status : 500, r);
    cf_exchange_log(x, r, r ? r->status : 500);
    shutdown(c->fd, SHUT_WR);
    c->phase = CF_PHASE_LINGER;
    c->deadline = cf_clock() + LINGER_MICROSECONDS;
    return MHD_YES;
}

static struct MHD_Response *make_response(const cf_response *r)
{
    if (r->fd >= 0) {
        int                  fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3);
        struct MHD_Response *mhd = fd >= 0 ? MHD_create_response_from_fd_at_offset64(r->size, fd, r->offset) : NULL;
        if (!mhd && fd >= 0) close(fd);
        return mhd;
    }
    return MHD_create_response_from_buffer((size_t)r->size, (void *)(uintptr_t)cf_response_data(r),
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue(cf_connection *c, struct MHD_Connection *mhd, const cf_response *r)
{
    struct MHD_Response *response = r ? make_response(r) : NULL;
    int                  status = r ? r->status : 500;
    if (!response) response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    bool added = true;
    for (const cf_header_line *h = r ? r->headers : NULL; h; h = h->next)
        added = added && MHD_add_response_header(response, h->name, h->value) == MHD_YES;
    if (c->worker->server->stopping && !(r && cf_response_header(r, "Connection")))
        MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = added ? MHD_queue_response(mhd, (unsigned)status, response) : MHD_NO;
    MHD_destroy_response(response);
    c->phase = CF_PHASE_SEND;
    c->deadline = in_seconds(c->worker->server->web->limits.send_seconds);
    if (c->exchange) cf_exchange_log(c->exchange, r, status);
    return result;
}

/* ---- requests ------------------------------------------------------------------------------- */

void *cf_connection_line(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    cf_connection *c = connection_of(mhd);
    (void)cls;
    if (!c) return NULL;
    cf_connection_finish(c);
    c->slot = take_slot(c->worker);
    c->target = c->slot ? cf_arena_copy(c->slot->arena, uri) : NULL;
    c->phase = CF_PHASE_HEAD;
    c->deadline = in_seconds(c->worker->server->web->limits.header_seconds);
    c->requests++;
    return c;
}

static bool has_body(const cf_head *head)
{
    cf_params   params = {head->header_count, head->headers, true};
    const char *length = cf_params_get(&params, "Content-Length");
    return cf_params_get(&params, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

static bool expects(const cf_head *head)
{
    cf_params params = {head->header_count, head->headers, true};
    return cf_params_get(&params, "Expect") != NULL;
}

/* The head has arrived. */
static enum MHD_Result begin(cf_connection *c, struct MHD_Connection *mhd, const char *method, const char *version)
{
    cf_web *web = c->worker->server->web;
    cf_head head = {.method = method, .remote = c->remote};
    if (!c->target) return queue(c, mhd, NULL);
    head.refuse = cf_guard_head(mhd, c->slot->arena, &web->limits, method, c->target, version, &head);
    const char *question = strchr(c->target, '?');
    head.target = c->target;
    head.query = "";
    if (question) {
        head.target = cf_arena_text(c->slot->arena, c->target, (size_t)(question - c->target));
        head.query = question + 1;
    }
    c->exchange = head.target ? cf_exchange_begin(web, c->slot, &head) : NULL;
    if (!c->exchange) return queue(c, mhd, NULL);
    c->phase = CF_PHASE_BODY;
    c->deadline = in_seconds(web->limits.body_seconds);
    if (!c->exchange->refuse) return MHD_YES;
    if (has_body(&head) && !expects(&head)) return refuse_now(c);
    c->response = cf_exchange_answer(c->exchange);
    if (head.refuse && c->response) c->response = cf_set_header(c->response, "Connection", "close");
    return queue(c, mhd, c->response);
}

enum MHD_Result cf_connection_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *data, size_t *size, void **context)
{
    cf_connection *c = *context;
    (void)cls;
    (void)url;
    if (!c) return MHD_NO;
    if (c->phase == CF_PHASE_HEAD) return begin(c, mhd, method, version);
    if (c->phase == CF_PHASE_LINGER) {
        c->thrown += *size;
        if (*size == 0 || c->thrown > LINGER_BYTES) return MHD_NO;
        *size = 0;
        return MHD_YES;
    }
    if (!c->exchange) return MHD_NO;
    if (*size) {
        bool taken = cf_exchange_body(c->exchange, data, *size);
        *size = 0;
        return taken ? MHD_YES : refuse_now(c);
    }
    c->response = cf_exchange_answer(c->exchange);
    return queue(c, mhd, c->response);
}

void cf_connection_completed(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    cf_connection *c = *context;
    (void)cls;
    (void)mhd;
    (void)code;
    if (!c) return;
    cf_connection_finish(c);
    if (c->phase != CF_PHASE_LINGER) {
        c->phase = CF_PHASE_IDLE;
        c->deadline = in_seconds(c->worker->server->web->limits.idle_seconds);
    }
}
