/* The server over libmicrohttpd: threads, each with a loop, a listening socket and its connections. */
#ifndef CARAFE_WEB_SERVER_H
#define CARAFE_WEB_SERVER_H

#include "web/internal.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct cf_worker  cf_worker;
typedef struct cf_visitor cf_visitor; /* accepted, first request line not complete */

typedef enum cf_phase {
    CF_PHASE_IDLE,  /* between requests */
    CF_PHASE_HEAD,  /* the request line is there */
    CF_PHASE_BODY,  /* the head is there */
    CF_PHASE_SEND,  /* the answer is given to libmicrohttpd */
    CF_PHASE_LINGER /* refused by hand: what still comes is thrown away */
} cf_phase;

/* A client's connection. */
typedef struct cf_connection {
    cf_worker            *worker;
    struct cf_connection *previous, *next;
    int                   fd;
    cf_phase              phase;
    int64_t               deadline; /* microseconds, of the phase */
    unsigned              requests;
    uint64_t              thrown;
    cf_workspace         *slot;
    cf_exchange          *exchange;
    cf_response          *response;
    const char           *target; /* as it was sent, with the query; in the slot's arena */
    char                  remote[INET6_ADDRSTRLEN];
} cf_connection;

struct cf_worker {
    cf_server         *server;
    struct MHD_Daemon *daemon;
    pthread_t          thread;
    int                poll, wake; /* epoll of this thread; event to be woken by */
    int                listener;
    bool               running;
    cf_workspace      *slots; /* free ones */
    size_t             slot_count;
    cf_connection     *connections;
    size_t             connection_count;
    cf_visitor        *visitors;
    size_t             visitor_count;
    int64_t            looked; /* when deadlines were looked at */
};

struct cf_server {
    cf_web     *web;
    cf_worker  *workers;
    unsigned    worker_count;
    uint16_t    port;
    atomic_bool stopping;
};

/** Start the daemon and the thread of a worker whose listener is open. */
bool cf_worker_start(cf_worker *worker, cf_error *error);
/** Wait for the thread after stopping was set, and free all. */
void cf_worker_join(cf_worker *worker);

/* The door (door.c). */
int  cf_door_check(const char *data, size_t size, size_t limit);
void cf_door_open(cf_worker *worker);
bool cf_door_listen(cf_worker *worker, cf_visitor *visitor);
void cf_door_deadlines(cf_worker *worker, int64_t now);
void cf_door_close(cf_worker *worker);

/* Callbacks for libmicrohttpd (connection.c). */
void           *cf_connection_line(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result cf_connection_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *data, size_t *size, void **context);
void            cf_connection_completed(void *cls, struct MHD_Connection *mhd, void **context,
                                        enum MHD_RequestTerminationCode code);
void            cf_connection_change(void *cls, struct MHD_Connection *mhd, void **context,
                                     enum MHD_ConnectionNotificationCode code);
/** Give back what the request holds. */
void cf_connection_finish(cf_connection *c);
/** Answer by hand and close: for a client that is too slow to be answered in order. */
void cf_connection_cut(cf_connection *c, int status);

/**
 * Is the head of the request framed as RFC 9112 wants it, without anything that servers understand
 * differently? Collects the headers in the arena.
 * @return 0, or the status to refuse with
 */
int cf_guard_head(struct MHD_Connection *mhd, cf_arena *arena, const cf_limits *limits, const char *method,
                  const char *target, const char *version, cf_head *head);

#endif
