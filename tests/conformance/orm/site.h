/* Call sites of queries made at run time: the text that a program would have as a literal, and its values. */
#ifndef CONFORMANCE_ORM_SITE_H
#define CONFORMANCE_ORM_SITE_H

#include "adapter.h"

#include "orm/plan.h"

typedef struct site_text {
    request  *rq;
    cf_buffer text;
    cf_value  values[CF_MOST_ARGUMENTS + 1];
    uint8_t   kinds[CF_MOST_ARGUMENTS + 1];
    size_t    count;
} site_text;

void site_add(site_text *t, const char *words);
/* A field's name; the library checks it. */
void site_name(site_text *t, const char *name);
/* "?" and what it stands for. */
void site_value(site_text *t, cf_value value);
/* "?" for an array of `in (?)`. */
void site_array(site_text *t, const cf_array *array);
/* The call site, and the end of the text's use; NULL with the error. */
cf_site *site_make(site_text *t, cf_model_fn *model, cf_verb verb);

#endif
