// start: A.order: 'order' is a word of the query language
#include <carafe.h>
typedef struct A { int64_t id; int32_t order; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(order));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
