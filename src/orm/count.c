/* Counting a list without loading it: one statement for all objects of the result. */
#include "orm/waiting.h"

/* Is what was counted, or loaded for looking only, older than what was written since? */
static bool outdated(const cf_db *db, const cf_side *side, const cf_related *r)
{
    bool soft =
        side->target->soft && !r->loaded; /* rows are marked and brought back without leaving the relationship */
    return (side->view || soft) && r->writes != db->writes;
}

static bool must_count(const cf_waiting *w, cf_state *s)
{
    cf_related *r = cf_related_of(s, w->side);
    if (r->counted && outdated(w->db, w->side, r)) r->counted = false;
    if (r->counted || r->loaded) return false;
    r->count = 0;
    return true;
}

/* Rows of a count and the owner's key. */
static bool read_counts(const cf_waiting *w, cf_stmt *stmt)
{
    cf_db          *db = w->db;
    const cf_pairs *own = &w->side->own;
    cf_answer       answer;
    size_t          number = 0;
    while ((answer = cf_stmt_next(stmt, &db->error)) == CF_YES) {
        cf_value count, key[CF_MOST_KEYS];
        if (!cf_stmt_value(stmt, 0, CF_INT, db->arena, &count, &db->error)) return false;
        for (size_t i = 0; i < own->count; i++)
            if (!cf_stmt_value(stmt, (int)i + 1, own->right[i]->kind, db->arena, &key[i], &db->error)) return false;
        number = cf_waiting_find(w, key, number);
        for (size_t at = cf_waiting_first(w, number); at != CF_NO_KEY; at = cf_waiting_next(w, at))
            cf_related_of(w->states[at], w->side)->count = count.as.integer;
    }
    return answer == CF_NO;
}

static bool count_waiting(const cf_waiting *w)
{
    cf_db   *db = w->db;
    cf_conn *conn = cf_session_read(db, NULL, 0);
    bool     ok = conn != NULL;
    for (size_t at = 0; ok && at < w->key_count;) {
        cf_stmt *stmt = cf_waiting_send(w, conn, CF_SIDE_COUNT, &at);
        ok = stmt && read_counts(w, stmt);
        cf_stmt_done(stmt);
    }
    if (conn) cf_session_unread(db, conn);
    for (size_t i = 0; ok && i < w->count; i++) {
        cf_related *r = cf_related_of(w->states[i], w->side);
        r->counted = true;
        r->writes = db->writes;
    }
    return ok;
}

/* What was changed in memory is written first, as before a query. */
static bool write_first(cf_db *db, const cf_side *side)
{
    return cf_session_autoflush(db, side->target) && (!side->through || cf_session_autoflush(db, side->through));
}

int64_t cf_side_count(cf_state *state, cf_side *side)
{
    cf_db *db = state->db;
    if (!cf_session_ok(db)) return -1;
    cf_related *r = cf_related_of(state, side);
    if (!r) {
        cf_session_failed(db, NULL, NULL, 0);
        return -1;
    }
    bool current = !outdated(db, side, r);
    if (state->status != CF_STATUS_PERSISTENT || (r->loaded && current)) {
        const cf_collection *list =
            state->status != CF_STATUS_PERSISTENT && side->load == CF_LOAD_NEVER ? NULL : cf_side_list(state, side);
        return list ? (int64_t)list->count : cf_session_ok(db) ? 0 : -1;
    }
    if (r->counted && current) return r->count;
    if (!write_first(db, side)) return -1;
    if (!current) *r = (cf_related){.loaded = false};
    const cf_group *group = state->group;
    bool            alone = !group || group->count == 0;
    cf_waiting      w = {.db = db, .side = side};
    cf_place        from = cf_side_enter(state);
    bool ok = cf_waiting_begin(&w, must_count, alone ? &state->object : group->objects, alone ? 1 : group->count) &&
              count_waiting(&w);
    cf_waiting_end(&w);
    cf_side_leave(state, from);
    if (!ok) cf_session_failed(db, NULL, side->relation->file, side->relation->line);
    return ok ? r->count : -1;
}
