/* Owners that wait for a side, found by their key, and the statements that answer for many of them at once. */
#ifndef CARAFE_ORM_WAITING_H
#define CARAFE_ORM_WAITING_H

#include "orm/side.h"

typedef struct cf_waiting {
    cf_db     *db;
    cf_side   *side;
    cf_state **states;
    size_t     count;
    /* Positions in states; those in chains are 1 more, 0 ends them. */
    uint32_t *firsts; /* the first one of each key, in their order */
    size_t    first_count;
    uint32_t *index; /* the first ones by hash, */
    uint32_t *next;  /* those with the same hash, */
    uint32_t *same;  /* and after each the others with its key */
    size_t    size;
} cf_waiting;

/* The owners among the objects that wait: those that `waits` says so of. False when out of memory; see cf_waiting_end(). */
bool cf_waiting_begin(cf_waiting  *waiting, bool (*waits)(const cf_waiting *waiting, cf_state *state),
                      void *const *objects, size_t count);
void cf_waiting_end(cf_waiting *waiting);
/* The next owner with that key, or NULL; `*at` is 0 before the first. */
cf_state *cf_waiting_next(const cf_waiting *waiting, const cf_value *key, uint32_t *at);
/* Runs a statement of the side for the keys from `*from` on, 0 to first_count, as many as one takes, and moves `*from`. NULL on failure. */
cf_stmt *cf_waiting_send(const cf_waiting *waiting, cf_conn *conn, cf_side_verb verb, size_t *from);

bool cf_key_same(const cf_value *a, const cf_value *b, size_t count);

#endif
