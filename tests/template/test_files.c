/* Templates on disk: names that may be asked for, reloading, files inside the program, several threads. */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void put_file(const char *name, const char *text, int version)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    struct timespec times[2] = {{.tv_sec = 1000000000 + version}, {.tv_sec = 1000000000 + version}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int make_folder(void **state)
{
    strcpy(folder, "/tmp/carafe-templates-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    char below[100];
    snprintf(below, sizeof below, "%s/sub", folder);
    return mkdir(below, 0700);
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"base.html", "page.html", "part.html", "sub/page.html", "sub"};
    char                     path[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return rmdir(folder);
}

static void expect_file(cf_templates *t, const char *name, const char *wanted)
{
    cf_error  error = {0};
    cf_buffer out = {0};
    cf_arena *arena = cf_arena_new(NULL, 0);
    bool      ok = cf_template_render(t, name, arena, CF_VARS(CF_VAR_AS("x", "<")), NULL, &out, &error);
    if (!wanted) {
        assert_false(ok);
        assert_string_equal(error.type, "TemplateNotFound");
    } else {
        if (!ok) fail_msg("%s: %s", name, error.message);
        assert_string_equal(out.data, wanted);
    }
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

static void names_never_leave_the_folder(void **state)
{
    cf_error error = {0};
    put_file("page.html", "top", 1);
    put_file("sub/page.html", "below", 1);
    char inside[100];
    snprintf(inside, sizeof inside, "%s/sub", folder);
    cf_templates *t = cf_templates_new(&(cf_templates_options){.folder = inside}, &error);
    expect_file(t, "page.html", "below");
    expect_file(t, "../page.html", NULL);
    expect_file(t, "x/../../page.html", NULL);
    expect_file(t, "/etc/passwd", NULL);
    expect_file(t, "", NULL);
    expect_file(t, ".", NULL);
    cf_templates_free(t);
    t = cf_templates_new(&(cf_templates_options){.folder = folder}, &error);
    expect_file(t, "sub/page.html", "below");
    expect_file(t, "sub", NULL);
    assert_true(cf_templates_check(t, &error));
    cf_templates_free(t);
}

static void changed_files_are_read_again_on_request(void **state)
{
    cf_error error = {0};
    put_file("base.html", "1{% block a %}{% endblock %}{% include 'part.html' %}", 1);
    put_file("page.html", "{% extends 'base.html' %}{% block a %}{{ x }}{% endblock %}", 1);
    put_file("part.html", "p", 1);
    cf_templates *once = cf_templates_new(&(cf_templates_options){.folder = folder}, &error);
    cf_templates *fresh = cf_templates_new(&(cf_templates_options){.folder = folder, .reload = true}, &error);
    expect_file(once, "page.html", "1&lt;p");
    expect_file(fresh, "page.html", "1&lt;p");
    put_file("base.html", "2{% block a %}{% endblock %}{% include 'part.html' %}", 2);
    put_file("part.html", "q", 2);
    expect_file(once, "page.html", "1&lt;p");
    expect_file(fresh, "page.html", "2&lt;q");
    cf_error again = {0};
    put_file("part.html", "{% if %}", 3);
    cf_buffer out = {0};
    cf_arena *arena = cf_arena_new(NULL, 0);
    assert_false(cf_template_render(fresh, "page.html", arena, NULL, NULL, &out, &again));
    assert_string_equal(again.file, "part.html");
    put_file("part.html", "r", 4);
    expect_file(fresh, "page.html", "2&lt;r");
    cf_buffer_free(&out);
    cf_arena_free(arena);
    cf_templates_free(once);
    cf_templates_free(fresh);
}

static const cf_file inside = {"templates", "inside.html", (const unsigned char *)"in {{ x }}", 10, "1"};
CF_REGISTER_FILE(1, inside);
static const cf_file page = {"static", "inside.html", (const unsigned char *)"no", 2, "2"};
CF_REGISTER_FILE(2, page);

static void files_in_the_program_are_found(void **state)
{
    cf_error error = {0};
    assert_int_equal(CF_FILE_COUNT(), 2);
    cf_templates *t =
        cf_templates_new(&(cf_templates_options){.files = CF_FILES(), .file_count = CF_FILE_COUNT()}, &error);
    expect_file(t, "inside.html", "in &lt;");
    expect_file(t, "other.html", NULL);
    cf_templates_free(t);
}

/* ---- threads -------------------------------------------------------------------------------- */

typedef struct worker {
    cf_templates *templates;
    pthread_t     thread;
    int           number;
    bool          ok;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    w->ok = true;
    for (int i = 0; i < 200 && w->ok; i++) {
        cf_error  error = {0};
        cf_buffer out = {0};
        cf_arena *arena = cf_arena_new(NULL, 0);
        char      wanted[64];
        int       number = w->number * 1000 + i;
        snprintf(wanted, sizeof wanted, "1%dq|%d|%d", number, number + 1, number);
        w->ok = cf_template_render(w->templates, "page.html", arena, CF_VARS(CF_VAR(number)), NULL, &out, &error) &&
                strcmp(out.data, wanted) == 0;
        cf_buffer_free(&out);
        cf_arena_free(arena);
    }
    return NULL;
}

static void threads_share_one_environment(void **state)
{
    for (int reload = 0; reload < 2; reload++) {
        cf_error error = {0};
        put_file("base.html",
                 "1{% block a %}{% endblock %}{% include 'part.html' %}|{{ number + 1 }}|{% macro m(a) %}{{ a }}{% "
                 "endmacro %}{{ m(number) }}",
                 9);
        put_file("page.html", "{% extends 'base.html' %}{% block a %}{{ number }}{% endblock %}", 9);
        put_file("part.html", "q", 9);
        worker        workers[4];
        cf_templates *t = cf_templates_new(&(cf_templates_options){.folder = folder, .reload = reload}, &error);
        for (int i = 0; i < 4; i++) {
            workers[i] = (worker){.templates = t, .number = i};
            assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        }
        for (int i = 0; reload && i < 20; i++) put_file("part.html", "q", 10 + i);
        for (int i = 0; i < 4; i++) {
            pthread_join(workers[i].thread, NULL);
            if (!reload) assert_true(workers[i].ok);
        }
        cf_templates_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_never_leave_the_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(changed_files_are_read_again_on_request, make_folder, remove_folder),
        cmocka_unit_test(files_in_the_program_are_found),
        cmocka_unit_test_setup_teardown(threads_share_one_environment, make_folder, remove_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
