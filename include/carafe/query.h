/**
 * @file carafe/query.h
 * @brief Queries in SQL's own words, checked before they are ever run.
 *
 * A query is a string literal with `?` where a value belongs:
 *
 *     cf_all(db, User, "created_at > ? order by name limit 20", since)
 *
 * The text must be a literal: anything else does not compile. The values are bound,
 * never put into the text; their C types are known to the checks. Each call site is
 * registered by being linked: cf_open() and cf_main() parse and check all of them
 * against the models, executed or not, and refuse to start with file and line.
 * The grammar is in docs/queries.md.
 */
#ifndef CARAFE_QUERY_H
#define CARAFE_QUERY_H

#include <carafe/model.h>

CF_BEGIN_C

/** What a call site does with its text. */
typedef enum cf_verb {
    CF_VERB_ALL = 1,
    CF_VERB_FIND,
    CF_VERB_COUNT,
    CF_VERB_EXISTS,
    CF_VERB_DELETE_WHERE,
    CF_VERB_UPDATE_WHERE,
    CF_VERB_PAGE,
    CF_VERB_ONE,
    CF_VERB_STREAM,
    CF_VERB_ROWS,
    CF_VERB_SCALAR,
    CF_VERB_UPSERT,
    CF_VERB_WHERE, /**< a condition of a query object */
    CF_VERB_ORDER, /**< an order of one */
    CF_VERB_SQL,   /**< raw SQL, of no model */
    CF_VERB_SLICE,
    CF_VERB_WITH /**< what a query object loads */
} cf_verb;

/** A struct that rows are read into, as CF_ROW() describes it. */
typedef struct cf_row_type {
    const char      *name;
    size_t           size; /**< sizeof the struct */
    const cf_member *fields;
    size_t           field_count;
} cf_row_type;

/** The function that CF_ROW makes for a struct. */
typedef const cf_row_type *cf_row_fn(void);

/** One place in the program that has a query text. Made by the macros, filled by the library. */
typedef struct cf_site {
    cf_model_fn   *model;
    const char    *text;
    const char    *file;
    int            line;
    uint8_t        verb;           /**< a cf_verb */
    uint8_t        argument_count; /**< values given */
    const uint8_t *argument_kinds; /**< their cf_kind by C type; CF_ARGUMENT_NULLABLE set for cf_null_ types */
    void          *plan;           /**< compiled forms, kept by the library */
    struct cf_site *next;          /**< the library's list of sites with plans */
    cf_row_fn     *row;            /**< what rows are read into, or NULL */
    int            scalar;         /**< cf_type of the one value that is read, or 0 */
    const char    *name;           /**< of CF_SORT(), or NULL */
} cf_site;

/** Flag in cf_site.argument_kinds. */
#define CF_ARGUMENT_NULLABLE 0x80

/** Values for `in (?)`: an array and how many of it count. Make it with CF_ARRAY(). */
typedef struct cf_array {
    const void *items;
    size_t      count;
    int         type; /**< cf_type of an element */
    size_t      size; /**< sizeof an element */
} cf_array;

/**
 * A text that `like ? escape '!'` takes literally: `!` before each `%`, `_` and `!`. For a part of a pattern; a whole
 * text is better found by `starts with`, `ends with` and `contains`, which know no wildcards.
 * @return a copy in the arena; NULL for NULL, and when out of memory
 */
CF_API char *cf_like_escape(cf_arena *arena, const char *text);

CF_END_C

#ifndef __cplusplus

/** `cf_all(db, User, "id in (?)", CF_ARRAY(ids, n))`: the first n elements of an array of numbers or texts. */
#define CF_ARRAY(items_, count_)                                                                   \
    (&(cf_array){(items_), (size_t)(count_),                                                       \
                 _Generic(*(items_), bool: CF_TYPE_BOOL, short: CF_TYPE_INT16, int: CF_TYPE_INT32, \
                          long: CF_TYPE_INT64, long long: CF_TYPE_INT64, float: CF_TYPE_FLOAT,     \
                          double: CF_TYPE_DOUBLE, char *: CF_TYPE_TEXT,                            \
                          const char *: CF_TYPE_TEXT, cf_date: CF_TYPE_DATE,                       \
                          cf_datetime: CF_TYPE_DATETIME, cf_uuid: CF_TYPE_UUID),                   \
                 sizeof *(items_)})

/* The kind a C expression has as a bound value; other types do not compile. */
#define CF_KIND_OF_(x)                                                                             \
    _Generic((x), bool: CF_BOOL, char: CF_INT, signed char: CF_INT, unsigned char: CF_INT,         \
        short: CF_INT, unsigned short: CF_INT, int: CF_INT, unsigned: CF_INT, long: CF_INT,        \
        unsigned long: CF_INT, long long: CF_INT, unsigned long long: CF_INT, float: CF_FLOAT,     \
        double: CF_FLOAT, char *: CF_TEXT, const char *: CF_TEXT, cf_bytes: CF_BYTES,              \
        cf_date: CF_DATE, cf_time: CF_TIME, cf_datetime: CF_DATETIME, cf_interval: CF_INTERVAL,    \
        cf_decimal *: CF_DECIMAL, const cf_decimal *: CF_DECIMAL, cf_uuid *: CF_UUID,              \
        const cf_uuid *: CF_UUID, cf_json: CF_JSON,                                                \
        cf_null_bool: CF_BOOL | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_int16: CF_INT | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_int32: CF_INT | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_int64: CF_INT | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_float: CF_FLOAT | CF_ARGUMENT_NULLABLE,                                            \
        cf_null_double: CF_FLOAT | CF_ARGUMENT_NULLABLE,                                           \
        cf_null_date: CF_DATE | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_time: CF_TIME | CF_ARGUMENT_NULLABLE,                                              \
        cf_null_datetime: CF_DATETIME | CF_ARGUMENT_NULLABLE,                                      \
        cf_null_interval: CF_INTERVAL | CF_ARGUMENT_NULLABLE, cf_array *: CF_SEQUENCE)

static inline cf_value cf_value_array_(const cf_array *array)
{
    cf_value v = {CF_SEQUENCE, 1, 0, 0, {0}};
    v.as.pointer = array;
    return v;
}
#define CF_ARGUMENT_(x) _Generic((x), CF_VALUE_TYPES_, cf_array *: cf_value_array_)(x),
#define CF_KIND_ENTRY_(x) CF_KIND_OF_(x),

/*
 * The body of a query macro: registers the site and calls `function` with the
 * session, the site and the values. `text` must be a literal; 0 closes the arrays.
 */
#define CF_QUERY_(verb_, result_, function_, db_, T, text_, ...)                                   \
    __extension__({                                                                                \
        CF_SITE_(verb_, NULL, 0, T, text_, ##__VA_ARGS__);                                         \
        (result_) function_((db_), &site_, values_);                                               \
    })

/* Declares and registers `site_`, and `values_` of its arguments. */
#define CF_SITE_(verb_, row_, scalar_, T, text_, ...)                                              \
    _Static_assert(__builtin_constant_p(text_), "a query text must be a string literal");          \
    static const uint8_t kinds_[] = {CF_MAP_(CF_KIND_ENTRY_, ##__VA_ARGS__) 0};                    \
    static cf_site       site_ = {.model = cf_model_##T##_,                                        \
                                  .text = "" text_,                                                \
                                  .file = __FILE__,                                                \
                                  .line = __LINE__,                                                \
                                  .verb = verb_,                                                   \
                                  .argument_count = sizeof kinds_ - 1,                             \
                                  .argument_kinds = kinds_,                                        \
                                  .row = row_,                                                     \
                                  .scalar = scalar_};                                              \
    CF_REGISTER_("cf_sites", entry_, &site_);                                                      \
    (void)entry_;                                                                                  \
    const cf_value values_[] = {CF_MAP_(CF_ARGUMENT_, ##__VA_ARGS__){0}}

/**
 * A struct that rows of selected columns are read into: `CF_ROW(Usage, name, total);` behind the struct, at
 * file scope, also in a header. Columns go into the fields that have their names; each field has one.
 * Fields that may be NULL are of the cf_null_ types, or pointers.
 */
#define CF_ROW(T, ...)                                                                             \
    CF_UNUSED static const cf_row_type *cf_row_##T##_(void)                                        \
    {                                                                                              \
        typedef T                cf_self_;                                                         \
        static const cf_member   fields[] = {CF_MAP_(CF_ROW_FIELD_, __VA_ARGS__)};                 \
        static const cf_row_type row = {#T, sizeof(T), fields, sizeof fields / sizeof *fields};    \
        return &row;                                                                               \
    }                                                                                              \
    _Static_assert(sizeof(T) > 0, "a struct")
#define CF_ROW_FIELD_(f)                                                                           \
    {.name = #f, .type = CF_TYPE_OF_(f), .offset = offsetof(cf_self_, f),                          \
     .size = CF_STORABLE_(f) * sizeof CF_MEMBER_(f)},

#endif

#endif
