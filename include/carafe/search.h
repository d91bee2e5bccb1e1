/**
 * @file carafe/search.h
 * @brief Queries that grow: for searches whose conditions and order are known only when they are asked for.
 *
 *     cf_query *q = cf_query_of(rq->db, User);
 *     if (*name) cf_where(q, User, "name like ?", cf_arena_printf(rq->arena, "%%%s%%", name));
 *     if (active) cf_where(q, User, "active");
 *     cf_sort(q, user_sorts, cf_query_arg(rq, "sort"));
 *     CF_LIST(User) users = cf_query_all(q, User);
 *
 * Each piece is a literal, and is checked at start like any query; its values are bound. Nothing that a
 * reader sends becomes part of a query: a sort order is chosen from a list by its name. The statement of
 * a combination of pieces is made once and kept.
 */
#ifndef CARAFE_SEARCH_H
#define CARAFE_SEARCH_H

#include <carafe/page.h>

CF_BEGIN_C

/** A query under construction; the session's. */
typedef struct cf_query cf_query;

#ifndef __cplusplus

/** Begin a query of all objects of a model. NULL after a failure, which all functions below stand. */
#define cf_query_of(db_, T) cf_query_of_((db_), cf_model_##T##_, __FILE__, __LINE__)

/** Add a condition; all conditions of a query must hold: `cf_where(q, User, "name like ? or email = ?", a, b)`. */
#define cf_where(q_, T, ...) CF_QUERY_(CF_VERB_WHERE, void, cf_where_, q_, T, __VA_ARGS__)

/** Order by these, after what it is ordered by already: `cf_order_by(q, User, "name desc, id")`. */
#define cf_order_by(q_, T, text_) CF_QUERY_(CF_VERB_ORDER, void, cf_order_by_, q_, T, "order by " text_)

/** Load related objects with those of the query, as its `with` does: `cf_with(q, Dataset, "join(user), raise(*)")`. */
#define cf_with(q_, T, text_) CF_QUERY_(CF_VERB_WITH, void, cf_with_, q_, T, "with " text_)

/**
 * Orders that a reader may choose from, at file scope; the first is the default:
 *
 *     CF_SORTS(user_sorts,
 *         CF_SORT(User, "name",   "name, id"),
 *         CF_SORT(User, "newest", "created_at desc"));
 */
#define CF_SORTS(name_, ...)                                                                       \
    static cf_site *const name_[]                                                                  \
        __attribute__((section("cf_sites"), used, aligned(sizeof(void *)))) = {__VA_ARGS__}
#define CF_SORT(T, name_, text_)                                                                   \
    &(cf_site)                                                                                     \
    {                                                                                              \
        .model = cf_model_##T##_, .text = "order by " text_, .file = __FILE__, .line = __LINE__,   \
        .verb = CF_VERB_ORDER, .name = "" name_                                                    \
    }

/**
 * Order by the entry of a list with that name, after what it is ordered by already.
 * @param choice what the reader sent; NULL and names that are not in the list mean the first
 * @return the name of the entry taken: what a page shows as the present order
 */
#define cf_sort(q_, sorts_, choice_) cf_sort_((q_), (sorts_), sizeof(sorts_) / sizeof *(sorts_), (choice_))

/** What cf_all(), cf_find(), cf_one(), cf_one_or_none(), cf_count(), cf_exists() give of a query of these pieces; again and again. */
#define cf_query_all(q_, T) ((T **)cf_query_all_((q_), cf_model_##T##_))
#define cf_query_find(q_, T) ((T *)cf_query_find_((q_), cf_model_##T##_))
#define cf_query_one(q_, T) ((T *)cf_query_one_((q_), cf_model_##T##_))
#define cf_query_one_or_none(q_, T) ((T *)cf_query_one_or_none_((q_), cf_model_##T##_))

/** One page of it, `cf_page(T) *`; see cf_paginate_in(). The query has no limit and offset of its own. */
#define cf_query_page_in(q_, T, paging_) cf_query_page_in_((q_), cf_model_##T##_, (paging_))

/** `cf_query_stream (User, u, q) { … }`: one object after the other, as cf_stream(). */
#define cf_query_stream(T, var, q_) CF_STREAM_(T, var, cf_query_stream_((q_), cf_model_##T##_))

#endif

CF_API cf_query   *cf_query_of_(cf_db *db, cf_model_fn *model, const char *file, int line);
CF_API void        cf_where_(cf_query *query, cf_site *site, const cf_value *values);
CF_API void        cf_order_by_(cf_query *query, cf_site *site, const cf_value *values);
CF_API void        cf_with_(cf_query *query, cf_site *site, const cf_value *values);
CF_API const char *cf_sort_(cf_query *query, cf_site *const *sorts, size_t count, const char *choice);
CF_API void       *cf_query_all_(cf_query *query, cf_model_fn *model);
CF_API void       *cf_query_find_(cf_query *query, cf_model_fn *model);
CF_API void       *cf_query_one_(cf_query *query, cf_model_fn *model);
CF_API void       *cf_query_one_or_none_(cf_query *query, cf_model_fn *model);
CF_API void       *cf_query_page_in_(cf_query *query, cf_model_fn *model, const cf_paging *paging);
CF_API cf_stream_ *cf_query_stream_(cf_query *query, cf_model_fn *model);

/** How many rows it has; 0 after a failure. */
CF_API int64_t cf_query_count(cf_query *query);

/** Has it any row? */
CF_API bool cf_query_exists(cf_query *query);

/** At most so many objects; negative: no limit. */
CF_API void cf_limit(cf_query *query, int64_t count);

/** Leave out the first so many objects. */
CF_API void cf_offset(cf_query *query, int64_t count);

CF_END_C

#endif
