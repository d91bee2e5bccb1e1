/* Functions and aggregates, called as each dialect has them. */
#include "orm/emit.h"

#include "base/text.h"

#include <string.h>

void cf_emit_call(cf_emitter *e, const cf_node *n)
{
    const char *name = n->function->spelled[e->dialect->id];
    cf_put(e, name ? name : n->function->name);
    cf_put(e, "(");
    cf_emit_items(e, n);
    cf_put(e, ")");
}

void cf_emit_cast(cf_emitter *e, const cf_node *n)
{
    static const char *const types[CF_DIALECTS][CF_OBJECT + 1] = {
        [CF_SQLITE] = {[CF_TEXT] = "TEXT", [CF_INT] = "INTEGER", [CF_FLOAT] = "REAL", [CF_DECIMAL] = "TEXT"},
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
                        [CF_DECIMAL] = "decimal(65, 30)",
                        [CF_DATE] = "date",
                        [CF_DATETIME] = "datetime(6)"},
    };
    const char *type = types[e->dialect->id][n->kind];
    cf_put(e, type ? "CAST(" : "(");
    cf_emit_node(e, n->items[0]);
    if (type) cf_put(e, " AS ");
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
        cf_emit_node(e, n->items[0]);
        cf_put(e, e->dialect->id == CF_MARIADB ? " SEPARATOR " : ", ");
        if (n->count > 1) cf_emit_node(e, n->items[1]);
        else cf_put(e, "','");
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
