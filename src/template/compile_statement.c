/* Code for statements. */
#include "template/compiler.h"

/* ---- output --------------------------------------------------------------------------------- */

static void output(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    size_t jump = 0;
    if (s->output_check) {
        if (b->c->known_extends) return;
        jump = cf_t_emit(b, I_JUMP_CHILD, 0, 0, 0);
    }
    for (uint32_t i = 0; i < n->items.count; i++) cf_t_output(b, s, n->items.items[i]);
    if (s->output_check) cf_t_patch(b, jump);
}

/* ---- if ------------------------------------------------------------------------------------- */

static void if_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_scope soft = *s;
    soft.rootlevel = false;
    soft.soft = true;
    cf_t_array ends = {0};
    for (uint32_t i = 0; i <= n->items2.count; i++) {
        const cf_t_node *branch = i == 0 ? n : n->items2.items[i - 1];
        cf_t_folded(b, &soft, branch->a);
        size_t next = cf_t_emit(b, I_JUMP_FALSE, 0, 0, 0);
        cf_t_statements(b, &soft, &branch->items);
        size_t *end = cf_t_push(b->c, &ends, sizeof *end);
        if (!end) return;
        *end = cf_t_emit(b, I_JUMP, 0, 0, 0);
        cf_t_patch(b, next);
    }
    cf_t_statements(b, &soft, &n->items3);
    for (size_t i = 0; i < ends.count; i++) cf_t_patch(b, ((size_t *)ends.items)[i]);
}

/* ---- macros --------------------------------------------------------------------------------- */

static const cf_t_name *intern(cf_t_compiler *c, const char *name)
{
    const cf_t_name *n = cf_t_intern(c->env, name, strlen(name));
    if (!n) c->failed = true;
    return n;
}

/* Parameters that exist only where the body mentions them. */
static bool special_params(cf_t_builder *m, cf_t_symbols *symbols, const cf_t_node *n)
{
    static const char *const names[] = {"caller", "kwargs", "varargs"};
    cf_t_compiler           *c = m->c;
    unsigned                 used = cf_t_undeclared(&n->items, names, 3);
    int                      explicit_at[3] = {-1, -1, -1};
    for (uint32_t i = 0; i < n->params.count; i++)
        for (int k = 0; k < 3; k++)
            if (strcmp(n->params.items[i]->name->text, names[k]) == 0) explicit_at[k] = (int)i;
    m->code->explicit_caller = explicit_at[0] >= 0;
    if (used & 1) {
        m->code->takes_caller = true;
        if (explicit_at[0] >= 0) {
            if (explicit_at[0] < (int)(n->params.count - n->items2.count))
                return cf_t_fail(
                    c, "TemplateAssertionError", n->line,
                    "When defining macros or call blocks the special \"caller\" argument must be omitted or "
                    "be given a default.");
        } else {
            const cf_t_name *caller = intern(c, "caller");
            cf_t_ref        *ref = caller ? cf_t_symbols_param(c, symbols, caller) : NULL;
            if (ref) m->code->caller_slot = ref->slot;
        }
    }
    int *slots[3] = {NULL, &m->code->kwargs_slot, &m->code->varargs_slot};
    for (int k = 1; k < 3; k++) {
        if (!(used & 1u << k) || explicit_at[k] >= 0) continue;
        const cf_t_name *name = intern(c, names[k]);
        cf_t_ref        *ref = name ? cf_t_symbols_param(c, symbols, name) : NULL;
        if (ref) *slots[k] = ref->slot;
    }
    m->code->takes_kwargs = m->code->kwargs_slot >= 0;
    m->code->takes_varargs = m->code->varargs_slot >= 0;
    return !c->failed;
}

static void defaults(cf_t_builder *m, const cf_t_scope *s, const cf_t_node *n)
{
    uint32_t first = n->params.count - n->items2.count;
    for (uint32_t i = 0; i < n->params.count; i++) {
        const cf_t_node *param = n->params.items[i];
        m->line = param->line;
        const cf_t_ref *ref = cf_t_symbols_find(s->symbols, param->name);
        if (!ref) return;
        size_t skip = cf_t_emit(m, I_DEFAULT, 0, 0, ref->slot);
        if (i < first) {
            cf_t_emit(m, I_MISSING_ARG, cf_t_add_name(m->c, param->name), 0, ref->slot);
        } else {
            cf_t_folded(m, s, n->items2.items[i - first]);
            cf_t_emit(m, I_STORE, ref->slot, 0, 0);
        }
        cf_t_patch(m, skip);
    }
}

/* Compiles a macro's or call block's body and leaves the macro on the stack. */
static void macro_value(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n, const cf_t_name *name)
{
    cf_t_compiler *c = b->c;
    cf_t_builder  *m = cf_t_builder_new(c, b, CODE_MACRO);
    if (!m) return;
    int index = (int)c->codes.count - 1;
    m->line = n->line;
    m->code->name = name;
    m->code->param_count = (uint16_t)n->params.count;
    b->code->captures = true;
    cf_t_scope inner = cf_t_inner(m, s);
    inner.output_check = false;
    if (c->failed) return;
    /* Parameters take the first slots, in their order; one that is named twice has one slot for both. */
    for (uint32_t i = 0; i < n->params.count; i++) {
        cf_t_symbols_param(c, inner.symbols, n->params.items[i]->name);
        if (m->slots.count != i + 1) {
            cf_t_fail(c, "SyntaxError", n->line, "duplicate argument '%s' in macro definition",
                      n->params.items[i]->name->text);
            return;
        }
    }
    cf_t_analyze(c, inner.symbols, &n->params);
    cf_t_analyze(c, inner.symbols, &n->items2);
    cf_t_analyze(c, inner.symbols, &n->items);
    if (!special_params(m, inner.symbols, n)) return;
    cf_t_enter_scope(m, inner.symbols);
    defaults(m, &inner, n);
    cf_t_statements(m, &inner, &n->items);
    cf_t_builder_done(m);
    b->line = n->line;
    cf_t_emit(b, I_MACRO, index, c->escape, 0);
}

static void macro_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    macro_value(b, s, n, n->name);
    cf_t_ref *ref = cf_t_symbols_find(s->symbols, n->name);
    if (!ref || b->c->failed) return;
    cf_t_emit(b, I_STORE, ref->slot, 0, 0);
    if (s->toplevel) cf_t_emit(b, I_EXPORT, cf_t_add_name(b->c, n->name), n->name->text[0] == '_' ? 0 : 1, ref->slot);
}

static void call_block(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    macro_value(b, s, n, intern(b->c, "caller"));
    if (b->c->failed) return;
    uint16_t slot = own_slot(b);
    cf_t_emit(b, I_STORE, slot, 0, 0);
    cf_t_call_node(b, s, n->a, slot);
    cf_t_emit(b, I_WRITE, 0, 0, 0);
}

/* ---- captured output ------------------------------------------------------------------------ */

static void begin_capture(cf_t_builder *b)
{
    cf_t_emit(b, I_CAPTURE, 0, 0, 0);
    b->captures++;
}

static void end_capture(cf_t_builder *b)
{
    cf_t_emit(b, I_CAPTURED, 0, b->c->escape, 0);
    b->captures--;
}

/* The filters of a filter or set block, applied to the text on the stack. */
static void filter_chain(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *filter)
{
    const cf_t_node *chain[64];
    size_t           count = 0;
    for (const cf_t_node *f = filter; f; f = f->a) {
        if (count == sizeof chain / sizeof *chain) {
            cf_t_fail(b->c, "TemplateSyntaxError", filter->line, "too many filters");
            return;
        }
        chain[count++] = f;
    }
    while (count) {
        cf_t_node one = *chain[--count];
        one.a = NULL;
        cf_t_filter_call(b, s, &one);
    }
}

static void filter_block(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_scope inner = cf_t_inner(b, s);
    if (b->c->failed) return;
    cf_t_analyze(b->c, inner.symbols, &n->items);
    cf_t_analyze_one(b->c, inner.symbols, n->a);
    cf_t_enter_scope(b, inner.symbols);
    begin_capture(b);
    cf_t_statements(b, &inner, &n->items);
    end_capture(b);
    filter_chain(b, &inner, n->a);
    cf_t_emit(b, I_WRITE, 0, 0, 0);
}

static void set_block(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_scope inner = cf_t_inner(b, s);
    if (b->c->failed) return;
    inner.output_check = false;
    cf_t_analyze(b->c, inner.symbols, &n->items);
    if (n->b) cf_t_analyze_one(b->c, inner.symbols, n->b);
    cf_t_enter_scope(b, inner.symbols);
    begin_capture(b);
    cf_t_statements(b, &inner, &n->items);
    end_capture(b);
    if (n->b) filter_chain(b, &inner, n->b);
    cf_t_emit(b, I_MARKUP, 0, 2, 0);
    cf_t_store(b, s, n->a);
}

/* ---- scopes --------------------------------------------------------------------------------- */

static void with_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_scope inner = cf_t_inner(b, s);
    if (b->c->failed) return;
    for (uint32_t i = 0; i < n->params.count; i++) cf_t_analyze_params(b->c, inner.symbols, n->params.items[i]);
    cf_t_analyze(b->c, inner.symbols, &n->items);
    cf_t_enter_scope(b, inner.symbols);
    for (uint32_t i = 0; i < n->params.count; i++) {
        cf_t_folded(b, s, n->items2.items[i]);
        cf_t_store(b, &inner, n->params.items[i]);
    }
    cf_t_statements(b, &inner, &n->items);
}

static void autoescape_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_compiler *c = b->c;
    cf_t_scope     inner = cf_t_inner(b, s);
    if (c->failed) return;
    cf_t_analyze_one(c, inner.symbols, n->a);
    cf_t_analyze(c, inner.symbols, &n->items);
    cf_t_enter_scope(b, inner.symbols);
    cf_t_node *flag = cf_t_fold(c->env, c->work, n->a, 0);
    if (!flag || b->flag_count == 64) {
        cf_t_fail(c, "TemplateSyntaxError", n->line, "nested too deeply");
        return;
    }
    uint8_t  before = c->escape;
    bool     constant_before = c->constant_escape;
    uint16_t slot = own_slot(b);
    cf_t_expression(b, &inner, flag);
    cf_t_emit(b, I_AUTOESCAPE, 0, 0, 0);
    cf_t_emit(b, I_STORE, slot, 0, 0);
    b->flag_slots[b->flag_count++] = slot;
    if (flag->kind != N_CONST) {
        c->escape = 2;
    } else {
        bool on = false;
        cf_t_truth(NULL, flag->value, &on);
        c->constant_escape = on;
        if (c->escape != 2) c->escape = on;
    }
    cf_t_statements(b, &inner, &n->items);
    b->flag_count--;
    cf_t_emit(b, I_LOAD, slot, 0, 0);
    cf_t_emit(b, I_AUTOESCAPE_BACK, 0, 0, 0);
    c->escape = before;
    c->constant_escape = constant_before;
}

/* ---- other templates ------------------------------------------------------------------------ */

/* All variables that are set here, for an included template or a scoped block. */
static int add_locals(cf_t_builder *b, const cf_t_scope *s)
{
    cf_t_compiler *c = b->c;
    cf_t_array     found = {0};
    for (cf_t_symbols *symbols = s->symbols; symbols; symbols = symbols->parent)
        for (size_t i = 0; i < symbols->count; i++) {
            const cf_t_ref *r = &symbols->refs[i];
            bool            seen = !r->stored;
            for (size_t k = 0; k < found.count; k++) seen |= ((cf_t_local *)found.items)[k].name == r->name;
            if (seen) continue;
            cf_t_local *local = cf_t_push(c, &found, sizeof *local);
            if (!local) return 0;
            *local = (cf_t_local){r->name, r->slot, (uint8_t)cf_t_hops(b, r->owner)};
        }
    cf_t_locals *slot = cf_t_push(c, &c->locals, sizeof *slot);
    cf_t_local  *items = cf_arena_array(c->arena, found.count + 1, sizeof *items);
    if (!slot || !items) {
        c->failed = true;
        return 0;
    }
    if (found.count) memcpy(items, found.items, found.count * sizeof *items);
    *slot = (cf_t_locals){items, found.count};
    return (int)c->locals.count - 1;
}

static void mention(cf_t_builder *b, const cf_t_node *n)
{
    if (n->kind != N_CONST || n->value.kind != CF_TEXT) return;
    const cf_t_name **name = cf_t_push(b->c, &b->c->mentions, sizeof *name);
    int              *line = cf_t_push(b->c, &b->c->mention_lines, sizeof *line);
    if (!name || !line) return;
    *name = cf_t_intern(b->c->env, n->value.as.text, n->value.size);
    *line = n->line;
    if (!*name) b->c->failed = true;
}

/* Where a template of a constant name is remembered, counted from 1; 0: its name is not constant. */
static int template_cache(cf_t_builder *b, const cf_t_node *n)
{
    return n->kind == N_CONST && n->value.kind == CF_TEXT ? (int)++b->c->template_cache_count : 0;
}

static void extends(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_compiler *c = b->c;
    if (!s->toplevel) {
        cf_t_fail(c, "TemplateAssertionError", n->line, "cannot use extend from a non top-level scope");
        return;
    }
    if (c->extends_so_far > 0 && c->known_extends) {
        b->line = n->line;
        cf_t_emit(b, I_CONST, cf_t_add_const(c, cf_value_null()), 0, 0);
        cf_t_emit(b, I_EXTENDS, 0, 2, 0);
        c->stop = true;
        return;
    }
    mention(b, n->a);
    cf_t_folded(b, s, n->a);
    b->line = n->line;
    cf_t_emit(b, I_EXTENDS, template_cache(b, n->a), c->extends_so_far > 0, 0);
    if (s->rootlevel) c->known_extends = true;
    c->extends_so_far++;
}

static void include(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    if (!n->flag2) mention(b, n->a);
    cf_t_folded(b, s, n->a);
    b->line = n->line;
    int locals = n->flag ? add_locals(b, s) : 0;
    cf_t_emit(b, I_INCLUDE, template_cache(b, n->a), (n->flag ? 1 : 0) | (n->flag2 ? 2 : 0), locals);
}

static void import_module(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    mention(b, n->a);
    cf_t_folded(b, s, n->a);
    b->line = n->line;
    int locals = n->flag ? add_locals(b, s) : 0;
    cf_t_emit(b, I_IMPORT, template_cache(b, n->a), n->flag ? 1 : 0, locals);
}

static void import_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    import_module(b, s, n);
    cf_t_ref *ref = cf_t_symbols_find(s->symbols, n->name);
    if (!ref) return;
    cf_t_emit(b, I_STORE, ref->slot, 0, 0);
    if (s->toplevel) cf_t_emit(b, I_EXPORT, cf_t_add_name(b->c, n->name), n->name->text[0] == '_' ? 0 : 2, ref->slot);
}

static void from_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    import_module(b, s, n);
    for (uint32_t i = 0; i < n->name_count; i++) {
        const cf_t_name *alias = n->aliases[i];
        cf_t_ref        *ref = cf_t_symbols_find(s->symbols, alias);
        if (!ref) return;
        cf_t_emit(b, I_FROM, cf_t_add_name(b->c, n->names[i]), 0, ref->slot);
        if (s->toplevel) cf_t_emit(b, I_EXPORT, cf_t_add_name(b->c, alias), alias->text[0] == '_' ? 0 : 2, ref->slot);
    }
    cf_t_emit(b, I_POP, 0, 0, 0);
}

static void block_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    cf_t_compiler *c = b->c;
    size_t         jump = 0;
    bool           check = false;
    if (s->toplevel) {
        if (c->known_extends) return;
        check = c->extends_so_far > 0;
        if (check) jump = cf_t_emit(b, I_JUMP_CHILD, 0, 0, 0);
    }
    int locals = n->flag ? add_locals(b, s) : 0;
    cf_t_emit(b, I_BLOCK, cf_t_add_name(c, n->name), (n->flag ? 1 : 0) | (n->flag2 ? 2 : 0), locals);
    if (check) cf_t_patch(b, jump);
}

static cf_value text_constant(const cf_t_node *n)
{
    return n ? n->value : cf_value_null();
}

/* {% trans %}: the variables on the stack; message, plural and context as three constants. */
void cf_t_trans(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n)
{
    size_t jump = 0;
    if (s->output_check) {
        if (b->c->known_extends) return;
        jump = cf_t_emit(b, I_JUMP_CHILD, 0, 0, 0);
    }
    for (uint32_t i = 0; i < n->items3.count; i++) cf_t_folded(b, s, n->items3.items[i]);
    int first = (int)b->c->names.count;
    for (uint32_t i = 0; i < n->name_count; i++) {
        const cf_t_name **slot = cf_t_push(b->c, &b->c->names, sizeof *slot);
        if (!slot) return;
        *slot = n->names[i];
    }
    b->line = n->line;
    int message = cf_t_add_const(b->c, n->items.items[0]->value);
    cf_t_add_const(b->c, text_constant(n->items2.count ? n->items2.items[0] : NULL));
    cf_t_add_const(b->c, text_constant(n->b));
    cf_t_emit(b, I_TRANS, message, b->c->escape, (int)n->name_count);
    cf_t_emit(b, I_NAMES, first, n->op, 0);
    if (s->output_check) cf_t_patch(b, jump);
}

void cf_t_statements(cf_t_builder *b, const cf_t_scope *s, const cf_t_nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count && !b->c->failed && !b->c->stop; i++) {
        const cf_t_node *n = nodes->items[i];
        b->line = n->line;
        switch (n->kind) {
        case N_OUTPUT: output(b, s, n); break;
        case N_IF: if_statement(b, s, n); break;
        case N_FOR: cf_t_for_statement(b, s, n); break;
        case N_MACRO: macro_statement(b, s, n); break;
        case N_CALL_BLOCK: call_block(b, s, n); break;
        case N_FILTER_BLOCK: filter_block(b, s, n); break;
        case N_WITH: with_statement(b, s, n); break;
        case N_SET:
            cf_t_folded(b, s, n->b);
            cf_t_store(b, s, n->a);
            break;
        case N_SET_BLOCK: set_block(b, s, n); break;
        case N_BLOCK: block_statement(b, s, n); break;
        case N_EXTENDS: extends(b, s, n); break;
        case N_INCLUDE: include(b, s, n); break;
        case N_IMPORT: import_statement(b, s, n); break;
        case N_FROM: from_statement(b, s, n); break;
        case N_AUTOESCAPE: autoescape_statement(b, s, n); break;
        case N_DO:
            cf_t_folded(b, s, n->a);
            cf_t_emit(b, I_POP, 0, 0, 0);
            break;
        case N_BREAK:
        case N_CONTINUE: cf_t_jump_out(b, n); break;
        case N_TRANS: cf_t_trans(b, s, n); break;
        default: cf_t_fail(b->c, "TemplateSyntaxError", n->line, "this is no statement");
        }
    }
}
