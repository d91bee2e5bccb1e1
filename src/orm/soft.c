/* Soft deletion: rows that are marked, left out, brought back. */
#include "orm/row.h"

#include <string.h>

bool cf_state_hidden(const cf_state *s)
{
    const cf_attribute *soft = s->mapper->soft;
    return soft && !s->db->show_deleted && cf_attribute_read(soft, s->object).kind != CF_NULL;
}

void cf_states_expire(cf_db *db, const cf_mapper *mapper)
{
    for (cf_state *s = db->first; s; s = s->next)
        if (s->mapper == mapper && s->status == CF_STATUS_PERSISTENT) s->stale = true;
}

void cf_state_mark(cf_state *s)
{
    const cf_attribute *soft = s->mapper->soft;
    if (cf_attribute_read(soft, s->object).kind == CF_NULL) cf_attribute_set_now(soft, s->object, cf_now());
}

/* An object that has a row, of a session that may write; NULL when there is nothing to be done. */
static cf_state *to_change(cf_db *db, void *object, const char *call, const char *file, int line)
{
    if (!cf_session_ok(db) || !object) return NULL;
    cf_state *s = cf_session_demand(db, object, call, file, line);
    if (s && db->read_only) {
        cf_session_fail(db, CF_ERR_READ_ONLY, "%s:%d: %s() in a read-only session", file, line, call);
        return NULL;
    }
    return s && s->status == CF_STATUS_PERSISTENT ? s : NULL;
}

void cf_erase_(cf_db *db, void *object, const char *file, int line)
{
    cf_state *s = to_change(db, object, "cf_erase", file, line);
    if (s) s->doomed = true;
}

void cf_restore_(cf_db *db, void *object, const char *file, int line)
{
    cf_state *s = to_change(db, object, "cf_restore", file, line);
    if (s && !s->mapper->soft) {
        cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: %s has no .soft_delete column", file, line, s->mapper->name);
        return;
    }
    if (s) memset(cf_at(s->object, s->mapper->soft), 0, s->mapper->soft->size);
}

bool cf_show_deleted(cf_db *db, bool on)
{
    bool before = db && db->show_deleted;
    for (cf_db *s = db ? db->bound : NULL; s; s = s->next_bound) s->show_deleted = on;
    if (db) db->show_deleted = on;
    return before;
}
