// start: model A has two .version columns: size and count
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size, count; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(size, .version = true), CF_COLUMN(count, .version = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
