/* Relationships as the session uses them: each direction is a side of the model it is read from. */
#ifndef CARAFE_ORM_SIDE_H
#define CARAFE_ORM_SIDE_H

#include <carafe/relation.h>

#include "orm/session.h"

typedef enum cf_side_kind {
    CF_SIDE_LIST,   /* the target's column `key` refers to the owner: many of them */
    CF_SIDE_BACK,   /* the same, at most one */
    CF_SIDE_KEY,    /* the owner's column `key` refers to the target */
    CF_SIDE_THROUGH /* an association table refers to both */
} cf_side_kind;

#define CF_MOST_LINK_DEFAULTS 32 /* columns with defaults of an association, besides its keys */
#define CF_SIDE_BUCKETS 10       /* statements for 1, 2, 4, ... 512 keys, */
#define CF_SIDE_RANGE 10         /* for all whole numbers from one key to another, */
#define CF_SIDE_WHOLE 11         /* and for all keys there are */
#define CF_SIDE_FORMS 12

typedef enum cf_side_verb {
    CF_SIDE_LOAD,
    CF_SIDE_COUNT,
    CF_SIDE_DELETED = 2, /* added to these: with rows that were deleted softly */
    CF_SIDE_VERBS = 4
} cf_side_verb;

/* Columns of one table, each equal to one of another. */
typedef struct cf_pairs {
    size_t        count;
    cf_attribute *left[CF_MOST_KEYS], *right[CF_MOST_KEYS];
} cf_pairs;

struct cf_side {
    const cf_relation      *relation;
    int                     direction; /* 0: the left model's, 1: the right one's */
    cf_side_kind            kind;
    const char             *name;  /* "" where the owner has none */
    const char             *title; /* "User.datasets" */
    cf_mapper              *owner, *target;
    cf_mapper              *through;    /* the association, or NULL */
    cf_pairs                own;        /* left: the owner's; right: the target's, but the association's for THROUGH */
    cf_pairs                pass;       /* THROUGH; left: the association's; right: the target's */
    const cf_foreign_key   *key;        /* that ties owner and target; for THROUGH: owner and association */
    bool                    optional;   /* KEY: a column of the key may be NULL */
    bool                    by_primary; /* KEY: it refers to the target's primary key, in its order */
    bool                    view;       /* for looking only */
    const cf_attribute     *position;   /* LIST: the target's column that its order is kept in, or NULL */
    bool                    cascades;   /* deleting the owner deletes the target */
    bool                    orphans;    /* a target that leaves its owner is deleted */
    cf_load_mode            load;
    uint16_t                index; /* among the owner's sides */
    struct cf_side         *other;
    cf_plan                *order; /* of .order_by and .where, or NULL */
    _Atomic(cf_statement *) statements[CF_SIDE_VERBS][CF_DIALECTS][CF_SIDE_FORMS];
};

/* Objects of one result: what is loaded for one of them is loaded for all. */
typedef struct cf_group {
    size_t      count;
    void      **objects;
    bool        whole; /* all rows of the table */
    const char *file;  /* the call site of the query, or NULL */
    int         line;
    /* What the query forbids to load by touch, or NULL; the path of sides that led to these objects from its own. */
    const cf_load  *raises;
    cf_side *const *path;
    size_t          steps;
} cf_group;

/* The list of an object's LIST or THROUGH side. */
typedef struct cf_collection {
    cf_state *owner;
    cf_side  *side;
    void    **items; /* the NULL-terminated list that programs see */
    size_t    count, capacity;
    bool      shown; /* the program was given this array */
} cf_collection;

/* What an object knows of one of its sides. */
typedef struct cf_related {
    bool     loaded;
    bool     seen; /* a list: unwritten changes are in it since it was first looked at */
    bool     set;  /* KEY: set by the program, and not written since */
    bool     counted;
    bool     waiting; /* is in a cf_waiting */
    bool     moved;   /* a list with positions: its items are to be numbered before they are written */
    uint32_t writes;  /* a view: of the session when it was loaded */
    int64_t
        count; /* of a list that was counted, not loaded; KEY: what cf_side_missing() says of the key that led to nothing */
    union {
        cf_collection *list; /* LIST, THROUGH */
        cf_state      *one;  /* BACK; KEY: the object set, whose key is copied when it is written */
    };
} cf_related;

/* A row of an association table that is to come or to go. */
typedef struct cf_link {
    struct cf_link *next;
    cf_side        *side;
    cf_state       *owner, *target;
    bool            remove;
} cf_link;

/*
 * Resolve relations into sides of a registry's mappers, once; mistakes go to the report. Relations made at run time
 * name their models by the functions that the registry was built with, and live as long as it; a right_name of NULL
 * is for those read from the left model alone. False when out of memory.
 */
bool cf_sides_build(cf_registry *registry, const cf_relation *const *relations, size_t count, cf_report *report);
/* Report options of a relationship that contradict each other, or that its kind has not; `left` is its left side. */
void cf_side_check(const cf_side *left, cf_report *report);
/* Finds the column of .position, and reports what contradicts it. */
void cf_position_resolve(cf_side *left, cf_report *report);
/* The same as cf_side_check() for what can be said only when all relationships are there. */
void cf_sides_check(const cf_registry *registry, cf_report *report);
/* Leads it to one object at the most, whatever the rows are? */
bool cf_side_single(const cf_side *side);
/* The entry for a side; made at first use; NULL when out of memory. */
cf_related *cf_related_of(cf_state *state, const cf_side *side);
/* The values of the owner's columns; false when one is NULL: then there is nothing at the other end. */
bool cf_side_key(const cf_side *side, const void *owner, cf_value *key);
/* A number that is another one when the owner's key changes, or what the session has written or shows. */
int64_t cf_side_missing(const cf_side *side, const cf_state *owner);
/* Load a side for those of these objects that are its owner's and have it not, whatever its .load; false on failure. */
bool cf_side_load(cf_db *db, cf_side *side, void *const *objects, size_t count);
/* The same for a path of sides, each from the objects that the one before led to: one statement a side (and chunk). */
bool cf_sides_load_path(cf_db *db, cf_side *const *path, size_t steps, void *const *objects, size_t count);
/* The objects at the other end of a side, as far as they are loaded, to be freed; how many, SIZE_MAX when out of memory. */
size_t cf_side_targets(const cf_side *side, void *const *objects, size_t count, void ***out);
/* Load the sides of these objects that are CF_LOAD_EAGER; false on failure. */
bool cf_sides_load_eager(cf_db *db, const cf_mapper *mapper, void *const *objects, size_t count);

/* ---- touch.c ---- */
/* From now on the session is at work for the query that the object came from; where it was before, for cf_side_leave(). */
cf_place cf_side_enter(cf_state *state);
void     cf_side_leave(cf_state *state, cf_place before);
/* The list of a LIST or THROUGH side, loaded; NULL on failure. */
cf_collection *cf_side_list(cf_state *state, cf_side *side);
/* The object of a KEY or BACK side as far as it is in memory, or NULL; cf_related_of() must have been called. */
cf_state *cf_side_known(cf_state *state, const cf_side *side);
/* Does `state` belong to `one` by a KEY side, as far as memory knows? Loads nothing. */
bool cf_side_refers(const cf_side *side, cf_state *state, const cf_state *one);
/* The object of a KEY or BACK side, or NULL; *failed tells failure from none. */
cf_state *cf_side_one(cf_state *state, cf_side *side, bool *failed);
/* The statement that loads or counts a side for 1 << form keys, or another form; made once, kept. NULL on failure. */
const cf_sql *cf_side_statement(cf_side *side, const cf_dialect *dialect, cf_side_verb verb, size_t form,
                                cf_error *error);

/* ---- collection.c ---- */
/* An empty list with room for so many objects; NULL when out of memory. */
cf_collection *cf_collection_new(cf_state *owner, cf_side *side, size_t capacity, cf_arena *arena);
/* Put objects behind those of a list, which has them not; in memory alone. False when out of memory. */
bool cf_collection_add(cf_collection *list, void *const *items, size_t count, cf_arena *arena);
/* The same with one object, where the order of the list has it; new objects come last. */
bool cf_collection_insert(cf_collection *list, cf_state *item, cf_arena *arena);
/* Take out those whose rows were deleted. */
void cf_collection_drop_gone(cf_collection *list);
/* Has it an object? And take it out, if it has. */
bool cf_collection_has(const cf_collection *list, const cf_state *item);
void cf_collection_remove(cf_collection *list, const cf_state *item);
/* Before items leave their places: the program may be walking along the array it was given, which stays as it is. */
void cf_collection_leave_shown(cf_collection *list);

/* ---- count.c ---- */
/* How many there are at the other end of a list, without loading it; -1 on failure. */
int64_t cf_side_count(cf_state *state, cf_side *side);

/* ---- repeat.c ---- */
/* In development: a relationship was loaded by touching an object, by one statement more. */
void cf_repeat_touch(cf_db *db, const cf_state *state, const cf_side *side);
/* The same: a query was sent for the call site at work. */
void cf_repeat_query(cf_db *db);

/* ---- position.c ---- */
/* Numbers the items of a list from an index on; false when a number is too large. */
bool cf_positions_number(cf_collection *list, size_t from);
/* Moves an item of a list to an index, or to its end, and numbers it. */
bool cf_position_move(cf_collection *list, const cf_state *item, size_t index);
/* A list that was read stands as the numbers in memory say, which may not be written yet. */
void cf_positions_sort(const cf_collection *list);
/* Before a flush: the lists whose items came, went or moved are numbered; false on failure. */
bool cf_positions_flush(cf_db *db);

/* ---- side_write.c ---- */
/* Write the key of `one` into the members of `state` that refer to it; NULL: those that may be NULL become so. */
void cf_side_copy_key(const cf_side *side, cf_state *state, const cf_state *one);
/* Copy the keys of the objects that one was set to belong to, as far as they are known; false where none may not be. */
bool cf_sides_copy_keys(cf_state *state);
/* The object set by a KEY side whose key the database is yet to make, or NULL. */
const cf_state *cf_side_awaited(const cf_side *side, const cf_related *related);
/* Adds the columns whose values are awaited so; false when there are none. */
bool cf_sides_unknown(const cf_state *state, cf_mask *mask);
/* A child of an object that goes: it goes, too, or belongs to nobody. False on failure; *more: one was marked for deletion. */
bool cf_side_let_go(cf_side *side, const cf_state *owner, cf_state *child, bool *more);
bool cf_side_let_all_go(cf_side *side, const cf_collection *list, bool *more);
/* A pending object that is deleted leaves its relationships, and the session, and takes along what it would; false on failure. */
bool cf_sides_drop(cf_state *state);
/* Objects to be deleted take others with them, or free them; false on failure. */
bool cf_sides_cascade(cf_db *db);
/* After a commit: what was loaded of models that it wrote is loaded again when it is touched. */
void cf_sides_settle(cf_db *db);
/* Forget all that was loaded and set, after a rollback. */
void cf_sides_forget(cf_db *db);

/* Is it one of the columns by which an association refers to its two sides? */
static inline bool cf_side_through_key(const cf_side *side, const cf_attribute *a)
{
    for (size_t i = 0; i < side->own.count; i++)
        if (side->own.right[i] == a) return true;
    for (size_t i = 0; i < side->pass.count; i++)
        if (side->pass.left[i] == a) return true;
    return false;
}

#endif
