#include "orm/check.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The beginning of each message: where the model stands. */
#define WHERE "%s:%d: "
#define AT(m) (m)->model->file, (m)->model->line

static const char *const reserved_fields[] = {"and", "or",   "not",  "in",    "like",  "ilike", "between", "is",
                                              "null", "true", "false", "order", "limit", "offset", "by",   "asc",
                                              "desc", "case", "when", "then",  "else",  "end",   "cast",   "all"};

static void check_options(const cf_mapper *m, const cf_attribute *a, cf_report *report)
{
    const cf_column *c = a->options;
    bool             textual = a->kind == CF_TEXT || a->kind == CF_BYTES;
    bool             moment = a->kind == CF_DATE || a->kind == CF_TIME || a->kind == CF_DATETIME;
#define MISTAKE(condition, text)                                                                   \
    if (condition) cf_report_add(report, WHERE "%s.%s: " text, AT(m), m->name, a->name)
    MISTAKE(c->length < 0, ".length must not be negative");
    MISTAKE(c->length > 0 && !textual, ".length is for texts and bytes");
    MISTAKE(a->type == CF_TYPE_CHARS && c->length > (int32_t)a->size, ".length is larger than the array");
    MISTAKE(c->nullable && !a->twin && a->kind != CF_TEXT && a->kind != CF_BYTES && a->kind != CF_JSON,
            ".nullable is for pointers; use the cf_null_ twin of this C type");
    MISTAKE(c->nullable && a->type == CF_TYPE_CHARS, "char[] cannot be NULL; use const char * with .nullable");
    MISTAKE(c->primary_key && a->nullable, "a primary key cannot be NULL");
    MISTAKE((c->default_now || c->on_update_now) && !moment, ".default_now is for dates and times");
    MISTAKE((c->precision || c->scale) && a->kind != CF_DECIMAL, ".precision and .scale are for cf_decimal");
    MISTAKE(c->precision < 0 || c->precision > 38, ".precision must be 1 to 38");
    MISTAKE(c->scale < 0 || c->scale > (c->precision ? c->precision : 38), ".scale must be 0 to .precision");
    MISTAKE(c->default_text && a->kind != CF_TEXT && a->kind != CF_JSON, ".default_text is for texts");
    MISTAKE(c->default_int && a->kind != CF_INT && a->kind != CF_BOOL, ".default_int is for integers");
    MISTAKE(c->default_number != 0 && a->kind != CF_FLOAT, ".default_number is for float and double");
    MISTAKE((c->on_delete || c->on_update) && !c->references, ".on_delete and .on_update need .references");
    MISTAKE((c->on_delete == CF_SET_NULL || c->on_update == CF_SET_NULL) && !a->nullable,
            "CF_SET_NULL needs a column that may be NULL");
#undef MISTAKE
}

static void check_names(const cf_mapper *m, const cf_attribute *a, cf_report *report)
{
    for (size_t i = 0; i < sizeof reserved_fields / sizeof *reserved_fields; i++)
        if (strcmp(a->name, reserved_fields[i]) == 0)
            cf_report_add(report, WHERE "%s.%s: '%s' is a word of the query language; rename the field and give the "
                                        "old name as .column",
                          AT(m), m->name, a->name, a->name);
    for (size_t i = 0; i < a->index; i++) {
        if (strcmp(m->columns[i].name, a->name) == 0)
            cf_report_add(report, WHERE "%s has two columns for the field '%s'", AT(m), m->name, a->name);
        else if (cf_equal_nocase(m->columns[i].column, strlen(m->columns[i].column), a->column, strlen(a->column)))
            cf_report_add(report, WHERE "%s has two columns named '%s'", AT(m), m->name, a->column);
    }
    if (!a->column[0] || strlen(a->column) > 63)
        cf_report_add(report, WHERE "%s.%s: a column's name must have 1 to 63 bytes", AT(m), m->name, a->name);
}

/* Splits "table.column"; finds both, by table or by model name. */
static void resolve_reference(cf_registry *registry, cf_attribute *a, cf_report *report)
{
    const cf_mapper *m = a->mapper;
    const char      *text = a->options->references, *dot = strchr(text, '.');
    char             table[64];
    size_t           size = dot ? (size_t)(dot - text) : 0;
    if (!dot || size == 0 || size >= sizeof table || !dot[1]) {
        cf_report_add(report, WHERE "%s.%s: .references = \"%s\" must be \"table.column\"", AT(m), m->name, a->name,
                      text);
        return;
    }
    memcpy(table, text, size);
    table[size] = '\0';
    cf_mapper *target = cf_registry_by_table(registry, table);
    if (!target) {
        const char *names[256];
        size_t      n = registry->count < 256 ? registry->count : 256;
        for (size_t i = 0; i < n; i++) names[i] = registry->mappers[i]->table;
        const char *nearest = cf_nearest_name(table, names, n);
        cf_report_add(report, WHERE "%s.%s: there is no table '%s'%s%s%s", AT(m), m->name, a->name, table,
                      nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
        return;
    }
    for (size_t i = 0; i < target->column_count; i++)
        if (strcmp(target->columns[i].column, dot + 1) == 0) a->target_attribute = &target->columns[i];
    if (!a->target_attribute) {
        const char *nearest = cf_mapper_nearest(target, dot + 1, strlen(dot + 1));
        cf_report_add(report, WHERE "%s.%s: table '%s' has no column '%s'%s%s%s", AT(m), m->name, a->name, table,
                      dot + 1, nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
        return;
    }
    a->target = target;
    if (a->target_attribute->kind != a->kind)
        cf_report_add(report, WHERE "%s.%s is %s, but %s.%s, which it refers to, is %s", AT(m), m->name, a->name,
                      cf_kind_name(a->kind), target->name, a->target_attribute->name,
                      cf_kind_name(a->target_attribute->kind));
}

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

static const char *constraint_name(cf_arena *arena, const cf_mapper *m, const char *prefix, const cf_constraint *c)
{
    char   columns[1100] = "", name[64];
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        n += (size_t)snprintf(columns + n, sizeof columns - n, "%s%s", i ? "_" : "", m->columns[c->columns[i]].column);
    cf_constraint_name(name, sizeof name, prefix, m->table, columns);
    return cf_arena_copy(arena, name);
}

static void constraint_columns(const cf_mapper *m, const cf_part *part, cf_constraint *c, cf_report *report)
{
    for (size_t i = 0; i < 16 && part->table.columns[i]; i++) {
        const char         *name = part->table.columns[i];
        const cf_attribute *a = cf_mapper_attribute(m, name, strlen(name));
        if (a) c->columns[c->count++] = a->index;
        else
            cf_report_add(report, WHERE "%s: '%s' is a field of the struct but no column of the model", AT(m), m->name,
                          name);
    }
}

static bool add_column_constraints(cf_registry *registry, cf_mapper *m)
{
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_column *o = m->columns[i].options;
        bool             unique = o->unique && !(m->key_count == 1 && m->columns[i].key);
        if (!unique && !o->index) continue;
        cf_constraint *c = &m->constraints[m->constraint_count++];
        c->kind = unique ? CF_PART_UNIQUE : CF_PART_INDEX;
        c->columns[0] = (uint16_t)i;
        c->count = 1;
        c->name = constraint_name(registry->arena, m, unique ? "uq" : "ix", c);
        if (!c->name) return false;
    }
    return true;
}

static bool add_constraints(cf_registry *registry, cf_mapper *m, cf_report *report)
{
    const cf_model *model = m->model;
    m->constraints = cf_arena_array(registry->arena, model->part_count * 2, sizeof *m->constraints);
    if (!m->constraints || !add_column_constraints(registry, m)) return false;
    size_t checks = 0;
    for (size_t i = 0; i < model->part_count; i++) {
        const cf_part *part = &model->parts[i];
        if (part->kind != CF_PART_UNIQUE && part->kind != CF_PART_INDEX && part->kind != CF_PART_CHECK) continue;
        cf_constraint *c = &m->constraints[m->constraint_count++];
        c->kind = (int)part->kind;
        c->text = part->table.text;
        constraint_columns(m, part, c, report);
        if (part->kind == CF_PART_CHECK)
            c->name = cf_arena_printf(registry->arena, "ck_%s_%zu", m->table, ++checks);
        else
            c->name = constraint_name(registry->arena, m, part->kind == CF_PART_UNIQUE ? "uq" : "ix", c);
        if (!c->name) return false;
    }
    return true;
}

static void check_model(cf_registry *registry, cf_mapper *m, cf_report *report)
{
    if (m->column_count == 0) cf_report_add(report, WHERE "model %s has no columns", AT(m), m->name);
    else if (m->key_count == 0)
        cf_report_add(report, WHERE "model %s has no primary key; give a column .primary_key = true", AT(m), m->name);
    if (m->column_count > CF_MOST_COLUMNS)
        cf_report_add(report, WHERE "model %s has more than %d columns", AT(m), m->name, CF_MOST_COLUMNS);
    if (!m->table[0] || strlen(m->table) > 63)
        cf_report_add(report, WHERE "model %s: a table's name must have 1 to 63 bytes", AT(m), m->name);
    for (size_t i = 0; i < registry->count && registry->mappers[i] != m; i++)
        if (strcmp(registry->mappers[i]->table, m->table) == 0)
            cf_report_add(report, WHERE "models %s and %s have the same table '%s'; name one with CF_TABLE", AT(m),
                          registry->mappers[i]->name, m->name, m->table);
    for (size_t i = 0; i < m->column_count; i++) {
        check_names(m, &m->columns[i], report);
        check_options(m, &m->columns[i], report);
        if (m->columns[i].options->references) resolve_reference(registry, &m->columns[i], report);
    }
}

bool cf_check_models(cf_registry *registry, cf_report *report)
{
    for (size_t i = 0; i < registry->count; i++) {
        check_model(registry, registry->mappers[i], report);
        if (!add_constraints(registry, registry->mappers[i], report)) return false;
    }
    return true;
}
