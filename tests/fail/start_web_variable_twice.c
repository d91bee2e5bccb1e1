// start: the variable 'id' is there twice
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static const cf_route routes[] = { CF_ROUTE("/<id>/<int:id>", page), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
