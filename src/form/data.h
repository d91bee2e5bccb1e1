/* Values as Python treats them: truth, text, equality, order, and reading numbers from text. */
#ifndef CARAFE_FORM_DATA_H
#define CARAFE_FORM_DATA_H

#include <carafe/form.h>

/**
 * A number of any size or with a decimal exponent, as Python's int and Decimal.
 * Made where 64 bits and cf_decimal do not do. The digits have no leading zeros
 * unless there is just the one.
 */
typedef struct cf_exact {
    cf_object   object;
    bool        integer; /* an int, else a Decimal */
    bool        negative;
    char        special; /* 0, or 'i' infinity, 'n' NaN, 's' signalling NaN */
    const char *digits;
    size_t      count;
    int64_t     exponent;
} cf_exact;

extern const cf_class cf_exact_class;

static inline const cf_exact *cf_value_exact(cf_value v)
{
    return v.kind == CF_OBJECT && v.as.object->cls == &cf_exact_class ? (const cf_exact *)v.as.object : NULL;
}

/** Any number as an exact one: booleans, 64-bit integers, floats, cf_decimal, cf_exact. NULL: no number, or memory. */
const cf_exact *cf_exact_of(cf_arena *arena, cf_value value);
/** Read Decimal(text): blanks, underscores, any digits, Infinity, NaN. NULL when it is none, or memory (see the arena). */
const cf_exact *cf_exact_parse(cf_arena *arena, const char *text, size_t size);
/** str(Decimal) or str(int) */
void cf_exact_print(const cf_exact *number, cf_buffer *out);
/** The value in the smallest form: CF_INT when an integer fits, else the object. */
cf_value cf_exact_value(const cf_exact *number);
/** -1, 0, 1; 2 when one is not a number. */
int    cf_exact_compare(const cf_exact *a, const cf_exact *b);
double cf_exact_double(const cf_exact *number);
/** Decimal.quantize(10 ** -places); NULL: more than 28 digits (Python's InvalidOperation), or memory. */
const cf_exact *cf_exact_quantize(cf_arena *arena, const cf_exact *number, int places, int rounding);
/** Cut the fraction off, as int(). The number must be finite. */
const cf_exact *cf_exact_truncate(cf_arena *arena, const cf_exact *number);
/** As cf_decimal, when it fits exactly. */
bool cf_exact_decimal(const cf_exact *number, cf_decimal *out);
/** Twice the number. */
const cf_exact *cf_exact_double_up(cf_arena *arena, const cf_exact *number);

/** Reading a number from a text. */
typedef enum cf_reading { CF_READ_OK = 0, CF_READ_BAD, CF_READ_MEMORY } cf_reading;

/** int(text) */
cf_reading cf_read_int(cf_arena *arena, const char *text, size_t size, cf_value *out);
/** float(text) */
cf_reading cf_read_float(const char *text, size_t size, double *out);

/** bool(value) */
bool cf_data_truth(cf_value value);
/** str(value), added to the buffer. */
void cf_data_print(cf_value value, cf_buffer *out);
/** The same as a text in the arena; CF_UNDEFINED when out of memory. Texts are returned as they are. */
cf_value cf_data_text(cf_arena *arena, cf_value value);
/** a == b */
bool cf_data_equal(cf_arena *arena, cf_value a, cf_value b);
/** -1, 0, 1; 2: not comparable (NaN); 3: of types that have no order between them. */
int  cf_data_compare(cf_arena *arena, cf_value a, cf_value b);
bool cf_data_is_number(cf_value value);
/** The type's name in Python. */
const char *cf_data_type_name(cf_value value);

/** str.strip(): moves *text and *size to what is left. */
void cf_text_strip(const char **text, size_t *size);
/** repr(text) */
void cf_text_quote(const char *text, size_t size, cf_buffer *out);
/** A decimal digit of any script: 0 to 9, or -1. */
int cf_unicode_digit(uint32_t code_point);
/** Runs of blanks become one space, none at the ends; the text is replaced by a copy. */
bool cf_text_collapse(cf_arena *arena, cf_value *value);
/** str.lower(), str.upper() */
bool cf_text_case(cf_arena *arena, const char *text, size_t size, bool upper, cf_value *out);

#endif
