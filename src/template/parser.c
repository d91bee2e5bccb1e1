/* The parser: bodies and their ends; statements and expressions stand in files of their own. */
#include "template/engine.h"
#include "template/syntax.h"

#include <stdio.h>

static bool fail(cf_t_parser *p, int line, const char *message)
{
    return cf_t_syntax_error(p->error, p->file, line, "%s", message);
}

cf_t_node *cf_t_node_new(cf_t_parser *p, cf_t_kind kind, int line)
{
    cf_t_node *n = cf_arena_alloc(p->arena, sizeof *n);
    if (!n) {
        cf_fail(p->error, CF_ERR_MEMORY, "out of memory while parsing template %s", p->file);
        return NULL;
    }
    n->kind = kind;
    n->line = line;
    return n;
}

bool cf_t_nodes_add(cf_t_parser *p, cf_t_nodes *nodes, cf_t_node *node)
{
    if (!node) return false;
    if (nodes->count == nodes->capacity) {
        uint32_t    capacity = nodes->capacity ? nodes->capacity * 2 : 4;
        cf_t_node **items = cf_arena_array(p->arena, capacity, sizeof *items);
        if (!items) return cf_fail(p->error, CF_ERR_MEMORY, "out of memory while parsing template %s", p->file);
        if (nodes->count) memcpy(items, nodes->items, nodes->count * sizeof *items);
        nodes->items = items;
        nodes->capacity = capacity;
    }
    nodes->items[nodes->count++] = node;
    return true;
}

const cf_t_token *cf_t_now(cf_t_parser *p)
{
    return &p->tokens[p->at];
}

const cf_t_token *cf_t_look(cf_t_parser *p)
{
    return p->tokens[p->at].type == T_EOF ? &p->tokens[p->at] : &p->tokens[p->at + 1];
}

const cf_t_token *cf_t_next(cf_t_parser *p)
{
    const cf_t_token *t = &p->tokens[p->at];
    if (t->type != T_EOF) p->at++;
    return t;
}

bool cf_t_is_name(const cf_t_token *token, const char *name)
{
    return token->type == T_NAME && strcmp(token->name->text, name) == 0;
}

bool cf_t_skip_name(cf_t_parser *p, const char *name)
{
    if (!cf_t_is_name(cf_t_now(p), name)) return false;
    p->at++;
    return true;
}

bool cf_t_describe(const cf_t_token *token, char *out, size_t size)
{
    const char *text = token->type == T_NAME ? token->name->text : cf_t_token_name(token->type);
    return snprintf(out, size, "%s", text) < (int)size;
}

static bool unexpected(cf_t_parser *p, const char *expected)
{
    char              text[128];
    const cf_t_token *t = cf_t_now(p);
    cf_t_describe(t, text, sizeof text);
    if (t->type == T_EOF)
        return cf_t_syntax_error(p->error, p->file, t->line, "unexpected end of template, expected '%s'.", expected);
    return cf_t_syntax_error(p->error, p->file, t->line, "expected token '%s', got '%s'", expected, text);
}

bool cf_t_expect(cf_t_parser *p, cf_t_token_type type, const cf_t_token **out)
{
    if (cf_t_now(p)->type != type) return unexpected(p, cf_t_token_name(type));
    const cf_t_token *t = cf_t_next(p);
    if (out) *out = t;
    return true;
}

bool cf_t_expect_name(cf_t_parser *p, const char *name)
{
    if (!cf_t_is_name(cf_t_now(p), name)) return unexpected(p, name);
    cf_t_next(p);
    return true;
}

/* ---- bodies --------------------------------------------------------------------------------- */

static bool parse_body(cf_t_parser *p, const char *const *ends, cf_t_nodes *out);

/* The tags that would be welcome here, for messages. */
static void list_ends(cf_t_parser *p, cf_buffer *out)
{
    bool first = true;
    for (unsigned i = p->end_count; i-- > 0;)
        for (const char *const *end = p->ends[i]; *end; end++) {
            cf_buffer_text(out, first ? "'" : i + 1 == p->end_count ? "' or '" : "', '");
            cf_buffer_text(out, *end);
            first = false;
        }
    cf_buffer_text(out, "'");
}

static bool fail_open(cf_t_parser *p, int line, const char *unknown)
{
    char text[600];
    int  n = unknown ? snprintf(text, sizeof text, "Encountered unknown tag '%s'.", unknown)
                     : snprintf(text, sizeof text, "Unexpected end of template.");
    if (p->end_count) {
        cf_buffer wanted = {.limit = 400};
        list_ends(p, &wanted);
        const char *const *innermost = p->ends[p->end_count - 1];
        bool               nested = false;
        for (unsigned i = 0; unknown && i < p->end_count; i++)
            for (const char *const *end = p->ends[i]; *end; end++) nested |= strcmp(*end, unknown) == 0;
        if (n > 0 && (size_t)n < sizeof text)
            n += snprintf(
                text + n, sizeof text - (size_t)n, "%s for the following tags: %s.",
                nested ? " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking"
                       : " Jinja was looking",
                wanted.data && !wanted.failed ? wanted.data : innermost[0]);
        cf_buffer_free(&wanted);
    }
    if (p->open_count && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, " The innermost block that needs to be closed is '%s'.",
                 p->open[p->open_count - 1]);
    return fail(p, line, text);
}

bool cf_t_parse_until(cf_t_parser *p, const char *const *ends, bool drop, cf_t_nodes *out)
{
    if (cf_t_now(p)->type == T_COLON) cf_t_next(p);
    if (!cf_t_expect(p, T_BLOCK_END, NULL)) return false;
    if (p->end_count == sizeof p->ends / sizeof *p->ends) return fail(p, cf_t_now(p)->line, "nested too deeply");
    p->ends[p->end_count++] = ends;
    if (!parse_body(p, ends, out)) return false;
    if (cf_t_now(p)->type == T_EOF) return fail_open(p, cf_t_now(p)->line, NULL);
    p->end_count--;
    if (drop) cf_t_next(p);
    return true;
}

static cf_t_node *parse_statement(cf_t_parser *p)
{
    const cf_t_token *t = cf_t_now(p);
    if (t->type != T_NAME) {
        fail(p, t->line, "tag name expected");
        return NULL;
    }
    for (const cf_t_statement *row = cf_t_statement_rows; row->name; row++) {
        if (strcmp(row->name, t->name->text) != 0) continue;
        if (row->extension && !(cf_t_extensions(p->env) & row->extension)) break;
        if (p->open_count == sizeof p->open / sizeof *p->open || !cf_t_enter(p, t->line)) {
            fail(p, t->line, "nested too deeply");
            return NULL;
        }
        p->open[p->open_count++] = row->name;
        cf_t_next(p);
        cf_t_node *n = row->parse(p, t->line);
        if (!n) return NULL;
        p->open_count--;
        p->depth--;
        return n;
    }
    fail_open(p, t->line, t->name->text);
    return NULL;
}

static bool add_output(cf_t_parser *p, cf_t_node **output, cf_t_nodes *out, cf_t_node *piece)
{
    if (!piece) return false;
    if (!*output) {
        *output = cf_t_node_new(p, N_OUTPUT, piece->line);
        if (!cf_t_nodes_add(p, out, *output)) return false;
    }
    return cf_t_nodes_add(p, &(*output)->items, piece);
}

static bool at_end_tag(cf_t_parser *p, const char *const *ends)
{
    for (; ends && *ends; ends++)
        if (cf_t_is_name(cf_t_now(p), *ends)) return true;
    return false;
}

static bool parse_body(cf_t_parser *p, const char *const *ends, cf_t_nodes *out)
{
    cf_t_node *output = NULL;
    for (;;) {
        const cf_t_token *t = cf_t_now(p);
        switch (t->type) {
        case T_EOF: return true;
        case T_DATA: {
            cf_t_next(p);
            cf_t_node *n = cf_t_node_new(p, N_DATA, t->line);
            if (!n) return false;
            n->value = t->value;
            if (!add_output(p, &output, out, n)) return false;
            break;
        }
        case T_VARIABLE_BEGIN:
            cf_t_next(p);
            if (!add_output(p, &output, out, cf_t_parse_tuple(p, false, true, NULL, false))) return false;
            if (!cf_t_expect(p, T_VARIABLE_END, NULL)) return false;
            break;
        default: {
            output = NULL;
            cf_t_next(p);
            if (at_end_tag(p, ends)) return true;
            cf_t_node *n = parse_statement(p);
            if (!cf_t_nodes_add(p, out, n)) return false;
            if (!cf_t_expect(p, T_BLOCK_END, NULL)) return false;
        }
        }
    }
}

/* The compiler recurses over the tree: chains of operators nested in each other must not make it too deep. */
static bool too_deep(const cf_t_node *n, unsigned depth)
{
    if (depth > 4000) return true;
    const cf_t_node *single[3] = {n->a, n->b, n->c};
    for (int i = 0; i < 3; i++)
        if (single[i] && too_deep(single[i], depth + 1)) return true;
    const cf_t_nodes *lists[4] = {&n->params, &n->items, &n->items2, &n->items3};
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < lists[k]->count; i++)
            if (too_deep(lists[k]->items[i], depth + 1)) return true;
    return false;
}

cf_t_node *cf_t_parse(cf_templates *env, cf_arena *arena, const char *name, const char *source, size_t size,
                      cf_error *error)
{
    cf_t_tokens tokens = {0};
    if (!cf_t_lex(env, arena, name, source, size, &tokens, error)) return NULL;
    cf_t_parser *p = cf_arena_alloc(arena, sizeof *p);
    if (!p) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory while parsing template %s", name);
        return NULL;
    }
    p->env = env;
    p->arena = arena;
    p->error = error;
    p->file = name;
    p->tokens = tokens.items;
    cf_t_node *n = cf_t_node_new(p, N_TEMPLATE, 1);
    if (n && parse_body(p, NULL, &n->items)) {
        if (!too_deep(n, 0)) return n;
        fail(p, 1, "expressions are nested too deeply");
    }
    if (error && error->code == CF_OK) cf_fail(error, CF_ERR_MEMORY, "out of memory while parsing template %s", name);
    return NULL;
}
