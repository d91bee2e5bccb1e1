/*
 * The order of a flush. Parents come before children by the ranks of their mappers; where that does not say it all
 * (models that refer to themselves or to each other, values that change hands), rows are sorted as a graph.
 */
#include "orm/unit.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- the usual order ---------------------------------------------------------------------------- */

static int phase(const cf_write *op)
{
    return op->verb == CF_WRITE_DELETE ? 2 : op->verb == CF_WRITE_LOOSEN || op->verb == CF_WRITE_REMOVE ? 0 : 1;
}

/* Rows that are there are locked in the order of their keys, so that two sessions do not lock each other out. */
static int compare_keys(const cf_state *a, const cf_state *b)
{
    const cf_mapper *m = a->mapper;
    for (size_t i = 0; i < m->key_count; i++) {
        const cf_attribute *key = &m->columns[m->key[i]];
        int order = cf_value_compare(cf_attribute_read(key, a->snapshot), cf_attribute_read(key, b->snapshot));
        if (order) return order;
    }
    return 0;
}

/* `level` is still the position among the session's objects: rows are inserted in the order they were added. */
static int compare(const void *left, const void *right)
{
    const cf_write *a = left, *b = right;
    int             by_phase = phase(a) - phase(b), rank = a->state->mapper->rank - b->state->mapper->rank;
    if (by_phase) return by_phase;
    if (rank) return a->verb == CF_WRITE_DELETE ? -rank : rank;
    if (a->verb != b->verb) return a->verb < b->verb ? -1 : 1;
    int keys = a->verb == CF_WRITE_INSERT ? 0 : compare_keys(a->state, b->state);
    return keys ? keys : (a->level > b->level) - (a->level < b->level);
}

static void sort(cf_unit *unit)
{
    bool sorted = true;
    for (size_t i = 0; i < unit->count; i++) unit->ops[i].level = (uint32_t)i;
    for (size_t i = 1; sorted && i < unit->count; i++) sorted = compare(&unit->ops[i - 1], &unit->ops[i]) < 0;
    if (!sorted) qsort(unit->ops, unit->count, sizeof *unit->ops, compare);
    for (size_t i = 0; i < unit->count; i++) {
        unit->ops[i].level = 0;
        unit->ops[i].state->op = (uint32_t)i;
    }
}

/* ---- the graph ----------------------------------------------------------------------------------- */

typedef struct edge {
    struct edge  *next_out, *next_in;
    uint32_t      from, to;
    cf_wait       wait;
    bool          gone;
    const cf_tie *tie; /* of `from`, but for CF_WAIT_REFER of `to` */
} edge;

typedef struct node {
    edge    *out, *in;
    uint64_t urgency; /* the smallest goes first */
    uint32_t waits;   /* edges in whose op is not done */
    uint32_t visit;   /* the walk that came by */
    bool     done;
} node;

/* A value that an op releases or takes. */
typedef struct claim {
    struct claim *next;
    uint64_t      value;
    uint32_t      op;
    const cf_tie *tie;
} claim;

typedef struct graph {
    cf_unit  *unit;
    cf_arena *arena;
    node     *nodes;
    uint32_t *heap;
    size_t    capacity, ready;
    uint32_t *order;
    size_t    done;
    claim   **released, **taken; /* by value */
    size_t    mask;
    uint32_t  walks;
    uint32_t  passes; /* of open_alike() */
    size_t    first;  /* no op before is left */

    const cf_write *fault;
} graph;

static bool no_memory(graph *g)
{
    return cf_fail(&g->unit->db->error, CF_ERR_MEMORY, "out of memory");
}

static uint64_t urgency(const cf_write *op, size_t position)
{
    uint64_t rank = (uint64_t)op->state->mapper->rank & 0xfff;
    if (op->verb == CF_WRITE_DELETE) rank = 0xfff - rank;
    if (op->verb == CF_WRITE_UPDATE && op->second) rank |= 0x800; /* when all rows are there, to be one batch */
    uint64_t level = op->level < 0xffff ? op->level : 0xffff;
    return (uint64_t)phase(op) << 62 | rank << 50 | (uint64_t)op->verb << 47 | level << 31 | (position & 0x7fffffff);
}

static bool connect(graph *g, uint32_t from, uint32_t to, cf_wait wait, const cf_tie *tie)
{
    edge *e = cf_arena_alloc(g->arena, sizeof *e);
    if (!e) return no_memory(g);
    *e = (edge){g->nodes[from].out, g->nodes[to].in, from, to, wait, false, tie};
    g->nodes[from].out = g->nodes[to].in = e;
    g->nodes[to].waits++;
    return true;
}

static void drop(graph *g, edge *e)
{
    e->gone = true;
    g->nodes[e->to].waits--;
}

/* ---- claims ---------------------------------------------------------------------------------------- */

/* Which values of an op change: the tie's value before and after, 0 where there is none. */
static void values_of(const cf_write *op, const cf_tie *tie, const cf_mask *unknown, uint64_t *before, uint64_t *after)
{
    const cf_state  *s = op->state;
    const cf_mapper *m = s->mapper;
    bool             is = op->verb != CF_WRITE_INSERT, stays = op->verb != CF_WRITE_DELETE;
    cf_answer        was_in = is ? cf_tie_covers(m, tie, s->snapshot) : CF_NO;
    cf_answer        will_be_in = stays ? cf_tie_covers(m, tie, s->object) : CF_NO;
    *before = was_in != CF_NO ? cf_tie_value(m, tie, s->snapshot, NULL) : 0;
    *after = will_be_in != CF_NO ? cf_tie_value(m, tie, s->object, unknown) : 0;
    if (*before && *before == *after && was_in == CF_YES && will_be_in == CF_YES) *before = *after = 0;
}

static bool deferred(const graph *g, const cf_tie *tie)
{
    const cf_dialect *d = g->unit->db->dialect;
    if (tie->foreign_key) return tie->foreign_key->deferrable && d->deferrable;
    return tie->constraint && tie->constraint->deferrable && d->deferrable_unique;
}

static bool add_claim(graph *g, claim **table, uint64_t value, uint32_t op, const cf_tie *tie)
{
    if (!value) return true;
    claim *c = cf_arena_alloc(g->arena, sizeof *c);
    if (!c) return no_memory(g);
    *c = (claim){table[value & g->mask], value, op, tie};
    table[value & g->mask] = c;
    return true;
}

/* Columns whose values the database makes when the row they refer to is written. */
static bool unknown_of(const cf_write *op, cf_mask *mask)
{
    memset(mask, 0, sizeof *mask);
    return op->state->relinked && cf_sides_unknown(op->state, mask);
}

static bool of_interest(const cf_write *op)
{
    cf_mask changed;
    if (op->verb != CF_WRITE_UPDATE || op->state->relinked) return op->verb != CF_WRITE_NOTHING;
    return cf_state_changes(op->state, &changed) && cf_mask_meets(&changed, &op->state->mapper->tied);
}

static bool claim_values(graph *g, uint32_t i)
{
    const cf_write  *op = &g->unit->ops[i];
    const cf_mapper *m = op->state->mapper;
    cf_mask          unknown;
    uint64_t         before, after;
    unknown_of(op, &unknown);
    for (size_t k = 0; k < m->tie_count; k++) {
        const cf_tie *tie = &m->ties[k];
        if (tie->foreign_key) continue;
        values_of(op, tie, &unknown, &before, &after);
        if (!add_claim(g, g->released, before, i, tie) || !add_claim(g, g->taken, after, i, tie)) return false;
    }
    return true;
}

/* The database itself takes the rows along that refer to a key that moves. */
static bool follows(const cf_tie *tie, const cf_write *release)
{
    return release->verb == CF_WRITE_UPDATE &&
           (tie->foreign_key->on_update == CF_CASCADE || tie->foreign_key->on_update == CF_SET_NULL);
}

static bool wait_for_reference(graph *g, uint32_t i, const cf_tie *tie, uint64_t before, uint64_t after)
{
    for (claim *c = before ? g->released[before & g->mask] : NULL; c; c = c->next) {
        /* InnoDB does not delete a row that refers to itself. */
        bool itself = c->op == i && (g->unit->db->dialect->id != CF_MARIADB || g->unit->ops[i].verb != CF_WRITE_DELETE);
        if (c->value != before || itself || follows(tie, &g->unit->ops[c->op])) continue;
        if (!connect(g, i, c->op, CF_WAIT_UNREFER, tie)) return false;
    }
    for (claim *c = after ? g->taken[after & g->mask] : NULL; c; c = c->next)
        if (c->value == after && c->op != i && !connect(g, c->op, i, CF_WAIT_REFER, tie)) return false;
    return true;
}

static bool wait_for_value(graph *g, uint32_t i, uint64_t after)
{
    for (claim *c = after ? g->released[after & g->mask] : NULL; c; c = c->next)
        if (c->value == after && c->op != i && !connect(g, c->op, i, CF_WAIT_RELEASE, c->tie)) return false;
    return true;
}

static const cf_tie *tie_of(const cf_mapper *m, const cf_foreign_key *key)
{
    for (size_t i = 0; i < m->tie_count; i++)
        if (m->ties[i].foreign_key && m->ties[i].foreign_key == key) return &m->ties[i];
    return NULL;
}

/* Objects set by a relationship whose keys are not known yet. */
static bool wait_for_parents(graph *g, uint32_t i)
{
    const cf_state *s = g->unit->ops[i].state;
    for (size_t k = 0; s->related && k < s->mapper->side_count; k++) {
        const cf_side  *side = s->mapper->sides[k];
        const cf_state *one = cf_side_awaited(side, &s->related[k]);
        if (one && !connect(g, one->op, i, CF_WAIT_REFER, tie_of(s->mapper, side->key))) return false;
    }
    return true;
}

static bool wait_for_values(graph *g, uint32_t i)
{
    const cf_write  *op = &g->unit->ops[i];
    const cf_mapper *m = op->state->mapper;
    cf_mask          unknown;
    uint64_t         before, after;
    if (unknown_of(op, &unknown) && !wait_for_parents(g, i)) return false;
    for (size_t k = 0; k < m->tie_count; k++) {
        const cf_tie *tie = &m->ties[k];
        if (deferred(g, tie)) continue;
        values_of(op, tie, &unknown, &before, &after);
        if (tie->foreign_key ? !wait_for_reference(g, i, tie, before, after) : !wait_for_value(g, i, after))
            return false;
    }
    return true;
}

/* ---- what is ready --------------------------------------------------------------------------------- */

static void push(graph *g, uint32_t op)
{
    size_t at = g->ready++;
    g->nodes[op].urgency = urgency(&g->unit->ops[op], op);
    for (; at && g->nodes[op].urgency < g->nodes[g->heap[(at - 1) / 2]].urgency; at = (at - 1) / 2)
        g->heap[at] = g->heap[(at - 1) / 2];
    g->heap[at] = op;
}

static uint32_t pop(graph *g)
{
    uint32_t top = g->heap[0], last = g->heap[--g->ready];
    size_t   at = 0;
    for (size_t child = 1; child < g->ready; child = at * 2 + 1) {
        if (child + 1 < g->ready && g->nodes[g->heap[child + 1]].urgency < g->nodes[g->heap[child]].urgency) child++;
        if (g->nodes[last].urgency <= g->nodes[g->heap[child]].urgency) break;
        g->heap[at] = g->heap[child];
        at = child;
    }
    g->heap[at] = last;
    return top;
}

static void finish(graph *g, uint32_t i)
{
    const cf_write *op = &g->unit->ops[i];
    g->nodes[i].done = true;
    g->order[g->done++] = i;
    for (edge *e = g->nodes[i].out; e; e = e->next_out) {
        if (e->gone) continue;
        cf_write *next = &g->unit->ops[e->to];
        bool      alike = next->verb == op->verb && next->state->mapper == op->state->mapper;
        if (next->level < op->level + alike) next->level = op->level + alike;
        if (--g->nodes[e->to].waits == 0) push(g, e->to);
    }
}

#define MOST_PASSES 8 /* over all rows, for circles like the one that was opened */

/* ---- circles ----------------------------------------------------------------------------------------- */

static bool make_room(graph *g)
{
    size_t capacity = g->unit->count + 2 < g->capacity ? g->capacity : (g->unit->count + 8) * 2;
    if (capacity == g->capacity) return true;
    node     *nodes = cf_arena_array(g->arena, capacity, sizeof *nodes);
    uint32_t *heap = cf_arena_array(g->arena, capacity, sizeof *heap);
    uint32_t *order = cf_arena_array(g->arena, capacity, sizeof *order);
    if (!nodes || !heap || !order) return no_memory(g);
    if (g->nodes) memcpy(nodes, g->nodes, g->unit->count * sizeof *nodes);
    if (g->ready) memcpy(heap, g->heap, g->ready * sizeof *heap);
    if (g->done) memcpy(order, g->order, g->done * sizeof *order);
    g->nodes = nodes;
    g->heap = heap;
    g->order = order;
    g->capacity = capacity;
    return true;
}

/* Another op for the row of op i, and the columns that it takes from it. */
static bool split(graph *g, uint32_t i, cf_write_verb verb, uint32_t *other)
{
    if (!make_room(g)) return false;
    *other = (uint32_t)g->unit->count;
    cf_write *op = cf_unit_add(g->unit, g->unit->ops[i].state, verb);
    if (!op) return no_memory(g);
    op->second = g->unit->ops[i].split || verb == CF_WRITE_UPDATE;
    g->unit->ops[i].split = true;
    return true;
}

static bool mark(graph *g, uint32_t i, uint16_t column)
{
    cf_write *op = &g->unit->ops[i];
    if (!op->columns) op->columns = cf_arena_alloc(g->arena, sizeof *op->columns);
    if (!op->columns) return no_memory(g);
    cf_mask_set(op->columns, column);
    return true;
}

/* The key is written by an UPDATE after the row it refers to; what waited for the old key waits for it, too. */
static bool write_later(graph *g, edge *e, uint16_t column)
{
    uint32_t i = e->to, later;
    if (!mark(g, i, column) || !split(g, i, CF_WRITE_UPDATE, &later)) return false;
    if (!connect(g, i, later, CF_WAIT_REFER, NULL)) return false;
    for (edge *in = g->nodes[i].in; in; in = in->next_in) {
        if (in->gone || in->tie != e->tie || in->wait != CF_WAIT_REFER || g->nodes[in->from].done) continue;
        drop(g, in);
        if (!connect(g, in->from, later, in->wait, in->tie)) return false;
    }
    for (edge *out = g->nodes[i].out; out; out = out->next_out) {
        if (out->gone || out->tie != e->tie || out->wait != CF_WAIT_UNREFER) continue;
        drop(g, out);
        if (!connect(g, later, out->to, out->wait, out->tie)) return false;
    }
    if (g->nodes[i].waits == 0) push(g, i);
    return true;
}

/* The value is given up by an op of its own, before. */
static bool release_before(graph *g, edge *e, cf_remedy remedy, uint16_t column)
{
    uint32_t i = e->from, before;
    bool     remove = remedy == CF_REMEDY_REMOVE;
    if (!split(g, i, remove ? CF_WRITE_REMOVE : CF_WRITE_LOOSEN, &before)) return false;
    if (!remove && !mark(g, before, column)) return false;
    if (remove) {
        g->unit->ops[i].verb = CF_WRITE_INSERT;
        g->unit->ops[i].again = true;
    }
    for (edge *out = g->nodes[i].out; out; out = out->next_out) {
        if (out->gone || out->wait == CF_WAIT_REFER || (out->tie != e->tie && !remove)) continue;
        drop(g, out);
        if (!connect(g, before, out->to, out->wait, out->tie)) return false;
    }
    /* Who refers to a key that is released lets go of it first. */
    for (edge *in = e->tie->referred ? g->nodes[i].in : NULL; in; in = in->next_in) {
        if (in->gone || in->wait != CF_WAIT_UNREFER || g->nodes[in->from].done) continue;
        drop(g, in);
        if (!connect(g, in->from, before, in->wait, in->tie)) return false;
    }
    if (!connect(g, before, i, CF_WAIT_RELEASE, NULL)) return false;
    if (g->nodes[before].waits == 0) push(g, before);
    return true;
}

static edge *unfinished(const graph *g, uint32_t i)
{
    edge *e = g->nodes[i].in;
    while (e && (e->gone || g->nodes[e->from].done)) e = e->next_in;
    return e;
}

static bool no_remedy(graph *g, const edge *e)
{
    const cf_write  *op = &g->unit->ops[e->wait == CF_WAIT_REFER ? e->to : e->from];
    const cf_mapper *m = op->state->mapper;
    g->fault = op;
    return cf_fail(&g->unit->db->error, CF_ERR_CYCLE,
                   "%s objects wait for each other in a circle, by %s.%s among others, and none can be written first; "
                   "let a column of the circle be NULL",
                   m->name, m->name, e->tie ? m->columns[e->tie->columns[0]].name : "(a relationship)");
}

/*
 * Need a row that refers to a key that moves not let go of it first? SQLite can look at references when the transaction
 * ends: then the key moves, and those that refer to it follow.
 */
static bool can_refer_later(const graph *g, const edge *e)
{
    return g->unit->db->dialect->id == CF_SQLITE && e->wait == CF_WAIT_UNREFER && e->tie && e->tie->foreign_key &&
           e->tie->foreign_key->on_update == CF_NO_ACTION && g->unit->ops[e->to].verb == CF_WRITE_UPDATE;
}

static bool refer_later(graph *g, edge *e)
{
    g->unit->late = true;
    drop(g, e);
    if (g->nodes[e->to].waits == 0) push(g, e->to);
    return true;
}

static bool open_at(graph *g, edge *e, cf_remedy remedy, uint16_t column)
{
    return remedy == CF_REMEDY_LATER || remedy == CF_REMEDY_STAY ? write_later(g, e, column)
                                                                 : release_before(g, e, remedy, column);
}

/* Do the two rows of an edge wait for each other? */
static bool is_mutual(const graph *g, const edge *e)
{
    const edge *in = g->nodes[e->from].in;
    while (in && (in->gone || in->from != e->to)) in = in->next_in;
    return in != NULL;
}

/* Rows that wait for another one in the same way are opened in the same way: then they are written together. */
static bool open_alike(graph *g, cf_wait wait, const cf_tie *tie, cf_remedy remedy, const cf_write *like)
{
    const cf_mapper *m = like->state->mapper;
    cf_write_verb    verb = like->verb;
    uint32_t         count = (uint32_t)g->unit->count;
    for (uint32_t i = (uint32_t)g->first; i < count; i++) {
        if (g->nodes[i].done || g->unit->ops[i].verb != verb || g->unit->ops[i].state->mapper != m) continue;
        for (edge *e = wait == CF_WAIT_REFER ? g->nodes[i].in : g->nodes[i].out; e;
             e = wait == CF_WAIT_REFER ? e->next_in : e->next_out) {
            const cf_write *ops = g->unit->ops;
            uint16_t        column = 0;
            if (e->gone || e->wait != wait || e->tie != tie || g->nodes[e->from].done || !is_mutual(g, e)) continue;
            if (cf_wait_remedy(&ops[e->from], &ops[e->to], wait, tie, &column) != remedy) continue;
            if (!open_at(g, e, remedy, column)) return false;
            break;
        }
    }
    return true;
}

/* How many others wait for a row; no more than a few are counted. */
static int waited_for(const graph *g, uint32_t i)
{
    int n = 0;
    for (const edge *e = g->nodes[i].out; e && n < 16; e = e->next_out) n += !e->gone;
    return n;
}

/* Walks back along the waits until it meets itself, and opens the circle where that costs least. */
static bool open_circle(graph *g)
{
    while (g->nodes[g->first].done) g->first++;
    uint32_t at = (uint32_t)g->first;
    for (g->walks++; g->nodes[at].visit != g->walks; at = unfinished(g, at)->from) g->nodes[at].visit = g->walks;
    edge     *best = NULL, *e;
    cf_remedy remedy = CF_REMEDY_NONE;
    uint16_t  column = 0;
    uint32_t  start = at;
    do {
        uint16_t here = 0;
        e = unfinished(g, at);
        if (can_refer_later(g, e)) return refer_later(g, e);
        cf_remedy r = cf_wait_remedy(&g->unit->ops[e->from], &g->unit->ops[e->to], e->wait, e->tie, &here);
        bool      more = best && r == remedy && r == CF_REMEDY_LATER && waited_for(g, e->to) > waited_for(g, best->to);
        if (!best || r < remedy || more) best = e, remedy = r, column = here;
        at = e->from;
    } while (at != start);
    if (remedy == CF_REMEDY_NONE) return no_remedy(g, best);
    cf_write like = g->unit->ops[best->wait == CF_WAIT_REFER ? best->to : best->from];
    if (!open_at(g, best, remedy, column)) return false;
    return !best->tie->foreign_key || g->passes++ >= MOST_PASSES || open_alike(g, best->wait, best->tie, remedy, &like);
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static bool build(graph *g)
{
    size_t size = 16;
    while (size < g->unit->count * 2) size *= 2;
    g->mask = size - 1;
    g->released = cf_arena_array(g->arena, size, sizeof *g->released);
    g->taken = cf_arena_array(g->arena, size, sizeof *g->taken);
    bool *wanted = cf_arena_array(g->arena, g->unit->count, sizeof *wanted);
    if (!g->released || !g->taken || !wanted || !make_room(g)) return no_memory(g);
    for (uint32_t i = 0; i < g->unit->count; i++) {
        wanted[i] = of_interest(&g->unit->ops[i]);
        if (wanted[i] && !claim_values(g, i)) return false;
    }
    for (uint32_t i = 0; i < g->unit->count; i++)
        if (wanted[i] && !wait_for_values(g, i)) return false;
    return true;
}

static bool solve(graph *g)
{
    for (uint32_t i = 0; i < g->unit->count; i++)
        if (g->nodes[i].waits == 0) push(g, i);
    while (g->done < g->unit->count) {
        if (g->ready) finish(g, pop(g));
        else if (!open_circle(g)) return false;
    }
    g->unit->order = g->order;
    return true;
}

bool cf_unit_order(cf_unit *unit, const cf_write **at)
{
    if (unit->tied) cf_unit_replace(unit);
    sort(unit);
    if (!unit->tied) return true;
    unit->arena = cf_arena_new(NULL, 0);
    graph g = {.unit = unit, .arena = unit->arena};
    if (!unit->arena) return no_memory(&g);
    bool ok = build(&g) && solve(&g);
    if (!ok) *at = g.fault;
    return ok;
}
