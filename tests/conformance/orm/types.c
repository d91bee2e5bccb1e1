/* The suite of types: one value stored in a nullable column of its type and loaded by another session. */
#include "adapter.h"

#include <string.h>

static json_t *hex_of(cf_arena *arena, cf_value v)
{
    char *hex = cf_arena_alloc(arena, (size_t)v.size * 2 + 1);
    for (uint32_t i = 0; hex && i < v.size; i++) sprintf(hex + 2 * i, "%02x", ((const unsigned char *)v.as.data)[i]);
    return json_pack("{s:s}", "hex", hex ? hex : "");
}

static json_t *plain_cell(cf_arena *arena, cf_value v)
{
    switch (v.kind) {
    case CF_INT: return json_integer(v.as.integer);
    case CF_FLOAT:
        return v.as.number - v.as.number == 0 ? json_real(v.as.number)
                                              : json_pack("{s:s}", "float", v.as.number > 0 ? "inf" : "-inf");
    case CF_TEXT: return json_stringn(v.as.text, v.size);
    case CF_BYTES: return hex_of(arena, v);
    default: return json_null();
    }
}

/* What stands in SQLite's file. */
static json_t *stored(request *rq, cf_database *database)
{
    cf_sql   sql = {"select typeof(v), v from item", 29, 0, true};
    cf_conn *conn = cf_pool_take(database->pool, NULL, &rq->error);
    cf_stmt *stmt = conn ? cf_conn_prepare(conn, &sql, &rq->error) : NULL;
    json_t  *out = NULL;
    cf_value type, value;
    if (stmt && cf_stmt_run(stmt, NULL, 0, &rq->error) && cf_stmt_next(stmt, &rq->error) == CF_YES &&
        cf_stmt_value(stmt, 0, CF_TEXT, rq->arena, &type, &rq->error) &&
        cf_stmt_value(stmt, 1, CF_UNDEFINED, rq->arena, &value, &rq->error))
        out = json_pack("{s:s%,s:o}", "typeof", type.as.text, (size_t)type.size, "value", plain_cell(rq->arena, value));
    cf_stmt_done(stmt);
    cf_pool_give(database->pool, conn);
    return out;
}

static bool save(request *rq, cf_database *database, const void *item)
{
    cf_db *db = cf_session(database);
    bool   ok = cf_drop_all(db) && cf_create_all(db) && cf_add_(db, spec_function(0), item, __FILE__, __LINE__) &&
              cf_commit(db);
    if (!ok) rq->error = *cf_error(db);
    cf_close(db);
    return ok;
}

static json_t *load(request *rq, cf_database *database, const cf_column *column)
{
    cf_db   *db = cf_session(database);
    cf_value key = cf_value_int(1);
    json_t  *loaded = NULL;
    void    *item = cf_get_(db, spec_function(0), &key, 1, __FILE__, __LINE__);
    if (item) loaded = member_get(column, item);
    else if (cf_error(db)->code) rq->error = *cf_error(db);
    else cf_fail(&rq->error, CF_ERR_NOT_FOUND, "the stored row is not there");
    cf_close(db);
    return loaded;
}

void suite_types(request *rq)
{
    spec    s;
    json_t *column = json_deep_copy(json_object_get(rq->json, "column"));
    json_t *description = json_pack("{s:[{s:s,s:[{s:s,s:s,s:b},{s:s,s:O}]}]}", "models", "class", "Item", "columns",
                                    "name", "id", "type", "Integer", "pk", 1, "name", "v", "type", column);
    bool    made = spec_make(rq, description, &s);
    if (made) {
        const cf_column *v = &s.models[0].parts[1].column;
        void            *item = cf_arena_alloc(rq->arena, s.models[0].size);
        cf_database     *database =
            member_set(rq, v, json_object_get(rq->json, "value"), item) ? database_open(rq, &s) : NULL;
        if (database && save(rq, database, item)) {
            json_t *loaded = load(rq, database, v);
            if (loaded) rq->ok = json_pack("{s:o}", "loaded", loaded);
            if (loaded && cf_pool_dialect(database->pool)->id == CF_SQLITE)
                json_object_set_new(rq->ok, "stored", stored(rq, database));
        }
        if (database) database_close(database);
        spec_free(&s);
    }
    json_decref(description);
    json_decref(column);
}
