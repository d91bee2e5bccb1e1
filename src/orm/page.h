/* Pages: their arithmetic, and how they are read. */
#ifndef CARAFE_ORM_PAGE_H
#define CARAFE_ORM_PAGE_H

#include <carafe/page.h>

#include "orm/run.h"

/* Unless the program says otherwise. */
#define CF_MOST_PER_PAGE 100

/* What stands behind the members that programs see. */
typedef struct cf_page_state {
    cf_any_page     page;
    cf_db          *db;
    cf_site        *site;
    const cf_value *values; /* kept in the session's arena */
    cf_paging       paging; /* as asked for first */
} cf_page_state;

/* The page numbers around the present one that are linked to. */
typedef struct cf_page_edges {
    int64_t left_edge, left_current, right_current, right_edge;
} cf_page_edges;

/*
 * Put number and size of a page right; false: there is no such page.
 * `most`: for per_page; `forgiving`: nonsense means the default.
 */
bool cf_page_settle(int64_t *page, int64_t *per_page, int64_t most, bool forgiving);
/* Fill in what follows from page, per_page, the number of items and the total (-1: not known). */
void cf_page_fill(cf_any_page *page, int64_t items, int64_t total);
/* How many objects come before the page; false: more than 64 bits count. */
bool cf_page_offset(const cf_any_page *page, int64_t *out);
/* The most objects of a page that may be asked for. */
int64_t cf_page_most(const cf_paging *paging);
/* A page to be filled; NULL when out of memory, which the session is told. */
cf_page_state *cf_page_new(cf_db *db);
/* The next linked page after `n`; -1: there is none. */
int64_t cf_page_link(int64_t pages, int64_t page, const cf_page_edges *edges, int64_t n);
/* The whole number that a query string's value is, as Python's int() reads it in ASCII; false when it is none or too large. */
bool cf_page_number(const char *text, size_t size, int64_t *out);

/* Copies of the values of a call that live as long as the arena; NULL when out of memory. */
const cf_value *cf_values_keep(cf_arena *arena, const cf_value *values, size_t count);

/* ---- page_object.c ---- */

extern const cf_class cf_page_class;

#endif
