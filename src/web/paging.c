/* Pages as a request asks for them: ?page= and ?per_page=. */
#include "web/internal.h"

#include "orm/page.h"

#include <string.h>

/* A number of the query string; nonsense, and what is too large, is 404, or else the default. */
static bool read_number(cf_request *rq, const char *name, bool forgiving, int64_t *out)
{
    const cf_param *p = rq->args->items, *end = p + rq->args->count;
    int64_t         number;
    while (p < end && strcmp(p->name, name) != 0) p++;
    if (p == end) return true;
    if (!cf_page_number(p->value, p->size, &number)) return forgiving;
    *out = number ? number : -1; /* 0 means that nothing was asked for */
    return true;
}

void *cf_paginate_(const cf_page_call_ *call, cf_site *site, const cf_value *values)
{
    cf_request *rq = call->from;
    cf_paging   paging = {0};
    if (call->paging) paging = *call->paging;
    bool ours = paging.per_page != 0;
    bool known = (paging.page || read_number(rq, "page", paging.forgiving, &paging.page)) &&
                 (ours || read_number(rq, "per_page", paging.forgiving, &paging.per_page));
    if (!ours && paging.max_per_page == 0) paging.max_per_page = CF_MOST_PER_PAGE;
    void *page = known ? cf_paginate_in_(&(cf_page_call_){rq->db, &paging}, site, values) : NULL;
    if (!page) cf_missing(rq, "page");
    return page;
}
