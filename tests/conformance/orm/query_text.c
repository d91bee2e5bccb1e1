/* Queries of the vectors in the library's language: expressions. */
#include "query_text.h"

#include <string.h>

static bool unsupported(query_writer *w, const char *what)
{
    return cf_fail(&w->text.rq->error, CF_ERR_UNSUPPORTED, "the query language has no %s", what ? what : "such thing");
}

const cf_mapper *query_mapper(query_writer *w, const char *name)
{
    const cf_mapper *m = cf_registry_by_name(w->registry, name ? name : "");
    if (!m) cf_fail(&w->text.rq->error, CF_ERR_NAME, "there is no model %s", name ? name : "?");
    return m;
}

const cf_attribute *query_attribute(query_writer *w, const cf_mapper *m, const char *name)
{
    for (size_t i = 0; i < m->column_count; i++)
        if (strcmp(m->columns[i].name, name) == 0) return &m->columns[i];
    for (size_t i = 0; i < m->column_count; i++)
        if (strcmp(m->columns[i].column, name) == 0) return &m->columns[i];
    cf_fail(&w->text.rq->error, CF_ERR_NAME, "%s has no column %s", m->name, name);
    return NULL;
}

static const cf_side *side_of(const cf_mapper *m, const char *name, size_t size)
{
    for (size_t i = 0; i < m->side_count; i++)
        if (strncmp(m->sides[i]->name, name, size) == 0 && m->sides[i]->name[size] == '\0') return m->sides[i];
    return NULL;
}

/* The column at the end of a path such as "posts.tags.name"; *prefix: the bytes before its name. */
static const cf_attribute *column_of(query_writer *w, const cf_mapper *m, const char *path, size_t *prefix)
{
    const char *p = path;
    for (const char *dot; (dot = strchr(p, '.')); p = dot + 1) {
        const cf_side *side = side_of(m, p, (size_t)(dot - p));
        if (!side) {
            cf_fail(&w->text.rq->error, CF_ERR_NAME, "%s has no relationship %s", m->name, p);
            return NULL;
        }
        m = side->target;
    }
    *prefix = (size_t)(p - path);
    return query_attribute(w, m, p);
}

static bool write_column(query_writer *w, const name_scope *scope, const char *path)
{
    size_t              prefix = 0;
    const cf_attribute *a = path ? column_of(w, scope->mapper, path, &prefix) : NULL;
    if (!a) return false;
    cf_buffer_add(&w->text.text, path, prefix);
    site_name(&w->text, a->name);
    return true;
}

/* ---- kinds -------------------------------------------------------------------------------------------- */

static const char *word_of(const json_t *e)
{
    const char *word = json_is_array(e) ? json_string_value(json_array_get(e, 0)) : NULL;
    return word ? word : "";
}

/* The kind of an expression, as far as values beside it must know. */
static int kind_of(query_writer *w, const name_scope *scope, const json_t *e)
{
    static const char *const through[] = {"min", "max", "sum", "fn", "neg", "+", "-", "*", "%", "as"};
    const char              *word = word_of(e);
    size_t                   prefix;
    if (strcmp(word, "col") == 0 || strcmp(word, "excluded") == 0) {
        const char         *path = json_string_value(json_array_get(e, 1));
        const cf_attribute *a = path ? column_of(w, scope->mapper, path, &prefix) : NULL;
        return a ? a->kind : CF_UNDEFINED;
    }
    if (strcmp(word, "outer") == 0 && scope->outer) {
        json_t *column = json_pack("[s,O]", "col", json_array_get(e, 1));
        int     kind = kind_of(w, scope->outer, column);
        json_decref(column);
        return kind;
    }
    for (size_t i = 0; i < sizeof through / sizeof *through; i++)
        if (strcmp(word, through[i]) == 0) {
            int kind = CF_UNDEFINED;
            for (size_t k = 1; k < json_array_size(e) && kind == CF_UNDEFINED; k++)
                kind = kind_of(w, scope, json_array_get(e, k));
            return kind;
        }
    return CF_UNDEFINED;
}

/* ---- values ---------------------------------------------------------------------------------------------- */

static bool write_literal(query_writer *w, const char *text);

/*
 * Numbers and words stand in the text where nothing says what kind they are; and where rows are grouped: two `?` are not
 * the same expression.
 */
static bool write_value(query_writer *w, const json_t *v, int kind)
{
    cf_value value;
    if (json_is_null(v) || json_is_boolean(v)) {
        site_add(&w->text, json_is_null(v) ? "null" : json_is_true(v) ? "true" : "false");
        return true;
    }
    if (json_is_integer(v) && (kind == CF_UNDEFINED || (w->grouped && kind == CF_INT))) {
        cf_buffer_int(&w->text.text, json_integer_value(v));
        return true;
    }
    if (w->grouped && json_is_string(v) && (kind == CF_UNDEFINED || kind == CF_TEXT))
        return write_literal(w, json_string_value(v));
    if (!value_of_json(w->text.rq, v, kind, &value)) return false;
    site_value(&w->text, value);
    return true;
}

/* An array of one kind for `in (?)`; NULL: they are bound one by one. */
static cf_array *array_of(query_writer *w, const json_t *list, int kind)
{
    size_t    count = json_array_size(list);
    cf_arena *arena = w->text.rq->arena;
    cf_array *array = cf_arena_alloc(arena, sizeof *array);
    bool      texts = kind == CF_TEXT, numbers = kind == CF_INT;
    for (size_t i = 0; i < count; i++) {
        texts &= json_is_string(json_array_get(list, i));
        numbers &= json_is_integer(json_array_get(list, i));
    }
    if (!array || (!texts && !numbers)) return NULL;
    int64_t     *integers = cf_arena_array(arena, count + 1, sizeof *integers);
    const char **words = cf_arena_array(arena, count + 1, sizeof *words);
    for (size_t i = 0; integers && words && i < count; i++) {
        integers[i] = json_integer_value(json_array_get(list, i));
        words[i] = json_string_value(json_array_get(list, i));
    }
    *array = texts ? (cf_array){words, count, CF_TYPE_TEXT, sizeof *words}
                   : (cf_array){integers, count, CF_TYPE_INT64, sizeof *integers};
    return array;
}

static bool write_in(query_writer *w, const name_scope *scope, const json_t *e);

/* NULL equals nothing: nothing is known to be not in a list with it, and in the list are the others. */
static bool write_in_with_null(query_writer *w, const name_scope *scope, const json_t *e, bool *mine)
{
    const json_t *list = json_array_get(e, 2);
    json_t       *others = json_array(), *item;
    size_t        i;
    json_array_foreach(list, i, item) if (!json_is_null(item)) json_array_append(others, item);
    *mine = json_is_array(list) && json_array_size(others) < json_array_size(list);
    bool ok = true;
    if (*mine && strcmp(word_of(e), "not in") == 0) {
        site_add(&w->text, "false");
    } else if (*mine) {
        json_t *shorter = json_pack("[s,O,O]", "in", json_array_get(e, 1), others);
        ok = write_in(w, scope, shorter);
        json_decref(shorter);
    }
    json_decref(others);
    return ok;
}

static bool write_in(query_writer *w, const name_scope *scope, const json_t *e)
{
    const json_t *value = json_array_get(e, 1), *list = json_array_get(e, 2);
    int           kind = kind_of(w, scope, value);
    bool          mine = false;
    bool          ok = write_in_with_null(w, scope, e, &mine);
    if (!ok || mine) return ok;
    if (!write_expression(w, scope, value, CF_UNDEFINED)) return false;
    cf_buffer_printf(&w->text.text, " %s (", word_of(e));
    if (json_is_object(list)) {
        if (!write_select(w, scope, list, true)) return false;
    } else {
        cf_array *array = array_of(w, list, kind);
        if (array) site_array(&w->text, array);
        for (size_t i = 0; !array && i < json_array_size(list); i++) {
            if (i) site_add(&w->text, ", ");
            if (!write_value(w, json_array_get(list, i), kind)) return false;
        }
    }
    site_add(&w->text, ")");
    return true;
}

/* ---- expressions ------------------------------------------------------------------------------------------- */

/* Items from `from` on with words between them. */
static bool write_items(query_writer *w, const name_scope *scope, const json_t *e, size_t from, const char *between,
                        int kind)
{
    for (size_t i = from; i < json_array_size(e); i++) {
        if (i > from) site_add(&w->text, between);
        if (!write_expression(w, scope, json_array_get(e, i), kind)) return false;
    }
    return true;
}

/* The kind of the first item that has one. */
static int common_kind(query_writer *w, const name_scope *scope, const json_t *e)
{
    int kind = CF_UNDEFINED;
    for (size_t i = 1; i < json_array_size(e) && kind == CF_UNDEFINED; i++)
        kind = kind_of(w, scope, json_array_get(e, i));
    return kind;
}

static bool write_binary(query_writer *w, const name_scope *scope, const json_t *e, const char *operator)
{
    const json_t *left = json_array_get(e, 1), *right = json_array_get(e, 2);
    bool          equal = strcmp(operator, "=") == 0, other = strcmp(operator, "!=") == 0;
    if ((equal || other) && json_is_null(right)) { /* what the original makes of it */
        if (!write_expression(w, scope, left, CF_UNDEFINED)) return false;
        site_add(&w->text, equal ? " is null" : " is not null");
        return true;
    }
    int kind = common_kind(w, scope, e);
    if (!write_expression(w, scope, left, kind)) return false;
    cf_buffer_printf(&w->text.text, " %s ", operator);
    return write_expression(w, scope, right, kind);
}

static bool write_like(query_writer *w, const name_scope *scope, const json_t *e, const char *operator)
{
    const char *escape = json_string_value(json_array_get(e, 3));
    if (!write_expression(w, scope, json_array_get(e, 1), CF_TEXT)) return false;
    cf_buffer_printf(&w->text.text, " %s ", operator);
    if (!write_expression(w, scope, json_array_get(e, 2), CF_TEXT)) return false;
    if (escape) cf_buffer_printf(&w->text.text, " escape '%s'", strcmp(escape, "'") == 0 ? "''" : escape);
    return true;
}

static bool write_case(query_writer *w, const name_scope *scope, const json_t *e)
{
    size_t  i;
    json_t *branch;
    site_add(&w->text, "case");
    json_array_foreach(json_array_get(e, 1), i, branch)
    {
        site_add(&w->text, " when ");
        if (!write_expression(w, scope, json_array_get(branch, 0), CF_UNDEFINED)) return false;
        site_add(&w->text, " then ");
        if (!write_expression(w, scope, json_array_get(branch, 1), CF_UNDEFINED)) return false;
    }
    if (json_array_size(e) > 2) {
        site_add(&w->text, " else ");
        if (!write_expression(w, scope, json_array_get(e, 2), CF_UNDEFINED)) return false;
    }
    site_add(&w->text, " end");
    return true;
}

static bool write_any(query_writer *w, const name_scope *scope, const json_t *e)
{
    const char    *name = json_string_value(json_array_get(e, 1));
    const cf_side *side = name ? side_of(scope->mapper, name, strlen(name)) : NULL;
    if (!side) return cf_fail(&w->text.rq->error, CF_ERR_NAME, "%s has no relationship %s", scope->mapper->name, name);
    name_scope related = {.outer = scope, .mapper = side->target};
    cf_buffer_printf(&w->text.text, "any(%s", name);
    if (json_array_size(e) > 2) {
        site_add(&w->text, ", ");
        if (!write_expression(w, &related, json_array_get(e, 2), CF_UNDEFINED)) return false;
    }
    site_add(&w->text, ")");
    return true;
}

static bool write_call(query_writer *w, const name_scope *scope, const json_t *e, const char *name, size_t from)
{
    cf_buffer_printf(&w->text.text, "%s(", name);
    if (!write_items(w, scope, e, from, ", ", common_kind(w, scope, e))) return false;
    site_add(&w->text, ")");
    return true;
}

static bool write_count(query_writer *w, const name_scope *scope, const json_t *e)
{
    if (json_array_size(e) == 1) {
        site_add(&w->text, "count(*)");
        return true;
    }
    return write_call(w, scope, e, "count", 1);
}

static bool write_count_distinct(query_writer *w, const name_scope *scope, const json_t *e)
{
    site_add(&w->text, "count(distinct ");
    if (!write_items(w, scope, e, 1, ", ", CF_UNDEFINED)) return false;
    site_add(&w->text, ")");
    return true;
}

/* A text in quotes. */
static bool write_literal(query_writer *w, const char *text)
{
    if (!text) return unsupported(w, "such an element");
    cf_buffer_char(&w->text.text, '\'');
    for (; *text; text++) {
        if (*text == '\'') cf_buffer_char(&w->text.text, '\'');
        cf_buffer_char(&w->text.text, *text);
    }
    cf_buffer_char(&w->text.text, '\'');
    return true;
}

/* An element of a document: json(meta, 'k', 1). */
static bool write_json(query_writer *w, const name_scope *scope, const json_t *e)
{
    const char         *name = json_string_value(json_array_get(e, 1));
    const cf_attribute *a = name ? query_attribute(w, scope->mapper, name) : NULL;
    if (!a) return false;
    cf_buffer_printf(&w->text.text, "json(%s", a->name);
    for (size_t i = 2; i < json_array_size(e); i++) {
        const json_t *step = json_array_get(e, i);
        site_add(&w->text, ", ");
        if (json_is_integer(step)) cf_buffer_int(&w->text.text, json_integer_value(step));
        else if (!write_literal(w, json_string_value(step))) return false;
    }
    site_add(&w->text, ")");
    return true;
}

static bool write_outer(query_writer *w, const name_scope *scope, const json_t *e)
{
    if (!scope->outer || !json_string_value(json_array_get(e, 1))) return unsupported(w, "query around");
    site_add(&w->text, "outer.");
    return write_column(w, scope->outer, json_string_value(json_array_get(e, 1)));
}

static bool write_is(query_writer *w, const name_scope *scope, const json_t *e)
{
    if (!write_expression(w, scope, json_array_get(e, 1), CF_UNDEFINED)) return false;
    cf_buffer_printf(&w->text.text, " %s", word_of(e));
    return true;
}

static bool write_between(query_writer *w, const name_scope *scope, const json_t *e)
{
    int kind = common_kind(w, scope, e);
    if (!write_expression(w, scope, json_array_get(e, 1), kind)) return false;
    site_add(&w->text, " between ");
    return write_items(w, scope, e, 2, " and ", kind);
}

static bool write_junction(query_writer *w, const name_scope *scope, const json_t *e)
{
    bool all = strcmp(word_of(e), "and") == 0;
    if (json_array_size(e) > 1) return write_items(w, scope, e, 1, all ? " and " : " or ", CF_UNDEFINED);
    site_add(&w->text, all ? "true" : "false");
    return true;
}

/* Of what is no text, the text. */
static bool write_concat(query_writer *w, const name_scope *scope, const json_t *e)
{
    for (size_t i = 1; i < json_array_size(e); i++) {
        const json_t *item = json_array_get(e, i);
        int           kind = kind_of(w, scope, item);
        bool          text = kind == CF_TEXT || kind == CF_UNDEFINED;
        if (i > 1) site_add(&w->text, " || ");
        if (!text) site_add(&w->text, "cast(");
        if (!write_expression(w, scope, item, text ? CF_TEXT : kind)) return false;
        if (!text) site_add(&w->text, " as text)");
    }
    return true;
}

static bool among(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(*words, word) == 0) return true;
    return false;
}

/* What begins with a word, without parentheses around it. */
static bool write_form(query_writer *w, const name_scope *scope, const json_t *e, const char *word)
{
    static const char *const binary[] = {"=", "!=", "<", "<=", ">", ">=", "is distinct from", "+", "-", "*", "%", NULL};
    static const char *const like[] = {"like", "not like", "ilike", "starts with", "ends with", "contains", NULL};
    if (among(word, binary)) return write_binary(w, scope, e, word);
    if (among(word, like)) return write_like(w, scope, e, word);
    if (strcmp(word, "and") == 0 || strcmp(word, "or") == 0) return write_junction(w, scope, e);
    if (strcmp(word, "is null") == 0 || strcmp(word, "is not null") == 0) return write_is(w, scope, e);
    if (strcmp(word, "in") == 0 || strcmp(word, "not in") == 0) return write_in(w, scope, e);
    if (strcmp(word, "between") == 0) return write_between(w, scope, e);
    if (strcmp(word, "||") == 0) return write_concat(w, scope, e);
    if (strcmp(word, "not") == 0 || strcmp(word, "neg") == 0) {
        site_add(&w->text, strcmp(word, "not") == 0 ? "not " : "- ");
        return write_items(w, scope, e, 1, "", CF_UNDEFINED);
    }
    return unsupported(w, word);
}

/* Columns, calls and the like, which need no parentheses; *mine: it is one of these. */
static bool write_operand(query_writer *w, const name_scope *scope, const json_t *e, const char *word, bool *mine)
{
    const char *first = json_string_value(json_array_get(e, 1));
    *mine = true;
    if (strcmp(word, "col") == 0) return write_column(w, scope, first);
    if (strcmp(word, "outer") == 0) return write_outer(w, scope, e);
    if (strcmp(word, "fn") == 0) return write_call(w, scope, e, first ? first : "", 2);
    if (strcmp(word, "count") == 0) return write_count(w, scope, e);
    if (strcmp(word, "count distinct") == 0) return write_count_distinct(w, scope, e);
    if (strcmp(word, "sum") == 0 || strcmp(word, "min") == 0 || strcmp(word, "max") == 0 || strcmp(word, "avg") == 0)
        return write_call(w, scope, e, word, 1);
    if (strcmp(word, "any") == 0) return write_any(w, scope, e);
    if (strcmp(word, "json") == 0) return write_json(w, scope, e);
    if (strcmp(word, "case") == 0) return write_case(w, scope, e);
    if (strcmp(word, "label") == 0 || strcmp(word, "excluded") == 0 || strcmp(word, "count of") == 0) {
        cf_buffer_printf(&w->text.text,
                         word[0] == 'l'   ? "%s"
                         : word[0] == 'e' ? "excluded.%s"
                                          : "count(%s)",
                         first ? first : "");
        return true;
    }
    if (strcmp(word, "exists") == 0) {
        site_add(&w->text, "exists (");
        if (!write_select(w, scope, json_array_get(e, 1), true)) return false;
        site_add(&w->text, ")");
        return true;
    }
    *mine = false;
    return true;
}

bool write_expression(query_writer *w, const name_scope *scope, const json_t *e, int kind)
{
    const char *word = word_of(e);
    bool        mine = false, ok;
    if (json_is_object(e) && json_object_get(e, "from")) {
        site_add(&w->text, "(");
        ok = write_select(w, scope, e, true);
        site_add(&w->text, ")");
        return ok;
    }
    if (!json_is_array(e)) return write_value(w, e, kind);
    if (strcmp(word, "as") == 0) return write_expression(w, scope, json_array_get(e, 1), kind);
    ok = write_operand(w, scope, e, word, &mine);
    if (mine) return ok;
    site_add(&w->text, "(");
    ok = write_form(w, scope, e, word);
    site_add(&w->text, ")");
    return ok;
}
