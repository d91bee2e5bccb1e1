/* The query language: words, tree, and what the steps over them share. docs/queries.md has the grammar. */
#ifndef CARAFE_ORM_AST_H
#define CARAFE_ORM_AST_H

#include "orm/mapper.h"

typedef struct cf_side cf_side;

#define CF_MOST_QUERY_BYTES 16384
#define CF_MOST_QUERY_DEPTH 100
#define CF_MOST_ARGUMENTS 32

typedef enum cf_token_kind {
    CF_TOKEN_END,
    CF_TOKEN_NAME,
    CF_TOKEN_WORD, /* a word of the language, in any case */
    CF_TOKEN_NUMBER,
    CF_TOKEN_TEXT, /* 'quoted' */
    CF_TOKEN_PARAMETER,
    CF_TOKEN_SYMBOL
} cf_token_kind;

typedef enum cf_word {
    CF_WORD_NONE,
    CF_WORD_ALL,
    CF_WORD_AND,
    CF_WORD_AS,
    CF_WORD_ASC,
    CF_WORD_BETWEEN,
    CF_WORD_BY,
    CF_WORD_CASE,
    CF_WORD_DESC,
    CF_WORD_ELSE,
    CF_WORD_END,
    CF_WORD_ESCAPE,
    CF_WORD_FALSE,
    CF_WORD_FIRST,
    CF_WORD_ILIKE,
    CF_WORD_IN,
    CF_WORD_IS,
    CF_WORD_LAST,
    CF_WORD_LIKE,
    CF_WORD_LIMIT,
    CF_WORD_NOT,
    CF_WORD_NULL,
    CF_WORD_NULLS,
    CF_WORD_OFFSET,
    CF_WORD_OR,
    CF_WORD_ORDER,
    CF_WORD_THEN,
    CF_WORD_TRUE,
    CF_WORD_WHEN
} cf_word;

typedef struct cf_token {
    cf_token_kind kind;
    cf_word       word;
    const char   *text;
    size_t        size;
    char          symbol[3]; /* "=", "<=", "||", ... */
    size_t        at;        /* byte offset in the query */
} cf_token;

typedef enum cf_op {
    CF_OP_COLUMN,
    CF_OP_PATH, /* items: the names; resolved it is a column of a joined table */
    CF_OP_PARAMETER,
    CF_OP_INTEGER,
    CF_OP_NUMBER, /* kept as text: emitted as written */
    CF_OP_TEXT,
    CF_OP_TRUE,
    CF_OP_FALSE,
    CF_OP_NULL,
    CF_OP_AND,
    CF_OP_OR,
    CF_OP_NOT,
    CF_OP_EQ,
    CF_OP_NE,
    CF_OP_LT,
    CF_OP_LE,
    CF_OP_GT,
    CF_OP_GE,
    CF_OP_IS_NULL,
    CF_OP_IS_NOT_NULL,
    CF_OP_LIKE, /* items: text, pattern, perhaps escape */
    CF_OP_ILIKE,
    CF_OP_BETWEEN, /* items: value, low, high */
    CF_OP_IN,      /* items: value, then the list */
    CF_OP_ADD,
    CF_OP_SUBTRACT,
    CF_OP_MULTIPLY,
    CF_OP_DIVIDE,
    CF_OP_REMAINDER,
    CF_OP_CONCAT,
    CF_OP_NEGATE,
    CF_OP_CALL, /* items: arguments */
    CF_OP_CASE, /* items: condition, value, ..., perhaps else; `negated`: there is an else */
    CF_OP_ANY,  /* related rows, in a scope of their own; items: perhaps a condition */
    CF_OP_ALL,
    CF_OP_NONE,
    CF_OP_AGGREGATE /* count, sum, min, max, avg of related rows; items: perhaps the column */
} cf_op;

typedef struct cf_function_row cf_function_row;

/* A table joined to follow a relationship to one. */
typedef struct cf_join {
    cf_side *side;
    uint8_t  from, alias;
    bool     outer; /* there may be none */
} cf_join;

#define CF_MOST_JOINS 16

/* Where names are looked up: the model of the query, or of the related rows that any() and its kin speak of. */
typedef struct cf_scope {
    struct cf_scope *outer;
    cf_mapper       *mapper;
    uint8_t          alias; /* tN */
    cf_join          joins[CF_MOST_JOINS];
    uint8_t          join_count;
} cf_scope;

typedef struct cf_node {
    uint8_t                op;
    uint8_t                kind;    /* cf_kind of the value once resolved; CF_UNDEFINED: not known */
    bool                   negated; /* NOT LIKE, NOT IN, NOT BETWEEN */
    bool                   nullable;
    uint16_t               parameter; /* CF_OP_PARAMETER: number from 0 */
    uint32_t               at;        /* where it stands in the text */
    uint32_t               size;      /* of the name, number or text */
    const char            *text;
    cf_attribute          *attribute; /* CF_OP_COLUMN */
    uint8_t                alias;     /* CF_OP_COLUMN: of which table; CF_OP_ANY and its kin: of the association */
    cf_side               *side;      /* CF_OP_ANY and its kin */
    cf_scope              *scope;     /* the same: of the related rows */
    const cf_function_row *function;
    struct cf_node       **items;
    size_t                 count;
} cf_node;

typedef struct cf_order {
    cf_node *node;
    bool     descending;
    int8_t   nulls; /* 1 first, -1 last, 0 as the database does */
} cf_order;

/* A parsed query. */
typedef struct cf_query_tree {
    cf_node  *where; /* NULL: none */
    bool      all;   /* the word "all" stands for the condition */
    cf_order *orders;
    size_t    order_count;
    cf_node  *limit, *offset;
    uint16_t  parameters; /* how many `?` there are */
    cf_scope *scope;
} cf_query_tree;

/* What the steps share, and where a mistake goes. */
typedef struct cf_compiler {
    cf_arena      *arena;
    const char    *text;
    size_t         size;
    cf_mapper     *mapper;
    cf_scope      *scope;                /* the innermost */
    uint8_t        aliases;              /* given so far */
    cf_mapper     *reads[CF_MOST_JOINS]; /* models besides the query's own whose tables it reads */
    uint8_t        read_count;
    const cf_site *site;           /* NULL for texts made at run time */
    const uint8_t *argument_kinds; /* NULL: not known */
    size_t         argument_count;
    int            verb;
    cf_attribute  *parameter_for[CF_MOST_ARGUMENTS]; /* the column a parameter is compared with, or NULL */
    uint8_t        parameter_kind[CF_MOST_ARGUMENTS];
    bool           parameter_list[CF_MOST_ARGUMENTS]; /* stands in `in (?)` alone */
    uint16_t       parameter_count;                   /* `?` met so far */
    cf_token       token;                             /* the parser's next one */
    size_t         at;
    int            depth;
    bool           secret; /* a column that no log may show was met */
    cf_code        code; /* CF_OK, or what is wrong */
    char           message[512];
    size_t         message_at;
} cf_compiler;

/* Record the first mistake, at byte `at` of the text; returns NULL for convenience. */
void *cf_compiler_fail(cf_compiler *c, cf_code code, size_t at, const char *format, ...) CF_PRINTF(4, 5);
/* "file:line: message\n  text\n  ^", into `out`. */
void cf_compiler_explain(const cf_compiler *c, char *out, size_t size);

/* The next word of the text into c->token; false on a mistake. */
bool cf_lex(cf_compiler *c);
/* Parse the whole text; NULL on a mistake. */
cf_query_tree *cf_parse(cf_compiler *c);
/* Find columns, check types and arguments; false on a mistake. */
bool cf_resolve(cf_compiler *c, cf_query_tree *tree);

/* ---- resolve.c and path.c ---- */
bool cf_resolve_node(cf_compiler *c, cf_node *n);
bool cf_resolve_want(cf_compiler *c, const cf_node *n, int kind, const char *where);
/* A column by a path over relationships to one, such as user.company.name. */
bool cf_resolve_path(cf_compiler *c, cf_node *n);
/* any, all, none, count, sum, min, max, avg of related rows. *mine: it is one of these. */
bool cf_resolve_related(cf_compiler *c, cf_node *n, bool *mine);
/* Say that the scope's model has no such name, with the nearest one; false. */
bool cf_resolve_unknown(cf_compiler *c, const cf_node *n, const cf_mapper *m, const char *text, size_t size);

/* What stands for a function of the language in each dialect. */
struct cf_function_row {
    const char *name;
    uint8_t     least, most;          /* arguments */
    uint8_t     argument;             /* kind of all arguments; CF_UNDEFINED: any */
    uint8_t     result;               /* CF_UNDEFINED: that of the first argument */
    const char *spelled[CF_DIALECTS]; /* name there; NULL: as here */
};
const cf_function_row *cf_function_find(const char *name, size_t size);
/* The nearest function name, or NULL. */
const char *cf_function_nearest(const char *name, size_t size);

#endif
