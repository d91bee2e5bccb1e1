/* Importing: rows of a table in their thousands, past the identity map, in constant memory. */
#include "orm/row.h"

#include <stdio.h>
#include <string.h>

#define MOST_ROWS 5000               /* that wait to be sent together */
#define MOST_BYTES ((size_t)4 << 20) /* of their values */

struct cf_import {
    cf_db            *db;
    struct cf_import *next; /* other open ones of the session */
    cf_mapper        *mapper;
    cf_arena         *arena;   /* of the import */
    cf_arena         *scratch; /* of the rows that wait */
    size_t            empty;   /* its size without any */
    cf_value         *values;
    size_t            capacity; /* rows */
    size_t            count;    /* rows that wait */
    size_t            width;    /* values of a row */
    cf_mask           mask;     /* the columns they are of */
    int64_t           sent;     /* rows sent before */
    bool              ended;    /* by a rollback or failure */
    const char       *file;
    int               line;
};

/* ---- begin and end -------------------------------------------------------------------------------- */

static void forget(cf_import *import)
{
    for (cf_import **p = &import->db->imports; *p; p = &(*p)->next) {
        if (*p != import) continue;
        *p = import->next;
        break;
    }
    import->ended = true;
    cf_arena_reset(import->scratch);
}

void cf_imports_end(cf_db *db)
{
    while (db->imports) forget(db->imports);
}

static bool failed(cf_import *import)
{
    cf_session_failed(import->db, NULL, import->file, import->line);
    import->db->error.model = import->mapper->name;
    forget(import);
    return false;
}

static cf_import *make(cf_db *db, cf_mapper *mapper)
{
    cf_arena  *arena = cf_arena_new(db->arena, 0), *scratch = arena ? cf_arena_new(arena, 0) : NULL;
    cf_import *import = scratch ? cf_arena_alloc(arena, sizeof *import) : NULL;
    size_t     capacity = db->dialect->id == CF_SQLITE ? 256 : MOST_ROWS;
    if (!import) return NULL;
    *import = (cf_import){.db = db, .mapper = mapper, .arena = arena, .scratch = scratch, .capacity = capacity};
    import->values = cf_arena_array(arena, capacity * mapper->column_count, sizeof *import->values);
    return import->values ? import : NULL;
}

cf_import *cf_import_begin_(cf_db *db, cf_model_fn *model, const char *file, int line)
{
    cf_mapper *mapper;
    db = cf_session_of_model(db, model, &mapper, file, line);
    if (!db || !cf_session_flush(db)) return NULL;
    cf_import *import = cf_session_write(db, file, line) ? make(db, mapper) : NULL;
    if (!import) {
        cf_session_failed(db, NULL, file, line);
        return NULL;
    }
    import->file = file;
    import->line = line;
    import->next = db->imports;
    db->imports = import;
    return import;
}

/* ---- statements ------------------------------------------------------------------------------------- */

static void column_list(cf_buffer *out, const cf_import *import)
{
    const cf_mapper *m = import->mapper;
    size_t           n = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        if (!cf_mask_has(&import->mask, i)) continue;
        cf_buffer_text(out, n++ ? ", " : " (");
        cf_sql_name(out, import->db->dialect, m->columns[i].column);
    }
    cf_buffer_char(out, ')');
}

static bool send_copy(cf_import *import, cf_error *error)
{
    cf_db    *db = import->db;
    cf_buffer text = {0};
    cf_buffer_text(&text, "COPY ");
    cf_sql_name(&text, db->dialect, import->mapper->table);
    column_list(&text, import);
    cf_buffer_text(&text, " FROM STDIN");
    bool ok = text.failed ? cf_fail(error, CF_ERR_MEMORY, "out of memory")
                          : cf_conn_copy(db->conn, text.data, import->values, import->width, import->count, error);
    cf_buffer_free(&text);
    return ok;
}

/* `*at` is the row that failed. */
static bool send_inserts(cf_import *import, size_t *at, cf_error *error)
{
    cf_db        *db = import->db;
    const cf_sql *sql = cf_mapper_statement(import->mapper, db->dialect, CF_INSERT_QUIET, &import->mask, error);
    cf_stmt      *stmt = sql ? cf_conn_prepare(db->conn, sql, error) : NULL;
    cf_batch      runs = {.parameters = import->values, .count = import->width, .runs = import->count};
    bool          ok = stmt && cf_stmt_batch(stmt, &runs, error);
    *at = runs.at;
    return ok;
}

/* ---- rows -------------------------------------------------------------------------------------------- */

static bool blame_row(cf_import *import, int64_t row)
{
    cf_error *error = &import->db->error;
    char      message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    snprintf(error->message, sizeof error->message, "row %lld of the import: %.700s", (long long)row, message);
    cf_session_name_columns(import->db, import->mapper);
    return failed(import);
}

/* By COPY, which tells no row when it fails: then it is undone. False when nothing more can be sent. */
static bool try_copy(cf_import *import, bool *sent, cf_error *why)
{
    cf_conn *conn = import->db->conn;
    *sent = cf_conn_exec(conn, "SAVEPOINT cf_import", why) && send_copy(import, why) &&
            cf_conn_exec(conn, "RELEASE SAVEPOINT cf_import", why);
    if (*sent) return true;
    return !cf_code_retryable(why->code) && !cf_conn_broken(conn) &&
           cf_conn_exec(conn, "ROLLBACK TO SAVEPOINT cf_import", NULL);
}

/* Sends the rows that wait. */
static bool send_rows(cf_import *import)
{
    cf_db   *db = import->db;
    cf_error why = {0};
    size_t   at = 0;
    bool     sent = false;
    db->statements++;
    if (db->dialect->id == CF_POSTGRESQL && import->count > 1 && !try_copy(import, &sent, &why)) {
        db->error = why;
        return failed(import);
    }
    if (!sent && !send_inserts(import, &at, &db->error))
        return at < import->count ? blame_row(import, import->sent + (int64_t)at + 1) : failed(import);
    if (why.code != CF_OK) { /* no row alone is to blame */
        db->error = why;
        return failed(import);
    }
    import->sent += (int64_t)import->count;
    import->count = 0;
    cf_arena_reset(import->scratch);
    import->empty = cf_arena_size(import->scratch);
    return true;
}

/* The columns that a row names: all but those that the database makes where nothing was set. */
static void columns_of(const cf_mapper *m, const void *values, cf_mask *mask, size_t *count)
{
    memset(mask, 0, sizeof *mask);
    *count = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (a->computed || ((a->generated || a->options->server_default) && cf_attribute_unset(a, values))) continue;
        cf_mask_set(mask, i);
        ++*count;
    }
}

static void first_version(const cf_attribute *version, void *row, cf_datetime now)
{
    if (!version || !cf_attribute_unset(version, row)) return;
    if (version->kind == CF_INT) cf_attribute_set_int(version, row, 1);
    else cf_attribute_set_now(version, row, now);
}

/* The row's values behind those that wait, in memory of their own. */
static bool keep_row(cf_import *import, const void *values)
{
    cf_db           *db = import->db;
    const cf_mapper *m = import->mapper;
    cf_value        *out = import->values + import->count * import->width;
    void            *row = cf_arena_alloc(import->scratch, m->model->size);
    cf_datetime      now = cf_now();
    bool             ok = true;
    if (!row) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    memcpy(row, values, m->model->size);
    first_version(m->version, row, now);
    for (size_t i = 0; ok && i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (!cf_mask_has(&import->mask, i)) continue;
        ok = cf_attribute_copy(a, row, row, import->scratch) || cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
        if (ok && cf_attribute_unset(a, row)) ok = cf_attribute_set_default(a, row, now, import->scratch, &db->error);
        ok = ok && cf_row_store(db, a, row, out++);
    }
    return ok;
}

bool cf_import_row_(cf_import *import, cf_model_fn *model, const void *values)
{
    cf_mask mask;
    size_t  width;
    if (!import || import->ended || !cf_session_ok(import->db)) return false;
    cf_db *db = import->db;
    if (cf_registry_mapper(db->database->registry, model) != import->mapper)
        return cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: this import takes rows of %s, not of %s", import->file,
                               import->line, import->mapper->name, model()->name);
    columns_of(import->mapper, values, &mask, &width);
    bool other = memcmp(&mask, &import->mask, sizeof mask) != 0;
    bool full = import->count == import->capacity || cf_arena_size(import->scratch) > import->empty + MOST_BYTES;
    if (import->count && (other || full) && !send_rows(import)) return false;
    if (other) import->mask = mask;
    import->width = width;
    cf_arena *arena = db->arena;
    db->arena = import->scratch; /* what is made of the row goes with it */
    bool ok = keep_row(import, values);
    db->arena = arena;
    if (!ok) return blame_row(import, import->sent + (int64_t)import->count + 1);
    import->count++;
    return true;
}

int64_t cf_import_end(cf_import *import)
{
    if (!import) return -1;
    bool    ok = !import->ended && cf_session_ok(import->db) && (import->count == 0 || send_rows(import));
    int64_t rows = ok ? import->sent : -1;
    if (!import->ended) forget(import);
    cf_arena_free(import->arena);
    return rows;
}
