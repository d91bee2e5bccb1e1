/* The commands of an application's main(). */
#ifndef CARAFE_CLI_CLI_H
#define CARAFE_CLI_CLI_H

#include <carafe/orm.h>
#include <carafe/web.h>

/* The most arguments of a command. */
enum { CF_CLI_WORDS = 40 };

/* What a command gets. */
typedef struct cf_cli {
    const cf_app      *app;
    const cf_program  *program;
    cf_settings        settings;
    bool               yes;     /* --yes: no question asked */
    const char        *dialect; /* --dialect, or NULL */
    const char *const *words;   /* the arguments after the command */
    size_t             word_count;
} cf_cli;

/* Each returns the exit status. */
int cf_cli_run(cf_cli *cli);
int cf_cli_routes(cf_cli *cli);
int cf_cli_check(cf_cli *cli);
int cf_cli_db(cf_cli *cli);
int cf_cli_queries(cf_cli *cli);
int cf_cli_explain(cf_cli *cli);

/** Open the application; NULL after telling why on standard error. */
cf_web *cf_cli_open(cf_cli *cli, bool with_database);

#endif
