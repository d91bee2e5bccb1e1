// start: a_b\.b_id: there is no table 'b'
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; bool flag; cf_null_bool sure; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true));
CF_ASSOCIATION(a_b, "a.id", "b.id");
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
