/* The statements that load or count a side for some number of owners. */
#include "orm/side.h"

#include <string.h>

/* "t0.a, t0.b", or "(t0.a, t0.b)" where a comparison of rows is meant. */
static void put_columns(cf_buffer *out, const cf_dialect *d, const char *table, cf_attribute *const *columns,
                        size_t count, bool row)
{
    if (row && count > 1) cf_buffer_char(out, '(');
    for (size_t i = 0; i < count; i++) {
        cf_buffer_text(out, i ? ", " : "");
        cf_buffer_text(out, table);
        cf_sql_name(out, d, columns[i]->column);
    }
    if (row && count > 1) cf_buffer_char(out, ')');
}

/* Places for `keys` keys: "(?, ?, ?)", or rows of them for keys of several columns. */
static void put_keys(cf_buffer *out, const cf_dialect *d, size_t columns, size_t keys)
{
    int n = 0;
    cf_buffer_text(out, columns > 1 && d->id == CF_SQLITE ? "(VALUES " : "(");
    for (size_t i = 0; i < keys; i++) {
        cf_buffer_text(out, i ? ", " : "");
        if (columns > 1) cf_buffer_char(out, '(');
        for (size_t k = 0; k < columns; k++) {
            cf_buffer_text(out, k ? ", " : "");
            cf_sql_placeholder(out, d, ++n);
        }
        if (columns > 1) cf_buffer_char(out, ')');
    }
    cf_buffer_char(out, ')');
}

/* WHERE the key that refers to the owner is one of those asked for. */
static void put_where(cf_buffer *out, const cf_side *side, const cf_dialect *d, size_t form)
{
    cf_buffer_text(out, " WHERE ");
    put_columns(out, d, side->through ? "t1." : "t0.", side->own.right, form == CF_SIDE_WHOLE ? 1 : side->own.count,
                true);
    if (form == CF_SIDE_WHOLE) {
        cf_buffer_text(out, " IS NOT NULL");
    } else if (form == CF_SIDE_RANGE) {
        cf_buffer_text(out, " BETWEEN ");
        cf_sql_placeholder(out, d, 1);
        cf_buffer_text(out, " AND ");
        cf_sql_placeholder(out, d, 2);
    } else {
        cf_buffer_text(out, " IN ");
        put_keys(out, d, side->own.count, (size_t)1 << form);
    }
}

static void put_join(cf_buffer *out, const cf_side *side, const cf_dialect *d)
{
    cf_buffer_text(out, " JOIN ");
    cf_sql_name(out, d, side->through->table);
    cf_buffer_text(out, " AS t1 ON ");
    for (size_t i = 0; i < side->pass.count; i++) {
        cf_buffer_text(out, i ? " AND t1." : "t1.");
        cf_sql_name(out, d, side->pass.left[i]->column);
        cf_buffer_text(out, " = t0.");
        cf_sql_name(out, d, side->pass.right[i]->column);
    }
}

static void put_filter(cf_buffer *out, const cf_side *side, const cf_dialect *d, bool deleted)
{
    if (side->target->soft && !deleted) {
        cf_buffer_text(out, " AND t0.");
        cf_sql_name(out, d, side->target->soft->column);
        cf_buffer_text(out, " IS NULL");
    }
    if (!side->order || !side->order->tree->select->where) return;
    cf_buffer_text(out, " AND ");
    cf_emit_where(out, side->order, d);
}

/* Are these the columns of the mapper's primary key, in its order? */
static bool is_primary(const cf_mapper *m, cf_attribute *const *columns, size_t count)
{
    bool same = count == m->key_count;
    for (size_t i = 0; same && i < count; i++) same = columns[i]->index == m->key[i];
    return same;
}

/*
 * Rows of one owner come one after another; an index of the key then gives the order without a sort. SQLite's has the
 * rows of an association as they were added, which is kept; servers promise no such order. A whole table is read as it
 * lies.
 */
static void put_order(cf_buffer *out, const cf_side *side, const cf_dialect *d, size_t form)
{
    const cf_mapper *t = side->target;
    bool             given = side->order && side->order->tree->select->order_count;
    cf_buffer_text(out, " ORDER BY ");
    if (form != CF_SIDE_WHOLE) {
        put_columns(out, d, side->through ? "t1." : "t0.", side->own.right, side->own.count, false);
        if (!given && side->through && d->id == CF_SQLITE) return;
        cf_buffer_text(out, ", ");
    }
    if (given) {
        cf_emit_order(out, side->order, d);
    } else if (side->through && is_primary(t, side->pass.right, side->pass.count)) {
        put_columns(out, d, "t1.", side->pass.left, side->pass.count, false);
    } else {
        cf_attribute *key[CF_MOST_KEYS];
        for (size_t i = 0; i < t->key_count; i++) key[i] = &t->columns[t->key[i]];
        put_columns(out, d, "t0.", key, t->key_count, false);
    }
}

static void put_select(cf_buffer *out, const cf_side *side, const cf_dialect *d, size_t form, bool deleted)
{
    const cf_mapper *t = side->target;
    const char      *near = side->through ? "t1." : "t0.";
    cf_buffer_text(out, "SELECT ");
    for (size_t i = 0; i < t->column_count; i++) {
        cf_buffer_text(out, i ? ", t0." : "t0.");
        cf_sql_name(out, d, t->columns[i].column);
    }
    if (side->through) {
        cf_buffer_text(out, ", ");
        put_columns(out, d, near, side->own.right, side->own.count, false);
    }
    cf_buffer_text(out, " FROM ");
    cf_sql_name(out, d, t->table);
    cf_buffer_text(out, " AS t0");
    if (side->through) put_join(out, side, d);
    put_where(out, side, d, form);
    put_filter(out, side, d, deleted);
    if (side->kind != CF_SIDE_KEY) put_order(out, side, d, form);
}

static void put_count(cf_buffer *out, const cf_side *side, const cf_dialect *d, size_t form, bool deleted)
{
    const char *near = side->through ? "t1." : "t0.";
    bool        target = !side->through || side->target->soft || (side->order && side->order->tree->select->where);
    cf_buffer_text(out, "SELECT count(*), ");
    put_columns(out, d, near, side->own.right, side->own.count, false);
    cf_buffer_text(out, " FROM ");
    cf_sql_name(out, d, target ? side->target->table : side->through->table);
    cf_buffer_text(out, target ? " AS t0" : " AS t1");
    if (target && side->through) put_join(out, side, d);
    put_where(out, side, d, form);
    put_filter(out, side, d, deleted);
    cf_buffer_text(out, " GROUP BY ");
    put_columns(out, d, near, side->own.right, side->own.count, false);
}

const cf_sql *cf_side_statement(cf_side *side, const cf_dialect *d, cf_side_verb verb, size_t form, cf_error *error)
{
    _Atomic(cf_statement *) *place = &side->statements[verb][d->id][form];
    cf_statement            *s = atomic_load_explicit(place, memory_order_acquire);
    if (s) return &s->sql;
    cf_registry *r = side->owner->registry;
    pthread_mutex_lock(&r->lock);
    s = atomic_load(place);
    if (!s && (s = cf_arena_alloc(r->arena, sizeof *s))) {
        cf_buffer text = {0};
        (verb & CF_SIDE_COUNT ? put_count : put_select)(&text, side, d, form, verb & CF_SIDE_DELETED);
        s->sql =
            (cf_sql){text.failed ? NULL : cf_arena_text(r->arena, text.data, text.size), text.size, cf_sql_id(), true};
        cf_buffer_free(&text);
        if (s->sql.text) atomic_store_explicit(place, s, memory_order_release);
        else s = NULL;
    }
    pthread_mutex_unlock(&r->lock);
    if (!s) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return s ? &s->sql : NULL;
}
