/*
 * "hello, world" with libmicrohttpd alone: as many threads with external epoll loops and sockets of their own as
 * Carafe has, the answer ready made. What the web layer's own cost is measured against. Usage: limit PORT THREADS
 */
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static struct MHD_Response *response;

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **context)
{
    static int begun;
    (void)cls, (void)url, (void)method, (void)version, (void)data, (void)size;
    if (!*context) {
        *context = &begun;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static int listen_at(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int                on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0) abort();
    return fd;
}

static void *loop(void *argument)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_SOCKET,
                                                 (MHD_socket)(intptr_t)argument, MHD_OPTION_END);
    if (!daemon) abort();
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event          event = {.events = EPOLLIN};
    int                         poll = epoll_create1(0);
    epoll_ctl(poll, EPOLL_CTL_ADD, info->epoll_fd, &event);
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait;
        int                    timeout = MHD_get_timeout(daemon, &wait) == MHD_YES ? (int)wait : -1;
        epoll_wait(poll, &event, 1, timeout);
        MHD_run(daemon);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 18080, threads = argc > 2 ? atoi(argv[2]) : 2;
    response = MHD_create_response_from_buffer(13, (void *)"hello, world\n", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "SAMEORIGIN");
    MHD_add_response_header(response, "Referrer-Policy", "same-origin");
    MHD_add_response_header(
        response, "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; style-src 'self' https:; font-src 'self' https: data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'");
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, loop, (void *)(intptr_t)listen_at(port)) != 0) abort();
    }
    pthread_exit(NULL);
}
