/* with load(...): related objects are loaded with the result, one statement for each relationship on the way. */
#include "orm/run.h"
#include "orm/side.h"

static bool load_path(cf_db *db, void *const *objects, size_t count, cf_side *const *sides, size_t depth);

/* What the first relationship leads to, for the rest of the path. */
static bool load_rest(cf_db *db, const cf_related *r, cf_side *const *sides, size_t depth)
{
    bool many = sides[0]->kind == CF_SIDE_LIST || sides[0]->kind == CF_SIDE_THROUGH;
    if (many) return !r->list || load_path(db, r->list->items, r->list->count, sides + 1, depth - 1);
    void *one = r->one ? r->one->object : NULL;
    return !one || load_path(db, &one, 1, sides + 1, depth - 1);
}

/* Loading for one object does so for all of its result: the others are skipped. */
static bool load_path(cf_db *db, void *const *objects, size_t count, cf_side *const *sides, size_t depth)
{
    for (size_t i = 0; depth && i < count; i++) {
        cf_state   *s = cf_state_of(objects[i]);
        cf_related *r = cf_related_of(s, sides[0]);
        if (!r) {
            cf_session_failed(db, NULL, NULL, 0);
            return false;
        }
        if (!r->loaded && !cf_side_load(db, sides[0], s)) return false;
        if (depth > 1 && !load_rest(db, r, sides, depth)) return false;
    }
    return true;
}

bool cf_run_load(cf_run *r, void *const *objects, size_t count)
{
    for (const cf_load *load = r->plan->tree->loads; load; load = load->next)
        if (!load_path(r->db, objects, count, load->sides, load->path->count)) return false;
    return true;
}
