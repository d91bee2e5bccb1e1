/* The steps of a session case. */
#ifndef CONFORMANCE_ORM_SESSION_STEPS_H
#define CONFORMANCE_ORM_SESSION_STEPS_H

#include "things.h"

/* One step; *value is what it gives, or NULL. False with the request's error. */
bool session_step(scenario *s, const json_t *step, json_t **value);

/* A step's function: like session_step(), but a failure may stand in the session, too. */
typedef bool step_function(scenario *s, const json_t *step, json_t **value);

/* ---- session_query.c ---- */
step_function step_get, step_query, step_no_autoflush_query, step_update_where, step_delete_where, step_bulk_insert,
    step_bulk_update, step_exec, step_exec_outside;

/* The mapper of a step's `model`; NULL with the error. */
const cf_mapper *step_mapper(scenario *s, const json_t *step);
/* The thing of a variable; NULL with the error. */
thing      *step_thing(scenario *s, const char *name);
const char *step_text(const json_t *step, const char *key);

#endif
