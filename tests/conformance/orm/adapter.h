/* What the suites of the ORM adapter share. Memory is an arena of the case in hand. */
#ifndef CONFORMANCE_ORM_ADAPTER_H
#define CONFORMANCE_ORM_ADAPTER_H

#include <jansson.h>

#include "orm/reflect.h"
#include "orm/session.h"

/* A case: the request, and what is to be answered. */
typedef struct request {
    json_t     *json;
    cf_arena   *arena;
    const char *url; /* of --url, or "sqlite://" */
    cf_error    error;
    void (*echo)(void *context, const cf_echo *event); /* told of statements, or NULL */
    void   *echo_context;
    json_t *ok; /* the answer; NULL: `error` is it */
    bool
        refused; /* CF_ERR_UNSUPPORTED means that the library refused for the server, not that the adapter lacks something */
} request;

/* A suite answers one request: fills in `ok`, or `error`. */
typedef void suite_function(request *rq);

suite_function suite_naming, suite_tablename, suite_urls, suite_types, suite_ddl, suite_session, suite_queries,
    suite_pagination;

/* ---- spec.c: models from their description ---- */

typedef struct spec {
    cf_model    *models;
    size_t       count;
    cf_registry *registry;
} spec;

/* Make the models of a spec and their registry; false with the error. Pair it with spec_free(). */
bool spec_make(request *rq, const json_t *description, spec *out);
void spec_free(spec *s);
/* One column from its description, at `offset` of the struct; returns the bytes it takes there, 0 with the error. */
size_t spec_column(request *rq, const json_t *description, size_t offset, cf_column *out);
/* The function that stands for the n-th model of the present spec. */
cf_model_fn *spec_function(size_t n);

/* The field's name for a column of a spec. */
const char *spec_field(request *rq, const json_t *column);

/* ---- relations.c ---- */

/* The relationship's name: that given, unless it is a word of the query language. */
const char *spec_side(request *rq, const char *name);

/* Make the relationships of a spec whose models are made; false with the error. */
bool spec_relate(request *rq, const json_t *description, spec *s);

/* ---- parts.c: constraints ---- */

/* The name that the spec's convention for `kind` (ix, uq, ck, fk, pk) gives, or `given`; NULL: none. */
const char *spec_name(request *rq, const json_t *conventions, const char *kind, const char *table,
                      const char *const *columns, const char *target, const char *given);
/* One constraint or index of a model; false with the error. */
bool spec_constraint(request *rq, const json_t *model, const json_t *conventions, const char *table, const json_t *d,
                     cf_part *out);
/* Foreign keys, and by a convention named constraints, of one column: at most 6 parts; how many. */
size_t spec_column_parts(request *rq, const json_t *conventions, const char *table, const json_t *column, cf_part *out);

/* ---- value.c: members of structs as JSON ---- */

/* Store typed JSON in the member; false with the error when the C type cannot hold it. */
bool member_set(request *rq, const cf_column *column, const json_t *value, void *structure);
/* The member as typed JSON. */
json_t *member_get(const cf_column *column, const void *structure);

/* ---- database.c ---- */

/* Remove all tables; false with the error. */
bool database_wipe(request *rq, cf_conn *conn);
/* An empty database for the models of a spec. NULL with the error; close it with database_close(). */
cf_database *database_open(request *rq, const spec *s);
void         database_close(cf_database *database);

#endif
