/* Foreign keys, unique constraints, indexes and checks: what they refer to, and their names. */
#include "orm/mapper.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WHERE "%s:%d: "
#define AT(m) (m)->model->file, (m)->model->line

/* ---- names ------------------------------------------------------------------------------------- */

void cf_constraint_name(char *out, size_t size, const char *prefix, const char *table, const char *columns)
{
    char whole[1200];
    int  n = snprintf(whole, sizeof whole, "%s_%s_%s", prefix, table, columns);
    /* Identifiers are limited to 63 bytes: longer ones are cut and told apart by a hash. */
    if (n > 63) {
        uint64_t hash = cf_hash(whole, strlen(whole));
        size_t   cut = 54;
        while (cut && ((unsigned char)whole[cut] & 0xc0) == 0x80) cut--;
        snprintf(whole + cut, sizeof whole - cut, "_%08x", (unsigned)hash);
    }
    snprintf(out, size, "%s", whole);
}

static const char *column_name(cf_arena *arena, const cf_mapper *m, const char *prefix, const uint16_t *columns,
                               size_t count, const char *more)
{
    char   text[1100] = "", name[64];
    size_t n = 0;
    for (size_t i = 0; i < count && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? "_" : "", m->columns[columns[i]].column);
    if (more && n < sizeof text)
        snprintf(text + n, sizeof text - n, "%s%08x", count ? "_" : "", (unsigned)cf_hash(more, strlen(more)));
    cf_constraint_name(name, sizeof name, prefix, m->table, text);
    return cf_arena_copy(arena, name);
}

static bool name_constraint(cf_arena *arena, const cf_mapper *m, cf_constraint *c, const char *given)
{
    static const char *const prefixes[] = {[CF_PART_UNIQUE] = "uq", [CF_PART_INDEX] = "ix", [CF_PART_CHECK] = "ck"};
    const char              *prefix = c->kind == CF_PART_INDEX && c->unique ? "uq" : prefixes[c->kind];
    char                     more[1200] = "";
    c->named = given && given[0];
    if (c->named) {
        c->name = given;
        return true;
    }
    /* The same columns may have several indexes that differ in more than columns. */
    bool of_column = c->kind == CF_PART_CHECK && c->count;
    if ((c->text && !of_column) || c->where || c->descending)
        snprintf(more, sizeof more, "%s|%s|%x", c->text ? c->text : "", c->where ? c->where : "", c->descending);
    c->name = column_name(arena, m, prefix, c->columns, c->count, more[0] ? more : NULL);
    return c->name != NULL;
}

/* ---- unique constraints, indexes, checks ---------------------------------------------------------- */

static const cf_attribute *part_field(const cf_mapper *m, const char *name, cf_report *report)
{
    const char         *dot = strrchr(name, '.');
    const cf_attribute *a = cf_mapper_attribute(m, dot ? dot + 1 : name, strlen(dot ? dot + 1 : name));
    if (!a)
        cf_report_add(report, WHERE "%s: '%s' is a field of the struct but no column of the model", AT(m), m->name,
                      name);
    else if (a->options->encrypted)
        cf_report_add(report, WHERE "%s: '%s' is encrypted and cannot be part of a constraint or index", AT(m), m->name,
                      name);
    return a;
}

static uint16_t part_columns(const cf_mapper *m, const cf_part *part, uint16_t *columns, cf_report *report)
{
    uint16_t n = 0;
    for (size_t i = 0; i < 16 && part->table.columns[i]; i++) {
        const cf_attribute *a = part_field(m, part->table.columns[i], report);
        if (a) columns[n++] = a->index;
    }
    return n;
}

/* "created_at, id": sets the bits of those among the index's columns. */
static void part_descending(const cf_mapper *m, const char *text, cf_constraint *c, cf_report *report)
{
    while (text && *text) {
        size_t size = strcspn(text, ", ");
        bool   found = size == 0;
        for (size_t i = 0; size && i < c->count; i++) {
            const char *name = m->columns[c->columns[i]].name;
            if (strlen(name) != size || strncmp(name, text, size) != 0) continue;
            c->descending |= (uint16_t)(1u << i);
            found = true;
        }
        if (!found)
            cf_report_add(report, WHERE "%s: .descending names '%.*s', which is no field of the index", AT(m), m->name,
                          (int)size, text);
        text += size + (text[size] != '\0');
    }
}

static cf_constraint *next_constraint(cf_mapper *m, int kind)
{
    cf_constraint *c = &m->constraints[m->constraint_count++];
    c->kind = kind;
    return c;
}

static bool column_constraints(cf_mapper *m, const cf_attribute *a)
{
    cf_arena        *arena = m->registry->arena;
    const cf_column *o = a->options;
    if (o->unique && !(m->key_count == 1 && a->key)) {
        cf_constraint *c = next_constraint(m, CF_PART_UNIQUE);
        c->columns[c->count++] = a->index;
        if (!name_constraint(arena, m, c, NULL)) return false;
    } else if (o->index && !o->unique) {
        cf_constraint *c = next_constraint(m, CF_PART_INDEX);
        c->columns[c->count++] = a->index;
        if (!name_constraint(arena, m, c, NULL)) return false;
    }
    if (!o->check) return true;
    cf_constraint *c = next_constraint(m, CF_PART_CHECK);
    c->text = o->check;
    c->columns[c->count++] = a->index;
    return name_constraint(arena, m, c, NULL);
}

static bool part_constraint(cf_mapper *m, const cf_part *part, cf_report *report)
{
    const cf_table_part *o = &part->table;
    cf_constraint       *c = next_constraint(m, (int)part->kind);
    if (part->kind != CF_PART_UNIQUE) c->text = o->text;
    c->count = part_columns(m, part, c->columns, report);
    c->unique = o->unique;
    c->deferrable = o->deferrable;
    c->where = part->kind == CF_PART_INDEX ? o->where : NULL;
    part_descending(m, o->descending, c, report);
    if (part->kind == CF_PART_INDEX && o->deferrable)
        cf_report_add(report, WHERE "%s: an index cannot be deferrable; CF_UNIQUE_ON can", AT(m), m->name);
    if (part->kind != CF_PART_INDEX && (o->where || o->descending || o->unique))
        cf_report_add(report, WHERE "%s: .where, .descending and .unique are for indexes", AT(m), m->name);
    return name_constraint(m->registry->arena, m, c, o->name);
}

/* Where rows are deleted softly, only those that are not share a unique value with nobody. */
static bool except_deleted(cf_mapper *m, cf_report *report)
{
    for (size_t i = 0; m->soft && i < m->constraint_count; i++) {
        cf_constraint *c = &m->constraints[i];
        if (c->kind != CF_PART_UNIQUE && !(c->kind == CF_PART_INDEX && c->unique)) continue;
        if (c->deferrable)
            cf_report_add(report, WHERE "%s: a constraint over rows that are not deleted cannot be deferrable", AT(m),
                          m->name);
        const char *alive = cf_arena_printf(m->registry->arena, "%s IS NULL", m->soft->column);
        if (alive && c->where) alive = cf_arena_printf(m->registry->arena, "(%s) AND %s", c->where, alive);
        if (!alive) return false;
        c->kind = CF_PART_INDEX;
        c->unique = true;
        c->where = alive;
    }
    return true;
}

static bool make_constraints(cf_mapper *m, cf_report *report)
{
    const cf_model *model = m->model;
    m->constraints =
        cf_arena_array(m->registry->arena, m->column_count * 2 + model->part_count, sizeof *m->constraints);
    if (!m->constraints) return false;
    for (size_t i = 0; i < m->column_count; i++)
        if (!column_constraints(m, &m->columns[i])) return false;
    for (size_t i = 0; i < model->part_count; i++) {
        int kind = (int)model->parts[i].kind;
        if (kind != CF_PART_UNIQUE && kind != CF_PART_INDEX && kind != CF_PART_CHECK) continue;
        if (!part_constraint(m, &model->parts[i], report)) return false;
    }
    return except_deleted(m, report);
}

/* ---- foreign keys -------------------------------------------------------------------------------- */

/* The mapper of a table, in the same database as `m`; reports when there is none. */
static cf_mapper *find_table(const cf_mapper *m, const char *where, const char *table, cf_report *report)
{
    const cf_registry *r = m->registry;
    const char        *names[256];
    size_t             n = 0;
    for (size_t i = 0; i < r->count; i++) {
        cf_mapper *t = r->mappers[i];
        if (strcmp(t->table, table) == 0) {
            if (t->bind == m->bind || (t->bind && m->bind && strcmp(t->bind, m->bind) == 0)) return t;
            cf_report_add(report, WHERE "%s.%s: table '%s' lies in another database (.bind)", AT(m), m->name, where,
                          table);
            return NULL;
        }
        if (n < 256) names[n++] = t->table;
    }
    const char *nearest = cf_nearest_name(table, names, n);
    cf_report_add(report, WHERE "%s.%s: there is no table '%s'%s%s%s", AT(m), m->name, where, table,
                  nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    return NULL;
}

static cf_attribute *find_column(const cf_mapper *m, const char *where, const cf_mapper *target, const char *column,
                                 size_t size, cf_report *report)
{
    for (size_t i = 0; i < target->column_count; i++) {
        const char *name = target->columns[i].column;
        if (strlen(name) == size && memcmp(name, column, size) == 0) return &target->columns[i];
    }
    const char *nearest = cf_mapper_nearest(target, column, size);
    cf_report_add(report, WHERE "%s.%s: table '%s' has no column '%.*s'%s%s%s", AT(m), m->name, where, target->table,
                  (int)size, column, nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    return NULL;
}

static void check_types(const cf_attribute *a, const cf_attribute *target, cf_report *report)
{
    const cf_mapper *m = a->mapper;
    if (a->kind != target->kind)
        cf_report_add(report, WHERE "%s.%s is %s, but %s.%s, which it refers to, is %s", AT(m), m->name, a->name,
                      cf_kind_name(a->kind), target->mapper->name, target->name, cf_kind_name(target->kind));
}

/* Splits "table.column"; fills target and column of an attribute. */
static cf_foreign_key *column_reference(cf_attribute *a, cf_report *report)
{
    cf_mapper  *m = a->mapper;
    const char *text = a->options->references, *dot = strchr(text, '.');
    char        table[64];
    size_t      size = dot ? (size_t)(dot - text) : 0;
    if (!dot || size == 0 || size >= sizeof table || !dot[1]) {
        cf_report_add(report, WHERE "%s.%s: .references = \"%s\" must be \"table.column\"", AT(m), m->name, a->name,
                      text);
        return NULL;
    }
    memcpy(table, text, size);
    table[size] = '\0';
    a->target = find_table(m, a->name, table, report);
    if (!a->target) return NULL;
    a->target_attribute = find_column(m, a->name, a->target, dot + 1, strlen(dot + 1), report);
    if (!a->target_attribute) return NULL;
    check_types(a, a->target_attribute, report);
    /* Columns of an association that refer to one composite key make one foreign key together. */
    cf_foreign_key *last = m->foreign_key_count ? &m->foreign_keys[m->foreign_key_count - 1] : NULL;
    if (m->association && last && last->target == a->target && last->count < a->target->key_count &&
        a->target_attribute->key && last->target_columns[last->count - 1] != a->target_attribute->index) {
        last->columns[last->count] = a->index;
        last->target_columns[last->count++] = a->target_attribute->index;
        return last;
    }
    cf_foreign_key *fk = &m->foreign_keys[m->foreign_key_count++];
    *fk = (cf_foreign_key){.columns = {a->index},
                           .target_columns = {a->target_attribute->index},
                           .count = 1,
                           .target = a->target,
                           .on_delete = a->options->on_delete,
                           .on_update = a->options->on_update,
                           .deferrable = a->options->deferrable};
    return fk;
}

/* "release(package, version)" */
static bool part_targets(const cf_mapper *m, const cf_part *part, cf_foreign_key *fk, cf_report *report)
{
    const char *text = part->table.text, *open = strchr(text, '('), *at = open ? open + 1 : "";
    const char *where = m->columns[fk->columns[0]].name;
    char        table[64];
    size_t      size = open ? (size_t)(open - text) : 0, n = 0;
    while (size && text[size - 1] == ' ') size--;
    if (size == 0 || size >= sizeof table || !strchr(at, ')')) {
        cf_report_add(report, WHERE "%s: CF_FOREIGN_KEY's target \"%s\" must be \"table(column, column)\"", AT(m),
                      m->name, text);
        return false;
    }
    memcpy(table, text, size);
    table[size] = '\0';
    fk->target = find_table(m, where, table, report);
    if (!fk->target) return false;
    while (*at && *at != ')') {
        size_t length = strcspn(at, ",)"), skip = strspn(at, " ");
        size_t end = length;
        while (end > skip && at[end - 1] == ' ') end--;
        const cf_attribute *t = find_column(m, where, fk->target, at + skip, end - skip, report);
        if (!t) return false;
        if (n < fk->count) {
            check_types(&m->columns[fk->columns[n]], t, report);
            fk->target_columns[n] = t->index;
        }
        n++;
        at += length + (at[length] == ',');
    }
    if (n == fk->count) return true;
    cf_report_add(report, WHERE "%s: CF_FOREIGN_KEY has %u fields, but \"%s\" names %zu", AT(m), m->name, fk->count,
                  text, n);
    return false;
}

static void part_reference(cf_mapper *m, const cf_part *part, cf_report *report)
{
    const cf_table_part *o = &part->table;
    cf_foreign_key       fk = {.on_delete = o->on_delete, .on_update = o->on_update, .deferrable = o->deferrable};
    fk.count = part_columns(m, part, fk.columns, report);
    if (fk.count == 0 || !part_targets(m, part, &fk, report)) return;
    fk.named = o->name && o->name[0];
    fk.name = fk.named ? o->name : NULL;
    for (size_t i = 0; i < fk.count; i++) {
        cf_attribute *a = &m->columns[fk.columns[i]];
        if (fk.count == 1 && !a->target) {
            a->target = fk.target;
            a->target_attribute = &fk.target->columns[fk.target_columns[0]];
        }
        if ((fk.on_delete == CF_SET_NULL || fk.on_update == CF_SET_NULL) && !a->nullable)
            cf_report_add(report, WHERE "%s.%s: CF_SET_NULL needs a column that may be NULL", AT(m), m->name, a->name);
    }
    m->foreign_keys[m->foreign_key_count++] = fk;
}

static bool make_foreign_keys(cf_mapper *m, cf_report *report)
{
    const cf_model *model = m->model;
    m->foreign_keys = cf_arena_array(m->registry->arena, m->column_count + model->part_count, sizeof *m->foreign_keys);
    if (!m->foreign_keys) return false;
    for (size_t i = 0; i < m->column_count; i++)
        if (m->columns[i].options->references) column_reference(&m->columns[i], report);
    for (size_t i = 0; i < model->part_count; i++)
        if (model->parts[i].kind == CF_PART_FOREIGN_KEY) part_reference(m, &model->parts[i], report);
    for (size_t i = 0; i < m->foreign_key_count; i++) {
        cf_foreign_key *fk = &m->foreign_keys[i];
        if (fk->name) continue;
        bool again = false; /* two keys on the same columns are told apart by what they refer to */
        for (size_t k = 0; k < m->foreign_key_count; k++)
            again |= k != i && m->foreign_keys[k].count == fk->count &&
                     memcmp(m->foreign_keys[k].columns, fk->columns, fk->count * sizeof *fk->columns) == 0;
        fk->name = column_name(m->registry->arena, m, "fk", fk->columns, fk->count, again ? fk->target->table : NULL);
        if (!fk->name) return false;
    }
    return true;
}

/* ---- no name twice --------------------------------------------------------------------------------- */

typedef struct named {
    const cf_mapper *mapper;
    const char     **name;
    bool             given;
    int              kind;
    bool             clashes;
} named;

static size_t list_names(const cf_registry *r, named *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        cf_mapper *m = r->mappers[i];
        for (size_t k = 0; k < m->constraint_count; k++)
            out[n++] = (named){m, &m->constraints[k].name, m->constraints[k].named, m->constraints[k].kind, false};
        for (size_t k = 0; k < m->foreign_key_count; k++)
            out[n++] = (named){m, &m->foreign_keys[k].name, m->foreign_keys[k].named, CF_PART_FOREIGN_KEY, false};
    }
    return n;
}

/* Index names are unique in a whole database, those of other constraints at least in a table. */
static bool same_name(const named *a, const named *b)
{
    return cf_equal_nocase(*a->name, strlen(*a->name), *b->name, strlen(*b->name));
}

/* Generated names that clash ("a_b" + "c", "a" + "b_c") get a hash; given ones are mistakes. */
static bool part_names(cf_registry *r, cf_report *report)
{
    size_t most = 0;
    for (size_t i = 0; i < r->count; i++) most += r->mappers[i]->constraint_count + r->mappers[i]->foreign_key_count;
    named *all = cf_arena_array(r->arena, most ? most : 1, sizeof *all);
    if (!all) return false;
    size_t n = list_names(r, all);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (same_name(&all[i], &all[k]) && all[i].mapper != all[k].mapper) all[i].clashes = all[k].clashes = true;
    for (size_t i = 0; i < n; i++) {
        const cf_mapper *m = all[i].mapper;
        if (!all[i].clashes || all[i].given) continue;
        char text[256];
        snprintf(text, sizeof text, "%s_%08x", *all[i].name, (unsigned)cf_hash(m->table, strlen(m->table)));
        char short_name[64];
        snprintf(short_name, sizeof short_name, "%.54s%s", *all[i].name, text + strlen(*all[i].name));
        *all[i].name = cf_arena_copy(r->arena, short_name);
        if (!*all[i].name) return false;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (same_name(&all[i], &all[k]))
                cf_report_add(report,
                              WHERE "%s and %s have two constraints or indexes named '%s'; give one another .name",
                              AT(all[i].mapper), all[k].mapper->name, all[i].mapper->name, *all[i].name);
    return true;
}

bool cf_registry_make_constraints(cf_registry *registry, cf_report *report)
{
    for (size_t i = 0; i < registry->count; i++)
        if (!make_foreign_keys(registry->mappers[i], report)) return false;
    for (size_t i = 0; i < registry->count; i++)
        if (!make_constraints(registry->mappers[i], report)) return false;
    return part_names(registry, report);
}
