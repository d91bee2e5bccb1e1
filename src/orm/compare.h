/* What differs between two realised trees of one dialect. */
#ifndef CARAFE_ORM_COMPARE_H
#define CARAFE_ORM_COMPARE_H

#include "orm/table.h"

typedef enum cf_difference_kind {
    CF_DIFFERS_TABLE_MISSING = 1, /* wanted and not there */
    CF_DIFFERS_TABLE_EXTRA,       /* there and not wanted */
    CF_DIFFERS_TABLE_COMMENT,
    CF_DIFFERS_COLUMN_MISSING,
    CF_DIFFERS_COLUMN_EXTRA,
    CF_DIFFERS_TYPE,
    CF_DIFFERS_NULL,
    CF_DIFFERS_DEFAULT,
    CF_DIFFERS_COMPUTED,
    CF_DIFFERS_COLLATION,
    CF_DIFFERS_COLUMN_COMMENT,
    CF_DIFFERS_KEY,
    CF_DIFFERS_UNIQUE_MISSING,
    CF_DIFFERS_UNIQUE_EXTRA,
    CF_DIFFERS_INDEX_MISSING,
    CF_DIFFERS_INDEX_EXTRA,
    CF_DIFFERS_CHECK_MISSING,
    CF_DIFFERS_CHECK_EXTRA,
    CF_DIFFERS_REFERENCE_MISSING,
    CF_DIFFERS_REFERENCE_EXTRA,
    CF_DIFFERS_REFERENCE_CHANGED /* other actions, or deferrable */
} cf_difference_kind;

typedef struct cf_difference {
    cf_difference_kind kind;
    const cf_table    *want_table, *have_table; /* NULL where there is none */
    const void        *want, *have;             /* the column, constraint or index; NULL where there is none */
    const char        *text;                    /* the difference as a sentence */
} cf_difference;

typedef struct cf_differences {
    cf_difference *items;
    size_t         count, capacity;
    cf_arena      *arena;
} cf_differences;

/* All differences, table by table; names of constraints do not count. False when out of memory. */
bool cf_schema_compare(const cf_schema *want, const cf_schema *have, const cf_dialect *dialect, cf_arena *arena,
                       cf_differences *out);

/*
 * An expression without what servers add or drop: case, blanks, brackets, quotes around names, casts. Equal
 * texts mean that two expressions are taken for the same. In the arena; NULL for NULL and when out of memory.
 */
const char *cf_expression_plain(const char *expression, const cf_dialect *dialect, cf_arena *arena);

#endif
