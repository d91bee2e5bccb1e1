/* What each kind of database server can do, by version: one table drives what is emitted and what is refused. */
#ifndef CARAFE_SQL_DIALECT_H
#define CARAFE_SQL_DIALECT_H

#include <carafe/buffer.h>
#include <carafe/error.h>

typedef enum cf_dialect_id { CF_SQLITE = 0, CF_POSTGRESQL = 1, CF_MARIADB = 2 } cf_dialect_id;

typedef enum cf_placeholder { CF_PLACEHOLDER_QUESTION, CF_PLACEHOLDER_DOLLAR } cf_placeholder;

typedef enum cf_upsert {
    CF_UPSERT_ON_CONFLICT,     /* insert ... on conflict (columns) do update set x = excluded.x | do nothing */
    CF_UPSERT_ON_DUPLICATE_KEY /* insert ... on duplicate key update x = values(x) */
} cf_upsert;

#define CF_ALWAYS 0
#define CF_NEVER INT32_MAX

/*
 * X(field, words for messages, first version of SQLite, PostgreSQL, MariaDB, MySQL that can).
 * Versions are major * 10000 + minor * 100 + patch: 33500, 150020 is 15.20 as libpq counts, 101119.
 */
#define CF_CAPABILITIES(X)                                                                                         \
    X(returning_insert, "insert ... returning", 33500, CF_ALWAYS, 100500, CF_NEVER)                                \
    X(returning_update, "update ... returning", 33500, CF_ALWAYS, CF_NEVER, CF_NEVER)                              \
    X(returning_delete, "delete ... returning", 33500, CF_ALWAYS, 100005, CF_NEVER)                                \
    X(upsert, "insert ... on conflict or on duplicate key", 32400, 90500, CF_ALWAYS, CF_ALWAYS)                    \
    X(upsert_where, "a condition on the update of an upsert", 32400, 90500, CF_NEVER, CF_NEVER)                    \
    X(insert_default_values, "insert ... default values", CF_ALWAYS, CF_ALWAYS, CF_NEVER, CF_NEVER)                \
    X(insert_default_word, "the word default among inserted values", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)    \
    X(strict_tables, "strict tables", 33700, CF_NEVER, CF_NEVER, CF_NEVER)                                         \
    X(without_rowid, "without rowid", 30802, CF_NEVER, CF_NEVER, CF_NEVER)                                         \
    X(partial_index, "partial indexes", 30800, CF_ALWAYS, CF_NEVER, CF_NEVER)                                      \
    X(partial_unique, "unique indexes with a condition", 30800, CF_ALWAYS, 100303, 80023)                          \
    X(expression_index, "indexes on expressions", 30900, CF_ALWAYS, CF_NEVER, 80013)                               \
    X(desc_index, "descending indexes", CF_ALWAYS, CF_ALWAYS, 100800, 80000)                                       \
    X(nulls_not_distinct, "unique with nulls not distinct", CF_NEVER, 150000, CF_NEVER, CF_NEVER)                  \
    X(deferrable, "deferrable foreign keys", CF_ALWAYS, CF_ALWAYS, CF_NEVER, CF_NEVER)                             \
    X(deferrable_unique, "deferrable unique constraints", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                 \
    X(set_default_action, "on delete set default", CF_ALWAYS, CF_ALWAYS, CF_NEVER, CF_NEVER)                       \
    X(check, "check constraints", CF_ALWAYS, CF_ALWAYS, 100201, 80016)                                             \
    X(expression_default, "expressions as defaults", CF_ALWAYS, CF_ALWAYS, 100201, 80013)                          \
    X(text_default, "defaults on text without a length", CF_ALWAYS, CF_ALWAYS, 100201, CF_NEVER)                   \
    X(text_index, "keys on text without a length", CF_ALWAYS, CF_ALWAYS, 100400, CF_NEVER)                         \
    X(generated_stored, "stored generated columns", 33100, 120000, CF_ALWAYS, CF_ALWAYS)                           \
    X(generated_virtual, "virtual generated columns", 33100, 180000, CF_ALWAYS, CF_ALWAYS)                         \
    X(identity, "identity columns", CF_NEVER, 100000, CF_NEVER, CF_NEVER)                                          \
    X(sequences, "sequences", CF_NEVER, CF_ALWAYS, 100300, CF_NEVER)                                               \
    X(comments, "comments on tables and columns", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                       \
    X(schemas, "schemas", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                                                 \
    X(nulls_order, "nulls first and nulls last", 33000, CF_ALWAYS, CF_NEVER, CF_NEVER)                             \
    X(ilike, "ilike", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                                                     \
    X(is_distinct, "is distinct from", 33900, CF_ALWAYS, CF_NEVER, CF_NEVER)                                       \
    X(filter_clause, "filter on aggregates", 33000, 90400, CF_NEVER, CF_NEVER)                                     \
    X(row_values, "row values", 31500, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                                            \
    X(window, "window functions", 32500, CF_ALWAYS, 100200, 80000)                                                 \
    X(cte, "common table expressions", 30803, CF_ALWAYS, 100201, 80000)                                            \
    X(update_limit, "limit on update and delete", CF_NEVER, CF_NEVER, CF_ALWAYS, CF_ALWAYS)                        \
    X(update_from_self, "a subquery on the table that is changed", CF_ALWAYS, CF_ALWAYS, 100301, CF_NEVER)         \
    X(for_update, "for update", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                                         \
    X(for_share, "for share", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                                           \
    X(lock_of, "for update of", CF_NEVER, CF_ALWAYS, CF_NEVER, 80001)                                              \
    X(skip_locked, "skip locked", CF_NEVER, 90500, 100600, 80001)                                                  \
    X(nowait, "nowait", CF_NEVER, CF_ALWAYS, 100300, 80001)                                                        \
    X(native_bool, "a boolean type", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                                      \
    X(native_uuid, "a uuid type", CF_NEVER, CF_ALWAYS, 100700, CF_NEVER)                                           \
    X(native_json, "a json type", CF_NEVER, CF_ALWAYS, CF_NEVER, 50708)                                            \
    X(native_interval, "an interval type", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                                \
    X(native_decimal, "an exact decimal type", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                          \
    X(native_enum, "enum types", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                                        \
    X(timezone, "moments with a time zone", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER)                               \
    X(transactional_ddl, "schema changes in transactions", CF_ALWAYS, CF_ALWAYS, CF_NEVER, CF_NEVER)               \
    X(alter_rename_column, "renaming columns", 32500, CF_ALWAYS, 100502, 80000)                                    \
    X(alter_drop_column, "dropping columns", 33500, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                               \
    X(alter_column_type, "changing a column's type", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                    \
    X(alter_column_null, "changing a column's nullability", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)             \
    X(alter_column_default, "changing a column's default", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)              \
    X(alter_add_constraint, "adding constraints", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                       \
    X(alter_rename_index, "renaming indexes", CF_NEVER, CF_ALWAYS, 100502, 50700)                                  \
    X(index_concurrently, "building indexes without locking out writers", CF_NEVER, CF_ALWAYS, CF_NEVER, CF_NEVER) \
    X(if_exists, "if exists and if not exists", CF_ALWAYS, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                        \
    X(savepoint, "savepoints", CF_ALWAYS, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)                                         \
    X(advisory_lock, "advisory locks", CF_NEVER, CF_ALWAYS, CF_ALWAYS, CF_ALWAYS)

/* A dialect: its constants, and what the version at hand can do. */
typedef struct cf_dialect {
    cf_dialect_id  id;
    const char    *name;             /* "sqlite", "postgresql", "mariadb" */
    const char    *title;            /* "SQLite", "PostgreSQL", "MariaDB", "MySQL" */
    bool           mysql;            /* CF_MARIADB: the server is MySQL */
    int            version;          /* as counted above; 0: not known yet, then the oldest supported is assumed */
    char           version_text[40]; /* "3.40.1"; "" when not known */
    char           quote;            /* around identifiers */
    cf_placeholder placeholder;
    cf_upsert      upsert_style;
    int            max_parameters; /* of one statement */
    int            max_identifier; /* bytes (PostgreSQL) or characters of a name */
    int            max_text;       /* characters of a VARCHAR; 0: no limit */
    bool           backslash;      /* a backslash in a text literal must be doubled */
#define CF_CAPABILITY_FIELD_(field, words, sqlite, postgresql, mariadb, mysql_) bool field;
    CF_CAPABILITIES(CF_CAPABILITY_FIELD_)
#undef CF_CAPABILITY_FIELD_
} cf_dialect;

/*
 * The dialect of a server version; `version` 0: the oldest supported one (SQLite: the library's own;
 * PostgreSQL 11, MariaDB 10.3, MySQL 8.0). `mysql` only with CF_MARIADB.
 */
void cf_dialect_make(cf_dialect *out, cf_dialect_id id, int version, bool mysql);
/* The dialect that the tests and `db show --dialect` use without a server: SQLite of the library, PostgreSQL 15, MariaDB 10.11. Constants. */
const cf_dialect *cf_dialect_sample(cf_dialect_id id);
/* The id of a URL's backend name or a name such as "mysql"; false when there is no driver for it. */
bool cf_dialect_find(const char *name, cf_dialect_id *out);
/*
 * Refuse what the server cannot do: cf_fail(CF_ERR_UNSUPPORTED, "MariaDB 10.11 cannot do deferrable foreign keys (user.boss_id)").
 * Use: `if (!d->deferrable) return cf_dialect_refuse(d, offsetof(cf_dialect, deferrable), "user.boss_id", error);`
 */
bool cf_dialect_refuse(const cf_dialect *dialect, size_t capability, const char *where, cf_error *error);

/* Add an identifier in the dialect's quotes, quotes within doubled. */
void cf_sql_name(cf_buffer *out, const cf_dialect *dialect, const char *name);
/* Add a text literal: '...', quotes (and backslashes where they mean something) doubled. */
void cf_sql_literal(cf_buffer *out, const cf_dialect *dialect, const char *text, size_t size);
/* Add the n-th placeholder, from 1: `?` or `$n`. */
void cf_sql_placeholder(cf_buffer *out, const cf_dialect *dialect, int n);

#endif
