/* The tables of the random programs, and the same in memory. */
#ifndef CARAFE_TESTS_ORM_PROPERTY_H
#define CARAFE_TESTS_ORM_PROPERTY_H

#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>

typedef struct Node {
    int64_t       id;
    const char   *code;
    cf_null_int64 place, parent_id;
    int32_t       height;
} Node;

CF_MODEL(Node,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(code,      .length = 30, .unique = true),
    CF_COLUMN(place,     .unique = true),
    CF_COLUMN(parent_id, .references = "node.id"),
    CF_COLUMN(height));

typedef struct Owner {
    int64_t       id;
    const char   *email;
    cf_null_int64 main_item_id;
} Owner;

CF_MODEL(Owner,
    CF_COLUMN(id,           .primary_key = true),
    CF_COLUMN(email,        .length = 30, .unique = true),
    CF_COLUMN(main_item_id, .references = "item.id"));

typedef struct Item {
    int64_t       id;
    int64_t       owner_id;
    const char   *name;
    cf_null_int64 reviewer_id;
} Item;

CF_MODEL(Item,
    CF_COLUMN(id,          .primary_key = true),
    CF_COLUMN(owner_id,    .references = "owner.id"),
    CF_COLUMN(name,        .length = 30),
    CF_COLUMN(reviewer_id, .references = "owner.id"),
    CF_UNIQUE(owner_id, name));

typedef struct Part {
    int64_t id;
    int64_t item_id;
    int32_t number;
} Part;

CF_MODEL(Part,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(item_id, .references = "item.id"),
    CF_COLUMN(number));

typedef struct Profile {
    int64_t       id;
    cf_null_int64 owner_id;
    int32_t       color;
} Profile;

CF_MODEL(Profile,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(owner_id, .references = "owner.id", .unique = true),
    CF_COLUMN(color));

typedef struct Tag {
    const char *code;
    int32_t     weight;
} Tag;

CF_MODEL(Tag, CF_COLUMN(code, .primary_key = true, .length = 30), CF_COLUMN(weight));

typedef struct OwnerTag {
    int64_t     owner_id;
    const char *tag_code;
} OwnerTag;

CF_MODEL(OwnerTag,
    CF_COLUMN(owner_id, .primary_key = true, .references = "owner.id"),
    CF_COLUMN(tag_code, .primary_key = true, .length = 30, .references = "tag.code"));

typedef struct Paper {
    int64_t     id;
    const char *title;
    const char *tag_code;
    int32_t     revision;
} Paper;

CF_MODEL(Paper,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(title,    .length = 30, .unique = true),
    CF_COLUMN(tag_code, .length = 30, .nullable = true, .references = "tag.code"),
    CF_COLUMN(revision, .version = true));

CF_ONE_TO_MANY(Node, children, Node, parent);
CF_ONE_TO_MANY(Owner, items, Item, owner, .key = "owner_id");
CF_ONE_TO_MANY(Item, parts, Part, item, .on_delete = CF_CASCADE);
CF_ONE_TO_ONE(Owner, profile, Profile, owner);
CF_MANY_TO_MANY(Owner, tags, Tag, owners, OwnerTag);

/* ---- the model in memory ------------------------------------------------------------------------- */

#define MOST 9    /* rows of a table */
#define VALUES 12 /* different unique values */
#define NONE (-1)

/* A row: whether it is there, the values that it has, and the rows that it refers to, by their places here. */
typedef struct row {
    bool  alive;
    int   value;  /* code, email, name, title, number, color */
    int   second; /* place of a node, or NONE; weight of a tag */
    int   to;     /* parent, owner, item, tag, or NONE */
    int   other;  /* main item, reviewer, or NONE */
    void *object;
} row;

enum { NODE, OWNER, ITEM, PART, PROFILE, TAG, PAPER, TABLES };

typedef struct world {
    row  rows[TABLES][MOST];
    bool tagged[MOST][MOST]; /* owners by tags */
} world;

typedef struct program {
    fixture *f;
    cf_db   *db;
    world    now, committed, saved; /* saved: at the savepoint */
    int      savepoint;             /* or 0 */
    uint64_t random;
    unsigned number;
    char     log[16000];
    size_t   logged;
} program;

static int draw(program *p, int below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (int)((p->random >> 16) % (uint64_t)below);
}

static void note(program *p, const char *format, ...) CF_PRINTF(2, 3);
static void note(program *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof p->log - p->logged;
    int    n = vsnprintf(p->log + p->logged, room, format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < room) p->logged += (size_t)n;
}

static void give_up(program *p, const char *what)
{
    fprintf(stderr, "program %u: %s: %s\n%s\n", p->number, what, cf_error(p->db)->message, p->log);
    fail();
}

#define MUST(condition, what) \
    if (!(condition)) give_up(p, what)

static const char *word(program *p, const char *prefix, int value)
{
    return cf_arena_printf(cf_session_arena(p->db), "%s%d", prefix, value);
}

/* A place that is taken, or one that is free; NONE when there is none. */
static int some(program *p, int table, bool alive)
{
    int start = draw(p, MOST);
    for (int i = 0; i < MOST; i++)
        if (p->now.rows[table][(start + i) % MOST].alive == alive) return (start + i) % MOST;
    return NONE;
}

/* A value that no row of the table has. */
static int free_value(program *p, int table, bool second)
{
    int start = draw(p, VALUES);
    for (int i = 0; i < VALUES; i++) {
        int  value = (start + i) % VALUES;
        bool used = false;
        for (int k = 0; k < MOST; k++) {
            const row *r = &p->now.rows[table][k];
            used |= r->alive && (second ? r->second : r->value) == value;
        }
        if (!used) return value;
    }
    return NONE;
}

static bool name_free(const program *p, int owner, int name, int but)
{
    for (int i = 0; i < MOST; i++) {
        const row *r = &p->now.rows[ITEM][i];
        if (r->alive && i != but && r->to == owner && r->value == name) return false;
    }
    return true;
}

#define ROW(table, i) (&p->now.rows[table][i])
#define OBJECT(T, table, i) ((T *)p->now.rows[table][i].object)
#define SOME(x) ((cf_null_int64){.value = (x), .set = true})

#endif
