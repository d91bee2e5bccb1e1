/* Code for expressions. */
#include "template/compiler.h"

void cf_t_load_ref(cf_t_builder *b, const cf_t_ref *ref)
{
    cf_t_emit(b, I_LOAD, ref->slot, cf_t_hops(b, ref->owner), 0);
}

static void load_name(cf_t_builder *b, const cf_t_scope *s, const cf_t_name *name, int line)
{
    const cf_t_ref *ref = cf_t_symbols_find(s->symbols, name);
    if (!ref) {
        /* Names that the analysis does not visit, such as those of a set block's filter. */
        ref = cf_t_symbols_param(b->c, s->symbols, name);
        if (!ref) return;
        cf_t_emit(b, I_RESOLVE, cf_t_add_name(b->c, name), 0, ref->slot);
    }
    b->line = line;
    cf_t_load_ref(b, ref);
}

static int new_cache(cf_t_compiler *c)
{
    return (int)c->cache_count++;
}

static int add_entry(cf_t_compiler *c, const cf_t_entry *entry)
{
    const cf_t_entry **slot = cf_t_push(c, &c->entries, sizeof *slot);
    if (!slot) return 0;
    *slot = entry;
    return (int)c->entries.count - 1;
}

/* The names of keyword arguments, one after the other; returns the first. */
static int add_keywords(cf_t_compiler *c, const cf_t_node *n, bool caller)
{
    int first = (int)c->names.count;
    for (uint32_t i = 0; i < n->name_count; i++) {
        const cf_t_name **slot = cf_t_push(c, &c->names, sizeof *slot);
        if (!slot) return 0;
        *slot = n->names[i];
    }
    if (caller) {
        const cf_t_name **slot = cf_t_push(c, &c->names, sizeof *slot);
        if (!slot) return 0;
        *slot = cf_t_intern(c->env, "caller", 6);
        if (!*slot) c->failed = true;
    }
    return first;
}

static void push_arguments(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n, int caller_slot)
{
    for (uint32_t i = 0; i < n->items.count; i++) cf_t_expression(b, s, n->items.items[i]);
    for (uint32_t i = 0; i < n->items2.count; i++) cf_t_expression(b, s, n->items2.items[i]);
    if (caller_slot >= 0) cf_t_emit(b, I_LOAD, caller_slot, 0, 0);
    if (n->b) cf_t_expression(b, s, n->b);
    if (n->c) cf_t_expression(b, s, n->c);
}

void cf_t_call_node(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n, int caller_slot)
{
    const cf_t_node *callee = n->a;
    bool             method = callee->kind == N_GETATTR;
    cf_t_expression(b, s, method ? callee->a : callee);
    push_arguments(b, s, n, caller_slot);
    int flags = (n->b ? 1 : 0) | (n->c ? 2 : 0);
    int named = (int)n->name_count + (caller_slot >= 0);
    int first = add_keywords(b->c, n, caller_slot >= 0);
    b->line = n->line;
    cf_t_emit(b, method ? I_METHOD : I_CALL, (int)n->items.count, flags, named);
    int name = method ? cf_t_add_name(b->c, callee->name) : 0;
    cf_t_emit(b, I_NAMES, first, 0, 0);
    cf_t_emit(b, I_NAMES, method ? new_cache(b->c) : 0, 0, name);
}

/* A filter or test; its first value is on the stack already. */
static void apply(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    bool              filter = n->kind == N_FILTER;
    cf_t_compiler    *c = b->c;
    const cf_t_entry *entry = filter ? cf_t_find_filter(c->env, n->name->text, n->name->size)
                                     : cf_t_find_test(c->env, n->name->text, n->name->size);
    b->line = n->line;
    if (!entry && !s->soft) {
        cf_t_fail(c, "TemplateAssertionError", n->line, "No %s named '%s'.", filter ? "filter" : "test", n->name->text);
        return;
    }
    if (!entry) {
        cf_t_emit(b, I_UNKNOWN, cf_t_add_name(c, n->name), filter ? 0 : 1, 0);
        cf_t_emit(b, I_POP, 0, 0, 0);
        return;
    }
    push_arguments(b, s, n, -1);
    int flags = (n->b ? 1 : 0) | (n->c ? 2 : 0);
    int first = add_keywords(c, n, false);
    b->line = n->line;
    cf_t_emit(b, filter ? I_FILTER : I_TEST, (int)n->items.count + 1, flags, (int)n->name_count);
    cf_t_emit(b, I_NAMES, first, 0, 0);
    cf_t_emit(b, I_NAMES, add_entry(c, entry), 0, 0);
}

void cf_t_filter_call(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    if (n->a) cf_t_expression(b, s, n->a);
    apply(b, s, n);
}

/* The innermost filter of a chain in a filter block has no value of its own: it is on the stack. */

static void compare(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_expression(b, s, n->a);
    size_t jumps[256], count = 0;
    for (uint32_t i = 0; i < n->items.count; i++) {
        cf_t_expression(b, s, n->items.items[i]);
        b->line = n->line;
        if (i + 1 == n->items.count) cf_t_emit(b, I_COMPARE, 0, n->ops[i], 0);
        else jumps[count++] = cf_t_emit(b, I_COMPARE_JUMP, 0, n->ops[i], 0);
    }
    while (count) cf_t_patch(b, jumps[--count]);
}

static void logic(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_expression(b, s, n->a);
    size_t jump = cf_t_emit(b, n->kind == N_AND ? I_JUMP_FALSE_KEEP : I_JUMP_TRUE_KEEP, 0, 0, 0);
    cf_t_expression(b, s, n->b);
    cf_t_patch(b, jump);
}

static void condition(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_scope soft = *s;
    soft.soft = true;
    soft.rootlevel = false;
    cf_t_expression(b, &soft, n->a);
    size_t to_else = cf_t_emit(b, I_JUMP_FALSE, 0, 0, 0);
    cf_t_expression(b, &soft, n->b);
    size_t to_end = cf_t_emit(b, I_JUMP, 0, 0, 0);
    b->depth--;
    cf_t_patch(b, to_else);
    b->line = n->line;
    if (n->c) cf_t_expression(b, &soft, n->c);
    else cf_t_emit(b, I_NO_ELSE, n->line, 0, 0);
    cf_t_patch(b, to_end);
}

static void items(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    for (uint32_t i = 0; i < n->items.count; i++) cf_t_expression(b, s, n->items.items[i]);
}

static void slice_part(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    if (n) cf_t_expression(b, s, n);
    else cf_t_emit(b, I_CONST, cf_t_add_const(b->c, cf_value_null()), 0, 0);
}

static void getitem(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_expression(b, s, n->a);
    if (n->b->kind == N_SLICE) {
        slice_part(b, s, n->b->a);
        slice_part(b, s, n->b->b);
        slice_part(b, s, n->b->c);
        b->line = n->line;
        cf_t_emit(b, I_SLICE, 0, 0, 0);
        return;
    }
    cf_t_expression(b, s, n->b);
    b->line = n->line;
    cf_t_emit(b, I_ITEM, 0, 0, 0);
}

void cf_t_expression(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    if (b->c->failed) return;
    b->line = n->line;
    switch (n->kind) {
    case N_CONST: cf_t_emit(b, I_CONST, cf_t_add_const(b->c, n->value), 0, 0); break;
    case N_NAME: load_name(b, s, n->name, n->line); break;
    case N_TUPLE:
        items(b, s, n);
        cf_t_emit(b, I_TUPLE, (int)n->items.count, 0, 0);
        break;
    case N_LIST:
        items(b, s, n);
        cf_t_emit(b, I_LIST, (int)n->items.count, 0, 0);
        break;
    case N_DICT:
        items(b, s, n);
        b->line = n->line;
        cf_t_emit(b, I_DICT, (int)n->items.count / 2, 0, 0);
        break;
    case N_GETATTR:
        cf_t_expression(b, s, n->a);
        b->line = n->line;
        cf_t_emit(b, I_ATTR, new_cache(b->c), 0, cf_t_add_name(b->c, n->name));
        break;
    case N_GETITEM: getitem(b, s, n); break;
    case N_CALL: cf_t_call_node(b, s, n, -1); break;
    case N_FILTER:
    case N_TEST: cf_t_filter_call(b, s, n); break;
    case N_BINARY:
        cf_t_expression(b, s, n->a);
        cf_t_expression(b, s, n->b);
        b->line = n->line;
        cf_t_emit(b, I_BINARY, 0, n->op, 0);
        break;
    case N_UNARY:
        cf_t_expression(b, s, n->a);
        b->line = n->line;
        cf_t_emit(b, I_UNARY, 0, n->op, 0);
        break;
    case N_COMPARE: compare(b, s, n); break;
    case N_AND:
    case N_OR: logic(b, s, n); break;
    case N_NOT:
        cf_t_expression(b, s, n->a);
        cf_t_emit(b, I_NOT, 0, 0, 0);
        break;
    case N_CONDITION: condition(b, s, n); break;
    case N_CONCAT:
        items(b, s, n);
        b->line = n->line;
        cf_t_emit(b, I_CONCAT, (int)n->items.count, b->c->escape, 0);
        break;
    case N_SLICE: cf_t_fail(b->c, "TemplateSyntaxError", n->line, "a slice may only stand alone in brackets"); break;
    default: cf_t_fail(b->c, "TemplateSyntaxError", n->line, "this cannot stand in an expression");
    }
}

void cf_t_folded(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_node *folded = cf_t_fold(b->c->env, b->c->work, (cf_t_node *)(uintptr_t)n, b->c->escape);
    if (folded) cf_t_expression(b, s, folded);
    else b->c->failed = true;
}

/* ---- assignment ----------------------------------------------------------------------------- */

static void store_name(cf_t_builder *b, const cf_t_scope *s, const cf_t_name *name)
{
    cf_t_ref *ref = cf_t_symbols_find(s->symbols, name);
    if (!ref) ref = cf_t_symbols_param(b->c, s->symbols, name);
    if (!ref) return;
    cf_t_emit(b, I_STORE, ref->slot, 0, 0);
    if (s->toplevel) cf_t_emit(b, I_EXPORT, cf_t_add_name(b->c, name), name->text[0] == '_' ? 0 : 1, ref->slot);
}

void cf_t_store(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *target)
{
    b->line = target->line;
    switch (target->kind) {
    case N_NAME: store_name(b, s, target->name); break;
    case N_NSREF:
        load_name(b, s, target->name, target->line);
        cf_t_emit(b, I_SET_ATTR, cf_t_add_name(b->c, target->name2), 0, 0);
        break;
    default:
        cf_t_emit(b, I_UNPACK, (int)target->items.count, 0, 0);
        for (uint32_t i = 0; i < target->items.count; i++) cf_t_store(b, s, target->items.items[i]);
    }
}

/* ---- output --------------------------------------------------------------------------------- */

static bool plain_filter(const cf_t_builder *b, const cf_t_node *n, const char *name, const char *short_name)
{
    if (n->kind != N_FILTER || !n->a || n->items.count || n->name_count || n->b || n->c) return false;
    if (strcmp(n->name->text, name) != 0 && strcmp(n->name->text, short_name) != 0) return false;
    const cf_t_entry *entry = cf_t_find_filter(b->c->env, n->name->text, n->name->size);
    return entry && entry->builtin;
}

static void output_constant(cf_t_builder *b, const cf_t_node *n)
{
    cf_t_emit(b, I_CONST, cf_t_add_const(b->c, n->value), 0, 0);
    cf_t_emit(b, I_OUT, 0, b->c->constant_escape, 0);
}

void cf_t_output(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    b->line = n->line;
    if (n->kind == N_DATA) {
        if (n->value.size) cf_t_emit(b, I_TEXT, cf_t_add_const(b->c, n->value), 0, 0);
        return;
    }
    cf_t_node *e = cf_t_fold(b->c->env, b->c->work, (cf_t_node *)(uintptr_t)n, b->c->escape);
    if (e) cf_t_fold_output(b->c->env, b->c->work, e, b->c->escape);
    if (!e) {
        b->c->failed = true;
        return;
    }
    if (e->kind == N_CONST) {
        output_constant(b, e);
        return;
    }
    int mode = b->c->escape;
    while (plain_filter(b, e, "escape", "e")) {
        mode = 1;
        e = e->a;
    }
    if (e->kind == N_GETATTR) {
        cf_t_expression(b, s, e->a);
        b->line = e->line;
        cf_t_emit(b, I_OUT_ATTR, new_cache(b->c), mode, cf_t_add_name(b->c, e->name));
        return;
    }
    cf_t_expression(b, s, e);
    cf_t_emit(b, I_OUT, 0, mode, 0);
}
