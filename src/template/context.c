/* Variables of a template while it renders, and the templates it works with. */
#include "template/machine.h"

#include <stdio.h>

/* ---- layers --------------------------------------------------------------------------------- */

cf_t_layer *cf_t_layer_new(cf_vm *vm, cf_t_layer *below)
{
    cf_t_layer *l = cf_arena_alloc(vm->arena, sizeof *l);
    if (!l) {
        cf_t_no_memory(vm);
        return NULL;
    }
    l->below = below;
    if (below) below->frozen = true;
    return l;
}

static cf_t_variable *layer_find(const cf_t_layer *l, uint64_t hash, const char *name, uint32_t size)
{
    for (uint32_t i = 0; i < l->count; i++) {
        cf_t_variable *v = &l->items[i];
        if (v->hash == hash && v->size == size && memcmp(v->name, name, size) == 0) return v;
    }
    return NULL;
}

bool cf_t_layer_add(cf_vm *vm, cf_t_layer *l, const char *name, uint32_t size, uint64_t hash, cf_value value)
{
    if (l->count == l->capacity) {
        uint32_t       capacity = l->capacity ? l->capacity * 2 : 8;
        cf_t_variable *items = cf_arena_array(vm->arena, capacity, sizeof *items);
        if (!items) return cf_t_no_memory(vm);
        if (l->count) memcpy(items, l->items, l->count * sizeof *items);
        l->items = items;
        l->capacity = capacity;
    }
    l->items[l->count++] = (cf_t_variable){name, size, hash, value};
    return true;
}

bool cf_t_context_set(cf_vm *vm, cf_t_context *c, const cf_t_name *name, cf_value value)
{
    if (!c->top || c->top->frozen) {
        cf_t_layer *l = cf_t_layer_new(vm, c->top);
        if (!l) return false;
        c->top = l;
    }
    cf_t_variable *v = layer_find(c->top, name->hash, name->text, name->size);
    if (!v) return cf_t_layer_add(vm, c->top, name->text, name->size, name->hash, value);
    v->value = value;
    return true;
}

static cf_t_variable *find_variable(const cf_t_context *c, const cf_t_name *name)
{
    for (const cf_t_layer *l = c->top; l; l = l->below) {
        cf_t_variable *v = layer_find(l, name->hash, name->text, name->size);
        if (v && !cf_t_missing(v->value)) return v;
    }
    return NULL;
}

static cf_value global_value(cf_vm *vm, const cf_t_entry *entry)
{
    if (!entry->builtin && !entry->function) return entry->value;
    cf_t_method *m = NULL;
    if (entry->builtin) {
        m = cf_arena_alloc(vm->arena, sizeof *m);
        if (!m) {
            cf_t_no_memory(vm);
            return cf_t_missing_value();
        }
        *m = (cf_t_method){{&cf_t_builtin_class}, cf_value_null(), entry->builtin};
        return cf_value_object(&m->object);
    }
    return cf_value_object(cf_function_object(vm->arena, entry->name, entry->function, entry->context));
}

cf_value cf_t_context_get(cf_vm *vm, const cf_t_context *c, const cf_t_name *name)
{
    cf_t_variable *v = find_variable(c, name);
    if (v) return v->value;
    const cf_t_entry *entry = cf_t_find_global(vm->env, name->text, name->size);
    return entry ? global_value(vm, entry) : cf_t_missing_value();
}

cf_t_context *cf_t_context_new(cf_vm *vm, const cf_t_template *template, cf_t_layer *below)
{
    cf_t_context *c = cf_arena_alloc(vm->arena, sizeof *c);
    if (!c) {
        cf_t_no_memory(vm);
        return NULL;
    }
    c->template = template;
    c->top = below;
    if (below) below->frozen = true;
    c->autoescape = template->autoescape;
    return c;
}

/* how: 1 exported, 2 no longer, 0 as it was. */
bool cf_t_export(cf_vm *vm, cf_t_context *c, const cf_t_name *name, int how)
{
    uint32_t i = 0;
    if (how == 0) return true;
    while (i < c->exported_count && c->exported[i] != name) i++;
    if (how == 2) {
        if (i < c->exported_count) c->exported[i] = c->exported[--c->exported_count];
        return true;
    }
    if (i < c->exported_count) return true;
    if (c->exported_count == c->exported_capacity) {
        uint32_t          capacity = c->exported_capacity ? c->exported_capacity * 2 : 8;
        const cf_t_name **names = cf_arena_array(vm->arena, capacity, sizeof *names);
        if (!names) return cf_t_no_memory(vm);
        if (c->exported_count) memcpy(names, c->exported, c->exported_count * sizeof *names);
        c->exported = names;
        c->exported_capacity = capacity;
    }
    c->exported[c->exported_count++] = name;
    return true;
}

/* ---- blocks --------------------------------------------------------------------------------- */

cf_t_chain *cf_t_context_chain(const cf_t_context *c, const cf_t_name *name)
{
    for (uint32_t i = 0; i < c->chain_count; i++)
        if (c->chains[i].name == name) return &c->chains[i];
    return NULL;
}

static cf_t_chain *add_chain(cf_vm *vm, cf_t_context *c, const cf_t_name *name)
{
    if (c->chain_count == c->chain_capacity) {
        uint32_t    capacity = c->chain_capacity ? c->chain_capacity * 2 : 8;
        cf_t_chain *chains = cf_arena_array(vm->arena, capacity, sizeof *chains);
        if (!chains) {
            cf_t_no_memory(vm);
            return NULL;
        }
        if (c->chain_count) memcpy(chains, c->chains, c->chain_count * sizeof *chains);
        c->chains = chains;
        c->chain_capacity = capacity;
    }
    cf_t_chain *chain = &c->chains[c->chain_count++];
    chain->name = name;
    return chain;
}

static bool chain_add(cf_vm *vm, cf_t_chain *chain, const cf_t_code *code)
{
    if (chain->count == chain->capacity) {
        uint32_t          capacity = chain->capacity ? chain->capacity * 2 : 2;
        const cf_t_code **codes = cf_arena_array(vm->arena, capacity, sizeof *codes);
        if (!codes) return cf_t_no_memory(vm);
        if (chain->count) memcpy(codes, chain->codes, chain->count * sizeof *codes);
        chain->codes = codes;
        chain->capacity = capacity;
    }
    chain->codes[chain->count++] = code;
    return true;
}

bool cf_t_context_add_blocks(cf_vm *vm, cf_t_context *c, const cf_t_template *t)
{
    for (size_t i = 0; i < t->block_count; i++) {
        cf_t_chain *chain = cf_t_context_chain(c, t->blocks[i].name);
        if (!chain) chain = add_chain(vm, c, t->blocks[i].name);
        if (!chain || !chain_add(vm, chain, t->blocks[i].code)) return false;
    }
    return true;
}

bool cf_t_block_write(cf_vm *vm, cf_t_context *c, const cf_t_chain *chain, uint32_t depth)
{
    if (!cf_t_step(vm, 1)) return false;
    const cf_t_code *code = chain->codes[depth];
    cf_t_frame      *f = cf_t_frame_new(vm, code, NULL, c);
    if (!f) return false;
    f->block = code;
    bool ok = cf_t_run(vm, f);
    if (ok) cf_t_frame_done(vm, f);
    return ok;
}

/* A layer with the variables that are set in the frame, on top of the context's own. */
static cf_t_layer *locals_layer(cf_vm *vm, cf_t_frame *f, const cf_t_locals *locals)
{
    cf_t_layer *l = cf_t_layer_new(vm, f->context->top);
    if (!l) return NULL;
    for (size_t i = 0; i < locals->count; i++) {
        const cf_t_local *local = &locals->items[i];
        cf_t_frame       *from = f;
        for (int k = 0; k < local->hops; k++) from = from->parent;
        cf_value v = from->slots[local->slot];
        if (cf_t_missing(v)) continue;
        if (!cf_t_layer_add(vm, l, local->name->text, local->name->size, local->name->hash, v)) return NULL;
    }
    return l;
}

bool cf_t_do_block(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    const cf_t_name *name = f->code->names[op->a];
    cf_t_context    *c = f->context;
    cf_t_chain      *chain = cf_t_context_chain(c, name);
    if (!chain) return cf_t_raise(vm, "KeyError", "'%s'", name->text);
    if ((op->b & 2) && chain->count <= 1)
        return cf_t_raise(vm, "TemplateRuntimeError", "Required block '%s' not found", name->text);
    if (op->b & 1) {
        cf_t_layer   *l = locals_layer(vm, f, &f->code->locals[op->c]);
        cf_t_context *derived = l ? cf_t_context_new(vm, c->template, l) : NULL;
        if (!derived) return false;
        derived->autoescape = c->autoescape;
        derived->chains = c->chains;
        derived->chain_count = c->chain_count;
        derived->chain_capacity = c->chain_count;
        c = derived;
    }
    return cf_t_block_write(vm, c, chain, 0);
}

/* ---- loading -------------------------------------------------------------------------------- */

static bool not_found(cf_vm *vm, cf_value name)
{
    cf_buffer b = {.limit = 500};
    cf_t_print(vm, name, &b);
    cf_t_raise(vm, "TemplateNotFound", "%s", b.data && !b.failed ? b.data : "");
    cf_buffer_free(&b);
    return false;
}

/* Names that are no text are names of nothing. */
static bool load_one(cf_vm *vm, cf_value name, const cf_t_template **out, bool *found)
{
    *found = false;
    if (name.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, name);
    if (!cf_value_is_text(name)) return cf_t_hashable(vm, name);
    cf_answer answer = cf_t_get_template(vm->env, name.as.text, name.size, out, vm->error);
    *found = answer == CF_YES;
    return answer != CF_FAILED;
}

/* The first of several names that exists. */
static bool select_template(cf_vm *vm, cf_value names, const cf_t_template **out, bool *found)
{
    cf_list *list;
    bool     any;
    *found = false;
    if (names.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, names);
    if (!cf_t_truth(vm, names, &any)) return false;
    if (any && !cf_t_collect(vm, names, &list)) return false;
    for (size_t i = 0; any && i < list->count && !*found; i++)
        if (list->items[i].kind != CF_UNDEFINED && !load_one(vm, list->items[i], out, found)) return false;
    if (*found) return true;
    if (!any) return cf_t_raise(vm, "TemplatesNotFound", "Tried to select from an empty list of templates.");
    cf_buffer b = cf_t_buffer(vm);
    for (size_t i = 0; i < list->count; i++) {
        if (i) cf_buffer_text(&b, ", ");
        cf_t_print(vm, list->items[i], &b);
    }
    cf_t_raise(vm, "TemplatesNotFound", "none of the templates given were found: %s",
               b.data && !b.failed ? b.data : "");
    cf_buffer_free(&b);
    return false;
}

/* A template of a constant name is looked up once, unless sources are watched. */
static bool load_cached(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name, const cf_t_template **out,
                        bool *found)
{
    if (!op->a || cf_t_options(vm->env)->reload || f->code->template->by_text) return load_one(vm, name, out, found);
    cf_t_template_cache *cache = &f->code->templates[op->a - 1];
    *out = atomic_load_explicit(cache, memory_order_acquire);
    *found = *out != NULL;
    if (*found) return true;
    if (!load_one(vm, name, out, found)) return false;
    if (*found) atomic_store_explicit(cache, *out, memory_order_release);
    return true;
}

bool cf_t_do_extends(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name)
{
    const cf_t_template *t = NULL;
    bool                 found;
    if (!load_cached(vm, f, op, name, &t, &found)) return false;
    if (!found) return not_found(vm, name);
    f->parent_template = t;
    return cf_t_context_add_blocks(vm, f->context, t);
}

bool cf_t_render_template(cf_vm *vm, const cf_t_template *t, cf_t_context *c)
{
    if (!cf_t_step(vm, 1)) return false;
    cf_t_frame *f = cf_t_frame_new(vm, t->root, NULL, c);
    if (!f) return false;
    bool ok = cf_t_run(vm, f);
    if (ok) cf_t_frame_done(vm, f);
    return ok;
}

static cf_t_layer *bottom(cf_vm *vm)
{
    return vm->globals;
}

bool cf_t_do_include(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name)
{
    const cf_t_template *t = NULL;
    bool                 found, several = !cf_value_is_text(name);
    bool ok = several ? select_template(vm, name, &t, &found) : load_cached(vm, f, op, name, &t, &found);
    if (!ok && several && (op->b & 2) && cf_t_is_error(vm, "TemplatesNotFound")) {
        cf_error_clear(vm->error);
        return true;
    }
    if (!ok) return false;
    if (!found) return (op->b & 2) || not_found(vm, name);
    cf_t_layer *l = op->b & 1 ? locals_layer(vm, f, &f->code->locals[op->c]) : bottom(vm);
    if ((op->b & 1) && !l) return false;
    cf_t_context *c = cf_t_context_new(vm, t, l);
    return c && cf_t_context_add_blocks(vm, c, t) && cf_t_render_template(vm, t, c);
}

/* ---- modules -------------------------------------------------------------------------------- */

/* What an import gives: the variables a template exported, and its text. */
typedef struct cf_t_module {
    cf_object object;
    const cf_t_template *template;
    cf_t_context       *context;
    cf_value            text;
    bool                with_context;
    struct cf_t_module *next;
} cf_t_module;

static bool module_new(cf_vm *vm, const cf_t_template *t, cf_t_layer *l, cf_t_module **out)
{
    cf_t_module  *m = cf_arena_alloc(vm->arena, sizeof *m);
    cf_t_context *c = cf_t_context_new(vm, t, l);
    if (!m) return cf_t_no_memory(vm);
    if (!c || !cf_t_context_add_blocks(vm, c, t)) return false;
    if (!cf_t_capture(vm)) return false;
    if (!cf_t_render_template(vm, t, c) || !cf_t_captured(vm, &m->text)) return false;
    m->object.cls = &cf_t_module_class;
    m->template = t;
    m->context = c;
    *out = m;
    return true;
}

bool cf_t_do_import(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name, cf_value *out)
{
    const cf_t_template *t = NULL;
    bool                 found;
    cf_t_module         *m = NULL;
    if (!load_cached(vm, f, op, name, &t, &found)) return false;
    if (!found) return not_found(vm, name);
    if (op->b & 1) {
        cf_t_layer *l = locals_layer(vm, f, &f->code->locals[op->c]);
        if (!l || !module_new(vm, t, l, &m)) return false;
    } else {
        for (m = vm->modules; m && m->template != t; m = m->next) {
        }
        if (!m) {
            if (!module_new(vm, t, bottom(vm), &m)) return false;
            m->next = vm->modules;
            vm->modules = m;
        }
    }
    *out = cf_value_object(&m->object);
    return true;
}

static cf_value module_value(const cf_t_module *m, const char *name, size_t size)
{
    for (uint32_t i = 0; i < m->context->exported_count; i++) {
        const cf_t_name *n = m->context->exported[i];
        if (n->size != size || memcmp(n->text, name, size) != 0) continue;
        cf_t_variable *v = find_variable(m->context, n);
        return v ? v->value : cf_t_missing_value();
    }
    return cf_t_missing_value();
}

bool cf_t_do_from(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value module)
{
    const cf_t_module *m = (const cf_t_module *)module.as.object;
    const cf_t_name   *name = f->code->names[op->a];
    cf_value           v = module_value(m, name->text, name->size);
    if (cf_t_missing(v)) {
        char *hint =
            cf_arena_printf(vm->arena,
                            "the template '%s' (imported on line %d in '%s') does not export the "
                            "requested name '%s'",
                            m->template->name, f->code->lines[op - f->code->ops], f->code->template->name, name->text);
        if (!hint) return cf_t_no_memory(vm);
        v = cf_t_undefined_hint(vm, hint);
    }
    f->slots[op->c] = v;
    return true;
}

static cf_answer module_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    *out = module_value((cf_t_module *)self, name, size);
    return cf_t_missing(*out) ? CF_NO : CF_YES;
}

static bool module_print(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_value text = ((cf_t_module *)self)->text;
    cf_buffer_add(out, text.as.text, text.size);
    return true;
}

static bool module_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<TemplateModule '%s'>", ((cf_t_module *)self)->template->name);
    return true;
}

const cf_class cf_t_module_class = {.name = "TemplateModule",
                                    .attribute = module_attribute,
                                    .print = module_print,
                                    .html = module_print,
                                    .repr = module_repr};

/* ---- self and super ------------------------------------------------------------------------- */

typedef struct block_reference {
    cf_object     object;
    cf_t_context *context;
    cf_t_chain    chain;
    uint32_t      depth;
} block_reference;

typedef struct self_reference {
    cf_object     object;
    cf_t_context *context;
} self_reference;

static cf_value new_reference(cf_vm *vm, cf_t_context *c, const cf_t_chain *chain, uint32_t depth)
{
    block_reference *r = cf_arena_alloc(vm->arena, sizeof *r);
    if (!r) {
        cf_t_no_memory(vm);
        return cf_value_null();
    }
    *r = (block_reference){{&cf_t_block_class}, c, *chain, depth};
    return cf_value_object(&r->object);
}

static cf_value no_parent(cf_vm *vm, const cf_t_name *name)
{
    char *hint = cf_arena_printf(vm->arena, "there is no parent block called '%s'.", name->text);
    return hint ? cf_t_undefined_hint(vm, hint) : cf_value_null();
}

cf_value cf_t_super(cf_vm *vm, cf_t_frame *f, const cf_t_name *name)
{
    const cf_t_chain *chain = cf_t_context_chain(f->context, name);
    for (uint32_t i = 0; chain && i + 1 < chain->count; i++)
        if (chain->codes[i] == f->code) return new_reference(vm, f->context, chain, i + 1);
    return no_parent(vm, name);
}

cf_value cf_t_self(cf_vm *vm, cf_t_frame *f)
{
    self_reference *r = cf_arena_alloc(vm->arena, sizeof *r);
    if (!r) {
        cf_t_no_memory(vm);
        return cf_value_null();
    }
    *r = (self_reference){{&cf_t_self_class}, f->context};
    return cf_value_object(&r->object);
}

static cf_answer self_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cf_t_context *c = ((self_reference *)self)->context;
    for (uint32_t i = 0; i < c->chain_count; i++) {
        const cf_t_name *n = c->chains[i].name;
        if (n->size != size || memcmp(n->text, name, size) != 0) continue;
        *out = new_reference(call->machine, c, &c->chains[i], 0);
        return CF_YES;
    }
    return CF_NO;
}

static cf_answer self_item(cf_call *call, cf_object *self, cf_value key, cf_value *out)
{
    return cf_value_is_text(key) ? self_attribute(call, self, key.as.text, key.size, out) : CF_NO;
}

static bool self_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<TemplateReference '%s'>", ((self_reference *)self)->context->template->name);
    return true;
}

const cf_class cf_t_self_class = {
    .name = "TemplateReference", .attribute = self_attribute, .item = self_item, .print = self_repr, .repr = self_repr};

static bool block_call(cf_call *call, cf_object *self, cf_value *out)
{
    cf_vm           *vm = call->machine;
    block_reference *r = (block_reference *)self;
    bool             direct = vm->direct && r->context->autoescape == vm->context->autoescape;
    vm->direct = false;
    if (call->argument_count || call->named_count)
        return cf_t_raise(vm, "TypeError", "BlockReference.__call__() takes 1 positional argument but %zu were given",
                          call->argument_count + call->named_count + 1);
    *out = cf_value_text("");
    if (!direct && !cf_t_capture(vm)) return false;
    if (!cf_t_block_write(vm, r->context, &r->chain, r->depth)) return false;
    if (!direct && !cf_t_captured(vm, out)) return false;
    if (r->context->autoescape) out->kind = CF_MARKUP;
    return true;
}

static cf_answer block_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    block_reference *r = (block_reference *)self;
    if (size != 5 || memcmp(name, "super", 5) != 0) return CF_NO;
    if (r->depth + 1 >= r->chain.count) *out = no_parent(call->machine, r->chain.name);
    else *out = new_reference(call->machine, r->context, &r->chain, r->depth + 1);
    return CF_YES;
}

const cf_class cf_t_block_class = {.name = "BlockReference", .attribute = block_attribute, .call = block_call};
