/* Functions and aggregates, called as each dialect has them. */
#include "orm/emit.h"

#include "base/text.h"

#include <string.h>

/* The SQL of a function, its arguments in their places. */
static void emit_template(cf_emitter *e, const cf_node *n, const char *sql)
{
    for (; *sql; sql++) {
        char next = *sql == '%' ? sql[1] : '\0';
        if (next >= '1' && next <= '9') {
            cf_emit_node(e, n->items[next - '1']);
        } else if (next == '*' || next == '|') {
            for (size_t i = 0; i < n->count; i++) {
                if (i) cf_put(e, next == '*' ? ", " : " || ");
                cf_emit_node(e, n->items[i]);
            }
        } else {
            cf_buffer_char(&e->out, *sql);
            continue;
        }
        sql++;
    }
}

/* PostgreSQL leaves nulls out of least() and greatest(). */
static void emit_extreme(cf_emitter *e, const cf_node *n, const char *sql)
{
    bool guard = e->dialect->id == CF_POSTGRESQL && n->nullable;
    bool before = false;
    if (guard) cf_put(e, "CASE WHEN ");
    for (size_t i = 0; guard && i < n->count; i++) {
        if (!n->items[i]->nullable) continue;
        if (before) cf_put(e, " AND ");
        before = true;
        cf_emit_node(e, n->items[i]);
        cf_put(e, " IS NOT NULL");
    }
    if (guard) cf_put(e, " THEN ");
    emit_template(e, n, sql);
    if (guard) cf_put(e, " END");
}

/* substr(): positions begin at 1 and counts at 0 on all databases. */
static void emit_substr(cf_emitter *e, const cf_node *n)
{
    const char *most = e->dialect->id == CF_SQLITE ? "max(" : "greatest(";
    cf_put(e, "substr(");
    cf_emit_node(e, n->items[0]);
    for (size_t i = 1; i < n->count; i++) {
        bool clamp = n->items[i]->op != CF_OP_INTEGER;
        cf_put(e, ", ");
        if (clamp) cf_put(e, most);
        cf_emit_node(e, n->items[i]);
        if (clamp) cf_put(e, i == 1 ? ", 1)" : ", 0)");
        if (clamp && e->dialect->id == CF_POSTGRESQL) cf_put(e, "::integer");
    }
    cf_put(e, ")");
}

/* Halves go away from zero: the servers do so with exact numbers alone. */
static void emit_round(cf_emitter *e, const cf_node *n)
{
    static const char *const exact[] = {NULL, " AS numeric)", " AS decimal(65, 15))"};
    static const char *const back[] = {")", ") AS double precision)", ") AS double)"};
    const char              *type = exact[e->dialect->id];
    cf_put(e, type ? "CAST(round(CAST(" : "round(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, type ? type : "");
    if (n->count > 1) cf_put(e, ", ");
    if (n->count > 1) cf_emit_node(e, n->items[1]);
    if (n->count > 1 && e->dialect->id == CF_POSTGRESQL) cf_put(e, "::integer");
    cf_put(e, back[e->dialect->id]);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* '$."name"[1]', or '{"name",1}' on PostgreSQL. */
static void emit_json_path(cf_emitter *e, const cf_node *n)
{
    bool      braces = e->dialect->id == CF_POSTGRESQL;
    cf_buffer path = {0};
    cf_buffer_char(&path, braces ? '{' : '$');
    for (size_t i = 1; i < n->count; i++) {
        const cf_node *key = n->items[i];
        bool           name = key->op == CF_OP_TEXT;
        if (braces) cf_buffer_text(&path, i > 1 ? (name ? ",\"" : ",") : name ? "\"" : "");
        else cf_buffer_text(&path, name ? ".\"" : "[");
        cf_buffer_add(&path, key->text, key->size);
        cf_buffer_text(&path, name ? "\"" : braces ? "" : "]");
    }
    if (braces) cf_buffer_char(&path, '}');
    e->out.failed |= path.failed;
    if (!path.failed) cf_sql_literal(&e->out, e->dialect, path.data, path.size);
    cf_buffer_free(&path);
}

/* function(document, path) */
static void emit_json_call(cf_emitter *e, const cf_node *n, const char *function)
{
    cf_put(e, function);
    cf_put(e, "(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, ", ");
    emit_json_path(e, n);
    cf_put(e, ")");
}

/* The document's element as JSON: CAST(document AS jsonb) #> path. */
static void emit_json_element(cf_emitter *e, const cf_node *n, const char *operator)
{
    cf_put(e, "(CAST(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, " AS jsonb) ");
    cf_put(e, operator);
    cf_put(e, " ");
    emit_json_path(e, n);
    cf_put(e, ")");
}

/* Elements of another type than is wanted are null; texts are made of all but objects and arrays. */
static void emit_json(cf_emitter *e, const cf_node *n)
{
    static const char *const types[CF_DIALECTS][3] = {
        {" IN ('text', 'integer', 'real')", " IN ('integer', 'real')", " IN ('true', 'false')"},
        {" IN ('string', 'number', 'boolean')", " = 'number'", " = 'boolean'"},
        {" IN ('STRING', 'INTEGER', 'DOUBLE', 'DECIMAL', 'BOOLEAN')", " IN ('INTEGER', 'DOUBLE', 'DECIMAL')",
         " = 'BOOLEAN'"}};
    static const char *const casts[CF_DIALECTS][3] = {
        {" AS TEXT", " AS REAL", NULL}, {NULL, " AS double precision", " AS boolean"}, {NULL, " AS double", NULL}};
    int         d = e->dialect->id, want = n->kind == CF_BOOL ? 2 : n->kind == CF_TEXT ? 0 : 1;
    const char *cast = casts[d][want];
    if (n->kind == CF_INT && d != CF_POSTGRESQL) cast = NULL;
    cf_put(e, "CASE WHEN ");
    if (d == CF_SQLITE) {
        emit_json_call(e, n, "json_type");
    } else if (d == CF_POSTGRESQL) {
        cf_put(e, "jsonb_typeof(");
        emit_json_element(e, n, "#>");
        cf_put(e, ")");
    } else {
        emit_json_call(e, n, "json_type(json_extract");
        cf_put(e, ")");
    }
    cf_put(e, types[d][want]);
    cf_put(e, cast ? " THEN CAST(" : " THEN ");
    if (d == CF_SQLITE) emit_json_call(e, n, "json_extract");
    else if (d == CF_POSTGRESQL) emit_json_element(e, n, "#>>");
    else emit_json_call(e, n, want == 2 ? "json_extract" : "json_unquote(json_extract");
    if (d == CF_MARIADB) cf_put(e, want == 2 ? " = 'true'" : ")");
    if (d == CF_MARIADB && want == 0)
        cf_put(e, e->dialect->mysql ? " COLLATE utf8mb4_0900_bin" : " COLLATE utf8mb4_nopad_bin");
    if (cast) cf_put(e, cast);
    cf_put(e, cast ? ")" : "");
    if (d == CF_SQLITE && want == 0) { /* it has no booleans */
        cf_put(e, " ELSE nullif(nullif(nullif(");
        emit_json_call(e, n, "json_type");
        cf_put(e, ", 'null'), 'object'), 'array')");
    }
    cf_put(e, " END");
}

void cf_emit_call(cf_emitter *e, const cf_node *n)
{
    const cf_function_row *f = n->function;
    const char            *sql = f->sql[e->dialect->id];
    if (cf_function_json(f)) emit_json(e, n);
    else if (strcmp(f->name, "substr") == 0) emit_substr(e, n);
    else if (strcmp(f->name, "round") == 0) emit_round(e, n);
    else if (cf_function_extreme(f) && sql) emit_extreme(e, n, sql);
    else if (sql) emit_template(e, n, sql);
    else {
        cf_put(e, f->name);
        cf_put(e, "(");
        for (size_t i = 0; i < n->count; i++) {
            if (i) cf_put(e, ", ");
            cf_emit_as(e, n->items[i], n->kind);
        }
        cf_put(e, ")");
    }
}

/* ---- casts ---------------------------------------------------------------------------------------- */

/* What stands before and behind a value of one kind that becomes another; false: nothing special. */
static bool special_cast(const cf_emitter *e, int from, int to, const char **before, const char **after)
{
    int  d = e->dialect->id;
    bool exact = from == CF_FLOAT || from == CF_DECIMAL;
    if (from == CF_BOOL && to == CF_TEXT) {
        *before = "CASE WHEN ", *after = " THEN 'true' ELSE 'false' END";
    } else if (to == CF_BOOL && from != CF_BOOL) {
        *before = "(", *after = " <> 0)";
    } else if (from == CF_BOOL && d == CF_POSTGRESQL && to != CF_BOOL) {
        *before = "CAST(", *after = " AS integer)";
    } else if (to == CF_INT && exact && d != CF_SQLITE) { /* fractions are cut off */
        *before = d == CF_MARIADB ? "CAST(truncate(" : "CAST(trunc(";
        *after = d == CF_MARIADB ? ", 0) AS signed)" : ") AS bigint)";
    } else if (d == CF_SQLITE && to == CF_DATE) {
        *before = "substr(", *after = ", 1, 10)";
    } else if (d == CF_SQLITE && to == CF_DATETIME && from == CF_DATE) {
        *before = "(", *after = " || ' 00:00:00.000000')";
    } else if (d == CF_SQLITE && to == CF_DECIMAL) {
        *before = "(CAST(", *after = " AS TEXT) COLLATE carafe_decimal)";
    } else {
        return false;
    }
    return true;
}

void cf_emit_cast(cf_emitter *e, const cf_node *n)
{
    static const char *const types[CF_DIALECTS][CF_OBJECT + 1] = {
        [CF_SQLITE] = {[CF_TEXT] = "TEXT", [CF_INT] = "INTEGER", [CF_FLOAT] = "REAL"},
        [CF_POSTGRESQL] = {[CF_TEXT] = "text",
                           [CF_INT] = "bigint",
                           [CF_FLOAT] = "double precision",
                           [CF_DECIMAL] = "numeric",
                           [CF_DATE] = "date",
                           [CF_DATETIME] = "timestamp",
                           [CF_BOOL] = "boolean"},
        [CF_MARIADB] = {[CF_TEXT] = "char",
                        [CF_INT] = "signed",
                        [CF_FLOAT] = "double",
                        [CF_DECIMAL] = "decimal(38, 10)",
                        [CF_DATE] = "date",
                        [CF_DATETIME] = "datetime(6)"},
    };
    const char    *before, *after, *type = types[e->dialect->id][n->kind];
    const cf_node *value = n->items[0];
    bool           special = special_cast(e, value->kind, n->kind, &before, &after);
    cf_put(e, special ? before : type ? "CAST(" : "(");
    cf_emit_node(e, value);
    if (special) {
        cf_put(e, after);
        return;
    }
    cf_put(e, type ? " AS " : "");
    cf_put(e, type ? type : "");
    cf_put(e, ")");
}

static bool is_called(const cf_node *n, const char *name)
{
    return cf_equal_nocase(n->text, n->size, name, strlen(name));
}

static void emit_window(cf_emitter *e, const cf_window *w)
{
    cf_put(e, " OVER (");
    if (w->partition) {
        cf_put(e, "PARTITION BY ");
        cf_emit_items(e, w->partition);
    }
    if (w->order_count) cf_put(e, w->partition ? " ORDER BY " : "ORDER BY ");
    cf_emit_orders(e, w->orders, w->order_count);
    cf_put(e, ")");
}

/* Sums and averages have types of their own on the servers; here a sum has that of its values, an average is a float. */
static const char *cast_of(const cf_emitter *e, const cf_node *n)
{
    bool sum = is_called(n, "sum"), avg = is_called(n, "avg");
    if (e->dialect->id == CF_POSTGRESQL) {
        if (sum && n->kind == CF_INT) return "bigint";
        return avg || (sum && n->kind == CF_FLOAT) ? "double precision" : NULL;
    }
    if (e->dialect->id == CF_MARIADB) return sum && n->kind == CF_INT ? "signed" : avg ? "double" : NULL;
    return NULL;
}

void cf_emit_aggregate(cf_emitter *e, const cf_node *n)
{
    const char *cast = cast_of(e, n);
    if (n->window && !e->dialect->window) cf_emit_refuse(e, offsetof(cf_dialect, window), n->text);
    if (cast) cf_put(e, "CAST(");
    if (is_called(n, "group_concat") && e->dialect->id == CF_POSTGRESQL) cf_put(e, "string_agg");
    else cf_buffer_add(&e->out, n->text, n->size);
    cf_put(e, n->distinct ? "(DISTINCT " : "(");
    if (is_called(n, "group_concat")) {
        bool said = n->count > 1 || e->dialect->id == CF_POSTGRESQL; /* the others put commas between */
        cf_emit_node(e, n->items[0]);
        if (said) cf_put(e, e->dialect->id == CF_MARIADB ? " SEPARATOR " : ", ");
        if (n->count > 1) cf_emit_node(e, n->items[1]);
        else if (said) cf_put(e, "','");
    } else {
        cf_emit_items(e, n);
    }
    cf_put(e, ")");
    if (n->window) emit_window(e, n->window);
    if (cast) {
        cf_put(e, " AS ");
        cf_put(e, cast);
        cf_put(e, ")");
    }
}
