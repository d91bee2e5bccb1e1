/* PostgreSQL: connections and transactions. */
#include "sql/postgres.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define MOST_NAMES 64

typedef struct names {
    const char *name[MOST_NAMES + 1], *value[MOST_NAMES + 1];
    int         count;
} names;

static void add(names *n, const char *name, const char *value)
{
    if (!value || n->count == MOST_NAMES) return;
    n->name[n->count] = name;
    n->value[n->count++] = value;
}

/* Several `host=` options, as SQLAlchemy writes several hosts, become libpq's one list; `host=h:5433` names a port, too. */
static void add_hosts(cf_pool *pool, names *n)
{
    cf_buffer hosts = {0}, ports = {0};
    for (size_t i = 0; i < pool->url.query_count; i++) {
        const cf_url_option *o = &pool->url.query[i];
        if (strcmp(o->name, "host") != 0) continue;
        const char *colon = *o->value == '/' ? NULL : strrchr(o->value, ':');
        if (colon && strchr(o->value, ':') != colon) colon = NULL; /* an IPv6 address */
        if (hosts.size) cf_buffer_char(&hosts, ','), cf_buffer_char(&ports, ',');
        cf_buffer_add(&hosts, o->value, colon ? (size_t)(colon - o->value) : strlen(o->value));
        cf_buffer_text(&ports, colon ? colon + 1 : "");
    }
    if (hosts.size && !hosts.failed && !ports.failed) {
        add(n, "host", cf_arena_text(pool->arena, hosts.data, hosts.size));
        if (ports.data && strspn(ports.data, ",") < ports.size)
            add(n, "port", cf_arena_text(pool->arena, ports.data, ports.size));
    }
    cf_buffer_free(&hosts);
    cf_buffer_free(&ports);
}

/* What is set for the session at once, in the first message; a pooler between would refuse it. A backslash in a text of
 * a statement is one, whatever the role or the server is set to. */
static const char *session_options(cf_pool *pool)
{
    const char *own = cf_url_option_value(&pool->url, "options");
    if (!pool->settings.prepare) return own;
    return cf_arena_printf(pool->arena,
                           "%s%s-c TimeZone=UTC -c standard_conforming_strings=on -c statement_timeout=%d%s",
                           own ? own : "", own ? " " : "", pool->settings.deadline_ms,
                           pool->settings.read_only ? " -c default_transaction_read_only=on" : "");
}

/* The names and values for libpq are made once and kept in the pool. */
static bool postgres_setup(cf_pool *pool, cf_error *error)
{
    names *n = cf_arena_alloc(pool->arena, sizeof *n);
    if (!n) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
    add(n, "host", pool->url.host);
    if (pool->url.port > 0) add(n, "port", cf_arena_printf(pool->arena, "%d", pool->url.port));
    add(n, "user", pool->url.username);
    add(n, "password", pool->url.password);
    if (pool->url.database && *pool->url.database) add(n, "dbname", pool->url.database);
    add_hosts(pool, n);
    bool named = false;
    for (size_t i = 0; i < pool->url.query_count; i++) {
        const cf_url_option *o = &pool->url.query[i];
        bool ours = cf_settings_knows(o->name) || strcmp(o->name, "options") == 0 || strcmp(o->name, "host") == 0 ||
                    strcmp(o->name, "client_encoding") == 0;
        if (!ours) add(n, o->name, o->value);
        named |= strcmp(o->name, "application_name") == 0;
    }
    if (!named) add(n, "fallback_application_name", "carafe");
    add(n, "client_encoding", "UTF8");
    add(n, "options", session_options(pool));
    if (n->count == MOST_NAMES)
        return cf_fail(error, CF_ERR_LIMIT, "%s: more than %d options", pool->shown, MOST_NAMES);
    if (cf_arena_failed(pool->arena)) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
    pool->shared = n;
    return true;
}

static void postgres_teardown(cf_pool *pool)
{
    (void)pool; /* all is in the arena */
}

static bool postgres_open(cf_conn *base, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    const names      *n = base->pool->shared;
    conn->statements = 0;
    conn->warned[0] = '\0';
    conn->deadline_in_transaction = false;
    conn->server_deadline = base->pool->settings.deadline_ms;
    if (!cf_postgres_connect(conn, n->name, n->value, error)) return false;
    base->version = PQserverVersion(conn->pg);
    if (base->version < 110000)
        return cf_fail(error, CF_ERR_UNSUPPORTED, "%s: PostgreSQL %d is too old; 11 is the first supported",
                       base->pool->shown, base->version / 10000);
    if (base->pool->settings.prepare) return true;
    /* Poolers follow these from server to server. */
    return cf_postgres_simple(conn, "SET TIME ZONE 'UTC'; SET standard_conforming_strings = on", NULL, error);
}

static void postgres_close(cf_conn *base)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    PQfinish(conn->pg);
    conn->pg = NULL;
}

static bool postgres_test(cf_conn *base, bool thorough)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    cf_error          ignored = {0};
    struct pollfd     fd = {.fd = PQsocket(conn->pg), .events = POLLIN};
    /* A farewell, then the end of the stream: both can be waiting. */
    for (int i = 0; i < 3 && fd.fd >= 0 && poll(&fd, 1, 0) > 0; i++)
        if (!PQconsumeInput(conn->pg)) break;
    if (PQstatus(conn->pg) != CONNECTION_OK || PQtransactionStatus(conn->pg) != PQTRANS_IDLE) {
        base->broken = true;
        return false;
    }
    if (!thorough) return true;
    int deadline = base->deadline_ms;
    base->deadline_ms = deadline && deadline < 2000 ? deadline : 2000;
    bool alive = cf_postgres_simple(conn, "", NULL, &ignored);
    base->deadline_ms = deadline;
    if (!alive) base->broken = true;
    return alive;
}

static bool postgres_begin(cf_conn *base, int mode, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    static const struct {
        int         mode;
        const char *words;
    } levels[] = {{CF_BEGIN_READ_COMMITTED, " ISOLATION LEVEL READ COMMITTED"},
                  {CF_BEGIN_REPEATABLE_READ, " ISOLATION LEVEL REPEATABLE READ"},
                  {CF_BEGIN_SERIALIZABLE, " ISOLATION LEVEL SERIALIZABLE"}};
    char        text[160], limit[64] = "";
    const char *level = "";
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (mode & levels[i].mode) level = levels[i].words;
    /* Behind a pooler the session is not ours to set, but the transaction is. */
    if (!base->pool->settings.prepare)
        snprintf(limit, sizeof limit, "; SET LOCAL statement_timeout = %d", base->deadline_ms);
    snprintf(text, sizeof text, "BEGIN%s%s%s", level, mode & CF_BEGIN_READ ? " READ ONLY" : "", limit);
    conn->warned[0] = '\0';
    return cf_postgres_tell_deadline(conn, error) && cf_postgres_simple(conn, text, NULL, error);
}

static bool postgres_end(cf_conn *base, bool commit, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    PGresult         *result = NULL;
    bool              ok = true;
    conn->warned[0] = '\0';
    if (!commit && PQtransactionStatus(conn->pg) == PQTRANS_IDLE) return true;
    if (!cf_postgres_simple(conn, commit ? "COMMIT" : "ROLLBACK", &result, error)) return false;
    /* A transaction in which a statement failed answers COMMIT with ROLLBACK, and calls that no failure. */
    if (commit && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        ok = cf_fail(error, CF_ERR_FAILED, "the transaction was rolled back, for a statement in it had failed");
    PQclear(result);
    if ((!commit || !ok) && conn->deadline_in_transaction) conn->server_deadline = -1;
    conn->deadline_in_transaction = false;
    return ok;
}

static bool postgres_exec(cf_conn *base, const char *text, size_t size, int64_t *changes, cf_error *error)
{
    cf_postgres_conn *conn = (cf_postgres_conn *)base;
    PGresult         *result = NULL;
    (void)size;
    if (base->read_only && !base->in_transaction)
        return cf_fail(error, CF_ERR_READ_ONLY, "on a read-only connection, plain statements need a transaction");
    conn->warned[0] = '\0';
    if (!cf_postgres_tell_deadline(conn, error)) return false;
    base->committing = base->autocommits;
    if (!cf_postgres_simple(conn, text, &result, error)) return false;
    for (const char *p = PQcmdTuples(result); *p >= '0' && *p <= '9'; p++) *changes = *changes * 10 + (*p - '0');
    PQclear(result);
    return true;
}

const cf_driver cf_postgres_driver = {
    .id = CF_POSTGRESQL,
    .conn_size = sizeof(cf_postgres_conn),
    .stmt_size = sizeof(cf_postgres_stmt),
    .setup = postgres_setup,
    .teardown = postgres_teardown,
    .open = postgres_open,
    .close = postgres_close,
    .test = postgres_test,
    .exec = postgres_exec,
    .begin = postgres_begin,
    .end = postgres_end,
    .prepare = cf_postgres_prepare,
    .unprepare = cf_postgres_unprepare,
    .run = cf_postgres_run,
    .batch = cf_postgres_batch,
    .copy = cf_postgres_copy,
    .next = cf_postgres_next,
    .cell = cf_postgres_cell,
    .name = cf_postgres_name,
    .done = cf_postgres_done,
};
