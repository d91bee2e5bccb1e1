#include "orm/compare.h"

#include "orm/reflect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct comparison {
    const cf_dialect *d;
    cf_differences   *out;
    const cf_table   *want, *have;
} comparison;

/* ---- what was found ------------------------------------------------------------------------------ */

static void add(comparison *c, cf_difference_kind kind, const void *want, const void *have, const char *format, ...)
    CF_PRINTF(5, 6);

static void add(comparison *c, cf_difference_kind kind, const void *want, const void *have, const char *format, ...)
{
    cf_differences *d = c->out;
    va_list         arguments;
    if (d->count == d->capacity) {
        size_t         capacity = d->capacity ? d->capacity * 2 : 16;
        cf_difference *items = cf_arena_array(d->arena, capacity, sizeof *items);
        if (!items) return; /* the arena remembers */
        if (d->count) memcpy(items, d->items, d->count * sizeof *items);
        d->items = items;
        d->capacity = capacity;
    }
    va_start(arguments, format);
    const char *text = cf_arena_vprintf(d->arena, format, arguments);
    va_end(arguments);
    d->items[d->count++] = (cf_difference){kind, c->want, c->have, want, have, text ? text : ""};
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_expression(const comparison *c, const char *a, const char *b)
{
    return same(a, b) || same(cf_expression_plain(a, c->d, c->out->arena), cf_expression_plain(b, c->d, c->out->arena));
}

static bool same_names(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    if (a_count != b_count) return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcasecmp(a[i], b[i]) != 0) return false;
    return true;
}

/* "a, b" */
static const char *listed(const comparison *c, const char *const *names, size_t count)
{
    const char *text = "";
    for (size_t i = 0; text && i < count; i++)
        text = cf_arena_printf(c->out->arena, "%s%s%s", text, i ? ", " : "", names[i]);
    return text ? text : "";
}

/* ---- columns ----------------------------------------------------------------------------------------- */

/* SQLite has storage classes, not types: what it keeps in the same way is the same. */
static int storage(int type)
{
    switch (type) {
    case CF_TYPE_BOOL:
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64: return CF_TYPE_INT64;
    case CF_TYPE_FLOAT:
    case CF_TYPE_DOUBLE: return CF_TYPE_DOUBLE;
    case CF_TYPE_DATE:
    case CF_TYPE_TIME:
    case CF_TYPE_DATETIME:
    case CF_TYPE_INTERVAL:
    case CF_TYPE_UUID:
    case CF_TYPE_JSON: return CF_TYPE_TEXT;
    default: return type;
    }
}

static bool same_type(const comparison *c, const cf_table_column *want, const cf_table_column *have)
{
    cf_table_column a = {.native = want->native}, b = {.native = have->native};
    cf_native_parse(&a, c->d);
    cf_native_parse(&b, c->d);
    if (c->d->id == CF_SQLITE) return storage(a.type) == storage(b.type);
    if (c->d->id == CF_MARIADB && a.type == CF_TYPE_JSON && b.type == CF_TYPE_TEXT) return true;
    if (a.type == CF_TYPE_NONE || b.type == CF_TYPE_NONE) return strcasecmp(want->native, have->native) == 0;
    return a.type == b.type && a.length == b.length && a.precision == b.precision && a.scale == b.scale &&
           a.timezone == b.timezone && a.binary == b.binary;
}

static bool in_key(const cf_table *t, const char *column)
{
    for (size_t i = 0; i < t->key.count; i++)
        if (strcmp(t->key.columns[i], column) == 0) return true;
    return false;
}

static void compare_column(comparison *c, const cf_table_column *want, const cf_table_column *have)
{
    const char *table = c->want->name, *name = want->name;
    if (!same_type(c, want, have))
        add(c, CF_DIFFERS_TYPE, want, have, "%s.%s is %s, the model wants %s", table, name, have->native, want->native);
    if (want->nullable != have->nullable && !in_key(c->want, name) && !(want->computed && c->d->id == CF_MARIADB))
        add(c, CF_DIFFERS_NULL, want, have, "%s.%s %s be NULL, the model wants %s", table, name,
            have->nullable ? "may" : "must not", want->nullable ? "that it may" : "NOT NULL");
    if (!want->generated && !want->computed && !same_expression(c, want->initial, have->initial))
        add(c, CF_DIFFERS_DEFAULT, want, have, "%s.%s has the default %s, the model wants %s", table, name,
            have->initial ? have->initial : "(none)", want->initial ? want->initial : "(none)");
    if (!same_expression(c, want->computed, have->computed) || (want->computed && want->stored != have->stored))
        add(c, CF_DIFFERS_COMPUTED, want, have, "%s.%s is computed as %s, the model wants %s", table, name,
            have->computed ? have->computed : "(nothing)", want->computed ? want->computed : "(nothing)");
    if (want->collation && !same(want->collation, have->collation))
        add(c, CF_DIFFERS_COLLATION, want, have, "%s.%s has the collation %s, the model wants %s", table, name,
            have->collation ? have->collation : "(none)", want->collation);
    if (c->d->comments && !same(want->comment, have->comment))
        add(c, CF_DIFFERS_COLUMN_COMMENT, want, have, "%s.%s has another comment than the model", table, name);
}

static void compare_columns(comparison *c)
{
    for (size_t i = 0; i < c->want->column_count; i++) {
        const cf_table_column *want = &c->want->columns[i], *have = cf_table_find(c->have, want->name);
        if (have) compare_column(c, want, have);
        else add(c, CF_DIFFERS_COLUMN_MISSING, want, NULL, "%s.%s is missing", c->want->name, want->name);
    }
    for (size_t i = 0; i < c->have->column_count; i++) {
        const cf_table_column *have = &c->have->columns[i];
        if (!cf_table_find(c->want, have->name))
            add(c, CF_DIFFERS_COLUMN_EXTRA, NULL, have, "%s.%s is in the database, but not in the model", c->want->name,
                have->name);
    }
}

/* ---- unique constraints and indexes: a unique index over columns alone is a unique constraint --------- */

static bool is_unique_constraint(const cf_table_index *x)
{
    if (!x->unique || x->where) return false;
    for (size_t i = 0; i < x->count; i++)
        if (x->parts[i].expression || x->parts[i].descending) return false;
    return true;
}

static bool index_is_on(const cf_table_index *x, const char *const *columns, size_t count)
{
    if (x->count != count) return false;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(x->parts[i].text, columns[i]) != 0) return false;
    return true;
}

static bool has_unique(const cf_table *t, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < t->unique_count; i++)
        if (same_names(t->uniques[i].columns, t->uniques[i].count, columns, count)) return true;
    for (size_t i = 0; i < t->index_count; i++)
        if (is_unique_constraint(&t->indexes[i]) && index_is_on(&t->indexes[i], columns, count)) return true;
    return false;
}

static const char *const *part_names(const comparison *c, const cf_table_index *x)
{
    const char **names = cf_arena_array(c->out->arena, x->count ? x->count : 1, sizeof *names);
    for (size_t i = 0; names && i < x->count; i++) names[i] = x->parts[i].text;
    return names;
}

/* Those of `from` that `in` has not. */
static void unique_difference(comparison *c, const cf_table *from, const cf_table *in, bool missing)
{
    cf_difference_kind kind = missing ? CF_DIFFERS_UNIQUE_MISSING : CF_DIFFERS_UNIQUE_EXTRA;
    const char        *format = missing ? "%s: (%s) must be unique, but is not in the database"
                                        : "%s: (%s) is unique in the database, but not in the model";
    for (size_t i = 0; i < from->unique_count; i++) {
        const cf_table_key *u = &from->uniques[i];
        if (!has_unique(in, u->columns, u->count))
            add(c, kind, missing ? u : NULL, missing ? NULL : u, format, from->name, listed(c, u->columns, u->count));
    }
    for (size_t i = 0; i < from->index_count; i++) {
        const cf_table_index *x = &from->indexes[i];
        const char *const    *names = is_unique_constraint(x) ? part_names(c, x) : NULL;
        if (names && !has_unique(in, names, x->count))
            add(c, missing ? CF_DIFFERS_INDEX_MISSING : CF_DIFFERS_INDEX_EXTRA, missing ? x : NULL, missing ? NULL : x,
                format, from->name, listed(c, names, x->count));
    }
}

static bool same_index(const comparison *c, const cf_table_index *a, const cf_table_index *b)
{
    if (a->unique != b->unique || a->count != b->count || !same_expression(c, a->where, b->where)) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->parts[i].descending != b->parts[i].descending || !same_expression(c, a->parts[i].text, b->parts[i].text))
            return false;
    return true;
}

/* Does the index serve a foreign key of the table? Such may always be there. */
static bool serves_reference(const cf_table *t, const cf_table_index *x)
{
    for (size_t i = 0; i < t->reference_count; i++)
        if (!x->unique && !x->where && x->count >= t->references[i].count) {
            size_t k = 0;
            while (k < t->references[i].count && strcasecmp(x->parts[k].text, t->references[i].columns[k]) == 0) k++;
            if (k == t->references[i].count) return true;
        }
    return false;
}

static void index_difference(comparison *c, const cf_table *from, const cf_table *in, bool missing)
{
    for (size_t i = 0; i < from->index_count; i++) {
        const cf_table_index *x = &from->indexes[i];
        bool                  found = is_unique_constraint(x) || (!missing && serves_reference(c->want, x));
        for (size_t k = 0; !found && k < in->index_count; k++) found = same_index(c, x, &in->indexes[k]);
        if (found) continue;
        if (missing) add(c, CF_DIFFERS_INDEX_MISSING, x, NULL, "%s: index %s is missing", from->name, x->name);
        else
            add(c, CF_DIFFERS_INDEX_EXTRA, NULL, x, "%s: index %s is in the database, but not in the model", from->name,
                x->name);
    }
}

/* ---- checks and foreign keys --------------------------------------------------------------------------- */

/* MariaDB adds a check to each JSON column. */
static bool of_json(const comparison *c, const cf_table_check *check)
{
    const char *plain = cf_expression_plain(check->sql, c->d, c->out->arena);
    return c->d->id == CF_MARIADB && plain && strncmp(plain, "json_valid", 10) == 0;
}

static void check_difference(comparison *c, const cf_table *from, const cf_table *in, bool missing)
{
    for (size_t i = 0; i < from->check_count; i++) {
        const cf_table_check *check = &from->checks[i];
        bool                  found = of_json(c, check);
        for (size_t k = 0; !found && k < in->check_count; k++)
            found = same_expression(c, check->sql, in->checks[k].sql);
        if (found) continue;
        if (missing)
            add(c, CF_DIFFERS_CHECK_MISSING, check, NULL, "%s: the check (%s) is missing", from->name, check->sql);
        else
            add(c, CF_DIFFERS_CHECK_EXTRA, NULL, check, "%s: the check (%s) is in the database, but not in the model",
                from->name, check->sql);
    }
}

/* RESTRICT and NO ACTION are one on MariaDB. */
static bool same_action(const comparison *c, cf_action a, cf_action b)
{
    if (c->d->id == CF_MARIADB) {
        if (a == CF_RESTRICT) a = CF_NO_ACTION;
        if (b == CF_RESTRICT) b = CF_NO_ACTION;
    }
    return a == b;
}

static const cf_table_reference *find_reference(const cf_table *t, const cf_table_reference *r)
{
    for (size_t i = 0; i < t->reference_count; i++) {
        const cf_table_reference *other = &t->references[i];
        if (strcasecmp(other->table, r->table) == 0 && same_names(other->columns, other->count, r->columns, r->count) &&
            same_names(other->targets, other->count, r->targets, r->count))
            return other;
    }
    return NULL;
}

static void compare_references(comparison *c)
{
    for (size_t i = 0; i < c->want->reference_count; i++) {
        const cf_table_reference *want = &c->want->references[i], *have = find_reference(c->have, want);
        const char               *columns = listed(c, want->columns, want->count);
        if (!have)
            add(c, CF_DIFFERS_REFERENCE_MISSING, want, NULL, "%s: the foreign key (%s) to %s is missing", c->want->name,
                columns, want->table);
        else if (!same_action(c, want->on_delete, have->on_delete) ||
                 !same_action(c, want->on_update, have->on_update) || want->deferrable != have->deferrable)
            add(c, CF_DIFFERS_REFERENCE_CHANGED, want, have,
                "%s: the foreign key (%s) has ON DELETE %s ON UPDATE %s%s, the model wants ON DELETE %s ON UPDATE %s%s",
                c->want->name, columns, cf_action_words(have->on_delete), cf_action_words(have->on_update),
                have->deferrable ? " DEFERRABLE" : "", cf_action_words(want->on_delete),
                cf_action_words(want->on_update), want->deferrable ? " DEFERRABLE" : "");
    }
    for (size_t i = 0; i < c->have->reference_count; i++) {
        const cf_table_reference *have = &c->have->references[i];
        if (!find_reference(c->want, have))
            add(c, CF_DIFFERS_REFERENCE_EXTRA, NULL, have,
                "%s: the foreign key (%s) to %s is in the database, but not in the model", c->want->name,
                listed(c, have->columns, have->count), have->table);
    }
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static void compare_table(comparison *c)
{
    const cf_table *want = c->want, *have = c->have;
    compare_columns(c);
    if (!same_names(want->key.columns, want->key.count, have->key.columns, have->key.count))
        add(c, CF_DIFFERS_KEY, &want->key, &have->key, "%s: the primary key is (%s), the model wants (%s)", want->name,
            listed(c, have->key.columns, have->key.count), listed(c, want->key.columns, want->key.count));
    unique_difference(c, want, have, true);
    unique_difference(c, have, want, false);
    check_difference(c, want, have, true);
    check_difference(c, have, want, false);
    index_difference(c, want, have, true);
    index_difference(c, have, want, false);
    compare_references(c);
    if (c->d->comments && !same(want->comment, have->comment))
        add(c, CF_DIFFERS_TABLE_COMMENT, want, have, "%s has another comment than the model", want->name);
}

static const cf_table *find_table(const cf_schema *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcasecmp(s->tables[i].name, name) == 0) return &s->tables[i];
    return NULL;
}

bool cf_schema_compare(const cf_schema *want, const cf_schema *have, const cf_dialect *dialect, cf_arena *arena,
                       cf_differences *out)
{
    comparison c = {dialect, out, NULL, NULL};
    *out = (cf_differences){.arena = arena};
    for (size_t i = 0; i < want->count; i++) {
        c.want = &want->tables[i];
        c.have = find_table(have, c.want->name);
        if (c.have) compare_table(&c);
        else add(&c, CF_DIFFERS_TABLE_MISSING, c.want, NULL, "table %s is missing", c.want->name);
    }
    for (size_t i = 0; i < have->count; i++) {
        c.have = &have->tables[i];
        c.want = find_table(want, c.have->name);
        if (!c.want)
            add(&c, CF_DIFFERS_TABLE_EXTRA, NULL, c.have, "table %s is in the database, but no model has it",
                c.have->name);
    }
    return !cf_arena_failed(arena);
}
