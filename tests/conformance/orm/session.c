/* The suite of sessions: a script of steps on one session, with the statements that each of them sent. */
#include "session_steps.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- statements ------------------------------------------------------------------------------------------ */

/* The word at `p` without quotes, into `out`. */
static void bare_word(const char *p, const char *end, char *out, size_t size)
{
    size_t n = 0;
    while (p < end && isspace((unsigned char)*p)) p++;
    for (; p < end && !isspace((unsigned char)*p) && *p != '(' && *p != ',' && *p != ';'; p++)
        if (*p != '"' && *p != '`' && n + 1 < size) out[n++] = *p;
    out[n] = '\0';
}

static const char *behind(const char *text, const char *end, const char *word)
{
    size_t size = strlen(word);
    for (const char *p = text; p + size <= end; p++)
        if (strncasecmp(p, word, size) == 0) return p + size;
    return NULL;
}

static void record(void *context, const cf_echo *event)
{
    static const char *const verbs[] = {"INSERT INTO ", "UPDATE ", "DELETE FROM "};
    scenario                *s = context;
    const char              *text = event->statement, *end = text + event->size, *at = NULL;
    char                     table[128], verb[32];
    if (!s->trace) return;
    bare_word(text, end, verb, sizeof verb);
    for (size_t i = 0; i < 3 && !at; i++)
        if (strncasecmp(text, verbs[i], strlen(verbs[i])) == 0) at = text + strlen(verbs[i]);
    if (strcasecmp(verb, "SELECT") == 0 || strcasecmp(verb, "WITH") == 0) {
        at = behind(text, end, " FROM ");
        if (!at) at = end;
        strcpy(verb, "SELECT");
    }
    if (at) bare_word(at, end, table, sizeof table);
    json_array_append_new(s->trace, at ? json_sprintf("%s %s", verb, table) : json_string(verb));
}

/* ---- the case ---------------------------------------------------------------------------------------------- */

/* The kind of an error in the words of the vectors, which take the refresh of a row that is gone for misuse. */
static const char *kind_of(cf_code code, const json_t *step)
{
    if (code == CF_ERR_NOT_FOUND && strcmp(step_text(step, "op"), "refresh") == 0) code = CF_ERR_MISUSE;
    return code == CF_ERR_NOT_LOADED ? "load_forbidden" : cf_code_name(code);
}

static json_t *run(scenario *s, const json_t *steps)
{
    json_t *out = json_array(), *step;
    size_t  i;
    json_array_foreach(steps, i, step)
    {
        json_t *answer = json_object(), *value = NULL;
        s->trace = json_array();
        cf_error_clear(&s->rq->error);
        if (!session_step(s, step, &value)) {
            const cf_error *e = &s->rq->error;
            json_object_set_new(answer, "error",
                                json_pack("{s:s,s:s}", "kind", kind_of(e->code, step), "message", e->message));
        } else if (value) {
            json_object_set(answer, "value", value);
        }
        json_decref(value);
        json_object_set_new(answer, "trace", s->trace);
        s->trace = NULL;
        json_array_append_new(out, answer);
    }
    cf_error_clear(&s->rq->error);
    return out;
}

static cf_db *open_session(const scenario *s)
{
    const json_t *options = json_object_get(s->rq->json, "session");
    return cf_session(s->database, .no_autoflush = json_is_false(json_object_get(options, "autoflush")));
}

void suite_session(request *rq)
{
    scenario      s = {.rq = rq};
    spec          models;
    const json_t *description = json_object_get(rq->json, "spec");
    rq->echo = record;
    rq->echo_context = &s;
    if (!spec_make(rq, description, &models)) return;
    if (spec_relate(rq, description, &models) && (s.database = database_open(rq, &models))) {
        if (database_prepare(rq, s.database) && (s.db = open_session(&s))) {
            json_t *steps = run(&s, json_object_get(rq->json, "steps"));
            cf_close(s.db);
            json_t *rows = all_rows(rq, s.database);
            rq->ok = json_pack("{s:o,s:o}", "steps", steps, "final_rows", rows);
        }
        database_close(s.database);
    }
    spec_free(&models);
}
