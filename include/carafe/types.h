/**
 * @file carafe/types.h
 * @brief The C types that models, forms and queries know beyond C's own.
 *
 * All of them are plain values: copy them, compare their members, put them into
 * structs. Those that can be NULL have a twin whose name begins with cf_null_.
 */
#ifndef CARAFE_TYPES_H
#define CARAFE_TYPES_H

#include <carafe/core.h>

CF_BEGIN_C

/** A day: number of days since 1970-01-01 in the proleptic Gregorian calendar, years 1 to 9999. */
typedef struct cf_date {
    int32_t days;
} cf_date;

/** A time of day: microseconds since midnight, 0 to 86,399,999,999. */
typedef struct cf_time {
    int64_t usec;
} cf_time;

/** A moment: microseconds since 1970-01-01 00:00:00 UTC, years 1 to 9999. */
typedef struct cf_datetime {
    int64_t usec;
} cf_datetime;

/** A span of time in microseconds; may be negative. */
typedef struct cf_interval {
    int64_t usec;
} cf_interval;

/** Bytes, not necessarily text. */
typedef struct cf_bytes {
    const void *data;
    size_t      size;
} cf_bytes;

/** A universally unique identifier (RFC 9562), in network byte order. */
typedef struct cf_uuid {
    uint8_t bytes[16];
} cf_uuid;

/**
 * An exact decimal number: (negative ? -1 : 1) * (high * 2^64 + low) / 10^scale.
 * Up to 38 digits, scale 0 to 38. Zero-initialised it is 0.
 */
typedef struct cf_decimal {
    uint64_t high, low;
    uint8_t  scale;
    bool     negative;
} cf_decimal;

/** A JSON document as UTF-8 text, NUL-terminated; NULL text is SQL's NULL, "null" is JSON's. */
typedef struct cf_json {
    const char *text;
} cf_json;

/*
 * Nullable twins. Zero-initialised they are unset: a default of the column
 * fires, without one NULL is stored. `set` says that there is a value;
 * `null` (and not set) asks for NULL even where there is a default.
 */
#define CF_NULLABLE_(name, type)                                                                   \
    typedef struct name {                                                                          \
        type value;                                                                                \
        bool set;                                                                                  \
        bool null;                                                                                 \
    } name
CF_NULLABLE_(cf_null_bool, bool);
CF_NULLABLE_(cf_null_int16, int16_t);
CF_NULLABLE_(cf_null_int32, int32_t);
CF_NULLABLE_(cf_null_int64, int64_t);
CF_NULLABLE_(cf_null_float, float);
CF_NULLABLE_(cf_null_double, double);
CF_NULLABLE_(cf_null_date, cf_date);
CF_NULLABLE_(cf_null_time, cf_time);
CF_NULLABLE_(cf_null_datetime, cf_datetime);
CF_NULLABLE_(cf_null_interval, cf_interval);
CF_NULLABLE_(cf_null_uuid, cf_uuid);
CF_NULLABLE_(cf_null_decimal, cf_decimal);

/** A value for a nullable member: `.age = CF_SOME(42)`. */
#define CF_SOME(x) { .value = (x), .set = true }
/** An explicit NULL for a nullable member: `.age = CF_NONE`. */
#define CF_NONE { .null = true }

/** How a member of a struct is stored in memory. */
typedef enum cf_type {
    CF_TYPE_NONE = 0,
    CF_TYPE_BOOL = 1,
    CF_TYPE_INT16,
    CF_TYPE_INT32,
    CF_TYPE_INT64,
    CF_TYPE_UINT32, /**< unsigned int; enums are this or CF_TYPE_INT32 */
    CF_TYPE_FLOAT,
    CF_TYPE_DOUBLE,
    CF_TYPE_TEXT,  /**< const char * or char *, NUL-terminated UTF-8 */
    CF_TYPE_CHARS, /**< char[N], NUL-terminated unless full */
    CF_TYPE_BYTES,
    CF_TYPE_DATE,
    CF_TYPE_TIME,
    CF_TYPE_DATETIME,
    CF_TYPE_INTERVAL,
    CF_TYPE_DECIMAL,
    CF_TYPE_UUID,
    CF_TYPE_JSON,
    CF_TYPE_COUNT_,
    CF_TYPE_NULLABLE = 0x100 /**< flag: the cf_null_ twin of the type */
} cf_type;

/** The name of a type as a C programmer knows it, such as "int64_t" or "cf_null_date"; a constant. */
CF_API const char *cf_type_name(int type);

/* ---- dates and times ------------------------------------------------------------------------ */

/** The present moment by the system's clock. */
CF_API cf_datetime cf_now(void);

/** A day from its parts; false when there is no such day (then *out is untouched). */
CF_API bool cf_date_make(int year, int month, int day, cf_date *out);

/** Year (1 to 9999), month (1 to 12) and day (1 to 31) of a date. Any pointer may be NULL. */
CF_API void cf_date_parts(cf_date date, int *year, int *month, int *day);

/** Parse "YYYY-MM-DD" of exactly `size` bytes; false and *out untouched for anything else. */
CF_API bool cf_date_parse(const char *text, size_t size, cf_date *out);

/** Parse "HH:MM[:SS[.f]]", 1 to 6 digits of fraction after a point or comma; false and *out untouched for anything else. */
CF_API bool cf_time_parse(const char *text, size_t size, cf_time *out);

/**
 * Parse ISO 8601 / RFC 3339: a date, 'T' or a blank, a time, and optionally 'Z' or an
 * offset (+HH:MM, +HHMM, +HH), which is converted to UTC. Without an offset it is UTC.
 * A date alone is its midnight. False, and *out untouched, for anything else and outside the years 1 to 9999.
 */
CF_API bool cf_datetime_parse(const char *text, size_t size, cf_datetime *out);

#define CF_DATE_SIZE 16     /**< enough for cf_date_format() with its NUL */
#define CF_TIME_SIZE 24     /**< enough for cf_time_format() with its NUL */
#define CF_DATETIME_SIZE 40 /**< enough for cf_datetime_format() with its NUL */
#define CF_DECIMAL_SIZE 48  /**< enough for cf_decimal_format() with its NUL */
#define CF_UUID_SIZE 37     /**< enough for cf_uuid_format() with its NUL */

/** Write "YYYY-MM-DD"; returns the length. */
CF_API size_t cf_date_format(cf_date date, char out[CF_DATE_SIZE]);
/** Write "HH:MM:SS" and, unless it is zero, ".ffffff", as Python's str() does; returns the length. */
CF_API size_t cf_time_format(cf_time time, char out[CF_TIME_SIZE]);
/** Write "YYYY-MM-DD HH:MM:SS" and, unless it is zero, ".ffffff", in UTC, as Python's str() does. */
CF_API size_t cf_datetime_format(cf_datetime datetime, char out[CF_DATETIME_SIZE]);

/* ---- decimals and UUIDs --------------------------------------------------------------------- */

/**
 * Parse "[+-]digits[.digits][e[+-]digits]" of exactly `size` bytes; the scale is the number of
 * digits after the point, zeros that find no place left out. False, and *out untouched, when it
 * needs more than 38 digits or a scale over 38.
 */
CF_API bool cf_decimal_parse(const char *text, size_t size, cf_decimal *out);
/** Write the number with exactly `scale` digits after the point, never with an exponent; returns the length. */
CF_API size_t cf_decimal_format(cf_decimal decimal, char out[CF_DECIMAL_SIZE]);
/** -1, 0 or 1 as a is less than, equal to or greater than b; 1.0 equals 1.00. */
CF_API int cf_decimal_compare(cf_decimal a, cf_decimal b);
/** The number with another scale; false (and *out untouched) when that would lose digits or pass 38. */
CF_API bool cf_decimal_rescale(cf_decimal decimal, int scale, cf_decimal *out);

/** Parse the 36-character form, or 32 hexadecimal digits. */
CF_API bool cf_uuid_parse(const char *text, size_t size, cf_uuid *out);
/** Write the 36-character form in lower case; returns 36. */
CF_API size_t cf_uuid_format(cf_uuid uuid, char out[CF_UUID_SIZE]);

CF_END_C

#endif
