/* Expressions: by precedence, as Jinja's grammar has them. */
#include "template/engine.h"
#include "template/syntax.h"

/* How deep expressions and statements may nest; the parser and the compiler recurse. */
enum { MAX_DEPTH = 200 };

bool cf_t_enter(cf_t_parser *p, int line)
{
    if (++p->depth <= MAX_DEPTH) return true;
    return cf_t_syntax_error(p->error, p->file, line, "nested too deeply");
}

static cf_t_node *leave(cf_t_parser *p, cf_t_node *node)
{
    p->depth--;
    return node;
}

static cf_t_node *fail(cf_t_parser *p, int line, const char *message)
{
    cf_t_syntax_error(p->error, p->file, line, "%s", message);
    return NULL;
}

static cf_t_node *new_binary(cf_t_parser *p, cf_t_kind kind, int op, cf_t_node *a, cf_t_node *b, int line)
{
    if (!a || !b) return NULL;
    cf_t_node *n = cf_t_node_new(p, kind, line);
    if (!n) return NULL;
    n->op = (uint8_t)op;
    n->a = a;
    n->b = b;
    return n;
}

static cf_t_node *parse_unary(cf_t_parser *p, bool with_filter);
static cf_t_node *parse_or(cf_t_parser *p);

typedef struct level_row {
    cf_t_token_type token;
    int             op;
} level_row;

static const level_row pow_ops[] = {{T_POW, OP_POW}, {T_EOF, 0}};
static const level_row mul_ops[] = {
    {T_MUL, OP_MUL}, {T_DIV, OP_DIV}, {T_FLOORDIV, OP_FLOORDIV}, {T_MOD, OP_MOD}, {T_EOF, 0}};
static const level_row add_ops[] = {{T_ADD, OP_ADD}, {T_SUB, OP_SUB}, {T_EOF, 0}};

static const level_row *find_op(const level_row *rows, cf_t_token_type type)
{
    for (; rows->token != T_EOF; rows++)
        if (rows->token == type) return rows;
    return NULL;
}

/* A chain of operators makes a tree as deep as the chain is long. */
static bool long_chain(cf_t_parser *p, unsigned *length, int line)
{
    if (++*length < 2000) return false;
    fail(p, line, "too many operators in one expression");
    return true;
}

static cf_t_node *parse_pow(cf_t_parser *p)
{
    cf_t_node       *left = parse_unary(p, true);
    const level_row *row;
    unsigned         length = 0;
    while (left && (row = find_op(pow_ops, cf_t_now(p)->type)) != NULL) {
        int line = cf_t_next(p)->line;
        if (long_chain(p, &length, line)) return NULL;
        left = new_binary(p, N_BINARY, row->op, left, parse_unary(p, true), line);
    }
    return left;
}

static cf_t_node *parse_mul(cf_t_parser *p)
{
    cf_t_node       *left = parse_pow(p);
    const level_row *row;
    unsigned         length = 0;
    while (left && (row = find_op(mul_ops, cf_t_now(p)->type)) != NULL) {
        int line = cf_t_next(p)->line;
        if (long_chain(p, &length, line)) return NULL;
        left = new_binary(p, N_BINARY, row->op, left, parse_pow(p), line);
    }
    return left;
}

static cf_t_node *parse_concat(cf_t_parser *p)
{
    cf_t_node *first = parse_mul(p);
    if (!first || cf_t_now(p)->type != T_TILDE) return first;
    cf_t_node *n = cf_t_node_new(p, N_CONCAT, first->line);
    if (!n || !cf_t_nodes_add(p, &n->items, first)) return NULL;
    while (cf_t_now(p)->type == T_TILDE) {
        cf_t_next(p);
        if (!cf_t_nodes_add(p, &n->items, parse_mul(p))) return NULL;
    }
    return n;
}

static cf_t_node *parse_add(cf_t_parser *p)
{
    cf_t_node       *left = parse_concat(p);
    const level_row *row;
    unsigned         length = 0;
    while (left && (row = find_op(add_ops, cf_t_now(p)->type)) != NULL) {
        int line = cf_t_next(p)->line;
        if (long_chain(p, &length, line)) return NULL;
        left = new_binary(p, N_BINARY, row->op, left, parse_concat(p), line);
    }
    return left;
}

/* The comparison at the current token, consumed; -1: none. */
static int take_comparison(cf_t_parser *p)
{
    static const int8_t ops[T_RBRACE + 1] = {[T_EQ] = CF_T_EQ + 1,   [T_NE] = CF_T_NE + 1, [T_LT] = CF_T_LT + 1,
                                             [T_LTEQ] = CF_T_LE + 1, [T_GT] = CF_T_GT + 1, [T_GTEQ] = CF_T_GE + 1};
    int                 op = ops[cf_t_now(p)->type] - 1;
    if (op >= 0) {
        cf_t_next(p);
        return op;
    }
    if (cf_t_skip_name(p, "in")) return CF_T_IN;
    if (cf_t_is_name(cf_t_now(p), "not") && cf_t_is_name(cf_t_look(p), "in")) {
        cf_t_next(p);
        cf_t_next(p);
        return CF_T_NOT_IN;
    }
    return -1;
}

static cf_t_node *parse_compare(cf_t_parser *p)
{
    int        line = cf_t_now(p)->line;
    cf_t_node *left = parse_add(p);
    if (!left) return NULL;
    cf_t_node *n = NULL;
    uint8_t    ops[256];
    for (int op; (op = take_comparison(p)) >= 0;) {
        if (!n) {
            n = cf_t_node_new(p, N_COMPARE, line);
            if (!n) return NULL;
            n->a = left;
        }
        if (n->items.count == sizeof ops) return fail(p, line, "too many comparisons in one expression");
        ops[n->items.count] = (uint8_t)op;
        if (!cf_t_nodes_add(p, &n->items, parse_add(p))) return NULL;
    }
    if (!n) return left;
    n->ops = (uint8_t *)cf_arena_text(p->arena, (const char *)ops, n->items.count);
    return n->ops ? n : NULL;
}

static cf_t_node *parse_not(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_now(p);
    if (!cf_t_is_name(t, "not")) return parse_compare(p);
    cf_t_next(p);
    if (!cf_t_enter(p, t->line)) return NULL;
    cf_t_node *inner = parse_not(p);
    cf_t_node *n = inner ? cf_t_node_new(p, N_NOT, t->line) : NULL;
    if (n) n->a = inner;
    return leave(p, n);
}

static cf_t_node *parse_and(cf_t_parser *p)
{
    int        line = cf_t_now(p)->line;
    cf_t_node *left = parse_not(p);
    unsigned   length = 0;
    while (left && cf_t_skip_name(p, "and")) {
        if (long_chain(p, &length, line)) return NULL;
        left = new_binary(p, N_AND, 0, left, parse_not(p), line);
        line = cf_t_now(p)->line;
    }
    return left;
}

static cf_t_node *parse_or(cf_t_parser *p)
{
    int        line = cf_t_now(p)->line;
    cf_t_node *left = parse_and(p);
    unsigned   length = 0;
    while (left && cf_t_skip_name(p, "or")) {
        if (long_chain(p, &length, line)) return NULL;
        left = new_binary(p, N_OR, 0, left, parse_and(p), line);
        line = cf_t_now(p)->line;
    }
    return left;
}

static cf_t_node *parse_condition(cf_t_parser *p)
{
    int        line = cf_t_now(p)->line;
    cf_t_node *value = parse_or(p);
    unsigned   length = 0;
    while (value && cf_t_skip_name(p, "if")) {
        if (long_chain(p, &length, line)) return NULL;
        cf_t_node *n = new_binary(p, N_CONDITION, 0, parse_or(p), value, line);
        if (!n) return NULL;
        if (cf_t_skip_name(p, "else")) {
            if (!cf_t_enter(p, line)) return NULL;
            n->c = leave(p, parse_condition(p));
            if (!n->c) return NULL;
        }
        value = n;
        line = cf_t_now(p)->line;
    }
    return value;
}

cf_t_node *cf_t_parse_expression(cf_t_parser *p, bool with_condition)
{
    if (!cf_t_enter(p, cf_t_now(p)->line)) return NULL;
    return leave(p, with_condition ? parse_condition(p) : parse_or(p));
}

/* ---- primaries ------------------------------------------------------------------------------ */

static cf_t_node *new_const(cf_t_parser *p, int line, cf_value value)
{
    cf_t_node *n = cf_t_node_new(p, N_CONST, line);
    if (n) n->value = value;
    return n;
}

static cf_t_node *parse_name(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_next(p);
    const char       *s = t->name->text;
    if (!strcmp(s, "true") || !strcmp(s, "True")) return new_const(p, t->line, cf_value_bool(true));
    if (!strcmp(s, "false") || !strcmp(s, "False")) return new_const(p, t->line, cf_value_bool(false));
    if (!strcmp(s, "none") || !strcmp(s, "None")) return new_const(p, t->line, cf_value_null());
    cf_t_node *n = cf_t_node_new(p, N_NAME, t->line);
    if (n) n->name = t->name;
    return n;
}

static cf_t_node *parse_strings(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_next(p);
    cf_value          value = t->value;
    if (cf_t_now(p)->type == T_STRING) {
        cf_buffer joined = {0};
        cf_buffer_add(&joined, value.as.text, value.size);
        while (cf_t_now(p)->type == T_STRING) {
            const cf_t_token *more = cf_t_next(p);
            cf_buffer_add(&joined, more->value.as.text, more->value.size);
        }
        char *copy = joined.failed ? NULL : cf_arena_text(p->arena, joined.data, joined.size);
        value = cf_value_text_n(copy, joined.size);
        cf_buffer_free(&joined);
        if (!copy) return NULL;
    }
    return new_const(p, t->line, value);
}

static cf_t_node *parse_integer(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_next(p);
    if (t->value.kind == CF_INT) return new_const(p, t->line, t->value);
    cf_value    big;
    const char *problem = cf_t_big_parse(p->arena, t->value.as.text, t->value.size, t->value.aux, &big);
    if (problem) return fail(p, t->line, problem);
    return new_const(p, t->line, big);
}

static cf_t_node *parse_list(cf_t_parser *p)
{
    cf_t_node *n = cf_t_node_new(p, N_LIST, cf_t_next(p)->line);
    if (!n) return NULL;
    while (cf_t_now(p)->type != T_RBRACKET) {
        if (n->items.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (cf_t_now(p)->type == T_RBRACKET) break;
        if (!cf_t_nodes_add(p, &n->items, cf_t_parse_expression(p, true))) return NULL;
    }
    return cf_t_expect(p, T_RBRACKET, NULL) ? n : NULL;
}

static cf_t_node *parse_dict(cf_t_parser *p)
{
    cf_t_node *n = cf_t_node_new(p, N_DICT, cf_t_next(p)->line);
    if (!n) return NULL;
    while (cf_t_now(p)->type != T_RBRACE) {
        if (n->items.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (cf_t_now(p)->type == T_RBRACE) break;
        if (!cf_t_nodes_add(p, &n->items, cf_t_parse_expression(p, true))) return NULL;
        if (!cf_t_expect(p, T_COLON, NULL)) return NULL;
        if (!cf_t_nodes_add(p, &n->items, cf_t_parse_expression(p, true))) return NULL;
    }
    return cf_t_expect(p, T_RBRACE, NULL) ? n : NULL;
}

cf_t_node *cf_t_parse_primary(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_now(p);
    switch (t->type) {
    case T_NAME: return parse_name(p);
    case T_STRING: return parse_strings(p);
    case T_INTEGER: return parse_integer(p);
    case T_FLOAT: return new_const(p, t->line, cf_t_next(p)->value);
    case T_LPAREN: {
        cf_t_next(p);
        cf_t_node *n = cf_t_parse_tuple(p, false, true, NULL, true);
        return n && cf_t_expect(p, T_RPAREN, NULL) ? n : NULL;
    }
    case T_LBRACKET: return parse_list(p);
    case T_LBRACE: return parse_dict(p);
    default: {
        char text[128];
        cf_t_describe(t, text, sizeof text);
        cf_t_syntax_error(p->error, p->file, t->line, "unexpected '%s'", text);
        return NULL;
    }
    }
}

static bool tuple_ends(cf_t_parser *p, const char *extra_end)
{
    const cf_t_token *t = cf_t_now(p);
    return t->type == T_VARIABLE_END || t->type == T_BLOCK_END || t->type == T_RPAREN ||
           (extra_end && cf_t_is_name(t, extra_end));
}

cf_t_node *cf_t_parse_tuple(cf_t_parser *p, bool simplified, bool with_condition, const char *extra_end,
                            bool explicit_parentheses)
{
    int        line = cf_t_now(p)->line;
    cf_t_nodes items = {0};
    bool       is_tuple = false;
    if (!cf_t_enter(p, line)) return NULL;
    for (;;) {
        if (items.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (tuple_ends(p, extra_end)) break;
        cf_t_node *item = simplified ? cf_t_parse_primary(p) : cf_t_parse_expression(p, with_condition);
        if (!cf_t_nodes_add(p, &items, item)) return NULL;
        if (cf_t_now(p)->type != T_COMMA) break;
        is_tuple = true;
        line = cf_t_now(p)->line;
    }
    p->depth--;
    if (!is_tuple) {
        if (items.count) return items.items[0];
        if (!explicit_parentheses) {
            char text[128];
            cf_t_describe(cf_t_now(p), text, sizeof text);
            cf_t_syntax_error(p->error, p->file, cf_t_now(p)->line, "Expected an expression, got '%s'", text);
            return NULL;
        }
    }
    cf_t_node *n = cf_t_node_new(p, N_TUPLE, line);
    if (n) n->items = items;
    return n;
}

/* ---- postfixes ------------------------------------------------------------------------------ */

static cf_t_node *parse_subscribed(cf_t_parser *p)
{
    int        line = cf_t_now(p)->line;
    cf_t_node *part[3] = {NULL, NULL, NULL};
    if (cf_t_now(p)->type != T_COLON) {
        part[0] = cf_t_parse_expression(p, true);
        if (!part[0] || cf_t_now(p)->type != T_COLON) return part[0];
    }
    cf_t_next(p);
    for (int i = 1; i < 3; i++) {
        cf_t_token_type t = cf_t_now(p)->type;
        if (i == 2) {
            if (t != T_COLON) break;
            cf_t_next(p);
            t = cf_t_now(p)->type;
        }
        if (t == T_RBRACKET || t == T_COMMA || (i == 1 && t == T_COLON)) continue;
        part[i] = cf_t_parse_expression(p, true);
        if (!part[i]) return NULL;
    }
    cf_t_node *n = cf_t_node_new(p, N_SLICE, line);
    if (!n) return NULL;
    n->a = part[0];
    n->b = part[1];
    n->c = part[2];
    return n;
}

static cf_t_node *parse_dot(cf_t_parser *p, cf_t_node *node, int line)
{
    const cf_t_token *t = cf_t_next(p);
    if (t->type == T_NAME) {
        cf_t_node *n = cf_t_node_new(p, N_GETATTR, line);
        if (!n) return NULL;
        n->a = node;
        n->name = t->name;
        return n;
    }
    if (t->type != T_INTEGER) return fail(p, t->line, "expected name or number");
    p->at--;
    return new_binary(p, N_GETITEM, 0, node, parse_integer(p), line);
}

static cf_t_node *parse_subscript(cf_t_parser *p, cf_t_node *node)
{
    const cf_t_token *t = cf_t_next(p);
    if (t->type == T_DOT) return parse_dot(p, node, t->line);
    cf_t_nodes args = {0};
    while (cf_t_now(p)->type != T_RBRACKET) {
        if (args.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (!cf_t_nodes_add(p, &args, parse_subscribed(p))) return NULL;
    }
    cf_t_next(p);
    if (args.count == 1) return new_binary(p, N_GETITEM, 0, node, args.items[0], t->line);
    cf_t_node *tuple = cf_t_node_new(p, N_TUPLE, t->line);
    if (!tuple) return NULL;
    tuple->items = args;
    return new_binary(p, N_GETITEM, 0, node, tuple, t->line);
}

static bool add_keyword(cf_t_parser *p, cf_t_node *call, const cf_t_name *name, cf_t_node *value)
{
    if (!value) return false;
    uint32_t n = call->name_count;
    if ((n & (n - 1)) == 0) {
        const cf_t_name **names = cf_arena_array(p->arena, n ? n * 2 : 1, sizeof *names);
        if (!names) return false;
        if (n) memcpy(names, call->names, n * sizeof *names);
        call->names = names;
    }
    call->names[call->name_count++] = name;
    return cf_t_nodes_add(p, &call->items2, value);
}

/* The arguments of a call, filter or test into items, names, items2, b, c. */
static bool parse_arguments(cf_t_parser *p, cf_t_node *call)
{
    int line = cf_t_now(p)->line;
    if (!cf_t_expect(p, T_LPAREN, NULL)) return false;
    static const char invalid[] = "invalid syntax for function call expression";
    bool              need_comma = false;
    while (cf_t_now(p)->type != T_RPAREN) {
        if (need_comma) {
            if (!cf_t_expect(p, T_COMMA, NULL)) return false;
            if (cf_t_now(p)->type == T_RPAREN) break;
        }
        const cf_t_token *t = cf_t_now(p);
        if (t->type == T_MUL || t->type == T_POW) {
            cf_t_node **to = t->type == T_MUL ? &call->b : &call->c;
            if (call->c || *to) return fail(p, line, invalid) != NULL;
            cf_t_next(p);
            *to = cf_t_parse_expression(p, true);
            if (!*to) return false;
        } else if (t->type == T_NAME && cf_t_look(p)->type == T_ASSIGN) {
            if (call->c) return fail(p, line, invalid) != NULL;
            cf_t_next(p);
            cf_t_next(p);
            if (!add_keyword(p, call, t->name, cf_t_parse_expression(p, true))) return false;
        } else {
            if (call->b || call->c || call->name_count) return fail(p, line, invalid) != NULL;
            if (!cf_t_nodes_add(p, &call->items, cf_t_parse_expression(p, true))) return false;
        }
        need_comma = true;
    }
    if (call->items.count + call->name_count > 250) return fail(p, line, "too many arguments") != NULL;
    return cf_t_expect(p, T_RPAREN, NULL);
}

static cf_t_node *parse_call(cf_t_parser *p, cf_t_node *node)
{
    cf_t_node *n = cf_t_node_new(p, N_CALL, cf_t_now(p)->line);
    if (!n) return NULL;
    n->a = node;
    return parse_arguments(p, n) ? n : NULL;
}

/* A name with dots, as filters and tests may have. */
static const cf_t_name *dotted_name(cf_t_parser *p, const cf_t_name *name)
{
    while (name && cf_t_now(p)->type == T_DOT) {
        cf_t_next(p);
        const cf_t_token *t = NULL;
        if (!cf_t_expect(p, T_NAME, &t)) return NULL;
        const char *joined = cf_arena_printf(p->arena, "%s.%s", name->text, t->name->text);
        name = joined ? cf_t_intern(p->env, joined, strlen(joined)) : NULL;
    }
    return name;
}

cf_t_node *cf_t_parse_filter(cf_t_parser *p, cf_t_node *node, bool start_inline)
{
    unsigned length = 0;
    while (cf_t_now(p)->type == T_PIPE || start_inline) {
        if (!start_inline) cf_t_next(p);
        start_inline = false;
        const cf_t_token *t = NULL;
        if (!cf_t_expect(p, T_NAME, &t)) return NULL;
        if (long_chain(p, &length, t->line)) return NULL;
        cf_t_node *n = cf_t_node_new(p, N_FILTER, cf_t_now(p)->line);
        if (!n) return NULL;
        n->a = node;
        n->name = dotted_name(p, t->name);
        if (!n->name) return NULL;
        if (cf_t_now(p)->type == T_LPAREN && !parse_arguments(p, n)) return NULL;
        node = n;
    }
    return node;
}

static bool starts_test_argument(const cf_t_token *t)
{
    switch (t->type) {
    case T_NAME: return !cf_t_is_name(t, "else") && !cf_t_is_name(t, "or") && !cf_t_is_name(t, "and");
    case T_STRING:
    case T_INTEGER:
    case T_FLOAT:
    case T_LPAREN:
    case T_LBRACKET:
    case T_LBRACE: return true;
    default: return false;
    }
}

static cf_t_node *parse_postfix(cf_t_parser *p, cf_t_node *node)
{
    unsigned length = 0;
    while (node) {
        cf_t_token_type t = cf_t_now(p)->type;
        if (t != T_DOT && t != T_LBRACKET && t != T_LPAREN) break;
        if (long_chain(p, &length, cf_t_now(p)->line)) return NULL;
        node = t == T_LPAREN ? parse_call(p, node) : parse_subscript(p, node);
    }
    return node;
}

static cf_t_node *parse_test(cf_t_parser *p, cf_t_node *node)
{
    int               line = cf_t_next(p)->line;
    bool              negated = cf_t_skip_name(p, "not");
    const cf_t_token *t = NULL;
    if (!cf_t_expect(p, T_NAME, &t)) return NULL;
    cf_t_node *n = cf_t_node_new(p, N_TEST, line);
    if (!n) return NULL;
    n->a = node;
    n->name = dotted_name(p, t->name);
    if (!n->name) return NULL;
    if (cf_t_now(p)->type == T_LPAREN) {
        if (!parse_arguments(p, n)) return NULL;
    } else if (starts_test_argument(cf_t_now(p))) {
        if (cf_t_is_name(cf_t_now(p), "is"))
            return fail(p, cf_t_now(p)->line, "You cannot chain multiple tests with is");
        cf_t_node *argument = cf_t_parse_primary(p);
        if (argument) argument = parse_postfix(p, argument);
        if (!cf_t_nodes_add(p, &n->items, argument)) return NULL;
    }
    if (!negated) return n;
    cf_t_node *not = cf_t_node_new(p, N_NOT, line);
    if (not ) not ->a = n;
    return not ;
}

static cf_t_node *parse_filters_and_tests(cf_t_parser *p, cf_t_node *node)
{
    unsigned length = 0;
    while (node) {
        const cf_t_token *t = cf_t_now(p);
        if (long_chain(p, &length, t->line)) return NULL;
        if (t->type == T_PIPE) node = cf_t_parse_filter(p, node, false);
        else if (cf_t_is_name(t, "is")) node = parse_test(p, node);
        else if (t->type == T_LPAREN) node = parse_call(p, node);
        else break;
    }
    return node;
}

static cf_t_node *parse_unary(cf_t_parser *p, bool with_filter)
{
    const cf_t_token *t = cf_t_now(p);
    cf_t_node        *node;
    if (t->type == T_SUB || t->type == T_ADD) {
        cf_t_next(p);
        if (!cf_t_enter(p, t->line)) return NULL;
        cf_t_node *inner = leave(p, parse_unary(p, false));
        node = inner ? cf_t_node_new(p, N_UNARY, t->line) : NULL;
        if (!node) return NULL;
        node->a = inner;
        node->op = t->type == T_SUB ? OP_NEG : OP_POS;
    } else {
        node = cf_t_parse_primary(p);
    }
    node = node ? parse_postfix(p, node) : NULL;
    return node && with_filter ? parse_filters_and_tests(p, node) : node;
}
