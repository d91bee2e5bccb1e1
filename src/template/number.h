/* Whole numbers of any size, and numbers of texts. */
#ifndef CARAFE_TEMPLATE_NUMBER_H
#define CARAFE_TEMPLATE_NUMBER_H

#include <carafe/arena.h>
#include <carafe/buffer.h>
#include <carafe/value.h>

typedef struct cf_vm cf_vm;

bool        cf_t_big_copy(cf_arena *arena, cf_value v, cf_value *out);
const char *cf_t_big_parse(cf_arena *arena, const char *digits, size_t size, int base, cf_value *out);
bool        cf_t_is_int(cf_value v);    /* int, bool or large */
bool        cf_t_is_number(cf_value v); /* those and float */
bool        cf_t_big_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out);
bool        cf_t_big_unary(cf_vm *vm, int op, cf_value a, cf_value *out);
int         cf_t_big_compare(cf_value a, cf_value b);
bool        cf_t_big_print(cf_vm *vm, cf_value v, int base, bool upper, cf_buffer *out);
double      cf_t_big_double(cf_value v, bool *overflow);
bool        cf_t_big_from_double(cf_vm *vm, double x, cf_value *out);
int         cf_t_big_sign(cf_value v);
int64_t     cf_t_big_bits(cf_value v);
/** int(text) by Python's rules. CF_NO: no number. */
cf_answer cf_t_parse_int(cf_vm *vm, const char *text, size_t size, int base, cf_value *out);
/** float(text) by Python's rules. */
bool cf_t_parse_float(const char *text, size_t size, double *out);
/** A whole number as an argument: bool and int; errors as Python words them. Clamps large ones. */
bool cf_t_arg_int(cf_vm *vm, cf_value v, int64_t *out);
bool cf_t_to_double(cf_vm *vm, cf_value v, double *out);

#endif
