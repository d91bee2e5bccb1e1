/* Between the struct of an object and its row: defaults, limits, and columns that are stored otherwise. */
#ifndef CARAFE_ORM_ROW_H
#define CARAFE_ORM_ROW_H

#include "orm/session.h"

/* ---- defaults.c ---- */

/* Gives a member that was not set its column's default, if it has one; false with the error. */
bool cf_attribute_set_default(const cf_attribute *attribute, void *object, cf_datetime now, cf_arena *arena,
                              cf_error *error);
/* The present as the member's type has it. */
void cf_attribute_set_now(const cf_attribute *attribute, void *object, cf_datetime now);

/* Stores a value of the attribute's own kind, not NULL; texts, with their NUL, are not copied. */
void cf_attribute_set(const cf_attribute *attribute, void *object, cf_value value);

/* ---- limits.c ---- */

/*
 * Refuse what the column cannot keep, naming model, column and limit: NULL, lengths, digits, years, names of an
 * enumeration, documents that are none, numbers the server has no form for. May put the value into the
 * column's form, in the arena: decimals get its scale.
 */
bool cf_limit_check(const cf_attribute *attribute, cf_value *value, const cf_dialect *dialect, cf_arena *arena,
                    cf_error *error);
/* Fill in the error's table and column; returns false. */
bool cf_limit_blame(const cf_attribute *attribute, cf_error *error);

/* The name of a number of an enumeration, or NULL; and back, false when there is no such name. */
const char *cf_enum_text(const cf_attribute *attribute, int64_t number);
bool        cf_enum_number(const cf_attribute *attribute, const char *text, size_t size, int64_t *out);

/* ---- row.c ---- */

/* The value of a member as it is to be stored, checked; false with the error. */
bool cf_row_store(cf_db *db, const cf_attribute *attribute, void *object, cf_value *out);
/* Fills an object from the columns of its mapper that stand in the present row as laid out; texts are copied into the arena. */
bool cf_row_read_at(cf_db *db, const cf_mapper *mapper, const cf_layout *layout, cf_stmt *stmt, void *object,
                    cf_arena *arena);
/* The same from a row that begins with them. */
static inline bool cf_row_read(cf_db *db, const cf_mapper *mapper, cf_stmt *stmt, void *object, cf_arena *arena)
{
    return cf_row_read_at(db, mapper, &mapper->layout, stmt, object, arena);
}
/* Reads what the database filled in from the present row: columns of an INSERT that are not in the mask, in their order. */
bool cf_row_read_back(cf_db *db, cf_state *state, cf_stmt *stmt, const cf_mask *mask);

/* ---- computed.c ---- */

/* Reads the computed columns from the present row, which has those alone. */
bool cf_row_read_computed(cf_db *db, cf_state *state, cf_stmt *stmt);
/* Asks for the computed columns of rows after an UPDATE that did not return them, many with a statement. `count` > 0. */
bool cf_rows_refresh(cf_db *db, cf_state *const *states, size_t count);

#endif
