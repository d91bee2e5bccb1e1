/*
 * What libmicrohttpd 0.9.75 lets pass and must not: it parses the head in place, turning line ends into
 * NULs, so that the distances between names and values tell how the lines ended. A line that was folded, that
 * ended in a bare LF or CR, or that has a NUL in it, is not where it should be.
 */
#include "web/server.h"

#include "base/text.h"

typedef struct guard {
    cf_arena   *arena;
    cf_param   *headers;
    size_t      count, most;
    const char *expected; /* where the next name must begin */
    size_t      bytes;
    unsigned    lengths, encodings, hosts;
    bool        framed; /* so far */
    bool        memory; /* is exhausted */
    const char *encoding, *length;
} guard;

static bool is_name(const char *name, size_t size, const char *other)
{
    return cf_equal_nocase(name, size, other, strlen(other));
}

static bool token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", text[i]))
            return false;
    return size > 0;
}

static bool plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7F) return false;
    return true;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    guard *g = cls;
    size_t name_size = strlen(name), value_size = value ? strlen(value) : 0;
    (void)kind;
    if (!value || name != g->expected || !token(name, name_size) || !plain(value, value_size)) g->framed = false;
    g->expected = value ? value + value_size + 2 : NULL;
    g->bytes += name_size + value_size + 4;
    if (is_name(name, name_size, "content-length")) {
        g->lengths++;
        g->length = value;
    } else if (is_name(name, name_size, "transfer-encoding")) {
        g->encodings++;
        g->encoding = value;
    } else if (is_name(name, name_size, "host")) {
        g->hosts++;
    }
    if (g->count == g->most) {
        g->count++;
        return MHD_NO;
    }
    while (value_size && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t')) value_size--;
    if (value && value[value_size]) value = cf_arena_text(g->arena, value, value_size);
    g->memory |= !value;
    g->headers[g->count++] = (cf_param){name, value ? value : "", value_size};
    return MHD_YES;
}

static bool digits(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c < '0' || *c > '9') return false;
    return *text && strlen(text) <= 18;
}

/* Two ways to say how long the body is, or an unclear one: servers on the way may disagree. */
static bool clear_length(const guard *g, const char *version)
{
    if (g->lengths > 1 || g->encodings > 1 || (g->lengths && g->encodings)) return false;
    if (g->lengths && !digits(g->length)) return false;
    if (g->encodings && (strcmp(version, "HTTP/1.1") != 0 || !is_name(g->encoding, strlen(g->encoding), "chunked")))
        return false;
    return true;
}

int cf_guard_head(struct MHD_Connection *mhd, cf_arena *arena, const cf_limits *limits, const char *method,
                  const char *target, const char *version, cf_head *head)
{
    guard  g = {.arena = arena, .most = limits->header_count, .framed = true};
    size_t line = strlen(method) + 1 + strlen(target);
    g.headers = cf_arena_array(arena, g.most + 1, sizeof *g.headers);
    if (!g.headers) return 500;
    head->headers = g.headers;
    if (line + 1 + strlen(version) > limits->request_line) return 414;
    if (method + line + 1 != version || strpbrk(target, " \t") || !plain(target, strlen(target)) ||
        !token(method, strlen(method)))
        g.framed = false;
    g.expected = version + strlen(version) + 2;
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, take_header, &g);
    head->header_count = g.count > g.most ? g.most : g.count;
    if (g.memory && cf_arena_failed(arena)) return 500;
    if (g.count > g.most || g.bytes > limits->headers) return 431;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info && g.expected && g.expected + 2 != method + info->header_size) g.framed = false;
    if (!g.framed || !clear_length(&g, version)) return 400;
    if (strcmp(version, "HTTP/1.1") == 0 ? g.hosts != 1 : g.hosts > 1) return 400;
    return 0;
}
