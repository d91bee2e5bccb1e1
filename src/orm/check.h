/* Mistakes in models, found before anything runs. */
#ifndef CARAFE_ORM_CHECK_H
#define CARAFE_ORM_CHECK_H

#include "orm/mapper.h"

/* Resolve references and constraints, reporting each mistake; false when out of memory. */
bool cf_check_models(cf_registry *registry, cf_report *report);

#endif
