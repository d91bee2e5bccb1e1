// start: A.other: table 'a' has no column 'ids' \(did you mean 'id'\?\)
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size; cf_null_int64 other; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(other, .references = "a.ids"));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
