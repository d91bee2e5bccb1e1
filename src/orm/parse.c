/* Recursive descent over the expressions of the query language, by SQL's precedence. */
#include "orm/parse.h"

void *cf_unexpected(cf_compiler *c, const char *wanted)
{
    if (c->code != CF_OK) return NULL;
    if (c->token.kind == CF_TOKEN_END)
        return cf_compiler_fail(c, CF_ERR_SYNTAX, c->token.at, "the query ends where %s should stand", wanted);
    size_t      size = c->token.size + (c->token.kind == CF_TOKEN_TEXT ? 2 : 0); /* with its quotes */
    const char *said, *hint = cf_hint_unexpected(c, &said);
    return cf_compiler_fail(c, CF_ERR_SYNTAX, c->token.at, "'%.*s' stands where %s should%s%s%s%s", (int)size,
                            c->text + c->token.at, wanted, hint, said ? " (did you mean '" : "", said ? said : "",
                            said ? "'?)" : "");
}

bool cf_expect_symbol(cf_compiler *c, const char *symbol, const char *wanted)
{
    return cf_take_symbol(c, symbol) || cf_unexpected(c, wanted);
}

bool cf_expect_word(cf_compiler *c, cf_word word, const char *wanted)
{
    return cf_take_word(c, word) || cf_unexpected(c, wanted);
}

cf_token cf_peek(const cf_compiler *c)
{
    cf_compiler ahead = *c;
    return cf_lex(&ahead) ? ahead.token : (cf_token){.kind = CF_TOKEN_END};
}

bool cf_parse_deeper(cf_compiler *c)
{
    if (c->depth++ < CF_MOST_QUERY_DEPTH) return true;
    return cf_compiler_fail(c, CF_ERR_LIMIT, c->token.at, "nested more than %d deep", CF_MOST_QUERY_DEPTH) != NULL;
}

cf_node *cf_node_new(cf_compiler *c, cf_op op, size_t at, size_t items)
{
    cf_node *n = cf_arena_alloc(c->arena, sizeof *n);
    if (n && items) n->items = cf_arena_array(c->arena, items, sizeof *n->items);
    if (!n || (items && !n->items)) return cf_compiler_fail(c, CF_ERR_MEMORY, at, "out of memory");
    n->op = (uint8_t)op;
    n->at = (uint32_t)at;
    n->count = items;
    return n;
}

/* The array doubles. */
bool cf_node_add(cf_compiler *c, cf_node *n, cf_node *item)
{
    if (!n || !item) return false;
    if (n->count == CF_MOST_ITEMS)
        return cf_compiler_fail(c, CF_ERR_LIMIT, n->at, "more than %d values", CF_MOST_ITEMS) != NULL;
    if ((n->count & (n->count - 1)) == 0) {
        cf_node **items = cf_arena_array(c->arena, n->count ? n->count * 2 : 1, sizeof *items);
        if (!items) return cf_compiler_fail(c, CF_ERR_MEMORY, n->at, "out of memory") != NULL;
        if (n->count) memcpy(items, n->items, n->count * sizeof *items);
        n->items = items;
    }
    n->items[n->count++] = item;
    return true;
}

static cf_node *binary(cf_compiler *c, cf_op op, size_t at, cf_node *left, cf_node *right)
{
    cf_node *n = left && right ? cf_node_new(c, op, at, 2) : NULL;
    if (!n) return NULL;
    n->items[0] = left;
    n->items[1] = right;
    return n;
}

static cf_node *prefix(cf_compiler *c, cf_op op, size_t at, cf_node *inner)
{
    cf_node *n = inner ? cf_node_new(c, op, at, 1) : NULL;
    if (n) n->items[0] = inner;
    return n;
}

/* ---- leaves ------------------------------------------------------------------------------------ */

static cf_node *parse_text(cf_compiler *c)
{
    cf_token t = c->token;
    cf_node *n = cf_node_new(c, CF_OP_TEXT, t.at, 0);
    char    *copy = n ? cf_arena_alloc(c->arena, t.size + 1) : NULL;
    if (!copy) return n ? cf_compiler_fail(c, CF_ERR_MEMORY, t.at, "out of memory") : NULL;
    for (size_t i = 0; i < t.size; i++) {
        copy[n->size++] = t.text[i];
        i += t.text[i] == '\'';
    }
    n->text = copy;
    return cf_lex(c) ? n : NULL;
}

static cf_node *parse_leaf(cf_compiler *c, cf_op op)
{
    cf_node *n = cf_node_new(c, op, c->token.at, 0);
    if (!n) return NULL;
    n->text = c->token.text;
    n->size = (uint32_t)c->token.size;
    if (op == CF_OP_PARAMETER) {
        n->parameter = (uint16_t)c->parameter_count++;
        if (n->parameter >= CF_MOST_ARGUMENTS)
            return cf_compiler_fail(c, CF_ERR_LIMIT, n->at, "a query has at most %d values", CF_MOST_ARGUMENTS);
    }
    return cf_lex(c) ? n : NULL;
}

static cf_node *parse_name(cf_compiler *c)
{
    return c->token.kind == CF_TOKEN_NAME ? parse_leaf(c, CF_OP_COLUMN) : cf_unexpected(c, "a name");
}

/* .second...: the names become the path's items. */
static cf_node *parse_rest_of_path(cf_compiler *c, cf_node *first)
{
    cf_node *path = first ? cf_node_new(c, CF_OP_PATH, first->at, 0) : NULL;
    if (!cf_node_add(c, path, first)) return NULL;
    while (cf_take_symbol(c, ".")) {
        if (path->count == CF_MOST_JOINS)
            return cf_compiler_fail(c, CF_ERR_LIMIT, path->at, "a path has at most %d names", CF_MOST_JOINS);
        if (!cf_node_add(c, path, parse_name(c))) return NULL;
    }
    path->size = path->items[path->count - 1]->at + path->items[path->count - 1]->size - path->at;
    path->text = first->text;
    return c->code == CF_OK ? path : NULL;
}

cf_node *cf_parse_path(cf_compiler *c)
{
    return parse_rest_of_path(c, parse_name(c));
}

cf_node *cf_parse_names(cf_compiler *c)
{
    cf_node *list = cf_node_new(c, CF_OP_LIST, c->token.at, 0);
    if (!list || !cf_expect_symbol(c, "(", "'('")) return NULL;
    do {
        if (!cf_node_add(c, list, parse_name(c))) return NULL;
    } while (cf_take_symbol(c, ","));
    return cf_expect_symbol(c, ")", "',' or ')'") ? list : NULL;
}

/* ---- calls and their kin ------------------------------------------------------------------------ */

/* `a, b, ...)` after the opening parenthesis. */
static bool parse_list(cf_compiler *c, cf_node *n)
{
    if (cf_take_symbol(c, ")")) return true;
    do {
        if (!cf_node_add(c, n, cf_parse_expression(c))) return false;
    } while (cf_take_symbol(c, ","));
    return cf_expect_symbol(c, ")", "',' or ')'");
}

/* A select in parentheses, of which the first was read. */
static cf_node *parse_subquery(cf_compiler *c, cf_op op, size_t at)
{
    cf_node *n = cf_node_new(c, op, at, 0);
    if (!n || !cf_parse_deeper(c)) return NULL;
    n->select = cf_parse_select(c);
    c->depth--;
    return n->select && cf_expect_symbol(c, ")", "')'") ? n : NULL;
}

static bool begins_select(const cf_compiler *c)
{
    return cf_is_word(c, CF_WORD_SELECT) || cf_is_word(c, CF_WORD_FROM) ||
           (cf_is_word(c, CF_WORD_WITH) && cf_peek(c).kind == CF_TOKEN_NAME);
}

static cf_window *parse_window(cf_compiler *c)
{
    cf_window *w = cf_arena_alloc(c->arena, sizeof *w);
    if (!w) return cf_compiler_fail(c, CF_ERR_MEMORY, c->token.at, "out of memory");
    if (!cf_expect_symbol(c, "(", "'('")) return NULL;
    if (cf_take_word(c, CF_WORD_PARTITION)) {
        if (!cf_expect_word(c, CF_WORD_BY, "'by'")) return NULL;
        w->partition = cf_node_new(c, CF_OP_LIST, c->token.at, 0);
        do {
            if (!cf_node_add(c, w->partition, cf_parse_value(c))) return NULL;
        } while (cf_take_symbol(c, ","));
    }
    if (cf_take_word(c, CF_WORD_ORDER) &&
        (!cf_expect_word(c, CF_WORD_BY, "'by'") || !cf_parse_orders(c, &w->orders, &w->order_count)))
        return NULL;
    return c->code == CF_OK && cf_expect_symbol(c, ")", "'partition by', 'order by' or ')'") ? w : NULL;
}

/* cast(value as type), behind the parenthesis. */
static cf_node *parse_cast(cf_compiler *c, cf_node *n)
{
    n->op = CF_OP_CAST;
    if (!cf_node_add(c, n, cf_parse_expression(c)) || !cf_expect_word(c, CF_WORD_AS, "'as'")) return NULL;
    cf_node *type = parse_name(c);
    if (!type) return NULL;
    n->text = type->text;
    n->size = type->size;
    return cf_expect_symbol(c, ")", "')'") ? n : NULL;
}

/* name(...), behind the parenthesis. */
static cf_node *parse_call(cf_compiler *c, cf_node *n, cf_word word)
{
    if (word == CF_WORD_CAST) return parse_cast(c, n);
    if (word == CF_WORD_EXISTS) return parse_subquery(c, CF_OP_EXISTS, n->at);
    n->op = CF_OP_CALL;
    if (cf_is_symbol(c, "*")) {
        if (!cf_node_add(c, n, parse_leaf(c, CF_OP_STAR)) || !cf_expect_symbol(c, ")", "')'")) return NULL;
    } else {
        n->distinct = cf_take_word(c, CF_WORD_DISTINCT);
        if (!parse_list(c, n)) return NULL;
    }
    if (cf_is_word(c, CF_WORD_OVER) && cf_lex(c) && !(n->window = parse_window(c))) return NULL;
    return c->code == CF_OK ? n : NULL;
}

static cf_node *parse_named(cf_compiler *c)
{
    cf_word  word = c->token.word;
    cf_node *n = parse_leaf(c, CF_OP_COLUMN);
    if (!n) return NULL;
    if (cf_take_symbol(c, "(")) return parse_call(c, n, word);
    return cf_is_symbol(c, ".") ? parse_rest_of_path(c, n) : c->code == CF_OK ? n : NULL;
}

static cf_node *parse_case(cf_compiler *c)
{
    cf_node *n = cf_node_new(c, CF_OP_CASE, c->token.at, 0);
    if (!n || !cf_lex(c)) return NULL;
    if (!cf_is_word(c, CF_WORD_WHEN)) {
        n->simple = true;
        if (!cf_node_add(c, n, cf_parse_value(c))) return NULL;
    }
    if (!cf_is_word(c, CF_WORD_WHEN)) return cf_unexpected(c, "'when'");
    while (cf_take_word(c, CF_WORD_WHEN)) {
        if (!cf_node_add(c, n, cf_parse_expression(c)) || !cf_expect_word(c, CF_WORD_THEN, "'then'") ||
            !cf_node_add(c, n, cf_parse_expression(c)))
            return NULL;
    }
    if (cf_take_word(c, CF_WORD_ELSE)) {
        n->negated = true;
        if (!cf_node_add(c, n, cf_parse_expression(c))) return NULL;
    }
    return cf_expect_word(c, CF_WORD_END, "'end'") ? n : NULL;
}

static cf_node *parse_word_value(cf_compiler *c)
{
    switch (c->token.word) {
    case CF_WORD_TRUE: return parse_leaf(c, CF_OP_TRUE);
    case CF_WORD_FALSE: return parse_leaf(c, CF_OP_FALSE);
    case CF_WORD_NULL: return parse_leaf(c, CF_OP_NULL);
    case CF_WORD_CASE: return parse_case(c);
    default: return cf_unexpected(c, "a value");
    }
}

static cf_node *parse_parentheses(cf_compiler *c)
{
    size_t at = c->token.at;
    if (!cf_take_symbol(c, "(")) return cf_unexpected(c, "a value");
    if (begins_select(c)) return parse_subquery(c, CF_OP_SELECT, at);
    cf_node *n = cf_parse_expression(c);
    return n && cf_expect_symbol(c, ")", "')'") ? n : NULL;
}

static cf_node *parse_primary(cf_compiler *c)
{
    switch (c->token.kind) {
    case CF_TOKEN_NAME: return parse_named(c);
    case CF_TOKEN_NUMBER: {
        bool whole = !memchr(c->token.text, '.', c->token.size) && !memchr(c->token.text, 'e', c->token.size) &&
                     !memchr(c->token.text, 'E', c->token.size);
        return parse_leaf(c, whole ? CF_OP_INTEGER : CF_OP_NUMBER);
    }
    case CF_TOKEN_TEXT: return parse_text(c);
    case CF_TOKEN_PARAMETER: return parse_leaf(c, CF_OP_PARAMETER);
    case CF_TOKEN_WORD: return parse_word_value(c);
    default: return parse_parentheses(c);
    }
}

/* ---- operators --------------------------------------------------------------------------------- */

cf_node *cf_parse_unary(cf_compiler *c)
{
    size_t at = c->token.at;
    if (!cf_parse_deeper(c)) return NULL;
    cf_node *n = cf_take_symbol(c, "-") ? prefix(c, CF_OP_NEGATE, at, cf_parse_unary(c))
                 : c->code == CF_OK     ? parse_primary(c)
                                        : NULL;
    c->depth--;
    return n;
}

typedef struct operation {
    const char *symbol;
    cf_op       op;
} operation;

/* The operator that stands here, or NULL; it is taken. */
static const operation *take_operator(cf_compiler *c, const operation *operators, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cf_take_symbol(c, operators[i].symbol)) return &operators[i];
    return NULL;
}

static cf_node *parse_product(cf_compiler *c)
{
    static const operation operators[] = {{"*", CF_OP_MULTIPLY}, {"/", CF_OP_DIVIDE}, {"%", CF_OP_REMAINDER}};
    cf_node               *n = cf_parse_unary(c);
    const operation       *o;
    for (size_t at = c->token.at; n && (o = take_operator(c, operators, 3)); at = c->token.at)
        n = binary(c, o->op, at, n, cf_parse_unary(c));
    return c->code == CF_OK ? n : NULL;
}

cf_node *cf_parse_value(cf_compiler *c)
{
    static const operation operators[] = {{"+", CF_OP_ADD}, {"-", CF_OP_SUBTRACT}, {"||", CF_OP_CONCAT}};
    cf_node               *n = parse_product(c);
    const operation       *o;
    for (size_t at = c->token.at; n && (o = take_operator(c, operators, 3)); at = c->token.at)
        n = binary(c, o->op, at, n, parse_product(c));
    return c->code == CF_OK ? n : NULL;
}

static cf_node *parse_is(cf_compiler *c, cf_node *left, size_t at)
{
    bool negated = cf_take_word(c, CF_WORD_NOT);
    if (cf_take_word(c, CF_WORD_DISTINCT)) {
        cf_node *n = cf_expect_word(c, CF_WORD_FROM, "'from'")
                         ? binary(c, CF_OP_DISTINCT_FROM, at, left, cf_parse_value(c))
                         : NULL;
        if (n) n->negated = negated;
        return n;
    }
    if (!cf_expect_word(c, CF_WORD_NULL, "'null'")) return NULL;
    return prefix(c, negated ? CF_OP_IS_NOT_NULL : CF_OP_IS_NULL, at, left);
}

static cf_node *parse_in(cf_compiler *c, cf_node *left, size_t at)
{
    if (!cf_expect_symbol(c, "(", "'('")) return NULL;
    cf_node *n = begins_select(c) ? parse_subquery(c, CF_OP_IN, at) : cf_node_new(c, CF_OP_IN, at, 0);
    if (!cf_node_add(c, n, left)) return NULL;
    return n->select || parse_list(c, n) ? n : NULL;
}

static cf_node *parse_between(cf_compiler *c, cf_node *left, size_t at)
{
    cf_node *n = cf_node_new(c, CF_OP_BETWEEN, at, 3);
    if (!n) return NULL;
    n->items[0] = left;
    n->items[1] = cf_parse_value(c);
    if (!n->items[1] || !cf_expect_word(c, CF_WORD_AND, "'and'")) return NULL;
    n->items[2] = cf_parse_value(c);
    return n->items[2] ? n : NULL;
}

static cf_node *parse_like(cf_compiler *c, cf_op op, cf_node *left, size_t at)
{
    cf_node *n = cf_node_new(c, op, at, 0);
    if (!cf_node_add(c, n, left) || !cf_node_add(c, n, cf_parse_value(c))) return NULL;
    if (cf_take_word(c, CF_WORD_ESCAPE) && !cf_node_add(c, n, cf_parse_unary(c))) return NULL;
    return c->code == CF_OK ? n : NULL;
}

/* starts with, ends with */
static cf_node *parse_part(cf_compiler *c, cf_op op, cf_node *left, size_t at)
{
    if (op != CF_OP_CONTAINS && !cf_expect_word(c, CF_WORD_WITH, "'with'")) return NULL;
    return binary(c, op, at, left, cf_parse_value(c));
}

/* What may follow a value: a comparison, or a test that `not` may stand before. */
static cf_node *parse_predicate(cf_compiler *c)
{
    static const operation comparisons[] = {{"=", CF_OP_EQ},  {"<>", CF_OP_NE}, {"!=", CF_OP_NE}, {"<=", CF_OP_LE},
                                            {">=", CF_OP_GE}, {"<", CF_OP_LT},  {">", CF_OP_GT}};
    cf_node               *left = cf_parse_value(c);
    size_t                 at = c->token.at;
    if (!left) return NULL;
    const operation *o = take_operator(c, comparisons, sizeof comparisons / sizeof *comparisons);
    if (o) return binary(c, o->op, at, left, cf_parse_value(c));
    if (cf_take_word(c, CF_WORD_IS)) return parse_is(c, left, at);
    bool     negated = cf_take_word(c, CF_WORD_NOT);
    cf_node *n = left;
    if (cf_take_word(c, CF_WORD_IN)) n = parse_in(c, left, at);
    else if (cf_take_word(c, CF_WORD_BETWEEN)) n = parse_between(c, left, at);
    else if (cf_take_word(c, CF_WORD_LIKE)) n = parse_like(c, CF_OP_LIKE, left, at);
    else if (cf_take_word(c, CF_WORD_ILIKE)) n = parse_like(c, CF_OP_ILIKE, left, at);
    else if (cf_take_word(c, CF_WORD_STARTS)) n = parse_part(c, CF_OP_STARTS, left, at);
    else if (cf_take_word(c, CF_WORD_ENDS)) n = parse_part(c, CF_OP_ENDS, left, at);
    else if (cf_take_word(c, CF_WORD_CONTAINS)) n = parse_part(c, CF_OP_CONTAINS, left, at);
    else if (negated) return cf_unexpected(c, "'in', 'between' or 'like'");
    if (c->code != CF_OK) return NULL;
    if (n && negated) n->negated = true;
    return n;
}

static cf_node *parse_not(cf_compiler *c)
{
    size_t at = c->token.at;
    if (!cf_take_word(c, CF_WORD_NOT)) return c->code == CF_OK ? parse_predicate(c) : NULL;
    if (!cf_parse_deeper(c)) return NULL;
    cf_node *n = prefix(c, CF_OP_NOT, at, parse_not(c));
    c->depth--;
    return n;
}

static cf_node *parse_and(cf_compiler *c)
{
    cf_node *n = parse_not(c);
    for (size_t at = c->token.at; n && cf_take_word(c, CF_WORD_AND); at = c->token.at)
        n = binary(c, CF_OP_AND, at, n, parse_not(c));
    return c->code == CF_OK ? n : NULL;
}

cf_node *cf_parse_expression(cf_compiler *c)
{
    if (!cf_parse_deeper(c)) return NULL;
    cf_node *n = parse_and(c);
    for (size_t at = c->token.at; n && cf_take_word(c, CF_WORD_OR); at = c->token.at)
        n = binary(c, CF_OP_OR, at, n, parse_and(c));
    c->depth--;
    return c->code == CF_OK ? n : NULL;
}
