// start: A.other: .on_delete, .on_update and .deferrable need .references
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(other, .on_delete = CF_CASCADE));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
