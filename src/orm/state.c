/* What an object is to its session, and what programs do about it: ask, let go, read again, bring in. */
#include "orm/event.h"
#include "orm/row.h"
#include "orm/side.h"

#include <string.h>

/* ---- asking -------------------------------------------------------------------------------------- */

cf_state *cf_session_own(const cf_db *db, const void *object)
{
    if (!db || !object || !cf_arena_holds(db->arena, object)) return NULL;
    const cf_class  *cls = cf_header_of(object)->object.cls;
    const cf_mapper *m = cls->data;
    if (!m || cls != &m->cls) return NULL; /* a list, a form */
    cf_state *s = cf_state_of(object);
    return s && s->db && (s->db == db || s->db->parent == db) ? s : NULL; /* one of a stream has no session */
}

cf_state *cf_session_demand(cf_db *db, const void *object, const char *call, const char *file, int line)
{
    cf_state *s = cf_session_own(db, object);
    if (s) return s;
    if (file) cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: %s() takes an object of this session", file, line, call);
    else cf_session_fail(db, CF_ERR_MISUSE, "%s() takes an object of this session", call);
    return NULL;
}

cf_object_state cf_state_in(const cf_db *db, const void *object)
{
    const cf_state *s = cf_session_own(db, object);
    if (!s) return CF_TRANSIENT;
    switch ((cf_status)s->status) {
    case CF_STATUS_PENDING: return CF_PENDING;
    case CF_STATUS_PERSISTENT: return CF_PERSISTENT;
    case CF_STATUS_DELETED: return CF_DELETED;
    case CF_STATUS_DETACHED: break;
    }
    return s->rowless ? CF_TRANSIENT : CF_DETACHED;
}

const char *cf_state_name(cf_object_state state)
{
    static const char *const names[] = {"transient", "pending", "persistent", "deleted", "detached"};
    return state <= CF_DETACHED ? names[state] : "unknown";
}

bool cf_is_modified(const cf_db *db, const void *object)
{
    const cf_state *s = cf_session_own(db, object);
    cf_mask         mask;
    if (!s) return false;
    if (s->status == CF_STATUS_PENDING) return true;
    return s->status == CF_STATUS_PERSISTENT && (s->doomed || s->relinked || cf_state_changes(s, &mask));
}

const void *cf_original_(const void *object)
{
    return cf_state_of(object)->snapshot;
}

static const cf_attribute *at_offset(const cf_mapper *m, size_t offset)
{
    for (size_t i = 0; i < m->column_count; i++)
        if (m->columns[i].offset == offset) return &m->columns[i];
    return NULL;
}

bool cf_changed_(const void *object, size_t offset)
{
    if (!object) return false;
    const cf_state     *s = cf_state_of(object);
    const cf_attribute *a = at_offset(s->mapper, offset);
    return a && !cf_attribute_same(a, s->object, s->snapshot);
}

bool cf_autoflush(cf_db *db, bool on)
{
    bool before = db && !db->no_autoflush;
    if (db) db->no_autoflush = !on;
    return before;
}

/* ---- letting go ---------------------------------------------------------------------------------- */

void cf_state_let_go(cf_state *s)
{
    cf_db *db = s->db;
    if (s->status == CF_STATUS_PERSISTENT) cf_identity_remove(&db->identity, s);
    if (s->relinked && db->relinked) db->relinked--;
    cf_session_remove(db, s);
    s->relinked = s->doomed = s->fresh = false; /* not fresh: a savepoint does not bring it back */
}

void cf_expunge(cf_db *db, void *object)
{
    if (!cf_session_ok(db) || !object) return;
    cf_state *s = cf_session_demand(db, object, "cf_expunge", NULL, 0);
    if (s && s->status != CF_STATUS_DETACHED) cf_state_let_go(s);
}

void cf_expunge_all(cf_db *db)
{
    if (!db) return;
    for (cf_db *s = db->bound; s; s = s->next_bound) cf_expunge_all(s);
    db->links = NULL;
    while (db->first) cf_state_let_go(db->first);
}

static bool come_back(cf_state *s)
{
    cf_db   *db = s->db;
    cf_value key[CF_MOST_KEYS];
    s->related = NULL;
    s->group = NULL;
    s->relinked = s->cascaded = s->fresh = s->gone = false;
    s->committed = NULL;
    s->noted = 0;
    if (s->rowless) {
        s->status = CF_STATUS_PENDING;
        cf_session_append(db, s);
        return true;
    }
    cf_identity_key(s->mapper, s->snapshot, key);
    if (cf_identity_find(&db->identity, s->mapper, key, cf_identity_hash(s->mapper, key)))
        return cf_session_fail(db, CF_ERR_MISUSE, "the session has another object of the row of this %s by now",
                               s->mapper->name);
    s->status = CF_STATUS_PERSISTENT;
    if (!cf_identity_add(&db->identity, s, db->arena)) {
        cf_session_failed(db, s, NULL, 0);
        return false;
    }
    cf_session_append(db, s);
    return true;
}

bool cf_take_back(cf_db *db, void *object)
{
    if (!cf_session_ok(db)) return false;
    cf_state *s = cf_session_demand(db, object, "cf_take_back", NULL, 0);
    if (!s) return false;
    if (s->status == CF_STATUS_DELETED || (s->status == CF_STATUS_DETACHED && s->gone))
        return cf_session_fail(db, CF_ERR_MISUSE, "the row of this %s was deleted already", s->mapper->name);
    if (s->status == CF_STATUS_DETACHED) return come_back(s);
    s->doomed = s->cascaded = false;
    return true;
}

/* ---- reading again --------------------------------------------------------------------------------- */

static void expire(cf_state *s)
{
    if (s->status != CF_STATUS_PERSISTENT) return;
    s->stale = true;
    if (!s->relinked) s->related = NULL;
}

void cf_expire(cf_db *db, void *object)
{
    if (!cf_session_ok(db) || !object) return;
    cf_state *s = cf_session_demand(db, object, "cf_expire", NULL, 0);
    if (s) expire(s);
}

void cf_expire_all(cf_db *db)
{
    if (!db) return;
    for (cf_db *s = db->bound; s; s = s->next_bound) cf_expire_all(s);
    for (cf_state *s = db->first; s; s = s->next) expire(s);
}

bool cf_state_reload(cf_state *s, const cf_layout *layout, cf_stmt *stmt)
{
    cf_mask mask;
    if (s->doomed || cf_state_changes(s, &mask)) return true; /* unwritten changes stay */
    if (!cf_row_read_at(s->db, s->mapper, layout, stmt, s->object, s->db->arena)) return false;
    memcpy(s->snapshot, s->object, s->mapper->model->size);
    s->stale = false;
    return cf_events_read(s->db, s, false);
}

/* Takes the row over: all of it, or the columns at these offsets; false when out of memory. */
static bool take_row(cf_state *s, const void *row, const size_t *offsets)
{
    const cf_mapper *m = s->mapper;
    if (!offsets) {
        memcpy(s->object, row, m->model->size);
        memcpy(s->snapshot, row, m->model->size);
        s->related = NULL;
        s->relinked = s->stale = false;
        return cf_events_read(s->db, s, false);
    }
    for (; *offsets != SIZE_MAX; offsets++) {
        const cf_attribute *a = at_offset(m, *offsets);
        if (!a) continue;
        memcpy(cf_at(s->object, a), cf_at(row, a), a->size);
        memcpy(cf_at(s->snapshot, a), cf_at(row, a), a->size);
    }
    return true;
}

static cf_answer read_row(cf_db *db, cf_state *s, void *row)
{
    cf_value  key[CF_MOST_KEYS];
    cf_answer answer = CF_FAILED;
    cf_identity_key(s->mapper, s->snapshot, key);
    cf_conn *conn = cf_session_read(db, NULL, 0);
    cf_stmt *stmt = conn ? cf_session_select(db, conn, s->mapper, key) : NULL;
    if (stmt) answer = cf_stmt_next(stmt, &db->error);
    if (answer == CF_YES && !cf_row_read(db, s->mapper, stmt, row, db->arena)) answer = CF_FAILED;
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    return answer;
}

bool cf_refresh_(cf_db *db, void *object, const size_t *offsets)
{
    if (!cf_session_ok(db)) return false;
    cf_state *s = cf_session_own(db, object);
    if (!s || s->status != CF_STATUS_PERSISTENT)
        return cf_session_fail(db, CF_ERR_MISUSE, "cf_refresh() takes an object of this session that has a row");
    db = s->db;
    void     *row = cf_arena_alloc(db->arena, s->mapper->model->size);
    cf_answer answer = row ? read_row(db, s, row) : CF_FAILED;
    if (answer == CF_YES && take_row(s, row, offsets)) return cf_events_loaded(db);
    if (answer == CF_NO) cf_fail(&db->error, CF_ERR_NOT_FOUND, "the row of this %s is gone", s->mapper->name);
    cf_session_failed(db, s, NULL, 0);
    return false;
}

/* ---- bringing in ------------------------------------------------------------------------------------- */

static bool has_key(const cf_mapper *m, const void *values)
{
    for (size_t i = 0; i < m->key_count; i++)
        if (cf_attribute_unset(&m->columns[m->key[i]], values)) return false;
    return m->key_count > 0;
}

static bool wanted(const cf_attribute *a, const size_t *offsets)
{
    if (*offsets == SIZE_MAX) return true;
    while (*offsets != SIZE_MAX && *offsets != a->offset) offsets++;
    return *offsets != SIZE_MAX;
}

void *cf_merge_(cf_db *db, cf_model_fn *model, const void *values, const size_t *offsets, const char *file, int line)
{
    cf_value key[CF_MOST_KEYS];
    if (!cf_session_ok(db) || !values) return NULL;
    const cf_mapper *m = cf_registry_mapper(db->database->registry, model);
    void            *object = NULL;
    if (m && has_key(m, values)) {
        cf_identity_key(m, values, key);
        object = cf_get_(db, model, key, m->key_count, file, line);
        if (!cf_session_ok(db)) return NULL;
    }
    if (!object) return cf_add_(db, model, values, file, line);
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (a->key || a->computed || !wanted(a, offsets) || cf_attribute_same(a, object, values)) continue;
        if (cf_attribute_copy(a, object, values, cf_state_of(object)->db->arena)) continue;
        cf_session_failed(cf_state_of(object)->db, cf_state_of(object), file, line);
        return NULL;
    }
    return object;
}
