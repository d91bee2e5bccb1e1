/**
 * @file carafe/form.h
 * @brief Forms: typed fields, rules, CSRF protection and HTML, declared in one place.
 *
 * A form is a struct for the values and a table of labels and rules. cf_form_make()
 * builds one for a request and reads what was submitted, cf_form_validate() applies
 * the rules, templates render it as WTForms does. What was typed and what is wrong
 * with it is kept beside the struct, so that a refused form shows itself again.
 *
 *     typedef struct UserForm { const char *name; const char *email; } UserForm;
 *     CF_FORM(UserForm,
 *         CF_FIELD(name,  "Name",  CF_REQUIRED, CF_LENGTH(2, 100)),
 *         CF_FIELD(email, "Email", CF_REQUIRED, CF_EMAIL, .description = "We never share it."),
 *         CF_SUBMIT("Add User"));
 *
 *     UserForm *form = cf_form_make(arena, cf_form_class_UserForm(), &input, &error);
 *     if (cf_submitted(form)) save(form->name, form->email);
 *
 * Everything a form holds lives in the arena it was made in. A form belongs to one thread.
 */
#ifndef CARAFE_FORM_H
#define CARAFE_FORM_H

#include <carafe/collection.h>

CF_BEGIN_C

/* ---- kinds of fields and widgets ------------------------------------------------------------ */

/** What a field is. CF_FIELD() chooses by the member's C type unless `.type` says otherwise. */
typedef enum cf_field_type {
    CF_FIELD_DEFAULT = 0,     /**< by the member's C type */
    CF_FIELD_STRING,          /**< const char *, char[N]: one line of text */
    CF_FIELD_TEXTAREA,
    CF_FIELD_PASSWORD,        /**< never shown again */
    CF_FIELD_HIDDEN,
    CF_FIELD_EMAIL,           /**< a text; add CF_EMAIL to have it checked here too */
    CF_FIELD_URL,
    CF_FIELD_TEL,
    CF_FIELD_SEARCH,
    CF_FIELD_COLOR,
    CF_FIELD_INTEGER,         /**< int16_t, int32_t, int64_t and their cf_null_ twins */
    CF_FIELD_INTEGER_RANGE,
    CF_FIELD_FLOAT,           /**< float, double and their cf_null_ twins */
    CF_FIELD_DECIMAL,         /**< cf_decimal, cf_null_decimal */
    CF_FIELD_DECIMAL_RANGE,
    CF_FIELD_BOOLEAN,         /**< bool: a checkbox */
    CF_FIELD_SUBMIT,          /**< a button */
    CF_FIELD_DATE,            /**< cf_date, cf_null_date */
    CF_FIELD_MONTH,           /**< cf_date, the first of the month */
    CF_FIELD_WEEK,            /**< a text such as 2024-W07 */
    CF_FIELD_TIME,            /**< cf_time, cf_null_time */
    CF_FIELD_DATETIME,
    CF_FIELD_DATETIME_LOCAL,  /**< cf_datetime, cf_null_datetime */
    CF_FIELD_SELECT,          /**< a text or an integer out of `.choices` */
    CF_FIELD_SELECT_MULTIPLE, /**< cf_texts or cf_integers */
    CF_FIELD_RADIO,
    CF_FIELD_FILE,            /**< const cf_upload * */
    CF_FIELD_FILES,           /**< cf_uploads */
    CF_FIELD_LIST,            /**< any number of one other field, see cf_field.entry */
    CF_FIELD_FORM,            /**< a form inside this one, see cf_field.form */
    CF_FIELD_CSRF,            /**< made by the library */
    CF_FIELD_FORM_RULE_,      /**< no field: a rule over the whole form, see CF_FORM_RULE() */
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
    CF_WIDGET_INPUT,          /**< an <input> of the type in `input_type` */
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
#define CF_WORDS(...)                                                                              \
    {                                                                                              \
        CF_MAP_(CF_WORD_, __VA_ARGS__), sizeof(CF_MAP_(CF_WORD_, __VA_ARGS__))                     \
    }

/** A limit: kind 0 none, 1 `integer`, 2 `number`, 3 `value`. CF_BOUND_() makes one from a number. */
typedef struct cf_bound {
    int             kind;
    int64_t         integer;
    double          number;
    const cf_value *value;
} cf_bound;
#define CF_BOUND_(x)                                                                               \
    {                                                                                              \
        .kind = _Generic((x), float: 2, double: 2, default: 1), .integer = (int64_t)(x),           \
        .number = (double)(x)                                                                      \
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
    CF_RULE_NO_STRIP = 1,        /**< OPTIONAL: blanks count as input */
    CF_RULE_GRANULAR = 2,        /**< EMAIL: the message says what exactly is wrong */
    CF_RULE_ASCII_LOCAL = 4,     /**< EMAIL: refuse non-ASCII before the @ */
    CF_RULE_EMPTY_LOCAL = 8,     /**< EMAIL: allow nothing before the @ */
    CF_RULE_NO_TLD = 16,         /**< URL: allow hosts such as localhost */
    CF_RULE_NO_IPV4 = 32,        /**< IP_ADDRESS */
    CF_RULE_IPV6 = 64,           /**< IP_ADDRESS */
    CF_RULE_IGNORE_CASE = 128,   /**< REGEXP */
    CF_RULE_MULTILINE = 256,     /**< REGEXP: ^ and $ match at lines */
    CF_RULE_DOT_ALL = 512,       /**< REGEXP: . matches a line end too */
    CF_RULE_INLINE = 1024        /**< any: gives the field no HTML attribute */
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
    cf_rule_type  a_rule_must_stand_before_the_options;
    unsigned      flags;
    cf_bound      min, max;
    const char   *text;      /**< REGEXP: the pattern; EQUAL_TO: the field; MESSAGE: the text */
    cf_words      words;     /**< ANY_OF, NONE_OF, FILE_ALLOWED */
    const char   *message;   /**< instead of the rule's own; NULL: that */
    const cf_list *values;   /**< ANY_OF, NONE_OF built at run time; NULL: `words` */
    const char   *separator; /**< ANY_OF, NONE_OF: between values in the message; NULL: ", " */
    cf_form_check *validate; /**< CALL */
    /** CALL, built at run time: false leaves a message in the call's error; code CF_ERR_FAILED stops the chain. */
    bool (*run)(cf_call *call, const struct cf_rule *rule, cf_value data);
    void         *context;   /**< for `run` */
} cf_rule;

#define CF_RULE_(type_, ...) {.a_rule_must_stand_before_the_options = type_, ##__VA_ARGS__}

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
#define CF_EQUAL_TO(field_)                                                                        \
    CF_RULE_(CF_RULE_EQUAL_TO, .text = #field_, .flags = 0 * sizeof(((cf_self_ *)0)->field_))
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
    CF_STRIP = 1,     /**< no blanks at the ends */
    CF_COLLAPSE = 2,  /**< runs of blanks become one, none at the ends */
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
    const char    *input_type;   /**< INPUT: the type attribute */
    const char    *html_tag;     /**< LIST: "ul" (default) or "ol" */
    cf_bound       step, min, max; /**< NUMBER, RANGE */
    bool           multiple;     /**< SELECT, FILE */
    bool           show_value;   /**< PASSWORD: show what was typed again */
    bool           label_last;   /**< LIST: the label after the field */
    bool           no_table_tag; /**< TABLE */
} cf_widget;

#define CF_RULES_MAX 10 /* rules a CF_FIELD() can have, CF_MESSAGE() counted; further ones go to `more_rules` */

typedef struct cf_form_class cf_form_class;

/** A field of a form. Zero means default everywhere. Built at run time, rules go to `more_rules`. */
typedef struct cf_field {
    /* filled in by CF_FIELD() */
    const char *name;   /**< in the form; never NULL */
    const char *label;  /**< NULL: made from the name, "user_id" becomes "User Id" */
    uint32_t    offset; /**< of the struct's member */
    uint32_t    size;
    int         c_type; /**< a cf_type, cf_form_type_ or CF_TYPE_NONE: no member */
    cf_rule     rules[CF_RULES_MAX + 1];
    const struct cf_use_a_rule_or_dot_option *guard_;
    /* yours */
    cf_field_type      type;
    const char        *description;
    const char        *id;           /**< HTML id; NULL: the HTML name */
    const char        *html_name;    /**< other than `name`; prefixed like it */
    const char        *default_text; /**< read as the field's type would read it */
    int64_t            default_int;  /**< for integers, booleans, floats: used when not 0 */
    bool               default_now;  /**< for dates and times: the present moment, UTC */
    unsigned           filters;      /**< CF_STRIP and its kin */
    cf_filter         *filter;       /**< after those */
    cf_form_check     *validate;     /**< after the rules */
    const char        *format;       /**< dates and times: strftime/strptime format; several are separated by '|' */
    const cf_choice   *choices;      /**< ends with {0} */
    cf_words           choice_words; /**< CF_CHOICES("s", "Small", "l", "Large") */
    bool               any_choice;   /**< accept values that are not among the choices */
    cf_coerce          coerce;
    cf_words           false_words;  /**< booleans: what counts as false; CF_WORDS("false", "") is the default */
    int                places;       /**< decimals: digits shown; 0: two; negative: as they are */
    cf_rounding        rounding;
    cf_widget          widget;
    cf_widget          option_widget;
    cf_words           render;       /**< CF_ATTRIBUTES("class", "form-control") for every rendering */
    int                min_entries, max_entries; /**< CF_FIELD_LIST; max 0: bounded by the limits only */
    const char        *separator;    /**< CF_FIELD_LIST, CF_FIELD_FORM: "-" */
    const cf_form_class *(*form)(void);     /**< CF_FIELD_FORM */
    const struct cf_field *entry;    /**< CF_FIELD_LIST: what each entry is */
    size_t             max_length;   /**< bytes accepted; 0: the form's limit */
    /* built at run time */
    const cf_form_class *form_class;        /**< instead of `form` */
    const cf_value    *label_value;         /**< instead of `label`: may be safe HTML */
    const cf_value    *default_value;
    const cf_dict     *render_values;
    const cf_value    *choice_values;       /**< list of [value, label] or of values; or a dictionary of such; CF_NULL: none set */
    const cf_list     *false_values;
    const cf_list     *formats;
    const cf_rule     *more_rules;          /**< after `rules` */
    size_t             more_rule_count;
    cf_filter *const  *more_filters;        /**< after `filters` and `filter` */
    void *const       *more_filter_contexts;
    size_t             more_filter_count;
    bool               zero_places;         /**< decimals: no digits after the point */
    void              *context;
    bool               end_;
} cf_field;

/** Types of members beyond cf_type. */
enum cf_form_type_ {
    CF_FORM_TYPE_UPLOAD_ = 64,
    CF_FORM_TYPE_UPLOADS_,
    CF_FORM_TYPE_TEXTS_,
    CF_FORM_TYPE_INTEGERS_,
    CF_FORM_TYPE_FORM_
};

/** Values and labels of a select or radio field in turn: `.choice_words = CF_CHOICES("s", "Small", "l", "Large")`. */
#define CF_CHOICES(...) CF_WORDS(__VA_ARGS__)
/** HTML attributes, names and values in turn: `.render = CF_ATTRIBUTES("class", "form-control")`. */
#define CF_ATTRIBUTES(...) CF_WORDS(__VA_ARGS__)

#ifndef __cplusplus

/** The types a form's struct can have members of; others do not compile. */
#define CF_FORM_TYPE_OF_(f)                                                                        \
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

#define CF_FORM_MEMBER_(field_)                                                                         \
    .name = #field_, .offset = offsetof(cf_self_, field_),                                         \
    .size = sizeof(((cf_self_ *)0)->field_)

/**
 * A field for a member of the form's struct: its name, its label (NULL: made from the name),
 * then rules, then options with a dot.
 */
#define CF_FIELD(field_, label_, ...)                                                              \
    {                                                                                              \
        CF_FORM_MEMBER_(field_), .c_type = CF_FORM_TYPE_OF_(((cf_self_ *)0)->field_), .label = label_,  \
        .rules[0] = {0}, ##__VA_ARGS__                                                             \
    }
/** A button named `submit`. */
#define CF_SUBMIT(label_, ...)                                                                     \
    {                                                                                              \
        .name = "submit", .label = label_, .type = CF_FIELD_SUBMIT, ##__VA_ARGS__                  \
    }
/** A button of another name; its struct member is a bool that says whether it was pressed. */
#define CF_SUBMIT_AS(field_, label_, ...)                                                          \
    CF_FIELD(field_, label_, .type = CF_FIELD_SUBMIT, ##__VA_ARGS__)
/** A form inside the form: the member is a struct of another form, `Form` its name. */
#define CF_FORM_FIELD(field_, label_, Form, ...)                                                   \
    {                                                                                              \
        CF_FORM_MEMBER_(field_),                                                                        \
        .c_type = _Generic(((cf_self_ *)0)->field_, Form: CF_FORM_TYPE_FORM_), .label = label_,    \
        .type = CF_FIELD_FORM, .form = cf_form_class_##Form, ##__VA_ARGS__                         \
    }
/** A rule over the whole form, asked after all fields: a cf_form_check called with field NULL. */
#define CF_FORM_RULE(function_)                                                                    \
    {                                                                                              \
        .name = "", .type = CF_FIELD_FORM_RULE_, .validate = (function_)                           \
    }

/** Declares a form that another source file defines; put it into the header beside the struct. */
#define CF_DECLARE_FORM(T) extern const cf_form_class *cf_form_class_##T(void)

/** Defines the form of a struct: its name as a typedef, then fields. At file scope, once. */
#define CF_FORM(T, ...)                                                                            \
    CF_DECLARE_FORM(T);                                                                            \
    const cf_form_class *cf_form_class_##T(void)                                                   \
    {                                                                                              \
        typedef T cf_self_;                                                                        \
        static const cf_field fields_[] = {__VA_ARGS__};                                           \
        static const cf_form_class class_ = {                                                      \
            CF_FORM_CLASS_(#T), #T, sizeof(T), fields_, sizeof fields_ / sizeof *fields_, false};  \
        return &class_;                                                                            \
    }                                                                                              \
    CF_DECLARE_FORM(T)
#endif

/** A form as declared. Made by CF_FORM(), or filled in at run time with cf_form_class_init(). */
struct cf_form_class {
    cf_class        cls;         /**< how templates see it */
    const char     *name;
    size_t          size;        /**< of the struct; 0: none */
    const cf_field *fields;
    size_t          field_count;
    /**
     * Behave exactly as WTForms 3.0, nuisances included: 'required' refuses 0 and
     * hides conversion errors, numbers have no bounds, any byte is text.
     */
    bool            as_wtforms;
};

/* The hooks of every form's cf_class. */
CF_API cf_answer cf_form_attribute_(cf_call *, cf_object *, const char *, size_t, cf_value *);
CF_API cf_answer cf_form_method_(cf_call *, cf_object *, const char *, size_t, cf_value *);
CF_API cf_answer cf_form_item_(cf_call *, cf_object *, cf_value, cf_value *);
CF_API bool cf_form_iterate_(cf_call *, cf_object *, cf_iterator *);
#define CF_FORM_CLASS_(name_)                                                                      \
    {                                                                                              \
        .name = name_, .data_offset = CF_HEADER_SIZE, .attribute = cf_form_attribute_,             \
        .method = cf_form_method_, .item = cf_form_item_, .iterate = cf_form_iterate_              \
    }

/** Fill in a form class at run time; `fields` must live as long as the class. */
CF_API void cf_form_class_init(cf_form_class *cls, const char *name, const cf_field *fields, size_t count);

/* ---- CSRF ----------------------------------------------------------------------------------- */

/** How tokens are made. */
typedef enum cf_csrf_scheme {
    CF_CSRF_SIGNED = 0, /**< time and HMAC-SHA-256 in URL-safe base64 */
    CF_CSRF_WTFORMS = 1 /**< WTForms' SessionCSRF: expiry, "##", HMAC-SHA-1 in hexadecimal */
} cf_csrf_scheme;

/** What a token depends on. Works over several processes: nothing is stored but the session's value. */
typedef struct cf_csrf {
    cf_csrf_scheme scheme;
    const void    *secret; /**< the application's key; never empty */
    size_t         secret_size;
    const char    *session; /**< random text kept in the visitor's session; NULL: there is no session */
    int64_t        time_limit; /**< seconds a token is good for; 0: 3600 (WTForms' scheme: 1800); negative: for ever */
    int64_t        now;        /**< seconds since 1970; 0: the system's clock */
    const char    *field_name; /**< NULL: "csrf_token" */
} cf_csrf;

/** Why a token was refused: texts that cf_csrf_check() leaves in *why; compare by address or content. */
#define CF_CSRF_MISSING "The CSRF token is missing."
#define CF_CSRF_NO_SESSION "The CSRF session token is missing."
#define CF_CSRF_INVALID "The CSRF token is invalid."
#define CF_CSRF_MISMATCH "The CSRF tokens do not match."
#define CF_CSRF_EXPIRED "The CSRF token has expired."

/**
 * Make a token for forms and for the X-CSRFToken header.
 * @param token receives it, in the arena
 * @return false when there is no secret or no session, or when out of memory (CF_ERR_MISUSE, CF_ERR_MEMORY in `error`, which may be NULL)
 */
CF_API bool cf_csrf_token(cf_arena *arena, const cf_csrf *csrf, char **token, cf_error *error);

/**
 * Check a token, in constant time where it matters.
 * @param token as received; NULL or size 0: missing
 * @param why   receives a constant text when false; may be NULL
 */
CF_API bool cf_csrf_check(const cf_csrf *csrf, const char *token, size_t size, const char **why);

#define CF_CSRF_SESSION_SIZE 41 /**< enough for cf_csrf_session() */
/** Make the random text for a new session: 40 hexadecimal digits and a NUL. */
CF_API void cf_csrf_session(char out[CF_CSRF_SESSION_SIZE]);

/* ---- forms ---------------------------------------------------------------------------------- */

/** A submitted name and value, as sent: not checked for UTF-8, not NUL-terminated. */
typedef struct cf_form_pair {
    const char *name;
    size_t      name_size;
    const char *value;
    size_t      value_size;
} cf_form_pair;

/**
 * Translates a message.
 * @param text   the English message, or its singular, placeholders in it
 * @param plural the plural, or NULL
 * @param n      what to choose by
 * @return the translation, or NULL to keep the English; it must live as long as the form
 */
typedef const char *cf_form_translate(void *context, const char *text, const char *plural, int64_t n);

/** What a form is made from. Zero-initialise it; texts must live as long as the form. */
typedef struct cf_form_input {
    bool                submitted; /**< something was submitted (even without any field) */
    const cf_form_pair *pairs;     /**< in the order sent */
    size_t              pair_count;
    const cf_upload    *uploads;
    size_t              upload_count;
    const void         *object;   /**< a struct of the form's own type that gives the values to begin with; or NULL */
    const void         *row;      /**< the same from a structure of cf_arena_object() with members of the same names; or NULL */
    const cf_dict      *values;   /**< the same from a dictionary; after `object` and `row` */
    const cf_dict      *data;     /**< the same, asked last */
    const char         *prefix;   /**< before every HTML name; NULL: none */
    const cf_csrf      *csrf;     /**< NULL: no protection */
    bool                csrf_held; /**< the token was checked already, e.g. from a header */
    int64_t             now;      /**< seconds since 1970 for .default_now; 0: the system's clock */
    cf_form_translate  *translate;
    void               *translate_context;
    size_t              text_limit;  /**< bytes of one text; 0: 1 MiB */
    size_t              entry_limit; /**< entries of one CF_FIELD_LIST; 0: 1000 */
} cf_form_input;

/**
 * Build a form and read the input.
 * @return the struct, in the arena, its members filled with what could be read; NULL when out of memory or
 *         when the form's description is wrong (CF_ERR_MISUSE: which field, why)
 */
CF_API void *cf_form_make(cf_arena *arena, const cf_form_class *cls, const cf_form_input *input, cf_error *error);

/**
 * Look for mistakes in a form's description, once at start: members of the wrong type, wrong patterns,
 * rules that name no field, names that stand there twice.
 * @return false with CF_ERR_MISUSE: which form, which field, what to do
 */
CF_API bool cf_form_class_check(const cf_form_class *cls, cf_error *error);

/** Is it a form of cf_form_make()? `structure` must be from cf_arena_object(). */
CF_API bool cf_form_is(const void *structure);

/** Apply all rules. Runs once; later calls return the same until an error is added. False for NULL. */
CF_API bool cf_form_validate(void *form);

/** Was it submitted, did the CSRF token and every rule hold? False for NULL. Validates when nobody has yet. */
CF_API bool cf_submitted(const void *form);

/** Was it submitted at all? */
CF_API bool cf_form_was_submitted(const void *form);

/**
 * Add an error.
 * @param field   name of a field; NULL: of the form as a whole
 * @param message copied
 * @return false when there is no such field or when out of memory
 */
CF_API bool cf_form_add_error(void *form, const char *field, const char *message);

/** Has the form such a field? */
CF_API bool cf_form_has_field(const void *form, const char *field);
/** Number of errors of a field; NULL: of the form as a whole. Errors inside lists and forms count. */
CF_API size_t cf_form_error_count(const void *form, const char *field);
/** The i-th of them, or NULL. Lives as long as the form. */
CF_API const char *cf_form_error(const void *form, const char *field, size_t i);
/** Number of errors everywhere in the form. */
CF_API size_t cf_form_errors_total(const void *form);
/** What is wrong with the CSRF token, or NULL; known after cf_form_validate(). */
CF_API const char *cf_form_csrf_error(const void *form);

/** Number of fields; the i-th name in order, or NULL. */
CF_API size_t cf_form_field_count(const void *form);
CF_API const char *cf_form_field_name(const void *form, size_t i);
/** A field's value as read; CF_UNDEFINED when there is no such field. */
CF_API cf_value cf_form_data(const void *form, const char *field);
/** The i-th text submitted for a field, NUL-terminated; NULL past the end. `size` may be NULL. */
CF_API const char *cf_form_raw(const void *form, const char *field, size_t i, size_t *size);

/** Set the value that the field shows and the struct holds, as if it had been read. False: no such field, or memory. */
CF_API bool cf_form_set_value(void *form, const char *field, cf_value value);

/**
 * Set the choices of a select or radio field, before cf_form_validate(). They are copied.
 * @param choices `count` of them
 * @return false when there is no such field or when out of memory
 */
CF_API bool cf_form_set_choices(void *form, const char *field, const cf_choice *choices, size_t count);

/** Add an entry to a CF_FIELD_LIST; `value` CF_UNDEFINED: the default. False: no list, at its limit (CF_ERR_LIMIT), memory. */
CF_API bool cf_form_append_entry(void *form, const char *field, cf_value value, cf_error *error);

/**
 * Copy the values into a structure made by cf_arena_object(), member by name and type; texts are
 * not copied. Buttons, files and the CSRF token are left out.
 * @return the number of members set
 */
CF_API size_t cf_form_populate(const void *form, void *structure);
/** The same into a dictionary, nested forms as dictionaries, as WTForms' populate_obj(). */
CF_API bool cf_form_populate_values(const void *form, cf_dict *target, cf_error *error);

/** The form's values, and its errors, as dictionaries; NULL when out of memory. */
CF_API cf_dict *cf_form_values(const void *form, cf_error *error);
CF_API cf_dict *cf_form_errors(const void *form, cf_error *error);

/** The field as an object for templates; CF_UNDEFINED when there is none. */
CF_API cf_value cf_form_field(const void *form, const char *field);

/**
 * Render a field with its widget: what a template's `form.name(class="x")` writes.
 * @param named attributes; CF_BOOL true alone, false left out
 */
CF_API bool cf_form_render(const void *form, const char *field, const cf_named *named, size_t named_count,
                           cf_buffer *out, cf_error *error);
/** The hidden fields and the CSRF token. */
CF_API bool cf_form_hidden_tag(const void *form, cf_buffer *out, cf_error *error);

/* ---- rules alone ---------------------------------------------------------------------------- */

/**
 * Is it an e-mail address that can be reached from everywhere? RFC 5321 and 6531, IDNA 2008.
 * @param flags CF_RULE_ASCII_LOCAL, CF_RULE_EMPTY_LOCAL
 * @param why   receives what is wrong, NUL-terminated, cut at `why_size`; may be NULL
 */
CF_API bool cf_email_valid(const char *text, size_t size, unsigned flags, char *why, size_t why_size);

CF_END_C

#endif
