// start: A\.at: there must not be more than one default
#include <carafe.h>
#include <carafe/value.h>
static cf_value none(cf_arena *arena) { (void)arena; return cf_value_undefined(); }
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; bool flag; cf_null_bool sure; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(at, .default_now = true, .default_function = none));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
