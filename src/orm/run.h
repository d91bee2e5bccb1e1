/* Running a call site: values in, statement out. What the verbs are made of. */
#ifndef CARAFE_ORM_RUN_H
#define CARAFE_ORM_RUN_H

#include "orm/session.h"

typedef struct cf_fetching cf_fetching; /* see fetch.h */

/* One use of a site. The first members are filled by the verb. */
typedef struct cf_run {
    cf_db          *db; /* after cf_run_begin(): the session of the model's database */
    cf_site        *site;
    const cf_value *values; /* of the call */
    const cf_value *extra;  /* the verb's own, from CF_FIRST_EXTRA on; NULL: none */
    bool            stream; /* keep one row in memory at a time */
    const char     *prefix; /* goes before the statement, such as "EXPLAIN "; NULL: none */
    cf_plan        *plan;
    cf_conn        *conn;
    cf_stmt        *stmt;
    void *const    *objects; /* that were read, for what is to be loaded with them */
    size_t          object_count;
    void           *object;   /* the same: the one */
    cf_fetching    *fetching; /* what comes with them in the same rows, or NULL */
} cf_run;

/* Find the plan and the session, and write what the query must see. False after a failure, which is the session's. */
bool cf_run_begin(cf_run *run);
/* Send the statement of a form (a cf_form); cf_run_end() is needed even when it fails. */
bool cf_run_send(cf_run *run, uint32_t form);
/* The values of a statement's bindings; false with the error. */
bool cf_run_bind(cf_run *run, const cf_variant *variant, cf_value *out);
/* The statement is done with; not `ok`: the session has failed. Another may be sent. */
void cf_run_end(cf_run *run, bool ok);

/* Adds the statement of a form to `out`, and how the database would run it; see explain.c. A run of its own. */
bool cf_explain_run(cf_run *run, uint32_t form, cf_buffer *out);

/* The object of the present row, or NULL with the error. */
cf_state *cf_run_row(cf_run *run);
/* All rows as a list; NULL with the error. */
void **cf_run_list(cf_run *run);
/* After cf_run_end(): the related objects that the text loads with these (with load); false after a failure. */
bool cf_run_load(cf_run *run, void *const *objects, size_t count);
/* The whole number that the statement's only row is; false with the error. */
bool cf_run_number(cf_run *run, int64_t *out);

#endif
