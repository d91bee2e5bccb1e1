/* What the two sides by hand have in common: structs in one growing block, and nothing else. */
#ifndef CARAFE_BENCH_ORM_BY_HAND_H
#define CARAFE_BENCH_ORM_BY_HAND_H

#include "pool.h"
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

/* The works on one server, as main.c calls them. */
typedef struct server {
    bool (*load)(const char *url), (*get)(const char *url), (*related)(const char *url);
    bool (*update)(const char *url), (*delete)(const char *url), (*insert)(const char *url);
} server;

extern const server by_libpq, by_connector;

#endif
