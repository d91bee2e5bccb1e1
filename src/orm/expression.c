/* SQL expressions as servers spell them, made comparable. */
#include "orm/compare.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* "::character varying(20)[]": behind a cast of PostgreSQL. */
static const char *skip_cast(const char *p)
{
    static const char *const two[] = {"character varying", "double precision", "timestamp without time zone",
                                      "timestamp with time zone", "time without time zone"};
    p += 2;
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
        }
        return *p ? p + 1 : p;
    }
    const char *end = p;
    while (isalnum((unsigned char)*end) || *end == '_' || *end == '.') end++;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (strncasecmp(p, two[i], strlen(two[i])) == 0) end = p + strlen(two[i]);
    if (*end == '(') end += strcspn(end, ")") + (strchr(end, ')') != NULL);
    while (end[0] == '[' && end[1] == ']') end += 2;
    return end;
}

/* Copies a text literal as it is; behind it. */
static const char *copy_literal(const char *p, char **to, bool backslash)
{
    for (*(*to)++ = *p++; *p; *(*to)++ = *p++) {
        if (*p == '\\' && backslash && p[1]) {
            if (*++p == '\'') *(*to)++ = '\''; /* written '' elsewhere */
            continue;
        }
        if (*p != '\'') continue;
        if (p[1] != '\'') {
            *(*to)++ = *p++;
            return p;
        }
        *(*to)++ = *p++;
    }
    return p;
}

/* Replaces every `from` by `to`, which is not longer; not inside literals. */
static void replace(char *text, const char *from, const char *to)
{
    bool quoted = false;
    for (char *p = text; *p; p++) {
        if (*p == '\'') quoted = !quoted;
        if (quoted || strncmp(p, from, strlen(from)) != 0) continue;
        memmove(p + strlen(to), p + strlen(from), strlen(p + strlen(from)) + 1);
        memcpy(p, to, strlen(to));
        p += strlen(to);
        p--;
    }
}

const char *cf_expression_plain(const char *p, const cf_dialect *dialect, cf_arena *arena)
{
    if (!p) return NULL;
    char *out = cf_arena_alloc(arena, strlen(p) + 1), *to = out;
    while (out && *p) {
        if (strncmp(p, "_utf8mb4'", 9) == 0) p += 8;
        if (*p == '\'') p = copy_literal(p, &to, dialect->backslash);
        else if (p[0] == ':' && p[1] == ':') p = skip_cast(p);
        else if (isspace((unsigned char)*p) || strchr("()\"`[]", *p)) p++;
        else *to++ = (char)tolower((unsigned char)*p++);
    }
    if (!out) return NULL;
    replace(out, "!=", "<>");
    replace(out, "=anyarray", "in");
    replace(out, "current_timestamp6", "now");
    replace(out, "current_timestamp", "now");
    if (strcmp(out, "true") == 0) memcpy(out, "1", 2);
    if (strcmp(out, "false") == 0) memcpy(out, "0", 2);
    return strcmp(out, "null") == 0 ? NULL : out;
}
