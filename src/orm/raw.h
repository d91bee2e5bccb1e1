/* Raw SQL. */
#ifndef CARAFE_ORM_RAW_H
#define CARAFE_ORM_RAW_H

#include "orm/mapper.h"

/* Check what can be known of a site's text: its `?` and values. False with the mistake reported. */
bool cf_raw_check(const cf_site *site, cf_report *report);

#endif
