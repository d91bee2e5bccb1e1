/* For tests of programs: databases that leave nothing behind, sandboxes, and a record of what was sent. */
#include <carafe/testing.h>

#include "orm/session.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- databases --------------------------------------------------------------------------------------- */

/* One statement to the server that the URL names; false with the error. */
static bool command(const char *url, const char *verb, const char *name, cf_error *error)
{
    cf_pool  *pool = cf_pool_open(url, &(cf_pool_options){.size = 1}, error);
    cf_conn  *conn = pool ? cf_pool_take(pool, NULL, error) : NULL;
    cf_buffer text = {0};
    if (conn) {
        cf_buffer_text(&text, verb);
        cf_sql_name(&text, cf_conn_dialect(conn), name);
        if (text.failed) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    }
    bool ok = conn && !text.failed && cf_conn_exec(conn, text.data, error);
    cf_buffer_free(&text);
    if (conn) cf_pool_give(pool, conn);
    if (pool) (void)cf_pool_close(pool);
    return ok;
}

static cf_database *open_there(const cf_program *program, const char *url, cf_error *error)
{
    cf_database *database = cf_open_(url, &(cf_open_options){.program = program, .error = error});
    cf_db       *db = database ? cf_session(database) : NULL;
    bool         ok = db && cf_create_all(db);
    if (!ok && db) *error = *cf_error(db);
    if (!ok && database && !db) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    cf_close(db);
    if (ok) return database;
    cf_shutdown(database);
    return NULL;
}

/* A new database on a server; `made` keeps what is needed to drop it. */
static cf_database *open_on_server(const cf_program *program, const char *url, cf_error *error)
{
    cf_arena    *arena = cf_arena_new(NULL, 0);
    cf_url       parts;
    cf_uuid      id = cf_uuid7();
    char        *name = arena ? cf_arena_printf(arena, "carafe_test_%d_%02x%02x%02x%02x", (int)getpid(), id.bytes[12],
                                                id.bytes[13], id.bytes[14], id.bytes[15])
                              : NULL;
    cf_database *database = NULL;
    const char  *there = NULL, *kept = name ? cf_arena_copy(arena, url) : NULL;
    if (!kept) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (kept && cf_url_parse(arena, url, &parts, error)) {
        parts.database = name;
        there = cf_url_render(arena, &parts, false);
        if (!there) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    }
    if (there && command(url, "CREATE DATABASE ", name, error)) {
        database = open_there(program, there, error);
        if (!database) (void)command(url, "DROP DATABASE ", name, NULL);
    }
    if (database) {
        database->test_arena = arena;
        database->test_url = kept;
        database->test_name = name;
    } else {
        cf_arena_free(arena);
    }
    return database;
}

cf_database *cf_test_database_(const cf_program *program, const char *url, cf_error *error)
{
    cf_error     own = {0}, *failed = error ? error : &own;
    cf_database *database;
    if (!url || strncmp(url, "sqlite", 6) == 0) {
        static const char file[] = "sqlite:///";
        bool              named = url && strncmp(url, file, sizeof file - 1) == 0 && !strchr(url, '?');
        if (named) (void)unlink(url + sizeof file - 1);
        database = open_there(program, url ? url : "sqlite://", failed);
        if (database) database->test_name = ""; /* nothing to be dropped but the file */
    } else {
        database = open_on_server(program, url, failed);
    }
    if (!database && !error) fprintf(stderr, "cannot make a test database: %s\n", own.message);
    return database;
}

/* A file goes with what SQLite keeps beside it. */
static void delete_file(const char *file)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        cf_buffer path = {0};
        cf_buffer_printf(&path, "%s%s", file, tails[i]);
        if (!path.failed) (void)unlink(path.data);
        cf_buffer_free(&path);
    }
}

void cf_test_database_end(cf_database *database)
{
    if (!database) return;
    cf_arena   *arena = database->test_arena;
    const char *url = database->test_url, *name = database->test_name, *path = cf_database_file(database);
    char       *file = path && name ? cf_mem_copy(path) : NULL;
    cf_shutdown(database);
    if (url) (void)command(url, "DROP DATABASE ", name, NULL);
    if (file) delete_file(file);
    cf_mem_free(file);
    cf_arena_free(arena);
}

/* ---- sandboxes ----------------------------------------------------------------------------------------- */

bool cf_sandbox(cf_database *database, cf_error *error)
{
    if (!database) return cf_fail(error, CF_ERR_MISUSE, "cf_sandbox() takes a database that is open");
    if (!cf_pool_sandbox(database->pool, error)) return false;
    for (cf_database *d = database->bound; d; d = d->next_bound) {
        if (cf_pool_sandbox(d->pool, error)) continue;
        cf_sandbox_end(database);
        return false;
    }
    return true;
}

void cf_sandbox_end(cf_database *database)
{
    for (cf_database *d = database; d; d = d == database ? d->bound : d->next_bound) cf_pool_sandbox_end(d->pool);
}

/* ---- records -------------------------------------------------------------------------------------------- */

struct cf_recording {
    cf_database            *database;
    pthread_mutex_t         lock;
    cf_arena               *arena;
    cf_recorded_statement **items;
    size_t                  count, capacity;
    void (*before)(void *context, const cf_echo *event);
    void *context;
};

static const char *first_word(cf_arena *arena, const char *text, size_t size)
{
    size_t n = 0;
    while (n < size && ((text[n] | 32) >= 'a' && (text[n] | 32) <= 'z')) n++;
    char *word = cf_arena_text(arena, text, n);
    for (size_t i = 0; word && i < n; i++) word[i] = (char)(word[i] & ~32);
    return word;
}

static bool keep(cf_recording *r, const cf_echo *e)
{
    if (r->count == r->capacity) {
        size_t                  capacity = r->capacity ? r->capacity * 2 : 64;
        cf_recorded_statement **items = cf_mem_resize(r->items, capacity * sizeof *items);
        if (!items) return false;
        r->items = items;
        r->capacity = capacity;
    }
    cf_recorded_statement *s = cf_arena_alloc(r->arena, sizeof *s);
    if (!s) return false;
    *s = (cf_recorded_statement){.verb = first_word(r->arena, e->statement, e->size),
                                 .text = cf_arena_text(r->arena, e->statement, e->size),
                                 .values = cf_arena_copy(r->arena, e->values ? e->values : ""),
                                 .runs = e->runs,
                                 .rows = e->rows,
                                 .code = e->code,
                                 .file = cf_arena_copy(r->arena, e->file),
                                 .line = e->line,
                                 .relationship = cf_arena_copy(r->arena, e->relationship)};
    if (!s->verb || !s->text || !s->values) return false;
    r->items[r->count++] = s;
    return true;
}

static void record(void *context, const cf_echo *event)
{
    cf_recording *r = context;
    pthread_mutex_lock(&r->lock);
    (void)keep(r, event); /* what does not fit is not kept */
    pthread_mutex_unlock(&r->lock);
    if (r->before) r->before(r->context, event);
}

cf_recording *cf_record(cf_database *database)
{
    cf_recording *r = database ? cf_mem_zero(1, sizeof *r) : NULL;
    if (r) r->arena = cf_arena_new(NULL, 0);
    if (!r || !r->arena) {
        cf_mem_free(r);
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    r->database = database;
    cf_pool_echo(database->pool, record, r, &r->before, &r->context);
    return r;
}

size_t cf_recorded_count(cf_recording *r)
{
    if (!r) return 0;
    pthread_mutex_lock(&r->lock);
    size_t count = r->count;
    pthread_mutex_unlock(&r->lock);
    return count;
}

const cf_recorded_statement *cf_recorded(cf_recording *r, size_t n)
{
    if (!r) return NULL;
    pthread_mutex_lock(&r->lock);
    const cf_recorded_statement *s = n < r->count ? r->items[n] : NULL;
    pthread_mutex_unlock(&r->lock);
    return s;
}

size_t cf_recorded_verb(cf_recording *r, const char *verb)
{
    size_t n = 0;
    if (!r) return 0;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->count; i++) n += strcmp(r->items[i]->verb, verb) == 0;
    pthread_mutex_unlock(&r->lock);
    return n;
}

void cf_record_clear(cf_recording *r)
{
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->count = 0;
    cf_arena_reset(r->arena);
    pthread_mutex_unlock(&r->lock);
}

void cf_record_end(cf_recording *r)
{
    if (!r) return;
    cf_pool_echo(r->database->pool, r->before, r->context, NULL, NULL);
    pthread_mutex_destroy(&r->lock);
    cf_arena_free(r->arena);
    cf_mem_free(r->items);
    cf_mem_free(r);
}
