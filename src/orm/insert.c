/* Rows from structs, past the session's objects: many in chunks, and those that may be there already. */
#include "orm/row.h"
#include "orm/run.h"
#include "orm/side.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 500 };

/* Rows with the same columns, which are sent together. */
typedef struct chunk {
    cf_db     *db;
    cf_mapper *mapper;
    cf_run    *upsert; /* of cf_upsert_many(), or NULL */
    cf_arena  *arena;  /* emptied after each chunk */
    void      *back;   /* where copies go that know what defaults and the database made; NULL: nowhere */
    cf_mask    mask;   /* columns of the INSERT */
    size_t     width;  /* values of a row */
    size_t     count, room;
    char      *rows; /* copies of the program's structs */
    cf_value  *values;
    size_t     total, changed; /* rows of the chunks before, and those that became or changed a row */
} chunk;

static void *row_at(const chunk *c, size_t i)
{
    return c->rows + i * c->mapper->model->size;
}

static bool no_memory(chunk *c)
{
    return cf_fail(&c->db->error, CF_ERR_MEMORY, "out of memory");
}

/* ---- values ------------------------------------------------------------------------------------------ */

/* What cf_add() would fill in. Texts of defaults live as long as the copy is wanted. */
static bool set_defaults(chunk *c, void *row, cf_datetime now)
{
    const cf_mapper *m = c->mapper;
    cf_arena        *arena = c->back ? c->db->arena : c->arena;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (a->computed || a->generated || a->options->server_default || !cf_attribute_unset(a, row)) continue;
        if (a == m->version && a->kind == CF_INT) cf_attribute_set_int(a, row, 1);
        else if (a == m->version) cf_attribute_set_now(a, row, now);
        else if (!cf_attribute_set_default(a, row, now, arena, &c->db->error)) return false;
    }
    return true;
}

/* The columns that INSERT names: all but those the database makes. How many. */
static size_t row_columns(const cf_mapper *m, const void *row, cf_mask *mask)
{
    size_t width = 0;
    memset(mask, 0, sizeof *mask);
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        bool                made = a->generated || a->options->server_default;
        if (a->computed || (made && cf_attribute_unset(a, row))) continue;
        cf_mask_set(mask, i);
        width++;
    }
    return width;
}

/* Their values as they are stored, which point into the row; false with the error. */
static bool row_values(chunk *c, void *row, cf_value *values)
{
    cf_arena *session = c->db->arena;
    bool      ok = true;
    c->db->arena = c->arena; /* the forms that values take on the way */
    for (size_t i = 0; ok && i < c->mapper->column_count; i++)
        if (cf_mask_has(&c->mask, i)) ok = cf_row_store(c->db, &c->mapper->columns[i], row, values++);
    c->db->arena = session;
    return ok;
}

/* ---- statements ------------------------------------------------------------------------------------------ */

/* INSERT ... ON CONFLICT ..., made once for the columns of the chunk; NULL with the error. */
static const cf_sql *upsert_sql(chunk *c, cf_variant *v)
{
    cf_registry  *registry = c->mapper->registry;
    cf_buffer     text = {0};
    cf_statement *s;
    pthread_mutex_lock(&registry->lock);
    for (s = v->inserts; s && memcmp(&s->mask, &c->mask, sizeof s->mask) != 0;) s = s->next;
    if (!s && (s = cf_arena_alloc(registry->arena, sizeof *s))) {
        cf_insert_text(&text, c->mapper, c->db->dialect, &c->mask, false);
        cf_buffer_add(&text, v->sql.text, v->sql.size);
        s->mask = c->mask;
        s->sql = (cf_sql){text.failed ? NULL : cf_arena_text(registry->arena, text.data, text.size), text.size,
                          cf_sql_id(), false};
        s->next = v->inserts;
        if (s->sql.text) v->inserts = s;
        else s = NULL;
    }
    pthread_mutex_unlock(&registry->lock);
    cf_buffer_free(&text);
    if (!s) no_memory(c);
    return s ? &s->sql : NULL;
}

/* The values of ON CONFLICT stand behind those of each row. */
static bool add_tail(chunk *c, cf_variant *v)
{
    size_t    whole = c->width + v->binding_count;
    cf_value *all = cf_arena_array(c->arena, c->count * whole + 1, sizeof *all);
    cf_value *tail = cf_arena_array(c->arena, v->binding_count + 1, sizeof *tail);
    if (!all || !tail) return no_memory(c);
    if (!cf_run_bind(c->upsert, v, tail)) return false;
    for (size_t i = 0; i < c->count; i++) {
        if (c->width) memcpy(all + i * whole, c->values + i * c->width, c->width * sizeof *all);
        if (v->binding_count) memcpy(all + i * whole + c->width, tail, v->binding_count * sizeof *all);
    }
    c->values = all;
    c->width = whole;
    return true;
}

static const cf_sql *statement(chunk *c)
{
    bool back = c->back && cf_insert_returns(c->mapper, c->db->dialect, &c->mask);
    if (!c->upsert)
        return cf_mapper_statement(c->mapper, c->db->dialect, back ? CF_INSERT_ROW : CF_INSERT_QUIET, &c->mask,
                                   &c->db->error);
    cf_variant   *v = cf_plan_variant(c->upsert->plan, c->db->dialect, (uint32_t)c->width << CF_UPSERT_SHIFT,
                                      c->upsert->values, &c->db->error);
    const cf_sql *sql = v ? upsert_sql(c, v) : NULL;
    return sql && add_tail(c, v) ? sql : NULL;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static bool read_back(void *context, size_t run, cf_stmt *stmt, cf_error *error)
{
    chunk   *c = context;
    cf_state state = {.db = c->db, .mapper = c->mapper, .object = row_at(c, run)};
    (void)error;
    return cf_row_read_back(c->db, &state, stmt, &c->mask);
}

static void blame(chunk *c, size_t row)
{
    char message[sizeof c->db->error.message];
    if (c->db->error.code == CF_OK) no_memory(c);
    c->db->error.model = c->mapper->name;
    snprintf(message, sizeof message, "row %zu: %.700s", c->total + row, c->db->error.message);
    memcpy(c->db->error.message, message, sizeof message);
}

static bool send_batch(chunk *c)
{
    const cf_mapper *m = c->mapper;
    int64_t          ids[CHUNK] = {0}, changes[CHUNK] = {0};
    cf_conn         *conn = cf_session_write(c->db, NULL, 0);
    bool             returns = c->back && cf_insert_returns(m, c->db->dialect, &c->mask);
    bool             by_id = c->back && !returns && m->generated && !cf_mask_has(&c->mask, m->key[0]);
    const cf_sql    *sql = conn ? statement(c) : NULL;
    cf_stmt         *stmt = sql ? cf_conn_prepare(conn, sql, &c->db->error) : NULL;
    cf_batch         runs = {.parameters = c->values, .count = c->width, .runs = c->count, .context = c};
    /* To MariaDB the change of a row counts twice, and a row that stays what it is once. */
    bool counts = !c->upsert || c->db->dialect->upsert_style != CF_UPSERT_ON_DUPLICATE_KEY;
    runs.single = counts;
    runs.row = returns ? read_back : NULL;
    runs.changes = counts ? changes : NULL;
    runs.ids = by_id ? ids : NULL;
    bool ok = stmt && cf_stmt_batch(stmt, &runs, &c->db->error);
    if (!ok) c->db->error.model = m->name;
    if (!ok && conn && runs.at < c->count) blame(c, runs.at);
    for (size_t i = 0; ok && i < c->count; i++) {
        c->changed += !counts || changes[i] > 0;
        if (by_id) cf_attribute_set_int(&m->columns[m->key[0]], row_at(c, i), ids[i]);
    }
    return ok;
}

static bool send(chunk *c)
{
    if (c->count == 0) return true;
    c->db->statements++;
    bool ok = send_batch(c);
    if (ok && c->back)
        memcpy((char *)c->back + c->total * c->mapper->model->size, c->rows, c->count * c->mapper->model->size);
    c->total += c->count;
    c->count = 0;
    cf_arena_reset(c->arena);
    return ok;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static bool begin(chunk *c, size_t left, const cf_mask *mask, size_t width)
{
    c->room = left < CHUNK ? left : CHUNK;
    c->rows = cf_arena_alloc(c->arena, c->room * c->mapper->model->size);
    c->values = cf_arena_array(c->arena, c->room * width + 1, sizeof *c->values);
    c->mask = *mask;
    c->width = width;
    return (c->rows && c->values) || no_memory(c);
}

static bool add_row(chunk *c, const void *row, size_t left, cf_datetime now)
{
    cf_mask mask;
    size_t  width = row_columns(c->mapper, row, &mask);
    bool    fits = c->count && c->count < c->room && memcmp(&mask, &c->mask, sizeof mask) == 0;
    if (!fits && (!send(c) || !begin(c, left, &mask, width))) return false;
    void *copy = row_at(c, c->count);
    memcpy(copy, row, c->mapper->model->size);
    if (!set_defaults(c, copy, now) || !row_values(c, copy, c->values + c->count * width)) {
        blame(c, c->count);
        return false;
    }
    c->count++;
    return true;
}

/* All rows; false with the error. */
static bool write_rows(chunk *c, const void *rows, size_t count)
{
    cf_datetime now = cf_now();
    bool        ok = true;
    c->arena = cf_arena_new(c->db->arena, 0);
    if (!c->arena) return no_memory(c);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_row(c, (const char *)rows + i * c->mapper->model->size, count - i, now);
    ok = ok && send(c);
    cf_arena_free(c->arena);
    return ok;
}

/* ---- verbs ------------------------------------------------------------------------------------------------- */

int64_t cf_insert_many_(cf_db *db, cf_model_fn *model, const void *rows, size_t count, void *back, const char *file,
                        int line)
{
    cf_mapper *m;
    if (count == 0) return 0;
    db = cf_session_of_model(db, model, &m, file, line);
    if (!db || !cf_session_flush(db)) return 0;
    chunk c = {.db = db, .mapper = m, .back = back};
    if (write_rows(&c, rows, count)) {
        cf_sides_forget(db);
        return (int64_t)count;
    }
    cf_session_failed(db, NULL, file, line);
    return 0;
}

int64_t cf_upsert_many_(const cf_upsert_call_ *call, cf_site *site, const cf_value *values)
{
    cf_value now[CF_NOW_VALUES];
    cf_run   r = {.db = call->db, .site = site, .values = values, .extra = now};
    if (call->count == 0 || !cf_run_begin(&r)) return 0;
    cf_now_values(now);
    chunk c = {.db = r.db, .mapper = r.plan->mapper, .upsert = &r};
    if (write_rows(&c, call->rows, call->count) && cf_session_synchronise(r.db, r.plan->mapper, false))
        return (int64_t)c.changed;
    cf_session_failed(r.db, NULL, site->file, site->line);
    return 0;
}

/* SELECT ... WHERE what the row conflicts by; NULL with the error. */
static cf_stmt *select_row(chunk *c, const void *row)
{
    const cf_conflict *conflict = c->upsert->plan->tree->conflict;
    const cf_node     *columns = conflict->columns;
    cf_value           values[CF_MOST_KEYS];
    cf_buffer          text = {0};
    const char        *null = NULL;
    cf_select_text(&text, c->mapper, c->db->dialect);
    for (size_t i = 0; i < columns->count && i < CF_MOST_KEYS; i++) {
        const cf_attribute *a = columns->items[i]->attribute;
        if (!cf_row_store(c->db, a, (void *)(uintptr_t)row, &values[i])) break;
        if (values[i].kind == CF_NULL || (a->generated && cf_attribute_unset(a, row))) null = a->name;
        cf_buffer_text(&text, i ? " AND " : " WHERE ");
        cf_sql_name(&text, c->db->dialect, a->column);
        cf_buffer_text(&text, " = ");
        cf_sql_placeholder(&text, c->db->dialect, (int)i + 1);
    }
    if (conflict->among) cf_buffer_printf(&text, " AND (%s)", conflict->among);
    if (null)
        cf_fail(&c->db->error, CF_ERR_NOT_NULL, "%s.%s is not set: no row can conflict with this one", c->mapper->name,
                null);
    if (text.failed && !c->db->error.code) cf_fail(&c->db->error, CF_ERR_MEMORY, "out of memory");
    cf_sql   sql = {text.data, text.size, 0, true};
    cf_conn *conn = c->db->error.code ? NULL : cf_session_write(c->db, NULL, 0);
    cf_stmt *stmt = conn ? cf_conn_prepare(conn, &sql, &c->db->error) : NULL;
    cf_buffer_free(&text);
    c->db->statements++;
    if (stmt && cf_stmt_run(stmt, values, columns->count, &c->db->error)) return stmt;
    cf_stmt_done(stmt);
    return NULL;
}

void *cf_upsert_(const cf_upsert_call_ *call, cf_site *site, const cf_value *values)
{
    cf_value  now[CF_NOW_VALUES];
    cf_run    r = {.db = call->db, .site = site, .values = values, .extra = now};
    cf_answer there = CF_FAILED;
    cf_state *s = NULL;
    if (!cf_run_begin(&r)) return NULL;
    cf_now_values(now);
    chunk c = {.db = r.db, .mapper = r.plan->mapper, .upsert = &r};
    if (write_rows(&c, call->rows, 1) && (r.stmt = select_row(&c, call->rows)))
        there = cf_stmt_next(r.stmt, &r.db->error);
    if (there == CF_YES && cf_session_take_row(r.db, r.plan->mapper, r.stmt)) s = cf_run_row(&r);
    if (there == CF_NO)
        cf_fail(&r.db->error, CF_ERR_NOT_FOUND, "the row of a %s that was to be inserted is gone", c.mapper->name);
    cf_run_end(&r, s != NULL);
    return s ? s->object : NULL;
}
