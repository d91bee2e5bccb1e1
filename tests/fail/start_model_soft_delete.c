// start: A\.at: \.soft_delete is for cf_null_datetime
/* A mark of deletion that cannot be "none". */
#include <carafe.h>
typedef struct A { int64_t id; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(at, .soft_delete = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
