/* Plans: a checked query as statements of one dialect, ready to run. */
#ifndef CARAFE_ORM_PLAN_H
#define CARAFE_ORM_PLAN_H

#include "orm/ast.h"

/* What a plan is run as. */
typedef enum cf_form {
    CF_FORM_PLAIN,        /* as the verb says */
    CF_FORM_PAGE,         /* extra: how many rows, how many before them */
    CF_FORM_COUNT,        /* how many rows there are without limits */
    CF_FORM_SLICE,        /* the rows behind a position in their order, with further bits; see slice.h */
    CF_FORM_GIVING,       /* changes: with all columns of the rows that are changed */
    CF_FORM_NAMING,       /* updates: the key of the last row that is changed becomes the statement's last id */
    CF_FORM_DELETED = 256 /* or'ed with the others: with rows that were deleted softly */
} cf_form;

/* The verb's own values of changes: the present, as the columns that are set to it have it. */
enum { CF_NOW_DATETIME, CF_NOW_DATE, CF_NOW_TIME, CF_NOW_VALUES };

/* An upsert's form is how many values its INSERT has, shifted by this. */
#define CF_UPSERT_SHIFT 16

/* Bindings with arguments from here on are the verb's own values. */
#define CF_FIRST_EXTRA 1024

/* One value to bind: which argument, and for arrays which element. */
typedef struct cf_binding {
    uint16_t            argument;
    uint16_t            element; /* of the array, clipped to its last; 0 for plain values */
    uint8_t             kind;    /* convert to this cf_kind; CF_UNDEFINED: as it is */
    bool                array;
    const cf_attribute *named;  /* an enumeration that is stored by names: numbers become those; or NULL */
    const cf_attribute *stored; /* the column it becomes the value of, whose limits it must keep; or NULL */
} cf_binding;

/* A statement for a form and given sizes of its arrays (rounded up to powers of two). */
typedef struct cf_variant {
    struct cf_variant *next;
    uint32_t           form;
    uint16_t           sizes[CF_MOST_ARGUMENTS];
    cf_sql             sql;
    cf_binding        *bindings;
    size_t             binding_count;
    cf_statement      *inserts; /* of upserts: the whole statement for each set of columns */
} cf_variant;

/* A column of a result that is no model's. */
typedef struct cf_result_column {
    const char         *name; /* NULL: it has none */
    uint8_t             kind; /* cf_kind; CF_UNDEFINED: not known */
    bool                nullable;
    const cf_attribute *named; /* an enumeration that is stored by names, or NULL */
    cf_slot             slot;  /* where it goes in the program's struct */
} cf_result_column;

/* What the rows of a select list are read into. */
typedef struct cf_result {
    cf_result_column *columns;
    size_t            count;
    cf_slot          *slots; /* of all columns but the `named` ones that go into numbers */
    size_t            slot_count;
    size_t            size; /* of the program's struct; 0: there is none */
    cf_class          cls, list_cls;
} cf_result;

typedef struct cf_plan {
    cf_mapper            *mapper;
    int                   verb;
    cf_query_tree        *tree;
    const char           *text;
    cf_attribute         *parameter_for[CF_MOST_ARGUMENTS];
    uint8_t               parameter_kind[CF_MOST_ARGUMENTS];
    bool                  has_arrays;
    bool                  whole;                /* takes every row of the mapper's table */
    bool                  secret;               /* a secret column is named: its values are shown by no log */
    cf_result            *result;               /* of a select list, or NULL */
    cf_mapper            *reads[CF_MOST_READS]; /* models besides `mapper` whose tables are read */
    atomic_bool           told;                 /* watch.c has no more to say of it */
    atomic_uint           uses;                 /* counted in development */
    uint8_t               read_count;
    _Atomic(cf_variant *) variants[CF_DIALECTS]; /* newest first; without arrays there is one for each form */
} cf_plan;

/* The most elements of an array in one query. */
#define CF_MOST_ELEMENTS 16384

/* Parse and check a site; NULL with the explained mistake in `message`. The plan lives in `arena`. */
cf_plan *cf_plan_make(cf_registry *registry, cf_arena *arena, const cf_site *site, cf_mapper *mapper, cf_code *code,
                      char *message, size_t message_size);

/* ---- result.c ---- */

/* The columns of a list, and where they go in the struct that the site reads rows into; false on a mistake. */
bool cf_plan_make_result(cf_compiler *c, cf_plan *plan, const cf_node *list);
/* A row of the result from the statement's present one, in the arena: the program's struct. NULL with the error. */
void *cf_result_read(const cf_result *result, cf_stmt *stmt, cf_arena *arena, cf_error *error);
/* The same into memory that is there. */
bool cf_result_read_into(const cf_result *result, cf_stmt *stmt, void *row, cf_arena *arena, cf_error *error);
/* The value of one column of the present row. */
bool cf_result_value(const cf_result *result, cf_stmt *stmt, size_t column, cf_arena *arena, cf_value *out,
                     cf_error *error);

/* The plan of a site, made at first use and kept in it. Thread-safe; NULL with the error filled. */
cf_plan *cf_site_plan(cf_registry *registry, cf_site *site, cf_error *error);

/* The statement of a form for these values; made at first use. Thread-safe; NULL with the error filled. */
cf_variant *cf_plan_variant(cf_plan *plan, const cf_dialect *dialect, uint32_t form, const cf_value *values,
                            cf_error *error);

/* Check all sites of a program; false when out of memory. */
bool cf_check_sites(cf_registry *registry, const cf_program *program, cf_report *report);

/* Can the database do what the sites of its models ask for? False with the first that it cannot. */
bool cf_check_statements(cf_registry *registry, const cf_program *program, const cf_dialect *dialect, const char *bind,
                         cf_error *error);

/* Emit the statement of a plan; `sizes`: of its arrays. Fills the variant's sql.text and bindings; false on failure. */
bool cf_emit(const cf_plan *plan, const cf_dialect *dialect, cf_arena *arena, cf_variant *variant, cf_error *error);

/* Add what follows ORDER BY in a plan, over the alias t0. */
void cf_emit_order(cf_buffer *out, const cf_plan *plan, const cf_dialect *dialect);
/* The same for its condition. */
void cf_emit_where(cf_buffer *out, const cf_plan *plan, const cf_dialect *dialect);

/* "cf_all"; "query" for those that have no name. */
const char *cf_verb_name(int verb);

/* The value as that kind, e.g. an integer for a boolean column; false when it cannot be. */
bool cf_value_convert(cf_value *value, int kind);

#endif
