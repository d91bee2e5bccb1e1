/* Streams: results that are read row by row, each row's object in the place of the one before. */
#include "orm/fetch.h"
#include "orm/row.h"
#include "orm/run.h"

#include "base/memory.h"

#include <string.h>

struct cf_stream_ {
    cf_run             run;
    cf_arena          *arena; /* of the present object, or of all where they are read at once */
    void             **items; /* all objects, NULL-terminated; NULL: they are read one by one */
    bool               ended; /* its transaction did, while rows were left */
    struct cf_stream_ *next;  /* of the session */
};

/* An object of no session, and what comes in its row: they can be read, and that is all. */
static void *read_row(cf_stream_ *s)
{
    cf_db    *db = s->run.db;
    cf_state *state = cf_object_new(s->run.plan->mapper, s->arena);
    if (!state || !cf_row_read(db, s->run.plan->mapper, s->run.stmt, state->object, s->arena)) return NULL;
    state->status = CF_STATUS_DETACHED;
    return cf_run_fetch(&s->run, state) ? state->object : NULL;
}

/*
 * A database in memory has one connection: were it kept, nothing else could be sent in the loop. All is in memory
 * there, so the result may be, too.
 */
static bool read_all(cf_stream_ *s)
{
    size_t    count = 0, room = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(s->run.stmt, &s->run.db->error)) == CF_YES) {
        if (count + 1 >= room) {
            void **more = cf_arena_array(s->arena, room = room ? 2 * room : 64, sizeof *more);
            if (more && count) memcpy(more, s->items, count * sizeof *more);
            s->items = more;
        }
        if (!s->items || !(s->items[count++] = read_row(s))) break;
    }
    if (answer == CF_NO && !count) s->items = cf_arena_array(s->arena, 1, sizeof *s->items);
    bool ok = answer == CF_NO && s->items;
    cf_run_end(&s->run, ok);
    return ok;
}

static bool begin(cf_stream_ *s)
{
    if (!cf_run_begin(&s->run)) return false;
    cf_db *db = s->run.db;
    s->run.stream = db->dialect->id != CF_SQLITE; /* which reads row by row anyway, and then serves others, too */
    s->arena = cf_arena_new(db->arena, db->database->options.memory);
    bool sent = cf_run_send(&s->run, CF_FORM_PLAIN);
    if (!s->arena || !sent) {
        cf_run_end(&s->run, false);
        return false;
    }
    if (s->run.fetching) s->run.fetching->arena = s->arena;
    s->next = db->streams;
    db->streams = s;
    return db->conn || !cf_pool_shared(db->database->pool) || read_all(s);
}

cf_stream_ *cf_stream_open_(cf_db *db, cf_site *site, const cf_value *values)
{
    if (!cf_session_ok(db)) return NULL;
    cf_stream_ *s = cf_mem_zero(1, sizeof *s);
    if (!s) {
        cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    s->run = (cf_run){.db = db, .site = site, .values = values};
    if (begin(s)) return s;
    cf_stream_close_(&s);
    return NULL;
}

void *cf_stream_next_(cf_stream_ *s)
{
    cf_run *r = &s->run;
    if (!r->db || !cf_session_ok(r->db)) return NULL;
    if (s->items) return *s->items ? *s->items++ : NULL;
    if (s->ended) {
        cf_session_fail(r->db, CF_ERR_MISUSE,
                        "%s:%d: the transaction that this cf_stream() reads in ended within the loop: commit or roll "
                        "back behind it",
                        r->site->file, r->site->line);
        return NULL;
    }
    if (!r->stmt) return NULL;
    cf_arena_reset(s->arena);
    cf_answer answer = cf_stmt_next(r->stmt, &r->db->error);
    void     *object = answer == CF_YES ? read_row(s) : NULL;
    if (!object) cf_run_end(r, answer == CF_NO);
    return object;
}

void cf_stream_close_(cf_stream_ **stream)
{
    cf_stream_ *s = *stream;
    if (!s) return;
    if (s->run.db) {
        for (cf_stream_ **p = &s->run.db->streams; *p; p = &(*p)->next) {
            if (*p != s) continue;
            *p = s->next;
            break;
        }
        cf_run_end(&s->run, true);
        cf_arena_free(s->arena);
    }
    cf_mem_free(s);
    *stream = NULL;
}

void cf_streams_end(cf_db *db, const cf_conn *conn)
{
    for (cf_stream_ *s = db->streams; s; s = s->next) {
        if (!s->run.stmt || s->run.conn != conn) continue;
        cf_stmt_done(s->run.stmt);
        s->run.stmt = NULL;
        s->run.conn = NULL;
        s->ended = true;
    }
}

void cf_streams_forget(cf_db *db)
{
    for (cf_stream_ *s = db->streams, *next; s; s = next) {
        next = s->next;
        cf_run_end(&s->run, true);
        s->run.db = NULL; /* and the arena goes with the session's */
    }
    db->streams = NULL;
}
