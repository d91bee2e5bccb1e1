/* What templates see of relationships: attributes of the objects. */
#include "orm/side.h"

#include <string.h>

static bool get_side(cf_call *call, cf_object *self, const cf_member *member, cf_value *out)
{
    cf_side  *side = (cf_side *)(uintptr_t)member->data;
    cf_state *state = cf_state_of(cf_object_data(self));
    bool      failed = false;
    *out = cf_value_null();
    if (side->kind == CF_SIDE_KEY || side->kind == CF_SIDE_BACK) {
        cf_state *one = cf_side_one(state, side, &failed);
        if (one) *out = cf_value_object(cf_object_of(one->object));
    } else {
        cf_collection *list = cf_side_list(state, side);
        failed = !list;
        if (list) *out = cf_value_object(cf_object_of(list->items));
    }
    if (!failed) return true;
    if (!state->db)
        return cf_fail(call->error, CF_ERR_NOT_LOADED,
                       "%s.%s: an object of cf_stream() has what 'with join(...)' brings", state->mapper->name,
                       side->name);
    const cf_error *error = cf_session_error(state->db);
    return cf_fail(call->error, error->code, "%s.%s: %s", state->mapper->name, side->name, error->message);
}

static bool get_count(cf_call *call, cf_object *self, const cf_member *member, cf_value *out)
{
    cf_side  *side = (cf_side *)(uintptr_t)member->data;
    cf_state *state = cf_state_of(cf_object_data(self));
    int64_t   count = cf_side_count(state, side);
    *out = cf_value_int(count);
    if (count >= 0) return true;
    const cf_error *error = cf_session_error(state->db);
    return cf_fail(call->error, error->code, "%s.%s: %s", state->mapper->name, member->name, error->message);
}

static bool has_member(const cf_member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0) return true;
    return false;
}

/* "user.datasets", and for lists "user.datasets_count" where no column or relationship has that name. */
bool cf_mapper_add_side_members(cf_mapper *m)
{
    cf_arena  *arena = m->registry->arena;
    size_t     count = m->column_count;
    cf_member *members = cf_arena_array(arena, count + 2 * m->side_count, sizeof *members);
    if (!members) return false;
    memcpy(members, m->cls.members, count * sizeof *members);
    for (size_t i = 0; i < m->side_count; i++)
        if (*m->sides[i]->name)
            members[count++] = (cf_member){.name = m->sides[i]->name, .get = get_side, .data = m->sides[i]};
    for (size_t i = 0; i < m->side_count; i++) {
        const cf_side *side = m->sides[i];
        if ((side->kind != CF_SIDE_LIST && side->kind != CF_SIDE_THROUGH) || !*side->name) continue;
        const char *name = cf_arena_printf(arena, "%s_count", side->name);
        if (!name) return false;
        if (!has_member(members, count, name))
            members[count++] = (cf_member){.name = name, .get = get_count, .data = side};
    }
    m->cls.members = members;
    m->cls.member_count = count;
    return true;
}
