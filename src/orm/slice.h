/* Pages by where the last one ended: a position in the order of the query, and its token. */
#ifndef CARAFE_ORM_SLICE_H
#define CARAFE_ORM_SLICE_H

#include "orm/plan.h"
#include "orm/signer.h"

#define CF_MOST_TERMS (32 + CF_MOST_KEYS)

/* One thing that the rows are ordered by. */
typedef struct cf_term {
    const cf_node      *node;   /* of the query, or NULL: */
    const cf_attribute *column; /* of the primary key, which makes the order total */
    bool                descending, nulls_first, nullable;
    uint8_t             kind;
} cf_term;

/* The terms of a plan; how many. */
size_t cf_slice_terms(const cf_plan *plan, cf_term *terms);

/* How a slice is read, as a form: the rows after a position, in the order or against it. Bit i of `nulls`: value i is NULL. */
uint32_t cf_slice_form(bool backwards, bool positioned, uint32_t nulls);
bool     cf_form_is_slice(uint32_t form);

/* Write the values of a position as a signed text for URLs; false with the error when they are too large. */
bool cf_slice_token(const cf_keys *keys, const cf_plan *plan, const cf_value *values, size_t count, cf_arena *arena,
                    const char **out, cf_error *error);
/* Read them back; CF_NO: not ours, or of another query; CF_FAILED: out of memory. */
cf_answer cf_slice_position(const cf_keys *keys, const cf_plan *plan, const char *token, cf_arena *arena,
                            cf_value *values, size_t count);

#endif
