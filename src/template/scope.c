/* Which slot a name means: Jinja decides that for whole scopes before anything runs. */
#include "template/compiler.h"

const cf_t_node *cf_t_child(const cf_t_node *n, size_t i)
{
    const cf_t_node *single[3] = {n->a, n->b, n->c};
    for (int k = 0; k < 3; k++)
        if (single[k] && i-- == 0) return single[k];
    const cf_t_nodes *lists[4] = {&n->params, &n->items, &n->items2, &n->items3};
    for (int k = 0; k < 4; k++) {
        if (i < lists[k]->count) return lists[k]->items[i];
        i -= lists[k]->count;
    }
    return NULL;
}

/* ---- symbols -------------------------------------------------------------------------------- */

cf_t_symbols *cf_t_symbols_new(cf_t_compiler *c, cf_t_symbols *parent, cf_t_builder *owner)
{
    cf_t_symbols *s = cf_arena_alloc(c->work, sizeof *s);
    if (!s) {
        c->failed = true;
        return NULL;
    }
    s->parent = parent;
    s->owner = owner;
    s->level = parent ? parent->level + 1 : 0;
    return s;
}

static cf_t_ref *own(const cf_t_symbols *s, const cf_t_name *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->refs[i].name == name) return &s->refs[i];
    return NULL;
}

cf_t_ref *cf_t_symbols_find(cf_t_symbols *s, const cf_t_name *name)
{
    for (; s; s = s->parent) {
        cf_t_ref *r = own(s, name);
        if (r) return r;
    }
    return NULL;
}

uint16_t cf_t_slot_for(cf_t_builder *b, int level, const cf_t_name *name)
{
    cf_t_slot *slots = b->slots.items;
    for (size_t i = 0; name && i < b->slots.count; i++)
        if (slots[i].level == level && slots[i].name == name) return (uint16_t)i;
    if (b->slots.count >= 60000) {
        cf_t_fail(b->c, "TemplateSyntaxError", b->line, "too many variables in one template");
        return 0;
    }
    cf_t_slot *slot = cf_t_push(b->c, &b->slots, sizeof *slot);
    if (!slot) return 0;
    *slot = (cf_t_slot){level, name};
    return (uint16_t)(b->slots.count - 1);
}

static cf_t_ref *add_ref(cf_t_compiler *c, cf_t_symbols *s)
{
    if (s->count == s->capacity) {
        size_t    capacity = s->capacity ? s->capacity * 2 : 8;
        cf_t_ref *refs = cf_arena_array(c->work, capacity, sizeof *refs);
        if (!refs) {
            c->failed = true;
            return NULL;
        }
        if (s->count) memcpy(refs, s->refs, s->count * sizeof *refs);
        s->refs = refs;
        s->capacity = capacity;
    }
    return &s->refs[s->count++];
}

static cf_t_ref *define(cf_t_compiler *c, cf_t_symbols *s, const cf_t_name *name, int load)
{
    cf_t_ref *r = own(s, name);
    if (!r) r = add_ref(c, s);
    if (!r) return NULL;
    bool stored = r->name && r->stored;
    *r = (cf_t_ref){.name = name,
                    .owner = s->owner,
                    .slot = cf_t_slot_for(s->owner, s->level, name),
                    .load = (uint8_t)load,
                    .stored = stored};
    return r;
}

cf_t_ref *cf_t_symbols_param(cf_t_compiler *c, cf_t_symbols *s, const cf_t_name *name)
{
    cf_t_ref *r = define(c, s, name, LOAD_PARAM);
    if (r) r->stored = true;
    return r;
}

static void alias(cf_t_ref *r, const cf_t_ref *outer)
{
    r->load = LOAD_ALIAS;
    r->alias_owner = outer->owner;
    r->alias_slot = outer->slot;
}

static void store(cf_t_compiler *c, cf_t_symbols *s, const cf_t_name *name)
{
    cf_t_ref *r = own(s, name);
    if (!r) {
        const cf_t_ref *outer = s->parent ? cf_t_symbols_find(s->parent, name) : NULL;
        r = define(c, s, name, LOAD_UNDEFINED);
        if (r && outer) alias(r, outer);
    }
    if (r) r->stored = true;
}

static void load(cf_t_compiler *c, cf_t_symbols *s, const cf_t_name *name)
{
    if (!cf_t_symbols_find(s, name)) define(c, s, name, LOAD_RESOLVE);
}

static cf_t_symbols *copy(cf_t_compiler *c, const cf_t_symbols *s)
{
    cf_t_symbols *n = cf_arena_alloc(c->work, sizeof *n);
    if (!n) {
        c->failed = true;
        return NULL;
    }
    *n = *s;
    n->capacity = n->count;
    n->refs = cf_arena_array(c->work, n->count + 1, sizeof *n->refs);
    if (!n->refs) {
        c->failed = true;
        return NULL;
    }
    if (n->count) memcpy(n->refs, s->refs, n->count * sizeof *n->refs);
    return n;
}

/* What the branches of an `if` set: a name that not all of them set keeps its outer value. */
static void merge(cf_t_compiler *c, cf_t_symbols *s, cf_t_symbols *branches[3])
{
    size_t        before = s->count;
    cf_t_symbols *old = copy(c, s);
    if (!old) return;
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < branches[i]->count; k++) {
            cf_t_ref *r = own(s, branches[i]->refs[k].name);
            if (!r) r = add_ref(c, s);
            if (!r) return;
            bool stored = k < before && r->stored;
            *r = branches[i]->refs[k];
            r->stored |= stored;
        }
    for (size_t k = 0; k < s->count; k++) {
        cf_t_ref       *r = &s->refs[k];
        const cf_t_ref *was = own(old, r->name);
        if (was && was->stored) {
            r->stored = true;
            continue;
        }
        int stores = 0;
        for (int i = 0; i < 3; i++) {
            const cf_t_ref *branch = own(branches[i], r->name);
            stores += branch && branch->stored;
        }
        if (stores == 0) continue;
        r->stored = true;
        if (stores == 3) continue;
        const cf_t_ref *outer = s->parent ? cf_t_symbols_find(s->parent, r->name) : NULL;
        if (outer) alias(r, outer);
        else r->load = LOAD_RESOLVE;
    }
}

static void visit_if(cf_t_compiler *c, cf_t_symbols *s, const cf_t_node *n)
{
    cf_t_analyze_one(c, s, n->a);
    const cf_t_nodes *parts[3] = {&n->items, &n->items2, &n->items3};
    cf_t_symbols     *branches[3];
    for (int i = 0; i < 3; i++) {
        branches[i] = copy(c, s);
        if (!branches[i]) return;
        cf_t_analyze(c, branches[i], parts[i]);
    }
    merge(c, s, branches);
}

void cf_t_analyze(cf_t_compiler *c, cf_t_symbols *s, const cf_t_nodes *nodes)
{
    for (uint32_t i = 0; i < nodes->count && !c->failed; i++) cf_t_analyze_one(c, s, nodes->items[i]);
}

void cf_t_analyze_params(cf_t_compiler *c, cf_t_symbols *s, const cf_t_node *n)
{
    if (n->kind == N_NAME) cf_t_symbols_param(c, s, n->name);
    else
        for (uint32_t i = 0; i < n->items.count; i++) cf_t_analyze_params(c, s, n->items.items[i]);
}

void cf_t_analyze_one(cf_t_compiler *c, cf_t_symbols *s, const cf_t_node *n)
{
    if (!n || c->failed) return;
    switch (n->kind) {
    case N_NAME:
        if (n->context == CF_T_PARAM) cf_t_symbols_param(c, s, n->name);
        else if (n->context == CF_T_STORE) store(c, s, n->name);
        else load(c, s, n->name);
        break;
    case N_NSREF: load(c, s, n->name); break;
    case N_IF: visit_if(c, s, n); break;
    case N_MACRO: store(c, s, n->name); break;
    case N_IMPORT:
        cf_t_analyze_one(c, s, n->a);
        store(c, s, n->name);
        break;
    case N_FROM:
        cf_t_analyze_one(c, s, n->a);
        for (uint32_t i = 0; i < n->name_count; i++) store(c, s, n->aliases[i]);
        break;
    case N_SET:
        cf_t_analyze_one(c, s, n->b);
        cf_t_analyze_one(c, s, n->a);
        break;
    case N_FOR: cf_t_analyze_one(c, s, n->b); break;
    case N_CALL_BLOCK:
    case N_FILTER_BLOCK:
    case N_SET_BLOCK: cf_t_analyze_one(c, s, n->a); break;
    case N_WITH: cf_t_analyze(c, s, &n->items2); break;
    case N_AUTOESCAPE:
    case N_SCOPE:
    case N_BLOCK: break;
    default:
        for (size_t i = 0;; i++) {
            const cf_t_node *child = cf_t_child(n, i);
            if (!child) break;
            cf_t_analyze_one(c, s, child);
        }
    }
}

/* ---- questions about trees ------------------------------------------------------------------ */

typedef struct search {
    const char *const *names;
    unsigned           count, found, gone;
} search;

static void look(const cf_t_node *n, search *s)
{
    if (n->kind == N_BLOCK) return;
    if (n->kind == N_NAME) {
        for (unsigned i = 0; i < s->count; i++) {
            if (strcmp(n->name->text, s->names[i]) != 0) continue;
            if (n->context != CF_T_LOAD) s->gone |= 1u << i;
            else if (!(s->gone & 1u << i)) s->found |= 1u << i;
        }
        return;
    }
    for (size_t i = 0;; i++) {
        const cf_t_node *child = cf_t_child(n, i);
        if (!child) break;
        look(child, s);
    }
}

unsigned cf_t_undeclared(const cf_t_nodes *nodes, const char *const *names, unsigned count)
{
    search s = {names, count, 0, 0};
    for (uint32_t i = 0; i < nodes->count; i++) look(nodes->items[i], &s);
    return s.found;
}

static bool any_node(const cf_t_node *n, bool (*is)(const cf_t_node *))
{
    if (is(n)) return true;
    for (size_t i = 0;; i++) {
        const cf_t_node *child = cf_t_child(n, i);
        if (!child) return false;
        if (any_node(child, is)) return true;
    }
}

bool cf_t_any(const cf_t_nodes *nodes, bool (*is)(const cf_t_node *))
{
    for (uint32_t i = 0; i < nodes->count; i++)
        if (any_node(nodes->items[i], is)) return true;
    return false;
}

bool cf_t_visit_tree(const cf_t_node *n, const char *file, cf_template_visit *visit, void *data, cf_error *error)
{
    if (n->kind == N_CALL && n->a->kind == N_NAME && n->items.count && n->items.items[0]->kind == N_CONST &&
        n->items.items[0]->value.kind == CF_TEXT) {
        /* Texts of the tree are NUL-terminated. */
        if (!visit(data, n->a->name->text, n->items.items[0]->value.as.text, file, n->line, error)) return false;
    }
    for (size_t i = 0;; i++) {
        const cf_t_node *child = cf_t_child(n, i);
        if (!child) return true;
        if (!cf_t_visit_tree(child, file, visit, data, error)) return false;
    }
}
