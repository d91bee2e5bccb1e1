/* Mistakes in the options and names of columns and tables. */
#include "orm/ast.h"
#include "orm/check.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The beginning of each message: where the model stands. */
#define WHERE "%s:%d: "
#define AT(m) (m)->model->file, (m)->model->line

static void check_options(const cf_mapper *m, const cf_attribute *a, cf_report *report)
{
    const cf_column *c = a->options;
    bool             textual = a->kind == CF_TEXT || a->kind == CF_BYTES;
    bool             moment = a->kind == CF_DATE || a->kind == CF_TIME || a->kind == CF_DATETIME;
#define MISTAKE(condition, text) \
    if (condition) cf_report_add(report, WHERE "%s.%s: " text, AT(m), m->name, a->name)
    MISTAKE(c->length < 0, ".length must not be negative");
    MISTAKE(c->length > 0 && !textual, ".length is for texts and bytes");
    MISTAKE(a->type == CF_TYPE_CHARS && c->length > (int32_t)a->size, ".length is larger than the array");
    MISTAKE(c->nullable && !a->twin && a->kind != CF_TEXT && a->kind != CF_BYTES && a->kind != CF_JSON,
            ".nullable is for pointers; use the cf_null_ twin of this C type");
    MISTAKE(c->nullable && a->type == CF_TYPE_CHARS, "char[] cannot be NULL; use const char * with .nullable");
    MISTAKE(c->not_null && !a->twin, ".not_null is for the cf_null_ types; others are NOT NULL already");
    MISTAKE(c->not_null && c->nullable, ".not_null and .nullable contradict each other");
    MISTAKE(c->primary_key && a->nullable, "a primary key cannot be NULL");
    MISTAKE(c->primary_key && a->special, "a primary key cannot be stored by names or encrypted");
    MISTAKE(c->autoincrement && !(c->primary_key && a->kind == CF_INT), ".autoincrement is for integer keys");
    MISTAKE(c->natural && !c->primary_key, ".natural is for primary keys");
    MISTAKE(c->natural && c->autoincrement, ".natural and .autoincrement contradict each other");
    MISTAKE((c->start || c->step) && !a->generated, ".start and .step are for generated keys");
    MISTAKE((c->default_now || c->on_update_now) && !moment, ".default_now is for dates and times");
    MISTAKE(c->timezone && a->kind != CF_DATETIME, ".timezone is for cf_datetime");
    MISTAKE(c->binary && a->kind != CF_JSON, ".binary is for cf_json");
    MISTAKE((c->precision || c->scale) && a->kind != CF_DECIMAL, ".precision and .scale are for cf_decimal");
    MISTAKE(c->precision < 0 || c->precision > 38, ".precision must be 1 to 38");
    MISTAKE(c->scale < 0 || c->scale > (c->precision ? c->precision : 38), ".scale must be 0 to .precision");
    MISTAKE(c->default_text && a->kind != CF_TEXT && a->kind != CF_JSON, ".default_text is for texts");
    MISTAKE(c->default_int && a->kind != CF_INT && a->kind != CF_BOOL, ".default_int is for integers");
    MISTAKE(c->default_int && a->kind == CF_BOOL && !a->twin,
            "a bool cannot tell false from \"nothing was set\"; use cf_null_bool with .not_null = true");
    MISTAKE(c->default_number != 0 && a->kind != CF_FLOAT, ".default_number is for float and double");
    MISTAKE(c->default_uuid7 && a->kind != CF_UUID, ".default_uuid7 is for cf_uuid");
    MISTAKE((c->default_text != NULL) + (c->default_int != 0) + (c->default_number != 0) + c->default_now +
                    c->default_uuid7 + (c->default_function != NULL) >
                1,
            "there must not be more than one default");
    MISTAKE((c->on_delete || c->on_update || c->deferrable) && !c->references,
            ".on_delete, .on_update and .deferrable need .references");
    MISTAKE((c->on_delete == CF_SET_NULL || c->on_update == CF_SET_NULL) && !a->nullable,
            "CF_SET_NULL needs a column that may be NULL");
    MISTAKE(c->encrypted && a->type != CF_TYPE_TEXT && a->type != CF_TYPE_BYTES && a->type != CF_TYPE_JSON,
            ".encrypted is for texts, bytes and JSON");
    MISTAKE(
        c->encrypted && (c->unique || c->index || c->references || c->server_default || c->check || c->computed),
        "an encrypted column can be compared with nothing: no .unique, .index, .references, .check, .server_default");
    MISTAKE(c->enum_names && a->kind != CF_INT && a->kind != CF_TEXT, ".enum_names is for enums, integers and texts");
    MISTAKE(c->enum_names && a->twin, ".enum_names is not for cf_null_ types; use an own member for \"none\"");
    MISTAKE(c->stored && !c->computed, ".stored needs .computed");
    MISTAKE(c->computed && (c->primary_key || c->references || c->server_default || a->special || c->default_text ||
                            c->default_int || c->default_number != 0 || c->default_now || c->on_update_now ||
                            c->default_uuid7 || c->default_function),
            "a computed column has no default, is no key and refers to nothing");
    MISTAKE(c->version && ((a->kind != CF_INT && a->kind != CF_DATETIME) || a->twin || a->special),
            ".version is for plain integers and cf_datetime");
    MISTAKE(c->version && (c->primary_key || c->computed || c->unique || c->on_update_now),
            "a .version column is counted by the session alone: no .primary_key, .computed, .unique, .on_update_now");
    MISTAKE(c->soft_delete && (a->type != CF_TYPE_DATETIME || !a->twin || c->not_null),
            ".soft_delete is for cf_null_datetime");
    MISTAKE(c->soft_delete && (c->default_now || c->on_update_now || c->computed || c->primary_key),
            "a .soft_delete column is set by cf_delete() alone");
#undef MISTAKE
}

/* Names of an enumeration: each member and each name once, none empty. */
static void check_enum(const cf_mapper *m, const cf_attribute *a, cf_report *report)
{
    const cf_enum_name *names = a->options->enum_names;
    for (size_t i = 0; names && names[i].name; i++) {
        if (a->type == CF_TYPE_UINT32 && names[i].number < 0)
            cf_report_add(report, WHERE "%s.%s: the C type of the field is unsigned, but '%s' is %d", AT(m), m->name,
                          a->name, names[i].name, names[i].number);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(names[k].name, names[i].name) == 0)
                cf_report_add(report, WHERE "%s.%s: two members of the enumeration are named '%s'", AT(m), m->name,
                              a->name, names[i].name);
            else if (a->kind == CF_INT && names[k].number == names[i].number)
                cf_report_add(report, WHERE "%s.%s: '%s' and '%s' have the same number %d", AT(m), m->name, a->name,
                              names[k].name, names[i].name, names[i].number);
        }
    }
}

static void check_names(const cf_mapper *m, const cf_attribute *a, cf_report *report)
{
    if (cf_word_reserved(a->name))
        cf_report_add(report,
                      WHERE "%s.%s: '%s' is a word of the query language; rename the field and give the "
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

static bool same_database(const cf_mapper *a, const cf_mapper *b)
{
    return a->bind == b->bind || (a->bind && b->bind && strcmp(a->bind, b->bind) == 0);
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
        if (same_database(registry->mappers[i], m) &&
            cf_equal_nocase(registry->mappers[i]->table, strlen(registry->mappers[i]->table), m->table,
                            strlen(m->table)))
            cf_report_add(report, WHERE "models %s and %s have the same table '%s'; name one with CF_TABLE", AT(m),
                          registry->mappers[i]->name, m->name, m->table);
    for (size_t i = 0; i < m->column_count; i++) {
        if (m->columns[i].options->version && m->version != &m->columns[i])
            cf_report_add(report, WHERE "model %s has two .version columns: %s and %s", AT(m), m->name,
                          m->version->name, m->columns[i].name);
        if (m->columns[i].options->soft_delete && m->soft != &m->columns[i])
            cf_report_add(report, WHERE "model %s has two .soft_delete columns: %s and %s", AT(m), m->name,
                          m->soft->name, m->columns[i].name);
        check_names(m, &m->columns[i], report);
        check_options(m, &m->columns[i], report);
        check_enum(m, &m->columns[i], report);
    }
}

/* CF_PRIMARY_KEY stands once and names columns that may not be NULL. */
static void check_key(const cf_mapper *m, cf_report *report)
{
    int count = 0;
    for (size_t i = 0; i < m->model->part_count; i++) {
        if (m->model->parts[i].kind != CF_PART_KEY) continue;
        if (++count == 2) cf_report_add(report, WHERE "model %s has two CF_PRIMARY_KEY rows", AT(m), m->name);
        for (size_t k = 0; k < CF_MOST_KEYS && m->model->parts[i].table.columns[k]; k++) {
            const char         *name = m->model->parts[i].table.columns[k];
            const cf_attribute *a = cf_mapper_attribute(m, name, strlen(name));
            if (!a)
                cf_report_add(report, WHERE "%s: '%s' is a field of the struct but no column of the model", AT(m),
                              m->name, name);
            else if (a->nullable || a->special)
                cf_report_add(report, WHERE "%s.%s: a primary key cannot be NULL, stored by names or encrypted", AT(m),
                              m->name, name);
        }
    }
}

bool cf_check_models(cf_registry *registry, cf_report *report)
{
    for (size_t i = 0; i < registry->count; i++) {
        check_model(registry, registry->mappers[i], report);
        check_key(registry->mappers[i], report);
    }
    return cf_registry_make_constraints(registry, report);
}
