// gcc: column .*sizes.*a field of this C type cannot be stored
// clang: column 'sizes': a field of this C type cannot be stored
#include <carafe/orm.h>
typedef struct Box { int64_t id; int sizes[3]; } Box;
CF_MODEL(Box, CF_COLUMN(id, .primary_key = true), CF_COLUMN(sizes));
