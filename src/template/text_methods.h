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

/* Methods of str that stand in text_search.c. */
cf_t_function cf_t_m_find, cf_t_m_rfind, cf_t_m_index, cf_t_m_rindex, cf_t_m_count, cf_t_m_startswith, cf_t_m_endswith,
    cf_t_m_replace, cf_t_m_join, cf_t_m_removeprefix, cf_t_m_removesuffix, cf_t_m_split, cf_t_m_rsplit,
    cf_t_m_splitlines, cf_t_m_partition, cf_t_m_rpartition;

static inline cf_t_text view(cf_value v)
{
    return (cf_t_text){v.as.text, v.size};
}

/* A part of `self`, of its kind. */
static inline cf_value part(cf_value self, const char *text, size_t size)
{
    cf_value v = cf_value_text_n(text, size);
    v.kind = self.kind;
    return v;
}

static inline bool give(cf_value v, cf_value *out)
{
    *out = v;
    return true;
}

#endif
