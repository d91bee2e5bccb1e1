/* Every allocation may fail: nothing crashes, nothing leaks, and the failure is told. */
#include "support.h"

#include "base/memory.h"

typedef struct Inner {
    const char *street;
} Inner;
CF_FORM(Inner, CF_FIELD(street, "Street", CF_REQUIRED));

typedef struct Rich {
    const char      *name;
    const char      *email;
    cf_decimal       price;
    cf_date          day;
    cf_texts         tags;
    Inner            home;
    const char      *code;
    const cf_upload *file;
    CF_ENTRIES(Inner) more;
} Rich;
CF_FORM(Rich,
    CF_FIELD(name, NULL, CF_REQUIRED, CF_LENGTH(5, 6), .filters = CF_STRIP | CF_COLLAPSE | CF_UPPER),
    CF_FIELD(email, "Email", CF_EMAIL_GRANULAR),
    CF_FIELD(price, "Price", CF_RANGE(1, 2)),
    CF_FIELD(day, "Day", .default_text = "2024-01-01"),
    CF_FIELD(tags, "Tags", .choice_words = CF_CHOICES("a", "A", "b", "B")),
    CF_FORM_FIELD(home, "Home", Inner),
    CF_FIELD(code, "Code", CF_REGEXP("^[a-z]+$"), CF_ANY_OF("x", "y"), .render = CF_ATTRIBUTES("class", "c")),
    CF_FIELD(file, "File", CF_FILE_ALLOWED("png")),
    CF_FORM_LIST(more, "More", Inner, .min_entries = 1),
    CF_SUBMIT("Go"));

static const char *const words[] = {
    "name", " a  \xC3\xBC ", "email", "a@\xE2\x98\x83.com", "price", "12.345", "day", "x", "tags",
    "a",    "tags",          "z",     "home-street",        "",      "code",   "A1",  NULL};

/* Builds, validates and renders; false: something failed, and said so. */
static bool work(cf_arena *in_arena, const cf_form_input *input, size_t *errors)
{
    cf_error  failure = {0};
    cf_buffer out = {0};
    Rich     *form = cf_form_make(in_arena, cf_form_class_Rich(), input, &failure);
    bool      good = form != NULL;
    if (!good && failure.code != CF_ERR_MEMORY) fail_msg("%s", failure.message);
    if (good) {
        assert_false(cf_submitted(form));
        good = cf_form_error_count(form, NULL) == 0;
        cf_named named = {"data_x_", 7, cf_value_int(5)};
        for (size_t i = 0; good && i < cf_form_field_count(form); i++)
            good = cf_form_render(form, cf_form_field_name(form, i), &named, 1, &out, &failure);
        good = good && cf_form_hidden_tag(form, &out, &failure);
        good = good && cf_form_errors(form, &failure) && cf_form_values(form, &failure);
        *errors = cf_form_errors_total(form);
    }
    cf_buffer_free(&out);
    return good;
}

static void each_allocation_may_fail(void **state)
{
    static const cf_csrf   csrf = {.secret = "k", .secret_size = 1, .session = "s", .now = 1};
    static const cf_upload upload = {.field = "file", .filename = "a.exe", .content_type = ""};
    cf_form_input          input = submitted(words);
    size_t                 wanted = 0, errors = 0;
    long                   before, count;
    input.csrf = &csrf;
    input.uploads = &upload;
    input.upload_count = 1;
    /* a small arena, so that its own blocks are among what fails */
    cf_arena *whole = cf_arena_new(NULL, 0);
    before = cf_mem_count();
    assert_true(work(whole, &input, &wanted));
    count = cf_mem_count() - before;
    cf_arena_free(whole);
    assert_true(wanted > 8);
    assert_true(count > 20);
    int failures = 0;
    for (long n = 1; n <= count; n++) {
        cf_arena *part = cf_arena_new(NULL, 0);
        cf_mem_fail_at(n, false);
        bool good = work(part, &input, &errors);
        cf_mem_fail_at(0, false);
        if (!good) failures++;
        cf_arena_free(part);
        part = cf_arena_new(NULL, 0);
        cf_mem_fail_at(n, true);
        work(part, &input, &errors);
        cf_mem_fail_at(0, false);
        cf_arena_free(part);
    }
    assert_true(failures > 0);
    assert_true(work(arena, &input, &errors));
    assert_int_equal(errors, wanted);
}

static void an_arena_may_be_small(void **state)
{
    cf_form_input input = submitted(words);
    size_t        errors = 0, refused = 0;
    for (size_t limit = 1024; limit < 300000; limit += limit / 8) {
        cf_arena *small = cf_arena_new(NULL, limit);
        if (small && !work(small, &input, &errors)) refused++;
        cf_arena_free(small);
    }
    assert_true(refused > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_allocation_may_fail),
        TEST(an_arena_may_be_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
