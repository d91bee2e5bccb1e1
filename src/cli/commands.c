/* The commands run, routes, check and db. */
#include "cli/cli.h"

#include "web/internal.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool create_tables(cf_database *database, const char *name)
{
    cf_db *db = cf_session(database);
    bool   created = db && cf_create_all(db);
    if (!created)
        fprintf(stderr, "%s: the tables cannot be created: %s\n", name, db ? cf_error(db)->message : "out of memory");
    cf_close(db);
    return created;
}

static bool is_ipv6(const char *host)
{
    return strchr(host, ':') != NULL;
}

/* Blocks the signals before any thread is made, so that all of them wait for this one. */
static int serve(cf_cli *cli, cf_web *web)
{
    cf_error    error = {0};
    const char *host = web->settings.host ? web->settings.host : "127.0.0.1";
    sigset_t    wanted;
    int         signal_number;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
    cf_server *server = cf_server_start(web, &error);
    if (!server) {
        fprintf(stderr, "%s: %s\n", cli->app->name, error.message);
        return 1;
    }
    printf(is_ipv6(host) ? "listening on http://[%s]:%u\n" : "listening on http://%s:%u\n", host,
           cf_server_port(server));
    fflush(stdout);
    while (sigwait(&wanted, &signal_number) != 0) continue;
    cf_server_stop(server);
    return 0;
}

int cf_cli_run(cf_cli *cli)
{
    cf_web *web = cf_cli_open(cli, true);
    if (!web) return 1;
    int status = 1;
    if (!web->database || cli->app->keep_tables || create_tables(web->database, cli->app->name))
        status = serve(cli, web);
    cf_web_free(web);
    return status;
}

int cf_cli_routes(cf_cli *cli)
{
    cli->settings.log = NULL;
    if (!cli->settings.secret_key) cli->settings.production = false; /* nothing is signed here */
    cf_web *web = cf_cli_open(cli, false);
    if (!web) return 1;
    size_t endpoint = 8, methods = 7;
    for (size_t i = 0; i < cf_router_count(web->router); i++) {
        const cf_url_rule *rule = cf_router_rule(web->router, i);
        const char        *text = cf_methods_text(web->arena, rule->route->methods ? rule->route->methods : CF_GET);
        if (strlen(rule->endpoint) > endpoint) endpoint = strlen(rule->endpoint);
        if (text && strlen(text) > methods) methods = strlen(text);
    }
    printf("%-*s  %-*s  Rule\n", (int)endpoint, "Endpoint", (int)methods, "Methods");
    for (size_t i = 0; i < cf_router_count(web->router); i++) {
        const cf_url_rule *rule = cf_router_rule(web->router, i);
        const char        *text = cf_methods_text(web->arena, rule->route->methods ? rule->route->methods : CF_GET);
        printf("%-*s  %-*s  %s\n", (int)endpoint, rule->endpoint, (int)methods, text ? text : "", rule->rule);
    }
    cf_web_free(web);
    return 0;
}

static void report(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "%s\n", message);
}

int cf_cli_check(cf_cli *cli)
{
    int mistakes = cli->app->no_database ? 0 : cf_check_program_(cli->program, report, NULL);
    if (mistakes < 0) {
        fprintf(stderr, "%s: out of memory\n", cli->app->name);
        return 1;
    }
    cli->settings.log = NULL;
    if (!cli->settings.secret_key) cli->settings.production = false;
    cf_web *web = cf_cli_open(cli, false);
    if (!web) mistakes++;
    if (mistakes) {
        fprintf(stderr, "%d %s\n", mistakes, mistakes == 1 ? "mistake" : "mistakes");
    } else {
        printf("no mistakes: %zu routes, %zu models, %zu queries\n", cf_router_count(web->router),
               (size_t)(cli->program->models_end - cli->program->models),
               (size_t)(cli->program->sites_end - cli->program->sites));
    }
    cf_web_free(web);
    return mistakes ? 1 : 0;
}

static int db_show(cf_database *database)
{
    cf_buffer text = {0};
    bool      written = cf_schema_text(database, &text) && !text.failed;
    if (written && text.size) fputs(text.data, stdout);
    cf_buffer_free(&text);
    return written ? 0 : 1;
}

/* What another server would get; no database is opened. */
static int db_show_dialect(cf_cli *cli)
{
    cf_buffer text = {0};
    cf_error  error = {0};
    bool      written = cf_schema_text_for_(cli->program, cli->dialect, NULL, &text, &error);
    if (written && text.size) fputs(text.data, stdout);
    if (!written) fprintf(stderr, "%s: %s\n", cli->app->name, error.message);
    cf_buffer_free(&text);
    return written ? 0 : 1;
}

static void print_difference(void *context, const char *message)
{
    (void)context;
    printf("%s\n", message);
}

/* 0: the tables are as the models say; 1: they are not, or cannot be read. */
static int db_check(cf_cli *cli, cf_database *database)
{
    cf_error error = {0};
    int      count = cf_schema_check(database, print_difference, NULL, &error);
    if (count < 0) fprintf(stderr, "%s: %s\n", cli->app->name, error.message);
    else if (count == 0) printf("no differences\n");
    else printf("%d %s\n", count, count == 1 ? "difference" : "differences");
    return count == 0 ? 0 : 1;
}

static int db_drop(cf_cli *cli, cf_database *database)
{
    if (cli->settings.production && !cli->yes) {
        fprintf(stderr, "%s: this deletes all data; in production say: db drop --yes\n", cli->app->name);
        return 2;
    }
    cf_db *db = cf_session(database);
    bool   dropped = db && cf_drop_all(db);
    if (!dropped) fprintf(stderr, "%s: %s\n", cli->app->name, db ? cf_error(db)->message : "out of memory");
    cf_close(db);
    return dropped ? 0 : 1;
}

int cf_cli_db(cf_cli *cli)
{
    int                      status = 2;
    const char              *word = cli->word_count ? cli->words[0] : "";
    static const char *const words[] = {"create", "drop", "show", "schema", "check"};
    bool                     known = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) known |= strcmp(word, words[i]) == 0;
    if (!known) {
        fprintf(stderr, "%s: db create, db drop, db show or db check?\n", cli->app->name);
        return 2;
    }
    if (cli->dialect && strcmp(word, "show") == 0) return db_show_dialect(cli);
    cf_web *web = cf_cli_open(cli, true);
    if (!web) return 1;
    if (!web->database) {
        fprintf(stderr, "%s: this application has no database\n", cli->app->name);
    } else if (strcmp(word, "create") == 0) {
        status = create_tables(web->database, cli->app->name) ? 0 : 1;
    } else if (strcmp(word, "drop") == 0) {
        status = db_drop(cli, web->database);
    } else if (strcmp(word, "check") == 0) {
        status = db_check(cli, web->database);
    } else {
        status = db_show(web->database);
    }
    cf_web_free(web);
    return status;
}
