/* The suites that need no database: names of tables, URLs. */
#include "adapter.h"

#include <string.h>

#include "base/naming.h"

void suite_naming(request *rq)
{
    cf_buffer   out = {0};
    const char *name = json_string_value(json_object_get(rq->json, "in"));
    if (name) cf_table_name(&out, name);
    if (name && !out.failed) rq->ok = json_string(out.data ? out.data : "");
    else cf_fail(&rq->error, CF_ERR_SYNTAX, "`in` is no text");
    cf_buffer_free(&out);
}

void suite_tablename(request *rq)
{
    spec s;
    if (!spec_make(rq, json_object_get(rq->json, "spec"), &s)) return;
    rq->ok = json_object();
    for (size_t i = 0; i < s.count; i++) {
        const cf_mapper *mapper = cf_registry_by_name(s.registry, s.models[i].name);
        if (mapper) json_object_set_new(rq->ok, mapper->name, json_string(mapper->table));
    }
    spec_free(&s);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* Options by name; those that repeat as a list. */
static json_t *query_of(const cf_url *url)
{
    json_t *query = json_object();
    for (size_t i = 0; i < url->query_count; i++) {
        json_t *before = json_object_get(query, url->query[i].name);
        json_t *value = json_string(url->query[i].value);
        if (json_is_array(before)) json_array_append_new(before, value);
        else if (before) json_object_set_new(query, url->query[i].name, json_pack("[O,o]", before, value));
        else json_object_set_new(query, url->query[i].name, value);
    }
    return query;
}

void suite_urls(request *rq)
{
    cf_url      url;
    const char *text = json_string_value(json_object_get(rq->json, "in"));
    if (!cf_url_parse(rq->arena, text ? text : "", &url, &rq->error)) return;
    rq->ok = json_object();
    json_object_set_new(rq->ok, "drivername", json_string(url.drivername));
    json_object_set_new(rq->ok, "backend", json_string(url.backend));
    json_object_set_new(rq->ok, "username", text_or_null(url.username));
    json_object_set_new(rq->ok, "password", text_or_null(url.password));
    json_object_set_new(rq->ok, "host", text_or_null(url.host));
    json_object_set_new(rq->ok, "port", url.port < 0 ? json_null() : json_integer(url.port));
    json_object_set_new(rq->ok, "database", text_or_null(url.database));
    json_object_set_new(rq->ok, "query", query_of(&url));
    json_object_set_new(rq->ok, "rendered", text_or_null(cf_url_render(rq->arena, &url, false)));
    json_object_set_new(rq->ok, "redacted", text_or_null(cf_url_render(rq->arena, &url, true)));
}
