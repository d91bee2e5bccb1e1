/* Instructions other than the most frequent ones. */
#include "template/machine.h"

/* ---- values --------------------------------------------------------------------------------- */

static bool do_dict(cf_vm *vm, cf_value *base, int count, cf_value *out)
{
    cf_dict *dict = cf_dict_new(vm->arena, (size_t)count);
    if (!dict) return cf_t_no_memory(vm);
    for (int i = 0; i < count; i++)
        if (!cf_t_dict_set(vm, dict, base[2 * i], base[2 * i + 1])) return false;
    *out = cf_value_dict(dict);
    return true;
}

static bool do_list(cf_vm *vm, cf_value *base, int count, int kind, cf_value *out)
{
    cf_list *list = cf_t_list_new(vm, (size_t)count);
    if (!list) return false;
    if (count) memcpy(list->items, base, (size_t)count * sizeof *base);
    list->count = (size_t)count;
    *out = cf_value_list(list);
    out->kind = (uint8_t)kind;
    return true;
}

/* The ~ operator: texts, or safe HTML when escaping and one part is safe already. */
static bool do_concat(cf_vm *vm, cf_value *base, int count, int mode, cf_value *out)
{
    bool escape = mode == 1 || (mode == 2 && vm->context->autoescape), markup = false;
    for (int i = 0; i < count && escape; i++) markup |= cf_t_has_html(base[i]);
    cf_buffer b = cf_t_buffer(vm);
    for (int i = 0; i < count; i++)
        if (!(markup ? cf_t_escape(vm, base[i], &b) : cf_t_print(vm, base[i], &b))) {
            cf_buffer_free(&b);
            return false;
        }
    return cf_t_take(vm, &b, markup, out);
}

static bool do_unpack(cf_vm *vm, cf_value v, int count, cf_value *base)
{
    if (v.kind == CF_TUPLE || v.kind == CF_SEQUENCE) {
        const cf_list *l = v.as.list;
        if (l->count == (size_t)count) {
            for (int i = 0; i < count; i++) base[count - 1 - i] = l->items[i];
            return true;
        }
    }
    if (v.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, v);
    if (!cf_t_iterable(vm, v))
        return cf_t_raise(vm, "TypeError", "cannot unpack non-iterable %s object", cf_t_type_name(v));
    cf_list *items;
    if (!cf_t_collect(vm, v, &items)) return false;
    if (items->count < (size_t)count)
        return cf_t_raise(vm, "ValueError", "not enough values to unpack (expected %d, got %zu)", count, items->count);
    if (items->count > (size_t)count)
        return cf_t_raise(vm, "ValueError", "too many values to unpack (expected %d)", count);
    for (int i = 0; i < count; i++) base[count - 1 - i] = items->items[i];
    return true;
}

static bool do_set_attr(cf_vm *vm, cf_value object, const cf_t_name *name, cf_value value)
{
    if (CF_T_IS(object, cf_t_namespace_class)) {
        char *copy = cf_arena_text(vm->arena, name->text, name->size);
        if (!copy) return cf_t_no_memory(vm);
        cf_dict *dict = ((cf_t_namespace *)object.as.object)->dict;
        return cf_t_dict_set(vm, dict, cf_value_text_n(copy, name->size), value);
    }
    if (object.kind == CF_OBJECT && object.as.object->cls->assign) {
        cf_call call = cf_t_call_of(vm, NULL, 0);
        return object.as.object->cls->assign(&call, object.as.object, name->text, name->size, value);
    }
    return cf_t_raise(vm, "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
}

static bool missing_argument(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    cf_t_undefined  *u = cf_arena_alloc(vm->arena, sizeof *u);
    const cf_t_name *name = f->code->names[op->a];
    char            *hint = cf_arena_printf(vm->arena, "parameter '%s' was not provided", name->text);
    if (!u || !hint) return cf_t_no_memory(vm);
    u->name = (cf_t_text){name->text, name->size};
    u->hint = (cf_t_text){hint, strlen(hint)};
    f->slots[op->c] = cf_t_undefined_new(vm, u);
    return true;
}

static bool export_variable(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    const cf_t_name *name = f->code->names[op->a];
    return cf_t_context_set(vm, f->context, name, f->slots[op->c]) && cf_t_export(vm, f->context, name, op->b);
}

static bool do_recurse(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value v)
{
    cf_value out;
    return cf_t_recurse(vm, f->code->codes[op->a], f, v, 0, &out) && cf_t_write_text(vm, out);
}

static bool unknown(cf_vm *vm, const cf_t_code *code, const cf_t_op *op)
{
    return cf_t_raise(vm, "TemplateRuntimeError", "No %s named '%s' found.", op->b ? "test" : "filter",
                      code->names[op->a]->text);
}

/* ---- instructions ---------------------------------------------------------------------------- */

/* Lists, texts, assignments. */
static bool run_making(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value **stack)
{
    cf_value        *sp = *stack;
    const cf_t_code *code = f->code;
    switch (op->op) {
    case I_SLICE: *stack -= 3; return cf_t_slice(vm, sp[-4], sp[-3], sp[-2], sp[-1], &sp[-4]);
    case I_LIST:
    case I_TUPLE:
        *stack = sp - op->a + 1;
        return do_list(vm, sp - op->a, op->a, op->op == I_LIST ? CF_SEQUENCE : CF_TUPLE, sp - op->a);
    case I_DICT: *stack = sp - 2 * op->a + 1; return do_dict(vm, sp - 2 * op->a, op->a, sp - 2 * op->a);
    case I_CONCAT: *stack = sp - op->a + 1; return do_concat(vm, sp - op->a, op->a, op->b, sp - op->a);
    case I_MARKUP:
        if (op->b == 2 && !f->context->autoescape) return true;
        if (sp[-1].kind == CF_TEXT) sp[-1].kind = CF_MARKUP;
        else if (!cf_value_is_text(sp[-1]) && (!cf_t_str(vm, sp[-1], &sp[-1]))) return false;
        sp[-1].kind = CF_MARKUP;
        return true;
    case I_UNPACK: *stack = sp + op->a - 1; return do_unpack(vm, sp[-1], op->a, sp - 1);
    case I_APPEND: *stack = sp - 1; return cf_t_list_add(vm, sp[-2].as.list, sp[-1]);
    case I_NO_ELSE:
        *stack = sp + 1;
        *sp = cf_t_undefined_no_else(vm, op->a);
        return true;
    case I_SET_ATTR: *stack = sp - 2; return do_set_attr(vm, sp[-1], code->names[op->a], sp[-2]);
    case I_MISSING_ARG: return missing_argument(vm, f, op);
    case I_EXPORT: return export_variable(vm, f, op);
    default: return cf_t_raise(vm, "RuntimeError", "unknown instruction %d", op->op);
    }
}

/* Blocks, parents, included and imported templates. */
static bool run_templates(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value **stack)
{
    cf_value        *sp = *stack;
    const cf_t_code *code = f->code;
    switch (op->op) {
    case I_BLOCK: return cf_t_do_block(vm, f, op);
    case I_SUPER: f->slots[op->c] = cf_t_super(vm, f, code->names[op->a]); return vm->error->code == CF_OK;
    case I_SELF: f->slots[op->c] = cf_t_self(vm, f); return vm->error->code == CF_OK;
    case I_EXTENDS:
        *stack = sp - 1;
        if (op->b == 2 || (op->b && f->parent_template))
            return cf_t_raise(vm, "TemplateRuntimeError", "extended multiple times");
        return cf_t_do_extends(vm, f, op, sp[-1]);
    case I_PARENT: return !f->parent_template || cf_t_render_template(vm, f->parent_template, f->context);
    case I_INCLUDE: *stack = sp - 1; return cf_t_do_include(vm, f, op, sp[-1]);
    case I_IMPORT: return cf_t_do_import(vm, f, op, sp[-1], &sp[-1]);
    case I_FROM: return cf_t_do_from(vm, f, op, sp[-1]);
    default: return run_making(vm, f, op, stack);
    }
}

/* Captured output, macros, escaping. */
static bool run_output(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value **stack)
{
    cf_value        *sp = *stack;
    const cf_t_code *code = f->code;
    switch (op->op) {
    case I_WRITE: return cf_t_write_text(vm, *--*stack);
    case I_CAPTURED:
        if (!cf_t_captured(vm, sp)) return false;
        if (op->b == 1 || (op->b == 2 && f->context->autoescape)) sp->kind = CF_MARKUP;
        *stack = sp + 1;
        return true;
    case I_CAPTURE_DROP: cf_t_capture_drop(vm); return true;
    case I_MACRO: *stack = sp + 1; return cf_t_macro_new(vm, code->codes[op->a], f, sp);
    case I_AUTOESCAPE: {
        bool on;
        if (!cf_t_truth(vm, sp[-1], &on)) return false;
        sp[-1] = cf_value_bool(f->context->autoescape);
        f->context->autoescape = on;
        return true;
    }
    case I_AUTOESCAPE_BACK:
        *stack = sp - 1;
        f->context->autoescape = sp[-1].as.boolean;
        return true;
    case I_RECURSE: *stack = sp - 1; return do_recurse(vm, f, op, sp[-1]);
    case I_UNKNOWN: return unknown(vm, code, op);
    case I_TRANS: *stack = sp - op->c; return cf_t_do_trans(vm, f, op, sp - op->c);
    case I_CAPTURE: return cf_t_capture(vm);
    default: return run_templates(vm, f, op, stack);
    }
}

static bool compare(cf_vm *vm, int how, cf_value **stack, bool *truth)
{
    return cf_t_compare(vm, how, (*stack)[-1], (*stack)[0], truth);
}

/* Operators and slots. */
bool cf_t_run_other(cf_vm *vm, cf_t_frame *f, const cf_t_op **at, cf_value **stack)
{
    const cf_t_op *op = *at, *ops = f->code->ops;
    cf_value      *sp = *stack, *slots = f->slots;
    bool           truth = false;
    switch (op->op) {
    case I_CLEAR: slots[op->a] = cf_t_missing_value(); return true;
    case I_ALIAS: slots[op->c] = cf_t_outer(f, op->b)->slots[op->a]; return true;
    case I_POP: *stack = sp - 1; return true;
    case I_UNARY: return cf_t_unary(vm, op->b, sp[-1], &sp[-1]);
    case I_NOT:
        if (!cf_t_truth(vm, sp[-1], &truth)) return false;
        sp[-1] = cf_value_bool(!truth);
        return true;
    case I_COMPARE:
        *stack = sp - 1;
        if (!compare(vm, op->b, stack, &truth)) return false;
        sp[-2] = cf_value_bool(truth);
        return true;
    case I_COMPARE_JUMP:
        *stack = sp - 1;
        if (!compare(vm, op->b, stack, &truth)) return false;
        sp[-2] = truth ? sp[-1] : cf_value_bool(false);
        if (!truth) *at = ops + op->a - 1;
        return true;
    case I_JUMP_FALSE_KEEP:
    case I_JUMP_TRUE_KEEP:
        if (!cf_t_truth(vm, sp[-1], &truth)) return false;
        if (truth == (op->op == I_JUMP_TRUE_KEEP)) *at = ops + op->a - 1;
        else *stack = sp - 1;
        return true;
    case I_DEFAULT:
        if (!cf_t_missing(slots[op->c])) *at = ops + op->a - 1;
        return true;
    case I_JUMP_CHILD:
        if (f->parent_template) *at = ops + op->a - 1;
        return true;
    case I_NAMES: return true;
    default: return run_output(vm, f, op, stack);
    }
}
