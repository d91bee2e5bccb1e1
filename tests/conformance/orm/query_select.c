/* Queries of the vectors in the library's language: selects and what changes set. */
#include "query_text.h"

#include <stdio.h>
#include <string.h>

static bool write_list(query_writer *w, const name_scope *scope, const json_t *list, bool labelled)
{
    size_t  i;
    json_t *e;
    json_array_foreach(list, i, e)
    {
        const char *word = json_string_value(json_array_get(e, 0));
        bool        named = labelled && json_is_array(e) && word && strcmp(word, "as") == 0;
        if (i) site_add(&w->text, ", ");
        if (!write_expression(w, scope, e, CF_UNDEFINED)) return false;
        if (named) cf_buffer_printf(&w->text.text, " as %s", json_string_value(json_array_get(e, 2)));
        else if (labelled) cf_buffer_printf(&w->text.text, " as c%zu", i);
    }
    return true;
}

static void write_joins(query_writer *w, const json_t *joins)
{
    size_t  i;
    json_t *join;
    json_array_foreach(joins, i, join)
    {
        bool        left = json_is_array(join);
        const char *path = json_string_value(left ? json_array_get(join, 1) : join);
        cf_buffer_printf(&w->text.text, left ? " left join %s" : " join %s", path ? path : "");
    }
}

static bool write_orders(query_writer *w, const name_scope *scope, const json_t *orders)
{
    size_t  i;
    json_t *o;
    json_array_foreach(orders, i, o)
    {
        const char *word = json_string_value(json_array_get(o, 0));
        const char *nulls = NULL;
        bool        descending = word && strcmp(word, "desc") == 0, ascending = word && strcmp(word, "asc") == 0;
        site_add(&w->text, i ? ", " : " order by ");
        if (descending || ascending) nulls = json_string_value(json_array_get(o, 2));
        if (!write_expression(w, scope, descending || ascending ? json_array_get(o, 1) : o, CF_UNDEFINED)) return false;
        if (descending) site_add(&w->text, " desc");
        if (nulls) cf_buffer_printf(&w->text.text, " %s", nulls);
    }
    return true;
}

static bool write_condition(query_writer *w, const name_scope *scope, const json_t *query, const char *key,
                            const char *word)
{
    const json_t *where = json_object_get(query, key);
    if (!where || json_is_string(where)) return true; /* "all" */
    site_add(&w->text, word);
    return write_expression(w, scope, where, CF_UNDEFINED);
}

static void write_tail(query_writer *w, const json_t *query)
{
    const json_t *lock = json_object_get(query, "lock"), *with = json_object_get(query, "with");
    const char   *mode = json_string_value(json_object_get(lock, "mode")),
               *of = json_string_value(json_object_get(lock, "of"));
    if (lock) cf_buffer_printf(&w->text.text, " for %s", mode && strcmp(mode, "share") == 0 ? "share" : "update");
    if (of) cf_buffer_printf(&w->text.text, " of %s", of);
    if (json_is_true(json_object_get(lock, "nowait"))) site_add(&w->text, " nowait");
    if (json_is_true(json_object_get(lock, "skip_locked"))) site_add(&w->text, " skip locked");
    for (size_t i = 0; i < json_array_size(with); i++)
        cf_buffer_printf(&w->text.text, i ? ", %s" : " with load(%s", json_string_value(json_array_get(with, i)));
    if (json_array_size(with)) site_add(&w->text, ")");
}

static bool write_bounds(query_writer *w, const json_t *query)
{
    static const char *const words[] = {"limit", "offset"};
    for (int i = 0; i < 2; i++) {
        const json_t *bound = json_object_get(query, words[i]);
        if (!bound) continue;
        cf_buffer_printf(&w->text.text, " %s ", words[i]);
        site_value(&w->text, cf_value_int(json_integer_value(bound)));
    }
    return true;
}

bool write_select(query_writer *w, const name_scope *outer, const json_t *query, bool nested)
{
    const char      *from = json_string_value(json_object_get(query, "from"));
    const cf_mapper *m = query_mapper(w, from);
    const json_t    *list = json_object_get(query, "select"), *groups = json_object_get(query, "group_by");
    name_scope       scope = {.outer = outer, .mapper = m};
    if (!m) return false;
    if (!nested) w->grouped = json_array_size(groups) > 0;
    if (list || nested) site_add(&w->text, "select ");
    if (json_is_true(json_object_get(query, "distinct"))) site_add(&w->text, "distinct ");
    if (list && !write_list(w, &scope, list, !nested)) return false;
    if (!list && nested) site_name(&w->text, m->columns[0].name);
    if (nested) cf_buffer_printf(&w->text.text, " from %s", from);
    write_joins(w, json_object_get(query, "joins"));
    if (!write_condition(w, &scope, query, "where", " where ")) return false;
    if (json_array_size(groups)) {
        site_add(&w->text, " group by ");
        if (!write_list(w, &scope, groups, false)) return false;
    }
    if (!write_condition(w, &scope, query, "having", " having ")) return false;
    if (!write_orders(w, &scope, json_object_get(query, "order_by")) || !write_bounds(w, query)) return false;
    if (!nested) write_tail(w, query);
    return true;
}

bool write_sets(query_writer *w, const name_scope *scope, const json_t *sets)
{
    const char *name;
    json_t     *value;
    size_t      i = 0;
    json_object_foreach((json_t *)(uintptr_t)sets, name, value)
    {
        const cf_attribute *a = query_attribute(w, scope->mapper, name);
        if (!a) return false;
        cf_buffer_printf(&w->text.text, "%s%s = ", i++ ? ", " : "", a->name);
        if (!write_expression(w, scope, value, a->kind)) return false;
    }
    return true;
}
