/*
 * The door: connections are accepted here and handed to libmicrohttpd when their first request line is
 * there and is one. It would close on others without a word, and keeps 32 KiB for each connection, which
 * those who never say anything shall not have.
 */
#include "web/server.h"

#include "base/memory.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PEEK = 16384 + 512, ACCEPT_AT_ONCE = 64 };

struct cf_visitor {
    cf_visitor             *previous, *next;
    int                     fd;
    bool                    spoke, watched;
    int64_t                 deadline;
    socklen_t               size;
    struct sockaddr_storage address;
};

/* ---- what is said --------------------------------------------------------------------------- */

static bool one_of(unsigned char c, const char *set)
{
    return c && strchr(set, c);
}

/* "METHOD SP target SP HTTP/1.x CR" */
static int check_line(const char *line, size_t size)
{
    size_t at = 0;
    while (at < size && (unsigned char)line[at] > ' ' && (unsigned char)line[at] < 0x7F &&
           !one_of((unsigned char)line[at], "()<>@,;:\\\"/[]?={}"))
        at++;
    if (at == 0 || at > 40 || at == size || line[at] != ' ') return 400;
    size_t target = ++at;
    while (at < size && (unsigned char)line[at] > ' ' && line[at] != 0x7F) at++;
    if (at == target || at == size || line[at] != ' ') return 400;
    at++;
    if (size - at != 9 || memcmp(line + at, "HTTP/", 5) != 0 || line[at + 6] != '.' || line[size - 1] != '\r' ||
        line[at + 5] < '0' || line[at + 5] > '9' || line[at + 7] < '0' || line[at + 7] > '9')
        return 400;
    return line[at + 5] == '1' ? 0 : 505;
}

/* A Content-Length that is no number: libmicrohttpd would answer it twice. Only looked for where the head is complete. */
static int check_length(const char *head, size_t size)
{
    for (const char *line = head, *end = head + size; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop || stop == line || (stop == line + 1 && *line == '\r')) return 0;
        if (stop - line > 15 && cf_equal_nocase(line, 15, "content-length:", 15)) {
            const char *c = line + 15, *last = stop - (stop[-1] == '\r');
            while (c < last && (*c == ' ' || *c == '\t')) c++;
            if (c == last || last - c > 18) return 400;
            for (; c < last; c++)
                if (*c < '0' || *c > '9') return 400;
        }
        line = stop + 1;
    }
    return 0;
}

/** 0: let it in; -1: more is needed; else the status to refuse with. */
int cf_door_check(const char *data, size_t size, size_t limit)
{
    size_t start = 0;
    if (size >= 2 && data[0] == '\r' && data[1] == '\n') start = 2; /* RFC 9112, 2.2: one empty line is ignored */
    const char *end = size > start ? memchr(data + start, '\n', size - start) : NULL;
    if (!end) return size - start > limit ? 414 : -1;
    size_t line = (size_t)(end - data) - start;
    if (line > limit) return 414;
    int status = check_line(data + start, line);
    return status ? status : check_length(end + 1, size - start - line - 1);
}

/* ---- visitors ------------------------------------------------------------------------------- */

static void dismiss(cf_worker *w, cf_visitor *v, int status)
{
    char answer[256];
    if (status) {
        const char *text = cf_status_text(status);
        int         size = snprintf(answer, sizeof answer,
                                    "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                            "Content-Length: %zu\r\n\r\n%s\n",
                                    status, text, strlen(text) + 1, text);
        if (send(v->fd, answer, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) shutdown(v->fd, SHUT_WR);
        char rest[4096]; /* an answer is lost to the client when unread bytes are left behind */
        for (int i = 0; i < 64 && recv(v->fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++) continue;
    }
    if (v->fd >= 0) close(v->fd); /* takes it out of epoll, too */
    if (v->previous) {
        v->previous->next = v->next;
    } else {
        w->visitors = v->next;
    }
    if (v->next) v->next->previous = v->previous;
    w->visitor_count--;
    cf_mem_free(v);
}

static void let_in(cf_worker *w, cf_visitor *v)
{
    if (v->watched) epoll_ctl(w->poll, EPOLL_CTL_DEL, v->fd, NULL);
    MHD_add_connection(w->daemon, v->fd, (struct sockaddr *)(void *)&v->address, v->size);
    v->fd = -1; /* libmicrohttpd has it now, or has closed it */
    dismiss(w, v, 0);
}

/** Something may have come. True: the visitor is gone, inside or out. */
bool cf_door_listen(cf_worker *w, cf_visitor *v)
{
    char    data[PEEK];
    ssize_t size = recv(v->fd, data, sizeof data, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
        dismiss(w, v, v->spoke && size == 0 ? 400 : 0);
        return true;
    }
    v->spoke = true;
    int status = cf_door_check(data, (size_t)size, w->server->web->limits.request_line);
    if (status < 0) return false;
    if (status == 0) {
        let_in(w, v);
    } else {
        dismiss(w, v, status);
    }
    return true;
}

static void welcome(cf_worker *w, int fd, const struct sockaddr_storage *address, socklen_t size, bool full)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
    cf_visitor        *v = full ? NULL : cf_mem_zero(1, sizeof *v);
    if (!v) {
        close(fd);
        return;
    }
    v->fd = fd;
    v->size = size;
    memcpy(&v->address, address, size);
    v->deadline = cf_clock() + (int64_t)w->server->web->limits.header_seconds * 1000000;
    v->next = w->visitors;
    if (v->next) v->next->previous = v;
    w->visitors = v;
    w->visitor_count++;
    if (cf_door_listen(w, v)) return;
    event.data.ptr = v; /* what has come since is reported at once */
    v->watched = epoll_ctl(w->poll, EPOLL_CTL_ADD, fd, &event) == 0;
    if (!v->watched) dismiss(w, v, 0);
}

/** Accept who waits. */
void cf_door_open(cf_worker *w)
{
    size_t most = w->server->web->limits.connections / w->server->worker_count + 1;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage address;
        socklen_t               size = sizeof address;
        int fd = accept4(w->listener, (struct sockaddr *)(void *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        welcome(w, fd, &address, size, w->visitor_count + w->connection_count >= most);
    }
}

void cf_door_deadlines(cf_worker *w, int64_t now)
{
    for (cf_visitor *v = w->visitors, *next; v; v = next) {
        next = v->next;
        if (v->deadline <= now) dismiss(w, v, v->spoke ? 408 : 0);
    }
}

/** Nobody more is let in: who has spoken in full is, others are dismissed. */
void cf_door_close(cf_worker *w)
{
    cf_door_open(w);
    for (cf_visitor *v = w->visitors, *next; v; v = next) {
        next = v->next;
        cf_door_listen(w, v);
    }
    while (w->visitors) dismiss(w, w->visitors, 0);
    if (w->listener >= 0) close(w->listener);
    w->listener = -1;
}
