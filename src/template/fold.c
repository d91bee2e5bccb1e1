/* Constant folding: what can be computed once is computed when the template is compiled. */
#include "template/machine.h"

/* Larger results stay code: a template must not make the compiler work. */
enum { LARGEST_TEXT = 4096, FOLD_STEPS = 10000, MAX_NAMED = 8 };

typedef struct folder {
    cf_templates *env;
    cf_arena     *arena;
    int           escape; /* 0 off, 1 on, 2 known at run time only */
    bool          output; /* the value is printed: undefined ones print nothing */
    unsigned      tries;
} folder;

static bool constant(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out);

static bool constants(folder *f, cf_vm *vm, const cf_t_nodes *nodes, cf_list **out)
{
    cf_list *l = cf_t_list_new(vm, nodes->count);
    if (!l) return false;
    for (uint32_t i = 0; i < nodes->count; i++) {
        cf_value v;
        if (!constant(f, vm, nodes->items[i], &v) || !cf_t_list_add(vm, l, v)) return false;
    }
    *out = l;
    return true;
}

static bool dict_constant(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    cf_list *l;
    cf_dict *d = cf_dict_new(vm->arena, 0);
    if (!d || !constants(f, vm, &n->items, &l)) return false;
    for (size_t i = 0; i + 1 < l->count; i += 2)
        if (!cf_t_dict_set(vm, d, l->items[i], l->items[i + 1])) return false;
    *out = cf_value_dict(d);
    return true;
}

static bool compare(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    bool     truth = true;
    cf_value left, right;
    if (!constant(f, vm, n->a, &left)) return false;
    for (uint32_t i = 0; i < n->items.count && truth; i++) {
        if (!constant(f, vm, n->items.items[i], &right) || !cf_t_compare(vm, n->ops[i], left, right, &truth))
            return false;
        left = right;
    }
    *out = cf_value_bool(truth);
    return true;
}

/* Filters and tests of the language itself; those that see the whole context are left to run time. */
static bool apply(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    if (f->escape == 2 || !n->a || n->b || n->c) return false;
    const cf_t_entry *e = n->kind == N_FILTER ? cf_t_find_filter(vm->env, n->name->text, n->name->size)
                                              : cf_t_find_test(vm->env, n->name->text, n->name->size);
    bool              raw = e && e->builtin && (e->builtin->flags & CF_T_RAW) && strcmp(e->name, "format") != 0;
    if (!e || !e->builtin || raw || strcmp(e->name, "random") == 0) return false;
    cf_list *all, *rest, *values;
    cf_value first;
    cf_named named[MAX_NAMED];
    if (n->name_count > MAX_NAMED || !constants(f, vm, &n->items2, &values)) return false;
    for (uint32_t i = 0; i < n->name_count; i++)
        named[i] = (cf_named){n->names[i]->text, n->names[i]->size, values->items[i]};
    if (!constant(f, vm, n->a, &first) || !constants(f, vm, &n->items, &rest)) return false;
    all = cf_t_list_new(vm, rest->count + 1);
    if (!all || !cf_t_list_add(vm, all, first)) return false;
    for (size_t i = 0; i < rest->count; i++)
        if (!cf_t_list_add(vm, all, rest->items[i])) return false;
    cf_call call = cf_t_call_of(vm, all->items, all->count);
    call.named = named;
    call.named_count = n->name_count;
    call.autoescape = f->escape == 1;
    bool truth;
    if (!cf_t_call_entry(vm, e, &call, out)) return false;
    if (n->kind == N_FILTER) return true;
    if (!cf_t_truth(vm, *out, &truth)) return false;
    *out = cf_value_bool(truth);
    return true;
}

static bool item(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    cf_value v, key, part[3];
    if (!constant(f, vm, n->a, &v)) return false;
    if (n->b->kind != N_SLICE) return constant(f, vm, n->b, &key) && cf_t_getitem(vm, v, key, out);
    const cf_t_node *nodes[3] = {n->b->a, n->b->b, n->b->c};
    for (int i = 0; i < 3; i++) {
        part[i] = cf_value_null();
        if (nodes[i] && !constant(f, vm, nodes[i], &part[i])) return false;
    }
    if (cf_t_slice(vm, v, part[0], part[1], part[2], out)) return true;
    /* At run time this fails; a constant is undefined. */
    if (vm->error->code == CF_ERR_LIMIT || vm->error->code == CF_ERR_MEMORY || cf_t_is_error(vm, "UndefinedError"))
        return false;
    cf_error_clear(vm->error);
    *out = cf_t_undefined_item(vm, v, cf_value_null());
    return true;
}

/* Jinja joins constants as plain text, even where one of them is safe HTML. */
static bool concat(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    cf_list *l;
    if (!constants(f, vm, &n->items, &l)) return false;
    cf_buffer b = {.limit = LARGEST_TEXT * 2};
    for (size_t i = 0; i < l->count; i++)
        if (!cf_t_print(vm, l->items[i], &b)) {
            cf_buffer_free(&b);
            return false;
        }
    return cf_t_take(vm, &b, false, out);
}

static bool choice(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    bool truth;
    if (!constant(f, vm, n->a, out) || !cf_t_truth(vm, *out, &truth)) return false;
    if (n->kind == N_NOT) {
        *out = cf_value_bool(!truth);
        return true;
    }
    if (n->kind == N_CONDITION) {
        const cf_t_node *branch = truth ? n->b : n->c;
        return branch && constant(f, vm, branch, out);
    }
    return truth != (n->kind == N_AND) || constant(f, vm, n->b, out);
}

/* The value of an expression without names and calls; false when there is none or it fails. */
static bool constant(folder *f, cf_vm *vm, const cf_t_node *n, cf_value *out)
{
    cf_value a, b;
    if (!cf_t_step(vm, 1)) return false;
    switch (n->kind) {
    case N_CONST: *out = n->value; return true;
    case N_TUPLE:
    case N_LIST: {
        cf_list *l;
        if (!constants(f, vm, &n->items, &l)) return false;
        *out = cf_value_list(l);
        if (n->kind == N_TUPLE) out->kind = CF_TUPLE;
        return true;
    }
    case N_DICT: return dict_constant(f, vm, n, out);
    case N_BINARY: return constant(f, vm, n->a, &a) && constant(f, vm, n->b, &b) && cf_t_binary(vm, n->op, a, b, out);
    case N_UNARY: return constant(f, vm, n->a, &a) && cf_t_unary(vm, n->op, a, out);
    case N_COMPARE: return compare(f, vm, n, out);
    case N_FILTER:
    case N_TEST: return apply(f, vm, n, out);
    case N_NOT:
    case N_AND:
    case N_OR:
    case N_CONDITION: return choice(f, vm, n, out);
    case N_CONCAT: return concat(f, vm, n, out);
    case N_GETATTR: return constant(f, vm, n->a, &a) && cf_t_getattr(vm, a, n->name->text, n->name->size, out, NULL);
    case N_GETITEM: return item(f, vm, n, out);
    default: return false;
    }
}

/* Texts and numbers are put into the tree; lists are made anew each time, as a template may change them. */
static bool worth_keeping(cf_value v)
{
    return v.kind == CF_NULL || v.kind == CF_BOOL || v.kind == CF_INT || v.kind == CF_FLOAT ||
           (cf_value_is_text(v) && v.size <= LARGEST_TEXT);
}

static bool is_expression(const cf_t_node *n)
{
    return n->kind > N_NSREF && n->kind < N_OUTPUT && n->kind != N_TUPLE && n->kind != N_LIST && n->kind != N_DICT &&
           n->kind != N_SLICE && n->kind != N_CALL;
}

static void try_fold(folder *f, cf_t_node *n)
{
    cf_error  error = {0};
    cf_vm     vm;
    cf_value  v = cf_value_null();
    cf_arena *memory = cf_arena_new(f->arena, (size_t)1 << 20);
    if (!memory) return;
    cf_t_vm_init(&vm, f->env, memory, &error);
    vm.steps = FOLD_STEPS;
    bool ok = constant(f, &vm, n, &v) && error.code == CF_OK;
    if (ok && f->output && v.kind == CF_UNDEFINED && vm.undefined <= CF_UNDEFINED_CHAINABLE) v = cf_value_text("");
    if (ok && worth_keeping(v)) {
        int kind = v.kind;
        if (cf_value_is_text(v)) v = cf_value_text_n(cf_arena_text(f->arena, v.as.text, v.size), v.size);
        if (v.kind != CF_NULL || kind == CF_NULL) {
            v.kind = (uint8_t)kind;
            n->kind = N_CONST;
            n->value = v;
            n->items.count = n->items2.count = 0;
            n->a = n->b = n->c = NULL;
        }
    }
    cf_arena_free(memory);
}

/* True when everything below is constant: only then a node is tried. */
static bool fold(folder *f, cf_t_node *n)
{
    cf_t_node *single[3] = {n->a, n->b, n->c};
    bool       all = true;
    for (int i = 0; i < 3; i++)
        if (single[i]) all &= fold(f, single[i]);
    for (uint32_t i = 0; i < n->items.count; i++) all &= fold(f, n->items.items[i]);
    for (uint32_t i = 0; i < n->items2.count; i++) all &= fold(f, n->items2.items[i]);
    if (n->kind == N_CONST) return true;
    if (n->kind == N_NAME || n->kind == N_CALL) return false;
    bool chosen = n->kind == N_CONDITION || n->kind == N_AND || n->kind == N_OR;
    if ((all || chosen) && is_expression(n) && f->tries++ < 2000) {
        try_fold(f, n);
        if (n->kind == N_CONST) return true;
    }
    return all;
}

cf_t_node *cf_t_fold(cf_templates *env, cf_arena *arena, cf_t_node *node, int escape)
{
    folder f = {env, arena, escape, false, 0};
    if (escape != 2) fold(&f, node);
    return node;
}

bool cf_t_fold_output(cf_templates *env, cf_arena *arena, cf_t_node *node, int escape)
{
    folder f = {env, arena, escape, true, 0};
    if (is_expression(node)) try_fold(&f, node);
    return node->kind == N_CONST;
}
