/* By hand: prepared statements, rows copied into structs of one growing block, nothing else. */
#include "pool.h"
#include "work.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct item {
    int64_t     id;
    const char *name, *email;
    int64_t     size;
    double      score;
    const char *created_at;
} item;

static const char *text(pool *p, sqlite3_stmt *s, int column)
{
    const char *from = (const char *)sqlite3_column_text(s, column);
    return take_text(p, from, (size_t)sqlite3_column_bytes(s, column));
}

static sqlite3 *open_file(const char *file)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(file, &db) != SQLITE_OK) return NULL;
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    return s;
}

#define COLUMNS "SELECT id, name, email, size, score, created_at FROM item "

static item *read_item(pool *p, sqlite3_stmt *s)
{
    item *i = take(p, sizeof *i);
    i->id = sqlite3_column_int64(s, 0);
    i->name = text(p, s, 1);
    i->email = text(p, s, 2);
    i->size = sqlite3_column_int64(s, 3);
    i->score = sqlite3_column_double(s, 4);
    i->created_at = text(p, s, 5);
    return i;
}

bool limit_load(const char *file)
{
    sqlite3      *db = open_file(file);
    sqlite3_stmt *s = prepare(db, COLUMNS "ORDER BY id");
    pool          p = {0};
    item        **list = malloc(ROWS * sizeof *list);
    int           n = 0;
    int64_t       sum = 0;
    while (n < ROWS && sqlite3_step(s) == SQLITE_ROW) list[n++] = read_item(&p, s);
    for (int i = 0; i < n; i++) sum += list[i]->size + (int64_t)strlen(list[i]->name);
    sqlite3_finalize(s);
    sqlite3_close(db);
    free(list);
    release(&p);
    return sum > ROWS;
}

bool limit_insert(const char *file)
{
    sqlite3 *db = open_file(file);
    char     name[64], email[64];
    bool     ok = true;
    sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM item", NULL, NULL, NULL);
    sqlite3_stmt *s = prepare(db, "INSERT INTO item (name, email, size, score, created_at) VALUES (?, ?, ?, ?, ?)");
    for (int i = 1; ok && i <= ROWS; i++) {
        snprintf(name, sizeof name, "Item number %d", i);
        snprintf(email, sizeof email, "item%d@example.com", i);
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 2, email, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 3, i);
        sqlite3_bind_double(s, 4, i * 0.5);
        sqlite3_bind_text(s, 5, "2026-01-01 00:00:00.000000", -1, SQLITE_STATIC);
        ok = sqlite3_step(s) == SQLITE_DONE;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    return ok;
}

bool limit_update(const char *file)
{
    sqlite3      *db = open_file(file);
    sqlite3_stmt *s = prepare(db, COLUMNS "ORDER BY id");
    pool          p = {0};
    item        **list = malloc(ROWS * sizeof *list);
    int           n = 0;
    bool          ok = true;
    while (n < ROWS && sqlite3_step(s) == SQLITE_ROW) list[n++] = read_item(&p, s);
    sqlite3_finalize(s);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    s = prepare(db, "UPDATE item SET size = ? WHERE id = ?");
    for (int i = 0; ok && i < n; i++) {
        sqlite3_bind_int64(s, 1, list[i]->size + 1);
        sqlite3_bind_int64(s, 2, list[i]->id);
        ok = sqlite3_step(s) == SQLITE_DONE;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    free(list);
    release(&p);
    return ok && n == ROWS;
}

static bool one_by_one(const char *file, const char *sql, bool by_email)
{
    sqlite3      *db = open_file(file);
    sqlite3_stmt *s = prepare(db, sql);
    pool          p = {0};
    int64_t       sum = 0;
    char          email[64];
    for (int i = 1; i <= ROWS; i++) {
        if (by_email) {
            snprintf(email, sizeof email, "item%ld@example.com", i * 7919L % ROWS + 1);
            sqlite3_bind_text(s, 1, email, -1, SQLITE_STATIC);
        } else {
            sqlite3_bind_int64(s, 1, i * 7919L % ROWS + 1);
        }
        if (sqlite3_step(s) == SQLITE_ROW) sum += read_item(&p, s)->size;
        sqlite3_reset(s);
        if (i % 100 == 0) release(&p);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    release(&p);
    return sum > ROWS;
}

bool limit_get(const char *file)
{
    return one_by_one(file, COLUMNS "WHERE id = ?", false);
}

bool limit_find(const char *file)
{
    return one_by_one(file, COLUMNS "WHERE email = ?", true);
}

bool limit_related(const char *file)
{
    sqlite3      *db = open_file(file);
    pool          p = {0};
    int64_t       sum = 0;
    int           n = 0;
    sqlite3_stmt *s = prepare(db, "SELECT id, name FROM parent ORDER BY id");
    int64_t     **parents = malloc(PARENTS * sizeof *parents);
    child       **children = calloc((size_t)(PARENTS + 1) * CHILDREN, sizeof *children);
    int          *counts = calloc(PARENTS + 1, sizeof *counts);
    while (n < PARENTS && sqlite3_step(s) == SQLITE_ROW) {
        parents[n] = take(&p, 2 * sizeof(int64_t));
        parents[n][0] = sqlite3_column_int64(s, 0);
        text(&p, s, 1);
        n++;
    }
    sqlite3_finalize(s);
    s = prepare(db, "SELECT id, name, parent_id FROM child ORDER BY id");
    while (sqlite3_step(s) == SQLITE_ROW) {
        child *c = take(&p, sizeof *c);
        c->id = sqlite3_column_int64(s, 0);
        c->name = text(&p, s, 1);
        c->parent_id = sqlite3_column_int64(s, 2);
        if (c->parent_id <= PARENTS) children[c->parent_id * CHILDREN + counts[c->parent_id]++] = c;
    }
    sqlite3_finalize(s);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < counts[parents[i][0]]; k++) sum += children[parents[i][0] * CHILDREN + k]->parent_id;
    sqlite3_close(db);
    free(parents);
    free(children);
    free(counts);
    release(&p);
    return sum > PARENTS;
}
