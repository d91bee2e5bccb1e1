/* Changes of many rows at once: update, delete, and inserts that meet rows that are there. */
#include "orm/parse.h"

/* NAME = VALUE, ... */
static bool parse_sets(cf_compiler *c, cf_query_tree *tree)
{
    cf_assignment **end = &tree->sets;
    if (!cf_expect_word(c, CF_WORD_SET, "'set'")) return false;
    do {
        cf_assignment *set = *end = cf_arena_alloc(c->arena, sizeof *set);
        if (!set) return cf_compiler_fail(c, CF_ERR_MEMORY, c->token.at, "out of memory");
        if (c->token.kind != CF_TOKEN_NAME) return cf_unexpected(c, "the name of a column");
        set->column = cf_node_new(c, CF_OP_COLUMN, c->token.at, 0);
        if (!set->column) return false;
        set->column->text = c->token.text;
        set->column->size = (uint32_t)c->token.size;
        if (!cf_lex(c) || !cf_expect_symbol(c, "=", "'='") || !(set->value = cf_parse_expression(c))) return false;
        end = &set->next;
    } while (cf_take_symbol(c, ","));
    return c->code == CF_OK;
}

/* Rows that come back would have no place to go. */
static bool refuse_returning(cf_compiler *c)
{
    if (c->code == CF_OK && cf_is_word(c, CF_WORD_RETURNING))
        cf_compiler_fail(c, CF_ERR_UNSUPPORTED, c->token.at, "'returning' is not needed: %s",
                         c->verb == CF_VERB_UPSERT ? "the upsert gives back the object, with all of its columns"
                                                   : "the call gives the number of rows; load them to see them");
    return c->code == CF_OK;
}

/* all | CONDITION */
static bool parse_condition(cf_compiler *c, cf_query_tree *tree)
{
    if (cf_is_word(c, CF_WORD_ALL) && c->token.kind == CF_TOKEN_WORD) {
        tree->select->all = true;
        return cf_lex(c);
    }
    return (tree->select->where = cf_parse_expression(c)) != NULL;
}

static bool start(cf_compiler *c, cf_query_tree *tree)
{
    tree->select = cf_arena_alloc(c->arena, sizeof *tree->select);
    return tree->select || cf_compiler_fail(c, CF_ERR_MEMORY, 0, "out of memory");
}

bool cf_parse_update(cf_compiler *c, cf_query_tree *tree)
{
    if (!start(c, tree) || !parse_sets(c, tree)) return false;
    if (cf_take_word(c, CF_WORD_WHERE) && !parse_condition(c, tree)) return false;
    return refuse_returning(c);
}

bool cf_parse_delete(cf_compiler *c, cf_query_tree *tree)
{
    if (!start(c, tree)) return false;
    bool word = cf_take_word(c, CF_WORD_WHERE), returning = cf_is_word(c, CF_WORD_RETURNING);
    if (c->code != CF_OK) return false;
    if ((word || (c->token.kind != CF_TOKEN_END && !returning)) && !parse_condition(c, tree)) return false;
    return refuse_returning(c);
}

bool cf_parse_upsert(cf_compiler *c, cf_query_tree *tree)
{
    if (!start(c, tree) || !cf_expect_word(c, CF_WORD_ON, "'on conflict'") ||
        !cf_expect_word(c, CF_WORD_CONFLICT, "'conflict'"))
        return false;
    cf_conflict *conflict = tree->conflict = cf_arena_alloc(c->arena, sizeof *conflict);
    if (!conflict) return cf_compiler_fail(c, CF_ERR_MEMORY, 0, "out of memory");
    if (!(conflict->columns = cf_parse_names(c)) || !cf_expect_word(c, CF_WORD_DO, "'do'")) return false;
    if (cf_take_word(c, CF_WORD_NOTHING)) return refuse_returning(c);
    if (!cf_expect_word(c, CF_WORD_UPDATE, "'nothing' or 'update'") || !parse_sets(c, tree)) return false;
    conflict->update = true;
    if (cf_take_word(c, CF_WORD_WHERE) && !(conflict->where = cf_parse_expression(c))) return false;
    return refuse_returning(c);
}
