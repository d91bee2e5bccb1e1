/* Characters as messages name them. */
#ifndef CARAFE_FORM_NAMES_H
#define CARAFE_FORM_NAMES_H

#include <carafe/core.h>

enum { CF_NAME_SIZE = 96 };

/** Unicode's name of a character; where there is none, its quoted form as Python's repr(). */
void cf_character_name(uint32_t c, char out[CF_NAME_SIZE]);

#endif
