#include "orm/fetch.h"

#include "orm/row.h"

#include <string.h>

cf_fetching *cf_fetching_begin(const cf_run *r)
{
    cf_db       *db = r->db;
    cf_fetching *f = cf_arena_alloc(db->arena, sizeof *f);
    if (!f) return NULL;
    f->db = db;
    f->tree = r->plan->tree;
    for (size_t i = 0; i < f->tree->fetch_count; i++) {
        cf_group *group = f->groups[i] = cf_arena_alloc(db->arena, sizeof *group);
        if (!group) return NULL;
        group->file = db->file;
        group->line = db->line;
        group->raises = f->tree->raises;
        group->path = f->tree->fetches[i].path;
        group->steps = f->tree->fetches[i].steps;
    }
    return f;
}

/* Puts an object into the group of its fetch, unless it is one of the query's own, which go together. */
static bool join_group(cf_fetching *f, size_t i, cf_state *s)
{
    cf_group *group = f->groups[i];
    if (s->group == group || (s->group && s->group == f->row[0]->group)) return true;
    if (group->count == f->room[i]) {
        size_t room = f->room[i] ? f->room[i] * 2 : 16;
        void **objects = cf_arena_array(f->db->arena, room, sizeof *objects);
        if (!objects) return false;
        if (group->count) memcpy(objects, group->objects, group->count * sizeof *objects);
        group->objects = objects;
        f->room[i] = room;
    }
    group->objects[group->count++] = s->object;
    s->group = group;
    return true;
}

/* An object of a stream, which goes with its row. */
static cf_state *loose(const cf_fetching *f, const cf_fetch *fetch, cf_stmt *stmt)
{
    cf_mapper *m = fetch->side->target;
    cf_state  *s = cf_object_new(m, f->arena);
    if (!s || !cf_row_read_at(f->db, m, &fetch->layout, stmt, s->object, f->arena)) return NULL;
    s->status = CF_STATUS_DETACHED;
    return s;
}

static bool relate_loose(const cf_fetching *f, cf_state *owner, const cf_side *side, cf_state *one)
{
    if (!owner->related) owner->related = cf_arena_array(f->arena, owner->mapper->side_count, sizeof *owner->related);
    if (owner->related) owner->related[side->index] = (cf_related){.loaded = true, .one = one};
    return owner->related != NULL;
}

/* What the owner knows already stays. */
static bool relate(cf_state *owner, const cf_side *side, cf_state *one)
{
    cf_related *r = cf_related_of(owner, side);
    if (!r || r->loaded) return r != NULL;
    r->one = one;
    if (!one) r->count = cf_side_missing(side, owner);
    r->loaded = true;
    return true;
}

bool cf_fetching_row(cf_fetching *f, cf_state *own, cf_stmt *stmt)
{
    f->row[0] = own;
    for (size_t i = 0; i < f->tree->fetch_count; i++) {
        const cf_fetch *fetch = &f->tree->fetches[i];
        cf_side        *side = fetch->side;
        cf_state       *owner = f->row[fetch->from], **one = &f->row[i + 1];
        cf_answer       there = owner ? cf_stmt_has(stmt, fetch->layout.key->column, &f->db->error) : CF_NO;
        *one = NULL;
        if (there == CF_YES)
            *one = f->arena ? loose(f, fetch, stmt) : cf_session_object(f->db, side->target, &fetch->layout, stmt);
        if (there == CF_FAILED || (there == CF_YES && !*one)) return false;
        if (*one && !f->arena && !join_group(f, i, *one)) return false;
        if (owner && !(f->arena ? relate_loose(f, owner, side, *one) : relate(owner, side, *one))) return false;
    }
    return true;
}

bool cf_fetching_eager(const cf_fetching *f)
{
    for (size_t i = 0; i < f->tree->fetch_count; i++) {
        const cf_group *g = f->groups[i];
        if (!cf_sides_load_eager(f->db, f->tree->fetches[i].side->target, g->objects, g->count)) return false;
    }
    return true;
}
