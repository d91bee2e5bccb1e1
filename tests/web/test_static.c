#include "site.h"

#include <fcntl.h>
#include <sys/stat.h>

static cf_client *client;
static char       folder[] = "/tmp/carafe-static-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void command(const char *format)
{
    char text[500];
    snprintf(text, sizeof text, format, folder, folder, folder);
    assert_int_equal(system(text), 0);
}

static int set_up(void **state)
{
    if (!mkdtemp(folder)) return -1;
    command("mkdir -p %s/open/css && echo secret > %s/secret.txt");
    write_file("open/css/style.css", "0123456789abcdefghij");
    write_file("open/.hidden", "hidden");
    write_file("open/empty.txt", "");
    write_file("open/unknown.xyz", "?");
    command("ln -s ../secret.txt %s/open/out && ln -s / %s/open/root && ln -s css/style.css %s/open/inside.css");
    char path[200];
    snprintf(path, sizeof path, "%s/open", folder);
    cf_settings settings = site_settings;
    settings.static_files = path;
    client = cf_client_open(&site, CF_PROGRAM, &settings, NULL);
    return client ? 0 : -1;
}

static int tear_down(void **state)
{
    cf_client_free(client);
    command("rm -r %s");
    return 0;
}

static int get(const char *target, const char *header, const char *value)
{
    cf_param param = {header, value, value ? strlen(value) : 0};
    return cf_client_send(client,
                          &(cf_client_request){.target = target, .headers = &param, .header_count = value ? 1 : 0});
}
#define STYLE "/static/css/style.css"

static void files_are_served_with_their_type(void **state)
{
    assert_int_equal(get(STYLE, NULL, NULL), 200);
    assert_string_equal(cf_client_body(client), "0123456789abcdefghij");
    assert_string_equal(cf_client_header(client, "Content-Type"), "text/css; charset=utf-8");
    assert_string_equal(cf_client_header(client, "Accept-Ranges"), "bytes");
    assert_string_equal(cf_client_header(client, "Cache-Control"), "no-cache");
    assert_int_equal(get("/static/unknown.xyz", NULL, NULL), 200);
    assert_string_equal(cf_client_header(client, "Content-Type"), "application/octet-stream");
    assert_int_equal(get("/static/empty.txt", NULL, NULL), 200);
    assert_int_equal(cf_client_size(client), 0);
}

static void nothing_outside_the_folder_is_served(void **state)
{
    static const char *const targets[] = {
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/css/../../secret.txt",
        "/static/..%2fsecret.txt",
        "/static/out",
        "/static/root/etc/passwd",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/.hidden",
        "/static/css",
        "/static/css/",
        "/static/.",
        "/static/..",
        "/static/css/./style.css",
        "/static/css\\style.css",
        "/static/%5c..%5csecret.txt",
        "/static/css/style.css/",
        "/static/css/style.css/x",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        int status = cf_client_get(client, targets[i]);
        if (status != 404 && status != 308) fail_msg("%s: %d %s", targets[i], status, cf_client_body(client));
    }
    assert_int_equal(get("/static/css%00/style.css", NULL, NULL), 400);
}

static void conditions_are_honoured(void **state)
{
    char etag[100], modified[100], list[300];
    get(STYLE, NULL, NULL);
    snprintf(etag, sizeof etag, "%s", cf_client_header(client, "ETag"));
    snprintf(modified, sizeof modified, "%s", cf_client_header(client, "Last-Modified"));
    assert_int_equal(etag[0], '"');
    assert_int_equal(get(STYLE, "If-None-Match", etag), 304);
    assert_int_equal(cf_client_size(client), 0);
    assert_string_equal(cf_client_header(client, "ETag"), etag);
    snprintf(list, sizeof list, "\"a\", W/%s , \"b\"", etag);
    assert_int_equal(get(STYLE, "If-None-Match", list), 304);
    assert_int_equal(get(STYLE, "If-None-Match", "*"), 304);
    assert_int_equal(get(STYLE, "If-None-Match", "\"other\""), 200);
    assert_int_equal(get(STYLE, "If-None-Match", "nonsense"), 200);
    assert_int_equal(get(STYLE, "If-Modified-Since", modified), 304);
    assert_int_equal(get(STYLE, "If-Modified-Since", "Fri, 01 Jan 1999 00:00:00 GMT"), 200);
    assert_int_equal(get(STYLE, "If-Modified-Since", "yesterday"), 200);
    assert_int_equal(get(STYLE, "If-Match", etag), 200);
    assert_int_equal(get(STYLE, "If-Match", "\"other\""), 412);
    assert_int_equal(get(STYLE, "If-Unmodified-Since", "Fri, 01 Jan 1999 00:00:00 GMT"), 412);
}

static void ranges_are_cut_out(void **state)
{
    static const struct {
        const char *range;
        int         status;
        const char *body, *content_range;
    } cases[] = {
        {"bytes=0-9", 206, "0123456789", "bytes 0-9/20"},
        {"bytes=-5", 206, "fghij", "bytes 15-19/20"},
        {"bytes=15-", 206, "fghij", "bytes 15-19/20"},
        {"bytes=15-99", 206, "fghij", "bytes 15-19/20"},
        {"bytes=-99", 206, "0123456789abcdefghij", "bytes 0-19/20"},
        {"bytes=19-19", 206, "j", "bytes 19-19/20"},
        {"bytes=20-", 416, NULL, "bytes */20"},
        {"bytes=-0", 416, NULL, "bytes */20"},
        {"bytes=5-2", 200, "0123456789abcdefghij", NULL},
        {"bytes=0-1,3-4", 200, "0123456789abcdefghij", NULL},
        {"bytes=a-b", 200, "0123456789abcdefghij", NULL},
        {"bytes=", 200, "0123456789abcdefghij", NULL},
        {"bytes=-", 200, "0123456789abcdefghij", NULL},
        {"lines=0-1", 200, "0123456789abcdefghij", NULL},
        {"bytes=99999999999999999999-", 200, "0123456789abcdefghij", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(get(STYLE, "Range", cases[i].range), cases[i].status);
        if (cases[i].body) assert_string_equal(cf_client_body(client), cases[i].body);
        const char *range = cf_client_header(client, "Content-Range");
        if (cases[i].content_range) {
            assert_string_equal(range, cases[i].content_range);
        } else {
            assert_null(range);
        }
    }
    assert_int_equal(get("/static/empty.txt", "Range", "bytes=0-"), 416);
}

static void if_range_needs_the_same_file(void **state)
{
    get(STYLE, NULL, NULL);
    char etag[100];
    snprintf(etag, sizeof etag, "%s", cf_client_header(client, "ETag"));
    cf_param          headers[] = {{"Range", "bytes=0-1", 9}, {"If-Range", etag, strlen(etag)}};
    cf_client_request request = {.target = STYLE, .headers = headers, .header_count = 2};
    assert_int_equal(cf_client_send(client, &request), 206);
    headers[1].value = "\"other\"";
    assert_int_equal(cf_client_send(client, &request), 200);
    headers[1].value = "Fri, 01 Jan 1999 00:00:00 GMT";
    assert_int_equal(cf_client_send(client, &request), 200);
}

static void a_changed_file_has_another_tag(void **state)
{
    char etag[100];
    write_file("open/changing.txt", "one");
    get("/static/changing.txt", NULL, NULL);
    snprintf(etag, sizeof etag, "%s", cf_client_header(client, "ETag"));
    write_file("open/changing.txt", "two!");
    assert_int_equal(get("/static/changing.txt", "If-None-Match", etag), 200);
    assert_string_equal(cf_client_body(client), "two!");
}

static void links_inside_the_folder_work(void **state)
{
    assert_int_equal(get("/static/inside.css", NULL, NULL), 200);
    assert_string_equal(cf_client_body(client), "0123456789abcdefghij");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_served_with_their_type), cmocka_unit_test(nothing_outside_the_folder_is_served),
        cmocka_unit_test(conditions_are_honoured),          cmocka_unit_test(ranges_are_cut_out),
        cmocka_unit_test(if_range_needs_the_same_file),     cmocka_unit_test(a_changed_file_has_another_tag),
        cmocka_unit_test(links_inside_the_folder_work),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
