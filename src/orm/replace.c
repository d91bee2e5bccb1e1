/*
 * An object deleted and another added with the same key: one UPDATE of the row, so that rows which refer to it, and
 * may not be in the session at all, need not let go of it.
 */
#include "orm/unit.h"

#include <string.h>

/* Would the database do something to rows that refer to a deleted one? Then it is to be deleted indeed. */
static bool database_acts(const cf_mapper *m)
{
    const cf_registry *r = m->registry;
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->mappers[i]->foreign_key_count; k++) {
            const cf_foreign_key *fk = &r->mappers[i]->foreign_keys[k];
            if (fk->target == m && fk->on_delete != CF_NO_ACTION && fk->on_delete != CF_RESTRICT) return true;
        }
    return false;
}

static bool any(const cf_mask *mask)
{
    for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++)
        if (mask->bits[i]) return true;
    return false;
}

/* A new object with a key of its own, and no value that only INSERT can make. */
static bool may_replace(const cf_write *op)
{
    const cf_state  *s = op->state;
    const cf_mapper *m = s->mapper;
    if (op->verb != CF_WRITE_INSERT || !any(&m->referred) || database_acts(m)) return false;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        bool                made = a->generated || a->options->server_default;
        if (made && cf_attribute_unset(a, s->object)) return false;
    }
    return true;
}

static bool same_key(const cf_state *deleted, const cf_state *added)
{
    const cf_mapper *m = added->mapper;
    bool             same = deleted->mapper == m;
    for (size_t i = 0; same && i < m->key_count; i++)
        same = cf_attribute_same(&m->columns[m->key[i]], deleted->snapshot, added->object);
    return same;
}

void cf_unit_replace(cf_unit *unit)
{
    for (size_t i = 0; i < unit->count; i++) {
        cf_write *op = &unit->ops[i];
        cf_value  key[CF_MOST_KEYS];
        if (!may_replace(op)) continue;
        cf_identity_key(op->state->mapper, op->state->object, key);
        /* Who has the key now is in the identity map. */
        cf_state *old =
            cf_identity_find(&unit->db->identity, op->state->mapper, key, cf_identity_hash(op->state->mapper, key));
        if (!old || !old->doomed || !same_key(old, op->state)) continue;
        memcpy(op->state->snapshot, old->snapshot, old->mapper->model->size);
        op->verb = CF_WRITE_UPDATE;
        op->replaced = old;
        unit->ops[old->op].verb = CF_WRITE_NOTHING;
    }
}
