/* The query sites of a program: their names, and the statements they become. */
#include "orm/plan.h"

const char *cf_verb_name(int verb)
{
    static const char *const names[] = {
        [CF_VERB_ALL] = "cf_all",
        [CF_VERB_FIND] = "cf_find",
        [CF_VERB_COUNT] = "cf_count",
        [CF_VERB_EXISTS] = "cf_exists",
        [CF_VERB_DELETE_WHERE] = "cf_delete_where",
        [CF_VERB_UPDATE_WHERE] = "cf_update_where",
        [CF_VERB_PAGE] = "cf_paginate",
        [CF_VERB_ONE] = "cf_one",
        [CF_VERB_STREAM] = "cf_stream",
        [CF_VERB_UPSERT] = "cf_upsert",
        [CF_VERB_WHERE] = "cf_where",
        [CF_VERB_ORDER] = "cf_order_by",
    };
    const char *name = verb > 0 && verb < (int)(sizeof names / sizeof *names) ? names[verb] : NULL;
    return name ? name : "query";
}
