// start: models A and B have the same table 'a'; name one with CF_TABLE
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; } A;
typedef struct B { int64_t id; } B;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true));
CF_MODEL(B, CF_TABLE("a"), CF_COLUMN(id, .primary_key = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
