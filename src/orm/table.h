/*
 * A schema as data: what models ask for, what a database has, what a migration remembers.
 *
 * Trees come from mappers (tree.c), from a live database (reflect.h) or are made by hand. cf_schema_realise()
 * adds what one dialect makes of them: types as the server spells them, checks in place of what it lacks.
 * Realised trees become statements (ddl.h) and are compared with reflected ones (compare.h).
 */
#ifndef CARAFE_ORM_TABLE_H
#define CARAFE_ORM_TABLE_H

#include <carafe/arena.h>
#include <carafe/model.h>

#include "sql/dialect.h"

typedef struct cf_table_column {
    const char  *name;
    int          type;             /* a cf_type, never CF_TYPE_CHARS; CF_TYPE_NONE: `native` says all that is known */
    int32_t      length;           /* texts: characters; bytes: bytes; 0: no limit */
    int32_t      precision, scale; /* decimals; 0: not said */
    bool         timezone, binary; /* moments; JSON */
    bool         nullable;
    bool         encrypted;
    const char  *initial;  /* SQL expression of DEFAULT, or NULL */
    const char  *computed; /* SQL expression of a generated column, or NULL */
    bool         stored;
    bool         generated; /* an integer key that the database makes */
    bool         autoincrement;
    int64_t      start, step;         /* of generated keys; 0: not said */
    const char  *collation, *comment; /* or NULL */
    const char **names;               /* of an enumeration, NULL-terminated, or NULL */
    const char  *native;              /* the type as the server spells it; NULL until realised */
} cf_table_column;

/* A column or an expression of an index. */
typedef struct cf_index_part {
    const char *text;
    bool        expression, descending;
} cf_index_part;

typedef struct cf_table_index {
    const char    *name;
    cf_index_part *parts;
    size_t         count;
    bool           unique;
    const char    *where; /* or NULL */
    bool           added; /* for a foreign key, not asked for by the program */
} cf_table_index;

typedef struct cf_table_key { /* a primary key or a unique constraint */
    const char  *name;        /* or NULL */
    const char **columns;
    size_t       count;
    bool         deferrable;
} cf_table_key;

typedef struct cf_table_check {
    const char *name; /* or NULL */
    const char *sql;
    bool        added; /* by cf_schema_realise() */
} cf_table_check;

typedef struct cf_table_reference { /* a foreign key */
    const char  *name;              /* or NULL */
    const char **columns;
    const char  *table;
    const char **targets;
    size_t       count;
    cf_action    on_delete, on_update;
    bool         deferrable;
} cf_table_reference;

typedef struct cf_table {
    const char         *name;
    const char         *comment; /* or NULL */
    cf_table_column    *columns;
    size_t              column_count;
    cf_table_key        key; /* of no columns: there is none */
    cf_table_key       *uniques;
    size_t              unique_count;
    cf_table_check     *checks;
    size_t              check_count;
    cf_table_reference *references;
    size_t              reference_count;
    cf_table_index     *indexes;
    size_t              index_count;
    bool                without_rowid, strict; /* SQLite */
} cf_table;

typedef struct cf_schema {
    cf_table *tables; /* those referred to come first, but for cycles */
    size_t    count;
} cf_schema;

/* NULL when there is none. */
cf_table        *cf_schema_table(const cf_schema *schema, const char *name);
cf_table_column *cf_table_find(const cf_table *table, const char *column);

struct cf_registry;
/* The tables of all models of one bind (NULL: of the default one). In the arena; NULL when out of memory. */
cf_schema *cf_schema_of_models(const struct cf_registry *registry, const char *bind, cf_arena *arena);

/* Fill in what the dialect makes of the tree; refuse, by name, what the server cannot do. Once per tree. */
bool cf_schema_realise(cf_schema *schema, const cf_dialect *dialect, cf_arena *arena, cf_error *error);

/* The SQL words of an action, such as "SET NULL"; "NO ACTION" for the default. And back; CF_NO_ACTION for others. */
const char *cf_action_words(cf_action action);
cf_action   cf_action_find(const char *words);

/* Does the table refer to one that comes later, so that the key must be added afterwards? */
bool cf_reference_late(const cf_schema *schema, const cf_table *table, const cf_table_reference *reference);

#endif
