/* Loading relationships: for all objects of a result at once, keys in bounded chunks. */
#include "orm/event.h"
#include "orm/waiting.h"

#include "base/memory.h"

#include <string.h>

/* ---- what an object knows --------------------------------------------------------------------- */

cf_related *cf_related_of(cf_state *state, const cf_side *side)
{
    if (!state->related) {
        state->related = cf_arena_array(state->db->arena, state->mapper->side_count, sizeof *state->related);
        if (!state->related) return NULL;
    }
    return &state->related[side->index];
}

/* Does an object have to wait for the side? Not where its key is NULL: then there is nothing. */
static bool must_wait(const cf_waiting *w, cf_state *s)
{
    cf_side    *side = w->side;
    cf_value    key[CF_MOST_KEYS];
    cf_related *r = cf_related_of(s, side);
    if (r->loaded) return false;
    if (!cf_side_key(side, s->object, key)) {
        r->loaded = true;
        return false;
    }
    /* Many-to-one: a target that is in the session needs no statement. */
    if (side->kind != CF_SIDE_KEY || !side->by_primary) return true;
    r->one = cf_identity_find(&w->db->identity, side->target, key, cf_identity_hash(side->target, key));
    r->loaded = r->one != NULL;
    return !r->loaded;
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* What the statements of a side give: objects in db->found, and for each the number of the key it belongs to. */
typedef struct reading {
    cf_db            *db;
    cf_side          *side;
    const cf_waiting *waiting;
    cf_loading        loading;
    size_t           *keys; /* CF_NO_KEY: somebody else gave the row away meanwhile */
    size_t            room;
    uint32_t         *counts; /* objects of each key */
} reading;

static bool keep_key(reading *r, size_t n, size_t key)
{
    if (n == r->room) {
        size_t  room = r->room ? r->room * 2 : 256;
        size_t *keys = cf_mem_resize(r->keys, room * sizeof *keys);
        if (!keys) return cf_fail(&r->db->error, CF_ERR_MEMORY, "out of memory");
        r->keys = keys;
        r->room = room;
    }
    r->keys[n] = key;
    if (key != CF_NO_KEY) r->counts[key]++;
    return true;
}

/* The owner's key as the present row, or the object made of it, has it. */
static bool row_key(const reading *r, cf_stmt *stmt, const cf_state *item, cf_value *key)
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

static bool read_rows(reading *r, cf_stmt *stmt)
{
    size_t    number = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(stmt, &r->db->error)) == CF_YES) {
        size_t    n = r->loading.found;
        cf_state *item = cf_loading_row(&r->loading, stmt);
        cf_value  key[CF_MOST_KEYS];
        if (!item || !row_key(r, stmt, item, key)) return false;
        number = cf_waiting_find(r->waiting, key, number);
        if (!keep_key(r, n, number)) return false;
    }
    return answer == CF_NO;
}

/* An owner takes objects that follow one another, of `all` that are its. */
static bool take(const reading *r, cf_state *owner, void *const *items, size_t count, size_t all)
{
    cf_side    *side = r->side;
    cf_related *related = cf_related_of(owner, side);
    if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_BACK) {
        if (!related->one) related->one = cf_state_of(items[0]);
        return true;
    }
    if (!related->list) related->list = cf_collection_new(owner, side, all, r->db->arena);
    return related->list && cf_collection_add(related->list, items, count, r->db->arena);
}

/* Gives the objects to every waiting owner with their key. */
static bool give(const reading *r)
{
    const cf_waiting *w = r->waiting;
    void *const      *found = r->db->found;
    for (size_t i = 0, end; i < r->loading.found; i = end) {
        size_t key = r->keys[i];
        for (end = i + 1; end < r->loading.found && r->keys[end] == key;) end++;
        for (size_t at = cf_waiting_first(w, key); at != CF_NO_KEY; at = cf_waiting_next(w, at))
            if (!take(r, w->states[at], found + i, end - i, r->counts[key])) return false;
    }
    return true;
}

/* Those that were waiting and got nothing have nothing. */
static bool settle(const cf_waiting *w)
{
    cf_side *side = w->side;
    bool     list = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
    for (size_t i = 0; i < w->count; i++) {
        cf_related *r = cf_related_of(w->states[i], side);
        if (list && !r->list && !(r->list = cf_collection_new(w->states[i], side, 0, w->db->arena))) return false;
        if (!list && !r->one) r->count = cf_side_missing(side, w->states[i]);
        r->loaded = true;
    }
    return true;
}

static bool load_waiting(const cf_waiting *w)
{
    cf_db   *db = w->db;
    reading  r = {.db = db, .side = w->side, .waiting = w, .loading = {.db = db, .mapper = w->side->target}};
    cf_conn *conn = NULL;
    r.counts = cf_mem_zero(w->key_count, sizeof *r.counts);
    bool ok = r.counts && cf_loading_begin(&r.loading) && (conn = cf_session_read(db, NULL, 0));
    for (size_t at = 0; ok && at < w->key_count;) {
        cf_stmt *stmt = cf_waiting_send(w, conn, CF_SIDE_LOAD, &at);
        ok = stmt && read_rows(&r, stmt);
        cf_stmt_done(stmt);
    }
    if (conn) cf_session_unread(db, conn);
    ok = ok && give(&r) && settle(w) && cf_loading_end(&r.loading);
    cf_mem_free(r.keys);
    cf_mem_free(r.counts);
    return ok;
}

size_t cf_side_targets(const cf_side *side, void *const *objects, size_t count, void ***out)
{
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass && !(*out = cf_mem_alloc(n * sizeof **out))) return SIZE_MAX;
        n = 0;
        for (size_t i = 0; i < count; i++) {
            const cf_state   *s = cf_state_of(objects[i]);
            const cf_related *r = s->related ? &s->related[side->index] : NULL;
            bool              many = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
            size_t            items = !r || !r->one ? 0 : many ? r->list->count : 1;
            for (size_t k = 0; k < items; k++, n++)
                if (pass) (*out)[n] = many ? r->list->items[k] : r->one->object;
        }
    }
    return n;
}

bool cf_sides_load_eager(cf_db *db, const cf_mapper *m, void *const *objects, size_t count)
{
    bool ok = true;
    for (size_t i = 0; ok && count && i < m->side_count; i++)
        if (m->sides[i]->load == CF_LOAD_EAGER) ok = cf_side_load(db, m->sides[i], objects, count);
    return ok;
}

/* What was loaded may have something to be loaded with it. */
static bool load_next(cf_db *db, const cf_side *side, void *const *objects, size_t count)
{
    void **next = NULL;
    bool   eager = false;
    for (size_t i = 0; i < side->target->side_count; i++) eager |= side->target->sides[i]->load == CF_LOAD_EAGER;
    if (!eager) return true;
    size_t n = cf_side_targets(side, objects, count, &next);
    bool   ok = n != SIZE_MAX && cf_sides_load_eager(db, side->target, next, n);
    cf_mem_free(next);
    return ok;
}

bool cf_side_load(cf_db *db, cf_side *side, void *const *objects, size_t count)
{
    cf_waiting w = {.db = db, .side = side};
    bool       ok = cf_waiting_begin(&w, must_wait, objects, count) && (w.count == 0 || load_waiting(&w));
    if (ok && w.count) ok = load_next(db, side, objects, count);
    cf_waiting_end(&w);
    if (!ok) cf_session_failed(db, NULL, side->relation->file, side->relation->line);
    return cf_events_loaded(db) && ok;
}

bool cf_sides_load_path(cf_db *db, cf_side *const *path, size_t steps, void *const *objects, size_t count)
{
    void **found = NULL;
    bool   ok = true;
    for (size_t i = 0; ok && i < steps && count; i++) {
        void **next = NULL;
        ok = cf_side_load(db, path[i], objects, count);
        if (ok && i + 1 < steps) {
            count = cf_side_targets(path[i], objects, count, &next);
            ok = count != SIZE_MAX;
            if (!ok) cf_session_failed(db, NULL, NULL, 0);
        }
        cf_mem_free(found);
        objects = found = next;
    }
    cf_mem_free(found);
    return ok;
}
