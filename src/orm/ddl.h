/* Statements that make and remove what a realised tree describes. */
#ifndef CARAFE_ORM_DDL_H
#define CARAFE_ORM_DDL_H

#include "orm/table.h"

/* Receives one statement, without a semicolon; false stops. */
typedef bool cf_ddl_sink(void *context, const char *statement, size_t size, cf_error *error);

typedef struct cf_ddl {
    const cf_dialect *dialect;
    cf_ddl_sink      *sink;
    void             *context;
    cf_error         *error;
} cf_ddl;

/* All tables in order, then their indexes and comments, then foreign keys in cycles. `wanted`: which tables, or NULL. */
bool cf_ddl_create(const cf_ddl *ddl, const cf_schema *schema, const bool *wanted);
/* The reverse. */
bool cf_ddl_drop(const cf_ddl *ddl, const cf_schema *schema, const bool *wanted);

/* Parts, for migrations. */
bool cf_ddl_table(const cf_ddl *ddl, const cf_schema *schema, const cf_table *table);
bool cf_ddl_index(const cf_ddl *ddl, const cf_table *table, const cf_table_index *index);
bool cf_ddl_comments(const cf_ddl *ddl, const cf_table *table);
/* A column as it stands in CREATE TABLE and ADD COLUMN. */
void cf_ddl_column(cf_buffer *out, const cf_dialect *dialect, const cf_table *table, const cf_table_column *column);
/*
 * A unique index with a condition, where the server has none: the index has one column more, which the server computes, 1 for
 * the rows that fulfil the condition, else NULL, and then nothing is the same. Queries do not see it (INVISIBLE).
 */
typedef struct cf_condition_column {
    char name[64];
} cf_condition_column;
/* The name of that column. */
cf_condition_column cf_condition_column_of(const char *index);
/* The condition that such a column is made of, in the arena; NULL when it is none. */
const char *cf_condition_of(const cf_table_column *column, cf_arena *arena);

/* Constraints as they stand in CREATE TABLE and after ADD. */
void cf_ddl_reference(cf_buffer *out, const cf_dialect *dialect, const cf_table_reference *reference);
void cf_ddl_unique(cf_buffer *out, const cf_dialect *dialect, const cf_table_key *unique);
void cf_ddl_check(cf_buffer *out, const cf_dialect *dialect, const cf_table_check *check);

#endif
