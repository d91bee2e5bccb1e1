/*
 * Random queries give the same on SQLite, PostgreSQL and MariaDB. They are generated from the grammar, with fixed seeds:
 * `test-orm-differential [COUNT [SEED]]`. What the language leaves to the database is not generated: the order of texts
 * that are not plain lower-case letters, patterns in upper case, the place of NULL in an order that does not say it.
 */
#include "fixture.h"

#include "orm/plan.h"

typedef struct Row {
    cf_null_int64 k;
    const char   *t;
    cf_null_int64 n;
} Row;

CF_ROW(Row, k, t, n);

/* ---- random texts --------------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned roll(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % sides);
}

static cf_buffer text;

static void put(const char *words)
{
    cf_buffer_text(&text, words);
}

#define ONE_OF(...) \
    one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void one_of(const char *const *words, size_t count)
{
    put(words[roll((unsigned)count)]);
}

/* The model that names are of, here and in the related rows of any() and its kin. */
typedef enum model { USER, DATASET, PROJECT, NODE } model;

static void number(model m, int depth);
static void words(model m, int depth);
static void condition(model m, int depth);

static void literal(void)
{
    cf_buffer_int(&text, roll(8) ? (int64_t)roll(12) : (int64_t)roll(2000));
}

static void plain_number(model m)
{
    switch (m) {
    case USER: ONE_OF("id", "age", "age", "profile.id", "count(datasets)", "sum(datasets.size)"); break;
    case DATASET: ONE_OF("id", "size", "size", "user_id", "user.age", "user.profile.id"); break;
    case PROJECT: ONE_OF("id", "count(users)", "min(users.age)", "max(users.id)"); break;
    case NODE: ONE_OF("id", "parent_id", "parent.parent_id", "count(children)"); break;
    }
}

static void call(const char *name, void (*argument)(model, int), model m, int depth, const char *rest)
{
    put(name);
    put("(");
    argument(m, depth);
    put(rest);
    put(")");
}

static void infix(void (*operand)(model, int), const char *operator, model m, int depth)
{
    put("(");
    operand(m, depth);
    put(operator);
    operand(m, depth);
    put(")");
}

static void choice(void (*value)(model, int), model m, int depth)
{
    put("case when ");
    condition(m, depth);
    put(" then ");
    value(m, depth);
    put(" else ");
    value(m, depth);
    put(" end");
}

static void number(model m, int depth)
{
    unsigned kind = depth > 0 ? roll(16) : roll(3);
    switch (kind) {
    case 13:
        ONE_OF("(select max(size) from Dataset where ", "(select count(*) from Dataset where ");
        condition(DATASET, depth - 1);
        put(")");
        break;
    case 14:
        put("cast(");
        number(m, depth - 1);
        put(" as integer)");
        break;
    case 0: literal(); break;
    case 1:
    case 2: plain_number(m); break;
    case 3: infix(number, " + ", m, depth - 1); break;
    case 4: infix(number, " - ", m, depth - 1); break;
    case 5:
        put("(");
        number(m, 0);
        cf_buffer_printf(&text, " * %u)", roll(9));
        break;
    case 6:
        put("(");
        number(m, depth - 1);
        cf_buffer_printf(&text, " / %u)", roll(5) + 1);
        break;
    case 7:
        put("(");
        number(m, depth - 1);
        cf_buffer_printf(&text, " %% %u)", roll(5) + 1);
        break;
    case 8: call("abs", number, m, depth - 1, ""); break;
    case 9: call("length", words, m, depth - 1, ""); break;
    case 10: call("coalesce", number, m, depth - 1, ", 7"); break;
    case 11: call("nullif", number, m, depth - 1, ", 3"); break;
    case 12: choice(number, m, depth - 1); break;
    default:
        put("(- ");
        number(m, depth - 1);
        put(")");
    }
}

static void plain_words(model m)
{
    switch (m) {
    case USER: ONE_OF("name", "bio", "email", "profile.motto"); break;
    case DATASET: ONE_OF("name", "user.name", "user.bio", "user.profile.motto"); break;
    case PROJECT: put("name"); break;
    case NODE: ONE_OF("name", "parent.name", "parent.parent.name"); break;
    }
}

static void quoted(void)
{
    ONE_OF("'a'", "'ab'", "'b'", "'c'", "'d'", "'abc'", "'x'", "'m'");
}

static void words(model m, int depth)
{
    unsigned kind = depth > 0 ? roll(11) : roll(4);
    switch (kind) {
    case 0: quoted(); break;
    case 1:
    case 2:
    case 3: plain_words(m); break;
    case 4: call("lower", words, m, depth - 1, ""); break;
    case 5: infix(words, " || ", m, depth - 1); break;
    case 6: call("coalesce", words, m, depth - 1, ", 'q'"); break;
    case 7: call("substr", words, m, depth - 1, ", 2, 2"); break;
    case 8: call("replace", words, m, depth - 1, ", 'a', 'zz'"); break;
    case 9: call("trim", words, m, depth - 1, ""); break;
    default: choice(words, m, depth - 1);
    }
}

static void compare(void (*operand)(model, int), model m, int depth)
{
    operand(m, depth);
    ONE_OF(" = ", " <> ", " < ", " <= ", " > ", " >= ", " = ", " != ", " is distinct from ");
    operand(m, depth);
}

static void quantified(model m, int depth)
{
    static const struct {
        const char *name;
        model       of, to;
    } sides[] = {
        {"datasets", USER, DATASET}, {"projects", USER, PROJECT}, {"users", PROJECT, USER}, {"children", NODE, NODE}};
    size_t i = roll(4);
    if (m == DATASET) { /* it has none to many */
        compare(number, m, depth);
        return;
    }
    while (sides[i].of != m) i = roll(4);
    ONE_OF("any(", "none(", "all(", "any(");
    put(sides[i].name);
    put(", ");
    condition(sides[i].to, depth);
    put(")");
}

static void condition(model m, int depth)
{
    unsigned kind = depth > 0 ? roll(17) : roll(6);
    switch (kind) {
    case 0:
    case 1: compare(number, m, depth > 0 ? depth - 1 : 0); break;
    case 2: compare(words, m, depth > 0 ? depth - 1 : 0); break;
    case 3:
        plain_words(m);
        ONE_OF(" is null", " is not null");
        break;
    case 4:
        plain_number(m);
        ONE_OF(" is null", " is not null");
        break;
    case 5:
        if (m == USER) ONE_OF("active", "not active");
        else compare(number, m, 0);
        break;
    case 6:
    case 7:
        put("(");
        condition(m, depth - 1);
        put(" and ");
        condition(m, depth - 1);
        put(")");
        break;
    case 8:
    case 9:
        put("(");
        condition(m, depth - 1);
        put(" or ");
        condition(m, depth - 1);
        put(")");
        break;
    case 10:
        put("not (");
        condition(m, depth - 1);
        put(")");
        break;
    case 11:
        number(m, depth - 1);
        ONE_OF(" in (1, 2, 3, 5)", " not in (1, 4)", " between 2 and 6", " not between 1 and 3");
        break;
    case 12:
        words(m, depth - 1);
        ONE_OF(" like 'a%'", " not like '%b%'", " like '_b%'", " in ('a', 'ab', 'x')", " between 'a' and 'c'",
               " not in ('a', 'b')");
        break;
    case 13:
        number(m, 0);
        ONE_OF(" in (select user_id from Dataset where ", " not in (select id from Dataset where ");
        condition(DATASET, depth - 1);
        put(")");
        break;
    case 14:
        ONE_OF("exists (select id from Dataset where ", "not exists (select id from Dataset where ");
        condition(DATASET, depth - 1);
        put(")");
        break;
    default: quantified(m, depth - 1);
    }
}

/* ---- queries --------------------------------------------------------------------------------------- */

typedef struct query {
    model m;
    int   verb;
} query;

static void bounds(void)
{
    if (roll(4) == 0) cf_buffer_printf(&text, " limit %u", roll(10));
    else return;
    if (roll(2)) cf_buffer_printf(&text, " offset %u", roll(6));
}

static void objects(model m)
{
    if (roll(10)) condition(m, 3);
    put(" order by ");
    for (unsigned n = roll(3); n > 0; n--) {
        if (roll(2)) call("coalesce", number, m, 1, ", 4"); /* a constant alone is refused */
        else call("lower", words, m, 1, "");
        ONE_OF(" asc nulls first, ", " desc nulls last, ", " nulls last, ", " desc nulls first, ");
    }
    put("id");
    bounds();
}

static void window(model m)
{
    ONE_OF("row_number()", "rank()", "sum(id)", "count(*)", "max(id)");
    put(" over (");
    if (roll(2)) {
        put("partition by ");
        number(m, 1);
        put(" ");
    }
    put("order by id)");
}

static void united(model m)
{
    for (int i = 0; i < 2; i++) {
        put("select id as k, ");
        words(m, 1);
        put(" as t, ");
        number(m, 1);
        put(" as n where ");
        condition(m, 2);
        if (i == 0) ONE_OF(" union ", " union all ", " except ", " intersect ");
    }
    put(" order by k, t nulls first, n nulls first");
}

static void selected(model m)
{
    put("select id as k, ");
    words(m, 2);
    put(" as t, ");
    if (roll(4)) number(m, 2);
    else window(m);
    put(" as n where ");
    condition(m, 2);
    put(" order by id");
    bounds();
}

static void grouped(model m)
{
    put("select ");
    number(m, 1);
    put(" as k, ");
    ONE_OF("min(", "max(");
    words(m, 0);
    put(") as t, ");
    ONE_OF("count(*)", "sum(id)", "max(id)", "count(distinct id)");
    put(" as n");
    if (roll(2)) {
        put(" where ");
        condition(m, 1);
    }
    put(" group by k");
    if (roll(3) == 0) put(" having count(*) > 1");
    put(" order by k nulls first");
}

static query make_query(void)
{
    query q = {(model)roll(4), 0};
    cf_buffer_clear(&text);
    switch (roll(8)) {
    case 0:
        q.verb = CF_VERB_COUNT;
        condition(q.m, 3);
        break;
    case 1:
    case 2:
    case 3:
        q.verb = CF_VERB_ROWS;
        selected(q.m);
        break;
    case 4:
        q.verb = CF_VERB_ROWS;
        if (roll(3)) grouped(q.m);
        else united(q.m);
        break;
    default: q.verb = CF_VERB_ALL; objects(q.m);
    }
    return q;
}

/* ---- databases ------------------------------------------------------------------------------------- */

enum { MOST_DATABASES = 3 };

typedef struct target {
    const char  *name;
    cf_database *database;
    cf_db       *db;
    cf_buffer    answer;
} target;

static const char *some_word(char out[8])
{
    size_t n = roll(3) + 1;
    for (size_t i = 0; i < n; i++) out[i] = (char)('a' + roll(4));
    out[n] = '\0';
    return out;
}

/* The same rows everywhere: the numbers are drawn anew from the same seed. */
static void fill(cf_db *db)
{
    User    *users[24];
    Project *projects[6];
    Node    *nodes[14];
    char     a[8], b[8], email[20];
    seed = 42;
    for (int i = 0; i < 6; i++) projects[i] = cf_add(db, Project, .name = some_word(a));
    for (int i = 0; i < 24; i++) {
        snprintf(email, sizeof email, "e%c", 'a' + i);
        users[i] = cf_add(db, User, .name = some_word(a), .email = email, .bio = roll(3) ? some_word(b) : NULL,
                          .active = roll(2), .age = {.value = (int64_t)roll(9), .set = roll(4) != 0});
        for (unsigned n = roll(4); n > 0; n--) {
            char     name[24];
            Dataset *d;
            snprintf(name, sizeof name, "%s%c", some_word(a), (char)('a' + (int)n));
            d = cf_add(db, Dataset, .name = name, .size = (int32_t)roll(10));
            Dataset_set_user(d, users[i]);
        }
        if (roll(2)) Profile_set_user(cf_add(db, Profile, .motto = some_word(a)), users[i]);
        for (int p = 0; p < 6; p++)
            if (roll(4) == 0) cf_append(User_projects(users[i]), projects[p]);
    }
    for (int i = 0; i < 14; i++) {
        nodes[i] = cf_add(db, Node, .name = some_word(a));
        if (i > 2) Node_set_parent(nodes[i], nodes[roll((unsigned)i)]);
        if (!cf_flush(db)) fail_msg("%s", cf_error(db)->message);
    }
    if (!cf_commit(db)) fail_msg("%s", cf_error(db)->message);
}

static bool open_target(target *t, const char *name, const char *url)
{
    cf_error error = {0};
    if (!url || !*url) return false;
    t->name = name;
    t->database = cf_open(url, .error = &error);
    if (!t->database) fail_msg("%s: %s", name, error.message);
    t->db = cf_session(t->database);
    if (!cf_drop_all(t->db) || !cf_create_all(t->db)) fail_msg("%s: %s", name, cf_error(t->db)->message);
    fill(t->db);
    cf_close(t->db);
    return true;
}

static void close_target(target *t)
{
    t->db = cf_session(t->database);
    cf_drop_all(t->db);
    cf_close(t->db);
    cf_shutdown(t->database);
}

static void put_number(cf_buffer *out, cf_null_int64 n)
{
    if (n.set) cf_buffer_printf(out, "%lld ", (long long)n.value);
    else cf_buffer_text(out, "null ");
}

static cf_arena *sites; /* the registry knows them until the databases are shut down */

/* What a query gives, as text; a failure as its code. Unsupported ones are no failure of theirs. */
static void ask(target *t, const query *q)
{
    static cf_model_fn *const models[] = {cf_model_User_, cf_model_Dataset_, cf_model_Project_, cf_model_Node_};
    static const uint8_t      no_kinds[1];
    cf_site                   site = {.model = models[q->m],
                                      .text = cf_arena_text(sites, text.data, text.size),
                                      .file = "random",
                                      .line = 1,
                                      .verb = (uint8_t)q->verb,
                                      .argument_kinds = no_kinds,
                                      .row = q->verb == CF_VERB_ROWS ? cf_row_Row_ : NULL};
    cf_value                  none = {0};
    cf_site                  *kept = cf_arena_alloc(sites, sizeof *kept);
    assert_non_null(kept);
    *kept = site;
    t->db = cf_session(t->database);
    cf_buffer_clear(&t->answer);
    cf_buffer_text(&t->answer, "");
    if (q->verb == CF_VERB_COUNT) {
        cf_buffer_printf(&t->answer, "%lld", (long long)cf_count_(t->db, kept, &none));
    } else if (q->verb == CF_VERB_ALL) {
        cf_each(void, object, (void **)cf_all_(t->db, kept, &none)) /* the key is the first member of all four */
            cf_buffer_printf(&t->answer, "%lld ", (long long)*(int64_t *)object);
    } else {
        cf_each(Row, row, (Row **)cf_rows_(t->db, kept, &none)) {
            put_number(&t->answer, row->k);
            cf_buffer_printf(&t->answer, "%s ", row->t ? row->t : "null");
            put_number(&t->answer, row->n);
            cf_buffer_text(&t->answer, "| ");
        }
    }
    const cf_error *error = cf_error(t->db);
    if (error->code != CF_OK) {
        cf_buffer_clear(&t->answer);
        cf_buffer_printf(&t->answer, "%s: %s", cf_code_name(error->code), error->message);
    }
    cf_close(t->db);
}

static int  count = 400;
static char first_seed[24] = "1";

static void random_queries_give_the_same_everywhere(void **state)
{
    (void)state;
    target targets[MOST_DATABASES] = {{0}};
    size_t opened = 0;
    int    different = 0, refused = 0, empty = 0;
    sites = cf_arena_new(NULL, 0);
    opened += open_target(&targets[opened], "sqlite", "sqlite://");
    opened += open_target(&targets[opened], "postgresql", getenv("CARAFE_TEST_POSTGRESQL"));
    opened += open_target(&targets[opened], "mariadb", getenv("CARAFE_TEST_MARIADB"));
    for (int i = 0; i < count; i++) {
        seed = strtoull(first_seed, NULL, 10) * 1000003u + (uint64_t)i;
        for (int warm = 0; warm < 3; warm++) roll(2);
        query q = make_query();
        bool  same = true;
        for (size_t t = 0; t < opened; t++) ask(&targets[t], &q);
        for (size_t t = 1; t < opened; t++) same &= strcmp(targets[t].answer.data, targets[0].answer.data) == 0;
        refused += strstr(targets[0].answer.data, "random:1") != NULL;
        empty += targets[0].answer.size == 0;
        if (same && !strstr(targets[0].answer.data, ": ")) continue;
        if (same && strstr(targets[0].answer.data, "random:1") && getenv("SHOW_REFUSED"))
            print_message("refused: %s\n", targets[0].answer.data);
        if (same) continue;
        if (++different > 5) continue;
        print_error("query %d, cf_%d: %s\n", i, q.verb, text.data);
        for (size_t t = 0; t < opened; t++) print_error("  %s: %s\n", targets[t].name, targets[t].answer.data);
    }
    print_message("%d queries, %d different, %d refused, %d without rows\n", count, different, refused, empty);
    for (size_t t = 0; t < opened; t++) {
        cf_buffer_free(&targets[t].answer);
        close_target(&targets[t]);
    }
    cf_arena_free(sites);
    cf_buffer_free(&text);
    assert_int_equal(different, 0);
    assert_true(refused * 10 < count && empty * 2 < count); /* else little is tested */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_queries_give_the_same_everywhere)};
    const char             *postgresql = getenv("CARAFE_TEST_POSTGRESQL"), *mariadb = getenv("CARAFE_TEST_MARIADB");
    if (argc > 1) count = atoi(argv[1]);
    if (argc > 2) snprintf(first_seed, sizeof first_seed, "%s", argv[2]);
    if (!postgresql && !mariadb) {
        print_message("CARAFE_TEST_POSTGRESQL and CARAFE_TEST_MARIADB are not set\n");
        return NO_SERVER;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
