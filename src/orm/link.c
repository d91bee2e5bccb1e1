/* Association rows of many-to-many relationships: those that a flush deletes, and those that it inserts. */
#include "orm/row.h"
#include "orm/unit.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 1000 /* of a batch */
#define MOST_VALUES (2 * CF_MOST_KEYS + CF_MOST_LINK_DEFAULTS)

typedef struct row {
    cf_state      *owner;
    const cf_side *side;
    cf_value       values[MOST_VALUES]; /* in the order of the columns */
    size_t         count;
} row;

/* Rows of one association that wait to be sent together. */
typedef struct batch {
    cf_db            *db;
    cf_mapper        *through;
    cf_statement_verb verb;
    cf_mask           mask;
    row              *rows;
    cf_value         *values;
    size_t            count;
    const cf_state   *fault;
} batch;

static int compare(const void *left, const void *right)
{
    const row *a = left, *b = right;
    for (size_t i = 0; i < a->count; i++) {
        int order = cf_value_compare(a->values[i], b->values[i]);
        if (order) return order;
    }
    return 0;
}

/* Rows are written in the order of their keys, so that two sessions do not lock each other out. */
static bool send(batch *b)
{
    cf_db *db = b->db;
    size_t width = b->count ? b->rows[0].count : 0;
    if (b->count == 0) return true;
    qsort(b->rows, b->count, sizeof *b->rows, compare);
    for (size_t i = 0; i < b->count; i++) memcpy(b->values + i * width, b->rows[i].values, width * sizeof *b->values);
    const cf_sql *sql = cf_mapper_statement(b->through, db->dialect, b->verb, &b->mask, &db->error);
    cf_conn      *conn = sql ? cf_session_write(db, NULL, 0) : NULL;
    cf_stmt      *stmt = conn ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    cf_batch runs = {.parameters = b->values, .count = width, .runs = b->count};
    bool     ok = stmt && cf_stmt_batch(stmt, &runs, &db->error);
    if (!ok) b->fault = runs.at < b->count ? b->rows[runs.at].owner : NULL;
    b->count = 0;
    return ok;
}

static bool start(batch *b, cf_db *db)
{
    *b = (batch){.db = db};
    b->rows = cf_mem_alloc(MOST_ROWS * sizeof *b->rows);
    b->values = cf_mem_alloc(MOST_ROWS * MOST_VALUES * sizeof *b->values);
    return (b->rows && b->values) || cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
}

static bool finish(batch *b, bool ok, const cf_state **at)
{
    ok = ok && send(b);
    if (!ok) *at = b->fault;
    cf_mem_free(b->rows);
    cf_mem_free(b->values);
    return ok;
}

/* Puts a value where its column stands among those there are: columns ascend. */
static void put(row *r, uint16_t *columns, const cf_attribute *column, cf_value value)
{
    size_t at = r->count++;
    for (; at && columns[at - 1] > column->index; at--) {
        columns[at] = columns[at - 1];
        r->values[at] = r->values[at - 1];
    }
    columns[at] = column->index;
    r->values[at] = value;
}

static bool add(batch *b, cf_mapper *through, cf_statement_verb verb, const row *r, const uint16_t *columns)
{
    cf_mask mask = {{0}};
    for (size_t i = 0; i < r->count; i++) cf_mask_set(&mask, columns[i]);
    bool fits = b->count && b->count < MOST_ROWS && b->through == through && memcmp(&b->mask, &mask, sizeof mask) == 0;
    if (!fits && !send(b)) return false;
    b->through = through;
    b->verb = verb;
    b->mask = mask;
    b->rows[b->count++] = *r;
    b->db->linked |= UINT64_C(1) << through->rank % 64;
    return true;
}

/* Columns besides the keys that have defaults; each row has a struct of its own, which values may lie in. */
static bool put_defaults(batch *b, row *r, uint16_t *columns)
{
    cf_db           *db = b->db;
    const cf_side   *side = r->side;
    const cf_mapper *t = side->through;
    void            *object = NULL;
    cf_value         value;
    for (size_t i = 0; i < t->column_count; i++) {
        const cf_attribute *a = &t->columns[i];
        if (!a->defaulted || cf_side_through_key(side, a)) continue;
        if (!object && !(object = cf_arena_alloc(db->arena, t->model->size)))
            return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
        if (!cf_attribute_set_default(a, object, cf_now(), db->arena, &db->error) ||
            !cf_row_store(db, a, object, &value))
            return false;
        put(r, columns, a, value);
    }
    return true;
}

static bool add_link(batch *b, const cf_link *l)
{
    const cf_side *side = l->side;
    uint16_t       columns[MOST_VALUES];
    row            r = {.owner = l->owner, .side = side};
    for (size_t i = 0; i < side->own.count; i++)
        put(&r, columns, side->own.right[i],
            cf_attribute_read(side->own.left[i], l->remove ? l->owner->snapshot : l->owner->object));
    for (size_t i = 0; i < side->pass.count; i++)
        put(&r, columns, side->pass.left[i],
            cf_attribute_read(side->pass.right[i], l->remove ? l->target->snapshot : l->target->object));
    if (!l->remove && !put_defaults(b, &r, columns)) {
        b->fault = l->owner;
        return false;
    }
    return add(b, side->through, l->remove ? CF_DELETE_ROWS : CF_INSERT_ROW, &r, columns);
}

bool cf_links_write(cf_db *db, bool remove, const cf_state **at)
{
    batch b;
    bool  any = false;
    for (const cf_link *l = db->links; l && !any; l = l->next) any = l->remove == remove;
    if (!any) return true;
    bool ok = start(&b, db);
    for (cf_link **p = &db->links; ok && *p;) {
        cf_link *l = *p;
        if (l->remove != remove) {
            p = &l->next;
            continue;
        }
        bool gone = l->owner->status != CF_STATUS_PERSISTENT || l->target->status != CF_STATUS_PERSISTENT ||
                    (!remove && (l->owner->doomed || l->target->doomed));
        ok = gone || add_link(&b, l);
        *p = l->next;
    }
    return finish(&b, ok, at);
}

static bool add_owner(batch *b, cf_state *s)
{
    for (size_t i = 0; i < s->mapper->side_count; i++) {
        const cf_side *side = s->mapper->sides[i];
        uint16_t       columns[MOST_VALUES];
        cf_value       key[CF_MOST_KEYS];
        row            r = {.owner = s};
        if (side->kind != CF_SIDE_THROUGH || side->view || side->key->on_delete != CF_NO_ACTION) continue;
        if (!cf_side_key(side, s->snapshot, key)) continue;
        for (size_t k = 0; k < side->own.count; k++) put(&r, columns, side->own.right[k], key[k]);
        if (!add(b, side->through, CF_DELETE_ROWS, &r, columns)) return false;
    }
    return true;
}

bool cf_links_delete_owners(cf_unit *unit, const cf_state **at)
{
    batch b;
    bool  any = false;
    for (size_t i = 0; i < unit->count && !any; i++)
        any = unit->ops[i].verb == CF_WRITE_DELETE && unit->ops[i].state->mapper->side_count;
    if (!any) return true;
    bool ok = start(&b, unit->db);
    for (size_t i = 0; ok && i < unit->count; i++)
        if (unit->ops[i].verb == CF_WRITE_DELETE) ok = add_owner(&b, unit->ops[i].state);
    return finish(&b, ok, at);
}
