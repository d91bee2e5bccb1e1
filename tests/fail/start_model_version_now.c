// start: A.at: a .version column is counted by the session alone
#include <carafe.h>
typedef struct A { int64_t id; const char *name; int32_t size, count; cf_datetime at; } A;
CF_MODEL(A, CF_COLUMN(id, .primary_key = true), CF_COLUMN(at, .version = true, .on_update_now = true));
static const cf_app app = { .name = "broken", .routes = (const cf_route[]){ CF_END } };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
