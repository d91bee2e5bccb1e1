/* SQLite: statements. The paths of every row and parameter; nothing is allocated but the texts read. */
#include "sql/sqlite.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

bool cf_sqlite_prepare(cf_stmt *base, cf_error *error)
{
    cf_sqlite_stmt *stmt = (cf_sqlite_stmt *)base;
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base->conn;
    unsigned        flags = base->sql.id ? SQLITE_PREPARE_PERSISTENT : 0;
    const char     *rest = NULL;
    if (base->sql.size > INT32_MAX - 1) return cf_fail(error, CF_ERR_LIMIT, "a statement of more than 2 GB");
    int result = sqlite3_prepare_v3(conn->db, base->sql.text, (int)base->sql.size + 1, flags, &stmt->handle, &rest);
    if (result != SQLITE_OK) return cf_sqlite_fail(conn, result, error);
    if (!stmt->handle) return cf_fail(error, CF_ERR_SYNTAX, "sqlite: an empty statement");
    if (rest[strspn(rest, " \t\r\n;")]) {
        cf_sqlite_unprepare(base);
        return cf_fail(error, CF_ERR_SYNTAX, "sqlite: one statement at a time; more follows after the ';'");
    }
    base->columns = sqlite3_column_count(stmt->handle);
    stmt->parameters = sqlite3_bind_parameter_count(stmt->handle);
    stmt->writes = !sqlite3_stmt_readonly(stmt->handle);
    base->prepared = true;
    return true;
}

void cf_sqlite_unprepare(cf_stmt *base)
{
    cf_sqlite_stmt *stmt = (cf_sqlite_stmt *)base;
    sqlite3_finalize(stmt->handle);
    stmt->handle = NULL;
    cf_mem_free(stmt->scratch);
    stmt->scratch = NULL;
    base->prepared = false;
}

/* ---- parameters ---- */

static int bind_formatted(cf_sqlite_stmt *stmt, int at, const cf_value *value, cf_error *error)
{
    if (!stmt->scratch) stmt->scratch = cf_mem_alloc((size_t)stmt->parameters * CF_SQLITE_SCRATCH);
    if (!stmt->scratch) return SQLITE_NOMEM;
    char  *out = stmt->scratch + (size_t)at * CF_SQLITE_SCRATCH;
    size_t size = cf_parameter_format(value, (size_t)at, out, error);
    if (size == 0) return SQLITE_MISMATCH;
    return sqlite3_bind_text(stmt->handle, at + 1, out, (int)size, SQLITE_STATIC);
}

static int bind_one(cf_sqlite_stmt *stmt, int at, const cf_value *v, cf_error *error)
{
    sqlite3_stmt *handle = stmt->handle;
    switch (v->kind) {
    case CF_INT: return sqlite3_bind_int64(handle, at + 1, v->as.integer);
    case CF_TEXT:
    case CF_MARKUP:
    case CF_JSON:
        if (!cf_parameter_text(v, (size_t)at, error)) return SQLITE_MISMATCH;
        return sqlite3_bind_text64(handle, at + 1, v->as.text, v->size, SQLITE_STATIC, SQLITE_UTF8);
    case CF_NULL: return sqlite3_bind_null(handle, at + 1);
    case CF_BOOL: return sqlite3_bind_int64(handle, at + 1, v->as.boolean);
    case CF_FLOAT:
        if (isnan(v->as.number)) {
            cf_fail(error, CF_ERR_RANGE, "parameter %d: sqlite cannot store nan", at + 1);
            return SQLITE_MISMATCH;
        }
        return sqlite3_bind_double(handle, at + 1, v->as.number);
    case CF_BYTES: return sqlite3_bind_blob64(handle, at + 1, v->as.data, v->size, SQLITE_STATIC);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME:
    case CF_INTERVAL:
    case CF_DECIMAL:
    case CF_UUID: return bind_formatted(stmt, at, v, error);
    default:
        cf_fail(error, CF_ERR_TYPE, "parameter %d: a database cannot store %s", at + 1, cf_kind_name(v->kind));
        return SQLITE_MISMATCH;
    }
}

static bool bind(cf_sqlite_stmt *stmt, const cf_value *parameters, size_t count, cf_error *error)
{
    if (count != (size_t)stmt->parameters)
        return cf_fail(error, CF_ERR_MISUSE, "the statement has %d parameters, but %zu values were given",
                       stmt->parameters, count);
    for (size_t i = 0; i < count; i++) {
        int result = bind_one(stmt, (int)i, &parameters[i], error);
        if (result != SQLITE_OK) return cf_sqlite_fail((cf_sqlite_conn *)stmt->base.conn, result, error);
    }
    return true;
}

/* ---- stepping ---- */

static bool refuse_write(const cf_conn *conn, cf_error *error)
{
    return cf_fail(error, CF_ERR_READ_ONLY, "a write %s",
                   conn->in_transaction ? "in a read-only transaction" : "on a read-only connection");
}

static void leave_queue(cf_sqlite_stmt *stmt)
{
    if (!stmt->queued) return;
    stmt->queued = false;
    cf_sqlite_exit((cf_sqlite_conn *)stmt->base.conn);
}

static cf_answer step(cf_sqlite_stmt *stmt, cf_error *error)
{
    cf_sqlite_conn *conn = (cf_sqlite_conn *)stmt->base.conn;
    conn->until = 0;
    int result = sqlite3_step(stmt->handle);
    if (result == SQLITE_ROW) return CF_YES;
    if (result == SQLITE_DONE) {
        if (stmt->writes) {
            stmt->base.changes = sqlite3_changes64(conn->db);
            stmt->base.last_id = sqlite3_last_insert_rowid(conn->db);
            leave_queue(stmt);
        }
        return CF_NO;
    }
    cf_sqlite_fail(conn, result, error);
    /* Some failures end the transaction by themselves: what follows would run outside of one. */
    if (stmt->base.conn->in_transaction && sqlite3_get_autocommit(conn->db)) stmt->base.conn->doomed = true;
    return CF_FAILED;
}

bool cf_sqlite_run(cf_stmt *base, const cf_value *parameters, size_t count, cf_error *error)
{
    cf_sqlite_stmt *stmt = (cf_sqlite_stmt *)base;
    cf_sqlite_conn *conn = (cf_sqlite_conn *)base->conn;
    if (!bind(stmt, parameters, count, error)) return false;
    if (stmt->writes) {
        if (base->conn->transaction_reads || base->conn->read_only) return refuse_write(base->conn, error);
        if (!base->conn->in_transaction && !stmt->queued) {
            if (!cf_sqlite_enter(conn, error)) return false;
            stmt->queued = true;
        }
    }
    cf_answer answer = step(stmt, error);
    base->state = answer == CF_YES ? CF_STMT_FIRST : CF_STMT_ENDED;
    base->columns = sqlite3_column_count(stmt->handle); /* others after a change of the schema */
    return answer != CF_FAILED;
}

cf_answer cf_sqlite_next(cf_stmt *base, cf_error *error)
{
    return step((cf_sqlite_stmt *)base, error);
}

void cf_sqlite_done(cf_stmt *base)
{
    cf_sqlite_stmt *stmt = (cf_sqlite_stmt *)base;
    if (stmt->handle) sqlite3_reset(stmt->handle);
    leave_queue(stmt);
}

const char *cf_sqlite_name(const cf_stmt *base, int column)
{
    return sqlite3_column_name(((const cf_sqlite_stmt *)base)->handle, column);
}

/* ---- reading ---- */

/* A value of the row as SQLite has it; one call finds the column, the others only look. The connection is one thread's. */
static bool cell_of(sqlite3_value *value, cf_cell *out, cf_error *error)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: out->value = cf_value_int(sqlite3_value_int64(value)); return true;
    case SQLITE_FLOAT: out->value = cf_value_double(sqlite3_value_double(value)); return true;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        bool        text = sqlite3_value_type(value) == SQLITE_TEXT;
        const void *data = text ? (const void *)sqlite3_value_text(value) : sqlite3_value_blob(value);
        int         size = sqlite3_value_bytes(value);
        if (!data && size == 0 && !text) data = "";
        if (!data) return cf_fail(error, CF_ERR_MEMORY, "out of memory for a value");
        out->value = cf_value_text_n(data, (size_t)size);
        if (!text) out->value.kind = CF_BYTES;
        return true;
    }
    default: out->value = cf_value_null(); return true;
    }
}

bool cf_sqlite_cell(cf_stmt *stmt, int column, cf_cell *out, cf_error *error)
{
    return cell_of(sqlite3_column_value(((cf_sqlite_stmt *)stmt)->handle, column), out, error);
}

/* The common members, without a detour over a cell; false: not one of them, or not what the member takes. */
static bool fast_slot(const cf_slot *slot, sqlite3_value *value, void *at, cf_arena *arena)
{
    int type = sqlite3_value_type(value);
    switch (slot->type) {
    case CF_TYPE_INT64:
        if (type != SQLITE_INTEGER) return false;
        *(int64_t *)at = sqlite3_value_int64(value);
        return true;
    case CF_TYPE_INT32: {
        int64_t n = type == SQLITE_INTEGER ? sqlite3_value_int64(value) : INT64_MAX;
        if (n < INT32_MIN || n > INT32_MAX) return false;
        *(int32_t *)at = (int32_t)n;
        return true;
    }
    case CF_TYPE_DOUBLE:
        if (type != SQLITE_FLOAT) return false;
        *(double *)at = sqlite3_value_double(value);
        return true;
    case CF_TYPE_TEXT:
    case CF_TYPE_TEXT | CF_TYPE_NULLABLE: {
        const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
        size_t      size = text ? (size_t)sqlite3_value_bytes(value) : 0;
        if (!text || memchr(text, 0, size)) return false;
        *(const char **)at = text = cf_arena_text(arena, text, size);
        return text != NULL;
    }
    default: return false;
    }
}

bool cf_sqlite_read(cf_stmt *stmt, const cf_slot *slots, size_t count, void *structure, cf_arena *arena,
                    cf_error *error)
{
    sqlite3_stmt *handle = ((cf_sqlite_stmt *)stmt)->handle;
    for (size_t i = 0; i < count; i++) {
        const cf_slot *slot = &slots[i];
        sqlite3_value *value = sqlite3_column_value(handle, slot->column); /* NULL when there is no such column */
        cf_cell        cell;
        if (fast_slot(slot, value, (char *)structure + slot->offset, arena)) continue;
        if (slot->column >= stmt->columns)
            return cf_fail(error, CF_ERR_MISUSE, "column %d of a result with %d columns", slot->column, stmt->columns);
        if (!cell_of(value, &cell, error) || !cf_cell_store(&cell, slot, structure, arena, error)) return false;
    }
    return true;
}
