/* Development: tells of filters and joins that read a large table for want of an index. */
#include "orm/watch.h"

#include "orm/side.h"

#include <stdio.h>

/* ---- indexes ------------------------------------------------------------------------------------- */

/* Does an index, a key or a unique constraint begin with this column? */
static bool indexed(const cf_attribute *a, const cf_dialect *dialect)
{
    const cf_mapper *m = a->mapper;
    if (!m->model) return true; /* rows of a `with`, not of a table */
    if (m->key_count && m->key[0] == a->index) return true;
    for (size_t i = 0; i < m->constraint_count; i++) {
        const cf_constraint *c = &m->constraints[i];
        bool                 lookup = c->kind == CF_PART_UNIQUE || (c->kind == CF_PART_INDEX && !c->text);
        if (lookup && c->count && c->columns[0] == a->index) return true;
    }
    for (size_t i = 0; dialect->id == CF_MARIADB && i < m->foreign_key_count; i++)
        if (m->foreign_keys[i].columns[0] == a->index) return true; /* MariaDB makes one */
    return false;
}

/* Is one of them the first of an index? Then the database has something to begin with. */
static const cf_attribute *unindexed_pair(cf_attribute *const *columns, size_t count, const cf_dialect *dialect)
{
    for (size_t i = 0; i < count; i++)
        if (indexed(columns[i], dialect)) return NULL;
    return count ? columns[0] : NULL;
}

const cf_attribute *cf_watch_side(const cf_side *side, const cf_dialect *dialect)
{
    return side->kind == CF_SIDE_KEY ? NULL : unindexed_pair(side->own.right, side->own.count, dialect);
}

/* ---- conditions ---------------------------------------------------------------------------------- */

typedef struct finding {
    const cf_dialect   *dialect;
    const cf_attribute *filter; /* a column that an index would help to find rows by */
    const cf_attribute *join;   /* the same for related rows */
} finding;

static bool constant(const cf_node *n)
{
    return n->op == CF_OP_PARAMETER || n->op == CF_OP_INTEGER || n->op == CF_OP_NUMBER || n->op == CF_OP_TEXT ||
           n->op == CF_OP_TRUE || n->op == CF_OP_FALSE;
}

/* The column of a predicate that an index could serve, or NULL. Truth values alone are no use. */
static const cf_attribute *searched(const cf_node *n)
{
    const cf_node *column = NULL;
    switch ((cf_op)n->op) {
    case CF_OP_EQ:
    case CF_OP_LT:
    case CF_OP_LE:
    case CF_OP_GT:
    case CF_OP_GE:
        if (n->items[0]->op == CF_OP_COLUMN && constant(n->items[1])) column = n->items[0];
        else if (n->items[1]->op == CF_OP_COLUMN && constant(n->items[0])) column = n->items[1];
        break;
    case CF_OP_IN:
    case CF_OP_BETWEEN:
        if (!n->negated && n->items[0]->op == CF_OP_COLUMN) column = n->items[0];
        break;
    default: break;
    }
    return column && column->kind != CF_BOOL ? column->attribute : NULL;
}

/* Can the rows that fulfil a condition be found by an index? If not, the first column that lacks one is noted. */
static bool served(finding *f, const cf_node *n)
{
    if (n->op == CF_OP_AND || n->op == CF_OP_OR) {
        bool left = served(f, n->items[0]), right = served(f, n->items[1]);
        return n->op == CF_OP_AND ? left || right : left && right;
    }
    const cf_attribute *a = searched(n);
    if (a && indexed(a, f->dialect)) return true;
    if (a && !f->filter) f->filter = a;
    return false;
}

static bool look_at_node(void *context, cf_node *n);

static void look_at_scope(finding *f, const cf_scope *scope)
{
    for (size_t i = 0; scope && !f->join && i < scope->join_count; i++)
        if (scope->joins[i].side) f->join = cf_watch_side(scope->joins[i].side, f->dialect);
}

/* A filter is to be noted where the select as a whole has no other to begin with. */
static void look_at_select(finding *f, cf_select *select)
{
    for (cf_select *s = select; s; s = s->next) {
        const cf_attribute *before = f->filter;
        if (s->where && served(f, s->where)) f->filter = before;
        look_at_scope(f, s->scope);
        for (cf_cte *cte = s->ctes; cte; cte = cte->next) look_at_select(f, cte->select);
    }
    cf_select_each(select, look_at_node, f);
}

/* Related rows and selects, wherever in an expression they stand. */
static bool look_at_node(void *context, cf_node *n)
{
    finding *f = context;
    if (n->side && !f->join) f->join = cf_watch_side(n->side, f->dialect);
    if (n->side) look_at_scope(f, n->scope);
    if (n->select) look_at_select(f, n->select);
    return cf_node_each(n, look_at_node, f);
}

static const cf_attribute *look(const cf_plan *plan, const cf_dialect *dialect, bool *join)
{
    finding f = {.dialect = dialect};
    look_at_select(&f, plan->tree->select);
    *join = f.join != NULL;
    return f.join ? f.join : f.filter;
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* Counts no further than it must, and leaves no trace in logs and counts. */
static bool large(cf_db *db, cf_conn *conn, const cf_mapper *m)
{
    cf_error  ignored = {0};
    cf_buffer text = {0};
    cf_value  limit = cf_value_int(db->database->options.large_table), count = cf_value_int(0);
    bool      before = cf_conn_quiet(conn, true), known = false;
    cf_buffer_text(&text, "SELECT count(*) FROM (SELECT 1 FROM ");
    cf_sql_name(&text, db->dialect, m->table);
    cf_buffer_text(&text, " LIMIT ");
    cf_sql_placeholder(&text, db->dialect, 1);
    cf_buffer_text(&text, ") AS c");
    cf_sql   sql = {text.data, text.size, 0, true};
    cf_stmt *stmt = text.failed ? NULL : cf_conn_prepare(conn, &sql, &ignored);
    if (stmt && cf_stmt_run(stmt, &limit, 1, &ignored) && cf_stmt_next(stmt, &ignored) == CF_YES)
        known = cf_stmt_value(stmt, 0, CF_INT, db->arena, &count, &ignored);
    cf_stmt_done(stmt);
    cf_conn_quiet(conn, before);
    cf_buffer_free(&text);
    return known && count.as.integer >= limit.as.integer;
}

bool cf_watch_large(cf_db *db, cf_conn *conn, const cf_attribute *a, bool join, const char *file, int line)
{
    const cf_mapper *m = a->mapper;
    char             place[300] = "";
    if (!large(db, conn, m)) return false;
    if (file) snprintf(place, sizeof place, "%.280s:%d: ", file, line);
    cf_database_log(
        db->database,
        "warning: %s%s by %s.%s reads a table of %lld rows or more without an index; add CF_INDEX(%s) to the "
        "model at %s:%d, or .index = true to CF_COLUMN(%s)",
        place, join ? "a join" : "a filter", m->name, a->name, (long long)db->database->options.large_table, a->name,
        m->model->file, m->model->line, a->name);
    return true;
}

/* The table may grow: it is looked at in the 1st, 2nd, 4th, 8th, ... use of a site. */
static bool due(cf_plan *plan)
{
    unsigned uses = atomic_fetch_add_explicit(&plan->uses, 1, memory_order_relaxed) + 1;
    return (uses & (uses - 1)) == 0;
}

void cf_watch_run(cf_run *r)
{
    cf_db *db = r->db;
    bool   join;
    if (!db->database->options.development || db->database->options.large_table < 0) return;
    if (atomic_load_explicit(&r->plan->told, memory_order_relaxed) || !due(r->plan)) return;
    const cf_attribute *a = look(r->plan, db->dialect, &join);
    if (!a || cf_watch_large(db, r->conn, a, join, r->site->file, r->site->line)) atomic_store(&r->plan->told, true);
}
