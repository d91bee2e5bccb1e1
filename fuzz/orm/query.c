/*
 * The query language. The first byte chooses the verb, the second argument kinds, model and array sizes; the rest is the
 * text. What is accepted must become one statement for each database, with as many placeholders as values are bound, and on SQLite
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
    cf_json       doc;
} Thing;

CF_MODEL(Thing,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 50),
    CF_COLUMN(active), CF_COLUMN(score), CF_COLUMN(age), CF_COLUMN(at), CF_COLUMN(blob), CF_COLUMN(doc));

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

typedef struct Seal {
    int64_t part_id;
    cf_json doc;
} Seal;

CF_MODEL(Seal, CF_COLUMN(part_id, .primary_key = true, .references = "part.id"), CF_COLUMN(doc));
CF_ONE_TO_ONE(Part, seal, Seal, part, .load = CF_LOAD_JOINED, .other_load = CF_LOAD_JOINED);

typedef struct Line {
    const char *name;
    int64_t     total;
} Line;

CF_ROW(Line, name, total);

static cf_registry *registry;
static sqlite3     *db;

static void start(void)
{
    cf_report report = {0};
    registry = cf_registry_acquire(CF_PROGRAM, &report);
    if (!registry || sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "CREATE TABLE thing (id INTEGER PRIMARY KEY, name, active, score, age, at, blob, doc);"
                     "CREATE TABLE part (id INTEGER PRIMARY KEY, name, thing_id);"
                     "CREATE TABLE tie (thing_id, other_id); CREATE TABLE seal (part_id INTEGER PRIMARY KEY, doc)",
                     NULL, NULL, NULL))
        abort();
}

/* An upsert is the end of an INSERT. */
static void check_sqlite(const cf_sql *sql, size_t bindings, size_t columns, bool upsert, const char *table)
{
    sqlite3_stmt *stmt = NULL;
    const char   *tail = NULL;
    int           code;
    char         *text = upsert ? sqlite3_mprintf("INSERT INTO %s (id) SELECT 1 WHERE TRUE%s", table, sql->text)
                                : sqlite3_mprintf("%s", sql->text);
    if (!text) abort();
    code = sqlite3_prepare_v2(db, text, -1, &stmt, &tail);
    if (code == SQLITE_OK && columns && (size_t)sqlite3_column_count(stmt) != columns) abort();
    /* Depth and size of an expression are limits of SQLite's; a bound value in a function may be refused. */
    if (code == SQLITE_OK && ((size_t)sqlite3_bind_parameter_count(stmt) != bindings || *tail)) abort();
    if (code != SQLITE_OK &&
        (strstr(sqlite3_errmsg(db), "syntax error") || strstr(sqlite3_errmsg(db), "no such column") ||
         strstr(sqlite3_errmsg(db), "no such table") || strstr(sqlite3_errmsg(db), "no such function") ||
         strstr(sqlite3_errmsg(db), "misuse of") || strstr(sqlite3_errmsg(db), "wrong number") ||
         strstr(sqlite3_errmsg(db), "ambiguous"))) {
        fprintf(stderr, "%s\n%s\n", text, sqlite3_errmsg(db));
        abort();
    }
    sqlite3_finalize(stmt);
    sqlite3_free(text);
}

/* Of a row of whole objects; 0: it has none. */
static size_t columns_of(const cf_plan *plan)
{
    bool objects = plan->verb == CF_VERB_ALL || plan->verb == CF_VERB_FIND || plan->verb == CF_VERB_ONE ||
                   plan->verb == CF_VERB_PAGE || plan->verb == CF_VERB_STREAM;
    return objects ? plan->tree->columns : 0;
}

static void emit_all(cf_plan *plan, cf_arena *arena, uint16_t array_size)
{
    for (int d = 0; d < CF_DIALECTS; d++) {
        cf_variant v = {0};
        cf_error   error = {0};
        for (size_t i = 0; i < CF_MOST_ARGUMENTS; i++) v.sizes[i] = array_size;
        if (!cf_emit(plan, cf_dialect_sample((cf_dialect_id)d), arena, &v, &error)) {
            if (error.code != CF_ERR_LIMIT && error.code != CF_ERR_UNSUPPORTED) abort();
            continue;
        }
        if (strlen(v.sql.text) != v.sql.size) abort();
        if (d == CF_SQLITE)
            check_sqlite(&v.sql, v.binding_count, columns_of(plan), plan->verb == CF_VERB_UPSERT, plan->mapper->table);
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
    if (size < 2 || size > 4096) return 0;
    int   verb = data[0] % CF_VERB_ORDER + 1, options = data[1];
    char *text = malloc(size - 1);
    if (!text) return 0;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    memset(kinds, kind_sets[options >> 3 & 3], sizeof kinds);
    cf_site site = {.text = text, .verb = (uint8_t)verb, .file = "fuzz", .line = 1};
    if (verb == CF_VERB_ROWS) site.row = cf_row_Line_;
    if (verb == CF_VERB_SCALAR) site.scalar = CF_TYPE_INT64;
    if (options & 0x20) site.argument_kinds = kinds;
    for (const char *p = text; *p; p++) site.argument_count = (uint8_t)(site.argument_count + (*p == '?'));
    cf_arena  *arena = cf_arena_new(NULL, (size_t)64 << 20);
    cf_mapper *mapper = cf_registry_by_name(registry, options & 0x40 ? "Thing" : "Part");
    site.model = mapper->function;
    cf_plan *plan = cf_plan_make(registry, arena, &site, mapper, &code, message, sizeof message);
    if (!plan && (code == CF_OK || !*message)) abort();
    if (plan) emit_all(plan, arena, (uint16_t)(options >> 6));
    cf_arena_free(arena);
    free(text);
    return 0;
}
