#include "orm/waiting.h"

#include "base/memory.h"

#define CHUNK ((size_t)1 << (CF_SIDE_BUCKETS - 1))
/* Of so few keys lists are as cheap as other forms, and tell the database's planner more. */
#define FEW ((size_t)64)
#define LONGEST_RANGE ((size_t)8192)

bool cf_side_key(const cf_side *side, const void *owner, cf_value *key)
{
    for (size_t i = 0; i < side->own.count; i++) {
        key[i] = cf_attribute_read(side->own.left[i], owner);
        if (key[i].kind == CF_NULL) return false;
    }
    return true;
}

static uint64_t hash_key(const cf_value *key, size_t count)
{
    uint64_t h = cf_value_hash(key[0]);
    for (size_t i = 1; i < count; i++) h = h * 31 + cf_value_hash(key[i]);
    return h;
}

int64_t cf_side_missing(const cf_side *side, const cf_state *owner)
{
    cf_value key[CF_MOST_KEYS];
    uint64_t seen = 2 * (uint64_t)owner->db->writes + owner->db->show_deleted;
    return cf_side_key(side, owner->object, key) ? (int64_t)(hash_key(key, side->own.count) * 31 + seen) : 0;
}

/* Is it the key of that number? */
static bool is_key(const cf_waiting *w, size_t number, const cf_value *key)
{
    const cf_pairs *own = &w->side->own;
    const void     *object = w->states[w->firsts[number]]->object;
    for (size_t i = 0; i < own->count; i++)
        if (!cf_value_same(cf_attribute_read(own->left[i], object), key[i])) return false;
    return true;
}

static size_t find(const cf_waiting *w, const cf_value *key, uint64_t bucket)
{
    uint32_t i = w->index[bucket];
    while (i && !is_key(w, i - 1, key)) i = w->next[i - 1];
    return i ? i - 1 : CF_NO_KEY;
}

static void add(cf_waiting *w, cf_state *s)
{
    cf_value key[CF_MOST_KEYS];
    if (!cf_side_key(w->side, s->object, key)) return;
    uint64_t bucket = hash_key(key, w->side->own.count) & (w->size - 1);
    size_t   number = find(w, key, bucket), at = w->count++;
    w->states[at] = s;
    s->related[w->side->index].waiting = true;
    if (number != CF_NO_KEY) {
        uint32_t first = w->firsts[number];
        w->same[at] = w->same[first];
        w->same[first] = (uint32_t)at + 1;
        return;
    }
    number = w->key_count++;
    w->firsts[number] = (uint32_t)at;
    w->next[number] = w->index[bucket];
    w->index[bucket] = (uint32_t)number + 1;
}

bool cf_waiting_begin(cf_waiting *w, bool (*waits)(const cf_waiting *, cf_state *), void *const *objects, size_t count)
{
    for (w->size = 8; w->size < count * 2; w->size *= 2) {
    }
    w->states = cf_mem_zero(count, sizeof *w->states);
    w->index = cf_mem_zero(w->size, sizeof *w->index);
    w->next = cf_mem_zero(count, sizeof *w->next);
    w->same = cf_mem_zero(count, sizeof *w->same);
    w->firsts = cf_mem_zero(count, sizeof *w->firsts);
    if (!w->states || !w->index || !w->next || !w->same || !w->firsts) return false;
    for (size_t i = 0; i < count; i++) {
        cf_state *s = cf_state_of(objects[i]);
        if (s->mapper != w->side->owner || s->status != CF_STATUS_PERSISTENT || s->db != w->db) continue;
        const cf_related *r = cf_related_of(s, w->side);
        if (!r) return false;
        if (!r->waiting && waits(w, s)) add(w, s); /* once, however often the result has it */
    }
    return true;
}

void cf_waiting_end(cf_waiting *w)
{
    for (size_t i = 0; i < w->count; i++) w->states[i]->related[w->side->index].waiting = false;
    cf_mem_free(w->states);
    cf_mem_free(w->index);
    cf_mem_free(w->next);
    cf_mem_free(w->same);
    cf_mem_free(w->firsts);
}

size_t cf_waiting_find(const cf_waiting *w, const cf_value *key, size_t near)
{
    const size_t guesses[] = {near, near + 1, near - 1};
    for (size_t i = 0; i < 3; i++)
        if (guesses[i] < w->key_count && is_key(w, guesses[i], key)) return guesses[i];
    return find(w, key, hash_key(key, w->side->own.count) & (w->size - 1));
}

/* The key of that number; it is not NULL. */
static void key_at(const cf_waiting *w, size_t i, cf_value *key)
{
    cf_side_key(w->side, w->states[w->firsts[i]]->object, key);
}

/* How many keys from `from` on are whole numbers that follow one another, up or down; both ends into range[2]. */
static size_t count_range(const cf_waiting *w, size_t from, cf_value range[2])
{
    cf_value key[CF_MOST_KEYS];
    size_t   most = w->key_count - from, n = 1;
    int64_t  step = 0;
    key_at(w, from, key);
    if (key->kind != CF_INT) return 0;
    range[0] = range[1] = *key;
    for (; n < most && n < LONGEST_RANGE; n++) {
        int64_t difference, last = range[1].as.integer;
        key_at(w, from + n, key);
        if (__builtin_sub_overflow(key->as.integer, last, &difference)) break;
        if (n == 1 && (difference == 1 || difference == -1)) step = difference;
        if (difference != step || !step) break;
        range[1] = *key;
    }
    if (step < 0) {
        *key = range[0];
        range[0] = range[1];
        range[1] = *key;
    }
    return n;
}

/* The statement for so many keys, run. */
static cf_stmt *send(const cf_waiting *w, cf_conn *conn, cf_side_verb verb, size_t bucket, const cf_value *values,
                     size_t count)
{
    cf_db *db = w->db;
    if (db->show_deleted) verb = (cf_side_verb)(verb | CF_SIDE_DELETED);
    cf_conn_for(conn, w->side->title);
    const cf_sql *sql = cf_side_statement(w->side, db->dialect, verb, bucket, &db->error);
    cf_stmt      *stmt = sql ? cf_conn_prepare(conn, sql, &db->error) : NULL;
    db->statements++;
    if (stmt && cf_stmt_run(stmt, values, count, &db->error)) return stmt;
    cf_stmt_done(stmt);
    return NULL;
}

/* The next keys, as a list. */
static cf_stmt *send_list(const cf_waiting *w, cf_conn *conn, cf_side_verb verb, size_t from, size_t count)
{
    cf_value     few[CHUNK], *values = few;
    const size_t columns = w->side->own.count;
    size_t       bucket = 0;
    while ((size_t)1 << bucket < count) bucket++;
    size_t keys = (size_t)1 << bucket;
    if (columns > 1 && !(values = cf_mem_zero(keys * columns, sizeof *values))) return NULL;
    for (size_t i = 0; i < keys; i++) /* the last one fills what is left */
        key_at(w, from + (i < count ? i : count - 1), values + i * columns);
    cf_stmt *stmt = send(w, conn, verb, bucket, values, keys * columns);
    if (values != few) cf_mem_free(values);
    return stmt;
}

/*
 * Do most owners there are wait? Then the rows of all are read as they lie, which is cheaper than by an index of the key:
 * those of owners that came meanwhile are no harm. Unless there may be many that have no owner.
 */
static bool most_wait(const cf_waiting *w)
{
    const cf_group *group = w->states[0]->group;
    const cf_side  *side = w->side;
    if (!group || !group->whole || side->through || side->kind == CF_SIDE_KEY || w->key_count < group->count / 2)
        return false;
    for (size_t i = 0; i < side->own.count; i++)
        if (side->own.right[i]->nullable) return false;
    return true;
}

/* SQLite gives the rows of an association in the order of the index that it finds the keys by, which differs by form. */
static bool takes_range(const cf_waiting *w)
{
    return w->side->own.count == 1 && !(w->side->through && w->db->dialect->id == CF_SQLITE);
}

cf_stmt *cf_waiting_send(const cf_waiting *w, cf_conn *conn, cf_side_verb verb, size_t *from)
{
    cf_value range[2];
    size_t   at = *from, left = w->key_count - at, count = left < CHUNK ? left : CHUNK;
    if (at == 0 && w->key_count >= FEW && most_wait(w)) {
        *from = w->key_count;
        return send(w, conn, verb, CF_SIDE_WHOLE, NULL, 0);
    }
    size_t dense = count < FEW || !takes_range(w) ? 0 : count_range(w, at, range);
    *from += dense >= count ? dense : count;
    return dense >= count ? send(w, conn, verb, CF_SIDE_RANGE, range, 2) : send_list(w, conn, verb, at, count);
}
