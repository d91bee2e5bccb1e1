/* The commands queries and explain. */
#include "cli/cli.h"

#include "web/internal.h"
#include <stdio.h>
#include <string.h>

/* The name of the dialect that is asked for, or that of the database in use. */
static const char *dialect_of(const cf_cli *cli)
{
    const char *url = cli->settings.database_url;
    if (cli->dialect) return cli->dialect;
    if (url && strncmp(url, "postgres", 8) == 0) return "postgresql";
    if (url && (strncmp(url, "mysql", 5) == 0 || strncmp(url, "mariadb", 7) == 0)) return "mariadb";
    return "sqlite";
}

int cf_cli_queries(cf_cli *cli)
{
    cf_buffer text = {0};
    cf_error  error = {0};
    bool      listed = cf_queries_text_(cli->program, dialect_of(cli), &text, &error);
    if (text.size) fputs(text.data, stdout);
    if (!listed) fprintf(stderr, "%s: %s\n", cli->app->name, error.message);
    cf_buffer_free(&text);
    return listed ? 0 : 1;
}

static bool explain(cf_cli *cli, cf_database *database)
{
    cf_buffer text = {0};
    cf_db    *db = cf_session(database);
    bool      ok = db && cf_explain_at_(cli->program, db, cli->words[0], cli->words + 1, cli->word_count - 1, &text);
    if (text.size) fputs(text.data, stdout);
    if (!ok) fprintf(stderr, "%s: %s\n", cli->app->name, db ? cf_error(db)->message : "out of memory");
    cf_buffer_free(&text);
    cf_close(db);
    return ok;
}

int cf_cli_explain(cf_cli *cli)
{
    if (cli->word_count == 0) {
        fprintf(stderr, "%s: explain which query? explain FILE:LINE [VALUE...]; the command queries lists them\n",
                cli->app->name);
        return 2;
    }
    cli->settings.log = NULL;
    if (!cli->settings.secret_key) cli->settings.production = false; /* nothing is signed here */
    cf_web *web = cf_cli_open(cli, true);
    if (!web) return 1;
    int status = 2;
    if (web->database) status = explain(cli, web->database) ? 0 : 1;
    else fprintf(stderr, "%s: this application has no database\n", cli->app->name);
    cf_web_free(web);
    return status;
}
