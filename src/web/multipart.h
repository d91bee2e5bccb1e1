/* multipart/form-data (RFC 7578), fed piece by piece; nothing depends on how it is cut. */
#ifndef CARAFE_WEB_MULTIPART_H
#define CARAFE_WEB_MULTIPART_H

#include "web/params.h"

typedef struct cf_multipart cf_multipart;

typedef struct cf_multipart_limits {
    size_t      fields;      /* fields and files */
    size_t      memory;      /* bytes of all fields */
    size_t      file_memory; /* bytes of a file before it goes to disk */
    const char *folder;      /* for files on disk */
} cf_multipart_limits;

/**
 * A parser in the arena; the files it makes are removed with the arena.
 * @return NULL when the boundary is missing or malformed (status 400) or when out of memory (500)
 */
cf_multipart *cf_multipart_new(cf_arena *arena, const char *content_type, const cf_multipart_limits *limits,
                               int *status);
/** Feed bytes. An HTTP status: 0 all right, 400 malformed, 413 past a limit, 500 out of memory or disk. */
int cf_multipart_feed(cf_multipart *parser, const char *data, size_t size);
/** The end of the body: 0, or 400 when the last boundary has not been seen, or 500. */
int cf_multipart_finish(cf_multipart *parser, cf_param_list *form, cf_uploads *files);

#endif
