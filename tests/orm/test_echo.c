/* What is told of statements: call sites, durations, values and their absence. */
#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

typedef struct Account {
    int64_t     id;
    const char *name;
    const char *password;
    int32_t     credit;
    cf_date     since;
} Account;

CF_MODEL(Account,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(name,     .length = 40),
    CF_COLUMN(password, .length = 100, .secret = true),
    CF_COLUMN(credit),
    CF_COLUMN(since));

typedef struct Note {
    int64_t     id;
    const char *text;
} Note;

CF_MODEL(Note,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(text, .encrypted = true));

#define KEY "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

enum { MOST = 64 };

/* What was heard: events as "LINE: STATEMENT [VALUES]", log lines as they are. */
typedef struct heard {
    int     count;
    char    text[MOST][600];
    int64_t rows[MOST], microseconds[MOST];
    size_t  runs[MOST];
    cf_code code[MOST];
} heard;

static void hear(void *context, const cf_echo *e)
{
    heard *h = context;
    assert_true(h->count < MOST);
    assert_true(e->microseconds >= 0);
    if (e->file) assert_non_null(strstr(e->file, "test_echo.c"));
    snprintf(h->text[h->count], sizeof h->text[0], "%d: %.*s [%s]", e->line, (int)e->size, e->statement, e->values);
    h->rows[h->count] = e->rows;
    h->microseconds[h->count] = e->microseconds;
    h->runs[h->count] = e->runs;
    h->code[h->count++] = e->code;
}

static void read_line(void *context, const char *line)
{
    heard *h = context;
    assert_true(h->count < MOST);
    snprintf(h->text[h->count++], sizeof h->text[0], "%s", line);
}

/* The first of them from `from` on that has these words; -1 when there is none. */
static int find(const heard *h, int from, const char *words)
{
    for (int i = from; i < h->count; i++)
        if (strstr(h->text[i], words)) return i;
    return -1;
}

static cf_db *open_db(cf_open_options options)
{
    cf_error error = {0};
    options.program = CF_PROGRAM;
    options.error = &error;
    options.encryption_keys = KEY;
    cf_database *database = cf_open_(test_url(), &options);
    if (!database) fail_msg("%s", error.message);
    cf_db *db = cf_session(database);
    assert_true(cf_drop_all(db) && cf_create_all(db));
    return db;
}

static void close_db(cf_db *db)
{
    cf_database *database = cf_session_database(db);
    cf_rollback(db);
    cf_drop_all(db);
    cf_close(db);
    cf_shutdown(database);
}

static Account *add_account(cf_db *db, const char *name, int credit)
{
    return cf_add(db, Account, .name = name, .password = "hunter2", .credit = credit, .since = {20000});
}

/* Does a text begin with the number of a line? */
static bool at_line(const char *text, int line)
{
    return atoi(text) == line;
}

static void statements_are_told_with_their_call_sites(void **state)
{
    (void)state;
    heard  h = {0};
    cf_db *db = open_db((cf_open_options){.echo = hear, .context = &h});
    add_account(db, "Ada", 3);
    h.count = 0;
    assert_true(cf_commit(db));
    int committed = __LINE__ - 1, insert = find(&h, 0, "INSERT");
    assert_true(insert >= 0 && find(&h, insert, "COMMIT") > insert);
    assert_true(at_line(h.text[insert], committed));
    assert_true(at_line(h.text[find(&h, 0, "COMMIT")], committed));
    assert_int_equal(h.rows[insert], 1);

    h.count = 0;
    Account *found = cf_find(db, Account, "name = ? and credit > ?", "Ada", 2);
    int      line = __LINE__ - 1;
    assert_non_null(found);
    assert_int_equal(h.count, 1);
    assert_true(at_line(h.text[0], line));
    assert_non_null(strstr(h.text[0], "[text(3), integer]"));
    assert_int_equal(h.rows[0], 1);
    assert_int_equal(h.runs[0], 1);
    assert_int_equal(h.code[0], CF_OK);
    assert_null(strstr(h.text[0], "Ada"));

    /* What a query makes the session write comes from the query's site, within a transaction as well. */
    found->credit = 4;
    assert_true(cf_flush(db));
    found->credit = 5;
    h.count = 0;
    assert_int_equal(cf_count(db, Account, "credit = 5"), 1);
    line = __LINE__ - 1;
    assert_int_equal(h.count, 2);
    assert_non_null(strstr(h.text[0], "UPDATE"));
    assert_true(at_line(h.text[0], line) && at_line(h.text[1], line));
    close_db(db);
}

static void values_are_told_only_when_asked_for(void **state)
{
    (void)state;
    heard  h = {0};
    cf_db *db = open_db((cf_open_options){.echo = hear, .context = &h, .echo_values = true});
    h.count = 0;
    add_account(db, "O'Hara\x1b[31m\n", -7);
    cf_add(db, Note, .text = "a secret");
    assert_true(cf_commit(db));
    int insert = find(&h, 0, "account");
    assert_non_null(strstr(h.text[insert], "'O''Hara\\x1B[31m\\x0A', text(7), -7, 2024-10-04"));
    for (int i = 0; i < h.count; i++) {
        assert_null(strstr(h.text[i], "hunter2"));
        assert_null(strstr(h.text[i], "a secret"));
    }
    assert_non_null(strstr(h.text[find(&h, 0, "note")], "bytes("));
    h.count = 0;
    assert_true(cf_exists(db, Account, "name <> ? and credit < ?", "Bo", 0));
    assert_non_null(strstr(h.text[0], "['Bo', 0]"));
    /* A query that names a secret column shows no value: any of them may be the secret. */
    h.count = 0;
    assert_true(cf_exists(db, Account, "lower(password) = ? and credit < ?", "hunter2", 0));
    assert_non_null(strstr(h.text[0], "[text(7), integer]"));
    close_db(db);
}

static void long_values_are_cut(void **state)
{
    (void)state;
    heard   h = {0};
    char    text[2000];
    int32_t numbers[300];
    cf_db  *db = open_db((cf_open_options){.echo = hear, .context = &h, .echo_values = true});
    memset(text, 'x', sizeof text - 1);
    memcpy(text + 199, "\xc3\xa9", 2); /* not cut within a character */
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 300; i++) numbers[i] = i;
    h.count = 0;
    assert_int_equal(cf_count(db, Account, "name = ?", (const char *)text), 0);
    assert_non_null(strstr(h.text[0], "xxx...'"));
    assert_null(strstr(h.text[0], "\xc3"));
    assert_int_equal(cf_count(db, Account, "credit in (?)", CF_ARRAY(numbers, 300)), 0);
    close_db(db);
}

static void failures_are_told(void **state)
{
    (void)state;
    heard  h = {0};
    cf_db *db = open_db((cf_open_options){.echo = hear, .context = &h});
    add_account(db, "Ada", 1);
    assert_true(cf_commit(db));
    h.count = 0;
    cf_add(db, Account, .id = 1, .name = "Bo", .password = "x", .since = {1});
    assert_false(cf_commit(db));
    int insert = find(&h, 0, "INSERT");
    assert_int_equal(h.code[insert], CF_ERR_UNIQUE);
    assert_true(find(&h, insert, "ROLLBACK") > insert);
    close_db(db);
}

/* ---- the log ------------------------------------------------------------------------------------- */

static void the_environment_switches_the_log_on(void **state)
{
    (void)state;
    heard h = {0};
    setenv("CARAFE_ECHO", "1", 1);
    cf_db *db = open_db((cf_open_options){.log = read_line, .log_context = &h});
    h.count = 0;
    add_account(db, "Ada", 1);
    assert_true(cf_commit(db));
    assert_non_null(cf_find(db, Account, "name = ?", "Ada"));
    int  line = __LINE__ - 1;
    char place[40];
    snprintf(place, sizeof place, "test_echo.c:%d: ", line);
    const char *last = h.text[h.count - 1];
    assert_non_null(strstr(last, place));
    assert_non_null(strstr(last, " ms, 1 row: SELECT"));
    assert_non_null(strstr(last, "[text(3)]"));
    assert_null(strchr(last, '\033'));
    close_db(db);

    setenv("CARAFE_ECHO", "values", 1);
    h.count = 0;
    db = open_db((cf_open_options){.log = read_line, .log_context = &h, .log_colors = true});
    h.count = 0;
    assert_null(cf_find(db, Account, "name = ?", "Bo"));
    assert_non_null(strstr(h.text[0], "['Bo']"));
    assert_non_null(strstr(h.text[0], "\033[36m"));
    assert_non_null(strstr(h.text[0], "0 rows"));
    close_db(db);

    setenv("CARAFE_ECHO", "0", 1);
    h.count = 0;
    db = open_db((cf_open_options){.log = read_line, .log_context = &h});
    assert_int_equal(h.count, 0);
    close_db(db);
    unsetenv("CARAFE_ECHO");
}

static void slow_statements_are_logged(void **state)
{
    (void)state;
    heard  told = {0}, logged = {0};
    cf_db *db = open_db(
        (cf_open_options){.slow_ms = 1, .log = read_line, .log_context = &logged, .echo = hear, .context = &told});
    char name[20];
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "n%d", i);
        add_account(db, name, i);
        if (i % 20 == 19) {
            told.count = 0;
            assert_true(cf_flush(db));
        }
    }
    assert_true(cf_commit(db));
    told.count = logged.count = 0;
    /* 160,000 comparisons; exactly the statements that took a millisecond are in the log. */
    cf_count(db, Account, "name || 'a' <= name || 'b' and length(name || name || name) > 2");
    cf_all(db, Account, "lower(name) <> upper(name) order by lower(name)");
    cf_get(db, Account, 1);
    int slow = 0;
    for (int i = 0; i < told.count; i++) slow += told.microseconds[i] >= 1000;
    assert_int_equal(logged.count, slow);
    for (int i = 0; i < logged.count; i++) assert_ptr_equal(strstr(logged.text[i], "slow: "), logged.text[i]);
    close_db(db);
}

static void wrong_settings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *value, *message;
    } rows[] = {
        {"CARAFE_ECHO", "loud", "CARAFE_ECHO cannot be 'loud'; it is 1, values or 0"},
        {"CARAFE_SLOW_MS", "1s", "CARAFE_SLOW_MS cannot be '1s'; it is a number of milliseconds"},
        {"CARAFE_SLOW_MS", "-1", "CARAFE_SLOW_MS cannot be '-1'; it is a number of milliseconds"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cf_error error = {0};
        setenv(rows[i].variable, rows[i].value, 1);
        assert_null(cf_open(test_url(), .error = &error, .encryption_keys = KEY));
        assert_string_equal(error.message, rows[i].message);
        unsetenv(rows[i].variable);
    }
}

static void a_session_adds_up_its_time(void **state)
{
    (void)state;
    cf_db *db = open_db((cf_open_options){.development = true});
    add_account(db, "Ada", 1);
    int64_t before = cf_statement_time(db);
    assert_true(cf_commit(db));
    assert_true(before > 0 && cf_statement_time(db) > before);
    cf_db *other = cf_session(cf_session_database(db));
    assert_int_equal(cf_statement_time(other), 0);
    assert_non_null(cf_find(other, Account, "name = 'Ada'"));
    assert_true(cf_statement_time(other) > 0);
    cf_close(other);
    close_db(db);

    db = open_db((cf_open_options){0});
    assert_int_equal(cf_statement_time(db), 0); /* nothing is measured in production */
    close_db(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_told_with_their_call_sites),
        cmocka_unit_test(values_are_told_only_when_asked_for),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(the_environment_switches_the_log_on),
        cmocka_unit_test(slow_statements_are_logged),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(a_session_adds_up_its_time),
    };
    unsetenv("CARAFE_ECHO");
    unsetenv("CARAFE_SLOW_MS");
    unsetenv("CARAFE_ENV");
    return RUN_TESTS("echo", tests, argc, argv);
}
