/* Listening, starting the threads, stopping them. */
#include "web/server.h"

#include "base/memory.h"
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS_MOST = 256 };

static int open_socket(const struct addrinfo *address, bool shared)
{
    int on = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) goto failed;
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0) goto failed;
    if (shared && listen(fd, SOMAXCONN) != 0) goto failed;
    return fd;
failed:;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr     any;
        struct sockaddr_in  v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) != 0) return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static void set_port(struct addrinfo *address, uint16_t port)
{
    if (address->ai_family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)address->ai_addr)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)(void *)address->ai_addr)->sin_port = htons(port);
    }
}

/*
 * Each thread has a socket of its own on the same port. First one without sharing is tried: else two
 * servers on the same port would quietly divide the requests between them.
 */
static bool listen_all(cf_server *server, struct addrinfo *address)
{
    int probe = open_socket(address, false);
    if (probe < 0) return false;
    server->port = port_of(probe);
    close(probe);
    set_port(address, server->port);
    for (unsigned i = 0; i < server->worker_count; i++) {
        server->workers[i].listener = open_socket(address, true);
        if (server->workers[i].listener < 0) return false;
    }
    return true;
}

static bool open_listeners(cf_server *server, cf_error *error)
{
    const cf_settings *settings = &server->web->settings;
    const char        *host = settings->host ? settings->host : "127.0.0.1";
    char               port[8];
    struct addrinfo    hints = {
           .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    snprintf(port, sizeof port, "%u", settings->port);
    int status = getaddrinfo(host, port, &hints, &found);
    if (status != 0) return cf_fail(error, CF_ERR_NAME, "the host '%s' is not known: %s", host, gai_strerror(status));
    bool listening = listen_all(server, found);
    if (!listening) {
        const char *what =
            errno == EADDRINUSE ? "another program listens there; choose another --port" : strerror(errno);
        cf_fail(error, CF_ERR_IO, "cannot listen at %s port %s: %s", host, port, what);
    }
    freeaddrinfo(found);
    return listening;
}

/* SQLite wants a thread a processor; a database server is waited for, so that more threads pay. */
static unsigned thread_count(const cf_web *web)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (web->settings.threads) return web->settings.threads < THREADS_MOST ? web->settings.threads : THREADS_MOST;
    if (processors < 1) processors = 1;
    bool     waits = web->database && !cf_database_file(web->database);
    unsigned count = (unsigned)processors * (waits ? 4 : 1);
    if (count < 2) count = 2;
    return count < THREADS_MOST ? count : THREADS_MOST;
}

cf_server *cf_server_start(cf_web *web, cf_error *error)
{
    cf_server *server = cf_mem_zero(1, sizeof *server);
    unsigned   count = thread_count(web);
    if (server) server->workers = cf_mem_zero(count, sizeof *server->workers);
    if (!server || !server->workers) {
        cf_mem_free(server);
        cf_fail(error, CF_ERR_MEMORY, "out of memory for the server");
        return NULL;
    }
    server->web = web;
    server->worker_count = count;
    for (unsigned i = 0; i < count; i++) {
        cf_worker *w = &server->workers[i];
        w->server = server;
        w->listener = w->poll = w->wake = -1;
    }
    bool started = open_listeners(server, error);
    for (unsigned i = 0; i < count && started; i++) started = cf_worker_start(&server->workers[i], error);
    if (started) return server;
    cf_server_stop(server);
    return NULL;
}

uint16_t cf_server_port(const cf_server *server)
{
    return server->port;
}

void cf_server_stop(cf_server *server)
{
    uint64_t one = 1;
    if (!server) return;
    server->stopping = true;
    for (unsigned i = 0; i < server->worker_count; i++)
        if (server->workers[i].running && write(server->workers[i].wake, &one, sizeof one) < 0) continue;
    for (unsigned i = 0; i < server->worker_count; i++) cf_worker_join(&server->workers[i]);
    cf_mem_free(server->workers);
    cf_mem_free(server);
}
