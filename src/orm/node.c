/* Walking over expressions, and comparing them. */
#include "orm/ast.h"

#include <string.h>

static bool each_order(const cf_order *orders, size_t count, bool (*visit)(void *, cf_node *), void *context)
{
    for (size_t i = 0; i < count; i++)
        if (!visit(context, orders[i].node)) return false;
    return true;
}

static bool each_item(const cf_node *list, bool (*visit)(void *, cf_node *), void *context)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (!visit(context, list->items[i])) return false;
    return true;
}

bool cf_node_each(cf_node *n, bool (*visit)(void *, cf_node *), void *context)
{
    if (!each_item(n, visit, context)) return false;
    return !n->window || (each_item(n->window->partition, visit, context) &&
                          each_order(n->window->orders, n->window->order_count, visit, context));
}

bool cf_select_each(cf_select *s, bool (*visit)(void *, cf_node *), void *context)
{
    for (; s; s = s->next) {
        for (const cf_cte *cte = s->ctes; cte; cte = cte->next)
            if (!cf_select_each(cte->select, visit, context)) return false;
        for (size_t i = 0; s->scope && i < s->scope->join_count; i++)
            if (s->scope->joins[i].on && !visit(context, s->scope->joins[i].on)) return false;
        if (!each_item(s->list, visit, context) || (s->where && !visit(context, s->where)) ||
            !each_item(s->groups, visit, context) || (s->having && !visit(context, s->having)))
            return false;
        for (size_t i = 0; i < s->order_count; i++)
            if (!s->orders[i].position && !visit(context, s->orders[i].node)) return false;
    }
    return true;
}

bool cf_node_zero(const cf_node *n)
{
    if (n->op != CF_OP_INTEGER && n->op != CF_OP_NUMBER) return false;
    for (size_t i = 0; i < n->size && n->text[i] != 'e' && n->text[i] != 'E'; i++)
        if (n->text[i] != '0' && n->text[i] != '.') return false;
    return true;
}

bool cf_node_same(const cf_node *a, const cf_node *b)
{
    if (a == b || (a->label && a->label == b->label)) return true;
    if (a->op != b->op || a->count != b->count || a->negated != b->negated || a->distinct != b->distinct || a->select ||
        b->select || a->window || b->window || a->scope || b->scope)
        return false;
    if (a->op == CF_OP_COLUMN) return a->attribute == b->attribute && a->alias == b->alias;
    if (a->op == CF_OP_PARAMETER) return a->parameter == b->parameter;
    bool named = a->op == CF_OP_CALL || a->op == CF_OP_AGGREGATE || a->op == CF_OP_CAST || a->count == 0;
    if (named && (a->function != b->function || a->size != b->size || memcmp(a->text, b->text, a->size) != 0))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!cf_node_same(a->items[i], b->items[i])) return false;
    return true;
}
