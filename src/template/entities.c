/* The character references of HTML 5, by name, with and without their semicolon; sorted. */
#include "template/entities.h"

const cf_t_entity cf_t_entities[] = {
#include "entities.inc"
};
const size_t cf_t_entities_count = sizeof cf_t_entities / sizeof *cf_t_entities;
