/* Tables of queries: joins along relationships, and what is said of related rows. */
#include "orm/emit.h"

#include "orm/side.h"

bool cf_emit_hides(const cf_emitter *e, const cf_mapper *m)
{
    return m->soft && e->variant && !(e->variant->form & CF_FORM_DELETED);
}

/* A table without the rows that were deleted softly is a small query; the server makes one of both. */
void cf_emit_table(cf_emitter *e, const cf_mapper *m, uint8_t alias)
{
    bool hides = cf_emit_hides(e, m);
    if (hides) cf_put(e, "(SELECT * FROM ");
    cf_sql_name(&e->out, e->dialect, m->table);
    if (hides) {
        cf_put(e, " WHERE ");
        cf_sql_name(&e->out, e->dialect, m->soft->column);
        cf_put(e, " IS NULL)");
    }
    cf_buffer_printf(&e->out, " AS t%u", alias);
}

/* left = right, of each pair of columns that a relationship rests on. */
static void emit_pairs(cf_emitter *e, const cf_pairs *pairs, uint8_t left, uint8_t right)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (i) cf_put(e, " AND ");
        cf_emit_column(e, pairs->right[i], right);
        cf_put(e, " = ");
        cf_emit_column(e, pairs->left[i], left);
    }
}

void cf_emit_joins(cf_emitter *e, const cf_scope *scope)
{
    for (size_t i = 0; i < scope->join_count; i++) {
        const cf_join *j = &scope->joins[i];
        const char    *word = j->outer ? " LEFT JOIN " : " JOIN ";
        bool           through = j->side && j->side->through;
        if (j->fetched && e->counting) continue;
        if (through) {
            cf_put(e, word);
            cf_emit_table(e, j->side->through, j->through);
            cf_put(e, " ON ");
            emit_pairs(e, &j->side->own, j->from, j->through);
        }
        cf_put(e, word);
        cf_emit_table(e, j->mapper, j->alias);
        cf_put(e, " ON ");
        if (through) emit_pairs(e, &j->side->pass, j->through, j->alias);
        else if (j->side) emit_pairs(e, &j->side->own, j->from, j->alias);
        else cf_emit_node(e, j->on);
    }
}

/* FROM ... WHERE ...: the related rows of the row that the outer scope stands at. */
static void emit_related_rows(cf_emitter *e, const cf_node *n)
{
    const cf_scope *scope = n->scope;
    const cf_side  *side = n->side;
    cf_put(e, " FROM ");
    if (side->through) {
        cf_emit_table(e, side->through, n->alias);
        cf_put(e, " JOIN ");
        cf_emit_table(e, scope->mapper, scope->alias);
        cf_put(e, " ON ");
        emit_pairs(e, &side->pass, n->alias, scope->alias);
    } else {
        cf_emit_table(e, scope->mapper, scope->alias);
    }
    cf_emit_joins(e, scope);
    cf_put(e, " WHERE ");
    emit_pairs(e, &side->own, scope->outer->alias, side->through ? n->alias : scope->alias);
    if (n->filter) {
        cf_put(e, " AND ");
        cf_emit_node(e, n->filter);
    }
}

void cf_emit_any(cf_emitter *e, const cf_node *n)
{
    cf_put(e, n->op == CF_OP_ANY ? "EXISTS (SELECT 1" : "(NOT EXISTS (SELECT 1");
    emit_related_rows(e, n);
    if (n->count) {
        cf_put(e, " AND ");
        if (n->op == CF_OP_ALL) cf_put(e, "(");
        cf_emit_node(e, n->items[0]);
        if (n->op == CF_OP_ALL) cf_put(e, ") IS NOT TRUE");
    } else if (n->op == CF_OP_ALL) {
        cf_put(e, " AND (1 = 0)");
    }
    cf_put(e, n->op == CF_OP_ANY ? ")" : "))");
}

void cf_emit_related(cf_emitter *e, const cf_node *n)
{
    cf_put(e, "(SELECT ");
    if (n->count) cf_emit_aggregate(e, n);
    else cf_put(e, "count(*)");
    emit_related_rows(e, n);
    cf_put(e, ")");
}
