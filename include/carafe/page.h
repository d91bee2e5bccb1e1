/**
 * @file carafe/page.h
 * @brief Long results in pages: by number, or by where the last page ended.
 *
 *     cf_page(User) *page = cf_paginate(rq, User, "order by name");
 *     if (!page) return NULL;                       // no such page: 404
 *     return cf_render(rq, "users.html", CF_VAR(page));
 *
 * Templates see pages as those of Flask-SQLAlchemy: `page.items`, `page.has_next`, `page.next_num`,
 * `page.iter_pages(left_edge=1)`; going over the page goes over its items. cf_paginate() belongs to the
 * web layer (carafe/web.h); cf_paginate_in() needs a session alone.
 */
#ifndef CARAFE_PAGE_H
#define CARAFE_PAGE_H

#include <carafe/orm.h>

CF_BEGIN_C

/** What is asked of a page; zero is the default everywhere. Made by CF_PAGING(). */
typedef struct cf_paging {
    const struct cf_use_dot_names_for_options *guard_;
    int64_t page;         /**< which one, from 1; in the web layer ?page= when it is 0; 1 */
    int64_t per_page;     /**< objects of a page; in the web layer ?per_page= when it is 0; 20 */
    int64_t max_per_page; /**< the most that may be asked for; 100, but for a .per_page given here; negative: no limit */
    bool    forgiving;    /**< a page that is not there is an empty one, and nonsense means the default, instead of NULL */
    const char *after;    /**< cf_slice(): the token of a page whose `after` it is; in the web layer ?after= */
    const char *before;   /**< the same of `before`, or CF_LAST_PAGE; in the web layer ?before= */
    bool    no_count;     /**< send no COUNT: total is -1, pages 0, has_next false */
    int     end_;
} cf_paging;

/** What `?before=` is for the last page of a cf_slice(). */
#define CF_LAST_PAGE "last"

/** `cf_paginate_in(db, CF_PAGING(.page = 2, .per_page = 10), User, "order by name")`. See cf_paging. */
#define CF_PAGING(...) (&(const cf_paging){__VA_ARGS__})

#define CF_PAGE_MEMBERS_(T)                                                                        \
    T     **items;    /**< the objects, as cf_all() lists them; for cf_each() */                   \
    int64_t page;     /**< its number, from 1 */                                                   \
    int64_t per_page; /**< the most objects of a page */                                           \
    int64_t total;    /**< objects of all pages; -1: not counted */                                \
    int64_t pages;    /**< how many there are */                                                   \
    int64_t first;    /**< number of the first object among all, from 1; 0: there is none */       \
    int64_t last;     /**< of the last */                                                          \
    bool    has_prev, has_next;                                                                    \
    int64_t prev_num; /**< page - 1, or 0 */                                                       \
    int64_t next_num; /**< page + 1, or 0 */                                                       \
    const char *after;  /**< of cf_slice(): the token for the page behind this one, or NULL */     \
    const char *before; /**< the token for the page before this one, or NULL */

/**
 * The type of a page of T: `cf_page(User) *page`. To name it, for parameters of functions:
 * `typedef cf_page(User) UserPage;`.
 */
#define cf_page(T)                                                                                 \
    struct {                                                                                       \
        CF_PAGE_MEMBERS_(T)                                                                        \
    }

/** A page whose objects are of any model: what all pages look like from inside. */
typedef struct cf_any_page {
    CF_PAGE_MEMBERS_(void)
} cf_any_page;

#ifndef __cplusplus
/**
 * One page of the objects that fulfil a condition: `cf_paginate_in(db, CF_PAGING(.page = n), User, "order by name")`.
 * Objects that are equal by the order given are told apart by their keys, so that no two pages have the same one.
 * One statement, and a COUNT where it is needed: not for a last page that is not full.
 * @param paging see cf_paging; NULL: the first page
 * @return the page, the session's; NULL: there is no such page, or failure, which cf_error() tells apart
 */
#define cf_paginate_in(db_, paging_, T, ...)                                                       \
    CF_QUERY_(CF_VERB_PAGE, void *, cf_paginate_in_, (&(const cf_page_call_){(db_), (paging_)}), T, __VA_ARGS__)

/**
 * A page by where another one ended: `cf_slice_in(db, CF_PAGING(.after = token), Post, "order by created_at desc")`.
 * Pages have no numbers and no total, and neither skip nor repeat objects when others come or go meanwhile; a far page
 * costs no more than the first, given an index. `page->after` and `page->before` are the tokens of the neighbours,
 * signed with cf_open_options.secret_key: a changed one, or one of another query, is no page. Any order will do, also of
 * columns that may be NULL; the primary key makes it total. Tokens can be read (not changed) by those who get them: the
 * values that the last object is ordered by.
 * @return the page, the session's; NULL: a bad token, or failure, which cf_error() tells apart
 */
#define cf_slice_in(db_, paging_, T, ...)                                                          \
    CF_QUERY_(CF_VERB_SLICE, void *, cf_slice_in_, (&(const cf_page_call_){(db_), (paging_)}), T, __VA_ARGS__)
#endif

/* The first argument of a page's query. */
typedef struct cf_page_call_ {
    void            *from; /* a cf_db, in the web layer a cf_request */
    const cf_paging *paging;
} cf_page_call_;

CF_API void *cf_slice_in_(const cf_page_call_ *call, cf_site *site, const cf_value *values);
CF_API void *cf_paginate_in_(const cf_page_call_ *call, cf_site *site, const cf_value *values);

/** The page before, or after, with the same per_page; empty when there is none. NULL for NULL, and after a failure. */
CF_API void *cf_page_prev(const void *page);
CF_API void *cf_page_next(const void *page);

/**
 * The pages to link to: those of both edges and around the present one, in order, 0 where some are left out between.
 * Flask-SQLAlchemy's defaults are 2, 2, 4, 2.
 * @return the numbers, after the last one -1; the session's. NULL when out of memory or past 10,000 links
 */
CF_API const int64_t *cf_iter_pages(const void *page, int64_t left_edge, int64_t left_current, int64_t right_current,
                                    int64_t right_edge);

CF_END_C

#endif
