/* A database for the models of one case. */
#include "adapter.h"

#include "base/memory.h"

cf_database *database_open(request *rq, const spec *s)
{
    cf_database *database = cf_mem_zero(1, sizeof *database);
    if (!database) {
        cf_fail(&rq->error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    database->registry = s->registry;
    database->pool = cf_pool_open(rq->url, NULL, &rq->error);
    if (database->pool) return database;
    cf_mem_free(database);
    return NULL;
}

void database_close(cf_database *database)
{
    cf_pool_close(database->pool);
    cf_mem_free(database);
}
