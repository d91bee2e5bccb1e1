/* Creating and dropping the tables of a database's models. */
#include "orm/session.h"

#include <string.h>

/* Is there a table of that name in the present schema? */
static cf_answer exists(cf_db *db, cf_conn *conn, const cf_mapper *m)
{
    static const char *const questions[CF_DIALECTS] = {
        "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?",
        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1",
        "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = ?",
    };
    const char *text = questions[db->dialect->id];
    cf_sql      sql = {text, strlen(text), 0, true};
    cf_value    name = cf_value_text(m->table);
    cf_stmt    *stmt = cf_conn_prepare(conn, &sql, &db->error);
    cf_answer   answer = CF_FAILED;
    db->statements++;
    if (stmt && cf_stmt_run(stmt, &name, 1, &db->error)) answer = cf_stmt_next(stmt, &db->error);
    cf_stmt_done(stmt);
    return answer;
}

/* Sends statements that end in ";\n" one by one. */
static bool send(cf_db *db, cf_conn *conn, char *text)
{
    for (char *end; *text && (end = strstr(text, ";\n")); text = end + 2) {
        *end = '\0';
        db->statements++;
        if (!cf_conn_exec(conn, text, &db->error)) return false;
    }
    return true;
}

static bool create(cf_db *db, cf_conn *conn)
{
    cf_registry *r = db->database->registry;
    bool         ok = true;
    cf_buffer    tables = {0}, late = {0};
    for (size_t i = 0; ok && i < r->count; i++) {
        cf_answer there = exists(db, conn, r->mappers[i]);
        ok = there != CF_FAILED;
        if (there == CF_NO)
            ok = cf_ddl_create(&tables, r->mappers[i], db->dialect, &db->error) &&
                 cf_ddl_late_keys(&late, r->mappers[i], db->dialect);
    }
    if (tables.failed || late.failed) ok = false;
    ok = ok && (!tables.data || send(db, conn, tables.data)) && (!late.data || send(db, conn, late.data));
    cf_buffer_free(&tables);
    cf_buffer_free(&late);
    return ok;
}

static bool drop(cf_db *db, cf_conn *conn)
{
    cf_registry *r = db->database->registry;
    bool         ok = true;
    cf_buffer    text = {0};
    for (size_t i = r->count; ok && i-- > 0;) {
        cf_buffer_text(&text, "DROP TABLE IF EXISTS ");
        cf_sql_name(&text, db->dialect, r->mappers[i]->table);
        cf_buffer_text(&text, db->dialect->id == CF_POSTGRESQL ? " CASCADE;\n" : ";\n");
    }
    ok = !text.failed && (!text.data || send(db, conn, text.data));
    cf_buffer_free(&text);
    return ok;
}

static bool change(cf_db *db, bool (*work)(cf_db *, cf_conn *))
{
    if (!cf_session_ok(db) || !cf_session_flush(db)) return false;
    cf_conn *conn = cf_session_write(db, NULL, 0);
    if (conn && work(db, conn)) return cf_commit(db);
    cf_session_failed(db, NULL, NULL, 0);
    return false;
}

bool cf_create_all(cf_db *db)
{
    return change(db, create);
}

bool cf_drop_all(cf_db *db)
{
    return change(db, drop);
}

bool cf_schema_text(cf_database *database, cf_buffer *out)
{
    const cf_dialect *d = cf_pool_dialect(database->pool);
    cf_registry      *r = database->registry;
    for (size_t i = 0; i < r->count; i++)
        if (!cf_ddl_create(out, r->mappers[i], d, NULL)) return false;
    for (size_t i = 0; i < r->count; i++)
        if (!cf_ddl_late_keys(out, r->mappers[i], d)) return false;
    return !out->failed;
}
