// gcc: column .*at.*a field of this C type cannot be stored
// clang: column 'at': a field of this C type cannot be stored
#include <carafe/orm.h>
typedef struct Point { int x, y; } Point;
typedef struct Mark { int64_t id; Point at; } Mark;
CF_MODEL(Mark, CF_COLUMN(id, .primary_key = true), CF_COLUMN(at));
