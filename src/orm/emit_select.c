/* Selects, and the statement as a whole. */
#include "orm/emit.h"
#include "orm/side.h"
#include "orm/slice.h"

#include <string.h>

/*
 * Null comes before all values, as SQLite and MariaDB have it, unless the text says otherwise: what the dialect
 * does not do by itself is said in its words, or by a sort by whether it is null.
 */
static void emit_order(cf_emitter *e, const cf_order *o, const cf_select *combined)
{
    bool first = o->nulls ? o->nulls > 0 : !o->descending, nullable = o->node->nullable;
    bool by_itself = (e->dialect->id == CF_POSTGRESQL) == (o->descending == first);
    for (const cf_select *s = combined; s; s = s->next) nullable |= s->list->items[o->position - 1]->nullable;
    bool said = !by_itself && (o->nulls != 0 || nullable);
    if (said && !e->dialect->nulls_order) {
        cf_put(e, "(");
        if (combined) cf_buffer_printf(&e->out, "c%u", o->position);
        else cf_emit_node(e, o->node);
        cf_put(e, first ? " IS NOT NULL), " : " IS NULL), ");
    }
    if (o->position) cf_buffer_printf(&e->out, "%u", o->position);
    else cf_emit_ordering(e, o->node);
    if (o->descending) cf_put(e, " DESC");
    if (said && e->dialect->nulls_order) cf_put(e, first ? " NULLS FIRST" : " NULLS LAST");
}

void cf_emit_orders(cf_emitter *e, const cf_order *orders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i) cf_put(e, ", ");
        emit_order(e, &orders[i], NULL);
    }
}

static void emit_order_by(cf_emitter *e, const cf_select *s)
{
    for (size_t i = 0; i < s->order_count; i++) {
        cf_put(e, i ? ", " : " ORDER BY ");
        emit_order(e, &s->orders[i], s->next ? s : NULL);
    }
}

/* The order of pages is total: rows that are equal otherwise are told apart by their keys. */
static void emit_page_order(cf_emitter *e, const cf_select *s)
{
    const cf_mapper *m = s->scope->mapper;
    cf_put(e, " ORDER BY ");
    cf_emit_orders(e, s->orders, s->order_count);
    for (size_t i = 0; i < m->key_count; i++) {
        if (i || s->order_count) cf_put(e, ", ");
        cf_emit_column(e, &m->columns[m->key[i]], s->scope->alias);
    }
}

/* `most`: how many rows the verb looks at, 0: all. */
static void emit_bounds(cf_emitter *e, const cf_select *s, int most)
{
    if (s->limit) {
        cf_put(e, " LIMIT ");
        cf_emit_node(e, s->limit);
    } else if (most) {
        cf_buffer_printf(&e->out, " LIMIT %d", most);
    } else if (s->offset && e->dialect->id == CF_SQLITE) {
        cf_put(e, " LIMIT -1");
    } else if (s->offset && e->dialect->id == CF_MARIADB) {
        cf_put(e, " LIMIT 18446744073709551615");
    }
    if (s->offset) {
        cf_put(e, " OFFSET ");
        cf_emit_node(e, s->offset);
    }
}

/* ---- one select ----------------------------------------------------------------------------------- */

/* The whole rows of the model, or with distinct ones what tells them apart. */
static void emit_model(cf_emitter *e, const cf_mapper *m, uint8_t alias)
{
    for (size_t i = 0; i < m->column_count; i++) {
        if (i) cf_put(e, ", ");
        cf_emit_column(e, &m->columns[i], alias);
    }
}

/* Columns of combined selects have names where orders may be by expressions of them. */
static void emit_list(cf_emitter *e, const cf_select *s)
{
    for (size_t i = 0; i < s->list->count; i++) {
        if (i) cf_put(e, ", ");
        cf_emit_node(e, s->list->items[i]);
        bool named = e->numbered || (s->next && !e->dialect->nulls_order);
        if (named) cf_buffer_printf(&e->out, " AS c%zu", i + 1);
    }
}

/* An expression that the select list has under a name is emitted as its number. */
static void emit_group(cf_emitter *e, const cf_select *s, const cf_node *n)
{
    for (size_t i = 0; n->label && i < s->list->count; i++)
        if (s->list->items[i]->label == n->label) {
            cf_buffer_printf(&e->out, "%zu", i + 1);
            return;
        }
    cf_emit_node(e, n);
}

static void emit_tail(cf_emitter *e, const cf_select *s)
{
    cf_put(e, " FROM ");
    cf_emit_table(e, s->scope->mapper, s->scope->alias);
    cf_emit_joins(e, s->scope);
    if (s->where) {
        cf_put(e, " WHERE ");
        cf_emit_node(e, s->where);
    }
    if (s == e->plan->tree->select && cf_form_is_slice(e->variant->form)) cf_emit_slice_position(e, s->where);
    for (size_t i = 0; s->groups && i < s->groups->count; i++) {
        cf_put(e, i ? ", " : " GROUP BY ");
        emit_group(e, s, s->groups->items[i]);
    }
    if (s->having) {
        cf_put(e, " HAVING ");
        cf_emit_node(e, s->having);
    }
}

/* The objects that come with them. */
static void emit_fetches(cf_emitter *e)
{
    const cf_query_tree *tree = e->plan->tree;
    for (size_t i = 0; i < tree->fetch_count; i++) {
        cf_put(e, ", ");
        emit_model(e, tree->fetches[i].side->target, tree->fetches[i].alias);
    }
}

typedef enum selection { THE_LIST, THE_COUNT, JUST_ONE, THE_OBJECTS } selection;

static void emit_one(cf_emitter *e, const cf_select *s, selection what)
{
    cf_put(e, s->distinct ? "SELECT DISTINCT " : "SELECT ");
    if (what == THE_COUNT) cf_put(e, "count(*)");
    else if (what == JUST_ONE) cf_put(e, "1");
    else if (s->list) emit_list(e, s);
    else emit_model(e, s->scope->mapper, s->scope->alias);
    if (what == THE_OBJECTS && !e->counting) emit_fetches(e);
    if (what == THE_OBJECTS && cf_form_is_slice(e->variant->form)) cf_emit_slice_columns(e);
    emit_tail(e, s);
}

/* ---- combined selects ----------------------------------------------------------------------------- */

/*
 * `intersect` binds closer than the others, as SQL has it; SQLite goes from left to right, so that an
 * intersection behind another operator is one level deeper there.
 */
static const cf_select *emit_intersection(cf_emitter *e, const cf_select *s, bool first)
{
    bool deeper = e->dialect->id == CF_SQLITE && !first && s->combine == CF_INTERSECT;
    if (deeper) cf_put(e, "SELECT * FROM (");
    emit_one(e, s, s->list ? THE_LIST : JUST_ONE);
    for (; s->combine == CF_INTERSECT; s = s->next) {
        cf_put(e, " INTERSECT ");
        emit_one(e, s->next, THE_LIST);
    }
    if (deeper) cf_put(e, ")");
    return s;
}

static void emit_combined(cf_emitter *e, const cf_select *s)
{
    static const char *const words[] = {"", " UNION ", " UNION ALL ", "", " EXCEPT "};
    const cf_select         *last = emit_intersection(e, s, true);
    while (last->combine) {
        cf_put(e, words[last->combine]);
        last = emit_intersection(e, last->next, false);
    }
}

static void emit_ctes(cf_emitter *e, const cf_select *s)
{
    if (s->ctes && !e->dialect->cte) cf_emit_refuse(e, offsetof(cf_dialect, cte), "with ... as");
    for (const cf_cte *cte = s->ctes; cte; cte = cte->next) {
        cf_put(e, cte != s->ctes ? ", " : s->recursive ? "WITH RECURSIVE " : "WITH ");
        cf_sql_name(&e->out, e->dialect, cte->mapper->table);
        for (size_t i = 0; i < cte->mapper->column_count; i++) {
            cf_put(e, i ? ", " : " (");
            cf_sql_name(&e->out, e->dialect, cte->mapper->columns[i].column);
        }
        cf_put(e, ") AS (");
        cf_emit_select(e, cte->select);
        cf_put(e, ")");
        if (!cte->next) cf_put(e, " ");
    }
}

void cf_emit_select(cf_emitter *e, const cf_select *s)
{
    emit_ctes(e, s);
    emit_combined(e, s);
    emit_order_by(e, s);
    emit_bounds(e, s, 0);
}

/* ---- the whole ------------------------------------------------------------------------------------ */

/* Rows are counted at once, or, where they are made by more than conditions, as those of a table. */
static void emit_count(cf_emitter *e, const cf_select *s)
{
    emit_ctes(e, s);
    if (!s->next && !s->distinct && !s->aggregated && !s->limit && !s->offset) {
        emit_one(e, s, THE_COUNT);
        return;
    }
    cf_put(e, "SELECT count(*) FROM (");
    e->numbered = true; /* MariaDB takes no two columns of one name in a table */
    if (s->next) emit_combined(e, s);
    else if (s->list) emit_one(e, s, THE_LIST);
    else if (s->distinct) emit_one(e, s, THE_OBJECTS);
    else emit_one(e, s, JUST_ONE);
    emit_bounds(e, s, 0);
    cf_put(e, ") AS c");
}

static void emit_exists(cf_emitter *e, const cf_select *s)
{
    emit_ctes(e, s);
    if (s->next) emit_combined(e, s);
    else emit_one(e, s, s->aggregated ? THE_LIST : JUST_ONE);
    emit_bounds(e, s, 1);
}

/* PostgreSQL cannot lock rows that may not be there: the others are named. */
static void emit_certain_tables(cf_emitter *e, const cf_scope *scope)
{
    bool missing = false;
    for (size_t i = 0; i < scope->join_count; i++) missing |= scope->joins[i].outer;
    if (!missing || e->dialect->id != CF_POSTGRESQL) return;
    cf_buffer_printf(&e->out, " OF t%u", scope->alias);
    for (size_t i = 0; i < scope->join_count; i++)
        if (!scope->joins[i].outer) cf_buffer_printf(&e->out, ", t%u", scope->joins[i].alias);
}

/* On SQLite the one transaction that writes is lock enough: it holds all rows, so none is locked by others. */
static void emit_lock(cf_emitter *e, const cf_lock *lock, const cf_scope *scope)
{
    if (lock->mode == CF_LOCK_NONE || !e->dialect->for_update) return;
    if (lock->skip_locked && !e->dialect->skip_locked)
        cf_emit_refuse(e, offsetof(cf_dialect, skip_locked), "for update skip locked");
    if (lock->nowait && !e->dialect->nowait) cf_emit_refuse(e, offsetof(cf_dialect, nowait), "for update nowait");
    bool share = lock->mode == CF_LOCK_SHARE;
    bool shared_mode = share && e->dialect->id == CF_MARIADB && !e->dialect->mysql;
    cf_put(e, shared_mode ? " LOCK IN SHARE MODE" : share ? " FOR SHARE" : " FOR UPDATE");
    /* Where the server cannot, it locks the rows of all tables of the query: more than was asked for. */
    if (!lock->of) emit_certain_tables(e, scope);
    else if (e->dialect->lock_of) cf_buffer_printf(&e->out, " OF t%u", lock->of_alias);
    if (lock->skip_locked) cf_put(e, " SKIP LOCKED");
    if (lock->nowait) cf_put(e, " NOWAIT");
}

static int rows_wanted(int verb)
{
    return verb == CF_VERB_ONE ? 2 : verb == CF_VERB_FIND || verb == CF_VERB_SCALAR;
}

static void emit_objects(cf_emitter *e, const cf_query_tree *tree)
{
    const cf_select *s = tree->select;
    emit_ctes(e, s);
    if (s->list) emit_combined(e, s);
    else emit_one(e, s, THE_OBJECTS);
    if ((e->variant->form & ~(uint32_t)CF_FORM_DELETED) == CF_FORM_PAGE) {
        emit_page_order(e, s);
        cf_put(e, " LIMIT ");
        cf_emit_extra(e, 0, CF_INT);
        cf_put(e, " OFFSET ");
        cf_emit_extra(e, 1, CF_INT);
    } else if (cf_form_is_slice(e->variant->form)) {
        cf_emit_slice_order(e);
    } else {
        emit_order_by(e, s);
        emit_bounds(e, s, rows_wanted(e->plan->verb));
    }
    emit_lock(e, &tree->lock, s->scope);
}

void cf_emit_statement(cf_emitter *e)
{
    const cf_query_tree *tree = e->plan->tree;
    e->aliased = true;
    switch ((e->variant->form & ~(uint32_t)CF_FORM_DELETED) == CF_FORM_COUNT ? CF_VERB_COUNT : e->plan->verb) {
    case CF_VERB_COUNT:
        e->counting = true;
        emit_count(e, tree->select);
        break;
    case CF_VERB_EXISTS: emit_exists(e, tree->select); break;
    case CF_VERB_DELETE_WHERE:
    case CF_VERB_UPDATE_WHERE:
    case CF_VERB_UPSERT:
        e->aliased = false;
        cf_emit_change(e);
        break;
    default: emit_objects(e, tree);
    }
}

bool cf_emit(const cf_plan *plan, const cf_dialect *dialect, cf_arena *arena, cf_variant *variant, cf_error *error)
{
    cf_emitter e = {.plan = plan, .dialect = dialect, .variant = variant, .arena = arena, .error = error};
    e.more = e.bindings;
    e.capacity = sizeof e.bindings / sizeof *e.bindings;
    cf_emit_statement(&e);
    if (!e.failed && !e.out.failed && e.count > (size_t)dialect->max_parameters) {
        e.failed = true;
        cf_fail(error, CF_ERR_LIMIT, "a query with %zu values is too large for %s, which takes %d", e.count,
                dialect->title, dialect->max_parameters);
    }
    if (e.failed) {
        cf_buffer_free(&e.out);
        return false;
    }
    variant->sql.text = e.out.failed ? NULL : cf_arena_text(arena, e.out.data, e.out.size);
    variant->sql.size = e.out.size;
    variant->sql.reads = plan->verb != CF_VERB_DELETE_WHERE && plan->verb != CF_VERB_UPDATE_WHERE &&
                         plan->verb != CF_VERB_UPSERT && plan->tree->lock.mode == CF_LOCK_NONE;
    variant->bindings = cf_arena_array(arena, e.count ? e.count : 1, sizeof *e.more);
    variant->binding_count = e.count;
    cf_buffer_free(&e.out);
    if (!variant->sql.text || !variant->bindings) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (e.count) memcpy(variant->bindings, e.more, e.count * sizeof *e.more);
    return true;
}

void cf_emit_order(cf_buffer *out, const cf_plan *plan, const cf_dialect *dialect)
{
    cf_emitter e = {.plan = plan, .dialect = dialect, .out = *out, .aliased = true};
    cf_emit_orders(&e, plan->tree->select->orders, plan->tree->select->order_count);
    *out = e.out;
}

void cf_emit_where(cf_buffer *out, const cf_plan *plan, const cf_dialect *dialect)
{
    cf_emitter e = {.plan = plan, .dialect = dialect, .out = *out, .aliased = true};
    cf_emit_node(&e, plan->tree->select->where);
    *out = e.out;
}
