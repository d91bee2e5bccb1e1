/* Selects and their clauses, and the query that a text as a whole is. */
#include "orm/parse.h"

#define MOST_ORDERS 32

static void *out_of_memory(cf_compiler *c)
{
    return cf_compiler_fail(c, CF_ERR_MEMORY, c->token.at, "out of memory");
}

/* as NAME, if it stands here; false on a mistake. */
static bool parse_alias(cf_compiler *c, const char **name, uint32_t *size)
{
    if (!cf_take_word(c, CF_WORD_AS)) return c->code == CF_OK;
    if (c->token.kind != CF_TOKEN_NAME) return cf_unexpected(c, "a name");
    *name = c->token.text;
    *size = (uint32_t)c->token.size;
    return cf_lex(c);
}

cf_node *cf_parse_select_list(cf_compiler *c)
{
    cf_node *list = cf_node_new(c, CF_OP_LIST, c->token.at, 0);
    do {
        cf_node *item = list ? cf_parse_expression(c) : NULL;
        if (!item || !parse_alias(c, &item->label, &item->label_size) || !cf_node_add(c, list, item)) return NULL;
    } while (cf_take_symbol(c, ","));
    return c->code == CF_OK ? list : NULL;
}

/* ---- from and joins ------------------------------------------------------------------------------ */

static bool parse_from(cf_compiler *c, cf_select *s)
{
    if (!cf_take_word(c, CF_WORD_FROM)) return c->code == CF_OK;
    if (c->token.kind != CF_TOKEN_NAME) return cf_unexpected(c, "the name of a model");
    s->from = cf_node_new(c, CF_OP_COLUMN, c->token.at, 0);
    if (!s->from) return false;
    s->from->text = c->token.text;
    s->from->size = (uint32_t)c->token.size;
    return cf_lex(c) && parse_alias(c, &s->from_name, &s->from_name_size);
}

/* Does a join begin here? The words are names elsewhere. */
static bool begins_join(const cf_compiler *c)
{
    if (cf_is_word(c, CF_WORD_JOIN)) return cf_peek(c).kind == CF_TOKEN_NAME;
    cf_word next = cf_is_word(c, CF_WORD_LEFT) || cf_is_word(c, CF_WORD_INNER) ? cf_peek(c).word : CF_WORD_NONE;
    return next == CF_WORD_JOIN || (next == CF_WORD_OUTER && cf_is_word(c, CF_WORD_LEFT));
}

static bool parse_joins(cf_compiler *c, cf_select *s)
{
    for (cf_join_clause **end = &s->joins; c->code == CF_OK && begins_join(c); end = &(*end)->next) {
        cf_join_clause *j = *end = cf_arena_alloc(c->arena, sizeof *j);
        if (!j) return out_of_memory(c);
        if (cf_take_word(c, CF_WORD_LEFT)) {
            j->outer = true;
            cf_take_word(c, CF_WORD_OUTER);
        } else {
            cf_take_word(c, CF_WORD_INNER);
        }
        if (!cf_expect_word(c, CF_WORD_JOIN, "'join'") || !(j->path = cf_parse_path(c)) ||
            !parse_alias(c, &j->name, &j->name_size))
            return false;
        if (cf_take_word(c, CF_WORD_ON) && !(j->on = cf_parse_expression(c))) return false;
    }
    return c->code == CF_OK;
}

/* ---- where, group by, having --------------------------------------------------------------------- */

/* load, join, raise */
static bool names_loading(cf_word word)
{
    return word == CF_WORD_LOAD || word == CF_WORD_JOIN || word == CF_WORD_RAISE;
}

/* Does a word stand here that can follow a condition that was left out? */
static bool begins_clause(const cf_compiler *c)
{
    switch (c->token.word) {
    case CF_WORD_GROUP:
    case CF_WORD_HAVING:
    case CF_WORD_UNION:
    case CF_WORD_INTERSECT:
    case CF_WORD_EXCEPT:
    case CF_WORD_ORDER:
    case CF_WORD_LIMIT:
    case CF_WORD_OFFSET: return true;
    case CF_WORD_FOR: return cf_peek(c).word == CF_WORD_UPDATE || cf_peek(c).word == CF_WORD_SHARE;
    case CF_WORD_WITH: return names_loading(cf_peek(c).word);
    default: return c->token.kind == CF_TOKEN_END;
    }
}

/* The condition of a query needs no `where` unless something stands before it. */
static bool parse_where(cf_compiler *c, cf_select *s, bool bare)
{
    bool word = cf_take_word(c, CF_WORD_WHERE);
    if (c->code != CF_OK) return false;
    if (!word && (!bare || begins_clause(c))) return true;
    if (cf_is_word(c, CF_WORD_ALL) && c->token.kind == CF_TOKEN_WORD) {
        s->all = true;
        return cf_lex(c);
    }
    return (s->where = cf_parse_expression(c)) != NULL;
}

static bool parse_groups(cf_compiler *c, cf_select *s)
{
    if (cf_take_word(c, CF_WORD_GROUP)) {
        s->groups = cf_expect_word(c, CF_WORD_BY, "'by'") ? cf_node_new(c, CF_OP_LIST, c->token.at, 0) : NULL;
        do {
            if (!s->groups || !cf_node_add(c, s->groups, cf_parse_value(c))) return false;
        } while (cf_take_symbol(c, ","));
    }
    if (cf_take_word(c, CF_WORD_HAVING) && !(s->having = cf_parse_expression(c))) return false;
    return c->code == CF_OK;
}

/* ---- order and bounds ---------------------------------------------------------------------------- */

bool cf_parse_orders(cf_compiler *c, cf_order **out, size_t *count)
{
    cf_order orders[MOST_ORDERS];
    do {
        cf_order *o = &orders[*count];
        if (*count == MOST_ORDERS)
            return cf_compiler_fail(c, CF_ERR_LIMIT, c->token.at, "more than %d terms in order by", MOST_ORDERS);
        *o = (cf_order){.node = cf_parse_value(c)};
        if (!o->node) return false;
        if (cf_take_word(c, CF_WORD_DESC)) o->descending = true;
        else cf_take_word(c, CF_WORD_ASC);
        if (cf_take_word(c, CF_WORD_NULLS)) {
            if (cf_take_word(c, CF_WORD_FIRST)) o->nulls = 1;
            else if (cf_expect_word(c, CF_WORD_LAST, "'first' or 'last'")) o->nulls = -1;
        }
        ++*count;
    } while (c->code == CF_OK && cf_take_symbol(c, ","));
    if (c->code != CF_OK) return false;
    *out = cf_arena_array(c->arena, *count, sizeof **out);
    if (!*out) return out_of_memory(c);
    memcpy(*out, orders, *count * sizeof *orders);
    return true;
}

static bool parse_bounds(cf_compiler *c, cf_select *s)
{
    if (cf_take_word(c, CF_WORD_ORDER) &&
        (!cf_expect_word(c, CF_WORD_BY, "'by'") || !cf_parse_orders(c, &s->orders, &s->order_count)))
        return false;
    if (cf_take_word(c, CF_WORD_LIMIT) && !(s->limit = cf_parse_unary(c))) return false;
    if (cf_take_word(c, CF_WORD_OFFSET) && !(s->offset = cf_parse_unary(c))) return false;
    return c->code == CF_OK;
}

/* ---- selects ------------------------------------------------------------------------------------- */

static cf_select *new_select(cf_compiler *c)
{
    cf_select *s = cf_arena_alloc(c->arena, sizeof *s);
    if (!s) return out_of_memory(c);
    s->at = (uint32_t)c->token.at;
    return s;
}

/* select ... from ... where ... group by ... having; `query`: the tail of a statement, whose model is known. */
static bool parse_core(cf_compiler *c, cf_select *s, bool query)
{
    bool listed = cf_take_word(c, CF_WORD_SELECT);
    s->distinct = (listed || query) && cf_take_word(c, CF_WORD_DISTINCT);
    if (c->code != CF_OK || (listed && !(s->list = cf_parse_select_list(c)))) return false;
    if (!parse_from(c, s) || !parse_joins(c, s)) return false;
    return parse_where(c, s, query && !listed && !s->from && !s->joins) && parse_groups(c, s);
}

static cf_combine take_combination(cf_compiler *c)
{
    if (cf_take_word(c, CF_WORD_UNION)) return cf_take_word(c, CF_WORD_ALL) ? CF_UNION_ALL : CF_UNION;
    if (cf_take_word(c, CF_WORD_INTERSECT)) return CF_INTERSECT;
    return cf_take_word(c, CF_WORD_EXCEPT) ? CF_EXCEPT : CF_COMBINE_NONE;
}

static bool parse_combined(cf_compiler *c, cf_select *first)
{
    for (cf_select *s = first; c->code == CF_OK; s = s->next) {
        s->combine = (uint8_t)take_combination(c);
        if (s->combine == CF_COMBINE_NONE) break;
        if (!cf_is_word(c, CF_WORD_SELECT)) return cf_unexpected(c, "'select'");
        if (!(s->next = new_select(c)) || !parse_core(c, s->next, false)) return false;
    }
    return c->code == CF_OK && parse_bounds(c, first);
}

static bool parse_ctes(cf_compiler *c, cf_select *s)
{
    cf_cte **end = &s->ctes;
    s->recursive = cf_take_word(c, CF_WORD_RECURSIVE);
    do {
        cf_cte *cte = *end = cf_arena_alloc(c->arena, sizeof *cte);
        if (!cte) return out_of_memory(c);
        if (c->token.kind != CF_TOKEN_NAME) return cf_unexpected(c, "a name");
        *cte = (cf_cte){.name = c->token.text,
                        .name_size = (uint32_t)c->token.size,
                        .at = (uint32_t)c->token.at,
                        .recursive = s->recursive};
        if (!cf_lex(c) || (cf_is_symbol(c, "(") && !(cte->columns = cf_parse_names(c)))) return false;
        if (!cf_expect_word(c, CF_WORD_AS, "'as'") || !cf_expect_symbol(c, "(", "'('")) return false;
        if (!cf_parse_deeper(c) || !(cte->select = cf_parse_select(c)) || !cf_expect_symbol(c, ")", "')'"))
            return false;
        c->depth--;
        end = &cte->next;
    } while (cf_take_symbol(c, ","));
    return c->code == CF_OK;
}

cf_select *cf_parse_select(cf_compiler *c)
{
    cf_select *s = new_select(c);
    if (!s || (cf_take_word(c, CF_WORD_WITH) && !parse_ctes(c, s))) return NULL;
    if (!cf_is_word(c, CF_WORD_SELECT) && !cf_is_word(c, CF_WORD_FROM)) return cf_unexpected(c, "'select'");
    return parse_core(c, s, false) && parse_combined(c, s) ? s : NULL;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static bool parse_lock(cf_compiler *c, cf_lock *lock)
{
    lock->at = (uint32_t)c->token.at;
    if (!cf_take_word(c, CF_WORD_FOR)) return c->code == CF_OK;
    if (cf_take_word(c, CF_WORD_SHARE)) lock->mode = CF_LOCK_SHARE;
    else if (cf_expect_word(c, CF_WORD_UPDATE, "'update' or 'share'")) lock->mode = CF_LOCK_UPDATE;
    if (cf_take_word(c, CF_WORD_OF) && !(lock->of = cf_parse_path(c))) return false;
    if (cf_take_word(c, CF_WORD_NOWAIT)) lock->nowait = true;
    else if (cf_take_word(c, CF_WORD_SKIP)) lock->skip_locked = cf_expect_word(c, CF_WORD_LOCKED, "'locked'");
    return c->code == CF_OK;
}

/* (PATH, ...); `star`: or (*) */
static bool parse_paths(cf_compiler *c, cf_load **end, bool star)
{
    if (!cf_expect_symbol(c, "(", "'('")) return false;
    while (*end) end = &(*end)->next;
    do {
        cf_load *load = *end = cf_arena_alloc(c->arena, sizeof *load);
        if (!load) return out_of_memory(c);
        load->at = (uint32_t)c->token.at;
        if (!(star && cf_take_symbol(c, "*")) && !(load->path = cf_parse_path(c))) return false;
        end = &load->next;
    } while (cf_take_symbol(c, ","));
    return cf_expect_symbol(c, ")", "',' or ')'");
}

/* with load(...), join(...), raise(...) */
static bool parse_loads(cf_compiler *c, cf_query_tree *tree)
{
    if (!cf_take_word(c, CF_WORD_WITH)) return c->code == CF_OK;
    do {
        cf_load **end = cf_is_word(c, CF_WORD_JOIN)    ? &tree->joins
                        : cf_is_word(c, CF_WORD_RAISE) ? &tree->raises
                                                       : &tree->loads;
        if (!names_loading(c->token.word)) return cf_unexpected(c, "'load', 'join' or 'raise'");
        if (!cf_lex(c) || !parse_paths(c, end, end == &tree->raises)) return false;
    } while (cf_take_symbol(c, ","));
    return c->code == CF_OK;
}

bool cf_parse_query(cf_compiler *c, cf_query_tree *tree)
{
    cf_select *s = tree->select = new_select(c);
    if (!s) return false;
    if (cf_is_word(c, CF_WORD_WITH) && cf_peek(c).kind == CF_TOKEN_NAME && !names_loading(cf_peek(c).word)) {
        if (!cf_lex(c) || !parse_ctes(c, s)) return false;
        if (!cf_is_word(c, CF_WORD_SELECT)) return cf_unexpected(c, "'select'");
    }
    return parse_core(c, s, true) && parse_combined(c, s) && parse_lock(c, &tree->lock) && parse_loads(c, tree);
}

static const char *what_may_follow(const cf_query_tree *tree)
{
    const cf_select *s = tree->select;
    if (s && s->where) return "'and', 'or', 'order by', 'limit' or the end";
    if (s && (s->list || s->joins)) return "'where', 'group by', 'order by', 'limit' or the end";
    return "'order by', 'limit' or the end";
}

cf_query_tree *cf_parse(cf_compiler *c)
{
    if (c->size > CF_MOST_QUERY_BYTES)
        return cf_compiler_fail(c, CF_ERR_LIMIT, 0, "a query has at most %d bytes", CF_MOST_QUERY_BYTES);
    cf_query_tree *tree = cf_arena_alloc(c->arena, sizeof *tree);
    if (!tree) return out_of_memory(c);
    if (!cf_lex(c)) return NULL;
    bool ok = c->verb == CF_VERB_UPDATE_WHERE   ? cf_parse_update(c, tree)
              : c->verb == CF_VERB_DELETE_WHERE ? cf_parse_delete(c, tree)
              : c->verb == CF_VERB_UPSERT       ? cf_parse_upsert(c, tree)
                                                : cf_parse_query(c, tree);
    if (!ok) return NULL;
    bool changes = c->verb == CF_VERB_UPDATE_WHERE || c->verb == CF_VERB_DELETE_WHERE;
    if (changes && (cf_is_word(c, CF_WORD_ORDER) || cf_is_word(c, CF_WORD_LIMIT)))
        return cf_compiler_fail(c, CF_ERR_SYNTAX, c->token.at, "'order by' and 'limit' cannot stand here");
    if (c->token.kind != CF_TOKEN_END) return cf_unexpected(c, what_may_follow(tree));
    tree->parameters = (uint16_t)c->parameter_count;
    return tree;
}
