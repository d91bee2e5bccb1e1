/* A checked query as SQL text of one dialect. */
#include "orm/plan.h"
#include "orm/side.h"

#include <string.h>

typedef struct emitter {
    const cf_plan    *plan;
    const cf_dialect *dialect;
    const cf_variant *variant;
    cf_buffer         out;
    bool              aliased; /* the query's own table is t0; else its columns go by its name */
    cf_binding        bindings[1024];
    cf_binding       *more; /* when there are many */
    size_t            count, capacity;
    cf_arena         *arena;
    bool              failed;
} emitter;

static void emit(emitter *e, const cf_node *n);

static void put(emitter *e, const char *text)
{
    cf_buffer_text(&e->out, text);
}

static void add_binding(emitter *e, cf_binding binding)
{
    if (e->count == e->capacity) {
        cf_binding *bigger = cf_arena_array(e->arena, e->capacity * 2, sizeof *bigger);
        if (!bigger) {
            e->failed = true;
            return;
        }
        memcpy(bigger, e->more, e->count * sizeof *bigger);
        e->more = bigger;
        e->capacity *= 2;
    }
    e->more[e->count++] = binding;
    cf_sql_placeholder(&e->out, e->dialect, (int)e->count);
}

static void bind(emitter *e, uint16_t argument, uint16_t element, bool array)
{
    const cf_attribute *a = e->plan->parameter_for[argument];
    bool                named = a && a->special;
    int                 kind = named ? CF_UNDEFINED : a ? a->kind : e->plan->parameter_kind[argument];
    add_binding(e, (cf_binding){argument, element, (uint8_t)kind, array, named ? a : NULL});
}

/* One of the verb's own values. */
static void bind_extra(emitter *e, uint16_t number, int kind)
{
    add_binding(e, (cf_binding){(uint16_t)(CF_FIRST_EXTRA + number), 0, (uint8_t)kind, false, NULL});
}

static void emit_infix(emitter *e, const cf_node *n, const char *operator)
{
    put(e, "(");
    emit(e, n->items[0]);
    put(e, operator);
    emit(e, n->items[1]);
    put(e, ")");
}

static void emit_in(emitter *e, const cf_node *n)
{
    bool   array = n->count == 2 && n->items[1]->op == CF_OP_PARAMETER && n->items[1]->kind == CF_SEQUENCE;
    size_t count = array ? e->variant->sizes[n->items[1]->parameter] : n->count - 1;
    if (count == 0) { /* nothing is in an empty list, not even null */
        put(e, n->negated ? "(1 = 1)" : "(1 = 0)");
        return;
    }
    put(e, "(");
    emit(e, n->items[0]);
    put(e, n->negated ? " NOT IN (" : " IN (");
    for (size_t i = 0; i < count; i++) {
        if (i) put(e, ", ");
        if (array) bind(e, n->items[1]->parameter, (uint16_t)i, true);
        else emit(e, n->items[i + 1]);
    }
    put(e, "))");
}

static void emit_like(emitter *e, const cf_node *n)
{
    bool ilike = n->op == CF_OP_ILIKE, folded = ilike && !e->dialect->ilike;
    put(e, "(");
    put(e, folded ? "lower(" : "");
    emit(e, n->items[0]);
    put(e, folded ? ")" : "");
    put(e, n->negated ? " NOT" : "");
    put(e, ilike && !folded ? " ILIKE " : " LIKE ");
    put(e, folded ? "lower(" : "");
    emit(e, n->items[1]);
    put(e, folded ? ")" : "");
    /* Only SQLite has no escape character by default; here nobody has. */
    if (n->count == 3) {
        put(e, " ESCAPE ");
        emit(e, n->items[2]);
    } else if (e->dialect->id != CF_SQLITE) {
        put(e, " ESCAPE ''");
    }
    put(e, ")");
}

static void emit_call(emitter *e, const cf_node *n)
{
    const char *name = n->function->spelled[e->dialect->id];
    put(e, name ? name : n->function->name);
    put(e, "(");
    for (size_t i = 0; i < n->count; i++) {
        if (i) put(e, ", ");
        emit(e, n->items[i]);
    }
    put(e, ")");
}

static void emit_case(emitter *e, const cf_node *n)
{
    size_t pairs = n->count - (n->negated ? 1 : 0);
    put(e, "CASE");
    for (size_t i = 0; i < pairs; i += 2) {
        put(e, " WHEN ");
        emit(e, n->items[i]);
        put(e, " THEN ");
        emit(e, n->items[i + 1]);
    }
    if (n->negated) {
        put(e, " ELSE ");
        emit(e, n->items[pairs]);
    }
    put(e, " END");
}

static void emit_between(emitter *e, const cf_node *n)
{
    put(e, "(");
    emit(e, n->items[0]);
    put(e, n->negated ? " NOT BETWEEN " : " BETWEEN ");
    emit(e, n->items[1]);
    put(e, " AND ");
    emit(e, n->items[2]);
    put(e, ")");
}

static void emit_alias(emitter *e, uint8_t alias)
{
    if (alias || e->aliased) cf_buffer_printf(&e->out, "t%u", alias);
    else cf_sql_name(&e->out, e->dialect, e->plan->mapper->table);
}

static void emit_column(emitter *e, const cf_attribute *a, uint8_t alias)
{
    emit_alias(e, alias);
    put(e, ".");
    cf_sql_name(&e->out, e->dialect, a->column);
    /* SQLite keeps decimals as texts; the driver brings the order of their values. */
    if (a->kind == CF_DECIMAL && !e->dialect->native_decimal) put(e, " COLLATE carafe_decimal");
}

static void emit_table(emitter *e, const cf_mapper *m, uint8_t alias)
{
    cf_sql_name(&e->out, e->dialect, m->table);
    cf_buffer_printf(&e->out, " AS t%u", alias);
}

/* left = right, of each pair of columns that a relationship rests on. */
static void emit_pairs(emitter *e, const cf_pairs *pairs, uint8_t left, uint8_t right)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (i) put(e, " AND ");
        emit_column(e, pairs->right[i], right);
        put(e, " = ");
        emit_column(e, pairs->left[i], left);
    }
}

static void emit_joins(emitter *e, const cf_scope *scope)
{
    for (size_t i = 0; i < scope->join_count; i++) {
        const cf_join *j = &scope->joins[i];
        put(e, j->outer ? " LEFT JOIN " : " JOIN ");
        emit_table(e, j->side->target, j->alias);
        put(e, " ON ");
        emit_pairs(e, &j->side->own, j->from, j->alias);
    }
}

/* FROM ... WHERE ...: the related rows of the row that the outer scope stands at. */
static void emit_related_rows(emitter *e, const cf_node *n)
{
    const cf_scope *scope = n->scope;
    const cf_side  *side = n->side;
    put(e, " FROM ");
    if (side->through) {
        emit_table(e, side->through, n->alias);
        put(e, " JOIN ");
        emit_table(e, scope->mapper, scope->alias);
        put(e, " ON ");
        emit_pairs(e, &side->pass, n->alias, scope->alias);
    } else {
        emit_table(e, scope->mapper, scope->alias);
    }
    emit_joins(e, scope);
    put(e, " WHERE ");
    emit_pairs(e, &side->own, scope->outer->alias, side->through ? n->alias : scope->alias);
}

static void emit_any(emitter *e, const cf_node *n)
{
    put(e, n->op == CF_OP_ANY ? "EXISTS (SELECT 1" : "(NOT EXISTS (SELECT 1");
    emit_related_rows(e, n);
    if (n->count) {
        put(e, " AND ");
        if (n->op == CF_OP_ALL) put(e, "(");
        emit(e, n->items[0]);
        if (n->op == CF_OP_ALL) put(e, ") IS NOT TRUE");
    } else if (n->op == CF_OP_ALL) {
        put(e, " AND (1 = 0)");
    }
    put(e, n->op == CF_OP_ANY ? ")" : "))");
}

static void emit_aggregate(emitter *e, const cf_node *n)
{
    put(e, "(SELECT ");
    cf_buffer_add(&e->out, n->text, n->size);
    put(e, "(");
    if (n->count) emit(e, n->items[0]);
    else put(e, "*");
    put(e, ")");
    emit_related_rows(e, n);
    put(e, ")");
}

static void emit_prefix(emitter *e, const cf_node *n, const char *before, const char *after)
{
    put(e, before);
    emit(e, n->items[0]);
    put(e, after);
}

static void emit_concat(emitter *e, const cf_node *n)
{
    if (e->dialect->id != CF_MARIADB) {
        emit_infix(e, n, " || ");
        return;
    }
    put(e, "concat(");
    emit(e, n->items[0]);
    put(e, ", ");
    emit(e, n->items[1]);
    put(e, ")");
}

static void emit(emitter *e, const cf_node *n)
{
    static const char *const infix[] = {
        [CF_OP_AND] = " AND ",     [CF_OP_OR] = " OR ",      [CF_OP_EQ] = " = ",       [CF_OP_NE] = " <> ",
        [CF_OP_LT] = " < ",        [CF_OP_LE] = " <= ",      [CF_OP_GT] = " > ",       [CF_OP_GE] = " >= ",
        [CF_OP_ADD] = " + ",       [CF_OP_SUBTRACT] = " - ", [CF_OP_MULTIPLY] = " * ", [CF_OP_DIVIDE] = " / ",
        [CF_OP_REMAINDER] = " % ",
    };
    switch ((cf_op)n->op) {
    case CF_OP_COLUMN:
    case CF_OP_PATH: emit_column(e, n->attribute, n->alias); break;
    case CF_OP_ANY:
    case CF_OP_ALL:
    case CF_OP_NONE: emit_any(e, n); break;
    case CF_OP_AGGREGATE: emit_aggregate(e, n); break;
    case CF_OP_PARAMETER: bind(e, n->parameter, 0, false); break;
    case CF_OP_INTEGER:
    case CF_OP_NUMBER: cf_buffer_add(&e->out, n->text, n->size); break;
    case CF_OP_TEXT: cf_sql_literal(&e->out, e->dialect, n->text, n->size); break;
    case CF_OP_TRUE: put(e, "TRUE"); break;
    case CF_OP_FALSE: put(e, "FALSE"); break;
    case CF_OP_NULL: put(e, "NULL"); break;
    case CF_OP_NOT: emit_prefix(e, n, "(NOT ", ")"); break;
    case CF_OP_NEGATE: emit_prefix(e, n, "(- ", ")"); break;
    case CF_OP_IS_NULL: emit_prefix(e, n, "(", " IS NULL)"); break;
    case CF_OP_IS_NOT_NULL: emit_prefix(e, n, "(", " IS NOT NULL)"); break;
    case CF_OP_LIKE:
    case CF_OP_ILIKE: emit_like(e, n); break;
    case CF_OP_BETWEEN: emit_between(e, n); break;
    case CF_OP_IN: emit_in(e, n); break;
    case CF_OP_CONCAT: emit_concat(e, n); break;
    case CF_OP_CALL: emit_call(e, n); break;
    case CF_OP_CASE: emit_case(e, n); break;
    default: /* whole numbers are divided as such on all databases */
        emit_infix(e, n,
                   n->op == CF_OP_DIVIDE && n->kind == CF_INT && e->dialect->id == CF_MARIADB ? " DIV " : infix[n->op]);
    }
}

static void emit_orders(emitter *e, const cf_query_tree *tree)
{
    for (size_t i = 0; i < tree->order_count; i++) {
        const cf_order *o = &tree->orders[i];
        if (i) put(e, ", ");
        if (o->nulls && !e->dialect->nulls_order) { /* sort by whether it is null first */
            put(e, "(");
            emit(e, o->node);
            put(e, o->nulls > 0 ? " IS NOT NULL), " : " IS NULL), ");
        }
        emit(e, o->node);
        if (o->descending) put(e, " DESC");
        if (o->nulls && e->dialect->nulls_order) put(e, o->nulls > 0 ? " NULLS FIRST" : " NULLS LAST");
    }
}

/* The order of pages is total: rows that are equal otherwise are told apart by their keys. */
static void emit_page_orders(emitter *e, const cf_query_tree *tree)
{
    const cf_mapper *m = e->plan->mapper;
    put(e, " ORDER BY ");
    emit_orders(e, tree);
    for (size_t i = 0; i < m->key_count; i++) {
        if (i || tree->order_count) put(e, ", ");
        emit_column(e, &m->columns[m->key[i]], 0);
    }
}

static void emit_bounds(emitter *e, const cf_query_tree *tree)
{
    if (e->variant->form == CF_FORM_PAGE) {
        put(e, " LIMIT ");
        bind_extra(e, 0, CF_INT);
        put(e, " OFFSET ");
        bind_extra(e, 1, CF_INT);
        return;
    }
    if (tree->limit) {
        put(e, " LIMIT ");
        emit(e, tree->limit);
    } else if (e->plan->verb == CF_VERB_FIND || e->plan->verb == CF_VERB_EXISTS) {
        put(e, " LIMIT 1");
    } else if (e->plan->verb == CF_VERB_ONE) {
        put(e, " LIMIT 2");
    } else if (tree->offset && e->dialect->id == CF_SQLITE) {
        put(e, " LIMIT -1");
    } else if (tree->offset && e->dialect->id == CF_MARIADB) {
        put(e, " LIMIT 18446744073709551615");
    }
    if (tree->offset) {
        put(e, " OFFSET ");
        emit(e, tree->offset);
    }
}

static int verb_of(const emitter *e)
{
    return e->variant->form == CF_FORM_COUNT ? CF_VERB_COUNT : e->plan->verb;
}

static void emit_select(emitter *e, const cf_query_tree *tree, bool columns, bool ordered)
{
    const cf_mapper *m = e->plan->mapper;
    put(e, "SELECT ");
    for (size_t i = 0; columns && i < m->column_count; i++) {
        if (i) put(e, ", ");
        emit_column(e, &m->columns[i], 0);
    }
    if (!columns) put(e, verb_of(e) == CF_VERB_COUNT && !tree->limit && !tree->offset ? "count(*)" : "1");
    put(e, " FROM ");
    cf_sql_name(&e->out, e->dialect, m->table);
    put(e, " AS t0");
    emit_joins(e, tree->scope);
    if (tree->where) {
        put(e, " WHERE ");
        emit(e, tree->where);
    }
    if (ordered && e->variant->form == CF_FORM_PAGE) {
        emit_page_orders(e, tree);
    } else if (ordered && tree->order_count) {
        put(e, " ORDER BY ");
        emit_orders(e, tree);
    }
    emit_bounds(e, tree);
}

static void emit_statement(emitter *e)
{
    const cf_query_tree *tree = e->plan->tree;
    switch (verb_of(e)) {
    case CF_VERB_COUNT:
        e->aliased = true;
        if (tree->limit || tree->offset) {
            put(e, "SELECT count(*) FROM (");
            emit_select(e, tree, false, false);
            put(e, ") AS c");
        } else {
            emit_select(e, tree, false, false);
        }
        break;
    case CF_VERB_EXISTS:
        e->aliased = true;
        emit_select(e, tree, false, false);
        break;
    case CF_VERB_DELETE_WHERE:
        put(e, "DELETE FROM ");
        cf_sql_name(&e->out, e->dialect, e->plan->mapper->table);
        if (tree->where) {
            put(e, " WHERE ");
            emit(e, tree->where);
        }
        break;
    default: e->aliased = true; emit_select(e, tree, true, true);
    }
}

bool cf_emit(const cf_plan *plan, const cf_dialect *dialect, cf_arena *arena, cf_variant *variant, cf_error *error)
{
    emitter e = {.plan = plan, .dialect = dialect, .variant = variant, .arena = arena};
    e.more = e.bindings;
    e.capacity = sizeof e.bindings / sizeof *e.bindings;
    emit_statement(&e);
    if (!e.failed && !e.out.failed && e.count > (size_t)dialect->max_parameters) {
        cf_buffer_free(&e.out);
        return cf_fail(error, CF_ERR_LIMIT, "a query with %zu values is too large for %s, which takes %d", e.count,
                       dialect->title, dialect->max_parameters);
    }
    variant->sql.text = e.out.failed ? NULL : cf_arena_text(arena, e.out.data, e.out.size);
    variant->sql.size = e.out.size;
    variant->sql.reads = plan->verb != CF_VERB_DELETE_WHERE && plan->verb != CF_VERB_UPDATE_WHERE;
    variant->bindings = cf_arena_array(arena, e.count, sizeof *e.more);
    variant->binding_count = e.count;
    cf_buffer_free(&e.out);
    if (e.failed || !variant->sql.text || !variant->bindings) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (e.count) memcpy(variant->bindings, e.more, e.count * sizeof *e.more);
    return true;
}

void cf_emit_order(cf_buffer *out, const cf_plan *plan, const cf_dialect *dialect)
{
    emitter e = {.plan = plan, .dialect = dialect, .out = *out, .aliased = true};
    emit_orders(&e, plan->tree);
    *out = e.out;
}
