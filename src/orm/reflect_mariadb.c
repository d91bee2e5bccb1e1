/* Reading the information schema of MariaDB and MySQL. */
#include "orm/ddl.h"
#include "orm/reflect.h"

#include <string.h>
#include <strings.h>

static const char tables[] = "SELECT table_name, table_comment FROM information_schema.tables "
                             "WHERE table_schema = database() AND table_type = 'BASE TABLE' "
                             "AND table_name NOT LIKE 'carafe\\_%' ORDER BY table_name";

static const char *filled(const char *text)
{
    return text && text[0] ? text : NULL;
}

static bool table_row(cf_reflector *r)
{
    cf_table *t = CF_REFLECT_ADD(r, r->schema->tables, r->schema->count);
    if (!t) return false;
    t->name = cf_reflect_text(r, 0);
    t->comment = filled(cf_reflect_text(r, 1));
    return true;
}

/* Columns that stand for the conditions of unique indexes are no columns of the table. */
typedef struct condition {
    const cf_table *table;
    const char     *column, *text;
} condition;

typedef struct conditions {
    condition *items;
    size_t     count;
} conditions;

static bool take_condition(cf_reflector *r, cf_table *t, const cf_table_column *c)
{
    conditions *all = r->context;
    const char *text = cf_condition_of(c, r->arena);
    if (!text) return true;
    condition *one = CF_REFLECT_ADD(r, all->items, all->count);
    if (!one) return false;
    *one = (condition){t, c->name, text};
    t->columns[--t->column_count] = (cf_table_column){0};
    return true;
}

static const char *find_condition(const cf_reflector *r, const cf_table *t, const char *column)
{
    const conditions *all = r->context;
    for (size_t i = 0; column && i < all->count; i++)
        if (all->items[i].table == t && strcmp(all->items[i].column, column) == 0) return all->items[i].text;
    return NULL;
}

static const char columns[] =
    "SELECT c.table_name, c.column_name, c.column_type, c.is_nullable, c.column_default, c.extra, "
    "c.generation_expression,"
    " c.column_comment, CASE WHEN c.collation_name <> t.table_collation THEN c.collation_name END "
    "FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) "
    "WHERE c.table_schema = database() ORDER BY c.table_name, c.ordinal_position";

static bool column_row(cf_reflector *r)
{
    cf_table *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    if (!t) return true;
    cf_table_column *c = CF_REFLECT_ADD(r, t->columns, t->column_count);
    if (!c) return false;
    const char *initial = cf_reflect_text(r, 4), *extra = cf_reflect_text(r, 5);
    c->name = cf_reflect_text(r, 1);
    c->native = cf_reflect_text(r, 2);
    c->nullable = cf_reflect_flag(r, 3);
    c->computed = filled(cf_reflect_text(r, 6));
    /* MariaDB says NULL for "no default" where NULL may stand. */
    if (initial && !c->computed && strcmp(initial, "NULL") != 0) c->initial = initial;
    c->stored = extra && strstr(extra, "STORED") != NULL;
    c->generated = extra && strstr(extra, "auto_increment") != NULL;
    c->comment = filled(cf_reflect_text(r, 7));
    c->collation = cf_reflect_text(r, 8);
    if (c->collation && strcmp(c->native, "longtext") == 0 && strcmp(c->collation, "utf8mb4_bin") == 0)
        c->collation = NULL; /* JSON */
    return take_condition(r, t, c);
}

static const char keys[] =
    "SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name,"
    " f.delete_rule, f.update_rule "
    "FROM information_schema.key_column_usage k LEFT JOIN information_schema.referential_constraints f "
    "ON f.constraint_schema = k.table_schema AND f.constraint_name = k.constraint_name AND f.table_name = k.table_name "
    "WHERE k.table_schema = database() AND (k.constraint_name = 'PRIMARY' OR k.referenced_table_name IS NOT NULL) "
    "ORDER BY k.table_name, k.constraint_name, k.ordinal_position";

static bool key_row(cf_reflector *r)
{
    cf_table   *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    const char *name = cf_reflect_text(r, 1), *target = cf_reflect_text(r, 3);
    if (!t || !name) return true;
    if (!target) return cf_reflect_add_text(r, &t->key.columns, &t->key.count, cf_reflect_text(r, 2));
    cf_table_reference *f = t->reference_count ? &t->references[t->reference_count - 1] : NULL;
    size_t              targets;
    if (!f || strcmp(f->name, name) != 0) f = CF_REFLECT_ADD(r, t->references, t->reference_count);
    if (!f) return false;
    f->name = name;
    f->table = target;
    f->on_delete = cf_action_find(cf_reflect_text(r, 5));
    f->on_update = cf_action_find(cf_reflect_text(r, 6));
    targets = f->count;
    return cf_reflect_add_text(r, &f->targets, &targets, cf_reflect_text(r, 4)) &&
           cf_reflect_add_text(r, &f->columns, &f->count, cf_reflect_text(r, 2));
}

static const char checks_mariadb[] =
    "SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints "
    "WHERE constraint_schema = database() ORDER BY 1, 2";
static const char checks_mysql[] =
    "SELECT t.table_name, c.constraint_name, c.check_clause FROM information_schema.check_constraints c "
    "JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name) "
    "WHERE c.constraint_schema = database() ORDER BY 1, 2";

static bool check_row(cf_reflector *r)
{
    cf_table       *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    cf_table_check *c = t ? CF_REFLECT_ADD(r, t->checks, t->check_count) : NULL;
    if (!t) return true;
    if (!c) return false;
    c->name = cf_reflect_text(r, 1);
    c->sql = cf_reflect_text(r, 2);
    return true;
}

static const char indexes[] =
    "SELECT table_name, index_name, non_unique, column_name, collation = 'D' FROM information_schema.statistics "
    "WHERE table_schema = database() AND index_name <> 'PRIMARY' ORDER BY table_name, index_name, seq_in_index";

static bool index_row(cf_reflector *r)
{
    cf_table   *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    const char *name = cf_reflect_text(r, 1);
    if (!t || !name) return true;
    cf_table_index *x = cf_reflect_index(r, t, name);
    if (!x) return false;
    const char *column = cf_reflect_text(r, 3), *where = find_condition(r, t, column);
    x->unique = !cf_reflect_flag(r, 2);
    if (where) {
        x->where = where;
        return true;
    }
    cf_index_part *part = CF_REFLECT_ADD(r, x->parts, x->count);
    if (!part) return false;
    part->text = column;
    part->expression = part->text == NULL;
    part->descending = cf_reflect_flag(r, 4);
    return true;
}

bool cf_reflect_mariadb(cf_reflector *r)
{
    conditions found = {0};
    r->context = &found;
    return cf_reflect_rows(r, tables, NULL, table_row) && cf_reflect_rows(r, columns, NULL, column_row) &&
           cf_reflect_rows(r, keys, NULL, key_row) &&
           cf_reflect_rows(r, r->dialect->mysql ? checks_mysql : checks_mariadb, NULL, check_row) &&
           cf_reflect_rows(r, indexes, NULL, index_row);
}
