/* Importing rows: all columns, defaults, limits, failures by row number, constant memory. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

typedef struct Item {
    int64_t       id;
    const char   *name;
    const char   *code;
    double        price;
    bool          sold;
    cf_null_int32 left;
    cf_bytes      data;
    cf_date       day;
    cf_datetime   at;
    cf_decimal    amount;
    cf_uuid       token;
    cf_json       extra;
    const char   *state;
    cf_interval   takes;
    cf_datetime   created_at;
} Item;
CF_DECLARE(Item);

typedef struct Part {
    int64_t id;
    int64_t item_id;
    int32_t size;
} Part;
CF_DECLARE(Part);

CF_MODEL(Item,
    CF_COLUMN(id,     .primary_key = true),
    CF_COLUMN(name,   .length = 60),
    CF_COLUMN(code,   .length = 20, .unique = true),
    CF_COLUMN(price),
    CF_COLUMN(sold),
    CF_COLUMN(left),
    CF_COLUMN(data,   .nullable = true),
    CF_COLUMN(day),
    CF_COLUMN(at),
    CF_COLUMN(amount, .precision = 12, .scale = 2),
    CF_COLUMN(token,  .default_uuid7 = true),
    CF_COLUMN(extra,  .nullable = true),
    CF_COLUMN(state,  .length = 20, .server_default = "'new'"),
    CF_COLUMN(takes),
    CF_COLUMN(created_at, .default_now = true));

CF_MODEL(Part,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(item_id, .references = "item.id"),
    CF_COLUMN(size,    .check = "size > 0"));

static const char *code_of(cf_db *db, int n)
{
    return cf_arena_printf(cf_session_arena(db), "c%d", n);
}

static void all_kinds_arrive_as_they_are(void **state)
{
    fixture   *f = *state;
    char       bytes[] = {0, '\\', '\n', (char)0xff};
    cf_import *items = cf_import_begin(f->db, Item);
    assert_true(cf_import_row(items, Item, .name = "tab\t, line\n, back\\slash, \\N, quote'\r", .code = "a",
                              .price = -0.125, .sold = true, .left = CF_SOME(7), .data = {bytes, sizeof bytes},
                              .day = {19000}, .at = {1700000000123456}, .amount = {.low = 12345, .scale = 2},
                              .token = {{1, 2, 3}}, .extra = {"{\"a\": \"x\\ty\"}"}, .state = "old",
                              .takes = {90061000001}));
    assert_true(cf_import_row(items, Item, .name = "\\.", .code = "b")); /* other columns: the server's default */
    assert_int_equal(cf_import_end(items), 2);
    assert_true(cf_commit(f->db));
    Item *a = cf_find(f->db, Item, "code = ?", "a"), *b = cf_find(f->db, Item, "code = ?", "b");
    assert_string_equal(a->name, "tab\t, line\n, back\\slash, \\N, quote'\r");
    assert_true(a->price == -0.125 && a->sold && a->left.value == 7);
    assert_int_equal(a->data.size, sizeof bytes);
    assert_memory_equal(a->data.data, bytes, sizeof bytes);
    assert_int_equal(a->day.days, 19000);
    assert_int_equal(a->at.usec, 1700000000123456);
    assert_int_equal(a->amount.low, 12345);
    assert_int_equal(a->token.bytes[2], 3);
    assert_non_null(strstr(a->extra.text, "x\\ty"));
    assert_string_equal(a->state, "old");
    assert_int_equal(a->takes.usec, 90061000001);
    assert_string_equal(b->name, "\\.");
    assert_string_equal(b->state, "new");
    assert_null(b->data.data);
    assert_true(b->token.bytes[6] >> 4 == 7 && b->created_at.usec > 0);
}

/* Rows 1 to n, but for one that is told. */
static int64_t import_items(cf_db *db, int n, int wrong, const char *name, const char *code)
{
    cf_import *items = cf_import_begin(db, Item);
    for (int i = 1; i <= n; i++)
        if (!cf_import_row(items, Item, .name = i == wrong ? name : "n", .code = i == wrong ? code : code_of(db, i)))
            break;
    return cf_import_end(items);
}

static void a_row_that_fails_is_named(void **state)
{
    fixture *f = *state;
    assert_int_equal(import_items(f->db, 100, 77, "twin", "c5"), -1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_UNIQUE);
    assert_non_null(strstr(cf_error(f->db)->message, "row 77 of the import: "));
    assert_string_equal(cf_error(f->db)->columns, "code");
    assert_true(cf_rollback(f->db));
    assert_int_equal(cf_count(f->db, Item, ""), 0);
    static char long_name[100];
    memset(long_name, 'x', sizeof long_name - 1);
    assert_int_equal(import_items(f->db, 100, 78, long_name, "long"), -1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_RANGE);
    assert_non_null(strstr(cf_error(f->db)->message, "row 78 of the import: "));
    assert_true(cf_rollback(f->db));
    assert_int_equal(import_items(f->db, 7000, 6543, "far", "c6542"), -1);
    assert_non_null(strstr(cf_error(f->db)->message, "row 6543 of the import: "));
    assert_true(cf_rollback(f->db));
    assert_int_equal(import_items(f->db, 7000, 0, "", ""), 7000);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, Item, ""), 7000);
}

static void references_and_checks_hold(void **state)
{
    fixture   *f = *state;
    Item      *item = cf_add(f->db, Item, .name = "n", .code = "c"); /* written before the first row */
    cf_import *parts = cf_import_begin(f->db, Part);
    for (int i = 1; i <= 100; i++) cf_import_row(parts, Part, .item_id = i == 50 ? 4711 : item->id, .size = 1);
    assert_int_equal(cf_import_end(parts), -1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_FOREIGN_KEY);
    assert_non_null(strstr(cf_error(f->db)->message, "row 50 of the import: "));
    assert_true(cf_rollback(f->db));
    item = cf_add(f->db, Item, .name = "n", .code = "c");
    parts = cf_import_begin(f->db, Part);
    for (int i = 1; i <= 100; i++) cf_import_row(parts, Part, .item_id = item->id, .size = i - 100);
    assert_int_equal(cf_import_end(parts), -1);
    assert_int_equal(cf_error(f->db)->code, CF_ERR_CHECK);
    assert_non_null(strstr(cf_error(f->db)->message, "row 1 of the import: "));
    assert_true(cf_rollback(f->db));
}

static void an_import_is_part_of_the_transaction(void **state)
{
    fixture   *f = *state;
    cf_import *items = cf_import_begin(f->db, Item);
    assert_true(cf_import_row(items, Item, .name = "n", .code = "a"));
    assert_false(cf_commit(f->db)); /* the row would be lost */
    assert_int_equal(cf_error(f->db)->code, CF_ERR_MISUSE);
    assert_true(cf_rollback(f->db));
    assert_false(cf_import_row(items, Item, .name = "n", .code = "b"));
    assert_int_equal(cf_import_end(items), -1);
    assert_int_equal(cf_import_end(NULL), -1);
    assert_int_equal(import_items(f->db, 10, 0, "", ""), 10);
    assert_true(cf_rollback(f->db));
    assert_int_equal(cf_count(f->db, Item, ""), 0);
    int place = cf_savepoint(f->db);
    assert_int_equal(import_items(f->db, 10, 3, "twin", "c1"), -1);
    assert_true(cf_savepoint_rollback(f->db, place));
    assert_ok(f->db);
    assert_int_equal(import_items(f->db, 10, 0, "", ""), 10);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, Item, ""), 10);
    items = cf_import_begin(f->db, Item);
    assert_false(cf_import_row(items, Part, .size = 1));
    assert_int_equal(cf_error(f->db)->code, CF_ERR_MISUSE);
    assert_int_equal(cf_import_end(items), -1);
}

static void memory_stays_constant(void **state)
{
    fixture   *f = *state;
    cf_import *items = cf_import_begin(f->db, Item);
    size_t     before = 0;
    char       code[20];
    for (int i = 0; i < 40000; i++) {
        snprintf(code, sizeof code, "c%d", i);
        assert_true(cf_import_row(items, Item, .name = "a name of some length", .code = code));
        if (i == 15000) before = cf_arena_size(cf_session_arena(f->db));
    }
    assert_int_equal(cf_arena_size(cf_session_arena(f->db)), before);
    assert_int_equal(cf_import_end(items), 40000);
}

/* `import ROWS`, with the database as second word: how fast, and in how much memory; no test. */
static int measure(int64_t rows)
{
    cf_database    *database = cf_open(test_url());
    cf_db          *db = cf_session(database);
    struct timespec from, to;
    struct rusage   used;
    char            code[30];
    if (!db || !cf_drop_all(db) || !cf_create_all(db)) return 1;
    clock_gettime(CLOCK_MONOTONIC, &from);
    cf_import *items = cf_import_begin(db, Item);
    for (int64_t i = 0; i < rows; i++) {
        snprintf(code, sizeof code, "c%" PRId64, i);
        cf_import_row(items, Item, .name = "a name of some length", .code = code, .price = (double)i, .day = {19000});
    }
    int64_t n = cf_import_end(items);
    bool    ok = n == rows && cf_commit(db);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    getrusage(RUSAGE_SELF, &used);
    if (!ok) fprintf(stderr, "%s\n", cf_error(db)->message);
    printf("%" PRId64 " rows in %.2f s: %.0f rows/s, %ld MB at most\n", n, seconds, (double)n / seconds,
           used.ru_maxrss / 1024);
    cf_drop_all(db);
    cf_close(db);
    cf_shutdown(database);
    return !ok;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(all_kinds_arrive_as_they_are), session_test(a_row_that_fails_is_named),
        session_test(references_and_checks_hold),   session_test(an_import_is_part_of_the_transaction),
        session_test(memory_stays_constant),
    };
    if (argc > 2) return choose_database(argc, argv) ? measure(atoll(argv[2])) : NO_SERVER;
    return RUN_TESTS("import", tests, argc, argv);
}
