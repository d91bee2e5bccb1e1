/* Failures of memory while databases are opened, tables made and compared, and tests of programs are set up. */
#define OWN_MODELS
#include "failing.h"

#include <carafe/relation.h>
#include <carafe/testing.h>

typedef enum Colour { RED, GREEN } Colour;
CF_ENUM(Colour, {RED, "red"}, {GREEN, "green"});

typedef struct Owner {
    int64_t     id;
    const char *name;
    int32_t     colour;
    cf_decimal  balance;
} Owner;

CF_MODEL(Owner,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(name,    .length = 50, .unique = true, .check = "name <> ''"),
    CF_COLUMN(colour,  .enum_names = CF_ENUM_NAMES(Colour)),
    CF_COLUMN(balance, .precision = 10, .scale = 2),
    CF_INDEX(colour, name));

typedef struct Thing {
    int64_t     id;
    const char *name;
    int64_t     owner_id;
} Thing;

CF_MODEL(Thing,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(name,     .length = 50, .default_text = "thing"),
    CF_COLUMN(owner_id, .references = "owner.id"),
    CF_UNIQUE(owner_id, name));

CF_ONE_TO_MANY(Owner, things, Thing, owner, .order_by = "name");

/* Checked and compiled whenever a database is opened. */
void never_called(cf_db *db);
void never_called(cf_db *db)
{
    (void)cf_all(db, Owner, "name like ? and any(things, name = 'x') order by count(things) desc limit 3", "a%");
    (void)cf_update_where(db, Thing, "set name = upper(name) where owner_id in (select id from Owner where colour = ?)",
                          GREEN);
}

/* ---- each allocation fails once ---------------------------------------------------------------------- */

/* Something that is done, or fails with an error; false is a failure. */
typedef bool attempt(fixture *f, cf_error *error);

/* `stays`: sometimes all later ones fail with it, so that nothing can be cleared away that needs memory. */
static void each_allocation_may_fail(fixture *f, attempt *function, bool stays)
{
    long failures = 0;
    for (long n = 1;; n++) {
        assert_true(n < MOST_FAILURES);
        cf_error error = {0};
        long     start = cf_mem_count();
        cf_mem_apart(true);
        cf_mem_fail_at(n, stays && n % 2 == 0);
        bool ok = function(f, &error);
        cf_mem_fail_at(0, false);
        cf_mem_apart(false);
        if (!ok && error.code != CF_ERR_MEMORY) fail_msg("allocation %ld: %s", n, error.message);
        failures += !ok;
        if (cf_mem_count() - start < n) {
            assert_true(ok);
            break;
        }
    }
    print_message("%ld failures\n", failures);
    assert_true(failures > 5);
}

static bool open_it(fixture *f, cf_error *error)
{
    (void)f;
    cf_database *database = cf_open(test_url(), .error = error);
    cf_shutdown(database);
    return database != NULL;
}

/* The session's error is the attempt's. */
static bool told(cf_db *db, bool ok, cf_error *error)
{
    if (!ok) *error = *cf_session_error(db);
    cf_close(db);
    return ok;
}

static bool make_tables(fixture *f, cf_error *error)
{
    cf_db *db = cf_session(f->database);
    return told(db, db && cf_drop_all(db) && cf_create_all(db), error);
}

static bool show_tables(fixture *f, cf_error *error)
{
    cf_buffer text = {0};
    bool      ok = cf_schema_text_for("postgresql", NULL, &text, error);
    if (ok && !cf_schema_text(f->database, &text)) ok = cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (ok) assert_non_null(strstr(text.data, "uq_thing_owner_id_name"));
    cf_buffer_free(&text);
    return ok;
}

static bool compare_tables(fixture *f, cf_error *error)
{
    int differences = cf_schema_check(f->database, NULL, NULL, error);
    if (differences > 0) fail_msg("%d differences", differences);
    return differences == 0;
}

static bool tell_changes(fixture *f, cf_error *error)
{
    cf_db    *db = cf_session(f->database);
    cf_buffer text = {0};
    Owner    *owner = cf_add(db, Owner, .name = "ann");
    bool      ok = owner && cf_flush(db);
    if (ok) owner->name = "anne";
    if (ok) ok = cf_add(db, Thing, .name = "ball", .owner_id = owner->id) != NULL;
    if (ok && !cf_changes_text(db, &text)) ok = cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
    if (ok) assert_non_null(strstr(text.data, "new Thing"));
    cf_buffer_free(&text);
    return told(db, ok, error);
}

static bool make_test_database(fixture *f, cf_error *error)
{
    (void)f;
    cf_database *database = cf_test_database(test_url(), error);
    cf_mem_fail_at(0, false);
    cf_test_database_end(database);
    return database != NULL;
}

/* Records are kept as long as there is memory: that is no failure of what is recorded. */
static bool record_in_a_sandbox(fixture *f, cf_error *error)
{
    cf_recording *sent = cf_record(f->database);
    if (!sent) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    bool boxed = cf_sandbox(f->database, error), ok = false;
    if (boxed) {
        cf_db *db = cf_session(f->database);
        ok = told(db, cf_add(db, Owner, .name = "ann") && cf_commit(db), error);
        assert_true(cf_recorded_verb(sent, "INSERT") <= 1);
        cf_sandbox_end(f->database);
    }
    cf_record_end(sent);
    return ok;
}

#define opening_test(name, stays)                      \
    static void name##_or_fail(void **state)           \
    {                                                  \
        each_allocation_may_fail(*state, name, stays); \
    }                                                  \
    _Static_assert(sizeof(attempt *) > 0, "ends the line")

opening_test(open_it, true);
opening_test(make_tables, true);
opening_test(show_tables, true);
opening_test(compare_tables, true);
opening_test(tell_changes, true);
opening_test(make_test_database, false);

static void nothing_is_left(void **state)
{
    fixture *f = *state;
    each_allocation_may_fail(f, record_in_a_sandbox, true);
    cf_db *db = other_session(f);
    assert_int_equal(cf_count(db, Owner, ""), 0);
    cf_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(open_it_or_fail),      session_test(make_tables_or_fail),
        session_test(show_tables_or_fail),  session_test(compare_tables_or_fail),
        session_test(tell_changes_or_fail), session_test(make_test_database_or_fail),
        session_test(nothing_is_left),
    };
    return RUN_TESTS("failing open", tests, argc, argv);
}
