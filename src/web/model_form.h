/* What the web layer shares of the forms of models. */
#ifndef CARAFE_WEB_MODEL_FORM_H
#define CARAFE_WEB_MODEL_FORM_H

#include <carafe/model_form.h>

/* The model's form of that class; NULL: it is none. */
const cf_model_form *cf_model_form_of(const cf_form_class *cls);
/* The column of a field, or NULL. */
const cf_column *cf_model_form_column(const cf_model *model, const char *name);
/* Tells a mistake in the description; true for other forms. */
bool cf_model_form_check(const cf_form_class *cls, cf_error *error);
/* What is said of a field that the database refuses: the form's own message, or `otherwise`. */
const char *cf_model_form_message(const void *form, const char *field, const char *otherwise);
/*
 * Turns a column of the session's error into the field of the form: of the same name, or as the model of the table
 * calls it. False when the form has none.
 */
bool cf_field_of_column(cf_db *db, const void *form, char *name, size_t size);

#endif
