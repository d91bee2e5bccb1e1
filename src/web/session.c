/* The signed session cookie, flashed messages, the CSRF token. */
#include "web/internal.h"

#include "web/json.h"
#include <time.h>

enum { SESSION_DEPTH = 16, COOKIE_LIMIT = 4000, REFRESH = 86400 };

static int64_t now_seconds(void)
{
    return cf_now().usec / 1000000;
}

/* ---- loading and saving --------------------------------------------------------------------- */

bool cf_cookie_session_load(cf_exchange *x)
{
    cf_web     *web = x->rq.web;
    const char *cookie = cf_params_get(x->rq.cookies, web->session_cookie);
    size_t      size = 0;
    int64_t     made = 0;
    cf_value    value;
    char       *payload = NULL;
    x->session_sent = "";
    if (cookie && *cookie) {
        int64_t days = web->app->session_days ? web->app->session_days : 31;
        payload = cf_unsign(&web->session_keys, x->rq.arena, cookie, now_seconds(), days * 86400, &size, &made);
        x->session_used = true;
    }
    if (payload && cf_json_parse(x->rq.arena, payload, size, SESSION_DEPTH, &value) && value.kind == CF_MAPPING) {
        x->rq.session = value.as.dict;
        x->session_sent = now_seconds() - made > REFRESH ? "-" : payload; /* "-": sign it anew */
    } else {
        x->rq.session = cf_dict_new(x->rq.arena, 0);
        x->session_sent = cookie ? "-" : "";
    }
    return x->rq.session && !cf_arena_failed(x->rq.arena);
}

bool cf_cookie_session_save(cf_exchange *x, cf_response *response)
{
    cf_web   *web = x->rq.web;
    cf_buffer json = {.limit = COOKIE_LIMIT * 2}, text = {.limit = COOKIE_LIMIT * 2};
    cf_error  error = {0};
    bool      done = true;
    if (x->rq.session->count == 0 && !*x->session_sent) return true;
    if (x->rq.session->count == 0) {
        cf_cookie gone = {.name = web->session_cookie, .value = "", .max_age = -1};
        return cf_set_cookie(response, &gone) != NULL;
    }
    x->session_used = true;
    if (!cf_json_write(x->rq.arena, &json, cf_value_dict(x->rq.session), &error)) {
        done = cf_fail(x->rq.error, error.code, "the session cannot be stored: %s", error.message);
    } else if (strcmp(json.data, x->session_sent) != 0) {
        cf_sign(&web->session_keys, json.data, json.size, now_seconds(), &text);
        if (text.failed || text.size + strlen(web->session_cookie) > COOKIE_LIMIT) {
            done = cf_fail(x->rq.error, CF_ERR_LIMIT,
                           "the session is larger than a cookie can be (%d bytes); keep large things in the database",
                           COOKIE_LIMIT);
        } else {
            cf_cookie cookie = {.name = web->session_cookie, .value = text.data};
            done = cf_set_cookie(response, &cookie) != NULL;
        }
    }
    cf_buffer_free(&json);
    cf_buffer_free(&text);
    return done;
}

/* ---- for handlers --------------------------------------------------------------------------- */

cf_value cf_request_session(const cf_request *rq, const char *name)
{
    cf_value *value = cf_dict_get_text(rq->session, name, strlen(name));
    return value ? *value : cf_value_undefined();
}

bool cf_request_session_set(cf_request *rq, const char *name, cf_value value)
{
    char *key = cf_arena_copy(rq->arena, name);
    if (cf_value_is_text(value)) {
        char *text = cf_arena_text(rq->arena, value.as.text, value.size);
        if (!text) return cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for the session");
        value.as.text = text;
    }
    if (!key || !cf_dict_set_text(rq->session, key, value))
        return cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for the session");
    return true;
}

bool cf_request_session_remove(cf_request *rq, const char *name)
{
    return cf_dict_remove(rq->session, cf_value_text(name));
}

void cf_request_session_clear(cf_request *rq)
{
    cf_dict *session = rq->session;
    for (size_t i = 0; i < session->used; i++)
        if (!session->entries[i].removed) cf_dict_remove(session, session->entries[i].key);
}

bool cf_flash(cf_request *rq, const char *message, const char *category)
{
    cf_value *there = cf_dict_get_text(rq->session, "_flashes", 8);
    cf_list  *all = there && there->kind == CF_SEQUENCE ? there->as.list : cf_list_new(rq->arena, 2);
    cf_list  *pair = cf_list_new(rq->arena, 2);
    char *text = cf_arena_copy(rq->arena, message), *kind = cf_arena_copy(rq->arena, category ? category : "message");
    if (!all || !pair || !text || !kind || !cf_list_add(pair, cf_value_text(kind)) ||
        !cf_list_add(pair, cf_value_text(text)) || !cf_list_add(all, cf_value_list(pair)) ||
        !cf_dict_set_text(rq->session, "_flashes", cf_value_list(all)))
        return cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a flashed message");
    return true;
}

/* ---- the token ------------------------------------------------------------------------------ */

static const char *csrf_session(const cf_request *rq)
{
    cf_value *value = cf_dict_get_text(rq->session, "csrf_token", 10);
    return value && value->kind == CF_TEXT ? value->as.text : NULL;
}

cf_csrf cf_csrf_settings(cf_request *rq)
{
    cf_web *web = rq->web;
    return (cf_csrf){.secret = web->secrets[0],
                     .secret_size = strlen(web->secrets[0]),
                     .session = csrf_session(rq),
                     .time_limit = 3600};
}

bool cf_csrf_begin(cf_request *rq)
{
    char random[CF_CSRF_SESSION_SIZE];
    if (csrf_session(rq)) return true;
    cf_csrf_session(random);
    return cf_request_session_set(rq, "csrf_token", cf_value_text(random));
}

const char *cf_request_csrf_token(cf_request *rq)
{
    char *token = NULL;
    if (!cf_csrf_begin(rq)) return NULL;
    cf_csrf csrf = cf_csrf_settings(rq);
    return cf_csrf_token(rq->arena, &csrf, &token, rq->error) ? token : NULL;
}

bool cf_csrf_holds(cf_exchange *x)
{
    cf_web     *web = x->rq.web;
    const char *token;
    if (x->csrf_known) return x->csrf_held;
    x->csrf_known = true;
    token = cf_request_header(&x->rq, "X-CSRFToken");
    if (!token) token = cf_request_header(&x->rq, "X-CSRF-Token");
    if (!token) token = cf_form_value(&x->rq, "csrf_token");
    if (!token && x->rq.json.kind == CF_MAPPING) {
        cf_value *member = cf_dict_get_text(x->rq.json.as.dict, "csrf_token", 10);
        if (member && member->kind == CF_TEXT) token = member->as.text;
    }
    if (!token || !csrf_session(&x->rq)) return false;
    cf_csrf csrf = cf_csrf_settings(&x->rq);
    for (size_t i = 0; i < web->secret_count && !x->csrf_held; i++) {
        csrf.secret = web->secrets[i];
        csrf.secret_size = strlen(web->secrets[i]);
        x->csrf_held = cf_csrf_check(&csrf, token, strlen(token), NULL);
    }
    return x->csrf_held;
}
