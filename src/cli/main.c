/* cf_main(): options, environment, and the table of commands. */
#include "cli/cli.h"

#include "base/number.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- commands ------------------------------------------------------------------------------- */

static int cli_version(cf_cli *cli)
{
    printf("%s, with Carafe %s\n", cli->app->name, cf_version());
    return 0;
}

static int cli_help(cf_cli *cli);

static const struct {
    const char *name;
    const char *arguments;
    size_t      words; /* how many arguments it takes at most */
    const char *help;
    int (*run)(cf_cli *cli);
} commands[] = {
    {"run", "", 0, "check everything, then answer requests until SIGTERM or Ctrl-C", cf_cli_run},
    {"routes", "", 0, "list the routes", cf_cli_routes},
    {"check", "", 0, "check routes, templates, models and queries without a database", cf_cli_check},
    {"queries", "", 0, "list the queries with their SQL, without a database", cf_cli_queries},
    {"explain", "FILE:LINE [VALUE...]", CF_CLI_WORDS, "how the database would run a query", cf_cli_explain},
    {"db", "create|drop|show|check", 1, "create missing tables, drop tables, print the SQL, compare with the models",
     cf_cli_db},
    {"version", "", 0, "print the version", cli_version},
    {"help", "", 0, "print this", cli_help},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* ---- options -------------------------------------------------------------------------------- */

static bool set_port(cf_cli *cli, const char *value)
{
    int64_t number;
    if (!cf_parse_int(value, strlen(value), &number) || number < 0 || number > 65535) return false;
    cli->settings.port = (uint16_t)number;
    return true;
}

static bool set_threads(cf_cli *cli, const char *value)
{
    int64_t number;
    if (!cf_parse_int(value, strlen(value), &number) || number < 1 || number > 256) return false;
    cli->settings.threads = (unsigned)number;
    return true;
}

static bool set_host(cf_cli *cli, const char *value)
{
    cli->settings.host = value;
    return *value != '\0';
}

static bool set_db(cf_cli *cli, const char *value)
{
    cli->settings.database_url = value;
    return *value != '\0';
}

static bool set_env(cf_cli *cli, const char *value)
{
    cli->settings.production = strcmp(value, "production") == 0;
    return cli->settings.production || strcmp(value, "development") == 0;
}

static bool set_secret(cf_cli *cli, const char *value)
{
    cli->settings.secret_key = value;
    return true;
}

static bool set_templates(cf_cli *cli, const char *value)
{
    cli->settings.templates = value;
    return *value != '\0';
}

static bool set_static(cf_cli *cli, const char *value)
{
    cli->settings.static_files = value;
    return *value != '\0';
}

static bool set_keys(cf_cli *cli, const char *value)
{
    cli->settings.encryption_keys = value;
    return true;
}

static bool set_dialect(cf_cli *cli, const char *value)
{
    cli->dialect = value;
    return *value != '\0';
}

static bool set_yes(cf_cli *cli, const char *value)
{
    (void)value;
    cli->yes = true;
    return true;
}

/* An option, an environment variable, or both; the option wins. */
static const struct {
    const char *option, *variable, *value, *help;
    bool (*set)(cf_cli *cli, const char *value);
} options[] = {
    {"--port", "PORT", "N", "port to listen at, 0 to 65535, 0 for a free one; default 5000", set_port},
    {"--host", NULL, "ADDRESS", "address to listen at; default 127.0.0.1", set_host},
    {"--threads", "CARAFE_THREADS", "N", "threads, 1 to 256; default one a processor (SQLite), else four", set_threads},
    {"--db", "DATABASE_URL", "URL", "sqlite:///file.db, postgresql://..., mysql://...", set_db},
    {"--dialect", NULL, "NAME", "db show, queries: sqlite, postgresql or mariadb, without a database", set_dialect},
    {"--yes", NULL, NULL, "drop tables in production without asking", set_yes},
    {NULL, "CARAFE_ENV", "development|production", "default development", set_env},
    {NULL, "SECRET_KEY", "TEXT", "signs sessions; needed in production; \"new,old\" to change it", set_secret},
    {NULL, "ENCRYPTION_KEYS", "TEXT", "keys of encrypted columns: \"2:BASE64, 1:BASE64\"", set_keys},
    {NULL, "CARAFE_TEMPLATES", "FOLDER", "templates in place of the built-in ones", set_templates},
    {NULL, "CARAFE_STATIC", "FOLDER", "static files in place of the built-in ones", set_static},
};
enum { OPTIONS = sizeof options / sizeof *options };

/* `name`: of the option, or of the variable. */
static bool bad_value(const cf_cli *cli, int option, const char *name, const char *value)
{
    fprintf(stderr, "%s: %s cannot be '%.100s'; it takes %s: %s\n", cli->app->name, name, value, options[option].value,
            options[option].help);
    return false;
}

static bool no_command(const cf_cli *cli, const char *command)
{
    const char *names[COMMANDS], *near;
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    near = cf_nearest_name(command, names, COMMANDS);
    fprintf(stderr, "%s: there is no command '%.100s'%s%s%s; try '%s help'\n", cli->app->name, command,
            near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", cli->app->name);
    return false;
}

static bool read_environment(cf_cli *cli)
{
    for (int i = 0; i < OPTIONS; i++) {
        const char *value = options[i].variable ? getenv(options[i].variable) : NULL;
        if (value && *value && !options[i].set(cli, value)) return bad_value(cli, i, options[i].variable, value);
    }
    return true;
}

/* One option at argv[*at]; "--port 80" and "--port=80". */
static bool read_option(cf_cli *cli, int argc, char **argv, int *at)
{
    const char *text = argv[*at];
    size_t      size = strcspn(text, "=");
    for (int i = 0; i < OPTIONS; i++) {
        if (!options[i].option || strlen(options[i].option) != size || strncmp(text, options[i].option, size) != 0)
            continue;
        const char *value = text[size] ? text + size + 1 : NULL;
        if (options[i].value && !value) value = ++*at < argc ? argv[*at] : "";
        return options[i].set(cli, value) || bad_value(cli, i, options[i].option, value ? value : "");
    }
    fprintf(stderr, "%s: there is no option '%.100s'; try '%s help'\n", cli->app->name, text, cli->app->name);
    return false;
}

static int cli_help(cf_cli *cli)
{
    printf("%s COMMAND [OPTION...]\n\n", cli->app->name);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %s%s%-*s %s\n", commands[i].name, *commands[i].arguments ? " " : "",
               24 - (int)strlen(commands[i].name) - (*commands[i].arguments ? 1 : 0), commands[i].arguments,
               commands[i].help);
    printf("\noptions:\n");
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].option)
            printf("  %s %-*s %s\n", options[i].option, 23 - (int)strlen(options[i].option),
                   options[i].value ? options[i].value : "", options[i].help);
    printf("\nenvironment:\n");
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].variable)
            printf("  %-24s %s\n", options[i].variable, options[i].option ? options[i].option : options[i].help);
    return 0;
}

/* ---- main ----------------------------------------------------------------------------------- */

/* One write a line, so that lines of several threads do not mix. */
static void log_line(void *context, const char *line)
{
    struct iovec parts[] = {{(void *)(uintptr_t)line, strlen(line)}, {(void *)(uintptr_t) "\n", 1}};
    (void)context;
    if (writev(STDERR_FILENO, parts, 2) < 0) return;
}

cf_web *cf_cli_open(cf_cli *cli, bool with_database)
{
    cf_error      error = {0};
    cf_app       *app = (cf_app *)(uintptr_t)cli->app;
    cf_app        without = *cli->app;
    static cf_app kept; /* the application must outlive this function */
    if (!with_database) {
        without.no_database = true;
        kept = without;
        app = &kept;
    }
    cf_web *web = cf_web_new(app, cli->program, &cli->settings, &error);
    if (!web) fprintf(stderr, "%s: %s\n", cli->app->name, error.message);
    return web;
}

static size_t words_of(const char *command)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, command) == 0) return commands[i].words;
    return CF_CLI_WORDS; /* that there is no such command is told later */
}

int cf_main_program(const cf_app *app, int argc, char **argv, const cf_program *program)
{
    cf_cli      cli = {.app = app, .program = program};
    const char *command = NULL, *words[CF_CLI_WORDS], *no_color = getenv("NO_COLOR");
    bool        options_end = false;
    cli.words = words;
    cli.settings.port = 5000;
    cli.settings.log = log_line;
    cli.settings.log_colors = isatty(STDERR_FILENO) && !(no_color && *no_color);
    if (!read_environment(&cli)) return 2;
    for (int i = 1; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && argv[i][0] == '-') {
            if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return cli_help(&cli);
            if (!read_option(&cli, argc, argv, &i)) return 2;
        } else if (!command) {
            command = argv[i];
        } else if (cli.word_count < words_of(command)) {
            words[cli.word_count++] = argv[i];
        } else {
            fprintf(stderr, "%s: '%.100s' is one argument too many\n", app->name, argv[i]);
            return 2;
        }
    }
    cli.settings.access_log = !cli.settings.production;
    for (int i = 0; command && i < COMMANDS; i++)
        if (strcmp(commands[i].name, command) == 0) return commands[i].run(&cli);
    if (command) (void)no_command(&cli, command);
    if (!command) cli_help(&cli);
    return 2;
}
