/* Changes of many rows at once. */
#include "orm/emit.h"

static void emit_where(cf_emitter *e, const cf_node *where)
{
    if (!where) return;
    cf_put(e, " WHERE ");
    cf_emit_node(e, where);
}

/* The same for the rows of a model, without those deleted softly. */
static void emit_rows(cf_emitter *e, const cf_node *where)
{
    const cf_attribute *soft = cf_emit_hides(e, e->plan->mapper) ? e->plan->mapper->soft : NULL;
    emit_where(e, where);
    if (!soft) return;
    cf_put(e, where ? " AND " : " WHERE ");
    cf_sql_name(&e->out, e->dialect, soft->column);
    cf_put(e, " IS NULL");
}

/* Rows that are deleted softly are marked with the present. */
static void emit_mark(cf_emitter *e, const cf_attribute *soft)
{
    static const char *const now[CF_DIALECTS] = {[CF_SQLITE] = "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
                                                 [CF_POSTGRESQL] = "(statement_timestamp() AT TIME ZONE 'UTC')",
                                                 [CF_MARIADB] = "utc_timestamp(6)"};
    cf_put(e, "UPDATE ");
    cf_sql_name(&e->out, e->dialect, e->plan->mapper->table);
    cf_put(e, " SET ");
    cf_sql_name(&e->out, e->dialect, soft->column);
    cf_put(e, " = ");
    cf_put(e, now[e->dialect->id]);
}

static bool is_set(const cf_assignment *sets, const cf_attribute *a)
{
    while (sets && sets->column->attribute != a) sets = sets->next;
    return sets != NULL;
}

static void emit_now(cf_emitter *e, const cf_attribute *a)
{
    uint16_t which = a->kind == CF_DATE ? CF_NOW_DATE : a->kind == CF_TIME ? CF_NOW_TIME : CF_NOW_DATETIME;
    cf_emit_extra(e, which, a->kind);
}

/* What an update of an object would set, too: its version, and when it was changed. */
static void emit_own_sets(cf_emitter *e, const cf_assignment *sets)
{
    const cf_mapper *m = e->plan->mapper;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if ((!a->options->on_update_now && a != m->version) || is_set(sets, a)) continue;
        cf_put(e, ", ");
        cf_sql_name(&e->out, e->dialect, a->column);
        cf_put(e, " = ");
        if (a->kind == CF_INT) {
            cf_emit_column(e, a, 0);
            cf_put(e, " + 1");
        } else {
            emit_now(e, a);
        }
    }
}

static void emit_sets(cf_emitter *e, const cf_assignment *sets)
{
    for (const cf_assignment *set = sets; set; set = set->next) {
        if (set != sets) cf_put(e, ", ");
        cf_sql_name(&e->out, e->dialect, set->column->attribute->column);
        cf_put(e, " = ");
        cf_emit_node(e, set->value);
        if (set->value->op == CF_OP_PARAMETER && e->count && !e->failed)
            e->more[e->count - 1].stored = set->column->attribute;
    }
    if (sets) emit_own_sets(e, sets);
}

/* on conflict (...) do ..., to stand behind an insert. */
static void emit_conflict(cf_emitter *e, const cf_query_tree *tree)
{
    const cf_conflict *conflict = tree->conflict;
    bool               duplicate = e->dialect->upsert_style == CF_UPSERT_ON_DUPLICATE_KEY;
    if (conflict->where && !e->dialect->upsert_where)
        cf_emit_refuse(e, offsetof(cf_dialect, upsert_where), e->plan->mapper->name);
    if (duplicate && !conflict->update) { /* an update that changes nothing */
        cf_put(e, " ON DUPLICATE KEY UPDATE ");
        cf_sql_name(&e->out, e->dialect, conflict->columns->items[0]->attribute->column);
        cf_put(e, " = ");
        cf_emit_node(e, conflict->columns->items[0]);
        return;
    }
    cf_put(e, duplicate ? " ON DUPLICATE KEY UPDATE " : " ON CONFLICT (");
    for (size_t i = 0; !duplicate && i < conflict->columns->count; i++) {
        if (i) cf_put(e, ", ");
        cf_sql_name(&e->out, e->dialect, conflict->columns->items[i]->attribute->column);
    }
    if (!duplicate) {
        cf_put(e, ")");
        if (conflict->among) cf_buffer_printf(&e->out, " WHERE %s", conflict->among);
        cf_put(e, conflict->update ? " DO UPDATE SET " : " DO NOTHING");
    }
    emit_sets(e, tree->sets);
    emit_where(e, conflict->where);
}

/* All columns of the rows that are changed. */
static void emit_giving(cf_emitter *e)
{
    const cf_mapper *m = e->plan->mapper;
    for (size_t i = 0; i < m->column_count; i++) {
        cf_put(e, i ? ", " : " RETURNING ");
        cf_sql_name(&e->out, e->dialect, m->columns[i].column);
    }
}

/* MariaDB gives no rows back, but remembers one number. */
static void emit_naming(cf_emitter *e)
{
    const cf_mapper *m = e->plan->mapper;
    const char      *key = m->columns[m->key[0]].column;
    cf_put(e, ", ");
    cf_sql_name(&e->out, e->dialect, key);
    cf_put(e, " = LAST_INSERT_ID(");
    cf_sql_name(&e->out, e->dialect, key);
    cf_put(e, ")");
}

void cf_emit_change(cf_emitter *e)
{
    const cf_query_tree *tree = e->plan->tree;
    const cf_dialect    *d = e->dialect;
    if (e->plan->verb == CF_VERB_UPSERT) {
        emit_conflict(e, tree);
        return;
    }
    bool                update = e->plan->verb == CF_VERB_UPDATE_WHERE;
    const cf_attribute *soft = update ? NULL : e->plan->mapper->soft;
    if (soft) {
        emit_mark(e, soft);
    } else {
        cf_put(e, update ? "UPDATE " : "DELETE FROM ");
        cf_sql_name(&e->out, d, e->plan->mapper->table);
        if (update) cf_put(e, " SET ");
        emit_sets(e, tree->sets);
        if ((e->variant->form & 0xff) == CF_FORM_NAMING) emit_naming(e);
    }
    emit_rows(e, tree->select->where);
    if ((e->variant->form & 0xff) == CF_FORM_GIVING) emit_giving(e);
}
