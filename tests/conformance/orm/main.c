/* Answers the ORM vectors: `orm-vectors SUITE [--url URL]`, one JSON request a line in, one answer a line out. */
#include "adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char     *name;
    suite_function *function;
} suites[] = {
    {"naming", suite_naming},   {"tablename", suite_tablename},
    {"urls", suite_urls},       {"types", suite_types},
    {"ddl", suite_ddl},         {"session", suite_session},
    {"queries", suite_queries}, {"pagination", suite_pagination},
};

static void print_answer(const json_t *id, request *rq)
{
    json_t *answer = json_object();
    json_object_set(answer, "id", (json_t *)(uintptr_t)id);
    if (rq->ok) {
        json_object_set_new(answer, "ok", rq->ok);
    } else {
        cf_fail(&rq->error, CF_ERR_INTERNAL, "the suite gave no answer");
        json_t *error = json_object();
        json_object_set_new(error, "kind", json_string(cf_code_name(rq->error.code)));
        json_object_set_new(error, "message", json_string(rq->error.message));
        if (rq->error.code == CF_ERR_UNSUPPORTED && !rq->refused)
            json_object_set_new(answer, "unsupported", json_string(rq->error.message));
        json_object_set_new(answer, "error", error);
    }
    char *text = json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(17));
    puts(text ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(answer);
}

static void answer_line(suite_function *suite, const char *url, const char *line, size_t size)
{
    json_error_t why;
    request      rq = {.url = url, .arena = cf_arena_new(NULL, 0)};
    rq.json = json_loadb(line, size, JSON_ALLOW_NUL, &why);
    if (!rq.json) cf_fail(&rq.error, CF_ERR_SYNTAX, "no JSON: %s", why.text);
    else suite(&rq);
    print_answer(json_object_get(rq.json, "id"), &rq);
    json_decref(rq.json);
    cf_arena_free(rq.arena);
}

int main(int argc, char **argv)
{
    const char     *url = "sqlite://";
    suite_function *suite = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--url") == 0 && i + 1 < argc) url = argv[++i];
        for (size_t k = 0; k < sizeof suites / sizeof *suites; k++)
            if (strcmp(suites[k].name, argv[i]) == 0) suite = suites[k].function;
    }
    if (!suite) {
        fprintf(stderr, "usage: orm-vectors SUITE [--url URL], where SUITE is one of");
        for (size_t k = 0; k < sizeof suites / sizeof *suites; k++) fprintf(stderr, " %s", suites[k].name);
        fputc('\n', stderr);
        return 2;
    }
    char   *line = NULL;
    size_t  capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) answer_line(suite, url, line, (size_t)size);
    free(line);
    return 0;
}
