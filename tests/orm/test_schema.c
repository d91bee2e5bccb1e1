/* Tables, constraints and indexes as models ask for them; reading them back; comparing both. */
#define OWN_MODELS
#include "fixture.h"

#include "base/memory.h"
#include "orm/compare.h"
#include "orm/reflect.h"
#include "orm/session.h"

typedef enum Stage { STAGE_NEW, STAGE_DONE } Stage;
CF_ENUM(Stage, {STAGE_NEW, "it's new"}, {STAGE_DONE, "done"});

typedef struct Package {
    const char *name;
    const char *version;
    const char *license;
    cf_datetime released;
} Package;

CF_MODEL(Package,
    CF_TABLE("package", .comment = "what can be installed"),
    CF_COLUMN(name,     .primary_key = true, .length = 50),
    CF_COLUMN(version,  .primary_key = true, .length = 20),
    CF_COLUMN(license,  .length = 30, .server_default = "'MIT'", .comment = "its 'SPDX' name"),
    CF_COLUMN(released, .server_default = "CURRENT_TIMESTAMP"));

typedef struct Artifact {
    int64_t          id;
    const char      *package;
    const char      *version;
    const char      *file_name;
    int32_t          size;
    int32_t          blocks;
    cf_null_int64    previous_id;
    Stage            stage;
    cf_null_bool     checked;
    cf_null_decimal  cost;
    cf_json          meta;
    cf_null_datetime removed_at;
} Artifact;

CF_MODEL(Artifact,
    CF_COLUMN(id,          .primary_key = true),
    CF_COLUMN(package,     .length = 50),
    CF_COLUMN(version,     .length = 20),
    CF_COLUMN(file_name,   .length = 200, .unique = true),
    CF_COLUMN(size,        .check = "size >= 0", .index = true),
    CF_COLUMN(blocks,      .computed = "size / 512 + 1", .stored = true),
    CF_COLUMN(previous_id, .references = "artifact.id", .on_delete = CF_SET_NULL),
    CF_COLUMN(stage,       .enum_names = CF_ENUM_NAMES(Stage)),
    CF_COLUMN(checked),
    CF_COLUMN(cost,        .precision = 8, .scale = 2),
    CF_COLUMN(meta,        .nullable = true),
    CF_COLUMN(removed_at),
    CF_FOREIGN_KEY((package, version), "package(name, version)", .on_delete = CF_CASCADE, .on_update = CF_CASCADE),
    CF_UNIQUE(package, version, stage),
    CF_INDEX_ON((package, size), .descending = "size"),
    CF_CHECK("size < 1000000 OR stage = 'done'", .name = "ck_artifact_large"));

/* Each refers to the other. */
typedef struct Team {
    int64_t       id;
    cf_null_int64 captain_id;
} Team;
typedef struct Player {
    int64_t       id;
    cf_null_int64 team_id;
} Player;
CF_MODEL(Team, CF_COLUMN(id, .primary_key = true), CF_COLUMN(captain_id, .references = "player.id"));
CF_MODEL(Player, CF_COLUMN(id, .primary_key = true), CF_COLUMN(team_id, .references = "team.id"));

CF_ASSOCIATION(player_package, "player.id", "package.name", "package.version");
CF_ASSOCIATION(follow, "follower_id -> player.id", "followed_id -> player.id");

/* ---- helpers ----------------------------------------------------------------------------------------- */

static cf_dialect_id dialect(void)
{
    return strncmp(test_url(), "sqlite", 6) == 0     ? CF_SQLITE
           : strncmp(test_url(), "postgres", 8) == 0 ? CF_POSTGRESQL
                                                     : CF_MARIADB;
}

/* Raw statements on a connection of their own; the error's code. */
static cf_code run(fixture *f, const char *statement)
{
    cf_error error = {0};
    cf_conn *conn = cf_pool_take(f->database->pool, NULL, &error);
    if (!conn || !cf_conn_exec(conn, statement, &error)) print_message("%s\n", error.message);
    if (conn) cf_pool_give(f->database->pool, conn);
    return error.code;
}

/* Tables that other tests left on the server are not ours. */
static void collect(void *context, const char *message)
{
    if (strstr(message, "no model has it") && !strstr(message, "table other ")) return;
    cf_buffer_printf(context, "%s\n", message);
}

/* The differences between models and database, a line each; in memory of the test's session. */
static const char *differences(fixture *f)
{
    cf_buffer out = {0};
    cf_error  error = {0};
    int       count = cf_schema_check(f->database, collect, &out, &error);
    if (count < 0) fail_msg("%s", error.message);
    const char *text = cf_arena_copy(cf_session_arena(f->db), out.data ? out.data : "");
    cf_buffer_free(&out);
    return text;
}

static cf_schema *reflect(fixture *f)
{
    cf_error   error = {0};
    cf_conn   *conn = cf_pool_take(f->database->pool, NULL, &error);
    cf_schema *schema = conn ? cf_reflect(conn, cf_session_arena(f->db), &error) : NULL;
    if (!schema) fail_msg("%s", error.message);
    cf_pool_give(f->database->pool, conn);
    return schema;
}

static int open_schema(void **state)
{
    int failed = fixture_open(state);
    if (!failed) cf_commit(((fixture *)*state)->db);
    return failed;
}

#define schema_test(name) cmocka_unit_test_setup_teardown(name, open_schema, fixture_close)

/* ---- tests ------------------------------------------------------------------------------------------- */

static void what_was_created_is_what_the_models_say(void **state)
{
    assert_string_equal(differences(*state), "");
}

static void creating_twice_changes_nothing(void **state)
{
    fixture *f = *state;
    assert_true(cf_create_all(f->db));
    assert_string_equal(differences(f), "");
    assert_true(cf_drop_all(f->db));
    assert_true(cf_drop_all(f->db));
    assert_true(cf_create_all(f->db));
    assert_string_equal(differences(f), "");
}

static void rows_in_a_cycle_do_not_keep_tables_from_going(void **state)
{
    fixture *f = *state;
    Team    *t = cf_add(f->db, Team, .captain_id = CF_NONE);
    assert_true(cf_commit(f->db));
    Player *p = cf_add(f->db, Player, .team_id = CF_SOME(t->id));
    assert_true(cf_commit(f->db));
    t->captain_id = (cf_null_int64)CF_SOME(p->id);
    assert_true(cf_commit(f->db));
    if (!cf_drop_all(f->db)) fail_msg("%s", cf_error(f->db)->message);
    for (size_t i = 0; i < reflect(f)->count; i++) assert_string_not_equal(reflect(f)->tables[i].name, "team");
}

static void reflection_tells_what_was_asked_for(void **state)
{
    fixture        *f = *state;
    const cf_table *t = cf_schema_table(reflect(f), "artifact");
    assert_non_null(t);
    assert_int_equal(t->column_count, 12);
    assert_string_equal(t->columns[4].name, "size");
    assert_false(t->columns[4].nullable);
    assert_true(t->columns[9].nullable);
    assert_true(t->columns[0].generated);
    assert_non_null(t->columns[5].computed);
    assert_true(t->columns[5].stored);
    assert_int_equal(t->key.count, 1);
    assert_int_equal(t->reference_count, 2);
    for (size_t i = 0; i < t->reference_count; i++) {
        const cf_table_reference *r = &t->references[i];
        bool                      self = r->count == 1;
        assert_string_equal(r->name, self ? "fk_artifact_previous_id" : "fk_artifact_package_version");
        assert_string_equal(r->table, self ? "artifact" : "package");
        assert_int_equal(r->on_delete, self ? CF_SET_NULL : CF_CASCADE);
        if (!self) assert_string_equal(r->targets[1], "version");
    }
    const cf_table *package = cf_schema_table(reflect(f), "package");
    assert_int_equal(package->key.count, 2);
    assert_non_null(cf_table_find(package, "license")->initial);
    if (dialect() != CF_SQLITE) {
        assert_string_equal(package->comment, "what can be installed");
        assert_string_equal(cf_table_find(package, "license")->comment, "its 'SPDX' name");
        assert_int_equal(cf_table_find(package, "license")->length, 30);
        assert_int_equal(cf_table_find(t, "cost")->precision, 8);
    }
}

static void associations_are_tables_of_keys(void **state)
{
    fixture        *f = *state;
    const cf_table *t = cf_schema_table(reflect(f), "player_package"), *follow = cf_schema_table(reflect(f), "follow");
    assert_int_equal(t->column_count, 3);
    assert_string_equal(t->columns[0].name, "player_id");
    assert_string_equal(t->columns[2].name, "package_version");
    assert_int_equal(t->key.count, 3);
    assert_int_equal(t->reference_count, 2);
    assert_int_equal(follow->reference_count, 2);
    assert_string_equal(follow->columns[0].name, "follower_id");
}

static void the_server_holds_what_the_models_promise(void **state)
{
    fixture *f = *state;
    assert_int_equal(run(f, "INSERT INTO package (name, version) VALUES ('a', '1')"), CF_OK);
    assert_int_equal(run(f, "INSERT INTO package (name, version) VALUES ('a', '1')"), CF_ERR_UNIQUE);
    const char *insert = "INSERT INTO artifact (package, version, file_name, size, stage) VALUES ";
    char        text[300];
    static const struct {
        const char *values;
        cf_code     code;
    } cases[] = {
        {"('a', '1', 'f1', 10, 'done')", CF_OK},
        {"('a', '1', 'f2', 10, 'done')", CF_ERR_UNIQUE},
        {"('a', '1', 'f1', 10, 'it''s new')", CF_ERR_UNIQUE},
        {"('a', '1', 'f3', -1, 'it''s new')", CF_ERR_CHECK},
        {"('a', '1', 'f3', 5000000, 'it''s new')", CF_ERR_CHECK},
        {"('a', '1', 'f3', 10, 'other')", CF_ERR_CHECK},
        {"('a', '2', 'f3', 10, 'it''s new')", CF_ERR_FOREIGN_KEY},
        {"('a', '1', NULL, 10, 'it''s new')", CF_ERR_NOT_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s", insert, cases[i].values);
        assert_int_equal(run(f, text), cases[i].code);
    }
    Artifact *a = cf_find(f->db, Artifact, "file_name = 'f1'");
    assert_int_equal(a->blocks, 1);
    assert_int_equal(a->stage, STAGE_DONE);
    assert_int_equal(run(f, "DELETE FROM package"), CF_OK);
    assert_int_equal(cf_count(f->db, Artifact, ""), 0);
}

static void equal_means_the_same_on_all_databases(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        run(f, "INSERT INTO package (name, version) VALUES ('a', '1'), ('A', '1'), ('a ', '1'), ('\xc3\xa1', '1')"),
        CF_OK);
    assert_int_equal(cf_count(f->db, Package, "name = ?", "a"), 1);
    assert_int_equal(cf_count(f->db, Package, "name = ?", "A"), 1);
    assert_int_equal(cf_count(f->db, Package, "name = ?", "a "), 1);
}

static void each_difference_is_named(void **state)
{
    static const struct {
        const char *statement[3]; /* SQLite, PostgreSQL, MariaDB */
        const char *line;
    } cases[] = {
        {{"ALTER TABLE package ADD COLUMN extra INTEGER", "ALTER TABLE package ADD extra INTEGER",
          "ALTER TABLE package ADD extra INTEGER"},
         "package.extra is in the database, but not in the model\n"},
        {{"DROP INDEX ix_artifact_size", "DROP INDEX ix_artifact_size", "DROP INDEX ix_artifact_size ON artifact"},
         "artifact: index ix_artifact_size is missing\n"},
        {{"CREATE INDEX more ON package (license)", "CREATE INDEX more ON package (license)",
          "CREATE INDEX more ON package (license)"},
         "package: index more is in the database, but not in the model\n"},
        {{"CREATE TABLE other (id INTEGER)", "CREATE TABLE other (id INTEGER)", "CREATE TABLE other (id INTEGER)"},
         "table other is in the database, but no model has it\n"},
        {{"DROP TABLE follow", "DROP TABLE follow", "DROP TABLE follow"}, "table follow is missing\n"},
    };
    fixture    *f = *state;
    const char *found;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(run(f, cases[i].statement[dialect()]), CF_OK);
    found = differences(f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strstr(found, cases[i].line)) fail_msg("not found: %sin: %s", cases[i].line, found);
    run(f, "DROP TABLE other");
}

static void changed_columns_and_keys_are_named(void **state)
{
    static const char *const changes[3][8] = {
        [CF_POSTGRESQL] = {"ALTER TABLE package ALTER license TYPE varchar(40)",
                           "ALTER TABLE package ALTER license DROP NOT NULL",
                           "ALTER TABLE package ALTER license SET DEFAULT 'GPL'",
                           "ALTER TABLE artifact DROP CONSTRAINT ck_artifact_large",
                           "ALTER TABLE artifact DROP CONSTRAINT uq_artifact_file_name",
                           "ALTER TABLE artifact DROP CONSTRAINT fk_artifact_previous_id"},
        [CF_MARIADB] = {"ALTER TABLE package MODIFY license varchar(40) NULL DEFAULT 'GPL'",
                        "ALTER TABLE artifact DROP CONSTRAINT ck_artifact_large",
                        "ALTER TABLE artifact DROP INDEX uq_artifact_file_name",
                        "ALTER TABLE artifact DROP FOREIGN KEY fk_artifact_previous_id"},
    };
    static const char *const lines[] = {"package.license is ",
                                        "package.license may be NULL, the model wants NOT NULL\n",
                                        "package.license has the default ",
                                        "artifact: the check (",
                                        "artifact: (file_name) must be unique, but is not in the database\n",
                                        "artifact: the foreign key (previous_id) to artifact is missing\n"};
    fixture                 *f = *state;
    if (dialect() == CF_SQLITE) return; /* it cannot change columns */
    for (size_t i = 0; changes[dialect()][i]; i++) assert_int_equal(run(f, changes[dialect()][i]), CF_OK);
    const char *found = differences(f);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(found, lines[i])) fail_msg("not found: %s in: %s", lines[i], found);
}

static void schemas_are_shown_for_each_dialect(void **state)
{
    static const char *const dialects[] = {"sqlite", "postgresql", "mariadb"};
    static const char *const parts[] = {"STRICT", "GENERATED BY DEFAULT AS IDENTITY", "COLLATE=utf8mb4_nopad_bin"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        cf_buffer out = {0};
        cf_error  error = {0};
        assert_true(cf_schema_text_for(dialects[i], NULL, &out, &error));
        assert_non_null(strstr(out.data, parts[i]));
        assert_true(strstr(out.data, "artifact") > strstr(out.data, "package"));
        cf_buffer_free(&out);
    }
    cf_buffer out = {0};
    cf_error  error = {0};
    assert_false(cf_schema_text_for("oracle", NULL, &out, &error));
    assert_string_equal(error.message, "there is no dialect 'oracle'; choose sqlite, postgresql or mariadb");
}

static void any_allocation_may_fail(void **state)
{
    fixture *f = *state;
    bool     done = false;
    int      failures = 0;
    if (dialect() != CF_SQLITE) return;
    for (long n = 1; !done && n < 20000; n += 1 + n / 100) {
        cf_buffer out = {0};
        cf_error  error = {0};
        cf_mem_fail_at(n, n % 2 == 0);
        cf_db *db = cf_session(f->database);
        bool   ok = db && cf_drop_all(db) && cf_create_all(db);
        if (db && !ok) error = *cf_error(db);
        if (ok) ok = cf_schema_check(f->database, NULL, NULL, &error) == 0;
        if (ok && !cf_schema_text_for("mariadb", NULL, &out, &error)) ok = false;
        cf_mem_fail_at(0, false);
        if (!ok && db) assert_int_equal(error.code, CF_ERR_MEMORY);
        failures += !ok;
        done = ok;
        cf_close(db);
        cf_buffer_free(&out);
    }
    assert_true(done);
    assert_true(failures > 50);
    assert_string_equal(differences(f), "");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        schema_test(what_was_created_is_what_the_models_say),
        schema_test(creating_twice_changes_nothing),
        schema_test(rows_in_a_cycle_do_not_keep_tables_from_going),
        schema_test(reflection_tells_what_was_asked_for),
        schema_test(associations_are_tables_of_keys),
        schema_test(the_server_holds_what_the_models_promise),
        schema_test(equal_means_the_same_on_all_databases),
        schema_test(each_difference_is_named),
        schema_test(changed_columns_and_keys_are_named),
        schema_test(any_allocation_may_fail),
        cmocka_unit_test(schemas_are_shown_for_each_dialect),
    };
    return RUN_TESTS("schema", tests, argc, argv);
}
