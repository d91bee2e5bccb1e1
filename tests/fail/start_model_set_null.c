// start: A.size: CF_SET_NULL needs a column that may be NULL
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(size, .references = "a.id", .on_delete = CF_SET_NULL));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
