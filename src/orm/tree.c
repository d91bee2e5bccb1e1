/* The tree of a schema, made from mappers. */
#include "orm/table.h"

#include "orm/mapper.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const actions[] = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"};

const char *cf_action_words(cf_action action)
{
    return actions[action];
}

cf_action cf_action_find(const char *words)
{
    for (size_t i = 0; words && i < sizeof actions / sizeof *actions; i++)
        if (strcasecmp(actions[i], words) == 0) return (cf_action)i;
    return CF_NO_ACTION;
}

cf_table *cf_schema_table(const cf_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->tables[i].name, name) == 0) return &schema->tables[i];
    return NULL;
}

cf_table_column *cf_table_find(const cf_table *table, const char *column)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, column) == 0) return &table->columns[i];
    return NULL;
}

bool cf_reference_late(const cf_schema *schema, const cf_table *table, const cf_table_reference *reference)
{
    const cf_table *target = cf_schema_table(schema, reference->table);
    return target && target > table;
}

/* ---- columns ------------------------------------------------------------------------------------ */

static const char **enum_texts(const cf_enum_name *names, cf_arena *arena)
{
    size_t n = 0;
    while (names[n].name) n++;
    const char **texts = cf_arena_array(arena, n + 1, sizeof *texts);
    for (size_t i = 0; texts && i < n; i++) texts[i] = names[i].name;
    return texts;
}

static bool fill_column(cf_table_column *c, const cf_attribute *a, cf_arena *arena)
{
    const cf_column *o = a->options;
    *c = (cf_table_column){.name = a->column,
                           .type = a->type == CF_TYPE_CHARS ? CF_TYPE_TEXT : a->type,
                           .length = o->length,
                           .precision = o->precision,
                           .scale = o->scale,
                           .timezone = o->timezone,
                           .binary = o->binary,
                           .nullable = a->nullable,
                           .encrypted = o->encrypted,
                           .initial = o->server_default,
                           .computed = o->computed,
                           .stored = o->stored,
                           .generated = a->generated,
                           .autoincrement = o->autoincrement,
                           .start = o->start,
                           .step = o->step,
                           .collation = o->collation,
                           .comment = o->comment};
    if (a->type == CF_TYPE_CHARS && !o->length) c->length = (int32_t)a->size;
    if (o->encrypted) c->type = CF_TYPE_BYTES, c->length = 0;
    if (o->enum_names) {
        c->type = CF_TYPE_TEXT;
        c->names = enum_texts(o->enum_names, arena);
        if (!c->names) return false;
    }
    return true;
}

static const char **column_names(const cf_mapper *m, const uint16_t *columns, size_t count, cf_arena *arena)
{
    const char **names = cf_arena_array(arena, count ? count : 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++) names[i] = m->columns[columns[i]].column;
    return names;
}

/* ---- indexes ------------------------------------------------------------------------------------ */

/* The end of an expression in a list: a comma outside brackets and quotes, or the end. */
static size_t expression_end(const char *text)
{
    int  depth = 0;
    char quote = '\0';
    for (size_t i = 0;; i++) {
        char ch = text[i];
        if (ch == '\0') return i;
        if (quote) quote = ch == quote ? '\0' : quote;
        else if (ch == '\'' || ch == '"' || ch == '`') quote = ch;
        else if (ch == '(' || ch == '[') depth++;
        else if (ch == ')' || ch == ']') depth--;
        else if (ch == ',' && depth == 0) return i;
    }
}

/* One expression, without blanks around it and " asc" or " desc" behind it. */
static bool fill_part(cf_index_part *part, const cf_table *table, const char *text, size_t size, cf_arena *arena)
{
    while (size && *text == ' ') text++, size--;
    while (size && text[size - 1] == ' ') size--;
    if (size > 5 && strncasecmp(text + size - 5, " desc", 5) == 0) part->descending = true, size -= 5;
    else if (size > 4 && strncasecmp(text + size - 4, " asc", 4) == 0) size -= 4;
    while (size && text[size - 1] == ' ') size--;
    part->text = cf_arena_text(arena, text, size);
    part->expression = part->text && !cf_table_find(table, part->text);
    return part->text != NULL;
}

static bool fill_expressions(cf_table_index *index, const cf_table *table, const char *text, cf_arena *arena)
{
    size_t n = 1;
    for (const char *at = text; at[expression_end(at)]; at += expression_end(at) + 1) n++;
    index->parts = cf_arena_array(arena, n, sizeof *index->parts);
    if (!index->parts) return false;
    for (index->count = 0; index->count < n; index->count++) {
        size_t size = expression_end(text);
        if (!fill_part(&index->parts[index->count], table, text, size, arena)) return false;
        text += size + (text[size] == ',');
    }
    return true;
}

static bool fill_index(cf_table_index *index, const cf_mapper *m, const cf_table *table, const cf_constraint *c,
                       cf_arena *arena)
{
    *index = (cf_table_index){.name = c->name, .unique = c->unique, .where = c->where};
    if (c->text) return fill_expressions(index, table, c->text, arena);
    index->count = c->count;
    index->parts = cf_arena_array(arena, c->count, sizeof *index->parts);
    for (size_t i = 0; index->parts && i < c->count; i++)
        index->parts[i] = (cf_index_part){m->columns[c->columns[i]].column, false, (c->descending >> i & 1) != 0};
    return index->parts != NULL;
}

static bool starts_with(const char *const *have, size_t have_count, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (i >= have_count || strcmp(have[i], columns[i]) != 0) return false;
    return true;
}

/* Do the key, a unique constraint or an index begin with the columns of a foreign key? */
static bool is_indexed(const cf_table *t, const cf_table_reference *r)
{
    if (starts_with(t->key.columns, t->key.count, r->columns, r->count)) return true;
    for (size_t i = 0; i < t->unique_count; i++)
        if (starts_with(t->uniques[i].columns, t->uniques[i].count, r->columns, r->count)) return true;
    for (size_t i = 0; i < t->index_count; i++) {
        const cf_table_index *x = &t->indexes[i];
        size_t                k = 0;
        while (!x->where && k < r->count && k < x->count && !x->parts[k].expression &&
               strcmp(x->parts[k].text, r->columns[k]) == 0)
            k++;
        if (k == r->count) return true;
    }
    return false;
}

/* Foreign keys are searched whenever the row they refer to goes, and by relationships. */
static bool index_references(cf_table *t, cf_arena *arena)
{
    for (size_t i = 0; i < t->reference_count; i++) {
        const cf_table_reference *r = &t->references[i];
        char                      columns[1100] = "", name[64];
        size_t                    n = 0;
        if (is_indexed(t, r)) continue;
        cf_table_index *x = &t->indexes[t->index_count++];
        for (size_t k = 0; k < r->count; k++)
            n += (size_t)snprintf(columns + n, sizeof columns - n, "%s%s", k ? "_" : "", r->columns[k]);
        cf_constraint_name(name, sizeof name, "ix", t->name, columns);
        *x = (cf_table_index){.name = cf_arena_copy(arena, name), .count = r->count, .added = true};
        x->parts = cf_arena_array(arena, r->count, sizeof *x->parts);
        if (!x->name || !x->parts) return false;
        for (size_t k = 0; k < r->count; k++) x->parts[k].text = r->columns[k];
    }
    return true;
}

/* ---- tables ------------------------------------------------------------------------------------- */

static bool fill_constraint(cf_table *t, const cf_mapper *m, const cf_constraint *c, cf_arena *arena)
{
    if (c->kind == CF_PART_CHECK) {
        t->checks[t->check_count++] = (cf_table_check){.name = c->name, .sql = c->text};
    } else if (c->kind == CF_PART_UNIQUE) {
        cf_table_key *u = &t->uniques[t->unique_count++];
        *u = (cf_table_key){c->name, column_names(m, c->columns, c->count, arena), c->count, c->deferrable};
        return u->columns != NULL;
    } else {
        return fill_index(&t->indexes[t->index_count++], m, t, c, arena);
    }
    return true;
}

static bool fill_reference(cf_table *t, const cf_mapper *m, const cf_foreign_key *fk, cf_arena *arena)
{
    cf_table_reference *r = &t->references[t->reference_count++];
    *r = (cf_table_reference){.name = fk->name,
                              .columns = column_names(m, fk->columns, fk->count, arena),
                              .table = fk->target->table,
                              .targets = column_names(fk->target, fk->target_columns, fk->count, arena),
                              .count = fk->count,
                              .on_delete = fk->on_delete,
                              .on_update = fk->on_update,
                              .deferrable = fk->deferrable};
    return r->columns && r->targets;
}

/* The generated part of a composite key comes first: InnoDB wants it so. */
static void generated_first(cf_table *t, const cf_mapper *m)
{
    for (size_t i = 1; i < m->key_count; i++) {
        const char *name = t->key.columns[i];
        if (!m->columns[m->key[i]].generated) continue;
        memmove(t->key.columns + 1, t->key.columns, i * sizeof *t->key.columns);
        t->key.columns[0] = name;
    }
}

static bool fill_table(cf_table *t, const cf_mapper *m, cf_arena *arena)
{
    char name[64];
    t->name = m->table;
    t->comment = m->comment;
    t->without_rowid = m->without_rowid;
    t->columns = cf_arena_array(arena, m->column_count, sizeof *t->columns);
    t->uniques = cf_arena_array(arena, m->constraint_count + 1, sizeof *t->uniques);
    /* Realising adds up to two checks a column. */
    t->checks = cf_arena_array(arena, m->constraint_count + 2 * m->column_count, sizeof *t->checks);
    t->indexes = cf_arena_array(arena, m->constraint_count + m->foreign_key_count + 1, sizeof *t->indexes);
    t->references = cf_arena_array(arena, m->foreign_key_count + 1, sizeof *t->references);
    cf_constraint_name(name, sizeof name, "pk", m->table, "");
    name[strlen(name) - 1] = '\0'; /* "pk_user_" */
    t->key =
        (cf_table_key){cf_arena_copy(arena, name), column_names(m, m->key, m->key_count, arena), m->key_count, false};
    if (cf_arena_failed(arena)) return false;
    generated_first(t, m);
    for (size_t i = 0; i < m->column_count; i++)
        if (!fill_column(&t->columns[t->column_count++], &m->columns[i], arena)) return false;
    for (size_t i = 0; i < m->constraint_count; i++)
        if (!fill_constraint(t, m, &m->constraints[i], arena)) return false;
    for (size_t i = 0; i < m->foreign_key_count; i++)
        if (!fill_reference(t, m, &m->foreign_keys[i], arena)) return false;
    return index_references(t, arena);
}

cf_schema *cf_schema_of_models(const cf_registry *registry, const char *bind, cf_arena *arena)
{
    cf_schema *schema = cf_arena_alloc(arena, sizeof *schema);
    cf_table  *tables = cf_arena_array(arena, registry->count ? registry->count : 1, sizeof *tables);
    if (!schema || !tables) return NULL;
    schema->tables = tables;
    for (size_t i = 0; i < registry->count; i++) {
        const cf_mapper *m = registry->mappers[i];
        if (strcmp(m->bind ? m->bind : "", bind ? bind : "") != 0) continue;
        if (!fill_table(&tables[schema->count++], m, arena)) return NULL;
    }
    return schema;
}
