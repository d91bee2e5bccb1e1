/* Facts of Unicode that utf8proc has no function for; rows are sorted. */
#ifndef CARAFE_TEMPLATE_UNICODE_DATA_H
#define CARAFE_TEMPLATE_UNICODE_DATA_H

#include <stddef.h>
#include <stdint.h>

typedef struct cf_t_case_row {
    uint32_t    from;
    const char *to; /* UTF-8 */
} cf_t_case_row;

typedef struct cf_t_range_row {
    uint32_t first, last;
} cf_t_range_row;

/* What str.upper(), lower(), title() make of one character where that is several; casefold() where it is not lower(). */
extern const cf_t_case_row cf_t_upper_rows[], cf_t_lower_rows[], cf_t_title_rows[], cf_t_fold_rows[];
extern const size_t        cf_t_upper_rows_count, cf_t_lower_rows_count, cf_t_title_rows_count, cf_t_fold_rows_count;
/* isdigit() but not isdecimal(); isnumeric() by property alone; islower() and isupper() by property alone. */
extern const cf_t_range_row cf_t_digit_rows[], cf_t_numeric_rows[], cf_t_other_lower_rows[], cf_t_other_upper_rows[];
extern const size_t         cf_t_digit_rows_count, cf_t_numeric_rows_count, cf_t_other_lower_rows_count,
    cf_t_other_upper_rows_count;
/* The characters for 0; each has its nine successors behind it. */
extern const uint32_t cf_t_zeros[];
extern const size_t   cf_t_zeros_count;

#endif
