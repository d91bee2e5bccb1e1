/* Rows of selected columns: what they go into, checked at the start, and reading them. */
#include "orm/resolve.h"
#include "orm/row.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* ---- at the start ------------------------------------------------------------------------------- */

/* Where a column goes: a field of the program's struct, or the one value that is wanted. */
typedef struct destination {
    const char *row;   /* the struct's name; NULL: one value */
    const char *field; /* its name */
    int         type;  /* a cf_type, perhaps nullable */
} destination;

static bool type_takes(int type, int kind, const cf_attribute *named)
{
    switch (type & ~CF_TYPE_NULLABLE) {
    case CF_TYPE_BOOL: return kind == CF_BOOL;
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64:
    case CF_TYPE_UINT32: return kind == CF_INT || (named && named->kind == CF_INT);
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: return cf_kind_numeric(kind);
    case CF_TYPE_DECIMAL: return kind == CF_DECIMAL || kind == CF_INT;
    case CF_TYPE_TEXT:
    case CF_TYPE_CHARS: return kind == CF_TEXT;
    case CF_TYPE_BYTES: return kind == CF_BYTES;
    case CF_TYPE_DATE: return kind == CF_DATE;
    case CF_TYPE_TIME: return kind == CF_TIME;
    case CF_TYPE_DATETIME: return kind == CF_DATETIME;
    case CF_TYPE_INTERVAL: return kind == CF_INTERVAL;
    case CF_TYPE_UUID: return kind == CF_UUID;
    case CF_TYPE_JSON: return kind == CF_JSON;
    default: return false;
    }
}

static bool type_takes_null(int type)
{
    return (type & CF_TYPE_NULLABLE) || type == CF_TYPE_TEXT || type == CF_TYPE_BYTES || type == CF_TYPE_JSON;
}

static const char *shown(const destination *d, char *out, size_t size)
{
    if (d->row) snprintf(out, size, "%s.%s", d->row, d->field);
    else snprintf(out, size, "the value");
    return out;
}

static bool fits(cf_compiler *c, const cf_node *item, const cf_result_column *column, const destination *d)
{
    char what[160], where[160];
    if (column->kind != CF_UNDEFINED && !type_takes(d->type, column->kind, column->named)) {
        cf_compiler_fail(c, CF_ERR_TYPE, item->at, "%s is %s, but %s is %s",
                         cf_resolve_describe(item, what, sizeof what), cf_kind_name(column->kind),
                         shown(d, where, sizeof where), cf_type_name(d->type));
        return false;
    }
    if (!column->nullable || type_takes_null(d->type)) return true;
    bool twin = d->type != CF_TYPE_CHARS && d->type != CF_TYPE_UINT32;
    cf_compiler_fail(c, CF_ERR_TYPE, item->at, "%s may be null, but %s is %s; make it %s, or write coalesce()",
                     cf_resolve_describe(item, what, sizeof what), shown(d, where, sizeof where), cf_type_name(d->type),
                     twin ? cf_type_name(d->type | CF_TYPE_NULLABLE) : "a pointer");
    return false;
}

static bool fill_column(cf_compiler *c, cf_result_column *column, const cf_node *item)
{
    const cf_attribute *a = item->op == CF_OP_COLUMN ? item->attribute : NULL;
    *column = (cf_result_column){.name = item->label ? cf_arena_text(c->arena, item->label, item->label_size)
                                         : a         ? a->name
                                                     : NULL,
                                 .kind = item->kind,
                                 .nullable = item->nullable,
                                 .named = a && a->special && a->options->enum_names ? a : NULL};
    return column->name || !item->label;
}

static const cf_member *find_field(const cf_row_type *row, const char *name)
{
    for (size_t i = 0; i < row->field_count; i++)
        if (strcmp(row->fields[i].name, name) == 0) return &row->fields[i];
    return NULL;
}

static bool no_field(cf_compiler *c, const cf_node *item, const cf_row_type *row, const char *name)
{
    const char *names[32], *nearest;
    size_t      count = row->field_count < 32 ? row->field_count : 32;
    for (size_t i = 0; i < count; i++) names[i] = row->fields[i].name;
    nearest = cf_nearest_name(name, names, count);
    cf_compiler_fail(c, CF_ERR_NAME, item->at, "%s has no field '%s'%s%s%s", row->name, name,
                     nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    return false;
}

static bool match_field(cf_compiler *c, cf_result *r, size_t i, const cf_node *item, const cf_row_type *row)
{
    cf_result_column *column = &r->columns[i];
    if (!column->name) {
        cf_compiler_fail(c, CF_ERR_NAME, item->at, "column %zu has no name; give it that of a field of %s with 'as'",
                         i + 1, row->name);
        return false;
    }
    const cf_member *field = find_field(row, column->name);
    if (!field) return no_field(c, item, row, column->name);
    for (size_t k = 0; k < i; k++)
        if (strcmp(r->columns[k].name, column->name) == 0) {
            cf_compiler_fail(c, CF_ERR_NAME, item->at, "two columns are named '%s'; name one with 'as'", column->name);
            return false;
        }
    column->slot = (cf_slot){.column = (uint16_t)i,
                             .type = (uint16_t)field->type,
                             .offset = field->offset,
                             .size = field->size,
                             .name = column->name,
                             .model = row->name};
    return fits(c, item, column, &(destination){row->name, field->name, field->type});
}

static bool match_row(cf_compiler *c, cf_result *r, const cf_node *list, const cf_row_type *row)
{
    for (size_t i = 0; i < r->count; i++)
        if (!match_field(c, r, i, list->items[i], row)) return false;
    for (size_t i = 0; i < row->field_count; i++) {
        size_t k = 0;
        while (k < r->count && strcmp(r->columns[k].name, row->fields[i].name) != 0) k++;
        if (k < r->count) continue;
        cf_compiler_fail(c, CF_ERR_NAME, list->at, "no column is selected for %s.%s", row->name, row->fields[i].name);
        return false;
    }
    r->size = row->size;
    return true;
}

static bool match_scalar(cf_compiler *c, cf_result *r, const cf_node *list, int type, size_t size)
{
    r->columns[0].slot = (cf_slot){.type = (uint16_t)type, .size = (uint32_t)size, .name = "the value"};
    r->size = size;
    return fits(c, list->items[0], &r->columns[0], &(destination){NULL, NULL, type});
}

/* Texts may be NULL in a pointer: that is said to the driver by the flag. Numbers of enumerations are read apart. */
static bool make_slots(cf_compiler *c, cf_result *r)
{
    r->slots = cf_arena_array(c->arena, r->count, sizeof *r->slots);
    if (!r->slots) return false;
    for (size_t i = 0; i < r->count; i++) {
        cf_slot *slot = &r->columns[i].slot;
        bool     text = slot->type == CF_TYPE_TEXT || slot->type == CF_TYPE_CHARS;
        if (type_takes_null(slot->type)) slot->type |= CF_TYPE_NULLABLE;
        if (text) r->columns[i].named = NULL;
        if (!r->columns[i].named) r->slots[r->slot_count++] = *slot;
    }
    return true;
}

bool cf_plan_make_result(cf_compiler *c, cf_plan *plan, const cf_node *list)
{
    cf_result *r = plan->result = cf_arena_alloc(c->arena, sizeof *r);
    if (r) r->columns = cf_arena_array(c->arena, list->count, sizeof *r->columns);
    if (!r || !r->columns) return cf_resolve_fail(c, CF_ERR_MEMORY, 0, "out of memory");
    r->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        if (!fill_column(c, &r->columns[i], list->items[i]))
            return cf_resolve_fail(c, CF_ERR_MEMORY, 0, "out of memory");
    const cf_row_type *row = c->site && c->site->row ? c->site->row() : NULL;
    int                scalar = c->site ? c->site->scalar : 0;
    if (row ? !match_row(c, r, list, row) : scalar && !match_scalar(c, r, list, scalar, 0)) return false;
    if (row) r->cls = cf_row_class(row), r->list_cls = cf_list_class(NULL);
    return (!row && !scalar) || make_slots(c, r) || cf_resolve_fail(c, CF_ERR_MEMORY, 0, "out of memory");
}

/* ---- reading ------------------------------------------------------------------------------------ */

static bool enum_value(const cf_result_column *column, cf_value *v, cf_error *error)
{
    int64_t number;
    if (v->kind != CF_TEXT) return true;
    if (!cf_enum_number(column->named, v->as.text, v->size, &number))
        return cf_fail(error, CF_ERR_RANGE, "%s.%s: the database holds '%.*s', which is none of its names",
                       column->named->mapper->name, column->named->name, (int)(v->size < 60 ? v->size : 60),
                       v->as.text);
    *v = cf_value_int(number);
    return true;
}

static bool read_named(const cf_result_column *column, size_t i, cf_stmt *stmt, void *row, cf_arena *arena,
                       cf_error *error)
{
    cf_value     v;
    cf_attribute number = {.name = column->name,
                           .type = column->slot.type & ~CF_TYPE_NULLABLE,
                           .twin = (column->slot.type & CF_TYPE_NULLABLE) != 0,
                           .offset = column->slot.offset,
                           .size = column->slot.size};
    if (!cf_stmt_value(stmt, (int)i, CF_TEXT, arena, &v, error) || !enum_value(column, &v, error)) return false;
    if (v.kind == CF_INT) cf_attribute_set_int(&number, row, v.as.integer);
    return true;
}

bool cf_result_read_into(const cf_result *r, cf_stmt *stmt, void *row, cf_arena *arena, cf_error *error)
{
    if (!cf_stmt_read(stmt, r->slots, r->slot_count, row, arena, error)) return false;
    for (size_t i = 0; r->slot_count < r->count && i < r->count; i++)
        if (r->columns[i].named && !read_named(&r->columns[i], i, stmt, row, arena, error)) return false;
    return true;
}

void *cf_result_read(const cf_result *r, cf_stmt *stmt, cf_arena *arena, cf_error *error)
{
    void *row = cf_arena_object(arena, &r->cls, r->size);
    if (!row) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    return cf_result_read_into(r, stmt, row, arena, error) ? row : NULL;
}

bool cf_result_value(const cf_result *r, cf_stmt *stmt, size_t i, cf_arena *arena, cf_value *out, cf_error *error)
{
    return cf_stmt_value(stmt, (int)i, r->columns[i].kind, arena, out, error);
}
