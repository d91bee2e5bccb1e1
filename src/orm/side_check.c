/* Mistakes in the options of relationships, found before anything runs. */
#include "orm/side.h"

#include <string.h>

#define WHERE "%s:%d: "
#define AT(r) (r)->file, (r)->line
#define MISTAKE(condition, ...)                                  \
    do {                                                         \
        if (condition) cf_report_add(report, WHERE __VA_ARGS__); \
    } while (0)

/* Are all of these columns of the target among those by which the side finds it? */
static bool found_by(const cf_side *side, const uint16_t *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t k = 0; k < side->own.count; k++) there |= side->own.right[k]->index == columns[i];
        if (!there) return false;
    }
    return count > 0;
}

bool cf_side_single(const cf_side *side)
{
    const cf_mapper *t = side->target;
    if (side->kind != CF_SIDE_BACK) return side->kind == CF_SIDE_KEY;
    if (found_by(side, t->key, t->key_count)) return true;
    for (size_t i = 0; i < t->constraint_count; i++) {
        const cf_constraint *c = &t->constraints[i];
        bool unique = c->kind == CF_PART_UNIQUE || (c->kind == CF_PART_INDEX && c->unique && !c->where && !c->text);
        if (unique && !c->deferrable && found_by(side, c->columns, c->count)) return true;
    }
    return false;
}

static void check_load(const cf_relation *r, const cf_side *side, cf_report *report)
{
    bool        many = side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
    const char *option = side->direction ? ".other_load" : ".load";
    MISTAKE((int)side->load < 0 || side->load > CF_LOAD_RAISE_SQL, "%s of '%s' is none of CF_LOAD_...", AT(r), option,
            side->name);
    MISTAKE(many && side->load == CF_LOAD_JOINED,
            "%s.%s are many, each of which would give a row of its own: CF_LOAD_JOINED is for one; take CF_LOAD_EAGER",
            AT(r), side->owner->name, side->name);
    MISTAKE(!many && side->load == CF_LOAD_JOINED && !cf_side_single(side),
            "nothing keeps a %s from having several %s, each of which would give a row of its own: for CF_LOAD_JOINED "
            "make the key of %s unique for all rows",
            AT(r), side->owner->name, side->name, side->target->name);
    MISTAKE(!many && side->load == CF_LOAD_NEVER, "%s.%s is one: CF_LOAD_NEVER is for lists", AT(r), side->owner->name,
            side->name);
}

void cf_side_check(const cf_side *left, cf_report *report)
{
    const cf_relation *r = left->relation;
    const cf_side     *right = left->other;
    const char        *name = left->name;
    check_load(r, left, report);
    check_load(r, right, report);
    MISTAKE(r->through && r->delete_orphans,
            "'%s': .delete_orphans needs objects that belong to one, but a %s may have many %s", AT(r), name,
            left->target->name, right->name);
    MISTAKE(r->delete_orphans && r->on_delete != CF_NO_ACTION && r->on_delete != CF_CASCADE,
            "'%s': .delete_orphans means .on_delete = CF_CASCADE", AT(r), name);
    MISTAKE(r->on_delete == CF_SET_DEFAULT || (r->through && r->on_delete == CF_SET_NULL),
            "'%s': .on_delete is CF_CASCADE, CF_RESTRICT%s", AT(r), name, r->through ? "" : " or CF_SET_NULL");
    MISTAKE(!r->through && r->on_delete == CF_SET_NULL && !right->optional,
            "'%s': CF_SET_NULL needs a key that may be NULL", AT(r), name);
    MISTAKE(left->view && (r->delete_orphans || r->on_delete != CF_NO_ACTION),
            "'%s' is for looking only: it deletes nothing", AT(r), name);
    MISTAKE(r->where && r->kind == CF_RELATION_ONE, "'%s': .where is for lists", AT(r), name);
    MISTAKE(!r->through && (r->other_key || r->other_order_by),
            "'%s': .other_key and .other_order_by are for many-to-many relationships", AT(r), name);
}

/* ---- lists kept in order by a column ---------------------------------------------------------------- */

static bool is_number(const cf_attribute *a)
{
    bool integer =
        a->type == CF_TYPE_INT16 || a->type == CF_TYPE_INT32 || a->type == CF_TYPE_INT64 || a->type == CF_TYPE_UINT32;
    return integer && !a->options->enum_names;
}

static bool in_key(const cf_side *left, const cf_attribute *a)
{
    bool found = a->key || a->target;
    for (size_t i = 0; i < left->own.count; i++) found |= left->own.right[i] == a;
    return found;
}

static void check_position(const cf_side *left, const cf_attribute *a, cf_report *report)
{
    const cf_relation *r = left->relation;
    const char        *name = left->name, *target = left->target->name;
    MISTAKE(!is_number(a), "'%s': %s.%s is no whole number and cannot be a .position", AT(r), name, target, a->name);
    MISTAKE(a->computed || a->special || a->generated || a->options->version,
            "'%s': %s.%s is written by others and cannot be a .position", AT(r), name, target, a->name);
    MISTAKE(in_key(left, a), "'%s': %s.%s is part of a key and cannot be a .position", AT(r), name, target, a->name);
    MISTAKE(a->type == CF_TYPE_UINT32 && r->first_position < 0,
            "'%s': .first_position is less than 0, but %s.%s is not", AT(r), name, target, a->name);
    MISTAKE(a->type == CF_TYPE_INT16 && (int16_t)r->first_position != r->first_position,
            "'%s': .first_position does not fit %s.%s", AT(r), name, target, a->name);
}

void cf_position_resolve(cf_side *left, cf_report *report)
{
    const cf_relation *r = left->relation;
    const char        *name = left->name, *target = left->target->name;
    MISTAKE(!r->position && r->first_position, "'%s': .first_position needs a .position", AT(r), name);
    if (!r->position) return;
    MISTAKE(left->kind == CF_SIDE_THROUGH,
            "'%s': .position is for one-to-many: make %s a model with a column for it, and a list of those", AT(r),
            name, left->through->name);
    MISTAKE(left->kind == CF_SIDE_BACK, "'%s': .position is for lists", AT(r), name);
    MISTAKE(left->view && left->kind == CF_SIDE_LIST, "'%s' is for looking only: give it .order_by = \"%s\"", AT(r),
            name, r->position);
    MISTAKE(r->order_by, "'%s': .position orders the list; leave .order_by out", AT(r), name);
    MISTAKE(left->load == CF_LOAD_NEVER, "'%s': a list that never loads cannot have a .position", AT(r), name);
    if (left->kind != CF_SIDE_LIST || left->view) return;
    const cf_attribute *a = cf_mapper_attribute(left->target, r->position, strlen(r->position));
    const char         *nearest = a ? NULL : cf_mapper_nearest(left->target, r->position, strlen(r->position));
    MISTAKE(!a, "%s has no column '%s'%s%s%s", AT(r), target, r->position, nearest ? " (did you mean '" : "",
            nearest ? nearest : "", nearest ? "'?)" : "");
    if (!a) return;
    check_position(left, a, report);
    left->position = a;
    left->owner->positions = left->target->positions = left->owner->registry->has_positions = true;
}

/* Two lists would both number one column. */
static void check_positions(const cf_mapper *m, cf_report *report)
{
    for (size_t i = 0; i < m->side_count; i++)
        for (size_t k = 0; k < i; k++) {
            const cf_side *a = m->sides[k]->other, *b = m->sides[i]->other;
            if (!a->position || a->position != b->position || a->target != m) continue;
            MISTAKE(true, "'%s' and '%s' both number %s.%s; give each a column of its own", AT(b->relation), a->name,
                    b->name, m->name, a->position->name);
        }
}

/* ---- all relationships --------------------------------------------------------------------------------- */

/* Two relationships would both write one key. */
static void check_overlap(const cf_mapper *m, cf_report *report)
{
    for (size_t i = 0; i < m->side_count; i++)
        for (size_t k = 0; k < i; k++) {
            const cf_side *a = m->sides[k], *b = m->sides[i];
            if (a->kind != CF_SIDE_KEY || b->kind != CF_SIDE_KEY || a->view || b->view || a->key != b->key) continue;
            MISTAKE(true, "'%s' and '%s' rest on the same key of %s; make one of them a CF_VIEW", AT(b->relation),
                    a->other->name, b->other->name, m->name);
        }
}

/* A row of an association that is an object of its own is written by that object, not by the shortcut as well. */
static void check_through(const cf_side *side, cf_report *report)
{
    const cf_relation *r = side->relation;
    const cf_mapper   *t = side->through;
    for (size_t i = 0; i < t->side_count; i++) {
        if (t->sides[i]->kind != CF_SIDE_KEY || t->sides[i]->view || t->sides[i]->key != side->key) continue;
        MISTAKE(true,
                "rows of %s would be written twice, as it has the relationship '%s' too; give '%s' .view_only = true",
                AT(r), t->name, t->sides[i]->name, side->name);
        return;
    }
    size_t defaults = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        const cf_attribute *a = &t->columns[i];
        bool                key = cf_side_through_key(side, a);
        bool made = a->nullable || a->generated || a->defaulted || a->computed || a->options->server_default;
        MISTAKE(a->defaulted && !key && ++defaults > CF_MOST_LINK_DEFAULTS,
                "more than %d columns of %s have defaults; give '%s' .view_only = true", AT(r), CF_MOST_LINK_DEFAULTS,
                t->name, side->name);
        MISTAKE(!key && !made, "nothing fills %s.%s when '%s' changes; give it a default, or '%s' .view_only = true",
                AT(r), t->name, a->name, side->name, side->name);
    }
}

void cf_sides_check(const cf_registry *registry, cf_report *report)
{
    for (size_t i = 0; i < registry->count; i++) {
        const cf_mapper *m = registry->mappers[i];
        check_overlap(m, report);
        check_positions(m, report);
        for (size_t k = 0; k < m->side_count; k++)
            if (m->sides[k]->kind == CF_SIDE_THROUGH && m->sides[k]->direction == 0 && !m->sides[k]->view)
                check_through(m->sides[k], report);
    }
}
