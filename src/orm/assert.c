/* CF_ASSERT_STATEMENTS: so many statements, and which they were if not. */
#include <carafe/testing.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_and_abort(const char *message, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, message);
    abort();
}

cf_differ_function *cf_statements_differ = print_and_abort;

/* BEGIN, COMMIT and their kin are no statements of their own. */
static bool counts(const cf_recorded_statement *s)
{
    static const char *const others[] = {"BEGIN",     "START",   "COMMIT", "ROLLBACK",
                                         "SAVEPOINT", "RELEASE", "SET",    "PRAGMA"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(s->verb, others[i]) == 0) return false;
    return true;
}

static void list(cf_recording *recording, cf_buffer *out)
{
    const cf_recorded_statement *s;
    int64_t                      n = 0;
    for (size_t i = 0; (s = cf_recorded(recording, i)); i++) {
        if (!counts(s)) continue;
        cf_buffer_printf(out, "\n  %lld. ", (long long)++n);
        if (s->file) cf_buffer_printf(out, "%s:%d: ", s->file, s->line);
        if (s->relationship) cf_buffer_printf(out, "%s: ", s->relationship);
        cf_buffer_text(out, s->text);
    }
}

cf_recording *cf_assert_statements_(cf_recording *recording, int64_t wanted, const char *file, int line)
{
    const cf_recorded_statement *s;
    int64_t                      sent = 0;
    cf_buffer                    message = {0};
    for (size_t i = 0; (s = cf_recorded(recording, i)); i++) sent += counts(s);
    if (sent != wanted) {
        cf_buffer_printf(&message, "%lld statement%s sent, %lld wanted%s", (long long)sent,
                         sent == 1 ? " was" : "s were", (long long)wanted, sent ? ":" : "");
        list(recording, &message);
    }
    cf_record_end(recording);
    if (sent != wanted) cf_statements_differ(message.failed ? "out of memory" : message.data, file, line);
    cf_buffer_free(&message);
    return NULL;
}
