/* A database for the models of one case. */
#include "adapter.h"

#include "base/memory.h"

static bool run(request *rq, cf_conn *conn, const char *format, const char *a, const char *b)
{
    cf_buffer text = {0}, quoted_a = {0}, quoted_b = {0};
    cf_sql_name(&quoted_a, cf_conn_dialect(conn), a);
    cf_sql_name(&quoted_b, cf_conn_dialect(conn), b);
    cf_buffer_printf(&text, format, quoted_a.data, quoted_b.data);
    bool ok = cf_conn_exec(conn, text.data, &rq->error);
    cf_buffer_free(&text);
    cf_buffer_free(&quoted_a);
    cf_buffer_free(&quoted_b);
    return ok;
}

bool database_wipe(request *rq, cf_conn *conn)
{
    const cf_dialect *d = cf_conn_dialect(conn);
    cf_schema        *s = cf_reflect(conn, rq->arena, &rq->error);
    bool              ok = s != NULL;
    if (ok && d->id == CF_MARIADB) ok = cf_conn_exec(conn, "SET foreign_key_checks = 0", &rq->error);
    if (ok && d->id == CF_SQLITE) ok = cf_conn_exec(conn, "PRAGMA foreign_keys = OFF", &rq->error);
    for (size_t i = 0; ok && i < s->count; i++)
        ok = run(rq, conn, d->id == CF_POSTGRESQL ? "DROP TABLE IF EXISTS %s CASCADE" : "DROP TABLE IF EXISTS %s",
                 s->tables[i].name, "");
    if (ok && d->id == CF_MARIADB) ok = cf_conn_exec(conn, "SET foreign_key_checks = 1", &rq->error);
    if (ok && d->id == CF_SQLITE) ok = cf_conn_exec(conn, "PRAGMA foreign_keys = ON", &rq->error);
    return ok;
}

cf_database *database_open(request *rq, const spec *s)
{
    cf_database *database = cf_mem_zero(1, sizeof *database);
    if (!database) {
        cf_fail(&rq->error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    database->registry = s->registry;
    cf_pool_options options = {.echo = rq->echo, .context = rq->echo_context};
    database->pool = cf_pool_open(rq->url, &options, &rq->error);
    if (database->pool) return database;
    cf_mem_free(database);
    return NULL;
}

void database_close(cf_database *database)
{
    cf_pool_close(database->pool);
    cf_mem_free(database);
}
