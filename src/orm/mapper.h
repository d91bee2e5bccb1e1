/*
 * Mappers: models made ready for use. A registry holds those of a program; it is
 * immutable once built, but for its caches of statements, which have their own lock.
 */
#ifndef CARAFE_ORM_MAPPER_H
#define CARAFE_ORM_MAPPER_H

#include <carafe/orm.h>

#include "sql/sql.h"

#include <pthread.h>
#include <stdatomic.h>

#define CF_MOST_COLUMNS 256
#define CF_MOST_KEYS 16
#define CF_DIALECTS 3

typedef struct cf_mapper      cf_mapper;
typedef struct cf_registry    cf_registry;
typedef struct cf_combination cf_combination; /* of pieces of a query; see search.c */
struct cf_side;

/* A column as the session and the queries need it. */
typedef struct cf_attribute {
    const char      *name;   /* of the field */
    const char      *column; /* in the table */
    const cf_column *options;
    cf_mapper       *mapper;
    int              type; /* cf_type without the flag */
    int              kind; /* cf_kind of its values */
    bool             twin; /* a cf_null_ type */
    bool             nullable;
    bool             key;
    bool             generated; /* the database makes the value where it is 0: an integer key */
    bool             computed;  /* .computed: read and never written */
    bool             defaulted; /* the session has a default for it */
    bool             special;   /* stored otherwise than in the struct (names of enumerations, encrypted); see row.h */
    uint16_t         index;     /* among the mapper's columns */
    uint32_t         offset, size;
    cf_mapper       *target; /* what .references names, or NULL */
    struct cf_attribute *target_attribute;
} cf_attribute;

/* A unique constraint, an index or a check over the whole table. */
typedef struct cf_constraint {
    int         kind; /* CF_PART_UNIQUE, CF_PART_INDEX, CF_PART_CHECK */
    const char *text; /* check: the condition; index: expressions in place of columns, or NULL */
    uint16_t    columns[CF_MOST_KEYS];
    uint16_t    count;
    uint16_t    descending; /* index: bit i for columns[i] */
    bool        unique;     /* index */
    bool        deferrable;
    const char *where; /* index: the condition, or NULL */
    const char *name;  /* such as "uq_user_email" */
    bool        named; /* by the program */
} cf_constraint;

/* Columns that together refer to a row of another table, or the same. */
typedef struct cf_foreign_key {
    uint16_t    columns[CF_MOST_KEYS], target_columns[CF_MOST_KEYS];
    uint16_t    count;
    cf_mapper  *target;
    cf_action   on_delete, on_update;
    bool        deferrable; /* and deferred: checked at the commit */
    const char *name;
    bool        named;
} cf_foreign_key;

/* A set of columns. */
typedef struct cf_mask {
    uint64_t bits[CF_MOST_COLUMNS / 64];
} cf_mask;

/*
 * Values by which rows of a flush wait for one another: those of a unique key, or those of a foreign key, which
 * are values of the unique key it refers to.
 */
typedef struct cf_tie {
    const cf_mapper      *target;                /* the mapper itself, but for foreign keys */
    const cf_constraint  *constraint;            /* NULL: the primary key, or a foreign key */
    const cf_foreign_key *foreign_key;           /* NULL: a unique key */
    uint16_t              columns[CF_MOST_KEYS]; /* of the mapper, in the order of the target's columns */
    uint16_t              count;
    bool                  referred; /* a unique key that foreign keys refer to */
    bool                  folded;   /* the server may take different values for the same */
    uint64_t              salt;     /* the same for foreign keys and the key they refer to, else different */
    cf_mask               mask;     /* columns whose change matters */
} cf_tie;

/* INSERT, UPDATE, DELETE or SELECT by key, for one dialect and set of columns; see statement.c. */
typedef struct cf_statement {
    struct cf_statement *next;
    cf_mask              mask;
    int                  verb;
    cf_sql               sql;
} cf_statement;

/* Where the columns of a mapper stand in the rows of a result. */
typedef struct cf_layout {
    cf_slot *plain; /* those that are not special */
    cf_slot *key;
    size_t   first; /* the column of the result that is the mapper's first */
} cf_layout;

struct cf_mapper {
    const cf_model         *model;
    cf_model_fn            *function;
    const char             *name; /* of the model */
    const char             *table;
    cf_registry            *registry;
    cf_attribute           *columns;
    size_t                  column_count;
    uint16_t                key[CF_MOST_KEYS];
    size_t                  key_count;
    bool                    generated; /* one integer key, made by the database where it is 0 */
    cf_constraint          *constraints;
    size_t                  constraint_count;
    cf_foreign_key         *foreign_keys;
    size_t                  foreign_key_count;
    cf_tie                 *ties;
    size_t                  tie_count;
    cf_mask                 tied;        /* columns of all ties */
    cf_mask                 referred;    /* columns that foreign keys refer to */
    bool                    cyclic;      /* refers to itself, or back to a mapper that refers to it */
    const cf_attribute     *version;     /* of .version, or NULL */
    const cf_attribute     *soft;        /* of .soft_delete, or NULL */
    bool                    association; /* CF_ASSOCIATION: no struct of the program's */
    bool                    has_specials, has_computed;
    bool                    positions;     /* a relationship with .position leads from or to it */
    bool                    without_rowid; /* SQLite */
    const char             *comment;       /* or NULL */
    const char             *bind;          /* the database it lies in, or NULL */
    cf_event               *events;        /* functions of the program */
    size_t                  event_count;
    uint32_t                moments; /* of the events: bit i for moment i */
    cf_slot                *slots;   /* of all columns, in order */
    cf_layout               layout;  /* of rows that begin with them */
    size_t                  plain_count;
    cf_class                cls, list_cls;
    struct cf_side        **sides; /* relationships read from this model */
    size_t                  side_count, side_capacity;
    int                     rank;                         /* mappers referred to have lower ranks, but for cycles */
    uint64_t               *followers;                    /* bit rank - 1: mappers that refer to it, also over others */
    size_t                  state_at, snapshot_at, total; /* where things lie behind the header of an object */
    _Atomic(cf_statement *) statements[CF_DIALECTS];
};

#define CF_COMBINATION_BUCKETS 256

struct cf_registry {
    cf_arena                 *arena;
    pthread_mutex_t           lock;    /* for the arena and the caches after building */
    cf_mapper               **mappers; /* by rank */
    size_t                    count;
    cf_mapper               **table; /* by address of the model's function, open addressing */
    size_t                    table_size;
    const void *const        *program; /* where the program's section of models begins, which tells programs apart */
    cf_site                  *sites;   /* those that have plans here */
    size_t                    references;
    _Atomic(cf_combination *) combinations[CF_COMBINATION_BUCKETS];
    size_t                    combination_count;

    bool has_events;    /* some mapper has */
    bool has_positions; /* some relationship keeps its list in order by a column */
};

/* Where mistakes of models and queries go. */
typedef struct cf_report {
    void (*function)(void *context, const char *message);
    void *context;
    int   count;
    char  first[700]; /* the first message, for errors that carry one */
} cf_report;

void cf_report_add(cf_report *report, const char *format, ...) CF_PRINTF(2, 3);

/*
 * The registry of a program, built at first use and shared; NULL when out of memory or when a model
 * is wrong (report->count > 0). Pair it with cf_registry_release().
 */
cf_registry *cf_registry_acquire(const cf_program *program, cf_report *report);
/* The same to show what a database would get, by the name of its dialect; NULL with the error, also when there is none such. */
cf_registry *cf_registry_acquire_for(const cf_program *program, const char *dialect, cf_dialect_id *id,
                                     cf_error *error);
void         cf_registry_release(cf_registry *registry);

/* A registry of models made at run time; `functions` of static models, or the models themselves. */
cf_registry *cf_registry_build(const cf_model *const *models, cf_model_fn *const *functions, size_t count,
                               cf_report *report);
void         cf_registry_free(cf_registry *registry);

/* NULL when there is none of that function, name or table. */
cf_mapper *cf_registry_mapper(const cf_registry *registry, cf_model_fn *function);
cf_mapper *cf_registry_by_name(const cf_registry *registry, const char *name);
cf_mapper *cf_registry_by_table(const cf_registry *registry, const char *table);

/* ---- attribute.c ---- */

/* Makes the columns of a mapper, or for an association those it is to have; false when out of memory. */
bool cf_mapper_make_columns(cf_mapper *mapper);
/* Reads CF_TABLE: name, comment, bind; false when out of memory. */
bool cf_mapper_make_table(cf_mapper *mapper);
/* Reads the CF_EVENT rows of a model; false when out of memory. See event.c. */
bool cf_mapper_make_events(cf_mapper *mapper);
/* Gives the columns of associations the types of what they refer to. */
void cf_registry_resolve_associations(cf_registry *registry);
/* The columns as slots, once their types are known. */
void cf_mapper_make_slots(cf_mapper *mapper);

/* The attribute of that field or column name, or NULL. */
cf_attribute *cf_mapper_attribute(const cf_mapper *mapper, const char *name, size_t size);
/* The field name nearest to a wrong one, or NULL. */
const char *cf_mapper_nearest(const cf_mapper *mapper, const char *name, size_t size);

/* Adds the relationships to what templates see of the objects; false when out of memory. */
bool cf_mapper_add_side_members(cf_mapper *mapper);

/* "prefix_table_columns", at most 63 bytes: longer names end in a hash. */
void cf_constraint_name(char *out, size_t size, const char *prefix, const char *table, const char *columns);

/* ---- constraint.c ---- */

/* Foreign keys, unique constraints, indexes and checks of all models, with names that no two share; false when out of memory. */
bool cf_registry_make_constraints(cf_registry *registry, cf_report *report);

/* ---- tie.c ---- */

/* The ties of all mappers, once they have ranks; false when out of memory. */
bool cf_registry_make_ties(cf_registry *registry);
/* Are all of the values known and none NULL? Then their hash, which equal values share; else 0. */
uint64_t cf_tie_value(const cf_mapper *mapper, const cf_tie *tie, const void *object, const cf_mask *unknown);
/* Is the row kept out of a partial index? CF_FAILED: cannot be told. */
cf_answer cf_tie_covers(const cf_mapper *mapper, const cf_tie *tie, const void *object);
/* Does an SQL text name the column? */
bool cf_text_names(const char *text, const char *column);

static inline bool cf_mask_meets(const cf_mask *a, const cf_mask *b)
{
    for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++)
        if (a->bits[i] & b->bits[i]) return true;
    return false;
}
static inline void cf_mask_set(cf_mask *mask, size_t i)
{
    mask->bits[i / 64] |= UINT64_C(1) << (i % 64);
}
static inline bool cf_mask_has(const cf_mask *mask, size_t i)
{
    return mask->bits[i / 64] >> (i % 64) & 1;
}

#endif
