/* What the two ways of formatting share. */
#ifndef CARAFE_TEMPLATE_FORMAT_H
#define CARAFE_TEMPLATE_FORMAT_H

#include "template/engine.h"

/* More digits than any double has. */
#define CF_T_LARGEST_PRECISION 1200

/** |x| by a conversion character of "e E f F g G n %", or 0 for repr(); precision -1: the default. */
void cf_t_float_text(double x, char type, int precision, bool alternate, cf_buffer *out);

#endif
