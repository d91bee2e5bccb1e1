#include "check.h"

#include "web/multipart.h"
#include <unistd.h>

static const char                type[] = "multipart/form-data; boundary=XyZ";
static const cf_multipart_limits roomy = {1000, 1 << 20, 1 << 20, "/tmp"};

typedef struct outcome {
    cf_arena     *arena;
    int           status;
    cf_param_list form;
    cf_uploads    files;
} outcome;

/* Feed `body` cut at `cut`, or byte by byte for SIZE_MAX. */
static outcome parse(const char *content_type, const cf_multipart_limits *limits, const char *body, size_t size,
                     size_t cut)
{
    outcome       o = {.arena = cf_arena_new(NULL, 0)};
    cf_multipart *p = cf_multipart_new(o.arena, content_type, limits, &o.status);
    if (!p) return o;
    if (cut == SIZE_MAX) {
        for (size_t i = 0; i < size && !o.status; i++) o.status = cf_multipart_feed(p, body + i, 1);
    } else {
        o.status = cf_multipart_feed(p, body, cut);
        if (!o.status) o.status = cf_multipart_feed(p, body + cut, size - cut);
    }
    if (!o.status) o.status = cf_multipart_finish(p, &o.form, &o.files);
    return o;
}

static const char ordinary[] =
    "preamble is ignored\r\n--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
    "--XyZ  \r\ncontent-disposition: form-data; name=\"b\"\r\nX-Other: y\r\n\r\ntwo\r\nlines\r\n--XyY\r\n\r\n"
    "--XyZ\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
    "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\dir\\x.bin\"\r\nContent-Type: "
    "image/png\r\n\r\n"
    "\0\r\n-\r\n--Xy\xFF\r\n--XyZ\r\nContent-Disposition: form-data; name=f2; filename=\"\"\r\n\r\n\r\n"
    "--XyZ--\r\nepilogue --XyZ\r\n";

static void check_ordinary(outcome *o)
{
    assert_int_equal(o->status, 0);
    assert_int_equal(o->form.params.count, 3);
    assert_string_equal(cf_params_get(&o->form.params, "a"), "one");
    assert_string_equal(cf_params_get(&o->form.params, "b"), "two\r\nlines\r\n--XyY\r\n");
    assert_string_equal(cf_params_get(&o->form.params, "empty"), "");
    assert_int_equal(o->files.count, 2);
    const cf_upload *f = o->files.items[0];
    assert_string_equal(f->field, "f");
    assert_string_equal(f->filename, "x.bin");
    assert_string_equal(f->content_type, "image/png");
    assert_int_equal(f->size, 11);
    assert_memory_equal(f->data, "\0\r\n-\r\n--Xy\xFF", 11);
    assert_string_equal(o->files.items[1]->filename, "");
    assert_int_equal(o->files.items[1]->size, 0);
    cf_arena_free(o->arena);
}

static void the_result_does_not_depend_on_where_the_body_is_cut(void **state)
{
    for (size_t cut = 0; cut < sizeof ordinary; cut++) {
        outcome o = parse(type, &roomy, ordinary, sizeof ordinary - 1, cut);
        check_ordinary(&o);
    }
    outcome o = parse(type, &roomy, ordinary, sizeof ordinary - 1, SIZE_MAX);
    check_ordinary(&o);
}

static void every_truncation_is_refused(void **state)
{
    size_t whole = (size_t)(strstr(ordinary, "preamble") - ordinary);
    for (size_t i = 0; i + 10 < sizeof ordinary; i++)
        if (memcmp(ordinary + i, "--XyZ--", 7) == 0) whole = i + 7;
    for (size_t size = 0; size < whole; size++) {
        outcome o = parse(type, &roomy, ordinary, size, size / 2);
        assert_int_equal(o.status, 400);
        cf_arena_free(o.arena);
    }
}

static void boundaries_are_read_as_they_come(void **state)
{
    static const struct {
        const char *type;
        int         status;
    } cases[] = {
        {"multipart/form-data; boundary=XyZ", 0}, {"multipart/form-data; charset=utf-8; boundary=\"XyZ\"", 0},
        {"multipart/form-data;BOUNDARY=XyZ", 0},  {"multipart/form-data", 400},
        {"multipart/form-data; boundary=", 400},  {"multipart/form-data; boundary=\"\"", 400},
    };
    const char *body = "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--XyZ--";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outcome o = parse(cases[i].type, &roomy, body, strlen(body), 5);
        assert_int_equal(o.status, cases[i].status);
        if (!o.status) assert_string_equal(cf_params_get(&o.form.params, "a"), "one");
        cf_arena_free(o.arena);
    }
    char longest[400] = "multipart/form-data; boundary=";
    memset(longest + strlen(longest), 'b', 201);
    outcome o = parse(longest, &roomy, body, strlen(body), 5);
    assert_int_equal(o.status, 400);
    cf_arena_free(o.arena);
}

static void malformed_parts_are_refused(void **state)
{
    static const char *const bodies[] = {
        "--XyZ\r\n\r\nno name\r\n--XyZ--",
        "--XyZ\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--XyZ--",
        "--XyZ\r\nnonsense\r\n\r\nx\r\n--XyZ--",
        "--XyZ\r\n: x\r\n\r\nx\r\n--XyZ--",
        "--XyZ\nContent-Disposition: form-data; name=a\n\nx\n--XyZ--",
        "--XyZx\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XyZ--",
        "--XyZ\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--XyZ--",
        "no boundary at all",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        outcome o = parse(type, &roomy, bodies[i], strlen(bodies[i]), 3);
        assert_int_equal(o.status, 400);
        cf_arena_free(o.arena);
    }
}

static void limits_hold(void **state)
{
    cf_multipart_limits few = roomy, small = roomy;
    few.fields = 2;
    small.memory = 1000;
    cf_buffer body = {0};
    for (int i = 0; i < 3; i++) cf_buffer_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n");
    cf_buffer_text(&body, "--XyZ--");
    outcome o = parse(type, &few, body.data, body.size, 9);
    assert_int_equal(o.status, 413);
    cf_arena_free(o.arena);
    o = parse(type, &roomy, body.data, body.size, 9);
    assert_int_equal(o.status, 0);
    cf_arena_free(o.arena);
    cf_buffer_clear(&body);
    cf_buffer_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n");
    for (int i = 0; i < 1000; i++) cf_buffer_char(&body, 'x');
    cf_buffer_text(&body, "\r\n--XyZ--");
    o = parse(type, &small, body.data, body.size, 9);
    assert_int_equal(o.status, 413);
    cf_arena_free(o.arena);
    cf_buffer_clear(&body);
    cf_buffer_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=a\r\nX: ");
    for (int i = 0; i < 9000; i++) cf_buffer_char(&body, 'x');
    o = parse(type, &roomy, body.data, body.size, 9);
    assert_int_equal(o.status, 413);
    cf_arena_free(o.arena);
    cf_buffer_free(&body);
}

static void large_files_go_to_disk_and_leave_with_the_request(void **state)
{
    cf_multipart_limits small = roomy;
    small.file_memory = 100;
    cf_buffer body = {0};
    cf_buffer_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n");
    for (int i = 0; i < 5000; i++) cf_buffer_char(&body, (char)('a' + i % 26));
    cf_buffer_text(&body, "\r\n--XyZ--");
    outcome o = parse(type, &small, body.data, body.size, 777);
    assert_int_equal(o.status, 0);
    const cf_upload *f = o.files.items[0];
    assert_int_equal(f->size, 5000);
    assert_null(f->data);
    char path[200], content[5001];
    snprintf(path, sizeof path, "%s", f->path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(content, 1, sizeof content, file), 5000);
    fclose(file);
    for (int i = 0; i < 5000; i++) assert_int_equal(content[i], 'a' + i % 26);
    cf_arena_free(o.arena);
    assert_int_not_equal(access(path, F_OK), 0);
    cf_buffer_free(&body);
}

static void a_file_that_is_cut_off_leaves_nothing_behind(void **state)
{
    cf_multipart_limits small = roomy;
    char                folder[] = "/tmp/carafe-test-XXXXXX";
    small.file_memory = 10;
    small.folder = mkdtemp(folder);
    cf_buffer body = {0};
    cf_buffer_text(
        &body,
        "--XyZ\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n0123456789abcdefghijklmnopqrstuvwxyz");
    outcome o = parse(type, &small, body.data, body.size, 70);
    assert_int_equal(o.status, 400);
    cf_arena_free(o.arena);
    assert_int_equal(rmdir(folder), 0);
    cf_buffer_free(&body);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    cf_multipart_limits small = roomy;
    small.file_memory = 10;
    small.folder = "/nonexistent";
    const char *body =
        "--XyZ\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n0123456789abcdefghij\r\n--XyZ--";
    outcome o = parse(type, &small, body, strlen(body), 5);
    assert_int_equal(o.status, 500);
    cf_arena_free(o.arena);
}

static void names_and_values_are_repaired_utf8(void **state)
{
    const char *body = "--XyZ\r\nContent-Disposition: form-data; name=\"\xFF\\\"q\"\r\n\r\na\xE2\x82z\r\n--XyZ--";
    outcome     o = parse(type, &roomy, body, strlen(body), 5);
    assert_int_equal(o.status, 0);
    assert_string_equal(o.form.items[0].name, "\xEF\xBF\xBD\"q");
    assert_string_equal(o.form.items[0].value, "a\xEF\xBF\xBDz");
    cf_arena_free(o.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_does_not_depend_on_where_the_body_is_cut),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(boundaries_are_read_as_they_come),
        cmocka_unit_test(malformed_parts_are_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(large_files_go_to_disk_and_leave_with_the_request),
        cmocka_unit_test(a_file_that_is_cut_off_leaves_nothing_behind),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error),
        cmocka_unit_test(names_and_values_are_repaired_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
