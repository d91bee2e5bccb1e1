/* What the machine's own files share. */
#ifndef CARAFE_TEMPLATE_MACHINE_H
#define CARAFE_TEMPLATE_MACHINE_H

#include "template/engine.h"

/** Past a limit: an error of that class; returns false. */
bool cf_t_raise_limit(cf_vm *vm, const char *type, const char *what);
/** Why vm->out has failed, as an error; returns false. */
bool     cf_t_output_failed(cf_vm *vm);
void     cf_t_start_clock(cf_vm *vm, unsigned milliseconds);
void     cf_t_frame_done(cf_vm *vm, cf_t_frame *f);
void     cf_t_free_captures(cf_vm *vm);
bool     cf_t_export(cf_vm *vm, cf_t_context *context, const cf_t_name *name, int how);
bool     cf_t_layer_add(cf_vm *vm, cf_t_layer *l, const char *name, uint32_t size, uint64_t hash, cf_value value);
cf_value cf_t_undefined_no_else(cf_vm *vm, int line);
/** Fills a machine for one rendering or one folding. */
void cf_t_vm_init(cf_vm *vm, cf_templates *env, cf_arena *arena, cf_error *error);

/* ---- parts of the machine -------------------------------------------------------------------- */

/** Write a value; mode as for I_OUT. */
bool cf_t_write_value(cf_vm *vm, cf_value v, int mode);
/** Write what must be text, as in Python's "".join(). */
bool cf_t_write_text(cf_vm *vm, cf_value v);
/** An address that CF_ANY_VALUE() left in a value becomes the object at it. `name` is for messages, or NULL. */
static inline bool cf_t_resolved(cf_vm *vm, const cf_t_name *name, cf_value *v)
{
    return v->kind != CF_OBJECT || v->flags != 1 || cf_t_resolve_value(vm, name, v);
}
/** I_CALL and I_METHOD, I_FILTER and I_TEST: callee or value and arguments at `base`, where the result goes. */
bool cf_t_do_call(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base);
bool cf_t_do_filter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base);
/** I_ITER, and a step of the iteration. */
bool      cf_t_do_iter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value v);
cf_answer cf_t_next_item(cf_vm *vm, cf_t_iter *it, cf_value *out);
/** Every other instruction: may move *op and *stack. */
bool cf_t_run_other(cf_vm *vm, cf_t_frame *f, const cf_t_op **op, cf_value **stack);

/** The frame `hops` functions further out. */
static inline cf_t_frame *cf_t_outer(cf_t_frame *f, int hops)
{
    while (hops-- > 0) f = f->parent;
    return f;
}

#endif
