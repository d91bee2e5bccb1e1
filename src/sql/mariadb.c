/* MariaDB and MySQL: connections and transactions. */
#include "sql/mariadb.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* The options of the URL that go to the client library; what they mean is in its documentation. */
static const struct {
    const char       *name;
    enum mysql_option option;
} texts[] = {
    {"ssl_ca", MYSQL_OPT_SSL_CA},   {"ssl_capath", MYSQL_OPT_SSL_CAPATH}, {"ssl_cert", MYSQL_OPT_SSL_CERT},
    {"ssl_key", MYSQL_OPT_SSL_KEY}, {"ssl_cipher", MYSQL_OPT_SSL_CIPHER}, {"tls_version", MARIADB_OPT_TLS_VERSION},
};

static bool known(const char *name)
{
    static const char *const others[] = {"unix_socket", "ssl", "ssl_verify", "charset", "wsrep_sync_wait"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0) return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], name) == 0) return true;
    return cf_settings_knows(name);
}

/* Once, before threads do it each for themselves. */
static void start_library(void)
{
    mysql_server_init(0, NULL, NULL);
}

static bool mariadb_setup(cf_pool *pool, cf_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char           *charset = cf_url_option_value(&pool->url, "charset");
    const char           *sync = cf_url_option_value(&pool->url, "wsrep_sync_wait");
    for (size_t i = 0; i < pool->url.query_count; i++)
        if (!known(pool->url.query[i].name))
            return cf_fail(error, CF_ERR_NAME, "%s: mariadb knows no option '%s'", pool->shown,
                           pool->url.query[i].name);
    if (charset && strncmp(charset, "utf8", 4) != 0)
        return cf_fail(error, CF_ERR_UNSUPPORTED, "%s: the charset is always utf8mb4", pool->shown);
    if (sync && (strlen(sync) > 2 || sync[strspn(sync, "0123456789")]))
        return cf_fail(error, CF_ERR_SYNTAX, "%s: wsrep_sync_wait must be a small number", pool->shown);
    pthread_once(&once, start_library);
    return true;
}

static void mariadb_teardown(cf_pool *pool)
{
    (void)pool;
}

static void set_options(cf_mariadb_conn *conn)
{
    const cf_pool *pool = conn->base.pool;
    my_bool        off = 0, on = 1, wanted;
    bool           ssl;
    const char    *text = cf_url_option_value(&pool->url, "ssl_verify");
    mysql_options(conn->my, MYSQL_OPT_NONBLOCK, NULL);
    mysql_options(conn->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(conn->my, MYSQL_OPT_RECONNECT, &off);
    mysql_options(conn->my, MYSQL_OPT_LOCAL_INFILE, &(unsigned){0});
    mysql_options(conn->my, MYSQL_REPORT_DATA_TRUNCATION, &on);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *value = cf_url_option_value(&pool->url, texts[i].name);
        if (value) mysql_options(conn->my, texts[i].option, value);
    }
    if (text && cf_settings_bool(text, &ssl)) {
        wanted = ssl;
        mysql_options(conn->my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &wanted);
    }
    text = cf_url_option_value(&pool->url, "ssl");
    if (text && cf_settings_bool(text, &ssl)) {
        wanted = ssl;
        mysql_options(conn->my, MYSQL_OPT_SSL_ENFORCE, &wanted);
    }
}

/* "localhost" is a socket for C programs and TCP for Python's: a port, or PyMySQL's name, says the latter. */
static const char *host_of(const cf_url *url)
{
    bool local = url->host && strcmp(url->host, "localhost") == 0;
    bool tcp = url->port > 0 || (url->driver && strcmp(url->driver, "pymysql") == 0);
    return local && tcp && !cf_url_option_value(url, "unix_socket") ? "127.0.0.1" : url->host;
}

static bool connect_server(cf_mariadb_conn *conn, cf_error *error)
{
    const cf_url *url = &conn->base.pool->url;
    int64_t       deadline = cf_deadline(conn->base.pool->settings.connect_ms);
    MYSQL        *ret = NULL;
    const char   *socket = cf_url_option_value(url, "unix_socket"), *host = host_of(url);
    bool          ok;
    conn->connecting = true;
    CF_MARIADB_AWAIT(ok, conn, deadline, error,
                     mysql_real_connect_start(&ret, conn->my, host, url->username, url->password, url->database,
                                              url->port > 0 ? (unsigned)url->port : 0, socket, CLIENT_FOUND_ROWS),
                     mysql_real_connect_cont(&ret, conn->my, status));
    conn->connecting = false;
    if (ok && !ret) {
        cf_error why = {0};
        cf_mariadb_fail(conn, NULL, &why);
        cf_fail(error, why.code, "%s: cannot connect: %s", conn->base.pool->shown, mysql_error(conn->my));
        if (error) error->native = why.native;
        return false;
    }
    return ok;
}

/* UTC, strict values, texts that are equal only when their characters are, assignments that do not see each other, English messages (their texts are read), and the deadline. */
static bool prepare_session(cf_mariadb_conn *conn, cf_error *error)
{
    char        text[512];
    const char *sync = cf_url_option_value(&conn->base.pool->url, "wsrep_sync_wait");
    int         ms = conn->base.pool->settings.deadline_ms;
    int         size = snprintf(text, sizeof text,
                                "SET time_zone='+00:00', lc_messages='en_US', sql_mode='STRICT_ALL_TABLES,STRICT_TRANS_TABLES,"
                                        "NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION%s', "
                                        "collation_connection=%s%s%s%s",
                        conn->base.mysql ? "" : ",SIMULTANEOUS_ASSIGNMENT",
                        conn->base.mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin",
                        conn->base.pool->settings.read_only ? ", SESSION transaction_read_only=1" : "",
                        sync ? ", wsrep_sync_wait=" : "", sync ? sync : "");
    if (conn->base.mysql) size += snprintf(text + size, sizeof text - (size_t)size, ", max_execution_time=%d", ms);
    else
        size += snprintf(text + size, sizeof text - (size_t)size, ", max_statement_time=%d.%03d", ms / 1000, ms % 1000);
    conn->server_deadline = ms;
    return cf_mariadb_simple(conn, text, (size_t)size, NULL, error);
}

static bool takes_arrays(const cf_mariadb_conn *conn)
{
    unsigned known = 0;
    mariadb_get_infov(conn->my, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &known);
    return !conn->base.mysql && (known & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32));
}

static bool mariadb_open(cf_conn *base, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base;
    conn->my = mysql_init(NULL);
    if (!conn->my) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database connection");
    set_options(conn);
    if (!connect_server(conn, error)) return false;
    base->mysql = !mariadb_connection(conn->my);
    base->version = (int)mysql_get_server_version(conn->my);
    if (base->version < (base->mysql ? 80000 : 100300))
        return cf_fail(error, CF_ERR_UNSUPPORTED,
                       "%s: the server %s is too old; MariaDB 10.3 and MySQL 8.0 are the first supported",
                       base->pool->shown, mysql_get_server_info(conn->my));
    conn->arrays = takes_arrays(conn);
    return prepare_session(conn, error);
}

static void mariadb_close(cf_conn *base)
{
    cf_mariadb_drop((cf_mariadb_conn *)base);
}

static bool mariadb_test(cf_conn *base, bool thorough)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base;
    cf_error         ignored = {0};
    int              failed = 0;
    bool             ok = true;
    if (!conn->my) return false;
    /* An idle server says nothing: what can be read is its farewell. */
    struct pollfd fd = {.fd = mysql_get_socket(conn->my), .events = POLLIN};
    if (poll(&fd, 1, 0) != 0) {
        cf_mariadb_drop(conn);
        return false;
    }
    if (!thorough) return true;
    CF_MARIADB_AWAIT(ok, conn, cf_deadline(2000), &ignored, mysql_ping_start(&failed, conn->my),
                     mysql_ping_cont(&failed, conn->my, status));
    if (ok && failed) cf_mariadb_drop(conn);
    return ok && !failed;
}

static bool plain(cf_mariadb_conn *conn, const char *text, cf_error *error)
{
    return cf_mariadb_simple(conn, text, strlen(text), NULL, error);
}

static bool mariadb_begin(cf_conn *base, int mode, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base;
    const char      *level = NULL;
    if (mode & CF_BEGIN_READ_COMMITTED) level = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
    if (mode & CF_BEGIN_REPEATABLE_READ) level = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    if (mode & CF_BEGIN_SERIALIZABLE) level = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
    if (!cf_mariadb_tell_deadline(conn, error) || (level && !plain(conn, level, error))) return false;
    return plain(conn, mode & CF_BEGIN_READ ? "START TRANSACTION READ ONLY" : "START TRANSACTION", error);
}

static bool mariadb_end(cf_conn *base, bool commit, cf_error *error)
{
    return plain((cf_mariadb_conn *)base, commit ? "COMMIT" : "ROLLBACK", error);
}

static bool mariadb_exec(cf_conn *base, const char *text, size_t size, int64_t *changes, cf_error *error)
{
    cf_mariadb_conn *conn = (cf_mariadb_conn *)base;
    if (base->read_only && !base->in_transaction)
        return cf_fail(error, CF_ERR_READ_ONLY, "on a read-only connection, plain statements need a transaction");
    if (!cf_mariadb_tell_deadline(conn, error)) return false;
    base->committing = base->autocommits;
    return cf_mariadb_simple(conn, text, size, changes, error);
}

const cf_driver cf_mariadb_driver = {
    .id = CF_MARIADB,
    .conn_size = sizeof(cf_mariadb_conn),
    .stmt_size = sizeof(cf_mariadb_stmt),
    .setup = mariadb_setup,
    .teardown = mariadb_teardown,
    .open = mariadb_open,
    .close = mariadb_close,
    .test = mariadb_test,
    .exec = mariadb_exec,
    .begin = mariadb_begin,
    .end = mariadb_end,
    .prepare = cf_mariadb_prepare,
    .unprepare = cf_mariadb_unprepare,
    .run = cf_mariadb_run,
    .batch = cf_mariadb_batch,
    .next = cf_mariadb_next,
    .cell = cf_mariadb_cell,
    .name = cf_mariadb_name,
    .done = cf_mariadb_done,
};
