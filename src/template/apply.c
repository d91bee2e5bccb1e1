/* Calls and loops as instructions: arguments from the stack, iterators in the frame. */
#include "template/machine.h"

/* ---- calls ---------------------------------------------------------------------------------- */

enum { SMALL_CALL = 12 };

static bool add_star(cf_vm *vm, cf_call *call, cf_value star)
{
    if (!cf_t_iterable(vm, star))
        return cf_t_raise(vm, "TypeError", "argument after * must be an iterable, not %s", cf_t_type_name(star));
    cf_list *all = cf_t_list_new(vm, call->argument_count + 8), *more;
    if (!all || !cf_t_collect(vm, star, &more)) return false;
    for (size_t i = 0; i < call->argument_count; i++)
        if (!cf_t_list_add(vm, all, call->arguments[i])) return false;
    for (size_t i = 0; i < more->count; i++)
        if (!cf_t_list_add(vm, all, more->items[i])) return false;
    call->arguments = all->items;
    call->argument_count = all->count;
    return true;
}

static bool add_double_star(cf_vm *vm, cf_call *call, cf_value map)
{
    if (map.kind != CF_MAPPING)
        return cf_t_raise(vm, "TypeError", "argument after ** must be a mapping, not %s", cf_t_type_name(map));
    cf_named *all = cf_arena_array(vm->arena, call->named_count + map.as.dict->count + 1, sizeof *all);
    if (!all) return cf_t_no_memory(vm);
    size_t n = call->named_count;
    if (n) memcpy(all, call->named, n * sizeof *all);
    for (size_t i = 0; i < map.as.dict->used; i++) {
        const cf_entry *e = &map.as.dict->entries[i];
        if (e->removed) continue;
        if (!cf_value_is_text(e->key)) return cf_t_raise(vm, "TypeError", "keywords must be strings");
        for (size_t k = 0; k < n; k++)
            if (all[k].size == e->key.size && memcmp(all[k].name, e->key.as.text, e->key.size) == 0)
                return cf_t_raise(vm, "TypeError", "got multiple values for keyword argument '%.*s'", (int)e->key.size,
                                  e->key.as.text);
        all[n++] = (cf_named){e->key.as.text, e->key.size, e->value};
    }
    call->named = all;
    call->named_count = n;
    return true;
}

/* Makes a call from the values on the stack that begin at `base`. */
static bool prepare(cf_vm *vm, const cf_t_code *code, const cf_t_op *op, const cf_value *base, cf_named *small,
                    cf_call *call)
{
    *call = cf_t_call_of(vm, base, (size_t)op->a);
    const cf_value *at = base + op->a;
    if (op->c) {
        cf_named *named = op->c <= SMALL_CALL ? small : cf_arena_array(vm->arena, op->c, sizeof *named);
        if (!named) return cf_t_no_memory(vm);
        const cf_t_name *const *names = code->names + op[1].a;
        for (uint16_t i = 0; i < op->c; i++) named[i] = (cf_named){names[i]->text, names[i]->size, *at++};
        call->named = named;
        call->named_count = op->c;
    }
    if ((op->b & 1) && !add_star(vm, call, *at++)) return false;
    return !(op->b & 2) || add_double_star(vm, call, *at);
}

bool cf_t_do_call(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base)
{
    cf_named small[SMALL_CALL];
    cf_call  call;
    if (!cf_t_step(vm, 1)) return false;
    if (!prepare(vm, f->code, op, base + 1, small, &call)) return false;
    cf_value out = cf_value_null();
    vm->direct =
        op[3].op == I_OUT && (op[3].b == 1 || (op[3].b == 2 && f->context->autoescape)) == f->context->autoescape;
    if (op->op == I_CALL) {
        if (!cf_t_call(vm, base[0], &call, &out)) return false;
    } else {
        const cf_t_name *name = f->code->names[op[2].c];
        if (!cf_t_call_method(vm, base[0], name->text, name->size, &call, &out, &f->code->caches[op[2].a]))
            return false;
    }
    vm->direct = false;
    base[0] = out;
    return cf_t_resolved(vm, NULL, base);
}

bool cf_t_do_filter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base)
{
    cf_named small[SMALL_CALL];
    cf_call  call;
    if (!cf_t_step(vm, 1)) return false;
    if (!prepare(vm, f->code, op, base, small, &call)) return false;
    cf_value out = cf_value_null();
    if (!cf_t_call_entry(vm, f->code->entries[op[2].a], &call, &out) || !cf_t_resolved(vm, NULL, &out)) return false;
    if (op->op == I_TEST) {
        bool truth = out.kind == CF_BOOL ? out.as.boolean : false;
        if (out.kind != CF_BOOL && !cf_t_truth(vm, out, &truth)) return false;
        out = cf_value_bool(truth);
    }
    base[0] = out;
    return true;
}

/* ---- loops ---------------------------------------------------------------------------------- */

bool cf_t_do_iter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value v)
{
    cf_t_iter        *it = &f->iterators[op->a];
    struct cf_t_loop *loop;
    if (op->b && v.kind == CF_OBJECT && v.as.object->cls->iterate) {
        /* `loop` knows its length and its next item. */
        cf_list *list;
        if (!cf_t_collect(vm, v, &list)) return false;
        v = cf_value_list(list);
    }
    if (!cf_t_iter_begin(vm, v, it)) return false;
    if (!op->b) return true;
    loop = cf_arena_alloc(vm->arena, sizeof *loop);
    if (!loop) return cf_t_no_memory(vm);
    loop->object.cls = &cf_t_loop_class;
    loop->iter = it;
    if (op->b == 2) {
        loop->code = f->code;
        loop->parent = f->parent;
        loop->depth0 = f->loop_depth;
    }
    it->loop = loop;
    f->slots[op->c] = cf_value_object(&loop->object);
    return true;
}

cf_answer cf_t_next_item(cf_vm *vm, cf_t_iter *it, cf_value *out)
{
    if (vm->out->failed) {
        cf_t_output_failed(vm);
        return CF_FAILED;
    }
    cf_answer answer = cf_t_iter_next(vm, it, out);
    if (answer == CF_YES && !cf_t_resolved(vm, NULL, out)) return CF_FAILED;
    if (it->loop && answer == CF_YES) {
        it->loop->index0 = it->count - 1;
        it->loop->previous = it->count > 1 ? it->loop->current : cf_t_missing_value();
        it->loop->current = *out;
    }
    return answer;
}
