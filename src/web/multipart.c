#include "web/multipart.h"

#include "base/text.h"
#include "web/coding.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEADER_LIMIT = 8192, BOUNDARY_LIMIT = 200 };

typedef enum multipart_state { PREAMBLE, AFTER_BOUNDARY, HEADERS, FIELD, FILE_PART, EPILOGUE } multipart_state;

typedef struct upload_list {
    cf_upload           upload;
    struct upload_list *next;
} upload_list;

struct cf_multipart {
    cf_arena           *arena;
    cf_multipart_limits limits;
    multipart_state     state;
    char                delimiter[BOUNDARY_LIMIT + 8]; /* "\r\n--boundary" */
    size_t              delimiter_size;
    cf_buffer           pending; /* what cannot be decided yet */
    cf_buffer           value;   /* of the part at hand, as far as it is in memory */
    size_t              parts, memory;
    const char         *name, *filename, *content_type;
    char               *path;
    int                 fd;
    uint64_t            size; /* of the file at hand */
    cf_param_list       form;
    upload_list        *uploads, *last;
    size_t              upload_count;
};

static void multipart_free(void *argument)
{
    cf_multipart *p = argument;
    cf_buffer_free(&p->pending);
    cf_buffer_free(&p->value);
    if (p->fd >= 0) close(p->fd);
    if (p->path) unlink(p->path);
    for (upload_list *u = p->uploads; u; u = u->next)
        if (u->upload.path) unlink(u->upload.path);
}

cf_multipart *cf_multipart_new(cf_arena *arena, const char *content_type, const cf_multipart_limits *limits,
                               int *status)
{
    cf_multipart *p = cf_arena_alloc(arena, sizeof *p);
    *status = 500;
    if (!p) return NULL;
    p->fd = -1;
    p->arena = arena;
    p->limits = *limits;
    if (!cf_arena_on_free(arena, multipart_free, p)) return NULL;
    char *boundary = cf_header_parameter(arena, content_type, strlen(content_type), "boundary");
    if (cf_arena_failed(arena)) return NULL;
    *status = 400;
    size_t size = boundary ? strlen(boundary) : 0;
    if (size == 0 || size > BOUNDARY_LIMIT) return NULL;
    p->delimiter_size = size + 4;
    memcpy(p->delimiter, "\r\n--", 4);
    memcpy(p->delimiter + 4, boundary, size);
    p->state = PREAMBLE;
    cf_buffer_add(&p->pending, "\r\n", 2); /* so that a boundary at the very start is found */
    *status = p->pending.failed ? 500 : 0;
    return p->pending.failed ? NULL : p;
}

static const char *find(const char *data, size_t size, const char *what, size_t length)
{
    return data ? memmem(data, size, what, length) : NULL;
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* The name without folders, whichever system the client runs. */
static const char *base_name(const char *filename)
{
    const char *base = filename;
    for (const char *c = filename; *c; c++)
        if (*c == '/' || *c == '\\') base = c + 1;
    return base;
}

static int part_disposition(cf_multipart *p, const char *value, size_t size)
{
    size_t length;
    char  *name = cf_header_parameter(p->arena, value, size, "name");
    char  *filename = cf_header_parameter(p->arena, value, size, "filename");
    if (cf_arena_failed(p->arena)) return 500;
    if (!name) return 400;
    p->name = cf_utf8_repair(p->arena, name, strlen(name), &length);
    if (filename &&
        !(p->filename = cf_utf8_repair(p->arena, base_name(filename), strlen(base_name(filename)), &length)))
        return 500;
    return p->name ? 0 : 500;
}

static int part_header(cf_multipart *p, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    if (!colon || colon == line || memchr(line, '\0', size)) return 400;
    size_t      name_size = (size_t)(colon - line), value_size = size - name_size - 1;
    const char *value = colon + 1;
    while (value_size && (*value == ' ' || *value == '\t')) {
        value++;
        value_size--;
    }
    if (cf_equal_nocase(line, name_size, "content-disposition", 19)) {
        if (p->name) return 400;
        return part_disposition(p, value, value_size);
    }
    if (cf_equal_nocase(line, name_size, "content-type", 12)) {
        size_t length;
        p->content_type = cf_utf8_repair(p->arena, value, value_size, &length);
        if (!p->content_type) return 500;
    }
    return 0;
}

/* The header lines, without the empty one; begins a field or a file. */
static int part_headers(cf_multipart *p, const char *text, size_t size)
{
    p->name = p->filename = p->content_type = NULL;
    p->size = 0;
    cf_buffer_clear(&p->value);
    for (size_t at = 0; at < size;) {
        const char *end = find(text + at, size - at, "\r\n", 2);
        size_t      line = end ? (size_t)(end - text) - at : size - at;
        int         status = part_header(p, text + at, line);
        if (status) return status;
        at += line + 2;
    }
    if (!p->name) return 400;
    if (++p->parts > p->limits.fields) return 413;
    p->memory += strlen(p->name) + (p->filename ? strlen(p->filename) : 0);
    p->state = p->filename ? FILE_PART : FIELD;
    return p->memory > p->limits.memory ? 413 : 0;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n <= 0) return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static int spill(cf_multipart *p)
{
    char *path = cf_arena_printf(p->arena, "%s/carafe-upload-XXXXXX", p->limits.folder);
    if (!path) return 500;
    p->fd = mkostemp(path, O_CLOEXEC);
    if (p->fd < 0) return 500;
    p->path = path;
    bool written = p->value.size == 0 || write_all(p->fd, p->value.data, p->value.size);
    cf_buffer_clear(&p->value);
    return written ? 0 : 500;
}

static int part_data(cf_multipart *p, const char *data, size_t size)
{
    if (size == 0) return 0;
    if (p->state == FIELD) {
        p->memory += size;
        if (p->memory > p->limits.memory) return 413;
        cf_buffer_add(&p->value, data, size);
        return p->value.failed ? 500 : 0;
    }
    if (p->state != FILE_PART) return 0;
    p->size += size;
    if (p->fd < 0 && p->size > p->limits.file_memory) {
        int status = spill(p);
        if (status) return status;
    }
    if (p->fd >= 0) return write_all(p->fd, data, size) ? 0 : 500;
    cf_buffer_add(&p->value, data, size);
    return p->value.failed ? 500 : 0;
}

static int end_file(cf_multipart *p)
{
    upload_list *entry = cf_arena_alloc(p->arena, sizeof *entry);
    if (!entry) return 500;
    cf_upload *u = &entry->upload;
    u->field = p->name;
    u->filename = p->filename;
    u->content_type = p->content_type ? p->content_type : "";
    u->size = p->size;
    if (p->fd >= 0) {
        close(p->fd);
        p->fd = -1;
        u->path = p->path;
    } else {
        u->data = cf_arena_text(p->arena, p->value.size ? p->value.data : "", p->value.size);
        if (!u->data) return 500;
    }
    p->path = NULL;
    if (p->last) {
        p->last->next = entry;
    } else {
        p->uploads = entry;
    }
    p->last = entry;
    p->upload_count++;
    return 0;
}

static int end_part(cf_multipart *p)
{
    if (p->state == FILE_PART) return end_file(p);
    if (p->state != FIELD) return 0;
    size_t size;
    char  *value = cf_utf8_repair(p->arena, p->value.size ? p->value.data : "", p->value.size, &size);
    return value && cf_param_add(p->arena, &p->form, p->name, value, size) ? 0 : 500;
}

/* ---- the machine ---------------------------------------------------------------------------- */

/* Take what can be decided of pending; *used: how much of it. Returns a status, or -1 when more is needed. */
static int step(cf_multipart *p, const char *data, size_t size, size_t *used)
{
    const char *found;
    size_t      n;
    int         status;
    *used = 0;
    switch (p->state) {
    case PREAMBLE:
    case FIELD:
    case FILE_PART:
        found = find(data, size, p->delimiter, p->delimiter_size);
        n = found ? (size_t)(found - data) : size < p->delimiter_size ? 0 : size - p->delimiter_size + 1;
        if ((status = part_data(p, data, n)) != 0) return status;
        *used = n;
        if (!found) return -1;
        if ((status = end_part(p)) != 0) return status;
        *used = n + p->delimiter_size;
        p->state = AFTER_BOUNDARY;
        return 0;
    case AFTER_BOUNDARY:
        for (n = 0; n < size && (data[n] == ' ' || data[n] == '\t'); n++)
            if (n > 64) return 400;
        if (size - n < 2) return -1;
        *used = n + 2;
        if (data[n] == '-' && data[n + 1] == '-' && n == 0) {
            p->state = EPILOGUE;
        } else if (data[n] == '\r' && data[n + 1] == '\n') {
            p->state = HEADERS;
        } else {
            return 400;
        }
        return 0;
    case HEADERS:
        found = find(data, size, "\r\n\r\n", 4);
        if (!found) return size > HEADER_LIMIT ? 413 : -1;
        n = (size_t)(found - data);
        if (n > HEADER_LIMIT) return 413;
        *used = n + 4;
        return part_headers(p, data, n);
    case EPILOGUE:
    default: *used = size; return -1;
    }
}

int cf_multipart_feed(cf_multipart *p, const char *data, size_t size)
{
    cf_buffer_add(&p->pending, data, size);
    if (p->pending.failed) return 500;
    size_t at = 0, used;
    int    status;
    do {
        status = step(p, p->pending.data + at, p->pending.size - at, &used);
        at += used;
    } while (status == 0);
    if (status > 0) return status;
    p->pending.size -= at;
    memmove(p->pending.data, p->pending.data + at, p->pending.size);
    return 0;
}

int cf_multipart_finish(cf_multipart *p, cf_param_list *form, cf_uploads *files)
{
    if (p->state != EPILOGUE) return 400;
    const cf_upload **items = cf_arena_array(p->arena, p->upload_count + 1, sizeof *items);
    if (!items) return 500;
    for (upload_list *u = p->uploads; u; u = u->next) items[files->count++] = &u->upload;
    files->items = items;
    *form = p->form;
    return 0;
}
