/* Matching with named groups, for the sources of this layer. */
#ifndef CARAFE_FORM_PATTERN_H
#define CARAFE_FORM_PATTERN_H

#include <carafe/error.h>
#include <carafe/value.h>

/** A named group: `name` goes in, "" is the whole match; the text it matched comes out, NULL when it did not take part. */
typedef struct cf_pattern_group {
    const char *name;
    const char *text;
    size_t      size;
} cf_pattern_group;

/** As cf_pattern_match(), with the texts of named groups. */
cf_answer cf_pattern_find(const char *pattern, unsigned flags, const char *text, size_t size, cf_pattern_group *groups,
                          size_t group_count, cf_error *error);

#endif
