/* Rows past the session: values as plain JSON, seeds, raw SQL, what stands in all tables. */
#ifndef CONFORMANCE_ORM_ROWS_H
#define CONFORMANCE_ORM_ROWS_H

#include "adapter.h"

/* A value as plain JSON: moments as texts, decimals and bytes as {"decimal"} and {"hex"}, documents as they are. */
json_t *plain_value(cf_value v);
/* And back, for a column of that kind (CF_UNDEFINED: not known); in the request's arena. False with the error. */
bool value_of_json(request *rq, const json_t *v, int kind, cf_value *out);
/* Like member_set(), but lets NULL into pointers, where it is refused only when it is written. */
bool member_set_json(request *rq, const cf_attribute *a, const json_t *value, void *structure);

/* One statement; *rows becomes a list of rows or the number of rows changed. False with the error. */
bool raw_exec(request *rq, cf_conn *conn, const char *text, const cf_value *values, size_t count, json_t **rows);
/* Insert {table: [row]}, and let generated keys go on behind. False with the error. */
bool seed_rows(request *rq, cf_database *database, const json_t *seed);
/* Wipe the database, make the tables, and fill them as the request says: `seed`, `setup_sql`, `foreign_keys`. */
bool database_prepare(request *rq, cf_database *database);
/* All rows of a table, as objects or as lists of all columns; NULL with the error. */
json_t *table_rows(request *rq, cf_conn *conn, const cf_mapper *m, bool named);
/* {table: [row]} of all models. */
json_t *all_rows(request *rq, cf_database *database);

#endif
