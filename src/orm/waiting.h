/* Owners that wait for a side, found by their key, and the statements that answer for many of them at once. */
#ifndef CARAFE_ORM_WAITING_H
#define CARAFE_ORM_WAITING_H

#include "orm/side.h"

typedef struct cf_waiting {
    cf_db     *db;
    cf_side   *side;
    cf_state **states;
    size_t     count;
    uint32_t  *same;   /* after each owner the next one with its key: 1 more than its position, 0 ends them */
    uint32_t  *firsts; /* the keys that differ, in their order: the position of the first owner of each */
    size_t     key_count;
    uint32_t  *index, *next; /* the keys by hash, and those with the same: 1 more than their number, 0 ends them */
    size_t     size;
} cf_waiting;

#define CF_NO_KEY SIZE_MAX

/* The owners among the objects that wait: those that `waits` says so of. False when out of memory; see cf_waiting_end(). */
bool cf_waiting_begin(cf_waiting  *waiting, bool (*waits)(const cf_waiting *waiting, cf_state *state),
                      void *const *objects, size_t count);
void cf_waiting_end(cf_waiting *waiting);
/* The number of a key, or CF_NO_KEY; `near`: that of the last one, beside which it lies where rows come in the order of the owners. */
size_t cf_waiting_find(const cf_waiting *waiting, const cf_value *key, size_t near);
/* The owners with a key: the position of the first, and of the one after another; CF_NO_KEY at the end. */
static inline size_t cf_waiting_first(const cf_waiting *waiting, size_t key)
{
    return key == CF_NO_KEY ? CF_NO_KEY : waiting->firsts[key];
}
static inline size_t cf_waiting_next(const cf_waiting *waiting, size_t position)
{
    return waiting->same[position] ? waiting->same[position] - 1 : CF_NO_KEY;
}
/* Runs a statement of the side for the keys from `*from` on, 0 to key_count, as many as one takes, and moves `*from`. NULL on failure. */
cf_stmt *cf_waiting_send(const cf_waiting *waiting, cf_conn *conn, cf_side_verb verb, size_t *from);

#endif
