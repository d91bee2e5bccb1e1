/* A template from source to code: parse, analyse, compile the root and its blocks. */
#include "template/compiler.h"

static bool is_extends(const cf_t_node *n)
{
    return n->kind == N_EXTENDS;
}

static bool collect_blocks(cf_t_compiler *c, const cf_t_node *n)
{
    if (n->kind == N_BLOCK) {
        const cf_t_node **nodes = c->block_nodes.items;
        for (size_t i = 0; i < c->block_nodes.count; i++)
            if (nodes[i]->name == n->name)
                return cf_t_fail(c, "TemplateAssertionError", n->line, "block '%s' defined twice", n->name->text);
        const cf_t_node **slot = cf_t_push(c, &c->block_nodes, sizeof *slot);
        if (!slot) return false;
        *slot = n;
    }
    for (size_t i = 0;; i++) {
        const cf_t_node *child = cf_t_child(n, i);
        if (!child) return true;
        if (!collect_blocks(c, child)) return false;
    }
}

static void declare(cf_t_builder *b, cf_t_symbols *s, const char *name, cf_t_opcode op, const cf_t_name *operand)
{
    const cf_t_name *n = cf_t_intern(b->c->env, name, strlen(name));
    cf_t_ref        *ref = n ? cf_t_symbols_param(b->c, s, n) : NULL;
    if (!ref) {
        b->c->failed = true;
        return;
    }
    cf_t_emit(b, op, operand ? cf_t_add_name(b->c, operand) : 0, 0, ref->slot);
}

static void compile_root(cf_t_compiler *c, const cf_t_node *tree)
{
    static const char *const names[] = {"self"};
    cf_t_builder            *b = cf_t_builder_new(c, NULL, CODE_ROOT);
    if (!b) return;
    cf_t_scope s = {.symbols = cf_t_symbols_new(c, NULL, b),
                    .toplevel = true,
                    .rootlevel = true,
                    .output_check = cf_t_any(&tree->items, is_extends)};
    if (c->failed) return;
    if (cf_t_undeclared(&tree->items, names, 1)) declare(b, s.symbols, "self", I_SELF, NULL);
    cf_t_analyze(c, s.symbols, &tree->items);
    cf_t_enter_scope(b, s.symbols);
    bool has_extends = s.output_check;
    cf_t_statements(b, &s, &tree->items);
    c->stop = false;
    if (has_extends) cf_t_emit(b, I_PARENT, 0, 0, 0);
    c->template->root = cf_t_builder_done(b);
}

static void compile_block(cf_t_compiler *c, const cf_t_node *n)
{
    static const char *const names[] = {"self", "super"};
    cf_t_builder            *b = cf_t_builder_new(c, NULL, CODE_BLOCK);
    cf_t_block              *slot = cf_t_push(c, &c->blocks, sizeof *slot);
    if (!b || !slot) return;
    b->line = n->line;
    b->code->name = n->name;
    cf_t_scope s = {.symbols = cf_t_symbols_new(c, NULL, b)};
    if (c->failed) return;
    unsigned used = cf_t_undeclared(&n->items, names, 2);
    if (used & 1) declare(b, s.symbols, "self", I_SELF, NULL);
    if (used & 2) declare(b, s.symbols, "super", I_SUPER, n->name);
    cf_t_analyze(c, s.symbols, &n->items);
    cf_t_enter_scope(b, s.symbols);
    cf_t_statements(b, &s, &n->items);
    c->stop = false;
    *slot = (cf_t_block){n->name, cf_t_builder_done(b)};
}

static void *finish(cf_t_compiler *c, const cf_t_array *array, size_t size)
{
    void *items = cf_arena_array(c->arena, array->count + 1, size);
    if (!items) c->failed = true;
    else if (array->count) memcpy(items, array->items, array->count * size);
    return items;
}

/* All functions of a template share its tables. */
static void link_codes(cf_t_compiler *c)
{
    const cf_value          *consts = finish(c, &c->consts, sizeof(cf_value));
    const cf_t_name *const  *names = finish(c, &c->names, sizeof(cf_t_name *));
    const cf_t_entry *const *entries = finish(c, &c->entries, sizeof(cf_t_entry *));
    const cf_t_code        **codes = finish(c, &c->codes, sizeof(cf_t_code *));
    const cf_t_locals       *locals = finish(c, &c->locals, sizeof(cf_t_locals));
    cf_t_cache              *caches = cf_arena_array(c->arena, c->cache_count + 1, sizeof *caches);
    cf_t_template_cache     *templates = cf_arena_array(c->arena, c->template_cache_count + 1, sizeof *templates);
    if (!caches || !templates || c->failed) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < c->codes.count; i++) {
        cf_t_code *code = (cf_t_code *)(uintptr_t)codes[i];
        code->consts = consts;
        code->names = names;
        code->entries = entries;
        code->codes = codes;
        code->locals = locals;
        code->caches = caches;
        code->templates = templates;
    }
    c->template->blocks = finish(c, &c->blocks, sizeof(cf_t_block));
    c->template->block_count = c->blocks.count;
    c->template->mentions = finish(c, &c->mentions, sizeof(cf_t_name *));
    c->template->mention_lines = finish(c, &c->mention_lines, sizeof(int));
    c->template->mention_count = c->mentions.count;
}

static bool compile_tree(cf_t_compiler *c, const cf_t_node *tree)
{
    if (!collect_blocks(c, tree)) return false;
    compile_root(c, tree);
    for (size_t i = 0; i < c->block_nodes.count && !c->failed; i++)
        compile_block(c, ((const cf_t_node **)c->block_nodes.items)[i]);
    if (!c->failed) link_codes(c);
    return !c->failed;
}

void cf_t_template_free(cf_t_template *t)
{
    if (t) cf_arena_free(t->arena);
}

cf_t_template *cf_t_compile(cf_templates *env, const char *name, const char *source, size_t size, cf_error *error)
{
    cf_error         local = {0};
    cf_error        *e = error ? error : &local;
    cf_arena        *arena = cf_arena_new(NULL, 0), *work = cf_arena_new(NULL, 0);
    cf_t_template   *t = arena && work ? cf_arena_alloc(arena, sizeof *t) : NULL;
    const cf_t_name *kept = cf_t_intern(env, name ? name : "<template>", name ? strlen(name) : 10);
    bool             ok = t && kept;
    if (ok) {
        t->arena = arena;
        t->name = kept->text;
        t->by_text = !name;
        t->autoescape = cf_t_autoescape_for(env, name);
        cf_t_compiler c = {.env = env,
                           .arena = arena,
                           .work = work,
                           .error = e,
                           .file = t->name,
                           .template = t,
                           .escape = t->autoescape,
                           .constant_escape = t->autoescape};
        cf_t_node    *tree = cf_t_parse(env, work, t->name, source, size, e);
        ok = tree && compile_tree(&c, tree);
    }
    cf_arena_free(work);
    if (ok) return t;
    if (e->code == CF_OK)
        cf_fail(e, CF_ERR_MEMORY, "out of memory while compiling template %s", name ? name : "<template>");
    cf_arena_free(arena);
    return NULL;
}
