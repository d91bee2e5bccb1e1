/* The schema of a live database as a realised tree. */
#ifndef CARAFE_ORM_REFLECT_H
#define CARAFE_ORM_REFLECT_H

#include "orm/table.h"
#include "sql/sql.h"

/* All tables of the present schema, those referred to first; those of the server and of Carafe itself left out. */
cf_schema *cf_reflect(cf_conn *conn, cf_arena *arena, cf_error *error);

/* What a type as the server spells it means; unknown ones are CF_TYPE_NONE. Fills type, length, precision, scale, timezone, binary. */
void cf_native_parse(cf_table_column *column, const cf_dialect *dialect);

/* ---- for the dialects' parts ---- */

typedef struct cf_reflector {
    cf_conn          *conn;
    const cf_dialect *dialect;
    cf_arena         *arena;
    cf_error         *error;
    cf_schema        *schema;
    cf_stmt          *stmt; /* while rows are read */
    void             *context;
} cf_reflector;

/* Calls `row` for each row of a statement; false on failure. */
bool cf_reflect_rows(cf_reflector *r, const char *sql, const char *parameter, bool (*row)(cf_reflector *r));
/* A column of the present row as text in the arena; NULL for NULL (and on failure, which the next call tells). */
const char *cf_reflect_text(cf_reflector *r, int column);
/* Is it a number other than 0, or 't', 'true', 'YES'? */
bool cf_reflect_flag(cf_reflector *r, int column);
/* Add an element to an array in the arena; the new element, zeroed, or NULL when out of memory. */
void *cf_reflect_add(cf_reflector *r, void *array, size_t *count, size_t size);
#define CF_REFLECT_ADD(r, array, count) ((__typeof__(array))cf_reflect_add((r), &(array), &(count), sizeof *(array)))
/* Add a text to an array of texts. */
bool cf_reflect_add_text(cf_reflector *r, const char ***array, size_t *count, const char *text);
/* The index that the rows of a table's indexes are at: the last one, when it has that name, else a new one; NULL when out of memory. */
cf_table_index *cf_reflect_index(cf_reflector *r, cf_table *table, const char *name);
/* The table of that name, or NULL. */
cf_table *cf_reflect_table(cf_reflector *r, const char *name);

bool cf_reflect_sqlite(cf_reflector *r);
bool cf_reflect_postgres(cf_reflector *r);
bool cf_reflect_mariadb(cf_reflector *r);

#endif
