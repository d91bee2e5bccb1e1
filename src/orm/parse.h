/* What the files of the parser share. */
#ifndef CARAFE_ORM_PARSE_H
#define CARAFE_ORM_PARSE_H

#include "orm/ast.h"

#include <string.h>

#define CF_MOST_ITEMS 1000 /* of a list */

static inline bool cf_is_word(const cf_compiler *c, cf_word word)
{
    return c->token.word == word;
}
static inline bool cf_is_symbol(const cf_compiler *c, const char *symbol)
{
    return c->token.kind == CF_TOKEN_SYMBOL && strcmp(c->token.symbol, symbol) == 0;
}
/* Take the word if it is the next one. */
static inline bool cf_take_word(cf_compiler *c, cf_word word)
{
    return cf_is_word(c, word) && cf_lex(c);
}
static inline bool cf_take_symbol(cf_compiler *c, const char *symbol)
{
    return cf_is_symbol(c, symbol) && cf_lex(c);
}

/* Say what stands where `wanted` should; NULL. */
void *cf_unexpected(cf_compiler *c, const char *wanted);
bool  cf_expect_symbol(cf_compiler *c, const char *symbol, const char *wanted);
bool  cf_expect_word(cf_compiler *c, cf_word word, const char *wanted);
/* The token after the next one. */
cf_token cf_peek(const cf_compiler *c);

/* A new node; NULL when out of memory. */
cf_node *cf_node_new(cf_compiler *c, cf_op op, size_t at, size_t items);
/* Adds an item to a node; false on a mistake, also when `item` is NULL. */
bool cf_node_add(cf_compiler *c, cf_node *n, cf_node *item);

/* ---- parse.c: all of them give NULL or false on a mistake ---- */

/* A condition or value: `or` binds least. */
cf_node *cf_parse_expression(cf_compiler *c);
/* A value: no comparison, no `and`. */
cf_node *cf_parse_value(cf_compiler *c);
/* A number or `?`, perhaps with a sign. */
cf_node *cf_parse_unary(cf_compiler *c);
/* name.name...: always a path, also of one name. */
cf_node *cf_parse_path(cf_compiler *c);
/* (name, ...) */
cf_node *cf_parse_names(cf_compiler *c);
/* One level deeper; the caller counts c->depth down again. */
bool cf_parse_deeper(cf_compiler *c);

/* ---- parse_select.c ---- */

/* select ... with all that may follow, within parentheses that the caller closes. */
cf_select *cf_parse_select(cf_compiler *c);
/* Expressions, each perhaps with `as NAME`. */
cf_node *cf_parse_select_list(cf_compiler *c);
/* What follows `order by`. */
bool cf_parse_orders(cf_compiler *c, cf_order **orders, size_t *count);
/* The tail of a statement that reads. */
bool cf_parse_query(cf_compiler *c, cf_query_tree *tree);

/* ---- parse_change.c ---- */

/* set ... where ... */
bool cf_parse_update(cf_compiler *c, cf_query_tree *tree);
bool cf_parse_delete(cf_compiler *c, cf_query_tree *tree);
/* on conflict ... do ... */
bool cf_parse_upsert(cf_compiler *c, cf_query_tree *tree);

#endif
