/* Dates and times by format, as Python's strptime() and strftime() in the C locale. */
#ifndef CARAFE_FORM_WHEN_H
#define CARAFE_FORM_WHEN_H

#include <carafe/value.h>

/**
 * Read a moment by a strptime format; what the format leaves open is 1900-01-01 00:00.
 * A '-' that switches padding off is skipped. CF_NO: the text does not match, or the
 * format has an unknown directive. CF_FAILED: memory.
 */
cf_answer cf_parse_time(const char *text, size_t size, const char *format, size_t format_size, cf_datetime *out,
                        cf_error *error);

/** Write a date, time or date and time by a strftime format. False when the value is none of these. */
bool cf_format_time(cf_value value, const char *format, size_t size, cf_buffer *out);

#endif
