/* Text operations that methods and filters share. */
#ifndef CARAFE_TEMPLATE_TEXT_METHODS_H
#define CARAFE_TEMPLATE_TEXT_METHODS_H

#include "template/engine.h"

bool cf_t_capitalize(cf_vm *vm, cf_value text, cf_value *out);
/** Is there a cased character, and none of the other case? */
bool cf_t_is_cased(cf_value text, bool upper);
/** side: 0 text left, 1 right, 2 centred; `filling` may be missing. */
bool cf_t_pad(cf_vm *vm, cf_value text, cf_value width, cf_value filling, int side, cf_value *out);
bool cf_t_split_lines(cf_vm *vm, cf_value text, bool keep_ends, cf_list *out);

#endif
