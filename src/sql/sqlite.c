/* SQLite: files, connections, transactions. */
#include "sql/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define PROGRESS_STEPS 2000 /* instructions of SQLite's machine between looks at the clock */

/* ---- the file ---- */

/* Options of the URL that go on to sqlite3_open_v2() in a file: URI; the others are SQLAlchemy's and mean nothing here. */
static const struct {
    const char *name;
    bool        passed;
} url_options[] = {
    {"mode", true},
    {"cache", true},
    {"nolock", true},
    {"immutable", true},
    {"vfs", true},
    {"psow", true},
    {"uri", false},
    {"check_same_thread", false},
    {"detect_types", false},
    {"isolation_level", false},
    {"cached_statements", false},
};

static bool check_options(cf_pool *pool, cf_error *error)
{
    for (size_t i = 0; i < pool->url.query_count; i++) {
        const cf_url_option *option = &pool->url.query[i];
        bool                 known = cf_settings_knows(option->name);
        for (size_t k = 0; k < sizeof url_options / sizeof *url_options; k++)
            known |= strcmp(url_options[k].name, option->name) == 0;
        if (!known) return cf_fail(error, CF_ERR_NAME, "%s: sqlite knows no option '%s'", pool->shown, option->name);
        if (strcmp(option->name, "uri") == 0 && !cf_settings_bool(option->value, &pool->settings.uri))
            return cf_fail(error, CF_ERR_SYNTAX, "%s: the option uri must be true or false", pool->shown);
        if (strcmp(option->name, "mode") == 0 && strcmp(option->value, "ro") == 0) pool->settings.read_only = true;
    }
    return true;
}

/* Make the folders above `path`, from `from` on. */
static bool make_folders(const char *shown, char *path, size_t from, cf_error *error)
{
    for (char *p = path + from; (p = strchr(p, '/')); p++) {
        if (p == path) continue;
        *p = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!made)
            cf_fail(error, CF_ERR_IO, "%s: the folder %s cannot be made: %s", shown, path, strerrordesc_np(errno));
        *p = '/';
        if (!made) return false;
    }
    return true;
}

/* A relative path begins in the instance folder, which is made; an absolute one is taken as it is. */
static bool resolve(cf_pool *pool, const char *database, cf_error *error)
{
    const char *folder = pool->settings.folder;
    if (*database == '/') {
        pool->path = database;
        return true;
    }
    char *here = NULL;
    if (!folder || *folder != '/') {
        char working[4096];
        if (!getcwd(working, sizeof working))
            return cf_fail(error, CF_ERR_IO, "%s: the working folder cannot be read", pool->shown);
        here = folder ? cf_arena_printf(pool->arena, "%s/%s", working, folder) : cf_arena_copy(pool->arena, working);
        if (!here) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
    }
    char *path = cf_arena_printf(pool->arena, "%s/%s", here ? here : folder, database);
    if (!path) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
    pool->path = path;
    return pool->settings.read_only || make_folders(pool->shown, path, 0, error);
}

/* file:name?option=value&...: the options that are SQLite's are put back behind the name. */
static bool make_uri(cf_pool *pool, const char *database, cf_error *error)
{
    cf_buffer out = {0};
    char      separator = '?';
    cf_buffer_text(&out, database);
    for (size_t i = 0; i < pool->url.query_count; i++) {
        const cf_url_option *option = &pool->url.query[i];
        for (size_t k = 0; k < sizeof url_options / sizeof *url_options; k++) {
            if (!url_options[k].passed || strcmp(url_options[k].name, option->name) != 0) continue;
            cf_buffer_char(&out, separator);
            cf_buffer_text(&out, option->name);
            cf_buffer_char(&out, '=');
            cf_buffer_text(&out, option->value);
            separator = '&';
            if (strcmp(option->name, "mode") == 0 && strcmp(option->value, "memory") == 0) pool->memory = true;
        }
    }
    pool->path = out.failed ? NULL : cf_arena_text(pool->arena, out.data, out.size);
    cf_buffer_free(&out);
    return pool->path || cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
}

static bool sqlite_setup(cf_pool *pool, cf_error *error)
{
    const char *database = pool->url.database;
    if (pool->url.host || pool->url.username)
        return cf_fail(error, CF_ERR_SYNTAX,
                       "%s: sqlite has no hosts; a relative file needs three slashes, an absolute one four",
                       pool->shown);
    if (sqlite3_threadsafe() == 0)
        return cf_fail(error, CF_ERR_UNSUPPORTED, "this build of sqlite is not made for threads");
    if (!check_options(pool, error)) return false;
    if (!database || !*database || strcmp(database, ":memory:") == 0) {
        pool->path = ":memory:";
        pool->memory = true;
    } else if (pool->settings.uri && strncmp(database, "file:", 5) == 0) {
        pool->memory = strncmp(database, "file::memory:", 13) == 0;
        if (!make_uri(pool, database, error)) return false;
    } else if (!resolve(pool, database, error)) {
        return false;
    }
    if (pool->memory) { /* the database is the connection: all share it */
        pool->settings.size = 1;
        pool->settings.overflow = 0;
    }
    return true;
}

static void sqlite_teardown(cf_pool *pool)
{
    cf_queue_leave(pool->shared);
}

/* ---- the writer queue ---- */

bool cf_sqlite_enter(cf_sqlite_conn *conn, cf_error *error)
{
    char      holder[160];
    cf_queue *queue = conn->base.pool->shared;
    if (!queue) return true;
    if (cf_queue_enter(queue, conn->base.deadline_ms, &conn->base, holder)) return true;
    return cf_fail(error, CF_ERR_BUSY, "%s: waited %d ms for the writer of the file, %s; end transactions earlier",
                   conn->base.pool->shown, conn->base.deadline_ms, holder);
}

void cf_sqlite_exit(cf_sqlite_conn *conn)
{
    if (conn->base.pool->shared) cf_queue_exit(conn->base.pool->shared);
}

static bool find_queue(cf_pool *pool, cf_error *error)
{
    struct stat st;
    const char *file = pool->path;
    if (pool->memory || (pool->settings.uri && strncmp(file, "file:", 5) == 0)) return true;
    if (stat(file, &st) != 0) return cf_fail(error, CF_ERR_IO, "%s: %s vanished", pool->shown, file);
    pthread_mutex_lock(&pool->lock);
    if (!pool->shared) pool->shared = cf_queue_of((uint64_t)st.st_dev, (uint64_t)st.st_ino);
    pthread_mutex_unlock(&pool->lock);
    return pool->shared || cf_fail(error, CF_ERR_MEMORY, "out of memory for a database connection");
}

/* ---- opening ---- */

/* Called every PROGRESS_STEPS instructions: non-zero stops the statement. */
static int on_progress(void *argument)
{
    cf_sqlite_conn *conn = argument;
    if (conn->base.deadline_ms == 0) return 0;
    int64_t now = cf_clock_ms();
    if (conn->until == 0) conn->until = now + conn->base.deadline_ms;
    return now > conn->until;
}

/* Orders decimals kept as text by their value; texts that are none come after them. */
static int compare_decimals(void *unused, int a_size, const void *a, int b_size, const void *b)
{
    cf_decimal x, y;
    (void)unused;
    bool first = cf_decimal_parse(a, (size_t)a_size, &x), second = cf_decimal_parse(b, (size_t)b_size, &y);
    if (first && second) return cf_decimal_compare(x, y);
    if (first != second) return first ? -1 : 1;
    int order = memcmp(a, b, (size_t)(a_size < b_size ? a_size : b_size));
    return order ? order : a_size - b_size;
}

static bool simple(cf_sqlite_conn *conn, const char *text, cf_error *error)
{
    int result = sqlite3_exec(conn->db, text, NULL, NULL, NULL);
    return result == SQLITE_OK || cf_sqlite_fail(conn, result, error);
}

/* Is the first column of the first row this text? */
static bool answers(cf_sqlite_conn *conn, const char *text, const char *expected)
{
    sqlite3_stmt *handle = NULL;
    bool          same = false;
    if (sqlite3_prepare_v2(conn->db, text, -1, &handle, NULL) == SQLITE_OK && sqlite3_step(handle) == SQLITE_ROW) {
        const char *got = (const char *)sqlite3_column_text(handle, 0);
        same = got && strcmp(got, expected) == 0;
    }
    sqlite3_finalize(handle);
    return same;
}

/* Files are put into WAL mode once; file systems that cannot keep their journal, which is safe but slower. */
static bool choose_journal(cf_sqlite_conn *conn, cf_error *error)
{
    int64_t deadline = cf_deadline(conn->base.pool->settings.busy_ms);
    if (conn->base.pool->memory || conn->base.pool->settings.read_only) return true;
    if (!answers(conn, "PRAGMA journal_mode", "wal")) {
        /* Changing the mode does not wait for locks by itself. */
        int result;
        while ((result = sqlite3_exec(conn->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)) != SQLITE_OK) {
            if ((result & 0xff) != SQLITE_BUSY || cf_deadline_left(deadline) == 0)
                return cf_sqlite_fail(conn, result, error);
            sqlite3_sleep(5);
        }
        if (!answers(conn, "PRAGMA journal_mode", "wal")) return true;
    }
    return simple(conn, "PRAGMA synchronous=NORMAL", error);
}

static bool cannot_open(cf_sqlite_conn *conn, int result, cf_error *error)
{
    const cf_pool *pool = conn->base.pool;
    const char    *what = conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(result);
    int            why = conn->db ? sqlite3_system_errno(conn->db) : 0;
    char           reason[100] = "";
    struct stat    there;
    if (stat(pool->path, &there) == 0 && S_ISDIR(there.st_mode)) why = EISDIR;
    return cf_fail(error, result == SQLITE_NOMEM ? CF_ERR_MEMORY : CF_ERR_IO, "%s: %s cannot be opened: %s",
                   pool->shown, pool->path, why ? strerror_r(why, reason, sizeof reason) : what);
}

static bool sqlite_open(cf_conn *base, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    cf_pool        *pool = base->pool;
    int             flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (pool->settings.uri ? SQLITE_OPEN_URI : 0);
    flags |=
        pool->settings.read_only && !pool->memory ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int result = sqlite3_open_v2(pool->path, &conn->db, flags, NULL);
    if (result != SQLITE_OK) return cannot_open(conn, result, error);
    sqlite3_busy_timeout(conn->db, pool->settings.busy_ms);
    sqlite3_progress_handler(conn->db, PROGRESS_STEPS, on_progress, conn);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (sqlite3_create_collation(conn->db, "carafe_decimal", SQLITE_UTF8, NULL, compare_decimals) != SQLITE_OK)
        return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database connection");
    return choose_journal(conn, error) && simple(conn, "PRAGMA foreign_keys=ON", error) &&
           simple(conn, "PRAGMA case_sensitive_like=ON", error) && find_queue(pool, error);
}

static void sqlite_close(cf_conn *base)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    sqlite3_finalize(conn->begin_read);
    sqlite3_finalize(conn->begin_write);
    sqlite3_finalize(conn->commit);
    sqlite3_finalize(conn->rollback);
    conn->begin_read = conn->begin_write = conn->commit = conn->rollback = NULL;
    if (conn->queued) {
        conn->queued = false;
        cf_sqlite_exit(conn);
    }
    sqlite3_close_v2(conn->db);
    conn->db = NULL;
}

/* All pages in one step: in WAL mode that hinders nobody, and nobody's writes make it begin again. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) return sqlite3_errcode(to);
    sqlite3_backup_step(backup, -1);
    int result = sqlite3_backup_finish(backup);
    /* The copy is to be one file. */
    if (result == SQLITE_OK) result = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    return result;
}

static bool sqlite_backup(cf_conn *base, const char *path, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    sqlite3        *copy = NULL;
    cf_buffer       part = {0};
    cf_buffer_text(&part, path);
    cf_buffer_text(&part, ".part");
    if (part.failed) {
        cf_buffer_free(&part);
        return cf_fail(error, CF_ERR_MEMORY, "out of memory for a backup");
    }
    unlink(part.data);
    int result =
        sqlite3_open_v2(part.data, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK) result = copy_pages(conn->db, copy);
    bool ok = result == SQLITE_OK;
    if (!ok)
        cf_fail(error, result == SQLITE_NOMEM ? CF_ERR_MEMORY : CF_ERR_IO, "%s cannot be copied to %s: %s",
                base->pool->shown, path, copy ? sqlite3_errmsg(copy) : sqlite3_errstr(result));
    sqlite3_close(copy);
    if (ok && rename(part.data, path) != 0)
        ok = cf_fail(error, CF_ERR_IO, "%s: the copy cannot be given its name: %s", path, strerrordesc_np(errno));
    if (!ok) unlink(part.data);
    cf_buffer_free(&part);
    return ok;
}

static bool sqlite_test(cf_conn *conn, bool thorough)
{
    (void)conn, (void)thorough;
    return true; /* a file does not hang up */
}

/* ---- transactions and plain statements ---- */

static bool fixed(cf_sqlite_conn *conn, sqlite3_stmt **handle, const char *text, cf_error *error)
{
    conn->until = 0;
    int result = SQLITE_OK;
    if (!*handle) result = sqlite3_prepare_v3(conn->db, text, -1, SQLITE_PREPARE_PERSISTENT, handle, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_step(*handle);
        if (result == SQLITE_DONE) result = SQLITE_OK;
        if (result != SQLITE_OK) cf_sqlite_fail(conn, result, error);
        sqlite3_reset(*handle);
        return result == SQLITE_OK;
    }
    return cf_sqlite_fail(conn, result, error);
}

static bool sqlite_begin(cf_conn *base, int mode, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    if (mode & CF_BEGIN_READ) return fixed(conn, &conn->begin_read, "BEGIN", error);
    if (!cf_sqlite_enter(conn, error)) return false;
    conn->queued = true;
    if (fixed(conn, &conn->begin_write, "BEGIN IMMEDIATE", error)) return true;
    conn->queued = false;
    cf_sqlite_exit(conn);
    return false;
}

static bool sqlite_end(cf_conn *base, bool commit, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    bool            ok = true;
    if (commit) {
        if (sqlite3_get_autocommit(conn->db))
            ok = cf_fail(error, CF_ERR_FAILED, "sqlite rolled the transaction back at an earlier failure");
        else ok = fixed(conn, &conn->commit, "COMMIT", error);
        if (!ok && !sqlite3_get_autocommit(conn->db)) return false; /* the caller rolls back; the queue is still ours */
    } else if (!sqlite3_get_autocommit(conn->db)) {
        ok = fixed(conn, &conn->rollback, "ROLLBACK", error);
    }
    if (conn->queued) {
        conn->queued = false;
        cf_sqlite_exit(conn);
    }
    return ok;
}

static int run_to_end(sqlite3_stmt *handle)
{
    int result;
    while ((result = sqlite3_step(handle)) == SQLITE_ROW) {
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

static bool exec_one(cf_sqlite_conn *conn, sqlite3_stmt *handle, bool *queued, cf_error *error)
{
    if (!sqlite3_stmt_readonly(handle)) {
        if (conn->base.transaction_reads || conn->base.read_only)
            return cf_fail(error, CF_ERR_READ_ONLY, "a write on a read-only connection");
        if (!conn->base.in_transaction && !*queued) {
            if (!cf_sqlite_enter(conn, error)) return false;
            *queued = true;
        }
    }
    conn->until = 0;
    int result = run_to_end(handle);
    return result == SQLITE_OK || cf_sqlite_fail(conn, result, error);
}

static bool sqlite_exec(cf_conn *base, const char *text, size_t size, int64_t *changes, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base;
    const char     *end = text + size;
    bool            ok = true, queued = false;
    while (ok && text < end) {
        sqlite3_stmt *handle = NULL;
        int           result = sqlite3_prepare_v2(conn->db, text, (int)(end - text) + 1, &handle, &text);
        if (result != SQLITE_OK) {
            ok = cf_sqlite_fail(conn, result, error);
        } else if (handle) {
            ok = exec_one(conn, handle, &queued, error);
            if (!sqlite3_stmt_readonly(handle)) *changes = sqlite3_changes64(conn->db);
        }
        sqlite3_finalize(handle);
    }
    if (queued) cf_sqlite_exit(conn);
    return ok;
}

const cf_driver cf_sqlite_driver = {
    .id = CF_SQLITE,
    .conn_size = sizeof(cf_sqlite_conn),
    .stmt_size = sizeof(cf_sqlite_stmt),
    .setup = sqlite_setup,
    .teardown = sqlite_teardown,
    .open = sqlite_open,
    .backup = sqlite_backup,
    .close = sqlite_close,
    .test = sqlite_test,
    .exec = sqlite_exec,
    .begin = sqlite_begin,
    .end = sqlite_end,
    .prepare = cf_sqlite_prepare,
    .unprepare = cf_sqlite_unprepare,
    .run = cf_sqlite_run,
    .next = cf_sqlite_next,
    .read = cf_sqlite_read,
    .cell = cf_sqlite_cell,
    .name = cf_sqlite_name,
    .done = cf_sqlite_done,
};
