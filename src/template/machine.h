/* What the machine's own files share. */
#ifndef CARAFE_TEMPLATE_MACHINE_H
#define CARAFE_TEMPLATE_MACHINE_H

#include "template/engine.h"

void cf_t_start_clock(cf_vm *vm, unsigned milliseconds);
void cf_t_frame_done(cf_vm *vm, cf_t_frame *f);
void cf_t_free_captures(cf_vm *vm);
bool cf_t_export(cf_vm *vm, cf_t_context *context, const cf_t_name *name, int how);
bool cf_t_layer_add(cf_vm *vm, cf_t_layer *l, const char *name, uint32_t size, uint64_t hash, cf_value value);
cf_value cf_t_undefined_no_else(cf_vm *vm, int line);
/** Fills a machine for one rendering or one folding. */
void cf_t_vm_init(cf_vm *vm, cf_templates *env, cf_arena *arena, cf_error *error);

#endif
