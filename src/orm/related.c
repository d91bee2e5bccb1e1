/* Loading relationships: for all objects of a result at once, keys in bounded chunks. */
#include "orm/event.h"
#include "orm/side.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

#define CHUNK 512

/* ---- what an object knows --------------------------------------------------------------------- */

cf_related *cf_related_of(cf_state *state, const cf_side *side)
{
    if (!state->related) {
        state->related = cf_arena_array(state->db->arena, state->mapper->side_count, sizeof *state->related);
        if (!state->related) return NULL;
    }
    return &state->related[side->index];
}

bool cf_side_key(const cf_side *side, const void *owner, cf_value *key)
{
    for (size_t i = 0; i < side->own.count; i++) {
        key[i] = cf_attribute_read(side->own.left[i], owner);
        if (key[i].kind == CF_NULL) return false;
    }
    return true;
}

static bool same_key(const cf_value *a, const cf_value *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!cf_value_same(a[i], b[i])) return false;
    return true;
}

static uint64_t hash_key(const cf_value *key, size_t count)
{
    uint64_t h = cf_value_hash(key[0]);
    for (size_t i = 1; i < count; i++) h = h * 31 + cf_value_hash(key[i]);
    return h;
}

/* ---- owners by key ---------------------------------------------------------------------------- */

/* The members of a group that wait for the side, found by their key. */
typedef struct waiting {
    cf_state **states;
    size_t     count;
    uint32_t  *index; /* 1 + position in states, by hash; chains in next */
    uint32_t  *next;
    size_t     size;
} waiting;

/* Does an object have to wait for the side? Not where its key is NULL: then there is nothing. */
static bool must_wait(cf_db *db, cf_side *side, cf_state *s)
{
    cf_value    key[CF_MOST_KEYS];
    cf_related *r = cf_related_of(s, side);
    if (r->loaded) return false;
    if (!cf_side_key(side, s->object, key)) {
        r->loaded = true;
        return false;
    }
    /* Many-to-one: a target that is in the session needs no statement. */
    if (side->kind != CF_SIDE_KEY || !side->by_primary) return true;
    r->one = cf_identity_find(&db->identity, side->target, key, cf_identity_hash(side->target, key));
    r->loaded = r->one != NULL;
    return !r->loaded;
}

static void add_waiting(waiting *w, const cf_side *side, cf_state *s)
{
    cf_value key[CF_MOST_KEYS];
    cf_side_key(side, s->object, key);
    uint64_t h = hash_key(key, side->own.count) & (w->size - 1);
    w->states[w->count] = s;
    w->next[w->count] = w->index[h];
    w->index[h] = (uint32_t)++w->count;
}

static bool collect(cf_db *db, waiting *w, cf_side *side, cf_state *state)
{
    const cf_group *group = state->group;
    size_t          most = group ? group->count + 1 : 1;
    for (w->size = 8; w->size < most * 2; w->size *= 2) {
    }
    w->states = cf_mem_zero(most, sizeof *w->states);
    w->index = cf_mem_zero(w->size, sizeof *w->index);
    w->next = cf_mem_zero(most, sizeof *w->next);
    if (!w->states || !w->index || !w->next) return false;
    for (size_t i = 0; i < most; i++) {
        cf_state *s = i == 0 ? state : cf_state_of(group->objects[i - 1]);
        if ((i && s == state) || s->mapper != state->mapper || s->status != CF_STATUS_PERSISTENT) continue;
        if (!cf_related_of(s, side)) return false;
        if (must_wait(db, side, s)) add_waiting(w, side, s);
    }
    return true;
}

static void release(waiting *w)
{
    cf_mem_free(w->states);
    cf_mem_free(w->index);
    cf_mem_free(w->next);
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* Rows with one key, one after another; their objects are in db->found from `first` on. */
typedef struct run {
    cf_db         *db;
    cf_side       *side;
    const waiting *waiting;
    cf_loading     loading;
    cf_value       key[CF_MOST_KEYS];
    size_t         first;
} run;

static bool take(const run *r, cf_state *owner, cf_related *related)
{
    cf_side     *side = r->side;
    void *const *items = r->db->found + r->first;
    size_t       count = r->loading.found - r->first;
    bool         ok = true;
    if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_BACK) {
        related->one = cf_state_of(items[0]);
    } else if (!related->list) {
        related->list = cf_collection_new(owner, side, items, count, r->db->arena);
        ok = related->list != NULL;
    } else { /* somebody else moved a row while the session had it: its runs are two */
        for (size_t i = 0; ok && i < count; i++)
            ok = cf_collection_add(related->list, cf_state_of(items[i]), r->db->arena);
    }
    return ok;
}

/* Gives the objects of a run to every waiting owner with that key. */
static bool give(const run *r)
{
    const waiting *w = r->waiting;
    const cf_side *side = r->side;
    if (r->first == r->loading.found) return true;
    for (uint32_t i = w->index[hash_key(r->key, side->own.count) & (w->size - 1)]; i; i = w->next[i - 1]) {
        cf_state *owner = w->states[i - 1];
        cf_value  key[CF_MOST_KEYS];
        if (!cf_side_key(side, owner->object, key) || !same_key(key, r->key, side->own.count)) continue;
        if (!take(r, owner, cf_related_of(owner, side))) return false;
    }
    return true;
}

/* The owner's key as the present row, or the object made of it, has it. */
static bool row_key(const run *r, cf_stmt *stmt, const cf_state *item, cf_value *key)
{
    const cf_pairs *own = &r->side->own;
    int             column = (int)r->side->target->column_count;
    for (size_t i = 0; i < own->count; i++) {
        if (!r->side->through) key[i] = cf_attribute_read(own->right[i], item->snapshot);
        else if (!cf_stmt_value(stmt, column + (int)i, own->right[i]->kind, r->db->arena, &key[i], &r->db->error))
            return false;
    }
    return true;
}

static bool read_rows(run *r, cf_stmt *stmt)
{
    size_t    columns = r->side->own.count;
    cf_answer answer;
    r->first = r->loading.found;
    while ((answer = cf_stmt_next(stmt, &r->db->error)) == CF_YES) {
        size_t    before = r->loading.found;
        cf_state *item = cf_loading_row(&r->loading, stmt);
        cf_value  key[CF_MOST_KEYS];
        if (!item || !row_key(r, stmt, item, key)) return false;
        if (r->first < before && same_key(key, r->key, columns)) continue;
        r->loading.found = before;
        if (!give(r)) return false;
        r->loading.found = before + 1;
        r->first = before;
        memcpy(r->key, key, columns * sizeof *key);
    }
    return answer == CF_NO && give(r);
}

static bool load_chunk(run *r, cf_conn *conn, size_t from, size_t count)
{
    cf_db       *db = r->db;
    cf_value     few[CHUNK], *values = few;
    const size_t columns = r->side->own.count;
    size_t       bucket = 0;
    while ((size_t)1 << bucket < count) bucket++;
    size_t keys = (size_t)1 << bucket;
    if (columns > 1 && !(values = cf_mem_zero(keys * columns, sizeof *values))) return false;
    for (size_t i = 0; i < keys; i++) /* the last one fills what is left */
        cf_side_key(r->side, r->waiting->states[from + (i < count ? i : count - 1)]->object, values + i * columns);
    const cf_sql *sql = cf_side_statement(r->side, db->dialect, bucket, &db->error);
    cf_stmt      *stmt = sql ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    bool ok = stmt && cf_stmt_run(stmt, values, keys * columns, &db->error) && read_rows(r, stmt);
    cf_stmt_done(stmt);
    if (values != few) cf_mem_free(values);
    return ok;
}

/* Those that were waiting and got nothing have nothing. */
static bool settle(cf_db *db, cf_side *side, const waiting *w)
{
    bool list = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
    for (size_t i = 0; i < w->count; i++) {
        cf_related *r = cf_related_of(w->states[i], side);
        if (list && !r->list && !(r->list = cf_collection_new(w->states[i], side, NULL, 0, db->arena))) return false;
        r->loaded = true;
    }
    return true;
}

static bool load_waiting(cf_db *db, cf_side *side, const waiting *w)
{
    run      r = {.db = db, .side = side, .waiting = w, .loading = {.db = db, .mapper = side->target}};
    cf_conn *conn = cf_loading_begin(&r.loading) ? cf_session_read(db, NULL, 0) : NULL;
    bool     ok = conn != NULL;
    for (size_t i = 0; ok && i < w->count; i += CHUNK)
        ok = load_chunk(&r, conn, i, w->count - i < CHUNK ? w->count - i : CHUNK);
    if (conn) cf_session_unread(db, conn);
    return ok && settle(db, side, w) && cf_loading_end(&r.loading);
}

bool cf_side_load(cf_db *db, cf_side *side, cf_state *state)
{
    waiting w = {0};
    bool    ok = collect(db, &w, side, state) && (w.count == 0 || load_waiting(db, side, &w));
    release(&w);
    if (!ok) cf_session_failed(db, NULL, side->relation->file, side->relation->line);
    return cf_events_loaded(db) && ok;
}

/* ---- the two ways to look ---------------------------------------------------------------------- */

/*
 * What was changed in memory and not yet written holds for a list that is looked at only now. Lists of pending
 * owners are made when the first object is put into them, so nothing can be missing there.
 */
static bool add_unwritten(cf_db *db, cf_collection *list)
{
    bool ok = true;
    for (const cf_link *l = db->links; ok && l; l = l->next) {
        bool      here = l->side == list->side && l->owner == list->owner;
        bool      there = l->side == list->side->other && l->target == list->owner;
        cf_state *item = here ? l->target : l->owner;
        if (!here && !there) continue;
        if (l->remove) cf_collection_remove(list, item);
        else if (!cf_collection_has(list, item)) ok = cf_collection_add(list, item, db->arena);
    }
    if (list->side->kind != CF_SIDE_LIST || !db->relinked) return ok;
    for (cf_state *s = db->first; ok && s; s = s->next) {
        if (!s->relinked || s->mapper != list->side->target || !s->related) continue;
        const cf_related *r = &s->related[list->side->other->index];
        if (r->loaded && r->one == list->owner && !cf_collection_has(list, s))
            ok = cf_collection_add(list, s, db->arena);
        else if (r->loaded && r->one != list->owner) cf_collection_remove(list, s);
    }
    return ok;
}

cf_collection *cf_side_list(cf_state *state, cf_side *side)
{
    cf_db *db = state->db;
    if (!cf_session_ok(db)) return NULL;
    cf_related *r = cf_related_of(state, side);
    bool        first = r && !r->seen && state->status == CF_STATUS_PERSISTENT;
    if (r && !r->loaded && state->status == CF_STATUS_PERSISTENT && !cf_side_load(db, side, state)) return NULL;
    if (r && !r->list) {
        r->list = cf_collection_new(state, side, NULL, 0, db->arena);
        r->loaded = true;
    }
    if (r) r->seen = true;
    if (!r || !r->list || (first && !add_unwritten(db, r->list))) {
        cf_session_failed(db, NULL, NULL, 0);
        return NULL;
    }
    return r->list;
}

/* Does the key of `state` name the object `one`, or nothing where that is NULL? */
static bool refers(const cf_side *side, const cf_state *state, const cf_state *one)
{
    cf_value key[CF_MOST_KEYS];
    if (!cf_side_key(side, state->object, key)) return one == NULL;
    for (size_t i = 0; one && i < side->own.count; i++)
        if (!cf_value_same(key[i], cf_attribute_read(side->own.right[i], one->object))) return false;
    return one != NULL;
}

cf_state *cf_side_known(cf_state *state, cf_side *side, bool *failed)
{
    const cf_related *r = state->related ? &state->related[side->index] : NULL;
    cf_value          key[CF_MOST_KEYS];
    *failed = false;
    if (!side->by_primary || (r && r->loaded && (r->set || refers(side, state, r->one))))
        return cf_side_one(state, side, failed);
    if (!cf_side_key(side, state->object, key)) return NULL;
    return cf_identity_find(&state->db->identity, side->target, key, cf_identity_hash(side->target, key));
}

cf_state *cf_side_one(cf_state *state, cf_side *side, bool *failed)
{
    cf_db *db = state->db;
    *failed = !cf_session_ok(db);
    if (*failed) return NULL;
    cf_related *r = cf_related_of(state, side);
    if (!r) {
        cf_session_failed(db, NULL, NULL, 0);
        *failed = true;
        return NULL;
    }
    /* The key column may have been assigned since: then the object remembered is not the one meant. */
    if (side->kind == CF_SIDE_KEY && r->loaded && !r->set && !refers(side, state, r->one))
        r->loaded = false, r->one = NULL;
    if (!r->loaded && (state->status == CF_STATUS_PERSISTENT || side->kind == CF_SIDE_KEY)) {
        uint8_t status = state->status;
        state->status = CF_STATUS_PERSISTENT; /* a pending object can look along its key */
        *failed = !cf_side_load(db, side, state);
        state->status = status;
    }
    return *failed || !r->one || r->one->status == CF_STATUS_DETACHED || r->one->doomed ? NULL : r->one;
}
