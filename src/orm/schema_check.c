/* Models against the database they are used with. */
#include "orm/compare.h"
#include "orm/ddl.h"
#include "orm/reflect.h"
#include "orm/session.h"

#include <stdio.h>

static bool run(void *context, const char *statement, size_t size, cf_error *error)
{
    (void)size;
    return cf_conn_exec(context, statement, error);
}

static bool create(cf_conn *conn, const cf_schema *schema, cf_error *error)
{
    cf_ddl ddl = {cf_conn_dialect(conn), run, conn, error};
    return cf_ddl_create(&ddl, schema, NULL);
}

/*
 * What the server itself makes of the models, spelled as it spells: created in a database in memory (SQLite)
 * or in a schema that is rolled back (PostgreSQL). NULL where that is not to be had; *lost: memory is out.
 */
static cf_schema *made_by_server(cf_conn *conn, const cf_schema *schema, cf_arena *arena, bool *lost)
{
    cf_error   error = {0};
    cf_schema *made = NULL;
    if (cf_conn_dialect(conn)->id == CF_POSTGRESQL && cf_conn_begin(conn, CF_BEGIN_WRITE, &error)) {
        char statement[128], name[40];
        snprintf(name, sizeof name, "carafe_check_%llx", (unsigned long long)cf_now().usec);
        snprintf(statement, sizeof statement, "CREATE SCHEMA %s", name);
        bool ok = cf_conn_exec(conn, statement, &error);
        snprintf(statement, sizeof statement, "SET LOCAL search_path TO %s", name);
        if (ok && cf_conn_exec(conn, statement, &error) && create(conn, schema, &error))
            made = cf_reflect(conn, arena, &error);
        *lost = error.code == CF_ERR_MEMORY;
        cf_error_clear(&error);
        (void)cf_conn_rollback(conn, &error);
    } else if (cf_conn_dialect(conn)->id == CF_SQLITE) {
        cf_pool *pool = cf_pool_open("sqlite://", NULL, &error);
        cf_conn *scratch = pool ? cf_pool_take(pool, NULL, &error) : NULL;
        if (scratch && create(scratch, schema, &error)) made = cf_reflect(scratch, arena, &error);
        if (scratch) cf_pool_give(pool, scratch);
        if (pool) cf_pool_close(pool);
        *lost = error.code == CF_ERR_MEMORY;
    }
    return made;
}

static bool compare(cf_database *database, cf_conn *conn, cf_arena *arena, cf_differences *out, cf_error *error)
{
    cf_schema *want = cf_schema_of_models(database->registry, database->options.bind, arena), *made;
    if (!want) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (!cf_schema_realise(want, cf_conn_dialect(conn), arena, error)) return false;
    cf_schema *have = cf_reflect(conn, arena, error);
    if (!have) return false;
    bool lost = false;
    made = made_by_server(conn, want, arena, &lost);
    return (!lost && cf_schema_compare(made ? made : want, have, cf_conn_dialect(conn), arena, out)) ||
           cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

int cf_schema_check(cf_database *database, void (*report)(void *, const char *), void *context, cf_error *error)
{
    cf_error       local = {0};
    cf_differences found = {0};
    cf_arena      *arena = cf_arena_new(NULL, 0);
    cf_conn       *conn = arena ? cf_pool_take(database->pool, NULL, &local) : NULL;
    bool           ok = conn && compare(database, conn, arena, &found, &local);
    if (!arena) cf_fail(&local, CF_ERR_MEMORY, "out of memory");
    if (conn) cf_pool_give(database->pool, conn);
    for (size_t i = 0; ok && report && i < found.count; i++) report(context, found.items[i].text);
    int count = ok ? (int)found.count : -1;
    cf_arena_free(arena);
    if (!ok && error && !error->code) *error = local;
    return count;
}
