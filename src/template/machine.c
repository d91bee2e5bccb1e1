/* The machine: runs code with a stack of values and writes into a buffer. */
#include "template/machine.h"

/* ---- output --------------------------------------------------------------------------------- */

bool cf_t_write_value(cf_vm *vm, cf_value v, int mode)
{
    cf_buffer *out = vm->out;
    bool       escape = mode == 1 || (mode == 2 && vm->context->autoescape);
    switch (v.kind) {
    case CF_TEXT:
        if (escape) cf_buffer_html(out, v.as.text, v.size);
        else cf_buffer_add(out, v.as.text, v.size);
        return true;
    case CF_MARKUP: cf_buffer_add(out, v.as.text, v.size); return true;
    case CF_INT: cf_buffer_int(out, v.as.integer); return true;
    case CF_DATETIME: {
        char text[CF_DATETIME_SIZE];
        cf_buffer_add(out, text, cf_datetime_format(v.as.datetime, text));
        return true;
    }
    default: return escape ? cf_t_escape(vm, v, out) : cf_t_print(vm, v, out);
    }
}

/* What a filter or call block made must be text, as in Python's "".join(). */
bool cf_t_write_text(cf_vm *vm, cf_value v)
{
    if (!cf_value_is_text(v))
        return cf_t_raise(vm, "TypeError", "sequence item 0: expected str instance, %s found", cf_t_type_name(v));
    cf_buffer_add(vm->out, v.as.text, v.size);
    return true;
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* A member stored in the structure: the frequent types at once, the others as values. */
static bool out_member(cf_vm *vm, const cf_object *object, const cf_member *m, int mode)
{
    const char *at = (const char *)cf_object_data(object) + m->offset;
    if (m->type == CF_TYPE_TEXT) {
        const char *text;
        memcpy(&text, at, sizeof text);
        if (text) {
            size_t size = strlen(text);
            if (mode == 1 || (mode == 2 && vm->context->autoescape)) cf_buffer_html(vm->out, text, size);
            else cf_buffer_add(vm->out, text, size);
            return true;
        }
    } else if (m->type == CF_TYPE_INT64) {
        int64_t number;
        memcpy(&number, at, sizeof number);
        cf_buffer_int(vm->out, number);
        return true;
    }
    return cf_t_write_value(vm, cf_value_read(at, m->type, m->size), mode);
}

static bool out_attr(cf_vm *vm, const cf_t_code *code, const cf_t_op *op, cf_value v)
{
    const cf_t_name *name = code->names[op->c];
    if (v.kind == CF_OBJECT) {
        const cf_class  *cls = v.as.object->cls;
        const cf_member *m = atomic_load_explicit(&code->caches[op->a], memory_order_relaxed);
        if (m && m >= cls->members && m < cls->members + cls->member_count && !m->get)
            return out_member(vm, v.as.object, m, op->b);
    }
    cf_value out;
    return cf_t_getattr(vm, v, name->text, name->size, &out, &code->caches[op->a]) && cf_t_resolved(vm, name, &out) &&
           cf_t_write_value(vm, out, op->b);
}

static bool located(cf_vm *vm, const cf_t_code *code, const cf_t_op *op)
{
    if (vm->error->code == CF_OK) cf_t_raise(vm, "RuntimeError", "a function failed without saying why");
    if (!vm->error->line) {
        vm->error->line = code->lines[op - code->ops];
        vm->error->file = code->template->name;
    }
    return false;
}

static void load(const cf_t_op *op, cf_t_frame *f, cf_vm *vm, cf_value *sp)
{
    const cf_t_frame *from = cf_t_outer(f, op->b);
    *sp = from->slots[op->a];
    if (cf_t_missing(*sp)) *sp = cf_t_undefined_new(vm, &from->code->slot_undefined[op->a]);
}

static bool attribute(cf_vm *vm, const cf_t_code *code, const cf_t_op *op, cf_value *v)
{
    const cf_t_name *name = code->names[op->c];
    return cf_t_getattr(vm, *v, name->text, name->size, v, &code->caches[op->a]) && cf_t_resolved(vm, name, v);
}

static bool resolve(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    const cf_t_name *name = f->code->names[op->a];
    f->slots[op->c] = cf_t_context_get(vm, f->context, name);
    return cf_t_resolved(vm, name, &f->slots[op->c]);
}

/* Values that a call or filter takes from the stack, without the callee. */
static int operands(const cf_t_op *op)
{
    return op->a + op->c + (op->b & 1) + (op->b >> 1 & 1);
}

/* Plain lists without a loop object are gone over here, all else by cf_t_next_item(). */
static inline cf_answer next_item(cf_vm *vm, cf_t_iter *it, cf_value *out)
{
    if (it->kind != ITER_LIST || it->loop || vm->out->failed || (vm->steps & 1023) <= 1)
        return cf_t_next_item(vm, it, out);
    const cf_list *list = it->source.as.list;
    if (it->index >= list->count) return CF_NO;
    vm->steps--;
    it->count++;
    *out = list->items[it->index++];
    return cf_t_resolved(vm, NULL, out) ? CF_YES : CF_FAILED;
}

#define FAIL_IF(condition) \
    if (condition) return located(vm, code, op)

static bool run(cf_vm *vm, cf_t_frame *f)
{
    const cf_t_code *code = f->code;
    const cf_t_op   *op = code->ops;
    cf_value        *sp = f->slots + code->slot_count;
    bool             truth = false;
    for (;; op++) {
        switch (op->op) {
        case I_TEXT: cf_buffer_add(vm->out, code->consts[op->a].as.text, code->consts[op->a].size); break;
        case I_OUT: FAIL_IF(!cf_t_write_value(vm, *--sp, op->b)); break;
        case I_OUT_ATTR: FAIL_IF(!out_attr(vm, code, op, *--sp)); break;
        case I_CONST: *sp++ = code->consts[op->a]; break;
        case I_LOAD: load(op, f, vm, sp++); break;
        case I_STORE: f->slots[op->a] = *--sp; break;
        case I_RESOLVE: FAIL_IF(!resolve(vm, f, op)); break;
        case I_ATTR: FAIL_IF(!attribute(vm, code, op, &sp[-1])); break;
        case I_ITEM:
            sp--;
            FAIL_IF(!cf_t_getitem(vm, sp[-1], sp[0], &sp[-1]) || !cf_t_resolved(vm, NULL, &sp[-1]));
            break;
        case I_CALL:
        case I_METHOD:
            sp -= operands(op);
            FAIL_IF(!cf_t_do_call(vm, f, op, sp - 1));
            op += 2;
            break;
        case I_FILTER:
        case I_TEST:
            sp -= operands(op) - 1;
            FAIL_IF(!cf_t_do_filter(vm, f, op, sp - 1));
            op += 2;
            break;
        case I_BINARY:
            sp--;
            FAIL_IF(!cf_t_binary(vm, op->b, sp[-1], sp[0], &sp[-1]));
            break;
        case I_JUMP: op = code->ops + op->a - 1; break;
        case I_JUMP_FALSE:
            FAIL_IF(!cf_t_truth(vm, *--sp, &truth));
            if (!truth) op = code->ops + op->a - 1;
            break;
        case I_ITER: FAIL_IF(!cf_t_do_iter(vm, f, op, *--sp)); break;
        case I_NEXT:
        case I_NEXT_STORE: {
            cf_answer answer = next_item(vm, &f->iterators[op->b], op->op == I_NEXT ? sp : &f->slots[op->c]);
            FAIL_IF(answer == CF_FAILED);
            if (answer == CF_NO) op = code->ops + op->a - 1;
            else sp += op->op == I_NEXT;
            break;
        }
        case I_RETURN: FAIL_IF(vm->out->failed && !cf_t_output_failed(vm)); return true;
        default: FAIL_IF(!cf_t_run_other(vm, f, &op, &sp));
        }
    }
}

bool cf_t_run(cf_vm *vm, cf_t_frame *f)
{
    if (vm->depth == 0) return cf_t_raise_limit(vm, "RecursionError", "maximum recursion depth exceeded");
    cf_t_context *context = vm->context;
    vm->context = f->context;
    vm->depth--;
    bool ok = run(vm, f);
    vm->depth++;
    vm->context = context;
    return ok;
}
