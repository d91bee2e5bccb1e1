/* What templates may call: url_for, get_flashed_messages, csrf_token; and config. */
#include "web/internal.h"

enum { URL_ARGUMENTS = 32 };

static bool url_for(cf_call *call, cf_value *out)
{
    cf_request     *rq = call->request;
    const cf_value *endpoint = call->argument_count ? &call->arguments[0] : cf_call_named(call, "endpoint");
    const cf_named *arguments[URL_ARGUMENTS + 1];
    size_t          count = 0;
    if (!rq) return cf_fail(call->error, CF_ERR_MISUSE, "url_for: only while a request is answered");
    if (!endpoint || !cf_value_is_text(*endpoint))
        return cf_fail(call->error, CF_ERR_TYPE, "url_for: the first argument must be the name of an endpoint");
    if (call->named_count > URL_ARGUMENTS) return cf_fail(call->error, CF_ERR_LIMIT, "url_for: too many arguments");
    for (size_t i = 0; i < call->named_count; i++)
        if (endpoint != &call->named[i].value) arguments[count++] = &call->named[i];
    arguments[count] = NULL;
    char *name = cf_arena_text(call->arena, endpoint->as.text, endpoint->size);
    if (!name) return cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
    cf_error own = {0}, *kept = rq->error;
    rq->error = &own;
    const char *url = cf_url_build(rq, name, arguments);
    rq->error = kept;
    if (!url) {
        if (call->error && !call->error->type) call->error->type = "BuildError";
        return cf_fail(call->error, own.code, "%s", own.message);
    }
    *out = cf_value_text(url);
    return true;
}

static bool csrf_token(cf_call *call, cf_value *out)
{
    cf_request *rq = call->request;
    if (!rq) return cf_fail(call->error, CF_ERR_MISUSE, "csrf_token: only while a request is answered");
    const char *token = cf_request_csrf_token(rq);
    if (!token) return cf_fail(call->error, CF_ERR_MEMORY, "csrf_token: out of memory");
    *out = cf_value_text(token);
    return true;
}

static bool wanted(const cf_list *filter, cf_value category)
{
    if (!filter || filter->count == 0) return true;
    for (size_t i = 0; i < filter->count; i++)
        if (cf_value_equal(filter->items[i], category)) return true;
    return false;
}

/* As Flask: taken out of the session by the first call, given again by later calls of the same request. */
static bool get_flashed_messages(cf_call *call, cf_value *out)
{
    cf_request  *rq = call->request;
    cf_exchange *x = rq ? cf_exchange_of(rq) : NULL;
    if (!rq) return cf_fail(call->error, CF_ERR_MISUSE, "get_flashed_messages: only while a request is answered");
    const cf_value *with = call->argument_count ? &call->arguments[0] : cf_call_named(call, "with_categories");
    const cf_value *only = call->argument_count > 1 ? &call->arguments[1] : cf_call_named(call, "category_filter");
    bool            pairs = with && with->kind == CF_BOOL && with->as.boolean;
    const cf_list  *filter = only && (only->kind == CF_SEQUENCE || only->kind == CF_TUPLE) ? only->as.list : NULL;
    if (!x->flashes) {
        cf_value *there = cf_dict_get_text(rq->session, "_flashes", 8);
        if (there && there->kind == CF_SEQUENCE) x->flashes = there->as.list;
        if (there) cf_dict_remove(rq->session, cf_value_text("_flashes"));
    }
    cf_list *list = cf_list_new(call->arena, 2);
    for (size_t i = 0; list && x->flashes && i < x->flashes->count; i++) {
        cf_value entry = x->flashes->items[i];
        if (entry.kind != CF_SEQUENCE || entry.as.list->count != 2 || !wanted(filter, entry.as.list->items[0]))
            continue;
        if (!cf_list_add(list, pairs ? entry : entry.as.list->items[1])) list = NULL;
    }
    *out = cf_value_list(list);
    return list || cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
}

/* Nothing secret: templates may print all of it. */
static cf_dict *config(cf_web *web)
{
    cf_dict *dict = cf_dict_new(web->arena, 4);
    bool     debug = !web->settings.production;
    if (!dict || !cf_dict_set_text(dict, "NAME", cf_value_text(web->app->name)) ||
        !cf_dict_set_text(dict, "DEBUG", cf_value_bool(debug)) ||
        !cf_dict_set_text(dict, "ENV", cf_value_text(debug ? "development" : "production")) ||
        !cf_dict_set_text(dict, "SESSION_COOKIE_NAME", cf_value_text(web->session_cookie)))
        return NULL;
    return dict;
}

bool cf_web_add_globals(cf_web *web, cf_error *error)
{
    static const struct {
        const char  *name;
        cf_function *function;
    } functions[] = {
        {"url_for", url_for},
        {"csrf_token", csrf_token},
        {"get_flashed_messages", get_flashed_messages},
    };
    cf_dict *dict = config(web);
    bool     added = dict && cf_templates_add_global(web->templates, "config", cf_value_dict(dict));
    for (size_t i = 0; added && i < sizeof functions / sizeof *functions; i++)
        added = cf_templates_add_function(web->templates, functions[i].name, functions[i].function, NULL);
    return added || cf_fail(error, CF_ERR_MEMORY, "out of memory for the templates");
}
