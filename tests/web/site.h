/* The application that the tests of requests share. */
#ifndef CARAFE_TESTS_WEB_SITE_H
#define CARAFE_TESTS_WEB_SITE_H

#include "check.h"

#include <carafe/test.h>
#include <unistd.h>

static cf_response *site_index(cf_request *rq)
{
    return cf_text(rq, "index\n");
}

static cf_response *site_user(cf_request *rq)
{
    return cf_text(rq, cf_arena_printf(rq->arena, "user %lld %s", (long long)cf_arg_int(rq, id), rq->endpoint));
}

/* Everything that came, a line each. */
static cf_response *site_echo(cf_request *rq)
{
    cf_buffer out = {0};
    cf_buffer_printf(&out, "%s %s\n", rq->method_name, rq->path);
    for (size_t i = 0; i < rq->args->count; i++)
        cf_buffer_printf(&out, "arg %s=%s\n", rq->args->items[i].name, rq->args->items[i].value);
    for (size_t i = 0; i < rq->form->count; i++)
        cf_buffer_printf(&out, "form %s=%s\n", rq->form->items[i].name, rq->form->items[i].value);
    for (size_t i = 0; i < rq->files->count; i++)
        cf_buffer_printf(&out, "file %s=%s %llu\n", rq->files->items[i]->field, rq->files->items[i]->filename,
                         (unsigned long long)rq->files->items[i]->size);
    for (size_t i = 0; i < rq->cookies->count; i++)
        cf_buffer_printf(&out, "cookie %s=%s\n", rq->cookies->items[i].name, rq->cookies->items[i].value);
    if (rq->json.kind == CF_MAPPING) cf_buffer_printf(&out, "json %zu members\n", rq->json.as.dict->count);
    if (rq->body.size) cf_buffer_printf(&out, "body %zu\n", rq->body.size);
    char *text = out.failed ? NULL : cf_arena_text(rq->arena, out.data, out.size);
    cf_buffer_free(&out);
    return cf_text(rq, text);
}

static cf_response *site_count(cf_request *rq)
{
    cf_value seen = cf_request_session(rq, "seen");
    int64_t  n = seen.kind == CF_INT ? seen.as.integer + 1 : 1;
    cf_request_session_set(rq, "seen", cf_value_int(n));
    return cf_text(rq, cf_arena_printf(rq->arena, "%lld", (long long)n));
}

static cf_response *site_forget(cf_request *rq)
{
    cf_request_session_clear(rq);
    return cf_text(rq, "forgotten");
}

static cf_response *site_large_session(cf_request *rq)
{
    char *large = cf_arena_alloc(rq->arena, 5001);
    if (!large) return NULL;
    memset(large, 'x', 5000);
    cf_request_session_set(rq, "large", cf_value_text(large));
    return cf_text(rq, "kept?");
}

static cf_response *site_nothing(cf_request *rq)
{
    (void)rq;
    return NULL;
}

static cf_response *site_missing(cf_request *rq)
{
    cf_missing(rq, "Planet");
    return NULL;
}

static cf_response *site_teapot(cf_request *rq)
{
    return cf_abort(rq, 418, "short & <stout>");
}

static cf_response *site_go(cf_request *rq)
{
    return cf_redirect(rq, "user", CF_VAR_AS("id", 7), CF_VAR_AS("q", "a b"));
}

static cf_response *site_headers(cf_request *rq)
{
    cf_response *r = cf_set_status(cf_text(rq, "x"), 201);
    r = cf_set_header(r, "X-One", "1");
    r = cf_set_header(r, "x-one", "2");
    r = cf_set_header(r, "X-Frame-Options", "DENY");
    return cf_set_cookie(r, &(cf_cookie){.name = "taste", .value = "sweet", .max_age = 60, .strict = true});
}

static cf_response *site_split(cf_request *rq)
{
    return cf_set_header(cf_text(rq, "x"), "X-Evil", cf_query_arg(rq, "value"));
}

static cf_response *site_change(cf_request *rq)
{
    cf_request_session_set(rq, "changed", cf_value_bool(true));
    return cf_text(rq, "changed");
}

static cf_response *site_token(cf_request *rq)
{
    return cf_text(rq, cf_request_csrf_token(rq));
}

static cf_response *site_json(cf_request *rq)
{
    cf_dict *dict = cf_dict_new(rq->arena, 2);
    if (!dict || !cf_dict_set_text(dict, "name", cf_value_text("Ada \"A\"")) ||
        !cf_dict_set_text(dict, "n", cf_value_int(3)))
        return NULL;
    return cf_json(rq, cf_value_dict(dict));
}

static cf_response *site_slow(cf_request *rq)
{
    usleep(300000);
    return cf_text(rq, "slow");
}

static cf_response *site_guarded_before(cf_request *rq)
{
    return cf_query_arg(rq, "key") ? NULL : cf_abort(rq, 403, "no key");
}

static void site_guarded_after(cf_request *rq, cf_response *response)
{
    cf_set_header(response, "X-Guarded", rq->endpoint);
}

static const cf_route site_guarded[] = {CF_ROUTE("/", site_index, .endpoint = "index"),
                                        CF_ROUTE("/user/<int:id>", site_user, .endpoint = "user"), CF_END};

static const cf_blueprint site_blueprints[] = {{.name = "guarded",
                                                .prefix = "/guarded",
                                                .routes = site_guarded,
                                                .before = site_guarded_before,
                                                .after = site_guarded_after},
                                               CF_END};

static const cf_route site_routes[] = {
    CF_ROUTE("/", site_index, .endpoint = "index"),
    CF_ROUTE("/user/<int:id>", site_user, .endpoint = "user"),
    CF_ROUTE("/echo", site_echo, .endpoint = "echo", .methods = CF_GET | CF_POST | CF_PUT, .csrf = CF_CSRF_OFF),
    CF_ROUTE("/small", site_echo, .methods = CF_POST, .csrf = CF_CSRF_OFF, .max_body = 100, .endpoint = "small"),
    CF_ROUTE("/count", site_count),
    CF_ROUTE("/forget", site_forget),
    CF_ROUTE("/large", site_large_session),
    CF_ROUTE("/nothing", site_nothing, .endpoint = "nothing"),
    CF_ROUTE("/missing", site_missing),
    CF_ROUTE("/teapot", site_teapot),
    CF_ROUTE("/go", site_go),
    CF_ROUTE("/headers", site_headers),
    CF_ROUTE("/split", site_split),
    CF_ROUTE("/change", site_change, .methods = CF_GET | CF_POST),
    CF_ROUTE("/token", site_token),
    CF_ROUTE("/json", site_json),
    CF_ROUTE("/slow", site_slow),
    CF_ROUTE("/folder/", site_index, .endpoint = "folder"),
    CF_ROUTE("/p/<path:rest>", site_echo, .endpoint = "path"),
    CF_END};

static const cf_app site = {.name = "site", .routes = site_routes, .blueprints = site_blueprints, .no_database = true};

static const cf_settings site_settings = {.secret_key = "a secret of sixteen and more"};

#endif
