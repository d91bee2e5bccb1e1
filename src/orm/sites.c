/* The query sites of a program: the statements they become, and their plans by file and line. */
#include "orm/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

const char *cf_verb_name(int verb)
{
    static const char *const names[] = {
        [CF_VERB_ALL] = "cf_all",
        [CF_VERB_FIND] = "cf_find",
        [CF_VERB_COUNT] = "cf_count",
        [CF_VERB_EXISTS] = "cf_exists",
        [CF_VERB_DELETE_WHERE] = "cf_delete_where",
        [CF_VERB_UPDATE_WHERE] = "cf_update_where",
        [CF_VERB_PAGE] = "cf_paginate",
        [CF_VERB_SLICE] = "cf_slice",
        [CF_VERB_ONE] = "cf_one",
        [CF_VERB_STREAM] = "cf_stream",
        [CF_VERB_ROWS] = "cf_rows",
        [CF_VERB_SCALAR] = "cf_scalar",
        [CF_VERB_UPSERT] = "cf_upsert",
        [CF_VERB_WHERE] = "cf_where",
        [CF_VERB_ORDER] = "cf_order_by",
        [CF_VERB_WITH] = "cf_with",
    };
    const char *name = verb > 0 && verb < (int)(sizeof names / sizeof *names) ? names[verb] : NULL;
    return name ? name : "query";
}

static uint32_t form_of(int verb)
{
    return verb == CF_VERB_PAGE ? CF_FORM_PAGE : verb == CF_VERB_SLICE ? CF_FORM_SLICE : CF_FORM_PLAIN;
}

static void put_site(cf_buffer *out, const cf_site *site, const cf_mapper *m)
{
    cf_buffer_printf(out, "%s:%d: %s(%s, \"%s\")\n", site->file, site->line, cf_verb_name(site->verb), m->name,
                     site->text);
}

/* ---- statements --------------------------------------------------------------------------------- */

static bool put_statement(cf_registry *registry, const cf_site *site, cf_mapper *m, const cf_dialect *dialect,
                          cf_buffer *out, cf_error *error)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_variant v = {.form = form_of(site->verb)};
    char       message[sizeof error->message];
    cf_code    code = CF_OK;
    for (size_t i = 0; i < CF_MOST_ARGUMENTS; i++) v.sizes[i] = 1;
    cf_plan *plan = arena ? cf_plan_make(registry, arena, site, m, &code, message, sizeof message) : NULL;
    bool     ok = plan && cf_emit(plan, dialect, arena, &v, error);
    if (ok && site->verb == CF_VERB_UPSERT) cf_buffer_printf(out, "  INSERT INTO ... VALUES ...%s\n", v.sql.text);
    else if (ok) cf_buffer_printf(out, "  %s\n", v.sql.text);
    if (!plan && code != CF_OK) cf_fail(error, code, "%s", message);
    cf_arena_free(arena);
    return ok || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

static bool put_all(cf_registry *registry, const cf_program *program, const cf_dialect *dialect, cf_buffer *out,
                    cf_error *error)
{
    for (const void *const *p = program->sites; p < program->sites_end; p++) {
        const cf_site *site = *p;
        if (!site || site->verb == CF_VERB_SQL) continue;
        cf_mapper *m = cf_registry_mapper(registry, site->model);
        if (!m) continue; /* the check has told */
        put_site(out, site, m);
        if (!put_statement(registry, site, m, dialect, out, error)) return false;
    }
    return !out->failed || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

bool cf_queries_text_(const cf_program *program, const char *dialect, cf_buffer *out, cf_error *error)
{
    cf_dialect_id id;
    cf_registry  *registry = cf_registry_acquire_for(program, dialect, &id, error);
    if (!registry) return false;
    bool ok = put_all(registry, program, cf_dialect_sample(id), out, error);
    cf_registry_release(registry);
    return ok;
}

/* ---- values from words --------------------------------------------------------------------------- */

static bool read_int(const char *text, void *out)
{
    return cf_parse_int(text, strlen(text), out);
}

static bool read_double(const char *text, void *out)
{
    return cf_parse_double(text, strlen(text), out);
}

static bool read_bool(const char *text, void *out)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    *(bool *)out = yes;
    return yes || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool read_text(const char *text, void *out)
{
    *(const char **)out = text;
    return true;
}

static bool read_bytes(const char *text, void *out)
{
    *(cf_bytes *)out = (cf_bytes){text, strlen(text)};
    return true;
}

static bool read_json(const char *text, void *out)
{
    *(cf_json *)out = (cf_json){text};
    return true;
}

static bool read_date(const char *text, void *out)
{
    return cf_date_parse(text, strlen(text), out);
}

static bool read_time(const char *text, void *out)
{
    return cf_time_parse(text, strlen(text), out);
}

static bool read_datetime(const char *text, void *out)
{
    return cf_datetime_parse(text, strlen(text), out);
}

static bool read_interval(const char *text, void *out)
{
    return cf_parse_int(text, strlen(text), &((cf_interval *)out)->usec);
}

static bool read_decimal(const char *text, void *out)
{
    return cf_decimal_parse(text, strlen(text), out);
}

static bool read_uuid(const char *text, void *out)
{
    return cf_uuid_parse(text, strlen(text), out);
}

/* How values of a kind are read from a word, and which one stands in where none is given. */
static const struct kind_row {
    int    kind, type;
    size_t size;
    bool (*read)(const char *text, void *out);
    const char *sample;
} kind_rows[] = {
    {CF_TEXT, CF_TYPE_TEXT, sizeof(char *), read_text, "x"},
    {CF_INT, CF_TYPE_INT64, sizeof(int64_t), read_int, "1"},
    {CF_FLOAT, CF_TYPE_DOUBLE, sizeof(double), read_double, "1"},
    {CF_BOOL, CF_TYPE_BOOL, sizeof(bool), read_bool, "true"},
    {CF_DATE, CF_TYPE_DATE, sizeof(cf_date), read_date, "2024-01-01"},
    {CF_TIME, CF_TYPE_TIME, sizeof(cf_time), read_time, "12:00:00"},
    {CF_DATETIME, CF_TYPE_DATETIME, sizeof(cf_datetime), read_datetime, "2024-01-01 12:00:00"},
    {CF_INTERVAL, CF_TYPE_INTERVAL, sizeof(cf_interval), read_interval, "1"},
    {CF_DECIMAL, CF_TYPE_DECIMAL, sizeof(cf_decimal), read_decimal, "1"},
    {CF_UUID, CF_TYPE_UUID, sizeof(cf_uuid), read_uuid, "00000000-0000-0000-0000-000000000001"},
    {CF_BYTES, CF_TYPE_BYTES, sizeof(cf_bytes), read_bytes, "x"},
    {CF_JSON, CF_TYPE_JSON, sizeof(cf_json), read_json, "{}"},
};

static const struct kind_row *kind_row(int kind)
{
    for (size_t i = 0; i < sizeof kind_rows / sizeof *kind_rows; i++)
        if (kind_rows[i].kind == kind) return &kind_rows[i];
    return &kind_rows[0];
}

static bool misfit(cf_db *db, const cf_site *site, size_t number, const char *word, int kind)
{
    return cf_session_fail(db, CF_ERR_TYPE, "%s:%d: value %zu cannot be '%s'; it is %s", site->file, site->line,
                           number + 1, word, cf_kind_name(kind));
}

/* "1,2,3" */
static bool read_array(cf_db *db, const cf_site *site, size_t number, const struct kind_row *row, const char *word,
                       cf_value *out)
{
    size_t count = 1;
    for (const char *c = word; *c; c++) count += *c == ',';
    cf_array *array = cf_arena_alloc(db->arena, sizeof *array);
    char     *items = cf_arena_array(db->arena, count, row->size), *copy = cf_arena_copy(db->arena, word), *rest = NULL;
    if (!array || !items || !copy) return cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
    count = 0;
    for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
        if (!row->read(part, items + row->size * count++)) return misfit(db, site, number, part, row->kind);
    *array = (cf_array){items, count, row->type, row->size};
    *out = cf_value_array_(array);
    return true;
}

/* C's true is an integer, enumerations are given by their names, of an array each element is read. */
static int value_kind(const cf_plan *plan, const cf_site *site, size_t number)
{
    int                 kind = site->argument_kinds[number] & (uint8_t)~CF_ARGUMENT_NULLABLE;
    const cf_attribute *a = plan->parameter_for[number];
    if (a && a->special) return CF_TEXT;
    if (a && (kind == CF_SEQUENCE || a->kind == CF_BOOL)) return a->kind;
    return kind == CF_SEQUENCE ? CF_INT : kind;
}

static bool read_value(cf_db *db, const cf_plan *plan, const cf_site *site, size_t number, const char *word,
                       cf_value *out)
{
    bool                   array = (site->argument_kinds[number] & (uint8_t)~CF_ARGUMENT_NULLABLE) == CF_SEQUENCE;
    int                    kind = value_kind(plan, site, number);
    const struct kind_row *row = kind_row(kind);
    if (!word) word = row->sample;
    if (array) return read_array(db, site, number, row, word, out);
    void *item = cf_arena_alloc(db->arena, row->size);
    if (!item) return cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
    if (strcmp(word, "null") == 0) *out = cf_value_null();
    else if (!row->read(word, item)) return misfit(db, site, number, word, kind);
    else *out = cf_value_read(item, row->type, row->size);
    return true;
}

/* ---- plans by file and line ----------------------------------------------------------------------- */

static bool explain_site(cf_db *db, cf_site *site, const char *const *words, size_t count, cf_buffer *out)
{
    cf_value values[CF_MOST_ARGUMENTS + 1] = {{0}};
    cf_value page[] = {cf_value_int(20), cf_value_int(0)};
    cf_plan *plan = cf_site_plan(db->database->registry, site, &db->error);
    if (!plan) {
        cf_session_failed(db, NULL, site->file, site->line);
        return false;
    }
    if (count > site->argument_count)
        return cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: the query takes %d values, not %zu", site->file, site->line,
                               site->argument_count, count);
    for (size_t i = 0; i < site->argument_count; i++)
        if (!read_value(db, plan, site, i, i < count ? words[i] : NULL, &values[i])) return false;
    cf_run r = {.db = db, .site = site, .values = values, .extra = page};
    put_site(out, site, plan->mapper);
    if (site->verb == CF_VERB_UPSERT) { /* a plan would say that a row is inserted */
        cf_buffer_text(out, "  rows are inserted; there is nothing to explain\n");
        return true;
    }
    return cf_explain_run(&r, form_of(site->verb), out);
}

/* Does "src/users.c" end with the `size` bytes of "users.c", or are they the same? */
static bool same_file(const char *file, const char *name, size_t size)
{
    size_t length = strlen(file);
    if (length < size || memcmp(file + length - size, name, size) != 0) return false;
    return length == size || file[length - size - 1] == '/';
}

/* The site of the file whose line is nearest, or NULL. */
static const cf_site *nearest(const cf_program *program, const char *name, size_t size, int64_t line)
{
    const cf_site *best = NULL;
    for (const void *const *p = program->sites; p < program->sites_end; p++) {
        const cf_site *site = *p;
        if (site && same_file(site->file, name, size) && (!best || llabs(site->line - line) < llabs(best->line - line)))
            best = site;
    }
    return best;
}

bool cf_explain_at_(const cf_program *program, cf_db *db, const char *place, const char *const *values, size_t count,
                    cf_buffer *out)
{
    const char *colon = strrchr(place, ':');
    size_t      size = colon ? (size_t)(colon - place) : strlen(place);
    int64_t     line = 0;
    bool        any = false, ok = cf_session_ok(db);
    if (colon && !cf_parse_int(colon + 1, strlen(colon + 1), &line))
        return cf_session_fail(db, CF_ERR_SYNTAX, "'%.200s' is no FILE:LINE", place);
    for (const void *const *p = program->sites; ok && p < program->sites_end; p++) {
        cf_site *site = (cf_site *)(uintptr_t)*p;
        if (!site || site->verb == CF_VERB_SQL || !same_file(site->file, place, size) || (colon && site->line != line))
            continue;
        any = true;
        ok = explain_site(db, site, values, count, out);
    }
    if (!ok) return false;
    if (any) return !out->failed || cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
    const cf_site *near = nearest(program, place, size, line);
    if (near)
        return cf_session_fail(db, CF_ERR_NAME, "there is no query at %.200s; the nearest is at line %d", place,
                               near->line);
    return cf_session_fail(db, CF_ERR_NAME, "there is no query in %.*s", (int)(size < 200 ? size : 200), place);
}
