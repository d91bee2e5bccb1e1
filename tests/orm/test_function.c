/* Functions of the language: the same text gives the same value on every database. */
#define OWN_MODELS
#include "fixture.h"

#include "orm/rows.h"

typedef struct Sample {
    int64_t       id;
    const char   *name;
    int32_t       whole;
    double        number;
    cf_decimal    price;
    bool          flag;
    cf_date       day;
    cf_datetime   at;
    cf_json       doc;
    cf_null_int64 nothing;
} Sample;

CF_MODEL(Sample,
    CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 40), CF_COLUMN(whole), CF_COLUMN(number),
    CF_COLUMN(price, .precision = 10, .scale = 2), CF_COLUMN(flag), CF_COLUMN(day), CF_COLUMN(at), CF_COLUMN(doc),
    CF_COLUMN(nothing));

static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db      *db = ((fixture *)*state)->db;
    cf_date     day;
    cf_datetime at;
    cf_decimal  price;
    cf_date_make(2024, 2, 28, &day);
    cf_datetime_parse("2024-12-31T23:59:58.999999", 26, &at);
    cf_decimal_parse("12.50", 5, &price);
    cf_add(db, Sample, .name = "Hällo_World", .whole = -7, .number = 2.5, .price = price, .flag = true, .day = day,
           .at = at,
           .doc = {"{\"k\": 1, \"t\": [\"a\", \"b\"], \"f\": 1.5, \"s\": \"it's\", \"y\": true, \"n\": null}"});
    return cf_commit(db) ? 0 : -1;
}

/* A value as text. */
static const char *shown(cf_value v)
{
    static char text[200];
    switch (v.kind) {
    case CF_NULL: return "null";
    case CF_BOOL: return v.as.boolean ? "true" : "false";
    case CF_INT: snprintf(text, sizeof text, "%lld", (long long)v.as.integer); break;
    case CF_FLOAT: snprintf(text, sizeof text, "%g", v.as.number); break;
    case CF_TEXT: snprintf(text, sizeof text, "%.*s", (int)v.size, v.as.text); break;
    case CF_DATE: cf_date_format(v.as.date, text); break;
    case CF_DATETIME: cf_datetime_format(v.as.datetime, text); break;
    case CF_DECIMAL: {
        size_t n = cf_decimal_format(*v.as.decimal, text);
        while (strchr(text, '.') && n && (text[n - 1] == '0' || text[n - 1] == '.')) { /* zeros that say nothing */
            bool point = text[--n] == '.';
            text[n] = '\0';
            if (point) break;
        }
        break;
    }
    default: return cf_kind_name(v.kind);
    }
    return text;
}

static const struct {
    const char *expression, *value;
} cases[] = {
    {"concat(name, '!', '?')", "Hällo_World!?"},
    {"name || '-' || name", "Hällo_World-Hällo_World"},
    {"length(name)", "11"},
    {"lower('ABC')", "abc"},
    {"upper('abc')", "ABC"},
    {"trim('  x ') || '.'", "x."},
    {"ltrim('  x ') || '.'", "x ."},
    {"rtrim('  x ') || '.'", "  x."},
    {"replace(name, 'll', 'LL')", "HäLLo_World"},
    {"instr(name, 'l')", "3"},
    {"instr(name, 'L')", "0"},
    {"left(name, 2)", "Hä"},
    {"left(name, 0) || '.'", "."},
    {"left(name, -1) || '.'", "."},
    {"left(name, 99)", "Hällo_World"},
    {"right(name, 3)", "rld"},
    {"right(name, 0) || '.'", "."},
    {"right(name, -2) || '.'", "."},
    {"right(name, 99)", "Hällo_World"},
    {"substr(name, 2, 3)", "äll"},
    {"substr(name, 7)", "World"},
    {"substr(name, whole, 2)", "Hä"},
    {"substr(name, 1, whole) || '.'", "."},
    {"abs(whole)", "7"},
    {"round(number)", "3"},
    {"round(0 - number)", "-3"},
    {"round(number * 1.5, 1)", "3.8"},
    {"round(whole)", "-7"},
    {"floor(number)", "2"},
    {"floor(0 - number)", "-3"},
    {"ceil(number)", "3"},
    {"ceil(0 - number)", "-2"},
    {"floor(whole)", "-7"},
    {"sign(whole)", "-1"},
    {"sign(number)", "1"},
    {"sign(0)", "0"},
    {"sqrt(number * 10)", "5"},
    {"sqrt(whole)", "null"},
    {"power(number, 2)", "6.25"},
    {"mod(whole, 4)", "-3"},
    {"mod(whole, 0)", "null"},
    {"whole % 4", "-3"},
    {"whole / 2", "-3"},
    {"whole / 2.0", "-3.5"},
    {"whole / (id - 1)", "null"},
    {"number / 0", "null"},
    {"min(whole, 3, -9)", "-9"},
    {"max(whole, 3)", "3"},
    {"greatest(number, whole)", "2.5"},
    {"least('b', 'a')", "a"},
    {"max(whole, nothing)", "null"},
    {"min(nothing, whole)", "null"},
    {"coalesce(nothing, whole)", "-7"},
    {"nullif(whole, -7)", "null"},
    {"date(at)", "2024-12-31"},
    {"date(day)", "2024-02-28"},
    {"year(at)", "2024"},
    {"month(at)", "12"},
    {"day(at)", "31"},
    {"hour(at)", "23"},
    {"minute(at)", "59"},
    {"second(at)", "58"},
    {"year(day) * 10000 + month(day) * 100 + day(day)", "20240228"},
    {"add_days(day, 2)", "2024-03-01"},
    {"add_days(day, -59)", "2023-12-31"},
    {"add_days(at, 1)", "2025-01-01 23:59:58.999999"},
    {"add_hours(at, -24)", "2024-12-30 23:59:58.999999"},
    {"add_minutes(at, 1)", "2025-01-01 00:00:58.999999"},
    {"add_seconds(at, 2)", "2025-01-01 00:00:00.999999"},
    {"add_days(at, whole)", "2024-12-24 23:59:58.999999"},
    {"days_between(day, date(at))", "307"},
    {"days_between(at, at)", "0"},
    {"days_between(at, add_seconds(at, 2))", "1"},
    {"now() > at", "true"},
    {"json(doc, 'k')", "1"},
    {"json(doc, 't', 1)", "b"},
    {"json(doc, 't')", "null"},
    {"json(doc, 's')", "it's"},
    {"json(doc, 'y')", "true"},
    {"json(doc, 'n')", "null"},
    {"json(doc, 'none')", "null"},
    {"json(doc, 'k') = 1", "true"},
    {"json(doc, 'k') + 1", "2"},
    {"json(doc, 'f') = 1.5", "true"},
    {"json(doc, 's') = 'it''s'", "true"},
    {"json(doc, 's') = 1", "null"},
    {"json(doc, 'y') = true", "true"},
    {"cast(json(doc, 'k') as integer)", "1"},
    {"cast(whole as text)", "-7"},
    {"cast(flag as text)", "true"},
    {"cast('42' as integer)", "42"},
    {"cast(number as integer)", "2"},
    {"cast(0 - number as integer)", "-2"},
    {"cast(flag as integer)", "1"},
    {"cast(whole as real) / 2", "-3.5"},
    {"cast(whole as bool)", "true"},
    {"cast(id - 1 as bool)", "false"},
    {"cast('12.25' as decimal) = 12.25", "true"},
    {"case when flag then price else 0 end", "12.5"},
    {"case when flag then 0 else price end", "0"},
    {"case when flag then price else number end", "12.5"},
    {"coalesce(price, number)", "12.5"},
    {"cast(at as date)", "2024-12-31"},
    {"cast(day as datetime)", "2024-02-28 00:00:00"},
    {"cast('2024-05-06' as date)", "2024-05-06"},
    {"cast(nothing as text)", "null"},
    {"name like 'H%'", "true"},
    {"name like 'h%'", "false"},
    {"name ilike 'h%'", "true"},
    {"name not ilike 'x%'", "true"},
    {"name like '%o!_W%' escape '!'", "true"},
    {"name starts with 'Hä'", "true"},
    {"name starts with 'h'", "false"},
    {"name starts with 'H_'", "false"},
    {"name starts with '%'", "false"},
    {"name starts with ''", "true"},
    {"name not starts with 'x'", "true"},
    {"name ends with 'World'", "true"},
    {"name ends with '%'", "false"},
    {"name ends with ''", "true"},
    {"name contains 'o_W'", "true"},
    {"name contains 'o%W'", "false"},
    {"name contains 'O_W'", "false"},
    {"name not contains 'zz'", "true"},
    {"'abc' < 'abd'", "true"},
    {"'B' < 'a'", "true"},
    {"case name when 'x' then 1 when 'Hällo_World' then 2 else 3 end", "2"},
    {"case when whole > 0 then 1 end", "null"},
    {"nothing is distinct from 1", "true"},
    {"nothing is not distinct from nothing", "true"},
    {"price * 2", "25"},
    {"price > 3", "true"},
    {"count(*)", "1"},
    {"count(nothing)", "0"},
    {"count(distinct name)", "1"},
    {"sum(whole)", "-7"},
    {"sum(nothing)", "null"},
    {"avg(whole)", "-7"},
    {"sum(number)", "2.5"},
    {"min(day)", "2024-02-28"},
    {"max(at)", "2024-12-31 23:59:58.999999"},
    {"max(price)", "12.5"},
    {"group_concat(name)", "Hällo_World"},
    {"group_concat(name, '; ')", "Hällo_World"},
};

#define COUNT (sizeof cases / sizeof *cases)

static void each_function(void **state)
{
    static cf_site       sites[COUNT];
    static char          texts[COUNT][200];
    static const uint8_t no_kinds[1];
    cf_db               *db = ((fixture *)*state)->db;
    int                  wrong = 0;
    for (size_t i = 0; i < COUNT; i++) {
        cf_value_table rows;
        cf_value       none = {0};
        snprintf(texts[i], sizeof texts[i], "select %s", cases[i].expression);
        sites[i] =
            (cf_site){.model = cf_model_Sample_, .text = texts[i], .verb = CF_VERB_ROWS, .argument_kinds = no_kinds};
        bool        ok = cf_session_table(db, &sites[i], &none, &rows);
        const char *got =
            ok ? rows.count == 1 ? shown(rows.values[0]) : "another number of rows" : cf_error(db)->message;
        if (strcmp(got, cases[i].value) != 0) {
            print_error("%s: %s, not %s\n", cases[i].expression, got, cases[i].value);
            wrong++;
        }
        if (!ok) cf_rollback(db);
    }
    assert_int_equal(wrong, 0);
}

static void user_text_is_escaped(void **state)
{
    cf_db    *db = ((fixture *)*state)->db;
    cf_arena *arena = cf_session_arena(db);
    assert_string_equal(cf_like_escape(arena, "50%_!x"), "50!%!_!!x");
    assert_null(cf_like_escape(arena, NULL));
    assert_int_equal(cf_count(db, Sample, "name like ? escape '!'", cf_like_escape(arena, "H_llo_World")), 0);
    assert_int_equal(cf_count(db, Sample, "name like ? escape '!'", cf_like_escape(arena, "Hällo_World")), 1);
    assert_int_equal(cf_count(db, Sample, "name starts with ?", "Hä"), 1);
    assert_int_equal(cf_count(db, Sample, "name ends with ? and left(name, ?) = ?", "ld", 1, "H"), 1);
    assert_int_equal(cf_count(db, Sample, "add_days(day, ?) = ?", 1, ((cf_date){19782})), 1);
    assert_int_equal(cf_count(db, Sample, "at between add_days(now(), ?) and now()", -100000), 1);
    assert_ok(db);
}

/* Functions that need their argument twice, within one another: an error in time, not a statement without end. */
static void statements_are_bounded(void **state)
{
    static const uint8_t no_kinds[1];
    static char          text[2000];
    static cf_site       site;
    cf_db               *db = ((fixture *)*state)->db;
    cf_value_table       rows;
    cf_value             none = {0};
    size_t               n = (size_t)snprintf(text, sizeof text, "select ");
    for (int i = 0; i < 40; i++) n += (size_t)snprintf(text + n, sizeof text - n, "sqrt(sign(");
    n += (size_t)snprintf(text + n, sizeof text - n, "number");
    for (int i = 0; i < 80; i++) text[n++] = ')';
    text[n] = '\0';
    site = (cf_site){.model = cf_model_Sample_, .text = text, .verb = CF_VERB_ROWS, .argument_kinds = no_kinds};
    bool ok = cf_session_table(db, &site, &none, &rows);
    assert_true(ok || cf_error(db)->code == CF_ERR_LIMIT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_function, fill, fixture_close),
        cmocka_unit_test_setup_teardown(statements_are_bounded, fill, fixture_close),
        cmocka_unit_test_setup_teardown(user_text_is_escaped, fill, fixture_close),
    };
    return RUN_TESTS("function", tests, argc, argv);
}
