/* Named character references. */
#ifndef CARAFE_TEMPLATE_ENTITIES_H
#define CARAFE_TEMPLATE_ENTITIES_H

#include <stddef.h>

typedef struct cf_t_entity {
    const char *name; /* without the ampersand */
    const char *text; /* UTF-8 */
} cf_t_entity;

extern const cf_t_entity cf_t_entities[]; /* sorted by name */
extern const size_t      cf_t_entities_count;

#endif
