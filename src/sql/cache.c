/* A connection's prepared statements: by id without looking at the text, the least recently used one leaves first. */
#include "base/memory.h"
#include "sql/driver.h"

#include <string.h>

bool cf_cache_open(cf_cache *cache, int limit)
{
    uint32_t size = 16;
    while (size < (uint32_t)limit * 2 && size < 65536) size *= 2;
    memset(cache, 0, sizeof *cache);
    cache->buckets = cf_mem_zero(size, sizeof(cf_stmt *));
    cache->mask = size - 1;
    cache->limit = limit;
    return cache->buckets != NULL;
}

static void unlink_use(cf_cache *cache, cf_stmt *stmt)
{
    if (stmt->newer) stmt->newer->older = stmt->older;
    else cache->newest = stmt->older;
    if (stmt->older) stmt->older->newer = stmt->newer;
    else cache->oldest = stmt->newer;
}

static void link_newest(cf_cache *cache, cf_stmt *stmt)
{
    stmt->newer = NULL;
    stmt->older = cache->newest;
    if (cache->newest) cache->newest->newer = stmt;
    else cache->oldest = stmt;
    cache->newest = stmt;
}

cf_stmt *cf_cache_find(cf_cache *cache, uint32_t id)
{
    cf_stmt *stmt = cache->buckets[id & cache->mask];
    while (stmt && stmt->sql.id != id) stmt = stmt->chain;
    if (stmt && stmt != cache->newest) {
        unlink_use(cache, stmt);
        link_newest(cache, stmt);
    }
    return stmt;
}

void cf_cache_remove(cf_cache *cache, cf_stmt *stmt)
{
    cf_stmt **at = &cache->buckets[stmt->sql.id & cache->mask];
    while (*at && *at != stmt) at = &(*at)->chain;
    if (*at) *at = stmt->chain;
    unlink_use(cache, stmt);
    stmt->cached = false;
    cache->count--;
}

static void drop(const cf_driver *driver, cf_stmt *stmt)
{
    if (stmt->state != CF_STMT_IDLE) driver->done(stmt);
    driver->unprepare(stmt);
    cf_buffer_free(&stmt->values);
    cf_mem_free(stmt);
}

void cf_cache_keep(cf_cache *cache, cf_stmt *stmt)
{
    cf_stmt *victim = cache->count >= cache->limit ? cache->oldest : NULL;
    while (victim && victim->state != CF_STMT_IDLE) victim = victim->newer;
    if (victim) {
        cf_cache_remove(cache, victim);
        drop(victim->conn->driver, victim);
    }
    cf_stmt **bucket = &cache->buckets[stmt->sql.id & cache->mask];
    stmt->chain = *bucket;
    *bucket = stmt;
    link_newest(cache, stmt);
    stmt->cached = true;
    cache->count++;
}

void cf_cache_unprepare(cf_cache *cache, const cf_driver *driver)
{
    for (cf_stmt *stmt = cache->newest; stmt; stmt = stmt->older) driver->unprepare(stmt);
    for (cf_stmt *stmt = cache->loose; stmt; stmt = stmt->older) driver->unprepare(stmt);
}

void cf_cache_close(cf_cache *cache, const cf_driver *driver)
{
    while (cache->newest) {
        cf_stmt *stmt = cache->newest;
        cf_cache_remove(cache, stmt);
        drop(driver, stmt);
    }
    while (cache->loose) {
        cf_stmt *stmt = cache->loose;
        cache->loose = stmt->older;
        drop(driver, stmt);
    }
    cf_mem_free(cache->buckets);
    cache->buckets = NULL;
}
