/* Models from the vectors' descriptions: the structs that CF_MODEL fills in, made at run time. */
#include "adapter.h"

#include "base/naming.h"
#include "orm/ast.h"

#include <stdio.h>
#include <string.h>

#define MOST_MODELS 32

/* A model is named by the address of a function; these stand for the models of the present spec. */
static const cf_model *present[MOST_MODELS];
#define FUNCTION(n)                        \
    static const cf_model *model_##n(void) \
    {                                      \
        return present[n];                 \
    }
/* clang-format off */
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) \
    X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
/* clang-format on */
EACH(FUNCTION)
#define ENTRY(n) model_##n,
static cf_model_fn *const functions[MOST_MODELS] = {EACH(ENTRY)};

cf_model_fn *spec_function(size_t n)
{
    return functions[n];
}

/* Neutral types: what a program in C would declare. */
static const struct {
    const char *name;
    int         type, twin;
    size_t      size, twin_size;
} types[] = {
#define TWO(name, TYPE, c, twin)                                     \
    {                                                                \
        name, TYPE, TYPE | CF_TYPE_NULLABLE, sizeof(c), sizeof(twin) \
    }
#define ONE(name, TYPE, c)                     \
    {                                          \
        name, TYPE, TYPE, sizeof(c), sizeof(c) \
    }
    TWO("Integer", CF_TYPE_INT32, int32_t, cf_null_int32),
    TWO("SmallInteger", CF_TYPE_INT16, int16_t, cf_null_int16),
    TWO("BigInteger", CF_TYPE_INT64, int64_t, cf_null_int64),
    TWO("Boolean", CF_TYPE_BOOL, bool, cf_null_bool),
    TWO("Float", CF_TYPE_DOUBLE, double, cf_null_double),
    TWO("REAL", CF_TYPE_DOUBLE, double, cf_null_double),
    TWO("Date", CF_TYPE_DATE, cf_date, cf_null_date),
    TWO("Time", CF_TYPE_TIME, cf_time, cf_null_time),
    TWO("DateTime", CF_TYPE_DATETIME, cf_datetime, cf_null_datetime),
    TWO("TIMESTAMP", CF_TYPE_DATETIME, cf_datetime, cf_null_datetime),
    TWO("Interval", CF_TYPE_INTERVAL, cf_interval, cf_null_interval),
    TWO("Numeric", CF_TYPE_DECIMAL, cf_decimal, cf_null_decimal),
    TWO("DECIMAL", CF_TYPE_DECIMAL, cf_decimal, cf_null_decimal),
    TWO("Uuid", CF_TYPE_UUID, cf_uuid, cf_null_uuid),
    ONE("String", CF_TYPE_TEXT, const char *),
    ONE("Unicode", CF_TYPE_TEXT, const char *),
    ONE("VARCHAR", CF_TYPE_TEXT, const char *),
    ONE("CHAR", CF_TYPE_TEXT, const char *),
    ONE("Text", CF_TYPE_TEXT, const char *),
    ONE("UnicodeText", CF_TYPE_TEXT, const char *),
    ONE("Enum", CF_TYPE_TEXT, const char *),
    ONE("LargeBinary", CF_TYPE_BYTES, cf_bytes),
    ONE("JSON", CF_TYPE_JSON, cf_json),
    ONE("JSONB", CF_TYPE_JSON, cf_json),
#undef TWO
#undef ONE
};

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static int number(const json_t *object, const char *key)
{
    return (int)json_integer_value(json_object_get(object, key));
}

static bool out_of_memory(request *rq)
{
    return cf_fail(&rq->error, CF_ERR_MEMORY, "out of memory");
}

static bool enum_names(request *rq, const json_t *values, cf_column *out)
{
    size_t        count = json_array_size(values);
    cf_enum_name *names = cf_arena_array(rq->arena, count + 1, sizeof *names);
    if (!names) return out_of_memory(rq);
    for (size_t i = 0; i < count; i++)
        names[i] = (cf_enum_name){(int)i, cf_arena_copy(rq->arena, json_string_value(json_array_get(values, i)))};
    out->enum_names = names;
    return true;
}

/* Words of C and of the query language cannot name fields, nor can what is no identifier. */
const char *spec_field(request *rq, const json_t *d)
{
    static const char *const taken[] = {"default", "register", "int", "char", "for", "if", "while"};
    const char              *name = text_of(d, "attr") ? text_of(d, "attr") : text_of(d, "name");
    char                    *field = cf_arena_printf(rq->arena, "%s_", name ? name : "value");
    bool                     change = name && cf_word_reserved(name);
    if (!field) return "value";
    size_t end = strlen(field) - 1;
    for (size_t i = 0; i < end; i++) {
        bool fine = (field[i] >= 'a' && field[i] <= 'z') || (field[i] >= 'A' && field[i] <= 'Z') || field[i] == '_' ||
                    (i && field[i] >= '0' && field[i] <= '9');
        if (!fine) field[i] = '_', change = true;
    }
    field[end] = '\0';
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) change |= strcmp(taken[i], field) == 0;
    if (change) field[end] = '_';
    return field;
}

/* Zero and false are no values of options, whose zero means "none". */
static cf_value make_zero(cf_arena *arena)
{
    (void)arena;
    return cf_value_int(0);
}

static cf_value make_false(cf_arena *arena)
{
    (void)arena;
    return cf_value_bool(false);
}

static void set_defaults(request *rq, const json_t *d, cf_column *out)
{
    const json_t *scalar = json_object_get(json_object_get(d, "default"), "scalar");
    const char   *function = text_of(json_object_get(d, "default"), "fn");
    const json_t *server = json_object_get(d, "server_default");
    if (json_is_false(scalar) || (json_is_integer(scalar) && json_integer_value(scalar) == 0))
        out->default_function = (out->type & 0xff) == CF_TYPE_BOOL ? make_false : make_zero;
    if (json_is_string(scalar)) out->default_text = cf_arena_copy(rq->arena, json_string_value(scalar));
    if (json_is_integer(scalar)) out->default_int = json_integer_value(scalar);
    if (json_is_boolean(scalar)) out->default_int = json_is_true(scalar);
    if (json_is_real(scalar)) out->default_number = json_real_value(scalar);
    if (function && strcmp(function, "utcnow") == 0) out->default_now = true;
    if (text_of(json_object_get(d, "onupdate"), "fn")) out->on_update_now = true;
    if (text_of(server, "text")) out->server_default = cf_arena_copy(rq->arena, text_of(server, "text"));
    if (text_of(server, "func")) out->server_default = "CURRENT_TIMESTAMP";
    if (text_of(server, "str")) {
        cf_buffer   quoted = {0};
        const char *text = text_of(server, "str");
        cf_sql_literal(&quoted, cf_dialect_sample(CF_SQLITE), text, strlen(text));
        out->server_default = cf_arena_copy(rq->arena, quoted.data);
        cf_buffer_free(&quoted);
    }
}

static void set_options(request *rq, const json_t *d, const json_t *type, cf_column *out)
{
    const json_t *computed = json_object_get(d, "computed"), *identity = json_object_get(d, "identity");
    out->primary_key = flag(d, "pk");
    out->natural = out->primary_key && json_is_false(json_object_get(d, "autoincrement"));
    out->autoincrement = out->primary_key && flag(d, "autoincrement");
    if (identity) {
        out->start = json_integer_value(json_object_get(identity, "start"));
        out->step = json_integer_value(json_object_get(identity, "increment"));
    }
    out->comment = cf_arena_copy(rq->arena, text_of(d, "comment"));
    out->check = cf_arena_copy(rq->arena, text_of(d, "check"));
    if (out->type == CF_TYPE_TEXT || out->type == CF_TYPE_BYTES) out->length = number(type, "length");
    if ((out->type & 0xff) == CF_TYPE_DECIMAL) {
        out->precision = number(type, "precision");
        out->scale = number(type, "scale");
    }
    out->version = flag(d, "version");
    out->timezone = flag(type, "timezone");
    if (json_is_object(type)) out->collation = cf_arena_copy(rq->arena, text_of(type, "collation"));
    if (computed) {
        out->computed = cf_arena_copy(rq->arena, text_of(computed, "sql"));
        out->stored = flag(computed, "persisted");
    }
    set_defaults(rq, d, out);
}

/* The spec in hand: a column without a type has that of the column it refers to. */
static const json_t *whole;

static const json_t *column_type(const json_t *tables, const char *table, const char *column, int depth);

static const json_t *referenced_type(const json_t *d, int depth)
{
    const json_t *fk = json_object_get(d, "fk"), *one = json_is_array(fk) ? json_array_get(fk, 0) : fk;
    const char   *to = json_is_string(one) ? json_string_value(one) : text_of(one, "to"),
               *dot = to ? strchr(to, '.') : NULL;
    char table[128];
    if (!dot || depth > 8) return NULL;
    snprintf(table, sizeof table, "%.*s", (int)(dot - to), to);
    const json_t *type = column_type(json_object_get(whole, "models"), table, dot + 1, depth);
    return type ? type : column_type(json_object_get(whole, "tables"), table, dot + 1, depth);
}

static const json_t *column_type(const json_t *tables, const char *table, const char *column, int depth)
{
    size_t  i, k;
    json_t *t, *c;
    json_array_foreach(tables, i, t)
    {
        cf_buffer   made = {0};
        const char *name = text_of(t, "name") ? text_of(t, "name") : text_of(t, "table");
        if (!name) cf_table_name(&made, text_of(t, "class"));
        bool found = strcmp(name ? name : made.data ? made.data : "", table) == 0;
        cf_buffer_free(&made);
        json_array_foreach(json_object_get(t, "columns"), k,
                           c) if (found && text_of(c, "name") &&
                                  strcmp(text_of(c, "name"), column) == 0) return json_object_get(c, "type")
            ? json_object_get(c, "type")
            : referenced_type(c, depth + 1);
    }
    return NULL;
}

size_t spec_column(request *rq, const json_t *d, size_t offset, cf_column *out)
{
    const json_t *type = json_object_get(d, "type");
    const char   *name = json_is_string(type) ? json_string_value(type) : text_of(type, "t");
    bool          nullable = !flag(d, "pk") && !json_is_false(json_object_get(d, "nullable"));
    size_t        i = 0, count = sizeof types / sizeof *types;
    if (!name) { /* that of the referenced column */
        type = referenced_type(d, 0);
        name = json_is_string(type) ? json_string_value(type) : text_of(type, "t");
    }
    if (!name) name = "Integer";
    while (i < count && strcmp(types[i].name, name) != 0) i++;
    if (i == count) {
        cf_fail(&rq->error, CF_ERR_UNSUPPORTED, "no C type for columns of the type %s", name);
        return 0;
    }
    out->name = spec_field(rq, d);
    out->column = cf_arena_copy(rq->arena, text_of(d, "name"));
    out->offset = (uint32_t)offset;
    out->type = nullable ? types[i].twin : types[i].type;
    out->size = (uint32_t)(nullable ? types[i].twin_size : types[i].size);
    out->nullable = nullable && types[i].twin == types[i].type;
    bool given = (!flag(d, "pk") || flag(d, "part")) && !flag(d, "version");
    if (!nullable && given && types[i].twin != types[i].type) { /* 0 must be told from "nothing was set" */
        out->type = types[i].twin;
        out->size = (uint32_t)types[i].twin_size;
        out->not_null = true;
    }
    set_options(rq, d, type, out);
    out->binary = strcmp(name, "JSONB") == 0;
    if (strcmp(name, "Enum") == 0 && !enum_names(rq, json_object_get(type, "values"), out)) return 0;
    return (out->size + 15u) & ~(size_t)15;
}

static bool is_key(const json_t *description, const char *column)
{
    size_t  i, k;
    json_t *constraint, *name;
    json_array_foreach(json_object_get(description, "constraints"), i, constraint)
    {
        const char *kind = text_of(constraint, "kind");
        if (!kind || strcmp(kind, "pk") != 0) continue;
        json_array_foreach(json_object_get(constraint, "cols"), k,
                           name) if (strcmp(json_string_value(name), column) == 0) return true;
    }
    return false;
}

/* Unique and index as options of the column, unless a convention names them: then they are parts. */
static void column_flags(const json_t *conventions, const json_t *d, cf_part *out)
{
    out->column.unique = flag(d, "unique") && !flag(d, "index") && !text_of(conventions, "uq");
    out->column.index = flag(d, "index") && !flag(d, "unique") && !text_of(conventions, "ix");
    if (flag(d, "unique") && flag(d, "index"))
        out->column.unique = !text_of(conventions, "uq") && !text_of(conventions, "ix");
}

static bool has_key(const json_t *d)
{
    size_t  i;
    json_t *c;
    json_array_foreach(json_object_get(d, "columns"), i,
                       c) if (flag(c, "pk") || is_key(d, text_of(c, "name"))) return true;
    return false;
}

static void table_part(request *rq, const json_t *d, const char *table, cf_part *out)
{
    const json_t *options = json_object_get(d, "opts");
    out->kind = CF_PART_TABLE;
    out->table.text = cf_arena_copy(rq->arena, table);
    out->table.comment = cf_arena_copy(rq->arena, text_of(options, "comment"));
    out->table.without_rowid = json_is_false(json_object_get(options, "sqlite_with_rowid"));
}

/* The order of a key that a constraint gives. */
static void key_part(request *rq, const json_t *d, cf_part *out)
{
    size_t  i, k, n;
    json_t *constraint, *column;
    json_array_foreach(json_object_get(d, "constraints"), i, constraint)
    {
        const json_t *names = json_object_get(constraint, "cols");
        const char   *kind = text_of(constraint, "kind");
        if (!kind || strcmp(kind, "pk") != 0 || json_array_size(names) > 15) continue;
        out->kind = CF_PART_KEY;
        for (n = 0; n < json_array_size(names); n++)
            json_array_foreach(json_object_get(d, "columns"), k,
                               column) if (json_equal(json_object_get(column, "name"), json_array_get(names, n)))
                out->table.columns[n] = spec_field(rq, column);
    }
}

/* Which columns are keys, and whether the program must set them: those of several columns, and those not generated. */
static void mark_keys(const json_t *d, const json_t *columns, bool all_keys)
{
    size_t      i, keys = 0;
    json_t     *column;
    const char *version = text_of(json_object_get(d, "mapper"), "version_id_col");
    json_array_foreach(columns, i, column)
    {
        const char *name = text_of(column, "name");
        if (!name) json_object_set_new(column, "name", json_string("value"));
        if (name && (all_keys || is_key(d, name))) json_object_set_new(column, "pk", json_true());
        keys += flag(column, "pk");
    }
    json_array_foreach(columns, i, column)
    {
        bool made = flag(column, "autoincrement");
        bool given =
            keys > 1 || json_is_false(json_object_get(column, "autoincrement")) || json_object_get(column, "fk");
        if (flag(column, "pk") && given && !made) json_object_set_new(column, "part", json_true());
        if (version && text_of(column, "name") && strcmp(version, text_of(column, "name")) == 0)
            json_object_set_new(column, "version", json_true());
    }
}

/* A table without a class is one of keys alone where it names none itself. */
static bool make_model(request *rq, json_t *d, const json_t *conventions, cf_model *out)
{
    const json_t *columns = json_object_get(d, "columns"), *constraints = json_object_get(d, "constraints");
    size_t        most = json_array_size(columns) * 8 + json_array_size(constraints) + 2, offset = 0, count = 0;
    bool          plain = text_of(d, "class") == NULL, all_keys = plain && !has_key(d);
    const char   *class_name = plain ? text_of(d, "name") : text_of(d, "class");
    cf_part      *parts = cf_arena_array(rq->arena, most, sizeof *parts);
    cf_buffer     made = {0};
    if (text_of(json_object_get(d, "opts"), "schema"))
        return cf_fail(&rq->error, CF_ERR_SCHEMA, "tables lie in the schema of the connection, not in %s",
                       text_of(json_object_get(d, "opts"), "schema"));
    if (!parts) return out_of_memory(rq);
    if (!class_name || !*class_name) return cf_fail(&rq->error, CF_ERR_NAME, "a model without a name");
    if (!plain) cf_table_name(&made, class_name);
    const char *table = cf_arena_copy(rq->arena, plain                 ? class_name
                                                 : text_of(d, "table") ? text_of(d, "table")
                                                                       : made.data);
    cf_buffer_free(&made);
    mark_keys(d, columns, all_keys);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        json_t  *column = json_array_get(columns, i);
        cf_part *part = &parts[count++];
        part->kind = CF_PART_COLUMN;
        size_t size = spec_column(rq, column, offset, &part->column);
        if (!size) return false;
        if (all_keys && json_object_get(column, "fk")) json_object_set_new(column, "index", json_true());
        if (flag(json_object_get(d, "opts"), "sqlite_autoincrement") && part->column.primary_key)
            part->column.autoincrement = true;
        offset += size;
    }
    for (size_t i = 0; i < json_array_size(columns); i++)
        count += spec_column_parts(rq, conventions, table, json_array_get(columns, i), &parts[count]);
    for (size_t i = 0; i < json_array_size(columns); i++)
        column_flags(conventions, json_array_get(columns, i), parts + i);
    for (size_t i = 0; i < json_array_size(constraints); i++) {
        const json_t *c = json_array_get(constraints, i);
        const char   *kind = text_of(c, "kind");
        if (kind && strcmp(kind, "pk") != 0 && !spec_constraint(rq, d, conventions, table, c, &parts[count++]))
            return false;
    }
    key_part(rq, d, &parts[count]);
    count += parts[count].kind == CF_PART_KEY;
    table_part(rq, d, table, &parts[count++]);
    *out = (cf_model){cf_arena_copy(rq->arena, class_name), offset, sizeof(cf_part), parts, count, "spec", 1};
    return !cf_arena_failed(rq->arena) || out_of_memory(rq);
}

bool spec_make(request *rq, const json_t *description, spec *out)
{
    json_t       *models = json_object_get(description, "models"), *tables = json_object_get(description, "tables");
    const json_t *conventions = json_object_get(description, "naming_convention");
    size_t        classes = json_array_size(models);
    *out = (spec){.count = classes + json_array_size(tables)};
    whole = description;
    if (out->count > MOST_MODELS) return cf_fail(&rq->error, CF_ERR_LIMIT, "more than %d models", MOST_MODELS);
    out->models = cf_arena_array(rq->arena, out->count ? out->count : 1, sizeof *out->models);
    if (!out->models) return out_of_memory(rq);
    for (size_t i = 0; i < out->count; i++) {
        json_t *d = i < classes ? json_array_get(models, i) : json_array_get(tables, i - classes);
        if (!make_model(rq, d, conventions, &out->models[i])) return false;
        present[i] = &out->models[i];
    }
    cf_report report = {0};
    out->registry = cf_registry_build(NULL, functions, out->count, &report);
    if (out->registry) return true;
    if (report.count) return cf_fail(&rq->error, CF_ERR_NAME, "%s", report.first);
    return out_of_memory(rq);
}

void spec_free(spec *s)
{
    cf_registry_free(s->registry);
    s->registry = NULL;
}
