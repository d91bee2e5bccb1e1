/* E-mail addresses: RFC 5321 and 6531 syntax, names that can be reached from everywhere. */
#include "internal.h"

#include "base/text.h"
#include "data.h"
#include "idna.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { ADDRESS_MAX = 254, LOCAL_MAX = 64 };

/* Domains that no mail from outside reaches (RFC 6761, 6762, 7686). */
static const char *const special_domains[] = {"arpa", "invalid", "local", "localhost", "onion", "test"};

static bool say(cf_buffer *why, const char *text)
{
    cf_buffer_text(why, text);
    return false;
}

/* ---- before the @ ---- */

static bool is_atom(uint32_t c, bool ascii_only)
{
    if (c >= 128) return !ascii_only;
    return c && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 strchr("_!#$%&'*+-/=?^`{|}~", (int)c));
}

/* Atoms with single dots between them. */
static bool is_dot_atom(const cf_points *local, bool ascii_only)
{
    bool before = false;
    for (size_t i = 0; i < local->count; i++) {
        if (local->at[i] == '.') {
            if (!before) return false;
            before = false;
        } else if (!is_atom(local->at[i], ascii_only)) {
            return false;
        } else {
            before = true;
        }
    }
    return before;
}

/* "(2 characters too many)" */
static void say_too_many(cf_buffer *why, const char *prefix, size_t length, size_t limit, bool at_least)
{
    size_t more = length - limit;
    cf_buffer_printf(why, "%s(%s%zu character%s too many).", prefix, at_least ? "at least " : "", more,
                     more > 1 ? "s" : "");
}

typedef struct name_list {
    char   names[LOCAL_MAX][CF_NAME_SIZE];
    size_t count;
} name_list;

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool say_bad_characters(const cf_points *local, bool ascii_only, cf_buffer *why)
{
    name_list list;
    list.count = 0;
    for (size_t i = 0; i < local->count && list.count < LOCAL_MAX; i++) {
        if (is_atom(local->at[i], ascii_only)) continue;
        cf_character_name(local->at[i], list.names[list.count]);
        bool known = false;
        for (size_t j = 0; j < list.count && !known; j++) known = strcmp(list.names[j], list.names[list.count]) == 0;
        if (!known) list.count++;
    }
    qsort(list.names, list.count, sizeof *list.names, compare_names);
    cf_buffer_text(why, "The email address contains invalid characters before the @-sign: ");
    for (size_t i = 0; i < list.count; i++) {
        if (i) cf_buffer_text(why, ", ");
        cf_buffer_text(why, list.names[i]);
    }
    return say(why, ".");
}

/* Spaces and what cannot be seen, and marks that would join the text before the address. */
static bool check_safe(const cf_points *local, cf_buffer *why)
{
    for (size_t i = 0; i < local->count; i++) {
        utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)local->at[i]);
        bool                mark = category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
        bool                hidden = category >= UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CN;
        if (!(mark && i == 0) && !hidden) continue;
        char name[CF_NAME_SIZE];
        cf_character_name(local->at[i], name);
        cf_buffer_printf(why, "The email address contains an%s invalid character (%s).", hidden ? "" : " initial",
                         name);
        return false;
    }
    return true;
}

static bool check_local(cf_points *local, unsigned flags, bool *international, cf_buffer *why)
{
    *international = false;
    if (!local->count) return (flags & CF_RULE_EMPTY_LOCAL) || say(why, "There must be something before the @-sign.");
    if (local->count > LOCAL_MAX) {
        say_too_many(why, "The email address is too long before the @-sign ", local->count, LOCAL_MAX, false);
        return false;
    }
    if (is_dot_atom(local, true)) return true;
    if (!is_dot_atom(local, false)) return say_bad_characters(local, flags & CF_RULE_ASCII_LOCAL, why);
    if (flags & CF_RULE_ASCII_LOCAL)
        return say(why, "Internationalized characters before the @-sign are not supported.");
    *international = true;
    cf_points_compose(local);
    return check_safe(local, why);
}

/* ---- after the @ ---- */

static bool ends_with(const cf_buffer *domain, const char *ending)
{
    size_t size = strlen(ending);
    if (domain->size < size || memcmp(domain->data + domain->size - size, ending, size) != 0) return false;
    return domain->size == size || domain->data[domain->size - size - 1] == '.';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What every name on the internet has: a period, and a letter at the end. */
static bool check_reachable(const cf_buffer *ascii, const cf_buffer *shown, cf_buffer *why)
{
    const char *problem = NULL;
    if (!memchr(ascii->data, '.', ascii->size)) problem = "is not valid. It should have a period.";
    else if (!is_letter(ascii->data[ascii->size - 1]))
        problem = "is not valid. It is not within a valid top-level domain.";
    for (size_t i = 0; !problem && i < sizeof special_domains / sizeof *special_domains; i++)
        if (ends_with(ascii, special_domains[i]))
            problem = "is a special-use or reserved name that cannot be used with email.";
    if (problem) cf_buffer_printf(why, "The domain name %s %s", shown->data, problem);
    return !problem;
}

static bool say_invalid_domain(const cf_points *domain, const cf_buffer *reason, cf_buffer *why)
{
    if (reason->size == 15 && memcmp(reason->data, "Domain too long", 15) == 0)
        return say(why, "The email address is too long after the @-sign.");
    cf_buffer_text(why, "The domain name ");
    cf_points_print(domain->at, domain->count, why);
    cf_buffer_text(why, " contains invalid characters (");
    cf_buffer_add(why, reason->data, reason->size);
    return say(why, ").");
}

static const char *misplaced_period(const cf_points *domain)
{
    if (domain->count && domain->at[domain->count - 1] == '.') return "An email address cannot end with a period.";
    if (domain->count && domain->at[0] == '.')
        return "An email address cannot have a period immediately after the @-sign.";
    for (size_t i = 1; i < domain->count; i++)
        if (domain->at[i] == '.' && domain->at[i - 1] == '.')
            return "An email address cannot have two periods in a row.";
    return NULL;
}

static bool check_domain(cf_points *domain, cf_buffer *ascii, cf_buffer *shown, cf_buffer *why)
{
    cf_buffer reason = {0};
    bool      good = false;
    if (!domain->count) return say(why, "There must be something after the @-sign.");
    if (!cf_uts46_map(domain, &reason)) {
        say_invalid_domain(domain, &reason, why);
    } else if (misplaced_period(domain)) {
        say(why, misplaced_period(domain));
    } else if (!domain->count) {
        cf_buffer_text(&reason, "Empty domain");
        say_invalid_domain(domain, &reason, why);
    } else if (!cf_idna2008_ascii(domain, ascii, &reason)) {
        say_invalid_domain(domain, &reason, why);
    } else {
        cf_idna2008_display(ascii->data, ascii->size, shown);
        good = !ascii->failed && !shown->failed && check_reachable(ascii, shown, why);
    }
    if (reason.failed) why->failed = true;
    cf_buffer_free(&reason);
    return good;
}

/* ---- the whole ---- */

static size_t utf8_size(const cf_points *points)
{
    size_t size = 0;
    for (size_t i = 0; i < points->count; i++) {
        uint32_t c = points->at[i];
        size += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }
    return size;
}

static bool check_length(const cf_points *local, bool international, const cf_buffer *ascii, const cf_buffer *shown,
                         cf_buffer *why)
{
    static const char prefix[] = "The email address is too long ";
    size_t            characters = local->count + 1 + cf_utf8_length(shown->data, shown->size);
    size_t            bytes = utf8_size(local) + 1 + shown->size, wire = local->count + 1 + ascii->size;
    bool              same = ascii->size == shown->size && memcmp(ascii->data, shown->data, ascii->size) == 0;
    if (!international && wire > ADDRESS_MAX) {
        if (same) say_too_many(why, prefix, wire, ADDRESS_MAX, false);
        else if (characters > ADDRESS_MAX) say_too_many(why, prefix, characters, ADDRESS_MAX, true);
        else cf_buffer_printf(why, "%s(when converted to IDNA ASCII).", prefix);
        return false;
    }
    if (bytes <= ADDRESS_MAX) return true;
    if (characters > ADDRESS_MAX) say_too_many(why, prefix, characters, ADDRESS_MAX, true);
    else cf_buffer_printf(why, "%s(when encoded in bytes).", prefix);
    return false;
}

static bool check(const char *text, size_t size, unsigned flags, cf_buffer *why)
{
    cf_points   local, domain;
    cf_buffer   ascii = {0}, shown = {0};
    bool        international;
    const char *at = size ? memchr(text, '@', size) : NULL;
    size_t      before = at ? (size_t)(at - text) : 0, after = at ? size - before - 1 : 0;
    if (!at || memchr(at + 1, '@', after))
        return say(why, "The email address is not valid. It must have exactly one @-sign.");
    if (!cf_points_read(&local, text, before)) {
        say_too_many(why, "The email address is too long before the @-sign ", cf_utf8_length(text, before), LOCAL_MAX,
                     false);
        return false;
    }
    if (!check_local(&local, flags, &international, why)) return false;
    if (!cf_points_read(&domain, at + 1, after)) return say(why, "The email address is too long after the @-sign.");
    bool good = check_domain(&domain, &ascii, &shown, why) && check_length(&local, international, &ascii, &shown, why);
    cf_buffer_free(&ascii);
    cf_buffer_free(&shown);
    return good;
}

bool cf_email_valid(const char *text, size_t size, unsigned flags, char *why, size_t why_size)
{
    cf_buffer message = {0};
    bool      good = check(text, size, flags, &message);
    if (why && why_size) {
        size_t length = message.size < why_size ? message.size : why_size - 1;
        if (length) memcpy(why, message.data, length);
        why[good ? 0 : length] = '\0';
    }
    cf_buffer_free(&message);
    return good;
}
