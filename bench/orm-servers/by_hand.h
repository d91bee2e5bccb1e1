/* What the two sides by hand have in common: structs in one growing block, and nothing else. */
#ifndef CARAFE_BENCH_ORM_BY_HAND_H
#define CARAFE_BENCH_ORM_BY_HAND_H

#include "work.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 1000 /* rows that are sent before their answers are read */

#define ITEMS "SELECT id, name, email, size, score, created_at FROM item "

typedef struct item {
    int64_t     id;
    const char *name, *email;
    int64_t     size;
    double      score;
    int64_t     created_at;
} item;

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

/* The works on one server, as main.c calls them. */
typedef struct server {
    bool (*load)(const char *url), (*get)(const char *url), (*related)(const char *url);
    bool (*update)(const char *url), (*delete)(const char *url), (*insert)(const char *url);
} server;

extern const server by_libpq, by_connector;

#endif
