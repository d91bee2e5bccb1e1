/* Pages by number. */
#include "fixture.h"

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 1; i <= 45; i++)
        cf_add(db, Setting, .key = cf_arena_printf(cf_session_arena(db), "k%02d", i), .value = i % 2 ? "odd" : "even");
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

/* The ids of a page's first and last object. */
#define assert_items(page, first_id, last_id)                 \
    do {                                                      \
        size_t n_ = cf_list_count((page)->items);             \
        assert_int_equal((page)->items[0]->id, first_id);     \
        assert_int_equal((page)->items[n_ - 1]->id, last_id); \
        assert_null((page)->items[n_]);                       \
    } while (0)

static void a_page_knows_where_it_stands(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.page = 2, .per_page = 10), Setting, "order by id");
    assert_non_null(p);
    assert_items(p, 11, 20);
    assert_int_equal(p->page, 2);
    assert_int_equal(p->per_page, 10);
    assert_int_equal(p->total, 45);
    assert_int_equal(p->pages, 5);
    assert_int_equal(p->first, 11);
    assert_int_equal(p->last, 20);
    assert_true(p->has_prev && p->has_next);
    assert_int_equal(p->prev_num, 1);
    assert_int_equal(p->next_num, 3);
    cf_page(Setting) *first = cf_paginate_in(db, NULL, Setting, "order by id");
    assert_items(first, 1, 20);
    assert_false(first->has_prev);
    assert_int_equal(first->prev_num, 0);
    int64_t sum = 0;
    cf_each(Setting, s, first->items) sum += s->id;
    assert_int_equal(sum, 210);
    assert_ok(db);
}

static void rows_are_counted_only_where_it_is_needed(void **state)
{
    cf_db  *db = ((fixture *)*state)->db;
    int64_t before = cf_statements(db);
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.per_page = 50), Setting, "order by id");
    assert_int_equal(p->total, 45);
    assert_int_equal(cf_statements(db) - before, 1);
    p = cf_paginate_in(db, CF_PAGING(.page = 3), Setting, "order by id");
    assert_int_equal(p->total, 45);
    assert_int_equal(p->last, 45);
    assert_int_equal(cf_statements(db) - before, 2);
    p = cf_paginate_in(db, NULL, Setting, "value = ?", "none");
    assert_int_equal(p->total, 0);
    assert_int_equal(p->pages, 0);
    assert_int_equal(p->first, 0);
    assert_int_equal(cf_statements(db) - before, 3);
    p = cf_paginate_in(db, CF_PAGING(.no_count = true), Setting, "order by id");
    assert_int_equal(p->total, -1);
    assert_false(p->has_next);
    assert_int_equal(cf_statements(db) - before, 4);
    p = cf_paginate_in(db, NULL, Setting, "order by id");
    assert_int_equal(p->total, 45);
    assert_int_equal(cf_statements(db) - before, 6);
    assert_ok(db);
}

static void pages_that_are_not_there(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_null(cf_paginate_in(db, CF_PAGING(.page = 4), Setting, ""));
    assert_null(cf_paginate_in(db, CF_PAGING(.page = -1), Setting, ""));
    assert_null(cf_paginate_in(db, CF_PAGING(.per_page = -1), Setting, ""));
    assert_null(cf_paginate_in(db, CF_PAGING(.page = INT64_MAX), Setting, ""));
    assert_null(cf_paginate_in(db, CF_PAGING(.page = INT64_MAX / 2, .per_page = 3), Setting, ""));
    assert_ok(db);
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.page = INT64_MAX, .forgiving = true), Setting, "");
    assert_non_null(p);
    assert_int_equal(cf_list_count(p->items), 0);
    assert_int_equal(p->total, 45);
    assert_int_equal(p->page, INT64_MAX);
    p = cf_paginate_in(db, CF_PAGING(.page = -5, .forgiving = true), Setting, "");
    assert_int_equal(p->page, 1);
    assert_ok(db);
}

static void the_size_of_a_page_has_a_limit(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.per_page = 40, .max_per_page = 7), Setting, "order by id");
    assert_int_equal(p->per_page, 7);
    assert_items(p, 1, 7);
    p = cf_paginate_in(db, CF_PAGING(.per_page = 1000), Setting, "order by id");
    assert_int_equal(p->per_page, 1000);
}

static void values_are_kept_for_the_neighbours(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    char   which[] = "even";
    int    some[] = {2, 4, 6, 8, 10, 12};
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.page = 2, .per_page = 2), Setting,
                                         "value = ? and id in (?) order by key", which, CF_ARRAY(some, 6));
    memset(which, 'x', 4);
    memset(some, 0, sizeof some);
    assert_items(p, 6, 8);
    cf_page(Setting) *next = cf_page_next(p), *prev = cf_page_prev(p);
    assert_items(next, 10, 12);
    assert_items(prev, 2, 4);
    assert_int_equal(next->per_page, 2);
    prev = cf_page_prev(prev);
    assert_int_equal(prev->page, 1);
    next = cf_page_next(next);
    assert_int_equal(cf_list_count(next->items), 0);
    assert_ok(db);
}

/* Equal values are told apart by the key, so that no row is on two pages or on none. */
static void the_order_is_total(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    bool   seen[46] = {false};
    for (int n = 1; n <= 9; n++) {
        cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.page = n, .per_page = 5), Setting, "order by value desc");
        cf_each(Setting, s, p->items) {
            assert_false(seen[s->id]);
            seen[s->id] = true;
        }
    }
    for (int i = 1; i <= 45; i++) assert_true(seen[i]);
    assert_ok(db);
}

static void links(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_page(Setting) *p = cf_paginate_in(db, CF_PAGING(.page = 8, .per_page = 2), Setting, "order by id");
    static const int64_t wanted[] = {1, 2, 0, 6, 7, 8, 9, 10, 11, 12, 0, 22, 23, -1};
    static const int64_t narrow[] = {7, 8, -1}, none[] = {-1};
    assert_memory_equal(cf_iter_pages(p, 2, 2, 4, 2), wanted, sizeof wanted);
    assert_memory_equal(cf_iter_pages(p, 0, 1, 0, 0), narrow, sizeof narrow);
    assert_memory_equal(cf_iter_pages(p, 0, -5, -1, -3), none, sizeof none);
    assert_int_equal(cf_iter_pages(p, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX)[22], 23);
    assert_int_equal(cf_iter_pages(p, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1)[0], -1);
    assert_null(cf_iter_pages(NULL, 2, 2, 4, 2));
}

static void failures_stick(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    cf_session_fail(db, CF_ERR_CHECK, "no more");
    assert_null(cf_paginate_in(db, NULL, Setting, ""));
    assert_null(cf_paginate_in(NULL, NULL, Setting, ""));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(a_page_knows_where_it_stands),
        filled_test(rows_are_counted_only_where_it_is_needed),
        filled_test(pages_that_are_not_there),
        filled_test(the_size_of_a_page_has_a_limit),
        filled_test(values_are_kept_for_the_neighbours),
        filled_test(the_order_is_total),
        filled_test(links),
        filled_test(failures_stick),
    };
    return RUN_TESTS("page", tests, argc, argv);
}
