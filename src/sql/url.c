/* Database URLs, parsed as SQLAlchemy does and rendered so that they parse again. */
#include <carafe/buffer.h>
#include <carafe/url.h>

#include <stdlib.h>
#include <string.h>

#define LONGEST_URL 8192
#define MOST_OPTIONS 256

typedef struct parser {
    cf_arena   *arena;
    const char *at, *end;
    cf_url      url;
    cf_error   *error;
} parser;

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* A copy with %XX decoded, and '+' as a blank in forms; a '%' without digits and %00 stay. */
static char *decode(parser *p, const char *text, size_t size, bool form)
{
    char *out = cf_arena_text(p->arena, text, size);
    if (!out) return NULL;
    char *to = out;
    for (size_t i = 0; i < size; i++) {
        bool code = text[i] == '%' && i + 2 < size && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        int  byte = code ? hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]) : 0;
        if (byte) {
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = form && text[i] == '+' ? ' ' : text[i];
        }
    }
    *to = '\0';
    return out;
}

static const char *find(const char *from, const char *end, const char *any)
{
    while (from < end && !strchr(any, *from)) from++;
    return from;
}

static bool out_of_memory(parser *p)
{
    return cf_fail(p->error, CF_ERR_MEMORY, "out of memory while a database url was parsed");
}

static bool parse_name(parser *p)
{
    const char *start = p->at;
    while (p->at < p->end && ((*p->at >= 'a' && *p->at <= 'z') || (*p->at >= 'A' && *p->at <= 'Z') ||
                              (*p->at >= '0' && *p->at <= '9') || *p->at == '_' || *p->at == '+'))
        p->at++;
    size_t size = (size_t)(p->at - start);
    if (size == 0 || p->end - p->at < 3 || memcmp(p->at, "://", 3) != 0)
        return cf_fail(p->error, CF_ERR_SYNTAX,
                       "no database url: it must begin like sqlite:///file.db or postgresql://user@host/name");
    p->at += 3;
    const char *plus = memchr(start, '+', size);
    p->url.drivername = cf_arena_text(p->arena, start, size);
    p->url.backend = cf_arena_text(p->arena, start, plus ? (size_t)(plus - start) : size);
    if (plus) p->url.driver = cf_arena_text(p->arena, plus + 1, (size_t)(start + size - plus - 1));
    return true;
}

/*
 * `user[:password]@`, if there is one. The password begins at the first ':' before any '/' and ends at the
 * next '@'; without a password the name ends at the last '@' before ':' or '/'.
 */
static void parse_user(parser *p)
{
    const char *stop = find(p->at, p->end, ":/");
    const char *at = NULL;
    if (stop < p->end && *stop == ':') at = memchr(stop, '@', (size_t)(p->end - stop));
    if (at) {
        p->url.password = decode(p, stop + 1, (size_t)(at - stop - 1), false);
    } else {
        at = memrchr(p->at, '@', (size_t)(stop - p->at));
        stop = at;
    }
    if (!at) return;
    p->url.username = decode(p, p->at, (size_t)(stop - p->at), false);
    p->at = at + 1;
}

static bool parse_host(parser *p)
{
    const char *end = find(p->at, p->end, "/?");
    if (p->at < end && *p->at == '[') {
        const char *close = memrchr(p->at, ']', (size_t)(end - p->at));
        if (!close || close == p->at + 1)
            return cf_fail(p->error, CF_ERR_SYNTAX, "database url: the '[' of an address is not closed");
        p->url.host = decode(p, p->at + 1, (size_t)(close - p->at - 1), false);
        p->at = close + 1;
    } else {
        const char *colon = find(p->at, end, ":");
        if (colon > p->at) p->url.host = cf_arena_text(p->arena, p->at, (size_t)(colon - p->at));
        p->at = colon;
    }
    if (p->at == end) return true;
    if (*p->at != ':')
        return cf_fail(p->error, CF_ERR_SYNTAX, "database url: a ':' and a port must follow the ']' of an address");
    int port = 0, digits = 0;
    for (p->at++; p->at < end && *p->at >= '0' && *p->at <= '9' && digits < 9; p->at++, digits++)
        port = port * 10 + (*p->at - '0');
    if (digits == 0 || p->at < end) return cf_fail(p->error, CF_ERR_SYNTAX, "database url: the port must be a number");
    p->url.port = port;
    return true;
}

static bool parse_query(parser *p)
{
    p->url.query = cf_arena_array(p->arena, 1, sizeof *p->url.query);
    size_t capacity = 1;
    while (p->at < p->end) {
        const char *end = find(p->at, p->end, "&");
        const char *equals = find(p->at, end, "=");
        if (equals < end && equals + 1 < end) { /* options without a value say nothing */
            if (p->url.query_count == MOST_OPTIONS)
                return cf_fail(p->error, CF_ERR_LIMIT, "database url: more than %d options", MOST_OPTIONS);
            if (p->url.query_count == capacity) {
                cf_url_option *more = cf_arena_array(p->arena, capacity * 2, sizeof *more);
                if (!more) return out_of_memory(p);
                memcpy(more, p->url.query, capacity * sizeof *more);
                p->url.query = more;
                capacity *= 2;
            }
            if (!p->url.query) return out_of_memory(p);
            cf_url_option *o = &p->url.query[p->url.query_count++];
            o->name = decode(p, p->at, (size_t)(equals - p->at), true);
            o->value = decode(p, equals + 1, (size_t)(end - equals - 1), true);
        }
        p->at = end < p->end ? end + 1 : end;
    }
    return true;
}

bool cf_url_parse(cf_arena *arena, const char *text, cf_url *out, cf_error *error)
{
    size_t size = strlen(text);
    if (size > LONGEST_URL) return cf_fail(error, CF_ERR_LIMIT, "database url: longer than %d bytes", LONGEST_URL);
    parser p = {arena, text, text + size, {.port = -1}, error};
    if (!parse_name(&p)) return false;
    parse_user(&p);
    if (!parse_host(&p)) return false;
    if (p.at < p.end && *p.at == '/') {
        const char *question = find(p.at, p.end, "?");
        p.url.database = cf_arena_text(arena, p.at + 1, (size_t)(question - p.at - 1));
        p.at = question;
    }
    if (p.at < p.end) {
        p.at++;
        if (!parse_query(&p)) return false;
    }
    if (cf_arena_failed(arena)) return out_of_memory(&p);
    *out = p.url;
    return true;
}

#define USER_SEPARATORS ":@/%"

/* Percent-encode the characters of `separators`; NULL, for forms: all but unreserved characters, blanks as '+'. */
static void encode(cf_buffer *out, const char *text, const char *separators)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool unreserved =
            (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("_.-~", *c);
        if (separators ? !strchr(separators, *c) : unreserved) {
            cf_buffer_char(out, (char)*c);
        } else if (!separators && *c == ' ') {
            cf_buffer_char(out, '+');
        } else {
            cf_buffer_char(out, '%');
            cf_buffer_char(out, digits[*c >> 4]);
            cf_buffer_char(out, digits[*c & 15]);
        }
    }
}

static bool secret(const char *name)
{
    static const char *const names[] = {"password", "passwd", "sslpassword", "ssl_password", "sslkey_password"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static void render_query(cf_buffer *out, const cf_url *url, bool redact)
{
    char        separator = '?';
    const char *last = "";
    /* By name; those of one name in the order they came. Few enough to look for the next one each time. */
    for (size_t done = 0; done < url->query_count;) {
        const char *next = NULL;
        for (size_t i = 0; i < url->query_count; i++) {
            const char *name = url->query[i].name;
            if ((done == 0 || strcmp(name, last) > 0) && (!next || strcmp(name, next) < 0)) next = name;
        }
        if (!next) return;
        for (size_t i = 0; i < url->query_count; i++) {
            if (strcmp(url->query[i].name, next) != 0) continue;
            cf_buffer_char(out, separator);
            separator = '&';
            encode(out, next, NULL);
            cf_buffer_char(out, '=');
            if (redact && secret(next)) cf_buffer_text(out, "***");
            else encode(out, url->query[i].value, NULL);
            done++;
        }
        last = next;
    }
}

char *cf_url_render(cf_arena *arena, const cf_url *url, bool redact)
{
    cf_buffer out = {0};
    cf_buffer_text(&out, url->drivername);
    cf_buffer_text(&out, "://");
    if (url->username) {
        encode(&out, url->username, USER_SEPARATORS);
        if (url->password) {
            cf_buffer_char(&out, ':');
            if (redact) cf_buffer_text(&out, "***");
            else encode(&out, url->password, USER_SEPARATORS);
        }
        cf_buffer_char(&out, '@');
    }
    if (url->host && url->host[strcspn(url->host, ":@/?[]")]) {
        cf_buffer_char(&out, '[');
        encode(&out, url->host, "%@/?[]");
        cf_buffer_char(&out, ']');
    } else {
        cf_buffer_text(&out, url->host);
    }
    if (url->port >= 0) {
        cf_buffer_char(&out, ':');
        cf_buffer_int(&out, url->port);
    }
    if (url->database) {
        cf_buffer_char(&out, '/');
        cf_buffer_text(&out, url->database);
    }
    render_query(&out, url, redact);
    char *text = out.failed ? NULL : cf_arena_text(arena, out.data, out.size);
    cf_buffer_free(&out);
    return text;
}

const char *cf_url_option_value(const cf_url *url, const char *name)
{
    for (size_t i = url->query_count; i > 0; i--)
        if (strcmp(url->query[i - 1].name, name) == 0) return url->query[i - 1].value;
    return NULL;
}
