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

/* What the request asks for, where the program does not say; false: there is no such page. */
static bool read_paging(cf_request *rq, const cf_paging *given, cf_paging *out)
{
    *out = given ? *given : (cf_paging){0};
    bool ours = out->per_page != 0;
    bool known = (out->page || read_number(rq, "page", out->forgiving, &out->page)) &&
                 (ours || read_number(rq, "per_page", out->forgiving, &out->per_page));
    if (!ours && out->max_per_page == 0) out->max_per_page = CF_MOST_PER_PAGE;
    return known;
}

static void *page_or_404(cf_request *rq, void *page)
{
    if (!page) cf_missing(rq, "page");
    return page;
}

void *cf_paginate_(const cf_page_call_ *call, cf_site *site, const cf_value *values)
{
    cf_request *rq = call->from;
    cf_paging   paging;
    if (!read_paging(rq, call->paging, &paging)) return page_or_404(rq, NULL);
    return page_or_404(rq, cf_paginate_in_(&(cf_page_call_){rq->db, &paging}, site, values));
}

void *cf_slice_(const cf_page_call_ *call, cf_site *site, const cf_value *values)
{
    cf_request *rq = call->from;
    cf_paging   paging;
    bool        known = read_paging(rq, call->paging, &paging);
    if (!paging.after && !paging.before) {
        paging.after = cf_query_arg(rq, "after");
        paging.before = paging.after ? NULL : cf_query_arg(rq, "before");
    }
    return page_or_404(rq, known ? cf_slice_in_(&(cf_page_call_){rq->db, &paging}, site, values) : NULL);
}

void *cf_query_page_(cf_request *rq, cf_query *query, cf_model_fn *model, const cf_paging *given)
{
    cf_paging paging;
    if (!read_paging(rq, given, &paging)) return page_or_404(rq, NULL);
    return page_or_404(rq, cf_query_page_in_(query, model, &paging));
}
