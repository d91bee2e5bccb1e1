#include "work.h"

#include <carafe/relation.h>

#include <stdio.h>
#include <string.h>

typedef struct Item {
    int64_t     id;
    const char *name;
    const char *email;
    int64_t     size;
    double      score;
    cf_datetime created_at;
} Item;

CF_MODEL(Item,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(name,  .length = 100),
    CF_COLUMN(email, .length = 120, .unique = true),
    CF_COLUMN(size),
    CF_COLUMN(score),
    CF_COLUMN(created_at, .default_now = true));

typedef struct Parent {
    int64_t     id;
    const char *name;
} Parent;

CF_MODEL(Parent, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100));

typedef struct Child {
    int64_t     id;
    const char *name;
    int64_t     parent_id;
} Child;

CF_MODEL(Child,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(name,      .length = 100),
    CF_COLUMN(parent_id, .references = "parent.id", .index = true));

CF_ONE_TO_MANY(Parent, children, Child, parent);

typedef struct place {
    cf_database *database;
    cf_db       *db;
} place;

static bool open_place(place *p, const char *file)
{
    char url[600];
    if (strstr(file, "://")) snprintf(url, sizeof url, "%s", file);
    else snprintf(url, sizeof url, "sqlite:////%s", file[0] == '/' ? file + 1 : file);
    p->database = cf_open(url);
    p->db = cf_session(p->database);
    return p->db != NULL;
}

static bool close_place(place *p, bool ok)
{
    if (!ok) fprintf(stderr, "%s\n", cf_error(p->db)->message);
    cf_close(p->db);
    cf_shutdown(p->database);
    return ok;
}

/* `keyed`: with keys from 1 on; else the database makes them. */
static void add_items(cf_db *db, bool keyed)
{
    char name[64], email[64];
    for (int i = 1; i <= ROWS; i++) {
        snprintf(name, sizeof name, "Item number %d", i);
        snprintf(email, sizeof email, "item%d@example.com", i);
        cf_add(db, Item, .id = keyed ? i : 0, .name = name, .email = email, .size = i, .score = i * 0.5);
    }
}

bool carafe_prepare(const char *file)
{
    place p;
    if (!open_place(&p, file) || !cf_drop_all(p.db) || !cf_create_all(p.db)) return close_place(&p, false);
    add_items(p.db, true);
    for (int i = 1; i <= PARENTS; i++) {
        Parent *parent = cf_add(p.db, Parent, .name = "parent");
        for (int k = 0; k < CHILDREN; k++) cf_append(Parent_children(parent), cf_add(p.db, Child, .name = "child"));
    }
    return close_place(&p, cf_commit(p.db));
}

bool carafe_insert(const char *file)
{
    place p;
    if (!open_place(&p, file)) return false;
    cf_delete_where(p.db, Item, "all");
    add_items(p.db, false);
    return close_place(&p, cf_commit(p.db));
}

bool carafe_load(const char *file)
{
    place   p;
    int64_t sum = 0;
    if (!open_place(&p, file)) return false;
    cf_each(Item, item, cf_all(p.db, Item, "order by id")) sum += item->size + (int64_t)strlen(item->name);
    return close_place(&p, sum > ROWS);
}

bool carafe_update(const char *file)
{
    place p;
    if (!open_place(&p, file)) return false;
    cf_each(Item, item, cf_all(p.db, Item, "order by id")) item->size++;
    return close_place(&p, cf_commit(p.db));
}

/* Undone at the end, for the next run. */
bool carafe_delete(const char *file)
{
    place p;
    if (!open_place(&p, file)) return false;
    cf_each(Item, item, cf_all(p.db, Item, "order by id")) cf_delete(p.db, item);
    bool ok = cf_flush(p.db);
    return close_place(&p, ok && cf_rollback(p.db));
}

/* A session for every hundred, as requests have: each key is new to it. */
bool carafe_get(const char *file)
{
    place   p;
    int64_t sum = 0;
    if (!open_place(&p, file)) return false;
    for (int i = 1; i <= ROWS; i++) {
        Item *item = cf_get(p.db, Item, i * 7919L % ROWS + 1);
        if (item) sum += item->size;
        if (i % 100 == 0) {
            cf_close(p.db);
            p.db = cf_session(p.database);
        }
    }
    return close_place(&p, sum > ROWS);
}

bool carafe_find(const char *file)
{
    place   p;
    int64_t sum = 0;
    char    email[64];
    if (!open_place(&p, file)) return false;
    for (int i = 1; i <= ROWS; i++) {
        snprintf(email, sizeof email, "item%ld@example.com", i * 7919L % ROWS + 1);
        Item *item = cf_find(p.db, Item, "email = ?", email);
        if (item) sum += item->size;
        if (i % 100 == 0) {
            cf_close(p.db);
            p.db = cf_session(p.database);
        }
    }
    return close_place(&p, sum > ROWS);
}

bool carafe_related(const char *file)
{
    place   p;
    int64_t sum = 0;
    if (!open_place(&p, file)) return false;
    cf_each(Parent, parent, cf_all(p.db, Parent, "order by id"))
        cf_each(Child, child, Parent_children(parent)) sum += child->parent_id;
    return close_place(&p, sum > PARENTS);
}
