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
    CF_WORD_CAST,
    CF_WORD_CONFLICT,
    CF_WORD_CONTAINS,
    CF_WORD_CURRENT,
    CF_WORD_DESC,
    CF_WORD_DISTINCT,
    CF_WORD_DO,
    CF_WORD_ELSE,
    CF_WORD_END,
    CF_WORD_ENDS,
    CF_WORD_ESCAPE,
    CF_WORD_EXCEPT,
    CF_WORD_EXCLUDED,
    CF_WORD_EXISTS,
    CF_WORD_FALSE,
    CF_WORD_FIRST,
    CF_WORD_FOLLOWING,
    CF_WORD_FOR,
    CF_WORD_FROM,
    CF_WORD_GROUP,
    CF_WORD_HAVING,
    CF_WORD_ILIKE,
    CF_WORD_IN,
    CF_WORD_INNER,
    CF_WORD_INTERSECT,
    CF_WORD_IS,
    CF_WORD_JOIN,
    CF_WORD_LAST,
    CF_WORD_LEFT,
    CF_WORD_LIKE,
    CF_WORD_LIMIT,
    CF_WORD_LOAD,
    CF_WORD_LOCKED,
    CF_WORD_NOT,
    CF_WORD_NOTHING,
    CF_WORD_NOWAIT,
    CF_WORD_NULL,
    CF_WORD_NULLS,
    CF_WORD_OF,
    CF_WORD_OFFSET,
    CF_WORD_ON,
    CF_WORD_OR,
    CF_WORD_ORDER,
    CF_WORD_OUTER,
    CF_WORD_OVER,
    CF_WORD_PARTITION,
    CF_WORD_PRECEDING,
    CF_WORD_RAISE,
    CF_WORD_RANGE,
    CF_WORD_RECURSIVE,
    CF_WORD_RETURNING,
    CF_WORD_ROW,
    CF_WORD_ROWS,
    CF_WORD_SELECT,
    CF_WORD_SET,
    CF_WORD_SHARE,
    CF_WORD_SKIP,
    CF_WORD_STARTS,
    CF_WORD_THEN,
    CF_WORD_TRUE,
    CF_WORD_UNBOUNDED,
    CF_WORD_UNION,
    CF_WORD_UPDATE,
    CF_WORD_WHEN,
    CF_WORD_WHERE,
    CF_WORD_WITH
} cf_word;

typedef struct cf_token {
    cf_token_kind kind;
    cf_word       word; /* also of names that mean something in some places only */
    const char   *text;
    size_t        size;
    char          symbol[3]; /* "=", "<=", "||", ... */
    size_t        at;        /* byte offset in the query */
} cf_token;

typedef enum cf_op {
    CF_OP_COLUMN,
    CF_OP_PATH, /* items: the names; resolved it is a column of a joined table or of an enclosing query */
    CF_OP_PARAMETER,
    CF_OP_INTEGER,
    CF_OP_NUMBER, /* kept as text: emitted as written */
    CF_OP_TEXT,
    CF_OP_TRUE,
    CF_OP_FALSE,
    CF_OP_NULL,
    CF_OP_STAR, /* of count(*) */
    CF_OP_LIST, /* items: select list, group by, partition by */
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
    CF_OP_DISTINCT_FROM, /* `negated`: is not distinct from */
    CF_OP_LIKE,          /* items: text, pattern, perhaps escape */
    CF_OP_ILIKE,
    CF_OP_STARTS, /* items: text, part; the part is taken literally */
    CF_OP_ENDS,
    CF_OP_CONTAINS,
    CF_OP_BETWEEN, /* items: value, low, high */
    CF_OP_IN,      /* items: value, then the list; or `select` */
    CF_OP_ADD,
    CF_OP_SUBTRACT,
    CF_OP_MULTIPLY,
    CF_OP_DIVIDE,
    CF_OP_REMAINDER,
    CF_OP_CONCAT,
    CF_OP_NEGATE,
    CF_OP_CALL, /* items: arguments */
    CF_OP_CAST, /* items: value; text: name of the type */
    CF_OP_CASE, /* items: condition, value, ..., perhaps else; `negated`: there is an else; `simple`: value first */
    CF_OP_ANY,  /* related rows, in a scope of their own; items: perhaps a condition */
    CF_OP_ALL,
    CF_OP_NONE,
    CF_OP_RELATED,   /* count, sum, min, max, avg of related rows; items: perhaps the column */
    CF_OP_AGGREGATE, /* of the rows of the select: items as of a call */
    CF_OP_SELECT,    /* `select`: its one value */
    CF_OP_EXISTS,    /* `select` */
    CF_OP_EXCLUDED   /* in an upsert: the value that was to be inserted */
} cf_op;

typedef struct cf_function_row cf_function_row;
typedef struct cf_select       cf_select;
typedef struct cf_node         cf_node;

/* A table that a scope reads besides its own. */
typedef struct cf_join {
    cf_side       *side;    /* joined along this relationship; NULL: `on` a condition */
    cf_mapper     *mapper;  /* of the table */
    uint8_t        from;    /* alias of the side's owner */
    uint8_t        alias;   /* tN */
    uint8_t        through; /* alias of the association, for relationships over one */
    bool           outer;   /* there may be none */
    bool           fetched; /* for its objects alone: how many rows there are does not depend on it */
    const cf_node *path;    /* as the text joins it; NULL: joined since a path goes over it */
    const char    *name;    /* `as`, or NULL */
    uint32_t       name_size;
    cf_node       *on;
} cf_join;

#define CF_MOST_JOINS 16
#define CF_MOST_READS 32

/* Where names are looked up: the table of a select, or the related rows that any() and its kin speak of. */
typedef struct cf_scope {
    struct cf_scope *outer;
    cf_select       *select; /* NULL: of any() and its kin */
    cf_mapper       *mapper;
    const char      *name; /* `as`, or NULL */
    uint32_t         name_size;
    uint8_t          alias; /* tN */
    cf_join          joins[CF_MOST_JOINS];
    uint8_t          join_count;
} cf_scope;

typedef struct cf_order {
    cf_node *node;
    bool     descending;
    int8_t   nulls;    /* 1 first, -1 last, 0 not said */
    uint16_t position; /* from 1: by that column of the select list; 0: by `node` */
} cf_order;

/* over (partition by ... order by ...) */
typedef struct cf_window {
    cf_node  *partition; /* a list, or NULL */
    cf_order *orders;
    size_t    order_count;
} cf_window;

struct cf_node {
    uint8_t                op;
    uint8_t                kind;     /* cf_kind of the value once resolved; CF_UNDEFINED: not known */
    bool                   negated;  /* NOT LIKE, NOT IN, NOT BETWEEN, NOT EXISTS, ... */
    bool                   simple;   /* case VALUE when ... */
    bool                   distinct; /* count(distinct ...) */
    bool                   nullable;
    uint8_t                alias;     /* CF_OP_COLUMN: of which table; CF_OP_ANY and its kin: of the association */
    uint16_t               parameter; /* CF_OP_PARAMETER: number from 0 */
    uint32_t               at;        /* where it stands in the text */
    uint32_t               size;      /* of the name, number or text */
    const char            *text;
    const char            *label; /* of a select list: `as`, or NULL */
    uint32_t               label_size;
    cf_attribute          *attribute; /* CF_OP_COLUMN, CF_OP_EXCLUDED */
    cf_side               *side;      /* CF_OP_ANY and its kin */
    cf_scope              *scope;     /* the same: of the related rows */
    struct cf_node        *filter;    /* the same: the condition of the relationship itself, or NULL */
    const cf_function_row *function;
    cf_select             *select;
    cf_window             *window; /* of a call with `over` */
    struct cf_node       **items;
    size_t                 count;
};

/* [left] join PATH [as NAME] [on CONDITION] */
typedef struct cf_join_clause {
    struct cf_join_clause *next;
    cf_node               *path; /* always CF_OP_PATH */
    const char            *name;
    uint32_t               name_size;
    bool                   outer;
    cf_node               *on;
} cf_join_clause;

/* NAME (COLUMN, ...) as (select ...) */
typedef struct cf_cte {
    struct cf_cte *next;
    const char    *name;
    uint32_t       name_size;
    uint32_t       at;
    uint16_t       number;
    bool           recursive;
    cf_node       *columns; /* a list of names, or NULL */
    cf_select     *select;
    cf_mapper     *mapper; /* stands for its rows, once resolved */
} cf_cte;

typedef enum cf_combine { CF_COMBINE_NONE, CF_UNION, CF_UNION_ALL, CF_INTERSECT, CF_EXCEPT } cf_combine;

typedef enum cf_lock_mode { CF_LOCK_NONE, CF_LOCK_UPDATE, CF_LOCK_SHARE } cf_lock_mode;

/* for update|share [of NAME] [skip locked|nowait] */
typedef struct cf_lock {
    uint8_t  mode;
    bool     skip_locked, nowait;
    uint32_t at;
    cf_node *of;       /* a path, or NULL: all tables */
    uint8_t  of_alias; /* once resolved */
} cf_lock;

/* with load(PATH, ...), join(PATH, ...), raise(PATH | *, ...) */
typedef struct cf_load {
    struct cf_load *next;
    uint32_t        at;
    cf_node        *path;  /* always CF_OP_PATH; NULL: * */
    cf_side       **sides; /* one for each name */
    size_t          count;
} cf_load;

/* A relationship whose one object comes in the same row as its owner. */
typedef struct cf_fetch {
    cf_side  *side;
    cf_side **path; /* from the query's own objects on, this one included */
    size_t    steps;
    uint8_t   from;  /* where the owner's columns are: 0: in those of the query itself, n: in those of the n-th fetch */
    uint8_t   alias; /* tN */
    cf_layout layout;
} cf_fetch;

/* One select; those combined with it follow by `next`. Order and bounds of the first are those of the whole. */
struct cf_select {
    uint32_t        at;
    cf_cte         *ctes;
    bool            recursive; /* with recursive */
    bool            distinct;
    cf_node        *list; /* the select list; NULL: the objects of the model */
    cf_node        *from; /* the model's name, or NULL: the one of the query */
    const char     *from_name;
    uint32_t        from_name_size;
    cf_join_clause *joins;
    cf_node        *where; /* NULL: none */
    bool            all;   /* the word "all" stands for the condition */
    cf_node        *groups;
    cf_node        *having;
    cf_order       *orders;
    size_t          order_count;
    cf_node        *limit, *offset;
    uint8_t         combine; /* a cf_combine: how `next` is */
    cf_select      *next;
    cf_scope       *scope;
    bool            aggregated; /* grouped, or with aggregates of its rows */
};

/* COLUMN = VALUE */
typedef struct cf_assignment {
    struct cf_assignment *next;
    cf_node              *column, *value;
} cf_assignment;

/* on conflict (COLUMN, ...) do nothing | do update set ... [where ...] */
typedef struct cf_conflict {
    cf_node    *columns; /* a list */
    const char *among;   /* SQL: the rows among which they are unique, or NULL: all */
    bool        update;
    cf_node    *where;
} cf_conflict;

/* A parsed query. */
typedef struct cf_query_tree {
    cf_select     *select;   /* of changes: the condition */
    cf_assignment *sets;     /* cf_update_where(), upserts */
    cf_conflict   *conflict; /* upserts */
    cf_lock        lock;
    cf_load       *loads, *joins, *raises;
    cf_fetch      *fetches; /* those along which one leads come before it */
    size_t         fetch_count;
    size_t         columns;    /* of a row: of the query's own model, and of what is fetched */
    uint16_t       parameters; /* how many `?` there are */
} cf_query_tree;

typedef enum cf_clause {
    CF_CLAUSE_WHERE,
    CF_CLAUSE_JOIN,
    CF_CLAUSE_GROUP,
    CF_CLAUSE_SELECT, /* from here on aggregates may stand */
    CF_CLAUSE_HAVING,
    CF_CLAUSE_ORDER
} cf_clause;

/* What the steps share, and where a mistake goes. */
typedef struct cf_compiler {
    cf_arena      *arena;
    cf_registry   *registry;
    const char    *text;
    size_t         size;
    cf_mapper     *mapper;
    cf_scope      *scope;  /* the innermost */
    cf_clause      clause; /* of the innermost select */
    cf_node       *inside; /* the aggregate that is resolved, or NULL */
    cf_cte        *ctes;   /* those that can be named, the last one first */
    uint16_t       cte_count;
    bool           conflict;             /* `excluded` can be named */
    uint8_t        aliases;              /* given so far */
    cf_mapper     *reads[CF_MOST_READS]; /* models besides the query's own whose tables it reads */
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
    cf_code        code;   /* CF_OK, or what is wrong */
    char           message[512];
    size_t         message_at;
} cf_compiler;

/* Record the first mistake, at byte `at` of the text; returns NULL for convenience. */
void *cf_compiler_fail(cf_compiler *c, cf_code code, size_t at, const char *format, ...) CF_PRINTF(4, 5);
/* "file:line: message\n  text\n  ^", into `out`. */
void cf_compiler_explain(const cf_compiler *c, char *out, size_t size);

/* The next word of the text into c->token; false on a mistake. */
bool cf_lex(cf_compiler *c);
/* Is it a word of the language, which no field can be named by? */
bool cf_word_reserved(const char *name);
/* Parse the whole text; NULL on a mistake. */
cf_query_tree *cf_parse(cf_compiler *c);
/* Find columns, check types and arguments; false on a mistake. */
bool cf_resolve(cf_compiler *c, cf_query_tree *tree);

/* Call `visit` for each expression directly below; false when one call said so. Selects below are not entered. */
bool cf_node_each(cf_node *n, bool (*visit)(void *context, cf_node *below), void *context);
/* The same for all expressions of a select and those combined with it. */
bool cf_select_each(cf_select *select, bool (*visit)(void *context, cf_node *below), void *context);
/* Is it a number that is zero as it stands? */
bool cf_node_zero(const cf_node *n);
/* Are they the same expression? */
bool cf_node_same(const cf_node *a, const cf_node *b);

/* ---- hint.c: what is written in other languages ---- */

/* How to say what a sign at the begin of a text means elsewhere, with its length; NULL: it is one of this language. */
const char *cf_hint_sign(const char *text, size_t size, size_t *sign);
/* The word or function that is called otherwise here, or NULL. */
const char *cf_hint_synonym(const char *word, size_t size);
/* The same, or the word of the language that is spelled nearly so, but not this one; or NULL. */
const char *cf_hint_word(const char *word, size_t size);
/* Advice for the present token, which stands where it may not: how to go on the message, and the word that may be meant or NULL. */
const char *cf_hint_unexpected(const cf_compiler *c, const char **said);

/* ---- functions ---- */

/*
 * A function of the language, and its SQL in each dialect: %1 is the first argument, %* are all of them, %| all of
 * them with || between; NULL: the name as here and all arguments. Of several rows of one name the first that takes
 * the first argument's type is meant.
 */
struct cf_function_row {
    const char *name;
    uint8_t     least, most; /* arguments */
    const char *takes;       /* t text, n number, i whole number, d date, D datetime, j JSON, a any; the last repeats */
    char        gives;       /* the same, f float; 1: what the first argument is */
    char        null;        /* N: may always be null; A: only where all arguments are; else where one of them is */
    const char *sql[CF_DIALECTS];
};
const cf_function_row *cf_function_find(const char *name, size_t size);
/* min(a, b), max(a, b): null where one of them is. */
bool cf_function_extreme(const cf_function_row *function);
/* json(column, key, ...) */
bool cf_function_json(const cf_function_row *function);
/* The nearest function name, or NULL. */
const char *cf_function_nearest(const char *name, size_t size);

#endif
