/* Statements, one function each. */
#include "template/engine.h"
#include "template/syntax.h"

static bool fail(cf_t_parser *p, int line, const char *message)
{
    return cf_t_syntax_error(p->error, p->file, line, "%s", message);
}

static bool can_assign(const cf_t_node *n)
{
    if (n->kind == N_NAME || n->kind == N_NSREF) return true;
    if (n->kind != N_TUPLE) return false;
    for (uint32_t i = 0; i < n->items.count; i++)
        if (!can_assign(n->items.items[i])) return false;
    return true;
}

static const char *node_name(const cf_t_node *n)
{
    static const char *const names[N_TEMPLATE + 1] = {
        [N_CONST] = "const", [N_LIST] = "list",       [N_DICT] = "dict",      [N_TUPLE] = "tuple",
        [N_CALL] = "call",   [N_GETATTR] = "getattr", [N_GETITEM] = "getitem"};
    return names[n->kind] ? names[n->kind] : "expression";
}

static void set_context(cf_t_node *n, int context)
{
    n->context = (uint8_t)context;
    if (n->kind == N_TUPLE)
        for (uint32_t i = 0; i < n->items.count; i++) set_context(n->items.items[i], context);
}

/* A target with one name only. */
static cf_t_node *target_name(cf_t_parser *p)
{
    const cf_t_token *t = NULL;
    if (!cf_t_expect(p, T_NAME, &t)) return NULL;
    static const char *const fixed[] = {"true", "false", "none", "True", "False", "None"};
    for (size_t i = 0; i < 6; i++)
        if (strcmp(t->name->text, fixed[i]) == 0) {
            cf_t_syntax_error(p->error, p->file, t->line, "can't assign to 'name'");
            return NULL;
        }
    cf_t_node *n = cf_t_node_new(p, N_NAME, t->line);
    if (!n) return NULL;
    n->name = t->name;
    n->context = CF_T_STORE;
    return n;
}

static cf_t_node *parse_target(cf_t_parser *p, const char *extra_end, bool with_namespace)
{
    const cf_t_token *t = cf_t_now(p);
    if (with_namespace && cf_t_look(p)->type == T_DOT) {
        cf_t_node        *n = cf_t_node_new(p, N_NSREF, t->line);
        const cf_t_token *attribute = NULL;
        if (!n || !cf_t_expect(p, T_NAME, &t)) return NULL;
        cf_t_next(p);
        if (!cf_t_expect(p, T_NAME, &attribute)) return NULL;
        n->name = t->name;
        n->name2 = attribute->name;
        return n;
    }
    cf_t_node *n = cf_t_parse_tuple(p, true, true, extra_end, false);
    if (!n) return NULL;
    set_context(n, CF_T_STORE);
    if (!can_assign(n)) {
        cf_t_syntax_error(p->error, p->file, n->line, "can't assign to '%s'", node_name(n));
        return NULL;
    }
    return n;
}

/* ---- statements ----------------------------------------------------------------------------- */

static const char *const end_for[] = {"endfor", NULL};
static const char *const end_for_else[] = {"endfor", "else", NULL};
static const char *const end_if[] = {"endif", NULL};
static const char *const end_if_else[] = {"elif", "else", "endif", NULL};
static const char *const end_with[] = {"endwith", NULL};
static const char *const end_autoescape[] = {"endautoescape", NULL};
static const char *const end_block[] = {"endblock", NULL};
static const char *const end_call[] = {"endcall", NULL};
static const char *const end_filter[] = {"endfilter", NULL};
static const char *const end_macro[] = {"endmacro", NULL};
static const char *const end_set[] = {"endset", NULL};

static cf_t_node *parse_for(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_FOR, line);
    if (!n) return NULL;
    n->a = parse_target(p, "in", false);
    if (!n->a || !cf_t_expect_name(p, "in")) return NULL;
    n->b = cf_t_parse_tuple(p, false, false, "recursive", false);
    if (!n->b) return NULL;
    if (cf_t_skip_name(p, "if")) {
        n->c = cf_t_parse_expression(p, true);
        if (!n->c) return NULL;
    }
    n->flag = cf_t_skip_name(p, "recursive");
    if (!cf_t_parse_until(p, end_for_else, false, &n->items)) return NULL;
    if (cf_t_is_name(cf_t_next(p), "endfor")) return n;
    n->flag2 = true;
    return cf_t_parse_until(p, end_for, true, &n->items2) ? n : NULL;
}

static cf_t_node *parse_if(cf_t_parser *p, int line)
{
    cf_t_node *first = cf_t_node_new(p, N_IF, line);
    cf_t_node *n = first;
    while (n) {
        n->a = cf_t_parse_tuple(p, false, false, NULL, false);
        if (!n->a || !cf_t_parse_until(p, end_if_else, false, &n->items)) return NULL;
        const cf_t_token *t = cf_t_next(p);
        if (cf_t_is_name(t, "endif")) return first;
        if (cf_t_is_name(t, "else")) return cf_t_parse_until(p, end_if, true, &first->items3) ? first : NULL;
        n = cf_t_node_new(p, N_IF, cf_t_now(p)->line);
        if (!cf_t_nodes_add(p, &first->items2, n)) return NULL;
    }
    return NULL;
}

static cf_t_node *parse_with(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_WITH, line);
    if (!n) return NULL;
    while (cf_t_now(p)->type != T_BLOCK_END) {
        if (n->params.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        cf_t_node *target = parse_target(p, NULL, false);
        if (!target) return NULL;
        set_context(target, CF_T_PARAM);
        if (!cf_t_nodes_add(p, &n->params, target) || !cf_t_expect(p, T_ASSIGN, NULL)) return NULL;
        if (!cf_t_nodes_add(p, &n->items2, cf_t_parse_expression(p, true))) return NULL;
    }
    return cf_t_parse_until(p, end_with, true, &n->items) ? n : NULL;
}

static cf_t_node *parse_autoescape(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_AUTOESCAPE, line);
    if (!n) return NULL;
    n->a = cf_t_parse_expression(p, true);
    return n->a && cf_t_parse_until(p, end_autoescape, true, &n->items) ? n : NULL;
}

static bool only_space(const cf_t_nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++) {
        const cf_t_node *n = nodes->items[i];
        if (n->kind != N_OUTPUT) return false;
        for (uint32_t k = 0; k < n->items.count; k++) {
            const cf_t_node *piece = n->items.items[k];
            if (piece->kind != N_DATA || !cf_t_is_space(piece->value.as.text, piece->value.size)) return false;
        }
    }
    return true;
}

static cf_t_node *parse_block(cf_t_parser *p, int line)
{
    cf_t_node        *n = cf_t_node_new(p, N_BLOCK, line);
    const cf_t_token *t = NULL;
    if (!n || !cf_t_expect(p, T_NAME, &t)) return NULL;
    n->name = t->name;
    n->flag = cf_t_skip_name(p, "scoped");
    n->flag2 = cf_t_skip_name(p, "required");
    if (cf_t_now(p)->type == T_SUB) {
        fail(p, cf_t_now(p)->line,
             "Block names in Jinja have to be valid Python identifiers and may not contain "
             "hyphens, use an underscore instead.");
        return NULL;
    }
    if (!cf_t_parse_until(p, end_block, true, &n->items)) return NULL;
    if (n->flag2 && !only_space(&n->items)) {
        fail(p, cf_t_now(p)->line, "Required blocks can only contain comments or whitespace");
        return NULL;
    }
    cf_t_skip_name(p, n->name->text);
    return n;
}

static cf_t_node *parse_extends(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_EXTENDS, line);
    if (!n) return NULL;
    n->a = cf_t_parse_expression(p, true);
    return n->a ? n : NULL;
}

/* `with context` or `without context`. */
static bool parse_context(cf_t_parser *p, bool *with)
{
    const cf_t_token *t = cf_t_now(p);
    if (!cf_t_is_name(t, "with") && !cf_t_is_name(t, "without")) return false;
    if (!cf_t_is_name(cf_t_look(p), "context")) return false;
    *with = cf_t_is_name(t, "with");
    cf_t_next(p);
    cf_t_next(p);
    return true;
}

static cf_t_node *parse_include(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_INCLUDE, line);
    if (!n) return NULL;
    n->a = cf_t_parse_expression(p, true);
    if (!n->a) return NULL;
    if (cf_t_is_name(cf_t_now(p), "ignore") && cf_t_is_name(cf_t_look(p), "missing")) {
        n->flag2 = true;
        p->at += 2;
    }
    n->flag = true;
    parse_context(p, &n->flag);
    return n;
}

static cf_t_node *parse_import(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_IMPORT, line);
    if (!n) return NULL;
    n->a = cf_t_parse_expression(p, true);
    if (!n->a || !cf_t_expect_name(p, "as")) return NULL;
    cf_t_node *target = target_name(p);
    if (!target) return NULL;
    n->name = target->name;
    parse_context(p, &n->flag);
    return n;
}

static bool add_import(cf_t_parser *p, cf_t_node *n, const cf_t_name *name, const cf_t_name *alias)
{
    uint32_t c = n->name_count;
    if ((c & (c - 1)) == 0) {
        const cf_t_name **both = cf_arena_array(p->arena, (c ? c * 2 : 1) * 2, sizeof *both);
        if (!both) return false;
        if (c) {
            memcpy(both, n->names, c * sizeof *both);
            memcpy(both + c * 2, n->aliases, c * sizeof *both);
        }
        n->names = both;
        n->aliases = both + (c ? c * 2 : 1);
    }
    n->names[c] = name;
    n->aliases[c] = alias;
    n->name_count++;
    return true;
}

static cf_t_node *parse_from(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_FROM, line);
    if (!n) return NULL;
    n->a = cf_t_parse_expression(p, true);
    if (!n->a || !cf_t_expect_name(p, "import")) return NULL;
    for (;;) {
        if (n->name_count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (cf_t_now(p)->type != T_NAME) {
            cf_t_expect(p, T_NAME, NULL);
            return NULL;
        }
        if (parse_context(p, &n->flag)) return n;
        cf_t_node *target = target_name(p);
        if (!target) return NULL;
        if (target->name->text[0] == '_') {
            fail(p, target->line, "names starting with an underline can not be imported");
            if (p->error) p->error->type = "TemplateAssertionError";
            return NULL;
        }
        cf_t_node *alias = target;
        if (cf_t_skip_name(p, "as") && !(alias = target_name(p))) return NULL;
        if (!add_import(p, n, target->name, alias->name)) return NULL;
        if (parse_context(p, &n->flag) || cf_t_now(p)->type != T_COMMA) return n;
    }
}

static bool parse_signature(cf_t_parser *p, cf_t_node *n)
{
    if (!cf_t_expect(p, T_LPAREN, NULL)) return false;
    while (cf_t_now(p)->type != T_RPAREN) {
        if (n->params.count && !cf_t_expect(p, T_COMMA, NULL)) return false;
        cf_t_node *param = target_name(p);
        if (!param) return false;
        param->context = CF_T_PARAM;
        if (cf_t_now(p)->type == T_ASSIGN) {
            cf_t_next(p);
            if (!cf_t_nodes_add(p, &n->items2, cf_t_parse_expression(p, true))) return false;
        } else if (n->items2.count) {
            return fail(p, cf_t_now(p)->line, "non-default argument follows default argument");
        }
        if (!cf_t_nodes_add(p, &n->params, param)) return false;
    }
    if (n->params.count > 200) return fail(p, n->line, "too many parameters");
    return cf_t_expect(p, T_RPAREN, NULL);
}

static cf_t_node *parse_call_block(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_CALL_BLOCK, line);
    if (!n) return NULL;
    if (cf_t_now(p)->type == T_LPAREN && !parse_signature(p, n)) return NULL;
    n->a = cf_t_parse_expression(p, true);
    if (!n->a) return NULL;
    if (n->a->kind != N_CALL) {
        fail(p, n->line, "expected call");
        return NULL;
    }
    return cf_t_parse_until(p, end_call, true, &n->items) ? n : NULL;
}

static cf_t_node *parse_filter_block(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_FILTER_BLOCK, line);
    if (!n) return NULL;
    n->a = cf_t_parse_filter(p, NULL, true);
    return n->a && cf_t_parse_until(p, end_filter, true, &n->items) ? n : NULL;
}

static cf_t_node *parse_macro(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_MACRO, line);
    cf_t_node *name = n ? target_name(p) : NULL;
    if (!name) return NULL;
    n->name = name->name;
    return parse_signature(p, n) && cf_t_parse_until(p, end_macro, true, &n->items) ? n : NULL;
}

static cf_t_node *parse_set(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_SET, line);
    if (!n) return NULL;
    n->a = parse_target(p, NULL, true);
    if (!n->a) return NULL;
    if (cf_t_now(p)->type == T_ASSIGN) {
        cf_t_next(p);
        n->b = cf_t_parse_tuple(p, false, true, NULL, false);
        return n->b ? n : NULL;
    }
    n->kind = N_SET_BLOCK;
    if (cf_t_now(p)->type == T_PIPE && !(n->b = cf_t_parse_filter(p, NULL, false))) return NULL;
    return cf_t_parse_until(p, end_set, true, &n->items) ? n : NULL;
}

static cf_t_node *parse_print(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_OUTPUT, line);
    if (!n) return NULL;
    while (cf_t_now(p)->type != T_BLOCK_END) {
        if (n->items.count && !cf_t_expect(p, T_COMMA, NULL)) return NULL;
        if (!cf_t_nodes_add(p, &n->items, cf_t_parse_expression(p, true))) return NULL;
    }
    return n;
}

static cf_t_node *parse_do(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_DO, line);
    if (!n) return NULL;
    n->a = cf_t_parse_tuple(p, false, true, NULL, false);
    return n->a ? n : NULL;
}

static cf_t_node *parse_break(cf_t_parser *p, int line)
{
    return cf_t_node_new(p, N_BREAK, line);
}

static cf_t_node *parse_continue(cf_t_parser *p, int line)
{
    return cf_t_node_new(p, N_CONTINUE, line);
}

const cf_t_statement cf_t_statement_rows[] = {{"for", parse_for, 0},
                                              {"if", parse_if, 0},
                                              {"block", parse_block, 0},
                                              {"extends", parse_extends, 0},
                                              {"print", parse_print, 0},
                                              {"macro", parse_macro, 0},
                                              {"include", parse_include, 0},
                                              {"from", parse_from, 0},
                                              {"import", parse_import, 0},
                                              {"set", parse_set, 0},
                                              {"with", parse_with, 0},
                                              {"autoescape", parse_autoescape, 0},
                                              {"call", parse_call_block, 0},
                                              {"filter", parse_filter_block, 0},
                                              {"do", parse_do, CF_TEMPLATE_DO},
                                              {"break", parse_break, CF_TEMPLATE_LOOPCONTROLS},
                                              {"continue", parse_continue, CF_TEMPLATE_LOOPCONTROLS},
                                              {"trans", cf_t_parse_trans, CF_TEMPLATE_I18N},
                                              {NULL, NULL, 0}};
