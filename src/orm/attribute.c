/* Columns of mappers, made from the rows of a model's table. */
#include "orm/mapper.h"

#include "base/naming.h"

#include <stdio.h>
#include <string.h>

bool cf_mapper_make_table(cf_mapper *mapper)
{
    const cf_model *model = mapper->model;
    for (size_t i = 0; i < model->part_count; i++) {
        const cf_table_part *part = &model->parts[i].table;
        if (model->parts[i].kind != CF_PART_TABLE) continue;
        if (part->text && part->text[0]) mapper->table = part->text;
        if (part->comment) mapper->comment = part->comment;
        if (part->bind && part->bind[0]) mapper->bind = part->bind;
        mapper->without_rowid |= part->without_rowid;
    }
    if (mapper->table) return true;
    cf_buffer name = {0};
    cf_table_name(&name, model->name);
    mapper->table = name.failed ? NULL : cf_arena_text(mapper->registry->arena, name.data, name.size);
    cf_buffer_free(&name);
    return mapper->table != NULL;
}

/* ---- columns of structs ----------------------------------------------------------------------- */

/* Members of a struct within the struct ("times.created_at") go by their own name. */
static const char *own_name(const char *field)
{
    const char *dot = strrchr(field, '.');
    return dot ? dot + 1 : field;
}

static void make_attribute(cf_mapper *mapper, const cf_column *c)
{
    cf_attribute *a = &mapper->columns[mapper->column_count];
    a->name = own_name(c->name);
    a->column = c->column ? c->column : a->name;
    a->options = c;
    a->mapper = mapper;
    a->type = c->type & 0xff;
    a->kind = cf_type_kind(a->type);
    a->twin = (c->type & CF_TYPE_NULLABLE) != 0;
    a->nullable = (a->twin && !c->not_null) || c->nullable;
    a->key = c->primary_key;
    a->defaulted = c->default_now || c->default_int || c->default_number != 0 || c->default_text || c->default_uuid7 ||
                   c->default_function;
    a->computed = c->computed != NULL;
    a->special = c->encrypted || (c->enum_names && a->kind == CF_INT);
    a->index = (uint16_t)mapper->column_count++;
    a->offset = c->offset;
    a->size = c->size;
    mapper->has_specials |= a->special;
    mapper->has_computed |= a->computed;
}

/* ---- columns of associations ------------------------------------------------------------------- */

/* "user.id", or "follower_id -> user.id". */
static bool make_association_attribute(cf_mapper *mapper, const char *text)
{
    cf_arena   *arena = mapper->registry->arena;
    cf_column  *c = cf_arena_alloc(arena, sizeof *c);
    const char *arrow = strstr(text, "->"), *reference = arrow ? arrow + 2 : text;
    if (!c) return false;
    while (*reference == ' ') reference++;
    if (arrow) {
        size_t size = (size_t)(arrow - text);
        while (size && text[size - 1] == ' ') size--;
        c->name = cf_arena_text(arena, text, size);
    } else {
        char *name = cf_arena_copy(arena, reference), *dot = name ? strchr(name, '.') : NULL;
        if (dot) *dot = '_';
        c->name = name;
    }
    c->references = reference;
    c->primary_key = true;
    c->on_delete = c->on_update = CF_CASCADE;
    c->index = mapper->column_count > 0;
    mapper->association = true;
    if (c->name) make_attribute(mapper, c);
    return c->name != NULL;
}

/* Follows references until one has a type: an association may refer to another one's column. */
static const cf_attribute *referred(const cf_registry *registry, const cf_attribute *a, int depth)
{
    const char *dot = strchr(a->options->references, '.');
    char        table[64];
    if (!dot || (size_t)(dot - a->options->references) >= sizeof table || depth > 16) return NULL;
    snprintf(table, sizeof table, "%.*s", (int)(dot - a->options->references), a->options->references);
    const cf_mapper *target = cf_registry_by_table(registry, table);
    for (size_t i = 0; target && i < target->column_count; i++) {
        const cf_attribute *b = &target->columns[i];
        if (strcmp(b->column, dot + 1) != 0) continue;
        return b->type ? b : b->options->references ? referred(registry, b, depth + 1) : NULL;
    }
    return NULL;
}

/* References that lead nowhere are reported with all others, see check.c. */
void cf_registry_resolve_associations(cf_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        cf_mapper *m = registry->mappers[i];
        if (!m->association) continue;
        for (size_t k = 0; k < m->column_count; k++) {
            cf_attribute       *a = &m->columns[k];
            const cf_attribute *b = referred(registry, a, 0);
            cf_column          *c = (cf_column *)(uintptr_t)a->options;
            a->type = !b ? CF_TYPE_INT64 : b->type == CF_TYPE_CHARS ? CF_TYPE_TEXT : b->type;
            a->kind = cf_type_kind(a->type);
            a->size = sizeof(cf_decimal);
            a->offset = (uint32_t)(k * sizeof(cf_decimal));
            c->type = a->type;
            if (!b) continue;
            c->length = b->options->length;
            if (b->type == CF_TYPE_CHARS && !c->length) c->length = (int32_t)b->size;
            c->precision = b->options->precision;
            c->scale = b->options->scale;
        }
    }
}

/* ---- all columns ------------------------------------------------------------------------------- */

bool cf_mapper_make_columns(cf_mapper *mapper)
{
    cf_arena       *arena = mapper->registry->arena;
    const cf_model *model = mapper->model;
    size_t          n = 0;
    for (size_t i = 0; i < model->part_count; i++)
        n += model->parts[i].kind == CF_PART_COLUMN || model->parts[i].kind == CF_PART_ASSOCIATION;
    mapper->columns = cf_arena_array(arena, n, sizeof *mapper->columns);
    mapper->slots = cf_arena_array(arena, n, sizeof *mapper->slots);
    mapper->layout.plain = cf_arena_array(arena, n, sizeof *mapper->layout.plain);
    mapper->layout.key = cf_arena_array(arena, CF_MOST_KEYS, sizeof *mapper->layout.key);
    if (cf_arena_failed(arena)) return false;
    for (size_t i = 0; i < model->part_count; i++) {
        const cf_part *part = &model->parts[i];
        if (part->kind == CF_PART_COLUMN) make_attribute(mapper, &part->column);
        else if (part->kind == CF_PART_ASSOCIATION && !make_association_attribute(mapper, part->table.text))
            return false;
    }
    return true;
}

static void make_slot(cf_slot *slot, const cf_attribute *a)
{
    slot->column = a->index;
    slot->type = (uint16_t)(a->type | (a->twin || a->nullable ? CF_TYPE_NULLABLE : 0));
    slot->offset = a->offset;
    slot->size = a->size;
    slot->name = a->name;
    slot->model = a->mapper->name;
}

/* CF_PRIMARY_KEY: its fields are the key, in its order. */
static void order_key(cf_mapper *mapper)
{
    const cf_model *model = mapper->model;
    for (size_t i = 0; i < model->part_count; i++) {
        const char *const *names = model->parts[i].table.columns;
        if (model->parts[i].kind != CF_PART_KEY) continue;
        mapper->key_count = 0;
        for (size_t k = 0; k < mapper->column_count; k++) mapper->columns[k].key = false;
        for (size_t k = 0; k < CF_MOST_KEYS && names[k]; k++) {
            const char   *dot = strrchr(names[k], '.'), *name = dot ? dot + 1 : names[k];
            cf_attribute *a = cf_mapper_attribute(mapper, name, strlen(name));
            if (!a) continue; /* reported by check.c */
            a->key = true;
            mapper->layout.key[mapper->key_count] = mapper->slots[a->index];
            mapper->key[mapper->key_count++] = a->index;
        }
    }
}

/* Integer keys come from the database, unless they refer to a row, have a default, or the program said otherwise. */
static void find_generated(cf_mapper *mapper)
{
    for (size_t i = 0; i < mapper->key_count; i++) {
        cf_attribute    *key = &mapper->columns[mapper->key[i]];
        const cf_column *o = key->options;
        bool             alone = mapper->key_count == 1 && !o->natural && !o->references && !o->default_int;
        key->generated = key->kind == CF_INT && !key->special && !o->default_function && (alone || o->autoincrement);
    }
    for (size_t i = 0; i < mapper->column_count && !mapper->version; i++)
        if (mapper->columns[i].options->version) mapper->version = &mapper->columns[i];
    for (size_t i = 0; i < mapper->column_count && !mapper->soft; i++)
        if (mapper->columns[i].options->soft_delete) mapper->soft = &mapper->columns[i];
    mapper->generated = mapper->key_count == 1 && mapper->columns[mapper->key[0]].generated;
}

void cf_mapper_make_slots(cf_mapper *mapper)
{
    for (size_t i = 0; i < mapper->column_count; i++) {
        make_slot(&mapper->slots[i], &mapper->columns[i]);
        if (!mapper->columns[i].special) mapper->layout.plain[mapper->plain_count++] = mapper->slots[i];
        if (!mapper->columns[i].key || mapper->key_count == CF_MOST_KEYS) continue;
        mapper->layout.key[mapper->key_count] = mapper->slots[i];
        mapper->key[mapper->key_count++] = (uint16_t)i;
    }
    order_key(mapper);
    find_generated(mapper);
}

const char cf_null_text_[1] = "";
