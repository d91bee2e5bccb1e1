// start: A.code: .length is larger than the array
#include <carafe.h>
typedef struct A { int64_t id; char code[3]; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(code, .length = 4));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
