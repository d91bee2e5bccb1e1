/* Code for loops. */
#include "template/compiler.h"

/* ---- for ------------------------------------------------------------------------------------ */

static bool scoped_block(const cf_t_node *n)
{
    return n->kind == N_BLOCK && n->flag;
}

static bool check_loop_name(cf_t_builder *b, const cf_t_node *n)
{
    if (n->kind == N_NAME && n->context == CF_T_STORE && strcmp(n->name->text, "loop") == 0)
        return cf_t_fail(b->c, "TemplateAssertionError", n->line, "Can't assign to special loop variable in for-loop");
    for (size_t i = 0;; i++) {
        const cf_t_node *child = cf_t_child(n, i);
        if (!child) return true;
        if (!check_loop_name(b, child)) return false;
    }
}

/* The value of a loop target that was just stored: an item is put together again from its parts. */
static void load_target(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *target)
{
    if (target->kind == N_NAME) {
        const cf_t_ref *ref = cf_t_symbols_find(s->symbols, target->name);
        if (ref) cf_t_load_ref(b, ref);
        return;
    }
    for (uint32_t i = 0; i < target->items.count; i++) load_target(b, s, target->items.items[i]);
    cf_t_emit(b, I_TUPLE, (int)target->items.count, 0, 0);
}

/* The items that pass the loop's test, as a list: `loop` counts only those. */
static void filter_items(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    int raw = b->iterators++;
    cf_t_emit(b, I_ITER, raw, 0, 0);
    cf_t_emit(b, I_LIST, 0, 0, 0);
    cf_t_enter_scope(b, s->symbols);
    size_t top = cf_t_here(b);
    size_t done = cf_t_emit(b, I_NEXT, 0, raw, 0);
    cf_t_store(b, s, n->a);
    cf_t_folded(b, s, n->c);
    cf_t_emit(b, I_JUMP_FALSE, (int)top, 0, 0);
    load_target(b, s, n->a);
    cf_t_emit(b, I_APPEND, 0, 0, 0);
    cf_t_emit(b, I_JUMP, (int)top, 0, 0);
    cf_t_patch(b, done);
}

typedef struct loop_scopes {
    cf_t_scope body, test, other;
    bool       extended;
    int        loop_slot, flag_slot;
} loop_scopes;

static bool analyze_loop(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n, loop_scopes *l)
{
    static const char *const names[] = {"loop"};
    cf_t_compiler           *c = b->c;
    l->body = cf_t_inner(b, s);
    l->test = cf_t_inner(b, s);
    l->other = cf_t_inner(b, s);
    if (c->failed) return false;
    l->extended = n->flag || cf_t_undeclared(&n->items, names, 1) || cf_t_any(&n->items, scoped_block);
    l->loop_slot = l->flag_slot = -1;
    if (l->extended) {
        const cf_t_name *loop = cf_t_intern(c->env, "loop", 4);
        cf_t_ref        *ref = loop ? cf_t_symbols_param(c, l->body.symbols, loop) : NULL;
        if (!ref) {
            c->failed = true;
            return false;
        }
        l->loop_slot = ref->slot;
    }
    cf_t_analyze_params(c, l->body.symbols, n->a);
    cf_t_analyze(c, l->body.symbols, &n->items);
    cf_t_analyze(c, l->other.symbols, &n->items2);
    if (n->c) {
        cf_t_analyze_params(c, l->test.symbols, n->a);
        cf_t_analyze_one(c, l->test.symbols, n->c);
    }
    return check_loop_name(b, n);
}

/* Names that the body only reads need not be looked up again in each round. */
static void enter_body(cf_t_builder *b, cf_t_symbols *s, bool before)
{
    for (size_t i = 0; i < s->count; i++) {
        const cf_t_ref *r = &s->refs[i];
        bool            constant = r->load == LOAD_RESOLVE && !r->stored;
        if (r->load == LOAD_PARAM || constant != before) continue;
        cf_t_symbols one = {.owner = b, .refs = (cf_t_ref *)(uintptr_t)r, .count = 1};
        cf_t_enter_scope(b, &one);
    }
}

/* The loop itself; the iterable is on the stack. */
static void loop_code(cf_t_builder *b, const cf_t_node *n, loop_scopes *l)
{
    bool filtered_first = n->c && l->extended;
    if (filtered_first) filter_items(b, &l->test, n);
    int iterator = b->iterators++;
    if (iterator > 250) {
        cf_t_fail(b->c, "TemplateSyntaxError", n->line, "too many loops in one template");
        return;
    }
    cf_t_emit(b, I_ITER, iterator, l->extended ? (n->flag ? 2 : 1) : 0, l->extended ? l->loop_slot : 0);
    if (n->c && !filtered_first) cf_t_enter_scope(b, l->test.symbols);
    if (n->flag2) {
        l->flag_slot = own_slot(b);
        cf_t_emit(b, I_CONST, cf_t_add_const(b->c, cf_value_bool(true)), 0, 0);
        cf_t_emit(b, I_STORE, l->flag_slot, 0, 0);
    }
    enter_body(b, l->body.symbols, true);
    cf_t_loop_state state = {.outer = b->loop, .captures = b->captures, .flag_depth = b->flag_count};
    state.next = cf_t_here(b);
    b->line = n->line;
    size_t          done;
    const cf_t_ref *simple = n->a->kind == N_NAME ? cf_t_symbols_find(l->body.symbols, n->a->name) : NULL;
    if (simple) {
        done = cf_t_emit(b, I_NEXT_STORE, 0, iterator, simple->slot);
    } else {
        done = cf_t_emit(b, I_NEXT, 0, iterator, 0);
        cf_t_store(b, &l->body, n->a);
    }
    if (n->c && !filtered_first) {
        cf_t_folded(b, &l->test, n->c);
        cf_t_emit(b, I_JUMP_FALSE, (int)state.next, 0, 0);
    }
    b->loop = &state;
    enter_body(b, l->body.symbols, false);
    cf_t_statements(b, &l->body, &n->items);
    if (n->flag2) {
        cf_t_emit(b, I_CONST, cf_t_add_const(b->c, cf_value_bool(false)), 0, 0);
        cf_t_emit(b, I_STORE, l->flag_slot, 0, 0);
    }
    cf_t_emit(b, I_JUMP, (int)state.next, 0, 0);
    b->loop = state.outer;
    cf_t_patch(b, done);
    for (size_t i = 0; i < state.breaks.count; i++) cf_t_patch(b, ((size_t *)state.breaks.items)[i]);
    if (!n->flag2) return;
    cf_t_emit(b, I_LOAD, l->flag_slot, 0, 0);
    size_t skip = cf_t_emit(b, I_JUMP_FALSE, 0, 0, 0);
    cf_t_enter_scope(b, l->other.symbols);
    cf_t_statements(b, &l->other, &n->items2);
    cf_t_patch(b, skip);
}

/* A recursive loop is a function of its own that `loop(...)` calls again. */
static void recursive_loop(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    loop_scopes   l;
    cf_t_builder *inner = cf_t_builder_new(b->c, b, CODE_LOOP);
    if (!inner) return;
    int index = (int)b->c->codes.count - 1;
    inner->line = n->line;
    b->code->captures = true;
    cf_t_slot_for(inner, -1, NULL); /* the iterable */
    if (!analyze_loop(inner, s, n, &l)) return;
    cf_t_emit(inner, I_LOAD, 0, 0, 0);
    loop_code(inner, n, &l);
    if (!cf_t_builder_done(inner)) return;
    cf_t_folded(b, s, n->b);
    b->line = n->line;
    cf_t_emit(b, I_RECURSE, index, 0, 0);
}

void cf_t_for_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    if (n->flag) {
        recursive_loop(b, s, n);
        return;
    }
    loop_scopes l;
    if (!analyze_loop(b, s, n, &l)) return;
    cf_t_folded(b, s, n->b);
    b->line = n->line;
    loop_code(b, n, &l);
}

void cf_t_jump_out(cf_t_builder *b, const cf_t_node *n)
{
    cf_t_loop_state *l = b->loop;
    if (!l) {
        cf_t_fail(b->c, "SyntaxError", n->line, "'%s' outside loop", n->kind == N_BREAK ? "break" : "continue");
        return;
    }
    for (int i = b->captures; i > l->captures; i--) cf_t_emit(b, I_CAPTURE_DROP, 0, 0, 0);
    if (b->flag_count > l->flag_depth) {
        cf_t_emit(b, I_LOAD, b->flag_slots[l->flag_depth], 0, 0);
        cf_t_emit(b, I_AUTOESCAPE_BACK, 0, 0, 0);
    }
    if (n->kind == N_CONTINUE) {
        cf_t_emit(b, I_JUMP, (int)l->next, 0, 0);
        return;
    }
    size_t *at = cf_t_push(b->c, &l->breaks, sizeof *at);
    if (at) *at = cf_t_emit(b, I_JUMP, 0, 0, 0);
}
