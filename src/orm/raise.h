/* with raise(...): relationships of the objects of a query that must not be loaded by touch. */
#ifndef CARAFE_ORM_RAISE_H
#define CARAFE_ORM_RAISE_H

#include "orm/run.h"
#include "orm/side.h"

/* After what the query loads: its objects, and those, know what it forbids. False after a failure. */
bool cf_run_raise(const cf_run *run);
/* What forbids to load the side of an object by touch, or NULL. */
const cf_load *cf_state_raises(const cf_state *state, const cf_side *side);

#endif
