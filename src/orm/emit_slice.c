/* A slice of the rows of a query: those behind a position in its order, in one direction or the other. */
#include "orm/emit.h"
#include "orm/slice.h"

enum { BACKWARDS = 16, POSITIONED = 32, NULLS = 9 };

uint32_t cf_slice_form(bool backwards, bool positioned, uint32_t nulls)
{
    return CF_FORM_SLICE | (backwards ? BACKWARDS : 0) | (positioned ? POSITIONED : 0) | nulls << NULLS;
}

bool cf_form_is_slice(uint32_t form)
{
    return (form & 15) == CF_FORM_SLICE;
}

size_t cf_slice_terms(const cf_plan *plan, cf_term *terms)
{
    const cf_select *s = plan->tree->select;
    const cf_mapper *m = plan->mapper;
    size_t           n = 0;
    for (size_t i = 0; i < s->order_count; i++) {
        const cf_order *o = &s->orders[i];
        terms[n++] = (cf_term){.node = o->node,
                               .descending = o->descending,
                               .nulls_first = o->nulls ? o->nulls > 0 : !o->descending,
                               .nullable = o->node->nullable || o->node->op != CF_OP_COLUMN,
                               .kind = o->node->kind};
    }
    for (size_t k = 0; k < m->key_count; k++) {
        const cf_attribute *a = &m->columns[m->key[k]];
        bool                there = false;
        for (size_t i = 0; i < s->order_count; i++)
            there |= terms[i].node->op == CF_OP_COLUMN && terms[i].node->attribute == a &&
                     terms[i].node->alias == s->scope->alias;
        if (!there) terms[n++] = (cf_term){.column = a, .kind = a->special ? CF_TEXT : (uint8_t)a->kind};
    }
    return n;
}

static void emit_term(cf_emitter *e, const cf_term *t)
{
    if (t->node) cf_emit_node(e, t->node);
    else cf_emit_column(e, t->column, e->plan->tree->select->scope->alias);
}

void cf_emit_slice_columns(cf_emitter *e)
{
    cf_term terms[CF_MOST_TERMS];
    size_t  count = cf_slice_terms(e->plan, terms);
    for (size_t i = 0; i < count; i++) {
        cf_put(e, ", ");
        emit_term(e, &terms[i]);
    }
}

/* The rows whose value is that of the position. */
static void emit_same(cf_emitter *e, const cf_term *t, size_t i, bool null)
{
    emit_term(e, t);
    cf_put(e, null ? " IS NULL" : " = ");
    if (!null) cf_emit_extra(e, (uint16_t)(i + 1), t->kind);
}

/* The rows whose value comes behind that of the position. */
static void emit_behind(cf_emitter *e, const cf_term *t, size_t i, bool null, bool backwards)
{
    bool first = t->nulls_first != backwards, descending = t->descending != backwards;
    if (null) {
        if (!first) cf_put(e, "1 = 0");
        else emit_term(e, t);
        if (first) cf_put(e, " IS NOT NULL");
        return;
    }
    bool nulls_too = t->nullable && !first;
    cf_put(e, nulls_too ? "(" : "");
    emit_term(e, t);
    cf_put(e, descending ? " < " : " > ");
    cf_emit_extra(e, (uint16_t)(i + 1), t->kind);
    if (!nulls_too) return;
    cf_put(e, " OR ");
    emit_term(e, t);
    cf_put(e, " IS NULL)");
}

/* (a > ?) OR (a = ? AND b > ?) OR ... */
void cf_emit_slice_position(cf_emitter *e, bool filtered)
{
    cf_term  terms[CF_MOST_TERMS];
    size_t   count = cf_slice_terms(e->plan, terms);
    uint32_t form = e->variant->form, nulls = form >> NULLS;
    if (!(form & POSITIONED)) return;
    cf_put(e, filtered ? " AND (" : " WHERE (");
    for (size_t i = 0; i < count; i++) {
        cf_put(e, i ? " OR (" : "(");
        for (size_t k = 0; k < i; k++) {
            emit_same(e, &terms[k], k, nulls >> k & 1);
            cf_put(e, " AND ");
        }
        emit_behind(e, &terms[i], i, nulls >> i & 1, form & BACKWARDS);
        cf_put(e, ")");
    }
    cf_put(e, ")");
}

void cf_emit_slice_order(cf_emitter *e)
{
    cf_term terms[CF_MOST_TERMS];
    size_t  count = cf_slice_terms(e->plan, terms);
    bool    backwards = e->variant->form & BACKWARDS;
    for (size_t i = 0; i < count; i++) {
        const cf_term *t = &terms[i];
        cf_put(e, i ? ", " : " ORDER BY ");
        if (t->node) {
            cf_order o = {.node = (cf_node *)(uintptr_t)t->node,
                          .descending = t->descending != backwards,
                          .nulls = t->nullable ? (t->nulls_first != backwards ? 1 : -1) : 0};
            cf_emit_orders(e, &o, 1);
        } else {
            emit_term(e, t);
            if (backwards) cf_put(e, " DESC");
        }
    }
    cf_put(e, " LIMIT ");
    cf_emit_extra(e, 0, CF_INT);
}
