/* Reading an SQLite file: its PRAGMAs, and the text of CREATE statements for what they do not tell. */
#include "orm/reflect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the text of a statement ---------------------------------------------------------------------- */

static const char *skip_blank(const char *p)
{
    for (;;) {
        if (isspace((unsigned char)*p)) p++;
        else if (p[0] == '-' && p[1] == '-') p += strcspn(p, "\n");
        else if (p[0] == '/' && p[1] == '*') p = strstr(p + 2, "*/") ? strstr(p + 2, "*/") + 2 : p + strlen(p);
        else return p;
    }
}

/* Behind a quoted text that begins at p. */
static const char *skip_quoted(const char *p)
{
    char end = *p == '[' ? ']' : *p;
    for (p++; *p; p++) {
        if (*p != end) continue;
        if (p[1] != end || end == ']') return p + 1;
        p++;
    }
    return p;
}

/* Behind one token: a name, a quoted text, a bracketed group, or one other character. */
static const char *skip_token(const char *p)
{
    if (strchr("'\"`[", *p) && *p) return skip_quoted(p);
    if (*p == '(') {
        for (p = skip_blank(p + 1); *p && *p != ')'; p = skip_blank(skip_token(p))) {
        }
        return *p ? p + 1 : p;
    }
    if (isalnum((unsigned char)*p) || *p == '_' || (unsigned char)*p >= 0x80) {
        while (isalnum((unsigned char)*p) || *p == '_' || *p == '$' || (unsigned char)*p >= 0x80) p++;
        return p;
    }
    return *p ? p + 1 : p;
}

/* Is the token at p this word? */
static bool is_word(const char *p, const char *word)
{
    size_t size = (size_t)(skip_token(p) - p);
    return size == strlen(word) && strncasecmp(p, word, size) == 0;
}

/* A name without its quotes. */
static const char *read_name(cf_reflector *r, const char *p)
{
    const char *end = skip_token(p);
    if (!strchr("\"`[", *p)) return cf_arena_text(r->arena, p, (size_t)(end - p));
    char  close = *p == '[' ? ']' : *p;
    char *name = cf_arena_text(r->arena, p + 1, (size_t)(end - p - 2)), *to = name;
    for (const char *from = name; from && *from; from++) {
        *to++ = *from;
        if (*from == close && from[1] == close) from++;
    }
    if (to) *to = '\0';
    return name;
}

/* What stands in the brackets at p. */
static const char *read_group(cf_reflector *r, const char *p)
{
    const char *end = skip_token(p);
    p = skip_blank(p + 1);
    end--;
    while (end > p && isspace((unsigned char)end[-1])) end--;
    return cf_arena_text(r->arena, p, (size_t)(end - p));
}

/* ---- columns and constraints of a CREATE TABLE ------------------------------------------------------ */

/* The names in a group of columns: "(a, b)". */
static bool read_columns(cf_reflector *r, const char *p, const char ***names, size_t *count)
{
    const char *end = skip_token(p);
    for (p = skip_blank(p + 1); p < end && *p != ')'; p = skip_blank(p)) {
        const char *name = read_name(r, p);
        if (!name || !cf_reflect_add_text(r, names, count, name)) return false;
        while (p < end && *p != ',' && *p != ')') p = skip_blank(skip_token(p));
        if (*p == ',') p++;
    }
    return true;
}

static bool add_check(cf_reflector *r, cf_table *t, const char *name, const char *p)
{
    cf_table_check *c = CF_REFLECT_ADD(r, t->checks, t->check_count);
    if (!c) return false;
    c->name = name;
    c->sql = read_group(r, p);
    return true;
}

static bool same_columns(const char *const *a, const char *const *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(a[i], b[i]) != 0) return false;
    return true;
}

/* Gives a unique constraint or foreign key, known from the PRAGMAs, what only the text says of it. */
static bool annotate(cf_reflector *r, cf_table *t, const char *name, const char *columns, bool unique, bool deferred)
{
    const char **names = NULL;
    size_t       count = 0;
    if (!read_columns(r, columns, &names, &count)) return false;
    for (size_t i = 0; unique && i < t->unique_count; i++)
        if (t->uniques[i].count == count && same_columns(t->uniques[i].columns, names, count))
            t->uniques[i].name = name;
    for (size_t i = 0; !unique && i < t->reference_count; i++) {
        cf_table_reference *f = &t->references[i];
        if (f->count != count || !same_columns(f->columns, names, count) || f->name) continue;
        f->name = name;
        f->deferrable = deferred;
    }
    return true;
}

/* Does the rest of a definition say DEFERRABLE INITIALLY DEFERRED? */
static bool is_deferred(const char *p, const char *end)
{
    bool not = false;
    for (; p < end; p = skip_blank(skip_token(p))) {
        if (is_word(p, "deferrable") && !not )
            return is_word(skip_blank(skip_token(p)), "initially") &&
                   is_word(skip_blank(skip_token(skip_blank(skip_token(p)))), "deferred");
        not = is_word(p, "not");
    }
    return false;
}

/* A constraint of the whole table, from p to end. */
static bool table_constraint(cf_reflector *r, cf_table *t, const char *p, const char *end)
{
    const char *name = NULL;
    if (is_word(p, "constraint")) {
        p = skip_blank(skip_token(p));
        name = read_name(r, p);
        p = skip_blank(skip_token(p));
    }
    if (is_word(p, "check")) return add_check(r, t, name, skip_blank(skip_token(p)));
    bool primary = is_word(p, "primary"), unique = is_word(p, "unique");
    p = skip_blank(skip_token(p));
    if (!unique) p = skip_blank(skip_token(p)); /* KEY */
    if (*p != '(') return true;
    if (primary) {
        t->key.name = name;
        return true;
    }
    return annotate(r, t, name, p, unique, is_deferred(p, end));
}

static bool is_constraint(const char *p)
{
    static const char *const starts[] = {"constraint", "check", "primary", "unique", "foreign"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (is_word(p, starts[i])) return true;
    return false;
}

/* What the text says of one column: collation, expression, checks, AUTOINCREMENT, names of constraints. */
static bool column_definition(cf_reflector *r, cf_table *t, const char *p, const char *end)
{
    const char      *column = read_name(r, p), *name = NULL, *own[1];
    cf_table_column *c = NULL;
    if (!column) return false;
    for (size_t i = 0; i < t->column_count; i++)
        if (strcasecmp(t->columns[i].name, column) == 0) c = &t->columns[i];
    for (p = skip_blank(skip_token(p)); c && p < end; p = skip_blank(skip_token(p))) {
        const char *next = skip_blank(skip_token(p));
        bool        named = is_word(p, "constraint");
        if (named) name = read_name(r, next), p = next;
        else if (is_word(p, "collate")) c->collation = read_name(r, next);
        else if (is_word(p, "autoincrement")) c->autoincrement = true;
        else if (is_word(p, "as") && *next == '(' && (c->computed || c->stored)) c->computed = read_group(r, next);
        else if (is_word(p, "check") && *next == '(') {
            if (!add_check(r, t, name, next)) return false;
        } else if (is_word(p, "unique")) {
            for (size_t i = 0; i < t->unique_count; i++)
                if (t->uniques[i].count == 1 && strcmp(t->uniques[i].columns[0], c->name) == 0)
                    t->uniques[i].name = name;
        } else if (is_word(p, "references")) {
            own[0] = c->name;
            for (size_t i = 0; i < t->reference_count; i++) {
                cf_table_reference *f = &t->references[i];
                if (f->count != 1 || !same_columns(f->columns, own, 1) || f->name) continue;
                f->name = name;
                f->deferrable = is_deferred(p, end);
            }
        } else {
            continue; /* the name of a constraint stands before its words */
        }
        if (!named) name = NULL;
    }
    return true;
}

static bool read_text(cf_reflector *r, cf_table *t, const char *sql)
{
    const char *p = strchr(sql, '(');
    if (!p) return true; /* CREATE TABLE ... AS SELECT */
    const char *end = skip_token(p);
    for (p = skip_blank(p + 1); p < end && *p != ')';) {
        const char *stop = p;
        while (stop < end && *stop != ',' && *stop != ')') stop = skip_blank(skip_token(stop));
        if (!(is_constraint(p) ? table_constraint(r, t, p, stop) : column_definition(r, t, p, stop))) return false;
        p = skip_blank(*stop == ',' ? stop + 1 : stop);
    }
    return true;
}

/* ---- PRAGMAs ---------------------------------------------------------------------------------------- */

static bool table_row(cf_reflector *r)
{
    cf_table *t = CF_REFLECT_ADD(r, r->schema->tables, r->schema->count);
    if (!t) return false;
    t->name = cf_reflect_text(r, 0);
    t->without_rowid = cf_reflect_flag(r, 1);
    t->strict = cf_reflect_flag(r, 2);
    return true;
}

static bool column_row(cf_reflector *r)
{
    cf_table        *t = r->context;
    cf_table_column *c = CF_REFLECT_ADD(r, t->columns, t->column_count);
    if (!c) return false;
    const char *hidden = cf_reflect_text(r, 5), *key = cf_reflect_text(r, 4);
    char       *type = (char *)(uintptr_t)cf_reflect_text(r, 1);
    char       *tail = type ? strcasestr(type, "GENERATED ALWAYS") : NULL;
    if (tail) {
        while (tail > type && tail[-1] == ' ') tail--;
        *tail = '\0';
    }
    c->name = cf_reflect_text(r, 0);
    c->native = type;
    c->nullable = !cf_reflect_flag(r, 2) && !cf_reflect_flag(r, 4);
    c->initial = cf_reflect_text(r, 3);
    if (hidden && (hidden[0] == '2' || hidden[0] == '3')) {
        c->computed = "";
        c->stored = hidden[0] == '3';
    }
    size_t at = key ? (size_t)atoi(key) : 0;
    while (t->key.count < at)
        if (!cf_reflect_add_text(r, &t->key.columns, &t->key.count, NULL)) return false;
    if (at) t->key.columns[at - 1] = c->name;
    return true;
}

static bool reference_row(cf_reflector *r)
{
    cf_table           *t = r->context;
    cf_table_reference *f = t->reference_count ? &t->references[t->reference_count - 1] : NULL;
    size_t              targets;
    if (!cf_reflect_flag(r, 1)) f = CF_REFLECT_ADD(r, t->references, t->reference_count); /* its first column */
    if (!f) return false;
    f->table = cf_reflect_text(r, 2);
    f->on_update = cf_action_find(cf_reflect_text(r, 5));
    f->on_delete = cf_action_find(cf_reflect_text(r, 6));
    targets = f->count;
    return cf_reflect_add_text(r, &f->targets, &targets, cf_reflect_text(r, 4)) &&
           cf_reflect_add_text(r, &f->columns, &f->count, cf_reflect_text(r, 3));
}

/* Rows: unique, origin, name, text of CREATE INDEX, sequence, column, descending. */
static bool index_row(cf_reflector *r)
{
    cf_table   *t = r->context;
    const char *origin = cf_reflect_text(r, 1), *name = cf_reflect_text(r, 2), *column = cf_reflect_text(r, 5);
    bool        first = !cf_reflect_flag(r, 4);
    if (!origin || origin[0] == 'p') return true;
    if (origin[0] == 'u') {
        cf_table_key *u = first ? CF_REFLECT_ADD(r, t->uniques, t->unique_count) : &t->uniques[t->unique_count - 1];
        return u && cf_reflect_add_text(r, &u->columns, &u->count, column);
    }
    cf_table_index *x = first ? CF_REFLECT_ADD(r, t->indexes, t->index_count) : &t->indexes[t->index_count - 1];
    cf_index_part  *part = x ? CF_REFLECT_ADD(r, x->parts, x->count) : NULL;
    if (!part) return false;
    x->name = name;
    x->unique = cf_reflect_flag(r, 0);
    if (first) x->where = cf_reflect_text(r, 3); /* the whole text, for now */
    *part = (cf_index_part){column, column == NULL, cf_reflect_flag(r, 6)};
    return true;
}

/* Expressions and condition of an index, from its text. */
static bool read_index(cf_reflector *r, cf_table_index *x)
{
    const char *p = x->where ? strchr(x->where, '(') : NULL;
    x->where = NULL;
    if (!p) return true;
    const char *end = skip_token(p), *rest = skip_blank(end);
    size_t      i = 0;
    for (p = skip_blank(p + 1); p < end && *p != ')' && i < x->count; i++) {
        const char *stop = p, *last = p;
        while (stop < end && *stop != ',' && *stop != ')') {
            if (!is_word(stop, "desc") && !is_word(stop, "asc")) last = skip_token(stop);
            stop = skip_blank(skip_token(stop));
        }
        if (x->parts[i].expression) x->parts[i].text = cf_arena_text(r->arena, p, (size_t)(last - p));
        p = skip_blank(*stop == ',' ? stop + 1 : stop);
    }
    if (is_word(rest, "where")) x->where = cf_arena_copy(r->arena, skip_blank(skip_token(rest)));
    return !cf_arena_failed(r->arena);
}

/* A foreign key that names no columns refers to the primary key. */
static void complete_targets(const cf_schema *s, cf_table *t)
{
    for (size_t i = 0; i < t->reference_count; i++) {
        cf_table_reference *f = &t->references[i];
        const cf_table     *target = cf_schema_table(s, f->table);
        for (size_t k = 0; k < f->count; k++)
            if (!f->targets[k]) f->targets[k] = target && k < target->key.count ? target->key.columns[k] : "";
    }
}

static bool text_row(cf_reflector *r)
{
    const char *sql = cf_reflect_text(r, 0);
    return !sql || read_text(r, r->context, sql);
}

static bool read_table(cf_reflector *r, cf_table *t)
{
    static const char columns[] =
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) WHERE hidden <> 1";
    static const char references[] = "SELECT id, seq, \"table\", \"from\", \"to\", on_update, on_delete FROM "
                                     "pragma_foreign_key_list(?) ORDER BY id DESC, seq";
    static const char indexes[] =
        "SELECT l.\"unique\", l.origin, l.name, m.sql, x.seqno, x.name, x.desc FROM pragma_index_list(?) l "
        "JOIN pragma_index_xinfo(l.name) x LEFT JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name "
        "WHERE x.key ORDER BY l.seq DESC, x.seqno";
    static const char text[] = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?";
    r->context = t;
    if (!cf_reflect_rows(r, columns, t->name, column_row) || !cf_reflect_rows(r, references, t->name, reference_row) ||
        !cf_reflect_rows(r, indexes, t->name, index_row) || !cf_reflect_rows(r, text, t->name, text_row))
        return false;
    for (size_t i = 0; i < t->index_count; i++)
        if (!read_index(r, &t->indexes[i])) return false;
    /* The rowid is what INTEGER PRIMARY KEY generates. */
    cf_table_column *key = t->key.count == 1 && !t->without_rowid ? cf_table_find(t, t->key.columns[0]) : NULL;
    if (key && key->native && strcasecmp(key->native, "INTEGER") == 0) key->generated = true;
    return true;
}

bool cf_reflect_sqlite(cf_reflector *r)
{
    static const char tables[] =
        "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'carafe\\_%' ESCAPE '\\' ORDER BY name";
    if (!cf_reflect_rows(r, tables, NULL, table_row)) return false;
    for (size_t i = 0; i < r->schema->count; i++)
        if (!read_table(r, &r->schema->tables[i])) return false;
    for (size_t i = 0; i < r->schema->count; i++) complete_targets(r->schema, &r->schema->tables[i]);
    return true;
}
