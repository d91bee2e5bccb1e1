/* Pages as templates see them: the attributes and methods of Flask-SQLAlchemy's. */
#include "orm/page.h"

#include <carafe/collection.h>

#include <string.h>

static bool is(const char *name, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(name, word, size) == 0;
}

static cf_value positive_or_none(int64_t number)
{
    return number > 0 ? cf_value_int(number) : cf_value_null();
}

/* ---- methods ------------------------------------------------------------------------------------- */

/* The whole number of a parameter, by place or by name; false when it is none. */
static bool parameter(cf_call *call, size_t at, const char *name, int64_t *out)
{
    const cf_value *v = at < call->argument_count ? &call->arguments[at] : cf_call_named(call, name);
    if (!v) return true;
    if (v->kind == CF_BOOL) *out = v->as.boolean;
    else if (v->kind == CF_INT) *out = v->as.integer;
    else return cf_fail(call->error, CF_ERR_TYPE, "iter_pages: %s must be a whole number", name);
    return true;
}

static bool iter_pages(cf_call *call, const cf_page_state *s, cf_value *out)
{
    int64_t left_edge = 2, left_current = 2, right_current = 4, right_edge = 2;
    if (!parameter(call, 0, "left_edge", &left_edge) || !parameter(call, 1, "left_current", &left_current) ||
        !parameter(call, 2, "right_current", &right_current) || !parameter(call, 3, "right_edge", &right_edge))
        return false;
    const int64_t *links = cf_iter_pages(s, left_edge, left_current, right_current, right_edge);
    cf_list       *list = links ? cf_list_new(call->arena, 16) : NULL;
    if (!links) return cf_fail(call->error, CF_ERR_LIMIT, "iter_pages: more than 10,000 links");
    for (; list && *links >= 0; links++)
        if (!cf_list_add(list, positive_or_none(*links))) list = NULL;
    *out = cf_value_list(list);
    return list || cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
}

static bool turn(cf_call *call, const cf_page_state *s, bool on, cf_value *out)
{
    const void *page = on ? cf_page_next(s) : cf_page_prev(s);
    if (!page) return cf_fail(call->error, cf_error(s->db)->code, "%s", cf_error(s->db)->message);
    *out = cf_value_object(cf_object_of(page));
    return true;
}

static cf_answer page_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    const cf_page_state *s = cf_object_data(self);
    bool                 ok;
    if (is(name, size, "iter_pages")) ok = iter_pages(call, s, out);
    else if (is(name, size, "prev")) ok = turn(call, s, false, out);
    else if (is(name, size, "next")) ok = turn(call, s, true, out);
    else return CF_NO;
    return ok ? CF_YES : CF_FAILED;
}

/* ---- attributes ---------------------------------------------------------------------------------- */

static cf_answer page_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    const cf_any_page *p = cf_object_data(self);
    if (is(name, size, "items")) *out = cf_value_object(cf_object_of(p->items));
    else if (is(name, size, "after")) *out = cf_value_text(p->after);
    else if (is(name, size, "before")) *out = cf_value_text(p->before);
    else if (is(name, size, "page")) *out = positive_or_none(p->page);
    else if (is(name, size, "per_page")) *out = cf_value_int(p->per_page);
    else if (is(name, size, "total")) *out = p->total < 0 ? cf_value_null() : cf_value_int(p->total);
    else if (is(name, size, "pages")) *out = cf_value_int(p->pages);
    else if (is(name, size, "first")) *out = cf_value_int(p->first);
    else if (is(name, size, "last")) *out = cf_value_int(p->last);
    else if (is(name, size, "has_prev")) *out = cf_value_bool(p->has_prev);
    else if (is(name, size, "has_next")) *out = cf_value_bool(p->has_next);
    else if (is(name, size, "prev_num")) *out = positive_or_none(p->prev_num);
    else if (is(name, size, "next_num")) *out = positive_or_none(p->next_num);
    else if (is(name, size, "iter_pages") || is(name, size, "prev") || is(name, size, "next"))
        *out = cf_value_object(cf_method_object(call->arena, self, name, size));
    else return CF_NO;
    return CF_YES;
}

/* Going over a page is going over its items. */
static bool page_iterate(cf_call *call, cf_object *self, cf_iterator *it)
{
    const cf_any_page *p = cf_object_data(self);
    cf_object         *items = cf_object_of(p->items);
    return items->cls->iterate(call, items, it);
}

const cf_class cf_page_class = {.name = "Pagination",
                                .data_offset = CF_HEADER_SIZE,
                                .attribute = page_attribute,
                                .method = page_method,
                                .iterate = page_iterate};
