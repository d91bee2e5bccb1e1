#include "check.h"

#include "orm/signer.h"
#include <sodium.h>

static void sign(const char *secrets, const char *payload, int64_t now, cf_buffer *out)
{
    cf_keys keys;
    assert_true(cf_keys_derive(secrets, "test", &keys));
    cf_buffer_clear(out);
    cf_sign(&keys, payload, strlen(payload), now, out);
    assert_false(out->failed);
}

static const char *open_text(cf_arena *arena, const char *secrets, const char *text, int64_t now, int64_t max_age)
{
    cf_keys keys;
    size_t  size;
    assert_true(cf_keys_derive(secrets, "test", &keys));
    return cf_unsign(&keys, arena, text, now, max_age, &size, NULL);
}

static void what_was_signed_comes_back(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_buffer out = {0};
    sign("secret", "{\"a\":1}", 1000, &out);
    assert_string_equal(open_text(arena, "secret", out.data, 1000, 60), "{\"a\":1}");
    sign("secret", "", 1000, &out);
    assert_string_equal(open_text(arena, "secret", out.data, 1000, 60), "");
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

/* Each character of the text replaced by others of the alphabet, cut, lengthened. */
static void nothing_changed_is_accepted(void **state)
{
    static const char alphabet[] = "AZaz09-_.=+/ \"";
    cf_arena         *arena = cf_arena_new(NULL, 0);
    cf_buffer         out = {0};
    sign("secret", "{\"user\":17}", 1000, &out);
    char *text = cf_arena_copy(arena, out.data);
    for (size_t i = 0; i < out.size; i++) {
        for (size_t k = 0; k < sizeof alphabet - 1; k++) {
            if (out.data[i] == alphabet[k]) continue;
            text[i] = alphabet[k];
            const char *opened = open_text(arena, "secret", text, 1000, 60);
            if (opened) fail_msg("accepted with '%c' at %zu: %s", alphabet[k], i, text);
        }
        text[i] = out.data[i];
    }
    for (size_t size = 0; size < out.size; size++)
        assert_null(open_text(arena, "secret", cf_arena_text(arena, out.data, size), 1000, 60));
    assert_null(open_text(arena, "secret", cf_arena_printf(arena, "%sA", out.data), 1000, 60));
    assert_null(open_text(arena, "secret", cf_arena_printf(arena, "A%s", out.data), 1000, 60));
    assert_null(open_text(arena, "secret", cf_arena_printf(arena, "%s.%s", out.data, out.data), 1000, 60));
    assert_null(open_text(arena, "secret", "", 1000, 60));
    assert_null(open_text(arena, "secret", "..", 1000, 60));
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

static void age_counts(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_buffer out = {0};
    sign("secret", "x", 100000, &out);
    assert_non_null(open_text(arena, "secret", out.data, 100060, 60));
    assert_null(open_text(arena, "secret", out.data, 100061, 60));
    assert_non_null(open_text(arena, "secret", out.data, 99940, 60));
    assert_null(open_text(arena, "secret", out.data, 99939, 60));
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

static void keys_can_be_exchanged(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_buffer out = {0};
    sign("old", "x", 1000, &out);
    assert_non_null(open_text(arena, "new, old", out.data, 1000, 60));
    assert_null(open_text(arena, "new", out.data, 1000, 60));
    sign("new,old", "x", 1000, &out);
    assert_non_null(open_text(arena, "new", out.data, 1000, 60));
    assert_null(open_text(arena, "old", out.data, 1000, 60));
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

static void the_purpose_separates_keys(void **state)
{
    cf_keys a, b;
    assert_true(cf_keys_derive("secret", "one", &a));
    assert_true(cf_keys_derive("secret", "two", &b));
    assert_memory_not_equal(a.key[0], b.key[0], CF_KEY_SIZE);
    assert_false(cf_keys_derive("", "one", &a));
    assert_false(cf_keys_derive(" , ,", "one", &a));
    assert_false(cf_keys_derive("1,2,3,4,5,6,7,8,9", "one", &a));
    assert_true(cf_keys_derive("1,2,3,4,5,6,7,8", "one", &a));
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_comes_back),
        cmocka_unit_test(nothing_changed_is_accepted),
        cmocka_unit_test(age_counts),
        cmocka_unit_test(keys_can_be_exchanged),
        cmocka_unit_test(the_purpose_separates_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
