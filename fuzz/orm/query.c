/*
 * The query language. The first byte chooses verb, argument kinds and array sizes; the rest is the text. What is
 * accepted must become one statement for each database, with as many placeholders as values are bound, and on SQLite
 * one that its own parser takes.
 */
#include <carafe/relation.h>

#include "orm/plan.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Thing {
    int64_t       id;
    const char   *name;
    bool          active;
    double        score;
    cf_null_int64 age;
    cf_datetime   at;
    cf_bytes      blob;
} Thing;

CF_MODEL(Thing,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 50),
    CF_COLUMN(active), CF_COLUMN(score), CF_COLUMN(age), CF_COLUMN(at), CF_COLUMN(blob));

typedef struct Part {
    int64_t       id;
    const char   *name;
    cf_null_int64 thing_id;
} Part;

CF_MODEL(Part, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_COLUMN(thing_id, .references = "thing.id"));

typedef struct Tie {
    int64_t thing_id, other_id;
} Tie;

CF_MODEL(Tie,
    CF_COLUMN(thing_id, .primary_key = true, .references = "thing.id"),
    CF_COLUMN(other_id, .primary_key = true, .references = "thing.id"));

CF_ONE_TO_MANY(Thing, parts, Part, thing);
CF_MANY_TO_MANY(Thing, ties, Thing, tied, Tie);

static cf_registry *registry;
static sqlite3     *db;

static void start(void)
{
    cf_report report = {0};
    registry = cf_registry_acquire(CF_PROGRAM, &report);
    if (!registry || sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "CREATE TABLE thing (id INTEGER PRIMARY KEY, name, active, score, age, at, blob);"
                     "CREATE TABLE part (id INTEGER PRIMARY KEY, name, thing_id);"
                     "CREATE TABLE tie (thing_id, other_id)",
                     NULL, NULL, NULL))
        abort();
}

static void check_sqlite(const cf_sql *sql, size_t bindings)
{
    sqlite3_stmt *stmt = NULL;
    const char   *tail = NULL;
    int           code = sqlite3_prepare_v2(db, sql->text, (int)sql->size, &stmt, &tail);
    /* Depth and size of an expression are limits of SQLite's; a bound value in a function may be refused. */
    if (code == SQLITE_OK && ((size_t)sqlite3_bind_parameter_count(stmt) != bindings || *tail)) abort();
    if (code != SQLITE_OK &&
        (strstr(sqlite3_errmsg(db), "syntax error") || strstr(sqlite3_errmsg(db), "no such column") ||
         strstr(sqlite3_errmsg(db), "ambiguous"))) {
        fprintf(stderr, "%s\n%s\n", sql->text, sqlite3_errmsg(db));
        abort();
    }
    sqlite3_finalize(stmt);
}

static void emit_all(cf_plan *plan, cf_arena *arena, uint16_t array_size)
{
    for (int d = 0; d < CF_DIALECTS; d++) {
        cf_variant v = {0};
        cf_error   error = {0};
        for (size_t i = 0; i < CF_MOST_ARGUMENTS; i++) v.sizes[i] = array_size;
        if (!cf_emit(plan, cf_dialect_sample((cf_dialect_id)d), arena, &v, &error)) {
            if (error.code != CF_ERR_LIMIT) abort();
            continue;
        }
        if (strlen(v.sql.text) != v.sql.size) abort();
        if (d == CF_SQLITE) check_sqlite(&v.sql, v.binding_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t kind_sets[4] = {CF_INT, CF_TEXT, CF_SEQUENCE, CF_DATETIME};
    uint8_t              kinds[CF_MOST_ARGUMENTS];
    char                 message[768];
    cf_code              code = CF_OK;
    if (!registry) start();
    if (size < 1 || size > 4096) return 0;
    char *text = malloc(size);
    if (!text) return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    memset(kinds, kind_sets[data[0] >> 3 & 3], sizeof kinds);
    cf_site site = {.text = text, .verb = (uint8_t)(data[0] % 5 + CF_VERB_ALL)};
    if (data[0] & 0x20) site.argument_kinds = kinds;
    for (const char *p = text; *p; p++) site.argument_count = (uint8_t)(site.argument_count + (*p == '?'));
    cf_arena  *arena = cf_arena_new(NULL, (size_t)64 << 20);
    cf_mapper *mapper = cf_registry_by_name(registry, data[0] & 0x40 ? "Thing" : "Part");
    cf_plan   *plan = cf_plan_make(registry, arena, &site, mapper, &code, message, sizeof message);
    if (!plan && (code == CF_OK || !*message)) abort();
    if (plan) emit_all(plan, arena, data[0] >> 6);
    cf_arena_free(arena);
    free(text);
    return 0;
}
