/* Constraints, indexes and named foreign keys of a spec as rows of a model's table. */
#include "adapter.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *join(request *rq, const char *a, const char *b)
{
    return cf_arena_printf(rq->arena, "%s%s", a, b);
}

/* ---- naming conventions ---------------------------------------------------------------------------- */

/* What "%(word)s" stands for in a pattern. */
static const char *convention_word(request *rq, const char *word, const char *table, const char *const *columns,
                                   const char *target, const char *given)
{
    const char *all = "", *joined = "";
    for (size_t i = 0; columns && columns[i]; i++) {
        all = join(rq, all, columns[i]);
        joined = i ? cf_arena_printf(rq->arena, "%s_%s", joined, columns[i]) : columns[i];
    }
    const char *first = columns && columns[0] ? columns[0] : "";
    if (strcmp(word, "table_name") == 0) return table;
    if (strcmp(word, "referred_table_name") == 0) return target ? target : "";
    if (strcmp(word, "constraint_name") == 0) return given ? given : "";
    if (strcmp(word, "column_0_label") == 0) return cf_arena_printf(rq->arena, "%s_%s", table, first);
    if (strcmp(word, "column_0_name") == 0 || strcmp(word, "column_0_key") == 0) return first;
    if (strcmp(word, "column_0N_name") == 0) return all;
    if (strcmp(word, "column_0_N_name") == 0) return joined;
    return "";
}

const char *spec_name(request *rq, const json_t *conventions, const char *kind, const char *table,
                      const char *const *columns, const char *target, const char *given)
{
    const char *pattern = text_of(conventions, kind);
    if (!pattern || (given && !strstr(pattern, "constraint_name"))) return given;
    if (!given && strstr(pattern, "constraint_name")) return NULL;
    cf_buffer out = {0};
    while (*pattern) {
        const char *end = pattern[0] == '%' && pattern[1] == '(' ? strstr(pattern, ")s") : NULL;
        if (end) {
            char word[64];
            snprintf(word, sizeof word, "%.*s", (int)(end - pattern - 2), pattern + 2);
            cf_buffer_text(&out, convention_word(rq, word, table, columns, target, given));
            pattern = end + 2;
        } else {
            cf_buffer_char(&out, *pattern++);
        }
    }
    const char *name = cf_arena_copy(rq->arena, out.data);
    cf_buffer_free(&out);
    return name;
}

/* ---- parts ------------------------------------------------------------------------------------------- */

/* The field of a column, which goes by another name where that is no word of C or of the query language. */
static const char *field(request *rq, const json_t *model, const char *column)
{
    size_t  i;
    json_t *c;
    json_array_foreach(json_object_get(model, "columns"), i,
                       c) if (text_of(c, "name") && strcmp(text_of(c, "name"), column) == 0) return spec_field(rq, c);
    return column;
}

static bool columns_of(request *rq, const json_t *model, const json_t *names, cf_part *out, const char **columns)
{
    size_t n = json_array_size(names);
    if (n > 15) return cf_fail(&rq->error, CF_ERR_LIMIT, "more than 15 columns");
    for (size_t i = 0; i < n; i++) {
        columns[i] = json_string_value(json_array_get(names, i));
        out->table.columns[i] = field(rq, model, columns[i]);
    }
    columns[n] = NULL;
    return true;
}

/* Index expressions: names, "name DESC" or {"sql"}; as one text where one of them is no name. */
static bool index_columns(request *rq, const json_t *model, const json_t *exprs, cf_part *out, const char **columns)
{
    bool      plain = true;
    cf_buffer text = {0};
    size_t    i, k, n = json_array_size(exprs);
    json_t   *e, *c;
    json_array_foreach(exprs, i, e)
    {
        const char *name = json_is_string(e) ? json_string_value(e) : text_of(e, "sql");
        bool        known = false;
        json_array_foreach(json_object_get(model, "columns"), k, c) known |=
            name && text_of(c, "name") && strcmp(text_of(c, "name"), name) == 0;
        plain &= known;
        if (i) cf_buffer_text(&text, ", ");
        cf_buffer_text(&text, name);
        if (i < 15) columns[i] = name;
    }
    columns[n < 15 ? n : 15] = NULL;
    if (!plain) out->table.text = cf_arena_copy(rq->arena, text.data);
    cf_buffer_free(&text);
    return !plain || columns_of(rq, model, exprs, out, columns);
}

static bool foreign_key(request *rq, const json_t *d, const json_t *refs, cf_part *out, const char **target)
{
    cf_buffer text = {0};
    size_t    i;
    json_t   *ref;
    json_array_foreach(refs, i, ref)
    {
        const char *to = json_string_value(ref), *dot = to ? strrchr(to, '.') : NULL;
        if (!dot) return cf_fail(&rq->error, CF_ERR_NAME, "a foreign key refers to \"table.column\"");
        if (i == 0) {
            *target = cf_arena_text(rq->arena, to, (size_t)(dot - to));
            cf_buffer_printf(&text, "%s(", *target);
        }
        cf_buffer_printf(&text, "%s%s", i ? ", " : "", dot + 1);
    }
    cf_buffer_text(&text, ")");
    out->kind = CF_PART_FOREIGN_KEY;
    out->table.text = cf_arena_copy(rq->arena, text.data);
    cf_buffer_free(&text);
    out->table.on_delete = cf_action_find(text_of(d, "ondelete"));
    out->table.on_update = cf_action_find(text_of(d, "onupdate"));
    out->table.deferrable = json_is_true(json_object_get(d, "deferrable"));
    return true;
}

bool spec_constraint(request *rq, const json_t *model, const json_t *conventions, const char *table, const json_t *d,
                     cf_part *out)
{
    const char *kind = text_of(d, "kind"), *columns[17] = {NULL}, *target = NULL, *short_kind = "";
    bool        ok = true;
    if (strcmp(kind, "index") == 0) {
        out->kind = CF_PART_INDEX;
        out->table.where = cf_arena_copy(rq->arena, text_of(d, "where"));
        out->table.unique = json_is_true(json_object_get(d, "unique"));
        ok = index_columns(rq, model, json_object_get(d, "exprs"), out, columns);
        short_kind = "ix";
    } else if (strcmp(kind, "check") == 0) {
        out->kind = CF_PART_CHECK;
        out->table.text = cf_arena_copy(rq->arena, text_of(d, "sql"));
        short_kind = "ck";
    } else if (strcmp(kind, "unique") == 0) {
        out->kind = CF_PART_UNIQUE;
        ok = columns_of(rq, model, json_object_get(d, "cols"), out, columns);
        out->table.deferrable = json_is_true(json_object_get(d, "deferrable"));
        short_kind = "uq";
    } else if (strcmp(kind, "fk") == 0) {
        ok = columns_of(rq, model, json_object_get(d, "cols"), out, columns) &&
             foreign_key(rq, d, json_object_get(d, "refs"), out, &target);
        short_kind = "fk";
    } else {
        return cf_fail(&rq->error, CF_ERR_UNSUPPORTED, "constraints of the kind %s", kind);
    }
    out->table.name =
        spec_name(rq, conventions, short_kind, table, columns, target, cf_arena_copy(rq->arena, text_of(d, "name")));
    return ok;
}

size_t spec_column_parts(request *rq, const json_t *conventions, const char *table, const json_t *column, cf_part *out)
{
    static const char *const flags[] = {"unique", "index"};
    const char              *name = text_of(column, "name"), *columns[2] = {name, NULL};
    size_t                   n = 0;
    if (!name) return 0;
    for (size_t i = 0; i < 2; i++) {
        const char *given = spec_name(rq, conventions, i ? "ix" : "uq", table, columns, NULL, NULL);
        if (!json_is_true(json_object_get(column, flags[i])) || !given) continue;
        out[n].kind = i ? CF_PART_INDEX : CF_PART_UNIQUE;
        if (i) out[n].table.unique = json_is_true(json_object_get(column, "unique"));
        out[n].table.columns[0] = spec_field(rq, column);
        out[n++].table.name = given;
    }
    json_t *fk = json_object_get(column, "fk");
    json_t *list = json_is_array(fk) ? json_incref(fk) : fk ? json_pack("[O]", fk) : json_array();
    for (size_t i = 0; i < json_array_size(list) && i < 4; i++) {
        json_t     *one = json_array_get(list, i);
        const char *to = json_is_string(one) ? json_string_value(one) : text_of(one, "to");
        json_t     *refs = json_pack("[s]", to ? to : "");
        const char *target = NULL;
        if (foreign_key(rq, json_is_object(one) ? one : NULL, refs, &out[n], &target)) {
            out[n].table.columns[0] = spec_field(rq, column);
            out[n].table.name = spec_name(rq, conventions, "fk", table, columns, target,
                                          json_is_object(one) ? cf_arena_copy(rq->arena, text_of(one, "name")) : NULL);
            n++;
        }
        json_decref(refs);
    }
    json_decref(list);
    return n;
}
