/* Form classes from the JSON that describes them. */
#ifndef CONFORMANCE_FORMS_BUILD_H
#define CONFORMANCE_FORMS_BUILD_H

#include <carafe/form.h>

/** The class of a form as WTForms has it; NULL: the error has the Python class in its `type`. */
cf_form_class *build_form(cf_arena *arena, cf_value spec, cf_error *error);

#endif
