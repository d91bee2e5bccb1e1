/* Texts that are meant to break out of statements go through every verb: they are stored and found as plain text. */
#include "fixture.h"

#include <carafe/page.h>
#include <carafe/search.h>

#include "payloads.h"

typedef struct Found {
    const char *name;
    int64_t     total;
} Found;

CF_ROW(Found, name, total);

static int64_t ids[PAYLOADS];

/* A user and a dataset for each payload; everything that can hold a text holds it. */
static void store(cf_db *db)
{
    User *users[PAYLOADS];
    for (size_t i = 0; i < PAYLOADS; i++) {
        users[i] = cf_add(db, User, .name = payloads[i], .email = payloads[i], .bio = payloads[i]);
        Dataset *d = cf_add(db, Dataset, .name = payloads[i], .size = (int32_t)i);
        Dataset_set_user(d, users[i]);
    }
    if (!cf_commit(db)) fail_msg("%s", cf_error(db)->message);
    for (size_t i = 0; i < PAYLOADS; i++) ids[i] = users[i]->id;
}

static int payloads_open(void **state)
{
    if (fixture_open(state)) return -1;
    store(((fixture *)*state)->db);
    return 0;
}

/* Nothing was lost, changed or added, and nothing failed. */
static void all_is_as_it_was(fixture *f)
{
    assert_ok(f->db);
    cf_db *db = other_session(f);
    assert_int_equal(cf_count(db, User, ""), PAYLOADS);
    assert_int_equal(cf_count(db, Dataset, ""), PAYLOADS);
    for (size_t i = 0; i < PAYLOADS; i++) {
        User *u = cf_get(db, User, ids[i]);
        assert_non_null(u);
        assert_string_equal(u->name, payloads[i]);
        assert_string_equal(u->email, payloads[i]);
        assert_string_equal(u->bio, payloads[i]);
    }
    cf_close(db);
}

static void payloads_are_found_by_verbs_for_objects(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        cf_db      *db = other_session(f);
        User       *u = cf_find(db, User, "email = ?", p);
        assert_non_null(u);
        assert_int_equal(u->id, ids[i]);
        assert_ptr_equal(cf_one(db, User, "name = ? and bio = ?", p, p), u);
        CF_LIST(User) all = cf_all(db, User, "? = name order by id", p);
        assert_int_equal(cf_list_count(all), 1);
        assert_ptr_equal(all[0], u);
        size_t streamed = 0;
        cf_stream(User, s, db, "lower(name) = lower(?)", p) {
            assert_string_equal(s->name, p);
            streamed++;
        }
        assert_int_equal(streamed, 1);
        cf_page(User) *page = cf_paginate_in(db, NULL, User, "name = ?", p);
        assert_non_null(page);
        assert_int_equal(page->total, 1);
        assert_string_equal(page->items[0]->name, p);
        assert_true(cf_refresh(db, u));
        assert_string_equal(u->bio, p);
        CF_LIST(Dataset) theirs = User_datasets(u);
        assert_int_equal(cf_list_count(theirs), 1);
        assert_string_equal(theirs[0]->name, p);
        assert_ok(db);
        cf_close(db);
    }
    all_is_as_it_was(f);
}

static void payloads_are_found_by_verbs_for_values(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i], *both[] = {p, "no such name"};
        assert_int_equal(cf_count(db, User, "name = ?", p), 1);
        assert_true(cf_exists(db, User, "name = ? and email = ?", p, p));
        assert_int_equal(cf_count(db, User, "name in (?)", CF_ARRAY(both, 2)), 1);
        assert_int_equal(cf_count(db, User, "name in (?, ?)", p, "x"), 1);
        assert_int_equal(cf_count(db, User, "name between ? and ?", p, p), 1);
        assert_int_equal(cf_count(db, User, "coalesce(bio, '') || 'x' = ? || 'x'", p), 1);
        assert_int_equal(cf_count(db, User, "case when name = ? then 1 else 0 end = 1", p), 1);
        assert_int_equal(cf_count(db, User, "any(datasets, name = ?)", p), 1);
        assert_int_equal(cf_count(db, Dataset, "user.name = ?", p), 1);
        assert_int_equal(cf_scalar(db, int64_t, User, "select id where name = ?", p), ids[i]);
        CF_LIST(Found) rows = cf_rows(db, Found, User, "select name, count(datasets) as total where bio = ?", p);
        assert_int_equal(cf_list_count(rows), 1);
        assert_string_equal(rows[0]->name, p);
        assert_int_equal(rows[0]->total, 1);
        rows = cf_rows(db, Found, User,
                       "select name, count(*) as total where email = ? group by name having max(name) = ?", p, p);
        assert_int_equal(cf_list_count(rows), 1);
        assert_ok(db);
    }
    all_is_as_it_was(f);
}

static void payloads_are_found_by_patterns(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        char        pattern[300];
        size_t      n = 0;
        for (const char *c = p; *c; c++) {
            if (strchr("%_!", *c)) pattern[n++] = '!';
            pattern[n++] = *c;
        }
        pattern[n] = '\0';
        assert_int_equal(cf_count(f->db, User, "name like ? escape '!'", (const char *)pattern), 1);
        assert_true(cf_count(f->db, User, "name like ? || '%' escape '!'", (const char *)pattern) >= 1);
        assert_ok(f->db);
    }
    all_is_as_it_was(f);
}

CF_SORTS(user_sorts, CF_SORT(User, "name", "name, id"), CF_SORT(User, "newest", "id desc"));

static void payloads_are_found_by_query_objects(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        cf_query   *q = cf_query_of(f->db, User);
        cf_where(q, User, "name = ?", p);
        cf_where(q, User, "bio = ? or email = ?", p, p);
        assert_string_equal(cf_sort(q, user_sorts, p),
                            "name"); /* what a reader sends chooses, and is no text of the query */
        CF_LIST(User) found = cf_query_all(q, User);
        assert_int_equal(cf_list_count(found), 1);
        assert_int_equal(found[0]->id, ids[i]);
        assert_ok(f->db);
    }
    all_is_as_it_was(f);
}

static void payloads_change_rows(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        User *u = cf_get(f->db, User, ids[i]);
        u->bio = NULL;
        u->name = "somebody";
    }
    assert_true(cf_commit(f->db));
    for (size_t i = 0; i < PAYLOADS; i++) {
        User *u = cf_get(f->db, User, ids[i]);
        u->bio = u->name = payloads[i];
        assert_true(cf_flush(f->db));
    }
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
    for (size_t i = 0; i < PAYLOADS; i++) {
        User values = {.id = ids[i], .name = payloads[i], .email = payloads[i], .bio = payloads[i]};
        assert_non_null(cf_merge(f->db, User, &values, name, email, bio));
    }
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
}

static void payloads_delete_their_own_rows_alone(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        assert_int_equal(cf_delete_where(f->db, Dataset, "name = ?", payloads[i]), 1);
        assert_int_equal(cf_delete_where(f->db, User, "email = ? and bio = ?", payloads[i], payloads[i]), 1);
        assert_int_equal(cf_count(f->db, User, ""), (int64_t)(PAYLOADS - 1 - i));
    }
    assert_true(cf_commit(f->db));
}

/* A text as a primary key: of rows, of get, of deletion. */
static void payloads_are_keys(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++)
        if (strlen(payloads[i]) <= 40)
            cf_add(f->db, Membership, .user_id = ids[0], .group_name = payloads[i], .since = {1});
    assert_true(cf_commit(f->db));
    int64_t left = cf_count(f->db, Membership, "");
    assert_true(left > 70);
    cf_expunge_all(f->db);
    for (size_t i = 0; i < PAYLOADS; i++) {
        if (strlen(payloads[i]) > 40) continue;
        Membership *m = cf_get(f->db, Membership, ids[0], payloads[i]);
        assert_non_null(m);
        assert_string_equal(m->group_name, payloads[i]);
        cf_delete(f->db, m);
        assert_true(cf_flush(f->db));
        assert_int_equal(cf_count(f->db, Membership, ""), --left);
    }
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
}

#define payload_test(name) cmocka_unit_test_setup_teardown(name, payloads_open, fixture_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        payload_test(payloads_are_found_by_verbs_for_objects),
        payload_test(payloads_are_found_by_verbs_for_values),
        payload_test(payloads_are_found_by_patterns),
        payload_test(payloads_are_found_by_query_objects),
        payload_test(payloads_change_rows),
        payload_test(payloads_delete_their_own_rows_alone),
        payload_test(payloads_are_keys),
    };
    return RUN_TESTS("injection", tests, argc, argv);
}
