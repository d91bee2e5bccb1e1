// start: there is no converter 'itn' \(did you mean 'int'\?\)
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static const cf_route routes[] = { CF_ROUTE("/<itn:id>", page), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
