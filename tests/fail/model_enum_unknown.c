// gcc: .cf_enum_Nothing_. undeclared
// clang: use of undeclared identifier 'cf_enum_Nothing_'
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; bool flag; cf_null_bool sure; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(size, .enum_names = CF_ENUM_NAMES(Nothing)));
