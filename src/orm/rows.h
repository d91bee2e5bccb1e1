/* Rows of selected columns as values, for texts made at run time. */
#ifndef CARAFE_ORM_ROWS_H
#define CARAFE_ORM_ROWS_H

#include "orm/run.h"

#include <string.h>

typedef struct cf_value_table {
    size_t           columns, count, capacity; /* of a row; rows; room */
    cf_value        *values;                   /* row after row */
    const cf_result *result;                   /* names and kinds of the columns */
} cf_value_table;

/* The rows of a site whose text has a select list, in the session's arena; false after a failure, which is the session's. */
bool cf_session_table(cf_db *db, cf_site *site, const cf_value *values, cf_value_table *out);
/* Add the present row of a statement that is run. */
bool cf_table_add(cf_run *run, cf_value_table *table);

#endif
