/* From declared relationships to sides, checked before anything runs. */
#include "orm/side.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define WHERE "%s:%d: "
#define AT(r) (r)->file, (r)->line

/* Does the foreign key have exactly the fields of a list such as "tenant, author_id"? */
static bool has_fields(const cf_mapper *m, const cf_foreign_key *key, const char *fields)
{
    size_t found = 0, count = 0;
    for (const char *p = fields; *p; p += strspn(p, ", ")) {
        size_t size = strcspn(p, ", ");
        for (size_t i = 0; size && i < key->count; i++) {
            const char *name = m->columns[key->columns[i]].name;
            found += strncmp(name, p, size) == 0 && name[size] == '\0';
        }
        count += size > 0;
        p += size;
    }
    return found == key->count && count == key->count;
}

/* The foreign keys of `from` that refer to `to`; only those of the fields named, if any are. Counts them. */
static const cf_foreign_key *find_key(const cf_mapper *from, const cf_mapper *to, const char *fields, size_t *count)
{
    const cf_foreign_key *found = NULL;
    *count = 0;
    for (size_t i = 0; i < from->foreign_key_count; i++) {
        const cf_foreign_key *key = &from->foreign_keys[i];
        if (key->target != to || (fields && !has_fields(from, key, fields))) continue;
        if (!found) found = key;
        ++*count;
    }
    return found;
}

/* The fields of a key, such as "tenant, author_id". */
static const char *fields_of(const cf_mapper *m, const cf_foreign_key *key, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < key->count && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", m->columns[key->columns[i]].name);
    return out;
}

/* A word of .key that is no field is a slip of the pen, with the nearest name. */
static bool fields_exist(const cf_relation *r, const cf_mapper *m, const char *fields, cf_report *report)
{
    for (const char *p = fields; p && *p; p += strspn(p, ", ")) {
        size_t size = strcspn(p, ", ");
        if (size && !cf_mapper_attribute(m, p, size)) {
            const char *nearest = cf_mapper_nearest(m, p, size);
            cf_report_add(report, WHERE "%s has no column '%.*s'%s%s%s", AT(r), m->name, (int)size, p,
                          nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
            return false;
        }
        p += size;
    }
    return true;
}

/* The one foreign key that a relationship rests on; NULL after a report. `option`: what names it. */
static const cf_foreign_key *choose_key(const cf_relation *r, const cf_mapper *from, const cf_mapper *to,
                                        const char *option, const char *fields, cf_report *report)
{
    char                  text[512];
    size_t                count;
    const cf_foreign_key *key = find_key(from, to, fields, &count);
    if (count == 1) return key;
    if (!fields_exist(r, from, fields, report)) return NULL;
    if (count > 1)
        cf_report_add(report, WHERE "%zu columns of %s refer to %s; say which one: %s = \"%s\"", AT(r), count,
                      from->name, to->name, option, fields_of(from, key, text, sizeof text));
    else if (fields)
        cf_report_add(report, WHERE "%s of %s is no foreign key to %s", AT(r), fields, from->name, to->name);
    else
        cf_report_add(report, WHERE "no column of %s refers to %s; give it .references = \"%s.%s\"", AT(r), from->name,
                      to->name, to->table, to->key_count ? to->columns[to->key[0]].column : "id");
    return NULL;
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

/* Left: the columns referred to; right: those of the key. Or the other way round. */
static cf_pairs pairs_of(const cf_mapper *from, const cf_foreign_key *key, bool key_left)
{
    cf_pairs pairs = {.count = key->count};
    for (size_t i = 0; i < key->count; i++) {
        cf_attribute *column = &from->columns[key->columns[i]],
                     *referred = &key->target->columns[key->target_columns[i]];
        pairs.left[i] = key_left ? column : referred;
        pairs.right[i] = key_left ? referred : column;
    }
    return pairs;
}

static bool resolve_direct(const cf_relation *r, cf_side *left, cf_side *right, cf_report *report)
{
    const cf_mapper      *from = left->target;
    const cf_foreign_key *key = choose_key(r, from, left->owner, ".key", r->key, report);
    if (!key) return false;
    left->kind = r->kind == CF_RELATION_ONE ? CF_SIDE_BACK : CF_SIDE_LIST;
    right->kind = CF_SIDE_KEY;
    left->key = right->key = key;
    left->own = pairs_of(from, key, false);
    right->own = pairs_of(from, key, true);
    right->by_primary = key->count == key->target->key_count;
    for (size_t i = 0; i < key->count; i++) {
        right->optional |= from->columns[key->columns[i]].nullable;
        right->by_primary &= key->target_columns[i] == key->target->key[i];
    }
    return true;
}

/* The association's first key to a model, but not `but`; the one of those fields, if any are named. */
static const cf_foreign_key *pick(const cf_mapper *through, const cf_mapper *to, const char *fields,
                                  const cf_foreign_key *but)
{
    for (size_t i = 0; i < through->foreign_key_count; i++) {
        const cf_foreign_key *key = &through->foreign_keys[i];
        if (key != but && key->target == to && (!fields || has_fields(through, key, fields))) return key;
    }
    return NULL;
}

/* A model associated with itself: the first key is the left side's, the second the right one's, if they are not named. */
static bool resolve_through(const cf_relation *r, cf_side *left, cf_side *right, cf_mapper *through, cf_report *report)
{
    const cf_mapper      *a = left->owner, *b = left->target;
    const cf_foreign_key *named = !r->key && r->other_key ? pick(through, b, r->other_key, NULL) : NULL;
    const cf_foreign_key *to_left = pick(through, a, r->key, named),
                         *to_right = pick(through, b, r->other_key, to_left);
    if (!fields_exist(r, through, r->key, report) || !fields_exist(r, through, r->other_key, report)) return false;
    if (!to_left || !to_right) {
        cf_report_add(report, WHERE "%s must have a column that refers to %s and one that refers to %s", AT(r),
                      through->name, a->name, b->name);
        return false;
    }
    if (a != b && (!choose_key(r, through, a, ".key", r->key, report) ||
                   !choose_key(r, through, b, ".other_key", r->other_key, report)))
        return false;
    left->kind = right->kind = CF_SIDE_THROUGH;
    left->through = right->through = through;
    left->key = to_left;
    right->key = to_right;
    left->own = pairs_of(through, to_left, false);
    left->pass = pairs_of(through, to_right, true);
    right->own = pairs_of(through, to_right, false);
    right->pass = pairs_of(through, to_left, true);
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
    side->title = cf_arena_printf(registry->arena, "%s.%s", owner->name, side->name);
    if (!side->title) return NULL;
    side->owner = owner;
    side->target = target;
    side->load = direction ? r->other_load : r->load;
    side->view = r->view_only || (r->where && (direction == 0 || r->through));
    side->orphans = direction == 0 && r->delete_orphans;
    side->cascades = direction == 0 && (r->delete_orphans || r->on_delete == CF_CASCADE);
    return side;
}

/* ".where" and ".order_by" are a query over the target, without what else belongs to queries. */
static bool resolve_text(cf_registry *registry, cf_side *side, const char *where, const char *order_by,
                         cf_report *report)
{
    char               message[768];
    cf_code            code = CF_OK;
    const cf_relation *r = side->relation;
    const char *text = cf_arena_printf(registry->arena, "%s%s%s", where ? where : "", order_by ? " order by " : "",
                                       order_by ? order_by : "");
    cf_site     site = {.text = text, .file = r->file, .line = r->line, .verb = CF_VERB_ALL};
    static const uint8_t no_arguments[1];
    site.argument_kinds = no_arguments;
    if (!text) return false;
    side->order = cf_plan_make(registry, registry->arena, &site, side->target, &code, message, sizeof message);
    if (!side->order) {
        if (code != CF_ERR_MEMORY) cf_report_add(report, "%s", message);
        return code != CF_ERR_MEMORY;
    }
    const cf_select *tree = side->order->tree->select;
    if (tree->scope->join_count)
        cf_report_add(report, WHERE ".where and .order_by of '%s' cannot follow relationships, but any() can", AT(r),
                      side->name);
    if (tree->limit || tree->offset)
        cf_report_add(report, WHERE "'%s' cannot have a limit: it is loaded for many objects at once", AT(r),
                      side->name);
    return true;
}

/* By the column, then by the key, so that the order is one even where others wrote one number twice. */
static const char *position_order(cf_registry *registry, const cf_side *side)
{
    cf_buffer text = {0};
    cf_buffer_printf(&text, "%s%s", side->position->name, side->position->nullable ? " nulls last" : "");
    for (size_t i = 0; i < side->target->key_count; i++)
        cf_buffer_printf(&text, ", %s", side->target->columns[side->target->key[i]].name);
    const char *order = text.failed ? NULL : cf_arena_text(registry->arena, text.data, text.size);
    cf_buffer_free(&text);
    return order;
}

static bool resolve_texts(cf_registry *registry, const cf_relation *r, cf_side *left, cf_side *right, cf_report *report)
{
    const char *order_by = left->position ? position_order(registry, left) : r->order_by;
    if (left->position && !order_by) return false;
    if ((r->where || order_by) && !resolve_text(registry, left, r->where, order_by, report)) return false;
    bool other = r->through && (r->where || r->other_order_by);
    return !other || resolve_text(registry, right, NULL, r->other_order_by, report);
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
    cf_side_check(a, report);
    cf_position_resolve(a, report);
    return resolve_texts(registry, r, a, b, report);
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
    cf_sides_check(registry, report);
    for (size_t i = 0; i < registry->count; i++)
        if (!cf_mapper_add_side_members(registry->mappers[i])) return false;
    return true;
}
