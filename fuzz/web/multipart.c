/* Multipart bodies: the first two bytes say how the rest is cut; the outcome must not depend on it. */
#include "web/multipart.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    int           status;
    cf_param_list form;
    cf_uploads    files;
} outcome;

static outcome parse(cf_arena *arena, const char *data, size_t size, size_t piece)
{
    static const cf_multipart_limits limits = {20, 4096, 64, "/dev/shm"};
    outcome                          o = {0};
    cf_multipart                    *p = cf_multipart_new(arena, "multipart/form-data; boundary=b", &limits, &o.status);
    if (!p) abort();
    for (size_t at = 0; at < size && !o.status; at += piece)
        o.status = cf_multipart_feed(p, data + at, size - at < piece ? size - at : piece);
    if (!o.status) o.status = cf_multipart_finish(p, &o.form, &o.files);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    size_t    piece = data[0] % 32u + 1;
    cf_arena *a = cf_arena_new(NULL, 0), *b = cf_arena_new(NULL, 0);
    outcome   whole = parse(a, (const char *)data + 1, size - 1, size);
    outcome   cut = parse(b, (const char *)data + 1, size - 1, piece);
    /* Past a limit the order of discovery may differ; what is accepted may not. */
    if ((whole.status == 0) != (cut.status == 0)) abort();
    if (whole.status == 0) {
        if (whole.form.params.count != cut.form.params.count || whole.files.count != cut.files.count) abort();
        for (size_t i = 0; i < whole.form.params.count; i++) {
            const cf_param *x = &whole.form.items[i], *y = &cut.form.items[i];
            if (strcmp(x->name, y->name) != 0 || x->size != y->size || memcmp(x->value, y->value, x->size) != 0)
                abort();
        }
        for (size_t i = 0; i < whole.files.count; i++)
            if (whole.files.items[i]->size != cut.files.items[i]->size) abort();
    }
    cf_arena_free(a);
    cf_arena_free(b);
    return 0;
}
