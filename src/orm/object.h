/* Objects of a session: the user's struct, its state, and the copy it is compared with. */
#ifndef CARAFE_ORM_OBJECT_H
#define CARAFE_ORM_OBJECT_H

#include "orm/mapper.h"

/* Where an object stands; the names are SQLAlchemy's. */
typedef enum cf_status {
    CF_STATUS_PENDING = 1, /* added, not yet written */
    CF_STATUS_PERSISTENT,  /* there is a row */
    CF_STATUS_DELETED,     /* its row was deleted by a flush not yet committed */
    CF_STATUS_DETACHED     /* no longer of the session */
} cf_status;

/* A line of the program. */
typedef struct cf_place {
    const char *file;
    int         line;
} cf_place;

/* There is one for every object loaded: keep it small. */
typedef struct cf_state {
    cf_db             *db;
    cf_mapper         *mapper;
    void              *object;
    void              *snapshot;  /* the row as loaded or last written; compared with the object to find changes */
    void              *committed; /* the row before this transaction's first write, or NULL: the snapshot is it */
    struct cf_state   *next, *previous; /* all objects of the session, oldest first */
    const cf_place    *added;           /* where, or NULL */
    struct cf_related *related;         /* what is known of its relationships, by side; NULL: nothing */
    struct cf_group   *group;           /* the result it came with */
    uint32_t           hash;            /* in the identity map */
    uint32_t           op;              /* of the flush that runs */
    int                noted;           /* the savepoint that remembers what it was, see savepoint.c */
    uint8_t            status;
    uint8_t            told;         /* the moment before which its functions were called in this flush */
    bool               doomed : 1;   /* cf_delete() was called */
    bool               gone : 1;     /* its row was deleted, unless it is persistent again */
    bool               fresh : 1;    /* written by this transaction: a rollback makes it detached */
    bool               relinked : 1; /* a relationship was set: the key is copied when it is written */
    bool               promised : 1; /* its functions are to be called at the commit or rollback */
    bool               found : 1;    /* a statement that reads rows again has seen its row */
    bool               stale : 1;    /* to be read anew when a query finds it */
    bool               rowless : 1;  /* detached, but never with a row that stood: transient */
    bool               cascaded : 1; /* what its deletion means for others was seen to */
} cf_state;

static inline cf_state *cf_state_of(const void *object)
{
    return cf_header_of(object)->state;
}

/* The address of a member. */
static inline void *cf_at(const void *object, const cf_attribute *attribute)
{
    return (void *)((uintptr_t)object + attribute->offset);
}

cf_value cf_attribute_read_any(const cf_attribute *attribute, const void *object);
/* The value of a member, not copied. Most keys are plain whole numbers: these take no call. */
static inline cf_value cf_attribute_read(const cf_attribute *attribute, const void *object)
{
    if (attribute->type == CF_TYPE_INT64 && !attribute->twin) return cf_value_int(*(int64_t *)cf_at(object, attribute));
    return cf_attribute_read_any(attribute, object);
}
/* Are the members of two structs the same value? */
bool cf_attribute_same(const cf_attribute *attribute, const void *a, const void *b);
/* Was nothing set, so that a default may fire? `null`: an explicit NULL counts as set. */
bool cf_attribute_unset(const cf_attribute *attribute, const void *object);
/* Copy the member of `values`, with its text, into `object`; false when out of memory. */
bool cf_attribute_copy(const cf_attribute *attribute, void *object, const void *values, cf_arena *arena);

bool cf_value_same_any(const cf_value *a, const cf_value *b);
/* Are they the same value? Decimals by their number, floats by their bits. */
static inline bool cf_value_same(cf_value a, cf_value b)
{
    return a.kind == CF_INT && b.kind == CF_INT ? a.as.integer == b.as.integer : cf_value_same_any(&a, &b);
}
/* An order of values: less than, equal to or greater than 0. */
int cf_value_compare(cf_value a, cf_value b);
/* Equal values have equal hashes. */
uint64_t cf_value_hash(cf_value value);
/* Store a whole number in an integer or boolean member. */
void cf_attribute_set_int(const cf_attribute *attribute, void *object, int64_t number);

/* Fills in the classes of a mapper's objects and lists; false when out of memory. */
bool cf_mapper_make_classes(cf_mapper *mapper);
/* A new zeroed object with its state; NULL when out of memory. */
cf_state *cf_object_new(cf_mapper *mapper, cf_arena *arena);
/* The class of structures that a CF_ROW() table describes, as templates see them. */
cf_class cf_row_class(const cf_row_type *row);
/* The class of lists of structures made by cf_arena_object(). */
cf_class cf_list_class(const void *data);
/* A list of that class; NULL when out of memory. */
void **cf_list_of(const cf_class *cls, cf_arena *arena, void *const *items, size_t count);
/* A list of `count` objects, copied from `items`; NULL when out of memory. */
void **cf_object_list(cf_mapper *mapper, cf_arena *arena, void *const *items, size_t count);

#endif
