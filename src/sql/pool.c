/* The pool: connections shared by threads, bounded, tested after idling, with the holders named when it runs dry. */
#include "base/memory.h"
#include "sql/driver.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const cf_driver *const drivers[] = {&cf_sqlite_driver, &cf_postgres_driver, &cf_mariadb_driver};

static void free_pool(cf_pool *pool)
{
    while (pool->idle) {
        cf_conn *conn = pool->idle;
        pool->idle = conn->next;
        cf_conn_free(conn);
    }
    pool->driver->teardown(pool);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    cf_arena_free(pool->arena);
    cf_mem_free(pool);
}

static bool read_url(cf_pool *pool, const char *url, const cf_pool_options *options, cf_error *error)
{
    cf_dialect_id id;
    if (!cf_url_parse(pool->arena, url, &pool->url, error)) return false;
    pool->shown = cf_url_render(pool->arena, &pool->url, true);
    if (!pool->shown) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
    if (!cf_dialect_find(pool->url.backend, &id))
        return cf_fail(error, CF_ERR_UNSUPPORTED,
                       "%s: there is no driver for '%s'; use sqlite, postgresql, mysql or mariadb", pool->shown,
                       pool->url.backend);
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (drivers[i]->id == id) pool->driver = drivers[i];
    if (pool->url.port == 0 || pool->url.port > 65535)
        return cf_fail(error, CF_ERR_RANGE, "%s: the port must be between 1 and 65535", pool->shown);
    return cf_settings_make(&pool->settings, options, &pool->url, error);
}

static cf_pool *new_pool(const char *url, const cf_pool_options *options, cf_error *error)
{
    cf_pool *pool = cf_mem_zero(1, sizeof *pool);
    if (pool) pool->arena = cf_arena_new(NULL, 0);
    if (!pool || !pool->arena) {
        cf_mem_free(pool);
        cf_fail(error, CF_ERR_MEMORY, "out of memory for a database pool");
        return NULL;
    }
    if (!read_url(pool, url, options, error)) {
        cf_arena_free(pool->arena);
        cf_mem_free(pool);
        return NULL;
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->returned, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&pool->lock, NULL);
    bool mysql = pool->driver->id == CF_MARIADB && strcmp(pool->url.backend, "mariadb") != 0;
    cf_dialect_make(&pool->oldest, pool->driver->id, 0, mysql);
    atomic_store(&pool->dialect, &pool->oldest);
    return pool;
}

cf_pool *cf_pool_open(const char *url, const cf_pool_options *options, cf_error *error)
{
    cf_pool *pool = new_pool(url, options, error);
    if (!pool) return NULL;
    bool ok = pool->driver->setup(pool, error);
    if (ok && !pool->settings.lazy) {
        cf_conn *conn = cf_conn_open(pool, error);
        ok = conn != NULL;
        if (ok) {
            pool->idle = conn;
            pool->idle_count = 1;
        }
    }
    if (ok) return pool;
    free_pool(pool);
    return NULL;
}

int cf_pool_close(cf_pool *pool)
{
    if (!pool) return 0;
    pthread_mutex_lock(&pool->lock);
    int leaked = pool->taken_count;
    pthread_mutex_unlock(&pool->lock);
    if (leaked) return leaked;
    free_pool(pool);
    return 0;
}

const cf_dialect *cf_pool_dialect(const cf_pool *pool)
{
    return atomic_load(&pool->dialect);
}

const char *cf_pool_url(const cf_pool *pool)
{
    return pool->shown;
}

const char *cf_pool_path(const cf_pool *pool)
{
    return pool->path;
}

bool cf_pool_shared(const cf_pool *pool)
{
    return pool->memory || pool->boxed;
}

cf_pool_state cf_pool_look(cf_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    cf_pool_state state = {pool->idle_count, pool->taken_count, pool->opened, pool->broken};
    pthread_mutex_unlock(&pool->lock);
    return state;
}

bool cf_pool_backup(cf_pool *pool, const char *path, cf_error *error)
{
    if (!pool->driver->backup)
        return cf_fail(error, CF_ERR_UNSUPPORTED, "%s: %s is backed up by its own tools", pool->shown,
                       cf_pool_dialect(pool)->title);
    cf_conn *conn = cf_pool_take(pool, &(cf_take){.file = "cf_pool_backup", .deadline_ms = -1}, error);
    bool     ok = conn && pool->driver->backup(conn, path, error);
    cf_pool_give(pool, conn);
    return ok;
}

bool cf_pool_fail_at(cf_pool *pool, long n, cf_code code)
{
    atomic_store(&pool->fail_code, (int)code);
    return atomic_exchange(&pool->fail_at, n > 0 ? n : 0) == 0;
}

void cf_pool_echo(cf_pool *pool, void (*echo)(void *, const cf_echo *), void *context,
                  void (**before)(void *, const cf_echo *), void **context_before)
{
    cf_settings *settings = &pool->settings;
    pthread_mutex_lock(&pool->lock);
    if (before) *before = settings->echo;
    if (context_before) *context_before = settings->context;
    settings->echo = echo;
    settings->context = context;
    settings->measure |= echo != NULL;
    pthread_mutex_unlock(&pool->lock);
}

/* ---- taking ---- */

/* Is it too old, or did it break while it idled? Called without the lock. */
static bool fit(const cf_pool *pool, cf_conn *conn)
{
    int64_t now = cf_clock_ms();
    if (pool->memory || pool->boxed) return true;
    if (pool->settings.recycle_ms && now - conn->opened_at > pool->settings.recycle_ms) return false;
    bool thorough = pool->settings.test_after_ms && now - conn->idle_since > pool->settings.test_after_ms;
    return conn->driver->test(conn, thorough) && !conn->broken;
}

/* Who holds the connections, the longest first, as many as fit. */
static bool exhausted(cf_pool *pool, int waited, cf_error *error)
{
    char     holders[480] = "";
    size_t   used = 0;
    int      named = 0;
    int64_t  now = cf_clock_ms();
    cf_conn *last = NULL;
    for (;;) {
        cf_conn *oldest = NULL; /* the next after `last` by age, then by address */
        for (cf_conn *c = pool->taken; c; c = c->next) {
            bool after = !last || c->taken_at > last->taken_at || (c->taken_at == last->taken_at && c > last);
            bool before = !oldest || c->taken_at < oldest->taken_at || (c->taken_at == oldest->taken_at && c < oldest);
            if (after && before) oldest = c;
        }
        if (!oldest) break;
        last = oldest;
        int n = snprintf(holders + used, sizeof holders - used, "%s%s:%d for %lld ms", used ? ", " : "",
                         oldest->file ? oldest->file : "unknown", oldest->line, (long long)(now - oldest->taken_at));
        if (n < 0 || (size_t)n >= sizeof holders - used) {
            holders[used] = '\0';
            break;
        }
        used += (size_t)n;
        named++;
    }
    return cf_fail(error, CF_ERR_TIMEOUT,
                   "no connection of the pool became free in %d ms; all %d are taken: %s%s; give them back earlier or "
                   "raise pool_size",
                   waited, pool->taken_count, holders, named < pool->taken_count ? ", ..." : "");
}

/* Under the lock: an idle connection that is fit, or NULL. Unlocks while it tests one. */
static cf_conn *take_idle(cf_pool *pool)
{
    while (pool->idle) {
        cf_conn *conn = pool->idle;
        pool->idle = conn->next;
        pool->idle_count--;
        pool->opening++; /* it still counts while it is tested */
        pthread_mutex_unlock(&pool->lock);
        bool good = fit(pool, conn);
        bool broke = conn->broken;
        if (!good) cf_conn_free(conn);
        pthread_mutex_lock(&pool->lock);
        pool->opening--;
        if (good) return conn;
        pool->broken += broke;
    }
    return NULL;
}

static cf_conn *take_new(cf_pool *pool, cf_error *error)
{
    pool->opening++;
    pthread_mutex_unlock(&pool->lock);
    cf_conn *conn = cf_conn_open(pool, error);
    pthread_mutex_lock(&pool->lock);
    pool->opening--;
    if (!conn && pool->waiting) pthread_cond_signal(&pool->returned);
    return conn;
}

static void hand_out(cf_pool *pool, cf_conn *conn, const cf_take *how)
{
    conn->next = pool->taken;
    pool->taken = conn;
    pool->taken_count++;
    conn->taken = true;
    conn->taken_at = cf_clock_ms();
    conn->count = 0;
    conn->file = how ? how->file : NULL;
    conn->line = how ? how->line : 0;
    cf_conn_at(conn, conn->file, conn->line);
    conn->spent = how ? how->spent : NULL;
    conn->quiet = false;
    conn->read_only = how && how->read_only;
    int deadline = how ? how->deadline_ms : 0;
    conn->deadline_ms = deadline > 0 ? deadline : deadline < 0 ? 0 : pool->settings.deadline_ms;
}

static bool wait_for_one(cf_pool *pool, int64_t deadline)
{
    int left = cf_deadline_left(deadline);
    if (left == 0) return false;
    pool->waiting++;
    if (left < 0) {
        pthread_cond_wait(&pool->returned, &pool->lock);
    } else {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += left / 1000;
        until.tv_nsec += (long)(left % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        pthread_cond_timedwait(&pool->returned, &pool->lock, &until);
    }
    pool->waiting--;
    return true;
}

cf_conn *cf_pool_take(cf_pool *pool, const cf_take *how, cf_error *error)
{
    int      wait = how && how->wait_ms ? how->wait_ms : pool->settings.timeout_ms;
    int64_t  deadline = wait < 0 ? 0 : cf_deadline(wait);
    int      most = pool->settings.size + pool->settings.overflow;
    cf_conn *conn = NULL;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        conn = take_idle(pool);
        if (conn) break;
        if (pool->taken_count + pool->opening < most) {
            conn = take_new(pool, error);
            break;
        }
        if (!wait_for_one(pool, deadline)) {
            exhausted(pool, wait < 0 ? 0 : wait, error);
            break;
        }
    }
    if (conn) hand_out(pool, conn, how);
    pthread_mutex_unlock(&pool->lock);
    return conn;
}

void cf_pool_give(cf_pool *pool, cf_conn *conn)
{
    if (!conn) return;
    cf_conn_settle(conn);
    conn->spent = NULL;
    pthread_mutex_lock(&pool->lock);
    cf_conn **at = &pool->taken;
    while (*at && *at != conn) at = &(*at)->next;
    if (*at) *at = conn->next;
    pool->taken_count--;
    conn->taken = false;
    bool keep = !conn->broken && pool->idle_count < pool->settings.size;
    if (keep) {
        conn->idle_since = cf_clock_ms();
        conn->next = pool->idle;
        pool->idle = conn;
        pool->idle_count++;
    } else {
        pool->broken += conn->broken;
    }
    if (pool->waiting) pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
    if (!keep) cf_conn_free(conn);
}
