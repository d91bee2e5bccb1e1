/* Creating and dropping the tables of a database's models, and showing how. */
#include "orm/ddl.h"
#include "orm/session.h"

#include <string.h>

/* The realised tree of the models that belong to a database; NULL with the error. */
static cf_schema *schema_of(const cf_registry *registry, const char *bind, const cf_dialect *dialect, cf_arena *arena,
                            cf_error *error)
{
    cf_schema *schema = arena ? cf_schema_of_models(registry, bind, arena) : NULL;
    if (!schema) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return schema && cf_schema_realise(schema, dialect, arena, error) ? schema : NULL;
}

/* ---- statements sent ---------------------------------------------------------------------------- */

/* Is there a table of that name in the present schema? */
static cf_answer exists(cf_db *db, cf_conn *conn, const char *table)
{
    static const char *const questions[CF_DIALECTS] = {
        "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1",
        "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = ?",
    };
    const char *text = questions[db->dialect->id];
    cf_sql      sql = {text, strlen(text), 0, true};
    cf_value    name = cf_value_text(table);
    cf_stmt    *stmt = cf_conn_prepare(conn, &sql, &db->error);
    cf_answer   answer = CF_FAILED;
    db->statements++;
    if (stmt && cf_stmt_run(stmt, &name, 1, &db->error)) answer = cf_stmt_next(stmt, &db->error);
    cf_stmt_done(stmt);
    return answer;
}

typedef struct sending {
    cf_db   *db;
    cf_conn *conn;
} sending;

static bool send(void *context, const char *statement, size_t size, cf_error *error)
{
    sending *s = context;
    (void)size;
    s->db->statements++;
    return cf_conn_exec(s->conn, statement, error);
}

/* Creates the tables that are not there, or drops those that are. */
static bool work(cf_db *db, cf_conn *conn, cf_arena *arena, bool create)
{
    cf_database *database = db->database;
    cf_schema   *schema = schema_of(database->registry, database->options.bind, db->dialect, arena, &db->error);
    sending      to = {db, conn};
    cf_ddl       ddl = {db->dialect, send, &to, &db->error};
    bool        *wanted = schema ? cf_arena_array(arena, schema->count ? schema->count : 1, sizeof *wanted) : NULL;
    if (!wanted) return cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < schema->count; i++) {
        cf_answer there = exists(db, conn, schema->tables[i].name);
        if (there == CF_FAILED) return false;
        wanted[i] = (there == CF_NO) == create;
    }
    return create ? cf_ddl_create(&ddl, schema, wanted) : cf_ddl_drop(&ddl, schema, wanted);
}

static bool change(cf_db *db, bool create)
{
    if (!cf_session_ok(db) || !cf_session_flush(db)) return false;
    cf_conn  *conn = cf_session_write(db, NULL, 0);
    cf_arena *arena = conn ? cf_arena_new(NULL, 0) : NULL;
    bool      ok = arena && work(db, conn, arena, create);
    if (conn && !arena) cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    cf_arena_free(arena);
    if (ok) return cf_commit(db);
    cf_session_failed(db, NULL, NULL, 0);
    return false;
}

bool cf_create_all(cf_db *db)
{
    return change(db, true) && cf_session_open_bound(db) && cf_session_each_bound(db, cf_create_all);
}

bool cf_drop_all(cf_db *db)
{
    return change(db, false) && cf_session_open_bound(db) && cf_session_each_bound(db, cf_drop_all);
}

/* ---- statements shown ---------------------------------------------------------------------------- */

static bool write_down(void *context, const char *statement, size_t size, cf_error *error)
{
    cf_buffer *out = context;
    cf_buffer_add(out, statement, size);
    cf_buffer_text(out, ";\n");
    return !out->failed || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

static bool show(const cf_registry *registry, const char *bind, const cf_dialect *dialect, cf_buffer *out,
                 cf_error *error)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_schema *schema = schema_of(registry, bind, dialect, arena, error);
    cf_ddl     ddl = {dialect, write_down, out, error};
    bool       ok = schema && cf_ddl_create(&ddl, schema, NULL);
    cf_arena_free(arena);
    return ok;
}

bool cf_schema_text(cf_database *database, cf_buffer *out)
{
    return database && show(database->registry, database->options.bind, cf_pool_dialect(database->pool), out, NULL);
}

bool cf_schema_text_for_(const cf_program *program, const char *dialect, const char *bind, cf_buffer *out,
                         cf_error *error)
{
    cf_dialect_id id;
    cf_registry  *registry = cf_registry_acquire_for(program, dialect, &id, error);
    if (!registry) return false;
    bool ok = show(registry, bind, cf_dialect_sample(id), out, error);
    cf_registry_release(registry);
    return ok;
}
