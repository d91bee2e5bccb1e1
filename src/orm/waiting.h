/* Owners that wait for a side, found by their key, and the statements that answer for many of them at once. */
#ifndef CARAFE_ORM_WAITING_H
#define CARAFE_ORM_WAITING_H

#include "orm/side.h"

typedef struct cf_waiting {
    cf_db     *db;
    cf_side   *side;
    cf_state **states;
    size_t     count;
    uint32_t  *index; /* 1 + position in states, by hash; chains in next */
    uint32_t  *next;
    size_t     size;
} cf_waiting;

/* The owners among the objects that wait: those that `waits` says so of. False when out of memory; see cf_waiting_end(). */
bool cf_waiting_begin(cf_waiting  *waiting, bool (*waits)(const cf_waiting *waiting, cf_state *state),
                      void *const *objects, size_t count);
void cf_waiting_end(cf_waiting *waiting);
/* The next owner with that key, or NULL; `*at` is 0 before the first. */
cf_state *cf_waiting_next(const cf_waiting *waiting, const cf_value *key, uint32_t *at);
/* Runs a statement of the side for the owners from position `*from` on, as many as one takes, and moves `*from`. NULL on failure. */
cf_stmt *cf_waiting_send(const cf_waiting *waiting, cf_conn *conn, cf_side_verb verb, size_t *from);

bool cf_key_same(const cf_value *a, const cf_value *b, size_t count);

#endif
