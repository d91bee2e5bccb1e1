/* From declared relationships to sides, checked before anything runs. */
#include "orm/side.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define WHERE "%s:%d: "
#define AT(r) (r)->file, (r)->line

/* The columns of `from` that refer to `to`; the one named, if a name is given. Counts them. */
static cf_attribute *find_key(cf_mapper *from, const cf_mapper *to, const char *name, int *count)
{
    cf_attribute *found = NULL;
    *count = 0;
    for (size_t i = 0; i < from->column_count; i++) {
        cf_attribute *a = &from->columns[i];
        if (a->target != to || (name && strcmp(a->name, name) != 0)) continue;
        if (!found) found = a;
        ++*count;
    }
    return found;
}

static bool add_side(cf_registry *registry, cf_side *side)
{
    cf_mapper *m = side->owner;
    /* The array doubles; few models have more than eight relationships. */
    if (m->side_count == m->side_capacity) {
        size_t    capacity = m->side_capacity ? m->side_capacity * 2 : 8;
        cf_side **sides = cf_arena_array(registry->arena, capacity, sizeof *sides);
        if (!sides) return false;
        if (m->side_count) memcpy(sides, m->sides, m->side_count * sizeof *sides);
        m->sides = sides;
        m->side_capacity = capacity;
    }
    side->index = (uint16_t)m->side_count;
    m->sides[m->side_count++] = side;
    return true;
}

static void check_name(const cf_relation *r, const cf_mapper *m, const char *name, cf_report *report)
{
    if (!name) return;
    if (cf_mapper_attribute(m, name, strlen(name)))
        cf_report_add(report, WHERE "%s has a column '%s' already; name the relationship otherwise", AT(r), m->name,
                      name);
    for (size_t i = 0; i < m->side_count; i++)
        if (strcmp(m->sides[i]->name, name) == 0)
            cf_report_add(report, WHERE "%s has two relationships named '%s'", AT(r), m->name, name);
}

static bool resolve_direct(const cf_relation *r, cf_side *left, cf_side *right, cf_report *report)
{
    int           count;
    cf_attribute *key = find_key(left->target, left->owner, r->key, &count);
    if (!key) {
        const cf_mapper *to = left->owner;
        cf_report_add(report, WHERE "no column %s%s%s refers to %s; give it .references = \"%s.%s\"", AT(r),
                      r->key ? r->key : "", r->key ? " of " : "of ", left->target->name, to->name, to->table,
                      to->key_count ? to->columns[to->key[0]].column : "id");
        return false;
    }
    if (count > 1) {
        cf_report_add(report, WHERE "%d columns of %s refer to %s; say which one: .key = \"%s\"", AT(r), count,
                      left->target->name, left->owner->name, key->name);
        return false;
    }
    left->kind = r->kind == CF_RELATION_ONE ? CF_SIDE_BACK : CF_SIDE_LIST;
    right->kind = CF_SIDE_KEY;
    left->key = right->key = key;
    left->referred = right->referred = key->target_attribute;
    return true;
}

static bool resolve_through(const cf_relation *r, cf_side *left, cf_side *right, cf_mapper *through, cf_report *report)
{
    int           count;
    cf_attribute *to_left = find_key(through, left->owner, NULL, &count);
    cf_attribute *to_right = find_key(through, left->target, NULL, &count);
    /* A model associated with itself: the first column is the left side's, the second the right one's. */
    if (left->owner == left->target && to_left)
        for (to_right = NULL, count = to_left->index + 1; (size_t)count < through->column_count && !to_right; count++)
            if (through->columns[count].target == left->target) to_right = &through->columns[count];
    if (!to_left || !to_right) {
        cf_report_add(report, WHERE "%s must have a column that refers to %s and one that refers to %s", AT(r),
                      through->name, left->owner->name, left->target->name);
        return false;
    }
    left->kind = right->kind = CF_SIDE_THROUGH;
    left->through = right->through = through;
    left->through_owner = right->through_target = to_left;
    left->through_target = right->through_owner = to_right;
    left->referred = right->target_referred = to_left->target_attribute;
    left->target_referred = right->referred = to_right->target_attribute;
    return true;
}

static cf_side *make_side(cf_registry *registry, const cf_relation *r, int direction, cf_mapper *owner,
                          cf_mapper *target)
{
    cf_side *side = cf_arena_alloc(registry->arena, sizeof *side);
    if (!side) return NULL;
    side->relation = r;
    side->direction = direction;
    side->name = direction ? r->right_name : r->left_name;
    if (!side->name) side->name = "";
    side->owner = owner;
    side->target = target;
    return side;
}

/* ".order_by" is the tail of a query over the target. */
static bool resolve_order(cf_registry *registry, cf_side *side, cf_report *report)
{
    char        message[768];
    cf_code     code = CF_OK;
    const char *text = cf_arena_printf(registry->arena, "order by %s", side->relation->order_by);
    cf_site     site = {.text = text, .file = side->relation->file, .line = side->relation->line, .verb = CF_VERB_ALL};
    static const uint8_t no_arguments[1];
    site.argument_kinds = no_arguments;
    if (!text) return false;
    side->order = cf_plan_make(registry, registry->arena, &site, side->target, &code, message, sizeof message);
    if (!side->order && code != CF_ERR_MEMORY) cf_report_add(report, "%s", message);
    return side->order || code != CF_ERR_MEMORY;
}

static bool build(cf_registry *registry, const cf_relation *r, cf_report *report)
{
    cf_mapper *left = cf_registry_mapper(registry, r->left), *right = cf_registry_mapper(registry, r->right);
    cf_mapper *through = r->through ? cf_registry_mapper(registry, r->through) : NULL;
    if (!left || !right || (r->through && !through)) {
        cf_report_add(report, WHERE "a model of the relationship '%s' is not defined in this program", AT(r),
                      r->left_name);
        return true;
    }
    check_name(r, left, r->left_name, report);
    cf_side *a = make_side(registry, r, 0, left, right), *b = make_side(registry, r, 1, right, left);
    if (!a || !b) return false;
    a->other = b;
    b->other = a;
    if (through ? !resolve_through(r, a, b, through, report) : !resolve_direct(r, a, b, report)) return true;
    if (!add_side(registry, a)) return false;
    check_name(r, right, r->right_name, report);
    if (!add_side(registry, b)) return false;
    return !r->order_by || resolve_order(registry, a, report);
}

/* A header with relationships is read by several source files: the same one then stands there more than once. */
static bool known(const cf_registry *registry, const cf_relation *r)
{
    const cf_mapper *left = cf_registry_mapper(registry, r->left);
    for (size_t i = 0; left && i < left->side_count; i++) {
        const cf_relation *o = left->sides[i]->relation;
        if (left->sides[i]->direction == 0 && o->right == r->right && o->line == r->line &&
            strcmp(o->left_name, r->left_name) == 0 && strcmp(o->file, r->file) == 0)
            return true;
    }
    return false;
}

bool cf_sides_build(cf_registry *registry, const cf_relation *const *relations, size_t count, cf_report *report)
{
    for (size_t i = 0; i < count; i++)
        if (!known(registry, relations[i]) && !build(registry, relations[i], report)) return false;
    for (size_t i = 0; i < registry->count; i++)
        if (!cf_mapper_add_side_members(registry->mappers[i])) return false;
    return true;
}
