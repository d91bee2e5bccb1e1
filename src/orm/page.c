/* Pages by number, by Flask-SQLAlchemy's rules. */
#include "orm/page.h"

#include "base/number.h"
#include "base/text.h"

#include <string.h>

enum { PER_PAGE = 20, MOST_LINKS = 10000 };

/* ---- arithmetic ---------------------------------------------------------------------------------- */

bool cf_page_settle(int64_t *page, int64_t *per_page, int64_t most, bool forgiving)
{
    if (*per_page > most) *per_page = most;
    if ((*page < 1 || *per_page < 1) && !forgiving) return false;
    if (*page < 1) *page = 1;
    if (*per_page < 1) *per_page = PER_PAGE;
    return true;
}

bool cf_page_offset(const cf_any_page *p, int64_t *out)
{
    return !__builtin_mul_overflow(p->page - 1, p->per_page, out) && *out <= INT64_MAX - p->per_page;
}

void cf_page_fill(cf_any_page *p, int64_t items, int64_t total)
{
    int64_t before = 0;
    p->total = total;
    p->pages = total > 0 ? (total - 1) / p->per_page + 1 : 0;
    p->first = items && cf_page_offset(p, &before) ? before + 1 : 0;
    p->last = items ? before + items : 0;
    p->has_prev = p->page > 1;
    p->prev_num = p->has_prev ? p->page - 1 : 0;
    p->has_next = p->page < p->pages;
    p->next_num = p->has_next ? p->page + 1 : 0;
}

/* a + b where numbers end instead of wrapping round. */
static int64_t sum(int64_t a, int64_t b)
{
    int64_t out;
    if (__builtin_add_overflow(a, b, &out)) return a > 0 ? INT64_MAX : INT64_MIN;
    return out;
}

/* The smallest number of first..last that is at least `from`, when it is nearer than *nearest. */
static void consider(int64_t from, int64_t first, int64_t last, int64_t *nearest)
{
    int64_t n = from > first ? from : first;
    if (n <= last && (*nearest < 0 || n < *nearest)) *nearest = n;
}

int64_t cf_page_link(int64_t pages, int64_t page, const cf_page_edges *edges, int64_t n)
{
    int64_t nearest = -1, from = n + 1, end = sum(page, edges->right_current);
    int64_t last_edge = sum(sum(pages, -edges->right_edge), 1);
    if (n >= pages) return -1;
    consider(from, 1, edges->left_edge < pages ? edges->left_edge : pages, &nearest);
    consider(from, sum(page, -edges->left_current), end < pages ? end : pages, &nearest);
    consider(from, last_edge, pages, &nearest);
    return nearest;
}

const int64_t *cf_iter_pages(const void *page, int64_t left_edge, int64_t left_current, int64_t right_current,
                             int64_t right_edge)
{
    const cf_page_state *s = page;
    cf_page_edges        e = {left_edge, left_current, right_current, right_edge};
    size_t               count = 0;
    if (!s) return NULL;
    for (int64_t n = cf_page_link(s->page.pages, s->page.page, &e, 0); n >= 0;
         n = cf_page_link(s->page.pages, s->page.page, &e, n))
        if (++count > MOST_LINKS) return NULL;
    int64_t *list = cf_arena_array(s->db->arena, 2 * count + 1, sizeof *list);
    size_t   used = 0;
    if (!list) return NULL;
    for (int64_t before = 0; count > 0; count--) {
        int64_t n = cf_page_link(s->page.pages, s->page.page, &e, before);
        if (used && n != before + 1) list[used++] = 0;
        list[used++] = before = n;
    }
    list[used] = -1;
    return list;
}

bool cf_page_number(const char *text, size_t size, int64_t *out)
{
    size_t start = 0, end = 0;
    for (size_t at = 0; at < size;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (!cf_unicode_space(c)) end = at;
        else if (end == 0) start = at;
    }
    return end > start && cf_parse_int(text + start, end - start, out);
}

/* ---- values of a call, kept ------------------------------------------------------------------------ */

static bool keep_array(cf_arena *arena, cf_value *v)
{
    const cf_array *given = v->as.pointer;
    cf_array       *array = cf_arena_alloc(arena, sizeof *array);
    char           *items = array ? cf_arena_array(arena, given->count ? given->count : 1, given->size) : NULL;
    if (!items) return false;
    if (given->count) memcpy(items, given->items, given->count * given->size);
    for (size_t i = 0; given->type == CF_TYPE_TEXT && i < given->count; i++) {
        const char **text = (const char **)(void *)(items + i * given->size);
        if (*text && !(*text = cf_arena_copy(arena, *text))) return false;
    }
    *array = *given;
    array->items = items;
    v->as.pointer = array;
    return true;
}

static bool keep(cf_arena *arena, cf_value *v)
{
    switch (v->kind) {
    case CF_TEXT:
    case CF_MARKUP:
    case CF_BYTES:
    case CF_JSON: return (v->as.text = cf_arena_text(arena, v->as.text, v->size)) != NULL;
    case CF_DECIMAL: {
        cf_decimal *copy = cf_arena_alloc(arena, sizeof *copy);
        if (copy) *copy = *v->as.decimal;
        v->as.decimal = copy;
        return copy != NULL;
    }
    case CF_UUID: {
        cf_uuid *copy = cf_arena_alloc(arena, sizeof *copy);
        if (copy) *copy = *v->as.uuid;
        v->as.uuid = copy;
        return copy != NULL;
    }
    case CF_SEQUENCE: return keep_array(arena, v);
    default: return true;
    }
}

const cf_value *cf_values_keep(cf_arena *arena, const cf_value *values, size_t count)
{
    cf_value *kept = cf_arena_array(arena, count + 1, sizeof *kept);
    bool      ok = kept != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        kept[i] = values[i];
        ok = keep(arena, &kept[i]);
    }
    return ok ? kept : NULL;
}

/* ---- reading a page --------------------------------------------------------------------------------- */

/* The objects of the page; NULL on failure. Those past what 64 bits count are none. */
static void **read_items(cf_run *r, const cf_any_page *p)
{
    int64_t offset;
    if (!cf_page_offset(p, &offset)) return cf_object_list(r->plan->mapper, r->db->arena, NULL, 0);
    cf_value extra[] = {cf_value_int(p->per_page), cf_value_int(offset)};
    r->extra = extra;
    void **items = cf_run_send(r, CF_FORM_PAGE) ? cf_run_list(r) : NULL;
    cf_run_end(r, items != NULL);
    r->extra = NULL;
    return items && cf_run_load(r, items, cf_list_count(items)) ? items : NULL;
}

/* A page that is not full is the last: then what is before it and what is on it is all there is. */
static bool find_total(cf_run *r, const cf_page_state *s, int64_t items, int64_t *total)
{
    const cf_any_page *p = &s->page;
    int64_t            before;
    *total = -1;
    if (s->paging.no_count) return true;
    if (items < p->per_page && (items || p->page == 1) && cf_page_offset(p, &before)) {
        *total = before + items;
        return true;
    }
    bool ok = cf_run_send(r, CF_FORM_COUNT) && cf_run_number(r, total);
    cf_run_end(r, ok);
    return ok;
}

/* Reads the page whose number and size are settled; NULL: it is not there, or failure. */
static cf_any_page *read_page(cf_page_state *s)
{
    cf_run  r = {.db = s->db, .site = s->site, .values = s->values};
    int64_t total;
    if (!cf_run_begin(&r) || !(s->page.items = read_items(&r, &s->page))) return NULL;
    int64_t count = (int64_t)cf_list_count(s->page.items);
    if (count == 0 && s->page.page != 1 && !s->paging.forgiving) return NULL;
    if (!find_total(&r, s, count, &total)) return NULL;
    cf_page_fill(&s->page, count, total);
    return &s->page;
}

cf_page_state *cf_page_new(cf_db *db)
{
    cf_page_state *s = cf_arena_object(db->arena, &cf_page_class, sizeof *s);
    if (s) s->db = db;
    else cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
    return s;
}

int64_t cf_page_most(const cf_paging *o)
{
    if (o->max_per_page) return o->max_per_page < 0 ? INT64_MAX : o->max_per_page;
    return o->per_page > 0 ? INT64_MAX : CF_MOST_PER_PAGE;
}

void *cf_paginate_in_(const cf_page_call_ *call, cf_site *site, const cf_value *values)
{
    static const cf_paging none = {0};
    const cf_paging       *o = call->paging ? call->paging : &none;
    cf_db                 *db = call->from;
    if (!cf_session_ok(db)) return NULL;
    cf_page_state *s = cf_page_new(db);
    if (!s) return NULL;
    int64_t most = cf_page_most(o);
    s->site = site;
    s->paging = *o;
    s->page.page = o->page ? o->page : 1;
    s->page.per_page = o->per_page ? o->per_page : PER_PAGE;
    s->values = cf_values_keep(db->arena, values, site->argument_count);
    if (!s->values) {
        cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    return cf_page_settle(&s->page.page, &s->page.per_page, most, o->forgiving) ? read_page(s) : NULL;
}

static void *turn(const void *page, int by)
{
    const cf_page_state *s = page;
    if (!s || !s->site || !cf_session_ok(s->db)) return NULL; /* slices go by tokens */
    cf_page_state *other = cf_page_new(s->db);
    if (!other) return NULL;
    *other = *s;
    other->paging.forgiving = true;
    other->page.page = sum(s->page.page, by) < 1 ? 1 : sum(s->page.page, by);
    return read_page(other);
}

void *cf_page_prev(const void *page)
{
    return turn(page, -1);
}

void *cf_page_next(const void *page)
{
    return turn(page, 1);
}
