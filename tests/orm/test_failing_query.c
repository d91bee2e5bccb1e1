/* Failures of memory and statements while rows are read and changed in other ways than by objects of the session. */
#include "failing.h"

#include <carafe/search.h>
#include <carafe/sql.h>

static bool people(cf_db *db)
{
    for (int i = 1; i <= 9; i++) {
        User *u = cf_add(db, User, .name = cf_arena_printf(cf_session_arena(db), "u%d", i), .bio = i % 2 ? "odd" : NULL,
                         .email = cf_arena_printf(cf_session_arena(db), "u%d@example.com", i), .active = i % 3 == 0);
        cf_append(User_datasets(u), cf_add(db, Dataset, .name = "d", .size = i));
    }
    return cf_flush(db);
}

/* ---- pages --------------------------------------------------------------------------------------------- */

static bool turn_pages(cf_db *db)
{
    cf_page(User) *page =
        cf_paginate_in(db, CF_PAGING(.page = 2, .per_page = 3), User, "name like ? order by name", "u%");
    HOLDS(db, page && page->total == 9 && page->items[0]->name[1] == '4');
    const cf_any_page *next = cf_page_next(page);
    HOLDS(db, next && next->page == 3 && !next->has_next);
    const cf_any_page *previous = cf_page_prev(page);
    HOLDS(db, previous && previous->page == 1);
    const int64_t *links = cf_iter_pages(page, 2, 2, 4, 2); /* fails without the session */
    HOLDS(db, !links || (links[0] == 1 && links[3] == -1));
    return true;
}

static bool walk_slices(cf_db *db)
{
    typedef cf_page(User) UserPage;
    UserPage *page = NULL;
    int       n = 0;
    do {
        page = cf_slice_in(db, CF_PAGING(.per_page = 4, .after = page ? page->after : NULL), User,
                           "active = ? or active order by bio desc, name", false);
        HOLDS(db, page != NULL);
        n += (int)cf_list_count(page->items);
    } while (page->after);
    HOLDS(db, n == 9 && page->before);
    page = cf_slice_in(db, CF_PAGING(.per_page = 4, .before = page->before), User,
                       "active = ? or active order by bio desc, name", false);
    HOLDS(db, page && cf_list_count(page->items) == 4);
    page = cf_slice_in(db, CF_PAGING(.per_page = 2, .before = CF_LAST_PAGE), User, "order by name");
    HOLDS(db, page && page->items[1]->name[1] == '9');
    return true;
}

/* ---- queries put together -------------------------------------------------------------------------------- */

CF_SORTS(user_sorts, CF_SORT(User, "name", "name, id"), CF_SORT(User, "newest", "id desc"));

static bool put_together(cf_db *db)
{
    int       sizes[] = {1, 2, 3, 4, 5, 6};
    cf_query *q = cf_query_of(db, User);
    HOLDS(db, q);
    cf_where(q, User, "any(datasets, size in (?))", CF_ARRAY(sizes, 6));
    cf_where(q, User, "name like ?", "u%");
    HOLDS(db, cf_sort(q, user_sorts, "newest"));
    cf_order_by(q, User, "name");
    CF_LIST(User) all = cf_query_all(q, User);
    HOLDS(db, cf_list_count(all) == 6 && all[0]->name[1] == '6');
    HOLDS(db, cf_query_count(q) == 6);
    HOLDS(db, cf_query_exists(q));
    HOLDS(db, cf_query_find(q, User) == all[0]);
    cf_page(User) *page = cf_query_page_in(q, User, CF_PAGING(.per_page = 4));
    HOLDS(db, page && page->total == 6);
    int streamed = 0;
    cf_query_stream(User, u, q) streamed += u->name[0] == 'u';
    HOLDS(db, streamed == 6);
    cf_limit(q, 1);
    cf_offset(q, 2);
    HOLDS(db, cf_query_one(q, User) == all[2]);
    return true;
}

/* ---- rows, values, raw SQL ---------------------------------------------------------------------------------- */

typedef struct Usage {
    const char   *name;
    int64_t       total;
    cf_null_int64 most;
} Usage;
CF_ROW(Usage, name, total, most);

static bool read_rows(cf_db *db)
{
    CF_LIST(Usage)
    rows = cf_rows(db, Usage, User,
                   "select name, count(datasets) as total, max(datasets.size) as most where id > ? order by name", 0);
    HOLDS(db, cf_list_count(rows) == 9 && rows[8]->most.value == 9);
    const char *last = cf_scalar(db, const char *, User, "select max(name)");
    HOLDS(db, strcmp(last, "u9") == 0);
    HOLDS(db, cf_scalar(db, int64_t, Dataset, "select coalesce(sum(size), 0)") == 45);
    HOLDS(db, cf_exists(db, User, "bio is null"));
    HOLDS(db, cf_one(db, User, "name = ?", "u3"));
    HOLDS(db, cf_count(db, Dataset, "user.name in (select name from User where active)") == 3);
    return true;
}

static bool speak_sql(cf_db *db)
{
    CF_LIST(Usage)
    rows =
        cf_sql_rows(db, Usage, "select name, size as total, null as most from dataset where size > ? order by size", 0);
    HOLDS(db, cf_list_count(rows) == 9 && rows[8]->total == 9);
    cf_list *list = cf_sql_list(db, "select name, size from dataset where size <= ? order by size", 2);
    HOLDS(db, list->count == 2 && cf_dict_get_text(list->items[1].as.dict, "size", 4)->as.integer == 2);
    HOLDS(db, cf_sql_value(db, "select name from dataset where size = ?", 3).size == 1);
    Dataset *d = cf_find(db, Dataset, "size = ?", 4);
    HOLDS(db, d);
    HOLDS(db, cf_sql_exec(db, "update dataset set size = size + ? where size < ?", 100, 5) == 4);
    d = cf_get(db, Dataset, d->id);
    HOLDS(db, d->size == 104);
    return true;
}

/* ---- streams ------------------------------------------------------------------------------------------------- */

static bool stream_rows(cf_db *db)
{
    int n = 0;
    cf_stream(User, u, db, "id > ? order by id", 0) {
        n++;
        if (cf_pool_shared(db->database->pool)) continue;
        HOLDS(db, cf_count(db, Dataset, "user_id = ?", u->id) == 1); /* over a connection of its own */
    }
    HOLDS(db, n == 9);
    cf_stream(Dataset, d, db, "user.name = ?", "u2") n += d->size;
    HOLDS(db, n == 11);
    return true;
}

/* ---- related objects ------------------------------------------------------------------------------------------- */

static bool bring_along(cf_db *db)
{
    CF_LIST(Dataset)
    all = cf_all(db, Dataset, "size > ? order by size with join(user.profile), load(user.projects), raise(*)", 3);
    HOLDS(db, cf_list_count(all) == 6 && strcmp(Dataset_user(all[5])->name, "u9") == 0);
    HOLDS(db, !User_profile(Dataset_user(all[0])) && !User_projects(Dataset_user(all[0]))[0]);
    User *u = cf_find(db, User, "name = ? with join(profile), raise(datasets)", "u1");
    HOLDS(db, u && !User_profile(u));
    cf_page(Dataset) *page = cf_slice_in(db, CF_PAGING(.per_page = 4), Dataset, "order by user.name with join(user)");
    HOLDS(db, page && Dataset_user(page->items[0]) == u);
    int n = 0;
    cf_stream(Dataset, d, db, "with join(user)") n += Dataset_user(d)->name[0] == 'u';
    HOLDS(db, n == 9);
    return true;
}

/* ---- many rows at once ----------------------------------------------------------------------------------------- */

static bool change_many(cf_db *db)
{
    CF_LIST(User) all = cf_all(db, User, "order by id");
    HOLDS(db, cf_list_count(all) == 9);
    int64_t gone = all[8]->id;
    all[0]->bio = "not yet written";
    HOLDS(db, cf_update_where(db, User, "set bio = name || ?, age = id where bio is null or id = ?", "!", gone) == 5);
    HOLDS(db, strcmp(all[1]->bio, "u2!") == 0 && strcmp(all[0]->bio, "not yet written") == 0);
    HOLDS(db, cf_delete_where(db, Dataset, "any(user, id = ?) or size = ?", gone, 1) == 2);
    HOLDS(db, cf_delete_where(db, User, "id = ?", gone) == 1);
    HOLDS(db, cf_get(db, User, gone) == NULL);
    HOLDS(db, cf_state_in(db, all[8]) != CF_PERSISTENT);
    HOLDS(db, cf_list_count(User_datasets(all[0])) == 0);
    return true;
}

static bool insert_many(cf_db *db)
{
    User rows[40] = {0};
    char emails[40][8];
    for (int i = 0; i < 40; i++) {
        snprintf(emails[i], sizeof emails[i], "%d", i);
        rows[i] = (User){.name = "new", .email = emails[i], .bio = i % 2 ? "b" : NULL};
    }
    HOLDS(db, cf_insert_many(db, User, rows, 40) == 40);
    HOLDS(db, rows[39].id > 0 && rows[0].created_at.usec > 0);
    const Dataset one = {.name = "x", .user_id = rows[7].id};
    HOLDS(db, cf_insert_many(db, Dataset, &one, 1) == 1);
    return true;
}

static bool upsert(cf_db *db)
{
    User *first = cf_find(db, User, "email = ?", "u1@example.com");
    HOLDS(db, first);
    User *u = cf_upsert(db, User, CF_VALUES(User, .name = "one", .email = "u1@example.com"),
                        "on conflict (email) do update set name = excluded.name, bio = ?", "was here");
    HOLDS(db, u == first && strcmp(u->name, "one") == 0 && strcmp(u->bio, "was here") == 0);
    User rows[] = {{.name = "two", .email = "u2@example.com"}, {.name = "ten", .email = "u10@example.com"}};
    HOLDS(db, cf_upsert_many(db, User, rows, 2, "on conflict (email) do update set name = excluded.name") == 2);
    HOLDS(db, cf_count(db, User, "name in ('one', 'two', 'ten')") == 3);
    return true;
}

/* ---- importing -------------------------------------------------------------------------------------------------- */

static bool import(cf_db *db)
{
    User *u = cf_find(db, User, "name = ?", "u1");
    HOLDS(db, u);
    cf_import *in = cf_import_begin(db, User);
    for (int i = 0; in && i < 120; i++) {
        char email[20];
        snprintf(email, sizeof email, "%d", i);
        if (!cf_import_row(in, User, .name = "imported", .email = email, .bio = i % 100 < 50 ? "b" : NULL)) break;
    }
    int64_t rows = cf_import_end(in);
    HOLDS(db, rows == 120);
    in = cf_import_begin(db, Setting); /* of other columns in between */
    for (int i = 0; in && i < 20; i++) {
        char key[20];
        snprintf(key, sizeof key, "%d", i);
        if (!cf_import_row(in, Setting, .key = key, .value = i % 3 ? NULL : "v", .version = i)) break;
    }
    rows = cf_import_end(in);
    HOLDS(db, rows == 20);
    HOLDS(db, cf_count(db, User, "name = 'imported'") == 120);
    return true;
}

/* ---- explain ------------------------------------------------------------------------------------------------------ */

static bool explain(cf_db *db)
{
    const char *plan = cf_explain(db, User, "name = ? and any(datasets, size > 2) order by email", "u1");
    HOLDS(db, plan && *plan);
    return true;
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

#define failing_scenario(name, ...) failing_scenario_of(people, name, ##__VA_ARGS__)

failing_scenario(turn_pages);
failing_scenario(walk_slices);
failing_scenario(put_together);
failing_scenario(read_rows);
failing_scenario(speak_sql);
failing_scenario(stream_rows);
failing_scenario(bring_along);
failing_scenario(change_many);
failing_scenario(insert_many);
failing_scenario(upsert);
failing_scenario(import, .survives = true); /* a COPY that fails is done again row by row */
failing_scenario(explain);

#define failing_tests(name) session_test(name##_when_an_allocation_fails), session_test(name##_when_a_statement_fails)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        failing_tests(turn_pages),  failing_tests(walk_slices), failing_tests(put_together), failing_tests(read_rows),
        failing_tests(speak_sql),   failing_tests(stream_rows), failing_tests(bring_along),  failing_tests(change_many),
        failing_tests(insert_many), failing_tests(upsert),      failing_tests(import),       failing_tests(explain),
    };
    return RUN_TESTS("failing query", tests, argc, argv);
}
