// start: the endpoint 'page' is that of page\(\) already
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static cf_response *other(cf_request *rq) { return cf_text(rq, "y"); }
static const cf_route routes[] = { CF_ROUTE("/", page), CF_ROUTE("/other", other, .endpoint = "page"), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
