/* Rows from arrays of structs, and rows that may be there already. */
#define OWN_MODELS
#include "fixture.h"

typedef enum Rank { RANK_LOW, RANK_HIGH } Rank;
CF_ENUM(Rank, {RANK_LOW, "low"}, {RANK_HIGH, "high"});

typedef struct Item {
    int64_t       id;
    const char   *code;
    const char   *note;
    int32_t       size;
    int32_t       rank;
    cf_null_int64 parent_id;
    cf_datetime   made_at, changed_at;
    int64_t       version;
    const char   *origin;
} Item;
CF_MODEL(Item, CF_COLUMN(id, .primary_key = true), CF_COLUMN(code, .length = 10, .unique = true),
         CF_COLUMN(note, .nullable = true, .default_text = "none"), CF_COLUMN(size, .check = "size >= 0"),
         CF_COLUMN(rank, .enum_names = CF_ENUM_NAMES(Rank)), CF_COLUMN(parent_id, .references = "item.id"),
         CF_COLUMN(made_at, .default_now = true), CF_COLUMN(changed_at, .default_now = true, .on_update_now = true),
         CF_COLUMN(version, .version = true), CF_COLUMN(origin, .length = 10, .server_default = "'server'"));

typedef struct Place {
    const char *hall;
    int32_t     number;
    int32_t     taken;
} Place;
CF_MODEL(Place, CF_COLUMN(hall, .primary_key = true, .length = 10), CF_COLUMN(number, .primary_key = true),
         CF_COLUMN(taken));

static Item *make_items(cf_db *db, int count)
{
    Item *items = cf_arena_array(cf_session_arena(db), (size_t)count, sizeof *items);
    for (int i = 0; i < count; i++)
        items[i] = (Item){.code = cf_arena_printf(cf_session_arena(db), "c%05d", i), .size = i, .rank = i % 2};
    return items;
}

static void arrays_go_in(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Item  *items = make_items(db, 1234);
    items[7].note = "seven";
    assert_int_equal(cf_insert_many(db, Item, items, 1234), 1234);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Item, ""), 1234);
    for (int i = 0; i < 1234; i++) {
        assert_string_equal(items[i].note, i == 7 ? "seven" : "none");
        assert_int_equal(items[i].version, 1);
        assert_string_equal(items[i].origin, "server");
        assert_true(items[i].made_at.usec > 0);
    }
    for (int i = 0; i < 1234; i += 97) { /* the key is that of the row */
        Item *row = cf_get(db, Item, items[i].id);
        assert_string_equal(row->code, items[i].code);
        assert_int_equal(row->rank, i % 2);
        assert_int_equal(row->size, i);
    }
    assert_int_equal(cf_insert_many(db, Item, items, 0), 0);
    assert_ok(db);
}

static void constant_arrays_stay_as_they_are(void **state)
{
    static const Place places[] = {{"a", 1, 0}, {"a", 2, 5}, {"b", 1, 7}};
    cf_db             *db = ((fixture *)*state)->db;
    const Item        *items = make_items(db, 20);
    int64_t            before = cf_statements(db);
    assert_int_equal(cf_insert_many(db, Place, places, 3), 3);
    assert_int_equal(cf_insert_many(db, Item, items, 20), 20);
    assert_int_equal(cf_statements(db) - before, 2);
    assert_int_equal(items[3].id, 0);
    assert_null(items[3].note);
    assert_int_equal(cf_get(db, Place, "b", 1)->taken, 7);
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Item, ""), 0);
}

static void rows_of_other_columns_between(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Item  *items = make_items(db, 6);
    items[2].id = 1000;
    items[3].origin = "here";
    items[5].parent_id = (cf_null_int64)CF_SOME(1000);
    assert_int_equal(cf_insert_many(db, Item, items, 6), 6);
    assert_ok(db);
    assert_true(cf_commit(db));
    assert_string_equal(cf_get(db, Item, 1000)->code, "c00002");
    assert_string_equal(cf_get(db, Item, items[3].id)->origin, "here");
    assert_string_equal(items[4].origin, "server");
    assert_int_equal(cf_get(db, Item, items[5].id)->parent_id.value, 1000);
}

static void a_bad_row_leaves_nothing(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Item  *items = make_items(db, 800);
    items[700].code = "much too long a code";
    assert_int_equal(cf_insert_many(db, Item, items, 800), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    assert_non_null(strstr(cf_error(db)->message, "row 700: Item.code"));
    cf_rollback(db);
    assert_int_equal(cf_count(db, Item, ""), 0);
    items[700].code = "c00003";
    assert_int_equal(cf_insert_many(db, Item, items, 800), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_UNIQUE);
    cf_rollback(db);
    items[700].code = "x";
    items[0].rank = 9;
    assert_int_equal(cf_insert_many(db, Item, items, 800), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    cf_rollback(db);
    assert_int_equal(cf_count(db, Item, ""), 0);
}

static void upserts_insert_or_update(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Item  *a = cf_upsert(db, Item, CF_VALUES(Item, .code = "a", .size = 1),
                         "on conflict (code) do update set size = size + excluded.size, note = ?", "again");
    assert_non_null(a);
    assert_string_equal(a->note, "none");
    assert_string_equal(a->origin, "server");
    assert_int_equal(a->version, 1);
    assert_true(cf_commit(db));
    int64_t id = a->id;
    Item   *b = cf_upsert(db, Item, CF_VALUES(Item, .code = "a", .size = 5),
                          "on conflict (code) do update set size = size + excluded.size, note = ?", "again");
    assert_ptr_equal(a, b); /* the session's object is what its row is */
    assert_int_equal(a->id, id);
    assert_int_equal(a->size, 6);
    assert_string_equal(a->note, "again");
    assert_int_equal(a->version, 2);
    assert_true(cf_rollback(db));
    assert_int_equal(a->size, 1);
    assert_int_equal(a->version, 1);
    Item *c = cf_upsert(db, Item, CF_VALUES(Item, .code = "a", .size = 9), "on conflict (code) do nothing");
    assert_ptr_equal(c, a);
    assert_int_equal(a->size, 1);
    Item *d = cf_upsert(db, Item, CF_VALUES(Item, .code = "d"), "on conflict (code) do nothing");
    assert_int_not_equal(d->id, a->id);
    d->size = 4;
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Item, "size = 4 or size = 1"), 2);
    assert_ok(db);
}

static void composite_keys(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    for (int i = 0; i < 5; i++) {
        Place *p = cf_upsert(db, Place, CF_VALUES(Place, .hall = "a", .number = i % 2, .taken = 1),
                             "on conflict (hall, number) do update set taken = taken + 1");
        assert_int_equal(p->taken, i / 2 + 1);
    }
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Place, ""), 2);
}

static void many_upserts(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Item  *items = make_items(db, 600);
    assert_int_equal(cf_insert_many(db, Item, items, 300), 300);
    Item *known = cf_get(db, Item, items[10].id);
    for (int i = 0; i < 600; i++) items[i] = (Item){.code = items[i].code, .size = items[i].size + 1000};
    assert_int_equal(cf_upsert_many(db, Item, items, 600,
                                    "on conflict (code) do update set size = excluded.size, rank = ?", RANK_HIGH),
                     600);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Item, "size >= 1000"), 600);
    assert_int_equal(cf_count(db, Item, "rank = 'high' and version = 2"), 300);
    assert_int_equal(known->size, 1010);
    assert_ok(db);
}

static void upserts_that_cannot_be(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_null(cf_upsert(db, Item, CF_VALUES(Item, .code = "a", .size = -1), "on conflict (code) do nothing"));
    assert_int_equal(cf_error(db)->code, CF_ERR_CHECK);
    cf_rollback(db);
    assert_null(cf_upsert(db, Item, CF_VALUES(Item, .size = 1), "on conflict (code) do nothing"));
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_NULL);
    cf_rollback(db);
    assert_null(cf_upsert(db, Item, CF_VALUES(Item, .code = "a"), "on conflict (id) do nothing"));
    assert_non_null(strstr(cf_error(db)->message, "Item.id is not set"));
    cf_rollback(db);
    assert_int_equal(cf_upsert_many(db, Item, ((const Item *)NULL), 0, "on conflict (code) do nothing"), 0);
    assert_ok(db);
    assert_int_equal(cf_count(db, Item, ""), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(arrays_go_in),
        session_test(constant_arrays_stay_as_they_are),
        session_test(rows_of_other_columns_between),
        session_test(a_bad_row_leaves_nothing),
        session_test(upserts_insert_or_update),
        session_test(composite_keys),
        session_test(many_upserts),
        session_test(upserts_that_cannot_be),
    };
    return RUN_TESTS("insert", tests, argc, argv);
}
