/* Pages by where another one ended. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/page.h>
#include <carafe/relation.h>

typedef enum Rank { RANK_LOW, RANK_MIDDLE, RANK_HIGH } Rank;
CF_ENUM(Rank, {RANK_LOW, "low"}, {RANK_MIDDLE, "middle"}, {RANK_HIGH, "high"});

typedef struct Author {
    int64_t     id;
    const char *name;
} Author;
CF_MODEL(Author, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 20));

typedef struct Post {
    int64_t       id;
    const char   *title;
    const char   *note;
    cf_null_int64 score;
    double        weight;
    bool          open;
    int32_t       rank;
    cf_date       day;
    cf_datetime   made_at;
    cf_decimal    price;
    cf_uuid       uuid;
    cf_null_int64 author_id;
} Post;
CF_MODEL(Post, CF_COLUMN(id, .primary_key = true), CF_COLUMN(title, .length = 20),
         CF_COLUMN(note, .nullable = true, .length = 2000), CF_COLUMN(score), CF_COLUMN(weight), CF_COLUMN(open),
         CF_COLUMN(rank, .enum_names = CF_ENUM_NAMES(Rank)), CF_COLUMN(day), CF_COLUMN(made_at),
         CF_COLUMN(price, .precision = 10, .scale = 2), CF_COLUMN(uuid), CF_COLUMN(author_id, .references = "author.id"));
CF_ONE_TO_MANY(Author, posts, Post, author);

enum { POSTS = 60 };

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db  *db = ((fixture *)*state)->db;
    Author *a = cf_add(db, Author, .name = "Ada"), *b = cf_add(db, Author, .name = "Bob");
    if (!cf_flush(db)) return -1;
    for (uint32_t i = 1, x = 12345; i <= POSTS; i++) {
        x = x * 1664525 + 1013904223;
        uint32_t r = x >> 16;
        Post *p = cf_add(db, Post, .title = cf_arena_printf(cf_session_arena(db), "t%u", r % 7), .weight = r % 5 / 10.0,
                         .open = r % 2, .rank = (int32_t)(r % 3), .day = {(int32_t)(19000 + r % 4)},
                         .made_at = {1700000000000000 + r % 6 * 1234567}, .price = {.low = r % 9 * 50, .scale = 2});
        p->uuid.bytes[3] = (uint8_t)(r % 11);
        if (r % 4) p->score = (cf_null_int64)CF_SOME(r % 5);
        if (r % 3) p->note = r % 2 ? "x" : "y";
        if (r % 5) p->author_id = (cf_null_int64)CF_SOME(r % 5 < 3 ? a->id : b->id);
    }
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

typedef cf_page(Post) PostPage;

/* Does a walk in slices, forwards from the first page and backwards from the last, give what one query gives? */
#define assert_walks(order)                                                                                            \
    do {                                                                                                               \
        CF_LIST(Post) all = cf_all(db, Post, "id > 0 order by " order ", id");                                         \
        size_t    n = 0;                                                                                               \
        PostPage *page = cf_slice_in(db, CF_PAGING(.per_page = 7), Post, "id > ? order by " order, 0);                 \
        assert_non_null(page);                                                                                         \
        assert_false(page->has_prev);                                                                                  \
        for (;;) {                                                                                                     \
            cf_each(Post, p, page->items) assert_int_equal(p->id, all[n++]->id);                                       \
            assert_int_equal(page->has_next, n < POSTS);                                                               \
            assert_int_equal(page->after != NULL, n < POSTS);                                                          \
            if (!page->after) break;                                                                                   \
            page = cf_slice_in(db, CF_PAGING(.per_page = 7, .after = page->after), Post, "id > ? order by " order, 0); \
            assert_non_null(page);                                                                                     \
            assert_true(page->has_prev && page->before);                                                               \
        }                                                                                                              \
        assert_int_equal(n, POSTS);                                                                                    \
        page = cf_slice_in(db, CF_PAGING(.per_page = 7, .before = CF_LAST_PAGE), Post, "id > ? order by " order, 0);   \
        assert_false(page->has_next);                                                                                  \
        for (;;) {                                                                                                     \
            size_t count = cf_list_count(page->items);                                                                 \
            for (size_t i = count; i > 0; i--) assert_int_equal(page->items[i - 1]->id, all[--n]->id);                 \
            if (!page->before) break;                                                                                  \
            page =                                                                                                     \
                cf_slice_in(db, CF_PAGING(.per_page = 7, .before = page->before), Post, "id > ? order by " order, 0);  \
            assert_true(page->has_next && page->after);                                                                \
        }                                                                                                              \
        assert_int_equal(n, 0);                                                                                        \
        assert_ok(db);                                                                                                 \
    } while (0)

static void every_order_can_be_walked(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_walks("title");
    assert_walks("title desc, score");
    assert_walks("score");
    assert_walks("score desc");
    assert_walks("score nulls last, title desc");
    assert_walks("score desc nulls first, note nulls last");
    assert_walks("note desc nulls last, score nulls first, title");
    assert_walks("weight desc, open");
    assert_walks("open desc, rank");
    assert_walks("rank desc, day, made_at desc");
    assert_walks("price desc, day desc");
    assert_walks("uuid, price");
    assert_walks("made_at");
}

static void expressions_can_be_walked(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_walks("lower(title) desc");
    assert_walks("coalesce(score, 0) + 1 desc");
    assert_walks("author.name, title");
    assert_walks("author.name desc nulls last, score");
}

static void pages_are_stable_when_rows_come_and_go(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    PostPage *first = cf_slice_in(db, CF_PAGING(.per_page = 10), Post, "order by id desc");
    int64_t   last = first->items[9]->id;
    cf_add(db, Post, .title = "new");
    cf_delete(db, first->items[9]); /* where the next page begins */
    cf_delete(db, first->items[4]);
    assert_true(cf_commit(db));
    PostPage *second = cf_slice_in(db, CF_PAGING(.per_page = 10, .after = first->after), Post, "order by id desc");
    assert_int_equal(second->items[0]->id, last - 1);
    PostPage *back = cf_slice_in(db, CF_PAGING(.per_page = 10, .before = second->before), Post, "order by id desc");
    assert_string_equal(back->items[0]->title, "new");
    assert_int_equal(cf_list_count(back->items), 9);
    assert_false(back->has_prev);
    assert_ok(db);
}

static void what_is_gone_is_no_error(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    PostPage *first = cf_slice_in(db, CF_PAGING(.per_page = 10), Post, "order by id");
    PostPage *second = cf_slice_in(db, CF_PAGING(.per_page = 10, .after = first->after), Post, "order by id");
    cf_delete_where(db, Post, "id > 10");
    PostPage *page = cf_slice_in(db, CF_PAGING(.per_page = 10, .after = first->after), Post, "order by id");
    assert_int_equal(cf_list_count(page->items), 0);
    assert_string_equal(page->before, CF_LAST_PAGE);
    assert_null(page->after);
    cf_delete_where(db, Post, "all");
    page = cf_slice_in(db, CF_PAGING(.per_page = 10, .before = second->before), Post, "order by id");
    assert_int_equal(cf_list_count(page->items), 0);
    assert_false(page->has_next || page->has_prev);
    assert_ok(db);
}

static void bad_tokens_are_no_page(void **state)
{
    cf_db                   *db = ((fixture *)*state)->db;
    PostPage                *page = cf_slice_in(db, CF_PAGING(.per_page = 10), Post, "order by id");
    char                    *token = cf_arena_copy(cf_session_arena(db), page->after);
    size_t                   size = strlen(token);
    static const char *const wrong[] = {"", ".", "..", "...", "x", "a.b.c", "last", "%00", "AAAA.AAAA.AAAA"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(cf_slice_in(db, CF_PAGING(.after = wrong[i]), Post, "order by id"));
    for (size_t i = 0; i < size; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        PostPage *other = cf_slice_in(db, CF_PAGING(.per_page = 10, .after = token), Post, "order by id");
        if (other) assert_int_equal(other->items[0]->id, 11); /* the last bits of a base64 digit may not count */
        token[i] = kept;
    }
    assert_null(cf_slice_in(db, CF_PAGING(.after = page->after), Post, "order by title")); /* another query's */
    assert_null(cf_slice_in(db, CF_PAGING(.after = page->after), Author, "order by id"));
    char *huge = cf_arena_alloc(cf_session_arena(db), 100001);
    memset(huge, 'A', 100000);
    assert_null(cf_slice_in(db, CF_PAGING(.after = huge), Post, "order by id"));
    assert_ok(db);
    page = cf_slice_in(db, CF_PAGING(.after = "x", .forgiving = true), Post, "order by id");
    assert_int_equal(page->items[0]->id, 1);
    assert_ok(db);
}

static void tokens_hold_for_those_who_have_the_secret(void **state)
{
    (void)state;
    const char              *after = NULL;
    char                     kept[500];
    static const char *const secrets[] = {"old secret", "new secret,old secret", "new secret"};
    for (int i = 0; i < 3; i++) {
        cf_database *database = cf_open(test_url(), .secret_key = secrets[i]);
        cf_db       *db = cf_session(database);
        cf_create_all(db);
        if (i == 0 || strcmp(test_url(), "sqlite://") == 0)
            for (int k = 0; k < 5; k++) cf_add(db, Author, .name = "x");
        assert_true(cf_commit(db));
        cf_page(Author) *page = cf_slice_in(db, CF_PAGING(.per_page = 2, .after = after), Author, "order by id");
        assert_int_equal(page != NULL, i < 2);
        if (i == 0) snprintf(kept, sizeof kept, "%s", page->after);
        after = kept;
        if (i == 2) cf_drop_all(db);
        cf_close(db);
        cf_shutdown(database);
    }
}

static void long_values_are_refused(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    char   text[1700];
    memset(text, 'z', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cf_update_where(db, Post, "set note = ? where all", text);
    assert_null(cf_slice_in(db, CF_PAGING(.per_page = 10), Post, "order by note"));
    assert_int_equal(cf_error(db)->code, CF_ERR_LIMIT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(every_order_can_be_walked),
        filled_test(expressions_can_be_walked),
        filled_test(pages_are_stable_when_rows_come_and_go),
        filled_test(what_is_gone_is_no_error),
        filled_test(bad_tokens_are_no_page),
        cmocka_unit_test(tokens_hold_for_those_who_have_the_secret),
        filled_test(long_values_are_refused),
    };
    return RUN_TESTS("slice", tests, argc, argv);
}
