/**
 * @file carafe/value.h
 * @brief Values of any type, and objects that templates can look into.
 *
 * A cf_value is 16 bytes: a kind and the value itself or a pointer to it. It owns
 * nothing; what it points at belongs to an arena or to the program. Queries take
 * their bound values as cf_value, templates their variables, functions and
 * filters their arguments.
 *
 * An object is anything with a class: a row of a model, a form, a list of rows, a
 * request, a function. Its class is a table that says which members it has and
 * how it is called, iterated and printed; templates need no more.
 */
#ifndef CARAFE_VALUE_H
#define CARAFE_VALUE_H

#include <carafe/arena.h>
#include <carafe/buffer.h>
#include <carafe/error.h>
#include <carafe/types.h>

CF_BEGIN_C

typedef struct cf_list cf_list;     /* carafe/collection.h */
typedef struct cf_dict cf_dict;     /* carafe/collection.h */
typedef struct cf_object cf_object;

/** What a cf_value holds. */
typedef enum cf_kind {
    CF_UNDEFINED = 0, /**< no value at all: an unset template variable */
    CF_NULL,
    CF_BOOL,
    CF_INT,
    CF_FLOAT,
    CF_TEXT,   /**< UTF-8, not necessarily NUL-terminated */
    CF_MARKUP, /**< UTF-8 that is safe HTML already */
    CF_BYTES,
    CF_DATE,
    CF_TIME,
    CF_DATETIME,
    CF_INTERVAL,
    CF_DECIMAL,
    CF_UUID,
    CF_JSON,  /**< a document as text */
    CF_SEQUENCE, /**< a cf_list that can grow */
    CF_TUPLE, /**< a cf_list that stays as it is */
    CF_MAPPING,  /**< a cf_dict, in the order of insertion */
    CF_OBJECT /**< anything with a class */
} cf_kind;

/** A value. Pass it by value; make it with CF_VALUE() or the functions below. */
typedef struct cf_value {
    uint8_t  kind; /**< a cf_kind */
    uint8_t  flags;
    uint16_t aux;
    uint32_t size; /**< bytes of CF_TEXT, CF_MARKUP, CF_BYTES, CF_JSON */
    union {
        bool              boolean;
        int64_t           integer;
        double            number;
        const char       *text;
        const void       *data;
        cf_date           date;
        cf_time           time;
        cf_datetime       datetime;
        cf_interval       interval;
        const cf_decimal *decimal;
        const cf_uuid    *uuid;
        cf_list          *list;
        cf_dict          *dict;
        cf_object        *object;
        const void       *pointer;
    } as;
} cf_value;

/* ---- making values -------------------------------------------------------------------------- */

static inline cf_value cf_value_undefined(void)
{
    cf_value v = {CF_UNDEFINED, 0, 0, 0, {0}};
    return v;
}
static inline cf_value cf_value_null(void)
{
    cf_value v = {CF_NULL, 0, 0, 0, {0}};
    return v;
}
static inline cf_value cf_value_bool(bool x)
{
    cf_value v = {CF_BOOL, 0, 0, 0, {0}};
    v.as.boolean = x;
    return v;
}
static inline cf_value cf_value_int(int64_t x)
{
    cf_value v = {CF_INT, 0, 0, 0, {0}};
    v.as.integer = x;
    return v;
}
static inline cf_value cf_value_double(double x)
{
    cf_value v = {CF_FLOAT, 0, 0, 0, {0}};
    v.as.number = x;
    return v;
}
/** A text of `size` bytes, at most 4 GiB - 1 (longer ones are cut); NULL is CF_NULL. */
static inline cf_value cf_value_text_n(const char *text, size_t size)
{
    cf_value v = {(uint8_t)(text ? CF_TEXT : CF_NULL), 0, 0, 0, {0}};
    v.size = (uint32_t)(!text ? 0 : size > UINT32_MAX ? UINT32_MAX : size);
    v.as.text = text;
    return v;
}
/** A NUL-terminated text; NULL is CF_NULL. */
static inline cf_value cf_value_text(const char *text)
{
    return cf_value_text_n(text, text ? strlen(text) : 0);
}
/** Safe HTML: it will not be escaped. */
static inline cf_value cf_value_markup_n(const char *text, size_t size)
{
    cf_value v = cf_value_text_n(text, size);
    if (text) v.kind = CF_MARKUP;
    return v;
}
static inline cf_value cf_value_markup(const char *text)
{
    return cf_value_markup_n(text, text ? strlen(text) : 0);
}
static inline cf_value cf_value_bytes(cf_bytes x)
{
    cf_value v = cf_value_text_n((const char *)x.data, x.size);
    if (x.data) v.kind = CF_BYTES;
    return v;
}
static inline cf_value cf_value_date(cf_date x)
{
    cf_value v = {CF_DATE, 0, 0, 0, {0}};
    v.as.date = x;
    return v;
}
static inline cf_value cf_value_time(cf_time x)
{
    cf_value v = {CF_TIME, 0, 0, 0, {0}};
    v.as.time = x;
    return v;
}
static inline cf_value cf_value_datetime(cf_datetime x)
{
    cf_value v = {CF_DATETIME, 0, 0, 0, {0}};
    v.as.datetime = x;
    return v;
}
static inline cf_value cf_value_interval(cf_interval x)
{
    cf_value v = {CF_INTERVAL, 0, 0, 0, {0}};
    v.as.interval = x;
    return v;
}
static inline cf_value cf_value_json(cf_json x)
{
    cf_value v = cf_value_text(x.text);
    if (x.text) v.kind = CF_JSON;
    return v;
}
/** The decimal or UUID is not copied: it must live as long as the value. */
static inline cf_value cf_value_decimal(const cf_decimal *x)
{
    cf_value v = {(uint8_t)(x ? CF_DECIMAL : CF_NULL), 0, 0, 0, {0}};
    v.as.decimal = x;
    return v;
}
static inline cf_value cf_value_uuid(const cf_uuid *x)
{
    cf_value v = {(uint8_t)(x ? CF_UUID : CF_NULL), 0, 0, 0, {0}};
    v.as.uuid = x;
    return v;
}
static inline cf_value cf_value_object(cf_object *x)
{
    cf_value v = {(uint8_t)(x ? CF_OBJECT : CF_NULL), 0, 0, 0, {0}};
    v.as.object = x;
    return v;
}
static inline cf_value cf_value_list(cf_list *x)
{
    cf_value v = {(uint8_t)(x ? CF_SEQUENCE : CF_NULL), 0, 0, 0, {0}};
    v.as.list = x;
    return v;
}
static inline cf_value cf_value_dict(cf_dict *x)
{
    cf_value v = {(uint8_t)(x ? CF_MAPPING : CF_NULL), 0, 0, 0, {0}};
    v.as.dict = x;
    return v;
}
static inline bool cf_value_is_text(cf_value v)
{
    return v.kind == CF_TEXT || v.kind == CF_MARKUP;
}

/** The name of a kind for messages, such as "text" or "date"; a constant. */
CF_API const char *cf_kind_name(int kind);

/** The kind of the values that a storage type holds: CF_INT for CF_TYPE_INT16. CF_UNDEFINED for CF_TYPE_NONE. */
CF_API int cf_type_kind(int type);

/**
 * Read the member of a struct at `at` as a value; texts and the like are not copied.
 * @param type a cf_type, perhaps with CF_TYPE_NULLABLE
 * @param size sizeof the member: needed for CF_TYPE_CHARS
 */
CF_API cf_value cf_value_read(const void *at, int type, size_t size);

/* ---- classes and objects -------------------------------------------------------------------- */

/** Yes, no, or failed with the error recorded in the call. */
typedef enum cf_answer { CF_FAILED = -1, CF_NO = 0, CF_YES = 1 } cf_answer;

/** A keyword argument. */
typedef struct cf_named {
    const char *name; /**< not necessarily NUL-terminated */
    uint32_t    size; /**< bytes of the name */
    cf_value    value;
} cf_named;

/** What a function called from a template gets. */
typedef struct cf_call {
    cf_arena       *arena; /**< for results; lives at least as long as the rendering */
    cf_error       *error; /**< where to say why CF_FAILED or false is returned */
    const cf_value *arguments;
    size_t          argument_count;
    const cf_named *named;
    size_t          named_count;
    void           *context;    /**< what the function was registered with, or NULL */
    void           *request;    /**< what the rendering was started for (in the web layer: the request), or NULL */
    bool            autoescape; /**< is the calling template escaping? */
    void           *machine;    /**< the template machine's own; NULL outside templates */
} cf_call;

/** A function for templates: leaves its result in *out and returns true, or cf_fail()s. */
typedef bool cf_function(cf_call *call, cf_value *out);

/** The keyword argument `name` of a call, or NULL. */
CF_API const cf_value *cf_call_named(const cf_call *call, const char *name);

/** An iteration over an object; the class's `iterate` fills it. */
typedef struct cf_iterator {
    cf_answer (*next)(cf_call *call, struct cf_iterator *iterator, cf_value *out);
    void  *state;
    size_t index;
    size_t length; /**< how many there are, or SIZE_MAX when not known */
} cf_iterator;

/** A member that templates may read: stored at an offset, or made by a function. */
typedef struct cf_member {
    const char *name;
    int         type;   /**< a cf_type, perhaps nullable; CF_TYPE_NONE with `get` */
    uint32_t    offset; /**< into the structure */
    uint32_t    size;
    /** instead of offset: computes the value, e.g. loads a relationship */
    bool (*get)(cf_call *call, cf_object *self, const struct cf_member *member, cf_value *out);
    const void *data; /**< for `get` */
} cf_member;

/**
 * A class: how objects behave in templates. Everything but the name is optional;
 * what is left out does not exist for objects of the class.
 */
struct cf_class {
    const char      *name;
    size_t           data_offset; /**< bytes from the cf_object to the struct; see cf_object_data() */
    const cf_member *members;
    size_t           member_count;
    /** An attribute that is no member. CF_NO: there is none. */
    cf_answer (*attribute)(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out);
    /** A method call in one step, `self.name(arguments)`: saves making a bound method. CF_NO: no such method. */
    cf_answer (*method)(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out);
    /** self[key] */
    cf_answer (*item)(cf_call *call, cf_object *self, cf_value key, cf_value *out);
    /** self(arguments) */
    bool (*call)(cf_call *call, cf_object *self, cf_value *out);
    bool (*iterate)(cf_call *call, cf_object *self, cf_iterator *iterator);
    /** Number of elements; SIZE_MAX with the error set on failure. Also decides truth unless `truth` does. */
    size_t (*length)(cf_call *call, cf_object *self);
    cf_answer (*truth)(cf_call *call, cf_object *self);
    /** The object as text (Python's str). */
    bool (*print)(cf_call *call, cf_object *self, cf_buffer *out);
    /** The object as safe HTML (Python's __html__): what autoescaping writes, unescaped. */
    bool (*html)(cf_call *call, cf_object *self, cf_buffer *out);
    /** Python's repr; default <Name>. */
    bool (*repr)(cf_call *call, cf_object *self, cf_buffer *out);
    cf_answer (*equals)(cf_call *call, cf_object *self, cf_value other);
    /** Assignment self.name = value (namespaces). */
    bool (*assign)(cf_call *call, cf_object *self, const char *name, size_t size, cf_value value);
    const void *data; /**< the class's own */
};

/** The start of every object. Own objects embed it as their first member, with data_offset 0. */
struct cf_object {
    const cf_class *cls;
};

/**
 * What stands before each structure made by cf_arena_object(): its class, a check
 * word, and a pointer for the layer that made it. 32 bytes on 64-bit machines.
 */
typedef struct cf_header {
    cf_object object;
    uintptr_t check;
    void     *state;
    void     *state2;
} cf_header;

/** The data_offset of classes for cf_arena_object(). */
#define CF_HEADER_SIZE sizeof(cf_header)

/** The header of a structure made by cf_arena_object(); undefined for other pointers. O(1). */
static inline cf_header *cf_header_of(const void *structure)
{
    return (cf_header *)((uintptr_t)structure - sizeof(cf_header));
}
/** The object of such a structure. */
static inline cf_object *cf_object_of(const void *structure)
{
    return &cf_header_of(structure)->object;
}
/** The structure of an object. */
static inline void *cf_object_data(const cf_object *object)
{
    return (void *)((uintptr_t)object + object->cls->data_offset);
}

/** The member of that name, or NULL. O(number of members). */
CF_API const cf_member *cf_class_member(const cf_class *cls, const char *name, size_t size);

/** A function as an object, for templates; NULL when out of memory. `name` must live as long. */
CF_API cf_object *cf_function_object(cf_arena *arena, const char *name, cf_function *function, void *context);

/** The class of function objects: `object->cls == &cf_function_class` tells them. */
CF_API extern const cf_class cf_function_class;

/** A method bound to an object: calls `method(call, self, ...)` of its class by name; NULL when out of memory. */
CF_API cf_object *cf_method_object(cf_arena *arena, cf_object *self, const char *name, size_t size);

/**
 * The value of a pointer to a structure that the library handed out: a row, a list, a form.
 * @param arena where it must have come from (a child arena will do)
 * @return CF_NULL for NULL, the object, or CF_UNDEFINED when the pointer is not the library's
 */
CF_API cf_value cf_value_pointer(const cf_arena *arena, const void *pointer);

/* ---- values from C expressions -------------------------------------------------------------- */

#ifndef __cplusplus
static inline cf_value cf_value_same_(cf_value x)
{
    return x;
}
static inline cf_value cf_value_unsigned_(uint64_t x)
{
    return cf_value_int(x > INT64_MAX ? INT64_MAX : (int64_t)x);
}
static inline cf_value cf_value_address_(const void *x)
{
    cf_value v = {CF_OBJECT, 1, 0, 0, {0}};
    if (!x) return cf_value_null();
    v.as.pointer = x;
    return v;
}
#define CF_NULL_VALUE_(T, make)                                                                    \
    static inline cf_value cf_value_null_##T##_(cf_null_##T x)                                     \
    {                                                                                              \
        return x.set ? make(x.value) : cf_value_null();                                            \
    }
CF_NULL_VALUE_(bool, cf_value_bool)
CF_NULL_VALUE_(int16, cf_value_int)
CF_NULL_VALUE_(int32, cf_value_int)
CF_NULL_VALUE_(int64, cf_value_int)
CF_NULL_VALUE_(float, cf_value_double)
CF_NULL_VALUE_(double, cf_value_double)
CF_NULL_VALUE_(date, cf_value_date)
CF_NULL_VALUE_(time, cf_value_time)
CF_NULL_VALUE_(datetime, cf_value_datetime)
CF_NULL_VALUE_(interval, cf_value_interval)

/* The associations that every value macro shares: C type, then constructor. */
#define CF_VALUE_TYPES_                                                                            \
    bool: cf_value_bool, char: cf_value_int, signed char: cf_value_int,                            \
    unsigned char: cf_value_int, short: cf_value_int, unsigned short: cf_value_int,                \
    int: cf_value_int, unsigned: cf_value_int, long: cf_value_int, long long: cf_value_int,        \
    unsigned long: cf_value_unsigned_, unsigned long long: cf_value_unsigned_,                     \
    float: cf_value_double, double: cf_value_double,                                               \
    char *: cf_value_text, const char *: cf_value_text,                                            \
    cf_bytes: cf_value_bytes, cf_date: cf_value_date, cf_time: cf_value_time,                      \
    cf_datetime: cf_value_datetime, cf_interval: cf_value_interval,                                \
    cf_decimal *: cf_value_decimal, const cf_decimal *: cf_value_decimal,                          \
    cf_uuid *: cf_value_uuid, const cf_uuid *: cf_value_uuid, cf_json: cf_value_json,              \
    cf_null_bool: cf_value_null_bool_, cf_null_int16: cf_value_null_int16_,                        \
    cf_null_int32: cf_value_null_int32_, cf_null_int64: cf_value_null_int64_,                      \
    cf_null_float: cf_value_null_float_, cf_null_double: cf_value_null_double_,                    \
    cf_null_date: cf_value_null_date_, cf_null_time: cf_value_null_time_,                          \
    cf_null_datetime: cf_value_null_datetime_, cf_null_interval: cf_value_null_interval_,          \
    cf_list *: cf_value_list, cf_dict *: cf_value_dict, cf_value: cf_value_same_

/**
 * The value of any C expression of a supported type; other types do not compile.
 * The expression is evaluated once.
 */
#define CF_VALUE(x) _Generic((x), CF_VALUE_TYPES_)(x)

/**
 * The same, and pointers to structures that the library handed out: rows, lists,
 * forms. Whether a pointer is one is checked when it is used, see cf_value_pointer().
 */
#define CF_ANY_VALUE(x) _Generic((x), CF_VALUE_TYPES_, default: cf_value_address_)(x)

/** A named value for templates: `CF_VAR(users)` is the variable `users`. */
#define CF_VAR(x) (&(cf_named){#x, sizeof #x - 1, CF_ANY_VALUE(x)})
/** A named value under another name: `CF_VAR_AS("title", user->name)`. */
#define CF_VAR_AS(name, x) (&(cf_named){"" name, sizeof(name) - 1, CF_ANY_VALUE(x)})
#endif

CF_END_C

#endif
