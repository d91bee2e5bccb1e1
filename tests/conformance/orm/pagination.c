/* Pages: their arithmetic alone, and read through requests from a table of numbered rows. */
#include "adapter.h"

#include <carafe/test.h>

#include "orm/page.h"

#include <string.h>

/* ---- arithmetic ---------------------------------------------------------------------------------- */

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static json_t *number_or_null(int64_t number, bool there)
{
    return there ? json_integer(number) : json_null();
}

static json_t *links(int64_t pages, int64_t page, const cf_page_edges *edges)
{
    json_t *list = json_array();
    for (int64_t before = 0, n; (n = cf_page_link(pages, page, edges, before)) >= 0; before = n) {
        if (before && n != before + 1) json_array_append_new(list, json_null());
        json_array_append_new(list, json_integer(n));
    }
    return list;
}

static void arithmetic(request *rq)
{
    const json_t *most = json_object_get(rq->json, "max_per_page");
    bool          forgiving = !json_is_true(json_object_get(rq->json, "error_out"));
    int64_t       total = number_of(rq->json, "total"), before = 0, items = 0;
    cf_any_page   p = {.page = number_of(rq->json, "page"), .per_page = number_of(rq->json, "per_page")};
    bool          there =
        cf_page_settle(&p.page, &p.per_page, json_is_null(most) ? INT64_MAX : json_integer_value(most), forgiving);
    if (there && cf_page_offset(&p, &before) && before < total) items = total - before;
    if (items > p.per_page) items = p.per_page;
    if (there && items == 0 && p.page != 1 && !forgiving) there = false;
    if (!there) {
        rq->ok = json_pack("{s:i}", "status", 404);
        return;
    }
    cf_page_fill(&p, items, total);
    rq->ok = json_pack("{s:i,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I,s:b,s:o,s:b,s:o,s:o}", "status", 200, "page", p.page,
                       "per_page", p.per_page, "total", p.total, "items", items, "first_item",
                       number_or_null(before, items > 0), "first", p.first, "last", p.last, "pages", p.pages,
                       "has_prev", p.has_prev, "prev_num", number_or_null(p.prev_num, p.prev_num > 0), "has_next",
                       p.has_next, "next_num", number_or_null(p.next_num, p.next_num > 0), "iter_pages",
                       links(p.pages, p.page, &(cf_page_edges){2, 2, 4, 2}));
}

static void iter_pages(request *rq)
{
    cf_page_edges edges = {number_of(rq->json, "left_edge"), number_of(rq->json, "left_current"),
                           number_of(rq->json, "right_current"), number_of(rq->json, "right_edge")};
    rq->ok = links(number_of(rq->json, "pages"), number_of(rq->json, "page"), &edges);
}

/* ---- an application with rows ---------------------------------------------------------------------- */

typedef struct Row {
    int64_t id;
} Row;
CF_MODEL(Row, CF_COLUMN(id, .primary_key = true));

static cf_paging asked; /* by the request in hand */
static json_t   *answer;

static void set(json_t *object, const char *key, const cf_any_page *p)
{
    size_t  count = cf_list_count(p->items);
    json_t *ids = json_array();
    if (count) {
        json_array_append_new(ids, json_integer(((const Row *)p->items[0])->id));
        json_array_append_new(ids, json_integer(((const Row *)p->items[count - 1])->id));
    }
    json_t *part =
        json_pack("{s:I,s:I,s:I,s:o}", "page", p->page, "per_page", p->per_page, "total", p->total, "ids", ids);
    if (key) json_object_set_new(object, key, part);
    else json_object_update_new(object, part);
}

static cf_response *rows_page(cf_request *rq)
{
    cf_page(Row) *page = cf_paginate_with(rq, &asked, Row, "order by id");
    if (!page) return NULL;
    json_object_set_new(answer, "status", json_integer(200));
    json_object_set_new(answer, "pages", json_integer(page->pages));
    set(answer, NULL, (const cf_any_page *)page);
    set(answer, "self", (const cf_any_page *)page);
    set(answer, "prev", (const cf_any_page *)cf_page_prev(page));
    set(answer, "next", (const cf_any_page *)cf_page_next(page));
    return cf_text(rq, "ok");
}

static const cf_route routes[] = {CF_ROUTE("/", rows_page), CF_END};
static const cf_app   app = {.name = "rows", .routes = routes};

/* A client of the application with so many rows, kept for the next case. */
static cf_client *rows_client(request *rq, int64_t rows)
{
    static cf_client *client;
    static int64_t    there;
    if (client && there == rows) return client;
    cf_client_free(client);
    there = rows;
    client = cf_client_open(&app, CF_PROGRAM, &(const cf_settings){.database_url = rq->url}, &rq->error);
    cf_db *db = client ? cf_session(cf_web_database(cf_client_web(client))) : NULL;
    for (int64_t i = 1; db && i <= rows; i++) cf_add(db, Row, .id = i);
    if (db && !cf_commit(db)) rq->error = *cf_error(db);
    cf_close(db);
    return client;
}

/* A given 0 is nonsense; the options take it for "not given". */
static int64_t option(const json_t *kwargs, const char *name)
{
    const json_t *value = json_object_get(kwargs, name);
    return !json_is_integer(value) ? 0 : json_integer_value(value) ? json_integer_value(value) : -1;
}

static void through_request(request *rq)
{
    const json_t *kwargs = json_object_get(rq->json, "kwargs");
    const char   *query = json_string_value(json_object_get(rq->json, "query_string"));
    cf_client    *client = rows_client(rq, number_of(rq->json, "rows"));
    if (!client) return;
    asked = (cf_paging){.page = option(kwargs, "page"),
                        .per_page = option(kwargs, "per_page"),
                        .max_per_page = option(kwargs, "max_per_page"),
                        .forgiving = json_is_false(json_object_get(kwargs, "error_out"))};
    if (json_is_null(json_object_get(kwargs, "max_per_page"))) asked.max_per_page = -1;
    answer = json_object();
    int status = cf_client_get(client, cf_arena_printf(rq->arena, "/?%s", query ? query : ""));
    if (status != 200) json_object_set_new(answer, "status", json_integer(status));
    rq->ok = answer;
}

void suite_pagination(request *rq)
{
    const char *kind = json_string_value(json_object_get(rq->json, "kind"));
    if (kind && strcmp(kind, "arithmetic") == 0) arithmetic(rq);
    else if (kind && strcmp(kind, "iter_pages") == 0) iter_pages(rq);
    else if (kind) through_request(rq);
}
