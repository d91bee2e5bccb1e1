/* Loading relationships: for all objects of a result at once, keys in bounded chunks. */
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

static void show(cf_collection *list)
{
    cf_header_of(list->items)->state = (void *)(uintptr_t)list->count;
    list->items[list->count] = NULL;
}

static bool make_room(cf_collection *list, size_t capacity, cf_arena *arena)
{
    void **items = cf_arena_object(arena, &list->side->target->list_cls, (capacity + 1) * sizeof *items);
    if (!items) return false;
    if (list->count) memcpy(items, list->items, list->count * sizeof *items);
    cf_header_of(items)->state2 = list;
    list->items = items;
    list->capacity = capacity;
    show(list);
    return true;
}

static cf_collection *make_list(cf_state *owner, cf_side *side, cf_arena *arena)
{
    cf_collection *list = cf_arena_alloc(arena, sizeof *list);
    if (!list) return NULL;
    list->owner = owner;
    list->side = side;
    return make_room(list, 4, arena) ? list : NULL;
}

bool cf_collection_has(const cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == item->object) return true;
    return false;
}

bool cf_collection_add(cf_collection *list, cf_state *item, cf_arena *arena)
{
    if (list->count == list->capacity && !make_room(list, list->capacity * 2, arena)) return false;
    list->items[list->count++] = item->object;
    show(list);
    return true;
}

void cf_collection_remove(cf_collection *list, const cf_state *item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != item->object) continue;
        memmove(&list->items[i], &list->items[i + 1], (list->count - i) * sizeof *list->items);
        list->count--;
        show(list);
        return;
    }
}

/* ---- the statement ---------------------------------------------------------------------------- */

static void select_text(cf_buffer *out, const cf_side *side, const cf_dialect *d, size_t keys)
{
    const cf_mapper *t = side->target;
    cf_buffer_text(out, "SELECT ");
    for (size_t i = 0; i < t->column_count; i++) {
        cf_buffer_text(out, i ? ", t0." : "t0.");
        cf_sql_name(out, d, t->columns[i].column);
    }
    if (side->through) {
        cf_buffer_text(out, ", t1.");
        cf_sql_name(out, d, side->through_owner->column);
    }
    cf_buffer_text(out, " FROM ");
    cf_sql_name(out, d, t->table);
    cf_buffer_text(out, " AS t0");
    if (side->through) {
        cf_buffer_text(out, " JOIN ");
        cf_sql_name(out, d, side->through->table);
        cf_buffer_text(out, " AS t1 ON t1.");
        cf_sql_name(out, d, side->through_target->column);
        cf_buffer_text(out, " = t0.");
        cf_sql_name(out, d, side->target_referred->column);
    }
    cf_buffer_text(out, side->through ? " WHERE t1." : " WHERE t0.");
    cf_sql_name(out, d,
                side->through               ? side->through_owner->column
                : side->kind == CF_SIDE_KEY ? side->referred->column
                                            : side->key->column);
    cf_buffer_text(out, " IN (");
    for (size_t i = 0; i < keys; i++) {
        if (i) cf_buffer_text(out, ", ");
        cf_sql_placeholder(out, d, (int)i + 1);
    }
    cf_buffer_char(out, ')');
    if (side->order) cf_emit_order(out, side->order, d);
    else
        for (size_t i = 0; !side->through && i < t->key_count; i++) {
            cf_buffer_text(out, i ? ", t0." : " ORDER BY t0.");
            cf_sql_name(out, d, t->columns[t->key[i]].column);
        }
}

static const cf_sql *statement(cf_side *side, const cf_dialect *d, size_t bucket, cf_error *error)
{
    cf_statement *s = atomic_load_explicit(&side->loads[d->id][bucket], memory_order_acquire);
    if (s) return &s->sql;
    cf_registry *r = side->owner->registry;
    pthread_mutex_lock(&r->lock);
    s = atomic_load(&side->loads[d->id][bucket]);
    if (!s && (s = cf_arena_alloc(r->arena, sizeof *s))) {
        cf_buffer text = {0};
        select_text(&text, side, d, (size_t)1 << bucket);
        s->sql =
            (cf_sql){text.failed ? NULL : cf_arena_text(r->arena, text.data, text.size), text.size, cf_sql_id(), true};
        cf_buffer_free(&text);
        if (s->sql.text) atomic_store_explicit(&side->loads[d->id][bucket], s, memory_order_release);
        else s = NULL;
    }
    pthread_mutex_unlock(&r->lock);
    if (!s) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return s ? &s->sql : NULL;
}

/* ---- owners by key ---------------------------------------------------------------------------- */

/* The members of a group that wait for the side, found by the value of a column. */
typedef struct waiting {
    cf_state          **states;
    size_t              count;
    uint32_t           *index; /* 1 + position in states, by hash; chains in next */
    uint32_t           *next;
    size_t              size;
    const cf_attribute *column;
} waiting;

static cf_value column_value(const cf_attribute *column, const cf_state *s)
{
    return cf_attribute_read(column, s->object);
}

static bool collect(waiting *w, cf_side *side, cf_state *state)
{
    cf_group *group = state->group;
    size_t    most = group ? group->count + 1 : 1;
    w->column = side->kind == CF_SIDE_KEY ? side->key : side->referred;
    for (w->size = 8; w->size < most * 2; w->size *= 2) {
    }
    w->states = cf_mem_zero(most, sizeof *w->states);
    w->index = cf_mem_zero(w->size, sizeof *w->index);
    w->next = cf_mem_zero(most, sizeof *w->next);
    if (!w->states || !w->index || !w->next) return false;
    for (size_t i = 0; i < most; i++) {
        cf_state *s = i == 0 ? state : group->states[i - 1];
        if ((i && s == state) || s->mapper != state->mapper || s->status != CF_STATUS_PERSISTENT) continue;
        cf_related *r = cf_related_of(s, side);
        if (!r) return false;
        if (r->loaded || column_value(w->column, s).kind == CF_NULL) {
            r->loaded = true;
            continue;
        }
        uint64_t h = cf_value_hash(column_value(w->column, s)) & (w->size - 1);
        w->states[w->count] = s;
        w->next[w->count] = w->index[h];
        w->index[h] = (uint32_t)++w->count;
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

/* Gives a loaded object to every waiting owner whose column has that value. */
static bool give(cf_db *db, cf_side *side, const waiting *w, cf_value value, cf_state *item)
{
    for (uint32_t i = w->index[cf_value_hash(value) & (w->size - 1)]; i; i = w->next[i - 1]) {
        cf_state *owner = w->states[i - 1];
        if (!cf_value_same(column_value(w->column, owner), value)) continue;
        cf_related *r = cf_related_of(owner, side);
        if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_BACK) {
            r->one = item;
            continue;
        }
        if (!cf_collection_add(r->list, item, db->arena)) return false;
    }
    return true;
}

static bool read_rows(cf_db *db, cf_side *side, const waiting *w, cf_stmt *stmt, size_t *found)
{
    cf_mapper *t = side->target;
    cf_answer  answer;
    while ((answer = cf_stmt_next(stmt, &db->error)) == CF_YES) {
        cf_state *item = cf_session_load_row(db, t, stmt);
        cf_value  value;
        if (!item) return false;
        if (side->through) {
            if (!cf_stmt_value(stmt, (int)t->column_count, side->through_owner->kind, db->arena, &value, &db->error))
                return false;
        } else {
            value = cf_attribute_read(side->kind == CF_SIDE_KEY ? side->referred : side->key, item->snapshot);
        }
        if (!cf_session_found(db, (*found)++, item->object) || !give(db, side, w, value, item)) return false;
    }
    return answer == CF_NO;
}

static bool load_chunk(cf_db *db, cf_conn *conn, cf_side *side, const waiting *w, size_t from, size_t count,
                       size_t *found)
{
    cf_value values[CHUNK];
    size_t   bucket = 0;
    while ((size_t)1 << bucket < count) bucket++;
    for (size_t i = 0; i < (size_t)1 << bucket; i++)
        values[i] = column_value(w->column, w->states[from + (i < count ? i : count - 1)]);
    const cf_sql *sql = statement(side, db->dialect, bucket, &db->error);
    cf_stmt      *stmt = sql ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    bool ok = stmt && cf_stmt_run(stmt, values, (size_t)1 << bucket, &db->error) && read_rows(db, side, w, stmt, found);
    cf_stmt_done(stmt);
    return ok;
}

/* Many-to-one: those whose target is in the session need no statement. */
static void take_known(cf_db *db, cf_side *side, waiting *w)
{
    const cf_mapper *t = side->target;
    if (side->kind != CF_SIDE_KEY || t->key_count != 1 || t->key[0] != side->referred->index) return;
    for (size_t i = 0; i < w->count;) {
        cf_value  value = column_value(w->column, w->states[i]);
        cf_state *known = cf_identity_find(&db->identity, t, &value, cf_identity_hash(t, &value));
        if (!known) {
            i++;
            continue;
        }
        cf_related *r = cf_related_of(w->states[i], side);
        r->one = known;
        r->loaded = true;
        w->states[i] = w->states[--w->count];
    }
    /* Positions changed: chain anew. */
    memset(w->index, 0, w->size * sizeof *w->index);
    for (size_t i = 0; i < w->count; i++) {
        uint64_t h = cf_value_hash(column_value(w->column, w->states[i])) & (w->size - 1);
        w->next[i] = w->index[h];
        w->index[h] = (uint32_t)i + 1;
    }
}

static bool load_waiting(cf_db *db, cf_side *side, waiting *w)
{
    size_t found = 0;
    bool   ok = true;
    for (size_t i = 0; ok && i < w->count; i++) {
        cf_related *r = cf_related_of(w->states[i], side);
        if (side->kind != CF_SIDE_LIST && side->kind != CF_SIDE_THROUGH) continue;
        r->list = make_list(w->states[i], side, db->arena);
        ok = r->list != NULL;
    }
    cf_conn *conn = ok ? cf_session_read(db, NULL, 0) : NULL;
    ok = conn != NULL;
    for (size_t i = 0; ok && i < w->count; i += CHUNK)
        ok = load_chunk(db, conn, side, w, i, w->count - i < CHUNK ? w->count - i : CHUNK, &found);
    if (conn) cf_session_unread(db, conn);
    for (size_t i = 0; ok && i < w->count; i++) cf_related_of(w->states[i], side)->loaded = true;
    return ok && cf_session_group(db, side->target, found);
}

bool cf_side_load(cf_db *db, cf_side *side, cf_state *state)
{
    waiting w = {0};
    bool    ok = collect(&w, side, state);
    if (ok) take_known(db, side, &w);
    if (ok && w.count) ok = load_waiting(db, side, &w);
    release(&w);
    if (!ok) cf_session_failed(db, NULL, side->relation->file, side->relation->line);
    return ok;
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
        r->list = make_list(state, side, db->arena);
        r->loaded = true;
    }
    if (r) r->seen = true;
    if (!r || !r->list || (first && !add_unwritten(db, r->list))) {
        cf_session_failed(db, NULL, NULL, 0);
        return NULL;
    }
    return r->list;
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
    if (side->kind == CF_SIDE_KEY && r->loaded && !state->relinked &&
        (!r->one || !cf_value_same(column_value(side->key, state), column_value(side->referred, r->one))))
        r->loaded = false, r->one = NULL;
    if (!r->loaded && (state->status == CF_STATUS_PERSISTENT || side->kind == CF_SIDE_KEY)) {
        uint8_t status = state->status;
        state->status = CF_STATUS_PERSISTENT; /* a pending object can look along its key */
        *failed = !cf_side_load(db, side, state);
        state->status = status;
    }
    return *failed || !r->one || r->one->status == CF_STATUS_DETACHED || r->one->doomed ? NULL : r->one;
}
