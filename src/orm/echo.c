/* The log of a database: statements for CARAFE_ECHO, slow ones, warnings in development. */
#include "orm/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

/* Of one line; longer ones are cut. */
#define MOST_LINE 16384

/* ---- lines --------------------------------------------------------------------------------------- */

/* One write a line, so that lines of several threads do not mix. */
static void write_line(char *line, size_t size)
{
    line[size] = '\n';
    for (size_t done = 0; done <= size;) {
        ssize_t n = write(STDERR_FILENO, line + done, size + 1 - done);
        if (n < 0 && errno != EINTR) return;
        if (n > 0) done += (size_t)n;
    }
}

/* A line from a program's texts and a database's: nothing in it may look like another line. */
static void log_buffer(const cf_database *database, cf_buffer *line)
{
    for (size_t i = 0; i < line->size; i++) {
        unsigned char c = (unsigned char)line->data[i];
        if ((c < ' ' && c != '\033') || c == 0x7F) line->data[i] = ' ';
    }
    if (line->failed || !line->data) return;
    if (database->options.log) database->options.log(database->options.log_context, line->data);
    else write_line(line->data, line->size);
}

void cf_database_log(const cf_database *database, const char *format, ...)
{
    cf_buffer line = {.limit = MOST_LINE};
    va_list   arguments;
    va_start(arguments, format);
    cf_buffer_vprintf(&line, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] == '\033') line.data[i] = ' ';
    log_buffer(database, &line);
    cf_buffer_free(&line);
}

/* ---- statements ---------------------------------------------------------------------------------- */

typedef enum color { COLOR_PLACE = 36, COLOR_SLOW = 33, COLOR_FAILED = 31 } color;

static void put(const cf_database *database, cf_buffer *line, color paint, const char *text)
{
    if (database->options.log_colors) cf_buffer_printf(line, "\033[%dm%s\033[0m", (int)paint, text);
    else cf_buffer_text(line, text);
}

/* The text as one line without what would act on a terminal. */
static void put_statement(cf_buffer *line, const cf_echo *event)
{
    size_t from = line->size;
    cf_buffer_add(line, event->statement, event->size < MOST_LINE / 2 ? event->size : MOST_LINE / 2);
    for (size_t i = from; i < line->size; i++)
        if (line->data[i] == '\033') line->data[i] = ' ';
    if (event->size > MOST_LINE / 2) cf_buffer_text(line, "...");
}

/* "users.c:41: User.datasets: 0.213 ms, 1 row: SELECT ... [text(3)]" */
static void log_statement(const cf_database *database, const cf_echo *event, bool slow)
{
    cf_buffer line = {.limit = MOST_LINE};
    char      text[300];
    if (slow) put(database, &line, COLOR_SLOW, "slow: ");
    if (event->file) {
        snprintf(text, sizeof text, "%.280s:%d: ", event->file, event->line);
        put(database, &line, COLOR_PLACE, text);
    }
    if (event->relationship) cf_buffer_printf(&line, "%s: ", event->relationship);
    snprintf(text, sizeof text, "%lld.%03lld ms, ", (long long)(event->microseconds / 1000),
             (long long)(event->microseconds % 1000));
    if (slow) put(database, &line, COLOR_SLOW, text);
    else cf_buffer_text(&line, text);
    if (event->code != CF_OK) {
        snprintf(text, sizeof text, "failed (%s): ", cf_code_name(event->code));
        put(database, &line, COLOR_FAILED, text);
    } else {
        cf_buffer_printf(&line, "%lld %s: ", (long long)event->rows, event->rows == 1 ? "row" : "rows");
    }
    put_statement(&line, event);
    if (*event->values) cf_buffer_printf(&line, " [%s]", event->values);
    if (event->runs > 1) cf_buffer_printf(&line, " and %zu more of them", event->runs - 1);
    log_buffer(database, &line);
    cf_buffer_free(&line);
}

static void echo(void *context, const cf_echo *event)
{
    const cf_database *database = context;
    int                limit = database->options.slow_ms;
    bool               slow = limit > 0 && event->microseconds >= (int64_t)limit * 1000;
    if (slow || database->logs_statements) log_statement(database, event, slow);
    if (database->options.echo) database->options.echo(database->options.context, event);
}

/* ---- settings ------------------------------------------------------------------------------------ */

static bool is(const char *text, const char *word)
{
    return cf_equal_nocase(text, strlen(text), word, strlen(word));
}

/* CARAFE_ECHO: 1, values or 0. */
static bool read_echo(cf_database *database, cf_error *error)
{
    const char *text = getenv("CARAFE_ECHO");
    if (!text || !*text || is(text, "0") || is(text, "off") || is(text, "no") || is(text, "false")) return true;
    database->options.echo_values |= is(text, "values");
    database->logs_statements =
        is(text, "values") || is(text, "1") || is(text, "on") || is(text, "yes") || is(text, "true");
    return database->logs_statements ||
           cf_fail(error, CF_ERR_RANGE, "CARAFE_ECHO cannot be '%.100s'; it is 1, values or 0", text);
}

static bool read_slow(cf_database *database, cf_error *error)
{
    const char *text = getenv("CARAFE_SLOW_MS");
    int64_t     ms;
    if (!text || !*text || database->options.slow_ms) return true;
    if (!cf_parse_int(text, strlen(text), &ms) || ms < 0 || ms > INT32_MAX)
        return cf_fail(error, CF_ERR_RANGE, "CARAFE_SLOW_MS cannot be '%.100s'; it is a number of milliseconds", text);
    database->options.slow_ms = (int)ms;
    return true;
}

bool cf_echo_open(cf_database *database, cf_pool_options *pool, cf_error *error)
{
    cf_open_options *options = &database->options;
    const char      *environment = getenv("CARAFE_ENV"), *no_color = getenv("NO_COLOR");
    options->development |= environment && strcmp(environment, "development") == 0;
    if (!options->log) options->log_colors = isatty(STDERR_FILENO) && !(no_color && *no_color);
    if (options->large_table == 0) options->large_table = 10000;
    if (!read_echo(database, error) || !read_slow(database, error)) return false;
    pool->measure = options->development;
    pool->echo_values = options->echo_values;
    pool->context = database;
    if (options->echo || database->logs_statements || options->slow_ms > 0) pool->echo = echo;
    return true;
}
