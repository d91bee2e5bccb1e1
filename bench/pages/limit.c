/*
 * The page of examples/users by hand: libmicrohttpd, one prepared statement, text put together with memcpy.
 * What Carafe's own cost is measured against. Usage: limit PORT FILE
 */
#include <microhttpd.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct page {
    char  *text;
    size_t size, room;
} page;

static sqlite3      *database;
static sqlite3_stmt *statement;

static void add(page *p, const char *text, size_t size)
{
    if (p->size + size > p->room) {
        p->room = (p->size + size) * 2;
        p->text = realloc(p->text, p->room);
        if (!p->text) abort();
    }
    memcpy(p->text + p->size, text, size);
    p->size += size;
}
#define ADD(p, literal) add((p), "" literal, sizeof literal - 1)

/* Runs without markup are copied whole. */
static void add_escaped(page *p, const char *text, size_t size)
{
    static const struct {
        const char *text;
        size_t      size;
    } entities[256] = {
        ['&'] = {"&amp;", 5}, ['<'] = {"&lt;", 4}, ['>'] = {"&gt;", 4}, ['"'] = {"&#34;", 5}, ['\''] = {"&#39;", 5},
    };
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!entities[c].size) continue;
        add(p, text + from, i - from);
        add(p, entities[c].text, entities[c].size);
        from = i + 1;
    }
    add(p, text + from, size - from);
}

static void add_cell(page *p, int column)
{
    ADD(p, "                <td>");
    add_escaped(p, (const char *)sqlite3_column_text(statement, column),
                (size_t)sqlite3_column_bytes(statement, column));
    ADD(p, "</td>\n");
}

static void build(page *p)
{
    ADD(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n    <meta charset=\"utf-8\">\n"
           "    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n    <title>Users</title>\n"
           "    <link rel=\"icon\" href=\"data:,\">\n    <link rel=\"stylesheet\" "
           "href=\"/static/css/style.css\">\n</head>\n"
           "<body>\n    <main>\n        \n    <header>\n        <h1>Users</h1>\n"
           "        <a class=\"button\" href=\"/add\">Add User</a>\n    </header>\n    <table>\n        <thead>\n"
           "            <tr><th>ID</th><th>Name</th><th>Email</th><th>Created at (UTC)</th></tr>\n        </thead>\n"
           "        <tbody>\n");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        ADD(p, "        \n            <tr>\n");
        for (int column = 0; column < 4; column++) add_cell(p, column);
        ADD(p, "            </tr>\n");
    }
    sqlite3_reset(statement);
    ADD(p, "        \n        </tbody>\n    </table>\n\n    </main>\n</body>\n</html>");
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state)
{
    static int   begun;
    page         p = {NULL, 0, 0};
    unsigned int status = strcmp(url, "/") == 0 ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND;
    (void)context, (void)method, (void)version, (void)data, (void)size;
    if (!*state) {
        *state = &begun;
        return MHD_YES;
    }
    if (status == MHD_HTTP_OK) build(&p);
    struct MHD_Response *response = MHD_create_response_from_buffer(p.size, p.text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "text/html; charset=utf-8");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    sigset_t wanted;
    int      number;
    if (argc != 3) return 2;
    if (sqlite3_open_v2(argv[2], &database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, "select id, name, email, substr(created_at, 1, 19) from user order by id", -1,
                           &statement, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        return 1;
    }
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)atoi(argv[1]), NULL, NULL,
                                                 answer, NULL, MHD_OPTION_END);
    if (!daemon) return 1;
    sigwait(&wanted, &number);
    MHD_stop_daemon(daemon);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return 0;
}
