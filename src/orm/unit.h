/*
 * The unit of work of one flush: the rows to be written, in an order that breaks no constraint on the way.
 *
 * Rows wait for one another by ties (tie.c): who refers to a value stops before it is released, it is released
 * before it is taken again, and taken before anybody refers to it. Where that is a circle, one row of it is
 * written twice: first with NULL or a value for the time between (order.c). write.c sends what stands in order.
 */
#ifndef CARAFE_ORM_UNIT_H
#define CARAFE_ORM_UNIT_H

#include "orm/row.h"
#include "orm/side.h"

typedef enum cf_write_verb {
    CF_WRITE_LOOSEN, /* UPDATE: columns become NULL or a value for the time between */
    CF_WRITE_REMOVE, /* DELETE of a row that a later INSERT brings back */
    CF_WRITE_INSERT,
    CF_WRITE_UPDATE,
    CF_WRITE_DELETE,
    CF_WRITE_NOTHING /* the row is written as that of another object */
} cf_write_verb;

/* One statement for one row. */
typedef struct cf_write {
    cf_state     *state;
    cf_mask      *columns; /* LOOSEN: those to be emptied; INSERT, UPDATE: those left to a later UPDATE; or NULL */
    cf_write_verb verb;
    uint32_t      level;    /* rows of one table that wait for each other have different levels */
    bool          again;    /* INSERT: of a row that was removed */
    bool          split;    /* another op does a part of it, before or after */
    bool          second;   /* it is such a part of a row that is written before */
    void         *row;      /* LOOSEN: what the row is afterwards, once it is sent */
    cf_state     *replaced; /* UPDATE of a new object: the deleted one whose row it takes */
} cf_write;

typedef struct cf_unit {
    cf_db      *db;
    cf_write   *ops; /* `few` or allocated */
    size_t      count, capacity;
    bool        tied;     /* values that others may wait for change hands */
    bool        restores; /* rows that were deleted softly come back */
    bool        late;     /* foreign keys need not hold before the transaction ends */
    uint32_t   *order;    /* of the ops; NULL: as they stand */
    cf_arena   *arena;    /* of what the order is found with, or NULL */
    cf_datetime now;
    cf_write    few[4];
} cf_unit;

/* A new op at the end; NULL when out of memory. */
cf_write *cf_unit_add(cf_unit *unit, cf_state *state, cf_write_verb verb);

/* ---- replace.c ---- */

/* Makes one UPDATE of the deletion of an object and the insertion of another with the same key, where that is the same. */
void cf_unit_replace(cf_unit *unit);

/* ---- order.c ---- */

/* Sorts the ops, and adds those that circles need; false with the error of the session and the op at fault. */
bool cf_unit_order(cf_unit *unit, const cf_write **at);

/* ---- circle.c ---- */

typedef enum cf_wait {
    CF_WAIT_UNREFER, /* `from` stops referring to what `to` releases */
    CF_WAIT_RELEASE, /* `from` releases what `to` takes */
    CF_WAIT_REFER    /* `from` takes what `to` refers to */
} cf_wait;

/* How a wait could be done without, the best first. */
typedef enum cf_remedy {
    CF_REMEDY_LATER,     /* a new row: the key is written by a second UPDATE */
    CF_REMEDY_NULL,      /* a column is NULL for a while */
    CF_REMEDY_TEMPORARY, /* a column has some other value for a while */
    CF_REMEDY_STAY,      /* an old row: the key stays what it is until a second UPDATE */
    CF_REMEDY_REMOVE,    /* the row is deleted, and inserted again */
    CF_REMEDY_NONE
} cf_remedy;

/* The remedy for a wait of `from` or `to` by a tie, and the column that it concerns. */
cf_remedy cf_wait_remedy(const cf_write *from, const cf_write *to, cf_wait wait, const cf_tie *tie, uint16_t *column);
/* Puts a value into a column of a row that no row is likely to have. False when out of memory. */
bool cf_set_temporary(cf_db *db, const cf_attribute *attribute, void *object);

/* ---- link.c ---- */

/* Association rows: those that go, or those that come; `*at` is an object at fault when that fails. */
bool cf_links_write(cf_db *db, bool remove, const cf_state **at);
/* The association rows of objects that are to be deleted. */
bool cf_links_delete_owners(cf_unit *unit, const cf_state **at);

/* ---- write.c ---- */

/* Sends the ops in their order; `*at` is the one at fault when that fails. */
bool cf_unit_write(cf_unit *unit, const cf_write **at);

#endif
