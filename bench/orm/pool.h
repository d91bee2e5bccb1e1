/* What work by hand keeps its rows in: one growing block, and a struct of the child. */
#ifndef CARAFE_BENCH_ORM_POOL_H
#define CARAFE_BENCH_ORM_POOL_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct child {
    int64_t     id;
    const char *name;
    int64_t     parent_id;
} child;

typedef struct pool {
    char  *block;
    size_t used, size;
    void  *blocks[256];
    int    count;
} pool;

static inline void *take(pool *p, size_t size)
{
    size = (size + 15) / 16 * 16;
    if (p->size - p->used < size) {
        p->size = (size_t)1 << 20;
        p->used = 0;
        p->block = calloc(1, p->size);
        p->blocks[p->count++] = p->block;
    }
    p->used += size;
    return p->block + p->used - size;
}

static inline const char *take_text(pool *p, const char *text, size_t size)
{
    char *copy = take(p, size + 1);
    memcpy(copy, text, size);
    return copy;
}

static inline void release(pool *p)
{
    while (p->count) free(p->blocks[--p->count]);
    *p = (pool){0};
}

#endif
