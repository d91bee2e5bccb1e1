/* Tokens and syntax trees of templates. */
#ifndef CARAFE_TEMPLATE_SYNTAX_H
#define CARAFE_TEMPLATE_SYNTAX_H

#include <carafe/template.h>

/* A name of which the environment keeps one copy, so that equal names are equal pointers. */
typedef struct cf_t_name {
    const char *text; /* NUL-terminated */
    uint32_t    size;
    uint64_t    hash; /* cf_hash() of the text */
} cf_t_name;

/** The one copy of a name; NULL when out of memory. Thread-safe. */
const cf_t_name *cf_t_intern(cf_templates *env, const char *text, size_t size);

/* ---- tokens --------------------------------------------------------------------------------- */

typedef enum cf_t_token_type {
    T_EOF,
    T_DATA,
    T_VARIABLE_BEGIN,
    T_VARIABLE_END,
    T_BLOCK_BEGIN,
    T_BLOCK_END,
    T_NAME,
    T_STRING,
    T_INTEGER,
    T_FLOAT,
    T_ADD,
    T_SUB,
    T_MUL,
    T_DIV,
    T_FLOORDIV,
    T_MOD,
    T_POW,
    T_TILDE,
    T_EQ,
    T_NE,
    T_GT,
    T_GTEQ,
    T_LT,
    T_LTEQ,
    T_ASSIGN,
    T_DOT,
    T_COLON,
    T_PIPE,
    T_COMMA,
    T_SEMICOLON,
    T_LPAREN,
    T_RPAREN,
    T_LBRACKET,
    T_RBRACKET,
    T_LBRACE,
    T_RBRACE
} cf_t_token_type;

typedef struct cf_t_token {
    cf_t_token_type  type;
    int              line;
    const cf_t_name *name;  /* T_NAME */
    cf_value         value; /* text of T_DATA and T_STRING, numbers; digits of large T_INTEGER as CF_TEXT */
} cf_t_token;

typedef struct cf_t_tokens {
    cf_t_token *items;
    size_t      count, capacity;
} cf_t_tokens;

/* A text with its length. */
typedef struct cf_t_text {
    const char *text;
    size_t      size;
} cf_t_text;

/** Cut a template into tokens; the last one is T_EOF. `name` is for messages. */
bool cf_t_lex(cf_templates *env, cf_arena *arena, const char *name, const char *source, size_t size, cf_t_tokens *out,
              cf_error *error);

/** The name of a token type, such as "block_end" or "," for messages. */
const char *cf_t_token_name(cf_t_token_type type);

/** Record a TemplateSyntaxError; returns false. */
bool cf_t_syntax_error(cf_error *error, const char *file, int line, const char *format, ...) CF_PRINTF(4, 5);

/* ---- syntax tree ---------------------------------------------------------------------------- */

typedef enum cf_t_kind {
    /* expressions */
    N_CONST,
    N_NAME,
    N_NSREF,
    N_TUPLE,
    N_LIST,
    N_DICT,
    N_GETATTR,
    N_GETITEM,
    N_SLICE,
    N_CALL,
    N_FILTER,
    N_TEST,
    N_BINARY,
    N_UNARY,
    N_COMPARE,
    N_AND,
    N_OR,
    N_NOT,
    N_CONDITION,
    N_CONCAT,
    N_MARKUP,
    /* statements */
    N_OUTPUT,
    N_DATA,
    N_FOR,
    N_IF,
    N_MACRO,
    N_CALL_BLOCK,
    N_FILTER_BLOCK,
    N_WITH,
    N_SET,
    N_SET_BLOCK,
    N_BLOCK,
    N_EXTENDS,
    N_INCLUDE,
    N_IMPORT,
    N_FROM,
    N_AUTOESCAPE,
    N_SCOPE,
    N_DO,
    N_BREAK,
    N_CONTINUE,
    N_TRANS,
    N_TEMPLATE
} cf_t_kind;

typedef struct cf_t_node cf_t_node;

typedef struct cf_t_nodes {
    cf_t_node **items;
    uint32_t    count, capacity;
} cf_t_nodes;

/* How a name is used. */
enum { CF_T_LOAD, CF_T_STORE, CF_T_PARAM };

/*
 * One shape for all nodes. Which members count is said beside the kind:
 *   N_CONST value          N_NAME name, context       N_NSREF name, name2
 *   N_TUPLE N_LIST items   N_DICT items (key, value, key, value ...)
 *   N_GETATTR a.name       N_GETITEM a[b]             N_SLICE a:b:c (each may be NULL)
 *   N_CALL a(items, named: names with items2, *b, **c)
 *   N_FILTER N_TEST name, a (NULL in filter blocks), items, names with items2, b, c
 *   N_BINARY op: a op b    N_UNARY op: a              N_COMPARE a, items with ops
 *   N_AND N_OR a b         N_NOT a                    N_CONDITION b if a else c
 *   N_CONCAT items         N_MARKUP a                 N_OUTPUT items
 *   N_DATA value           N_FOR for a in b if c: items else items2, flag: recursive
 *   N_IF a: items; elif: items2 (N_IF nodes); else: items3
 *   N_MACRO name, params with defaults (items2), items
 *   N_CALL_BLOCK a: call, params, items2: defaults, items
 *   N_FILTER_BLOCK a: filter, items                   N_WITH params = items2, items
 *   N_SET a = b            N_SET_BLOCK a, b: filter or NULL, items
 *   N_BLOCK name, items, flag: scoped, flag2: required
 *   N_EXTENDS a            N_INCLUDE a, flag: with context, flag2: ignore missing
 *   N_IMPORT a, name, flag: with context
 *   N_FROM a, names with aliases, flag: with context
 *   N_AUTOESCAPE a, items  N_SCOPE items              N_DO a
 *   N_TRANS items: message, items2: plural, b: message context, names with items3: variables, op: which counts + 1
 */
struct cf_t_node {
    cf_t_kind         kind;
    int               line;
    uint8_t           context, op;
    bool              flag, flag2;
    cf_t_node        *a, *b, *c;
    const cf_t_name  *name, *name2;
    cf_t_nodes        items, items2, items3, params;
    const cf_t_name **names, **aliases;
    uint8_t          *ops;
    uint32_t          name_count;
    cf_value          value;
};

/* Comparison operators, in N_COMPARE's ops. */
enum { CF_T_EQ, CF_T_NE, CF_T_LT, CF_T_LE, CF_T_GT, CF_T_GE, CF_T_IN, CF_T_NOT_IN };

typedef struct cf_t_parser {
    cf_templates     *env;
    cf_arena         *arena;
    cf_error         *error;
    const char       *file;
    const cf_t_token *tokens; /* ends with T_EOF */
    size_t            at;
    unsigned          depth;
    /* What statements are open, innermost last, and which tags would end them. */
    const char        *open[256];
    const char *const *ends[256];
    unsigned           open_count, end_count;
} cf_t_parser;

/* A statement by the word it begins with. */
typedef struct cf_t_statement {
    const char *name;
    cf_t_node *(*parse)(cf_t_parser *p, int line); /* behind the word */
    unsigned extension;                            /* 0: always there */
} cf_t_statement;

extern const cf_t_statement cf_t_statement_rows[]; /* ends with a NULL name */

/** Parse a template; NULL with the error set. The tree lives in `arena`. */
cf_t_node *cf_t_parse(cf_templates *env, cf_arena *arena, const char *name, const char *source, size_t size,
                      cf_error *error);

/* Parts of the parser. NULL or false: the error is set. */
cf_t_node        *cf_t_node_new(cf_t_parser *p, cf_t_kind kind, int line);
bool              cf_t_nodes_add(cf_t_parser *p, cf_t_nodes *nodes, cf_t_node *node);
const cf_t_token *cf_t_now(cf_t_parser *p);
const cf_t_token *cf_t_look(cf_t_parser *p);
const cf_t_token *cf_t_next(cf_t_parser *p);
bool              cf_t_is_name(const cf_t_token *token, const char *name);
bool              cf_t_skip_name(cf_t_parser *p, const char *name);
bool              cf_t_expect(cf_t_parser *p, cf_t_token_type type, const cf_t_token **out);
bool              cf_t_expect_name(cf_t_parser *p, const char *name);
bool              cf_t_enter(cf_t_parser *p, int line);
cf_t_node        *cf_t_parse_expression(cf_t_parser *p, bool with_condition);
cf_t_node        *cf_t_parse_primary(cf_t_parser *p);
cf_t_node        *cf_t_parse_tuple(cf_t_parser *p, bool simplified, bool with_condition, const char *extra_end,
                                   bool explicit_parentheses);
cf_t_node        *cf_t_parse_filter(cf_t_parser *p, cf_t_node *node, bool start_inline);
bool              cf_t_describe(const cf_t_token *token, char *out, size_t size);
cf_t_node        *cf_t_parse_trans(cf_t_parser *p, int line);
bool              cf_t_parse_until(cf_t_parser *p, const char *const *ends, bool drop, cf_t_nodes *out);

#endif
