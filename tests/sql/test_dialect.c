/* What servers can do, by version; quoting. */
#include "support.h"

static void capabilities_follow_the_version(void **state)
{
    (void)state;
    cf_dialect d;
    cf_dialect_make(&d, CF_POSTGRESQL, 150020, false);
    assert_string_equal(d.version_text, "15.20");
    assert_true(d.returning_update && d.deferrable && d.partial_index && d.nulls_not_distinct && !d.generated_virtual);
    assert_int_equal(d.placeholder, CF_PLACEHOLDER_DOLLAR);
    cf_dialect_make(&d, CF_POSTGRESQL, 110000, false);
    assert_true(!d.generated_stored && !d.nulls_not_distinct && d.identity);
    cf_dialect_make(&d, CF_MARIADB, 101119, false);
    assert_string_equal(d.title, "MariaDB");
    assert_string_equal(d.version_text, "10.11.19");
    assert_true(d.returning_insert && d.returning_delete && !d.returning_update && d.skip_locked && d.native_uuid);
    assert_true(!d.deferrable && !d.partial_index && !d.expression_index);
    cf_dialect_make(&d, CF_MARIADB, 100406, false);
    assert_true(!d.returning_insert && !d.skip_locked && !d.native_uuid && !d.alter_rename_column && d.check);
    cf_dialect_make(&d, CF_MARIADB, 80036, true);
    assert_string_equal(d.title, "MySQL");
    assert_true(!d.returning_insert && d.expression_index && d.skip_locked && d.lock_of && !d.sequences);
    cf_dialect_make(&d, CF_SQLITE, 0, false);
    assert_true(d.version >= 33700 && d.strict_tables && d.partial_index && !d.for_update);
}

static void an_unknown_version_promises_little(void **state)
{
    (void)state;
    cf_dialect d;
    cf_dialect_make(&d, CF_MARIADB, 0, false);
    assert_string_equal(d.version_text, "");
    assert_true(!d.returning_insert && d.check && d.nowait);
    cf_dialect_make(&d, CF_POSTGRESQL, 0, false);
    assert_true(!d.generated_stored && d.upsert);
}

static void what_cannot_be_done_is_named(void **state)
{
    (void)state;
    cf_error error = {0};
    assert_false(
        cf_dialect_refuse(cf_dialect_sample(CF_MARIADB), offsetof(cf_dialect, deferrable), "user.boss_id", &error));
    assert_int_equal(error.code, CF_ERR_UNSUPPORTED);
    assert_string_equal(error.message, "MariaDB 10.11.0 cannot do deferrable foreign keys (user.boss_id)");
}

static void names_of_backends(void **state)
{
    (void)state;
    cf_dialect_id id;
    assert_true(cf_dialect_find("postgres", &id) && id == CF_POSTGRESQL);
    assert_true(cf_dialect_find("PostgreSQL", &id) && id == CF_POSTGRESQL);
    assert_true(cf_dialect_find("mysql", &id) && id == CF_MARIADB);
    assert_true(cf_dialect_find("sqlite", &id) && id == CF_SQLITE);
    assert_false(cf_dialect_find("oracle", &id));
}

static void quoting(void **state)
{
    (void)state;
    cf_buffer out = {0};
    cf_sql_name(&out, cf_dialect_sample(CF_SQLITE), "a\"b");
    cf_buffer_char(&out, ' ');
    cf_sql_name(&out, cf_dialect_sample(CF_MARIADB), "a`b");
    cf_buffer_char(&out, ' ');
    cf_sql_literal(&out, cf_dialect_sample(CF_POSTGRESQL), "it's \\", 6);
    cf_buffer_char(&out, ' ');
    cf_sql_literal(&out, cf_dialect_sample(CF_MARIADB), "it's \\", 6);
    cf_buffer_char(&out, ' ');
    cf_sql_placeholder(&out, cf_dialect_sample(CF_POSTGRESQL), 12);
    cf_sql_placeholder(&out, cf_dialect_sample(CF_SQLITE), 12);
    assert_string_equal(out.data, "\"a\"\"b\" `a``b` 'it''s \\' 'it''s \\\\' $12?");
    cf_buffer_free(&out);
}

static size_t put_version(char *out, int version, bool postgresql)
{
    if (version == CF_ALWAYS) return (size_t)sprintf(out, " all |");
    if (version == CF_NEVER) return (size_t)sprintf(out, " - |");
    if (postgresql && version >= 100000) return (size_t)sprintf(out, " %d |", version / 10000);
    if (version % 100) return (size_t)sprintf(out, " %d.%d.%d |", version / 10000, version / 100 % 100, version % 100);
    return (size_t)sprintf(out, " %d.%d |", version / 10000, version / 100 % 100);
}

/* The table of docs/databases.md is that of the code. */
static void the_document_says_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        int         first[4];
    } rows[] = {
#define ROW(field, words, sqlite, postgresql, mariadb, mysql_) {words, {sqlite, postgresql, mariadb, mysql_}},
        CF_CAPABILITIES(ROW)
#undef ROW
    };
    FILE *file = fopen(DOCUMENT, "r");
    char *document = calloc(1, 100000), line[256];
    assert_non_null(file);
    assert_true(fread(document, 1, 99999, file) > 0);
    fclose(file);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t used = (size_t)sprintf(line, "\n| %s |", rows[i].words);
        for (int k = 0; k < 4; k++) used += put_version(line + used, rows[i].first[k], k == 1);
        if (!strstr(document, line)) fail_msg("docs/databases.md lacks the row%s", line);
    }
    free(document);
}

static void text_ids_differ(void **state)
{
    (void)state;
    uint32_t a = cf_sql_id(), b = cf_sql_id();
    assert_true(a && b && a != b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_follow_the_version),
        cmocka_unit_test(an_unknown_version_promises_little),
        cmocka_unit_test(what_cannot_be_done_is_named),
        cmocka_unit_test(names_of_backends),
        cmocka_unit_test(quoting),
        cmocka_unit_test(text_ids_differ),
        cmocka_unit_test(the_document_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
