/* Relationships that a query forbids to touch: with raise(...). */
#include "orm/raise.h"

#include "base/memory.h"

#include <string.h>

const cf_load *cf_state_raises(const cf_state *s, const cf_side *side)
{
    const cf_group *g = s->group;
    for (const cf_load *l = g ? g->raises : NULL; l; l = l->next) {
        if (!l->path) return l;
        bool here = l->count == g->steps + 1 && l->sides[g->steps] == side;
        if (here && (!g->steps || memcmp(l->sides, g->path, g->steps * sizeof *g->path) == 0)) return l;
    }
    return NULL;
}

/* The objects to which the first `steps` sides of a path lead become a result of their own, with what is forbidden. */
static bool group(const cf_run *r, cf_side *const *path, size_t steps, void *const *objects, size_t count)
{
    cf_db    *db = r->db;
    cf_group *g = cf_arena_alloc(db->arena, sizeof *g);
    void    **copy = count ? cf_arena_array(db->arena, count, sizeof *copy) : NULL;
    if (!g || (count && !copy)) return false;
    if (count) memcpy(copy, objects, count * sizeof *copy);
    *g = (cf_group){.count = count,
                    .objects = copy,
                    .file = r->site->file,
                    .line = r->site->line,
                    .raises = r->plan->tree->raises,
                    .path = path,
                    .steps = steps};
    for (size_t i = 0; i < count; i++) cf_state_of(objects[i])->group = g;
    return true;
}

/* Those that a path of `with load` led to, after each step. */
static bool group_path(const cf_run *r, const cf_load *load)
{
    void *const *objects = r->objects;
    size_t       count = r->object_count;
    void       **found = NULL;
    bool         ok = true;
    for (size_t i = 0; ok && i < load->count; i++) {
        void **next = NULL;
        count = cf_side_targets(load->sides[i], objects, count, &next);
        ok = count != SIZE_MAX && group(r, load->sides, i + 1, next, count);
        cf_mem_free(found);
        objects = found = next;
    }
    cf_mem_free(found);
    return ok;
}

bool cf_run_raise(const cf_run *r)
{
    bool deeper = false;
    for (const cf_load *l = r->plan->tree->raises; l; l = l->next) deeper |= !l->path || l->count > 1;
    bool ok = group(r, NULL, 0, r->objects, r->object_count);
    for (const cf_load *l = r->plan->tree->loads; ok && deeper && l; l = l->next) ok = group_path(r, l);
    if (!ok) cf_session_failed(r->db, NULL, r->site->file, r->site->line);
    return ok;
}
