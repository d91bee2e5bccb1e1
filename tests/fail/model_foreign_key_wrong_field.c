// gcc: has no member named .othr.; did you mean .other.\?
// clang: no member named 'othr' in 'struct A'
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; bool flag; cf_null_bool sure; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(other), CF_FOREIGN_KEY((othr), "a(id)"));
