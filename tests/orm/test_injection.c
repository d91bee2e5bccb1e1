/* Texts that are meant to break out of statements go through every verb: they are stored and found as plain text. */
#include "fixture.h"

#include <carafe/collection.h>
#include <carafe/search.h>
#include <carafe/sql.h>

#include "payloads.h"

typedef struct Found {
    const char *name;
    int64_t     total;
} Found;

CF_ROW(Found, name, total);

typedef struct Note {
    int64_t id;
    cf_json body;
} Note;
CF_MODEL(Note, CF_COLUMN(id, .primary_key = true), CF_COLUMN(body));

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
    CF_LIST(Dataset) all = cf_all(db, Dataset, "order by size");
    for (size_t i = 0; i < PAYLOADS; i++) {
        assert_string_equal(all[i]->name, payloads[i]);
        assert_int_equal(all[i]->user_id, ids[i]);
        assert_int_equal(all[i]->size, i);
    }
    assert_ok(db);
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

/* How many payloads have a part at their start (-1), at their end (1), or anywhere (0). */
static int64_t having(const char *part, int where)
{
    int64_t n = 0;
    for (size_t i = 0; i < PAYLOADS; i++) {
        size_t size = strlen(payloads[i]), wanted = strlen(part);
        if (where == 0) n += strstr(payloads[i], part) != NULL;
        else if (size >= wanted) n += memcmp(payloads[i] + (where < 0 ? 0 : size - wanted), part, wanted) == 0;
    }
    return n;
}

static void payloads_are_found_by_patterns(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        const char *escaped = cf_like_escape(cf_session_arena(f->db), p);
        assert_int_equal(cf_count(f->db, User, "name like ? escape '!'", escaped), 1);
        assert_int_equal(cf_count(f->db, User, "name ilike ? escape '!'", escaped), 1);
        assert_int_equal(cf_count(f->db, User, "name like ? || '%' escape '!'", escaped), having(p, -1));
        assert_int_equal(cf_count(f->db, User, "name like '%' || ? escape '!'", escaped), having(p, 1));
        assert_int_equal(cf_count(f->db, User, "name like '%' || ? || '%' escape '!'", escaped), having(p, 0));
        assert_int_equal(cf_count(f->db, User, "name starts with ?", p), having(p, -1));
        assert_int_equal(cf_count(f->db, User, "name ends with ?", p), having(p, 1));
        assert_int_equal(cf_count(f->db, User, "name contains ?", p), having(p, 0));
        assert_int_equal(cf_count(f->db, User, "? contains name and name = ?", p, p), 1);
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
        cf_order_by(q, User, "case when name = 'x' then 1 else 0 end desc");
        assert_int_equal(cf_query_count(q), 1);
        assert_true(cf_query_exists(q));
        assert_ptr_equal(cf_query_find(q, User), found[0]);
        assert_ptr_equal(cf_query_one(q, User), found[0]);
        cf_page(User) *page = cf_query_page_in(q, User, NULL);
        assert_int_equal(page->total, 1);
        cf_query_stream(User, u, q) assert_string_equal(u->name, p);
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

typedef cf_page(User) UserPage;

/* The values that tokens carry are payloads themselves. */
static void payloads_are_walked_in_slices(void **state)
{
    fixture *f = *state;
    CF_LIST(User) all = cf_all(f->db, User, "order by name desc, bio, id");
    UserPage *page = NULL;
    size_t    n = 0;
    do {
        page = cf_slice_in(f->db, CF_PAGING(.per_page = 4, .after = page ? page->after : NULL), User,
                           "order by name desc, bio");
        assert_non_null(page);
        cf_each(User, u, page->items) assert_ptr_equal(u, all[n++]);
    } while (page->after);
    assert_int_equal(n, PAYLOADS);
    const char *before = CF_LAST_PAGE;
    while (before) {
        page = cf_slice_in(f->db, CF_PAGING(.per_page = 4, .before = before), User, "order by name desc, bio");
        assert_non_null(page);
        for (size_t i = cf_list_count(page->items); i > 0; i--) assert_ptr_equal(page->items[i - 1], all[--n]);
        before = page->before;
    }
    assert_int_equal(n, 0);
    all_is_as_it_was(f);
}

static void payloads_are_no_tokens(void **state)
{
    fixture  *f = *state;
    UserPage *first = cf_slice_in(f->db, CF_PAGING(.per_page = 4), User, "order by name");
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i], *longer = cf_arena_printf(cf_session_arena(f->db), "%s%s", first->after, p);
        assert_null(cf_slice_in(f->db, CF_PAGING(.after = p), User, "order by name"));
        assert_null(cf_slice_in(f->db, CF_PAGING(.before = p), User, "order by name"));
        assert_null(cf_slice_in(f->db, CF_PAGING(.after = longer), User, "order by name"));
        UserPage *page = cf_slice_in(f->db, NULL, User, "name = ? order by name", p);
        assert_int_equal(cf_list_count(page->items), 1);
        assert_int_equal(page->items[0]->id, ids[i]);
        assert_ok(f->db);
    }
    all_is_as_it_was(f);
}

static void payloads_change_many_rows(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        assert_int_equal(cf_update_where(f->db, User, "set bio = 'x', name = 'x' where name = ?", p), 1);
        assert_int_equal(
            cf_update_where(f->db, User, "set bio = ?, name = lower('') || ? where email = ? and name = 'x'", p, p, p),
            1);
        assert_ok(f->db);
        assert_int_equal(cf_update_where(f->db, Dataset, "set name = '- ' || ? where name = ?", p, p), 1);
        assert_int_equal(cf_update_where(f->db, Dataset, "set name = ? where name = '- ' || ?", p, p), 1);
        assert_ok(f->db);
    }
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
}

/* Nothing is left; the rows are the caller's to bring back. */
static void clear(cf_db *db)
{
    assert_int_equal(cf_delete_where(db, Dataset, "all"), PAYLOADS);
    assert_int_equal(cf_delete_where(db, User, "all"), PAYLOADS);
    assert_true(cf_commit(db));
}

static void payloads_are_inserted_in_arrays(void **state)
{
    fixture *f = *state;
    User     users[PAYLOADS] = {0};
    Dataset  datasets[PAYLOADS] = {0};
    clear(f->db);
    for (size_t i = 0; i < PAYLOADS; i++) users[i].name = users[i].email = users[i].bio = payloads[i];
    assert_int_equal(cf_insert_many(f->db, User, users, PAYLOADS), PAYLOADS);
    for (size_t i = 0; i < PAYLOADS; i++) {
        ids[i] = users[i].id;
        datasets[i] = (Dataset){.name = payloads[i], .size = (int32_t)i, .user_id = ids[i]};
    }
    assert_int_equal(cf_insert_many(f->db, Dataset, (const Dataset *)datasets, PAYLOADS), PAYLOADS);
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
}

static void payloads_are_imported(void **state)
{
    fixture *f = *state;
    clear(f->db);
    cf_import *users = cf_import_begin(f->db, User);
    for (size_t i = 0; i < PAYLOADS; i++)
        assert_true(cf_import_row(users, User, .name = payloads[i], .email = payloads[i], .bio = payloads[i]));
    assert_int_equal(cf_import_end(users), PAYLOADS);
    for (size_t i = 0; i < PAYLOADS; i++)
        ids[i] = cf_scalar(f->db, int64_t, User, "select id where email = ?", payloads[i]);
    cf_import *datasets = cf_import_begin(f->db, Dataset);
    for (size_t i = 0; i < PAYLOADS; i++)
        assert_true(cf_import_row(datasets, Dataset, .name = payloads[i], .size = (int32_t)i, .user_id = ids[i]));
    assert_int_equal(cf_import_end(datasets), PAYLOADS);
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
}

static void payloads_are_upserted(void **state)
{
    fixture *f = *state;
    User     rows[PAYLOADS] = {0};
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        rows[i] = (User){.name = p, .email = p, .bio = "x"};
        User *u = cf_upsert(f->db, User, CF_VALUES(User, .name = "x", .email = p, .bio = p),
                            "on conflict (email) do update set name = ?, bio = excluded.name", p);
        assert_non_null(u);
        assert_int_equal(u->id, ids[i]);
        assert_string_equal(u->name, p);
        assert_string_equal(u->bio, "x");
        u = cf_upsert(f->db, User, &rows[i], "on conflict (email) do nothing");
        assert_int_equal(u->id, ids[i]);
        assert_ok(f->db);
    }
    assert_int_equal(cf_count(f->db, User, "bio = 'x'"), PAYLOADS);
    cf_upsert_many(f->db, User, rows, PAYLOADS,
                   "on conflict (email) do update set bio = excluded.email, name = excluded.name");
    assert_true(cf_commit(f->db));
    all_is_as_it_was(f);
    clear(f->db);
    assert_int_equal(cf_upsert_many(f->db, User, rows, PAYLOADS, "on conflict (email) do nothing"), PAYLOADS);
    for (size_t i = 0; i < PAYLOADS; i++)
        assert_int_equal(cf_count(f->db, User, "name = ? and email = ? and bio = 'x'", payloads[i], payloads[i]), 1);
    assert_ok(f->db);
}

static void payloads_are_values_of_raw_sql(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        assert_int_equal(cf_sql_value(db, "select size from dataset where name = ?", p).as.integer, i);
        assert_string_equal(cf_sql_value(db, "select name /* ' ? */ from dataset where '?' <> ? and name = ? -- ?",
                                         p[0] == '?' && !p[1] ? "x" : p, p)
                                .as.text,
                            p);
        cf_list *list = cf_sql_list(db, "select name from dataset where name in (?, ?)", p, p);
        assert_int_equal(list->count, 1);
        assert_string_equal(cf_dict_get_text(list->items[0].as.dict, "name", 4)->as.text, p);
        CF_LIST(Found)
        rows = cf_sql_rows(db, Found, "select name, count(*) as total from dataset where name = ? group by name", p);
        assert_int_equal(cf_list_count(rows), 1);
        assert_string_equal(rows[0]->name, p);
        assert_int_equal(rows[0]->total, 1);
        assert_int_equal(cf_sql_exec(db, "update dataset set name = 'x' where name = ?", p), 1);
        assert_int_equal(cf_sql_exec(db, "update dataset set name = ? where name = 'x'", p), 1);
        assert_int_equal(
            cf_sql_exec(db, "insert into dataset (name, size, user_id) values (?, -1, ?)", p, ids[(i + 1) % PAYLOADS]),
            1);
        assert_int_equal(cf_sql_exec(db, "delete from dataset where size = -1 and name = ?", p), 1);
        assert_ok(db);
    }
    assert_true(cf_commit(db));
    all_is_as_it_was(f);
}

/* A text as JSON writes it. */
static const char *quoted(cf_db *db, const char *text)
{
    char   out[700];
    size_t n = 0;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\')
            n += (size_t)snprintf(out + n, sizeof out - n, "\\u%04x", (unsigned)*c);
        else out[n++] = *c;
    }
    return cf_arena_printf(cf_session_arena(db), "\"%.*s\"", (int)n, out);
}

static void payloads_are_in_documents(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *text = quoted(db, payloads[i]);
        cf_add(db, Note,
               .body = {cf_arena_printf(cf_session_arena(db), "{\"k\": %s, \"it's; -- ?}],\": [1, %s]}", text, text)});
    }
    assert_true(cf_commit(db));
    cf_expunge_all(db);
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i];
        Note       *n = cf_one(db, Note, "json(body, 'k') = ?", p);
        assert_non_null(n);
        assert_ptr_equal(cf_one(db, Note, "json(body, 'it''s; -- ?}],', 1) = ?", p), n);
        assert_string_equal(cf_scalar(db, const char *, Note, "select json(body, 'k') where id = ?", n->id), p);
        assert_int_equal(cf_count(db, Note, "json(body, 'k') starts with ? and json(body, 'k') in (?, ?)", p, p, p), 1);
    }
    assert_int_equal(cf_count(db, Note, ""), PAYLOADS);
    all_is_as_it_was(f);
}

/* Both texts with the separator between them, in one order or the other? */
static void assert_joined(const char *joined, const char *a, const char *separator, const char *b)
{
    char one[700], other[700];
    snprintf(one, sizeof one, "%s%s%s", a, separator, b);
    snprintf(other, sizeof other, "%s%s%s", b, separator, a);
    assert_non_null(joined);
    if (strcmp(joined, other) != 0) assert_string_equal(joined, one);
}

static void payloads_are_put_together(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    for (size_t i = 0; i < PAYLOADS; i++) {
        const char *p = payloads[i], *next = payloads[(i + 1) % PAYLOADS];
#define assert_separates(literal, separator)                                                                           \
    assert_joined(                                                                                                     \
        cf_scalar(db, const char *, User, "select group_concat(name, " literal ") where email in (?, ?)", p, next), p, \
        separator, next)
        assert_separates("','", ",");
        assert_separates("''''", "'");
        assert_separates("'\\'", "\\");
        assert_separates("'\\''; drop table user; -- '", "\\'; drop table user; -- ");
        assert_separates("' ? $1 \" ` /* '", " ? $1 \" ` /* ");
        assert_separates("''' separator '''", "' separator '");
        assert_ok(db);
    }
    all_is_as_it_was(f);
}

/* PostgreSQL can be told that a backslash in a text begins another character. */
static void settings_of_the_server_do_not_change_texts(void **state)
{
    static const char *const ways[] = {"", "&prepare=false"};
    (void)state;
    if (strncmp(test_url(), "postgresql", 10) != 0) return;
    for (size_t i = 0; i < 2; i++) {
        char url[400];
        snprintf(url, sizeof url, "%s?options=-c%%20standard_conforming_strings%%3Doff%s", test_url(), ways[i]);
        cf_database *database = cf_open(url);
        assert_non_null(database);
        cf_db *db = cf_session(database);
        assert_string_equal(cf_sql_value(db, "show standard_conforming_strings").as.text, "on");
        assert_int_equal(cf_count(db, User, "name = '\\'"), 1);
        assert_int_equal(cf_count(db, User, "name = '\\'''"), 1);
        assert_int_equal(cf_count(db, User, "name = '\\'' or true; -- '"), 0);
        assert_ok(db);
        cf_close(db);
        cf_shutdown(database);
    }
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
        payload_test(payloads_are_walked_in_slices),
        payload_test(payloads_are_no_tokens),
        payload_test(payloads_change_many_rows),
        payload_test(payloads_are_inserted_in_arrays),
        payload_test(payloads_are_imported),
        payload_test(payloads_are_upserted),
        payload_test(payloads_are_values_of_raw_sql),
        payload_test(payloads_are_in_documents),
        payload_test(payloads_are_put_together),
        payload_test(settings_of_the_server_do_not_change_texts),
    };
    return RUN_TESTS("injection", tests, argc, argv);
}
