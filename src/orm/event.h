/* Functions of models and programs that are called when something happens to an object or a session. */
#ifndef CARAFE_ORM_EVENT_H
#define CARAFE_ORM_EVENT_H

#include "orm/session.h"

/* What was said to the functions of one flush: whom the "after" functions are owed. */
typedef struct cf_told {
    cf_state **states;
    uint8_t   *moments; /* the moment after it */
    size_t     count, capacity;
    bool       begun; /* those who listen to the session were told */
} cf_told;

/*
 * Before a flush: what deletions mean for others, then the "before" functions of all that is to be written, until they
 * change nothing more. False with the session failed.
 */
bool cf_events_before(cf_db *db, cf_told *told);
/* After it: the "after" functions, unless it failed. Frees the list; returns `ok`, or false when a function refused. */
bool cf_events_after(cf_db *db, cf_told *told, bool ok);

/*
 * An object was read, for the first time when it is fresh: the next cf_events_loaded() calls its after_load functions.
 * False when out of memory.
 */
bool cf_events_read(cf_db *db, cf_state *state, bool fresh);
/* When a result is read to its end: false when the session has failed. */
bool cf_events_loaded(cf_db *db);

/* Tell those who listen to the session; false when one refuses. */
bool cf_events_tell(cf_db *db, cf_session_moment moment);
/* What was asked for at the commit: done, or forgotten back to a mark that a savepoint remembers. */
void cf_events_committed(cf_db *db);
void cf_events_undone(cf_db *db, const struct cf_promise *mark);

#endif
