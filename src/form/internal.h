/* What the sources of the form layer share. */
#ifndef CARAFE_FORM_INTERNAL_H
#define CARAFE_FORM_INTERNAL_H

#include <carafe/form.h>

typedef struct cf_form_state  cf_form_state;
typedef struct cf_bound_field cf_bound_field;

/** A field's label as templates see it. */
typedef struct cf_form_label {
    cf_object       object;
    cf_bound_field *field;
    cf_value        text;
} cf_form_label;

/** A field's flags as templates see them; values by the name of the attribute. */
typedef struct cf_form_flags {
    cf_object object;
    cf_value  required, optional, hidden, minlength, maxlength, min, max;
} cf_form_flags;

/** A field of one form: what was given, what was typed, what is wrong with it. */
struct cf_bound_field {
    cf_object       object;
    cf_form_state  *form; /* entries of a list belong to the form that the list is in */
    const cf_field *spec;
    cf_field_type   type;
    cf_widget       widget;
    const char     *name;       /* HTML name, prefix included */
    const char     *short_name; /* the same without the prefix */
    const char     *id;
    const char     *prefix;
    cf_form_label   label;
    cf_form_flags   flags;
    cf_value        data;
    cf_value        object_data; /* CF_UNDEFINED: nothing was processed */
    cf_list        *raw;         /* what was submitted; NULL: nothing at all was */
    cf_list        *process_errors;
    cf_list        *errors;  /* texts; lists and dictionaries inside a list field */
    cf_value        choices; /* CF_UNDEFINED: those of the description */
    bool            refused; /* what was submitted could not be read */
    unsigned        depth;   /* of lists in lists */
    /* an option of a select or radio field */
    bool is_option, checked;
    /* CF_FIELD_LIST */
    cf_bound_field **entries;
    size_t           entry_count, entry_capacity;
    int64_t          last_index;
    const cf_field  *entry_spec;
    /* CF_FIELD_FORM */
    cf_form_state *inner;
    cf_value       own_object;
    const void    *given_struct; /* where the inner form begins from, in a list; or NULL */
    /* CF_FIELD_CSRF */
    const char *token;
};

/** A form: its fields in order, and what it was made from. */
struct cf_form_state {
    void                *structure; /* what members are written to; NULL: the form has no struct */
    void                *owner;     /* what the program holds: the structure of the whole form */
    cf_dict             *index;     /* what was submitted: HTML name to list of texts; inner forms share it */
    const cf_form_class *cls;
    cf_arena            *arena;
    cf_form_input        input; /* inner forms: a copy of the outer form's without CSRF */
    const char          *prefix;
    cf_bound_field      *fields;
    size_t               field_count;
    cf_list             *form_errors;
    bool                 validated, valid;
    bool                 as_wtforms;
    unsigned             depth; /* of forms inside forms and lists inside lists */
};

enum { CF_FORM_DEPTH = 16 };

extern const cf_class cf_bound_field_class;
extern const cf_class cf_form_label_class;
extern const cf_class cf_form_flags_class;

static inline cf_form_state *cf_form_state_of(const void *structure)
{
    return structure ? (cf_form_state *)cf_header_of(structure)->state : NULL;
}

/* ---- form.c: building, processing, validating ---- */

bool cf_form_state_make(cf_form_state *form, cf_error *error);
bool cf_form_state_validate(cf_form_state *form, cf_error *error, bool *valid);
/** Python's form.validate(): runs again each time, errors of the rules' own kind are returned. */
bool            cf_form_validate_as(void *structure, cf_error *error, bool *valid);
cf_bound_field *cf_form_find(const cf_form_state *form, const char *name, size_t size);
cf_value        cf_form_state_errors(const cf_form_state *form, cf_error *error);
cf_value        cf_form_state_data(const cf_form_state *form, cf_error *error);
/** An error text in the form's language. */
const char *cf_form_say(const cf_form_state *form, const char *text, const char *plural, int64_t n);
/** Record an error of the Python class `type`; returns false. */
bool cf_form_raise(cf_error *error, const char *type, const char *format, ...) CF_PRINTF(3, 4);
bool cf_form_no_memory(cf_error *error);
/** Append a text, not copied. */
bool cf_form_list_text(cf_list *list, const char *text);

/* ---- kinds.c: what each type of field does; field.c: the life of one field ---- */

/** How values of a type of field are read and shown. */
typedef struct cf_field_kind {
    const char    *type_name; /* WTForms' class */
    cf_widget_type widget;
    const char    *format;     /* dates and times: WTForms' formats, separated by '|' */
    const char    *own_format; /* ours, which take what browsers send; NULL: the same */
    const char    *message;    /* what is said when the input cannot be read */
    /** Python's process_data(); false: an error is recorded, CF_ERR_RANGE becomes the field's. */
    bool (*take)(cf_bound_field *field, cf_value value, cf_error *error);
    /** Python's process_formdata() */
    bool (*read)(cf_bound_field *field, const cf_list *values, cf_error *error);
    /** Python's _value(); NULL: the field has none */
    bool (*show)(cf_bound_field *field, cf_value *out, cf_error *error);
} cf_field_kind;

const cf_field_kind *cf_field_kind_of(cf_field_type type);
const char          *cf_field_type_name(const cf_bound_field *field);
/** Give a field its names, label, flags and widget. */
bool cf_field_bind(cf_bound_field *field, cf_form_state *form, const cf_field *spec, const char *prefix,
                   const char *short_name, const char *id, cf_error *error);
/** Read defaults, given values and what was submitted. `given` CF_UNDEFINED: the default. */
bool     cf_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error);
bool     cf_field_validate(cf_bound_field *field, bool *valid, cf_error *error);
bool     cf_field_value_text(cf_bound_field *field, cf_value *out, cf_error *error);
cf_value cf_field_default(cf_bound_field *field);
/** The value as templates and WTForms' form.data see it. */
cf_value cf_field_data(const cf_bound_field *field, cf_error *error);
cf_value cf_field_errors(const cf_bound_field *field, cf_error *error);
bool     cf_field_filter(cf_bound_field *field, cf_error *error);

/* ---- nested.c: lists and forms inside forms ---- */

/** What each entry of a list is. */
bool cf_list_field_bind(cf_bound_field *field, cf_error *error);
bool cf_list_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error);
bool cf_list_field_validate(cf_bound_field *field, bool *valid, cf_error *error);
bool cf_list_field_append(cf_bound_field *field, cf_value given, bool submitted, int64_t index, cf_error *error);
bool cf_form_field_process(cf_bound_field *field, cf_value given, bool submitted, cf_error *error);

/* ---- choices.c ---- */

/** One choice as it stands: value and label of any kind. */
typedef struct cf_option {
    cf_value value, label, group; /* group CF_UNDEFINED: none; value CF_UNDEFINED: a group without choices */
    bool     selected;
} cf_option;

typedef struct cf_options {
    cf_option *items;
    size_t     count;
    bool       grouped; /* the choices are a dictionary of groups */
    bool       missing; /* none were set */
} cf_options;

bool cf_field_options(cf_bound_field *field, cf_options *out, cf_error *error);
bool cf_field_take_choice(cf_bound_field *field, cf_value value, cf_error *error);
bool cf_field_read_choice(cf_bound_field *field, const cf_list *values, cf_error *error);
bool cf_field_take_choices(cf_bound_field *field, cf_value value, cf_error *error);
bool cf_field_read_choices(cf_bound_field *field, const cf_list *values, cf_error *error);
/** Python's pre_validate() of select fields. */
bool cf_field_check_choice(cf_bound_field *field, cf_error *error);
/** The option as a field of its own, as iterating a select field gives it. */
cf_bound_field *cf_field_option(cf_bound_field *field, const cf_option *option, size_t index, cf_error *error);

/* ---- rules.c ---- */

/** What became of a chain of rules. */
typedef enum cf_chain { CF_CHAIN_FAILED = -1, CF_CHAIN_ENDED = 0, CF_CHAIN_STOPPED = 1 } cf_chain;

cf_chain cf_field_run_rules(cf_bound_field *field, cf_error *error);
/** Set the flags that a rule gives its field, and check its arguments. */
bool cf_rule_flags(cf_bound_field *field, const cf_rule *rule, cf_error *error);
/** Calls `visit` for each rule in order, with the message that CF_MESSAGE() gave it; stops when it does not return CF_CHAIN_ENDED. */
cf_chain cf_field_each_rule(cf_bound_field *field,
                            cf_chain (*visit)(cf_bound_field *, const cf_rule *, const char *, cf_error *),
                            cf_error *error);
cf_value cf_bound_value(const cf_bound *bound);
/** Python's `format % {...}`; NULL: a wrong format (KeyError, ValueError, TypeError), or memory. */
const char *cf_form_format(cf_arena *arena, const char *format, const cf_named *values, size_t count, cf_error *error);

/* ---- texts that rules check (address.c, url.c, email.c, pattern.c) ---- */

bool cf_is_ipv4(const char *text, size_t size);
bool cf_is_ipv6(const char *text, size_t size);
bool cf_is_mac(const char *text, size_t size);
bool cf_is_url(const char *text, size_t size, bool require_tld);
bool cf_is_uuid(const char *text, size_t size);
/** Match at the start as Python's re.match(); CF_FAILED: the pattern is wrong, or memory. No match when it takes too many steps. */
cf_answer cf_pattern_match(cf_arena *arena, const char *pattern, unsigned flags, const char *text, size_t size,
                           cf_error *error);

/* ---- bind.c: members of the struct ---- */

/** Check that the member's C type can hold what the field gives. */
bool cf_member_check(const cf_bound_field *field, cf_error *error);
/** Write a field's value to its member. */
bool cf_member_store(cf_bound_field *field, cf_error *error);
/** Read a field's value from a struct of the form's type. */
cf_value cf_member_load(const cf_bound_field *field, const void *structure);
/** Is the value within the member's range? Else *why is what to say. */
bool cf_member_fits(const cf_bound_field *field, cf_value value, const char **why);
bool cf_member_nullable(const cf_field *spec);

/** An upload as an object for templates; CF_NULL when out of memory. */
cf_value cf_upload_value(cf_arena *arena, const cf_upload *upload);
/** The upload of such a value, or NULL. */
const cf_upload *cf_value_upload(cf_value value);

/* ---- widgets.c ---- */

/** Attributes being collected: names cleaned, later ones replace earlier ones. */
typedef struct cf_attributes {
    cf_named *items;
    size_t    count, capacity;
    cf_arena *arena;
} cf_attributes;

bool cf_field_render(cf_bound_field *field, const cf_named *named, size_t count, cf_buffer *out, cf_error *error);
bool cf_label_render(const cf_form_label *label, const cf_value *text, const cf_named *named, size_t count,
                     cf_buffer *out, cf_error *error);
bool cf_form_state_hidden_tag(const cf_form_state *form, cf_buffer *out, cf_error *error);

/* ---- csrf.c ---- */

const char *cf_csrf_field_name(const cf_csrf *csrf);

#endif
