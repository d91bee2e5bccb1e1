/* What handlers ask of a request, and what templates see of it. */
#include "web/internal.h"

#include "base/number.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- route arguments ------------------------------------------------------------------------ */

static const cf_slice *find_argument(const cf_request *rq, const char *name)
{
    const cf_exchange *x = cf_exchange_of(rq);
    const cf_url_rule *rule = x->match.rule;
    size_t             at = 0;
    for (size_t i = 0; rule && i < rule->part_count; i++) {
        if (!rule->parts[i].converter) continue;
        if (at < x->match.count && strcmp(rule->parts[i].text, name) == 0) return &x->match.values[at];
        at++;
    }
    return NULL;
}

int64_t cf_route_int(const cf_request *rq, const char *name)
{
    const cf_slice *s = find_argument(rq, name);
    int64_t         number = 0;
    if (s && !cf_parse_int(s->text, s->size, &number)) return 0;
    return number;
}

double cf_route_double(const cf_request *rq, const char *name)
{
    const cf_slice *s = find_argument(rq, name);
    double          number = 0;
    if (s && !cf_parse_double(s->text, s->size, &number)) return 0;
    return number;
}

const char *cf_route_text(const cf_request *rq, const char *name)
{
    const cf_slice *s = find_argument(rq, name);
    char           *text = s ? cf_arena_text(rq->arena, s->text, s->size) : NULL;
    return text ? text : "";
}

cf_uuid cf_route_uuid(const cf_request *rq, const char *name)
{
    const cf_slice *s = find_argument(rq, name);
    cf_uuid         uuid = {{0}};
    if (s) cf_uuid_parse(s->text, s->size, &uuid);
    return uuid;
}

/* ---- query, form, headers, files ------------------------------------------------------------ */

const char *cf_query_arg(const cf_request *rq, const char *name)
{
    return cf_params_get(rq->args, name);
}

int64_t cf_query_int(const cf_request *rq, const char *name, int64_t fallback)
{
    const char *text = cf_params_get(rq->args, name);
    int64_t     number;
    return text && cf_parse_int(text, strlen(text), &number) ? number : fallback;
}

const char *cf_form_value(const cf_request *rq, const char *name)
{
    return cf_params_get(rq->form, name);
}

const char *cf_request_header(const cf_request *rq, const char *name)
{
    return cf_params_get(rq->headers, name);
}

const char *cf_request_cookie(const cf_request *rq, const char *name)
{
    return cf_params_get(rq->cookies, name);
}

const cf_upload *cf_file_upload(const cf_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->files->count; i++)
        if (strcmp(rq->files->items[i]->field, name) == 0) return rq->files->items[i];
    return NULL;
}

static bool copy_file(int from, int to)
{
    char buffer[16384];
    for (;;) {
        ssize_t n = read(from, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        for (ssize_t at = 0; at < n;) {
            ssize_t written = write(to, buffer + at, (size_t)(n - at));
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            at += written;
        }
    }
}

bool cf_upload_save(cf_request *rq, const cf_upload *upload, const char *path)
{
    int  from = upload->path ? open(upload->path, O_RDONLY | O_CLOEXEC) : -1;
    int  to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool saved = to >= 0 && (!upload->path || from >= 0);
    if (saved && upload->path) {
        saved = copy_file(from, to);
    } else if (saved) {
        for (size_t at = 0; saved && at < upload->size;) {
            ssize_t n = write(to, (const char *)upload->data + at, (size_t)upload->size - at);
            saved = n > 0 || (n < 0 && errno == EINTR);
            if (n > 0) at += (size_t)n;
        }
    }
    if (from >= 0) close(from);
    if (to >= 0 && close(to) != 0) saved = false;
    if (!saved && to >= 0) unlink(path);
    return saved || cf_fail(rq->error, CF_ERR_IO, "the upload cannot be saved as %s", path);
}

/* ---- multi-dictionaries in templates: request.args.get('x'), request.form['x'] ---------------- */

typedef struct params_object {
    cf_object        object;
    const cf_params *params;
} params_object;

static bool text_argument(cf_call *call, size_t at, const char *name, cf_value *out)
{
    const cf_value *named = cf_call_named(call, name);
    *out = call->argument_count > at ? call->arguments[at] : named ? *named : cf_value_undefined();
    return out->kind != CF_UNDEFINED;
}

static const cf_param *params_find(const cf_params *params, cf_value key)
{
    if (!cf_value_is_text(key)) return NULL;
    for (size_t i = 0; i < params->count; i++) {
        const cf_param *p = &params->items[i];
        size_t          size = strlen(p->name);
        if (params->any_case ? cf_equal_nocase(p->name, size, key.as.text, key.size)
                             : size == key.size && memcmp(p->name, key.as.text, size) == 0)
            return p;
    }
    return NULL;
}

static cf_answer params_item(cf_call *call, cf_object *self, cf_value key, cf_value *out)
{
    const cf_param *p = params_find(((params_object *)self)->params, key);
    (void)call;
    if (!p) return CF_NO;
    *out = cf_value_text_n(p->value, p->size);
    return CF_YES;
}

static bool params_list(cf_call *call, const cf_params *params, cf_value key, cf_value *out)
{
    cf_list *list = cf_list_new(call->arena, 4);
    if (!list) return cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < params->count; i++) {
        cf_params one = {1, &params->items[i], params->any_case};
        if (params_find(&one, key) &&
            !cf_list_add(list, cf_value_text_n(params->items[i].value, params->items[i].size)))
            return cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
    }
    *out = cf_value_list(list);
    return true;
}

static cf_answer params_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    const cf_params *params = ((params_object *)self)->params;
    cf_value         key, fallback;
    if (size == 3 && memcmp(name, "get", 3) == 0) {
        if (!text_argument(call, 0, "key", &key)) return CF_NO;
        const cf_param *p = params_find(params, key);
        *out = p                                              ? cf_value_text_n(p->value, p->size)
               : text_argument(call, 1, "default", &fallback) ? fallback
                                                              : cf_value_null();
        return CF_YES;
    }
    if (size == 7 && memcmp(name, "getlist", 7) == 0) {
        if (!text_argument(call, 0, "key", &key)) return CF_NO;
        return params_list(call, params, key, out) ? CF_YES : CF_FAILED;
    }
    return CF_NO;
}

static cf_answer params_next(cf_call *call, cf_iterator *iterator, cf_value *out)
{
    const cf_params *params = iterator->state;
    (void)call;
    if (iterator->index >= params->count) return CF_NO;
    *out = cf_value_text(params->items[iterator->index++].name);
    return CF_YES;
}

static bool params_iterate(cf_call *call, cf_object *self, cf_iterator *iterator)
{
    const cf_params *params = ((params_object *)self)->params;
    (void)call;
    iterator->next = params_next;
    iterator->state = (void *)(uintptr_t)params;
    iterator->length = params->count;
    return true;
}

static size_t params_length(cf_call *call, cf_object *self)
{
    (void)call;
    return ((params_object *)self)->params->count;
}

static const cf_class params_class = {
    .name = "MultiDict",
    .item = params_item,
    .method = params_method,
    .iterate = params_iterate,
    .length = params_length,
};

static bool params_value(cf_call *call, const cf_params *params, cf_value *out)
{
    params_object *object = cf_arena_alloc(call->arena, sizeof *object);
    if (!object) return cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
    object->object.cls = &params_class;
    object->params = params;
    *out = cf_value_object(&object->object);
    return true;
}

/* ---- the request in templates --------------------------------------------------------------- */

static const char *full_path(cf_call *call, const cf_request *rq)
{
    return cf_arena_printf(call->arena, "%s?%s", rq->path, rq->query);
}

static bool view_args(cf_call *call, const cf_request *rq, cf_value *out)
{
    const cf_exchange *x = cf_exchange_of(rq);
    const cf_url_rule *rule = x->match.rule;
    cf_dict           *dict = cf_dict_new(call->arena, 4);
    size_t             at = 0;
    for (size_t i = 0; dict && rule && i < rule->part_count; i++) {
        if (!rule->parts[i].converter || at >= x->match.count) continue;
        cf_value value = cf_value_text_n(x->match.values[at].text, x->match.values[at].size);
        at++;
        if (!cf_dict_set_text(dict, rule->parts[i].text, value))
            return cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
    }
    *out = cf_value_dict(dict);
    return dict || cf_fail(call->error, CF_ERR_MEMORY, "out of memory");
}

enum request_attribute {
    A_METHOD,
    A_PATH,
    A_FULL_PATH,
    A_QUERY,
    A_HOST,
    A_REMOTE,
    A_SECURE,
    A_SCHEME,
    A_ENDPOINT,
    A_BLUEPRINT,
    A_ARGS,
    A_FORM,
    A_COOKIES,
    A_HEADERS,
    A_JSON,
    A_VIEW_ARGS,
    A_URL,
    A_BASE_URL,
    A_ROOT,
    A_USER_AGENT,
    A_REFERRER,
    A_RULE
};

static const struct {
    const char            *name;
    enum request_attribute attribute;
} attributes[] = {
    {"method", A_METHOD},     {"path", A_PATH},           {"full_path", A_FULL_PATH}, {"query_string", A_QUERY},
    {"host", A_HOST},         {"remote_addr", A_REMOTE},  {"is_secure", A_SECURE},    {"scheme", A_SCHEME},
    {"endpoint", A_ENDPOINT}, {"blueprint", A_BLUEPRINT}, {"args", A_ARGS},           {"form", A_FORM},
    {"cookies", A_COOKIES},   {"headers", A_HEADERS},     {"json", A_JSON},           {"view_args", A_VIEW_ARGS},
    {"url", A_URL},           {"base_url", A_BASE_URL},   {"url_root", A_ROOT},       {"user_agent", A_USER_AGENT},
    {"referrer", A_REFERRER}, {"url_rule", A_RULE},
};

static cf_answer request_read(cf_call *call, const cf_request *rq, enum request_attribute attribute, cf_value *out)
{
    const cf_exchange *x = cf_exchange_of(rq);
    const char        *scheme = rq->secure ? "https" : "http";
    const char        *dot = rq->endpoint ? strrchr(rq->endpoint, '.') : NULL;
    switch (attribute) {
    case A_METHOD: *out = cf_value_text(rq->method_name); break;
    case A_PATH: *out = cf_value_text(rq->path); break;
    case A_FULL_PATH: *out = cf_value_text(full_path(call, rq)); break;
    case A_QUERY: *out = cf_value_text(rq->query); break;
    case A_HOST: *out = cf_value_text(rq->host); break;
    case A_REMOTE: *out = cf_value_text(rq->remote); break;
    case A_SECURE: *out = cf_value_bool(rq->secure); break;
    case A_SCHEME: *out = cf_value_text(scheme); break;
    case A_ENDPOINT: *out = cf_value_text(rq->endpoint); break;
    case A_BLUEPRINT: *out = dot ? cf_value_text_n(rq->endpoint, (size_t)(dot - rq->endpoint)) : cf_value_null(); break;
    case A_ARGS: return params_value(call, rq->args, out) ? CF_YES : CF_FAILED;
    case A_FORM: return params_value(call, rq->form, out) ? CF_YES : CF_FAILED;
    case A_COOKIES: return params_value(call, rq->cookies, out) ? CF_YES : CF_FAILED;
    case A_HEADERS: return params_value(call, rq->headers, out) ? CF_YES : CF_FAILED;
    case A_JSON: *out = rq->json.kind == CF_UNDEFINED ? cf_value_null() : rq->json; break;
    case A_VIEW_ARGS: return view_args(call, rq, out) ? CF_YES : CF_FAILED;
    case A_URL:
        *out = cf_value_text(cf_arena_printf(call->arena, "%s://%s%s%s%s", scheme, rq->host, rq->path,
                                             *rq->query ? "?" : "", rq->query));
        break;
    case A_BASE_URL: *out = cf_value_text(cf_arena_printf(call->arena, "%s://%s%s", scheme, rq->host, rq->path)); break;
    case A_ROOT: *out = cf_value_text(cf_arena_printf(call->arena, "%s://%s/", scheme, rq->host)); break;
    case A_USER_AGENT: *out = cf_value_text(cf_request_header(rq, "User-Agent")); break;
    case A_REFERRER: *out = cf_value_text(cf_request_header(rq, "Referer")); break;
    case A_RULE: *out = cf_value_text(x->match.rule ? x->match.rule->rule : NULL); break;
    }
    return CF_YES;
}

static cf_answer request_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    const cf_request *rq = cf_object_data(self);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (strlen(attributes[i].name) == size && memcmp(attributes[i].name, name, size) == 0)
            return request_read(call, rq, attributes[i].attribute, out);
    return CF_NO;
}

const cf_class cf_request_class = {
    .name = "Request",
    .data_offset = CF_HEADER_SIZE,
    .attribute = request_attribute,
};
