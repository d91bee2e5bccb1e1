// gcc: has no member named .nam.; did you mean .name.\?
// clang: no member named 'nam' in 'struct A'
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; bool flag; cf_null_bool sure; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name), CF_INDEX_ON((nam), .unique = true));
