/*
 * The objects of a session case. One that is under construction lives here, in a struct of its own and with lists
 * of those it is to be related to; when it is added it becomes an object of the session, and so do those it refers to.
 */
#ifndef CONFORMANCE_ORM_THINGS_H
#define CONFORMANCE_ORM_THINGS_H

#include "rows.h"

#include "orm/side.h"

typedef struct thing thing;

/* What an object under construction is related to by one of its sides. */
typedef struct held {
    thing **items;
    size_t  count, capacity;
    bool    set; /* something was said of it */
} held;

struct thing {
    thing           *next;
    const cf_mapper *mapper;
    void            *object;  /* the session's; NULL: under construction */
    void            *values;  /* under construction */
    held            *held;    /* by side */
    cf_mask          set;     /* under construction: columns that something was said of */
    cf_mask          expired; /* columns that are to be read again when somebody looks at them */
};

typedef struct variable {
    struct variable *next;
    const char      *name;
    thing           *thing; /* NULL: null */
    int              savepoint;
} variable;

/* A case in hand. */
typedef struct scenario {
    request     *rq;
    cf_database *database;
    cf_db       *db;
    thing       *things;
    variable    *variables;
    json_t      *trace; /* statements of the present step; NULL: not recorded */
} scenario;

/* A new object under construction; NULL when out of memory. */
thing *thing_new(scenario *s, const cf_mapper *mapper);
/* The thing of a session's object; NULL for NULL. */
thing *thing_of(scenario *s, void *object);
/* The variable of that name, made if need be; NULL when out of memory. */
variable *variable_of(scenario *s, const char *name);
void      variable_set(scenario *s, const char *name, thing *t);
/* NULL when there is none of that name, or when it is null. */
thing *variable_get(const scenario *s, const char *name);
bool   variable_known(const scenario *s, const char *name);

/* "User(1)", "User(new)" or null. */
json_t *thing_describe(const thing *t);
/* "transient", "pending" ... */
const char *thing_state(const thing *t);
/* Is it an object of the session, not one under construction or whose adding was undone? */
bool thing_in_session(const thing *t);

cf_side *thing_side(const thing *t, const char *name);

/* Relate two things by a side of the first; objects under construction become the session's when the first is. */
void thing_relate(scenario *s, thing *t, cf_side *side, thing *other);
void thing_unrelate(scenario *s, thing *t, cf_side *side, thing *other);
/* Make these the only ones. */
void thing_replace(scenario *s, thing *t, cf_side *side, thing *const *others, size_t count);
/* Those that a thing is related to: a list, an object, or null. False with the session's error. */
bool thing_related(scenario *s, thing *t, cf_side *side, json_t **out, thing **one, size_t index);

/* The list of a side that never loads, by a query each time; NULL with the session's error. */
void **thing_queried(scenario *s, thing *t, cf_side *side);

/* Add to the session, with all that it refers to. */
void thing_add(scenario *s, thing *t);
/* Add those under construction that refer to objects of the session (to `only`, unless it is NULL). */
void thing_add_reachable(scenario *s, const thing *only);

#endif
