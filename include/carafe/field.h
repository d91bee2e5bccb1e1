/**
 * @file carafe/field.h
 * @brief What a form is made of: kinds of fields, rules, choices, and the macros that declare them.
 *
 * Included by carafe/form.h; there is an example. A cf_field is a row of a table: CF_FIELD() writes it for a member
 * of the form's struct, programs that learn of their fields at run time fill it in themselves. Rules are rows too.
 * Everything here is a description: immutable, shared by all forms of the class, and owned by the program.
 */
#ifndef CARAFE_FIELD_H
#define CARAFE_FIELD_H

#include <carafe/collection.h>

CF_BEGIN_C

/* ---- kinds of fields and widgets ------------------------------------------------------------ */

/** What a field is. CF_FIELD() chooses by the member's C type unless `.type` says otherwise. */
typedef enum cf_field_type {
    CF_FIELD_DEFAULT = 0, /**< by the member's C type */
    CF_FIELD_STRING,      /**< const char *, char[N]: one line of text */
    CF_FIELD_TEXTAREA,
    CF_FIELD_PASSWORD, /**< never shown again */
    CF_FIELD_HIDDEN,
    CF_FIELD_EMAIL, /**< a text; add CF_EMAIL to have it checked here too */
    CF_FIELD_URL,
    CF_FIELD_TEL,
    CF_FIELD_SEARCH,
    CF_FIELD_COLOR,
    CF_FIELD_INTEGER, /**< int16_t, int32_t, int64_t and their cf_null_ twins */
    CF_FIELD_INTEGER_RANGE,
    CF_FIELD_FLOAT,   /**< float, double and their cf_null_ twins */
    CF_FIELD_DECIMAL, /**< cf_decimal, cf_null_decimal */
    CF_FIELD_DECIMAL_RANGE,
    CF_FIELD_BOOLEAN, /**< bool: a checkbox */
    CF_FIELD_SUBMIT,  /**< a button */
    CF_FIELD_DATE,    /**< cf_date, cf_null_date */
    CF_FIELD_MONTH,   /**< cf_date, the first of the month */
    CF_FIELD_WEEK,    /**< a text such as 2024-W07 */
    CF_FIELD_TIME,    /**< cf_time, cf_null_time */
    CF_FIELD_DATETIME,
    CF_FIELD_DATETIME_LOCAL,  /**< cf_datetime, cf_null_datetime */
    CF_FIELD_SELECT,          /**< a text or an integer out of `.choices` */
    CF_FIELD_SELECT_MULTIPLE, /**< cf_texts or cf_integers */
    CF_FIELD_RADIO,
    CF_FIELD_FILE,       /**< const cf_upload * */
    CF_FIELD_FILES,      /**< cf_uploads */
    CF_FIELD_LIST,       /**< any number of one other field, see cf_field.entry */
    CF_FIELD_FORM,       /**< a form inside this one, see cf_field.form */
    CF_FIELD_CSRF,       /**< made by the library */
    CF_FIELD_FORM_RULE_, /**< no field: a rule over the whole form, see CF_FORM_RULE() */
    CF_FIELD_COUNT_
} cf_field_type;

/** How a field is drawn; zero leaves it to the field's type. */
typedef enum cf_widget_type {
    CF_WIDGET_DEFAULT = 0,
    CF_WIDGET_TEXT,
    CF_WIDGET_PASSWORD,
    CF_WIDGET_HIDDEN,
    CF_WIDGET_CHECKBOX,
    CF_WIDGET_RADIO,
    CF_WIDGET_FILE,
    CF_WIDGET_SUBMIT,
    CF_WIDGET_TEXTAREA,
    CF_WIDGET_SELECT,
    CF_WIDGET_OPTION,
    CF_WIDGET_LIST,
    CF_WIDGET_TABLE,
    CF_WIDGET_SEARCH,
    CF_WIDGET_TEL,
    CF_WIDGET_URL,
    CF_WIDGET_EMAIL,
    CF_WIDGET_DATETIME,
    CF_WIDGET_DATE,
    CF_WIDGET_MONTH,
    CF_WIDGET_WEEK,
    CF_WIDGET_TIME,
    CF_WIDGET_DATETIME_LOCAL,
    CF_WIDGET_NUMBER,
    CF_WIDGET_RANGE,
    CF_WIDGET_COLOR,
    CF_WIDGET_INPUT, /**< an <input> of the type in `input_type` */
    CF_WIDGET_COUNT_
} cf_widget_type;

/* ---- values --------------------------------------------------------------------------------- */

/** A file that was sent. Small ones are in memory, large ones in a temporary file; the web layer owns both. */
typedef struct cf_upload {
    const char *field;        /**< HTML name of the field it was sent in */
    const char *filename;     /**< as the browser named it, without any folder; "" when none was chosen */
    const char *content_type; /**< as the browser said; not to be trusted; "" when it said nothing */
    const char *path;         /**< the temporary file, removed when the request ends; or NULL */
    const void *data;         /**< the content when `path` is NULL */
    uint64_t    size;         /**< bytes */
} cf_upload;

/** Chosen texts of a CF_FIELD_SELECT_MULTIPLE. */
typedef struct cf_texts {
    const char *const *items;
    size_t             count;
} cf_texts;
/** Chosen numbers of a CF_FIELD_SELECT_MULTIPLE. */
typedef struct cf_integers {
    const int64_t *items;
    size_t         count;
} cf_integers;
/** The files of a CF_FIELD_FILES. */
typedef struct cf_uploads {
    const cf_upload *const *items;
    size_t                  count;
} cf_uploads;

/** One choice of a select or radio field. A table of them ends with {0}. */
typedef struct cf_choice {
    const char *value; /**< what is submitted; NULL ends the table */
    const char *label; /**< what is shown; NULL: the value */
    const char *group; /**< heading it stands under; neighbours of one heading share it; NULL: none */
} cf_choice;

/** Several text literals in one, see CF_WORDS(). */
typedef struct cf_words {
    const char *text; /**< each ended by a NUL */
    size_t      size; /**< of all, and one more */
} cf_words;
#define CF_WORD_(x) x "\0"
/** Text literals, up to 32. */
#define CF_WORDS(...)                                                          \
    {                                                                          \
        CF_MAP_(CF_WORD_, __VA_ARGS__), sizeof(CF_MAP_(CF_WORD_, __VA_ARGS__)) \
    }

/** A limit: kind 0 none, 1 `integer`, 2 `number`, 3 `value`. CF_BOUND_() makes one from a number. */
typedef struct cf_bound {
    int             kind;
    int64_t         integer;
    double          number;
    const cf_value *value;
} cf_bound;
#define CF_BOUND_(x)                                                                                              \
    {                                                                                                             \
        .kind = _Generic((x), float : 2, double : 2, default : 1), .integer = (int64_t)(x), .number = (double)(x) \
    }

/* ---- rules ---------------------------------------------------------------------------------- */

typedef enum cf_rule_type {
    CF_RULE_NONE = 0,
    CF_RULE_REQUIRED,
    CF_RULE_INPUT_REQUIRED,
    CF_RULE_OPTIONAL,
    CF_RULE_LENGTH,
    CF_RULE_RANGE,
    CF_RULE_EMAIL,
    CF_RULE_URL,
    CF_RULE_UUID,
    CF_RULE_IP_ADDRESS,
    CF_RULE_MAC_ADDRESS,
    CF_RULE_REGEXP,
    CF_RULE_ANY_OF,
    CF_RULE_NONE_OF,
    CF_RULE_EQUAL_TO,
    CF_RULE_FILE_REQUIRED,
    CF_RULE_FILE_ALLOWED,
    CF_RULE_FILE_SIZE,
    CF_RULE_CALL,    /**< calls `validate` */
    CF_RULE_MESSAGE, /**< gives the rule before it another message */
    CF_RULE_COUNT_
} cf_rule_type;

/** Options of rules, or-ed together in cf_rule.flags. */
enum {
    CF_RULE_NO_STRIP = 1,      /**< OPTIONAL: blanks count as input */
    CF_RULE_GRANULAR = 2,      /**< EMAIL: the message says what exactly is wrong */
    CF_RULE_ASCII_LOCAL = 4,   /**< EMAIL: refuse non-ASCII before the @ */
    CF_RULE_EMPTY_LOCAL = 8,   /**< EMAIL: allow nothing before the @ */
    CF_RULE_NO_TLD = 16,       /**< URL: allow hosts such as localhost */
    CF_RULE_NO_IPV4 = 32,      /**< IP_ADDRESS */
    CF_RULE_IPV6 = 64,         /**< IP_ADDRESS */
    CF_RULE_IGNORE_CASE = 128, /**< REGEXP */
    CF_RULE_MULTILINE = 256,   /**< REGEXP: ^ and $ match at lines */
    CF_RULE_DOT_ALL = 512,     /**< REGEXP: . matches a line end too */
    CF_RULE_INLINE = 1024      /**< any: gives the field no HTML attribute */
};

/**
 * Checks a field after its rules, or (field NULL) the whole form after all fields.
 * Reports by cf_form_add_error(form, field, "..."); says nothing when all is well.
 * @param form  the form's struct, its members filled in
 * @param field the field's name
 */
typedef void cf_form_check(void *form, const char *field);

/** A rule of a field, made by CF_REQUIRED and its kin. Rules stand before the options of CF_FIELD(). */
typedef struct cf_rule {
    const struct cf_use_a_rule_or_dot_option *guard_;
    cf_rule_type                              a_rule_must_stand_before_the_options;
    unsigned                                  flags;
    cf_bound                                  min, max;
    const char                               *text;  /**< REGEXP: the pattern; EQUAL_TO: the field; MESSAGE: the text */
    cf_words                                  words; /**< ANY_OF, NONE_OF, FILE_ALLOWED */
    const char                               *message; /**< instead of the rule's own; NULL: that */
    const cf_list                            *values;  /**< ANY_OF, NONE_OF built at run time; NULL: `words` */
    const char    *separator; /**< ANY_OF, NONE_OF: between values in the message; NULL: ", " */
    cf_form_check *validate;  /**< CALL */
    /** CALL, built at run time: false leaves a message in the call's error; code CF_ERR_FAILED stops the chain. */
    bool (*run)(cf_call *call, const struct cf_rule *rule, cf_value data);
    void *context; /**< for `run` */
} cf_rule;

#define CF_RULE_(type_, ...)                                         \
    {                                                                \
        .a_rule_must_stand_before_the_options = type_, ##__VA_ARGS__ \
    }

/** Something must have been entered; blanks are nothing; 0 and an unchecked number are something. A checkbox must be checked. */
#define CF_REQUIRED CF_RULE_(CF_RULE_REQUIRED)
/** Something must have been submitted, blanks will do. */
#define CF_INPUT_REQUIRED CF_RULE_(CF_RULE_INPUT_REQUIRED)
/** An empty field is all right: no further rule is asked. */
#define CF_OPTIONAL CF_RULE_(CF_RULE_OPTIONAL)
/** Between `min_` and `max_` characters (not bytes). */
#define CF_LENGTH(min_, max_) CF_RULE_(CF_RULE_LENGTH, .min = CF_BOUND_(min_), .max = CF_BOUND_(max_))
#define CF_MIN_LENGTH(min_) CF_RULE_(CF_RULE_LENGTH, .min = CF_BOUND_(min_))
#define CF_MAX_LENGTH(max_) CF_RULE_(CF_RULE_LENGTH, .max = CF_BOUND_(max_))
/** A number from `min_` to `max_`, both included. */
#define CF_RANGE(min_, max_) CF_RULE_(CF_RULE_RANGE, .min = CF_BOUND_(min_), .max = CF_BOUND_(max_))
#define CF_MIN(min_) CF_RULE_(CF_RULE_RANGE, .min = CF_BOUND_(min_))
#define CF_MAX(max_) CF_RULE_(CF_RULE_RANGE, .max = CF_BOUND_(max_))
/** An e-mail address, international ones included; nobody is asked whether it exists. */
#define CF_EMAIL CF_RULE_(CF_RULE_EMAIL)
/** An e-mail address; the message says what is wrong with it. */
#define CF_EMAIL_GRANULAR CF_RULE_(CF_RULE_EMAIL, .flags = CF_RULE_GRANULAR)
/** An absolute URL with a full host name. */
#define CF_URL CF_RULE_(CF_RULE_URL)
/** An absolute URL; a host such as localhost will do. */
#define CF_URL_LOCAL CF_RULE_(CF_RULE_URL, .flags = CF_RULE_NO_TLD)
#define CF_UUID_FORMAT CF_RULE_(CF_RULE_UUID)
/** An IPv4 address. */
#define CF_IPV4_ADDRESS CF_RULE_(CF_RULE_IP_ADDRESS)
/** An IPv6 address. */
#define CF_IPV6_ADDRESS CF_RULE_(CF_RULE_IP_ADDRESS, .flags = CF_RULE_NO_IPV4 | CF_RULE_IPV6)
/** An IPv4 or IPv6 address. */
#define CF_IP_ADDRESS CF_RULE_(CF_RULE_IP_ADDRESS, .flags = CF_RULE_IPV6)
#define CF_MAC_ADDRESS CF_RULE_(CF_RULE_MAC_ADDRESS)
/** Matches a regular expression (PCRE2 in Python's manner), anchored at the start. */
#define CF_REGEXP(pattern_) CF_RULE_(CF_RULE_REGEXP, .text = "" pattern_)
#define CF_REGEXP_FLAGS(pattern_, flags_) CF_RULE_(CF_RULE_REGEXP, .text = "" pattern_, .flags = (flags_))
/** One of the given text literals; for number fields they are read as numbers. */
#define CF_ANY_OF(...) CF_RULE_(CF_RULE_ANY_OF, .words = CF_WORDS(__VA_ARGS__))
#define CF_NONE_OF(...) CF_RULE_(CF_RULE_NONE_OF, .words = CF_WORDS(__VA_ARGS__))
/** The same as another field of the form: a repeated password. */
#define CF_EQUAL_TO(field_) CF_RULE_(CF_RULE_EQUAL_TO, .text = #field_, .flags = 0 * sizeof(((cf_self_ *)0)->field_))
/** A file must be chosen. */
#define CF_FILE_REQUIRED CF_RULE_(CF_RULE_FILE_REQUIRED)
/** The file's name must end so: CF_FILE_ALLOWED("png", "jpg"); case does not matter. */
#define CF_FILE_ALLOWED(...) CF_RULE_(CF_RULE_FILE_ALLOWED, .words = CF_WORDS(__VA_ARGS__))
/** At most so many bytes. */
#define CF_FILE_SIZE(max_) CF_RULE_(CF_RULE_FILE_SIZE, .max = CF_BOUND_(max_))
/** Calls a function of yours at this place of the chain. */
#define CF_CALL(function_) CF_RULE_(CF_RULE_CALL, .validate = (function_))
/** Another message for the rule before it: CF_REQUIRED, CF_MESSAGE("Tell us your name."). Takes WTForms' placeholders such as %(min)d. */
#define CF_MESSAGE(text_) CF_RULE_(CF_RULE_MESSAGE, .text = "" text_)

/* ---- fields --------------------------------------------------------------------------------- */

/** Filters, applied to submitted and given texts in this order; or-ed together in cf_field.filters. */
enum {
    CF_STRIP = 1,    /**< no blanks at the ends */
    CF_COLLAPSE = 2, /**< runs of blanks become one, none at the ends */
    CF_LOWER = 4,
    CF_UPPER = 8,
    CF_EMPTY_NULL = 16 /**< an empty text becomes NULL */
};

/**
 * A filter: changes *value in place, texts in call->arena. False refuses the
 * input: cf_fail(call->error, CF_ERR_RANGE, message) becomes the field's error.
 */
typedef bool cf_filter(cf_call *call, cf_value *value);

/** How to round a decimal for display, as Python's decimal module names it. */
typedef enum cf_rounding {
    CF_ROUND_DEFAULT = 0, /**< CF_ROUND_HALF_EVEN */
    CF_ROUND_HALF_EVEN,
    CF_ROUND_HALF_UP,
    CF_ROUND_HALF_DOWN,
    CF_ROUND_UP,
    CF_ROUND_DOWN,
    CF_ROUND_CEILING,
    CF_ROUND_FLOOR,
    CF_ROUND_05UP
} cf_rounding;

/** What submitted choices are turned into. By default as the member's C type says; built at run time: texts. */
typedef enum cf_coerce {
    CF_COERCE_DEFAULT = 0,
    CF_COERCE_TEXT,
    CF_COERCE_INT,
    CF_COERCE_FLOAT,
    CF_COERCE_BOOL
} cf_coerce;

/** A widget with its options; zeros are the defaults of the widget. */
typedef struct cf_widget {
    cf_widget_type type;
    const char    *input_type;     /**< INPUT: the type attribute */
    const char    *html_tag;       /**< LIST: "ul" (default) or "ol" */
    cf_bound       step, min, max; /**< NUMBER, RANGE */
    bool           multiple;       /**< SELECT, FILE */
    bool           show_value;     /**< PASSWORD: show what was typed again */
    bool           label_last;     /**< LIST: the label after the field */
    bool           no_table_tag;   /**< TABLE */
} cf_widget;

#define CF_RULES_MAX 10 /* rules a CF_FIELD() can have, CF_MESSAGE() counted; further ones go to `more_rules` */

typedef struct cf_form_class cf_form_class;

/** A field of a form. Zero means default everywhere. Built at run time, rules go to `more_rules`. */
typedef struct cf_field {
    /* filled in by CF_FIELD() */
    const char                               *name;   /**< in the form; never NULL */
    const char                               *label;  /**< NULL: made from the name, "user_id" becomes "User Id" */
    uint32_t                                  offset; /**< of the struct's member */
    uint32_t                                  size;
    int                                       c_type; /**< a cf_type, cf_form_type_ or CF_TYPE_NONE: no member */
    cf_rule                                   rules[CF_RULES_MAX + 1];
    const struct cf_use_a_rule_or_dot_option *guard_;
    /* yours */
    cf_field_type    type;
    const char      *description;
    const char      *id;           /**< HTML id; NULL: the HTML name */
    const char      *html_name;    /**< other than `name`; prefixed like it */
    const char      *default_text; /**< read as the field's type would read it */
    int64_t          default_int;  /**< for integers, booleans, floats: used when not 0 */
    bool             default_now;  /**< for dates and times: the present moment, UTC */
    unsigned         filters;      /**< CF_STRIP and its kin */
    cf_filter       *filter;       /**< after those */
    cf_form_check   *validate;     /**< after the rules */
    const char      *format;       /**< dates and times: strftime/strptime format; several are separated by '|' */
    const cf_choice *choices;      /**< ends with {0} */
    cf_words         choice_words; /**< CF_CHOICES("s", "Small", "l", "Large") */
    bool             any_choice;   /**< accept values that are not among the choices */
    cf_coerce        coerce;
    cf_words         false_words; /**< booleans: what counts as false; CF_WORDS("false", "") is the default */
    int              places;      /**< decimals: digits shown; 0: two; negative: as they are */
    cf_rounding      rounding;
    cf_widget        widget;
    cf_widget        option_widget;
    cf_words         render;                   /**< CF_ATTRIBUTES("class", "form-control") for every rendering */
    int              min_entries, max_entries; /**< CF_FIELD_LIST; max 0: bounded by the limits only */
    const char      *separator;                /**< CF_FIELD_LIST, CF_FIELD_FORM: "-" */
    const cf_form_class *(*form)(void);        /**< CF_FIELD_FORM */
    const struct cf_field *entry;              /**< CF_FIELD_LIST: what each entry is; NULL: by `form` or the member */
    size_t                 max_length;         /**< bytes accepted; 0: the form's limit */
    /* built at run time */
    const cf_form_class *form_class;  /**< instead of `form` */
    const cf_value      *label_value; /**< instead of `label`: may be safe HTML */
    const cf_value      *default_value;
    const cf_dict       *render_values;
    const cf_value
        *choice_values; /**< list of [value, label] or of values; or a dictionary of such; CF_NULL: none set */
    const cf_list    *false_values;
    const cf_list    *formats;
    const cf_rule    *more_rules; /**< after `rules` */
    size_t            more_rule_count;
    cf_filter *const *more_filters; /**< after `filters` and `filter` */
    void *const      *more_filter_contexts;
    size_t            more_filter_count;
    bool              zero_places; /**< decimals: no digits after the point */
    void             *context;
    bool              end_;
} cf_field;

/** Types of members beyond cf_type. */
enum cf_form_type_ {
    CF_FORM_TYPE_UPLOAD_ = 64,
    CF_FORM_TYPE_UPLOADS_,
    CF_FORM_TYPE_TEXTS_,
    CF_FORM_TYPE_INTEGERS_,
    CF_FORM_TYPE_FORM_,
    CF_FORM_TYPE_ENTRIES_
};

/** Values and labels of a select or radio field in turn: `.choice_words = CF_CHOICES("s", "Small", "l", "Large")`. */
#define CF_CHOICES(...) CF_WORDS(__VA_ARGS__)
/** HTML attributes, names and values in turn: `.render = CF_ATTRIBUTES("class", "form-control")`. */
#define CF_ATTRIBUTES(...) CF_WORDS(__VA_ARGS__)

#ifndef __cplusplus

/** The types a form's struct can have members of; others do not compile. */
#define CF_FORM_TYPE_OF_(f) \
    _Generic(&(f), char(*)[sizeof(f)]: CF_TYPE_CHARS,                                              \
        default: _Generic((f),                                                                     \
            bool: CF_TYPE_BOOL, short: CF_TYPE_INT16, int: CF_TYPE_INT32,                          \
            unsigned: CF_TYPE_UINT32, long: CF_TYPE_INT64, long long: CF_TYPE_INT64,               \
            float: CF_TYPE_FLOAT, double: CF_TYPE_DOUBLE,                                          \
            char *: CF_TYPE_TEXT, const char *: CF_TYPE_TEXT,                                      \
            cf_date: CF_TYPE_DATE, cf_time: CF_TYPE_TIME, cf_datetime: CF_TYPE_DATETIME,           \
            cf_decimal: CF_TYPE_DECIMAL, cf_uuid: CF_TYPE_UUID,                                    \
            cf_null_bool: CF_TYPE_BOOL | CF_TYPE_NULLABLE,                                         \
            cf_null_int16: CF_TYPE_INT16 | CF_TYPE_NULLABLE,                                       \
            cf_null_int32: CF_TYPE_INT32 | CF_TYPE_NULLABLE,                                       \
            cf_null_int64: CF_TYPE_INT64 | CF_TYPE_NULLABLE,                                       \
            cf_null_float: CF_TYPE_FLOAT | CF_TYPE_NULLABLE,                                       \
            cf_null_double: CF_TYPE_DOUBLE | CF_TYPE_NULLABLE,                                     \
            cf_null_date: CF_TYPE_DATE | CF_TYPE_NULLABLE,                                         \
            cf_null_time: CF_TYPE_TIME | CF_TYPE_NULLABLE,                                         \
            cf_null_datetime: CF_TYPE_DATETIME | CF_TYPE_NULLABLE,                                 \
            cf_null_decimal: CF_TYPE_DECIMAL | CF_TYPE_NULLABLE,                                   \
            cf_null_uuid: CF_TYPE_UUID | CF_TYPE_NULLABLE,                                         \
            const cf_upload *: CF_FORM_TYPE_UPLOAD_, cf_uploads: CF_FORM_TYPE_UPLOADS_,            \
            cf_texts: CF_FORM_TYPE_TEXTS_, cf_integers: CF_FORM_TYPE_INTEGERS_))

#define CF_FORM_MEMBER_(field_) \
    .name = #field_, .offset = offsetof(cf_self_, field_), .size = sizeof(((cf_self_ *)0)->field_)

/**
 * A field for a member of the form's struct: its name, its label (NULL: made from the name),
 * then rules, then options with a dot.
 */
#define CF_FIELD(field_, label_, ...)                                                                  \
    {                                                                                                  \
        CF_FORM_MEMBER_(field_), .c_type = CF_FORM_TYPE_OF_(((cf_self_ *)0)->field_), .label = label_, \
                                 .rules[0] = {0}, ##__VA_ARGS__                                        \
    }
/** A button named `submit`. */
#define CF_SUBMIT(label_, ...)                                                    \
    {                                                                             \
        .name = "submit", .label = label_, .type = CF_FIELD_SUBMIT, ##__VA_ARGS__ \
    }
/** A button of another name; its struct member is a bool that says whether it was pressed. */
#define CF_SUBMIT_AS(field_, label_, ...) CF_FIELD(field_, label_, .type = CF_FIELD_SUBMIT, ##__VA_ARGS__)
/** A form inside the form: the member is a struct of another form, `Form` its name. */
#define CF_FORM_FIELD(field_, label_, Form, ...)                                                \
    {                                                                                           \
        CF_FORM_MEMBER_(field_),                                                                \
            .c_type = _Generic(((cf_self_ *)0)->field_, Form                                    \
                               : CF_FORM_TYPE_FORM_),                                           \
            .label = label_, .type = CF_FIELD_FORM, .form = cf_form_class_##Form, ##__VA_ARGS__ \
    }
/** A member that holds any number of structs of another form: `CF_ENTRIES(Address) homes;`. */
#define CF_ENTRIES(Form) \
    struct {             \
        Form  *items;    \
        size_t count;    \
    }
/** A list of forms inside the form: the member is a CF_ENTRIES() of another form, `Form` its name. */
#define CF_FORM_LIST(field_, label_, Form, ...)                                                        \
    {                                                                                                  \
        CF_FORM_MEMBER_(field_), .label = label_, .type = CF_FIELD_LIST, .form = cf_form_class_##Form, \
                                 .c_type = _Generic(((cf_self_ *)0)->field_.items, Form *              \
                                                    : CF_FORM_TYPE_ENTRIES_),                          \
                                 ##__VA_ARGS__                                                         \
    }
/** A list of texts or numbers, one field each: the member is a cf_texts or cf_integers. */
#define CF_FIELD_ENTRIES(field_, label_, ...) CF_FIELD(field_, label_, .type = CF_FIELD_LIST, ##__VA_ARGS__)
/** A rule over the whole form, asked after all fields: a cf_form_check called with field NULL. */
#define CF_FORM_RULE(function_)                                          \
    {                                                                    \
        .name = "", .type = CF_FIELD_FORM_RULE_, .validate = (function_) \
    }
#endif

CF_END_C

#endif
