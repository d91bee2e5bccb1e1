/* What is not committed, in words: for the log of a request that forgot it. */
#include "orm/side.h"

#include <string.h>

/* The most that is named, the others are counted. */
#define MOST_NAMED 10

typedef struct changes {
    cf_buffer *out;
    size_t     count;
} changes;

/* The next entry; false when enough are named. */
static bool entry(changes *c)
{
    if (++c->count > MOST_NAMED) return false;
    if (c->count > 1) cf_buffer_text(c->out, "; ");
    return true;
}

/* "User 3", "Membership 3 'admins'" */
static void put_object(cf_buffer *out, const cf_state *s, const void *object)
{
    const cf_mapper *m = s->mapper;
    cf_buffer_text(out, m->name);
    for (size_t i = 0; i < m->key_count; i++) {
        const cf_attribute *a = &m->columns[m->key[i]];
        cf_value            v = cf_attribute_read(a, object);
        cf_buffer_char(out, ' ');
        if (v.kind == CF_INT) cf_buffer_int(out, v.as.integer);
        else if (v.kind == CF_TEXT && !a->options->secret)
            cf_buffer_printf(out, "'%.*s'", (int)(v.size < 40 ? v.size : 40), v.as.text);
        else cf_buffer_printf(out, "(%s)", a->name);
    }
}

static void put_added(changes *c, const cf_state *s)
{
    if (!entry(c)) return;
    cf_buffer_text(c->out, "new ");
    if (s->status == CF_STATUS_PERSISTENT) put_object(c->out, s, s->object);
    else cf_buffer_text(c->out, s->mapper->name);
    if (s->added) cf_buffer_printf(c->out, " (%s:%d)", s->added->file, s->added->line);
}

/* The fields that differ from the row as it was committed, and the relationships that were set. */
static void put_changed(changes *c, const cf_state *s)
{
    const cf_mapper *m = s->mapper;
    const void      *before = s->committed ? s->committed : s->snapshot;
    bool             any = false;
    for (size_t i = 0; i < m->column_count; i++) {
        if (m->columns[i].computed || cf_attribute_same(&m->columns[i], s->object, before)) continue;
        if (!any && !entry(c)) return;
        if (!any) put_object(c->out, s, before);
        cf_buffer_printf(c->out, "%s%s", any ? ", " : ": ", m->columns[i].name);
        any = true;
    }
    for (size_t i = 0; s->related && s->relinked && i < m->side_count; i++) {
        if (!s->related[i].set) continue;
        if (!any && !entry(c)) return;
        if (!any) put_object(c->out, s, before);
        cf_buffer_printf(c->out, "%s%s", any ? ", " : ": ", m->sides[i]->name);
        any = true;
    }
}

static void put_state(changes *c, const cf_state *s)
{
    if (s->status == CF_STATUS_DELETED || (s->status == CF_STATUS_PERSISTENT && s->doomed)) {
        if (s->fresh || !entry(c)) return; /* came and went */
        put_object(c->out, s, s->snapshot);
        cf_buffer_text(c->out, " deleted");
    } else if (s->status == CF_STATUS_PENDING || (s->status == CF_STATUS_PERSISTENT && s->fresh)) {
        put_added(c, s);
    } else if (s->status == CF_STATUS_PERSISTENT) {
        put_changed(c, s);
    }
}

static void put_session(changes *c, const cf_db *db)
{
    size_t before = c->count;
    for (const cf_state *s = db->first; s; s = s->next) put_state(c, s);
    for (const cf_link *l = db->links; l; l = l->next) {
        if (!entry(c)) continue;
        put_object(c->out, l->owner, l->owner->object);
        cf_buffer_printf(c->out, ": %s", l->side->name);
    }
    if (db->written && entry(c))
        cf_buffer_printf(c->out, "%s at %s:%d", cf_verb_name(db->written->verb), db->written->file, db->written->line);
    if (c->count == before && db->conn && entry(c)) cf_buffer_text(c->out, "a transaction without changes of objects");
}

bool cf_changes_text(const cf_db *db, cf_buffer *out)
{
    changes c = {out, 0};
    if (!db) return true;
    put_session(&c, db);
    for (const cf_db *s = db->bound; s; s = s->next_bound) put_session(&c, s);
    if (c.count > MOST_NAMED) cf_buffer_printf(out, "; and %zu more", c.count - MOST_NAMED);
    return !out->failed;
}
