/* The statements of each dialect, and what it refuses by name; no database is needed. */
#define OWN_MODELS
#include "fixture.h"

#include "orm/compare.h"
#include "orm/ddl.h"
#include "orm/mapper.h"

static bool collect(void *context, const char *statement, size_t size, cf_error *error)
{
    (void)error;
    cf_buffer_add(context, statement, size);
    cf_buffer_text(context, ";\n");
    return true;
}

/* What `models` make of a dialect, or the error's message; to be freed. */
static char *text_of(const cf_model *const *models, size_t count, cf_dialect_id id, bool drop)
{
    cf_report    report = {0};
    cf_registry *r = cf_registry_build(models, NULL, count, &report);
    cf_buffer    out = {0};
    cf_error     error = {0};
    if (!r) return strdup(report.first);
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_schema *schema = cf_schema_of_models(r, NULL, arena);
    cf_ddl     ddl = {cf_dialect_sample(id), collect, &out, &error};
    assert_non_null(schema);
    bool ok = cf_schema_realise(schema, cf_dialect_sample(id), arena, &error) &&
              (drop ? cf_ddl_drop(&ddl, schema, NULL) : cf_ddl_create(&ddl, schema, NULL));
    char *text = strdup(ok ? out.data : error.message);
    cf_buffer_free(&out);
    cf_arena_free(arena);
    cf_registry_free(r);
    return text;
}

typedef struct Account {
    int64_t          id;
    const char      *email;
    const char      *name;
    cf_null_int64    parent_id;
    int32_t          side, area;
    cf_null_datetime deleted_at;
} Account;
typedef Account cf_self_;

#define ACCOUNT(...)                                                                                                    \
    static const cf_part  parts[] = {CF_COLUMN(id, .primary_key = true), CF_COLUMN(email, .length = 100), __VA_ARGS__}; \
    static const cf_model model = {                                                                                     \
        "Account", sizeof(Account), sizeof(cf_part), parts, sizeof parts / sizeof *parts, "a.c", 7};                    \
    static const cf_model *const models[] = {&model}

static void expect(const cf_model *const *models, cf_dialect_id id, const char *part)
{
    char *text = text_of(models, 1, id, false);
    if (!strstr(text, part)) fail_msg("no \"%s\" in: %s", part, text);
    free(text);
}

static void partial_indexes(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(deleted_at),
            CF_INDEX_ON((email), .unique = true, .where = "deleted_at IS NULL", .name = "uq_live"));
    expect(models, CF_SQLITE, "CREATE UNIQUE INDEX \"uq_live\" ON \"account\" (\"email\") WHERE deleted_at IS NULL;");
    expect(models, CF_POSTGRESQL,
           "CREATE UNIQUE INDEX \"uq_live\" ON \"account\" (\"email\") WHERE deleted_at IS NULL;");
    expect(models, CF_MARIADB,
           "ALTER TABLE `account` ADD COLUMN `carafe_uq_live_if` tinyint GENERATED ALWAYS AS (CASE WHEN deleted_at IS "
           "NULL "
           "THEN 1 END) VIRTUAL INVISIBLE, ADD UNIQUE INDEX `uq_live` (`email`, `carafe_uq_live_if`);");
}

static void partial_indexes_that_are_not_unique(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(deleted_at), CF_INDEX_ON((email), .where = "deleted_at IS NULL", .name = "ix_live"));
    expect(models, CF_SQLITE, "CREATE INDEX \"ix_live\" ON \"account\" (\"email\") WHERE deleted_at IS NULL;");
    expect(models, CF_MARIADB, "MariaDB 10.11.0 cannot do partial indexes (account.email)");
}

static void indexes_on_expressions(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(name), CF_INDEX_SQL("lower(email), name desc, coalesce(name, 'x,y')", .name = "ix_lower"));
    expect(models, CF_SQLITE,
           "CREATE INDEX \"ix_lower\" ON \"account\" (lower(email), \"name\" DESC, coalesce(name, 'x,y'));");
    expect(models, CF_POSTGRESQL,
           "CREATE INDEX \"ix_lower\" ON \"account\" ((lower(email)), \"name\" DESC, (coalesce(name, 'x,y')));");
    expect(models, CF_MARIADB, "MariaDB 10.11.0 cannot do indexes on expressions (account.ix_lower)");
}

static void deferrable_foreign_keys(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(parent_id, .references = "account.id", .deferrable = true));
    expect(models, CF_SQLITE,
           "FOREIGN KEY (\"parent_id\") REFERENCES \"account\" (\"id\") DEFERRABLE INITIALLY DEFERRED");
    expect(models, CF_POSTGRESQL, "DEFERRABLE INITIALLY DEFERRED");
    expect(models, CF_MARIADB, "MariaDB 10.11.0 cannot do deferrable foreign keys (account.parent_id)");
}

static void deferrable_unique_constraints(void **state)
{
    (void)state;
    ACCOUNT(CF_UNIQUE_ON((email), .deferrable = true));
    expect(models, CF_POSTGRESQL, "CONSTRAINT \"uq_account_email\" UNIQUE (\"email\") DEFERRABLE INITIALLY DEFERRED");
    expect(models, CF_SQLITE, " cannot do deferrable unique constraints (account.email)");
    expect(models, CF_MARIADB, "MariaDB 10.11.0 cannot do deferrable unique constraints (account.email)");
}

static void computed_columns(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(side), CF_COLUMN(area, .computed = "side * side"));
    expect(models, CF_SQLITE, "\"area\" INTEGER GENERATED ALWAYS AS (side * side) VIRTUAL NOT NULL");
    expect(models, CF_POSTGRESQL, "\"area\" integer GENERATED ALWAYS AS (side * side) STORED NOT NULL");
    expect(models, CF_MARIADB, "`area` int GENERATED ALWAYS AS (side * side) VIRTUAL,");
}

static void defaults_of_the_server(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(name, .server_default = "'it''s'"), CF_COLUMN(side, .server_default = "1 + 1"),
            CF_COLUMN(deleted_at, .server_default = "CURRENT_TIMESTAMP"));
    expect(models, CF_SQLITE, "\"name\" TEXT NOT NULL DEFAULT 'it''s',");
    expect(models, CF_SQLITE, "\"side\" INTEGER NOT NULL DEFAULT (1 + 1),");
    expect(models, CF_POSTGRESQL, "\"deleted_at\" timestamp DEFAULT CURRENT_TIMESTAMP");
    expect(models, CF_MARIADB, "`deleted_at` datetime(6) DEFAULT CURRENT_TIMESTAMP(6)");
}

static void generated_keys(void **state)
{
    (void)state;
    static const cf_part  parts[] = {CF_COLUMN(id, .primary_key = true, .autoincrement = true, .start = 42, .step = 3)};
    static const cf_model model = {"Account", sizeof(Account), sizeof(cf_part), parts, 1, "a.c", 7}, *const models[] = {
                                                                                                         &model};
    expect(models, CF_SQLITE, "\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT");
    expect(models, CF_POSTGRESQL, "GENERATED BY DEFAULT AS IDENTITY (START WITH 42 INCREMENT BY 3)");
    expect(models, CF_MARIADB, "AUTO_INCREMENT=42");
    static const cf_part  two[] = {CF_COLUMN(side, .primary_key = true),
                                   CF_COLUMN(id, .primary_key = true, .autoincrement = true)};
    static const cf_model pair = {"Account", sizeof(Account), sizeof(cf_part), two, 2, "a.c", 7}, *const pairs[] = {
                                                                                                      &pair};
    expect(pairs, CF_SQLITE, " cannot do generated parts of composite keys (account.id)");
    expect(pairs, CF_MARIADB, "PRIMARY KEY (`id`, `side`)");
    static const cf_part  own[] = {CF_COLUMN(id, .primary_key = true, .natural = true)};
    static const cf_model natural = {"Account", sizeof(Account), sizeof(cf_part), own, 1, "a.c", 7}, *const naturals[] =
                                                                                                         {&natural};
    expect(naturals, CF_POSTGRESQL, "\"id\" bigint NOT NULL,");
}

static void the_order_of_a_key_may_be_said(void **state)
{
    (void)state;
    static const cf_part  parts[] = {CF_COLUMN(side), CF_COLUMN(area), CF_PRIMARY_KEY(area, side)};
    static const cf_model model = {"Account", sizeof(Account), sizeof(cf_part), parts, 3, "a.c", 7}, *const models[] = {
                                                                                                         &model};
    expect(models, CF_SQLITE, "CONSTRAINT \"pk_account\" PRIMARY KEY (\"area\", \"side\")");
}

static void two_keys_on_one_column_have_two_names(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(parent_id, .references = "account.id"), CF_COLUMN(side, .unique = true),
            CF_FOREIGN_KEY((parent_id), "account(id)", .on_delete = CF_CASCADE, .name = "fk_other"));
    expect(models, CF_SQLITE, "CONSTRAINT \"fk_account_parent_id_");
    expect(models, CF_SQLITE, "CONSTRAINT \"fk_other\"");
}

static void texts_without_a_length_are_no_keys_on_mariadb(void **state)
{
    (void)state;
    static const cf_part  parts[] = {CF_COLUMN(name, .primary_key = true)};
    static const cf_model model = {"Account", sizeof(Account), sizeof(cf_part), parts, 1, "a.c", 7}, *const models[] = {
                                                                                                         &model};
    expect(models, CF_SQLITE, "PRIMARY KEY (\"name\")");
    expect(models, CF_MARIADB, "MariaDB cannot do keys on text without a length (account.name)");
}

static void lengths_are_kept_where_the_type_says_none(void **state)
{
    (void)state;
    ACCOUNT(CF_COLUMN(name, .length = 20000));
    expect(models, CF_SQLITE, "CONSTRAINT \"ck_account_email_length\" CHECK (length(\"email\") <= 100)");
    expect(models, CF_POSTGRESQL, "\"name\" varchar(20000)");
    expect(models, CF_MARIADB, "CHECK (char_length(`name`) <= 20000)");
}

static void cycles_are_closed_at_the_end_and_opened_before_the_drop(void **state)
{
    (void)state;
    static const cf_part  a_parts[] = {CF_COLUMN(id, .primary_key = true), CF_COLUMN(parent_id, .references = "b.id")};
    static const cf_part  b_parts[] = {CF_COLUMN(id, .primary_key = true), CF_COLUMN(parent_id, .references = "a.id")};
    static const cf_model a = {"A", sizeof(Account), sizeof(cf_part), a_parts, 2, "a.c", 1};
    static const cf_model b = {"B", sizeof(Account), sizeof(cf_part), b_parts, 2, "a.c", 2};
    static const cf_model *const models[] = {&a, &b};
    char                        *text = text_of(models, 2, CF_POSTGRESQL, false);
    assert_non_null(strstr(
        text,
        "ALTER TABLE \"b\" ADD CONSTRAINT \"fk_b_parent_id\" FOREIGN KEY (\"parent_id\") REFERENCES \"a\" (\"id\")"));
    free(text);
    text = text_of(models, 2, CF_POSTGRESQL, true);
    assert_string_equal(
        text,
        "ALTER TABLE \"b\" DROP CONSTRAINT IF EXISTS \"fk_b_parent_id\";\nDROP TABLE \"a\";\nDROP TABLE \"b\";\n");
    free(text);
    text = text_of(models, 2, CF_SQLITE, false);
    assert_null(strstr(text, "ALTER TABLE"));
    free(text);
}

static void names_do_not_collide(void **state)
{
    (void)state;
    static const cf_part         a_parts[] = {CF_COLUMN(id, .primary_key = true),
                                              CF_COLUMN(side, .column = "b_c", .index = true)};
    static const cf_model        a = {"A", sizeof(Account), sizeof(cf_part), a_parts, 2, "a.c", 1};
    static const cf_part         named_parts[] = {CF_TABLE("a_b"), CF_COLUMN(id, .primary_key = true),
                                                           CF_COLUMN(side, .column = "c", .index = true)};
    static const cf_model        named = {"AB", sizeof(Account), sizeof(cf_part), named_parts, 3, "a.c", 2};
    static const cf_model *const models[] = {&a, &named};
    char                        *text = text_of(models, 2, CF_SQLITE, false);
    char                        *first = strstr(text, "CREATE INDEX \"ix_a_b_c_"),
         *second = first ? strstr(first + 1, "CREATE INDEX \"ix_a_b_c_") : NULL;
    assert_non_null(second);
    assert_int_not_equal(strncmp(first, second, 36), 0);
    free(text);
}

static void long_names_are_cut_and_told_apart(void **state)
{
    (void)state;
    char a[64], b[64];
    cf_constraint_name(a, sizeof a, "uq", "a_table_with_quite_a_long_name_indeed", "a_column_with_a_long_name_too_x");
    cf_constraint_name(b, sizeof b, "uq", "a_table_with_quite_a_long_name_indeed", "a_column_with_a_long_name_too_y");
    assert_true(strlen(a) <= 63 && strlen(b) <= 63);
    assert_string_not_equal(a, b);
}

static void expressions_are_compared_by_meaning(void **state)
{
    static const struct {
        const char   *a, *b;
        cf_dialect_id id;
        bool          same;
    } cases[] = {
        {"price > 0", "((price > 0))", CF_POSTGRESQL, true},
        {"now()", "CURRENT_TIMESTAMP", CF_POSTGRESQL, true},
        {"current_timestamp(6)", "CURRENT_TIMESTAMP", CF_MARIADB, true},
        {"'a'", "'a'::character varying(20)", CF_POSTGRESQL, true},
        {"'A'", "'a'", CF_SQLITE, false},
        {"'it''s'", "'it\\'s'", CF_MARIADB, true},
        {"true", "1", CF_SQLITE, true},
        {"x != 1", "`x` <> 1", CF_MARIADB, true},
        {"'a  b'", "'a b'", CF_SQLITE, false},
        {"'x'", "_utf8mb4'x'", CF_MARIADB, true},
        {"price > 0", "price > 1", CF_SQLITE, false},
    };
    (void)state;
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *a = cf_expression_plain(cases[i].a, cf_dialect_sample(cases[i].id), arena);
        const char *b = cf_expression_plain(cases[i].b, cf_dialect_sample(cases[i].id), arena);
        if ((strcmp(a, b) == 0) != cases[i].same) fail_msg("%s: %s and %s", cases[i].a, a, b);
    }
    assert_null(cf_expression_plain("NULL", cf_dialect_sample(CF_MARIADB), arena));
    cf_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_indexes),
        cmocka_unit_test(partial_indexes_that_are_not_unique),
        cmocka_unit_test(indexes_on_expressions),
        cmocka_unit_test(deferrable_foreign_keys),
        cmocka_unit_test(deferrable_unique_constraints),
        cmocka_unit_test(computed_columns),
        cmocka_unit_test(defaults_of_the_server),
        cmocka_unit_test(generated_keys),
        cmocka_unit_test(the_order_of_a_key_may_be_said),
        cmocka_unit_test(two_keys_on_one_column_have_two_names),
        cmocka_unit_test(texts_without_a_length_are_no_keys_on_mariadb),
        cmocka_unit_test(lengths_are_kept_where_the_type_says_none),
        cmocka_unit_test(cycles_are_closed_at_the_end_and_opened_before_the_drop),
        cmocka_unit_test(names_do_not_collide),
        cmocka_unit_test(long_names_are_cut_and_told_apart),
        cmocka_unit_test(expressions_are_compared_by_meaning),
    };
    return cmocka_run_group_tests_name("ddl", tests, NULL, NULL);
}
