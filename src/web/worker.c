/* A thread: its loop, its deadlines, its end. */
#include "web/server.h"

#include "base/memory.h"
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MILLISECONDS = 250 };

/* ---- deadlines ------------------------------------------------------------------------------ */

static void look_at_deadlines(cf_worker *w, int64_t now)
{
    w->looked = now;
    for (cf_connection *c = w->connections; c; c = c->next) {
        if (c->deadline > now) continue;
        bool slow = c->phase == CF_PHASE_HEAD || c->phase == CF_PHASE_BODY;
        cf_connection_cut(c, slow ? 408 : 0);
    }
    cf_door_deadlines(w, now);
}

/* ---- the loop ------------------------------------------------------------------------------- */

static int wait_milliseconds(const cf_worker *w)
{
    MHD_UNSIGNED_LONG_LONG own;
    int                    timeout = w->connection_count || w->visitor_count ? TICK_MILLISECONDS : -1;
    if (MHD_get_timeout(w->daemon, &own) == MHD_YES && (timeout < 0 || own < (MHD_UNSIGNED_LONG_LONG)timeout))
        timeout = (int)own;
    return timeout;
}

static void turn(cf_worker *w, int timeout)
{
    struct epoll_event events[64];
    int                count = epoll_wait(w->poll, events, 64, timeout);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &w->listener) {
            cf_door_open(w);
        } else if (events[i].data.ptr != &w->daemon && events[i].data.ptr != &w->wake) {
            cf_door_listen(w, events[i].data.ptr);
        }
    }
    MHD_run(w->daemon);
    int64_t now = cf_clock();
    if (now - w->looked >= TICK_MILLISECONDS * 1000) look_at_deadlines(w, now);
}

/* Nothing more is accepted; idle connections are told to end once what they have sent already is answered. */
static void wind_down(cf_worker *w)
{
    int64_t  end = cf_clock() + (int64_t)w->server->web->limits.stop_seconds * 1000000;
    uint64_t woken;
    if (read(w->wake, &woken, sizeof woken) < 0) woken = 0;
    cf_door_close(w);
    while (w->connection_count && cf_clock() < end) {
        for (cf_connection *c = w->connections; c; c = c->next)
            if (c->phase == CF_PHASE_IDLE) shutdown(c->fd, SHUT_RD);
        int timeout = wait_milliseconds(w);
        turn(w, timeout < 0 || timeout > 20 ? 20 : timeout);
    }
}

static void *loop(void *argument)
{
    cf_worker *w = argument;
    sigset_t   all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (!w->server->stopping) turn(w, wait_milliseconds(w));
    wind_down(w);
    MHD_stop_daemon(w->daemon);
    w->daemon = NULL;
    return NULL;
}

/* ---- begin and end -------------------------------------------------------------------------- */

/* Paths are decoded by the library; libmicrohttpd shall leave them alone. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

static bool start_daemon(cf_worker *w)
{
    const cf_limits *limits = &w->server->web->limits;
    unsigned         most = limits->connections / w->server->worker_count;
    /* What libmicrohttpd keeps for a connection, and clears for each request: no more than the limits need. */
    size_t memory = (size_t)limits->request_line + limits->headers + (size_t)limits->header_count * 80;
    w->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, cf_connection_request, w,
                                 MHD_OPTION_STRICT_FOR_CLIENT, 0, /* cf_guard_head() is stricter, and answers once */
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_LIMIT,
                                 most ? most : 1, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_UNESCAPE_CALLBACK,
                                 leave_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, cf_connection_line, w,
                                 MHD_OPTION_NOTIFY_COMPLETED, cf_connection_completed, w, MHD_OPTION_NOTIFY_CONNECTION,
                                 cf_connection_change, w, MHD_OPTION_END);
    return w->daemon != NULL;
}

static bool watch(int poll, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = mark}};
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool cf_worker_start(cf_worker *w, cf_error *error)
{
    w->poll = epoll_create1(EPOLL_CLOEXEC);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->poll < 0 || w->wake < 0 || !start_daemon(w))
        return cf_fail(error, CF_ERR_IO, "the server thread cannot be set up (%s)", strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || !watch(w->poll, info->epoll_fd, &w->daemon) || !watch(w->poll, w->wake, &w->wake) ||
        !watch(w->poll, w->listener, &w->listener))
        return cf_fail(error, CF_ERR_IO, "the server thread cannot wait for its sockets (%s)", strerror(errno));
    w->running = pthread_create(&w->thread, NULL, loop, w) == 0;
    return w->running || cf_fail(error, CF_ERR_IO, "the server thread cannot be started");
}

void cf_worker_join(cf_worker *w)
{
    if (w->running) pthread_join(w->thread, NULL);
    if (w->daemon) MHD_stop_daemon(w->daemon);
    while (w->slots) {
        cf_workspace *slot = w->slots;
        w->slots = slot->next;
        cf_workspace_free(slot);
        cf_mem_free(slot);
    }
    if (w->listener >= 0) close(w->listener);
    if (w->poll >= 0) close(w->poll);
    if (w->wake >= 0) close(w->wake);
}
