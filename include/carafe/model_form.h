/**
 * @file carafe/model_form.h
 * @brief Forms made from models: what the model says of a column need not be said again.
 *
 * CF_MODEL_FORM() names the columns of a model that a form has fields for. Labels, the most characters,
 * ranges, choices, what must be entered, what must be unique and what must exist follow from the model. The
 * database is asked when the form is validated, one statement for each constraint; the row that is edited
 * does not count. Who loses a race between that and the commit gets the same error from cf_commit_form().
 *
 *     typedef struct UserForm { const char *name; const char *email; } UserForm;
 *     CF_MODEL_FORM(UserForm, User, name, email);
 *
 *     UserForm *form = cf_form_edit(rq, UserForm, user);
 *     if (cf_submitted(form) && cf_form_copy(form, user) && cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
 *
 * A field that the form's struct or the model's does not have, or that is of another type there, does not compile.
 */
#ifndef CARAFE_MODEL_FORM_H
#define CARAFE_MODEL_FORM_H

#include <carafe/form.h>
#include <carafe/orm.h>

CF_BEGIN_C

/** A form of a model as declared. Made by CF_MODEL_FORM(); the library fills in the class at first use. */
typedef struct cf_model_form {
    cf_form_class   cls;
    cf_model_fn    *model;
    const cf_field *named; /**< the fields of the model's columns */
    size_t          named_count;
    const cf_field *own; /**< the program's own, which go before; the first is none */
    size_t          own_count;
    cf_field       *merged; /**< room for both and one more */
    int             ready;
    char            fault[160]; /**< a mistake in the description, told at start; "" when there is none */
} cf_model_form;

/** The class of a model's form; NULL when out of memory, which cf_form_make() tells. Thread-safe. */
CF_API const cf_form_class *cf_model_form_class_(cf_model_form *form);
/** A rule over the whole form, the last of each model's form: asks the database. */
CF_API void cf_model_form_rule_(void *form, const char *field);
/** Functions that stand in rules as marks and do nothing. */
CF_API void cf_model_form_ask_(void *form, const char *field);
CF_API void cf_model_form_ask_not_(void *form, const char *field);

#ifndef __cplusplus

/**
 * Defines the form of a model: its struct, the model, and up to 32 fields that both structs have. At file scope, once.
 * cf_form(rq, T) and all else work as with CF_FORM().
 */
#define CF_MODEL_FORM(T, Model, ...) CF_MODEL_FORM_WITH(T, Model, (__VA_ARGS__))

/**
 * The same, and fields as for CF_FORM(). A field of a name in `names_` overrides what the model says of it: a label
 * that is not NULL, rules of the same kind, choices. Others, buttons and CF_FORM_RULE() come after:
 *
 *     CF_MODEL_FORM_WITH(UserForm, User, (name, email),
 *         CF_FIELD(email, "E-mail address", CF_EMAIL),
 *         CF_SUBMIT("Add User"));
 */
#define CF_MODEL_FORM_WITH(T, Model, names_, ...)                                                                  \
    CF_DECLARE_FORM(T);                                                                                            \
    const cf_form_class *cf_form_class_##T(void)                                                                   \
    {                                                                                                              \
        typedef T             cf_self_;                                                                            \
        typedef Model         cf_row_;                                                                             \
        static const cf_field named_[] = {CF_MODEL_FORM_FIELDS_ names_};                                           \
        static const cf_field own_[] = {{.name = ""}, ##__VA_ARGS__};                                              \
        static cf_field       merged_[sizeof named_ / sizeof *named_ + sizeof own_ / sizeof *own_ + 1];            \
        static cf_model_form  form_ = {.cls = {CF_FORM_CLASS_(#T), #T, sizeof(T), NULL, 0, false},                 \
                                       .model = cf_model_##Model##_,                                               \
                                       .named = named_,                                                            \
                                       .named_count = sizeof named_ / sizeof *named_,                              \
                                       .own = own_,                                                                \
                                       .own_count = sizeof own_ / sizeof *own_,                                    \
                                       .merged = merged_};                                                         \
        return cf_model_form_class_(&form_);                                                                       \
    }                                                                                                              \
    CF_DECLARE_FORM(T)

#define CF_MODEL_FORM_FIELDS_(...) CF_MAP_(CF_MODEL_FORM_FIELD_, __VA_ARGS__)
#define CF_MODEL_FORM_FIELD_(field_)                                                               \
    {CF_FORM_MEMBER_(field_), .c_type = CF_FORM_TYPE_OF_(((cf_self_ *)0)->field_),                 \
     .max_length = 0 * sizeof(struct {                                                             \
         enum {                                                                                    \
             cf_alike_##field_ = CF_ALIKE_(CF_FORM_TYPE_OF_(((cf_self_ *)0)->field_),              \
                                           CF_FORM_TYPE_OF_(((cf_row_ *)0)->field_))               \
         } one;                                                                                    \
         _Static_assert(cf_alike_##field_,                                                         \
                        "field '" #field_ "' has another type in the model than in the form");     \
     })},
/* The same type, a cf_null_ twin or not; texts by pointer and in arrays are alike. */
#define CF_ALIKE_(a_, b_)                                                                              \
    (((a_) & 0xff) == ((b_) & 0xff) || ((((a_) & 0xff) == CF_TYPE_TEXT || ((a_) & 0xff) == CF_TYPE_CHARS) && \
                                        (((b_) & 0xff) == CF_TYPE_TEXT || ((b_) & 0xff) == CF_TYPE_CHARS)))

/**
 * Choices of a select or radio field from objects of the database:
 * `cf_form_choices(form, owner_id, owners, id, name)`, before cf_submitted(). Each object's `value_` is submitted, its
 * `label_` shown. A field that may be empty begins with an empty choice.
 * @param objects_ a CF_LIST() of objects
 * @return false when there is no such field or when out of memory
 */
#define cf_form_choices(form_, field_, objects_, value_, label_)                                      \
    cf_form_choices_((form_), (sizeof(form_)->field_ ? #field_ : ""), (void *const *)(objects_),      \
                     (sizeof(*(objects_))->value_ ? #value_ : ""), (sizeof(*(objects_))->label_ ? #label_ : ""))

/** A rule for a field of a model's form: the database is not asked; what it refuses is told after the commit. */
#define CF_ASK_NOT CF_CALL(cf_model_form_ask_not_)
/** A rule that says nothing new, to be followed by CF_MESSAGE() for what the database has against the value. */
#define CF_ASK CF_CALL(cf_model_form_ask_)
#endif

CF_API bool cf_form_choices_(void *form, const char *field, void *const *objects, const char *value,
                             const char *label);

/**
 * Copy the form's values into an object of the session, member by name and type, texts included; buttons, files and
 * the CSRF token are left out. What changed is written at the next commit.
 * @param object of cf_add(), cf_get() or a query; NULL is allowed
 * @return false when `object` is NULL or when out of memory
 */
CF_API bool cf_form_copy(const void *form, void *object);

CF_END_C

#endif
