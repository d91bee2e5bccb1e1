// start: start_model_no_key.c:4: model A has no primary key; give a column .primary_key = true
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; } A;
CF_MODEL(A, CF_COLUMN(id), CF_COLUMN(name));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
