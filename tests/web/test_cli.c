/* The commands of an application's main(), each in a process of its own. */
#include "site.h"

#include <signal.h>
#include <sys/wait.h>

static char said[20000];

/* Run `arguments` after setting `variable`; leaves what it printed, both streams, in `said`. Returns the exit status. */
static pid_t begin(const cf_app *app, const char *const *arguments, const char *variable, const char *value, int *out)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char *argv[20] = {(char *)"program"};
        int   argc = 1;
        for (; arguments[argc - 1]; argc++) argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
        dup2(pipes[1], 1);
        dup2(pipes[1], 2);
        close(pipes[0]);
        close(pipes[1]);
        unsetenv("SECRET_KEY");
        unsetenv("CARAFE_ENV");
        unsetenv("PORT");
        if (variable) setenv(variable, value, 1);
        int status = cf_main(app, argc, argv);
        fflush(NULL);
        _exit(status);
    }
    close(pipes[1]);
    *out = pipes[0];
    return child;
}

static int finish(pid_t child, int out)
{
    size_t  size = strlen(said);
    ssize_t n;
    int     status;
    while ((n = read(out, said + size, sizeof said - 1 - size)) > 0) said[size += (size_t)n] = '\0';
    close(out);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(const cf_app *app, const char *const *arguments, const char *variable, const char *value)
{
    int   out;
    pid_t child = begin(app, arguments, variable, value, &out);
    said[0] = '\0';
    return finish(child, out);
}
#define RUN(...) run(&site, (const char *const[]){__VA_ARGS__, NULL}, NULL, NULL)
#define SAID(text) \
    if (!strstr(said, text)) fail_msg("not said: %s\n%s", text, said)

static void routes_are_listed(void **state)
{
    assert_int_equal(RUN("routes"), 0);
    SAID("guarded.user        GET             /guarded/user/<int:id>\n");
    SAID("echo                GET, POST, PUT  /echo\n");
    SAID("static              GET             /static/<path:filename>\n");
    assert_null(strstr(said, "SECRET_KEY"));
}

static void check_says_that_all_is_well_or_what_is_not(void **state)
{
    static const cf_route wrong[] = {CF_ROUTE("/<itn:id>", site_index), CF_END};
    assert_int_equal(RUN("check"), 0);
    SAID("no mistakes: 22 routes");
    assert_int_equal(run(&(const cf_app){.name = "wrong", .routes = wrong, .no_database = true},
                         (const char *const[]){"check", NULL}, NULL, NULL),
                     1);
    SAID("wrong: ");
    SAID("test_cli.c:");
    SAID("did you mean 'int'?");
    SAID("1 mistake\n");
}

static void help_and_version_are_printed(void **state)
{
    assert_int_equal(RUN("help"), 0);
    SAID("--port N");
    SAID("CARAFE_TEMPLATES");
    assert_int_equal(RUN("--help"), 0);
    assert_int_equal(RUN("version"), 0);
    SAID("site, with Carafe " CF_VERSION "\n");
}

static void mistakes_on_the_command_line_are_status_2(void **state)
{
    assert_int_equal(run(&site, (const char *const[]){NULL}, NULL, NULL), 2);
    assert_int_equal(RUN("dance"), 2);
    SAID("there is no command 'dance'; try '");
    assert_int_equal(RUN("routes", "--dance"), 2);
    SAID("there is no option '--dance'");
    assert_int_equal(RUN("run", "--port", "70000"), 2);
    SAID("--port cannot be '70000'; it takes N: port to listen at, 0 to 65535");
    assert_int_equal(RUN("run", "--port"), 2);
    assert_int_equal(RUN("run", "--threads=0"), 2);
    assert_int_equal(RUN("db", "dance"), 2);
    assert_int_equal(RUN("db", "create"), 2);
    SAID("has no database");
    assert_int_equal(RUN("routes", "a", "b"), 2);
    assert_int_equal(run(&site, (const char *const[]){"routes", NULL}, "CARAFE_ENV", "staging"), 2);
    SAID("CARAFE_ENV cannot be 'staging'; it takes development|production");
    assert_int_equal(run(&site, (const char *const[]){"run", NULL}, "CARAFE_ENV", "production"), 1);
    SAID("SECRET_KEY is not set; in production it must be");
}

static void hear_port(int out)
{
    said[0] = '\0';
    size_t size = 0;
    while (size < sizeof said - 1 && !strstr(said, "listening on ")) {
        ssize_t n = read(out, said + size, sizeof said - 1 - size);
        if (n <= 0) break;
        said[size += (size_t)n] = '\0';
    }
}

static void run_serves_until_it_is_told_to_stop(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        int   out;
        pid_t child = begin(&site, (const char *const[]){"run", "--port", "0", "--threads=2", NULL}, NULL, NULL, &out);
        hear_port(out);
        SAID("listening on http://127.0.0.1:");
        SAID("SECRET_KEY is not set");
        kill(child, signals[i]);
        assert_int_equal(finish(child, out), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_are_listed),
        cmocka_unit_test(check_says_that_all_is_well_or_what_is_not),
        cmocka_unit_test(help_and_version_are_printed),
        cmocka_unit_test(mistakes_on_the_command_line_are_status_2),
        cmocka_unit_test(run_serves_until_it_is_told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
