// gcc: selector of type .struct point.
// clang: controlling expression type 'struct point' not compatible
/* A member of a type that no field can fill. */
#include <carafe/form.h>
struct point { int x, y; };
typedef struct MapForm { struct point where; } MapForm;
CF_FORM(MapForm, CF_FIELD(where, "Where"));
