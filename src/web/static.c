/* Static files, embedded or from a folder, and files as responses: conditions (RFC 9110, 13) and ranges (14). */
#include "web/internal.h"

#include "base/number.h"
#include "base/text.h"
#include "web/coding.h"
#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *ending, *type;
} content_types[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"wasm", "application/wasm"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"wav", "audio/wav"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
};

const char *cf_content_type(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof content_types / sizeof *content_types; i++)
        if (cf_equal_nocase(dot + 1, strlen(dot + 1), content_types[i].ending, strlen(content_types[i].ending)))
            return content_types[i].type;
    return "application/octet-stream";
}

/* ---- conditions ----------------------------------------------------------------------------- */

/* Is the entity tag in a list such as `"a", W/"b"` or `*`? Weak comparison. */
static bool tag_listed(const char *list, const char *etag)
{
    size_t size = strlen(etag);
    for (const char *at = list; *at;) {
        at += strspn(at, " \t,");
        if (*at == '*') return true;
        if (at[0] == 'W' && at[1] == '/') at += 2;
        if (*at != '"') return false;
        const char *end = strchr(at + 1, '"');
        if (!end) return false;
        if ((size_t)(end - at + 1) == size && memcmp(at, etag, size) == 0) return true;
        at = end + 1;
    }
    return false;
}

static bool unchanged(const cf_request *rq, const char *etag, int64_t modified)
{
    const char *none = cf_request_header(rq, "If-None-Match"), *since = cf_request_header(rq, "If-Modified-Since");
    int64_t     seconds;
    if (none) return tag_listed(none, etag);
    return since && cf_http_date_parse(since, &seconds) && modified <= seconds;
}

static bool precondition_fails(const cf_request *rq, const char *etag, int64_t modified)
{
    const char *match = cf_request_header(rq, "If-Match"), *since = cf_request_header(rq, "If-Unmodified-Since");
    int64_t     seconds;
    if (match) return !tag_listed(match, etag);
    return since && cf_http_date_parse(since, &seconds) && modified > seconds;
}

/* ---- ranges --------------------------------------------------------------------------------- */

typedef enum range_answer { RANGE_NONE, RANGE_PART, RANGE_BAD } range_answer;

static bool range_number(const char *text, size_t size, uint64_t *out)
{
    int64_t number;
    if (size == 0 || size > 18 || text[0] < '0' || text[0] > '9' || !cf_parse_int(text, size, &number)) return false;
    *out = (uint64_t)number;
    return true;
}

/* One range; several, other units and nonsense are answered by the whole file, as RFC 9110 allows. */
static range_answer parse_range(const char *text, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (strncmp(text, "bytes=", 6) != 0 || strchr(text, ',')) return RANGE_NONE;
    text += 6;
    text += strspn(text, " \t");
    const char *dash = strchr(text, '-');
    if (!dash) return RANGE_NONE;
    size_t   tail = strlen(dash + 1);
    uint64_t number;
    while (tail && (dash[tail] == ' ' || dash[tail] == '\t')) tail--;
    if (dash == text) {
        if (!range_number(dash + 1, tail, &number)) return RANGE_NONE;
        if (number == 0 || size == 0) return RANGE_BAD;
        *first = number >= size ? 0 : size - number;
        *last = size - 1;
        return RANGE_PART;
    }
    if (!range_number(text, (size_t)(dash - text), first)) return RANGE_NONE;
    *last = size ? size - 1 : 0;
    if (tail) {
        if (!range_number(dash + 1, tail, &number) || number < *first) return RANGE_NONE;
        if (number < *last) *last = number;
    }
    return *first >= size ? RANGE_BAD : RANGE_PART;
}

static range_answer wanted_range(const cf_request *rq, const char *etag, int64_t modified, uint64_t size,
                                 uint64_t *first, uint64_t *last)
{
    const char *range = cf_request_header(rq, "Range"), *condition = cf_request_header(rq, "If-Range");
    int64_t     seconds;
    if (!range || rq->method != CF_GET) return RANGE_NONE;
    if (condition && *condition == '"' && strcmp(condition, etag) != 0) return RANGE_NONE;
    if (condition && *condition != '"' && (!cf_http_date_parse(condition, &seconds) || seconds != modified))
        return RANGE_NONE;
    return parse_range(range, size, first, last);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void close_file(void *argument)
{
    close((int)(intptr_t)argument);
}

static cf_response *headers(cf_response *r, const char *etag, int64_t modified)
{
    char date[CF_HTTP_DATE_SIZE];
    cf_http_date_format(modified, date);
    r = cf_set_header(r, "ETag", etag);
    r = cf_set_header(r, "Last-Modified", date);
    return cf_set_header(r, "Cache-Control", "no-cache");
}

cf_response *cf_file_answer(cf_request *rq, const char *name, const char *data, int fd, uint64_t size, const char *etag,
                            int64_t modified)
{
    uint64_t first = 0, last = 0;
    char     range[80];
    if (fd >= 0 && !cf_arena_on_free(rq->arena, close_file, (void *)(intptr_t)fd)) {
        close(fd);
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    if (precondition_fails(rq, etag, modified)) return cf_error_response(cf_exchange_of(rq), 412, NULL, NULL);
    if (unchanged(rq, etag, modified)) return headers(cf_response_new(rq, 304, NULL, "", 0), etag, modified);
    range_answer answer = wanted_range(rq, etag, modified, size, &first, &last);
    if (answer == RANGE_BAD) {
        cf_response *r = cf_error_response(cf_exchange_of(rq), 416, NULL, NULL);
        snprintf(range, sizeof range, "bytes */%llu", (unsigned long long)size);
        return cf_set_header(cf_set_header(r, "Content-Range", range), "Accept-Ranges", "bytes");
    }
    cf_response *r = cf_response_new(rq, 200, cf_content_type(name), data ? data : "", (size_t)size);
    r = cf_set_header(headers(r, etag, modified), "Accept-Ranges", "bytes");
    if (!r) return NULL;
    r->fd = fd;
    if (answer == RANGE_PART) {
        snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)first, (unsigned long long)last,
                 (unsigned long long)size);
        r->status = 206;
        r->size = last - first + 1;
        if (fd >= 0) {
            r->offset = first;
        } else {
            r->data += first;
        }
        return cf_set_header(r, "Content-Range", range);
    }
    return r;
}

/* ---- folders -------------------------------------------------------------------------------- */

/* Without openat2 (old kernels, some sandboxes): folder by folder, and no symbolic link at all. */
static int open_step_by_step(int folder, const char *name)
{
    char part[256];
    int  at = dup(folder);
    while (at >= 0) {
        size_t size = strcspn(name, "/");
        if (size == 0 || size >= sizeof part) break;
        memcpy(part, name, size);
        part[size] = '\0';
        if (strcmp(part, "..") == 0 || strcmp(part, ".") == 0) break;
        bool final = name[size] == '\0';
        int  next = openat(at, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (final ? 0 : O_DIRECTORY));
        close(at);
        at = next;
        if (final || at < 0) return at;
        name += size + 1;
    }
    if (at >= 0) close(at);
    return -1;
}

/* A file that is really below the folder: no "..", no link that leads out. */
static int open_below(int folder, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    if (*name == '\0' || *name == '/' || strstr(name, "//")) return -1;
    int fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL)) fd = open_step_by_step(folder, name);
    return fd;
}

/* Names that begin with a dot are configuration and version control, but for the agreed /.well-known (RFC 8615). */
static bool hidden_or_strange(const char *name)
{
    bool start = true;
    for (size_t i = 0; name[i]; i++) {
        if (start && name[i] == '.' && strncmp(name + i, ".well-known/", 12) != 0) return true;
        if (name[i] == '\\' || (unsigned char)name[i] < ' ') return true;
        start = name[i] == '/';
    }
    return false;
}

static cf_response *folder_file(cf_request *rq, int folder, const char *name)
{
    struct stat info;
    char        etag[80];
    if (hidden_or_strange(name)) return NULL;
    int fd = open_below(folder, name);
    if (fd < 0) return NULL;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return NULL;
    }
    snprintf(etag, sizeof etag, "\"%llx-%llx-%llx\"", (unsigned long long)info.st_mtim.tv_sec,
             (unsigned long long)info.st_mtim.tv_nsec, (unsigned long long)info.st_size);
    return cf_file_answer(rq, name, NULL, fd, (uint64_t)info.st_size, etag, info.st_mtim.tv_sec);
}

cf_response *cf_file_response(cf_request *rq, const char *folder, const char *name)
{
    int          fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cf_response *r = NULL;
    if (fd >= 0) {
        r = folder_file(rq, fd, name);
        close(fd);
    }
    if (r || rq->error->code) return r;
    return cf_not_found(rq);
}

/* ---- the static endpoint -------------------------------------------------------------------- */

bool cf_static_open(cf_web *web, cf_error *error)
{
    struct stat info;
    web->static_folder = -1;
    web->program_time = stat("/proc/self/exe", &info) == 0 ? info.st_mtim.tv_sec : cf_now().usec / 1000000;
    if (!web->settings.static_files) return true;
    web->static_folder = open(web->settings.static_files, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return web->static_folder >= 0 ||
           cf_fail(error, CF_ERR_IO, "the folder of static files '%s' cannot be opened", web->settings.static_files);
}

static cf_response *embedded_file(cf_request *rq, const char *name)
{
    const cf_program *program = rq->web->program;
    for (const void *const *at = program->files; at < program->files_end; at++) {
        const cf_file *file = *at;
        if (strcmp(file->folder, "static") != 0 || strcmp(file->name, name) != 0) continue;
        char *etag = cf_arena_printf(rq->arena, "\"%s\"", file->hash);
        if (!etag) return NULL;
        return cf_file_answer(rq, name, (const char *)file->data, -1, file->size, etag, rq->web->program_time);
    }
    return NULL;
}

cf_response *cf_static_handler(cf_request *rq)
{
    const char  *name = cf_route_text(rq, "filename");
    cf_response *r = NULL;
    if (rq->web->static_folder >= 0) r = folder_file(rq, rq->web->static_folder, name);
    if (!r && !rq->error->code) r = embedded_file(rq, name);
    if (!r && !rq->error->code) r = cf_not_found(rq);
    return r;
}
