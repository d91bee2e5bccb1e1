/* Recursive descent over the query language, by SQL's precedence. */
#include "orm/ast.h"

#include "base/text.h"

#include <string.h>

#define MOST_ITEMS 1000

static cf_node *parse_or(cf_compiler *c);
static cf_node *parse_sum(cf_compiler *c);

static bool is_word(const cf_compiler *c, cf_word word)
{
    return c->token.kind == CF_TOKEN_WORD && c->token.word == word;
}

static bool is_symbol(const cf_compiler *c, const char *symbol)
{
    return c->token.kind == CF_TOKEN_SYMBOL && strcmp(c->token.symbol, symbol) == 0;
}

static bool take_word(cf_compiler *c, cf_word word)
{
    return is_word(c, word) && cf_lex(c);
}

static bool take_symbol(cf_compiler *c, const char *symbol)
{
    return is_symbol(c, symbol) && cf_lex(c);
}

static void *unexpected(cf_compiler *c, const char *wanted)
{
    if (c->token.kind == CF_TOKEN_END)
        return cf_compiler_fail(c, CF_ERR_SYNTAX, c->token.at, "the query ends where %s should stand", wanted);
    return cf_compiler_fail(c, CF_ERR_SYNTAX, c->token.at, "'%.*s' stands where %s should", (int)c->token.size,
                            c->text + c->token.at, wanted);
}

static bool expect_symbol(cf_compiler *c, const char *symbol, const char *wanted)
{
    if (take_symbol(c, symbol)) return true;
    if (c->code == CF_OK) unexpected(c, wanted);
    return false;
}

static bool expect_word(cf_compiler *c, cf_word word, const char *wanted)
{
    if (take_word(c, word)) return true;
    if (c->code == CF_OK) unexpected(c, wanted);
    return false;
}

static cf_node *make(cf_compiler *c, cf_op op, size_t at, size_t items)
{
    cf_node *n = cf_arena_alloc(c->arena, sizeof *n);
    if (n && items) n->items = cf_arena_array(c->arena, items, sizeof *n->items);
    if (!n || (items && !n->items)) return cf_compiler_fail(c, CF_ERR_MEMORY, at, "out of memory");
    n->op = (uint8_t)op;
    n->at = (uint32_t)at;
    n->count = items;
    return n;
}

static cf_node *binary(cf_compiler *c, cf_op op, size_t at, cf_node *left, cf_node *right)
{
    cf_node *n = left && right ? make(c, op, at, 2) : NULL;
    if (!n) return NULL;
    n->items[0] = left;
    n->items[1] = right;
    return n;
}

/* Adds an item; the array doubles. */
static bool add_item(cf_compiler *c, cf_node *n, cf_node *item)
{
    if (!item) return false;
    if (n->count == MOST_ITEMS)
        return cf_compiler_fail(c, CF_ERR_LIMIT, n->at, "more than %d values", MOST_ITEMS) != NULL;
    if ((n->count & (n->count - 1)) == 0) {
        cf_node **items = cf_arena_array(c->arena, n->count ? n->count * 2 : 1, sizeof *items);
        if (!items) return cf_compiler_fail(c, CF_ERR_MEMORY, n->at, "out of memory") != NULL;
        if (n->count) memcpy(items, n->items, n->count * sizeof *items);
        n->items = items;
    }
    n->items[n->count++] = item;
    return true;
}

/* `(a, b, ...)` after the opening parenthesis. */
static bool parse_list(cf_compiler *c, cf_node *n)
{
    if (take_symbol(c, ")")) return true;
    do {
        if (!add_item(c, n, parse_or(c))) return false;
    } while (take_symbol(c, ","));
    return expect_symbol(c, ")", "',' or ')'");
}

static cf_node *parse_text(cf_compiler *c)
{
    cf_token t = c->token;
    cf_node *n = make(c, CF_OP_TEXT, t.at, 0);
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
    cf_node *n = make(c, op, c->token.at, 0);
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

/* first.second...: the names become the path's items. */
static cf_node *parse_path(cf_compiler *c, cf_node *first)
{
    cf_node *path = make(c, CF_OP_PATH, first->at, 0);
    if (!path || !add_item(c, path, first)) return NULL;
    while (take_symbol(c, ".")) {
        if (c->token.kind != CF_TOKEN_NAME) return unexpected(c, "a name");
        if (path->count == CF_MOST_JOINS)
            return cf_compiler_fail(c, CF_ERR_LIMIT, path->at, "a path has at most %d names", CF_MOST_JOINS);
        if (!add_item(c, path, parse_leaf(c, CF_OP_COLUMN))) return NULL;
    }
    return c->code == CF_OK ? path : NULL;
}

static cf_node *parse_name(cf_compiler *c)
{
    cf_node *n = parse_leaf(c, CF_OP_COLUMN);
    if (!n) return NULL;
    if (take_symbol(c, "(")) {
        n->op = CF_OP_CALL;
        return parse_list(c, n) ? n : NULL;
    }
    return is_symbol(c, ".") ? parse_path(c, n) : c->code == CF_OK ? n : NULL;
}

static cf_node *parse_case(cf_compiler *c)
{
    cf_node *n = make(c, CF_OP_CASE, c->token.at, 0);
    if (!n || !cf_lex(c)) return NULL;
    if (!is_word(c, CF_WORD_WHEN)) return unexpected(c, "'when'");
    while (take_word(c, CF_WORD_WHEN)) {
        if (!add_item(c, n, parse_or(c)) || !expect_word(c, CF_WORD_THEN, "'then'") || !add_item(c, n, parse_or(c)))
            return NULL;
    }
    if (take_word(c, CF_WORD_ELSE)) {
        n->negated = true;
        if (!add_item(c, n, parse_or(c))) return NULL;
    }
    return expect_word(c, CF_WORD_END, "'end'") ? n : NULL;
}

static cf_node *parse_word_value(cf_compiler *c)
{
    switch (c->token.word) {
    case CF_WORD_TRUE: return parse_leaf(c, CF_OP_TRUE);
    case CF_WORD_FALSE: return parse_leaf(c, CF_OP_FALSE);
    case CF_WORD_NULL: return parse_leaf(c, CF_OP_NULL);
    case CF_WORD_CASE: return parse_case(c);
    default: return unexpected(c, "a value");
    }
}

static cf_node *parse_primary(cf_compiler *c)
{
    switch (c->token.kind) {
    case CF_TOKEN_NAME: return parse_name(c);
    case CF_TOKEN_NUMBER: {
        bool whole = !memchr(c->token.text, '.', c->token.size) && !memchr(c->token.text, 'e', c->token.size) &&
                     !memchr(c->token.text, 'E', c->token.size);
        return parse_leaf(c, whole ? CF_OP_INTEGER : CF_OP_NUMBER);
    }
    case CF_TOKEN_TEXT: return parse_text(c);
    case CF_TOKEN_PARAMETER: return parse_leaf(c, CF_OP_PARAMETER);
    case CF_TOKEN_WORD: return parse_word_value(c);
    default: break;
    }
    if (!take_symbol(c, "(")) return c->code == CF_OK ? unexpected(c, "a value") : NULL;
    cf_node *n = parse_or(c);
    return n && expect_symbol(c, ")", "')'") ? n : NULL;
}

static cf_node *parse_unary(cf_compiler *c)
{
    if (c->depth >= CF_MOST_QUERY_DEPTH)
        return cf_compiler_fail(c, CF_ERR_LIMIT, c->token.at, "nested more than %d deep", CF_MOST_QUERY_DEPTH);
    size_t   at = c->token.at;
    cf_node *n = NULL;
    c->depth++;
    if (take_symbol(c, "-")) {
        cf_node *inner = parse_unary(c);
        n = inner ? make(c, CF_OP_NEGATE, at, 1) : NULL;
        if (n) n->items[0] = inner;
    } else if (c->code == CF_OK) {
        n = parse_primary(c);
    }
    c->depth--;
    return n;
}

static cf_node *parse_product(cf_compiler *c)
{
    static const struct {
        const char *symbol;
        cf_op       op;
    } operators[] = {{"*", CF_OP_MULTIPLY}, {"/", CF_OP_DIVIDE}, {"%", CF_OP_REMAINDER}};
    cf_node *n = parse_unary(c);
    for (size_t i = 0; n && i < 3;) {
        size_t at = c->token.at;
        if (!take_symbol(c, operators[i].symbol)) {
            i++;
            continue;
        }
        n = binary(c, operators[i].op, at, n, parse_unary(c));
        i = 0;
    }
    return c->code == CF_OK ? n : NULL;
}

static cf_node *parse_sum(cf_compiler *c)
{
    static const struct {
        const char *symbol;
        cf_op       op;
    } operators[] = {{"+", CF_OP_ADD}, {"-", CF_OP_SUBTRACT}, {"||", CF_OP_CONCAT}};
    cf_node *n = parse_product(c);
    for (size_t i = 0; n && i < 3;) {
        size_t at = c->token.at;
        if (!take_symbol(c, operators[i].symbol)) {
            i++;
            continue;
        }
        n = binary(c, operators[i].op, at, n, parse_product(c));
        i = 0;
    }
    return c->code == CF_OK ? n : NULL;
}

static cf_node *parse_is(cf_compiler *c, cf_node *left, size_t at)
{
    bool     negated = take_word(c, CF_WORD_NOT);
    cf_node *n =
        expect_word(c, CF_WORD_NULL, "'null'") ? make(c, negated ? CF_OP_IS_NOT_NULL : CF_OP_IS_NULL, at, 1) : NULL;
    if (n) n->items[0] = left;
    return n;
}

static cf_node *parse_in(cf_compiler *c, cf_node *left, size_t at)
{
    cf_node *n = make(c, CF_OP_IN, at, 0);
    if (!n || !add_item(c, n, left) || !expect_symbol(c, "(", "'('")) return NULL;
    return parse_list(c, n) ? n : NULL;
}

static cf_node *parse_between(cf_compiler *c, cf_node *left, size_t at)
{
    cf_node *n = make(c, CF_OP_BETWEEN, at, 3);
    if (!n) return NULL;
    n->items[0] = left;
    n->items[1] = parse_sum(c);
    if (!n->items[1] || !expect_word(c, CF_WORD_AND, "'and'")) return NULL;
    n->items[2] = parse_sum(c);
    return n->items[2] ? n : NULL;
}

static cf_node *parse_like(cf_compiler *c, cf_op op, cf_node *left, size_t at)
{
    cf_node *n = make(c, op, at, 0);
    if (!n || !add_item(c, n, left) || !add_item(c, n, parse_sum(c))) return NULL;
    if (take_word(c, CF_WORD_ESCAPE) && !add_item(c, n, parse_unary(c))) return NULL;
    return c->code == CF_OK ? n : NULL;
}

/* What may follow a value: a comparison, or a test that `not` may stand before. */
static cf_node *parse_predicate(cf_compiler *c)
{
    static const struct {
        const char *symbol;
        cf_op       op;
    } comparisons[] = {{"=", CF_OP_EQ},  {"<>", CF_OP_NE}, {"!=", CF_OP_NE}, {"<=", CF_OP_LE},
                       {">=", CF_OP_GE}, {"<", CF_OP_LT},  {">", CF_OP_GT}};
    cf_node *left = parse_sum(c);
    size_t   at = c->token.at;
    if (!left) return NULL;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (take_symbol(c, comparisons[i].symbol)) return binary(c, comparisons[i].op, at, left, parse_sum(c));
    if (take_word(c, CF_WORD_IS)) return parse_is(c, left, at);
    bool     negated = take_word(c, CF_WORD_NOT);
    cf_node *n = left;
    if (take_word(c, CF_WORD_IN)) n = parse_in(c, left, at);
    else if (take_word(c, CF_WORD_BETWEEN)) n = parse_between(c, left, at);
    else if (take_word(c, CF_WORD_LIKE)) n = parse_like(c, CF_OP_LIKE, left, at);
    else if (take_word(c, CF_WORD_ILIKE)) n = parse_like(c, CF_OP_ILIKE, left, at);
    else if (negated && c->code == CF_OK) return unexpected(c, "'in', 'between' or 'like'");
    if (c->code != CF_OK) return NULL;
    if (n && negated) n->negated = true;
    return n;
}

static cf_node *parse_not(cf_compiler *c)
{
    size_t at = c->token.at;
    if (!take_word(c, CF_WORD_NOT)) return c->code == CF_OK ? parse_predicate(c) : NULL;
    if (c->depth >= CF_MOST_QUERY_DEPTH)
        return cf_compiler_fail(c, CF_ERR_LIMIT, at, "nested more than %d deep", CF_MOST_QUERY_DEPTH);
    c->depth++;
    cf_node *inner = parse_not(c), *n = inner ? make(c, CF_OP_NOT, at, 1) : NULL;
    c->depth--;
    if (n) n->items[0] = inner;
    return n;
}

static cf_node *parse_and(cf_compiler *c)
{
    cf_node *n = parse_not(c);
    for (size_t at = c->token.at; n && take_word(c, CF_WORD_AND); at = c->token.at)
        n = binary(c, CF_OP_AND, at, n, parse_not(c));
    return c->code == CF_OK ? n : NULL;
}

static cf_node *parse_or(cf_compiler *c)
{
    if (c->depth >= CF_MOST_QUERY_DEPTH)
        return cf_compiler_fail(c, CF_ERR_LIMIT, c->token.at, "nested more than %d deep", CF_MOST_QUERY_DEPTH);
    c->depth++;
    cf_node *n = parse_and(c);
    for (size_t at = c->token.at; n && take_word(c, CF_WORD_OR); at = c->token.at)
        n = binary(c, CF_OP_OR, at, n, parse_and(c));
    c->depth--;
    return c->code == CF_OK ? n : NULL;
}

static bool parse_order(cf_compiler *c, cf_query_tree *tree)
{
    cf_order orders[32];
    do {
        cf_order *o = &orders[tree->order_count];
        if (tree->order_count == 32)
            return cf_compiler_fail(c, CF_ERR_LIMIT, c->token.at, "more than 32 terms in order by") != NULL;
        *o = (cf_order){.node = parse_sum(c)};
        if (!o->node) return false;
        if (take_word(c, CF_WORD_DESC)) o->descending = true;
        else take_word(c, CF_WORD_ASC);
        if (take_word(c, CF_WORD_NULLS)) {
            if (take_word(c, CF_WORD_FIRST)) o->nulls = 1;
            else if (expect_word(c, CF_WORD_LAST, "'first' or 'last'")) o->nulls = -1;
        }
        tree->order_count++;
    } while (c->code == CF_OK && take_symbol(c, ","));
    if (c->code != CF_OK) return false;
    tree->orders = cf_arena_array(c->arena, tree->order_count, sizeof *tree->orders);
    if (!tree->orders) return cf_compiler_fail(c, CF_ERR_MEMORY, 0, "out of memory") != NULL;
    memcpy(tree->orders, orders, tree->order_count * sizeof *orders);
    return true;
}

static bool parse_clauses(cf_compiler *c, cf_query_tree *tree)
{
    if (take_word(c, CF_WORD_ORDER) && (!expect_word(c, CF_WORD_BY, "'by'") || !parse_order(c, tree))) return false;
    if (take_word(c, CF_WORD_LIMIT) && !(tree->limit = parse_unary(c))) return false;
    if (take_word(c, CF_WORD_OFFSET) && !(tree->offset = parse_unary(c))) return false;
    if (c->code != CF_OK) return false;
    if (c->token.kind != CF_TOKEN_END)
        unexpected(c, tree->where ? "'and', 'or', 'order by', 'limit' or the end" : "'order by', 'limit' or the end");
    return c->code == CF_OK;
}

cf_query_tree *cf_parse(cf_compiler *c)
{
    if (c->size > CF_MOST_QUERY_BYTES)
        return cf_compiler_fail(c, CF_ERR_LIMIT, 0, "a query has at most %d bytes", CF_MOST_QUERY_BYTES);
    cf_query_tree *tree = cf_arena_alloc(c->arena, sizeof *tree);
    if (!tree) return cf_compiler_fail(c, CF_ERR_MEMORY, 0, "out of memory");
    if (!cf_lex(c)) return NULL;
    if (take_word(c, CF_WORD_ALL)) tree->all = true;
    else if (c->code == CF_OK && c->token.kind != CF_TOKEN_END && !is_word(c, CF_WORD_ORDER) &&
             !is_word(c, CF_WORD_LIMIT) && !is_word(c, CF_WORD_OFFSET) && !(tree->where = parse_or(c)))
        return NULL;
    if (c->code != CF_OK || !parse_clauses(c, tree)) return NULL;
    tree->parameters = c->parameter_count;
    return tree;
}
