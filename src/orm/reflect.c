#include "orm/reflect.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- rows --------------------------------------------------------------------------------------- */

bool cf_reflect_rows(cf_reflector *r, const char *text, const char *parameter, bool (*row)(cf_reflector *))
{
    cf_sql   sql = {text, strlen(text), 0, true};
    cf_value value = cf_value_text(parameter);
    cf_stmt *stmt = cf_conn_prepare(r->conn, &sql, r->error), *before = r->stmt;
    bool     ok = stmt && cf_stmt_run(stmt, &value, parameter != NULL, r->error);
    while (ok) {
        cf_answer answer = cf_stmt_next(stmt, r->error);
        if (answer == CF_NO) break;
        r->stmt = stmt;
        ok = answer == CF_YES && row(r) && r->error->code == CF_OK && !cf_arena_failed(r->arena);
    }
    if (cf_arena_failed(r->arena)) ok = cf_fail(r->error, CF_ERR_MEMORY, "out of memory");
    cf_stmt_done(stmt);
    r->stmt = before;
    return ok;
}

const char *cf_reflect_text(cf_reflector *r, int column)
{
    cf_value v = cf_value_null();
    if (!cf_stmt_value(r->stmt, column, CF_UNDEFINED, r->arena, &v, r->error)) return NULL;
    switch (v.kind) {
    case CF_TEXT:
    case CF_BYTES: return cf_arena_text(r->arena, v.as.text, v.size); /* MariaDB's schema has some texts as bytes */
    case CF_INT: return cf_arena_printf(r->arena, "%lld", (long long)v.as.integer);
    case CF_BOOL: return v.as.boolean ? "1" : "0";
    default: return NULL;
    }
}

bool cf_reflect_flag(cf_reflector *r, int column)
{
    const char *text = cf_reflect_text(r, column);
    if (!text) return false;
    return strcasecmp(text, "yes") == 0 || strcasecmp(text, "t") == 0 || strcasecmp(text, "true") == 0 ||
           atoll(text) != 0;
}

/* Arrays grow by doubling: they are full whenever the count is a power of two. */
void *cf_reflect_add(cf_reflector *r, void *array, size_t *count, size_t size)
{
    void *items;
    memcpy(&items, array, sizeof items);
    if ((*count & (*count - 1)) == 0) {
        void *bigger = cf_arena_array(r->arena, *count ? *count * 2 : 1, size);
        if (!bigger) {
            cf_fail(r->error, CF_ERR_MEMORY, "out of memory");
            return NULL;
        }
        if (*count) memcpy(bigger, items, *count * size);
        memcpy(array, &bigger, sizeof bigger);
        items = bigger;
    }
    return (char *)items + (*count)++ * size;
}

bool cf_reflect_add_text(cf_reflector *r, const char ***array, size_t *count, const char *text)
{
    const char **place = cf_reflect_add(r, array, count, sizeof **array);
    if (place) *place = text;
    return place != NULL;
}

cf_table_index *cf_reflect_index(cf_reflector *r, cf_table *t, const char *name)
{
    cf_table_index *x = t->index_count ? &t->indexes[t->index_count - 1] : NULL;
    if (!x || strcmp(x->name, name) != 0) x = CF_REFLECT_ADD(r, t->indexes, t->index_count);
    if (x) x->name = name;
    return x;
}

cf_table *cf_reflect_table(cf_reflector *r, const char *name)
{
    return name ? cf_schema_table(r->schema, name) : NULL;
}

/* ---- order -------------------------------------------------------------------------------------- */

static void visit(const cf_schema *s, size_t i, char *seen, cf_table *out, size_t *count)
{
    if (seen[i]) return;
    seen[i] = 1;
    for (size_t k = 0; k < s->tables[i].reference_count; k++) {
        const cf_table *target = cf_schema_table(s, s->tables[i].references[k].table);
        if (target) visit(s, (size_t)(target - s->tables), seen, out, count);
    }
    out[(*count)++] = s->tables[i];
}

/* Those referred to first, as in the trees of models. */
static bool order(cf_schema *s, cf_arena *arena)
{
    size_t    count = 0;
    char     *seen = cf_arena_alloc(arena, s->count + 1);
    cf_table *sorted = cf_arena_array(arena, s->count + 1, sizeof *sorted);
    if (!seen || !sorted) return false;
    for (size_t i = 0; i < s->count; i++) visit(s, i, seen, sorted, &count);
    s->tables = sorted;
    return true;
}

cf_schema *cf_reflect(cf_conn *conn, cf_arena *arena, cf_error *error)
{
    static bool (*const dialects[])(cf_reflector *) = {
        [CF_SQLITE] = cf_reflect_sqlite, [CF_POSTGRESQL] = cf_reflect_postgres, [CF_MARIADB] = cf_reflect_mariadb};
    cf_error     local = {0};
    cf_reflector r = {.conn = conn, .dialect = cf_conn_dialect(conn), .arena = arena, .error = &local};
    r.schema = cf_arena_alloc(arena, sizeof *r.schema);
    bool ok = r.schema ? dialects[r.dialect->id](&r) : cf_fail(&local, CF_ERR_MEMORY, "out of memory");
    for (size_t i = 0; ok && i < r.schema->count; i++)
        for (size_t k = 0; k < r.schema->tables[i].column_count; k++)
            cf_native_parse(&r.schema->tables[i].columns[k], r.dialect);
    if (ok && !order(r.schema, arena)) ok = cf_fail(&local, CF_ERR_MEMORY, "out of memory");
    if (!ok && error && !error->code) *error = local;
    return ok ? r.schema : NULL;
}
