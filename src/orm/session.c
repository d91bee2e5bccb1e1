/* Sessions: connections, transactions, the list of objects, commit and rollback. */
#include "orm/event.h"
#include "orm/side.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define MOST_FLUSHES 100 /* of one commit */

/* ---- failures -------------------------------------------------------------------------------- */

/* Servers name the constraint; forms want the columns. */
void cf_session_name_columns(cf_db *db, const cf_mapper *mapper)
{
    cf_error *error = &db->error;
    if (!error->constraint[0] || error->columns[0]) return;
    for (size_t i = 0; i < mapper->constraint_count; i++) {
        const cf_constraint *c = &mapper->constraints[i];
        if (strcmp(c->name, error->constraint) != 0) continue;
        size_t n = 0;
        for (size_t k = 0; k < c->count; k++) {
            const char *column = mapper->columns[c->columns[k]].column;
            size_t      size = strlen(column);
            if (n + size + 3 > sizeof error->columns) return;
            if (k) memcpy(error->columns + n, ", ", 2), n += 2;
            memcpy(error->columns + n, column, size + 1);
            n += size;
        }
    }
}

void cf_session_drop(cf_db *db)
{
    cf_error ignored = {0};
    if (!db->conn) return;
    cf_streams_end(db, db->conn);
    cf_conn_rollback(db->conn, &ignored);
    cf_pool_give(db->database->pool, db->conn);
    db->conn = NULL;
    db->written = NULL;
}

/* That memory ends may be the session's own limit. */
static void explain_memory(cf_db *db)
{
    cf_error *e = &db->error;
    if (e->code == CF_OK) cf_fail(e, CF_ERR_MEMORY, "out of memory");
    if (e->code != CF_ERR_MEMORY || !cf_arena_full(db->arena)) return;
    snprintf(e->message, sizeof e->message,
             "this session holds all the memory that it may, %zu bytes (.memory of cf_open()): close it and begin "
             "another, or read with cf_stream()",
             cf_arena_size(db->arena));
}

void cf_session_failed(cf_db *db, const cf_state *state, const char *file, int line)
{
    explain_memory(db);
    if (state) {
        db->error.object = state->object;
        db->error.model = state->mapper->name;
        cf_session_name_columns(db, state->mapper);
        if (!file && state->added) file = state->added->file, line = state->added->line;
    }
    if (!db->error.file && file) {
        db->error.file = file;
        db->error.line = line;
    }
    if (!cf_point_recover(db)) cf_session_drop(db);
    if (state) cf_session_name_reference(db, state);
    cf_session_tell_parent(db);
}

bool cf_session_fail(cf_db *db, cf_code code, const char *format, ...)
{
    va_list arguments;
    if (!db) return false;
    va_start(arguments, format);
    cf_fail_v(&db->error, code, format, arguments);
    va_end(arguments);
    if (!cf_point_recover(db)) cf_session_drop(db);
    cf_session_tell_parent(db);
    return false;
}

const cf_error *cf_session_error(const cf_db *db)
{
    static const cf_error no_session = {.code = CF_ERR_MEMORY, .message = "there is no session: out of memory"};
    return db ? &db->error : &no_session;
}

/* ---- connections ------------------------------------------------------------------------------ */

cf_db *cf_session_at_(cf_db *db, const char *file, int line)
{
    if (!db) return NULL;
    db->file = file;
    db->line = line;
    for (cf_db *s = db->bound; s; s = s->next_bound) s->file = file, s->line = line;
    return db;
}

cf_take cf_session_take(cf_db *db, const char *file, int line)
{
    return (cf_take){.file = file ? file : db->file,
                     .line = file ? line : db->line,
                     .read_only = db->read_only,
                     .spent = &db->spent};
}

/* The connection of the transaction, told who uses it now. */
static cf_conn *present(cf_db *db, const char *file, int line)
{
    cf_conn_at(db->conn, file ? file : db->file, file ? line : db->line);
    return db->conn;
}

cf_conn *cf_session_read(cf_db *db, const char *file, int line)
{
    if (db->conn) return present(db, file, line);
    cf_take how = cf_session_take(db, file, line);
    return cf_pool_take(db->database->pool, &how, &db->error);
}

void cf_session_unread(cf_db *db, cf_conn *conn)
{
    if (conn && conn != db->conn) cf_pool_give(db->database->pool, conn);
}

cf_conn *cf_session_write(cf_db *db, const char *file, int line)
{
    if (db->read_only) {
        cf_fail(&db->error, CF_ERR_READ_ONLY, "this session is read-only: nothing can be written with it");
        return NULL;
    }
    if (db->conn) return present(db, file, line);
    cf_take  how = cf_session_take(db, file, line);
    cf_conn *conn = cf_pool_take(db->database->pool, &how, &db->error);
    if (!conn) return NULL;
    if (!cf_conn_begin(conn, CF_BEGIN_WRITE, &db->error)) {
        cf_pool_give(db->database->pool, conn);
        return NULL;
    }
    db->conn = conn;
    return conn;
}

/* ---- life ------------------------------------------------------------------------------------- */

static cf_db *session(cf_database *database, cf_arena *parent)
{
    size_t    limit = database->options.memory ? database->options.memory : (size_t)1 << 30;
    cf_arena *arena = cf_arena_new(parent, limit);
    cf_db    *db = arena ? cf_arena_alloc(arena, sizeof *db) : NULL;
    if (!db) {
        cf_arena_free(arena);
        return NULL;
    }
    db->objects = cf_arena_array(arena, database->registry->count, sizeof *db->objects);
    if (!db->objects) {
        cf_arena_free(arena);
        return NULL;
    }
    db->database = database;
    db->arena = arena;
    db->dialect = cf_pool_dialect(database->pool);
    atomic_fetch_add(&database->sessions, 1);
    return db;
}

cf_db *cf_session_open(const cf_session_options *options)
{
    cf_db *db = options->database ? session(options->database, NULL) : NULL;
    if (!db) return NULL;
    db->read_only = options->read_only;
    db->no_autoflush = options->no_autoflush;
    return db;
}

cf_db *cf_session_in(cf_database *database, cf_arena *arena)
{
    return database ? session(database, arena) : NULL;
}

void cf_close(cf_db *db)
{
    if (!db) return;
    if (db->promises || db->listeners) (void)cf_rollback(db);
    for (cf_db *s = db->bound, *next; s; s = next) {
        next = s->next_bound;
        cf_close(s);
    }
    cf_streams_forget(db);
    cf_session_drop(db);
    cf_mem_free(db->found);
    cf_identity_free(&db->identity);
    atomic_fetch_sub(&db->database->sessions, 1);
    cf_arena_free(db->arena);
}

cf_arena *cf_session_arena(cf_db *db)
{
    return db ? db->arena : NULL;
}

cf_database *cf_session_database(cf_db *db)
{
    return db ? db->database : NULL;
}

int64_t cf_statements(const cf_db *db)
{
    return db ? db->statements : 0;
}

int64_t cf_statement_time(const cf_db *db)
{
    int64_t spent = db ? db->spent : 0;
    for (const cf_db *s = db ? db->bound : NULL; s; s = s->next_bound) spent += s->spent;
    return spent;
}

/* ---- objects ---------------------------------------------------------------------------------- */

void cf_session_append(cf_db *db, cf_state *state)
{
    state->db = db;
    state->previous = db->last;
    state->next = NULL;
    if (db->last) db->last->next = state;
    else db->first = state;
    db->last = state;
    db->objects[state->mapper->rank - 1]++;
}

void cf_session_remove(cf_db *db, cf_state *state)
{
    if (state->previous) state->previous->next = state->next;
    else db->first = state->next;
    if (state->next) state->next->previous = state->previous;
    else db->last = state->previous;
    state->next = state->previous = NULL;
    db->objects[state->mapper->rank - 1]--;
    state->rowless = state->status == CF_STATUS_PENDING || (state->fresh && state->status == CF_STATUS_PERSISTENT);
    state->status = CF_STATUS_DETACHED;
}

void *cf_add_(cf_db *db, cf_model_fn *model, const void *values, const char *file, int line)
{
    cf_mapper *mapper;
    db = cf_session_of_model(db, model, &mapper, file, line);
    if (!db) return NULL;
    if (db->read_only) {
        cf_session_fail(db, CF_ERR_READ_ONLY, "%s:%d: cf_add() in a read-only session", file, line);
        return NULL;
    }
    cf_state *state = cf_object_new(mapper, db->arena);
    cf_place *place = state ? cf_arena_alloc(db->arena, sizeof *place) : NULL;
    if (!place) {
        cf_session_failed(db, NULL, file, line);
        return NULL;
    }
    *place = (cf_place){file, line};
    state->status = CF_STATUS_PENDING;
    state->added = place;
    for (size_t i = 0; i < mapper->column_count; i++)
        if (!cf_attribute_copy(&mapper->columns[i], state->object, values, db->arena)) {
            cf_session_failed(db, state, file, line);
            return NULL;
        }
    cf_session_append(db, state);
    return state->object;
}

void cf_delete_(cf_db *db, void *object, const char *file, int line)
{
    if (!cf_session_ok(db) || !object) return;
    cf_state *state = cf_session_demand(db, object, "cf_delete", file, line);
    if (!state) return;
    if (db->read_only) {
        cf_session_fail(db, CF_ERR_READ_ONLY, "%s:%d: cf_delete() in a read-only session", file, line);
        return;
    }
    bool away = state->status == CF_STATUS_DETACHED && !state->rowless && !state->gone;
    if (away && !cf_take_back(db, object)) return;
    if (state->status == CF_STATUS_PENDING) (void)cf_sides_drop(state);
    else if (state->status == CF_STATUS_PERSISTENT && state->mapper->soft) cf_state_mark(state);
    else if (state->status == CF_STATUS_PERSISTENT) state->doomed = true;
}

bool cf_has_changes(cf_db *db)
{
    if (!db) return false;
    for (cf_db *s = db->bound; s; s = s->next_bound)
        if (cf_has_changes(s)) return true;
    if (db->conn) return true;
    return cf_session_dirty(db, NULL);
}

bool cf_session_calm(cf_db *db, const char *call)
{
    return !db->flushing || cf_session_fail(db, CF_ERR_MISUSE, "%s() in a function of an event", call);
}

/* ---- transactions ----------------------------------------------------------------------------- */

bool cf_flush(cf_db *db)
{
    return cf_session_ok(db) && cf_session_flush(db) && cf_session_each_bound(db, cf_flush);
}

/* What is written stays: nothing of the transaction is remembered. */
static void settle(cf_db *db)
{
    cf_sides_settle(db);
    for (cf_state *s = db->first, *next; s; s = next) {
        next = s->next;
        s->fresh = false;
        s->committed = NULL;
        if (s->status == CF_STATUS_DELETED) cf_session_remove(db, s);
    }
    db->point = NULL;
}

bool cf_commit(cf_db *db)
{
    if (!cf_session_ok(db)) return false;
    if (!cf_session_calm(db, "cf_commit")) return false;
    if (db->working)
        return cf_session_fail(db, CF_ERR_MISUSE,
                               "cf_commit() in the function of a cf_transaction(): return true, and it is committed");
    return cf_session_commit(db);
}

/* Until nothing is left: functions of events may have changed more. */
static bool flush_all(cf_db *db)
{
    bool again = db->database->registry->has_events || db->listeners;
    for (int round = 0; round < MOST_FLUSHES; round++) {
        if (!cf_session_flush(db) || !cf_session_each_bound(db, cf_flush)) return false;
        if (!again || !cf_session_dirty(db, NULL)) return true;
    }
    return cf_session_fail(db, CF_ERR_CYCLE, "after %d flushes functions of events still change objects", MOST_FLUSHES);
}

bool cf_session_commit(cf_db *db)
{
    if (cf_session_ok(db) && db->imports)
        return cf_session_fail(db, CF_ERR_MISUSE, "an import is not ended: cf_import_end() comes before cf_commit()");
    if (!cf_session_ok(db) || !cf_events_tell(db, CF_BEFORE_COMMIT) || !flush_all(db)) return false;
    /* All is written before the first of several databases commits. */
    if (!cf_session_each_bound(db, cf_session_commit)) return false;
    if (db->conn) {
        present(db, NULL, 0);
        cf_streams_end(db, db->conn);
        bool committed = cf_conn_commit(db->conn, &db->error);
        cf_pool_give(db->database->pool, db->conn);
        db->conn = NULL;
        db->written = NULL;
        if (!committed) {
            cf_session_failed(db, NULL, NULL, 0);
            return false;
        }
    }
    settle(db);
    cf_events_committed(db);
    return true;
}

static void undo(cf_db *db, cf_state *s)
{
    if (s->status == CF_STATUS_PENDING || s->fresh) {
        if (s->status == CF_STATUS_PERSISTENT) cf_identity_remove(&db->identity, s);
        cf_session_remove(db, s);
        return;
    }
    if (s->status == CF_STATUS_PERSISTENT && s->committed) cf_identity_remove(&db->identity, s);
    bool back = s->status == CF_STATUS_DELETED || s->committed;
    if (s->committed) s->snapshot = s->committed;
    memcpy(s->object, s->snapshot, s->mapper->model->size);
    s->committed = NULL;
    s->doomed = s->gone = false;
    s->status = CF_STATUS_PERSISTENT;
    s->stale = true;
    /* The table has room: the object was in it before. */
    if (back) (void)cf_identity_add(&db->identity, s, db->arena);
}

bool cf_rollback(cf_db *db)
{
    if (!db || !cf_session_calm(db, "cf_rollback")) return false;
    (void)cf_session_each_bound(db, cf_rollback);
    cf_session_drop(db);
    cf_sides_forget(db);
    cf_imports_end(db);
    db->point = NULL;
    for (cf_state *s = db->first, *next; s; s = next) {
        next = s->next;
        undo(db, s);
    }
    cf_error_clear(&db->error);
    cf_events_undone(db, NULL);
    return true;
}
