/* E-mail addresses: ASCII, international, lengths, names that cannot be reached, and what is said about them. */
#include "support.h"

static const char *why(const char *address, unsigned flags)
{
    static char text[512];
    bool        good = cf_email_valid(address, strlen(address), flags, text, sizeof text);
    assert_true(good == !*text);
    return text;
}
#define good(address) assert_string_equal(why(address, 0), "")
#define bad(address, reason) assert_string_equal(why(address, 0), reason)
#define DOMAIN_BAD(domain, reason) "The domain name " domain " contains invalid characters (" reason ")."

static void ordinary_addresses_are_valid(void **state)
{
    good("ada@example.com");
    good("a.b-c_d+e@x.co");
    good("!#$%&'*+-/=?^_`{|}~@bar.org");
    good("A@B.CO");
}

static void what_is_missing_or_misplaced_is_said(void **state)
{
    bad("", "The email address is not valid. It must have exactly one @-sign.");
    bad("a@b@c.de", "The email address is not valid. It must have exactly one @-sign.");
    bad("@bar.com", "There must be something before the @-sign.");
    bad("foo@", "There must be something after the @-sign.");
    bad("foo@bar.com.", "An email address cannot end with a period.");
    bad("foo@.bar.com", "An email address cannot have a period immediately after the @-sign.");
    bad("foo@bar..com", "An email address cannot have two periods in a row.");
    bad("foo@bar", "The domain name bar is not valid. It should have a period.");
    bad("foo@bar.123", "The domain name bar.123 is not valid. It is not within a valid top-level domain.");
    bad(".a@bar.com", "The email address contains invalid characters before the @-sign: FULL STOP.");
    bad("a\"( b@bar.com",
        "The email address contains invalid characters before the @-sign: LEFT PARENTHESIS, QUOTATION MARK, SPACE.");
    bad("a\x7f@bar.com", "The email address contains invalid characters before the @-sign: '\\x7f'.");
}

static void names_that_nobody_can_reach_are_refused(void **state)
{
    static const char *const names[] = {"foo.test",  "printer.local", "x.onion",
                                        "a.invalid", "b.localhost",   "1.in-addr.arpa"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bad(cf_arena_printf(arena, "a@%s", names[i]),
            cf_arena_printf(arena,
                            "The domain name %s is a special-use or reserved name that cannot be used with email.",
                            names[i]));
}

static void lengths_have_bounds(void **state)
{
    char *a64 = cf_arena_alloc(arena, 65), *a65 = cf_arena_alloc(arena, 66), *label = cf_arena_alloc(arena, 64);
    memset(a64, 'a', 64);
    memset(a65, 'a', 65);
    memset(label, 'b', 63);
    good(cf_arena_printf(arena, "%s@bar.com", a64));
    bad(cf_arena_printf(arena, "%s@bar.com", a65),
        "The email address is too long before the @-sign (1 character too many).");
    good(cf_arena_printf(arena, "f@%s.com", label));
    bad(cf_arena_printf(arena, "f@b%s.com", label),
        cf_arena_printf(arena, "The domain name b%s.com contains invalid characters (Label too long).", label));
    bad(cf_arena_printf(arena, "f@%s.%s.%s.%s.de", label, label, label, label),
        "The email address is too long after the @-sign.");
    bad(cf_arena_printf(arena, "%s@%s.%s.%s.de", a64, label, label, label),
        "The email address is too long (5 characters too many).");
}

static void international_names_follow_idna_2008(void **state)
{
    good("foo@b\xC3\xBC"
         "cher.de");
    good("foo@xn--bcher-kva.de");
    good("foo@\xD9\x85\xD8\xAB\xD8\xA7\xD9\x84.com"); /* Arabic */
    good("foo@fa\xC3\x9F.de");                        /* sharp s stays */
    good("foo@bar\xE3\x80\x82"
         "com");                                  /* ideographic full stop */
    good("foo@l\xC2\xB7l.cat");                   /* middle dot between two l */
    good("foo@\xD8\xA8\xE2\x80\x8C\xD8\xA8.com"); /* a non-joiner between joining letters */
    bad("foo@a\xC2\xB7"
        "b.com",
        DOMAIN_BAD("a\xC2\xB7"
                   "b.com",
                   "Codepoint U+00B7 not allowed at position 2 in 'a\xC2\xB7"
                   "b'"));
    bad("foo@\xE2\x98\x83.com",
        DOMAIN_BAD("\xE2\x98\x83.com", "Codepoint U+2603 at position 1 of '\xE2\x98\x83' not allowed"));
    bad("foo@a\xE2\x80\x8D"
        "b.com",
        DOMAIN_BAD("a\xE2\x80\x8D"
                   "b.com",
                   "Joiner U+200D not allowed at position 2 in 'a\\u200db'"));
    bad("foo@1\xD7\x90.com",
        DOMAIN_BAD("1\xD7\x90.com", "First codepoint in label '1\xD7\x90' must be directionality L, R or AL"));
    bad("foo@-a.com", DOMAIN_BAD("-a.com", "Label must not start or end with a hyphen"));
    bad("foo@ab--cd.com", DOMAIN_BAD("ab--cd.com", "Label has disallowed hyphens in 3rd and 4th position"));
    bad("foo@xn--.com", DOMAIN_BAD("xn--.com", "Malformed A-label, no Punycode eligible content found"));
    bad("foo@xn--a-.com", DOMAIN_BAD("xn--a-.com", "A-label must not end with a hyphen"));
}

static void local_parts_may_be_international(void **state)
{
    good("j\xC3\xBCrgen@example.de");
    good("\xE7\x94\xA8\xE6\x88\xB7@example.com");
    bad("a\xE2\x80\x8B@bar.co", "The email address contains an invalid character (ZERO WIDTH SPACE).");
    bad("\xCC\x81"
        "a@bar.co",
        "The email address contains an initial invalid character (COMBINING ACUTE ACCENT).");
    assert_string_equal(why("f\xC3\xB6\xC3\xB6@bar.de", CF_RULE_ASCII_LOCAL),
                        "Internationalized characters before the @-sign are not supported.");
    assert_string_equal(why("@bar.de", CF_RULE_EMPTY_LOCAL), "");
}

static void absurd_input_is_refused_quickly(void **state)
{
    char *text = cf_arena_alloc(arena, 1000001);
    memset(text, 'a', 1000000);
    assert_false(cf_email_valid(text, 1000000, 0, NULL, 0));
    text[500000] = '@';
    assert_false(cf_email_valid(text, 1000000, 0, NULL, 0));
    text[1] = '@';
    assert_false(cf_email_valid(text, 500000, 0, NULL, 0));
    memset(text + 2, '.', 499998);
    assert_false(cf_email_valid(text, 500000, 0, NULL, 0));
    assert_false(cf_email_valid("a@\xff\xfe.com", 8, 0, NULL, 0));
    assert_false(cf_email_valid(NULL, 0, 0, NULL, 0));
}

static void a_short_buffer_cuts_the_reason(void **state)
{
    char text[10];
    assert_false(cf_email_valid("foo", 3, 0, text, sizeof text));
    assert_string_equal(text, "The email");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ordinary_addresses_are_valid),
        TEST(what_is_missing_or_misplaced_is_said),
        TEST(names_that_nobody_can_reach_are_refused),
        TEST(lengths_have_bounds),
        TEST(international_names_follow_idna_2008),
        TEST(local_parts_may_be_international),
        TEST(absurd_input_is_refused_quickly),
        TEST(a_short_buffer_cuts_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
