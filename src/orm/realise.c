/* What one dialect makes of a tree: the types' spelling, checks in place of what it lacks, refusals. */
#include "orm/table.h"

#include "orm/mapper.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The spelling of each type where nothing more is said about it, as the servers report it themselves. */
static const char *const natives[CF_TYPE_COUNT_][CF_DIALECTS] = {
    [CF_TYPE_BOOL] = {"INTEGER", "boolean", "tinyint(1)"},
    [CF_TYPE_INT16] = {"INTEGER", "smallint", "smallint"},
    [CF_TYPE_INT32] = {"INTEGER", "integer", "int"},
    [CF_TYPE_INT64] = {"INTEGER", "bigint", "bigint"},
    [CF_TYPE_UINT32] = {"INTEGER", "bigint", "bigint"},
    [CF_TYPE_FLOAT] = {"REAL", "real", "float"},
    [CF_TYPE_DOUBLE] = {"REAL", "double precision", "double"},
    [CF_TYPE_TEXT] = {"TEXT", "text", "longtext"},
    [CF_TYPE_BYTES] = {"BLOB", "bytea", "longblob"},
    [CF_TYPE_DATE] = {"TEXT", "date", "date"},
    [CF_TYPE_TIME] = {"TEXT", "time", "time(6)"},
    [CF_TYPE_DATETIME] = {"TEXT", "timestamp", "datetime(6)"},
    [CF_TYPE_INTERVAL] = {"TEXT", "interval", "bigint"},
    [CF_TYPE_DECIMAL] = {"TEXT", "numeric", "decimal(38,10)"},
    [CF_TYPE_UUID] = {"TEXT", "uuid", "char(36)"},
    [CF_TYPE_JSON] = {"TEXT", "json", "json"},
};

typedef struct realiser {
    const cf_schema  *schema;
    const cf_dialect *d;
    cf_arena         *arena;
    cf_error         *error;
    cf_table         *table;
} realiser;

/* "table.column", for messages. */
static const char *place(const realiser *r, const char *column)
{
    const char *text = cf_arena_printf(r->arena, "%s.%s", r->table->name, column);
    return text ? text : column;
}

#define REFUSE(capability, column) cf_dialect_refuse(r->d, offsetof(cf_dialect, capability), place(r, column), r->error)

/* ---- types -------------------------------------------------------------------------------------- */

/* The longest name of an enumeration, for its column's length. */
static int32_t longest(const char *const *names)
{
    size_t most = 1;
    for (; *names; names++)
        if (strlen(*names) > most) most = strlen(*names);
    return (int32_t)most;
}

static const char *native_type(const realiser *r, cf_table_column *c)
{
    const cf_dialect *d = r->d;
    if (c->names && !c->length && d->id != CF_SQLITE) c->length = longest(c->names);
    switch (c->type) {
    case CF_TYPE_TEXT:
        if (!c->length || d->id == CF_SQLITE || (d->max_text && c->length > d->max_text)) break;
        return cf_arena_printf(r->arena, "varchar(%d)", c->length);
    case CF_TYPE_BYTES:
        if (!c->length || d->id != CF_MARIADB || c->length > d->max_text) break;
        return cf_arena_printf(r->arena, "varbinary(%d)", c->length);
    case CF_TYPE_DECIMAL:
        if (!c->precision || !d->native_decimal) break;
        return cf_arena_printf(r->arena, "%s(%d,%d)", d->id == CF_MARIADB ? "decimal" : "numeric", c->precision,
                               c->scale);
    case CF_TYPE_DATETIME:
        if (c->timezone && d->timezone) return "timestamp with time zone";
        break;
    case CF_TYPE_UUID:
        if (d->native_uuid) return "uuid";
        break;
    case CF_TYPE_JSON:
        if (c->binary && d->id == CF_POSTGRESQL) return "jsonb";
        break;
    default: break;
    }
    return natives[c->type][d->id];
}

/* ---- checks that stand in for types --------------------------------------------------------------- */

static bool add_check(realiser *r, const cf_table_column *c, const char *what, cf_buffer *sql)
{
    char  columns[200], name[64];
    bool  ok = !sql->failed;
    char *text = ok ? cf_arena_text(r->arena, sql->data, sql->size) : NULL;
    snprintf(columns, sizeof columns, "%s_%s", c->name, what);
    cf_constraint_name(name, sizeof name, "ck", r->table->name, columns);
    cf_buffer_free(sql);
    const char *copy = cf_arena_copy(r->arena, name);
    if (!text || !copy) return cf_fail(r->error, CF_ERR_MEMORY, "out of memory");
    r->table->checks[r->table->check_count++] = (cf_table_check){copy, text, true};
    return true;
}

/* Lengths that the type does not say: characters of texts, bytes of bytes. */
static bool check_length(realiser *r, const cf_table_column *c)
{
    static const char *const functions[2][CF_DIALECTS] = {{"length", "char_length", "char_length"},
                                                          {"length", "octet_length", "octet_length"}};
    bool                     said = strchr(c->native, '(') != NULL;
    cf_buffer                sql = {0};
    if (!c->length || c->names || said || (c->type != CF_TYPE_TEXT && c->type != CF_TYPE_BYTES)) return true;
    cf_buffer_printf(&sql, "%s(", functions[c->type == CF_TYPE_BYTES][r->d->id]);
    cf_sql_name(&sql, r->d, c->name);
    cf_buffer_printf(&sql, ") <= %d", c->length);
    return add_check(r, c, "length", &sql);
}

static bool check_names(realiser *r, const cf_table_column *c)
{
    cf_buffer sql = {0};
    if (!c->names) return true;
    cf_sql_name(&sql, r->d, c->name);
    cf_buffer_text(&sql, " IN (");
    for (size_t i = 0; c->names[i]; i++) {
        if (i) cf_buffer_text(&sql, ", ");
        cf_sql_literal(&sql, r->d, c->names[i], strlen(c->names[i]));
    }
    cf_buffer_char(&sql, ')');
    return add_check(r, c, "names", &sql);
}

/* SQLite and MariaDB keep booleans as numbers. */
static bool check_bool(realiser *r, const cf_table_column *c)
{
    cf_buffer sql = {0};
    if (c->type != CF_TYPE_BOOL || r->d->native_bool || c->computed) return true;
    cf_sql_name(&sql, r->d, c->name);
    cf_buffer_text(&sql, " IN (0, 1)");
    return add_check(r, c, "bool", &sql);
}

/* ---- columns -------------------------------------------------------------------------------------- */

/* PostgreSQL takes no 0 and 1 for booleans. */
static const char *realised_default(const realiser *r, const cf_table_column *c)
{
    if (!c->initial || c->type != CF_TYPE_BOOL || !r->d->native_bool) return c->initial;
    return strcmp(c->initial, "1") == 0 ? "true" : strcmp(c->initial, "0") == 0 ? "false" : c->initial;
}

static bool realise_computed(realiser *r, cf_table_column *c)
{
    if (!c->stored && !r->d->generated_virtual) c->stored = true;
    if (c->stored && !r->d->generated_stored) return REFUSE(generated_stored, c->name);
    if (r->d->id == CF_MARIADB) c->nullable = true; /* it knows no NOT NULL there */
    return true;
}

static bool realise_column(realiser *r, cf_table_column *c)
{
    const cf_dialect *d = r->d;
    c->native = native_type(r, c);
    if (!c->native) return cf_fail(r->error, CF_ERR_MEMORY, "out of memory");
    c->initial = realised_default(r, c);
    if (c->computed && !realise_computed(r, c)) return false;
    if (c->generated && r->table->key.count > 1 && d->id == CF_SQLITE)
        return cf_fail(r->error, CF_ERR_UNSUPPORTED, "%s cannot do generated parts of composite keys (%s)", d->title,
                       place(r, c->name));
    if (c->initial && c->type == CF_TYPE_TEXT && !c->length && !d->text_default) return REFUSE(text_default, c->name);
    if (c->comment && !d->comments) c->comment = NULL;
    return check_length(r, c) && check_names(r, c) && check_bool(r, c);
}

/* ---- keys, indexes, foreign keys ---------------------------------------------------------------------- */

/* MariaDB keys on texts need a length; unique ones work by hash. */
static bool check_key_text(realiser *r, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count && r->d->id == CF_MARIADB; i++) {
        const cf_table_column *c = cf_table_find(r->table, columns[i]);
        if (c && (strcmp(c->native, "longtext") == 0 || strcmp(c->native, "longblob") == 0))
            return cf_fail(r->error, CF_ERR_UNSUPPORTED, "%s cannot do keys on text without a length (%s)", r->d->title,
                           place(r, c->name));
    }
    return true;
}

static bool realise_index(realiser *r, cf_table_index *x)
{
    const char *where = x->count ? x->parts[0].text : x->name;
    if (x->where && x->unique && !r->d->partial_unique) return REFUSE(partial_unique, where);
    if (x->where && !x->unique && !r->d->partial_index) return REFUSE(partial_index, where);
    for (size_t i = 0; i < x->count; i++) {
        if (x->parts[i].expression && !r->d->expression_index) return REFUSE(expression_index, x->name);
        if (x->parts[i].descending && !r->d->desc_index) x->parts[i].descending = false; /* read backwards */
    }
    return true;
}

static bool realise_reference(realiser *r, cf_table_reference *f)
{
    if (f->deferrable && !r->d->deferrable) return REFUSE(deferrable, f->columns[0]);
    /* Without the action such rows cannot go, instead of losing what they refer to: stricter, so no refusal. */
    if (!r->d->set_default_action) {
        if (f->on_delete == CF_SET_DEFAULT) f->on_delete = CF_NO_ACTION;
        if (f->on_update == CF_SET_DEFAULT) f->on_update = CF_NO_ACTION;
    }
    return check_key_text(r, f->columns, f->count);
}

/* InnoDB makes the indexes of foreign keys itself, and names them after the keys. */
static void drop_added_indexes(cf_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->index_count; i++)
        if (!t->indexes[i].added) t->indexes[n++] = t->indexes[i];
    t->index_count = n;
}

static bool realise_table(realiser *r)
{
    cf_table *t = r->table;
    if (r->d->id != CF_POSTGRESQL && t->comment && !r->d->comments) t->comment = NULL;
    t->strict = r->d->strict_tables;
    t->without_rowid = t->without_rowid && r->d->without_rowid;
    for (size_t i = 0; i < t->column_count; i++)
        if (!realise_column(r, &t->columns[i])) return false;
    if (!check_key_text(r, t->key.columns, t->key.count)) return false;
    for (size_t i = 0; i < t->unique_count; i++)
        if (t->uniques[i].deferrable && !r->d->deferrable_unique)
            return REFUSE(deferrable_unique, t->uniques[i].columns[0]);
    if (t->check_count && !r->d->check) return REFUSE(check, t->checks[0].name);
    if (r->d->id == CF_MARIADB) drop_added_indexes(t);
    for (size_t i = 0; i < t->index_count; i++)
        if (!realise_index(r, &t->indexes[i])) return false;
    for (size_t i = 0; i < t->reference_count; i++)
        if (!realise_reference(r, &t->references[i])) return false;
    return true;
}

bool cf_schema_realise(cf_schema *schema, const cf_dialect *dialect, cf_arena *arena, cf_error *error)
{
    realiser r = {schema, dialect, arena, error, NULL};
    for (size_t i = 0; i < schema->count; i++) {
        r.table = &schema->tables[i];
        if (!realise_table(&r)) return false;
    }
    return true;
}
