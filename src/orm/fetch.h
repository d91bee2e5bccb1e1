/* Objects that come with the rows of a query: the ones that its own objects belong to, joined to them. */
#ifndef CARAFE_ORM_FETCH_H
#define CARAFE_ORM_FETCH_H

#include "orm/run.h"
#include "orm/side.h"

/* The rows of one run. */
struct cf_fetching {
    cf_db               *db;
    const cf_query_tree *tree;
    cf_arena            *arena;       /* of a stream, whose objects have no session; or NULL */
    cf_group *groups[CF_MOST_JOINS];  /* of each fetch: what is loaded for one of its objects is loaded for all */
    size_t    room[CF_MOST_JOINS];    /* in their lists */
    cf_state *row[CF_MOST_JOINS + 1]; /* of the present row: the query's own object, then of each fetch or NULL */
};

/* NULL when out of memory. */
cf_fetching *cf_fetching_begin(const cf_run *run);
/* Reads what comes with the object of the present row; false on failure. */
bool cf_fetching_row(cf_fetching *fetching, cf_state *own, cf_stmt *stmt);
/* Loads what is CF_LOAD_EAGER of the objects that came; false on failure. */
bool cf_fetching_eager(const cf_fetching *fetching);

/* The same of a run, where its rows are of several tables. */
static inline bool cf_run_fetch(const cf_run *r, cf_state *own)
{
    return !r->fetching || cf_fetching_row(r->fetching, own, r->stmt);
}

#endif
