/* Rotation of keys: what old keys encrypted is encrypted anew with the first one. */
#include "orm/encrypt.h"
#include "orm/session.h"

#include <string.h>

typedef struct rotation {
    cf_db     *db;
    cf_mapper *mapper;
    cf_conn   *conn;
    cf_arena  *arena;
    cf_value  *rows; /* all columns of rows that have something old */
    size_t     row_count, capacity;
} rotation;

/* Keeps the present row when one of its values was encrypted with an old key. */
static bool keep_row(rotation *r, cf_stmt *stmt)
{
    const cf_mapper *m = r->mapper;
    bool             old = false;
    if (r->row_count == r->capacity) {
        size_t    capacity = r->capacity ? r->capacity * 2 : 64;
        cf_value *rows = cf_arena_array(r->arena, capacity * m->column_count, sizeof *rows);
        if (!rows) return cf_fail(&r->db->error, CF_ERR_MEMORY, "out of memory");
        if (r->row_count) memcpy(rows, r->rows, r->row_count * m->column_count * sizeof *rows);
        r->rows = rows;
        r->capacity = capacity;
    }
    cf_value *row = r->rows + r->row_count * m->column_count;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (!a->key && !a->options->encrypted) continue;
        if (!cf_stmt_value(stmt, (int)i, a->key ? a->kind : CF_BYTES, r->arena, &row[i], &r->db->error)) return false;
        old |= !a->key && cf_encrypted_with_old(r->db->database->keys, row[i]);
    }
    r->row_count += old;
    return true;
}

static bool read_rows(rotation *r)
{
    const cf_mapper *m = r->mapper;
    cf_buffer        text = {0};
    cf_buffer_text(&text, "SELECT ");
    for (size_t i = 0; i < m->column_count; i++) {
        if (i) cf_buffer_text(&text, ", ");
        cf_sql_name(&text, r->db->dialect, m->columns[i].column);
    }
    cf_buffer_text(&text, " FROM ");
    cf_sql_name(&text, r->db->dialect, m->table);
    cf_sql    sql = {text.data, text.size, 0, true};
    cf_stmt  *stmt = text.failed ? NULL : cf_conn_prepare(r->conn, &sql, &r->db->error);
    cf_answer answer = stmt && cf_stmt_run(stmt, NULL, 0, &r->db->error) ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(stmt, &r->db->error)) == CF_YES)
        if (!keep_row(r, stmt)) answer = CF_FAILED;
    cf_stmt_done(stmt);
    cf_buffer_free(&text);
    return answer == CF_NO;
}

static bool write_row(rotation *r, cf_value *row)
{
    const cf_mapper *m = r->mapper;
    cf_value         values[CF_MOST_COLUMNS + CF_MOST_KEYS + 1];
    cf_mask          mask = {{0}};
    size_t           n = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (!a->options->encrypted || row[i].kind == CF_NULL) continue;
        if (!cf_decrypt(r->db->database->keys, a, &row[i], r->arena, &r->db->error) ||
            !cf_encrypt(r->db->database->keys, a, &row[i], r->arena, &r->db->error))
            return false;
        cf_mask_set(&mask, i);
        values[n++] = row[i];
    }
    for (size_t i = 0; i < m->key_count; i++) values[n++] = row[m->key[i]];
    if (m->version) values[n++] = row[m->version->index];
    const cf_sql *sql = cf_mapper_statement(r->mapper, r->db->dialect, CF_UPDATE_ROW, &mask, &r->db->error);
    return sql && cf_session_send(r->db, sql, values, n, NULL);
}

int64_t cf_reencrypt_(cf_db *db, cf_model_fn *model, const char *file, int line)
{
    if (!cf_session_ok(db)) return -1;
    rotation r = {.db = db, .mapper = cf_registry_mapper(db->database->registry, model)};
    if (r.mapper) {
        r.db = db = cf_session_route(db, r.mapper, file, line);
        if (!cf_session_ok(db)) return -1;
    }
    if (!r.mapper || !db->database->keys) {
        cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: %s has no encrypted columns in this database", file, line,
                        model()->name);
        return -1;
    }
    if (!cf_session_flush(db)) return -1;
    r.conn = cf_session_write(db, file, line);
    r.arena = r.conn ? cf_arena_new(NULL, 0) : NULL;
    if (r.conn && !r.arena) cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    bool ok = r.arena && read_rows(&r);
    for (size_t i = 0; ok && i < r.row_count; i++) ok = write_row(&r, r.rows + i * r.mapper->column_count);
    cf_arena_free(r.arena);
    if (ok) return (int64_t)r.row_count;
    cf_session_failed(db, NULL, file, line);
    return -1;
}
