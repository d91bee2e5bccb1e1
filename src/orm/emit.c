/* Expressions of a checked query as SQL text of one dialect. */
#include "orm/emit.h"
#include "orm/resolve.h"

#include <string.h>

void cf_emit_refuse(cf_emitter *e, size_t capability, const char *where)
{
    if (!e->failed && e->error) cf_dialect_refuse(e->dialect, capability, where, e->error);
    e->failed = true;
}

static void add_binding(cf_emitter *e, cf_binding binding)
{
    if (e->count == e->capacity) {
        cf_binding *bigger = e->arena ? cf_arena_array(e->arena, e->capacity * 2, sizeof *bigger) : NULL;
        if (!bigger) {
            if (!e->failed && e->error) cf_fail(e->error, CF_ERR_MEMORY, "out of memory");
            e->failed = true;
            return;
        }
        memcpy(bigger, e->more, e->count * sizeof *bigger);
        e->more = bigger;
        e->capacity *= 2;
    }
    e->more[e->count++] = binding;
    size_t before = e->plan->verb == CF_VERB_UPSERT ? e->variant->form >> CF_UPSERT_SHIFT : 0; /* those of INSERT */
    cf_sql_placeholder(&e->out, e->dialect, (int)(before + e->count));
}

static void bind(cf_emitter *e, uint16_t argument, uint16_t element, bool array)
{
    const cf_attribute *a = e->plan->parameter_for[argument];
    bool                named = a && a->special;
    int                 kind = named ? CF_UNDEFINED : a ? a->kind : e->plan->parameter_kind[argument];
    add_binding(e, (cf_binding){argument, element, (uint8_t)kind, array, named ? a : NULL, NULL});
}

void cf_emit_extra(cf_emitter *e, uint16_t number, int kind)
{
    add_binding(e, (cf_binding){(uint16_t)(CF_FIRST_EXTRA + number), 0, (uint8_t)kind, false, NULL, NULL});
}

static void emit_infix(cf_emitter *e, const cf_node *n, const char *operator)
{
    cf_put(e, "(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, operator);
    cf_emit_node(e, n->items[1]);
    cf_put(e, ")");
}

/*
 * SQLite keeps decimals as texts and computes with numbers: what was computed is compared, and ordered, as the text of
 * its number.
 */
static void emit_compared(cf_emitter *e, const cf_node *n, bool decimal)
{
    bool leaf = n->op == CF_OP_COLUMN || n->op == CF_OP_PARAMETER || n->op == CF_OP_INTEGER || n->op == CF_OP_NUMBER;
    bool text = decimal && !leaf && cf_kind_numeric(n->kind) && !e->dialect->native_decimal;
    cf_put(e, text ? "CAST(" : "");
    cf_emit_node(e, n);
    cf_put(e, text ? " AS TEXT) COLLATE carafe_decimal" : "");
}

void cf_emit_ordering(cf_emitter *e, const cf_node *n)
{
    emit_compared(e, n, n->kind == CF_DECIMAL);
}

void cf_emit_as(cf_emitter *e, const cf_node *n, int kind)
{
    bool number = kind == CF_FLOAT && n->kind == CF_DECIMAL && !e->dialect->native_decimal;
    cf_put(e, number ? "CAST(" : "");
    cf_emit_node(e, n);
    cf_put(e, number ? " AS REAL)" : "");
}

/* Is a decimal among the first values of a comparison? */
static bool has_decimal(const cf_node *n, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count && i < n->count; i++) any |= n->items[i]->kind == CF_DECIMAL;
    return any;
}

static void emit_comparison(cf_emitter *e, const cf_node *n, const char *operator)
{
    bool decimal = has_decimal(n, 2);
    cf_put(e, "(");
    emit_compared(e, n->items[0], decimal);
    cf_put(e, operator);
    emit_compared(e, n->items[1], decimal);
    cf_put(e, ")");
}

static void emit_prefix(cf_emitter *e, const cf_node *n, const char *before, const char *after)
{
    cf_put(e, before);
    cf_emit_node(e, n->items[0]);
    cf_put(e, after);
}

void cf_emit_items(cf_emitter *e, const cf_node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i) cf_put(e, ", ");
        cf_emit_node(e, list->items[i]);
    }
}

/* MariaDB takes no bounds within `in`, but one level deeper. */
static void emit_in_select(cf_emitter *e, const cf_node *n)
{
    bool deeper = e->dialect->id == CF_MARIADB && (n->select->limit || n->select->offset);
    cf_put(e, "(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, n->negated ? " NOT IN (" : " IN (");
    if (deeper) cf_put(e, "SELECT * FROM (");
    cf_emit_select(e, n->select);
    if (deeper) cf_put(e, ") AS x");
    cf_put(e, "))");
}

static void emit_in(cf_emitter *e, const cf_node *n)
{
    bool   array = n->count == 2 && n->items[1]->op == CF_OP_PARAMETER && n->items[1]->kind == CF_SEQUENCE;
    size_t count = array ? e->variant->sizes[n->items[1]->parameter] : n->count - 1;
    if (count == 0) { /* nothing is in an empty list, not even null */
        cf_put(e, n->negated ? "(1 = 1)" : "(1 = 0)");
        return;
    }
    bool decimal = has_decimal(n, n->count);
    cf_put(e, "(");
    emit_compared(e, n->items[0], decimal);
    cf_put(e, n->negated ? " NOT IN (" : " IN (");
    for (size_t i = 0; i < count; i++) {
        if (i) cf_put(e, ", ");
        if (array) bind(e, n->items[1]->parameter, (uint16_t)i, true);
        else emit_compared(e, n->items[i + 1], decimal);
    }
    cf_put(e, "))");
}

static void emit_like(cf_emitter *e, const cf_node *n)
{
    bool ilike = n->op == CF_OP_ILIKE, folded = ilike && !e->dialect->ilike;
    cf_put(e, "(");
    cf_put(e, folded ? "lower(" : "");
    cf_emit_node(e, n->items[0]);
    cf_put(e, folded ? ")" : "");
    cf_put(e, n->negated ? " NOT" : "");
    cf_put(e, ilike && !folded ? " ILIKE " : " LIKE ");
    cf_put(e, folded ? "lower(" : "");
    cf_emit_node(e, n->items[1]);
    cf_put(e, folded ? ")" : "");
    /* Only SQLite has no escape character by default; here nobody has. */
    if (n->count == 3) {
        cf_put(e, " ESCAPE ");
        cf_emit_node(e, n->items[2]);
    } else if (e->dialect->id != CF_SQLITE) {
        cf_put(e, " ESCAPE ''");
    }
    cf_put(e, ")");
}

/* left(text, char_length(part)), or right(...): as many characters of the text as the part has. */
static void emit_edge(cf_emitter *e, const cf_node *text, const cf_node *part, bool end)
{
    bool sqlite = e->dialect->id == CF_SQLITE;
    cf_put(e, sqlite ? "substr(" : end ? "right(" : "left(");
    cf_emit_node(e, text);
    if (sqlite && end) {
        cf_put(e, ", length(");
        cf_emit_node(e, text);
        cf_put(e, ") - length(");
        cf_emit_node(e, part);
        cf_put(e, ") + 1");
    } else if (sqlite) {
        cf_put(e, ", 1");
    }
    cf_put(e, sqlite ? ", length(" : ", char_length(");
    cf_emit_node(e, part);
    cf_put(e, "))");
}

/* A beginning in quotes without wildcards is a pattern, which an index can serve. */
static bool emit_beginning(cf_emitter *e, const cf_node *n)
{
    const cf_node *part = n->items[1];
    if (n->op != CF_OP_STARTS || part->op != CF_OP_TEXT) return false;
    for (size_t i = 0; i < part->size; i++)
        if (strchr("%_\\", part->text[i])) return false;
    cf_put(e, "(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, n->negated ? " NOT LIKE " : " LIKE ");
    cf_buffer pattern = {0};
    cf_buffer_add(&pattern, part->text, part->size);
    cf_buffer_char(&pattern, '%');
    e->out.failed |= pattern.failed;
    if (!pattern.failed) cf_sql_literal(&e->out, e->dialect, pattern.data, pattern.size);
    cf_buffer_free(&pattern);
    cf_put(e, ")");
    return true;
}

/* The part is compared as it is: no character of it is a wildcard. */
static void emit_part(cf_emitter *e, const cf_node *n)
{
    if (emit_beginning(e, n)) return;
    cf_put(e, "(");
    if (n->op == CF_OP_CONTAINS) {
        cf_put(e, e->dialect->id == CF_POSTGRESQL ? "strpos(" : "instr(");
        cf_emit_items(e, n);
        cf_put(e, n->negated ? ") = 0)" : ") > 0)");
        return;
    }
    emit_edge(e, n->items[0], n->items[1], n->op == CF_OP_ENDS);
    cf_put(e, n->negated ? " <> " : " = ");
    cf_emit_node(e, n->items[1]);
    cf_put(e, ")");
}

static void emit_case(cf_emitter *e, const cf_node *n)
{
    size_t from = n->simple ? 1 : 0, end = n->count - (n->negated ? 1 : 0);
    cf_put(e, "CASE");
    if (n->simple) {
        cf_put(e, " ");
        cf_emit_node(e, n->items[0]);
    }
    for (size_t i = from; i < end; i += 2) {
        cf_put(e, " WHEN ");
        cf_emit_node(e, n->items[i]);
        cf_put(e, " THEN ");
        cf_emit_as(e, n->items[i + 1], n->kind);
    }
    if (n->negated) {
        cf_put(e, " ELSE ");
        cf_emit_as(e, n->items[end], n->kind);
    }
    cf_put(e, " END");
}

static void emit_between(cf_emitter *e, const cf_node *n)
{
    bool decimal = has_decimal(n, 3);
    cf_put(e, "(");
    emit_compared(e, n->items[0], decimal);
    cf_put(e, n->negated ? " NOT BETWEEN " : " BETWEEN ");
    emit_compared(e, n->items[1], decimal);
    cf_put(e, " AND ");
    emit_compared(e, n->items[2], decimal);
    cf_put(e, ")");
}

void cf_emit_column(cf_emitter *e, const cf_attribute *a, uint8_t alias)
{
    if (alias || e->aliased) cf_buffer_printf(&e->out, "t%u", alias);
    else cf_sql_name(&e->out, e->dialect, e->plan->mapper->table);
    cf_put(e, ".");
    cf_sql_name(&e->out, e->dialect, a->column);
    /* SQLite keeps decimals as texts; the driver brings the order of their values. */
    if (a->kind == CF_DECIMAL && !e->dialect->native_decimal) cf_put(e, " COLLATE carafe_decimal");
}

static void emit_excluded(cf_emitter *e, const cf_node *n)
{
    bool values = e->dialect->upsert_style == CF_UPSERT_ON_DUPLICATE_KEY;
    cf_put(e, values ? "VALUES(" : "excluded.");
    cf_sql_name(&e->out, e->dialect, n->attribute->column);
    if (values) cf_put(e, ")");
}

static void emit_concat(cf_emitter *e, const cf_node *n)
{
    if (e->dialect->id != CF_MARIADB) {
        emit_infix(e, n, " || ");
        return;
    }
    cf_put(e, "concat(");
    cf_emit_items(e, n);
    cf_put(e, ")");
}

static void emit_distinct_from(cf_emitter *e, const cf_node *n)
{
    if (e->dialect->id == CF_MARIADB) emit_comparison(e, n, " <=> ");
    else if (e->dialect->id == CF_SQLITE) emit_comparison(e, n, n->negated ? " IS " : " IS NOT ");
    else emit_comparison(e, n, n->negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
}

/* Whole numbers are divided as such, and nothing comes of a division by zero, on all databases. */
static void emit_division(cf_emitter *e, const cf_node *n)
{
    const cf_node *divisor = n->items[1];
    bool           literal = (divisor->op == CF_OP_INTEGER || divisor->op == CF_OP_NUMBER) && !cf_node_zero(divisor);
    const char    *sign = n->op == CF_OP_REMAINDER                            ? " % "
                          : n->kind == CF_INT && e->dialect->id == CF_MARIADB ? " DIV "
                                                                              : " / ";
    if (literal || e->dialect->id == CF_SQLITE) {
        emit_infix(e, n, sign);
        return;
    }
    cf_put(e, "(");
    cf_emit_node(e, n->items[0]);
    cf_put(e, sign);
    cf_put(e, "nullif(");
    cf_emit_node(e, divisor);
    cf_put(e, divisor->kind == CF_FLOAT && e->dialect->id == CF_POSTGRESQL ? ", 0::double precision))" : ", 0))");
}

/* (select ...): where there are several rows, the first. */
static void emit_subquery(cf_emitter *e, const cf_node *n)
{
    bool exists = n->op == CF_OP_EXISTS;
    bool bounded = exists || n->select->limit || (n->select->aggregated && !n->select->groups);
    cf_put(e, exists ? "EXISTS (" : "(");
    cf_emit_select(e, n->select);
    cf_put(e, bounded ? ")" : " LIMIT 1)");
}

static void emit_leaf(cf_emitter *e, const cf_node *n)
{
    switch ((cf_op)n->op) {
    case CF_OP_PARAMETER: bind(e, n->parameter, 0, false); break;
    case CF_OP_INTEGER:
    case CF_OP_NUMBER: cf_buffer_add(&e->out, n->text, n->size); break;
    case CF_OP_TEXT: cf_sql_literal(&e->out, e->dialect, n->text, n->size); break;
    case CF_OP_TRUE: cf_put(e, "TRUE"); break;
    case CF_OP_FALSE: cf_put(e, "FALSE"); break;
    case CF_OP_NULL: cf_put(e, "NULL"); break;
    case CF_OP_STAR: cf_put(e, "*"); break;
    default: cf_emit_column(e, n->attribute, n->alias);
    }
}

/* Functions that need an argument twice make the statement grow with each level. */
static bool too_long(cf_emitter *e)
{
    if (!e->failed && e->out.size > CF_MOST_STATEMENT_BYTES) {
        if (e->error) cf_fail(e->error, CF_ERR_LIMIT, "the statement is longer than %d bytes", CF_MOST_STATEMENT_BYTES);
        e->failed = true;
    }
    return e->failed;
}

void cf_emit_node(cf_emitter *e, const cf_node *n)
{
    static const char *const infix[] = {
        [CF_OP_AND] = " AND ", [CF_OP_OR] = " OR ",      [CF_OP_EQ] = " = ",       [CF_OP_NE] = " <> ",
        [CF_OP_LT] = " < ",    [CF_OP_LE] = " <= ",      [CF_OP_GT] = " > ",       [CF_OP_GE] = " >= ",
        [CF_OP_ADD] = " + ",   [CF_OP_SUBTRACT] = " - ", [CF_OP_MULTIPLY] = " * ",
    };
    if (too_long(e)) return;
    switch ((cf_op)n->op) {
    case CF_OP_ANY:
    case CF_OP_ALL:
    case CF_OP_NONE: cf_emit_any(e, n); break;
    case CF_OP_RELATED: cf_emit_related(e, n); break;
    case CF_OP_AGGREGATE: cf_emit_aggregate(e, n); break;
    case CF_OP_NOT: emit_prefix(e, n, "(NOT ", ")"); break;
    case CF_OP_NEGATE: emit_prefix(e, n, "(- ", ")"); break;
    case CF_OP_IS_NULL: emit_prefix(e, n, "(", " IS NULL)"); break;
    case CF_OP_IS_NOT_NULL: emit_prefix(e, n, "(", " IS NOT NULL)"); break;
    case CF_OP_DISTINCT_FROM:
        if (e->dialect->id == CF_MARIADB && !n->negated) cf_put(e, "NOT ");
        emit_distinct_from(e, n);
        break;
    case CF_OP_LIKE:
    case CF_OP_ILIKE: emit_like(e, n); break;
    case CF_OP_STARTS:
    case CF_OP_ENDS:
    case CF_OP_CONTAINS: emit_part(e, n); break;
    case CF_OP_BETWEEN: emit_between(e, n); break;
    case CF_OP_IN: n->select ? emit_in_select(e, n) : emit_in(e, n); break;
    case CF_OP_DIVIDE:
    case CF_OP_REMAINDER: emit_division(e, n); break;
    case CF_OP_CONCAT: emit_concat(e, n); break;
    case CF_OP_CALL: cf_emit_call(e, n); break;
    case CF_OP_CAST: cf_emit_cast(e, n); break;
    case CF_OP_CASE: emit_case(e, n); break;
    case CF_OP_SELECT:
    case CF_OP_EXISTS: emit_subquery(e, n); break;
    case CF_OP_EXCLUDED: emit_excluded(e, n); break;
    case CF_OP_EQ:
    case CF_OP_NE:
    case CF_OP_LT:
    case CF_OP_LE:
    case CF_OP_GT:
    case CF_OP_GE: emit_comparison(e, n, infix[n->op]); break;
    default:
        if (n->count == 2) emit_infix(e, n, infix[n->op]);
        else emit_leaf(e, n);
    }
}
