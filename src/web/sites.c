/* Checks at start: the table of routes, and every place in the program and its templates that names one. */
#include "web/internal.h"
#include "web/model_form.h"

#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

static const cf_route static_route = {.rule = "/static/<path:filename>",
                                      .handler = cf_static_handler,
                                      .handler_name = "static",
                                      .endpoint = "static",
                                      .file = "carafe",
                                      .methods = CF_GET};

/* ---- routes --------------------------------------------------------------------------------- */

static bool place(cf_error *error, const char *file, int line)
{
    if (error) {
        char message[sizeof error->message];
        snprintf(message, sizeof message, "%s:%d: %.600s", file, line, error->message);
        memcpy(error->message, message, sizeof message);
        error->file = file;
        error->line = line;
    }
    return false;
}

/* Does the handler itself make a form? Then that checks the token. */
static bool makes_form(const cf_web *web, const cf_route *route)
{
    for (const void *const *at = web->program->web_sites; at < web->program->web_sites_end; at++) {
        const cf_web_site *site = *at;
        if (site->kind == CF_SITE_FORM && strcmp(site->function, route->handler_name) == 0 &&
            strcmp(site->file, route->file) == 0)
            return true;
    }
    return false;
}

static bool check_endpoint(cf_web *web, const cf_url_rule *rule, cf_error *error)
{
    for (size_t i = 0; i < cf_router_count(web->router); i++) {
        const cf_url_rule *other = cf_router_rule(web->router, i);
        if (strcmp(other->endpoint, rule->endpoint) == 0 && other->route->handler != rule->route->handler)
            return cf_fail(error, CF_ERR_MISUSE,
                           "the endpoint '%s' is that of %s() already, at %s:%d; give one of them "
                           "another with .endpoint",
                           rule->endpoint, other->route->handler_name, other->route->file, other->route->line);
    }
    return true;
}

static bool add_route(cf_web *web, const cf_blueprint *blueprint, const cf_route *route, cf_error *error)
{
    cf_url_rule *rule = cf_arena_alloc(web->arena, sizeof *rule);
    const char  *name = route->endpoint ? route->endpoint : route->handler_name;
    const char  *prefix = blueprint && blueprint->prefix ? blueprint->prefix : "";
    if (!route->handler) return cf_fail(error, CF_ERR_MISUSE, "the route \"%s\" has no handler", route->rule);
    if (!name || !*name || strchr(name, '.'))
        return cf_fail(error, CF_ERR_MISUSE, "the route \"%s\" has no usable endpoint name", route->rule);
    char *text = cf_arena_printf(web->arena, "%s%s", prefix, route->rule);
    if (rule && blueprint) name = cf_arena_printf(web->arena, "%s.%s", blueprint->name, name);
    if (!rule || !text || !name) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (!cf_rule_parse(web->arena, text, rule, error)) return false;
    rule->route = route;
    rule->blueprint = blueprint;
    rule->endpoint = name;
    rule->methods = (route->methods ? route->methods : (unsigned)CF_GET) | CF_OPTIONS;
    if (rule->methods & CF_GET) rule->methods |= CF_HEAD;
    rule->deferred_csrf = makes_form(web, route);
    return check_endpoint(web, rule, error) && cf_router_add(web->router, rule, error);
}

static bool add_routes(cf_web *web, const cf_blueprint *blueprint, const cf_route *routes, cf_error *error)
{
    for (const cf_route *before = NULL; routes && routes->rule; before = routes++) {
        /* All that CF_ROUTE() makes has both; what lies behind a table that does not end has them hardly ever. */
        if (before && (!routes->handler_name || !routes->file))
            return cf_fail(error, CF_ERR_MISUSE, "the table of routes does not end with CF_END") ||
                   place(error, before->file, before->line);
        if (!add_route(web, blueprint, routes, error)) return place(error, routes->file, routes->line);
    }
    return true;
}

bool cf_web_routes(cf_web *web, cf_error *error)
{
    web->router = cf_router_new(web->arena);
    if (!web->router) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    if (!web->app->routes) return cf_fail(error, CF_ERR_MISUSE, "cf_app.routes is missing");
    if (!add_routes(web, NULL, web->app->routes, error)) return false;
    for (const cf_blueprint *b = web->app->blueprints; b && b->routes; b++) {
        size_t size = b->prefix ? strlen(b->prefix) : 0;
        if (!b->name || !*b->name || strchr(b->name, '.'))
            return cf_fail(error, CF_ERR_MISUSE, "a blueprint has no usable name");
        if (size && (b->prefix[0] != '/' || b->prefix[size - 1] == '/'))
            return cf_fail(error, CF_ERR_MISUSE, "the prefix of blueprint '%s' must begin with '/' and not end with it",
                           b->name);
        if (!add_routes(web, b, b->routes, error)) return false;
    }
    if (!cf_router_has(web->router, "static") && !add_route(web, NULL, &static_route, error)) return false;
    cf_router_finish(web->router);
    return true;
}

/* ---- call sites ----------------------------------------------------------------------------- */

static bool template_there(const cf_web *web, const char *name)
{
    char path[4096];
    for (const void *const *at = web->program->files; at < web->program->files_end; at++) {
        const cf_file *file = *at;
        if (strcmp(file->folder, "templates") == 0 && strcmp(file->name, name) == 0) return true;
    }
    int size = web->settings.templates ? snprintf(path, sizeof path, "%s/%s", web->settings.templates, name) : -1;
    return size > 0 && (size_t)size < sizeof path && access(path, R_OK) == 0;
}

static bool no_template(const cf_web *web, const char *name, cf_error *error)
{
    const char *names[256], *near;
    size_t      count = 0;
    for (const void *const *at = web->program->files; at < web->program->files_end && count < 256; at++) {
        const cf_file *file = *at;
        if (strcmp(file->folder, "templates") == 0) names[count++] = file->name;
    }
    near = cf_nearest_name(name, names, count);
    return cf_fail(error, CF_ERR_NOT_FOUND, "there is no template '%s'%s%s%s", name, near ? " (did you mean '" : "",
                   near ? near : "", near ? "'?)" : "");
}

static bool endpoint_there(const cf_web *web, const char *endpoint, cf_error *error)
{
    /* ".name" depends on the blueprint of the request: any blueprint that has it will do. */
    for (size_t i = 0; endpoint[0] == '.' && i < cf_router_count(web->router); i++) {
        const char *dot = strrchr(cf_router_rule(web->router, i)->endpoint, '.');
        if (strcmp(dot ? dot : cf_router_rule(web->router, i)->endpoint, dot ? endpoint : endpoint + 1) == 0)
            return true;
    }
    if (cf_router_has(web->router, endpoint)) return true;
    const char *near = cf_router_nearest(web->router, endpoint);
    if (near) return cf_fail(error, CF_ERR_NAME, "there is no endpoint '%.60s' (did you mean '%s'?)", endpoint, near);
    return cf_fail(error, CF_ERR_NAME, "there is no endpoint '%.60s'", endpoint);
}

static bool check_site(cf_web *web, const cf_web_site *site, cf_error *error)
{
    switch (site->kind) {
    case CF_SITE_TEMPLATE: return template_there(web, site->text) || no_template(web, site->text, error);
    case CF_SITE_ENDPOINT: return endpoint_there(web, site->text, error);
    case CF_SITE_FORM: return cf_form_class_check(site->form(), error) && cf_model_form_check(site->form(), error);
    }
    return true;
}

static bool visit_call(void *data, const char *function, const char *argument, const char *file, int line,
                       cf_error *error)
{
    if (strcmp(function, "url_for") != 0 || endpoint_there(data, argument, error)) return true;
    if (error) {
        error->file = file;
        error->line = line;
    }
    return false;
}

bool cf_web_check_sites(cf_web *web, cf_error *error)
{
    for (const void *const *at = web->program->web_sites; at < web->program->web_sites_end; at++) {
        const cf_web_site *site = *at;
        if (!check_site(web, site, error)) return place(error, site->file, site->line);
    }
    if (cf_templates_visit_calls(web->templates, visit_call, web, error)) return true;
    if (error && error->file) {
        place(error, error->file, error->line);
        error->file = NULL; /* the name lives as long as the templates, which the caller is about to free */
    }
    return false;
}
