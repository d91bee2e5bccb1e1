/* Events: functions of models and of programs, called around flushes, commits, rollbacks and reading. */
#include "orm/event.h"
#include "orm/side.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOST_CALLS 1000000 /* of one flush: functions that add objects whose functions add objects end here */

/* What is owed to an object or a program at the commit or rollback, newest first. */
struct cf_promise {
    struct cf_promise *next;
    cf_state          *state; /* its functions of the moment; or NULL */
    void (*function)(void *argument);
    void *argument;
};

/* An object that was read, and whose function is to be called. */
struct cf_reading {
    struct cf_reading *next;
    cf_state          *state;
    bool               fresh; /* read for the first time */
};

struct cf_listener {
    struct cf_listener *next;
    cf_session_moment   moment;
    cf_work            *function;
    void               *argument;
};

/* ---- models -------------------------------------------------------------------------------------- */

bool cf_mapper_make_events(cf_mapper *m)
{
    const cf_model *model = m->model;
    size_t          n = 0;
    for (size_t i = 0; i < model->part_count; i++) n += model->parts[i].kind == CF_PART_EVENT;
    if (n == 0) return true;
    m->events = cf_arena_array(m->registry->arena, n, sizeof *m->events);
    if (!m->events) return false;
    for (size_t i = 0; i < model->part_count; i++) {
        if (model->parts[i].kind != CF_PART_EVENT) continue;
        m->events[m->event_count++] = model->parts[i].event;
        m->moments |= 1u << model->parts[i].event.moment;
    }
    m->registry->has_events = true;
    return true;
}

static const char *const moment_names[] = {
    [CF_MOMENT_none] = "",
    [CF_MOMENT_before_insert] = "before_insert",
    [CF_MOMENT_after_insert] = "after_insert",
    [CF_MOMENT_before_update] = "before_update",
    [CF_MOMENT_after_update] = "after_update",
    [CF_MOMENT_before_delete] = "before_delete",
    [CF_MOMENT_after_delete] = "after_delete",
    [CF_MOMENT_after_load] = "after_load",
    [CF_MOMENT_after_commit] = "after_commit",
    [CF_MOMENT_after_rollback] = "after_rollback",
};

/* All functions of one moment; a refusal without an error of its own becomes one, while there is something to refuse. */
static bool call(cf_state *s, cf_moment moment)
{
    const cf_mapper *m = s->mapper;
    for (size_t i = 0; i < m->event_count; i++) {
        if (m->events[i].moment != moment) continue;
        bool ok = m->events[i].function(s->db, s->object);
        if (s->db->error.code != CF_OK) return false;
        if (ok || moment >= CF_MOMENT_after_commit) continue;
        cf_fail(&s->db->error, CF_ERR_CHECK, "the %s function of %s refused", moment_names[moment], m->name);
        cf_session_failed(s->db, s, NULL, 0);
        return false;
    }
    return true;
}

static bool listens(const cf_state *s, cf_moment moment)
{
    return s->mapper->moments >> moment & 1;
}

/* ---- a flush ---------------------------------------------------------------------------------------- */

static cf_moment before(const cf_state *s)
{
    cf_mask mask;
    if (s->status == CF_STATUS_PENDING) return CF_MOMENT_before_insert;
    if (s->status != CF_STATUS_PERSISTENT) return CF_MOMENT_none;
    if (s->doomed) return CF_MOMENT_before_delete;
    return s->relinked || cf_state_changes(s, &mask) ? CF_MOMENT_before_update : CF_MOMENT_none;
}

static bool note(cf_db *db, cf_told *told, cf_state *s, cf_moment moment)
{
    if (told->count == told->capacity) {
        size_t     capacity = told->capacity ? told->capacity * 2 : 16;
        cf_state **states = cf_mem_resize(told->states, capacity * sizeof *states);
        if (states) told->states = states;
        uint8_t *moments = states ? cf_mem_resize(told->moments, capacity) : NULL;
        if (!moments) {
            cf_session_failed(db, NULL, NULL, 0);
            return false;
        }
        told->moments = moments;
        told->capacity = capacity;
    }
    told->states[told->count] = s;
    told->moments[told->count++] = (uint8_t)(moment + 1);
    s->told = (uint8_t)moment;
    return true;
}

/* Those to be written that were not told yet: parents first, deletions last and children first. */
static int compare(const void *left, const void *right)
{
    const cf_state *a = *(cf_state *const *)left, *b = *(cf_state *const *)right;
    int             by_rank = (a->mapper->rank > b->mapper->rank) - (a->mapper->rank < b->mapper->rank);
    if (a->doomed != b->doomed) return a->doomed ? 1 : -1;
    return a->doomed ? -by_rank : by_rank;
}

/* One round over the session; *more: functions were called, which may have changed other objects. */
static bool tell_round(cf_db *db, cf_told *told, bool *more)
{
    size_t first = told->count;
    *more = false;
    for (cf_state *s = db->first; s; s = s->next) {
        cf_moment moment = s->mapper->moments ? before(s) : CF_MOMENT_none;
        if (moment == CF_MOMENT_none || s->told == moment) continue;
        if (!note(db, told, s, moment)) return false;
    }
    size_t end = told->count;
    if (end > first) qsort(told->states + first, end - first, sizeof *told->states, compare);
    for (size_t i = first; i < end; i++) {
        cf_state *s = told->states[i];
        cf_moment moment = s->told;
        told->moments[i] = (uint8_t)(moment + 1);
        if (before(s) != moment) continue; /* a function has changed its lot */
        *more |= listens(s, moment);
        if (listens(s, moment) && !call(s, moment)) return false;
    }
    return true;
}

bool cf_events_before(cf_db *db, cf_told *told)
{
    told->begun = db->listeners && cf_session_dirty(db, NULL);
    if (told->begun && !cf_events_tell(db, CF_BEFORE_FLUSH)) return false;
    for (bool more = true; more;) {
        more = false;
        if (!cf_sides_cascade(db) || !cf_positions_flush(db)) return false;
        if (db->database->registry->has_events && !tell_round(db, told, &more)) return false;
        if (told->count <= MOST_CALLS) continue;
        cf_fail(&db->error, CF_ERR_LIMIT, "functions of events add objects without end");
        cf_session_failed(db, told->states[told->count - 1], NULL, 0);
        return false;
    }
    return true;
}

static bool promise(cf_db *db, cf_state *s)
{
    struct cf_promise *p = cf_arena_alloc(db->arena, sizeof *p);
    if (!p) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    *p = (struct cf_promise){.next = db->promises, .state = s};
    db->promises = p;
    s->promised = true;
    return true;
}

bool cf_events_after(cf_db *db, cf_told *told, bool ok)
{
    const uint32_t end = 1u << CF_MOMENT_after_commit | 1u << CF_MOMENT_after_rollback;
    for (size_t i = 0; i < told->count; i++) told->states[i]->told = CF_MOMENT_none;
    for (size_t i = 0; ok && i < told->count; i++) {
        cf_state *s = told->states[i];
        if (listens(s, told->moments[i])) ok = call(s, told->moments[i]);
        if (ok && s->mapper->moments & end && !s->promised) ok = promise(db, s);
    }
    cf_mem_free(told->states);
    cf_mem_free(told->moments);
    return ok && (!told->begun || cf_events_tell(db, CF_AFTER_FLUSH));
}

/* ---- loading --------------------------------------------------------------------------------------------- */

bool cf_events_read(cf_db *db, cf_state *s, bool fresh)
{
    if (!listens(s, CF_MOMENT_after_load)) return true;
    struct cf_reading *r = cf_arena_alloc(db->arena, sizeof *r);
    if (!r) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    *r = (struct cf_reading){db->read, s, fresh};
    db->read = r;
    return true;
}

/* What a function puts into members that are no columns is no change, and stays after a rollback. */
static void keep_other_members(cf_state *s)
{
    const cf_mapper *m = s->mapper;
    char            *at = s->snapshot;
    size_t           from = 0;
    for (size_t i = 0; i <= m->column_count; i++) { /* columns stand in any order: look for the next one */
        const cf_attribute *next = NULL;
        for (size_t k = 0; k < m->column_count; k++)
            if (m->columns[k].offset >= from && (!next || m->columns[k].offset < next->offset)) next = &m->columns[k];
        size_t to = next ? next->offset : m->model->size;
        memcpy(at + from, (char *)s->object + from, to - from);
        if (!next) return;
        from = to + next->size;
    }
}

bool cf_events_loaded(cf_db *db)
{
    while (db->read) {
        cf_state *s = db->read->state;
        bool      fresh = db->read->fresh;
        db->read = db->read->next;
        if (cf_session_ok(db) && call(s, CF_MOMENT_after_load)) keep_other_members(s);
        else if (fresh) cf_state_let_go(s); /* nobody has it yet: the next query that finds it calls them again */
    }
    return db->error.code == CF_OK;
}

/* ---- the session ----------------------------------------------------------------------------------------- */

bool cf_listen(cf_db *db, cf_session_moment moment, cf_work *function, void *argument)
{
    if (!cf_session_ok(db)) return false;
    struct cf_listener **last = &db->listeners, *l = cf_arena_alloc(db->arena, sizeof *l);
    if (!l) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    *l = (struct cf_listener){NULL, moment, function, argument};
    while (*last) last = &(*last)->next;
    *last = l;
    return true;
}

bool cf_events_tell(cf_db *db, cf_session_moment moment)
{
    static const char *const names[] = {
        [CF_BEFORE_FLUSH] = "before flush",
        [CF_AFTER_FLUSH] = "after flush",
        [CF_BEFORE_COMMIT] = "before commit",
    };
    for (const struct cf_listener *l = db->listeners; l; l = l->next) {
        if (l->moment != moment) continue;
        bool ok = l->function(db, l->argument);
        if (moment == CF_AFTER_COMMIT || moment == CF_AFTER_ROLLBACK) continue;
        if (db->error.code != CF_OK) return false;
        if (!ok) return cf_session_fail(db, CF_ERR_CHECK, "a function of the session refused (%s)", names[moment]);
    }
    return true;
}

bool cf_on_commit(cf_db *db, void (*function)(void *), void *argument)
{
    if (!cf_session_ok(db)) return false;
    struct cf_promise *p = cf_arena_alloc(db->arena, sizeof *p);
    if (!p) {
        cf_session_failed(db, NULL, NULL, 0);
        return false;
    }
    *p = (struct cf_promise){db->promises, NULL, function, argument};
    db->promises = p;
    return true;
}

/* The promises in the order they were made; the list is emptied first, as functions may make new ones. */
static struct cf_promise *take(cf_db *db, const struct cf_promise *mark)
{
    struct cf_promise *first = NULL;
    while (db->promises != mark) {
        struct cf_promise *p = db->promises;
        db->promises = p->next;
        p->next = first;
        first = p;
        if (p->state) p->state->promised = false;
    }
    return first;
}

void cf_events_committed(cf_db *db)
{
    for (const struct cf_promise *p = take(db, NULL); p; p = p->next) {
        if (p->state && listens(p->state, CF_MOMENT_after_commit)) (void)call(p->state, CF_MOMENT_after_commit);
        else if (!p->state) p->function(p->argument);
    }
    (void)cf_events_tell(db, CF_AFTER_COMMIT);
}

void cf_events_undone(cf_db *db, const struct cf_promise *mark)
{
    for (const struct cf_promise *p = take(db, mark); p; p = p->next)
        if (p->state && listens(p->state, CF_MOMENT_after_rollback)) (void)call(p->state, CF_MOMENT_after_rollback);
    if (!mark) (void)cf_events_tell(db, CF_AFTER_ROLLBACK);
}
