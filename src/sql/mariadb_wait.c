/* MariaDB: the client library's non-blocking calls, so that a server that hangs cannot hang us. */
#include "sql/mariadb.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int64_t cf_mariadb_deadline(const cf_mariadb_conn *conn)
{
    int ms = conn->base.deadline_ms;
    /* The server is to end the statement first: then the connection stays good. */
    return cf_deadline(ms ? ms + (ms < 1000 ? ms / 4 + 1 : 250) : 0);
}

void cf_mariadb_drop(cf_mariadb_conn *conn)
{
    conn->base.broken = true;
    if (!conn->my) return;
    /* Without a socket the library's farewell cannot wait either. */
    my_socket socket = mysql_get_socket(conn->my);
    if (socket >= 0) shutdown(socket, SHUT_RDWR);
    mysql_close(conn->my);
    conn->my = NULL;
}

bool cf_mariadb_wait(cf_mariadb_conn *conn, int *status, int64_t deadline, cf_error *error)
{
    struct pollfd fd = {.fd = mysql_get_socket(conn->my)};
    if (*status & MYSQL_WAIT_READ) fd.events |= POLLIN;
    if (*status & MYSQL_WAIT_WRITE) fd.events |= POLLOUT;
    if (*status & MYSQL_WAIT_EXCEPT) fd.events |= POLLPRI;
    int n;
    do n = poll(&fd, 1, cf_deadline_left(deadline));
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        *status = (fd.revents & (POLLIN | POLLHUP | POLLERR) ? MYSQL_WAIT_READ : 0) |
                  (fd.revents & (POLLOUT | POLLERR) ? MYSQL_WAIT_WRITE : 0) |
                  (fd.revents & POLLPRI ? MYSQL_WAIT_EXCEPT : 0);
        return true;
    }
    bool open = conn->base.committing;
    cf_fail(error, open ? CF_ERR_UNKNOWN_OUTCOME : CF_ERR_TIMEOUT, "%s: no %s within %d ms%s", conn->base.pool->shown,
            conn->connecting ? "connection" : "answer",
            conn->connecting ? conn->base.pool->settings.connect_ms : conn->base.deadline_ms,
            open ? "; it may have been done all the same" : "");
    cf_mariadb_drop(conn);
    return false;
}

/* Rows of a plain statement are read and forgotten. */
static bool drop_rows(cf_mariadb_conn *conn, int64_t deadline, int64_t *changes, cf_error *error)
{
    MYSQL_RES *rows = NULL;
    bool       ok;
    CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_store_result_start(&rows, conn->my),
                     mysql_store_result_cont(&rows, conn->my, status));
    if (!ok) return false;
    if (!rows && mysql_field_count(conn->my) > 0) return cf_mariadb_fail(conn, NULL, error);
    if (changes) *changes = rows ? (int64_t)mysql_num_rows(rows) : (int64_t)mysql_affected_rows(conn->my);
    mysql_free_result(rows);
    return true;
}

bool cf_mariadb_simple(cf_mariadb_conn *conn, const char *text, size_t size, int64_t *changes, cf_error *error)
{
    int64_t deadline = cf_mariadb_deadline(conn);
    int     failed = 0;
    bool    ok;
    CF_MARIADB_AWAIT(ok, conn, deadline, error, mysql_real_query_start(&failed, conn->my, text, (unsigned long)size),
                     mysql_real_query_cont(&failed, conn->my, status));
    if (!ok) return false;
    if (failed) return cf_mariadb_fail(conn, NULL, error);
    return drop_rows(conn, deadline, changes, error);
}

bool cf_mariadb_tell_deadline(cf_mariadb_conn *conn, cf_error *error)
{
    char text[64];
    int  ms = conn->base.deadline_ms, size;
    if (conn->server_deadline == ms) return true;
    if (conn->base.mysql) size = snprintf(text, sizeof text, "SET max_execution_time=%d", ms);
    else size = snprintf(text, sizeof text, "SET max_statement_time=%d.%03d", ms / 1000, ms % 1000);
    if (!cf_mariadb_simple(conn, text, (size_t)size, NULL, error)) return false;
    conn->server_deadline = ms;
    return true;
}
