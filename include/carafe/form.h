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

#include <carafe/field.h>

CF_BEGIN_C

#ifndef __cplusplus

/** Declares a form that another source file defines; put it into the header beside the struct. */
#define CF_DECLARE_FORM(T) extern const cf_form_class *cf_form_class_##T(void)

/** Defines the form of a struct: its name as a typedef, then fields. At file scope, once. */
#define CF_FORM(T, ...)                                                                           \
    CF_DECLARE_FORM(T);                                                                           \
    const cf_form_class *cf_form_class_##T(void)                                                  \
    {                                                                                             \
        typedef T                  cf_self_;                                                      \
        static const cf_field      fields_[] = {__VA_ARGS__};                                     \
        static const cf_form_class class_ = {                                                     \
            CF_FORM_CLASS_(#T), #T, sizeof(T), fields_, sizeof fields_ / sizeof *fields_, false}; \
        return &class_;                                                                           \
    }                                                                                             \
    CF_DECLARE_FORM(T)
#endif

/** A form as declared. Made by CF_FORM(), or filled in at run time with cf_form_class_init(). */
struct cf_form_class {
    cf_class        cls; /**< how templates see it */
    const char     *name;
    size_t          size; /**< of the struct; 0: none */
    const cf_field *fields;
    size_t          field_count;
    /**
     * Behave exactly as WTForms 3.0, nuisances included: 'required' refuses 0 and
     * hides conversion errors, numbers have no bounds, any byte is text.
     */
    bool as_wtforms;
};

/* The hooks of every form's cf_class. */
CF_API cf_answer cf_form_attribute_(cf_call *, cf_object *, const char *, size_t, cf_value *);
CF_API cf_answer cf_form_method_(cf_call *, cf_object *, const char *, size_t, cf_value *);
CF_API cf_answer cf_form_item_(cf_call *, cf_object *, cf_value, cf_value *);
CF_API bool      cf_form_iterate_(cf_call *, cf_object *, cf_iterator *);
#define CF_FORM_CLASS_(name_)                                                                                     \
    {                                                                                                             \
        .name = name_, .data_offset = CF_HEADER_SIZE, .attribute = cf_form_attribute_, .method = cf_form_method_, \
        .item = cf_form_item_, .iterate = cf_form_iterate_                                                        \
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
    const char    *session;    /**< random text kept in the visitor's session; NULL: there is no session */
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
    const void         *object; /**< a struct of the form's own type that gives the values to begin with; or NULL */
    const void    *row; /**< the same from a structure of cf_arena_object() with members of the same names; or NULL */
    const cf_dict *values;    /**< the same from a dictionary; after `object` and `row` */
    const cf_dict *data;      /**< the same, asked last */
    const char    *prefix;    /**< before every HTML name; NULL: none */
    const cf_csrf *csrf;      /**< NULL: no protection */
    bool           csrf_held; /**< the token was checked already, e.g. from a header */
    int64_t        now;       /**< seconds since 1970 for .default_now; 0: the system's clock */
    cf_form_translate *translate;
    void              *translate_context;
    void              *context;     /**< the program's own, see cf_form_context(); of cf_form(): the cf_request */
    size_t             text_limit;  /**< bytes of one text; 0: 1 MiB */
    size_t             entry_limit; /**< entries of one CF_FIELD_LIST; 0: 1000 */
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

/** What cf_form_input.context and .row were: for rules that need more than the form. NULL for NULL. */
CF_API void       *cf_form_context(const void *form);
CF_API const void *cf_form_row(const void *form);

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
CF_API size_t      cf_form_field_count(const void *form);
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

/** The name under which templates import the macros: `{% import 'carafe/form.html' as forms %}{{ forms.all(form) }}`. */
#define CF_FORM_MACROS "carafe/form.html"
/**
 * The text of that template: macros that draw a field (`one`), a whole form (`all`) and what is wrong with it
 * (`alerts`) for Bootstrap 5; errors are tied to their fields by aria-invalid and aria-describedby.
 * @param size receives its bytes; may be NULL
 * @return a constant
 */
CF_API const char *cf_form_macros(size_t *size);

/* ---- rules alone ---------------------------------------------------------------------------- */

/**
 * Is it an e-mail address that can be reached from everywhere? RFC 5321 and 6531, IDNA 2008.
 * @param flags CF_RULE_ASCII_LOCAL, CF_RULE_EMPTY_LOCAL
 * @param why   receives what is wrong, NUL-terminated, cut at `why_size`; may be NULL
 */
CF_API bool cf_email_valid(const char *text, size_t size, unsigned flags, char *why, size_t why_size);

CF_END_C

#endif
