/* Savepoints: places within a transaction that can be returned to, in the database and in memory. */
#include "orm/event.h"
#include "orm/side.h"

#include <stdio.h>
#include <string.h>

/* What an object was before the first write after a savepoint. */
typedef struct undo {
    struct undo *next; /* older */
    cf_state    *state;
    void        *values; /* of its snapshot */
    void        *committed;
    uint8_t      status;
    bool         fresh;
} undo;

struct cf_point {
    struct cf_point *outer;
    int              number;
    bool  sent; /* the database knows it; else nothing was written before, and all of the transaction is undone */
    undo *undone;
    const struct cf_promise *promises; /* made before it */
};

bool cf_point_note(cf_db *db, cf_state *s)
{
    if (!db->point || s->noted == db->point->number) return true;
    size_t size = s->mapper->model->size;
    undo  *u = cf_arena_alloc(db->arena, sizeof *u);
    void  *values = u ? cf_arena_alloc(db->arena, size) : NULL;
    if (!values) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    memcpy(values, s->snapshot, size);
    *u = (undo){db->point->undone, s, values, s->committed, s->status, s->fresh};
    db->point->undone = u;
    s->noted = db->point->number;
    return true;
}

/* ---- in the database ---------------------------------------------------------------------------- */

static bool send(cf_db *db, const char *verb, int number, cf_error *error)
{
    char text[64];
    snprintf(text, sizeof text, "%s cf_%d", verb, number);
    return cf_conn_exec(db->conn, text, error);
}

bool cf_point_recover(cf_db *db)
{
    cf_error ignored = {0};
    return db->conn && db->point && db->point->sent && send(db, "ROLLBACK TO SAVEPOINT", db->point->number, &ignored);
}

/* ---- in memory ----------------------------------------------------------------------------------- */

static void restore(cf_db *db, const undo *u)
{
    cf_state *s = u->state;
    if (u->status != CF_STATUS_PERSISTENT) return; /* added since: see drop_added() */
    if (s->status == CF_STATUS_DETACHED) {
        if (!s->fresh) return; /* let go by cf_expunge() */
        cf_session_append(db, s);
    }
    memcpy(s->snapshot, u->values, s->mapper->model->size);
    s->committed = u->committed;
    s->fresh = u->fresh;
    s->gone = false;
    s->status = CF_STATUS_PERSISTENT;
    s->noted = 0;
}

/* Objects that were added since the place: those of the log that were pending, and those not written. */
static void drop_added(cf_db *db, const undo *log)
{
    for (const undo *u = log; u; u = u->next)
        if (u->status == CF_STATUS_PENDING && u->state->status != CF_STATUS_DETACHED)
            u->state->status = CF_STATUS_PENDING;
    for (cf_state *s = db->first, *next; s; s = next) {
        next = s->next;
        if (s->status == CF_STATUS_PENDING) cf_session_remove(db, s);
    }
}

/* The objects as they were: keys leave the identity map before others come back with them. */
static void restore_all(cf_db *db, const undo *log)
{
    for (const undo *u = log; u; u = u->next)
        if (u->state->status == CF_STATUS_PERSISTENT) cf_identity_remove(&db->identity, u->state);
    for (const undo *u = log; u; u = u->next) restore(db, u);
    cf_sides_forget(db); /* also of those that came back */
    drop_added(db, log);
    for (const undo *u = log; u; u = u->next) {
        if (u->state->status != CF_STATUS_PERSISTENT || u->state->noted < 0) continue;
        u->state->noted = -1;                                      /* there may be several entries */
        (void)cf_identity_add(&db->identity, u->state, db->arena); /* it has room: the object was in it */
    }
    for (cf_state *s = db->first; s; s = s->next) {
        if (s->status != CF_STATUS_PERSISTENT) continue;
        memcpy(s->object, s->snapshot, s->mapper->model->size);
        s->doomed = false;
        s->stale = true;
        if (s->noted < 0) s->noted = 0;
    }
}

/* The entries of the places within one become its own. */
static void join_inner(cf_db *db, cf_point *point)
{
    while (db->point != point) {
        undo **oldest = &db->point->undone;
        while (*oldest) oldest = &(*oldest)->next;
        *oldest = db->point->outer->undone;
        db->point->outer->undone = db->point->undone;
        db->point = db->point->outer;
    }
}

/* ---- from the program ---------------------------------------------------------------------------- */

static cf_point *find(const cf_db *db, int number)
{
    cf_point *p = db->point;
    while (p && p->number != number) p = p->outer;
    return p;
}

static bool unknown(cf_db *db, const char *function, int number)
{
    return cf_session_fail(db, CF_ERR_MISUSE,
                           "%s(): there is no savepoint %d; it was released, or the transaction ended", function,
                           number);
}

static bool mark(cf_db *db, int number)
{
    if (!cf_session_ok(db) || !cf_session_flush(db)) return false;
    cf_point *p = cf_arena_alloc(db->arena, sizeof *p);
    if (!p) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    if (db->conn && !send(db, "SAVEPOINT", number, &db->error)) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    *p = (cf_point){.outer = db->point, .number = number, .sent = db->conn != NULL, .promises = db->promises};
    db->point = p;
    return true;
}

int cf_savepoint(cf_db *db)
{
    if (!cf_session_ok(db) || !cf_session_calm(db, "cf_savepoint")) return 0;
    int number = ++db->points;
    for (cf_db *s = db->bound; s; s = s->next_bound)
        if (!mark(s, number)) return 0;
    return mark(db, number) ? number : 0;
}

static bool release(cf_db *db, int number)
{
    cf_point *p = find(db, number);
    if (!p) return true; /* an attached database that was not used yet */
    if (!cf_session_flush(db)) return false;
    if (p->sent && !send(db, "RELEASE SAVEPOINT", number, &db->error)) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    join_inner(db, p);
    if (p->outer) join_inner(db, p->outer);
    else db->point = NULL;
    return true;
}

bool cf_savepoint_release(cf_db *db, int savepoint)
{
    if (!cf_session_ok(db) || !cf_session_calm(db, "cf_savepoint_release")) return false;
    if (!find(db, savepoint)) return unknown(db, "cf_savepoint_release", savepoint);
    for (cf_db *s = db->bound; s; s = s->next_bound)
        if (!release(s, savepoint)) return false;
    return release(db, savepoint);
}

/* Returns to a place of one session; false when the transaction is lost. */
static bool return_to(cf_db *db, int number)
{
    cf_point *p = find(db, number);
    cf_error  ignored = {0};
    if (!p) return cf_rollback(db);
    if (!p->sent) cf_session_drop(db);
    else if (!db->conn || !send(db, "ROLLBACK TO SAVEPOINT", number, &ignored) ||
             !send(db, "RELEASE SAVEPOINT", number, &ignored))
        return false;
    join_inner(db, p);
    db->point = p->outer;
    restore_all(db, p->undone);
    cf_imports_end(db);
    cf_error_clear(&db->error);
    cf_events_undone(db, p->promises);
    return true;
}

bool cf_savepoint_rollback(cf_db *db, int savepoint)
{
    bool ok = true;
    if (!db || !cf_session_calm(db, "cf_savepoint_rollback")) return false;
    if (!find(db, savepoint)) return cf_session_ok(db) && unknown(db, "cf_savepoint_rollback", savepoint);
    for (cf_db *s = db->bound; s && ok; s = s->next_bound) ok = return_to(s, savepoint);
    if (ok && return_to(db, savepoint)) return true;
    if (db->error.code == CF_OK) cf_fail(&db->error, CF_ERR_FAILED, "the transaction is lost; roll back first");
    cf_session_drop(db);
    return false;
}
