/* Reading the catalogue of PostgreSQL. */
#include "orm/reflect.h"

#include <string.h>

#define HERE \
    " JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') "

static const char tables[] = "SELECT t.relname, obj_description(t.oid, 'pg_class') FROM pg_class t" HERE
                             "AND t.relname NOT LIKE 'carafe\\_%' ORDER BY 1";

static bool table_row(cf_reflector *r)
{
    cf_table *t = CF_REFLECT_ADD(r, r->schema->tables, r->schema->count);
    if (!t) return false;
    t->name = cf_reflect_text(r, 0);
    t->comment = cf_reflect_text(r, 1);
    return true;
}

static const char columns[] =
    "SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, pg_get_expr(d.adbin, "
    "d.adrelid),"
    " a.attgenerated::text, a.attidentity::text, col_description(t.oid, a.attnum),"
    " (SELECT collname FROM pg_collation c WHERE c.oid = a.attcollation AND c.collname <> 'default') "
    "FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum" HERE "ORDER BY t.relname, a.attnum";

static bool column_row(cf_reflector *r)
{
    cf_table *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    if (!t) return true;
    cf_table_column *c = CF_REFLECT_ADD(r, t->columns, t->column_count);
    if (!c) return false;
    const char *expression = cf_reflect_text(r, 4), *generated = cf_reflect_text(r, 5),
               *identity = cf_reflect_text(r, 6);
    c->name = cf_reflect_text(r, 1);
    c->native = cf_reflect_text(r, 2);
    c->nullable = !cf_reflect_flag(r, 3);
    c->comment = cf_reflect_text(r, 7);
    c->collation = cf_reflect_text(r, 8);
    if (generated && generated[0]) c->computed = expression, c->stored = generated[0] == 's';
    else c->initial = expression;
    c->generated = (identity && identity[0]) || (expression && strncmp(expression, "nextval(", 8) == 0);
    return true;
}

static const char constraints[] =
    "SELECT t.relname, c.conname, c.contype::text, c.condeferrable::text, c.confdeltype::text, c.confupdtype::text, "
    "f.relname,"
    " a.attname, b.attname, CASE WHEN c.contype = 'c' THEN pg_get_expr(c.conbin, c.conrelid) END "
    "FROM pg_class t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype IN ('p', 'u', 'f', 'c') "
    "LEFT JOIN pg_class f ON f.oid = c.confrelid "
    "LEFT JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY k(own, foreign_one, at) ON true "
    "LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.own "
    "LEFT JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.foreign_one" HERE
    "ORDER BY t.relname, c.conname, k.at";

static cf_action action(const char *letter)
{
    switch (letter ? letter[0] : 'a') {
    case 'r': return CF_RESTRICT;
    case 'c': return CF_CASCADE;
    case 'n': return CF_SET_NULL;
    case 'd': return CF_SET_DEFAULT;
    default: return CF_NO_ACTION;
    }
}

static bool key_row(cf_reflector *r, cf_table *t, const char *name, bool primary)
{
    cf_table_key *key = primary ? &t->key : t->unique_count ? &t->uniques[t->unique_count - 1] : NULL;
    if (!primary && (!key || strcmp(key->name, name) != 0)) key = CF_REFLECT_ADD(r, t->uniques, t->unique_count);
    if (!key) return false;
    key->name = name;
    key->deferrable = cf_reflect_flag(r, 3);
    return cf_reflect_add_text(r, &key->columns, &key->count, cf_reflect_text(r, 7));
}

static bool reference_row(cf_reflector *r, cf_table *t, const char *name)
{
    cf_table_reference *f = t->reference_count ? &t->references[t->reference_count - 1] : NULL;
    size_t              targets;
    if (!f || strcmp(f->name, name) != 0) f = CF_REFLECT_ADD(r, t->references, t->reference_count);
    if (!f) return false;
    f->name = name;
    f->deferrable = cf_reflect_flag(r, 3);
    f->on_delete = action(cf_reflect_text(r, 4));
    f->on_update = action(cf_reflect_text(r, 5));
    f->table = cf_reflect_text(r, 6);
    targets = f->count;
    return cf_reflect_add_text(r, &f->targets, &targets, cf_reflect_text(r, 8)) &&
           cf_reflect_add_text(r, &f->columns, &f->count, cf_reflect_text(r, 7));
}

static bool constraint_row(cf_reflector *r)
{
    cf_table   *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    const char *name = cf_reflect_text(r, 1), *kind = cf_reflect_text(r, 2);
    if (!t || !name || !kind) return true;
    if (kind[0] == 'p' || kind[0] == 'u') return key_row(r, t, name, kind[0] == 'p');
    if (kind[0] == 'f') return reference_row(r, t, name);
    if (t->check_count && strcmp(t->checks[t->check_count - 1].name, name) == 0) return true;
    cf_table_check *c = CF_REFLECT_ADD(r, t->checks, t->check_count);
    if (!c) return false;
    c->name = name;
    c->sql = cf_reflect_text(r, 9);
    return true;
}

static const char indexes[] =
    "SELECT t.relname, x.relname, i.indisunique::text, pg_get_expr(i.indpred, i.indrelid),"
    " CASE WHEN i.indkey[k - 1] = 0 THEN pg_get_indexdef(i.indexrelid, k, true) ELSE a.attname END,"
    " (i.indkey[k - 1] = 0)::text, (i.indoption[k - 1] & 1)::text "
    "FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid "
    "CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) k "
    "LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[k - 1]" HERE
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')) "
    "ORDER BY t.relname, x.relname, k";

static bool index_row(cf_reflector *r)
{
    cf_table   *t = cf_reflect_table(r, cf_reflect_text(r, 0));
    const char *name = cf_reflect_text(r, 1);
    if (!t || !name) return true;
    cf_table_index *x = cf_reflect_index(r, t, name);
    cf_index_part  *part = x ? CF_REFLECT_ADD(r, x->parts, x->count) : NULL;
    if (!part) return false;
    x->unique = cf_reflect_flag(r, 2);
    x->where = cf_reflect_text(r, 3);
    *part = (cf_index_part){cf_reflect_text(r, 4), cf_reflect_flag(r, 5), cf_reflect_flag(r, 6)};
    return true;
}

bool cf_reflect_postgres(cf_reflector *r)
{
    return cf_reflect_rows(r, tables, NULL, table_row) && cf_reflect_rows(r, columns, NULL, column_row) &&
           cf_reflect_rows(r, constraints, NULL, constraint_row) && cf_reflect_rows(r, indexes, NULL, index_row);
}
